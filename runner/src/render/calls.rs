//! Calls of a long plan of which only the run tells what comes of them ⟶ each on one line, and what holds of several of them
//! said once.

use super::call::{Detail, call};
use super::fold::Fold;
use super::steps::{draw_step, effects, notes, sign};
use super::text::{Look, Tone, count, hang, hang_said, inline};
use crate::report::{EffectReport, StepReport};
use planc_lang::value::Value;
use std::collections::HashMap;

/// So many calls of which the same holds are worth a line of their own.
const LEAST: usize = 3;

/// A step, by its number.
pub type Numbered<'s> = (usize, &'s StepReport);

/// Draws calls, grouped by what is to be known of them.
pub fn draw(out: &mut String, look: Look, steps: &[Numbered<'_>], numbers: usize, fold: Fold<'_>) {
    let mut groups: Vec<Vec<Numbered<'_>>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for step in steps {
        let group = *known.entry(shape(step.1)).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.push(*step),
            None => groups.push(vec![*step]),
        }
    }
    for group in &groups {
        let whole = if group.len() < LEAST { group.len() } else { 1 };
        let (shown, brief) = group.split_at(whole);
        shown.iter().for_each(|(number, step)| draw_step(out, look, step, *number, numbers, Some(fold)));
        if !brief.is_empty() {
            let margin = " ".repeat(numbers + 3);
            let text = format!("all this holds of {} too:", count(brief.len(), "more call"));
            hang(out, look, &format!("{margin}= "), numbers + 5, &text, None);
        }
        brief.iter().for_each(|(number, step)| draw_brief(out, look, step, *number, numbers));
    }
}

/// All that is to be known of a step but its name, its arguments, and what follows from them.
fn shape(step: &StepReport) -> String {
    let own = effects(step, Detail::Compact);
    let notes = notes(step, Detail::Compact).into_iter().filter(|note| Some(note) != own.as_ref());
    let notes: Vec<String> = notes.map(|(_, text)| text).collect();
    let effects: Vec<String> = step
        .effects
        .iter()
        .map(|effect| {
            format!("{} {}", effect.verb.as_str(), if follows(step, effect) { "*" } else { &effect.resource })
        })
        .collect();
    format!("{:?} {:?} {notes:?} {effects:?}", step.tool, sign(step).0)
}

/// Whether the call shows what an effect touches: an argument is it, or its words are.
fn follows(step: &StepReport, effect: &EffectReport) -> bool {
    let Value::Record(args) = &step.args else { return false };
    let is_it = |value: &Value| match value {
        Value::String(text) => **text == *effect.resource,
        Value::List(words) => {
            let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
            words.is_some_and(|words| words.join(" ") == effect.resource)
        }
        _ => false,
    };
    args.iter().any(|(_, value)| is_it(value))
}

fn draw_brief(out: &mut String, look: Look, step: &StepReport, number: usize, numbers: usize) {
    let (sign, tone) = sign(step);
    let number = look.paint.tone(Tone::Dim, format!("{number:>numbers$}"));
    let head = format!("  {number} {} ", look.paint.tone(tone, sign));
    let because = step.because.as_ref().map(|because| inline(because));
    let text = format!("{} = {}", inline(&step.name), call(step, Detail::Compact));
    hang_said(out, look, &head, numbers + 5, &text, because.as_deref());
}
