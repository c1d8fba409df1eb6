//! A plan report ⟶ what a person reads first: what cannot be taken back, what is destroyed, what is replaced that nobody else
//! holds, and what will be asked again. Each kind once, the worst first.

use super::call::{Detail, call, undo_call, undo_effects};
use super::diff;
use super::text::{inline, named, one_of};
use crate::report::{
    ChangeReport, Confinement, Disclosure, Earlier, EffectReport, PlanReport, StepOutcome, StepReport, UndoKind,
    Undoing,
};
use planc_lang::secrets::HIDDEN;
use planc_lang::syntax::{Approval, EffectVerb};

/// A kind of risk, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Risk {
    /// Nobody can take it back.
    Irreversible,
    /// Only a call that the plan declares takes it back, and a call may fail.
    Declared,
    /// It destroys something.
    Destroys,
    /// The call that takes it back destroys something.
    UndoDestroys,
    /// The call that takes it back runs a program that nothing confines.
    UndoInTheOpen,
    /// It runs a program that nothing confines, and that may find what confined ones leave in folders of which nothing is recorded.
    RunsUnseen,
    /// It replaces what version control does not hold: planc's own store is the only way back.
    Unversioned,
    /// Whoever sees the report of the run learns something of a secret.
    Tells,
    /// It will ask for a yes of its own.
    Asks,
}

impl Risk {
    /// All kinds, the worst first.
    pub const ALL: [Risk; 9] = [
        Risk::Irreversible,
        Risk::Declared,
        Risk::Destroys,
        Risk::UndoDestroys,
        Risk::UndoInTheOpen,
        Risk::RunsUnseen,
        Risk::Unversioned,
        Risk::Tells,
        Risk::Asks,
    ];

    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            Risk::Irreversible => "cannot be undone",
            Risk::Declared => "undone only by a call of the plan",
            Risk::Destroys => "destroys something",
            Risk::UndoDestroys => "destroys something when it is taken back",
            Risk::UndoInTheOpen => "runs a program that is not confined when it is taken back",
            Risk::RunsUnseen => "may run what nobody sees before",
            Risk::Unversioned => "replaces what version control does not hold",
            Risk::Tells => "tells how a secret decides",
            Risk::Asks => "will ask again",
        }
    }

    /// Whether it wants more than attention.
    pub fn is_grave(self) -> bool {
        match self {
            Risk::Irreversible | Risk::Destroys | Risk::UndoDestroys | Risk::UndoInTheOpen | Risk::RunsUnseen => true,
            Risk::Declared | Risk::Unversioned | Risk::Tells | Risk::Asks => false,
        }
    }
}

/// Something to be read first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The step, or the place of the plan.
    pub step: String,
    /// What it does, harmless: its effects, what happens to the paths at risk, or what is told.
    pub what: String,
}

/// The risks of a plan, the worst first; kinds that it does not have are left out. A step that is skipped has none.
pub fn risks(report: &PlanReport) -> Vec<(Risk, Vec<Item>)> {
    let steps = report.all_steps().filter(|step| !matches!(step.outcome, StepOutcome::Skipped));
    let steps: Vec<&StepReport> = steps.collect();
    let told = |one: &Disclosure| Item { step: one.of.clone(), what: inline(&one.what) };
    let kinds = Risk::ALL.into_iter().map(|risk| match risk {
        Risk::Tells => (risk, report.disclosures.iter().map(told).collect()),
        Risk::RunsUnseen => (risk, steps.iter().filter_map(|step| runs_unseen(step, &steps, report)).collect()),
        Risk::Asks => {
            let before = |at: usize| &steps[..at];
            let asks = steps.iter().enumerate();
            (risk, asks.filter_map(|(at, step)| item(risk, step).or_else(|| shows(step, before(at)))).collect())
        }
        _ => (risk, steps.iter().filter_map(|step| item(risk, step)).collect()),
    });
    kinds.filter(|(_, items): &(Risk, Vec<Item>)| !items.is_empty()).collect()
}

fn item(risk: Risk, step: &StepReport) -> Option<Item> {
    let what = match risk {
        Risk::Irreversible => (step.undo == UndoKind::Impossible && !step.read_only).then(|| does(step)),
        Risk::Declared => (step.undo == UndoKind::Declared).then(|| does(step)),
        Risk::Destroys => step.destructive.then(|| does(step)),
        Risk::UndoDestroys => {
            step.undoing.as_ref().filter(|undoing| undoing.destructive).map(|_| few(&undo_effects(step)))
        }
        // All of it: what runs there does whatever it says.
        Risk::UndoInTheOpen => {
            step.undoing.as_ref().filter(|undoing| undoing.is_in_the_open()).map(|_| undo_call(step))
        }
        Risk::Unversioned => {
            let paths: Vec<String> = step.changes.iter().filter(|change| is_unversioned(change)).map(changed).collect();
            (!paths.is_empty()).then(|| few(&paths))
        }
        Risk::RunsUnseen | Risk::Tells => None,
        Risk::Asks => {
            let asks = step.policy == Approval::Ask && !step.standing_yes && !step.is_gate();
            asks.then(|| does(step))
        }
    }?;
    Some(Item { step: step.name.clone(), what })
}

/// What a step may run, in the open, that nobody sees before: what is in folders that programs really write, whoever has put it there, and
/// what holds a secret.
fn runs_unseen(step: &StepReport, all: &[&StepReport], report: &PlanReport) -> Option<Item> {
    let is_undone_in_the_open = step.undoing.as_ref().is_some_and(Undoing::is_in_the_open);
    if !step.is_in_the_open() && !is_undone_in_the_open {
        return None;
    }
    // Of one step with several elements, or of one that is not known yet, one call may find what another has left.
    let is_several = step.each.is_some() || matches!(step.confined, Some(Confinement::Late { .. }));
    let calls = all.iter().filter(|other| other.name != step.name || is_several || is_undone_in_the_open);
    let folders: Vec<String> = report.scratch.iter().map(|folder| inline(folder)).collect();
    let secret = calls.filter(|other| report.secret && holds_secrets(other));
    let secret = secret.map(|other| format!("what `{}` writes, which is secret", inline(&other.name)));
    let written = (!folders.is_empty()).then(|| format!("what is in {}", few(&folders)));
    let found: Vec<String> = written.into_iter().chain(secret).collect();
    let by = if step.is_in_the_open() { "" } else { "when it is taken back, " };
    (!found.is_empty()).then(|| Item { step: step.name.clone(), what: format!("{by}{}", few(&found)) })
}

/// Whether a step changes files, in a plan with secrets, and nobody is shown what they hold.
fn holds_secrets(step: &StepReport) -> bool {
    let is_hidden = |change: &ChangeReport| change.diff.as_ref().is_some_and(|diff| diff.trim_end() == HIDDEN);
    let is_unknown = || matches!(step.outcome, StepOutcome::KnownAfterRun { .. });
    let writes = |effect: &EffectReport| matches!(effect.verb, EffectVerb::Creates | EffectVerb::Writes);
    step.confined.is_none() && (step.changes.iter().any(is_hidden) || is_unknown() && step.effects.iter().any(writes))
}

/// What a program in the open asks to be looked at first: what programs before it leave.
fn shows(step: &StepReport, before: &[&StepReport]) -> Option<Item> {
    let leaves = |other: &&&StepReport| {
        matches!(other.confined, Some(Confinement::Cell { .. } | Confinement::Late { .. }))
            && matches!(other.outcome, StepOutcome::KnownAfterRun { .. })
    };
    let left: Vec<String> = before.iter().filter(leaves).map(|other| format!("`{}`", inline(&other.name))).collect();
    let what = || format!("first shows what {} leaves", few(&left));
    (step.is_in_the_open() && !left.is_empty()).then(|| Item { step: step.name.clone(), what: what() })
}

fn is_unversioned(change: &ChangeReport) -> bool {
    change.earlier == Some(Earlier::Unversioned) && change.before != change.after
}

fn changed(change: &ChangeReport) -> String {
    format!("{} {}", diff::verb(change).1, named(&change.path))
}

/// What a step does, by its effects where it declares any, else by its call.
fn does(step: &StepReport) -> String {
    let acts = step.effects.iter().filter(|effect| effect.verb != EffectVerb::Reads);
    let effects: Vec<String> =
        acts.map(|effect| format!("{} {}", effect.verb.as_str(), one_of(&effect.resource))).collect();
    if effects.is_empty() { call(step, Detail::Compact) } else { few(&effects) }
}

/// The most things that one step is said to do on one line.
const FEW: usize = 4;

fn few(list: &[String]) -> String {
    let shown = list[..list.len().min(FEW)].join(", ");
    if list.len() > FEW { format!("{shown}, … {} more", list.len() - FEW) } else { shown }
}
