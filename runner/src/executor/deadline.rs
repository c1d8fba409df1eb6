//! Until when a run may go on ⟶ recorded when it begins, kept when it goes on, and looked after while it does.

use super::Run;
use crate::approval::written;
use crate::event::{End, Event};
use crate::journal::StoreError;
use crate::run::{Deadline, RunError};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Records what is said of the deadline. Gives the one that holds; one that has passed is an error, and nothing is done.
pub(super) async fn set(run: &Run, resumed: bool) -> Result<Option<Timestamp>, RunError> {
    let setup = &run.setup;
    let recorded = run.recorder.state().deadline.clone();
    let by = || Some(setup.by.clone());
    let said = match &setup.deadline {
        Some(Deadline::Until(at)) => Some((Some(written(*at)), by())),
        Some(Deadline::For(time)) => Some((Some(written(setup.clock.now() + *time)), by())),
        Some(Deadline::Never) => Some((None, by())),
        None if resumed || recorded.is_some() => None,
        None => setup.config.deadline.map(|time| (Some(written(setup.clock.now() + time)), None)),
    };
    if let Some((at, by)) = said {
        run.recorder.record(Event::DeadlineSet { at, by }).await?;
    }
    let Some(at) = run.recorder.state().deadline.clone() else { return Ok(None) };
    match at.parse::<Timestamp>() {
        Ok(time) if setup.clock.now() < time => Ok(Some(time)),
        // What is no time has come.
        Ok(_) | Err(_) => Err(RunError::Overdue { run: setup.run.clone(), at }),
    }
}

/// Ends what runs when the deadline passes, for as long as what this gives is kept.
pub(super) fn look_after(run: &Arc<Run>, deadline: Option<Timestamp>) -> JoinSet<()> {
    let mut watching = JoinSet::new();
    if let Some(deadline) = deadline {
        let setup = run.setup.clone();
        watching.spawn(async move {
            setup.clock.until(deadline).await;
            setup.stop.expire();
        });
    }
    watching
}

impl Run {
    /// Whether the deadline has passed, also where nobody has ended anything because of it yet.
    pub(super) fn is_past_deadline(&self) -> bool {
        let deadline = self.recorder.state().deadline.as_ref().and_then(|at| at.parse::<Timestamp>().ok());
        self.setup.stop.is_overdue() || deadline.is_some_and(|at| self.setup.clock.now() >= at)
    }

    /// Records that the deadline has passed.
    pub(super) async fn overdue(&self) -> Result<End, StoreError> {
        let at = self.recorder.state().deadline.clone().unwrap_or_default();
        self.recorder.record(Event::DeadlinePassed { at }).await?;
        Ok(End::Overdue)
    }
}
