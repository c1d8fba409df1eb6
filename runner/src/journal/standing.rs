//! Grant answers in the store: what a person approved always, within which bounds, and every use of it. Nothing is ever
//! overwritten or removed; each answer is tagged with the key of the state directory, so that none can be written past planc.
//!
//! Which calls one answers for is the business of [`crate::standing`].

use super::approvals::clock;
use super::at::{At, Outcome};
use super::now;
use super::store::Store;
use crate::standing::Terms;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

/// A standing answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grant {
    /// Its number, from 1.
    pub number: i64,
    /// What it answers for.
    pub terms: Terms,
    /// How often it has answered.
    pub used: u32,
    /// Who gave it.
    pub by: String,
    /// Why.
    pub why: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Who took it back, and when; absent: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revoked>,
}

/// That a standing answer was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Revoked {
    /// By whom.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

impl Grant {
    /// Whether it may answer once more, for what it covers.
    pub fn holds(&self) -> bool {
        self.revoked.is_none() && self.used < self.terms.uses && jiff::Timestamp::now() < self.terms.until
    }
}

const COLUMNS: &str = "id, terms, by, why, at, tag, revoked_by, revoked_at,
    (SELECT COUNT(*) FROM standing_uses WHERE standing = standing.id)";

impl Store {
    /// Remembers a standing answer; gives its number. Whether it was a person who gave it is for the surface to know.
    pub fn add_standing(&self, terms: &Terms, by: &str, why: &str) -> Outcome<i64> {
        let (terms, by, why) = (terms.clone(), by.to_owned(), why.to_owned());
        self.work("remember the standing answer", move |at, connection| {
            let (terms, when) = (at.json(&terms)?, now());
            let tag = tag(&at, &terms, &by, &why, &when)?;
            let insert = "INSERT INTO standing (terms, by, why, at, tag) VALUES (?1, ?2, ?3, ?4, ?5)";
            at.sql(connection.execute(insert, params![terms, by, why, when, tag]))?;
            Ok(connection.last_insert_rowid())
        })
    }

    /// All standing answers, oldest first, those that hold no more included.
    pub fn standing(&self) -> Outcome<Vec<Grant>> {
        self.work("list the standing answers", |at, connection| {
            let rows = at.rows(connection, &format!("SELECT {COLUMNS} FROM standing ORDER BY id"), [], columns)?;
            rows.into_iter().map(|row| read(&at, row)).collect()
        })
    }

    /// Uses a standing answer for a call, durably; whether it still holds. The same call of a run uses it once.
    pub fn use_standing(&self, number: i64, run: &str, step: &str) -> Outcome<bool> {
        let (run, step) = (run.to_owned(), step.to_owned());
        self.work("use the standing answer", move |at, connection| {
            let transaction = at.begin(connection)?;
            let Some(standing) = select(&at, &transaction, number)? else { return Ok(false) };
            let query = "SELECT EXISTS (SELECT 1 FROM standing_uses WHERE standing = ?1 AND run = ?2 AND step = ?3)";
            let is_used: bool = at.sql(transaction.query_row(query, params![number, run, step], |row| row.get(0)))?;
            // A clock that is set back gives nothing more time, and a call that waited long does not either.
            let is_over = clock(&at, &transaction)? >= standing.terms.until;
            if is_over || standing.revoked.is_some() || !(is_used || standing.holds()) {
                return Ok(false);
            }
            if is_used {
                return Ok(true);
            }
            let insert = "INSERT INTO standing_uses (standing, run, step, at) VALUES (?1, ?2, ?3, ?4)";
            at.sql(transaction.execute(insert, params![number, run, step, now()]))?;
            at.sql(transaction.commit())?;
            Ok(true)
        })
    }

    /// Takes a standing answer back; whether there was one.
    pub fn revoke_standing(&self, number: i64, by: &str) -> Outcome<bool> {
        let by = by.to_owned();
        self.work("take back the standing answer", move |at, connection| {
            let update = "UPDATE standing SET revoked_by = ?2, revoked_at = ?3 WHERE id = ?1 AND revoked_at IS NULL";
            at.sql(connection.execute(update, params![number, by, now()])).map(|changed| changed > 0)
        })
    }
}

/// Stands for an answer: only who has the key can write one.
fn tag(at: &At, terms: &str, by: &str, why: &str, when: &str) -> Outcome<String> {
    Ok(at.sealer()?.commit("standing answer", at.json(&(terms, by, why, when))?.as_bytes()).to_string())
}

fn select(at: &At, connection: &Connection, number: i64) -> Outcome<Option<Grant>> {
    let query = format!("SELECT {COLUMNS} FROM standing WHERE id = ?1");
    let row = at.sql(connection.query_row(&query, [number], columns).optional())?;
    row.map(|row| read(at, row)).transpose()
}

type Columns = (i64, [String; 5], [Option<String>; 2], u32);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    let texts = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
    Ok((row.get(0)?, texts, [row.get(6)?, row.get(7)?], row.get(8)?))
}

fn read(at: &At, (number, [terms, by, why, when, kept], revoked, used): Columns) -> Outcome<Grant> {
    let what = format!("standing answer {number}");
    let revoked = match revoked {
        [Some(by), Some(at)] => Some(Revoked { by, at }),
        _ => None,
    };
    // What is taken back answers nothing, whatever it says.
    if revoked.is_none() && tag(at, &terms, &by, &why, &when)? != kept {
        let why = format!("it is not as a person gave it; `planc grants revoke {number}` takes it back");
        return Err(at.damaged(&what, &why));
    }
    Ok(Grant { number, terms: at.parse(&what, "", terms)?, used, by, why, at: when, revoked })
}
