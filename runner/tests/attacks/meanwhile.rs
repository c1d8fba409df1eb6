//! What others change in the workspace after the card was made is told before a program runs in the open, path by path.

use crate::place::{Place, Said, can_mount, said, skipped, until};
use crate::signed::QUESTION;
use crate::terminal::{Act, on_terminal};
use std::fs;
use std::process::Command;

/// What stands before the answer.
const ASKS: &str = "`no` ends the run here: ";

/// What the attacker wants to be run in the open: it leaves a line outside of the workspace.
pub const EVIL: &str = "echo evil >> ../out/log";

pub const MAIN: &str = "step m = process.run(argv: [\"sh\", \"main.sh\"])";

/// A confined program that is at work until `go` is there.
const WAITS: &str = "step s = process.run(argv: [\"sh\", \"wait.sh\"])";

/// A plan that may do much.
pub fn plan(steps: &str) -> String {
    format!(
        "plan \"p\" {{\n  critical {{\n    create \"**\"\n    modify \"**\"\n    delete \"**\"\n    run \"sh\"\n  }}\n  {steps}\n}}\n"
    )
}

pub fn log(place: &Place) -> String {
    fs::read_to_string(place.at("out/log")).unwrap_or_default()
}

/// `main.sh`, which is as it was approved, runs in the open what is in `lib`.
pub fn place() -> Place {
    place_at(Place::new())
}

fn place_at(place: Place) -> Place {
    place.put("planc.toml", "[programs]\nopen = [\"sh main.sh\"]\n");
    place.put("main.sh", "for each in lib/*; do . ./$each; done\n").put("lib/keep", "");
    place
}

/// What somebody does in a workspace.
pub type Changes = fn(&Place);

/// What somebody else puts there after the card was made, or after the run, nobody has seen either, whatever the command line names; the
/// kernel says when.
#[test]
fn what_others_change_after_the_card_is_looked_at() {
    let main = "step m = process.run(argv: [\"sh\", \"main.sh\"])";
    let undo = "step m = fs.write(path: \"x\", text: \"x\") {\n    undo process.run(argv: [\"sh\", \"main.sh\"])\n  }";
    let evil = |place: &Place| drop(fs::write(place.ws().join("lib/a.sh"), format!("{EVIL}\n")));
    let gone = |place: &Place| drop(fs::remove_file(place.ws().join("lib/keep")));
    let moved = |place: &Place| {
        fs::write(place.at("out/b.sh"), format!("{EVIL}\n")).unwrap();
        fs::rename(place.at("out/b.sh"), place.ws().join("lib/b.sh")).unwrap();
    };
    // A time that says nothing of it.
    let old = |place: &Place| {
        fs::write(place.ws().join("lib/a.sh"), format!("{EVIL}\n")).unwrap();
        let file = fs::File::options().write(true).open(place.ws().join("lib/a.sh")).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
    };
    let acts: [(Changes, &str); 4] = [
        (evil, "content of lib/a.sh for programs in the open"),
        (gone, "lib/keep: absent"),
        (moved, "content of lib/b.sh for programs in the open"),
        (old, "content of lib/a.sh for programs in the open"),
    ];
    for (act, says) in acts {
        // Without a file the program fails by itself.
        for (allowed, codes) in [(false, &[3][..]), (true, &[0, 4])] {
            let place = place();
            if allowed {
                place.put("planc.toml", "[programs]\nopen = [\"sh main.sh\"]\nchanged = \"allow\"\n");
            }
            let digest = place.put("p.pl", plan(main)).digest("p.pl");
            act(&place);
            let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits_with(codes);
            if !allowed {
                said.says(says);
                assert_eq!(log(&place), "", "{says}");
            }
        }
        // Taking back is a long time after.
        let place = place();
        place.put("p.pl", plan(undo)).run("p.pl").exits(0);
        act(&place);
        place.planc(&["undo", &place.last_run()]).says(says);
        assert_eq!(log(&place), "", "{says}");
    }
}

/// The folders that the run works in tell nothing: what went from one, or came there with another, is told by its path.
#[test]
fn what_others_do_where_the_run_works_is_told() {
    let steps = "step w = fs.write(path: \"lib/w\", text: \"true\\n\")\n  step v = fs.write(path: \"other/v\", text: \"v\")\n  step o = \
                 fs.write(path: \"o\", text: \"o\")";
    let acts: [(Changes, &str); 5] = [
        (|place| fs::remove_file(place.ws().join("lib/keep")).unwrap(), "lib/keep: absent"),
        // Two folders change places, and no file in them is another one.
        (exchange, "content of lib/a.sh for programs in the open"),
        (|place| _ = place.put("lib/.planc-0123456789abcdef0123456789abcdef", EVIL), "lib/.planc-0123"),
        (|place| fs::create_dir(place.ws().join("lib/-e")).unwrap(), "lib/-e: directory"),
        (|place| fs::create_dir_all(place.ws().join("lib/b/.git")).unwrap(), "lib/b/.git: directory"),
    ];
    for (act, says) in acts {
        let place = place();
        place.put("other/a.sh", format!("{EVIL}\n"));
        let digest = place.put("p.pl", plan(&format!("{steps}\n  {MAIN}"))).digest("p.pl");
        act(&place);
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says(says);
        assert_eq!(log(&place), "", "{says}");

        // The same while the run is at work.
        let place = self::place();
        place.put("other/a.sh", format!("{EVIL}\n"));
        place.put("planc.toml", "[programs]\nopen = [\"sh main.sh\"]\nscratch = [\"made\"]\n");
        place.put("wait.sh", "touch made/begun; while [ ! -e made/go ]; do sleep 0.02; done\n").put("made/x", "");
        let digest = place.put("p.pl", plan(&format!("{steps}\n  {WAITS}\n  {MAIN}"))).digest("p.pl");
        let command = place.command(&["run", &format!("--approve={digest}"), "p.pl"]);
        let run = std::thread::spawn(move || said(command));
        until("the confined program works", || place.has("made/begun"));
        act(&place);
        place.put("made/go", "");
        run.join().unwrap().exits(3).says(says);
        assert_eq!(log(&place), "", "{says}");
        // Nor is it forgotten when the run goes on, which begins by taking away what a cut-off process has left.
        let codes: &[i32] = if says.starts_with("lib/.planc") { &[0] } else { &[3] };
        place.planc(&["resume", &place.last_run()]).exits_with(codes);
        assert_eq!(log(&place), "", "{says}");
    }
}

fn exchange(place: &Place) {
    for (from, to) in [("lib", "x"), ("other", "lib"), ("x", "other")] {
        fs::rename(place.ws().join(from), place.ws().join(to)).unwrap();
    }
}

/// What a server is called for may take long, and what others did before it is none of its.
#[test]
fn what_others_do_before_a_server_is_called_is_told() {
    let place = place();
    place.program("server.sh", SERVER);
    let toml = format!(
        "[programs]\nopen = [\"sh main.sh\"]\n[catalogues]\nfiles = [\"files.pl\"]\n[servers.files]\ncommand = {:?}\n",
        place.at("server.sh")
    );
    place.put("planc.toml", toml).put("notes/x", "x\n");
    place.put("files.pl", "catalogue files {\n  tool put(path: path) -> string {\n    writes path\n  }\n}\n");
    place.put("p.pl", plan(&format!("step n = files.put(path: \"notes/x\")\n  {MAIN}")));
    // What it does itself is known.
    place.run("p.pl").exits(0);
    assert_eq!(place.get("notes/x"), "evil\n");
    let digest = place.digest("p.pl");
    place.put("lib/a.sh", EVIL);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says("content of lib/a.sh");
    place.planc(&["resume", &place.last_run()]).exits(3).says("content of lib/a.sh");
    assert_eq!(log(&place), "");
}

/// It writes the path that it is told, if any.
pub const SERVER: &str = r#"while read -r line; do
  id=$(printf %s "$line" | sed -n 's/.*"id":\([^,}]*\).*/\1/p')
  case "$line" in
    *'"method":"initialize"'*) answer='"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"files","version":"1"}}' ;;
    *'"method":"tools/list"'*) answer='"result":{"tools":[{"name":"put","inputSchema":{"type":"object"}},{"name":"note","inputSchema":{"type":"object"}}]}' ;;
    *'"method":"tools/call"'*)
      path=$(printf %s "$line" | sed -n 's/.*"path":"\([^"]*\)".*/\1/p')
      [ -z "$path" ] || echo evil > "$path"
      answer='"result":{"content":[{"type":"text","text":"done"}]}' ;;
    *) answer='"error":{"code":-32601,"message":"there is no such method"}' ;;
  esac
  [ -n "$id" ] && printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$id" "$answer"
done"#;

/// What cannot be looked at is found by others, and a name that is no text.
#[test]
fn what_planc_cannot_look_at_is_told() {
    use std::os::unix::ffi::OsStrExt;
    let odd = |place: &Place| place.ws().join("lib").join(std::ffi::OsStr::from_bytes(b"a\xff.sh"));
    let place = place();
    fs::write(odd(&place), "true\n").unwrap();
    let digest = place.put("p.pl", plan(MAIN)).digest("p.pl");
    fs::write(odd(&place), EVIL).unwrap();
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says(r"lib/a\\xff.sh: other");
    assert_eq!(log(&place), "");
}

/// One yes may be for several runs: what was changed after the first of them was on no card.
#[test]
fn what_others_do_between_two_runs_is_told() {
    let place = place();
    let digest = place.put("p.pl", plan(MAIN)).digest("p.pl");
    let (code, shown) = on_terminal(&place, &["approve", &digest, "--uses", "2"], "yes", &Act::Type(b"yes\n"));
    assert_eq!(code, 0, "{shown}");
    place.planc(&["run", "p.pl"]).exits(0);
    place.put("lib/a.sh", EVIL);
    place.planc(&["run", "p.pl"]).exits(3).says("content of lib/a.sh");
    assert_eq!(log(&place), "");
}

/// A person who was shown what others did says yes to that, once.
#[test]
fn what_others_do_is_asked_about_once() {
    let place = place();
    let twice = format!("{MAIN}\n  step n = process.run(argv: [\"sh\", \"main.sh\"])");
    let digest = place.put("p.pl", plan(&twice)).digest("p.pl");
    place.put("lib/a.sh", "echo good >> ../out/log\n");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says("content of lib/a.sh");
    let (code, shown) = on_terminal(&place, &["resume", &place.last_run()], ASKS, &Act::Type(b"yes\n"));
    assert_eq!((code, log(&place).as_str()), (0, "good\ngood\n"), "{shown}");
}

/// Nor does anybody know what comes out of a pipe, though it was there before the card.
#[test]
fn a_pipe_that_nothing_names_is_told() {
    let place = place();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        place.ws().join("lib/pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o644),
        0,
    )
    .unwrap();
    let digest = place.put("p.pl", plan("step m = process.run(argv: [\"sh\", \"main.sh\"])")).digest("p.pl");
    place
        .planc(&["run", &format!("--approve={digest}"), "p.pl"])
        .exits(3)
        .says("lib/pipe: other, nobody can say which, for `m`");
    // A yes to it would be one for this process alone.
    let asked = |said: Said| {
        let text = said.err.split_once("for `m` at ").expect("it says when").1;
        text.chars().take_while(|c| *c != '"').collect::<String>()
    };
    let resume = || asked(place.planc(&["resume", &place.last_run()]).exits(3));
    assert_ne!(resume(), resume());
}

/// What git keeps as data is looked at like anything else, also where a link leads there.
#[test]
fn what_is_put_into_the_data_of_a_repository_is_told() {
    for file in [
        ".git/objects/a.sh",
        ".git/objects/ab/c0",
        ".git/modules/lfs/hooks/x",
        ".git/lfs/x",
        ".git/objects/pack/pack-1.pack",
    ] {
        for was_there in [true, false] {
            let place = place();
            place.link(format!("../{file}"), "lib/a.sh");
            if was_there {
                place.put(file, "true\n");
            }
            let digest = place.put("p.pl", plan(MAIN)).digest("p.pl");
            place.put(file, EVIL);
            place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says(file);
            assert_eq!(log(&place), "", "{file}");
        }
    }
}

/// A card that was made with another state directory is one of another plan: there the inventory would be made when it is first stored,
/// after whatever was changed.
#[test]
fn a_card_of_another_state_is_none_here() {
    for plans_late in [false, true] {
        let place = place();
        let other = place.at("xdg/another");
        place.put("p.pl", plan(MAIN));
        let elsewhere = said(place.bare(&["--format", "json", "plan", "p.pl", "--state-dir", other.to_str().unwrap()]));
        let digest = elsewhere.json()["digest"].as_str().expect("a plan has a digest").to_owned();
        place.put("lib/a.sh", EVIL);
        if plans_late {
            place.planc(&["plan", "p.pl"]).exits(0);
        }
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5);
        assert_eq!(log(&place), "");
    }
}

/// Where an inventory is not kept, nobody knows what was there.
#[test]
fn what_nobody_knows_is_told_as_a_whole() {
    let place = place();
    let digest = place.put("p.pl", plan(MAIN)).digest("p.pl");
    let changed = place.database().execute("UPDATE inventories SET inventory = NULL", []).unwrap();
    assert_eq!(changed, 1);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says(".: directory");
    place.planc(&["resume", &place.last_run()]).exits(3).says(".: directory");
    let (code, shown) = on_terminal(&place, &["resume", &place.last_run()], ASKS, &Act::Type(b"yes\n"));
    assert_eq!(code, 0, "{shown}");
}

/// What the run itself does, and what programs in the open leave, which nobody records, is no change by others.
#[test]
fn what_the_run_changes_is_no_change_by_others() {
    let steps = "step w = fs.write(path: \"lib/w\", text: \"true\\n\")\n  step d = fs.delete(path: \"lib/keep\")\n  \
                 step m = process.run(argv: [\"sh\", \"main.sh\"])\n  step n = process.run(argv: [\"sh\", \"main.sh\"]) {\n    \
                 undo process.run(argv: [\"sh\", \"main.sh\"])\n  }\n  step o = fs.write(path: \"o\", text: \"o\") {\n    undo \
                 process.run(argv: [\"sh\", \"main.sh\"])\n  }";
    let place = place();
    place.put("main.sh", "echo more >> made; mkdir -p deep; echo x > deep/$$; rm -f gone; ls lib >> ../out/log\n");
    place.put("gone", "").put("p.pl", plan(steps)).run("p.pl").exits(0);
    place.planc(&["undo", &place.last_run()]).exits(0);
    assert_eq!(log(&place).matches("w\n").count(), 4, "{}", log(&place));
}

/// A store through a mapping leaves no time where the page was stored into before, and on a file system in memory never.
#[test]
fn what_is_stored_through_a_mapping_is_told() {
    const MEMORY: &str = "/dev/shm";
    let store = "import mmap, os, sys, time\n\
                 file = os.open(sys.argv[1], os.O_RDWR)\n\
                 page = mmap.mmap(file, 0)\n\
                 page[0] = ord('t')\n\
                 open(sys.argv[2], 'w').close()\n\
                 while not os.path.exists(sys.argv[3]): time.sleep(0.01)\n\
                 page[:] = sys.argv[4].encode()\n";
    let name = "what_is_stored_through_a_mapping_is_told";
    if Command::new("python3").arg("--version").output().is_err() {
        return skipped(name, "there is no python3");
    }
    let mut places = vec![place_at(Place::new())];
    match fs::metadata(MEMORY) {
        Ok(_) => places.push(place_at(Place::within(MEMORY))),
        Err(_) => skipped(name, "there is no file system in memory"),
    }
    for place in places {
        let was = format!("true{}\n", " ".repeat(EVIL.len() - 4));
        place.put("lib/a.sh", &was).put("p.pl", plan(MAIN));
        let mut python = Command::new("python3");
        python.args(["-c", store]).arg(place.ws().join("lib/a.sh"));
        python.arg(place.at("out/begun")).arg(place.at("out/go")).arg(format!("{EVIL}\n"));
        let mut python = python.spawn().unwrap();
        until("the page is stored into", || place.at("out/begun").exists());
        let digest = place.digest("p.pl");
        fs::write(place.at("out/go"), "").unwrap();
        assert!(python.wait().unwrap().success());
        assert_eq!(place.get("lib/a.sh"), format!("{EVIL}\n"));
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says("content of lib/a.sh");
        assert_eq!(log(&place), "");
    }
}

/// Taking back goes from the last step to the first: what an earlier one has replaced is not there again by then.
#[test]
fn what_was_replaced_is_put_back_by_taking_back_alone() {
    for first in ["fs.delete(path: \"lib/old\")", "fs.write(path: \"lib/old\", text: \"true\\n\")"] {
        let place = place();
        let steps = format!(
            "step d = {first}\n  step w = fs.write(path: \"x\", text: \"x\") {{\n    undo process.run(argv: [\"sh\", \"main.sh\"])\n  }}"
        );
        place.put("lib/old", EVIL).put("p.pl", plan(&steps)).run("p.pl").exits(0);
        place.put("lib/old", EVIL);
        place.planc(&["undo", &place.last_run()]).says("content of lib/old");
        assert_eq!(log(&place), "", "{first}");
        // As the run has left it, it is known.
        match first.starts_with("fs.delete") {
            true => fs::remove_file(place.ws().join("lib/old")).unwrap(),
            false => drop(fs::write(place.ws().join("lib/old"), "true\n")),
        }
        place.planc(&["undo", &place.last_run()]).exits(0);
        assert_eq!(place.get("lib/old"), EVIL);
    }
}

/// What was on the card of another run of the same plan was on none of the first.
#[test]
fn another_yes_is_none_to_what_was_changed_since_the_first() {
    let undo = "step w = fs.write(path: \"x\", text: \"x\") {\n    undo process.run(argv: [\"sh\", \"main.sh\"])\n  }";
    let place = place();
    place.put("p.pl", plan(undo));
    let yes = || {
        let (code, shown) = on_terminal(&place, &["run", "--approve", "p.pl"], QUESTION, &Act::Type(b"yes\n"));
        assert_eq!(code, 0, "{shown}");
    };
    yes();
    let first = place.last_run();
    place.put("lib/a.sh", EVIL);
    fs::remove_file(place.ws().join("x")).unwrap();
    yes();
    assert_ne!(place.last_run(), first);
    place.planc(&["undo", &first]).says("content of lib/a.sh");
    assert_eq!(log(&place), "");
}

/// Of what cannot be shown, a yes is one to this, and of a workspace that nobody knows to all that is in it then.
#[test]
fn a_yes_to_a_name_is_none_to_another_content() {
    for is_known in [true, false] {
        let place = place();
        place.put("main.sh", ". ./sub/a.sh\n").put("sub/planc.toml", "").put("sub/a.sh", "true\n");
        let digest = place.put("p.pl", plan(MAIN)).digest("p.pl");
        if !is_known {
            place.database().execute("UPDATE inventories SET inventory = NULL", []).unwrap();
        }
        place.put("sub/a.sh", "echo good >> ../out/log\n");
        let file = place.ws().join("sub/a.sh");
        let swap = move || fs::write(&file, EVIL).unwrap();
        let approve = format!("--approve={digest}");
        let act = Act::Meanwhile(Box::new(swap), b"yes\n");
        let (code, shown) = on_terminal(&place, &["run", &approve, "p.pl"], ASKS, &act);
        assert_eq!((code, log(&place).as_str()), (5, ""), "{shown}");
    }
}

/// Which commit is meant, and what one would hold.
#[test]
fn what_a_repository_means_is_told() {
    let commit = "step m = process.run(argv: [\"git\", \"commit\", \"-qm\", \"ok\"])";
    let worktree = "step m = process.run(argv: [\"git\", \"-C\", \"wt\", \"log\"])";
    let fetched = "step m = process.run(argv: [\"git\", \"log\", \"FETCH_HEAD\"])";
    for (step, act, says) in [
        (
            commit,
            "git update-index --add --cacheinfo 100644,$(echo evil | git hash-object -w --stdin),deploy.sh",
            ".git/index",
        ),
        (worktree, "git rev-parse HEAD > .git/worktrees/wt/HEAD", "content of .git/worktrees/wt/HEAD"),
        (fetched, "git rev-parse HEAD > .git/FETCH_HEAD", "content of .git/FETCH_HEAD"),
        (fetched, "git branch other", "content of .git/refs/heads/other"),
        (commit, "echo evil | git hash-object -w --stdin", "data of repositories for programs in the open"),
    ] {
        let place = place();
        place.put("planc.toml", "[programs]\nopen = [\"git\"]\n").put("a", "a\n");
        let git = |script: &str| {
            let done = Command::new("sh").args(["-ec", script]).current_dir(place.ws()).output().unwrap();
            assert!(done.status.success(), "{script}: {}", String::from_utf8_lossy(&done.stderr));
        };
        git("git init -q -b main; git config user.email a@b; git config user.name a; git add a; git commit -qm one");
        git("git worktree add -q -b topic wt; git rev-parse HEAD > .git/FETCH_HEAD; echo b > b; git add b");
        place.put("p.pl", plan(step).replace("run \"sh\"", "run \"git\""));
        let digest = place.digest("p.pl");
        git(&format!("sleep 0.05; {act}"));
        let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]);
        said.exits(3).says(says);
    }
}

/// What others do is told also where the plan has a secret, which is not in it.
#[test]
fn no_secret_hides_what_others_do() {
    let place = place();
    let text = "plan \"p\" {\n  input token: string secret\n  critical {\n    create \"**\"\n    run \"sh\"\n    run \"tee\"\n  }\n  step k = \
                process.run(argv: [\"tee\", \"conf\"], stdin: token)\n  step m = process.run(argv: [\"sh\", \"main.sh\"])\n}\n";
    fs::write(place.at("token"), "hunter22").unwrap();
    place.put("p.pl", text);
    let digest = place.digest_with(&["plan", "p.pl", "--input-file", "token=../token"]);
    place.put("lib/a.sh", EVIL);
    fs::remove_file(place.ws().join("lib/keep")).unwrap();
    let approve = format!("--approve={digest}");
    let said = place.planc(&["run", &approve, "p.pl", "--input-file", "token=../token"]).exits(3);
    said.says(EVIL).says("lib/keep: absent");
    assert_eq!(log(&place), "");
}

/// Who serves a file system says any number of a file, and to each who asks another content.
#[test]
fn what_is_mounted_in_the_workspace_is_told() {
    let name = "what_is_mounted_in_the_workspace_is_told";
    if !can_mount() {
        return skipped(name, "nothing can be mounted");
    }
    for (folder, script) in [
        ("lib", "mount -t tmpfs none lib; echo true > lib/a.sh"),
        ("lib", "mount --bind lib lib"),
        (".git/hooks", "mount -t tmpfs none .git/hooks"),
        ("lib/keep", "mount --bind main.sh lib/keep"),
        ("planc.toml", "cp -a . ../other; mount --bind ../other ."),
    ] {
        let place = place();
        place.put(".git/hooks/x", "");
        let digest = place.put("p.pl", plan(MAIN)).digest("p.pl");
        let planc = place.command(&["run", &format!("--approve={digest}"), "p.pl"]);
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-ec", &format!("{script}; cd $PWD; exec \"$@\""), "sh"]);
        command.arg(planc.get_program()).args(planc.get_args()).current_dir(place.ws());
        command.env_clear().envs(planc.get_envs().filter_map(|(name, value)| Some((name, value?))));
        said(command).exits(3).says(&format!("{folder}: "));
        assert_eq!(log(&place), "");
    }
}

/// What nobody reads is counted, and the plan is not stuck.
#[test]
fn very_many_files_are_counted() {
    let place = place();
    let digest = place.put("p.pl", plan(MAIN)).digest("p.pl");
    for number in 0..1500 {
        place.put(&format!("node_modules/a-package-with-a-long-name-{number}/index.js"), "x");
    }
    place.put("README", "x");
    let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3);
    said.says("count: 1501").says("\"node_modules: 1500\"").says("\"README: 1\"");
    let (code, shown) = on_terminal(&place, &["resume", &place.last_run()], ASKS, &Act::Type(b"yes\n"));
    assert_eq!(code, 0, "{shown}");
}
