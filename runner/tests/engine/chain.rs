//! The journal of a run against somebody who can write to the database: whatever they do to it is found, and nothing goes on
//! from it. A store of the first format is taken over.

use crate::store::{plan, yes};
use crate::support::{Break, Process, World};
use planc::event::{End, Event};
use planc::journal::chain::{first, link};
use planc::journal::{Journal, Store, StoreError};
use planc::run::{RunError, RunSetup};
use rusqlite::{Connection, params};
use std::path::Path;
use std::sync::Arc;

const PLAN: &str = r#"
plan "Stored" {
  critical { create "*.txt" }
  step a = fs.write(path: "a.txt", text: "a")
  step b = fs.write(path: "b.txt", text: "${a.path}")
}
"#;

/// A run in a store on disk, cut off after so many records.
struct Stored {
    world: World,
    run: String,
}

impl Stored {
    fn new() -> Stored {
        let mut world = World::new(&[], PLAN);
        let store = Store::open(&world.state_dir, &world.root).unwrap();
        let mut stored = plan("stored", 1);
        stored.digest = world.setup.digest;
        store.save_plan(&stored).unwrap();
        let run = store.open_run(&stored.digest).unwrap();
        store.record_approval(&yes(stored.digest), &stored.plan_digest, None).unwrap();
        world.setup.run.clone_from(&run.id);
        Stored { world, run: run.id }
    }

    fn store(&self) -> Store {
        Store::open(&self.world.state_dir, &self.world.root).unwrap()
    }

    fn execute(&self) -> Result<End, RunError> {
        let journal: Arc<dyn Journal> = Arc::new(self.store().journal(&self.run));
        match self.world.process_with(Break::Never, |setup| setup.journal = journal) {
            Process::Ended(end) => end,
            Process::Crashed => panic!("nothing crashes here"),
        }
    }

    fn undo(&self) -> Result<planc::undo::UndoReport, RunError> {
        let journal: Arc<dyn Journal> = Arc::new(self.store().journal(&self.run));
        let setup = RunSetup { journal, ..self.world.setup.clone() };
        tokio::runtime::Runtime::new().unwrap().block_on(planc::undo::undo(setup))
    }

    fn database(&self) -> Connection {
        open(&self.world.state_dir)
    }
}

fn open(state: &Path) -> Connection {
    Connection::open(state.join("planc.db")).unwrap()
}

/// What somebody does who has the database and not the key.
type Tampering = (&'static str, fn(&Connection, &str));

/// Writes the links of all records anew, as everybody can, and the head as far as they can.
fn link_again(connection: &Connection, run: &str) {
    let plan: String = connection.query_row("SELECT plan FROM runs WHERE id = ?1", [run], |row| row.get(0)).unwrap();
    let mut before = first(run, &plan);
    let mut query = connection.prepare("SELECT seq, at, json FROM events WHERE run = ?1 ORDER BY seq").unwrap();
    let records: Vec<(i64, String, String)> = query
        .query_map([run], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for (seq, at, kept) in &records {
        before = link(&before, *seq as u64, at, kept);
        let update = "UPDATE events SET link = ?3 WHERE run = ?1 AND seq = ?2";
        connection.execute(update, params![run, seq, before]).unwrap();
    }
    let update = "UPDATE heads SET seq = ?2, link = ?3 WHERE run = ?1";
    connection.execute(update, params![run, records.len() as i64, before]).unwrap();
}

fn sql(connection: &Connection, run: &str, text: &str) {
    let changed = connection.execute(text, [run]).unwrap();
    assert!(changed > 0, "`{text}` changes nothing");
}

const TAMPERINGS: &[Tampering] = &[
    ("changed", |c, run| {
        sql(c, run, "UPDATE events SET json = replace(json, 'a.txt', 'c.txt') WHERE run = ?1 AND seq = 4")
    }),
    ("time changed", |c, run| {
        sql(c, run, "UPDATE events SET at = '2020-01-01T00:00:00.000Z' WHERE run = ?1 AND seq = 2")
    }),
    ("removed", |c, run| sql(c, run, "DELETE FROM events WHERE run = ?1 AND seq = 3")),
    ("first removed", |c, run| sql(c, run, "DELETE FROM events WHERE run = ?1 AND seq = 1")),
    ("all removed", |c, run| sql(c, run, "DELETE FROM events WHERE run = ?1")),
    ("cut off", |c, run| sql(c, run, "DELETE FROM events WHERE run = ?1 AND seq > 4")),
    ("cut off, without head", |c, run| {
        sql(c, run, "DELETE FROM events WHERE run = ?1 AND seq > 4");
        sql(c, run, "DELETE FROM heads WHERE run = ?1");
    }),
    ("cut off and linked again", |c, run| {
        sql(c, run, "DELETE FROM events WHERE run = ?1 AND seq > 4");
        link_again(c, run);
    }),
    ("changed and linked again", |c, run| {
        sql(c, run, "UPDATE events SET json = replace(json, 'a.txt', 'c.txt') WHERE run = ?1 AND seq = 4");
        link_again(c, run);
    }),
    ("exchanged", |c, run| {
        sql(c, run, "UPDATE events SET seq = 100 WHERE run = ?1 AND seq = 3");
        sql(c, run, "UPDATE events SET seq = 3 WHERE run = ?1 AND seq = 4");
        sql(c, run, "UPDATE events SET seq = 4 WHERE run = ?1 AND seq = 100");
    }),
    ("inserted", |c, run| {
        sql(c, run, "INSERT INTO events SELECT run, seq + 100, at, json, link FROM events WHERE run = ?1 AND seq = 3");
        sql(c, run, "UPDATE events SET seq = seq + 1000 WHERE run = ?1 AND seq BETWEEN 4 AND 99");
        sql(c, run, "UPDATE events SET seq = 4 WHERE run = ?1 AND seq = 103");
        sql(c, run, "UPDATE events SET seq = seq - 999 WHERE run = ?1 AND seq > 1000");
    }),
    ("appended", |c, run| {
        sql(
            c,
            run,
            "INSERT INTO events SELECT run, (SELECT max(seq) + 1 FROM events e WHERE e.run = ?1), at, json, link FROM events WHERE run = ?1 AND seq = 3",
        );
        link_again(c, run);
    }),
    ("without links", |c, run| sql(c, run, "UPDATE events SET link = '' WHERE run = ?1")),
    ("under another approval", |c, run| {
        c.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        sql(c, run, "UPDATE runs SET plan = 'sha256:00' WHERE id = ?1");
    }),
    ("head moved", |c, run| sql(c, run, "UPDATE heads SET seq = seq - 1 WHERE run = ?1")),
    ("counted as linked afterwards", |c, run| sql(c, run, "UPDATE heads SET adopted = seq WHERE run = ?1")),
];

#[test]
fn whatever_is_done_to_a_journal_is_found_and_nothing_goes_on_from_it() {
    for (what, tamper) in TAMPERINGS {
        let stored = Stored::new();
        assert_eq!(stored.execute(), Ok(End::Done));
        assert!(stored.store().records(&stored.run).unwrap().0.len() > 6);
        tamper(&stored.database(), &stored.run);
        let store = stored.store();
        let error = store.records(&stored.run).expect_err(what);
        assert!(matches!(&error, StoreError::Broken { run, .. } if *run == stored.run), "{what}: {error}");
        assert!(matches!(store.events(&stored.run), Err(StoreError::Broken { .. })), "{what}");
        for outcome in [stored.execute().map(|_| ()), stored.undo().map(|_| ())] {
            assert!(matches!(outcome, Err(RunError::Store(StoreError::Broken { .. }))), "{what}: {outcome:?}");
        }
        assert_eq!(stored.world.read("a.txt"), "a", "{what}: nothing was taken back");
    }
}

#[test]
fn what_shows_at_the_end_takes_no_further_record_and_other_journals_do() {
    for (what, tamper) in TAMPERINGS.iter().filter(|(what, _)| what.contains("cut off") || what.contains("head")) {
        let stored = Stored::new();
        stored.execute().unwrap();
        tamper(&stored.database(), &stored.run);
        let store = stored.store();
        let event = [Event::UndoStarted { pid: 1 }];
        assert!(matches!(store.append(&stored.run, &event), Err(StoreError::Broken { .. })), "{what}");
        store.append("bbbbbbbb", &event).unwrap();
        assert_eq!(store.events("bbbbbbbb").unwrap().len(), 1, "{what}");
    }
}

#[test]
fn the_chain_of_one_run_is_none_of_another() {
    let one = Stored::new();
    one.execute().unwrap();
    let connection = one.database();
    let event = Event::UndoStarted { pid: 1 };
    let store = one.store();
    store.append("bbbbbbbb", &[event]).unwrap();
    let query = "SELECT group_concat(seq || at || json || link) FROM events WHERE run = ?1";
    let text: String = connection.query_row(query, [&one.run], |row| row.get(0)).unwrap();
    assert!(!text.is_empty());
    connection.execute("DELETE FROM events WHERE run = 'bbbbbbbb'", []).unwrap();
    connection.execute("DELETE FROM heads WHERE run = 'bbbbbbbb'", []).unwrap();
    connection.execute("UPDATE events SET run = 'bbbbbbbb'", []).unwrap();
    connection.execute("UPDATE heads SET run = 'bbbbbbbb'", []).unwrap();
    assert!(matches!(store.records("bbbbbbbb"), Err(StoreError::Broken { .. })));
}

#[test]
fn a_chain_written_with_another_key_is_foreign() {
    let stored = Stored::new();
    stored.execute().unwrap();
    std::fs::remove_file(stored.world.state_dir.join("key")).unwrap();
    let error = stored.store().records(&stored.run).unwrap_err();
    assert!(error.to_string().contains("not written with the key"), "{error}");
}

#[test]
fn a_store_of_the_first_format_is_taken_over_and_its_journals_are_linked() {
    let stored = Stored::new();
    stored.execute().unwrap();
    let connection = stored.database();
    // As the first format was: no links, no heads.
    connection
        .execute_batch(
            "DROP TABLE heads; DROP TABLE bounds; ALTER TABLE events DROP COLUMN link; PRAGMA user_version = 1",
        )
        .unwrap();
    drop(connection);
    let (records, adopted) = stored.store().records(&stored.run).unwrap();
    assert_eq!(adopted, records.len() as u64);
    assert!(matches!(stored.execute(), Err(RunError::Over { .. })));
    assert!(stored.undo().unwrap().complete);
    let (after, still) = stored.store().records(&stored.run).unwrap();
    assert!(after.len() > records.len() && still == adopted);
    assert_eq!(after[..records.len()], records[..]);
    sql(
        &stored.database(),
        &stored.run,
        "UPDATE events SET json = replace(json, 'a.txt', 'c.txt') WHERE run = ?1 AND seq = 4",
    );
    assert!(stored.store().records(&stored.run).is_err());
}

#[test]
fn the_links_are_as_the_specification_says() {
    let first = first("0123abcd", "sha256:1f");
    let of = |json: &str| planc_lang::digest::Digest::of(json).to_string();
    assert_eq!(first, of(r#"{"journal":1,"run":"0123abcd","plan":"sha256:1f"}"#));
    let record = of(r#"{"event":"started"}"#);
    let json = format!(r#"{{"before":"{first}","seq":1,"at":"2026-01-31T12:00:00.000Z","record":"{record}"}}"#);
    assert_eq!(link(&first, 1, "2026-01-31T12:00:00.000Z", r#"{"event":"started"}"#), of(&json));
}
