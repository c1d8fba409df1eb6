//! A step's call ⟶ text: `fs.write(path: "a.txt", text: "…")`, where only what is shown elsewhere may be shortened.

use super::foreign::within;
use super::text::{beginning, columns, inline};
use crate::report::{ChangeReport, CriticalReport, StepOutcome, StepReport, Undoing};
use planc_lang::syntax::{Approval, EXTRACT_FROM, EXTRACT_TYPE, EffectVerb};
use planc_lang::value::Value;

/// The longest string that is shown whole where its content is shown elsewhere, in characters.
pub const SHORT_STRING: usize = 48;

/// How much of long texts a call shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Long contents shortened, where the diff of the step shows what becomes of them.
    Compact,
    /// Everything.
    Full,
}

/// The call of a step on one line, harmless. Of what acts only contents that its diff shows are shortened: everything else
/// decides what is done, whether it ran before approval or not.
pub fn call(step: &StepReport, detail: Detail) -> String {
    let shown = match (detail, &step.outcome) {
        (Detail::Full, _) => Shown::Whole,
        (Detail::Compact, StepOutcome::Skipped) => Shown::Short,
        (Detail::Compact, StepOutcome::Simulated { .. }) if step.changes.iter().any(|c| c.diff.is_some()) => {
            Shown::Content
        }
        // What it would write is there.
        (Detail::Compact, _) if changes_nothing(step) => Shown::Content,
        // A model acts on nothing, and the beginning of what it is shown stands below.
        (Detail::Compact, _) if step.tool == EXTRACT_CALL => Shown::Content,
        (Detail::Compact, _) => Shown::Whole,
    };
    // The value that a model gave is of its type, and shown below.
    let is_shown = |name: &str| {
        detail == Detail::Full || name != EXTRACT_TYPE || !matches!(step.outcome, StepOutcome::Extracted { .. })
    };
    let args = match &step.args {
        Value::Record(record) => record
            .iter()
            .filter(|(name, _)| is_shown(name))
            .map(|(name, value)| {
                let text = match shown {
                    Shown::Whole => value_text(value, false),
                    Shown::Short => value_text(value, true),
                    Shown::Content => argument(&step.tool, name, value),
                };
                format!("{}: {text}", inline(name))
            })
            .collect::<Vec<_>>()
            .join(", "),
        other => value_text(other, shown == Shown::Short),
    };
    format!("{}({args})", inline(&step.tool))
}

/// Whether a step of planc's own tools for files writes what is there already: the run does so, or stops.
pub fn changes_nothing(step: &StepReport) -> bool {
    let is_kept = |change: &ChangeReport| change.before == change.after && change.diff.is_none();
    step.tool.starts_with("fs.")
        && !step.read_only
        // Whether a secret is there already nobody is told.
        && step.written.is_empty()
        && matches!(step.outcome, StepOutcome::Simulated { .. })
        && step.changes.iter().all(is_kept)
}

/// How much of the call of a step stands in a document, which folds nothing: what is there already is no news.
pub fn of_document(step: &StepReport) -> Detail {
    if changes_nothing(step) { Detail::Compact } else { Detail::Full }
}

/// Whether a call is never made, whatever its effect would be: policy denies it.
pub fn is_denied(step: &StepReport) -> bool {
    step.policy == Approval::Deny && matches!(step.outcome, StepOutcome::KnownAfterRun { .. })
}

/// What is said of such a call.
pub const DENIED: &str = "never made: policy denies it";

/// A call that is made, with as many of its arguments as there is room for.
pub fn brief_call(tool: &str, args: &Value, limit: usize) -> String {
    let Value::Record(args) = args else { return format!("{}({})", inline(tool), brief(args, limit)) };
    let (mut shown, mut used): (Vec<String>, usize) = (Vec::new(), 0);
    for (name, value) in args.iter() {
        let text = format!("{}: {}", inline(name), value_text(value, true));
        used += columns(&text) + 2;
        if used > limit {
            shown.push("…".to_owned());
            break;
        }
        shown.push(text);
    }
    format!("{}({})", inline(tool), shown.join(", "))
}

/// A call that is made, whole.
pub fn whole_call(tool: &str, args: &Value) -> String {
    let Value::Record(args) = args else { return format!("{}({})", inline(tool), value_text(args, false)) };
    let args = args.iter().map(|(name, value)| format!("{}: {}", inline(name), value_text(value, false)));
    format!("{}({})", inline(tool), args.collect::<Vec<_>>().join(", "))
}

/// The call that takes a step back, whole: with its values, else as it is written.
pub fn undo_call(step: &StepReport) -> String {
    match (&step.undoing, &step.undo_call) {
        (Some(Undoing { tool, args: args @ Value::Record(_), .. }), _) => whole_call(tool, args),
        (_, Some(written)) => inline(written),
        (_, None) => "a call that the plan declares".to_owned(),
    }
}

/// What that call touches beyond reading.
pub fn undo_effects(step: &StepReport) -> Vec<String> {
    let effects = step.undoing.iter().flat_map(|undoing| &undoing.effects);
    let acts = effects.filter(|effect| effect.verb != EffectVerb::Reads);
    acts.map(|effect| format!("{} {}", effect.verb.as_str(), inline(&effect.resource))).collect()
}

/// How much of its arguments the call of a step shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// All of them, whole.
    Whole,
    /// Contents shortened that the diff shows.
    Content,
    /// All shortened: it is not made.
    Short,
}

/// The arguments of planc's own tools that are mere content: the diff of the step shows what becomes of them. Behind a point
/// stands the field of what they list.
pub const CONTENTS: [(&str, &str); 4] = [
    ("fs.write", "text"),
    ("fs.append", "text"),
    ("fs.edit", "edits.replace"),
    // The text that a model is shown.
    (EXTRACT_CALL, EXTRACT_FROM),
];

/// The tool that asks a model.
const EXTRACT_CALL: &str = "model.extract";

/// An argument of which only content is shortened that the diff shows.
fn argument(tool: &str, name: &str, value: &Value) -> String {
    let way = CONTENTS.iter().find_map(|(of, way)| (*of == tool).then_some(*way)).unwrap_or_default();
    match (way.split_once('.'), value) {
        (None, value) if way == name => value_text(value, true),
        (Some((list, field)), Value::List(items)) if list == name => {
            let items: Vec<String> = items.iter().map(|item| record(item, field)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => value_text(value, false),
    }
}

/// A record of which only this field is shortened.
fn record(value: &Value, short: &str) -> String {
    let Value::Record(fields) = value else { return value_text(value, false) };
    let fields = fields.iter().map(|(name, value)| format!("{}: {}", field(name), value_text(value, name == short)));
    format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
}

/// A value as the language writes it, harmless, on one line.
pub fn value_text(value: &Value, shorten: bool) -> String {
    match value {
        Value::String(text) if shorten && text.chars().count() > SHORT_STRING => {
            let head: String = text.chars().take(SHORT_STRING).collect();
            let quoted = format!("{head:?}");
            format!("{}…\" ({} bytes)", within(&quoted[..quoted.len() - 1]), text.len())
        }
        // As a regular expression is written, and a condition shown.
        Value::String(text) if text.contains('\\') && text.chars().all(is_raw) => within(&format!("r\"{text}\"")),
        Value::String(text) => within(&format!("{:?}", &**text)),
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
            let fields: Vec<String> =
                record.iter().map(|(name, value)| format!("{}: {}", field(name), value_text(value, shorten))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Formed(_) | Value::Unknown(_) => {
            inline(&value.to_string())
        }
    }
}

/// Whether a character stands for itself in a raw string, and looks like no other.
fn is_raw(c: char) -> bool {
    (c.is_ascii_graphic() || c == ' ') && c != '"'
}

/// The name of a field: in quotes where it could be taken for more than one.
fn field(name: &str) -> String {
    match !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        true => inline(name),
        false => within(&format!("{name:?}")),
    }
}

/// A value for people: a string that is short and plain without quotes is still quoted, long ones are cut.
pub fn brief(value: &Value, limit: usize) -> String {
    let text = value_text(value, true);
    match columns(&text) > limit {
        false => text,
        true => format!("{}…", beginning(&text, limit.saturating_sub(1))),
    }
}

/// What a line of `critical` stands for, where the line itself does not say it.
pub fn meant(line: &CriticalReport) -> Option<String> {
    let text = value_text(line.value.as_ref()?, false);
    (text != line.resource).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_keeps_the_braces_of_its_last_argument() {
        let args = Value::from_json(&serde_json::json!({ "path": "a", "with": { "a": { "b": "}" } } }));
        assert_eq!(whole_call("x.y", &args), r#"x.y(path: "a", with: { a: { b: "}" } })"#);
        assert_eq!(whole_call("x.y", &Value::from_json(&serde_json::json!({}))), "x.y()");
    }
}
