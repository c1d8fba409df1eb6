//! The database: opening it safely, and its tables.
//!
//! `application_id` says that a file is a store of planc, `user_version` in which format. A newer format is refused: it is
//! not this program's to understand.

use super::at::{At, Outcome, place};
use super::{StoreError, head, now};
use crate::seal::Keys;
use rusqlite::{Connection, OptionalExtension};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of the database in the state directory.
pub(super) const FILE: &str = crate::config::STATE_NAME;

/// `PLNC` in ASCII.
const APPLICATION_ID: i64 = 0x504c_4e43;

/// What makes each format from the one before it, the first from nothing. An entry that was released is never changed: a
/// store that was made by it exists.
const FORMATS: [&str; 13] = [
    FIRST,
    CHAIN,
    MODES,
    BOUND,
    EXTRACTIONS,
    REPORTS,
    BOUNDED_APPROVALS,
    SESSIONS,
    PACED,
    STANDING,
    IDENTITY,
    INVENTORIES,
    WORKSPACE,
];

/// The format that this program writes.
pub(super) const FORMAT: i64 = FORMATS.len() as i64;

/// How long to wait for another process that is writing.
const BUSY: Duration = Duration::from_secs(10);

const FIRST: &str = "
CREATE TABLE plans (
  digest TEXT PRIMARY KEY, plan_digest TEXT NOT NULL, key TEXT NOT NULL, rev INTEGER NOT NULL, title TEXT NOT NULL,
  status TEXT NOT NULL, sources TEXT NOT NULL, inputs TEXT NOT NULL, report TEXT NOT NULL, predictions TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX plans_by_key ON plans (key, rev);
CREATE TABLE runs (
  id TEXT PRIMARY KEY, plan TEXT NOT NULL REFERENCES plans (digest), created_at TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_plan ON runs (plan);
CREATE TABLE approvals (
  id INTEGER PRIMARY KEY, digest TEXT NOT NULL, by TEXT NOT NULL, channel TEXT NOT NULL, at TEXT NOT NULL,
  consumed_by_run TEXT
) STRICT;
CREATE INDEX approvals_by_digest ON approvals (digest);
CREATE TABLE events (
  run TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE grants (tool TEXT PRIMARY KEY, by TEXT NOT NULL, at TEXT NOT NULL) STRICT;
";

/// Each record is linked to the one before it; the head of each chain is tagged with the key. What is there already is linked
/// by [`head::adopt`].
const CHAIN: &str = "
ALTER TABLE events ADD COLUMN link TEXT NOT NULL DEFAULT '';
CREATE TABLE heads (
  run TEXT PRIMARY KEY, seq INTEGER NOT NULL, link TEXT NOT NULL, adopted INTEGER NOT NULL, tag TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Modes: every change, and sessions.
const MODES: &str = "
CREATE TABLE IF NOT EXISTS mode_changes (
  id INTEGER PRIMARY KEY, target TEXT NOT NULL, name TEXT NOT NULL, setting TEXT NOT NULL, by TEXT NOT NULL,
  channel TEXT NOT NULL, why TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS mode_changes_by_name ON mode_changes (target, name, id);
CREATE TABLE IF NOT EXISTS mode_sessions (
  id TEXT PRIMARY KEY, scope TEXT, parent TEXT REFERENCES mode_sessions (id), by TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
";

/// Approvals have bounds and may be signed; those of before had neither, and are void. `clock` has the latest time that was
/// seen.
const BOUNDED_APPROVALS: &str = "
DROP TABLE IF EXISTS approval_uses;
DROP TABLE approvals;
CREATE TABLE approvals (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, deed TEXT, uses INTEGER NOT NULL,
  record TEXT NOT NULL, at TEXT NOT NULL, revoked TEXT
) STRICT;
CREATE INDEX approvals_by_digest ON approvals (digest);
CREATE INDEX approvals_by_deed ON approvals (deed);
CREATE TABLE approval_uses (
  approval INTEGER NOT NULL REFERENCES approvals (id), run TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (approval, run)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clock (id INTEGER PRIMARY KEY CHECK (id = 1), latest TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS authors (
  digest TEXT NOT NULL, credential TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (digest, credential)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS comments (
  id INTEGER PRIMARY KEY, digest TEXT NOT NULL, key TEXT NOT NULL, record TEXT NOT NULL, at TEXT NOT NULL, withdrawn TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS comments_by_key ON comments (key);
";

/// What the digest of a plan is of, as canonical JSON: sealed where the plan has secrets.
const BOUND: &str = "CREATE TABLE bounds (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;";

/// What models said, by what they were asked.
const EXTRACTIONS: &str = "
CREATE TABLE IF NOT EXISTS extractions (asked TEXT PRIMARY KEY, value TEXT NOT NULL, at TEXT NOT NULL) STRICT;
";

/// Reports of plan mode, one for each occasion, and every step of their delivery.
const REPORTS: &str = "
CREATE TABLE IF NOT EXISTS reports (
  id INTEGER PRIMARY KEY, occasion TEXT NOT NULL UNIQUE, scope TEXT, session TEXT, digest TEXT NOT NULL, title TEXT NOT NULL,
  why TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL, key TEXT NOT NULL, report TEXT NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS report_steps (
  id INTEGER PRIMARY KEY, report INTEGER NOT NULL REFERENCES reports (id), delivery TEXT NOT NULL, place TEXT NOT NULL,
  note TEXT, by TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS report_steps_by_report ON report_steps (report, id);
";

/// Sessions of agents, and the log of what they called.
const SESSIONS: &str = "
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, parent TEXT REFERENCES sessions (id), principal TEXT NOT NULL, scope TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS sessions_by_principal ON sessions (principal);
CREATE TABLE IF NOT EXISTS session_entries (
  session TEXT NOT NULL REFERENCES sessions (id), seq INTEGER NOT NULL, at TEXT NOT NULL, key TEXT, json TEXT NOT NULL,
  PRIMARY KEY (session, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS session_entries_by_key ON session_entries (session, key) WHERE key IS NOT NULL;
CREATE TABLE IF NOT EXISTS audit (
  seq INTEGER PRIMARY KEY, at TEXT NOT NULL, session TEXT, principal TEXT NOT NULL, channel TEXT NOT NULL, client TEXT,
  tool TEXT NOT NULL, args TEXT NOT NULL, allowed INTEGER NOT NULL, why TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS audit_by_session ON audit (session);
";

/// When calls of tools that have a limit were made, or will be.
const PACED: &str = "
CREATE TABLE IF NOT EXISTS paced (id INTEGER PRIMARY KEY, tool TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS paced_by_tool ON paced (tool, at_ms);
";

/// Standing answers, and every use of one. Those of before had no bounds, and lapse.
const STANDING: &str = "
CREATE TABLE IF NOT EXISTS standing (
  id INTEGER PRIMARY KEY, terms TEXT NOT NULL, by TEXT NOT NULL, why TEXT NOT NULL, at TEXT NOT NULL, tag TEXT NOT NULL,
  revoked_by TEXT, revoked_at TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS standing_uses (
  standing INTEGER NOT NULL REFERENCES standing (id), run TEXT NOT NULL, step TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (standing, run, step)
) STRICT, WITHOUT ROWID;
DELETE FROM grants;
";

/// What makes this database another one than any that was there before at its path.
const IDENTITY: &str = "
CREATE TABLE IF NOT EXISTS identity (id INTEGER PRIMARY KEY CHECK (id = 1), drawn TEXT NOT NULL) STRICT;
INSERT OR IGNORE INTO identity (id, drawn) VALUES (1, lower(hex(randomblob(32))));
";

/// What was in the workspace when a card was made, by the deed of its plan, and what is known of it since, by run; null: nobody knows.
const INVENTORIES: &str = "
CREATE TABLE IF NOT EXISTS inventories (
  id INTEGER PRIMARY KEY, of TEXT NOT NULL UNIQUE, at TEXT NOT NULL, inventory TEXT
) STRICT;
";

/// The root of the workspace that the state belongs to, as the system has it.
const WORKSPACE: &str = "
CREATE TABLE IF NOT EXISTS workspace (id INTEGER PRIMARY KEY CHECK (id = 1), root BLOB NOT NULL) STRICT;
";

/// Opens the database at `path` for a workspace, creating it where nothing is.
pub(super) fn open(path: &Path, workspace: &Path, keys: &Keys) -> Outcome<Connection> {
    let sql = |attempt: &'static str| move |error: rusqlite::Error| StoreError::of(&error, attempt, path);
    let mut connection = Connection::open(path).map_err(sql("open the store"))?;
    connection.busy_timeout(BUSY).map_err(sql("open the store"))?;
    check(&connection, path)?;
    write_ahead(&connection).map_err(sql("open the store for writing"))?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(sql("open the store for writing"))?;
    connection.pragma_update(None, "foreign_keys", true).map_err(sql("open the store for writing"))?;
    let at = At { attempt: "create the tables", path: path.to_owned(), keys: keys.clone() };
    create(&mut connection, workspace, &at)?;
    Ok(connection)
}

/// Switches to the write-ahead log. SQLite does not wait for a lock here, since two who switch at once would wait for each
/// other: who comes second tries again.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let begun = std::time::Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(rusqlite::Error::SqliteFailure(error, _))
                if error.code == rusqlite::ErrorCode::DatabaseBusy && begun.elapsed() < BUSY =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            outcome => return outcome,
        }
    }
}

/// Refuses a file that is something else, and a newer format, before anything is written.
fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let sql = |error: rusqlite::Error| StoreError::of(&error, "open the store", path);
    // One look: another process may be creating the tables.
    let look = connection.unchecked_transaction().map_err(sql)?;
    let application: i64 = look.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(sql)?;
    let found: i64 = look.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(sql)?;
    let table: Option<String> =
        look.query_row("SELECT name FROM sqlite_master LIMIT 1", [], |row| row.get(0)).optional().map_err(sql)?;
    drop(look);
    let is_new = application == 0 && found == 0 && table.is_none();
    if application != APPLICATION_ID && !is_new {
        return Err(StoreError::NotAStore { path: path.to_owned() });
    }
    if found > FORMAT {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: FORMAT });
    }
    Ok(())
}

/// Brings the tables to the present format, once, whoever comes first; the state is that of their workspace.
fn create(connection: &mut Connection, workspace: &Path, at: &At) -> Outcome<()> {
    let transaction = at.begin(connection)?;
    let found: i64 = at.sql(transaction.pragma_query_value(None, "user_version", |row| row.get(0)))?;
    for tables in FORMATS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        at.sql(transaction.execute_batch(tables))?;
        if *tables == CHAIN {
            head::adopt(at, &transaction)?;
        }
    }
    if found < FORMAT {
        at.sql(transaction.pragma_update(None, "application_id", APPLICATION_ID))?;
        at.sql(transaction.pragma_update(None, "user_version", FORMAT))?;
    }
    belongs(&transaction, workspace, at)?;
    at.sql(transaction.commit())
}

/// Nobody knows for which workspace these were given.
const LAPSE: &str = "UPDATE standing SET revoked_by = 'planc', revoked_at = ?1 WHERE revoked_at IS NULL";

/// Refuses the state of another workspace. One that is of none yet belongs from now on to the one that its plans are bound to, else to
/// this one.
fn belongs(connection: &Connection, workspace: &Path, at: &At) -> Outcome<()> {
    let root = workspace.as_os_str().as_bytes();
    let kept = || connection.query_row("SELECT root FROM workspace", [], |row| row.get(0)).optional();
    let kept: Vec<u8> = match at.sql(kept())? {
        Some(kept) => kept,
        None => {
            let kept = match planned_in(connection, at)? {
                // As it is bound, a name is what can be shown of it.
                Some(planned) if planned != workspace.to_string_lossy() => planned.into_bytes(),
                Some(_) => root.to_owned(),
                None => {
                    at.sql(connection.execute(LAPSE, [now()]))?;
                    root.to_owned()
                }
            };
            at.sql(connection.execute("INSERT INTO workspace (id, root) VALUES (1, ?1)", [&kept]))?;
            kept
        }
    };
    match kept == root {
        true => Ok(()),
        false => {
            let workspace = PathBuf::from(OsString::from_vec(kept));
            Err(StoreError::OfAnother { path: at.path.clone(), workspace })
        }
    }
}

/// The workspace that the earliest plan is bound to that says one; none: no plan does.
fn planned_in(connection: &Connection, at: &At) -> Outcome<Option<String>> {
    let query = "SELECT plans.digest, bounds.text FROM plans JOIN bounds USING (digest) ORDER BY plans.rowid";
    let mut plans = at.sql(connection.prepare(query))?;
    let mut rows = at.sql(plans.query([]))?;
    while let Some(row) = at.sql(rows.next())? {
        let (digest, text): (String, String) = at.sql(row.get(0).and_then(|digest| Ok((digest, row.get(1)?))))?;
        // What does not open says nothing.
        let bound = at.opened("the plan", &place(&digest, "bound"), text).ok();
        let bound: Option<serde_json::Value> = bound.and_then(|text| serde_json::from_str(&text).ok());
        if let Some(root) = bound.as_ref().and_then(|bound| bound.get("workspace")?.as_str()) {
            return Ok(Some(root.to_owned()));
        }
    }
    Ok(None)
}
