//! What is looked at before a program runs is what it runs: whatever is changed between the yes and the call, between two
//! attempts, while an earlier step runs, or while the program itself does.

use crate::place::{Place, until};
use crate::terminal::{Act, on_terminal};
use std::fs;
use std::process::Stdio;

/// What stands before the answer.
const ASKS: &str = "`no` ends the run here: ";

const BUILD: &str = r#"plan "Build" {
  critical {
    run "sh build.sh"
    create "out.txt"
  }
  step a = process.run(argv: ["sh", "build.sh"])
}
"#;

#[test]
fn a_program_that_was_cut_off_is_not_run_again_as_another_one() {
    type Cut = fn(&Place, &str);
    let cuts: [(&str, Cut); 2] = [("its deadline", by_deadline), ("a kill", by_kill)];
    for (how, cut) in cuts {
        for evil in [true, false] {
            let place = Place::new();
            place
                .put("build.sh", "echo begun > out.txt\ntest -e ready || sleep 60\necho good > out.txt\n")
                .put("p.pl", BUILD);
            let approve = format!("--approve={}", place.digest("p.pl"));
            cut(&place, &approve);
            let run = place.last_run();
            place.put("ready", "");
            if evil {
                place.put("build.sh", "echo evil > out.txt\n");
                place.planc(&["resume", &run, "--deadline", "60s"]).exits(5).says("build.sh");
                assert!(!place.has("out.txt"), "after {how}");
            } else {
                place.planc(&["resume", &run, "--deadline", "60s"]).exits(0);
                assert_eq!(place.get("out.txt"), "good\n", "after {how}");
            }
        }
    }
}

fn by_deadline(place: &Place, approve: &str) {
    place.planc(&["run", approve, "--deadline", "1s", "p.pl"]).exits(124);
}

fn by_kill(place: &Place, approve: &str) {
    let mut command = place.command(&["run", approve, "p.pl"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    until("the program has begun", || in_a_copy(place, "out.txt"));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Whether a program has written a file in its copy of the workspace.
pub fn in_a_copy(place: &Place, path: &str) -> bool {
    let mut cells = fs::read_dir(place.state().join("cells")).into_iter().flatten().flatten();
    cells.any(|cell| cell.path().join("upper").join(path).exists())
}

/// A program in the open that is known only by its script.
const DEPLOY: &str = r#"plan "Format, then deploy" {
  critical {
    run    "true"
    run    "sh tools/deploy.sh"
    modify "**"
  }
  step format = process.run(argv: ["true"])
  step deploy = process.run(argv: ["sh", "tools/deploy.sh"])
}
"#;

#[test]
fn a_script_is_bound_behind_a_program_that_may_change_it() {
    for evil in [true, false] {
        let place = Place::new();
        place.open(&["sh tools/deploy.sh"]);
        place.put("tools/deploy.sh", logs(&place, "deployed")).put("p.pl", DEPLOY);
        place
            .planc(&["--format", "json", "plan", "p.pl"])
            .exits(0)
            .says("`tools/deploy.sh` is what `format` leaves there");
        let approve = format!("--approve={}", place.digest("p.pl"));
        if evil {
            place.put("tools/deploy.sh", logs(&place, "evil"));
            place.planc(&["run", &approve, "p.pl"]).exits(5).says("tools/deploy.sh");
            assert!(log(&place).is_none());
        } else {
            place.planc(&["run", &approve, "p.pl"]).exits(0);
            assert_eq!(log(&place).as_deref(), Some("deployed\n"));
        }
    }
}

/// The script stands on the card; a program that may change it goes before.
const WRITTEN: &str = r#"plan "Write, wait, build" {
  critical {
    run    "sh"
    create "*"
  }
  step write = fs.write(path: "build.sh", text: "echo good > out.txt\n")
  step wait = process.run(argv: ["sh", "-c", "echo > begun; sleep 2"])
  step build = process.run(argv: ["sh", "build.sh"])
}
"#;

#[test]
fn what_a_step_has_written_is_what_a_later_one_runs() {
    for evil in [true, false] {
        let place = Place::new();
        place.put("p.pl", WRITTEN);
        let code = while_it_waits(&place, || {
            if evil {
                place.put("build.sh", "echo evil > out.txt\n");
            }
        });
        assert_eq!(code, Some(if evil { 5 } else { 0 }));
        assert_eq!(place.has("out.txt"), !evil);
    }
}

const ABSENT: &str = r#"plan "Wait, deploy" {
  critical {
    run    "sh"
    create "begun"
  }
  step wait = process.run(argv: ["sh", "-c", "echo > begun; sleep 2; rm begun"])
  step deploy = process.run(argv: ["sh", "tools/deploy.sh"])
}
"#;

#[test]
fn a_script_that_was_not_there_is_not_run() {
    let place = Place::new();
    place.open(&["sh tools/deploy.sh"]).put("p.pl", ABSENT);
    place.planc(&["--format", "json", "plan", "p.pl"]).exits(0).says("there is no file `tools/deploy.sh`");
    let code = while_it_waits(&place, || {
        place.put("tools/deploy.sh", logs(&place, "evil"));
    });
    assert_eq!((code, log(&place)), (Some(5), None));
    // Nor is one that is put there between the yes and the run.
    let place = Place::new();
    place.open(&["sh tools/deploy.sh"]).put("p.pl", ABSENT);
    let approve = format!("--approve={}", place.digest("p.pl"));
    place.put("tools/deploy.sh", logs(&place, "evil"));
    place.planc(&["run", &approve, "p.pl"]).exits(5).says("tools/deploy.sh");
    assert_eq!(log(&place), None);
}

/// A program makes a script, and another runs it.
const MADE: &str = r#"plan "Make, run" {
  critical {
    run    "sh"
    create "*"
  }
  step make = process.run(argv: ["sh", "-c", "echo 'echo made > out.txt; echo made >> $LOG' > gen.sh"])
  step ran = process.run(argv: ["sh", "gen.sh"], env: [{ name: "LOG", value: "/dev/null" }])
}
"#;

#[test]
fn a_script_that_the_run_itself_has_made_is_run() {
    let place = Place::new();
    place.put("p.pl", MADE);
    place.run("p.pl").exits(0);
    assert_eq!(place.get("out.txt"), "made\n");
    // In the open only once a person has seen it.
    let place = Place::new();
    place.open(&["sh gen.sh"]);
    place.put("p.pl", MADE.replace("/dev/null", &place.at("out/log").display().to_string()));
    place.run("p.pl").exits(3).says("content of gen.sh");
    assert!(place.has("gen.sh") && log(&place).is_none());
    let run = place.last_run();
    let (code, shown) = on_terminal(&place, &["resume", &run], ASKS, &Act::Type(b"yes\n"));
    assert_eq!(code, 0, "{shown:?}");
    assert!(shown.contains("echo made"), "{shown:?}");
    assert_eq!(log(&place).as_deref(), Some("made\n"));
}

/// Approves and runs `p.pl`, and does something while its first step waits; gives the exit code.
fn while_it_waits(place: &Place, act: impl FnOnce()) -> Option<i32> {
    let approve = format!("--approve={}", place.digest("p.pl"));
    let mut command = place.command(&["run", &approve, "p.pl"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the first program has begun", || in_a_copy(place, "begun"));
    act();
    child.wait().unwrap().code()
}

/// A script that leaves a line outside of the workspace.
fn logs(place: &Place, line: &str) -> String {
    format!("echo {line} >> '{}'\n", place.at("out/log").display())
}

fn log(place: &Place) -> Option<String> {
    fs::read_to_string(place.at("out/log")).ok()
}

const BOTH: &str = r#"plan "Build" {
  critical {
    run    "sh tools/build.sh tools/other.sh"
    create "out.txt"
  }
  step a = process.run(argv: ["sh", "tools/build.sh", "tools/other.sh"])
}
"#;

#[test]
fn a_bound_file_is_not_another_one_while_the_program_runs() {
    let good = "echo good > out.txt\n";
    let evil = |place: &Place| {
        place.put("tools/other.sh", "echo evil > out.txt\n");
        until("the other script has run", || copied(place, "out.txt").as_deref() != Some("begun\n"));
        place.put("tools/other.sh", good);
    };
    let moved = |place: &Place| {
        fs::rename(place.ws().join("tools"), place.ws().join("away")).unwrap();
        evil(place);
    };
    type Act<'a> = &'a dyn Fn(&Place);
    let acts: [(&str, Act<'_>); 3] =
        [("there and back", &evil), ("its folder is another", &moved), ("nothing", &|_| {})];
    for (how, act) in acts {
        let place = Place::new();
        place.put("tools/build.sh", "echo begun > out.txt\nsleep 2\nsh \"$1\"\nsleep 2\n");
        place.put("tools/other.sh", good).put("p.pl", BOTH);
        let approve = format!("--approve={}", place.digest("p.pl"));
        let mut command = place.command(&["run", &approve, "p.pl"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("the program has begun", || copied(&place, "out.txt").as_deref() == Some("begun\n"));
        act(&place);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{how}");
        assert_eq!(place.get("out.txt"), "good\n", "{how}");
    }
}

/// What a program has written to a file in its copy of the workspace.
pub fn copied(place: &Place, path: &str) -> Option<String> {
    let mut cells = fs::read_dir(place.state().join("cells")).into_iter().flatten().flatten();
    cells.find_map(|cell| fs::read_to_string(cell.path().join("upper").join(path)).ok())
}
