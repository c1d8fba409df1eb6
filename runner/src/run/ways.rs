//! The paths that a call names ⟶ where they lead now, with what is there and on the way.

use super::RunSetup;
use crate::named::{Named, Role, of_call};
use crate::workspace::{FileState, Kind};
use planc_lang::plan::Call;
use planc_lang::value::Value;

/// A place that a call may find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The links that lead there, as they are.
    pub(super) links: Vec<(String, FileState)>,
    /// What is there; none: it cannot be looked at.
    pub(super) end: Option<(String, FileState)>,
}

/// The places that a call names by its words and its variables. Blocks while it looks.
pub(super) fn places(setup: &RunSetup, call: &Call, values: &[Value]) -> Vec<Place> {
    if !call.tool.runs_programs() {
        return Vec::new();
    }
    let mut found: Vec<Place> = Vec::new();
    for Named { path, role } in of_call(setup.workspace.root(), &call.tool, values) {
        let place = place(setup, &path);
        // As a file a folder is named once more.
        if role != Role::Folder && !found.contains(&place) {
            found.push(place);
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

/// What a call would run as a script and is no file: nobody can have approved what comes out of it. Blocks while it looks.
pub(super) fn no_files(setup: &RunSetup, call: &Call, values: &[Value]) -> Vec<String> {
    if !call.tool.runs_programs() {
        return Vec::new();
    }
    let workspace = &setup.workspace;
    let named = of_call(workspace.root(), &call.tool, values).into_iter();
    let scripts = named.filter(|named| matches!(named.role, Role::Script | Role::Start));
    let ends = scripts.filter_map(|Named { path, .. }| workspace.way(&path).end);
    ends.filter(|end| workspace.kind(end) == Ok(Kind::Other)).collect()
}
