//! A stored plan and the bounds of a yes ⟶ the statement that an approver signs; a signed statement ⟶ the yes that it is here.

use super::{Desk, DeskError};
use crate::approval::{
    Approved, Override, STATEMENT_FORMAT, Signed, Signers, Statement, StatementError, Terms, now, verify,
};
use crate::journal::StoredPlan;
use planc_lang::digest::Digest;
use std::collections::BTreeMap;

impl Desk {
    /// What somebody signs who approves a stored plan.
    pub fn statement(
        &self,
        plan: &StoredPlan,
        terms: Terms,
        overrides: Vec<Override>,
        comment: Option<String>,
    ) -> Result<Statement, DeskError> {
        let (planned, _) = self.reopen(plan.clone())?;
        let steps = planned.compiled.plan.steps.iter();
        let calls = steps.flat_map(|step| std::iter::once(&step.call).chain(&step.undo));
        let tools: BTreeMap<&str, _> = calls.map(|call| (call.tool.name.as_str(), &call.tool)).collect();
        let decisions: Vec<_> =
            tools.iter().map(|(name, tool)| (*name, self.config.decision(name, tool.approval))).collect();
        let definitions: Vec<(&str, Digest)> =
            tools.iter().map(|(name, tool)| (*name, Digest::of_json(tool.as_ref()))).collect();
        let inputs: Vec<_> = plan.report.inputs.iter().map(|input| (&input.name, &input.value)).collect();
        Ok(Statement {
            statement: STATEMENT_FORMAT,
            kind: "approval".into(),
            title: plan.title.clone(),
            rev: plan.rev,
            time: plan.report.time,
            digest: plan.digest,
            deed: plan.report.deed.unwrap_or(plan.digest),
            plan: plan.plan_digest,
            catalogue: Digest::of_json(&definitions),
            policy: Digest::of_json(&(decisions, &self.config.approval, &self.config.pass_env)),
            inputs: Digest::of_json(&inputs),
            observations: Digest::of_json(&plan.report.observations),
            workspace: self.config.workspace.to_string_lossy().into_owned(),
            site: self.site(),
            at: now(),
            terms,
            overrides,
            comment,
            nonce: uuid::Uuid::new_v4().simple().to_string(),
        })
    }

    /// The operator's file of signers, as it is now.
    pub fn signers(&self) -> Result<Signers, DeskError> {
        let path = self.config.approval.signers.as_ref().ok_or(DeskError::NoSigners)?;
        Signers::read(path).map_err(|error| DeskError::Signed(StatementError::Signer(error.to_string())))
    }

    /// The yes that a signed statement is, if its signature holds and it is meant for here.
    pub fn signed(&self, signed: Signed, channel: &str) -> Result<Approved, DeskError> {
        let verified = verify(&signed, &self.signers()?, self.store.time()?).map_err(DeskError::Signed)?;
        if verified.statement.site != self.site() {
            let workspace = verified.statement.workspace.clone();
            return Err(DeskError::Elsewhere { workspace });
        }
        Ok(verified.statement.approved(&verified.by, channel, signed))
    }
}
