//! What the store keeps, as plain data.

use crate::approval::Approved;
use crate::event::Event;
use crate::inventory::Inventory;
use crate::prediction::Prediction;
use crate::report::{PlanReport, PlanStatus};
use crate::workspace::Observation;
use planc_lang::digest::Digest;
use planc_lang::value::Value;
use serde::{Deserialize, Serialize};

/// A plan with everything that is needed to carry it out later.
#[derive(Clone, Debug)]
pub struct StoredPlan {
    /// What an approval names.
    pub digest: Digest,
    /// The identity of the compiled plan alone.
    pub plan_digest: Digest,
    /// What its revisions have in common: the name of the source, or the title where it came from standard input.
    pub key: String,
    /// Which text of this plan it is, from 1.
    pub rev: u32,
    /// The title.
    pub title: String,
    /// Where it is in its life.
    pub status: PlanStatus,
    /// The texts that it was compiled from, in the order they were added.
    pub sources: Vec<StoredSource>,
    /// Whether it has secrets: inputs, report and predictions are kept sealed.
    pub secret: bool,
    /// Inputs by name, as a record.
    pub inputs: Value,
    /// What the approver was shown.
    pub report: PlanReport,
    /// What the dry run expects of each step.
    pub predictions: Vec<Prediction>,
    /// What the dry run looked at besides what the report tells, because of a secret.
    pub untold: Vec<Observation>,
    /// What makes its digest another one than that of every other dry run, where it has secrets.
    pub once: Option<String>,
    /// When it was first stored, RFC 3339 in UTC.
    pub created_at: String,
    /// The requests for changes of its text that there were when its card was drawn, as [`Store::heard`] has them; it is not kept.
    ///
    /// [`Store::heard`]: super::Store::heard
    pub heard: Option<Digest>,
    /// What was in the workspace when its card was made, where that is of interest; it is kept beside the plan.
    pub inventory: Option<Inventory>,
}

/// What became of a yes that was to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is recorded.
    New,
    /// It was recorded before, whatever became of it, and is not again.
    Known,
    /// Somebody requested changes, and whoever said it has not seen that, or could not have.
    Unheard {
        /// Who.
        by: String,
    },
    /// Somebody said no to the plan.
    Aborted,
}

impl StoredPlan {
    /// Everything that the dry run looked at outside the plan.
    pub fn looked(&self) -> Vec<Observation> {
        self.report.observations.iter().chain(&self.untold).cloned().collect()
    }
}

/// A text that a plan was compiled from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSource {
    /// What diagnostics call it.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// What it is for.
    pub role: Role,
}

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The plan.
    Plan,
    /// A catalogue.
    Catalogue,
}

/// A run: one carrying out of a plan, from the moment it waits for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRun {
    /// Eight lower-case hexadecimal digits.
    pub id: String,
    /// The digest of its plan.
    pub plan: Digest,
    /// RFC 3339 in UTC.
    pub created_at: String,
}

/// An event with its place in the run.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    /// From 1, without gaps.
    pub seq: u64,
    /// When it was recorded, RFC 3339 in UTC.
    pub at: String,
    /// What happened.
    pub event: Event,
}

/// A yes to a plan, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptApproval {
    /// Its number here.
    pub id: i64,
    /// The record.
    pub yes: Approved,
    /// When it was taken back, RFC 3339 in UTC; none: it was not.
    pub revoked: Option<String>,
    /// How many runs have used it.
    pub used: u32,
}
