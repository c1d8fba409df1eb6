//! Where things are: the current directory and the environment ⟶ workspace and state directory.
//!
//! Knows nothing of what `planc.toml` says.

use super::{ConfigError, STATE_NAME};
use planc_lang::digest::Digest;
use std::path::{Path, PathBuf};

/// What the process was started with.
#[derive(Clone, Debug)]
pub struct Places {
    /// The current directory.
    pub current: PathBuf,
    /// `$XDG_STATE_HOME`, when it is absolute.
    pub state_home: Option<PathBuf>,
    /// The home of this account.
    pub home: Option<PathBuf>,
}

impl Places {
    /// Looks at the process.
    pub fn of_process() -> Result<Places, ConfigError> {
        let current = std::env::current_dir()
            .map_err(|error| ConfigError::world(format!("the current directory cannot be found: {error}")))?;
        let state_home = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = std::env::home_dir().filter(|path| path.is_absolute());
        Ok(Places { current, state_home, home })
    }
}

/// The directory in which the search for `planc.toml` starts. Canonical.
pub(super) fn start(chosen: Option<&Path>, current: &Path) -> Result<PathBuf, ConfigError> {
    let path = chosen.map_or_else(|| current.to_owned(), |chosen| current.join(chosen));
    let canonical = path
        .canonicalize()
        .map_err(|error| ConfigError::world(format!("cannot open the directory `{}`: {error}", path.display())))?;
    match canonical.is_dir() {
        true => Ok(canonical),
        false => Err(ConfigError::world(format!("`{}` is not a directory", path.display()))),
    }
}

/// The nearest thing with this name in `start` or a directory above it. Whether it is a file that can be read is found out
/// by reading it: a configuration that is passed over would be a policy that is not kept.
pub(super) fn find_upwards(start: &Path, name: &str) -> Option<PathBuf> {
    start.ancestors().map(|folder| folder.join(name)).find(|path| path.symlink_metadata().is_ok())
}

/// Whether a folder lies in another one, links followed as far as it is there.
pub fn lies_in(folder: &Path, root: &Path) -> bool {
    resolve(folder).starts_with(root)
}

/// A path that somebody names from the folder in which they are: the names that lead to the folder are no part of it.
pub fn named_from(folder: &Path, path: &Path) -> PathBuf {
    let mut folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mut rest = path;
    while let Ok(above) = rest.strip_prefix("..") {
        folder.pop();
        rest = above;
    }
    folder.join(rest)
}

/// Where the state of a workspace is kept, as it is named. Whether that is a good place is judged when it is used.
pub(super) fn state(
    (chosen, fixed): (Option<PathBuf>, Option<PathBuf>),
    places: &Places,
    workspace: &Path,
) -> Result<PathBuf, ConfigError> {
    Ok(match (chosen, fixed) {
        (Some(chosen), Some(fixed)) if resolve(&chosen) != resolve(&fixed) => {
            let message =
                format!("state is kept in `{}` here, by `[workspace] state` of `planc.toml`", fixed.display());
            return Err(ConfigError::world(message).help("leave `--state-dir` out"));
        }
        (Some(path), _) | (None, Some(path)) => path,
        (None, None) => {
            let home = match (&places.state_home, &places.home) {
                (Some(state), _) => state.clone(),
                (None, Some(home)) => home.join(".local/state"),
                (None, None) => {
                    return Err(ConfigError::world("there is no home directory to keep state in")
                        .help("name a directory with `--state-dir DIR` or in `XDG_STATE_HOME`"));
                }
            };
            let name = Digest::of(workspace.as_os_str().as_encoded_bytes()).hex()[..16].to_owned();
            home.join("planc/workspaces").join(name)
        }
    })
}

/// What belongs to the system, where neither plans nor agents write.
const SYSTEM: [&str; 10] = [
    "/usr",
    "/bin",
    "/sbin",
    "/opt",
    "/nix",
    "/snap",
    "/run/current-system",
    "/run/wrappers",
    "/etc/profiles",
    "/home/linuxbrew/.linuxbrew",
];

/// What else belongs to the system: nobody has a project there, and the system goes by what is there.
const OF_SYSTEM: [&str; 10] =
    ["/boot", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run/systemd", "/sys", "/var/spool"];

/// What decides what the clients of agents execute and allow: their hooks, their servers, their rules.
pub const OF_CLIENTS: [&str; 4] = [".claude", ".codex", ".gemini", ".mcp.json"];

/// The folder of a repository.
pub const OF_GIT: &str = ".git";

/// What the folder of a repository has, whatever it is called.
const REPOSITORY: [&str; 3] = ["HEAD", "objects", "refs"];

/// The folders of a state directory, and of the root of a file system.
const OF_STATE: [&str; 3] = ["contents", "cells", "lost+found"];

/// What holds keys in the home of an account.
const KEYS: [&str; 4] = [".ssh", ".gnupg", ".aws", ".kube"];

/// The account that planc runs as; none: the system does not know it.
pub(super) fn account() -> Option<nix::unistd::User> {
    nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten()
}

/// The home of the account that planc runs as, as the system says.
pub fn account_home() -> Option<PathBuf> {
    account().map(|user| user.dir).filter(|home| home.is_absolute())
}

/// The homes of the account: as the system says, and as the variable does.
pub(super) fn homes(named: Option<&Path>) -> Vec<PathBuf> {
    let homes = account_home().into_iter().chain(named.map(Path::to_owned)).map(|home| resolve(&home));
    homes.filter(|home| home != Path::new("/")).collect()
}

/// Whether a path lies in what the home of the account hides: settings, keys, and what its shell and its sessions start.
pub fn is_hidden_in_home(path: &Path) -> bool {
    let path = resolve(path);
    let named = std::env::home_dir().filter(|home| home.is_absolute());
    homes(named.as_deref()).iter().any(|home| {
        let first = path.strip_prefix(home).ok().and_then(|rest| rest.components().next());
        first.is_some_and(|first| first.as_os_str().as_encoded_bytes().starts_with(b"."))
    })
}

/// Whether a place belongs to the system.
pub(super) fn is_of_system(path: &Path) -> bool {
    SYSTEM.iter().any(|system| path.starts_with(system))
}

/// Whether a folder lies in what others execute or go by, or is that: from there, a path within says nothing of it.
fn is_for_others(folder: &Path) -> bool {
    let names = || OF_CLIENTS.into_iter().chain([OF_GIT]);
    let mut parts = folder.components().filter_map(|part| part.as_os_str().to_str());
    let is_repository = |folder: &Path| REPOSITORY.iter().all(|name| folder.join(name).symlink_metadata().is_ok());
    parts.any(|part| names().any(|name| part.eq_ignore_ascii_case(name)))
        || folder.ancestors().skip(1).any(is_repository)
}

/// Why no plan has business in a folder; none: it may be a workspace. The home of the account, where its keys lie, and all above it
/// are none; what it hides, what belongs to the system, and what others execute, unless a `planc.toml` is there; what holds keys; the
/// state of a workspace.
pub fn unfit(workspace: &Path, has_file: bool, places: &Places) -> Option<&'static str> {
    let workspace = &resolve(workspace);
    let homes = homes(places.home.as_deref());
    let holds_keys = |home: &PathBuf| KEYS.iter().any(|keys| workspace.starts_with(home.join(keys)));
    if homes.iter().any(|home| home.starts_with(workspace)) {
        Some("the home of this account lies there, with its keys and the state of planc")
    } else if homes.iter().any(holds_keys) {
        Some("keys are kept there")
    } else if !has_file && is_hidden_in_home(workspace) {
        Some("it lies in what the home of this account hides, and no `planc.toml` is there")
    } else if !has_file && (is_of_system(workspace) || OF_SYSTEM.iter().any(|system| workspace.starts_with(system))) {
        Some("it belongs to the system, and no `planc.toml` is there")
    } else if !has_file && is_for_others(workspace) {
        Some("it lies in what git or the clients of agents execute and go by, and no `planc.toml` is there")
    } else if workspace.ancestors().any(|folder| folder.join(STATE_NAME).symlink_metadata().is_ok()) {
        Some("it is the state of another workspace")
    } else {
        None
    }
}

/// A workspace lies in no state directory.
pub(super) fn outside(path: &Path, workspace: &Path) -> Result<(), ConfigError> {
    if workspace.starts_with(path) {
        return Err(ConfigError::world(format!(
            "the workspace `{}` lies in the state directory `{}`",
            workspace.display(),
            path.display()
        ))
        .help("choose another with `--state-dir DIR`"));
    }
    Ok(())
}

/// Links resolved in the part of a path that exists; the rest normalised lexically.
pub(super) fn resolve(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        let Ok(canonical) = ancestor.canonicalize() else { continue };
        let rest = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
        let mut resolved = canonical;
        for part in rest.components() {
            match part {
                std::path::Component::ParentDir => {
                    resolved.pop();
                }
                std::path::Component::Normal(name) => resolved.push(name),
                std::path::Component::CurDir | std::path::Component::RootDir | std::path::Component::Prefix(_) => {}
            }
        }
        return resolved;
    }
    path.to_owned()
}

/// Refuses a folder with other folders in it as a new state directory: they would be no workspaces any more, nor lie in one.
fn only_state(path: &Path, entries: std::fs::ReadDir) -> Result<(), ConfigError> {
    let is_own = |name: &std::ffi::OsStr| OF_STATE.iter().any(|own| name == *own);
    let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| !kind.is_file());
    let other = entries.filter_map(Result::ok).find(|entry| is_folder(entry) && !is_own(&entry.file_name()));
    let Some(other) = other else { return Ok(()) };
    let message = format!(
        "the state directory `{}` holds what is not state, the folder `{}` for one",
        path.display(),
        other.file_name().display()
    );
    Err(ConfigError::world(message).help("choose one that is empty, or not there, with `--state-dir DIR`"))
}

/// Makes a directory with mode 0700; one that exists must be private already.
pub(super) fn make_private(path: &Path) -> Result<(), ConfigError> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    let failed = |error: std::io::Error| {
        ConfigError::world(format!("cannot make the state directory `{}`: {error}", path.display())).help(
            "see that this account may write there and that there is room, or choose another with `--state-dir DIR`",
        )
    };
    if !path.exists() {
        return std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed);
    }
    let metadata = path.metadata().map_err(failed)?;
    if !metadata.is_dir() {
        return Err(ConfigError::world(format!("the state directory `{}` is not a directory", path.display())));
    }
    if !path.join(STATE_NAME).exists() {
        only_state(path, path.read_dir().map_err(failed)?)?;
    }
    let mode = metadata.permissions().mode() & 0o777;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    match ours && mode & 0o077 == 0 {
        true => Ok(()),
        false => Err(ConfigError::world(format!(
            "the state directory `{}` is open to others (owner {}, mode {mode:04o}), who could forge an approval",
            path.display(),
            metadata.uid(),
        ))
        .help(format!("`chmod 700 {}`, or choose another with `--state-dir DIR`", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_the_system_is_a_workspace_where_a_file_says_so() {
        let places = Places { current: "/".into(), state_home: None, home: None };
        for folder in
            ["/opt/app", "/usr/src/app", "/nix/store/x", "/etc", "/etc/cron.d", "/lib64/x", "/run/systemd/system"]
        {
            assert!(unfit(Path::new(folder), false, &places).is_some(), "{folder}");
            assert_eq!(unfit(Path::new(folder), true, &places), None, "{folder}");
        }
        for folder in ["/optional/app", "/library", "/var/www/app"] {
            assert_eq!(unfit(Path::new(folder), false, &places), None, "{folder}");
        }
    }

    #[test]
    fn what_others_execute_is_a_workspace_where_a_file_says_so() {
        let places = Places { current: "/".into(), state_home: None, home: None };
        let folder = tempfile::tempdir().unwrap();
        for name in [".git/hooks", "a/.GIT", ".claude/skills/x", ".codex", "bare/hooks", "bare/objects", "bare/refs"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("bare/HEAD"), "").unwrap();
        for name in [".git", ".git/hooks", "a/.GIT/new", ".claude/skills/x", ".codex", "bare/hooks"] {
            assert!(unfit(&folder.path().join(name), false, &places).is_some(), "{name}");
            assert_eq!(unfit(&folder.path().join(name), true, &places), None, "{name}");
        }
        for name in ["", "a", "a/.github", "bare"] {
            assert_eq!(unfit(&folder.path().join(name), false, &places), None, "{name}");
        }
    }
}
