//! What is known of one step, of one `each` block, and how the checklist shows it.

use crate::event::Conflict;
use crate::workspace::Change;
use planc_lang::digest::Digest;
use planc_lang::plan::Instance;
use planc_lang::value::Value;

/// What is known of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRecord {
    /// Its name: of a step of an `each` block with the element's position, `flag[3]`.
    pub name: String,
    /// Which step of the plan it is, and for which element; none: the plan has no such step.
    pub instance: Option<Instance>,
    /// The verification it belongs to.
    pub verification: Option<usize>,
    /// Where it stands.
    pub state: StepState,
    /// The last attempt, from 1; 0 before the first.
    pub attempt: u32,
    /// How many attempts have failed. One that a crash cut off has not.
    pub failures: u32,
    /// The arguments of the last attempt.
    pub args: Option<Value>,
    /// What it gave last; kept when it is taken back.
    pub result: Option<Value>,
    /// The last answer to the question whether it may be called: `once`, `always`, `no`.
    pub answer: Option<String>,
    /// The last answer to the question whether what its program changed may be kept, with the digest of these changes.
    pub changes_answer: Option<(Digest, String)>,
    /// Whether a call waits for a yes.
    pub waits: bool,
    /// How long a step that polls has been looking, in milliseconds.
    pub spent_ms: u64,
    /// Whether its changes were recorded before they were made: a file tool's.
    pub by_files: bool,
    /// Everything that it changed or may have changed in the workspace, in order, all attempts.
    pub changes: Vec<Change>,
    /// What of that was taken back.
    pub restored: Vec<Change>,
    /// What was left when it was taken back last.
    pub conflicts: Vec<Conflict>,
    /// The declared call that takes it back.
    pub undo_call: UndoCall,
    /// Everything that this call changed or may have changed in the workspace, in order, all attempts; not what it did in the open.
    pub undo_changes: Vec<Change>,
    /// What of that was about to be put in place when nothing more was recorded: it is finished first.
    pub undo_pending: Vec<Change>,
    /// When it last started or ended, on the run's own clock.
    pub clock: u64,
}

/// Where a step stands.
#[derive(Clone, Debug, PartialEq)]
pub enum StepState {
    /// It has not started.
    Waiting,
    /// A call was about to be made; what became of it is not recorded.
    Running {
        /// For file tools: exactly what will be changed, in order.
        changes: Vec<Change>,
        /// For file tools: the result, once the changes are made.
        result: Option<Value>,
    },
    /// It has its result.
    Succeeded {
        /// The result.
        result: Value,
    },
    /// It failed.
    Failed {
        /// Why.
        error: String,
        /// Whether its effect took place nevertheless.
        effect_done: bool,
        /// Whether a person said so: it is not tried again.
        settled: bool,
    },
    /// It was not run.
    Skipped {
        /// Why.
        reason: String,
    },
    /// It cannot be told whether it took effect.
    InDoubt {
        /// Why.
        reason: String,
    },
    /// What it did was taken back.
    Undone,
}

/// What became of a declared `undo` call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UndoCall {
    /// It was not made.
    #[default]
    None,
    /// It was about to be made; what became of it is not recorded.
    Started,
    /// It was made.
    Done,
    /// It failed.
    Failed(String),
}

/// What is known of an `each` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRecord {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: BlockState,
}

/// Where an `each` block stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockState {
    /// Its list is not known yet.
    Waiting,
    /// Its list is known, and its steps may start.
    Open {
        /// How many elements the list has.
        elements: u32,
    },
    /// Every element is over, and it has its value.
    Ended {
        /// How many elements the list has.
        elements: u32,
    },
    /// Its condition is false.
    Skipped {
        /// Why.
        reason: String,
    },
    /// It has no list, or no value.
    Failed {
        /// Why.
        error: String,
    },
}

/// A line of the live checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The step.
    pub step: String,
    /// Its sign.
    pub mark: Mark,
    /// Why it failed, was skipped, or is in doubt.
    pub note: Option<String>,
}

/// The sign of a step on the checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A circle: it has not started.
    Open,
    /// A spinner: it runs.
    Running,
    /// A check: it succeeded.
    Done,
    /// A cross: it failed.
    Failed,
    /// A dash: it was skipped.
    Skipped,
    /// A question mark: it is in doubt, or a call waits for a yes.
    Doubt,
    /// An arrow back: it was taken back.
    Undone,
}

impl StepRecord {
    pub(super) fn new(name: &str, verification: Option<usize>) -> StepRecord {
        StepRecord {
            name: name.to_owned(),
            instance: None,
            verification,
            state: StepState::Waiting,
            attempt: 0,
            failures: 0,
            args: None,
            result: None,
            answer: None,
            changes_answer: None,
            waits: false,
            spent_ms: 0,
            by_files: false,
            changes: Vec::new(),
            restored: Vec::new(),
            conflicts: Vec::new(),
            undo_call: UndoCall::None,
            undo_changes: Vec::new(),
            undo_pending: Vec::new(),
            clock: 0,
        }
    }

    /// Everything that it and the call that takes it back are recorded to have changed, in order.
    pub fn all_changes(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.changes.iter().chain(&self.undo_changes)
    }

    /// Whether a call of it was begun at any time.
    pub fn has_begun(&self) -> bool {
        self.attempt > 0
    }
}

pub(super) fn item(step: &StepRecord) -> Item {
    let (mark, note) = match &step.state {
        StepState::Waiting if step.waits => (Mark::Doubt, Some("waits for a yes".to_owned())),
        StepState::Waiting => (Mark::Open, None),
        StepState::Running { .. } => (Mark::Running, None),
        StepState::Succeeded { .. } => (Mark::Done, None),
        StepState::Failed { error, .. } => (Mark::Failed, Some(error.clone())),
        StepState::Skipped { reason } => (Mark::Skipped, Some(reason.clone())),
        StepState::InDoubt { reason } => (Mark::Doubt, Some(reason.clone())),
        StepState::Undone => (Mark::Undone, None),
    };
    Item { step: step.name.clone(), mark, note }
}
