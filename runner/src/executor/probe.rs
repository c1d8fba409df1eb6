//! A call of which it is not known what became of it ⟶ what its tool's probe tells: that it took effect, with its result, that it
//! did not, or nothing.

use super::attempt::Attempt;
use crate::run::{Purpose, RunSetup, acceptable, call_live, implementation, judged, paced, simulate};
use crate::tool::registry::Implementation;
use crate::tool::{Args, ToolError};
use planc_lang::catalogue::Tool;
use planc_lang::syntax::Approval;
use planc_lang::types::Type;
use planc_lang::value::Value;
use std::sync::Arc;

/// What a probe tells.
pub(crate) enum Told {
    /// The tool has none.
    NoProbe,
    /// The call took effect, and gave this.
    Done(Value),
    /// It did not take effect, and will not any more.
    NotDone,
    /// The probe does not tell; says why not.
    Nothing(String),
}

/// Asks the probe of a call that was made with these arguments, by name.
pub(crate) async fn ask(attempt: &Attempt<'_>, made: &Value) -> Told {
    let tool = &attempt.step.call.tool;
    let Some(probe) = &tool.probe else { return Told::NoProbe };
    let args = Args { tool: probe.clone(), values: arguments(probe, made) };
    let nothing = |why: String| Told::Nothing(format!("its probe `{}` does not tell: {why}", probe.name));
    if let Some(why) = forbidden(attempt, &args) {
        return nothing(why);
    }
    let told = match call(attempt, &args).await {
        Ok(told) => told,
        Err(error) => return nothing(error.message),
    };
    match (told, &tool.result) {
        (Value::Bool(true), Type::Null) => Told::Done(Value::Null),
        (Value::Bool(false), Type::Null) | (Value::Null, _) => Told::NotDone,
        (result, _) => match acceptable(&Args { tool: tool.clone(), values: Vec::new() }, result) {
            Ok(result) => Told::Done(result),
            Err(error) => nothing(error.message),
        },
    }
}

/// Those arguments of the call whose names the probe has.
fn arguments(probe: &Tool, made: &Value) -> Vec<Value> {
    let of_call = |name: &str| made.get(name).cloned();
    let value = |param: &planc_lang::catalogue::Param| {
        of_call(&param.name).or_else(|| param.default.clone()).unwrap_or(Value::Null)
    };
    probe.params.iter().map(value).collect()
}

/// Why the probe may not be asked: policy holds for it as for any call that only reads. What it reads is named by arguments
/// that have passed for those of a call that acts.
fn forbidden(attempt: &Attempt<'_>, args: &Args) -> Option<String> {
    let setup = &attempt.run.setup;
    if setup.stop.is_killing() {
        return Some("the run is being stopped".into());
    }
    let verdict = judged(setup, &args.tool, &args.values, Vec::new());
    (verdict.decision == Approval::Deny).then(|| verdict.phrase(&args.tool.name))
}

async fn call(attempt: &Attempt<'_>, args: &Args) -> Result<Value, ToolError> {
    let setup: &Arc<RunSetup> = &attempt.run.setup;
    match implementation(setup, &args.tool.name)? {
        Implementation::Live(tool) => {
            if !paced(setup, &args.tool).await? {
                return Err(ToolError::before("the run is being stopped"));
            }
            call_live(setup, tool.as_ref(), args, Purpose::Probe(attempt.name), args.tool.timeout_ms).await
        }
        Implementation::Files(tool) => {
            let (setup, args, tool) = (setup.clone(), args.clone(), *tool);
            let looked = tokio::task::spawn_blocking(move || simulate(&setup, tool, &args).map(|seen| seen.result));
            looked.await.unwrap_or_else(|error| Err(ToolError::before(format!("it broke down: {error}"))))
        }
    }
}
