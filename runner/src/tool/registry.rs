//! The name of a tool ⟶ what carries it out. What a tool is, its signature and effects, is the catalogue's business.

use super::{FileTool, LiveTool, fs, http, process};
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
#[derive(Clone, Debug, Default)]
pub struct Registry {
    tools: BTreeMap<String, Implementation>,
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
        registry.insert("process.run", Implementation::Live(Arc::new(process::Run)));
        registry.insert("http.get", Implementation::Live(Arc::new(http::Get)));
        registry
    }

    /// What carries out the tool with this full name.
    pub fn get(&self, name: &str) -> Option<&Implementation> {
        self.tools.get(name)
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

    /// The names that the text of the catalogue declares, without parsing more than its outline.
    fn declared() -> Vec<String> {
        let mut catalogue = "";
        let mut names = Vec::new();
        for line in planc_lang::builtin::TEXT.lines() {
            if let Some(rest) = line.strip_prefix("catalogue ") {
                catalogue = rest.split_whitespace().next().unwrap_or_default();
            } else if let Some(rest) = line.trim_start().strip_prefix("tool ") {
                names.push(format!("{catalogue}.{}", rest.split('(').next().unwrap_or_default()));
            }
        }
        names.sort();
        names
    }

    #[test]
    fn every_declared_tool_is_carried_out_and_nothing_else() {
        assert_eq!(Registry::builtin().names().collect::<Vec<_>>(), declared());
    }
}
