//! Files of the workspace ⟶ the other names that they have there. Hard links are one file: whoever reads it by one name has read it
//! by all.

use super::Workspace;
use rustix::fs::FileType;
use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;

impl Workspace {
    /// Whether a path is a file with a further name, wherever that is.
    pub(crate) fn has_other_names(&self, path: &str) -> bool {
        let stat = self.confined.stat(path);
        stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_nlink > 1)
    }

    /// The other names in the workspace of the files of which one name is meant. An error: what cannot be looked at. Walks the whole
    /// workspace.
    pub(crate) fn other_names(&self, is_meant: impl Fn(&str) -> bool) -> Result<Vec<String>, String> {
        let mut linked = Vec::new();
        for entry in ignore::WalkBuilder::new(self.root()).standard_filters(false).follow_links(false).build() {
            let entry = entry.map_err(|error| error.to_string())?;
            if entry.file_type().is_none_or(|kind| !kind.is_file()) {
                continue;
            }
            // One that is gone by now has no name there.
            let Ok(found) = entry.path().symlink_metadata() else { continue };
            let Ok(path) = entry.path().strip_prefix(self.root()) else { continue };
            if found.nlink() > 1 {
                linked.push(((found.dev(), found.ino()), path.to_string_lossy().into_owned()));
            }
        }
        let meant: HashSet<_> = linked.iter().filter(|(_, path)| is_meant(path)).map(|(file, _)| *file).collect();
        let others = linked.into_iter().filter(|(file, path)| meant.contains(file) && !is_meant(path));
        Ok(others.map(|(_, path)| path).collect())
    }
}
