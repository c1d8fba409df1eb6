//! An `each` block ⟶ its list, once that is known, and its value, once every element is over.

use super::Run;
use crate::event::{Difference, End, Event};
use crate::run::{Known, RunError, elements, results};
use planc_lang::eval::{NoCalls, eval};
use planc_lang::plan::EachId;
use planc_lang::value::Value;

/// What a block comes to before its first element.
enum Opened {
    /// So many elements.
    Elements(usize),
    /// Its condition is false.
    Skip,
    /// It cannot be computed.
    Fail(String),
}

/// Finds out the list of a block, and records it or why there is none. Gives why nothing further may start.
pub(crate) async fn open(run: &Run, each: EachId) -> Result<Option<End>, RunError> {
    let name = run.setup.compiled.plan.each(each).name.to_string();
    let opened = look(run, each);
    let different = match (run.setup.predictions.named(&name), &opened) {
        (Some(prediction), Opened::Elements(count)) => prediction.another_block(true, Some(*count)),
        (Some(prediction), Opened::Skip) => prediction.another_block(false, None),
        // Nothing is done.
        (Some(_), Opened::Fail(_)) | (None, _) => Vec::new(),
    };
    if !different.is_empty() {
        let differences = different.into_iter().map(|(expected, found)| Difference { expected, found }).collect();
        run.recorder.record(Event::Stale { step: Some(name), differences }).await?;
        return Ok(Some(End::Stale));
    }
    run.recorder
        .record(match opened {
            Opened::Elements(count) => Event::EachStarted { each: name, elements: count as u32 },
            Opened::Skip => Event::EachSkipped { each: name, reason: "its condition is false".to_owned() },
            Opened::Fail(error) => Event::EachFailed { each: name, error },
        })
        .await?;
    Ok(None)
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
        Ok(list) => Opened::Elements(list.len()),
        Err(why) => Opened::Fail(why),
    }
}

/// Computes the value of a block, and records that it is over.
pub(crate) async fn close(run: &Run, each: EachId) -> Result<(), RunError> {
    let name = run.setup.compiled.plan.each(each).name.to_string();
    let results = {
        let state = run.recorder.state();
        let recorded = run.recorder.recorded(&state);
        results(&run.setup, recorded, &Known::of(&run.setup, recorded), each)
    };
    Ok(run
        .recorder
        .record(match results {
            Ok(_) => Event::EachEnded { each: name },
            Err(error) => Event::EachFailed { each: name, error },
        })
        .await?)
}
