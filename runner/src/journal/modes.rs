//! Changes of modes, and sessions, in the store: who set what, when and why. Nothing is ever overwritten.
//!
//! What follows from them is the business of [`crate::mode`].

use super::at::{At, Outcome};
use super::store::Store;
use super::{StoreError, now};
use crate::config::Setting;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The longest chain of sessions.
const MAX_SESSIONS_DEEP: usize = 64;

/// A place in the tree of modes of which something can be said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "place", content = "name", rename_all = "lowercase")]
pub enum Place {
    /// Above all scopes.
    Everything,
    /// A scope.
    Scope(String),
    /// A session.
    Session(String),
}

impl Place {
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Place::Everything => ("everything", ""),
            Place::Scope(name) => ("scope", name),
            Place::Session(id) => ("session", id),
        }
    }

    fn of(target: &str, name: String) -> Option<Place> {
        match target {
            "everything" => Some(Place::Everything),
            "scope" => Some(Place::Scope(name)),
            "session" => Some(Place::Session(name)),
            _ => None,
        }
    }
}

/// A change of what is said of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModeChange {
    /// Of what.
    #[serde(flatten)]
    pub place: Place,
    /// What is said from here on.
    pub setting: Setting,
    /// Who said so: the account, or what a credential belongs to.
    pub by: String,
    /// How: `terminal`, `credential`, `anybody`.
    pub channel: String,
    /// Why.
    pub why: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

/// A session, as it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModeSession {
    /// 32 hexadecimal digits that cannot be guessed.
    pub id: String,
    /// The scope that it was opened in.
    pub scope: Option<String>,
    /// The session that opened it.
    pub parent: Option<String>,
    /// Who opened it.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

const CHANGE: &str = "target, name, setting, by, channel, why, at";

impl Store {
    /// Records a change; it counts from the next request on.
    pub fn record_mode(&self, change: &ModeChange) -> Outcome<()> {
        let change = change.clone();
        self.work("record the change of mode", move |at, connection| insert(&at, connection, &change))
    }

    /// What was said last of a place; none: nothing ever.
    pub fn mode_of(&self, place: &Place) -> Outcome<Option<ModeChange>> {
        let place = place.clone();
        self.work("read the modes", move |at, connection| {
            let query =
                format!("SELECT {CHANGE} FROM mode_changes WHERE target = ?1 AND name = ?2 ORDER BY id DESC LIMIT 1");
            let (target, name) = place.parts();
            let row = at.sql(connection.query_row(&query, [target, name], parts).optional())?;
            row.map(|row| change(&at, row)).transpose()
        })
    }

    /// Every change of modes, newest first, at most `limit`.
    pub fn mode_changes(&self, limit: u32) -> Outcome<Vec<ModeChange>> {
        self.work("read the modes", move |at, connection| {
            let query = format!("SELECT {CHANGE} FROM mode_changes ORDER BY id DESC LIMIT ?1");
            at.rows(connection, &query, [limit], parts)?.into_iter().map(|row| change(&at, row)).collect()
        })
    }

    /// A number that is another one after every change of modes, read beside everything else that goes on.
    pub fn mode_counter(&self) -> Outcome<ModeCounter> {
        let path = self.path().to_owned();
        let failed = |error: rusqlite::Error| StoreError::of(&error, "read the modes", &path);
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
        Ok(ModeCounter { connection: Mutex::new(connection), path })
    }

    /// Opens a session, with what is said of it from the beginning.
    pub fn open_mode_session(&self, session: &ModeSession, first: &ModeChange) -> Outcome<()> {
        let (session, first) = (session.clone(), first.clone());
        self.work("open the session", move |at, connection| {
            let transaction = at.begin(connection)?;
            let ModeSession { id, scope, parent, by, at: when } = &session;
            let new = "INSERT INTO mode_sessions (id, scope, parent, by, at) VALUES (?1, ?2, ?3, ?4, ?5)";
            at.sql(transaction.execute(new, params![id, scope, parent, by, when]))?;
            insert(&at, &transaction, &first)?;
            at.sql(transaction.commit())
        })
    }

    /// A session with those that opened it, itself first; empty: there is none with this name.
    pub fn mode_session(&self, id: &str) -> Outcome<Vec<ModeSession>> {
        let id = id.to_owned();
        self.work("read the session", move |at, connection| {
            let query = "SELECT id, scope, parent, by, at FROM mode_sessions WHERE id = ?1";
            let mut chain: Vec<ModeSession> = Vec::new();
            let mut next = Some(id);
            while let Some(id) = next {
                let row = connection.query_row(query, [&id], |row| {
                    let (id, scope, parent, by, at) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
                    Ok(ModeSession { id, scope, parent, by, at })
                });
                let Some(session) = at.sql(row.optional())? else { break };
                next = session.parent.clone();
                chain.push(session);
                if chain.len() > MAX_SESSIONS_DEEP {
                    return Err(at.damaged("a session", "too many sessions opened one another"));
                }
            }
            Ok(chain)
        })
    }
}

/// Reads whether anybody changed a mode, without waiting for what is being written.
pub struct ModeCounter {
    connection: Mutex<Connection>,
    path: PathBuf,
}

impl ModeCounter {
    /// A number that is another one after every change.
    pub fn read(&self) -> Outcome<i64> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || -> rusqlite::Result<i64> {
            let mut newest = connection.prepare_cached("SELECT COALESCE(MAX(id), 0) FROM mode_changes")?;
            newest.query_row([], |row| row.get(0))
        };
        read().map_err(|error| StoreError::of(&error, "read the modes", &self.path))
    }
}

type Parts = (String, String, String, String, String, String, String);

fn parts(row: &Row<'_>) -> rusqlite::Result<Parts> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

fn change(at: &At, (target, name, setting, by, channel, why, when): Parts) -> Outcome<ModeChange> {
    let unreadable = |what: &str| at.damaged("a change of mode", &format!("`{what}` means nothing here"));
    let place = Place::of(&target, name).ok_or_else(|| unreadable(&target))?;
    let setting = match setting.as_str() {
        "inherit" => Setting::Inherit,
        "execute" => Setting::Execute,
        "plan" => Setting::Plan,
        other => return Err(unreadable(other)),
    };
    Ok(ModeChange { place, setting, by, channel, why, at: when })
}

fn insert(at: &At, connection: &Connection, change: &ModeChange) -> Outcome<()> {
    let ModeChange { place, setting, by, channel, why, .. } = change;
    let (target, name) = place.parts();
    let new =
        "INSERT INTO mode_changes (target, name, setting, by, channel, why, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    at.sql(connection.execute(new, params![target, name, setting.as_str(), by, channel, why, now()])).map(|_| ())
}
