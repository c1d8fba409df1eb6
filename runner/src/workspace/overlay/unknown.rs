//! What an overlay cannot know any more: marks of calls with unknown outcome, and which paths were written since.

use super::{Kind, Overlay};
use globset::GlobMatcher;
use planc_lang::effects::{Resource, overlap};
use planc_lang::paths::{compile_glob, literal_prefix, within};
use std::collections::BTreeSet;

/// What one call with unknown outcome may have touched.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    resource: Resource,
    /// That of a glob.
    matcher: Option<GlobMatcher>,
    by: String,
    /// Whether the run records what the call changes.
    is_recorded: bool,
    /// Paths that were written since.
    known_again: BTreeSet<String>,
}

impl Mark {
    /// The mark of a resource; none where it has nothing to do with files.
    pub(super) fn new(resource: &Resource, by: &str, is_recorded: bool) -> Option<Mark> {
        let resource = match resource {
            Resource::Path(_) | Resource::Glob(_) => resource.clone(),
            Resource::AnyPath | Resource::Program(_) | Resource::AnyProgram | Resource::Everything => Resource::AnyPath,
            Resource::Host(_) | Resource::AnyHost | Resource::Named(..) | Resource::AnyIn(_) => return None,
        };
        let matcher = match &resource {
            Resource::Glob(glob) => compile_glob(glob).ok(),
            _ => None,
        };
        Some(Mark { resource, matcher, by: by.into(), is_recorded, known_again: BTreeSet::new() })
    }

    /// Whether an earlier mark says nothing that this new one does not.
    pub(super) fn includes(&self, earlier: &Mark) -> bool {
        let says_who = !self.is_recorded || earlier.is_recorded;
        says_who && (self.resource == Resource::AnyPath || self.resource == earlier.resource)
    }

    pub(super) fn written(&mut self, path: &str) {
        self.known_again.insert(path.to_owned());
    }

    /// Whether it may have touched a path; one that is missing also by making something beneath it.
    fn covers(&self, path: &str, kind: Kind) -> bool {
        !self.known_again.contains(path) && self.reaches(path, kind)
    }

    /// The same, whatever was written since.
    fn reaches(&self, path: &str, kind: Kind) -> bool {
        if path == "." {
            return false;
        }
        let below = |inner: &str| kind == Kind::Missing && within(inner, path);
        match &self.resource {
            Resource::Path(marked) => within(path, marked) || below(marked),
            Resource::Glob(glob) => {
                // A path above it that may have become a link leads elsewhere, and a folder goes with all that it may hold.
                let above = path.char_indices().filter(|(_, c)| *c == '/').map(|(at, _)| &path[..at]);
                let folder = (kind == Kind::Directory).then(|| format!("{path}/\0"));
                let mut all = above.chain([path]).chain(folder.as_deref());
                // What is no glob matches anything.
                let is_match = |path: &str| self.matcher.as_ref().is_none_or(|matcher| matcher.is_match(path));
                all.any(is_match) || below(literal_prefix(glob))
            }
            _ => true,
        }
    }

    /// Whether it may have added an entry to a directory, or removed one.
    fn covers_entries(&self, dir: &str) -> bool {
        match &self.resource {
            Resource::Path(marked) => {
                within(dir, marked) || within(marked, dir) && !self.known_again.contains(marked.as_str())
            }
            Resource::Glob(glob) => within(literal_prefix(glob), dir) || within(dir, literal_prefix(glob)),
            _ => true,
        }
    }
}

impl Overlay {
    /// The step that may have changed a path.
    pub(super) fn unknown_at(&self, path: &str, kind: Kind) -> Option<String> {
        self.marks.iter().rev().find(|mark| mark.covers(path, kind)).map(|mark| mark.by.clone())
    }

    /// Whether a step may have changed a path of which the run does not record what it changes.
    pub(crate) fn is_unrecorded(&self, path: &str, kind: Kind) -> bool {
        self.marks.iter().any(|mark| !mark.is_recorded && mark.reaches(path, kind))
    }

    /// A step of which it is not known what it leaves in the workspace.
    pub fn anything_unknown(&self) -> Option<&str> {
        self.marks.last().map(|mark| mark.by.as_str())
    }

    /// The last step with unknown outcome.
    pub(super) fn last_unknown(&self) -> String {
        self.marks.last().map_or_else(|| self.step.clone(), |mark| mark.by.clone())
    }

    /// The step that may have changed what a directory holds.
    pub(super) fn unknown_entries(&self, dir: &str) -> Option<String> {
        self.marks.iter().rev().find(|mark| mark.covers_entries(dir)).map(|mark| mark.by.clone())
    }

    /// The step that may have changed what a glob matches.
    pub(super) fn unknown_in(&self, glob: &str) -> Option<String> {
        let glob = Resource::Glob(glob.into());
        let open = |mark: &&Mark| match &mark.resource {
            Resource::Path(marked) if mark.known_again.contains(marked.as_str()) => false,
            resource => overlap(&glob, resource),
        };
        self.marks.iter().rev().find(open).map(|mark| mark.by.clone())
    }

    /// A path is known again, and so is that everything above it is a directory.
    pub(super) fn known_again(&mut self, path: &str) {
        self.marks_before.get_or_insert_with(|| self.marks.clone());
        for mark in &mut self.marks {
            mark.written(path);
        }
    }
}
