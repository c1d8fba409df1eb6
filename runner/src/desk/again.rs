//! A plan with secret inputs that was planned before ⟶ the same plan again, with the secrets that it was planned with.
//!
//! What is given for such an input now is compared with nothing: whoever tries values would learn which was meant.

use super::bound::as_given;
use super::inputs::inputs_or;
use super::{Desk, DeskError, Draft, Given, Planned, named};
use crate::journal::{KeptApproval, StoredPlan};
use crate::report::PlanReport;
use planc_lang::digest::Digest;
use planc_lang::plan::{Input, Plan};
use planc_lang::value::Value;

/// Why a digest does not name a dry run of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Unlike {
    /// There is no such dry run here.
    Unknown,
    /// It is one of another text.
    Text,
    /// It had other inputs that are no secrets.
    Inputs {
        /// As they are shown.
        approved: Value,
        /// The same of those that were given.
        now: Value,
    },
}

/// Whether a plan has inputs that are secret.
pub fn has_secret_inputs(plan: &Plan) -> bool {
    plan.inputs.iter().any(|input| input.secret)
}

/// The inputs of a report by name.
pub fn shown_inputs(report: &PlanReport) -> Value {
    Value::record(report.inputs.iter().map(|input| (input.name.clone(), input.value.clone())))
}

impl Desk {
    /// The stored plan with this digest, where it is a dry run of the draft with these inputs; of what is secret nothing is compared.
    pub fn as_planned(
        &self,
        draft: &Draft,
        given: &[Given],
        digest: Digest,
    ) -> Result<Result<Planned, Unlike>, DeskError> {
        let plan = &draft.compiled.plan;
        let Ok(stored) = self.store.plan(&digest.to_string()) else { return Ok(Err(Unlike::Unknown)) };
        if stored.plan_digest != draft.compiled.digest {
            return Ok(Err(Unlike::Text));
        }
        let planned = |input: &Input| stored.inputs.get(&input.name).filter(|_| input.secret).cloned();
        let values = named(plan, &inputs_or(plan, given, planned)?);
        if values != stored.inputs {
            let approved = shown_inputs(&stored.report);
            let now = Value::record(plan.inputs.iter().map(|input| {
                let from = if input.secret { &approved } else { &values };
                (input.name.clone(), from.get(&input.name).cloned().unwrap_or(Value::Null))
            }));
            return Ok(Err(Unlike::Inputs { approved, now }));
        }
        self.reopened_to_run(stored).map(Ok)
    }

    /// A stored plan to be carried out. Where it has run, and somebody has approved more runs of it, the dry run is made again with the
    /// inputs that it has.
    pub fn reopened_to_run(&self, plan: StoredPlan) -> Result<Planned, DeskError> {
        let (planned, draft) = self.reopen(plan)?;
        let has_secrets = has_secret_inputs(&planned.compiled.plan);
        if !has_secrets || !self.has_begun(&planned.plan)? || !self.has_more_uses(&planned.plan)? {
            return Ok(planned);
        }
        let inputs = as_given(&planned.inputs);
        let outcome = self.dry_run(&draft, &inputs)?;
        let outcome = self.as_approved(&draft, &inputs, None, outcome)?;
        self.keep(&draft, &inputs, (outcome, Some(planned.plan.digest)))
    }

    fn has_begun(&self, plan: &StoredPlan) -> Result<bool, DeskError> {
        Ok(self.store.begun_runs(&plan.plan_digest)?.iter().any(|run| run.plan == plan.digest))
    }

    /// Whether a yes to several runs of a plan is left.
    fn has_more_uses(&self, plan: &StoredPlan) -> Result<bool, DeskError> {
        let deed = plan.report.deed.unwrap_or(plan.digest);
        let is_left = |kept: &KeptApproval| {
            let uses = kept.yes.terms.uses;
            kept.revoked.is_none() && uses > 1 && uses > kept.used && kept.yes.is_for(plan.digest, deed)
        };
        Ok(self.store.approvals()?.iter().any(is_left))
    }
}
