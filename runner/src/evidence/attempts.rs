//! Attempts ⟶ whether each began once and ended as itself: it has the number after that of the one before, and what ends has it, too.

use super::bound::of_name;
use crate::event::Event;
use crate::state::{RunState, StepState};
use planc_lang::plan::{Plan, Step};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// The catalogue of the tools that record what they change with their beginning, so that one that fails before that has not begun.
pub(super) const FILES: &str = "fs";

/// The attempts that a process has begun and not ended.
#[derive(Default)]
pub(super) struct Attempts {
    open: BTreeSet<String>,
}

impl Attempts {
    /// What is wrong with an event where it stands; takes it into account.
    pub(super) fn take(&mut self, plan: &Plan, event: &Event, state: &RunState) -> Vec<String> {
        let step = |name: &str| of_name(plan, name).map(|id| plan.get(id));
        let last = |name: &str| state.step(name).map_or(0, |record| record.attempt);
        // A step that polls ends with the look behind the last that is recorded.
        let this = |name: &str| {
            let looks = step(name).is_some_and(|step| step.poll.is_some());
            last(name)..=last(name).saturating_add(u32::from(looks))
        };
        match event {
            // What a process was cut off in, the next one begins anew.
            Event::Started { .. } | Event::UndoStarted { .. } => {
                self.open.clear();
                Vec::new()
            }
            Event::StepStarted { step, attempt, .. } => {
                let is_open = !self.open.insert(step.clone());
                let next = last(step).saturating_add(1);
                let mut faults = numbered(step, *attempt, next..=next);
                faults.extend(is_open.then(|| format!("step `{step}` began again, and it had not ended")));
                faults
            }
            Event::Looked { step, attempt, .. } => numbered(step, *attempt, this(step)),
            Event::StepObserved { step, attempt, .. } => numbered(step, *attempt, last(step)..=last(step)),
            Event::StepSucceeded { step: name, attempt, .. } => {
                self.open.remove(name);
                match step(name).is_some_and(|step| step.is_gate) {
                    true => numbered(name, *attempt, 1..=1),
                    false => numbered(name, *attempt, this(name)),
                }
            }
            Event::StepInDoubt { step, attempt, .. } => {
                self.open.remove(step);
                numbered(step, *attempt, last(step)..=last(step))
            }
            Event::StepFailed { step: name, attempt, .. } => {
                let is_open = self.open.remove(name);
                let is_running =
                    state.step(name).is_some_and(|record| matches!(record.state, StepState::Running { .. }));
                let of_files = |step: &Step| step.call.tool.catalogue() == FILES;
                match attempt {
                    // It could not be made.
                    0 if !is_open => Vec::new(),
                    _ if is_running => numbered(name, *attempt, this(name)),
                    _ if step(name).is_some_and(of_files) => {
                        let next = last(name).saturating_add(1);
                        numbered(name, *attempt, next..=next)
                    }
                    _ => vec![format!("step `{name}` failed in attempt {attempt}, which had not begun")],
                }
            }
            _ => Vec::new(),
        }
    }
}

fn numbered(step: &str, attempt: u32, expected: RangeInclusive<u32>) -> Vec<String> {
    match expected.contains(&attempt) {
        true => Vec::new(),
        false => vec![format!("attempt {attempt} of step `{step}` is recorded where attempt {} is", expected.start())],
    }
}
