//! The workspace as a simulation shows it ⟶ what has to be put into a copy so that a program sees the same, and what its
//! changes are told against.

use super::spec::Put;
use super::upper::Base;
use crate::workspace::{FileError, FileState, MAX_FILE_BYTES, Workspace};
use planc_lang::digest::Digest;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The paths that are other in a simulation than in the workspace, with the contents of files.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// What is at each path; above before beneath.
    pub states: BTreeMap<String, FileState>,
    /// Contents by digest.
    pub contents: BTreeMap<Digest, Arc<[u8]>>,
}

impl Seen {
    /// What has to be put into the copy, in order. What is said of paths beneath what is no directory is left out: nothing is
    /// there.
    pub(crate) fn puts(&self) -> Vec<Put<Arc<[u8]>>> {
        let put = |(path, state): (&String, &FileState)| match state {
            _ if self.is_gone(path) => None,
            FileState::Absent => Some(Put::Nothing(path.clone())),
            FileState::File { digest, mode, .. } => {
                Some(Put::File(path.clone(), self.contents.get(digest)?.clone(), *mode))
            }
            FileState::Directory { mode } => Some(Put::Directory(path.clone(), *mode)),
            FileState::Link { target } => Some(Put::Link(path.clone(), target.clone())),
            FileState::Other => None,
        };
        self.states.iter().filter_map(put).collect()
    }

    pub(super) fn over<'a>(&'a self, workspace: &'a Workspace) -> Over<'a> {
        Over { seen: self, workspace }
    }

    /// What the simulation says of a path; none: it is as in the workspace.
    fn state(&self, path: &str) -> Option<FileState> {
        match self.is_gone(path) {
            true => Some(FileState::Absent),
            false => self.states.get(path).cloned(),
        }
    }

    /// Whether something above a path is no directory.
    fn is_gone(&self, path: &str) -> bool {
        let is_other = |state: &FileState| !matches!(state, FileState::Directory { .. });
        path.match_indices('/').any(|(at, _)| self.states.get(&path[..at]).is_some_and(is_other))
    }
}

/// A simulation over a workspace.
pub(super) struct Over<'a> {
    seen: &'a Seen,
    workspace: &'a Workspace,
}

impl Base for Over<'_> {
    fn state(&mut self, path: &str) -> Result<FileState, FileError> {
        match self.seen.state(path) {
            Some(state) => Ok(state),
            None => self.workspace.state(path),
        }
    }

    fn content(&mut self, path: &str) -> Result<Vec<u8>, FileError> {
        let content = match self.seen.state(path) {
            Some(FileState::File { digest, .. }) => self.seen.contents.get(&digest),
            Some(_) | None => None,
        };
        match content {
            Some(content) => Ok(content.to_vec()),
            None => self.workspace.read(path, MAX_FILE_BYTES),
        }
    }

    fn names(&mut self, path: &str) -> Result<Vec<String>, FileError> {
        let mut names = match self.workspace.state(path)? {
            FileState::Directory { .. } => self.workspace.all_names(path)?,
            FileState::Absent | FileState::File { .. } | FileState::Link { .. } | FileState::Other => Vec::new(),
        };
        let beneath = format!("{path}/");
        let own = self.seen.states.range(beneath.clone()..).map_while(|(other, _)| other.strip_prefix(&beneath));
        names.extend(own.filter(|rest| !rest.contains('/')).map(str::to_owned));
        names.sort();
        names.dedup();
        names.retain(|name| self.seen.state(&format!("{path}/{name}")) != Some(FileState::Absent));
        Ok(names)
    }

    fn differing(&self) -> Vec<String> {
        self.seen.states.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_put_beneath_what_is_no_directory() {
        let link = FileState::Link { target: "/elsewhere".into() };
        let states = [("a", link), ("a/x", FileState::Absent), ("a/y", FileState::Directory { mode: 0o755 })];
        let more = [("a-b", FileState::Absent), ("a-b/c", FileState::Absent), ("d/e", FileState::Absent)];
        let states = states.into_iter().chain(more).map(|(path, state)| (path.to_owned(), state)).collect();
        let seen = Seen { states, contents: BTreeMap::new() };
        let puts = format!("{:?}", seen.puts());
        assert_eq!(puts, r#"[Link("a", "/elsewhere"), Nothing("a-b"), Nothing("d/e")]"#);
        assert_eq!(seen.state("a/y"), Some(FileState::Absent));
        assert_eq!(seen.state("d/f"), None);
    }
}
