//! Functions on text.

use super::{Function, Needs, count, int, size, takes, text};
use crate::types::Type;
use crate::value::{MAX_ITEMS, MAX_TEXT_BYTES, Value, text_too_long, too_many_items};
use std::ops::Range;

/// The longest text that is read as JSON, in bytes: values take many times the room of their text.
pub const MAX_JSON_BYTES: usize = 16 * 1024 * 1024;

/// A function on text that looks at all of it.
macro_rules! function {
    ($signature:literal, $doc:literal, $example:expr, $params:expr, $optional:expr, $result:expr, $eval:expr) => {
        Function {
            name: super::strings::name_of($signature),
            signature: $signature,
            doc: $doc,
            example: $example,
            check: |_, args| takes(args, &$params, $optional, $result),
            needs: Needs::Whole,
            pattern: None,
            eval: $eval,
        }
    };
}
pub(super) use function;

/// The name in a signature: what stands between the first dot and the parenthesis.
pub(super) const fn name_of(signature: &'static str) -> &'static str {
    let bytes = signature.as_bytes();
    let (mut start, mut end) = (0, 0);
    while bytes[start] != b'.' {
        start += 1;
    }
    while bytes[end] != b'(' {
        end += 1;
    }
    signature.split_at(end).0.split_at(start + 1).1
}

use Type::{Bool, Int, String as Text};

#[rustfmt::skip]
pub(super) static TABLE: &[Function] = &[
    function!("string.length() -> int", "The number of characters.",
        (r#""häuser".length()"#, "6"), [], 0, Int, |s, _| Ok(size(text(s)?.chars().count()))),
    function!("string.is_empty() -> bool", "Whether there is no character.",
        (r#""".is_empty()"#, "true"), [], 0, Bool, |s, _| Ok(Value::Bool(text(s)?.is_empty()))),
    function!("string.lines() -> [string]", "The lines without their line ends.",
        (r#""a\nb\n".lines()"#, r#"["a", "b"]"#), [], 0, Type::list(Text), |s, _| texts(text(s)?.lines())),
    function!("string.trim() -> string", "The text without white space at both ends.",
        (r#""  a b ".trim()"#, r#""a b""#), [], 0, Text, |s, _| Ok(Value::string(text(s)?.trim()))),
    function!("string.trim_start() -> string", "The text without white space at its start.",
        (r#""  a ".trim_start()"#, r#""a ""#), [], 0, Text, |s, _| Ok(Value::string(text(s)?.trim_start()))),
    function!("string.trim_end() -> string", "The text without white space at its end.",
        (r#"" a  ".trim_end()"#, r#"" a""#), [], 0, Text, |s, _| Ok(Value::string(text(s)?.trim_end()))),
    function!("string.upper() -> string", "The text in upper case.",
        (r#""straße".upper()"#, r#""STRASSE""#), [], 0, Text, |s, _| made(text(s)?.to_uppercase())),
    function!("string.lower() -> string", "The text in lower case.",
        (r#""ABC".lower()"#, r#""abc""#), [], 0, Text, |s, _| made(text(s)?.to_lowercase())),
    function!("string.contains(part: string) -> bool", "Whether the part occurs.",
        (r#""config.toml".contains("toml")"#, "true"), [Text], 0, Bool,
        |s, a| Ok(Value::Bool(text(s)?.contains(text(&a[0])?)))),
    function!("string.starts_with(prefix: string) -> bool", "Whether the text begins with the prefix.",
        (r#""src/main.rs".starts_with("src/")"#, "true"), [Text], 0, Bool,
        |s, a| Ok(Value::Bool(text(s)?.starts_with(text(&a[0])?)))),
    function!("string.ends_with(suffix: string) -> bool", "Whether the text ends with the suffix.",
        (r#""main.rs".ends_with(".rs")"#, "true"), [Text], 0, Bool,
        |s, a| Ok(Value::Bool(text(s)?.ends_with(text(&a[0])?)))),
    function!("string.strip_prefix(prefix: string) -> string",
        "The text without the prefix; the text itself where it does not begin with it.",
        (r#""v1.2".strip_prefix("v")"#, r#""1.2""#), [Text], 0, Text,
        |s, a| text(s).and_then(|s| Ok(Value::string(s.strip_prefix(text(&a[0])?).unwrap_or(s))))),
    function!("string.strip_suffix(suffix: string) -> string",
        "The text without the suffix; the text itself where it does not end with it.",
        (r#""notes.md".strip_suffix(".md")"#, r#""notes""#), [Text], 0, Text,
        |s, a| text(s).and_then(|s| Ok(Value::string(s.strip_suffix(text(&a[0])?).unwrap_or(s))))),
    function!("string.replace(old: string, new: string) -> string", "The text with every occurrence replaced.",
        (r#""a = 1".replace(" = ", "=")"#, r#""a=1""#), [Text, Text], 0, Text,
        |s, a| replace(text(s)?, text(&a[0])?, text(&a[1])?, usize::MAX)),
    function!("string.replace_first(old: string, new: string) -> string", "The text with the first occurrence replaced.",
        (r#""a.b.c".replace_first(".", "/")"#, r#""a/b.c""#), [Text, Text], 0, Text,
        |s, a| replace(text(s)?, text(&a[0])?, text(&a[1])?, 1)),
    function!("string.count(part: string) -> int", "How often the part occurs, without overlaps.",
        (r#""banana".count("an")"#, "2"), [Text], 0, Int,
        |s, a| Ok(size(text(s)?.matches(not_empty(text(&a[0])?)?).count()))),
    function!("string.split(separator: string) -> [string]", "The parts between the separators.",
        (r#""a,b,,c".split(",")"#, r#"["a", "b", "", "c"]"#), [Text], 0, Type::list(Text),
        |s, a| texts(text(s)?.split(not_empty(text(&a[0])?)?))),
    function!("string.split_once(separator: string) -> { before: string, after: string }?",
        "What stands before and after the first separator; null where there is none.",
        (r#""a=b=c".split_once("=")"#, r#"{ before: "a", after: "b=c" }"#), [Text], 0,
        Type::record([("before", Text), ("after", Text)]).optional(), |s, a| split_once(text(s)?, not_empty(text(&a[0])?)?)),
    function!("string.words() -> [string]", "The parts between white space.",
        (r#"" a  b\nc ".words()"#, r#"["a", "b", "c"]"#), [], 0, Type::list(Text), |s, _| texts(text(s)?.split_whitespace())),
    function!("string.slice(start: int, end?: int) -> string",
        "The characters from `start` (from 0) up to, not including, `end`, or all up to the end of the text.",
        (r#""abcdef".slice(1, 3)"#, r#""bc""#), [Int, Int], 1, Text, |s, a| slice(text(s)?, a)),
    function!("string.index_of(part: string) -> int?", "The position of the first occurrence, from 0; null where there is none.",
        (r#""key=value".index_of("=")"#, "3"), [Text], 0, Int.optional(), |s, a| index_of(text(s)?, text(&a[0])?)),
    function!("string.repeat(times: int) -> string", "The text so many times over.",
        (r#""ab".repeat(3)"#, r#""ababab""#), [Int], 0, Text, |s, a| repeat(text(s)?, count(&a[0], "the number of times")?)),
    function!("string.pad_start(width: int, fill?: string) -> string",
        "The text filled up at its start, with blanks or the character `fill`, to at least `width` characters.",
        (r#""7".pad_start(3, "0")"#, r#""007""#), [Int, Text], 1, Text,
        |s, a| padding(text(s)?, a).and_then(|fill| made(fill + text(s)?))),
    function!("string.pad_end(width: int, fill?: string) -> string",
        "The text filled up at its end, with blanks or the character `fill`, to at least `width` characters.",
        (r#""ab".pad_end(4, ".")"#, r#""ab..""#), [Int, Text], 1, Text,
        |s, a| padding(text(s)?, a).and_then(|fill| made(text(s)?.to_owned() + &fill))),
    function!("string.indent(width: int) -> string", "The text with so many blanks before each line that is not empty.",
        (r#""a\n\nb".indent(2)"#, r#""  a\n\n  b""#), [Int], 0, Text, |s, a| indent(text(s)?, count(&a[0], "the width")?)),
    function!("string.parse_int() -> int?", "The integer that the text is in decimal; null where it is none.",
        (r#""-12".parse_int()"#, "-12"), [], 0, Int.optional(), |s, _| Ok(parse_int(text(s)?))),
    function!("string.parse_float() -> float?", "The number that the text is in decimal; null where it is none.",
        (r#""2.50".parse_float()"#, "2.5"), [], 0, Type::Float.optional(), |s, _| Ok(parse_float(text(s)?))),
    function!("string.parse_bool() -> bool?", "Whether the text is `true` or `false`; null where it is neither.",
        (r#""true".parse_bool()"#, "true"), [], 0, Bool.optional(), |s, _| Ok(parse_bool(text(s)?))),
    function!("string.parse_json() -> any", "The value that the text is in JSON.",
        ("r\"[1, null]\".parse_json()", "[1, null]"), [], 0, Type::Any, |s, _| parse_json(text(s)?)),
];

/// A text, unless it is too long.
pub(super) fn made(text: String) -> Result<Value, String> {
    match text.len() > MAX_TEXT_BYTES {
        true => Err(text_too_long()),
        false => Ok(Value::string(text)),
    }
}

/// A list of texts, unless there are too many.
pub(super) fn texts<'t>(parts: impl Iterator<Item = &'t str>) -> Result<Value, String> {
    let parts: Vec<Value> = parts.take(MAX_ITEMS + 1).map(Value::string).collect();
    match parts.len() > MAX_ITEMS {
        true => Err(too_many_items()),
        false => Ok(Value::list(parts)),
    }
}

fn not_empty(part: &str) -> Result<&str, String> {
    match part.is_empty() {
        true => Err("the text to look for must not be empty".into()),
        false => Ok(part),
    }
}

fn replace(whole: &str, old: &str, new: &str, most: usize) -> Result<Value, String> {
    let found = whole.matches(not_empty(old)?).take(most).count();
    let grown = new.len().saturating_sub(old.len()).saturating_mul(found);
    match whole.len().saturating_add(grown) > MAX_TEXT_BYTES {
        true => Err(text_too_long()),
        false => Ok(Value::string(whole.replacen(old, new, most))),
    }
}

fn slice(whole: &str, args: &[Value]) -> Result<Value, String> {
    let range = range(args, whole.chars().count(), "a text of {} characters")?;
    Ok(Value::string(whole.chars().skip(range.start).take(range.len()).collect::<String>()))
}

/// The range that the arguments `start` and, where it is given, `end` are of something that is so long; `{}` in `what`
/// is its length.
pub(super) fn range(args: &[Value], length: usize, what: &str) -> Result<Range<usize>, String> {
    let start = int(&args[0])?;
    let end = args.get(1).map_or(Ok(size(length).as_int().unwrap_or(i64::MAX)), int)?;
    let outside = || format!("the range {start} to {end} is outside {}", what.replace("{}", &length.to_string()));
    let at = |index: i64| usize::try_from(index).ok().filter(|at| *at <= length).ok_or_else(outside);
    match (at(start)?, at(end)?) {
        (start, end) if start <= end => Ok(start..end),
        _ => Err(format!("the range {start} to {end} ends before it begins")),
    }
}

fn index_of(whole: &str, part: &str) -> Result<Value, String> {
    Ok(whole.find(not_empty(part)?).map_or(Value::Null, |at| size(whole[..at].chars().count())))
}

fn split_once(whole: &str, separator: &str) -> Result<Value, String> {
    let parts = whole.split_once(separator);
    Ok(parts.map_or(Value::Null, |(before, after)| {
        Value::record([("before", Value::string(before)), ("after", Value::string(after))])
    }))
}

fn repeat(part: &str, times: usize) -> Result<Value, String> {
    match part.len().saturating_mul(times) > MAX_TEXT_BYTES {
        true => Err(text_too_long()),
        false => Ok(Value::string(part.repeat(times))),
    }
}

fn padding(whole: &str, args: &[Value]) -> Result<String, String> {
    let fill = args.get(1).map_or(Ok(" "), text)?;
    if fill.chars().count() != 1 {
        return Err(format!("the text to fill up with must be one character, found {fill:?}"));
    }
    let missing = count(&args[0], "the width")?.saturating_sub(whole.chars().count());
    match missing.saturating_mul(fill.len()).saturating_add(whole.len()) > MAX_TEXT_BYTES {
        true => Err(text_too_long()),
        false => Ok(fill.repeat(missing)),
    }
}

fn indent(whole: &str, width: usize) -> Result<Value, String> {
    let lines = whole.split_inclusive('\n').filter(|line| !line.trim_end().is_empty()).count();
    if lines.saturating_mul(width).saturating_add(whole.len()) > MAX_TEXT_BYTES {
        return Err(text_too_long());
    }
    let blanks = " ".repeat(width);
    let mut result = String::new();
    for line in whole.split_inclusive('\n') {
        if !line.trim_end().is_empty() {
            result.push_str(&blanks);
        }
        result.push_str(line);
    }
    Ok(Value::string(result))
}

fn parse_int(text: &str) -> Value {
    match text.starts_with('+') {
        true => Value::Null,
        false => text.parse().map_or(Value::Null, Value::Int),
    }
}

fn parse_bool(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => Value::Null,
    }
}

fn parse_float(text: &str) -> Value {
    // Rust also reads `inf`, `nan` and a leading plus.
    let plain = !text.starts_with('+') && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    match text.parse::<f64>() {
        Ok(number) if plain && number.is_finite() => Value::Float(number),
        _ => Value::Null,
    }
}

fn parse_json(text: &str) -> Result<Value, String> {
    if text.len() > MAX_JSON_BYTES {
        return Err(format!("a text of more than {} MiB is not read as JSON", MAX_JSON_BYTES / 1024 / 1024));
    }
    serde_json::from_str(text).map_err(|error| format!("the text is no JSON: {error}"))
}
