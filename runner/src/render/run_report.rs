//! A plan report and the events of its run ⟶ the report of the run as data: how it ended, what each step did, planned against
//! actual, what was verified. A fold over events; [`super::final_report`] draws it.

use crate::event::{Approved, Conflict, Difference, End, Event, PROBE_CHANNEL, Resolution};
use crate::report::{BlockReport, PlanReport, StepOutcome, StepReport, UndoKind};
use crate::sandbox::NOT_KEPT;
use crate::workspace::{Change, FileState};
use planc_lang::plan::base_name;
use planc_lang::value::Value;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The version of the JSON form.
pub const RUN_REPORT_FORMAT: u32 = 1;

/// Why a step whose undo call was in doubt is as it is.
const SETTLED_UNDO: &str = "its undo call was in doubt, and a person said not to make it again";

/// What came of a run.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    /// [`RUN_REPORT_FORMAT`]
    pub format: u32,
    /// The name of the run.
    pub run: String,
    /// The title of the plan.
    pub title: String,
    /// How it ended; none: it has not.
    pub end: Option<End>,
    /// Whether it was taken back afterwards, and wholly.
    pub undone: Option<bool>,
    /// The yes it ran by.
    pub approval: Option<Approved>,
    /// Its steps in the order of the plan; of an `each` block whose list was not known before, those that began.
    pub steps: Vec<StepRow>,
    /// Its `each` blocks, from top to bottom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<BlockRow>,
    /// What is different from the plan.
    pub differences: Vec<PlannedActual>,
    /// What the world had become when it was refused.
    pub stale: Vec<Difference>,
    /// Assumptions that no longer held, and verifications that did not: text and reason.
    pub broken: Vec<(String, String)>,
    /// Verifications that held.
    pub verified: Vec<String>,
    /// Paths that taking back left alone.
    pub conflicts: Vec<Conflict>,
    /// What it returned.
    pub outputs: Value,
    /// Whether it is not finished, and no process works on it; known only where somebody looked.
    #[serde(skip_serializing_if = "is_false")]
    pub gone: bool,
    /// Steps that ran and that planc cannot take back, where taking back has begun.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// Steps that ran, or may have, and of which nobody records what they changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unrecorded: Vec<String>,
    /// Whether taking back has begun.
    #[serde(skip)]
    pub taking_back: bool,
    /// Whether anything was done, or may have been, that could be taken back.
    #[serde(skip)]
    pub(super) has_acted: bool,
    /// Where the row of a step is.
    #[serde(skip)]
    places: HashMap<String, usize>,
    /// Steps whose undo call was made and has no outcome yet, or got one from a person.
    #[serde(skip)]
    undo_calls: BTreeMap<String, UndoAnswer>,
}

/// What is known of an undo call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UndoAnswer {
    /// It was begun.
    Open,
    /// A person said not to make it again.
    Settled,
}

/// A step and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct StepRow {
    /// Its name.
    pub step: String,
    /// What came of it.
    pub outcome: StepEnd,
    /// Why, where there is a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Which attempt was the last.
    pub attempts: u32,
    /// The `each` block that it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// Whether it failed before it took effect.
    #[serde(skip)]
    without_effect: bool,
    /// Whether it stands for any element of a block.
    #[serde(skip)]
    symbolic: bool,
    /// Where it stands in the report of the plan, and, where that says nothing of single elements, for which it is.
    #[serde(skip)]
    pub(super) order: (usize, usize, usize),
}

/// An `each` block and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct BlockRow {
    /// Its name.
    pub name: String,
    /// What came of it.
    pub outcome: StepEnd,
    /// Why, where there is a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How many elements its list has, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elements: Option<usize>,
    /// How many of them are over.
    pub over: usize,
    /// The names of its steps.
    #[serde(skip)]
    steps: Vec<String>,
    /// Where the first of its steps stands in the report of the plan.
    #[serde(skip)]
    pub(super) at: usize,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepEnd {
    /// It did not start.
    Waiting,
    /// It started, and nothing more is known yet.
    Running,
    /// It succeeded.
    Done,
    /// It failed.
    Failed,
    /// It was skipped.
    Skipped,
    /// It cannot be told.
    InDoubt,
    /// It was taken back.
    Undone,
    /// Some of it was taken back, and some was left.
    UndonePart,
}

/// A path that became something else than was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedActual {
    /// The step.
    pub step: String,
    /// The path.
    pub path: String,
    /// Whether the dry run could tell what the step would change.
    pub predicted: bool,
    /// What the dry run predicted; none: nothing.
    pub planned: Option<FileState>,
    /// What was done; none: nothing.
    pub actual: Option<FileState>,
}

/// Folds events into the report of a run.
pub fn fold<'e>(run: &str, plan: &PlanReport, events: impl IntoIterator<Item = &'e Event>) -> RunReport {
    let mut report = RunReport {
        format: RUN_REPORT_FORMAT,
        run: run.to_owned(),
        title: plan.title.clone(),
        end: None,
        undone: None,
        approval: None,
        steps: plan.all_steps().enumerate().map(|(index, step)| row_of(step, index)).collect(),
        blocks: plan.blocks.iter().map(block_row).collect(),
        has_acted: false,
        places: plan.all_steps().enumerate().map(|(index, step)| (step.name.clone(), index)).collect(),
        differences: Vec::new(),
        stale: Vec::new(),
        broken: Vec::new(),
        verified: Vec::new(),
        conflicts: Vec::new(),
        outputs: Value::Null,
        gone: false,
        left: Vec::new(),
        unrecorded: Vec::new(),
        taking_back: false,
        undo_calls: BTreeMap::new(),
    };
    let mut started: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    let mut differences: Vec<Vec<PlannedActual>> = Vec::new();
    let mut latest: HashMap<&str, usize> = HashMap::new();
    let reports: HashMap<&str, &StepReport> = plan.all_steps().map(|step| (step.name.as_str(), step)).collect();
    for event in events {
        if let Event::StepStarted { step, changes, .. } | Event::StepObserved { step, changes, .. } = event {
            started.insert(step.clone(), changes.clone());
        }
        if let Event::StepSucceeded { step, changes, .. } = event {
            let mut actual = started.remove(step).unwrap_or_default();
            actual.extend(changes.iter().cloned());
            let planned = reports.get(step.as_str()).or_else(|| reports.get(base_name(step))).copied();
            // What a step did last counts.
            let (at, all) = (differences.len(), compare(step, planned, &actual));
            if let Some(earlier) = latest.insert(step, at) {
                differences[earlier].clear();
            }
            differences.push(all);
        }
        let reads = |step: &str| {
            reports.get(step).or_else(|| reports.get(base_name(step))).is_some_and(|report| report.read_only)
        };
        report.has_acted |= acted(event, reads);
        report.take(event);
    }
    report.differences = differences.into_iter().flatten().collect();
    report.settle_rows();
    report.unrecorded = report.rows_of(plan, StepReport::is_unrecorded);
    if report.taking_back {
        // There is no way to take these back.
        report.left = report.rows_of(plan, |step| step.undo == UndoKind::Impossible);
    }
    report
}

/// Whether an event says that something was done, or may have been. What `reads` are steps that only do that.
fn acted(event: &Event, reads: impl Fn(&str) -> bool) -> bool {
    match event {
        Event::StepSucceeded { step, .. } | Event::StepInDoubt { step, .. } => !reads(step),
        Event::StepFailed { effect_done, changes, .. } => *effect_done || !changes.is_empty(),
        _ => false,
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn row(step: &str) -> StepRow {
    StepRow {
        step: step.to_owned(),
        outcome: StepEnd::Waiting,
        why: None,
        attempts: 0,
        each: None,
        without_effect: false,
        symbolic: false,
        order: (usize::MAX, 0, 0),
    }
}

fn row_of(step: &StepReport, index: usize) -> StepRow {
    let symbolic = step.each.is_some() && step.element.is_none();
    StepRow { each: step.each.clone(), symbolic, order: (index, 0, 0), ..row(&step.name) }
}

fn block_row(block: &BlockReport) -> BlockRow {
    BlockRow {
        name: block.name.clone(),
        outcome: StepEnd::Waiting,
        why: None,
        elements: None,
        over: 0,
        steps: block.steps.clone(),
        at: block.at,
    }
}

/// What a step was to change against what it changed.
fn compare(step: &str, report: Option<&StepReport>, actual: &[Change]) -> Vec<PlannedActual> {
    let planned = report.map_or(&[][..], |report| &report.changes);
    let unknown = |report: &StepReport| matches!(report.outcome, StepOutcome::KnownAfterRun { .. });
    let predicted = !planned.is_empty() || !report.is_some_and(unknown);
    let mut paths: BTreeMap<&str, (Option<&FileState>, Option<&FileState>)> = BTreeMap::new();
    for change in planned {
        paths.entry(&change.path).or_default().0 = Some(&change.after);
    }
    for change in actual {
        paths.entry(&change.path).or_default().1 = Some(&change.after);
    }
    paths
        .into_iter()
        .filter(|(_, (planned, actual))| !planned.zip(*actual).is_some_and(|(planned, actual)| planned.fits(actual)))
        .map(|(path, (planned, actual))| PlannedActual {
            step: step.to_owned(),
            path: path.to_owned(),
            predicted,
            planned: planned.cloned(),
            actual: actual.cloned(),
        })
        .collect()
}

impl RunReport {
    fn set(&mut self, step: &str, outcome: StepEnd, why: Option<&str>, attempt: Option<u32>) {
        let index = match self.places.get(step) {
            Some(index) => *index,
            None => {
                self.steps.push(self.new_row(step));
                self.places.insert(step.to_owned(), self.steps.len() - 1);
                self.steps.len() - 1
            }
        };
        let row = &mut self.steps[index];
        row.outcome = outcome;
        row.without_effect = false;
        row.why = why.map(str::to_owned);
        row.attempts = attempt.unwrap_or(row.attempts);
    }

    /// The row of a step that the dry run did not know by this name: of an element of a list that was not known then.
    fn new_row(&self, step: &str) -> StepRow {
        let name = base_name(step);
        let block = self.blocks.iter().find(|block| block.steps.iter().any(|of_block| of_block == name));
        let element = step.strip_prefix(name).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']')?.parse().ok());
        match (block, element) {
            (Some(block), Some(element)) => {
                let place = block.steps.iter().position(|of_block| of_block == name).unwrap_or(0);
                let order = (block.at, 1usize.saturating_add(element), place);
                StepRow { each: Some(block.name.clone()), order, ..row(step) }
            }
            (Some(_), None) | (None, _) => row(step),
        }
    }

    fn set_block(&mut self, name: &str, outcome: StepEnd, why: Option<&str>) {
        for block in self.blocks.iter_mut().filter(|block| block.name == name) {
            block.outcome = outcome;
            block.why = why.map(str::to_owned);
        }
    }

    /// Rows in the order of the plan. What stood for any element is gone once the elements are known.
    fn settle_rows(&mut self) {
        let known: Vec<&String> =
            self.blocks.iter().filter(|b| b.outcome != StepEnd::Waiting).map(|b| &b.name).collect();
        self.steps.retain(|row| !row.symbolic || !row.each.as_ref().is_some_and(|each| known.contains(&each)));
        self.steps.sort_by_key(|row| row.order);
        self.places = self.steps.iter().enumerate().map(|(index, row)| (row.step.clone(), index)).collect();
        let (has_ended, taking_back) = (self.end.is_some(), self.taking_back);
        for block in &mut self.blocks {
            let rows = || self.steps.iter().filter(|row| !row.symbolic && row.each.as_ref() == Some(&block.name));
            let any = |outcome: StepEnd| rows().any(|row| row.outcome == outcome);
            let outcome = match block.outcome {
                StepEnd::Running | StepEnd::Done if taking_back && any(StepEnd::UndonePart) => StepEnd::UndonePart,
                StepEnd::Running | StepEnd::Done if taking_back && any(StepEnd::Undone) => StepEnd::Undone,
                StepEnd::Running if any(StepEnd::InDoubt) => StepEnd::InDoubt,
                StepEnd::Running if has_ended && any(StepEnd::Failed) => StepEnd::Failed,
                outcome => outcome,
            };
            let is_over =
                |row: &&StepRow| !matches!(row.outcome, StepEnd::Waiting | StepEnd::Running | StepEnd::InDoubt);
            block.over = match (block.steps.len(), block.outcome) {
                (0, StepEnd::Done) => block.elements.unwrap_or(0),
                (steps, _) => rows().filter(is_over).count() / steps.max(1),
            };
            block.outcome = outcome;
        }
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::Approved { approval } => self.approval = Some((**approval).clone()),
            Event::Started { .. } => (self.end, self.undone, self.taking_back) = (None, None, false),
            Event::AssumptionFailed { text, why } | Event::VerificationFailed { text, why } => {
                self.broken.push((text.clone(), why.clone()));
            }
            Event::Stale { differences, .. } => self.stale.clone_from(differences),
            Event::StepStarted { step, attempt, .. } => self.set(step, StepEnd::Running, None, Some(*attempt)),
            Event::StepObserved { step, attempt, dropped, .. } if !dropped.is_empty() => {
                let why = format!("{NOT_KEPT}: {}", dropped.join(", "));
                self.set(step, StepEnd::Running, Some(&why), Some(*attempt));
            }
            Event::StepSucceeded { step, attempt, .. } => {
                let row = self.places.get(step).map(|index| &self.steps[*index]);
                let why = row.filter(|row| row.outcome == StepEnd::Running).and_then(|row| row.why.clone());
                self.set(step, StepEnd::Done, why.as_deref(), Some(*attempt));
            }
            Event::StepFailed { step, attempt, error, effect_done, .. } => {
                self.set(step, StepEnd::Failed, Some(error), Some(*attempt));
                if let Some(index) = self.places.get(step) {
                    self.steps[*index].without_effect = !effect_done;
                }
            }
            Event::StepSkipped { step, reason } => self.set(step, StepEnd::Skipped, Some(reason), None),
            Event::StepInDoubt { step, attempt, reason, .. } => {
                self.set(step, StepEnd::InDoubt, Some(reason), Some(*attempt));
            }
            Event::DoubtResolved { step, resolution, channel, .. } => {
                let by_probe = channel == PROBE_CHANNEL;
                match (self.undo_calls.get(step) == Some(&UndoAnswer::Open), resolution) {
                    (true, Resolution::Redo) => {
                        self.undo_calls.remove(step);
                        self.set(step, StepEnd::Done, None, None);
                    }
                    (true, Resolution::Fail | Resolution::Done) => {
                        self.undo_calls.insert(step.clone(), UndoAnswer::Settled);
                        self.set(step, StepEnd::Done, Some(SETTLED_UNDO), None);
                    }
                    (false, Resolution::Redo) => self.set(step, StepEnd::Waiting, None, None),
                    (false, Resolution::Done) if by_probe => {
                        self.set(step, StepEnd::Done, Some("in doubt, and its probe gave its result"), None);
                    }
                    (false, Resolution::Fail) if by_probe => {
                        let why = "in doubt, and what its probe gave is not acceptable";
                        self.set(step, StepEnd::Failed, Some(why), None);
                    }
                    (false, Resolution::Done) => {
                        self.set(step, StepEnd::Done, Some("in doubt, and a person gave its result"), None);
                    }
                    (false, Resolution::Fail) => {
                        self.set(step, StepEnd::Failed, Some("in doubt, and counted as failed by a person"), None);
                    }
                }
            }
            Event::CallWaits { step } => self.set(step, StepEnd::Waiting, Some("waits for a yes"), None),
            Event::ValuesWait { of, values } if self.places.contains_key(of) || of.ends_with(']') => {
                let names: Vec<String> = values.iter().map(|late| format!("`{}`", late.id)).collect();
                let why = format!("waits for a person to look at {}", names.join(", "));
                self.set(of, StepEnd::Waiting, Some(&why), None);
            }
            Event::VerificationHeld { text } => self.verified.push(text.clone()),
            Event::Ended { end, outputs } => {
                self.end = Some(*end);
                self.outputs = outputs.clone();
            }
            Event::StepUndone { step, conflicts, .. } => {
                self.conflicts.extend(conflicts.iter().cloned());
                if conflicts.is_empty() {
                    let settled = self.undo_calls.get(step) == Some(&UndoAnswer::Settled);
                    self.set(step, StepEnd::Undone, settled.then_some(SETTLED_UNDO), None);
                } else {
                    let left: Vec<String> = conflicts.iter().map(|c| format!("left {}: {}", c.path, c.why)).collect();
                    self.set(step, StepEnd::UndonePart, Some(&left.join("\n")), None);
                }
            }
            Event::UndoCallStarted { step, .. } => {
                self.undo_calls.insert(step.clone(), UndoAnswer::Open);
            }
            Event::UndoCallEnded { step, error } => {
                self.undo_calls.remove(step);
                if error.is_none() {
                    self.set(step, StepEnd::Undone, None, None);
                }
            }
            Event::UndoStarted { .. } => {
                self.taking_back = true;
                self.undone = None;
                // What is still left is told again.
                self.conflicts.clear();
            }
            Event::UndoEnded { complete } => {
                self.undone = Some(*complete);
                let open: Vec<String> = self.undo_doubts().map(str::to_owned).collect();
                for step in open {
                    let why = "it is not known whether its undo call took effect";
                    self.set(&step, StepEnd::InDoubt, Some(why), None);
                }
            }
            Event::EachStarted { each, elements } => {
                self.set_block(each, StepEnd::Running, None);
                self.blocks.iter_mut().filter(|b| b.name == *each).for_each(|b| b.elements = Some(*elements as usize));
            }
            Event::EachSkipped { each, reason } => self.set_block(each, StepEnd::Skipped, Some(reason)),
            Event::EachEnded { each } => self.set_block(each, StepEnd::Done, None),
            Event::EachFailed { each, error } => self.set_block(each, StepEnd::Failed, Some(error)),
            Event::Looked { step, attempt, .. } => self.set(step, StepEnd::Running, None, Some(*attempt)),
            Event::AssumptionHeld { .. }
            | Event::AssumptionOverridden { .. }
            | Event::StepObserved { .. }
            | Event::UndoCallObserved { .. }
            | Event::CallAnswered { .. }
            | Event::GateAnswered { .. }
            | Event::ValuesWait { .. }
            | Event::ValuesAnswered { .. }
            | Event::DeadlineSet { .. }
            | Event::DeadlinePassed { .. }
            | Event::Held { .. }
            | Event::Interrupted { .. } => {}
        }
    }

    /// Which of these steps ran, or may have.
    fn rows_of(&self, plan: &PlanReport, which: impl Fn(&StepReport) -> bool) -> Vec<String> {
        let steps = plan.all_steps().filter(|step| which(step));
        let names: HashSet<&str> = steps.map(|step| step.name.as_str()).collect();
        let has_run = |row: &&StepRow| {
            (names.contains(row.step.as_str()) || names.contains(base_name(&row.step)))
                && row.attempts > 0
                && !row.without_effect
                && match row.outcome {
                    StepEnd::Done | StepEnd::Failed | StepEnd::InDoubt | StepEnd::Undone | StepEnd::UndonePart => true,
                    StepEnd::Waiting | StepEnd::Running | StepEnd::Skipped => false,
                }
        };
        self.steps.iter().filter(has_run).map(|row| row.step.clone()).collect()
    }

    /// Whether something was begun and its end is not recorded.
    pub fn is_open(&self) -> bool {
        match self.taking_back {
            true => self.undone.is_none(),
            false => self.end.is_none() && self.approval.is_some(),
        }
    }

    /// Steps whose undo call was cut off.
    pub(super) fn undo_doubts(&self) -> impl Iterator<Item = &str> {
        let open = self.undo_calls.iter().filter(|(_, answer)| **answer == UndoAnswer::Open);
        open.map(|(step, _)| step.as_str())
    }

    /// How many steps came to what.
    pub(super) fn counts(&self) -> String {
        let of = |end: StepEnd| self.steps.iter().filter(|row| row.outcome == end).count();
        let rows = [
            (StepEnd::Done, "done"),
            (StepEnd::Failed, "failed"),
            (StepEnd::InDoubt, "in doubt"),
            (StepEnd::Skipped, "skipped"),
            (StepEnd::Undone, "undone"),
            (StepEnd::UndonePart, "undone in part"),
            (StepEnd::Running, "running"),
            (StepEnd::Waiting, "not started"),
        ];
        let parts: Vec<String> =
            rows.iter().filter(|(end, _)| of(*end) > 0).map(|(end, word)| format!("{} {word}", of(*end))).collect();
        parts.join(", ")
    }
}
