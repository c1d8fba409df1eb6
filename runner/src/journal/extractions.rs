//! What models said before approval, by what they were asked: nobody is asked the same twice unless a person wants it.

use super::at::Outcome;
use super::now;
use super::store::Store;
use planc_lang::digest::Digest;
use planc_lang::value::Value;
use rusqlite::{OptionalExtension, params};

impl Store {
    /// What a model said when it was asked this.
    pub fn extraction(&self, asked: &Digest) -> Outcome<Option<Value>> {
        let asked = asked.to_string();
        self.work("read what a model said", move |at, connection| {
            let query = "SELECT value FROM extractions WHERE asked = ?1";
            let row = connection.query_row(query, [&asked], |row| row.get::<_, String>(0)).optional();
            let Some(text) = at.sql(row)? else { return Ok(None) };
            serde_json::from_str(&text).map(Some).map_err(|error| at.damaged("what a model said", &error.to_string()))
        })
    }

    /// Keeps what a model said; what it said before is replaced.
    pub fn save_extraction(&self, asked: &Digest, value: &Value) -> Outcome<()> {
        let (asked, value) = (asked.to_string(), value.clone());
        self.work("store what a model said", move |at, connection| {
            let insert = "INSERT INTO extractions VALUES (?1, ?2, ?3)
                ON CONFLICT (asked) DO UPDATE SET value = excluded.value, at = excluded.at";
            at.sql(connection.execute(insert, params![asked, at.json(&value)?, now()])).map(|_| ())
        })
    }
}
