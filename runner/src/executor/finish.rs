//! After the steps: verifications and outputs.

use super::{NOTHING, Run, late};
use crate::event::{End, Event};
use crate::run::{RunError, check as holds};
use crate::state::StepState;
use planc_lang::eval::{NoCalls, eval};
use planc_lang::syntax::OnFailure;
use planc_lang::value::Value;
use std::sync::Arc;

/// Checks one verification whose steps have ended, and records what came of it. Gives why nothing further may start.
pub(crate) async fn check(run: &Arc<Run>, index: usize) -> Result<Option<End>, RunError> {
    let verification = &run.setup.compiled.plan.verifications[index];
    let text = verification.text.clone();
    let released = late::outside(run, "a verification", verification.check.iter()).await?;
    let looked = match released {
        Ok(()) => late::checked(run, "a verification", verification.check.as_ref()).await?,
        Err(stopped) => Err(stopped),
    };
    if let Err(stopped) = looked {
        if let Some(why) = stopped.why {
            run.recorder.record(Event::VerificationFailed { text, why }).await?;
        }
        return Ok(Some(stopped.end));
    }
    let why = match (failed_step(run, index), &verification.check) {
        (Some(why), _) => Some(why),
        (None, Some(expr)) => holds(&run.setup, &run.recorder, expr).await,
        (None, None) => None,
    };
    if why.is_some() && run.setup.stop.is_killing() {
        // What was cut off is checked when the run goes on.
        return Ok(None);
    }
    let event = match why {
        None => Event::VerificationHeld { text },
        Some(why) => Event::VerificationFailed { text, why },
    };
    run.recorder.record(event).await?;
    Ok(None)
}

fn failed_step(run: &Run, index: usize) -> Option<String> {
    let state = run.recorder.state();
    let steps = run.setup.compiled.plan.steps.iter();
    let of_it = steps.filter(|step| step.verification == Some(index) && step.on_failure != OnFailure::Continue);
    of_it.filter_map(|step| state.step(&step.name)).find_map(|step| match &step.state {
        StepState::Failed { error, .. } => Some(format!("step `{}` failed: {error}", step.name)),
        StepState::Waiting
        | StepState::Running { .. }
        | StepState::Succeeded { .. }
        | StepState::Skipped { .. }
        | StepState::InDoubt { .. }
        | StepState::Undone => None,
    })
}

/// What does not hold where a person says no to what the outputs would tell.
pub(crate) const GIVEN: &str = "the outputs may be given";

/// What does not hold where an output cannot be computed.
pub(crate) fn has_value(output: &str) -> String {
    format!("the output `{output}` has a value")
}

/// What the run returns. An output that has no value fails a run that was done.
pub(crate) async fn outputs(run: &Run, end: End) -> Result<(End, Value), RunError> {
    if end != End::Done {
        return Ok((end, NOTHING));
    }
    let used = run.setup.compiled.plan.outputs.iter().map(|output| &output.value);
    if let Err(stopped) = late::outside(run, "an output", used).await? {
        if let Some(why) = stopped.why {
            let text = GIVEN.to_owned();
            run.recorder.record(Event::VerificationFailed { text, why }).await?;
        }
        return Ok((stopped.end, NOTHING));
    }
    let (values, failure) = {
        let plan = &run.setup.compiled.plan;
        let mut env = run.environment();
        let mut values = Vec::new();
        let mut failure = None;
        for output in &plan.outputs {
            match eval(&output.value, &mut env, &mut NoCalls) {
                Ok(value) => values.push((output.name.clone(), value)),
                Err(error) => failure = failure.or(Some((output.name.to_string(), error.message))),
            }
        }
        (Value::record(values), failure)
    };
    match failure {
        None => Ok((End::Done, values)),
        Some((name, why)) => {
            let text = has_value(&name);
            run.recorder.record(Event::VerificationFailed { text, why }).await?;
            Ok((End::Failed, values))
        }
    }
}
