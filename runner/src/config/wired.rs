//! What the wiring of servers and of the model says ⟶ the files and folders of the workspace that it names. They are run in the
//! open before anybody approves anything, so that no plan changes them, none lies where programs really write, and a yes is
//! bound to what is in them.

use super::places::resolve;
use super::{CONFIG_NAME, Config, ConfigError, ReportPlace};
use crate::named::{Named, Role, of_values, of_words};
use planc_lang::digest::Digest;
use planc_lang::paths::within;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The most links that are followed to reach one path.
const MAX_LINKS: usize = 40;
/// The largest file, and the most of one folder, that is read for what an approval is bound to, in bytes.
const MAX_CONTENT_BYTES: u64 = 64 << 20;
/// The most entries of a folder that are looked at for it.
const MAX_ENTRIES: usize = 20_000;
/// What an interpreter keeps beside what it has read.
const KEPT: &str = "__pycache__";
/// What the names of variables end in that hold folders in which code is looked for.
const SEARCHED: [&str; 2] = ["PATH", "LIB"];
/// A program that runs the words behind it.
const RUNNER: &str = "nice";

/// What a wiring says.
pub(super) struct Wired<'w> {
    /// Where plans work.
    pub(super) workspace: &'w Path,
    /// Where the program runs.
    pub(super) cwd: &'w Path,
    /// The program.
    pub(super) command: &'w str,
    /// Its arguments.
    pub(super) args: &'w [String],
    /// Variables with their values, if any are given.
    pub(super) env: Option<&'w BTreeMap<String, String>>,
    /// Globs over arguments, values and paths that name what it works on, and not a part of it.
    pub(super) data: &'w [String],
}

impl Wired<'_> {
    /// All that is named as a part of it: each as it is named, as each link on the way leads on, and as it lies there.
    pub(super) fn parts(&self) -> Vec<PathBuf> {
        sorted(self.named().iter().flat_map(|path| ways(path)).collect())
    }

    /// What is in the files and folders that are named, by path, as far as they are there.
    pub(super) fn contents(&self) -> BTreeMap<String, Digest> {
        let shown = |path: &Path| path.strip_prefix(self.workspace).unwrap_or(path).to_string_lossy().into_owned();
        self.named().iter().filter_map(|path| Some((shown(path), content(path)?))).collect()
    }

    /// What is named as a part of it: what is there, and what is not there where it is meant as a path.
    fn named(&self) -> Vec<PathBuf> {
        let is_meant = |named: &Named| matches!(named.role, Role::Path | Role::Script | Role::Start);
        let found = self.all().into_iter().map(|named| (is_meant(&named), self.workspace.join(named.path)));
        let mut found: Vec<PathBuf> = found
            .filter(|(is_meant, path)| *is_meant || path.symlink_metadata().is_ok())
            .map(|(_, path)| path)
            .collect();
        found.extend(self.whole_words());
        // Also by another name of the workspace.
        found.extend(self.pieces().into_iter().filter(|path| resolve(path).starts_with(self.workspace)));
        let is_root = |path: &PathBuf| self.workspace.starts_with(resolve(path));
        found.retain(|path| !is_root(path));
        sorted(found)
    }

    /// The program where it is a path, and arguments that are one, wherever they lie.
    fn whole_words(&self) -> impl Iterator<Item = PathBuf> {
        let program = Some(self.command).filter(|command| command.contains('/')).map(|command| self.cwd.join(command));
        let args = self.args.iter().filter(|arg| !arg.is_empty() && !is_data(self.data, arg));
        program.into_iter().chain(args.map(|arg| self.cwd.join(arg)).filter(|path| path.exists()))
    }

    /// Each piece of a word or a value that is a path which is there, seen from where the program runs, wherever it lies.
    pub(super) fn pieces(&self) -> Vec<PathBuf> {
        let is_data = |text: &str| is_data(self.data, text);
        let values = self.env.into_iter().flatten().map(|(_, value)| value.as_str());
        let texts = std::iter::once(self.command).chain(self.args.iter().map(String::as_str)).chain(values);
        let pieces = texts.filter(|text| !is_data(text)).flat_map(|text| split(text).chain([text]));
        let named = pieces.filter(|piece| !piece.is_empty() && !is_data(piece)).map(|piece| self.cwd.join(piece));
        // As it is called from the root of the workspace, too.
        let is_of_data = |path: &PathBuf| {
            let path: PathBuf = path.components().collect();
            path.strip_prefix(self.workspace)
                .ok()
                .and_then(Path::to_str)
                .is_some_and(|path| matches_any(self.data, path))
        };
        // What an option says with its letters, seen from outside of the workspace.
        let found = self.found().into_iter().filter(|named| named.path.starts_with('/')).map(|named| named.path.into());
        sorted(named.chain(found).filter(|path| path.symlink_metadata().is_ok() && !is_of_data(path)).collect())
    }

    /// The folders in which the program looks for code by itself: where it works, and what variables say.
    pub(super) fn searched(&self) -> Vec<PathBuf> {
        let is_searched = |name: &str| SEARCHED.iter().any(|end| name.ends_with(end));
        let values =
            self.env.into_iter().flatten().filter(|(name, value)| is_searched(name) && !is_data(self.data, value));
        let folders = values.flat_map(|(_, value)| split(value)).map(|folder| self.cwd.join(folder));
        folders.chain([self.cwd.to_owned()]).collect()
    }

    /// All paths of the workspace that may be named, from its root.
    fn all(&self) -> Vec<Named> {
        let mut found = self.found();
        found.retain(|named| !named.path.starts_with('/'));
        found
    }

    /// The same with those that lie elsewhere.
    fn found(&self) -> Vec<Named> {
        let cwd = self.cwd.strip_prefix(self.workspace).unwrap_or(self.cwd);
        let Some(directory) = cwd.to_str().map(|cwd| if cwd.is_empty() { "." } else { cwd }) else { return Vec::new() };
        let is_data = |text: &str| is_data(self.data, text);
        let args: Vec<&str> = self.args.iter().map(|arg| if is_data(arg) { "" } else { arg }).collect();
        let env = self.env.into_iter().flatten().filter(|(_, value)| !is_data(value));
        let env: Vec<(&str, &str)> = env.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        // The program is named from where it runs, and not from the root.
        let program = self.command.rsplit('/').next().unwrap_or(self.command);
        let mut found = of_words(self.workspace, directory, &[&[program], args.as_slice()].concat());
        found.extend(of_values(self.workspace, directory, env.iter().map(|(_, value)| *value)));
        for text in args.iter().copied().chain(env.iter().map(|(_, value)| *value)) {
            let pieces: Vec<&str> = split(text).collect();
            found.extend(of_words(self.workspace, directory, &[&[RUNNER], pieces.as_slice()].concat()));
        }
        for (_, value) in env.iter().filter(|(name, _)| SEARCHED.iter().any(|end| name.ends_with(end))) {
            let folders =
                of_words(self.workspace, directory, &[&[RUNNER], split(value).collect::<Vec<_>>().as_slice()].concat());
            found.extend(folders.into_iter().map(|named| Named { role: Role::Path, ..named }));
        }
        found.retain(|named| !matches_any(self.data, &named.path));
        found
    }
}

/// The parts of a text: of code, of a list, and of what is said with `=`.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|c: char| c.is_whitespace() || ":,;=|&()<>\"'`".contains(c));
    parts.filter(|part| !part.is_empty())
}

/// Whether any of some globs matches a text.
pub(super) fn matches_any(globs: &[String], text: &str) -> bool {
    globs.iter().any(|glob| globset::Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(text)))
}

/// Whether a word is what a program works on. Code is not, whatever it ends in.
pub(super) fn is_data(globs: &[String], text: &str) -> bool {
    let is_code = text.contains(|c: char| c.is_whitespace() || "|&;()<>\"'`".contains(c));
    !is_code && matches_any(globs, text)
}

fn sorted(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.sort();
    paths.dedup();
    paths
}

/// A path, what it is behind each link on the way, one after the other, and what it is without any.
pub(crate) fn ways(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.components().collect::<PathBuf>()];
    while let Some(next) = found.last().and_then(|path| behind_link(path)).filter(|next| !found.contains(next)) {
        if found.len() > MAX_LINKS {
            break;
        }
        found.push(next);
    }
    found
}

/// A path behind the first link on the way; without one, as it is without `..`.
fn behind_link(path: &Path) -> Option<PathBuf> {
    let mut done = PathBuf::new();
    let mut parts = path.components();
    while let Some(part) = parts.next() {
        match part {
            Component::ParentDir => drop(done.pop()),
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => done.push(part),
        }
        if let Ok(target) = done.read_link() {
            let folder = done.parent().unwrap_or(Path::new("/"));
            return Some(folder.join(target).components().chain(parts).collect());
        }
    }
    (done != path).then_some(done)
}

/// What is in a file, or in a folder with all it holds; none: nothing is there, or it is too large.
fn content(path: &Path) -> Option<Digest> {
    let metadata = path.metadata().ok()?;
    match metadata.is_dir() {
        true => {
            let mut entries = Vec::new();
            let mut bytes = MAX_CONTENT_BYTES;
            gather(path, path, &mut bytes, &mut entries);
            Some(Digest::of_json(&("folder", entries)))
        }
        false => (metadata.is_file() && metadata.len() <= MAX_CONTENT_BYTES).then(|| digest(path)).flatten(),
    }
}

fn digest(path: &Path) -> Option<Digest> {
    std::fs::read(path).ok().map(Digest::of)
}

/// Adds what a folder holds, in the order of names: of each its path, its size, and its content while there is room for it.
fn gather(root: &Path, folder: &Path, bytes: &mut u64, entries: &mut Vec<(String, u64, String)>) {
    let Ok(listed) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths.iter().filter(|path| !path.ends_with(KEPT)) {
        let Ok(metadata) = path.symlink_metadata() else { continue };
        if entries.len() == MAX_ENTRIES {
            return;
        }
        let is_read = metadata.is_file() && metadata.len() <= *bytes;
        let seen = match path.read_link() {
            Ok(target) => target.to_string_lossy().into_owned(),
            Err(_) if is_read => digest(path).map(|digest| digest.to_string()).unwrap_or_default(),
            Err(_) => String::new(),
        };
        if is_read {
            *bytes -= metadata.len();
        }
        let size = if metadata.is_file() { metadata.len() } else { 0 };
        entries.push((path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned(), size, seen));
        if metadata.is_dir() {
            gather(root, path, bytes, entries);
        }
    }
}

/// Refuses folders that programs really write where what is run in the open before anybody approves anything lies in them, or
/// what planc itself goes by and writes.
pub(super) fn check_scratch(config: &Config) -> Result<(), ConfigError> {
    for (name, server) in &config.servers {
        let Some(wired) = server.wired() else { continue };
        let help = "keep it in another folder; what the server only works on is listed in its `data`";
        check_wired(config, &wired, &format!("the server `{name}` runs, or is told of,"), help)?;
    }
    if let Some(wired) = config.model.as_ref().and_then(|model| model.wired()) {
        check_wired(config, &wired, "the program of `[model]` is, or is told of,", "keep it in another folder")?;
    }
    if let ReportPlace::File { path } = &config.report.place {
        check_path(config, path, "the report is written to", "write the report somewhere else")?;
    }
    match &config.cedar {
        Some(path) => check_path(config, path, "the policy is read from", "keep the policy in another folder"),
        None => Ok(()),
    }
}

/// Also what is not there yet: folders of `scratch` are made where they are missing.
fn check_wired(config: &Config, wired: &Wired<'_>, what: &str, help: &str) -> Result<(), ConfigError> {
    let named = wired.all().into_iter().map(|named| wired.workspace.join(named.path)).chain(wired.whole_words());
    for path in named.chain([wired.cwd.to_owned()]) {
        check_path(config, &path, what, help)?;
    }
    // A folder that is a part of it is one with all it holds.
    for path in wired.parts() {
        let Some(path) = within_root(config, &path) else { continue };
        if let Some(folder) = config.programs.scratch.iter().find(|folder| within(&folder.to_lowercase(), &path)) {
            return Err(misplaced(folder, &path, what, help));
        }
    }
    Ok(())
}

fn check_path(config: &Config, path: &Path, what: &str, help: &str) -> Result<(), ConfigError> {
    for path in ways(path).iter().filter_map(|path| within_root(config, path)) {
        if let Some(folder) = config.programs.scratch.iter().find(|folder| within(&path, &folder.to_lowercase())) {
            return Err(misplaced(folder, &path, what, help));
        }
    }
    Ok(())
}

fn within_root(config: &Config, path: &Path) -> Option<String> {
    path.strip_prefix(&config.workspace).ok()?.to_str().filter(|path| !path.is_empty()).map(str::to_lowercase)
}

fn misplaced(folder: &str, path: &str, what: &str, help: &str) -> ConfigError {
    let message = format!(
        "programs really write `{folder}`, by `[programs] scratch` of `{CONFIG_NAME}`, and {what} `{path}`: a program could \
         change what happens before anybody approves anything"
    );
    ConfigError::world(message).help(help)
}
