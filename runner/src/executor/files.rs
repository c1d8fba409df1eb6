//! A file tool's call: simulated over the real tree, its changes recorded, then made one by one.

use super::attempt::{Attempt, Fault, Outcome};
use super::beyond::beyond;
use crate::coverage::{Uncovered, changed, there, unallowed};
use crate::event::{Difference, End, Event};
use crate::run::{ByRun, RunError, RunSetup, Simulated, are_same, grants, judged, simulate_marked};
use crate::tool::{FileTool, ToolError};
use crate::workspace::{ApplyError, Change, Look, Observation};
use planc_lang::digest::Digest;
use planc_lang::syntax::Approval;
use planc_lang::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Makes one attempt.
pub(crate) async fn call(attempt: &Attempt<'_>, tool: FileTool) -> Result<Outcome, RunError> {
    let setup = &attempt.run.setup;
    let simulated = match blocking(attempt, tool).await {
        Ok(simulated) => simulated,
        Err(error) => return Ok(attempt.failed(Fault::before(error.message)).await?),
    };
    if let Some(uncovered) = uncovered(attempt, &simulated.changes) {
        attempt.failed(Fault::before(uncovered.to_string())).await?;
        return Ok(Outcome::Halt(End::Refused));
    }
    if let Some(why) = beyond(attempt, &simulated.changes) {
        attempt.failed(Fault::before(why)).await?;
        return Ok(Outcome::Halt(End::Refused));
    }
    let policy = judged(setup, &attempt.args.tool, &attempt.args.values, changed(&simulated.changes));
    if policy.decision == Approval::Deny {
        attempt.failed(Fault::before(policy.phrase(&attempt.args.tool.name))).await?;
        return Ok(Outcome::Halt(End::Refused));
    }
    let mut differences = unpredicted(attempt, &simulated.changes);
    differences.extend(attempt.work().strange(&attempt.args.values, &simulated.seen));
    if !differences.is_empty() {
        let step = Some(attempt.name.to_owned());
        attempt.run.recorder.record(Event::Stale { step, differences }).await?;
        return Ok(Outcome::Halt(End::Stale));
    }
    // Without what was before nothing could be taken back, and without what comes nothing finished.
    keep(setup, &simulated.changes, &simulated.contents).await.map_err(|why| no_room(attempt, why))?;
    let Simulated { result, changes, .. } = simulated;
    attempt.started(changes.clone(), Some(result.clone())).await?;
    make(attempt, changes, 0, result).await
}

/// The first change that no line of `critical` allows.
fn uncovered(attempt: &Attempt<'_>, changes: &[Change]) -> Option<Uncovered> {
    let grants = grants(&attempt.run.setup, &attempt.run.recorder);
    let look = |path: &str| there(&attempt.run.setup.workspace, path);
    unallowed(&grants, changes, look).into_iter().next()
}

/// Makes the changes from the `made`-th on, and ends the attempt.
pub(crate) async fn make(
    attempt: &Attempt<'_>,
    changes: Vec<Change>,
    made: usize,
    result: Value,
) -> Result<Outcome, RunError> {
    let setup = attempt.run.setup.clone();
    let applied = tokio::task::spawn_blocking(move || apply(&setup, &changes, made)).await;
    match applied {
        Ok(Applied::All) => Ok(attempt.finished(result, Vec::new()).await?),
        // What is made is made; the rest is, when the run goes on.
        Ok(Applied::NoRoom(why)) => Err(no_room(attempt, why)),
        Ok(Applied::Failed { error, effect_done }) => {
            Ok(attempt.failed(Fault { error, effect_done, result: None, changes: Vec::new() }).await?)
        }
        Err(broken) => Ok(attempt.in_doubt(format!("changing files broke down: {broken}"), Vec::new()).await?),
    }
}

/// There is no room for what the step writes, now: it is finished when the run goes on.
pub(crate) fn no_room(attempt: &Attempt<'_>, why: String) -> RunError {
    RunError::NoRoom { run: attempt.run.setup.run.clone(), step: attempt.name.to_owned(), why }
}

/// How far a list of changes came.
enum Applied {
    All,
    /// There is no room for the next one.
    NoRoom(String),
    /// The next one cannot be made.
    Failed {
        error: String,
        effect_done: bool,
    },
}

/// Applies changes in order.
fn apply(setup: &RunSetup, changes: &[Change], made: usize) -> Applied {
    for (index, change) in changes.iter().enumerate().skip(made) {
        match setup.workspace.apply(change, &setup.contents) {
            Ok(_) => {}
            Err(ApplyError::NoRoom { message }) => return Applied::NoRoom(message),
            Err(error) => {
                let effect_done = index > 0 || may_be_made(setup, change);
                return Applied::Failed { error: error.to_string(), effect_done };
            }
        }
    }
    Applied::All
}

/// Whether a change that could not be applied cleanly may have been made all the same.
fn may_be_made(setup: &RunSetup, change: &Change) -> bool {
    setup.workspace.state(&change.path).map_or(true, |present| present == change.after)
}

async fn blocking(attempt: &Attempt<'_>, tool: FileTool) -> Result<Simulated, ToolError> {
    let (setup, args) = (attempt.run.setup.clone(), attempt.args.clone());
    let by_run = ByRun::of(&setup, &attempt.run.recorder.state());
    let simulated = tokio::task::spawn_blocking(move || simulate_marked(&setup, &by_run, tool, &args)).await;
    simulated.unwrap_or_else(|error| Err(ToolError::before(format!("the call broke down: {error}"))))
}

/// Where what would be changed is not what the dry run said, if it said anything.
fn unpredicted(attempt: &Attempt<'_>, changes: &[Change]) -> Vec<Difference> {
    let setup = &attempt.run.setup;
    match setup.predictions.of(&setup.compiled.plan, attempt.instance) {
        Some(predicted) if !predicted.changes.is_empty() && !are_same(&predicted.changes, changes) => {
            differences(&predicted.changes, changes)
        }
        Some(_) | None => Vec::new(),
    }
}

/// Where changes are others than were predicted.
pub(super) fn differences(predicted: &[Change], changes: &[Change]) -> Vec<Difference> {
    let shown = |changes: &[Change]| -> BTreeMap<String, String> {
        changes.iter().map(|c| (c.path.clone(), format!("{} becomes {}", c.before, c.after))).collect()
    };
    let (predicted, found) = (shown(predicted), shown(changes));
    let paths: std::collections::BTreeSet<&String> = predicted.keys().chain(found.keys()).collect();
    let said = |map: &BTreeMap<String, String>, path: &str| map.get(path).cloned().unwrap_or("no change".into());
    let difference = |path: &&String| Difference {
        expected: Observation { look: Look::At { path: (*path).clone() }, seen: said(&predicted, path) },
        found: said(&found, path),
    };
    let differing: Vec<Difference> =
        paths.iter().filter(|path| predicted.get(**path) != found.get(**path)).map(difference).collect();
    match differing.is_empty() {
        // The same changes in another order.
        true => paths.iter().take(1).map(difference).collect(),
        false => differing,
    }
}

/// Keeps the contents from before and after, so that the changes can be made and taken back after a crash.
pub(super) async fn keep(
    setup: &Arc<RunSetup>,
    changes: &[Change],
    found: &BTreeMap<Digest, Arc<[u8]>>,
) -> Result<(), String> {
    let states = changes.iter().flat_map(|change| [&change.before, &change.after]);
    let mut contents = Vec::new();
    for digest in states.filter_map(|state| state.digest()) {
        match found.get(digest) {
            Some(bytes) => contents.push(bytes.clone()),
            None => return Err(format!("could not keep the content {digest}: it was not read")),
        }
    }
    let (setup, place) = (setup.clone(), setup.contents.folder().to_owned());
    let kept = tokio::task::spawn_blocking(move || {
        contents.iter().try_for_each(|bytes| setup.contents.put(bytes).map(|_| ()))
    });
    match kept.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(format!("could not keep what it changes in `{}`: {error}", place.display())),
        Err(error) => Err(format!("could not keep what changes: {error}")),
    }
}
