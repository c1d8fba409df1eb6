//! Parts of values and the names they need: fields, items, and the `let`s behind a `let`.

use super::{Failure, unknown};
use crate::plan::{Expr, ExprKind, Plan};
use crate::source::Span;
use crate::types::Type;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A field of a record of type `of`. An absent one that the type allows to be absent is null.
pub(super) fn field(base: Value, of: &Type, name: &str, optional: bool, expr: &Expr) -> Result<Value, Failure> {
    match &base {
        Value::Unknown(_) => Ok(unknown(expr)),
        Value::Null if optional => Ok(Value::Null),
        Value::Record(record) => match record.get(name) {
            Some(value) => Ok(value.clone()),
            None if expr.ty.has_null() || may_be_absent(of, name) => Ok(Value::Null),
            None => Err(Failure::new(expr.span, format!("the record has no field `{name}`"))),
        },
        other => Err(Failure::new(expr.span, format!("{} has no field `{name}`", other.describe()))),
    }
}

/// Whether the type of a record says that this field may be absent: that of `any` does not tell.
fn may_be_absent(of: &Type, name: &str) -> bool {
    of.members().iter().any(|member| match member {
        Type::Map(_) => true,
        Type::Record(record) => record.field(name).is_some_and(|field| field.optional),
        _ => false,
    })
}

/// An item of a list by position, or a field of a record or map of type `of` by name.
pub(super) fn index(base: Value, of: &Type, index: Value, span: Span, expr: &Expr) -> Result<Value, Failure> {
    match (&base, &index) {
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => Ok(unknown(expr)),
        (Value::List(items), Value::Int(at)) => match usize::try_from(*at).ok().and_then(|at| items.get(at)) {
            Some(item) => Ok(item.clone()),
            None => Err(Failure::new(span, format!("the index {at} is outside a list of length {}", items.len()))),
        },
        (Value::Record(_), Value::String(name)) => field(base.clone(), of, name, false, expr),
        (base, index) => {
            Err(Failure::new(expr.span, format!("{} cannot be indexed with {}", base.describe(), index.describe())))
        }
    }
}

/// The items of a list; none when the list is unknown.
pub(super) fn items(list: &Value, span: Span) -> Result<Option<&[Value]>, Failure> {
    match list {
        Value::Unknown(_) => Ok(None),
        Value::List(items) => Ok(Some(items)),
        other => Err(Failure::new(span, format!("expected a list, found {}", other.describe()))),
    }
}

/// The `let`s that `index` needs and that are not computed yet, in the order of the plan; `index` is the last.
pub(super) fn lets_needed<T>(plan: &Plan, computed: &BTreeMap<usize, T>, index: usize) -> Vec<usize> {
    let mut needed = BTreeSet::from([index]);
    let mut open = vec![index];
    while let Some(at) = open.pop() {
        each_let(&plan.lets[at].value, &mut |used| {
            if !computed.contains_key(&used) && needed.insert(used) {
                open.push(used);
            }
        });
    }
    // A `let` refers only to those before it.
    needed.into_iter().collect()
}

fn each_let(expr: &Expr, found: &mut dyn FnMut(usize)) {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        match &expr.kind {
            ExprKind::Let(index) => found(*index),
            ExprKind::Constant(_)
            | ExprKind::Input(_)
            | ExprKind::Step(_)
            | ExprKind::Each(_)
            | ExprKind::Element(_)
            | ExprKind::Local(_) => {}
            ExprKind::Interpolate(parts) | ExprKind::List(parts) => open.extend(parts),
            ExprKind::Method { args, .. } => open.extend(args),
            ExprKind::Field { base, .. } => open.push(base),
            ExprKind::Index { base, index } => open.extend([&**base, &**index]),
            ExprKind::Call(call) => open.extend(call.args.iter().flatten()),
            ExprKind::Record(fields) => open.extend(fields.iter().map(|(_, field)| field)),
            ExprKind::Unary(_, operand) | ExprKind::As(operand, _) => open.push(operand),
            ExprKind::Binary(_, operands) => open.extend([&operands.0, &operands.1]),
            ExprKind::If(parts) => open.extend([&parts.0, &parts.1, &parts.2]),
            ExprKind::Comprehension(parts) => {
                open.extend([&parts.element, &parts.list]);
                open.extend(&parts.condition);
            }
        }
    }
}
