//! Looking at the simulated world, and remembering what was looked at: as simulated, and as the real tree has it.

use super::shown::{Shown, wrong_kind};
use super::{
    FOLDER_SEEN, FileError, Info, Kind, Listing, Look, MAX_FILE_BYTES, MAX_PATHS, Observation, Overlay, Sight, World,
    join, matches_seen, walk,
};
use crate::workspace::{Endings, Entry};
use std::sync::Arc;

impl Overlay {
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

    /// Looks at a path, and leaves aside what a call with unknown outcome may make of it.
    pub fn observe_path(&mut self, path: &str) -> Result<(), FileError> {
        self.saw_at(path)
    }

    /// What kind of thing is simulated at a path, also where a step with unknown outcome may have changed that.
    pub(crate) fn kind(&self, path: &str) -> Result<Kind, FileError> {
        Ok(self.look(path)?.kind)
    }

    /// Looks at a path that a program names, or goes by: of a folder it counts only that it is one.
    pub(crate) fn observe_named(&mut self, path: &str) -> Result<(), FileError> {
        if self.kind(path)? != Kind::Directory {
            return self.saw_at(path);
        }
        let look = Look::At { path: path.into() };
        if self.simulated(path).is_none() {
            self.saw_base(look.clone(), FOLDER_SEEN.into());
        }
        self.record(look, FOLDER_SEEN.into());
        Ok(())
    }

    /// Binds a path that a program names to what is there before the plan, whatever steps before leave there. Of a folder it counts
    /// only that it is one.
    pub(crate) fn hold(&mut self, path: &str) -> Result<(), FileError> {
        self.hold_look(Look::At { path: path.into() })
    }

    /// Binds which files are there that an interpreter may find by a name.
    pub(crate) fn hold_called(&mut self, path: String, endings: Endings) -> Result<(), FileError> {
        self.hold_look(Look::Called { path, endings })
    }

    /// The same, as a look at what is there now.
    pub(crate) fn observe_called(&mut self, path: String, endings: Endings) -> Result<(), FileError> {
        let look = Look::Called { path, endings };
        let seen = self.base.observe(&look)?;
        self.saw_base(look.clone(), seen.clone());
        self.record(look, seen);
        Ok(())
    }

    fn hold_look(&mut self, look: Look) -> Result<(), FileError> {
        let seen = match &look {
            Look::At { path } if self.base.kind(path)? == Kind::Directory => FOLDER_SEEN.to_owned(),
            _ => self.base.observe(&look)?,
        };
        self.saw_base(look.clone(), seen.clone());
        if self.named_looks.insert(look.clone()) {
            self.named.push(Observation { look, seen });
        }
        Ok(())
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

    /// Records a look at a program; programs are not simulated. Gives what is seen.
    pub fn observe_program(&mut self, name: &str) -> Result<String, FileError> {
        let look = Look::Program { name: name.into() };
        let seen = self.base.observe(&look)?;
        self.saw_base(look.clone(), seen.clone());
        self.record(look, seen.clone());
        Ok(seen)
    }

    pub(super) fn list_all(&mut self, path: &str) -> Result<Sight<Listing>, FileError> {
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

    pub(super) fn saw_at(&mut self, path: &str) -> Result<(), FileError> {
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

    pub(super) fn saw(&mut self, path: &str, shown: &Shown) {
        let Some(state) = shown.state() else { return };
        let look = Look::At { path: path.into() };
        if self.simulated(path).is_none() {
            self.saw_base(look.clone(), state.to_string());
        }
        self.record(look, state.to_string());
    }

    pub(super) fn saw_base(&mut self, look: Look, seen: String) {
        let is_kind_only = seen == FOLDER_SEEN;
        if self.base_looked.insert(look.clone()) {
            if is_kind_only {
                self.base_folders.insert(look.clone());
            }
            self.base_observations.push(Observation { look, seen });
        } else if !is_kind_only
            && self.base_folders.remove(&look)
            && let Some(said) = self.base_observations.iter_mut().find(|said| said.look == look)
        {
            // Somebody goes by its mode, too.
            said.seen = seen;
        }
    }

    pub(super) fn record(&mut self, look: Look, seen: String) {
        if self.looked.insert(look.clone()) {
            self.observations.push(Observation { look, seen });
        }
    }
}
