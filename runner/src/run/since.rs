//! What others have changed in the workspace since the card was made ⟶ shown before a program runs in the open, which may find any of it.
//!
//! The time of the last change of a file is the kernel's, and nobody can set it. It is looked at before the run changes anything, and
//! again before each such program. What a program in the open or a server did is recorded nowhere, so that what was changed while one was
//! at work counts as known.

use super::ended::{Drawn, undo_of};
use super::known::is_unrecorded;
use super::{Recorder, RunSetup};
use crate::config::{Changed, Unconfined};
use crate::coverage::is_data_of_repository;
use crate::state::{StepRecord, StepState, UndoState};
use crate::workspace::{FileState, is_own_temporary};
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
    /// Folders in which something came or went, and what is there and cannot be shown.
    pub(super) folders: Vec<(String, FileState)>,
}

/// Looks around before this process changes anything: by then what was changed since the card, or since the run was left, is not the
/// run's, and a folder tells also of what went from it. Blocks while it walks.
pub(crate) fn look_around(setup: &RunSetup, recorder: &Recorder) {
    let Some(drawn) = watched(setup) else { return };
    let found = changed(setup, drawn.last.max(drawn.at));
    // What was cut off may be made in part, which is not yet recorded as done.
    let cut_off = {
        let state = recorder.state();
        let running = state.steps().iter().filter(|record| matches!(record.state, StepState::Running { .. }));
        with_folders(running.flat_map(StepRecord::all_changes).map(|change| change.path.as_str()))
    };
    recorder.found_around(found.into_iter().filter(|path| !cut_off.contains(path)).collect());
}

/// Since when others are watched; none: they are not, or nothing of this plan may run in the open.
fn watched(setup: &RunSetup) -> Option<&Drawn> {
    let programs = &setup.config.programs;
    let may_be_open = !programs.open.is_empty() || programs.unconfined != Unconfined::Deny;
    setup.drawn.as_ref().filter(|_| may_be_open && programs.changed == Changed::Ask)
}

/// Blocks while it walks the workspace.
pub(super) fn by_others(setup: &RunSetup, recorder: &Recorder, named: &BTreeSet<String>) -> Others {
    let Some(drawn) = watched(setup) else { return Others::default() };
    let around = recorder.around();
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
            let states = own.entry(change.path.clone()).or_default();
            // What was there before is put back by taking back alone.
            if state.undo == UndoState::No {
                states.clear();
            } else {
                states.push(change.before.clone());
            }
            states.push(change.after.clone());
        }
        (since, own)
    };
    let touched = with_folders(own.keys().map(String::as_str));
    let mut found = Others::default();
    let later = changed(setup, since).into_iter().filter(|path| !around.contains(path));
    let later = later.map(|path| (path, false)).collect::<Vec<_>>();
    for (path, is_around) in around.iter().map(|path| (path.clone(), true)).chain(later) {
        let Ok(present) = setup.workspace.state(&path) else {
            // Others find it all the same.
            found.folders.push((path, FileState::Other));
            continue;
        };
        let is_own = own.get(&path).is_some_and(|states| states.contains(&present));
        match present {
            FileState::File { .. } | FileState::Link { .. } if !is_own && !named.contains(&path) => {
                found.contents.push((path, present));
            }
            // Git makes and removes files for a moment in its own.
            FileState::Directory { .. } if path.split('/').any(|part| part == ".git") => {}
            // Nobody knows what comes out of it.
            FileState::Other if !named.contains(&path) => found.folders.push((path, present)),
            // Whatever the run puts into a folder changes that, too.
            FileState::Directory { .. } if is_around || !touched.contains(&path) => found.folders.push((path, present)),
            _ => {}
        }
    }
    found
}

/// Paths that were changed, with the folders that each of them is right in, which are changed with them.
fn with_folders<'p>(changed: impl Iterator<Item = &'p str>) -> BTreeSet<String> {
    changed.flat_map(|path| [path, parent(path)]).map(str::to_owned).collect()
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

/// Whether nobody knows what comes out of it, whenever it was made: also a link into a repository, whose data is not looked at.
fn pours(entry: &ignore::DirEntry) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let leads_into_repository = || {
        let led = entry.path().canonicalize().unwrap_or_default();
        led.iter().any(|part| part.eq_ignore_ascii_case(".git"))
    };
    entry.file_type().is_some_and(|kind| {
        kind.is_fifo()
            || kind.is_char_device()
            || kind.is_block_device()
            || kind.is_symlink() && leads_into_repository()
    })
}

/// Whether something in a repository says which commit is meant: what programs push and check out.
fn is_ref(path: &str) -> bool {
    let mut parts = path.split('/').skip_while(|part| *part != ".git").skip(1);
    parts.next().is_some_and(|first| matches!(first, "refs" | "HEAD" | "packed-refs"))
}

/// What was changed in any way after a time: paths from the root. What cannot be looked at may have been.
fn changed(setup: &RunSetup, since: Timestamp) -> Vec<String> {
    let root = setup.workspace.root();
    let scratch = setup.config.programs.scratch.clone();
    let from_root = root.to_owned();
    let relative = move |path: &Path| path.strip_prefix(&from_root).unwrap_or(path).to_string_lossy().into_owned();
    let below = relative.clone();
    let mut walk = ignore::WalkBuilder::new(root);
    walk.standard_filters(false).follow_links(false).filter_entry(move |entry| {
        let path = below(entry.path());
        // What planc itself is about to put in place.
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        let is_own = is_file && path.rsplit('/').next().is_some_and(is_own_temporary);
        let is_data = is_data_of_repository(&path) && !is_ref(&path);
        path.is_empty() || !is_own && !is_data && !scratch.iter().any(|folder| within(&path, folder))
    });
    let is_later = |entry: &ignore::DirEntry| {
        let time = |metadata: std::fs::Metadata| {
            Timestamp::new(metadata.ctime(), i32::try_from(metadata.ctime_nsec()).ok()?).ok()
        };
        let changed = std::fs::symlink_metadata(entry.path()).ok().and_then(time);
        changed.is_none_or(|changed| changed > since)
    };
    let name = |path: String| if path.is_empty() { ".".to_owned() } else { path };
    let found = walk.build().filter_map(|entry| match entry {
        // A folder that planc itself is about to put in place is empty; what is in one is told.
        Ok(entry) if entry.file_name().to_str().is_some_and(is_own_temporary) => None,
        Ok(entry) => (is_later(&entry) || pours(&entry)).then(|| name(relative(entry.path()))),
        Err(error) => Some(error.to_string()),
    });
    found.collect()
}
