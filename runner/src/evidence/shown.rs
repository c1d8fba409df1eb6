//! What a bundle shows of sealed records ⟶ where it is not what they say, once they are open.

use super::Bundle;
use crate::event::Event;
use crate::mask::MIN_BYTES;
use crate::seal::{Keys, Sealer};
use crate::veil::Veil;
use planc_lang::compile::Compiled;
use planc_lang::plan::base_name;
use planc_lang::secrets::{HIDDEN, Secrets};
use planc_lang::value::Value;
use std::sync::Arc;

/// What must not be beside the records: sealed are all of a plan with secrets and none of another, and only of sealed ones is
/// anything shown.
pub(super) fn out_of_place(bundle: &Bundle, compiled: Option<&Compiled>) -> Vec<String> {
    let sealed = bundle.records.iter().filter(|record| Keys::is_sealed(&record.kept)).count();
    let is_secret = compiled.is_some_and(|compiled| Secrets::of(&compiled.plan).any());
    let rows = [
        (sealed > 0 && sealed < bundle.records.len(), "some records are sealed, and others are not"),
        (sealed > 0 && compiled.is_some() && !is_secret, "records are sealed, and the plan has no secrets"),
        (sealed == 0 && !bundle.shown.is_empty(), "no record is sealed, and something is shown beside them"),
    ];
    rows.into_iter().filter(|(applies, _)| *applies).map(|(_, what)| what.to_owned()).collect()
}

/// The records that are shown as something else than they say.
pub(super) fn unlike(bundle: &Bundle, compiled: &Arc<Compiled>, events: &[Event], sealer: &Sealer) -> Vec<String> {
    if bundle.shown.len() != events.len() {
        return vec![format!("{} records are shown as {}", events.len(), bundle.shown.len())];
    }
    let veil = Veil::new(compiled.clone(), Secrets::of(&compiled.plan), &[], sealer).telling(&bundle.report);
    events.iter().for_each(|event| veil.learn(event));
    let pairs = bundle.records.iter().zip(events).zip(&bundle.shown);
    let other = pairs.filter(|((_, event), shown)| !tells(compiled, &veil, event, shown));
    other.map(|((record, _), _)| format!("record {} is shown as something else than it says", record.seq)).collect()
}

/// Whether an event is shown as it has to be. Of what a server says that was given a secret, the exporter has left out the secret
/// inputs besides: they are in no bundle, so that there any part of a text may be left out, and none may be another one.
fn tells(compiled: &Compiled, veil: &Veil, event: &Event, shown: &Event) -> bool {
    let (mut expected, mut shown) = (veil.event(event), shown.clone());
    let mut said = event.clone();
    if let (Some((step, said)), Some((_, veiled)), Some((_, told))) =
        (result_of(&mut said), result_of(&mut expected), result_of(&mut shown))
        && let Some(id) = compiled.plan.step(base_name(step))
        && veil.secrets().given(id)
        && is_masked(&veil.secrets().shown_result(&compiled.plan, id, said), told)
    {
        told.clone_from(veiled);
    }
    expected == shown
}

/// The result that an event tells, with its step.
fn result_of(event: &mut Event) -> Option<(&str, &mut Value)> {
    if let Event::StepObserved { step, result, .. }
    | Event::StepSucceeded { step, result, .. }
    | Event::StepStarted { step, result: Some(result), .. }
    | Event::StepFailed { step, result: Some(result), .. }
    | Event::DoubtResolved { step, result: Some(result), .. } = event
    {
        return Some((step, result));
    }
    None
}

/// Whether a value is another one with parts of its texts left out.
fn is_masked(whole: &Value, shown: &Value) -> bool {
    match (whole, shown) {
        (Value::String(whole), Value::String(shown)) => is_masked_text(whole, shown),
        (Value::List(whole), Value::List(shown)) => {
            whole.len() == shown.len() && whole.iter().zip(shown.iter()).all(|(whole, shown)| is_masked(whole, shown))
        }
        (Value::Record(whole), Value::Record(shown)) => {
            let pairs = || whole.iter().zip(shown.iter());
            whole.len() == shown.len()
                && pairs().all(|((name, value), (other, shown))| is_masked_text(name, other) && is_masked(value, shown))
        }
        (whole, shown) => whole == shown,
    }
}

fn is_masked_text(whole: &str, shown: &str) -> bool {
    let mut parts = shown.split(HIDDEN);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = whole.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        // What is left out has a least length.
        let Some(gap) = rest.get(MIN_BYTES..).or_else(|| rest.char_indices().nth(MIN_BYTES).map(|(at, _)| &rest[at..]))
        else {
            return false;
        };
        let Some(at) = gap.find(part) else { return false };
        rest = &gap[at + part.len()..];
    }
    rest.len() >= last.len() + MIN_BYTES && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::is_masked_text;

    #[test]
    fn parts_may_be_left_out_and_none_replaced() {
        for shown in ["got hunter2 twice: hunter2.", "got (secret) twice: (secret).", "(secret)", "got (secret)"] {
            assert!(is_masked_text("got hunter2 twice: hunter2.", shown), "{shown}");
        }
        for shown in ["", "got", "got (secret) once: (secret).", "got (secret) twice: hunter2", "gone (secret)."] {
            assert!(!is_masked_text("got hunter2 twice: hunter2.", shown), "{shown}");
        }
        assert!(!is_masked_text("ab", "(secret)ab") && !is_masked_text("äöü", "(secret)(secret)"));
    }
}
