//! A plan ⟶ its releases, what depends on each, and where each goes.
//!
//! A release is a `let` whose whole value is `endorse(…)` or `reveal(…)`: a person answers for it. What depends on one, also
//! through other `let`s, must not be computed before that.

use crate::plan::{Call, Expr, ExprKind, Plan, Release, Step};
use std::collections::BTreeSet;

/// The indices of the plan's releases, in the order of the plan.
pub fn all(plan: &Plan) -> impl Iterator<Item = (usize, &Release)> {
    plan.lets.iter().enumerate().filter_map(|(index, defined)| Some((index, defined.release.as_ref()?)))
}

/// Whether the plan releases anything.
pub fn any(plan: &Plan) -> bool {
    all(plan).next().is_some()
}

/// The releases that these expressions depend on, also through other `let`s and through each other.
pub fn used_by<'p>(plan: &'p Plan, exprs: impl IntoIterator<Item = &'p Expr>) -> BTreeSet<usize> {
    let released = |expr: &Expr| match &expr.kind {
        ExprKind::Let(index) => plan.lets[*index].release.is_some().then_some(*index),
        _ => None,
    };
    plan.within(exprs).filter_map(released).collect()
}

/// Whether a value follows from the plan's text, its inputs, its releases, and elements of lists alone: no result has a part in
/// it that nobody answers for.
pub fn follows(plan: &Plan, expr: &Expr) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        match &expr.kind {
            ExprKind::Step(_) | ExprKind::Each(_) => return false,
            ExprKind::Let(index) if plan.lets[*index].release.is_none() && seen.insert(*index) => {
                open.push(&plan.lets[*index].value);
            }
            _ => {}
        }
        expr.parts(&mut |part| open.push(part));
    }
    true
}

/// Every expression that decides what a step does, and whether it counts as done.
pub fn exprs_of(step: &Step) -> impl Iterator<Item = &Expr> {
    let own = step.call.args.iter().flatten();
    let undo = step.undo.iter().flat_map(|call| call.args.iter().flatten());
    let until = step.poll.iter().map(|poll| &poll.until);
    step.when.as_deref().into_iter().chain(own).chain(&step.expect).chain(until).chain(undo)
}

/// Where a release goes: each place in a few words, in the order of the plan, at most `most` of them and then how many more.
pub fn destinations(plan: &Plan, release: usize, most: usize) -> Vec<String> {
    let mut places = Vec::new();
    let uses = |expr: &Expr| used_by(plan, [expr]).contains(&release);
    let arguments = |places: &mut Vec<String>, step: &Step, call: &Call, what: &str| {
        for (param, arg) in call.tool.params.iter().zip(&call.args) {
            if arg.as_ref().is_some_and(uses) {
                places.push(format!("`{}` of `{}`, {what}step `{}`", param.name, call.tool.name, step.name));
            }
        }
    };
    for each in &plan.eaches {
        if uses(&each.list) {
            places.push(format!("the elements of `{}`", each.name));
        }
        if each.when.as_ref().is_some_and(uses) {
            places.push(format!("whether `{}` runs", each.name));
        }
    }
    for step in &plan.steps {
        if step.when.as_deref().is_some_and(uses) {
            places.push(format!("whether step `{}` runs", step.name));
        }
        arguments(&mut places, step, &step.call, "");
        step.undo.iter().for_each(|undo| arguments(&mut places, step, undo, "which takes back "));
        if step.expect.iter().chain(step.poll.iter().map(|poll| &poll.until)).any(uses) {
            places.push(format!("what step `{}` expects", step.name));
        }
    }
    for line in &plan.critical {
        if let crate::plan::CriticalScope::Value(expr) = &line.scope
            && uses(expr)
        {
            places.push(format!("what the plan may {}", line.verb.as_str()));
        }
    }
    places.extend(
        plan.outputs.iter().filter(|output| uses(&output.value)).map(|output| format!("the output `{}`", output.name)),
    );
    let checks = plan.verifications.iter().filter_map(|one| Some((one, one.check.as_ref()?)));
    places.extend(checks.filter(|(_, check)| uses(check)).map(|(one, _)| format!("the verification \"{}\"", one.text)));
    let more = places.len().saturating_sub(most);
    places.truncate(most);
    places.extend((more > 0).then(|| format!("{more} more places")));
    places
}
