//! A value that a person looks at ⟶ where it comes from, in words; and without what nobody is shown.

use super::RunSetup;
use crate::event::LateValue;
use crate::veil::Veil;
use planc_lang::labels::Labels;
use planc_lang::plan::{Expr, ExprKind, StepId};
use planc_lang::secrets::HIDDEN;
use planc_lang::value::Value;
use std::collections::BTreeSet;

/// The most places that a value is said to go to, and to come from.
pub(super) const MAX_DESTINATIONS: usize = 8;

/// Where the value of an expression comes from: the way that outside text took, else the steps whose results it uses.
pub(super) fn provenance(setup: &RunSetup, expr: &Expr) -> Vec<String> {
    let plan = &setup.compiled.plan;
    let labels: &Labels = &setup.labels;
    let label = labels.of_expr(plan, expr);
    let told: Vec<String> = labels.path(label).iter().map(|hop| hop.phrase(plan)).collect();
    if !told.is_empty() {
        return told;
    }
    let mut steps = BTreeSet::new();
    let (mut open, mut lets) = (vec![expr], BTreeSet::new());
    while let Some(expr) = open.pop() {
        match &expr.kind {
            ExprKind::Step(step) => drop(steps.insert(*step)),
            ExprKind::Let(index) if lets.insert(*index) => open.push(&plan.lets[*index].value),
            ExprKind::Element(each) => open.push(&plan.each(*each).list),
            ExprKind::Each(each) => steps.extend(plan.steps_of(*each)),
            _ => {}
        }
        expr.parts(&mut |part| open.push(part));
    }
    let told =
        |step: &StepId| format!("the result of step `{}`, `{}`", plan.get(*step).name, plan.get(*step).call.tool.name);
    steps.iter().take(MAX_DESTINATIONS).map(told).collect()
}

/// The same without what nobody is shown.
pub(super) fn veiled(setup: &RunSetup, late: LateValue, expr: &Expr, is_secret: bool) -> LateValue {
    match &setup.veil {
        Some(veil) if is_secret || veil.secrets().decide(&setup.compiled.plan, expr) => hidden(veil, late),
        Some(_) | None => late,
    }
}

/// The same with what stands for its value.
pub(super) fn hidden(veil: &Veil, late: LateValue) -> LateValue {
    let committed = veil.committed(&late.id, &late.value);
    LateValue { commitment: committed.as_str().map(str::to_owned), value: Value::string(HIDDEN), ..late }
}
