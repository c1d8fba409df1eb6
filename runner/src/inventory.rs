//! All that is in a workspace, by path ⟶ what is another one there than was.
//!
//! It says which file is at a path, not what is in it: the number that the file system knows it by, and the time of its last change of
//! any kind, which is the kernel's, and nobody can set it. Two of these are only ever compared for being the same.
//!
//! Folders of `[programs] scratch` are left out, and data of repositories, but not what says which commit is meant.

use crate::coverage::is_data_of_repository;
use planc_lang::paths::within;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// What stands before a path that is no text, and in no name.
const NO_TEXT: char = '\0';

/// What is in a workspace, by the path from its root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inventory(BTreeMap<String, Entry>);

/// Which one is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Entry {
    /// A folder, by its number and mode: what comes and goes in it is told by its own path.
    #[serde(rename = "d")]
    Folder(u64, u32),
    /// Anything else, by its number and the time of its last change in seconds and nanoseconds.
    #[serde(rename = "f")]
    Other(u64, i64, i64),
    /// What nobody can say of whether it is the same: a pipe, a device, a link into the data of a repository, what cannot be looked at.
    #[serde(rename = "?")]
    Unknown,
}

impl Inventory {
    /// What is below `root` now. Blocks while it walks.
    pub fn of(root: &Path, scratch: &[String]) -> Inventory {
        let (from, left_out) = (root.to_owned(), scratch.to_vec());
        let mut walk = ignore::WalkBuilder::new(root);
        walk.standard_filters(false).follow_links(false).filter_entry(move |entry| {
            let path = relative(&from, entry.path());
            let is_data = is_data_of_repository(&path) && !is_ref(&path);
            !is_data && !left_out.iter().any(|folder| within(&path, folder))
        });
        let entries = walk.build().map(|entry| match entry {
            Ok(entry) => (relative(root, entry.path()), Entry::of(&entry)),
            // It names what could not be looked at.
            Err(error) => (error.to_string(), Entry::Unknown),
        });
        Inventory(entries.collect())
    }

    /// The paths at which there is another one than `before`, nothing where something was, or something where nothing was, in order. Of
    /// a folder that is gone what was in it is not told, nor a new folder in which something is.
    pub fn other_than(&self, before: &Inventory) -> Vec<String> {
        let here = self.0.iter().filter(|(path, entry)| match (before.0.get(*path), entry) {
            (Some(Entry::Folder(_, mode)), Entry::Folder(_, now)) if mode == now => false,
            (Some(Entry::Folder(..)), Entry::Folder(..)) => true,
            (_, Entry::Folder(..)) => self.is_empty(path),
            (Some(then), _) => then == &Entry::Unknown || then != *entry,
            (None, _) => true,
        });
        let is_gone = |path: &str| before.0.contains_key(path) && !self.0.contains_key(path);
        let gone = before.0.keys().filter(|path| is_gone(path) && !is_gone(parent(path)));
        let mut other: Vec<String> = here.map(|(path, _)| path).chain(gone).cloned().collect();
        other.sort();
        other
    }

    /// This one after a call of which nobody records what it changes, at whose beginning it was like `begin`: what differed from `known`
    /// by then, and was not changed by the call, differs still.
    pub fn after_call(self, begin: &Inventory, known: &Inventory) -> Inventory {
        let mut after = self;
        for (path, then) in &begin.0 {
            if known.0.get(path) != Some(then) && after.0.get(path) == Some(then) {
                match known.0.get(path) {
                    Some(known) => after.0.insert(path.clone(), *known),
                    None => after.0.remove(path),
                };
            }
        }
        let was_gone = known.0.iter().filter(|(path, _)| !begin.0.contains_key(*path));
        for (path, known) in was_gone {
            after.0.entry(path.clone()).or_insert(*known);
        }
        after
    }

    /// Whether something is at a path.
    pub fn holds(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    fn is_empty(&self, folder: &str) -> bool {
        let inside = if folder == "." { String::new() } else { format!("{folder}/") };
        let mut next = self.0.range(inside.clone()..).filter(|(path, _)| *path != ".");
        next.next().is_none_or(|(path, _)| !path.starts_with(&inside))
    }
}

impl Entry {
    fn of(entry: &ignore::DirEntry) -> Entry {
        let Ok(found) = std::fs::symlink_metadata(entry.path()) else { return Entry::Unknown };
        let kind = found.file_type();
        let pours = kind.is_fifo() || kind.is_char_device() || kind.is_block_device();
        if pours || kind.is_symlink() && leads_into_repository(entry.path()) {
            return Entry::Unknown;
        }
        match kind.is_dir() {
            true => Entry::Folder(found.ino(), found.mode()),
            false => Entry::Other(found.ino(), found.ctime(), found.ctime_nsec()),
        }
    }
}

/// A path as a person reads it.
pub fn shown(path: &str) -> &str {
    path.trim_start_matches(NO_TEXT)
}

/// A path from the root; one that is no text is another one than every text.
fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    match path.to_str() {
        Some("") => ".".to_owned(),
        Some(path) => path.to_owned(),
        None => format!("{NO_TEXT}{}", path.as_os_str().as_bytes().escape_ascii()),
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

/// Whether a link leads to what is not looked at, so that nobody would see that it is another one.
fn leads_into_repository(link: &Path) -> bool {
    let led = link.canonicalize().unwrap_or_default();
    led.iter().any(|part| part.eq_ignore_ascii_case(".git"))
}

/// Whether something in a repository says which commit is meant: what programs push and check out.
fn is_ref(path: &str) -> bool {
    let mut parts = path.split('/').skip_while(|part| *part != ".git").skip(1);
    parts.next().is_some_and(|first| matches!(first, "refs" | "HEAD" | "packed-refs"))
}
