//! What many numbers say together. Where they say nothing the function fails: a mean of no numbers is a mistake in the
//! data, not a value.

use super::lists::element;
use super::strings::name_of;
use super::{BadArgument, Function, Needs, list, takes, wrong};
use crate::types::Type;
use crate::value::Value;
use crate::value::compare::order;

use Type::Float;

macro_rules! function {
    ($signature:literal, $doc:literal, $example:expr, $eval:expr) => {
        Function {
            name: name_of($signature),
            signature: $signature,
            doc: $doc,
            example: $example,
            check: of_numbers,
            needs: Needs::Whole,
            pattern: None,
            eval: $eval,
        }
    };
}

#[rustfmt::skip]
pub(super) static TABLE: &[Function] = &[
    function!("[number].mean() -> float", "The arithmetic mean; fails where there is no number.",
        ("[1, 2, 6].mean()", "3.0"), |l, _| finite(mean(&numbers(list(l)?, 1)?))),
    function!("[number].median() -> float",
        "The number in the middle, or the mean of the two in the middle; fails where there is no number.",
        ("[1, 9, 2].median()", "2.0"), |l, _| finite(median(list(l)?)?)),
    function!("[number].stddev() -> float",
        "The standard deviation of a sample, with n − 1 below the line; fails where there are fewer than two numbers.",
        ("[2, 4, 4, 4, 5, 5, 7, 9, 5].stddev()", "2.0"), |l, _| finite(stddev(&numbers(list(l)?, 2)?))),
];

fn of_numbers(receiver: &Type, args: &[Type]) -> Result<Type, BadArgument> {
    match element(receiver).is_subtype(&Float) {
        true => takes(args, &[], 0, Float),
        false => Err(BadArgument::Type { index: None, expected: "[int] or [float]".into() }),
    }
}

/// The numbers as floats, the nearest ones to integers that are none; at least so many.
fn numbers(items: &[Value], least: usize) -> Result<Vec<f64>, String> {
    if items.len() < least {
        return Err(match least {
            1 => "there is no number".into(),
            _ => format!("there are fewer than {least} numbers"),
        });
    }
    items.iter().map(number).collect()
}

fn number(value: &Value) -> Result<f64, String> {
    match value {
        Value::Int(int) => Ok(*int as f64),
        Value::Float(float) => Ok(*float),
        other => Err(wrong("a number", other)),
    }
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

fn median(items: &[Value]) -> Result<f64, String> {
    numbers(items, 1)?;
    let mut sorted = items.to_vec();
    sorted.sort_by(order);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => number(&sorted[middle]),
        _ => Ok(mean(&[number(&sorted[middle - 1])?, number(&sorted[middle])?])),
    }
}

/// In two passes, so that numbers that lie close together keep their differences.
fn stddev(numbers: &[f64]) -> f64 {
    let mean = mean(numbers);
    let squares: f64 = numbers.iter().map(|number| (number - mean) * (number - mean)).sum();
    (squares / (numbers.len() - 1) as f64).sqrt()
}

fn finite(result: f64) -> Result<Value, String> {
    match result.is_finite() {
        true => Ok(Value::Float(result)),
        false => Err("the result is no finite number".into()),
    }
}
