//! What is being attempted on which file: errors of the database and of the key, told with that.

use super::StoreError;
use super::chain::Break;
use crate::seal::{Keys, Sealer};
use rusqlite::{Connection, Row, TransactionBehavior};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;

pub(super) type Outcome<T> = Result<T, StoreError>;

/// What is being attempted on which file, for errors, and with which key.
pub(super) struct At {
    pub(super) attempt: &'static str,
    pub(super) path: PathBuf,
    pub(super) keys: Keys,
}

impl At {
    /// A journal that is not as it was written.
    pub(super) fn broken(&self, run: &str, why: &Break) -> StoreError {
        StoreError::Broken { run: run.to_owned(), path: self.path.clone(), why: why.to_string() }
    }

    /// The key, for tags.
    pub(super) fn sealer(&self) -> Outcome<&Sealer> {
        self.keys.sealer().map_err(|error| StoreError::Io {
            attempt: self.attempt.into(),
            path: self.path.clone(),
            why: error.to_string(),
        })
    }

    pub(super) fn sql<T>(&self, outcome: rusqlite::Result<T>) -> Outcome<T> {
        outcome.map_err(|error| StoreError::of(&error, self.attempt, &self.path))
    }

    pub(super) fn begin<'c>(&self, connection: &'c mut Connection) -> Outcome<rusqlite::Transaction<'c>> {
        self.sql(connection.transaction_with_behavior(TransactionBehavior::Immediate))
    }

    pub(super) fn rows<T>(
        &self,
        connection: &Connection,
        query: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Outcome<Vec<T>> {
        let mut statement = self.sql(connection.prepare(query))?;
        let rows = self.sql(statement.query_map(params, read))?;
        self.sql(rows.collect())
    }

    pub(super) fn json(&self, value: &impl Serialize) -> Outcome<String> {
        serde_json::to_string(value).map_err(|error| StoreError::Io {
            attempt: self.attempt.into(),
            path: self.path.clone(),
            why: error.to_string(),
        })
    }

    /// A unit variant as its bare name.
    pub(super) fn text(&self, value: &impl Serialize) -> Outcome<String> {
        Ok(self.json(value)?.trim_matches('"').to_owned())
    }

    /// What a text says that may be sealed for a place.
    pub(super) fn parse<T: DeserializeOwned>(&self, what: &str, place: &str, text: String) -> Outcome<T> {
        let json = self.opened(what, place, text)?;
        serde_json::from_str(&json).map_err(|error| self.damaged(what, &error.to_string()))
    }

    /// A text that may be sealed for a place.
    pub(super) fn opened(&self, what: &str, place: &str, text: String) -> Outcome<String> {
        self.keys.open(place, text).map_err(|error| self.damaged(what, &error.to_string()))
    }

    /// A text sealed for a place.
    pub(super) fn sealed(&self, place: &str, json: &str) -> Outcome<String> {
        let sealed = self.keys.sealer().and_then(|sealer| sealer.seal(place, json));
        sealed.map_err(|error| StoreError::Io {
            attempt: self.attempt.into(),
            path: self.path.clone(),
            why: error.to_string(),
        })
    }

    pub(super) fn damaged(&self, what: &str, why: &str) -> StoreError {
        StoreError::Damaged { what: what.to_owned(), path: self.path.clone(), why: why.to_owned() }
    }
}

/// The place for which a part of a plan is sealed.
pub(super) fn place(digest: &str, part: &str) -> String {
    format!("{part} of {digest}")
}
