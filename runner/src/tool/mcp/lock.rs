//! What a server said of its tools when they were reviewed: `NAME.mcp.json` beside the catalogue `NAME.pl`.
//!
//! The pins in the catalogue say which of it counts; this file is for showing what changed, and for checking arguments
//! before there is a connection.

use super::ServerInfo;
use planc_lang::digest::Digest;
use planc_lang::import::pin;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The version of the form.
pub const LOCK_FORMAT: u32 = 1;
/// The largest file.
pub const MAX_LOCK_BYTES: usize = 64 << 20;

/// The recorded definitions of a server's tools.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lock {
    /// [`LOCK_FORMAT`]
    pub format: u32,
    /// The catalogue.
    pub catalogue: String,
    /// What the server said of itself.
    pub server: ServerInfo,
    /// Its tools, in its order.
    pub tools: Vec<Locked>,
}

/// A recorded definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Locked {
    /// What pins it.
    pub digest: Digest,
    /// As the server wrote it.
    pub definition: Value,
}

/// Why a lock file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LockError {
    /// A phrase.
    pub message: String,
}

impl Lock {
    /// Of definitions as the server wrote them.
    pub fn new(catalogue: &str, server: ServerInfo, definitions: &[Value]) -> Lock {
        let tools =
            definitions.iter().map(|definition| Locked { digest: pin(definition), definition: definition.clone() });
        Lock { format: LOCK_FORMAT, catalogue: catalogue.to_owned(), server, tools: tools.collect() }
    }

    /// Where the lock of a catalogue file lies.
    pub fn path_of(catalogue_file: &Path) -> PathBuf {
        catalogue_file.with_extension("mcp.json")
    }

    /// Reads one; none: there is no file.
    pub fn read(path: &Path) -> Result<Option<Lock>, LockError> {
        let failed = |why: String| LockError { message: format!("cannot read `{}`: {why}", path.display()) };
        let metadata = match path.metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error.to_string())),
        };
        if metadata.len() > MAX_LOCK_BYTES as u64 {
            return Err(failed(format!("it has more than {MAX_LOCK_BYTES} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        Lock::of_text(path, text.as_bytes()).map(Some)
    }

    /// The lock that a file holds.
    pub fn of_text(path: &Path, text: &[u8]) -> Result<Lock, LockError> {
        let failed = |why: String| LockError { message: format!("cannot read `{}`: {why}", path.display()) };
        let lock: Lock = serde_json::from_slice(text).map_err(|error| failed(error.to_string()))?;
        match lock.format == LOCK_FORMAT {
            true => Ok(lock),
            false => Err(failed(format!("its format is {}, and this planc knows {LOCK_FORMAT}", lock.format))),
        }
    }

    /// As it is written.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// The definitions whose digests are what is written beside them.
    pub fn definitions(&self) -> Vec<Value> {
        let sound = self.tools.iter().filter(|tool| pin(&tool.definition) == tool.digest);
        sound.map(|tool| tool.definition.clone()).collect()
    }
}
