//! The thread that owns the connection: records that wait at the same time share one transaction (group commit).
//!
//! Other work is done between groups. An answer is given only after the transaction is durable.

use super::schema::FORMAT;
use super::{StoreError, now};
use rusqlite::{Connection, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvError, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// How many records share one transaction at most.
const MAX_GROUP: usize = 256;

/// How many jobs may wait; a sender waits when there are more.
const MAX_QUEUE: usize = 1024;

/// Where the outcome of a record goes.
pub(super) type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Work on the connection.
pub(super) enum Job {
    /// Appends events to a run, as they are kept.
    Append { run: String, events: Vec<String>, reply: Reply },
    /// Anything else; answers by itself.
    Work(Box<dyn FnOnce(&mut Connection) + Send>),
}

/// A handle on the thread; the thread ends, and the connection is closed, when it is dropped.
pub(super) struct Writer {
    pub(super) path: PathBuf,
    sender: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, path: PathBuf) -> Result<Writer, StoreError> {
        let (sender, receiver) = sync_channel(MAX_QUEUE);
        let store = path.clone();
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || serve(connection, &receiver, &store))
            .map_err(|error| StoreError::io(&error, "start the journal's thread", &path))?;
        Ok(Writer { path, sender: Some(sender), thread: Some(thread) })
    }

    /// Hands over a job; whether the thread still takes any.
    pub(super) fn send(&self, job: Job) -> bool {
        self.sender.as_ref().is_some_and(|sender| sender.send(job).is_ok())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was answered to those who waited, as a closed journal.
            let _ = thread.join();
        }
    }
}

fn serve(mut connection: Connection, jobs: &Receiver<Job>, path: &Path) {
    let mut next = jobs.recv();
    while let Ok(job) = next {
        next = match job {
            Job::Work(work) => {
                work(&mut connection);
                jobs.recv()
            }
            Job::Append { run, events, reply } => group(&mut connection, jobs, path, (run, events, reply)),
        };
    }
}

type Append = (String, Vec<String>, Reply);

/// Commits one record together with those that wait behind it; gives the job that comes next.
fn group(connection: &mut Connection, jobs: &Receiver<Job>, path: &Path, first: Append) -> Result<Job, RecvError> {
    let mut group = vec![first];
    let mut next = None;
    while group.len() < MAX_GROUP && next.is_none() {
        match jobs.try_recv() {
            Ok(Job::Append { run, events, reply }) => group.push((run, events, reply)),
            Ok(other) => next = Some(other),
            Err(_) => break,
        }
    }
    let outcome = append(connection, group.iter().map(|(run, events, _)| (run.as_str(), events.as_slice())));
    let outcome = outcome.map_err(|error| StoreError::of(&error, "record what happened", path));
    for (_, _, reply) in group {
        reply(outcome.clone());
    }
    next.map_or_else(|| jobs.recv(), Ok)
}

/// Appends all events in one transaction: all of them are durable, or none is there.
fn append<'e>(
    connection: &mut Connection,
    records: impl Iterator<Item = (&'e str, &'e [String])>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // A newer planc may have taken the store over while this process had it open.
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found != FORMAT {
        return Err(rusqlite::Error::ToSqlConversionFailure("the store was taken over by a newer planc".into()));
    }
    for (run, events) in records {
        append_events(&transaction, run, events)?;
    }
    transaction.commit()
}

fn append_events(connection: &Connection, run: &str, events: &[String]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO events (run, seq, at, json)
         VALUES (?1, (SELECT COALESCE(MAX(seq), 0) + 1 FROM events WHERE run = ?1), ?2, ?3)",
    )?;
    for event in events {
        insert.execute(params![run, now(), event])?;
    }
    Ok(())
}
