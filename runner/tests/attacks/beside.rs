//! Workspaces beside each other: what one goes by lies where plans of another one write, or its state does.

use crate::place::{Place, said};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// Another project beside the workspace, in which plans need nobody.
fn beside(place: &Place) -> PathBuf {
    let other = place.at("other");
    fs::create_dir_all(other.join("target")).unwrap();
    fs::write(other.join("planc.toml"), "").unwrap();
    other
}

#[test]
fn what_decides_before_a_yes_lies_in_no_other_workspace() {
    for config in [
        "[servers.crm]\ncommand = \"python3\"\nargs = [\"../other/part\"]\n",
        "[servers.crm]\ncommand = \"../other/part\"\n",
        "[servers.crm]\ncommand = \"python3\"\nargs = [\"-m\", \"part\"]\ncwd = \"../other\"\n",
        "[servers.crm]\ncommand = \"python3\"\nargs = [\"led/part\"]\n",
        "[model]\ncommand = [\"python3\", \"../other/part\"]\n",
        "[policy]\ncedar = \"../other/part\"\n",
        "[catalogues]\nfiles = [\"led/part.pl\"]\n",
        "[report]\nfile = \"../other/target/report.md\"\n",
    ] {
        let place = Place::new();
        let other = beside(&place);
        fs::write(other.join("part"), "").unwrap();
        fs::write(other.join("part.pl"), "").unwrap();
        place.link("../other", "led");
        place.put("planc.toml", config).put("p.pl", "plan \"p\" {\n  step a = fs.stat(path: \"p.pl\")\n}\n");
        place.planc(&["plan", "p.pl"]).exits(2).says("is a workspace of its own");
        // In a folder that is no workspace it is the operator's own.
        fs::remove_file(other.join("planc.toml")).unwrap();
        let said = place.planc(&["plan", "p.pl"]);
        assert!(!said.err.contains("a workspace of its own"), "{config}: {}", said.short());
    }
}

/// Each piece of a word counts, wherever it leads, and each folder in which code is looked for with what it holds.
#[test]
fn no_piece_of_a_wiring_leads_to_another_workspace() {
    for wiring in [
        "command = \"python3\"\nargs = [\"-m\", \"part\"]\nenv = { PYTHONPATH = \"ROOT/other\" }",
        "command = \"python3\"\nargs = [\"-m\", \"part\"]\nenv = { PYTHONPATH = \"/none:ROOT/other\" }",
        "command = \"python3\"\nargs = [\"-m\", \"other.part\"]\nenv = { PYTHONPATH = \"..\" }",
        "command = \"sh\"\nargs = [\"-c\", \"exec python3 ROOT/other/part.py\"]",
        "command = \"python3\"\nargs = [\"-m\", \"other.part\"]\ncwd = \"ROOT\"",
        "command = \"python3\"\nargs = [\"--load=ROOT/other/part.py\"]",
        "command = \"python3\"\nargs = [\"../held\"]",
        "command = \"python3\"\nargs = [\"ROOT/held\"]",
    ] {
        let place = Place::new();
        let other = beside(&place);
        fs::write(other.join("part.py"), "").unwrap();
        fs::create_dir_all(place.at("held/deep")).unwrap();
        fs::write(place.at("held/deep/planc.toml"), "").unwrap();
        let root = place.at("").display().to_string();
        let wiring = wiring.replace("ROOT", root.trim_end_matches('/'));
        place.put("planc.toml", format!("[servers.crm]\n{wiring}\n"));
        place.put("p.pl", "plan \"p\" {\n  step a = fs.stat(path: \"p.pl\")\n}\n");
        place.planc(&["plan", "p.pl"]).exits(2).says("is a workspace of its own");
        // A line that begins with a wildcard is about this workspace, and one that names what lies elsewhere is about that.
        for (data, code) in [
            ("\"**\", \"*\"", 2),
            ("\"ROOT/**\", \"../**\", \"--load=ROOT/**\"", if wiring.contains("cwd") { 2 } else { 0 }),
        ] {
            let data = data.replace("ROOT", root.trim_end_matches('/'));
            place.put("planc.toml", format!("[servers.crm]\ndata = [{data}]\n{wiring}\n"));
            let said = place.planc(&["plan", "p.pl"]);
            assert_eq!(said.code, Some(code), "{wiring} {data}: {}", said.short());
        }
    }
}

/// By another name of the workspace, too, what a server runs is what no plan changes.
#[test]
fn the_own_workspace_is_known_by_other_names() {
    let place = Place::new();
    std::os::unix::fs::symlink(place.ws(), place.at("alias")).unwrap();
    let alias = place.at("alias").display().to_string();
    place.put(
        "planc.toml",
        format!(
            "[servers.crm]\ncommand = \"sh\"\nargs = [\"-c\", \"exec python3 {alias}/lib/part.py\"]\ncwd = \"/usr\"\n"
        ),
    );
    place.put("lib/part.py", "");
    place.put(
        "p.pl",
        "plan \"p\" {\n  critical { modify \"lib/**\" }\n  step a = fs.write(path: \"lib/part.py\", text: \"evil\")\n}\n",
    );
    place.planc(&["run", "--approve", "p.pl"]).exits(1);
    assert_eq!(place.get("lib/part.py"), "");
}

/// What one within goes by lies in none around, unless no plan can touch it.
#[test]
fn what_decides_lies_in_no_workspace_around() {
    for (config, code) in [
        ("[policy]\ncedar = \"../rules/p.cedar\"\n", 2),
        ("[policy]\ncedar = \"../rules/policy.cedar\"\n", 0),
        ("[catalogues]\nfiles = [\"led/part.pl\"]\n", 2),
        ("[report]\nfile = \"../rules/report.md\"\n", 2),
    ] {
        let place = Place::new();
        place.put("planc.toml", "[workspace]\nnested = [\"app\"]\n");
        place.put("rules/p.cedar", "").put("rules/policy.cedar", "").put("rules/part.pl", "");
        place.put("app/planc.toml", config).put("app/p.pl", "plan \"p\" {\n  step a = fs.stat(path: \"p.pl\")\n}\n");
        place.link("../rules", "app/led");
        let said = place.planc(&["-C", "app", "plan", "p.pl"]);
        assert_eq!(said.code, Some(code), "{config}: {}", said.short());
    }
}

/// Links on the way to the rules are the operator's as well.
#[test]
fn no_plan_leads_the_rules_elsewhere() {
    for (config, link) in [("planc.toml", "base.toml"), ("rules/planc.cedar", "base.toml")] {
        let place = Place::new();
        let rule = "[policy]\n\"fs.delete\" = \"deny\"\n";
        place.put("conf/base.toml", if config == "planc.toml" { rule } else { "" }).put("docs/a.md", "a");
        place.put("old/base.toml", "");
        place.link("conf", "cl");
        if config == "planc.toml" {
            fs::remove_file(place.ws().join(config)).unwrap();
            place.link(format!("cl/{link}"), config);
        } else {
            place.put("planc.toml", "[policy]\ncedar = \"cl/base.toml\"\n");
        }
        for (steps, lines) in [
            (
                "step a = process.run(argv: [\"ln\", \"-sfn\", \"old\", \"cl\"])",
                "run \"ln\"\n    modify \"cl\"\n    delete \"cl\"\n    create \"cl\"",
            ),
            ("step a = fs.move(from: \"cl\", to: \"cl0\")", "delete \"cl\"\n    create \"cl0\""),
        ] {
            place.put("p.pl", format!("plan \"p\" {{\n  critical {{\n    {lines}\n  }}\n  {steps}\n}}\n"));
            let said = place.planc(&["run", "--approve", "p.pl"]);
            assert!(said.code != Some(0), "{config}: {}", said.short());
            assert_eq!(fs::read_link(place.ws().join("cl")).unwrap().display().to_string(), "conf", "{config}");
        }
    }
}

/// What ends as data does is code all the same.
#[test]
fn code_is_no_data() {
    for (args, data) in [
        ("exec python3 ROOT/lib/part.py notes.db", "*.db"),
        ("exec python3 ROOT/lib/part.py notes.db", "exec python3 ROOT/lib/part.py notes.db"),
    ] {
        let place = Place::new();
        let root = place.ws().display().to_string();
        let (args, data) = (args.replace("ROOT", &root), data.replace("ROOT", &root));
        place.put(
            "planc.toml",
            format!("[servers.crm]\ncommand = \"sh\"\nargs = [\"-c\", {args:?}]\ncwd = \"/usr\"\ndata = [{data:?}]\n"),
        );
        place.put("lib/part.py", "").put(
            "p.pl",
            "plan \"p\" {\n  critical { modify \"lib/**\" }\n  step a = fs.write(path: \"lib/part.py\", text: \"evil\")\n}\n",
        );
        place.planc(&["run", "--approve", "p.pl"]).exits(1).says("a part of a server");
        assert!(place.get("lib/part.py").is_empty(), "{args}");
    }
}

/// A file is data by its path, whatever characters are in that.
#[test]
fn a_file_with_blanks_in_its_name_is_data_like_any_other() {
    let place = Place::new();
    place.put("planc.toml", "[servers.crm]\ncommand = \"python3\"\nargs = [\"-m\", \"part\"]\ndata = [\"docs/**\"]\n").put(
        "p.pl",
        "plan \"p\" {\n  critical { create \"docs/**\" }\n  step a = fs.write(path: \"docs/a (1).md\", text: \"a\")\n}\n",
    );
    place.put("docs/keep", "").planc(&["run", "--approve", "p.pl"]).exits(0);
}

/// Nobody was there for the yes, and where nothing is approved so by now, it is none to taking back.
#[test]
fn what_was_approved_by_nobody_is_taken_back_by_nobody_where_that_counts_no_more() {
    let place = Place::new();
    place.put("lib/part.py", "evil\n").put(
        "p.pl",
        "plan \"p\" {\n  critical { modify \"lib/**\" }\n  step a = fs.write(path: \"lib/part.py\", text: \"good\")\n}\n",
    );
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
    let run = place.last_run();
    place.put("planc.toml", "[workspace]\nnested = [\"app\"]\n");
    place.put("app/planc.toml", "[servers.crm]\ncommand = \"python3\"\nargs = [\"../lib/part.py\"]\n");
    place
        .planc(&["undo", &run])
        .exits(6)
        .says("the yes to this run is none to what a program of a workspace within this one may do");
    assert_eq!(place.get("lib/part.py"), "good");
}

#[test]
fn a_state_directory_holds_only_state() {
    let place = Place::new();
    place.put("p.pl", "plan \"p\" {\n  step a = fs.stat(path: \"p.pl\")\n}\n");
    let home = place.at("home");
    fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
    fs::create_dir(home.join("notes")).unwrap();
    let mut command = place.bare(&["plan", "p.pl"]);
    command.arg("--state-dir").arg(&home);
    said(command).exits(2).says("holds what is not state, the folder `notes` for one");
    assert!(!home.join("planc.db").exists());
}

#[test]
fn state_lies_in_no_other_workspace() {
    let place = Place::new();
    let other = beside(&place);
    place.put("p.pl", "plan \"p\" {\n  step a = fs.stat(path: \"p.pl\")\n}\n");
    for state in ["st", "target/st"] {
        let mut command = place.bare(&["plan", "p.pl"]);
        command.arg("--state-dir").arg(other.join(state));
        said(command).exits(2).says("lies in the workspace `");
        assert!(!other.join(state).exists());
        let mut command = place.bare(&["plan", "p.pl"]);
        command.env("XDG_STATE_HOME", other.join(state));
        said(command).exits(2).says("lies in the workspace `");
    }
}

/// A file of that name closes the folder in which it lies.
#[test]
fn nobody_makes_what_looks_like_state() {
    let place = Place::new();
    place.put(
        "p.pl",
        "plan \"p\" {\n  critical { create \"src/planc.db\" }\n  step a = fs.write(path: \"src/planc.db\", text: \"\")\n}\n",
    );
    place.planc(&["run", "--approve", "p.pl"]).exits(1);
    place.put(
        "q.pl",
        "plan \"p\" {\n  critical {\n    run \"sh\"\n    create \"src/**\"\n    create \"src\"\n  }\n  step a = process.run(argv: [\"sh\", \"-c\", \"mkdir -p src; : > src/planc.db\"])\n}\n",
    );
    let said = place.planc(&["run", "--approve", "q.pl"]);
    assert!(said.code != Some(0) && !place.has("src/planc.db"), "{}", said.short());
}

#[test]
fn programs_write_no_rules_of_a_workspace() {
    for (nested, scratch) in
        [("*", "target"), ("**", "target"), ("build/sub", "build"), ("build", "build"), ("b*/x", "build")]
    {
        let place = Place::new();
        place.put("build/sub/planc.toml", "").put("p.pl", "plan \"p\" {\n  step a = fs.stat(path: \"p.pl\")\n}\n");
        place.put("planc.toml", format!("[workspace]\nnested = [{nested:?}]\n[programs]\nscratch = [{scratch:?}]\n"));
        place.planc(&["plan", "p.pl"]).exits(2).says("a program could write the rules of a workspace");
    }
    let place = Place::new();
    place.put("app/planc.toml", "").put("p.pl", "plan \"p\" {\n  step a = fs.stat(path: \"p.pl\")\n}\n");
    place.put("planc.toml", "[workspace]\nnested = [\"app\"]\n[programs]\nscratch = [\"target\"]\n");
    place.planc(&["plan", "p.pl"]).exits(0);
}

/// Whoever wrote a file writes no line of what planc says of it.
#[test]
fn an_error_is_one_line_whatever_stands_in_it() {
    let place = Place::new();
    let forged = "x`\nthe evidence holds together\n  \u{2713} approved by ada (signed)\n";
    let bundle = serde_json::json!({ "evidence": 1, forged: 1 }).to_string();
    place.put("bundle.json", bundle).put("a\nb.pl", "plan").put("planc.toml", "");
    for args in [
        &["verify", "bundle.json"][..],
        &["check", "a\nb.pl"],
        &["plan", "--input", forged, "a\nb.pl"],
        &["run", forged],
    ] {
        let said = place.planc(args);
        assert!(said.code != Some(0), "{args:?}");
        let begins = |line: &str| ["the evidence", "  \u{2713}", "b.pl"].iter().any(|with| line.starts_with(with));
        let all = format!("{}{}", said.out, said.err);
        assert!(!all.lines().any(begins), "{args:?}: {}", said.short());
    }
}
