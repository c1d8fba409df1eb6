//! The journal of a run on the real store, which breaks at a record: before it, after it, or in the middle of writing it.
//!
//! What stays on the disk is what a process that is killed leaves: the database and its write-ahead log as they are, not closed.
//! In the middle of a record the log is cut, at the end of a frame or within one, or its last part was never written.

use planc::approval::{Approved, Claim, Lack};
use planc::event::Event;
use planc::journal::{Grant, Journal, RunJournal, StoreError};
use planc::standing::Terms;
use planc::tool::Future_;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// A frame of the log: its header and a page (https://sqlite.org/fileformat2.html#walformat).
const FRAME: u64 = 24 + 4096;

/// The header of the log.
const HEADER: u64 = 32;

/// Where a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    Never,
    /// Right before its n-th record is written.
    Before(usize),
    /// While it is written: of the frames of its transaction some are there.
    Within(usize, Tear),
    /// When it is durable, and nobody knows yet.
    After(usize),
}

/// How the last write looks on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tear {
    /// So many thousandths of its frames are there.
    Frames(u64),
    /// So many thousandths of its bytes.
    Bytes(u64),
    /// All of its length, but from so many thousandths on other bytes.
    Rubbish(u64),
}

/// The store of a state directory as it is on the disk.
#[derive(Clone, Debug)]
pub struct Disk {
    database: Vec<u8>,
    log: Vec<u8>,
}

fn log_of(state: &Path) -> PathBuf {
    state.join("planc.db-wal")
}

impl Disk {
    /// As it is now.
    pub fn of(state: &Path) -> Disk {
        let database = std::fs::read(state.join("planc.db")).expect("the database can be read");
        Disk { database, log: std::fs::read(log_of(state)).unwrap_or_default() }
    }

    /// Puts it back, nobody having it open.
    pub fn restore(&self, state: &Path) {
        let _ = std::fs::remove_file(state.join("planc.db-shm"));
        std::fs::write(state.join("planc.db"), &self.database).expect("the database can be written");
        match self.log.is_empty() {
            true => drop(std::fs::remove_file(log_of(state))),
            false => std::fs::write(log_of(state), &self.log).expect("the log can be written"),
        }
    }

    /// How long the log is.
    pub fn log_len(&self) -> usize {
        self.log.len()
    }

    /// With the log no longer than this.
    pub fn cut(&self, length: usize) -> Disk {
        let mut disk = self.clone();
        disk.log.truncate(length);
        disk
    }

    /// With the last write, from this length of the log on, torn; the same where that did not make it longer.
    pub fn torn(mut self, from: u64, tear: Tear) -> Disk {
        let to = self.log.len() as u64;
        if to <= from {
            return self;
        }
        let first = from.max(HEADER);
        let part = |thousandths: u64, of: u64| of * thousandths.min(999) / 1000;
        match tear {
            Tear::Frames(n) => self.log.truncate((first + part(n, (to - first) / FRAME) * FRAME) as usize),
            Tear::Bytes(n) => self.log.truncate((from + part(n, to - from)) as usize),
            Tear::Rubbish(n) => {
                let at = (from + part(n, to - from)) as usize;
                self.log[at..].iter_mut().enumerate().for_each(|(i, byte)| *byte ^= (i % 255) as u8 + 1);
            }
        }
        self
    }
}

/// A journal that breaks.
pub struct Breaking {
    inner: RunJournal,
    state: PathBuf,
    at: Break,
    written: AtomicUsize,
    is_over: AtomicBool,
    /// Held while a record is written that may be torn: the frames behind it are its own.
    turn: tokio::sync::Mutex<()>,
    /// Told when it breaks.
    pub broken: Arc<Notify>,
    /// What the last write left, where it was torn.
    torn: Mutex<Option<Disk>>,
}

impl Breaking {
    pub fn new(inner: RunJournal, state: &Path, at: Break) -> Breaking {
        Breaking {
            inner,
            state: state.to_owned(),
            at,
            written: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            turn: tokio::sync::Mutex::new(()),
            broken: Arc::new(Notify::new()),
            torn: Mutex::new(None),
        }
    }

    /// How many records were asked for.
    pub fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }

    /// What is on the disk after it broke.
    pub fn left(&self) -> Disk {
        self.torn.lock().expect("no panic").take().unwrap_or_else(|| Disk::of(&self.state))
    }

    async fn end(&self) -> ! {
        self.is_over.store(true, Ordering::SeqCst);
        self.broken.notify_one();
        std::future::pending().await
    }

    async fn write<'a, T>(&'a self, number: usize, work: impl Work<'a, T>) -> Result<T, StoreError> {
        let Break::Within(at, tear) = self.at else { return work(&self.inner).await };
        let _turn = self.turn.lock().await;
        if self.is_over.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let length = || std::fs::metadata(log_of(&self.state)).map_or(0, |log| log.len());
        let before = length();
        let outcome = work(&self.inner).await;
        if number == at {
            *self.torn.lock().expect("no panic") = Some(Disk::of(&self.state).torn(before, tear));
            self.end().await;
        }
        outcome
    }

    /// Something that writes a record, at which it may break.
    async fn counted<'a, T>(&'a self, work: impl Work<'a, T>) -> Result<T, StoreError> {
        let number = self.written.fetch_add(1, Ordering::SeqCst);
        match self.at {
            _ if self.is_over.load(Ordering::SeqCst) => std::future::pending::<()>().await,
            Break::Before(at) if number >= at => self.end().await,
            Break::Within(at, _) | Break::After(at) if number > at => std::future::pending::<()>().await,
            Break::Never | Break::Before(_) | Break::Within(..) | Break::After(_) => {}
        }
        let outcome = self.write(number, work).await;
        if self.at == Break::After(number) {
            self.end().await;
        }
        // The process is gone: nobody hears of it.
        if self.is_over.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        outcome
    }
}

/// What writes to a journal.
trait Work<'a, T>: FnOnce(&'a RunJournal) -> Future_<'a, Result<T, StoreError>> + Send + 'a {}
impl<'a, T, W: FnOnce(&'a RunJournal) -> Future_<'a, Result<T, StoreError>> + Send + 'a> Work<'a, T> for W {}

impl Journal for Breaking {
    fn record(&self, event: Event) -> Future_<'_, Result<(), StoreError>> {
        Box::pin(self.counted(move |journal| journal.record(event)))
    }

    fn events(&self) -> Future_<'_, Result<Vec<Event>, StoreError>> {
        self.inner.events()
    }

    fn take_approval<'a>(
        &'a self,
        claim: &'a Claim,
        recorded: Option<&'a Approved>,
    ) -> Future_<'a, Result<Result<Approved, Lack>, StoreError>> {
        Box::pin(self.counted(move |journal| journal.take_approval(claim, recorded)))
    }

    fn standing(&self) -> Future_<'_, Result<Vec<Grant>, StoreError>> {
        self.inner.standing()
    }

    fn use_standing<'a>(&'a self, number: i64, call: &'a str) -> Future_<'a, Result<bool, StoreError>> {
        self.inner.use_standing(number, call)
    }

    fn stand<'a>(&'a self, terms: &'a Terms, by: &'a str) -> Future_<'a, Result<i64, StoreError>> {
        self.inner.stand(terms, by)
    }
}
