//! The name of a program ⟶ the executable that it stands for. Knows nothing of arguments, and runs nothing.

use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

/// Finds a bare name on the PATH that planc was started with. Entries of PATH that are not absolute are passed over: what
/// they mean would depend on the directory of the moment. `None` where there is no such executable.
pub fn find_program(name: &str) -> Option<PathBuf> {
    if name.is_empty() || name.contains('/') || name.contains('\0') {
        return None;
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).filter(|dir| dir.is_absolute()).map(|dir| dir.join(name)).find(|file| is_executable(file))
}

/// Whether a path, links followed, is a regular file that somebody may execute.
pub(super) fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The paths of the workspace that a piece of a command line may name, as `build.sh`, `../x/build.sh` or an absolute path;
/// whether anything is there is for the caller to see. `directory` is where the program runs. A `..` goes up from where a link
/// before it leads: where there is one, the path stands here both without it and as it is written.
pub(crate) fn named_paths(root: &Path, directory: &str, piece: &str) -> Vec<String> {
    if piece.is_empty() {
        return Vec::new();
    }
    let plain = within_root(root, &root.join(directory).join(piece));
    let written = match Path::new(piece).is_absolute() {
        true => root.to_str().and_then(|root| piece.strip_prefix(root)?.strip_prefix('/')).map(str::to_owned),
        false => Some(format!("{directory}/{piece}")),
    };
    let written = written.filter(|path| path.split('/').any(|part| part == ".."));
    plain.into_iter().chain(written).collect()
}

/// A path without `.` and `..`, relative to the root, if it lies beneath.
fn within_root(root: &Path, path: &Path) -> Option<String> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => plain.push(part),
        }
    }
    plain.strip_prefix(root).ok()?.to_str().map(str::to_owned)
}
