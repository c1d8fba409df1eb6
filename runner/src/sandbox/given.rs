//! What a call is bound to ⟶ the same in the copy of its cell, before anything starts there: a program finds what was approved,
//! whatever others do to the workspace meanwhile.
//!
//! It is written into the upper folder of the overlay, which is planc's own, and in the form in which the kernel keeps one: a path
//! at which nothing is is a device 0:0.

use super::seen::Seen;
use super::spec::CellError;
use crate::workspace::{BEHIND_A_LINK, FileError, FileState, Look, Observation, Workspace, is_as_seen, seen_program};
use planc_lang::paths::within;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Gives what is bound to the upper folder of a cell; `absent` are paths at which nothing is, whatever they are called. `real` are folders that are there for real, and of which nothing is given. Blocks
/// while it reads.
pub(super) fn give(
    dir: &Path,
    workspace: &Workspace,
    bound: &[Observation],
    absent: &[String],
    real: &[String],
) -> Result<Seen, CellError> {
    let mut giving = Giving {
        upper: dir.join("upper"),
        staged: dir.join("staged"),
        workspace,
        real,
        seen: Seen::default(),
        folders: Vec::new(),
    };
    for Observation { look, seen } in bound {
        match look {
            Look::At { path } => giving.give(path, |found| is_as_seen(found, seen))?,
            Look::Program { .. }
            | Look::Entries { .. }
            | Look::Called { .. }
            | Look::Matches { .. }
            | Look::Call { .. }
            | Look::Tool { .. } => {}
        }
    }
    // A program is found through the links that were given.
    for Observation { look, seen } in bound {
        if let Look::Program { name } = look {
            giving.program(name, seen)?;
        }
    }
    for path in absent {
        giving.nothing(path)?;
    }
    giving.close()?;
    Ok(giving.seen)
}

/// What reading a path has given.
type Read = Result<Option<FileState>, FileError>;

struct Giving<'a> {
    upper: PathBuf,
    /// Where a content lies until it is known to be the one that is bound.
    staged: PathBuf,
    workspace: &'a Workspace,
    real: &'a [String],
    /// What was given, and the folders on the way to it.
    seen: Seen,
    /// Folders that stay open until all is in them.
    folders: Vec<(String, u32)>,
}

fn failed(path: &str) -> impl FnOnce(io::Error) -> CellError {
    let text = format!("could not give the program `{}`", path.escape_debug());
    move |error| CellError(format!("{text}: {error}"))
}

fn another(path: &str) -> CellError {
    CellError(format!("`{}` is no more as it was right before the call", path.escape_debug()))
}

impl Giving<'_> {
    /// A program that lies in the workspace, and the way in the workspace that leads to one; another is shown.
    fn program(&mut self, name: &str, seen: &str) -> Result<(), CellError> {
        let found = self.workspace.program(name).map_err(|error| CellError(error.to_string()))?;
        let Some(file) = found else { return Ok(()) };
        let way = self.workspace.way_to(&file);
        if let Some(stage) = way.stages().find(|stage| !self.is_given(stage)) {
            return Err(another(stage));
        }
        let Some(end) = way.end else { return Ok(()) };
        let is_bound = |state: &FileState| state.digest().is_some_and(|digest| seen_program(&file, digest) == seen);
        self.put(&end, &|found| matches!(found, Ok(Some(state)) if is_bound(state)))
    }

    /// That nothing is at a path, at which planc would not look otherwise. What is on the way is given as it is.
    fn nothing(&mut self, path: &str) -> Result<(), CellError> {
        if self.is_real(path) {
            return Ok(());
        }
        for (at, _) in path.match_indices('/') {
            let above = &path[..at];
            match self.seen.states.get(above) {
                Some(FileState::Directory { .. }) => continue,
                Some(_) => return Ok(()),
                None => {}
            }
            let found = self.workspace.root().join(above).symlink_metadata().map_err(failed(above))?;
            if !found.is_dir() {
                return Err(another(above));
            }
            let nothing = File::open("/dev/null").map_err(failed(above))?;
            let state = FileState::Directory { mode: found.mode() & 0o7777 };
            self.make(above, state, &nothing).map_err(failed(above))?;
        }
        if self.seen.states.contains_key(path) {
            return Ok(());
        }
        let nothing = File::open("/dev/null").map_err(failed(path))?;
        self.make(path, FileState::Absent, &nothing).map_err(failed(path))
    }

    fn is_real(&self, path: &str) -> bool {
        self.real.iter().any(|folder| within(path, folder))
    }

    fn is_given(&self, path: &str) -> bool {
        self.seen.states.contains_key(path) || self.is_real(path)
    }

    /// What is at a path, where that is what is bound, as text.
    fn give(&mut self, path: &str, is_bound: impl Fn(&str) -> bool) -> Result<(), CellError> {
        self.put(path, &|found| match found {
            Ok(Some(state)) => is_bound(&state.to_string()),
            Ok(None) => is_bound(BEHIND_A_LINK),
            Err(error) => is_bound(&error.to_string()),
        })
    }

    fn put(&mut self, path: &str, is_bound: &dyn Fn(&Read) -> bool) -> Result<(), CellError> {
        // The workspace itself is there.
        if path == "." || self.is_real(path) {
            return Ok(());
        }
        let mut staged = File::create(&self.staged).map_err(failed(path))?;
        let found = self.workspace.read_to(path, &mut staged);
        if !is_bound(&found) {
            return Err(another(path));
        }
        // What is no place, and what comes out of a pipe or a device, is given to nobody.
        let Ok(Some(state)) = found else { return Ok(()) };
        if state == FileState::Other || self.seen.states.contains_key(path) {
            return Ok(());
        }
        for (at, _) in path.match_indices('/') {
            let above = self.folder(&path[..at])?;
            match (&above, &state) {
                (FileState::Directory { .. }, _) => {}
                // It is the first of which there is nothing.
                (FileState::Absent, FileState::Absent) => return Ok(()),
                // So it is beneath a file as long as that is one.
                (FileState::File { .. }, FileState::Absent) => return self.put(&path[..at], &|_| true),
                (FileState::Other, FileState::Absent) => return Ok(()),
                (_, _) => return Err(another(path)),
            }
        }
        self.make(path, state, &staged).map_err(failed(path))
    }

    /// Gives a folder on the way to something; gives what is there.
    fn folder(&mut self, path: &str) -> Result<FileState, CellError> {
        if let Some(given) = self.seen.states.get(path) {
            return Ok(given.clone());
        }
        let found = self.workspace.read_to(path, &mut io::sink()).map_err(|error| CellError(error.to_string()))?;
        let state = found.ok_or_else(|| another(path))?;
        if matches!(state, FileState::Directory { .. } | FileState::Absent) {
            let nothing = File::open("/dev/null").map_err(failed(path))?;
            self.make(path, state.clone(), &nothing).map_err(failed(path))?;
        }
        Ok(state)
    }

    /// Makes something in the upper folder. The folder that it lies in is there.
    fn make(&mut self, path: &str, state: FileState, staged: &File) -> io::Result<()> {
        let place = self.upper.join(path);
        let state = match state {
            FileState::Absent => {
                mknodat(CWD, &place, FileType::CharacterDevice, Mode::empty(), 0)?;
                FileState::Absent
            }
            FileState::File { digest, bytes, mode } => {
                // Tools go by the time: what is given is not newer than it was.
                if let Some(time) = self.time(path) {
                    staged.set_modified(time)?;
                }
                // No file that planc makes is setuid or setgid.
                staged.set_permissions(Permissions::from_mode(mode & 0o1777))?;
                fs::rename(&self.staged, &place)?;
                FileState::File { digest, bytes, mode: mode_of(&place)? }
            }
            FileState::Directory { mode } => {
                DirBuilder::new().mode(0o700).create(&place)?;
                self.folders.push((path.to_owned(), mode));
                FileState::Directory { mode }
            }
            FileState::Link { target } => {
                symlink(&target, &place)?;
                FileState::Link { target }
            }
            FileState::Other => return Ok(()),
        };
        self.seen.states.insert(path.to_owned(), state);
        Ok(())
    }

    /// Gives the folders the modes and times that they have in the workspace.
    fn close(&mut self) -> Result<(), CellError> {
        // What could not be given was staged, too.
        let _ = fs::remove_file(&self.staged);
        while let Some((path, mode)) = self.folders.pop() {
            let place = self.upper.join(&path);
            let closed = || {
                if let Some(time) = self.time(&path) {
                    File::open(&place)?.set_modified(time)?;
                }
                fs::set_permissions(&place, Permissions::from_mode(mode))?;
                mode_of(&place)
            };
            let mode = closed().map_err(failed(&path))?;
            self.seen.states.insert(path, FileState::Directory { mode });
        }
        Ok(())
    }

    fn time(&self, path: &str) -> Option<SystemTime> {
        self.workspace.root().join(path).symlink_metadata().ok()?.modified().ok()
    }
}

/// The mode that something got: an account may not give every bit to what it makes.
fn mode_of(place: &Path) -> io::Result<u32> {
    Ok(place.symlink_metadata()?.mode() & 0o7777)
}
