//! `value as Type`: checked at the run, never parsed; here only whether it can succeed, and whether it says anything.

use super::{Checker, error, unknown};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::{self, TypeExpr};
use crate::types::Type;

impl Checker<'_> {
    pub(super) fn convert(&mut self, value: &syntax::Expr, ty: &TypeExpr, span: Span) -> Expr {
        let value = self.expr(value);
        let declared = self.types.resolve(ty);
        if declared == Type::Error {
            return error(span);
        }
        let head = declared.head();
        if value.ty == Type::Error {
            return unknown(head, span);
        }
        if !value.ty.meets(&head) {
            self.report.push(impossible(&value, &head, span));
            return unknown(head, span);
        }
        if value.ty.is_subtype(&head) && head.is_subtype(&value.ty) {
            let diagnostic = Diagnostic::new(Code::UselessConversion, span, format!("this is {} anyway", head.brief()));
            let rest = Span::new(value.span.end, span.end);
            self.report.push(diagnostic.label("the conversion says nothing").edit("leave it out", rest, ""));
        }
        Expr { kind: ExprKind::As(Box::new(value), declared), ty: head, span }
    }
}

fn impossible(value: &Expr, wanted: &Type, span: Span) -> Diagnostic {
    let message = format!("{} is never {}", value.ty.brief(), wanted.brief());
    let diagnostic = Diagnostic::new(Code::ImpossibleConversion, span, message)
        .label("always fails")
        .related(value.span, format!("this is {}", value.ty.brief()));
    let is_text = value.ty.is_subtype(&Type::String);
    let is_plain = value.ty.is_subtype(&Type::union([Type::Float, Type::Bool]));
    match wanted.without_null() {
        ty if is_text && ty.is_subtype(&Type::Int) => diagnostic.help("a number is read from a text by `.parse_int()`"),
        ty if is_text && ty.is_subtype(&Type::Float) => {
            diagnostic.help("a number is read from a text by `.parse_float()`")
        }
        Type::Record(_) | Type::Map(_) | Type::List(_) if is_text => {
            diagnostic.help("JSON is read from a text by `.parse_json()`, whose result `as` can check")
        }
        ty if is_plain && ty.is_subtype(&Type::String) => diagnostic.help("put it into a text: `\"${x}\"`"),
        _ => diagnostic.help("`as` checks what a value is and changes nothing"),
    }
}
