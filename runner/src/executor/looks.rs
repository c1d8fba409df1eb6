//! What a step is expected to see ⟶ whether it is so, before each of its attempts.
//!
//! An attempt that has left nothing is as good as none: the next one is held to all that the first was held to. After one that
//! may have acted, a path may also be as the step itself has left it.

use super::late::named;
use super::work::Work;
use crate::event::{Difference, End};
use crate::run::{Naming, OwnChanges, RunError, as_found, expected_files, is_agreed, leaves_nothing, look_again};
use crate::state::{StepRecord, StepState};
use crate::workspace::{Change, FileState, Look, Observation, is_as_seen};
use planc_lang::paths::within;
use planc_lang::value::Value;
use std::collections::{BTreeMap, BTreeSet};

impl Work<'_> {
    /// Looks at everything that the step is expected to see; gives it as it was found, or the end of the run where something is another.
    pub(super) async fn looks(&self, values: &[Value]) -> Result<Result<Vec<Observation>, End>, RunError> {
        let expected = self.expected(values);
        let mut differences = look_again(&self.run.setup, expected.clone()).await;
        let seen = as_found(expected, &differences);
        differences.retain(|difference| !self.is_excused(difference));
        // A person may have thought long about whether the call may be made, and another step may have ended meanwhile.
        let unapproved = named(*self, values).await?;
        differences.extend(unapproved.in_the_way(&self.run.recorder.state()));
        Ok(self.ends_stale(differences).await?.map_or(Ok(seen), Err))
    }

    /// What a file tool has looked at, held against what it is expected to see, also where somebody changes that at this moment. Behind what
    /// it names there is nothing that is neither expected nor the run's own.
    pub(super) fn strange(&self, values: &[Value], seen: &[Observation]) -> Vec<Difference> {
        let mut expected = self.expected(values);
        expected.extend(self.strangers(&expected, seen));
        let found: BTreeMap<&Look, &String> = seen.iter().map(|seen| (&seen.look, &seen.seen)).collect();
        let differences = expected.into_iter().filter_map(|expected| {
            let found = (*found.get(&expected.look)?).clone();
            (!is_as_seen(&found, &expected.seen)).then_some(Difference { expected, found })
        });
        differences.filter(|difference| !self.is_excused(difference)).collect()
    }

    /// That nothing is there, where something was seen behind what the call names that the run has not made.
    fn strangers(&self, expected: &[Observation], seen: &[Observation]) -> Vec<Observation> {
        let looks: BTreeSet<&Look> = expected.iter().map(|expected| &expected.look).collect();
        let named = self.prediction().into_iter().flat_map(|prediction| &prediction.named);
        let named: BTreeSet<&str> = named.filter_map(|named| named.look.at()).collect();
        // Nobody records what programs leave there.
        let scratch = &self.run.setup.config.programs.scratch;
        let is_scratch = |path: &str| scratch.iter().any(|folder| within(path, folder));
        let new = seen.iter().filter_map(|seen| {
            let path = seen.look.at().filter(|path| !looks.contains(&seen.look) && !is_scratch(path))?;
            above(path).any(|above| named.contains(above)).then_some((path, &seen.seen))
        });
        let new: Vec<(&str, &String)> = new.collect();
        if new.is_empty() {
            return Vec::new();
        }
        let state = self.run.recorder.state();
        let changes = OwnChanges::of(&state);
        let absent = FileState::Absent.to_string();
        let is_own = |path: &str, seen: &str| {
            changes.made_of(path, vec![absent.clone()]).iter().any(|made| is_as_seen(seen, made))
        };
        let strangers = new.into_iter().filter(|(path, seen)| !is_own(path, seen));
        let nothing =
            |(path, _): (&str, &String)| Observation { look: Look::At { path: path.to_owned() }, seen: absent.clone() };
        strangers.map(nothing).collect()
    }

    /// What the dry run says, and what the files must be that the command line names.
    fn expected(&self, values: &[Value]) -> Vec<Observation> {
        let Some(prediction) = self.prediction() else { return Vec::new() };
        let mut expected = prediction.observations.clone();
        let naming = Naming { name: self.name, instance: self.instance, call: &self.step.call, values, is_undo: false };
        expected.extend(expected_files(&self.run.setup, prediction, &self.run.recorder.state(), naming));
        expected
    }

    /// Whether a person has agreed to what is found, or the step itself may have left it.
    fn is_excused(&self, difference: &Difference) -> bool {
        self.is_agreed(difference) || self.may_have_left().is_some_and(|own| is_own(difference, &own))
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

/// The folders that a path lies in, but for the workspace.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
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
