//! Bad input through the real binary: each has an error that says what, where and why, the right exit code, and loses
//! nothing.

mod place;

use place::{Place, can_mount, is_harmless, picture, said, skipped, text, until};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const WRITE: &str = r#"plan "write" {
  critical { create "made.txt" }
  step made = fs.write(path: "made.txt", text: "made\n")
}
"#;

/// A text of a plan, and what is said of it.
const TEXTS: [(&str, &str, i32, &str); 15] = [
    ("empty", "", 1, "plan"),
    ("blank", "  \n\n\t\n", 1, "plan"),
    ("comments", "// nothing\n// more of it\n", 1, "plan"),
    ("no step", "plan \"x\" { rationale \"y\" }", 1, "step"),
    ("half", "plan \"x\" { step a = fs.read(path: \"a", 1, "a"),
    ("unknown tool", "plan \"x\" { step a = fs.raed(path: \"a\") }", 1, "fs.read"),
    ("missing argument", "plan \"x\" { step a = fs.read() }", 1, "`path`"),
    ("wrong argument", "plan \"x\" { step a = fs.read(path: 3) }", 1, "path"),
    ("unknown argument", "plan \"x\" { step a = fs.read(paht: \"a\") }", 1, "path"),
    ("cycle of lets", "plan \"x\" { let a = b\n let b = a\n step c = fs.read(path: a) }", 1, "a"),
    ("cycle of steps", "plan \"x\" { step a = fs.read(path: b.path)\n step b = fs.read(path: a.path) }", 1, "b"),
    ("after itself", "plan \"x\" { step a = fs.read(path: \"a\") { after a } }", 1, "a"),
    ("path out", "plan \"x\" { step a = fs.read(path: \"../a\") }", 1, ".."),
    ("not covered", "plan \"x\" { step a = fs.write(path: \"a\", text: \"\") }", 1, "critical"),
    (
        "two plans",
        "plan \"x\" { step a = fs.read(path: \"a\") }\nplan \"y\" { step a = fs.read(path: \"a\") }",
        1,
        "plan",
    ),
];

#[test]
fn each_bad_text_has_an_error_that_names_it() {
    let place = Place::new();
    for (name, text, code, part) in TEXTS {
        place.put("p.pl", text);
        let before = picture(&place.ws());
        for args in [
            vec!["check", "p.pl"],
            vec!["plan", "p.pl"],
            vec!["run", "--approve", "p.pl"],
            vec!["graph", "p.pl"],
            vec!["compile", "p.pl"],
        ] {
            let said = place.planc(&args);
            assert_eq!(said.code, Some(code), "{name} {args:?}\n{}\n{}", said.out, said.err);
            let all = format!("{}{}", said.out, said.err);
            assert!(all.contains(part) && all.contains("p.pl"), "{name} {args:?}: {all}");
        }
        assert_eq!(picture(&place.ws()), before, "{name}");
    }
}

#[test]
fn what_is_no_text_is_said_to_be_none() {
    let place = Place::new();
    place.put("p.pl", [0u8, 159, 146, 150, 255]);
    place.planc(&["check", "p.pl"]).exits(1).says("not UTF-8");
    place.planc(&["plan", "p.pl"]).exits(1).says("not UTF-8");
    place.put("p.pl", b"plan \"x\" {\0}");
    place.planc(&["check", "p.pl"]).exits(1).says("p.pl:1");
    place.put("p.pl", "plan \"\u{202e}x\u{1b}[2J\" { step a = fs.read(path: \"\u{202e}\u{1b}]0;x\u{7}\") }");
    let said = place.planc(&["check", "p.pl"]).exits(1);
    assert!(is_harmless(&said.out) && is_harmless(&said.err), "{said:?}");
}

#[test]
fn fifty_megabytes_are_refused_at_once() {
    let place = Place::new();
    place.put("p.pl", vec![b' '; 50 << 20]);
    let began = Instant::now();
    place.planc(&["check", "p.pl"]).exits(1).says("MiB");
    place.planc(&["plan", "p.pl"]).exits(1).says("MiB");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn ten_thousand_brackets_are_refused_without_overflow() {
    let place = Place::new();
    for (open, close) in [("[", "]"), ("(", ")"), ("{ a: ", " }"), ("not ", ""), ("-", ""), ("if a then ", "")] {
        for close in [close, ""] {
            let text = format!("plan \"x\" {{ let a = {}1{} }}", open.repeat(10_000), close.repeat(10_000));
            place.put("p.pl", text);
            let said = place.planc(&["check", "p.pl"]).exits(1);
            assert!(said.out.len() + said.err.len() < 2_000_000, "{} bytes", said.out.len() + said.err.len());
        }
    }
    place.put(
        "p.pl",
        format!("plan \"x\" {{ step a = fs.read(path: \"{}x{}\") }}", "${\"".repeat(10_000), "\"}".repeat(10_000)),
    );
    place.planc(&["check", "p.pl"]).exits(1);
}

#[test]
fn what_cannot_be_read_is_named() {
    let place = Place::new();
    place.put("p.pl", WRITE).put("folder/x", "");
    fs::set_permissions(place.ws().join("p.pl"), fs::Permissions::from_mode(0o000)).unwrap();
    if rustix::process::geteuid().is_root() {
        skipped("an unreadable file", "root reads everything; a folder and a missing file stand in for it");
    } else {
        place.planc(&["check", "p.pl"]).exits(2).says("p.pl");
        place.planc(&["plan", "p.pl"]).exits(2).says("p.pl");
    }
    for name in ["folder", "missing.pl", "p.pl/x"] {
        for command in ["plan", "compile", "graph"] {
            place.planc(&[command, name]).exits(2).says(name);
        }
        place.planc(&["run", "--approve", name]).exits(2).says(name);
    }
    place.planc(&["check", "folder"]).exits(2).says("folder");
    place.planc(&["check", "missing.pl"]).exits(2).says("missing.pl");
    assert!(!place.state().exists(), "nothing was planned, so nothing is kept");
}

#[test]
fn inputs_that_do_not_fit_are_named() {
    let place = Place::new();
    place.put(
        "p.pl",
        r#"plan "x" {
  input count: int
  input mode: "fast" | "slow" = "fast"
  input names: [string] = []
  critical { create "out.txt" }
  step made = fs.write(path: "out.txt", text: "${count} ${mode}")
}
"#,
    );
    let with = |inputs: &[&str]| {
        let mut args = vec!["plan", "p.pl"];
        inputs.iter().for_each(|input| args.extend(["--input", input]));
        place.planc(&args)
    };
    with(&[]).exits(2).says("`count`");
    with(&["count=x"]).exits(2).says("`count`");
    with(&["count=1.5"]).exits(2).says("`count`");
    with(&["count=99999999999999999999"]).exits(2).says("`count`");
    with(&["count"]).exits(2).says("no value");
    with(&["count=1", "count=2"]).exits(2).says("twice");
    with(&["count=1", "cuont=2"]).exits(2).says("cuont");
    with(&["count=1", "mode=quick"]).exits(2).says("`mode`");
    with(&["count=1", "names=[1]"]).exits(2).says("`names`");
    with(&["count=1", &format!("names={}", "[".repeat(10_000))]).exits(2).says("`names`");
    with(&["count=1", "names=[\"a\"]"]).exits(0);
    assert!(!place.has("out.txt"));
}

#[test]
fn a_configuration_that_is_not_one_stops_everything() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    for (text, part) in [
        ("[workspace", "planc.toml:1"),
        ("[workspace]\nraed = []\n", "did you mean `read`"),
        ("[polici]\n", "polic"),
        ("[policy]\n\"fs.*\" = \"dney\"\n", "did you mean `deny`"),
        ("[policy]\n\"fs.*\" = 3\n", "planc.toml:2"),
        ("[approval]\nrequire = \"nobody\"\n", "nobody"),
        ("[catalogues]\nfiles = [\"gone.pl\"]\n", "gone.pl"),
        ("[workspace]\nread = [\"/etc/**\"]\n", "planc.toml:2"),
        ("\u{1b}[2J = 1\n", "planc.toml:1"),
    ] {
        place.put("planc.toml", text);
        for args in [vec!["plan", "p.pl"], vec!["run", "--approve", "p.pl"], vec!["check", "p.pl"], vec!["runs"]] {
            let said = place.planc(&args).exits(2).says(part);
            assert!(is_harmless(&said.err), "{}", said.err);
        }
    }
    place.put("planc.toml", [0xff, 0xfe]);
    place.planc(&["plan", "p.pl"]).exits(2).says("planc.toml");
    place.put("planc.toml", vec![b'#'; 2 << 20]);
    place.planc(&["plan", "p.pl"]).exits(2).says("limit");
    assert!(!place.has("made.txt"));
}

/// A configuration that cannot be read must not count as none: its policy would silently not be kept.
#[test]
fn a_configuration_that_is_no_file_is_not_passed_over() {
    let place = Place::new();
    place.put("sub/p.pl", WRITE).put("planc.toml", "[policy]\n\"fs.write\" = \"deny\"\n");
    fs::create_dir(place.ws().join("sub/planc.toml")).unwrap();
    place.planc(&["-C", "sub", "run", "--approve", "p.pl"]).exits(2).says("planc.toml");
    fs::remove_dir(place.ws().join("sub/planc.toml")).unwrap();
    place.link("nowhere", "sub/planc.toml");
    place.planc(&["-C", "sub", "run", "--approve", "p.pl"]).exits(2).says("planc.toml");
    fs::remove_file(place.ws().join("sub/planc.toml")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        place.ws().join("sub/planc.toml"),
        rustix::fs::FileType::Fifo,
        0o644.into(),
        0,
    )
    .unwrap();
    place.planc(&["-C", "sub", "run", "--approve", "p.pl"]).exits(2).says("not a file");
    fs::remove_file(place.ws().join("sub/planc.toml")).unwrap();
    place.planc(&["-C", "sub", "run", "--approve", "p.pl"]).exits(6);
    assert!(!place.has("sub/made.txt") && !place.has("made.txt"));
}

#[test]
fn the_command_line_is_checked() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    for args in [
        vec!["plan"],
        vec!["plan", "p.pl", "--nonsense"],
        vec!["paln", "p.pl"],
        vec!["run", "p.pl", "--approve=zzz"],
        vec!["run", "p.pl", "--approve="],
        vec!["run", "p.pl", "--approve=sha256:"],
        vec!["run", "p.pl", "--approve=sha256:abc"],
        vec!["resume", "p.pl"],
        vec!["resume", "00000000"],
        vec!["undo", ""],
        vec!["show", "%"],
        vec!["show", "sha256:%"],
        vec!["-C", "nowhere", "plan", "p.pl"],
        vec!["-C", "p.pl", "plan", "p.pl"],
        vec!["--format", "markdown", "runs"],
        vec!["--catalogue", "nowhere.pl", "plan", "p.pl"],
    ] {
        let said = place.planc(&args).exits(2);
        assert!(!said.err.is_empty(), "{args:?}");
    }
    assert!(!place.has("made.txt"));
}

#[test]
fn the_state_lies_outside_of_the_workspace_and_is_private() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    let with = |state: &Path| {
        let mut command = place.bare(&["plan", "p.pl"]);
        command.arg("--state-dir").arg(state);
        said(command)
    };
    with(&place.ws()).exits(2).says("lies in the workspace");
    with(&place.ws().join("deep/er")).exits(2).says("lies in the workspace");
    with(&place.ws().join("x/../../ws/state")).exits(2).says("lies in the workspace");
    std::os::unix::fs::symlink(place.ws(), place.at("link")).unwrap();
    with(&place.at("link/state")).exits(2).says("lies in the workspace");
    with(&place.at("")).exits(2).says("lies in the state directory");
    assert_eq!(fs::read_dir(place.ws()).unwrap().count(), 2);
    fs::write(place.at("file"), "").unwrap();
    with(&place.at("file")).exits(2).says("not a directory");
    with(&place.at("file/below")).exits(2).says("file");
    fs::create_dir(place.at("open")).unwrap();
    fs::set_permissions(place.at("open"), fs::Permissions::from_mode(0o777)).unwrap();
    with(&place.at("open")).exits(2).says("chmod 700");
    std::os::unix::fs::symlink("/nowhere/at/all", place.at("dangling")).unwrap();
    assert_ne!(with(&place.at("dangling")).code, Some(0));
    match rustix::process::geteuid().is_root() {
        true => skipped("a state directory that may not be made", "root may make it"),
        false => {
            fs::create_dir(place.at("closed")).unwrap();
            fs::set_permissions(place.at("closed"), fs::Permissions::from_mode(0o500)).unwrap();
            with(&place.at("closed/state")).exits(2).says("closed");
            with(&place.at("closed")).exits(2).says("closed");
        }
    }
    // Looking makes nothing.
    said({
        let mut command = place.bare(&["runs"]);
        command.arg("--state-dir").arg(place.at("unmade"));
        command
    })
    .exits(0);
    assert!(!place.at("unmade").exists());
}

#[test]
fn without_a_home_there_is_an_error_or_another_place() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    for (home, state) in [(None, None), (Some(""), Some("")), (Some("relative"), Some("relative"))] {
        let mut command = place.bare(&["check", "p.pl"]);
        command.env_remove("HOME").env_remove("XDG_STATE_HOME");
        home.map(|home| command.env("HOME", home));
        state.map(|state| command.env("XDG_STATE_HOME", state));
        let said = said(command);
        // The account may have a home of its own, which is not for tests: nothing is planned here.
        assert!(matches!(said.code, Some(0 | 2)), "{said:?}");
    }
    assert_eq!(fs::read_dir(place.ws()).unwrap().count(), 2);
}

#[test]
fn any_name_of_a_workspace_will_do() {
    for name in ["with space", "späße 長い", "new\nline", "quo\"te'", "-dash", "back\\slash", "esc\u{1b}[2J"] {
        let place = Place::called(name);
        place.put("p.pl", WRITE);
        let said = place.planc(&["run", "--approve", "p.pl"]).exits(0);
        assert!(is_harmless(&said.out) && is_harmless(&said.err), "{name:?} {said:?}");
        assert_eq!(place.get("made.txt"), "made\n");
        let run = place.last_run();
        let undone = place.planc(&["undo", &run]).exits(0);
        assert!(is_harmless(&undone.out) && is_harmless(&undone.err));
        assert!(!place.has("made.txt"));
        let lost = place.planc(&["plan", "gone.pl"]).exits(2);
        assert!(is_harmless(&lost.err));
    }
    let place = Place::called("sub");
    let raw = std::ffi::OsStr::new("raw");
    let raw =
        place.at("").join(std::os::unix::ffi::OsStrExt::from_bytes(&[raw.as_encoded_bytes(), b"\xff"].concat()[..])
            as &std::ffi::OsStr);
    if fs::create_dir(&raw).is_ok() {
        fs::write(raw.join("p.pl"), WRITE).unwrap();
        fs::write(raw.join("planc.toml"), "").unwrap();
        let mut command = place.command(&["run", "--approve", "p.pl"]);
        command.current_dir(&raw);
        said(command).exits(0);
        assert!(raw.join("made.txt").exists());
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    for args in [vec!["plan", "p.pl"], vec!["tools"], vec!["check", "p.pl"], vec!["run", "--approve", "p.pl"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (err_reader, err_writer) = std::io::pipe().unwrap();
        drop(err_reader);
        let status = place.command(&args).stdout(writer).stderr(err_writer).status().unwrap();
        assert_eq!(status.code(), Some(0), "{args:?}");
    }
    assert_eq!(place.get("made.txt"), "made\n");
    // Neither stream is there at all.
    let mut command = Command::new("sh");
    let planc = assert_cmd::cargo::cargo_bin!("planc");
    command.args(["-c", "exec \"$0\" \"$@\" <&- >&- 2>&-"]).arg(planc).args(["plan", "p.pl", "--state-dir"]);
    command.arg(place.state()).current_dir(place.ws()).env("HOME", place.at("home"));
    let status = command.status().unwrap();
    assert!(status.code().is_some(), "{status:?}");
    assert_eq!(place.get("p.pl"), WRITE);
}

#[test]
fn a_full_standard_output_is_said() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else {
        return skipped("a full standard output", "there is no /dev/full");
    };
    let output = place.command(&["plan", "p.pl"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("standard output"), "{}", text(&output.stderr));
}

#[test]
fn a_store_that_is_not_ours_is_refused_and_left() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    place.planc(&["plan", "p.pl"]).exits(0);
    let run = place.last_run();
    let file = place.state().join("planc.db");
    let commands = || {
        [vec!["plan", "p.pl"], vec!["run", "--approve", "p.pl"], vec!["runs"], vec!["show", &run], vec!["undo", &run]]
    };
    place.database().pragma_update(None, "user_version", 99).unwrap();
    for args in commands() {
        place.planc(&args).exits(2).says("newer");
    }
    let version: i64 = place.database().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 99);
    for damage in [b"not a database at all, but long enough to be one".repeat(100), vec![0; 4096]] {
        for extra in ["planc.db-wal", "planc.db-shm"] {
            let _ = fs::remove_file(place.state().join(extra));
        }
        fs::write(&file, &damage).unwrap();
        for args in commands() {
            let said = place.planc(&args);
            assert!(matches!(said.code, Some(2)), "{args:?} {said:?}");
            assert!(said.err.contains("planc.db"), "{said:?}");
        }
        assert_eq!(fs::read(&file).unwrap(), damage, "it is left as it was");
    }
    assert!(!place.has("made.txt"));
}

#[test]
fn a_store_damaged_in_the_middle_is_an_error_and_no_crash() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
    let run = place.last_run();
    let file = place.state().join("planc.db");
    let whole = fs::read(&file).unwrap();
    let at_least = |size: usize| size.min(whole.len());
    for (from, to) in [(100, 200), (at_least(4096), at_least(8192)), (at_least(8192), whole.len()), (0, 16)] {
        let mut damaged = whole.clone();
        damaged[from..to].fill(0xaa);
        fs::write(&file, &damaged).unwrap();
        for args in [vec!["runs"], vec!["show", &run], vec!["undo", &run], vec!["plan", "p.pl"], vec!["resume", &run]] {
            let said = place.planc(&args);
            assert!(said.code.is_some_and(|code| code != 101), "{args:?} {said:?}");
            assert!(!said.err.contains("panicked"), "{said:?}");
        }
        fs::write(&file, &whole).unwrap();
    }
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let said = place.planc(&["show", &run]);
    assert!(matches!(said.code, Some(2)), "{said:?}");
}

#[test]
fn folders_that_cannot_be_looked_into_are_named() {
    use std::os::unix::fs::PermissionsExt;
    // The owner in a user namespace of its own is held by modes, also where this account is root.
    if !Command::new("unshare").args(["-U", "true"]).output().is_ok_and(|output| output.status.success()) {
        return skipped("folders_that_cannot_be_looked_into_are_named", "there are no user namespaces");
    }
    let place = Place::new();
    place.put("p.pl", WRITE).put("closed/q.pl", "nonsense");
    let closed = place.ws().join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let looked = |args: &[&str]| {
        let mut command = Command::new("unshare");
        command.arg("-U").arg(assert_cmd::cargo::cargo_bin!("planc")).args(args).current_dir(place.ws());
        said({
            command.env("HOME", place.at("home")).env("XDG_STATE_HOME", place.at("xdg"));
            command
        })
    };
    for args in [&["check"][..], &["check", "."], &["check", "closed"], &["fmt", "--check", "."]] {
        let told = looked(args).exits(2);
        assert!(told.err.contains("closed") && told.err.contains("Permission denied"), "{args:?} {told:?}");
    }
    let told = looked(&["check"]);
    assert!(told.err.contains("no mistakes in 1 file; 1 could not be read"), "{told:?}");
    let told = looked(&["check", "--format", "json"]).exits(2).json();
    assert_eq!(told["files"][0]["file"], "closed", "{told}");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn two_runs_at_once_on_one_workspace_are_one_too_many() {
    let place = Place::new();
    place.open(&["sh"]);
    place.put("p.pl", WRITE);
    place.put("slow.pl", slow(&place, "go"));
    let digest = place.digest("slow.pl");
    let mut child = place.command(&["run", &format!("--approve={digest}"), "slow.pl"]);
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the program runs", || place.at("out/started").exists());
    let run = place.last_run();
    let busy = place.planc(&["run", "--approve", "p.pl"]).exits(2).says("another planc");
    assert!(
        busy.err.contains(&format!("`planc show {run}` tells what it does")) && busy.err.contains("kill -INT"),
        "{busy:?}"
    );
    // What it was told yes for is no yes to a later run.
    place.planc(&["approvals"]).exits(0).says("taken back");
    let plans = place.planc(&["--format", "json", "runs"]).json();
    assert_eq!(
        (&plans["runs"][0]["title"], &plans["runs"][0]["status"]),
        (&"write".into(), &"needs approval".into()),
        "{plans}"
    );
    place.planc(&["run", "p.pl"]).exits(3);
    // Neither does another state directory help.
    let mut other = place.bare(&["run", "--approve", "p.pl", "--state-dir"]);
    other.arg(place.at("other"));
    said(other).exits(2).says("another planc");
    assert!(!place.has("made.txt"));
    let run = place.last_run();
    place.planc(&["undo", &run]);
    fs::write(place.at("out/go"), "").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
}

/// A plan whose program says that it has started and goes on only when a file appears outside.
fn slow(place: &Place, go: &str) -> String {
    let out = place.at("out");
    let out = out.display();
    format!(
        r#"plan "slow" {{
  critical {{
    create "before.txt"
    create "after.txt"
    run "sh"
  }}
  step before = fs.write(path: "before.txt", text: "x")
  step waits = process.run(argv: ["sh", "-c", "echo $$ > {out}/started; while ! test -e {out}/{go}; do sleep 0.02; done; echo end >> {out}/ended"])
  step last = fs.write(path: "after.txt", text: "x")
}}
"#
    )
}

#[test]
fn a_signal_during_a_program_waits_for_it() {
    for signal in ["INT", "TERM"] {
        let place = Place::new();
        place.open(&["sh"]);
        place.put("slow.pl", slow(&place, "go"));
        let digest = place.digest("slow.pl");
        let start = || {
            let mut command = place.command(&["run", &format!("--approve={digest}"), "slow.pl"]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let mut child = start();
        until("the program runs", || place.at("out/started").exists());
        send(child.id(), signal);
        until("the request is recorded", || events(&place, "interrupted") == 1);
        fs::write(place.at("out/go"), "").unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        assert!(place.has("before.txt") && !place.has("after.txt"));
        let run = place.last_run();
        place.planc(&["resume", &run]).exits(0);
        assert!(place.has("after.txt"));
        assert_eq!(fs::read_to_string(place.at("out/ended")).unwrap(), "end\n", "the program was not run again");
        place.planc(&["undo", &run]).exits(0);
        assert!(!place.has("before.txt") && !place.has("after.txt"));
    }
}

#[test]
fn a_second_signal_leaves_the_program_in_doubt() {
    let place = Place::new();
    place.open(&["sh"]);
    place.put("slow.pl", slow(&place, "go"));
    let digest = place.digest("slow.pl");
    let mut command = place.command(&["run", &format!("--approve={digest}"), "slow.pl"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the program runs", || place.at("out/started").exists());
    send(child.id(), "TERM");
    until("the request is recorded", || events(&place, "interrupted") == 1);
    send(child.id(), "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(7));
    let pid = fs::read_to_string(place.at("out/started")).unwrap();
    assert!(!Path::new(&format!("/proc/{}", pid.trim())).exists(), "the program is gone");
    let run = place.last_run();
    place.planc(&["resume", &run]).exits(7).says("`waits`");
    assert!(!place.has("after.txt"));
    place.planc(&["resume", &run, "--resolve", "nobody=redo"]).exits(2);
    place.planc(&["resume", &run, "--resolve", "waits=maybe"]).exits(2);
    place.planc(&["resume", &run, "--resolve", "waits=fail"]).exits(4);
    place.planc(&["undo", &run]).exits(0);
    assert!(!place.has("before.txt"));
}

/// Signals at many moments of a run that writes a large file: it is there whole or not at all.
#[test]
fn a_signal_during_a_write_leaves_a_whole_file_or_none() {
    let place = Place::new();
    let text = "0123456789abcdef".repeat(1 << 16);
    place.put("big.txt", &text).put(
        "p.pl",
        r#"plan "copy" {
  critical { create "copy*.txt" }
  step a = fs.copy(from: "big.txt", to: "copy1.txt")
  step b = fs.copy(from: "big.txt", to: "copy2.txt")
  step c = fs.copy(from: "big.txt", to: "copy3.txt")
}
"#,
    );
    let before = picture(&place.ws());
    for attempt in 0..6i64 {
        let mut command = place.command(&["run", "--approve", "p.pl"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let wanted = attempt + 1;
        until("there are events", || all_events(&place) >= wanted || child.try_wait().unwrap().is_some());
        send(child.id(), if attempt % 2 == 0 { "TERM" } else { "INT" });
        let code = child.wait().unwrap().code();
        for copy in ["copy1.txt", "copy2.txt", "copy3.txt"].into_iter().filter(|copy| place.has(copy)) {
            assert!(place.get(copy) == text, "{copy} is half");
        }
        let run = place.last_run();
        match code {
            Some(0) => {}
            Some(130) => drop(place.planc(&["resume", &run]).exits(0)),
            other => panic!("{other:?}"),
        }
        place.planc(&["undo", &run]).exits(0);
        assert_eq!(picture(&place.ws()), before);
        fs::remove_dir_all(place.state()).unwrap();
    }
}

fn send(pid: u32, signal: &str) {
    assert!(Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]).status().unwrap().success());
}

/// How many events of a kind are recorded.
fn events(place: &Place, kind: &str) -> i64 {
    let query = "SELECT count(*) FROM events WHERE json LIKE ?1";
    place.database().query_row(query, [format!("%\"{kind}\"%")], |row| row.get(0)).unwrap_or(0)
}

fn all_events(place: &Place) -> i64 {
    if !place.state().join("planc.db").exists() {
        return 0;
    }
    place.database().query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap_or(0)
}

/// Runs a script with planc in a mount namespace of its own, `$PLANC` being the program.
fn in_namespace(place: &Place, script: &str) -> place::Said {
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script]).current_dir(place.ws()).env("HOME", place.at("home"));
    command.env("PLANC", assert_cmd::cargo::cargo_bin!("planc")).env("PLACE", place.at("")).env("WS", place.ws());
    command.env("STATE", place.state());
    said(command)
}

#[test]
fn a_read_only_workspace_is_an_error_before_and_during_the_run() {
    if !can_mount() {
        return skipped("a read-only workspace", "no user namespace can be had");
    }
    let place = Place::new();
    place.put("p.pl", WRITE);
    let read_only = "mount --bind \"$WS\" \"$WS\" && mount -o remount,bind,ro \"$WS\" && cd \"$WS\" && ";
    let script = format!("{read_only} \"$PLANC\" --state-dir \"$STATE\" plan p.pl");
    let planned = in_namespace(&place, &script);
    assert!(matches!(planned.code, Some(0 | 1)), "{planned:?}");
    let script = format!("{read_only} \"$PLANC\" --state-dir \"$STATE\" run --approve p.pl");
    let ran = in_namespace(&place, &script);
    assert!(matches!(ran.code, Some(1 | 4)), "{ran:?}");
    assert!(format!("{}{}", ran.out, ran.err).to_lowercase().contains("read-only"), "{ran:?}");
    assert!(!place.has("made.txt"));
}

#[test]
fn a_full_disk_for_the_workspace_leaves_it_as_it_was() {
    if !can_mount() {
        return skipped("a full disk for the workspace", "no user namespace can be had");
    }
    let place = Place::new();
    place.put("keep", "x");
    let plan = format!(
        "plan \"big\" {{ critical {{ create \"*.txt\" }}\nstep a = fs.write(path: \"small.txt\", text: \"a\")\nstep b = fs.write(path: \"big.txt\", text: \"{}\") }}",
        "x".repeat(200_000)
    );
    fs::write(place.at("p.pl"), plan).unwrap();
    let script = "mount -t tmpfs -o size=128k none \"$WS\" && cd \"$WS\" && : > planc.toml && echo keep > keep.txt && \
        \"$PLANC\" --state-dir \"$STATE\" run --approve \"$PLACE/p.pl\"; echo code=$?; ls -A; cat keep.txt; \
        RUN=$(\"$PLANC\" --state-dir \"$STATE\" runs | grep -oE '[0-9a-f]{8}' | head -1); \
        \"$PLANC\" --state-dir \"$STATE\" undo $RUN; echo undo=$?; ls -A";
    let ran = in_namespace(&place, script).exits(0);
    assert!(ran.out.contains("code=2\n"), "{ran:?}");
    assert!(
        ran.out.to_lowercase().contains("no space left") || ran.err.to_lowercase().contains("no space left"),
        "{ran:?}"
    );
    let after = ran.out.split("undo=").nth(1).unwrap_or_default();
    assert!(ran.out.contains("keep.txt\nplanc.toml\nsmall.txt\nkeep\n"), "no half file stays: {}", ran.out);
    assert_eq!(after, "0\nkeep.txt\nplanc.toml\n", "{ran:?}");
}

#[test]
fn a_full_disk_for_the_journal_stops_before_the_effect() {
    if !can_mount() {
        return skipped("a full disk for the journal", "no user namespace can be had");
    }
    let place = Place::new();
    let steps: String = (0..40)
        .map(|i| format!("step s{i} = fs.write(path: \"f{i}.txt\", text: \"{}\")\n", "y".repeat(4000)))
        .collect();
    place.put("p.pl", format!("plan \"many\" {{ critical {{ create \"*.txt\" }}\n{steps} }}"));
    let mut reached = Vec::new();
    for size in [64, 400, 800, 1200, 1600, 2000, 2400, 2800, 3200, 8000] {
        let script = format!(
            "mkdir -p \"$PLACE/full\" && mount -t tmpfs -o mode=700,size={}k none \"$PLACE/full\" && \
            head -c 16777216 /dev/zero > \"$PLACE/full/ballast\" && \
            \"$PLANC\" --state-dir \"$PLACE/full\" run --approve p.pl > /dev/null; code=$?; \
            rm \"$PLACE/full/ballast\"; ls *.txt 2>/dev/null | wc -l; \
            RUN=$(\"$PLANC\" --state-dir \"$PLACE/full\" runs 2>/dev/null | grep -oE '[0-9a-f]{{8}}' | head -1); \
            if test -n \"$RUN\" && test $code != 0; then \
              \"$PLANC\" --state-dir \"$PLACE/full\" resume $RUN > /dev/null 2>&1; echo resume=$?; fi; \
            if test -n \"$RUN\"; then \"$PLANC\" --state-dir \"$PLACE/full\" undo $RUN >/dev/null 2>&1; fi; \
            ls *.txt 2>/dev/null | wc -l; exit $code",
            size + 16384
        );
        let ran = in_namespace(&place, &script);
        let lines: Vec<&str> = ran.out.lines().collect();
        reached.push((size, ran.code, lines.join(" ")));
        assert!(matches!(ran.code, Some(0 | 2 | 4)), "{size}: {ran:?}");
        assert!(!ran.err.contains("panicked"), "{size}: {ran:?}");
        if ran.code != Some(0) {
            let err = ran.err.to_lowercase();
            assert!(err.contains("full") || err.contains("no space left") || ran.code == Some(4), "{size}: {ran:?}");
        }
        assert_eq!(lines.last(), Some(&"0"), "{size}: taking back leaves nothing: {ran:?}");
    }
    assert!(reached.iter().any(|(_, code, _)| *code == Some(0)), "{reached:?}");
    assert!(reached.iter().any(|(_, code, _)| *code != Some(0)), "{reached:?}");
    println!("{reached:?}");
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_like_any_other() {
    let place = Place::new();
    place.put(
        "p.pl",
        format!(
            "plan \"big\" {{ critical {{ create \"*.txt\" }}\nstep b = fs.write(path: \"big.txt\", text: \"{}\") }}",
            "x".repeat(300_000)
        ),
    );
    for blocks in [8, 64, 200, 500] {
        let mut command = Command::new("sh");
        let planc = assert_cmd::cargo::cargo_bin!("planc");
        let state = place.at(&format!("state{blocks}"));
        command.args(["-c", &format!("ulimit -f {blocks}; trap '' XFSZ; exec \"$0\" \"$@\"")]).arg(planc);
        command.args(["run", "--approve", "p.pl", "--state-dir"]).arg(state).current_dir(place.ws());
        let ran = said({
            command.env("HOME", place.at("home"));
            command
        });
        assert!(matches!(ran.code, Some(2 | 4)), "{blocks}: {ran:?}");
        assert!(!ran.err.contains("panicked"), "{ran:?}");
        assert!(!place.has("big.txt"), "{blocks}");
    }
    assert_eq!(fs::read_dir(place.ws()).unwrap().count(), 2, "no temporary file stays");
}

#[test]
fn standard_input_is_a_plan_and_nothing_else() {
    let place = Place::new();
    let mut child = place.command(&["run", "--approve", "-"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(WRITE.as_bytes()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(place.get("made.txt"), "made\n");
}
