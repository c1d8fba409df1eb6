//! What runs in the open may find all that is in the workspace, whatever its command line says: what the run has left there is what
//! somebody has seen.

use crate::place::{Place, Said, words};
use crate::signed::QUESTION;
use crate::terminal::{Act, on_terminal};

/// What stands before the answer.
const ASKS: &str = "`no` ends the run here: ";

/// What the attacker wants to be run in the open: it leaves a line outside of the workspace.
const EVIL: &str = "echo evil >> ../out/log";

const GEN: &str = "step g = process.run(argv: [\"sh\", \"gen.sh\"])";

/// A plan that may do much.
fn plan(steps: &str) -> String {
    format!(
        "plan \"p\" {{\n  critical {{\n    create \"**\"\n    modify \"**\"\n    delete \"**\"\n    read \"**\"\n    run \"sh\"\n    run \
         \"git\"\n    run \"./main\"\n  }}\n  {steps}\n}}\n"
    )
}

fn log(place: &Place) -> String {
    std::fs::read_to_string(place.at("out/log")).unwrap_or_default()
}

/// `main.sh`, which is as it was approved, runs in the open what is in `lib`.
fn place() -> Place {
    let place = Place::new();
    place.put("planc.toml", "[programs]\nopen = [\"sh main.sh\", \"sh tools/main.sh\", \"sh -c\", \"git\"]\n");
    place.put("main.sh", "for each in lib/*; do . ./$each; done\n").put("lib/keep", "");
    place
}

fn after(place: &Place, leaves: &str, steps: &str) -> Said {
    place.put("gen.sh", format!("{leaves}\n")).put("p.pl", plan(&format!("{GEN}\n  {steps}"))).run("p.pl")
}

#[test]
fn what_no_word_names_is_looked_at() {
    let main = "step m = process.run(argv: [\"sh\", \"main.sh\"])";
    let beside = "step m = process.run(argv: [\"sh\", \"tools/main.sh\"])";
    let code = "step m = process.run(argv: [\"sh\", \"-c\", \". ./lib/a.sh\"])";
    let hook =
        "step m = process.run(argv: [\"git\", \"-c\", \"core.hooksPath=hk\", \"hook\", \"run\", \"pre-commit\"])";
    let copied = format!("step c = fs.move(from: \"made\", to: \"lib/a.sh\")\n  {main}");
    let cloned = format!("step c = fs.copy(from: \"made\", to: \"lib/a\")\n  {main}");
    for (leaves, steps, says) in [
        (format!("echo '{EVIL}' > lib/a.sh"), main, "content of lib/a.sh for programs in the open"),
        (format!("mkdir tools/x; echo '{EVIL}' > tools/x/a.sh"), beside, "content of tools/x/a.sh"),
        (format!("echo '{EVIL}' > lib/a.sh"), code, "content of lib/a.sh"),
        (format!("echo '{EVIL}' > made"), copied.as_str(), "content of lib/a.sh"),
        (
            format!("mkdir hk; printf '#!/bin/sh\\n{EVIL}\\n' > hk/pre-commit; chmod +x hk/pre-commit"),
            hook,
            "hk/pre-commit",
        ),
        // Nobody sees what is behind it, but where it leads.
        ("ln -s /tmp/elsewhere lib/a.sh".to_owned(), main, "content of lib/a.sh"),
        (format!("rm -r lib; mkdir other; echo '{EVIL}' > other/a.sh; ln -s other lib"), main, "content of "),
        // What is no content: a name, that something is gone, or may be run.
        (
            "mkdir -p -- 'lib/--checkpoint-action=exec=sh'".to_owned(),
            main,
            "lib/--checkpoint-action=exec=sh: directory",
        ),
        ("rm lib/keep".to_owned(), main, "lib/keep: absent"),
        ("chmod +x lib/keep".to_owned(), main, "lib/keep: file 0755"),
        ("mkdir -p made/-e".to_owned(), copied.as_str(), "lib/a.sh/-e: directory"),
        ("mkdir -p made/-e".to_owned(), cloned.as_str(), "lib/a/-e: directory"),
        // So many that nobody reads them.
        (format!("for i in $(seq 120); do echo '{EVIL}' > lib/$i; done"), main, "contents for programs in the open"),
    ] {
        let place = place();
        std::fs::create_dir(place.at("out/repo")).unwrap();
        place.put("tools/main.sh", "for each in tools/x/*; do . ./$each; done\n").put("tools/keep", "");
        let init = std::process::Command::new("git").args(["init", "-q"]).current_dir(place.ws()).status();
        assert!(init.unwrap().success());
        after(&place, &leaves, steps).exits(3).says(says);
        assert_eq!(log(&place), "", "{leaves}");
    }
}

/// One yes is enough for all programs in the open that follow, and it is one to these contents.
#[test]
fn what_was_looked_at_is_not_asked_about_twice() {
    for evil in [false, true] {
        let place = place();
        let twice = "step m = process.run(argv: [\"sh\", \"main.sh\"])\n  \
                     step n = process.run(argv: [\"sh\", \"-c\", \". ./lib/a.sh\"])";
        after(&place, "echo 'echo good >> ../out/log' > lib/a.sh", twice).exits(3).says("content of lib/a.sh");
        let file = place.ws().join("lib/a.sh");
        let swap = move || {
            if evil {
                std::fs::write(&file, EVIL).unwrap();
            }
        };
        let act = Act::Meanwhile(Box::new(swap), b"yes\n");
        let (code, shown) = on_terminal(&place, &["resume", &place.last_run()], ASKS, &act);
        assert!(shown.contains("echo good"), "{shown:?}");
        assert_eq!((code, log(&place).as_str()), if evil { (5, "") } else { (0, "good\ngood\n") }, "{shown:?}");
    }
}

/// What is known needs no yes: what the card has shown, what is as it was.
#[test]
fn what_is_known_is_not_asked_about() {
    let main = "step m = process.run(argv: [\"sh\", \"main.sh\"])";
    for (leaves, steps) in [
        ("true", format!("step w = fs.write(path: \"lib/a.sh\", text: \"echo good >> ../out/log\\n\")\n  {main}")),
        ("mv lib/b.sh lib/c; mv lib/c lib/b.sh", main.to_owned()),
    ] {
        let place = place();
        place.put("planc.toml", "[programs]\nopen = [\"sh main.sh\"]\n").put("lib/b.sh", "echo good >> ../out/log\n");
        after(&place, leaves, &steps).exits(0);
        assert!(log(&place).starts_with("good\n"), "{leaves}");
    }
}

/// What a program did in the dry run is no part of the approval, unless it must do the same again: whoever plans once more with another
/// flag has the same plan.
#[test]
fn what_a_program_did_in_the_dry_run_is_known_where_it_is_bound() {
    let main = "step m = process.run(argv: [\"sh\", \"main.sh\"])";
    let moved = "step c = fs.move(from: \"lib/a.sh\", to: \"lib/b.sh\")";
    for (steps, plans, code) in [
        (format!("{GEN} {{\n    reproduce\n  }}\n  {main}"), &["plan", "--run-programs"][..], 0),
        (format!("{GEN}\n  {main}"), &["plan", "--run-programs"], 3),
        (format!("{GEN}\n  {main}"), &["plan"], 3),
        (format!("{GEN}\n  {moved}\n  {main}"), &["plan", "--run-programs"], 3),
    ] {
        let place = place();
        place.put("planc.toml", "[programs]\nopen = [\"sh main.sh\"]\ndry_run = \"sealed\"\n");
        place.put("gen.sh", "echo 'echo good >> ../out/log' > lib/a.sh\n").put("p.pl", plan(&steps));
        let args = [plans, &["--format", "json", "p.pl"]].concat();
        let digest = place.planc(&args).json()["digest"].as_str().expect("a plan has a digest").to_owned();
        place.planc(&["run", "--run-programs", &format!("--approve={digest}"), "p.pl"]).exits(code);
        assert_eq!(log(&place), if code == 0 { "good\n" } else { "" }, "{steps}");
    }
}

/// Nor does planning once more change what somebody has said yes to, as it was shown to them.
#[test]
fn what_was_said_yes_to_stays_as_it_was_shown() {
    let place = place();
    place.put("planc.toml", "[programs]\nopen = [\"sh main.sh\"]\ndry_run = \"sealed\"\n");
    place.put("gen.sh", "echo 'echo good >> ../out/log' > lib/a.sh\n").put("p.pl", plan(GEN));
    let kept = || -> (String, String) {
        let query = "SELECT report, predictions FROM plans";
        place.database().query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("a plan is kept")
    };
    let digest = place.digest("p.pl");
    place.planc(&["plan", "--run-programs", "p.pl"]).exits(0);
    assert!(kept().0.contains("echo good"), "nobody has said yes yet");
    place.planc(&["plan", "p.pl"]).exits(0);
    // Nor does it while the person thinks.
    let again = std::cell::RefCell::new(place.command(&["plan", "--run-programs", "p.pl"]));
    let replan = move || assert!(again.borrow_mut().output().unwrap().status.success());
    let act = Act::Meanwhile(Box::new(replan), b"yes\n");
    let (code, shown) = on_terminal(&place, &["approve", &digest], QUESTION, &act);
    assert_eq!(code, 0, "{shown}");
    let before = kept();
    assert!(!before.0.contains("echo good"));
    place.planc(&["plan", "--run-programs", "p.pl"]).exits(0).says("echo good");
    assert_eq!(kept(), before);
}

/// What a repository keeps is put out by a program in the open, or sent: it is shown as a list, for nobody reads it.
#[test]
fn what_a_repository_keeps_is_shown_too() {
    let commits = "git -c user.name=a -c user.email=a@b commit -qm next";
    let evil = format!(
        "echo '{EVIL}' > lib/a.sh; git add lib/a.sh; {commits}; git reset -q --soft HEAD~1; git rm -qf lib/a.sh"
    );
    for open in [
        "step m = process.run(argv: [\"git\", \"reset\", \"-q\", \"--hard\", \"HEAD@{1}\"])\n  step n = process.run(argv: [\"sh\", \"main.sh\"])",
        "step m = process.run(argv: [\"git\", \"push\", \"-q\", \"../out/repo\", \"HEAD:refs/heads/x\"])",
    ] {
        let place = place();
        let git = |args: &[&str]| {
            let done = std::process::Command::new("git").args(args).current_dir(place.ws()).status();
            assert!(done.unwrap().success());
        };
        git(&["init", "-q"]);
        git(&["init", "-q", "--bare", "../out/repo"]);
        git(&["add", "-A"]);
        git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first"]);
        after(&place, &evil, open).exits(3).says("data of repositories for programs in the open");
        assert_eq!(log(&place), "");
        assert!(std::fs::read_dir(place.at("out/repo/refs/heads")).unwrap().next().is_none());
    }
}

/// What nobody has recorded is no better behind a file tool; nor is a text that the plan gives, put where it does not say.
#[test]
fn what_a_file_tool_makes_of_what_nobody_has_recorded_is_looked_at() {
    let main = "step m = process.run(argv: [\"sh\", \"main.sh\"])";
    let text = "echo evil >> ../out/log\\n";
    for (leaves, steps) in [
        (format!("echo '{EVIL}' > target/x"), "step c = fs.copy(from: \"target/x\", to: \"lib/a.sh\")".to_owned()),
        (format!("echo '{EVIL}' > target/x"), "step c = fs.copy(from: \"t/x\", to: \"lib/a.sh\")".to_owned()),
        (
            format!("echo '{EVIL}' > lib/a.sh"),
            format!(
                "step w = fs.write(path: \"notes\", text: \"a\") {{\n    undo fs.write(path: \"notes\", text: \"{text}\")\n  }}"
            ),
        ),
        (
            format!("echo '{EVIL}' > lib/a.sh"),
            format!(
                "step c = process.run(argv: [\"sh\", \"gen.sh\"]) {{\n    undo fs.write(path: \"lib/a.sh\", text: \"{text}\")\n  }}"
            ),
        ),
        (
            "ln -s lib docs".to_owned(),
            format!(
                "step w = fs.write(path: \"docs/a.sh\", text: \"{text}\")\n  step u = process.run(argv: [\"sh\", \"-e\", \"un.sh\"])"
            ),
        ),
    ] {
        let place = place();
        place.put("planc.toml", "[programs]\nopen = [\"sh main.sh\"]\nscratch = [\"target\"]\n").put("target/keep", "");
        place.put("un.sh", "rm docs\n").link("target", "t");
        after(&place, &leaves, &format!("{steps}\n  {main}")).exits(3).says("content of lib/a.sh");
        assert_eq!(log(&place), "", "{leaves}");
    }
}

/// What an undo names by a word that is known only in the run is looked at as what a step names so; what cannot be looked at is not run.
#[test]
fn what_a_late_word_names_is_looked_at() {
    let late = "step a = process.run(argv: [\"cat\", \"n.txt\"])";
    let word = "if a.stdout.contains(\"x\") then \"x\" else \"y\"";
    let undo = format!("{late} {{\n    undo process.run(argv: [\"sh\", {word}])\n  }}");
    let place = Place::new();
    place.open(&["sh"]).put("n.txt", "x\n").put("x", "true\n");
    let text = plan(&undo).replace("run \"sh\"", "run \"sh\"\n    run \"cat\"");
    place.put("p.pl", text).run("p.pl").exits(0);
    place.put("x", EVIL);
    place.planc(&["undo", &place.last_run()]).exits(4).says("content of x for the undo of a");
    assert_eq!(log(&place), "");

    type Put = fn(&Place);
    let pipe: Put = |place| {
        rustix::fs::mknodat(rustix::fs::CWD, place.ws().join("x"), rustix::fs::FileType::Fifo, 0o644.into(), 0).unwrap()
    };
    let link: Put = |place| {
        std::fs::write(place.at("out/x"), EVIL).unwrap();
        place.link("../out/x", "x");
    };
    let big: Put = |place| {
        std::fs::File::create(place.ws().join("x")).unwrap().set_len(65 << 20).unwrap();
    };
    for put in [pipe, link, big] {
        let place = Place::new();
        // Nothing says that it is a script, so that it may be made later.
        place.open(&["make"]).put(
            "p.pl",
            plan("step m = process.run(argv: [\"make\", \"-f\", \"x\"])").replace("run \"sh\"", "run \"make\""),
        );
        let digest = place.digest("p.pl");
        put(&place);
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5);
        assert_eq!(log(&place), "");
    }
}

/// What a confined call leaves that takes a step back is as unseen as what a step leaves.
#[test]
fn what_a_confined_undo_leaves_is_looked_at_before_one_in_the_open() {
    let place = place();
    place.put("gen.sh", format!("echo '{EVIL}' > lib/a.sh\n")).put(
        "p.pl",
        plan(
            "step a = fs.write(path: \"x\", text: \"x\") {\n    undo process.run(argv: [\"sh\", \"main.sh\"])\n  }\n  \
             step b = fs.write(path: \"y\", text: \"y\") {\n    undo process.run(argv: [\"sh\", \"gen.sh\"])\n  }",
        ),
    );
    place.run("p.pl").exits(0);
    place.planc(&["undo", &place.last_run()]).exits(4).says("content of lib/a.sh");
    assert_eq!(log(&place), "");
    // Nor is it forgotten when taking back goes on.
    place.planc(&["undo", &place.last_run()]).exits(4).says("content of lib/a.sh");
    assert_eq!(log(&place), "");
}

/// What nobody records is told before the yes.
#[test]
fn what_lies_in_scratch_is_said_to_be_unseen() {
    let open = "step m = process.run(argv: [\"sh\", \"main.sh\"])";
    let back = "step m = fs.write(path: \"x\", text: \"x\") {\n    undo process.run(argv: [\"sh\", \"main.sh\"])\n  }";
    let line = "may run what nobody sees before";
    for (steps, says) in [
        (format!("{GEN}\n  {open}"), Some("m: what is in target")),
        (format!("{GEN}\n  {back}"), Some("m: when it is taken back, what is in target")),
        (open.to_owned(), Some("m: what is in target")),
        (GEN.to_owned(), None),
    ] {
        let place = place();
        place
            .put("planc.toml", "[programs]\nopen = [\"sh main.sh\"]\nscratch = [\"target\"]\n")
            .put("gen.sh", "true\n");
        let card = place.put("p.pl", plan(&steps)).planc(&["plan", "p.pl"]);
        match says {
            Some(says) => assert!(words(&card.out).contains(&format!("{line} — {says}")), "{}", card.short()),
            None => assert!(!card.out.contains(line), "{}", card.short()),
        }
    }
}

/// What comes out of a pipe is what somebody puts in when it is run.
#[test]
fn a_pipe_is_no_script() {
    let pipe = |place: &Place, path: &str| {
        let made = std::process::Command::new("mkfifo").arg(place.ws().join(path)).status();
        assert!(made.unwrap().success());
    };
    let place = place();
    pipe(&place, "main");
    place.open(&["./main", "sh main", "cat"]);
    for argv in [r#"["./main"]"#, r#"["sh", "main"]"#] {
        let steps = format!("step m = process.run(argv: {argv})");
        place.put("p.pl", plan(&steps)).planc(&["plan", "p.pl"]).exits(1).says("`main` would be run, and it is a pipe");
    }
    // Where it is only data, the card says what it is, and it is bound as such.
    let steps = "step m = process.run(argv: [\"cat\", \"main\"])";
    let text = plan(steps).replace("run \"sh\"", "run \"cat\"");
    place.put("p.pl", text).planc(&["plan", "p.pl"]).exits(0).says("`main` is a pipe, a socket or a device");
    // And where a name is known only in the run, or in an undo.
    let steps = "step m = fs.write(path: \"x\", text: \"x\") {\n    undo process.run(argv: [\"sh\", \"main\"])\n  }";
    place.put("p.pl", plan(steps)).run("p.pl").exits(0);
    place.planc(&["undo", &place.last_run()]).exits(4).says("a file, which is run");
}

/// Beside each other, the one could find what the other has just left.
#[test]
fn nothing_unseen_is_left_beside_a_program_in_the_open() {
    let place = place();
    place.put(
        "main.sh",
        "i=0; while [ $i -lt 20 ] && [ ! -e lib/a.sh ]; do sleep 0.1; i=$((i+1)); done; . ./lib/a.sh\n",
    );
    place.put("lib/a.sh.txt", "").put("gen.sh", format!("sleep 0.3; echo '{EVIL}' > lib/a.sh\n"));
    let both = format!("together {{\n    step m = process.run(argv: [\"sh\", \"main.sh\"])\n    {GEN}\n  }}");
    let said = place.put("p.pl", plan(&both)).run("p.pl");
    assert!(said.code != Some(0), "{}", said.short());
    assert_eq!(log(&place), "", "{}", said.short());
}
