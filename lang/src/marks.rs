//! Marks: what the declaration of a tool says of where values come from and where they may go, beside the types.
//!
//! Labels are no types: two types that differ only in marks are the same. So marks are a tree of their own, which follows
//! the fields of records; lists, unions and null are seen through. What the tree says of a place is asked from the root
//! down, with [`Taken`] for a parameter and [`Given`] for a result; the rules of what a field inherits are here only.

use crate::syntax::Mark;
use crate::types::{RecordType, ShownName, Type};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The marks of a parameter or a result, and of the fields of the records in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    /// What is said of the whole, sorted, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<Mark>,
    /// What is said of fields; those of which nothing is said are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<SmolStr, Arc<Marks>>,
    /// Whether a type that contains itself goes on here, so that what it says of its fields is not told apart any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub goes_on: bool,
}

impl Marks {
    /// Whether nothing is said at all.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.fields.is_empty() && !self.goes_on
    }

    /// Whether this is said of the whole.
    pub fn has(&self, mark: Mark) -> bool {
        self.own.contains(&mark)
    }

    /// Whether this is said of the whole or of anything in it.
    pub fn mention(&self, mark: Mark) -> bool {
        self.has(mark) || self.fields.values().any(|field| field.mention(mark))
    }

    /// Adds what is said of the whole.
    pub fn with(mut self, own: impl IntoIterator<Item = Mark>) -> Marks {
        self.own.extend(own);
        self.own.sort_unstable();
        self.own.dedup();
        self
    }

    /// What holds for a value that may be of either of two types: of what allows something only what both say, of what
    /// forbids something what either says.
    pub fn of_either(&self, other: &Marks, side: Side) -> Marks {
        let own = Mark::ALL.iter().map(|(mark, _)| *mark).filter(|mark| match side.allows(*mark) {
            true => self.has(*mark) && other.has(*mark),
            false => self.has(*mark) || other.has(*mark),
        });
        let mut fields = self.fields.clone();
        for (name, theirs) in &other.fields {
            let both = fields.get(name).map_or_else(|| theirs.clone(), |ours| Arc::new(ours.of_either(theirs, side)));
            fields.insert(name.clone(), both);
        }
        Marks { own: own.collect(), fields, goes_on: self.goes_on || other.goes_on }
    }
}

/// What a declaration is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// A parameter: what is taken.
    Parameter,
    /// A result: what is given.
    Result,
}

impl Side {
    /// Whether a mark says something on this side.
    pub fn takes(self, mark: Mark) -> bool {
        match (self, mark) {
            (Side::Parameter | Side::Result, Mark::Data | Mark::Secret) => true,
            (Side::Parameter, Mark::Exact) | (Side::Result, Mark::Trusted | Mark::Stored) => true,
            (Side::Parameter, Mark::Trusted | Mark::Stored) | (Side::Result, Mark::Exact) => false,
        }
    }

    /// Whether a mark allows more than is allowed without it.
    fn allows(self, mark: Mark) -> bool {
        match (self, mark) {
            (Side::Parameter, Mark::Data | Mark::Secret) | (Side::Result, Mark::Trusted | Mark::Stored) => true,
            (Side::Parameter, Mark::Exact | Mark::Trusted | Mark::Stored)
            | (Side::Result, Mark::Data | Mark::Exact | Mark::Secret) => false,
        }
    }
}

/// What a parameter, or a part of it, does with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It decides what is done: nothing untrusted may arrive.
    Control,
    /// It decides what is done, and nobody but the plan's author may choose it.
    Exact,
    /// It is content.
    Data,
}

/// A place in a parameter.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'m> {
    /// What the value there is for.
    pub for_use: Use,
    /// Whether it may be secret.
    pub may_be_secret: bool,
    marks: Option<&'m Marks>,
}

impl<'m> Taken<'m> {
    /// A whole parameter.
    pub fn whole(marks: &'m Marks) -> Taken<'m> {
        Taken { for_use: Use::Control, may_be_secret: false, marks: None }.within(Some(marks))
    }

    /// A field of a record there.
    pub fn field(self, name: &str) -> Taken<'m> {
        self.within(self.marks.and_then(|marks| marks.fields.get(name)).map(Arc::as_ref))
    }

    fn within(self, marks: Option<&'m Marks>) -> Taken<'m> {
        let said = |mark| marks.is_some_and(|marks| marks.has(mark));
        let for_use = match marks.is_some_and(|marks| marks.goes_on) {
            true => Use::Control,
            false if said(Mark::Exact) => Use::Exact,
            false if said(Mark::Data) => Use::Data,
            false => self.for_use,
        };
        Taken { for_use, may_be_secret: self.may_be_secret || said(Mark::Secret), marks }
    }

    /// Whether something is said of what lies inside.
    pub fn tells_fields_apart(self) -> bool {
        self.marks.is_some_and(|marks| !marks.fields.is_empty())
    }
}

/// Whose word a result, or a part of it, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Anybody's: it is untrusted.
    Outside,
    /// Whose data it is that the resources hold.
    Stored,
    /// The server's own.
    Server,
}

/// A place in a result.
#[derive(Clone, Copy, Debug)]
pub struct Given<'m> {
    /// Whose word it is.
    pub origin: Origin,
    /// Whether it is secret.
    pub is_secret: bool,
    /// Whether it stays as it is when a whole that holds it is endorsed.
    pub is_data: bool,
    marks: Option<&'m Marks>,
}

impl<'m> Given<'m> {
    /// A whole result.
    pub fn whole(marks: &'m Marks) -> Given<'m> {
        Given { origin: Origin::Outside, is_secret: false, is_data: false, marks: None }.within(Some(marks))
    }

    /// A field of a record there. Where some fields are marked as somebody's word, the others are not.
    pub fn field(self, name: &str) -> Given<'m> {
        let told_apart = self.marks.is_some_and(|marks| {
            marks.fields.values().any(|field| field.has(Mark::Trusted) || field.has(Mark::Stored))
        });
        let outer = if told_apart { Origin::Outside } else { self.origin };
        let marks = self.marks.and_then(|marks| marks.fields.get(name)).map(Arc::as_ref);
        Given { origin: outer, ..self }.within(marks)
    }

    fn within(self, marks: Option<&'m Marks>) -> Given<'m> {
        let said = |mark| marks.is_some_and(|marks| marks.has(mark));
        let origin = match marks.is_some_and(|marks| marks.goes_on) {
            true => Origin::Outside,
            false if said(Mark::Trusted) => Origin::Server,
            false if said(Mark::Stored) => Origin::Stored,
            false => self.origin,
        };
        Given {
            origin,
            is_secret: self.is_secret || said(Mark::Secret),
            is_data: self.is_data || said(Mark::Data),
            marks,
        }
    }

    /// Whether something is said of what lies inside.
    pub fn tells_fields_apart(self) -> bool {
        self.marks.is_some_and(|marks| !marks.fields.is_empty())
    }
}

/// A name or type as it is declared: with its marks before it.
pub struct Declared<'d, T>(pub &'d Marks, pub T);

impl<T: fmt::Display> fmt::Display for Declared<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.own.iter().try_for_each(|mark| write!(f, "{} ", mark.as_str()))?;
        write!(f, "{}", self.1)
    }
}

/// A type with the marks of the fields in it.
pub struct TypeWith<'d>(pub &'d Type, pub &'d Marks);

impl fmt::Display for TypeWith<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TypeWith(ty, marks) = self;
        match ty {
            _ if marks.fields.is_empty() => write!(f, "{ty}"),
            Type::List(element) => write!(f, "[{}]", TypeWith(element, marks)),
            Type::Map(value) => write!(f, "map<{}>", TypeWith(value, marks)),
            Type::Refined(refined) => write!(f, "{}{}", TypeWith(&refined.base, marks), refined.rule),
            Type::Record(record) if record.name.is_none() => write_record(record, marks, f),
            Type::Union(members) => match ty.without_null() {
                Type::Union(_) => {
                    let shown: Vec<String> = members.iter().map(|member| TypeWith(member, marks).to_string()).collect();
                    f.write_str(&shown.join(" | "))
                }
                single => write!(f, "{}?", TypeWith(&single, marks)),
            },
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
            | Type::Record(_)
            | Type::Named(_)
            | Type::Within(_)
            | Type::Error => write!(f, "{ty}"),
        }
    }
}

fn write_record(record: &RecordType, marks: &Marks, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let none = Marks::default();
    let fields = record.fields.iter().map(|field| {
        let marks = marks.fields.get(&field.name).map_or(&none, Arc::as_ref);
        let mark = if field.optional { "?" } else { "" };
        format!("{}{mark}: {}", Declared(marks, ShownName(&field.name)), TypeWith(&field.ty, marks))
    });
    let fields: Vec<String> = fields.chain(record.is_open.then(|| "...".to_owned())).collect();
    write!(f, "{{ {} }}", fields.join(", "))
}
