//! A text that holds a plan among other text, as models answer: the part that is the plan.
//!
//! The look costs next to nothing where a plan, a catalogue or a type begins the text and a brace ends it.

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use std::ops::Range;

/// The words that begin a file.
const TOP: [&str; 3] = ["plan", "catalogue", "type"];

/// The words that begin items; a line with one of them is no prose.
const ITEMS: [&str; 14] = [
    "rationale",
    "context",
    "input",
    "assume",
    "critical",
    "reuse",
    "let",
    "step",
    "each",
    "together",
    "verify",
    "output",
    "tool",
    "gate",
];

/// The part of a source that is read, and what is wrong with the rest.
pub(super) fn part(source: &Source) -> (Range<usize>, Option<Diagnostic>) {
    let text = &source.text[..];
    let start = significant(text);
    let begins = TOP.contains(&first_word(&text[start..]));
    let (mut range, mut message) = (0..text.len(), None);
    if !begins && let Some(inside) = fenced(text) {
        (range, message) = (inside, Some("a Markdown fence stands around the plan"));
    } else if !begins && let Some(from) = behind_prose(text) {
        (range.start, message) = (from, Some("text stands before the plan"));
    }
    if (begins || message.is_some())
        && let Some(to) = before_prose(&text[range.clone()])
    {
        (range.end, message) = (range.start + to, message.or(Some("text stands behind the plan")));
    }
    let diagnostic = message.map(|message| around(source, &range, message));
    (range, diagnostic)
}

/// Where the first line begins that is neither blank nor a comment.
fn significant(text: &str) -> usize {
    let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
    for line in text[at..].split_inclusive('\n') {
        let content = line.trim();
        if !content.is_empty() && !content.starts_with("//") {
            return at;
        }
        at += line.len();
    }
    at
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    &text[..text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())]
}

/// What stands between two fences: the first such part that begins like a file, else the first.
fn fenced(text: &str) -> Option<Range<usize>> {
    if !text.contains("```") {
        return None;
    }
    let (mut open, mut first, mut at): (Option<usize>, Option<Range<usize>>, usize) = (None, None, 0);
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        if line.trim_start().starts_with("```") {
            match open.take() {
                Some(from) if begins_file(&text[from..at]) => return Some(from..at),
                Some(from) => first = first.or(Some(from..at)),
                None => open = Some(next),
            }
        }
        at = next;
    }
    match open.map(|from| from..text.len()) {
        Some(rest) if begins_file(&text[rest.clone()]) => Some(rest),
        _ => first,
    }
}

fn begins_file(text: &str) -> bool {
    TOP.contains(&first_word(&text[significant(text)..]).to_ascii_lowercase().as_str())
}

/// Where the first line begins a plan or a catalogue, if all before it is prose.
fn behind_prose(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if matches!(first_word(line), "plan" | "catalogue") && line.contains('{') && !line.starts_with([' ', '\t']) {
            return is_prose(&text[..at]).then_some(at);
        }
        at += line.len();
    }
    None
}

/// Where the last closing brace at the start of a line ends, if all behind it is prose.
fn before_prose(text: &str) -> Option<usize> {
    let end = text.rfind("\n}")? + 2;
    let rest = &text[end..];
    (rest.starts_with(['\n', '\r']) && is_prose(rest)).then_some(end)
}

/// Whether a text is neither code nor comments.
fn is_prose(text: &str) -> bool {
    let is_code = |line: &str| {
        let word = first_word(line).to_ascii_lowercase();
        TOP.contains(&word.as_str()) || ITEMS.contains(&word.as_str())
    };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).peekable();
    lines.peek().is_some()
        && !text.contains(['{', '}', '='])
        && !text.contains("\"\"\"")
        && text.contains(|c: char| c.is_alphabetic() || c == '`')
        && !lines.any(is_code)
}

fn around(source: &Source, range: &Range<usize>, message: &str) -> Diagnostic {
    let text = &source.text[..];
    let span = |range: Range<usize>| Span::new(source.base + range.start as u32, source.base + range.end as u32);
    let outside = [0..range.start, range.end..text.len()];
    let outside: Vec<Range<usize>> = outside.into_iter().filter(|part| !text[part.clone()].trim().is_empty()).collect();
    let first = outside.first().cloned().unwrap_or(0..0);
    let begin = first.start + (text[first.clone()].len() - text[first.clone()].trim_start().len());
    let line = text[begin..first.end].lines().next().unwrap_or_default();
    let removed = outside.into_iter().map(|part| {
        let end = if part.start > 0 { "\n" } else { "" };
        (span(part), end.to_owned())
    });
    Diagnostic::new(Code::TextAround, span(begin..begin + line.trim_end().len()), message)
        .label("not part of the plan")
        .help("A source holds the plan alone.")
        .edits("leave only the plan", removed.collect())
}
