//! A grammar ⟶ GBNF, the format of llama.cpp.

use super::rules::{Class, Grammar, Part};

/// The grammar, a rule a line, the whole text first and called `root`.
pub(super) fn print(grammar: &Grammar) -> String {
    let mut out = String::new();
    for rule in &grammar.rules {
        out.push_str(&rule.name);
        out.push_str(" ::= ");
        part(grammar, &rule.body, Inside::Choice, &mut out);
        out.push('\n');
    }
    out
}

/// What a part stands in, which tells whether it needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Inside {
    Choice,
    Sequence,
    Repetition,
}

fn part(grammar: &Grammar, of: &Part, inside: Inside, out: &mut String) {
    match of {
        Part::Text(text) => {
            out.push('"');
            text.chars().for_each(|c| character(c, out));
            out.push('"');
        }
        Part::Class(of) => class(of, out),
        Part::Rule(id) => out.push_str(&grammar.rules[id.0].name),
        Part::Sequence(parts) => {
            let open = inside > Inside::Sequence;
            grouped(open, out, |out| joined(grammar, parts, " ", Inside::Sequence, out));
        }
        Part::Choice(parts) => {
            let open = inside > Inside::Choice;
            grouped(open, out, |out| joined(grammar, parts, " | ", Inside::Choice, out));
        }
        Part::Optional(of) => repeated(grammar, of, '?', out),
        Part::Many(of) => repeated(grammar, of, '*', out),
        Part::Some(of) => repeated(grammar, of, '+', out),
    }
}

fn grouped(open: bool, out: &mut String, print: impl FnOnce(&mut String)) {
    out.push_str(if open { "(" } else { "" });
    print(out);
    out.push_str(if open { ")" } else { "" });
}

fn joined(grammar: &Grammar, parts: &[Part], between: &str, inside: Inside, out: &mut String) {
    // A rule without parts is the empty text.
    if parts.is_empty() {
        out.push_str("\"\"");
    }
    for (at, one) in parts.iter().enumerate() {
        out.push_str(if at > 0 { between } else { "" });
        part(grammar, one, if parts.len() == 1 { inside } else { inside_of(one, inside) }, out);
    }
}

/// A sequence in a choice needs no parentheses, nor a sequence in a sequence.
fn inside_of(one: &Part, inside: Inside) -> Inside {
    match one {
        Part::Sequence(_) => Inside::Sequence,
        Part::Choice(_) if inside == Inside::Choice => Inside::Choice,
        Part::Text(_)
        | Part::Class(_)
        | Part::Rule(_)
        | Part::Choice(_)
        | Part::Optional(_)
        | Part::Many(_)
        | Part::Some(_) => Inside::Sequence,
    }
}

fn repeated(grammar: &Grammar, of: &Part, mark: char, out: &mut String) {
    part(grammar, of, Inside::Repetition, out);
    out.push(mark);
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

/// A character, escaped where it would mean something in a text or a class.
fn character(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '"' | '\\' | '[' | ']' => out.extend(['\\', c]),
        '-' | '^' => out.push_str(&format!("\\x{:02X}", u32::from(c))),
        c if c.is_control() => out.push_str(&format!("\\U{:08X}", u32::from(c))),
        c => out.push(c),
    }
}
