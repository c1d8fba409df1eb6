//! A run that was cut off ⟶ a state from which it can go on: what was half done is finished, or is in doubt.

use super::attempt::Attempt;
use super::live::told_done;
use super::probe::{Told, ask};
use super::{Run, files};
use crate::event::Resolution;
use crate::run::{Progress, RunError, clean, leaves_nothing, present_states, progress};
use crate::schedule::is_repeatable;
use crate::state::{StepRecord, StepState};
use crate::tool::Args;
use crate::workspace::Change;
use planc_lang::plan::Step;
use planc_lang::value::Value;
use std::sync::Arc;

/// Ends what a crash left: programs that still run, temporary files, calls without an outcome.
pub(crate) async fn settle(run: &Arc<Run>) -> Result<(), RunError> {
    clean(&run.setup, &run.recorder).await;
    let running: Vec<StepRecord> = {
        let state = run.recorder.state();
        let running = |record: &&StepRecord| matches!(record.state, StepState::Running { .. });
        state.steps().iter().filter(running).cloned().collect()
    };
    for record in running {
        settle_step(run, record).await?;
    }
    let doubtful: Vec<StepRecord> = {
        let state = run.recorder.state();
        let in_doubt = |record: &&StepRecord| matches!(record.state, StepState::InDoubt { .. });
        state.steps().iter().filter(in_doubt).cloned().collect()
    };
    for record in doubtful {
        ask_again(run, record).await?;
    }
    Ok(())
}

async fn settle_step(run: &Arc<Run>, record: StepRecord) -> Result<(), RunError> {
    let Some(instance) = record.instance else { return Ok(()) };
    let step = run.setup.compiled.plan.get(instance.step);
    let (name, number) = (record.name.as_str(), record.attempt);
    let cut_off_in_cell = leaves_nothing(&run.setup, step, &record);
    let StepState::Running { changes, result } = record.state.clone() else { return Ok(()) };
    let made = record.args.clone().unwrap_or(Value::Null);
    let args = args_of(step, &made);
    let attempt = &Attempt { run, step, instance, name, args: &args, number };
    match result {
        // What was to be changed was recorded: by a file tool before, by a program in a cell afterwards.
        Some(result) => finish_files(attempt, changes, result).await,
        // It is simply made again.
        None if is_repeatable(step) || cut_off_in_cell => Ok(()),
        None => doubtful(attempt, cut_off(step), &made).await,
    }
}

/// It cannot be told what became of the call, unless its probe tells. One that did not take effect is made anew: what cut it off
/// was no failure of its own.
async fn doubtful(attempt: &Attempt<'_>, reason: String, args: &Value) -> Result<(), RunError> {
    match ask(attempt, args).await {
        Told::NoProbe => attempt.in_doubt(reason, Vec::new()).await?,
        Told::Nothing(why) => attempt.in_doubt(format!("{reason}; {why}"), Vec::new()).await?,
        Told::NotDone => {
            attempt.in_doubt(reason, Vec::new()).await?;
            attempt.resolved(Resolution::Redo, None).await?
        }
        Told::Done(result) => told_done(attempt, reason, Vec::new(), result).await?,
    };
    Ok(())
}

/// A call that was left in doubt, and whose probe may tell by now.
async fn ask_again(run: &Arc<Run>, record: StepRecord) -> Result<(), RunError> {
    let Some(instance) = record.instance else { return Ok(()) };
    let step = run.setup.compiled.plan.get(instance.step);
    let made = record.args.clone().unwrap_or(Value::Null);
    let args = args_of(step, &made);
    let attempt = &Attempt { run, step, instance, name: &record.name, args: &args, number: record.attempt };
    match ask(attempt, &made).await {
        Told::NoProbe | Told::Nothing(_) => {}
        Told::NotDone => drop(attempt.resolved(Resolution::Redo, None).await?),
        Told::Done(result) => match attempt.unacceptable(&result) {
            None => drop(attempt.resolved(Resolution::Done, Some(result)).await?),
            Some(_) => drop(attempt.resolved(Resolution::Fail, None).await?),
        },
    }
    Ok(())
}

/// The arguments of a call as they were recorded, by name.
fn args_of(step: &Step, made: &Value) -> Args {
    let tool = step.call.tool.clone();
    let value = |name: &str| made.get(name).cloned().unwrap_or(Value::Null);
    let values = tool.params.iter().map(|param| value(&param.name)).collect();
    Args { tool, values }
}

fn cut_off(step: &Step) -> String {
    format!("planc ended during the call of `{}`; it is not known whether it took effect", step.call.tool.name)
}

/// Makes the changes that are still to be made, where everything is as it was left.
async fn finish_files(attempt: &Attempt<'_>, changes: Vec<Change>, result: Value) -> Result<(), RunError> {
    let reason = match present_states(&attempt.run.setup.workspace, &changes) {
        Ok(present) => match progress(&changes, &present) {
            Progress::Made(made) => {
                files::make(attempt, changes, made, result).await?;
                return Ok(());
            }
            Progress::Foreign(paths) => {
                let paths: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
                format!("planc ended during the call, and {} is neither as before nor as after it", paths.join(", "))
            }
        },
        Err(error) => format!("planc ended during the call, and what it changed cannot be looked at: {error}"),
    };
    attempt.in_doubt(reason, Vec::new()).await?;
    Ok(())
}
