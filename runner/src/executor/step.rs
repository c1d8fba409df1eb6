//! One step: whether it runs, with which arguments, whether it may, whether the world is as approved; then its attempts.

use super::attempt::{Attempt, Outcome};
use super::work::{StepEnd, Work, goes_on_after};
use super::{Run, files, gate, late, live, poll};
use crate::event::{Difference, End, Event};
use crate::run::{Made, Permit, RunError, critical, implementation, of_paths, paced, permit};
use crate::schedule::{pause, tries_again};
use crate::tool::Args;
use crate::tool::registry::Implementation;
use planc_lang::eval::{NoCalls, eval, eval_args};
use planc_lang::plan::{Expr, Instance};
use planc_lang::value::Value;
use std::sync::Arc;
use std::time::Duration;

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
pub(crate) async fn work(run: &Arc<Run>, instance: Instance) -> Result<StepEnd, RunError> {
    let plan = &run.setup.compiled.plan;
    let work = Work { run, step: plan.get(instance.step), instance, name: &plan.name_of(instance) };
    if let Some(end) = late::released(work, work.step.when.as_deref().into_iter()).await? {
        return Ok(StepEnd::Halt(end));
    }
    let prepared = match work.skipped_or_failed() {
        Some(prepared) => prepared,
        None => {
            if let Some(end) = late::released(work, work.used_by_call()).await? {
                return Ok(StepEnd::Halt(end));
            }
            work.arguments()
        }
    };
    let another = work.another_call(&prepared);
    if !another.is_empty() {
        run.recorder.record(Event::Stale { step: Some(work.name.to_owned()), differences: another }).await?;
        return Ok(StepEnd::Halt(End::Stale));
    }
    let values = match prepared {
        Prepared::Call(values) => values,
        Prepared::Skip => {
            if let Some(end) = late::skipped(work).await? {
                return Ok(StepEnd::Halt(end));
            }
            let (step, reason) = (work.name.to_owned(), "its condition is false".to_owned());
            run.recorder.record(Event::StepSkipped { step, reason }).await?;
            return Ok(StepEnd::Over);
        }
        Prepared::Fail(error) => {
            run.recorder.record(work.failed_before(error)).await?;
            return Ok(StepEnd::Over);
        }
    };
    if work.step.is_gate {
        return gate::pass(work, &values).await;
    }
    if let Some(end) = late::called(work, &values).await? {
        return Ok(StepEnd::Halt(end));
    }
    // Before all that is looked at, which holds only so long.
    if !work.has_its_turn().await? {
        return Ok(StepEnd::Over);
    }
    if let Some(end) = work.admit(&values).await? {
        return Ok(StepEnd::Halt(end));
    }
    work.attempts(Args { tool: work.step.call.tool.clone(), values }).await
}

impl<'a> Work<'a> {
    /// What the call is, and what is expected of it; for a call that acts also what `critical` allows.
    fn used_by_call(&self) -> impl Iterator<Item = &'a Expr> + use<'a> {
        let step = self.step;
        let until = step.poll.iter().map(|poll| &poll.until);
        let acts = !step.is_read_only();
        let lines = critical(&self.run.setup.compiled.plan).filter(move |_| acts);
        step.call.args.iter().flatten().chain(&step.expect).chain(until).chain(lines)
    }
}

impl Work<'_> {
    /// What the condition says where it does not say that the call is made.
    fn skipped_or_failed(&self) -> Option<Prepared> {
        let mut env = self.run.environment_of(self.instance);
        match self.step.when.as_ref().map(|when| eval(when, &mut env, &mut NoCalls)) {
            None | Some(Ok(Value::Bool(true))) => None,
            Some(Ok(Value::Bool(false))) => Some(Prepared::Skip),
            Some(Ok(other)) => {
                Some(Prepared::Fail(format!("its condition is {}, neither true nor false", other.describe())))
            }
            Some(Err(failure)) => {
                Some(Prepared::Fail(format!("its condition cannot be computed: {}", failure.message)))
            }
        }
    }

    fn arguments(&self) -> Prepared {
        let mut env = self.run.environment_of(self.instance);
        match eval_args(&self.step.call, &mut env, &mut NoCalls) {
            Ok(values) if values.iter().all(Value::is_known) => Prepared::Call(values),
            Ok(_) => Prepared::Fail("an argument is not known".into()),
            Err(failure) => Prepared::Fail(format!("an argument cannot be computed: {}", failure.message)),
        }
    }

    /// Where the call is another one than the approver saw.
    fn another_call(&self, prepared: &Prepared) -> Vec<Difference> {
        let Some(prediction) = self.prediction() else { return Vec::new() };
        let different = match prepared {
            Prepared::Call(values) => prediction.another_call(true, Some(&self.step.call.tool.named(values))),
            Prepared::Skip => prediction.another_call(false, None),
            // Nothing is done.
            Prepared::Fail(_) => Vec::new(),
        };
        different.into_iter().map(|(expected, found)| Difference { expected, found }).collect()
    }

    /// Asks policy, a person where policy says so, and the world. Gives why nothing further may start.
    async fn admit(&self, values: &[Value]) -> Result<Option<End>, RunError> {
        let run = self.run;
        let answer = run.recorder.state().get(self.instance).and_then(|record| record.answer.clone());
        let made = Made { name: self.name, step: self.step, call: &self.step.call };
        if let Some(why) = of_paths(&run.setup, &run.recorder, made, values) {
            run.recorder.record(self.failed_before(why)).await?;
            return Ok(Some(End::Refused));
        }
        match permit(&run.setup, &run.recorder, made, values, answer.as_deref()).await? {
            Permit::Yes => {}
            Permit::Waits => return Ok(Some(End::Waiting)),
            Permit::Refused(why) => {
                run.recorder.record(self.failed_before(why)).await?;
                return Ok(Some(End::Refused));
            }
        }
        // A person may have thought about it for long.
        if let Some(end) = run.held().await? {
            return Ok(Some(end));
        }
        Ok(self.looks(values).await?.err())
    }

    async fn attempts(&self, args: Args) -> Result<StepEnd, RunError> {
        let Work { run, step, instance, name } = *self;
        let implementation = match implementation(&run.setup, &step.call.tool.name) {
            Ok(implementation) => implementation,
            Err(error) => {
                run.recorder.record(self.failed_before(error.message)).await?;
                return Ok(StepEnd::Over);
            }
        };
        let before = run.recorder.state().get(instance).map_or(0, |record| record.attempt);
        let mut attempt = Attempt { run, step, instance, name, args: &args, number: before + 1 };
        loop {
            // It has not begun, and is taken up when the run goes on.
            if run.setup.stop.is_killing() {
                return Ok(StepEnd::Over);
            }
            let outcome = match (implementation, &step.poll) {
                (_, Some(poll)) => poll::call(&mut attempt, implementation, poll).await?,
                (Implementation::Files(tool), None) => files::call(&attempt, *tool).await?,
                (Implementation::Live(tool), None) => live::call(&attempt, tool.as_ref()).await?,
            };
            match outcome {
                Outcome::Halt(end) => return Ok(StepEnd::Halt(end)),
                Outcome::Failed
                    if self.tries_again() && self.pause(attempt.failures()).await && self.has_its_turn().await? =>
                {
                    if let Some(end) = run.held().await? {
                        return Ok(StepEnd::Halt(end));
                    }
                    // Somebody may have changed something while it was waited.
                    if let Err(end) = self.looks(&args.values).await? {
                        return Ok(StepEnd::Halt(end));
                    }
                    attempt.number += 1;
                }
                Outcome::Failed | Outcome::Over => return Ok(StepEnd::Over),
            }
        }
    }

    /// Waits until the tool may be called, where it has a limit; whether it may: a person may ask to stop meanwhile.
    async fn has_its_turn(&self) -> Result<bool, RunError> {
        let tool = &self.step.call.tool;
        match paced(&self.run.setup, tool).await {
            Ok(waited) => Ok(waited),
            Err(error) => {
                self.run.recorder.record(self.failed_before(error.message)).await?;
                Ok(false)
            }
        }
    }

    fn tries_again(&self) -> bool {
        self.run.recorder.state().get(self.instance).is_some_and(|record| tries_again(self.step, record))
    }

    /// Waits before the next attempt; whether there shall be one: a person may ask to stop meanwhile.
    async fn pause(&self, failures: u32) -> bool {
        let run = &self.run.setup.run;
        let wait = self.step.retry.map_or(Duration::ZERO, |retry| pause(&retry, run, self.name, failures));
        goes_on_after(self.run, wait).await
    }
}
