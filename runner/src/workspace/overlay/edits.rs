//! Changing the simulated world, path by path.

use super::shown::{Shown, wrong_kind};
use super::{Change, Digest, FileError, FileState, Kind, MAX_FILE_BYTES, Overlay, Readers, Sight, World, parent};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The mode of a new file.
const NEW_FILE: u32 = 0o644;
/// The mode of a new directory.
const NEW_DIRECTORY: u32 = 0o755;

/// Whether a file is to be executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executable {
    /// As it was; a new file is not.
    Unchanged,
    /// By whoever may read it.
    Yes,
}

impl Executable {
    fn with(self, mode: u32) -> u32 {
        match self {
            Executable::Unchanged => mode,
            Executable::Yes => mode | (mode & 0o444) >> 2,
        }
    }
}

impl Overlay {
    /// Creates a file or replaces what it holds; missing directories are made. A new file has mode 0644, or 0755 when it
    /// is to be executable; a replaced one keeps its permissions, and may be executed by whoever may read it when it is to
    /// be executable. Gives whether the file is new.
    pub fn write(&mut self, path: &str, bytes: Arc<[u8]>, executable: Executable) -> Result<Sight<bool>, FileError> {
        let before = self.before(path)?;
        let mode = match &before {
            Sight::Unknown { .. } => None,
            Sight::Known(Shown::Absent) => Some(executable.with(NEW_FILE)),
            Sight::Known(Shown::File { mode, .. }) => mode.map(|mode| executable.with(mode & 0o777)),
            Sight::Known(other) => return Err(wrong_kind(path, other, "a file")),
        };
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(FileError::Limit(format!("the content for `{path}` has more than {MAX_FILE_BYTES} bytes")));
        }
        self.make_dir(parent(path))?;
        let created = before.clone().map(|before| before == Shown::Absent);
        self.put(path, before, Shown::File { digest: Digest::of(&bytes), bytes, mode })?;
        Ok(created)
    }

    /// Makes a directory and those above it. Gives whether it is new.
    pub fn make_dir(&mut self, path: &str) -> Result<Sight<bool>, FileError> {
        if path == "." {
            return Ok(Sight::Known(false));
        }
        let before = self.before(path)?;
        match &before {
            Sight::Known(Shown::Directory { .. }) => return Ok(Sight::Known(false)),
            Sight::Known(Shown::Absent) => {}
            Sight::Known(other) => return Err(wrong_kind(path, other, "a directory")),
            // What is a directory now is left as it is.
            Sight::Unknown { by } if self.look(path)?.kind == Kind::Directory => {
                return Ok(Sight::Unknown { by: by.clone() });
            }
            Sight::Unknown { .. } => {}
        }
        self.make_dir(parent(path))?;
        let mode = matches!(before, Sight::Known(_)).then_some(NEW_DIRECTORY);
        let created = before.clone().map(|_| true);
        self.put(path, before, Shown::Directory { mode })?;
        Ok(created)
    }

    /// Copies one path, and nothing beneath it, to a path in a directory that exists: a file with its mode, a directory
    /// with its mode, a link as a link. Where the copy has another group or list of access, the mode gives nobody more.
    pub fn copy_one(&mut self, from: &str, to: &str) -> Result<Sight<()>, FileError> {
        let shown = match self.before(from)? {
            Sight::Known(shown) => shown,
            Sight::Unknown { by } => return Ok(Sight::Unknown { by }),
        };
        match &shown {
            Shown::Absent => return Err(FileError::missing(from)),
            Shown::Other => return Err(wrong_kind(from, &shown, "a file, directory or link")),
            Shown::Directory { mode: Some(mode) } if mode & 0o300 != 0o300 => {
                let why = format!("nothing can be made in it with mode {mode:04o}");
                return Err(FileError::Io { doing: "copy the directory", path: from.into(), why });
            }
            Shown::File { .. } | Shown::Directory { .. } | Shown::Link { .. } => {}
        }
        let before = self.before(to)?;
        let of = self.readers_at(from, &shown);
        let new = match &before {
            Sight::Known(replaced @ Shown::File { .. }) => self.readers_at(to, replaced),
            Sight::Known(_) => self.readers_in(parent(to)),
            Sight::Unknown { .. } => Readers::UNTOLD,
        };
        let shown = match shown {
            // The copy is of the account that planc runs as, and nobody shall have its rights.
            Shown::File { bytes, digest, mode } => {
                Shown::File { bytes, digest, mode: mode.map(|mode| new.mode(of, mode & !FileState::RIGHTS)) }
            }
            Shown::Directory { mode } => Shown::Directory { mode: mode.map(|mode| new.mode(of, mode)) },
            other => other,
        };
        self.put(to, before, shown)?;
        Ok(Sight::Known(()))
    }

    /// Takes over changes of what this simulation showed, with the contents of their files. What was looked at to make them is
    /// not recorded.
    pub fn adopt(&mut self, changes: &[Change], contents: &BTreeMap<Digest, Arc<[u8]>>) -> Result<(), FileError> {
        for change in changes {
            self.base.guard.check_change(change)?;
            let side = |state: &FileState| {
                Shown::of(state, contents).ok_or_else(|| {
                    FileError::Form(format!("the content of `{}` is not there to be simulated", change.path))
                })
            };
            let (before, after) = (side(&change.before)?, side(&change.after)?);
            self.put(&change.path, Sight::Known(before), after)?;
        }
        Ok(())
    }

    /// The paths that are other in this simulation than in the workspace, or may be; none: of one it is not known what is there.
    pub fn differing(&self) -> Option<BTreeMap<String, FileState>> {
        let state = |(path, shown): (&String, &Shown)| Some((path.clone(), shown.state()?));
        self.entries.iter().map(state).collect()
    }

    /// Deletes one path: a file, a link, or a directory whose entries were all deleted before.
    pub fn delete(&mut self, path: &str) -> Result<Sight<()>, FileError> {
        let before = self.before(path)?;
        match &before {
            Sight::Unknown { by } => return Ok(Sight::Unknown { by: by.clone() }),
            Sight::Known(Shown::Absent) => return Err(FileError::missing(path)),
            Sight::Known(Shown::Other) => return Err(wrong_kind(path, &Shown::Other, "a file, directory or link")),
            Sight::Known(_) => {}
        }
        self.put(path, before, Shown::Absent)?;
        Ok(Sight::Known(()))
    }

    /// Who may read what is shown at a path: what a change replaces keeps who may.
    fn readers_at(&self, path: &str, shown: &Shown) -> Readers {
        let is_there = self.base.look(path).is_ok_and(|info| info.kind == shown.info().kind);
        if is_there { self.base.readers(path) } else { self.readers_in(parent(path)) }
    }

    /// Who may read what is made in a folder.
    fn readers_in(&self, folder: &str) -> Readers {
        if self.base.look(folder).is_ok_and(|info| info.kind == Kind::Directory) {
            return self.base.readers_in(folder);
        }
        if folder == "." {
            return Readers::UNTOLD;
        }
        // It is made itself, and has a list of access for what is made in it where the one above it has.
        let above = self.readers_in(parent(folder));
        match self.simulated(folder) {
            Some(Shown::Directory { mode: Some(mode) }) if mode & 0o2000 != 0 => above,
            Some(Shown::Directory { mode: Some(_) }) => Readers { group: Readers::own().group, ..above },
            _ => Readers::UNTOLD,
        }
    }

    /// What is at a path with its content, seen because it is about to be changed or copied.
    fn before(&mut self, path: &str) -> Result<Sight<Shown>, FileError> {
        let info = self.look(path)?;
        if let Some(by) = self.unknown_at(path, info.kind) {
            return Ok(Sight::Unknown { by });
        }
        let shown = self.load(path)?;
        self.saw(path, &shown);
        Ok(Sight::Known(shown))
    }
}
