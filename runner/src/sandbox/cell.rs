//! What a program shall get ⟶ a folder outside the workspace with all that its cell is made of: where its changes go, its
//! home, its temporary files, and what the launcher is told.

use super::clear::clear;
use super::given::give;
use super::inside::{self, Report};
use super::notes::{self, Folders};
use super::seen::Seen;
use super::spec::{CellError, Inside, LAUNCH, Put, Spec};
use super::upper::{self, Observed};
use super::vouch::Vouch;
use crate::workspace::{Change, FileState, Observation, Stamp, Workspace};
use rustix::process::Pid;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of cells in the state directory.
const CELLS: &str = "cells";

/// The folder of contents that are put into the copy.
pub(super) const GIVEN: &str = "given";

/// The folder of one cell; removed when this is dropped.
#[derive(Debug)]
pub struct Cell {
    dir: PathBuf,
    launcher: PathBuf,
    /// Folders of which it is not told what the program changed there.
    untold: Vec<String>,
    /// What is not as in the workspace but was given to it.
    given: Seen,
    /// The folders of the workspace that it shows.
    folders: Folders,
    /// Folders that are there for real.
    real: Vec<String>,
    /// When it was made, by the clock of files.
    made: (i128, i128),
    /// That this process has made it.
    vouch: Option<Vouch>,
}

impl Cell {
    /// Makes the folder.
    pub fn make(spec: Spec) -> Result<Cell, CellError> {
        Cell::made(spec, false)
    }

    /// Makes the folder of a cell in which only is tried what must not be possible.
    pub(super) fn trial(spec: Spec) -> Result<Cell, CellError> {
        Cell::made(spec, true)
    }

    fn made(spec: Spec, trial: bool) -> Result<Cell, CellError> {
        let failed = |error: io::Error| CellError(format!("could not make a cell for the program: {error}"));
        let folders = notes::folders(&spec).map_err(CellError)?;
        let cells = spec.state.join(CELLS);
        DirBuilder::new().recursive(true).mode(0o700).create(&cells).map_err(failed)?;
        sweep(&spec.state);
        let name = format!("{}-{}", std::process::id(), uuid::Uuid::new_v4().simple());
        let dir = cells.join(name);
        DirBuilder::new().mode(0o700).create(&dir).map_err(failed)?;
        let stat = dir.metadata().map_err(failed)?;
        let mut cell = Cell {
            dir,
            launcher: spec.launcher.clone(),
            untold: spec.untold.clone(),
            given: Seen::default(),
            folders,
            real: spec.scratch.clone(),
            made: (stat.mtime().into(), stat.mtime_nsec().into()),
            vouch: None,
        };
        let mode = spec.workspace.metadata().map_err(failed)?.mode() & 0o7777;
        for (folder, mode) in [("upper", mode), ("work", 0o700), ("lower", 0o700), ("root", 0o755), ("home", 0o700)] {
            DirBuilder::new().create(cell.dir.join(folder)).map_err(failed)?;
            fs::set_permissions(cell.dir.join(folder), Permissions::from_mode(mode)).map_err(failed)?;
        }
        DirBuilder::new().mode(0o700).create(cell.dir.join("tmp")).map_err(failed)?;
        DirBuilder::new().mode(0o555).create(cell.dir.join("nothing")).map_err(failed)?;
        fs::write(cell.dir.join("empty"), "").map_err(failed)?;
        let inside = Inside {
            directory: spec.workspace.join(&spec.directory),
            home: spec.home,
            scratch: spec.scratch.iter().map(|folder| spec.workspace.join(folder)).collect(),
            workspace: spec.workspace,
            identity: spec.identity,
            program: spec.program,
            argv: spec.argv,
            env: spec.env,
            read: spec.read,
            hidden: spec.hidden,
            shut: spec.shut,
            ports: spec.ports,
            limits: spec.limits,
            before: given(&cell.dir, spec.before).map_err(failed)?,
            trial,
        };
        let told = inside::tell(&cell.dir, &inside).map_err(failed)?;
        cell.vouch = Some(Vouch::give(&cell.dir, &told).map_err(failed)?);
        Ok(cell)
    }

    /// Gives the program what its call is bound to, as it was looked at, before it starts, and that nothing is at the paths `absent`.
    /// An error: it is another by now. Blocks.
    pub fn give(&mut self, workspace: &Workspace, bound: &[Observation], absent: &[String]) -> Result<(), CellError> {
        self.given = give(&self.dir, workspace, bound, absent, &self.real)?;
        Ok(())
    }

    /// The command that makes the cell around itself and then starts the program. It has no environment: what a plan gives
    /// a program shall not reach the launcher.
    pub fn command(&self) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(&self.launcher);
        command.arg(LAUNCH).arg(&self.dir).env_clear().current_dir("/");
        command
    }

    /// What became of the program, once the launcher has ended.
    pub fn report(&self) -> io::Result<Report> {
        inside::report_of(&self.dir)
    }

    /// What the program left changed in its copy of the workspace, compared with what it was given, and else with the workspace as it
    /// is. Blocks.
    pub fn changes(&self, workspace: &Workspace) -> Result<Observed, CellError> {
        let observed = self.changes_from(workspace, &self.given)?;
        for change in &observed.changes {
            workspace.check_change(change).map_err(|error| CellError(error.to_string()))?;
            if self.is_of_others(workspace, change) {
                return Err(upper::changed_by_others(&change.path));
            }
        }
        Ok(observed)
    }

    /// Whether somebody else has changed meanwhile what a change is of: the file, or a folder on the way, which is another one than the
    /// copy showed.
    fn is_of_others(&self, workspace: &Workspace, change: &Change) -> bool {
        let is_another = |path: &str| match (workspace.stamp(path), self.folders.get(Path::new(path))) {
            (Some(now), Some(then)) => now.file != *then,
            // In a folder that has come there is nothing to be lost but what came with it.
            (Some(now), None) => now.is_folder && change.before != FileState::Absent,
            (None, _) => false,
        };
        let is_later = |now: Stamp| !now.is_folder && now.changed > self.made;
        let above = change.path.match_indices('/').map(|(at, _)| &change.path[..at]);
        let own = matches!(change.before, FileState::Directory { .. }).then_some(change.path.as_str());
        above.chain(own).any(is_another) || workspace.stamp(&change.path).is_some_and(is_later)
    }

    /// The same, compared with the workspace as a simulation shows it.
    pub fn changes_from(&self, workspace: &Workspace, seen: &Seen) -> Result<Observed, CellError> {
        upper::against(&self.dir.join("upper"), workspace, &self.untold, &mut seen.over(workspace))
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        // What stays disturbs nobody, and the next cell tries again.
        let _ = clear(&self.dir);
    }
}

/// Keeps the contents that are put into the copy in files.
fn given(dir: &Path, puts: Vec<Put<Arc<[u8]>>>) -> io::Result<Vec<Put<String>>> {
    let folder = dir.join(GIVEN);
    DirBuilder::new().mode(0o700).create(&folder)?;
    let keep = |(index, put): (usize, Put<Arc<[u8]>>)| {
        Ok(match put {
            Put::File(path, content, mode) => {
                let name = index.to_string();
                fs::write(folder.join(&name), &content)?;
                Put::File(path, name, mode)
            }
            Put::Nothing(path) => Put::Nothing(path),
            Put::Directory(path, mode) => Put::Directory(path, mode),
            Put::Link(path, target) => Put::Link(path, target),
        })
    };
    puts.into_iter().enumerate().map(keep).collect()
}

/// The planc that the folder of a cell, by this name, belongs to.
pub(super) fn owner(name: &str) -> Option<Pid> {
    name.split('-').next()?.parse().ok().and_then(Pid::from_raw)
}

/// Removes the folders of cells in a state directory whose planc is no more.
pub fn sweep(state: &Path) {
    for entry in fs::read_dir(state.join(CELLS)).into_iter().flatten().flatten() {
        let owner = entry.file_name().to_str().and_then(owner);
        if owner.is_some_and(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH)) {
            let _ = clear(&entry.path());
        }
    }
}
