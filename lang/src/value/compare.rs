//! Two values ⟶ whether they are equal, as far as that is known, and which comes first.
//!
//! Numbers are compared by their exact value, whatever their representation; texts by code points. Types are not looked
//! at.

use super::{Record, Value};
use crate::types::order_int_float;
use smol_str::SmolStr;
use std::cmp::Ordering;

/// Whether two values are equal; `None` where that depends on unknown parts. A known difference decides.
pub fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => None,
        (Value::List(a), Value::List(b)) => match a.len() == b.len() {
            true => all(a.iter().zip(b.iter()).map(|(a, b)| equal(a, b))),
            false => Some(false),
        },
        (Value::Record(a), Value::Record(b)) => equal_records(a, b),
        (Value::Null, _)
        | (Value::Bool(_), _)
        | (Value::Int(_), _)
        | (Value::Float(_), _)
        | (Value::String(_), _)
        | (Value::Formed(_), _)
        | (Value::List(_), _)
        | (Value::Record(_), _) => Some(order(a, b) == Ordering::Equal),
    }
}

/// Whether an item is in a list; `None` where that depends on unknown parts.
pub fn contains(items: &[Value], item: &Value) -> Option<bool> {
    all(items.iter().map(|other| equal(other, item).map(|same| !same))).map(|absent| !absent)
}

fn equal_records(a: &Record, b: &Record) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    let (a, b) = (sorted(a), sorted(b));
    match a.iter().zip(&b).all(|(a, b)| a.0 == b.0) {
        true => all(a.iter().zip(&b).map(|(a, b)| equal(a.1, b.1))),
        false => Some(false),
    }
}

/// A conjunction: false when one is, unknown when one is and none is false.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for part in parts {
        match part {
            Some(true) => {}
            Some(false) => return Some(false),
            None => result = None,
        }
    }
    result
}

/// A total order in which equal values are the same: null, Booleans, numbers, texts, bytes and times, lists, records,
/// unknown values.
/// Within a kind it is the one that `<` and `sort` have.
pub fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Int(a), Value::Float(b)) => order_int_float(*a, *b),
        (Value::Float(a), Value::Int(b)) => order_int_float(*b, *a).reverse(),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b).unwrap_or_else(|| a.total_cmp(b)),
        // UTF-8 keeps the order of code points.
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Formed(a), Value::Formed(b)) => a.order(b),
        (Value::List(a), Value::List(b)) => {
            let first = a.iter().zip(b.iter()).map(|(a, b)| order(a, b)).find(|o| *o != Ordering::Equal);
            first.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (Value::Record(a), Value::Record(b)) => {
            let (a, b) = (sorted(a), sorted(b));
            let fields = a.iter().zip(&b).map(|(a, b)| a.0.cmp(b.0).then_with(|| order(a.1, b.1)));
            fields.into_iter().find(|o| *o != Ordering::Equal).unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) | Value::Float(_) => 2,
        Value::String(_) => 3,
        Value::Formed(_) => 4,
        Value::List(_) => 5,
        Value::Record(_) => 6,
        Value::Unknown(_) => 7,
    }
}

fn sorted(record: &Record) -> Vec<(&SmolStr, &Value)> {
    let mut fields: Vec<_> = record.iter().collect();
    fields.sort_by_key(|(name, _)| *name);
    fields
}
