//! A yes counts for exactly what was shown, once.

use crate::place::{Place, exact_picture, picture, said, until};
use planc::approval::Approved;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

const WRITE: &str = r#"plan "write" {
  input what: string = "made"
  critical { create "made.txt" }
  step made = fs.write(path: "made.txt", text: "${what}\n")
}
"#;

/// A plan that looks in every way there is, and then acts.
const LOOKS: &str = r#"plan "looks" {
  assume "there is no lock" { fs.stat(path: "lock").kind == "missing" }
  critical {
    create "out.txt"
    run "sh"
  }
  step one = fs.read(path: "one.txt")
  step listed = fs.list(path: "folder")
  step globbed = fs.glob(pattern: "src/*.rs")
  step found = fs.search(pattern: "needle", files: "hay/**")
  step absent = fs.stat(path: "absent.txt")
  step out = fs.write(path: "out.txt", text: "${one.bytes}")
  step acts = process.run(argv: ["sh", "-c", "echo acted >> LOG"])
}
"#;

fn looks() -> Place {
    let place = Place::new();
    place.put("one.txt", "one").put("folder/a", "a").put("src/a.rs", "a").put("hay/x", "needle").put("src/b.txt", "");
    place.put("p.pl", LOOKS.replace("LOG", &place.at("out/log").display().to_string()));
    place
}

fn acted(place: &Place) -> usize {
    fs::read_to_string(place.at("out/log")).unwrap_or_default().lines().count()
}

type Change = fn(&Place);

/// What may happen between the dry run and the run.
const CHANGES: [(&str, Change); 9] = [
    ("a file that was read", |place| {
        place.put("one.txt", "two");
    }),
    ("its mode", |place| {
        fs::set_permissions(place.ws().join("one.txt"), fs::Permissions::from_mode(0o600)).unwrap();
    }),
    ("a file that was read, now a link to the same text", |place| {
        place.put("other.txt", "one");
        fs::remove_file(place.ws().join("one.txt")).unwrap();
        place.link("other.txt", "one.txt");
    }),
    ("a new entry of what was listed", |place| {
        place.put("folder/b", "");
    }),
    ("a larger entry of what was listed", |place| {
        place.put("folder/a", "aa");
    }),
    ("a new match", |place| {
        place.put("src/b.rs", "");
    }),
    ("a file that was searched", |place| {
        place.put("hay/x", "no more");
    }),
    ("something where nothing was", |place| {
        place.put("absent.txt", "");
    }),
    ("something at the target", |place| {
        place.put("out.txt", "mine");
    }),
];

#[test]
fn what_changed_since_the_dry_run_refuses_the_run() {
    for (what, change) in CHANGES {
        // Approved by a person, carried out by name.
        let place = looks();
        let digest = place.digest("p.pl");
        place.yes(&digest);
        let run = place.last_run();
        change(&place);
        let before = exact_picture(&place.ws());
        let said = place.planc(&["run", &run]);
        assert_eq!(said.code, Some(5), "{what}: {}", said.short());
        assert_eq!((exact_picture(&place.ws()) == before, acted(&place)), (true, 0), "{what}");
        // Approved by digest; where the change is also a mistake of the plan, that is said.
        let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits_with(&[1, 5]);
        assert!(said.code == Some(5) || said.out.contains("no `critical` line allows"), "{what}: {}", said.short());
        assert_eq!((exact_picture(&place.ws()) == before, acted(&place)), (true, 0), "{what}");
    }
}

#[test]
fn what_did_not_change_runs() {
    let place = looks();
    place.open(&["sh"]);
    // Since the card was made: what a person looks at before a program runs in the open.
    place.put("src/unread.txt", "does not count");
    let digest = place.digest("p.pl");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
    assert_eq!(acted(&place), 1);
}

#[test]
fn a_lock_that_appears_fails_the_assumption_or_is_stale() {
    let place = looks();
    let digest = place.digest("p.pl");
    place.yes(&digest);
    place.put("lock", "");
    place.planc(&["run", &place.last_run()]).exits(5);
    place.planc(&["run", "p.pl"]).exits(1);
    assert_eq!(acted(&place), 0);
}

#[test]
fn another_text_input_policy_or_workspace_is_another_plan() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    let digest = place.digest("p.pl");
    place.yes(&digest);
    let approve = format!("--approve={digest}");
    place.put("p.pl", WRITE.replace("${what}", "evil"));
    place.planc(&["run", "p.pl"]).exits(3);
    place.planc(&["run", &approve, "p.pl"]).exits(5).says("text of the plan");
    // Even a text that is only shown.
    place.put("p.pl", WRITE.replace("plan \"write\"", "plan \"rite\""));
    place.planc(&["run", &approve, "p.pl"]).exits(5);
    place.put("p.pl", WRITE);
    place.planc(&["run", &approve, "p.pl", "--input", "what=evil"]).exits(5).says("evil");
    place.planc(&["run", "p.pl", "--input", "what=evil"]).exits(3);
    place.put("planc.toml", "[policy]\n\"fs.write\" = \"ask\"\n");
    place.planc(&["run", &approve, "p.pl"]).exits(5);
    place.planc(&["run", "p.pl"]).exits(3);
    place.put("planc.toml", "[policy]\n\"fs.*\" = \"deny\"\n");
    place.planc(&["run", &approve, "p.pl"]).exits(6);
    place.put("planc.toml", "[programs]\npass_env = [\"SECRET\"]\n");
    place.planc(&["run", &approve, "p.pl"]).exits(5);
    place.put("planc.toml", "[approval]\nrequire = \"terminal\"\n");
    place.planc(&["run", &approve, "p.pl"]).exits(5);
    place.planc(&["run", "--approve", "p.pl"]).exits(3);
    place.put("planc.toml", "");
    let other = Place::new();
    other.put("p.pl", WRITE);
    assert_ne!(other.digest("p.pl"), digest);
    other.planc(&["run", &approve, "p.pl"]).exits(5);
    assert!(!place.has("made.txt") && !other.has("made.txt"));
    // The very same as was approved.
    place.planc(&["run", "p.pl"]).exits(0);
    assert_eq!(place.get("made.txt"), "made\n");
}

/// A yes that was recorded while any would do is none once the operator wants a terminal.
#[test]
fn a_policy_that_became_stricter_counts_for_earlier_answers() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    let digest = place.digest("p.pl");
    let run = place.last_run();
    place.record(&Approved { channel: "argument".into(), ..place.a_yes(&digest) });
    place.put("planc.toml", "[approval]\nrequire = \"terminal\"\n");
    place.planc(&["run", "p.pl"]).exits(3);
    place.planc(&["run", &run]).exits_with(&[3, 5]);
    place.put("planc.toml", "[policy]\n\"fs.write\" = \"deny\"\n");
    place.planc(&["run", &run]).exits_with(&[3, 5, 6]);
    assert!(!place.has("made.txt"));
}

#[test]
fn a_yes_is_used_up() {
    let place = Place::new();
    place.open(&["sh"]);
    let log = place.at("out/log");
    let plan = r#"plan "acts" { critical { run "sh" }
step acts = process.run(argv: ["sh", "-c", "echo acted >> LOG"]) }"#;
    place.put("p.pl", plan.replace("LOG", &log.display().to_string()));
    let digest = place.digest("p.pl");
    place.yes(&digest);
    place.planc(&["run", "p.pl"]).exits(0);
    let run = place.last_run();
    assert_eq!(acted(&place), 1);
    for args in [vec!["run", "p.pl"], vec!["run", "--approve", "p.pl"]] {
        place.planc(&args).exits(3);
    }
    for args in [vec!["run", &run], vec!["resume", &run], vec!["run", &digest]] {
        let said = place.planc(&args);
        assert_ne!(said.code, Some(0), "{args:?} {}", said.short());
    }
    assert_eq!(acted(&place), 1);
    // One yes, and many who want it.
    place.yes(&place.digest("p.pl"));
    let start = || place.command(&["run", "p.pl"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let children: Vec<_> = (0..6).map(|_| start()).collect();
    let codes: Vec<_> = children.into_iter().map(|mut child| child.wait().unwrap().code()).collect();
    assert_eq!(acted(&place), 2, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
}

#[test]
fn only_a_whole_digest_of_this_plan_is_a_yes() {
    let place = Place::new();
    place.put("p.pl", WRITE).put("q.pl", WRITE.replace("made", "other"));
    let (digest, other) = (place.digest("p.pl"), place.digest("q.pl"));
    let hex = digest.trim_start_matches("sha256:");
    let wrong = [
        (String::new(), 2),
        ("yes".into(), 2),
        (hex[..12].into(), 2),
        (format!("sha256:{}", &hex[..12]), 2),
        (format!("sha256:{}", &hex[..63]), 2),
        (format!("{digest}0"), 2),
        (format!("{digest},{digest}"), 2),
        (format!("md5:{hex}"), 2),
        ("0".repeat(64), 5),
        (other, 5),
    ];
    for (wrong, code) in wrong {
        let said = place.planc(&["run", &format!("--approve={wrong}"), "p.pl"]);
        assert!(said.code == Some(code) || (code == 5 && said.code == Some(2)), "{wrong} {}", said.short());
        assert!(!place.has("made.txt"), "{wrong}");
    }
    // Another spelling of the same digest is the same digest, or none; never another plan's.
    let said = place.planc(&["run", &format!("--approve=SHA256:{}", hex.to_uppercase()), "q.pl"]);
    assert_ne!(said.code, Some(0));
    assert!(!place.has("made.txt") && !place.has("other.txt"));
    // `--approve DIGEST` would make the digest a file.
    assert_ne!(place.planc(&["run", "--approve", &digest, "p.pl"]).code, Some(0));
    assert!(!place.has("made.txt"));
}

#[test]
fn nothing_that_can_be_piped_is_a_yes() {
    let place = looks();
    place.open(&["sh"]);
    let digest = place.digest("p.pl");
    for args in [vec!["run", "--approve", "p.pl"], vec!["run", "p.pl"], vec!["approve", &digest]] {
        let mut command = place.command(&args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        while stdin.write_all(b"yes\ny\nonce\nalways\n").is_ok() {
            if child.try_wait().unwrap().is_some() {
                break;
            }
        }
        drop(stdin);
        assert_eq!(child.wait().unwrap().code(), Some(3), "{args:?}");
    }
    assert_eq!(acted(&place), 0);
    assert!(!place.has("out.txt"));
}

#[test]
fn a_plan_may_rewrite_its_own_file_and_still_does_what_was_approved() {
    let place = Place::new();
    place.put(
        "p.pl",
        r#"plan "itself" {
  critical {
    modify "p.pl"
    create "made.txt"
  }
  step itself = fs.write(path: "p.pl", text: "plan \"evil\" {}")
  step made = fs.write(path: "made.txt", text: "as approved")
}
"#,
    );
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
    assert_eq!(place.get("made.txt"), "as approved");
    // What waits keeps its text, too.
    place.put("q.pl", WRITE.replace("made.txt", "later.txt"));
    let digest = place.digest("q.pl");
    let run = place.last_run();
    place.yes(&digest);
    place.put("q.pl", "plan \"evil\" {}");
    place.planc(&["run", &run]).exits(0);
    assert_eq!(place.get("later.txt"), "made\n");
}

#[test]
fn a_program_that_was_replaced_is_not_run() {
    let place = Place::new();
    let log = place.at("out/log");
    let good = format!("echo good >> {}", log.display());
    let evil = format!("echo evil >> {}", log.display());
    place.program("bin/tool", &good);
    place.program("ws/local.sh", &good);
    place.put("build.sh", format!("{good}\n")).put("sub/deep.sh", format!("{good}\n"));
    let plan = |argv: &str, more: &str| {
        format!("plan \"runs\" {{ critical {{ run \"*\" }}\nstep runs = process.run(argv: [{argv}]{more}) }}")
    };
    type Swap = fn(&Place, &str);
    let in_place: Swap = |place, evil| {
        for path in ["bin/tool", "ws/local.sh", "ws/build.sh", "ws/sub/deep.sh"] {
            place.program(path, evil);
        }
    };
    let absolute = format!("\"sh\", \"{}\"", place.ws().join("build.sh").display());
    let cases: [(&str, &str, Swap); 9] = [
        ("\"tool\"", "", in_place),
        // A way out and in again by its own name.
        ("\"sh\", \"../ws/build.sh\"", "", in_place),
        ("\"./local.sh\"", "", in_place),
        ("\"sh\", \"build.sh\"", "", in_place),
        ("\"sh\", \"./build.sh\"", "", in_place),
        ("\"sh\", \"deep.sh\"", ", directory: \"sub\"", in_place),
        ("\"sh\", \"../build.sh\"", ", directory: \"sub\"", in_place),
        (&absolute, "", in_place),
        ("\"env\", \"ENV=build.sh\", \"sh\", \"-i\", \"-c\", \"exit\"", "", in_place),
    ];
    for (argv, more, swap) in cases {
        place.program("bin/tool", &good);
        place.program("ws/local.sh", &good);
        place.put("build.sh", format!("{good}\n")).put("sub/deep.sh", format!("{good}\n"));
        place.put("p.pl", plan(argv, more).replace("\"*\"", argv.split(',').next().unwrap_or_default()));
        let digest = place.digest("p.pl");
        place.yes(&digest);
        let run = place.last_run();
        swap(&place, &evil);
        let said = place.planc(&["run", &run]);
        let log = fs::read_to_string(&log).unwrap_or_default();
        assert_eq!((said.code, log.as_str()), (Some(5), ""), "{argv} {}", said.short());
        let _ = fs::remove_file(place.at("out/log"));
    }
    // Another program of the same name comes first on PATH.
    place.program("bin/tool", &good);
    place.put("p.pl", plan("\"tool\"", "").replace("\"*\"", "\"tool\""));
    let digest = place.digest("p.pl");
    place.yes(&digest);
    let run = place.last_run();
    fs::create_dir(place.at("first")).unwrap();
    place.program("first/tool", &evil);
    let with_path = |path: String| {
        let mut command = place.command(&["run", &run]);
        command.env("PATH", path);
        said(command)
    };
    with_path(format!("{}:{}:/usr/bin:/bin", place.at("first").display(), place.at("bin").display())).exits(5);
    assert!(!log.exists());
}

#[test]
fn a_program_that_the_plan_writes_runs_as_it_was_written() {
    let place = Place::new();
    place.put(
        "p.pl",
        r##"plan "writes and runs" {
  critical {
    create "tool.sh"
    create "ran.txt"
    run "./tool.sh"
  }
  step tool = fs.write(path: "tool.sh", text: "#!/bin/sh\necho ran > ran.txt\n", executable: true)
  step runs = process.run(argv: ["./tool.sh"])
}
"##,
    );
    place.run("p.pl").exits(0);
    assert_eq!(place.get("ran.txt"), "ran\n");
}

/// What the network answered while the card was drawn is part of what was approved: neither another answer later, nor
/// another dry run under the same approval, brings another text into a call.
#[test]
fn what_a_server_says_later_is_not_what_was_approved() {
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let body = Arc::new(Mutex::new("good".to_owned()));
    let served = body.clone();
    std::thread::spawn(move || {
        use std::io::Read;
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            let body = served.lock().unwrap().clone();
            let _ =
                write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        }
    });
    let place = Place::new();
    place.put("planc.toml", format!("[http]\nhosts = [\"{address}\"]\n"));
    let log = place.at("out/log").display().to_string();
    let plan = |act: &str| {
        format!(
            "plan \"net\" {{ critical {{ contact \"{address}\"\nrun \"sh\"\ncreate \"made.txt\" }}\n\
             step page = http.get(url: \"http://{address}/\")\nlet body = endorse(page.body, \"it is on the card\")\n{act} }}"
        )
    };
    let acts = [
        format!("step acts = process.run(argv: [\"sh\", \"-c\", \"echo ${{body}} >> {log}\"])"),
        format!("step acts = process.run(argv: [\"sh\", \"-c\", \"cat >> {log}\"], stdin: body)"),
        format!("step acts = process.run(argv: [\"sh\", \"-c\", \"echo evil >> {log}\"]) {{ when body == \"evil\" }}"),
        "step made = fs.write(path: \"made.txt\", text: page.body)".to_owned(),
    ];
    for act in acts {
        *body.lock().unwrap() = "good".into();
        place.put("p.pl", plan(&act));
        let digest = place.digest("p.pl");
        place.yes(&digest);
        let run = place.last_run();
        *body.lock().unwrap() = "evil".into();
        // Somebody plans again, which must not change what the approval is for.
        place.planc(&["plan", "p.pl"]);
        let by_file = place.planc(&["run", "p.pl"]);
        let by_name = place.planc(&["run", &run]);
        let log = fs::read_to_string(place.at("out/log")).unwrap_or_default();
        assert!(!log.contains("evil") && !place.has("made.txt"), "{act}\n{}\n{}", by_file.short(), by_name.short());
        assert_eq!((by_file.code, by_name.code), (Some(3), Some(5)), "{act}\n{}\n{}", by_file.short(), by_name.short());
    }
    // The answer may reach nothing but the call that takes back.
    *body.lock().unwrap() = "good".into();
    place.put(
        "p.pl",
        plan("step acts = process.run(argv: [\"sh\", \"-c\", \"exit\"]) {\n undo process.run(argv: [\"sh\", \"-c\", \"echo ${body} >> LOG\"])\n}")
            .replace("LOG", &log),
    );
    let digest = place.digest("p.pl");
    *body.lock().unwrap() = "evil".into();
    place.yes(&digest);
    place.planc(&["run", &place.last_run()]).exits(0);
    place.planc(&["undo", &place.last_run()]).exits(4).says("approved with");
    assert!(!place.at("out/log").exists());
    *body.lock().unwrap() = "good".into();
    place.put("p.pl", plan("step made = fs.write(path: \"made.txt\", text: page.body)"));
    place.run("p.pl").exits(0);
    assert_eq!(place.get("made.txt"), "good");
}

#[test]
fn the_environment_of_planc_does_not_reach_programs() {
    let mut place = Place::new();
    place.open(&["sh"]);
    let out = place.at("out/env").display().to_string();
    place.put("p.pl", format!("plan \"env\" {{ critical {{ run \"sh\" }}\nstep env = process.run(argv: [\"sh\", \"-c\", \"env > {out}\"]) }}"));
    for name in [
        "GIT_DIR",
        "GIT_SSH_COMMAND",
        "BASH_ENV",
        "ENV",
        "PYTHONPATH",
        "PLANC_EVIL",
        "PLANC_RUN",
        "SECRET_TOKEN",
        "PERL5OPT",
    ] {
        place.env.push((name.into(), "evil".into()));
    }
    place.run("p.pl").exits(0);
    let env = fs::read_to_string(place.at("out/env")).unwrap();
    assert!(!env.contains("evil"), "{env}");
    assert!(env.contains("PLANC_RUN="), "{env}");
}

#[test]
fn an_approval_in_the_state_is_for_what_it_says() {
    // Whoever may write the state may forge an approval; that is beyond what is promised. But a yes for one plan that is
    // moved to another must not crash, and a status alone is no yes.
    let place = Place::new();
    place.put("p.pl", WRITE);
    place.digest("p.pl");
    let run = place.last_run();
    place.database().execute("UPDATE plans SET status = 'approved'", []).unwrap();
    place.planc(&["run", "p.pl"]).exits(3);
    place.planc(&["run", &run]).exits(3);
    place.planc(&["resume", &run]).exits(3);
    assert!(!place.has("made.txt"));
}

#[test]
fn a_run_in_the_background_is_not_disturbed_by_abort_resume_or_undo() {
    let place = Place::new();
    place.open(&["sh"]);
    let out = place.at("out");
    let out = out.display();
    place.put("p.pl", format!("plan \"slow\" {{ critical {{ run \"sh\"\ncreate \"made.txt\" }}\nstep made = fs.write(path: \"made.txt\", text: \"x\")\nstep waits = process.run(argv: [\"sh\", \"-c\", \"echo >> {out}/started; while ! test -e {out}/go; do sleep 0.02; done\"]) }}"));
    let digest = place.digest("p.pl");
    let mut child = place.command(&["run", &format!("--approve={digest}"), "p.pl"]);
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the program runs", || place.at("out/started").exists());
    let run = place.last_run();
    let before = picture(&place.ws());
    for args in [["undo", &run], ["resume", &run], ["abort", &run], ["run", &run]] {
        let said = place.planc(&args);
        assert_ne!(said.code, Some(0), "{args:?} {}", said.short());
        assert_eq!(picture(&place.ws()), before, "{args:?}");
    }
    assert!(child.try_wait().unwrap().is_none(), "it still runs");
    fs::write(place.at("out/go"), "").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(fs::read_to_string(place.at("out/started")).unwrap().lines().count(), 1);
}

/// A program changes nothing that a dry run sees. The digest of its plan is used up all the same: said again, it is
/// another run's, and a run that is in doubt comes first.
#[test]
fn a_digest_that_has_run_is_the_digest_of_nothing_else() {
    let place = Place::new();
    place.open(&["sh"]);
    fs::create_dir_all(place.at("out")).unwrap();
    let log = place.at("out/log");
    let act = format!("echo acted >> {}; exec sleep 5", log.display());
    let plan = |act: &str| {
        format!(
            "plan \"acts\" {{\n  critical {{\n    run \"sh\"\n  }}\n  step acts = process.run(argv: [\"sh\", \"-c\", \"{act}\"])\n}}\n"
        )
    };
    place.put("p.pl", plan(&format!("echo acted >> {}", log.display())));
    let digest = place.digest("p.pl");
    let approve = format!("--approve={digest}");
    place.planc(&["run", &approve, "p.pl"]).exits(0);
    place.planc(&["run", &approve, "p.pl"]).exits(5);
    assert_eq!(fs::read_to_string(&log).unwrap(), "acted\n");
    assert_ne!(place.digest("p.pl"), digest);

    place.put("q.pl", plan(&act));
    let approve = format!("--approve={}", place.digest("q.pl"));
    let mut child =
        place.command(&["run", &approve, "q.pl"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the program acts", || fs::read_to_string(&log).unwrap().lines().count() == 2);
    child.kill().unwrap();
    child.wait().unwrap();
    let run = place.last_run();
    place.planc(&["resume", &run]).exits(7);
    place.planc(&["run", &approve, "q.pl"]).exits_with(&[5, 7]);
    let again = format!("--approve={}", place.digest("q.pl"));
    place.planc(&["run", &again, "q.pl"]).exits(7).says(&run);
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 2);
}
