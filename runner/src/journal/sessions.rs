//! Sessions of agents in the store: who they belong to, what was said in them, and the audit log of every call.
//!
//! What an entry of a session means is the business of [`crate::session`]; here it is JSON that is kept in order.

use super::StoreError;
use super::at::{At, Outcome};
use super::now;
use super::store::Store;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How many names an ambiguous one is told to be.
const MAX_CANDIDATES: usize = 5;

/// A session of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// 32 hexadecimal digits that nobody can guess.
    pub id: String,
    /// The session that it inherits its limits from.
    pub parent: Option<String>,
    /// Whose it is, by credential: nobody else can name it.
    pub principal: String,
    /// The client or project whose rules count, as the operator named it.
    pub scope: String,
    /// RFC 3339 in UTC.
    pub created_at: String,
}

/// Something that was said or happened in a session.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEntry<E> {
    /// From 1, without gaps.
    pub seq: u64,
    /// RFC 3339 in UTC.
    pub at: String,
    /// What.
    pub entry: E,
}

/// One call of an agent, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    /// RFC 3339 in UTC.
    pub at: String,
    /// The session, as far as there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Who, by credential.
    pub principal: String,
    /// Through what: `stdio`, `http` or `admin`.
    pub channel: String,
    /// What the client says it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The tool that was called.
    pub tool: String,
    /// The digest of the arguments.
    pub args: String,
    /// Whether it was allowed.
    pub allowed: bool,
    /// Why, or why not.
    pub why: String,
}

impl Store {
    /// Keeps a new session.
    pub fn add_session(&self, session: &StoredSession) -> Outcome<()> {
        let session = session.clone();
        self.work("keep the session", move |at, connection| {
            let insert = "INSERT INTO sessions (id, parent, principal, scope, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
            let StoredSession { id, parent, principal, scope, created_at } = &session;
            at.sql(connection.execute(insert, params![id, parent, principal, scope, created_at])).map(|_| ())
        })
    }

    /// The session with exactly this id.
    pub fn session(&self, id: &str) -> Outcome<Option<StoredSession>> {
        let id = id.to_owned();
        self.work("read the session", move |at, connection| select(&at, connection, "id = ?1", &id))
    }

    /// The session with this id, or the one whose id begins so: for those who may see all of them.
    pub fn session_named(&self, name: &str) -> Outcome<StoredSession> {
        let name = name.to_owned();
        self.work("read the session", move |at, connection| {
            let query = "SELECT id FROM sessions WHERE substr(id, 1, length(?1)) = ?1 AND ?1 <> '' ORDER BY id";
            let mut found: Vec<String> = at.rows(connection, query, [&name], |row| row.get(0))?;
            match (found.len(), found.first()) {
                (1, Some(id)) => select(&at, connection, "id = ?1", id)?
                    .ok_or_else(|| StoreError::Unknown { kind: "session", name: name.clone() }),
                (0, _) => Err(StoreError::Unknown { kind: "session", name: name.clone() }),
                _ => {
                    found.truncate(MAX_CANDIDATES);
                    Err(StoreError::Ambiguous { kind: "session", name: name.clone(), candidates: found })
                }
            }
        })
    }

    /// The newest session of a principal that is nobody's child.
    pub fn newest_session(&self, principal: &str) -> Outcome<Option<StoredSession>> {
        let principal = principal.to_owned();
        self.work("read the session", move |at, connection| {
            select(&at, connection, "principal = ?1 AND parent IS NULL ORDER BY rowid DESC LIMIT 1", &principal)
        })
    }

    /// All sessions, newest first.
    pub fn sessions(&self) -> Outcome<Vec<StoredSession>> {
        self.work("list the sessions", |at, connection| {
            let query = "SELECT id, parent, principal, scope, created_at FROM sessions ORDER BY rowid DESC";
            at.rows(connection, query, [], row_of_session)
        })
    }

    /// The sessions in which a run was handed in, or gone on with.
    pub fn sessions_of_run(&self, run: &str) -> Outcome<Vec<String>> {
        let run = run.to_owned();
        self.work("read the sessions of a run", move |at, connection| {
            let query =
                "SELECT DISTINCT session FROM session_entries WHERE json_extract(json, '$.run') = ?1 ORDER BY session";
            at.rows(connection, query, [&run], |row| row.get(0))
        })
    }

    /// What was said in a session, in order.
    pub fn session_entries<E: DeserializeOwned + Send + 'static>(&self, session: &str) -> Outcome<Vec<StoredEntry<E>>> {
        self.session_entries_after(session, 0)
    }

    /// The same, from behind an entry on.
    pub fn session_entries_after<E: DeserializeOwned + Send + 'static>(
        &self,
        session: &str,
        seq: u64,
    ) -> Outcome<Vec<StoredEntry<E>>> {
        let (session, seq) = (session.to_owned(), i64::try_from(seq).unwrap_or(i64::MAX));
        self.work("read the session", move |at, connection| {
            let query = "SELECT seq, at, json FROM session_entries WHERE session = ?1 AND seq > ?2 ORDER BY seq";
            let rows = at.rows(connection, query, params![session, seq], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
            })?;
            let what = |seq: i64| format!("entry {seq} of a session");
            let entry = |(seq, when, json): (i64, String, String)| {
                Ok(StoredEntry { seq: seq as u64, at: when, entry: at.parse(&what(seq), "", json)? })
            };
            rows.into_iter().map(entry).collect()
        })
    }

    /// Adds an entry to a session, unless it has as many as it may have, or one with this key already: two servers that
    /// add the same one at the same time add it once. Gives whether it was added.
    pub fn add_entry<E: Serialize>(&self, session: &str, key: Option<&str>, entry: &E, most: u64) -> Outcome<bool> {
        let (session, key) = (session.to_owned(), key.map(str::to_owned));
        let json = serde_json::to_string(entry).map_err(|error| StoreError::Io {
            attempt: "record what was said".into(),
            path: self.path().to_owned(),
            why: error.to_string(),
        })?;
        self.work("record what was said", move |at, connection| {
            let transaction = at.begin(connection)?;
            let insert = "INSERT INTO session_entries (session, seq, at, key, json)
                SELECT ?1, COALESCE(MAX(seq), 0) + 1, ?2, ?3, ?4 FROM session_entries WHERE session = ?1
                HAVING COUNT(*) < ?5 AND NOT EXISTS
                  (SELECT 1 FROM session_entries WHERE session = ?1 AND key = ?3)";
            let limit = i64::try_from(most).unwrap_or(i64::MAX);
            let added = at.sql(transaction.execute(insert, params![session, now(), key, json, limit]))?;
            at.sql(transaction.commit())?;
            Ok(added == 1)
        })
    }

    /// Writes a line of the audit log.
    pub fn audit(&self, row: &AuditRow) -> Outcome<()> {
        let row = row.clone();
        self.work("write the audit log", move |at, connection| {
            let insert = "INSERT INTO audit (at, session, principal, channel, client, tool, args, allowed, why)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
            let AuditRow { at: when, session, principal, channel, client, tool, args, allowed, why } = &row;
            let values = params![when, session, principal, channel, client, tool, args, allowed, why];
            at.sql(connection.execute(insert, values)).map(|_| ())
        })
    }

    /// The last lines of the audit log, oldest first: of one session, or of all.
    pub fn audit_log(&self, session: Option<&str>, limit: usize) -> Outcome<Vec<AuditRow>> {
        let session = session.map(str::to_owned);
        self.work("read the audit log", move |at, connection| {
            let query = "SELECT at, session, principal, channel, client, tool, args, allowed, why FROM audit
                WHERE ?1 IS NULL OR session = ?1 ORDER BY seq DESC LIMIT ?2";
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = at.rows(connection, query, params![session, limit], row_of_audit)?;
            rows.reverse();
            Ok(rows)
        })
    }
}

fn select(at: &At, connection: &Connection, condition: &str, value: &str) -> Outcome<Option<StoredSession>> {
    let query = format!("SELECT id, parent, principal, scope, created_at FROM sessions WHERE {condition}");
    at.sql(connection.query_row(&query, [value], row_of_session).optional())
}

fn row_of_session(row: &Row<'_>) -> rusqlite::Result<StoredSession> {
    Ok(StoredSession {
        id: row.get(0)?,
        parent: row.get(1)?,
        principal: row.get(2)?,
        scope: row.get(3)?,
        created_at: row.get(4)?,
    })
}

fn row_of_audit(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        at: row.get(0)?,
        session: row.get(1)?,
        principal: row.get(2)?,
        channel: row.get(3)?,
        client: row.get(4)?,
        tool: row.get(5)?,
        args: row.get(6)?,
        allowed: row.get(7)?,
        why: row.get(8)?,
    })
}
