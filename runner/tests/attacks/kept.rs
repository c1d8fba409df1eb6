//! What is kept: runs taken up, taken back and taken back again; files that somebody changed meanwhile; rows that nobody
//! of planc wrote. planc loses nothing and never breaks down.

use crate::place::{Place, exact_picture, picture};
use std::fs;

const THREE: &str = r#"plan "three" {
  critical {
    modify "a.txt"
    create "dir/b.txt"
    delete "c.txt"
  }
  step a = fs.write(path: "a.txt", text: "a2")
  step b = fs.write(path: "dir/b.txt", text: "b2")
  step c = fs.delete(path: "c.txt")
}
"#;

fn done() -> (Place, String) {
    let place = Place::new();
    place.put("a.txt", "a").put("c.txt", "c").put("p.pl", THREE);
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
    let run = place.last_run();
    (place, run)
}

#[test]
fn taking_back_leaves_what_somebody_changed() {
    let changes: [(&str, fn(&Place)); 6] = [
        ("a.txt", |place| drop(fs::write(place.ws().join("a.txt"), "mine"))),
        ("dir/b.txt", |place| drop(fs::write(place.ws().join("dir/b.txt"), "mine"))),
        ("c.txt", |place| drop(fs::write(place.ws().join("c.txt"), "mine"))),
        ("dir", |place| drop(fs::write(place.ws().join("dir/more"), "mine"))),
        ("a.txt", |place| {
            fs::remove_file(place.ws().join("a.txt")).unwrap();
            fs::write(place.at("out/precious"), "precious").unwrap();
            place.link(place.at("out/precious"), "a.txt");
        }),
        ("dir", |place| {
            fs::rename(place.ws().join("dir"), place.at("out/dir")).unwrap();
            place.link(place.at("out/dir"), "dir");
        }),
    ];
    for (path, change) in changes {
        let (place, run) = done();
        change(&place);
        let outside = picture(&place.at("out"));
        let said = place.planc(&["undo", &run]).exits(4);
        assert!(said.out.contains(path) || said.err.contains(path), "{path} {}", said.short());
        assert_eq!(picture(&place.at("out")), outside, "{path}: nothing outside was touched");
        let after = picture(&place.ws());
        let mine = after.values().filter(|what| what.contains("mine") || what.contains("link")).count();
        assert_eq!(mine, 1, "{path}: {after:?}");
        // Once more does no harm.
        place.planc(&["undo", &run]);
        assert_eq!(picture(&place.ws()), after, "{path}");
    }
}

#[test]
fn a_run_that_is_over_stays_over() {
    let (place, run) = done();
    let after = exact_picture(&place.ws());
    for args in [["resume", &run], ["run", &run], ["abort", &run], ["approve", &run]] {
        let said = place.planc(&args);
        assert_ne!(said.code, Some(0), "{args:?} {}", said.short());
        assert_eq!(exact_picture(&place.ws()), after, "{args:?}");
    }
    place.planc(&["undo", &run]).exits(0);
    let back = exact_picture(&place.ws());
    for args in [["resume", &run], ["run", &run], ["abort", &run], ["undo", &run]] {
        let said = place.planc(&args);
        assert!(said.code.is_some_and(|code| code != 101), "{args:?} {}", said.short());
        assert_eq!(exact_picture(&place.ws()), back, "{args:?}");
    }
    // One that was aborted runs neither by its name nor with an old yes.
    let digest = place.digest("p.pl");
    place.yes(&digest);
    let run = place.last_run();
    place.planc(&["abort", &run]).exits(0);
    for args in [vec!["run", &run], vec!["resume", &run], vec!["run", "p.pl"]] {
        let said = place.planc(&args);
        assert_ne!(said.code, Some(0), "{args:?} {}", said.short());
    }
    assert_eq!(exact_picture(&place.ws()), back);
}

/// Whoever may write the state is beyond what is promised; but nothing breaks down, and nothing happens outside of the
/// workspace.
#[test]
fn rows_that_planc_never_wrote_break_nothing() {
    let rows = [
        "UPDATE events SET json = '' ",
        "UPDATE events SET json = '{}' ",
        "UPDATE events SET json = 'null' ",
        "UPDATE events SET json = '[' || hex(zeroblob(100000)) ",
        "UPDATE events SET json = '{\"event\":\"unheard_of\"}' WHERE seq = 2",
        "UPDATE events SET json = replace(json, 'a.txt', '../out/evil')",
        "UPDATE events SET json = replace(json, 'a.txt', '/etc/hostname')",
        "UPDATE events SET json = replace(json, 'a.txt', 'planc.toml')",
        "UPDATE events SET json = replace(json, 'sha256:', 'sha256:00')",
        "UPDATE events SET json = replace(json, '\"a\"', '\"nobody\"')",
        "UPDATE events SET json = replace(json, '\"attempt\":1', '\"attempt\":4294967295')",
        "DELETE FROM events WHERE seq = 1",
        "DELETE FROM events WHERE seq % 2 = 0",
        "INSERT INTO events SELECT run, seq + 1000, at, json FROM events",
        "UPDATE runs SET plan = 'sha256:zz'",
        "UPDATE runs SET plan = 'sha256:' || hex(zeroblob(32))",
        "UPDATE runs SET id = '../../etc'",
        "UPDATE plans SET report = '{}'",
        "UPDATE plans SET report = replace(report, 'a.txt', char(27) || '[2Ja.txt')",
        "UPDATE plans SET sources = '[]'",
        "UPDATE plans SET sources = replace(sources, 'a2', 'evil')",
        "UPDATE plans SET predictions = '[]'",
        "UPDATE plans SET inputs = '3'",
        "UPDATE plans SET status = 'splendid'",
        "UPDATE plans SET rev = 99999999999",
        "DELETE FROM plans",
        "DROP TABLE events",
    ];
    for row in rows {
        let (place, run) = done();
        place.put("planc.toml", "");
        let outside = picture(&place.at("out"));
        let database = place.database();
        let _ = database.pragma_update(None, "foreign_keys", false);
        let _ = database.execute_batch(row);
        drop(database);
        for args in [
            vec!["runs"],
            vec!["show", &run],
            vec!["--format", "json", "show", &run],
            vec!["diff", &run],
            vec!["resume", &run],
            vec!["run", &run],
            vec!["undo", &run],
            vec!["undo", &run],
            vec!["plan", "p.pl"],
        ] {
            let said = place.planc(&args);
            assert!(said.code.is_some_and(|code| code != 101), "{row} {args:?} {}", said.short());
            assert!(!said.err.contains("panicked"), "{row} {args:?} {}", said.short());
            assert!(!said.err.contains('\u{1b}'), "{row} {args:?} {}", said.short());
        }
        assert_eq!(picture(&place.at("out")), outside, "{row}");
        assert_eq!(place.get("planc.toml"), "", "{row}");
        assert!(["a", "a2"].contains(&place.get("a.txt").as_str()), "{row}");
    }
}

#[test]
fn contents_that_were_tampered_with_are_not_given_back() {
    let (place, run) = done();
    let mut pending = vec![place.state().join("contents")];
    while let Some(path) = pending.pop() {
        match path.is_dir() {
            true => pending.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path())),
            false => fs::write(path, "evil").unwrap(),
        }
    }
    let said = place.planc(&["undo", &run]);
    assert_eq!(said.code, Some(4), "{}", said.short());
    assert_eq!((place.get("a.txt").as_str(), place.has("c.txt")), ("a2", false));
}
