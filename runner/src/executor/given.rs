//! A result that a person gives for a call in doubt ⟶ whether the run may go on with it: it must be what the call could have
//! given, and what the step expects of it must hold.

use super::Run;
use super::attempt::Attempt;
use crate::run::{Recorder, RunSetup, acceptable};
use crate::schedule::Order;
use crate::state::RunState;
use crate::tool::Args;
use planc_lang::value::Value;
use std::sync::Arc;

/// Why the run cannot go on with a result for a step in doubt; nothing: it can.
pub fn unfit(setup: RunSetup, state: RunState, step: &str, result: &Value) -> Option<String> {
    let Some(record) = state.step(step).cloned() else { return Some("the plan has no such step".into()) };
    let Some(instance) = record.instance else { return Some("the plan has no such step".into()) };
    let plan = &setup.compiled.plan;
    let tool = plan.get(instance.step).call.tool.clone();
    let made = record.args.unwrap_or(Value::Null);
    let value = |name: &str| made.get(name).cloned().unwrap_or(Value::Null);
    let values = tool.params.iter().map(|param| value(&param.name)).collect();
    let args = Args { tool, values };
    if let Err(error) = acceptable(&args, result.clone()) {
        return Some(error.message);
    }
    let order = Order::of(plan, &setup.compiled.graph);
    let recorder = Recorder::new(setup.journal.clone(), None, setup.veil.clone(), state);
    let run = Arc::new(Run { setup: Arc::new(setup), recorder, order });
    let declared = run.setup.compiled.plan.get(instance.step);
    let attempt = Attempt { run: &run, step: declared, instance, name: step, args: &args, number: record.attempt };
    attempt.unacceptable(result)
}
