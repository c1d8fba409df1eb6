//! The command line from outside: exit codes, help, configuration errors, JSON shapes, and what must never break.

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// A workspace with a home of its own.
struct World {
    folder: TempDir,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "state", "ws", "tmp"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("ws/planc.toml"), "").unwrap();
        World { folder }
    }

    /// Where no operator has said anything.
    fn unsaid() -> World {
        let world = World::new();
        std::fs::remove_file(world.workspace().join("planc.toml")).unwrap();
        world
    }

    fn workspace(&self) -> std::path::PathBuf {
        self.folder.path().join("ws")
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.workspace().join(name), text).unwrap();
    }

    /// planc without a controlling terminal.
    fn planc(&self, args: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_planc")).args(args).current_dir(self.workspace());
        command.env("HOME", self.folder.path().join("home")).env("XDG_STATE_HOME", self.folder.path().join("state"));
        command.env("TMPDIR", self.folder.path().join("tmp")).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command
    }

    /// Runs a command line; gives standard output, standard error, and the exit code.
    fn run(&self, args: &[&str]) -> (String, String, i32) {
        self.run_with(args, "")
    }

    fn run_with(&self, args: &[&str], stdin: &str) -> (String, String, i32) {
        let output = self.planc(args).write_stdin(stdin).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code().unwrap())
    }

    /// The report of a run: what stands on the last line.
    fn report(&self, args: &[&str]) -> (Value, i32) {
        let (out, err, code) = self.run(args);
        let last = out.lines().last().unwrap_or_else(|| panic!("nothing was printed: {err}"));
        let line: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {last}"));
        (line["report"].clone(), code)
    }

    fn json(&self, args: &[&str]) -> (Value, i32) {
        let (out, err, code) = self.run(args);
        (serde_json::from_str(&out).unwrap_or_else(|_| panic!("no JSON: {out}\n{err}")), code)
    }
}

const GOOD: &str = "plan \"Good\" {\n  critical {\n    create \"a.txt\"\n  }\n  step a = fs.write(path: \"a.txt\", text: \"a\\n\")\n}\n";
const BAD: &str = "plan \"Bad\" {\n  step a = fs.wirte(path: \"a.txt\")\n}\n";
const PROGRAM: &str =
    "plan \"Program\" {\n  critical {\n    run \"true\"\n  }\n  step a = process.run(argv: [\"true\"])\n}\n";

#[test]
fn help_names_every_exit_code_and_every_command() {
    let (out, _, code) = World::new().run(&["--help"]);
    assert_eq!(code, 0);
    for (exit, _, meaning) in planc::cli::exit::Exit::ALL {
        assert!(out.contains(&format!("{}  {meaning}", exit as u8)), "{meaning}");
    }
    for command in ["check", "fmt", "explain", "graph", "compile", "tools", "plan", "run", "approve", "abort"] {
        assert!(out.contains(&format!("\n  {command} ")), "{command}");
    }
    for command in ["man", "help"] {
        assert!(out.contains(&format!("\n  {command} ")), "{command}");
    }
}

#[test]
fn help_is_a_command_too() {
    let world = World::new();
    let same = |help: &[&str], flag: &[&str]| {
        let (help, flag) = (world.run(help), world.run(flag));
        assert_eq!((&help.0, help.2), (&flag.0, 0), "{}", help.1);
    };
    same(&["help"], &["--help"]);
    same(&["help", "plan"], &["plan", "--help"]);
    same(&["help", "tools", "import"], &["tools", "import", "--help"]);
    let (_, err, code) = world.run(&["help", "plann"]);
    assert!(code == 2 && err.contains("did you mean `plan`?"), "{err}");
}

#[test]
fn an_explicit_colour_wins_over_the_environment() {
    let world = World::new();
    world.write("bad.pl", BAD);
    for (colour, expected) in [("always", true), ("auto", false), ("never", false)] {
        let output = world.planc(&["check", "bad.pl", "--color", colour]).env("NO_COLOR", "1").output().unwrap();
        assert_eq!(output.stdout.contains(&0x1b), expected, "{colour}");
    }
}

#[test]
fn a_whole_number_that_is_too_large_is_told_as_it_was_given() {
    let world = World::new();
    world.write("n.pl", "plan \"N\" {\n  input n: int\n  step a = fs.read(path: \"a${n}\")\n}\n");
    for number in ["99999999999999999999", "-99999999999999999999"] {
        let (_, err, code) = world.run(&["plan", "n.pl", "--input", &format!("n={number}")]);
        assert!(code == 2 && err.contains(&format!("{number} lies outside")), "{err}");
    }
}

#[test]
fn a_run_that_nobody_can_approve_is_not_said_to_wait_for_a_yes() {
    let world = World::new();
    world.write("gone.pl", "plan \"Gone\" {\n  step a = fs.read(path: \"missing\")\n}\n");
    assert_eq!(world.run(&["run", "gone.pl"]).2, 1);
    let run = world.json(&["runs", "--format", "json"]).0["runs"][0]["run"].as_str().unwrap().to_owned();
    let (_, err, code) = world.run(&["resume", &run]);
    assert!(code == 1 && err.contains("nobody can approve it") && !err.contains("planc approve"), "{code} {err}");
}

#[test]
fn a_run_that_did_nothing_is_not_said_to_be_taken_back() {
    let world = World::new();
    let step = "step a = process.run(argv: [\"sh\", \"-c\", \"exit 1\"])";
    let first = "step f = fs.write(path: \"f.txt\", text: \"f\")\n  step r = fs.read(path: \"f.txt\")";
    let plan = |first: &str| {
        format!(
            "plan \"P\" {{\n  critical {{\n    run \"sh\"\n    create \"f.txt\"\n  }}\n  {first}\n  {step} {{ after {} }}\n}}\n",
            if first.contains("step f") { "r" } else { "b" }
        )
    };
    for (first, expected) in [("step b = fs.list()", false), (first, true)] {
        world.write("p.pl", plan(first));
        let (out, err, code) = world.run(&["run", "--approve", "p.pl"]);
        assert_eq!((out.contains("takes back what it has done"), code), (expected, 4), "{out}{err}");
    }
}

#[test]
fn without_a_command_there_is_a_start_page() {
    let (out, _, code) = World::new().run(&[]);
    assert_eq!(code, 0);
    assert!(out.contains("planc demo") && out.lines().count() < 12, "{out}");
}

#[test]
fn completions_and_manual_follow_from_the_definition() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish"] {
        let (out, _, code) = world.run(&["completions", shell]);
        assert!(code == 0 && out.contains("planc"), "{shell}");
    }
    let (out, _, code) = world.run(&["man"]);
    assert!(code == 0 && out.contains(".TH planc "), "{out}");
    let (out, _, code) = world.run(&["man", "plan"]);
    assert!(code == 0 && out.contains(".TH planc-plan ") && out.contains("\\-\\-full"), "{out}");
    let (_, err, code) = world.run(&["man", "plann"]);
    assert!(code == 2 && err.contains("did you mean `plan`?"), "{err}");
    let pages = tempfile::tempdir().unwrap();
    assert_eq!(world.run(&["man", "--dir", pages.path().to_str().unwrap()]).2, 0);
    assert!(pages.path().join("planc.1").is_file() && pages.path().join("planc-run.1").is_file());
    // A folder that is missing is made, and a file is none.
    assert_eq!(world.run(&["man", "--dir", pages.path().join("missing").to_str().unwrap()]).2, 0);
    assert!(pages.path().join("missing/planc.1").is_file());
    let (_, err, code) = world.run(&["man", "--dir", pages.path().join("planc.1").to_str().unwrap()]);
    assert!(code == 2 && err.contains("cannot write `"), "{err}");
}

#[test]
fn check_tells_the_mistakes_of_all_files() {
    let world = World::new();
    world.write("good.pl", GOOD);
    world.write("bad.pl", BAD);
    world.write("worse.pl", BAD);
    world.write("binary.pl", [0xff, 0xfe, 0x00]);
    world.write("empty.pl", "");
    let (out, err, code) = world.run(&["check", "good.pl", "bad.pl", "worse.pl", "binary.pl", "empty.pl"]);
    assert_eq!(code, 1, "{out}{err}");
    for code in ["P0202", "P0002", "P0001"] {
        assert!(out.contains(code), "{code}\n{out}");
    }
    assert!(out.contains("worse.pl") && err.contains("4 errors in 5 files"), "{out}{err}");
}

#[test]
fn a_missing_file_hides_no_mistake() {
    let world = World::new();
    world.write("bad.pl", BAD);
    let (out, err, code) = world.run(&["check", "nowhere.pl", "bad.pl"]);
    assert_eq!(code, 2);
    assert!(err.contains("cannot read `nowhere.pl`") && out.contains("P0202"));
    assert!(err.contains("in 1 file; 1 could not be read"), "{err}");
    let (_, err, code) = world.run(&["check", "nowhere.pl"]);
    assert!(code == 2 && err.ends_with("nothing was checked; 1 could not be read\n"), "{err}");
}

#[test]
fn check_finds_plans_reads_standard_input_and_bounds_what_it_reads() {
    let world = World::new();
    let (_, err, code) = world.run(&["check"]);
    assert!(code == 2 && err.contains("planc demo"), "{err}");
    world.write("good.pl", GOOD);
    assert_eq!(world.run(&["check"]).2, 0);
    assert_eq!(world.run(&["check", "."]).2, 0);
    assert_eq!(world.run_with(&["check", "-"], GOOD).2, 0);
    let (out, _, code) = world.run_with(&["check", "-"], BAD);
    assert!(code == 1 && out.contains("<stdin>:2:"), "{out}");
    std::fs::File::create(world.workspace().join("big.pl")).unwrap().set_len(50 << 20).unwrap();
    let (out, _, code) = world.run(&["check", "big.pl"]);
    assert!(code == 1 && out.contains("P0003"), "{out}");
}

#[test]
fn check_gives_json() {
    let world = World::new();
    world.write("bad.pl", BAD);
    let (json, code) = world.json(&["check", "bad.pl", "--format", "json"]);
    assert_eq!(code, 1);
    assert_eq!(json["files"][0]["file"], "bad.pl");
    assert_eq!(json["diagnostics"][0]["code"], "P0202");
    assert_eq!(json["errors"], 1);
}

#[test]
fn errors_are_json_where_json_is_wanted() {
    let world = World::new();
    for args in [
        &["show", "abc", "--format", "json"][..],
        &["--format=json", "frobnicate"],
        &["plan", "no.pl", "--format", "json"],
    ] {
        let (json, code) = world.json(args);
        assert_eq!(code, 2, "{args:?}");
        assert_eq!(json["error"]["kind"], "usage");
        assert!(json["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
}

#[test]
fn a_wrong_configuration_is_shown_where_it_stands() {
    let world = World::new();
    world.write("planc.toml", "[workspace]\nraed = []\n");
    world.write("good.pl", GOOD);
    let (_, err, code) = world.run(&["check", "good.pl"]);
    assert_eq!(code, 2);
    assert!(err.contains("planc.toml:2:1") && err.contains("did you mean `read`?"), "{err}");
    let (_, err, code) = world.run(&["--format", "markdown", "runs"]);
    assert!(code == 2 && !err.is_empty());
}

#[test]
fn state_is_private_and_never_in_the_workspace() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.write("good.pl", GOOD);
    let (_, err, code) = world.run(&["--state-dir", "inside", "plan", "good.pl"]);
    assert!(code == 2 && err.contains("lies in the workspace"), "{err}");
    let open = world.folder.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let (_, err, code) = world.run(&["--state-dir", open.to_str().unwrap(), "plan", "good.pl"]);
    assert!(code == 2 && err.contains("open to others"), "{err}");
    let fresh = world.folder.path().join("fresh");
    assert_eq!(world.run(&["--state-dir", fresh.to_str().unwrap(), "plan", "good.pl"]).2, 0);
    assert_eq!(fresh.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_home_that_is_the_workspace_can_still_be_checked() {
    let world = World::unsaid();
    world.write("good.pl", GOOD);
    let home = world.workspace();
    let run = |args: &[&str]| world.planc(args).env("HOME", &home).env_remove("XDG_STATE_HOME").output().unwrap();
    assert_eq!(run(&["check", "good.pl"]).status.code(), Some(0));
    let plan = run(&["plan", "good.pl"]);
    assert_eq!(plan.status.code(), Some(2), "no plan has business there");
    assert!(String::from_utf8_lossy(&plan.stderr).contains("cannot be a workspace"));
    assert_eq!(run(&["teach"]).status.code(), Some(0));
    assert_eq!(run(&["init"]).status.code(), Some(2));
    assert_eq!(run(&["runs"]).status.code(), Some(0));
}

#[test]
fn names_are_relative_to_the_chosen_directory() {
    let world = World::unsaid();
    std::fs::create_dir(world.workspace().join("inner")).unwrap();
    world.write("inner/good.pl", GOOD);
    assert_eq!(world.run(&["-C", "inner", "check", "good.pl"]).2, 0);
    let (_, err, code) = world.run(&["-C", "inner", "--state-dir", "../kept", "plan", "good.pl"]);
    assert!(code == 0 && world.workspace().join("kept").is_dir(), "{err}");
    assert_eq!(world.run(&["-C", "nowhere", "check"]).2, 2);
}

#[test]
fn looking_leaves_no_trace() {
    let world = World::new();
    let (out, _, code) = world.run(&["runs"]);
    assert!(code == 0 && out.contains("no runs yet") && out.contains("planc plan FILE"));
    assert_eq!(std::fs::read_dir(world.folder.path().join("state")).unwrap().count(), 0);
}

#[test]
fn colours_obey() {
    let world = World::new();
    let has = |command: &mut Command| command.output().unwrap().stdout.contains(&0x1b);
    assert!(!has(&mut world.planc(&["explain"])));
    assert!(has(&mut world.planc(&["explain", "--color", "always"])));
    assert!(has(world.planc(&["explain"]).env("CLICOLOR_FORCE", "1")));
    assert!(!has(world.planc(&["explain", "--color", "never"]).env("CLICOLOR_FORCE", "1")));
    assert!(!has(world.planc(&["explain"]).env("NO_COLOR", "1")));
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let world = World::new();
    let line = format!("{} explain | head -n 1; exit ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_planc"));
    let output = Command::new("bash").args(["-c", &line]).current_dir(world.workspace()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[test]
fn init_writes_nothing_where_a_configuration_is() {
    let world = World::new();
    world.write("hello.pl", "mine");
    assert_eq!(world.run(&["init"]).2, 0);
    assert_eq!(std::fs::read_to_string(world.workspace().join("hello.pl")).unwrap(), "mine");
    std::fs::remove_file(world.workspace().join("hello.pl")).unwrap();
    let (out, _, code) = world.run(&["init"]);
    assert!(code == 0 && out.contains("kept planc.toml") && out.contains("nothing was written"), "{out}");
    assert!(!world.workspace().join("hello.pl").exists());
}

#[test]
fn what_planc_can_undo_runs_unattended_and_is_taken_back() {
    let world = World::new();
    world.write("good.pl", GOOD);
    let (_, err, code) = world.run(&["run", "good.pl"]);
    assert!(code == 3 && err.contains("planc approve"), "{err}");
    assert!(!world.workspace().join("a.txt").exists());
    let (run, code) = world.report(&["run", "--approve", "good.pl", "--format", "json"]);
    assert_eq!((code, run["end"].as_str()), (0, Some("done")), "{run}");
    assert_eq!(run["approval"]["channel"], "unattended");
    assert!(world.workspace().join("a.txt").exists());
    let id = run["run"].as_str().unwrap();
    assert_eq!(world.json(&["diff", id, "--format", "json"]).0["differences"], serde_json::json!([]));
    assert_eq!(world.json(&["runs", "--format", "json"]).0["runs"][0]["status"], "done");
    assert_eq!(world.run(&["undo", id]).2, 0);
    assert!(!world.workspace().join("a.txt").exists());
    assert_eq!(world.json(&["show", id, "--format", "json"]).0["result"]["undone"], true);
}

#[test]
fn a_program_needs_its_digest_or_a_person() {
    let world = World::new();
    world.write("planc.toml", "[programs]\nopen = [\"sh\", \"true\", \"echo\"]\n");
    world.write("program.pl", PROGRAM);
    let (_, err, code) = world.run(&["run", "--approve", "program.pl"]);
    assert!(code == 3 && err.contains("`a`"), "{err}");
    let (_, _, code) = world.run(&["run", "--approve=sha256:12", "program.pl"]);
    assert_eq!(code, 2);
    let other = format!("--approve=sha256:{}", "0".repeat(64));
    assert_eq!(world.run(&["run", &other, "program.pl"]).2, 5);
    let (plan, _) = world.json(&["plan", "program.pl", "--format", "json"]);
    let named = format!("--approve={}", plan["digest"].as_str().unwrap());
    let (run, code) = world.report(&["run", &named, "program.pl", "--format", "json"]);
    assert_eq!((code, run["approval"]["channel"].as_str()), (0, Some("argument")), "{run}");
}

#[test]
fn the_operator_can_demand_a_terminal() {
    let world = World::new();
    world.write("good.pl", GOOD);
    world.write("planc.toml", "[approval]\nrequire = \"terminal\"\n");
    assert_eq!(world.run(&["run", "--approve", "good.pl"]).2, 3);
    let (plan, _) = world.json(&["plan", "good.pl", "--format", "json"]);
    let named = format!("--approve={}", plan["digest"].as_str().unwrap());
    assert_eq!(world.run(&["run", &named, "good.pl"]).2, 3);
    assert_eq!(world.run(&["approve", plan["digest"].as_str().unwrap()]).2, 3);
    assert!(!world.workspace().join("a.txt").exists());
}

#[test]
fn a_changed_world_makes_what_was_reviewed_stale() {
    let world = World::new();
    world.write("b.txt", "one\n");
    let plan = GOOD.replace("create \"a.txt\"", "create \"a.txt\"\n    read \"b.txt\"");
    world.write(
        "plan.pl",
        plan.replace("text: \"a\\n\"", "text: b.text")
            .replace("  step a", "  step b = fs.read(path: \"b.txt\")\n  step a"),
    );
    let (report, code) = world.json(&["plan", "plan.pl", "--format", "json"]);
    assert_eq!(code, 0, "{report}");
    world.write("b.txt", "two\n");
    let named = format!("--approve={}", report["digest"].as_str().unwrap());
    let (_, err, code) = world.run(&["run", &named, "plan.pl"]);
    assert!(code == 5 && err.contains("b.txt: approved with"), "{err}");
}

#[test]
fn what_is_so_already_is_shown_in_one_line() {
    let world = World::new();
    let text = "same\n".repeat(200);
    world.write("same.txt", &text);
    world.write("keep.pl", format!("plan \"k\" {{\n  critical {{\n    modify \"same.txt\"\n  }}\n  step k = fs.write(path: \"same.txt\", text: {text:?})\n}}\n"));
    for format in ["text", "markdown", "html"] {
        let (out, _, _) = world.run(&["plan", "keep.pl", "--format", format]);
        assert!(out.contains("unchanged: ") && out.contains("1000 bytes"), "{out}");
        assert!(out.matches("same\\n").count() < 40, "{out}");
    }
    let (out, _, _) = world.run(&["plan", "keep.pl", "--full"]);
    assert!(out.matches("same").count() > 200, "{out}");
}

#[test]
fn a_check_that_fails_says_why_once() {
    let world = World::new();
    world.write("say.sh", "echo first >&2\necho second >&2\nexit 3\n");
    world.write("v.pl", "plan \"v\" {\n  critical {\n    run \"sh say.sh\"\n  }\n  step a = fs.list(path: \".\")\n  verify \"it is so\" {\n    step t = process.run(argv: [\"sh\", \"say.sh\"])\n    t.exit_code == 0\n  }\n}\n");
    let (report, _) = world.json(&["plan", "v.pl", "--format", "json"]);
    let (out, err, code) = world.run(&["run", &format!("--approve={}", report["digest"].as_str().unwrap()), "v.pl"]);
    assert_eq!(code, 4, "{out}{err}");
    for said in [out, err] {
        assert_eq!((said.matches("second").count(), said.matches("its cell had").count()), (1, 1), "{said}");
        assert!(!said.contains("\\n"), "{said}");
        assert!(said.contains("│ it is so\n"), "{said}");
        assert!(said.contains("step `t` failed"), "{said}");
    }
}

#[test]
fn a_git_that_fails_is_said_to_have_gone_by_no_settings() {
    let world = World::new();
    world.write("g.pl", "plan \"g\" {\n  critical {\n    run \"git\"\n  }\n  step g = process.run(argv: [\"git\", \"nothing-of-this-name\"])\n}\n");
    let said = |world: &World| {
        let (report, _) = world.json(&["plan", "g.pl", "--format", "json"]);
        let (out, err, code) =
            world.run(&["run", &format!("--approve={}", report["digest"].as_str().unwrap()), "g.pl"]);
        assert_eq!(code, 4, "{out}{err}");
        err.contains("`~/.gitconfig` was not there for it")
    };
    // Else its home is that of the account.
    world.write("planc.toml", "[programs]\npass_env = [\"HOME\"]\n");
    assert!(!said(&world), "there is none");
    std::fs::write(world.folder.path().join("home/.gitconfig"), "[user]\n  name = A\n").unwrap();
    assert!(said(&world));
    world.write("planc.toml", "[programs]\npass_env = [\"HOME\"]\nread = [\"~/.gitconfig\"]\n");
    assert!(!said(&world), "it was there");
}

#[test]
fn a_commit_without_an_author_is_told_before_the_yes() {
    let world = World::new();
    let told = |world: &World, words: &str| {
        world.write("g.pl", format!("plan \"g\" {{\n  critical {{\n    run \"git\"\n  }}\n  step g = process.run(argv: [\"git\", {words}])\n}}\n"));
        let (report, _) = world.json(&["plan", "g.pl", "--format", "json"]);
        let (card, ..) = world.run(&["plan", "g.pl"]);
        let is_told = card.contains("git finds");
        assert_eq!(report["steps"][0]["confined"]["no_author"].as_bool().unwrap_or_default(), is_told, "{card}");
        is_told
    };
    let commit = "\"commit\", \"-m\", \"x\"";
    world.write("planc.toml", "[programs]\npass_env = [\"HOME\"]\n");
    let home = world.folder.path().join("home/.gitconfig");
    std::fs::write(&home, "[user]\n  name = A\n").unwrap();
    assert!(told(&world, commit));
    assert!(!told(&world, "\"log\", \"--grep\", \"commit\""));
    assert!(!told(&world, &format!("\"-c\", \"user.name=A\", \"-c\", \"user.email=a@b\", {commit}")));
    assert!(!told(&world, &format!("{commit}], env: [{{ name: \"GIT_AUTHOR_NAME\", value: \"A\" }}")));
    world.write("planc.toml", "[programs]\npass_env = [\"HOME\"]\nread = [\"~/.gitconfig\"]\n");
    assert!(!told(&world, commit), "it sees that of the account");
    std::fs::write(&home, "[core]\n  pager = cat\n").unwrap();
    assert!(told(&world, commit), "which names nobody");
    std::fs::create_dir(world.workspace().join(".git")).unwrap();
    world.write(".git/config", "[user]\n  name = A\n");
    assert!(!told(&world, commit), "the repository names one");
}

#[test]
fn whoever_refuses_what_a_list_would_allow_as_a_glob_says_so() {
    let world = World::new();
    let meant = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().filter(|word| *word != "┊").collect();
        words.join(" ").contains("`*.md` stands for itself; as a glob it is a line of its own, `modify \"*.md\"`")
    };
    world.write("a.md", "a\n");
    let each = "  step found = fs.glob(pattern: \"*.md\")\n  each done = path in found.paths {\n    step e = fs.append(path: path, text: \"b\")\n    result e\n  }\n  output done = done\n";
    let plan = |steps: &str| {
        format!("plan \"p\" {{\n  critical {{\n    modify [\"*.js\", \"*.md\"]\n    run \"sh\"\n  }}\n{steps}}}\n")
    };
    world.write("each.pl", plan(each));
    let (out, err, code) = world.run(&["plan", "each.pl"]);
    assert!(code != 0 && meant(&out), "{out}{err}");
    world.write("run.pl", plan("  step r = process.run(argv: [\"sh\", \"-c\", \"echo b >> a.md\"])\n"));
    let (report, _) = world.json(&["plan", "run.pl", "--format", "json"]);
    let (out, err, code) = world.run(&["run", &format!("--approve={}", report["digest"].as_str().unwrap()), "run.pl"]);
    assert!(code != 0 && meant(&out) && meant(&err), "{out}{err}");
}

#[test]
fn a_program_without_words_is_told_before_the_yes() {
    let world = World::new();
    world.write("none.txt", "");
    world.write("p.pl", "plan \"p\" {\n  critical {\n    run \"git\"\n  }\n  step none = fs.read(path: \"none.txt\")\n  step a = process.run(argv: none.text.lines())\n}\n");
    let (out, err, code) = world.run(&["plan", "p.pl"]);
    assert!(code != 0 && out.contains("it would fail: could not run a program: `argv` is empty"), "{out}{err}");
}

#[test]
fn a_manual_page_says_what_options_take() {
    let (out, ..) = World::new().run(&["man", "plan"]);
    assert!(out.contains("\\fBplanc plan\\fR [OPTIONS] <FILE>") && out.contains("<NAME=VALUE>"), "{out}");
}

#[test]
fn one_mistake_is_one_error() {
    let world = World::new();
    world.write("e.pl", "plan \"e\" {\n  step a = fs.edit(path: \"planc.toml\", edits: [{ find: \"a\", replace: \"b\" }])\n  step b = fs.write(path: \"/etc/passwd\", text: \"\")\n}\n");
    let (out, err, code) = world.run(&["check", "e.pl"]);
    assert_eq!((code, err.as_str()), (1, "2 errors in 1 file\n"), "{out}{err}");
    assert!(out.contains("`fs.edit` reads and writes it") && !out.contains("P0401"), "{out}");
}

#[test]
fn words_that_name_nothing_are_told_with_what_was_meant() {
    let world = World::new();
    world.write("a.pl", GOOD);
    let says = |args: &[&str], part: &str| {
        let (out, err, code) = world.run(args);
        assert!(code != 0 && err.contains(part), "{args:?}: {out}{err}");
    };
    says(&["verify", "nofile.json"], "neither a file nor a run `nofile.json`");
    says(&["diff", "a.pl"], "`a.pl` is a file, and the plan that it is to be compared with is missing");
    says(&["mode", "plan"], "planc mode set plan --why");
    let digest = format!("sha256:{}", "0".repeat(64));
    says(&["run", "--approve", &digest, "a.pl"], "--approve=DIGEST");
    says(&["run", "--approve=sha256:0000", "a.pl"], "`planc show DIGEST` takes the beginning");
    says(&["plan", "a.pl", "--only", "nothing"], "`planc graph FILE` names its steps");
}

#[test]
fn policy_refuses_with_a_code_of_its_own() {
    let world = World::new();
    world.write("good.pl", GOOD);
    world.write("planc.toml", "[policy]\n\"fs.write\" = \"deny\"\n");
    let (out, err, code) = world.run(&["plan", "good.pl"]);
    assert_eq!(code, 6, "{out}{err}");
}

#[test]
fn a_warning_is_said_once() {
    let world = World::new();
    world.write("a.pl", GOOD.replacen("critical {", "critical {\n    delete \"never\"", 1));
    for command in [&["check", "a.pl"][..], &["plan", "a.pl"], &["run", "--approve", "a.pl"]] {
        let (out, err, code) = world.run(command);
        assert_eq!((code, (out + &err).matches("P0402").count()), (0, 1), "{command:?}: {err}");
    }
}

#[test]
fn a_rule_for_a_tool_that_does_not_exist_is_not_silent() {
    let world = World::new();
    world.write("a.pl", GOOD);
    world.write("planc.toml", "[policy]\n\"process.rum\" = \"deny\"\n");
    for command in [["check", "a.pl"], ["plan", "a.pl"], ["run", "a.pl"]] {
        let (_, err, code) = world.run(&command);
        assert!(code == 2 && err.contains("`process.rum` is no tool"), "{code} {err}");
        assert!(err.contains("did you mean `process.run`?"), "{err}");
    }
    world.write("planc.toml", "[policy]\n\"shell.*\" = \"deny\"\n\"fs.*\" = \"auto\"\n");
    let (_, err, code) = world.run(&["check", "a.pl"]);
    assert!(code == 0 && err.contains("warning: `shell.*` in `[policy]` matches no tool"), "{code} {err}");
    assert!(!err.contains("`fs.*`"), "{err}");
}

#[test]
fn an_aborted_plan_has_changed_nothing() {
    let world = World::new();
    world.write("good.pl", GOOD);
    world.run(&["plan", "good.pl"]);
    let (runs, _) = world.json(&["runs", "--format", "json"]);
    let id = runs["runs"][0]["run"].as_str().unwrap();
    let (out, _, code) = world.run(&["abort", id]);
    assert!(code == 0 && out.contains("nothing has changed"));
    assert_eq!(world.json(&["runs", "--format", "json"]).0["runs"][0]["status"], "aborted");
}

#[test]
fn inputs_are_typed() {
    let world = World::new();
    let plan = "plan \"In\" {\n  input name: string\n  input n: int = 1\n  critical {\n    create \"a.txt\"\n  }\n  step a = fs.write(path: \"a.txt\", text: \"${name} ${n}\")\n}\n";
    world.write("in.pl", plan);
    assert_eq!(world.run(&["plan", "in.pl"]).2, 2, "an input is missing");
    assert_eq!(world.run(&["plan", "in.pl", "--input", "name=x", "--input", "n=two"]).2, 2);
    assert_eq!(world.run(&["plan", "in.pl", "--input", "other=x"]).2, 2);
    let (report, code) = world.json(&["plan", "in.pl", "--input", "name=3", "--input", "n=2", "--format", "json"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["inputs"][0]["value"], "3");
    assert_eq!(report["inputs"][1]["value"], 2);
}

#[test]
fn the_demo_works_without_a_terminal_and_leaves_the_folder_clean() {
    let world = World::unsaid();
    let (out, err, code) = world.run(&["demo"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("$ planc run --approve") && out.contains("[DONE]"));
    assert_eq!(std::fs::read_dir(world.workspace()).unwrap().count(), 0);
    assert!(Path::new(&world.folder.path().join("tmp")).read_dir().unwrap().count() == 1);
    // The folder is named where a person goes there.
    assert!(err.lines().any(|line| line.trim_start().starts_with("cd /") && line.ends_with("/workspace")), "{err}");
    assert!(world.run(&["demo", "--list"]).0.contains("hello"));
}

#[test]
fn graph_compile_tools_and_explain_answer() {
    let world = World::new();
    world.write("good.pl", GOOD);
    for form in ["text", "dot", "mermaid", "json"] {
        let (out, _, code) = world.run(&["graph", "good.pl", "--as", form]);
        assert!(code == 0 && out.contains("fs.write"), "{form}");
    }
    let (form, _) = world.json(&["compile", "good.pl"]);
    assert!(form.is_object());
    let (tools, _) = world.json(&["tools", "fs", "--format", "json"]);
    assert!(tools.as_array().unwrap().iter().all(|tool| tool["name"].as_str().unwrap().starts_with("fs.")));
    assert!(world.run(&["tools", "fs.wirte"]).1.contains("did you mean `fs.write`?"));
    assert!(world.run(&["explain", "P0202"]).0.contains("an unknown tool"));
    assert_eq!(world.run(&["explain", "P9999"]).2, 2);
}

#[test]
fn fmt_rewrites_checks_and_leaves_mistakes_alone() {
    let world = World::unsaid();
    let crooked = GOOD.replace("  critical", "      critical").replace("path: \"a.txt\", ", "path:\"a.txt\",   ");
    world.write("crooked.pl", &crooked);
    world.write("broken.pl", "plan \"x\" {\n");
    let (out, _, code) = world.run(&["fmt", "--check", "crooked.pl"]);
    assert_eq!((code, out.as_str()), (1, "crooked.pl\n"));
    let (out, _, code) = world.run_with(&["fmt", "-"], &crooked);
    assert_eq!(code, 0);
    assert_eq!(world.run(&["fmt", "broken.pl", "crooked.pl"]).2, 1, "one file has mistakes");
    assert_eq!(std::fs::read_to_string(world.workspace().join("crooked.pl")).unwrap(), out);
    assert_eq!(std::fs::read_to_string(world.workspace().join("broken.pl")).unwrap(), "plan \"x\" {\n");
    assert_eq!(world.run(&["fmt", "--check", "crooked.pl"]).2, 0);
    assert_eq!(world.run(&["fmt", "nowhere.pl"]).2, 2);
    assert_eq!(std::fs::read_dir(world.workspace()).unwrap().count(), 2, "nothing is left beside");
}

/// A plan in the state of its run, with the run's name.
fn started(world: &World, plan: &str) -> String {
    world.write("doubt.pl", plan);
    let (plan, _) = world.json(&["plan", "doubt.pl", "--format", "json"]);
    let named = format!("--approve={}", plan["digest"].as_str().unwrap());
    world.planc(&["run", &named, "doubt.pl"]).output().unwrap();
    world.json(&["runs", "--format", "json"]).0["runs"][0]["run"].as_str().unwrap().to_owned()
}

/// A program that ends its planc where it is called first, and succeeds later.
fn deadly(world: &World) -> String {
    let flag = world.workspace().join("../called");
    format!("process.run(argv: [\"sh\", \"-c\", \"test -e {0} || {{ touch {0}; kill -9 $PPID; }}\"])", flag.display())
}

#[test]
fn an_undo_call_in_doubt_is_resolved_and_taking_back_goes_on() {
    for answer in ["redo", "fail"] {
        let world = World::new();
        world.write("planc.toml", "[programs]\nopen = [\"sh\", \"true\", \"echo\"]\n");
        let undo = deadly(&world);
        let run = started(
            &world,
            &format!(
                r#"plan "Doubt" {{
  critical {{
    create "a.txt"
    run "sh"
  }}
  step a = fs.write(path: "a.txt", text: "a")
  step on = process.run(argv: ["sh", "-c", "true"]) {{
    undo {undo}
  }}
}}
"#
            ),
        );
        world.planc(&["undo", &run]).output().unwrap();
        let (out, err, code) = world.run(&["resume", &run]);
        assert!(code == 7 && err.contains("its undo call was cut off"), "{out}{err}");
        let (out, _, code) = world.run(&["undo", &run]);
        assert!(code == 7 && out.contains(&format!("planc resume {run} --resolve on=ANSWER")), "{out}");
        assert!(out.contains("? on\n      it is not known whether its undo call took effect"), "{out}");
        let (out, err, code) = world.run(&["resume", &run, "--resolve", &format!("on={answer}")]);
        assert!(code == 0 && out.contains("[UNDONE]"), "{out}{err}");
        assert_eq!(out.contains("a person said not to make it again"), answer == "fail", "{out}");
        assert!(!world.workspace().join("a.txt").exists());
        let (_, err, code) = world.run(&["resume", &run]);
        assert!(code == 2 && err.contains("it was taken back"), "{err}");
    }
}

#[test]
fn a_step_in_doubt_is_not_made_again_once_taking_back_has_begun() {
    let world = World::new();
    world.write("planc.toml", "[programs]\nopen = [\"sh\", \"true\", \"echo\"]\n");
    let call = deadly(&world);
    let run = started(
        &world,
        &format!(
            r#"plan "Doubt" {{
  critical {{
    create "a.txt"
    run "sh"
  }}
  step a = fs.write(path: "a.txt", text: "a")
  step on = {call}
}}
"#
        ),
    );
    let (out, err, code) = world.run(&["undo", &run]);
    assert!(code == 7 && out.contains("? on\n"), "{out}{err}");
    assert!(out.contains("it is not known whether it took effect"), "{out}");
    assert!(out.contains(&format!("planc resume {run} --resolve on=fail")), "{out}");
    let events = || world.json(&["show", &run, "--format", "json"]).0["events"].as_array().unwrap().len();
    let before = events();
    let (_, err, code) = world.run(&["resume", &run, "--resolve", "on=redo"]);
    assert!(code == 2 && err.contains("taking back run") && err.contains("on=fail"), "{err}");
    assert_eq!(events(), before, "the answer is not kept");
    let (out, err, code) = world.run(&["resume", &run, "--resolve", "on=fail"]);
    assert!(code == 0 && out.contains("[UNDONE]"), "{out}{err}");
}

#[test]
fn of_a_plan_that_waits_there_is_nothing_to_take_back() {
    let world = World::new();
    world.write("good.pl", GOOD);
    assert_eq!(world.run(&["plan", "good.pl"]).2, 0);
    let run = world.json(&["runs", "--format", "json"]).0["runs"][0]["run"].as_str().unwrap().to_owned();
    let (out, err, code) = world.run(&["undo", &run]);
    assert!(code == 2 && out.is_empty() && err.contains("nothing to take back"), "{out}{err}");
    assert!(err.contains(&format!("`planc abort {run}` withdraws it")), "{err}");
    assert_eq!(world.run(&["abort", &run]).2, 0);
    let (_, err, code) = world.run(&["undo", &run]);
    assert!(code == 2 && !err.contains("withdraws"), "{err}");
}

#[test]
fn a_run_whose_process_is_gone_says_so() {
    let world = World::new();
    world.write("planc.toml", "[programs]\nopen = [\"sh\", \"true\", \"echo\"]\n");
    let call = deadly(&world);
    let plan = format!("plan \"Gone\" {{\n  critical {{ run \"sh\" }}\n  step slow = {call}\n}}\n");
    let run = started(&world, &plan);
    let (out, _, _) = world.run(&["show", &run]);
    assert!(out.contains("▸ slow") && out.contains("not finished: the process is gone"), "{out}");
    assert!(out.contains(&format!("planc resume {run} ")) && out.contains(&format!("planc undo {run} ")), "{out}");
    let (shown, _) = world.json(&["show", &run, "--format", "json"]);
    assert_eq!(shown["result"]["gone"], true);
    // Somebody is at work on it.
    fn holds(folder: &Path) -> Option<std::path::PathBuf> {
        let found = folder.join("lock").is_file().then(|| folder.to_owned());
        let below = || std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| holds(&entry.path()));
        found.or_else(below)
    }
    let state = holds(&world.folder.path().join("state")).unwrap();
    let _lock = planc::journal::RunLock::take(&state, &run).unwrap();
    let (out, _, _) = world.run(&["show", &run]);
    assert!(!out.contains("the process is gone"), "{out}");
}

#[test]
fn a_report_after_taking_back_shows_what_is_left_and_nothing_that_is_gone() {
    let world = World::new();
    world.write("planc.toml", "[programs]\nopen = [\"sh\", \"true\", \"echo\"]\n");
    let run = started(
        &world,
        r#"plan "Left" {
  critical {
    create "*.txt"
    run "true"
  }
  step a = fs.write(path: "a.txt", text: "a")
  step b = fs.write(path: "b.txt", text: "b")
  step look = fs.read(path: "doubt.pl")
  step program = process.run(argv: ["true"])
  verify "it is there" { fs.stat(path: "a.txt").kind == "file" }
  output size = a.bytes
}
"#,
    );
    world.write("b.txt", "mine");
    let (out, err, code) = world.run(&["undo", &run]);
    assert!(code == 4 && out.contains("! b\n      left b.txt: changed since"), "{out}{err}");
    assert!(out.contains("1 undone in part"), "{out}");
    assert!(out.contains("left as they are: program\n"), "{out}");
    assert!(!out.contains("Checks") && !out.contains("Outputs"), "{out}");
    world.write("b.txt", "b");
    let (out, err, code) = world.run(&["undo", &run]);
    assert!(code == 0 && out.contains("left as they are: program\n") && !out.contains("in part"), "{out}{err}");
}
