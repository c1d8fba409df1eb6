//! A plan that waits ⟶ what a yes to it would be and must be; a yes or a no ⟶ recorded.
//!
//! Whether recorded yeses are enough is decided in [`crate::approval`], in the transaction that uses them up.

use super::{Desk, DeskError, Planned, rebuild};
use crate::approval::{
    Approved, Channel, Claim, Lack, Override, Refusal, STATEMENT_FORMAT, Signed, Signers, Statement, Terms, Verified,
    judge, no_yes_overrides, not_undoable, request, rule_for, site, verify,
};
use crate::journal::{Recorded, StoredPlan, now};
use crate::report::{ChangeRequest, PlanStatus, StepComment};
use crate::workspace::Observation;
use planc_lang::catalogue::Tool;
use planc_lang::digest::Digest;
use planc_lang::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};

impl Desk {
    /// What a run of a plan needs a yes for.
    pub fn claim(&self, plan: &StoredPlan) -> Result<Claim, DeskError> {
        Ok(Claim {
            digest: plan.digest,
            deed: plan.report.deed.unwrap_or(plan.digest),
            site: self.site()?,
            written: self.written(plan)?,
            rule: rule_for(&self.config.approval, &plan.report),
            approvals: self.config.approval.clone(),
            authors: self.store.authors(&plan.digest)?,
            not_undoable: not_undoable(&plan.report),
            failing: plan.report.problems.iter().filter_map(|problem| problem.assumption.clone()).collect(),
            blocked: no_yes_overrides(&plan.report).map(|problem| problem.message.clone()).collect(),
        })
    }

    /// The workspace and the state directory, which no copy of them is.
    pub fn site(&self) -> Result<Digest, DeskError> {
        Ok(site(&self.config.workspace, &self.config.state, &self.store.identity()?))
    }

    /// A plain yes of this account to a plan, which counts once it is recorded.
    pub fn yes(&self, plan: &StoredPlan, channel: Channel) -> Result<Approved, DeskError> {
        Ok(Approved::by_account(plan.digest, plan.report.deed.unwrap_or(plan.digest), self.site()?, channel))
    }

    /// Whether a plain yes of this account by a channel would count for a plan.
    pub fn judge(&self, plan: &StoredPlan, channel: Channel) -> Result<(), DeskError> {
        Ok(judge(&plan.report, &self.config.approval, &self.yes(plan, channel)?)?)
    }

    /// What an approver signs for a plan.
    pub fn statement(
        &self,
        planned: &Planned,
        terms: Terms,
        overrides: Vec<Override>,
        comment: Option<String>,
    ) -> Result<Statement, DeskError> {
        Ok(Statement { terms, overrides, comment, ..self.unsaid(&planned.plan, &planned.compiled.plan)? })
    }

    /// What an approver signs for a plan who says nothing else with it.
    fn unsaid(&self, plan: &StoredPlan, compiled: &Plan) -> Result<Statement, DeskError> {
        let report = &plan.report;
        let tools: BTreeMap<&str, &Tool> = compiled
            .steps
            .iter()
            .flat_map(|step| std::iter::once(&step.call).chain(step.undo.as_deref()))
            .map(|call| (call.tool.name.as_str(), &*call.tool))
            .collect();
        let mut observations: Vec<&Observation> = report.observations.iter().collect();
        observations.sort_by(|a, b| a.look.cmp(&b.look));
        Ok(Statement {
            statement: STATEMENT_FORMAT,
            kind: "approval".to_owned(),
            title: plan.title.clone(),
            rev: plan.rev,
            time: report.time,
            digest: plan.digest,
            deed: report.deed.unwrap_or(plan.digest),
            plan: plan.plan_digest,
            catalogue: Digest::of_json(&tools),
            policy: Digest::of_json(&(self.config.policy.digest(), &self.config.approval)),
            // As the report shows them: what is secret is not in it.
            inputs: Digest::of_json(&report.inputs),
            observations: Digest::of_json(&observations),
            requests: plan.heard,
            workspace: self.config.workspace.to_string_lossy().into_owned(),
            site: self.site()?,
            at: now(),
            terms: Terms::default(),
            overrides: Vec::new(),
            comment: None,
            nonce: uuid::Uuid::new_v4().simple().to_string(),
        })
    }

    /// What planc writes for each plan that a signed yes to this one names: to this very one, or to another time of the same.
    fn written(&self, plan: &StoredPlan) -> Result<Vec<Statement>, DeskError> {
        let deed = plan.report.deed.unwrap_or(plan.digest);
        let is_signed = |yes: &Approved| yes.signed.is_some() && yes.is_for(plan.digest, deed);
        let yeses = self.store.approvals()?.into_iter().filter(|kept| kept.revoked.is_none()).map(|kept| kept.yes);
        let named: BTreeSet<Digest> = yeses.filter(is_signed).map(|yes| yes.digest).collect();
        // What is not stored any more, or means something else now, nobody can hold a statement against.
        let written = |digest: Digest| {
            let stored = self.store.plan(&digest.to_string()).ok()?;
            let draft = rebuild(&stored).ok()?;
            self.unsaid(&stored, &draft.compiled.plan).ok()
        };
        Ok(named.into_iter().filter_map(written).collect())
    }

    /// The yes that a signed statement is, if its signature holds by the operator's file of signers, and if it is what planc writes
    /// for this plan: whoever signs reads all of it, and may go by any of it.
    pub fn signed(&self, planned: &Planned, signed: Signed) -> Result<Verified, DeskError> {
        let path = self.config.approval.signers.as_deref().ok_or(DeskError::NoSigners)?;
        let signers = Signers::read(path)?;
        let verified = verify(&signed, &signers, self.store.time()?)?;
        let statement = &verified.statement;
        if statement.site != self.site()? {
            return Err(DeskError::Elsewhere { workspace: statement.workspace.clone() });
        }
        if statement.digest != planned.plan.digest {
            return Err(DeskError::OtherDigest { said: statement.digest, plan: planned.plan.digest });
        }
        statement.check(&self.unsaid(&planned.plan, &planned.compiled.plan)?)?;
        Ok(verified)
    }

    /// Records a yes to a plan, if it may be one; and what is lacking still, where more are wanted.
    pub fn approve(&self, plan: &StoredPlan, yes: &Approved) -> Result<Option<Lack>, DeskError> {
        self.require_execute()?;
        if yes.digest != plan.digest {
            return Err(DeskError::OtherDigest { said: yes.digest, plan: plan.digest });
        }
        self.check_unused(plan, None)?;
        judge(&plan.report, &self.config.approval, yes)?;
        // Whoever signed has seen what was there when the statement was written, whatever their clock says.
        let heard = match &yes.signed {
            Some(signed) => Statement::parse(&signed.statement)?.requests,
            None => plan.heard,
        };
        // Who names a digest has read a card before; a run may begin as soon as the yes is recorded.
        if plan.inventory.is_some() && yes.channel == Channel::Argument.as_str() {
            self.store.forget_inventory(plan)?;
        }
        match self.store.record_approval(yes, &plan.plan_digest, heard)? {
            Recorded::New => {}
            Recorded::Known => return Err(DeskError::KnownAlready),
            Recorded::Unheard { by } => return Err(Refusal::ChangesRequested { by }.into()),
            Recorded::Aborted => return Err(DeskError::Aborted),
        }
        // The card was made right before the question.
        if let Some(seen) = plan.inventory.as_ref().filter(|_| yes.channel == Channel::Terminal.as_str()) {
            self.store.replace_inventory(plan, seen)?;
        }
        self.store.keep_as_shown(plan)?;
        let run = self.store.open_run(&plan.digest)?;
        match self.store.judge_approval(&self.claim(plan)?, &run.id)? {
            Ok(_) => {
                self.store.set_plan_status(&plan.digest, PlanStatus::Approved)?;
                Ok(None)
            }
            Err(lack) => Ok(Some(lack)),
        }
    }

    /// Takes back a yes by what it is known by, since nothing came of it. Where nothing else approves the plan, it waits again.
    pub fn unsay(&self, plan: &StoredPlan, yes: &str) -> Result<(), DeskError> {
        self.store.revoke_named(yes)?;
        let run = self.store.open_run(&plan.digest)?;
        if self.store.judge_approval(&self.claim(plan)?, &run.id)?.is_err() {
            self.store.set_plan_status(&plan.digest, PlanStatus::NeedsApproval)?;
        }
        Ok(())
    }

    /// Records a no with what is to be different; every unused yes is taken back. Until a person who sees it says yes to the same
    /// text, nothing else approves that.
    pub fn request_changes(
        &self,
        plan: &StoredPlan,
        comment: Option<String>,
        steps: Vec<StepComment>,
    ) -> Result<ChangeRequest, DeskError> {
        let (planned, _) = self.reopen(plan.clone())?;
        let request = request(plan.digest, &planned.compiled.plan, comment, steps)?;
        if !self.store.record_request(&request, &plan.report.deed.unwrap_or(plan.digest), &plan.plan_digest)? {
            return Err(DeskError::Begun(plan.digest));
        }
        if plan.status != PlanStatus::Blocked {
            self.store.set_plan_status(&plan.digest, PlanStatus::ChangesRequested)?;
        }
        Ok(request)
    }

    /// Records a no: nothing has run, nothing will, and every unused yes is taken back, those to several runs included.
    pub fn abort(&self, plan: &StoredPlan) -> Result<(), DeskError> {
        match self.store.abort(&plan.digest, &plan.report.deed.unwrap_or(plan.digest))? {
            true => Ok(()),
            false => Err(DeskError::Begun(plan.digest)),
        }
    }
}
