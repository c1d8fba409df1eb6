//! What counts as known in a run is what a person could see: on a card that was shown, or as the run itself has left it, made of what was known.

use crate::meanwhile::{Changes, EVIL, MAIN, log, place, plan};
use crate::place::{Place, until};
use crate::signed::QUESTION;
use crate::terminal::{Act, on_terminal};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

/// `lib` is evil, and then another one takes its place.
fn away(place: &Place) {
    fs::rename(place.ws().join("lib"), place.at("out/lib")).unwrap();
    place.put("lib/a.sh", "true # harmless\n");
}

/// The evil one comes back, as it was.
fn back(place: &Place) {
    fs::rename(place.ws().join("lib"), place.at("out/harmless")).unwrap();
    fs::rename(place.at("out/lib"), place.ws().join("lib")).unwrap();
}

/// Nothing is known in a run before it begins: who tries to go on with it without a yes does not choose the card that it goes by.
#[test]
fn a_run_without_a_yes_keeps_nothing() {
    let place = place();
    place.put("lib/a.sh", EVIL).put("p.pl", plan(MAIN));
    let digest = place.digest("p.pl");
    place.planc(&["resume", &digest]).exits(3);
    away(&place);
    assert_eq!(place.digest("p.pl"), digest);
    back(&place);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says("content of lib/a.sh");
    assert_eq!(log(&place), "");
    // Nor is anybody asked about what was on the card.
    let place = self::place();
    place.put("lib/a.sh", EVIL).put("p.pl", plan(MAIN));
    place.planc(&["resume", &place.digest("p.pl")]).exits(3);
    place.put("lib/a.sh", "true\n");
    let (code, shown) = on_terminal(&place, &["run", "--approve", "p.pl"], QUESTION, &Act::Type(b"yes\n"));
    assert_eq!((code, log(&place).as_str()), (0, ""), "{shown}");
}

/// The card of a stored plan says what it said, and a person who reads it sees the workspace as it is now.
#[test]
fn what_was_another_one_when_a_card_was_shown_is_told() {
    let shown: [fn(&Place, &str); 3] = [
        |place, digest| {
            let (code, shown) = on_terminal(place, &["approve", digest], QUESTION, &Act::Type(b"yes\n"));
            assert_eq!(code, 0, "{shown}");
        },
        |place, digest| _ = place.planc(&["show", digest]).exits(0),
        |place, digest| _ = place.planc(&["approve", digest, "--statement", "../out/s.json"]).exits(0),
    ];
    for (index, show) in shown.into_iter().enumerate() {
        let place = place();
        place.put("lib/a.sh", EVIL).put("p.pl", plan(MAIN));
        let digest = place.digest("p.pl");
        away(&place);
        show(&place, &digest);
        back(&place);
        let yes = format!("--approve={digest}");
        let run: &[&str] = if index == 0 { &["run", "p.pl"] } else { &["run", &yes, "p.pl"] };
        place.planc(run).exits(3).says("content of lib/a.sh");
        assert_eq!(log(&place), "", "{index}");
    }
}

/// What stands before the answer.
const ASKS: &str = "`no` ends the run here: ";

/// A confined program.
pub const PREP: &str = "step s = process.run(argv: [\"sh\", \"prep.sh\"])";

/// A step with an undo in the open.
const TAKEN_BACK: &str =
    "step u = fs.write(path: \"x\", text: \"x\") {\n    undo process.run(argv: [\"sh\", \"main.sh\"])\n  }";

fn evil(place: &Place) {
    place.put("lib/a.sh", format!("{EVIL}\n"));
}

/// What the run puts back is no more its own than it was when a step found it.
#[test]
fn what_is_put_back_and_was_of_others_is_told() {
    let over: [(&str, Changes, &str); 4] = [
        ("echo 'true # new' > lib/a.sh\n", evil, "content of lib/a.sh"),
        ("rm lib/a.sh\n", evil, "content of lib/a.sh"),
        ("chmod 700 lib/a.sh\n", evil, "content of lib/a.sh"),
        // What forbids it.
        ("echo no > lib/keep\n", |place| fs::remove_file(place.ws().join("lib/keep")).unwrap(), "lib/keep: absent"),
    ];
    for (prep, act, says) in over {
        for fails in [false, true] {
            let place = place();
            place.put("lib/a.sh", "true\n").put("prep.sh", prep);
            let end = if fails {
                "\n  step f = process.run(argv: [\"sh\", \"-c\", \"exit 1\"]) { on failure undo }"
            } else {
                ""
            };
            let digest = place.put("p.pl", plan(&format!("{TAKEN_BACK}\n  {PREP}{end}"))).digest("p.pl");
            act(&place);
            let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]);
            let said = if fails { said } else { place.planc(&["undo", &place.last_run()]) };
            said.says(says);
            assert_eq!(log(&place), "", "{prep}");
        }
        // Nobody is asked where nobody else has changed anything.
        let place = place();
        place.put("lib/a.sh", "true\n").put("prep.sh", prep);
        place.put("p.pl", plan(&format!("{TAKEN_BACK}\n  {PREP}"))).run("p.pl").exits(0);
        place.planc(&["undo", &place.last_run()]).exits(0);
    }
}

/// With a mode that the run has put on what others left there, their content is shown.
#[test]
fn a_changed_mode_does_not_make_a_content_known() {
    let place = place();
    place.put("lib/a.sh", "true\n").put("prep.sh", "chmod 755 lib/a.sh\n");
    let digest = place.put("p.pl", plan(&format!("{PREP}\n  {MAIN}"))).digest("p.pl");
    evil(&place);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says("content of lib/a.sh").says(EVIL);
    let (code, shown) = on_terminal(&place, &["resume", &place.last_run()], ASKS, &Act::Type(b"no\n"));
    assert_eq!((code, log(&place).as_str()), (6, ""), "{shown}");
}

/// Begins a plan whose first step waits, and does something meanwhile; gives the exit code.
pub fn meanwhile(place: &Place, steps: &str, act: Changes) -> Option<i32> {
    meanwhile_behind(place, "", steps, act)
}

/// The same with a step before the one that waits.
pub fn meanwhile_behind(place: &Place, before: &str, steps: &str, act: Changes) -> Option<i32> {
    place.put("wait.sh", "touch made/begun; while [ ! -e made/go ]; do sleep 0.02; done\n").put("made/x", "");
    let toml = fs::read_to_string(place.ws().join("planc.toml")).unwrap_or_default();
    let toml = if toml.contains("[programs]") { toml } else { "[programs]\n".to_owned() };
    place.put("planc.toml", format!("{toml}scratch = [\"made\"]\n"));
    let steps = format!("{before}\n  step w = process.run(argv: [\"sh\", \"wait.sh\"])\n  {steps}");
    let digest = place.put("p.pl", plan(&steps)).digest("p.pl");
    let mut command = place.command(&["run", &format!("--approve={digest}"), "p.pl"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the first program has begun", || place.has("made/begun"));
    act(place);
    place.put("made/go", "");
    child.wait().unwrap().code()
}

/// A script that a step names in a cell is as it was at the card, or made of that.
#[test]
fn what_others_changed_is_not_run_in_a_cell_with_another_mode() {
    let steps = format!("{PREP}\n  step m = process.run(argv: [\"sh\", \"tools/x.sh\"])");
    for (is_evil, code) in [(true, 5), (false, 0)] {
        let place = Place::new();
        place.put("tools/x.sh", "true\n").put("prep.sh", "chmod 755 tools/x.sh\n");
        fs::set_permissions(place.ws().join("tools/x.sh"), fs::Permissions::from_mode(0o644)).unwrap();
        let act: Changes = if is_evil { |place| _ = place.put("tools/x.sh", "echo > evil\n") } else { |_| () };
        assert_eq!((meanwhile(&place, &steps, act), place.has("evil")), (Some(code), false));
    }
}

/// Nor is it run to take something back.
#[test]
fn what_is_put_back_and_was_of_others_is_not_run_in_a_cell() {
    let undo = TAKEN_BACK.replace("main.sh", "lib/u.sh");
    for (is_evil, code) in [(true, 4), (false, 0)] {
        let place = Place::new();
        place.put("lib/u.sh", "true\n").put("prep.sh", "echo 'true # new' > lib/u.sh\n");
        let act: Changes = if is_evil { |place| _ = place.put("lib/u.sh", "echo > evil\n") } else { |_| () };
        assert_eq!(meanwhile(&place, &format!("{undo}\n  {PREP}"), act), Some(0));
        place.planc(&["undo", &place.last_run()]).exits(code);
        assert!(!place.has("evil"));
    }
}

/// What a file tool makes of what others have put there behind a step of which nobody records what it does.
#[test]
fn what_a_file_tool_makes_of_what_others_left_is_told() {
    let calls = [
        ("fs.move(from: \"src/a.sh\", to: \"lib/a.sh\")", "lib/a.sh"),
        ("fs.copy(from: \"src/a.sh\", to: \"lib/a.sh\")", "lib/a.sh"),
        ("fs.move(from: \"src\", to: \"lib/src\")", "lib/src/a.sh"),
        ("fs.copy(from: \"src\", to: \"lib/src\")", "lib/src/new.sh"),
        ("fs.append(path: \"src/a.sh\", text: \"true\")", "src/a.sh"),
        ("fs.edit(path: \"src/a.sh\", edits: [{ find: \"x\", replace: \"y\" }])", "src/a.sh"),
    ];
    let open = "step s = process.run(argv: [\"sh\", \"main.sh\", \"x\"])";
    for (call, path) in calls {
        for (is_evil, code) in [(true, 3), (false, 0)] {
            let place = place();
            place.put("src/a.sh", "true # x\n");
            place.put("main.sh", format!("[ $# != 0 ] || . {path}\n")).put("src/new.sh", "true\n");
            let act: Changes = match (is_evil, path.ends_with("new.sh")) {
                (true, true) => |place| _ = place.put("src/new.sh", format!("{EVIL}\n")),
                (true, false) => |place| _ = place.put("src/a.sh", format!("{EVIL} # x\n")),
                (false, _) => |_| (),
            };
            let ended = meanwhile_behind(&place, open, &format!("step t = {call}\n  {MAIN}"), act);
            assert_eq!((ended, log(&place).as_str()), (Some(code), ""), "{call}");
            if is_evil {
                let (_, shown) = on_terminal(&place, &["resume", &place.last_run()], ASKS, &Act::Type(b"no\n"));
                assert!(shown.contains(&format!("content of {path}")), "{shown}");
            }
        }
    }
}

/// What earlier steps of the same run have made is known to be theirs, also behind programs of which the dry run says nothing.
#[test]
fn what_file_tools_make_of_what_the_run_left_is_told_to_nobody() {
    let place = place();
    place.put("prep.sh", "true\n").put("lib/old.sh", "true # x\n");
    let steps = [
        "fs.write(path: \"src/a.sh\", text: \"true # x\\n\")",
        "process.run(argv: [\"sh\", \"prep.sh\"])",
        "fs.append(path: \"src/a.sh\", text: \"true\\n\")",
        "fs.edit(path: \"src/a.sh\", edits: [{ find: \"x\", replace: \"y\" }])",
        "fs.copy(from: \"src/a.sh\", to: \"lib/b.sh\")",
        "fs.move(from: \"src/a.sh\", to: \"lib/a.sh\")",
        "fs.edit(path: \"lib/old.sh\", edits: [{ find: \"x\", replace: \"y\" }])",
        "fs.copy(from: \"lib\", to: \"copy\")",
        "fs.move(from: \"copy\", to: \"moved\")",
        "fs.delete(path: \"moved\", recursive: true)",
        "process.run(argv: [\"sh\", \"main.sh\"])",
        "fs.append(path: \"lib/old.sh\", text: \"true\\n\")",
        "process.run(argv: [\"sh\", \"main.sh\"])",
    ];
    let steps: Vec<String> = steps.iter().enumerate().map(|(index, call)| format!("step s{index} = {call}")).collect();
    place.put("p.pl", plan(&steps.join("\n  "))).run("p.pl").exits(0);
    place.planc(&["undo", &place.last_run()]).exits(0);
}
