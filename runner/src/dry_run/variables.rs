//! Plan, configuration and environment ⟶ digests of the values of the variables that programs, servers and the model's program of
//! the plan get. A value that the operator passes on by name may be a secret: it stands as a keyed commitment.

use crate::config::{
    Config, PATH, Unconfined, Variables, Wiring, confined, deciding_path, in_the_open, is_listed, names_what_counts,
};
use crate::seal::Keys;
use crate::tool::model;
use planc_lang::compiled::tools;
use planc_lang::digest::Digest;
use planc_lang::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};

/// Digests of values by name.
pub type Values = BTreeMap<String, Digest>;

/// Whose variables they are of a program in a cell, of one in the open, of the model's program.
const CELLS: &str = "programs";
const OPEN: &str = "open";
const MODEL: &str = "model";

/// Digests of the values that each gets: programs in cells and in the open, the servers by name, the model's program. `runs`: whether
/// the plan runs programs; `asks`: whether it asks the model.
pub(super) fn variables(config: &Config, plan: &Plan, runs: bool, asks: bool) -> BTreeMap<String, Values> {
    let keys = Keys::of(&config.state);
    let bound = |pass_env: &[String], variables: Variables| -> Values {
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
    };
    let mut all = BTreeMap::new();
    if runs {
        let mut given = confined(&config.pass_env, &config.workspace);
        // Its cell has a place of its own for temporary files.
        given.retain(|(name, _)| name != "TMPDIR" || is_listed(&config.pass_env, name));
        all.insert(CELLS.to_owned(), bound(&config.pass_env, given));
    }
    if runs && (!config.programs.open.is_empty() || config.programs.unconfined != Unconfined::Deny) {
        let given = in_the_open(&config.pass_env, &config.workspace);
        all.insert(OPEN.to_owned(), bound(&config.pass_env, given));
    }
    let used = tools(plan);
    for (name, server) in config.servers.iter().filter(|(name, _)| used.values().any(|tool| tool.catalogue() == *name))
    {
        let values = match &server.wiring {
            Wiring::Program { pass_env, .. } => bound(pass_env, in_the_open(pass_env, &server.workspace)),
            Wiring::Url { headers_from_env, .. } => {
                let names: Vec<String> = headers_from_env.values().cloned().collect();
                let given = names.iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?)));
                bound(&names, given.collect())
            }
        };
        all.insert(of_server(name), values);
    }
    if let Some((pass_env, given)) = config.model.as_ref().filter(|_| asks).and_then(model::variables) {
        all.insert(MODEL.to_owned(), bound(pass_env, given));
    }
    all
}

/// Whose variables they are of a server.
pub(super) fn of_server(name: &str) -> String {
    format!("server {name}")
}

/// Whose variables they are of programs.
pub(super) const OF_PROGRAMS: [&str; 2] = [CELLS, OPEN];

/// Without the key nothing that was bound is the same: then the run does not begin.
fn committed(keys: &Keys, name: &OsStr, value: &OsStr) -> Digest {
    match keys.sealer() {
        Ok(sealer) => sealer.commit(&format!("variable {}", name.to_string_lossy()), value.as_encoded_bytes()),
        Err(_) => Digest::of(uuid::Uuid::new_v4().as_bytes()),
    }
}

/// The names of variables with other values in one text of what is bound than in another, sorted.
pub fn other_variables(then: &str, now: &str) -> Vec<String> {
    let (then, now) = (stored_variables(then), stored_variables(now));
    let owners: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let names: BTreeSet<String> =
        owners.into_iter().flat_map(|owner| others(then.get(owner), now.get(owner))).collect();
    names.into_iter().collect()
}

/// The digests of values in a text of what is bound.
pub(super) fn stored_variables(bound: &str) -> BTreeMap<String, Values> {
    #[derive(serde::Deserialize)]
    struct Stored {
        #[serde(default)]
        variables: BTreeMap<String, Values>,
    }
    serde_json::from_str::<Stored>(bound).map(|stored| stored.variables).unwrap_or_default()
}

/// The names of those with other values, sorted.
pub(super) fn others(then: Option<&Values>, now: Option<&Values>) -> Vec<String> {
    let none = Values::new();
    let (then, now) = (then.unwrap_or(&none), now.unwrap_or(&none));
    let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    names.into_iter().filter(|name| then.get(*name) != now.get(*name)).cloned().collect()
}
