//! What the plan has written so far that is not the plan's own word ⟶ the labels of what is read.

use super::Label;
use crate::effects::{Resource, overlap};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::ops::Bound;

/// The most resources without a single name of which it is remembered what was written there.
const MAX_PATTERNS: usize = 64;

/// The most pairs of resources that are compared for one plan.
const MAX_COMPARED: u32 = 200_000;

/// What is written where.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    /// By single paths.
    paths: BTreeMap<SmolStr, Label>,
    others: Vec<(Resource, Label)>,
    places: FxHashMap<Resource, usize>,
    /// Of everything.
    all: Label,
    /// Counts changes.
    pub(super) version: u64,
    compared: u32,
}

impl Written {
    /// Notes that a resource is written with values of this label.
    pub(super) fn add(&mut self, resource: &Resource, label: Label) {
        if label.is_bottom() {
            return;
        }
        let before = match resource {
            Resource::Path(path) => self.paths.entry(path.clone()).or_default(),
            other => {
                // Too many to compare: from here on anything may be meant.
                let other = if self.others.len() < MAX_PATTERNS { other } else { &Resource::Everything };
                let place = *self.places.entry(other.clone()).or_insert_with(|| {
                    self.others.push((other.clone(), Label::default()));
                    self.others.len() - 1
                });
                &mut self.others[place].1
            }
        };
        let joined = before.join(label);
        if !joined.is_as(before) {
            *before = joined;
            self.all = self.all.join(label);
            self.version += 1;
        }
    }

    /// Whether nothing of the kind was written.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_bottom()
    }

    /// The label of everything that was written.
    pub(super) fn all(&self) -> Label {
        self.all
    }

    /// Where of it secrets may stand.
    pub(super) fn secrets(&self) -> Written {
        let mut secrets = Written::default();
        let paths = self.paths.iter().map(|(path, label)| (Resource::Path(path.clone()), *label));
        paths.chain(self.others.iter().cloned()).for_each(|(at, label)| secrets.add(&at, label.of_secrecy()));
        secrets
    }

    /// The label of what a resource may hold of it.
    pub(super) fn at(&mut self, resource: &Resource) -> Label {
        if self.is_empty() {
            return Label::default();
        }
        let found = match resource {
            Resource::Path(path) => return self.at_path(path),
            Resource::Everything | Resource::Program(_) | Resource::AnyProgram => return self.all,
            other => {
                self.compared = self.compared.saturating_add(u32::try_from(self.paths.len()).unwrap_or(u32::MAX));
                if self.compared > MAX_COMPARED {
                    return self.all;
                }
                let meets = self.paths.iter().filter(|(path, _)| overlap(&Resource::Path((*path).clone()), other));
                meets.fold(Label::default(), |found, (_, label)| found.join(*label))
            }
        };
        found.join(self.in_others(resource))
    }

    /// Of what was written somewhere that overlaps with a resource.
    fn in_others(&self, resource: &Resource) -> Label {
        let meets = self.others.iter().filter(|(other, _)| overlap(other, resource));
        meets.fold(Label::default(), |found, (_, label)| found.join(*label))
    }

    /// Of a path, what lies beneath it, and what it lies in.
    pub(super) fn at_path(&self, path: &str) -> Label {
        if self.is_empty() {
            return Label::default();
        }
        let mut found = self.in_others(&Resource::Path(path.into()));
        let ends = path.char_indices().filter(|(_, c)| *c == '/').map(|(at, _)| at).chain([path.len()]);
        let above = ends.map(|end| &path[..end]).chain(["."]).filter_map(|above| self.paths.get(above));
        for label in above {
            found = found.join(*label);
        }
        if path == "." {
            return self.paths.values().fold(found, |found, label| found.join(*label));
        }
        // All that lies beneath begins with the path and a slash, which `0` follows in the order of characters.
        let (from, to) = (format!("{path}/"), format!("{path}0"));
        let beneath = self.paths.range::<str, _>((Bound::Included(from.as_str()), Bound::Excluded(to.as_str())));
        for (_, label) in beneath {
            found = found.join(*label);
        }
        found
    }
}
