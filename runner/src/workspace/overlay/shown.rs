//! What an overlay shows at a path: what was simulated there, or else what the real tree has.

use super::{Digest, FileError, FileState, Info, Kind, Listing, MAX_FILE_BYTES, Overlay, World, parent};
use crate::workspace::Entry;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What a simulated path holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Absent,
    File { bytes: Arc<[u8]>, digest: Digest, mode: Option<u32> },
    Directory { mode: Option<u32> },
    Link { target: String },
    Other,
}

impl Overlay {
    /// Whether what the real tree has beneath a directory is not what is simulated: the directory itself, or one above
    /// it, is no directory there, or no longer here.
    pub(super) fn is_new(&self, dir: &str) -> bool {
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
    pub(super) fn simulated(&self, path: &str) -> Option<&Shown> {
        match self.entries.get(path) {
            None if path != "." && self.is_new(parent(path)) => Some(&Shown::Absent),
            entry => entry,
        }
    }

    pub(super) fn load(&self, path: &str) -> Result<Shown, FileError> {
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
}

impl Shown {
    /// What a state shows; none: its content is not there.
    pub(super) fn of(state: &FileState, contents: &BTreeMap<Digest, Arc<[u8]>>) -> Option<Shown> {
        Some(match state {
            FileState::Absent => Shown::Absent,
            FileState::File { digest, mode, .. } => {
                Shown::File { bytes: contents.get(digest)?.clone(), digest: *digest, mode: Some(*mode) }
            }
            FileState::Directory { mode } => Shown::Directory { mode: Some(*mode) },
            FileState::Link { target } => Shown::Link { target: target.clone() },
            FileState::Other => Shown::Other,
        })
    }

    /// As a state; none where the mode cannot be told.
    pub(super) fn state(&self) -> Option<FileState> {
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

    pub(super) fn info(&self) -> Info {
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

pub(super) fn wrong_kind(path: &str, shown: &Shown, wanted: &'static str) -> FileError {
    match shown {
        Shown::Absent => FileError::missing(path),
        other => FileError::Kind { path: path.into(), found: other.info().kind.described(), wanted },
    }
}
