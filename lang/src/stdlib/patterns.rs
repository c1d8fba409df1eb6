//! Regular expressions on text, in linear time, with the syntax of the `regex` crate.

use super::strings::{function, made, texts};
use super::{Function, Needs, takes, text};
use crate::pattern::compiled;
use crate::types::Type;
use crate::value::{MAX_TEXT_BYTES, Value, text_too_long};
use regex::{Captures, Regex};

/// A pattern is one argument, by index.
macro_rules! pattern {
    ($index:literal, $($rest:tt)*) => {
        Function { pattern: Some($index), ..function!($($rest)*) }
    };
}

use Type::{Bool, String as Text};

#[rustfmt::skip]
pub(super) static TABLE: &[Function] = &[
    pattern!(0, "string.matches(pattern: string) -> bool",
        "Whether the regular expression matches somewhere; `^` and `$` tie it to the ends of the text.",
        (r#""v1.20".matches(r"^v\d+\.\d+$")"#, "true"), [Text], 0, Bool,
        |s, a| Ok(Value::Bool(compiled(text(&a[0])?)?.is_match(text(s)?)))),
    pattern!(0, "string.find(pattern: string) -> string?",
        "What the regular expression matches first; null where it matches nothing.",
        (r#""took 31 ms".find(r"\d+")"#, r#""31""#), [Text], 0, Text.optional(),
        |s, a| Ok(compiled(text(&a[0])?)?.find(text(s)?).map_or(Value::Null, |found| Value::string(found.as_str())))),
    pattern!(0, "string.find_all(pattern: string) -> [string]",
        "Everything that the regular expression matches, without overlaps.",
        (r#""a1 b22".find_all(r"\d+")"#, r#"["1", "22"]"#), [Text], 0, Type::list(Text),
        |s, a| texts(compiled(text(&a[0])?)?.find_iter(text(s)?).map(|found| found.as_str()))),
    pattern!(0, "string.capture(pattern: string) -> [string]?",
        "The groups of what the regular expression matches first, from the first group; an empty text for one that took no part, and null where nothing matches.",
        (r#""took 31 ms".capture(r"(\d+) (\w+)")"#, r#"["31", "ms"]"#), [Text], 0, Type::list(Text).optional(),
        |s, a| capture(text(s)?, &compiled(text(&a[0])?)?)),
    pattern!(0, "string.split_regex(pattern: string) -> [string]",
        "The parts between what the regular expression matches.",
        (r#""a1b22c".split_regex(r"\d+")"#, r#"["a", "b", "c"]"#), [Text], 0, Type::list(Text),
        |s, a| texts(compiled(text(&a[0])?)?.split(text(s)?))),
    pattern!(0, "string.replace_regex(pattern: string, replacement: string) -> string",
        "The text with everything replaced that the regular expression matches; `$1` stands for its first group, `$0` for the whole match, `$$` for a dollar.",
        (r#""2024-05".replace_regex(r"(\d+)-(\d+)", "$2/$1")"#, r#""05/2024""#), [Text, Text], 0, Text,
        |s, a| replace(text(s)?, &compiled(text(&a[0])?)?, text(&a[1])?)),
];

fn replace(whole: &str, pattern: &Regex, replacement: &str) -> Result<Value, String> {
    let parts = replacement_parts(replacement, pattern.captures_len())?;
    let mut result = String::new();
    let mut copied = 0;
    for captures in pattern.captures_iter(whole) {
        let (start, end) = captures.get(0).map_or((copied, copied), |found| (found.start(), found.end()));
        result.push_str(&whole[copied..start]);
        parts.iter().for_each(|part| result.push_str(part.text(&captures)));
        copied = end;
        if result.len() > MAX_TEXT_BYTES {
            return Err(text_too_long());
        }
    }
    result.push_str(&whole[copied..]);
    made(result)
}

fn capture(whole: &str, regex: &Regex) -> Result<Value, String> {
    match regex.captures(whole) {
        Some(captures) => texts(captures.iter().skip(1).map(|group| group.map_or("", |found| found.as_str()))),
        None => Ok(Value::Null),
    }
}

/// A part of a replacement.
enum Part<'t> {
    Text(&'t str),
    Group(usize),
}

impl<'t> Part<'t> {
    fn text<'r>(&'r self, captures: &'r Captures<'t>) -> &'r str {
        match self {
            Part::Text(text) => text,
            // A group that took no part in the match is empty.
            Part::Group(group) => captures.get(*group).map_or("", |found| found.as_str()),
        }
    }
}

fn replacement_parts(replacement: &str, groups: usize) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = replacement;
    while let Some(at) = rest.find('$') {
        let behind = &rest[at + 1..];
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        parts.push(Part::Text(&rest[..at]));
        if digits > 0 {
            let group = behind[..digits].parse().ok().filter(|group| *group < groups);
            parts.push(Part::Group(
                group.ok_or_else(|| format!("the regular expression has no group `${}`", &behind[..digits]))?,
            ));
            rest = &behind[digits..];
        } else {
            parts.push(Part::Text("$"));
            rest = behind.strip_prefix('$').unwrap_or(behind);
        }
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}
