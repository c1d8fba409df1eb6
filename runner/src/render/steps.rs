//! The steps of a report ⟶ lines of the card: what each does, why, with which effect, and what is not known yet. Steps that
//! only read are folded; what cannot be taken back stands out.

use super::alike::{self, Of, Unit};
use super::call::{Detail, brief, call, value_text};
use super::diff;
use super::fold::{Density, Fold};
use super::summary::has;
use super::text::{Look, Tone, columns, count, hang, inline};
use crate::report::{BlockOutcome, BlockReport, Confinement, StepOutcome, StepReport, UndoKind};
use planc_lang::syntax::{Approval, EXTRACT_FROM, EffectVerb, OnFailure};
use planc_lang::value::Value;

/// This many steps in a row that only read are shown as one line.
pub const FOLD_READS: usize = 4;

/// A block of so many elements is drawn element by element; of a longer one those that do the same are drawn once.
pub const SHOWN_ELEMENTS: usize = 5;

/// Draws steps numbered from `first`, with the `each` blocks that they stand in. `fold` is how a person sees all of it; none:
/// everything is drawn.
pub fn draw(
    out: &mut String,
    look: Look,
    steps: &[StepReport],
    blocks: &[BlockReport],
    first: usize,
    fold: Option<Fold<'_>>,
) {
    let numbers = (first + steps.len()).to_string().len();
    let mut index = 0;
    while index < steps.len() {
        blocks.iter().filter(|block| block.at == index).for_each(|block| draw_block(out, look, block));
        let of_block = steps[index..].iter().take_while(|step| step.each.is_some() && step.each == steps[index].each);
        let of_block = of_block.count();
        let density = fold.map(|fold| fold.density);
        let reads = steps[index..].iter().take_while(|step| is_plain_read(step, density)).count();
        let changes = steps[index..].iter().take_while(|step| is_plain_change(step)).count();
        if of_block > 0 {
            draw_elements(out, look, &steps[index..index + of_block], first + index, numbers, fold);
            index += of_block;
        } else if fold.is_some() && reads >= FOLD_READS {
            draw_reads(out, look, &steps[index..index + reads], first + index, numbers);
            index += reads;
        } else if let (Some(fold), 1..) = (fold.filter(|fold| fold.density == Density::Dense), changes) {
            let units = steps[index..index + changes].iter().enumerate();
            let units: Vec<Unit<'_>> =
                units.map(|(at, step)| Unit { steps: std::slice::from_ref(step), first: first + index + at }).collect();
            alike::draw(out, look, &units, Of::Changes, numbers, fold);
            index += changes;
        } else {
            draw_step(out, look, &steps[index], first + index, numbers, fold);
            index += 1;
        }
    }
    blocks.iter().filter(|block| block.at == steps.len()).for_each(|block| draw_block(out, look, block));
}

/// The head of an `each` block.
fn draw_block(out: &mut String, look: Look, block: &BlockReport) {
    let tone = match &block.outcome {
        BlockOutcome::Elements { .. } | BlockOutcome::Skipped | BlockOutcome::NotReached => Tone::Strong,
        BlockOutcome::KnownAfterRun => Tone::Careful,
        BlockOutcome::Fails { .. } => Tone::Bad,
    };
    let (name, variable, list) = (inline(&block.name), inline(&block.variable), inline(&block.list));
    let when = block.when.as_ref().map_or_else(String::new, |when| format!(", only when {}", inline(when)));
    let late = if block.late { format!("; {LATE_BLOCK}") } else { String::new() };
    let text = format!("each {name} = {variable} in {list}: {}{when}{late}", inline(&elements(&block.outcome)));
    hang(out, look, "  ", 4, &text, Some(tone));
}

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

/// The steps of a block: of a long one in groups of elements that do the same.
fn draw_elements(
    out: &mut String,
    look: Look,
    steps: &[StepReport],
    first: usize,
    numbers: usize,
    fold: Option<Fold<'_>>,
) {
    let elements = steps.last().and_then(|step| step.element).map_or(0, |last| last + 1);
    match fold {
        Some(fold) if elements > SHOWN_ELEMENTS => {
            let mut at = first;
            let units = steps.chunk_by(|a, b| a.element == b.element).map(|steps| {
                let unit = Unit { steps, first: at };
                at += steps.len();
                unit
            });
            alike::draw(out, look, &units.collect::<Vec<_>>(), Of::Elements, numbers, fold);
        }
        Some(_) | None => {
            steps.iter().enumerate().for_each(|(index, step)| draw_step(out, look, step, first + index, numbers, fold));
        }
    }
}

/// Whether a step only reads, and there is nothing more to say about it.
fn is_plain_read(step: &StepReport, density: Option<Density>) -> bool {
    let explains = step.because.is_some() && density != Some(Density::Dense);
    step.read_only && !explains && is_plain(step) && matches!(step.outcome, StepOutcome::Read { .. })
}

/// Whether a step changes one text, exactly as the dry run says, and planc takes it back by itself.
fn is_plain_change(step: &StepReport) -> bool {
    let is_exact = matches!(step.outcome, StepOutcome::Simulated { .. });
    let is_text = matches!(step.changes.as_slice(), [change] if change.diff.is_some());
    is_exact && is_text && step.undo == UndoKind::Automatic && !step.destructive && is_plain(step)
}

fn is_plain(step: &StepReport) -> bool {
    step.each.is_none()
        && step.policy == Approval::Auto
        && step.policy_why.is_empty()
        && step.late.is_empty()
        && step.expects.is_empty()
        && step.when.is_none()
        && step.on_failure == OnFailure::Stop
}

/// A plain change of a long plan, on one line; its diff stands below.
pub fn draw_change(out: &mut String, look: Look, step: &StepReport, number: usize, numbers: usize) {
    let change = &step.changes[0];
    let (sign, word, tone) = diff::verb(change);
    let because = step.because.as_ref().map_or_else(String::new, |because| format!(" — {}", inline(because)));
    let (name, path) = (inline(&step.name), inline(&change.path));
    let text = format!("{name}: {word} {path} (+{} -{}){because}", change.added, change.removed);
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
    let more: String = text[keep..].chars().take(rest).collect();
    if more.trim().len() > 3 {
        shown.push_str(more.trim_end());
        shown.push('…');
    }
    shown
}

fn draw_reads(out: &mut String, look: Look, steps: &[StepReport], first: usize, numbers: usize) {
    let names: Vec<String> = steps.iter().map(|step| inline(&step.name)).collect();
    let number = format!("{first:>numbers$}–{}", first + steps.len() - 1);
    let text = format!("{}: {}", count(steps.len(), "read"), names.join(", "));
    let head = format!("  {} · ", look.paint.tone(Tone::Dim, &number));
    hang(out, look, &head, number.chars().count() + 5, &text, Some(Tone::Dim));
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
    let text = match &step.outcome {
        StepOutcome::Gate => gate(step),
        StepOutcome::Read { .. }
        | StepOutcome::Extracted { .. }
        | StepOutcome::Foretold { .. }
        | StepOutcome::Simulated { .. }
        | StepOutcome::Ran { .. }
        | StepOutcome::KnownAfterRun { .. }
        | StepOutcome::Skipped
        | StepOutcome::Fails { .. }
        | StepOutcome::NotReached => format!("{name} = {}", call(step, detail)),
    };
    let tone = step.read_only.then_some(Tone::Dim);
    hang(out, look, &head, indent, &text, tone);
    let margin = " ".repeat(indent);
    if let Some(because) = &step.because {
        hang(out, look, &margin, indent, &inline(because), None);
    }
    for (tone, text) in notes(step, detail) {
        hang(out, look, &margin, indent, &text, Some(tone));
    }
    let shown = match fold {
        Some(fold) if !fold.whole => step.changes.len().min(alike::SUMMARISED),
        Some(_) | None => step.changes.len(),
    };
    for change in &step.changes[..shown] {
        diff::draw(out, look, indent, change, fold);
    }
    alike::summary(out, look, indent, &step.changes[shown..].iter().collect::<Vec<_>>());
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
            let call = step.undo_call.as_deref().map_or("a call that the plan declares".to_owned(), inline);
            notes.push((Tone::Careful, format!("undone by {call}")));
        }
        UndoKind::Automatic | UndoKind::Nothing => {}
    }
    match &step.confined {
        Some(confined @ Confinement::Cell { ports: None, .. }) => {
            notes.push((Tone::Dim, inline(&confined.to_string())))
        }
        Some(confined @ Confinement::Cell { ports: Some(_), .. }) => {
            notes.push((Tone::Careful, inline(&confined.to_string())));
        }
        Some(confined @ (Confinement::Open | Confinement::Asked { .. })) => {
            notes.push((Tone::Bad, format!("! {}", inline(&confined.to_string()))));
        }
        None => {}
    }
    match step.policy {
        Approval::Ask if step.standing_yes => {
            notes.push((Tone::Careful, "a standing yes answers for it (`planc grants`)".to_owned()));
        }
        Approval::Ask if matches!(step.outcome, StepOutcome::Gate) => {}
        Approval::Ask => notes.push((Tone::Careful, "asks for a yes of its own".to_owned())),
        Approval::Deny => notes.push((Tone::Bad, "refused by policy".to_owned())),
        Approval::Auto => {}
    }
    notes.extend(step.policy_why.iter().map(|why| (Tone::Dim, format!("policy: {}", inline(why)))));
    if let Some(before) = &step.approved_before {
        let text = format!("✓ approved in rev {} by {}", before.rev, inline(&before.by));
        notes.push((Tone::Good, text));
    }
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
    // The changes say the same more exactly.
    if !step.read_only && (step.changes.is_empty() || is_full) && !step.effects.is_empty() {
        let effects: Vec<String> =
            step.effects.iter().map(|e| format!("{} {}", e.verb.as_str(), inline(&e.resource))).collect();
        notes.push((Tone::Dim, effects.join(", ")));
    }
    notes.extend(late(&step.late).map(|text| (Tone::Careful, text)));
    for expect in &step.expects {
        notes.push((Tone::Dim, format!("checked at run: {}", inline(expect))));
    }
    if let (true, Some(timeout)) = (is_full, step.timeout_ms) {
        notes.push((Tone::Dim, format!("at most {} s", timeout as f64 / 1000.0)));
    }
    if is_full && !step.waits_for.is_empty() {
        notes.push((Tone::Dim, format!("waits for {}", inline(&step.waits_for.join(", ")))));
    }
    notes
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
        StepOutcome::KnownAfterRun { why } => Some((Tone::Careful, format!("known after run: {}", inline(why)))),
        StepOutcome::Skipped => Some((Tone::Dim, "skipped: its condition is false".to_owned())),
        StepOutcome::Fails { why } => Some((Tone::Bad, format!("would fail: {}", inline(why)))),
        StepOutcome::NotReached => Some((Tone::Dim, "not reached: a step before it would fail".to_owned())),
        StepOutcome::Gate => Some((Tone::Careful, "the run goes on when a person agrees here".to_owned())),
    }
}
