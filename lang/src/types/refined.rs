//! Refinements: rules that the values of a plain type keep, and which rule follows from which.

use super::shown::shown_pattern;
use super::{Literal, Type};
use crate::pattern::compiled;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::cmp::Ordering;

/// A plain type with a rule for its values: `int(min: 1)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refined {
    /// `int`, `float`, `string` or a list, as the rule asks for.
    pub base: Type,
    /// What its values keep.
    pub rule: Rule,
}

/// What the values of a type keep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// `int(min: 1, max: 100)`
    Int(Bounds<i64>),
    /// `float(min: 0.5)`
    Float(Bounds<f64>),
    /// `string(pattern: r"^[a-z]+$", min: 1, max: 20)`
    Text {
        /// How many characters it has.
        length: Bounds<u64>,
        /// A regular expression that matches somewhere in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pattern: Option<SmolStr>,
    },
    /// `[T](min: 1, max: 10)`: how many items it has.
    Items(Bounds<u64>),
}

/// The least and the greatest, both included; none: without end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds<N> {
    /// The least.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub min: Option<N>,
    /// The greatest.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub max: Option<N>,
}

fn none<N>() -> Option<N> {
    None
}

/// A bound of any kind, by its exact value.
#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    fn order(self, other: Number) -> Ordering {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a.cmp(&b),
            (Number::Int(a), Number::Float(b)) => order_int_float(a, b),
            (Number::Float(a), Number::Int(b)) => order_int_float(b, a).reverse(),
            // Both zeros are the same number.
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b).unwrap_or_else(|| a.total_cmp(&b)),
        }
    }
}

impl<N: Copy> Bounds<N> {
    fn numbers(self, number: fn(N) -> Number) -> Bounds<Number> {
        Bounds { min: self.min.map(number), max: self.max.map(number) }
    }
}

impl Bounds<Number> {
    fn holds(self, value: Number) -> Result<(), Bound> {
        match (self.min, self.max) {
            (Some(min), _) if value.order(min).is_lt() => Err(Bound::Min),
            (_, Some(max)) if value.order(max).is_gt() => Err(Bound::Max),
            _ => Ok(()),
        }
    }

    /// Whether what lies within these bounds lies within others.
    fn implies(self, other: Bounds<Number>) -> bool {
        let least = other.min.is_none_or(|wanted| self.min.is_some_and(|min| min.order(wanted).is_ge()));
        let greatest = other.max.is_none_or(|wanted| self.max.is_some_and(|max| max.order(wanted).is_le()));
        least && greatest
    }

    fn meets(self, other: Bounds<Number>) -> bool {
        let below = |max: Option<Number>, min: Option<Number>| matches!((max, min), (Some(max), Some(min)) if max.order(min).is_lt());
        !below(self.max, other.min) && !below(other.max, self.min)
    }
}

/// Which bound was passed.
enum Bound {
    Min,
    Max,
}

impl Rule {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        let Bounds { min, max } = self.bounds();
        let has_pattern = match self {
            Rule::Text { pattern, .. } => pattern.is_some(),
            Rule::Int(_) | Rule::Float(_) | Rule::Items(_) => false,
        };
        min.is_none() && max.is_none() && !has_pattern
    }

    /// Whether its bounds leave no value.
    pub fn is_impossible(&self) -> bool {
        let bounds = self.bounds();
        !bounds.meets(bounds)
    }

    /// Whether an integer keeps the rule; the phrase names the bound that it passes.
    pub fn int(&self, value: i64) -> Result<(), String> {
        self.bounds().holds(Number::Int(value)).map_err(|bound| self.passed(&bound, &value.to_string()))
    }

    /// Whether a float keeps the rule; the phrase names the bound that it passes.
    pub fn float(&self, value: f64) -> Result<(), String> {
        self.bounds().holds(Number::Float(value)).map_err(|bound| self.passed(&bound, &format!("{value:?}")))
    }

    /// Whether a text keeps the rule; the phrase says which part of it not.
    pub fn text(&self, value: &str) -> Result<(), String> {
        let Rule::Text { pattern, .. } = self else { return Ok(()) };
        let bounds = self.bounds();
        if bounds.min.is_some() || bounds.max.is_some() {
            let count = value.chars().count();
            let shown = counted(count, "character");
            bounds.holds(length(count as u64)).map_err(|bound| self.passed(&bound, &format!("a text of {shown}")))?;
        }
        match pattern {
            Some(pattern) if !compiled(pattern)?.is_match(value) => {
                Err(format!("the text does not match {}", shown_pattern(pattern)))
            }
            _ => Ok(()),
        }
    }

    /// Whether a list of so many items keeps the rule; the phrase names the bound that it passes.
    pub fn items(&self, count: usize) -> Result<(), String> {
        let shown = || format!("a list of {}", counted(count, "item"));
        self.bounds().holds(length(count as u64)).map_err(|bound| self.passed(&bound, &shown()))
    }

    /// Whether a constant of the rule's plain type keeps it.
    pub(super) fn literal(&self, literal: &Literal) -> bool {
        match literal {
            Literal::Int(int) => self.int(*int).is_ok(),
            Literal::String(text) => self.text(text).is_ok(),
            Literal::Bool(_) => false,
        }
    }

    /// Whether every value that keeps this rule keeps the other, for types whose plain ones fit.
    pub(super) fn implies(&self, other: &Rule) -> bool {
        let same_pattern = match (self, other) {
            (Rule::Text { pattern: a, .. }, Rule::Text { pattern: Some(b), .. }) => a.as_ref() == Some(b),
            _ => true,
        };
        same_pattern && self.bounds().implies(other.bounds())
    }

    /// Whether a value may keep both rules; two patterns always may.
    pub(super) fn meets(&self, other: &Rule) -> bool {
        self.bounds().meets(other.bounds())
    }

    fn bounds(&self) -> Bounds<Number> {
        match self {
            Rule::Int(bounds) => bounds.numbers(Number::Int),
            Rule::Float(bounds) => bounds.numbers(Number::Float),
            Rule::Text { length: bounds, .. } | Rule::Items(bounds) => bounds.numbers(length),
        }
    }

    fn passed(&self, bound: &Bound, value: &str) -> String {
        let Bounds { min, max } = self.bounds();
        let shown = |number: Option<Number>| match number {
            Some(Number::Int(int)) => int.to_string(),
            Some(Number::Float(float)) => format!("{float:?}"),
            None => String::new(),
        };
        let is_count = match self {
            Rule::Int(_) | Rule::Float(_) => false,
            Rule::Text { .. } | Rule::Items(_) => true,
        };
        match (bound, is_count) {
            (Bound::Min, true) => format!("{value} is too short, the minimum is {}", shown(min)),
            (Bound::Max, true) => format!("{value} is too long, the maximum is {}", shown(max)),
            (Bound::Min, false) => format!("{value} is too small, the minimum is {}", shown(min)),
            (Bound::Max, false) => format!("{value} is too large, the maximum is {}", shown(max)),
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn length(length: u64) -> Number {
    Number::Int(i64::try_from(length).unwrap_or(i64::MAX))
}

/// Exact: a float outside the range of integers decides by its sign, one inside by its whole part, then by the rest.
pub(crate) fn order_int_float(int: i64, float: f64) -> Ordering {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if float >= LIMIT {
        Ordering::Less
    } else if float < -LIMIT {
        Ordering::Greater
    } else {
        int.cmp(&(float.trunc() as i64)).then_with(|| 0.0_f64.total_cmp(&(float.fract() + 0.0)))
    }
}
