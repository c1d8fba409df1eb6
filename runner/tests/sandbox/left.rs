//! What programs leave that would outlast or outgrow their cell: trees without an end, files with the rights of planc's
//! account, repositories whose configuration git executes.

use crate::early::{dry, plan, sh};
use crate::place::{Place, picture, skipped};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

const PYTHON: &str = "/usr/bin/python3";
/// Deeper than any stack holds and any number of open files.
const DEEP: &str = "import os, sys\nos.chdir(sys.argv[1])\nfor i in range(int(sys.argv[2])):\n    os.mkdir('d'); open('f', 'w').close(); os.chdir('d')\n";

/// The cells that are there.
fn cells(place: &Place) -> usize {
    fs::read_dir(place.state().join("cells")).map_or(0, |entries| entries.count())
}

#[test]
fn a_tree_of_any_depth_is_removed_with_its_cell() {
    if !Path::new(PYTHON).exists() {
        return skipped("a_tree_of_any_depth", "there is no python3");
    }
    let place = Place::new();
    place.put("deep.py", DEEP);
    let run = |steps: &str| {
        place.put(
            "p.pl",
            format!(
                "plan \"x\" {{\n critical {{\n run \"python3\"\n run \"true\"\n create \"**\"\n }}\n {steps}\n}}\n"
            ),
        );
        place.planc(&["run", "--approve", "p.pl"])
    };
    let deep = |folder: &str, depth: u32| {
        run(&format!("step a = process.run(argv: [\"python3\", \"deep.py\", \"{folder}\", \"{depth}\"])"))
    };
    deep("/tmp", 1000).exits(0);
    assert_eq!(cells(&place), 0);
    // In the copy of the workspace it is refused, and removed all the same.
    deep(".", 1000).exits(4).says("more than 128 parts");
    assert_eq!(cells(&place), 0);
    deep(".", 100).exits(0);
    // One that an earlier planc left goes with the next cell, also where its owner took his rights away.
    let mut gone = Command::new("true").spawn().unwrap();
    gone.wait().unwrap();
    let left = place.state().join("cells").join(format!("{}-left", gone.id()));
    fs::create_dir_all(left.join("tmp/closed")).unwrap();
    let mut python = Command::new(PYTHON);
    python.arg(place.ws().join("deep.py")).arg(left.join("tmp/closed")).arg("3000");
    assert!(python.status().unwrap().success());
    place.link(place.at("out"), "led");
    fs::rename(place.ws().join("led"), left.join("tmp/closed/led")).unwrap();
    fs::write(place.at("out/kept"), "kept").unwrap();
    fs::set_permissions(left.join("tmp/closed"), fs::Permissions::from_mode(0o0)).unwrap();
    let out = picture(&place.at("out"));
    run("step a = process.run(argv: [\"true\"])").exits(0);
    assert_eq!((cells(&place), picture(&place.at("out"))), (0, out));
}

#[test]
fn a_file_with_the_rights_of_its_owner_is_not_kept() {
    // No program sets these bits.
    for script in [
        "mkdir out; cp /bin/sh out/tool; chmod 6755 out/tool",
        "cp /bin/sh tool; chmod 4755 tool",
        "cp /bin/sh tool; chmod 2755 tool",
        "chmod u+s there",
    ] {
        let place = Place::new();
        place.put("there", "#!/bin/sh\n");
        place.put("p.pl", plan("create \"**\"\n modify \"**\"", &sh("a", &format!("{script} || echo refused"))));
        let said = place.planc(&["--format", "json", "run", "--approve", "p.pl"]).exits(0).says("refused");
        for path in ["out/tool", "tool", "there"].map(|path| place.ws().join(path)) {
            let mode = path.metadata().map_or(0, |found| found.permissions().mode());
            assert_eq!(mode & 0o6000, 0, "{script}: {}", said.short());
        }
    }
    // One that is there it takes elsewhere, to copy it up.
    for (script, path) in [("mv there tool", "tool"), ("mkdir out; mv there out/tool", "out/tool")] {
        let place = Place::new();
        place.put("planc.toml", "[programs]\ndry_run = \"sealed\"\n").put("there", "#!/bin/sh\n");
        fs::set_permissions(place.ws().join("there"), fs::Permissions::from_mode(0o4755)).unwrap();
        let lines = "create \"**\"\n modify \"**\"\n delete \"**\"";
        place.put("p.pl", plan(lines, &sh("a", script)));
        let before = picture(&place.ws());
        place.planc(&["run", "--approve", "p.pl"]).exits(4).says(path).says("setuid");
        // The card says so where the program ran before.
        place.planc(&["plan", "--run-programs", "p.pl"]).exits(1).says("setuid");
        assert_eq!(picture(&place.ws()), before, "{script}");
    }
    // On a folder these bits give nobody any right; it is kept without.
    let place = Place::new();
    place.put("p.pl", plan("create \"**\"", &sh("a", "mkdir out; chmod 2755 out")));
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
}

#[test]
fn no_tool_makes_a_file_with_the_rights_of_planc() {
    let place = Place::new();
    let set = |mode| {
        place.put("tool", "#!/bin/sh\n");
        fs::set_permissions(place.ws().join("tool"), fs::Permissions::from_mode(mode)).unwrap();
    };
    let mode = |path: &str| place.ws().join(path).metadata().unwrap().permissions().mode() & 0o7777;
    for (steps, path) in [
        ("step a = fs.copy(from: \"tool\", to: \"new\")", "new"),
        ("step a = fs.move(from: \"tool\", to: \"moved\")", "moved"),
        ("step a = fs.write(path: \"tool\", text: \"x\")", "tool"),
    ] {
        set(0o6755);
        place.put(
            "p.pl",
            format!("plan \"x\" {{\n critical {{\n create \"**\"\n modify \"**\"\n delete \"**\"\n }}\n {steps}\n}}\n"),
        );
        place.planc(&["run", "--approve", "p.pl"]).exits(0);
        assert_eq!(mode(path), 0o755, "{steps}");
        // What is put back is made by planc too.
        place.planc(&["undo", &place.last_run()]).exits(0);
        assert_eq!(mode("tool") & 0o2000, if path == "new" { 0o2000 } else { 0 }, "{steps}");
    }
}

#[test]
fn what_git_executes_later_needs_a_line_of_its_own_wherever_it_lies() {
    let all = "create \"**\"\n modify \"**\"\n delete \"**\"";
    for (script, wanted) in [
        ("mkdir -p sub/meta; echo 'gitdir: meta' > sub/.git; echo x > sub/meta/config", "create \"sub/.git\""),
        ("ln -s meta sub/.git", "create \"sub/.git\""),
        ("echo ../meta > .git/commondir", "create \".git/commondir\""),
        ("mkdir -p .git/info; echo '* filter=evil' > .git/info/attributes", "create \".git/info/attributes\""),
        ("mkdir -p .git/rebase-merge; echo 'exec evil' > .git/rebase-merge/git-rebase-todo", "git-rebase-todo"),
        ("mkdir -p b/objects b/refs; echo 'ref: refs/heads/main' > b/HEAD; echo x > b/config", "create \"b/config\""),
        ("mkdir -p b/objects b/refs; echo 'ref: refs/heads/main' > b/HEAD", "create \"b/HEAD\""),
        ("echo evil > bare/config", "create \"bare/config\""),
        ("mkdir bare/hooks; echo evil > bare/hooks/update", "create \"bare/hooks/update\""),
        // Among the data of a repository there may lie another.
        (
            "d=.git/refs/x; mkdir -p $d/objects $d/refs; echo 'ref: refs/heads/main' > $d/HEAD; echo x > $d/config; ln -s $d vendor",
            "create \".git/refs/x/config\"",
        ),
        (
            "d=.git/objects/y; mkdir -p $d; echo x > $d/HEAD; echo ../x > $d/commondir",
            "create \".git/objects/y/commondir\"",
        ),
        ("mkdir .git/logs/z/refs", "create \".git/logs/z/refs\""),
    ] {
        let place = Place::new();
        place.put("planc.toml", "[programs]\ndry_run = \"sealed\"\n");
        place.put(".git/HEAD", "ref: refs/heads/main\n").put("bare/HEAD", "ref: refs/heads/main\n").put("sub/a", "");
        // All that this lacks is a folder.
        place.put(".git/logs/z/HEAD", "x").put(".git/logs/z/config", "x").put(".git/logs/z/objects/a", "x");
        place.put("p.pl", plan(all, &sh("a", script)));
        let before = picture(&place.ws());
        place.planc(&["run", "--approve", "p.pl"]).exits(6).says(wanted);
        let report = dry(&place, &plan(all, &sh("a", script)));
        assert_eq!(report["status"], "blocked", "{script}");
        assert_eq!(picture(&place.ws()), before, "{script}");
        // A line that names the place allows it, and somebody reads that.
        let lines = "create \"sub/.git\"\n create \".git/commondir\"\n create \".git/info/**\"\n create \".git/rebase-merge/**\"\n \
             create \"b/HEAD\"\n create \"b/config\"\n create \"bare/config\"\n create \"bare/hooks/**\"\n create \".git/refs/x/**\"\n create \".git/refs/x\"\n \
             create \".git/objects/y/**\"\n create \".git/logs/z/refs\"";
        place.put("p.pl", plan(&format!("{all}\n {lines}"), &sh("a", script)));
        place.planc(&["run", "--approve", "p.pl"]).exits(3);
        place.run("p.pl").exits(0);
    }
}

#[test]
fn what_git_keeps_needs_no_line_of_its_own() {
    let place = Place::new();
    place.put(".git/HEAD", "ref: refs/heads/main\n").put("config", "mine\n").put("sub/hooks/x", "");
    place.put(".git/objects/ab/c", "").put(".git/refs/heads/main", "");
    // Branches may be called like what a repository has.
    let script = "mkdir -p .git/objects/aa .git/refs/remotes/origin/hooks .git/logs/refs .git/info; cd .git; for f in objects/aa/b \
         refs/remotes/origin/config refs/remotes/origin/hooks/x refs/remotes/origin/HEAD logs/HEAD HEAD ORIG_HEAD index packed-refs COMMIT_EDITMSG info/exclude; do echo x > $f; done; \
         cd ..; echo x > config; echo x > sub/hooks/x";
    place.put("p.pl", plan("create \"**\"\n modify \"**\"", &sh("a", script)));
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
    assert_eq!(place.get(".git/logs/HEAD"), "x\n");
}

/// A process goes on with its other threads.
#[test]
fn what_has_lost_its_first_thread_is_told() {
    if !Path::new(PYTHON).exists() {
        return skipped("what_has_lost_its_first_thread", "there is no python3");
    }
    for (ends, is_told) in
        [("time.sleep(20)", true), ("ctypes.CDLL(None).syscall(END, 0)", true), ("os._exit(0)", false)]
    {
        let place = Place::new();
        let end = if cfg!(target_arch = "x86_64") { "60" } else { "93" };
        let child = format!(
            "import ctypes, os, threading, time\nif os.fork() == 0:\n    for each in (0, 1, 2): os.close(each)\n    \
             threading.Thread(target=time.sleep, args=(20,)).start()\n    {}\ntime.sleep(0.5)\n",
            ends.replace("END", end)
        );
        place.put("fork.py", child);
        place.put(
            "p.pl",
            "plan \"x\" {\n critical {\n run \"python3\"\n }\n step s = process.run(argv: [\"python3\", \"fork.py\"])\n output said \
             = s.stderr\n}\n",
        );
        let said = place.planc(&["--format", "json", "run", "--approve", "p.pl"]).exits(0);
        assert_eq!(said.out.contains("left running: python3"), is_told, "{ends}: {}", said.short());
    }
}
