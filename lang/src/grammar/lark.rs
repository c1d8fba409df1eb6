//! A grammar ⟶ the dialect of Lark that llguidance reads. Tokens become terminals, which are regular expressions.

use super::rules::{Class, Grammar, Id, Kind, Part};

/// The grammar, a rule a line, the whole text first and called `start`.
pub(super) fn print(grammar: &Grammar) -> String {
    let mut out = String::new();
    for (at, rule) in grammar.rules.iter().enumerate() {
        out.push_str(&name(grammar, Id(at)));
        out.push_str(": ");
        match rule.kind {
            Kind::Token => {
                out.push('/');
                regex(grammar, &rule.body, false, &mut out);
                out.push('/');
            }
            Kind::Phrase => phrase(grammar, &rule.body, false, &mut out),
        }
        out.push('\n');
    }
    out
}

/// Terminals are upper case, rules lower case.
fn name(grammar: &Grammar, id: Id) -> String {
    let rule = &grammar.rules[id.0];
    match (id, rule.kind) {
        (Id(0), _) => "start".to_owned(),
        (_, Kind::Token) => rule.name.replace('-', "_").to_ascii_uppercase(),
        (_, Kind::Phrase) => rule.name.replace('-', "_"),
    }
}

/// A phrase; `tight`: something stands around it that binds tighter than `|` and a blank.
fn phrase(grammar: &Grammar, of: &Part, tight: bool, out: &mut String) {
    match of {
        Part::Text(text) => {
            out.push('"');
            text.chars().for_each(|c| match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => out.push(c),
            });
            out.push('"');
        }
        Part::Class(_) => {
            out.push('/');
            regex(grammar, of, false, out);
            out.push('/');
        }
        Part::Rule(id) => out.push_str(&name(grammar, *id)),
        Part::Sequence(parts) => grouped(tight, out, "(", |out| {
            joined(parts, " ", out, |one, out| {
                phrase(grammar, one, matches!(one, Part::Choice(_)), out);
            })
        }),
        Part::Choice(parts) => grouped(tight, out, "(", |out| {
            joined(parts, " | ", out, |one, out| {
                phrase(grammar, one, false, out);
            })
        }),
        Part::Optional(of) => repeated(grammar, of, '?', out),
        Part::Many(of) => repeated(grammar, of, '*', out),
        Part::Some(of) => repeated(grammar, of, '+', out),
    }
}

fn repeated(grammar: &Grammar, of: &Part, mark: char, out: &mut String) {
    phrase(grammar, of, true, out);
    out.push(mark);
}

/// A regular expression; `tight` as for phrases.
fn regex(grammar: &Grammar, of: &Part, tight: bool, out: &mut String) {
    match of {
        Part::Text(text) => {
            let open = tight && text.chars().count() != 1;
            grouped(open, out, "(?:", |out| text.chars().for_each(|c| character(c, out)));
        }
        Part::Class(of) => class(of, out),
        Part::Rule(id) => regex(grammar, &grammar.rules[id.0].body, tight, out),
        Part::Sequence(parts) => grouped(tight, out, "(?:", |out| {
            joined(parts, "", out, |one, out| {
                regex(grammar, one, matches!(one, Part::Choice(_)), out);
            })
        }),
        Part::Choice(parts) => grouped(tight, out, "(?:", |out| {
            joined(parts, "|", out, |one, out| {
                regex(grammar, one, false, out);
            })
        }),
        Part::Optional(of) => repeated_regex(grammar, of, '?', out),
        Part::Many(of) => repeated_regex(grammar, of, '*', out),
        Part::Some(of) => repeated_regex(grammar, of, '+', out),
    }
}

fn repeated_regex(grammar: &Grammar, of: &Part, mark: char, out: &mut String) {
    regex(grammar, of, true, out);
    out.push(mark);
}

fn grouped(open: bool, out: &mut String, bracket: &str, print: impl FnOnce(&mut String)) {
    out.push_str(if open { bracket } else { "" });
    print(out);
    out.push_str(if open { ")" } else { "" });
}

fn joined(parts: &[Part], between: &str, out: &mut String, mut print: impl FnMut(&Part, &mut String)) {
    for (at, one) in parts.iter().enumerate() {
        out.push_str(if at > 0 { between } else { "" });
        print(one, out);
    }
}

fn class(class: &Class, out: &mut String) {
    out.push_str(if class.negated { "[^" } else { "[" });
    for (first, last) in &class.ranges {
        character(*first, out);
        if first != last {
            out.push('-');
            character(*last, out);
        }
    }
    out.push(']');
}

/// A character of a regular expression, escaped where it would mean something in or outside a class.
fn character(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | ',' | ':' | '=' | '%' | '!') => out.push(c),
        c if c.is_ascii() => out.push_str(&format!("\\x{:02X}", u32::from(c))),
        c => out.push(c),
    }
}
