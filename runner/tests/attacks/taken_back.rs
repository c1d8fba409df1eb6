//! What is told of a secret that a declared `undo` call is given, while a run is taken back and after: as little as of one that a
//! step is given, also where another call finds what the first has left.

use crate::afterwards::{hides, input, place, run, told};
use crate::place::Place;
use std::fs;

const SECRET: &str = "hunter22";
const TURNED: &str = "22retnuh";

/// A step with a call that takes it back by writing the secret to `k.txt`, the last of the run and so the first that is taken back.
const KEEPS: &str = "  step z = fs.write(path: \"z.txt\", text: \"public\") {\n    undo process.run(argv: [\"tee\", \"k.txt\"], stdin: token)\n    after a\n  }\n";

/// A step `a` that is taken back by another call, and then that one.
fn after(step: &str, undo: &str) -> Place {
    let place = place(&format!("  step a = {step} {{\n{undo}  }}\n{KEEPS}"));
    fs::write(place.at("token"), SECRET).unwrap();
    place
}

/// Runs it and takes it back; gives all that is told of that, by what tells it.
fn taken_back(place: &Place) -> Vec<(&'static str, String)> {
    run(place).exits(0);
    let mut all = Vec::new();
    for (what, format) in [("undo", "text"), ("undo again, as JSON", "json")] {
        let said = place.planc(&["--format", format, "undo", &place.last_run()]);
        all.push((what, said.out + &said.err));
    }
    all.extend(told(place));
    all
}

const WRITES: &str = "fs.write(path: \"a.txt\", text: \"public\")";

#[test]
fn the_digest_of_what_an_undo_call_leaves() {
    let place = after(WRITES, "");
    hides(&taken_back(&place), &[SECRET, TURNED]);
    assert_eq!(place.get("k.txt"), SECRET);
}

#[test]
fn the_words_of_an_undo_call_that_fails_over_what_another_has_left() {
    let place = after(WRITES, "    undo process.run(argv: [\"sh\", \"-c\", \"rev k.txt >&2; exit 1\"])\n");
    let all = taken_back(&place);
    hides(&all, &[SECRET, TURNED]);
    assert!(all[0].1.contains("a secret has a part in why"), "{}", all[0].1);
}

#[test]
fn what_is_shown_before_an_undo_call_in_the_open() {
    let place = after(WRITES, "    undo process.run(argv: [\"cp\", \"other.txt\", \"b.txt\"])\n");
    place.open(&["cp"]);
    let all = taken_back(&place);
    hides(&all, &[SECRET, TURNED]);
    assert!(all[0].1.contains("content of k.txt for programs in the open"), "{}", all[0].1);
}

/// An earlier step has left the path, too: there the secret stands in its place.
#[test]
fn what_stands_in_the_place_of_what_a_step_has_left() {
    for open in [false, true] {
        let place = after("fs.write(path: \"k.txt\", text: \"public\")", "");
        if open {
            place.open(&["tee"]);
        }
        let all = taken_back(&place);
        hides(&all, &[SECRET, TURNED]);
        assert!(all[0].1.contains("a secret has a part in why"), "{}", all[0].1);
    }
}

/// The plan has a secret that goes nowhere.
#[test]
fn what_a_step_leaves_is_told_where_no_undo_call_has_a_secret() {
    let place = place(&format!("  step a = {WRITES} {{\n    undo fs.write(path: \"b.txt\", text: \"two\")\n  }}\n"));
    run(&place).exits(0);
    place.put("a.txt", "mine\n");
    let said = place.planc(&["undo", &place.last_run()]).exits(4);
    assert!(said.out.contains("+mine"), "{}", said.out);
}

/// Whether an undo call fails, and which files it changes, says how a secret has decided: the approver has read so.
#[test]
fn what_an_undo_call_tells_is_read_first() {
    let given = "    undo process.run(argv: [\"grep\", \"-q\", \"^4\"], stdin: token)\n";
    let finds = "    undo process.run(argv: [\"grep\", \"-q\", \"^4\", \"k.txt\"])\n";
    for (undo, step) in [(given, ""), (finds, KEEPS)] {
        let place = place(&format!("  step a = {WRITES} {{\n{undo}  }}\n{step}"));
        let told = place.planc(&["--format", "json", "plan", "p.pl", "--input-file", &input(&place)]).exits(0).json();
        let told = told["disclosures"].to_string();
        for what in ["whether its undo fails", "which files its undo changes"] {
            assert!(told.contains(&format!("{{\"of\":\"a\",\"what\":\"{what}\"}}")), "{told}");
        }
    }
    // Of one that reaches no secret there is nothing to say.
    let place =
        place(&format!("  step a = {WRITES} {{\n    undo process.run(argv: [\"grep\", \"-q\", \"^4\"])\n  }}\n"));
    let told = place.planc(&["--format", "json", "plan", "p.pl", "--input-file", &input(&place)]).exits(0).json();
    assert!(!told["disclosures"].to_string().contains("undo"), "{told}");
}
