//! A plan report ⟶ what it comes to, in one line: what is created, changed, run, and what cannot be taken back.

use super::call::is_denied;
use super::text::{count, inline};
use crate::report::{Confinement, PlanReport, PlanStatus, StepOutcome, StepReport, UndoKind};
use crate::workspace::FileState;
use planc_lang::syntax::{Approval, EffectVerb};
use std::collections::{BTreeMap, BTreeSet};

/// What a plan comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Paths that are not there before and are afterwards.
    pub create: usize,
    /// Paths whose content or mode changes.
    pub modify: usize,
    /// Paths that are there before and are not afterwards.
    pub delete: usize,
    /// Steps that run a program.
    pub programs: usize,
    /// Hosts that are contacted.
    pub hosts: usize,
    /// Steps that only read.
    pub reads: usize,
    /// Gates at which a person is asked.
    pub gates: usize,
    /// Steps with an effect that is none of the above and is known only after the run.
    pub unknown: usize,
    /// Names of the steps whose effect cannot be taken back.
    pub irreversible: Vec<String>,
    /// Names of the steps that the plan itself says how to take back.
    pub declared: Vec<String>,
    /// Folders that programs really write: what lies there is not taken back.
    pub scratch: BTreeSet<String>,
    /// What others execute or go by that may change: what they do meanwhile is not taken back.
    pub for_others: BTreeSet<String>,
    /// What something may load by itself that is started before a yes, by what is started.
    pub loadable: BTreeMap<String, BTreeSet<String>>,
    /// Names of the steps that ask for a yes of their own.
    pub asks: Vec<String>,
}

/// Adds up a report.
pub fn totals(report: &PlanReport) -> Totals {
    let mut totals = Totals::default();
    let mut paths: BTreeMap<&str, (&FileState, &FileState)> = BTreeMap::new();
    let mut hosts: BTreeSet<&str> = BTreeSet::new();
    for step in report.all_steps().filter(|step| !matches!(step.outcome, StepOutcome::Skipped)) {
        if step.is_gate() {
            totals.gates += 1;
            continue;
        }
        let runs = has(step, EffectVerb::Runs);
        totals.programs += usize::from(runs);
        totals.reads += usize::from(step.read_only);
        let unknown = matches!(step.outcome, StepOutcome::KnownAfterRun { .. });
        totals.unknown +=
            usize::from(!step.read_only && !runs && unknown && !is_denied(step) && step.changes.is_empty());
        hosts.extend(step.effects.iter().filter(|e| e.verb == EffectVerb::Contacts).map(|e| e.resource.as_str()));
        for change in &step.changes {
            paths.entry(&change.path).or_insert((&change.before, &change.after)).1 = &change.after;
        }
        match step.undo {
            UndoKind::Impossible => totals.irreversible.push(step.name.clone()),
            UndoKind::Declared => totals.declared.push(step.name.clone()),
            UndoKind::Automatic | UndoKind::Nothing => {}
        }
        totals.for_others.extend(step.for_others.iter().cloned());
        for loadable in &step.loadable {
            totals.loadable.entry(loadable.by.clone()).or_default().insert(loadable.place.clone());
        }
        if let Some(Confinement::Cell { scratch, .. } | Confinement::Late { scratch }) = &step.confined {
            totals.scratch.extend(scratch.iter().cloned());
        }
        if step.policy == Approval::Ask && !step.standing_yes {
            totals.asks.push(step.name.clone());
        }
    }
    totals.hosts = hosts.len();
    for (path, (before, after)) in &paths {
        let on_the_way = matches!(after, FileState::Directory { .. })
            && paths.keys().any(|other| other != path && planc_lang::paths::within(other, path));
        match (before, after) {
            (before, after) if before == after => {}
            _ if on_the_way => {}
            (FileState::Absent, _) => totals.create += 1,
            (_, FileState::Absent) => totals.delete += 1,
            _ => totals.modify += 1,
        }
    }
    totals
}

/// Whether a step has an effect with this verb.
pub fn has(step: &StepReport, verb: EffectVerb) -> bool {
    step.effects.iter().any(|effect| effect.verb == verb)
}

impl Totals {
    /// `3 to create, 2 to modify, 0 to delete, 1 program, 4 reads`
    pub fn numbers(&self) -> String {
        let mut parts = vec![
            format!("{} to create", self.create),
            format!("{} to modify", self.modify),
            format!("{} to delete", self.delete),
        ];
        let rest = [(self.programs, "program"), (self.hosts, "host"), (self.reads, "read"), (self.gates, "gate")];
        parts.extend(rest.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(*number, noun)));
        if self.unknown > 0 {
            parts.push(format!("{} with unknown effect", count(self.unknown, "step")));
        }
        parts.join(", ")
    }

    /// `everything can be undone`, or what cannot.
    pub fn undo(&self) -> String {
        match (self.irreversible.len(), self.declared.len()) {
            (0, 0) if self.is_nothing() => "nothing changes".to_owned(),
            (0, 0) => format!("everything can be undone{}", self.left()),
            (0, n) => format!("{} undone by a call of the plan{}", count(n, "step"), self.left()),
            (n, _) => format!("{} cannot be undone", count(n, "step")),
        }
    }

    /// What programs leave in the operator's scratch folders, and what others do by what is changed meanwhile, servers among them.
    fn left(&self) -> String {
        let folders: Vec<String> = self.scratch.iter().map(|folder| inline(folder)).collect();
        let others: Vec<String> = self.for_others.iter().cloned().collect();
        let written = (!folders.is_empty()).then(|| format!("what programs write in {}", folders.join(", ")));
        let done = (!others.is_empty()).then(|| format!("what others do by {} meanwhile", names(&others)));
        let loaded = self.loadable.iter().map(|(by, places)| {
            let places: Vec<String> = places.iter().cloned().collect();
            format!("what {} may do by loading {} meanwhile", inline(by), names(&places))
        });
        let left: Vec<String> = written.into_iter().chain(done).chain(loaded).collect();
        match left.is_empty() {
            true => String::new(),
            false => format!(", but {}", left.join(" and ")),
        }
    }

    fn is_nothing(&self) -> bool {
        self.create + self.modify + self.delete + self.programs + self.hosts + self.unknown == 0
    }
}

/// The words on the badge.
pub fn badge(status: PlanStatus) -> &'static str {
    match status {
        PlanStatus::Blocked => "blocked",
        PlanStatus::NeedsApproval => "needs approval",
        PlanStatus::Reported => "plan mode",
        PlanStatus::ChangesRequested => "changes requested",
        PlanStatus::Approved => "approved",
        PlanStatus::Executing => "executing",
        PlanStatus::Verifying => "verifying",
        PlanStatus::Done => "done",
        PlanStatus::Failed => "failed",
        PlanStatus::Paused => "paused",
        PlanStatus::InDoubt => "in doubt",
        PlanStatus::Undone => "undone",
        PlanStatus::Aborted => "aborted",
        PlanStatus::Stale => "stale",
    }
}

/// Names in a sentence: `` `a`, `b` and 3 more ``.
pub fn names(list: &[String]) -> String {
    let shown: Vec<String> = list.iter().take(5).map(|name| format!("`{}`", inline(name))).collect();
    match list.len().saturating_sub(5) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
