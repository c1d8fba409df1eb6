//! What a step turns out to change ⟶ whether the yes to its run is one to that.
//!
//! A yes that nobody has read, or that is less than an operator wants of such a plan, was given to what the dry run knew. What
//! a program changes, and what is in the workspace only by now, is known here.

use super::attempt::Attempt;
use crate::approval::{Approved, Claim};
use crate::config::{Config, Effect};
use crate::coverage::{changed_for_others, there};
use crate::report::Loadable;
use crate::workspace::{Change, FileState, Workspace};

/// Why the yes to the run is none to these changes; nothing: it is.
pub(super) fn beyond(attempt: &Attempt<'_>, changes: &[Change]) -> Option<String> {
    let setup = &attempt.run.setup;
    let gone = changes.iter().filter(|change| change.after == FileState::Absent && change.before != FileState::Absent);
    let gone = gone.map(|change| (Effect::Destructive, format!("that `{}` is gone", change.path)));
    let found: Vec<(Effect, String)> =
        lasting(&setup.config, &setup.workspace, changes).into_iter().chain(gone).collect();
    let (_, first) = found.first()?;
    let approved = attempt.run.recorder.state().approved.clone();
    no_yes_to(&setup.claim, approved.as_ref(), (first, &found))
}

/// Why the yes to a run is none to what was found, of which the first is said; nothing: it is.
pub(crate) fn no_yes_to(
    claim: &Claim,
    approved: Option<&Approved>,
    (first, found): (&str, &[(Effect, String)]),
) -> Option<String> {
    let why = match approved {
        Some(approved) => claim.falls_short(approved, found)?,
        None => "nobody has given one".to_owned(),
    };
    Some(format!("the yes to this run is none to {first}: {why}"))
}

/// What others make of these changes, in a phrase: nobody can take that back.
pub(crate) fn lasting(config: &Config, workspace: &Workspace, changes: &[Change]) -> Vec<(Effect, String)> {
    let executed = changed_for_others(changes, |path| there(workspace, path)).into_iter();
    let executed = executed.map(|path| format!("what others do by `{path}` meanwhile"));
    let loaders = config.loaders();
    let changed = changes.iter().filter(|change| change.before != change.after);
    let loaded = changed.filter_map(|change| {
        let loadable = Loadable { place: change.path.clone(), by: loaders.by(&change.path)?.to_owned() };
        Some(loadable.to_string())
    });
    executed.chain(loaded).map(|what| (Effect::NotUndoable, what)).collect()
}
