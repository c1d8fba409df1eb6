//! What the run has left in the workspace without anybody having seen it ⟶ shown before a program runs in the open, which may
//! find any of it, whatever its command line says. A person looks at a content once: the yes is one for every program that the run
//! has in the open from then on.
//!
//! Left by a program in the open does not count: it was shown what it could find. Nor do folders of `[programs] scratch`, of which
//! nothing is recorded, which the card says. What in a repository is only data nobody reads: that is shown as a list.

use super::known::NOBODY_KNOWS;
use super::late::{Content, shown_content, veiled_content};
use super::unapproved::{Naming, Unapproved, UnseenContent};
use super::unseen::{Put, Unseen, content};
use super::{Recorder, RunSetup};
use crate::coverage::is_data_of_repository;
use crate::event::{Difference, LateKind, LateValue};
use crate::state::{RunState, StepRecord};
use crate::workspace::{FileState, Look, Observation};
use planc_lang::digest::Digest;
use planc_lang::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// By whom it is found.
const IN_THE_OPEN: &str = "programs in the open";
/// The most contents that are shown one by one; of more there is a list.
pub const MAX_LEFT_SHOWN: usize = 100;

/// A path at which the run has left what nobody has seen.
struct Left {
    path: String,
    /// What that was, and who has left it.
    unseen: Vec<(FileState, String)>,
    /// What else was there at any time, as it is recorded.
    other: Vec<FileState>,
}

/// What a call in the open may find that the run has left and that nobody has seen; `named` are shown anyway. Blocks while it reads.
pub(super) fn of_left(
    setup: &RunSetup,
    recorder: &Recorder,
    naming: Naming<'_>,
    named: &BTreeSet<String>,
) -> Unapproved {
    let candidates = {
        let state = recorder.state();
        candidates(&state, &Unseen::of(setup, &state), named)
    };
    let mut found = Unapproved::default();
    let mut unseen = Vec::new();
    for left in candidates {
        match setup.workspace.state(&left.path) {
            Ok(present) => unseen.extend(left.by(&present).map(|by| Found { path: left.path, present, by })),
            Err(error) => {
                let seen = "what somebody has looked at".to_owned();
                let expected = Observation { look: Look::At { path: left.path }, seen };
                found.different.push(Difference { expected, found: format!("what nobody can look at: {error}") });
            }
        }
    }
    let (data, files): (Vec<Found>, Vec<Found>) =
        unseen.into_iter().partition(|found| is_data_of_repository(&found.path));
    match files.len() > MAX_LEFT_SHOWN {
        true => found.contents.push(listed(setup, naming, "contents", files)),
        false => found.contents.extend(files.into_iter().map(|file| shown(setup, naming, file))),
    }
    if !data.is_empty() {
        found.contents.push(listed(setup, naming, "data of repositories", data));
    }
    found
}

/// What nobody has seen, with who has left it.
struct Found {
    path: String,
    present: FileState,
    by: String,
}

fn shown(setup: &RunSetup, naming: Naming<'_>, Found { path, present, by }: Found) -> UnseenContent {
    let content =
        Content { finder: naming.finder(), path: &path, present: &present, from: by, to: to(naming), links: &[] };
    let late = shown_content(setup, IN_THE_OPEN, content);
    let file = Observation { look: Look::At { path }, seen: present.to_string() };
    UnseenContent { late, files: vec![file], is_own: false }
}

/// Where it goes.
fn to(Naming { name, is_undo, .. }: Naming<'_>) -> String {
    let step = if is_undo { name.to_owned() } else { format!("step `{name}`") };
    format!("{step}, and whatever the run has in the open after it, may read it")
}

/// The paths at which what did not run in the open has put something that the approval does not know.
fn candidates(state: &RunState, unseen: &Unseen<'_>, named: &BTreeSet<String>) -> Vec<Left> {
    let mut found: BTreeMap<&str, Left> = BTreeMap::new();
    for Put { record, change, is_undo, .. } in &unseen.puts {
        if named.contains(&change.path) {
            continue;
        }
        let by = if *is_undo { "the undo of" } else { "step" };
        let left = || Left { path: change.path.clone(), unseen: Vec::new(), other: Vec::new() };
        let left = found.entry(&change.path).or_insert_with(left);
        left.unseen.push((change.after.clone(), format!("{by} `{}` wrote it", record.name)));
    }
    if !found.is_empty() {
        for change in state.steps().iter().flat_map(StepRecord::all_changes) {
            let Some(left) = found.get_mut(change.path.as_str()) else { continue };
            left.other.extend([change.before.clone(), change.after.clone()]);
        }
    }
    found.into_values().collect()
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

/// Contents that nobody reads, for they are many or of a repository: which there are. A list that is longer than what is shown whole is
/// refused as any late value is.
fn listed(setup: &RunSetup, naming: Naming<'_>, which: &str, found: Vec<Found>) -> UnseenContent {
    let all: Vec<(&String, String)> = found.iter().map(|found| (&found.path, found.present.to_string())).collect();
    let value = Value::record([
        ("files", Value::list(found.iter().map(|found| Value::string(found.path.clone())))),
        ("digest", Value::string(Digest::of_json(&all).to_string())),
    ]);
    let from: BTreeSet<&String> = found.iter().map(|found| &found.by).collect();
    let late = LateValue {
        id: format!("{which} for {IN_THE_OPEN}"),
        kind: LateKind::Content,
        value,
        commitment: None,
        reason: None,
        from: from.into_iter().cloned().collect(),
        to: vec![to(naming)],
    };
    let late = veiled_content(setup, naming.finder(), late);
    let seen =
        |Found { path, present, .. }| Observation { look: Look::At { path }, seen: FileState::to_string(&present) };
    UnseenContent { late, files: found.into_iter().map(seen).collect(), is_own: false }
}
