//! A declared `undo` call: evaluated, judged and recorded like a step's.

use super::found;
use crate::coverage;
use crate::event::{Conflict, Difference, Event};
use crate::journal::StoreError;
use crate::run::{
    Agreed, ByRun, Found, Made, Permit, Purpose, Recorder, RunSetup, Simulated, agree, are_same, call_live,
    call_program, critical_values, environment, environment_of, implementation, marked, of_call, of_releases, own,
    paced, permit, permit_changes, place_of, simulate, simulate_marked,
};
use crate::sandbox::Observed;
use crate::state::StepRecord;
use crate::tool::process::{Place, Walls};
use crate::tool::registry::Implementation;
use crate::tool::{Args, EffectKnown, ToolError};
use crate::workspace::{Change, Observation};
use planc_lang::digest::Digest;
use planc_lang::eval::{NoCalls, eval_args};
use planc_lang::grants::Grants;
use planc_lang::plan::{Call, Step};
use planc_lang::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How the call ended.
pub(super) enum CallEnd {
    /// It was made.
    Done,
    /// It was not: what it would find is not what was approved. The rest is taken back all the same.
    Left(Vec<Conflict>),
    /// It was not, or it is not known; taking back goes no further.
    Stopped(String),
}

/// Makes the undo call of a step.
pub(super) async fn make(
    setup: &Arc<RunSetup>,
    recorder: &Recorder,
    step: Option<&Step>,
    record: &StepRecord,
) -> Result<CallEnd, StoreError> {
    let Some((step, call)) = step.and_then(|step| Some((step, step.undo.as_deref()?))) else {
        return Ok(CallEnd::Done);
    };
    let name = record.name.as_str();
    let stopped = |why: &str| CallEnd::Stopped(told(setup, name, why));
    if let Some(why) = released(setup, recorder, record, call).await? {
        return Ok(stopped(&why));
    }
    let values = match arguments(setup, recorder, call, record) {
        Ok(values) => values,
        Err(why) => {
            ended(recorder, name, Some(why.clone())).await?;
            return Ok(stopped(&why));
        }
    };
    let predicted = record.instance.and_then(|instance| setup.predictions.of(&setup.compiled.plan, instance));
    let another = predicted.map_or_else(Vec::new, |prediction| prediction.another_undo(&call.tool.named(&values)));
    if let Some((expected, found)) = another.first() {
        let why = format!("it was approved with {}, and would be made with {found}", expected.seen);
        ended(recorder, name, Some(why.clone())).await?;
        return Ok(stopped(&why));
    }
    let made = Made { name, step, call };
    let given = match against(setup, recorder, record, made, &values).await? {
        Ok(given) => given,
        Err(end) => return Ok(end),
    };
    let args = Args { tool: call.tool.clone(), values };
    let started = Event::UndoCallStarted {
        step: name.to_owned(),
        tool: call.tool.name.to_string(),
        args: call.tool.named(&args.values),
    };
    recorder.record(started).await?;
    match carry_out(setup, recorder, record, made, args, given).await {
        Ok(()) => ended(recorder, name, None).await.map(|()| CallEnd::Done),
        // What became of it stays open until somebody says so, and whether it is made again.
        Err(error) if error.effect != EffectKnown::None && !call.tool.idempotent => Ok(stopped(&error.message)),
        Err(error) => {
            ended(recorder, name, Some(error.message.clone())).await?;
            Ok(stopped(&error.message))
        }
    }
}

/// Puts in place what a call was about to change when planc ended.
pub(super) async fn finish(
    setup: &Arc<RunSetup>,
    recorder: &Recorder,
    record: &StepRecord,
) -> Result<CallEnd, StoreError> {
    match put(setup, record.undo_pending.clone()).await {
        Ok(()) => ended(recorder, &record.name, None).await.map(|()| CallEnd::Done),
        // Where somebody has changed a path since, a person looks at what the call has left there.
        Err(error) => Ok(CallEnd::Stopped(told(setup, &record.name, &error.message))),
    }
}

/// A person has to say something first.
fn waits(step: &str) -> CallEnd {
    CallEnd::Stopped(format!("the undo call of step `{step}`: it waits for a yes"))
}

/// Why taking back goes no further, as it may be told.
fn told(setup: &RunSetup, step: &str, why: &str) -> String {
    let mut why = why.to_owned();
    setup.veil.iter().for_each(|veil| veil.hide_undo_why(step, &mut why));
    format!("the undo call of step `{step}`: {why}")
}

/// What a call with known arguments names, as it was found right before, or what stands against it: what it would find, or what a
/// person says.
async fn against(
    setup: &Arc<RunSetup>,
    recorder: &Recorder,
    record: &StepRecord,
    made: Made<'_>,
    values: &[Value],
) -> Result<Result<Vec<Observation>, CallEnd>, StoreError> {
    let stopped = |why: &str| Ok(Err(CallEnd::Stopped(told(setup, made.name, why))));
    // What is not as it was approved is not asked about.
    let (_, conflicts) = found::changed(setup, recorder, record).await;
    if !conflicts.is_empty() {
        return Ok(Err(CallEnd::Left(conflicts)));
    }
    let mut late = of_call(setup, recorder, made, record.instance, values);
    let unapproved = found::unapproved(setup, recorder, record, made.call, values);
    late.extend(unapproved.contents.into_iter().map(|unseen| unseen.late));
    match agree(setup, recorder, made.name, late).await? {
        Agreed::Yes => {}
        Agreed::Waits => return Ok(Err(waits(made.name))),
        Agreed::No(why) => return stopped(&why),
    }
    match paced(setup, &made.call.tool).await {
        Ok(true) => {}
        Ok(false) => return stopped("somebody asked to stop"),
        Err(error) => return stopped(&error.message),
    }
    match permit(setup, recorder, made, values, None).await? {
        Permit::Yes => {}
        Permit::Waits => return Ok(Err(waits(made.name))),
        Permit::Refused(why) => return stopped(&why),
    }
    // A person may have thought about it for long.
    let (seen, mut conflicts) = found::changed(setup, recorder, record).await;
    conflicts.extend(found::unseen(setup, recorder, record, made.call, values));
    Ok(if conflicts.is_empty() { Ok(seen) } else { Err(CallEnd::Left(conflicts)) })
}

/// The releases that the call depends on; says why it is not made.
async fn released(
    setup: &RunSetup,
    recorder: &Recorder,
    record: &StepRecord,
    call: &Call,
) -> Result<Option<String>, StoreError> {
    let mut asked = usize::MAX;
    loop {
        let Found { late, different } = of_releases(setup, recorder, record.instance, call.args.iter().flatten());
        if let Some(Difference { expected, found }) = different.first() {
            return Ok(Some(format!("it was approved with {}, and would be made with {found}", expected.seen)));
        }
        let agreed = recorder.state().agreed.len();
        if late.is_empty() || asked == agreed {
            return Ok(None);
        }
        asked = agreed;
        match agree(setup, recorder, &record.name, late).await? {
            Agreed::Yes => {}
            Agreed::Waits => return Ok(Some("it waits for a yes".to_owned())),
            Agreed::No(why) => return Ok(Some(why)),
        }
    }
}

fn arguments(setup: &RunSetup, recorder: &Recorder, call: &Call, record: &StepRecord) -> Result<Vec<Value>, String> {
    let mut env = {
        let state = recorder.state();
        match record.instance {
            Some(instance) => environment_of(setup, recorder.recorded(&state), instance),
            None => environment(setup, recorder.recorded(&state)),
        }
    };
    if let (Some(instance), Some(result)) = (record.instance, &record.result) {
        env.set_step(instance.step, result.clone());
    }
    match eval_args(call, &mut env, &mut NoCalls) {
        Ok(values) if values.iter().all(Value::is_known) => Ok(values),
        Ok(_) => Err("an argument is not known".into()),
        Err(failure) => Err(format!("an argument cannot be computed: {}", failure.message)),
    }
}

async fn ended(recorder: &Recorder, step: &str, error: Option<String>) -> Result<(), StoreError> {
    recorder.record(Event::UndoCallEnded { step: step.to_owned(), error }).await
}

async fn carry_out(
    setup: &Arc<RunSetup>,
    recorder: &Recorder,
    record: &StepRecord,
    made: Made<'_>,
    args: Args,
    given: Vec<Observation>,
) -> Result<(), ToolError> {
    let Made { name: step, call, .. } = made;
    match implementation(setup, &call.tool.name)? {
        Implementation::Live(tool) if place_of(setup, tool.as_ref(), &args) == Some(Place::Cell) => {
            let Some(run) = tool.as_program() else { return Err(ToolError::before("it is no program")) };
            let critical = critical_values(setup, recorder);
            let walls = Walls::new(&setup.config, &Grants::new(&setup.compiled.plan, &critical).known());
            let purpose = (Purpose::Undo(step), call.tool.timeout_ms);
            let ran = call_program(setup, run, &walls, &args, given, purpose).await?;
            let kept = keep(setup, recorder, made, &args, ran.observed).await;
            // From here on only files are left to change: what a program with a network sent is done.
            kept.map_err(|error| match (error.effect, walls.is_closed()) {
                (EffectKnown::None, false) => ToolError::done(error.message),
                (_, _) => error,
            })
        }
        Implementation::Live(tool) => {
            call_live(setup, tool.as_ref(), &args, Purpose::Undo(step), call.tool.timeout_ms).await.map(|_| ())
        }
        Implementation::Files(tool) => {
            let (of, given, tool) = (setup.clone(), args.clone(), *tool);
            let first = blocking(move || simulate(&of, tool, &given)).await?.changes;
            if let Some(Conflict { path, why, .. }) = found::overwritten(setup, recorder, record, first.clone()).first()
            {
                return Err(ToolError::before(format!("`{path}`: {why}")));
            }
            let by_run = ByRun::of(setup, &recorder.state());
            let of = setup.clone();
            let simulated = blocking(move || simulate_marked(&of, &by_run, tool, &args)).await?;
            let Simulated { changes, contents, .. } = simulated;
            if !are_same(&first, &changes) {
                return Err(ToolError::before("others change at this moment what it would change"));
            }
            change(setup, recorder, step, changes, contents).await
        }
    }
}

/// Keeps what a program has changed in its cell, where nothing stands against it.
async fn keep(
    setup: &Arc<RunSetup>,
    recorder: &Recorder,
    made: Made<'_>,
    args: &Args,
    Observed { changes, contents, .. }: Observed,
) -> Result<(), ToolError> {
    let permit = permit_changes(setup, recorder, made, &args.values, None, &changes).await;
    match permit.map_err(|error| ToolError::before(error.to_string()))? {
        Permit::Yes => {}
        Permit::Waits => return Err(ToolError::before("what it changes waits for a yes")),
        Permit::Refused(why) => return Err(ToolError::before(why)),
    }
    change(setup, recorder, made.name, changes, contents).await
}

/// Makes changes that are within `critical`, once they are recorded; they are not themselves taken back.
async fn change(
    setup: &Arc<RunSetup>,
    recorder: &Recorder,
    step: &str,
    changes: Vec<Change>,
    contents: BTreeMap<Digest, Arc<[u8]>>,
) -> Result<(), ToolError> {
    let (of, critical, own) = (setup.clone(), critical_values(setup, recorder), own(&recorder.state()));
    let changes = blocking(move || {
        admit(&of, &critical, &changes)?;
        for bytes in contents.values() {
            let kept = of.contents.put(bytes);
            kept.map_err(|error| ToolError::before(format!("could not keep what changes: {error}")))?;
        }
        Ok(marked(&of, &own, changes))
    })
    .await?;
    if changes.is_empty() {
        return Ok(());
    }
    let observed = Event::UndoCallObserved { step: step.to_owned(), changes: changes.clone() };
    recorder.record(observed).await.map_err(|error| ToolError::before(error.to_string()))?;
    put(setup, changes).await
}

/// Puts recorded changes in place; those that are there already stay.
async fn put(setup: &Arc<RunSetup>, changes: Vec<Change>) -> Result<(), ToolError> {
    let of = setup.clone();
    let put = move || {
        let applied = changes.iter().map(|change| of.workspace.apply(change, &of.contents));
        applied.enumerate().try_for_each(|(index, applied)| match (applied, index) {
            (Ok(_), _) => Ok(()),
            (Err(error), 0) => Err(ToolError::before(error.to_string())),
            (Err(error), _) => Err(ToolError::in_doubt(error.to_string())),
        })
    };
    blocking(put).await
}

/// Says which change no line of `critical` allows.
fn admit(setup: &RunSetup, critical: &[Option<Value>], changes: &[Change]) -> Result<(), ToolError> {
    let grants = Grants::new(&setup.compiled.plan, critical).known();
    let unallowed = coverage::unallowed(&grants, changes, |path| coverage::there(&setup.workspace, path));
    unallowed.first().map_or(Ok(()), |uncovered| Err(ToolError::before(uncovered.to_string())))
}

/// Does what blocks.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ToolError> + Send + 'static,
) -> Result<T, ToolError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(ToolError::in_doubt(format!("the call broke down: {error}"))))
}
