//! A step's changes ⟶ earlier contents restored, where nobody changed them since.

use crate::event::Conflict;
use crate::run::RunSetup;
use crate::state::StepRecord;
use crate::workspace::{Change, FileState};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many entries of a directory that is not empty are told.
const MAX_TOLD: usize = 5;

/// What came of a step's changes.
#[derive(Debug, Default)]
pub(super) struct Restored {
    pub(super) restored: Vec<Change>,
    pub(super) conflicts: Vec<Conflict>,
}

/// Restores what a step changed, last first. `left` are paths that were left: earlier changes of them are left too.
pub(super) async fn restore(setup: &Arc<RunSetup>, record: &StepRecord, left: &mut BTreeSet<String>) -> Restored {
    let (task_setup, record) = (setup.clone(), record.clone());
    let mut paths = std::mem::take(left);
    let restoring = tokio::task::spawn_blocking(move || {
        let restored = restore_all(&task_setup, &record, &mut paths);
        (restored, paths)
    });
    match restoring.await {
        Ok((restored, paths)) => {
            *left = paths;
            restored
        }
        Err(error) => {
            let why = format!("restoring broke down: {error}");
            Restored { restored: Vec::new(), conflicts: vec![Conflict { path: ".".into(), why }] }
        }
    }
}

fn restore_all(setup: &RunSetup, record: &StepRecord, left: &mut BTreeSet<String>) -> Restored {
    let mut done = record.restored.clone();
    let mut outcome = Restored::default();
    for change in record.changes.iter().rev() {
        if let Some(index) = done.iter().position(|restored| restored == change) {
            done.swap_remove(index);
            continue;
        }
        match restore_one(setup, change, left) {
            Ok(()) => outcome.restored.push(change.clone()),
            Err(why) => {
                left.insert(change.path.clone());
                outcome.conflicts.push(Conflict { path: change.path.clone(), why });
            }
        }
    }
    outcome
}

/// Restores what was before one change, or says why not. What is restored already is fine.
fn restore_one(setup: &RunSetup, change: &Change, left: &BTreeSet<String>) -> Result<(), String> {
    if left.contains(&change.path) {
        return Err("a later change of it was left".into());
    }
    let present = setup.workspace.state(&change.path).map_err(|error| error.to_string())?;
    if present == change.before {
        return Ok(());
    }
    if present != change.after {
        return Err(format!("changed since: the run left {}, found {present}", change.after));
    }
    if matches!((&change.before, &change.after), (FileState::Absent, FileState::Directory { .. })) {
        must_be_empty(setup, &change.path)?;
    }
    setup.workspace.restore(change, &setup.contents).map(|_| ()).map_err(|error| error.to_string())
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
