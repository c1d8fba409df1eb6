//! Findings ⟶ diagnostics that draw the way of a value: where it came from, what it went through, where it arrived.

use super::sinks::{Finding, Wrong};
use super::{Hop, HopId, HopKind, Integrity, Labels, Secrecy};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Call, Plan, Release, ReleaseKind};
use crate::source::{Source, Span};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// The most places of a way that are shown, the first and the last ones.
const MAX_SHOWN: usize = 6;

/// A place on the way of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path(HopKind);

impl Path {
    /// Where it is, and what happens there.
    pub fn told(&self, plan: &Plan) -> (Span, String) {
        let step = |id| plan.get(id);
        match self.0 {
            HopKind::Outside(id) => {
                let step = step(id);
                (callee(&step.call), format!("`{}` gives outside text", step.call.tool.name))
            }
            HopKind::Check(span) => (span, "comes from this call".to_owned()),
            HopKind::Program(id) => {
                (callee(&step(id).call), "a program that may talk to others could have written it".to_owned())
            }
            HopKind::SecretResult(id) => {
                (callee(&step(id).call), format!("`{}` gives a secret", step(id).call.tool.name))
            }
            HopKind::Input(index) => {
                let input = &plan.inputs[index];
                (input.span, format!("`{}` is secret", input.name))
            }
            HopKind::Let(index) => {
                let defined = &plan.lets[index];
                (defined.named_at, format!("becomes `{}`", defined.name))
            }
            HopKind::Result(id) => (callee(&step(id).call), format!("the result of `{}` depends on it", step(id).name)),
            HopKind::Written(id) => (callee(&step(id).call), format!("`{}` writes it", step(id).name)),
            HopKind::Absent(id) => {
                (callee(&step(id).call), format!("decides whether `{}` has a result", step(id).name))
            }
        }
    }

    /// The same in words alone, where no text is beside them: a source with the name of its step.
    pub fn phrase(&self, plan: &Plan) -> String {
        let (_, text) = self.told(plan);
        match self.0 {
            HopKind::Outside(step) | HopKind::Program(step) | HopKind::SecretResult(step) => {
                format!("step `{}`: {text}", plan.get(step).name)
            }
            HopKind::Check(_)
            | HopKind::Input(_)
            | HopKind::Let(_)
            | HopKind::Result(_)
            | HopKind::Written(_)
            | HopKind::Absent(_) => text,
        }
    }

    /// The step or input that it comes from.
    pub fn name(&self, plan: &Plan) -> Option<SmolStr> {
        match self.0 {
            HopKind::Outside(id)
            | HopKind::Program(id)
            | HopKind::SecretResult(id)
            | HopKind::Result(id)
            | HopKind::Written(id)
            | HopKind::Absent(id) => Some(plan.get(id).name.clone()),
            HopKind::Input(index) => Some(plan.inputs[index].name.clone()),
            HopKind::Let(index) => Some(plan.lets[index].name.clone()),
            HopKind::Check(_) => None,
        }
    }
}

/// The way that ends at a place, from its source on, as far as it is shown.
pub(super) fn path(hops: &[Hop], end: HopId) -> Vec<Path> {
    let mut found = Vec::new();
    let mut at = end;
    while let Some(hop) = hops.get(at.0 as usize) {
        if found.len() >= MAX_SHOWN {
            // What lies between is left out; the source is not.
            found.pop();
        }
        found.push(Path(hop.kind));
        at = hop.before;
    }
    found.reverse();
    found
}

/// Reports what goes where it may not.
pub(super) fn report(
    plan: &Plan,
    labels: &Labels,
    findings: Vec<Finding>,
    source: Option<&Source>,
    report: &Diagnostics,
) {
    let mut names: Option<FxHashSet<SmolStr>> = None;
    for finding in findings {
        let wraps = match finding.kind {
            Wrong::Control | Wrong::When | Wrong::Count | Wrong::Undo | Wrong::Exact | Wrong::Critical => "endorse",
            Wrong::Secret | Wrong::Sent | Wrong::SentBecause => "reveal",
        };
        let names = names.get_or_insert_with(|| taken(plan));
        let edits = edits(plan, &finding, wraps, source, names);
        let diagnostic = diagnostic(plan, labels, &finding);
        // What the edit does needs no advice beside it.
        let diagnostic = match help(finding.kind, edits.is_some()) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        };
        report.push(match edits {
            Some((title, edits)) => diagnostic.edits(title, edits).maybe(),
            None => diagnostic,
        });
    }
}

fn diagnostic(plan: &Plan, labels: &Labels, finding: &Finding) -> Diagnostic {
    let Finding { kind, span, label, place, tool, .. } = finding;
    let chosen = label.integrity == Integrity::Chosen;
    let (code, message, seen) = match kind {
        Wrong::Control => (
            Code::UntrustedControl,
            format!("outside text would decide `{place}` of `{tool}`"),
            "nobody has looked at this",
        ),
        Wrong::Exact if chosen => (
            Code::ChosenExact,
            format!("outside text would choose `{place}` of `{tool}`, which is for the plan's author alone"),
            "chosen by outside text",
        ),
        Wrong::Exact => (
            Code::ChosenExact,
            format!("outside text would decide `{place}` of `{tool}`, which is for the plan's author alone"),
            "nobody has looked at this",
        ),
        Wrong::When => (
            Code::UntrustedDecision,
            format!("outside text would decide whether `{tool}` is called"),
            "nobody has looked at this",
        ),
        Wrong::Count => (
            Code::UntrustedDecision,
            format!("outside text would decide how often `{tool}` is called"),
            "how many items this has, nobody has looked at",
        ),
        Wrong::Undo => (
            Code::UntrustedDecision,
            format!("outside text would decide whether `{tool}` counts as failed"),
            "nobody has looked at what this depends on",
        ),
        Wrong::Critical => (
            Code::UntrustedCritical,
            format!("outside text would decide what the plan may {place}"),
            "nobody has looked at this",
        ),
        Wrong::Secret => (
            Code::SecretParameter,
            format!("a secret would go to `{place}` of `{tool}`, which is not for secrets"),
            "this is secret",
        ),
        Wrong::Sent => (Code::SecretSent, format!("a secret would leave by `{place}` of `{tool}`"), "this is secret"),
        Wrong::SentBecause => (
            Code::SecretSent,
            format!("whether `{tool}` is called would tell a secret"),
            "this is secret, and who is contacted sees whether it happens",
        ),
    };
    let is_secret = matches!(kind, Wrong::Secret | Wrong::Sent | Wrong::SentBecause);
    let way = if is_secret { labels.secret_path(*label) } else { labels.path(*label) };
    let mut diagnostic = Diagnostic::new(code, *span, message).label(seen);
    let mut spans = vec![*span];
    for hop in way {
        let (at, text) = hop.told(plan);
        if !spans.contains(&at) && at != Span::default() {
            spans.push(at);
            diagnostic = diagnostic.related(at, text);
        }
    }
    diagnostic
}

/// What else there is to do.
fn help(kind: Wrong, has_edit: bool) -> Option<&'static str> {
    Some(match kind {
        Wrong::Control if has_edit => "it may choose among values of the plan: `if … then \"a\" else \"b\"`",
        Wrong::Control => {
            "let a person look at it, `let x = endorse(value, \"why\")`, or choose among values of the plan: `if … then \"a\" else \"b\"`"
        }
        Wrong::Count if has_edit => "a list that stands in the plan needs nobody to look at it",
        Wrong::Count => {
            "go over a list of the plan, or let a person look at this one: `let x = endorse(list, \"why\")`"
        }
        Wrong::Secret if has_edit => "only parameters that are marked `secret` take secrets",
        Wrong::Secret => {
            "only parameters that are marked `secret` take secrets; `let x = reveal(value, \"why\")` lets it go all the same"
        }
        Wrong::Exact | Wrong::When | Wrong::Sent if has_edit => return None,
        Wrong::Exact => "let a person look at it: `let x = endorse(value, \"why\")`",
        Wrong::When => "let a person look at it: `let x = endorse(condition, \"why\")`",
        Wrong::Undo => {
            "let it stop the run, which is the default: a person then says what is taken back; or let a person look at what comes from outside before it is given: `let x = endorse(value, \"why\")`"
        }
        Wrong::Critical => "let a person look at it: `let x = endorse(value, \"why\")`",
        Wrong::Sent => "`let x = reveal(value, \"where it goes, and why\")` lets a person agree that it goes there",
        Wrong::SentBecause => "decide by something that is not secret",
    })
}

/// An edit that lets a person look at the value: around the value of its `let`, or in a `let` of its own.
fn edits(
    plan: &Plan,
    finding: &Finding,
    wraps: &str,
    source: Option<&Source>,
    names: &mut FxHashSet<SmolStr>,
) -> Option<(String, Vec<(Span, String)>)> {
    if matches!(finding.kind, Wrong::Undo | Wrong::SentBecause | Wrong::Critical)
        || (wraps == "endorse" && finding.label.secrecy == Secrecy::Secret)
    {
        return None;
    }
    let reason = match wraps {
        "endorse" => "why it may decide this",
        _ => "where it goes, and why",
    };
    let title = match wraps {
        "endorse" => "let a person look at it before it is used",
        _ => "let a person agree that it goes there",
    };
    if let Some(index) = finding.defined {
        let value = plan.lets[index].value.span;
        let edits = vec![(value.before(), format!("{wraps}(")), (value.after(), format!(", \"{reason}\")"))];
        return Some((title.to_owned(), edits));
    }
    let (source, step) = (source?, plan.get(finding.step?));
    // Conditions of groups, and lists of blocks, stand outside of the step.
    let item = match finding.kind {
        Wrong::Count => plan.each(step.each?).span,
        _ => step.span,
    };
    let inside = item.start <= finding.span.start && finding.span.end <= item.end;
    if !inside || step.together.is_some() {
        return None;
    }
    let text = source.slice(finding.span);
    let before = &source.text[..source.range(item).start];
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    if text.contains('\n') || !line.chars().all(char::is_whitespace) {
        return None;
    }
    let stem: String = finding.place.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let stem = match wraps {
        "endorse" => format!("endorsed_{stem}"),
        _ => format!("revealed_{stem}"),
    };
    let numbered = (2..).map(|number| SmolStr::new(format!("{stem}_{number}")));
    let name = std::iter::once(SmolStr::new(&stem)).chain(numbered).find(|name| !names.contains(name))?;
    names.insert(name.clone());
    let defined = format!("let {name} = {wraps}({text}, \"{reason}\")\n{line}");
    Some((title.to_owned(), vec![(item.before(), defined), (finding.span, name.to_string())]))
}

fn taken(plan: &Plan) -> FxHashSet<SmolStr> {
    let steps = plan.steps.iter().map(|step| &step.name);
    let lets = plan.lets.iter().map(|defined| &defined.name);
    let inputs = plan.inputs.iter().map(|input| &input.name);
    let blocks = plan.eaches.iter().flat_map(|each| [&each.name, &each.variable]);
    steps.chain(lets).chain(inputs).chain(blocks).cloned().collect()
}

/// A release that releases nothing, or that nobody could judge.
pub(super) fn release(release: &Release, useless: bool) -> Diagnostic {
    match (release.kind, useless) {
        (ReleaseKind::Endorse, true) => {
            Diagnostic::new(Code::UselessRelease, release.span, "this value is trusted already")
                .label("nothing from outside has a part in it")
                .help("take `endorse` away: each one is something that a person has to look at")
        }
        (ReleaseKind::Reveal, _) => Diagnostic::new(Code::UselessRelease, release.span, "this value is no secret")
            .label("nothing secret has a part in it")
            .help("take `reveal` away: each one is something that a person has to look at"),
        (ReleaseKind::Endorse, false) => {
            Diagnostic::new(Code::EndorsedSecret, release.span, "nobody could look at this: it is secret")
                .label("to be endorsed a value is shown whole")
                .help("endorse what is not secret of it, or take the secret from an input")
        }
    }
}

/// Where the name of the tool stands in a call.
fn callee(call: &Call) -> Span {
    let length = u32::try_from(call.tool.name.len()).unwrap_or(0);
    Span::new(call.span.start, call.span.end.min(call.span.start + length))
}
