//! A plan ⟶ whether a yes to it would be of any use, before anybody is asked: an earlier run of it that is not over, a digest that has
//! run, and a world or a configuration that is another one by now stand against it.

use super::{Desk, DeskError, Planned, rebuild};
use crate::event::Difference;
use crate::journal::{RunLock, StoredPlan, StoredRun};
use crate::state::RunState;
use crate::workspace::is_as_seen;
use planc_lang::digest::Digest;
use std::fmt;

/// Where an earlier run stands that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// A process works on it.
    AtWork,
    /// It waits for an answer at this step.
    Waits(String),
    /// A call of it is in doubt.
    InDoubt,
    /// It has stopped.
    Stopped,
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Open::AtWork => f.write_str("is at work"),
            Open::Waits(step) => write!(f, "waits for an answer at `{}`", step.escape_debug()),
            Open::InDoubt => f.write_str("is not over: a call of it is in doubt"),
            Open::Stopped => f.write_str("is not over"),
        }
    }
}

impl Desk {
    /// Whether a yes to a plan would lead to a run. A world that is another one by now is told of as far as the card shows it: what
    /// a secret chose to look at stays untold.
    pub fn check_asked(&self, planned: &Planned) -> Result<(), DeskError> {
        let plan = &planned.plan;
        self.check_unused(plan, None)?;
        self.check_bound(&self.store.open_run(&plan.digest)?, planned)?;
        let differences: Vec<Difference> = plan
            .report
            .observations
            .iter()
            .filter_map(|seen| match self.workspace.observe(&seen.look) {
                Ok(found) if !is_as_seen(&found, &seen.seen) => Some(Difference { expected: seen.clone(), found }),
                // Whoever is asked may be somebody who cannot look at it.
                Ok(_) | Err(_) => None,
            })
            .collect();
        match differences.is_empty() {
            true => Ok(()),
            false => Err(DeskError::OtherWorld { digest: plan.digest, differences }),
        }
    }

    /// Whether all runs of a compiled plan are over: one that is not comes first.
    pub fn check_over(&self, plan: &Digest) -> Result<(), DeskError> {
        self.store.begun_runs(plan)?.into_iter().try_for_each(|run| self.check_ended(&run))
    }

    /// Whether the digest of a plan may still be approved and used, by `run` if that is known already.
    pub fn check_unused(&self, plan: &StoredPlan, run: Option<&str>) -> Result<(), DeskError> {
        for other in self.store.begun_runs(&plan.plan_digest)? {
            if run == Some(other.id.as_str()) {
                continue;
            }
            self.check_ended(&other)?;
            if other.plan == plan.digest {
                return Err(DeskError::UsedUp { digest: plan.digest, run: other.id });
            }
        }
        Ok(())
    }

    fn check_ended(&self, run: &StoredRun) -> Result<(), DeskError> {
        let stored = self.store.plan(&run.plan.to_string())?;
        // What this planc cannot read stands against nothing.
        let Ok(draft) = rebuild(&stored) else { return Ok(()) };
        let events = self.store.events(&run.id)?;
        let state = RunState::fold(&draft.compiled.plan, events.iter().map(|stored| &stored.event));
        if !state.can_resume() {
            return Ok(());
        }
        let asks = state.steps().iter().find(|step| step.waits);
        let open = match (RunLock::is_held(&self.config.state, &run.id), asks) {
            (true, _) => Open::AtWork,
            (false, _) if state.doubts().next().is_some() => Open::InDoubt,
            (false, Some(step)) => Open::Waits(step.name.clone()),
            (false, None) => Open::Stopped,
        };
        Err(DeskError::Unfinished { run: run.id.clone(), open })
    }
}
