//! A resolved path ⟶ an open directory and a last name, without following a single link: what is swapped for a link
//! after it was resolved is not followed. Knows neither protection nor limits.

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, mkdirat, openat, statat};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// How a directory is opened on the way: for passing through only, where the system knows that.
#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const PASS: OFlags = OFlags::RDONLY;

/// The open root of a workspace.
#[derive(Debug)]
pub(super) struct Confined {
    root: OwnedFd,
}

/// Why a path is not reached.
#[derive(Debug)]
pub(super) enum Blocked {
    /// A directory on the way does not exist.
    Missing,
    /// Something on the way is no directory.
    NotADirectory,
    /// Something on the way is a link now.
    Link,
    /// The operating system says no.
    Os(Errno),
}

impl From<Blocked> for io::Error {
    fn from(blocked: Blocked) -> io::Error {
        match blocked {
            Blocked::Missing => Errno::NOENT.into(),
            Blocked::NotADirectory => Errno::NOTDIR.into(),
            Blocked::Link => io::Error::other("a directory on the way was replaced by a link"),
            Blocked::Os(errno) => errno.into(),
        }
    }
}

impl From<Errno> for Blocked {
    fn from(errno: Errno) -> Blocked {
        match errno {
            Errno::NOENT => Blocked::Missing,
            Errno::NOTDIR => Blocked::NotADirectory,
            Errno::LOOP => Blocked::Link,
            other => Blocked::Os(other),
        }
    }
}

impl Confined {
    /// Opens the root; links that lead to it are followed.
    pub(super) fn open(root: &Path) -> io::Result<Confined> {
        Ok(Confined { root: rustix::fs::open(root, PASS | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())? })
    }

    /// The root itself, which can be passed through.
    pub(super) fn root(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }

    /// The directory that holds a path, and the path's last name; `.` for the root itself.
    pub(super) fn parent<'a>(&self, path: &'a str) -> Result<(OwnedFd, &'a str), Blocked> {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut dir = pass(self.root.as_fd(), ".")?;
        for part in above.split('/').filter(|part| !part.is_empty()) {
            dir = pass(dir.as_fd(), part)?;
        }
        Ok((dir, name))
    }

    /// Opens a directory so that it can be listed and made durable.
    pub(super) fn directory(&self, path: &str) -> Result<OwnedFd, Blocked> {
        let (parent, name) = self.parent(path)?;
        Ok(openat(
            &parent,
            name,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
        )?)
    }

    /// Makes a directory and those above it, where they are missing.
    pub(super) fn make_dirs(&self, path: &str) -> Result<(), Blocked> {
        let mut dir = pass(self.root.as_fd(), ".")?;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            match mkdirat(&dir, part, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(errno.into()),
            }
            dir = pass(dir.as_fd(), part)?;
        }
        Ok(())
    }

    /// What the system says of a path, its last part not followed.
    pub(super) fn stat(&self, path: &str) -> Result<Stat, Blocked> {
        let (parent, name) = self.parent(path)?;
        Ok(statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Opens a regular file for reading. Never waits: a pipe or a device is not opened to begin with, and one that takes
    /// the place of a file is opened without waiting and given back as its kind.
    pub(super) fn file(&self, path: &str) -> Result<(OwnedFd, Stat), Blocked> {
        let (parent, name) = self.parent(path)?;
        let before = statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(before.st_mode) != FileType::RegularFile {
            return Err(Blocked::Os(Errno::INVAL));
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = openat(&parent, name, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&file)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok((file, stat)),
            _ => Err(Blocked::Os(Errno::INVAL)),
        }
    }
}

fn pass(dir: impl AsFd, name: &str) -> Result<OwnedFd, Blocked> {
    let flags = PASS | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(&dir, name, flags, Mode::empty()).map_err(|errno| {
        let is_link = || {
            statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
        };
        match errno {
            Errno::NOTDIR | Errno::LOOP if is_link() => Blocked::Link,
            other => other.into(),
        }
    })
}

/// Permission bits.
#[allow(clippy::unnecessary_cast, reason = "the type differs between systems")]
pub(super) fn mode_of(stat: &Stat) -> u32 {
    stat.st_mode as u32 & 0o7777
}

/// Device and inode: which file it is, whatever it is called.
#[allow(clippy::unnecessary_cast, reason = "the types differ between systems")]
pub(super) fn identity_of(stat: &Stat) -> (u64, u64) {
    (stat.st_dev as u64, stat.st_ino as u64)
}
