//! A gate: everything before it has ended, nothing after it has started, and a person agrees or does not.

use super::work::{StepEnd, Work};
use crate::event::{End, Event};
use crate::prediction::Prediction;
use crate::run::{Agreement, GateQuestion, RunError};
use crate::workspace::{Look, Observation};
use planc_lang::paths::{literal_prefix, within};
use planc_lang::value::Value;
use std::collections::BTreeSet;

/// Asks for agreement, unless that was given before, and looks again at what the steps behind the gate expect.
pub(crate) async fn pass(work: Work<'_>, values: &[Value]) -> Result<StepEnd, RunError> {
    let run = work.run;
    let text = values.first().and_then(Value::as_str).unwrap_or_default();
    let shown = values.get(1).cloned().unwrap_or(Value::Null);
    let before = run.recorder.state().get(work.instance).and_then(|record| record.answer.clone());
    let agreed = match before.as_deref() {
        Some("yes") => true,
        Some("no") => false,
        Some(_) | None => match ask(work, text, shown.clone()).await {
            Agreement::CannotAsk => {
                run.recorder.record(Event::CallWaits { step: work.name.to_owned() }).await?;
                return Ok(StepEnd::Halt(End::Waiting));
            }
            answer @ (Agreement::Yes | Agreement::No) => {
                let (step, by, agreed) = (work.name.to_owned(), run.setup.by.clone(), answer == Agreement::Yes);
                run.recorder.record(Event::GateAnswered { step, agreed, by, shown: shown.clone() }).await?;
                agreed
            }
        },
    };
    if !agreed {
        run.recorder.record(work.failed_before("a person said no here".to_owned())).await?;
        return Ok(StepEnd::Halt(End::Refused));
    }
    // Time has passed while it was closed.
    if let Some(end) = work.stale(behind(run.setup.predictions.after(work.name))).await? {
        return Ok(StepEnd::Halt(end));
    }
    let step = work.name.to_owned();
    run.recorder.record(Event::StepSucceeded { step, attempt: 1, result: Value::Null, changes: Vec::new() }).await?;
    Ok(StepEnd::Over)
}

async fn ask(work: Work<'_>, text: &str, shown: Value) -> Agreement {
    let shown = match &work.run.setup.veil {
        Some(veil) => veil.gate(work.name, &shown),
        None => shown,
    };
    let question = GateQuestion { step: work.name.to_owned(), text: text.to_owned(), shown };
    work.run.setup.ask.agree(&question).await
}

/// What the steps behind a gate expect to see that none of them changes before: it must be so now.
fn behind(predictions: &[Prediction]) -> Vec<Observation> {
    let mut changed: Vec<&str> = Vec::new();
    let mut seen: BTreeSet<&Look> = BTreeSet::new();
    let mut expected = Vec::new();
    for prediction in predictions {
        let stands = |observation: &&Observation| !changed.iter().any(|path| concerns(&observation.look, path));
        let observations = prediction.observations.iter().filter(stands);
        expected.extend(observations.filter(|observation| seen.insert(&observation.look)).cloned());
        changed.extend(prediction.changes.iter().map(|change| change.path.as_str()));
    }
    expected
}

/// Whether a change of a path may change what is seen.
fn concerns(look: &Look, path: &str) -> bool {
    let near = |other: &str| other.is_empty() || within(other, path) || within(path, other);
    match look {
        Look::At { path: other } | Look::Entries { path: other } => near(other),
        // In its folder.
        Look::Called { path: other, .. } => near(other.rsplit_once('/').map_or("", |(folder, _)| folder)),
        Look::Matches { glob, .. } => near(literal_prefix(glob)),
        Look::Program { name } => name.contains('/'),
        Look::Call { .. } | Look::Tool { .. } => true,
    }
}
