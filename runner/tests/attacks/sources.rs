//! What a file tool reads behind a confined program is as it was at the card, or as the run has left it; and what it makes of what nobody has
//! seen is shown before something runs in the open.

use crate::known::{meanwhile, meanwhile_behind};
use crate::meanwhile::{Changes, EVIL, MAIN, SERVER, log, place, plan};
use crate::place::Place;
use std::fs;
use std::os::unix::fs::symlink;

const RUNS: &str = "step m = process.run(argv: [\"sh\", \"tools/x.sh\"])";
const MOVES: &str = "step t = fs.move(from: \"src/x.sh\", to: \"tools/x.sh\")";
const COPIES: &str = "step t = fs.copy(from: \"src\", to: \"tools/src\")";
/// A confined program.
const PREP: &str = "step s = process.run(argv: [\"sh\", \"prep.sh\"])";

/// Nothing of it runs in the open.
fn files() -> Place {
    let place = Place::new();
    place.put("src/x.sh", "true\n").put("src/y.sh", "true\n").put("src/x.txt", "true\n").put("tools/y", "");
    place.put("evil.sh", "echo > evil\n").put("prep.sh", "true\n");
    place
}

/// What others put where a file tool reads or writes is none of what was approved, though the dry run did not say what would be there.
#[test]
fn what_a_file_tool_names_is_as_it_was() {
    let puts: Changes = |place| _ = place.put("src/x.sh", "echo > evil\n");
    let links: Changes = |place| {
        fs::remove_file(place.ws().join("src/x.sh")).unwrap();
        symlink("../evil.sh", place.ws().join("src/x.sh")).unwrap();
    };
    let adds: Changes = |place| _ = place.put("src/new.sh", "true\n");
    let takes: Changes = |place| fs::remove_file(place.ws().join("src/y.sh")).unwrap();
    let reads = format!(
        "step r = fs.read(path: \"src/x.txt\")\n  step t = fs.write(path: \"tools/x.sh\", text: r.text)\n  {RUNS}"
    );
    let attacks: [(String, Changes); 8] = [
        (format!("{MOVES}\n  {RUNS}"), puts),
        (format!("{MOVES}\n  {RUNS}").replace("move", "copy"), links),
        (reads, |place| _ = place.put("src/x.txt", "echo > evil\n")),
        (format!("{COPIES}\n  {}", RUNS.replace("tools", "tools/src")), puts),
        (COPIES.to_owned(), adds),
        (COPIES.to_owned(), takes),
        ("step t = fs.delete(path: \"src\", recursive: true)".to_owned(), adds),
        ("step t = fs.write(path: \"tools/y\", text: \"mine\")".to_owned(), |place| _ = place.put("tools/y", "theirs")),
    ];
    for (steps, act) in attacks {
        let place = files();
        assert_eq!((meanwhile(&place, &steps, act), place.has("evil")), (Some(5), false), "{steps}");
        assert!(place.has("src/x.sh") && !place.has("tools/src") && !place.has("tools/x.sh"), "{steps}");
        assert_ne!(fs::read_to_string(place.ws().join("tools/y")).unwrap(), "mine");
        assert_eq!(meanwhile(&files(), &steps, |_| ()), Some(0), "{steps}");
    }
}

/// What the run itself has made is its own, also a folder of which nothing was there.
#[test]
fn what_a_program_has_made_is_copied() {
    let steps = [
        "step t = fs.copy(from: \"dist\", to: \"tools/dist\")",
        "step r = fs.read(path: \"dist/a/b\")",
        "step t = fs.move(from: \"src\", to: \"tools/src\")",
        "step t = fs.delete(path: \"src\", recursive: true)",
        "step t = fs.edit(path: \"src/x.sh\", edits: [{ find: \"new\", replace: \"newer\" }])",
        "step t = fs.append(path: \"src/y.sh\", text: \"x\")",
    ];
    for step in steps {
        let place = files();
        place.put(
            "prep.sh",
            "mkdir -p dist/a; echo b > dist/a/b; echo new > src/x.sh; mkdir src/sub; echo > src/sub/n; rm src/x.txt\n",
        );
        let digest = place.put("p.pl", plan(&format!("{PREP}\n  {step}"))).digest("p.pl");
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
    }
}

/// What programs really write in a folder that is copied is nobody's.
#[test]
fn a_folder_with_a_scratch_folder_in_it_is_copied() {
    for step in [COPIES, "step t = fs.delete(path: \"src\", recursive: true)"] {
        let place = files();
        place.put("planc.toml", "[programs]\nscratch = [\"src/tmp\"]\n").put("src/tmp/old", "old");
        place.put("prep.sh", "echo > src/tmp/new\n");
        let digest = place.put("p.pl", plan(&format!("{PREP}\n  {step}"))).digest("p.pl");
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
    }
}

/// A program may put something where a file tool reads it, and another step may take it away again: what was read is shown all the same.
#[test]
fn what_was_there_for_a_moment_is_seen_in_what_was_made_of_it() {
    let evil = format!("{EVIL}\n");
    let back = "step x = fs.delete(path: \"src/a.sh\")\n  step g = fs.write(path: \"src/a.sh\", text: \"true\\n\")";
    let attacks = [
        // A link to what somebody has seen elsewhere.
        (
            "rm src/a.sh; ln -s ../docs/n.txt src/a.sh",
            "fs.copy(from: \"src/a.sh\", to: \"lib/b.sh\")",
            back,
            ". lib/b.sh",
        ),
        // And to what programs leave in scratch folders.
        (
            "rm src/a.sh; ln -s ../target/n.txt src/a.sh",
            "fs.copy(from: \"src/a.sh\", to: \"lib/b.sh\")",
            back,
            ". lib/b.sh",
        ),
        // Something is gone that a program in the open goes by.
        (
            "rm src/deny",
            "fs.copy(from: \"src\", to: \"lib/d\")",
            "step g = fs.write(path: \"src/deny\", text: \"no\\n\")",
            "[ -e lib/d/deny ] || echo evil >> ../out/log",
        ),
        // A mode that what is written there keeps.
        (
            "echo > lib/b.sh; chmod 755 lib/b.sh",
            "fs.write(path: \"lib/b.sh\", text: \"echo evil >> ../out/log\\n\")",
            "",
            "[ ! -x lib/b.sh ] || . lib/b.sh",
        ),
    ];
    for (prep, call, back, main) in attacks {
        let place = place();
        place.put("planc.toml", "[programs]\nopen = [\"sh main.sh\"]\nscratch = [\"target\"]\n");
        place.put("src/a.sh", "true\n").put("src/deny", "no\n").put("docs/n.txt", &evil).put("target/n.txt", &evil);
        place.put("prep.sh", format!("{prep}\n")).put("main.sh", format!("{main}\n"));
        let steps = format!("{PREP}\n  step t = {call}\n  {back}\n  {MAIN}");
        let digest = place.put("p.pl", plan(&steps)).digest("p.pl");
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3);
        assert_eq!(log(&place), "", "{prep}");
    }
}

/// So is what was there for a moment by others.
#[test]
fn what_others_lead_a_file_tool_to_is_seen_in_what_it_made_of_it() {
    let place = place();
    place.put("src/a.sh", "true\n").put("docs/a.sh", format!("{EVIL}\n")).put("main.sh", "[ $# != 0 ] || . lib/b.sh\n");
    let open = "step o = process.run(argv: [\"sh\", \"main.sh\", \"x\"])";
    let steps = format!(
        "step t = fs.copy(from: \"src/a.sh\", to: \"lib/b.sh\")\n  step x = fs.delete(path: \"src\")\n  \
         step g = fs.write(path: \"src/a.sh\", text: \"true\\n\")\n  {MAIN}"
    );
    let ended = meanwhile_behind(&place, open, &steps, |place| {
        fs::rename(place.ws().join("src"), place.at("out/src")).unwrap();
        symlink("docs", place.ws().join("src")).unwrap();
    });
    assert_eq!((ended, log(&place).as_str()), (Some(3), ""));
}

/// What somebody has done where a program in the open was at work is not taken back with it by a file tool.
#[test]
fn the_work_of_somebody_is_not_taken_back() {
    let calls = ["fs.write(path: \"out/x\", text: \"back\")", "fs.delete(path: \"out/x\")"];
    for call in calls {
        for (is_theirs, code) in [(true, 4), (false, 0)] {
            let place = place();
            place.put("main.sh", "mkdir -p out; echo x > out/x\n");
            let step = format!("{MAIN} {{\n    undo {call}\n  }}");
            let digest = place.put("p.pl", plan(&step)).digest("p.pl");
            place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
            if is_theirs {
                place.put("out/x", "the work of somebody\n");
            }
            let said = place.planc(&["undo", &place.last_run()]).exits(code);
            if is_theirs {
                said.says("others have put there");
                assert_eq!(fs::read_to_string(place.ws().join("out/x")).unwrap(), "the work of somebody\n");
            }
        }
    }
}

/// Nor where nothing of the plan runs in the open.
#[test]
fn the_work_of_somebody_in_a_folder_is_not_taken_away() {
    let folder = "fs.delete(path: \"lib/new\", recursive: true)";
    let steps = [
        ("fs.make_dir(path: \"lib/new\")", folder, "lib/new/mine"),
        ("fs.write(path: \"lib/new/a\", text: \"x\")", folder, "lib/new/mine"),
        ("fs.write(path: \"lib/new/a\", text: \"x\")", folder, "lib/new/a"),
        ("fs.copy(from: \"src\", to: \"lib/new\")", folder, "lib/new/mine"),
        ("fs.write(path: \"x\", text: \"x\")", "fs.delete(path: \"src\", recursive: true)", "src/mine"),
        ("process.run(argv: [\"sh\", \"make.sh\"])", folder, "lib/new/mine"),
    ];
    for (step, undo, path) in steps {
        for (is_theirs, code) in [(true, 4), (false, 0)] {
            let place = files();
            place.put("make.sh", "mkdir -p lib/new/b; echo > lib/new/b/c\n").put("lib/old", "");
            let step = format!("step t = {step} {{\n    undo {undo}\n  }}");
            let digest = place.put("p.pl", plan(&step)).digest("p.pl");
            place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
            if is_theirs {
                place.put(path, "the work of somebody\n");
            }
            place.planc(&["undo", &place.last_run()]).exits(code);
            let left = fs::read_to_string(place.ws().join(path)).unwrap_or_default();
            assert_eq!(left.contains("somebody"), is_theirs, "{step}");
        }
    }
}

/// Also where another undo call was made before, in a cell or by a file tool: what that changed is recorded.
#[test]
fn an_undo_call_before_makes_nothing_of_others_the_runs_own() {
    for first in ["fs.delete(path: \"lib/b\")", "process.run(argv: [\"rm\", \"lib/b\"])"] {
        let place = files();
        place.put("lib/old", "");
        let steps = format!(
            "step a = fs.write(path: \"lib/new/a\", text: \"a\") {{\n    undo fs.delete(path: \"lib/new\", recursive: true)\n  }}\n  \
             step b = fs.write(path: \"lib/b\", text: \"b\") {{\n    undo {first}\n  }}"
        );
        let text = plan(&steps).replace("run \"sh\"", "run \"rm\"");
        let digest = place.put("p.pl", text).digest("p.pl");
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
        place.put("lib/new/mine", "the work of somebody\n");
        place.planc(&["undo", &place.last_run()]).exits(4);
        assert!(place.has("lib/new/mine") && !place.has("lib/b"), "{first}");
    }
}

/// Also where it is not recorded what the plan changes, and nobody looks at what others do: a server, and programs in the open with
/// `changed = "allow"`. What a server says that it changes is the run's own.
#[test]
fn what_nobody_records_makes_nothing_of_others_the_runs_own() {
    let open = "[programs]\nopen = [\"sh main.sh\"]\nchanged = \"allow\"\n";
    let note = "step n = files.note(text: \"done\")";
    let takes = "undo fs.delete(path: \"src\", recursive: true)";
    let writes = format!("step w = fs.write(path: \"lib/new\", text: \"x\") {{\n    {takes}\n  }}");
    let undone = "step u = fs.write(path: \"lib/u\", text: \"x\") {\n    undo files.note(text: \"sorry\")\n  }";
    let puts = "step n = files.put(path: \"src/made\") {\n    undo fs.delete(path: \"src/made\")\n  }";
    for (steps, toml, path, code) in [
        (format!("{note}\n  {writes}"), "", "src/mine", 4),
        (format!("{note}\n  {writes}"), "", "src/x.sh", 4),
        (format!("{writes}\n  {undone}"), "", "src/mine", 4),
        (format!("{puts}\n  {writes}"), "", "src/mine", 4),
        (format!("{MAIN}\n  {writes}"), open, "src/mine", 4),
        (format!("{MAIN}\n  {writes}"), open, "src/x.sh", 4),
        (format!("{note}\n  {writes}\n  {undone}"), "", "", 0),
        (puts.to_owned(), "", "", 0),
        (format!("{MAIN}\n  {writes}"), open, "", 0),
    ] {
        let place = files();
        place.program("server.sh", SERVER);
        place.put("main.sh", "true\n");
        let server =
            format!("[catalogues]\nfiles = [\"files.pl\"]\n[servers.files]\ncommand = {:?}\n", place.at("server.sh"));
        place.put("planc.toml", format!("{toml}{server}data = [\"**\"]\n"));
        place.put("files.pl", CATALOGUE).put("p.pl", plan(&steps).replace("    run", "    modify \"note:x\"\n    run"));
        let digest = place.digest("p.pl");
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
        if !path.is_empty() {
            place.put(path, "the work of somebody\n");
        }
        place.planc(&["undo", &place.last_run()]).exits(code);
        assert_eq!((place.has(path) || path.is_empty(), place.has("src/made")), (true, false), "{steps} {path}");
    }
}

/// Of its tools one says which file it changes, and the other that it changes none.
const CATALOGUE: &str = "catalogue files {\n  tool put(path: path) -> string {\n    writes path\n  }\n  \
                         tool note(text: string) -> string {\n    writes \"note:x\"\n  }\n}\n";
