//! The head of a run's chain in the store: how many records there are and the last link, under a tag that only the key of
//! the state directory makes. Who has the database alone can neither shorten a chain nor write another.

use super::at::{At, Outcome};
use super::chain::{self, Break, Head, Record};
use crate::seal::Sealer;
use planc_lang::digest::Digest;
use rusqlite::{Connection, OptionalExtension, params};

/// Appends records, as they are kept, to the end of a run's chain, which must be where its writer left it.
pub(super) fn append(at: &At, connection: &Connection, run: &str, kept: &[String]) -> Outcome<()> {
    let mut head = end(at, connection, run)?;
    let insert = "INSERT INTO events (run, seq, at, json, link) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = at.sql(connection.prepare_cached(insert))?;
    for text in kept {
        let when = super::now();
        head.seq += 1;
        head.link = chain::link(&head.link, head.seq, &when, text);
        at.sql(insert.execute(params![run, head.seq as i64, when, text, head.link]))?;
    }
    match kept.is_empty() {
        true => Ok(()),
        false => write(at, connection, run, &head),
    }
}

/// Where the chain of a run ends: what a record that is appended follows.
fn end(at: &At, connection: &Connection, run: &str) -> Outcome<Head> {
    let query = "SELECT seq, link FROM events WHERE run = ?1 ORDER BY seq DESC LIMIT 1";
    let mut last = at.sql(connection.prepare_cached(query))?;
    let last: Option<(i64, String)> = at.sql(last.query_row([run], |row| Ok((row.get(0)?, row.get(1)?))).optional())?;
    let head = read(at, connection, run)?;
    let (seq, link) = match last {
        Some((seq, link)) => (seq as u64, link),
        None => (0, chain::first(run, &plan_of(at, connection, run)?)),
    };
    chain::ends_at(head.as_ref(), seq, &link).map_err(|why| at.broken(run, &why))?;
    Ok(head.unwrap_or(Head { seq, link, adopted: 0 }))
}

/// All records of a run, once they were found to be those that were written; with how many were linked afterwards.
pub(super) fn records(at: &At, connection: &Connection, run: &str) -> Outcome<(Vec<Record>, u64)> {
    let query = "SELECT seq, at, json, link FROM events WHERE run = ?1 ORDER BY seq";
    let records = at.rows(connection, query, [run], |row| {
        let seq = row.get::<_, i64>(0)? as u64;
        Ok(Record { seq, at: row.get(1)?, kept: row.get(2)?, link: row.get(3)? })
    })?;
    let broken = |why: Break| at.broken(run, &why);
    let last = chain::check(run, &plan_of(at, connection, run)?, &records).map_err(broken)?;
    let head = read(at, connection, run)?;
    chain::ends_at(head.as_ref(), records.len() as u64, &last).map_err(broken)?;
    Ok((records, head.map_or(0, |head| head.adopted)))
}

/// Links what was written before there were chains.
pub(super) fn adopt(at: &At, connection: &Connection) -> Outcome<()> {
    let runs: Vec<String> = at.rows(connection, "SELECT DISTINCT run FROM events", [], |row| row.get(0))?;
    for run in runs {
        let mut before = chain::first(&run, &plan_of(at, connection, &run)?);
        let query = "SELECT seq, at, json FROM events WHERE run = ?1 ORDER BY seq";
        let records: Vec<(i64, String, String)> =
            at.rows(connection, query, [&run], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let count = records.len() as u64;
        for (seq, when, kept) in records {
            before = chain::link(&before, seq as u64, &when, &kept);
            let update = "UPDATE events SET link = ?3 WHERE run = ?1 AND seq = ?2";
            at.sql(connection.execute(update, params![run, seq, before]))?;
        }
        write(at, connection, &run, &Head { seq: count, link: before, adopted: count })?;
    }
    Ok(())
}

/// The digest that the approval of a run names; empty for a run that is not listed.
fn plan_of(at: &At, connection: &Connection, run: &str) -> Outcome<String> {
    let mut query = at.sql(connection.prepare_cached("SELECT plan FROM runs WHERE id = ?1"))?;
    Ok(at.sql(query.query_row([run], |row| row.get(0)).optional())?.unwrap_or_default())
}

/// The head of a run, found to be the writer's.
fn read(at: &At, connection: &Connection, run: &str) -> Outcome<Option<Head>> {
    let mut query = at.sql(connection.prepare_cached("SELECT seq, link, adopted, tag FROM heads WHERE run = ?1"))?;
    let found = query.query_row([run], |row| {
        let head = Head { seq: row.get::<_, i64>(0)? as u64, link: row.get(1)?, adopted: row.get::<_, i64>(2)? as u64 };
        Ok((head, row.get::<_, String>(3)?))
    });
    let Some((head, found)) = at.sql(found.optional())? else { return Ok(None) };
    match found == tag(at.sealer()?, run, &head).to_string() {
        true => Ok(Some(head)),
        false => Err(at.broken(run, &Break::ForeignHead)),
    }
}

fn write(at: &At, connection: &Connection, run: &str, head: &Head) -> Outcome<()> {
    let write = "INSERT OR REPLACE INTO heads (run, seq, link, adopted, tag) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut write = at.sql(connection.prepare_cached(write))?;
    let tag = tag(at.sealer()?, run, head).to_string();
    at.sql(write.execute(params![run, head.seq as i64, head.link, head.adopted as i64, tag])).map(|_| ())
}

fn tag(sealer: &Sealer, run: &str, head: &Head) -> Digest {
    sealer.commit(&format!("head of run {run}"), format!("{} {} {}", head.seq, head.link, head.adopted).as_bytes())
}
