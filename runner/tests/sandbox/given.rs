//! What a call is bound to is given to its cell: the program finds what was approved, whatever others do meanwhile; and who calls planc
//! chooses neither its signals nor its limits.

use crate::place::{Place, Said, said, skipped, until};
use planc::sandbox::{Cell, Ended, Spec};
use planc::workspace::{Look, Observation, Workspace};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Command;

/// What a cell is made of in which this program has these words, and nothing besides the copy of the workspace.
pub fn spec(place: &Place, program: PathBuf, argv: &[&str]) -> Spec {
    let own = place.ws().metadata().unwrap();
    Spec {
        launcher: assert_cmd::cargo::cargo_bin!("planc").to_owned(),
        state: place.state(),
        workspace: place.ws(),
        identity: (own.dev(), own.ino()),
        program,
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        directory: ".".into(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        home: None,
        scratch: Vec::new(),
        untold: Vec::new(),
        read: Vec::new(),
        hidden: Vec::new(),
        shut: Vec::new(),
        ports: None,
        limits: planc::config::Limits::default(),
        before: Vec::new(),
    }
}

/// A cell in which `run` is started with these words, and which was given what it is bound to.
fn cell(place: &Place, argv: &[&str], bound: &[&str]) -> (Cell, Workspace) {
    let workspace = Workspace::open(&place.ws(), Vec::new()).unwrap();
    let program = match argv[0].strip_prefix("./") {
        Some(path) => place.ws().join(path),
        None => workspace.program(argv[0]).unwrap().unwrap(),
    };
    let links = LINKS.iter().filter(|link| place.ws().join(link).is_symlink());
    let looks = bound.iter().chain(links).map(|path| Look::At { path: (*path).to_owned() });
    let looks = looks.chain([Look::Program { name: argv[0].to_owned() }]);
    let bound: Vec<Observation> =
        looks.map(|look| Observation { seen: workspace.observe(&look).unwrap(), look }).collect();
    let mut cell = Cell::make(spec(place, program, argv)).unwrap();
    cell.give(&workspace, &bound, &[]).unwrap();
    (cell, workspace)
}

/// What it says, and how it ends.
fn run(cell: &Cell) -> (String, Ended) {
    let output = cell.command().as_std_mut().output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), cell.report().unwrap().ended)
}

const SAYS: &str = "#!/bin/sh\necho approved; cat d/named way; cat conf.sh new/conf.sh 2>/dev/null; ls\n";

fn place() -> Place {
    let place = Place::new();
    place.put("d/run", SAYS).put("d/named", "named\n").put("e/run", "#!/bin/sh\necho evil\n").put("e/named", "evil\n");
    place.link("d/named", "way");
    for folder in ["d", "e"] {
        fs::set_permissions(place.ws().join(folder).join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    }
    place
}

/// Folders change places, links lead elsewhere, what was not there is there.
fn evil(place: &Place) {
    for (from, to) in [("d", "between"), ("e", "d"), ("between", "e")] {
        fs::rename(place.ws().join(from), place.ws().join(to)).unwrap();
    }
    fs::remove_file(place.ws().join("way")).unwrap();
    place.link("/etc/hostname", "way");
    place.put("conf.sh", "evil\n").put("new/conf.sh", "evil\n");
}

/// The links that lead to programs.
const LINKS: [&str; 5] = ["own", "py", "env", ".venv/bin/python", ".venv/bin/python3"];

const BOUND: [&str; 5] = ["d", "d/named", "way", "conf.sh", "new/conf.sh"];

#[test]
fn what_is_bound_is_given_whatever_is_there_by_then() {
    for absolute in [false, true] {
        let place = place();
        let name = if absolute { place.ws().join("d/run").display().to_string() } else { "./d/run".to_owned() };
        let (cell, workspace) = cell(&place, &[&name], &BOUND);
        evil(&place);
        let (says, ended) = run(&cell);
        assert_eq!(
            (says.as_str(), &ended),
            ("approved\nnamed\nnamed\nd\ne\nplanc.toml\nway\n", &Ended::Exit(0)),
            "{name}"
        );
        // It has changed nothing, and others have.
        assert_eq!(cell.changes(&workspace).unwrap().changes, [], "{name}");
    }
}

/// As in a virtual environment of Python, or in `node_modules`: the way to a program of the system, or of the workspace, is given.
#[test]
fn a_program_is_run_through_links_of_the_workspace() {
    let place = place();
    place.put(".venv/pyvenv.cfg", "home = /usr/bin\n").put(".venv/lib/x.py", "").put(".venv/bin/activate", "");
    place.link("lib", ".venv/lib64");
    place.link("/usr/bin/tail", ".venv/bin/python3");
    place.link("python3", ".venv/bin/python");
    place.link(".venv", "env");
    let inside = place.ws().join(".venv/bin/python").display().to_string();
    place.link(&inside, "py");
    for name in [".venv/bin/python3", ".venv/bin/python", "env/bin/python", "py"] {
        for absolute in [true, false] {
            let name = if absolute { place.ws().join(name).display().to_string() } else { format!("./{name}") };
            let (cell, _) = cell(&place, &[&name, "-n1", ".venv/pyvenv.cfg"], &[]);
            assert_eq!(run(&cell), ("home = /usr/bin\n".to_owned(), Ended::Exit(0)), "{name}");
        }
    }
    for absolute in [true, false] {
        let place = self::place();
        place.link(place.ws().join("d"), "own");
        let name = if absolute { place.ws().join("own/run").display().to_string() } else { "./own/run".to_owned() };
        let (cell, _) = cell(&place, &[&name], &BOUND);
        evil(&place);
        fs::remove_file(place.ws().join("own")).unwrap();
        place.link("e", "own");
        assert_eq!(run(&cell).0, "approved\nnamed\nnamed\nd\ne\nown\nplanc.toml\nway\n", "{name}");
    }
}

/// What it changes of what it was given starts from what was approved.
#[test]
fn what_others_made_of_what_was_given_is_not_overwritten() {
    for script in ["echo more >> d/named", "rm d/named", "rm way; echo mine > way", "echo mine > conf.sh", "rm -r d"] {
        let place = place();
        let (cell, workspace) = cell(&place, &["sh", "-c", script], &BOUND);
        place.put("d/named", "theirs\n").put("conf.sh", "theirs\n");
        fs::remove_file(place.ws().join("way")).unwrap();
        place.link("e", "way");
        assert_eq!(run(&cell).1, Ended::Exit(0), "{script}");
        let why = cell.changes(&workspace).unwrap_err().to_string();
        assert!(why.contains("changed by somebody else"), "{script}: {why}");
    }
    // Where nobody else has changed it, it is a change like any other.
    let place = self::place();
    let (cell, workspace) = cell(&place, &["sh", "-c", "echo more >> d/named; echo mine > new.txt"], &BOUND);
    run(&cell);
    let paths: Vec<String> = cell.changes(&workspace).unwrap().changes.into_iter().map(|change| change.path).collect();
    assert_eq!(paths, ["d/named", "new.txt"]);
}

#[test]
fn what_is_another_when_it_is_given_is_not_given() {
    let place = place();
    let (mut cell, workspace) = cell(&place, &["sh", "-c", "true"], &[]);
    let look = Look::At { path: "d/named".into() };
    let bound = Observation { seen: workspace.observe(&look).unwrap(), look };
    place.put("d/named", "evil\n");
    let why = cell.give(&workspace, &[bound], &[]).unwrap_err().to_string();
    assert!(why.contains("`d/named` is no more as it was"), "{why}");
}

#[test]
fn another_folder_in_the_place_of_the_workspace_is_no_workspace() {
    let place = place();
    let (cell, _) = cell(&place, &["./d/run"], &[]);
    fs::rename(place.ws(), place.at("moved")).unwrap();
    place.put("d/run", "#!/bin/sh\necho evil\n");
    let (says, ended) = run(&cell);
    assert!(
        says.is_empty() && matches!(&ended, Ended::NoCell(why) if why.contains("another folder")),
        "{says} {ended:?}"
    );
}

/// Tools go by times: what is given is as old as it was.
#[test]
fn what_is_given_is_as_old_as_it_was() {
    let place = place();
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(place.ws().join("d/named")).unwrap().set_modified(old).unwrap();
    fs::File::open(place.ws().join("d")).unwrap().set_modified(old).unwrap();
    // But it has no rights of its own.
    fs::set_permissions(place.ws().join("d/named"), fs::Permissions::from_mode(0o6644)).unwrap();
    let (cell, workspace) = cell(&place, &["stat", "-c", "%n %Y %a", "d", "d/named"], &["d/named"]);
    assert_eq!(run(&cell).0, "d 1000000000 755\nd/named 1000000000 644\n");
    assert_eq!(cell.changes(&workspace).unwrap().changes, []);
}

fn plan(step: &str) -> String {
    format!(
        "plan \"x\" {{\n critical {{\n create \"**\"\n modify \"**\"\n delete \"**\"\n run \"sh\"\n }}\n {step}\n}}\n"
    )
}

/// In a step and in an undo, with the binary: nothing that is done while it runs reaches the program.
#[test]
fn a_program_that_runs_finds_what_was_approved() {
    let script = "touch meet/begun; until test -e meet/go; do sleep 0.02; done; cat \"$1\" > made; test ! -e \"$2\"\n";
    let call = "process.run(argv: [\"sh\", \"d/wait.sh\", \"d/named\", \"conf.sh\"])";
    let step = plan(&format!("step s = {call}"));
    let undo = plan(&format!("step s = fs.write(path: \"x\", text: \"x\") {{\n undo {call}\n }}"));
    for (text, is_undo) in [(step, false), (undo, true)] {
        let place = place();
        place.put("d/wait.sh", script).put("e/wait.sh", "true\n").put("meet/x", "").put("p.pl", text);
        place.put("planc.toml", "[programs]\nscratch = [\"meet\"]\n");
        let command = match is_undo {
            false => place.command(&["run", &format!("--approve={}", place.digest("p.pl")), "p.pl"]),
            true => {
                place.run("p.pl").exits(0);
                place.command(&["undo", &place.last_run()])
            }
        };
        let run = std::thread::spawn(move || said(command));
        until("the program has begun", || place.has("meet/begun"));
        evil(&place);
        place.put("meet/go", "");
        run.join().unwrap().exits(0);
        assert_eq!(place.get("made"), "named\n");
    }
}

/// Large files are given like any other, and are no change where they stay as they were.
#[test]
fn a_large_file_is_given() {
    let place = Place::new();
    let big = [b"cp small copy; exit 0\n".as_slice(), &vec![b'\n'; 65 << 20]].concat();
    place
        .put("small", "small\n")
        .put("big.sh", &big)
        .put("p.pl", plan("step s = process.run(argv: [\"sh\", \"big.sh\"])"));
    let digest = place.digest("p.pl");
    // What is written again as it was is what was approved.
    place.put("big.sh", &big);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
    assert_eq!(place.get("copy"), "small\n");
}

/// The same command from a caller who chose something for it.
fn called(place: &Place, chosen: &str, args: &[&str]) -> Said {
    let planc = place.command(args);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{chosen}; exec \"$@\""), "sh"]).arg(planc.get_program()).args(planc.get_args());
    command.current_dir(place.ws()).env_clear().envs(place.variables());
    said(command)
}

#[test]
fn who_calls_planc_chooses_neither_signals_nor_limits() {
    let script =
        "exec >&2; ulimit -s; ulimit -c; sleep 5 & kill $!; wait $!; echo $?; kill -HUP $$; echo hears nothing";
    let text = plan(&format!("step s = process.run(argv: [\"sh\", \"-c\", {script:?}])"));
    for open in [false, true] {
        let place = Place::new();
        if open {
            place.open(&["sh"]);
        }
        place.put("p.pl", &text);
        let approve = format!("--approve={}", place.digest("p.pl"));
        let chosen = "ulimit -S -s 1024; ulimit -S -c 100; trap '' HUP TERM";
        let said = called(&place, chosen, &["run", &approve, "p.pl"]).exits(4).says("SIGHUP");
        let all = format!("{}{}", said.out, said.err);
        assert!(all.contains(" 8192\n") && all.contains(" 143\n"), "{}", said.short());
        assert!(!all.contains("hears nothing\n"), "{}", said.short());
    }
    // What planc cannot raise again is said, and nothing runs.
    let place = Place::new();
    let text = plan("step s = process.run(argv: [\"sh\", \"-c\", \"true\"])");
    let approve = format!("--approve={}", place.put("p.pl", text).digest("p.pl"));
    called(&place, "ulimit -s 1024", &["run", &approve, "p.pl"]).exits_with(&[5, 6]);
    called(&place, "ulimit -s 1024", &["plan", "p.pl"]).exits(6).says("a limit of 1048576 for stack");
}

/// What somebody does in a workspace.
type Act = fn(&Place);

/// A folder that others moved in or exchanged is not the one that the program saw.
#[test]
fn what_others_moved_meanwhile_is_neither_overwritten_nor_deleted() {
    let exchange = |place: &Place| {
        for (from, to) in [("src", "x"), ("other", "src"), ("x", "other")] {
            fs::rename(place.ws().join(from), place.ws().join(to)).unwrap();
        }
    };
    let moves = |place: &Place| fs::rename(place.ws().join("notes"), place.ws().join("src/notes")).unwrap();
    let acts: [(&str, Act); 3] =
        [("echo new > src/a.txt", exchange), ("echo new > src/new.txt", exchange), ("rm -r src", moves)];
    for (script, act) in acts {
        let place = Place::new();
        place.put("src/a.txt", "a\n").put("other/a.txt", "theirs\n").put("notes/deep/n.txt", "theirs\n");
        place.put("planc.toml", "[programs]\nscratch = [\"meet\"]\n").put("meet/x", "");
        let script = format!("touch meet/begun; until test -e meet/go; do sleep 0.02; done; {script}");
        place.put("p.pl", plan(&format!("step s = process.run(argv: [\"sh\", \"-c\", {script:?}])")));
        let command = place.command(&["run", &format!("--approve={}", place.digest("p.pl")), "p.pl"]);
        let run = std::thread::spawn(move || said(command));
        until("the program has begun", || place.has("meet/begun"));
        act(&place);
        place.put("meet/go", "");
        run.join().unwrap().exits(4).says("changed by somebody else");
        let theirs = ["src/a.txt", "src/notes/deep/n.txt"].into_iter().filter(|path| place.has(path));
        assert!(theirs.map(|path| place.get(path)).any(|text| text == "theirs\n"), "{script}");
        assert!(!place.has("src/new.txt"));
    }
}

/// Of the configuration of the system a program finds what every account may read.
#[test]
fn what_only_some_may_read_is_not_there() {
    if !rustix::process::geteuid().is_root() {
        return skipped("what_only_some_may_read_is_not_there", "this is not root");
    }
    let closed = Command::new("find").args(["/etc", "!", "-type", "l", "!", "-perm", "-o=r"]).output().unwrap();
    if closed.stdout.is_empty() {
        return skipped("what_only_some_may_read_is_not_there", "every account may read all of it");
    }
    let place = Place::new();
    let find = "find /etc ! -type l ! -perm -o=r; find /etc ! -type f ! -type d ! -type l";
    place.put("p.pl", plan(&format!("step s = process.run(argv: [\"sh\", \"-c\", \"{{ {find}; }} > found\"])")));
    place.run("p.pl").exits(0);
    assert_eq!(place.get("found"), "");
}

/// A pair of datagram sockets would send to whatever has a name.
#[test]
fn no_pair_of_sockets_reaches_a_third() {
    if !std::path::Path::new("/usr/bin/python3").exists() {
        return skipped("no_pair_of_sockets_reaches_a_third", "there is no python3");
    }
    let place = Place::new();
    let script = "import socket as s\nfor kind in (s.SOCK_DGRAM, s.SOCK_RAW, s.SOCK_DGRAM | s.SOCK_CLOEXEC):\n  try: s.socketpair(s.AF_UNIX, kind); print('a pair of', kind)\n  except PermissionError: pass\nfor kind in (s.SOCK_STREAM, s.SOCK_SEQPACKET):\n  s.socketpair(s.AF_UNIX, kind)\nprint('done')\n";
    place.put("try.py", script);
    let (cell, _) = cell(&place, &["/usr/bin/python3", "try.py"], &["try.py"]);
    assert_eq!(run(&cell), ("done\n".to_owned(), Ended::Exit(0)));
}
