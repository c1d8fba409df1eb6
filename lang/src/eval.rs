//! Expressions ⟶ values, where every value is known or "known after run".
//!
//! Operators are strict in unknown operands, except that `false and u` is false and `true or u` is true; an unknown `if`
//! is unknown and evaluates no branch. An unknown part of a list or record stays inside it. What is found known here is
//! what every run finds, or the run fails at this expression. Nothing here calls a tool: calls inside checks go through
//! [`Caller`].

use crate::conform::{check_value, read};
use crate::plan::{Call, Comprehension, EachId, Expr, ExprKind, Plan, StepId};
use crate::source::Span;
use crate::stdlib::{Function, Needs};
use crate::syntax::{BinaryOp, Direction, UnaryOp};
use crate::types::Type;
use crate::value::{Value, compare};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

mod access;
mod budget;
mod operate;
#[cfg(test)]
mod tests;

use budget::Budget;
pub use budget::{MAX_EVAL_BYTES, MAX_EVAL_STEPS};

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// A lower-case phrase.
    pub message: String,
    /// The expression that failed.
    pub span: Span,
    /// Whether a secret has a part in it: that there is a failure may be a part of the secret.
    pub of_secret: bool,
}

impl Failure {
    /// A failure in which no secret has a part.
    pub fn new(span: Span, message: impl Into<String>) -> Failure {
        Failure { message: message.into(), span, of_secret: false }
    }
}

/// Calls read-only tools for the checks of assumptions and verifications.
pub trait Caller {
    /// Makes a call with arguments by parameter index, all known, defaults filled in, absent optional ones null.
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
    /// The results that were set; the others are unknown. Few of a long plan are needed at a time.
    steps: BTreeMap<StepId, Value>,
    /// The results of each `each` block.
    eaches: Vec<Value>,
    /// The element at hand of each `each` block; unknown outside of it.
    elements: Vec<Value>,
    /// Those that were computed.
    lets: BTreeMap<usize, Result<Value, Failure>>,
    /// Those that have a value whatever they would be computed to.
    pinned: BTreeMap<usize, Value>,
    /// Of which expressions a failure says nothing but that they fail.
    hides: Option<Hides>,
}

/// Says of which expressions nobody is told why they fail.
#[derive(Clone)]
pub struct Hides(Arc<dyn Fn(&Expr) -> bool + Send + Sync>);

impl Hides {
    /// Those for which this holds.
    pub fn of(hides: impl Fn(&Expr) -> bool + Send + Sync + 'static) -> Hides {
        Hides(Arc::new(hides))
    }
}

impl fmt::Debug for Hides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hides")
    }
}

/// What a failure says of which nobody is told more.
pub const HIDDEN_FAILURE: &str = "it fails by what is secret";

impl<'p> Env<'p> {
    /// All steps unknown; inputs by index.
    ///
    /// Here and wherever else a value comes from outside, its texts are read in the forms that its type gives them.
    pub fn new(plan: &'p Plan, mut inputs: Vec<Value>) -> Env<'p> {
        for (value, input) in inputs.iter_mut().zip(&plan.inputs) {
            *value = formed(std::mem::replace(value, Value::Null), &input.ty);
        }
        let eaches = plan.eaches.iter().map(|each| Value::Unknown(each.ty.clone())).collect();
        let elements = plan.eaches.iter().map(|each| Value::Unknown(each.element_type())).collect();
        let (steps, lets, pinned) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Env { plan, inputs, steps, eaches, elements, lets, pinned, hides: None }
    }

    /// Says nothing of why some expressions fail.
    pub fn hide(&mut self, hides: Hides) {
        self.hides = Some(hides);
    }

    /// A failure of one of these expressions as it may be told.
    fn told<'e>(&self, failure: Failure, exprs: impl IntoIterator<Item = &'e Expr>) -> Failure {
        let is_hidden = self.hides.as_ref().is_some_and(|hides| exprs.into_iter().any(|expr| (hides.0)(expr)));
        match is_hidden {
            true => Failure { message: HIDDEN_FAILURE.to_owned(), of_secret: true, ..failure },
            false => failure,
        }
    }

    /// All inputs and steps unknown: what can be known from the text alone.
    pub fn of_text(plan: &'p Plan) -> Env<'p> {
        let inputs = plan.inputs.iter().map(|input| Value::Unknown(input.ty.clone())).collect();
        Env::new(plan, inputs)
    }

    /// Sets the result of a step. Values of `let`s that were computed before are forgotten.
    pub fn set_step(&mut self, step: StepId, value: Value) {
        self.steps.insert(step, formed(value, &self.plan.get(step).ty));
        self.forget();
    }

    /// Sets the results of an `each` block. Values of `let`s that were computed before are forgotten.
    pub fn set_each(&mut self, each: EachId, value: Value) {
        self.eaches[each.index()] = formed(value, &self.plan.each(each).ty);
        self.forget();
    }

    /// Turns to an element of an `each` block: the results of the block's steps and the values of its `let`s are those of
    /// this element from here on, and unknown until they are set.
    pub fn enter(&mut self, each: EachId, element: Value) {
        self.elements[each.index()] = formed(element, &self.plan.each(each).element_type());
        for step in self.plan.steps_of(each) {
            self.steps.remove(&step);
        }
        self.forget();
    }

    /// Turns away from the elements of an `each` block: any one of them is meant again.
    pub fn leave(&mut self, each: EachId) {
        self.enter(each, Value::Unknown(self.plan.each(each).element_type()));
    }

    /// Gives a `let` this value, whatever it would be computed to, until it is pinned again: one that a person agreed to, or
    /// an unknown one while nobody has.
    pub fn pin_let(&mut self, index: usize, value: Value) {
        self.pinned.insert(index, formed(value, &self.plan.lets[index].value.ty));
        self.forget();
    }

    fn forget(&mut self) {
        self.lets.clear();
        self.lets.extend(self.pinned.iter().map(|(index, value)| (*index, Ok(value.clone()))));
    }

    /// The results of an `each` block as far as they are known.
    pub fn each(&self, each: EachId) -> &Value {
        &self.eaches[each.index()]
    }

    /// The element of an `each` block at hand as far as it is known.
    pub fn element(&self, each: EachId) -> &Value {
        &self.elements[each.index()]
    }

    /// The result of a step as far as it is known.
    pub fn step(&self, step: StepId) -> Value {
        let unknown = || Value::Unknown(self.plan.get(step).ty.clone());
        self.steps.get(&step).cloned().unwrap_or_else(unknown)
    }

    /// The plan whose names these are.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }
}

/// The value of an expression, within [`MAX_EVAL_STEPS`] and [`MAX_EVAL_BYTES`].
pub fn eval(expr: &Expr, env: &mut Env<'_>, caller: &mut dyn Caller) -> Result<Value, Failure> {
    let mut evaluation = Evaluation::new(env, caller);
    let value = evaluation.value(expr);
    let value = value.and_then(|value| evaluation.budget.walk(&value, expr.span).map(|_| value));
    value.map_err(|failure| env.told(failure, [expr]))
}

/// The arguments of a call by parameter index, defaults filled in, absent optional ones null, each checked against the
/// type of its parameter.
pub fn eval_args(call: &Call, env: &mut Env<'_>, caller: &mut dyn Caller) -> Result<Vec<Value>, Failure> {
    let args = Evaluation::new(env, caller).args(call);
    args.map_err(|failure| env.told(failure, call.args.iter().flatten()))
}

/// One evaluation: names, variables by slot, and what may still be spent.
///
/// The methods recurse as deep as the expression; each is small and never inlined, because their frames decide how deep
/// that may be.
struct Evaluation<'e, 'p> {
    env: &'e mut Env<'p>,
    caller: &'e mut dyn Caller,
    slots: Vec<Option<Result<Value, Failure>>>,
    budget: Budget,
}

impl<'e, 'p> Evaluation<'e, 'p> {
    fn new(env: &'e mut Env<'p>, caller: &'e mut dyn Caller) -> Self {
        Evaluation { env, caller, slots: Vec::new(), budget: Budget::default() }
    }

    #[inline(never)]
    fn value(&mut self, expr: &Expr) -> Result<Value, Failure> {
        match self.budget.step(expr.span) {
            Ok(()) => self.form(expr).and_then(|value| operate::settle(value, expr)),
            Err(failure) => Err(failure),
        }
    }

    #[inline(never)]
    fn form(&mut self, expr: &Expr) -> Result<Value, Failure> {
        match &expr.kind {
            ExprKind::Constant(_)
            | ExprKind::Input(_)
            | ExprKind::Step(_)
            | ExprKind::Each(_)
            | ExprKind::Element(_)
            | ExprKind::Local(_) => self.leaf(expr),
            ExprKind::Interpolate(parts) => self.interpolate(parts, expr),
            ExprKind::Let(index) => self.plan_let(*index),
            ExprKind::Field { base, name, optional } => self.field(base, name, *optional, expr),
            ExprKind::Index { base, index } => self.index(base, index, expr),
            ExprKind::Method { function, args, optional } => self.method(function, args, *optional, expr),
            ExprKind::Call(call) => self.call(call, expr),
            ExprKind::List(items) => self.list(items, expr),
            ExprKind::Record(fields) => self.record(fields, expr),
            ExprKind::Unary(op, operand) => self.unary(*op, operand, expr),
            ExprKind::Binary(op, operands) => self.binary(*op, operands, expr),
            ExprKind::If(parts) => self.choose(parts, expr),
            ExprKind::Comprehension(comprehension) => self.comprehension(comprehension, expr),
            ExprKind::As(value, ty) => self.convert(value, ty, expr),
        }
    }

    #[inline(never)]
    fn leaf(&self, expr: &Expr) -> Result<Value, Failure> {
        match &expr.kind {
            ExprKind::Constant(value) => Ok(value.clone()),
            ExprKind::Input(index) => Ok(self.env.inputs[*index].clone()),
            ExprKind::Step(step) => Ok(self.env.step(*step)),
            ExprKind::Each(each) => Ok(self.env.eaches[each.index()].clone()),
            ExprKind::Element(each) => Ok(self.env.elements[each.index()].clone()),
            // A part of a comprehension that is looked at by itself: its elements are not known.
            ExprKind::Local(slot) => match self.slots.get(*slot) {
                Some(Some(value)) => value.clone(),
                Some(None) | None => Ok(Value::Unknown(expr.ty.clone())),
            },
            _ => unreachable!("only these have no parts to evaluate"),
        }
    }

    #[inline(never)]
    fn all<'x>(&mut self, parts: impl Iterator<Item = &'x Expr>) -> Result<Vec<Value>, Failure> {
        let mut values = Vec::new();
        for part in parts {
            match self.value(part) {
                Ok(value) => values.push(value),
                Err(failure) => return Err(failure),
            }
        }
        Ok(values)
    }

    #[inline(never)]
    fn field(&mut self, base: &Expr, name: &str, optional: bool, expr: &Expr) -> Result<Value, Failure> {
        self.value(base).and_then(|value| access::field(value, &base.ty, name, optional, expr))
    }

    #[inline(never)]
    fn unary(&mut self, op: UnaryOp, operand: &Expr, expr: &Expr) -> Result<Value, Failure> {
        self.value(operand).and_then(|value| operate::unary(op, value, expr))
    }

    #[inline(never)]
    fn interpolate(&mut self, parts: &[Expr], expr: &Expr) -> Result<Value, Failure> {
        let mut text = String::new();
        let mut known = true;
        for part in parts {
            let value = self.value(part)?;
            known &= operate::render(&value, &mut text, part.span)?;
            operate::check_text_size(text.len(), expr.span)?;
        }
        match known {
            true => self.text(text, expr.span),
            false => Ok(unknown(expr)),
        }
    }

    fn text(&mut self, text: String, span: Span) -> Result<Value, Failure> {
        self.budget.produce(text.len(), span)?;
        Ok(Value::string(text))
    }

    /// Computes what a `let` needs in the order of the plan, so that a long chain of them needs no deep recursion.
    #[inline(never)]
    fn plan_let(&mut self, index: usize) -> Result<Value, Failure> {
        if !self.env.lets.contains_key(&index) {
            // Its variables are its own: those of the expression that uses it come back afterwards.
            let slots = std::mem::take(&mut self.slots);
            let done = access::lets_needed(self.env.plan, &self.env.lets, index)
                .into_iter()
                .try_for_each(|needed| self.compute_let(needed));
            self.slots = slots;
            done?;
        }
        self.env.lets.get(&index).cloned().expect("a `let` is computed after those it needs")
    }

    fn compute_let(&mut self, index: usize) -> Result<(), Failure> {
        let expr = &self.env.plan.lets[index].value;
        let result = self.value(expr).and_then(|value| self.budget.walk(&value, expr.span).map(|_| value));
        match (result, self.budget.is_spent()) {
            // Another evaluation may have more left for it.
            (Err(failure), true) => Err(failure),
            (result, _) => {
                self.env.lets.insert(index, result);
                Ok(())
            }
        }
    }

    #[inline(never)]
    fn index(&mut self, base: &Expr, index: &Expr, expr: &Expr) -> Result<Value, Failure> {
        let value = self.value(base)?;
        let at = self.value(index)?;
        access::index(value, &base.ty, at, index.span, expr)
    }

    #[inline(never)]
    fn method(
        &mut self,
        function: &'static Function,
        args: &[Expr],
        optional: bool,
        expr: &Expr,
    ) -> Result<Value, Failure> {
        let receiver = match self.value(&args[0]) {
            Ok(Value::Null) if optional => return Ok(Value::Null),
            // Null would leave the arguments alone.
            Ok(Value::Unknown(_)) if optional => return Ok(unknown(expr)),
            Ok(receiver) => receiver,
            failure => return failure,
        };
        match self.all(args[1..].iter()) {
            Ok(args) => self.apply(function, &receiver, &args, expr),
            Err(failure) => Err(failure),
        }
    }

    fn apply(
        &mut self,
        function: &'static Function,
        receiver: &Value,
        args: &[Value],
        expr: &Expr,
    ) -> Result<Value, Failure> {
        for value in std::iter::once(receiver).chain(args) {
            let known = match function.needs {
                Needs::Shape => !matches!(value, Value::Unknown(_)),
                Needs::Whole => self.budget.walk(value, expr.span)?,
            };
            if !known {
                return Ok(unknown(expr));
            }
        }
        let result = (function.eval)(receiver, args).map_err(|message| Failure::new(expr.span, message))?;
        self.budget.produce_value(&result, expr.span)?;
        Ok(result)
    }

    #[inline(never)]
    fn call(&mut self, call: &Call, expr: &Expr) -> Result<Value, Failure> {
        let args = self.args(call)?;
        for arg in &args {
            if !self.budget.walk(arg, call.span)? {
                return Ok(unknown(expr));
            }
        }
        self.caller.call(call, args).map(|result| formed(result, &call.tool.result))
    }

    #[inline(never)]
    fn args(&mut self, call: &Call) -> Result<Vec<Value>, Failure> {
        let mut values = Vec::with_capacity(call.tool.params.len());
        for (index, param) in call.tool.params.iter().enumerate() {
            let value = match call.args.get(index).and_then(Option::as_ref) {
                None => param.default.clone().unwrap_or(Value::Null),
                Some(arg) => {
                    let value = self.value(arg)?;
                    self.budget.walk(&value, arg.span)?;
                    // What is wholly unknown has the type that the checker has accepted; null stands for "left out".
                    let absent = param.optional && value == Value::Null;
                    if !absent && !matches!(value, Value::Unknown(_)) {
                        check_value(&value, &param.ty)
                            .map_err(|misfit| Failure::new(arg.span, format!("`{}`: {misfit}", param.name)))?;
                    }
                    value
                }
            };
            values.push(formed(value, &param.ty));
        }
        Ok(values)
    }

    #[inline(never)]
    fn list(&mut self, items: &[Expr], expr: &Expr) -> Result<Value, Failure> {
        self.all(items.iter()).and_then(|items| self.items(items, expr.span))
    }

    fn items(&mut self, items: Vec<Value>, span: Span) -> Result<Value, Failure> {
        operate::check_item_count(items.len(), span)?;
        self.budget.produce(items.len() * size_of::<Value>(), span)?;
        Ok(Value::list(items))
    }

    #[inline(never)]
    fn record(&mut self, fields: &[(smol_str::SmolStr, Expr)], expr: &Expr) -> Result<Value, Failure> {
        let values = self.all(fields.iter().map(|(_, field)| field))?;
        self.budget.produce(fields.len() * 2 * size_of::<Value>(), expr.span)?;
        Ok(Value::record(fields.iter().map(|(name, _)| name.clone()).zip(values)))
    }

    #[inline(never)]
    fn binary(&mut self, op: BinaryOp, operands: &(Expr, Expr), expr: &Expr) -> Result<Value, Failure> {
        let left = match self.value(&operands.0).and_then(|left| operate::decided(op, left, expr)) {
            Ok(Err(left)) => left,
            Ok(Ok(value)) => return Ok(value),
            Err(failure) => return Err(failure),
        };
        self.value(&operands.1).and_then(|right| operate::binary(op, left, right, expr, &mut self.budget))
    }

    #[inline(never)]
    fn choose(&mut self, parts: &(Expr, Expr, Expr), expr: &Expr) -> Result<Value, Failure> {
        match self.condition(&parts.0)? {
            None => Ok(unknown(expr)),
            Some(true) => self.value(&parts.1),
            Some(false) => self.value(&parts.2),
        }
    }

    fn condition(&mut self, condition: &Expr) -> Result<Option<bool>, Failure> {
        let value = self.value(condition)?;
        operate::truth(&value, condition.span)
    }

    /// The value itself where it is of the type. As long as a part of it is unknown, all of it is.
    #[inline(never)]
    fn convert(&mut self, value: &Expr, ty: &Type, expr: &Expr) -> Result<Value, Failure> {
        let value = match self.value(value) {
            Ok(value) => value,
            failure => return failure,
        };
        if !self.budget.walk(&value, expr.span)? {
            return Ok(unknown(expr));
        }
        match check_value(&value, ty) {
            Ok(()) => Ok(read(&value, ty).unwrap_or(value)),
            Err(misfit) => Err(Failure::new(expr.span, format!("not of the type {}: {misfit}", ty.brief()))),
        }
    }

    #[inline(never)]
    fn comprehension(&mut self, comprehension: &Comprehension, expr: &Expr) -> Result<Value, Failure> {
        let list = match self.value(&comprehension.list) {
            Ok(Value::List(items)) => items,
            Ok(other) => return access::items(&other, comprehension.list.span).map(|_| unknown(expr)),
            failure => return failure,
        };
        let mut taken = Taken::default();
        for item in list.iter() {
            match self.take(comprehension, item, &mut taken) {
                Ok(true) => {}
                Ok(false) => return Ok(unknown(expr)),
                Err(failure) => return Err(failure),
            }
        }
        if !comprehension.order.is_empty() {
            self.budget.sort(taken.elements.len(), expr.span)?;
        }
        self.items(taken.ordered(comprehension), expr.span)
    }

    /// Adds what an item becomes, if it is taken; says whether that is known.
    #[inline(never)]
    fn take(&mut self, comprehension: &Comprehension, item: &Value, taken: &mut Taken) -> Result<bool, Failure> {
        self.set_slot(comprehension.slot, Ok(item.clone()));
        match comprehension.condition.as_ref().map(|condition| self.condition(condition)) {
            Some(Err(failure)) => return Err(failure),
            Some(Ok(None)) => return Ok(false),
            Some(Ok(Some(false))) => return Ok(true),
            None | Some(Ok(Some(true))) => {}
        }
        match self.value(&comprehension.element) {
            Ok(element) => taken.elements.push(element),
            Err(failure) => return Err(failure),
        }
        self.keys(comprehension, taken).map(|()| true)
    }

    /// Adds the keys of the item that was taken last.
    #[inline(never)]
    fn keys(&mut self, comprehension: &Comprehension, taken: &mut Taken) -> Result<(), Failure> {
        for (key, _) in &comprehension.order {
            let value = self.value(key)?;
            self.budget.walk(&value, key.span)?;
            taken.keys.push(value);
        }
        Ok(())
    }

    fn set_slot(&mut self, slot: usize, value: Result<Value, Failure>) {
        if self.slots.len() <= slot {
            self.slots.resize(slot + 1, None);
        }
        self.slots[slot] = Some(value);
    }
}

/// A value from outside with the texts in it read that its type gives a form.
fn formed(value: Value, ty: &Type) -> Value {
    read(&value, ty).unwrap_or(value)
}

/// What a comprehension takes: elements, and for each of them all keys that they are ordered by.
#[derive(Default)]
struct Taken {
    elements: Vec<Value>,
    keys: Vec<Value>,
}

impl Taken {
    /// The elements in the order of their keys, equal ones as they came. Where a key is unknown, so is which element
    /// stands where.
    fn ordered(self, comprehension: &Comprehension) -> Vec<Value> {
        let order = &comprehension.order;
        if order.is_empty() || self.elements.len() < 2 {
            return self.elements;
        }
        if !self.keys.iter().all(Value::is_known) {
            return vec![Value::Unknown(comprehension.element.ty.clone()); self.elements.len()];
        }
        let mut keyed: Vec<(&[Value], Value)> = self.keys.chunks(order.len()).zip(self.elements).collect();
        keyed.sort_by(|(a, _), (b, _)| {
            let parts = a.iter().zip(*b).zip(order).map(|((a, b), (_, direction))| match direction {
                Direction::Ascending => compare::order(a, b),
                Direction::Descending => compare::order(b, a),
            });
            parts.fold(Ordering::Equal, Ordering::then)
        });
        keyed.into_iter().map(|(_, element)| element).collect()
    }
}

/// What an expression is as long as an operand is unknown.
fn unknown(expr: &Expr) -> Value {
    Value::Unknown(expr.ty.clone())
}
