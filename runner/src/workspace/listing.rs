//! What is to be seen at a path and in a directory, as plain data, and as text that can be compared.

use planc_lang::digest::Digest;
use sha2::{Digest as _, Sha256};

/// What kind of thing is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing.
    Missing,
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, not followed.
    Link,
    /// A device, a socket, a pipe.
    Other,
}

impl Kind {
    /// As the tools call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Missing => "missing",
            Kind::File => "file",
            Kind::Directory => "directory",
            Kind::Link => "link",
            Kind::Other => "other",
        }
    }

    /// With its article.
    pub fn described(self) -> &'static str {
        match self {
            Kind::Missing => "missing",
            Kind::File => "a file",
            Kind::Directory => "a directory",
            Kind::Link => "a link",
            Kind::Other => "a pipe, socket or device",
        }
    }
}

/// What is at a path, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// What kind of thing.
    pub kind: Kind,
    /// The length of a file; 0 for everything else.
    pub bytes: u64,
    /// Permission bits; none where nothing is, and where a simulation cannot tell.
    pub mode: Option<u32>,
    /// Where a link points, as stored, where that is UTF-8.
    pub target: Option<String>,
}

impl Info {
    pub(super) const MISSING: Info = Info { kind: Kind::Missing, bytes: 0, mode: None, target: None };
}

/// Something in a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is; links are not followed.
    pub kind: Kind,
    /// The length of a file; 0 for everything else.
    pub bytes: u64,
}

/// What a directory holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// What plans may name, sorted by name.
    pub entries: Vec<Entry>,
    /// What no plan can name, escaped, sorted.
    pub unnameable: Vec<String>,
    /// What is planc's own, sorted.
    pub own: Vec<String>,
}

impl Listing {
    /// As an observation: what a plan can see, and that there is something that it cannot name.
    pub(super) fn seen(&self) -> String {
        let named = self.entries.iter().map(|entry| format!("{} {} {}", entry.kind.as_str(), entry.bytes, entry.name));
        let unnameable = self.unnameable.iter().map(|name| format!("? {name}"));
        count_and_digest(named.chain(unnameable), "entries")
    }
}

/// The paths of a glob as an observation.
pub(super) fn matches_seen(paths: &[String]) -> String {
    count_and_digest(paths.iter().cloned(), "paths")
}

fn count_and_digest(lines: impl Iterator<Item = String>, noun: &str) -> String {
    let mut hasher = Sha256::new();
    let mut count = 0;
    for line in lines {
        hasher.update(line.as_bytes());
        hasher.update(b"\n");
        count += 1;
    }
    format!("{count} {noun} {}", Digest(hasher.finalize().into()))
}
