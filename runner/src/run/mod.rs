//! What executing and taking back have in common: what a run is given, how it records, asks, stops and calls.

mod agree;
mod ask;
mod call;
mod called;
mod caller;
mod cells;
mod clean;
mod found;
mod images;
mod judged;
mod known;
mod late;
mod left;
mod lines;
mod looked;
mod named;
mod others;
mod permit;
mod provenance;
mod recorder;
mod simulate;
mod strange;
mod surroundings;
mod unapproved;
mod unseen;
mod values;
mod ways;

pub use ask::{Agreement, Answer, Ask, CannotAsk, GateQuestion, LateQuestion, Question};
pub use call::MAX_DEPTH;
pub use late::{MAX_CONTENT_SHOWN, MAX_LATE_BYTES};
pub use left::{MAX_LEFT_SHOWN, MAX_LISTED};
pub use recorder::{Recorder, Watch};
pub use surroundings::{Begun, Keep, Surroundings};

pub(crate) use agree::{Agreed, agree};
pub(crate) use call::{Purpose, acceptable, call_live, call_program, implementation, paced, place_of, timeout_of};
pub(crate) use called::one_by_one;
pub(crate) use caller::{check, not_true};
pub(crate) use cells::leaves_nothing;
pub(crate) use clean::{clean, sweep};
pub(crate) use found::of_paths;
pub(crate) use images::{Progress, progress};
pub(crate) use judged::judged;
pub(crate) use known::{OwnChanges, changes_files, is_unrecorded, said_to_change};
pub(crate) use late::{Found, critical, list_id, of_call, of_condition, of_contents, of_list, of_releases};
pub(crate) use lines::{critical_values, grants, of_check};
pub(crate) use looked::{as_found, look_again};
pub(crate) use named::{expected_files, is_agreed, of_named};
pub(crate) use others::{astray_in, uncovered_in};
pub(crate) use permit::{Made, Permit, permit, permit_changes};
pub(crate) use simulate::{ByRun, Simulated, are_same, simulate, simulate_marked};
pub(crate) use surroundings::{marked, own};
pub(crate) use unapproved::{Naming, Unapproved};
pub(crate) use values::{Known, elements, environment, environment_of, present_states, release_id, results, value_of};

use crate::approval::{Approved, Claim};
use crate::clock::Clock;
use crate::config::Config;
use crate::journal::{Journal, LockError, StoreError};
use crate::mode::ModeWatch;
use crate::prediction::Predictions;
use crate::stop::Stop;
use crate::tool::registry::Registry;
use crate::veil::Veil;
use crate::workspace::{Contents, Observation, Workspace};
use planc_lang::compile::Compiled;
use planc_lang::digest::Digest;
use planc_lang::labels::Labels;
use planc_lang::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a call may take where neither the step nor its tool says.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// How long past its time limit, or past a kill, a call may take to say what became of it.
pub const GRACE: Duration = Duration::from_secs(10);

/// What is said of the deadline of a run when it begins or goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// It may go on until then.
    Until(jiff::Timestamp),
    /// It may go on for so long, from when it is carried on.
    For(Duration),
    /// It may take as long as it takes.
    Never,
}

/// Everything that a run needs.
#[derive(Clone)]
pub struct RunSetup {
    /// The name of the run.
    pub run: String,
    /// What the operator decided.
    pub config: Arc<Config>,
    /// The plan.
    pub compiled: Arc<Compiled>,
    /// Values of its inputs, by index.
    pub inputs: Vec<Value>,
    /// What the dry run expects of each step.
    pub predictions: Predictions,
    /// The values that the dry run found for the lines of `critical` that are about one, by index of the line.
    pub critical: Vec<Option<Value>>,
    /// The values of releases that the dry run knew, by `let NAME`; those of secrets say only that they were known.
    pub releases: Arc<BTreeMap<String, Value>>,
    /// Where values come from.
    pub labels: Arc<Labels>,
    /// Everything that the dry run looked at outside the plan.
    pub observations: Vec<Observation>,
    /// The files.
    pub workspace: Arc<Workspace>,
    /// Earlier and later contents of files.
    pub contents: Contents,
    /// The tools.
    pub registry: Arc<Registry>,
    /// Where everything is recorded.
    pub journal: Arc<dyn Journal>,
    /// What is known of the workspace, where what others change in it is to be shown.
    pub around: Option<Arc<Surroundings>>,
    /// What an approval of this plan names: the digest of its report.
    pub digest: Digest,
    /// What the operator wants of a yes to it.
    pub claim: Claim,
    /// A yes that the caller answers for; none: the journal has it, or gives it when the run is locked, see
    /// [`Journal::take_approval`].
    pub approval: Option<Approved>,
    /// What is secret; none: nothing.
    pub veil: Option<Veil>,
    /// Says when plan mode becomes active; none: it never does.
    pub mode: Option<Arc<ModeWatch>>,
    /// Asks a person.
    pub ask: Arc<dyn Ask>,
    /// Who answers, for the record of standing answers.
    pub by: String,
    /// Says when to stop.
    pub stop: Stop,
    /// What a person says of its deadline; none: what was said before holds, at the beginning what the operator wants.
    pub deadline: Option<Deadline>,
    /// Told of every event once it is durable.
    pub watch: Option<Watch>,
    /// What the run waits by.
    pub clock: Arc<dyn Clock>,
    /// How many calls run at the same time at most.
    pub parallel: usize,
    /// How long past its time limit, or past a kill, a call may take to say what became of it.
    pub grace: Duration,
}

/// Why a run could not be carried on. Everything that was recorded stays, and it can be resumed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The journal does not take what happened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another process is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Nobody said yes, or not as the operator wants it.
    #[error("run `{run}` has no approval: {why}")]
    NotApproved {
        /// The run.
        run: String,
        /// What is lacking.
        why: String,
    },
    /// The yes is for something else.
    #[error("the approval is for {approved}, not for {wanted}")]
    OtherApproval {
        /// What was approved.
        approved: String,
        /// What would run.
        wanted: String,
    },
    /// Its time is over.
    #[error("the deadline of run `{run}` has passed: {at}")]
    Overdue {
        /// The run.
        run: String,
        /// When that was.
        at: String,
    },
    /// It is over.
    #[error("run `{run}` is over: {how}")]
    Over {
        /// The run.
        run: String,
        /// In a word.
        how: String,
    },
    /// There is no room for what the run writes; what it was doing is finished when it is resumed.
    #[error("run `{run}` cannot go on with step `{step}`: {why}")]
    NoRoom {
        /// The run.
        run: String,
        /// The step.
        step: String,
        /// What was attempted on what, and what is full.
        why: String,
    },
    /// A tool's code broke down; what it was doing is found out when the run is resumed.
    #[error("the call of step `{step}` broke down: {why}")]
    Broken {
        /// The step.
        step: String,
        /// What is known.
        why: String,
    },
}
