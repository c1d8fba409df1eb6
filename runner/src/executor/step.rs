//! One step: whether it runs, with which arguments, whether it may, whether the world is as approved; then its attempts.

use super::attempt::{Attempt, Outcome};
use super::begin::look_again;
use super::{Run, files, live};
use crate::event::{Difference, End, Event};
use crate::run::{Permit, RunError, environment, implementation, permit, raised};
use crate::schedule::may_retry;
use crate::state::StepState;
use crate::tool::Args;
use crate::tool::registry::Implementation;
use planc_lang::eval::{NoCalls, eval, eval_args};
use planc_lang::plan::{Step, StepId};
use planc_lang::value::Value;
use std::sync::Arc;
use std::time::Duration;

/// How the work on a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepEnd {
    /// What became of it is recorded, or it can be taken up again.
    Over,
    /// Nothing further may start.
    Halt(End),
}

/// What is decided before the first attempt.
enum Prepared {
    /// The call with its arguments.
    Call(Vec<Value>),
    /// The condition is false.
    Skip,
    /// It cannot be computed.
    Fail(String),
}

/// Works on a step until it has ended, or nothing further may start.
pub(crate) async fn work(run: &Arc<Run>, id: StepId) -> Result<StepEnd, RunError> {
    let step = run.setup.compiled.plan.get(id);
    let name = step.name.to_string();
    let prepared = prepare(run, step);
    let another = another_call(run, step, &prepared);
    if !another.is_empty() {
        run.recorder.record(Event::Stale { step: Some(name), differences: another }).await?;
        return Ok(StepEnd::Halt(End::Stale));
    }
    let values = match prepared {
        Prepared::Call(values) => values,
        Prepared::Skip => {
            run.recorder.record(Event::StepSkipped { step: name, reason: "its condition is false".into() }).await?;
            return Ok(StepEnd::Over);
        }
        Prepared::Fail(error) => {
            run.recorder.record(failed_before(step, error)).await?;
            return Ok(StepEnd::Over);
        }
    };
    if let Some(end) = admit(run, step, &values).await? {
        return Ok(StepEnd::Halt(end));
    }
    attempts(run, step, Args { tool: step.call.tool.clone(), values }).await
}

fn prepare(run: &Run, step: &Step) -> Prepared {
    let mut env = environment(&run.setup.compiled.plan, &run.setup.inputs, &run.recorder.state());
    match step.when.as_ref().map(|when| eval(when, &mut env, &mut NoCalls)) {
        None | Some(Ok(Value::Bool(true))) => {}
        Some(Ok(Value::Bool(false))) => return Prepared::Skip,
        Some(Ok(other)) => {
            return Prepared::Fail(format!("its condition is {}, neither true nor false", other.describe()));
        }
        Some(Err(failure)) => return Prepared::Fail(format!("its condition cannot be computed: {}", failure.message)),
    }
    match eval_args(&step.call, &mut env, &mut NoCalls) {
        Ok(values) if values.iter().all(Value::is_known) => Prepared::Call(values),
        Ok(_) => Prepared::Fail("an argument is not known".into()),
        Err(failure) => Prepared::Fail(format!("an argument cannot be computed: {}", failure.message)),
    }
}

/// Where the call is another one than the approver saw.
fn another_call(run: &Run, step: &Step, prepared: &Prepared) -> Vec<Difference> {
    let predictions = &run.setup.predictions;
    let Some(prediction) = predictions.iter().find(|prediction| prediction.step == step.name.as_str()) else {
        return Vec::new();
    };
    let different = match prepared {
        Prepared::Call(values) => prediction.another_call(true, Some(&step.call.tool.named(values))),
        Prepared::Skip => prediction.another_call(false, None),
        // Nothing is done.
        Prepared::Fail(_) => Vec::new(),
    };
    different.into_iter().map(|(expected, found)| Difference { expected, found }).collect()
}

/// Asks policy, a person where policy says so, and the world. Gives why nothing further may start.
async fn admit(run: &Arc<Run>, step: &Step, values: &[Value]) -> Result<Option<End>, RunError> {
    let (answer, is_first) = {
        let state = run.recorder.state();
        let record = state.step(&step.name);
        let retried = record.is_some_and(|record| match &record.state {
            StepState::Failed { .. } => true,
            StepState::Running { .. } => !step.call.is_read_only(),
            StepState::Waiting
            | StepState::Succeeded { .. }
            | StepState::Skipped { .. }
            | StepState::InDoubt { .. }
            | StepState::Undone => false,
        });
        (record.and_then(|record| record.answer.clone()), !retried)
    };
    match permit(&run.setup, &run.recorder, step, &step.call, values, answer.as_deref()).await? {
        Permit::Yes => {}
        Permit::Waits => return Ok(Some(End::Waiting)),
        Permit::Refused(why) => {
            run.recorder.record(failed_before(step, why)).await?;
            return Ok(Some(End::Refused));
        }
    }
    // A further attempt sees what the one before it may have left: only the first can be stale.
    let expected = run.setup.predictions.iter().filter(|prediction| is_first && prediction.step == step.name.as_str());
    let expected = expected.flat_map(|prediction| prediction.observations.clone()).collect();
    let differences = look_again(&run.setup, expected).await;
    if differences.is_empty() {
        return Ok(None);
    }
    run.recorder.record(Event::Stale { step: Some(step.name.to_string()), differences }).await?;
    Ok(Some(End::Stale))
}

async fn attempts(run: &Arc<Run>, step: &Step, args: Args) -> Result<StepEnd, RunError> {
    let implementation = match implementation(&run.setup, &step.call.tool.name) {
        Ok(implementation) => implementation,
        Err(error) => {
            run.recorder.record(failed_before(step, error.message)).await?;
            return Ok(StepEnd::Over);
        }
    };
    let before = run.recorder.state().step(&step.name).map_or(0, |record| record.attempt);
    let mut attempt = Attempt { run, step, args: &args, number: before + 1 };
    loop {
        let outcome = match implementation {
            Implementation::Files(tool) => files::call(&attempt, *tool).await?,
            Implementation::Live(tool) => live::call(&attempt, tool.as_ref()).await?,
        };
        match outcome {
            Outcome::Halt(end) => return Ok(StepEnd::Halt(end)),
            Outcome::Failed if may_retry(step, attempt.number) && pause(run, step).await => attempt.number += 1,
            Outcome::Failed | Outcome::Over => return Ok(StepEnd::Over),
        }
    }
}

/// Waits before the next attempt; whether there shall be one: a person may ask to stop meanwhile.
async fn pause(run: &Run, step: &Step) -> bool {
    let every = Duration::from_millis(step.retry.map_or(0, |retry| retry.every_ms));
    if run.setup.stop.is_stopping() {
        return false;
    }
    tokio::select! {
        () = tokio::time::sleep(every) => true,
        () = raised(run.setup.stop.stopping()) => false,
    }
}

/// A failure before any attempt: it is not tried again.
pub(crate) fn failed_before(step: &Step, error: String) -> Event {
    Event::StepFailed {
        step: step.name.to_string(),
        attempt: 0,
        error,
        effect_done: false,
        result: None,
        changes: Vec::new(),
    }
}
