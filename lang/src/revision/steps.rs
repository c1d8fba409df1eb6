//! How the steps and the blocks of two plans are different, once it is known which is which.

use super::pairs::{Pairs, moved};
use super::parts::{Item, Said, Side, Sides, added, changed, removed};
use super::{Change, Entry};
use crate::digest::Digest;
use crate::plan::{Call, Step, StepId};
use crate::syntax::OnFailure;
use crate::types::Quoted;
use std::collections::BTreeSet;

/// The part of a step that is the definition of its tool.
const DEFINITION: &str = "tool";

/// How the steps are different.
pub(super) fn entries(sides: &Sides<'_>, pairs: &Pairs) -> Vec<Entry> {
    let (before, after) = (sides.before.plan, sides.after.plan);
    let moved = moved(&pairs.steps);
    let mut entries = Vec::new();
    for id in after.step_ids() {
        let new = item(&sides.after, id);
        let Some(old) = pairs.steps[id.index()] else {
            entries.push(without_definition(added(&new)));
            continue;
        };
        let old = item(&sides.before, StepId::new(old));
        let entry = changed(Some(sides), &old, &new, moved.contains(&id.index()));
        entries.extend(match (pairs.same[id.index()], entry) {
            (false, None) => Some(affected(&new, None, false)),
            (false, Some(entry)) if entry.parts.is_empty() => Some(affected(&new, entry.was, entry.moved)),
            (_, entry) => entry,
        });
    }
    let kept: BTreeSet<usize> = pairs.steps.iter().copied().flatten().collect();
    let gone = before.step_ids().filter(|id| !kept.contains(&id.index()));
    entries.extend(gone.map(|id| without_definition(removed(&item(&sides.before, id)))));
    entries
}

/// A step that is new or gone, without the definition of its tool, which says nothing then.
fn without_definition(mut entry: Entry) -> Entry {
    entry.parts.retain(|part| part.part != DEFINITION);
    entry
}

fn affected(item: &Item<'_>, was: Option<String>, moved: bool) -> Entry {
    Entry { name: item.name.clone(), change: Change::Affected, was, moved, parts: Vec::new() }
}

/// How the `each` blocks are different.
pub(super) fn blocks(sides: &Sides<'_>, pairs: &Pairs) -> Vec<Entry> {
    let moved = moved(&pairs.blocks);
    let mut entries = Vec::new();
    for (at, pair) in pairs.blocks.iter().enumerate() {
        let new = block(&sides.after, at);
        match pair {
            None => entries.push(added(&new)),
            Some(old) => entries.extend(changed(Some(sides), &block(&sides.before, *old), &new, moved.contains(&at))),
        }
    }
    let kept: BTreeSet<usize> = pairs.blocks.iter().copied().flatten().collect();
    let gone = (0..sides.before.plan.eaches.len()).filter(|at| !kept.contains(at));
    entries.extend(gone.map(|at| removed(&block(&sides.before, at))));
    entries
}

fn block<'p>(side: &Side<'p>, at: usize) -> Item<'p> {
    let each = &side.plan.eaches[at];
    let mut says = vec![Said::expr("list", side, None, &each.list)];
    says.extend(each.when.iter().map(|when| Said::expr("when", side, None, when)));
    says.push(Said::expr("result", side, None, &each.result));
    Item { name: each.name.to_string(), says }
}

/// All that a step says.
fn item<'p>(side: &Side<'p>, id: StepId) -> Item<'p> {
    let plan = side.plan;
    let step = plan.get(id);
    let own = Some(id);
    let mut says = vec![Said::text("call", step.call.tool.name.as_str())];
    says.extend(args(side, "args", own, &step.call));
    let tool = side.identities.tool(&step.call.tool);
    says.push(Said { means: tool, ..Said::text(DEFINITION, format!("the definition of {}", step.call.tool.name)) });
    says.extend(step.because.iter().map(|because| Said::text("because", Quoted(because).to_string())));
    says.extend(after(side, step));
    says.extend(step.when.iter().map(|when| Said::expr("when", side, own, when)));
    says.extend(step.timeout_ms.map(|ms| Said::text("timeout", duration(ms))));
    says.extend(
        step.retry.map(|retry| Said::text("retry", format!("{} every {}", retry.times, duration(retry.every_ms)))),
    );
    if let Some(poll) = &step.poll {
        says.push(Said::text("poll", format!("every {} for {}", duration(poll.every_ms), duration(poll.for_ms))));
        says.push(Said::expr("poll.until", side, own, &poll.until));
    }
    says.extend(step.expect.iter().map(|expect| Said::expr("expect", side, own, expect)));
    if let Some(undo) = &step.undo {
        says.push(Said::text("undo", undo.tool.name.as_str()));
        says.extend(args(side, "undo", own, undo));
    }
    says.extend(on_failure(step.on_failure).map(|text| Said::text("on failure", text)));
    says.extend(step.reproduce.then(|| Said::text("reproduce", "exactly what the dry run showed")));
    says.extend(place(side, step));
    Item { name: step.name.to_string(), says }
}

fn args<'p>(side: &Side<'p>, of: &str, own: Option<StepId>, call: &'p Call) -> Vec<Said<'p>> {
    let given = call.tool.params.iter().zip(&call.args);
    given
        .filter_map(|(param, arg)| Some(Said::expr(format!("{of}.{}", param.name), side, own, arg.as_ref()?)))
        .collect()
}

fn after<'p>(side: &Side<'p>, step: &Step) -> Option<Said<'p>> {
    if step.after.is_empty() {
        return None;
    }
    let names: Vec<&str> = step.after.iter().map(|id| side.plan.get(*id).name.as_str()).collect();
    let mut means: Vec<Digest> = step.after.iter().map(|id| side.identities.step(*id)).collect();
    means.sort_unstable();
    means.dedup();
    Some(Said { means: Digest::of_json(&means), ..Said::text("after", names.join(", ")) })
}

/// In which block it stands, and of which kind.
fn place<'p>(side: &Side<'p>, step: &Step) -> Vec<Said<'p>> {
    let mut says = Vec::new();
    if let Some(each) = step.each {
        let means = side.identities.block(each);
        says.push(Said { means, ..Said::text("each", side.plan.each(each).name.as_str()) });
    }
    says.extend(step.together.map(|_| Said::text("together", "it may overlap with others")));
    says.extend(step.is_gate.then(|| Said::text("gate", "a person agrees here")));
    let text = |index: usize| side.plan.verifications.get(index).map(|verification| verification.text.as_str());
    says.extend(step.verification.and_then(text).map(|text| Said::text("verify", Quoted(text).to_string())));
    says
}

fn on_failure(what: OnFailure) -> Option<&'static str> {
    match what {
        OnFailure::Stop => None,
        OnFailure::Continue => Some("continue"),
        OnFailure::Undo => Some("undo"),
    }
}

/// A duration as the language writes it.
fn duration(ms: u64) -> String {
    let units = [(3_600_000, "h"), (60_000, "m"), (1000, "s")];
    let whole = units.iter().find(|(unit, _)| ms > 0 && ms.is_multiple_of(*unit));
    whole.map_or_else(|| format!("{ms}ms"), |(unit, name)| format!("{}{name}", ms / unit))
}
