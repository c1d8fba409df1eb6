//! Before a run is taken back ⟶ whether the declared `undo` calls would be made as they were approved, and whether the yes to the run
//! is one to what is restored.

use super::{Desk, DeskError, Planned};
use crate::dry_run::{Unlike, other_undo};
use crate::event::Event;
use crate::executor::{lasting, no_yes_to};
use crate::journal::StoredRun;
use crate::state::{RunState, StepRecord, StepState, UndoCall};
use crate::workspace::Change;
use planc_lang::catalogue::Tool;

impl Desk {
    /// Whether the servers of the `undo` calls that are to be made are what they were, and their programs run where they did.
    pub fn check_undo(&self, run: &StoredRun, planned: &Planned) -> Result<(), DeskError> {
        let (digest, plan) = (planned.plan.digest, &planned.compiled.plan);
        let events: Vec<Event> = self.store.events(&run.id)?.into_iter().map(|stored| stored.event).collect();
        let state = RunState::fold(plan, &events);
        let open = state.steps().iter().filter(|record| is_open(record)).filter_map(|record| record.instance);
        let calls = open.filter_map(|instance| plan.get(instance.step).undo.as_deref());
        let undo: Vec<&Tool> = calls.map(|call| &*call.tool).collect();
        let Some(stored) = self.store.bound(&digest)? else { return Ok(()) };
        match other_undo(&stored, plan, &self.config, &undo) {
            None => Ok(()),
            Some(Unlike::File { server, file }) => Err(DeskError::OtherFile { digest, server, file }),
            Some(Unlike::Variables(names)) => Err(DeskError::OtherVariables { digest, names }),
            Some(Unlike::Policy) => Err(DeskError::OtherPolicy(digest)),
        }
    }

    /// Why the yes to the run is none to its being taken back, in a phrase; nothing: it is. By now others may execute or load what is
    /// restored.
    pub fn beyond_undo(&self, planned: &Planned, state: &RunState) -> Result<Option<String>, DeskError> {
        let open = state.steps().iter().filter(|record| record.state != StepState::Undone);
        let changes: Vec<Change> = open.flat_map(|record| record.changes.iter().cloned()).collect();
        let found = lasting(&self.config, &self.workspace, &changes);
        let first = match found.first() {
            Some((_, first)) => first.as_str(),
            // Others may load what planc does not know of.
            None if self.config.approval.closed.is_some() && !changes.is_empty() => "its being taken back",
            None => return Ok(None),
        };
        Ok(no_yes_to(&self.claim(&planned.plan)?, state.approved.as_ref(), (first, &found)))
    }
}

/// Whether a step has begun and is not taken back.
fn is_open(record: &StepRecord) -> bool {
    record.has_begun() && record.state != StepState::Undone && record.undo_call != UndoCall::Done
}
