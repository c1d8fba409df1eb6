//! What calls changed in an overlay ⟶ the net changes in the order in which they can be applied.

use super::{
    Change, FileError, FileState, Kind, Look, MAX_CALL_BYTES, MAX_HELD_BYTES, MAX_PATHS, Overlay, Shown, Sight, World,
    parent,
};
use planc_lang::paths::within;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A path that a call changes while it is not known what is there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownChange {
    /// The path.
    pub path: String,
    /// The step that may change it before.
    pub by: String,
}

/// A path that was changed since changes were last taken.
#[derive(Debug)]
pub(super) struct Touched {
    /// What was there before.
    before: Sight<FileState>,
    /// The entry of the simulation that was replaced.
    replaced: Option<Shown>,
}

impl Overlay {
    /// The changes since the last time, net per path, in the order in which they can be applied: directories before what
    /// they hold, deletions last and from the bottom up. Where a directory gives way to a file or the reverse, that path
    /// has two changes, and what must go first goes first.
    pub fn take_changes(&mut self) -> Vec<Change> {
        let touched = std::mem::take(&mut self.touched);
        self.forget_call();
        let mut net = BTreeMap::new();
        for (path, touched) in touched {
            let after = self.entries.get(&path).and_then(Shown::state);
            if let (Sight::Known(before), Some(after)) = (touched.before, after)
                && before != after
            {
                net.insert(path, (before, after));
            }
        }
        ordered(net).into_iter().map(|change| self.base.remembering(change)).collect()
    }

    /// The paths changed since changes were last taken of which it is not known what is there before, or with which mode
    /// afterwards. They are no part of
    /// [`take_changes`](Overlay::take_changes): ask before taking those.
    pub fn unknown_changes(&self) -> Vec<UnknownChange> {
        let unknown = |(path, touched): (&String, &Touched)| {
            let by = match &touched.before {
                Sight::Unknown { by } => by.clone(),
                // What it will be is not known either where a mode is not.
                Sight::Known(_) => match self.entries.get(path).and_then(Shown::state) {
                    None => self.last_unknown(),
                    Some(_) => return None,
                },
            };
            Some(UnknownChange { path: path.clone(), by })
        };
        self.touched.iter().filter_map(unknown).collect()
    }

    /// Takes back everything since changes were last taken: what a call did that failed in the end.
    pub fn roll_back(&mut self) {
        for (path, touched) in std::mem::take(&mut self.touched) {
            match touched.replaced {
                Some(shown) => self.entries.insert(path, shown),
                None => self.entries.remove(&path),
            };
        }
        if let Some(marks) = self.marks_before.take() {
            self.marks = marks;
        }
        self.forget_call();
    }

    /// As [`roll_back`](Overlay::roll_back); and what files were looked at since the last time, nobody is told.
    pub fn roll_back_untold(&mut self) {
        let files = self.observations.iter().filter(|seen| seen.seen.starts_with("file ")).map(|seen| &seen.look);
        let files: BTreeSet<Look> = files.cloned().collect();
        self.base_observations.retain(|seen| !files.contains(&seen.look));
        self.observations.retain(|seen| !files.contains(&seen.look));
        self.base_looked.retain(|look| !files.contains(look));
        self.roll_back();
    }

    /// Puts something at a path.
    pub(super) fn put(&mut self, path: &str, before: Sight<Shown>, after: Shown) -> Result<(), FileError> {
        self.base.guard.check_wired(path)?;
        if !self.entries.contains_key(parent(path))
            && self.base.look(parent(path)).is_ok_and(|info| info.kind == Kind::Directory)
        {
            self.base.check_writable(parent(path))?;
        }
        let before = match before {
            Sight::Known(shown) => Sight::Known(self.keep(path, shown)?),
            Sight::Unknown { by } => Sight::Unknown { by },
        };
        let after = self.keep(path, after)?;
        let before = match before {
            Sight::Known(shown) => {
                shown.state().map_or_else(|| Sight::Unknown { by: self.last_unknown() }, Sight::Known)
            }
            Sight::Unknown { by } => Sight::Unknown { by },
        };
        let replaced = self.entries.insert(path.to_owned(), after);
        self.touched.entry(path.to_owned()).or_insert(Touched { before, replaced });
        if self.touched.len() > MAX_PATHS {
            return Err(FileError::Limit(format!("one call changes more than {MAX_PATHS} paths")));
        }
        self.known_again(path);
        Ok(())
    }

    /// Keeps the content of one side of a change, equal ones once.
    fn keep(&mut self, path: &str, shown: Shown) -> Result<Shown, FileError> {
        let Shown::File { bytes, digest, mode } = shown else { return Ok(shown) };
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_CALL_BYTES {
            return Err(FileError::Limit(format!(
                "the call changes more than {MAX_CALL_BYTES} bytes of contents, reached at `{path}`"
            )));
        }
        if let Some(same) = self.contents.get(&digest) {
            return Ok(Shown::File { bytes: same.clone(), digest, mode });
        }
        let held = self.held + bytes.len() as u64;
        if held > MAX_HELD_BYTES {
            return Err(FileError::Limit(format!(
                "all calls together change more than {MAX_HELD_BYTES} bytes of contents, reached at `{path}`"
            )));
        }
        self.held = held;
        self.contents.insert(digest, bytes.clone());
        Ok(Shown::File { bytes, digest, mode })
    }

    fn forget_call(&mut self) {
        self.marks_before = None;
        self.bytes = 0;
    }
}

/// Net changes per path, in the order in which they can be applied.
pub(crate) fn ordered(net: BTreeMap<String, (FileState, FileState)>) -> Vec<Change> {
    let is_dir = |state: &FileState| matches!(state, FileState::Directory { .. });
    let swapped: Vec<String> = net
        .iter()
        .filter(|(_, (before, after))| {
            *before != FileState::Absent && *after != FileState::Absent && is_dir(before) != is_dir(after)
        })
        .map(|(path, _)| path.clone())
        .collect();
    let (mut first, mut middle, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for (path, (before, after)) in net {
        let change = |before, after| Change::new(path.clone(), before, after);
        if swapped.contains(&path) {
            first.push(change(before, FileState::Absent));
            middle.push(change(FileState::Absent, after));
        } else if after != FileState::Absent {
            middle.push(change(before, after));
        } else if swapped.iter().any(|swapped| within(&path, swapped)) {
            first.push(change(before, after));
        } else {
            last.push(change(before, after));
        }
    }
    // Sorted paths have those above before those beneath.
    first.sort_by_key(|change| Reverse(change.path.clone()));
    middle.sort_by_key(|change| change.path.clone());
    last.sort_by_key(|change| Reverse(change.path.clone()));
    first.into_iter().chain(middle).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Executable;
    use super::*;
    use crate::workspace::Workspace;
    use std::sync::Arc;

    #[test]
    fn equal_contents_are_held_once_and_all_together_are_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let mut overlay = Overlay::new(Arc::new(Workspace::open(&root, Vec::new()).unwrap()));
        let write = |overlay: &mut Overlay, path: &str, text: &str| {
            overlay.write(path, text.as_bytes().into(), Executable::Unchanged).map(|_| overlay.take_changes())
        };
        write(&mut overlay, "a", "same").unwrap();
        write(&mut overlay, "b", "same").unwrap();
        assert_eq!(overlay.held, 4);
        let bytes = |path: &str| match &overlay.entries[path] {
            Shown::File { bytes, .. } => bytes.clone(),
            other => panic!("{other:?}"),
        };
        assert!(Arc::ptr_eq(&bytes("a"), &bytes("b")));
        overlay.held = MAX_HELD_BYTES - 1;
        write(&mut overlay, "c", "same").unwrap();
        let error = write(&mut overlay, "d", "other").unwrap_err();
        assert!(error.to_string().contains("all calls together"), "{error}");
    }
}
