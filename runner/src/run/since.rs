//! What others have changed in the workspace since the card was made ⟶ shown before a program runs in the open, which may find any of it.
//!
//! The time of the last change of a file is the kernel's, and nobody can set it. What a program in the open or a server did is recorded
//! nowhere, so that what it has left counts as known: only what was changed after it had ended is looked at.

use super::ended::undo_of;
use super::known::is_unrecorded;
use super::{Recorder, RunSetup};
use crate::config::Changed;
use crate::coverage::is_data_of_repository;
use crate::state::StepRecord;
use crate::workspace::{FileState, TEMPORARY_PREFIX};
use jiff::Timestamp;
use planc_lang::paths::within;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What it is said to have come from.
pub(super) const SOMEBODY: &str = "it was changed since the card was made";

/// What was changed by others, and is neither named nor as the run itself has left it.
#[derive(Default)]
pub(super) struct Others {
    /// Files and links.
    pub(super) contents: Vec<(String, FileState)>,
    /// Folders in which something came or went that is not there to be shown.
    pub(super) folders: Vec<(String, FileState)>,
}

/// Blocks while it walks the workspace.
pub(super) fn by_others(setup: &RunSetup, recorder: &Recorder, named: &BTreeSet<String>) -> Others {
    let Some(drawn) = setup.drawn.as_ref().filter(|_| setup.config.programs.changed == Changed::Ask) else {
        return Others::default();
    };
    let (since, own) = {
        let state = recorder.state();
        let ended = recorder.ended();
        let time = |name: &str| ended.get(name).or_else(|| drawn.ended.get(name)).copied();
        let of = |record: &StepRecord| {
            let unrecorded = is_unrecorded(setup, record).then(|| time(&record.name)).flatten();
            unrecorded.max(time(&undo_of(&record.name)))
        };
        let since = state.steps().iter().filter_map(of).max().max(Some(drawn.at)).unwrap_or(drawn.at);
        let mut own: BTreeMap<String, Vec<FileState>> = BTreeMap::new();
        for change in state.steps().iter().flat_map(StepRecord::all_changes) {
            own.entry(change.path.clone()).or_default().extend([change.before.clone(), change.after.clone()]);
        }
        (since, own)
    };
    let mut found = Others::default();
    for path in changed(setup, since) {
        let Ok(present) = setup.workspace.state(&path) else { continue };
        let is_own = own.get(&path).is_some_and(|states| states.contains(&present));
        match present {
            FileState::File { .. } | FileState::Link { .. } if !is_own && !named.contains(&path) => {
                found.contents.push((path, present));
            }
            // Whatever the run puts into a folder changes that, too.
            FileState::Directory { .. } if !holds(&own, &path) => found.folders.push((path, present)),
            _ => {}
        }
    }
    let shown: BTreeSet<&String> = found.contents.iter().map(|(path, _)| path).collect();
    let of_shown = |folder: &str| shown.iter().any(|path| parent(path) == folder);
    found.folders.retain(|(folder, _)| !of_shown(folder));
    found
}

/// Whether the run has changed a folder, or something right in it.
fn holds(own: &BTreeMap<String, Vec<FileState>>, folder: &str) -> bool {
    own.keys().any(|path| path == folder || parent(path) == folder)
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

/// What was changed in any way after a time: paths from the root.
fn changed(setup: &RunSetup, since: Timestamp) -> Vec<String> {
    let root = setup.workspace.root();
    let scratch = setup.config.programs.scratch.clone();
    let from_root = root.to_owned();
    let relative = move |path: &Path| path.strip_prefix(&from_root).ok()?.to_str().map(str::to_owned);
    let below = relative.clone();
    let mut walk = ignore::WalkBuilder::new(root);
    walk.standard_filters(false).follow_links(false).filter_entry(move |entry| {
        let Some(path) = below(entry.path()) else { return false };
        let is_own = path.split('/').any(|part| part.starts_with(TEMPORARY_PREFIX));
        path.is_empty()
            || !is_own && !is_data_of_repository(&path) && !scratch.iter().any(|folder| within(&path, folder))
    });
    let is_later = |entry: &ignore::DirEntry| {
        let metadata = std::fs::symlink_metadata(entry.path()).ok()?;
        let changed = Timestamp::new(metadata.ctime(), i32::try_from(metadata.ctime_nsec()).ok()?).ok()?;
        (changed > since).then_some(())
    };
    let found = walk.build().filter_map(Result::ok).filter(|entry| is_later(entry).is_some());
    let path =
        |entry: ignore::DirEntry| relative(entry.path()).map(|path| if path.is_empty() { ".".into() } else { path });
    found.filter_map(path).collect()
}
