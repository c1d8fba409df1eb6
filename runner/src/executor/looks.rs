//! What a step is expected to see ⟶ whether it is so, before each of its attempts.
//!
//! An attempt that has left nothing is as good as none: the next one is held to all that the first was held to. After one that
//! may have acted, a path may also be as the step itself has left it.

use super::late::named;
use super::work::Work;
use crate::event::{Difference, End};
use crate::run::{Naming, RunError, as_found, expected_files, is_agreed, leaves_nothing, look_again};
use crate::state::{StepRecord, StepState};
use crate::workspace::{Change, Look, Observation};
use planc_lang::value::Value;

impl Work<'_> {
    /// Looks at everything that the step is expected to see; gives it as it was found, or the end of the run where something is another.
    pub(super) async fn looks(&self, values: &[Value]) -> Result<Result<Vec<Observation>, End>, RunError> {
        let expected = self.expected(values);
        let mut differences = look_again(&self.run.setup, expected.clone()).await;
        let seen = as_found(expected, &differences);
        differences.retain(|difference| !self.is_agreed(difference));
        if let Some(own) = self.may_have_left() {
            differences.retain(|difference| !is_own(difference, &own));
        }
        // A person may have thought long about whether the call may be made, and another step may have ended meanwhile.
        let unapproved = named(*self, values).await?;
        differences.extend(unapproved.in_the_way(&self.run.recorder.state()));
        Ok(self.ends_stale(differences).await?.map_or(Ok(seen), Err))
    }

    /// What the dry run says, and what the files must be that the command line names.
    fn expected(&self, values: &[Value]) -> Vec<Observation> {
        let Some(prediction) = self.prediction() else { return Vec::new() };
        let mut expected = prediction.observations.clone();
        let naming = Naming { name: self.name, instance: self.instance, call: &self.step.call, values, is_undo: false };
        expected.extend(expected_files(&self.run.setup, prediction, &self.run.recorder.state(), naming));
        expected
    }

    /// Whether a person has looked at what is found in a file, and agreed to it.
    fn is_agreed(&self, difference: &Difference) -> bool {
        let path = difference.expected.look.at();
        path.is_some_and(|path| is_agreed(&self.run.recorder.state(), self.name, path, &difference.found))
    }

    /// What an earlier attempt that may have left something is known to have changed; none: there was no such attempt.
    fn may_have_left(&self) -> Option<Vec<Change>> {
        let state = self.run.recorder.state();
        let record = state.get(self.instance)?;
        let leaves = || !self.step.call.is_read_only() && !leaves_nothing(&self.run.setup, self.step, record);
        (is_taken_up_again(record) && leaves()).then(|| record.changes.clone())
    }
}

fn is_taken_up_again(record: &StepRecord) -> bool {
    match &record.state {
        StepState::Failed { .. } | StepState::Running { .. } => true,
        StepState::Waiting
        | StepState::Succeeded { .. }
        | StepState::Skipped { .. }
        | StepState::InDoubt { .. }
        | StepState::Undone => false,
    }
}

/// Whether an earlier attempt accounts for a difference. What directories hold and globs match it may have changed by what
/// is not known one by one.
fn is_own(difference: &Difference, own: &[Change]) -> bool {
    match &difference.expected.look {
        Look::At { path } => {
            own.iter().any(|change| change.path == *path && change.after.to_string() == difference.found)
        }
        Look::Entries { .. } | Look::Called { .. } | Look::Matches { .. } => true,
        Look::Program { .. } | Look::Call { .. } | Look::Tool { .. } => false,
    }
}
