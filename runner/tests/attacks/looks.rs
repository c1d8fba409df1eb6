//! What is looked at before a program runs is what it runs: whatever is changed between the yes and the call, between two
//! attempts, while an earlier step runs, or while the program itself does.

use crate::place::{Place, until};
use std::fs;
use std::process::Stdio;

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
    let cuts: [(&str, fn(&Place, &str)); 2] = [("its deadline", by_deadline), ("a kill", by_kill)];
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
fn in_a_copy(place: &Place, path: &str) -> bool {
    let mut cells = fs::read_dir(place.state().join("cells")).into_iter().flatten().flatten();
    cells.any(|cell| cell.path().join("upper").join(path).exists())
}
