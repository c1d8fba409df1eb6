//! What decides where a path leads is held as the file is that it ends in: a folder that a `..` goes up from, and a place at which planc
//! could not look. Before the run, between its steps, and while the program is at work.

use crate::place::{Place, until};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;

const REFUSES: &str = "#!/bin/sh\nexit 1\n";
const ALLOWS: &str = "#!/bin/sh\nexit 0\n";

/// Waits for `made/go`.
const WAIT: &str = "touch made/begun; while [ ! -e made/go ]; do sleep 0.02; done\n";

const CELL: &str = "[programs]\nscratch = [\"made\"]\n";
const OPEN: &str = "[programs]\nscratch = [\"made\"]\nchanged = \"allow\"\nopen = [\"bash\", \"./k.sh\"]\n";

/// When somebody makes another thing of the workspace.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Card,
    Between,
}

fn place(toml: &str) -> Place {
    let place = Place::new();
    place.put("planc.toml", toml).put("old.db", "precious").put("wait.sh", WAIT).put("made/keep", "");
    place.put("x.sh", REFUSES).put("dd/x.sh", REFUSES).put("build.sh", ALLOWS);
    fs::set_permissions(place.ws().join("x.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    place
}

/// Waits, checks, and deletes what is only to go where the check says so.
fn plan(check: &str) -> String {
    let program = check.split('"').nth(1).expect("a check has a program");
    format!(
        "plan \"p\" {{\n  critical {{\n    run \"sh wait.sh\"\n    run {program:?}\n    delete \"old.db\"\n  }}\n  step wait = \
         process.run(argv: [\"sh\", \"wait.sh\"])\n  step check = process.run({check})\n  step gone = fs.delete(path: \
         \"old.db\")\n}}\n"
    )
}

/// The same without waiting before.
fn at_once(check: &str) -> String {
    plan(check).replace("  step wait = process.run(argv: [\"sh\", \"wait.sh\"])\n", "")
}

/// Approves and runs `p.pl` as it is, and does something meanwhile; gives the exit code.
fn run(place: &Place, when: When, act: impl FnOnce(&Place)) -> Option<i32> {
    let approve = format!("--approve={}", place.digest("p.pl"));
    if when == When::Card {
        act(place);
        place.put("made/go", "");
        return place.planc(&["run", &approve, "p.pl"]).code;
    }
    let mut command = place.command(&["run", &approve, "p.pl"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the first program has begun", || place.has("made/begun"));
    act(place);
    place.put("made/go", "");
    child.wait().unwrap().code()
}

/// `m` becomes a link to where one above is another folder.
fn lead_away(place: &Place) {
    fs::create_dir_all(place.ws().join("q/r")).unwrap();
    place.put("q/x.sh", ALLOWS).put("q/dd/x.sh", ALLOWS);
    fs::set_permissions(place.ws().join("q/x.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let _ = fs::remove_dir(place.ws().join("m"));
    symlink("q/r", place.ws().join("m")).unwrap();
}

fn with_links(place: &Place, is_there: bool) {
    if is_there {
        fs::create_dir(place.ws().join("m")).unwrap();
    }
    place.link("m/../x.sh", "k.sh");
    place.link("m/../dd", "k");
}

/// The words of a check, and whether it needs `m` to be there.
const CHECKS: [(&str, bool); 6] = [
    ("argv: [\"bash\", \"m/../x.sh\"]", false),
    ("argv: [\"bash\", \"dd/../m/../x.sh\"]", false),
    ("argv: [\"bash\", \"k.sh\"]", false),
    ("argv: [\"bash\", \"k/x.sh\"]", false),
    ("argv: [\"./k.sh\"]", true),
    ("argv: [\"bash\", \"x.sh\"], directory: \"k\"", true),
];

#[test]
fn what_a_way_goes_up_from_is_no_link_later() {
    for (check, needs) in CHECKS {
        for toml in [CELL, OPEN] {
            for when in [When::Card, When::Between] {
                for is_there in [true, false].into_iter().filter(|is_there| *is_there || !needs) {
                    let place = place(toml);
                    with_links(&place, is_there);
                    let code = run(place.put("p.pl", plan(check)), when, lead_away);
                    assert_eq!((code, place.has("old.db")), (Some(5), true), "{check} {when:?} {toml} {is_there}");
                }
            }
        }
    }
    // By its whole path.
    let place = place(CELL);
    with_links(&place, true);
    let check = format!("argv: [\"{}/m/../x.sh\"]", place.ws().display());
    assert_eq!(run(place.put("p.pl", plan(&check)), When::Between, lead_away), Some(5));
    assert!(place.has("old.db"));
}

#[test]
fn what_a_way_goes_up_from_is_no_link_while_the_program_runs() {
    for word in ["m/../x.sh", "k.sh", "k/x.sh", "f/y.sh"] {
        for is_there in [true, false] {
            let place = place(CELL);
            with_links(&place, is_there);
            place.put("check.sh", format!("{WAIT}bash $1\n")).put("f", "a file");
            place.put("p.pl", at_once(&format!("argv: [\"bash\", \"check.sh\", {word:?}]")));
            let code = run(&place, When::Between, |place| {
                lead_away(place);
                fs::remove_file(place.ws().join("f")).unwrap();
                place.put("f/y.sh", ALLOWS);
            });
            assert_eq!((code, place.has("old.db")), (Some(4), true), "{word} {is_there}");
        }
    }
}

/// Nor does it become one before a step is taken back.
#[test]
fn what_the_way_of_an_undo_goes_up_from_is_no_link_later() {
    for word in ["m/../x.sh", "k.sh"] {
        for is_there in [true, false] {
            let place = place(CELL);
            with_links(&place, is_there);
            let text = format!(
                "plan \"p\" {{\n  critical {{\n    create \"a\"\n    run \"bash\"\n  }}\n  step a = fs.write(path: \"a\", text: \"a\") \
                 {{\n    undo process.run(argv: [\"bash\", {word:?}])\n  }}\n}}\n"
            );
            place.put("p.pl", text).run("p.pl").exits(0);
            lead_away(&place);
            place.planc(&["undo", &place.last_run()]).exits(4).says("m");
        }
    }
}

/// Nor does the folder that a program starts in, where no word names anything.
#[test]
fn a_directory_is_no_link_later() {
    let becomes = |place: &Place, path: &str| {
        let path = place.ws().join(path);
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
        symlink("dd", path).unwrap();
    };
    for directory in ["k", "d"] {
        for when in [When::Card, When::Between] {
            let place = place(CELL);
            place.link(".", "k");
            fs::create_dir(place.ws().join("d")).unwrap();
            place.put("p.pl", plan(&format!("argv: [\"ls\"], directory: {directory:?}")));
            let code = run(&place, when, |place| becomes(place, directory));
            assert_eq!((code, place.has("old.db")), (Some(5), true), "{directory} {when:?}");
        }
        let place = place(CELL);
        place.link(".", "k");
        fs::create_dir(place.ws().join("d")).unwrap();
        let text = format!(
            "plan \"p\" {{\n  critical {{\n    create \"a\"\n    run \"ls\"\n  }}\n  step a = fs.write(path: \"a\", text: \"a\") \
             {{\n    undo process.run(argv: [\"ls\"], directory: {directory:?})\n  }}\n}}\n"
        );
        place.put("p.pl", text).run("p.pl").exits(0);
        fs::set_permissions(place.ws().join("d"), fs::Permissions::from_mode(0o700)).unwrap();
        becomes(&place, directory);
        place.planc(&["undo", &place.last_run()]).exits(4).says(directory);
    }
}

/// Folders that stay folders are in nobody's way, nor is one that an earlier step makes.
#[test]
fn a_way_with_dots_goes_on_to_work() {
    for toml in [CELL, OPEN] {
        for check in [
            "argv: [\"bash\", \"../build.sh\"], directory: \"sub\"",
            "argv: [\"bash\", \"sub/../build.sh\"]",
            "argv: [\"bash\", \"l.sh\"]",
            "argv: [\"bash\", \"../ws/build.sh\"]",
        ] {
            for when in [When::Card, When::Between] {
                let place = place(toml);
                fs::create_dir(place.ws().join("sub")).unwrap();
                place.link("sub/../build.sh", "l.sh");
                let code = run(place.put("p.pl", plan(check)), when, |place| {
                    fs::set_permissions(place.ws().join("sub"), fs::Permissions::from_mode(0o700)).unwrap();
                });
                assert_eq!((code, place.has("old.db")), (Some(0), false), "{check} {when:?} {toml}");
            }
        }
    }
    let place = place(CELL);
    let makes = "argv: [\"bash\", \"sub/../build.sh\"]";
    let text = plan(makes)
        .replace("step wait = process.run(argv: [\"sh\", \"wait.sh\"])", "step wait = fs.make_dir(path: \"sub\")");
    let text = text.replace("delete \"old.db\"\n", "delete \"old.db\"\n    create \"sub\"\n");
    place.put("p.pl", text).run("p.pl").exits(0);
}

/// A way out of the workspace and in again by its own name is bound as the one that it stands for.
#[test]
fn a_way_out_and_in_again_is_bound() {
    for (link, word) in [(None, "../ws/x.sh"), (Some("../ws/x.sh"), "l.sh"), (Some(".."), "l.sh/ws/x.sh")] {
        for toml in [CELL, OPEN] {
            for when in [When::Card, When::Between] {
                let place = place(toml);
                link.iter().for_each(|link| place.link(link, "l.sh"));
                place.put("p.pl", plan(&format!("argv: [\"bash\", {word:?}]")));
                let code = run(&place, when, |place| _ = place.put("x.sh", ALLOWS));
                assert_eq!((code, place.has("old.db")), (Some(5), true), "{word} {when:?}");
            }
        }
    }
}

/// Whether a run was stale, or its plan none that could be approved by then.
fn is_stopped(when: When, code: Option<i32>) -> bool {
    code == Some(5) || when == When::Card && code == Some(1)
}

/// Words at whose place nothing is and planc could not look.
const ODD: [&str; 7] = ["d/.planc-flag", "d/a\\b", "~d/flag", "sub/flag", "k/ws/flag", "alias/flag", "odd/flag"];

fn odd() -> Place {
    let place = place(CELL);
    fs::create_dir(place.ws().join("d")).unwrap();
    fs::create_dir(place.ws().join("~d")).unwrap();
    symlink(place.ws(), place.at("out/alias")).unwrap();
    place.link("..", "k");
    place.link("../out/alias", "alias");
    place.link("~d", "odd");
    place.put("sub/planc.toml", "").put("check.sh", format!("{WAIT}[ -e \"$1\" ]\n"));
    place
}

#[test]
fn what_planc_cannot_look_at_does_not_come_later() {
    for word in ODD {
        let comes = |place: &Place| _ = place.put(word, "");
        for when in [When::Card, When::Between] {
            let place = odd();
            place.put("check.sh", "[ -e \"$1\" ]\n");
            place.put("p.pl", plan(&format!("argv: [\"bash\", \"check.sh\", {word:?}]")));
            let code = run(&place, when, comes);
            assert!(is_stopped(when, code) && place.has("old.db"), "{word} {when:?} {code:?}");
        }
        let place = odd();
        place.put("p.pl", at_once(&format!("argv: [\"bash\", \"check.sh\", {word:?}]")));
        assert_eq!((run(&place, When::Between, comes), place.has("old.db")), (Some(4), true), "{word}");
    }
    // In the open, too, nothing runs once it is there.
    for when in [When::Card, When::Between] {
        let place = odd();
        place.put("planc.toml", OPEN).put("p.pl", plan("argv: [\"bash\", \"d/.planc-x.sh\"], success: [0, 127]"));
        let code = run(&place, when, |place| _ = place.put("d/.planc-x.sh", ALLOWS));
        assert!(is_stopped(when, code) && place.has("old.db"), "{when:?} {code:?}");
    }
}

/// A text is no path, whatever it looks like, as long as nothing has that name.
#[test]
fn what_is_only_a_text_is_in_nobodys_way() {
    for word in [
        "C:/foo.sh",
        "VAR=a:b.sh",
        "~/run.sh",
        "~user/foo.py",
        ".planc-x.sh",
        "a:none.sh",
        "~d/none.sh",
        "sub/none.sh",
        "k/ws/none.sh",
        "d/none.sh/..",
    ] {
        let place = odd();
        place.put("p.pl", plan(&format!("argv: [\"echo\", {word:?}]")));
        assert_eq!(run(&place, When::Card, |_| {}), Some(0), "{word}");
        let place = odd();
        place.put("planc.toml", OPEN.replace("\"bash\"", "\"echo\""));
        place.put("p.pl", plan(&format!("argv: [\"echo\", {word:?}]")));
        assert_eq!(run(&place, When::Card, |_| {}), Some(0), "{word}, in the open");
    }
}

/// A word that the kernel takes is a path, however long it is with the root before it.
#[test]
fn a_long_word_is_a_path() {
    let place = place(CELL);
    fs::create_dir_all(place.ws().join("e/f/g")).unwrap();
    fs::create_dir_all(place.ws().join("e/f/p")).unwrap();
    place.link("e/f/g", "d");
    fs::create_dir(place.at("out/o")).unwrap();
    symlink(place.ws(), place.at("out/o/alias")).unwrap();
    symlink(place.at("out/o/alias"), place.ws().join("e/f/k2")).unwrap();
    let word = |times: usize| format!("d/../{}k2/x.sh", "p/../".repeat(times));
    for times in [0, (4095 - word(0).len()) / 5] {
        place.put("p.pl", plan(&format!("argv: [\"bash\", \"{}\"]", word(times))));
        place.planc(&["plan", "p.pl"]).exits(1).says("cannot look at");
    }
    // What no file can be called is a text.
    for word in ["d/".repeat(2100) + "x.sh", "a".repeat(300) + ".sh", "x".repeat(5000)] {
        place.put("p.pl", plan(&format!("argv: [\"echo\", \"{word}\"]"))).planc(&["plan", "p.pl"]).exits(0);
    }
}

/// A program of the workspace that is a link out of it is bound as the absolute one is: the link, and what it leads to.
#[test]
fn a_program_that_is_a_link_out_of_the_workspace_is_bound() {
    let check = "argv: [\"./bin/tool\"]";
    type Act = fn(&Place);
    let acts: [(&str, Act, i32); 3] = [
        ("nothing", |_| {}, 0),
        (
            "the link",
            |place| {
                fs::remove_file(place.ws().join("bin/tool")).unwrap();
                place.link("/bin/false", "bin/tool");
            },
            5,
        ),
        (
            "a file instead of the link",
            |place| {
                fs::remove_file(place.ws().join("bin/tool")).unwrap();
                place.program("ws/bin/tool", "true");
            },
            5,
        ),
    ];
    for (what, act, expected) in acts {
        for when in [When::Card, When::Between] {
            for toml in [CELL.to_owned(), OPEN.replace("./k.sh", "./bin/tool")] {
                let place = place(&toml);
                fs::create_dir(place.ws().join("bin")).unwrap();
                place.link("/bin/true", "bin/tool");
                let code = run(place.put("p.pl", plan(check)), when, act);
                assert_eq!(code, Some(expected), "{what} {when:?} {toml}");
                assert_eq!(place.has("old.db"), expected != 0);
            }
        }
    }
    // One that leads in again where planc does not see it is none.
    let place = place(CELL);
    fs::create_dir(place.at("out/o")).unwrap();
    symlink(place.ws(), place.at("out/o/alias")).unwrap();
    fs::create_dir(place.ws().join("bin")).unwrap();
    place.link("../../out/o/alias/x.sh", "bin/tool");
    place.put("p.pl", plan(check)).planc(&["plan", "p.pl"]).exits(1).says("cannot look at");
}

/// Of a folder that is named only that it is one counts, from the card on.
#[test]
fn the_mode_of_a_named_folder_is_not_bound() {
    let place = place(CELL);
    fs::create_dir(place.ws().join("d")).unwrap();
    place.put("p.pl", plan("argv: [\"ls\", \"d\"]"));
    let chmod = |place: &Place| fs::set_permissions(place.ws().join("d"), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(run(&place, When::Card, chmod), Some(0));
    // Where a file tool has looked at it, its mode is what was seen.
    for stat_first in [true, false] {
        let place = self::place(CELL);
        fs::create_dir(place.ws().join("d")).unwrap();
        let stat = "  step stat = fs.stat(path: \"d\")\n";
        let text = at_once("argv: [\"ls\", \"d\"]");
        let at = if stat_first { "  step check" } else { "  step gone" };
        place.put("p.pl", text.replace(at, &format!("{stat}{at}")));
        assert_eq!(run(&place, When::Card, chmod), Some(5), "{stat_first}");
    }
}
