//! What a program left in the upper folder of its overlay ⟶ changes of the workspace, exact and bounded.
//!
//! Reads the form in which the kernel keeps an overlay: a device 0:0 is a path that was deleted, a directory marked opaque hides
//! all that lies beneath. A path is looked at in both folders, so that what was changed and changed back is no change.

use super::spec::CellError;
use crate::workspace::{
    Change, FileError, FileState, MAX_CALL_BYTES, MAX_FILE_BYTES, MAX_PATHS, Workspace, digested, ordered,
};
use planc_lang::digest::Digest;
use planc_lang::paths::{check_path, within};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most paths that a program may leave in its copy of the workspace.
pub const MAX_UPPER: usize = MAX_PATHS;
/// The most bytes, earlier and later contents together, of what a program changes.
pub const MAX_CHANGED_BYTES: u64 = MAX_CALL_BYTES;

/// How deep a path may lie that a program leaves in its copy of the workspace.
pub const MAX_DEEP: usize = 128;

/// What is said of pipes, sockets and devices that a program leaves.
pub const NOT_KEPT: &str = "pipes, sockets and devices are not kept";

/// The mark of a directory that hides all beneath it.
const OPAQUE: &str = "user.overlay.opaque";

/// What a program changed in its copy.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The changes, in an order in which they can be made.
    pub changes: Vec<Change>,
    /// The contents that they start from and end in, by digest.
    pub contents: BTreeMap<Digest, Arc<[u8]>>,
    /// Pipes, sockets and devices that it left; they are not kept.
    pub dropped: Vec<String>,
}

/// A tree that changes are told against.
pub(super) trait Base {
    /// What is at a path.
    fn state(&mut self, path: &str) -> Result<FileState, FileError>;
    /// The content of a file.
    fn content(&mut self, path: &str) -> Result<Vec<u8>, FileError>;
    /// What a directory holds; an error where it holds something that no plan can name or touch.
    fn names(&mut self, path: &str) -> Result<Vec<String>, FileError>;
    /// The paths that are other in it than beneath the copy.
    fn differing(&self) -> Vec<String>;
}

/// Why nothing of what a program did is kept that changed what somebody else changed too.
pub(super) fn changed_by_others(path: &str) -> CellError {
    CellError(format!("`{path}` was changed by somebody else while the program ran, and the program changed it too"))
}

/// What the copy has other than a base.
pub(super) fn against(
    upper: &Path,
    workspace: &Workspace,
    scratch: &[String],
    base: &mut dyn Base,
) -> Result<Observed, CellError> {
    let given = base.differing();
    let mut found = Found {
        upper,
        workspace,
        scratch,
        given: given.iter().cloned().collect(),
        candidates: BTreeSet::new(),
        dropped: Vec::new(),
        modes: BTreeMap::new(),
    };
    found.walk()?;
    for path in given {
        found.add(path)?;
    }
    found.gone(base)?;
    found.observed(base)
}

struct Found<'a> {
    upper: &'a Path,
    workspace: &'a Workspace,
    scratch: &'a [String],
    /// What was put into the copy, whatever it is called.
    given: BTreeSet<String>,
    candidates: BTreeSet<String>,
    dropped: Vec<String>,
    /// The modes of directories that had to be made readable.
    modes: BTreeMap<PathBuf, u32>,
}

fn failed(path: &str) -> impl FnOnce(io::Error) -> CellError {
    let text = format!("could not look at what the program left at `{path}`");
    move |error| CellError(format!("{text}: {error}"))
}

fn nameable(path: &str) -> Result<(), CellError> {
    let unnameable = |_| CellError(format!("the program changed `{}`, which no plan can name", path.escape_debug()));
    check_path(path).map_err(unnameable)
}

fn world(error: FileError) -> CellError {
    CellError(format!("could not compare what the program left: {error}"))
}

impl Found<'_> {
    fn add(&mut self, path: String) -> Result<(), CellError> {
        if self.scratch.iter().any(|folder| within(&path, folder)) {
            return Ok(());
        }
        self.candidates.insert(path);
        match self.candidates.len() > MAX_UPPER {
            true => Err(CellError(format!("the program changed more than {MAX_UPPER} paths"))),
            false => Ok(()),
        }
    }

    /// All that lies in the upper folder.
    fn walk(&mut self) -> Result<(), CellError> {
        let mut pending = vec![String::new()];
        while let Some(dir) = pending.pop() {
            self.walk_one(&dir, &mut pending)?;
        }
        self.dropped.sort();
        Ok(())
    }

    /// What lies in one directory of it; directories wait.
    fn walk_one(&mut self, dir: &str, pending: &mut Vec<String>) -> Result<(), CellError> {
        let place = self.upper.join(dir);
        if let Some(mode) = readable(&place).map_err(failed(dir))? {
            self.modes.insert(place.clone(), mode);
        }
        for entry in fs::read_dir(&place).map_err(failed(dir))? {
            let entry = entry.map_err(failed(dir))?;
            let name = entry.file_name();
            let shown = name.to_string_lossy().escape_debug().to_string();
            let path = match name.to_str() {
                Some(name) if dir.is_empty() => name.to_owned(),
                Some(name) => format!("{dir}/{name}"),
                None => return Err(CellError(format!("the program changed `{shown}`, which no plan can name"))),
            };
            if self.scratch.iter().any(|folder| within(&path, folder)) {
                continue;
            }
            if !self.given.contains(&path) {
                nameable(&path)?;
            }
            if path.split('/').count() > MAX_DEEP {
                let start = path.chars().take(40).collect::<String>();
                return Err(CellError(format!(
                    "the program left a path of more than {MAX_DEEP} parts, which begins with `{}`",
                    start.escape_debug()
                )));
            }
            let found = entry.metadata().map_err(failed(&path))?;
            if !is_kept(&found) {
                self.dropped.push(path);
                continue;
            }
            self.add(path.clone())?;
            if found.is_dir() {
                pending.push(path);
            }
        }
        Ok(())
    }

    /// What lies in the base beneath directories that are none any more, or that hide what was in them.
    fn gone(&mut self, base: &mut dyn Base) -> Result<(), CellError> {
        let mut pending: Vec<String> = self.candidates.iter().cloned().collect();
        while let Some(path) = pending.pop() {
            let is_dir = |state: &FileState| matches!(state, FileState::Directory { .. });
            if !is_dir(&base.state(&path).map_err(world)?) {
                continue;
            }
            let place = self.upper.join(&path);
            let hides = place.symlink_metadata().is_ok_and(|found| found.is_dir()) && is_opaque(&place);
            if hides || !self.merged_is_dir(&path)? {
                for name in base.names(&path).map_err(world)? {
                    let beneath = format!("{path}/{name}");
                    if !self.candidates.contains(&beneath) {
                        self.add(beneath.clone())?;
                        pending.push(beneath);
                    }
                }
            }
        }
        Ok(())
    }

    fn merged_is_dir(&self, path: &str) -> Result<bool, CellError> {
        match self.upper_at(path)? {
            At::Upper(place) => Ok(place.symlink_metadata().map_err(failed(path))?.is_dir()),
            At::Nothing => Ok(false),
            // It is asked of directories of the base alone.
            At::Dropped => Ok(true),
            At::Lower => Ok(matches!(self.workspace.state(path).map_err(world)?, FileState::Directory { .. })),
        }
    }

    /// Which of the two folders says what is at a path.
    fn upper_at(&self, path: &str) -> Result<At, CellError> {
        let mut place = self.upper.to_owned();
        let mut hidden = false;
        let parts: Vec<&str> = path.split('/').collect();
        for (index, part) in parts.iter().enumerate() {
            place.push(part);
            let is_last = index + 1 == parts.len();
            match place.symlink_metadata() {
                Ok(found) if is_whiteout(&found) => return Ok(At::Nothing),
                Ok(found) if !is_kept(&found) => return Ok(At::Dropped),
                Ok(_) if is_last => return Ok(At::Upper(place)),
                Ok(found) if found.is_dir() => hidden |= is_opaque(&place),
                Ok(_) => return Ok(At::Nothing),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(if hidden { At::Nothing } else { At::Lower });
                }
                Err(error) => return Err(failed(path)(error)),
            }
        }
        Ok(At::Lower)
    }

    fn observed(self, base: &mut dyn Base) -> Result<Observed, CellError> {
        let mut net = BTreeMap::new();
        let mut contents = BTreeMap::new();
        let mut bytes = 0u64;
        for path in &self.candidates {
            let before = base.state(path).map_err(world)?;
            let after = self.after(path, &before)?;
            if before == after {
                continue;
            }
            nameable(path)?;
            if before == FileState::Other {
                return Err(CellError(format!(
                    "the program removed or replaced `{}`, a pipe, a socket or a device, which planc could not make again",
                    path.escape_debug()
                )));
            }
            if let FileState::File { mode, .. } = &after
                && mode & FileState::RIGHTS != 0
            {
                return Err(CellError(format!(
                    "the program left `{path}` with mode {mode:04o}: planc makes no file setuid or setgid, whose rights \
                     would be those of the account that planc runs as"
                )));
            }
            let mut keep = |content: Vec<u8>| {
                bytes += content.len() as u64;
                contents.insert(Digest::of(&content), Arc::from(content));
                match bytes > MAX_CHANGED_BYTES {
                    true => Err(CellError(format!(
                        "the program changed more than {MAX_CHANGED_BYTES} bytes, reached at `{path}`"
                    ))),
                    false => Ok(()),
                }
            };
            if let Some(digest) = before.digest() {
                let content = base.content(path).map_err(world)?;
                if Digest::of(&content) != *digest {
                    return Err(changed_by_others(path));
                }
                keep(content)?;
            }
            if let Some(digest) = after.digest() {
                let content = self.content(path)?;
                if Digest::of(&content) != *digest {
                    return Err(changed_by_others(path));
                }
                keep(content)?;
            }
            net.insert(path.clone(), (before, after));
        }
        let changes = ordered(net).into_iter().map(|change| self.workspace.remembering(change)).collect();
        Ok(Observed { changes, contents, dropped: self.dropped })
    }

    /// What is at a path of the copy, where this was there before.
    fn after(&self, path: &str, before: &FileState) -> Result<FileState, CellError> {
        match self.upper_at(path)? {
            At::Nothing => Ok(FileState::Absent),
            At::Dropped => Ok(before.clone()),
            At::Upper(place) => match (state(&place, path, before)?, self.modes.get(&place)) {
                (FileState::Directory { .. }, Some(mode)) => Ok(FileState::Directory { mode: *mode }),
                (state, _) => Ok(state),
            },
            At::Lower => self.workspace.state(path).map_err(world),
        }
    }

    /// The content of a file of the copy.
    fn content(&self, path: &str) -> Result<Vec<u8>, CellError> {
        match self.upper_at(path)? {
            At::Upper(place) => fs::read(&place).map_err(failed(path)),
            At::Lower | At::Dropped | At::Nothing => self.workspace.read(path, MAX_FILE_BYTES).map_err(world),
        }
    }
}

/// Which folder says what is at a path.
enum At {
    Upper(PathBuf),
    Lower,
    /// A pipe, a socket or a device is there, or above: what was there before stays, and nobody opens it.
    Dropped,
    Nothing,
}

fn is_whiteout(found: &Metadata) -> bool {
    found.file_type().is_char_device() && found.rdev() == 0
}

/// Whether it is something that is kept, or says that nothing is there.
fn is_kept(found: &Metadata) -> bool {
    found.is_file() || found.is_dir() || found.is_symlink() || is_whiteout(found)
}

fn is_opaque(dir: &Path) -> bool {
    let mut value = [0; 8];
    rustix::fs::getxattr(dir, OPAQUE, &mut value[..]).is_ok_and(|length| value[..length] == *b"y")
}

/// Makes a path of the copy readable for planc; the program may have taken that away. It is planc's own file by now. Gives
/// the mode that it had, where that had to be changed.
fn readable(place: &Path) -> io::Result<Option<u32>> {
    let found = place.symlink_metadata()?;
    let wanted = if found.is_dir() { 0o700 } else { 0o400 };
    match found.is_symlink() || found.mode() & wanted == wanted {
        true => Ok(None),
        false => {
            let mode = found.mode() & 0o7777;
            fs::set_permissions(place, Permissions::from_mode(mode | wanted))?;
            Ok(Some(mode))
        }
    }
}

fn state(place: &Path, path: &str, before: &FileState) -> Result<FileState, CellError> {
    let found = place.symlink_metadata().map_err(failed(path))?;
    let mode = found.mode() & 0o7777;
    if found.is_symlink() {
        let target = fs::read_link(place).map_err(failed(path))?;
        let target = target.into_os_string().into_string();
        let target = target.map_err(|_| CellError(format!("the link `{path}` that the program made is not UTF-8")))?;
        return Ok(FileState::Link { target });
    }
    if found.is_dir() {
        return Ok(FileState::Directory { mode });
    }
    let too_large = || CellError(format!("the program left `{path}` with more than {MAX_FILE_BYTES} bytes"));
    let is_large = found.len() > MAX_FILE_BYTES;
    // What it was given may be as large as it likes, and stays as it was.
    if is_large && !matches!(before, FileState::File { bytes, .. } if *bytes == found.len()) {
        return Err(too_large());
    }
    readable(place).map_err(failed(path))?;
    let digested = File::open(place).and_then(|mut file| digested(&mut file, &mut io::sink()));
    let (digest, bytes) = digested.map_err(failed(path))?;
    let state = FileState::File { digest, bytes, mode };
    if is_large && state != *before { Err(too_large()) } else { Ok(state) }
}
