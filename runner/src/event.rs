//! The one vocabulary of what happens in a run: journal, live view and report are all drawn from it.

mod late;

pub use crate::approval::Approved;
pub use late::{LateKind, LateValue};

use crate::workspace::{Change, Observation};
use planc_lang::digest::Digest;
use planc_lang::value::Value;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the vocabulary; a journal with a newer one is refused.
pub const EVENT_FORMAT: u32 = 1;

/// The channel of an answer that a probe gave.
pub const PROBE_CHANNEL: &str = "probe";

/// A standing answer, as it was when it was given or used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StandingAnswer {
    /// Its number.
    pub number: i64,
    /// The full name of the tool.
    pub tool: String,
    /// What it answers for, as a phrase.
    pub terms: String,
    /// Who gave it.
    pub by: String,
    /// When, RFC 3339 in UTC; absent: with this answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<String>,
}

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A yes was recorded for this run, and used up by it.
    Approved {
        /// Who, how, and for what.
        approval: Box<Approved>,
    },
    /// A process began to carry out the run, or went on with it.
    Started {
        /// Its process id.
        pid: u32,
        /// Whether an earlier process had begun.
        resumed: bool,
    },
    /// An assumption was checked right before execution.
    AssumptionHeld {
        /// Its text.
        text: String,
    },
    /// An assumption no longer holds: nothing was started.
    AssumptionFailed {
        /// Its text.
        text: String,
        /// Why.
        why: String,
    },
    /// An assumption no longer holds, and an approver took it as given all the same.
    AssumptionOverridden {
        /// Its text.
        text: String,
        /// Why it does not hold.
        why: String,
        /// Who took it as given.
        by: String,
        /// Their reason.
        reason: String,
    },
    /// The world is not what was approved: nothing further was started.
    Stale {
        /// The step that was about to start; none: before the first.
        step: Option<String>,
        /// What was expected and what was seen.
        differences: Vec<Difference>,
    },
    /// A call that policy asks about was answered.
    CallAnswered {
        /// The step.
        step: String,
        /// `once`, `always`, `no`, or `standing` where an earlier `always` answered.
        answer: String,
        /// What was approved always with this answer, or has answered.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        standing: Option<StandingAnswer>,
        /// For an answer about what a program has changed, and not about its call: the digest of these changes.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        #[schemars(with = "Option<String>")]
        changes: Option<Digest>,
    },
    /// Plan mode became active while the run went on: nothing further was started.
    Held {
        /// What forces it.
        why: String,
    },
    /// A call waits for a yes that cannot be asked for here.
    CallWaits {
        /// The step.
        step: String,
    },
    /// A call is about to be made: durable before it is.
    StepStarted {
        /// The step.
        step: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// The arguments by name.
        #[schemars(with = "serde_json::Value")]
        args: Value,
        /// For file tools: exactly what will be changed, in order.
        changes: Vec<Change>,
        /// For file tools: the result, once the changes are made.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        #[schemars(with = "Option<serde_json::Value>")]
        result: Option<Value>,
    },
    /// A program has ended in its cell: what it did is about to be put in place, and durable before it is.
    StepObserved {
        /// The step.
        step: String,
        /// Which attempt.
        attempt: u32,
        /// Exactly what will be changed, in order.
        changes: Vec<Change>,
        /// Pipes, sockets and devices that it left, which are not kept.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        dropped: Vec<String>,
        /// The result, once the changes are made.
        #[schemars(with = "serde_json::Value")]
        result: Value,
    },
    /// A call has its result, and the conditions on it hold.
    StepSucceeded {
        /// The step.
        step: String,
        /// Which attempt.
        attempt: u32,
        /// What it gave.
        #[schemars(with = "serde_json::Value")]
        result: Value,
        /// What it changed in the workspace as observed, for programs: of paths that the run had changed before.
        changes: Vec<Change>,
    },
    /// A call failed.
    StepFailed {
        /// The step.
        step: String,
        /// Which attempt.
        attempt: u32,
        /// Why.
        error: String,
        /// Whether its effect took place nevertheless.
        effect_done: bool,
        /// What it gave, where it gave something that is not acceptable.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        #[schemars(with = "Option<serde_json::Value>")]
        result: Option<Value>,
        /// As in [`Event::StepSucceeded`].
        changes: Vec<Change>,
    },
    /// A step's condition was false, or what it needs was skipped.
    StepSkipped {
        /// The step.
        step: String,
        /// Why.
        reason: String,
    },
    /// It cannot be told whether a call took effect.
    StepInDoubt {
        /// The step.
        step: String,
        /// Which attempt.
        attempt: u32,
        /// Why.
        reason: String,
        /// As in [`Event::StepSucceeded`].
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        changes: Vec<Change>,
    },
    /// What became of a call in doubt was said, by a person or by the probe of its tool.
    DoubtResolved {
        /// The step.
        step: String,
        /// What was said.
        resolution: Resolution,
        /// With [`Resolution::Done`]: what the call gave.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        #[schemars(with = "Option<serde_json::Value>")]
        result: Option<Value>,
        /// Through which channel: `terminal` or `argument`, or `probe`.
        channel: String,
    },
    /// A step that polls has looked, and what it waits for is not so yet.
    Looked {
        /// The step.
        step: String,
        /// Which look, from 1.
        attempt: u32,
        /// How long it has been looking, over all processes, in milliseconds.
        spent_ms: u64,
    },
    /// A person answered at a gate.
    GateAnswered {
        /// The gate.
        step: String,
        /// Whether they agree.
        agreed: bool,
        /// The account that the process ran as which asked.
        by: String,
        /// What they were shown.
        #[schemars(with = "serde_json::Value")]
        shown: Value,
    },
    /// Values that became known during the run wait for a person who cannot be asked here.
    ValuesWait {
        /// The step or block that would use them.
        of: String,
        /// What they are.
        values: Vec<LateValue>,
    },
    /// A person looked at values that became known during the run.
    ValuesAnswered {
        /// The step or block that would use them.
        of: String,
        /// Whether they agree to exactly these.
        agreed: bool,
        /// The account that the process ran as which asked.
        by: String,
        /// What they were shown.
        values: Vec<LateValue>,
    },
    /// The list of an `each` block is known, and its steps may start.
    EachStarted {
        /// The block.
        each: String,
        /// How many elements the list has.
        elements: u32,
    },
    /// The condition of an `each` block is false.
    EachSkipped {
        /// The block.
        each: String,
        /// Why.
        reason: String,
    },
    /// Every element of an `each` block is over, and the block has its value.
    EachEnded {
        /// The block.
        each: String,
    },
    /// An `each` block has no list, or no value.
    EachFailed {
        /// The block.
        each: String,
        /// Why.
        error: String,
    },
    /// A verification holds.
    VerificationHeld {
        /// Its text.
        text: String,
    },
    /// A verification does not hold.
    VerificationFailed {
        /// Its text.
        text: String,
        /// Why.
        why: String,
    },
    /// It was said until when the run may go on.
    DeadlineSet {
        /// Until then, RFC 3339 in UTC; absent: for as long as it takes.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        at: Option<String>,
        /// Who said so; absent: the operator's configuration.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        by: Option<String>,
    },
    /// The deadline of the run has passed: nothing further was started, and running calls were killed.
    DeadlinePassed {
        /// When that was, RFC 3339 in UTC.
        at: String,
    },
    /// A person asked to stop.
    Interrupted {
        /// Whether running calls were killed.
        killed: bool,
    },
    /// The run has ended, for now or for good.
    Ended {
        /// How.
        end: End,
        /// The outputs, when it is done.
        #[schemars(with = "serde_json::Value")]
        outputs: Value,
    },
    /// Taking back began.
    UndoStarted {
        /// The process id.
        pid: u32,
    },
    /// What a step did was taken back.
    StepUndone {
        /// The step.
        step: String,
        /// What was restored.
        restored: Vec<Change>,
        /// What was left, because somebody changed it since.
        conflicts: Vec<Conflict>,
    },
    /// A declared `undo` call is about to be made.
    UndoCallStarted {
        /// The step that it takes back.
        step: String,
        /// The tool.
        tool: String,
        /// The arguments by name.
        #[schemars(with = "serde_json::Value")]
        args: Value,
    },
    /// A declared `undo` call is about to change files, as a program has in its cell or a file tool would: durable before they are.
    UndoCallObserved {
        /// The step that it takes back.
        step: String,
        /// Exactly what will be changed, in order.
        changes: Vec<Change>,
    },
    /// A declared `undo` call has ended.
    UndoCallEnded {
        /// The step that it takes back.
        step: String,
        /// Why it failed; none: it did not.
        error: Option<String>,
    },
    /// Taking back has ended.
    UndoEnded {
        /// Whether everything that planc knows how to take back was.
        complete: bool,
    },
}

/// Something that is not as it was approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// What was looked at and what was expected.
    pub expected: Observation,
    /// What is there.
    pub found: String,
}

/// What is said of a call in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// It did not take effect, or may be made again: make it again.
    Redo,
    /// Treat the step as failed, its effect as done.
    Fail,
    /// It took effect, and gave a result that is told with this: go on with it.
    Done,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Every step and every verification is as it should be.
    Done,
    /// A step or a verification failed.
    Failed,
    /// The world is not what was approved.
    Stale,
    /// A call is in doubt.
    InDoubt,
    /// A person stopped it.
    Interrupted,
    /// Its deadline has passed: it was stopped, and it can go on once it has another.
    Overdue,
    /// Plan mode became active: nothing further was started, and it can go on once it is over.
    Held,
    /// A call waits for a yes.
    Waiting,
    /// Policy refuses a call.
    Refused,
}

/// A path that was not restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conflict {
    /// The path.
    pub path: String,
    /// Why.
    pub why: String,
    /// Where somebody changed a text since: the unified diff from what the run left to what is there now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub diff: Option<String>,
}
