//! The labels of a plan ⟶ what nobody is shown of it.
//!
//! Whatever is computed from a secret is secret, and so is what a call gives that was given one, but for the fields that
//! the server itself issues. Letting a secret go where it may not otherwise go changes nothing here: that it goes to one
//! place does not show it to everybody. What is secret is found in [`crate::labels`].

use crate::catalogue::Tool;
use crate::labels::{Label, Labels, Secrecy};
use crate::marks::{Given, Marks, Origin};
use crate::plan::{Call, Expr, ExprKind, Plan, StepId};
use crate::syntax::Mark;
use crate::types::Type;
use crate::value::Value;
use smol_str::SmolStr;

/// What stands in the place of a value that nobody is shown.
pub const HIDDEN: &str = "(secret)";

/// Which values of a plan are secret.
#[derive(Clone, Debug)]
pub struct Secrets {
    labels: Labels,
}

impl Secrets {
    /// Finds out. Takes time in proportion to the plan.
    pub fn of(plan: &Plan) -> Secrets {
        Secrets { labels: Labels::of(plan) }
    }

    /// All labels of the plan.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Whether the plan has any secret at all.
    pub fn any(&self) -> bool {
        self.labels.has_secrets()
    }

    /// Whether a secret decides the value of an expression of the plan.
    pub fn decide(&self, plan: &Plan, expr: &Expr) -> bool {
        self.any() && is_hidden(self.labels.of_expr(plan, expr))
    }

    /// Whether a secret has a part in how an expression is computed, also where its value is public: what a failure says of it
    /// could be a part of the secret.
    pub fn touch(&self, plan: &Plan, expr: &Expr) -> bool {
        if !self.any() {
            return false;
        }
        plan.within([expr]).any(|part| {
            matches!(
                part.kind,
                ExprKind::Input(_) | ExprKind::Step(_) | ExprKind::Each(_) | ExprKind::Element(_) | ExprKind::Call(_)
            ) && self.decide(plan, part)
        })
    }

    /// Whether a call is given a secret, or made because of one.
    pub fn given(&self, step: StepId) -> bool {
        is_hidden(self.labels.given(step))
    }

    /// Whether a call is given a secret, or may find one in what it reads.
    pub fn reach(&self, step: StepId) -> bool {
        self.given(step) || is_hidden(self.labels.found(step))
    }

    /// Whether the call that takes a step back is given a secret, or may find one in what it reads.
    pub fn reach_by_undo(&self, step: StepId) -> bool {
        is_hidden(self.labels.reached_by_undo(step))
    }

    /// Whether a secret may become known while a step is taken back.
    pub fn reach_undoing(&self, step: StepId) -> bool {
        is_hidden(self.labels.reached_undoing(step))
    }

    /// Whether a secret may stand at a path once steps have run and were taken back.
    pub fn may_be_left_at(&self, path: &str) -> bool {
        is_hidden(self.labels.left_at(path))
    }

    /// The arguments of a call by name as they may be shown.
    pub fn shown_args(&self, plan: &Plan, call: &Call, args: &Value) -> Value {
        let Value::Record(record) = args else { return args.clone() };
        let is_secret = |name: &str| {
            let index = call.tool.param(name);
            index.and_then(|index| call.args.get(index)?.as_ref()).is_some_and(|arg| self.decide(plan, arg))
        };
        Value::record(record.iter().map(|(name, value)| {
            let shown = if self.any() && is_secret(name) { hidden() } else { value.clone() };
            (SmolStr::new(name), shown)
        }))
    }

    /// What a call gives, with what is secret of it not known. `step` is the step of the call; none: it stands in a check.
    pub fn known_result(&self, tool: &Tool, step: Option<StepId>, result: &Value) -> Value {
        let reached = step.map_or(Reached { given: false, found: false }, |step| Reached {
            given: self.given(step),
            found: is_hidden(self.labels.found(step)),
        });
        replaced(result, Given::whole(&tool.result_marks), reached, &|| Value::Unknown(Type::Any))
    }

    /// The result of a step as it may be shown.
    pub fn shown_result(&self, plan: &Plan, step: StepId, result: &Value) -> Value {
        match self.any() {
            true => {
                let found = is_hidden(self.labels.found(step));
                shown(
                    result,
                    Given::whole(&plan.get(step).call.tool.result_marks),
                    Reached { given: self.given(step), found },
                )
            }
            false => result.clone(),
        }
    }
}

/// Whether a tool gives secrets: why a call of it fails could be a part of one.
pub fn gives_secrets(tool: &Tool) -> bool {
    fn within(marks: &Marks) -> bool {
        marks.has(Mark::Secret) || marks.fields.values().any(|field| within(field))
    }
    within(&tool.result_marks)
}

fn is_hidden(label: Label) -> bool {
    label.secrecy > Secrecy::Public
}

/// The inputs of a plan, by index, of which no secret is known.
pub fn without_secrets<'v>(plan: &Plan, inputs: impl IntoIterator<Item = &'v Value>) -> Vec<Value> {
    let known = plan.inputs.iter().zip(inputs).map(|(input, value)| match input.secret {
        true => Value::Unknown(input.ty.clone()),
        false => value.clone(),
    });
    known.collect()
}

/// What stands for a value that nobody is shown. Whether it is known may be as secret as what it is.
pub fn hidden() -> Value {
    Value::string(HIDDEN)
}

/// What a secret has reached of a call.
#[derive(Clone, Copy)]
struct Reached {
    /// Whether the call was given one.
    given: bool,
    /// Whether one lies in what it read.
    found: bool,
}

/// Whether a place of a result is secret.
fn is_secret(place: Given<'_>, reached: Reached) -> bool {
    place.is_secret || ((reached.given || reached.found) && place.origin != Origin::Server)
}

fn shown(value: &Value, place: Given<'_>, reached: Reached) -> Value {
    replaced(value, place, reached, &hidden)
}

/// A value with something else in the places that are secret.
fn replaced(value: &Value, place: Given<'_>, reached: Reached, by: &dyn Fn() -> Value) -> Value {
    match value {
        // The names of its parts are no less secret than what is in them.
        _ if place.is_secret => by(),
        Value::Record(record) if place.tells_fields_apart() => Value::record(
            record.iter().map(|(name, value)| (SmolStr::new(name), replaced(value, place.field(name), reached, by))),
        ),
        // How many items there are, and which stands where, is no less secret than what has no mark in them.
        Value::List(items) if place.tells_fields_apart() && !is_secret(place, reached) => {
            Value::list(items.iter().map(|item| replaced(item, place, reached, by)).collect::<Vec<_>>())
        }
        _ if is_secret(place, reached) => by(),
        value => value.clone(),
    }
}
