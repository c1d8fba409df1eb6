//! What others execute or go by, and what an operator wants of a yes, where the dry run does not know what a step will change: a
//! program, a file tool behind one, an undo; and repositories that are called otherwise, or come to be in the meantime.

use crate::place::Place;

fn plan(critical: &str, steps: &str) -> String {
    format!("plan \"p\" {{\n  critical {{\n    {critical}\n  }}\n  {steps}\n}}\n")
}

fn place() -> Place {
    let place = Place::new();
    place.put("h.sh", "#!/bin/sh\n").put("d/a", "a\n").put("repo/HEAD", "ref: refs/heads/main\n");
    // What another worktree shares, a repository elsewhere, and one that is none yet.
    place.put("common/objects/x", "").put("common/refs/x", "");
    place.put("store/x/HEAD", "ref: refs/heads/main\n").put("wt/.git", "gitdir: ../store/x\n").put("new/config", "");
    place
}

#[test]
fn nobody_is_away_when_a_step_may_change_what_others_execute() {
    let sh = |script: &str| format!("step a = process.run(argv: [\"sh\", \"-c\", \"{script}\"])");
    let copy =
        |to: &str| format!("step p = process.run(argv: [\"true\"])\n  step a = fs.copy(from: \"h.sh\", to: \"{to}\")");
    let at_once = |to: &str| format!("step a = fs.copy(from: \"h.sh\", to: \"{to}\")");
    let hook = ".git/hooks/pre-commit";
    for (path, line, steps) in [
        (hook, hook, sh("mkdir -p .git/hooks; cp h.sh .git/hooks/pre-commit")),
        (hook, ".git/hooks/**", sh("mkdir -p .git/hooks; cp h.sh .git/hooks/pre-commit")),
        (".mcp.json", ".mcp.json", sh("cp h.sh .mcp.json")),
        (".claude/settings.json", ".claude/**", sh("mkdir .claude; cp h.sh .claude/settings.json")),
        ("repo/hooks/update", "repo/hooks/update", sh("mkdir repo/hooks; cp h.sh repo/hooks/update")),
        (hook, hook, copy(hook)),
        ("repo/config", "repo/config", copy("repo/config")),
        ("repo/config", "repo/config", at_once("repo/config")),
        ("repo/hooks/update", "repo/hooks/**", at_once("repo/hooks/update")),
        ("common/config", "common/config", at_once("common/config")),
        ("store/x/hooks/update", "store/x/hooks/update", at_once("store/x/hooks/update")),
        ("new/HEAD", "new/HEAD", at_once("new/HEAD")),
    ] {
        let place = place();
        let more = if steps.contains("true") { "run \"true\"" } else { "run \"sh -c\"" };
        let more = if steps.contains("process") { more } else { "" };
        place.put("p.pl", plan(&format!("create \"{line}\"\n    create \".git/hooks\"\n    {more}"), &steps));
        place.planc(&["run", "--approve", "p.pl"]).exits(3).says("what others do by");
        place.planc(&["plan", "p.pl"]).exits(0).says("everything can be undone, but what others do by");
        assert!(!place.has(path), "{path} by {steps}");
        // Who reads it may say yes, unless the operator wants more.
        place.put("planc.toml", "[approval]\nnot_undoable = { require = \"terminal\" }\n");
        place.run("p.pl").exits(3).says("approvals are given on a terminal here");
        assert!(!place.has(path), "{path} by {steps}");
        place.put("planc.toml", "");
        place.run("p.pl").exits(0);
        assert!(place.has(path), "{path} by {steps}");
    }
}

#[test]
fn what_is_only_data_of_a_repository_needs_nobody() {
    let place = place();
    place.put(".git/HEAD", "ref: refs/heads/main\n").put(".git/index", "");
    let script = "mkdir -p .git/refs/heads; echo x > .git/refs/heads/a; echo x > .git/index";
    let step = format!("step a = process.run(argv: [\"sh\", \"-c\", \"{script}\"])");
    place.put("p.pl", plan("create \".git/**\"\n    modify \".git/**\"\n    run \"sh -c\"", &step));
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
    assert_eq!(place.get(".git/index"), "x\n");
}

#[test]
fn a_repository_that_comes_to_be_after_a_yes_is_one() {
    let copies = [
        "step a = fs.copy(from: \"h.sh\", to: \"later/config\")",
        "step a = process.run(argv: [\"cp\", \"h.sh\", \"later/config\"])",
    ];
    for (step, run) in copies.into_iter().zip(["", "run \"cp\""]) {
        for (channel, toml) in [
            ("unattended", ""),
            ("elicitation", "[approval]\nelicitation = \"undoable\"\n"),
            ("argument", "[approval]\nnot_undoable = { require = \"terminal\" }\n"),
        ] {
            let place = place();
            place.put("planc.toml", toml).put("later/x", "");
            place.put("p.pl", plan(&format!("create \"later/config\"\n    {run}"), step));
            let digest = place.digest("p.pl");
            let mut yes = place.a_yes(&digest);
            yes.channel = channel.into();
            place.record(&yes);
            place.put("later/HEAD", "ref: refs/heads/main\n");
            let said = place.planc(&["run", &digest]).exits(6);
            said.says("the yes to this run is none to what others do by");
            assert!(!place.has("later/config"), "{channel}: {step}");
        }
    }
}

#[test]
fn what_an_operator_wants_holds_for_what_only_the_run_knows() {
    let program = |argv: &str| format!("step a = process.run(argv: {argv})");
    let undo = |argv: &str| format!("{} {{\n    undo process.run(argv: {argv})\n  }}", program("[\"cat\", \"d/a\"]"));
    let open = "[programs]\nopen = [\"true\"]\n";
    let network = "[programs]\nnetwork = \"contact\"\n";
    let all = "delete \"d/**\"\n    delete \"d\"\n    run \"rm\"";
    for (effect, toml, critical, steps) in [
        ("destructive", "", all.to_owned(), program("[\"rm\", \"-rf\", \"d\"]")),
        ("destructive", "", format!("{all}\n    run \"cat\""), undo("[\"rm\", \"-rf\", \"d\"]")),
        (
            "destructive",
            "",
            "create \"n\"\n    delete \"d/a\"".into(),
            "step a = fs.write(path: \"n\", text: \"\") {\n    undo fs.delete(path: \"d/a\")\n  }".into(),
        ),
        ("destructive", open, "run \"true\"".into(), program("[\"true\"]")),
        ("contacts", open, "run \"true\"".into(), program("[\"true\"]")),
        ("contacts", open, "run \"cat\"\n    run \"true\"".into(), undo("[\"true\"]")),
        ("contacts", network, "run \"true\"\n    contact \"x.example\"".into(), program("[\"true\"]")),
    ] {
        let place = place();
        let rule = format!("[approval]\n{effect} = {{ require = \"terminal\" }}\n");
        place.put("planc.toml", format!("{rule}{toml}")).put("p.pl", plan(&critical, &steps));
        place.planc(&["run", "--approve", "p.pl"]).exits(3);
        place.run("p.pl").exits(3).says("approvals are given on a terminal here");
        assert!(place.has("d/a") && !place.has("n"), "{effect}: {steps}");
    }
    // Where no line lets a program do it, nobody is asked for more.
    for effect in ["destructive", "contacts", "not_undoable"] {
        let place = place();
        let rule = format!("[approval]\n{effect} = {{ require = \"terminal\" }}\n");
        place
            .put("planc.toml", rule)
            .put("p.pl", plan("create \"n\"\n    run \"cp\"", &program("[\"cp\", \"d/a\", \"n\"]")));
        place.planc(&["run", "--approve", "p.pl"]).exits(0);
    }
}

/// Nor do file tools make a repository among the data of another, in whatever order.
#[test]
fn file_tools_make_no_repository_within_another() {
    let steps = |dir: &str, order: [usize; 4]| {
        let all = [
            format!("step h = fs.write(path: \"{dir}/HEAD\", text: \"ref: refs/heads/main\\n\")"),
            format!("step c = fs.copy(from: \"h.sh\", to: \"{dir}/config\")"),
            format!("step o = fs.make_dir(path: \"{dir}/objects\")"),
            format!("step r = fs.make_dir(path: \"{dir}/refs\")"),
        ];
        order.map(|at| all[at].clone()).join("\n  ")
    };
    for dir in [".git/refs/x", ".git/objects/x", ".git/logs/x", ".git/lfs/x", ".git/info/refs/x"] {
        for order in [[0, 1, 2, 3], [2, 3, 1, 0], [1, 0, 3, 2]] {
            let place = place();
            place.put(".git/HEAD", "ref: refs/heads/main\n");
            place.put("p.pl", plan("create \"**\"", &steps(dir, order)));
            place.planc(&["plan", "p.pl"]).exits(1).says(&format!("create \"{dir}/"));
            assert!(!place.has(&format!("{dir}/config")), "{dir}");
        }
    }
    // Somebody who reads the place may say yes.
    let place = place();
    place.put(".git/HEAD", "ref: refs/heads/main\n");
    place.put(
        "p.pl",
        plan("create \".git/refs/x/**\"\n    create \".git/refs/x\"", &steps(".git/refs/x", [0, 1, 2, 3])),
    );
    place.planc(&["run", "--approve", "p.pl"]).exits(3).says("what others do by");
    place.run("p.pl").exits(0);
}

/// A repository comes to be with whichever of its parts comes last, and the folders count as well.
#[test]
fn what_completes_a_repository_needs_a_line() {
    let make = |path: &str| format!("fs.make_dir(path: {path:?})");
    let write = |path: &str| format!("fs.write(path: {path:?}, text: \"x\\n\")");
    let step = |(at, call): (usize, &String)| format!("step s{at} = {call}\n  ");
    let parts = |dir: &str, folders: &[&str], files: &[&str]| -> Vec<String> {
        let folders = folders.iter().map(|name| make(&format!("{dir}/{name}")));
        folders.chain(files.iter().map(|name| write(&format!("{dir}/{name}")))).collect()
    };
    for (dir, folders, files) in [
        ("lib/x", ["objects", "refs"].as_slice(), ["config"].as_slice()),
        ("lib/x", &["objects", "refs"], &["hooks/update"]),
        ("lib/.git", &["objects", "refs"], &["HEAD"]),
        (".git/refs/y/.git", &["objects", "refs"], &["HEAD"]),
    ] {
        let all = parts(dir, folders, files);
        for turn in 0..all.len() {
            let mut all = all.clone();
            all.rotate_left(turn);
            let place = place();
            let steps: String = all.iter().enumerate().map(step).collect();
            place.put("p.pl", plan("create \"**\"", &steps));
            place.planc(&["plan", "p.pl"]).exits(1).says(&format!("create \"{dir}/"));
            // Step by step in programs, which know nothing of each other.
            let script = |call: &String| {
                let path = call.split('"').nth(1).unwrap();
                let make =
                    if call.starts_with("fs.make_dir") { "mkdir -p $1" } else { "mkdir -p $(dirname $1); echo > $1" };
                format!("process.run(argv: [\"sh\", \"-c\", {make:?}, \"sh\", {path:?}])")
            };
            let steps: String = all.iter().map(script).collect::<Vec<_>>().iter().enumerate().map(step).collect();
            place.put("p.pl", plan("create \"**\"\n    run \"sh\"", &steps));
            let said = place.run("p.pl").exits(6);
            said.says(&format!("create \"{dir}"));
        }
    }
    // Honest work: branches called like its parts, what lies beside each other anywhere, and what a line names.
    let place = place();
    place.put(".git/HEAD", "ref: refs/heads/main\n").put(".git/objects/x", "").put(".git/refs/remotes/o/HEAD", "x\n");
    let of_branches = ["o/objects", "o/refs", "o/config"].map(|name| write(&format!(".git/refs/remotes/{name}")));
    let of_heads = ["objects/a", "refs/a", "config"].map(|name| write(&format!(".git/refs/heads/{name}")));
    let of_data = [make("data/objects"), make("data/refs"), make(".git/objects/aa"), make(".git/refs/tags")];
    let steps: String = of_branches.iter().chain(&of_heads).chain(&of_data).enumerate().map(step).collect();
    place.put("p.pl", plan("create \"**\"", &steps));
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
    place.put("p.pl", plan(
        "create \"**\"\n    create \"new/.git/config\"\n    create \"new/.git/hooks/**\"\n    create \"new/.git/info/**\"\n    run \"git init\"",
        "step a = process.run(argv: [\"git\", \"init\", \"-q\", \"new\"])",
    ));
    place.run("p.pl").exits(0);
    assert!(place.has("new/.git/HEAD"));
}

/// A pipe where git keeps a file makes nobody wait.
#[test]
fn nobody_waits_for_a_repository() {
    for name in ["HEAD", "index", "commondir", "gitdir"] {
        for (git, file) in [(".git", None), ("else", Some("gitdir: else\n"))] {
            let place = place();
            place.put(&format!("{git}/objects/x"), "").put(&format!("{git}/refs/x"), "");
            if name != "HEAD" {
                place.put(&format!("{git}/HEAD"), "ref: refs/heads/main\n");
            }
            file.iter().for_each(|text| _ = place.put(".git", text));
            let made = std::process::Command::new("mkfifo").arg(place.ws().join(git).join(name)).status().unwrap();
            assert!(made.success());
            place.put("p.pl", plan("modify \"d/a\"", "step a = fs.write(path: \"d/a\", text: \"b\")"));
            let mut command = std::process::Command::new("timeout");
            let planc = place.command(&["run", "--approve", "p.pl"]);
            command.arg("20").arg(planc.get_program()).args(planc.get_args()).current_dir(place.ws());
            command.envs(planc.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let code = command.status().unwrap().code();
            assert_eq!(code, Some(0), "{git}/{name}");
        }
    }
}
