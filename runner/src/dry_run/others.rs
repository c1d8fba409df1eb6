//! A step ⟶ what it changes, or may change, that others execute or go by meanwhile: no yes that nobody has read is one to that,
//! and an operator may want more.

use super::steps::{At, Steps};
use crate::coverage::{changed_for_others, is_for_others, naming_lines};
use crate::report::StepOutcome;
use crate::workspace::{Change, Kind, Sight};

impl Steps<'_, '_> {
    /// What a step changes that others execute or go by: paths, and where its changes are not known exactly the lines of
    /// `critical` that name such places. `unsure` are paths that it changes of which it is not known what is there before.
    pub(super) fn for_others(
        &mut self,
        at: &At<'_>,
        outcome: &StepOutcome,
        changes: &[Change],
        unsure: &[String],
    ) -> Vec<String> {
        let is_exact = match outcome {
            _ if at.step.call.is_read_only() => return Vec::new(),
            StepOutcome::Skipped | StepOutcome::NotReached | StepOutcome::Gate => return Vec::new(),
            StepOutcome::Simulated { .. } => true,
            // A program may do something else in the run, unless it must not.
            StepOutcome::Ran { .. } => at.step.reproduce,
            StepOutcome::Read { .. }
            | StepOutcome::Extracted { .. }
            | StepOutcome::Foretold { .. }
            | StepOutcome::KnownAfterRun { .. }
            | StepOutcome::Fails { .. } => false,
        };
        let grants = self.grants();
        // What a step before may have made of a repository, a line names: that is told of that step.
        let is_there = |path: &str| {
            let info = self.overlay.stat_unseen(path).ok().and_then(Sight::known);
            info.is_some_and(|info| info.kind != Kind::Missing)
        };
        let mut found = changed_for_others(changes, is_there);
        found.extend(unsure.iter().filter(|path| is_for_others(path, is_there)).cloned());
        if !is_exact {
            found.extend(naming_lines(&grants, is_there));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
