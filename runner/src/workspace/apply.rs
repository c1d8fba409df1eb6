//! A [`Change`] ⟶ the changed tree: each change is atomic, checked against what is there, and may be repeated.
//!
//! Something new is made beside its place under a temporary name, made durable, and renamed. A crash at any point leaves
//! the path as it was before or as it is afterwards, and at most a temporary file, which [`Workspace::sweep`] removes.
//! What is there is checked right before it is changed, not locked: a change by somebody else in that instant is lost.
//! No file is made setuid or setgid: its rights would be those of planc's account, also where a change says otherwise.
//! A file that is replaced gets a new identity: its other hard links keep the old content. Who may read it stays ([`attributes`]).

use super::attributes;
use super::contents::Contents;
use super::error::{FileError, has_no_room, reason};
use super::guard::is_own_temporary;
use super::root::Workspace;
use super::{Change, FileState, TEMPORARY_PREFIX, walk};
use planc_lang::paths::check_path;
use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};

/// What applying a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The path was changed.
    Changed,
    /// The path was already as the change leaves it.
    Already,
}

/// Why a change was not applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// Something else is there than the change starts from; nothing was changed.
    #[error("`{path}` is not as expected: expected {expected}, found {found}")]
    Conflict {
        /// The path.
        path: String,
        /// What the change starts from.
        expected: FileState,
        /// What is there.
        found: FileState,
    },
    /// The path cannot be reached or looked at; nothing was changed.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no room for it, now; the path is as before. Applying again later may do.
    #[error("{message}")]
    NoRoom {
        /// What was attempted on what, and what is full.
        message: String,
    },
    /// The operating system says no. The path is as before or as afterwards; applying again tells which.
    #[error("{message}")]
    Io {
        /// What was attempted on what, and why it failed.
        message: String,
    },
}

impl Workspace {
    /// Applies one change to its path, which is already without links. Contents of files come from `contents`.
    pub fn apply(&self, change: &Change, contents: &Contents) -> Result<Applied, ApplyError> {
        check_path(&change.path).map_err(FileError::Form)?;
        self.guard.check_change(change)?;
        let change = &Change { after: change.after.clone().without_rights(), ..change.clone() };
        let found = self.state(&change.path)?;
        if found == change.after {
            return Ok(Applied::Already);
        }
        if found != change.before {
            let (expected, path) = (change.before.clone(), change.path.clone());
            return Err(ApplyError::Conflict { path, expected, found });
        }
        let bytes = match &change.after {
            FileState::File { digest, .. } => Some(contents.get(digest).map_err(|error| failed(change, &error))?),
            _ => None,
        };
        self.make(change, bytes.as_deref()).map_err(|error| failed(change, &error))?;
        Ok(Applied::Changed)
    }

    /// Takes one change back, where its path still is as the change left it.
    pub fn restore(&self, change: &Change, contents: &Contents) -> Result<Applied, ApplyError> {
        self.apply(&change.reversed(), contents)
    }

    /// Removes temporary files that a crash left in directories; gives the paths of those that were removed.
    pub fn sweep<'a>(&self, dirs: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let mut removed = Vec::new();
        for dir in dirs {
            let Ok(open) = self.confined.directory(dir) else { continue };
            let Ok(entries) = rustix::fs::Dir::read_from(&open) else { continue };
            let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str().ok().map(str::to_owned));
            for name in names.filter(|name| is_own_temporary(name)) {
                let gone = rustix::fs::unlinkat(&open, &name, AtFlags::empty())
                    .or_else(|_| rustix::fs::unlinkat(&open, &name, AtFlags::REMOVEDIR));
                if gone.is_ok() {
                    removed.push(walk::join(dir, &name));
                }
            }
        }
        removed
    }

    fn make(&self, change: &Change, bytes: Option<&[u8]>) -> io::Result<()> {
        let (_, name) = self.confined.parent(&change.path)?;
        let dir = self.confined.directory(walk::parent(&change.path))?;
        match (&change.before, &change.after) {
            (FileState::Directory { .. }, FileState::Directory { mode }) => {
                let own = rustix::fs::openat(&dir, name, OPEN_DIR, Mode::empty())?;
                rustix::fs::fchmod(&own, Mode::from_raw_mode(*mode as _))?;
                rustix::fs::fsync(&own)?;
            }
            // What could not be made again, not removed either.
            (_, FileState::Other) | (FileState::Other, _) => {
                return Err(io::Error::other("planc neither makes, replaces nor removes pipes, sockets and devices"));
            }
            (FileState::Directory { .. }, FileState::Absent) => {
                rustix::fs::unlinkat(&dir, name, AtFlags::REMOVEDIR)?;
            }
            (_, FileState::Absent) => rustix::fs::unlinkat(&dir, name, AtFlags::empty())?,
            (FileState::Directory { .. }, _) => {
                return Err(io::Error::other("a directory is removed before something else takes its place"));
            }
            (before, after) => place(&dir, name, before, after, bytes.unwrap_or_default())?,
        }
        Ok(rustix::fs::fsync(&dir)?)
    }
}

const OPEN_DIR: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Makes something new under a temporary name and renames it to its own.
fn place(dir: &OwnedFd, name: &str, before: &FileState, after: &FileState, bytes: &[u8]) -> io::Result<()> {
    let temporary = format!("{TEMPORARY_PREFIX}{}", uuid::Uuid::new_v4().simple());
    let placed = match after {
        FileState::File { mode, .. } => {
            kept(dir, name, before).and_then(|old| write_file(dir, &temporary, bytes, *mode, old))
        }
        FileState::Directory { mode } => make_dir(dir, &temporary, *mode),
        FileState::Link { target } => Ok(rustix::fs::symlinkat(target, dir, &temporary)?),
        FileState::Absent | FileState::Other => unreachable!("nothing is placed where nothing shall be"),
    }
    .and_then(|()| rename(dir, &temporary, name, before));
    if placed.is_err() {
        // The error of the placing matters more than that of the cleaning; a sweep removes what stays.
        let kind = if matches!(after, FileState::Directory { .. }) { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        let _ = rustix::fs::unlinkat(dir, &temporary, kind);
    }
    placed
}

/// The file that is replaced, of which something is kept; none: another thing is, or nothing.
fn kept(dir: &OwnedFd, name: &str, before: &FileState) -> io::Result<Option<OwnedFd>> {
    if !matches!(before, FileState::File { .. }) {
        return Ok(None);
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(Some(rustix::fs::openat(dir, name, flags, Mode::empty())?))
}

fn write_file(dir: &OwnedFd, name: &str, bytes: &[u8], mode: u32, replaced: Option<OwnedFd>) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(dir, name, flags, Mode::RUSR | Mode::WUSR)?;
    let mut file = File::from(fd);
    // Before anything is in it, and before the mode, which says of a list of access what of it counts.
    if let Some(replaced) = replaced {
        attributes::keep(replaced.as_fd(), file.as_fd())?;
    }
    file.write_all(bytes)?;
    rustix::fs::fchmod(file.as_fd(), Mode::from_raw_mode(mode as _))?;
    file.sync_all()
}

fn make_dir(dir: &OwnedFd, name: &str, mode: u32) -> io::Result<()> {
    rustix::fs::mkdirat(dir, name, Mode::RWXU)?;
    let own = rustix::fs::openat(dir, name, OPEN_DIR, Mode::empty())?;
    rustix::fs::fchmod(&own, Mode::from_raw_mode(mode as _))?;
    Ok(rustix::fs::fsync(&own)?)
}

/// Renames; where nothing was, what has come there since is not replaced on systems that can promise it.
fn rename(dir: &OwnedFd, from: &str, to: &str, before: &FileState) -> io::Result<()> {
    if *before == FileState::Absent {
        match rename_new(dir, from, to) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            outcome => return Ok(outcome?),
        }
    }
    Ok(rustix::fs::renameat(dir, from, dir, to)?)
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn rename_new(dir: &OwnedFd, from: &str, to: &str) -> Result<(), Errno> {
    rustix::fs::renameat_with(dir, from, dir, to, RenameFlags::NOREPLACE)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn rename_new(_: &OwnedFd, _: &str, _: &str) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}

fn failed(change: &Change, error: &io::Error) -> ApplyError {
    let doing = match (&change.before, &change.after) {
        (_, FileState::Absent) => "delete",
        (FileState::Absent, FileState::Directory { .. }) => "make the directory",
        (FileState::Directory { .. }, FileState::Directory { .. }) => "set the mode of",
        (FileState::Absent, _) => "create",
        _ => "write",
    };
    let message = format!("could not {doing} `{}`: {}", change.path, reason(error));
    match has_no_room(error) {
        true => ApplyError::NoRoom { message },
        false => ApplyError::Io { message },
    }
}
