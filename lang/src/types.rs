//! Types: what a value may be. Structural, immutable, cheap to clone.
//!
//! Named types are transparent: a name is kept only to be shown. `path` and `glob` are strings with a rule of form
//! ([`crate::paths`]): a string is accepted where one is wanted, and the rule is checked on constants at
//! compile time and on all other values before the call. A [`Form`] is a type of its own: only a constant text that has
//! the form is accepted where one is wanted.

use crate::forms::Form;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;
use std::sync::Arc;

/// How many parts a type may have, each named type counted with all its parts. More could not be compared in good time.
pub const MAX_TYPE_PARTS: usize = 4096;

/// How deep the lists and records of a type may lie in each other.
pub const MAX_TYPE_DEPTH: usize = 256;

/// A type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// JSON of unknown shape.
    Any,
    /// Only `null`.
    Null,
    /// `true` and `false`.
    Bool,
    /// Signed 64-bit integers.
    Int,
    /// 64-bit floating point numbers, never NaN. Integers are accepted where they are exact.
    Float,
    /// Unicode text.
    String,
    /// A relative path inside the workspace, see [`crate::paths::check_path`].
    Path,
    /// A glob over such paths, see [`crate::paths::check_glob`].
    Glob,
    /// What JSON writes as a text of a fixed form: bytes, durations, dates, times.
    Form(Form),
    /// One constant string, integer or Boolean.
    Literal(Literal),
    /// A list.
    List(Arc<Type>),
    /// A record with exactly these fields.
    Record(Arc<RecordType>),
    /// One of several; flat, without repetitions, two or more. `T?` is `T | null`.
    Union(Arc<[Type]>),
    /// The type of an expression that was already reported; agrees with everything.
    Error,
}

/// A constant that is a type of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Literal {
    /// `"staging"`
    String(SmolStr),
    /// `3`
    Int(i64),
    /// `true`
    Bool(bool),
}

/// The fields of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordType {
    /// The name it was declared under, to be shown; no part of its identity beyond that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<SmolStr>,
    /// In the order of the declaration.
    pub fields: Vec<Field>,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: SmolStr,
    /// Whether it may be absent; read as null then.
    pub optional: bool,
    /// Its type where it is present.
    pub ty: Type,
}

impl RecordType {
    /// The field with this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Type {
    /// A list of `element`.
    pub fn list(element: Type) -> Type {
        Type::List(Arc::new(element))
    }

    /// An anonymous record with required fields.
    pub fn record<N: Into<SmolStr>>(fields: impl IntoIterator<Item = (N, Type)>) -> Type {
        let fields = fields.into_iter().map(|(name, ty)| Field { name: name.into(), optional: false, ty }).collect();
        Type::Record(Arc::new(RecordType { name: None, fields }))
    }

    /// The union of `types`: flattened, repetitions and members contained in others removed.
    pub fn union(types: impl IntoIterator<Item = Type>) -> Type {
        let mut flat: Vec<Type> = Vec::new();
        // Unions of many literals are common, and each literal contains only itself.
        let mut literals: FxHashSet<Literal> = FxHashSet::default();
        for ty in types {
            for member in ty.members() {
                // What is already reported must not be reported again for what it is part of.
                if matches!(member, Type::Error) {
                    return Type::Error;
                }
                let is_new = match member {
                    Type::Literal(literal) => literals.insert(literal.clone()),
                    _ => true,
                };
                let contains = |kept: &Type| !matches!(kept, Type::Literal(_)) && member.is_subtype(kept);
                if !is_new || flat.iter().any(contains) {
                    continue;
                }
                if !matches!(member, Type::Literal(_)) {
                    flat.retain(|kept| !kept.is_subtype(member));
                }
                flat.push(member.clone());
            }
        }
        match flat.len() {
            1 => flat.remove(0),
            _ => Type::Union(flat.into()),
        }
    }

    /// Whether the type has more than [`MAX_TYPE_PARTS`] parts, or is deeper than [`MAX_TYPE_DEPTH`].
    pub fn is_too_large(&self) -> bool {
        let mut parts = 0;
        let mut open = vec![(self, 0)];
        while let Some((ty, depth)) = open.pop() {
            parts += 1;
            if parts + open.len() > MAX_TYPE_PARTS || depth > MAX_TYPE_DEPTH {
                return true;
            }
            match ty {
                Type::List(element) => open.push((element, depth + 1)),
                Type::Record(record) => open.extend(record.fields.iter().map(|field| (&field.ty, depth + 1))),
                Type::Union(members) => open.extend(members.iter().map(|member| (member, depth))),
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
                | Type::Error => {}
            }
        }
        false
    }

    /// `T?`
    pub fn optional(self) -> Type {
        Type::union([self, Type::Null])
    }

    /// The members of a union, or the type alone.
    pub fn members(&self) -> &[Type] {
        match self {
            Type::Union(members) => members,
            single => std::slice::from_ref(single),
        }
    }

    /// Whether null is among the values for certain by declaration; `any` and errors do not count.
    pub fn has_null(&self) -> bool {
        self.members().iter().any(|member| matches!(member, Type::Null))
    }

    /// The type without null.
    pub fn without_null(&self) -> Type {
        match self {
            Type::Union(members) => Type::union(members.iter().filter(|m| **m != Type::Null).cloned()),
            other => other.clone(),
        }
    }

    /// The type as it is shown in messages: long ones as a noun, or by their first members.
    pub fn brief(&self) -> String {
        let whole = self.to_string();
        match self {
            Type::List(element) if element.members().is_empty() => "an empty list".into(),
            _ if whole.chars().count() <= 60 => whole,
            Type::List(element) => format!("a list of {}", element.brief()),
            Type::Record(_) => "a record".into(),
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

    /// Whether every value of this type is a value of `other`, rules of form aside: a string counts as a path here.
    ///
    /// `any` accepts everything and is accepted nowhere else; errors agree with everything.
    pub fn is_subtype(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Error, _) | (_, Type::Error) | (_, Type::Any) => true,
            (Type::Any, _) => false,
            (Type::Union(members), _) => members.iter().all(|member| member.is_subtype(other)),
            (_, Type::Union(members)) => members.iter().any(|member| self.is_subtype(member)),
            (Type::Int, Type::Float) => true,
            (Type::Path | Type::Glob, Type::String) => true,
            (Type::Literal(Literal::String(_)), Type::String) => true,
            (Type::Literal(Literal::Int(_)), Type::Int | Type::Float) => true,
            (Type::Literal(Literal::Bool(_)), Type::Bool) => true,
            (Type::List(a), Type::List(b)) => a.is_subtype(b),
            (Type::Record(a), Type::Record(b)) => record_is_subtype(a, b),
            (a, b) => a == b,
        }
    }

    /// Whether a value of this type may be given where `wanted` is wanted: a subtype, a string for a path or glob, whose
    /// form is then checked on the value itself, or a constant text that has the form that is wanted.
    pub fn is_accepted_as(&self, wanted: &Type) -> bool {
        match (self, wanted) {
            (Type::Union(members), _) => members.iter().all(|member| member.is_accepted_as(wanted)),
            (_, Type::Union(members)) => members.iter().any(|member| self.is_accepted_as(member)),
            (Type::String | Type::Path | Type::Glob | Type::Literal(Literal::String(_)), Type::Path | Type::Glob) => {
                true
            }
            (Type::Literal(Literal::String(text)), Type::Form(form)) => form.read(text).is_some(),
            (Type::List(a), Type::List(b)) => a.is_accepted_as(b),
            (Type::Record(a), Type::Record(b)) => record_fits(a, b, Type::is_accepted_as),
            _ => self.is_subtype(wanted),
        }
    }
}

fn record_is_subtype(a: &RecordType, b: &RecordType) -> bool {
    record_fits(a, b, Type::is_subtype)
}

/// Records are closed: each field of `a` must be one of `b`, and each required field of `b` one of `a`.
fn record_fits(a: &RecordType, b: &RecordType, fits: fn(&Type, &Type) -> bool) -> bool {
    // A field that may be absent may as well be null.
    let field_fits = |ty: &Type, wanted: &Field| match wanted.optional {
        true => *ty == Type::Null || fits(&ty.without_null(), &wanted.ty),
        false => fits(ty, &wanted.ty),
    };
    a.fields.iter().all(|field| {
        b.field(&field.name).is_some_and(|wanted| field_fits(&field.ty, wanted) && (wanted.optional || !field.optional))
    }) && b.fields.iter().all(|wanted| wanted.optional || a.field(&wanted.name).is_some())
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
            Type::Record(record) => match &record.name {
                Some(name) => f.write_str(name),
                None => write_record(record, f),
            },
            Type::Union(members) if members.is_empty() => f.write_str("nothing"),
            Type::Union(members) => match members.iter().position(|m| *m == Type::Null) {
                Some(_) if members.len() == 2 => {
                    let member = members.iter().find(|m| **m != Type::Null).expect("a union has two members");
                    write!(f, "{member}?")
                }
                _ => {
                    for (index, member) in members.iter().enumerate() {
                        write!(f, "{}{member}", if index > 0 { " | " } else { "" })?;
                    }
                    Ok(())
                }
            },
            Type::Error => f.write_str("?"),
        }
    }
}

fn write_record(record: &RecordType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if record.fields.is_empty() {
        return f.write_str("{}");
    }
    for (index, field) in record.fields.iter().enumerate() {
        let open = if index == 0 { "{ " } else { ", " };
        write!(f, "{open}{}{}: {}", field.name, if field.optional { "?" } else { "" }, field.ty)?;
    }
    f.write_str(" }")
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
