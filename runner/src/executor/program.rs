//! A program's call in a cell: run on a copy of the workspace, what it changed there judged against `critical` and recorded, and
//! only then made in the workspace, one by one, as a file tool's changes are.

use super::attempt::{Attempt, Fault, Outcome};
use super::beyond::beyond;
use super::files::{differences, keep, make, no_room};
use crate::coverage::{there, unallowed};
use crate::event::{Difference, End, Event};
use crate::journal::StoreError;
use crate::prediction::Exact;
use crate::run::{Made, Permit, Purpose, RunError, call_program, grants, marked, own, permit_changes, timeout_of};
use crate::schedule::is_repeatable;
use crate::tool::process::{Ran, Run, Walls};
use crate::tool::{EffectKnown, ToolError};
use crate::workspace::Change;

/// The most paths that a message names.
const MAX_NAMED: usize = 10;

/// Why a program fails that must do what it did before approval.
const OTHERWISE: &str = "it did not change what it changed in the dry run, and nothing of what it did was kept";

/// Why a program fails of which nobody can say what its changes are made of.
const LOOK_BROKE_DOWN: &str = "looking at what it changes broke down, and nothing of what it did was kept";

/// Makes one attempt.
pub(crate) async fn call(attempt: &Attempt<'_>, tool: &Run) -> Result<Outcome, RunError> {
    let setup = &attempt.run.setup;
    let walls = Walls::new(&setup.config, &grants(setup, &attempt.run.recorder));
    let bound = match attempt.work().looks(&attempt.args.values).await? {
        Ok(bound) => bound,
        Err(end) => return Ok(Outcome::Halt(end)),
    };
    attempt.started(Vec::new(), None).await?;
    let purpose = Purpose::Step(attempt.name);
    let ran = call_program(setup, tool, &walls, attempt.args, bound, (purpose, timeout_of(attempt.step))).await;
    let Ran { value, observed } = match ran {
        Ok(ran) => ran,
        Err(_) if setup.stop.is_killing() && (walls.is_closed() || is_repeatable(attempt.step)) => {
            return Ok(Outcome::Over);
        }
        Err(error) => return Ok(rejected(attempt, error).await?),
    };
    // From here on only files are left to change: what a program with a network sent is done.
    let effect_done = !walls.is_closed();
    let fault = |error: String| Fault { effect_done, ..Fault::before(error) };
    if let Some(error) = attempt.unacceptable(&value) {
        return Ok(attempt.failed(Fault { result: Some(value), ..fault(error) }).await?);
    }
    let refused = violation(attempt, &observed.changes).or_else(|| beyond(attempt, &observed.changes));
    if let Some(error) = refused {
        attempt.failed(fault(error)).await?;
        return Ok(Outcome::Halt(End::Refused));
    }
    let differences = not_reproduced(attempt, &observed.changes);
    if !differences.is_empty() {
        return stale(attempt, fault(OTHERWISE.to_owned()), differences).await;
    }
    match admit_changes(attempt, &observed.changes).await? {
        Permit::Yes => {}
        Permit::Waits => return Ok(Outcome::Halt(End::Waiting)),
        Permit::Refused(why) => {
            attempt.failed(fault(why)).await?;
            return Ok(Outcome::Halt(End::Refused));
        }
    }
    keep(setup, &observed.changes, &observed.contents).await.map_err(|why| no_room(attempt, why))?;
    let (of, own, changes) = (setup.clone(), own(&attempt.run.recorder.state()), observed.changes);
    let dropped = observed.dropped;
    let marked = tokio::task::spawn_blocking(move || marked(&of, &own, changes)).await;
    let Ok(changes) = marked else { return Ok(attempt.failed(fault(LOOK_BROKE_DOWN.to_owned())).await?) };
    if !changes.is_empty() || !dropped.is_empty() {
        let (step, number, result) = (attempt.name.to_owned(), attempt.number, value.clone());
        let event = Event::StepObserved { step, attempt: number, changes: changes.clone(), dropped, result };
        attempt.run.recorder.record(event).await?;
    }
    make(attempt, changes, 0, value).await
}

/// The program ran, and nothing of what it did is kept, because something is not as it was approved.
async fn stale(attempt: &Attempt<'_>, fault: Fault, differences: Vec<Difference>) -> Result<Outcome, RunError> {
    attempt.failed(fault).await?;
    let step = Some(attempt.name.to_owned());
    attempt.run.recorder.record(Event::Stale { step, differences }).await?;
    Ok(Outcome::Halt(End::Stale))
}

async fn rejected(attempt: &Attempt<'_>, error: ToolError) -> Result<Outcome, StoreError> {
    match error.effect {
        EffectKnown::None => attempt.failed(Fault::before(error.message)).await,
        EffectKnown::Done => attempt.failed(Fault { effect_done: true, ..Fault::before(error.message) }).await,
        EffectKnown::InDoubt => attempt.in_doubt(error.message, Vec::new()).await,
    }
}

/// Where a program that must reproduce what it did in the dry run did something else.
fn not_reproduced(attempt: &Attempt<'_>, changes: &[Change]) -> Vec<Difference> {
    let setup = &attempt.run.setup;
    match setup.predictions.of(&setup.compiled.plan, attempt.instance) {
        Some(predicted) if predicted.exact == Exact::Yes && predicted.changes != changes => {
            differences(&predicted.changes, changes)
        }
        Some(_) | None => Vec::new(),
    }
}

/// What policy says of what a program changed.
async fn admit_changes(attempt: &Attempt<'_>, changes: &[Change]) -> Result<Permit, StoreError> {
    let (setup, recorder) = (&attempt.run.setup, &attempt.run.recorder);
    let answer = recorder.state().get(attempt.instance).and_then(|record| record.changes_answer.clone());
    let made = Made { name: attempt.name, step: attempt.step, call: &attempt.step.call };
    permit_changes(setup, recorder, made, &attempt.args.values, answer.as_ref(), changes).await
}

/// What a program changed that no line of `critical` allows, with the lines that would.
fn violation(attempt: &Attempt<'_>, changes: &[Change]) -> Option<String> {
    let grants = grants(&attempt.run.setup, &attempt.run.recorder);
    let uncovered = unallowed(&grants, changes, |path| there(&attempt.run.setup.workspace, path));
    if uncovered.is_empty() {
        return None;
    }
    let mut lines: Vec<String> =
        uncovered.iter().map(|one| format!("{} {:?}", one.verb.as_str(), globset::escape(&one.resource))).collect();
    lines.dedup();
    let more = lines.len().saturating_sub(MAX_NAMED);
    lines.truncate(MAX_NAMED);
    let more = if more == 0 { String::new() } else { format!("\n  and {more} more") };
    let intro =
        "it changed what no line of `critical` allows, and nothing of what it did was kept; it would have needed";
    let meant =
        uncovered.iter().find_map(|one| one.meant.as_ref()).map_or_else(String::new, |meant| format!("\n{meant}"));
    Some(format!("{intro}\n  {}{more}{meant}", lines.join("\n  ")))
}
