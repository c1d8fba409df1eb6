//! Workspaces beside each other: what one goes by lies where plans of another one write, or its state does.

use crate::place::{Place, said};
use std::fs;
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

#[test]
fn state_lies_in_no_other_workspace() {
    let place = Place::new();
    let other = beside(&place);
    place.put("p.pl", "plan \"p\" {\n  step a = fs.stat(path: \"p.pl\")\n}\n");
    for state in ["st", "target/st"] {
        let mut command = place.bare(&["plan", "p.pl"]);
        command.arg("--state-dir").arg(other.join(state));
        said(command).exits(2).says("lies in the workspace of");
        assert!(!other.join(state).exists());
        let mut command = place.bare(&["plan", "p.pl"]);
        command.env("XDG_STATE_HOME", other.join(state));
        said(command).exits(2).says("lies in the workspace of");
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
