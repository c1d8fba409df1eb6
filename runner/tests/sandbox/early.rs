//! Programs in the dry run: what they change is shown and seen by what comes after, and nothing else comes of them, whatever
//! they try. What must be reproduced is, or the run stops.

use crate::place::{Place, Said, picture, skipped};
use serde_json::Value as Json;
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

const SEALED: &str = "[programs]\ndry_run = \"sealed\"\n";

/// A workspace whose operator lets programs run before approval, and says more.
pub fn place(more: &str) -> Place {
    let place = Place::new();
    place.put("planc.toml", format!("{SEALED}{more}"));
    place
}

/// A plan with these lines of `critical` and these steps.
pub fn plan(lines: &str, steps: &str) -> String {
    format!("plan \"x\" {{\n critical {{\n run \"sh\"\n {lines}\n }}\n {steps}\n}}\n")
}

/// A step that runs a script with `sh`.
pub fn sh(name: &str, script: &str) -> String {
    format!("step {name} = process.run(argv: [\"sh\", \"-c\", {script:?}], success: [0, 1, 2])")
}

/// The dry run with programs, as JSON.
#[track_caller]
pub fn dry(place: &Place, text: &str) -> Json {
    place.put("p.pl", text);
    place.planc(&["--format", "json", "plan", "--run-programs", "p.pl"]).exits_with(&[0, 1, 6]).json()
}

/// The report of a step.
pub fn step<'j>(report: &'j Json, name: &str) -> &'j Json {
    let own = report["steps"].as_array().unwrap().iter();
    let verified = report["verifications"].as_array().unwrap().iter();
    let verified = verified.flat_map(|verification| verification["steps"].as_array().unwrap());
    own.chain(verified).find(|step| step["name"] == *name).unwrap_or_else(|| panic!("no step `{name}` in {report}"))
}

/// What a program said.
pub fn stdout(report: &Json, name: &str) -> String {
    let step = step(report, name);
    assert_eq!(step["outcome"]["outcome"], "ran", "{step}");
    step["outcome"]["result"]["stdout"].as_str().unwrap().to_owned()
}

#[track_caller]
fn assert_later(report: &Json, name: &str, why: &str) {
    let outcome = &step(report, name)["outcome"];
    assert_eq!(outcome["outcome"], "known_after_run", "{outcome}");
    assert!(outcome["why"].as_str().unwrap().contains(why), "{outcome}");
}

#[test]
fn what_a_program_changes_is_in_the_diff_and_seen_by_what_comes_after() {
    let place = place("scratch = [\"target\"]\n");
    place.put("a.txt", "b\na\n").put("gone.txt", "gone\n").put("target/old", "old");
    let text = plan(
        "create \"**\"\n modify \"a.txt\"\n modify \"made.txt\"\n delete \"gone.txt\"",
        &[
            "step new = fs.write(path: \"sub/new.txt\", text: \"new\\n\")".to_owned(),
            "step script = fs.write(path: \"run.sh\", text: \"#!/bin/sh\\nsort -o a.txt a.txt; cat sub/new.txt target/old > made.txt; rm gone.txt; echo x > target/x; ln -s made.txt link\\n\", executable: true)".to_owned(),
            "step made = process.run(argv: [\"sh\", \"run.sh\"])".to_owned(),
            sh("again", "cat a.txt link; test -e gone.txt || echo gone; chmod 600 made.txt").replace(", success: [0, 1, 2]", ""),
            "step read = fs.read(path: \"made.txt\")".to_owned(),
            "step copy = fs.write(path: \"copy.txt\", text: again.stdout)".to_owned(),
            "verify \"it is there\" {\n step check = process.run(argv: [\"sh\", \"-c\", \"cat copy.txt\"])\n check.stdout.contains(\"gone\") and read.text == \"new\\nold\"\n }".to_owned(),
        ]
        .join("\n "),
    );
    let before = picture(&place.ws());
    let report = dry(&place, &text);
    assert_eq!(report["status"], "needs_approval", "{}", report["problems"]);
    assert_eq!(stdout(&report, "again"), "a\nb\nnew\noldgone\n");
    assert_eq!(step(&report, "read")["outcome"]["result"]["text"], "new\nold");
    assert_eq!(step(&report, "copy")["outcome"]["outcome"], "simulated");
    assert_eq!(report["verifications"][0]["outcome"]["outcome"], "holds");
    let made = step(&report, "made")["changes"].as_array().unwrap();
    let paths: Vec<&str> = made.iter().map(|change| change["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["a.txt", "link", "made.txt", "gone.txt"]);
    assert!(made[0]["diff"].as_str().unwrap().contains("+a\n b\n-a\n"), "{}", made[0]);
    assert_eq!(step(&report, "again")["changes"][0]["after"]["mode"], 0o600);
    fs::remove_file(place.ws().join("p.pl")).unwrap();
    assert_eq!(picture(&place.ws()), before);
    // The run does the same, and nothing of it was other than shown.
    place.put("p.pl", &text);
    let digest = place.digest_with(&["plan", "--run-programs", "p.pl"]);
    let said = place.planc(&["run", "--run-programs", &format!("--approve={digest}"), "p.pl"]).exits(0);
    assert!(!said.out.contains("Planned against actual"), "{}", said.short());
    assert_eq!(place.get("copy.txt"), "a\nb\nnew\noldgone\n");
    assert!(place.has("target/x"));
}

#[test]
fn nothing_runs_unless_operator_and_user_say_so() {
    let mark = sh("a", "echo ran");
    let place = Place::new();
    place.put("p.pl", plan("", &mark));
    place.planc(&["plan", "--run-programs", "p.pl"]).exits(6).says("dry_run = \"sealed\"");
    place.planc(&["run", "--approve", "--run-programs", "p.pl"]).exits(6).says("do not run before approval");
    assert!(place.planc(&["runs"]).out.contains("no runs"));
    let place = self::place("");
    place.put("p.pl", plan("", &mark));
    let said = place.planc(&["--format", "json", "plan", "p.pl"]).exits(0);
    assert_later(&said.json(), "a", "programs do not run before approval");
}

#[test]
fn what_is_not_covered_blocks_the_plan() {
    let place = place("");
    place.put(".git/config", "").put("a.txt", "a\n");
    for (script, line) in [
        ("echo x > other.txt", "create \"other.txt\""),
        ("echo x >> a.txt", "modify \"a.txt\""),
        ("rm a.txt", "delete \"a.txt\""),
        ("echo evil >> .git/config", "modify \".git/config\""),
    ] {
        let lines = if script.contains(".git") { "modify \"**\"" } else { "create \"out/**\"" };
        let report = dry(&place, &plan(lines, &sh("a", script)));
        assert_eq!(report["status"], "blocked", "{script}");
        let problems = report["problems"].as_array().unwrap();
        let told = problems.iter().any(|problem| problem["message"].as_str().unwrap().contains(line));
        assert!(told, "{script}: {problems:?}");
        assert_eq!(place.get("a.txt"), "a\n");
    }
    // What no line lets run does not run at all.
    let report = dry(
        &place,
        "plan \"x\" {\n critical {\n run \"true\"\n }\n input word: string = \"sh\"\n step a = process.run(argv: [word, \"-c\", \"echo ran\"])\n}\n",
    );
    assert_later(&report, "a", "no line of `critical`");
}

#[test]
fn nothing_outside_is_written() {
    let place = place("scratch = [\"target\"]\n");
    fs::write(place.at("out/file"), "precious").unwrap();
    place.link(place.at("out"), "led");
    let script = format!(
        "out={}; for f in $out/new led/new /etc/planc-early /usr/planc-early /planc-early; do (echo evil > $f) 2>/dev/null && echo WROTE $f; done; \
         echo evil > ~/.profile; echo evil > $out/file; rm -rf $out/file; chmod 777 $out && echo CHMOD; mkdir -p target && echo evil > target/new; true",
        place.at("out").display()
    );
    let (out, home) = (picture(&place.at("out")), picture(&place.at("home")));
    let before = picture(&place.ws());
    let report = dry(&place, &plan("create \"**\"\n modify \"**\"\n delete \"**\"", &sh("a", &script)));
    let said = stdout(&report, "a");
    for wrote in ["WROTE /etc", "WROTE /usr", "WROTE /planc", "CHMOD"] {
        assert!(!said.contains(wrote), "{said}");
    }
    assert_eq!((picture(&place.at("out")), picture(&place.at("home"))), (out, home));
    fs::remove_file(place.ws().join("p.pl")).unwrap();
    assert_eq!(picture(&place.ws()), before);
}

#[test]
fn no_network_is_reached_whatever_the_run_will_have() {
    if !Path::new("/usr/bin/python3").exists() {
        return skipped("no_network_is_reached", "there is no python3");
    }
    let (tcp, udp) = (TcpListener::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let place = place("");
    let local = UnixListener::bind(place.at("out/socket")).unwrap();
    tcp.set_nonblocking(true).unwrap();
    udp.set_nonblocking(true).unwrap();
    local.set_nonblocking(true).unwrap();
    let script = format!(
        "import socket\n\
         def t(name, f):\n    try:\n        f(); print('REACHED', name)\n    except OSError:\n        print('stopped', name)\n\
         S = socket.socket\n\
         t('tcp', lambda: S(2, 1).connect(('127.0.0.1', {})))\n\
         t('udp', lambda: S(2, 2).sendto(b'x', ('127.0.0.1', {})))\n\
         t('unix', lambda: S(1, 1).connect({:?}))\n",
        tcp.local_addr().unwrap().port(),
        udp.local_addr().unwrap().port(),
        place.at("out/socket").display().to_string(),
    );
    place.put("reach.py", script);
    let steps = "step a = process.run(argv: [\"python3\", \"reach.py\"])";
    let port = tcp.local_addr().unwrap().port();
    let text = plan("run \"python3\"", steps);
    let said = stdout(&dry(&place, &text), "a");
    assert_eq!(said, "stopped tcp\nstopped udp\nstopped unix\n");
    // A program that will have a network does not run without one: it would do something else.
    place.put("planc.toml", format!("{SEALED}network = \"contact\"\n"));
    let contact = plan(&format!("run \"python3\"\n contact \"127.0.0.1:{port}\""), steps);
    assert_later(&dry(&place, &contact), "a", "it may reach the network");
    let mut buffer = [0; 4];
    assert!(tcp.accept().is_err() && local.accept().is_err() && udp.recv(&mut buffer).is_err());
}

#[test]
fn no_daemon_is_left() {
    let place = place("");
    let mark = format!("8{:05}", std::process::id());
    let script = format!(
        "setsid sh -c 'trap \"\" TERM HUP; exec sleep {mark}' >/dev/null 2>&1 </dev/null & sleep 0.2; echo left"
    );
    assert_eq!(stdout(&dry(&place, &plan("", &sh("a", &script))), "a"), "left\n");
    let all = Command::new("ps").args(["-eo", "args"]).output();
    assert!(all.is_ok_and(|all| !String::from_utf8_lossy(&all.stdout).contains(&format!("sleep {mark}"))));
}

#[test]
fn state_keys_and_variables_are_not_there() {
    let mut place = place("pass_env = [\"TOKEN\"]\n");
    place.env.push(("TOKEN".into(), "TOP-SECRET-TOKEN".into()));
    fs::create_dir_all(place.at("home/.ssh")).unwrap();
    fs::write(place.at("home/.ssh/id"), "TOP-SECRET-KEY").unwrap();
    let digest = {
        place.put("earlier.pl", plan("", &sh("a", "true")));
        place.digest("earlier.pl")
    };
    let state = place.state();
    let script = format!(
        "env; cat planc.toml ~/.ssh/id {state}/* 2>&1; ls -A {state} ~; echo evil > {state}/planc.db; echo evil > planc.toml; \
         echo {digest} | planc approve {digest}; true",
        state = state.display()
    );
    let report = dry(&place, &plan("create \"**\"\n modify \"**\"", &sh("a", &script)));
    for secret in ["TOP-SECRET", "dry_run", "planc.db\\n"] {
        let outcome = step(&report, "a")["outcome"].to_string();
        assert!(!outcome.contains(secret), "{secret}: {outcome}");
    }
    assert!(place.get("planc.toml").starts_with(SEALED), "{}", place.get("planc.toml"));
    // It is a database still, and nobody has approved anything.
    let approvals: i64 = place.database().query_row("SELECT count(*) FROM approvals", [], |row| row.get(0)).unwrap();
    assert_eq!(approvals, 0);
}

#[test]
fn what_may_not_be_read_before_approval_is_not_read_by_programs() {
    let place = place("[workspace]\nread = [\"docs/**\"]\n");
    place.put("secret.txt", "SECRET-TEXT").put("docs/a", "a");
    let report = dry(&place, &plan("", &sh("a", "cat secret.txt")));
    assert_later(&report, "a", "may not be read before approval");
    assert!(!report.to_string().contains("SECRET-TEXT"));
}

#[test]
fn programs_with_secrets_in_the_open_or_denied_do_not_run() {
    let place = place("open = [\"sh -c\"]\n");
    let mark = place.at("out/mark");
    let script = format!("touch {}", mark.display());
    assert_later(&dry(&place, &plan("create \"**\"", &sh("a", &script))), "a", "does not run in the sandbox");
    assert!(!mark.exists());
    // What one leaves that did not run is not known to the next.
    let two = format!("{}\n step b = process.run(argv: [\"sh\", \"b.sh\"])", sh("a", &script));
    place.put("b.sh", "echo ran");
    assert_later(&dry(&place, &plan("create \"**\"", &two)), "b", "what `a` leaves");
    let place = self::place("[policy]\n\"process.run\" = \"deny\"\n");
    let report = dry(&place, &plan("", &sh("a", "echo ran")));
    assert_later(&report, "a", "policy denies it");
    let place = self::place("");
    fs::write(place.at("token"), "hunter2hunter2").unwrap();
    let secret = plan(
        "",
        "input token: string secret\n step a = process.run(argv: [\"sh\", \"-c\", \"cat\"], stdin: token)\n step b = process.run(argv: [\"sh\", \"-c\", \"echo b\"])",
    );
    place.put("p.pl", secret);
    let file = format!("token={}", place.at("token").display());
    let said = place.planc(&["--format", "json", "plan", "--run-programs", "p.pl", "--input-file", &file]).exits(0);
    for name in ["a", "b"] {
        assert_later(&said.json(), name, "secrets");
    }
    assert!(!said.out.contains("hunter2"));
}

#[test]
fn a_program_that_fails_or_does_not_end_blocks_the_plan() {
    let place = place("");
    for (script, more, why) in [
        ("exit 3", "", "exit code 3"),
        ("sleep 60", " {\n timeout 300ms\n }", "300"),
        ("echo no", " {\n expect a.stdout == \"yes\"\n }", "is false"),
    ] {
        let steps = sh("a", script) + more;
        let report = dry(&place, &plan("", &steps));
        assert_eq!(report["status"], "blocked", "{report}");
        assert!(report["problems"].to_string().contains(why), "{}", report["problems"]);
    }
}

/// Approves what was dry-run with programs and runs it.
fn run(place: &Place) -> Said {
    let digest = place.digest_with(&["plan", "--run-programs", "p.pl"]);
    place.yes(&digest);
    place.planc(&["run", &place.last_run()])
}

#[test]
fn what_must_be_reproduced_is_or_the_run_stops_before_it_is_kept() {
    let same = sh("a", "echo same > out; mkdir dir") + " {\n reproduce\n }";
    let place = place("");
    place.put("p.pl", plan("create \"**\"", &same));
    run(&place).exits(0);
    assert_eq!(place.get("out"), "same\n");

    let random = "cat /proc/sys/kernel/random/uuid > out";
    for (script, differs) in [
        (random.to_owned(), "out"),
        ("echo x > out-$(cat /proc/sys/kernel/random/uuid)".to_owned(), "out-"),
        (
            format!(
                "{random}; test $(tr -dc 0-9 < out | cut -c1) ; echo x > out; chmod 0$(shuf -n1 -e 600 644 640 604 700 711 755 750) out"
            ),
            "out",
        ),
    ] {
        // A mode is one of eight: it differs sooner or later.
        let stopped = (0..20).any(|_| {
            let place = self::place("");
            place.put(
                "p.pl",
                plan(
                    "create \"**\"",
                    &(sh("a", &script) + " {\n reproduce\n }\n step b = fs.write(path: \"b\", text: \"b\")"),
                ),
            );
            let said = run(&place);
            if said.code == Some(0) {
                return false;
            }
            let said = said.exits(5).says("it did not change what it changed in the dry run").says(differs);
            let left: Vec<String> = picture(&place.ws()).keys().map(|path| format!("{path:?}")).collect();
            assert!(
                left.iter().all(|path| !path.contains("out") && !path.contains("\"b\"")),
                "{left:?} {}",
                said.short()
            );
            true
        });
        assert!(stopped, "{script}");
    }
}

#[test]
fn another_change_than_was_shown_stops_only_what_depends_on_it() {
    let random = sh("a", "cat /proc/sys/kernel/random/uuid > out; echo done");
    // Nothing depends on it: the run says what was other.
    let place = place("");
    place.put("p.pl", plan("create \"**\"", &format!("{random}\n step b = fs.write(path: \"b\", text: a.stdout)")));
    run(&place).exits(0).says("Planned against actual");
    assert_eq!(place.get("b"), "done\n");
    // A later step was shown with the text of the dry run.
    let place = self::place("");
    let steps = format!("{random}\n step b = fs.read(path: \"out\")\n step c = fs.write(path: \"c\", text: b.text)");
    place.put("p.pl", plan("create \"**\"", &steps));
    run(&place).exits(5);
    assert!(!place.has("c"));
}

#[test]
fn without_a_dry_run_there_is_nothing_to_reproduce() {
    let place = place("");
    place.put("p.pl", plan("create \"**\"", &(sh("a", "echo x > out") + " {\n reproduce\n }")));
    place.planc(&["plan", "p.pl"]).exits(1).says("`reproduce` needs a dry run").says("--run-programs");
    place.planc(&["run", "--approve", "p.pl"]).exits(1);
    assert!(!place.has("out"));
    place.planc(&["run", "--approve", "--run-programs", "p.pl"]).exits(0);
    assert_eq!(place.get("out"), "x\n");
}
