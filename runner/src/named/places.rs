//! A piece of a command line ⟶ the paths of the workspace that it may stand for. Looks at no file.

use std::path::{Component, Path, PathBuf};

/// Where the folders of processes lie, and what in them leads elsewhere.
const PROCESSES: &str = "proc";
const OWN_TO_PROCESSES: [&str; 2] = ["cwd", "root"];

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

/// A path without `.` and `..`, as if no link were on it.
fn straightened(path: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(straight.pop()),
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => straight.push(part),
        }
    }
    straight
}

/// The same relative to the root, if it lies beneath.
fn within_root(root: &Path, path: &Path) -> Option<String> {
    straightened(path).strip_prefix(root).ok()?.to_str().map(str::to_owned)
}

/// A folder and those above it, up to the root.
pub(super) fn upwards(root: &Path, folder: &str) -> Vec<String> {
    let Some(folder) = within_root(root, &root.join(folder)) else { return Vec::new() };
    let above = Path::new(&folder).ancestors().filter_map(Path::to_str);
    above.map(|above| if above.is_empty() { ".".to_owned() } else { above.to_owned() }).collect()
}

/// Whether a path goes on through the folder of a process: `/proc/self/cwd/x`.
pub(super) fn of_process(path: &Path) -> bool {
    let names: Vec<&str> = path.components().filter_map(|part| part.as_os_str().to_str()).collect();
    let through = names.iter().position(|name| OWN_TO_PROCESSES.contains(name));
    names.get(1) == Some(&PROCESSES) && through.is_some_and(|at| at > 2 && at + 1 < names.len())
}
