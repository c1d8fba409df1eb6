//! What a yes to a plan must be: what the operator wants, and the effects of the plan.

use crate::config::{Approvals, Effect, Rule};
use crate::report::{Confinement, CriticalReport, EffectReport, PlanReport, StepReport, UndoKind};
use crate::workspace::FileState;
use planc_lang::effects::{CriticalVerb, Resource};
use planc_lang::syntax::EffectVerb;

/// What a yes to a plan must be: the strictest of all that is said about its effects.
pub fn rule_for(approvals: &Approvals, report: &PlanReport) -> Rule {
    // What others load of what it changes nobody takes back with it.
    let is_loaded = || approvals.closed.is_some() && report.all_steps().any(|step| !step.read_only);
    let counts = |effect: Effect| has(report, effect) || effect == Effect::NotUndoable && is_loaded();
    let wanted = approvals.by_effect.iter().filter(|(effect, _)| counts(**effect)).map(|(_, rule)| *rule);
    wanted.fold(approvals.rule, Rule::and)
}

/// Whether a plan has a kind of effect, or may have it as far as is known. What takes a step back counts as the step does.
fn has(report: &PlanReport, effect: Effect) -> bool {
    match effect {
        Effect::Destructive => report.all_steps().any(|step| destroys(report, step)),
        Effect::NotUndoable => !not_undoable(report).is_empty(),
        Effect::Contacts => report.all_steps().any(|step| contacts(report, step)),
    }
}

fn destroys(report: &PlanReport, step: &StepReport) -> bool {
    let undoing = step.undoing.as_ref();
    let deletes = step.changes.iter().any(|change| change.after == FileState::Absent);
    step.destructive
        || deletes
        || undoing.is_some_and(|undoing| undoing.destructive)
        || effects(step).any(is_anything)
        || programs(step).any(|program| match program {
            // What it changes in its copy is kept only where a line allows it.
            Confinement::Cell { .. } => lines(report, CriticalVerb::Delete).next().is_some(),
            Confinement::Late { .. } | Confinement::Open | Confinement::Asked { .. } => true,
        })
}

fn contacts(report: &PlanReport, step: &StepReport) -> bool {
    effects(step).any(|effect| effect.verb == EffectVerb::Contacts || is_anything(effect))
        || programs(step).any(|program| match program {
            Confinement::Cell { ports: Some(_), .. } => true,
            // A line that is known only during the run opens the network then.
            Confinement::Cell { ports: None, .. } => lines(report, CriticalVerb::Contact).any(|line| line.is_late()),
            Confinement::Late { .. } | Confinement::Open | Confinement::Asked { .. } => true,
        })
}

/// What the calls of a step touch.
fn effects(step: &StepReport) -> impl Iterator<Item = &EffectReport> {
    step.effects.iter().chain(step.undoing.iter().flat_map(|undoing| &undoing.effects))
}

/// What confines the programs that the calls of a step run.
fn programs(step: &StepReport) -> impl Iterator<Item = &Confinement> {
    step.confined.iter().chain(step.undoing.iter().filter_map(|undoing| undoing.confined.as_ref()))
}

/// Whether nothing is said of what a call touches.
fn is_anything(effect: &EffectReport) -> bool {
    effect.resource == Resource::Everything.to_string()
}

fn lines(report: &PlanReport, verb: CriticalVerb) -> impl Iterator<Item = &CriticalReport> {
    report.critical.iter().filter(move |line| line.verb == verb.as_str())
}

/// What planc cannot take back by itself: steps, each with its tool, what others may do by a file in the meantime, what lines
/// of `critical` may turn out to allow, and what a run tells of secrets, were it only by how it ends.
pub fn not_undoable(report: &PlanReport) -> Vec<String> {
    let steps = report.all_steps().filter_map(|step| match step.undo {
        // What somebody executes or goes by in the meantime is not taken back with the file.
        UndoKind::Nothing | UndoKind::Automatic => {
            let of_others = step.for_others.first().map(|place| format!("what others do by `{place}` meanwhile"));
            let what = of_others.or_else(|| step.loadable.first().map(ToString::to_string))?;
            Some(format!("{what} (`{}`, {})", step.name, step.tool))
        }
        // A declared `undo` is a call like any other: it may fail.
        UndoKind::Declared | UndoKind::Impossible => Some(format!("`{}` ({})", step.name, step.tool)),
    });
    let late = report.critical.iter().filter(|line| line.is_late());
    let late = late.map(|line| format!("what `{} {}` turns out to allow", line.verb, line.resource));
    let told = report.secret.then(|| "what becomes known of its secrets".to_owned());
    steps.chain(late).chain(told).collect()
}
