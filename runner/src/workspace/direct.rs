//! A path ⟶ whether it lies where it is written. For whoever opens it without planc, and follows what links are there.

use super::listing::Kind;
use super::resolve::{Last, World};
use super::walk::join;
use super::{FileError, MAX_WALKED, Overlay, Workspace};
use planc_lang::effects::Resource;
use planc_lang::paths::{literal_prefix, path_meets_glob};
use rustix::fs::FileType;

impl Workspace {
    /// Refuses what is written of paths and does not lie there: see [`Workspace::check_direct_path`]. What a glob matches is up to
    /// who reads it: it is all that its folder holds, and goes through no link that it may match on its way.
    pub(crate) fn check_direct(&self, touched: &Resource, changes: bool) -> Result<(), FileError> {
        let Some(path) = folder_of(touched) else { return Ok(()) };
        self.check_direct_path(path, changes)?;
        let Resource::Glob(glob) = touched else { return Ok(()) };
        let is_led = |path: &&String| is_on_way(path, glob) && matches!(self.kind(path), Ok(Kind::Link));
        match self.held(path)?.iter().find(is_led) {
            Some(link) => Err(FileError::Led { path: glob.as_str().into(), link: link.clone() }),
            None => Ok(()),
        }
    }

    /// Refuses a path with a link on the way or at its end, and what no tool may reach. Of a path that somebody `changes` also
    /// what no tool may change, and a file with a further name, which would change with it. A folder is all that it holds, or may.
    fn check_direct_path(&self, path: &str, changes: bool) -> Result<(), FileError> {
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
    pub(crate) fn check_direct(&self, touched: &Resource, changes: bool) -> Result<(), FileError> {
        let Some(path) = folder_of(touched) else { return Ok(()) };
        self.workspace().direct_in(self, path)?;
        self.workspace().check_direct(touched, changes)
    }
}

/// The path that is touched, or the folder in which a glob begins.
fn folder_of(touched: &Resource) -> Option<&str> {
    match touched {
        Resource::Path(path) => Some(path),
        Resource::Glob(glob) => Some(literal_prefix(glob)).map(|folder| if folder.is_empty() { "." } else { folder }),
        _ => None,
    }
}

/// Whether the first parts of a glob may match a path, up to a `**`: that goes through all that its folder holds.
fn is_on_way(path: &str, glob: &str) -> bool {
    let bounded = glob.split('/').take_while(|part| !part.contains("**")).count();
    path.split('/').count() <= bounded && path_meets_glob(path, glob)
}
