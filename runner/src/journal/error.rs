//! The ways in which the store can fail, each saying what was attempted on what.

use std::path::{Path, PathBuf};

/// Why the store did not do what was asked. Nothing that it said was durable is lost by any of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A newer planc has written here.
    #[error("cannot open `{path}`: written by a newer planc (format {found}, this one knows {known})")]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that is known here.
        known: i64,
    },
    /// The file is something else.
    #[error("cannot open `{path}`: it is no store of planc")]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The state of another workspace.
    #[error("cannot open `{path}`: it is the state of another workspace, `{workspace}`")]
    OfAnother {
        /// The database.
        path: PathBuf,
        /// The workspace that it belongs to.
        workspace: PathBuf,
    },
    /// The disk, or a quota, is full.
    #[error("cannot {attempt} in `{path}`: the disk is full")]
    Full {
        /// What was attempted.
        attempt: String,
        /// The database.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("cannot {attempt} in `{path}`: {why}")]
    Io {
        /// What was attempted.
        attempt: String,
        /// The database or its folder.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// Another process holds the database for longer than planc waits.
    #[error("cannot {attempt} in `{path}`: another process is writing to it")]
    Busy {
        /// What was attempted.
        attempt: String,
        /// The database.
        path: PathBuf,
    },
    /// Something that was stored cannot be read back.
    #[error("cannot read {what} in `{path}`: {why}")]
    Damaged {
        /// What was read.
        what: String,
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The journal of a run is not as it was written.
    #[error("the journal of run `{run}` in `{path}` is not as it was written: {why}")]
    Broken {
        /// The run.
        run: String,
        /// The database.
        path: PathBuf,
        /// Where it is broken.
        why: String,
    },
    /// Nothing has this name.
    #[error("there is no {kind} `{name}`")]
    Unknown {
        /// `run` or `plan`.
        kind: &'static str,
        /// What was asked for.
        name: String,
    },
    /// More than one thing begins so.
    #[error("`{name}` is ambiguous: the {kind}s {} begin with it", candidates.join(", "))]
    Ambiguous {
        /// `run` or `plan`.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What it could be.
        candidates: Vec<String>,
    },
    /// The thread that writes has ended.
    #[error("cannot {attempt}: the journal was closed")]
    Closed {
        /// What was attempted.
        attempt: String,
    },
}

impl StoreError {
    /// The world's fault behind an error of the database.
    pub(super) fn of(error: &rusqlite::Error, attempt: &str, path: &Path) -> StoreError {
        use rusqlite::ErrorCode;
        let (attempt, path) = (attempt.to_owned(), path.to_owned());
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full { attempt, path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { attempt, path },
            Some(ErrorCode::NotADatabase) => StoreError::NotAStore { path },
            Some(_) | None => StoreError::Io { attempt, path, why: phrase(&error.to_string()) },
        }
    }

    pub(super) fn io(error: &std::io::Error, attempt: &str, path: &Path) -> StoreError {
        let (attempt, path) = (attempt.to_owned(), path.to_owned());
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full { attempt, path },
            _ => StoreError::Io { attempt, path, why: phrase(&error.to_string()) },
        }
    }
}

/// A system's message as a phrase: it begins in lower case and has no full stop.
fn phrase(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
