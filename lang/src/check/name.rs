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
        let Some(symbol) = self.names.get(name).cloned() else {
            self.report.push(self.unknown_name(name, span));
            return error(span);
        };
        match symbol.meaning {
            Meaning::Input(index) => {
                self.input_used[index] = true;
                Expr { kind: ExprKind::Input(index), ty: self.inputs[index].ty.clone(), span }
            }
            Meaning::Let(index) => self.use_let(index, symbol.verification, name, span),
            Meaning::Step(step) => {
                if !self.use_step(step, span, None) {
                    return error(span);
                }
                Expr { kind: ExprKind::Step(step), ty: self.heads[step.index()].ty.clone(), span }
            }
        }
    }

    fn use_let(&mut self, index: usize, verification: Option<usize>, name: &str, span: Span) -> Expr {
        self.lets[index].used = true;
        let here = match self.place {
            Place::Verification(here) => Some(here),
            Place::Step(step) | Place::OwnResult(step) => self.heads[step.index()].verification,
            Place::Let | Place::Assumption | Place::Output => None,
        };
        if verification.is_some() && verification != here {
            self.report.push(
                Diagnostic::new(Code::NameNotAllowedHere, span, format!("`{name}` belongs to a verification"))
                    .label("cannot be used outside its block"),
            );
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
        // What could not be typed is not worth evaluating wherever it is used.
        if ty == Type::Error {
            return error(span);
        }
        Expr { kind: ExprKind::Let(index), ty, span }
    }

    /// Notes that the expression at hand uses a step's result, itself or through a `let`; false when it may not, which is
    /// reported.
    fn use_step(&mut self, step: StepId, span: Span, through: Option<&str>) -> bool {
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
            Place::Let | Place::Output if owner.is_some() => refuse(
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
            Place::Let | Place::Output | Place::Verification(_) => {
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
        if self.catalogue.has_catalogue(name) {
            return Diagnostic::new(Code::NameNotAllowedHere, span, format!("the catalogue `{name}` is no value"))
                .label("a catalogue can only be called into")
                .help(format!("call one of its tools in a step: `step x = {name}.…(…)`"));
        }
        if self.report.len() > MAX_SUGGESTIONS {
            return diagnostic.label("not declared");
        }
        let mut known: Vec<&str> = self.declared.iter().map(SmolStr::as_str).collect();
        known.sort_unstable();
        known.extend(self.locals.iter().map(|local| local.name.as_str()));
        match nearest(name, known) {
            Some(near) => diagnostic.label("not declared").edit(format!("use `{near}`"), span, near).maybe(),
            None => diagnostic
                .label("not declared")
                .help("names are declared by `input`, `let` and `step`; texts stand in double quotes"),
        }
    }
}
