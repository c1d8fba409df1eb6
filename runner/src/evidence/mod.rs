//! A run ⟶ one file that tells what was approved and what was done, and that file ⟶ whether it holds together: offline, with
//! nothing but the file.
//!
//! The file is JSON in one piece. Nothing in it names a place that would be written or read. What is secret stays sealed in
//! it; the words beside sealed records are the exporter's.

mod attempts;
mod bound;
mod export;
mod history;
mod ended;
mod names;
mod order;
mod shown;
mod turns;
mod unseen;
mod verify;
mod words;
mod yes;

pub use export::{ExportError, export};
pub use verify::{Check, Expected, Unreadable, Verdict, verify};

use crate::event::Event;
use crate::journal::StoredSource;
use crate::journal::chain::Record;
use crate::report::PlanReport;
use planc_lang::digest::Digest;
use serde::{Deserialize, Serialize};

/// The version of the form of bundles.
pub const EVIDENCE_FORMAT: u32 = 1;

/// How large a bundle may be.
pub const MAX_BUNDLE_BYTES: u64 = 256 << 20;

/// The versions of everything that a bundle holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// Of the planc that wrote it.
    pub planc: String,
    /// Of the chain.
    pub journal: u32,
    /// Of events.
    pub event: u32,
    /// Of the report.
    pub report: u32,
    /// Of what an approval binds.
    pub bound: u32,
}

/// All that tells what was approved for a run, and what it did.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// [`EVIDENCE_FORMAT`].
    pub evidence: u32,
    /// Of everything in it.
    pub versions: Versions,
    /// The run.
    pub run: String,
    /// What its approval names.
    pub digest: Digest,
    /// The identity of the compiled plan.
    pub plan_digest: Digest,
    /// The texts of the catalogues, then that of the plan; the built-in catalogue is not among them.
    pub sources: Vec<StoredSource>,
    /// The canonical form of the compiled plan: `plan_digest` is its digest.
    pub compiled: String,
    /// What the approval binds, as canonical JSON: `digest` is its digest.
    pub bound: String,
    /// Where the plan has secrets, what the dry run found, sealed: a commitment to it is bound.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub found: Option<String>,
    /// What the approver was shown.
    pub report: PlanReport,
    /// Every record of the run, as it is kept, with its link.
    pub records: Vec<Record>,
    /// How many of them were linked only after they were written.
    pub linked_afterwards: u64,
    /// Where the records are sealed, what they say as it may be shown: the exporter's word. Else nothing.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub shown: Vec<Event>,
    /// The digests of all contents that the run put in place or replaced.
    pub contents: Vec<Digest>,
}
