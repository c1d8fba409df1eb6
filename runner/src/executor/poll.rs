//! A step that polls: looks again and again, until what it waits for is so or its time is over.
//!
//! A look is made again after a crash, since it only reads; what is recorded of each is how long has been looked by then.

use super::attempt::{Attempt, Fault, Outcome};
use super::work::goes_on_after;
use crate::event::Event;
use crate::run::{Purpose, RunError, RunSetup, call_live, paced, simulate, timeout_of};
use crate::tool::registry::Implementation;
use crate::tool::{EffectKnown, ToolError};
use planc_lang::plan::Poll;
use planc_lang::value::Value;
use std::sync::Arc;
use std::time::Duration;

/// Looks until it ends; the attempt is numbered as the last look.
pub(crate) async fn call(
    attempt: &mut Attempt<'_>,
    implementation: &Implementation,
    poll: &Poll,
) -> Result<Outcome, RunError> {
    let run = attempt.run;
    let earlier_ms = run.recorder.state().get(attempt.instance).map_or(0, |record| record.spent_ms);
    let began = run.setup.clock.elapsed();
    attempt.started(Vec::new(), None).await?;
    loop {
        let result = match look(attempt, implementation).await {
            Ok(result) => result,
            // What was killed is looked at again when the run goes on.
            Err(_) if run.setup.stop.is_killing() => return Ok(Outcome::Over),
            Err(error) => return Ok(attempt.failed(Fault::before(error.message)).await?),
        };
        let Some(why) = attempt.not_so(&poll.until, &result) else {
            return Ok(attempt.finished(result, Vec::new()).await?);
        };
        let spent_ms = earlier_ms.saturating_add((run.setup.clock.elapsed() - began).as_millis() as u64);
        let Some(left_ms) = poll.for_ms.checked_sub(spent_ms).filter(|left| *left > 0) else {
            return Ok(attempt.failed(too_long(attempt.number, poll, &why, result)).await?);
        };
        run.recorder.record(Event::Looked { step: attempt.name.to_owned(), attempt: attempt.number, spent_ms }).await?;
        if !goes_on_after(run, Duration::from_millis(poll.every_ms.min(left_ms))).await {
            return Ok(Outcome::Over);
        }
        match paced(&run.setup, &attempt.args.tool).await {
            Ok(true) => {}
            Ok(false) => return Ok(Outcome::Over),
            Err(error) => return Ok(attempt.failed(Fault::before(error.message)).await?),
        }
        attempt.number += 1;
    }
}

fn too_long(looks: u32, poll: &Poll, why: &str, last: Value) -> Fault {
    let time = Duration::from_millis(poll.for_ms);
    let error = format!("after {looks} looks in {time:?}, what it waits for is not so: {why}");
    Fault { result: Some(last), ..Fault::before(error) }
}

async fn look(attempt: &Attempt<'_>, implementation: &Implementation) -> Result<Value, ToolError> {
    let setup = &attempt.run.setup;
    match implementation {
        Implementation::Live(tool) => {
            call_live(setup, tool.as_ref(), attempt.args, Purpose::Step(attempt.name), timeout_of(attempt.step)).await
        }
        Implementation::Files(tool) => {
            let (setup, args, tool): (Arc<RunSetup>, _, _) = (setup.clone(), attempt.args.clone(), *tool);
            let looked = tokio::task::spawn_blocking(move || simulate(&setup, tool, &args).map(|seen| seen.result));
            looked.await.unwrap_or_else(|error| {
                Err(ToolError { message: format!("the call broke down: {error}"), effect: EffectKnown::None })
            })
        }
    }
}
