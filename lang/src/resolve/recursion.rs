//! Which named types contain each other, and whether those that do have a value that ends.

use super::list_of;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::syntax::{TypeDef, TypeExpr, TypeExprKind};
use crate::types::{Group, Rule, Type};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Definitions that must be resolved at once.
pub(super) enum Together {
    /// One that does not contain itself.
    One(SmolStr),
    /// Those that contain each other, or one that contains itself; by name.
    Circle(Vec<SmolStr>),
}

/// The definitions, those first that others refer to. These are the strongly connected components by Tarjan's algorithm
/// (1972), without recursion, for a chain of names may be long.
pub(super) fn groups(definitions: &BTreeMap<SmolStr, &TypeDef>) -> Vec<Together> {
    let names: Vec<&SmolStr> = definitions.keys().collect();
    let places: FxHashMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let used: Vec<Vec<usize>> = definitions
        .values()
        .map(|definition| {
            let mut used = Vec::new();
            names_in(&definition.ty, &mut |name| used.extend(places.get(name)));
            used
        })
        .collect();
    let mut search = Search {
        used: &used,
        order: vec![0; names.len()],
        lowest: vec![0; names.len()],
        is_open: vec![false; names.len()],
        stack: Vec::new(),
        count: 0,
        found: Vec::new(),
    };
    (0..names.len()).for_each(|root| search.from(root));
    let together = search.found.into_iter().map(|mut members| {
        members.sort_unstable();
        match members.as_slice() {
            [only] if !used[*only].contains(only) => Together::One(names[*only].clone()),
            circle => Together::Circle(circle.iter().map(|member| names[*member].clone()).collect()),
        }
    });
    together.collect()
}

struct Search<'u> {
    used: &'u [Vec<usize>],
    /// When each was reached, from 1; 0: not yet.
    order: Vec<usize>,
    lowest: Vec<usize>,
    is_open: Vec<bool>,
    stack: Vec<usize>,
    count: usize,
    found: Vec<Vec<usize>>,
}

impl Search<'_> {
    fn from(&mut self, root: usize) {
        if self.order[root] != 0 {
            return;
        }
        let mut path = vec![(root, 0)];
        self.reach(root);
        while let Some((at, next)) = path.last_mut() {
            let at = *at;
            match self.used[at].get(*next) {
                Some(&other) => {
                    *next += 1;
                    if self.order[other] == 0 {
                        self.reach(other);
                        path.push((other, 0));
                    } else if self.is_open[other] {
                        self.lowest[at] = self.lowest[at].min(self.order[other]);
                    }
                }
                None => {
                    path.pop();
                    if let Some((above, _)) = path.last() {
                        self.lowest[*above] = self.lowest[*above].min(self.lowest[at]);
                    }
                    if self.lowest[at] == self.order[at] {
                        self.close(at);
                    }
                }
            }
        }
    }

    fn reach(&mut self, at: usize) {
        self.count += 1;
        self.order[at] = self.count;
        self.lowest[at] = self.count;
        self.is_open[at] = true;
        self.stack.push(at);
    }

    fn close(&mut self, root: usize) {
        let from = self.stack.iter().rposition(|member| *member == root).unwrap_or(0);
        let members = self.stack.split_off(from);
        members.iter().for_each(|member| self.is_open[*member] = false);
        self.found.push(members);
    }
}

fn names_in<'e>(expr: &'e TypeExpr, found: &mut dyn FnMut(&'e str)) {
    match &expr.kind {
        TypeExprKind::Name(name) => found(name),
        TypeExprKind::List(inner)
        | TypeExprKind::Map(inner)
        | TypeExprKind::Optional(inner)
        | TypeExprKind::Paren(inner)
        | TypeExprKind::Refined { base: inner, .. } => names_in(inner, found),
        TypeExprKind::Record { fields, .. } => fields.iter().for_each(|field| names_in(&field.ty, found)),
        TypeExprKind::Union(members) => members.iter().for_each(|member| names_in(member, found)),
        TypeExprKind::String(_)
        | TypeExprKind::Int(_)
        | TypeExprKind::Bool(_)
        | TypeExprKind::Null
        | TypeExprKind::Error => {}
    }
}

/// Why definitions that contain each other stand for nothing: one is only another name for itself, or none of its values
/// would ever end. `declared` are the same definitions as written.
pub(super) fn endless(group: &Group, declared: &[&TypeDef]) -> Option<Diagnostic> {
    let forms = least(group, is_form);
    let (wrong, what) = match forms.contains(&false) {
        true => (forms, "is only another name for itself"),
        false => (least(group, is_inhabited), "has no value that ends"),
    };
    let names: Vec<&TypeDef> =
        declared.iter().zip(&wrong).filter(|(_, has_value)| !**has_value).map(|(declared, _)| *declared).collect();
    let first = names.iter().min_by_key(|declared| declared.name.span)?;
    let name = &first.name.name;
    let others: Vec<&str> = names.iter().map(|other| other.name.name.as_str()).filter(|other| other != name).collect();
    let message = match others.as_slice() {
        [] => format!("the type `{name}` {what}"),
        others => format!("the type `{name}` {what}, through {}", list_of(others)),
    };
    let diagnostic = Diagnostic::new(Code::RecursiveType, first.name.span, message).label("declared here");
    Some(diagnostic.help("let it contain itself where it may end: in a list, a map, an optional field, or as `T?`"))
}

/// For each definition, whether a property holds that follows from that of others; where only from itself, it does not.
fn least(group: &Group, holds: fn(&Type, &[bool]) -> bool) -> Vec<bool> {
    let mut found = vec![false; group.definitions.len()];
    loop {
        let mut is_new = false;
        for (index, definition) in group.definitions.iter().enumerate() {
            if !found[index] && holds(&definition.ty, &found) {
                found[index] = true;
                is_new = true;
            }
        }
        if !is_new {
            return found;
        }
    }
}

/// Whether a type has a form of its own: it is not a name alone that stands for itself, nor a union with one.
fn is_form(ty: &Type, found: &[bool]) -> bool {
    match ty {
        Type::Within(index) => found[*index as usize],
        Type::Union(members) => members.iter().all(|member| is_form(member, found)),
        Type::Any
        | Type::Null
        | Type::Bool
        | Type::Int
        | Type::Float
        | Type::String
        | Type::Path
        | Type::Glob
        | Type::Form(_)
        | Type::Literal(_)
        | Type::List(_)
        | Type::Map(_)
        | Type::Record(_)
        | Type::Refined(_)
        | Type::Named(_)
        | Type::Error => true,
    }
}

/// Whether a type has a value: not one that would have to contain another of its own type without end.
fn is_inhabited(ty: &Type, found: &[bool]) -> bool {
    match ty {
        Type::Within(index) => found[*index as usize],
        Type::Union(members) => members.iter().any(|member| is_inhabited(member, found)),
        Type::Record(record) => record.fields.iter().all(|field| field.optional || is_inhabited(&field.ty, found)),
        Type::Refined(refined) => match (&refined.base, &refined.rule) {
            (Type::List(element), Rule::Items(bounds)) => bounds.min.is_none() || is_inhabited(element, found),
            _ => true,
        },
        // A list or map may be empty.
        Type::List(_)
        | Type::Map(_)
        | Type::Any
        | Type::Null
        | Type::Bool
        | Type::Int
        | Type::Float
        | Type::String
        | Type::Path
        | Type::Glob
        | Type::Form(_)
        | Type::Literal(_)
        | Type::Named(_)
        | Type::Error => true,
    }
}
