//! The files that `planc.toml` names: policy of Cedar and catalogues.

use super::error::ConfigError;
use super::file::{Settings, bounded};
use super::{CEDAR_NAME, MAX_CATALOGUES, Missing};
use crate::policy::{In, MAX_CEDAR_BYTES, Policy};
use crate::scope::Scope;
use planc_lang::paths::{compile_glob, literal_prefix};
use std::path::{Path, PathBuf};

/// The policy of the settings and of the file of Cedar that they name, for the scope of the workspace.
pub(super) fn policy(
    settings: &Settings,
    workspace: &Path,
    config: Option<&Path>,
    scope: Option<Scope>,
) -> Result<(Policy, Option<PathBuf>), ConfigError> {
    let Some(named) = &settings.policy.cedar else {
        let usual = workspace.join(CEDAR_NAME);
        if usual.symlink_metadata().is_ok() {
            let message = format!("`{}` is not read: nothing names it", usual.display());
            return Err(ConfigError::world(message).help("say `[policy] cedar = \"policy.cedar\"` in `planc.toml`"));
        }
        let loaded = Policy::load(&settings.policy, None, scope);
        return Ok((loaded.map_err(ConfigError::of)?, None));
    };
    let path = workspace.join(named.get_ref());
    let name = path.display().to_string();
    let text = bounded(&path, &name, MAX_CEDAR_BYTES)?;
    let loaded = Policy::load(&settings.policy, Some(&text), scope);
    let loaded = loaded.map_err(|mistake| match mistake.source {
        In::Cedar => {
            let offset = mistake.offset;
            ConfigError::of(mistake).at(&name, &text, offset)
        }
        In::Rules => {
            let toml = config.map(|path| path.display().to_string()).unwrap_or_default();
            ConfigError::world(format!("{} in `{toml}`", mistake.message))
        }
    })?;
    Ok((loaded, Some(path)))
}

/// The catalogue files that the settings name, sorted within each glob. A path without wildcard must exist.
pub(super) fn catalogue_files(
    settings: &Settings,
    workspace: &Path,
    config: Option<&Path>,
    missing: Missing,
) -> Result<Vec<PathBuf>, ConfigError> {
    let mut files: Vec<PathBuf> = Vec::new();
    let config = config.map_or_else(String::new, |path| format!(" in `{}`", path.display()));
    for glob in &settings.catalogues.files {
        let glob = glob.get_ref();
        let prefix = literal_prefix(glob);
        let mut found = match prefix == glob {
            true if workspace.join(glob).is_file() => vec![workspace.join(glob)],
            true if missing == Missing::Awaited => vec![workspace.join(glob)],
            true => {
                let error = ConfigError::world(format!("there is no catalogue file `{glob}`, named{config}"));
                return Err(error.help("`planc tools import --mcp NAME` writes the catalogue of a server"));
            }
            false => matching(workspace, prefix, glob)?,
        };
        found.sort();
        found.retain(|path| !files.contains(path));
        files.append(&mut found);
        if files.len() > MAX_CATALOGUES {
            return Err(ConfigError::world(format!("more than {MAX_CATALOGUES} catalogue files are named{config}")));
        }
    }
    Ok(files)
}

fn matching(workspace: &Path, prefix: &str, glob: &str) -> Result<Vec<PathBuf>, ConfigError> {
    let matcher = compile_glob(glob).map_err(ConfigError::world)?;
    let walk = ignore::WalkBuilder::new(workspace.join(prefix)).standard_filters(false).follow_links(false).build();
    Ok(walk
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .filter(|path| path.strip_prefix(workspace).is_ok_and(|relative| matcher.is_match(relative)))
        .take(MAX_CATALOGUES + 1)
        .collect())
}
