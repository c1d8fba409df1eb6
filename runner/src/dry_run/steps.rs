//! The steps of a plan, one after the other on the overlay ⟶ what is reported and predicted of each.

use super::DryRun;
use super::call::{Called, looked_path};
use super::diff::change_report;
use crate::coverage::{uncovered_changes, uncovered_paths, uncovered_touches, verb_of};
use crate::prediction::Prediction;
use crate::report::{EffectReport, Problem, StepOutcome, StepReport, UndoKind};
use crate::tool::registry::Implementation;
use crate::workspace::{Change, Overlay};
use planc_lang::effects::{CriticalVerb, Resource};
use planc_lang::eval::{Env, NoCalls, eval, eval_args};
use planc_lang::grants::{self, Grants};
use planc_lang::plan::{Step, StepId};
use planc_lang::syntax::{Approval, EffectVerb, OnFailure};
use planc_lang::types::Type;
use planc_lang::value::Value;

/// The dry run as far as it has come.
pub(super) struct Steps<'d, 'a> {
    dry: &'d DryRun<'a>,
    pub(super) env: Env<'d>,
    pub(super) overlay: Overlay,
    pub(super) reports: Vec<StepReport>,
    pub(super) predictions: Vec<Prediction>,
    pub(super) problems: Vec<Problem>,
    /// Which line of `critical` was used, and for what.
    pub(super) touched: Vec<(usize, String)>,
    /// A step has failed: nothing after it is reached.
    stopped: bool,
}

/// What became of one step.
struct Done {
    outcome: StepOutcome,
    changes: Vec<Change>,
    value: Value,
}

impl<'d, 'a> Steps<'d, 'a> {
    pub(super) fn new(dry: &'d DryRun<'a>, env: Env<'d>, overlay: Overlay) -> Steps<'d, 'a> {
        Steps {
            dry,
            env,
            overlay,
            reports: Vec::new(),
            predictions: Vec::new(),
            problems: Vec::new(),
            touched: Vec::new(),
            stopped: false,
        }
    }

    /// Goes one step further.
    pub(super) fn step(&mut self, id: StepId) {
        let step = self.dry.compiled.plan.get(id);
        self.overlay.begin(&step.name);
        self.overlay.take_observations();
        let args = eval_args(&step.call, &mut self.env, &mut NoCalls);
        let values = match &args {
            Ok(values) => values.clone(),
            Err(_) => step.call.tool.params.iter().map(|param| Value::Unknown(param.ty.clone())).collect(),
        };
        let when = if self.stopped { None } else { self.condition(step) };
        let done = match self.stopped {
            true => {
                Done { outcome: StepOutcome::NotReached, changes: Vec::new(), value: Value::Unknown(step.ty.clone()) }
            }
            false => match when {
                Some(false) => Done { outcome: StepOutcome::Skipped, changes: Vec::new(), value: Value::Null },
                Some(true) => match &args {
                    Ok(values) => self.made(id, step, values),
                    Err(failure) => self.failed(step, failure.message.clone(), Vec::new()),
                },
                None => {
                    let touches = step.call.tool.touches(&values);
                    self.judge_touches(step, &touches);
                    self.judge_paths(step, &touches);
                    self.dry.mark_unknown(&touches, &mut self.overlay);
                    self.later(step, "whether it runs is known only after the run".into())
                }
            },
        };
        self.policy(step);
        let observations = self.overlay.take_observations();
        self.note_touched(step, &values, &done.changes, &observations);
        self.env.set_step(id, done.value.clone());
        let undo = match &step.undo {
            Some(call) => eval_args(call, &mut self.env, &mut NoCalls).ok().map(|values| call.tool.named(&values)),
            None => None,
        };
        self.predictions.push(Prediction {
            step: step.name.to_string(),
            when,
            args: step.call.tool.named(&values),
            undo: undo.unwrap_or(Value::Unknown(Type::Any)),
            observations,
            changes: done.changes.clone(),
        });
        self.report(id, step, &values, done);
    }

    /// Whether the step runs; none: known only after the run. A condition that fails is a failure of the step.
    fn condition(&mut self, step: &Step) -> Option<bool> {
        let Some(when) = &step.when else { return Some(true) };
        match eval(when, &mut self.env, &mut NoCalls) {
            Ok(value) => value.as_bool(),
            Err(failure) => {
                self.problem(step, failure.message);
                None
            }
        }
    }

    /// The step, made as far as plan mode allows.
    fn made(&mut self, id: StepId, step: &Step, values: &[Value]) -> Done {
        let touches = step.call.tool.touches(values);
        self.judge_touches(step, &touches);
        let earlier = !step.uses.is_empty();
        let called = match self.dry.call(&step.call, values, earlier, &mut self.overlay) {
            Ok(called) => called,
            Err(error) => {
                self.overlay.roll_back();
                return self.failed(step, error.message, Vec::new());
            }
        };
        self.judge_unknown(step);
        let changes = self.overlay.take_changes();
        for uncovered in uncovered_changes(&self.grants(), &changes) {
            self.problem(step, uncovered.to_string());
        }
        match called {
            Called::Later(why) => {
                self.judge_paths(step, &touches);
                Done { changes, ..self.later(step, why) }
            }
            Called::Made(value) => {
                self.env.set_step(id, value.clone());
                for expect in &step.expect {
                    match eval(expect, &mut self.env, &mut NoCalls) {
                        Ok(Value::Bool(false)) => {
                            let why = format!("`{}` is false", self.dry.written(expect.span));
                            return self.failed(step, why, changes);
                        }
                        Ok(_) => {}
                        Err(failure) => return self.failed(step, failure.message, changes),
                    }
                }
                let outcome = match (step.call.is_read_only(), value.is_known()) {
                    (true, true) => StepOutcome::Read { result: value.clone() },
                    (false, true) => StepOutcome::Simulated { result: value.clone() },
                    (_, false) => {
                        StepOutcome::KnownAfterRun { why: "it depends on what is known only after the run".into() }
                    }
                };
                Done { outcome, changes, value }
            }
        }
    }

    /// What the lines of `critical` allow as far as it is known here; what is not known may allow.
    fn grants(&mut self) -> Grants<'d> {
        let plan = &self.dry.compiled.plan;
        Grants::new(plan, &grants::values(plan, &mut self.env))
    }

    /// Programs, hosts and names that a call touches.
    fn judge_touches(&mut self, step: &Step, touches: &[(EffectVerb, Resource)]) {
        for uncovered in uncovered_touches(&self.grants(), touches) {
            self.problem(step, uncovered.to_string());
        }
    }

    /// The paths that a call would change which is not made here: a line must stand that may allow each.
    fn judge_paths(&mut self, step: &Step, touches: &[(EffectVerb, Resource)]) {
        let grants = self.grants();
        let overlay = &mut self.overlay;
        // Where links lead decides, as it does when the call is made; a tool may also mean the link itself.
        let led = |path: &str| match (overlay.resolve(path), overlay.resolve_link(path)) {
            (Ok(followed), Ok(link)) => vec![followed, link],
            (Ok(one), Err(_)) | (Err(_), Ok(one)) => vec![one],
            (Err(_), Err(_)) => vec![path.to_owned()],
        };
        for uncovered in uncovered_paths(&grants, touches, led) {
            self.problem(step, uncovered.to_string());
        }
    }

    /// Paths that are written while it is not known what is there before: a line for either case must stand.
    fn judge_unknown(&mut self, step: &Step) {
        let grants = self.grants();
        for change in self.overlay.unknown_changes() {
            let verbs = [CriticalVerb::Create, CriticalVerb::Modify, CriticalVerb::Delete];
            let covered = verbs.iter().any(|verb| grants.iter().any(|grant| grant.allows_path(*verb, &change.path)));
            if !covered {
                self.problem(step, format!("no `critical` line allows to change `{}`", change.path));
            }
        }
    }

    fn later(&self, step: &Step, why: String) -> Done {
        Done {
            outcome: StepOutcome::KnownAfterRun { why },
            changes: Vec::new(),
            value: Value::Unknown(step.ty.clone()),
        }
    }

    fn failed(&mut self, step: &Step, why: String, changes: Vec<Change>) -> Done {
        let value = match step.on_failure {
            OnFailure::Continue => Value::Null,
            OnFailure::Stop | OnFailure::Undo => {
                self.problem(step, format!("it would fail: {why}"));
                self.stopped = true;
                Value::Unknown(step.ty.clone())
            }
        };
        Done { outcome: StepOutcome::Fails { why }, changes, value }
    }

    fn problem(&mut self, step: &Step, message: String) {
        self.problems.push(Problem { step: Some(step.name.to_string()), message, policy: false });
    }

    fn policy(&mut self, step: &Step) {
        let calls = std::iter::once(&step.call).chain(&step.undo);
        for call in calls {
            let tool = &call.tool;
            if self.dry.config.decision(&tool.name, tool.approval) == Approval::Deny {
                self.problems.push(Problem {
                    step: Some(step.name.to_string()),
                    message: format!("policy denies `{}`", tool.name),
                    policy: true,
                });
            }
            if self.dry.registry.get(&tool.name).is_none() {
                self.problem(step, format!("nothing here carries out the tool `{}`", tool.name));
            }
        }
    }

    /// Notes which lines of `critical` the step makes use of.
    fn note_touched(
        &mut self,
        step: &Step,
        values: &[Value],
        changes: &[Change],
        observations: &[crate::workspace::Observation],
    ) {
        let mut used: Vec<(CriticalVerb, String)> = Vec::new();
        used.extend(changes.iter().filter_map(|change| Some((verb_of(change)?, change.path.clone()))));
        let read = observations.iter().filter_map(|observation| looked_path(&observation.look));
        used.extend(read.map(|path| (CriticalVerb::Read, path.to_owned())));
        let touches = step.call.tool.touches(values);
        for (index, grant) in self.grants().known().with_lines() {
            for (verb, path) in &used {
                if grant.verb == *verb && grant.allows_path(*verb, path) {
                    self.touched.push((index, path.clone()));
                }
            }
            for (verb, resource) in &touches {
                let allowed = match resource {
                    Resource::Program(argv) => *verb == EffectVerb::Runs && grant.allows_program(argv),
                    Resource::Host(host) => grant.allows_host(host),
                    _ => false,
                };
                if allowed {
                    self.touched.push((index, resource.to_string()));
                }
            }
        }
    }

    fn report(&mut self, id: StepId, step: &Step, values: &[Value], done: Done) {
        let tool = &step.call.tool;
        let touches = tool.touches(values);
        let effects =
            touches.iter().map(|(verb, resource)| EffectReport { verb: *verb, resource: resource.to_string() });
        let plan = &self.dry.compiled.plan;
        let mut waits_for: Vec<StepId> = self.dry.compiled.graph.dependencies(id).map(|(before, _)| before).collect();
        waits_for.sort_unstable();
        let destructive = touches.iter().any(|(verb, _)| *verb == EffectVerb::Deletes);
        self.reports.push(StepReport {
            name: step.name.to_string(),
            tool: tool.name.to_string(),
            because: step.because.clone(),
            args: given(step, values),
            effects: effects.collect(),
            read_only: step.call.is_read_only(),
            destructive,
            policy: self.dry.config.decision(&tool.name, tool.approval),
            standing_yes: self.dry.grants.iter().any(|granted| *granted == tool.name),
            undo: self.undo_kind(step),
            on_failure: step.on_failure,
            outcome: done.outcome,
            changes: done.changes.iter().map(|change| change_report(change, self.overlay.contents())).collect(),
            waits_for: waits_for.into_iter().map(|before| plan.get(before).name.to_string()).collect(),
            timeout_ms: step.timeout_ms.or(tool.timeout_ms),
            when: step.when.as_ref().map(|when| self.dry.written(when.span)),
            retry: step.retry.map(|retry| format!("{} every {} s", retry.times, retry.every_ms as f64 / 1000.0)),
            expects: step.expect.iter().map(|expect| self.dry.written(expect.span)).collect(),
            undo_call: step.undo.as_ref().map(|call| self.dry.written(call.span)),
        });
    }

    fn undo_kind(&self, step: &Step) -> UndoKind {
        let tool = &step.call.tool;
        if step.undo.is_some() {
            return UndoKind::Declared;
        }
        match self.dry.registry.get(&tool.name) {
            _ if step.call.is_read_only() => UndoKind::Nothing,
            Some(Implementation::Files(_)) => UndoKind::Automatic,
            Some(Implementation::Live(_)) | None => UndoKind::Impossible,
        }
    }
}

/// The arguments that the step gives, by name; defaults are the catalogue's and are left out.
fn given(step: &Step, values: &[Value]) -> Value {
    let params = step.call.tool.params.iter().zip(&step.call.args).zip(values);
    Value::record(
        params.filter(|((_, arg), _)| arg.is_some()).map(|((param, _), value)| (param.name.clone(), value.clone())),
    )
}
