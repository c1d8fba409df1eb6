//! Words ⟶ wrapped lines; styles.
//!
//! Knows nothing of plans.

use super::foreign::{GOES_ON, SAID, within};
pub use super::foreign::{inline, lines};
use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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

/// The columns that a text without styles takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Breaks a harmless text without styles into pieces of at most `width` columns, the first of `first`, between words where it
/// can. Blanks stand at the beginning of the piece behind them, so that put together they are the text again.
fn pieces(text: &str, first: usize, width: usize) -> Vec<String> {
    let (mut room, width) = (first.max(10), width.max(10));
    let mut used = 0;
    let mut out: Vec<String> = vec![String::new()];
    let mut push = |piece: &str, used: &mut usize, is_word: bool| {
        let size = columns(piece);
        if is_word && *used > 0 && *used + size > room {
            out.push(String::new());
            (room, *used) = (width, 0);
        }
        for c in piece.chars() {
            let size = c.width().unwrap_or(0);
            if *used + size > room {
                out.push(String::new());
                (room, *used) = (width, 0);
            }
            out.last_mut().expect("there is one").push(c);
            *used += size;
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
    let all = pieces(text, width, width.saturating_sub(1)).into_iter().enumerate();
    all.map(|(index, piece)| if index == 0 { piece } else { format!("{GOES_ON}{piece}") }).collect()
}

/// Wraps with `first` before the first line and as many blanks before the others; `tone` colours the text.
pub fn hang(out: &mut String, look: Look, first: &str, first_columns: usize, text: &str, tone: Option<Tone>) {
    below(out, look, first, first_columns, &wrap(text, look.width.saturating_sub(first_columns)), tone);
}

/// What the author of a plan says, inline: each of its lines behind a [`SAID`], so that it looks like nothing that planc says.
pub fn said(out: &mut String, look: Look, first: &str, first_columns: usize, text: &str) {
    let width = look.width.saturating_sub(first_columns + 1);
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
    let (mut used, mut is_style) = (0, false);
    for c in text.chars() {
        let size = if is_style { 0 } else { c.width().unwrap_or(0) };
        // A style is an escape, and ends with its letter.
        is_style = c == '\u{1b}' || is_style && !c.is_ascii_alphabetic();
        if used + size > width && width > 2 {
            out.extend(['\n', GOES_ON]);
            used = 1;
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
        assert_eq!(wrap("one two three four", 10), ["one two", "┊ three", "┊ four"]);
        assert_eq!(wrap("abcdefghijklmno", 10), ["abcdefghij", "┊klmno"]);
        assert_eq!(wrap("abcdefghij klmno", 10), ["abcdefghij", "┊ klmno"]);
        assert_eq!(wrap("abcdefghij  klmno", 10), ["abcdefghij", "┊  klmno"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("  - one two three", 10), ["  - one", "┊ two three"]);
        assert_eq!(wrap("長い長い長い長い", 11), ["長い長い長", "┊い長い"]);
    }

    #[test]
    fn no_blank_is_lost_and_no_line_is_too_long() {
        for text in
            ["a  b   c    d     e", "abcdefghijklm  nopqrstuvwxyz 0123456789", &" x".repeat(50), &" ".repeat(40)]
        {
            for width in 11..40 {
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
