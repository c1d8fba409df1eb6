//! Where things are: the current directory and the environment ⟶ workspace and state directory.
//!
//! Knows nothing of what `planc.toml` says.

use super::ConfigError;
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

/// Where the state of a workspace is kept. Whether that is a good place is judged when it is used, see [`outside`].
pub(super) fn state(chosen: Option<PathBuf>, places: &Places, workspace: &Path) -> Result<PathBuf, ConfigError> {
    let path = match chosen {
        Some(chosen) => chosen,
        None => {
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
    };
    Ok(resolve(&path))
}

/// State and workspace lie outside of each other, so that no plan can reach its own approvals.
pub(super) fn outside(path: &Path, workspace: &Path) -> Result<(), ConfigError> {
    if path.starts_with(workspace) {
        return Err(ConfigError::world(format!(
            "the state directory `{}` lies in the workspace `{}`, where plans could reach it",
            path.display(),
            workspace.display()
        ))
        .help("choose one outside with `--state-dir DIR`"));
    }
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
fn resolve(path: &Path) -> PathBuf {
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
