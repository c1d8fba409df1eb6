//! Declared `undo` calls: what takes a step back is shown, bound and found as it was approved, or it is not made.

use crate::looks::copied;
use crate::place::{Place, until};
use crate::terminal::{Act, on_terminal};
use std::process::Stdio;

const HIDDEN: &str = r#"plan "Tidy" {
  critical {
    run "true"
    run "false"
    run "sh -c"
  }
  let clean = ["sh", "-c", "echo hidden"]
  step a = process.run(argv: ["true"]) {
    undo process.run(argv: clean)
  }
  step b = process.run(argv: ["false"]) {
    on failure undo
  }
}
"#;

const FORMS: [&[&str]; 5] = [
    &["plan", "p.pl"],
    &["plan", "--full", "p.pl"],
    &["--format", "markdown", "plan", "p.pl"],
    &["--format", "html", "plan", "p.pl"],
    &["--format", "json", "plan", "p.pl"],
];

#[test]
fn the_command_that_takes_back_is_shown_with_its_values_and_its_place() {
    let place = Place::new();
    place.open(&["sh", "true", "false"]).put("p.pl", HIDDEN);
    for form in FORMS {
        place.planc(form).exits(0).says("echo hidden");
    }
    for form in &FORMS[..4] {
        let said = place.planc(form).exits(0);
        said.says("its undo is not confined: does whatever your account may")
            .says("runs a program that is not confined when it is taken back");
    }
    let undoing = &place.planc(FORMS[4]).json()["steps"][0]["undoing"];
    assert_eq!(undoing["args"]["argv"], serde_json::json!(["sh", "-c", "echo hidden"]), "{undoing}");
    assert_eq!(undoing["confined"]["place"], "open", "{undoing}");
    assert_eq!(undoing["effects"][0]["resource"], "sh -c echo hidden", "{undoing}");
}

#[test]
fn what_taking_back_destroys_is_read_first() {
    let place = Place::new();
    place.put("notes.txt", "mine\n").put(
        "p.pl",
        r#"plan "Tidy" {
  critical {
    create "new.txt"
    delete "notes.txt"
  }
  let old = "notes.txt"
  step a = fs.write(path: "new.txt", text: "new\n") {
    undo fs.delete(path: old)
  }
}
"#,
    );
    for form in &FORMS[..4] {
        place.planc(form).exits(0).says("destroys something when it is taken back").says("deletes notes.txt");
    }
    let report = place.planc(FORMS[4]).json();
    assert_eq!(report["steps"][0]["undoing"]["destructive"], true, "{report}");
    assert_eq!(report["steps"][0]["undoing"]["args"]["path"], "notes.txt", "{report}");
    // It is what the approver saw of it that goes, and nothing else.
    place.run("p.pl").exits(0);
    place.put("notes.txt", "others\n");
    place.planc(&["undo", &place.last_run()]).exits(4).says("notes.txt").says("is not made");
    assert_eq!((place.get("notes.txt"), place.get("new.txt")), ("others\n".into(), "new\n".into()));
    place.put("notes.txt", "mine\n");
    place.planc(&["undo", &place.last_run()]).exits(0);
    assert!(!place.has("notes.txt") && !place.has("new.txt"));
}

const ROLLBACK: &str = r#"plan "Tidy" {
  critical {
    run "true"
    run "sh tools/rollback.sh"
  }
  step a = process.run(argv: ["true"]) {
    undo process.run(argv: ["sh", "tools/rollback.sh"])
  }
}
"#;

const BACK: &str = "echo back >> ../out/log\n";
const EVIL: &str = "echo evil >> ../out/log\n";

fn rollback() -> Place {
    let place = Place::new();
    place.open(&["true", "sh tools/rollback.sh"]).put("tools/rollback.sh", BACK).put("p.pl", ROLLBACK);
    place
}

fn log(place: &Place) -> String {
    std::fs::read_to_string(place.at("out/log")).unwrap_or_default()
}

#[test]
fn the_script_that_takes_back_is_bound() {
    let place = rollback();
    let digest = place.digest("p.pl");
    place.put("tools/rollback.sh", EVIL);
    assert_ne!(place.digest("p.pl"), digest);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5).says("tools/rollback.sh");
    place.put("tools/rollback.sh", BACK);
    assert_eq!(place.digest("p.pl"), digest);
    assert_eq!(log(&place), "");
}

#[test]
fn a_script_that_was_changed_after_the_run_takes_nothing_back() {
    let place = rollback();
    place.run("p.pl").exits(0);
    let run = place.last_run();
    place.put("tools/rollback.sh", EVIL);
    for _ in 0..2 {
        place.planc(&["undo", &run]).exits(4).says("tools/rollback.sh").says("is not made: approved with");
        assert_eq!(log(&place), "");
    }
    place.put("tools/rollback.sh", BACK);
    place.planc(&["undo", &run]).exits(0);
    assert_eq!(log(&place), "back\n");
}

#[test]
fn a_program_that_was_replaced_after_the_run_takes_nothing_back() {
    let place = Place::new();
    place.program("bin/back", BACK);
    place.put("planc.toml", "[programs]\nopen = [\"true\", \"back\"]\npass_env = [\"PATH\"]\n").put(
        "p.pl",
        "plan \"b\" {\n  critical {\n    run \"true\"\n    run \"back\"\n  }\n  step a = process.run(argv: [\"true\"]) {\n    undo process.run(argv: [\"back\"])\n  }\n}\n",
    );
    let digest = place.digest("p.pl");
    let run = place.last_run();
    place.program("bin/back", EVIL);
    assert_ne!(place.digest("p.pl"), digest);
    place.program("bin/back", BACK);
    place.run("p.pl").exits(0);
    place.program("bin/back", EVIL);
    place.planc(&["undo", &run]).exits(4).says("is not made");
    // Another of this name that comes first on the PATH.
    place.program("bin/back", BACK);
    std::fs::create_dir_all(place.at("first")).unwrap();
    place.program("first/back", EVIL);
    let mut command = place.command(&["undo", &run]);
    command.env("PATH", format!("{}:{}:/usr/bin:/bin", place.at("first").display(), place.at("bin").display()));
    crate::place::said(command).exits(5).says("another value of `PATH`");
    assert_eq!(log(&place), "");
    place.planc(&["undo", &run]).exits(0);
    assert_eq!(log(&place), "back\n");
}

#[test]
fn a_script_that_a_step_changed_unasked_takes_nothing_back() {
    let place = Place::new();
    place.open(&["true", "sh"]).put("tools/rollback.sh", BACK).put(
        "p.pl",
        r#"plan "Tidy" {
  critical {
    run "true"
    run "sh -c"
    run "sh tools/rollback.sh"
  }
  step a = process.run(argv: ["true"]) {
    undo process.run(argv: ["sh", "tools/rollback.sh"])
  }
  step b = process.run(argv: ["sh", "-c", "echo 'echo evil >> ../out/log' > tools/rollback.sh; exit 1"]) {
    on failure undo
  }
}
"#,
    );
    place.run("p.pl").exits(4).says("tools/rollback.sh").says("is not made");
    assert_eq!(place.get("tools/rollback.sh"), EVIL);
    assert_eq!(log(&place), "");
}

#[test]
fn what_the_run_itself_made_of_a_script_is_no_change() {
    let place = Place::new();
    let plan = r#"plan "Own" {
  critical {
    modify "tools/rollback.sh"
    run "true"
    run "sh tools/rollback.sh"
  }
  step w = fs.write(path: "tools/rollback.sh", text: "echo written >> ../out/log\n")
  step a = process.run(argv: ["true"]) {
    undo process.run(argv: ["sh", "tools/rollback.sh"])
  }
  step v = fs.write(path: "tools/rollback.sh", text: "echo later >> ../out/log\n")
}
"#;
    place.open(&["true", "sh tools/rollback.sh"]).put("tools/rollback.sh", BACK).put("p.pl", plan);
    place.run("p.pl").exits(0);
    place.planc(&["undo", &place.last_run()]).exits(0);
    assert_eq!((log(&place), place.get("tools/rollback.sh")), ("written\n".into(), BACK.into()));
}

#[test]
fn a_call_that_was_confined_is_not_made_in_the_open() {
    let place = rollback();
    place.open(&["true"]);
    place.run("p.pl").exits(0);
    place.open(&["true", "sh tools/rollback.sh"]);
    place.planc(&["undo", &place.last_run()]).exits(5).says("under another policy");
    assert_eq!(log(&place), "");
}

#[test]
fn a_server_with_another_file_takes_nothing_back() {
    let place = Place::new();
    let config = "[programs]\nopen = [\"true\"]\n[catalogues]\nfiles = [\"mail.pl\"]\n[servers.mail]\ncommand = \"sh\"\nargs = [\"tools/server.sh\"]\n";
    place.put("planc.toml", config).put("tools/server.sh", "exit 1\n");
    place.put("mail.pl", "catalogue mail {\n  tool cancel() {\n    writes \"mail:all\"\n  }\n}\n").put(
        "p.pl",
        "plan \"m\" {\n  critical {\n    run \"true\"\n    modify \"mail:all\"\n  }\n  step a = process.run(argv: [\"true\"]) {\n    undo mail.cancel()\n  }\n}\n",
    );
    place.run("p.pl").exits(0);
    let evil = format!("echo evil >> {}\nexit 1\n", place.at("out/log").display());
    place.put("tools/server.sh", evil);
    place.planc(&["undo", &place.last_run()]).exits(5).says("tools/server.sh");
    assert_eq!(log(&place), "");
}

/// Nobody has approved what a script says that was not there: who makes one afterwards does not choose what takes a step back.
#[test]
fn a_script_that_was_not_there_takes_nothing_back_unless_the_run_made_it() {
    let text = |step: &str| {
        format!(
            "plan \"P\" {{\n  critical {{\n    create \"*\"\n    delete \"*\"\n    run \"sh\"\n  }}\n  step a = process.run(argv: [\"sh\", \
             \"-c\", \"{step}\"]) {{\n    undo process.run(argv: [\"sh\", \"back.sh\"])\n  }}\n}}\n"
        )
    };
    for (step, made_by_others) in [("touch a.txt", true), ("touch a.txt; echo 'touch c.txt' > back.sh", false)] {
        let place = Place::new();
        place.put("p.pl", text(step));
        let approve = format!("--approve={}", place.digest("p.pl"));
        place.planc(&["run", &approve, "p.pl"]).exits(0);
        if made_by_others {
            place.put("back.sh", "touch b.txt");
        }
        let said = place.planc(&["undo", &place.last_run()]);
        assert_eq!(said.code == Some(0), !made_by_others, "{}", said.short());
        assert!(!place.has("b.txt") && place.has("c.txt") != made_by_others, "{}", said.short());
    }
}

/// In the open nothing bounds what a script does: that the run has left it there, or may have, is not enough.
#[test]
fn what_takes_back_in_the_open_is_what_somebody_has_seen() {
    type Change = fn(&Place);
    let nothing: Change = |_| {};
    let swap: Change = |place| {
        place.put("e.sh", EVIL);
    };
    let change: Change = |place| {
        place.put("back.sh", EVIL);
    };
    let scratch: Change = |place| {
        place.put("target/back.sh", EVIL);
    };
    let main: Change = |place| {
        place.put("o/__main__.py", "open('../out/log', 'w')");
    };
    let gen_script = "step g = process.run(argv: [\"sh\", \"gen.sh\"])";
    let open_step = "step g = process.run(argv: [\"sh\", \"-c\", \"true\"])";
    let copy = "step c = fs.copy(from: \"made.sh\", to: \"back.sh\", replace: true)";
    for (step, leaves, back, act, says) in [
        (
            gen_script,
            "echo 'echo evil >> ../out/log' > back.sh",
            r#""sh", "back.sh""#,
            nothing,
            "content of back.sh for the undo of a",
        ),
        (
            gen_script,
            "echo 'echo evil >> ../out/log' > made.sh",
            r#""sh", "back.sh""#,
            nothing,
            "content of back.sh for the undo of a",
        ),
        (gen_script, "ln -sf e.sh back.sh", r#""sh", "back.sh""#, swap, "content of e.sh for the undo of a"),
        (gen_script, "ln -sf ../outer.sh back.sh", r#""sh", "back.sh""#, nothing, "nobody can look at"),
        (open_step, "", r#""sh", "back.sh""#, change, "content of back.sh for the undo of a"),
        (open_step, "", r#""sh", "target/back.sh""#, scratch, "content of target/back.sh for the undo of a"),
        (gen_script, "true", r#""python3", "o""#, main, "o/__main__.py"),
        (
            gen_script,
            "mkdir o/sub; echo \"open('../out/log', 'w')\" > o/a.py",
            r#""python3", "o""#,
            nothing,
            "content of o/a.py",
        ),
    ] {
        let place = Place::new();
        let config = "[programs]\nopen = [\"sh back.sh\", \"sh target/back.sh\", \"sh -c\", \"python3\"]\nscratch = [\"target\"]\n";
        place.put("planc.toml", config).put("gen.sh", leaves).put("e.sh", "true\n").put("back.sh", "true\n");
        place.put("target/back.sh", "true\n").put("o/__main__.py", "import a\n");
        std::fs::write(place.at("outer.sh"), EVIL).unwrap();
        let copies = if leaves.contains("made.sh") { copy } else { "" };
        place.put(
            "p.pl",
            format!(
                "plan \"p\" {{\n  critical {{\n    create \"**\"\n    modify \"**\"\n    delete \"**\"\n    run \"sh\"\n    run \
                 \"python3\"\n  }}\n  {step}\n  {copies}\n  step a = fs.write(path: \"x\", text: \"x\") {{\n    undo \
                 process.run(argv: [{back}])\n  }}\n}}\n"
            ),
        );
        place.run("p.pl").exits(0);
        act(&place);
        place.planc(&["undo", &place.last_run()]).exits(4).says(says);
        assert_eq!(log(&place), "", "{leaves}");
    }
}

#[test]
fn a_person_may_look_at_what_takes_back() {
    for evil in [false, true] {
        let place = Place::new();
        place.open(&["sh back.sh"]).put("gen.sh", "echo 'echo back >> ../out/log' > back.sh\n").put(
            "p.pl",
            r#"plan "p" {
  critical {
    create "*"
    run "sh"
  }
  step g = process.run(argv: ["sh", "gen.sh"])
  step a = fs.write(path: "x", text: "x") {
    undo process.run(argv: ["sh", "back.sh"])
  }
}
"#,
        );
        place.run("p.pl").exits(0);
        let file = place.ws().join("back.sh");
        let swap = move || {
            if evil {
                std::fs::write(&file, EVIL).expect("a file can be written");
            }
        };
        let act = Act::Meanwhile(Box::new(swap), b"yes\n");
        let (code, shown) = on_terminal(&place, &["undo", &place.last_run()], "`no` ends the run here: ", &act);
        assert!(shown.contains("echo back"), "{shown:?}");
        assert_eq!((code == 0, log(&place).as_str()), (!evil, if evil { "" } else { "back\n" }), "{shown:?}");
    }
}

/// What outside text has put there since is found by what takes back as by any other program, also where it does not name it.
#[test]
fn what_takes_back_finds_nothing_that_others_have_said() {
    for take in ["sh page.sh", "sh back.sh"] {
        let place = Place::new();
        place.open(&["sh"]).put("said.txt", EVIL).put("back.sh", ". ./page.sh\n");
        let argv: Vec<String> = take.split(' ').map(|word| format!("{word:?}")).collect();
        place.put(
            "p.pl",
            format!(
                "plan \"Take over\" {{\n  critical {{\n    create \"**\"\n    run \"cat\"\n    run \"sh\"\n  }}\n  \
                 step o = process.run(argv: [\"cat\", \"said.txt\"])\n  step s = fs.write(path: \"page.sh\", text: o.stdout)\n  \
                 step b = fs.write(path: \"x.txt\", text: \"x\") {{\n    undo process.run(argv: [{}])\n  }}\n}}\n",
                argv.join(", ")
            ),
        );
        place.run("p.pl").exits(0);
        let said = place.planc(&["undo", &place.last_run()]);
        assert!(log(&place).is_empty() && said.code != Some(0), "{take}: {}", said.short());
        assert!(said.short().contains("yes") || said.short().contains("looked at"), "{take}: {}", said.short());
    }
}

/// A script is another one while the program runs that takes back, and the same again behind it.
#[test]
fn a_bound_file_is_not_another_one_while_a_program_takes_back() {
    for evil in [None, Some("echo evil > out.txt\n")] {
        let place = Place::new();
        let good = "echo good > out.txt\n";
        place.put("u.sh", "echo begun > out.txt\nsleep 2\nsh v.sh\nsleep 2\n").put("v.sh", good);
        place.put(
            "p.pl",
            "plan \"Tidy\" {\n  critical {\n    create \"*\"\n    run \"sh\"\n  }\n  step a = fs.write(path: \"x.txt\", text: \
             \"x\") {\n    undo process.run(argv: [\"sh\", \"u.sh\", \"v.sh\"])\n  }\n}\n",
        );
        place.run("p.pl").exits(0);
        let run = place.last_run();
        let mut child = place.command(&["undo", &run]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("the program has begun", || copied(&place, "out.txt").as_deref() == Some("begun\n"));
        if let Some(evil) = evil {
            place.put("v.sh", evil);
            until("the other script has run", || copied(&place, "out.txt").as_deref() != Some("begun\n"));
            place.put("v.sh", good);
        }
        assert!(child.wait().unwrap().success());
        assert_eq!(place.get("out.txt"), "good\n");
    }
}

/// What a call with a network has sent is done, whatever becomes of the files that it leaves: nobody makes it again by himself.
#[test]
fn what_takes_back_and_has_acted_is_not_made_twice() {
    for fails in ["echo x > stray", "exit 1"] {
        let heard = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = heard.local_addr().unwrap().port();
        heard.set_nonblocking(true).unwrap();
        let place = Place::new();
        place.put("planc.toml", "[programs]\nnetwork = \"contact\"\n");
        place.put("refund.sh", format!("exec 3<>/dev/tcp/127.0.0.1/{port}; echo refund >&3; {fails}\n")).put(
            "p.pl",
            format!(
                "plan \"p\" {{\n  critical {{\n    create \"a\"\n    run \"bash\"\n    contact \"127.0.0.1:{port}\"\n  }}\n  step a = fs.write(path: \"a\", \
                 text: \"a\") {{\n    undo process.run(argv: [\"bash\", \"refund.sh\"])\n  }}\n}}\n"
            ),
        );
        let digest = place.digest("p.pl");
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
        for _ in 0..3 {
            let said = place.planc(&["undo", &place.last_run()]);
            assert!(said.code != Some(0), "{fails}: {}", said.short());
        }
        let calls = std::iter::from_fn(|| heard.accept().ok()).count();
        assert_eq!(calls, 1, "{fails}");
    }
}

/// A call that takes back in a cell and has ended is not made again after a crash: what it changes is put in place.
#[test]
fn what_takes_back_is_finished_as_it_was_recorded() {
    let place = Place::new();
    place.put("back.sh", "mkdir u; for i in $(seq 400); do cat /proc/sys/kernel/random/uuid > u/$i; done\n").put(
        "p.pl",
        "plan \"p\" {\n  critical {\n    create \"**\"\n    run \"sh\"\n  }\n  step a = fs.write(path: \"a\", text: \"a\") {\n    undo \
         process.run(argv: [\"sh\", \"back.sh\"])\n  }\n}\n",
    );
    place.run("p.pl").exits(0);
    let run = place.last_run();
    let mut child = place.command(&["undo", &run]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the first change is in place", || place.has("u/1") || child.try_wait().unwrap().is_some());
    let _ = child.kill();
    child.wait().unwrap();
    let first = place.get("u/1");
    place.planc(&["undo", &run]).exits(0);
    assert!((1..=400).all(|file| place.has(&format!("u/{file}"))) && !place.has("a"));
    assert_eq!(place.get("u/1"), first);
}
