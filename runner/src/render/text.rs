//! Words ⟶ wrapped lines; styles.
//!
//! Knows nothing of plans.

use super::foreign::{GOES_ON, SAID, isolated, within};
pub use super::foreign::{inline, lines};
use anstyle::{AnsiColor, Style};

/// The narrowest and the widest card, in columns.
pub const WIDTHS: (usize, usize) = (20, 100);

/// How wide a terminal is that does not tell, in columns.
pub const UNTOLD: u16 = 80;

/// Stands before a line that is a command to copy, until it is [`shown`]. Only who draws a command writes it: in foreign text it is told by
/// its number.
const COMMAND: char = '\u{1f}';

/// Stands in such a line behind a word, and behind what is shown in its place where no row has room for the word.
const INSTEAD: char = '\u{1e}';

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

/// A word that others wrote in a command, and what is shown in its place where a shell would read something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As a shell takes it.
    text: String,
    /// What stands for it, as a shell takes it.
    instead: String,
}

/// A word of so many characters has room in each row of a sentence.
const SHORT_WORD: usize = 16;

impl Word {
    /// What cannot be shown as it is, is not shown.
    pub fn of(word: &str, instead: &str) -> Word {
        let instead = shell_word(instead);
        // Within quotes a backslash is one to some shells, and a quote is written in as many ways.
        let is_itself = inline(word) == word && isolated(word.to_owned()) == word && !word.contains(['\\', '\'']);
        Word { text: if is_itself { shell_word(word) } else { instead.clone() }, instead }
    }

    /// A word of planc's own.
    pub fn own(word: &str) -> Word {
        Word { text: word.to_owned(), instead: word.to_owned() }
    }

    /// Where nothing breaks it.
    pub fn whole(&self) -> &str {
        &self.text
    }

    /// Within a sentence, which breaks anywhere: only what is the same in quotes and out of them, and breaks nowhere.
    pub fn in_sentence(&self) -> &str {
        let is_short = self.text.len() <= SHORT_WORD;
        if self.text.contains('\'') || !is_short { &self.instead } else { &self.text }
    }
}

/// A word as a shell takes it, harmless to show.
pub fn shell_word(word: &str) -> String {
    let plain = !word.is_empty()
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '-' | '_' | ':' | '@' | '+' | ',' | '='));
    match plain {
        true => word.to_owned(),
        false => inline(&format!("'{}'", word.replace('\'', r"'\''"))),
    }
}

/// A command to copy, on a line of its own: what planc says of it, then words that others wrote among its own.
pub fn command(out: &mut String, look: Look, own: &str, words: &[Word]) {
    let mut text = format!("  {own}");
    for word in words {
        match word.text == word.instead {
            true => text.push_str(&format!(" {}", word.text)),
            false => text.push_str(&format!(" {}{INSTEAD}{}{INSTEAD}", word.text, word.instead)),
        }
    }
    out.push_str(&format!("{COMMAND}{}\n", look.paint.tone(Tone::Name, text)));
}

/// A drawn text as people get it: the last that is done to it, wherever it goes. `columns` are those of the terminal; none: it goes to none.
pub fn shown(text: &str, columns: Option<u16>) -> String {
    isolated(fit(text, columns.map_or(usize::MAX, usize::from)))
}

/// A drawn text in which no line is longer than a terminal is wide: what a terminal goes on with by itself looks like a line of
/// its own. Lines break between words where they can. A [`command`] is left to the terminal where none of its words can hold a blank, and
/// else breaks between words only, so that a shell takes it as it is shown.
fn fit(text: &str, width: usize) -> String {
    let line = |line: &str| match line.strip_prefix(COMMAND) {
        Some(command) => fit_command(command, width),
        None if drawn(line) <= width => line.to_owned(),
        None => fit_words(line, width),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// The most columns that a drawn line takes: styles take none.
fn drawn(line: &str) -> usize {
    // A line of planc's own, and nothing else stands on it.
    let is_rule = seen(line).all(|c| c == '─');
    seen(line).map(|c| if is_rule { 1 } else { size(c) }).sum()
}

/// The characters of a drawn line that are seen.
fn seen(line: &str) -> impl Iterator<Item = char> {
    let mut is_style = false;
    line.chars().filter(move |c| {
        let is_styled = is_style;
        // A style is an escape, and ends with its letter.
        is_style = *c == '\u{1b}' || is_style && !c.is_ascii_alphabetic();
        !is_styled && !c.is_control()
    })
}

fn fit_words(line: &str, width: usize) -> String {
    let (mut out, mut used) = (String::new(), 0);
    let mut rest = line;
    while !rest.is_empty() {
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let end = rest[blanks..].find(' ').map_or(rest.len(), |at| blanks + at);
        if used > 0 && used + drawn(&rest[..end]) > width {
            out.extend(['\n', GOES_ON]);
            used = size(GOES_ON);
        }
        used = push(&mut out, used, &rest[..end], width);
        rest = &rest[end..];
    }
    out
}

/// Adds a word, broken where no line has room for it; gives how much of the last line is used.
fn push(out: &mut String, mut used: usize, word: &str, width: usize) -> usize {
    let mut is_style = false;
    for c in word.chars() {
        let is_styled = is_style;
        is_style = c == '\u{1b}' || is_style && !c.is_ascii_alphabetic();
        let size = if is_styled || c.is_control() { 0 } else { size(c) };
        if used + size > width {
            out.extend(['\n', GOES_ON]);
            used = self::size(GOES_ON);
        }
        used += size;
        out.push(c);
    }
    used
}

/// What stands before a word with which a command goes on, behind a `\` at the end of the line before.
const COMMAND_GOES_ON: &str = "      ";

fn fit_command(line: &str, width: usize) -> String {
    let words: Vec<(String, String)> = shell_words(line).into_iter().map(both).collect();
    let whole: String = words.iter().map(|(word, _)| word.as_str()).collect();
    if !whole.contains('\'') || drawn(&whole) <= width {
        return whole;
    }
    let (mut out, mut used) = (String::new(), 0);
    for (index, (word, instead)) in words.iter().enumerate() {
        let end = if index + 1 == words.len() { 0 } else { " \\".len() };
        let alone = |word: &str| COMMAND_GOES_ON.len() + drawn(word.trim_start_matches(' '));
        let word = if word.contains('\'') && alone(word) + end > width { instead } else { word };
        let (columns, alone) = (drawn(word), alone(word));
        if used + columns + end <= width {
            out.push_str(word);
            used += columns;
        } else if used > 0 && alone + end <= width {
            out.push_str(&format!(" \\\n{COMMAND_GOES_ON}{}", word.trim_start_matches(' ')));
            used = alone;
        } else {
            out.push_str(word);
            used = (used + columns) % width.max(1);
        }
    }
    out
}

/// A word of a drawn command, and what is shown in its place where no row has room for it.
fn both(drawn: &str) -> (String, String) {
    let blanks = &drawn[..drawn.len() - drawn.trim_start_matches(' ').len()];
    match drawn.split(INSTEAD).collect::<Vec<_>>()[..] {
        [word, instead, style] => (format!("{word}{style}"), format!("{blanks}{instead}{style}")),
        _ => (drawn.to_owned(), drawn.to_owned()),
    }
}

/// The words of a command, each with the blanks before it.
fn shell_words(line: &str) -> Vec<&str> {
    let (mut words, mut from, mut is_word) = (Vec::new(), 0, false);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, c) in line.char_indices() {
        let is_blank = c == ' ' && !is_quoted && !is_escaped;
        if is_blank && is_word {
            words.push(&line[from..at]);
            from = at;
        }
        is_word = !is_blank;
        is_quoted ^= c == '\'' && !is_escaped;
        is_escaped = c == '\\' && !is_quoted && !is_escaped;
    }
    words.push(&line[from..]);
    words
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

/// A path before what planc says of it: in quotes where it has words or signs as planc would put them there.
pub fn named(path: &str) -> String {
    match path.contains(" (") || path.contains(['→', '⟶']) || path.starts_with('"') {
        true => within(&format!("{path:?}")),
        false => inline(path),
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
    fn a_path_that_reads_like_words_of_planc_is_in_quotes() {
        for path in ["c (directory, mode 0755)", "x → y", "x ⟶ y", "\"a\""] {
            assert_eq!(named(path), format!("{path:?}"));
        }
        assert_eq!(named("a b(c)"), "a b(c)");
    }

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
    fn what_is_asked_breaks_between_words_and_a_command_stays_one() {
        assert_eq!(
            fit("Approve exactly this, everything can be undone?", 20),
            "Approve exactly\n┊ this, everything\n┊ can be undone?"
        );
        assert_eq!(fit("a ../plans/rename-all-of-it.pl", 12), "a\n┊ ../plans/\n┊rename-all\n┊-of-it.pl");
        let drawn = |paint: Paint, text: &str| {
            let mut out = String::new();
            let words: Vec<Word> = text.split('\n').map(|word| Word::of(word, "WORD")).collect();
            command(&mut out, Look { width: 60, paint }, "planc", &words);
            out.trim_end_matches('\n').to_owned()
        };
        let digest = format!("run\n--approve=sha256:{}\no.pl", "0f".repeat(32));
        let plain = format!("  planc {}", digest.replace('\n', " "));
        assert_eq!(fit(&drawn(Paint::Plain, &digest), 80), plain);
        assert_eq!(fit(&drawn(Paint::Ansi, &digest), 80), Paint::Ansi.tone(Tone::Name, &plain));
        let given = drawn(Paint::Plain, &format!("{digest}\n--input\nto=a   b and s\n--input\nn=1"));
        assert_eq!(fit(&given, 40), format!("{plain} --input \\\n      'to=a   b and s' --input n=1"));
        // No break is within quotes: a word that no row has room for is none.
        assert_eq!(fit(&given, 20), format!("{plain} \\\n      --input WORD \\\n      --input n=1"));
        let styled = fit(&drawn(Paint::Ansi, &format!("run\n{}", "x ".repeat(40))), 60);
        assert_eq!(styled, Paint::Ansi.tone(Tone::Name, "  planc run WORD"));
        for odd in ["a\nb", "a\u{202e}b", "\u{5d0}", "it's", "a\\b"] {
            assert_eq!(Word::of(odd, "FILE"), Word::own("FILE"));
        }
        for (word, shown) in [("o.pl", "o.pl"), ("a b.pl", "FILE"), ("ops/deploy-all.pl", "FILE")] {
            assert_eq!(Word::of(word, "FILE").in_sentence(), shown);
        }
        // Only who draws a command makes one, whatever a line looks like, and however narrow a terminal is.
        for width in [3, 20, 60] {
            let row = format!("  planc = \"{}\"", inline(&format!("{COMMAND}{}", "x ".repeat(width))));
            assert!(fit(&row, width).lines().skip(1).all(|line| line.starts_with(GOES_ON)), "{row}");
            assert!(fit(&row, width).lines().all(|line| columns(line) <= width), "{row}");
        }
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
