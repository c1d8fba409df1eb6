//! `[programs]`: what programs may do that a plan runs, and what confines them.

use super::file::ProgramSettings;
use planc_lang::effects::{CriticalVerb, Grant};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The most folders of `scratch`.
pub const MAX_SCRATCH: usize = 100;

/// This very executable, whatever becomes of its file: planc starts itself to confine a program.
const SELF: &str = "/proc/self/exe";

/// What programs may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    /// Folders of the workspace that they really write.
    pub scratch: Vec<String>,
    /// What they may read outside the workspace besides the system.
    pub read: Vec<PathBuf>,
    /// First words of those that run outside the sandbox.
    pub open: Vec<String>,
    /// Whether they may reach the network.
    pub network: Network,
    /// Whether they may run before approval.
    pub dry_run: EarlyPrograms,
    /// What is done where they cannot be confined.
    pub unconfined: Unconfined,
    /// What others have changed in the workspace since the card was made, before one runs.
    pub changed: Changed,
    /// What each may use.
    pub limits: Limits,
    /// The executable that is started to confine them.
    pub launcher: PathBuf,
    /// The home of the account, of which they see only what is listed.
    pub home: Option<PathBuf>,
}

/// Whether programs may reach the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// Never.
    #[default]
    Off,
    /// Those of a plan with a `contact` line.
    Contact,
}

/// Whether programs may run before approval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EarlyPrograms {
    /// Never.
    #[default]
    Off,
    /// Where that is asked for, on a copy of the workspace that is thrown away.
    Sealed,
}

/// What is done where programs cannot be confined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unconfined {
    /// They do not run.
    #[default]
    Deny,
    /// A person is asked for each call.
    Ask,
    /// They run.
    Allow,
}

/// What is done about what others have changed in the workspace since the card was made, before a program runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Changed {
    /// A person looks at it before one runs in the open.
    #[default]
    Ask,
    /// A person looks at it before any, also one that is confined.
    Everywhere,
    /// Nothing, but for what its command line names.
    Allow,
}

/// What one program and all that it starts may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Private memory of each process that can be written, in MiB.
    pub memory_mb: u64,
    /// Processor time of each process, in seconds.
    pub cpu_s: u64,
    /// Processes and threads at the same time, all together.
    pub processes: u64,
    /// The largest file that may be written, in MiB.
    pub file_mb: u64,
    /// Open files of each process.
    pub open_files: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { memory_mb: 8192, cpu_s: 3600, processes: 4096, file_mb: 4096, open_files: 4096 }
    }
}

impl Default for Programs {
    fn default() -> Programs {
        Programs::new(&ProgramSettings::default(), None)
    }
}

impl Programs {
    /// What the settings say, for an account with this home.
    pub(super) fn new(settings: &ProgramSettings, home: Option<&Path>) -> Programs {
        let path = |written: &str| match (written.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            (Some(_), None) | (None, _) => PathBuf::from(written),
        };
        Programs {
            scratch: settings.scratch(),
            read: settings.read.iter().map(|written| path(written.get_ref())).collect(),
            open: settings.open.iter().map(|words| words.get_ref().clone()).collect(),
            network: settings.network,
            dry_run: settings.dry_run,
            unconfined: settings.unconfined,
            changed: settings.changed,
            limits: settings.limits,
            launcher: SELF.into(),
            home: home.map(Path::to_owned),
        }
    }

    /// Whether the operator lets a program with these arguments run outside the sandbox.
    pub fn is_open(&self, argv: &[impl AsRef<str>]) -> bool {
        is_open(&self.open, argv)
    }
}

/// Whether a program with these arguments is one of those that begin with the given words.
pub fn is_open(open: &[String], argv: &[impl AsRef<str>]) -> bool {
    open.iter().any(|words| Grant::new(CriticalVerb::Run, words).is_ok_and(|grant| grant.allows_program(argv)))
}
