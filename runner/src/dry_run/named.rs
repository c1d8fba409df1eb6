//! The files of the workspace that a command line names ⟶ bound as they are before the plan, whatever steps before may leave
//! there; also that one which is run as a script is not there.

use super::DryRun;
use crate::named::{Named, Role, commands};
use crate::tool::{Args, ToolError};
use crate::workspace::{Endings, FileError, Found, Kind, Overlay, Sight, stem_at};

/// Looks at a program of the workspace as the steps before will leave it.
pub(super) fn look_at_own(name: &str, path: &str, overlay: &mut Overlay) -> Result<(), ToolError> {
    let path = overlay.resolve(path)?;
    match overlay.stat(&path)? {
        Sight::Known(info) if info.kind == Kind::Missing => {
            Err(ToolError::before(format!("there is no program `{name}` in the workspace")))
        }
        Sight::Known(_) | Sight::Unknown { .. } => overlay.hold(&path).map_err(ToolError::from),
    }
}

/// Whether a program of the workspace is a link that leads out of it: what is run is what is there.
pub(super) fn leads_out(path: &str, overlay: &mut Overlay) -> bool {
    matches!(overlay.resolve(path), Err(FileError::Escapes { .. }))
}

/// Looks at the way in the workspace that leads to a program which is found by its whole path or by `PATH`.
pub(super) fn look_at_links(name: &str, overlay: &mut Overlay) -> Result<(), ToolError> {
    let Some(file) = overlay.workspace().program(name)? else { return Ok(()) };
    overlay.workspace().way_to(&file).stages().try_for_each(|stage| overlay.hold(stage)).map_err(ToolError::from)
}

/// Looks at what a call names in the workspace. What cannot be looked at is nothing that anybody could approve, and what comes out of a
/// pipe is none that is run as a script.
pub(super) fn look_at_named(named: &[Named], overlay: &mut Overlay) -> Result<(), ToolError> {
    for Named { path, role } in named {
        // Most words are no paths.
        let way = overlay.way(path);
        let _ = overlay.resolve(path);
        let links = way.links.iter().filter(|link| overlay.workspace().kind(link) == Ok(Kind::Link));
        // With another thing in the place that a `..` goes up from the way would lead elsewhere.
        let stages: Vec<String> = links.chain(&way.ups).cloned().collect();
        let Some(end) = way.end else {
            // What lies elsewhere is not bound, but that it is there.
            stages.iter().try_for_each(|stage| overlay.hold(stage))?;
            continue;
        };
        if overlay.kind(&end) == Ok(Kind::Other) && role.is_run() {
            return Err(ToolError::before(format!(
                "`{end}` would be run, and it is a pipe, a socket or a device: no file"
            )));
        }
        let may_be_absent = may_be_absent(*role, &end, overlay);
        // The workspace itself is what it is, and what leads there may be another.
        let is_root = end == ".";
        if !is_root && !is_folder(&end, overlay)? && !is_held(&end, may_be_absent, overlay) {
            continue;
        }
        if let Ok(Sight::Known(info)) = overlay.stat_unseen(&end)
            && info.kind == Kind::File
        {
            let _ = overlay.stat(&end);
        }
        for held in stages.into_iter().chain((!is_root).then_some(end)) {
            overlay.hold(&held)?;
        }
    }
    for (stages, path, endings) in stems(named, overlay) {
        stages.iter().try_for_each(|stage| overlay.hold(stage))?;
        // A text is no path.
        let _ = overlay.hold_called(path, endings);
    }
    Ok(())
}

/// The names, without endings, by which an interpreter finds what these have it run, with what decides where the way to their folders leads.
pub(super) fn stems(named: &[Named], overlay: &Overlay) -> Vec<(Vec<String>, String, Endings)> {
    let mut found = Vec::new();
    for (folder, name, endings) in named.iter().flat_map(|named| overlay.workspace().stems(named)) {
        let is_whole = endings == Endings::Whole;
        // A link that leads to nothing is no name of it: what counts is where it leads.
        let way = if is_whole { overlay.way(&stem_at(&folder, &name)) } else { overlay.way(&folder) };
        // What lies elsewhere is not bound, and in a file nothing is found.
        let is_nowhere = |end: &String| !is_whole && matches!(overlay.kind(end), Ok(Kind::File | Kind::Other));
        let Some(end) = way.end.filter(|end| !is_nowhere(end)) else { continue };
        let links = way.links.into_iter().filter(|link| overlay.workspace().kind(link) == Ok(Kind::Link));
        let stages = links.chain(way.ups).collect();
        let path = match is_whole {
            true => end,
            false if end == "." && !name.is_empty() => name,
            false => stem_at(&end, &name),
        };
        let stem = (stages, path, endings);
        if !found.contains(&stem) {
            found.push(stem);
        }
    }
    found
}

/// Whether a plan means a path also where nothing is there.
pub(super) fn may_be_absent(role: Role, end: &str, overlay: &Overlay) -> bool {
    match role {
        Role::Path | Role::Script => true,
        Role::Start => {
            let folder = end.rsplit_once('/').map_or(".", |(folder, _)| folder);
            overlay.kind(folder) == Ok(Kind::Directory)
        }
        Role::Perhaps | Role::Word | Role::Text | Role::Folder | Role::Versions => false,
    }
}

/// Whether a folder beneath the workspace is at a path before the plan: it could become a script.
fn is_folder(path: &str, overlay: &Overlay) -> Result<bool, ToolError> {
    Ok(path != "." && overlay.workspace().kind(path)? == Kind::Directory)
}

/// Whether a path stands for a file, or a pipe, now or before the plan, or for one that is not there and that the plan would run.
fn is_held(path: &str, may_be_absent: bool, overlay: &Overlay) -> bool {
    let (Ok(before), Ok(now)) = (overlay.workspace().kind(path), overlay.kind(path)) else { return false };
    match (before, now) {
        (Kind::File | Kind::Other, _) | (_, Kind::File | Kind::Other) => true,
        (Kind::Missing, Kind::Missing) => may_be_absent,
        _ => false,
    }
}

impl DryRun<'_> {
    /// Why a program's call is known only after the run, with what an approver has to know of the files that it names: which are
    /// not there, and which an earlier step may change.
    pub(super) fn with_files(&self, args: &Args, overlay: &mut Overlay, why: &str) -> String {
        let mut said = vec![why.to_owned()];
        let commands = commands(&args.tool, &args.values);
        let own = commands.iter().find_map(|words| words.first()?.as_deref()?.strip_prefix("./"));
        for Named { path, role } in self.workspace.named_by(&args.tool, &args.values) {
            // What is run by its own path is bound wherever it lies, and nobody looks for it with an ending.
            let is_own =
                |own: &str| path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            if own.is_some_and(|own| is_own(own) && leads_out(own, overlay)) {
                continue;
            }
            said.extend(told(&path, role == Role::Script, overlay).filter(|told| !said.contains(told)));
        }
        said.join("; ")
    }
}

/// What an approver has to know of a file that a command line names; none: it is as it is shown to be.
fn told(path: &str, is_script: bool, overlay: &mut Overlay) -> Option<String> {
    let way = overlay.way(path);
    let Some(path) = way.end else {
        return match overlay.workspace().found(path, is_script) {
            Found::Unwatched(at) => is_script.then(|| format!("there is no file `{}`", at.escape_debug())),
            Found::Seen | Found::Hidden(_) => {
                let leads_out = || format!("`{path}` leads out of the workspace, where nothing is bound");
                (!way.links.is_empty()).then(leads_out)
            }
        };
    };
    if !is_held(&path, is_script, overlay) {
        return None;
    }
    let kind = overlay.kind(&path).ok()?;
    let is_missing = kind == Kind::Missing;
    if kind == Kind::Other {
        return Some(format!("`{path}` is a pipe, a socket or a device, and nobody knows what comes out of it"));
    }
    match overlay.stat_unseen(&path).ok()? {
        Sight::Known(_) => is_missing.then(|| format!("there is no file `{path}`")),
        Sight::Unknown { by } if is_missing => Some(format!("there is no file `{path}`, unless `{by}` makes it")),
        Sight::Unknown { by } => Some(format!("`{path}` is what `{by}` leaves there")),
    }
}
