//! The standard library: each pure function once, with signature, documentation and evaluation.
//!
//! Functions are found by the kind of their receiver. Text is counted in characters (Unicode scalar values), never in
//! bytes; nothing depends on a locale. What a function makes is bounded by the limits in [`crate::value`].

use crate::forms::Form;
use crate::types::{Literal, Type};
use crate::value::Value;

mod bytes;
mod csv;
mod lists;
mod maps;
mod numbers;
mod paths;
mod patterns;
mod records;
mod scan;
mod statistics;
mod strings;
mod times;
#[cfg(test)]
mod tests;

pub use crate::pattern::{MAX_PATTERN_BYTES, MAX_REGEX_BYTES, regex};
pub use csv::{MAX_CSV_BYTES, MAX_CSV_CELLS};
pub use scan::MAX_HOLES;
pub use strings::MAX_JSON_BYTES;

/// A pure function that is called as a method on its receiver.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// The signature as it is shown: `string.replace(old: string, new: string) -> string`.
    pub signature: &'static str,
    /// What it gives, in one sentence.
    pub doc: &'static str,
    /// An expression and its value, executed by the tests: `("\"a-b\".split(\"-\")", "[\"a\", \"b\"]")`.
    pub example: (&'static str, &'static str),
    /// The type of the result for a receiver and arguments of these types.
    pub check: fn(receiver: &Type, args: &[Type]) -> Result<Type, BadArgument>,
    /// How much of the receiver and the arguments must be known.
    pub needs: Needs,
    /// The argument, by index, that is a regular expression; a constant one is checked with [`regex()`].
    pub pattern: Option<usize>,
    /// The result for a known receiver and known arguments of checked types; the phrase says why there is none.
    pub eval: fn(receiver: &Value, args: &[Value]) -> Result<Value, String>,
}

/// How much of the receiver and the arguments a function must know to give a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// All of it.
    Whole,
    /// Which items a list has, not what they are: an unknown item stays what it is.
    Shape,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.signature)
    }
}

/// Why a function does not take these arguments.
#[derive(Clone, Debug, PartialEq)]
pub enum BadArgument {
    /// Too few or too many.
    Count {
        /// The least and the most it takes.
        expected: (usize, usize),
    },
    /// One that must be constant, since its text decides on the type of the result.
    NotConstant {
        /// Its index, from 0.
        index: usize,
    },
    /// A constant one that says nothing that can be understood.
    Value {
        /// Its index, from 0.
        index: usize,
        /// What is wrong with it, as a phrase.
        reason: String,
    },
    /// One of the wrong type.
    Type {
        /// Its index, from 0; none: the receiver.
        index: Option<usize>,
        /// What was expected, as a phrase: `string`, `[string]`.
        expected: String,
    },
}

/// The function with this name on a receiver of this type (never of a union with null, of `any`, or an error).
pub fn find(receiver: &Type, name: &str) -> Option<&'static Function> {
    tables(receiver).into_iter().flatten().find(|function| function.name == name)
}

/// All functions on a receiver of this type.
pub fn methods_of(receiver: &Type) -> Vec<&'static Function> {
    tables(receiver).into_iter().flatten().collect()
}

/// The functions on text.
const OF_TEXT: &[&[Function]] =
    &[strings::TABLE, patterns::TABLE, scan::TABLE, csv::OF_TEXT, times::OF_TEXT, bytes::OF_TEXT];

/// The functions on lists.
const OF_LISTS: &[&[Function]] = &[lists::TABLE, statistics::TABLE, csv::OF_LISTS];

/// Every function, by the kind of its receiver.
pub fn all() -> impl Iterator<Item = &'static Function> {
    let of_forms = [bytes::TABLE, times::DURATIONS, times::DATES, times::TIMES, times::DATETIMES];
    let others = [paths::TABLE, numbers::TABLE, records::TABLE, maps::TABLE, records::ANY];
    OF_TEXT.iter().copied().chain(of_forms).chain(OF_LISTS.iter().copied()).chain(others).flatten()
}

fn tables(receiver: &Type) -> Vec<&'static [Function]> {
    let mut kinds = receiver.members().iter().map(kind);
    let first = kinds.next().unwrap_or(Kind::Other);
    let mut tables = match kinds.fold(first, Kind::join) {
        Kind::Path => [&[paths::TABLE], OF_TEXT].concat(),
        Kind::Text => OF_TEXT.to_vec(),
        Kind::List => OF_LISTS.to_vec(),
        Kind::Number => vec![numbers::TABLE],
        Kind::Record => vec![records::TABLE],
        Kind::Map => vec![maps::TABLE],
        Kind::Form(Form::Bytes) => vec![bytes::TABLE],
        Kind::Form(Form::Duration) => vec![times::DURATIONS],
        Kind::Form(Form::Date) => vec![times::DATES],
        Kind::Form(Form::Time) => vec![times::TIMES],
        Kind::Form(Form::Datetime) => vec![times::DATETIMES],
        Kind::Other => Vec::new(),
    };
    tables.push(records::ANY);
    tables
}

/// What functions are found by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Path,
    Text,
    List,
    Number,
    Record,
    Map,
    Form(Form),
    Other,
}

impl Kind {
    /// The kind of a value that is of one of two kinds.
    fn join(self, other: Kind) -> Kind {
        match (self, other) {
            (a, b) if a == b => a,
            (Kind::Path, Kind::Text) | (Kind::Text, Kind::Path) => Kind::Text,
            (Kind::Record, Kind::Map) | (Kind::Map, Kind::Record) => Kind::Record,
            _ => Kind::Other,
        }
    }
}

fn kind(ty: &Type) -> Kind {
    match ty {
        Type::Path => Kind::Path,
        Type::String | Type::Glob | Type::Literal(Literal::String(_)) => Kind::Text,
        Type::Int | Type::Float | Type::Literal(Literal::Int(_)) => Kind::Number,
        Type::List(_) => Kind::List,
        Type::Map(_) => Kind::Map,
        Type::Record(_) => Kind::Record,
        Type::Refined(refined) => kind(&refined.base),
        Type::Any
        | Type::Null
        | Type::Bool
        | Type::Literal(Literal::Bool(_))
        | Type::Union(_)
        | Type::Named(_)
        | Type::Within(_)
        | Type::Error => Kind::Other,
        Type::Form(form) => Kind::Form(*form),
    }
}

/// Checks arguments against the types of parameters, of which the last `optional` may be left out.
fn takes(args: &[Type], params: &[Type], optional: usize, result: Type) -> Result<Type, BadArgument> {
    let expected = (params.len() - optional, params.len());
    if args.len() < expected.0 || args.len() > expected.1 {
        return Err(BadArgument::Count { expected });
    }
    match args.iter().zip(params).position(|(arg, param)| !arg.is_accepted_as(param)) {
        Some(index) => Err(BadArgument::Type { index: Some(index), expected: params[index].to_string() }),
        None => Ok(result),
    }
}

/// The text of an argument whose type was checked.
fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| wrong("a string", value))
}

/// The integer of an argument whose type was checked.
fn int(value: &Value) -> Result<i64, String> {
    value.as_int().ok_or_else(|| wrong("an integer", value))
}

/// A number of things: an integer that is not negative.
fn count(value: &Value, what: &str) -> Result<usize, String> {
    let int = int(value)?;
    usize::try_from(int).map_err(|_| format!("{what} is {int}, it must not be negative"))
}

/// The items of a receiver or argument whose type was checked.
fn list(value: &Value) -> Result<&[Value], String> {
    value.as_list().ok_or_else(|| wrong("a list", value))
}

/// The checker lets this pass only for what has no type of its own, such as parts of JSON.
fn wrong(expected: &str, value: &Value) -> String {
    format!("expected {expected}, found {}", value.describe())
}

/// A length as a value.
fn size(length: usize) -> Value {
    Value::Int(i64::try_from(length).expect("no length passes 64 bits"))
}
