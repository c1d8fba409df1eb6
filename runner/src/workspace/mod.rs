//! The files that plans work on: what is there, what a call would change, and changing it so that it can be taken back.
//!
//! Everything is relative to one open directory and stays inside it, links included.

//!
//! A path as written ⟶ [`resolve`](Workspace::resolve), links followed inside the workspace only ⟶ access without
//! following any link ⟶ [`FileState`]s ⟶ [`Change`]s gathered by an [`Overlay`] ⟶ [`Workspace::apply`] ⟶
//! [`Workspace::restore`].

mod error;
mod confined;
mod guard;
mod listing;
mod resolve;
mod walk;
mod program;
mod versioned;
mod root;
mod completed;
mod called;
mod leads;
mod hidden;
mod contents;
mod attributes;
mod readers;
mod apply;
mod overlay;
mod direct;
mod names;
mod foreign;

pub use apply::{Applied, ApplyError};
pub use called::Endings;
pub(crate) use called::stem_at;
pub use contents::{Contents, Held};
pub use error::FileError;
pub use guard::is_own_temporary;
pub(crate) use hidden::Found;
pub use listing::{Entry, Info, Kind, Listing};
pub(crate) use overlay::ordered;
pub use overlay::{Executable, Overlay, Sight, UnknownChange};
pub use program::find_program;
pub(crate) use program::seen as seen_program;
pub(crate) use readers::{private, shared};
pub use root::Workspace;
pub(crate) use root::{BEHIND_A_LINK, digested};
pub use versioned::{MAX_INDEX_BYTES, Versioned, is_in_work_tree};

use planc_lang::digest::Digest;
use planc_lang::secrets::HIDDEN;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The largest file that is read, written, or kept for taking back: 64 MiB.
pub const MAX_FILE_BYTES: u64 = 64 << 20;
/// The most paths that one call lists, matches or changes.
pub const MAX_PATHS: usize = 100_000;
/// The most paths that one call looks at while it walks a tree.
pub const MAX_WALKED: usize = 1_000_000;
/// The most bytes, earlier and later contents together, of all changes that one call makes: 256 MiB.
pub const MAX_CALL_BYTES: u64 = 256 << 20;
/// The most bytes of different contents that all calls of one simulation may start from and end in: they are in memory.
pub const MAX_HELD_BYTES: u64 = 1 << 30;
/// The most links that are followed to reach one path.
pub const MAX_LINKS: usize = 40;
/// What the names of temporary files begin with; no tool sees or touches them.
pub const TEMPORARY_PREFIX: &str = ".planc-";

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FileState {
    /// Nothing.
    Absent,
    /// A regular file.
    File {
        /// The digest of its content; the content is in the content store where planc needs it again.
        #[schemars(with = "String")]
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

impl FileState {
    /// The bits by which a file gives whoever runs it the rights of its owner or group. planc makes no file that has them.
    pub const RIGHTS: u32 = 0o6000;

    /// The same where nobody is told what is in the file: the digest of nothing that can be, and 0 bytes; nor where a link leads.
    pub fn without_content(&self) -> FileState {
        match self {
            FileState::File { mode, .. } => FileState::File { digest: Digest([0; 32]), bytes: 0, mode: *mode },
            FileState::Link { .. } => FileState::Link { target: HIDDEN.to_owned() },
            other @ (FileState::Absent | FileState::Directory { .. } | FileState::Other) => other.clone(),
        }
    }

    /// Whether nobody is told what is in it.
    pub fn is_untold(&self) -> bool {
        matches!(self, FileState::File { .. } | FileState::Link { .. }) && *self == self.without_content()
    }

    /// Whether something is in this state, in as far as this one tells what is in a file.
    pub fn fits(&self, other: &FileState) -> bool {
        self == other || self.is_untold() && *self == other.without_content()
    }

    /// The same; a file without those bits.
    pub(crate) fn without_rights(self) -> FileState {
        match self {
            FileState::File { digest, bytes, mode } => {
                FileState::File { digest, bytes, mode: mode & !FileState::RIGHTS }
            }
            other => other,
        }
    }
}

/// A change of one path. A call's changes are applied in order; each is atomic and may be repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Relative to the workspace, links resolved.
    pub path: String,
    /// What must be there before.
    pub before: FileState,
    /// What is there afterwards.
    pub after: FileState,
    /// The mode with which it is made again where this is taken back; none: as it was. A file that is made again has neither the group nor the
    /// list of access of the one that was there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub remade: Option<u32>,
    /// Whether it was made of what others have put there since the card was made: what was there before, or what a file tool has read.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub of_others: bool,
    /// Whether a file tool has made it of what the run itself had left, and that nobody may have seen: what it read, or what led there.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub of_unseen: bool,
}

impl Change {
    /// One path becomes another; nothing more is known of it.
    pub fn new(path: impl Into<String>, before: FileState, after: FileState) -> Change {
        Change { path: path.into(), before, after, remade: None, of_others: false, of_unseen: false }
    }

    /// The change that takes this one back.
    pub fn reversed(&self) -> Change {
        let after = self.remade.map_or_else(|| self.before.clone(), |mode| self.before.with_mode(mode));
        Change::new(self.path.clone(), self.after.clone(), after)
    }
}

impl FileState {
    /// A file or a folder with another mode.
    pub(crate) fn with_mode(&self, mode: u32) -> FileState {
        match self {
            FileState::File { digest, bytes, .. } => FileState::File { digest: *digest, bytes: *bytes, mode },
            FileState::Directory { .. } => FileState::Directory { mode },
            other @ (FileState::Absent | FileState::Link { .. } | FileState::Other) => other.clone(),
        }
    }

    /// The mode of a file or a folder.
    pub(crate) fn mode(&self) -> Option<u32> {
        match self {
            FileState::File { mode, .. } | FileState::Directory { mode } => Some(*mode),
            FileState::Absent | FileState::Link { .. } | FileState::Other => None,
        }
    }
}

impl FileState {
    /// The digest of a regular file's content.
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            FileState::File { digest, .. } => Some(digest),
            FileState::Absent | FileState::Directory { .. } | FileState::Link { .. } | FileState::Other => None,
        }
    }
}

/// How the observation of a folder begins; all of it where only that it is one counts.
pub(crate) const FOLDER_SEEN: &str = "directory";

/// Whether what is found is what was seen.
pub(crate) fn is_as_seen(found: &str, seen: &str) -> bool {
    found == seen || seen == FOLDER_SEEN && found.starts_with(FOLDER_SEEN)
}

/// As an observation is written.
impl std::fmt::Display for FileState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FileState::Absent => f.write_str("absent"),
            FileState::File { mode, .. } if self.is_untold() => write!(f, "file {mode:04o} {HIDDEN}"),
            FileState::File { digest, mode, .. } => write!(f, "file {mode:04o} {digest}"),
            FileState::Directory { mode } => write!(f, "{FOLDER_SEEN} {mode:04o}"),
            FileState::Link { target } => write!(f, "link → {target}"),
            FileState::Other => f.write_str("other"),
        }
    }
}

/// What a call looked at, so that it can be looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "look", rename_all = "snake_case")]
pub enum Look {
    /// What is at a path: content and mode of a file, target of a link, or that nothing is there.
    At {
        /// The path.
        path: String,
    },
    /// The names and kinds of what a directory holds, and the sizes of files.
    Entries {
        /// The directory.
        path: String,
    },
    /// The files that are called as a path is, with an ending: which of them are there.
    Called {
        /// The path, without an ending.
        path: String,
        /// The endings.
        endings: Endings,
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
    /// A part of a step's call, as it was computed: nothing of the workspace.
    Call {
        /// The step.
        step: String,
        /// `when`, or the name of a parameter.
        part: String,
    },
    /// What the server of a tool says of it: nothing of the workspace.
    Tool {
        /// Its full name.
        tool: String,
    },
}

impl Look {
    /// The path of what lies at one place; none: the look is at something else.
    pub fn at(&self) -> Option<&str> {
        match self {
            Look::At { path } => Some(path),
            Look::Entries { .. }
            | Look::Called { .. }
            | Look::Matches { .. }
            | Look::Program { .. }
            | Look::Call { .. }
            | Look::Tool { .. } => None,
        }
    }
}

/// Which file is at a path, and when it was last changed in any way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// By device and number.
    pub(crate) file: (u64, u64),
    pub(crate) is_folder: bool,
    pub(crate) changed: (i128, i128),
}

/// A look and what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Observation {
    /// Where was looked.
    pub look: Look,
    /// What was seen, comparable as text: `absent`, `file 0644 sha256:…`, `directory 0755`, `link → target`,
    /// `3 entries sha256:…`, `3 paths sha256:…`, `/usr/bin/cargo sha256:…`.
    pub seen: String,
}
