//! What the wiring of servers and of the model says ⟶ what in the workspace they may load by themselves, without being told: a program
//! that is started before anybody approves anything may load all of it but its data.

use super::texts::{is_data_line, is_data_path};
use super::{Closed, Config};

/// What may load what lies in the workspace.
#[derive(Clone, Debug, Default)]
pub struct Loaders {
    /// What is started, in words, with globs over what it does not load.
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

impl Config {
    /// What is started before a yes, and what in the workspace it may load: here, and all of it where another workspace starts it.
    pub fn loaders(&self) -> Loaders {
        let servers = self.servers.iter().map(|(name, server)| (format!("the server `{name}`"), server.wired()));
        let model = self.model.iter().map(|model| ("the program of `[model]`".to_owned(), model.wired()));
        let root = format!("{}/", self.workspace.display());
        // As it is called from the root.
        let named = |glob: &String| glob.strip_prefix(&root).unwrap_or(glob).to_owned();
        let by = servers.chain(model).filter_map(|(who, wired)| Some((who, wired?.data.iter().map(named).collect())));
        let other = match self.approval.closed {
            Some(Closed::Around) => Some("a program of the workspace around this one"),
            Some(Closed::Within) => Some("a program of a workspace within this one"),
            Some(Closed::Unsaid) | None => None,
        };
        Loaders { by: by.chain(other.map(|who| (who.to_owned(), Vec::new()))).collect() }
    }
}
