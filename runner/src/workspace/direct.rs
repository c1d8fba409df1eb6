//! A path ⟶ whether it lies where it is written. For whoever opens it without planc, and follows what links are there.

use super::listing::Kind;
use super::resolve::{Last, World};
use super::walk::join;
use super::{FileError, MAX_WALKED, Overlay, Workspace};
use rustix::fs::FileType;

impl Workspace {
    /// Refuses a path with a link on the way or at its end, and what no tool may reach. Of a path that somebody `changes` also
    /// what no tool may change, and a file with a further name, which would change with it. A folder is all that it holds, or may.
    pub(crate) fn check_direct(&self, path: &str, changes: bool) -> Result<(), FileError> {
        self.direct_in(self, path)?;
        if changes {
            self.check_own(path)?;
        }
        let kind = self.kind(path)?;
        if matches!(kind, Kind::File | Kind::Other) {
            return Ok(());
        }
        let held = self.guard.beneath(path, kind == Kind::Directory, changes);
        if let Some(held) = held {
            return Err(FileError::Holds { path: path.into(), held });
        }
        for file in self.held(path)? {
            let checked = self.guard.check(&file).and_then(|()| if changes { self.check_own(&file) } else { Ok(()) });
            checked.map_err(|_| FileError::Holds { path: path.into(), held: file })?;
        }
        Ok(())
    }

    /// Refuses a change of what no tool may change, or of what has a further name.
    fn check_own(&self, path: &str) -> Result<(), FileError> {
        self.guard.check_wired(path)?;
        match self.confined.stat(path) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_nlink > 1 => {
                Err(FileError::OtherName { path: path.into() })
            }
            _ => Ok(()),
        }
    }

    /// All that a folder holds and that is none itself; nothing where no folder is. An error where that includes what no plan
    /// can touch.
    pub(crate) fn held(&self, folder: &str) -> Result<Vec<String>, FileError> {
        let (mut files, mut walked) = (Vec::new(), 0usize);
        let mut pending = match self.kind(folder)? {
            Kind::Directory => vec![folder.to_owned()],
            _ => Vec::new(),
        };
        while let Some(dir) = pending.pop() {
            let listing = self.listing(&dir)?;
            if let Some(name) = listing.own.iter().chain(&listing.unnameable).next() {
                return Err(FileError::Holds { path: folder.into(), held: join(&dir, name) });
            }
            walked += listing.entries.len();
            if walked > MAX_WALKED {
                return Err(FileError::Limit(format!("`{folder}` holds more than {MAX_WALKED} paths")));
            }
            for entry in listing.entries {
                let path = join(&dir, &entry.name);
                let list = if entry.kind == Kind::Directory { &mut pending } else { &mut files };
                list.push(path);
            }
        }
        Ok(files)
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
