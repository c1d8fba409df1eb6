//! All that the steps of a run, and the calls that take them back, have put somewhere ⟶ what of it nobody has seen.

use super::RunSetup;
use super::known::{WRITES, is_of_files, is_text, is_unrecorded, predicted, was_known};
use crate::state::{RunState, StepRecord};
use crate::tool::registry::Implementation;
use crate::workspace::{Change, FileState};
use planc_lang::paths::within;
use planc_lang::plan::Call;
use planc_lang::value::Value;
use std::collections::BTreeSet;

/// The tools that leave nothing of what was at a path before.
const REPLACES: [&str; 3] = [WRITES.0, "fs.copy", "fs.move"];

/// Something that a step, or the call that takes it back, has put somewhere.
#[derive(Clone, Copy)]
pub(super) struct Put<'s> {
    pub(super) record: &'s StepRecord,
    pub(super) change: &'s Change,
    pub(super) is_undo: bool,
    /// The call.
    call: &'s Call,
}

/// What was put somewhere without anybody having seen it; not what a program in the open has left, which was shown what it could find.
#[derive(Default)]
pub(super) struct Unseen<'s> {
    pub(super) puts: Vec<Put<'s>>,
    contents: BTreeSet<String>,
    /// The last parts of the paths: what a folder is called that was copied with all that is in it.
    names: BTreeSet<&'s str>,
    /// Whether a server may have written something.
    after_server: bool,
}

impl<'s> Unseen<'s> {
    /// A file tool whose arguments were known before the yes makes of what somebody has seen nothing else, though the dry run could
    /// not say what was there; of what nobody has seen it makes what nobody has seen, though the dry run did. Of what nobody has
    /// recorded, in scratch folders or behind servers, it is not known what it was: there only counts what the dry run has shown.
    pub(super) fn of(setup: &'s RunSetup, state: &'s RunState) -> Unseen<'s> {
        let mut open: Vec<Put<'_>> = state.steps().iter().flat_map(|record| puts(setup, record)).collect();
        open.sort_by_key(|put| put.record.clock);
        let is_unrecorded = |record: &StepRecord| is_server(setup, record) && is_unrecorded(setup, record);
        let after_server = state.steps().iter().any(is_unrecorded);
        let mut unseen = Unseen { after_server, ..Unseen::default() };
        loop {
            let known = unseen.puts.len();
            open.retain(|put| {
                let is_unseen = unseen.is_one(setup, put);
                if is_unseen {
                    unseen.contents.extend(content(&put.change.after));
                    unseen.names.insert(name(&put.change.path));
                    unseen.puts.push(*put);
                }
                !is_unseen
            });
            if unseen.puts.len() == known {
                return unseen;
            }
        }
    }

    fn is_one(&self, setup: &RunSetup, put: &Put<'_>) -> bool {
        let predicted = predicted(setup, put.record);
        if !is_of_files(setup, put.call) {
            return !was_known(setup, put.record, put.change);
        }
        if is_text(setup, put.record, put.change) {
            return false;
        }
        let is_made_of = |state: &FileState| content(state).is_some_and(|content| self.contents.contains(&content));
        let adds = !REPLACES.contains(&put.call.tool.name.as_str());
        if is_made_of(&put.change.after) || adds && is_made_of(&put.change.before) {
            return true;
        }
        let is_given = !put.is_undo && predicted.is_some_and(|(_, prediction)| prediction.args.is_known());
        if put.is_folder() && !put.is_on_the_way() && self.names.contains(name(&put.change.path)) {
            return true;
        }
        let is_where_it_says = || put.is_where_it_says() || put.is_folder() && put.is_on_the_way();
        let is_made_of_known = !put.change.of_unseen && !put.is_of_scratch(setup);
        let is_sure = || is_given && !self.after_server && is_where_it_says() && is_made_of_known;
        !is_sure() && !was_known(setup, put.record, put.change)
    }

    /// Whether a change is one of them.
    pub(super) fn has(&self, change: &Change) -> bool {
        self.puts.iter().any(|put| put.change.path == change.path && put.change.after == change.after)
    }
}

impl Put<'_> {
    /// Who has left it.
    pub(super) fn by(&self) -> String {
        let what = if self.is_undo { "the undo of" } else { "step" };
        format!("{what} `{}`", self.record.name)
    }

    /// Whether there is a content that nobody may have seen, also where only the mode of what others have put there is another one; else it is a folder, a mode, or that nothing is there any more.
    pub(super) fn is_content(&self) -> bool {
        let is_same = |after: String| !self.change.of_others && content(&self.change.before) == Some(after);
        content(&self.change.after).is_some_and(|after| !is_same(after))
    }

    /// Whether only the mode of a file is another one.
    pub(super) fn is_mode(&self) -> bool {
        matches!(self.change.after, FileState::File { .. }) && !self.is_content()
    }

    fn is_folder(&self) -> bool {
        matches!(self.change.after, FileState::Directory { .. })
    }

    /// Whether an argument names it, or what lies in it.
    fn is_on_the_way(&self) -> bool {
        self.texts().any(|path| within(path, &self.change.path))
    }

    /// Whether it is in a folder that programs really write.
    fn is_of_scratch(&self, setup: &RunSetup) -> bool {
        setup.config.programs.scratch.iter().any(|folder| within(&self.change.path, folder))
    }

    /// Whether it is where an argument says, and no link has led elsewhere.
    fn is_where_it_says(&self) -> bool {
        self.texts().any(|path| path == "." || within(&self.change.path, path))
    }

    /// The arguments that may be paths.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let args = match &self.record.args {
            Some(Value::Record(args)) => Some(args),
            Some(_) | None => None,
        };
        args.into_iter().flat_map(|args| args.iter()).filter_map(|(_, value)| value.as_str())
    }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a step is a call of a server.
fn is_server(setup: &RunSetup, record: &StepRecord) -> bool {
    let call = record.instance.map(|instance| &setup.compiled.plan.get(instance.step).call);
    let tool = call.and_then(|call| setup.registry.get(&call.tool.name));
    matches!(tool, Some(Implementation::Live(tool)) if tool.as_program().is_none())
}

/// What a step and the call that takes it back have put somewhere, as it was recorded before it was.
fn puts<'s>(setup: &'s RunSetup, record: &'s StepRecord) -> impl Iterator<Item = Put<'s>> {
    let step = record.instance.map(|instance| setup.compiled.plan.get(instance.step));
    let own =
        record.changes.iter().filter(|_| record.by_files).map(move |change| (change, step.map(|step| &step.call)));
    let back = record.undo_changes.iter().map(move |change| (change, step.and_then(|step| step.undo.as_deref())));
    let all = own.map(|own| (own, false)).chain(back.map(|back| (back, true)));
    all.filter_map(move |((change, call), is_undo)| Some(Put { record, change, is_undo, call: call? }))
}

/// What a program could read at a path.
pub(super) fn content(state: &FileState) -> Option<String> {
    match state {
        FileState::File { digest, .. } => Some(digest.to_string()),
        FileState::Link { .. } => Some(state.to_string()),
        FileState::Absent | FileState::Directory { .. } | FileState::Other => None,
    }
}
