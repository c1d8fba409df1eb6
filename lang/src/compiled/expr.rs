//! Typed expressions and calls ⟶ JSON, from two points of view: whole with the names in it, or each part by its digest.

use crate::catalogue::Tool;
use crate::plan::{Call, EachId, Expr, ExprKind, StepId};
use crate::syntax::{Direction, UnaryOp};
use crate::value::Value;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use smol_str::SmolStr;

/// How the parts of an expression are shown, and what it names.
pub(super) trait View: Copy {
    /// What stands for something with a name.
    type Name: Serialize + Ord;
    /// What stands for a tool.
    type Tool: Serialize;

    /// An expression inside another one or inside a step.
    fn part<S: Serializer>(self, scope: Scope<'_>, expr: &Expr, to: S) -> Result<S::Ok, S::Error>;
    /// A tool.
    fn tool(self, tool: &Tool) -> Self::Tool;
    /// An input, by index.
    fn input(self, index: usize) -> Self::Name;
    /// A `let`, by index.
    fn pure(self, index: usize) -> Self::Name;
    /// A step.
    fn step(self, id: StepId) -> Self::Name;
    /// The results of an `each` block.
    fn each(self, id: EachId) -> Self::Name;
    /// The `each` block around something, and its element.
    fn element(self, id: EachId) -> Self::Name;
}

/// The comprehensions around an expression, innermost first.
pub(super) type Scope<'s> = Option<&'s Binder<'s>>;

/// A comprehension around an expression.
pub(super) struct Binder<'s> {
    slot: usize,
    outer: Scope<'s>,
}

/// How many comprehensions lie between a variable and the one that it belongs to.
fn distance(mut scope: Scope<'_>, slot: usize) -> usize {
    let mut between = 0;
    while let Some(binder) = scope.filter(|binder| binder.slot != slot) {
        between += 1;
        scope = binder.outer;
    }
    between
}

/// An expression as a part of something.
pub(super) struct Part<'e, V>(pub V, pub Scope<'e>, pub &'e Expr);

impl<V: View> Serialize for Part<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.part(self.1, self.2, serializer)
    }
}

/// A call: the tool and its arguments in the order of its parameters, so that the order of writing does not matter.
pub(super) struct CallForm<'e, V>(pub V, pub Scope<'e>, pub &'e Call);

impl<V: View> Serialize for CallForm<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let CallForm(view, scope, call) = *self;
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("tool", &view.tool(&call.tool))?;
        let given = call.tool.params.iter().zip(&call.args);
        let args = given.filter_map(|(param, arg)| Some((&param.name, arg.as_ref()?))).collect();
        map.serialize_entry("args", &Fields(view, scope, args))?;
        map.end()
    }
}

/// The form of an expression itself: a map whose first key says what it is.
pub(super) struct ExprForm<'e, V>(pub V, pub Scope<'e>, pub &'e Expr);

impl<V: View> Serialize for ExprForm<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ExprForm(view, scope, expr) = *self;
        let part = |expr| Part(view, scope, expr);
        let mut map = serializer.serialize_map(None)?;
        match &expr.kind {
            ExprKind::Constant(Value::Formed(formed)) => {
                map.serialize_entry("form", &formed.form())?;
                map.serialize_entry("written", &formed.to_string())?;
            }
            ExprKind::Constant(value) => map.serialize_entry("const", &ValueForm(value))?,
            ExprKind::Interpolate(parts) => map.serialize_entry("text", &All(view, scope, parts))?,
            ExprKind::Input(index) => map.serialize_entry("input", &view.input(*index))?,
            ExprKind::Let(index) => map.serialize_entry("let", &view.pure(*index))?,
            ExprKind::Step(step) => map.serialize_entry("step", &view.step(*step))?,
            ExprKind::Each(each) => map.serialize_entry("each", &view.each(*each))?,
            ExprKind::Element(each) => map.serialize_entry("element", &view.element(*each))?,
            ExprKind::Local(slot) => map.serialize_entry("local", &distance(scope, *slot))?,
            ExprKind::Field { base, name, optional } => {
                map.serialize_entry(if *optional { "field_or_null" } else { "field" }, name)?;
                map.serialize_entry("of", &part(base))?;
            }
            ExprKind::Index { base, index } => {
                map.serialize_entry("index", &part(index))?;
                map.serialize_entry("of", &part(base))?;
            }
            ExprKind::Method { function, args, optional } => {
                map.serialize_entry(if *optional { "method_or_null" } else { "method" }, function.name)?;
                map.serialize_entry("args", &All(view, scope, args))?;
            }
            ExprKind::Call(call) => map.serialize_entry("call", &CallForm(view, scope, call))?,
            ExprKind::List(items) => map.serialize_entry("list", &All(view, scope, items))?,
            ExprKind::Record(fields) => {
                let fields = fields.iter().map(|(name, value)| (name, value)).collect();
                map.serialize_entry("record", &Fields(view, scope, fields))?;
            }
            ExprKind::Unary(UnaryOp::Not, operand) => map.serialize_entry("not", &part(operand))?,
            ExprKind::Unary(UnaryOp::Negate, operand) => map.serialize_entry("negate", &part(operand))?,
            ExprKind::Binary(op, operands) => {
                map.serialize_entry("op", op)?;
                map.serialize_entry("args", &[part(&operands.0), part(&operands.1)])?;
            }
            ExprKind::If(parts) => map.serialize_entry("if", &[part(&parts.0), part(&parts.1), part(&parts.2)])?,
            ExprKind::As(value, ty) => {
                map.serialize_entry("as", ty)?;
                map.serialize_entry("of", &part(value))?;
            }
            ExprKind::Comprehension(inner) => {
                let binder = Binder { slot: inner.slot, outer: scope };
                map.serialize_entry("list_of", &Part(view, Some(&binder), &inner.element))?;
                map.serialize_entry("in", &part(&inner.list))?;
                if let Some(condition) = &inner.condition {
                    map.serialize_entry("where", &Part(view, Some(&binder), condition))?;
                }
                if !inner.order.is_empty() {
                    map.serialize_entry("by", &Keys(view, Some(&binder), &inner.order))?;
                }
            }
        }
        map.end()
    }
}

/// What a comprehension is ordered by.
struct Keys<'e, V>(V, Scope<'e>, &'e [(Expr, Direction)]);

impl<V: View> Serialize for Keys<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.2.len()))?;
        for (key, direction) in self.2 {
            seq.serialize_element(&KeyForm { key: Part(self.0, self.1, key), direction: *direction })?;
        }
        seq.end()
    }
}

#[derive(Serialize)]
struct KeyForm<K> {
    key: K,
    direction: Direction,
}

struct All<'e, V>(V, Scope<'e>, &'e [Expr]);

impl<V: View> Serialize for All<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.2.len()))?;
        for item in self.2 {
            seq.serialize_element(&Part(self.0, self.1, item))?;
        }
        seq.end()
    }
}

struct Fields<'e, V>(V, Scope<'e>, Vec<(&'e SmolStr, &'e Expr)>);

impl<V: View> Serialize for Fields<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.2.len()))?;
        for (name, value) in &self.2 {
            map.serialize_entry(name.as_str(), &Part(self.0, self.1, value))?;
        }
        map.end()
    }
}

/// A constant. Two that are different are different here: `1` is not `1.0`. What is written as a text in JSON is one here,
/// since its type stands beside it, or its form does.
pub(super) struct ValueForm<'v>(pub &'v Value);

impl Serialize for ValueForm<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Record(_)
            | Value::Formed(_)
            | Value::Unknown(_) => self.0.serialize(serializer),
        }
    }
}
