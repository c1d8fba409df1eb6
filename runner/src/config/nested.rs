//! One `planc.toml` within the folder of another ⟶ whether it counts: rules that somebody set are not replaced by a file that was
//! put beneath them.

use super::places::{find_upwards, resolve};
use super::{CONFIG_NAME, ConfigError, file};
use planc_lang::paths::compile_glob;
use std::path::{Path, PathBuf};

/// The next `planc.toml` above a folder that is a workspace of its own, or shall become one.
pub fn above(folder: &Path) -> Option<PathBuf> {
    find_upwards(resolve(folder).parent()?, CONFIG_NAME)
}

/// Refuses a `planc.toml` within the workspace of another one that does not list its folder, and so on upwards.
pub(super) fn check(inner: &Path) -> Result<(), ConfigError> {
    let mut inner = inner.to_owned();
    while let Some(outer) = inner.parent().and_then(above) {
        let (Some(root), Some(folder)) = (outer.parent(), inner.parent()) else { return Ok(()) };
        let relative = folder.strip_prefix(root).unwrap_or(folder);
        let lists = |glob: &str| compile_glob(glob).is_ok_and(|glob| glob.is_match(relative));
        if !file::read(&outer)?.workspace.nested().any(lists) {
            let message = format!(
                "`{}` lies in the workspace of `{}`, whose rules it would replace",
                inner.display(),
                outer.display()
            );
            let relative = relative.to_string_lossy();
            return Err(ConfigError::world(message)
                .help(format!(
                    "the operator lists the folder in `[workspace]` of the outer file: nested = [{relative:?}]"
                ))
                .help("or takes one of the two files away"));
        }
        inner = outer;
    }
    Ok(())
}
