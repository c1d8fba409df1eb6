//! The store: plans, runs, approvals, events and standing grants, by name.
//!
//! Every function returns when what it did is durable. They block for the length of a transaction; the one that a run
//! calls all the time, [`Journal::record`], does not block its thread.

use super::records::{Grant, StoredEvent, StoredPlan, StoredRun, StoredSource};
use super::writer::{Job, Writer};
use super::{Journal, StoreError, now, schema};
use crate::event::{Approved, Event};
use crate::report::PlanStatus;
use crate::tool::Future_;
use planc_lang::digest::Digest;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

/// How many names an ambiguous one is told to be.
const MAX_CANDIDATES: usize = 5;

/// How often a name for a run is drawn again when it is taken.
const MAX_DRAWS: usize = 100;

/// The store of one state directory. Clones are handles on the same connection.
#[derive(Clone)]
pub struct Store {
    writer: Arc<Writer>,
}

/// The journal of one run.
#[derive(Clone)]
pub struct RunJournal {
    writer: Arc<Writer>,
    run: String,
}

type Outcome<T> = Result<T, StoreError>;

impl Store {
    /// Opens the store in a state directory, creating both where they are missing. Refuses a file that is no store, and
    /// one that a newer planc has written.
    pub fn open(state: &Path) -> Outcome<Store> {
        std::fs::create_dir_all(state).map_err(|error| StoreError::io(&error, "create the state directory", state))?;
        let path = state.join(schema::FILE);
        let connection = schema::open(&path)?;
        Ok(Store { writer: Arc::new(Writer::start(connection, path)?) })
    }

    /// The database.
    pub fn path(&self) -> &Path {
        &self.writer.path
    }

    /// Stores a plan, or what became of it: a plan with this digest is replaced, except that one which is approved or
    /// under way keeps its status. A plan that waits for approval gets a run, so that it can be named.
    pub fn save_plan(&self, plan: &StoredPlan) -> Outcome<()> {
        let plan = plan.clone();
        self.work("store the plan", move |at, connection| {
            let transaction = at.begin(connection)?;
            insert_plan(&at, &transaction, &plan)?;
            if plan.status == PlanStatus::NeedsApproval {
                waiting_run(&at, &transaction, &plan.digest)?;
            }
            at.sql(transaction.commit())
        })
    }

    /// The plan with this digest, or the one whose digest begins so (with or without `sha256:`).
    pub fn plan(&self, name: &str) -> Outcome<StoredPlan> {
        let name = name.to_owned();
        self.work("read the plan", move |at, connection| {
            let prefix = name.strip_prefix("sha256:").unwrap_or(&name).to_ascii_lowercase();
            let digest = one(&at, connection, "plan", &name, &format!("sha256:{prefix}"))?;
            select_plan(&at, connection, "digest = ?1", &digest)?
                .ok_or(StoreError::Unknown { kind: "plan", name: name.clone() })
        })
    }

    /// The newest revision of a plan.
    pub fn latest_rev(&self, key: &str) -> Outcome<Option<StoredPlan>> {
        let key = key.to_owned();
        self.work("read the plan", move |at, connection| {
            select_plan(&at, connection, "key = ?1 ORDER BY rev DESC, rowid DESC LIMIT 1", &key)
        })
    }

    /// Sets where a plan is in its life.
    pub fn set_plan_status(&self, digest: &Digest, status: PlanStatus) -> Outcome<()> {
        let digest = digest.to_string();
        self.work("store the status of the plan", move |at, connection| {
            let status = at.text(&status)?;
            let changed =
                at.sql(connection.execute("UPDATE plans SET status = ?2 WHERE digest = ?1", params![digest, status]))?;
            match changed {
                0 => Err(StoreError::Unknown { kind: "plan", name: digest.clone() }),
                _ => Ok(()),
            }
        })
    }

    /// The run of a stored plan that has not begun; a new one where all have.
    pub fn open_run(&self, plan: &Digest) -> Outcome<StoredRun> {
        let plan = *plan;
        self.work("create a run", move |at, connection| {
            let transaction = at.begin(connection)?;
            let run = waiting_run(&at, &transaction, &plan)?;
            at.sql(transaction.commit())?;
            Ok(run)
        })
    }

    /// The run with this name, or the one whose name begins so.
    pub fn run(&self, name: &str) -> Outcome<StoredRun> {
        let name = name.to_owned();
        self.work("read the run", move |at, connection| {
            let id = one(&at, connection, "run", &name, &name.to_ascii_lowercase())?;
            let query = "SELECT id, plan, created_at FROM runs WHERE id = ?1";
            at.row(connection.query_row(query, [&id], row_of_run))?.map_err(|why| at.damaged("a run", &why))
        })
    }

    /// All runs, newest first.
    pub fn runs(&self) -> Outcome<Vec<StoredRun>> {
        self.work("list the runs", |at, connection| {
            let query = "SELECT id, plan, created_at FROM runs ORDER BY created_at DESC, rowid DESC";
            let rows = at.rows(connection, query, [], row_of_run)?;
            rows.into_iter().map(|row| row.map_err(|why| at.damaged("a run", &why))).collect()
        })
    }

    /// Records a yes; it may be used up once.
    pub fn record_approval(&self, approval: &Approved) -> Outcome<()> {
        let approval = approval.clone();
        self.work("record the approval", move |at, connection| {
            let Approved { digest, by, channel, at: when } = &approval;
            let insert = "INSERT INTO approvals (digest, by, channel, at) VALUES (?1, ?2, ?3, ?4)";
            at.sql(connection.execute(insert, params![digest.to_string(), by, channel, when])).map(|_| ())
        })
    }

    /// Uses up a yes for a digest, oldest first; none: there is none left. A run that has used one up gets the same
    /// again, so that a crash right after loses nothing.
    pub fn consume_approval(&self, digest: &Digest, run: &str) -> Outcome<Option<Approved>> {
        let (digest, run) = (*digest, run.to_owned());
        self.work("use up the approval", move |at, connection| {
            let update = "UPDATE approvals SET consumed_by_run = ?2 WHERE id =
                (SELECT id FROM approvals WHERE digest = ?1 AND (consumed_by_run IS NULL OR consumed_by_run = ?2)
                 ORDER BY consumed_by_run IS NULL, id LIMIT 1) RETURNING by, channel, at";
            let transaction = at.begin(connection)?;
            let row = transaction.query_row(update, params![digest.to_string(), run], |row| {
                Ok(Approved { digest, by: row.get(0)?, channel: row.get(1)?, at: row.get(2)? })
            });
            let approved = at.sql(row.optional())?;
            at.sql(transaction.commit())?;
            Ok(approved)
        })
    }

    /// Whether a yes for a digest is there that no run has used up.
    pub fn has_approval(&self, digest: &Digest) -> Outcome<bool> {
        let digest = digest.to_string();
        self.work("read the approvals", move |at, connection| {
            let query = "SELECT EXISTS (SELECT 1 FROM approvals WHERE digest = ?1 AND consumed_by_run IS NULL)";
            at.row(connection.query_row(query, [&digest], |row| row.get(0)))
        })
    }

    /// Takes back every yes for a digest that no run has used up.
    pub fn revoke_approvals(&self, digest: &Digest) -> Outcome<usize> {
        let digest = digest.to_string();
        self.work("take back the approval", move |at, connection| {
            at.sql(connection.execute("DELETE FROM approvals WHERE digest = ?1 AND consumed_by_run IS NULL", [&digest]))
        })
    }

    /// What happened in a run, in order.
    pub fn events(&self, run: &str) -> Outcome<Vec<StoredEvent>> {
        let run = run.to_owned();
        self.work("read the journal", move |at, connection| {
            let query = "SELECT seq, at, json FROM events WHERE run = ?1 ORDER BY seq";
            let rows = at.rows(connection, query, [&run], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
            })?;
            let event = |(seq, when, json): (i64, String, String)| {
                let event = at.parse(&format!("event {seq} of run `{run}`"), &json)?;
                Ok(StoredEvent { seq: seq as u64, at: when, event })
            };
            rows.into_iter().map(event).collect()
        })
    }

    /// Appends events to a run: all of them are durable when this returns, or none is there.
    pub fn append(&self, run: &str, events: &[Event]) -> Outcome<()> {
        let (sender, receiver) = mpsc::channel();
        let reply = Box::new(move |outcome| {
            // Who asked may be gone.
            let _ = sender.send(outcome);
        });
        let closed = || StoreError::Closed { attempt: "record what happened".into() };
        if !self.writer.send(Job::Append { run: run.to_owned(), events: events.to_vec(), reply }) {
            return Err(closed());
        }
        receiver.recv().unwrap_or_else(|_| Err(closed()))
    }

    /// The journal of a run.
    pub fn journal(&self, run: &str) -> RunJournal {
        RunJournal { writer: self.writer.clone(), run: run.to_owned() }
    }

    /// Tools to whose every call somebody said yes, by name.
    pub fn grants(&self) -> Outcome<Vec<Grant>> {
        self.work("list the standing answers", |at, connection| {
            at.rows(connection, "SELECT tool, by, at FROM grants ORDER BY tool", [], |row| {
                Ok(Grant { tool: row.get(0)?, by: row.get(1)?, at: row.get(2)? })
            })
        })
    }

    /// Remembers a yes to every further call of a tool.
    pub fn add_grant(&self, tool: &str, by: &str) -> Outcome<()> {
        let (tool, by) = (tool.to_owned(), by.to_owned());
        self.work(GRANT, move |at, connection| insert_grant(&at, connection, &tool, &by))
    }

    /// Forgets it; whether it was there.
    pub fn remove_grant(&self, tool: &str) -> Outcome<bool> {
        let tool = tool.to_owned();
        self.work("forget the standing answer", move |at, connection| {
            at.sql(connection.execute("DELETE FROM grants WHERE tool = ?1", [&tool])).map(|removed| removed > 0)
        })
    }

    /// Does work on the connection and waits for it.
    fn work<T: Send + 'static>(
        &self,
        attempt: &'static str,
        work: impl FnOnce(At, &mut Connection) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let (sender, receiver) = mpsc::channel();
        let at = At { attempt, path: self.writer.path.clone() };
        let job = Box::new(move |connection: &mut Connection| {
            // Who asked may be gone.
            let _ = sender.send(work(at, connection));
        });
        let closed = || StoreError::Closed { attempt: attempt.into() };
        if !self.writer.send(Job::Work(job)) {
            return Err(closed());
        }
        receiver.recv().map_err(|_| closed())?
    }
}

const GRANT: &str = "remember the standing answer";

impl Journal for RunJournal {
    fn record(&self, event: Event) -> Future_<'_, Outcome<()>> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let reply = Box::new(move |outcome| {
            // Who asked may be gone; the record is durable all the same.
            let _ = sender.send(outcome);
        });
        let sent = self.writer.send(Job::Append { run: self.run.clone(), events: vec![event], reply });
        Box::pin(async move {
            let closed = StoreError::Closed { attempt: "record what happened".into() };
            match sent {
                true => receiver.await.unwrap_or(Err(closed)),
                false => Err(closed),
            }
        })
    }

    fn events(&self) -> Future_<'_, Outcome<Vec<Event>>> {
        let store = Store { writer: self.writer.clone() };
        Box::pin(async move { Ok(store.events(&self.run)?.into_iter().map(|stored| stored.event).collect()) })
    }

    fn grant<'a>(&'a self, tool: &'a str, by: &'a str) -> Future_<'a, Outcome<()>> {
        let store = Store { writer: self.writer.clone() };
        Box::pin(async move { store.add_grant(tool, by) })
    }
}

/// What is being attempted on which file, for errors.
struct At {
    attempt: &'static str,
    path: PathBuf,
}

impl At {
    fn sql<T>(&self, outcome: rusqlite::Result<T>) -> Outcome<T> {
        outcome.map_err(|error| StoreError::of(&error, self.attempt, &self.path))
    }

    fn row<T>(&self, outcome: rusqlite::Result<T>) -> Outcome<T> {
        self.sql(outcome)
    }

    fn begin<'c>(&self, connection: &'c mut Connection) -> Outcome<rusqlite::Transaction<'c>> {
        self.sql(connection.transaction_with_behavior(TransactionBehavior::Immediate))
    }

    fn rows<T>(
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

    fn json(&self, value: &impl Serialize) -> Outcome<String> {
        serde_json::to_string(value).map_err(|error| StoreError::Io {
            attempt: self.attempt.into(),
            path: self.path.clone(),
            why: error.to_string(),
        })
    }

    /// A unit variant as its bare name.
    fn text(&self, value: &impl Serialize) -> Outcome<String> {
        Ok(self.json(value)?.trim_matches('"').to_owned())
    }

    fn parse<T: DeserializeOwned>(&self, what: &str, json: &str) -> Outcome<T> {
        serde_json::from_str(json).map_err(|error| self.damaged(what, &error.to_string()))
    }

    fn damaged(&self, what: &str, why: &str) -> StoreError {
        StoreError::Damaged { what: what.to_owned(), path: self.path.clone(), why: why.to_owned() }
    }
}

fn insert_plan(at: &At, connection: &Connection, plan: &StoredPlan) -> Outcome<()> {
    let insert = "INSERT INTO plans VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        ON CONFLICT (digest) DO UPDATE SET key = excluded.key, rev = excluded.rev, title = excluded.title,
        sources = excluded.sources, inputs = excluded.inputs, report = excluded.report,
        predictions = excluded.predictions, status = CASE
          WHEN plans.status IN ('approved', 'executing', 'verifying', 'paused', 'in_doubt') THEN plans.status
          ELSE excluded.status END";
    let values = params![
        plan.digest.to_string(),
        plan.plan_digest.to_string(),
        plan.key,
        plan.rev,
        plan.title,
        at.text(&plan.status)?,
        at.json(&plan.sources)?,
        at.json(&plan.inputs)?,
        at.json(&plan.report)?,
        at.json(&plan.predictions)?,
        plan.created_at,
    ];
    at.sql(connection.execute(insert, values)).map(|_| ())
}

fn select_plan(at: &At, connection: &Connection, condition: &str, value: &str) -> Outcome<Option<StoredPlan>> {
    let query = format!(
        "SELECT digest, plan_digest, key, rev, title, status, sources, inputs, report, predictions, created_at
         FROM plans WHERE {condition}"
    );
    let columns = at.sql(
        connection
            .query_row(&query, [value], |row| {
                let texts = [0, 1, 2, 4, 5, 6, 7, 8, 9, 10].map(|column| row.get::<_, String>(column));
                let texts = texts.into_iter().collect::<rusqlite::Result<Vec<String>>>()?;
                Ok((row.get::<_, u32>(3)?, texts))
            })
            .optional(),
    )?;
    let Some((rev, texts)) = columns else { return Ok(None) };
    let what = format!("plan `{}`", texts[0]);
    let digest = |text: &str| text.parse::<Digest>().map_err(|error| at.damaged(&what, &error.to_string()));
    Ok(Some(StoredPlan {
        digest: digest(&texts[0])?,
        plan_digest: digest(&texts[1])?,
        key: texts[2].clone(),
        rev,
        title: texts[3].clone(),
        status: at.parse(&what, &format!("\"{}\"", texts[4]))?,
        sources: at.parse::<Vec<StoredSource>>(&what, &texts[5])?,
        inputs: at.parse(&what, &texts[6])?,
        report: at.parse(&what, &texts[7])?,
        predictions: at.parse(&what, &texts[8])?,
        created_at: texts[9].clone(),
    }))
}

/// The only plan or run whose name begins with `prefix`.
fn one(at: &At, connection: &Connection, kind: &'static str, name: &str, prefix: &str) -> Outcome<String> {
    let (table, column, least) = match kind {
        "plan" => ("plans", "digest", "sha256:".len() + 1),
        _ => ("runs", "id", 1),
    };
    let query = format!("SELECT {column} FROM {table} WHERE substr({column}, 1, length(?1)) = ?1 ORDER BY {column}");
    let mut candidates: Vec<String> = match prefix.len() < least {
        true => Vec::new(),
        false => at.rows(connection, &query, [prefix], |row| row.get(0))?,
    };
    match candidates.len() {
        0 => Err(StoreError::Unknown { kind, name: name.to_owned() }),
        1 => Ok(candidates.remove(0)),
        _ => {
            candidates.truncate(MAX_CANDIDATES);
            Err(StoreError::Ambiguous { kind, name: name.to_owned(), candidates })
        }
    }
}

fn row_of_run(row: &Row<'_>) -> rusqlite::Result<Result<StoredRun, String>> {
    let (id, plan, created_at): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(plan.parse().map(|plan| StoredRun { id, plan, created_at }).map_err(|error| error.to_string()))
}

/// The run of a plan that has no event yet; a new one where there is none.
fn waiting_run(at: &At, connection: &Connection, plan: &Digest) -> Outcome<StoredRun> {
    let query = "SELECT id, plan, created_at FROM runs WHERE plan = ?1
        AND NOT EXISTS (SELECT 1 FROM events WHERE run = runs.id) ORDER BY rowid DESC LIMIT 1";
    let found = at.sql(connection.query_row(query, [plan.to_string()], row_of_run).optional())?;
    if let Some(run) = found {
        return run.map_err(|why| at.damaged("a run", &why));
    }
    let insert = "INSERT OR IGNORE INTO runs (id, plan, created_at) VALUES (?1, ?2, ?3)";
    for _ in 0..MAX_DRAWS {
        let id = uuid::Uuid::new_v4().simple().to_string()[..8].to_owned();
        let created_at = now();
        if at.sql(connection.execute(insert, params![id, plan.to_string(), created_at]))? == 1 {
            return Ok(StoredRun { id, plan: *plan, created_at });
        }
    }
    Err(StoreError::Unknown { kind: "plan", name: plan.to_string() })
}

fn insert_grant(at: &At, connection: &Connection, tool: &str, by: &str) -> Outcome<()> {
    let insert = "INSERT INTO grants (tool, by, at) VALUES (?1, ?2, ?3) ON CONFLICT (tool) DO NOTHING";
    at.sql(connection.execute(insert, params![tool, by, now()])).map(|_| ())
}
