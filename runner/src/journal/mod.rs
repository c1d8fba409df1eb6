//! Events, plans, approvals ⟶ a database in the state directory, durable before anything depends on it.
//!
//! Records of a run are a [`chain`], so that one that was changed, removed or added is found. A [`Store`] is the database, a [`Journal`] the part of it that a run writes to: a small trait, so that crashes and
//! full disks can be injected. What events mean is the business of [`crate::state`].

mod approvals;
mod at;
pub mod chain;
mod error;
mod extractions;
mod head;
mod lock;
mod modes;
mod plans;
mod records;
mod reports;
mod schema;
mod standing;
mod store;
mod writer;

pub use error::StoreError;
pub use lock::{LockError, RunLock};
pub use modes::{ModeChange, ModeCounter, ModeSession, Place};
pub use records::{Role, StoredEvent, StoredPlan, StoredRun, StoredSource};
pub use reports::{Delivery, DeliveryStep, NewReport, StoredReport};
pub use standing::{Grant, Revoked};
pub use store::{RunJournal, Store, event_place};

use crate::event::{Approved, Event};
use crate::standing::Terms;
use crate::tool::Future_;
use planc_lang::digest::Digest;

/// Where a run writes what happens.
pub trait Journal: Send + Sync {
    /// Records one event; durable when this returns `Ok`.
    fn record(&self, event: Event) -> Future_<'_, Result<(), StoreError>>;

    /// What was recorded so far, in order. Asked once the run is locked.
    fn events(&self) -> Future_<'_, Result<Vec<Event>, StoreError>>;

    /// Uses up a yes for a digest, durably, for this run; none: there is none. Asked once the run is locked, right before
    /// the yes is recorded as an event.
    fn take_approval<'a>(&'a self, digest: &'a Digest) -> Future_<'a, Result<Option<Approved>, StoreError>>;

    /// The standing answers, oldest first. Asked at every call that policy asks about, so that one that is taken back answers no
    /// more.
    fn standing(&self) -> Future_<'_, Result<Vec<Grant>, StoreError>>;

    /// Uses a standing answer for a call of this run, durably; whether it still holds. The same call uses it once.
    fn use_standing<'a>(&'a self, number: i64, call: &'a str) -> Future_<'a, Result<bool, StoreError>>;

    /// Remembers a standing answer that a person gave; its number, durable when this returns `Ok`.
    fn stand<'a>(&'a self, terms: &'a Terms, by: &'a str) -> Future_<'a, Result<i64, StoreError>>;
}

/// The present time, RFC 3339 in UTC.
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
