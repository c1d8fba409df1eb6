//! Catalogues ⟶ whose word they are. What a tool of a wired server does is the operator's to say: a catalogue from the command
//! line may have been written by whoever wrote the plan, and may not say it.

use super::wired::ways;
use super::{CONFIG_NAME, Config, ConfigError};
use planc_lang::catalogue::Catalogue;
use planc_lang::paths::{literal_prefix, path_meets_glob};
use planc_lang::source::Sources;
use std::path::{Path, PathBuf};

/// Refuses folders that programs really write where a glob over catalogues may match something in them.
pub(super) fn check_scratch(globs: &[String], scratch: &[String]) -> Result<(), ConfigError> {
    let Some((folder, glob)) = met(globs.iter().map(String::as_str), scratch) else { return Ok(()) };
    let message = format!(
        "programs really write `{folder}`, by `[programs] scratch` of `{CONFIG_NAME}`, and `{glob}` of `[catalogues]` names \
         what may lie there: a program could say what tools do"
    );
    Err(ConfigError::world(message).help("keep catalogues in a folder of their own, such as `catalogues/*.pl`"))
}

/// The folders that globs over catalogues begin in.
pub(super) fn folders(root: &Path, globs: &[String]) -> Vec<PathBuf> {
    globs.iter().map(|glob| root.join(literal_prefix(glob))).collect()
}

/// Globs over catalogues, each as it is written, and as its folder is called behind each link on the way.
pub(super) fn everywhere(root: &Path, globs: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for glob in globs {
        let folder = literal_prefix(glob);
        let rest = glob.strip_prefix(folder).unwrap_or(glob).trim_start_matches('/');
        let ways = ways(&root.join(folder));
        let folders = ways.iter().filter_map(|way| way.strip_prefix(root).ok()?.to_str());
        let joined =
            folders.map(|folder| [folder, rest].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>());
        found.extend(joined.map(|parts| parts.join("/")));
    }
    found
}

/// The first folder in which one of some globs may match something, with the glob.
pub(super) fn met<'g>(mut globs: impl Iterator<Item = &'g str>, folders: &[String]) -> Option<(&String, &'g str)> {
    globs.find_map(|glob| Some((folders.iter().find(|folder| path_meets_glob(folder, glob))?, glob)))
}

impl Config {
    /// The catalogues from the command line, as they are shown.
    pub fn given_names(&self) -> Vec<String> {
        self.given.iter().map(|path| self.shown(path).into_owned()).collect()
    }

    /// Refuses catalogues from the command line that say what tools of a server do which the operator wired up. `sources` are
    /// the texts that the catalogue was built from, under the names as they are shown.
    pub fn check_given(&self, catalogue: &Catalogue, sources: &Sources) -> Result<(), ConfigError> {
        let given = self.given_names();
        let of_server = |server: &str| self.servers.contains_key(server);
        let foreign = catalogue.tools().filter(|tool| of_server(tool.catalogue())).find_map(|tool| {
            let file = &sources.of(tool.span).name;
            given.contains(file).then(|| (file.clone(), tool.catalogue().to_owned(), tool.name.to_string()))
        });
        let Some((file, server, tool)) = foreign else { return Ok(()) };
        let message = format!(
            "`{file}` says what `{tool}` does, a tool of the server `{server}`, and it was named on the command line: what \
             such a tool does is said only by catalogues that `{CONFIG_NAME}` names, for whoever writes a plan can write \
             any other"
        );
        Err(ConfigError::world(message)
            .help(format!(
                "the operator reads it, and names it in `[catalogues]` of `{CONFIG_NAME}`: files = [{file:?}]"
            ))
            .help(format!("`planc tools import --mcp {server}` writes one from what the server says")))
    }
}
