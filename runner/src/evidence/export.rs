//! A stored run ⟶ a bundle.

use super::{Bundle, EVIDENCE_FORMAT, Versions};
use crate::desk::{Desk, DeskError};
use crate::dry_run::BOUND_FORMAT;
use crate::event::{EVENT_FORMAT, Event};
use crate::journal::chain::CHAIN_FORMAT;
use crate::journal::{StoredPlan, StoredRun};
use crate::report::REPORT_FORMAT;
use crate::seal::Keys;
use crate::state::{RunState, StepRecord};
use planc_lang::compiled;
use planc_lang::digest::Digest;
use std::collections::BTreeSet;

/// Why there is no evidence of a run.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It cannot be read, or is not as it was written.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// Nothing has happened.
    #[error("there is no evidence of run `{0}`: it has not begun")]
    NotBegun(String),
    /// The plan was stored by a planc that did not keep what approvals bind.
    #[error("there is no evidence of run `{0}`: an earlier planc stored its plan without what the approval binds")]
    NotKept(String),
}

/// All that tells what was approved for a run and what it did.
pub fn export(desk: &Desk, plan: &StoredPlan, run: &StoredRun) -> Result<Bundle, ExportError> {
    let (records, linked_afterwards) = desk.store.records(&run.id).map_err(DeskError::from)?;
    if records.is_empty() {
        return Err(ExportError::NotBegun(run.id.clone()));
    }
    let bound = desk.store.bound(&plan.digest).map_err(DeskError::from)?;
    let bound = bound.ok_or_else(|| ExportError::NotKept(run.id.clone()))?;
    let (planned, draft) = desk.reopen(plan.clone())?;
    let events: Vec<Event> = desk.shown_events(plan, &run.id)?;
    let state = RunState::fold(&planned.compiled.plan, &events);
    let is_sealed = records.iter().any(|record| Keys::is_sealed(&record.kept));
    Ok(Bundle {
        evidence: EVIDENCE_FORMAT,
        versions: Versions {
            planc: env!("CARGO_PKG_VERSION").into(),
            journal: CHAIN_FORMAT,
            event: EVENT_FORMAT,
            report: REPORT_FORMAT,
            bound: BOUND_FORMAT,
        },
        run: run.id.clone(),
        digest: plan.digest,
        plan_digest: plan.plan_digest,
        sources: draft.stored,
        compiled: String::from_utf8_lossy(&compiled::bytes(&planned.compiled.plan)).into_owned(),
        bound,
        found: desk.sealed_found(&planned)?,
        report: plan.report.clone(),
        records,
        linked_afterwards,
        shown: if is_sealed { events } else { Vec::new() },
        contents: contents(&state),
    })
}

/// The digests of all contents that a run put in place or replaced.
pub(super) fn contents(state: &RunState) -> Vec<Digest> {
    let states =
        state.steps().iter().flat_map(StepRecord::all_changes).flat_map(|change| [&change.before, &change.after]);
    let digests: BTreeSet<Digest> =
        states.filter(|state| !state.is_untold()).filter_map(|state| state.digest().copied()).collect();
    digests.into_iter().collect()
}
