//! A yes that is used once more, for something else, or after a no; and what is done after a yes without one.

use crate::place::Place;
use crate::signed::{QUESTION, SIGNED, Signing};
use crate::terminal::{Act, on_terminal};
use std::fs;
use std::process::Command;

#[test]
fn what_was_signed_before_somebody_wanted_changes_is_no_answer_to_that() {
    let Some(signing) = Signing::new("what_was_signed_before_somebody_wanted_changes", SIGNED) else { return };
    let before = signing.signed_by("alice", "before", &[]);
    signing.place.planc(&["request-changes", &signing.digest, "--comment", "stop"]).exits(0);
    signing.import(&before).exits(3).says("changes were requested");
    signing.nothing_runs();
    // Planned anew, and in the name of somebody else, it is no more.
    signing.place.digest("p.pl");
    signing.import(&before).exits(3).says("changes were requested");
    let after = signing.signed_by("bob", "after", &[]);
    signing.import(&after).exits(0);
    signing.runs();
}

#[test]
fn a_no_takes_back_a_yes_to_several_runs() {
    let place = Place::new();
    place.put("p.pl", "plan \"write\" {\n  critical { create \"made.txt\" }\n  step a = fs.write(path: \"made.txt\", text: \"a\")\n}\n");
    let digest = place.digest("p.pl");
    let (code, screen) = on_terminal(&place, &["approve", &digest, "--uses", "5"], QUESTION, &Act::Type(b"yes\n"));
    assert_eq!(code, 0, "{screen}");
    place.planc(&["run", "p.pl"]).exits(0);
    fs::remove_file(place.ws().join("made.txt")).unwrap();
    let second = place.digest("p.pl");
    assert_ne!(digest, second);
    place.planc(&["abort", &second]).exits(0);
    for target in ["p.pl", second.as_str(), digest.as_str()] {
        place.planc(&["run", target]).exits_with(&[2, 3, 5]);
        assert!(!place.has("made.txt"), "{target}");
    }
}

const DOUBT: &str = r#"plan "pay" {
  critical {
    run    "sh -c"
    create "made.txt"
  }
  step made = fs.write(path: "made.txt", text: "made\n")
  step slow = process.run(argv: ["sh", "-c", "echo paid >> ../out/paid; sleep 60"]) {
    timeout 300ms
    undo process.run(argv: ["sh", "-c", "echo back >> ../out/paid"])
  }
}
"#;

#[test]
fn what_wants_a_person_is_neither_made_again_nor_taken_back_without_one() {
    for rule in ["require = \"terminal\"", "not_undoable = { require = \"terminal\" }"] {
        let place = Place::new();
        place.put("planc.toml", format!("[programs]\nopen = [\"sh -c\"]\n[approval]\n{rule}\n")).put("p.pl", DOUBT);
        let digest = place.digest("p.pl");
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3);
        place.yes(&digest);
        place.planc(&["run", "p.pl"]).exits(7);
        let run = place.last_run();
        let paid = || fs::read_to_string(place.at("out/paid")).unwrap();
        let done = "slow=done:{\"exit_code\":0,\"stdout\":\"\",\"stderr\":\"\",\"truncated\":false}";
        for answer in ["slow=redo", "slow=fail", done] {
            place.planc(&["resume", &run, "--resolve", answer]).exits(6).says("is said on a terminal here");
        }
        place.planc(&["undo", &run]).exits(6).says("taking back is said on a terminal here");
        assert_eq!((paid().as_str(), place.has("made.txt")), ("paid\n", true), "{rule}");
        let (code, screen) = on_terminal(&place, &["undo", &run], QUESTION, &Act::Type(b"no\n"));
        assert!(code != 0 && place.has("made.txt"), "{screen}");
        let (code, screen) = on_terminal(&place, &["undo", &run], QUESTION, &Act::Type(b"yes\n"));
        // What became of the call is not known, so that taking back stops there.
        assert!(code == 7 && screen.contains("Take back all"), "{screen}");
    }
}

/// What a person began to take back and left in part goes on only when a person says so.
#[test]
fn what_was_taken_back_in_part_goes_on_with_a_person() {
    let place = Place::new();
    place.put("planc.toml", "[programs]\nopen = [\"sh\"]\n[approval]\nrequire = \"terminal\"\n");
    let back = "echo back >> ../out/back\n";
    place.put("back.sh", back).put(
        "p.pl",
        "plan \"p\" {\n  critical {\n    create \"x\"\n    run \"sh\"\n  }\n  step a = fs.write(path: \"x\", text: \"x\") {\n    undo \
         process.run(argv: [\"sh\", \"back.sh\"])\n  }\n}\n",
    );
    let digest = place.digest("p.pl");
    place.yes(&digest);
    place.planc(&["run", "p.pl"]).exits(0);
    let run = place.last_run();
    place.put("back.sh", "true\n");
    let (code, screen) = on_terminal(&place, &["undo", &run], QUESTION, &Act::Type(b"yes\n"));
    assert_eq!(code, 4, "{screen}");
    place.put("back.sh", back);
    for again in ["undo", "resume"] {
        place.planc(&[again, &run]).exits(6).says("taking back is said on a terminal here");
    }
    assert!(!place.at("out/back").exists());
}

/// Nobody said yes to a hook: when it was deleted, nobody executed it.
#[test]
fn what_others_execute_by_now_is_not_put_back_without_a_person() {
    let place = Place::new();
    let hook = "#!/bin/sh\n";
    place.put("x/hooks/pre-receive", hook).put("x/a.txt", "a").put(
        "p.pl",
        "plan \"p\" {\n  critical { delete \"x/**\" }\n  step a = fs.delete(path: \"x/hooks/pre-receive\")\n  step b = fs.delete(path: \"x/a.txt\")\n}\n",
    );
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
    let run = place.last_run();
    let made = Command::new("git").args(["init", "-q", "--bare", "x"]).current_dir(place.ws()).status().unwrap();
    assert!(made.success());
    place.planc(&["undo", &run]).exits(6).says("none to what others do by `x/hooks/pre-receive` meanwhile");
    assert!(!place.has("x/hooks/pre-receive") && !place.has("x/a.txt"));
    let (code, screen) = on_terminal(&place, &["undo", &run], QUESTION, &Act::Type(b"yes\n"));
    assert!(code == 0 && screen.contains("x/hooks/pre-receive"), "{screen}");
    assert_eq!(place.get("x/hooks/pre-receive"), hook);
}

#[test]
fn a_scope_that_somebody_says_lifts_nothing() {
    let place = Place::new();
    let agent = [
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"fs__write","arguments":{"path":"made.txt","text":"x"}}}"#,
    ];
    let calls = |scope: &str| {
        let mut command = assert_cmd::Command::from_std(place.command(&["mcp", "--scope", scope]));
        let said = command.write_stdin(agent.join("\n") + "\n").output().unwrap();
        String::from_utf8_lossy(&said.stdout).into_owned()
    };
    let scopes = "[agents]\nplan = \"never\"\n[mode.scopes]\nguest = \"inherit\"\n\"guest/a\" = \"inherit\"\nops = \"execute\"\n";
    let rule = "[[policy.rule]]\nscopes = [\"guest\"]\neffects = [\"writes\", \"creates\"]\ndecision = \"deny\"\nreason = \"guests look\"\n";
    for (mode, why) in [
        ("default = \"plan\"\nscope = \"guest\"\n", "the default is `plan`"),
        ("default = \"plan\"\n", "the default is `plan`"),
        ("scope = \"guest\"\n", "guests look"),
    ] {
        place.put("planc.toml", format!("[mode]\n{mode}{scopes}{rule}"));
        for scope in ["ops", "guest", "guest/a", "nobody", "default"] {
            let said = calls(scope);
            // Who is in no scope is not a guest.
            assert!(said.contains("Tool denied"), "{mode} {scope}: {said}");
            assert!(scope == "ops" && !mode.contains("scope") || said.contains(why), "{mode} {scope}: {said}");
        }
    }
    place.put("planc.toml", format!("[mode]\nscope = \"ops\"\n{scopes}{rule}"));
    assert!(!place.has("made.txt"));
    assert!(calls("guest").contains("created"), "it is in `ops`, whatever is said");
}

#[test]
fn a_no_to_a_digest_is_one_however_it_is_named() {
    let place = Place::new();
    place.put("p.pl", "plan \"write\" {\n  critical { create \"made.txt\" }\n  step a = fs.write(path: \"made.txt\", text: \"a\")\n}\n");
    let digest = place.digest("p.pl");
    place.planc(&["abort", &digest]).exits(0);
    let (code, screen) = on_terminal(&place, &["approve", &digest], QUESTION, &Act::Type(b"yes\n"));
    assert!(code == 3 && screen.contains("aborted"), "{screen}");
    let named = format!("--approve={digest}");
    for target in ["p.pl", digest.as_str()] {
        place.planc(&["run", &named, target]).exits(3).says("aborted");
        assert!(!place.has("made.txt"), "{target}");
    }
    // Planned again, it waits again.
    assert_eq!(place.digest("p.pl"), digest);
    place.planc(&["run", &named, "p.pl"]).exits(0);
}

/// Nobody could tell who else works there.
#[test]
fn a_workspace_that_cannot_be_locked_runs_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.put("p.pl", "plan \"write\" {\n  critical { create \"made.txt\" }\n  step a = fs.write(path: \"made.txt\", text: \"a\")\n}\n");
    let digest = place.digest("p.pl");
    let mode = |mode: u32| fs::set_permissions(place.ws(), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o311);
    if fs::read_dir(place.ws()).is_ok() {
        mode(0o755);
        crate::place::skipped("a_workspace_that_cannot_be_locked", "root may read everything");
        return;
    }
    let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]);
    mode(0o755);
    said.exits(2).says("cannot lock the workspace");
    assert!(!place.has("made.txt"));
}

#[test]
fn a_umask_that_takes_from_planc_itself_is_refused_and_leaves_nothing() {
    let place = Place::new();
    place.put("p.pl", "plan \"write\" {\n  critical { create \"made.txt\" }\n  step a = fs.write(path: \"made.txt\", text: \"a\")\n}\n");
    for (umask, code) in [("0777", 2), ("0277", 2), ("0077", 0)] {
        let planc = place.command(&["plan", "p.pl"]);
        let mut command = std::process::Command::new("sh");
        command
            .arg("-c")
            .arg(format!("umask {umask}; exec \"$@\""))
            .arg("sh")
            .arg(planc.get_program())
            .args(planc.get_args());
        command.current_dir(place.ws()).env_clear().envs(place.variables());
        let said = crate::place::said(command).exits(code);
        if code == 2 {
            said.says(&format!("the umask {umask}"));
            assert!(!place.state().exists(), "{umask}");
        }
    }
}
