//! A path that a program is given ⟶ whether the program would find something else there than planc, or something at which planc cannot
//! look: nobody could be told when it is another thing. The kernel says what is there, as it would to the program.

use super::resolve::Way;
use super::{FileError, MAX_LINKS, Workspace};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat, openat2, readlinkat};
use rustix::io::Errno;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

/// What a program finds at a path.
enum There {
    Nothing {
        /// The first of which nothing is there; none: something on the way is no folder.
        at: Option<PathBuf>,
    },
    Something {
        stat: Stat,
        at: Option<PathBuf>,
    },
    /// It goes through the folder of a process, where each finds its own, or in a circle.
    Magic,
    /// No file can have such a name: it is a text, and no path.
    Text,
    /// The kernel does not say.
    Untold(Errno),
}

/// What planc can say of what a program finds at a path.
pub(crate) enum Found {
    /// It finds what planc finds there, or what nobody binds: what lies outside, or is the operator's, which no plan changes.
    Seen,
    /// It finds something that cannot be bound, and why.
    Hidden(String),
    /// It finds nothing, at a place of the workspace at which planc would not see it come.
    Unwatched(String),
}

impl Workspace {
    /// Why what a program finds at a path of the workspace cannot be bound; none: it can, or nothing is there.
    pub(crate) fn hidden(&self, path: &str, is_run: bool) -> Option<String> {
        match self.found(path, is_run) {
            Found::Hidden(why) => Some(why),
            Found::Seen | Found::Unwatched(_) => None,
        }
    }

    /// What can be said of what a program finds at a path of the workspace. Of folders only those count that are run.
    pub(crate) fn found(&self, path: &str, is_run: bool) -> Found {
        let Way { end, .. } = self.way(path);
        let seen = end.as_ref().and_then(|end| self.kind(end).ok().map(|_| end));
        let (stat, at) = match self.there(Path::new(path)) {
            There::Something { stat, at } => (stat, at),
            There::Nothing { .. } if end.is_some() => return Found::Seen,
            There::Nothing { at } => return self.unwatched(at),
            There::Magic if matches!(self.resolve(path), Err(FileError::Loop { .. })) => return Found::Seen,
            There::Magic => return Found::Hidden("it leads to where each process finds something else".to_owned()),
            There::Text => return Found::Seen,
            There::Untold(errno) => return Found::Hidden(errno.to_string()),
        };
        let is_same = |end: &String| {
            let own = rustix::fs::statat(rustix::fs::CWD, self.root().join(end), AtFlags::SYMLINK_NOFOLLOW);
            own.is_ok_and(|own| (own.st_dev, own.st_ino) == (stat.st_dev, stat.st_ino))
        };
        let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        if seen.is_some_and(is_same) || is_folder && !is_run {
            return Found::Seen;
        }
        let within = at.as_ref().map(|at| at.strip_prefix(self.root()).ok());
        match within {
            // What lies outside is not bound, and the card says so.
            Some(None) if seen.is_none() => Found::Seen,
            Some(Some(within)) if self.is_operators(within) => Found::Seen,
            Some(_) | None => {
                let why = self.resolve(path).err().map(|error| error.to_string());
                Found::Hidden(why.unwrap_or_else(|| "a program finds something else there".to_owned()))
            }
        }
    }

    fn unwatched(&self, at: Option<PathBuf>) -> Found {
        let Some(within) = at.as_ref().and_then(|at| at.strip_prefix(self.root()).ok()) else { return Found::Seen };
        match within.to_str() {
            _ if self.is_operators(within) => Found::Seen,
            Some(within) => Found::Unwatched(within.to_owned()),
            None => Found::Hidden("what may come there has a name that is not UTF-8".to_owned()),
        }
    }

    /// Why a path that does not lie in the workspace, as it is written, cannot be named: it leads into it, or through the folder of a
    /// process.
    pub(crate) fn leads_in_from_outside(&self, path: &Path) -> Option<&'static str> {
        // What a process has opened itself is its own business: `/dev/stdin`.
        if matches!(self.there(path.parent()?), There::Magic) {
            return Some("it is something else for each process");
        }
        match self.there(path) {
            There::Something { stat, at: Some(at) } if at.starts_with(self.root()) => {
                let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
                (!is_folder).then_some("it leads into the workspace by another way")
            }
            There::Something { .. } | There::Nothing { .. } | There::Magic | There::Text | There::Untold(_) => None,
        }
    }

    /// Whether a path leads into the workspace, or would if something were there, by whatever name.
    pub(super) fn comes_in(&self, path: &Path) -> bool {
        match self.there(path) {
            There::Something { at, .. } | There::Nothing { at } => at.is_some_and(|at| at.starts_with(self.root())),
            There::Magic => true,
            There::Text | There::Untold(_) => false,
        }
    }

    /// What the kernel says is at a path, seen from the root; name by name, so that it may be of any length.
    fn there(&self, path: &Path) -> There {
        walk(self.confined.root(), path).unwrap_or_else(|errno| match errno {
            Errno::LOOP => There::Magic,
            Errno::NAMETOOLONG => There::Text,
            errno => There::Untold(errno),
        })
    }
}

fn walk(root: impl AsFd, path: &Path) -> Result<There, Errno> {
    let open = |from: &OwnedFd, name: &OsStr| {
        openat2(from, name, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::NO_MAGICLINKS)
    };
    let start = |path: &str| rustix::fs::openat(&root, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
    let mut pending: VecDeque<OsString> = names(path);
    let mut here = start(".")?;
    let mut links = 0;
    while let Some(name) = pending.pop_front() {
        if name == "/" {
            here = start("/")?;
            continue;
        }
        match open(&here, &name) {
            Ok(next) => here = next,
            Err(Errno::NOTDIR) => return Ok(There::Nothing { at: None }),
            Err(Errno::NOENT) => match readlinkat(&here, &name, Vec::new()) {
                // It leads to nothing, which is somewhere.
                Ok(target) => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Errno::LOOP);
                    }
                    let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
                    names(&target).into_iter().rev().for_each(|name| pending.push_front(name));
                }
                Err(_) => return Ok(There::Nothing { at: real(&here).map(|folder| folder.join(name)) }),
            },
            Err(errno) => return Err(errno),
        }
    }
    let stat = rustix::fs::fstat(&here)?;
    Ok(There::Something { stat, at: real(&here) })
}

/// The names of a path; the root of the file system as `/`.
fn names(path: &Path) -> VecDeque<OsString> {
    let names = path.components().filter(|part| *part != Component::CurDir);
    names.map(|part| part.as_os_str().to_owned()).collect()
}

/// Where something really is.
fn real(found: &OwnedFd) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/self/fd/{}", found.as_raw_fd())).ok()
}
