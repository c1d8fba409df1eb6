//! What a program shall get, and what the launcher is told of it: plain data.

use crate::config::{Limits, Shown};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// What a program shall get.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The executable that is started as the launcher: planc.
    pub launcher: PathBuf,
    /// Where the folders of cells are made: outside the workspace, out of reach of plans.
    pub state: PathBuf,
    /// The workspace, canonical.
    pub workspace: PathBuf,
    /// Which folder that is, by device and number.
    pub identity: (u64, u64),
    /// The executable.
    pub program: PathBuf,
    /// Its arguments, the first one being what it is called.
    pub argv: Vec<String>,
    /// The directory that it starts in, relative to the workspace.
    pub directory: String,
    /// Its environment, all of it.
    pub env: Vec<(OsString, OsString)>,
    /// Where it has an empty home of its own: the home of the account, whatever `env` says.
    pub home: Option<PathBuf>,
    /// Folders of the workspace that it may really write.
    pub scratch: Vec<String>,
    /// Folders of which it is not told what it changed there.
    pub untold: Vec<String>,
    /// What it may read outside the workspace besides the system.
    pub read: Vec<Shown>,
    /// What it finds empty, wherever that lies.
    pub hidden: Vec<PathBuf>,
    /// Files of the workspace that it finds as they are, and that nobody can change there.
    pub shut: Vec<PathBuf>,
    /// The TCP ports that it may connect to; none: it has no network.
    pub ports: Option<Vec<u16>>,
    /// What it may use.
    pub limits: Limits,
    /// What is changed in the copy of the workspace before it starts.
    pub before: Vec<Put<Arc<[u8]>>>,
}

/// Something that is put into the copy of the workspace before the program starts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Put<C> {
    /// Nothing is there.
    Nothing(String),
    /// A file with its content and mode.
    File(String, C, u32),
    /// A directory.
    Directory(String, u32),
    /// A link with its target.
    Link(String, String),
}

/// What the launcher is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Inside {
    pub(super) workspace: PathBuf,
    pub(super) identity: (u64, u64),
    pub(super) program: PathBuf,
    pub(super) argv: Vec<String>,
    pub(super) directory: PathBuf,
    pub(super) env: Vec<(OsString, OsString)>,
    pub(super) home: Option<PathBuf>,
    pub(super) scratch: Vec<PathBuf>,
    pub(super) read: Vec<Shown>,
    pub(super) hidden: Vec<PathBuf>,
    pub(super) shut: Vec<PathBuf>,
    pub(super) ports: Option<Vec<u16>>,
    pub(super) limits: Limits,
    /// Contents are the names of their files in the folder of the cell.
    pub(super) before: Vec<Put<String>>,
    /// No program: what must not be possible is tried.
    pub(super) trial: bool,
}

/// Why there is no cell.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CellError(pub(super) String);

/// The hidden command of the launcher.
pub const LAUNCH: &str = "__cell";
