//! The standard library: each pure function once, with signature, documentation and evaluation.

use crate::types::Type;
use crate::value::Value;

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
    /// One of the wrong type.
    Type {
        /// Its index, from 0; none: the receiver.
        index: Option<usize>,
        /// What was expected, as a phrase: `string`, `[string]`.
        expected: String,
    },
}

/// The function with this name on a receiver of this type (never of a union with null, of `any`, or an error).
pub fn find(_receiver: &Type, _name: &str) -> Option<&'static Function> {
    None
}

/// All functions on a receiver of this type.
pub fn methods_of(_receiver: &Type) -> Vec<&'static Function> {
    Vec::new()
}
