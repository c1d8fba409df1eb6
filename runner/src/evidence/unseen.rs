//! A call that began ⟶ where its arguments do not follow from what is recorded, and what became known during the run that it used
//! although nobody had agreed to that.
//!
//! It asks for no more than a run does: what cannot be computed here, as what a secret or a block has a part in, is passed over.

use super::bound::{BoundPart, of_name};
use crate::event::LateValue;
use crate::executor::has_value;
use crate::late::{Unseen, is_looked_at_whole, unseen};
use crate::prediction::Prediction;
use crate::schedule::unchecked;
use crate::state::{RunState, StepRecord, StepState};
use planc_lang::digest::Digest;
use planc_lang::eval::{Env, NoCalls, eval, eval_args};
use planc_lang::grants::{self, Grants};
use planc_lang::marks::Taken;
use planc_lang::plan::{Call, CriticalLine, CriticalScope, Expr, ExprKind, Instance, Plan, ReleaseKind, Step};
use planc_lang::releases;
use planc_lang::secrets::Secrets;
use planc_lang::value::{Value, is_known, is_wholly_known};
use planc_lang::written;

/// What is known of a plan before it runs.
pub(super) struct Given<'a> {
    plan: &'a Plan,
    /// By index; what is secret is not known.
    inputs: Vec<Value>,
    /// What people answer for with their approval, by name.
    releases: &'a [(String, Value)],
    /// What the lines of `critical` stand for that are about a value, as far as that was known.
    critical: &'a [Value],
    is_secret: bool,
}

impl<'a> Given<'a> {
    pub(super) fn new(plan: &'a Plan, bound: &'a BoundPart) -> Given<'a> {
        let is_secret = Secrets::of(plan).any();
        Given { plan, inputs: bound.open_inputs(plan), releases: &bound.releases, critical: &bound.critical, is_secret }
    }

    /// What the lines of `critical` allow by now: what they stood for, what follows from what people answer for, and what somebody
    /// agreed to since. None: a secret may decide it.
    pub(super) fn grants(&self, state: &RunState) -> Option<Grants<'a>> {
        let mut bound = self.critical.iter();
        let mut values = Vec::new();
        for line in &self.plan.critical {
            let CriticalScope::Value(expr) = &line.scope else {
                values.push(None);
                continue;
            };
            let known = bound.next()?;
            values.push(Some(match is_wholly_known(known) {
                true => known.clone(),
                false if self.is_secret => return None,
                false => self.allowed(line, expr, known, state),
            }));
        }
        Some(Grants::new(self.plan, &values).known())
    }

    fn allowed(&self, line: &CriticalLine, expr: &Expr, known: &Value, state: &RunState) -> Value {
        let id = format!("critical {} {}", line.verb.as_str(), written::expr(self.plan, expr));
        let follows = grants::value_of(expr, &mut self.seen(state));
        let agreed = state.agreed.get(&id).map(|agreed| items(&agreed.value));
        Value::list([items(known), items(&follows), agreed.unwrap_or_default()].concat())
    }

    /// What is wrong with a call that begins, of which this was expected.
    pub(super) fn faults(
        &self,
        name: &str,
        args: &Value,
        state: &RunState,
        expected: Option<&Prediction>,
    ) -> Vec<String> {
        let step = of_name(self.plan, name).map(|id| self.plan.get(id));
        let Some(step) = step.filter(|step| step.each.is_none()) else { return Vec::new() };
        let mut env = self.recorded(step, state);
        let mut faults = self.unlike(step, args, &mut env);
        faults.extend(self.unanswered(step, &mut env, state));
        if !step.is_read_only() {
            faults.extend(self.not_agreed(step, args, state, expected));
        }
        faults
    }

    /// Why a step must not have been left out: its condition is true, as far as what is recorded tells.
    pub(super) fn left_out(&self, name: &str, state: &RunState) -> Option<String> {
        let step = self.plan.get(of_name(self.plan, name)?);
        let when = step.when.as_ref().filter(|_| step.each.is_none())?;
        let holds = eval(when, &mut self.recorded(step, state), &mut NoCalls).ok()?;
        (holds == Value::Bool(true)).then(|| format!("step `{name}` was left out, and its condition is true"))
    }

    /// Why a block must not have been left out: the same.
    pub(super) fn left_out_block(&self, name: &str, state: &RunState) -> Option<String> {
        let block = self.plan.eaches.iter().find(|each| each.name == name)?;
        let holds = eval(block.when.as_ref()?, &mut self.ended(state), &mut NoCalls).ok()?;
        (holds == Value::Bool(true)).then(|| format!("block `{name}` was left out, and its condition is true"))
    }

    /// Outputs that are others than follow from what is recorded.
    pub(super) fn other_outputs(&self, outputs: &Value, state: &RunState) -> Vec<String> {
        let mut env = self.ended(state);
        let mut faults = Vec::new();
        for output in self.plan.outputs.iter().filter(|_| *outputs != Value::Null) {
            let Ok(follows) = eval(&output.value, &mut env, &mut NoCalls) else { continue };
            let given = outputs.get(&output.name);
            if is_wholly_known(&follows) && given.is_none_or(|given| !is_same(given, &follows)) {
                faults.push(format!("the output `{}` is another one than follows from what is recorded", output.name));
            }
        }
        faults
    }

    /// What is said of the verification that is checked next, or of an output, where something else follows from what is recorded.
    pub(super) fn other_outcome(&self, text: &str, holds: bool, state: &RunState) -> Option<String> {
        let next = unchecked(self.plan, state).filter(|next| self.plan.verifications[*next].text == text);
        let follows = match next {
            Some(next) => {
                let check = self.plan.verifications[next].check.as_ref()?;
                if !holds && !self.is_decided(next, check, state) {
                    return None;
                }
                eval(check, &mut self.ended(state), &mut NoCalls).ok()?.as_bool()?
            }
            None => {
                let output = self.plan.outputs.iter().find(|output| has_value(&output.name) == text)?;
                is_wholly_known(&eval(&output.value, &mut self.ended(state), &mut NoCalls).ok()?)
            }
        };
        let said = |holds| if holds { "holds" } else { "does not hold" };
        let fault =
            || format!("it is said that `{text}` {}, and by what is recorded it {}", said(holds), said(follows));
        (holds != follows && (next.is_some() || follows)).then(fault)
    }

    /// Whether a check follows from what is recorded alone: none of its steps has failed, it calls nothing, and nobody is asked about what it
    /// uses.
    fn is_decided(&self, verification: usize, check: &Expr, state: &RunState) -> bool {
        let of_it = |record: &&StepRecord| record.verification == Some(verification);
        let failed = |record: &StepRecord| matches!(record.state, StepState::Failed { .. });
        !state.steps().iter().filter(of_it).any(failed)
            && self.plan.within([check]).all(|part| !matches!(part.kind, ExprKind::Call(_)))
            && releases::used_by(self.plan, [check]).is_empty()
    }

    /// What names stand for as far as somebody has answered for it: no result is known.
    fn seen(&self, state: &RunState) -> Env<'a> {
        let mut env = Env::new(self.plan, self.inputs.clone());
        for (index, release) in releases::all(self.plan) {
            let defined = &self.plan.lets[index];
            let agreed = || Some(&state.agreed.get(&self.id(index))?.value);
            let value = match release.kind {
                ReleaseKind::Endorse if defined.each.is_none() => self.approved(index).or_else(agreed).cloned(),
                ReleaseKind::Endorse | ReleaseKind::Reveal => None,
            };
            env.pin_let(index, value.unwrap_or_else(|| Value::Unknown(defined.value.ty.clone())));
        }
        env
    }

    /// The same with the results of all steps that have ended.
    fn ended(&self, state: &RunState) -> Env<'a> {
        let mut env = self.seen(state);
        for id in self.plan.step_ids().filter(|id| self.plan.get(*id).each.is_none()) {
            if let Some(value) = state.get(Instance { step: id, element: None }).and_then(value_of) {
                env.set_step(id, value);
            }
        }
        env
    }

    /// The same with the results that a step uses.
    fn recorded(&self, step: &Step, state: &RunState) -> Env<'a> {
        let mut env = self.seen(state);
        for used in step.uses.iter().filter(|used| self.plan.get(**used).each.is_none()) {
            if let Some(value) = state.get(Instance { step: *used, element: None }).and_then(value_of) {
                env.set_step(*used, value);
            }
        }
        env
    }

    /// By what a release of the plan itself is told apart.
    fn id(&self, index: usize) -> String {
        format!("let {}", self.plan.lets[index].name)
    }

    fn approved(&self, index: usize) -> Option<&Value> {
        let name = &self.plan.lets[index].name;
        let found = self.releases.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value).filter(|value| is_wholly_known(value))
    }

    fn unlike(&self, step: &Step, args: &Value, env: &mut Env<'_>) -> Vec<String> {
        let mut faults = Vec::new();
        if let Some(Ok(Value::Bool(false))) = step.when.as_ref().map(|when| eval(when, env, &mut NoCalls)) {
            faults.push(format!("step `{}` began, and its condition is false", step.name));
        }
        let Ok(values) = eval_args(&step.call, env, &mut NoCalls) else { return faults };
        for (param, value) in step.call.tool.params.iter().zip(&values) {
            let made = args.get(&param.name);
            if value.is_known() && made.is_none_or(|made| !is_same(made, value)) {
                let what = format!("`{}` of step `{}`", param.name, step.name);
                faults.push(format!("{what} is another one than follows from what is recorded"));
            }
        }
        faults
    }

    /// What the step uses that a person answers for, and that nobody has.
    fn unanswered(&self, step: &Step, env: &mut Env<'_>, state: &RunState) -> Vec<String> {
        let used =
            releases::used_by(self.plan, step.when.as_deref().into_iter().chain(step.call.args.iter().flatten()));
        let mut faults = Vec::new();
        for index in used {
            let defined = &self.plan.lets[index];
            let is_endorsed = defined.release.as_ref().is_some_and(|release| release.kind == ReleaseKind::Endorse);
            if !is_endorsed || defined.each.is_some() {
                continue;
            }
            let Ok(value) = eval(&defined.value, env, &mut NoCalls) else { continue };
            let is_answered = match (self.approved(index), state.agreed.get(&self.id(index))) {
                (Some(approved), _) => is_same(approved, &value),
                (None, Some(agreed)) => agrees(agreed, &value),
                (None, None) => false,
            };
            if value.is_known() && !is_answered {
                faults.push(format!("step `{}` used `{}`, for which nobody had answered", step.name, defined.name));
            }
        }
        faults
    }

    /// The places in the arguments of a call that acts that nobody could know before, and to which nobody has agreed since.
    fn not_agreed(&self, step: &Step, args: &Value, state: &RunState, expected: Option<&Prediction>) -> Vec<String> {
        let call: &Call = &step.call;
        let made = |name: &str| args.get(name).cloned().unwrap_or(Value::Null);
        let values: Vec<Value> = call.tool.params.iter().map(|param| made(&param.name)).collect();
        let whole = is_looked_at_whole(call, &values);
        let mut env = self.seen(state);
        let mut faults = Vec::new();
        for ((param, arg), value) in call.tool.params.iter().zip(&call.args).zip(&values) {
            let Some(arg) = arg else { continue };
            let expected = expected.and_then(|expected| expected.args.get(&param.name));
            let places = unseen(Taken::whole(&param.marks), expected, value, whole);
            if places.is_empty() {
                continue;
            }
            let known = eval(arg, &mut env, &mut NoCalls).ok();
            for Unseen { way, value, is_content } in places {
                let seen = known.as_ref().and_then(|known| way.get(known));
                if seen.is_some_and(|seen| seen.is_known() && is_same(seen, value)) {
                    continue;
                }
                let id = format!("argument {}{way} of {}", param.name, step.name);
                let agreed = state.agreed.get(&id);
                // Of a long content the beginning was shown.
                if agreed.is_none_or(|agreed| !is_content && !agrees(agreed, value)) {
                    faults.push(format!("step `{}` was called with what nobody had agreed to: `{id}`", step.name));
                }
            }
        }
        faults
    }
}

/// Whether it was this value that somebody agreed to; of what nobody is shown it cannot be told.
fn agrees(agreed: &LateValue, value: &Value) -> bool {
    agreed.commitment.is_some() || is_same(&agreed.value, value)
}

/// Whether two values are the same in a record.
fn is_same(one: &Value, other: &Value) -> bool {
    Digest::of_json(one) == Digest::of_json(other)
}

/// What a value names, as far as it is known.
fn items(value: &Value) -> Vec<Value> {
    match value {
        Value::List(items) => items.iter().filter(|item| is_known(item)).cloned().collect(),
        value if is_known(value) => vec![value.clone()],
        _ => Vec::new(),
    }
}

/// What a step stands for, once that is known.
fn value_of(record: &StepRecord) -> Option<Value> {
    match &record.state {
        StepState::Succeeded { result } => Some(result.clone()),
        StepState::Skipped { .. } | StepState::Failed { .. } => Some(Value::Null),
        StepState::Waiting | StepState::Running { .. } | StepState::InDoubt { .. } | StepState::Undone => None,
    }
}
