//! What is expected of each step, as it is and as the approver sees it ⟶ what a run is held to: everything as it is, but for
//! what could have been shown and was not known without the secrets. That is late, and the run asks about it.

use super::DryRun;
use crate::prediction::Prediction;
use crate::workspace::{Look, Observation};
use planc_lang::plan::{Call, EachId, Expr, base_name};
use planc_lang::value::Value;
use std::collections::{BTreeMap, BTreeSet};

impl DryRun<'_> {
    /// `told` and `found` are of the two passes over the plan, each in its order.
    pub(super) fn seen(&self, told: &[Prediction], found: Vec<Prediction>) -> Vec<Prediction> {
        let by_step: BTreeMap<&str, &Prediction> = told.iter().map(|told| (told.step.as_str(), told)).collect();
        let mut by_name: BTreeMap<String, Prediction> = BTreeMap::new();
        // In the order of the dry run.
        let mut elements: BTreeMap<EachId, Vec<Prediction>> = BTreeMap::new();
        for prediction in found {
            let base = base_name(&prediction.step);
            if base != prediction.step
                && let Some(each) = self.block_of(base)
            {
                elements.entry(each).or_default().push(prediction.clone());
            }
            by_name.insert(prediction.step.clone(), prediction);
        }
        let mut seen = Vec::with_capacity(told.len());
        for told in told {
            match (by_name.remove(&told.step), self.block_of(&told.step)) {
                (Some(found), _) => seen.push(self.seen_of(told, found)),
                // How many elements there are is secret, so that it was not told; each is what any of them was said to be.
                (None, Some(each)) if self.is_decided(&self.compiled.plan.each(each).list) => {
                    let found = elements.remove(&each).unwrap_or_default();
                    seen.extend(found.into_iter().map(|found| {
                        let base = base_name(&found.step);
                        self.seen_of(by_step.get(base).copied().unwrap_or(told), found)
                    }));
                }
                (None, _) => seen.push(told.clone()),
            }
        }
        seen
    }

    fn block_of(&self, step: &str) -> Option<EachId> {
        let plan = &self.compiled.plan;
        plan.get(plan.step(step)?).each
    }

    fn seen_of(&self, told: &Prediction, found: Prediction) -> Prediction {
        let plan = &self.compiled.plan;
        let shown = |expr: Option<&Expr>| !expr.is_some_and(|expr| self.is_decided(expr));
        if let Some(block) = plan.eaches.iter().find(|each| found.each.is_some() && each.name == found.step) {
            let when = if shown(block.when.as_ref()) { told.when } else { found.when };
            let each = if shown(Some(&block.list)) { told.each } else { found.each };
            return Prediction { when, each, ..found };
        }
        let base = base_name(&found.step);
        let Some(id) = plan.step(base) else { return found };
        let step = plan.get(id);
        Prediction {
            when: if shown(step.when.as_deref()) { told.when } else { found.when },
            args: self.seen_args(&step.call, &told.args, &found.args),
            undo: step
                .undo
                .as_ref()
                .map_or_else(|| found.undo.clone(), |undo| self.seen_args(undo, &told.undo, &found.undo)),
            pinned: told.pinned.clone(),
            // What is behind a failure that only who knows the secrets sees was shown all the same.
            observations: joined(found.observations, &told.observations),
            undo_observations: joined(found.undo_observations, &told.undo_observations),
            named: joined(found.named, &told.named),
            changes: match found.changes.is_empty() && !self.reaches(id) {
                true => told.changes.clone(),
                false => found.changes,
            },
            ..found
        }
    }

    fn seen_args(&self, call: &Call, told: &Value, found: &Value) -> Value {
        let (Value::Record(all), Value::Record(_)) = (found, told) else { return told.clone() };
        let decided = |name: &str| {
            let arg = call.tool.param(name).and_then(|index| call.args.get(index)?.as_ref());
            arg.is_some_and(|arg| self.is_decided(arg))
        };
        Value::record(all.iter().map(|(name, found)| {
            let seen = if decided(name) { Some(found) } else { told.get(name) };
            (name.to_owned(), seen.unwrap_or(found).clone())
        }))
    }
}

/// What was looked at, and what else was told of.
fn joined(mut found: Vec<Observation>, told: &[Observation]) -> Vec<Observation> {
    let looks: BTreeSet<&Look> = found.iter().map(|found| &found.look).collect();
    let more: Vec<Observation> = told.iter().filter(|told| !looks.contains(&told.look)).cloned().collect();
    found.extend(more);
    found
}
