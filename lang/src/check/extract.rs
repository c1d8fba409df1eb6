//! `model.extract`: the one tool whose result is of a type that the call names.
//!
//! The type is looked at once and becomes two things: the type of the step, and, as an argument of the call, the JSON Schema
//! that the model is shown. The schema stands in the compiled form, so that another type is another plan.

use super::{Checker, unknown};
use crate::catalogue::Tool;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::{Call, Expr, ExprKind};
use crate::resolve::TYPE_NAMES;
use crate::schema::schema;
use crate::source::Span;
use crate::syntax::{self, Arg, EXTRACT_ASK, EXTRACT_FROM, EXTRACT_TYPE, TypeExpr, TypeExprKind};
use crate::types::Type;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many named types are looked through for quotes.
const MAX_NAMES: usize = 64;

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
        self.quoted_types(ty, &mut BTreeSet::new());
        let resolved = self.types.resolve(ty);
        self.extracted.insert(ty.span, resolved.clone());
        resolved
    }

    /// Reports types in quotes: `type: "float"` wants the word, and `{ amount: "float" }` a record with that word in it. A
    /// choice among records may tell them apart by such a word.
    fn quoted_types(&self, ty: &TypeExpr, seen: &mut BTreeSet<SmolStr>) {
        match &ty.kind {
            TypeExprKind::String(word) => {
                let Some((name, _)) = TYPE_NAMES.iter().find(|(name, _)| name == word) else { return };
                self.report.push(
                    Diagnostic::new(Code::UnknownType, ty.span, format!("`\"{name}\"` is a word, and no type"))
                        .label("nothing but this word could be the answer")
                        .edit(format!("write `{name}`"), ty.span, *name),
                );
            }
            TypeExprKind::List(inner) | TypeExprKind::Map(inner) => self.quoted_types(inner, seen),
            TypeExprKind::Optional(inner) | TypeExprKind::Paren(inner) => self.quoted_types(inner, seen),
            TypeExprKind::Record { fields, .. } => {
                fields.iter().for_each(|field| self.quoted_types(&field.ty, seen));
            }
            TypeExprKind::Name(name) => {
                // What a name stands for is looked at once.
                if let Some(definition) =
                    self.types.definition(name).filter(|_| seen.len() < MAX_NAMES && seen.insert(name.clone()))
                {
                    self.quoted_types(&definition.ty, seen);
                }
            }
            TypeExprKind::Refined { .. }
            | TypeExprKind::Union(_)
            | TypeExprKind::Int(_)
            | TypeExprKind::Bool(_)
            | TypeExprKind::Null
            | TypeExprKind::Error => {}
        }
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
        syntax::ExprKind::Call(call) => call.args.iter().find_map(|arg| match &arg.value.kind {
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
