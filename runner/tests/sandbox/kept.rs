//! What a program changed in its cell: only what `critical` allows arrives in the workspace, all of it or nothing, and it can
//! be taken back.

use crate::place::{Place, picture, words};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

/// A plan that runs one script with `sh`.
fn plan(lines: &str, script: &str) -> String {
    format!(
        "plan \"x\" {{\n critical {{\n {lines}\n run \"sh\"\n }}\n step s = process.run(argv: [\"sh\", \"-c\", {script:?}])\n}}\n"
    )
}

#[test]
fn what_is_covered_arrives_and_is_taken_back() {
    let place = Place::new();
    place.put("a.txt", "a\n").put("gone.txt", "gone\n").put("tree/x/y", "y\n").put("run.sh", "");
    place.put("p.pl", plan(
        "create \"out/**\"\n modify \"a.txt\"\n modify \"run.sh\"\n delete \"gone.txt\"\n delete \"tree/**\"\n delete \"tree\"",
        "echo b >> a.txt; mkdir -p out/deep; echo new > out/deep/n; ln -s n out/deep/l; chmod 755 run.sh; rm gone.txt; rm -r tree",
    ));
    let before = picture(&place.ws());
    place.planc(&["run", "--approve", "p.pl"]).exits(0).says("approved by");
    assert_eq!((place.get("a.txt"), place.get("out/deep/n")), ("a\nb\n".into(), "new\n".into()));
    assert_eq!(fs::read_link(place.ws().join("out/deep/l")).unwrap(), std::path::Path::new("n"));
    assert_eq!(place.ws().join("run.sh").metadata().unwrap().permissions().mode() & 0o777, 0o755);
    assert!(!place.has("gone.txt") && !place.has("tree"));
    let diff = place.planc(&["diff", &place.last_run()]);
    assert!(diff.out.contains("out/deep/n") && diff.out.contains("gone.txt"), "{}", diff.short());
    place.planc(&["undo", &place.last_run()]).exits(0);
    assert_eq!(picture(&place.ws()), before);
}

/// Root keeps its rights in its cell by itself, any other account only if they are handed on. Where the tests run as another account, all of
/// them show it.
#[test]
fn an_account_that_is_not_root_has_cells() {
    const NOBODY: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        return crate::place::skipped("an_account_that_is_not_root", "this is one");
    }
    let place = Place::new();
    let text = plan("modify \"a.txt\"", "id -u >> a.txt; ! echo x > /tmp/../../outside");
    // What is given to a cell may be a file, and that there is none.
    let text = text.replace("])", ", \"a.txt\", \"no/such.sh\"])");
    place.put("a.txt", "a\n").put("p.pl", text);
    // Where the accounts of others may not look.
    fs::copy(assert_cmd::cargo::cargo_bin!("planc"), place.at("bin/own")).unwrap();
    let mut open = vec![place.dir.path().to_owned()];
    while let Some(path) = open.pop() {
        std::os::unix::fs::lchown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    let mut command = std::process::Command::new(place.at("bin/own"));
    command.args(["run", "--approve", "p.pl", "--state-dir"]).arg(place.state()).current_dir(place.ws());
    command.env_clear().envs(place.variables()).uid(NOBODY).gid(NOBODY);
    crate::place::said(command).exits(0);
    assert_eq!(place.get("a.txt"), format!("a\n{NOBODY}\n"));
}

/// A cell knows one account and one group. What belongs to others a program cannot write there, and may go on regardless: so the
/// card says before the yes what that is.
#[test]
fn what_belongs_to_others_is_told_before_the_yes() {
    const OTHERS: u32 = 1234;
    if !rustix::process::geteuid().is_root() {
        return crate::place::skipped("what_belongs_to_others", "only root makes such files");
    }
    let script = "echo b >> a.txt; echo b > sub/deep/x; echo b > made/new; echo b >> mine.txt";
    for (line, told) in [
        ("modify \"*.txt\"\n    create \"sub/**\"", "whatever `critical` says: a.txt, sub"),
        ("create \"**/x\"", "whatever `critical` says: sub"),
        ("modify \"**\"", "whatever `critical` says: a.txt, sub"),
        ("delete \"a.txt\"\n    modify \"mine.txt\"\n    create \"made/**\"", ""),
    ] {
        let place = Place::new();
        place.put("planc.toml", "[programs]\nscratch = [\"real\"]\n").put("a.txt", "a\n").put("mine.txt", "a\n");
        place.put("sub/deep/old", "x").put("real/x", "x").put("made/old", "x").put("p.pl", plan(line, script));
        for (path, owner, group) in [
            ("a.txt", None, Some(OTHERS)),
            ("sub", Some(OTHERS), None),
            ("sub/deep", None, Some(OTHERS)),
            ("real/x", Some(OTHERS), None),
        ] {
            std::os::unix::fs::lchown(place.ws().join(path), owner, group).unwrap();
        }
        let planned = place.planc(&["--format", "json", "plan", "p.pl"]).exits(0).json();
        let of_others = &planned["steps"][0]["confined"]["of_others"];
        assert_eq!(
            of_others.as_array().map_or(0, Vec::len),
            told.matches(", ").count() + usize::from(!told.is_empty())
        );
        let card = place.planc(&["plan", "p.pl"]).exits(0).out;
        let card = card.split_whitespace().filter(|word| *word != "┊").collect::<Vec<_>>().join(" ");
        assert!(card.contains(told) && card.contains("cannot write") != told.is_empty(), "{line}: {card}");
        place.run("p.pl");
        assert_eq!(place.get("a.txt"), "a\n", "{line}");
        assert!(!place.has("sub/deep/x"), "{line}");
    }
}

#[test]
fn what_is_not_covered_is_named_and_nothing_is_kept() {
    let python = "import os\nopen('dist/x', 'w').write('x')\nos.remove('a.txt')\n";
    for (script, wanted) in [
        ("mkdir dist; echo x > dist/x", &["create \"dist\"", "create \"dist/x\""][..]),
        ("echo more >> a.txt; mkdir ok; echo fine > ok/fine", &["modify \"a.txt\""]),
        ("chmod 600 a.txt", &["modify \"a.txt\""]),
        ("mv a.txt b.txt", &["create \"b.txt\"", "delete \"a.txt\""]),
        ("ln -s /etc/passwd secret", &["create \"secret\""]),
        ("mkdir dist; python3 run.py", &["create \"dist/x\"", "delete \"a.txt\""]),
    ] {
        if script.contains("python3") && !std::path::Path::new("/usr/bin/python3").exists() {
            crate::place::skipped("what_is_not_covered_is_named", "there is no python3");
            continue;
        }
        let place = Place::new();
        place.put("a.txt", "a\n").put("run.py", python).put("p.pl", plan("create \"ok/**\"", script));
        let before = picture(&place.ws());
        let said = place.planc(&["run", "--approve", "p.pl"]).exits(6);
        for line in wanted {
            assert!(said.out.contains(line), "{script}: no {line} in {}", said.short());
        }
        assert_eq!(picture(&place.ws()), before, "{script}");
    }
}

#[test]
fn a_program_that_fails_or_takes_too_long_has_changed_nothing() {
    for (script, more) in
        [("echo x > out; exit 3", ""), ("echo x > out; kill -9 $$", ""), ("echo x > out; sleep 60", "timeout 300ms")]
    {
        let place = Place::new();
        let text = plan("create \"out\"", script).replace("])\n}", &format!("]) {{ {more}\n }}\n}}"));
        place.put("p.pl", if more.is_empty() { plan("create \"out\"", script) } else { text });
        let before = picture(&place.ws());
        let said = place.planc(&["run", "--approve", "p.pl"]).exits(4);
        assert!(!said.err.contains("its effect took place"), "{}", said.short());
        assert_eq!(picture(&place.ws()), before, "{script}");
    }
}

#[test]
fn a_step_that_expects_in_vain_has_changed_nothing() {
    let place = Place::new();
    let text =
        plan("create \"out\"", "echo x > out; echo said").replace("])\n}", "]) { expect s.stdout == \"other\"\n }\n}");
    place.put("p.pl", text);
    place.planc(&["run", "--approve", "p.pl"]).exits(4);
    assert!(!place.has("out"));
}

#[test]
fn a_scratch_folder_is_really_written_and_not_told() {
    let place = Place::new();
    place.put("planc.toml", "[programs]\nscratch = [\"target\"]\n").put("target/old", "old");
    place.put("p.pl", plan("create \"out\"", "cat target/old > out; echo new > target/new; ln target/new target/hard"));
    // What is written there stays, and whoever says yes is told.
    for format in ["text", "markdown", "html"] {
        let said = place.planc(&["--format", format, "plan", "p.pl"]).exits(0);
        let text = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("can be undone, but what programs write in target"), "{format}: {}", said.short());
    }
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
    assert_eq!((place.get("out"), place.get("target/new")), ("old".into(), "new\n".into()));
    let diff = place.planc(&["diff", &place.last_run()]);
    assert!(!diff.out.contains("target"), "{}", diff.short());
}

#[test]
fn a_program_that_failed_is_said_to_have_had_what_its_cell_gave_it() {
    const LINE: &str = "the plan has no `contact` line";
    const SETTING: &str = "`[programs] network` is \"off\"";
    for (toml, lines, wanted, not) in [
        ("", "", &[LINE, SETTING][..], &[][..]),
        ("", "contact \"127.0.0.1:1\"", &[SETTING], &[LINE]),
        ("[programs]\nnetwork = \"contact\"\n", "", &[LINE], &[SETTING]),
        ("[programs]\nnetwork = \"contact\"\n", "contact \"127.0.0.1:1\"", &["TCP to 1 and UDP"], &["no network"]),
        ("[programs]\nscratch = [\"target\"]\n", "", &["workspace, `target` and `/tmp` only"], &[]),
    ] {
        let place = Place::new();
        place.put("planc.toml", toml).put("p.pl", plan(lines, "echo its own words >&2; exit 7"));
        let digest = place.digest("p.pl");
        let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(4);
        let text = words(&said.out);
        let told = text.contains("its own words planc: its cell had") && text.contains("what `[programs] read` lists");
        assert!(told, "{toml}{lines}: {}", said.short());
        wanted.iter().for_each(|part| assert!(text.contains(part), "{toml}{lines}: no {part}: {}", said.short()));
        not.iter().for_each(|part| assert!(!text.contains(part), "{toml}{lines}: {part}: {}", said.short()));
    }
    // One that ended well, or in the open, is said nothing of.
    let place = Place::new();
    place.open(&["sh"]);
    place.put("p.pl", plan("", "exit 7"));
    let digest = place.digest("p.pl");
    let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(4);
    assert!(!said.out.contains("its cell"), "{}", said.short());
}

#[test]
fn what_somebody_else_changed_meanwhile_is_not_overwritten() {
    let place = Place::new();
    place.put("a.txt", "a\n").put("planc.toml", "[programs]\nscratch = [\"meet\"]\n");
    fs::create_dir(place.ws().join("meet")).unwrap();
    let script = "echo ours >> a.txt; touch meet/changed; while ! test -e meet/go; do sleep 0.02; done";
    place.put("p.pl", plan("modify \"a.txt\"", script));
    let mut run = place.command(&["run", "--approve", "p.pl"]).spawn().unwrap();
    crate::place::until("the program has changed its copy", || place.has("meet/changed"));
    assert_eq!(place.get("a.txt"), "a\n", "nothing arrives before the program has ended");
    place.put("a.txt", "theirs\n").put("meet/go", "");
    assert_eq!(run.wait().unwrap().code(), Some(4));
    assert_eq!(place.get("a.txt"), "theirs\n");
}

#[test]
fn a_huge_change_is_refused_whole() {
    let place = Place::new();
    place.put("p.pl", plan("create \"**\"", "head -c 70000000 /dev/zero > big"));
    place.planc(&["run", "--approve", "p.pl"]).exits(4).says("more than 67108864 bytes");
    assert!(!place.has("big"));
}

#[test]
fn pipes_and_sockets_that_a_program_leaves_are_told_and_dropped() {
    let place = Place::new();
    place.put(
        "p.pl",
        plan("create \"**\"", "mkfifo pipe; echo x > out").replace("\n}\n", "\n output said = s.stderr\n}\n"),
    );
    place.planc(&["--format", "json", "run", "--approve", "p.pl"]).exits(0).says("not kept: pipe");
    assert!(!place.has("pipe") && place.has("out"));
    // The report of the step says it, too.
    place.put("p.pl", plan("create \"**\"", "mkfifo pipe; true"));
    place.planc(&["run", "--approve", "p.pl"]).exits(0).says("pipes, sockets and devices are not kept: pipe");
    assert!(!place.has("pipe"));
}

/// Nobody opens it, and nobody waits for who would write into it.
#[test]
fn what_a_pipe_takes_the_place_of_stays_as_it_was() {
    for (script, argv, told) in [
        ("rm x.sh; mkfifo x.sh", "", "x.sh"),
        ("rm a; mkfifo a", "", "a"),
        ("rm -r d; mkdir d; mkfifo d/a", "", "d/a"),
        ("rm -r d; mkfifo d", ", \"d/a\"", "d"),
        ("rm -r d; mkdir d; mkfifo d/a", ", \"d/a\"", "d/a"),
        ("rm d/none; mkfifo d/none", ", \"d/none\"", "d/none"),
        ("rm a; python3 -c 'import os; os.mknod(\"a\", 0o140600)' || mkfifo a", "", "a"),
    ] {
        for lines in ["", "create \"**\"\n modify \"**\"\n delete \"**\""] {
            for toml in ["", "[programs]\ndry_run = \"sealed\"\n"] {
                let place = Place::new();
                place.put("planc.toml", toml).put("x.sh", format!("{script} 2>/dev/null; true\n"));
                place.put("a", "old\n").put("d/a", "old\n");
                place.put(
                    "p.pl",
                    format!(
                        "plan \"x\" {{\n critical {{\n {lines}\n run \"sh\"\n }}\n step s = process.run(argv: [\"sh\", \
                         \"x.sh\"{argv}])\n output said = s.stderr\n}}\n"
                    ),
                );
                let before = picture(&place.ws());
                let said = place.planc(&["--format", "json", "run", "--approve", "p.pl"]).exits(0);
                let said = said.says(&format!("pipes, sockets and devices are not kept: {told}"));
                said.says(&format!("\"dropped\":[{told:?}]"));
                assert_eq!(picture(&place.ws()), before, "{script}");
            }
        }
    }
}

#[test]
fn a_new_repository_needs_lines_for_what_git_executes() {
    let place = Place::new();
    place.put("p.pl", "plan \"x\" {\n critical {\n create \"repo/**\"\n run \"git\"\n }\n step g = process.run(argv: [\"git\", \"init\", \"--quiet\", \"repo\"])\n}\n");
    let said = place.planc(&["run", "--approve", "p.pl"]);
    // A repository has hooks and a configuration, which no line with a wildcard allows.
    said.exits(6).says("repo/.git/config").says("repo/.git/hooks/");
    let text = place.get("p.pl").replace(
        "create \"repo/**\"",
        "create \"repo/**\"\n create \"repo/.git/config\"\n create \"repo/.git/hooks/**\"",
    );
    place.put("p.pl", text);
    place.planc(&["run", "--approve", "p.pl"]).exits(3);
    place.run("p.pl").exits(0);
    assert!(place.has("repo/.git/HEAD"));
}

#[test]
fn an_operator_who_says_so_runs_a_program_in_the_open() {
    let place = Place::new();
    place.put("planc.toml", "[programs]\nopen = [\"sh -c\"]\n");
    place.put("p.pl", plan("create \"out\"", "echo x > elsewhere"));
    place.planc(&["plan", "p.pl"]).exits(0).says("! not confined").says("cannot be undone");
    place.planc(&["run", "--approve", "p.pl"]).exits(3);
    place.run("p.pl").exits(0);
    assert!(place.has("elsewhere"));
}

#[test]
fn an_approval_is_void_when_the_sandbox_is_another() {
    let place = Place::new();
    place.put("planc.toml", "[programs]\n").put("p.pl", plan("create \"out\"", "echo x > out"));
    let digest = place.digest("p.pl");
    place.yes(&digest);
    let run = place.last_run();
    place.put("planc.toml", "[programs]\nopen = [\"sh\"]\n");
    place.planc(&["run", &run]).exits(5);
    assert!(!place.has("out"));
}

#[test]
fn where_nothing_can_be_confined_policy_decides() {
    if !crate::place::can_mount() {
        return crate::place::skipped("where_nothing_can_be_confined", "there is no other user namespace");
    }
    // In this namespace no further one can be made.
    let without = |place: &Place, args: &[&str]| {
        let inner = place.command(args);
        let mut words: Vec<String> = vec![inner.get_program().to_string_lossy().into()];
        words.extend(inner.get_args().map(|arg| arg.to_string_lossy().into_owned()));
        let mut command = std::process::Command::new("unshare");
        command.args(["-r", "sh", "-c", "echo 0 > /proc/sys/user/max_user_namespaces; exec \"$@\"", "sh"]).args(words);
        command.current_dir(place.ws()).env_clear();
        command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        crate::place::said(command)
    };
    let place = Place::new();
    place.put("p.pl", plan("create \"out\"", "echo x > out"));
    let said = without(&place, &["plan", "p.pl"]);
    said.exits(6).says("programs cannot be confined here");
    place.put("planc.toml", "[programs]\nunconfined = \"ask\"\n");
    without(&place, &["plan", "p.pl"]).exits(0).says("! not confined, for this machine cannot");
    without(&place, &["run", "--approve", "p.pl"]).exits(3);
    place.put("planc.toml", "[programs]\nunconfined = \"allow\"\n");
    without(&place, &["plan", "p.pl"]).exits(0).says("! not confined").says("cannot be undone");
    assert!(!place.has("out"));
}
