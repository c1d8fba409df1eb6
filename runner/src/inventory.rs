//! All that is in a workspace, by path ⟶ what is another one there than was.
//!
//! It says which file is at a path: the number that the file system knows it by, and the time of its last change of any kind, which is the
//! kernel's, and nobody can set it. Two of these are only ever compared for being the same. What is stored through a mapping leaves a
//! time only when its page was clean before, and on file systems in memory never: so of what was changed a short time before, and of
//! everything there, the content counts too.
//!
//! Folders of `[programs] scratch` are left out, and data of repositories, but not what says which commit is meant.

use crate::coverage::is_data_of_repository;
use jiff::{SignedDuration, Timestamp};
use planc_lang::digest::Digest;
use planc_lang::paths::within;
use rustix::fs::{Mode, OFlags, statfs};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// What stands before a path that is no text, and in no name.
const NO_TEXT: char = '\0';

/// How long after its last change a page may wait to be written to its file, and a store into it leaves no time: the kernel writes after half a
/// minute, and after ten where it saves power.
const UNWRITTEN: SignedDuration = SignedDuration::from_mins(15);

/// The longest content that counts, in bytes: 1 GiB. Of a longer one nobody can say whether it is the same.
const MAX_CONTENT: u64 = 1 << 30;

/// File systems in memory, which write nothing and leave no time: tmpfs and ramfs.
const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];

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
    /// The same with its content.
    #[serde(rename = "c")]
    Content(u64, i64, i64, Digest),
    /// What nobody can say of whether it is the same: a pipe, a device, a link into the data of a repository, what cannot be looked at.
    #[serde(rename = "?")]
    Unknown,
}

impl Inventory {
    /// What is below `root` now, without contents. Blocks while it walks.
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

    /// The same to compare later ones with: with contents, where a change of them might leave no time. Blocks while it reads.
    pub fn to_compare(mut self, root: &Path) -> Inventory {
        let now = Timestamp::now();
        let is_in_memory = |path: &Path| statfs(path).is_ok_and(|found| IN_MEMORY.contains(&(found.f_type as u64)));
        let mut in_memory: BTreeMap<u64, bool> = BTreeMap::new();
        for (path, entry) in &mut self.0 {
            let Entry::Other(number, seconds, rest) = *entry else { continue };
            let place = root.join(path);
            let Ok(found) = place.symlink_metadata() else { continue };
            let changed = Timestamp::from_second(seconds).unwrap_or(now);
            let is_recent = now.duration_since(changed) < UNWRITTEN;
            if found.is_file() && (is_recent || *in_memory.entry(found.dev()).or_insert_with(|| is_in_memory(&place))) {
                *entry = match digest(&place) {
                    Ok(digest) => Entry::Content(number, seconds, rest, digest),
                    Err(_) => Entry::Unknown,
                };
            }
        }
        self
    }

    /// The paths at which there is another one than `before`, nothing where something was, or something where nothing was. Blocks while it
    /// reads what was kept with its content.
    pub fn other_than(&self, before: &Inventory, root: &Path) -> BTreeSet<String> {
        let is_same =
            |path: &str, entry: &Entry| before.0.get(path).is_some_and(|then| then.is(entry, &root.join(path)));
        let here = self.0.iter().filter(|(path, entry)| !is_same(path, entry)).map(|(path, _)| path);
        let gone = before.0.keys().filter(|path| !self.0.contains_key(*path));
        here.chain(gone).cloned().collect()
    }

    /// What of the paths that are [others](Self::other_than) says all that is to be said: of a folder that is gone not what was in it, nor a
    /// new one in which something is.
    pub fn to_tell<'p>(&self, before: &Inventory, other: &'p BTreeSet<String>) -> impl Iterator<Item = &'p String> {
        let is_gone = |path: &str| other.contains(path) && !self.0.contains_key(path);
        other.iter().filter(move |path| match (before.0.get(*path), self.0.get(*path)) {
            (Some(Entry::Folder(_, mode)), Some(Entry::Folder(_, now))) => mode != now,
            (_, Some(Entry::Folder(..))) => self.is_empty(path),
            (_, Some(_)) => true,
            (_, None) => !is_gone(parent(path)),
        })
    }

    /// This one after a call of which nobody records what it changes, at whose `begin` there were `others` than known: those that the call did not
    /// change are so still.
    pub fn after_call(mut self, begin: &Inventory, others: &BTreeSet<String>, known: &Inventory) -> Inventory {
        for path in others {
            let is_changed = match (begin.0.get(path), self.0.get(path)) {
                (Some(begin), Some(now)) => !begin.is_numbered(now),
                (begin, now) => begin.is_some() != now.is_some(),
            };
            if !is_changed {
                match known.0.get(path) {
                    Some(known) => self.0.insert(path.clone(), *known),
                    None => self.0.remove(path),
                };
            }
        }
        self
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
    /// Whether the same is there now. Blocks while it reads a content.
    fn is(&self, now: &Entry, place: &Path) -> bool {
        let is_content = match self {
            Entry::Content(.., then) => digest(place).is_ok_and(|digest| digest == *then),
            Entry::Folder(..) | Entry::Other(..) => true,
            Entry::Unknown => false,
        };
        self.is_numbered(now) && is_content
    }

    /// Whether the same numbers are there, whatever the content.
    fn is_numbered(&self, now: &Entry) -> bool {
        match (self.numbers(), now.numbers()) {
            (Some(then), Some(now)) => then == now,
            (_, _) => false,
        }
    }

    fn numbers(&self) -> Option<(bool, u64, i64, i64)> {
        match *self {
            Entry::Folder(number, mode) => Some((true, number, mode.into(), 0)),
            Entry::Other(number, seconds, rest) | Entry::Content(number, seconds, rest, _) => {
                Some((false, number, seconds, rest))
            }
            Entry::Unknown => None,
        }
    }

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

/// The digest of the file that is right there. Never waits: a pipe that took its place is none.
fn digest(place: &Path) -> io::Result<Digest> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(place, flags, Mode::empty())?);
    let found = file.metadata()?;
    if !found.is_file() || found.len() > MAX_CONTENT {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut hasher = Sha256::new();
    io::copy(&mut file.take(MAX_CONTENT), &mut hasher)?;
    Ok(Digest(hasher.finalize().into()))
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
