//! The simulated workspace: calls of file tools ⟶ what they would change and what they looked at. The real tree is only
//! read. Dry runs and real runs use the same overlay; in a real run it lives for one call and its changes are applied.
//!
//! Paths given to methods other than `resolve*` and `glob` are resolved already.

mod changes;
mod unknown;

use super::error::FileError;
use super::resolve::{Info, Kind, Last, World};
use super::root::{Entry, Listing, Workspace, matches_seen};
use super::walk::{self, join, parent};
use super::{Change, FileState, Look, MAX_CALL_BYTES, MAX_FILE_BYTES, MAX_PATHS, Observation};
use changes::Touched;
pub use changes::UnknownChange;
use planc_lang::digest::Digest;
use planc_lang::effects::Resource;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use unknown::Mark;

/// The mode of a new file.
const NEW_FILE: u32 = 0o644;
/// The mode of a new directory.
const NEW_DIRECTORY: u32 = 0o755;

/// Something known, or known only after an earlier call has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight<T> {
    /// It is this.
    Known(T),
    /// It cannot be told before the run.
    Unknown {
        /// The step that may change it.
        by: String,
    },
}

impl<T> Sight<T> {
    /// The known value.
    pub fn known(self) -> Option<T> {
        match self {
            Sight::Known(value) => Some(value),
            Sight::Unknown { .. } => None,
        }
    }

    /// Changes the known value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sight<U> {
        match self {
            Sight::Known(value) => Sight::Known(change(value)),
            Sight::Unknown { by } => Sight::Unknown { by },
        }
    }
}

/// What a simulated path holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Shown {
    Absent,
    File { bytes: Arc<[u8]>, digest: Digest, mode: Option<u32> },
    Directory { mode: Option<u32> },
    Link { target: String },
    Other,
}

/// The simulated workspace.
#[derive(Debug)]
pub struct Overlay {
    base: Arc<Workspace>,
    /// Paths that were changed, as they are now.
    entries: BTreeMap<String, Shown>,
    marks: Vec<Mark>,
    step: String,
    touched: BTreeMap<String, Touched>,
    marks_before: Option<Vec<Mark>>,
    bytes: u64,
    observations: Vec<Observation>,
    looked: BTreeSet<Look>,
    base_observations: Vec<Observation>,
    base_looked: BTreeSet<Look>,
    contents: BTreeMap<Digest, Arc<[u8]>>,
}

impl Overlay {
    /// A simulation that shows the workspace as it is.
    pub fn new(base: Arc<Workspace>) -> Overlay {
        Overlay {
            base,
            entries: BTreeMap::new(),
            marks: Vec::new(),
            step: "an earlier step".into(),
            touched: BTreeMap::new(),
            marks_before: None,
            bytes: 0,
            observations: Vec::new(),
            looked: BTreeSet::new(),
            base_observations: Vec::new(),
            base_looked: BTreeSet::new(),
            contents: BTreeMap::new(),
        }
    }

    /// The workspace beneath.
    pub fn workspace(&self) -> &Arc<Workspace> {
        &self.base
    }

    /// Names the step that makes the next call, so that what the call makes unknown is said to be unknown because of it.
    pub fn begin(&mut self, step: &str) {
        self.step = step.into();
    }

    /// The name of the step that makes the present call.
    pub fn step(&self) -> &str {
        &self.step
    }

    /// Makes what a call with unknown outcome may touch unknown to later looks: a program or everything is the whole
    /// workspace, a path is all beneath it. Resources outside the workspace change nothing here.
    pub fn mark_unknown(&mut self, resource: &Resource, by: &str) {
        if let Some(mark) = Mark::new(resource, by) {
            self.marks_before.get_or_insert_with(|| self.marks.clone());
            self.marks.push(mark);
        }
    }

    /// Follows the links of a path in the simulated world. What an unknown call may have made of links on the way is not
    /// known: the path is the one that they give now, and is judged again when the call is made.
    pub fn resolve(&mut self, path: &str) -> Result<String, FileError> {
        self.resolve_with(path, Last::Follow)
    }

    /// Like [`resolve`](Overlay::resolve), but when the path ends in a link, that link itself is meant.
    pub fn resolve_link(&mut self, path: &str) -> Result<String, FileError> {
        self.resolve_with(path, Last::Keep)
    }

    /// As [`stat`](Overlay::stat), without being recorded as a look.
    pub fn stat_unseen(&self, path: &str) -> Result<Sight<Info>, FileError> {
        let info = self.look(path)?;
        Ok(self.unknown_at(path, info.kind).map_or(Sight::Known(info), |by| Sight::Unknown { by }))
    }

    /// What is at a path, links not followed.
    pub fn stat(&mut self, path: &str) -> Result<Sight<Info>, FileError> {
        let info = self.look(path)?;
        if let Some(by) = self.unknown_at(path, info.kind) {
            return Ok(Sight::Unknown { by });
        }
        self.saw_at(path)?;
        Ok(Sight::Known(info))
    }

    /// The content of a regular file, up to `max` bytes and [`MAX_FILE_BYTES`].
    pub fn read(&mut self, path: &str, max: u64) -> Result<Sight<Arc<[u8]>>, FileError> {
        let info = self.look(path)?;
        if let Some(by) = self.unknown_at(path, info.kind) {
            return Ok(Sight::Unknown { by });
        }
        let max = max.min(MAX_FILE_BYTES);
        if info.kind == Kind::File && info.bytes > max {
            return Err(FileError::Limit(format!("`{path}` has {} bytes, more than {max}", info.bytes)));
        }
        let shown = self.load(path)?;
        self.saw(path, &shown);
        match shown {
            Shown::File { bytes, .. } => Ok(Sight::Known(bytes)),
            other => Err(wrong_kind(path, &other, "a file")),
        }
    }

    /// What a directory holds, by name.
    pub fn list(&mut self, path: &str) -> Result<Sight<Vec<Entry>>, FileError> {
        Ok(self.list_all(path)?.map(|listing| listing.entries))
    }

    /// The regular files that a glob matches, sorted; see `fs.glob`.
    pub fn glob(&mut self, glob: &str, ignored: bool) -> Result<Sight<Vec<String>>, FileError> {
        if let Some(by) = self.unknown_in(glob) {
            return Ok(Sight::Unknown { by });
        }
        let paths = walk::matches(self, glob, ignored)?;
        let look = Look::Matches { glob: glob.into(), ignored };
        let base = match self.entries.is_empty() {
            true => matches_seen(&paths),
            false => self.base.observe(&look)?,
        };
        self.saw_base(look.clone(), base);
        self.record(look, matches_seen(&paths));
        Ok(Sight::Known(paths))
    }

    /// A path and all beneath it, those above before those beneath, each with what it is. A name beneath that no plan can
    /// write and what is planc's own are errors: such a tree is neither copied nor deleted.
    pub fn tree(&mut self, path: &str) -> Result<Sight<Vec<(String, Kind)>>, FileError> {
        let info = match self.stat(path)? {
            Sight::Known(info) => info,
            Sight::Unknown { by } => return Ok(Sight::Unknown { by }),
        };
        let mut found = vec![(path.to_owned(), info.kind)];
        let mut next = 0;
        while let Some((path, kind)) = found.get(next).cloned() {
            next += 1;
            if kind != Kind::Directory {
                continue;
            }
            let listing = match self.list_all(&path)? {
                Sight::Known(listing) => listing,
                Sight::Unknown { by } => return Ok(Sight::Unknown { by }),
            };
            if let Some(name) = listing.own.first() {
                return Err(FileError::Protected { path: join(&path, name) });
            }
            if let Some(name) = listing.unnameable.first() {
                return Err(FileError::Unnameable { path, name: name.clone() });
            }
            found.extend(listing.entries.into_iter().map(|entry| (join(&path, &entry.name), entry.kind)));
            if found.len() > MAX_PATHS {
                return Err(FileError::Limit(format!("`{}` holds more than {MAX_PATHS} paths", found[0].0)));
            }
        }
        found.sort();
        Ok(Sight::Known(found))
    }

    /// Creates a file or replaces what it holds; missing directories are made. A new file has mode 0644, or 0755 when it
    /// is to be executable; a replaced one keeps its permissions, and may be executed by whoever may read it when it is to
    /// be executable. Gives whether the file is new.
    pub fn write(&mut self, path: &str, bytes: Arc<[u8]>, executable: Executable) -> Result<Sight<bool>, FileError> {
        let before = self.before(path)?;
        let mode = match &before {
            Sight::Unknown { .. } => None,
            Sight::Known(Shown::Absent) => Some(executable.with(NEW_FILE)),
            Sight::Known(Shown::File { mode, .. }) => mode.map(|mode| executable.with(mode & 0o777)),
            Sight::Known(other) => return Err(wrong_kind(path, other, "a file")),
        };
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(FileError::Limit(format!("the content for `{path}` has more than {MAX_FILE_BYTES} bytes")));
        }
        self.make_dir(parent(path))?;
        let created = before.clone().map(|before| before == Shown::Absent);
        self.put(path, before, Shown::File { digest: Digest::of(&bytes), bytes, mode })?;
        Ok(created)
    }

    /// Makes a directory and those above it. Gives whether it is new.
    pub fn make_dir(&mut self, path: &str) -> Result<Sight<bool>, FileError> {
        if path == "." {
            return Ok(Sight::Known(false));
        }
        let before = self.before(path)?;
        match &before {
            Sight::Known(Shown::Directory { .. }) => return Ok(Sight::Known(false)),
            Sight::Known(Shown::Absent) => {}
            Sight::Known(other) => return Err(wrong_kind(path, other, "a directory")),
            // What is a directory now is left as it is.
            Sight::Unknown { by } if self.look(path)?.kind == Kind::Directory => {
                return Ok(Sight::Unknown { by: by.clone() });
            }
            Sight::Unknown { .. } => {}
        }
        self.make_dir(parent(path))?;
        let mode = matches!(before, Sight::Known(_)).then_some(NEW_DIRECTORY);
        let created = before.clone().map(|_| true);
        self.put(path, before, Shown::Directory { mode })?;
        Ok(created)
    }

    /// Copies one path, and nothing beneath it, to a path in a directory that exists: a file with its mode, a directory
    /// with its mode, a link as a link.
    pub fn copy_one(&mut self, from: &str, to: &str) -> Result<Sight<()>, FileError> {
        let shown = match self.before(from)? {
            Sight::Known(shown) => shown,
            Sight::Unknown { by } => return Ok(Sight::Unknown { by }),
        };
        match &shown {
            Shown::Absent => return Err(FileError::missing(from)),
            Shown::Other => return Err(wrong_kind(from, &shown, "a file, directory or link")),
            Shown::Directory { mode: Some(mode) } if mode & 0o300 != 0o300 => {
                let why = format!("nothing can be made in it with mode {mode:04o}");
                return Err(FileError::Io { doing: "copy the directory", path: from.into(), why });
            }
            Shown::File { .. } | Shown::Directory { .. } | Shown::Link { .. } => {}
        }
        let before = self.before(to)?;
        self.put(to, before, shown)?;
        Ok(Sight::Known(()))
    }

    /// Deletes one path: a file, a link, or a directory whose entries were all deleted before.
    pub fn delete(&mut self, path: &str) -> Result<Sight<()>, FileError> {
        let before = self.before(path)?;
        match &before {
            Sight::Unknown { by } => return Ok(Sight::Unknown { by: by.clone() }),
            Sight::Known(Shown::Absent) => return Err(FileError::missing(path)),
            Sight::Known(Shown::Other) => return Err(wrong_kind(path, &Shown::Other, "a file, directory or link")),
            Sight::Known(_) => {}
        }
        self.put(path, before, Shown::Absent)?;
        Ok(Sight::Known(()))
    }

    /// Everything that looks reached in the real tree, each once, as first seen: what an approval is bound to.
    pub fn base_observations(&self) -> &[Observation] {
        &self.base_observations
    }

    /// What the calls since the last time looked at, as the simulated world showed it. What may have been changed by a
    /// call with unknown outcome is left out.
    pub fn take_observations(&mut self) -> Vec<Observation> {
        self.looked.clear();
        std::mem::take(&mut self.observations)
    }

    /// The contents that changes start from and end in, by digest.
    pub fn contents(&self) -> &BTreeMap<Digest, Arc<[u8]>> {
        &self.contents
    }

    /// Records a look at a program. One of the workspace may have been written by an earlier call, or be unknown by now.
    /// Gives what is seen.
    pub fn observe_program(&mut self, name: &str) -> Result<String, FileError> {
        let look = Look::Program { name: name.into() };
        let Some(path) = name.strip_prefix("./") else { return self.observe_program_now(look) };
        let path = self.resolve(path)?;
        let kind = self.look(&path)?.kind;
        let simulated = match self.simulated(&path) {
            None => None,
            Some(Shown::File { digest, mode, .. }) if mode.unwrap_or_default() & 0o111 != 0 => {
                Some(format!("{} {digest}", self.base.root().join(&path).display()))
            }
            Some(_) => Some("absent".to_owned()),
        };
        match simulated {
            Some(seen) => {
                self.record(look, seen.clone());
                Ok(seen)
            }
            None if self.unknown_at(&path, kind).is_some() => self.observe_program_first(look),
            None => self.observe_program_now(look),
        }
    }

    fn observe_program_now(&mut self, look: Look) -> Result<String, FileError> {
        let seen = self.observe_program_first(look.clone())?;
        self.record(look, seen.clone());
        Ok(seen)
    }

    /// As it is before the plan.
    fn observe_program_first(&mut self, look: Look) -> Result<String, FileError> {
        let seen = self.base.observe(&look)?;
        self.saw_base(look, seen.clone());
        Ok(seen)
    }

    fn resolve_with(&mut self, path: &str, last: Last) -> Result<String, FileError> {
        let base = self.base.clone();
        let resolved = base.resolve_with(&*self, path, last)?;
        for link in &resolved.links {
            let shown = self.load(link)?;
            self.saw(link, &shown);
        }
        Ok(resolved.path)
    }

    fn list_all(&mut self, path: &str) -> Result<Sight<Listing>, FileError> {
        let info = self.look(path)?;
        if let Some(by) = self.unknown_at(path, info.kind).or_else(|| self.unknown_entries(path)) {
            return Ok(Sight::Unknown { by });
        }
        match info.kind {
            Kind::Directory => {}
            Kind::Missing => return Err(FileError::missing(path)),
            kind => return Err(FileError::Kind { path: path.into(), found: kind.described(), wanted: "a directory" }),
        }
        let listing = World::list(self, path)?;
        let look = Look::Entries { path: path.into() };
        if !self.is_new(path) {
            let base = self.base.listing(path)?.seen();
            self.saw_base(look.clone(), base);
        }
        self.record(look, listing.seen());
        Ok(Sight::Known(listing))
    }

    /// What is at a path with its content, seen because it is about to be changed or copied.
    fn before(&mut self, path: &str) -> Result<Sight<Shown>, FileError> {
        let info = self.look(path)?;
        if let Some(by) = self.unknown_at(path, info.kind) {
            return Ok(Sight::Unknown { by });
        }
        let shown = self.load(path)?;
        self.saw(path, &shown);
        Ok(Sight::Known(shown))
    }

    /// Whether what the real tree has beneath a directory is not what is simulated: the directory itself, or one above
    /// it, is no directory there, or no longer here.
    fn is_new(&self, dir: &str) -> bool {
        let mut above = dir;
        loop {
            let replaced = match self.entries.get(above) {
                None => false,
                Some(Shown::Directory { .. }) => !self.base.look(above).is_ok_and(|info| info.kind == Kind::Directory),
                Some(_) => true,
            };
            match above {
                _ if replaced => return true,
                "." => return false,
                _ => above = parent(above),
            }
        }
    }

    /// Whether the simulation says what is at a path; otherwise the real tree does.
    fn simulated(&self, path: &str) -> Option<&Shown> {
        match self.entries.get(path) {
            None if path != "." && self.is_new(parent(path)) => Some(&Shown::Absent),
            entry => entry,
        }
    }

    fn load(&self, path: &str) -> Result<Shown, FileError> {
        if let Some(shown) = self.simulated(path) {
            return Ok(shown.clone());
        }
        let info = self.base.look(path)?;
        Ok(match info.kind {
            Kind::File => {
                let (bytes, state) = self.base.load(path, MAX_FILE_BYTES)?;
                match state {
                    FileState::File { digest, mode, .. } => {
                        Shown::File { bytes: bytes.into(), digest, mode: Some(mode) }
                    }
                    _ => Shown::Other,
                }
            }
            Kind::Missing => Shown::Absent,
            Kind::Directory => Shown::Directory { mode: info.mode },
            Kind::Link => match info.target {
                Some(target) => Shown::Link { target },
                None => return Err(FileError::Form(format!("the link `{path}` has a target that is not UTF-8"))),
            },
            Kind::Other => Shown::Other,
        })
    }

    fn saw_at(&mut self, path: &str) -> Result<(), FileError> {
        match self.simulated(path).cloned() {
            Some(shown) => self.saw(path, &shown),
            None => {
                let look = Look::At { path: path.into() };
                let seen = self.base.observe(&look)?;
                self.saw_base(look.clone(), seen.clone());
                self.record(look, seen);
            }
        }
        Ok(())
    }

    fn saw(&mut self, path: &str, shown: &Shown) {
        let Some(state) = shown.state() else { return };
        let look = Look::At { path: path.into() };
        if self.simulated(path).is_none() {
            self.saw_base(look.clone(), state.to_string());
        }
        self.record(look, state.to_string());
    }

    fn saw_base(&mut self, look: Look, seen: String) {
        if self.base_looked.insert(look.clone()) {
            self.base_observations.push(Observation { look, seen });
        }
    }

    fn record(&mut self, look: Look, seen: String) {
        if self.looked.insert(look.clone()) {
            self.observations.push(Observation { look, seen });
        }
    }
}

/// Whether a file is to be executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executable {
    /// As it was; a new file is not.
    Unchanged,
    /// By whoever may read it.
    Yes,
}

impl Executable {
    fn with(self, mode: u32) -> u32 {
        match self {
            Executable::Unchanged => mode,
            Executable::Yes => mode | (mode & 0o444) >> 2,
        }
    }
}

impl Shown {
    /// As a state; none where the mode cannot be told.
    fn state(&self) -> Option<FileState> {
        Some(match self {
            Shown::Absent => FileState::Absent,
            Shown::File { bytes, digest, mode } => {
                FileState::File { digest: *digest, bytes: bytes.len() as u64, mode: (*mode)? }
            }
            Shown::Directory { mode } => FileState::Directory { mode: (*mode)? },
            Shown::Link { target } => FileState::Link { target: target.clone() },
            Shown::Other => FileState::Other,
        })
    }

    fn info(&self) -> Info {
        let (kind, bytes, mode, target) = match self {
            Shown::Absent => (Kind::Missing, 0, None, None),
            Shown::File { bytes, mode, .. } => (Kind::File, bytes.len() as u64, *mode, None),
            Shown::Directory { mode } => (Kind::Directory, 0, *mode, None),
            Shown::Link { target } => (Kind::Link, 0, Some(0o777), Some(target.clone())),
            Shown::Other => (Kind::Other, 0, None, None),
        };
        Info { kind, bytes, mode, target }
    }
}

impl World for Overlay {
    fn root(&self) -> &Path {
        self.base.root()
    }

    fn look(&self, path: &str) -> Result<Info, FileError> {
        match self.simulated(path) {
            Some(shown) => Ok(shown.info()),
            None => World::look(&*self.base, path),
        }
    }

    fn list(&self, path: &str) -> Result<Listing, FileError> {
        let mut listing = if self.is_new(path) { Listing::default() } else { self.base.listing(path)? };
        let prefix = if path == "." { String::new() } else { format!("{path}/") };
        let beneath = self.entries.range(prefix.clone()..).take_while(|(other, _)| other.starts_with(&prefix));
        let mut merged: BTreeMap<String, Entry> =
            listing.entries.drain(..).map(|entry| (entry.name.clone(), entry)).collect();
        for (other, shown) in beneath {
            let name = &other[prefix.len()..];
            if name.contains('/') {
                continue;
            }
            let Info { kind, bytes, .. } = shown.info();
            match kind {
                Kind::Missing => merged.remove(name),
                _ => merged.insert(name.to_owned(), Entry { name: name.to_owned(), kind, bytes }),
            };
        }
        listing.entries = merged.into_values().collect();
        Ok(listing)
    }

    fn small_text(&self, path: &str) -> Option<String> {
        match self.simulated(path) {
            Some(Shown::File { bytes, .. }) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Some(_) => None,
            None => self.base.small_text(path),
        }
    }
}

fn wrong_kind(path: &str, shown: &Shown, wanted: &'static str) -> FileError {
    match shown {
        Shown::Absent => FileError::missing(path),
        other => FileError::Kind { path: path.into(), found: other.info().kind.described(), wanted },
    }
}
