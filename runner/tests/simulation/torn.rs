//! The log of the store cut at the end of every frame and in the middle of frames: what can be read is what was durable at some
//! time, whole and in order, and the run goes on from it.

use crate::generate::Dice;
use crate::journal::{Break, Disk, Tear};
use crate::life::{Life, World};
use planc::event::Event;
use planc::journal::Store;
use std::path::Path;

const PLAN: &str = r#"plan "A few files" {
  critical {
    modify "a.txt"
    create "*.txt"
  }
  step a = fs.append(path: "a.txt", text: "more\n")
  step b = fs.write(path: "b.txt", text: "b\n")
  step c = fs.copy(from: "a.txt", to: "c.txt")
}
"#;

fn fill(root: &Path) {
    std::fs::write(root.join("a.txt"), "one\n").expect("a file can be written");
}

fn life() -> Life {
    let world = World { fill: &fill, plan: PLAN, catalogues: &[], inputs: &[], cells: true, seed: None };
    Life::new(&world).expect("it can be approved")
}

/// What each write left, from an empty log on, in so many parts of it.
#[test]
fn a_record_that_is_torn_is_not_there_and_those_before_it_are() {
    let mut life = life();
    let mut dice = Dice::new(1);
    let whole = life.live_through(&[], &mut dice);
    let records = life.events();
    let mut looked = 0;
    for at in 0..records.len() {
        for part in (0..1000).step_by(250) {
            for tear in [Tear::Frames(part), Tear::Bytes(part), Tear::Rubbish(part)] {
                life.reset();
                let (ended, _) = life.carry(Break::Within(at, tear));
                assert!(ended.is_none(), "{at} {tear:?}");
                let left = life.events();
                assert_eq!(left.len(), at, "{tear:?}");
                assert_eq!(without_times(&left), without_times(&records[..at]), "{at} {tear:?}");
                looked += 1;
            }
        }
        let outcome = life.live_through(&[], &mut dice);
        assert_eq!((outcome.tree, outcome.end), (whole.tree.clone(), whole.end), "{at}");
    }
    assert!(looked >= 100, "only {looked}");
}

/// A disk that did not keep what it said it had kept: everything behind some byte of the log is gone. Nothing is promised of
/// such a disk but that what is left is told apart from what never was.
#[test]
fn a_log_cut_anywhere_is_a_journal_of_some_earlier_time() {
    let life = life();
    life.live_through(&[Break::After(1_000_000)], &mut Dice::new(1));
    let records = life.events();
    let mut life = life;
    life.reset();
    // The last record is durable, and nobody closes the store.
    let (ended, _) = life.carry(Break::After(records.len() - 1));
    assert!(ended.is_none());
    let state = life.state_dir();
    let disk = Disk::of(&state);
    let mut lengths = Vec::new();
    let step = 24 + 4096;
    let mut at = 32;
    while at <= disk.log_len() {
        lengths.extend([at, at + 1, at + 24, at + 100, at + step / 2]);
        at += step;
    }
    let mut before = 0;
    for length in lengths {
        let cut = disk.cut(length);
        cut.restore(&state);
        let store = Store::open(&state, &life.config.workspace).expect("a store that was cut can be opened");
        let found = match store.runs() {
            Ok(runs) if runs.is_empty() => Vec::new(),
            Ok(_) => life_events(&store, &life),
            Err(error) => panic!("{length}: {error}"),
        };
        assert_eq!(without_times(&found), without_times(&records[..found.len()]), "{length}");
        assert!(found.len() >= before, "{length}: a longer log has fewer records");
        before = found.len();
    }
    assert_eq!(before, records.len());
}

fn life_events(store: &Store, life: &Life) -> Vec<Event> {
    store.events(life.run()).expect("the journal is whole").into_iter().map(|stored| stored.event).collect()
}

/// Process ids, times and names of runs differ.
fn without_times(events: &[Event]) -> Vec<Event> {
    let same = |event: &Event| match event {
        Event::Started { resumed, .. } => Event::Started { pid: 0, resumed: *resumed },
        Event::Approved { approval } => {
            let mut approval = approval.clone();
            approval.at.clear();
            Event::Approved { approval }
        }
        other => other.clone(),
    };
    events.iter().map(same).collect()
}
