//! Before a run is taken back ⟶ whether the declared `undo` calls would be made as they were approved.

use super::{Desk, DeskError, Planned};
use crate::dry_run::{Unlike, other_undo};
use crate::event::Event;
use crate::journal::StoredRun;
use crate::state::{RunState, StepRecord, StepState, UndoCall};
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
}

/// Whether a step has begun and is not taken back.
fn is_open(record: &StepRecord) -> bool {
    record.has_begun() && record.state != StepState::Undone && record.undo_call != UndoCall::Done
}
