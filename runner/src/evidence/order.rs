//! What must not come after what: a step behind a no, a failed assumption, a stale world or the end; a call that takes back before
//! anything was done.
//!
//! Only what no history of planc has is a fault. Steps that overlap may begin after another one has stopped the run, and a process
//! that was killed right after it recorded a no asks again: what it asked for stays open until there is a yes.

use super::bound::{Standing, of_name};
use crate::event::{Event, LateKind};
use crate::schedule::{is_over, tries_again};
use crate::state::{BlockState, RunState, StepState, UndoCall, UndoState};
use crate::workspace::Change;
use planc_lang::digest::Digest;
use planc_lang::plan::{Instance, Plan, Step, StepId, Unit};
use std::collections::{BTreeMap, BTreeSet};

/// What stands in the way of what, by what has happened.
#[derive(Default)]
pub(super) struct Order {
    /// Whether a process has begun.
    begun: bool,
    /// Why nothing begins until another process goes on.
    stopped: Option<&'static str>,
    /// Assumptions that were found to hold, or were taken as given.
    given: BTreeSet<String>,
    /// Assumptions that failed.
    failing: BTreeSet<String>,
    /// Steps and blocks before which the world was another one, until another process goes on.
    stale: BTreeSet<String>,
    /// Steps and blocks that wait for a yes.
    waiting: BTreeSet<String>,
    /// Calls to which a person said no.
    refused: BTreeSet<String>,
    /// Changes of a step to which a person said no.
    unwanted: BTreeSet<(String, Digest)>,
    /// Values to which a person said no, by the step or block that would use them and what they are.
    denied: BTreeMap<(String, String), LateKind>,
    /// Gates at which a person said no.
    closed: BTreeSet<String>,
}

impl Order {
    /// What must not come now.
    pub(super) fn faults(&self, plan: &Plan, event: &Event, state: &RunState) -> Vec<String> {
        match event {
            Event::Started { .. } if !state.can_resume() => vec!["the run went on although it was over".to_owned()],
            Event::AssumptionOverridden { text, .. } => {
                let is_said = state.approved.as_ref().is_some_and(|approved| approved.overrides(text).is_some());
                told(!is_said, || format!("nobody who approved has taken `{text}` as given"))
            }
            Event::StepStarted { step, .. } => self.started(plan, step, state),
            Event::EachStarted { each, .. } => self.in_the_way(each, &format!("block `{each}`"), state),
            Event::StepSucceeded { step, changes, .. } => {
                self.opened(plan, step, state).into_iter().chain(unseen(step, changes, state)).collect()
            }
            Event::StepFailed { step, changes, .. } | Event::StepInDoubt { step, changes, .. } => {
                unseen(step, changes, state)
            }
            Event::StepObserved { step, changes, .. } => self.observed(step, changes),
            Event::UndoCallObserved { step, changes } => self.observed(step, changes),
            Event::UndoCallStarted { step, .. } => self.undo_started(plan, step, state),
            Event::UndoCallEnded { step, error: None } => {
                let is_open = state.step(step).is_some_and(|record| record.undo_call == UndoCall::Started);
                told(!is_open, || format!("the undo call of step `{step}` has ended, and it had not begun"))
            }
            Event::StepUndone { step, restored, .. } => undone(step, restored, state),
            Event::Approved { .. } => {
                told(state.approved.is_some(), || "a further yes was used up, and a run uses one".to_owned())
            }
            Event::Started { .. }
            | Event::AssumptionHeld { .. }
            | Event::AssumptionFailed { .. }
            | Event::Stale { .. }
            | Event::CallAnswered { .. }
            | Event::Held { .. }
            | Event::CallWaits { .. }
            | Event::StepSkipped { .. }
            | Event::DoubtResolved { .. }
            | Event::Looked { .. }
            | Event::GateAnswered { .. }
            | Event::ValuesWait { .. }
            | Event::ValuesAnswered { .. }
            | Event::EachSkipped { .. }
            | Event::EachEnded { .. }
            | Event::EachFailed { .. }
            | Event::VerificationHeld { .. }
            | Event::VerificationFailed { .. }
            | Event::DeadlineSet { .. }
            | Event::DeadlinePassed { .. }
            | Event::Interrupted { .. }
            | Event::Ended { .. }
            | Event::UndoStarted { .. }
            | Event::UndoCallEnded { error: Some(_), .. }
            | Event::UndoEnded { .. } => Vec::new(),
        }
    }

    /// Takes an event into account. Shown events tell not always what an answer was about.
    pub(super) fn apply(&mut self, event: &Event, standing: Standing) {
        match event {
            Event::Started { .. } => self.goes_on(),
            Event::UndoStarted { .. } => {
                self.goes_on();
                self.refused.clear();
                self.unwanted.clear();
            }
            Event::AssumptionHeld { text } | Event::AssumptionOverridden { text, .. } => {
                self.failing.remove(text);
                self.given.insert(text.clone());
            }
            Event::AssumptionFailed { text, .. } => {
                self.failing.insert(text.clone());
            }
            Event::Stale { step: Some(step), .. } => {
                self.stale.insert(step.clone());
            }
            Event::Stale { step: None, .. } => self.stopped = Some("the world was not as approved"),
            Event::CallWaits { step } => {
                self.waiting.insert(step.clone());
            }
            Event::ValuesWait { of, .. } => {
                self.waiting.insert(of.clone());
            }
            Event::CallAnswered { step, answer, changes, .. } => {
                self.waiting.remove(step);
                match (answer == "no", changes) {
                    (true, Some(changes)) => {
                        self.unwanted.insert((step.clone(), *changes));
                    }
                    (false, Some(changes)) => {
                        self.unwanted.remove(&(step.clone(), *changes));
                    }
                    (true, None) if standing == Standing::Recorded => {
                        self.refused.insert(step.clone());
                    }
                    (_, None) => {}
                }
            }
            Event::GateAnswered { step, agreed, .. } => {
                self.waiting.remove(step);
                if !agreed {
                    self.closed.insert(step.clone());
                }
            }
            Event::ValuesAnswered { of, agreed: false, values, .. } => {
                self.waiting.remove(of);
                self.denied.extend(values.iter().map(|value| ((of.clone(), value.id.clone()), value.kind)));
            }
            Event::ValuesAnswered { of, agreed: true, values, .. } => {
                self.waiting.remove(of);
                self.denied.retain(|(_, id), _| values.iter().all(|value| value.id != *id));
            }
            Event::Approved { .. }
            | Event::Held { .. }
            | Event::StepStarted { .. }
            | Event::StepObserved { .. }
            | Event::StepSucceeded { .. }
            | Event::StepFailed { .. }
            | Event::StepSkipped { .. }
            | Event::StepInDoubt { .. }
            | Event::DoubtResolved { .. }
            | Event::Looked { .. }
            | Event::EachStarted { .. }
            | Event::EachSkipped { .. }
            | Event::EachEnded { .. }
            | Event::EachFailed { .. }
            | Event::VerificationHeld { .. }
            | Event::VerificationFailed { .. }
            | Event::DeadlineSet { .. }
            | Event::DeadlinePassed { .. }
            | Event::Interrupted { .. }
            | Event::Ended { .. }
            | Event::StepUndone { .. }
            | Event::UndoCallStarted { .. }
            | Event::UndoCallObserved { .. }
            | Event::UndoCallEnded { .. }
            | Event::UndoEnded { .. } => {}
        }
    }

    /// Another process asks anew and looks again. What is in a file may be something else by then, which nobody needs to be shown; other
    /// values are those that are recorded.
    fn goes_on(&mut self) {
        self.begun = true;
        self.stopped = None;
        self.stale.clear();
        self.waiting.clear();
        self.denied.retain(|_, kind| *kind != LateKind::Content);
    }

    fn started(&self, plan: &Plan, name: &str, state: &RunState) -> Vec<String> {
        let what = format!("step `{name}`");
        let mut faults = self.in_the_way(name, &what, state);
        if !self.begun {
            faults.push(format!("{what} began before the run had"));
        }
        if let Some(text) = self.failing.first() {
            faults.push(format!("{what} began although `{text}` did not hold"));
        }
        if !state.has_begun() {
            let checked = plan.assumptions.iter().filter(|assumption| assumption.check.is_some());
            let open = checked.map(|assumption| &assumption.text).filter(|text| {
                let is_known = self.given.contains(text.as_str()) || self.failing.contains(text.as_str());
                !is_known
            });
            faults.extend(open.map(|text| format!("{what} began before it was looked whether `{text}` holds")));
        }
        let Some(id) = of_name(plan, name) else { return faults };
        if let Some(record) = state.step(name)
            && matches!(record.state, StepState::Failed { settled, .. } if settled || !record.has_begun() || !tries_again(plan.get(id), record))
        {
            faults.push(format!("{what} began again although it had failed for good"));
        }
        if let Some(open) = open_before(plan, id, state) {
            faults.push(format!("{what} began although `{open}` before it had not ended well"));
        }
        faults
    }

    /// A gate that opens, if it is one.
    fn opened(&self, plan: &Plan, name: &str, state: &RunState) -> Vec<String> {
        let Some(id) = of_name(plan, name).filter(|id| plan.get(*id).is_gate) else { return Vec::new() };
        let what = format!("the gate `{name}`");
        let mut faults =
            told(self.closed.contains(name), || format!("{what} opened although a person had said no at it"));
        if let Some(open) = open_before(plan, id, state) {
            faults.push(format!("{what} opened although `{open}` before it had not ended well"));
        }
        faults
    }

    /// What keeps a step or a block from beginning.
    fn in_the_way(&self, name: &str, what: &str, state: &RunState) -> Vec<String> {
        let is_denied = self.denied.keys().any(|(of, _)| of == name);
        let rows = [
            (state.end.is_some(), "the run had ended"),
            (self.stopped.is_some(), self.stopped.unwrap_or_default()),
            (self.stale.contains(name), "the world was not as approved before it"),
            (self.waiting.contains(name), "it waited for a yes"),
            (self.refused.contains(name), "a person had said no to its call"),
            (is_denied, "a person had said no to what it would use"),
        ];
        let applying = rows.into_iter().filter(|(applies, _)| *applies);
        applying.map(|(_, why)| format!("{what} began although {why}")).collect()
    }

    fn observed(&self, name: &str, changes: &[Change]) -> Vec<String> {
        let is_unwanted = self.unwanted.contains(&(name.to_owned(), Digest::of_json(&changes)));
        told(is_unwanted, || format!("step `{name}` changed something to which a person had said no"))
    }

    fn undo_started(&self, plan: &Plan, name: &str, state: &RunState) -> Vec<String> {
        let what = format!("the undo call of step `{name}`");
        let mut faults = Vec::new();
        if state.undo != UndoState::Started {
            faults.push(format!("{what} began, and nobody was taking back"));
        }
        let record = state.step(name);
        let is_done = record.is_some_and(|record| {
            matches!(record.state, StepState::Succeeded { .. } | StepState::Failed { effect_done: true, .. })
        });
        if !is_done {
            faults.push(format!("{what} began, and there was nothing to take back"));
        }
        let undo = of_name(plan, name).and_then(|id| plan.get(id).undo.as_deref());
        let may_repeat = undo.is_some_and(|undo| undo.tool.idempotent);
        let is_again = record.is_some_and(|record| match record.undo_call {
            UndoCall::Done => true,
            UndoCall::Started => !may_repeat,
            UndoCall::None | UndoCall::Failed(_) => false,
        });
        if is_again {
            faults.push(format!("{what} began again, and it may act twice"));
        }
        let is_denied = self.denied.keys().any(|(of, _)| of == name);
        if self.waiting.contains(name) || self.refused.contains(name) || is_denied {
            faults.push(format!("{what} began without the yes that it wanted"));
        }
        faults
    }
}

/// The first step or block before a step that keeps it from beginning: nothing passes a gate that is closed, and what acts begins
/// when all before it has ended well, but for what stands in one `together` block with it.
fn open_before<'p>(plan: &'p Plan, id: StepId, state: &RunState) -> Option<&'p str> {
    let step = plan.get(id);
    let is_over = |before: StepId| is_over(plan.get(before), state.get(Instance { step: before, element: None }));
    let is_beside = |other: &Step| step.together.is_some() && step.together == other.together;
    let open = |unit: &Unit| match *unit {
        Unit::Step(before) => {
            let other = plan.get(before);
            let counts = other.is_gate || !step.is_read_only() && !is_beside(other) && other.verification.is_none();
            (before < id && counts && !is_over(before)).then(|| other.name.as_str())
        }
        Unit::Each(each) => {
            let mut steps = plan.steps_of(each);
            let counts = step.each != Some(each)
                && !step.is_read_only()
                && plan.each(each).steps.start < id
                && !steps.any(|other| is_beside(plan.get(other)));
            let is_over = matches!(state.block(each), Some(BlockState::Ended { .. } | BlockState::Skipped { .. }));
            (counts && !is_over).then(|| plan.each(each).name.as_str())
        }
    };
    plan.units().iter().find_map(open)
}

/// Of a program in the open only changes of what the run had changed before are recorded, and of no other call any here.
fn unseen(name: &str, changes: &[Change], state: &RunState) -> Vec<String> {
    if changes.is_empty() {
        return Vec::new();
    }
    let written: BTreeSet<String> = state.written().into_iter().map(|change| change.path).collect();
    let other = changes.iter().filter(|change| !written.contains(&change.path));
    other
        .map(|change| format!("step `{name}` has changed `{}`, of which nothing is recorded before", change.path))
        .collect()
}

fn undone(name: &str, restored: &[Change], state: &RunState) -> Vec<String> {
    let mut faults =
        told(state.undo != UndoState::Started, || format!("step `{name}` was taken back, and nobody was taking back"));
    let made = state.step(name).map_or(&[][..], |record| &record.changes);
    let other = restored.iter().filter(|change| !made.contains(change));
    faults
        .extend(other.map(|change| format!("`{}` was put back, and step `{name}` had not changed it so", change.path)));
    faults
}

fn told(applies: bool, fault: impl FnOnce() -> String) -> Vec<String> {
    if applies { vec![fault()] } else { Vec::new() }
}
