//! A step's call ⟶ text: `fs.write(path: "a.txt", text: "…")`, where only what is shown elsewhere may be shortened.

use super::text::{columns, inline};
use crate::report::{StepOutcome, StepReport};
use planc_lang::syntax::EXTRACT_TYPE;
use planc_lang::value::Value;

/// The longest string that is shown whole where its content is shown elsewhere, in characters.
pub const SHORT_STRING: usize = 48;

/// How much of long texts a call shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Long texts shortened, where the diff of the step shows what becomes of them.
    Compact,
    /// Everything.
    Full,
}

/// The call of a step on one line, harmless.
pub fn call(step: &StepReport, detail: Detail) -> String {
    // Without a diff the arguments are all that the approver sees of a call: nothing of them is left out.
    let shorten = detail == Detail::Compact
        && (step.read_only
            || matches!(step.outcome, StepOutcome::Skipped)
            || step.changes.iter().any(|c| c.diff.is_some()));
    // The value that a model gave is of its type, and shown below.
    let is_shown = |name: &str| {
        detail == Detail::Full || name != EXTRACT_TYPE || !matches!(step.outcome, StepOutcome::Extracted { .. })
    };
    let args = match &step.args {
        Value::Record(record) => record
            .iter()
            .filter(|(name, _)| is_shown(name))
            .map(|(name, value)| format!("{}: {}", inline(name), value_text(value, shorten)))
            .collect::<Vec<_>>()
            .join(", "),
        other => value_text(other, shorten),
    };
    format!("{}({args})", inline(&step.tool))
}

/// A value as the language writes it, harmless, on one line.
pub fn value_text(value: &Value, shorten: bool) -> String {
    match value {
        Value::String(text) if shorten && text.chars().count() > SHORT_STRING => {
            let head: String = text.chars().take(SHORT_STRING).collect();
            let quoted = format!("{head:?}");
            format!("{}…\" ({} bytes)", inline(&quoted[..quoted.len() - 1]), text.len())
        }
        Value::String(text) => inline(&format!("{:?}", &**text)),
        Value::List(items) => {
            let mut shown: Vec<String> =
                items.iter().take(if shorten { 8 } else { usize::MAX }).map(|item| value_text(item, shorten)).collect();
            if shown.len() < items.len() {
                shown.push(format!("… {} more", items.len() - shown.len()));
            }
            format!("[{}]", shown.join(", "))
        }
        Value::Record(record) if record.is_empty() => "{}".to_owned(),
        Value::Record(record) => {
            let fields: Vec<String> = record
                .iter()
                .map(|(name, value)| format!("{}: {}", inline(name), value_text(value, shorten)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Formed(_) | Value::Unknown(_) => {
            inline(&value.to_string())
        }
    }
}

/// A value for people: a string that is short and plain without quotes is still quoted, long ones are cut.
pub fn brief(value: &Value, limit: usize) -> String {
    let text = value_text(value, true);
    match columns(&text) > limit {
        false => text,
        true => text.chars().take(limit.saturating_sub(1)).chain(['…']).collect(),
    }
}
