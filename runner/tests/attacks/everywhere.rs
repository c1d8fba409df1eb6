//! What others change is told before confined programs as well, where the operator wants that.

use crate::meanwhile::plan;
use crate::place::{Place, until};
use crate::signed::QUESTION;
use crate::terminal::{Act, on_terminal};
use std::fs;
use std::process::Stdio;

/// What stands before the answer.
const ASKS: &str = "`no` ends the run here: ";

/// `main.sh`, which is as it was approved, runs what is in `lib`, in a cell.
fn place(changed: &str) -> Place {
    let place = Place::new();
    place.put("planc.toml", format!("[programs]\nscratch = [\"made\"]\nchanged = {changed:?}\n"));
    place.put("main.sh", "for each in lib/*; do . ./$each; done\n").put("lib/keep", "").put("made/x", "");
    place
}

/// The words of a program that names nothing of what it runs.
const MAIN: &str = "process.run(argv: [\"sh\", \"main.sh\"])";

fn evil(place: &Place) {
    place.put("lib/a.sh", "echo evil > evil.txt\n");
}

#[test]
fn what_others_change_is_told_before_a_confined_program() {
    let step = format!("step m = {MAIN}");
    for (changed, code) in [("everywhere", 3), ("ask", 0), ("allow", 0)] {
        let place = place(changed);
        let digest = place.put("p.pl", plan(&step)).digest("p.pl");
        evil(&place);
        let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(code);
        assert_eq!(place.has("evil.txt"), code == 0, "{changed}");
        if code == 3 {
            said.says("content of lib/a.sh for programs");
            // A person looks at it.
            let run = place.last_run();
            let (code, screen) = on_terminal(&place, &["resume", &run], ASKS, &Act::Type(b"yes\n"));
            assert!(code == 0 && screen.contains("echo evil") && place.has("evil.txt"), "{screen}");
        }
    }
}

#[test]
fn what_others_change_while_an_earlier_step_works_is_told() {
    let place = place("everywhere");
    place.put("wait.sh", "touch made/begun; while [ ! -e made/go ]; do sleep 0.02; done\n");
    let steps = format!("step w = process.run(argv: [\"sh\", \"wait.sh\"])\n  step m = {MAIN}");
    let digest = place.put("p.pl", plan(&steps)).digest("p.pl");
    let mut command = place.command(&["run", &format!("--approve={digest}"), "p.pl"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the first program has begun", || place.has("made/begun"));
    evil(&place);
    place.put("made/go", "");
    assert_eq!((child.wait().unwrap().code(), place.has("evil.txt")), (Some(3), false));
}

#[test]
fn what_others_change_is_told_before_a_confined_undo() {
    let place = place("everywhere");
    let step = format!("step m = fs.write(path: \"x\", text: \"x\") {{\n    undo {MAIN}\n  }}");
    place.put("p.pl", plan(&step)).run("p.pl").exits(0);
    evil(&place);
    place.planc(&["undo", &place.last_run()]).says("content of lib/a.sh for programs");
    assert!(!place.has("evil.txt") && place.has("x"));
    fs::remove_file(place.ws().join("lib/a.sh")).unwrap();
    place.planc(&["undo", &place.last_run()]).exits(0);
    assert!(!place.has("x"));
}

/// What the run itself has left is as it was approved, with nobody's question.
#[test]
fn what_the_run_makes_is_told_to_nobody() {
    let place = place("everywhere");
    place.put("gen.sh", "echo 'echo made > out.txt' > lib/gen.sh; mkdir -p new; echo x > new/x; rm lib/keep\n");
    let steps = format!("step g = process.run(argv: [\"sh\", \"gen.sh\"])\n  step m = {MAIN}\n  step n = {MAIN}");
    place.put("p.pl", plan(&steps));
    let (code, screen) = on_terminal(&place, &["run", "--approve", "p.pl"], QUESTION, &Act::Type(b"yes\n"));
    assert!(code == 0 && place.has("out.txt") && !screen.contains(ASKS), "{screen}");
}
