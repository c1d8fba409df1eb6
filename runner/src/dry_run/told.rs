//! What a secret decides ⟶ what a dry run says of it: nothing. Each condition over a secret says a bit of it, and many spell it.
//!
//! A plan with secrets is gone through twice. First no secret is known: what comes out is told, and cannot depend on one. Then
//! everything is: what comes out is bound. Nobody outside is asked then who was not asked before.

use super::DryRun;
use crate::report::Disclosure;
use crate::tool::{Args, ToolError};
use planc_lang::catalogue::Param;
use planc_lang::digest::Digest;
use planc_lang::effects::{CriticalVerb, Resource};
use planc_lang::eval::{Caller, Env, Failure, NoCalls, eval, eval_args};
use planc_lang::paths::literal_prefix;
use planc_lang::plan::{Call, CriticalScope, Expr, ExprKind, Step, StepId};
use planc_lang::secrets::{gives_secrets, hidden, without_secrets};
use planc_lang::syntax::{Mark, OnFailure};
use planc_lang::types::Type;
use planc_lang::value::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What of the secrets of a plan a dry run goes by.
#[derive(Clone, Copy, Debug, Default)]
pub enum Sight<'a> {
    /// The plan has none.
    #[default]
    All,
    /// None is known: what comes out may be told.
    Told(&'a Answers),
    /// All are known: what comes out is bound.
    Found(&'a Answers),
}

/// What others said while no secret was known.
#[derive(Debug, Default)]
pub struct Answers {
    calls: RefCell<BTreeMap<Digest, Result<Value, ToolError>>>,
    /// The steps that have a result, with parts that are not known for being secret.
    steps: RefCell<BTreeSet<StepId>>,
}

/// Why something is not known before the run.
pub(super) const KEPT: &str = "a secret decides it, and nobody is told before the run";

impl DryRun<'_> {
    /// Whether a secret decides the value of an expression that may be told.
    pub(super) fn is_kept(&self, expr: &Expr) -> bool {
        self.told().is_some() && self.is_decided(expr)
    }

    /// The same, whatever is known.
    pub(super) fn is_decided(&self, expr: &Expr) -> bool {
        self.veil.is_some_and(|veil| veil.secrets().decide(&self.compiled.plan, expr))
    }

    /// What others said, where what comes out is told.
    fn told(&self) -> Option<&Answers> {
        match self.sight {
            Sight::Told(answers) => Some(answers),
            Sight::All | Sight::Found(_) => None,
        }
    }

    /// The inputs of the plan as far as they are known.
    pub(super) fn known_inputs(&self) -> Vec<Value> {
        let given = self.inputs.iter().map(|input| &input.value);
        match self.told() {
            Some(_) => without_secrets(&self.compiled.plan, given),
            None => given.cloned().collect(),
        }
    }

    /// The result of a call as far as it is known; `step` is the step of the call, none: it stands in a check.
    pub(super) fn known_result(&self, call: &Call, step: Option<StepId>, result: Value) -> Value {
        match (self.told(), self.veil) {
            (Some(answers), Some(veil)) => {
                answers.steps.borrow_mut().extend(step.filter(|_| result.is_known()));
                veil.secrets().known_result(&call.tool, step, &result)
            }
            _ => result,
        }
    }

    /// Whether why a call fails may not be told: it gives secrets.
    pub(super) fn is_untold(&self, call: &Call) -> bool {
        self.told().is_some() && gives_secrets(&call.tool)
    }

    /// Whether somebody outside may be asked this: where secrets are known only who was asked before.
    pub(super) fn may_be_asked(&self, args: &Args) -> bool {
        match self.sight {
            Sight::Found(answers) => answers.calls.borrow().contains_key(&asked(args)),
            Sight::All | Sight::Told(_) => true,
        }
    }

    /// What somebody outside says, once.
    pub(super) fn said(&self, args: &Args, ask: impl FnOnce() -> Result<Value, ToolError>) -> Result<Value, ToolError> {
        let (Sight::Told(answers) | Sight::Found(answers)) = self.sight else { return ask() };
        let before = answers.calls.borrow().get(&asked(args)).cloned();
        before.unwrap_or_else(|| {
            let said = ask();
            answers.calls.borrow_mut().insert(asked(args), said.clone());
            said
        })
    }

    /// Whether a call is given a secret, or made because of one.
    pub(super) fn is_given(&self, step: StepId) -> bool {
        self.told().is_some() && self.shows_secret(step)
    }

    /// The same, whatever is known: so a model would be shown one.
    pub(super) fn shows_secret(&self, step: StepId) -> bool {
        self.veil.is_some_and(|veil| veil.secrets().given(step))
    }

    /// Whether a call is given a secret, or may find one in what it reads.
    pub(super) fn is_reached(&self, step: StepId) -> bool {
        self.told().is_some() && self.reaches(step)
    }

    /// The same, whatever is known.
    pub(super) fn reaches(&self, step: StepId) -> bool {
        self.veil.is_some_and(|veil| veil.secrets().reach(step))
    }

    /// What an expression decides, as far as it may be told: what a secret decides, or makes fail, is not known.
    pub(super) fn decided(&self, expr: &Expr, env: &mut Env<'_>, caller: &mut dyn Caller) -> Result<Value, Failure> {
        if self.is_kept(expr) {
            return Ok(Value::Unknown(expr.ty.clone()));
        }
        self.computed(expr, env, caller)
    }

    /// The value of an expression; one that a secret makes fail is not known.
    pub(super) fn computed(&self, expr: &Expr, env: &mut Env<'_>, caller: &mut dyn Caller) -> Result<Value, Failure> {
        match eval(expr, env, caller) {
            Err(failure) if failure.of_secret && self.told().is_some() => Ok(Value::Unknown(expr.ty.clone())),
            result => result,
        }
    }

    /// The arguments of a call by parameter index. A text that a secret decides has a stand-in, so that the call is simulated all
    /// the same; what else a secret decides, or makes fail, is not known.
    pub(super) fn arguments(&self, call: &Call, env: &mut Env<'_>) -> Result<Vec<Value>, Failure> {
        if self.told().is_none() {
            return eval_args(call, env, &mut NoCalls);
        }
        let found = match eval_args(call, env, &mut NoCalls) {
            Err(failure) if failure.of_secret => None,
            found => Some(found?),
        };
        let params = call.tool.params.iter().zip(&call.args).enumerate();
        let known = params.map(|(index, (param, arg))| match (arg, &found) {
            (Some(arg), _) if self.is_kept(arg) => Ok(stand_in(param)),
            (_, Some(found)) => Ok(found[index].clone()),
            (Some(arg), None) => self.computed(arg, env, &mut NoCalls),
            (None, None) => Ok(param.default.clone().unwrap_or(Value::Null)),
        });
        known.collect()
    }

    /// Whether all results are known that an expression may use: so that a value is known, whatever a secret in it is.
    pub(super) fn is_foreseen(&self, expr: &Expr, env: &Env<'_>) -> bool {
        self.compiled.plan.within([expr]).all(|part| match &part.kind {
            ExprKind::Step(step) => {
                env.step(*step).is_known() || self.told().is_some_and(|answers| answers.steps.borrow().contains(step))
            }
            ExprKind::Each(each) => env.each(*each).is_known(),
            ExprKind::Element(each) => env.element(*each).is_known(),
            _ => true,
        })
    }

    /// Where a run tells how a secret has decided, in the order of the report.
    pub(super) fn disclosures(&self) -> Vec<Disclosure> {
        if self.told().is_none() {
            return Vec::new();
        }
        let plan = &self.compiled.plan;
        let told = |of: String, what: &str, expr: &Expr| {
            self.is_kept(expr).then(|| Disclosure { of, what: format!("{what}{}", self.written(expr)) })
        };
        let assumed = plan
            .assumptions
            .iter()
            .filter_map(|assumption| told(format!("assume \"{}\"", assumption.text), "", assumption.check.as_ref()?));
        let of_steps = plan.step_ids().flat_map(|id| {
            let step = plan.get(id);
            let when = step.when.iter().filter_map(|when| told(step.name.to_string(), "when ", when));
            let until = step.poll.iter().filter_map(|poll| told(step.name.to_string(), "until ", &poll.until));
            let expect = step.expect.iter().filter_map(|expect| told(step.name.to_string(), "expect ", expect));
            when.chain(until)
                .chain(expect)
                .chain(self.failure(id, step))
                .chain(self.made(id, step))
                .chain(self.taken_back(id, step))
                .chain(self.touched_by(step))
                .collect::<Vec<_>>()
        });
        let of_blocks = plan.eaches.iter().flat_map(|each| {
            let when = each.when.iter().filter_map(|when| told(each.name.to_string(), "when ", when));
            when.chain(told(each.name.to_string(), "one for each of ", &each.list)).collect::<Vec<_>>()
        });
        let verified = plan.verifications.iter().filter_map(|verification| {
            told(format!("verify \"{}\"", verification.text), "", verification.check.as_ref()?)
        });
        let of_lines = plan.critical.iter().filter_map(|line| match &line.scope {
            CriticalScope::Value(expr) => told(format!("critical {}", line.verb.as_str()), "", expr),
            CriticalScope::Text(_) => None,
        });
        assumed.chain(of_lines).chain(of_steps).chain(of_blocks).chain(verified).collect()
    }

    /// A step of which a secret decides what it acts on: nobody is shown that, and everybody sees it afterwards.
    fn touched_by(&self, step: &Step) -> Vec<Disclosure> {
        let calls = [(Some(&step.call), "what it acts on"), (step.undo.as_deref(), "what its undo acts on")];
        let decided = calls.into_iter().filter(|(call, _)| call.is_some_and(|call| self.decides_touches(call)));
        decided.map(|(_, what)| Disclosure { of: step.name.to_string(), what: what.to_owned() }).collect()
    }

    fn decides_touches(&self, call: &Call) -> bool {
        let args = call.tool.params.iter().zip(&call.args);
        let values = |kept: bool| -> Vec<Value> {
            let value = |(param, arg): (&Param, &Option<Expr>)| match arg {
                Some(arg) if kept && self.is_kept(arg) => Value::Unknown(param.ty.clone()),
                _ => hidden(),
            };
            args.clone().map(value).collect()
        };
        let decides = |kept: bool| -> Vec<Resource> {
            call.tool.touches(&values(kept)).into_iter().map(|(_, resource)| resource).collect()
        };
        !call.is_read_only() && decides(true) != decides(false)
    }

    /// A step over a secret that may fail, and the run goes on.
    fn failure(&self, id: StepId, step: &Step) -> Option<Disclosure> {
        let goes_on = step.on_failure == OnFailure::Continue;
        (goes_on && self.is_reached(id))
            .then(|| Disclosure { of: step.name.to_string(), what: "whether it fails".to_owned() })
    }

    /// A program with a secret at hand that may choose the names of files.
    fn made(&self, id: StepId, step: &Step) -> Option<Disclosure> {
        (self.is_reached(id) && self.chooses_files(&step.call))
            .then(|| Disclosure { of: step.name.to_string(), what: "which files it changes".to_owned() })
    }

    /// A call with a secret at hand that takes a step back: taking back stops where it fails, whatever else is said.
    fn taken_back(&self, id: StepId, step: &Step) -> Vec<Disclosure> {
        let is_reached = self.told().is_some() && self.veil.is_some_and(|veil| veil.secrets().reach_by_undo(id));
        // What only reads is not taken back.
        let undo = step.undo.as_deref().filter(|_| is_reached && !step.call.is_read_only());
        let Some(undo) = undo else { return Vec::new() };
        let told = |what: &str| Disclosure { of: step.name.to_string(), what: what.to_owned() };
        let made = self.chooses_files(undo).then(|| told("which files its undo changes"));
        [told("whether its undo fails")].into_iter().chain(made).collect()
    }

    /// Whether a call runs a program that may choose the names of files.
    fn chooses_files(&self, call: &Call) -> bool {
        let is_of_files = |verb| matches!(verb, CriticalVerb::Create | CriticalVerb::Modify | CriticalVerb::Delete);
        let is_open = |scope: &CriticalScope| match scope {
            CriticalScope::Text(grant) => literal_prefix(&grant.resource) != grant.resource,
            CriticalScope::Value(_) => true,
        };
        let is_chosen = self.compiled.plan.critical.iter().any(|line| is_of_files(line.verb) && is_open(&line.scope));
        is_chosen && call.tool.runs_programs()
    }
}

/// By what it is known again what somebody was asked.
fn asked(args: &Args) -> Digest {
    Digest::of_json(&(args.tool.name.as_str(), &args.values))
}

/// What stands for an argument that a secret decides: a text where it is content, so that the call is simulated all the same.
fn stand_in(param: &Param) -> Value {
    match param.ty {
        Type::String if param.marks.has(Mark::Data) => hidden(),
        _ => Value::Unknown(param.ty.clone()),
    }
}

/// What stands for arguments of which nothing is known.
pub(crate) fn unknown_args(call: &Call) -> Vec<Value> {
    call.tool.params.iter().map(|param| Value::Unknown(param.ty.clone())).collect()
}

/// That nobody can bind what a word names, of the call or of what takes it back.
pub(super) fn unbound(word: &str, whose: &str, why: &str) -> String {
    format!("planc cannot bind what `{word}`{whose} names: {why}; write plain words and paths, one by one")
}
