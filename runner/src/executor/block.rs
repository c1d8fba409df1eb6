//! An `each` block ⟶ its list, once that is known, and its value, once every element is over.

use super::Run;
use super::late::{self, Stopped};
use crate::event::{Difference, End, Event, LateValue};
use crate::run::{Known, RunError, elements, of_condition, of_list, of_releases, results};
use crate::state::BlockState;
use planc_lang::eval::{NoCalls, eval};
use planc_lang::plan::{EachId, Instance};
use planc_lang::releases;
use planc_lang::value::Value;
use std::sync::Arc;

/// What a block comes to before its first element.
enum Opened {
    /// These elements.
    Elements(Arc<[Value]>),
    /// Its condition is false.
    Skip,
    /// It cannot be computed.
    Fail(String),
}

/// Finds out the list of a block, and records it or why there is none. Gives why nothing further may start.
pub(crate) async fn open(run: &Run, each: EachId) -> Result<Option<End>, RunError> {
    let block = run.setup.compiled.plan.each(each);
    let name = block.name.to_string();
    if let Err(stopped) = late::outside(run, &name, block.when.iter().chain([&block.list])).await? {
        return stop(run, name, stopped).await;
    }
    let opened = look(run, each);
    let different = match (run.setup.predictions.named(&name), &opened) {
        (Some(prediction), Opened::Elements(list)) => prediction.another_block(true, Some(list.len())),
        (Some(prediction), Opened::Skip) => prediction.another_block(false, None),
        // Nothing is done.
        (Some(_), Opened::Fail(_)) | (None, _) => Vec::new(),
    };
    if !different.is_empty() {
        let differences = different.into_iter().map(|(expected, found)| Difference { expected, found }).collect();
        run.recorder.record(Event::Stale { step: Some(name), differences }).await?;
        return Ok(Some(End::Stale));
    }
    if let Some(stopped) = late::shown(run, &name, unseen(run, each, &opened)).await? {
        return stop(run, name, stopped).await;
    }
    run.recorder
        .record(match opened {
            Opened::Elements(list) => Event::EachStarted { each: name, elements: list.len() as u32 },
            Opened::Skip => Event::EachSkipped { each: name, reason: "its condition is false".to_owned() },
            Opened::Fail(error) => Event::EachFailed { each: name, error },
        })
        .await?;
    Ok(None)
}

/// What nobody has seen of what decides whether and how often something is done.
fn unseen(run: &Run, each: EachId, opened: &Opened) -> Vec<LateValue> {
    let plan = &run.setup.compiled.plan;
    let block = plan.each(each);
    let acts = plan.steps_of(each).any(|step| !plan.get(step).is_read_only());
    let condition = |holds: bool| {
        let when = block.when.as_ref().filter(|_| acts)?;
        of_condition(&run.setup, &run.recorder, &block.name, None, when, holds)
    };
    match opened {
        Opened::Elements(list) => {
            let list = of_list(&run.setup, &run.recorder, each, list);
            condition(true).into_iter().chain(list).collect()
        }
        Opened::Skip => condition(false).into_iter().collect(),
        Opened::Fail(_) => Vec::new(),
    }
}

async fn stop(run: &Run, each: String, stopped: Stopped) -> Result<Option<End>, RunError> {
    if let Some(error) = stopped.why {
        run.recorder.record(Event::EachFailed { each, error }).await?;
    }
    Ok(Some(stopped.end))
}

fn look(run: &Run, each: EachId) -> Opened {
    let state = run.recorder.state();
    let recorded = run.recorder.recorded(&state);
    let known = Known::of(&run.setup, recorded);
    let when = run.setup.compiled.plan.each(each).when.as_ref();
    match when.map(|when| eval(when, &mut known.env(&run.setup), &mut NoCalls)) {
        None | Some(Ok(Value::Bool(true))) => {}
        Some(Ok(Value::Bool(false))) => return Opened::Skip,
        Some(Ok(other)) => {
            return Opened::Fail(format!("its condition is {}, neither true nor false", other.describe()));
        }
        Some(Err(failure)) => return Opened::Fail(format!("its condition cannot be computed: {}", failure.message)),
    }
    match elements(&run.setup, recorded, &known, each) {
        Ok(list) => Opened::Elements(list),
        Err(why) => Opened::Fail(why),
    }
}

/// Computes the value of a block, and records that it is over. Gives why nothing further may start.
pub(crate) async fn close(run: &Run, each: EachId) -> Result<Option<End>, RunError> {
    let name = run.setup.compiled.plan.each(each).name.to_string();
    if let Some(stopped) = late::shown(run, &name, unseen_results(run, each)).await? {
        return stop(run, name, stopped).await;
    }
    let results = {
        let state = run.recorder.state();
        let recorded = run.recorder.recorded(&state);
        results(&run.setup, recorded, &Known::of(&run.setup, recorded), each)
    };
    run.recorder
        .record(match results {
            Ok(_) => Event::EachEnded { each: name },
            Err(error) => Event::EachFailed { each: name, error },
        })
        .await?;
    Ok(None)
}

/// The releases that nothing but the results of a block depends on.
fn unseen_results(run: &Run, each: EachId) -> Vec<LateValue> {
    let plan = &run.setup.compiled.plan;
    let block = plan.each(each);
    let count = match run.recorder.state().block(each) {
        Some(BlockState::Open { elements }) if !releases::used_by(plan, [&block.result]).is_empty() => *elements,
        _ => return Vec::new(),
    };
    let of_element = |element: u32| {
        let instance = Instance { step: block.steps.start, element: Some(element) };
        of_releases(&run.setup, &run.recorder, Some(instance), [&block.result]).late
    };
    (0..count).flat_map(of_element).collect()
}
