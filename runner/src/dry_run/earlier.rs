//! The changes of all steps, in order ⟶ the same, each first change of a path with whether version control holds what it
//! replaces.

use crate::report::{Earlier, StepReport};
use crate::workspace::{FileState, Versioned};
use planc_lang::digest::Digest;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Marks what the steps replace. Later changes of a path replace what the plan itself has made.
pub(super) fn mark<'r>(
    steps: impl Iterator<Item = &'r mut StepReport>,
    contents: &BTreeMap<Digest, Arc<[u8]>>,
    workspace: &Path,
) {
    let mut seen = BTreeSet::new();
    let versioned = OnceCell::new();
    for change in steps.flat_map(|step| &mut step.changes) {
        if !seen.insert(change.path.clone()) {
            continue;
        }
        let content = match &change.before {
            FileState::File { digest, .. } => contents.get(digest).map(Arc::as_ref),
            FileState::Link { target } => Some(target.as_bytes()),
            FileState::Other => None,
            FileState::Absent | FileState::Directory { .. } => continue,
        };
        let is_held = content.is_some_and(|content| {
            let versioned: &Option<Versioned> = versioned.get_or_init(|| Versioned::around(workspace));
            versioned.as_ref().is_some_and(|versioned| versioned.holds(&change.path, content))
        });
        change.earlier = Some(if is_held { Earlier::Versioned } else { Earlier::Unversioned });
    }
}
