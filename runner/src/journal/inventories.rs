//! What was in the workspace when a card was made, and what is known of it since in a run.

use super::at::{At, Outcome};
use super::now;
use super::records::StoredPlan;
use super::store::Store;
use crate::inventory::Inventory;
use rusqlite::{Connection, OptionalExtension, params};

/// How many are kept: of an older card or run nobody knows what was there, and everything is shown.
const KEPT: i64 = 100;

impl Store {
    /// Keeps what was in the workspace when the card of a plan was made for the first time, whichever time of the plan it is for.
    pub fn keep_inventory(&self, plan: &StoredPlan, inventory: &Inventory) -> Outcome<()> {
        self.insert_inventory(card(plan), plan.created_at.clone(), inventory, "ON CONFLICT (of) DO NOTHING")
    }

    /// A card is shown that may say the same as earlier ones, and nobody knows which of them a person reads: what is another one than was there then is
    /// not known.
    pub fn note_inventory(&self, plan: &StoredPlan, inventory: &Inventory) -> Outcome<()> {
        let (of, now) = (card(plan), inventory.clone());
        self.work("keep what was in the workspace each time", move |at, connection| {
            let transaction = at.begin(connection)?;
            let query = "SELECT inventory FROM inventories WHERE of = ?1";
            let text: Option<String> = at.sql(transaction.query_row(query, [&of], |row| row.get(0)))?;
            let then: Option<Inventory> = text.and_then(|text| serde_json::from_str(&text).ok());
            let Some(then) = then.filter(|then| *then != now) else { return Ok(()) };
            let both = then.as_in_both(&now).map(|both| at.json(&both)).transpose()?;
            let update = "UPDATE inventories SET inventory = ?2 WHERE of = ?1";
            at.sql(transaction.execute(update, params![of, both]))?;
            at.sql(transaction.commit())
        })
    }

    /// Keeps what is known of the workspace in a run.
    pub fn keep_inventory_of_run(&self, run: &str, inventory: &Inventory) -> Outcome<()> {
        let replaces = "ON CONFLICT (of) DO UPDATE SET at = excluded.at, inventory = excluded.inventory";
        self.insert_inventory(run.to_owned(), now(), inventory, replaces)
    }

    fn insert_inventory(&self, of: String, at: String, inventory: &Inventory, otherwise: &'static str) -> Outcome<()> {
        let (made, inventory) = (at, inventory.clone());
        self.work("keep what is in the workspace", move |at, connection| {
            let transaction = at.begin(connection)?;
            let insert = format!("INSERT INTO inventories (of, at, inventory) VALUES (?1, ?2, ?3) {otherwise}");
            at.sql(transaction.execute(&insert, params![of, made, at.json(&inventory)?]))?;
            let forget = "UPDATE inventories SET inventory = NULL
                WHERE inventory IS NOT NULL AND id <= (SELECT max(id) FROM inventories) - ?1";
            at.sql(transaction.execute(forget, [KEPT]))?;
            at.sql(transaction.commit())
        })
    }

    /// The first yes was said to a card that was made right before: what was there then counts.
    pub fn replace_inventory(&self, plan: &StoredPlan, inventory: &Inventory) -> Outcome<()> {
        let (of, digest) = (card(plan), plan.digest.to_string());
        let (made, inventory) = (plan.created_at.clone(), inventory.clone());
        self.work("keep what is in the workspace", move |at, connection| {
            let replace = "INSERT OR REPLACE INTO inventories (of, at, inventory)
                SELECT ?1, ?2, ?3 WHERE (SELECT count(*) FROM approvals WHERE digest = ?4) = 1";
            at.sql(connection.execute(replace, params![of, made, at.json(&inventory)?, digest])).map(|_| ())
        })
    }

    /// Nobody knows what was there when the card was made of a plan that was stored just now, and that somebody has read before.
    pub fn forget_inventory(&self, plan: &StoredPlan) -> Outcome<()> {
        let (of, made) = (card(plan), plan.created_at.clone());
        self.work("note that nobody saw the plan here", move |at, connection| {
            let update = "UPDATE inventories SET inventory = NULL WHERE of = ?1 AND at = ?2";
            at.sql(connection.execute(update, params![of, made])).map(|_| ())
        })
    }

    /// What is known of the workspace in a run that has begun; none: nobody knows.
    pub fn inventory(&self, run: &str) -> Outcome<Option<Inventory>> {
        let run = run.to_owned();
        self.work("read what was in the workspace", move |at, connection| {
            let query = "SELECT inventory FROM inventories WHERE of = ?1";
            let text: Option<Option<String>> =
                at.sql(connection.query_row(query, [&run], |row| row.get(0)).optional())?;
            // What cannot be read says nothing, so that everything is shown.
            Ok(text.flatten().and_then(|text| serde_json::from_str(&text).ok()))
        })
    }
}

/// A run begins, with the yes that it uses up: what was there when the card was made is what is known in it, and no other yes to the same plan
/// is one that it begins with. Until then nothing is kept for it, so that nobody has it begin with a card that nobody has read.
pub(super) fn begin(at: &At, connection: &Connection, run: &str, card: &str) -> Outcome<()> {
    let begin = "INSERT OR REPLACE INTO inventories (of, at, inventory)
        SELECT ?1, ?3, inventory FROM inventories WHERE of = ?2 AND NOT EXISTS (SELECT 1 FROM events WHERE run = ?1)";
    at.sql(connection.execute(begin, params![run, card, now()])).map(|_| ())
}

/// What all cards of a plan have in common that say the same.
fn card(plan: &StoredPlan) -> String {
    plan.report.deed.unwrap_or(plan.digest).to_string()
}
