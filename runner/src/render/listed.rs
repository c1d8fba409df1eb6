//! The steps of a report, from top to bottom ⟶ lines of the card: blocks, rows of reads, and what is alike, each once. On a dense
//! card reads, changes and calls that follow each other stand together by kind; their numbers tell their order.

use super::alike::{self, Of, Unit};
use super::call::{Detail, call};
use super::calls::{self, Numbered};
use super::fold::{Density, Fold, SHOWN_ELEMENTS};
use super::steps::{LATE_BLOCK, draw_step, elements};
use super::text::{Look, Tone, count, hang, inline, one_of};
use crate::report::{BlockOutcome, BlockReport, StepOutcome, StepReport, UndoKind};
use planc_lang::syntax::{Approval, EffectVerb, OnFailure};

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
        let dense = fold.filter(|fold| fold.density == Density::Dense);
        let is_read = |step: &StepReport| is_plain_read(step, fold.map(|fold| fold.density));
        // The head of a block that has no steps stands before the next step.
        let end = blocks.iter().map(|block| block.at).filter(|at| *at > index).min().unwrap_or(steps.len());
        let next = &steps[index..end.min(steps.len())];
        let reads = next.iter().take_while(|step| is_read(step)).count();
        let plain =
            next.iter().take_while(|step| is_read(step) || is_plain_change(step) || is_plain_call(step)).count();
        if of_block > 0 {
            draw_elements(out, look, &steps[index..index + of_block], first + index, numbers, fold);
            index += of_block;
        } else if let (Some(fold), 1..) = (dense, plain) {
            draw_plain(out, look, &steps[index..index + plain], first + index, numbers, fold);
            index += plain;
        } else if fold.is_some() && reads >= FOLD_READS {
            let reads: Vec<Numbered<'_>> = (first + index..).zip(&steps[index..index + reads]).collect();
            draw_reads(out, look, &reads, numbers);
            index += reads.len();
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

/// Whether only the run tells what comes of a step, and what is to be known of it beforehand is short.
fn is_plain_call(step: &StepReport) -> bool {
    let is_late = matches!(step.outcome, StepOutcome::KnownAfterRun { .. }) && step.changes.is_empty();
    is_late && step.undo != UndoKind::Impossible && !step.destructive && is_plain(step)
}

fn is_plain(step: &StepReport) -> bool {
    step.each.is_none()
        && step.policy == Approval::Auto
        && step.policy_why.is_empty()
        && step.late.is_empty()
        && step.expects.is_empty()
        && step.when.is_none()
        && !step.own_timeout
        && step.on_failure == OnFailure::Stop
}

/// Plain steps of a long plan, by kind.
fn draw_plain(out: &mut String, look: Look, steps: &[StepReport], first: usize, numbers: usize, fold: Fold<'_>) {
    let (mut reads, mut changes, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for (number, step) in (first..).zip(steps) {
        match step {
            step if is_plain_read(step, Some(fold.density)) => reads.push((number, step)),
            step if is_plain_change(step) => changes.push(Unit { steps: std::slice::from_ref(step), first: number }),
            step => calls.push((number, step)),
        }
    }
    match reads.len() {
        FOLD_READS.. => draw_reads(out, look, &reads, numbers),
        _ => reads.iter().for_each(|(number, step)| draw_step(out, look, step, *number, numbers, Some(fold))),
    }
    alike::draw(out, look, &changes, Of::Changes, numbers, fold);
    calls::draw(out, look, &calls, numbers, fold);
}

/// A step and what it reads, which its name need not say: the paths, or the whole call where they are not told.
fn read(step: &StepReport) -> String {
    let read = step.effects.iter().filter(|effect| effect.verb == EffectVerb::Reads);
    let paths: Vec<String> = read.map(|effect| one_of(&effect.resource)).collect();
    let what = if paths.is_empty() { call(step, Detail::Compact) } else { paths.join(", ") };
    format!("{}: {what}", inline(&step.name))
}

/// Steps that read, in order, one at least.
fn draw_reads(out: &mut String, look: Look, steps: &[Numbered<'_>], numbers: usize) {
    let [(first, _), .., (last, _)] = steps else { return };
    let names: Vec<String> = steps.iter().map(|(_, step)| read(step)).collect();
    let number = format!("{first:>numbers$}–{last}");
    let among = if last - first >= steps.len() { " among these" } else { "" };
    let text = format!("{}{among}: {}", count(steps.len(), "read"), names.join(", "));
    let head = format!("  {} · ", look.paint.tone(Tone::Dim, &number));
    hang(out, look, &head, number.chars().count() + 5, &text, Some(Tone::Dim));
}
