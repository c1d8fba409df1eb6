//! Fields of records: whether there is one, and whether the record may be null.

use super::{Checker, error};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind};
use crate::resolve::list_of;
use crate::source::Span;
use crate::stdlib;
use crate::suggest::nearest;
use crate::syntax::{self, Ident};
use crate::types::{Field, Quoted, RecordType, ShownName, Type};

impl Checker<'_> {
    pub(super) fn field_or_tool(&mut self, expr: &syntax::Expr, field: &syntax::FieldAccess) -> Expr {
        if let Some(tool) = self.tool_mentioned(expr) {
            self.report.push(
                Diagnostic::new(Code::NameNotAllowedHere, expr.span, format!("the tool `{tool}` is no value"))
                    .label("a tool can only be called")
                    .help(format!("call it in a step: `step x = {tool}(…)`")),
            );
            return error(expr.span);
        }
        let typed = self.expr(&field.base);
        let field = self.field(typed, &field.name, field.optional, expr.span);
        self.proven(expr, field)
    }

    fn field(&mut self, base: Expr, name: &Ident, optional: bool, span: Span) -> Expr {
        let Some(receiver) = self.without_null(&base, optional, || format!(".{}", name.name), name.span) else {
            return error(span);
        };
        let Some(ty) = self.field_type(&receiver, &base, name) else { return error(span) };
        let ty = match optional && base.ty.has_null() {
            true => ty.optional(),
            false => ty,
        };
        Expr { kind: ExprKind::Field { base: Box::new(base), name: name.name.clone(), optional }, ty, span }
    }

    /// The receiver's type without null; none when it may be null and `?.` was not written, which is reported.
    pub(super) fn without_null(
        &self,
        base: &Expr,
        optional: bool,
        what: impl Fn() -> String,
        at: Span,
    ) -> Option<Type> {
        if matches!(base.ty, Type::Null) {
            self.report.push(self.nothing_there(base, &what()));
            return None;
        }
        if !base.ty.has_null() || optional {
            return Some(base.ty.without_null());
        }
        let mut diagnostic =
            Diagnostic::new(Code::MaybeNull, base.span, format!("`{}` of something that may be null", what()))
                .label(format!("this is {}", base.ty.brief()))
                .help("test it first, `if x != null then … else …`, or give a default, `(x ?? …)`");
        if let ExprKind::Step(step) = &base.kind {
            let head = &self.heads[step.index()];
            let why = match head.result.has_null() {
                true => "the result of this step may be null",
                false => "this step may be skipped or may fail, and its value is null then",
            };
            diagnostic = diagnostic.related(head.span, why);
        }
        // The dot lies just before the name.
        let dot = Span::new(at.start.saturating_sub(1), at.start);
        self.report.push(diagnostic.edit("let null give null", dot, "?.").maybe());
        None
    }

    fn nothing_there(&self, base: &Expr, what: &str) -> Diagnostic {
        let diagnostic = Diagnostic::new(Code::NotARecord, base.span, format!("null has no `{what}`"));
        match &base.kind {
            ExprKind::Step(step) => diagnostic
                .label("this step has no result")
                .related(self.heads[step.index()].span, "the tool that it calls gives nothing back"),
            _ => diagnostic.label("this is null"),
        }
    }

    fn field_type(&self, receiver: &Type, base: &Expr, name: &Ident) -> Option<Type> {
        if let Type::Record(record) = receiver
            && let Some(Field { optional: false, ty, .. }) = record.field(&name.name)
        {
            return Some(ty.head());
        }
        let mut types = Vec::new();
        for member in receiver.members() {
            match member {
                Type::Error => return None,
                Type::Any => types.push(Type::Any),
                Type::Record(record) => match record.field(&name.name) {
                    Some(field) => types.push(field.read()),
                    None => {
                        self.report.push(self.unknown_field(record, receiver, name));
                        return None;
                    }
                },
                Type::Map(_) => {
                    self.report.push(self.field_of_map(receiver, base, name));
                    return None;
                }
                _ => {
                    self.report.push(self.no_fields(receiver, base, name));
                    return None;
                }
            }
        }
        Some(Type::union(types))
    }

    fn unknown_field(&self, record: &RecordType, receiver: &Type, name: &Ident) -> Diagnostic {
        let message = match &record.name {
            Some(shown) => format!("`{shown}` has no field `{}`", name.name),
            None => format!("there is no field `{}` here", name.name),
        };
        let diagnostic = Diagnostic::new(Code::UnknownField, name.span, message);
        if stdlib::find(receiver, &name.name).is_some() {
            return diagnostic.label("is a method").edit("call the method", name.span.after(), "()");
        }
        let fields: Vec<&str> = record.fields.iter().map(|field| field.name.as_str()).collect();
        if record.is_open {
            return undeclared(record, &name.name, name.span, |near| near.to_owned());
        }
        if fields.is_empty() {
            return diagnostic.label("this record has no fields");
        }
        match nearest(&name.name, fields.iter().copied()) {
            Some(near) => diagnostic.label("unknown field").edit(format!("use `{near}`"), name.span, near).maybe(),
            None => diagnostic.label("unknown field").help(format!("its fields are {}", list_of(&fields))),
        }
    }

    fn field_of_map(&self, receiver: &Type, base: &Expr, name: &Ident) -> Diagnostic {
        let message = format!("a map has no field `{}`", name.name);
        let diagnostic = Diagnostic::new(Code::UnknownField, name.span, message);
        if stdlib::find(receiver, &name.name).is_some() {
            return diagnostic.label("is a method").edit("call the method", name.span.after(), "()");
        }
        let diagnostic = diagnostic.label("its keys are known only at run time");
        match base.ty.has_null() {
            true => diagnostic.help(format!("take the value of a key: `(m ?? {{}})[\"{}\"]`", name.name)),
            false => {
                let at = Span::new(base.span.end, name.span.end);
                diagnostic.edit("take the value of the key", at, format!("[{}]", Quoted(&name.name)))
            }
        }
    }

    fn no_fields(&self, receiver: &Type, base: &Expr, name: &Ident) -> Diagnostic {
        let diagnostic = Diagnostic::new(Code::NotARecord, name.span, format!("{} has no fields", receiver.brief()))
            .related(base.span, format!("this is {}", receiver.brief()));
        if stdlib::find(receiver, &name.name).is_some() {
            return diagnostic.label("is a method").edit("call the method", name.span.after(), "()");
        }
        match receiver {
            list if list.element().is_some() => diagnostic.label("taken of a list").help(format!(
                "take it of each item, `[x.{} for x in …]`, or of one, `….first(\"none found\").{}`",
                name.name, name.name
            )),
            _ => diagnostic.label("taken of something else than a record"),
        }
    }
}

/// A field that an open record may have, but does not declare; `spelled` writes the name of one that it does declare.
pub(super) fn undeclared(record: &RecordType, name: &str, span: Span, spelled: impl Fn(&str) -> String) -> Diagnostic {
    let owner = record.name.as_ref().map_or("this record".to_owned(), |name| format!("`{name}`"));
    let diagnostic = Diagnostic::new(Code::UndeclaredField, span, format!("{owner} does not declare `{name}`"))
        .label("may be there, or not, and be of any type");
    match nearest(name, record.fields.iter().map(|field| field.name.as_str())) {
        Some(near) => diagnostic.edit(format!("use `{near}`"), span, spelled(near)),
        None => diagnostic.help(format!(
            "declare it in the type, `{}?: any`, or take what is there: `.get({})`",
            ShownName(name),
            Quoted(name)
        )),
    }
}
