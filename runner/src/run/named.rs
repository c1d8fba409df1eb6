//! The files that a call names ⟶ what they must be now: as this run has left them, else as they were before it; and what a person
//! looks at first, because nobody has approved what is about to run in the open.

use super::called::one_by_one;
use super::known::{NOBODY_KNOWS, OwnChanges, is_of_files, is_undrawn, left, unrecorded, was_known};
use super::late::{Content, content_id, shown_content};
use super::left::of_left;
use super::strange::strange_links;
use super::surroundings::Held;
use super::unapproved::{Naming, Unapproved, UnseenContent};
use super::unseen::Unseen;
use super::ways::{End, Place, no_files, places};
use super::{Recorder, RunSetup, place_of};
use crate::config::Changed;
use crate::event::Difference;
use crate::named::{compiled_elsewhere, outside};
use crate::prediction::Prediction;
use crate::state::{RunState, StepRecord};
use crate::tool::Args;
use crate::tool::process::Place as RunsIn;
use crate::tool::registry::Implementation;
use crate::workspace::{Change, Endings, FOLDER_SEEN, FileState, Look, Observation, Workspace, is_as_seen};
use planc_lang::paths::within;
use planc_lang::plan::Call;
use planc_lang::value::Value;
use std::cell::LazyCell;

/// What the files that the command line of a step names, or its file tool, must be now. Those that are looked at anyway are left out. Of a
/// folder counts only that nothing else is in its place.
pub(crate) fn expected_files(
    setup: &RunSetup,
    prediction: &Prediction,
    state: &RunState,
    Naming { instance, call, values, .. }: Naming<'_>,
) -> Vec<Observation> {
    let workspace = &setup.workspace;
    // In the open it counts what others have put anywhere.
    let is_cell = is_confined(setup, call, values);
    let counts = |named: &&Observation| is_cell || !matches!(named.look, Look::Called { endings: Endings::Whole, .. });
    let held: Vec<Observation> = prediction.named.iter().filter(counts).cloned().collect();
    if held.is_empty() {
        return held;
    }
    let is_unrecorded = unrecorded(setup, state, instance).is_some();
    let changed = LazyCell::new(|| OwnChanges::of(state));
    let is_left = |named: &&Observation| !prediction.observations.iter().any(|seen| seen.look == named.look);
    let now = |named: &Observation| {
        let left = named.look.at().and_then(|path| state.left_at(path));
        let left = left.filter(|(_, change)| !is_gone_folder(&change.after, &change.path, workspace));
        // A mode that it has put on what others left there makes that none of its own.
        let is_made_of = |change: &Change| {
            let known = || changed.made_of(&change.path, vec![named.seen.clone()]);
            !change.of_others && (is_unrecorded || known().contains(&change.after.to_string()))
        };
        let left = left.filter(|(_, change)| is_made_of(change));
        let seen = left.map_or_else(|| named.seen.clone(), |(_, change)| change.after.to_string());
        let made = || folder_made(named, workspace).filter(|_| left.is_none() && is_unrecorded);
        let seen = still_no_file(named, workspace).or_else(made).unwrap_or(seen);
        Observation { look: named.look.clone(), seen }
    };
    let is_files = is_of_files(setup, call);
    let is_led = |named: &&Observation| is_files && named.look.at().is_some_and(|path| is_led_away(state, path));
    one_by_one(setup, &held).iter().filter(is_left).filter(|named| !is_led(named)).map(now).collect()
}

/// Whether a link that the run has left leads to another place than the one that a path names.
fn is_led_away(state: &RunState, path: &str) -> bool {
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    let left = above.filter_map(|folder| state.left_at(folder));
    left.into_iter().any(|(_, change)| matches!(change.after, FileState::Link { .. }))
}

/// Whether the run has left a folder of which nothing is there any more: it was nothing to be run.
fn is_gone_folder(left: &FileState, path: &str, workspace: &Workspace) -> bool {
    matches!(left, FileState::Directory { .. }) && workspace.state(path) == Ok(FileState::Absent)
}

/// The folder that is now where nothing was: it is no file that could be run.
fn folder_made(named: &Observation, workspace: &Workspace) -> Option<String> {
    let path = named.look.at().filter(|_| named.seen == FileState::Absent.to_string())?;
    let found = workspace.state(path).ok()?;
    matches!(found, FileState::Directory { .. }).then(|| found.to_string())
}

/// What is now where a folder was; none: it was none, or there is something else that could be run.
fn still_no_file(named: &Observation, workspace: &Workspace) -> Option<String> {
    let path = named.look.at().filter(|_| named.seen.starts_with(FOLDER_SEEN))?;
    let found = workspace.state(path).ok()?;
    match found {
        FileState::Directory { .. } => Some(FOLDER_SEEN.to_owned()),
        FileState::Absent => Some(found.to_string()),
        FileState::File { .. } | FileState::Link { .. } | FileState::Other => None,
    }
}

/// Whether a person has looked at what is found at a path, for this step.
pub(crate) fn is_agreed(state: &RunState, step: &str, path: &str, found: &str) -> bool {
    let agreed = state.agreed.get(&content_id(path, step));
    agreed.and_then(|late| late.value.get("state")).and_then(Value::as_str) == Some(found)
}

/// The files that a call names and of which nobody has approved what is in them. In the open these are all that the run has
/// left there and that no card has shown, also where a link leads that the run has left; anywhere those that something may have
/// changed of which nothing is recorded. Blocks while it reads.
pub(crate) fn of_named(setup: &RunSetup, recorder: &Recorder, naming: Naming<'_>) -> Unapproved {
    let mut unapproved = Unapproved::default();
    let is_open = !is_confined(setup, naming.call, naming.values);
    let expected = expected(setup, naming);
    let places = places(setup, naming.call, naming.values);
    let (judged, held) = {
        let state = recorder.state();
        let unseen = if is_open { Unseen::of(setup, &state) } else { Unseen::default() };
        let judging = Judging { setup, naming, is_open, expected: &expected, unseen: &unseen };
        let judged: Vec<Judged> = places.iter().map(|place| judge(&judging, &state, place)).collect();
        let held = held(&judging, &state, &places, &judged);
        (judged, held)
    };
    let everywhere = setup.config.programs.changed == Changed::Everywhere;
    if (is_open || everywhere) && naming.call.tool.runs_programs() {
        let named = places.iter().flat_map(Place::paths).cloned().collect();
        unapproved = of_left(setup, recorder, naming, is_open, (&named, &held));
    }
    if naming.call.tool.runs_programs() {
        unapproved.different.extend(beyond(setup, naming, is_open));
    }
    if !is_open {
        unapproved.different.extend(strange_links(setup, &recorder.state(), naming, &expected));
    }
    for path in no_files(setup, naming.call, naming.values) {
        let expected = Observation { look: Look::At { path }, seen: "a file, which is run".to_owned() };
        unapproved.different.push(Difference { expected, found: FileState::Other.to_string() });
    }
    for judged in judged {
        match judged {
            Judged::Approved => {}
            Judged::Nowhere(link, found) => {
                let seen = expected.iter().find(|seen| seen.look.at() == Some(&link)).map(|seen| seen.seen.clone());
                let seen = seen.unwrap_or_else(|| FileState::Absent.to_string());
                let expected = Observation { look: Look::At { path: link }, seen };
                unapproved.different.push(Difference { expected, found });
            }
            Judged::Unseen { path, present, from, is_own, links } => {
                let to = match naming.is_undo {
                    true => format!("{} runs a program that may read it", naming.name),
                    false => format!("step `{}` runs a program that may read it", naming.name),
                };
                let finder = Some(naming.finder());
                let content = Content { finder, path: &path, present: &present, from, to, links: &links };
                let late = shown_content(setup, naming.name, content);
                let at = |(path, state): (String, FileState)| Observation {
                    look: Look::At { path },
                    seen: state.to_string(),
                };
                let files = [(path, present)].into_iter().chain(links).map(at).collect();
                unapproved.contents.push(UnseenContent { late, files, is_own });
            }
        }
    }
    unapproved
}

/// What a call names and is bound to exactly as it is, what of it is stale, and what a person is shown now.
fn held(judging: &Judging<'_>, state: &RunState, places: &[Place], judged: &[Judged]) -> Held {
    let Judging { setup, naming, expected, .. } = *judging;
    let must_be = match setup.predictions.of(&setup.compiled.plan, naming.instance) {
        Some(prediction) if !naming.is_undo => expected_files(setup, prediction, state, naming),
        Some(_) | None => Vec::new(),
    };
    let is_changed = |path: &str| state.steps().iter().flat_map(StepRecord::all_changes).any(|made| made.path == path);
    let is_held = |path: &str, found: &str| {
        let at = |seen: &&Observation| seen.look.at() == Some(path);
        let is_bound = || expected.iter().filter(at).any(|seen| seen.seen == found) && !is_changed(path);
        must_be.iter().filter(at).any(|seen| !is_as_seen(found, &seen.seen)) || is_bound()
    };
    let links = places.iter().flat_map(|place| &place.links);
    let known = links.map(|(path, state)| (path, state.to_string(), state.to_string()));
    let ends = places.iter().filter_map(|place| place.end.as_ref()).map(|end| match end {
        End::Known(path, state) => (path, state.to_string(), state.to_string()),
        End::Odd(path, found) => (path, found.clone(), FileState::Other.to_string()),
    });
    let bound = known.chain(ends).filter(|(path, found, _)| is_held(path, found)).map(|(path, _, state)| (path, state));
    let shown = judged.iter().flat_map(|judged| match judged {
        Judged::Unseen { path, present, links, .. } => {
            let links = links.iter().map(|(path, state)| (path, state.to_string()));
            links.chain([(path, present.to_string())]).collect::<Vec<_>>()
        }
        Judged::Approved | Judged::Nowhere(..) => Vec::new(),
    });
    let mut held = Held::new();
    for (path, state) in bound.chain(shown) {
        held.entry(path.clone()).or_default().push(state);
    }
    held
}

/// What a call names that nobody can bind: ways into the workspace from outside, and what planc does not read as a program does.
fn beyond(setup: &RunSetup, naming: Naming<'_>, is_open: bool) -> Vec<Difference> {
    let (tool, values) = (&naming.call.tool, naming.values);
    let paths = outside(setup.workspace.root(), tool, values).into_iter();
    let odd = paths.filter_map(|path| {
        let why = setup.workspace.leads_in_from_outside(&path)?;
        Some((path.display().to_string(), why))
    });
    let unread = setup.workspace.unread(tool, values);
    let compiled = if is_open { Vec::new() } else { compiled_elsewhere(setup.workspace.root(), tool, values) };
    let compiled = compiled.into_iter().map(|folder| (folder, "Python would run what it finds compiled there"));
    let searched = setup.workspace.searched_by_name(tool, values).into_iter();
    let searched = searched.map(|(name, folder)| {
        (format!("{name}={folder}"), "whatever anybody puts there would be run: name it by its own path")
    });
    let different = odd.chain(unread).chain(compiled).chain(searched).map(|(path, why)| {
        let expected = Observation { look: Look::At { path }, seen: "what can be bound".to_owned() };
        Difference { expected, found: why.to_owned() }
    });
    different.collect()
}

/// What the approval says of files that the call may find.
fn expected(setup: &RunSetup, naming: Naming<'_>) -> Vec<Observation> {
    let predicted = setup.predictions.of(&setup.compiled.plan, naming.instance);
    let Some(prediction) = predicted else { return Vec::new() };
    match naming.is_undo {
        true => one_by_one(setup, &prediction.undo_observations),
        false => {
            one_by_one(setup, &prediction.named).into_iter().chain(prediction.observations.iter().cloned()).collect()
        }
    }
}

/// What a place is held against.
struct Judging<'a> {
    setup: &'a RunSetup,
    naming: Naming<'a>,
    is_open: bool,
    expected: &'a [Observation],
    /// What the run has left that nobody has seen.
    unseen: &'a Unseen<'a>,
}

/// What is to be said of a place that a call names.
enum Judged {
    /// There is nothing that nobody has approved.
    Approved,
    /// What is found cannot be looked at, or a link that is other than it was leads away from what was approved: the path, and what
    /// was found.
    Nowhere(String, String),
    /// Nobody has seen what is there.
    Unseen {
        path: String,
        present: FileState,
        from: String,
        is_own: bool,
        /// The links on the way that are other than they were.
        links: Vec<(String, FileState)>,
    },
}

fn judge(judging: &Judging<'_>, state: &RunState, place: &Place) -> Judged {
    let Judging { setup, naming, is_open, expected, unseen } = *judging;
    let is_other = |path: &str, present: &FileState| {
        let seen = expected.iter().filter(|seen| seen.look.at() == Some(path)).collect::<Vec<_>>();
        !seen.iter().any(|seen| is_as(present, &seen.seen))
            && (!seen.is_empty() || left(state, path, present).is_some())
    };
    let links: Vec<(String, FileState)> =
        place.links.iter().filter(|(path, present)| is_other(path, present)).cloned().collect();
    // What was approved there is behind a link now, and no longer found.
    let hides = |link: &str| expected.iter().filter_map(|seen| seen.look.at()).any(|at| at != link && within(at, link));
    if let Some((link, present)) = links.iter().find(|(link, _)| is_open && hides(link)) {
        return Judged::Nowhere(link.clone(), format!("{present}, instead of the folder"));
    }
    let is_expected = |path: &str| expected.iter().any(|seen| seen.look.at() == Some(path));
    let by_link = || links.iter().find_map(|(path, present)| left(state, path, present)).map(|(record, _)| record);
    let (path, present) = match &place.end {
        Some(End::Known(path, state)) => (path, state),
        Some(End::Odd(path, found)) => {
            let is_bound = expected.iter().any(|seen| seen.look.at() == Some(path) && seen.seen == *found);
            return match is_bound {
                true => Judged::Approved,
                false => Judged::Nowhere(path.clone(), found.clone()),
            };
        }
        None => {
            let unbound = place.links.iter().find(|(link, _)| !is_expected(link));
            return match (is_open, by_link().and_then(|_| links.first()).or(unbound)) {
                (true, Some((link, present))) => {
                    Judged::Nowhere(link.clone(), format!("{present}, which leads to what nobody can look at"))
                }
                _ => Judged::Approved,
            };
        }
    };
    let is_bound = expected.iter().any(|seen| seen.look.at() == Some(path) && is_as(present, &seen.seen));
    let left = left(state, path, present);
    let is_known = left.is_some_and(|(record, change)| was_known(setup, record, change) && !unseen.has(change));
    // What the dry run has foreseen there was not shown for that.
    let is_unshown = !is_known && left.is_some_and(|(record, change)| is_undrawn(setup, record, change));
    if present.digest().is_none() || links.is_empty() && is_bound && !is_unshown {
        return Judged::Approved;
    }
    let record = match left {
        Some(_) if links.is_empty() && is_known => return Judged::Approved,
        Some((record, _)) => Some(record),
        None => by_link(),
    };
    let from = match record {
        Some(record) if is_open && links.is_empty() => Some(format!("step `{}` wrote it", record.name)),
        Some(record) if is_open => Some(format!("step `{}` made links lead there, or wrote it", record.name)),
        Some(_) => None,
        // A name that was not known before, or of which nothing was there.
        None if links.is_empty() && !is_other(path, present) => {
            (is_open && !is_expected(path)).then(|| NOBODY_KNOWS.to_owned())
        }
        None if naming.is_undo => is_open.then(|| NOBODY_KNOWS.to_owned()),
        // It is stale.
        None if !links.is_empty() => None,
        None => unrecorded(setup, state, naming.instance).map(|record| format!("step `{}` wrote it", record.name)),
    };
    let is_own = record.is_some_and(|record| record.instance == Some(naming.instance)) && !naming.is_undo;
    match from {
        Some(from) => Judged::Unseen { path: path.clone(), present: present.clone(), from, is_own, links },
        None => Judged::Approved,
    }
}

/// Whether something is as it was seen; of a file the content decides.
fn is_as(present: &FileState, seen: &str) -> bool {
    is_as_seen(&present.to_string(), seen)
        || present.digest().is_some_and(|digest| seen.starts_with("file ") && seen.ends_with(&digest.to_string()))
}

/// Whether a call runs a program in a cell.
fn is_confined(setup: &RunSetup, call: &Call, values: &[Value]) -> bool {
    let Some(Implementation::Live(tool)) = setup.registry.get(&call.tool.name) else { return false };
    let args = Args { tool: call.tool.clone(), values: values.to_vec() };
    place_of(setup, tool.as_ref(), &args) == Some(RunsIn::Cell)
}
