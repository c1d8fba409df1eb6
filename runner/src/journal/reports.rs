//! Reports of plan mode in the store: what is to be told, and how far its delivery has come. Nothing is ever overwritten.
//!
//! How a report is delivered is the business of [`crate::delivery`].

use super::at::{At, Outcome};
use super::now;
use super::store::Store;
use crate::report::PlanReport;
use crate::seal::Keys;
use planc_lang::digest::Digest;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

/// A report of plan mode, as it was intended.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// What it is about: there is one report for an occasion, whatever else is planned then.
    pub occasion: String,
    /// The scope that it belongs to.
    pub scope: Option<String>,
    /// The session that it ends.
    pub session: Option<String>,
    /// What was told.
    pub report: PlanReport,
    /// Whether it is kept sealed.
    pub secret: bool,
    /// The text that is delivered.
    pub body: String,
    /// What its place knows it by, so that it is taken once.
    pub key: String,
    /// What forced plan mode.
    pub why: String,
    /// Who planned.
    pub by: String,
}

/// A report that is kept.
#[derive(Clone, Debug, Serialize)]
pub struct StoredReport {
    /// Its number, from 1.
    pub number: i64,
    /// What it is about.
    pub occasion: String,
    /// The scope that it belongs to.
    pub scope: Option<String>,
    /// The session that it ended.
    pub session: Option<String>,
    /// What an approval of the plan would have named.
    pub digest: Digest,
    /// The title of the plan.
    pub title: String,
    /// What forced plan mode.
    pub why: String,
    /// Who planned.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What its place knows it by.
    pub key: String,
    /// How far its delivery has come.
    pub delivery: Delivery,
    /// Every step of the delivery, the last one last.
    pub history: Vec<DeliveryStep>,
}

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It has not been sent, or surely did not arrive, or does no harm to be sent again.
    Due,
    /// It is being sent; where nobody is at it, somebody was cut off.
    Sending,
    /// It has arrived.
    Sent,
    /// It may have arrived: it is never sent again unless a person says so.
    InDoubt,
}

/// A step of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryStep {
    /// How far it came.
    pub delivery: Delivery,
    /// Where it goes, and what is needed to find out whether it arrived, as JSON.
    pub place: String,
    /// What is to be said of it.
    pub note: Option<String>,
    /// By whom.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

const COLUMNS: &str = "id, occasion, scope, session, digest, title, why, by, at, key";

impl Store {
    /// Keeps a report for its occasion; gives its number, and whether it is new: an occasion has one report.
    pub fn intend_report(&self, report: &NewReport) -> Outcome<(i64, bool)> {
        let new = report.clone();
        self.work("keep the report", move |at, connection| {
            let transaction = at.begin(connection)?;
            let query = "SELECT id FROM reports WHERE occasion = ?1";
            let known: Option<i64> =
                at.sql(transaction.query_row(query, [&new.occasion], |row| row.get(0)).optional())?;
            if let Some(number) = known {
                return Ok((number, false));
            }
            let report = kept(&at, &new, "report", at.json(&new.report)?)?;
            let body = kept(&at, &new, "body", new.body.clone())?;
            let insert = "INSERT INTO reports (occasion, scope, session, digest, title, why, by, at, key, report, body)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
            let values = params![
                new.occasion,
                new.scope,
                new.session,
                new.report.digest.to_string(),
                new.report.title,
                new.why,
                new.by,
                now(),
                new.key,
                report,
                body
            ];
            at.sql(transaction.execute(insert, values))?;
            let number = transaction.last_insert_rowid();
            step(&at, &transaction, number, Delivery::Due, "", None, &new.by)?;
            at.sql(transaction.commit())?;
            Ok((number, true))
        })
    }

    /// Notes how far a delivery has come, if it had come so far before; whether it had.
    pub fn note_delivery(
        &self,
        number: i64,
        from: Delivery,
        to: Delivery,
        place: &str,
        note: Option<&str>,
        by: &str,
    ) -> Outcome<bool> {
        let (place, note, by) = (place.to_owned(), note.map(str::to_owned), by.to_owned());
        self.work("note what became of the report", move |at, connection| {
            let transaction = at.begin(connection)?;
            let query = "SELECT delivery FROM report_steps WHERE report = ?1 ORDER BY id DESC LIMIT 1";
            let last: String = at.sql(transaction.query_row(query, [number], |row| row.get(0)))?;
            if last != at.text(&from)? {
                return Ok(false);
            }
            step(&at, &transaction, number, to, &place, note.as_deref(), &by)?;
            at.sql(transaction.commit())?;
            Ok(true)
        })
    }

    /// Reports, newest first, at most `limit`: all, or those of a scope and of all in it.
    pub fn reports(&self, scope: Option<&str>, limit: u32) -> Outcome<Vec<StoredReport>> {
        let scope = scope.map(str::to_owned);
        self.work("list the reports", move |at, connection| {
            let query = format!(
                "SELECT {COLUMNS} FROM reports
                 WHERE ?1 IS NULL OR scope = ?1 OR substr(scope, 1, length(?1) + 1) = ?1 || '/' ORDER BY id DESC LIMIT ?2"
            );
            let rows = at.rows(connection, &query, params![scope, limit], columns)?;
            rows.into_iter().map(|row| read(&at, connection, row)).collect()
        })
    }

    /// The numbers of all reports that are not delivered, or are being delivered, oldest first.
    pub fn open_reports(&self) -> Outcome<Vec<i64>> {
        self.work("list the reports", |at, connection| {
            let query = "SELECT report FROM report_steps WHERE id IN (SELECT MAX(id) FROM report_steps GROUP BY report)
                AND delivery IN ('due', 'sending') ORDER BY report";
            at.rows(connection, query, [], |row| row.get(0))
        })
    }

    /// A report by its number; none: there is none.
    pub fn report(&self, number: i64) -> Outcome<Option<StoredReport>> {
        self.work("read the report", move |at, connection| {
            let query = format!("SELECT {COLUMNS} FROM reports WHERE id = ?1");
            let row = at.sql(connection.query_row(&query, [number], columns).optional())?;
            row.map(|row| read(&at, connection, row)).transpose()
        })
    }

    /// What a report told, and the text that is delivered.
    pub fn report_content(&self, number: i64) -> Outcome<(PlanReport, String)> {
        self.work("read the report", move |at, connection| {
            let query = "SELECT key, report, body FROM reports WHERE id = ?1";
            let row = connection.query_row(query, [number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            let (key, report, body): (String, String, String) = at.sql(row)?;
            let what = format!("report {number}");
            let report = at.parse(&what, &place(&key, "report"), report)?;
            let body = if Keys::is_sealed(&body) { at.opened(&what, &place(&key, "body"), body)? } else { body };
            Ok((report, body))
        })
    }
}

/// The place for which a part of a report is sealed.
fn place(key: &str, part: &str) -> String {
    format!("{part} of {key}")
}

fn kept(at: &At, new: &NewReport, part: &str, text: String) -> Outcome<String> {
    if new.secret { at.sealed(&place(&new.key, part), &text) } else { Ok(text) }
}

fn step(
    at: &At,
    connection: &Connection,
    number: i64,
    delivery: Delivery,
    place: &str,
    note: Option<&str>,
    by: &str,
) -> Outcome<()> {
    let insert = "INSERT INTO report_steps (report, delivery, place, note, by, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let values = params![number, at.text(&delivery)?, place, note, by, now()];
    at.sql(connection.execute(insert, values)).map(|_| ())
}

type Columns = (i64, [Option<String>; 9]);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    let mut texts = [const { None }; 9];
    for (index, text) in texts.iter_mut().enumerate() {
        *text = row.get(index + 1)?;
    }
    Ok((row.get(0)?, texts))
}

fn read(at: &At, connection: &Connection, (number, texts): Columns) -> Outcome<StoredReport> {
    let [occasion, scope, session, digest, title, why, by, when, key] = texts;
    let what = format!("report {number}");
    let digest = digest.unwrap_or_default().parse::<Digest>().map_err(|error| at.damaged(&what, &error.to_string()))?;
    let query = "SELECT delivery, place, note, by, at FROM report_steps WHERE report = ?1 ORDER BY id";
    let rows = at.rows(connection, query, [number], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    })?;
    let mut history = Vec::new();
    for (delivery, place, note, by, at_time) in rows {
        let delivery = at.parse(&what, "", format!("\"{delivery}\""))?;
        history.push(DeliveryStep { delivery, place, note, by, at: at_time });
    }
    let delivery = history.last().ok_or_else(|| at.damaged(&what, "nothing says how far it has come"))?.delivery;
    Ok(StoredReport {
        number,
        occasion: occasion.unwrap_or_default(),
        scope,
        session,
        digest,
        title: title.unwrap_or_default(),
        why: why.unwrap_or_default(),
        by: by.unwrap_or_default(),
        at: when.unwrap_or_default(),
        key: key.unwrap_or_default(),
        delivery,
        history,
    })
}
