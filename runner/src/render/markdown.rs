//! A plan report ⟶ Markdown, for a pull request or a ticket. Foreign text stands in code spans, fences and quotes that it
//! cannot close, or has its marks escaped.

use super::call::{DENIED, Detail, call, changes_nothing, is_denied, meant, of_document, undo_call, value_text};
use super::diff;
use super::foreign::{SAID, isolated};
use super::late;
use super::summary::{badge, totals};
use super::text::{Tone, inline, lines, wrap};
use super::{revision, risk};
use crate::report::{Assurance, CheckOutcome, PlanReport, PlanStatus, StepOutcome, StepReport, UndoKind};
use planc_lang::revision::{Change, Revision};
use planc_lang::syntax::{Approval, OnFailure};
use std::fmt::Write;

/// Draws the whole report; nothing is folded.
pub fn markdown(report: &PlanReport, plan: Option<&str>) -> String {
    let mut out = String::new();
    // Writing to a string never fails.
    let _ = write(&mut out, report, plan);
    isolated(out)
}

fn write(out: &mut String, report: &PlanReport, plan: Option<&str>) -> std::fmt::Result {
    let totals = totals(report);
    let assurance = match report.assurance {
        Assurance::Advisory => "advisory assurance",
        Assurance::SignedRecord => "signed record",
        Assurance::Gateway => "gateway",
        Assurance::Enforced => "enforced",
    };
    writeln!(out, "# {}\n", prose(&report.title))?;
    writeln!(out, "**{}** · rev {} · `{}` · {assurance}\n", badge(report.status), report.rev, report.digest)?;
    writeln!(out, "{} — {}", totals.numbers(), totals.undo())?;
    let requested: Vec<_> = report.changes_requested.iter().flat_map(super::card::comments).collect();
    section(out, "Changes requested", &requested, |out, (who, text)| {
        writeln!(out, "- ✗ {}: {}", prose(who), prose(text))
    })?;
    section(out, "What stands against it", &report.problems, |out, problem| {
        let step = problem.step.as_ref().map_or_else(String::new, |step| format!("{}: ", code(step)));
        let by = if problem.policy { " (refused by policy)" } else { "" };
        writeln!(out, "- ✗ {step}{}{by}", prose(&problem.message))
    })?;
    section(out, "Catalogues", &report.catalogues, |out, name| {
        writeln!(out, "- **{}**: {}", code(name), prose(super::card::GIVEN))
    })?;
    section(out, "Read first", &risk::risks(report), |out, (risk, items)| {
        writeln!(out, "- **{}**", risk.title())?;
        items.iter().try_for_each(|item| writeln!(out, "  - {}: {}", code(&item.step), code(&item.what)))
    })?;
    revised(out, report)?;
    if let Some(rationale) = &report.rationale {
        writeln!(out, "\n> {}", prose(rationale))?;
    }
    if let Some(context) = &report.context {
        writeln!(out, "\n## Context\n")?;
        for line in lines(context) {
            writeln!(out, "{}", format!("> {}", quoted(&line)).trim_end())?;
        }
    }
    section(out, "Inputs", &report.inputs, |out, input| {
        let mark = if input.default { " (default)" } else { "" };
        writeln!(out, "- {} = {}{mark}", code(&input.name), code(&value_text(&input.value, false)))
    })?;
    section(out, "Assumptions", &report.assumptions, |out, assumption| {
        let (mark, more) = mark(&assumption.outcome, "for you to confirm");
        writeln!(out, "- {mark} {SAID} {}", prose(&assumption.text))?;
        more.iter().try_for_each(|more| writeln!(out, "  - {more}"))?;
        match &assumption.check {
            Some(check) => writeln!(out, "  - holds when {}", code(check)),
            None => Ok(()),
        }
    })?;
    section(out, "Critical: all that it may touch", &report.critical, |out, line| {
        writeln!(out, "- {} {}{}", prose(&line.verb), code(&line.resource), why(&line.why))?;
        if let Some(value) = meant(line) {
            writeln!(out, "  - that is: {}", code(&value))?;
        }
        let exact = line.touched.len() == 1 && line.touched[0] == line.resource;
        match exact {
            true => Ok(()),
            false => line.touched.iter().try_for_each(|touched| writeln!(out, "  - {}", code(touched))),
        }
    })?;
    section(out, "Your yes answers for", &report.releases, |out, release| {
        let value = match release.is_known() {
            true => code(&late::exact(&release.value)),
            false => prose(late::KNOWN_LATER),
        };
        writeln!(out, "- **{}** {} = {value}", late::word(release.kind), code(&release.name))?;
        if let Some(foreign) = late::foreign(&release.value).filter(|_| release.is_known()) {
            writeln!(out, "  - **{}**", prose(&foreign))?;
        }
        writeln!(out, "  - the plan's author says: {}", prose(&release.reason))?;
        release.from.iter().try_for_each(|from| writeln!(out, "  - from: {}", prose(from)))?;
        release.to.iter().try_for_each(|to| writeln!(out, "  - to: {}", prose(to)))
    })?;
    section(out, "Leans on", &report.reuse, |out, reuse| {
        let missing = if reuse.exists { "" } else { " — **is not there**" };
        writeln!(out, "- {}{missing}{}", code(&reuse.target), why(&reuse.why))
    })?;
    if !report.steps.is_empty() || !report.blocks.is_empty() {
        writeln!(out, "\n## Steps")?;
        for (index, item) in report.steps.iter().enumerate() {
            blocks_at(out, report, index)?;
            step(out, index + 1, item)?;
        }
        blocks_at(out, report, report.steps.len())?;
    }
    let together: Vec<&Vec<String>> = report.waves.iter().filter(|wave| wave.len() > 1).collect();
    section(out, "At the same time", &together, |out, wave| writeln!(out, "- {}", code_list(wave)))?;
    let mut number = report.steps.len() + 1;
    section(out, "Verification", &report.verifications, |out, verification| {
        let (mark, more) = mark(&verification.outcome, "for you to follow afterwards");
        writeln!(out, "- {mark} {SAID} {}", prose(&verification.text))?;
        more.iter().try_for_each(|more| writeln!(out, "  - {more}"))?;
        if let Some(check) = &verification.check {
            writeln!(out, "  - holds when {}", code(check))?;
        }
        for item in &verification.steps {
            writeln!(out, "  - {number}. {} = {}", code(&item.name), code(&call(item, of_document(item))))?;
            number += 1;
        }
        Ok(())
    })?;
    section(out, super::card::NAMES, &report.names, |out, one| {
        writeln!(out, "- {} = {}", code(&one.name), code(&one.value))
    })?;
    section(out, "Outputs", &report.outputs, |out, output| {
        writeln!(out, "- {} = {}", code(&output.name), code(&value_text(&output.value, false)))
    })?;
    if let Some(why) = &report.plan_mode {
        writeln!(out, "\n---\n\n{}", prose(&super::card::told(why)))?;
    } else if report.status == PlanStatus::NeedsApproval {
        let plan = super::card::whole_target(plan, report);
        writeln!(out, "\n---\n\nNothing has been changed. Approve with {}", {
            code(&format!("planc run --approve={} {plan}", report.digest))
        })?;
    }
    Ok(())
}

fn section<T>(
    out: &mut String,
    title: &str,
    items: &[T],
    mut item: impl FnMut(&mut String, &T) -> std::fmt::Result,
) -> std::fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## {title}\n")?;
    items.iter().try_for_each(|one| item(out, one))
}

fn revised(out: &mut String, report: &PlanReport) -> std::fmt::Result {
    let Some(revision) = &report.revision else { return Ok(()) };
    writeln!(out, "\n## Changed since rev {}\n", report.rev.saturating_sub(1))?;
    out.write_str(&compared(revision))
}

/// The comparison as Markdown lists.
fn compared(found: &Revision) -> String {
    let mut out = String::new();
    for (title, lines) in revision::sections(found) {
        out.push_str(&format!("- **{title}**\n"));
        for line in lines {
            let sign = match (line.depth, line.sign) {
                (_, None) => String::new(),
                (0, Some(change)) => format!("{} ", revision::word(change)),
                // Both sides of one thing.
                (_, Some(Change::Removed)) => "was ".to_owned(),
                (_, Some(_)) => "is ".to_owned(),
            };
            out.push_str(&format!("{}- {sign}{}\n", "  ".repeat(line.depth + 1), code(&line.text)));
        }
    }
    if found.is_rewritten() {
        out.push_str("- nothing but the way of saying it\n");
    }
    out
}

fn step(out: &mut String, number: usize, step: &StepReport) -> std::fmt::Result {
    writeln!(out, "\n### {number}. {}\n", code(&step.name))?;
    fenced(out, "", &[call(step, of_document(step))])?;
    if let Some(because) = &step.because {
        writeln!(out, "> {}\n", prose(because))?;
    }
    if changes_nothing(step) {
        writeln!(out, "- unchanged: it is so already")?;
    }
    for effect in &step.effects {
        writeln!(out, "- {} {}", effect.verb.as_str(), code(&effect.resource))?;
    }
    match step.undo {
        UndoKind::Impossible => writeln!(out, "- **cannot be undone**")?,
        UndoKind::Declared => {
            writeln!(out, "- undone by {}", code(&undo_call(step)))?;
            for (tone, note) in super::steps::undoing(step, Detail::Full) {
                let note = prose(note.trim_start_matches("! "));
                match tone {
                    Tone::Bad => writeln!(out, "- **{note}**")?,
                    _ => writeln!(out, "- {note}")?,
                }
            }
        }
        UndoKind::Automatic | UndoKind::Nothing => {}
    }
    if let Some(confined) = &step.confined {
        writeln!(out, "- {}", prose(&confined.to_string()))?;
    }
    match step.policy {
        Approval::Ask if step.standing_yes => writeln!(out, "- a standing yes answers for it")?,
        Approval::Ask if step.is_gate() => {}
        Approval::Ask => writeln!(out, "- asks for a yes of its own")?,
        Approval::Deny => writeln!(out, "- **refused by policy**")?,
        Approval::Auto => {}
    }
    for why in &step.policy_why {
        writeln!(out, "- policy: {}", code(why))?;
    }
    if step.destructive {
        writeln!(out, "- **destroys something**")?;
    }
    for arg in &step.written {
        writeln!(out, "- {}, with a secret in it: {}", code(&arg.name), code(&arg.value))?;
    }
    if let Some(when) = &step.when {
        writeln!(out, "- only when {}", code(when))?;
    }
    if let Some(poll) = &step.poll {
        writeln!(out, "- looks again {}", code(poll))?;
    }
    if let Some(retry) = &step.retry {
        writeln!(out, "- if it fails, tried again {}", code(retry))?;
    }
    match step.on_failure {
        OnFailure::Continue => writeln!(out, "- if it fails, the run goes on")?,
        OnFailure::Undo => writeln!(out, "- if it fails, the run is undone")?,
        OnFailure::Stop => {}
    }
    match &step.outcome {
        StepOutcome::Read { .. } | StepOutcome::Simulated { .. } => {}
        StepOutcome::Ran { .. } => {
            writeln!(out, "- {}", super::steps::ran(step).map_or("", |(_, text)| text))?;
        }
        StepOutcome::Extracted { result } => {
            writeln!(out, "- {}", code(&super::steps::extracted(result)))?;
            if let Some(text) = super::steps::source_of(step, Detail::Full) {
                writeln!(out, "- out of {}", code(&text))?;
            }
        }
        StepOutcome::Foretold { by, result } => writeln!(out, "- {}", code(&super::steps::foretold(by, result)))?,
        StepOutcome::KnownAfterRun { .. } if is_denied(step) => writeln!(out, "- **{}**", DENIED)?,
        StepOutcome::KnownAfterRun { why } => writeln!(out, "- known after run: {}", prose(why))?,
        StepOutcome::Skipped => writeln!(out, "- skipped: its condition is false")?,
        StepOutcome::Fails { why } => writeln!(out, "- ✗ would fail: {}", prose(why))?,
        StepOutcome::NotReached => writeln!(out, "- not reached: a step before it would fail")?,
        StepOutcome::Gate => writeln!(out, "- **a gate:** the run goes on when a person agrees here")?,
    }
    if let Some(late) = super::steps::late(&step.late) {
        writeln!(out, "- **{}**", prose(&late))?;
    }
    for expect in &step.expects {
        writeln!(out, "- checked at run: {}", code(expect))?;
    }
    if let Some(timeout) = super::steps::timeout(step, Detail::Compact) {
        writeln!(out, "- {timeout}")?;
    }
    for change in &step.changes {
        let (_, word, _) = diff::verb(change);
        match &change.diff {
            Some(text) => {
                writeln!(out, "- {word} {} ({})\n", code(&change.path), diff::extent(change))?;
                fenced(out, "diff", &diff::body(text))?;
            }
            None => writeln!(out, "- {word} {} ({})", code(&change.path), prose(&diff::what(change)))?,
        }
    }
    Ok(())
}

/// The `each` blocks that begin before a step.
fn blocks_at(out: &mut String, report: &PlanReport, index: usize) -> std::fmt::Result {
    for block in report.blocks.iter().filter(|block| block.at == index) {
        let head = format!("{} = {} in {}", block.name, block.variable, block.list);
        writeln!(out, "\n### For each {}: {}\n", code(&head), prose(&super::steps::elements(&block.outcome)))?;
        if let Some(when) = &block.when {
            writeln!(out, "- only when {}", code(when))?;
        }
        if block.late {
            writeln!(out, "- **{}**", super::steps::LATE_BLOCK)?;
        }
    }
    Ok(())
}

fn mark(outcome: &CheckOutcome, person: &'static str) -> (&'static str, Option<String>) {
    let (mark, _, more) = super::card::check_mark(outcome, person);
    (mark, more.map(|more| prose(&more)))
}

fn why(why: &Option<String>) -> String {
    why.as_ref().map_or_else(String::new, |why| format!(" {SAID} {}", prose(why)))
}

fn code_list(names: &[String]) -> String {
    names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")
}

/// A code span that its content cannot close.
pub fn code(text: &str) -> String {
    let text = spaced(&inline(text));
    let fence = "`".repeat(longest_run(&text) + 1);
    match fence.len() > 1 || text.is_empty() || text.starts_with(' ') || text.ends_with(' ') {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// Two blanks as two: a renderer would make them one.
fn spaced(text: &str) -> String {
    text.replace("  ", " \\u{20}")
}

/// Plain words: every mark of Markdown and HTML in them is escaped.
pub fn prose(text: &str) -> String {
    let mut out = String::new();
    for c in spaced(&inline(text)).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '!' | '~' | '@' | '$' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    apart(&out)
}

/// What a renderer would make a link or a picture of, though nothing marks it (`https://…`, `www.…`, `:lock:`), taken apart.
fn apart(text: &str) -> String {
    const NOTHING: &str = "&#8203;";
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let is_host = c == '.' && out.len() >= 3 && out.as_bytes()[out.len() - 3..].eq_ignore_ascii_case(b"www");
        if is_host {
            out.push_str(NOTHING);
        }
        out.push(c);
        let rest = &text[at + c.len_utf8()..];
        let goes_on = || rest.find([' ', ':']).is_some_and(|at| rest[at..].starts_with(':'));
        if c == ':' && (rest.starts_with("//") || goes_on()) {
            out.push_str(NOTHING);
        }
    }
    out
}

/// A line of the plan's own Markdown inside a quote: no HTML, no characters by their number, no links with other words than their
/// address, no pictures that would be fetched.
fn quoted(line: &str) -> String {
    line.replace('&', "&amp;").replace('<', "&lt;").replace("![", "\\![").replace('[', "\\[")
}

/// The longest line in a fence, in columns.
const FENCED: usize = 120;

fn fenced(out: &mut String, language: &str, body: &[String]) -> std::fmt::Result {
    let fence = "`".repeat(body.iter().map(|line| longest_run(line)).max().unwrap_or(0).max(2) + 1);
    writeln!(out, "{fence}{language}")?;
    // What is longer would stand where a reader has to look for it.
    body.iter().flat_map(|line| wrap(line, FENCED)).try_for_each(|line| writeln!(out, "{line}"))?;
    writeln!(out, "{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
