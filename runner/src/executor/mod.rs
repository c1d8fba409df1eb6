//! An approved plan ⟶ carried out step by step, each recorded before and after it happens.
//!
//! [`execute`] begins a run or goes on with one: what finished is never done again. This file is
//! where a run begins and ends; it knows nothing of single tools.

mod attempt;
mod begin;
mod beyond;
mod block;
mod conflicts;
mod deadline;
mod drive;
mod files;
mod finish;
mod gate;
mod given;
mod late;
mod live;
mod looks;
mod program;
mod poll;
mod probe;
mod resume;
mod step;
mod work;

use crate::event::{End, Event};
use crate::journal::RunLock;
use crate::run::{Recorder, RunError, RunSetup, environment, environment_of};
use crate::schedule::{self, Order};
use crate::state::{RunState, UndoState};
use crate::undo;
pub(crate) use beyond::{lasting, no_yes_to};
use drive::Drive;
pub(crate) use finish::{GIVEN, has_value};
pub use given::unfit;
use planc_lang::eval::Env;
use planc_lang::plan::Instance;
use planc_lang::value::Value;
use std::sync::Arc;

/// One carrying out, shared by all its steps.
pub(crate) struct Run {
    pub(crate) setup: Arc<RunSetup>,
    pub(crate) recorder: Recorder,
    order: Order,
}

/// Carries a run out, from its beginning or from where it stopped, until it ends or stops again. Must be called on a
/// tokio runtime; one run at a time in one state directory.
pub async fn execute(setup: RunSetup) -> Result<End, RunError> {
    let _lock = RunLock::take(&setup.config.state, &setup.run)?.in_workspace(setup.workspace.root())?;
    let events = setup.journal.events().await?;
    // What was found out by then is as secret as it was.
    setup.veil.iter().for_each(|veil| events.iter().for_each(|event| veil.learn(event)));
    let plan = &setup.compiled.plan;
    let state = RunState::fold(plan, &events);
    let order = Order::of(plan, &setup.compiled.graph);
    let recorder = Recorder::new(setup.journal.clone(), setup.watch.clone(), setup.veil.clone(), state);
    let run = Arc::new(Run { setup: Arc::new(setup), recorder, order });
    if let Some(end) = run.left_over().await? {
        return Ok(end);
    }
    begin::approve(&run).await?;
    let resumed = events.iter().any(|event| matches!(event, Event::Started { .. }));
    let deadline = deadline::set(&run, resumed).await?;
    run.recorder.record(Event::Started { pid: std::process::id(), resumed }).await?;
    let watching = deadline::look_after(&run, deadline);
    let end = run.clone().carry_out(resumed).await?;
    let (end, outputs) = finish::outputs(&run, end).await?;
    drop(watching);
    run.recorder.record(Event::Ended { end, outputs }).await?;
    run.undo_if_wanted(end).await?;
    Ok(end)
}

impl Run {
    /// What names outside of `each` blocks stand for now.
    pub(crate) fn environment(&self) -> Env<'_> {
        environment(&self.setup, self.recorder.recorded(&self.recorder.state()))
    }

    /// What names stand for in a step now.
    pub(crate) fn environment_of(&self, instance: Instance) -> Env<'_> {
        environment_of(&self.setup, self.recorder.recorded(&self.recorder.state()), instance)
    }

    /// What is left of a run that has ended: nothing, or taking back that was cut off.
    async fn left_over(&self) -> Result<Option<End>, RunError> {
        let (can_resume, end, undo) = {
            let state = self.recorder.state();
            (state.can_resume(), state.end, state.undo)
        };
        match end {
            _ if can_resume => Ok(None),
            Some(end @ (End::Failed | End::Refused))
                if undo == UndoState::Started || undo == UndoState::No && self.wants_undo() =>
            {
                undo::take_back(&self.setup, &self.recorder).await?;
                Ok(Some(end))
            }
            end => {
                let how = match (undo, end) {
                    (UndoState::No, Some(end)) => format!("{end:?}").to_lowercase(),
                    (UndoState::Complete, _) => "it was taken back".to_owned(),
                    (UndoState::No | UndoState::Started | UndoState::Partial, _) => {
                        "taking it back has begun and is not finished".to_owned()
                    }
                };
                Err(RunError::Over { run: self.setup.run.clone(), how })
            }
        }
    }

    /// How the run ends when plan mode became active; none: it goes on.
    pub(crate) async fn held(&self) -> Result<Option<End>, RunError> {
        let Some(watch) = &self.setup.mode else { return Ok(None) };
        match watch.clone().refuses().await {
            Some(why) => {
                self.recorder.record(Event::Held { why }).await?;
                Ok(Some(End::Held))
            }
            None => Ok(None),
        }
    }

    fn wants_undo(&self) -> bool {
        schedule::wants_undo(&self.setup.compiled.plan, &self.recorder.state())
    }

    async fn undo_if_wanted(&self, end: End) -> Result<(), RunError> {
        match end {
            // Taking back has effects too: it goes on when the run is resumed.
            End::Failed | End::Refused if self.wants_undo() && self.held().await?.is_none() => {
                undo::take_back(&self.setup, &self.recorder).await.map(|_| ())
            }
            End::Failed
            | End::Refused
            | End::Done
            | End::Stale
            | End::InDoubt
            | End::Interrupted
            | End::Overdue
            | End::Held
            | End::Waiting => Ok(()),
        }
    }

    async fn carry_out(self: Arc<Run>, resumed: bool) -> Result<End, RunError> {
        if resumed {
            resume::settle(&self).await?;
        }
        let begun = self.recorder.state().has_begun();
        let early = match begun {
            true => None,
            false => begin::recheck(&self).await?,
        };
        match early {
            Some(end) => Ok(end),
            None => Drive::new(self).run().await,
        }
    }
}

/// No outputs.
pub(crate) const NOTHING: Value = Value::Null;
