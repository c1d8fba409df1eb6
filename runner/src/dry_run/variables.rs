//! Plan, configuration and environment ⟶ digests of the values of the variables that programs, servers and the model's program of
//! the plan get.

use crate::config::{Config, Unconfined, Variables, Wiring, in_the_open};
use crate::environment::variable;
use crate::passed::{Values, bound, of_cells};
use crate::tool::model;
use planc_lang::compiled::tools;
use planc_lang::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};

/// Whose variables they are of a program in a cell, of one in the open, of the model's program.
const CELLS: &str = "programs";
const OPEN: &str = "open";
const MODEL: &str = "model";

/// Digests of the values that each gets: programs in cells and in the open, the servers by name, the model's program. `runs`: whether
/// the plan runs programs; `asks`: whether it asks the model.
pub(super) fn variables(config: &Config, plan: &Plan, runs: bool, asks: bool) -> BTreeMap<String, Values> {
    let bound = |pass_env: &[String], variables: Variables| bound(config, pass_env, variables);
    let mut all = BTreeMap::new();
    if runs {
        all.insert(CELLS.to_owned(), of_cells(config));
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
                let given = names.iter().filter_map(|name| Some((name.into(), variable(name)?)));
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
