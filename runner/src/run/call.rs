//! A live call: where it is made, and making it, with its limits.

use super::RunSetup;
use super::others::astray_in;
use super::surroundings::at_work;
use crate::stop::raised;
use crate::tool::pages::{Turn, follow};
use crate::tool::process::{Place, Ran, Run, Walls, place};
use crate::tool::registry::Implementation;
use crate::tool::{Args, CallContext, Future_, LiveTool, ToolError};
use crate::workspace::Observation;
use planc_lang::catalogue::Tool;
use planc_lang::conform::check_value;
use planc_lang::digest::Digest;
use planc_lang::plan::Step;
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;
use std::time::Duration;

/// How deep a result may be nested: deeper JSON is not read back from the journal.
pub const MAX_DEPTH: usize = 100;

/// What carries a tool out.
pub(crate) fn implementation<'s>(setup: &'s RunSetup, tool: &str) -> Result<&'s Implementation, ToolError> {
    setup.registry.get(tool).ok_or_else(|| ToolError::before(format!("nothing here carries out the tool `{tool}`")))
}

/// What stands against a program that cannot be confined.
pub(super) fn nowhere(why: &str) -> String {
    format!("programs cannot be confined here, and the operator does not let them run unconfined: {why}")
}

/// Where a program runs; none: the tool is no program, or what it runs is not known.
pub(crate) fn place_of(setup: &RunSetup, tool: &dyn LiveTool, args: &Args) -> Option<Place> {
    tool.as_program()?;
    let argv = args.get("argv").as_list()?;
    let argv: Option<Vec<&str>> = argv.iter().map(Value::as_str).collect();
    Some(place(&setup.config, &argv?))
}

/// Runs a program in a cell within its time limit, with what its call is bound to. What it changed there is not in the workspace yet.
pub(crate) async fn call_program(
    setup: &RunSetup,
    tool: &Run,
    walls: &Walls,
    args: &Args,
    given: Vec<Observation>,
    (purpose, timeout_ms): (Purpose<'_>, Option<u64>),
) -> Result<Ran, ToolError> {
    let context = context(setup, args, purpose, timeout_ms)?;
    let ran = within_limits(setup, args, &context, Box::pin(tool.sealed(args, &context, walls, given))).await?;
    Ok(Ran { value: acceptable(args, ran.value)?, observed: ran.observed })
}

/// What a live call is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose<'a> {
    /// To carry out the step of this name.
    Step(&'a str),
    /// To take it back.
    Undo(&'a str),
    /// To look what became of the call of this step.
    Probe(&'a str),
    /// To look, for an assumption or a verification.
    Check,
}

/// A call inside a check stands in no step: what it is known as to the tool.
const IN_CHECK: &str = "check";

impl Purpose<'_> {
    fn step(&self) -> &str {
        match self {
            Purpose::Step(step) | Purpose::Undo(step) | Purpose::Probe(step) => step,
            Purpose::Check => IN_CHECK,
        }
    }

    /// Stands for this call and no other, at every attempt to make it; nothing where the call only reads.
    fn key(self, setup: &RunSetup, args: &Args) -> Option<String> {
        let (step, role) = match self {
            Purpose::Step(step) => (step, "do"),
            Purpose::Undo(step) => (step, "undo"),
            Purpose::Probe(_) | Purpose::Check => return None,
        };
        let touches = args.tool.touches(&args.values);
        let only_reads = touches.iter().all(|(verb, _)| *verb == EffectVerb::Reads);
        if only_reads && !args.tool.effects.tell_by_result() {
            return None;
        }
        let of = Digest::of_json(&(&setup.digest, &setup.run, step, role)).hex();
        Some(format!("planc-{}", &of[..32]))
    }
}

/// Makes a live call within its time limit. A tool that neither answers nor ends in time is given up, in doubt.
pub(crate) async fn call_live(
    setup: &RunSetup,
    tool: &dyn LiveTool,
    args: &Args,
    purpose: Purpose<'_>,
    timeout_ms: Option<u64>,
) -> Result<Value, ToolError> {
    match place_of(setup, tool, args) {
        // Whoever calls a program has to look at what it changed.
        Some(Place::Cell) => return Err(ToolError::before("a program that is confined is run in a cell")),
        Some(Place::Nowhere(why)) => return Err(ToolError::before(nowhere(&why))),
        Some(Place::Open | Place::Asked(_)) | None => {}
    }
    let context = &context(setup, args, purpose, timeout_ms)?;
    let one = |args: Args, turn: Turn| -> Future_<'_, Result<Value, ToolError>> {
        Box::pin(async move {
            if turn == Turn::Further && !paced(setup, &args.tool).await? {
                return Err(ToolError::before(format!("`{}` was ended between two pages", args.tool.name)));
            }
            setup.workspace.check_place()?;
            // A program of the plan may have made a link since the call was permitted, and so may anybody else.
            if let Some(why) = astray_in(setup, &args.tool, &args.values, None) {
                return Err(ToolError::before(why));
            }
            within_limits(setup, &args, context, tool.call(&args, context)).await
        })
    };
    at_work(setup, tool, args, follow(args, &one)).await.and_then(|value| acceptable(args, value))
}

/// Waits until a call of the tool may be made; whether nobody has asked to stop meanwhile.
pub(crate) async fn paced(setup: &RunSetup, tool: &Tool) -> Result<bool, ToolError> {
    if tool.limit.is_none() {
        return Ok(true);
    }
    tokio::select! {
        waited = setup.registry.pace().wait(tool) => waited.map(|()| true),
        () = raised(setup.stop.stopping()) => Ok(false),
    }
}

fn context(
    setup: &RunSetup,
    args: &Args,
    purpose: Purpose<'_>,
    timeout_ms: Option<u64>,
) -> Result<CallContext, ToolError> {
    Ok(CallContext {
        workspace: setup.workspace.root().to_owned(),
        identity: Some(setup.workspace.identity()?),
        timeout: timeout_ms.map_or(super::DEFAULT_TIMEOUT, Duration::from_millis),
        kill: setup.stop.kill(),
        run: setup.run.clone(),
        step: purpose.step().to_owned(),
        idempotency_key: purpose.key(setup, args),
        pass_env: setup.config.pass_env.clone(),
    })
}

/// Waits for a call; one that neither answers nor ends in time is given up, in doubt.
async fn within_limits<T>(
    setup: &RunSetup,
    args: &Args,
    context: &CallContext,
    call: Future_<'_, Result<T, ToolError>>,
) -> Result<T, ToolError> {
    let killed = async {
        raised(setup.stop.kill()).await;
        setup.clock.sleep(setup.grace).await;
    };
    let gave_up = |why: String| Err(ToolError::in_doubt(format!("`{}` {why}", args.tool.name)));
    tokio::select! {
        outcome = call => outcome,
        () = setup.clock.sleep(context.timeout + setup.grace) => gave_up(format!("did not end within {:?}", context.timeout)),
        () = killed => gave_up("did not end when it was told to".into()),
    }
}

/// A result that has the declared type, and that the journal can give back.
pub(crate) fn acceptable(args: &Args, value: Value) -> Result<Value, ToolError> {
    let tool = &args.tool.name;
    if depth(&value) > MAX_DEPTH {
        return Err(ToolError::done(format!("the result of `{tool}` is nested deeper than {MAX_DEPTH} levels")));
    }
    match check_value(&value, &args.tool.result) {
        Ok(()) => Ok(value),
        Err(misfit) => Err(ToolError::done(format!("the result of `{tool}` is not of its type: {misfit}"))),
    }
}

/// How many lists and records lie within each other.
fn depth(value: &Value) -> usize {
    let mut deepest = 0;
    let mut open = vec![(value, 0)];
    while let Some((value, level)) = open.pop() {
        deepest = deepest.max(level);
        match value {
            Value::List(items) => open.extend(items.iter().map(|item| (item, level + 1))),
            Value::Record(record) => open.extend(record.iter().map(|(_, item)| (item, level + 1))),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Formed(_)
            | Value::Unknown(_) => {}
        }
    }
    deepest
}

/// The time limit of a step's call, in milliseconds.
pub(crate) fn timeout_of(step: &Step) -> Option<u64> {
    step.timeout_ms.or(step.call.tool.timeout_ms)
}
