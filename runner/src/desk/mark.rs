//! A plan and what is known about it besides ⟶ its report with that: which of its steps a person has approved before, what
//! people want to be different, how much an approval proves here. Nothing of it approves anything.

use super::{Desk, DeskError, rebuild};
use crate::approval::{Approved, Channel, Signed, Signers, assess, rule_for, verify};
use crate::journal::StoredPlan;
use crate::prediction::Predictions;
use crate::report::{ApprovedBefore, PlanReport, StepOutcome, StepReport};
use crate::workspace::{Look, Observation};
use jiff::Timestamp;
use planc_lang::compile::Compiled;
use planc_lang::compiled::{Identities, identities};
use planc_lang::depend::Dependencies;
use planc_lang::digest::Digest;
use planc_lang::plan::{Assumption, Plan, StepId, base_name};
use std::collections::{BTreeMap, BTreeSet};

/// The most earlier approvals of a plan that a revision is compared with, newest first.
pub const MAX_EARLIER: usize = 16;

/// What of what is bound decides over every step; another one of these, and no step was approved before.
const COMMON: [&str; 8] = ["approval", "pass_env", "variables", "programs", "workspace", "servers", "model", "policy"];

impl Desk {
    /// Completes the report of a plan.
    pub(super) fn mark(&self, plan: &mut StoredPlan, compiled: &Compiled) -> Result<(), DeskError> {
        (plan.report.changes_requested, plan.heard) = self.store.heard(&plan.plan_digest)?;
        let footing = assess(&self.config, rule_for(&self.config.approval, &plan.report));
        (plan.report.assurance, plan.report.grounds) = (footing.level, footing.grounds);
        steps_of(&mut plan.report).for_each(|step| step.approved_before = None);
        // What is secret is not in a report, so that two reports do not tell whether it is the same.
        if plan.secret {
            return Ok(());
        }
        for (yes, earlier) in self.earlier(plan)? {
            self.compare(plan, compiled, &yes, &earlier)?;
        }
        Ok(())
    }

    /// Earlier approvals of revisions of a plan by people, newest first.
    fn earlier(&self, plan: &StoredPlan) -> Result<Vec<(Approved, StoredPlan)>, DeskError> {
        let now = Timestamp::now();
        let kept = self.store.approvals()?.into_iter().filter(|kept| kept.revoked.is_none());
        let mut found = Vec::new();
        for yes in kept.map(|kept| kept.yes).filter(|yes| yes.digest != plan.digest) {
            if !self.is_of_a_person(&yes, now) || found.len() == MAX_EARLIER {
                continue;
            }
            let Ok(earlier) = self.store.plan(&yes.digest.to_string()) else { continue };
            if earlier.key == plan.key && !earlier.secret {
                found.push((yes, earlier));
            }
        }
        Ok(found)
    }

    /// Whether a person has seen what they said yes to, and the yes would still count: on a terminal, or with a signature that
    /// holds.
    fn is_of_a_person(&self, yes: &Approved, now: Timestamp) -> bool {
        let signers = || self.config.approval.signers.as_deref().and_then(|path| Signers::read(path).ok());
        let holds = |signed: &Signed| {
            let found = signers().and_then(|signers| verify(signed, &signers, now).ok());
            found.is_some_and(|found| found.statement.digest == yes.digest && found.by.name() == yes.by)
        };
        let signed = yes.signed.as_ref().map(holds);
        let is_seen = match signed {
            Some(holds) => holds,
            None => yes.channel == Channel::Terminal.as_str() && !self.config.approval.rule.is_signed(),
        };
        is_seen && self.site().is_ok_and(|site| yes.site == Some(site)) && yes.terms.lapsed(now).is_none()
    }

    /// Marks the steps that do the same to the same as in an earlier revision, and depend on no others.
    fn compare(
        &self,
        plan: &mut StoredPlan,
        compiled: &Compiled,
        yes: &Approved,
        earlier: &StoredPlan,
    ) -> Result<(), DeskError> {
        let Ok(before) = rebuild(earlier) else { return Ok(()) };
        let Some(dependencies) = Dependencies::of(&compiled.plan) else { return Ok(()) };
        if !self.is_common(plan, earlier)? || assumed(&compiled.plan) != assumed(&before.compiled.plan) {
            return Ok(());
        }
        let old = before.compiled.plan.step_ids().zip(identities(&before.compiled.plan));
        let old: BTreeMap<Digest, StepId> = old.map(|(id, identity)| (identity, id)).collect();
        let said = said(&earlier.report);
        let is_wider = wider(&earlier.report, &plan.report);
        let news: Vec<(String, serde_json::Value)> =
            plan.report.all_steps().map(|step| (step.name.clone(), told(step))).collect();
        let now = Predictions::from(plan.predictions.clone());
        let then = Predictions::from(earlier.predictions.clone());
        let mut same = BTreeSet::new();
        // In the order of the text: what a step depends on was looked at before.
        for (id, identity) in compiled.plan.step_ids().zip(identities(&compiled.plan)) {
            let step = compiled.plan.get(id);
            let Some(twin) = old.get(&identity) else { continue };
            let twin = before.compiled.plan.get(*twin).name.as_str();
            let instances: Vec<_> = news.iter().filter(|(name, _)| base_name(name) == step.name).collect();
            let is_same = |(name, told): &&(String, serde_json::Value)| {
                let other = name.replacen(step.name.as_str(), twin, 1);
                said.get(&other).is_some_and(|other| other == told) && saw(&now, name) == saw(&then, &other)
            };
            let is_exact = |name: &str| plan.report.all_steps().any(|step| step.name == name && is_exact(step));
            let are_bound = !is_wider || instances.iter().all(|(name, _)| is_exact(name));
            let is_founded = dependencies.step(id).is_subset(&same);
            if is_founded && are_bound && !instances.is_empty() && instances.iter().all(is_same) {
                same.insert(id);
            }
        }
        let names: BTreeSet<&str> = same.iter().map(|id| compiled.plan.get(*id).name.as_str()).collect();
        let mark = ApprovedBefore { by: yes.by.clone(), at: yes.at.clone(), rev: earlier.rev, digest: earlier.digest };
        steps_of(&mut plan.report)
            .filter(|step| step.approved_before.is_none() && names.contains(base_name(&step.name)))
            .for_each(|step| step.approved_before = Some(mark.clone()));
        Ok(())
    }

    /// Whether what decides over every step is the same for both: what the operator wants, the variables and the programs.
    fn is_common(&self, plan: &StoredPlan, earlier: &StoredPlan) -> Result<bool, DeskError> {
        let programs = |plan: &StoredPlan| -> Vec<Observation> {
            let all = plan.report.observations.iter();
            all.filter(|seen| matches!(seen.look, Look::Program { .. })).cloned().collect()
        };
        let parts = |bound: Option<String>| -> Option<Vec<Option<serde_json::Value>>> {
            let bound: serde_json::Value = serde_json::from_str(&bound?).ok()?;
            Some(COMMON.iter().map(|name| bound.get(name).cloned()).collect())
        };
        let is_known = |seen: &Observation| {
            let other = earlier.report.observations.iter().find(|other| other.look == seen.look);
            other.is_none_or(|other| other.seen == seen.seen)
        };
        let (now, then) = (parts(self.store.bound(&plan.digest)?), parts(self.store.bound(&earlier.digest)?));
        Ok(now.is_some() && now == then && programs(plan).iter().all(is_known))
    }
}

/// What a plan takes as given, which decides whether any of its steps begins.
fn assumed(plan: &Plan) -> Vec<(&str, Option<Digest>)> {
    let identities = Identities::of(plan);
    let one = |given: &'_ Assumption| given.check.as_ref().map(|check| identities.expr(check, None));
    plan.assumptions.iter().map(|given| (given.text.as_str(), one(given))).collect()
}

fn steps_of(report: &mut PlanReport) -> impl Iterator<Item = &mut StepReport> {
    report.steps.iter_mut().chain(report.verifications.iter_mut().flat_map(|verification| &mut verification.steps))
}

/// What a step saw in the dry run: a script that is another one is another program.
fn saw<'p>(predictions: &'p Predictions, step: &str) -> [&'p [Observation]; 3] {
    predictions.named(step).map_or([&[], &[], &[]], |seen| [&seen.observations, &seen.undo_observations, &seen.named])
}

/// What an approver was told about each step.
fn said(report: &PlanReport) -> BTreeMap<String, serde_json::Value> {
    report.all_steps().map(|step| (step.name.clone(), told(step))).collect()
}

/// What an approver is told about a step, but for its name, what it waits for, and this mark.
fn told(step: &StepReport) -> serde_json::Value {
    let plain =
        StepReport { name: String::new(), waits_for: Vec::new(), approved_before: None, each: None, ..step.clone() };
    serde_json::to_value(plain).unwrap_or_default()
}

/// Whether the dry run knows exactly what the step does, so that a wider `critical` gives it nothing more.
fn is_exact(step: &StepReport) -> bool {
    matches!(step.outcome, StepOutcome::Read { .. } | StepOutcome::Simulated { .. } | StepOutcome::Skipped)
}

/// Whether the newer plan may touch what the older may not: as lines of `critical` are written and resolved.
fn wider(before: &PlanReport, after: &PlanReport) -> bool {
    let line = |line: &crate::report::CriticalReport| (line.verb.clone(), line.resource.clone(), line.value.clone());
    let old: Vec<_> = before.critical.iter().map(line).collect();
    after.critical.iter().map(line).any(|new| !old.contains(&new))
}
