//! `[programs]`: what programs may do that a plan runs, and what confines them.

use super::file::ProgramSettings;
use planc_lang::effects::{CriticalVerb, Grant};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The most folders of `scratch`.
pub const MAX_SCRATCH: usize = 100;

/// This very executable, whatever becomes of its file: planc starts itself to confine a program.
const SELF: &str = "/proc/self/exe";

/// Folders of the home that hold a toolchain, which programs may read where `PATH` leads into them.
const TOOLCHAINS: [&str; 10] =
    [".cargo", ".rustup", ".pyenv", ".nvm", ".rbenv", ".volta", ".asdf", ".sdkman", ".bun", ".deno"];

/// What holds keys and passwords, in the home.
const HOME_KEYS: [&str; 24] = [
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".netrc",
    ".git-credentials",
    ".pgpass",
    ".my.cnf",
    ".npmrc",
    ".pypirc",
    ".vault-token",
    ".password-store",
    ".mozilla",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".config/gcloud",
    ".config/gh",
    ".config/git/credentials",
    ".config/google-chrome",
    ".config/chromium",
    ".local/share/keyrings",
    ".local/state/planc",
];

/// What a variable names that the toolchains know, and what of it programs may read: the folder may hold anything else.
const NAMED: [(&str, &[&str]); 2] = [
    ("CARGO_HOME", &["bin", "config", "config.toml", "env", "git", "registry", ".crates.toml", ".crates2.json"]),
    ("RUSTUP_HOME", &["settings.toml", "toolchains", "update-hashes"]),
];

/// The same in the system; an account without rights cannot read it anyway.
const SYSTEM_KEYS: [&str; 8] = [
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/sudoers",
    "/etc/ssh",
    "/etc/ssl/private",
    "/etc/krb5.keytab",
];

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
            scratch: settings.scratch.iter().map(|folder| folder.get_ref().trim_end_matches('/').to_owned()).collect(),
            read: settings.read.iter().map(|written| path(written.get_ref())).collect(),
            open: settings.open.iter().map(|words| words.get_ref().clone()).collect(),
            network: settings.network,
            dry_run: settings.dry_run,
            unconfined: settings.unconfined,
            limits: settings.limits,
            launcher: SELF.into(),
            home: home.map(Path::to_owned),
        }
    }

    /// Whether the operator lets a program with these arguments run outside the sandbox.
    pub fn is_open(&self, argv: &[impl AsRef<str>]) -> bool {
        is_open(&self.open, argv)
    }

    /// What programs may read outside the workspace besides the system: what is listed, what `PATH` names, and the toolchains
    /// of the home that it leads into.
    pub fn readable(&self) -> Vec<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let named: Vec<PathBuf> = std::env::split_paths(&path).filter_map(shortest).collect();
        let mut readable = self.read.clone();
        if let Some(home) = &self.home {
            let led = |folder: &&PathBuf| named.iter().any(|dir| dir.starts_with(folder));
            let mut toolchains: Vec<PathBuf> = TOOLCHAINS.iter().map(|name| home.join(name)).collect();
            toolchains.retain(|folder| led(&folder));
            // The programs of the one run those of the other.
            if toolchains.contains(&home.join(".cargo")) {
                toolchains.push(home.join(".rustup"));
            }
            readable.append(&mut toolchains);
        }
        for (name, parts) in NAMED {
            let folder = std::env::var_os(name).map(PathBuf::from).filter(|path| self.may_show(path));
            readable.extend(folder.iter().flat_map(|folder| parts.iter().map(|part| folder.join(part))));
        }
        readable.extend(named.into_iter().filter(|dir| self.may_show(dir)));
        readable.sort();
        readable.dedup();
        readable
    }

    /// Whether a folder may be shown because a variable names it: not the home as a whole, and nothing that keys are kept in.
    fn may_show(&self, dir: &Path) -> bool {
        let of_keys = |name: &&str| {
            let (name, parts): (Vec<_>, Vec<_>) = (Path::new(name).components().collect(), dir.components().collect());
            parts.windows(name.len()).any(|some| some == name)
        };
        dir.is_absolute()
            && self.home.as_ref().is_none_or(|home| !home.starts_with(dir))
            && !HOME_KEYS.iter().any(of_keys)
    }

    /// What holds keys and passwords: programs find nothing there, whatever is listed. In what they may read it is looked
    /// for as in a home.
    pub fn keys(&self) -> Vec<PathBuf> {
        let shown = self.readable();
        let homes = self.home.iter().chain(&shown);
        let of_homes = homes.flat_map(|home| HOME_KEYS.iter().map(|name| home.join(name)));
        let given = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let of_cargo = given.iter().flat_map(|home| ["credentials", "credentials.toml"].map(|name| home.join(name)));
        of_homes.chain(of_cargo).chain(SYSTEM_KEYS.iter().map(PathBuf::from)).collect()
    }
}

/// An absolute path without `..`; none: it is not absolute, or nothing is there.
fn shortest(path: PathBuf) -> Option<PathBuf> {
    match path.components().any(|part| part == std::path::Component::ParentDir) {
        true => path.canonicalize().ok(),
        false => Some(path),
    }
    .filter(|path| path.is_absolute())
}

/// Whether a program with these arguments is one of those that begin with the given words.
pub fn is_open(open: &[String], argv: &[impl AsRef<str>]) -> bool {
    open.iter().any(|words| Grant::new(CriticalVerb::Run, words).is_ok_and(|grant| grant.allows_program(argv)))
}
