//! Foreign text ⟶ harmless text that cannot be taken for another one.
//!
//! Knows nothing of plans, nor of how wide a line is.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::{BidiClass, GeneralCategory};
use planc_lang::diagnostic::is_hidden;
use unicode_security::confusable_detection::skeleton;

/// What stands before the words of a plan's author, which go on to the end of the line. Only planc writes it.
pub const SAID: char = '│';

/// What stands before the rest of a line that was too long. Only planc writes it.
pub const GOES_ON: char = '┊';

/// A tab in a content, with as many blanks behind it as make it [`TAB_COLUMNS`] wide.
const TAB: char = '⇥';

/// How wide a tab is drawn, wherever it stands: so it cannot be told wrongly from blanks behind it.
const TAB_COLUMNS: usize = 4;

/// A blank at the end of a line of a content.
const BLANK: char = '·';

/// What keeps letters that are written from right to left from what stands around them: FSI and PDI.
const ISOLATE: (char, char) = ('\u{2068}', '\u{2069}');

/// More marks than these on one letter reach into the lines around it.
const MAX_MARKS: usize = 4;

/// A text for one line: nothing in it can start another, move the cursor, reorder or hide what stands around it, or look as if
/// planc had put it there. Doing it twice does nothing more.
pub fn inline(text: &str) -> String {
    let inner = text.trim_matches(' ');
    let start = text.len() - text.trim_start_matches(' ').len();
    let edge = |blanks: usize| "\\u{20}".repeat(blanks);
    match inner.is_empty() {
        true => edge(text.len()),
        false => format!("{}{}{}", edge(start), within(inner), edge(text.len() - start - inner.len())),
    }
}

/// The same for a text that stands in quotes, so that blanks at its ends are seen.
pub fn within(text: &str) -> String {
    harmless(text, |c| match c {
        '\n' => Some("\\n"),
        '\t' => Some("\\t"),
        SAID => Some("\\u{2502}"),
        GOES_ON => Some("\\u{250a}"),
        _ => None,
    })
}

/// The lines of a content, each as [`content`] draws it.
pub fn lines(text: &str) -> Vec<String> {
    text.strip_suffix('\n').unwrap_or(text).split('\n').map(content).collect()
}

/// A line of a content: tabs and blanks at its end are drawn, and no two lines look the same. What could be taken for how
/// something is drawn is escaped itself.
pub fn content(line: &str) -> String {
    let body = line.trim_end_matches([' ', '\t', BLANK]);
    // A backslash means itself, but for where it would begin what an escaped character looks like.
    let body = body.replace("\\u{", "\\u{5c}u{");
    let tab = format!("{TAB}{}", " ".repeat(TAB_COLUMNS - 1));
    let mut out = harmless(&body, |c| match c {
        '\t' => Some(&tab),
        TAB => Some("\\u{21e5}"),
        GOES_ON => Some("\\u{250a}"),
        _ => None,
    });
    for c in line[line.trim_end_matches([' ', '\t', BLANK]).len()..].chars() {
        match c {
            ' ' => out.push(BLANK),
            '\t' => out.push_str(&tab),
            _ => out.push_str("\\u{b7}"),
        }
    }
    out.truncate(out.trim_end_matches(' ').len());
    out
}

/// Escapes what hides, and what looks like something else that Unicode calls the same; `ours` says what else stands for a
/// character.
fn harmless<'t>(text: &str, ours: impl Fn(char) -> Option<&'t str>) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfc();
    let is_composed = text.is_ascii() || composed.is_normalized(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // What is left of a word, in bytes, and whether it is disguised.
    let mut word = (0, false);
    while let Some(base) = rest.chars().next() {
        let marks = rest[base.len_utf8()..].chars().take_while(|c| joins(*c));
        let end = base.len_utf8() + marks.map(char::len_utf8).sum::<usize>();
        let (letter, more) = rest.split_at(end);
        // `e` with an accent and `é` are drawn alike, and so are some signs: one of the two is told by numbers.
        let is_alike = !is_composed && !composed.is_normalized(letter);
        if word.0 == 0 {
            word = word_of(rest);
        }
        let is_disguised = word.1 && is_lookalike(base) || is_sign(base);
        word = match word.0.saturating_sub(letter.len()) {
            0 => (0, false),
            left => (left, word.1),
        };
        for (index, c) in letter.chars().enumerate() {
            // A mark without a letter is drawn upon what planc has put there.
            let is_lost = joins(c) && (index == 0 || index > MAX_MARKS || !base.is_alphanumeric());
            match ours(c) {
                Some(shown) => out.push_str(shown),
                None if c.is_ascii() && !c.is_ascii_control() => out.push(c),
                None if c.is_ascii() || is_hidden(c) || is_lost || is_alike || is_disguised => {
                    out.extend(c.escape_unicode())
                }
                None => out.push(c),
            }
        }
        rest = more;
    }
    out
}

/// How long the word is that begins a text, in bytes, and whether it looks as if it were written in ASCII and is not.
fn word_of(text: &str) -> (usize, bool) {
    let is_word = |c: char| c.is_alphanumeric() || joins(c);
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let word = &text[..end];
    (end, !word.is_ascii() && word.chars().all(|c| c.is_ascii() || is_lookalike(c)))
}

/// Whether a letter or a digit that is not ASCII is drawn as some of ASCII are.
fn is_lookalike(c: char) -> bool {
    !c.is_ascii() && c.is_alphanumeric() && skeleton(c.encode_utf8(&mut [0; 4])).all(|c| c.is_ascii_alphanumeric())
}

/// Whether something that is neither looks like a sign that is a part of paths, or of patterns of them.
fn is_sign(c: char) -> bool {
    !c.is_ascii() && !c.is_alphanumeric() && skeleton(c.encode_utf8(&mut [0; 4])).all(|c| "/\\:*~".contains(c))
}

/// Whether a character is drawn together with the one before it.
fn joins(c: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    // Parts of syllables of Hangul are letters.
    let is_jamo = || matches!(c, '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7ff}');
    let of = CodePointMapData::<GeneralCategory>::new();
    !c.is_ascii() && (matches!(of.get(c), EnclosingMark | NonspacingMark | SpacingMark) || is_jamo())
}

/// A harmless text of any number of lines in which what is written from right to left leaves what stands around it where it is,
/// however it is laid out. Doing it twice does nothing more.
pub fn isolated(text: String) -> String {
    let class = CodePointMapData::<BidiClass>::new();
    let turns = |c: char| {
        let class = (c >= '\u{590}').then(|| class.get(c));
        matches!(class, Some(BidiClass::RightToLeft | BidiClass::ArabicLetter | BidiClass::ArabicNumber))
    };
    if text.is_ascii() || !text.chars().any(turns) {
        return text;
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == ISOLATE.0 {
            out.push(c);
            out.extend(std::iter::from_fn(|| rest.next_if(|c| *c != ISOLATE.1)));
            continue;
        }
        if !turns(c) {
            out.push(c);
            continue;
        }
        out.extend([ISOLATE.0, c]);
        let stays = |c: &char| turns(*c) || class.get(*c) == BidiClass::NonspacingMark;
        out.extend(std::iter::from_fn(|| rest.next_if(stays)));
        out.push(ISOLATE.1);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_moves_the_cursor_or_the_order() {
        for hostile in [
            "\u{1b}[2J",
            "a\rb",
            "a\nb",
            "\u{202e}",
            "\u{2066}",
            "\u{200b}",
            "\u{2028}",
            "\u{e0041}",
            "\u{9b}31m",
            "a\u{34f}",
            "\u{17b4}",
            "\u{180f}",
            "\u{1bca0}",
            "\u{1d173}",
            "\u{2065}",
            "\u{fff0}",
            "\u{a0}",
            "\u{2800}",
            "\u{e000}",
            "\u{378}",
            "\u{338}",
            "=\u{338}",
            "e\u{301}",
            "\u{37e}",
            "\u{212a}",
            "l\u{430}b",
            "\u{441}\u{43e}re",
            "\u{430}\u{440}\u{435}/main",
            "\u{ff41}",
            "\u{1d41a}b",
            "lib\u{2215}a",
            "│",
            "┊",
            " a",
            "a ",
            " ",
        ] {
            let shown = inline(hostile);
            assert!(!shown.chars().any(|c| c.is_control() || is_hidden(c)), "{shown:?}");
            assert!(shown.contains('\\'), "{shown:?}");
            assert_eq!(inline(&shown), shown);
        }
        for harmless in [
            "",
            "plain words",
            "é, ñ, ü",
            "naïve",
            "документ",
            "Δοκιμή",
            "русский lab",
            "кино, место",
            "ノート",
            "日本語",
            "שלום",
            "हिन्दी",
            "ไทยที่",
            "안녕",
            "→ ✓ · …",
            "😀",
        ] {
            assert_eq!(inline(harmless), harmless);
        }
    }

    #[test]
    fn no_two_contents_look_the_same() {
        assert_eq!(lines("a\n\tb\n"), ["a", "⇥   b"]);
        assert_eq!(content("a \t  "), "a·⇥   ··");
        assert_eq!(content("a\t"), "a⇥");
        assert_eq!(content("a·"), "a\\u{b7}");
        assert_eq!(content("a·b"), "a·b");
        let pieces = ["a", " ", "\t", "·", "⇥", "\\", "\\u{b7}", "\\u{21e5}", "\\u{5c}", "\r", "\u{200b}"];
        let mut known = std::collections::HashMap::new();
        let mut all = vec![String::new()];
        for _ in 0..4 {
            all = all.iter().flat_map(|text| pieces.iter().map(move |piece| format!("{text}{piece}"))).collect();
            for text in &all {
                let before = known.insert(content(text), text.clone());
                assert!(before.is_none_or(|before| before == *text), "{text:?} is drawn as another one");
            }
        }
    }

    #[test]
    fn letters_from_right_to_left_stand_by_themselves() {
        assert_eq!(isolated("a \"א\" 100".into()), "a \"\u{2068}א\u{2069}\" 100");
        assert_eq!(isolated("שָׁלוֹם x".into()), "\u{2068}שָׁלוֹם\u{2069} x");
        assert_eq!(isolated("١٢ 3".into()), "\u{2068}١٢\u{2069} 3");
        let twice = isolated(isolated("א ב".into()));
        assert_eq!(twice, "\u{2068}א\u{2069} \u{2068}ב\u{2069}");
        assert_eq!(isolated("é".into()), "é");
    }
}
