//! Events ⟶ [`RunState`]: where a run stands, as a fold. [`RunState::apply`] is the only transition.
//!
//! Every sequence of events is accepted: steps that the plan does not have are kept under their names, and events that
//! make no sense where they stand change as little as they can. Nothing here looks at the world.

mod record;

pub use record::{BlockRecord, BlockState, Item, Mark, StepRecord, StepState, UndoCall};

use crate::event::{Approved, Conflict, End, Event, LateValue, Resolution};
use crate::prediction::MAX_ELEMENTS;
use crate::report::PlanStatus;
use crate::workspace::Change;
use planc_lang::plan::{EachId, Instance, Plan, StepId};
use planc_lang::value::Value;
use std::collections::{BTreeMap, HashMap};

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
    /// Until when it may go on, RFC 3339 in UTC; none: for as long as it takes.
    pub deadline: Option<String>,
    /// What the run returns, once it is done.
    pub outputs: Value,
    /// Checked verifications, in order: text, and why one does not hold.
    pub verifications: Vec<(String, Option<String>)>,
    /// Taking back.
    pub undo: UndoState,
    /// Every `each` block, from top to bottom.
    pub blocks: Vec<BlockRecord>,
    /// The late values that a person agreed to, by what they are.
    pub agreed: BTreeMap<String, LateValue>,
    steps: Vec<StepRecord>,
    index: HashMap<String, usize>,
    /// Where the records of the plan's steps are: by id, then, in a block, by element.
    places: Vec<Vec<Option<u32>>>,
    /// One past the last step of each block.
    block_ends: Vec<usize>,
    /// The steps of `each` blocks, by name: of these, only instances have records.
    in_blocks: BTreeMap<String, StepId>,
    /// One past the last step of the plan of which anything is recorded.
    reached: usize,
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

impl Default for RunState {
    fn default() -> RunState {
        RunState {
            status: PlanStatus::NeedsApproval,
            approved: None,
            end: None,
            interrupted: None,
            deadline: None,
            outputs: Value::Null,
            verifications: Vec::new(),
            undo: UndoState::No,
            blocks: Vec::new(),
            agreed: BTreeMap::new(),
            steps: Vec::new(),
            index: HashMap::new(),
            places: Vec::new(),
            block_ends: Vec::new(),
            in_blocks: BTreeMap::new(),
            reached: 0,
            clock: 0,
        }
    }
}

impl RunState {
    /// All steps of a plan waiting.
    pub fn of(plan: &Plan) -> RunState {
        let waiting = |name: &str| BlockRecord { name: name.to_owned(), state: BlockState::Waiting };
        let mut state = RunState {
            blocks: plan.eaches.iter().map(|each| waiting(&each.name)).collect(),
            places: vec![Vec::new(); plan.steps.len()],
            block_ends: plan.eaches.iter().map(|each| each.steps.end.index()).collect(),
            ..RunState::default()
        };
        for id in plan.step_ids() {
            let step = plan.get(id);
            match step.each {
                None => {
                    state.add(&step.name, Some(Instance { step: id, element: None }), step.verification);
                }
                Some(_) => {
                    state.in_blocks.insert(step.name.to_string(), id);
                }
            }
        }
        state
    }

    /// The state of a plan's run after these events.
    pub fn fold<'e>(plan: &Plan, events: impl IntoIterator<Item = &'e Event>) -> RunState {
        let mut state = RunState::of(plan);
        events.into_iter().for_each(|event| state.apply(event));
        state
    }

    /// All steps: those that the plan carries out once, in its order, then others and those of `each` blocks in the order
    /// they occurred.
    pub fn steps(&self) -> &[StepRecord] {
        &self.steps
    }

    /// The step with this name.
    pub fn step(&self, name: &str) -> Option<&StepRecord> {
        self.index.get(name).map(|index| &self.steps[*index])
    }

    /// The step of the plan that this state was made of; none while nothing is recorded of it for this element.
    pub fn get(&self, instance: Instance) -> Option<&StepRecord> {
        let place = self.places.get(instance.step.index())?.get(instance.element.unwrap_or(0) as usize)?;
        place.map(|index| &self.steps[index as usize]).filter(|record| record.instance == Some(instance))
    }

    /// One past the last step of the plan of which anything is recorded: all from there on wait. That of a block counts with
    /// all of its steps.
    pub fn reached(&self) -> usize {
        self.reached
    }

    /// The `each` block of the plan that this state was made of.
    pub fn block(&self, each: EachId) -> Option<&BlockState> {
        self.blocks.get(each.index()).map(|block| &block.state)
    }

    /// Whether any call was begun.
    pub fn has_begun(&self) -> bool {
        self.steps.iter().any(StepRecord::has_begun)
    }

    /// Whether the run can go on later: it has not ended, or stopped where it can be resumed.
    pub fn can_resume(&self) -> bool {
        let stopped =
            matches!(self.end, None | Some(End::InDoubt | End::Interrupted | End::Overdue | End::Held | End::Waiting));
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
        let changes: Vec<&Change> = by_clock.into_iter().flat_map(|step| &step.changes).collect();
        let last: HashMap<&str, usize> =
            changes.iter().enumerate().map(|(index, change)| (change.path.as_str(), index)).collect();
        let is_last = |index: usize, change: &Change| last.get(change.path.as_str()) == Some(&index);
        let kept = changes.iter().enumerate().filter(|(index, change)| is_last(*index, change));
        kept.map(|(_, change)| (*change).clone()).collect()
    }

    /// What the run has changed at a path last, as it is recorded, with the step that has; none: it has not.
    pub fn left_at(&self, path: &str) -> Option<(&StepRecord, &Change)> {
        let of = |step: &'_ StepRecord| step.changes.iter().rposition(|change| change.path == path);
        let last = self.steps.iter().filter_map(|step| Some((step, of(step)?))).max_by_key(|(step, _)| step.clock);
        last.map(|(step, index)| (step, &step.changes[index]))
    }

    /// The checklist: one line for each step.
    pub fn checklist(&self) -> Vec<Item> {
        self.steps.iter().map(record::item).collect()
    }

    /// Takes one event into account.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Approved { approval } => {
                self.approved = Some((**approval).clone());
                self.status = PlanStatus::Approved;
            }
            Event::Started { .. } => self.begin(),
            Event::AssumptionHeld { .. } | Event::AssumptionOverridden { .. } => {}
            Event::AssumptionFailed { .. } => self.status = PlanStatus::Failed,
            Event::Stale { .. } => self.status = PlanStatus::Stale,
            Event::CallAnswered { step, answer, changes, .. } => {
                let record = self.record(step);
                match changes {
                    Some(changes) => record.changes_answer = Some((*changes, answer.clone())),
                    None => record.answer = Some(answer.clone()),
                }
                record.waits = false;
            }
            Event::Held { .. } | Event::DeadlinePassed { .. } => {}
            Event::DeadlineSet { at, .. } => self.deadline.clone_from(at),
            Event::CallWaits { step } => self.record(step).waits = true,
            Event::StepStarted { step, attempt, args, changes, result } => {
                self.start(step, *attempt, args, changes, result);
            }
            Event::StepObserved { step, attempt, changes, result, .. } => {
                let record = self.record(step);
                record.attempt = (*attempt).max(record.attempt);
                record.by_files = true;
                record.changes.extend_from_slice(changes);
                record.state = StepState::Running { changes: changes.clone(), result: Some(result.clone()) };
            }
            Event::StepSucceeded { step, attempt, result, changes } => {
                self.record(step).result = Some(result.clone());
                self.end_step(step, *attempt, changes, StepState::Succeeded { result: result.clone() });
            }
            Event::StepFailed { step, attempt, error, effect_done, result, changes } => {
                let record = self.record(step);
                record.result = result.clone();
                // What failed before any attempt is not tried again.
                record.failures += u32::from(*attempt > 0);
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
            Event::DoubtResolved { step, resolution, result, .. } => self.resolve(step, *resolution, result.as_ref()),
            Event::Looked { step, attempt, spent_ms } => {
                let record = self.record(step);
                record.attempt = (*attempt).max(record.attempt);
                record.spent_ms = (*spent_ms).max(record.spent_ms);
            }
            Event::GateAnswered { step, agreed, .. } => {
                let record = self.record(step);
                record.answer = Some(if *agreed { "yes" } else { "no" }.to_owned());
                record.waits = false;
            }
            Event::ValuesWait { of, .. } => self.waits(of, true),
            Event::ValuesAnswered { of, agreed, values, .. } => {
                self.waits(of, false);
                if *agreed {
                    self.agreed.extend(values.iter().map(|value| (value.id.clone(), value.clone())));
                }
            }
            Event::EachStarted { each, elements } => self.set_block(each, BlockState::Open { elements: *elements }),
            Event::EachSkipped { each, reason } => {
                self.set_block(each, BlockState::Skipped { reason: reason.clone() });
            }
            Event::EachEnded { each } => self.end_block(each),
            Event::EachFailed { each, error } => self.set_block(each, BlockState::Failed { error: error.clone() }),
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
            Event::UndoCallStarted { step, .. } => {
                let record = self.record(step);
                record.undo_call = UndoCall::Started;
                record.undo_pending.clear();
            }
            Event::UndoCallObserved { step, changes } => {
                let record = self.record(step);
                record.undo_changes.extend_from_slice(changes);
                record.undo_pending.clone_from(changes);
            }
            Event::UndoCallEnded { step, error } => {
                let record = self.record(step);
                record.undo_pending.clear();
                record.undo_call = match error {
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

    /// Notes whether a step waits for a yes; of blocks and outputs that is not kept.
    fn waits(&mut self, of: &str, waits: bool) {
        if self.index.contains_key(of) || self.instance_named(of).is_some() {
            self.record(of).waits = waits;
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
    fn resolve(&mut self, step: &str, resolution: Resolution, result: Option<&Value>) {
        let record = self.record(step);
        if record.undo_call == UndoCall::Started {
            record.undo_call = match resolution {
                Resolution::Redo => UndoCall::None,
                Resolution::Fail | Resolution::Done => UndoCall::Done,
            };
            return;
        }
        if !matches!(record.state, StepState::InDoubt { .. }) {
            return;
        }
        record.state = match resolution {
            Resolution::Redo => StepState::Waiting,
            Resolution::Done => {
                let result = result.cloned().unwrap_or(Value::Null);
                record.result = Some(result.clone());
                StepState::Succeeded { result }
            }
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

    fn set_block(&mut self, name: &str, state: BlockState) {
        let of_it = |block: &BlockRecord| block.name == name;
        let ends = self.blocks.iter().zip(&self.block_ends).filter(|(block, _)| of_it(block)).map(|(_, end)| *end);
        self.reached = ends.max().unwrap_or(0).max(self.reached);
        self.blocks.iter_mut().filter(|block| block.name == name).for_each(|block| block.state = state.clone());
    }

    fn end_block(&mut self, name: &str) {
        for block in self.blocks.iter_mut().filter(|block| block.name == name) {
            if let BlockState::Open { elements } = block.state {
                block.state = BlockState::Ended { elements };
            }
        }
    }

    fn add(&mut self, name: &str, instance: Option<Instance>, verification: Option<usize>) -> usize {
        let index = self.steps.len();
        self.index.insert(name.to_owned(), index);
        self.steps.push(StepRecord { instance, ..StepRecord::new(name, verification) });
        if let Some(instance) = instance {
            let place = &mut self.places[instance.step.index()];
            let at = instance.element.unwrap_or(0) as usize;
            place.resize(place.len().max(at + 1), None);
            place[at] = Some(index as u32);
        }
        index
    }

    fn record(&mut self, name: &str) -> &mut StepRecord {
        let index = match self.index.get(name) {
            Some(index) => *index,
            None => self.add(name, self.instance_named(name), None),
        };
        let step = self.steps[index].instance.map_or(0, |instance| instance.step.index() + 1);
        self.reached = self.reached.max(step);
        &mut self.steps[index]
    }

    /// The instance that a name like `flag[3]` stands for.
    fn instance_named(&self, name: &str) -> Option<Instance> {
        let (step, rest) = name.split_once('[')?;
        let element: u32 = rest.strip_suffix(']')?.parse().ok()?;
        let canonical = format!("{step}[{element}]") == name;
        let step = *self.in_blocks.get(step)?;
        (canonical && (element as usize) < MAX_ELEMENTS).then_some(Instance { step, element: Some(element) })
    }
}

fn status_of(end: End) -> PlanStatus {
    match end {
        End::Done => PlanStatus::Done,
        End::Failed | End::Refused => PlanStatus::Failed,
        End::Stale => PlanStatus::Stale,
        End::InDoubt => PlanStatus::InDoubt,
        End::Interrupted | End::Overdue | End::Held | End::Waiting => PlanStatus::Paused,
    }
}
