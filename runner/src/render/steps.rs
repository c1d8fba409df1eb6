//! A step of a report ⟶ lines of the card: what it does, why, with which effect, and what is not known yet. What cannot be taken
//! back stands out.

use super::call::{DENIED, Detail, brief, call, changes_nothing, is_denied, undo_call, undo_effects, value_text};
use super::diff;
use super::fold::{Fold, SUMMARISED};
use super::foreign::SAID;
use super::summary::has;
use super::text::{Look, Tone, beginning, columns, count, hang, inline, named, one_of, said};
use crate::report::{BlockOutcome, Confinement, StepOutcome, StepReport, UndoKind};
use planc_lang::syntax::{Approval, EXTRACT_FROM, EffectVerb, OnFailure};
use planc_lang::value::Value;

/// How many elements a block has, in words.
pub fn elements(outcome: &BlockOutcome) -> String {
    match outcome {
        BlockOutcome::Elements { count: number } => count(*number, "element"),
        BlockOutcome::KnownAfterRun => "how many is known after run; for any of them".to_owned(),
        BlockOutcome::Skipped => "skipped, its condition is false".to_owned(),
        BlockOutcome::Fails { why } => format!("would fail: {why}"),
        BlockOutcome::NotReached => "not reached, a step before it would fail".to_owned(),
    }
}

/// A plain change of a long plan, on one line; its diff stands below.
pub fn draw_change(out: &mut String, look: Look, step: &StepReport, number: usize, numbers: usize) {
    let change = &step.changes[0];
    let (sign, word, tone) = diff::verb(change);
    let because = step.because.as_ref().map_or_else(String::new, |because| format!(" {SAID} {}", inline(because)));
    let (name, path) = (inline(&step.name), named(&change.path));
    let text = format!("{name}: {word} {path} (+{} -{}{}){because}", change.added, change.removed, diff::mode(change));
    let head =
        format!("  {} {} ", look.paint.tone(Tone::Dim, format!("{number:>numbers$}")), look.paint.tone(tone, sign));
    // What is replaced is never cut, only why.
    let end = text.len() - because.len();
    let room = look.width.saturating_sub(numbers + 5);
    let whole = columns(&text) <= room;
    let text = if whole { text } else { cut(&text, end, room) };
    hang(out, look, &head, numbers + 5, &text, None);
}

/// A text that is cut to `room` columns behind its first `keep` bytes.
fn cut(text: &str, keep: usize, room: usize) -> String {
    let mut shown = text[..keep].to_owned();
    let rest = room.saturating_sub(columns(&shown) + 1);
    let more = beginning(&text[keep..], rest);
    if more.trim().len() > 3 {
        shown.push_str(more.trim_end());
        shown.push('…');
    }
    shown
}

/// A step: its call, its notes, its changes.
pub fn draw_step(
    out: &mut String,
    look: Look,
    step: &StepReport,
    number: usize,
    numbers: usize,
    fold: Option<Fold<'_>>,
) {
    let (sign, tone) = sign(step);
    let detail = if fold.is_some() { Detail::Compact } else { Detail::Full };
    let head =
        format!("  {} {} ", look.paint.tone(Tone::Dim, format!("{number:>numbers$}")), look.paint.tone(tone, sign));
    let indent = numbers + 5;
    let name = inline(&step.name);
    let text = match step.is_gate() {
        true => gate(step),
        false => format!("{name} = {}", call(step, detail)),
    };
    let tone = step.read_only.then_some(Tone::Dim);
    hang(out, look, &head, indent, &text, tone);
    let margin = " ".repeat(indent);
    if let Some(because) = &step.because {
        said(out, look, &margin, indent, &inline(because));
    }
    for (tone, text) in notes(step, detail) {
        hang(out, look, &margin, indent, &text, Some(tone));
    }
    let shown = match fold {
        Some(fold) if !fold.whole => step.changes.len().min(SUMMARISED),
        Some(_) | None => step.changes.len(),
    };
    for change in &step.changes[..shown] {
        diff::draw(out, look, indent, change, fold);
    }
    diff::summary(out, look, indent, &step.changes[shown..].iter().collect::<Vec<_>>());
}

/// What a gate asks, and the values that it shows as far as they are known.
pub fn gate(step: &StepReport) -> String {
    let part = |name: &str| match &step.args {
        Value::Record(args) => args.get(name).cloned(),
        _ => None,
    };
    let text = part("text").map_or_else(String::new, |text| value_text(&text, false));
    let shown = match part("show") {
        Some(Value::Record(shown)) => shown
            .iter()
            .map(|(name, value)| format!("{} = {}", inline(name), value_text(value, false)))
            .collect::<Vec<_>>()
            .join(", "),
        _ => String::new(),
    };
    let shows = if shown.is_empty() { "" } else { " shows " };
    format!("{}: {text}{shows}{shown}", inline(&step.name))
}

/// The sign of a step: what kind of effect it has.
pub fn sign(step: &StepReport) -> (&'static str, Tone) {
    match &step.outcome {
        StepOutcome::Skipped => return ("–", Tone::Dim),
        StepOutcome::Fails { .. } => return ("✗", Tone::Bad),
        StepOutcome::NotReached => return ("…", Tone::Dim),
        StepOutcome::Gate => return ("‖", Tone::Careful),
        StepOutcome::Read { .. }
        | StepOutcome::Extracted { .. }
        | StepOutcome::Foretold { .. }
        | StepOutcome::Simulated { .. }
        | StepOutcome::Ran { .. }
        | StepOutcome::KnownAfterRun { .. } => {}
    }
    match step {
        step if changes_nothing(step) => ("=", Tone::Dim),
        step if step.destructive => ("-", Tone::Bad),
        step if step.read_only => ("·", Tone::Dim),
        step if has(step, EffectVerb::Runs) => ("▶", Tone::Careful),
        step if has(step, EffectVerb::Contacts) => ("↗", Tone::Careful),
        step => match step.changes.first().map(diff::verb) {
            Some((sign, _, tone)) => (sign, tone),
            None if has(step, EffectVerb::Creates) => ("+", Tone::Good),
            None => ("~", Tone::Careful),
        },
    }
}

/// What is to be known of a step beyond its call.
pub fn notes(step: &StepReport, detail: Detail) -> Vec<(Tone, String)> {
    let is_full = detail == Detail::Full;
    let mut notes = Vec::new();
    match step.undo {
        UndoKind::Impossible => notes.push((Tone::Bad, "! cannot be undone".to_owned())),
        UndoKind::Declared => {
            notes.push((Tone::Careful, format!("undone by {}", undo_call(step))));
            notes.extend(undoing(step, detail));
        }
        UndoKind::Automatic | UndoKind::Nothing => {}
    }
    notes.extend(step.confined.as_ref().map(|confined| place("", confined)));
    match step.policy {
        Approval::Ask if step.standing_yes => {
            notes.push((Tone::Careful, "a standing yes answers for it (`planc grants`)".to_owned()));
        }
        Approval::Ask if step.is_gate() => {}
        Approval::Ask => notes.push((Tone::Careful, "asks for a yes of its own".to_owned())),
        Approval::Deny => notes.push((Tone::Bad, "refused by policy".to_owned())),
        Approval::Auto => {}
    }
    notes.extend(step.policy_why.iter().map(|why| (Tone::Dim, format!("policy: {}", inline(why)))));
    if let Some(before) = &step.approved_before {
        let text = format!("✓ approved in rev {} by {}", before.rev, inline(&before.by));
        notes.push((Tone::Good, text));
    }
    let written =
        step.written.iter().map(|arg| format!("{}, with a secret in it: {}", inline(&arg.name), inline(&arg.value)));
    notes.extend(written.map(|text| (Tone::Careful, text)));
    if let Some(when) = &step.when {
        notes.push((Tone::Careful, format!("only when {}", inline(when))));
    }
    if let Some(poll) = &step.poll {
        notes.push((Tone::Dim, format!("looks again {}", inline(poll))));
    }
    if let Some(retry) = &step.retry {
        notes.push((Tone::Dim, format!("if it fails, tried again {}", inline(retry))));
    }
    match step.on_failure {
        OnFailure::Continue => notes.push((Tone::Careful, "if it fails, the run goes on".to_owned())),
        OnFailure::Undo => notes.push((Tone::Dim, "if it fails, the run is undone".to_owned())),
        OnFailure::Stop => {}
    }
    notes.extend(ran(step).map(|(tone, text)| (tone, text.to_owned())));
    notes.extend(outcome(step, detail));
    if let (StepOutcome::Extracted { .. }, Some(text)) = (&step.outcome, source_of(step, detail)) {
        notes.push((Tone::Dim, format!("out of {text}")));
    }
    notes.extend(effects(step, detail));
    notes.extend(late(&step.late).map(|text| (Tone::Careful, text)));
    for expect in &step.expects {
        notes.push((Tone::Dim, format!("checked at run: {}", inline(expect))));
    }
    notes.extend(timeout(step, detail).map(|text| (Tone::Dim, text)));
    if is_full && !step.waits_for.is_empty() {
        notes.push((Tone::Dim, format!("waits for {}", inline(&step.waits_for.join(", ")))));
    }
    notes
}

/// How long one attempt may take, where the plan says so: whether a step fails is decided by that.
pub fn timeout(step: &StepReport, detail: Detail) -> Option<String> {
    let is_told = step.own_timeout || detail == Detail::Full;
    step.timeout_ms.filter(|_| is_told).map(|timeout| format!("at most {} s", timeout as f64 / 1000.0))
}

/// Where a program runs: of a step, or of what takes it back.
fn place(of: &str, confined: &Confinement) -> (Tone, String) {
    let text = format!("{of}{}", inline(&confined.to_string()));
    match confined {
        Confinement::Cell { of_others, .. } if !of_others.is_empty() => (Tone::Careful, format!("! {text}")),
        Confinement::Cell { ports: None, .. } => (Tone::Dim, text),
        Confinement::Cell { ports: Some(_), .. } => (Tone::Careful, text),
        Confinement::Late { .. } | Confinement::Open | Confinement::Asked { .. } => (Tone::Bad, format!("! {text}")),
    }
}

/// What is to be known of the call that takes a step back: what it touches and destroys, and where it runs.
pub fn undoing(step: &StepReport, detail: Detail) -> Vec<(Tone, String)> {
    let Some(undoing) = &step.undoing else { return Vec::new() };
    let effects = undo_effects(step);
    let mut notes = Vec::new();
    if !effects.is_empty() && (undoing.destructive || detail == Detail::Full) {
        let tone = if undoing.destructive { Tone::Bad } else { Tone::Dim };
        notes.push((tone, format!("its undo {}", effects.join(", "))));
    }
    let shown = undoing.confined.as_ref().filter(|_| undoing.is_in_the_open() || detail == Detail::Full);
    notes.extend(shown.map(|confined| place("its undo is ", confined)));
    notes
}

/// What a step touches, unless its changes say the same more exactly.
pub fn effects(step: &StepReport, detail: Detail) -> Option<(Tone, String)> {
    let is_told = step.read_only || !(step.changes.is_empty() || detail == Detail::Full);
    let effects = step.effects.iter().map(|effect| format!("{} {}", effect.verb.as_str(), one_of(&effect.resource)));
    let effects: Vec<String> = effects.collect();
    if changes_nothing(step) && !effects.is_empty() {
        return Some((Tone::Dim, format!("unchanged: {}, which is so already", effects.join(", "))));
    }
    (!is_told && !effects.is_empty()).then(|| (Tone::Dim, effects.join(", ")))
}

/// What is to be known of a block of which the run shows the elements.
pub const LATE_BLOCK: &str = "the run stops here and asks: what it is done for is known only then";

/// That the run stops before a step and asks.
pub fn late(places: &[String]) -> Option<String> {
    let places: Vec<String> = places.iter().map(|place| inline(place)).collect();
    (!places.is_empty()).then(|| format!("the run stops here and asks: {} is known only then", places.join(", ")))
}

/// What the run of a program before approval says about its run afterwards.
pub fn ran(step: &StepReport) -> Option<(Tone, &'static str)> {
    let StepOutcome::Ran { .. } = &step.outcome else { return None };
    Some(match step.reproduce {
        true => (Tone::Good, "ran on a throwaway copy: the run changes exactly this, or stops"),
        false => (Tone::Dim, "ran on a throwaway copy: the run may change something else that `critical` allows"),
    })
}

/// What a model said, whole: it is what is approved.
pub fn extracted(result: &Value) -> String {
    format!("a model says {}; the run takes this", value_text(result, false))
}

/// How much of the text is shown that a model was shown, whole cards and short ones.
const SOURCE_CHARS: usize = 4000;
const SOURCE_CHARS_COMPACT: usize = 400;

/// The text that a model was shown, from its beginning.
pub fn source_of(step: &StepReport, detail: Detail) -> Option<String> {
    let limit = if detail == Detail::Full { SOURCE_CHARS } else { SOURCE_CHARS_COMPACT };
    let text = step.args.get(EXTRACT_FROM)?.as_str()?;
    let beginning: String = text.chars().take(limit).collect();
    let rest = text.len() - beginning.len();
    let more = if rest > 0 { format!(" and {}", count(rest, "more byte")) } else { String::new() };
    Some(format!("{}{more}", value_text(&Value::string(beginning), false)))
}

/// What another tool told of a call that is not made.
pub fn foretold(by: &str, result: &Value) -> String {
    format!("would give {}, says {}", brief(result, 600), inline(by))
}

fn outcome(step: &StepReport, detail: Detail) -> Option<(Tone, String)> {
    let gives = |result: &Value| {
        (detail == Detail::Full && !matches!(result, Value::Null))
            .then(|| (Tone::Dim, format!("gives {}", brief(result, 600))))
    };
    match &step.outcome {
        StepOutcome::Read { result } | StepOutcome::Simulated { result } | StepOutcome::Ran { result } => gives(result),
        StepOutcome::Extracted { result } => Some((Tone::Careful, extracted(result))),
        StepOutcome::Foretold { by, result } => Some((Tone::Careful, foretold(by, result))),
        StepOutcome::KnownAfterRun { .. } if is_denied(step) => Some((Tone::Bad, DENIED.to_owned())),
        StepOutcome::KnownAfterRun { why } => Some((Tone::Careful, format!("known after run: {}", inline(why)))),
        StepOutcome::Skipped => Some((Tone::Dim, "skipped: its condition is false".to_owned())),
        StepOutcome::Fails { why } => Some((Tone::Bad, format!("would fail: {}", inline(why)))),
        StepOutcome::NotReached => Some((Tone::Dim, "not reached: a step before it would fail".to_owned())),
        StepOutcome::Gate => Some((Tone::Careful, "the run goes on when a person agrees here".to_owned())),
    }
}
