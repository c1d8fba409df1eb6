//! When an effect counts: a condition over the parameters of its own tool, compared with constants.

use crate::value::Value;
use crate::value::compare::{contains, equal, order};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A condition of an effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The parameter with this index against a constant.
    Compare {
        /// Which parameter.
        param: usize,
        /// How.
        op: Compare,
        /// With what; for [`Compare::In`] a list.
        value: Value,
    },
    /// The opposite.
    Not(Box<Condition>),
    /// Both.
    And(Box<(Condition, Condition)>),
    /// Either.
    Or(Box<(Condition, Condition)>),
}

/// How a parameter is compared. What is missing here is the opposite of what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// `==`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `in`
    In,
}

impl Compare {
    /// Its spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Compare::Equal => "==",
            Compare::Less => "<",
            Compare::LessEqual => "<=",
            Compare::In => "in",
        }
    }
}

impl Condition {
    /// Whether it holds for arguments by parameter index; none where that is not known.
    pub fn holds<'v>(&self, args: &dyn Fn(usize) -> Option<&'v Value>) -> Option<bool> {
        match self {
            Condition::Compare { param, op, value } => compare(args(*param)?, *op, value),
            Condition::Not(inner) => inner.holds(args).map(|holds| !holds),
            Condition::And(both) => match (both.0.holds(args), both.1.holds(args)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (a, b) => a.zip(b).map(|_| true),
            },
            Condition::Or(either) => match (either.0.holds(args), either.1.holds(args)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (a, b) => a.zip(b).map(|_| false),
            },
        }
    }

    /// The parameters it looks at, each as often as it does.
    pub fn params(&self, found: &mut dyn FnMut(usize)) {
        match self {
            Condition::Compare { param, .. } => found(*param),
            Condition::Not(inner) => inner.params(found),
            Condition::And(parts) | Condition::Or(parts) => {
                parts.0.params(found);
                parts.1.params(found);
            }
        }
    }
}

fn compare(argument: &Value, op: Compare, value: &Value) -> Option<bool> {
    if !argument.is_known() {
        return None;
    }
    match op {
        Compare::Equal => equal(argument, value),
        Compare::Less => Some(order(argument, value) == Ordering::Less),
        Compare::LessEqual => Some(order(argument, value) != Ordering::Greater),
        Compare::In => contains(value.as_list()?, argument),
    }
}
