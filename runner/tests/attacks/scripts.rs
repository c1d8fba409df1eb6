//! Scripts: an approval binds what a program runs, and what was approved before was this script and no other.

use crate::place::Place;

const BUILD: &str = r#"plan "Build" {
  critical {
    create "out.txt"
    run "sh build.sh"
    run "true"
  }
  step t = process.run(argv: ["true"])
  step b = process.run(argv: ["sh", "build.sh"])
}
"#;

#[test]
fn a_script_is_bound_behind_a_program_that_may_not_change_it() {
    let place = Place::new();
    place.put("build.sh", "echo fine > out.txt\n").put("p.pl", BUILD);
    let digest = place.digest("p.pl");
    place.put("build.sh", "echo evil > out.txt\n");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5).says("build.sh");
    assert!(!place.has("out.txt"));
    place.put("build.sh", "echo fine > out.txt\n");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
    assert_eq!(place.get("out.txt"), "fine\n");
}

#[test]
fn what_a_program_may_change_is_not_taken_for_known() {
    // The script itself, a folder above it, and a link on the way to it.
    for (critical, path) in [
        ("modify \"build.sh\"", "build.sh"),
        ("create \"sub/**\"\n    delete \"sub/**\"", "sub/build.sh"),
        ("create \"sub\"\n    delete \"sub\"\n    delete \"sub/**\"", "sub/build.sh"),
        ("modify \"link\"\n    create \"link\"\n    delete \"link\"", "link/build.sh"),
    ] {
        let place = Place::new();
        place.put("build.sh", "true\n").put("sub/build.sh", "true\n").put("real/build.sh", "true\n");
        place.link("real", "link");
        let plan = format!(
            "plan \"p\" {{\n  critical {{\n    {critical}\n    run \"true\"\n  }}\n  step t = process.run(argv: [\"true\"])\n  step r = fs.read(path: \"{path}\")\n}}\n"
        );
        place.put("p.pl", plan);
        let report = place.planc(&["--format", "json", "plan", "p.pl"]).exits(0).json();
        assert_eq!(
            report["steps"][1]["outcome"]["outcome"], "known_after_run",
            "{path}: {}",
            report["steps"][1]["outcome"]
        );
        place.put("p.pl", place.get("p.pl").replace(critical, "create \"elsewhere/**\""));
        let report = place.planc(&["--format", "json", "plan", "p.pl"]).exits(0).json();
        assert_eq!(report["steps"][1]["outcome"]["outcome"], "read", "{path}: {}", report["steps"][1]["outcome"]);
    }
}

#[test]
fn another_script_was_not_approved_before() {
    let place = Place::new();
    let plan = |note: &str| {
        format!(
            "plan \"Build\" {{\n  critical {{\n    create \"out.txt\"\n    run \"sh build.sh\"\n    create \"note.txt\"\n  }}\n  step b = process.run(argv: [\"sh\", \"build.sh\"])\n  step n = fs.write(path: \"note.txt\", text: \"{note}\")\n}}\n"
        )
    };
    place.put("build.sh", "echo fine > out.txt\n").put("p.pl", plan("one"));
    let digest = place.digest("p.pl");
    place.yes(&digest);
    let marked = |place: &Place| {
        let report = place.planc(&["--format", "json", "plan", "p.pl"]).exits(0).json();
        report["steps"][0]["approved_before"].is_object()
    };
    place.put("p.pl", plan("two"));
    assert!(marked(&place), "the same script was approved");
    place.put("build.sh", "echo evil > out.txt\n");
    assert!(!marked(&place));
}
