//! What goes wrong with files, as phrases that say what was attempted on what. Knows no tool and no plan.

use std::io;

/// Why a path cannot be used or an access failed. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The text is no path or glob.
    #[error("{0}")]
    Form(String),
    /// A link leads out of the workspace.
    #[error("`{path}` leads out of the workspace: `{link}` is a link to `{target}`")]
    Escapes {
        /// The path as written.
        path: String,
        /// The link on the way.
        link: String,
        /// Where it points.
        target: String,
    },
    /// Links lead in a circle, or are too many.
    #[error("`{path}` cannot be reached: more than {} links on the way, or links in a circle", super::MAX_LINKS)]
    Loop {
        /// The path as written.
        path: String,
    },
    /// Somebody else than planc would follow a link.
    #[error("`{path}` leads through the link `{link}`: whoever opens it without planc needs the path that it leads to")]
    Led {
        /// The path as written.
        path: String,
        /// The first link on the way.
        link: String,
    },
    /// Somebody else than planc would change a file under another name as well.
    #[error("`{path}` is a file that has another name, too: whoever changes it without planc changes that as well")]
    OtherName {
        /// The path.
        path: String,
    },
    /// Somebody else than planc would touch what is out of reach with the folder that it lies in, or may come to lie in.
    #[error(
        "`{path}` is not given to whoever opens it without planc: `{held}`, which is out of reach, would be touched with it"
    )]
    Holds {
        /// The path.
        path: String,
        /// What it holds.
        held: String,
    },
    /// planc's own configuration, state or program.
    #[error("`{path}` is planc's own: no tool may read or change it")]
    Protected {
        /// The path.
        path: String,
    },
    /// What the operator's configuration has run without asking anybody.
    #[error(
        "`{path}` cannot be changed: `planc.toml` names it as a part of a server or of the model's program, which runs before anybody approves anything"
    )]
    Wired {
        /// The path.
        path: String,
    },
    /// What another `planc.toml` rules, or the state of a workspace.
    #[error("`{path}` is out of reach: `{folder}` is a workspace of its own, or holds the state of one")]
    OtherWorkspace {
        /// The path.
        path: String,
        /// The folder.
        folder: String,
    },
    /// Nothing is there.
    #[error("`{path}` does not exist")]
    Missing {
        /// The path.
        path: String,
    },
    /// Something is there that must not be.
    #[error("`{path}` exists already")]
    Exists {
        /// The path.
        path: String,
    },
    /// Something else is there than is needed.
    #[error("`{path}` is {found}, not {wanted}")]
    Kind {
        /// The path.
        path: String,
        /// What is there, with its article.
        found: &'static str,
        /// What is needed, with its article.
        wanted: &'static str,
    },
    /// A name that the language cannot write: not UTF-8, or with control characters or backslashes.
    #[error("`{path}` holds a name that no plan can write: {name}")]
    Unnameable {
        /// The directory.
        path: String,
        /// The name, escaped.
        name: String,
    },
    /// A named limit is exceeded.
    #[error("{0}")]
    Limit(String),
    /// The operating system says no.
    #[error("could not {doing} `{path}`: {why}")]
    Io {
        /// What was attempted, as a verb.
        doing: &'static str,
        /// On what.
        path: String,
        /// What the operating system says.
        why: String,
    },
}

impl FileError {
    pub(crate) fn io(doing: &'static str, path: &str, error: impl Into<io::Error>) -> FileError {
        FileError::Io { doing, path: path.into(), why: reason(&error.into()) }
    }

    pub(crate) fn missing(path: &str) -> FileError {
        FileError::Missing { path: path.into() }
    }
}

/// Whether the system has no room for what is to be written, now: it may have later.
pub(crate) fn has_no_room(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge | ReadOnlyFilesystem)
}

/// What the operating system says, without its number.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
