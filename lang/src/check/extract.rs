//! `model.extract`: the one tool whose result is of a type that the call names.
//!
//! The type is looked at once and becomes two things: the type of the step, and, as an argument of the call, the JSON Schema
//! that the model is shown. The schema stands in the compiled form, so that another type is another plan.

use super::{Checker, unknown};
use crate::catalogue::Tool;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::{Call, Expr, ExprKind};
use crate::schema::schema;
use crate::source::Span;
use crate::syntax::{self, Arg, EXTRACT_ASK, EXTRACT_FROM, EXTRACT_TYPE, TypeExpr};
use crate::types::Type;
use std::sync::Arc;

impl Checker<'_> {
    /// The type of what the call of a step gives.
    pub(super) fn result_of(&mut self, call: &syntax::Expr) -> Type {
        let Some(tool) = self.callee(call) else { return Type::Error };
        match tool.extracts() {
            true => extracted(call).map_or(Type::Error, |ty| self.extracted_type(ty).head()),
            false => tool.result.head(),
        }
    }

    /// The type that an extraction names.
    fn extracted_type(&mut self, ty: &TypeExpr) -> Type {
        if let Some(known) = self.extracted.get(&ty.span) {
            return known.clone();
        }
        let resolved = self.types.resolve(ty);
        self.extracted.insert(ty.span, resolved.clone());
        resolved
    }

    /// The argument that stands for the type.
    pub(super) fn extracted_schema(&mut self, ty: &TypeExpr) -> Expr {
        match self.extracted_type(ty) {
            Type::Error => unknown(Type::Any, ty.span),
            known => Expr { kind: ExprKind::Constant(schema(&known)), ty: Type::Any, span: ty.span },
        }
    }

    /// The call with the type of its result, once its arguments are matched.
    pub(super) fn extraction(&mut self, tool: Arc<Tool>, given: Vec<Option<Expr>>, args: &[Arg], span: Span) -> Call {
        let argument = |name: &str| tool.param(name).and_then(|index| given[index].as_ref());
        if let Some(ask) = argument(EXTRACT_ASK)
            && ask.ty != Type::Error
            && !matches!(ask.kind, ExprKind::Constant(_))
        {
            self.report.push(
                Diagnostic::new(Code::NotConstant, ask.span, "what a model is asked is a constant text")
                    .label("no constant")
                    .help("the approver reads the question; what it is asked of goes into `from`"),
            );
        }
        let named = args.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.name == EXTRACT_TYPE));
        let result = match named.map(|arg| &arg.value.kind) {
            Some(syntax::ExprKind::Type(ty)) => self.extracted_type(ty),
            Some(_) | None => Type::Error,
        };
        Call { tool: tool.giving(result), args: given, span }
    }
}

/// The type that a call of `model.extract` names.
fn extracted(call: &syntax::Expr) -> Option<&TypeExpr> {
    match &call.kind {
        syntax::ExprKind::Paren(inner) => extracted(inner),
        syntax::ExprKind::Call { args, .. } => args.iter().find_map(|arg| match &arg.value.kind {
            syntax::ExprKind::Type(ty) => Some(ty.as_ref()),
            _ => None,
        }),
        _ => None,
    }
}

/// The parameter that other languages call so.
pub(super) fn habit(name: &str) -> Option<&'static str> {
    match name {
        "text" | "input" | "source" | "src" | "content" | "contents" | "document" | "data" | "body" => {
            Some(EXTRACT_FROM)
        }
        "question" | "prompt" | "query" | "what" | "instruction" | "instructions" => Some(EXTRACT_ASK),
        "typ" | "ty" | "types" | "schema" | "into" | "returns" | "response_format" | "output_schema" => {
            Some(EXTRACT_TYPE)
        }
        _ => None,
    }
}

/// The mistake of a check that asks a model.
pub(super) fn asked_in_check(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::ToolInExpression, span, "a check asks no model")
        .label("would be asked each time the check is made")
        .help(format!("make it a step, `step x = {name}(…)`, whose answer is kept, and look at `x`"))
}
