//! The store: a handle on the database, and the events of runs.
//!
//! Every function returns when what it did is durable. They block for the length of a transaction; the one that a run
//! calls all the time, [`Journal::record`], does not block its thread.

use super::at::{At, Outcome};
use super::chain::Record;
use super::records::StoredEvent;
use super::writer::{Job, Writer};
use super::{Grant, Journal, StoreError, head, schema};
use crate::approval::{Approved, Claim, Lack};
use crate::event::Event;
use crate::seal::Keys;
use crate::standing::Terms;
use crate::tool::Future_;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, mpsc};

/// The store of one state directory. Clones are handles on the same connection.
#[derive(Clone)]
pub struct Store {
    writer: Arc<Writer>,
    keys: Keys,
}

/// The journal of one run.
#[derive(Clone)]
pub struct RunJournal {
    store: Store,
    run: String,
    /// Whether what is recorded is sealed.
    is_sealed: bool,
}

/// The place for which the events of a run are sealed.
pub fn event_place(run: &str) -> String {
    format!("event of {run}")
}

impl Store {
    /// Opens the store in a state directory for a workspace, creating both where they are missing. Refuses a file that is no
    /// store, one that a newer planc has written, and one that belongs to another workspace: what was approved, done and set
    /// there says nothing of this one.
    pub fn open(state: &Path, workspace: &Path) -> Outcome<Store> {
        std::fs::create_dir_all(state).map_err(|error| StoreError::io(&error, "create the state directory", state))?;
        let path = state.join(schema::FILE);
        let keys = Keys::of(state);
        let root = workspace.canonicalize().map_err(|error| StoreError::io(&error, "open the workspace", workspace))?;
        let connection = schema::open(&path, &root, &keys)?;
        Ok(Store { writer: Arc::new(Writer::start(connection, path, keys.clone())?), keys })
    }

    /// The key of the state directory.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The database.
    pub fn path(&self) -> &Path {
        &self.writer.path
    }

    /// What happened in a run, in order. A journal that is not as it was written is refused.
    pub fn events(&self, run: &str) -> Outcome<Vec<StoredEvent>> {
        let run = run.to_owned();
        self.work("read the journal", move |at, connection| {
            let (records, _) = head::records(&at, connection, &run)?;
            let event = |record: Record| {
                let Record { seq, at: when, kept, .. } = record;
                let event = at.parse(&format!("event {seq} of run `{run}`"), &event_place(&run), kept)?;
                Ok(StoredEvent { seq, at: when, event })
            };
            records.into_iter().map(event).collect()
        })
    }

    /// The records of a run as they are kept, with how many of them were linked only after they were written. A journal that
    /// is not as it was written is refused.
    pub fn records(&self, run: &str) -> Outcome<(Vec<Record>, u64)> {
        let run = run.to_owned();
        self.work("read the journal", move |at, connection| head::records(&at, connection, &run))
    }

    /// Appends events to a run: all of them are durable when this returns, or none is there.
    pub fn append(&self, run: &str, events: &[Event]) -> Outcome<()> {
        self.journal(run).append(events)
    }

    fn append_kept(&self, run: &str, events: Vec<String>) -> Outcome<()> {
        let (sender, receiver) = mpsc::channel();
        let reply = Box::new(move |outcome| {
            // Who asked may be gone.
            let _ = sender.send(outcome);
        });
        let closed = || StoreError::Closed { attempt: "record what happened".into() };
        if !self.writer.send(Job::Append { run: run.to_owned(), events, reply }) {
            return Err(closed());
        }
        receiver.recv().unwrap_or_else(|_| Err(closed()))
    }

    /// The journal of a run.
    pub fn journal(&self, run: &str) -> RunJournal {
        RunJournal { store: self.clone(), run: run.to_owned(), is_sealed: false }
    }

    /// An event as it is kept.
    fn kept(&self, run: &str, event: &Event, is_sealed: bool) -> Outcome<String> {
        let at = self.at("record what happened");
        let json = at.json(event)?;
        if is_sealed { at.sealed(&event_place(run), &json) } else { Ok(json) }
    }

    fn at(&self, attempt: &'static str) -> At {
        At { attempt, path: self.writer.path.clone(), keys: self.keys.clone() }
    }

    /// Limits how large the database may grow, in pages of 4096 bytes, for as long as this is open. Past it every record
    /// is refused with [`StoreError::Full`].
    pub fn limit_pages(&self, pages: u32) -> Outcome<()> {
        self.work("limit the store", move |at, connection| {
            at.sql(connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())))
        })
    }

    /// Does work on the connection and waits for it.
    pub(super) fn work<T: Send + 'static>(
        &self,
        attempt: &'static str,
        work: impl FnOnce(At, &mut Connection) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let (sender, receiver) = mpsc::channel();
        let at = self.at(attempt);
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

impl RunJournal {
    /// The same journal, for a run with secrets: what is recorded from here on is sealed.
    pub fn sealed(self) -> RunJournal {
        RunJournal { is_sealed: true, ..self }
    }

    /// Appends events: all of them are durable when this returns, or none is there.
    pub fn append(&self, events: &[Event]) -> Outcome<()> {
        let kept = events.iter().map(|event| self.store.kept(&self.run, event, self.is_sealed));
        self.store.append_kept(&self.run, kept.collect::<Outcome<Vec<String>>>()?)
    }
}

impl Journal for RunJournal {
    fn record(&self, event: Event) -> Future_<'_, Outcome<()>> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let reply = Box::new(move |outcome| {
            // Who asked may be gone; the record is durable all the same.
            let _ = sender.send(outcome);
        });
        let kept = self.store.kept(&self.run, &event, self.is_sealed);
        let run = self.run.clone();
        let sent = kept.map(|event| self.store.writer.send(Job::Append { run, events: vec![event], reply }));
        Box::pin(async move {
            let closed = StoreError::Closed { attempt: "record what happened".into() };
            match sent? {
                true => receiver.await.unwrap_or(Err(closed)),
                false => Err(closed),
            }
        })
    }

    fn events(&self) -> Future_<'_, Outcome<Vec<Event>>> {
        let store = self.store.clone();
        Box::pin(async move { Ok(store.events(&self.run)?.into_iter().map(|stored| stored.event).collect()) })
    }

    fn take_approval<'a>(
        &'a self,
        claim: &'a Claim,
        recorded: Option<&'a Approved>,
    ) -> Future_<'a, Outcome<Result<Approved, Lack>>> {
        let (store, run, is_sealed, recorded) =
            (self.store.clone(), self.run.clone(), self.is_sealed, recorded.cloned());
        let kept = move |approval: &Approved| match recorded.as_ref() == Some(approval) {
            true => Ok(None),
            false => store.kept(&run, &Event::Approved { approval: approval.clone().into() }, is_sealed).map(Some),
        };
        Box::pin(async move { self.store.consume_approval(claim, &self.run, kept) })
    }

    fn standing(&self) -> Future_<'_, Outcome<Vec<Grant>>> {
        let store = self.store.clone();
        Box::pin(async move { store.standing() })
    }

    fn use_standing<'a>(&'a self, number: i64, call: &'a str) -> Future_<'a, Outcome<bool>> {
        let store = self.store.clone();
        Box::pin(async move { store.use_standing(number, &self.run, call) })
    }

    fn stand<'a>(&'a self, terms: &'a Terms, by: &'a str) -> Future_<'a, Outcome<i64>> {
        let store = self.store.clone();
        Box::pin(async move { store.add_standing(terms, by, "at a question about a call") })
    }
}
