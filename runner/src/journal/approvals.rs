//! Answers in the store: a yes to a plan, used up once.

use super::at::Outcome;
use super::store::Store;
use crate::event::Approved;
use planc_lang::digest::Digest;
use rusqlite::{OptionalExtension, params};

/// A yes that no run has begun with: none has taken it, or the one that took it was cut off before its first event.
const UNUSED: &str = "(consumed_by_run IS NULL OR NOT EXISTS (SELECT 1 FROM events WHERE run = consumed_by_run))";

impl Store {
    /// Records a yes; it may be used up once.
    pub fn record_approval(&self, approval: &Approved) -> Outcome<()> {
        let approval = approval.clone();
        self.work("record the approval", move |at, connection| {
            let Approved { digest, by, channel, at: when } = &approval;
            let insert = "INSERT INTO approvals (digest, by, channel, at) VALUES (?1, ?2, ?3, ?4)";
            at.sql(connection.execute(insert, params![digest.to_string(), by, channel, when])).map(|_| ())
        })
    }

    /// Uses up a yes for a digest, oldest first; none: there is none left, or another run of this digest has begun, which
    /// used the digest up with every yes to it. A run that has used one up gets the same again, so that a crash right
    /// after loses nothing.
    pub fn consume_approval(&self, digest: &Digest, run: &str) -> Outcome<Option<Approved>> {
        let (digest, run) = (*digest, run.to_owned());
        self.work("use up the approval", move |at, connection| {
            let update = "UPDATE approvals SET consumed_by_run = ?2 WHERE id =
                (SELECT id FROM approvals WHERE digest = ?1 AND (consumed_by_run IS NULL OR consumed_by_run = ?2)
                 AND NOT EXISTS (SELECT 1 FROM runs WHERE plan = ?1 AND id <> ?2
                   AND EXISTS (SELECT 1 FROM events WHERE run = runs.id))
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

    /// Whether a yes for a digest is there that no run has begun with.
    pub fn has_approval(&self, digest: &Digest) -> Outcome<bool> {
        let digest = digest.to_string();
        self.work("read the approvals", move |at, connection| {
            let query = format!("SELECT EXISTS (SELECT 1 FROM approvals WHERE digest = ?1 AND {UNUSED})");
            at.sql(connection.query_row(&query, [&digest], |row| row.get(0)))
        })
    }

    /// Takes back every yes for a digest that no run has begun with.
    pub fn revoke_approvals(&self, digest: &Digest) -> Outcome<usize> {
        let digest = digest.to_string();
        self.work("take back the approval", move |at, connection| {
            let delete = format!("DELETE FROM approvals WHERE digest = ?1 AND {UNUSED}");
            at.sql(connection.execute(&delete, [&digest]))
        })
    }
}
