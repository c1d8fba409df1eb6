//! A state directory belongs to one workspace: what was done, approved and set there says nothing of another one, and no plan leads to
//! another state, to other signers or to other credentials.

use crate::around::write;
use crate::place::{Place, Said, said, until};
use crate::terminal::{Act, on_terminal};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::Stdio;

const WRITE: &str = "plan \"Write\" {\n  critical {\n    modify \"a.txt\"\n  }\n  step a = fs.write(path: \"a.txt\", text: \"kept\\n\")\n}\n";

/// A command in a folder beside the workspace, with the state of the workspace.
fn within(place: &Place, folder: &str, args: &[&str]) -> Said {
    let mut command = place.bare(&[&["-C", folder], args].concat());
    command.arg("--state-dir").arg(place.state()).stdin(Stdio::null());
    said(command)
}

/// A workspace in which a run was done, and the run.
fn done() -> (Place, String) {
    let place = Place::new();
    place.put("a.txt", "evil\n").put("w.pl", WRITE);
    place.planc(&["run", "--approve", "w.pl"]).exits(0);
    let run = place.last_run();
    (place, run)
}

#[test]
fn the_state_of_one_workspace_is_none_of_another() {
    let (place, run) = done();
    place.put("planc.toml", "[workspace]\nnested = [\"app\"]\n").put("sub/w.pl", WRITE);
    let files = [("a.txt", "kept\n"), ("w.pl", WRITE)];
    for folder in ["../beside", "app", "../unsaid"] {
        let path = place.ws().join(folder);
        fs::create_dir(&path).unwrap();
        files.iter().for_each(|(name, text)| fs::write(path.join(name), text).unwrap());
    }
    for folder in ["../beside", "app"] {
        fs::write(place.ws().join(folder).join("planc.toml"), "").unwrap();
    }
    let commands: [&[&str]; 22] = [
        &["undo", &run],
        &["resume", &run],
        &["abort", &run],
        &["show", &run],
        &["verify", &run],
        &["evidence", &run],
        &["runs"],
        &["gc"],
        &["grants"],
        &["grants", "revoke", "1"],
        &["approvals"],
        &["sessions"],
        &["reports"],
        &["mode"],
        &["mode", "set", "plan", "--why", "x"],
        &["plan", "w.pl"],
        &["run", "--approve", "w.pl"],
        &["approve", &run],
        &["request-changes", &run, "--comment", "x"],
        &["mcp"],
        &["tools", "check"],
        &["hook", "--client", "claude"],
    ];
    let before = place.planc(&["--format", "json", "runs"]).exits(0).out;
    for folder in ["../beside", "app", "../unsaid"] {
        for command in commands {
            let said = within(&place, folder, command);
            // What opens no state goes by none.
            if matches!(command[0], "tools" | "hook") && !said.err.contains("state") {
                continue;
            }
            let root = format!("it is the state of another workspace, `{}`", place.ws().display());
            said.exits(2).says(&root).says("a new one: name it with `--state-dir DIR`");
        }
        assert_eq!(fs::read_to_string(place.ws().join(folder).join("a.txt")).unwrap(), "kept\n", "{folder}");
    }
    assert_eq!(place.planc(&["--format", "json", "runs"]).exits(0).out, before);
    // By another name, and from a folder of it, it is the same workspace.
    symlink(place.ws(), place.at("name")).unwrap();
    for folder in ["../name", "sub", "../beside/../ws"] {
        within(&place, folder, &["show", &run]).exits(0);
    }
    within(&place, "../name", &["undo", &run]).exits(0);
    assert_eq!(place.get("a.txt"), "evil\n");
}

#[test]
fn a_state_is_that_of_who_makes_it_or_opens_it_first() {
    // Many at once from two workspaces.
    let place = Place::new();
    let other = place.at("other");
    fs::create_dir(&other).unwrap();
    place.put("w.pl", WRITE).put("a.txt", "");
    for (name, text) in [("planc.toml", ""), ("a.txt", ""), ("w.pl", WRITE)] {
        fs::write(other.join(name), text).unwrap();
    }
    let start = |folder: &str| {
        let mut command = place.bare(&["-C", folder, "plan", "w.pl", "--state-dir"]);
        command.arg(place.state()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let started: Vec<_> = (0..8).map(|n| (n % 2, start([".", "../other"][n % 2]))).collect();
    let mut codes = [Vec::new(), Vec::new()];
    for (of, mut child) in started {
        codes[of].push(child.wait().unwrap().code());
    }
    let (all, none) = (vec![Some(0); 4], vec![Some(2); 4]);
    assert!(codes == [all.clone(), none.clone()] || codes == [none, all], "{codes:?}");

    // One that was moved begins anew.
    fs::rename(place.ws(), place.at("moved")).unwrap();
    fs::create_dir(place.ws()).unwrap();
    within(&place, "../moved", &["runs"]).exits(2).says("one that was moved begins with a new one");
    let mut command = place.bare(&["-C", "../moved", "runs", "--state-dir"]);
    command.arg(place.at("new"));
    said(command).exits(0);
    assert!(!place.at("new").exists());

    // Looking creates nothing, and takes nothing.
    let place = Place::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut fs::DirBuilder::new(), 0o700).create(place.state()).unwrap();
    within(&place, "../out", &["runs"]).exits(0);
    assert_eq!(fs::read_dir(place.state()).unwrap().count(), 0);
    place.put("a.txt", "").put("w.pl", WRITE).planc(&["plan", "w.pl"]).exits(0);
}

/// An earlier planc did not say of its state whose it is: its plans do.
#[test]
fn a_state_of_before_is_that_of_its_plans() {
    let secret = "plan \"S\" {\n  input token: string secret\n  critical {\n    run \"true\"\n  }\n  step a = process.run(argv: [\"true\"], stdin: token)\n}\n";
    let forget = |place: &Place| {
        place.database().execute_batch("DROP TABLE workspace; PRAGMA user_version = 12;").unwrap();
    };
    let add = ["grants", "add", "fs.write", "--where", "path=a.txt", "--any", "text", "--why", "drafts"];
    let first: [(&str, &[&str]); 3] = [
        ("plain", &["plan", "w.pl"]),
        ("sealed", &["plan", "s.pl", "--input-file", "token=w.pl"]),
        ("none", &["runs"]),
    ];
    for (what, first) in first {
        let place = Place::new();
        let asks = "[policy]\n\"fs.*\" = \"ask\"\n";
        place.put("planc.toml", asks).put("a.txt", "draft\n").put("w.pl", WRITE).put("s.pl", secret);
        let other = place.at("other");
        fs::create_dir(&other).unwrap();
        for (name, text) in [("planc.toml", asks), ("a.txt", "record\n"), ("w.pl", WRITE)] {
            fs::write(other.join(name), text).unwrap();
        }
        place.planc(first).exits(0);
        let (code, screen) = on_terminal(&place, &add, "Only `yes` is a yes: ", &Act::Type(b"yes\n"));
        assert_eq!(code, 0, "{screen}");
        forget(&place);
        let said = within(&place, "../other", &["run", "--approve", "w.pl"]);
        let is_of_none = what == "none";
        match is_of_none {
            // Nobody knows for which workspace an answer was given.
            true => {
                said.exits(3);
                let said = within(&place, "../other", &["grants"]).exits(0);
                assert!(said.out.is_empty(), "{}", said.short());
                within(&place, "../other", &["grants", "--all"]).exits(0).says("taken back by planc");
                place.planc(&["runs"]).exits(2).says("it is the state of another workspace");
            }
            false => {
                said.exits(2).says(&format!("it is the state of another workspace, `{}`", place.ws().display()));
                place.planc(&["grants"]).exits(0).says("fs.write where path is");
                within(&place, "../other", &["grants"]).exits(2);
                place.planc(&["run", "--approve", "w.pl"]).exits(0).says("was answered: standing");
            }
        }
        assert_eq!(fs::read_to_string(other.join("a.txt")).unwrap(), "record\n", "{what}");
    }
}

/// Where the state is fixed and two checkouts beside each other would share it, the help names a way that works.
#[test]
fn a_fixed_state_that_two_checkouts_would_share_is_helped_out_of() {
    let place = Place::new();
    let fixed = "[workspace]\nstate = \"../kept\"\n";
    place.put("planc.toml", fixed).put("a.txt", "").put("w.pl", WRITE).put("../wt/planc.toml", fixed);
    place.put("../wt/a.txt", "").put("../wt/w.pl", WRITE);
    let plan = |folder: &str| said(place.bare(&["-C", folder, "plan", "w.pl"]));
    plan(".").exits(0);
    let help = "where `[workspace] state` says which, the operator names another there, or takes the line away";
    plan("../wt").exits(2).says("it is the state of another workspace").says(help);
    for other in ["[workspace]\nstate = \"../kept-wt\"\n", ""] {
        place.put("../wt/planc.toml", other);
        plan("../wt").exits(0);
    }
    plan(".").exits(0);
}

/// Where the state says nothing of it, what was approved does.
#[test]
fn a_run_is_taken_back_where_it_was_made() {
    let (place, run) = done();
    let other = place.at("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("planc.toml"), "").unwrap();
    fs::write(other.join("a.txt"), "kept\n").unwrap();
    let root = other.to_str().unwrap().as_bytes();
    place.database().execute("UPDATE workspace SET root = ?1", [root]).unwrap();
    within(&place, "../other", &["undo", &run]).exits(5).says("in another workspace");
    assert_eq!(fs::read_to_string(other.join("a.txt")).unwrap(), "kept\n");
}

#[test]
fn no_plan_leads_to_another_state() {
    let place = Place::new();
    let look = "plan \"p\" {\n  step a = fs.stat(path: \"p.pl\")\n}\n";
    for folder in ["keep", "around/app", "sib"] {
        fs::create_dir_all(place.at(folder)).unwrap();
    }
    fs::write(place.at("sib/planc.toml"), "").unwrap();
    fs::write(place.at("around/planc.toml"), "[workspace]\nnested = [\"app\"]\n").unwrap();
    fs::write(place.at("around/app/p.pl"), look).unwrap();
    place.put("p.pl", look);
    place.link("../keep", "st");
    for link in ["around/st", "sib/st"] {
        symlink("../keep", place.at(link)).unwrap();
    }
    // Through another link, which lies in no workspace.
    symlink("sib/st", place.at("far")).unwrap();
    fs::create_dir_all(place.at("ws/real")).unwrap();
    let through = "is reached through the workspace `";
    let refused = |folder: &str, config: &str, what: &str| {
        fs::write(place.at(folder).join("planc.toml"), config).unwrap();
        let mut command = place.bare(&["-C", &format!("../{folder}"), "plan", "p.pl"]);
        command.stdin(Stdio::null());
        said(command).exits(2).says(through).says(what).says("help: ");
        assert_eq!(fs::read_dir(place.at("keep")).unwrap().count(), 0, "{folder}: {config}");
    };
    for path in ["st/x", "../far/x", "../sib/st/x", "real/../../keep/x"] {
        refused("ws", &format!("[workspace]\nstate = \"{path}\"\n"), "the state directory");
        refused("ws", &format!("[approval]\nsigners = \"{path}\"\n"), "the file of signers");
    }
    for path in ["../st/app", "../../around/st/app"] {
        refused("around/app", &format!("[workspace]\nstate = \"{path}\"\n"), "the state directory");
        refused("around/app", &format!("[approval]\nsigners = \"{path}\"\n"), "the file of signers");
    }
    place.put("planc.toml", "");
    for path in ["st/x", "../far/x"] {
        let mut command = place.bare(&["plan", "p.pl", "--state-dir", path]);
        command.stdin(Stdio::null());
        said(command).exits(2).says(through);
    }
    // Credentials, of agents and of approvers.
    for argument in ["--credentials", "--approvers"] {
        for path in ["st/x", "../far/x", "../sib/st/x"] {
            let mut command = place.command(&["mcp", "--http", "127.0.0.1:0", argument, path]);
            command.stdin(Stdio::null());
            said(command).exits(2).says("cannot use the credentials").says(through);
            assert!(!place.at("keep/x").exists());
        }
    }
    // What leads there from outside is the operator's.
    symlink("keep", place.at("own")).unwrap();
    for (folder, path) in [("ws", "../own/x"), ("around/app", "../../own/y"), ("around/app", "../../keep/../own/z")] {
        fs::write(place.at(folder).join("planc.toml"), format!("[workspace]\nstate = \"{path}\"\n")).unwrap();
        said(place.bare(&["-C", &format!("../{folder}"), "plan", "p.pl"])).exits(0);
    }
    // So is the folder in which they are who name it.
    place.put("planc.toml", "").put("sub/p.pl", look);
    let mut command = place.bare(&["-C", "sub", "plan", "p.pl", "--state-dir", "../../own/w"]);
    command.stdin(Stdio::null());
    said(command).exits(0);
    let mut command = place.bare(&["plan", "p.pl", "--state-dir", "../../own/w"]);
    command.current_dir(place.at("ws/sub"));
    said(command).exits(0);
    let mut command = place.bare(&["mcp", "--http", "127.0.0.1:0", "--credentials", "../../own/w/bad"]);
    fs::write(place.at("keep/w/bad"), "short\n").unwrap();
    command.current_dir(place.at("ws/sub")).arg("--state-dir").arg(place.at("keep/w"));
    let said = said(command).exits(2).says("cannot use the credentials");
    assert!(!said.err.contains(through), "{}", said.short());
}

/// While a plan is waited for, another folder takes the place of the one whose rules were read: it has rules of its own, which nobody has read.
#[test]
fn what_takes_the_place_of_a_workspace_is_another_one() {
    for rules in [Some("[policy]\n\"*\" = \"deny\"\n"), None] {
        let place = Place::new();
        place.put("../out/w/planc.toml", "").put("../out/other/keep", "");
        if let Some(rules) = rules {
            place.put("../out/other/planc.toml", rules);
        }
        let mut command = place.command(&["-C", "../out/w", "run", "--approve", "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let held = format!("/proc/{}/fd", child.id());
        until("the folder is held", || {
            let mut held = fs::read_dir(&held).unwrap().flatten().filter_map(|file| fs::read_link(file.path()).ok());
            held.any(|file| file == place.at("out/w"))
        });
        fs::rename(place.at("out/w"), place.at("out/old")).unwrap();
        symlink("other", place.at("out/w")).unwrap();
        child.stdin.take().unwrap().write_all(write("a.txt").as_bytes()).unwrap();
        let ended = child.wait_with_output().unwrap();
        let told = String::from_utf8(ended.stderr).unwrap();
        assert_eq!((ended.status.code(), place.has("../out/other/a.txt")), (Some(2), false), "{told}");
    }
}
