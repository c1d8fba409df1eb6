//! When calls of tools that have a limit were made: a limit holds for all runs and processes of a state directory.

use super::at::Outcome;
use super::store::Store;
use crate::tool::pace::{Moments, counts, free};
use planc_lang::catalogue::Limit;
use rusqlite::params;

impl Store {
    /// Takes the next free moment for a call; durable when this returns.
    pub fn take_moment(&self, tool: &str, limit: Limit, now_ms: u64) -> Outcome<u64> {
        let tool = tool.to_owned();
        self.work("tell when a tool may be called", move |at, connection| {
            let transaction = at.begin(connection)?;
            let taken: Vec<u64> = {
                let mut query = at.sql(transaction.prepare_cached("SELECT at_ms FROM paced WHERE tool = ?1"))?;
                let rows = at.sql(query.query_map([&tool], |row| row.get::<_, i64>(0)))?;
                let moments = rows.map(|row| row.map(|ms| u64::try_from(ms).unwrap_or(0)));
                at.sql(moments.collect::<rusqlite::Result<_>>())?
            };
            let moment = free(&taken, limit, now_ms);
            for over in taken.iter().filter(|taken| !counts(**taken, limit, now_ms)) {
                let over = i64::try_from(*over).unwrap_or(i64::MAX);
                at.sql(transaction.execute("DELETE FROM paced WHERE tool = ?1 AND at_ms = ?2", params![tool, over]))?;
            }
            let kept = i64::try_from(moment).unwrap_or(i64::MAX);
            at.sql(transaction.execute("INSERT INTO paced (tool, at_ms) VALUES (?1, ?2)", params![tool, kept]))?;
            at.sql(transaction.commit())?;
            Ok(moment)
        })
    }
}

impl Moments for Store {
    fn take(&self, tool: &str, limit: Limit, now_ms: u64) -> Result<u64, String> {
        self.take_moment(tool, limit, now_ms).map_err(|error| error.to_string())
    }
}
