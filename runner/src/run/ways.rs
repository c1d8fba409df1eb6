//! The paths that a call names ⟶ where they lead now, with what is there and on the way.

use super::{Recorder, RunSetup};
use crate::named::{Named, Role, of_call};
use crate::workspace::{FileState, Kind};
use planc_lang::paths::within;
use planc_lang::plan::Call;
use planc_lang::value::Value;
use std::collections::BTreeSet;

/// A place that a call may find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The links that lead there, as they are.
    pub(super) links: Vec<(String, FileState)>,
    /// What is there; none: it cannot be looked at.
    pub(super) end: Option<(String, FileState)>,
}

/// The places that a call may find by its words and its variables. In a folder where code is looked for these are all that the run
/// has left there. Blocks while it looks.
pub(super) fn places(setup: &RunSetup, recorder: &Recorder, call: &Call, values: &[Value]) -> Vec<Place> {
    if !call.tool.runs_programs() {
        return Vec::new();
    }
    let mut found: Vec<Place> = Vec::new();
    let mut add = |place: Place| {
        if !found.contains(&place) {
            found.push(place);
        }
    };
    for Named { path, role } in of_call(setup.workspace.root(), &call.tool, values) {
        let place = place(setup, &path);
        match (role, &place.end) {
            (Role::Folder, Some(_)) => searched(setup, recorder, place).into_iter().for_each(&mut add),
            // As a file it is named once more.
            (Role::Folder, None) => {}
            (Role::Perhaps | Role::Path | Role::Script | Role::Start, _) => add(place),
        }
    }
    found
}

fn place(setup: &RunSetup, path: &str) -> Place {
    let workspace = &setup.workspace;
    let way = workspace.way(path);
    let at = |path: String| workspace.state(&path).ok().map(|state| (path, state));
    let end = way.end.and_then(at).filter(|(_, state)| *state != FileState::Other);
    Place { links: way.links.into_iter().filter_map(at).collect(), end }
}

/// What the run has left in a folder, and in those that links in it lead to.
fn searched(setup: &RunSetup, recorder: &Recorder, folder: Place) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    let mut open = vec![folder];
    let mut known = BTreeSet::new();
    while let Some(Place { links, end }) = open.pop() {
        let Some((folder, FileState::Directory { .. })) = end else { continue };
        if !known.insert(folder.clone()) {
            continue;
        }
        for path in left_in(setup, recorder, &folder) {
            let inner = place(setup, &path);
            let inner = Place { links: [links.clone(), inner.links].concat(), end: inner.end };
            open.push(inner.clone());
            found.push(inner);
        }
    }
    found
}

/// The paths beneath a folder, files and links, that the run has left.
fn left_in(setup: &RunSetup, recorder: &Recorder, folder: &str) -> Vec<String> {
    let written = recorder.state().written().into_iter().map(|change| change.path);
    let is_left =
        |path: &String| within(path, folder) && matches!(setup.workspace.kind(path), Ok(Kind::File | Kind::Link));
    written.filter(is_left).collect()
}
