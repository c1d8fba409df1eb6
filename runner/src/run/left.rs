//! What the run has left in the workspace without anybody having seen it ⟶ shown before a program runs in the open, which may
//! find any of it, whatever its command line says. A person looks at a content once: the yes is one for every program that the run
//! has in the open from then on.
//!
//! Left by a program in the open does not count: it was shown what it could find. Nor do folders of `[programs] scratch`, of which
//! nothing is recorded, which the card says. What in a repository is only data nobody reads: that is shown as a list.

use super::known::NOBODY_KNOWS;
use super::late::{Content, shown_content, veiled_content};
use super::surroundings::{Held, SOMEBODY, by_others};
use super::unapproved::{Naming, Unapproved, UnseenContent};
use super::unseen::{Put, Unseen, content};
use super::{Recorder, RunSetup};
use crate::config::Changed;
use crate::event::{Difference, LateKind, LateValue};
use crate::inventory::is_data;
use crate::state::{RunState, StepRecord};
use crate::workspace::{FileState, Look, Observation};
use planc_lang::digest::Digest;
use planc_lang::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// By whom it is found.
fn finders(setup: &RunSetup) -> &'static str {
    match setup.config.programs.changed {
        Changed::Everywhere => "programs",
        Changed::Ask | Changed::Allow => "programs in the open",
    }
}

/// The most contents that are shown one by one; of more there is a list.
pub const MAX_LEFT_SHOWN: usize = 100;
/// The most paths that a list names; of more it counts how many there are in each folder of the root.
pub const MAX_LISTED: usize = 500;

/// A path at which the run has left what nobody has seen.
struct Left {
    path: String,
    /// What that was, and who has left it.
    unseen: Vec<(FileState, String)>,
    /// What else was there at any time, as it is recorded.
    other: Vec<FileState>,
}

/// What a call may find that nobody has seen: in the open what the run has left, but for what it names, and what others have changed, but
/// for what it is held to. Blocks while it reads.
pub(super) fn of_left(
    setup: &RunSetup,
    recorder: &Recorder,
    naming: Naming<'_>,
    is_open: bool,
    (named, held): (&BTreeSet<String>, &Held),
) -> Unapproved {
    let (candidates, marks) = {
        let state = recorder.state();
        let unseen = if is_open { Unseen::of(setup, &state) } else { Unseen::default() };
        (candidates(&state, &unseen, named), marks(&unseen, named))
    };
    let mut found = Unapproved::default();
    let mut unseen: Vec<Found> = Vec::new();
    for left in candidates {
        match setup.workspace.state(&left.path) {
            Ok(present) => unseen.extend(left.by(&present).map(|by| Found {
                path: left.path,
                present,
                which: None,
                by,
                may_tell: true,
            })),
            Err(error) => {
                let seen = "what somebody has looked at".to_owned();
                let expected = Observation { look: Look::At { path: left.path }, seen };
                found.different.push(Difference { expected, found: format!("what nobody can look at: {error}") });
            }
        }
    }
    let others = by_others(setup, recorder, naming.name, held);
    // Where the plan has no secret, that is the same.
    let may_tell = others.may_be_own || setup.veil.is_none();
    let somebodys = |path, present, which| Found { path, present, which, by: SOMEBODY.to_owned(), may_tell };
    let known: BTreeSet<String> = unseen.iter().map(|found| found.path.clone()).collect();
    let contents = others.contents.into_iter().filter(|(path, _)| !known.contains(path));
    unseen.extend(contents.map(|(path, present)| somebodys(path, present, None)));
    let mut marks = present_marks(setup, marks, unseen.iter().map(|found| found.path.clone()).collect());
    marks.extend(others.marks.into_iter().map(|(path, present, which)| somebodys(path, present, which)));
    let is_unread = |found: &Found| is_data(&found.path) && is_plain(&found.present);
    let (data, files): (Vec<Found>, Vec<Found>) = unseen.into_iter().partition(is_unread);
    if files.len() <= MAX_LEFT_SHOWN {
        found.contents.extend(files.into_iter().map(|file| shown(setup, naming, file)));
    } else {
        found.contents.extend(lists(files).map(|files| listed(setup, naming, "contents", files)));
    }
    found.contents.extend(lists(data).map(|data| listed(setup, naming, "data of repositories", data)));
    let (odd, marks): (Vec<Found>, Vec<Found>) = marks.into_iter().partition(|found| found.present == FileState::Other);
    found.contents.extend(lists(odd).map(|odd| told(setup, naming, "contents that cannot be shown", odd)));
    found.contents.extend(lists(marks).map(|marks| told(setup, naming, "folders, modes and deletions", marks)));
    found
}

/// Whether it is a file that nobody can run by its name.
fn is_plain(state: &FileState) -> bool {
    matches!(state, FileState::File { mode, .. } if mode & 0o111 == 0)
}

/// One list of what may tell a secret, and one of what cannot.
fn lists(found: Vec<Found>) -> impl Iterator<Item = Vec<Found>> {
    let (may, cannot): (Vec<Found>, Vec<Found>) = found.into_iter().partition(|found| found.may_tell);
    [may, cannot].into_iter().filter(|found| !found.is_empty())
}

/// What nobody has seen, with who has left it.
struct Found {
    path: String,
    present: FileState,
    /// Which one that is, where its state says too little.
    which: Option<String>,
    by: String,
    /// Whether a secret of the plan may be in it.
    may_tell: bool,
}

fn shown(setup: &RunSetup, naming: Naming<'_>, Found { path, present, by, may_tell, .. }: Found) -> UnseenContent {
    let finder = may_tell.then(|| naming.finder());
    let content = Content { finder, path: &path, present: &present, from: by, to: to(setup, naming), links: &[] };
    let late = shown_content(setup, finders(setup), content);
    let file = Observation { look: Look::At { path }, seen: present.to_string() };
    UnseenContent { late, files: vec![file], is_own: false }
}

/// Where it goes.
fn to(setup: &RunSetup, Naming { name, is_undo, .. }: Naming<'_>) -> String {
    let step = if is_undo { name.to_owned() } else { format!("step `{name}`") };
    let after = match setup.config.programs.changed {
        Changed::Everywhere => "whatever programs the run has after it",
        Changed::Ask | Changed::Allow => "whatever the run has in the open after it",
    };
    format!("{step}, and {after}, may read it")
}

/// The paths at which what did not run in the open has put something that the approval does not know.
fn candidates(state: &RunState, unseen: &Unseen<'_>, named: &BTreeSet<String>) -> Vec<Left> {
    let mut found: BTreeMap<&str, Left> = BTreeMap::new();
    for put in &unseen.puts {
        let change = put.change;
        if named.contains(&change.path) || !put.is_content() {
            continue;
        }
        let left = || Left { path: change.path.clone(), unseen: Vec::new(), other: Vec::new() };
        let left = found.entry(&change.path).or_insert_with(left);
        left.unseen.push((change.after.clone(), format!("{} wrote it", put.by())));
    }
    if !found.is_empty() {
        for change in state.steps().iter().flat_map(StepRecord::all_changes) {
            let Some(left) = found.get_mut(change.path.as_str()) else { continue };
            left.other.extend([change.before.clone(), change.after.clone()]);
        }
    }
    found.into_values().collect()
}

/// A state that was left at a path, without a content.
struct Mark {
    state: FileState,
    by: String,
    /// Whether nothing was there before.
    is_new: bool,
}

/// What a program may go by besides contents: folders, whose names nobody has seen, modes, and that something is no more there. A file that
/// the command line runs is the same one, whatever its mode.
fn marks(unseen: &Unseen<'_>, named: &BTreeSet<String>) -> BTreeMap<String, Vec<Mark>> {
    let mut marks: BTreeMap<String, Vec<Mark>> = BTreeMap::new();
    let is_same_file = |put: &&Put<'_>| named.contains(&put.change.path) && put.is_mode();
    for put in unseen.puts.iter().filter(|put| !put.is_content() && !is_same_file(put)) {
        let is_new = put.change.before == FileState::Absent;
        let mark = Mark { state: put.change.after.clone(), by: put.by(), is_new };
        marks.entry(put.change.path.clone()).or_default().push(mark);
    }
    marks
}

/// Those that are there now; a folder that was made on the way to what is shown anyway is none. Blocks while it looks.
fn present_marks(setup: &RunSetup, marks: BTreeMap<String, Vec<Mark>>, mut shown: BTreeSet<String>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    // From the last path on, what lies in a folder comes before it.
    for (path, left) in marks.into_iter().rev() {
        // What cannot be looked at is no longer what was left.
        let Ok(present) = setup.workspace.state(&path) else { continue };
        let Some(Mark { by, is_new, .. }) = left.into_iter().rfind(|mark| mark.state == present) else { continue };
        let inside = format!("{path}/");
        let holds_shown = || shown.range(inside.clone()..).next().is_some_and(|next| next.starts_with(&inside));
        if is_new && matches!(present, FileState::Directory { .. }) && holds_shown() {
            continue;
        }
        if present != FileState::Absent {
            shown.insert(path.clone());
        }
        found.push(Found { path, present, which: None, by, may_tell: true });
    }
    found.reverse();
    found
}

impl Left {
    /// Who has left what is there now; none: nobody has to see it.
    fn by(&self, present: &FileState) -> Option<String> {
        if !matches!(present, FileState::File { .. } | FileState::Link { .. }) {
            return None;
        }
        let is_same = |state: &FileState| content(state) == content(present);
        let unseen = self.unseen.iter().rfind(|(state, _)| is_same(state)).map(|(_, by)| by.clone());
        let is_known = || self.other.iter().any(is_same);
        unseen.or_else(|| (!is_known()).then(|| NOBODY_KNOWS.to_owned()))
    }
}

/// What is there and cannot be shown, or no more there.
fn told(setup: &RunSetup, naming: Naming<'_>, which: &str, found: Vec<Found>) -> UnseenContent {
    let line = |Found { path, present, which, .. }: &Found| {
        let which = which.as_ref().map(|which| format!(", {which}")).unwrap_or_default();
        format!("{path}: {present}{which}")
    };
    let lines: Vec<String> = found.iter().map(line).collect();
    let value = match lines.len() > MAX_LISTED {
        true => counted(&found, &lines),
        false => Value::list(lines.into_iter().map(Value::string)),
    };
    late_list(setup, naming, which, value, found)
}

/// Contents that nobody reads, for they are many or of a repository: which there are.
fn listed(setup: &RunSetup, naming: Naming<'_>, which: &str, found: Vec<Found>) -> UnseenContent {
    let all: Vec<(&String, String)> = found.iter().map(|found| (&found.path, found.present.to_string())).collect();
    let value = match all.len() > MAX_LISTED {
        true => counted(&found, &all),
        false => Value::record([
            ("files", Value::list(found.iter().map(|found| Value::string(found.path.clone())))),
            ("digest", Value::string(Digest::of_json(&all).to_string())),
        ]),
    };
    late_list(setup, naming, which, value, found)
}

/// So many that nobody reads their names: how many there are in which folder, right in the root by name.
fn counted(found: &[Found], all: &impl serde::Serialize) -> Value {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for found in found {
        *folders.entry(found.path.split('/').next().unwrap_or_default()).or_default() += 1;
    }
    let lines = folders.into_iter().map(|(folder, count)| Value::string(format!("{folder}: {count}")));
    Value::record([
        ("count", Value::Int(i64::try_from(found.len()).unwrap_or(i64::MAX))),
        ("in", Value::list(lines)),
        ("digest", Value::string(Digest::of_json(all).to_string())),
    ])
}

fn late_list(setup: &RunSetup, naming: Naming<'_>, which: &str, value: Value, found: Vec<Found>) -> UnseenContent {
    let from: BTreeSet<&String> = found.iter().map(|found| &found.by).collect();
    let may_tell = found.iter().any(|found| found.may_tell);
    let whose = if may_tell { "" } else { " by others" };
    let late = LateValue {
        id: format!("{which}{whose} for {}", finders(setup)),
        kind: LateKind::Content,
        value,
        commitment: None,
        reason: None,
        from: from.into_iter().cloned().collect(),
        to: vec![to(setup, naming)],
    };
    let late = veiled_content(setup, may_tell.then(|| naming.finder()), late);
    // What planc cannot look at is told, and no more.
    let found = found.into_iter().filter(|found| found.present != FileState::Other);
    let seen =
        |Found { path, present, .. }| Observation { look: Look::At { path }, seen: FileState::to_string(&present) };
    UnseenContent { late, files: found.map(seen).collect(), is_own: false }
}
