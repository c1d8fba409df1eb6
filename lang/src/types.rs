//! Types: what a value may be. Structural, immutable, cheap to clone.
//!
//! Named types are transparent: a name is kept only to be shown, and where a type contains itself ([`named`]). `path` and
//! `glob` are strings with a rule of form ([`crate::paths`]), refinements are types with a rule of their own
//! ([`refined`]): the plain type is accepted where one is wanted, and the rule is checked on constants at compile time
//! and on all other values before the call. A [`Form`] is a type of its own: only a constant text that has the form is
//! accepted where one is wanted. How types relate to each other is in [`relate`].

use crate::forms::Form;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::sync::Arc;

mod named;
mod refined;
mod relate;
mod shown;

pub(crate) use named::View;
pub use named::{Definition, Group, Named};
pub(crate) use refined::order_int_float;
pub use refined::{Bounds, Refined, Rule};
pub use relate::{MAX_COMPARISON_DEPTH, MAX_COMPARISONS};
pub use shown::{Quoted, ShownName};

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
    /// A record of any fields, whose values are all of one type.
    Map(Arc<Type>),
    /// A record with these fields, and no others where it is closed.
    Record(Arc<RecordType>),
    /// One of several; flat, without repetitions, two or more. `T?` is `T | null`.
    Union(Arc<[Type]>),
    /// A plain type with a rule for its values.
    Refined(Arc<Refined>),
    /// A type that contains itself, by its name. The type of an expression is never one, nor a union of one: see
    /// [`Type::head`].
    Named(Named),
    /// Within the definitions of a [`Group`]: another of them, or the same, by index. It stands nowhere else.
    Within(u32),
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
    /// Whether there may be further fields, of which nothing is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_open: bool,
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

impl Field {
    /// The type of what is read of it.
    pub fn read(&self) -> Type {
        match self.optional {
            true => self.ty.head().optional(),
            false => self.ty.head(),
        }
    }
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

    /// A map to `value`.
    pub fn map(value: Type) -> Type {
        Type::Map(Arc::new(value))
    }

    /// A plain type with a rule.
    pub fn refined(base: Type, rule: Rule) -> Type {
        Type::Refined(Arc::new(Refined { base, rule }))
    }

    /// An anonymous record with required fields.
    pub fn record<N: Into<SmolStr>>(fields: impl IntoIterator<Item = (N, Type)>) -> Type {
        let fields = fields.into_iter().map(|(name, ty)| Field { name: name.into(), optional: false, ty }).collect();
        Type::Record(Arc::new(RecordType { name: None, fields, is_open: false }))
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

    /// The type without its rule, and without those of its members.
    pub fn plain(&self) -> Type {
        match self {
            Type::Refined(refined) => refined.base.clone(),
            Type::Union(members) if members.iter().any(|member| matches!(member, Type::Refined(_))) => {
                Type::union(members.iter().map(Type::plain))
            }
            other => other.clone(),
        }
    }

    /// What the items of a list are; none for anything but a list.
    pub fn element(&self) -> Option<&Type> {
        match self {
            Type::List(element) => Some(element),
            Type::Refined(refined) => refined.base.element(),
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
            | Type::Map(_)
            | Type::Record(_)
            | Type::Union(_)
            | Type::Named(_)
            | Type::Within(_)
            | Type::Error => None,
        }
    }
}
