//! The files that plans work on: what is there, what a call would change, and changing it so that it can be taken back.
//!
//! Everything is relative to one open directory and stays inside it, links included.

use planc_lang::digest::Digest;
use serde::{Deserialize, Serialize};

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FileState {
    /// Nothing.
    Absent,
    /// A regular file.
    File {
        /// The digest of its content; the content is in the content store where planc needs it again.
        digest: Digest,
        /// Its length.
        bytes: u64,
        /// Permission bits.
        mode: u32,
    },
    /// A directory.
    Directory {
        /// Permission bits.
        mode: u32,
    },
    /// A symbolic link, not followed.
    Link {
        /// Where it points, as stored.
        target: String,
    },
    /// A device, a socket, a pipe.
    Other,
}

/// A change of one path. A call's changes are applied in order; each is atomic and may be repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Relative to the workspace, links resolved.
    pub path: String,
    /// What must be there before.
    pub before: FileState,
    /// What is there afterwards.
    pub after: FileState,
}

/// What a call looked at, so that it can be looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "look", rename_all = "snake_case")]
pub enum Look {
    /// What is at a path: content and mode of a file, target of a link, or that nothing is there.
    At {
        /// The path.
        path: String,
    },
    /// The names and kinds of what a directory holds.
    Entries {
        /// The directory.
        path: String,
    },
    /// The paths that a glob matches.
    Matches {
        /// The glob.
        glob: String,
        /// Whether files that git ignores count.
        ignored: bool,
    },
    /// The executable that a program name stands for.
    Program {
        /// `argv[0]`
        name: String,
    },
}

/// A look and what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Where was looked.
    pub look: Look,
    /// What was seen, comparable as text: `absent`, `file 0644 sha256:…`, `directory`, `3 entries sha256:…`.
    pub seen: String,
}
