//! The lines of a diff ⟶ the same for a folded card, where a line is very long: of one that was changed what is equal in both is left out, and
//! what lies far from any change. What was changed is left out of none, but for the ends of what is as long as a whole diff may be.

use super::foreign::GOES_ON;

/// A line of more characters is long.
const LONG: usize = 400;
/// How many of those that are equal stand beside what was changed.
const BESIDE: usize = 60;
/// How many characters of a long line stand for one line of a diff.
const ROW: usize = 80;

/// What begins a row of a diff that is no line.
const MARK: char = '\\';

/// A line as it is drawn.
#[derive(Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The line, with a sign of planc's own wherever something is left out.
    pub text: String,
    /// How many of its characters are left out that are equal in both, or lie beside no change.
    pub same: usize,
    /// How many more are left out.
    pub more: usize,
}

/// The lines of the hunks, for a card that has room for so many of them.
pub fn lines(body: &[String], rows: usize) -> Vec<Drawn> {
    let mut drawn = Vec::with_capacity(body.len());
    let mut rest = body;
    while !rest.is_empty() {
        let count = |sign: char, from: usize| rest[from..].iter().take_while(|line| line.starts_with(sign)).count();
        let removed = count('-', 0);
        // What says that the last line has no end stands between them.
        let marks = if removed > 0 { count(MARK, removed) } else { 0 };
        let added = count('+', removed + marks);
        let (before, after) = (&rest[..removed], &rest[removed + marks..removed + marks + added]);
        let side = |lines: &[String], others: &[String]| -> Vec<Drawn> {
            lines.iter().enumerate().map(|(at, line)| changed(line, others.get(at), rows)).collect()
        };
        drawn.extend(side(before, after));
        drawn.extend(rest[removed..removed + marks].iter().map(|line| kept(line)));
        drawn.extend(side(after, before));
        rest = &rest[removed + marks + added..];
        if removed + added == 0 {
            drawn.push(kept(&rest[0]));
            rest = &rest[1..];
        }
    }
    drawn
}

/// A line that is as it was.
fn kept(line: &str) -> Drawn {
    let chars: Vec<char> = line.chars().collect();
    let shown = if chars.len() > LONG { BESIDE } else { chars.len() };
    part(&chars, 0, shown, (chars.len() - shown, 0))
}

/// A line that was changed, and the one that stands for it on the other side, if any does.
fn changed(line: &str, other: Option<&String>, rows: usize) -> Drawn {
    let chars: Vec<char> = line.chars().collect();
    let others: Vec<char> = other.map(|other| other.chars().collect()).unwrap_or_default();
    if chars.len().max(others.len()) <= LONG {
        return part(&chars, 0, chars.len(), (0, 0));
    }
    // Behind the sign.
    let least = chars.len().min(others.len().max(1));
    let begin = (1..least).find(|at| chars[*at] != others[*at]).unwrap_or(least);
    let is_same = |back: &usize| chars[chars.len() - back] == others[others.len() - back];
    let end = (1..=least - begin).take_while(is_same).count();
    let from = if begin > BESIDE { begin - BESIDE } else { 1 };
    // What is changed where a line begins may change what all of it means.
    let rest = if from == 1 { end } else { BESIDE };
    let to = chars.len() - end.saturating_sub(rest);
    let shown = to.min(from + rows * ROW);
    part(&chars, from, shown, (from - 1 + chars.len() - to, to - shown))
}

fn part(chars: &[char], from: usize, to: usize, (same, more): (usize, usize)) -> Drawn {
    let sign: String = if from > 1 { [chars[0], GOES_ON].iter().collect() } else { chars[..from].iter().collect() };
    let end = if to < chars.len() { GOES_ON.to_string() } else { String::new() };
    Drawn { text: format!("{sign}{}{end}", chars[from..to].iter().collect::<String>()), same, more }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(body: &[String]) -> Vec<(String, usize, usize)> {
        lines(body, 6).into_iter().map(|line| (line.text, line.same, line.more)).collect()
    }

    #[test]
    fn what_was_changed_stands_with_what_is_beside_it() {
        let (a, b) = ("a".repeat(1000), "b".repeat(2000));
        let beside = (&a[..BESIDE], &b[..BESIDE]);
        assert_eq!(
            drawn(&[format!(" {a}"), format!("-{a}old{b}"), format!("+{a}newer{b}"), " x".to_owned()]),
            [
                (format!(" {}┊", &a[..BESIDE - 1]), 1001 - BESIDE, 0),
                (format!("-┊{}old{}┊", beside.0, beside.1), 3000 - 2 * BESIDE, 0),
                (format!("+┊{}newer{}┊", beside.0, beside.1), 3000 - 2 * BESIDE, 0),
                (" x".to_owned(), 0, 0),
            ]
        );
        let mark = "\\ No newline at end of file".to_owned();
        let marked = drawn(&[format!("-{a}old"), mark.clone(), format!("+{a}new"), mark.clone()]);
        let beside = |end: &str| (end.to_owned(), 1000 - BESIDE, 0);
        assert_eq!(marked[0], beside(&format!("-┊{}old", &a[..BESIDE])));
        assert_eq!(marked[2], beside(&format!("+┊{}new", &a[..BESIDE])));
        assert_eq!([&marked[1], &marked[3]], [&(mark.clone(), 0, 0), &(mark, 0, 0)]);
    }

    /// Without its first signs a comment is a command.
    #[test]
    fn what_a_line_begins_with_may_change_all_of_it() {
        let (comment, command) = (format!("# {}", "a".repeat(450)), "a".repeat(450));
        let body = [format!("-{comment}"), format!("+{command}")];
        assert_eq!(drawn(&body), [(body[0].clone(), 0, 0), (body[1].clone(), 0, 0)]);
        let long = "a".repeat(1000);
        let shown = format!("+{}┊", &long[..480]);
        assert_eq!(drawn(&[format!("-# {long}"), format!("+{long}")])[1], (shown, 0, 520));
    }

    #[test]
    fn what_has_no_other_side_is_new_as_a_whole() {
        let long = "a".repeat(1000);
        assert_eq!(drawn(&[format!("+{long}")]), [(format!("+{}┊", &long[..480]), 0, 520)]);
        let short: Vec<String> = ["-a", "+b", "+c", "@@ x", ""].map(str::to_owned).to_vec();
        let same: Vec<_> = short.iter().map(|line| (line.clone(), 0, 0)).collect();
        assert_eq!(drawn(&short), same);
    }

    #[test]
    fn every_character_is_counted() {
        for (before, after) in [("", "é".repeat(900)), ("é", "é".repeat(900)), ("ab", "ba".repeat(900))] {
            let body = [format!("-{}{before}", "x".repeat(700)), format!("+{}{after}", "x".repeat(700))];
            for (line, drawn) in body.iter().zip(lines(&body, 6)) {
                let shown = drawn.text.chars().filter(|c| *c != GOES_ON).count();
                assert_eq!(shown + drawn.same + drawn.more, line.chars().count(), "{drawn:?}");
            }
        }
    }
}
