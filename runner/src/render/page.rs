//! A plan report ⟶ one page of HTML that needs nothing else: no script, nothing that is fetched, readable on a telephone and
//! in the dark.
//!
//! Every foreign text passes through [`inline`] and is then escaped by the template; a policy in the page itself forbids the
//! browser whatever a mistake here would let through.

use super::call::{Detail, call, meant, of_document, value_text};
use super::card::{check_mark, told, whole_target};
use super::diff;
use super::fold::FOLD_LINES;
use super::foreign::isolated;
use super::late;
use super::revision;
use super::risk;
use super::steps::{LATE_BLOCK, elements, gate, notes, sign};
use super::summary::{badge, totals};
use super::text::{Tone, count, inline, lines, named, one_of};
use crate::report::{
    BlockReport, ChangeReport, CheckOutcome, PlanReport, PlanStatus, StepOutcome, StepReport, VerificationReport,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What the browser may do: draw.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The look of the page.
const STYLE: &str = include_str!("page.css");

/// Draws the whole report; what is long begins folded. `plan` is the plan as a person names it on the command line.
pub fn page(report: &PlanReport, plan: Option<&str>) -> String {
    let totals = totals(report);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="referrer" content="no-referrer";
                title { (inline(&report.title)) " · planc" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(report))
                main {
                    (requested(report))
                    (problems(report))
                    (catalogues(report))
                    (first(report))
                    (revised(report))
                    (context(report))
                    (given(report))
                    (assumptions(report))
                    (critical(report))
                    (releases(report))
                    (reuse(report))
                    (steps(report))
                    (overlap(report))
                    (verification(report))
                    (names(report))
                    (outputs(report))
                    (observations(report))
                }
                footer {
                    p { (totals.numbers()) " — " strong { (totals.undo()) } }
                    (how(report, plan))
                }
            }
        }
    };
    isolated(markup.into_string())
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Strong => "strong",
        Tone::Dim => "dim",
        Tone::Good => "good",
        Tone::Careful => "careful",
        Tone::Bad => "bad",
        Tone::Name => "name",
    }
}

/// A text in the language, harmless.
fn code(text: &str) -> Markup {
    html! { code { (inline(text)) } }
}

/// What the author of the plan says, with a bar before it.
fn said(text: &str) -> Markup {
    html! { span.said { (inline(text)) } }
}

fn why(why: Option<&String>) -> Markup {
    html! { @if let Some(why) = why { " " (said(why)) } }
}

/// A section that is left out where there is nothing in it.
fn section<T>(title: &str, items: &[T], body: impl FnOnce() -> Markup) -> Markup {
    html! { @if !items.is_empty() { section { h2 { (title) } (body()) } } }
}

/// The same, which a reader may close.
fn foldable<T>(title: &str, items: &[T], body: impl FnOnce() -> Markup) -> Markup {
    html! { @if !items.is_empty() { details open { summary { h2 { (title) } } (body()) } } }
}

fn head(report: &PlanReport) -> Markup {
    html! {
        header {
            span class={ "badge " (class(super::card::tone(report.status))) } { (badge(report.status)) }
            h1 { (inline(&report.title)) }
            p.dim { "rev " (report.rev) " · " (super::card::assurance(report.assurance)) }
            p.dim { code { (report.digest.to_string()) } }
            @if let Some(rationale) = &report.rationale { p { (said(rationale)) } }
        }
    }
}

fn requested(report: &PlanReport) -> Markup {
    let requested: Vec<_> = report.changes_requested.iter().flat_map(super::card::comments).collect();
    section("Changes requested", &requested, || {
        html! {
            ul.marks {
                @for (who, text) in &requested { li { span.mark.bad { "✗" } (inline(who)) ": " (inline(text)) } }
            }
        }
    })
}

fn problems(report: &PlanReport) -> Markup {
    section("What stands against it", &report.problems, || {
        html! {
            ul.marks {
                @for problem in &report.problems {
                    li {
                        span.mark.bad { "✗" }
                        @if let Some(step) = &problem.step { (code(step)) ": " }
                        (inline(&problem.message))
                        @if problem.policy { " (refused by policy)" }
                    }
                }
            }
        }
    })
}

fn catalogues(report: &PlanReport) -> Markup {
    section("Catalogues", &report.catalogues, || {
        html! {
            ul.marks {
                @for name in &report.catalogues { li { span.mark.careful { "!" } (code(name)) ": " (super::card::GIVEN) } }
            }
        }
    })
}

fn first(report: &PlanReport) -> Markup {
    let risks = risk::risks(report);
    html! {
        @if !risks.is_empty() {
            section.first {
                h2 { "Read first" }
                @for (risk, items) in &risks {
                    p class=(if risk.is_grave() { "bad strong" } else { "careful strong" }) { (risk.title()) }
                    ul { @for item in items { li { (code(&item.step)) ": " (item.what) } } }
                }
            }
        }
    }
}

fn revised(report: &PlanReport) -> Markup {
    let Some(found) = &report.revision else { return html! {} };
    let sections = revision::sections(found);
    html! {
        details open {
            summary { h2 { "Changed since rev " (report.rev.saturating_sub(1)) } }
            @if sections.is_empty() { p.dim { "nothing but the way of saying it" } }
            @for (title, changes) in sections {
                p.strong { (title) }
                pre {
                    @for line in changes {
                        span class=(line.sign.map_or("", |sign| class(revision::tone(sign)))) {
                            ("  ".repeat(line.depth)) (line.sign.map_or(" ", revision::sign)) " " (inline(&line.text))
                        }
                    }
                }
            }
        }
    }
}

fn context(report: &PlanReport) -> Markup {
    let all = report.context.as_deref().map(lines).unwrap_or_default();
    foldable("Context", &all, || html! { pre.prose.said { @for line in &all { span { (line) } } } })
}

fn given(report: &PlanReport) -> Markup {
    section("Inputs", &report.inputs, || {
        html! {
            ul {
                @for input in &report.inputs {
                    li {
                        (code(&input.name)) " = " (code(&value_text(&input.value, false)))
                        @if input.default { span.dim { " (default)" } }
                    }
                }
            }
        }
    })
}

fn check(text: &str, outcome: &CheckOutcome, person: &'static str, condition: Option<&String>, more: Markup) -> Markup {
    let (mark, tone, note) = check_mark(outcome, person);
    html! {
        li {
            span class={ "mark " (class(tone)) } { (mark) }
            (said(text))
            @if let Some(note) = note { div class=(class(tone)) { (note) } }
            @if let Some(condition) = condition { div.dim { "holds when " (code(condition)) } }
            (more)
        }
    }
}

fn assumptions(report: &PlanReport) -> Markup {
    foldable("Assumptions", &report.assumptions, || {
        html! {
            ul.marks {
                @for one in &report.assumptions {
                    (check(&one.text, &one.outcome, "for you to confirm", one.check.as_ref(), html! {}))
                }
            }
        }
    })
}

fn critical(report: &PlanReport) -> Markup {
    foldable("Critical: all that it may touch", &report.critical, || {
        html! {
            ul {
                @for line in &report.critical {
                    li {
                        strong { (inline(&line.verb)) } " " (code(&line.resource)) (why(line.why.as_ref()))
                        @if let Some(value) = meant(line) { div { "that is: " (code(&value)) } }
                        @if line.touched.iter().any(|touched| line.touched.len() > 1 || *touched != line.resource) {
                            div.dim { "here: " (line.touched.iter().map(|touched| one_of(touched)).collect::<Vec<_>>().join(", ")) }
                        }
                    }
                }
            }
        }
    })
}

fn releases(report: &PlanReport) -> Markup {
    section("Your yes answers for", &report.releases, || {
        html! {
            ul {
                @for release in &report.releases {
                    li {
                        strong.careful { (late::word(release.kind)) } " " (code(&release.name)) " = "
                        @if release.is_known() {
                            (code(&late::exact(&release.value)))
                            @if let Some(foreign) = late::foreign(&release.value) { div.bad { (inline(&foreign)) } }
                        } @else { span.careful { (late::KNOWN_LATER) } }
                        div { "the plan's author says: " (said(&release.reason)) }
                        @for from in &release.from { div.dim { "from: " (inline(from)) } }
                        @for to in &release.to { div.dim { "to: " (inline(to)) } }
                    }
                }
            }
        }
    })
}

fn reuse(report: &PlanReport) -> Markup {
    foldable("Leans on", &report.reuse, || {
        html! {
            ul.marks {
                @for one in &report.reuse {
                    li {
                        @if one.exists { span.mark.good { "✓" } } @else { span.mark.bad { "✗" } }
                        (code(&one.target))
                        @if !one.exists { strong.bad { " — is not there" } }
                        (why(one.why.as_ref()))
                    }
                }
            }
        }
    })
}

fn steps(report: &PlanReport) -> Markup {
    let blocks = |at: usize| report.blocks.iter().filter(move |block| block.at == at);
    html! {
        @if !report.steps.is_empty() || !report.blocks.is_empty() {
            section {
                h2 { "Steps" }
                ol.steps {
                    @for (index, step) in report.steps.iter().enumerate() {
                        @for block in blocks(index) { (block_head(block)) }
                        (step_item(step, index + 1))
                    }
                    @for block in blocks(report.steps.len()) { (block_head(block)) }
                }
            }
        }
    }
}

fn block_head(block: &BlockReport) -> Markup {
    html! {
        li.read {
            strong { "for each " (code(&format!("{} = {} in {}", block.name, block.variable, block.list))) }
            ": " (inline(&elements(&block.outcome)))
            @if let Some(when) = &block.when { ", only when " (code(when)) }
            @if block.late { " — " (LATE_BLOCK) }
        }
    }
}

fn step_item(step: &StepReport, number: usize) -> Markup {
    let (mark, tone) = sign(step);
    let text = match step.is_gate() {
        true => gate(step),
        false => format!("{} = {}", inline(&step.name), call(step, of_document(step))),
    };
    let quiet = step.read_only && step.because.is_none() && matches!(step.outcome, StepOutcome::Read { .. });
    html! {
        li.read[quiet] {
            div.head {
                span.dim { (number) }
                span class={ "strong " (class(tone)) } { (mark) }
                code { (text) }
            }
            @if let Some(because) = &step.because { div { (said(because)) } }
            // Of what only reads, what it touches and gives is left out.
            @let notes = notes(step, if quiet { Detail::Compact } else { Detail::Full });
            @if !notes.is_empty() {
                ul.notes { @for (tone, note) in notes { li class=(class(tone)) { (note) } } }
            }
            @for change in &step.changes { (changed(change)) }
        }
    }
}

fn changed(change: &ChangeReport) -> Markup {
    let (mark, word, tone) = diff::verb(change);
    let body = change.diff.as_deref().map(diff::body).unwrap_or_default();
    let head = html! {
        span class=(class(tone)) { (mark) " " (word) " " (named(&change.path)) }
        span.dim { " (" (diff::extent(change)) ")" }
    };
    html! {
        @if body.is_empty() {
            div { (head) }
        } @else {
            details open[body.len() <= FOLD_LINES] {
                summary { (head) }
                pre { @for line in &body { span class=(diff::tone(line).map_or("", class)) { (line) } } }
            }
        }
    }
}

fn overlap(report: &PlanReport) -> Markup {
    let together: Vec<&Vec<String>> = report.waves.iter().filter(|wave| wave.len() > 1).collect();
    foldable("At the same time", &together, || {
        html! { ul { @for wave in &together { li.dim { (inline(&wave.join(", "))) } } } }
    })
}

fn verification(report: &PlanReport) -> Markup {
    let mut number = report.steps.len() + 1;
    let mut own = |verification: &VerificationReport| {
        let first = number;
        number += verification.steps.len();
        html! {
            @if !verification.steps.is_empty() {
                ol.steps {
                    @for (index, step) in verification.steps.iter().enumerate() { (step_item(step, first + index)) }
                }
            }
        }
    };
    foldable("Verification", &report.verifications, || {
        html! {
            ul.marks {
                @for one in &report.verifications {
                    @let steps = own(one);
                    (check(&one.text, &one.outcome, "for you to follow afterwards", one.check.as_ref(), steps))
                }
            }
        }
    })
}

fn names(report: &PlanReport) -> Markup {
    foldable(super::card::NAMES, &report.names, || {
        html! { ul { @for one in &report.names { li { (code(&one.name)) " = " (code(&one.value)) } } } }
    })
}

fn outputs(report: &PlanReport) -> Markup {
    section("Outputs", &report.outputs, || {
        html! {
            ul {
                @for output in &report.outputs {
                    li { (code(&output.name)) " = " (code(&value_text(&output.value, false))) }
                }
            }
        }
    })
}

fn observations(report: &PlanReport) -> Markup {
    html! {
        @if !report.observations.is_empty() {
            details {
                summary { h2 { "Looked at" } span.dim { " — " (count(report.observations.len(), "observation")) } }
                ul {
                    @for seen in &report.observations {
                        li.dim { (super::card::observed(&seen.look)) ": " (inline(&seen.seen)) }
                    }
                }
            }
        }
    }
}

/// How a person says yes, while there is something to be said yes to.
fn how(report: &PlanReport, plan: Option<&str>) -> Markup {
    if let Some(why) = &report.plan_mode {
        return html! { p { (inline(&told(why))) } };
    }
    match report.status {
        PlanStatus::NeedsApproval => html! {
            p { "Nothing has been changed. A person approves exactly this with" }
            pre { span { "planc run --approve=" (report.digest.to_string()) " " (whole_target(plan, report)) } }
        },
        PlanStatus::Blocked => html! { p { "Nothing has been changed, and nothing can be approved yet." } },
        PlanStatus::Reported
        | PlanStatus::ChangesRequested
        | PlanStatus::Approved
        | PlanStatus::Executing
        | PlanStatus::Verifying
        | PlanStatus::Done
        | PlanStatus::Failed
        | PlanStatus::Paused
        | PlanStatus::InDoubt
        | PlanStatus::Undone
        | PlanStatus::Aborted
        | PlanStatus::Stale => html! {},
    }
}
