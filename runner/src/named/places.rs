//! A piece of a command line ⟶ the paths of the workspace that it may stand for. Looks at no file.

use std::path::{Component, Path, PathBuf};

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
