//! Foreign text ⟶ harmless text; words ⟶ wrapped lines; styles.
//!
//! Knows nothing of plans.

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

/// A text for one line: nothing in it can start another, move the cursor, or reorder or hide what stands around it.
pub fn inline(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if hides(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
        out
    })
}

/// A text of several lines, each as harmless as [`inline`] makes it; tabs become blanks.
pub fn lines(text: &str) -> Vec<String> {
    text.strip_suffix('\n').unwrap_or(text).split('\n').map(|line| inline(&line.replace('\t', "    "))).collect()
}

/// Stricter than [`planc_lang::diagnostic::is_hidden`]: also line separators and all that takes no column of its own.
fn hides(c: char) -> bool {
    planc_lang::diagnostic::is_hidden(c)
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180e}' | '\u{2028}' | '\u{2029}'
        )
        || matches!(c, '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{e0000}'..='\u{e0fff}')
}

/// The columns that a text without styles takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Breaks a harmless text without styles into lines of at most `width` columns, between words where it can. Leading
/// blanks stay.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(10);
    let rest = text.trim_start_matches(' ');
    let mut used = (text.len() - rest.len()).min(width - 1);
    let mut line = " ".repeat(used);
    let mut out: Vec<String> = Vec::new();
    let mut between = false;
    for word in rest.split(' ') {
        let size = columns(word);
        if between && used + 1 + size > width && used > 0 {
            out.push(std::mem::take(&mut line));
            used = 0;
        } else if between && used > 0 {
            line.push(' ');
            used += 1;
        }
        between = true;
        for c in word.chars() {
            let size = c.width().unwrap_or(0);
            if used + size > width {
                out.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += size;
        }
    }
    out.push(line);
    out
}

/// Wraps with `first` before the first line and as many blanks before the others; `tone` colours the text.
pub fn hang(out: &mut String, look: Look, first: &str, first_columns: usize, text: &str, tone: Option<Tone>) {
    for (index, line) in wrap(text, look.width.saturating_sub(first_columns)).iter().enumerate() {
        match index {
            0 => out.push_str(first),
            _ => out.extend(std::iter::repeat_n(' ', first_columns)),
        }
        match tone {
            Some(tone) => out.push_str(&look.paint.tone(tone, line)),
            None => out.push_str(line),
        }
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
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
    fn nothing_foreign_moves_the_cursor_or_the_order() {
        for hostile in
            ["\u{1b}[2J", "a\rb", "a\nb", "\u{202e}", "\u{2066}", "\u{200b}", "\u{2028}", "\u{e0041}", "\u{9b}31m"]
        {
            let shown = inline(hostile);
            assert!(!shown.chars().any(|c| c.is_control() || hides(c)), "{shown:?}");
            assert!(shown.contains('\\'), "{shown:?}");
        }
        assert_eq!(lines("a\n\tb\n"), ["a", "    b"]);
    }

    #[test]
    fn words_wrap_and_long_words_break() {
        assert_eq!(wrap("one two three four", 10), ["one two", "three four"]);
        assert_eq!(wrap("abcdefghijklmno", 10), ["abcdefghij", "klmno"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("  - one two three", 10), ["  - one", "two three"]);
        assert_eq!(wrap("長い長い長い長い", 10), ["長い長い長", "い長い"]);
    }
}
