//! The simulated workspace: calls of file tools ⟶ what they would change and what they looked at. The real tree is only
//! read. Dry runs and real runs use the same overlay; in a real run it lives for one call and its changes are applied.
//!
//! Paths given to methods other than `resolve*` and `glob` are resolved already.

mod shown;
mod unknown;
mod changes;
mod looks;
mod edits;

use super::error::FileError;
use super::listing::{Info, Kind, Listing, matches_seen};
use super::readers::Readers;
use super::resolve::{Last, Way, World};
use super::root::Workspace;
use super::walk::{self, join, parent};
use super::{
    Change, FOLDER_SEEN, FileState, Look, MAX_CALL_BYTES, MAX_FILE_BYTES, MAX_HELD_BYTES, MAX_PATHS, Observation,
};
use changes::Touched;
pub use changes::UnknownChange;
pub(crate) use changes::ordered;
pub use edits::Executable;
use planc_lang::digest::Digest;
use planc_lang::effects::Resource;
use shown::Shown;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use unknown::Mark;

/// Something known, or known only after an earlier call has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight<T> {
    /// It is this.
    Known(T),
    /// It cannot be told before the run.
    Unknown {
        /// The step that may change it.
        by: String,
    },
}

impl<T> Sight<T> {
    /// The known value.
    pub fn known(self) -> Option<T> {
        match self {
            Sight::Known(value) => Some(value),
            Sight::Unknown { .. } => None,
        }
    }

    /// Changes the known value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sight<U> {
        match self {
            Sight::Known(value) => Sight::Known(change(value)),
            Sight::Unknown { by } => Sight::Unknown { by },
        }
    }
}

/// The simulated workspace.
#[derive(Debug)]
pub struct Overlay {
    base: Arc<Workspace>,
    /// Paths that were changed, as they are now.
    entries: BTreeMap<String, Shown>,
    marks: Vec<Mark>,
    step: String,
    /// What the program of the present step can change at most, where something holds it to that.
    bounds: Option<Vec<Resource>>,
    /// Whether the run records what the present step changes.
    is_recorded: bool,
    touched: BTreeMap<String, Touched>,
    marks_before: Option<Vec<Mark>>,
    bytes: u64,
    /// The bytes in `contents`.
    held: u64,
    observations: Vec<Observation>,
    looked: BTreeSet<Look>,
    base_observations: Vec<Observation>,
    base_looked: BTreeSet<Look>,
    /// Folders of which it counts so far only that they are some.
    base_folders: BTreeSet<Look>,
    /// Files that the program of the present step names, as they are before the plan.
    named: Vec<Observation>,
    named_looks: BTreeSet<Look>,
    contents: BTreeMap<Digest, Arc<[u8]>>,
}

impl Overlay {
    /// A simulation that shows the workspace as it is.
    pub fn new(base: Arc<Workspace>) -> Overlay {
        Overlay {
            base,
            entries: BTreeMap::new(),
            marks: Vec::new(),
            step: "an earlier step".into(),
            bounds: None,
            is_recorded: true,
            touched: BTreeMap::new(),
            marks_before: None,
            bytes: 0,
            held: 0,
            observations: Vec::new(),
            looked: BTreeSet::new(),
            base_observations: Vec::new(),
            base_looked: BTreeSet::new(),
            base_folders: BTreeSet::new(),
            named: Vec::new(),
            named_looks: BTreeSet::new(),
            contents: BTreeMap::new(),
        }
    }

    /// The workspace beneath.
    pub fn workspace(&self) -> &Arc<Workspace> {
        &self.base
    }

    /// Names the step that makes the next call, so that what the call makes unknown is said to be unknown because of it.
    pub fn begin(&mut self, step: &str) {
        self.step = step.into();
        self.bounds = None;
        self.is_recorded = true;
    }

    /// Says what the program of the present step can change at most: of what it leaves, nothing else is kept.
    pub fn bound(&mut self, bounds: Vec<Resource>) {
        self.bounds = Some(bounds);
    }

    /// Says that nobody records what the present step changes.
    pub fn unrecorded(&mut self) {
        self.is_recorded = false;
    }

    /// The name of the step that makes the present call.
    pub fn step(&self) -> &str {
        &self.step
    }

    /// Makes what a call with unknown outcome may touch unknown to later looks: a program is all that it can change, everything
    /// the whole workspace, a path all beneath it. Resources outside the workspace change nothing here.
    pub fn mark_unknown(&mut self, resource: &Resource, by: &str) {
        match (&self.bounds, resource) {
            (Some(bounds), Resource::Program(_) | Resource::AnyProgram) => {
                bounds.clone().iter().for_each(|bound| self.mark(bound, by));
            }
            _ => self.mark(resource, by),
        }
    }

    fn mark(&mut self, resource: &Resource, by: &str) {
        if let Some(mark) = Mark::new(resource, by, self.is_recorded) {
            self.marks_before.get_or_insert_with(|| self.marks.clone());
            // It says all that an earlier one of the same says, and is the last.
            self.marks.retain(|earlier| !mark.includes(earlier));
            self.marks.push(mark);
        }
    }

    /// Follows the links of a path in the simulated world. What an unknown call may have made of links on the way is not
    /// known: the path is the one that they give now, and is judged again when the call is made.
    pub fn resolve(&mut self, path: &str) -> Result<String, FileError> {
        self.resolve_with(path, Last::Follow)
    }

    /// Like [`resolve`](Overlay::resolve), but when the path ends in a link, that link itself is meant.
    pub fn resolve_link(&mut self, path: &str) -> Result<String, FileError> {
        self.resolve_with(path, Last::Keep)
    }

    /// The paths that a path leads to in the simulated world, see [`Workspace::leads`].
    pub(crate) fn leads(&self, path: &str) -> Vec<String> {
        self.base.leads_in(self, path)
    }

    /// Where a path leads in the simulated world that a program is given, see [`Workspace::way`].
    pub(crate) fn way(&self, path: &str) -> Way {
        self.base.way_in(self, path)
    }

    /// Everything that looks reached in the real tree, each once, as first seen: what an approval is bound to.
    pub fn base_observations(&self) -> &[Observation] {
        &self.base_observations
    }

    /// What the calls since the last time looked at, as the simulated world showed it. What may have been changed by a
    /// call with unknown outcome is left out.
    pub fn take_observations(&mut self) -> Vec<Observation> {
        self.looked.clear();
        std::mem::take(&mut self.observations)
    }

    /// What was looked at since the last time.
    pub fn observed(&self) -> &[Observation] {
        &self.observations
    }

    /// The files that were [held](Overlay::hold) since the last time, as they are before the plan.
    pub fn take_named(&mut self) -> Vec<Observation> {
        self.named_looks.clear();
        std::mem::take(&mut self.named)
    }

    /// The contents that changes start from and end in, by digest.
    pub fn contents(&self) -> &BTreeMap<Digest, Arc<[u8]>> {
        &self.contents
    }

    fn resolve_with(&mut self, path: &str, last: Last) -> Result<String, FileError> {
        let base = self.base.clone();
        let resolved = base.resolve_with(&*self, path, last)?;
        for link in &resolved.links {
            let shown = self.load(link)?;
            self.saw(link, &shown);
            // Where it leads by then is not known, and neither is what is there.
            if let Some(by) = self.unknown_at(link, Kind::Link) {
                self.mark(&Resource::Path(resolved.path.as_str().into()), &by);
            }
        }
        Ok(resolved.path)
    }
}
