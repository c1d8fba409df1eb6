//! The lines of `critical` ⟶ what they allow, as far as the values are known that they speak of.

use crate::effects::{CriticalVerb, Grant, Resource, WILDCARDS};
use crate::eval::{Env, NoCalls, eval};
use crate::names::split_space;
use crate::plan::{CriticalLine, CriticalScope, Expr, ExprKind, Plan};
use crate::types::Quoted;
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
    /// What texts with wildcards would allow as globs that stand in lists and values, where wildcards stand for themselves.
    globs: Vec<(usize, Grant)>,
}

impl<'p> Grants<'p> {
    /// What the lines allow where those that are about a value have these, by index of the line. An item that names no
    /// resource allows nothing; one that is not known may allow anything of its verb.
    pub fn new(plan: &'p Plan, values: &[Option<Value>]) -> Grants<'p> {
        let mut list = Vec::with_capacity(plan.critical.len());
        let mut globs = Vec::new();
        for (index, line) in plan.critical.iter().enumerate() {
            match &line.scope {
                CriticalScope::Text(grant) => list.push((index, Cow::Borrowed(grant))),
                CriticalScope::Value(expr) => {
                    globs.extend(as_globs(plan, line.verb, expr).into_iter().map(|glob| (index, glob)));
                    let value = values.get(index).and_then(Option::as_ref);
                    list.extend(of_value(line, value).into_iter().map(|grant| (index, Cow::Owned(grant))));
                }
            }
        }
        Grants { list, globs }
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

    /// What texts in lists and values would allow as globs, each with the index of its line. They allow nothing so.
    pub fn globs(&self) -> impl Iterator<Item = (usize, &Grant)> {
        self.globs.iter().map(|(line, grant)| (*line, grant))
    }

    /// What to do where nothing allows this, and a text in a list or a value would as a glob.
    pub fn meant_as_glob(&self, verb: CriticalVerb, resource: &str) -> Option<String> {
        let name = split_space(resource);
        let is_meant = |grant: &Grant| {
            grant.allows_path(verb, resource)
                || verb == CriticalVerb::Contact && grant.allows_host(resource)
                || grant.verb == verb && name.as_ref().is_some_and(|(space, name)| grant.matches_name(space, name))
        };
        self.globs().map(|(_, grant)| grant).find(|grant| is_meant(grant)).map(stands_for_itself)
    }

    /// Each grant.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.list.iter().map(|(_, grant)| &**grant)
    }
}

/// What is said of a text in a list or a value that would have to be a glob.
pub(crate) fn stands_for_itself(glob: &Grant) -> String {
    let Grant { verb, resource, .. } = glob;
    format!(
        "in a list or a value `{resource}` stands for itself; as a glob it is a line of its own, `{} {}`",
        verb.as_str(),
        Quoted(resource)
    )
}

/// The texts with wildcards that are written in a value, as globs.
fn as_globs(plan: &Plan, verb: CriticalVerb, expr: &Expr) -> Vec<Grant> {
    let glob = |text: &str| {
        let is_glob = text.contains(WILDCARDS) && verb != CriticalVerb::Run;
        Grant::new(verb, text).ok().filter(|_| is_glob)
    };
    match &expr.kind {
        ExprKind::Constant(Value::String(text)) => glob(text).into_iter().collect(),
        ExprKind::Constant(Value::List(items)) => items.iter().filter_map(Value::as_str).filter_map(glob).collect(),
        ExprKind::List(items) => items.iter().flat_map(|item| as_globs(plan, verb, item)).collect(),
        ExprKind::Let(defined) => plan.lets.get(*defined).map_or_else(Vec::new, |it| as_globs(plan, verb, &it.value)),
        _ => Vec::new(),
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
