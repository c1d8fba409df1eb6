//! A workspace ⟶ its folders, or something in it that has notes by which the kernel's overlay would show another workspace than
//! there is.

use super::spec::Spec;
use ignore::WalkBuilder;
use rustix::fs::Access;
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What the overlay goes by: that a file is none, that a folder is empty, that a content lies elsewhere.
const NOTES: [&[u8]; 2] = [b"user.overlay.", b"trusted.overlay."];
/// The longest list of names that Linux gives.
const MAX_NAMES: usize = 65_536;

/// The folders of a workspace, each by device and number.
pub(super) type Folders = BTreeMap<PathBuf, (u64, u64)>;

/// The folders that a copy of the workspace shows. An error: why the copy would not show the workspace, or that nobody can say. Only what
/// the copy does not show is left out: what lies in folders that are there for real, and what is hidden. Blocks while it walks.
pub(super) fn folders(spec: &Spec) -> Result<Folders, String> {
    let mut folders = Folders::new();
    let mut out: Vec<PathBuf> = spec.scratch.iter().map(|folder| spec.workspace.join(folder)).collect();
    out.extend(spec.hidden.iter().flat_map(|hidden| [Some(hidden.clone()), hidden.canonicalize().ok()]).flatten());
    let mut walk = WalkBuilder::new(&spec.workspace);
    walk.standard_filters(false).follow_links(false);
    // The folder itself is looked at.
    walk.filter_entry(move |entry| entry.path().parent().is_none_or(|parent| !out.iter().any(|out| out == parent)));
    let mut names = Vec::with_capacity(MAX_NAMES);
    let shown = |path: &Path| path.strip_prefix(&spec.workspace).unwrap_or(path).display().to_string();
    for entry in walk.build() {
        let path = match &entry {
            Ok(entry) => {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                if let (true, Ok(own), Ok(found)) =
                    (is_folder, entry.path().strip_prefix(&spec.workspace), entry.path().symlink_metadata())
                {
                    folders.insert(own.to_owned(), (found.dev(), found.ino()));
                }
                entry.path()
            }
            Err(error) if is_gone(error) || is_closed(error) => continue,
            Err(error) => return Err(format!("cannot look at all of the workspace: {error}")),
        };
        match note(path, &mut names) {
            Ok(None) => {}
            Ok(Some(name)) => {
                let path = shown(path);
                return Err(format!(
                    "`{path}` has the attribute `{name}`, by which the program would see something else there than is there: \
                     `setfattr -x {name} {path}` removes it"
                ));
            }
            Err(Errno::NOENT) => {}
            Err(error) => return Err(format!("cannot look at the attributes of `{}`: {error}", shown(path))),
        }
    }
    Ok(folders)
}

/// The first name that the overlay goes by. `names` is room for all.
fn note(path: &Path, names: &mut Vec<u8>) -> Result<Option<String>, Errno> {
    names.clear();
    match rustix::fs::llistxattr(path, rustix::buffer::spare_capacity(names)) {
        Ok(_) => {}
        // The file system has none.
        Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut all = names.split(|byte| *byte == 0);
    let found = all.find(|name| NOTES.iter().any(|note| name.starts_with(note)));
    Ok(found.map(|name| String::from_utf8_lossy(name).escape_debug().to_string()))
}

/// Somebody has removed it meanwhile.
fn is_gone(error: &ignore::Error) -> bool {
    error.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound)
}

/// A folder in which this account finds nothing by name either, and so no program of its own.
fn is_closed(error: &ignore::Error) -> bool {
    let is_denied = error.io_error().is_some_and(|error| error.kind() == ErrorKind::PermissionDenied);
    let closed = |path: &Path| rustix::fs::access(path, Access::EXEC_OK) == Err(Errno::ACCESS);
    is_denied && path_of(error).is_some_and(closed)
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}
