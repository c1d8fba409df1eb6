//! The thread that owns the connection: records that wait at the same time share one transaction (group commit).
//!
//! Other work is done between groups. An answer is given only after the transaction is durable.

use super::at::{At, Outcome};
use super::schema::FORMAT;
use super::{StoreError, head};
use crate::seal::Keys;
use rusqlite::Connection;
use std::path::PathBuf;
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
    pub(super) fn start(connection: Connection, path: PathBuf, keys: Keys) -> Result<Writer, StoreError> {
        let (sender, receiver) = sync_channel(MAX_QUEUE);
        let at = At { attempt: "record what happened", path: path.clone(), keys };
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || serve(connection, &receiver, &at))
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

fn serve(mut connection: Connection, jobs: &Receiver<Job>, at: &At) {
    let mut next = jobs.recv();
    while let Ok(job) = next {
        next = match job {
            Job::Work(work) => {
                work(&mut connection);
                jobs.recv()
            }
            Job::Append { run, events, reply } => group(&mut connection, jobs, at, (run, events, reply)),
        };
    }
}

type Append = (String, Vec<String>, Reply);

/// Commits one record together with those that wait behind it; gives the job that comes next.
fn group(connection: &mut Connection, jobs: &Receiver<Job>, at: &At, first: Append) -> Result<Job, RecvError> {
    let mut group = vec![first];
    let mut next = None;
    while group.len() < MAX_GROUP && next.is_none() {
        match jobs.try_recv() {
            Ok(Job::Append { run, events, reply }) => group.push((run, events, reply)),
            Ok(other) => next = Some(other),
            Err(_) => break,
        }
    }
    let records = group.iter().map(|(run, events, _)| (run.as_str(), events.as_slice()));
    match append(connection, at, records) {
        Ok(outcomes) => group.into_iter().zip(outcomes).for_each(|((_, _, reply), outcome)| reply(outcome)),
        Err(error) => group.into_iter().for_each(|(_, _, reply)| reply(Err(error.clone()))),
    }
    next.map_or_else(|| jobs.recv(), Ok)
}

/// Appends all events in one transaction: all of them are durable, or none is there. A journal that is not as it was left
/// takes none, and keeps no other from taking theirs.
fn append<'e>(
    connection: &mut Connection,
    at: &At,
    records: impl Iterator<Item = (&'e str, &'e [String])>,
) -> Outcome<Vec<Outcome<()>>> {
    let transaction = at.begin(connection)?;
    // A newer planc may have taken the store over while this process had it open.
    let found: i64 = at.sql(transaction.pragma_query_value(None, "user_version", |row| row.get(0)))?;
    if found != FORMAT {
        let why = "the store was taken over by a newer planc".to_owned();
        return Err(StoreError::Io { attempt: at.attempt.into(), path: at.path.clone(), why });
    }
    let mut outcomes = Vec::new();
    for (run, events) in records {
        match head::append(at, &transaction, run, events) {
            Err(error) if !matches!(error, StoreError::Broken { .. }) => return Err(error),
            outcome => outcomes.push(outcome),
        }
    }
    at.sql(transaction.commit())?;
    Ok(outcomes)
}
