//! What a step has left in the workspace ⟶ whether the approval knows it, and whether it is recorded at all.

use super::RunSetup;
use super::cells::is_in_cell;
use crate::prediction::{Exact, Prediction};
use crate::state::{RunState, StepRecord};
use crate::tool::registry::Implementation;
use crate::workspace::{Change, FileState, is_as_seen};
use planc_lang::catalogue::Tool;
use planc_lang::digest::Digest;
use planc_lang::effects::Resource;
use planc_lang::plan::{Call, Instance, Step};
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;
use std::collections::BTreeMap;

/// The tool whose file holds what the call says and nothing else, and the parameters that say where it is, what, and whether it may be executed.
pub(super) const WRITES: (&str, &str, &str, &str) = ("fs.write", "path", "text", "executable");
/// Who has written what no step is known to have written.
pub(super) const NOBODY_KNOWS: &str = "it is not recorded who wrote it";

/// The change by which the run has left a path as it is, the last one of several.
pub(super) fn left<'s>(state: &'s RunState, path: &str, present: &FileState) -> Option<(&'s StepRecord, &'s Change)> {
    let of = |record: &'s StepRecord| {
        let change = record.all_changes().rfind(|change| change.path == path && change.after == *present)?;
        Some((record, change))
    };
    state.steps().iter().filter_map(of).max_by_key(|(record, _)| record.clock)
}

/// What the run has changed, by path.
pub(crate) struct OwnChanges<'s> {
    /// By its steps, and by the calls that took them back, in the order in which they were.
    changes: BTreeMap<&'s str, Vec<&'s Change>>,
}

impl<'s> OwnChanges<'s> {
    /// All that is recorded.
    pub(crate) fn of(state: &'s RunState) -> OwnChanges<'s> {
        let mut records: Vec<&StepRecord> = state.steps().iter().collect();
        records.sort_by_key(|record| record.clock);
        let own = records.iter().flat_map(|record| &record.changes);
        let back = records.iter().rev().flat_map(|record| &record.undo_changes);
        let mut changes: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
        own.chain(back).for_each(|change| changes.entry(&change.path).or_default().push(change));
        OwnChanges { changes }
    }

    /// The last change of a path.
    pub(crate) fn last(&self, path: &str) -> Option<&'s Change> {
        self.changes.get(path)?.last().copied()
    }

    /// How a path may be that was as it was `seen`, where the run alone has changed it: what it made of what others had put there is none of
    /// that.
    pub(crate) fn made_of(&self, path: &str, seen: Vec<String>) -> Vec<String> {
        let mut known = seen;
        for change in self.changes.get(path).into_iter().flatten().filter(|change| !change.of_others) {
            let before = change.before.to_string();
            if known.iter().any(|seen| is_as_seen(&before, seen)) {
                known.extend([change.after.to_string(), change.reversed().after.to_string()]);
            }
        }
        known
    }
}

/// Whether a change was foreseen, and no diff shows what it puts there.
pub(super) fn is_undrawn(setup: &RunSetup, record: &StepRecord, change: &Change) -> bool {
    let predicted = record.instance.and_then(|instance| setup.predictions.of(&setup.compiled.plan, instance));
    predicted.is_some_and(|prediction| prediction.undrawn.contains(&change.path))
}

/// Whether a change is one that the approval knows: the dry run has shown it, or the call says what the file holds. What a program did in
/// the dry run is bound only where it must do the same again.
pub(super) fn was_known(setup: &RunSetup, record: &StepRecord, change: &Change) -> bool {
    let Some((step, prediction)) = predicted(setup, record) else { return false };
    let is_bound = is_of_files(setup, &step.call) || prediction.exact == Exact::Yes;
    is_bound && prediction.shows(change) || is_text(setup, record, change)
}

/// Whether the call that has made a change says all that is in a file, where that is, and that it may be executed, if it may. What an undo call
/// says of a secret nobody has seen.
pub(super) fn is_text(setup: &RunSetup, record: &StepRecord, change: &Change) -> bool {
    let Some((step, prediction)) = predicted(setup, record) else { return false };
    let says = |call: &Call, args: &Value| {
        let said = |name: &str| args.get(name).and_then(Value::as_str);
        call.tool.name == WRITES.0
            && said(WRITES.1) == Some(&change.path)
            && said(WRITES.2).is_some_and(|text| change.after.digest() == Some(&Digest::of(text.as_bytes())))
            && change.after.mode().is_some_and(|mode| mode & 0o111 == 0 || is_executable(args))
    };
    let undo = step.undo.as_deref().filter(|_| setup.veil.is_none());
    says(&step.call, &prediction.args) && record.changes.contains(change)
        || undo.is_some_and(|undo| says(undo, &prediction.undo)) && record.undo_changes.contains(change)
}

/// Whether a call says that what it writes may be executed.
fn is_executable(args: &Value) -> bool {
    args.get(WRITES.3).is_some_and(|executable| *executable == Value::Bool(true))
}

pub(super) fn predicted<'s>(setup: &'s RunSetup, record: &StepRecord) -> Option<(&'s Step, &'s Prediction)> {
    let plan = &setup.compiled.plan;
    let instance = record.instance?;
    Some((plan.get(instance.step), setup.predictions.of(plan, instance)?))
}

pub(super) fn is_of_files(setup: &RunSetup, call: &Call) -> bool {
    matches!(setup.registry.get(&call.tool.name), Some(Implementation::Files(_)))
}

/// Another step that has begun and of which it is not recorded what it changes.
pub(super) fn unrecorded<'s>(setup: &RunSetup, state: &'s RunState, instance: Instance) -> Option<&'s StepRecord> {
    state.steps().iter().find(|record| record.instance != Some(instance) && is_unrecorded(setup, record))
}

/// Whether a step has begun of which it is not recorded what it changes in the workspace: a program in the open, a server.
pub(crate) fn is_unrecorded(setup: &RunSetup, record: &StepRecord) -> bool {
    let Some(step) = record.instance.map(|made| setup.compiled.plan.get(made.step)) else { return false };
    let tool = &step.call.tool;
    let is_live = matches!(setup.registry.get(&tool.name), Some(Implementation::Live(_)));
    record.has_begun() && is_live && !is_in_cell(setup, step, record) && changes_files(tool, &made(tool, record))
}

/// The files that a step says it changes, where it is not recorded which it does: those of a server. What a program in the open changes, its call
/// does not say.
pub(crate) fn said_to_change(setup: &RunSetup, record: &StepRecord) -> Vec<Resource> {
    let Some(step) = record.instance.map(|made| setup.compiled.plan.get(made.step)) else { return Vec::new() };
    let tool = &step.call.tool;
    if !is_unrecorded(setup, record) {
        return Vec::new();
    }
    let files = tool.touches(&made(tool, record)).into_iter().filter(is_change_of_files);
    files
        .map(|(_, resource)| resource)
        .filter(|resource| matches!(resource, Resource::Path(_) | Resource::Glob(_)))
        .collect()
}

/// With which arguments a step was made.
fn made(tool: &Tool, record: &StepRecord) -> Vec<Value> {
    let made = |name: &str| record.args.as_ref().and_then(|args| args.get(name)).cloned().unwrap_or(Value::Null);
    tool.params.iter().map(|param| made(&param.name)).collect()
}

/// Whether a call with these arguments may change files of the workspace.
pub(crate) fn changes_files(tool: &Tool, values: &[Value]) -> bool {
    tool.touches(values).iter().any(is_change_of_files)
}

fn is_change_of_files((verb, resource): &(EffectVerb, Resource)) -> bool {
    match resource {
        Resource::Path(_) | Resource::Glob(_) | Resource::AnyPath => *verb != EffectVerb::Reads,
        Resource::Program(_) | Resource::AnyProgram | Resource::Everything => true,
        Resource::Host(_) | Resource::AnyHost | Resource::Named(..) | Resource::AnyIn(_) => false,
    }
}
