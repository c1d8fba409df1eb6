//! Names of servers ⟶ names of the language, different for different names.

use crate::lexer::{KEYWORDS, is_name};

/// The name of a tool or a parameter: that of the server where it is one here.
pub(super) fn value_name(wire: &str, taken: &[String]) -> String {
    let mut name: String = wire.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    name.truncate(MAX_NAME_CHARS);
    if !is_name(&name) || name.chars().all(|c| c == '_') {
        name = format!("n{name}");
    } else if KEYWORDS.contains(&name.as_str()) {
        name.push('_');
    }
    distinct(name, taken)
}

/// The longest name that is made.
const MAX_NAME_CHARS: usize = 100;

/// The name of a type: `page_filter` and `page-filter` become `PageFilter`.
pub(super) fn type_name(wire: &str) -> String {
    let parts = wire.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let mut name = String::new();
    for part in parts {
        let mut chars = part.chars();
        name.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        name.extend(chars);
    }
    name.truncate(MAX_NAME_CHARS);
    match is_name(&name) {
        true => name,
        false => format!("T{name}"),
    }
}

/// The name, or the first with a number that is not taken.
fn distinct(name: String, taken: &[String]) -> String {
    if !taken.contains(&name) {
        return name;
    }
    (2usize..).map(|number| format!("{name}_{number}")).find(|name| !taken.contains(name)).unwrap_or(name)
}

/// A text of a server, harmless in a comment of one line: what cannot be seen is written out.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let is_plain = matches!(c, ' '..='~') || (c.is_alphanumeric() && !c.is_control());
        let is_shown = is_plain || (!c.is_ascii() && c.escape_debug().count() == 1);
        match c {
            '\t' => out.push(' '),
            _ if is_shown => out.push(c),
            _ => out.extend(c.escape_unicode()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_and_distinct() {
        let mut taken = Vec::new();
        for wire in ["get-sum", "get_sum", "get.sum", "", "9x", "ünïcode", "in", "data", "___", "a b", "-"] {
            let name = value_name(wire, &taken);
            assert!(is_name(&name), "{wire} ⟶ {name}");
            assert!(!taken.contains(&name), "{wire} ⟶ {name}");
            taken.push(name);
        }
        assert_eq!(type_name("page-filter_by"), "PageFilterBy");
        assert_eq!(type_name("9"), "T9");
    }

    #[test]
    fn nothing_hides_in_a_comment() {
        assert_eq!(visible("a\u{202e}b\r\u{1b}[0m é 漢 \u{200b}"), "a\\u{202e}b\\u{d}\\u{1b}[0m é 漢 \\u{200b}");
    }
}
