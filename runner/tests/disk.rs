//! A disk that is full, files that may grow no further and folders that cannot be written, met by every write: each command says
//! what it could not do, where, why and what to do; nothing is lost; and once there is space `resume` goes on to the same result.

mod place;

use place::{Place, Said, can_mount, picture, said};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// What one program notes outside of everything that is limited.
fn plan(place: &Place) -> String {
    format!(
        r#"plan "Write a lot" {{
  critical {{
    modify "a.txt"
    create "b.txt"
    create "copies/**"
    run "sh"
  }}
  step a = fs.edit(path: "a.txt", edits: [{{ find: "one", replace: "two" }}])
  step noted = process.run(argv: ["sh", "-c", "echo noted >> {}"])
  step b = fs.write(path: "b.txt", text: "b ".repeat(3000))
  step copy = fs.copy(from: "tree", to: "copies/tree")
  step last = fs.append(path: "a.txt", text: "${{noted.exit_code}}\n")
}}
"#,
        place.at("out/log").display()
    )
}

fn world() -> Place {
    let place = Place::new();
    // What it notes lies outside of the workspace.
    place.open(&["sh"]);
    place.put("a.txt", "one\n".to_owned() + &"more\n".repeat(400));
    place.put("tree/x.txt", "x".repeat(9000)).put("tree/deep/y.txt", "y");
    let text = plan(&place);
    place.put("p.pl", text);
    place
}

/// How often the program acted.
fn acts(place: &Place) -> usize {
    fs::read_to_string(place.at("out/log")).unwrap_or_default().lines().count()
}

/// The tree without the plan, which names the place of the log.
fn tree(place: &Place) -> BTreeMap<Vec<u8>, String> {
    let mut tree = picture(&place.ws());
    tree.remove(&b"p.pl"[..]);
    tree
}

fn expected() -> BTreeMap<Vec<u8>, String> {
    let place = world();
    place.run("p.pl").exits(0);
    tree(&place)
}

/// A command whose files grow to this size at most, in units of 512 bytes; programs in cells have limits of their own.
fn limited(place: &Place, units: u64, args: &[&str]) -> Said {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -S -f $0; exec \"$@\"", &units.to_string()]);
    command.arg(assert_cmd::cargo::cargo_bin!("planc")).args(args).arg("--state-dir").arg(place.state());
    command
        .current_dir(place.ws())
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", place.at("home"));
    said(command)
}

/// An error that a person can do something with.
#[track_caller]
fn is_clear(said: &Said, label: &str) {
    let clear = said.err.contains("error: ") && said.err.contains('`');
    let advised = said.err.contains("help: ") || said.err.contains("planc resume");
    assert!(clear && advised, "{label}: {}", said.short());
    assert!(!said.err.contains("panicked"), "{label}: {}", said.short());
}

/// With space again: goes on with what there is, or begins, until it is done.
fn go_on(place: &Place, label: &str) {
    let runs = place.planc(&["--format", "json", "runs"]).exits(0).json();
    let begun = runs["runs"]
        .as_array()
        .and_then(|runs| runs.iter().find(|run| run["status"] != "needs approval" && run["status"] != "approved"));
    let said = match begun.and_then(|run| run["run"].as_str()) {
        None => place.run("p.pl"),
        Some(run) => place.planc(&["resume", run]),
    };
    match said.code {
        Some(0) => {}
        Some(2) if said.err.contains("is over: done") => {}
        Some(7) => {
            let run = place.last_run();
            let what = match acts(place) {
                0 => "noted=redo",
                _ => "noted=done:{\"exit_code\":0,\"stdout\":\"\",\"stderr\":\"\",\"truncated\":false}",
            };
            let said = place.planc(&["resume", &run, "--resolve", what]);
            assert_eq!(said.code, Some(0), "{label}: {}", said.short());
        }
        _ => panic!("{label}: {}", said.short()),
    }
}

/// It came to what it would have come to, once.
fn check(place: &Place, expected: &BTreeMap<Vec<u8>, String>, label: &str) {
    assert!(&tree(place) == expected, "{label}");
    assert_eq!(acts(place), 1, "{label}");
    let run = place.last_run();
    place.planc(&["verify", &run]).exits(0);
}

/// The size at which everything has space.
const ENOUGH: u64 = 2048;

/// Every size up to that at which everything has space, in units of 512 bytes.
fn sizes() -> impl Iterator<Item = u64> {
    (0..64).step_by(8).chain((64..ENOUGH).step_by(32))
}

#[test]
fn a_dry_run_whose_files_may_grow_no_further() {
    let expected = expected();
    for (refused, units) in sizes().enumerate() {
        let label = format!("{units} × 512 bytes");
        let place = world();
        let before = tree(&place);
        let said = limited(&place, units, &["--format", "json", "plan", "p.pl"]);
        assert_eq!(tree(&place), before, "{label}");
        if said.code == Some(0) {
            assert!(refused > 2, "{refused} refused");
            return;
        }
        assert_eq!(said.code, Some(2), "{label}: {}", said.short());
        let error = said.json()["error"].clone();
        let told = error["message"].as_str().is_some_and(|message| message.contains('`'));
        assert!(told && error["help"].as_array().is_some_and(|help| !help.is_empty()), "{label}: {}", said.short());
        go_on(&place, &label);
        check(&place, &expected, &label);
    }
    panic!("it never had space");
}

#[test]
fn a_run_whose_files_may_grow_no_further() {
    let expected = expected();
    for (stopped, units) in sizes().enumerate() {
        let label = format!("{units} × 512 bytes");
        let place = world();
        let said = place.planc(&["--format", "json", "plan", "p.pl"]).exits(0);
        let digest = said.json()["digest"].as_str().expect("a digest").to_owned();
        let said = limited(&place, units, &["run", "--quiet", &format!("--approve={digest}"), "p.pl"]);
        if said.code == Some(0) {
            check(&place, &expected, &label);
            assert!(stopped > 2, "{stopped} stopped");
            return;
        }
        is_clear(&said, &label);
        go_on(&place, &label);
        check(&place, &expected, &label);
    }
    panic!("it never had space");
}

/// State and workspace on disks of their own, of which one is full; then there is space.
#[test]
fn a_disk_that_is_full() {
    if !can_mount() {
        eprintln!("skipped: no disk can be mounted here (`unshare -rm` does not work)");
        return;
    }
    let expected = expected();
    for full in ["state", "ws"] {
        let (mut kilobytes, mut stopped) = (8, 0);
        loop {
            let label = format!("{full} of {kilobytes} KiB");
            let place = world();
            // The tree of the workspace is put on the disk beside what planc adds to it.
            let size = if full == "ws" { kilobytes + 24 } else { kilobytes };
            let script = r#"
set -e
disk="$1"; size="$2"; planc="$3"; state="$4"; ws="$5"; out="$6"
mkdir -p "$disk"
if [ "$disk" = "$ws" ]; then cp -a "$ws" "$out/kept"; fi
mount -t tmpfs -o size="${size}k",mode=700 none "$disk"
if [ "$disk" = "$ws" ]; then cp -a "$out/kept/." "$ws/"; fi
cd "$ws"
run() { "$planc" --state-dir "$state" "$@"; }
set +e
run --format json plan p.pl >"$out/plan" 2>"$out/plan.err"; echo $? >"$out/plan.rc"
digest=$(sed -n 's/.*"digest": "\(sha256:[0-9a-f]*\)".*/\1/p' "$out/plan" | head -1)
if [ -n "$digest" ]; then run --quiet run --approve="$digest" p.pl >"$out/run" 2>"$out/run.err"; echo $? >"$out/run.rc"; fi
mount -o remount,size=64m "$disk"
for i in 1 2 3; do
  name=$(run --format json runs | sed -n 's/.*"run": "\([0-9a-f]*\)".*/\1/p' | head -1)
  status=$(run --format json runs | sed -n 's/.*"status": "\([a-z ]*\)".*/\1/p' | head -1)
  [ "$status" = done ] && break
  if [ -z "$name" ] || [ "$status" = "needs approval" ] || [ "$status" = approved ]; then
    digest=$(run --format json plan p.pl | sed -n 's/.*"digest": "\(sha256:[0-9a-f]*\)".*/\1/p' | head -1)
    run --quiet run --approve="$digest" p.pl >"$out/again" 2>&1; echo $? >"$out/again.rc"
  else
    acted=0; [ -f "$out/log" ] && acted=$(wc -l <"$out/log")
    said='noted=redo'
    [ "$acted" -gt 0 ] && said='noted=done:{"exit_code":0,"stdout":"","stderr":"","truncated":false}'
    run --quiet resume "$name" >"$out/again" 2>&1; rc=$?
    [ $rc = 7 ] && { run --quiet resume "$name" --resolve "$said" >"$out/again" 2>&1; rc=$?; }
    echo $rc >"$out/again.rc"
  fi
done
run verify "$name" >"$out/verify" 2>&1; echo $? >"$out/verify.rc"
cp -a "$ws" "$out/after"
"#;
            let mut command = Command::new("unshare");
            command.args(["-rm", "sh", "-c", script, "sh"]);
            command.arg(place.at(full)).arg(size.to_string()).arg(assert_cmd::cargo::cargo_bin!("planc"));
            command.arg(place.state()).arg(place.ws()).arg(place.at("out")).env("HOME", place.at("home"));
            let done = said(command);
            let read = |name: &str| fs::read_to_string(place.at("out").join(name)).unwrap_or_default();
            let all = || format!("{label}: {}\n{}{}{}", done.short(), read("plan.err"), read("run.err"), read("again"));
            assert_eq!(done.code, Some(0), "{}", all());
            assert_eq!(read("verify.rc").trim(), "0", "{}\n{}", all(), read("verify"));
            let mut after = picture(&place.at("out/after"));
            after.remove(&b"p.pl"[..]);
            assert!(after == expected, "{}", all());
            assert_eq!(acts(&place), 1, "{}", all());
            if read("run.rc").trim() == "0" {
                break;
            }
            stopped += 1;
            for name in ["plan.err", "run.err"].into_iter().filter(|name| !read(name).is_empty()) {
                assert!(read(name).contains("error: ") && read(name).contains("help: "), "{}", all());
            }
            kilobytes += if full == "ws" { 8 } else { 16 };
        }
        assert!(stopped > 2, "{full}: {stopped}");
    }
}

/// Whether this account may write where nobody may.
fn writes_anywhere() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn evidence_that_has_no_space_leaves_no_half_of_it() {
    let place = world();
    place.run("p.pl").exits(0);
    let run = place.last_run();
    let bundle = place.at("out/bundle.json");
    let whole = {
        let whole = place.at("out/whole.json");
        place.planc(&["evidence", &run, "-o", &whole.to_string_lossy()]).exits(0);
        fs::metadata(whole).expect("it was written").len()
    };
    let mut half = 0;
    for units in [0, 1, 64, whole / 1024, whole / 512 - 1] {
        let said = limited(&place, units, &["evidence", &run, "-o", &bundle.to_string_lossy()]);
        assert_eq!(said.code, Some(2), "{units}: {}", said.short());
        assert!(said.err.contains("error: cannot ") && said.err.contains("help: "), "{units}: {}", said.short());
        half += u32::from(said.err.contains("cannot write `"));
        assert!(!bundle.exists(), "{units}");
    }
    assert!(half > 0, "the store never could be opened; a bundle has {whole} bytes");
    // A folder that is not there is made, and one that is a file is none.
    let said = place.planc(&["evidence", &run, "-o", &place.at("out/whole.json/bundle.json").to_string_lossy()]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("error: cannot ") && said.err.contains("help: "), "{}", said.short());
    place.planc(&["evidence", &run, "-o", &place.at("new/bundle.json").to_string_lossy()]).exits(0);
}

#[test]
fn a_state_directory_that_cannot_be_made() {
    let place = world();
    fs::write(place.at("file"), "not a directory").expect("a file can be written");
    let mut command = place.bare(&["plan", "p.pl", "--state-dir"]);
    command.arg(place.at("file/state"));
    let said = said(command);
    assert_eq!(said.code, Some(2), "{}", said.short());
    assert!(said.err.contains("cannot make the state directory `") && said.err.contains("help: "), "{}", said.short());
}

/// A workspace with a plan that writes beside a folder, and in it.
fn locked() -> Place {
    let place = Place::new();
    place.put("locked/keep.txt", "keep\n");
    place.put(
        "p.pl",
        "plan \"p\" {\n  critical {\n    create \"**\"\n  }\n  step a = fs.write(path: \"a.txt\", text: \"a\")\n  \
         step b = fs.write(path: \"locked/b.txt\", text: \"b\")\n}\n",
    );
    place
}

/// A folder of the workspace that cannot be written: the dry run says so, and nothing is begun.
#[test]
fn a_folder_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    if writes_anywhere() {
        eprintln!("skipped: this account may write anywhere");
        return;
    }
    let place = locked();
    let mode = |mode| fs::set_permissions(place.ws().join("locked"), fs::Permissions::from_mode(mode)).expect("a mode");
    mode(0o555);
    let said = place.planc(&["run", "--approve", "p.pl"]);
    mode(0o755);
    assert_eq!(said.code, Some(1), "{}", said.short());
    assert!(said.out.contains("b: it would fail: could not write in `locked`: permission denied"), "{}", said.short());
    assert!(!place.has("a.txt"));
    place.run("p.pl").exits(0);
}

/// A file system that can only be read, in the middle of the workspace: the dry run says so, and nothing is begun.
#[test]
fn a_file_system_that_can_only_be_read() {
    if !can_mount() {
        eprintln!("skipped: no disk can be mounted here (`unshare -rm` does not work)");
        return;
    }
    let place = locked();
    let script = r#"
mount -t tmpfs none locked && mount -o remount,ro locked || exit 99
"$0" --state-dir "$1" --quiet run --approve p.pl; echo "read-only: $?"
ls
mount -o remount,rw locked
"$0" --state-dir "$1" --quiet run --approve p.pl; echo "writable: $?"
cat locked/b.txt
"#;
    let mut command = Command::new("unshare");
    command.args(["-rm", "setsid", "-w", "sh", "-c", script]);
    command.arg(assert_cmd::cargo::cargo_bin!("planc")).arg(place.state());
    command.current_dir(place.ws()).env("HOME", place.at("home"));
    let said = said(command);
    assert!(
        said.out.contains("b: it would fail: could not write in `locked`: read-only file system"),
        "{}",
        said.short()
    );
    assert!(
        said.out.contains("read-only: 1\nlocked\np.pl\n") && said.out.contains("writable: 0\nb"),
        "{}",
        said.short()
    );
}
