//! The name of a tool ⟶ what carries it out. What a tool is, its signature and effects, is the catalogue's business.

use super::mcp::Server;
use super::mcp::relay::Relay;
use super::pace::Pace;
use super::{FileTool, LiveTool, fs, http, model, process};
use crate::config::ModelWiring;
use crate::policy::Policy;
use planc_lang::syntax::EXTRACT;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What carries out a tool.
#[derive(Clone)]
pub enum Implementation {
    /// Works on the overlay: simulated and executed alike.
    Files(FileTool),
    /// Acts on the world outside.
    Live(Arc<dyn LiveTool>),
}

impl fmt::Debug for Implementation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Implementation::Files(_) => "Files",
            Implementation::Live(_) => "Live",
        })
    }
}

/// All tools that can be carried out.
#[derive(Clone, Default)]
pub struct Registry {
    tools: BTreeMap<String, Implementation>,
    /// By the names of their catalogues: what carries out all of a catalogue's tools that have nothing of their own.
    servers: BTreeMap<String, (Arc<Server>, Implementation)>,
    /// Delays the calls of tools that have a limit.
    pace: Pace,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.tools.keys()).entries(self.servers.keys()).finish()
    }
}

impl Registry {
    /// The tools that planc itself brings.
    pub fn builtin() -> Registry {
        let files: [(&str, FileTool); 12] = [
            ("fs.read", fs::read),
            ("fs.list", fs::list),
            ("fs.glob", fs::glob),
            ("fs.stat", fs::stat),
            ("fs.search", fs::search),
            ("fs.write", fs::write),
            ("fs.edit", fs::edit),
            ("fs.append", fs::append),
            ("fs.copy", fs::copy),
            ("fs.move", fs::move_tree),
            ("fs.delete", fs::delete),
            ("fs.make_dir", fs::make_dir),
        ];
        let mut registry = Registry::default();
        for (name, tool) in files {
            registry.insert(name, Implementation::Files(tool));
        }
        registry.insert(process::NAME, Implementation::Live(Arc::new(process::Run)));
        registry.insert("http.get", Implementation::Live(Arc::new(http::Get::default())));
        registry.insert(EXTRACT, Implementation::Live(Arc::new(model::Extract::default())));
        registry
    }

    /// The same, with a model that can be asked.
    pub fn with_model(mut self, wiring: Option<ModelWiring>) -> Registry {
        self.insert(EXTRACT, Implementation::Live(Arc::new(model::Extract { wiring })));
        self
    }

    /// The same, where redirects are held to these rules.
    pub fn with_policy(mut self, policy: Policy) -> Registry {
        self.insert("http.get", Implementation::Live(Arc::new(http::Get { policy: Some(policy) })));
        self
    }

    /// The same, with another pace.
    pub fn with_pace(mut self, pace: Pace) -> Registry {
        self.pace = pace;
        self
    }

    /// What delays the calls of tools that have a limit.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// What carries out the tool with this full name.
    pub fn get(&self, name: &str) -> Option<&Implementation> {
        let of_server = || {
            let (catalogue, _) = name.split_once('.')?;
            self.servers.get(catalogue).map(|(_, implementation)| implementation)
        };
        self.tools.get(name).or_else(of_server)
    }

    /// Adds a server, which carries out the tools of the catalogue with its name.
    pub fn insert_server(&mut self, server: Arc<Server>) {
        let implementation = Implementation::Live(server.clone());
        self.servers.insert(server.name.clone(), (server, implementation));
    }

    /// The server behind a catalogue.
    pub fn server(&self, catalogue: &str) -> Option<&Arc<Server>> {
        self.servers.get(catalogue).map(|(server, _)| server)
    }

    /// The same, where one tool of a server is called for an agent's client.
    pub fn relaying(&self, name: &str, server: &Arc<Server>, relay: Arc<Relay>) -> Registry {
        let mut registry = self.clone();
        registry.insert(name, Implementation::Live(server.relayed(relay)));
        registry
    }

    /// Adds a tool, or replaces one.
    pub fn insert(&mut self, name: &str, implementation: Implementation) {
        self.tools.insert(name.to_owned(), implementation);
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planc_lang::compile::{add_builtin, load_catalogue};
    use planc_lang::source::Sources;

    #[test]
    fn every_declared_tool_is_carried_out_and_nothing_else() {
        let mut sources = Sources::default();
        let index = add_builtin(&mut sources);
        let (catalogue, diagnostics) = load_catalogue(&sources, &[index]);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let mut declared: Vec<&str> = catalogue.tools().map(|tool| tool.name.as_str()).collect();
        declared.sort_unstable();
        assert_eq!(Registry::builtin().names().collect::<Vec<_>>(), declared);
    }
}
