//! Names in expressions: what they stand for, and whether they may be used where they stand.

use super::{Checker, Early, Meaning, Place, error};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind, StepId};
use crate::source::Span;
use crate::suggest::nearest;
use crate::types::Type;
use smol_str::SmolStr;

/// Past so many diagnostics no nearly right name is looked for: each look goes through all names.
const MAX_SUGGESTIONS: usize = 200;

impl Checker<'_> {
    pub(super) fn named(&mut self, name: &SmolStr, span: Span) -> Expr {
        if let Some(local) = self.locals.iter().rev().find(|local| local.name == *name) {
            return Expr { kind: ExprKind::Local(local.slot), ty: local.ty.clone(), span };
        }
        if let Some(element) = self.element_named(name, span) {
            return element;
        }
        let Some(symbol) = self.names.get(name).cloned() else {
            self.report.push(self.unknown_name(name, span));
            return error(span);
        };
        match symbol.meaning {
            Meaning::Input(index) => {
                self.input_used[index] = true;
                Expr { kind: ExprKind::Input(index), ty: self.inputs[index].ty.head(), span }
            }
            Meaning::Let(index) => self.use_let(index, &symbol, name, span),
            Meaning::Each(each) => self.use_each(each, name, span),
            Meaning::Step(step) => {
                if !self.use_step(step, span, None) {
                    return error(span);
                }
                Expr { kind: ExprKind::Step(step), ty: self.type_of_step(step), span }
            }
        }
    }

    fn use_let(&mut self, index: usize, symbol: &super::Symbol, name: &str, span: Span) -> Expr {
        self.lets[index].used = true;
        let verification = symbol.verification;
        let here = match self.place {
            Place::Verification(here) => Some(here),
            Place::Step(step) | Place::OwnResult(step) => self.heads[step.index()].verification,
            Place::Let(_) | Place::Assumption | Place::Output => None,
        };
        if verification.is_some() && verification != here {
            self.report.push(
                Diagnostic::new(Code::NameNotAllowedHere, span, format!("`{name}` belongs to a verification"))
                    .label("cannot be used outside its block"),
            );
            return error(span);
        }
        if let Some(scope) = self.hidden_scope(symbol.scope) {
            self.report.push(self.out_of_block(name, span, scope).related(symbol.span, "declared there"));
            return error(span);
        }
        let Some(ty) = self.lets[index].value.as_ref().map(|value| value.ty.clone()) else {
            return error(span);
        };
        for step in self.lets[index].uses.clone() {
            if !self.use_step(step, span, Some(name)) {
                return error(span);
            }
        }
        for each in self.lets[index].uses_each.clone() {
            if !self.note_each(each, span, name) {
                return error(span);
            }
        }
        // What could not be typed is not worth evaluating wherever it is used.
        if ty == Type::Error {
            return error(span);
        }
        Expr { kind: ExprKind::Let(self.lets[index].rank), ty, span }
    }

    /// Notes that the expression at hand uses a step's result, itself or through a `let`; false when it may not, which is
    /// reported.
    pub(super) fn use_step(&mut self, step: StepId, span: Span, through: Option<&str>) -> bool {
        if let (None, Some(scope)) = (through, self.hidden_block(step)) {
            let head = &self.heads[step.index()];
            let diagnostic = self.out_of_block(&head.name, span, scope).related(head.span, "declared there");
            self.report.push(diagnostic);
            return false;
        }
        let head = &self.heads[step.index()];
        let owner = head.verification;
        let refuse = |message: String, help: &str| {
            let diagnostic = Diagnostic::new(Code::NameNotAllowedHere, span, message);
            let diagnostic = match through {
                Some(through) => diagnostic.label(format!("`{through}` is made from the step `{}`", head.name)),
                None => diagnostic.label("a step that is out of reach here"),
            };
            self.report.push(diagnostic.related(head.span, "declared there").help(help));
            false
        };
        let elsewhere = || format!("`{}` belongs to another verification", head.name);
        match self.place {
            Place::Assumption => refuse(
                "an assumption is about the world before the plan: it can use no step".to_owned(),
                "call a read-only tool in the assumption itself: `fs.stat(path: \"a\").kind == \"file\"`",
            ),
            Place::Let(_) | Place::Output if owner.is_some() => refuse(
                format!("`{}` belongs to a verification, and can be used only inside its block", head.name),
                "make it a step of the plan",
            ),
            Place::Verification(here) if owner.is_some_and(|owner| owner != here) => {
                refuse(elsewhere(), "make it a step of the plan")
            }
            Place::Step(user) | Place::OwnResult(user) => {
                let allowed = step < user || (step == user && matches!(self.place, Place::OwnResult(_)));
                let user_block = self.heads[user.index()].verification;
                if allowed && owner.is_some() && owner != user_block {
                    return refuse(elsewhere(), "make it a step of the plan");
                }
                match allowed {
                    true => self.uses.push(step),
                    false => self.early.push(Early {
                        user,
                        used: step,
                        span,
                        through: through.map(SmolStr::new),
                        by_after: false,
                    }),
                }
                allowed
            }
            Place::Let(_) | Place::Output | Place::Verification(_) => {
                self.uses.push(step);
                true
            }
        }
    }

    pub(super) fn unknown_name(&self, name: &str, span: Span) -> Diagnostic {
        let diagnostic = Diagnostic::new(Code::UnknownName, span, format!("there is nothing named `{name}`"));
        let habit = match name {
            "None" | "nil" | "undefined" | "NULL" | "Null" => Some("null"),
            "True" | "TRUE" => Some("true"),
            "False" | "FALSE" => Some("false"),
            _ => None,
        };
        if let Some(habit) = habit {
            return diagnostic.edit(format!("write `{habit}`"), span, habit);
        }
        if let Place::OwnResult(step) = self.place {
            let own = &self.heads[step.index()].name;
            let is_field = match &self.type_of_step(step).without_null() {
                Type::Record(record) => record.field(name).is_some(),
                _ => false,
            };
            let meant = match name {
                "result" | "self" | "it" | "this" | "output" | "value" | "response" | "res" => Some(own.to_string()),
                _ => is_field.then(|| format!("{own}.{name}")),
            };
            if let Some(meant) = meant {
                return diagnostic.label("the result of a step is known by its name").edit(
                    format!("write `{meant}`"),
                    span,
                    meant,
                );
            }
        }
        if self.catalogue.has_catalogue(name) {
            return Diagnostic::new(Code::NameNotAllowedHere, span, format!("the catalogue `{name}` is no value"))
                .label("a catalogue can only be called into")
                .help(format!("call one of its tools in a step: `step x = {name}.…(…)`"));
        }
        if let Some(block) = self.blocks.iter().find(|block| block.declared.variable.name == name) {
            let list = &block.declared.name.name;
            let message = format!("`{name}` is an element of `{list}`, and there is one only inside that block");
            return Diagnostic::new(Code::NameNotAllowedHere, span, message)
                .label("outside its block")
                .related(block.declared.variable.span, "named there")
                .help(format!("use the list of results, `{list}`; `result` says what it holds of each element"));
        }
        if self.report.len() > MAX_SUGGESTIONS {
            return diagnostic.label("not declared");
        }
        let mut known: Vec<&str> = self.declared.iter().map(SmolStr::as_str).collect();
        known.sort_unstable();
        known.extend(self.locals.iter().map(|local| local.name.as_str()));
        match nearest(name, known) {
            Some(near) => diagnostic.label("not declared").edit(format!("use `{near}`"), span, near).maybe(),
            None if name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_') => diagnostic
                .label("not declared")
                .help("a plan sees no variables of the environment: take the value as an `input`"),
            None => diagnostic
                .label("not declared")
                .help("names are declared by `input`, `let` and `step`; texts stand in double quotes"),
        }
    }
}
