//! One run at a time in one state directory: a lock of the system on a file, given back by the system whatever happens
//! to the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The name of the lock in the state directory.
const FILE: &str = "lock";

/// The right to execute or take back, held until it is dropped.
#[derive(Debug)]
pub struct RunLock {
    file: File,
    /// The open workspace, locked too: another state directory has another lock file.
    workspace: Option<File>,
}

/// Why the lock was not given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Somebody has it.
    #[error("another planc (process {pid}) is working on run `{run}`")]
    Held {
        /// Its process id; `?` where it has not written it yet.
        pid: String,
        /// The run.
        run: String,
    },
    /// Somebody whose state is elsewhere has the workspace.
    #[error("another planc, which keeps its state elsewhere, is working in `{path}`")]
    Workspace {
        /// The workspace.
        path: PathBuf,
    },
    /// The workspace cannot be opened, so that nobody could tell who works in it.
    #[error("cannot lock the workspace `{path}`: {why}")]
    Unreadable {
        /// The workspace.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The system refuses.
    #[error("cannot lock `{path}`: {why}")]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
}

impl RunLock {
    /// Takes the lock for a run, or says who has it. Does not wait.
    pub fn take(state: &Path, run: &str) -> Result<RunLock, LockError> {
        let path = state.join(FILE);
        let io = |error: std::io::Error| LockError::Io { path: path.clone(), why: error.to_string() };
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(holder(&mut file)),
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        sign(&mut file, run).map_err(io)?;
        Ok(RunLock { file, workspace: None })
    }

    /// Whether a process works on a run. Writes nothing. A file that cannot be looked at counts as held.
    pub fn is_held(state: &Path, run: &str) -> bool {
        let mut file = match File::open(state.join(FILE)) {
            Ok(file) => file,
            Err(error) => return error.kind() != std::io::ErrorKind::NotFound,
        };
        let mut text = String::new();
        // Whoever holds it has signed it; the dead leave their signature behind.
        let named = match file.read_to_string(&mut text) {
            Ok(_) => text.split_whitespace().nth(1) == Some(run),
            Err(_) => true,
        };
        named && matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock | TryLockError::Error(_)))
    }

    /// Takes the workspace as well. Where the system locks no directories, the lock of the state has to do.
    pub fn in_workspace(mut self, root: &Path) -> Result<RunLock, LockError> {
        let unreadable =
            |error: std::io::Error| LockError::Unreadable { path: root.to_owned(), why: error.to_string() };
        let workspace = File::open(root).map_err(unreadable)?;
        match workspace.try_lock() {
            Ok(()) => self.workspace = Some(workspace),
            Err(TryLockError::WouldBlock) => return Err(LockError::Workspace { path: root.to_owned() }),
            Err(TryLockError::Error(_)) => {}
        }
        Ok(self)
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // The text is for people only; the lock itself goes with the file.
        let _ = self.file.set_len(0);
    }
}

fn sign(file: &mut File, run: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(format!("{} {run}\n", std::process::id()).as_bytes())
}

fn holder(file: &mut File) -> LockError {
    let mut text = String::new();
    // An unreadable text is as good as an empty one: the lock is held either way.
    let _ = file.read_to_string(&mut text);
    let mut words = text.split_whitespace();
    let mut word = || words.next().unwrap_or("?").to_owned();
    LockError::Held { pid: word(), run: word() }
}
