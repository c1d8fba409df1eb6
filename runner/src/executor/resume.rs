//! A run that was cut off ⟶ a state from which it can go on: what was half done is finished, or is in doubt.

use super::attempt::Attempt;
use super::{Run, files};
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
    Ok(())
}

async fn settle_step(run: &Arc<Run>, record: StepRecord) -> Result<(), RunError> {
    let Some(instance) = record.instance else { return Ok(()) };
    let step = run.setup.compiled.plan.get(instance.step);
    let (name, number) = (record.name.as_str(), record.attempt);
    let cut_off_in_cell = leaves_nothing(&run.setup, step, &record);
    let StepState::Running { changes, result } = record.state.clone() else { return Ok(()) };
    let args = Args { tool: step.call.tool.clone(), values: Vec::new() };
    let attempt = &Attempt { run, step, instance, name, args: &args, number };
    match result {
        // What was to be changed was recorded: by a file tool before, by a program in a cell afterwards.
        Some(result) => finish_files(attempt, changes, result).await,
        // It is simply made again.
        None if is_repeatable(step) || cut_off_in_cell => Ok(()),
        None => {
            attempt.in_doubt(cut_off(step), Vec::new()).await?;
            Ok(())
        }
    }
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
