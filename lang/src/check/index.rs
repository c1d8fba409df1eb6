//! `[…]`: items of lists by position, values of maps and fields of records by name.

use super::expr::not_a_list;
use super::field::undeclared;
use super::{Checker, error};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind};
use crate::resolve::list_of;
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::{self, UnaryOp};
use crate::types::{Field, Quoted, RecordType, Type};
use crate::value::Value;

impl Checker<'_> {
    pub(super) fn index(&mut self, base: &syntax::Expr, index: &syntax::Expr, span: Span) -> Expr {
        let base = self.expr(base);
        let index = self.expr(index);
        if base.ty == Type::Error || index.ty == Type::Error {
            return error(span);
        }
        let mut types = Vec::with_capacity(base.ty.members().len());
        for member in base.ty.members() {
            match self.indexed(member, &base, &index) {
                Some(ty) => types.push(ty),
                None => return error(span),
            }
        }
        let ty = Type::union(types);
        Expr { kind: ExprKind::Index { base: Box::new(base), index: Box::new(index) }, ty, span }
    }

    /// What the index takes of a base that is of this type; none where it takes nothing, which is reported.
    fn indexed(&self, member: &Type, base: &Expr, index: &Expr) -> Option<Type> {
        let is_name = index.ty.is_subtype(&Type::String);
        let mistake = match (member, member.element()) {
            (Type::Any, _) => return Some(Type::Any),
            (_, Some(element)) if index.ty.is_subtype(&Type::Int) => match negative(index) {
                Some(number) => before_first(base, index, number),
                None => return Some(element.head()),
            },
            (_, Some(_)) => wrong_index(index, "a list is indexed by an integer"),
            // A key may be absent.
            (Type::Map(value), _) if is_name => return Some(value.head().optional()),
            (Type::Map(_), _) => wrong_index(index, "the keys of a map are strings"),
            (Type::Record(record), _) if is_name => match named_field(record, index) {
                Some(field) => return Some(field.read()),
                None => no_field(record, index),
            },
            _ => not_a_list(base, "only lists and maps are indexed with `[…]`", "(list ?? [])[0]"),
        };
        self.report.push(mistake);
        None
    }
}

/// The number that a constant index is below 0.
fn negative(index: &Expr) -> Option<i64> {
    match &index.kind {
        ExprKind::Constant(Value::Int(number)) => Some(*number).filter(|number| *number < 0),
        ExprKind::Unary(UnaryOp::Negate, operand) => match &operand.kind {
            ExprKind::Constant(Value::Int(number)) => number.checked_neg().filter(|number| *number < 0),
            _ => None,
        },
        _ => None,
    }
}

/// `list[-1]`: elsewhere the last item, here one that no list has.
fn before_first(base: &Expr, index: &Expr, number: i64) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::EvaluationFails, index.span, "no item of a list has a place below 0")
        .label("items are counted from 0");
    match number {
        -1 => diagnostic
            .help("the last item is `list.last()`, which is null where there is none")
            .edit("take the last one", Span::new(base.span.end, index.span.end + 1), ".last()")
            .maybe(),
        _ => diagnostic.help("from the end they are counted by `list.reverse()[1]`"),
    }
}

fn wrong_index(index: &Expr, message: &str) -> Diagnostic {
    Diagnostic::new(Code::TypeMismatch, index.span, message).label(format!("this is {}", index.ty.brief()))
}

/// A field by a constant name: the way to one that is no name of the language.
fn named_field<'r>(record: &'r RecordType, index: &Expr) -> Option<&'r Field> {
    match &index.kind {
        ExprKind::Constant(Value::String(name)) => record.field(name),
        _ => None,
    }
}

fn no_field(record: &RecordType, index: &Expr) -> Diagnostic {
    let ExprKind::Constant(Value::String(name)) = &index.kind else {
        let diagnostic = wrong_index(index, "the name of a record's field must be constant");
        return diagnostic.help("names that are known only at run time are the keys of a map: declare `map<T>`");
    };
    let quoted = |near: &str| Quoted(near).to_string();
    if record.is_open {
        return undeclared(record, name, index.span, quoted);
    }
    let message = match &record.name {
        Some(shown) => format!("`{shown}` has no field `{name}`"),
        None => format!("there is no field `{name}` here"),
    };
    let diagnostic = Diagnostic::new(Code::UnknownField, index.span, message).label("unknown field");
    let fields: Vec<&str> = record.fields.iter().map(|field| field.name.as_str()).collect();
    match nearest(name, fields.iter().copied()) {
        Some(near) => diagnostic.edit(format!("use `{near}`"), index.span, quoted(near)),
        None => diagnostic.help(format!("its fields are {}", list_of(&fields))),
    }
}
