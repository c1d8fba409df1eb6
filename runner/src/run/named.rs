//! The files that a command line names ⟶ what they must be now: as this run has left them, else as they were before it; and
//! what a person looks at first, because a program of the run has written what is about to run in the open.

use super::cells::is_in_cell;
use super::late::{content_id, shown_content};
use super::{Recorder, RunSetup, place_of};
use crate::event::LateValue;
use crate::prediction::Prediction;
use crate::state::{RunState, StepRecord};
use crate::tool::Args;
use crate::tool::process::Place;
use crate::tool::registry::Implementation;
use crate::workspace::{FileState, Look, Observation};
use planc_lang::effects::Resource;
use planc_lang::plan::{Call, Instance};
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;

/// What the files that the command line of a step names must be now. Those that are looked at anyway are left out.
pub(crate) fn expected_files(prediction: &Prediction, state: &RunState) -> Vec<Observation> {
    let is_left = |named: &&Observation| !prediction.observations.iter().any(|seen| seen.look == named.look);
    let now = |named: &Observation| {
        let left = named.look.at().and_then(|path| state.left_at(path));
        let seen = left.map_or_else(|| named.seen.clone(), |(_, change)| change.after.to_string());
        Observation { look: named.look.clone(), seen }
    };
    prediction.named.iter().filter(is_left).map(now).collect()
}

/// Whether a person has looked at what is found at a path, for this step.
pub(crate) fn is_agreed(state: &RunState, step: &str, path: &str, found: &str) -> bool {
    let agreed = state.agreed.get(&content_id(path, step));
    agreed.and_then(|late| late.value.get("state")).and_then(Value::as_str) == Some(found)
}

/// The contents of files which the command line of a step names and that nobody has seen: a program of the run has written
/// what is about to be used in the open, or one that nothing holds has, of which it is not recorded what it changed. Each
/// with what the file must still be when the program runs. Blocks while it reads.
pub(crate) fn of_named(
    setup: &RunSetup,
    recorder: &Recorder,
    name: &str,
    instance: Instance,
    values: &[Value],
) -> Vec<(LateValue, Observation)> {
    let plan = &setup.compiled.plan;
    let Some(prediction) = setup.predictions.of(plan, instance).filter(|of| !of.named.is_empty()) else {
        return Vec::new();
    };
    let is_open = !is_confined(setup, &plan.get(instance.step).call, values);
    let present = |named: &Observation| {
        let path = named.look.at()?;
        let present = setup.workspace.state(path).ok()?;
        let is_another = present.digest().is_some() && present.to_string() != named.seen;
        is_another.then(|| (path.to_owned(), present))
    };
    let others: Vec<(String, FileState)> = prediction.named.iter().filter_map(present).collect();
    let written: Vec<(String, FileState, String)> = {
        let state = recorder.state();
        let by = |(path, present): (String, FileState)| {
            let by = match state.left_at(&path) {
                Some((record, change)) => {
                    let of = record.instance.filter(|of| plan.get(of.step).call.tool.runs_programs())?;
                    let shown = setup.predictions.of(plan, of);
                    let is_shown = shown.is_some_and(|prediction| prediction.changes.contains(change));
                    (is_open && !is_shown && change.after == present).then_some(record)
                }
                None => {
                    let is_other = |record: &&StepRecord| record.instance != Some(instance);
                    state.steps().iter().find(|record| is_other(record) && is_unrecorded(setup, record))
                }
            };
            Some((path, present, by?.name.clone()))
        };
        others.into_iter().filter_map(by).collect()
    };
    let shown = |(path, present, by): (String, FileState, String)| {
        let late = shown_content(setup, instance.step, name, &path, &present, &by);
        (late, Observation { look: Look::At { path }, seen: present.to_string() })
    };
    written.into_iter().map(shown).collect()
}

/// Whether a call runs a program in a cell.
fn is_confined(setup: &RunSetup, call: &Call, values: &[Value]) -> bool {
    let Some(Implementation::Live(tool)) = setup.registry.get(&call.tool.name) else { return false };
    let args = Args { tool: call.tool.clone(), values: values.to_vec() };
    place_of(setup, tool.as_ref(), &args) == Some(Place::Cell)
}

/// Whether a step has begun of which it is not recorded what it changes in the workspace: a program in the open, a server.
fn is_unrecorded(setup: &RunSetup, record: &StepRecord) -> bool {
    let Some(step) = record.instance.map(|made| setup.compiled.plan.get(made.step)) else { return false };
    let tool = &step.call.tool;
    let is_live = matches!(setup.registry.get(&tool.name), Some(Implementation::Live(_)));
    if !record.has_begun() || !is_live || is_in_cell(setup, step, record) {
        return false;
    }
    let made = |name: &str| record.args.as_ref().and_then(|args| args.get(name)).cloned().unwrap_or(Value::Null);
    let values: Vec<Value> = tool.params.iter().map(|param| made(&param.name)).collect();
    let changes = |(verb, resource): &(EffectVerb, Resource)| match resource {
        Resource::Path(_) | Resource::Glob(_) | Resource::AnyPath => *verb != EffectVerb::Reads,
        Resource::Program(_) | Resource::AnyProgram | Resource::Everything => true,
        Resource::Host(_) | Resource::AnyHost | Resource::Named(..) | Resource::AnyIn(_) => false,
    };
    tool.touches(&values).iter().any(changes)
}
