//! A plan that waits ⟶ what a yes to it would be and must be; a yes or a no ⟶ recorded.
//!
//! Whether recorded yeses are enough is decided in [`crate::approval`], in the transaction that uses them up.

use super::{Desk, DeskError, Planned};
use crate::approval::{
    Approved, Channel, Claim, Lack, Override, Refusal, STATEMENT_FORMAT, Signed, Signers, Statement, Terms, Verified,
    judge, no_yes_overrides, not_undoable, request, rule_for, site, verify,
};
use crate::journal::{StoredPlan, now};
use crate::report::{ChangeRequest, PlanStatus, StepComment};
use crate::workspace::Observation;
use jiff::Timestamp;
use planc_lang::catalogue::Tool;
use planc_lang::digest::Digest;
use std::collections::BTreeMap;

impl Desk {
    /// What a run of a plan needs a yes for.
    pub fn claim(&self, plan: &StoredPlan) -> Result<Claim, DeskError> {
        Ok(Claim {
            digest: plan.digest,
            deed: plan.report.deed.unwrap_or(plan.digest),
            site: self.site(),
            rule: rule_for(&self.config.approval, &plan.report),
            approvals: self.config.approval.clone(),
            authors: self.store.authors(&plan.digest)?,
            not_undoable: not_undoable(&plan.report),
            failing: plan.report.problems.iter().filter_map(|problem| problem.assumption.clone()).collect(),
            blocked: no_yes_overrides(&plan.report).map(|problem| problem.message.clone()).collect(),
        })
    }

    /// The workspace and the state directory, which no copy of them is.
    pub fn site(&self) -> Digest {
        site(&self.config.workspace, &self.config.state)
    }

    /// A plain yes of this account to a plan, which counts once it is recorded.
    pub fn yes(&self, plan: &StoredPlan, channel: Channel) -> Approved {
        Approved::by_account(plan.digest, plan.report.deed.unwrap_or(plan.digest), self.site(), channel)
    }

    /// Whether a plain yes of this account by a channel would count for a plan.
    pub fn judge(&self, plan: &StoredPlan, channel: Channel) -> Result<(), Refusal> {
        judge(&plan.report, &self.config.approval, &self.yes(plan, channel))
    }

    /// What an approver signs for a plan.
    pub fn statement(
        &self,
        planned: &Planned,
        terms: Terms,
        overrides: Vec<Override>,
        comment: Option<String>,
    ) -> Statement {
        let (plan, report) = (&planned.plan, &planned.plan.report);
        let tools: BTreeMap<&str, &Tool> = planned
            .compiled
            .plan
            .steps
            .iter()
            .flat_map(|step| std::iter::once(&step.call).chain(step.undo.as_deref()))
            .map(|call| (call.tool.name.as_str(), &*call.tool))
            .collect();
        let mut observations: Vec<&Observation> = report.observations.iter().collect();
        observations.sort_by(|a, b| a.look.cmp(&b.look));
        Statement {
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
            workspace: self.config.workspace.to_string_lossy().into_owned(),
            site: self.site(),
            at: now(),
            terms,
            overrides,
            comment,
            nonce: uuid::Uuid::new_v4().simple().to_string(),
        }
    }

    /// The yes that a signed statement is, if its signature holds by the operator's file of signers.
    pub fn signed(&self, signed: Signed) -> Result<Verified, DeskError> {
        let path = self.config.approval.signers.as_deref().ok_or(DeskError::NoSigners)?;
        let signers = Signers::read(path)?;
        let verified = verify(&signed, &signers, self.store.time()?)?;
        match verified.statement.site == self.site() {
            true => Ok(verified),
            false => Err(DeskError::Elsewhere { workspace: verified.statement.workspace }),
        }
    }

    /// Records a yes to a plan, if it may be one; and what is lacking still, where more are wanted.
    pub fn approve(&self, plan: &StoredPlan, yes: &Approved) -> Result<Option<Lack>, DeskError> {
        self.require_execute()?;
        if self.store.plan(&plan.digest.to_string())?.status == PlanStatus::Aborted {
            return Err(DeskError::Aborted);
        }
        if yes.digest != plan.digest {
            return Err(DeskError::OtherDigest { said: yes.digest, plan: plan.digest });
        }
        self.check_unused(plan, None)?;
        judge(&plan.report, &self.config.approval, yes)?;
        let requests = self.store.requests(&plan.plan_digest)?;
        // Whoever signed before somebody wanted changes has not seen that.
        let is_later = |request: &ChangeRequest| match (yes.at.parse::<Timestamp>(), request.at.parse::<Timestamp>()) {
            (Ok(said), Ok(wanted)) => said > wanted,
            _ => false,
        };
        let is_seen = |request: &ChangeRequest| match yes.signed {
            Some(_) => is_later(request),
            None => yes.channel == Channel::Terminal.as_str(),
        };
        if let Some(request) = requests.iter().find(|request| !is_seen(request)) {
            return Err(Refusal::ChangesRequested { by: request.by.clone() }.into());
        }
        if !self.store.record_approval(yes)? {
            return Err(DeskError::KnownAlready);
        }
        self.store.keep_as_shown(plan)?;
        if !requests.is_empty() {
            self.store.withdraw_requests(&plan.plan_digest)?;
        }
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
        if self.store.begun_runs(&plan.plan_digest)?.iter().any(|run| run.plan == plan.digest) {
            return Err(DeskError::Begun(plan.digest));
        }
        let (planned, _) = self.reopen(plan.clone())?;
        let request = request(plan.digest, &planned.compiled.plan, comment, steps)?;
        self.store.record_request(&request, &plan.report.deed.unwrap_or(plan.digest), &plan.plan_digest)?;
        if plan.status != PlanStatus::Blocked {
            self.store.set_plan_status(&plan.digest, PlanStatus::ChangesRequested)?;
        }
        Ok(request)
    }

    /// Records a no: nothing has run, nothing will, and every unused yes is taken back, those to several runs included.
    pub fn abort(&self, plan: &StoredPlan) -> Result<(), DeskError> {
        self.store.revoke_approvals(&plan.digest, &plan.report.deed.unwrap_or(plan.digest))?;
        self.store.set_plan_status(&plan.digest, PlanStatus::Aborted)?;
        Ok(())
    }
}
