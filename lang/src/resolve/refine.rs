//! The arguments of a refinement ⟶ its rule.

use super::{list_of, literal};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pattern::regex;
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::{Arg, Ident};
use crate::types::{Bounds, Rule, Type};
use crate::value::{Value, exact_float};

/// The type with its rule; none where there is a mistake, which is reported.
pub(super) fn refined(base: Type, args: &[Arg], parens: Span, report: &Diagnostics) -> Option<Type> {
    let known: &[&str] = match &base {
        Type::Error => return None,
        Type::Int | Type::Float | Type::List(_) => &["min", "max"],
        Type::String => &["min", "max", "pattern"],
        other => {
            report.push(no_refinement(other, parens));
            return None;
        }
    };
    let given = named(args, known, &base, report)?;
    let get = |name: &str| given.iter().find(|(other, _)| other.name == name).map(|(_, arg)| *arg);
    let (min, max, pattern) = (get("min"), get("max"), get("pattern"));
    let rule = match &base {
        Type::Int => Rule::Int(bounds(min, max, int, report)?),
        Type::Float => Rule::Float(bounds(min, max, float, report)?),
        Type::String => {
            let (length, pattern) = (lengths(min, max, report), bound(pattern, text, report));
            Rule::Text { length: length?, pattern: pattern? }
        }
        _ => Rule::Items(lengths(min, max, report)?),
    };
    if rule.is_impossible() {
        let message = format!("no value is of the type {base}{rule}");
        report.push(Diagnostic::new(Code::BadRefinement, parens, message).label("the minimum lies above the maximum"));
        return None;
    }
    Some(if rule.is_empty() { base } else { Type::refined(base, rule) })
}

fn no_refinement(base: &Type, parens: Span) -> Diagnostic {
    let message = format!("{} takes no refinement", base.brief());
    let diagnostic = Diagnostic::new(Code::BadRefinement, parens, message);
    match base {
        Type::Refined(_) => diagnostic.label("a second one").help("state all of its bounds in one place"),
        _ => diagnostic
            .label("cannot be refined")
            .help("`int` and `float` take `min` and `max`, `string` also `pattern`, and so do lists, `[T](min: 1)`"),
    }
}

/// The arguments by their names, each of which the type takes, and once.
fn named<'a>(args: &'a [Arg], known: &[&str], base: &Type, report: &Diagnostics) -> Option<Vec<(&'a Ident, &'a Arg)>> {
    let mut given: Vec<(&Ident, &Arg)> = Vec::new();
    let mut is_right = true;
    for arg in args {
        let diagnostic = match &arg.name {
            None => Diagnostic::new(Code::BadRefinement, arg.value.span, "a bound stands behind its name")
                .label("which one?")
                .help(format!("for instance `{}(min: 1)`", base.brief())),
            Some(name) if !known.contains(&name.name.as_str()) => unknown(name, known, base),
            Some(name) => match given.iter().find(|(other, _)| other.name == name.name) {
                Some((first, _)) => {
                    Diagnostic::new(Code::BadRefinement, name.span, format!("`{}` is given twice", name.name))
                        .label("given again")
                        .related(first.span, "first given here")
                }
                None => {
                    given.push((name, arg));
                    continue;
                }
            },
        };
        is_right = false;
        report.push(diagnostic);
    }
    is_right.then_some(given)
}

fn unknown(name: &Ident, known: &[&str], base: &Type) -> Diagnostic {
    let message = format!("{} has no refinement `{}`", base.brief(), name.name);
    let diagnostic = Diagnostic::new(Code::BadRefinement, name.span, message).label("unknown refinement");
    let habit = match name.name.as_str() {
        "minimum" | "minLength" | "minItems" | "min_length" | "min_items" | "ge" | "from" | "least" => Some("min"),
        "maximum" | "maxLength" | "maxItems" | "max_length" | "max_items" | "le" | "to" | "most" => Some("max"),
        "regex" | "matches" | "format" => Some("pattern"),
        _ => None,
    };
    let habit = habit.filter(|habit| known.contains(habit));
    match habit.or_else(|| nearest(&name.name, known.iter().copied())) {
        Some(near) => diagnostic.edit(format!("use `{near}`"), name.span, near),
        None => diagnostic.help(format!("it takes {}", list_of(known))),
    }
}

/// A bound that may be left out; the outer none stands for a mistake, which is reported.
fn bound<N>(given: Option<&Arg>, of: fn(&Value) -> Result<N, String>, report: &Diagnostics) -> Option<Option<N>> {
    let Some(arg) = given else { return Some(None) };
    let value = literal(&arg.value).unwrap_or(Value::Null);
    match of(&value) {
        Ok(bound) => Some(Some(bound)),
        Err(message) => {
            let label = format!("this is {}", value.describe());
            report.push(Diagnostic::new(Code::BadRefinement, arg.value.span, message).label(label));
            None
        }
    }
}

fn bounds<N>(
    min: Option<&Arg>,
    max: Option<&Arg>,
    of: fn(&Value) -> Result<N, String>,
    report: &Diagnostics,
) -> Option<Bounds<N>> {
    let (min, max) = (bound(min, of, report), bound(max, of, report));
    Some(Bounds { min: min?, max: max? })
}

/// Lengths; none is less than zero, so that a minimum of zero says nothing.
fn lengths(min: Option<&Arg>, max: Option<&Arg>, report: &Diagnostics) -> Option<Bounds<u64>> {
    let Bounds { min, max } = bounds(min, max, length, report)?;
    Some(Bounds { min: min.filter(|min| *min > 0), max })
}

fn int(value: &Value) -> Result<i64, String> {
    value.as_int().ok_or_else(|| "a bound of `int` is an integer".to_owned())
}

fn float(value: &Value) -> Result<f64, String> {
    match value {
        Value::Float(float) => Ok(*float),
        Value::Int(int) => exact_float(*int).ok_or_else(|| "this integer is not exact as a float".to_owned()),
        _ => Err("a bound of `float` is a number".to_owned()),
    }
}

fn length(value: &Value) -> Result<u64, String> {
    value
        .as_int()
        .and_then(|int| u64::try_from(int).ok())
        .ok_or_else(|| "a length is an integer that is not negative".to_owned())
}

fn text(value: &Value) -> Result<smol_str::SmolStr, String> {
    let text = value.as_str().ok_or("a pattern is a text, best a raw one: `r\"^[a-z]+$\"`")?;
    regex(text).map(|_| text.into())
}
