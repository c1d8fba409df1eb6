//! Events and reports ⟶ the same as people and agents may see them: what a secret decides, or may stand in, is left out whole.
//!
//! It goes by the place, never by the text: a text that is looked for would be found by whoever writes down all that it could be.
//! Only what a server says that was given a secret is searched besides, and the words of errors as they are recorded. What is
//! carried out is never veiled.

use crate::event::{Conflict, Difference, Event};
use crate::mask::Mask;
use crate::report::{ChangeReport, PlanReport, StepOutcome, StepReport};
use crate::seal::Sealer;
use crate::workspace::{Change, FileState, Look, Observation};
use planc_lang::compile::Compiled;
use planc_lang::digest::Digest;
use planc_lang::eval::Hides;
use planc_lang::plan::{Call, Expr, StepId, base_name};
use planc_lang::secrets::{HIDDEN, Secrets, gives_secrets, hidden};
use planc_lang::value::{UNKNOWN_KEY, Value};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Stands for the words that say why something failed.
pub const WHY: &str = "a secret has a part in why, and nobody is told";

/// What is secret in a plan and its run. Clones share what has been learnt.
#[derive(Clone, Debug)]
pub struct Veil {
    compiled: Arc<Compiled>,
    secrets: Arc<Secrets>,
    mask: Mask,
    sealer: Sealer,
    /// What the report tells that the dry run looked at.
    told: Arc<BTreeSet<Look>>,
    /// Paths in which a secret may stand, by what has happened.
    kept: Arc<Mutex<BTreeSet<String>>>,
}

impl Veil {
    /// What is secret where the inputs have these values, by index; for a plan that has secrets.
    pub fn new(compiled: Arc<Compiled>, secrets: Secrets, inputs: &[Value], sealer: &Sealer) -> Veil {
        let mask = Mask::default();
        let secret = compiled.plan.inputs.iter().zip(inputs).filter(|(input, _)| input.secret);
        secret.for_each(|(_, value)| mask.learn(value));
        let (told, kept) = (Arc::default(), Arc::default());
        Veil { compiled, secrets: Arc::new(secrets), mask, sealer: sealer.clone(), told, kept }
    }

    /// The same for the run of a plan: what its report told may be told again.
    pub fn telling(self, report: &PlanReport) -> Veil {
        let told = report.observations.iter().map(|seen| seen.look.clone()).collect();
        Veil { told: Arc::new(told), ..self }
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

    /// Stands for bytes in the same way.
    pub fn committed_to(&self, role: &str, bytes: &[u8]) -> Digest {
        self.sealer.commit(role, bytes)
    }

    /// The arguments of a call by name as they are bound: what is secret as commitments.
    pub fn bound_args(&self, step: &str, args: &Value, undo: bool) -> Value {
        if is_unknown(args) {
            return args.clone();
        }
        let shown = self.args(step, args, undo);
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
        match event {
            Event::StepStarted { step, changes, .. }
            | Event::StepObserved { step, changes, .. }
            | Event::StepSucceeded { step, changes, .. }
            | Event::StepFailed { step, changes, .. }
            | Event::StepInDoubt { step, changes, .. }
                if self.reaches(step) =>
            {
                self.keep(changes);
            }
            Event::UndoCallObserved { step, changes } if self.reaches_undoing(step) => self.keep(changes),
            _ => {}
        }
        if let Event::StepObserved { step, result, .. }
        | Event::StepSucceeded { step, result, .. }
        | Event::StepFailed { step, result: Some(result), .. }
        | Event::DoubtResolved { step, result: Some(result), .. } = event
            && let Some(id) = self.step(step)
        {
            self.learn_result(id, result);
        }
    }

    /// A secret may stand in these files.
    fn keep(&self, changes: &[Change]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(changes.iter().map(|change| change.path.clone()));
    }

    fn learn_result(&self, step: StepId, result: &Value) {
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
        let mut event = event.clone();
        if let Event::StepObserved { step, dropped, .. } = &mut event
            && self.reaches(step)
        {
            dropped.clear();
        }
        match &mut event {
            Event::StepStarted { step, args, changes, result, .. } => {
                *args = self.args(step, args, false);
                self.hide_changes(step, changes);
                result.iter_mut().for_each(|result| *result = self.result(step, result));
            }
            Event::StepObserved { step, changes, result, .. } | Event::StepSucceeded { step, changes, result, .. } => {
                *result = self.result(step, result);
                self.hide_changes(step, changes);
            }
            Event::StepFailed { step, error, result, changes, .. } => {
                self.hide_why(step, error);
                result.iter_mut().for_each(|result| *result = self.result(step, result));
                self.hide_changes(step, changes);
            }
            Event::StepInDoubt { step, reason, changes, .. } => {
                self.hide_why(step, reason);
                self.hide_changes(step, changes);
            }
            Event::DoubtResolved { step, result: Some(result), .. } => *result = self.result(step, result),
            Event::StepUndone { step, restored, conflicts } => {
                self.hide_changes(step, restored);
                conflicts.iter_mut().for_each(|conflict| self.hide_conflict(step, conflict));
            }
            Event::UndoCallObserved { step, changes } => self.hide_changes_by(self.reaches_undoing(step), changes),
            Event::UndoCallStarted { step, args, .. } => *args = self.args(step, args, true),
            Event::UndoCallEnded { step, error: Some(error) } => self.hide_undo_why(step, error),
            Event::GateAnswered { step, shown, .. } => *shown = self.gate(step, shown),
            Event::Stale { step, differences } => self.hide_differences(step.as_deref(), differences),
            // Whoever tries contents could find out which were written.
            Event::CallAnswered { step, changes, .. } if self.reaches_undoing(step) => *changes = None,
            Event::AssumptionFailed { text, why } | Event::AssumptionOverridden { text, why, .. } => {
                let of_text = self.compiled.plan.assumptions.iter().filter(|assumption| assumption.text == *text);
                self.hide_failing(of_text.filter_map(|assumption| assumption.check.as_ref()), why);
            }
            Event::VerificationFailed { text, why } => {
                let of_text = self.compiled.plan.verifications.iter().filter(|verification| verification.text == *text);
                self.hide_failing(of_text.filter_map(|verification| verification.check.as_ref()), why);
            }
            Event::EachFailed { each, error: why } => {
                let block = self.compiled.plan.eaches.iter().filter(|block| block.name == *each);
                self.hide_failing(block.flat_map(|block| block.when.iter().chain([&block.list])), why);
            }
            Event::Ended { outputs, .. } => *outputs = self.outputs(outputs),
            Event::Approved { .. }
            | Event::Started { .. }
            | Event::AssumptionHeld { .. }
            | Event::CallAnswered { .. }
            | Event::Held { .. }
            | Event::CallWaits { .. }
            | Event::StepSkipped { .. }
            | Event::DoubtResolved { result: None, .. }
            | Event::Looked { .. }
            // Their values were hidden when they were recorded.
            | Event::ValuesWait { .. }
            | Event::ValuesAnswered { .. }
            | Event::EachStarted { .. }
            | Event::EachSkipped { .. }
            | Event::EachEnded { .. }
            | Event::VerificationHeld { .. }
            | Event::DeadlineSet { .. }
            | Event::DeadlinePassed { .. }
            | Event::Interrupted { .. }
            | Event::UndoStarted { .. }
            | Event::UndoCallEnded { error: None, .. }
            | Event::UndoEnded { .. } => {}
        }
        event
    }

    /// Whether what a step does may tell of a secret: it is given one, or may find one in what it reads.
    fn reaches(&self, step: &str) -> bool {
        self.step(step).is_none_or(|id| self.secrets.reach(id))
    }

    /// Whether what is told while a step is taken back may tell of a secret.
    pub fn reaches_undoing(&self, step: &str) -> bool {
        self.step(step).is_none_or(|id| self.secrets.reach_undoing(id))
    }

    /// Why the call that takes a step back failed, or was not made: it may have found what another such call was given.
    pub fn hide_undo_why(&self, step: &str, why: &mut String) {
        match self.reaches_undoing(step) {
            true => WHY.clone_into(why),
            false => self.hide_why(step, why),
        }
    }

    /// Why a call of a step failed, or the call that takes it back: a part of a secret could stand in the words.
    pub fn hide_why(&self, step: &str, why: &mut String) {
        let plan = &self.compiled.plan;
        let tells = self.step(step).is_none_or(|id| {
            let step = plan.get(id);
            let undo = step.undo.as_deref();
            let is_given = |expr: &Expr| self.secrets.decide(plan, expr);
            self.secrets.reach(id)
                || [Some(&step.call), undo].into_iter().flatten().any(|call| gives_secrets(&call.tool))
                || undo.is_some_and(|undo| undo.args.iter().flatten().any(is_given))
        });
        if tells {
            WHY.clone_into(why);
        }
    }

    /// Why one of these has failed.
    fn hide_failing<'e>(&self, mut exprs: impl Iterator<Item = &'e Expr>, why: &mut String) {
        if exprs.any(|expr| self.secrets.touch(&self.compiled.plan, expr)) {
            WHY.clone_into(why);
        }
    }

    /// The arguments of a call by index, with nothing in the place of those that a secret decides.
    pub fn open_args(&self, call: &Call, args: &[Value]) -> Vec<Value> {
        let is_secret = |expr: &Expr| self.secrets.decide(&self.compiled.plan, expr);
        let open = |(arg, value): (&Option<Expr>, &Value)| match arg {
            Some(arg) if is_secret(arg) => hidden(),
            _ => value.clone(),
        };
        call.args.iter().zip(args).map(open).collect()
    }

    /// The arguments of a step's call, or of the call that takes it back, as they are shown.
    pub fn args(&self, step: &str, args: &Value, undo: bool) -> Value {
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

    /// A report as it is shown.
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
        steps_of(&mut report).for_each(|step| self.step_report(step));
        self.changes_report(&mut report);
        report
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
                *result = self.secrets.shown_result(&self.compiled.plan, id, result);
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

    /// A path that was left: what a secret may stand in is not shown, whatever became of it.
    fn hide_conflict(&self, step: &str, conflict: &mut Conflict) {
        let may_be_left = || self.secrets.may_be_left_at(&conflict.path);
        if self.reaches_undoing(step) || self.is_kept(&conflict.path) || may_be_left() {
            WHY.clone_into(&mut conflict.why);
            conflict.diff = conflict.diff.as_ref().map(|_| format!("{HIDDEN}\n"));
        }
    }

    /// Of files in which a secret may stand nobody is told what is in them, nor how large they are.
    fn hide_changes(&self, step: &str, changes: &mut [Change]) {
        self.hide_changes_by(self.reaches(step), changes);
    }

    fn hide_changes_by(&self, reaches: bool, changes: &mut [Change]) {
        for change in changes.iter_mut().filter(|change| reaches || self.is_kept(&change.path)) {
            (change.before, change.after) = (change.before.without_content(), change.after.without_content());
        }
    }

    /// Whether a secret may stand in a file, by what has happened.
    pub fn is_kept(&self, path: &str) -> bool {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
    }

    /// What is there instead of what was approved: before the first step what was told may be told again; a gate sees what all
    /// behind it will.
    fn hide_differences(&self, step: Option<&str>, differences: &mut [Difference]) {
        let hides = step.is_some_and(|name| {
            self.step(name).is_none_or(|id| self.secrets.reach(id) || self.compiled.plan.get(id).is_gate)
        });
        for Difference { expected: Observation { look, seen }, found } in differences {
            let is_told = self.told.contains(look);
            if !is_told {
                *look = Look::At { path: HIDDEN.to_owned() };
            }
            if hides || !is_told {
                HIDDEN.clone_into(seen);
                HIDDEN.clone_into(found);
            }
        }
    }

    fn result(&self, step: &str, result: &Value) -> Value {
        let Some(id) = self.step(step) else { return hidden() };
        let shown = self.secrets.shown_result(&self.compiled.plan, id, result);
        if self.secrets.given(id) { self.mask.value(&shown) } else { shown }
    }

    fn outputs(&self, outputs: &Value) -> Value {
        let Value::Record(record) = outputs else { return outputs.clone() };
        let plan = &self.compiled.plan;
        let is_secret = |name: &str| {
            let output = plan.outputs.iter().find(|output| output.name == name);
            output.is_none_or(|output| self.secrets.decide(plan, &output.value))
        };
        Value::record(record.iter().map(|(name, value)| {
            let shown = if is_secret(name) { hidden() } else { value.clone() };
            (name.to_owned(), shown)
        }))
    }

    /// The step that a name stands for, with or without the element behind it.
    fn step(&self, name: &str) -> Option<StepId> {
        self.compiled.plan.step(base_name(name))
    }
}

/// Whether a value is not known yet, as a store or a bundle gives it back.
pub fn is_unknown(value: &Value) -> bool {
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
