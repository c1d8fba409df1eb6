//! Two revisions of a plan ⟶ what changed between them, in meaning and not in text.

use crate::report::RevisionReport;
use planc_lang::compile::Compiled;
use planc_lang::compiled;
use planc_lang::digest::Digest;
use planc_lang::plan::Plan;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What changed from one compiled plan to the next.
pub fn revision(before: &Compiled, after: &Compiled) -> RevisionReport {
    let (old, new) = (steps(&before.plan), steps(&after.plan));
    let only = |a: &BTreeMap<String, Digest>, b: &BTreeMap<String, Digest>| -> Vec<String> {
        a.keys().filter(|name| !b.contains_key(*name)).cloned().collect()
    };
    RevisionReport {
        before: before.digest,
        added: only(&new, &old),
        removed: only(&old, &new),
        changed: new
            .iter()
            .filter(|(name, form)| old.get(*name).is_some_and(|old| old != *form))
            .map(|(name, _)| name.clone())
            .collect(),
        parts: parts(before, after),
    }
}

fn steps(plan: &Plan) -> BTreeMap<String, Digest> {
    plan.steps.iter().map(|step| step.name.to_string()).zip(compiled::identities(plan)).collect()
}

/// The parts besides steps that are different, by their name in the canonical form.
fn parts(before: &Compiled, after: &Compiled) -> Vec<String> {
    let form = |compiled: &Compiled| serde_json::from_str::<Json>(&compiled.to_json()).unwrap_or(Json::Null);
    let (old, new) = (form(before), form(after));
    let names = [
        "title",
        "rationale",
        "context",
        "inputs",
        "assumptions",
        "critical",
        "reuse",
        "lets",
        "verifications",
        "outputs",
        "tools",
    ];
    names.into_iter().filter(|name| old.get(name) != new.get(name)).map(str::to_owned).collect()
}
