//! What the wiring of servers and of the model says ⟶ the files and folders of the workspace that it names. They are run in the
//! open before anybody approves anything, so that no plan changes them, none lies where programs really write, and a yes is
//! bound to what is in them.

use super::places::resolve;
use super::texts::{Text, is_data, is_data_path, is_searched, plain, texts};
use super::variables::{PATH, found_by_name};
use crate::environment::variable;
use crate::named::{Named, Role, of_values, of_words, pieces};
use planc_lang::digest::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// The most links that are followed to reach one path.
const MAX_LINKS: usize = 40;
/// The largest file, and the most of one folder, that is read for what an approval is bound to, in bytes.
const MAX_CONTENT_BYTES: u64 = 64 << 20;
/// The most entries of a folder that are looked at for it.
const MAX_ENTRIES: usize = 20_000;
/// What an interpreter keeps beside what it has read.
const KEPT: &str = "__pycache__";
/// What a line of `data` begins with that is about this workspace alone.
const WILDCARDS: [char; 4] = ['*', '?', '[', '{'];
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
    /// Variables that are passed on to it.
    pub(super) pass_env: &'w [String],
}

impl<'w> Wired<'w> {
    /// The arguments, each at its place, and the values of variables.
    fn texts(&self) -> Vec<Text<'w>> {
        texts(self.command, self.args, self.env, &self.precise())
    }

    /// The lines of `data` that except more than what a program of this workspace works on: they begin with a name.
    fn precise(&self) -> Vec<String> {
        self.data.iter().filter(|line| !plain(line).starts_with(WILDCARDS)).cloned().collect()
    }

    /// Whether a path, as it is written and as it lies, is what the program works on.
    fn is_data(&self, text: &str, path: &Path) -> bool {
        let path: PathBuf = path.components().collect();
        let data = if resolve(&path).starts_with(self.workspace) { self.data } else { &self.precise() };
        let paths = [path.strip_prefix(self.workspace).ok(), Some(path.as_path())];
        is_data(data, text) || paths.into_iter().flatten().filter_map(Path::to_str).any(|path| is_data_path(data, path))
    }

    /// Each word that is found by its name, the program among them, and what it may be in place of it.
    pub(super) fn by_name(&self) -> Vec<PathBuf> {
        let texts = self.texts();
        let texts = std::iter::once(self.command).chain(texts.iter().map(|text| text.text.as_str()));
        let words: BTreeSet<&str> = texts.flat_map(split).flat_map(pieces).collect();
        let words = words.into_iter().filter(|word| !word.contains('/') && !is_data(&self.precise(), word));
        sorted(words.flat_map(|word| found_by_name(word, self.workspace, self.pass_env)).collect())
    }

    /// What is in the files and folders that are named, by path, as far as they are there.
    pub(super) fn contents(&self) -> BTreeMap<String, Digest> {
        let shown = |path: &Path| path.strip_prefix(self.workspace).unwrap_or(path).to_string_lossy().into_owned();
        self.named().iter().filter_map(|path| Some((shown(path), content(path)?))).collect()
    }

    /// All that is named as a part of it by its path, wherever it lies.
    pub(super) fn parts(&self) -> Vec<PathBuf> {
        let outside = self.pieces().into_iter().filter(|path| !self.is_root(path));
        sorted(self.named().into_iter().chain(outside).collect())
    }

    fn is_root(&self, path: &Path) -> bool {
        self.workspace.starts_with(resolve(path))
    }

    /// What is named as a part of it: what is there, and what is not there where it is meant as a path.
    pub(super) fn named(&self) -> Vec<PathBuf> {
        let is_meant = |named: &Named| matches!(named.role, Role::Path | Role::Script | Role::Start);
        let found = self.all().into_iter().map(|named| (is_meant(&named), self.workspace.join(named.path)));
        let mut found: Vec<PathBuf> = found
            .filter(|(is_meant, path)| *is_meant || path.symlink_metadata().is_ok())
            .map(|(_, path)| path)
            .collect();
        found.extend(self.whole_words());
        // Also by another name of the workspace.
        let elsewhere = self.pieces().into_iter().chain(self.by_name());
        found.extend(elsewhere.filter(|path| resolve(path).starts_with(self.workspace)));
        found.retain(|path| !self.is_root(path));
        sorted(found)
    }

    /// The same, and what is not there and is called like a word.
    pub(super) fn named_or_none(&self) -> Vec<PathBuf> {
        let all = self.all().into_iter().map(|named| self.workspace.join(named.path));
        all.chain(self.whole_words()).collect()
    }

    /// The program where it is a path, and arguments that are one, wherever they lie.
    fn whole_words(&self) -> Vec<PathBuf> {
        let program = Some(self.command).filter(|command| command.contains('/')).map(|command| self.cwd.join(command));
        let texts = self.texts();
        let args = texts.iter().filter(|text| text.variable.is_none() && !text.text.is_empty());
        let args = args.map(|arg| (arg.text.as_str(), self.cwd.join(&arg.text))).filter(|(_, path)| path.exists());
        let args = args.filter(|(text, path)| !self.is_data(text, path)).map(|(_, path)| path);
        program.into_iter().chain(args).collect()
    }

    /// Each piece of a word or a value that is a path which is there, seen from where the program runs, wherever it lies.
    fn pieces(&self) -> Vec<PathBuf> {
        let texts = self.texts();
        let texts = std::iter::once(self.command).chain(texts.iter().map(|text| text.text.as_str()));
        // Right behind the letter of an option, too.
        let pieces = texts.flat_map(|text| split(text).chain([text])).flat_map(pieces);
        let named = pieces.map(|piece| (piece, self.cwd.join(piece)));
        let named = named.filter(|(piece, path)| path.symlink_metadata().is_ok() && !self.is_data(piece, path));
        sorted(named.map(|(_, path)| path).collect())
    }

    /// The folders in which the program looks for code by itself: where it works, and what variables say, those that are passed on
    /// as they are now as well.
    pub(super) fn searched(&self) -> Vec<PathBuf> {
        let passed = self.pass_env.iter().filter(|name| is_searched(name) && *name != PATH);
        let passed: Vec<String> = passed.filter_map(|name| variable(name)?.into_string().ok()).collect();
        let texts = self.texts();
        let values = texts.iter().filter(|text| text.is_searched()).map(|text| &text.text).chain(&passed);
        let folders = values.flat_map(|value| split(value)).map(|folder| (folder, self.cwd.join(folder)));
        let folders = folders.filter(|(folder, path)| !self.is_data(folder, path)).map(|(_, path)| path);
        folders.chain([self.cwd.to_owned()]).collect()
    }

    /// All paths of the workspace that may be named, from its root.
    fn all(&self) -> Vec<Named> {
        let cwd = self.cwd.strip_prefix(self.workspace).unwrap_or(self.cwd);
        let Some(directory) = cwd.to_str().map(|cwd| if cwd.is_empty() { "." } else { cwd }) else { return Vec::new() };
        let of_words = |words: &[&str]| of_words(self.workspace, directory, words);
        let texts = self.texts();
        // The program is named from where it runs, and not from the root.
        let program = self.command.rsplit('/').next().unwrap_or(self.command);
        let args = texts.iter().filter(|text| text.variable.is_none()).map(|text| text.text.as_str());
        let mut found = of_words(&std::iter::once(program).chain(args).collect::<Vec<_>>());
        let values = texts.iter().filter(|text| text.variable.is_some()).map(|text| text.text.as_str());
        found.extend(of_values(self.workspace, directory, values));
        for text in &texts {
            let named = of_words(&std::iter::once(RUNNER).chain(split(&text.text)).collect::<Vec<_>>());
            let role = |named: &Named| if text.is_searched() { Role::Path } else { named.role };
            found.extend(named.into_iter().map(|named| Named { role: role(&named), ..named }));
        }
        // What is run is a part of it, whatever it ends in.
        let is_data = |named: &Named| match named.role.is_run() {
            true => is_data_path(&self.precise(), &named.path),
            false => self.is_data(&named.path, &self.workspace.join(&named.path)),
        };
        found.retain(|named| !named.path.starts_with('/') && !is_data(named));
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

fn sorted(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.sort();
    paths.dedup();
    paths
}

/// A path, what it is behind each link on the way, one after the other, each as it comes there without `..`, and what it is without any.
pub(crate) fn ways(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = vec![path.components().collect()];
    for _ in 0..=MAX_LINKS {
        let Some((_, here, next)) = found.last().map(|path| first_link(path)) else { break };
        let is_new = !found.contains(&next);
        for path in [here, next] {
            if !found.contains(&path) {
                found.push(path);
            }
        }
        if !is_new {
            break;
        }
    }
    found
}

/// The links on the way to a path, one behind the other.
pub(super) fn links(path: &Path) -> Vec<PathBuf> {
    ways(path).iter().filter_map(|path| first_link(path).0).collect()
}

/// The first link on the way to a path, the path without `..` up to there, and behind it.
fn first_link(path: &Path) -> (Option<PathBuf>, PathBuf, PathBuf) {
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
            let here = done.components().chain(parts.clone()).collect();
            let next = folder.join(target).components().chain(parts).collect();
            return (Some(done), here, next);
        }
    }
    (None, done.clone(), done)
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
