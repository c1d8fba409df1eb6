//! A live tool's call: recorded, made, and what became of it judged. A program that is confined is [`program`]'s business.

use super::attempt::{Attempt, Fault, Outcome};
use super::probe::{Told, ask};
use super::program;
use crate::event::Resolution;
use crate::journal::StoreError;
use crate::run::{Purpose, RunError, RunSetup, call_live, place_of, timeout_of};
use crate::schedule::{is_repeatable, may_retry};
use crate::tool::model::identity;
use crate::tool::process::Place;
use crate::tool::{EffectKnown, LiveTool, ToolError};
use crate::workspace::{Change, FileState, MAX_FILE_BYTES};
use planc_lang::value::Value;
use std::sync::Arc;

/// Makes one attempt.
pub(crate) async fn call(attempt: &Attempt<'_>, tool: &dyn LiveTool) -> Result<Outcome, RunError> {
    let setup = &attempt.run.setup;
    if let Some(run) = tool.as_program()
        && place_of(setup, tool, attempt.args) == Some(Place::Cell)
    {
        return program::call(attempt, run).await;
    }
    attempt.started(Vec::new(), None).await?;
    let outcome = match pinned(attempt) {
        Some(outcome) => outcome,
        None => call_live(setup, tool, attempt.args, Purpose::Step(attempt.name), timeout_of(attempt.step)).await,
    };
    let changes = changed(attempt).await;
    match outcome {
        Ok(result) => Ok(attempt.finished(result, changes).await?),
        // What was killed and may be repeated is simply made again when the run goes on.
        Err(_) if setup.stop.is_killing() && is_repeatable(attempt.step) => Ok(Outcome::Over),
        Err(error) => Ok(rejected(attempt, error, changes).await?),
    }
}

/// What a model said before approval, which is what was approved: it is not asked again. None: nobody asked it.
fn pinned(attempt: &Attempt<'_>) -> Option<Result<Value, ToolError>> {
    let setup = &attempt.run.setup;
    let pinned = setup.predictions.named(attempt.name)?.pinned.as_ref()?;
    let asked = setup.config.model.as_ref().map(|wiring| identity(wiring, attempt.args));
    Some(match asked == Some(pinned.asked) {
        true => Ok(pinned.value.clone()),
        false => Err(ToolError::before("what the model was asked before approval is not what it would be asked now")),
    })
}

/// What the call changed, as far as that can be seen: programs change files that the run had changed before.
pub(crate) async fn changed(attempt: &Attempt<'_>) -> Vec<Change> {
    match attempt.step.call.tool.runs_programs() {
        true => {
            let written = attempt.run.recorder.state().written();
            observed(&attempt.run.setup, written).await
        }
        false => Vec::new(),
    }
}

async fn rejected(attempt: &Attempt<'_>, error: ToolError, changes: Vec<Change>) -> Result<Outcome, StoreError> {
    let read_only = attempt.step.call.is_read_only();
    let fault =
        |effect_done| Fault { error: error.message.clone(), effect_done, result: None, changes: changes.clone() };
    match error.effect {
        EffectKnown::None => attempt.failed(fault(false)).await,
        EffectKnown::Done => attempt.failed(fault(!read_only)).await,
        EffectKnown::InDoubt if read_only => attempt.failed(fault(false)).await,
        // Repeating it is provably the same as making it once.
        EffectKnown::InDoubt if may_retry(attempt.step, attempt.failures() + 1) => attempt.failed(fault(true)).await,
        EffectKnown::InDoubt => doubtful(attempt, error.message, changes).await,
    }
}

/// It cannot be told what became of the call, unless its probe tells.
async fn doubtful(attempt: &Attempt<'_>, reason: String, changes: Vec<Change>) -> Result<Outcome, StoreError> {
    let tool = &attempt.step.call.tool;
    match ask(attempt, &tool.named(&attempt.args.values)).await {
        Told::NoProbe => attempt.in_doubt(reason, changes).await,
        Told::Nothing(why) => attempt.in_doubt(format!("{reason}; {why}"), changes).await,
        Told::NotDone => {
            let probe = tool.probe.as_ref().map_or("", |probe| probe.name.as_str());
            let error = format!("{reason}; `{probe}` tells that it did not take effect");
            attempt.failed(Fault { error, effect_done: false, result: None, changes }).await
        }
        Told::Done(result) => told_done(attempt, reason, changes, result).await,
    }
}

/// The call took effect and gave this, as its probe tells.
pub(super) async fn told_done(
    attempt: &Attempt<'_>,
    reason: String,
    changes: Vec<Change>,
    result: Value,
) -> Result<Outcome, StoreError> {
    match attempt.unacceptable(&result) {
        Some(error) => attempt.failed(Fault { error, effect_done: true, result: Some(result), changes }).await,
        None => {
            attempt.in_doubt(reason, changes).await?;
            attempt.resolved(Resolution::Done, Some(result)).await
        }
    }
}

/// What a program did to paths that the run had changed before, so that their first contents can still be restored.
async fn observed(setup: &Arc<RunSetup>, written: Vec<Change>) -> Vec<Change> {
    let setup = setup.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let changes = written.iter().filter_map(|last| since(&setup, last)).collect();
        in_order(changes)
    });
    // What could not be looked at is left: taking back will find another content there and say so.
    looked.await.unwrap_or_default()
}

/// How a path differs from what was recorded last.
fn since(setup: &RunSetup, last: &Change) -> Option<Change> {
    let after = match setup.workspace.state(&last.path).ok()? {
        FileState::File { mode, .. } => {
            let content = setup.workspace.read(&last.path, MAX_FILE_BYTES).ok()?;
            let digest = setup.contents.put(&content).ok()?;
            FileState::File { digest, bytes: content.len() as u64, mode }
        }
        other @ (FileState::Absent | FileState::Directory { .. } | FileState::Link { .. }) => other,
        FileState::Other => return None,
    };
    let change = Change::new(last.path.clone(), last.after.clone(), after);
    (change.before != change.after).then_some(change)
}

/// In an order in which they could be made: what goes from the bottom up, then the rest from the top down.
fn in_order(mut changes: Vec<Change>) -> Vec<Change> {
    let depth = |change: &Change| change.path.matches('/').count() as isize;
    changes.sort_by_key(|change| match change.after {
        FileState::Absent => (0, -depth(change), change.path.clone()),
        FileState::File { .. } | FileState::Directory { .. } | FileState::Link { .. } | FileState::Other => {
            (1, depth(change), change.path.clone())
        }
    });
    changes
}
