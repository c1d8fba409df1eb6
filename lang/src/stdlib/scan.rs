//! `text.parse(pattern)`: a constant pattern, which gives the result its type.
//!
//! A pattern is text in which holes stand: `{name}` or `{name: type}`; `{{` and `}}` are braces. It must match the whole
//! text, character by character; a line break also matches one with a carriage return. A hole matches as little as
//! possible. Each type has the texts that a hole of it matches; one of these that has no value, such as a 13th month,
//! fails. `{_}` matches anything, also across lines, and is left out of the result.

use super::{BadArgument, Function, MAX_PATTERN_BYTES, Needs, text};
use crate::forms::Form;
use crate::pattern::compiled;
use crate::types::{Literal, Type};
use crate::value::Value;

/// The most holes of a pattern.
pub const MAX_HOLES: usize = 64;

#[rustfmt::skip]
pub(super) static TABLE: &[Function] = &[
    Function {
        name: "parse",
        signature: "string.parse(pattern: string) -> { name: type, … }",
        doc: "The parts of a text that is like the constant pattern, in which `{name: type}` stands for a value; fails where the text is not like it.",
        example: (r#""Rating: 4.5\n".parse("Rating: {rating: float}\n")"#, "{ rating: 4.5 }"),
        check: pattern_type,
        needs: Needs::Whole,
        pattern: None,
        eval: |s, a| scan(text(s)?, text(&a[0])?),
    },
];

/// What a hole stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Anything, also across lines.
    Text,
    /// A text within a line.
    String,
    Int,
    Float,
    Bool,
    Form(Form),
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq)]
enum Part<'p> {
    Text(String),
    Hole { name: &'p str, kind: Kind },
}

impl Kind {
    const NAMES: [(&'static str, Kind); 9] = [
        ("string", Kind::String),
        ("text", Kind::Text),
        ("int", Kind::Int),
        ("float", Kind::Float),
        ("bool", Kind::Bool),
        ("date", Kind::Form(Form::Date)),
        ("time", Kind::Form(Form::Time)),
        ("datetime", Kind::Form(Form::Datetime)),
        ("duration", Kind::Form(Form::Duration)),
    ];

    fn ty(self) -> Type {
        match self {
            Kind::Text | Kind::String => Type::String,
            Kind::Int => Type::Int,
            Kind::Float => Type::Float,
            Kind::Bool => Type::Bool,
            Kind::Form(form) => Type::Form(form),
        }
    }

    /// The texts that a hole matches, as a regular expression.
    fn regex(self) -> &'static str {
        match self {
            Kind::Text => "(?s:(.*?))",
            Kind::String => r"([^\r\n]*?)",
            Kind::Int => "(-?[0-9]+?)",
            Kind::Float => "(-?[0-9]+?(?:[.][0-9]+?)??(?:[eE][+-]?[0-9]+?)??)",
            Kind::Bool => "(true|false)",
            Kind::Form(Form::Date) => "([0-9]{4}-[0-9]{2}-[0-9]{2})",
            Kind::Form(Form::Time) => "([0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]+?)??)",
            Kind::Form(Form::Datetime) => {
                "([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]+?)??(?:[Zz]|[+-][0-9]{2}:[0-9]{2}))"
            }
            Kind::Form(Form::Duration) => "(-?(?:P[0-9A-Z.]+?|(?:[0-9]+(?:ms|s|m|h|d))+?))",
            Kind::Form(Form::Bytes) => "([A-Za-z0-9+/]*={0,2})",
        }
    }

    /// The value of a text that the hole matched.
    fn value(self, text: &str) -> Option<Value> {
        match self {
            Kind::Text | Kind::String => Some(Value::string(text)),
            Kind::Int => text.parse().ok().map(Value::Int),
            Kind::Float => text.parse().ok().filter(|x: &f64| x.is_finite()).map(Value::Float),
            Kind::Bool => Some(Value::Bool(text == "true")),
            Kind::Form(form) => form.read(text).map(Value::formed),
        }
    }
}

/// A type that a hole or a column can have, by its name.
pub(super) fn type_named(name: &str) -> Option<Type> {
    Kind::NAMES.iter().find(|(other, _)| *other == name).map(|(_, kind)| kind.ty())
}

/// The value of a text as a type that [`type_named`] gave; none where it has none.
pub(super) fn value_as(ty: &Type, text: &str) -> Option<Value> {
    let (_, kind) = Kind::NAMES.iter().find(|(_, kind)| kind.ty() == *ty)?;
    let is_plain = match kind {
        Kind::Int | Kind::Float => text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) && !text.contains('n'),
        Kind::Bool => text == "true" || text == "false",
        Kind::Text | Kind::String | Kind::Form(_) => true,
    };
    kind.value(text).filter(|_| is_plain)
}

/// The names of types, to be shown.
pub(super) fn type_names() -> String {
    Kind::NAMES.map(|(name, _)| format!("`{name}`")).join(", ")
}

/// Whether a text can be the name of a field.
pub(super) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn pattern_type(_: &Type, args: &[Type]) -> Result<Type, BadArgument> {
    let pattern = constant(args)?;
    let parts = parts(pattern).map_err(|reason| BadArgument::Value { index: 0, reason })?;
    Ok(Type::record(parts.iter().filter_map(|part| match part {
        Part::Hole { name, kind } if *name != "_" => Some((*name, kind.ty())),
        Part::Hole { .. } | Part::Text(_) => None,
    })))
}

/// The only argument, which must be constant.
pub(super) fn constant(args: &[Type]) -> Result<&str, BadArgument> {
    match args {
        [Type::Literal(Literal::String(text))] => Ok(text),
        [ty] if ty.is_subtype(&Type::String) => Err(BadArgument::NotConstant { index: 0 }),
        [_] => Err(BadArgument::Type { index: Some(0), expected: "string".into() }),
        _ => Err(BadArgument::Count { expected: (1, 1) }),
    }
}

/// The parts of a pattern; the phrase says what is wrong with it.
fn parts(pattern: &str) -> Result<Vec<Part<'_>>, String> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(format!("the pattern has more than {MAX_PATTERN_BYTES} bytes"));
    }
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        push_text(&mut parts, &rest[..at]);
        let (brace, behind) = rest[at..].split_at(1);
        if behind.starts_with(brace) {
            push_text(&mut parts, brace);
            rest = &behind[1..];
            continue;
        }
        let end = behind.find('}').filter(|_| brace == "{");
        let end = end.ok_or_else(|| format!("a `{brace}` that stands for itself is written twice"))?;
        push_hole(&mut parts, &behind[..end])?;
        rest = &behind[end + 1..];
    }
    push_text(&mut parts, rest);
    let named = |part: &Part<'_>| matches!(part, Part::Hole { name, .. } if *name != "_");
    match parts.iter().any(named) {
        true => Ok(parts),
        false => Err("the pattern names no part: `{name: type}`".into()),
    }
}

fn push_text(parts: &mut Vec<Part<'_>>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(before)) => before.push_str(text),
        Some(Part::Hole { .. }) | None => parts.push(Part::Text(text.to_owned())),
    }
}

fn push_hole<'p>(parts: &mut Vec<Part<'p>>, hole: &'p str) -> Result<(), String> {
    let (name, ty) = hole.split_once(':').map_or((hole, None), |(name, ty)| (name, Some(ty.trim())));
    let name = name.trim();
    if !is_name(name) {
        return Err(format!("`{{{hole}}}` has no name; a brace that stands for itself is written twice"));
    }
    let kind = match ty {
        None if name == "_" => Kind::Text,
        None => Kind::String,
        Some(ty) => Kind::NAMES
            .iter()
            .find(|(other, _)| *other == ty)
            .map(|(_, kind)| *kind)
            .ok_or_else(|| format!("`{ty}` is no type of a pattern; there are {}", type_names()))?,
    };
    let holes = parts.iter().filter(|part| matches!(part, Part::Hole { .. })).count();
    if holes == MAX_HOLES {
        return Err(format!("the pattern names more than {MAX_HOLES} parts"));
    }
    if name != "_" && parts.iter().any(|part| matches!(part, Part::Hole { name: other, .. } if *other == name)) {
        return Err(format!("the pattern names `{name}` twice"));
    }
    if matches!(parts.last(), Some(Part::Hole { .. })) {
        return Err(format!("between `{{{hole}}}` and the part before it stands no text that tells them apart"));
    }
    parts.push(Part::Hole { name, kind });
    Ok(())
}

fn regex_of(parts: &[Part<'_>]) -> String {
    let mut regex = r"\A".to_owned();
    for part in parts {
        match part {
            Part::Text(text) => regex.push_str(&regex::escape(text).replace('\n', r"\r?\n")),
            Part::Hole { kind, .. } => regex.push_str(kind.regex()),
        }
    }
    regex + r"\z"
}

fn scan(whole: &str, pattern: &str) -> Result<Value, String> {
    let parts = parts(pattern)?;
    let found = compiled(&regex_of(&parts))?;
    let Some(captures) = found.captures(whole) else {
        return Err(format!("the text {} is not like the pattern", Value::string(whole).describe()));
    };
    let holes = parts.iter().filter_map(|part| match part {
        Part::Hole { name, kind } => Some((*name, *kind)),
        Part::Text(_) => None,
    });
    let mut fields = Vec::new();
    for ((name, kind), matched) in holes.zip(captures.iter().skip(1)) {
        let matched = matched.map_or("", |matched| matched.as_str());
        if name != "_" {
            let value = kind.value(matched);
            fields.push((name, value.ok_or_else(|| format!("`{name}`: {matched:?} is no {}", kind.ty()))?));
        }
    }
    Ok(Value::record(fields))
}
