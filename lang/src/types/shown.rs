//! Types, constants and names as they are shown: in messages, and as the language writes them.

use super::{Bounds, Literal, RecordType, Rule, Type};
use crate::lexer::{KEYWORDS, is_name};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt;

impl Type {
    /// The type as it is shown in messages: long ones as a noun, or by their first members.
    pub fn brief(&self) -> String {
        let whole = self.to_string();
        match self {
            Type::List(element) if element.members().is_empty() => "an empty list".into(),
            _ if whole.chars().count() <= 60 => whole,
            Type::List(element) => format!("a list of {}", element.brief()),
            Type::Map(_) => "a map".into(),
            Type::Record(_) => "a record".into(),
            Type::Refined(refined) => refined.base.brief(),
            Type::Literal(Literal::String(_)) => "a string".into(),
            Type::Union(members) if members.contains(&Type::Null) => format!("{} or null", self.without_null().brief()),
            Type::Union(members) => {
                let shown: Vec<String> = members.iter().take(3).map(Type::brief).collect();
                match members.len() - shown.len() {
                    0 => shown.join(" | "),
                    more => format!("{} | … ({more} more)", shown.join(" | ")),
                }
            }
            _ => whole,
        }
    }
}

impl Type {
    /// What the names stand for that the type is shown with.
    pub fn names(&self) -> BTreeMap<SmolStr, String> {
        let mut names = BTreeMap::new();
        let mut open = vec![self.clone()];
        while let Some(ty) = open.pop() {
            match &ty {
                Type::Record(record) => {
                    open.extend(record.fields.iter().map(|field| field.ty.clone()));
                    if let Some(name) = &record.name {
                        names.insert(name.clone(), Unnamed(record).to_string());
                    }
                }
                Type::Named(named) if !names.contains_key(named.name()) => {
                    let head = ty.head();
                    let shown = match &head {
                        Type::Record(record) => Unnamed(record).to_string(),
                        head => head.to_string(),
                    };
                    names.insert(named.name().into(), shown);
                    open.push(head);
                }
                Type::List(part) | Type::Map(part) => open.push((**part).clone()),
                Type::Union(members) => open.extend(members.iter().cloned()),
                Type::Refined(refined) => open.push(refined.base.clone()),
                Type::Any
                | Type::Null
                | Type::Bool
                | Type::Int
                | Type::Float
                | Type::String
                | Type::Path
                | Type::Glob
                | Type::Form(_)
                | Type::Literal(_)
                | Type::Named(_)
                | Type::Within(_)
                | Type::Error => {}
            }
        }
        names
    }
}

/// A record by its fields, whatever it is called.
struct Unnamed<'t>(&'t RecordType);

impl fmt::Display for Unnamed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_record(self.0, f)
    }
}

/// A name before `:` or behind `.`: as it is where it is one, in quotes otherwise.
pub struct ShownName<'t>(pub &'t str);

impl fmt::Display for ShownName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Before `?:` a keyword is none.
        match is_name(self.0) && !KEYWORDS.contains(&self.0) {
            true => f.write_str(self.0),
            false => write!(f, "{}", Quoted(self.0)),
        }
    }
}

/// A text as a string literal of the language, with its escapes and no others; what cannot be seen is `\u{…}`.
pub struct Quoted<'t>(pub &'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        let mut rest = self.0;
        // Rust escapes these in another way than the language does, or not at all.
        while let Some(at) = rest.find(['\r', '\0', '\'', '$']) {
            write!(f, "{}", rest[..at].escape_debug())?;
            let behind = &rest[at + 1..];
            match rest.as_bytes()[at] {
                b'\'' => f.write_str("'")?,
                b'$' if !behind.starts_with('{') => f.write_str("$")?,
                other => write!(f, "\\u{{{other:x}}}")?,
            }
            rest = behind;
        }
        write!(f, "{}\"", rest.escape_debug())
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::String(s) => write!(f, "{}", Quoted(s)),
            Literal::Int(i) => write!(f, "{i}"),
            Literal::Bool(b) => write!(f, "{b}"),
        }
    }
}

/// A regular expression as it is written best: raw, where that can be done on one line.
pub(super) fn shown_pattern(pattern: &str) -> String {
    match pattern.contains(['"', '\n', '\r']) || pattern.chars().any(char::is_control) || !pattern.is_ascii() {
        true => Quoted(pattern).to_string(),
        false => format!("r\"{pattern}\""),
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("any"),
            Type::Null => f.write_str("null"),
            Type::Bool => f.write_str("bool"),
            Type::Int => f.write_str("int"),
            Type::Float => f.write_str("float"),
            Type::String => f.write_str("string"),
            Type::Path => f.write_str("path"),
            Type::Glob => f.write_str("glob"),
            Type::Form(form) => write!(f, "{form}"),
            Type::Literal(literal) => write!(f, "{literal}"),
            Type::List(element) => write!(f, "[{element}]"),
            Type::Map(value) => write!(f, "map<{value}>"),
            Type::Record(record) => match &record.name {
                Some(name) => f.write_str(name),
                None => write_record(record, f),
            },
            Type::Union(members) => write_union(members, f),
            Type::Refined(refined) => write!(f, "{}{}", refined.base, refined.rule),
            Type::Named(named) => f.write_str(named.name()),
            // Shown only by itself, never as a part of what is shown to people.
            Type::Within(index) => write!(f, "#{index}"),
            Type::Error => f.write_str("?"),
        }
    }
}

fn write_union(members: &[Type], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match members {
        [] => f.write_str("nothing"),
        [member, Type::Null] | [Type::Null, member] => write!(f, "{member}?"),
        members => {
            for (index, member) in members.iter().enumerate() {
                write!(f, "{}{member}", if index > 0 { " | " } else { "" })?;
            }
            Ok(())
        }
    }
}

fn write_record(record: &RecordType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut open = "{ ";
    for field in &record.fields {
        write!(f, "{open}{}{}: {}", ShownName(&field.name), if field.optional { "?" } else { "" }, field.ty)?;
        open = ", ";
    }
    match (record.is_open, record.fields.is_empty()) {
        (true, _) => write!(f, "{open}... }}"),
        (false, true) => f.write_str("{}"),
        (false, false) => f.write_str(" }"),
    }
}

/// The arguments of a refinement, with their parentheses.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        match self {
            Rule::Int(bounds) => write_bounds(bounds, &mut parts),
            Rule::Float(bounds) => write_bounds(&bounds.shown(), &mut parts),
            Rule::Text { length, pattern } => {
                parts.extend(pattern.iter().map(|pattern| format!("pattern: {}", shown_pattern(pattern))));
                write_bounds(length, &mut parts);
            }
            Rule::Items(bounds) => write_bounds(bounds, &mut parts),
        }
        write!(f, "({})", parts.join(", "))
    }
}

impl Bounds<f64> {
    /// With the point that makes a float of a whole number.
    fn shown(&self) -> Bounds<String> {
        let shown = |number: f64| format!("{number:?}");
        Bounds { min: self.min.map(shown), max: self.max.map(shown) }
    }
}

fn write_bounds<N: fmt::Display>(bounds: &Bounds<N>, parts: &mut Vec<String>) {
    parts.extend(bounds.min.iter().map(|min| format!("min: {min}")));
    parts.extend(bounds.max.iter().map(|max| format!("max: {max}")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_with_the_escapes_of_the_language() {
        let cases = [
            ("a \"b\" c\\", r#""a \"b\" c\\""#),
            ("it's\n\t", r#""it's\n\t""#),
            ("\r\0", r#""\u{d}\u{0}""#),
            ("$5 ${x} $", r#""$5 \u{24}{x} $""#),
            ("a\u{202e}b", r#""a\u{202e}b""#),
            ("é", r#""é""#),
        ];
        for (text, expected) in cases {
            assert_eq!(Quoted(text).to_string(), expected);
        }
    }
}
