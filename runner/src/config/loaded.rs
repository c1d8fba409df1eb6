//! What the wiring of servers and of the model says ⟶ where in the workspace what is started finds code by itself, without being told:
//! beside its own files, where it works, and in the modules there. It is started before anybody approves anything.

use super::Config;
use super::wired::{Wired, matches_any, ways};
use planc_lang::paths::{literal_prefix, within};
use std::path::Path;

/// The folder in which modules are put for what works, or lies, in the folder around it.
const MODULES: &str = "node_modules";

/// Where what is started finds code by itself.
#[derive(Clone, Debug, Default)]
pub struct Loaders {
    /// Each with what is started.
    by: Vec<(String, Places)>,
}

/// Folders, from the root of the workspace, which is the empty one.
#[derive(Clone, Debug, Default)]
struct Places {
    /// In which it works: what lies directly there.
    at: Vec<String>,
    /// In which its own files lie: all beneath.
    beneath: Vec<String>,
    /// Globs over what it works on, and does not load.
    data: Vec<String>,
}

impl Loaders {
    /// What may load what is at a path, in words; none: nothing does without being told.
    pub fn by(&self, path: &str) -> Option<&str> {
        self.by.iter().find(|(_, places)| places.have(path)).map(|(who, _)| who.as_str())
    }

    /// The same for the text of a line of `critical`: no wildcard names a place, but what lies beneath one that is named is there.
    pub fn by_what_is_named(&self, text: &str) -> Option<&str> {
        match literal_prefix(text) {
            all if all == text => self.by(text),
            "" => None,
            // No file has this name.
            folder => self.by(&format!("{folder}/\0/\0")),
        }
    }
}

impl Places {
    fn of(wired: &Wired<'_>) -> Places {
        let folder = |path: &Path| path.strip_prefix(wired.workspace).ok().and_then(Path::to_str).map(str::to_owned);
        let files = wired.parts().into_iter().filter(|path| !path.is_dir());
        let beneath = files.filter_map(|file| folder(file.parent()?));
        // All that lies beneath the root is everything.
        let (root, beneath): (Vec<String>, Vec<String>) = beneath.partition(String::is_empty);
        let at = ways(wired.cwd).iter().filter_map(|path| folder(path)).chain(root).collect();
        Places { at, beneath, data: wired.data.to_vec() }
    }

    fn have(&self, path: &str) -> bool {
        let is_directly = |rest: &str| !rest.contains('/') || within(rest, MODULES);
        let is_at = self.at.iter().filter_map(|folder| beneath(path, folder)).any(is_directly);
        (is_at || self.beneath.iter().any(|folder| beneath(path, folder).is_some())) && !matches_any(&self.data, path)
    }
}

/// A path as it is seen from a folder that it lies in.
fn beneath<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    match folder {
        "" => Some(path),
        folder => path.strip_prefix(folder)?.strip_prefix('/'),
    }
}

impl Config {
    /// Where in the workspace what is started before a yes finds code by itself.
    pub fn loaders(&self) -> Loaders {
        let servers = self.servers.iter().map(|(name, server)| (format!("the server `{name}`"), server.wired()));
        let model = self.model.iter().map(|model| ("the program of `[model]`".to_owned(), model.wired()));
        let by = servers.chain(model).filter_map(|(who, wired)| Some((who, Places::of(&wired?))));
        Loaders { by: by.collect() }
    }
}
