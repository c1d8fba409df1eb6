//! Events and reports ⟶ the same as people and agents may see them: what a secret decides is left out whole, and where the
//! text of a secret stands in another text, `(secret)` stands in its place.
//!
//! What is carried out is never veiled: only what is shown, and the words of errors.

use crate::event::{Conflict, Difference, Event};
use crate::mask::Mask;
use crate::report::{ChangeReport, PlanReport, StepOutcome, StepReport};
use crate::seal::Sealer;
use crate::workspace::{Change, FileState, Observation};
use planc_lang::compile::Compiled;
use planc_lang::digest::Digest;
use planc_lang::eval::Hides;
use planc_lang::plan::StepId;
use planc_lang::secrets::{HIDDEN, Secrets, hidden};
use planc_lang::value::{UNKNOWN_KEY, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The role in which contents are committed to.
const CONTENT: &str = "content";

/// What is secret in a plan and its run. Clones share what has been learnt.
#[derive(Clone, Debug)]
pub struct Veil {
    compiled: Arc<Compiled>,
    secrets: Arc<Secrets>,
    mask: Mask,
    sealer: Sealer,
}

impl Veil {
    /// What is secret where the inputs have these values, by index; for a plan that has secrets.
    pub fn new(compiled: Arc<Compiled>, secrets: Secrets, inputs: &[Value], sealer: &Sealer) -> Veil {
        let mask = Mask::default();
        let secret = compiled.plan.inputs.iter().zip(inputs).filter(|(input, _)| input.secret);
        secret.for_each(|(_, value)| mask.learn(value));
        Veil { compiled, secrets: Arc::new(secrets), mask, sealer: sealer.clone() }
    }

    /// What is secret in the plan.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Of which expressions nobody is told why they fail: a part of a secret would stand in the words.
    pub fn hides(&self) -> Hides {
        let (compiled, secrets) = (self.compiled.clone(), self.secrets.clone());
        Hides::of(move |expr| secrets.touch(&compiled.plan, expr))
    }

    /// Stands for a value in what is bound: nobody can find out by trying what it stands for.
    pub fn committed(&self, role: &str, value: &Value) -> Value {
        let json = serde_json::to_string(value).unwrap_or_default();
        Value::string(self.sealer.commit(role, json.as_bytes()).to_string())
    }

    /// The arguments of a call by name as they are bound: what is secret as commitments.
    pub fn bound_args(&self, step: &str, args: &Value, undo: bool) -> Value {
        if is_unknown(args) {
            return args.clone();
        }
        let shown = self.unmasked_args(step, args, undo);
        match (args, &shown) {
            (Value::Record(given), Value::Record(shown)) => Value::record(given.iter().map(|(name, value)| {
                let same = shown.get(name) == Some(value) || is_unknown(value);
                let role = format!("argument {name} of {step}");
                (name.to_owned(), if same { value.clone() } else { self.committed(&role, value) })
            })),
            (given, shown) if given == shown => given.clone(),
            (given, _) => self.committed(&format!("arguments of {step}"), given),
        }
    }

    /// Learns what an event tells that is secret.
    pub fn learn(&self, event: &Event) {
        if let Event::StepObserved { step, result, .. }
        | Event::StepSucceeded { step, result, .. }
        | Event::StepFailed { step, result: Some(result), .. }
        | Event::DoubtResolved { step, result: Some(result), .. } = event
            && let Some(id) = self.step(step)
        {
            self.learn_result(id, result);
        }
    }

    /// Learns what a result holds that is secret.
    pub fn learn_result(&self, step: StepId, result: &Value) {
        learn_where_hidden(&self.mask, result, &self.secrets.shown_result(&self.compiled.plan, step, result));
    }

    /// An event as it is recorded: the words of errors without secrets, values as they are.
    pub fn recorded(&self, event: Event) -> Event {
        let text = |text: String| self.mask.text(&text).into_owned();
        match event {
            Event::StepFailed { step, attempt, error, effect_done, result, changes } => {
                Event::StepFailed { step, attempt, error: text(error), effect_done, result, changes }
            }
            Event::StepInDoubt { step, attempt, reason, changes } => {
                Event::StepInDoubt { step, attempt, reason: text(reason), changes }
            }
            Event::UndoCallEnded { step, error } => Event::UndoCallEnded { step, error: error.map(text) },
            Event::AssumptionFailed { text: of, why } => Event::AssumptionFailed { text: of, why: text(why) },
            Event::AssumptionOverridden { text: of, why, by, reason } => {
                Event::AssumptionOverridden { text: of, why: text(why), by, reason }
            }
            Event::VerificationFailed { text: of, why } => Event::VerificationFailed { text: of, why: text(why) },
            Event::EachFailed { each, error } => Event::EachFailed { each, error: text(error) },
            other => other,
        }
    }

    /// An event as it is shown.
    pub fn event(&self, event: &Event) -> Event {
        let args = |step: &str, args: &Value, undo: bool| self.args(step, args, undo);
        let result = |step: &str, result: &Value| self.result(step, result);
        let changes = |step: &str, changes: &[Change]| self.changes(step, changes);
        let event = match event {
            Event::StepStarted { step, attempt, args: given, changes: made, result: gave } => Event::StepStarted {
                step: step.clone(),
                attempt: *attempt,
                args: args(step, given, false),
                changes: changes(step, made),
                result: gave.as_ref().map(|gave| result(step, gave)),
            },
            Event::StepObserved { step, attempt, changes: made, result: gave } => Event::StepObserved {
                step: step.clone(),
                attempt: *attempt,
                changes: changes(step, made),
                result: result(step, gave),
            },
            Event::StepSucceeded { step, attempt, result: gave, changes: made } => Event::StepSucceeded {
                step: step.clone(),
                attempt: *attempt,
                result: result(step, gave),
                changes: changes(step, made),
            },
            Event::StepFailed { step, attempt, error, effect_done, result: gave, changes: made } => Event::StepFailed {
                step: step.clone(),
                attempt: *attempt,
                error: error.clone(),
                effect_done: *effect_done,
                result: gave.as_ref().map(|gave| result(step, gave)),
                changes: changes(step, made),
            },
            Event::StepInDoubt { step, attempt, reason, changes: made } => Event::StepInDoubt {
                step: step.clone(),
                attempt: *attempt,
                reason: reason.clone(),
                changes: changes(step, made),
            },
            Event::DoubtResolved { step, resolution, result: gave, channel } => Event::DoubtResolved {
                step: step.clone(),
                resolution: *resolution,
                result: gave.as_ref().map(|gave| result(step, gave)),
                channel: channel.clone(),
            },
            Event::StepUndone { step, restored, conflicts } => Event::StepUndone {
                step: step.clone(),
                restored: changes(step, restored),
                conflicts: conflicts.iter().map(|conflict| self.conflict(step, conflict)).collect(),
            },
            Event::UndoCallStarted { step, tool, args: given } => {
                Event::UndoCallStarted { step: step.clone(), tool: tool.clone(), args: args(step, given, true) }
            }
            Event::GateAnswered { step, agreed, by, shown } => Event::GateAnswered {
                step: step.clone(),
                agreed: *agreed,
                by: by.clone(),
                shown: self.gate(step, shown),
            },
            Event::Stale { step: Some(step), differences } if self.step(step).is_none_or(|id| self.may_tell(id)) => {
                let hidden = |difference: &Difference| Difference {
                    expected: Observation { look: difference.expected.look.clone(), seen: HIDDEN.to_owned() },
                    found: HIDDEN.to_owned(),
                };
                Event::Stale { step: Some(step.clone()), differences: differences.iter().map(hidden).collect() }
            }
            // Whoever tries contents could find out which were written.
            Event::CallAnswered { step, answer, standing, changes: Some(changes) } => {
                let is_secret = self.step(step).is_none_or(|id| self.secrets.given(id));
                let changes = if is_secret { self.sealer.commit(CONTENT, &changes.0) } else { *changes };
                Event::CallAnswered {
                    step: step.clone(),
                    answer: answer.clone(),
                    standing: standing.clone(),
                    changes: Some(changes),
                }
            }
            Event::Ended { end, outputs } => Event::Ended { end: *end, outputs: self.outputs(outputs) },
            other => other.clone(),
        };
        self.mask.data(&event)
    }

    /// A text without the secrets that are known.
    pub fn text(&self, text: &str) -> String {
        self.mask.text(text).into_owned()
    }

    /// The arguments of a step's call, or of the call that takes it back, as they are shown.
    pub fn args(&self, step: &str, args: &Value, undo: bool) -> Value {
        self.mask.value(&self.unmasked_args(step, args, undo))
    }

    fn unmasked_args(&self, step: &str, args: &Value, undo: bool) -> Value {
        let plan = &self.compiled.plan;
        let step = self.step(step).map(|id| plan.get(id));
        let call = step.and_then(|step| if undo { step.undo.as_deref() } else { Some(&step.call) });
        call.map_or_else(hidden, |call| self.secrets.shown_args(plan, call, args))
    }

    /// What a person is shown at a gate.
    pub fn gate(&self, step: &str, shown: &Value) -> Value {
        let args = self.args(step, &Value::record([("show", shown.clone())]), false);
        args.get("show").cloned().unwrap_or_else(hidden)
    }

    /// A report as it is shown. What a run goes by stays as it is: what was looked at, and what `critical` allows, of which
    /// nothing that is secret is bound.
    pub fn report(&self, mut report: PlanReport) -> PlanReport {
        let plan = &self.compiled.plan;
        for (input, shown) in plan.inputs.iter().zip(&mut report.inputs) {
            if input.secret {
                shown.value = hidden();
            }
        }
        for (output, shown) in plan.outputs.iter().zip(&mut report.outputs) {
            if self.secrets.decide(plan, &output.value) {
                shown.value = hidden();
            }
        }
        for output in &mut report.outputs {
            output.value = self.mask.value(&output.value);
        }
        steps_of(&mut report).for_each(|step| self.step_report(step));
        self.changes_report(&mut report);
        // Written and read back, what is not known would be a record that says so.
        let mut masked = self.mask.data(&report);
        let pairs = steps_of(&mut masked).zip(steps_of(&mut report));
        pairs.for_each(|(masked, step)| {
            masked.args = step.args.clone();
            if let (Some(masked), Some(undoing)) = (&mut masked.undoing, &step.undoing) {
                masked.args = undoing.args.clone();
            }
            masked.outcome = self.outcome(&step.outcome);
        });
        masked.inputs = report.inputs;
        masked.outputs = report.outputs;
        masked.observations = report.observations;
        masked.releases.iter_mut().zip(report.releases).for_each(|(masked, release)| masked.value = release.value);
        masked.critical.iter_mut().zip(report.critical).for_each(|(masked, line)| masked.value = line.value);
        masked
    }

    fn outcome(&self, outcome: &StepOutcome) -> StepOutcome {
        match outcome {
            StepOutcome::KnownAfterRun { why } => StepOutcome::KnownAfterRun { why: self.text(why) },
            StepOutcome::Fails { why } => StepOutcome::Fails { why: self.text(why) },
            other => other.clone(),
        }
    }

    fn step_report(&self, report: &mut StepReport) {
        let Some(id) = self.step(&report.name) else { return };
        report.args = self.args(&report.name, &report.args, false);
        if let Some(undoing) = &mut report.undoing {
            undoing.args = self.args(&report.name, &undoing.args, true);
        }
        match &mut report.outcome {
            StepOutcome::Read { result }
            | StepOutcome::Extracted { result }
            | StepOutcome::Foretold { result, .. }
            | StepOutcome::Simulated { result }
            | StepOutcome::Ran { result } => {
                self.learn_result(id, result);
                *result = self.result(&report.name, result);
            }
            StepOutcome::KnownAfterRun { .. }
            | StepOutcome::Skipped
            | StepOutcome::Gate
            | StepOutcome::Fails { .. }
            | StepOutcome::NotReached => {}
        }
    }

    /// Of what a step makes of a secret nothing is told but that it changes the path: the size of a file tells as much as its
    /// content, and so does whether it stays as it was. So it is wherever that path is changed again.
    fn changes_report(&self, report: &mut PlanReport) {
        let mut kept = BTreeSet::new();
        for step in steps_of(report) {
            let reaches = self.step(&step.name).is_none_or(|id| self.secrets.reach(id));
            for change in &mut step.changes {
                if reaches {
                    kept.insert(change.path.clone());
                }
                if kept.contains(&change.path) {
                    hide_change(change);
                }
            }
        }
    }

    /// A path that was left: what a secret was written to is not shown, whatever became of it.
    fn conflict(&self, step: &str, conflict: &Conflict) -> Conflict {
        let is_secret = self.step(step).is_none_or(|id| self.secrets.given(id));
        let diff = conflict.diff.clone().map(|diff| if is_secret { format!("{HIDDEN}\n") } else { diff });
        Conflict { path: conflict.path.clone(), why: conflict.why.clone(), diff }
    }

    fn changes(&self, step: &str, changes: &[Change]) -> Vec<Change> {
        let is_secret = self.step(step).is_none_or(|id| self.secrets.given(id));
        let veiled = |change: &Change| match is_secret {
            true => Change {
                path: change.path.clone(),
                before: self.state(&change.before),
                after: self.state(&change.after),
            },
            false => change.clone(),
        };
        changes.iter().map(veiled).collect()
    }

    /// Whether what a step saw may tell of a secret; a gate sees what all behind it will.
    fn may_tell(&self, step: StepId) -> bool {
        self.secrets.reach(step) || self.compiled.plan.get(step).is_gate
    }

    /// A state of which the digest tells nothing to those who try contents.
    fn state(&self, state: &FileState) -> FileState {
        match state {
            FileState::File { digest: Digest(bytes), bytes: size, mode } => {
                FileState::File { digest: self.sealer.commit(CONTENT, bytes), bytes: *size, mode: *mode }
            }
            other => other.clone(),
        }
    }

    fn result(&self, step: &str, result: &Value) -> Value {
        let shown = match self.step(step) {
            Some(id) => self.secrets.shown_result(&self.compiled.plan, id, result),
            None => hidden(),
        };
        self.mask.value(&shown)
    }

    fn outputs(&self, outputs: &Value) -> Value {
        let Value::Record(record) = outputs else { return outputs.clone() };
        let plan = &self.compiled.plan;
        let is_secret = |name: &str| {
            let output = plan.outputs.iter().find(|output| output.name == name);
            output.is_none_or(|output| self.secrets.decide(plan, &output.value))
        };
        let shown = record
            .iter()
            .map(|(name, value)| (name.to_owned(), if is_secret(name) { hidden() } else { value.clone() }));
        self.mask.value(&Value::record(shown))
    }

    /// The step that a name stands for, with or without the element behind it.
    fn step(&self, name: &str) -> Option<StepId> {
        self.compiled.plan.step(name.split('[').next().unwrap_or(name))
    }
}

/// Whether a value is not known yet, as the store gives it back.
fn is_unknown(value: &Value) -> bool {
    matches!(value, Value::Unknown(_))
        || value.get(UNKNOWN_KEY).is_some_and(|_| matches!(value, Value::Record(record) if record.len() == 1))
}

/// Takes out of a change what its contents tell.
fn hide_change(change: &mut ChangeReport) {
    (change.before, change.after) = (change.before.without_content(), change.after.without_content());
    (change.added, change.removed) = (0, 0);
    if [&change.before, &change.after].iter().any(|state| matches!(state, FileState::File { .. })) {
        change.diff = Some(format!("{HIDDEN}\n"));
    }
}

/// All steps of a report, those of verifications included.
fn steps_of(report: &mut PlanReport) -> impl Iterator<Item = &mut StepReport> {
    let own = report.verifications.iter_mut().flat_map(|verification| &mut verification.steps);
    report.steps.iter_mut().chain(own)
}

/// Learns the parts of a value in whose place something else is shown.
fn learn_where_hidden(mask: &Mask, value: &Value, shown: &Value) {
    match (value, shown) {
        (Value::Record(record), Value::Record(shown)) => record.iter().for_each(|(name, value)| {
            let shown = shown.get(name).unwrap_or(&Value::Null);
            learn_where_hidden(mask, value, shown);
        }),
        (Value::List(items), Value::List(shown)) => {
            items.iter().zip(shown.iter()).for_each(|(value, shown)| learn_where_hidden(mask, value, shown));
        }
        (value, shown) if value != shown => mask.learn(value),
        _ => {}
    }
}
