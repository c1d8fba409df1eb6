//! What a secret decides ⟶ what a dry run says of it: nothing. Each condition over a secret says a bit of it, and many spell it.

use super::DryRun;
use crate::report::Disclosure;
use planc_lang::eval::{Caller, Env, Failure, NoCalls, eval, eval_args};
use planc_lang::plan::{Call, Expr, ExprKind, Step, StepId};
use planc_lang::secrets::hidden;
use planc_lang::syntax::OnFailure;
use planc_lang::types::Type;
use planc_lang::value::Value;

/// Why something is not known before the run.
pub(super) const KEPT: &str = "a secret decides it, and nobody is told before the run";

/// The arguments of a call by parameter index.
#[derive(Clone)]
pub(super) struct Arguments {
    /// As they are: what an approval binds.
    pub(super) found: Vec<Value>,
    /// As they may be told: what is shown, and what the dry run goes by.
    pub(super) told: Vec<Value>,
}

impl Arguments {
    /// Nothing is known of them.
    pub(super) fn unknown(call: &Call) -> Arguments {
        Arguments { found: unknown_args(call), told: unknown_args(call) }
    }
}

impl DryRun<'_> {
    /// Whether a secret decides the value of an expression.
    pub(super) fn is_kept(&self, expr: &Expr) -> bool {
        self.veil.is_some_and(|veil| veil.secrets().decide(&self.compiled.plan, expr))
    }

    /// Whether a call is given a secret, or made because of one.
    pub(super) fn is_given(&self, step: StepId) -> bool {
        self.veil.is_some_and(|veil| veil.secrets().given(step))
    }

    /// Whether a call is given a secret, or may find one in what it reads.
    pub(super) fn is_reached(&self, step: StepId) -> bool {
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
            Err(failure) if failure.of_secret => Ok(Value::Unknown(expr.ty.clone())),
            result => result,
        }
    }

    /// The arguments of a call by parameter index; an error is one in which no secret has a part.
    pub(super) fn arguments(&self, call: &Call, env: &mut Env<'_>) -> Result<Arguments, Failure> {
        let found = match eval_args(call, env, &mut NoCalls) {
            Ok(values) => Some(values),
            Err(failure) if failure.of_secret => None,
            Err(failure) => return Err(failure),
        };
        let params = call.tool.params.iter().zip(&call.args).enumerate();
        let told = params.map(|(index, (param, arg))| match (arg, &found) {
            (Some(arg), _) if self.is_kept(arg) => Ok(stand_in(&param.ty)),
            (_, Some(found)) => Ok(found[index].clone()),
            (Some(arg), None) => self.computed(arg, env, &mut NoCalls),
            (None, None) => Ok(param.default.clone().unwrap_or(Value::Null)),
        });
        let told = told.collect::<Result<Vec<Value>, Failure>>()?;
        Ok(Arguments { found: found.unwrap_or_else(|| unknown_args(call)), told })
    }

    /// Whether all results are known that an expression may use: so that a value is known, whatever a secret in it is.
    pub(super) fn is_foreseen(&self, expr: &Expr, env: &Env<'_>) -> bool {
        self.compiled.plan.within([expr]).all(|part| match &part.kind {
            ExprKind::Step(step) => env.step(*step).is_known(),
            ExprKind::Each(each) => env.each(*each).is_known(),
            ExprKind::Element(each) => env.element(*each).is_known(),
            _ => true,
        })
    }

    /// Where a run tells how a secret has decided, in the order of the report.
    pub(super) fn disclosures(&self) -> Vec<Disclosure> {
        if self.veil.is_none() {
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
            when.chain(self.failure(id, step)).collect::<Vec<_>>()
        });
        let of_blocks = plan.eaches.iter().flat_map(|each| {
            let when = each.when.iter().filter_map(|when| told(each.name.to_string(), "when ", when));
            when.chain(told(each.name.to_string(), "one for each of ", &each.list)).collect::<Vec<_>>()
        });
        let verified = plan.verifications.iter().filter_map(|verification| {
            told(format!("verify \"{}\"", verification.text), "", verification.check.as_ref()?)
        });
        assumed.chain(of_steps).chain(of_blocks).chain(verified).collect()
    }

    /// A step over a secret that may fail, and the run goes on.
    fn failure(&self, id: StepId, step: &Step) -> Option<Disclosure> {
        let goes_on = step.on_failure == OnFailure::Continue;
        let decides = self.is_given(id) || step.expect.iter().any(|expect| self.is_kept(expect));
        (goes_on && decides).then(|| Disclosure { of: step.name.to_string(), what: "whether it fails".to_owned() })
    }
}

/// What stands for an argument that a secret decides: a text where every text will do, so that the call is simulated all the same.
fn stand_in(ty: &Type) -> Value {
    match ty {
        Type::String => hidden(),
        _ => Value::Unknown(ty.clone()),
    }
}

/// What stands for arguments of which nothing is known.
fn unknown_args(call: &Call) -> Vec<Value> {
    call.tool.params.iter().map(|param| Value::Unknown(param.ty.clone())).collect()
}
