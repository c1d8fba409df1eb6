//! One attempt of a step: what is recorded when it begins and when it ends.

use super::Run;
use super::work::Work;
use crate::coverage;
use crate::event::{End, Event, PROBE_CHANNEL, Resolution};
use crate::journal::StoreError;
use crate::run::{astray_in, grants, not_true, uncovered_in};
use crate::tool::Args;
use crate::workspace::Change;
use planc_lang::eval::{NoCalls, eval};
use planc_lang::plan::{Expr, Instance, Step};
use planc_lang::value::Value;
use std::sync::Arc;

/// One attempt.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) run: &'a Arc<Run>,
    pub(crate) step: &'a Step,
    pub(crate) instance: Instance,
    /// The name of the step, with the element in a block.
    pub(crate) name: &'a str,
    pub(crate) args: &'a Args,
    /// From 1.
    pub(crate) number: u32,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It succeeded, is in doubt, or was cut off and can be taken up again.
    Over,
    /// It failed.
    Failed,
    /// Nothing further may start.
    Halt(End),
}

/// Why an attempt failed.
pub(crate) struct Fault {
    pub(crate) error: String,
    pub(crate) effect_done: bool,
    pub(crate) result: Option<Value>,
    pub(crate) changes: Vec<Change>,
}

impl Fault {
    /// Nothing was changed.
    pub(crate) fn before(error: impl Into<String>) -> Fault {
        Fault { error: error.into(), effect_done: false, result: None, changes: Vec::new() }
    }
}

impl Attempt<'_> {
    /// The step that it is an attempt of.
    pub(crate) fn work(&self) -> Work<'_> {
        Work { run: self.run, step: self.step, instance: self.instance, name: self.name }
    }

    /// How often the step has failed so far.
    pub(crate) fn failures(&self) -> u32 {
        self.run.recorder.state().get(self.instance).map_or(0, |record| record.failures)
    }

    /// The call is about to be made.
    pub(crate) async fn started(&self, changes: Vec<Change>, result: Option<Value>) -> Result<(), StoreError> {
        let event = Event::StepStarted {
            step: self.name.to_owned(),
            attempt: self.number,
            args: self.step.call.tool.named(&self.args.values),
            changes,
            result,
        };
        self.run.recorder.record(event).await
    }

    /// The call has its result: it is accepted when the step's conditions hold.
    pub(crate) async fn finished(&self, result: Value, changes: Vec<Change>) -> Result<Outcome, StoreError> {
        match self.unacceptable(&result) {
            None => self.succeeded(result, changes).await,
            Some(error) => {
                let effect_done = !self.step.call.is_read_only();
                self.failed(Fault { error, effect_done, result: Some(result), changes }).await
            }
        }
    }

    /// Why a result of the declared type is not acceptable all the same; nothing: it is.
    pub(crate) fn unacceptable(&self, result: &Value) -> Option<String> {
        self.outside(result).or_else(|| self.unmet(result))
    }

    /// What the call touched outside of `critical` that only its result tells.
    fn outside(&self, result: &Value) -> Option<String> {
        let tool = &self.step.call.tool;
        if !tool.effects.tell_by_result() {
            return None;
        }
        let touched = tool.touched(&self.args.values, Some(result));
        let grants = grants(&self.run.setup, &self.run.recorder);
        let (setup, recorder, args) = (&self.run.setup, &self.run.recorder, &self.args.values);
        let uncovered = coverage::uncovered_touches(&grants, &touched).into_iter().next();
        let uncovered = uncovered.or_else(|| uncovered_in(setup, recorder, tool, args, Some(result)));
        let why = uncovered.map(|uncovered| uncovered.to_string());
        let why = why.or_else(|| astray_in(setup, tool, args, Some(result)))?;
        Some(format!("its result tells that it went past what was approved: {why}"))
    }

    async fn succeeded(&self, result: Value, changes: Vec<Change>) -> Result<Outcome, StoreError> {
        let (step, attempt) = (self.name.to_owned(), self.number);
        self.run.recorder.record(Event::StepSucceeded { step, attempt, result, changes }).await?;
        Ok(Outcome::Over)
    }

    /// The call failed.
    pub(crate) async fn failed(&self, fault: Fault) -> Result<Outcome, StoreError> {
        let (step, attempt) = (self.name.to_owned(), self.number);
        let Fault { error, effect_done, result, changes } = fault;
        self.run.recorder.record(Event::StepFailed { step, attempt, error, effect_done, result, changes }).await?;
        Ok(Outcome::Failed)
    }

    /// It cannot be told what became of the call.
    pub(crate) async fn in_doubt(&self, reason: String, changes: Vec<Change>) -> Result<Outcome, StoreError> {
        let (step, attempt) = (self.name.to_owned(), self.number);
        self.run.recorder.record(Event::StepInDoubt { step, attempt, reason, changes }).await?;
        Ok(Outcome::Over)
    }

    /// What became of a call in doubt, as its probe tells.
    pub(super) async fn resolved(&self, resolution: Resolution, result: Option<Value>) -> Result<Outcome, StoreError> {
        let (step, channel) = (self.name.to_owned(), PROBE_CHANNEL.to_owned());
        self.run.recorder.record(Event::DoubtResolved { step, resolution, result, channel }).await?;
        Ok(Outcome::Over)
    }

    /// Why a result is not acceptable to the step: the first `expect` that does not hold.
    fn unmet(&self, result: &Value) -> Option<String> {
        let expects = &self.step.expect;
        expects.iter().enumerate().find_map(|(index, expect)| {
            let why = self.not_so(expect, result)?;
            let which = match expects.len() {
                0 | 1 => String::new(),
                all => format!(", {} of {all},", index + 1),
            };
            Some(format!("what it expects{which} does not hold: {why}"))
        })
    }

    /// Why a condition on the result of the step does not hold; nothing: it does.
    pub(crate) fn not_so(&self, condition: &Expr, result: &Value) -> Option<String> {
        let mut env = self.run.environment_of(self.instance);
        env.set_step(self.instance.step, result.clone());
        match eval(condition, &mut env, &mut NoCalls) {
            Ok(value) => not_true(&value),
            Err(failure) => Some(failure.message),
        }
    }
}
