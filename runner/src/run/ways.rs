//! The paths that a call names ⟶ where they lead now, with what is there and on the way.

use super::RunSetup;
use crate::named::{Named, Role};
use crate::workspace::{FileState, Kind, Look};
use planc_lang::plan::Call;
use planc_lang::value::Value;

/// A place that a call may find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The links that lead there, as they are.
    pub(super) links: Vec<(String, FileState)>,
    /// What is there; none: it lies elsewhere, or the links lead in a circle.
    pub(super) end: Option<End>,
}

/// What is at the end of a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Something whose content is known.
    Known(String, FileState),
    /// A file that cannot be read, a pipe, a socket or a device: its path, and what of it can be observed.
    Odd(String, String),
}

impl Place {
    /// The paths that lead there, and its own.
    pub(super) fn paths(&self) -> impl Iterator<Item = &String> {
        let end = self.end.iter().map(|end| match end {
            End::Known(path, _) | End::Odd(path, _) => path,
        });
        self.links.iter().map(|(link, _)| link).chain(end)
    }
}

/// The places that a call names by its words and its variables. Blocks while it looks.
pub(super) fn places(setup: &RunSetup, call: &Call, values: &[Value]) -> Vec<Place> {
    if !call.tool.runs_programs() {
        return Vec::new();
    }
    let mut found: Vec<Place> = Vec::new();
    for Named { path, role } in setup.workspace.named_by(&call.tool, values) {
        let place = place(setup, &path, role.is_run());
        // As a file a folder is named once more.
        if !matches!(role, Role::Folder | Role::Versions) && !found.contains(&place) {
            found.push(place);
        }
    }
    found
}

fn place(setup: &RunSetup, path: &str, is_run: bool) -> Place {
    let workspace = &setup.workspace;
    let way = workspace.way(path);
    let at = |path: String| workspace.state(&path).ok().map(|state| (path, state));
    let links = way.links.into_iter().filter_map(at).collect();
    let end = match workspace.hidden(path, is_run) {
        Some(why) => Some(End::Odd(path.to_owned(), format!("what planc cannot look at: {why}"))),
        None => way.end.and_then(|path| end(setup, path)),
    };
    Place { links, end }
}

fn end(setup: &RunSetup, path: String) -> Option<End> {
    let kind = setup.workspace.kind(&path).ok()?;
    match setup.workspace.state(&path) {
        Ok(state) if state != FileState::Other => Some(End::Known(path, state)),
        Ok(_) | Err(_) if matches!(kind, Kind::File | Kind::Other) => {
            let seen = setup.workspace.observe(&Look::At { path: path.clone() });
            Some(End::Odd(path, seen.unwrap_or_else(|error| format!("what nobody can look at: {error}"))))
        }
        Ok(_) | Err(_) => None,
    }
}

/// What a call would run as a script and is no file: nobody can have approved what comes out of it. Blocks while it looks.
pub(super) fn no_files(setup: &RunSetup, call: &Call, values: &[Value]) -> Vec<String> {
    if !call.tool.runs_programs() {
        return Vec::new();
    }
    let workspace = &setup.workspace;
    let named = workspace.named_by(&call.tool, values).into_iter();
    let scripts = named.filter(|named| named.role.is_run());
    let ends = scripts.filter_map(|Named { path, .. }| workspace.way(&path).end);
    ends.filter(|end| workspace.kind(end) == Ok(Kind::Other)).collect()
}
