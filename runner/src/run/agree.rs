//! Late values ⟶ whether they may be used: a person has agreed to exactly these, now or earlier in the run.

use super::late::is_too_long;
use super::{Agreement, LateQuestion, MAX_LATE_BYTES, Recorder, RunSetup};
use crate::event::{Event, LateValue};
use crate::journal::StoreError;

/// What a person says of late values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Agreed {
    /// They may be used.
    Yes,
    /// They may not; says why.
    No(String),
    /// Somebody must be asked who is not here.
    Waits,
}

/// Asks for what nobody has agreed to yet, one question at a time, and records what was shown and answered.
pub(crate) async fn agree(
    setup: &RunSetup,
    recorder: &Recorder,
    of: &str,
    values: Vec<LateValue>,
) -> Result<Agreed, StoreError> {
    let open = |values: Vec<LateValue>| -> Vec<LateValue> {
        let state = recorder.state();
        let is_open = |late: &LateValue| state.agreed.get(&late.id).is_none_or(|agreed| !agreed.is_as(late));
        values.into_iter().filter(is_open).collect()
    };
    let values = open(values);
    if values.is_empty() {
        return Ok(Agreed::Yes);
    }
    // Two steps may wait for the same value.
    let _one = recorder.asking().await;
    let values = open(values);
    if values.is_empty() {
        return Ok(Agreed::Yes);
    }
    if let Some(late) = values.iter().find(|late| is_too_long(late)) {
        let why = "became known during the run and is longer than what is shown whole";
        return Ok(Agreed::No(format!("`{}` {why}: at most {MAX_LATE_BYTES} bytes", late.id)));
    }
    let question = LateQuestion { of: of.to_owned(), values };
    let agreement = setup.ask.look(&question).await;
    let LateQuestion { of, values } = question;
    match agreement {
        Agreement::CannotAsk => {
            recorder.record(Event::ValuesWait { of, values }).await?;
            Ok(Agreed::Waits)
        }
        answer @ (Agreement::Yes | Agreement::No) => {
            let agreed = answer == Agreement::Yes;
            recorder.record(Event::ValuesAnswered { of, agreed, by: setup.by.clone(), values }).await?;
            Ok(if agreed { Agreed::Yes } else { Agreed::No("a person said no to what became known here".to_owned()) })
        }
    }
}
