//! Operators on values: arithmetic that is exact or fails, comparison by exact value, logic over three states.

use super::budget::Budget;
use super::{Failure, unknown};
use crate::forms::{self, Formed};
use crate::plan::Expr;
use crate::source::Span;
use crate::syntax::{BinaryOp, UnaryOp};
use crate::types::{Literal, Type};
use crate::value::compare::{contains, equal, order};
use crate::value::{MAX_ITEMS, MAX_TEXT_BYTES, Value, exact_float};
use std::cmp::Ordering;
use std::fmt::Write;

/// Gives a value the form that the type of its expression asks for: an unknown value has that type, and an integer
/// where a float is due becomes one.
pub(super) fn settle(value: Value, expr: &Expr) -> Result<Value, Failure> {
    match value {
        Value::Unknown(_) => Ok(unknown(expr)),
        Value::Int(int) if is_float(&expr.ty) => float(int, expr.span).map(Value::Float),
        other => Ok(other),
    }
}

/// Whether a number of this type is a float.
fn is_float(ty: &Type) -> bool {
    let is = |plain: &Type| {
        ty.members().iter().any(|member| match member {
            Type::Refined(refined) => refined.base == *plain,
            Type::Literal(Literal::Int(_)) => *plain == Type::Int,
            member => member == plain,
        })
    };
    is(&Type::Float) && !is(&Type::Int)
}

fn float(int: i64, span: Span) -> Result<f64, Failure> {
    exact_float(int).ok_or_else(|| Failure::new(span, format!("{int} is not exact as a float")))
}

/// Whether a condition holds; none when it is unknown.
pub(super) fn truth(value: &Value, span: Span) -> Result<Option<bool>, Failure> {
    match value {
        Value::Bool(bool) => Ok(Some(*bool)),
        Value::Unknown(_) => Ok(None),
        other => Err(Failure::new(span, format!("expected a Boolean, found {}", other.describe()))),
    }
}

/// Adds a value to an interpolated text; says whether it is known.
pub(super) fn render(value: &Value, text: &mut String, span: Span) -> Result<bool, Failure> {
    match value {
        Value::Unknown(_) => return Ok(false),
        Value::String(part) => {
            check_text_size(text.len() + part.len(), span)?;
            text.push_str(part);
        }
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            write!(text, "{value}").expect("a string takes all that is written");
        }
        Value::Null | Value::Formed(_) | Value::List(_) | Value::Record(_) => match value.text() {
            Some(part) => text.push_str(&part),
            None => return Err(Failure::new(span, format!("{} cannot stand in a text", value.describe()))),
        },
    }
    Ok(true)
}

/// Fails for a text that would be longer than [`MAX_TEXT_BYTES`].
pub(super) fn check_text_size(bytes: usize, span: Span) -> Result<(), Failure> {
    match bytes > MAX_TEXT_BYTES {
        true => Err(Failure::new(span, crate::value::text_too_long())),
        false => Ok(()),
    }
}

/// Fails for a list that would be longer than [`MAX_ITEMS`].
pub(super) fn check_item_count(count: usize, span: Span) -> Result<(), Failure> {
    match count > MAX_ITEMS {
        true => Err(Failure::new(span, crate::value::too_many_items())),
        false => Ok(()),
    }
}

/// `not x`, `-x`
pub(super) fn unary(op: UnaryOp, value: Value, expr: &Expr) -> Result<Value, Failure> {
    match (op, &value) {
        (_, Value::Unknown(_)) => Ok(unknown(expr)),
        (UnaryOp::Not, Value::Bool(bool)) => Ok(Value::Bool(!bool)),
        (UnaryOp::Negate, Value::Int(int)) => whole(int.checked_neg(), expr),
        (UnaryOp::Negate, Value::Float(x)) => Ok(Value::Float(-x)),
        (UnaryOp::Negate, Value::Formed(formed)) => match &**formed {
            Formed::Duration(duration) => Ok(Value::formed(Formed::Duration(duration.negated()))),
            Formed::Bytes(_) | Formed::Date(_) | Formed::Time(_) | Formed::Datetime(_) => {
                Err(refused("-", &value, expr))
            }
        },
        (UnaryOp::Not, _) => Err(refused("not", &value, expr)),
        (UnaryOp::Negate, _) => Err(refused("-", &value, expr)),
    }
}

/// What the left operand decides without the right one; otherwise gives the left operand back.
pub(super) fn decided(op: BinaryOp, left: Value, expr: &Expr) -> Result<Result<Value, Value>, Failure> {
    use BinaryOp::*;
    Ok(match op {
        // The right operand is evaluated only where the left one is known to ask for it.
        And | Or => match truth(&left, expr.span)? {
            None => Ok(unknown(expr)),
            Some(left) if left == (op == Or) => Ok(Value::Bool(left)),
            Some(_) => Err(left),
        },
        Coalesce => match left {
            Value::Unknown(_) => Ok(unknown(expr)),
            Value::Null => Err(left),
            Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Formed(_)
            | Value::List(_)
            | Value::Record(_) => Ok(left),
        },
        Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual | In | Add | Subtract | Multiply | Divide
        | Remainder => Err(left),
    })
}

/// An operator on two values, of which the left one did not decide alone.
pub(super) fn binary(
    op: BinaryOp,
    left: Value,
    right: Value,
    expr: &Expr,
    budget: &mut Budget,
) -> Result<Value, Failure> {
    use BinaryOp::*;
    if matches!(op, Equal | NotEqual | In | Less | LessEqual | Greater | GreaterEqual) {
        budget.walk(&left, expr.span)?;
        budget.walk(&right, expr.span)?;
    }
    match op {
        BinaryOp::Coalesce => Ok(right),
        BinaryOp::And | BinaryOp::Or => Ok(truth(&right, expr.span)?.map_or_else(|| unknown(expr), Value::Bool)),
        BinaryOp::Equal | BinaryOp::NotEqual => {
            let equal = equal(&left, &right).map(|equal| equal == (op == BinaryOp::Equal));
            Ok(equal.map_or_else(|| unknown(expr), Value::Bool))
        }
        BinaryOp::In => {
            let Some(items) = super::access::items(&right, expr.span)? else { return Ok(unknown(expr)) };
            Ok(contains(items, &left).map_or_else(|| unknown(expr), Value::Bool))
        }
        BinaryOp::Less => compare(op, Ordering::is_lt, &left, &right, expr),
        BinaryOp::LessEqual => compare(op, Ordering::is_le, &left, &right, expr),
        BinaryOp::Greater => compare(op, Ordering::is_gt, &left, &right, expr),
        BinaryOp::GreaterEqual => compare(op, Ordering::is_ge, &left, &right, expr),
        BinaryOp::Add => add(&left, &right, expr, budget),
        BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => {
            arithmetic(op, &left, &right, expr)
        }
    }
}

fn compare(
    op: BinaryOp,
    holds: fn(Ordering) -> bool,
    left: &Value,
    right: &Value,
    expr: &Expr,
) -> Result<Value, Failure> {
    match (left, right) {
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => Ok(unknown(expr)),
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) | (Value::String(_), Value::String(_)) => {
            Ok(Value::Bool(holds(order(left, right))))
        }
        (Value::Formed(a), Value::Formed(b)) if a.form() == b.form() => Ok(Value::Bool(holds(order(left, right)))),
        _ => Err(mismatch(op, left, right, expr)),
    }
}

fn add(left: &Value, right: &Value, expr: &Expr, budget: &mut Budget) -> Result<Value, Failure> {
    match (left, right) {
        (Value::String(a), Value::String(b)) => {
            check_text_size(a.len() + b.len(), expr.span)?;
            budget.produce(a.len() + b.len(), expr.span)?;
            Ok(Value::string(format!("{a}{b}")))
        }
        (Value::List(a), Value::List(b)) => {
            check_item_count(a.len() + b.len(), expr.span)?;
            budget.produce((a.len() + b.len()) * size_of::<Value>(), expr.span)?;
            Ok(Value::list(a.iter().chain(b.iter()).cloned()))
        }
        _ => arithmetic(BinaryOp::Add, left, right, expr),
    }
}

/// Floats where the type of the result is one or an operand is; integers otherwise.
fn arithmetic(op: BinaryOp, left: &Value, right: &Value, expr: &Expr) -> Result<Value, Failure> {
    let number = |value: &Value| match value {
        Value::Int(int) => Some(float(*int, expr.span)),
        Value::Float(x) => Some(Ok(*x)),
        _ => None,
    };
    match (left, right) {
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => Ok(unknown(expr)),
        (Value::Formed(_), _) | (_, Value::Formed(_)) => formed(op, left, right, expr),
        (Value::Int(a), Value::Int(b)) if expr.ty != Type::Float => integers(op, *a, *b, expr),
        _ => match (number(left), number(right)) {
            (Some(a), Some(b)) => floats(op, a?, b?, expr),
            _ => Err(mismatch(op, left, right, expr)),
        },
    }
}

/// Arithmetic with durations, dates and points in time: exact, or no value.
fn formed(op: BinaryOp, left: &Value, right: &Value, expr: &Expr) -> Result<Value, Failure> {
    use Formed::{Date, Datetime, Duration};
    let fail = |message: &str| Failure::new(expr.span, message);
    let past_days = || fail("a date changes by whole days; use a datetime for hours");
    let duration = |found: Option<forms::Duration>| match found {
        Some(found) => Ok(Value::formed(Duration(found))),
        None => Err(fail(&format!("the duration is longer than {} days", forms::MAX_DURATION_DAYS))),
    };
    let outside = || fail("the result lies outside of the years 0000 to 9999");
    let moved = |by: &forms::Duration| match op {
        BinaryOp::Add => *by,
        _ => by.negated(),
    };
    match (op, left.as_formed(), right.as_formed()) {
        (BinaryOp::Add, Some(Duration(a)), Some(Duration(b))) => duration(a.plus(*b)),
        (BinaryOp::Subtract, Some(Duration(a)), Some(Duration(b))) => duration(a.minus(*b)),
        (BinaryOp::Add | BinaryOp::Subtract, Some(Date(date)), Some(Duration(by))) => {
            let days = moved(by).whole_days().ok_or_else(past_days)?;
            date.plus_days(days).map(|date| Value::formed(Date(date))).ok_or_else(outside)
        }
        (BinaryOp::Add | BinaryOp::Subtract, Some(Datetime(datetime)), Some(Duration(by))) => {
            datetime.plus(moved(by)).map(|later| Value::formed(Datetime(later))).ok_or_else(outside)
        }
        (BinaryOp::Subtract, Some(Date(a)), Some(Date(b))) => duration(a.since(*b)),
        (BinaryOp::Subtract, Some(Datetime(a)), Some(Datetime(b))) => duration(a.since(*b)),
        (BinaryOp::Divide, Some(Duration(_)), Some(Duration(b))) if b.nanos() == 0 => Err(division_by_zero(expr)),
        (BinaryOp::Divide, Some(Duration(a)), Some(Duration(b))) => Ok(Value::Float(a.ratio(*b))),
        (BinaryOp::Multiply, Some(Duration(length)), None) | (BinaryOp::Multiply, None, Some(Duration(length))) => {
            match left.as_int().or(right.as_int()) {
                Some(times) => duration(length.times(times)),
                None => Err(mismatch(op, left, right, expr)),
            }
        }
        _ => Err(mismatch(op, left, right, expr)),
    }
}

fn integers(op: BinaryOp, a: i64, b: i64, expr: &Expr) -> Result<Value, Failure> {
    whole(
        match op {
            BinaryOp::Add => a.checked_add(b),
            BinaryOp::Subtract => a.checked_sub(b),
            BinaryOp::Multiply => a.checked_mul(b),
            _ if b == 0 => return Err(division_by_zero(expr)),
            BinaryOp::Divide => a.checked_div(b),
            _ => a.checked_rem(b),
        },
        expr,
    )
}

fn whole(result: Option<i64>, expr: &Expr) -> Result<Value, Failure> {
    result.map(Value::Int).ok_or_else(|| Failure::new(expr.span, "the result does not fit into 64 bits"))
}

fn floats(op: BinaryOp, a: f64, b: f64, expr: &Expr) -> Result<Value, Failure> {
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        _ if b == 0.0 => return Err(division_by_zero(expr)),
        BinaryOp::Divide => a / b,
        _ => a % b,
    };
    match result.is_finite() {
        true => Ok(Value::Float(result)),
        false => Err(Failure::new(expr.span, "the result is no finite number")),
    }
}

fn division_by_zero(expr: &Expr) -> Failure {
    Failure::new(expr.span, "division by zero")
}

fn refused(op: &str, value: &Value, expr: &Expr) -> Failure {
    Failure::new(expr.span, format!("`{op}` does not take {}", value.describe()))
}

fn mismatch(op: BinaryOp, left: &Value, right: &Value, expr: &Expr) -> Failure {
    let message = format!("`{}` does not take {} and {}", op.as_str(), left.describe(), right.describe());
    Failure::new(expr.span, message)
}
