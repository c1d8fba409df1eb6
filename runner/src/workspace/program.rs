//! The name of a program ⟶ the executable that it stands for. Knows nothing of arguments, and runs nothing.

use planc_lang::digest::Digest;
use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Finds a bare name on the PATH that planc was started with. Entries of PATH that are not absolute are passed over: what
/// they mean would depend on the directory of the moment. `None` where there is no such executable.
pub fn find_program(name: &str) -> Option<PathBuf> {
    if name.is_empty() || name.contains('/') || name.contains('\0') {
        return None;
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).filter(|dir| dir.is_absolute()).map(|dir| dir.join(name)).find(|file| is_executable(file))
}

/// A program as an observation is written.
pub(crate) fn seen(file: &Path, digest: &Digest) -> String {
    format!("{} {digest}", file.display())
}

/// Whether a path, links followed, is a regular file that somebody may execute.
pub(super) fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
