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
mod inventories;
mod lock;
mod modes;
mod paced;
mod plans;
mod records;
mod reports;
mod schema;
mod sessions;
mod standing;
mod store;
mod writer;

pub use error::StoreError;
pub use lock::{LockError, RunLock};
pub use modes::{ModeChange, ModeCounter, ModeSession, Place};
pub use records::{KeptApproval, Recorded, Role, StoredEvent, StoredPlan, StoredRun, StoredSource};
pub use reports::{Delivery, DeliveryStep, NewReport, StoredReport};
pub use sessions::{AuditRow, StoredEntry, StoredSession};
pub use standing::{Grant, Revoked};
pub use store::{RunJournal, Store, event_place};

pub use crate::approval::now;
use crate::approval::{Approved, Claim, Lack};
use crate::event::Event;
use crate::standing::Terms;
use crate::tool::Future_;

/// Where a run writes what happens.
pub trait Journal: Send + Sync {
    /// Records one event; durable when this returns `Ok`.
    fn record(&self, event: Event) -> Future_<'_, Result<(), StoreError>>;

    /// What was recorded so far, in order. Asked once the run is locked.
    fn events(&self) -> Future_<'_, Result<Vec<Event>, StoreError>>;

    /// Uses up what this run needs and records that as its event, in one, durably; or what is lacking. Asked once the run is
    /// locked. What is recorded already is not recorded again.
    fn take_approval<'a>(
        &'a self,
        claim: &'a Claim,
        recorded: Option<&'a Approved>,
    ) -> Future_<'a, Result<Result<Approved, Lack>, StoreError>>;

    /// The standing answers, oldest first. Asked at every call that policy asks about, so that one that is taken back answers no
    /// more.
    fn standing(&self) -> Future_<'_, Result<Vec<Grant>, StoreError>>;

    /// Uses a standing answer for a call of this run, durably; whether it still holds. The same call uses it once.
    fn use_standing<'a>(&'a self, number: i64, call: &'a str) -> Future_<'a, Result<bool, StoreError>>;

    /// Remembers a standing answer that a person gave; its number, durable when this returns `Ok`.
    fn stand<'a>(&'a self, terms: &'a Terms, by: &'a str) -> Future_<'a, Result<i64, StoreError>>;
}
