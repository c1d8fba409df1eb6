//! A path that a program is given ⟶ whether the program would find something else there than planc, or something at which planc cannot
//! look: nobody could be told when it is another thing. The kernel says what is there, as it would to the program.

use super::resolve::Way;
use super::{FileError, Workspace};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

/// What a program finds at a path.
enum There {
    Nothing,
    Something {
        stat: Stat,
        at: Option<PathBuf>,
    },
    /// It goes through the folder of a process, where each finds its own, or in a circle.
    Magic,
    /// The kernel does not say.
    Untold(Errno),
}

impl Workspace {
    /// Why what a program finds at a path of the workspace cannot be bound; none: planc finds the same there, or there is nothing, it
    /// lies outside, or it is a file of the operator, which no plan changes. Of folders only those count that are run, and of what is
    /// not there what would be.
    pub(crate) fn hidden(&self, path: &str, is_run: bool) -> Option<String> {
        let Way { end, .. } = self.way(path);
        let seen = end.as_ref().and_then(|end| self.kind(end).ok().map(|_| end));
        let (stat, at) = match there(&self.root().join(path)) {
            There::Something { stat, at } => (stat, at),
            There::Nothing => return self.never_seen(path).filter(|_| is_run),
            There::Magic if matches!(self.resolve(path), Err(FileError::Loop { .. })) => return None,
            There::Magic => return Some("it leads to where each process finds something else".to_owned()),
            // It is a text, and no path.
            There::Untold(Errno::NAMETOOLONG) => return None,
            There::Untold(errno) => return Some(errno.to_string()),
        };
        let is_same = |end: &String| {
            let own = rustix::fs::statat(rustix::fs::CWD, self.root().join(end), AtFlags::SYMLINK_NOFOLLOW);
            own.is_ok_and(|own| (own.st_dev, own.st_ino) == (stat.st_dev, stat.st_ino))
        };
        let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        if seen.is_some_and(is_same) || is_folder && !is_run {
            return None;
        }
        let within = at.as_ref().map(|at| at.strip_prefix(self.root()).ok());
        match within {
            // What lies outside is not bound, and the card says so.
            Some(None) if seen.is_none() => None,
            Some(Some(within)) if self.is_operators(within) => None,
            Some(_) | None => {
                let why = self.resolve(path).err().map(|error| error.to_string());
                Some(why.unwrap_or_else(|| "a program finds something else there".to_owned()))
            }
        }
    }

    /// Why planc could not look at what may come to be at a path, where there is nothing yet.
    fn never_seen(&self, path: &str) -> Option<String> {
        let goes_up = path.split('/').any(|part| part == "..");
        match self.resolve(path) {
            Err(FileError::Protected { .. }) if self.is_operators(Path::new(path)) => None,
            Err(error @ (FileError::Form(_) | FileError::Protected { .. } | FileError::OtherWorkspace { .. })) => {
                (!goes_up).then(|| error.to_string())
            }
            Ok(_) | Err(_) => None,
        }
    }

    /// Why a path that does not lie in the workspace, as it is written, cannot be named: it leads into it, or through the folder of a
    /// process.
    pub(crate) fn leads_in_from_outside(&self, path: &Path) -> Option<&'static str> {
        // What a process has opened itself is its own business: `/dev/stdin`.
        if matches!(there(path.parent()?), There::Magic) {
            return Some("it is something else for each process");
        }
        match there(path) {
            There::Something { stat, at: Some(at) } if at.starts_with(self.root()) => {
                let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
                (!is_folder).then_some("it leads into the workspace by another way")
            }
            There::Something { .. } | There::Nothing | There::Magic | There::Untold(_) => None,
        }
    }
}

fn there(path: &Path) -> There {
    let open = |resolve: ResolveFlags| {
        rustix::fs::openat2(rustix::fs::CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), resolve)
    };
    match open(ResolveFlags::NO_MAGICLINKS) {
        Ok(found) => match rustix::fs::fstat(&found) {
            Ok(stat) => There::Something { stat, at: real(&found) },
            Err(errno) => There::Untold(errno),
        },
        Err(Errno::NOENT | Errno::NOTDIR) => There::Nothing,
        Err(Errno::LOOP) => There::Magic,
        Err(errno) => There::Untold(errno),
    }
}

/// Where something really is.
fn real(found: &OwnedFd) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/self/fd/{}", found.as_raw_fd())).ok()
}
