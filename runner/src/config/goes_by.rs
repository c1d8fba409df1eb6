//! The configuration ⟶ one list of what planc goes by, before anybody approves anything, with all links on the way to each: it is what
//! no plan changes or leads elsewhere, what lies in no other workspace, and what lies in no folder that programs really write.

use super::places::find_upwards;
use super::wired::{Wired, links, ways};
use super::{CONFIG_NAME, Config, ConfigError, ReportPlace, catalogues, file};
use planc_lang::paths::within;
use std::path::{Path, PathBuf};

/// What to do about it.
const ELSEWHERE: &str = "keep it in another folder";
const NO_DATA: &str = "keep it in another folder; what the server only works on is listed in its `data`";
const BY_NAME: &str =
    "name another program by its whole path, or call planc with a `PATH` in which another one comes first";

/// How something is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// No tool reads or changes it.
    Own,
    /// No tool changes it, with all it holds: it is run, or told of.
    Run,
    /// What lies there may be changed: the way there may not.
    Way,
    /// Nothing may be there, and the word may mean something else: it only comes to lie in no folder that programs really write.
    Word,
}

/// Something that planc goes by.
pub(super) struct Part {
    /// Where it lies, as it is written.
    pub(super) path: PathBuf,
    pub(super) held: Held,
    /// What it is, as the beginning of a sentence that ends with the path.
    pub(super) what: String,
    /// What to do where it may not lie there.
    pub(super) help: &'static str,
    /// Whether it belongs to a program that is started, which may lie in a workspace around.
    pub(super) starts: bool,
}

/// Where plans do not reach: what no tool may read or change, what no tool may change, and the ways that lead there.
#[derive(Debug, Default)]
pub struct Reach {
    /// What no tool may read or change.
    pub own: Vec<PathBuf>,
    /// What no tool may change, with all it holds.
    pub run: Vec<PathBuf>,
    /// Ways on which no link is made.
    pub ways: Vec<PathBuf>,
    /// The links on the way to all of this.
    pub links: Vec<PathBuf>,
}

impl Config {
    /// What of the workspace is out of the reach of plans, by the configuration.
    pub fn reach(&self) -> Reach {
        let mut reach = Reach::default();
        for part in self.goes_by() {
            let held = match part.held {
                Held::Own => &mut reach.own,
                Held::Run => &mut reach.run,
                Held::Way => &mut reach.ways,
                Held::Word => continue,
            };
            held.extend(ways(&part.path));
            reach.links.extend(links(&part.path));
        }
        reach
    }

    /// All that planc goes by before anybody approves anything.
    pub(super) fn goes_by(&self) -> Vec<Part> {
        let part = |held: Held, path: &Path, what: &str| Part {
            path: path.to_owned(),
            held,
            what: what.to_owned(),
            help: ELSEWHERE,
            starts: false,
        };
        let own = |path: &Path, what: &str| part(Held::Own, path, what);
        let mut parts = Vec::new();
        if self.file.is_some() {
            parts.push(own(&self.workspace.join(CONFIG_NAME), "the rules are read from"));
        }
        parts.extend(self.cedar.iter().map(|path| own(path, "the policy is read from")));
        if let ReportPlace::File { path } = &self.report.place {
            parts.push(own(path, "the report is written to"));
        }
        let catalogues = self.catalogues.iter().filter(|path| !self.given.contains(path));
        parts.extend(catalogues.map(|path| own(path, "a catalogue is")));
        let folders = catalogues::folders(&self.workspace, &self.catalogue_globs);
        parts.extend(folders.iter().map(|path| part(Held::Way, path, "catalogues are looked for in")));
        for (name, server) in &self.servers {
            let Some(wired) = server.wired() else { continue };
            let who = format!("the server `{name}`");
            parts.extend(of_program(&wired, (&format!("{who} runs, or is told of,"), &who), NO_DATA));
        }
        if let Some(wired) = self.model.as_ref().and_then(|model| model.wired()) {
            let who = "the program of `[model]`";
            parts.extend(of_program(&wired, (&format!("{who} is, or is told of,"), who), ELSEWHERE));
        }
        parts
    }
}

fn of_program(wired: &Wired<'_>, (told, who): (&str, &str), help: &'static str) -> Vec<Part> {
    let part = |held: Held, path: PathBuf, what: &str| Part { path, held, what: what.to_owned(), help, starts: true };
    let run = wired.parts().into_iter().map(|path| part(Held::Run, path, told));
    let by_name = wired.by_name().into_iter().map(|path| Part { help: BY_NAME, ..part(Held::Run, path, told) });
    let words = wired.named_or_none().into_iter().map(|path| part(Held::Word, path, told));
    let searched = wired.searched().into_iter().filter(|path| path != wired.cwd);
    let searched = searched.map(|path| part(Held::Way, path, &format!("{who} looks for code in")));
    let works = part(Held::Way, wired.cwd.to_owned(), &format!("{who} works in"));
    by_name.chain(run).chain(words).chain(searched).chain([works]).collect()
}

/// Refuses folders that programs really write where planc goes by something in them, or runs it in the open before anybody approves
/// anything: those of this workspace, and of the ones around it.
pub(super) fn check_scratch(config: &Config) -> Result<(), ConfigError> {
    let parts = config.goes_by();
    let mut inner = config.workspace.clone();
    check_folders(config, &parts, (&inner, CONFIG_NAME), &config.programs.scratch)?;
    while let Some(outer) = inner.parent().and_then(|folder| find_upwards(folder, CONFIG_NAME)) {
        let root = outer.parent().unwrap_or(Path::new("/")).to_owned();
        let scratch = file::read(&outer)?.programs.scratch();
        check_folders(config, &parts, (&root, &outer.display().to_string()), &scratch)?;
        inner = root;
    }
    Ok(())
}

fn check_folders(
    config: &Config,
    parts: &[Part],
    (root, file): (&Path, &str),
    scratch: &[String],
) -> Result<(), ConfigError> {
    for part in parts {
        let ways = ways(&part.path);
        let within_root = |path: &PathBuf| path.strip_prefix(root).ok()?.to_str().map(str::to_lowercase);
        for path in ways.iter().filter_map(within_root).filter(|path| !path.is_empty()) {
            // A folder that is a part of a program is one with all it holds.
            let holds = |folder: &str| part.held == Held::Run && within(folder, &path);
            let lies = |folder: &&String| within(&path, &folder.to_lowercase()) || holds(&folder.to_lowercase());
            if let Some(folder) = scratch.iter().find(lies) {
                let (what, shown) = (&part.what, root.join(&path));
                let message = format!(
                    "programs really write `{folder}`, by `[programs] scratch` of `{file}`, and {what} `{}`: a program could \
                     change what happens before anybody approves anything",
                    config.shown(&shown)
                );
                return Err(ConfigError::world(message).help(part.help));
            }
        }
    }
    Ok(())
}
