//! What the wiring of servers and of the model says ⟶ what in the workspace they may load by themselves, without being told: all of it,
//! where anything of a program lies there. It is started before anybody approves anything.

use super::Config;
use super::places::resolve;
use super::wired::{Wired, is_data, matches_any};
use std::path::Path;

/// What may load what lies in the workspace.
#[derive(Clone, Debug, Default)]
pub struct Loaders {
    /// What is started, in words, with globs over what it works on and does not load.
    by: Vec<(String, Vec<String>)>,
}

impl Loaders {
    /// What may load what is at a path, in words; none: nothing does. What a line of `critical` names is loaded by what loads its text:
    /// what a glob says of that, it says of all beneath.
    pub fn by(&self, path: &str) -> Option<&str> {
        self.by.iter().find(|(_, data)| !matches_any(data, path)).map(|(who, _)| who.as_str())
    }
}

/// What of a text a shell, or who reads it, makes something else of.
const EXPANDED: [char; 9] = ['$', '*', '?', '[', '{', '\\', '`', '"', '\''];

/// Whether a program works in the workspace or above it, or is told of anything there.
fn is_at_home(wired: &Wired<'_>) -> bool {
    let root = resolve(wired.workspace);
    let works = resolve(wired.cwd);
    let values = wired.env.into_iter().flat_map(|env| env.values());
    let mut told = wired.args.iter().chain(values).filter(|text| !is_data(wired.data, text));
    // The root by itself is no part of a program, and code is found in it.
    let by_name = |text: &str| {
        let is_named = |root: &Path| root.to_str().is_some_and(|root| text.contains(root));
        is_named(wired.workspace) || is_named(&root)
    };
    let leads_in = |text: &str| !text.is_empty() && resolve(&wired.cwd.join(text)).starts_with(&root);
    // Where that leads nobody knows.
    let is_expanded = |text: &str| text.contains('/') && text.contains(EXPANDED);
    works.starts_with(&root)
        || root.starts_with(&works)
        || wired.parts().iter().any(|path| path.starts_with(wired.workspace) || path.starts_with(&root))
        || wired.pieces().iter().any(|path| root.starts_with(resolve(path)))
        || told.any(|text| by_name(text) || leads_in(text) || is_expanded(text))
}

impl Config {
    /// What is started before a yes, and what in the workspace it may load.
    pub fn loaders(&self) -> Loaders {
        let servers = self.servers.iter().map(|(name, server)| (format!("the server `{name}`"), server.wired()));
        let model = self.model.iter().map(|model| ("the program of `[model]`".to_owned(), model.wired()));
        let wired = servers.chain(model).filter_map(|(who, wired)| Some((who, wired?)));
        let by = wired.filter(|(_, wired)| is_at_home(wired)).map(|(who, wired)| (who, wired.data.to_vec()));
        Loaders { by: by.collect() }
    }
}
