//! What the run has left in the workspace without anybody having seen it ⟶ shown before a program runs in the open, which may
//! find any of it, whatever its command line says. A person looks at a content once: the yes is one for every program that the run
//! has in the open from then on.
//!
//! Left by a program in the open does not count: it was shown what it could find. Nor do folders of `[programs] scratch`, of which
//! nothing is recorded, which the card says; nor what in a repository is only data.

use super::known::{NOBODY_KNOWS, was_known};
use super::late::{Content, shown_content, veiled_content};
use super::unapproved::{Naming, UnseenContent};
use super::{Recorder, RunSetup};
use crate::coverage::is_data_of_repository;
use crate::event::{LateKind, LateValue};
use crate::prediction::Prediction;
use crate::state::{RunState, StepRecord};
use crate::tool::registry::Implementation;
use crate::workspace::{Change, FileState, Look, Observation};
use planc_lang::digest::Digest;
use planc_lang::plan::Call;
use planc_lang::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// By whom it is found.
const IN_THE_OPEN: &str = "programs in the open";
/// The tools that leave nothing of what was at a path before.
const REPLACES: [&str; 3] = ["fs.write", "fs.copy", "fs.move"];
/// The most contents that are shown one by one; of more there is a list.
const MAX_SHOWN: usize = 100;
/// The most paths of such a list that are shown.
const MAX_LISTED: usize = 1000;

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
) -> Vec<UnseenContent> {
    let candidates = candidates(setup, &recorder.state(), named);
    let unseen = candidates.into_iter().filter_map(|left| {
        let present = setup.workspace.state(&left.path).ok()?;
        let by = left.by(&present)?;
        Some((left.path, present, by))
    });
    let unseen: Vec<(String, FileState, String)> = unseen.collect();
    if unseen.len() > MAX_SHOWN {
        return vec![listed(setup, naming, unseen)];
    }
    let shown = unseen.into_iter().map(|(path, present, by)| {
        let content =
            Content { finder: naming.finder(), path: &path, present: &present, from: by, to: to(naming), links: &[] };
        let late = shown_content(setup, IN_THE_OPEN, content);
        let file = Observation { look: Look::At { path: path.clone() }, seen: present.to_string() };
        UnseenContent { late, files: vec![file], is_own: false }
    });
    shown.collect()
}

/// Where it goes.
fn to(Naming { name, is_undo, .. }: Naming<'_>) -> String {
    let step = if is_undo { name.to_owned() } else { format!("step `{name}`") };
    format!("{step}, and whatever the run has in the open after it, may read it")
}

/// The paths at which what did not run in the open has put something that the approval does not know.
fn candidates(setup: &RunSetup, state: &RunState, named: &BTreeSet<String>) -> Vec<Left> {
    let mut found: BTreeMap<&str, Left> = BTreeMap::new();
    for Put { record, change, is_undo, .. } in unseen(setup, state) {
        if named.contains(&change.path) || is_data_of_repository(&change.path) {
            continue;
        }
        let by = if is_undo { "the undo of" } else { "step" };
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

/// Something that a step, or the call that takes it back, has put somewhere.
struct Put<'s> {
    record: &'s StepRecord,
    change: &'s Change,
    is_undo: bool,
    /// The call.
    call: &'s Call,
}

/// What was put somewhere without anybody having seen it. A file tool whose arguments were known before the yes makes of what somebody has
/// seen nothing else, though the dry run could not say what was there.
fn unseen<'s>(setup: &'s RunSetup, state: &'s RunState) -> Vec<Put<'s>> {
    let mut open: Vec<Put<'_>> = state.steps().iter().flat_map(|record| puts(setup, record)).collect();
    open.sort_by_key(|put| put.record.clock);
    let mut contents: BTreeSet<String> = BTreeSet::new();
    let mut found = Vec::new();
    loop {
        let known = found.len();
        let mut rest = Vec::new();
        for put in open {
            let is_made_of = |state: &FileState| content(state).is_some_and(|content| contents.contains(&content));
            let adds = !REPLACES.contains(&put.call.tool.name.as_str());
            if put.is_new(setup) || is_made_of(&put.change.after) || adds && is_made_of(&put.change.before) {
                contents.extend(content(&put.change.after));
                found.push(put);
            } else {
                rest.push(put);
            }
        }
        open = rest;
        if found.len() == known {
            return found;
        }
    }
}

/// What a step and the call that takes it back have put somewhere and no card has shown; not what a program in the open has.
fn puts<'s>(setup: &'s RunSetup, record: &'s StepRecord) -> impl Iterator<Item = Put<'s>> {
    let step = record.instance.map(|instance| setup.compiled.plan.get(instance.step));
    let own =
        record.changes.iter().filter(|_| record.by_files).map(move |change| (change, step.map(|step| &step.call)));
    let back = record.undo_changes.iter().map(move |change| (change, step.and_then(|step| step.undo.as_deref())));
    let all = own.map(|own| (own, false)).chain(back.map(|back| (back, true)));
    let puts = all.filter_map(move |((change, call), is_undo)| Some(Put { record, change, is_undo, call: call? }));
    puts.filter(|put| {
        // A file that is only executable now is the same one.
        let is_other = content(&put.change.after).is_some_and(|after| content(&put.change.before) != Some(after));
        is_other && !was_known(setup, put.record, put.change)
    })
}

/// What a program could read at a path.
fn content(state: &FileState) -> Option<String> {
    match state {
        FileState::File { digest, .. } => Some(digest.to_string()),
        FileState::Link { .. } => Some(state.to_string()),
        FileState::Absent | FileState::Directory { .. } | FileState::Other => None,
    }
}

impl Put<'_> {
    /// Whether what it has put there came from nowhere else: a program has made it, or an argument has brought it.
    fn is_new(&self, setup: &RunSetup) -> bool {
        let is_of_files = matches!(setup.registry.get(&self.call.tool.name), Some(Implementation::Files(_)));
        let predicted = self.record.instance.and_then(|made| setup.predictions.of(&setup.compiled.plan, made));
        let was_given = |prediction: &Prediction| match self.is_undo {
            true => prediction.undo.is_known(),
            false => prediction.args.is_known(),
        };
        !is_of_files || !predicted.is_some_and(was_given)
    }
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

/// So many contents that nobody reads them: which there are.
fn listed(setup: &RunSetup, naming: Naming<'_>, unseen: Vec<(String, FileState, String)>) -> UnseenContent {
    let all: Vec<(&String, String)> = unseen.iter().map(|(path, state, _)| (path, state.to_string())).collect();
    let names = unseen.iter().take(MAX_LISTED).map(|(path, ..)| Value::string(path.clone()));
    let value = Value::record([
        ("files", Value::Int(i64::try_from(unseen.len()).unwrap_or(i64::MAX))),
        ("all", Value::string(Digest::of_json(&all).to_string())),
        ("names", Value::list(names)),
    ]);
    let from: BTreeSet<&String> = unseen.iter().map(|(_, _, by)| by).collect();
    let late = LateValue {
        id: format!("contents for {IN_THE_OPEN}"),
        kind: LateKind::Content,
        value,
        commitment: None,
        reason: None,
        from: from.into_iter().cloned().collect(),
        to: vec![to(naming)],
    };
    let seen = |(path, state, _): (String, FileState, String)| Observation {
        look: Look::At { path },
        seen: state.to_string(),
    };
    let late = veiled_content(setup, naming.finder(), late);
    UnseenContent { late, files: unseen.into_iter().map(seen).collect(), is_own: false }
}
