//! Expressions and types as they are written.

use super::{Ident, Marked};
use crate::source::Span;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// An expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// Which.
    pub kind: ExprKind,
    /// Where it stands, parentheses of its own included.
    pub span: Span,
}

/// The forms of expressions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `42`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// A string literal of any form.
    String(StringLit),
    /// A name.
    Name(SmolStr),
    /// `base.name` or `base?.name`
    Field(Box<FieldAccess>),
    /// `base[index]`
    Index {
        /// The list or map.
        base: Box<Expr>,
        /// The position, from 0, or the key.
        index: Box<Expr>,
    },
    /// `callee(…)`: a tool with named arguments, or a method with positional ones.
    Call(Box<Call>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ name: value }`; a name that is none stands in quotes.
    Record(Vec<FieldInit>),
    /// `not x`, `-x`
    Unary {
        /// Which.
        op: UnaryOp,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// `90m`, in milliseconds.
    Duration(u64),
    /// `a + b`
    Binary {
        /// Which.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// The operands.
        operands: Box<(Expr, Expr)>,
    },
    /// `if c then a else b`: condition, then, else.
    If(Box<(Expr, Expr, Expr)>),
    /// `[element for variable in list if condition by key]`
    Comprehension(Box<Comprehension>),
    /// `value as Type`
    As(Box<Expr>, Box<TypeExpr>),
    /// A type where a tool takes one: `model.extract(…, type: Bill)`.
    Type(Box<TypeExpr>),
    /// `(expression)`
    Paren(Box<Expr>),
    /// What could not be parsed; already reported.
    Error,
}

/// A field that is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldAccess {
    /// The record.
    pub base: Expr,
    /// The field.
    pub name: Ident,
    /// Whether it is `?.`.
    pub optional: bool,
}

/// A call of a tool or a method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// What is called: for a method a [`ExprKind::Field`].
    pub callee: Expr,
    /// In the order of the text.
    pub args: Vec<Arg>,
    /// The parentheses with all between them.
    pub parens: Span,
}

/// A string literal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StringLit {
    /// Texts and interpolated expressions in order; no part: the empty string.
    pub parts: Vec<StringPart>,
}

/// A part of a string literal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StringPart {
    /// Decoded text.
    Text(SmolStr),
    /// `${expression}`
    Expr(Expr),
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arg {
    /// `name:`, for tools.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
}

/// A field of a record literal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldInit {
    /// Its name.
    pub name: Ident,
    /// Its value.
    pub value: Expr,
}

/// `[element for variable in list if condition by key]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comprehension {
    /// What each element becomes.
    pub element: Expr,
    /// The name of an element.
    pub variable: Ident,
    /// Where the elements come from.
    pub list: Expr,
    /// Which of them are taken.
    pub condition: Option<Expr>,
    /// What they are ordered by, the first key first; none: as they come.
    pub order: Vec<Key>,
}

/// What the elements of a comprehension are ordered by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// The value for an element.
    pub value: Expr,
    /// Where the smallest stands.
    pub direction: Direction,
}

/// Where the smallest of ordered elements stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// First.
    Ascending,
    /// Last: `desc`.
    Descending,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Negate,
}

/// Operators with two operands, loosest first: `??` · `or` · `and` · comparison and `in` (not chained) · `+ -` · `* / %`.
/// Conversion with `as` binds tighter than all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BinaryOp {
    /// `??`
    Coalesce,
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

impl BinaryOp {
    /// Every operator with its spelling, loosest first.
    pub const ALL: [(BinaryOp, &'static str); 15] = [
        (BinaryOp::Coalesce, "??"),
        (BinaryOp::Or, "or"),
        (BinaryOp::And, "and"),
        (BinaryOp::Equal, "=="),
        (BinaryOp::NotEqual, "!="),
        (BinaryOp::Less, "<"),
        (BinaryOp::LessEqual, "<="),
        (BinaryOp::Greater, ">"),
        (BinaryOp::GreaterEqual, ">="),
        (BinaryOp::In, "in"),
        (BinaryOp::Add, "+"),
        (BinaryOp::Subtract, "-"),
        (BinaryOp::Multiply, "*"),
        (BinaryOp::Divide, "/"),
        (BinaryOp::Remainder, "%"),
    ];

    /// Its spelling.
    pub fn as_str(self) -> &'static str {
        BinaryOp::ALL[self as usize].1
    }
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeExpr {
    /// Which.
    pub kind: TypeExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TypeExprKind {
    /// `string`, `Bill`
    Name(SmolStr),
    /// `"staging"`
    String(String),
    /// `3`, `-1`
    Int(i64),
    /// `true`
    Bool(bool),
    /// `null`
    Null,
    /// `[T]`
    List(Box<TypeExpr>),
    /// `map<T>`
    Map(Box<TypeExpr>),
    /// `{ a: T, b?: U }`, `{ a: T, ... }`
    Record {
        /// In the order of the text.
        fields: Vec<FieldType>,
        /// The `...` of an open record.
        rest: Option<Span>,
    },
    /// `int(min: 1)`
    Refined {
        /// What is refined.
        base: Box<TypeExpr>,
        /// Named literals, in the order of the text.
        args: Vec<Arg>,
        /// The parentheses with all between them.
        parens: Span,
    },
    /// `A | B`, two or more
    Union(Vec<TypeExpr>),
    /// `T?`
    Optional(Box<TypeExpr>),
    /// `(T)`
    Paren(Box<TypeExpr>),
    /// What could not be parsed; already reported.
    Error,
}

/// A field of a record type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldType {
    /// What is said of it before its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Marked>,
    /// Its name.
    pub name: Ident,
    /// Whether a `?` follows the name: the field may be absent.
    pub optional: bool,
    /// Its type.
    pub ty: TypeExpr,
}
