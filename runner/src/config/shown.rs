//! What the environment and the operator name ⟶ what programs see in their cells besides the system, and what of it is
//! hidden. The operator may show anything; what a variable names was chosen by whoever calls planc.

use super::STATE_NAME;
use super::places::{homes, is_of_system};
use super::programs::Programs;
use super::variables::holds_programs;
use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

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

/// The configuration of the system, of which programs find what every account may read.
const CONFIGURATION: &str = "/etc";

/// What nothing is shown of because a variable names it: it is no place of programs, or leads anywhere.
const NO_PLACES: [&str; 3] = ["/proc", "/dev", "/sys"];

/// What folders of programs are called.
const PROGRAM_FOLDERS: [&str; 4] = ["bin", "sbin", ".bin", "shims"];

/// Something that programs see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shown {
    /// Where they see it.
    pub place: PathBuf,
    /// What they see there: a path without links.
    pub real: PathBuf,
}

impl Shown {
    /// None: nothing is there.
    fn of(place: PathBuf) -> Option<Shown> {
        let real = place.canonicalize().ok().filter(|_| place.is_absolute())?;
        let place = match place.components().any(|part| part == Component::ParentDir) {
            true => real.clone(),
            false => place,
        };
        Some(Shown { place, real })
    }
}

impl Programs {
    /// What programs may read outside the workspace besides the system: what is listed, the folders of programs that `PATH` names,
    /// and the toolchains of the home that it leads into. `kept`: what nothing shows that a variable names.
    pub fn readable(&self, kept: &[PathBuf]) -> Vec<Shown> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let named: Vec<Shown> = std::env::split_paths(&path).filter_map(Shown::of).collect();
        let may_show = |shown: &Shown| self.may_show(shown, kept);
        let mut readable: Vec<Shown> = self.read.iter().cloned().filter_map(Shown::of).collect();
        if let Some(home) = &self.home {
            let led = |folder: &PathBuf| named.iter().any(|dir| dir.place.starts_with(folder));
            let mut toolchains: Vec<PathBuf> = TOOLCHAINS.iter().map(|name| home.join(name)).filter(led).collect();
            // The programs of the one run those of the other.
            if toolchains.contains(&home.join(".cargo")) {
                toolchains.push(home.join(".rustup"));
            }
            readable.extend(toolchains.into_iter().filter_map(Shown::of).filter(may_show));
        }
        for (name, parts) in NAMED {
            let folder = std::env::var_os(name).map(PathBuf::from).and_then(Shown::of).filter(may_show);
            let parts = folder.iter().flat_map(|folder| {
                let parts = parts.iter().filter_map(|part| Shown::of(folder.place.join(part)));
                // A link among them may lead anywhere.
                parts.filter(|part| part.real.starts_with(&folder.real))
            });
            readable.extend(parts.filter(may_show));
        }
        readable.extend(named.into_iter().filter(may_show).filter(|dir| is_for_programs(&dir.real)));
        readable.sort();
        readable.dedup();
        readable
    }

    /// Whether something may be shown because a variable names it: neither a home as a whole, nor what is kept, nor the state of any
    /// workspace, nor anything that keys are kept in.
    fn may_show(&self, shown: &Shown, kept: &[PathBuf]) -> bool {
        let of_keys = |path: &Path| {
            let parts: Vec<_> = path.components().collect();
            let is_within = |name: &&str| {
                let name: Vec<_> = Path::new(name).components().collect();
                parts.windows(name.len()).any(|some| some == name)
            };
            HOME_KEYS.iter().any(is_within)
        };
        let Shown { place, real } = shown;
        let homes = homes(std::env::home_dir().as_deref());
        let holds = |what: &PathBuf| what.starts_with(real) || what.starts_with(place);
        real != Path::new("/")
            && !homes.iter().chain(&self.home).chain(kept).any(holds)
            && !of_keys(place)
            && !of_keys(real)
            && !NO_PLACES.iter().any(|none| real.starts_with(none) || place.starts_with(none))
            && !real.ancestors().any(|folder| folder.join(STATE_NAME).symlink_metadata().is_ok())
    }

    /// What holds keys and passwords, and what else shall be hidden: programs find nothing there, whatever is listed, and under
    /// whichever name. In what they may read it is looked for as in a home.
    pub fn hidden(&self, shown: &[Shown], also: Vec<PathBuf>) -> Vec<PathBuf> {
        let named = std::env::home_dir();
        let mut places: Vec<PathBuf> = homes(named.as_deref()).into_iter().chain(named).collect();
        places.extend(self.home.clone());
        places.extend(shown.iter().flat_map(|shown| [shown.place.clone(), shown.real.clone()]));
        let mut hidden: Vec<PathBuf> =
            places.iter().flat_map(|home| HOME_KEYS.iter().map(|name| home.join(name))).collect();
        let given = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        hidden.extend(given.iter().flat_map(|home| ["credentials", "credentials.toml"].map(|name| home.join(name))));
        hidden.extend(SYSTEM_KEYS.iter().map(PathBuf::from).chain(closed(Path::new(CONFIGURATION))).chain(also));
        let real: Vec<PathBuf> = hidden.iter().filter_map(|path| path.canonicalize().ok()).collect();
        hidden.extend(real);
        // What is shown in another place is hidden there as well.
        let led = |shown: &Shown| {
            let beneath = hidden.iter().filter_map(|path| path.strip_prefix(&shown.real).ok());
            beneath.map(|rest| shown.place.join(rest)).collect::<Vec<_>>()
        };
        let led: Vec<PathBuf> = shown.iter().filter(|shown| shown.place != shown.real).flat_map(led).collect();
        hidden.extend(led);
        hidden.sort();
        hidden.dedup();
        hidden
    }
}

/// What in a folder is not for every account to read, or is neither file, folder nor link. Blocks while it walks.
fn closed(folder: &Path) -> Vec<PathBuf> {
    let is_closed = |found: &Metadata| match found.file_type() {
        kind if kind.is_symlink() => false,
        kind if kind.is_dir() => found.mode() & 0o5 != 0o5,
        kind => !kind.is_file() || found.mode() & 0o4 == 0,
    };
    let mut closed = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(found) if is_closed(&found) => closed.push(entry.path()),
                Ok(found) if found.is_dir() => pending.push(entry.path()),
                Ok(_) | Err(_) => {}
            }
        }
    }
    closed
}

/// Whether a folder of `PATH` is there for programs: it belongs to the system or has the name that such folders have, and a program
/// lies right in it. Any other shows nothing but what somebody wants to see.
fn is_for_programs(folder: &Path) -> bool {
    let is_called_so = folder.file_name().is_some_and(|name| PROGRAM_FOLDERS.iter().any(|known| name == *known));
    (is_called_so || is_of_system(folder)) && holds_programs(folder)
}
