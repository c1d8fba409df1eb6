//! Conditions ⟶ what they say, as a person reads them: without comments and layout of the plan's author, and with what their
//! names stand for.

use super::DryRun;
use crate::report::NameReport;
use planc_lang::plan::{Call, CriticalScope, Expr, ExprKind};
use planc_lang::written;
use std::collections::BTreeSet;

impl DryRun<'_> {
    /// An expression as the language writes it.
    pub(super) fn written(&self, expr: &Expr) -> String {
        written::expr(&self.compiled.plan, expr)
    }

    /// A call as the language writes it.
    pub(super) fn written_call(&self, call: &Call) -> String {
        written::call(&self.compiled.plan, call)
    }

    /// What the names stand for that conditions, lists of blocks, and lines of `critical` are written with: a `let` may be called
    /// anything. In the order of the plan.
    pub(super) fn names(&self) -> Vec<NameReport> {
        let plan = &self.compiled.plan;
        let checks = plan.assumptions.iter().filter_map(|assumption| assumption.check.as_ref());
        let checks = checks.chain(plan.verifications.iter().filter_map(|verification| verification.check.as_ref()));
        let of_blocks = plan.eaches.iter().flat_map(|each| each.when.as_ref().into_iter().chain([&each.list]));
        let of_steps = plan.steps.iter().flat_map(|step| {
            let until = step.poll.iter().map(|poll| &poll.until);
            step.when.as_deref().into_iter().chain(&step.expect).chain(until)
        });
        let of_lines = plan.critical.iter().filter_map(|line| match &line.scope {
            CriticalScope::Value(expr) => Some(expr),
            CriticalScope::Text(_) => None,
        });
        let shown = checks.chain(of_blocks).chain(of_steps).chain(of_lines);
        let named = plan.within(shown).filter_map(|part| match &part.kind {
            ExprKind::Let(index) => Some(*index),
            _ => None,
        });
        let named: BTreeSet<usize> = named.collect();
        let report = |index: usize| {
            let defined = &plan.lets[index];
            NameReport { name: defined.name.to_string(), value: self.written(&defined.value) }
        };
        named.into_iter().map(report).collect()
    }
}
