//! The folder of a workspace, held from before its rules are read ⟶ whether it still is what is found by its path: what takes its place has
//! rules of its own.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

/// The folder in which `planc.toml` was read. As long as this is kept, no other one has its number.
#[derive(Clone, Debug)]
pub struct Root(Arc<File>);

impl Root {
    /// Holds the folder that is at a path.
    pub fn hold(path: &Path) -> io::Result<Root> {
        Ok(Root(Arc::new(File::open(path)?)))
    }

    /// By which device and number the folder is known.
    pub fn identity(&self) -> io::Result<(u64, u64)> {
        self.0.metadata().map(|found| (found.dev(), found.ino()))
    }

    /// Whether the folder is what is at a path.
    pub fn is_at(&self, path: &Path) -> bool {
        path.metadata().is_ok_and(|found| self.identity().is_ok_and(|own| own == (found.dev(), found.ino())))
    }
}
