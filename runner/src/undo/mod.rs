//! A run ⟶ what it did taken back, last first: earlier bytes restored, declared `undo` calls made.
//!
//! A path is restored only where it is as the run left it; anything else is a conflict, told and left. What was taken
//! back is recorded step by step, so that taking back can be cut off and gone on with.

mod calls;
mod files;
mod found;

use crate::event::{Conflict, Event};
use crate::journal::RunLock;
use crate::run::{Recorder, RunError, RunSetup, clean, leaves_nothing, sweep};
use crate::state::{RunState, StepRecord, StepState, UndoCall, UndoState};
use calls::CallEnd;
pub use files::MAX_CONFLICT_BYTES;
use files::Restored;
use planc_lang::plan::{Plan, Step};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What came of taking back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UndoReport {
    /// Whether everything that planc knows how to take back was.
    pub complete: bool,
    /// Steps that were taken back, in this order.
    pub undone: Vec<String>,
    /// Steps with the paths that were left.
    pub conflicts: Vec<(String, Conflict)>,
    /// Steps whose effects outside the workspace planc cannot take back.
    pub left: Vec<String>,
    /// Whether it cannot be told what became of a call.
    pub in_doubt: bool,
    /// Why it stopped before the first step was reached.
    pub stopped: Option<String>,
}

/// Takes back what a run did. Refuses while a process is at work in the same state directory. A run that did nothing, or
/// was taken back, stays as it is. A request to stop is heeded before the next step; what is left can be taken back later.
pub async fn undo(setup: RunSetup) -> Result<UndoReport, RunError> {
    let _lock = RunLock::take(&setup.config.state, &setup.run)?.in_workspace(setup.workspace.root())?;
    let events = setup.journal.events().await?;
    // What was found out by then is as secret as it was.
    setup.veil.iter().for_each(|veil| events.iter().for_each(|event| veil.learn(event)));
    let state = RunState::fold(&setup.compiled.plan, &events);
    if !state.has_begun() || state.undo == UndoState::Complete {
        return Ok(UndoReport { complete: true, ..UndoReport::default() });
    }
    let recorder = Recorder::new(setup.journal.clone(), setup.watch.clone(), setup.veil.clone(), state);
    take_back(&Arc::new(setup), &recorder).await
}

/// Takes back, for a caller that holds the lock.
pub(crate) async fn take_back(setup: &Arc<RunSetup>, recorder: &Recorder) -> Result<UndoReport, RunError> {
    recorder.record(Event::UndoStarted { pid: std::process::id() }).await?;
    let cut_off = was_cut_off(&recorder.state());
    match cut_off {
        true => clean(setup, recorder).await,
        false => sweep(setup, recorder).await,
    }
    settle(setup, recorder).await?;
    let mut report = UndoReport::default();
    let mut left_paths = BTreeSet::new();
    let records = last_first(&recorder.state());
    // Who stopped the run does not thereby stop what its failure asks for.
    let stopped_before = setup.stop.is_stopping();
    let asked = || setup.stop.is_killing() || setup.stop.is_stopping() && !stopped_before;
    for record in records {
        report.stopped = match asked() {
            true => Some("a person asked to stop".into()),
            false => take_back_step(setup, recorder, &record, &mut left_paths, &mut report).await?,
        };
        if report.stopped.is_some() {
            break;
        }
    }
    let in_doubt = report.left.iter().any(|name| is_in_doubt(recorder.state().step(name)));
    report.in_doubt = {
        let state = recorder.state();
        state.doubts().next().is_some() || state.undo_doubts().next().is_some()
    };
    report.complete = report.stopped.is_none() && report.conflicts.is_empty() && !in_doubt;
    recorder.record(Event::UndoEnded { complete: report.complete }).await?;
    Ok(report)
}

/// Whether a call was about to be made of which nothing more is known: only its programs may still be at work. What a
/// step that ended left running was approved with it.
fn was_cut_off(state: &RunState) -> bool {
    let open =
        |step: &StepRecord| matches!(step.state, StepState::Running { .. }) || step.undo_call == UndoCall::Started;
    state.steps().iter().any(open)
}

/// A call that was cut off is in doubt, so that a person can say what became of it. What a file tool was to change is
/// recorded, and looked at path by path.
async fn settle(setup: &RunSetup, recorder: &Recorder) -> Result<(), RunError> {
    let plan = &setup.compiled.plan;
    let open: Vec<StepRecord> =
        recorder.state().steps().iter().filter(|step| is_in_doubt(Some(*step))).cloned().collect();
    for record in open {
        let call = record.instance.map(|instance| &plan.get(instance.step).call);
        let Some(call) = call.filter(|call| !call.is_read_only()) else { continue };
        let step = record.instance.map(|instance| plan.get(instance.step));
        if matches!(record.state, StepState::Running { .. }) && step.is_some_and(|s| leaves_nothing(setup, s, &record))
        {
            let (step, attempt) = (record.name, record.attempt);
            let error = "planc ended while the program ran, and nothing of what it did was kept".to_owned();
            let (effect_done, result, changes) = (false, None, Vec::new());
            recorder.record(Event::StepFailed { step, attempt, error, effect_done, result, changes }).await?;
            continue;
        }
        if matches!(record.state, StepState::Running { .. }) {
            let reason =
                format!("planc ended during the call of `{}`; it is not known whether it took effect", call.tool.name);
            let (step, attempt) = (record.name, record.attempt);
            recorder.record(Event::StepInDoubt { step, attempt, reason, changes: Vec::new() }).await?;
        }
    }
    Ok(())
}

/// Whether the declared call that takes a step back is still to be made, or nobody knows what became of it.
pub(crate) fn wants_call(plan: &Plan, record: &StepRecord) -> bool {
    let duty = record.instance.map(|instance| duty(plan.get(instance.step), record));
    matches!(duty, Some(Duty::Call | Duty::Finish | Duty::Doubt(_)))
}

/// Whether a step that began has not been taken back as far as planc knows how to.
pub(crate) fn is_left(plan: &Plan, record: &StepRecord) -> bool {
    let is_open = record.has_begun() && record.state != StepState::Undone;
    let is_doubtful = || {
        let duty = record.instance.map(|instance| duty(plan.get(instance.step), record));
        matches!(duty, Some(Duty::Leave)) && is_in_doubt(Some(record))
    };
    is_open && (!record.changes.is_empty() || wants_call(plan, record) || is_doubtful())
}

/// Steps that began and were not taken back, in the reverse order in which they ended.
fn last_first(state: &RunState) -> Vec<StepRecord> {
    let begun = |step: &&StepRecord| step.has_begun() && step.state != StepState::Undone;
    let mut steps: Vec<StepRecord> = state.steps().iter().filter(begun).cloned().collect();
    steps.sort_by_key(|step| std::cmp::Reverse(step.clock));
    steps
}

/// Takes one step back; gives why it goes no further.
async fn take_back_step(
    setup: &Arc<RunSetup>,
    recorder: &Recorder,
    record: &StepRecord,
    left_paths: &mut BTreeSet<String>,
    report: &mut UndoReport,
) -> Result<Option<String>, RunError> {
    let step = record.instance.map(|instance| setup.compiled.plan.get(instance.step));
    let mut called = false;
    match step.map(|step| duty(step, record)) {
        Some(duty @ (Duty::Call | Duty::Finish)) => {
            let end = match duty {
                Duty::Finish => calls::finish(setup, recorder, record).await?,
                _ => calls::make(setup, recorder, step, record).await?,
            };
            match end {
                CallEnd::Done => called = true,
                CallEnd::Stopped(why) => return Ok(Some(why)),
                CallEnd::Left(conflicts) => {
                    return left(recorder, record, conflicts, left_paths, report).await.map(|()| None);
                }
            }
        }
        Some(Duty::Doubt(why)) => return Ok(Some(why)),
        Some(Duty::Leave) => report.left.push(record.name.clone()),
        Some(Duty::Done) => called = true,
        Some(Duty::Nothing) | None => {}
    }
    if record.changes.is_empty() && !called {
        return Ok(None);
    }
    let remade = files::remade_since(&recorder.state(), record);
    let Restored { restored, conflicts } = files::restore(setup, record, remade, left_paths).await;
    report.conflicts.extend(conflicts.iter().map(|conflict| (record.name.clone(), conflict.clone())));
    if conflicts.is_empty() {
        report.undone.push(record.name.clone());
    }
    recorder.record(Event::StepUndone { step: record.name.clone(), restored, conflicts }).await?;
    Ok(None)
}

/// A step that is left as it is, and with it what earlier steps did to the same paths.
async fn left(
    recorder: &Recorder,
    record: &StepRecord,
    conflicts: Vec<Conflict>,
    left_paths: &mut BTreeSet<String>,
    report: &mut UndoReport,
) -> Result<(), RunError> {
    left_paths.extend(record.changes.iter().map(|change| change.path.clone()));
    report.conflicts.extend(conflicts.iter().map(|conflict| (record.name.clone(), conflict.clone())));
    recorder.record(Event::StepUndone { step: record.name.clone(), restored: Vec::new(), conflicts }).await?;
    Ok(())
}

/// What is to be done about a step's effect outside the files that planc itself changed.
enum Duty {
    /// Nothing.
    Nothing,
    /// The declared call has to be made.
    Call,
    /// It was made, and what it changes is not all in place.
    Finish,
    /// It was made.
    Done,
    /// There is no way to take it back.
    Leave,
    /// It cannot be told whether there is anything to take back.
    Doubt(String),
}

fn duty(step: &Step, record: &StepRecord) -> Duty {
    let effect_done = match &record.state {
        StepState::Succeeded { .. } | StepState::InDoubt { .. } => true,
        // A file tool's changes are recorded and looked at one by one; a live call may have done anything.
        StepState::Running { result, .. } => result.is_none(),
        StepState::Failed { effect_done, .. } => *effect_done,
        StepState::Waiting | StepState::Skipped { .. } | StepState::Undone => false,
    };
    if step.call.is_read_only() || !effect_done {
        return Duty::Nothing;
    }
    match (&step.undo, &record.undo_call) {
        (Some(_), UndoCall::Done) => Duty::Done,
        (Some(_), _) if is_in_doubt(Some(record)) => {
            Duty::Doubt(format!("it is not known whether step `{}` took effect", record.name))
        }
        (Some(_), UndoCall::Started) if !record.undo_pending.is_empty() => Duty::Finish,
        (Some(undo), UndoCall::Started) if !undo.tool.idempotent => {
            Duty::Doubt(format!("it is not known whether the undo call of step `{}` took effect", record.name))
        }
        (Some(_), UndoCall::None | UndoCall::Started | UndoCall::Failed(_)) => Duty::Call,
        // The changes of a file tool are all there is to it.
        (None, _) if record.by_files => Duty::Nothing,
        (None, _) => Duty::Leave,
    }
}

fn is_in_doubt(record: Option<&StepRecord>) -> bool {
    record.is_some_and(|record| match &record.state {
        StepState::InDoubt { .. } => true,
        StepState::Running { result, .. } => result.is_none(),
        StepState::Waiting
        | StepState::Succeeded { .. }
        | StepState::Failed { .. }
        | StepState::Skipped { .. }
        | StepState::Undone => false,
    })
}
