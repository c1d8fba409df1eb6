//! What must not come after what: a step behind a no, a failed assumption, a stale world or the end; a call that takes back before
//! anything was done.
//!
//! Only what no history of planc has is a fault. Steps that overlap may begin after another one has stopped the run, and a process
//! that was killed right after it recorded a no asks again: what it asked for stays open until there is a yes.

use super::bound::{Standing, of_name};
use crate::event::{Conflict, End, Event, LateKind};
use crate::schedule::{is_over, tries_again};
use crate::state::{BlockState, RunState, StepState, UndoCall, UndoState};
use crate::workspace::Change;
use planc_lang::digest::Digest;
use planc_lang::plan::{Instance, Plan, Step, StepId, Unit};
use std::collections::{BTreeMap, BTreeSet};

/// The answers that are a yes to a call.
pub(super) const YES: [&str; 3] = ["once", "always", "standing"];

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
    /// How the run may end, by what it has found out since it went on.
    reasons: Vec<End>,
}

impl Order {
    /// What is wrong with an event where it stands, as far as what came before tells; takes it into account. Shown events tell not always
    /// what an answer was about.
    pub(super) fn take(&mut self, plan: &Plan, event: &Event, state: &RunState, standing: Standing) -> Vec<String> {
        match event {
            Event::Approved { .. } => {
                return told(state.approved.is_some(), || "a further yes was used up, and a run uses one".to_owned());
            }
            Event::Started { .. } => {
                self.goes_on();
                return told(!state.can_resume(), || "the run went on although it was over".to_owned());
            }
            Event::UndoStarted { .. } => {
                self.goes_on();
                self.refused.clear();
                self.unwanted.clear();
            }
            Event::AssumptionHeld { text } => self.is_given(text),
            Event::AssumptionOverridden { text, .. } => {
                self.is_given(text);
                let is_said = state.approved.as_ref().is_some_and(|approved| approved.overrides(text).is_some());
                return told(!is_said, || format!("nobody who approved has taken `{text}` as given"));
            }
            Event::AssumptionFailed { text, .. } => {
                self.failing.insert(text.clone());
            }
            Event::Stale { step, .. } => {
                self.reasons.push(End::Stale);
                match step {
                    Some(step) => drop(self.stale.insert(step.clone())),
                    None => self.stopped = Some("the world was not as approved"),
                }
            }
            Event::Interrupted { .. } => self.reasons.push(End::Interrupted),
            Event::DeadlinePassed { .. } => self.reasons.push(End::Overdue),
            Event::Held { .. } => self.reasons.push(End::Held),
            Event::CallWaits { step: of } | Event::ValuesWait { of, .. } => {
                self.reasons.push(End::Waiting);
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
                let is_answer = answer == "no" || YES.contains(&answer.as_str());
                return told(!is_answer, || format!("`{answer}` is no answer to the call of step `{step}`"));
            }
            Event::GateAnswered { step, agreed, .. } => {
                self.waiting.remove(step);
                if !agreed {
                    self.closed.insert(step.clone());
                }
            }
            Event::ValuesAnswered { of, agreed, values, .. } => {
                self.waiting.remove(of);
                match agreed {
                    true => self.denied.retain(|(_, id), _| values.iter().all(|value| value.id != *id)),
                    false => {
                        self.denied.extend(values.iter().map(|value| ((of.clone(), value.id.clone()), value.kind)));
                    }
                }
            }
            Event::StepStarted { step, .. } => return self.started(plan, step, state),
            Event::EachStarted { each, .. } => return self.in_the_way(each, &format!("block `{each}`"), state),
            Event::StepSucceeded { step, changes, .. } => {
                let opened = self.opened(plan, step, state);
                return opened.into_iter().chain(unseen(step, changes, state)).collect();
            }
            Event::StepFailed { step, changes, .. } | Event::StepInDoubt { step, changes, .. } => {
                return unseen(step, changes, state);
            }
            Event::StepObserved { step, changes, .. } | Event::UndoCallObserved { step, changes } => {
                return self.observed(step, changes);
            }
            Event::UndoCallStarted { step, .. } => return self.undo_started(plan, step, state),
            Event::UndoCallEnded { step, error: None } => {
                let is_open = state.step(step).is_some_and(|record| record.undo_call == UndoCall::Started);
                return told(!is_open, || format!("the undo call of step `{step}` has ended, and it had not begun"));
            }
            Event::StepUndone { step, restored, conflicts } => return undone(step, restored, conflicts, state),
            Event::Ended { .. } => {
                let goes_on = self.begun && state.end.is_none();
                return told(!goes_on, || "the run ended, and nobody went on with it".to_owned());
            }
            Event::StepSkipped { .. }
            | Event::DoubtResolved { .. }
            | Event::Looked { .. }
            | Event::EachSkipped { .. }
            | Event::EachEnded { .. }
            | Event::EachFailed { .. }
            | Event::VerificationHeld { .. }
            | Event::VerificationFailed { .. }
            | Event::DeadlineSet { .. }
            | Event::UndoCallEnded { error: Some(_), .. }
            | Event::UndoEnded { .. } => {}
        }
        Vec::new()
    }

    /// Whether what the run has found out since it went on is a reason to end so.
    pub(super) fn has_reason(&self, end: End) -> bool {
        self.reasons.contains(&end) || end == End::Failed && !self.failing.is_empty()
    }

    /// Whether a person said no to a value that this would use.
    fn is_denied(&self, name: &str) -> bool {
        self.denied.keys().any(|(of, _)| of == name)
    }

    fn is_given(&mut self, text: &str) {
        self.failing.remove(text);
        self.given.insert(text.to_owned());
    }

    /// Another process asks anew and looks again. What is in a file may be something else by then, which nobody needs to be shown; other
    /// values are those that are recorded.
    fn goes_on(&mut self) {
        self.begun = true;
        self.stopped = None;
        self.stale.clear();
        self.waiting.clear();
        self.reasons.clear();
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
        let rows = [
            (state.end.is_some(), "the run had ended"),
            (self.stopped.is_some(), self.stopped.unwrap_or_default()),
            (self.stale.contains(name), "the world was not as approved before it"),
            (self.waiting.contains(name), "it waited for a yes"),
            (self.refused.contains(name), "a person had said no to its call"),
            (self.is_denied(name), "a person had said no to what it would use"),
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
        if self.waiting.contains(name) || self.refused.contains(name) || self.is_denied(name) {
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

/// A step that was taken back: what was put back is what it had changed, and all of it, but for what was left and is told.
fn undone(name: &str, restored: &[Change], conflicts: &[Conflict], state: &RunState) -> Vec<String> {
    let mut faults =
        told(state.undo != UndoState::Started, || format!("step `{name}` was taken back, and nobody was taking back"));
    let record = state.step(name);
    let made = record.map_or(&[][..], |record| &record.changes);
    let mut open: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    made.iter().for_each(|change| open.entry(&change.path).or_default().push(change));
    let earlier = record.into_iter().flat_map(|record| &record.restored);
    for (change, is_now) in earlier.map(|change| (change, false)).chain(restored.iter().map(|change| (change, true))) {
        let at_path = open.get_mut(change.path.as_str());
        let taken = at_path.and_then(|open| Some(open.swap_remove(open.iter().position(|made| *made == change)?)));
        if taken.is_none() && is_now {
            faults.push(format!("`{}` was put back, and step `{name}` had not changed it so", change.path));
        }
    }
    let left = open.into_iter().filter(|(_, changes)| !changes.is_empty() && conflicts.is_empty());
    faults.extend(left.map(|(path, _)| format!("step `{name}` was taken back, and `{path}` was not put back")));
    faults
}

fn told(applies: bool, fault: impl FnOnce() -> String) -> Vec<String> {
    if applies { vec![fault()] } else { Vec::new() }
}
