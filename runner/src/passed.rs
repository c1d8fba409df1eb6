//! Configuration and environment ⟶ digests of the values of the variables that programs get, for what a yes is bound to. A value that
//! the operator passes on by name may be a secret: it stands as a keyed commitment.

use crate::config::{Config, PATH, Variables, confined, deciding_path, is_listed, names_what_counts};
use crate::seal::Keys;
use planc_lang::digest::Digest;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// Digests of values by name.
pub(crate) type Values = BTreeMap<String, Digest>;

/// Digests of those values that decide anything.
pub(crate) fn bound(config: &Config, pass_env: &[String], variables: Variables) -> Values {
    let keys = Keys::of(&config.state);
    let digest = |(name, value): (OsString, OsString)| {
        let digest = match is_listed(pass_env, &name) {
            true => committed(&keys, &name, &value),
            false => Digest::of(value.as_encoded_bytes()),
        };
        (name.to_string_lossy().into_owned(), digest)
    };
    let decides = |(name, value): (OsString, OsString)| {
        if name == PATH {
            let path = deciding_path(&value, &config.workspace);
            return (!path.is_empty()).then_some((name, path));
        }
        let is_bound = is_listed(pass_env, &name) || !names_what_counts(&name, &value, &config.workspace);
        is_bound.then_some((name, value))
    };
    variables.into_iter().filter_map(decides).map(digest).collect()
}

/// Digests of what programs in cells get.
pub(crate) fn of_cells(config: &Config) -> Values {
    let mut given = confined(&config.pass_env, &config.workspace);
    // Its cell has a place of its own for temporary files.
    given.retain(|(name, _)| name != "TMPDIR" || is_listed(&config.pass_env, name));
    bound(config, &config.pass_env, given)
}

/// Without the key nothing that was bound is the same: then the run does not begin.
fn committed(keys: &Keys, name: &OsStr, value: &OsStr) -> Digest {
    match keys.sealer() {
        Ok(sealer) => sealer.commit(&format!("variable {}", name.to_string_lossy()), value.as_encoded_bytes()),
        Err(_) => Digest::of(uuid::Uuid::new_v4().as_bytes()),
    }
}
