//! What a part of a plan says, as texts with what they mean; and two lists of parts ⟶ how they are different.

use super::pairs::{Pairs, moved, pair_by};
use super::{Change, Entry, PartChange};
use crate::compiled::Identities;
use crate::digest::Digest;
use crate::plan::{Expr, ExprKind, Plan, StepId};
use crate::written;
use std::collections::BTreeSet;

/// Two plans, with what their expressions mean when steps and blocks that belong together are taken as the same.
pub(super) struct Sides<'p> {
    pub before: Side<'p>,
    pub after: Side<'p>,
}

/// One of two plans.
pub(super) struct Side<'p> {
    pub plan: &'p Plan,
    pub identities: Identities<'p>,
}

impl<'p> Sides<'p> {
    pub fn new(before: &'p Plan, after: &'p Plan, pairs: &Pairs) -> Sides<'p> {
        Sides {
            before: Side { plan: before, identities: pairs.before(before) },
            after: Side { plan: after, identities: pairs.after(after) },
        }
    }

    /// The lets in an expression, also those in lets, that do not mean the same on the other side.
    fn through(&self, expr: &Expr) -> Vec<String> {
        let mut names = BTreeSet::new();
        let mut open = lets_in(expr);
        while let Some(index) = open.pop() {
            let item = &self.after.plan.lets[index];
            let other = self.before.plan.lets.iter().position(|other| other.name == item.name);
            let is_same =
                other.is_some_and(|other| self.before.identities.pure(other) == self.after.identities.pure(index));
            if !is_same && names.insert(item.name.to_string()) {
                open.extend(lets_in(&item.value));
            }
        }
        names.into_iter().collect()
    }
}

fn lets_in(expr: &Expr) -> Vec<usize> {
    let mut found = Vec::new();
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        if let ExprKind::Let(index) = &expr.kind {
            found.push(*index);
        }
        expr.parts(&mut |part| open.push(part));
    }
    found
}

/// One thing that a part of a plan says.
#[derive(Clone)]
pub(super) struct Said<'p> {
    pub part: String,
    pub text: String,
    pub means: Digest,
    pub expr: Option<&'p Expr>,
}

impl<'p> Said<'p> {
    /// A text that means what it says.
    pub fn text(part: &str, text: impl Into<String>) -> Said<'p> {
        let text = text.into();
        Said { part: part.to_owned(), means: Digest::of(&text), text, expr: None }
    }

    /// An expression, that may stand in a step.
    pub fn expr(part: impl Into<String>, side: &Side<'p>, own: Option<StepId>, expr: &'p Expr) -> Said<'p> {
        Said {
            part: part.into(),
            text: written::expr(side.plan, expr),
            means: side.identities.expr(expr, own),
            expr: Some(expr),
        }
    }
}

/// A part of a plan.
pub(super) struct Item<'p> {
    /// What it is called.
    pub name: String,
    pub says: Vec<Said<'p>>,
}

impl Item<'_> {
    /// What all that it says means.
    fn means(&self) -> Digest {
        Digest::of_json(&self.says.iter().map(|said| (&said.part, said.means)).collect::<Vec<_>>())
    }
}

/// What makes a part of one plan the same as one of the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Recognised {
    /// What it is called.
    ByName,
    /// What it is called, or else what it says.
    ByNameOrMeaning,
}

/// How two lists of parts are different.
pub(super) fn compare(
    sides: Option<&Sides<'_>>,
    recognised: Recognised,
    before: &[Item<'_>],
    after: &[Item<'_>],
) -> Vec<Entry> {
    let pairs = matched(recognised, before, after);
    let mut entries = Vec::new();
    let moved = moved(&pairs);
    for (at, item) in after.iter().enumerate() {
        match pairs[at] {
            None => entries.push(added(item)),
            Some(old) => entries.extend(changed(sides, &before[old], item, moved.contains(&at))),
        }
    }
    let kept: BTreeSet<usize> = pairs.into_iter().flatten().collect();
    entries.extend(before.iter().enumerate().filter(|(at, _)| !kept.contains(at)).map(|(_, item)| removed(item)));
    entries
}

/// For each newer part the older one that it was.
fn matched(recognised: Recognised, before: &[Item<'_>], after: &[Item<'_>]) -> Vec<Option<usize>> {
    let mut pairs = vec![None; after.len()];
    let mut free: BTreeSet<usize> = (0..before.len()).collect();
    pair_by(&mut pairs, &mut free, before, after, |item| Digest::of_json(&(&item.name, item.means())));
    pair_by(&mut pairs, &mut free, before, after, |item| Digest::of(&item.name));
    if recognised == Recognised::ByNameOrMeaning {
        pair_by(&mut pairs, &mut free, before, after, Item::means);
    }
    pairs
}

pub(super) fn added(item: &Item<'_>) -> Entry {
    let part = |said: &Said<'_>| PartChange {
        part: said.part.clone(),
        before: None,
        after: Some(said.text.clone()),
        through: Vec::new(),
    };
    let parts = item.says.iter().map(part).collect();
    Entry { name: item.name.clone(), change: Change::Added, was: None, moved: false, parts }
}

pub(super) fn removed(item: &Item<'_>) -> Entry {
    let part = |said: &Said<'_>| PartChange {
        part: said.part.clone(),
        before: Some(said.text.clone()),
        after: None,
        through: Vec::new(),
    };
    let parts = item.says.iter().map(part).collect();
    Entry { name: item.name.clone(), change: Change::Removed, was: None, moved: false, parts }
}

/// How a part that both plans have is different; none where it is not.
pub(super) fn changed(sides: Option<&Sides<'_>>, before: &Item<'_>, after: &Item<'_>, moved: bool) -> Option<Entry> {
    let parts = part_changes(sides, &before.says, &after.says);
    let was = (before.name != after.name).then(|| before.name.clone());
    let change = match (parts.is_empty(), &was, moved) {
        (false, _, _) => Change::Changed,
        (true, Some(_), _) => Change::Renamed,
        (true, None, true) => Change::Moved,
        (true, None, false) => return None,
    };
    Some(Entry { name: after.name.clone(), change, was, moved, parts })
}

fn part_changes(sides: Option<&Sides<'_>>, before: &[Said<'_>], after: &[Said<'_>]) -> Vec<PartChange> {
    let pairs = {
        let mut pairs = vec![None; after.len()];
        let mut free: BTreeSet<usize> = (0..before.len()).collect();
        pair_by(&mut pairs, &mut free, before, after, |said| Digest::of_json(&(&said.part, said.means)));
        pair_by(&mut pairs, &mut free, before, after, |said| Digest::of(&said.part));
        pairs
    };
    let mut changes: Vec<PartChange> = Vec::new();
    for (said, pair) in after.iter().zip(&pairs) {
        let old = pair.map(|old| &before[old]);
        if old.is_some_and(|old| old.means == said.means) {
            continue;
        }
        let through = match (sides, said.expr, old) {
            (Some(sides), Some(expr), Some(_)) => sides.through(expr),
            _ => Vec::new(),
        };
        let before = old.map(|old| old.text.clone());
        changes.push(PartChange { part: said.part.clone(), before, after: Some(said.text.clone()), through });
    }
    let kept: BTreeSet<usize> = pairs.into_iter().flatten().collect();
    for (_, said) in before.iter().enumerate().filter(|(at, _)| !kept.contains(at)) {
        let before = Some(said.text.clone());
        changes.push(PartChange { part: said.part.clone(), before, after: None, through: Vec::new() });
    }
    changes
}
