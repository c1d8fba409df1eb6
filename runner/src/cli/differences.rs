//! Two cards of a plan ⟶ which files were looked at and are other ones, those that its command lines name included.

use crate::event::Difference;
use crate::journal::StoredPlan;
use crate::workspace::{Endings, FileState, Look, Observation};
use std::collections::BTreeMap;

/// What was looked at and is another one, that which command lines name included.
pub(super) fn other_files(reviewed: &StoredPlan, present: &StoredPlan) -> Vec<Difference> {
    let mut found = Vec::new();
    for seen in &present.report.observations {
        let before = reviewed.report.observations.iter().find(|other| other.look == seen.look);
        let expected = before.filter(|before| before.seen != seen.seen).cloned();
        found.extend(expected.map(|expected| Difference { expected, found: seen.seen.clone() }));
    }
    // Nobody is told what a secret names.
    if !reviewed.secret && !present.secret && reviewed.plan_digest == present.plan_digest {
        let (before, now) = (named_files(reviewed), named_files(present));
        let absent = || FileState::Absent.to_string();
        for (look, seen) in &now {
            let expected = before.get(look).cloned().unwrap_or_else(absent);
            let expected = Observation { look: look.clone(), seen: expected };
            found.push(Difference { expected, found: seen.clone() });
        }
        for (look, seen) in before.into_iter().filter(|(look, _)| !now.contains_key(look)) {
            found.push(Difference { expected: Observation { look, seen }, found: absent() });
        }
        found.retain(|difference| difference.expected.seen != difference.found);
    }
    found
}

/// What the command lines of a plan name, as it was seen. That nothing has a name is told of its path.
fn named_files(plan: &StoredPlan) -> BTreeMap<Look, String> {
    let of_steps = plan.predictions.iter().flat_map(|step| step.named.iter().chain(&step.undo_observations));
    let at = |look: &Look| match look {
        Look::Called { path, endings: Endings::Whole } => Look::At { path: path.clone() },
        look => look.clone(),
    };
    of_steps.map(|seen| (at(&seen.look), seen.seen.clone())).collect()
}
