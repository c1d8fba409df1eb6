//! What began, was left out or came to an end ⟶ where that does not follow from what is recorded, and what became known during the run that
//! it used although nobody had agreed to that.
//!
//! It asks for no more than a run does: what cannot be computed here, as what a secret has a part in, is passed over.

use super::bound::{BoundPart, instance_of, of_name};
use super::names::Names;
use crate::event::{End, LateValue};
use crate::executor::has_value;
use crate::late::{Unseen, is_looked_at_whole, unseen};
use crate::prediction::{Elements, Prediction};
use crate::run::{list_id, release_id};
use crate::schedule::unchecked;
use crate::state::{BlockState, RunState, StepRecord, StepState};
use planc_lang::digest::Digest;
use planc_lang::eval::{Env, NoCalls, eval, eval_args};
use planc_lang::grants::{self, Grants};
use planc_lang::labels::Integrity;
use planc_lang::marks::Taken;
use planc_lang::plan::{Call, CriticalLine, CriticalScope, EachId, Expr, ExprKind, Instance, Plan, ReleaseKind, Step};
use planc_lang::releases;
use planc_lang::secrets::Secrets;
use planc_lang::value::{Value, is_known, is_wholly_known};
use planc_lang::written;

/// What is known of a plan before it runs.
pub(super) struct Given<'a> {
    plan: &'a Plan,
    names: Names<'a>,
    /// What the lines of `critical` stand for that are about a value, as far as that was known.
    critical: &'a [Value],
    secrets: Secrets,
}

/// A step as it is recorded, and what was expected of it.
pub(super) struct Met<'a> {
    pub(super) name: &'a str,
    pub(super) expected: Option<&'a Prediction>,
    pub(super) state: &'a RunState,
}

impl<'a> Given<'a> {
    pub(super) fn new(plan: &'a Plan, bound: &'a BoundPart) -> Given<'a> {
        Given { plan, names: Names::new(plan, bound), critical: &bound.critical, secrets: Secrets::of(plan) }
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
                false if self.secrets.any() => return None,
                false => self.allowed(line, expr, known, state),
            }));
        }
        Some(Grants::new(self.plan, &values).known())
    }

    fn allowed(&self, line: &CriticalLine, expr: &Expr, known: &Value, state: &RunState) -> Value {
        let id = format!("critical {} {}", line.verb.as_str(), written::expr(self.plan, expr));
        let follows = grants::value_of(expr, &mut self.names.seen(state, None));
        let agreed = state.agreed.get(&id).map(|agreed| items(&agreed.value));
        Value::list([items(known), items(&follows), agreed.unwrap_or_default()].concat())
    }

    /// What is wrong with a call that begins.
    pub(super) fn began(&self, met: &Met<'_>, args: &Value) -> Vec<String> {
        let Some((instance, step)) = self.step(met.name) else { return Vec::new() };
        let mut env = self.names.recorded(instance, met.state);
        let what = format!("step `{}`", met.name);
        let mut faults = Vec::new();
        if let Some(when) = &step.when {
            faults.extend(self.decided(&what, when, true, &mut env));
        }
        faults.extend(self.unlike(&what, &step.call, args, &mut env));
        let until = step.poll.iter().map(|poll| &poll.until);
        let used = step.when.as_deref().into_iter().chain(step.call.args.iter().flatten());
        faults.extend(self.unanswered(&what, instance, used.chain(&step.expect).chain(until), &mut env, met.state));
        if !step.is_read_only() {
            let mut seen = self.names.seen(met.state, Some(instance));
            faults.extend(self.not_agreed(met, &step.call, args, &mut seen));
            let when = step.when.as_deref();
            faults.extend(when.and_then(|when| self.condition_not_agreed(&what, met, when, true, &mut seen)));
        }
        faults
    }

    /// What is wrong with a call that takes a step back.
    pub(super) fn undo_began(&self, met: &Met<'_>, args: &Value) -> Vec<String> {
        let Some((instance, step)) = self.step(met.name) else { return Vec::new() };
        let Some(undo) = &step.undo else { return Vec::new() };
        let mut env = match instance.element {
            Some(_) => self.names.recorded(instance, met.state),
            None => self.names.ended(met.state),
        };
        if let Some(result) = met.state.get(instance).and_then(|record| record.result.clone()) {
            env.set_step(instance.step, result);
        }
        let what = format!("the undo call of step `{}`", met.name);
        let mut faults = self.unlike(&what, undo, args, &mut env);
        faults.extend(self.unanswered(&what, instance, undo.args.iter().flatten(), &mut env, met.state));
        let mut seen = self.names.seen(met.state, Some(instance));
        faults.extend(self.not_agreed(met, undo, args, &mut seen));
        faults
    }

    /// Why a step must not have been left out: its condition is not false.
    pub(super) fn left_out(&self, met: &Met<'_>) -> Vec<String> {
        let Some((instance, step)) = self.step(met.name) else { return Vec::new() };
        let Some(when) = &step.when else { return Vec::new() };
        let what = format!("step `{}`", met.name);
        let mut env = self.names.recorded(instance, met.state);
        let mut faults: Vec<String> = self.decided(&what, when, false, &mut env).into_iter().collect();
        faults.extend(self.unanswered(&what, instance, [&**when].into_iter(), &mut env, met.state));
        if !step.is_read_only() {
            let mut seen = self.names.seen(met.state, Some(instance));
            faults.extend(self.condition_not_agreed(&what, met, when, false, &mut seen));
        }
        faults
    }

    /// What is wrong with a block that begins with so many elements, or is left out.
    pub(super) fn opened(&self, met: &Met<'_>, elements: Option<u32>) -> Vec<String> {
        let waits = |each: &EachId| met.state.block(*each) == Some(&BlockState::Waiting);
        let Some(each) = self.block(met.name).filter(waits) else { return Vec::new() };
        let block = self.plan.each(each);
        let what = format!("block `{}`", met.name);
        let acts = self.plan.steps_of(each).any(|step| !self.plan.get(step).is_read_only());
        let (mut env, mut seen) = (self.names.ended(met.state), self.names.seen(met.state, None));
        let mut faults = Vec::new();
        if let Some(when) = &block.when {
            faults.extend(self.decided(&what, when, elements.is_some(), &mut env));
            let when = Some(when).filter(|_| acts);
            let is_run = elements.is_some();
            faults.extend(when.and_then(|when| self.condition_not_agreed(&what, met, when, is_run, &mut seen)));
        }
        let Some(elements) = elements else { return faults };
        let list = self.names.list(each, &mut env);
        match list.as_list() {
            Some(items) if items.len() != elements as usize => {
                let follows = items.len();
                faults.push(format!("{what} began with {elements} elements, and its list has {follows}"));
            }
            None if !self.secrets.any() => {
                faults.push(format!("{what} began, and its list does not follow from what is recorded"));
            }
            Some(_) | None => {}
        }
        let was_known = matches!(met.expected.and_then(|expected| expected.each), Some(Elements::Known(_))) || !acts;
        if !was_known && !self.names.list(each, &mut seen).is_known() {
            let agreed = met.state.agreed.get(&list_id(met.name));
            if agreed.is_none_or(|agreed| list.is_known() && !agrees(agreed, &list)) {
                faults.push(format!("{what} began with elements to which nobody had agreed"));
            }
        }
        self.names.begin(each, list, met.state);
        faults
    }

    /// A block has ended.
    pub(super) fn closed(&self, name: &str, state: &RunState) {
        self.block(name).into_iter().for_each(|each| self.names.end(each, state));
    }

    /// What a step expects of its result, or waits for, and what does not hold of this one.
    pub(super) fn unmet(&self, name: &str, result: &Value, state: &RunState) -> Vec<String> {
        let Some((instance, step)) = self.step(name).filter(|(_, step)| !step.is_gate) else { return Vec::new() };
        let mut env = self.names.recorded(instance, state);
        env.set_step(instance.step, result.clone());
        let until = step.poll.iter().map(|poll| (&poll.until, "what it waits for"));
        let mut faults = Vec::new();
        for (condition, what) in step.expect.iter().map(|expect| (expect, "what it expects")).chain(until) {
            let is_met = match eval(condition, &mut env, &mut NoCalls) {
                Ok(Value::Bool(holds)) => holds,
                Ok(_) | Err(_) => self.secrets.any(),
            };
            if !is_met {
                faults.push(format!("step `{name}` succeeded, and {what} does not hold of its result"));
            }
        }
        faults
    }

    /// What a person is said to have been shown at a gate, where something else follows from what is recorded.
    pub(super) fn not_shown(&self, name: &str, shown: &Value, state: &RunState) -> Option<String> {
        let (instance, step) = self.step(name).filter(|(_, step)| step.is_gate && !self.secrets.any())?;
        let values = eval_args(&step.call, &mut self.names.recorded(instance, state), &mut NoCalls).ok();
        let is_shown = values.is_some_and(|values| is_same(values.get(1).unwrap_or(&Value::Null), shown));
        (!is_shown).then(|| format!("the gate `{name}` showed something else than follows from what is recorded"))
    }

    /// Outputs that are others than follow from what is recorded.
    pub(super) fn other_outputs(&self, end: End, outputs: &Value, state: &RunState) -> Vec<String> {
        if end != End::Done && *outputs == Value::Null {
            return Vec::new();
        }
        let mut env = self.names.ended(state);
        let mut faults = Vec::new();
        for output in &self.plan.outputs {
            let Ok(follows) = eval(&output.value, &mut env, &mut NoCalls) else { continue };
            let given = outputs.get(&output.name);
            if given.is_none() && end == End::Done
                || is_wholly_known(&follows) && given.is_none_or(|given| !is_same(given, &follows))
            {
                faults.push(format!("the output `{}` is another one than follows from what is recorded", output.name));
            }
        }
        let is_declared = |name: &str| self.plan.outputs.iter().any(|output| output.name == name);
        if let Value::Record(given) = outputs {
            let other = given.iter().map(|(name, _)| name).filter(|name| !is_declared(name));
            faults.extend(other.map(|name| format!("the plan has no output `{name}`")));
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
                match eval(check, &mut self.names.ended(state), &mut NoCalls) {
                    Ok(value) => value.as_bool()?,
                    Err(_) if self.secrets.any() => return None,
                    Err(_) => false,
                }
            }
            None => {
                let output = self.plan.outputs.iter().find(|output| has_value(&output.name) == text)?;
                is_wholly_known(&eval(&output.value, &mut self.names.ended(state), &mut NoCalls).ok()?)
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

    /// The step that a name stands for.
    fn step(&self, name: &str) -> Option<(Instance, &'a Step)> {
        let instance = instance_of(self.plan, name)?;
        Some((instance, self.plan.get(instance.step)))
    }

    fn block(&self, name: &str) -> Option<EachId> {
        self.plan.eaches.iter().position(|each| each.name == name).map(EachId::new)
    }

    /// Why what a condition decides is not as it decides it by what names stand for.
    fn decided(&self, what: &str, when: &Expr, runs: bool, env: &mut Env<'_>) -> Option<String> {
        let done = if runs { "began" } else { "was left out" };
        match eval(when, env, &mut NoCalls) {
            Ok(Value::Bool(holds)) => (holds != runs).then(|| format!("{what} {done}, and its condition is {holds}")),
            Ok(_) | Err(_) if self.secrets.any() => None,
            Ok(_) | Err(_) => Some(format!("{what} {done}, and its condition does not follow from what is recorded")),
        }
    }

    fn unlike(&self, what: &str, call: &Call, args: &Value, env: &mut Env<'_>) -> Vec<String> {
        let other = |param: &str| format!("`{param}` of {what} is another one than follows from what is recorded");
        let values = match eval_args(call, env, &mut NoCalls) {
            Ok(values) => values,
            Err(_) if self.secrets.any() => return Vec::new(),
            Err(_) => return vec![format!("{what} began, and its arguments do not follow from what is recorded")],
        };
        let is_other = |(name, value): &(&str, &Value)| match value.is_known() {
            true => args.get(name).is_none_or(|made| !is_same(made, value)),
            false => !self.secrets.any(),
        };
        let params = call.tool.params.iter().map(|param| param.name.as_str());
        params.zip(&values).filter(is_other).map(|(name, _)| other(name)).collect()
    }

    /// What these expressions use that a person answers for, and that nobody has.
    fn unanswered<'e>(
        &'e self,
        what: &str,
        instance: Instance,
        exprs: impl Iterator<Item = &'e Expr>,
        env: &mut Env<'_>,
        state: &RunState,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        for index in releases::used_by(self.plan, exprs) {
            let defined = &self.plan.lets[index];
            let is_endorsed = defined.release.as_ref().is_some_and(|release| release.kind == ReleaseKind::Endorse);
            if !is_endorsed {
                continue;
            }
            let Ok(value) = eval(&defined.value, env, &mut NoCalls) else { continue };
            let id = release_id(self.plan, index, Some(instance));
            let is_answered = match (self.names.approved(&id), state.agreed.get(&id)) {
                (Some(approved), _) => is_same(approved, &value),
                (None, Some(agreed)) => agrees(agreed, &value),
                (None, None) => false,
            };
            if value.is_known() && !is_answered {
                faults.push(format!("{what} used `{}`, for which nobody had answered", defined.name));
            }
        }
        faults
    }

    /// What a condition decided about an effect that nobody could know before, and to which nobody has agreed since. Of one that is false only
    /// what outside text has decided is asked.
    fn condition_not_agreed(
        &self,
        what: &str,
        met: &Met<'_>,
        when: &Expr,
        holds: bool,
        seen: &mut Env<'_>,
    ) -> Option<String> {
        let was_known = met.expected.is_some_and(|expected| expected.when.is_some());
        let is_asked = || holds || self.secrets.labels().of_expr(self.plan, when).integrity > Integrity::Trusted;
        if was_known || !is_asked() || eval(when, seen, &mut NoCalls) == Ok(Value::Bool(holds)) {
            return None;
        }
        let agreed = met.state.agreed.get(&format!("condition of {}", met.name));
        let is_agreed = agreed.is_some_and(|agreed| agrees(agreed, &Value::Bool(holds)));
        let done = if holds { "began" } else { "was left out" };
        (!is_agreed).then(|| format!("{what} {done} by a condition to which nobody had agreed"))
    }

    /// The places in the arguments of a call that acts that nobody could know before, and to which nobody has agreed since.
    fn not_agreed(&self, met: &Met<'_>, call: &Call, args: &Value, seen: &mut Env<'_>) -> Vec<String> {
        if call.is_read_only() {
            return Vec::new();
        }
        let is_undo = of_name(self.plan, met.name).is_some_and(|id| !std::ptr::eq(call, &self.plan.get(id).call));
        let expected = met.expected.map(|expected| if is_undo { &expected.undo } else { &expected.args });
        let of = if is_undo { format!("the undo of {}", met.name) } else { met.name.to_owned() };
        let made = |name: &str| args.get(name).cloned().unwrap_or(Value::Null);
        let values: Vec<Value> = call.tool.params.iter().map(|param| made(&param.name)).collect();
        let whole = is_looked_at_whole(call, &values);
        let mut faults = Vec::new();
        for ((param, arg), value) in call.tool.params.iter().zip(&call.args).zip(&values) {
            let Some(arg) = arg else { continue };
            let expected = expected.and_then(|expected| expected.get(&param.name));
            let places = unseen(Taken::whole(&param.marks), expected, value, whole);
            if places.is_empty() {
                continue;
            }
            let known = eval(arg, seen, &mut NoCalls).ok();
            for Unseen { way, value, is_content } in places {
                let seen = known.as_ref().and_then(|known| way.get(known));
                if seen.is_some_and(|seen| seen.is_known() && is_same(seen, value)) {
                    continue;
                }
                let id = format!("argument {}{way} of {of}", param.name);
                let agreed = met.state.agreed.get(&id);
                // Of a long content the beginning was shown.
                if agreed.is_none_or(|agreed| !is_content && !agrees(agreed, value)) {
                    faults.push(format!("step `{}` was called with what nobody had agreed to: `{id}`", met.name));
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
