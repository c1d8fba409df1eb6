//! Words ⟶ wrapped lines; styles.
//!
//! Knows nothing of plans.

use super::foreign::{GOES_ON, SAID, within};
pub use super::foreign::{inline, lines};
use anstyle::{AnsiColor, Style};

/// The narrowest and the widest card, in columns.
pub const WIDTHS: (usize, usize) = (60, 100);

/// How something is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Whether with ANSI styles.
    pub paint: Paint,
}

impl Look {
    /// A look for a terminal of this width; without one, as wide as a card gets.
    pub fn new(terminal_columns: Option<u16>, paint: Paint) -> Look {
        let width = terminal_columns.map_or(WIDTHS.1, usize::from).clamp(WIDTHS.0, WIDTHS.1);
        Look { width, paint }
    }
}

/// Whether styles are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Plain text.
    Plain,
    /// ANSI styles.
    Ansi,
}

/// What a text is, and so how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A title or a heading.
    Strong,
    /// What may be skipped.
    Dim,
    /// What is as it should be, or is added.
    Good,
    /// What wants attention.
    Careful,
    /// What is wrong, removed, or cannot be taken back.
    Bad,
    /// A name to be typed or looked up.
    Name,
}

impl Paint {
    /// The text in a tone. The text must be harmless already.
    pub fn tone(self, tone: Tone, text: impl AsRef<str>) -> String {
        let text = text.as_ref();
        let style = match (self, tone) {
            (Paint::Plain, _) => return text.to_owned(),
            (Paint::Ansi, Tone::Strong) => Style::new().bold(),
            (Paint::Ansi, Tone::Dim) => Style::new().dimmed(),
            (Paint::Ansi, Tone::Good) => Style::new().fg_color(Some(AnsiColor::Green.into())),
            (Paint::Ansi, Tone::Careful) => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
            (Paint::Ansi, Tone::Bad) => Style::new().fg_color(Some(AnsiColor::Red.into())),
            (Paint::Ansi, Tone::Name) => Style::new().fg_color(Some(AnsiColor::Cyan.into())),
        };
        format!("{style}{text}{style:#}")
    }
}

/// The most columns that a text without styles takes. How wide a character is that is not ASCII each terminal decides by itself.
pub fn columns(text: &str) -> usize {
    text.chars().map(size).sum()
}

/// The most columns that a character takes.
fn size(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

/// Breaks a harmless text without styles into pieces of at most `width` columns, the first of `first`, between words where it
/// can. Blanks stand at the beginning of the piece behind them, so that put together they are the text again.
fn pieces(text: &str, first: usize, width: usize) -> Vec<String> {
    let (mut room, width) = (first.max(10), width.max(10));
    let mut used = 0;
    let mut out: Vec<String> = vec![String::new()];
    let mut push = |piece: &str, used: &mut usize, is_word: bool| {
        if is_word && *used > 0 && *used + columns(piece) > room {
            out.push(String::new());
            (room, *used) = (width, 0);
        }
        for c in piece.chars() {
            if *used + size(c) > room {
                out.push(String::new());
                (room, *used) = (width, 0);
            }
            out.last_mut().expect("there is one").push(c);
            *used += size(c);
        }
    };
    let mut rest = text;
    while !rest.is_empty() {
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let end = rest[blanks..].find(' ').map_or(rest.len(), |at| blanks + at);
        push(&rest[..end], &mut used, true);
        rest = &rest[end..];
    }
    out
}

/// Breaks a harmless text without styles into lines of at most `width` columns, between words where it can. What a line goes on
/// with stands behind a [`GOES_ON`], so that it looks like no line of its own, and no blank is lost.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let all = pieces(text, width, width.saturating_sub(size(GOES_ON))).into_iter().enumerate();
    all.map(|(index, piece)| if index == 0 { piece } else { format!("{GOES_ON}{piece}") }).collect()
}

/// Wraps with `first` before the first line and as many blanks before the others; `tone` colours the text.
pub fn hang(out: &mut String, look: Look, first: &str, first_columns: usize, text: &str, tone: Option<Tone>) {
    let room = look.width.saturating_sub(first_columns + signs(first));
    below(out, look, first, first_columns, &wrap(text, room), tone);
}

/// The beginning of a text, of at most so many columns.
pub fn beginning(text: &str, room: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += size(*c);
        used > room
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// By how many columns the signs before a text may be wider than they are counted.
fn signs(first: &str) -> usize {
    first.chars().filter(|c| !c.is_ascii()).count()
}

/// What the author of a plan says, inline: each of its lines behind a [`SAID`], so that it looks like nothing that planc says.
pub fn said(out: &mut String, look: Look, first: &str, first_columns: usize, text: &str) {
    let width = look.width.saturating_sub(first_columns + signs(first) + size(SAID));
    let all = pieces(text, width.saturating_sub(1), width).into_iter().enumerate();
    let lines: Vec<String> = all
        .map(|(index, piece)| if index == 0 { format!("{SAID} {piece}") } else { format!("{SAID}{piece}") })
        .collect();
    below(out, look, first, first_columns, &lines, None);
}

/// A drawn text in which no line is longer than a terminal is wide: what a terminal goes on with by itself looks like a line of
/// its own.
pub fn fit(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut used, mut is_style, mut is_rule) = (0, false, true);
    for c in text.chars() {
        let is_styled = is_style;
        // A style is an escape, and ends with its letter.
        is_style = c == '\u{1b}' || is_style && !c.is_ascii_alphabetic();
        // A line of planc's own, and nothing else stands on it.
        is_rule = c == '\n' || is_rule && (is_style || is_styled || c == '─');
        let size = match (is_styled || c.is_control(), is_rule) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => size(c),
        };
        if used + size > width && width > 4 {
            out.extend(['\n', GOES_ON]);
            used = self::size(GOES_ON);
        }
        used = if c == '\n' { 0 } else { used + size };
        out.push(c);
    }
    out
}

/// What planc says, and on the same line, where there is room, what the author says to it.
pub fn hang_said(out: &mut String, look: Look, first: &str, first_columns: usize, text: &str, words: Option<&str>) {
    let Some(words) = words else { return hang(out, look, first, first_columns, text, None) };
    let one = format!("{text} {SAID} {words}");
    if columns(&one) + first_columns <= look.width {
        return hang(out, look, first, first_columns, &one, None);
    }
    hang(out, look, first, first_columns, text, None);
    said(out, look, &" ".repeat(first_columns), first_columns, words);
}

fn below(out: &mut String, look: Look, first: &str, first_columns: usize, lines: &[String], tone: Option<Tone>) {
    for (index, line) in lines.iter().enumerate() {
        match index {
            0 => out.push_str(first),
            _ => out.extend(std::iter::repeat_n(' ', first_columns)),
        }
        match tone {
            Some(tone) => out.push_str(&look.paint.tone(tone, line)),
            None => out.push_str(line),
        }
        // Nothing stands behind the margin of a line without anything in it.
        if line.trim_matches([' ', SAID]).is_empty() {
            out.truncate(out.trim_end_matches(' ').len());
        }
        out.push('\n');
    }
}

/// A foreign text in a list: in quotes where it could be taken for several.
pub fn one_of(text: &str) -> String {
    match text.contains(", ") || text.starts_with('"') {
        true => within(&format!("{text:?}")),
        false => inline(text),
    }
}

/// `1 step`, `2 steps`.
pub fn count(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

/// A duration as people say it: `0.4 s`, `12 s`, `3 min 5 s`.
pub fn elapsed(duration: std::time::Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_and_long_words_break() {
        assert_eq!(wrap("one two three four", 12), ["one two", "┊ three", "┊ four"]);
        assert_eq!(wrap("abcdefghijklmno", 10), ["abcdefghij", "┊klmno"]);
        assert_eq!(wrap("abcdefghij klmno", 10), ["abcdefghij", "┊ klmno"]);
        assert_eq!(wrap("abcdefghij  klmno", 10), ["abcdefghij", "┊  klmno"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("  - one two three", 10), ["  - one", "┊ two three"]);
        assert_eq!(wrap("長い長い長い長い", 12), ["長い長い長い", "┊長い"]);
        // No table of widths says what the terminal does.
        for letters in ["㉈㉈㉈㉈㉈㉈㉈㉈", "①①①①①①①①", "éééééééé", "────────"]
        {
            assert_eq!(wrap(letters, 12).len(), 2, "{letters}");
            assert_eq!(fit(letters, 12).lines().count(), if letters.starts_with('─') { 1 } else { 2 }, "{letters}");
            assert_eq!(fit(&format!("x{letters}"), 12).lines().count(), 2, "{letters}");
        }
        assert_eq!(columns("aé"), 3);
    }

    #[test]
    fn no_blank_is_lost_and_no_line_is_too_long() {
        for text in
            ["a  b   c    d     e", "abcdefghijklm  nopqrstuvwxyz 0123456789", &" x".repeat(50), &" ".repeat(40)]
        {
            for width in 12..40 {
                let lines = wrap(text, width);
                assert!(lines.iter().all(|line| columns(line) <= width), "{lines:?}");
                assert_eq!(lines.concat().replace(GOES_ON, ""), text);
                assert_eq!(lines.len(), lines.concat().matches(GOES_ON).count() + 1);
            }
        }
    }

    #[test]
    fn what_the_author_says_is_marked_on_every_line() {
        let look = Look { width: 60, paint: Paint::Plain };
        let mut out = String::new();
        said(&mut out, look, "  ", 2, &"cannot be undone ".repeat(9));
        hang_said(&mut out, look, "  ", 2, "docs/**", Some("the manual"));
        hang_said(&mut out, look, "  ", 2, "docs/**", Some(&"here: ".repeat(12)));
        assert!(out.lines().all(|line| line.starts_with("  │ ") || line.starts_with("  docs/**")), "{out}");
        assert!(out.contains("  docs/** │ the manual\n"), "{out}");
    }
}
