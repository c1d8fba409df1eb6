//! A path ⟶ whether it lies where it is written. For whoever opens it without planc, and follows what links are there.

use super::resolve::{Last, World};
use super::{FileError, Overlay, Workspace};
use rustix::fs::FileType;

impl Workspace {
    /// Refuses a path with a link on the way or at its end, and what no tool may reach. Of a path that somebody `changes` also
    /// what no tool may change, and a file with a further name, which would change with it.
    pub(crate) fn check_direct(&self, path: &str, changes: bool) -> Result<(), FileError> {
        self.direct_in(self, path)?;
        if !changes {
            return Ok(());
        }
        self.guard.check_wired(path)?;
        match self.confined.stat(path) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_nlink > 1 => {
                Err(FileError::OtherName { path: path.into() })
            }
            _ => Ok(()),
        }
    }

    fn direct_in(&self, world: &impl World, path: &str) -> Result<(), FileError> {
        let resolved = self.resolve_with(world, path, Last::Follow)?;
        match resolved.links.first() {
            Some(link) => Err(FileError::Led { path: path.into(), link: link.clone() }),
            None => Ok(()),
        }
    }
}

impl Overlay {
    /// The same in the simulated world, and in that of now: who is asked before a yes finds the latter.
    pub(crate) fn check_direct(&self, path: &str, changes: bool) -> Result<(), FileError> {
        self.workspace().direct_in(self, path)?;
        self.workspace().check_direct(path, changes)
    }
}
