//! What the wiring of servers and of the model says ⟶ what in the workspace they may load by themselves, without being told: all of it,
//! where anything of a program lies there. It is started before anybody approves anything.

use super::Config;
use super::places::resolve;
use super::texts::{is_data_line, is_data_path};
use super::wired::{Wired, ways};
use std::path::Path;

/// What may load what lies in the workspace.
#[derive(Clone, Debug, Default)]
pub struct Loaders {
    /// What is started, in words, with globs over what it works on and does not load.
    by: Vec<(String, Vec<String>)>,
}

impl Loaders {
    /// What may load what is at a path, in words; none: nothing does.
    pub fn by(&self, path: &str) -> Option<&str> {
        self.by.iter().find(|(_, data)| !is_data_path(data, path)).map(|(who, _)| who.as_str())
    }

    /// What may load something of what a line of `critical` names.
    pub fn by_line(&self, line: &str) -> Option<&str> {
        self.by.iter().find(|(_, data)| !is_data_line(data, line)).map(|(who, _)| who.as_str())
    }
}

/// Why a program may load what lies in the workspace.
enum Home {
    /// It works in the workspace or above it, or is told of something there.
    There,
    /// Nobody knows where this leads, of its code or of a variable.
    Anywhere(String),
}

/// Why a program may load what lies in the workspace; none: it does not.
fn home(wired: &Wired<'_>) -> Option<Home> {
    let root = resolve(wired.workspace);
    let works = resolve(wired.cwd);
    let texts = wired.texts();
    let mut told = texts.iter().map(|text| text.text).filter(|text| !text.is_empty());
    // The root by itself is no part of a program, and code is found in it.
    let by_name = |text: &str| {
        let is_named = |root: &Path| root.to_str().is_some_and(|root| text.contains(root));
        is_named(wired.workspace) || is_named(&root)
    };
    let leads_in = |text: &str| resolve(&wired.cwd.join(text)).starts_with(&root);
    let parts = || wired.parts().iter().flat_map(|path| ways(path)).collect::<Vec<_>>();
    let is_there = works.starts_with(&root)
        || root.starts_with(&works)
        || parts().iter().any(|path| path.starts_with(wired.workspace) || path.starts_with(&root))
        || wired.pieces().iter().any(|path| root.starts_with(resolve(path)))
        || told.any(|text| by_name(text) || leads_in(text));
    match is_there {
        true => Some(Home::There),
        false => texts.iter().find_map(|text| text.expanded().map(str::to_owned)).map(Home::Anywhere),
    }
}

impl Config {
    /// What is started before a yes, and what in the workspace it may load.
    pub fn loaders(&self) -> Loaders {
        let servers = self.servers.iter().map(|(name, server)| (format!("the server `{name}`"), server.wired()));
        let model = self.model.iter().map(|model| ("the program of `[model]`".to_owned(), model.wired()));
        let wired = servers.chain(model).filter_map(|(who, wired)| Some((who, wired?)));
        let by = wired.filter_map(|(who, wired)| {
            let who = match home(&wired)? {
                Home::There => who,
                Home::Anywhere(word) => {
                    format!("{who} (nobody knows where `{word}` leads; what it only works on is listed in its `data`)")
                }
            };
            Some((who, wired.data.to_vec()))
        });
        Loaders { by: by.collect() }
    }
}
