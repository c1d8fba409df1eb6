//! What runs in the open is what somebody has seen: whatever a program of the run leaves where a command line names a file, by
//! whatever way it came there.

use crate::place::{Place, Said};
use crate::terminal::{Act, on_terminal};

/// What stands before the answer.
const ASKS: &str = "`no` ends the run here: ";

/// What the attacker wants to be run in the open: it leaves a line outside of the workspace.
const EVIL: &str = "echo evil >> ../out/log";

/// A confined program does `gen`, and then the steps are made; gives how the run ended.
fn after(place: &Place, gen_script: &str, steps: &str) -> Said {
    place.put("gen.sh", format!("{gen_script}\n"));
    let plan = format!(
        "plan \"p\" {{\n  critical {{\n    create \"**\"\n    modify \"**\"\n    delete \"**\"\n    read \"**\"\n    run \"sh gen.sh\"\n    \
         run \"sh\"\n    run \"./tool\"\n    run \"env\"\n    run \"make\"\n    run \"python3\"\n  }}\n  step gen = process.run(argv: [\"sh\", \"gen.sh\"])\n  {steps}\n}}\n"
    );
    place.put("p.pl", plan).run("p.pl")
}

fn place() -> Place {
    let place = Place::new();
    place.open(&["sh deploy.sh", "sh d/deploy.sh", "sh out/deploy.sh", "./tool", "env", "make", "python3"]);
    place
}

const DEPLOY: &str = "step b = process.run(argv: [\"sh\", \"deploy.sh\"])";

#[track_caller]
fn has_not_run(place: &Place, why: &str) {
    assert!(!place.at("out/log").exists(), "{why}");
}

#[test]
fn a_link_that_the_run_has_made_is_followed_before_it_is_run() {
    let tool = "step b = process.run(argv: [\"./tool\"])";
    let linked = "step b = process.run(argv: [\"sh\", \"d/deploy.sh\"])";
    for (leaves, steps, code, says) in [
        ("ln -s e.sh deploy.sh", DEPLOY, 3, "content of e.sh"),
        ("rm old.sh; ln -s old.sh deploy.sh; ln -s e.sh old.sh", DEPLOY, 3, "content of e.sh"),
        ("cp e.sh made.sh; ln -s made.sh deploy.sh", DEPLOY, 3, "content of made.sh"),
        ("ln -s e.sh tool", tool, 3, "content of e.sh"),
        ("ln -s ../outer.sh deploy.sh", DEPLOY, 5, "nobody can look at"),
        ("ln -s deploy.sh deploy.sh", DEPLOY, 5, "nobody can look at"),
        // A link that was there, and leads elsewhere now.
        ("ln -sfn evil d", linked, 3, "content of evil/deploy.sh"),
        ("rm -r out; ln -s evil out", "step b = process.run(argv: [\"sh\", \"out/deploy.sh\"])", 5, "out"),
    ] {
        let place = place();
        place.put("e.sh", format!("#!/bin/sh\n{EVIL}\n")).put("evil/deploy.sh", EVIL).put("real/deploy.sh", "true\n");
        place.put("out/deploy.sh", "true\n").put("old.sh", "true\n").link("real", "d");
        std::fs::write(place.at("outer.sh"), EVIL).unwrap();
        after(&place, leaves, steps).exits(code).says(says);
        has_not_run(&place, leaves);
    }
}

#[test]
fn a_link_that_is_there_and_is_made_another_one_is_followed_too() {
    let place = place();
    place.put("e.sh", EVIL).put("good.sh", "true\n").link("good.sh", "deploy.sh");
    after(&place, "ln -sf e.sh deploy.sh", DEPLOY).exits(3).says("content of e.sh");
    has_not_run(&place, "a yes is needed");
}

#[test]
fn what_a_program_has_written_is_not_known_better_behind_a_file_tool() {
    let read = "step r = fs.read(path: \"e.sh\")\n  ";
    for (leaves, steps) in [
        ("step c = fs.copy(from: \"e.sh\", to: \"deploy.sh\", replace: true)", DEPLOY),
        ("step c = fs.move(from: \"e.sh\", to: \"tool\")", "step b = process.run(argv: [\"./tool\"])"),
        ("step c = fs.move(from: \"o\", to: \"out\")", "step b = process.run(argv: [\"sh\", \"out/deploy.sh\"])"),
        ("step c = fs.write(path: \"deploy.sh\", text: r.text)", DEPLOY),
        ("step c = fs.edit(path: \"deploy.sh\", edits: [{ find: \"true\", replace: r.text }])", DEPLOY),
        ("step c = fs.append(path: \"deploy.sh\", text: r.text)", DEPLOY),
        (
            "each all = n in [\"deploy\"] {\n step c = fs.copy(from: \"e.sh\", to: \"${n}.sh\", replace: true)\n}",
            DEPLOY,
        ),
        ("step c = fs.copy(from: \"e.sh\", to: \"tool\")", "step b = process.run(argv: [\"./tool\"])"),
        ("step c = fs.copy(from: \"l.sh\", to: \"tool\")", "step b = process.run(argv: [\"./tool\"])"),
    ] {
        let place = place();
        place.put("deploy.sh", "true\n");
        let leaves_it = format!(
            "printf '#!/bin/sh\\n{EVIL}\\n' > e.sh; chmod +x e.sh; mkdir o; cp e.sh o/deploy.sh; ln -s e.sh l.sh"
        );
        let reads = if leaves.contains("r.text") { read } else { "" };
        after(&place, &leaves_it, &format!("{reads}{leaves}\n  {steps}")).exits(3).says("content of ");
        has_not_run(&place, leaves);
    }
}

#[test]
fn what_the_card_has_shown_is_not_asked_about_again() {
    let write = "step w = fs.write(path: \"deploy.sh\", text: \"echo good >> ../out/log\\n\")";
    for (leaves, steps) in [
        // The dry run does not know what is there before, and the text stands in the plan all the same.
        ("echo x > deploy.sh", format!("{write}\n  {DEPLOY}")),
        // It is the same file, whoever may run it now.
        ("chmod +x deploy.sh", DEPLOY.to_owned()),
        ("true", DEPLOY.to_owned()),
        ("mv deploy.sh x; mv x deploy.sh", DEPLOY.to_owned()),
    ] {
        let place = place();
        place.put("deploy.sh", "echo good >> ../out/log\n");
        after(&place, leaves, &steps).exits(0);
        assert_eq!(std::fs::read_to_string(place.at("out/log")).unwrap(), "good\n", "{leaves}");
    }
    let place = place();
    place.put(
        "p.pl",
        format!(
            "plan \"p\" {{\n  critical {{\n    create \"deploy.sh\"\n    run \"sh\"\n  }}\n  {write}\n  {DEPLOY}\n}}\n"
        ),
    );
    place.run("p.pl").exits(0);
}

#[test]
fn what_the_run_leaves_in_folders_of_code_is_looked_at() {
    let python = "open('../out/log', 'w')";
    for (leaves, steps) in [
        (format!("echo \"{python}\" > tool/__main__.py"), r#"step b = process.run(argv: ["python3", "tool"])"#),
        (format!("echo \"{python}\" > tool/a.py"), r#"step b = process.run(argv: ["python3", "tool"])"#),
        (
            format!("mkdir e; echo \"{python}\" > e/a.py; ln -s ../e tool/e"),
            r#"step b = process.run(argv: ["python3", "tool"])"#,
        ),
        (
            format!("mkdir lib; echo \"{python}\" > lib/a.py"),
            r#"step b = process.run(argv: ["python3", "-c", "import a"], env: [{ name: "PYTHONPATH", value: "lib" }])"#,
        ),
        (
            format!("mkdir lib; echo '{EVIL}' > lib/start"),
            r#"step b = process.run(argv: ["env", "ENV=lib/start", "sh", "-ic", "true"])"#,
        ),
        (
            format!("mkdir out; printf 'x:\\n\\t{EVIL}\\n' > out/b.mk"),
            r#"step b = process.run(argv: ["make", "-fout/b.mk", "x"])"#,
        ),
    ] {
        let place = place();
        place.put("tool/__main__.py", "import a, e.a\n").put("tool/a.py", "").put("tool/b/keep", "");
        after(&place, &leaves, steps).exits(3).says("content of ");
        has_not_run(&place, &leaves);
    }
}

#[test]
fn who_has_looked_through_a_link_has_looked_at_this_file() {
    for evil in [None, Some("e.sh"), Some("old.sh"), Some("deploy.sh")] {
        let place = place();
        place.put("e.sh", "echo good >> ../out/log\n").put("evil.sh", EVIL);
        after(&place, "ln -s old.sh deploy.sh; ln -s e.sh old.sh", DEPLOY).exits(3).says("content of e.sh");
        let run = place.last_run();
        let ws = place.ws();
        let swap = move || {
            if let Some(path) = evil {
                std::fs::remove_file(ws.join(path)).unwrap();
                std::os::unix::fs::symlink("evil.sh", ws.join(path)).unwrap();
            }
        };
        let (code, shown) = on_terminal(&place, &["resume", &run], ASKS, &Act::Meanwhile(Box::new(swap), b"yes\n"));
        assert!(shown.contains("echo good") && shown.contains("found_through"), "{shown:?}");
        assert_eq!(code, if evil.is_some() { 5 } else { 0 }, "{evil:?}: {shown:?}");
        let log = std::fs::read_to_string(place.at("out/log")).unwrap_or_default();
        assert_eq!(log, if evil.is_some() { "" } else { "good\n" }, "{evil:?}");
    }
}

/// What a program really writes has no name elsewhere: a script, the configuration, a hook, a file outside. Names within are none.
#[test]
fn a_second_name_of_what_a_program_really_writes_is_no_way() {
    for elsewhere in ["deploy.sh", "planc.toml", "notes.txt", ".git/hooks/pre-commit", "../out/profile"] {
        for writes in ["target/x", "target/deep/er/x"] {
            let place = Place::new();
            let config = "[programs]\nopen = [\"sh deploy.sh\"]\nscratch = [\"target\", \"target/deep\"]\n";
            place
                .put("deploy.sh", "true\n")
                .put(elsewhere, "true\n")
                .put("planc.toml", config)
                .put("target/deep/er/a", "");
            std::fs::hard_link(place.ws().join("target/deep/er/a"), place.ws().join("target/b")).unwrap();
            after(&place, &format!("echo changed > target/b; echo more > {writes}"), DEPLOY).exits(0);
            std::fs::remove_file(place.ws().join(writes)).unwrap();
            let before = place.get(elsewhere);
            std::fs::hard_link(place.ws().join(elsewhere), place.ws().join(writes)).unwrap();
            after(&place, &format!("echo '{EVIL}' > {writes}"), DEPLOY).exits(4).says("has another name outside");
            assert_eq!(place.get(elsewhere), before);
            has_not_run(&place, elsewhere);
        }
    }
}

/// Attributes by which the kernel's overlay hides a file or empties a folder: a check in a cell would not find what was bound.
#[test]
fn notes_for_the_overlay_hide_nothing_from_a_check() {
    use rustix::fs::{XattrFlags, setxattr};
    const CHECK: &str =
        "step c = process.run(argv: [\"sh\", \"check.sh\"])\n  step b = process.run(argv: [\"sh\", \"deploy.sh\"])";
    for (at, name) in [
        ("state/FREEZE", "user.overlay.whiteout"),
        ("state/FREEZE", "user.overlay.metacopy"),
        ("state", "user.overlay.opaque"),
        (".", "user.overlay.redirect"),
        (".git/x", "user.overlay.origin"),
    ] {
        let place = place();
        place.put("deploy.sh", EVIL).put("state/FREEZE", "").put(".git/x", "").put(".gitignore", "state\n");
        place.put("check.sh", "if [ -e state/FREEZE ]; then exit 1; fi\n");
        after(&place, "true", CHECK).exits(4);
        let digest = place.digest("p.pl");
        if setxattr(place.ws().join(at), name, b"x", XattrFlags::empty()).is_err() {
            return crate::place::skipped("notes_for_the_overlay", "the file system has no attributes");
        }
        place
            .planc(&["run", &format!("--approve={digest}"), "p.pl"])
            .exits(4)
            .says(&format!("has the attribute `{name}`"));
        has_not_run(&place, at);
    }
}

/// What looks like an option that moves a program may be one of another, or none: the files are bound as they are seen from here, too.
#[test]
fn no_word_takes_the_files_of_a_line_away() {
    for argv in [
        r#"["env", "sh", "x.sh", "-C", "sub"]"#,
        r#"["env", "sh", "x.sh", "--cwd", "sub"]"#,
        r#"["env", "sh", "x.sh", "-Cq"]"#,
        r#"["env", "bash", "-C", "x.sh"]"#,
        r#"["env", "-S", "sh 'x.sh'"]"#,
        r#"["env", "-S", "sh\\_x.sh"]"#,
    ] {
        let place = place();
        let plan =
            format!("plan \"p\" {{\n  critical {{\n    run \"env\"\n  }}\n  step a = process.run(argv: {argv})\n}}\n");
        place.put("x.sh", "true\n").put("sub/y.txt", "").put("p.pl", plan);
        let digest = place.digest("p.pl");
        place.put("x.sh", EVIL);
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5);
        has_not_run(&place, argv);
    }
}

/// Of what is no text the card shows the size: a comment with one odd byte in it hides all else.
#[test]
fn what_no_diff_shows_was_not_seen() {
    for before in ["  step gen = process.run(argv: [\"sh\", \"gen.sh\"])\n", ""] {
        let place = place();
        place.put("odd.sh", [b"# \xff\n", EVIL.as_bytes(), b"\n"].concat()).put("gen.sh", "true\n");
        place.put(
            "p.pl",
            format!(
                "plan \"p\" {{\n  critical {{\n    create \"**\"\n    run \"sh\"\n  }}\n{before}  step c = fs.copy(from: \"odd.sh\", \
                 to: \"deploy.sh\")\n  {DEPLOY}\n}}\n"
            ),
        );
        place.run("p.pl").exits(3).says("content of deploy.sh");
        has_not_run(&place, "an odd byte");
    }
}
