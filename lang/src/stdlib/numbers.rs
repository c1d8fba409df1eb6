//! Functions on numbers.

use super::strings::{function, name_of};
use super::{BadArgument, Function, Needs, takes, wrong};
use crate::types::Type;
use crate::value::compare::order;
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
    Function {
        name: name_of("number.round(digits?: int) -> int | float"),
        signature: "number.round(digits?: int) -> int | float",
        doc: "The nearest integer; with digits the nearest float of at most so many behind the point; halves are rounded away from zero.",
        example: ("2.345.round(1)", "2.3"),
        check: |_, args| takes(args, &[Int], 1, if args.is_empty() { Int } else { Float }),
        needs: Needs::Whole,
        pattern: None,
        eval: |x, a| if a.is_empty() { whole(x, f64::round) } else { rounded(x, &a[0]) },
    },
    function!("number.format(digits: int) -> string",
        "The number with so many digits behind the point, halves rounded away from zero.",
        ("3.14159.format(2)", "\"3.14\""), [Int], 0, Text, |x, a| format(x, &a[0]).map(Value::string)),
    Function {
        name: name_of("number.min(other: number) -> number"),
        signature: "number.min(other: number) -> number",
        doc: "The smaller of two numbers, an integer where both are.",
        example: ("3.5.min(2)", "2.0"),
        check: of_two,
        needs: Needs::Whole,
        pattern: None,
        eval: |x, a| Ok(if order(&a[0], x).is_lt() { a[0].clone() } else { x.clone() }),
    },
    Function {
        name: name_of("number.max(other: number) -> number"),
        signature: "number.max(other: number) -> number",
        doc: "The larger of two numbers, an integer where both are.",
        example: ("3.max(2)", "3"),
        check: of_two,
        needs: Needs::Whole,
        pattern: None,
        eval: |x, a| Ok(if order(&a[0], x).is_gt() { a[0].clone() } else { x.clone() }),
    },
    function!("number.sqrt() -> float", "The square root; fails below zero.",
        ("2.25.sqrt()", "1.5"), [], 0, Float, |x, _| sqrt(x)),
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

fn of_two(receiver: &Type, args: &[Type]) -> Result<Type, BadArgument> {
    let are_whole = receiver.is_subtype(&Int) && args.iter().all(|arg| arg.is_subtype(&Int));
    takes(args, &[Float], 0, if are_whole { Int } else { Float })
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

/// The most digits behind the point that are written.
const MAX_DIGITS: i64 = 100;

fn digits(value: &Value) -> Result<usize, String> {
    match value.as_int() {
        Some(digits @ 0..=MAX_DIGITS) => Ok(digits as usize),
        _ => Err(format!("the number of digits is {}, it must be 0 to {MAX_DIGITS}", value.describe())),
    }
}

fn format(value: &Value, wanted: &Value) -> Result<String, String> {
    let digits = digits(wanted)?;
    match value {
        Value::Int(int) if digits == 0 => Ok(int.to_string()),
        Value::Int(int) => Ok(format!("{int}.{}", "0".repeat(digits))),
        Value::Float(x) => Ok(decimal(*x, digits)),
        other => Err(wrong("a number", other)),
    }
}

/// The exact value of a float, rounded to so many digits, halves away from zero; zero has no sign.
fn decimal(x: f64, digits: usize) -> String {
    /// As many digits as the exact value of a float may have behind the point.
    const EXACT: usize = 1074;
    let nearest = format!("{:.digits$}", x.abs());
    // What is written lies below a half only where halves went to the even side.
    let exact = format!("{:.EXACT$}", x.abs());
    let cut = exact.len() - EXACT + digits;
    let rest = &exact[cut..];
    let is_half = rest.starts_with('5') && rest[1..].bytes().all(|digit| digit == b'0');
    let is_cut = nearest.trim_end_matches('.') == exact[..cut].trim_end_matches('.');
    let size = if is_half && is_cut { one_more(&nearest) } else { nearest };
    let is_zero = size.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if x < 0.0 && !is_zero { format!("-{size}") } else { size }
}

/// A decimal whose last digit is one more.
fn one_more(decimal: &str) -> String {
    let mut digits = decimal.as_bytes().to_vec();
    for digit in digits.iter_mut().rev() {
        match digit {
            b'9' => *digit = b'0',
            b'.' => {}
            _ => {
                *digit += 1;
                return String::from_utf8(digits).expect("digits are ASCII");
            }
        }
    }
    format!("1{}", String::from_utf8(digits).expect("digits are ASCII"))
}

fn rounded(value: &Value, wanted: &Value) -> Result<Value, String> {
    let text = format(value, wanted)?;
    text.parse().map(Value::Float).map_err(|_| too_large())
}

fn sqrt(value: &Value) -> Result<Value, String> {
    match to_float(value)? {
        Value::Float(x) if x >= 0.0 => Ok(Value::Float(x.sqrt())),
        _ => Err("a negative number has no square root".into()),
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
