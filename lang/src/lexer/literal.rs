//! Literals as written ⟶ the values they stand for. The lexer has reported what is wrong with them.

use super::{Kind, Token};
use crate::forms::MAX_DURATION_DAYS;
use smol_str::SmolStr;

/// The value of an integer literal; `None` past 64 bits.
pub fn int(text: &str) -> Option<i64> {
    if text.len() < 19 && !text.contains('_') { text.parse().ok() } else { text.replace('_', "").parse().ok() }
}

/// The value of a float literal.
pub fn float(text: &str) -> f64 {
    text.replace('_', "").parse().unwrap_or(f64::NAN)
}

/// The length of a duration literal in milliseconds; `None` past [`MAX_DURATION_DAYS`].
pub fn duration_ms(text: &str) -> Option<u64> {
    const DAY: u64 = 24 * 3_600_000;
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY,
        _ => return None,
    };
    let length = digits.replace('_', "").parse::<u64>().ok()?.checked_mul(unit)?;
    (length <= MAX_DURATION_DAYS as u64 * DAY).then_some(length)
}

/// The value of a whole string token, of which `text` is the source with its quotes.
pub fn text(token: Token, text: &str) -> String {
    match token.kind {
        Kind::StrEscaped => unescape(inner(text, 1)),
        Kind::StrBlock => {
            let lines = strip_block(&[inner(text, 3)]);
            unescape(lines.first().map_or("", String::as_str))
        }
        Kind::StrRaw => raw(text),
        _ => inner(text, 1).to_owned(),
    }
}

/// The value of a whole string token as a part of an expression: most are short, and then take no allocation.
pub fn whole_part(token: Token, written: &str) -> SmolStr {
    match token.kind {
        Kind::Str => SmolStr::new(inner(written, 1)),
        _ => text(token, written).into(),
    }
}

/// The value of a text between the interpolations of a string on one line, escapes resolved.
pub fn line_part(text: &str) -> SmolStr {
    match text.as_bytes().contains(&b'\\') {
        true => unescape(text).into(),
        false => SmolStr::new(text),
    }
}

/// The values of the texts between the interpolations of one string, escapes resolved.
pub fn text_parts(parts: &[&str], block: bool) -> Vec<String> {
    if !block {
        return parts.iter().map(|part| unescape(part)).collect();
    }
    strip_block(parts).iter().map(|part| unescape(part)).collect()
}

fn inner(text: &str, quotes: usize) -> &str {
    // A foreign quote, which has been reported, may be longer than a byte.
    let width = |quote: Option<char>| quote.map_or(1, char::len_utf8) * quotes;
    let from = width(text.chars().next());
    text.len().checked_sub(width(text.chars().next_back())).and_then(|end| text.get(from..end)).unwrap_or_default()
}

fn raw(text: &str) -> String {
    let text = text.strip_prefix('r').unwrap_or(text);
    if text.starts_with('#') {
        let text = text.trim_start_matches('#').strip_prefix('"').unwrap_or(text);
        return normal_lines(text.trim_end_matches('#').strip_suffix('"').unwrap_or(text));
    }
    if text.len() >= 6 && text.starts_with("\"\"\"") {
        return strip_block(&[inner(text, 3)]).concat();
    }
    inner(text, 1).to_owned()
}

fn normal_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// Strips a block: a line break right after the opening quotes, and from every line the indentation common to all lines
/// that are not blank and to the line of the closing quotes. `parts` are the texts between interpolations; a line that
/// begins inside an interpolation is no line here.
fn strip_block(parts: &[&str]) -> Vec<String> {
    let mut parts: Vec<String> = parts.iter().map(|part| normal_lines(part)).collect();
    let Some(first) = parts.first_mut() else { return parts };
    if let Some((blank, rest)) = first.split_once('\n')
        && blank.trim().is_empty()
    {
        // The break stays as a mark that the first line is a whole line.
        *first = format!("\n{rest}");
    }
    let opened = parts.first().is_some_and(|first| first.starts_with('\n'));
    let indent = common_indent(&parts);
    let last = parts.len() - 1;
    for (index, part) in parts.iter_mut().enumerate() {
        let mut out = String::with_capacity(part.len());
        let mut lines = part.split('\n').peekable();
        out.push_str(lines.next().unwrap_or_default());
        while let Some(line) = lines.next() {
            out.push('\n');
            let is_end = lines.peek().is_none();
            let blank = line.trim_matches([' ', '\t']).is_empty();
            if blank && (!is_end || index == last) {
                continue;
            }
            out.push_str(line.get(indent..).unwrap_or_default());
        }
        *part = out;
    }
    if opened && let Some(first) = parts.first_mut() {
        first.remove(0);
    }
    parts
}

fn common_indent(parts: &[String]) -> usize {
    let mut indent = usize::MAX;
    for part in parts {
        let mut lines = part.split('\n').skip(1).peekable();
        while let Some(line) = lines.next() {
            let is_end = lines.peek().is_none();
            let blank = line.trim_matches([' ', '\t']).is_empty();
            // A blank line counts where something follows on it: an interpolation, or the closing quotes.
            if !blank || is_end {
                let spaces = line.len() - line.trim_start_matches([' ', '\t']).len();
                indent = indent.min(spaces);
            }
        }
    }
    if indent == usize::MAX { 0 } else { indent }
}

/// Resolves the escapes; one that is not known stands for itself.
fn unescape(text: &str) -> String {
    let Some(mut at) = text.find('\\') else { return text.to_owned() };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut chars = rest.chars();
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(c @ ('"' | '\\' | '$')) => out.push(c),
            Some('u') => {
                let close = rest.find('}');
                let digits = close.and_then(|close| rest[1..close].strip_prefix('{'));
                match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32) {
                    Some(c) => out.push(c),
                    None => out.push_str("\\u"),
                }
                if let (Some(close), Some(_)) = (close, digits) {
                    chars = rest[close + 1..].chars();
                }
            }
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
        rest = chars.as_str();
        match rest.find('\\') {
            Some(next) => at = next,
            None => break,
        }
    }
    out.push_str(rest);
    out
}
