//! The store of earlier contents: it has a size, a run that would not fit does not begin, and what a run cannot keep it does not
//! change. What others changed since a run is shown when it is taken back, and left.

use crate::place::{Place, picture};
use std::fs;

/// A workspace with a store of one MiB, and a plan that replaces a file of so many bytes.
fn place(bytes: usize) -> Place {
    let place = Place::new();
    place
        .put("planc.toml", "[contents]\nmax_mb = 1\n[programs]\ndry_run = \"sealed\"\n")
        .put("a.txt", "a".repeat(bytes));
    place.put(
        "p.pl",
        "plan \"x\" {\n critical {\n modify \"a.txt\"\n }\n step a = fs.write(path: \"a.txt\", text: \"b\")\n}\n",
    );
    place
}

fn kept(place: &Place) -> u64 {
    place.planc(&["--format", "json", "gc", "--dry-run"]).exits(0).json()["kept_bytes"].as_u64().unwrap()
}

#[test]
fn what_fits_is_kept_and_taken_back() {
    let place = place((1 << 20) - 1);
    place.run("p.pl").exits(0);
    assert_eq!(kept(&place), 1 << 20);
    place.planc(&["undo", &place.last_run()]).exits(0);
    assert_eq!(place.get("a.txt").len(), (1 << 20) - 1);
}

#[test]
fn a_run_that_would_not_fit_does_not_begin() {
    let place = place(1 << 20);
    let before = picture(&place.ws());
    let said = place.run("p.pl").exits(2).says("needs 1048577 bytes of the store of earlier contents");
    assert!(said.err.contains("holds 0 of 1048576") && said.err.contains("max_mb"), "{}", said.short());
    assert_eq!(picture(&place.ws()), before);
    // The yes was not used up: with more room it runs.
    let run = place.last_run();
    place.put("planc.toml", "[contents]\nmax_mb = 2\n");
    place.planc(&["run", &run]).exits(0);
    assert_eq!(place.get("a.txt"), "b");
}

#[test]
fn what_no_run_needs_makes_room() {
    let place = place(700_000);
    place.run("p.pl").exits(0);
    let first = place.last_run();
    place.put("a.txt", "c".repeat(700_000));
    place.put("q.pl", place.get("p.pl").replace("\"x\"", "\"y\""));
    // What the first run changed can still be taken back, and nothing may go.
    place.run("q.pl").exits(2).says("no run can do without any of it");
    place.put("a.txt", "b");
    place.planc(&["undo", &first]).exits(0);
    place.put("a.txt", "c".repeat(700_000));
    let said = place.run("q.pl").exits(2);
    assert!(said.err.contains("`planc gc` removes 700001 bytes"), "{}", said.short());
    place.planc(&["gc"]).exits(0);
    place.planc(&["run", &place.last_run()]).exits(0);
}

#[test]
fn what_a_program_changes_and_cannot_be_kept_is_not_changed() {
    let place = place(10);
    place.put(
        "p.pl",
        "plan \"x\" {\n critical {\n modify \"a.txt\"\n create \"b.txt\"\n run \"sh -c\"\n }\n step a = process.run(argv: [\"sh\", \"-c\", \"echo b > b.txt; head -c 2000000 /dev/zero > a.txt\"])\n}\n",
    );
    let before = picture(&place.ws());
    place.planc(&["run", "--approve", "p.pl"]).exits(2).says("the store of earlier contents holds").says("planc gc");
    assert_eq!(picture(&place.ws()), before);
    // Where it is known before, it does not begin.
    place.put("q.pl", place.get("p.pl").replace("\"x\"", "\"y\""));
    place.planc(&["run", "--approve", "--run-programs", "q.pl"]).exits(2).says("needs 2000002 bytes");
}

/// A run that has changed `a.txt` and `b.bin`, and somebody who has changed both since.
fn changed() -> Place {
    let place = Place::new();
    place.put("a.txt", "one\ntwo\nthree\n").put("b.bin", [0, 159, 146]);
    place.put(
        "p.pl",
        "plan \"x\" {\n critical {\n modify \"*.*\"\n create \"c.txt\"\n }\n step a = fs.append(path: \"a.txt\", text: \"four\\n\")\n step b = fs.write(path: \"b.bin\", text: \"b\")\n step c = fs.write(path: \"c.txt\", text: \"c\\n\")\n}\n",
    );
    place.run("p.pl").exits(0);
    place.put("a.txt", "one\n2\nthree\nfour\n\u{1b}[2Jfive\n").put("b.bin", [1, 0, 255]);
    fs::remove_file(place.ws().join("c.txt")).unwrap();
    fs::create_dir(place.ws().join("c.txt")).unwrap();
    place
}

#[test]
fn what_others_changed_is_shown_as_a_diff_and_left() {
    let place = changed();
    let run = place.last_run();
    let said = place.planc(&["undo", &run]).exits(4);
    for line in ["Changed since", "! a.txt", "    -two", "    +2", "     three", "left b.bin", "left c.txt"] {
        assert!(said.out.contains(line), "{line}: {}", said.short());
    }
    assert!(!said.out.contains('\u{1b}'), "{}", said.short());
    assert_eq!(place.get("a.txt"), "one\n2\nthree\nfour\n\u{1b}[2Jfive\n");
    // It is told again for whoever looks later, and for programs.
    place.planc(&["show", &run]).exits(0).says("    -two");
    let report = place.planc(&["--format", "json", "show", &run]).exits(0).json();
    let diffs: Vec<Option<&str>> =
        report["result"]["conflicts"].as_array().unwrap().iter().map(|conflict| conflict["diff"].as_str()).collect();
    assert_eq!(diffs.iter().filter(|diff| diff.is_some()).count(), 1, "{report}");
    // Where it is as the run left it, it is taken back after all.
    place.put("a.txt", "one\ntwo\nthree\nfour\n").put("b.bin", "b");
    fs::remove_dir(place.ws().join("c.txt")).unwrap();
    place.put("c.txt", "c\n");
    let said = place.planc(&["undo", &run]).exits(0);
    assert!(!said.out.contains("Changed since"), "{}", said.short());
    assert_eq!(place.get("a.txt"), "one\ntwo\nthree\n");
}

#[test]
fn a_diff_of_what_had_a_secret_is_not_shown() {
    let place = Place::new();
    fs::write(place.at("token"), "hunter2hunter2").unwrap();
    place.put(
        "p.pl",
        "plan \"x\" {\n input token: string secret\n critical {\n create \"auth.txt\"\n }\n let line = reveal(\"key=${token}\\n\", \"the service reads it\")\n step a = fs.write(path: \"auth.txt\", text: line)\n}\n",
    );
    let file = format!("token={}", place.at("token").display());
    let digest = place.digest_with(&["plan", "p.pl", "--input-file", &file]);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl", "--input-file", &file]).exits(0);
    place.put("auth.txt", "key=hunter2hunter2\nmore\n");
    let run = place.last_run();
    let said = place.planc(&["undo", &run]).exits(4).says("Changed since").says("(secret)");
    assert!(!said.out.contains("hunter2") && !said.err.contains("hunter2"), "{}", said.short());
    let shown = place.planc(&["--format", "json", "show", &run]);
    assert!(!shown.out.contains("hunter2"), "{}", shown.short());
}

#[test]
fn a_long_diff_is_told_from_its_beginning() {
    let place = Place::new();
    place.put("a.txt", "");
    let lines: String = (0..20_000).map(|n| format!("line {n}\\n")).collect();
    place.put("p.pl", format!("plan \"x\" {{\n critical {{\n modify \"a.txt\"\n }}\n step a = fs.write(path: \"a.txt\", text: \"{lines}\")\n}}\n"));
    place.run("p.pl").exits(0);
    place.put("a.txt", "all of it is gone\n");
    let run = place.last_run();
    let said = place.planc(&["undo", &run]).exits(4).says("more lines");
    assert!(said.out.lines().count() < 100, "{}", said.short());
    let report = place.planc(&["--format", "json", "show", &run]).json();
    let diff = report["result"]["conflicts"][0]["diff"].as_str().unwrap();
    assert!(diff.len() < 70_000 && diff.contains("-line 0\n"), "{}", diff.len());
}
