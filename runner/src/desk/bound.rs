//! What an approval is bound to, computed again: of a dry run, whether it is what somebody has approved; of a stored plan, whether its
//! run may begin or go on, and what of it evidence keeps sealed.

use super::{Desk, DeskError, Draft, Planned};
use crate::approval::Channel;
use crate::dry_run::{
    Bound, InputValue, Outcome, approval_digest, bound_bytes, deed_digest, other_file, other_variables,
};
use crate::journal::StoredRun;
use crate::report::PlanReport;
use crate::veil::Veil;
use crate::workspace::Observation;
use planc_lang::digest::Digest;
use planc_lang::value::Value;

impl Desk {
    /// What a dry run found, as the plan that has a yes, where it is that.
    pub(super) fn as_approved(
        &self,
        draft: &Draft,
        inputs: &[InputValue],
        named: Option<Digest>,
        found: Outcome,
    ) -> Result<Outcome, DeskError> {
        let veil = self.veil(&draft.compiled, inputs.iter().map(|input| input.value.clone()).collect())?;
        let observations = found.looked();
        let given = self.store.approvals()?.into_iter().filter(|kept| kept.revoked.is_none());
        for digest in given.map(|kept| kept.yes.digest).chain(named) {
            let Ok(approved) = self.store.plan(&digest.to_string()) else { continue };
            let is_yes = named != Some(digest) || self.judge(&approved, Channel::Argument).is_ok();
            if !is_yes || approved.once.is_none() || approved.plan_digest != draft.compiled.digest {
                continue;
            }
            let as_approved = Bound {
                compiled: &draft.compiled,
                inputs,
                config: &self.config,
                report: &found.report,
                observations: &observations,
                predictions: &found.predictions,
                veil: veil.as_ref(),
                site: Some(self.site()?),
                once: approved.once.as_deref(),
            };
            let (bound, deed) = (bound_bytes(&as_approved), Some(deed_digest(&as_approved)));
            let digest = Digest::of(&bound);
            if digest == approved.digest || deed == approved.report.deed {
                let report = PlanReport { digest, deed, ..found.report };
                return Ok(Outcome { report, once: approved.once, bound, ..found });
            }
        }
        Ok(found)
    }

    /// What the dry run of a plan with secrets found, sealed for evidence; none: it has none.
    pub fn sealed_found(&self, planned: &Planned) -> Result<Option<String>, DeskError> {
        let inputs = as_given(&planned.inputs);
        let veil = self.veil(&planned.compiled, planned.inputs.clone())?;
        let looked = planned.plan.looked();
        let found = self.bound(planned, &inputs, &looked, veil.as_ref())?.found();
        let Some(found) = found else { return Ok(None) };
        let place = found_place(&planned.plan.digest);
        Ok(Some(self.sealer()?.seal(&place, &String::from_utf8_lossy(&found))?))
    }

    /// What an approval of a stored plan is bound to, under what the operator decides now.
    fn bound<'b>(
        &'b self,
        planned: &'b Planned,
        inputs: &'b [InputValue],
        observations: &'b [Observation],
        veil: Option<&'b Veil>,
    ) -> Result<Bound<'b>, DeskError> {
        Ok(Bound {
            compiled: &planned.compiled,
            inputs,
            config: &self.config,
            report: &planned.plan.report,
            observations,
            predictions: &planned.plan.predictions,
            veil,
            site: Some(self.site()?),
            once: planned.plan.once.as_deref(),
        })
    }

    /// Whether a run may begin or go on: what the operator decided since the plan was stored makes it another plan, an
    /// approval is for one run, and an earlier run of the same plan that is not over comes first.
    pub fn check_bound(&self, run: &StoredRun, planned: &Planned) -> Result<(), DeskError> {
        let inputs = as_given(&planned.inputs);
        let veil = self.veil(&planned.compiled, planned.inputs.clone())?;
        let looked = planned.plan.looked();
        let bound = self.bound(planned, &inputs, &looked, veil.as_ref())?;
        if approval_digest(&bound) != planned.plan.digest {
            let digest = planned.plan.digest;
            let stored = self.store.bound(&digest)?.unwrap_or_default();
            let names = other_variables(&stored, &String::from_utf8_lossy(&bound_bytes(&bound)));
            return Err(match other_file(&stored, &bound) {
                Some((server, file)) => DeskError::OtherFile { digest, server, file },
                None if !names.is_empty() => DeskError::OtherVariables { digest, names },
                None => DeskError::OtherPolicy(digest),
            });
        }
        match self.store.events(&run.id)?.is_empty() {
            true => {
                self.check_unused(&planned.plan, Some(&run.id))?;
                self.check_room(&planned.plan)
            }
            false => Ok(()),
        }
    }
}

/// The place for which what a dry run found is sealed in evidence.
pub fn found_place(digest: &Digest) -> String {
    format!("found of {digest}")
}

pub(super) fn as_given(inputs: &[Value]) -> Vec<InputValue> {
    inputs.iter().map(|value| InputValue { value: value.clone(), default: false }).collect()
}
