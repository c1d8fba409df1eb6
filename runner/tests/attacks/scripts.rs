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

/// What is written and run, with the file that is written.
const NAMED: [(&str, &str); 9] = [
    (r#"["make", "-s", "-fb.mk", "x"]"#, "b.mk"),
    (r#"["make", "-s", "-C", "sub", "-fb.mk", "x"]"#, "sub/b.mk"),
    (r#"["awk", "-fq.awk"]"#, "q.awk"),
    (r#"["python3", "tool"]"#, "tool/__main__.py"),
    (r#"["python3", "-m", "lib.a"]"#, "lib/a.py"),
    (r#"["env", "-C", "sub", "sh", "y.sh"]"#, "sub/y.sh"),
    (r#"["env", "-S", "sh sub/y.sh"]"#, "sub/y.sh"),
    (r#"["env", "BASH_ENV=sub/env", "bash", "sub/z.sh"]"#, "sub/env"),
    (r#"["sh", "sub/link/../y.sh"]"#, "deep/y.sh"),
];

fn of(argv: &str, critical: &str) -> String {
    let program = argv.split('"').nth(1).unwrap_or_default();
    format!(
        "plan \"p\" {{\n  critical {{\n    run \"{program}\"\n    {critical}\n  }}\n  step a = process.run(argv: {argv})\n}}\n"
    )
}

#[test]
fn a_file_that_a_command_line_names_in_any_way_is_bound() {
    for (argv, file) in NAMED {
        for before in [true, false] {
            let place = Place::new();
            for folder in ["sub", "tool", "lib", "deep/er"] {
                place.put(&format!("{folder}/keep"), "");
            }
            place.put("sub/z.sh", "true\n").link("../deep/er", "sub/link");
            if before {
                place.put(file, "good\n");
            }
            place.put("p.pl", of(argv, "create \"x\""));
            let approve = format!("--approve={}", place.digest("p.pl"));
            place.put(file, "evil\n");
            let said = place.planc(&["run", &approve, "p.pl"]);
            // One that was not there is bound where it looks like a script, or is one by its place.
            if before || !file.ends_with("env") {
                said.exits(5).says(file);
            }
        }
    }
}

#[test]
fn the_variables_of_a_call_name_files_too() {
    for (name, value, file) in [
        ("BASH_ENV", "env.sh", "env.sh"),
        ("ENV", "conf/start", "conf/start"),
        ("NODE_OPTIONS", "--require ./hook.js", "hook.js"),
        ("RUBYOPT", "-rhook", "hook"),
        ("LD_PRELOAD", "/usr/lib/none.so:conf/hook.so", "conf/hook.so"),
    ] {
        let place = Place::new();
        place.put(file, "good\n");
        place.put("p.pl", format!("plan \"p\" {{\n  critical {{\n    run \"true\"\n  }}\n  step a = process.run(argv: [\"true\"], env: [{{ name: \"{name}\", value: \"{value}\" }}])\n}}\n"));
        let approve = format!("--approve={}", place.digest("p.pl"));
        place.put(file, "evil\n");
        place.planc(&["run", &approve, "p.pl"]).exits(5).says(file);
    }
}

#[test]
fn a_script_is_bound_whose_further_arguments_are_known_later() {
    let place = Place::new();
    place.put("build.sh", "true\n").put("tag.txt", "v1");
    place.put(
        "p.pl",
        "plan \"p\" {\n  critical {\n    run \"sh build.sh\"\n    run \"cat\"\n  }\n  step t = process.run(argv: [\"cat\", \"tag.txt\"])\n  let tag = endorse(t.stdout, \"it is\")\n  step b = process.run(argv: [\"sh\", \"build.sh\", tag])\n}\n",
    );
    let approve = format!("--approve={}", place.digest("p.pl"));
    place.put("build.sh", "echo evil\n");
    place.planc(&["run", &approve, "p.pl"]).exits(5).says("build.sh");
}
