//! A step that is being worked on: what all that is done with it has in common.

use super::Run;
use crate::event::{Difference, End, Event};
use crate::prediction::Prediction;
use crate::run::{RunError, look_again};
use crate::stop::raised;
use crate::workspace::Observation;
use planc_lang::plan::{Instance, Step};
use std::sync::Arc;
use std::time::Duration;

/// How the work on a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepEnd {
    /// What became of it is recorded, or it can be taken up again.
    Over,
    /// Nothing further may start.
    Halt(End),
}

/// A step that is worked on.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) run: &'a Arc<Run>,
    pub(crate) step: &'a Step,
    pub(crate) instance: Instance,
    /// The name of the step, with the element in a block.
    pub(crate) name: &'a str,
}

impl Work<'_> {
    /// What the dry run expects.
    pub(super) fn prediction(&self) -> Option<&Prediction> {
        self.run.setup.predictions.of(&self.run.setup.compiled.plan, self.instance)
    }

    /// Looks again; gives the end of the run where it is not as it was seen.
    pub(crate) async fn stale(&self, expected: Vec<Observation>) -> Result<Option<End>, RunError> {
        self.ends_stale(look_again(&self.run.setup, expected).await).await
    }

    /// Ends the run where something is not as it was seen.
    pub(super) async fn ends_stale(&self, differences: Vec<Difference>) -> Result<Option<End>, RunError> {
        if differences.is_empty() {
            return Ok(None);
        }
        self.run.recorder.record(Event::Stale { step: Some(self.name.to_owned()), differences }).await?;
        Ok(Some(End::Stale))
    }

    /// A failure before any attempt: it is not tried again.
    pub(crate) fn failed_before(&self, error: String) -> Event {
        Event::StepFailed {
            step: self.name.to_owned(),
            attempt: 0,
            error,
            effect_done: false,
            result: None,
            changes: Vec::new(),
        }
    }
}

/// Waits; whether nobody has asked to stop meanwhile.
pub(crate) async fn goes_on_after(run: &Run, wait: Duration) -> bool {
    if run.setup.stop.is_stopping() {
        return false;
    }
    tokio::select! {
        () = run.setup.clock.sleep(wait) => true,
        () = raised(run.setup.stop.stopping()) => false,
    }
}
