//! Functions on numbers.

use super::strings::{function, name_of};
use super::{BadArgument, Function, Needs, takes, wrong};
use crate::types::Type;
use crate::value::{Value, exact_float};

use Type::{Float, Int, String as Text};

#[rustfmt::skip]
pub(super) static TABLE: &[Function] = &[
    Function {
        name: name_of("number.abs() -> number"),
        signature: "number.abs() -> number",
        doc: "The number without its sign, an integer for an integer.",
        example: ("(-3).abs()", "3"),
        check: abs_type,
        needs: Needs::Whole,
        pattern: None,
        eval: |x, _| abs(x),
    },
    function!("number.round() -> int", "The nearest integer; halves are rounded away from zero.",
        ("2.5.round()", "3"), [], 0, Int, |x, _| whole(x, f64::round)),
    function!("number.floor() -> int", "The largest integer that is not greater.",
        ("(-1.5).floor()", "-2"), [], 0, Int, |x, _| whole(x, f64::floor)),
    function!("number.ceil() -> int", "The smallest integer that is not less.",
        ("1.2.ceil()", "2"), [], 0, Int, |x, _| whole(x, f64::ceil)),
    function!("number.to_float() -> float", "The number as a float, where that is exact.",
        ("3.to_float()", "3.0"), [], 0, Float, |x, _| to_float(x)),
    function!("number.to_string() -> string", "The number as the language writes it.",
        ("42.to_string()", "\"42\""), [], 0, Text, |x, _| Ok(Value::string(x.to_string()))),
];

fn abs_type(receiver: &Type, args: &[Type]) -> Result<Type, BadArgument> {
    takes(args, &[], 0, if receiver.is_subtype(&Int) { Int } else { Float })
}

fn abs(value: &Value) -> Result<Value, String> {
    match value {
        Value::Float(x) => Ok(Value::Float(x.abs())),
        Value::Int(int) => int.checked_abs().map(Value::Int).ok_or_else(too_large),
        other => Err(wrong("a number", other)),
    }
}

fn whole(value: &Value, round: fn(f64) -> f64) -> Result<Value, String> {
    // 2⁶³, the first float past the integers.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    match value {
        Value::Int(int) => Ok(Value::Int(*int)),
        Value::Float(x) => match round(*x) {
            rounded if (-LIMIT..LIMIT).contains(&rounded) => Ok(Value::Int(rounded as i64)),
            _ => Err(too_large()),
        },
        other => Err(wrong("a number", other)),
    }
}

fn to_float(value: &Value) -> Result<Value, String> {
    match value {
        Value::Float(x) => Ok(Value::Float(*x)),
        Value::Int(int) => exact_float(*int).map(Value::Float).ok_or_else(|| format!("{int} is not exact as a float")),
        other => Err(wrong("a number", other)),
    }
}

fn too_large() -> String {
    "the result does not fit into 64 bits".into()
}
