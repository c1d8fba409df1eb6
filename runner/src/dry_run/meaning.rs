//! Conditions ⟶ what they say, as a person reads them: without comments and layout of the plan's author, and with what their
//! names stand for.

use super::DryRun;
use crate::report::NameReport;
use planc_lang::plan::{Call, CriticalScope, Expr, ExprKind, Step};
use planc_lang::written;
use std::collections::{BTreeMap, BTreeSet};

impl DryRun<'_> {
    /// An expression as the language writes it.
    pub(super) fn written(&self, expr: &Expr) -> String {
        written::expr(&self.compiled.plan, expr)
    }

    /// A call as the language writes it.
    pub(super) fn written_call(&self, call: &Call) -> String {
        written::call(&self.compiled.plan, call)
    }

    /// The arguments of a step and of its `undo` that a secret decides, as the language writes them.
    pub(super) fn written_args(&self, step: &Step) -> Vec<NameReport> {
        let own = self.kept_args(&step.call).map(|(name, arg)| (name.to_owned(), arg));
        let undo = step.undo.iter().flat_map(|call| self.kept_args(call));
        let undo = undo.map(|(name, arg)| (format!("undo {name}"), arg));
        own.chain(undo).map(|(name, arg)| NameReport { name, value: self.written(arg) }).collect()
    }

    fn kept_args<'c>(&self, call: &'c Call) -> impl Iterator<Item = (&'c str, &'c Expr)> {
        let args = call.tool.params.iter().zip(&call.args);
        args.filter_map(|(param, arg)| Some((param.name.as_str(), arg.as_ref().filter(|arg| self.is_kept(arg))?)))
    }

    /// What the names stand for that conditions, lists of blocks, lines of `critical`, and arguments with secrets are written with: a `let` may be called
    /// anything. In the order of the plan.
    pub(super) fn names(&self) -> Vec<NameReport> {
        let plan = &self.compiled.plan;
        let checks = plan.assumptions.iter().filter_map(|assumption| assumption.check.as_ref());
        let checks = checks.chain(plan.verifications.iter().filter_map(|verification| verification.check.as_ref()));
        let of_blocks = plan.eaches.iter().flat_map(|each| each.when.as_ref().into_iter().chain([&each.list]));
        let of_steps = plan.steps.iter().flat_map(|step| {
            let until = step.poll.iter().map(|poll| &poll.until);
            let calls = std::iter::once(&step.call).chain(step.undo.as_deref());
            let kept = calls.flat_map(|call| self.kept_args(call)).map(|(_, arg)| arg);
            step.when.as_deref().into_iter().chain(&step.expect).chain(until).chain(kept)
        });
        let of_lines = plan.critical.iter().filter_map(|line| match &line.scope {
            CriticalScope::Value(expr) => Some(expr),
            CriticalScope::Text(_) => None,
        });
        let shown = checks.chain(of_blocks).chain(of_steps).chain(of_lines);
        let (mut named, mut types) = (BTreeSet::new(), BTreeMap::new());
        for part in plan.within(shown) {
            match &part.kind {
                ExprKind::Let(index) => {
                    named.insert(*index);
                }
                ExprKind::As(_, ty) => types.extend(ty.names()),
                _ => {}
            }
        }
        let report = |index: usize| {
            let defined = &plan.lets[index];
            NameReport { name: defined.name.to_string(), value: self.written(&defined.value) }
        };
        let types = types.into_iter().map(|(name, value)| NameReport { name: format!("type {name}"), value });
        named.into_iter().map(report).chain(types).collect()
    }
}
