//! A step's changes ⟶ earlier contents restored, where nobody changed them since.

use crate::dry_run::{MAX_DIFF_BYTES, change_report};
use crate::event::Conflict;
use crate::run::RunSetup;
use crate::state::{RunState, StepRecord};
use crate::workspace::{Change, FileState, private, shared};
use planc_lang::digest::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many entries of a directory that is not empty are told.
const MAX_TOLD: usize = 5;

/// The longest diff of a path that was left, in bytes; of a longer one the beginning is told.
pub const MAX_CONFLICT_BYTES: usize = 64 << 10;

/// What came of a step's changes.
#[derive(Debug, Default)]
pub(super) struct Restored {
    pub(super) restored: Vec<Change>,
    pub(super) conflicts: Vec<Conflict>,
}

/// Restores what a step changed, last first. `left` are paths that were left: earlier changes of them are left too.
pub(super) async fn restore(
    setup: &Arc<RunSetup>,
    record: &StepRecord,
    remade: BTreeMap<String, Remade>,
    left: &mut BTreeSet<String>,
) -> Restored {
    let (task_setup, record) = (setup.clone(), record.clone());
    let mut paths = std::mem::take(left);
    let restoring = tokio::task::spawn_blocking(move || {
        let restored = restore_all(&task_setup, &record, &remade, &mut paths);
        (restored, paths)
    });
    match restoring.await {
        Ok((restored, paths)) => {
            *left = paths;
            restored
        }
        Err(error) => {
            let why = format!("restoring broke down: {error}");
            Restored { restored: Vec::new(), conflicts: vec![Conflict { path: ".".into(), why, diff: None }] }
        }
    }
}

/// The paths that a step changed and a later one took away, and with which mode that is made again: what was there before had, besides
/// its mode, a group or a list of access, and what is made again has not.
pub(super) fn remade_since(state: &RunState, record: &StepRecord) -> BTreeMap<String, Remade> {
    let later = state.steps().iter().filter(|other| other.clock > record.clock).flat_map(|other| &other.changes);
    let remade = later.filter_map(|change| Some((change, change.remade?, change.before.mode()?)));
    let how = |mode: u32, before: u32| if mode == private(before) { Remade::Private } else { Remade::Shared };
    remade.map(|(change, mode, before)| (change.path.clone(), how(mode, before))).collect()
}

/// What of a mode is left to what is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remade {
    /// What the owner may.
    Private,
    /// What everybody may.
    Shared,
}

impl Remade {
    fn of(self, state: &FileState) -> FileState {
        state.mode().map_or_else(
            || state.clone(),
            |mode| {
                state.with_mode(match self {
                    Remade::Private => private(mode),
                    Remade::Shared => shared(mode),
                })
            },
        )
    }
}

fn restore_all(
    setup: &RunSetup,
    record: &StepRecord,
    remade: &BTreeMap<String, Remade>,
    left: &mut BTreeSet<String>,
) -> Restored {
    let mut done = record.restored.clone();
    let mut outcome = Restored::default();
    for change in record.changes.iter().rev() {
        if let Some(index) = done.iter().position(|restored| restored == change) {
            done.swap_remove(index);
            continue;
        }
        match restore_one(setup, change, remade.get(&change.path), left) {
            Ok(()) => outcome.restored.push(change.clone()),
            Err(Left { why, diff }) => {
                left.insert(change.path.clone());
                outcome.conflicts.push(Conflict { path: change.path.clone(), why, diff });
            }
        }
    }
    outcome
}

/// Why a path was left, and what somebody did to it since.
struct Left {
    why: String,
    diff: Option<String>,
}

impl From<String> for Left {
    fn from(why: String) -> Left {
        Left { why, diff: None }
    }
}

/// Restores what was before one change, or says why not. What is restored already is fine.
fn restore_one(
    setup: &RunSetup,
    change: &Change,
    remade: Option<&Remade>,
    left: &BTreeSet<String>,
) -> Result<(), Left> {
    if left.contains(&change.path) {
        return Err("a later change of it was left".to_owned().into());
    }
    let present = setup.workspace.state(&change.path).map_err(|error| error.to_string())?;
    let back = change.reversed();
    let back = match remade {
        Some(remade) => Change { before: remade.of(&back.before), after: remade.of(&back.after), ..back },
        None => back,
    };
    if present == change.before || present == back.after {
        return Ok(());
    }
    if present != back.before {
        let why = format!("changed since: the run left {}, found {present}", change.after);
        return Err(Left { why, diff: since(setup, change, present) });
    }
    if matches!((&change.before, &change.after), (FileState::Absent, FileState::Directory { .. })) {
        must_be_empty(setup, &change.path)?;
    }
    setup.workspace.apply(&back, &setup.contents).map_err(|error| error.to_string())?;
    Ok(())
}

/// How a text is other now than the run left it.
fn since(setup: &RunSetup, change: &Change, present: FileState) -> Option<String> {
    let since = Change::new(change.path.clone(), change.after.clone(), present);
    let is_short = |state: &FileState| match state {
        FileState::File { bytes, .. } => *bytes <= MAX_DIFF_BYTES as u64,
        FileState::Absent | FileState::Directory { .. } | FileState::Link { .. } | FileState::Other => true,
    };
    if !is_short(&since.before) || !is_short(&since.after) {
        return None;
    }
    let mut contents: BTreeMap<Digest, Arc<[u8]>> = BTreeMap::new();
    if let Some(digest) = since.before.digest() {
        contents.insert(*digest, setup.contents.get(digest).ok()?.into());
    }
    if since.after.digest().is_some() {
        let bytes = setup.workspace.read(&since.path, MAX_DIFF_BYTES as u64).ok()?;
        // It may have changed once more: then there is no diff of it.
        contents.insert(Digest::of(&bytes), bytes.into());
    }
    change_report(&since, &contents).diff.map(bounded)
}

/// The beginning of a long diff.
fn bounded(diff: String) -> String {
    if diff.len() <= MAX_CONFLICT_BYTES {
        return diff;
    }
    let mut end = 0;
    for line in diff.split_inclusive('\n').take_while(|line| line.len() <= MAX_CONFLICT_BYTES) {
        if end + line.len() > MAX_CONFLICT_BYTES {
            break;
        }
        end += line.len();
    }
    format!("{}… {} more lines\n", &diff[..end], diff[end..].lines().count())
}

fn must_be_empty(setup: &RunSetup, path: &str) -> Result<(), String> {
    let entries = setup.workspace.entries(path).map_err(|error| error.to_string())?;
    if entries.is_empty() {
        return Ok(());
    }
    let mut told: Vec<String> = entries.iter().take(MAX_TOLD).map(|entry| format!("`{}`", entry.name)).collect();
    if entries.len() > MAX_TOLD {
        told.push(format!("{} more", entries.len() - MAX_TOLD));
    }
    Err(format!("the directory is not empty: it holds {}", told.join(", ")))
}
