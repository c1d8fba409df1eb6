//! Events ⟶ [`RunState`]: where a run stands, as a fold. [`RunState::apply`] is the only transition.
//!
//! Every sequence of events is accepted: steps that the plan does not have are kept under their names, and events that
//! make no sense where they stand change as little as they can. Nothing here looks at the world.

use crate::event::{Approved, Conflict, End, Event, Resolution};
use crate::report::PlanStatus;
use crate::workspace::Change;
use planc_lang::plan::{Plan, StepId};
use planc_lang::value::Value;
use std::collections::HashMap;

/// Where a run stands.
#[derive(Clone, Debug, PartialEq)]
pub struct RunState {
    /// Where the plan is in its life, as far as this run goes.
    pub status: PlanStatus,
    /// The yes that the run used up.
    pub approved: Option<Approved>,
    /// How it ended last; none while it goes on.
    pub end: Option<End>,
    /// Whether somebody asked to stop since it was last started, and whether calls were killed.
    pub interrupted: Option<bool>,
    /// What the run returns, once it is done.
    pub outputs: Value,
    /// Checked verifications, in order: text, and why one does not hold.
    pub verifications: Vec<(String, Option<String>)>,
    /// Taking back.
    pub undo: UndoState,
    steps: Vec<StepRecord>,
    index: HashMap<String, usize>,
    /// How many steps have started and ended so far: gives the order of completion.
    clock: u64,
}

/// How far taking back has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UndoState {
    /// Nobody asked.
    #[default]
    No,
    /// It has begun.
    Started,
    /// It has ended, and everything that can be was taken back.
    Complete,
    /// It has ended, and something was left.
    Partial,
}

/// What is known of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRecord {
    /// Its name.
    pub name: String,
    /// The verification it belongs to.
    pub verification: Option<usize>,
    /// Where it stands.
    pub state: StepState,
    /// The last attempt, from 1; 0 before the first.
    pub attempt: u32,
    /// The arguments of the last attempt.
    pub args: Option<Value>,
    /// What it gave last; kept when it is taken back.
    pub result: Option<Value>,
    /// The last answer to the question whether it may be called: `once`, `always`, `no`.
    pub answer: Option<String>,
    /// Whether a call waits for a yes.
    pub waits: bool,
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

impl Default for RunState {
    fn default() -> RunState {
        RunState {
            status: PlanStatus::NeedsApproval,
            approved: None,
            end: None,
            interrupted: None,
            outputs: Value::Null,
            verifications: Vec::new(),
            undo: UndoState::No,
            steps: Vec::new(),
            index: HashMap::new(),
            clock: 0,
        }
    }
}

impl StepRecord {
    fn new(name: &str, verification: Option<usize>) -> StepRecord {
        StepRecord {
            name: name.to_owned(),
            verification,
            state: StepState::Waiting,
            attempt: 0,
            args: None,
            result: None,
            answer: None,
            waits: false,
            by_files: false,
            changes: Vec::new(),
            restored: Vec::new(),
            conflicts: Vec::new(),
            undo_call: UndoCall::None,
            clock: 0,
        }
    }

    /// Whether a call of it was begun at any time.
    pub fn has_begun(&self) -> bool {
        self.attempt > 0
    }
}

impl RunState {
    /// All steps of a plan waiting.
    pub fn of(plan: &Plan) -> RunState {
        let mut state = RunState::default();
        for step in &plan.steps {
            state.add(&step.name, step.verification);
        }
        state
    }

    /// The state of a plan's run after these events.
    pub fn fold<'e>(plan: &Plan, events: impl IntoIterator<Item = &'e Event>) -> RunState {
        let mut state = RunState::of(plan);
        events.into_iter().for_each(|event| state.apply(event));
        state
    }

    /// All steps: the plan's in its order, then others in the order they occurred.
    pub fn steps(&self) -> &[StepRecord] {
        &self.steps
    }

    /// The step with this name.
    pub fn step(&self, name: &str) -> Option<&StepRecord> {
        self.index.get(name).map(|index| &self.steps[*index])
    }

    /// The step with this id in the plan that this state was made of.
    pub fn of_step(&self, plan: &Plan, id: StepId) -> Option<&StepRecord> {
        let name = plan.get(id).name.as_str();
        self.steps.get(id.index()).filter(|record| record.name == name).or_else(|| self.step(name))
    }

    /// Whether any call was begun.
    pub fn has_begun(&self) -> bool {
        self.steps.iter().any(StepRecord::has_begun)
    }

    /// Whether the run can go on later: it has not ended, or stopped where it can be resumed.
    pub fn can_resume(&self) -> bool {
        let stopped = matches!(self.end, None | Some(End::InDoubt | End::Interrupted | End::Waiting));
        stopped && self.undo == UndoState::No
    }

    /// Names of steps that are in doubt, with the reason.
    pub fn doubts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.steps.iter().filter_map(|step| match &step.state {
            StepState::InDoubt { reason } => Some((step.name.as_str(), reason.as_str())),
            StepState::Waiting
            | StepState::Running { .. }
            | StepState::Succeeded { .. }
            | StepState::Failed { .. }
            | StepState::Skipped { .. }
            | StepState::Undone => None,
        })
    }

    /// Names of steps whose declared `undo` call was cut off: it cannot be told whether it took effect.
    pub fn undo_doubts(&self) -> impl Iterator<Item = &str> {
        let cut_off = |step: &&StepRecord| step.undo_call == UndoCall::Started;
        self.steps.iter().filter(cut_off).map(|step| step.name.as_str())
    }

    /// The last recorded state of every path that the run changed: what should be there now.
    pub fn written(&self) -> Vec<Change> {
        let mut by_clock: Vec<&StepRecord> = self.steps.iter().filter(|step| !step.changes.is_empty()).collect();
        by_clock.sort_by_key(|step| step.clock);
        let mut last: Vec<Change> = Vec::new();
        for change in by_clock.into_iter().flat_map(|step| &step.changes) {
            last.retain(|kept| kept.path != change.path);
            last.push(change.clone());
        }
        last
    }

    /// The checklist: one line for each step.
    pub fn checklist(&self) -> Vec<Item> {
        self.steps.iter().map(item).collect()
    }

    /// Takes one event into account.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Approved { approval } => {
                self.approved = Some(approval.clone());
                self.status = PlanStatus::Approved;
            }
            Event::Started { .. } => self.begin(),
            Event::AssumptionHeld { .. } => {}
            Event::AssumptionFailed { .. } => self.status = PlanStatus::Failed,
            Event::Stale { .. } => self.status = PlanStatus::Stale,
            Event::CallAnswered { step, answer } => {
                let record = self.record(step);
                record.answer = Some(answer.clone());
                record.waits = false;
            }
            Event::CallWaits { step } => self.record(step).waits = true,
            Event::StepStarted { step, attempt, args, changes, result } => {
                self.start(step, *attempt, args, changes, result);
            }
            Event::StepSucceeded { step, attempt, result, changes } => {
                self.record(step).result = Some(result.clone());
                self.end_step(step, *attempt, changes, StepState::Succeeded { result: result.clone() });
            }
            Event::StepFailed { step, attempt, error, effect_done, result, changes } => {
                self.record(step).result = result.clone();
                let error = error.clone();
                let state = StepState::Failed { error, effect_done: *effect_done, settled: false };
                self.end_step(step, *attempt, changes, state);
            }
            Event::StepSkipped { step, reason } => {
                self.record(step).state = StepState::Skipped { reason: reason.clone() };
            }
            Event::StepInDoubt { step, attempt, reason, changes } => {
                self.end_step(step, *attempt, changes, StepState::InDoubt { reason: reason.clone() });
            }
            Event::DoubtResolved { step, resolution, .. } => self.resolve(step, *resolution),
            Event::VerificationHeld { text } => self.verify(text, None),
            Event::VerificationFailed { text, why } => self.verify(text, Some(why.clone())),
            Event::Interrupted { killed } => self.interrupted = Some(*killed || self.interrupted == Some(true)),
            Event::Ended { end, outputs } => {
                self.end = Some(*end);
                self.outputs = outputs.clone();
                self.status = status_of(*end);
            }
            Event::UndoStarted { .. } => self.undo = UndoState::Started,
            Event::StepUndone { step, restored, conflicts } => self.undone(step, restored, conflicts),
            Event::UndoCallStarted { step, .. } => self.record(step).undo_call = UndoCall::Started,
            Event::UndoCallEnded { step, error } => {
                self.record(step).undo_call = match error {
                    None => UndoCall::Done,
                    Some(error) => UndoCall::Failed(error.clone()),
                };
            }
            Event::UndoEnded { complete: true } => {
                self.undo = UndoState::Complete;
                self.status = PlanStatus::Undone;
            }
            Event::UndoEnded { complete: false } => self.undo = UndoState::Partial,
        }
    }

    fn begin(&mut self) {
        self.status = PlanStatus::Executing;
        self.end = None;
        self.interrupted = None;
        self.steps.iter_mut().for_each(|step| step.waits = false);
    }

    fn start(&mut self, step: &str, attempt: u32, args: &Value, changes: &[Change], result: &Option<Value>) {
        let clock = self.tick();
        let record = self.record(step);
        record.attempt = attempt.max(record.attempt);
        record.args = Some(args.clone());
        record.waits = false;
        record.clock = clock;
        record.by_files |= result.is_some();
        record.changes.extend_from_slice(changes);
        record.state = StepState::Running { changes: changes.to_vec(), result: result.clone() };
        self.status = match record.verification {
            Some(_) => PlanStatus::Verifying,
            None => PlanStatus::Executing,
        };
    }

    fn end_step(&mut self, step: &str, attempt: u32, changes: &[Change], state: StepState) {
        let clock = self.tick();
        let record = self.record(step);
        record.attempt = attempt.max(record.attempt);
        record.clock = clock;
        record.changes.extend_from_slice(changes);
        record.state = state;
    }

    /// An answer belongs to the undo call where one is open, else to the step.
    fn resolve(&mut self, step: &str, resolution: Resolution) {
        let record = self.record(step);
        if record.undo_call == UndoCall::Started {
            record.undo_call = match resolution {
                Resolution::Redo => UndoCall::None,
                Resolution::Fail => UndoCall::Done,
            };
            return;
        }
        if !matches!(record.state, StepState::InDoubt { .. }) {
            return;
        }
        record.state = match resolution {
            Resolution::Redo => StepState::Waiting,
            Resolution::Fail => {
                StepState::Failed { error: "a person said that it failed".to_owned(), effect_done: true, settled: true }
            }
        };
    }

    fn verify(&mut self, text: &str, why: Option<String>) {
        self.status = PlanStatus::Verifying;
        self.verifications.push((text.to_owned(), why));
    }

    fn undone(&mut self, step: &str, restored: &[Change], conflicts: &[Conflict]) {
        let record = self.record(step);
        record.restored.extend_from_slice(restored);
        record.conflicts = conflicts.to_vec();
        if conflicts.is_empty() {
            record.state = StepState::Undone;
        }
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn add(&mut self, name: &str, verification: Option<usize>) -> usize {
        self.index.insert(name.to_owned(), self.steps.len());
        self.steps.push(StepRecord::new(name, verification));
        self.steps.len() - 1
    }

    fn record(&mut self, name: &str) -> &mut StepRecord {
        let index = match self.index.get(name) {
            Some(index) => *index,
            None => self.add(name, None),
        };
        &mut self.steps[index]
    }
}

fn status_of(end: End) -> PlanStatus {
    match end {
        End::Done => PlanStatus::Done,
        End::Failed | End::Refused => PlanStatus::Failed,
        End::Stale => PlanStatus::Stale,
        End::InDoubt => PlanStatus::InDoubt,
        End::Interrupted | End::Waiting => PlanStatus::Paused,
    }
}

fn item(step: &StepRecord) -> Item {
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
