//! Which paths are planc's own and out of reach of every tool: by name, by place, and by identity, so that neither links
//! nor hard links nor another spelling on a file system that ignores case lead to them.

use super::TEMPORARY_PREFIX;
use super::confined::identity_of;
use super::error::FileError;
use planc_lang::cover::PROTECTED_NAMES;
use planc_lang::paths::within;
use rustix::fs::Stat;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What no tool may read or change.
#[derive(Debug)]
pub(super) struct Guard {
    protected: Vec<PathBuf>,
    inside: Vec<String>,
}

impl Guard {
    /// Guards absolute canonical paths, each with all it holds.
    pub(super) fn new(root: &Path, protected: Vec<PathBuf>) -> Guard {
        let inside = protected
            .iter()
            .filter_map(|path| path.strip_prefix(root).ok()?.to_str())
            .map(|path| if path.is_empty() { ".".to_owned() } else { path.to_owned() })
            .collect();
        Guard { protected, inside }
    }

    /// Refuses a path by its names and its place.
    pub(super) fn check(&self, path: &str) -> Result<(), FileError> {
        let own = path.split('/').any(is_own_name) || self.inside.iter().any(|own| within_any_case(path, own));
        if own { Err(FileError::Protected { path: path.into() }) } else { Ok(()) }
    }

    /// Refuses what was reached at a path when it is a protected file or directory under another name. Identities are
    /// looked up anew each time: an editor may have replaced a file since.
    pub(super) fn check_identity(&self, path: &str, stat: &Stat) -> Result<(), FileError> {
        let (device, inode) = identity_of(stat);
        match self.is_own(device, inode) {
            true => Err(FileError::Protected { path: path.into() }),
            false => Ok(()),
        }
    }

    /// Whether a device and inode number are those of something protected.
    pub(super) fn is_own(&self, device: u64, inode: u64) -> bool {
        self.protected
            .iter()
            .filter_map(|path| path.symlink_metadata().ok())
            .any(|own| own.dev() == device && own.ino() == inode)
    }
}

/// Whether a file name is planc's own.
pub(super) fn is_own_name(name: &str) -> bool {
    PROTECTED_NAMES.iter().any(|own| name.eq_ignore_ascii_case(own)) || is_temporary(name)
}

/// Whether a file name is that of a temporary file of planc.
pub(super) fn is_temporary(name: &str) -> bool {
    name.get(..TEMPORARY_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(TEMPORARY_PREFIX))
}

fn within_any_case(path: &str, own: &str) -> bool {
    within(&path.to_lowercase(), &own.to_lowercase())
}
