//! Expressions ⟶ values, where every value is known or "known after run".
//!
//! Operators are strict in unknown operands, except that `false and u` is false and `true or u` is true; an unknown `if`
//! is unknown and evaluates no branch. Nothing here calls a tool: calls inside checks go through [`Caller`].

use crate::plan::{Call, Expr, Plan, StepId};
use crate::source::Span;
use crate::types::Type;
use crate::value::Value;

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// A lower-case phrase.
    pub message: String,
    /// The expression that failed.
    pub span: Span,
}

/// Calls read-only tools for the checks of assumptions and verifications.
pub trait Caller {
    /// Makes a call with arguments by parameter index, defaults filled in, absent optional ones null.
    fn call(&mut self, call: &Call, args: Vec<Value>) -> Result<Value, Failure>;
}

/// Refuses every call: for expressions in which none can stand.
pub struct NoCalls;

impl Caller for NoCalls {
    fn call(&mut self, call: &Call, _: Vec<Value>) -> Result<Value, Failure> {
        Ok(Value::Unknown(call.tool.result.clone()))
    }
}

/// What names stand for while expressions are evaluated.
#[derive(Clone, Debug)]
pub struct Env<'p> {
    plan: &'p Plan,
    inputs: Vec<Value>,
    steps: Vec<Value>,
    lets: Vec<Option<Value>>,
}

impl<'p> Env<'p> {
    /// All steps unknown; inputs by index.
    pub fn new(plan: &'p Plan, inputs: Vec<Value>) -> Env<'p> {
        let steps = plan.steps.iter().map(|step| Value::Unknown(step.ty.clone())).collect();
        Env { plan, inputs, steps, lets: vec![None; plan.lets.len()] }
    }

    /// All inputs and steps unknown: what can be known from the text alone.
    pub fn of_text(plan: &'p Plan) -> Env<'p> {
        let inputs = plan.inputs.iter().map(|input| Value::Unknown(input.ty.clone())).collect();
        Env::new(plan, inputs)
    }

    /// Sets the result of a step. Values of `let`s that were computed before are forgotten.
    pub fn set_step(&mut self, step: StepId, value: Value) {
        self.steps[step.index()] = value;
        self.lets.iter_mut().for_each(|value| *value = None);
    }

    /// The result of a step as far as it is known.
    pub fn step(&self, step: StepId) -> &Value {
        &self.steps[step.index()]
    }

    /// The plan whose names these are.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }
}

/// The value of an expression.
pub fn eval(_expr: &Expr, _env: &mut Env<'_>, _caller: &mut dyn Caller) -> Result<Value, Failure> {
    Ok(Value::Unknown(Type::Any))
}

/// The arguments of a call by parameter index, defaults filled in, absent optional ones null, each checked against the
/// type of its parameter.
pub fn eval_args(_call: &Call, _env: &mut Env<'_>, _caller: &mut dyn Caller) -> Result<Vec<Value>, Failure> {
    Ok(Vec::new())
}
