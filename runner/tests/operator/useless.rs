//! A yes that would lead to nothing is not asked for: what stands against it is said first.

use crate::place::Place;
use crate::typed::typed;

const YES: &str = "Only `yes` is a yes: ";

const GATE: &str = "plan \"Gate\" {\n  critical {\n    create \"a.txt\"\n  }\n  gate \"go on?\"\n  step a = fs.write(path: \"a.txt\", text: \"a\\n\")\n}\n";

/// The run that was made last, and how many there are.
fn runs(place: &Place) -> (String, usize) {
    let runs = place.planc(&["runs", "--format", "json"]).exits(0).json();
    let list = runs["runs"].as_array().expect("it is a list");
    (list[0]["run"].as_str().expect("it has a name").to_owned(), list.len())
}

fn digest(place: &Place, plan: &str) -> String {
    let report = place.planc(&["plan", plan, "--format", "json"]).exits(0).json();
    report["digest"].as_str().expect("it has a digest").to_owned()
}

#[test]
fn of_a_run_that_waits_at_a_gate_nobody_is_asked_for_the_plan() {
    let place = Place::new();
    place.put("g.pl", GATE);
    let digest = digest(&place, "g.pl");
    place.planc(&["run", &format!("--approve={digest}"), "g.pl"]).exits(3);
    let (run, all) = runs(&place);
    let says = format!("run `{run}` of the same plan waits for an answer at `gate 1`");
    let resume = format!("`planc resume {run}`");
    for args in
        [&["approve", &run][..], &["approve", &digest], &["run", "--approve", "g.pl"], &["run", "--approve", &run]]
    {
        let (screen, code) = typed(&place, args, &[(YES, "yes")]);
        assert_eq!(code, 3, "{args:?}: {screen}");
        assert!(screen.contains(&says) && screen.contains(&resume) && !screen.contains(YES), "{args:?}: {screen}");
    }
    // Where nobody is, no command is named that fails.
    for args in [&["approve", &run][..], &["run", "g.pl"], &["run", "--approve", "g.pl"], &["run", &digest]] {
        let said = place.planc(args).exits(3).says(&says);
        assert!(!said.err.contains("planc approve"), "{}", said.short());
    }
    assert_eq!(runs(&place).1, all, "nothing new waits");
    // The question of the gate is the one that there is.
    let (screen, code) = typed(&place, &["resume", &run], &[("ends the run here: ", "yes")]);
    assert_eq!((code, place.get("a.txt").as_str()), (0, "a\n"), "{screen}");
    place.planc(&["approve", &digest]).exits(5).says("has run already");
}

#[test]
fn a_plan_of_another_world_is_not_approved() {
    let place = Place::new();
    place.put("f.txt", "one\n");
    place.put("s.pl", "plan \"s\" {\n  critical {\n    modify \"f.txt\"\n  }\n  step a = fs.edit(path: \"f.txt\", edits: [{ find: \"one\", replace: \"two\" }])\n}\n");
    let digest = digest(&place, "s.pl");
    place.put("f.txt", "one\nmore\n");
    for args in [&["approve", &digest][..], &["run", "--approve", &digest]] {
        let (screen, code) = typed(&place, args, &[(YES, "yes")]);
        assert_eq!(code, 5, "{screen}");
        assert!(screen.contains("f.txt: planned with") && !screen.contains(YES), "{screen}");
    }
    place.planc(&["run", &digest]).exits(5).says("`planc plan FILE`");
    place.planc(&["approvals"]).exits(0).says("nothing was approved yet");
    // What is as it was may be approved again.
    place.put("f.txt", "one\n");
    let (screen, code) = typed(&place, &["approve", &digest], &[(YES, "yes")]);
    assert_eq!(code, 0, "{screen}");
    place.planc(&["run", &digest]).exits(0);
}

/// Of a folder it counts only that it is one, and an interpreter may find nothing there.
#[test]
fn a_plan_that_names_folders_and_what_is_not_there_is_approved() {
    let place = Place::new();
    place.put("lib/a.sh", "").put("tool/main.sh", "true\n").put(
        "s.pl",
        "plan \"s\" {\n  critical {\n    run \"sh\"\n  }\n  step a = process.run(argv: [\"sh\", \"../tool/main.sh\", \"flag\", \"../lib\"], directory: \"lib\")\n}\n",
    );
    let digest = digest(&place, "s.pl");
    let (screen, code) = typed(&place, &["approve", &digest], &[(YES, "yes")]);
    assert_eq!(code, 0, "{screen}");
    place.planc(&["run", &digest]).exits(0);
}

#[test]
fn a_run_that_is_at_work_is_said_to_be() {
    let place = Place::new();
    place.put(
        "w.pl",
        "plan \"w\" {\n  critical {\n    run \"sleep\"\n  }\n  step a = process.run(argv: [\"sleep\", \"20\"])\n}\n",
    );
    let digest = digest(&place, "w.pl");
    let approve = format!("--approve={digest}");
    let mut first = place.command(&["run", &approve, "w.pl"]);
    first.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut first = first.spawn().expect("planc can be started");
    let deadline = std::time::Instant::now() + crate::place::LIMIT;
    let status = || place.planc(&["runs", "--format", "json"]).json()["runs"][0]["status"].clone();
    while status() == "needs_approval" {
        assert!(std::time::Instant::now() < deadline, "it does not begin");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    std::thread::sleep(std::time::Duration::from_secs(1));
    place.planc(&["run", &approve, "w.pl"]).exits(2).says("of the same plan is at work");
    let (_, all) = runs(&place);
    place.planc(&["run", &approve, "w.pl"]);
    assert_eq!(runs(&place).1, all, "nothing new waits");
    first.kill().expect("it can be stopped");
    first.wait().expect("it ends");
}

#[test]
fn an_answer_to_init_that_is_no_yes_is_said_to_be_none() {
    let place = Place::new().unsaid();
    let (screen, code) = typed(&place, &["init"], &[(YES, "y")]);
    assert_eq!(code, 6, "{screen}");
    assert!(screen.contains("that was not `yes`; nothing was written") && !screen.contains("CI"), "{screen}");
    assert!(!place.ws().join("planc.toml").exists());
}
