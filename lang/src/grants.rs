//! The lines of `critical` ⟶ what they allow, as far as the values are known that they speak of.

use crate::effects::{CriticalVerb, Grant, Resource};
use crate::eval::{Env, NoCalls, eval};
use crate::plan::{CriticalLine, CriticalScope, Expr, Plan};
use crate::value::Value;
use std::borrow::Cow;

/// The value of a line that is about one; unknown where it cannot be known, which includes that it fails.
pub fn value_of(expr: &Expr, env: &mut Env<'_>) -> Value {
    eval(expr, env, &mut NoCalls).unwrap_or_else(|_| Value::Unknown(expr.ty.clone()))
}

/// The values of all lines by their index; none for a line that is a text.
pub fn values(plan: &Plan, env: &mut Env<'_>) -> Vec<Option<Value>> {
    let lines = plan.critical.iter();
    lines
        .map(|line| match &line.scope {
            CriticalScope::Text(_) => None,
            CriticalScope::Value(expr) => Some(value_of(expr, env)),
        })
        .collect()
}

/// What the lines of `critical` allow.
#[derive(Clone, Debug)]
pub struct Grants<'p> {
    /// Each with the index of its line.
    list: Vec<(usize, Cow<'p, Grant>)>,
}

impl<'p> Grants<'p> {
    /// What the lines allow where those that are about a value have these, by index of the line. An item that names no
    /// resource allows nothing; one that is not known may allow anything of its verb.
    pub fn new(plan: &'p Plan, values: &[Option<Value>]) -> Grants<'p> {
        let mut list = Vec::with_capacity(plan.critical.len());
        for (index, line) in plan.critical.iter().enumerate() {
            match &line.scope {
                CriticalScope::Text(grant) => list.push((index, Cow::Borrowed(grant))),
                CriticalScope::Value(_) => {
                    let value = values.get(index).and_then(Option::as_ref);
                    list.extend(of_value(line, value).into_iter().map(|grant| (index, Cow::Owned(grant))));
                }
            }
        }
        Grants { list }
    }

    /// What the lines allow as far as that is known: for who decides whether a call is made.
    pub fn known(mut self) -> Grants<'p> {
        self.list.retain(|(_, grant)| grant.is_resolved());
        self
    }

    /// The grant at a place in their order, with the index of its line.
    pub(crate) fn at(&self, place: usize) -> (usize, &Grant) {
        let (line, grant) = &self.list[place];
        (*line, grant)
    }

    /// The paths that whoever keeps to the lines can change at most.
    pub fn changeable(&self) -> Vec<Resource> {
        let changing = self
            .iter()
            .filter(|grant| matches!(grant.verb, CriticalVerb::Create | CriticalVerb::Modify | CriticalVerb::Delete));
        let mut found = Vec::new();
        for resource in changing.filter_map(Grant::paths) {
            if !found.contains(&resource) {
                found.push(resource);
            }
        }
        found
    }

    /// Each grant with the index of its line.
    pub fn with_lines(&self) -> impl Iterator<Item = (usize, &Grant)> {
        self.list.iter().map(|(line, grant)| (*line, &**grant))
    }

    /// Each grant.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.list.iter().map(|(_, grant)| &**grant)
    }
}

fn of_value(line: &CriticalLine, value: Option<&Value>) -> Vec<Grant> {
    let one = |value: &Value| of_text(line.verb, value);
    match value {
        None | Some(Value::Unknown(_)) => vec![Grant::unresolved(line.verb)],
        Some(Value::List(items)) => items.iter().filter_map(one).collect(),
        Some(value) => one(value).into_iter().collect(),
    }
}

fn of_text(verb: CriticalVerb, value: &Value) -> Option<Grant> {
    match value {
        Value::Unknown(_) => Some(Grant::unresolved(verb)),
        value => value.as_str().and_then(|text| Grant::of_value(verb, text).ok()),
    }
}
