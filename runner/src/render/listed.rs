//! The steps of a report, from top to bottom ⟶ lines of the card: blocks, rows of reads, and changes that are alike, each once.

use super::alike::{self, Of, Unit};
use super::fold::{Density, Fold, SHOWN_ELEMENTS};
use super::steps::{LATE_BLOCK, draw_step, elements};
use super::text::{Look, Tone, count, hang, inline};
use crate::report::{BlockOutcome, BlockReport, StepOutcome, StepReport, UndoKind};
use planc_lang::syntax::{Approval, OnFailure};

/// This many steps in a row that only read are shown as one line.
pub const FOLD_READS: usize = 4;

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

fn draw_reads(out: &mut String, look: Look, steps: &[StepReport], first: usize, numbers: usize) {
    let names: Vec<String> = steps.iter().map(|step| inline(&step.name)).collect();
    let number = format!("{first:>numbers$}–{}", first + steps.len() - 1);
    let text = format!("{}: {}", count(steps.len(), "read"), names.join(", "));
    let head = format!("  {} · ", look.paint.tone(Tone::Dim, &number));
    hang(out, look, &head, number.chars().count() + 5, &text, Some(Tone::Dim));
}
