//! All that is in a workspace, by path ⟶ what is another one there than was.
//!
//! It says which file is at a path: the number that the file system knows it by, and the time of its last change of any kind, which is the
//! kernel's, and nobody can set it. Two of these are only ever compared for being the same. What is stored through a mapping leaves a
//! time only when its page was clean before, and on some file systems never: so of what was changed a short time before, and of everything
//! there, the content counts too.
//!
//! Folders of `[programs] scratch` are left out. Of what is mounted in the workspace nobody knows: who serves it says any number, and to each
//! who asks another content.

use crate::workspace::digested;
use jiff::{SignedDuration, Timestamp};
use planc_lang::digest::Digest;
use planc_lang::paths::within;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Statx, StatxFlags, makedev, statfs, statvfs, statx};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What git keeps for itself.
const GIT: &str = ".git";

/// What stands before a path that is no text, and in no name.
const NO_TEXT: char = '\0';

/// How long after its last change a page may wait to be written to its file, and a store into it leaves no time: the kernel writes after half a
/// minute, and after ten where it saves power.
const UNWRITTEN: SignedDuration = SignedDuration::from_mins(15);

/// The longest content that counts, in bytes: 1 GiB. Of a longer one nobody can say whether it is the same.
const MAX_CONTENT: u64 = 1 << 30;

/// File systems that write a page back and mark a store into it with a time: ext4, XFS, Btrfs, F2FS. Others may be in memory, like tmpfs, or
/// lie over one.
const WRITTEN_BACK: [u64; 4] = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010];

/// What is in a workspace, by the path from its root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Which file system the root is on, as the kernel says it: the kind and the number.
    on: (u64, u64),
    entries: BTreeMap<String, Entry>,
}

/// Which one is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Entry {
    /// A folder, by its number and mode: what comes and goes in it is told by its own path.
    #[serde(rename = "d")]
    Folder(u64, u16),
    /// Anything else, by its number and the time of its last change in seconds and nanoseconds.
    #[serde(rename = "f")]
    Other(u64, i64, u32),
    /// The same with its content.
    #[serde(rename = "c")]
    Content(u64, i64, u32, Digest),
    /// What nobody can say of whether it is the same: a pipe, a device, what is mounted there, what cannot be looked at.
    #[serde(rename = "?")]
    Unknown,
}

/// What is no folder and never the same again: no file has this number.
const NO_SUCH: Entry = Entry::Other(0, 0, 0);

impl Inventory {
    /// What is below `root` now, without contents. Blocks while it walks.
    pub fn of(root: &Path, scratch: &[String]) -> Inventory {
        let (from, left_out) = (root.to_owned(), scratch.to_vec());
        let on = look(root).ok().map(|found| mount(&found));
        let mut walk = ignore::WalkBuilder::new(root);
        walk.standard_filters(false).follow_links(false).same_file_system(true).filter_entry(move |entry| {
            let path = relative(&from, entry.path());
            !left_out.iter().any(|folder| within(&path, folder))
        });
        let found = walk.build().map(|entry| match entry {
            Ok(entry) => (relative(root, entry.path()), Entry::of(entry.path(), on)),
            // It names what could not be looked at.
            Err(error) => (error.to_string(), Entry::Unknown),
        });
        let mut entries = BTreeMap::new();
        for (path, entry) in found {
            // A folder comes before what is in it, and of one that is mounted nothing more is to be said.
            let is_mounted = path != "." && entries.get(parent(&path)) == Some(&Entry::Unknown);
            if !is_mounted {
                entries.insert(path, entry);
            }
        }
        let kind = statfs(root).map_or(0, |found| found.f_type as u64);
        Inventory { on: (kind, statvfs(root).map_or(0, |found| found.f_fsid)), entries }
    }

    /// The same to compare later ones with: with contents, where a change of them might leave no time. Blocks while it reads.
    pub fn to_compare(mut self, root: &Path) -> Inventory {
        let now = Timestamp::now();
        let writes = |path: &Path| statfs(path).is_ok_and(|found| WRITTEN_BACK.contains(&(found.f_type as u64)));
        let mut written_back: BTreeMap<u64, bool> = BTreeMap::new();
        let mut may_hide = |seconds: i64, place: &Path| {
            let changed = Timestamp::from_second(seconds).unwrap_or(now);
            let Ok(found) = place.symlink_metadata() else { return true };
            let is_recent = now.duration_since(changed) < UNWRITTEN;
            found.is_file() && (is_recent || !*written_back.entry(found.dev()).or_insert_with(|| writes(place)))
        };
        self.entries.retain(|path, entry| {
            let place = root.join(path);
            let (number, seconds, rest) = match *entry {
                Entry::Other(number, seconds, rest) if may_hide(seconds, &place) => (number, seconds, rest),
                _ => return true,
            };
            let content = digest(&place);
            let is_gone = content.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
            *entry = content.map_or(Entry::Unknown, |digest| Entry::Content(number, seconds, rest, digest));
            !is_gone || path.starts_with(NO_TEXT)
        });
        self
    }

    /// Whether both are of one file system: numbers of another one say nothing.
    pub fn is_comparable(&self, before: &Inventory) -> bool {
        self.on == before.on
    }

    /// The paths at which there is another one than `before`, nothing where something was, or something where nothing was. Blocks while it
    /// reads what was kept with its content.
    pub fn other_than(&self, before: &Inventory, root: &Path) -> BTreeSet<String> {
        let is_same =
            |path: &str, entry: &Entry| before.entries.get(path).is_some_and(|then| then.is(entry, &root.join(path)));
        let here = self.entries.iter().filter(|(path, entry)| !is_same(path, entry)).map(|(path, _)| path);
        let gone = before.entries.keys().filter(|path| !self.entries.contains_key(*path));
        here.chain(gone).cloned().collect()
    }

    /// What of the paths that are to be told says all that is to be said: of a folder that is gone, and told, not what was in it, nor a new one
    /// in which something is told; an empty one that was gone in between is another one.
    pub fn to_tell<'p>(&self, before: &Inventory, told: &'p BTreeSet<String>) -> impl Iterator<Item = &'p String> {
        let is_gone = |path: &str| told.contains(path) && !self.holds(path);
        let holds_told = |path: &str| {
            let inside = inside(path);
            let mut next = told.range(inside.clone()..).take_while(|next| next.starts_with(&inside));
            next.any(|next| next != path && self.holds(next))
        };
        told.iter().filter(move |path| match (before.entries.get(*path), self.entries.get(*path)) {
            (Some(Entry::Folder(then, mode)), Some(Entry::Folder(number, now))) => {
                // One that held something is told by that.
                mode != now || then != number && before.right_in(path).is_empty()
            }
            (None | Some(Entry::Unknown), Some(Entry::Folder(..))) => !holds_told(path),
            (_, Some(_)) => true,
            (_, None) => !is_gone(parent(path)),
        })
    }

    /// What is known after two looks, of which either may be the one that counts: what is another one in the second is never the same again. None:
    /// they are of two file systems.
    pub fn as_in_both(&self, other: &Inventory) -> Option<Inventory> {
        let in_both = |path: &String| match (self.entries.get(path), other.entries.get(path)) {
            (Some(one), Some(other)) => one.as_in_both(other),
            (Some(Entry::Folder(..)), None) | (None, Some(Entry::Folder(..))) => Entry::Unknown,
            (_, _) => NO_SUCH,
        };
        let paths = self.entries.keys().chain(other.entries.keys());
        let entries = paths.map(|path| (path.clone(), in_both(path))).collect();
        self.is_comparable(other).then_some(Inventory { on: self.on, entries })
    }

    /// This one after a call of which nobody records what it changes, at whose `begin` there were `others` than known: those that the call did not
    /// change are so still.
    pub fn after_call(mut self, begin: &Inventory, others: &BTreeSet<String>, known: &Inventory) -> Inventory {
        for path in others {
            let is_changed = match (begin.entries.get(path), self.entries.get(path)) {
                (Some(begin), Some(now)) => !begin.is_numbered(now),
                (begin, now) => begin.is_some() != now.is_some(),
            };
            if !is_changed {
                match known.entries.get(path) {
                    Some(known) => self.entries.insert(path.clone(), *known),
                    None => self.entries.remove(path),
                };
            }
        }
        self
    }

    /// Which content is at a path that planc cannot show; none: nobody can say. Blocks while it reads.
    pub fn which(&self, path: &str, root: &Path) -> Option<Digest> {
        let is_known = matches!(self.entries.get(path)?, Entry::Other(..) | Entry::Content(..));
        is_known.then(|| digest(&root.join(path)).ok()).flatten()
    }

    /// Whether a folder is at a path of which can be said what is in it.
    pub fn is_folder(&self, path: &str) -> bool {
        matches!(self.entries.get(path), Some(Entry::Folder(..)))
    }

    /// Whether something is at a path of which nobody can say whether it is the same.
    pub fn is_unknown(&self, path: &str) -> bool {
        self.entries.get(path) == Some(&Entry::Unknown)
    }

    /// Stands for all that is there.
    pub fn digest(&self) -> Digest {
        Digest::of_json(self)
    }

    /// Whether at a path is now what was, or nothing, as then; of a folder counts only its mode. Blocks while it reads what was kept with its
    /// content.
    pub fn is_still(&self, path: &str, root: &Path) -> bool {
        let place = root.join(path);
        let is_there = !matches!(look(&place), Err(Errno::NOENT | Errno::NOTDIR));
        let now = is_there.then(|| Entry::of(&place, look(root).ok().map(|found| mount(&found))));
        match (self.entries.get(path), now) {
            (Some(Entry::Folder(_, then)), Some(Entry::Folder(_, now))) => *then == now,
            (Some(then), Some(now)) => then.is(&now, &place),
            (then, now) => then.is_none() && now.is_none(),
        }
    }

    /// What is right in a folder.
    pub fn right_in(&self, folder: &str) -> Vec<String> {
        let inside = inside(folder);
        let beneath = self.entries.range(inside.clone()..).map(|(path, _)| path);
        let beneath = beneath.take_while(|path| path.starts_with(&inside)).filter(|path| *path != ".");
        beneath.filter(|path| parent(path) == folder).cloned().collect()
    }

    /// Whether something is at a path.
    pub fn holds(&self, path: &str) -> bool {
        self.entries.contains_key(path)
    }
}

impl Entry {
    /// What is at a place in a workspace on this mount.
    fn of(place: &Path, on: Option<(u64, u64)>) -> Entry {
        let Ok(found) = look(place) else { return Entry::Unknown };
        let kind = FileType::from_raw_mode(found.stx_mode.into());
        if on != Some(mount(&found)) {
            return Entry::Unknown;
        }
        match kind {
            FileType::Directory => Entry::Folder(found.stx_ino, found.stx_mode),
            FileType::RegularFile | FileType::Symlink | FileType::Socket => {
                Entry::Other(found.stx_ino, found.stx_ctime.tv_sec, found.stx_ctime.tv_nsec)
            }
            FileType::Fifo | FileType::CharacterDevice | FileType::BlockDevice | FileType::Unknown => Entry::Unknown,
        }
    }

    /// Whether the same is there now. Blocks while it reads a content.
    fn is(&self, now: &Entry, place: &Path) -> bool {
        let is_content = match self {
            Entry::Content(.., then) => digest(place).is_ok_and(|digest| digest == *then),
            Entry::Folder(..) | Entry::Other(..) | Entry::Unknown => true,
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

    /// What both say, with the content where one knows it.
    fn as_in_both(&self, other: &Entry) -> Entry {
        match (self, other) {
            // Another folder is told by what is in it.
            (Entry::Folder(_, mode), Entry::Folder(_, now)) if mode == now => *other,
            (Entry::Content(.., one), Entry::Content(.., other)) if one != other => NO_SUCH,
            (Entry::Other(..), Entry::Content(..)) if self.is_numbered(other) => *other,
            (Entry::Other(..) | Entry::Content(..), _) if self.is_numbered(other) => *self,
            (_, _) => NO_SUCH,
        }
    }

    fn numbers(&self) -> Option<(bool, u64, i64, u32)> {
        match *self {
            Entry::Folder(number, mode) => Some((true, number, 0, mode.into())),
            Entry::Other(number, seconds, rest) | Entry::Content(number, seconds, rest, _) => {
                Some((false, number, seconds, rest))
            }
            Entry::Unknown => None,
        }
    }
}

fn look(place: &Path) -> rustix::io::Result<Statx> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    statx(CWD, place, flags, StatxFlags::BASIC_STATS | StatxFlags::MNT_ID)
}

/// The device that something is on, and the mount, where the kernel says that.
fn mount(found: &Statx) -> (u64, u64) {
    let says = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::MNT_ID);
    (makedev(found.stx_dev_major, found.stx_dev_minor), if says { found.stx_mnt_id } else { 0 })
}

/// The digest of the file that is right there. Never waits: a pipe that took its place is none.
fn digest(place: &Path) -> io::Result<Digest> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(place, flags, Mode::empty())?);
    let found = file.metadata()?;
    if !found.is_file() || found.len() > MAX_CONTENT {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    digested(&mut file, &mut io::sink()).map(|(digest, _)| digest)
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

/// With what all paths begin that are in a folder.
fn inside(folder: &str) -> String {
    if folder == "." { String::new() } else { format!("{folder}/") }
}

/// The parts of a path behind the folder of a repository; none: it is in none.
fn in_repository(path: &str) -> Option<Vec<&str>> {
    let mut parts = path.split('/').skip_while(|part| *part != GIT);
    parts.next()?;
    Some(parts.collect())
}

/// The folder of a repository in which git makes and removes the one at a path for a moment; none: it does not.
pub fn made_for_a_moment_in(path: &str) -> Option<&str> {
    let parts = in_repository(path)?;
    let [folder @ ("objects" | "refs" | "logs"), rest @ ..] = parts.as_slice() else { return None };
    let before = path.len() - parts.join("/").len();
    (!rest.is_empty()).then(|| &path[..before + folder.len()])
}

/// Whether something in a repository is only data that nobody reads: objects, packs of them and what is kept about them, an index, a log. It
/// goes by how such files are called, since a submodule may be called like any of their folders.
pub fn is_data(path: &str) -> bool {
    let Some(parts) = in_repository(path) else { return false };
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_pack = |name: &str| {
        let name = name.strip_prefix("pack-").and_then(|name| name.split_once('.'));
        name.is_some_and(|(name, _)| is_hex(name))
    };
    match parts.as_slice() {
        // What is executed, and a line that says which commit is meant.
        parts if parts.contains(&"hooks") => false,
        ["modules", rest @ ..] if rest.contains(&"refs") => false,
        parts if parts.contains(&"refs") && !parts.contains(&"logs") => false,
        [.., "objects", start, rest] if start.len() == 2 => is_hex(start) && is_hex(rest),
        ["objects", "pack", _] => true,
        [.., "objects", "pack", name] => is_pack(name),
        ["objects", "info", name] => !name.ends_with("alternates"),
        ["lfs", "objects", _, _, name] => is_hex(name),
        ["index"] | ["worktrees", _, "index"] | ["modules", .., "index"] => true,
        ["logs", ..] | ["worktrees", _, "logs", ..] => true,
        _ => false,
    }
}
