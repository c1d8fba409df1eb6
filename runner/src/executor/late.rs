//! Values that became known during the run ⟶ looked at by a person before anything depends on them.
//!
//! What is shown is what is used: the values that were agreed to are those that the call is made with, and an answer from
//! before a crash counts for the same values only.

use super::Run;
use super::work::Work;
use crate::event::{End, Event, LateValue};
use crate::run::{
    Agreed, Found, Made, Naming, RunError, Unapproved, agree, of_call, of_check, of_condition, of_contents, of_named,
    of_releases,
};
use crate::workspace::Observation;
use planc_lang::plan::Expr;
use planc_lang::value::Value;

/// The releases that a step depends on here; again until there are no more, since one may depend on another.
pub(super) async fn released<'p>(
    work: Work<'p>,
    exprs: impl Iterator<Item = &'p Expr>,
) -> Result<Option<End>, RunError> {
    let exprs: Vec<&Expr> = exprs.collect();
    let mut asked = usize::MAX;
    loop {
        let (setup, recorder) = (&work.run.setup, &work.run.recorder);
        let Found { late, different } = of_releases(setup, recorder, Some(work.instance), exprs.iter().copied());
        if !different.is_empty() {
            let step = Some(work.name.to_owned());
            recorder.record(Event::Stale { step, differences: different }).await?;
            return Ok(Some(End::Stale));
        }
        let agreed = recorder.state().agreed.len();
        if late.is_empty() || asked == agreed {
            return Ok(None);
        }
        asked = agreed;
        if let Some(end) = looked_at(work, late).await? {
            return Ok(Some(end));
        }
    }
}

/// A step that is skipped: where outside text has decided so, a person looks at it.
pub(super) async fn skipped(work: Work<'_>) -> Result<Option<End>, RunError> {
    match condition(work, false) {
        Some(late) => looked_at(work, vec![late]).await,
        None => Ok(None),
    }
}

/// A call that is about to be made: its condition, its arguments, and what its program may find.
pub(super) async fn called(work: Work<'_>, values: &[Value]) -> Result<Option<End>, RunError> {
    let (setup, recorder) = (&work.run.setup, &work.run.recorder);
    let made = Made { name: work.name, step: work.step, call: &work.step.call };
    let mut late: Vec<LateValue> = condition(work, true).into_iter().collect();
    late.extend(of_call(setup, recorder, made, Some(work.instance), values));
    let found = contents(work).await?;
    let Unapproved { contents, different } = named(work, values).await?.with_found(found);
    if let Some(end) = work.ends_stale(different).await? {
        return Ok(Some(end));
    }
    let (contents, files): (Vec<LateValue>, Vec<Vec<Observation>>) =
        contents.into_iter().map(|unseen| (unseen.late, unseen.files)).unzip();
    late.extend(contents);
    if let Some(end) = looked_at(work, late).await? {
        return Ok(Some(end));
    }
    // A person may have thought about it for long: the files must still be those that were shown.
    work.stale(files.concat()).await
}

fn condition(work: Work<'_>, holds: bool) -> Option<LateValue> {
    let when = work.step.when.as_ref().filter(|_| !work.step.is_read_only())?;
    of_condition(&work.run.setup, &work.run.recorder, work.name, Some(work.instance), when, holds)
}

async fn looked_at(work: Work<'_>, late: Vec<LateValue>) -> Result<Option<End>, RunError> {
    match agree(&work.run.setup, &work.run.recorder, work.name, late).await? {
        Agreed::Yes => Ok(None),
        Agreed::Waits => Ok(Some(End::Waiting)),
        Agreed::No(why) => {
            work.run.recorder.record(work.failed_before(why)).await?;
            Ok(Some(End::Refused))
        }
    }
}

/// What a program may find that no diff on the card has shown.
async fn contents(work: Work<'_>) -> Result<Vec<(LateValue, Observation)>, RunError> {
    let step = work.instance.step;
    if work.run.setup.labels.writers_before(step).is_empty() {
        return Ok(Vec::new());
    }
    let (run, name) = (work.run.clone(), work.name.to_owned());
    let looked = tokio::task::spawn_blocking(move || {
        let call = &run.setup.compiled.plan.get(step).call;
        of_contents(&run.setup, &run.recorder, (&name, step, call), run.setup.labels.writers_before(step))
    });
    looked.await.map_err(|error| RunError::Broken { step: work.name.to_owned(), why: error.to_string() })
}

/// What is in files that the call names and of which nobody has approved it.
pub(super) async fn named(work: Work<'_>, values: &[Value]) -> Result<Unapproved, RunError> {
    if !work.step.call.tool.runs_programs() {
        return Ok(Unapproved::default());
    }
    let (run, name, instance, values) = (work.run.clone(), work.name.to_owned(), work.instance, values.to_vec());
    let looked = tokio::task::spawn_blocking(move || {
        let call = &run.setup.compiled.plan.get(instance.step).call;
        let naming = Naming { name: &name, instance, call, values: &values, is_undo: false };
        of_named(&run.setup, &run.recorder, naming)
    });
    let looked = looked.await;
    looked.map_err(|error| RunError::Broken { step: work.name.to_owned(), why: error.to_string() })
}

/// Late values outside of steps: what a block, a verification or an output would use.
pub(super) async fn outside<'p>(
    run: &'p Run,
    of: &str,
    exprs: impl Iterator<Item = &'p Expr>,
) -> Result<Result<(), Stopped>, RunError> {
    let exprs: Vec<&Expr> = exprs.collect();
    let mut asked = usize::MAX;
    loop {
        let Found { late, different } = of_releases(&run.setup, &run.recorder, None, exprs.iter().copied());
        if !different.is_empty() {
            let step = Some(of.to_owned());
            run.recorder.record(Event::Stale { step, differences: different }).await?;
            return Ok(Err(Stopped { end: End::Stale, why: None }));
        }
        let agreed = run.recorder.state().agreed.len();
        if late.is_empty() || asked == agreed {
            return Ok(Ok(()));
        }
        asked = agreed;
        if let Some(stopped) = shown(run, of, late).await? {
            return Ok(Err(stopped));
        }
    }
}

/// What the lines of `critical` stand for that a check leans on.
pub(super) async fn checked(run: &Run, of: &str, check: Option<&Expr>) -> Result<Result<(), Stopped>, RunError> {
    let late = check.map_or_else(Vec::new, |check| of_check(&run.setup, &run.recorder, check));
    Ok(match shown(run, of, late).await? {
        None => Ok(()),
        Some(stopped) => Err(stopped),
    })
}

/// Shows late values that no step uses; gives why nothing further may start.
pub(super) async fn shown(run: &Run, of: &str, late: Vec<LateValue>) -> Result<Option<Stopped>, RunError> {
    Ok(match agree(&run.setup, &run.recorder, of, late).await? {
        Agreed::Yes => None,
        Agreed::Waits => Some(Stopped { end: End::Waiting, why: None }),
        Agreed::No(why) => Some(Stopped { end: End::Refused, why: Some(why) }),
    })
}

/// Nothing further may start.
pub(super) struct Stopped {
    pub(super) end: End,
    /// Why, where that is to be recorded.
    pub(super) why: Option<String>,
}
