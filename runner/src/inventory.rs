//! All that is in a workspace, by path ⟶ what is another one there than was.
//!
//! It says which file is at a path: the number that the file system knows it by, and the time of its last change of any kind, which is the
//! kernel's, and nobody can set it. Two of these are only ever compared for being the same. What is stored through a mapping leaves a
//! time only when its page was clean before, and on some file systems never: so of what was changed a short time before, and of everything
//! there, the content counts too.
//!
//! Folders of `[programs] scratch` are left out, and what a repository keeps by a name that is made of the content. Of what is mounted in the
//! workspace nobody knows: who serves it says any number, and to each who asks another content.

use crate::workspace::{digested, index_digest};
use jiff::{SignedDuration, Timestamp};
use planc_lang::digest::Digest;
use planc_lang::paths::within;
use rustix::fs::{Mode, OFlags, statfs};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
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
#[serde(transparent)]
pub struct Inventory(BTreeMap<String, Entry>);

/// Which one is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Entry {
    /// A folder, by its number and mode: what comes and goes in it is told by its own path.
    #[serde(rename = "d")]
    Folder(u64, u32),
    /// Anything else.
    #[serde(rename = "f")]
    Other(Numbers),
    /// The same with its content.
    #[serde(rename = "c")]
    Content(Numbers, Digest),
    /// The index of a repository, by what a commit would hold: what git remembers there of files changes whenever it is asked.
    #[serde(rename = "i")]
    Index(Digest),
    /// What nobody can say of whether it is the same: a pipe, a device, a folder of another file system, a link into the data of a
    /// repository, what cannot be looked at.
    #[serde(rename = "?")]
    Unknown,
}

/// The number of a file, the time of its last change in seconds and nanoseconds, and on another device than the workspace which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Numbers(u64, i64, i64, #[serde(skip_serializing_if = "Option::is_none", default)] Option<u64>);

impl Inventory {
    /// What is below `root` now, without contents. Blocks while it walks.
    pub fn of(root: &Path, scratch: &[String]) -> Inventory {
        let (from, left_out) = (root.to_owned(), scratch.to_vec());
        let device = root.metadata().map_or(0, |found| found.dev());
        let mut walk = ignore::WalkBuilder::new(root);
        walk.standard_filters(false).follow_links(false).same_file_system(true).filter_entry(move |entry| {
            let path = relative(&from, entry.path());
            !is_named_by_content(&path) && !left_out.iter().any(|folder| within(&path, folder))
        });
        let entries = walk.build().map(|entry| match entry {
            Ok(entry) => (relative(root, entry.path()), Entry::of(&entry, device)),
            // It names what could not be looked at.
            Err(error) => (error.to_string(), Entry::Unknown),
        });
        Inventory(entries.collect())
    }

    /// The same to compare later ones with: with contents, where a change of them might leave no time. Blocks while it reads.
    pub fn to_compare(mut self, root: &Path) -> Inventory {
        let now = Timestamp::now();
        let writes = |path: &Path| statfs(path).is_ok_and(|found| WRITTEN_BACK.contains(&(found.f_type as u64)));
        let mut written_back: BTreeMap<u64, bool> = BTreeMap::new();
        let mut may_hide = |entry: &Entry, place: &Path| {
            let Entry::Other(Numbers(_, seconds, ..)) = entry else { return false };
            let changed = Timestamp::from_second(*seconds).unwrap_or(now);
            let Ok(found) = place.symlink_metadata() else { return true };
            let is_recent = now.duration_since(changed) < UNWRITTEN;
            found.is_file() && (is_recent || !*written_back.entry(found.dev()).or_insert_with(|| writes(place)))
        };
        self.0.retain(|path, entry| {
            let place = root.join(path);
            let numbers = match *entry {
                Entry::Other(numbers) if may_hide(entry, &place) => numbers,
                _ => return true,
            };
            let content = digest(&place);
            let is_gone = content.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
            *entry = content.map_or(Entry::Unknown, |digest| Entry::Content(numbers, digest));
            !is_gone || path.starts_with(NO_TEXT)
        });
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

    /// Which one is at a path, in words; none: nobody can say.
    pub fn which(&self, path: &str) -> Option<String> {
        match self.0.get(path)? {
            Entry::Other(Numbers(number, seconds, rest, _)) | Entry::Content(Numbers(number, seconds, rest, _), _) => {
                let rest = i32::try_from(*rest).unwrap_or_default();
                let changed =
                    Timestamp::new(*seconds, rest).map_or_else(|error| error.to_string(), |time| time.to_string());
                Some(format!("number {number}, changed {changed}"))
            }
            Entry::Folder(..) | Entry::Index(_) | Entry::Unknown => None,
        }
    }

    /// Stands for all that is there.
    pub fn digest(&self) -> Digest {
        Digest::of_json(self)
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
    fn of(entry: &ignore::DirEntry, device: u64) -> Entry {
        let Ok(found) = std::fs::symlink_metadata(entry.path()) else { return Entry::Unknown };
        let kind = found.file_type();
        let pours = kind.is_fifo() || kind.is_char_device() || kind.is_block_device();
        let is_elsewhere = found.dev() != device;
        if pours || kind.is_dir() && is_elsewhere || kind.is_symlink() && leads_into_repository(entry.path()) {
            return Entry::Unknown;
        }
        if kind.is_file()
            && is_index(entry.path())
            && let Some(digest) = index_digest(entry.path())
        {
            return Entry::Index(digest);
        }
        match kind.is_dir() {
            true => Entry::Folder(found.ino(), found.mode()),
            false => {
                let device = is_elsewhere.then_some(found.dev());
                Entry::Other(Numbers(found.ino(), found.ctime(), found.ctime_nsec(), device))
            }
        }
    }

    /// Whether the same is there now. Blocks while it reads a content.
    fn is(&self, now: &Entry, place: &Path) -> bool {
        let is_content = match self {
            Entry::Content(_, then) => digest(place).is_ok_and(|digest| digest == *then),
            Entry::Folder(..) | Entry::Other(_) | Entry::Index(_) | Entry::Unknown => true,
        };
        self.is_numbered(now) && is_content
    }

    /// Whether the same numbers are there, whatever the content.
    fn is_numbered(&self, now: &Entry) -> bool {
        match (self, now) {
            (Entry::Folder(then, mode), Entry::Folder(now, present)) => (then, mode) == (now, present),
            (Entry::Other(then) | Entry::Content(then, _), Entry::Other(now) | Entry::Content(now, _)) => then == now,
            (Entry::Index(then), Entry::Index(now)) => then == now,
            (_, _) => false,
        }
    }
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

/// Whether a link leads to what is not looked at, so that nobody would see that it is another one.
fn leads_into_repository(link: &Path) -> bool {
    let led = link.canonicalize().unwrap_or_default();
    led.iter().any(|part| part.eq_ignore_ascii_case(GIT))
}

/// The parts of a path behind the folder of a repository; none: it is in none.
fn in_repository(path: &str) -> Option<Vec<&str>> {
    let mut parts = path.split('/').skip_while(|part| *part != GIT);
    parts.next()?;
    Some(parts.collect())
}

/// Whether a repository keeps something by a name that is made of its content: objects, also of a submodule.
fn is_named_by_content(path: &str) -> bool {
    let Some(parts) = in_repository(path) else { return false };
    let kept = parts.iter().position(|part| matches!(*part, "objects" | "lfs"));
    kept.is_some_and(|kept| {
        let before = &parts[..kept];
        before.is_empty()
            || before[0] == "modules" && !before.iter().any(|part| matches!(*part, "refs" | "logs" | "hooks"))
    })
}

/// Whether something in a repository says which commit is meant: what programs push and check out. It is a line or a few.
pub fn is_ref(path: &str) -> bool {
    let parts = in_repository(path).unwrap_or_default();
    parts.contains(&"refs") && !parts.contains(&"logs")
        || parts.last().is_some_and(|name| name.ends_with("HEAD") || *name == "packed-refs")
}

/// Whether a file is called like the index of a repository, of a worktree or of a submodule.
fn is_index(place: &Path) -> bool {
    place.file_name().is_some_and(|name| name == "index") && place.iter().any(|part| part == GIT)
}
