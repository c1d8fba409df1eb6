//! A path that a program is given ⟶ whether the program would find something there at which planc cannot look, so that nobody could be
//! told when it is another thing.

use super::guard::is_temporary;
use super::resolve::Way;
use super::{FileError, Kind, Workspace};

/// Where each process finds its own.
const OF_PROCESSES: &str = "/proc/";

impl Workspace {
    /// Why planc cannot look at what is within the workspace; none: it can, there is nothing, it lies outside, or it is a file of the
    /// operator, which no plan changes. Of folders only those count that are run.
    pub(crate) fn hidden(&self, path: &str, is_run: bool) -> Option<String> {
        let Way { links, end } = self.way(path);
        let target = |link: &String| std::fs::read_link(self.root().join(link)).ok();
        let of_process = links.iter().find(|link| target(link).is_some_and(|target| target.starts_with(OF_PROCESSES)));
        if let Some(link) = of_process {
            return Some(format!("`{link}` leads to where each process finds something else"));
        }
        let why = match end.map(|end| self.kind(&end)) {
            Some(Ok(Kind::Missing | Kind::File | Kind::Directory | Kind::Link | Kind::Other)) => return None,
            Some(Err(error)) => error,
            None => self.resolve(path).err()?,
        };
        let there = std::fs::canonicalize(self.root().join(path)).ok()?;
        let is_within = there.starts_with(self.root());
        let is_operators = matches!(why, FileError::Protected { .. }) && !path.split('/').any(is_temporary);
        let counts = is_run || !there.is_dir();
        (is_within && counts && !is_operators).then(|| why.to_string())
    }
}
