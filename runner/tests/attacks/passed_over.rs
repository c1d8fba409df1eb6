//! What is passed over in what others change stands for nothing else: each path is told, or something in it, or the plan is bound to it.

use crate::meanwhile::{Changes, EVIL, MAIN, log, place, plan};
use crate::place::{Place, can_mount, said, skipped};
use crate::signed::QUESTION;
use crate::terminal::{Act, on_terminal};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// What stands before the answer.
const ASKS: &str = "`no` ends the run here: ";

/// A step with an undo in the open.
const TAKEN_BACK: &str =
    "fs.write(path: \"x\", text: \"x\") {\n    undo process.run(argv: [\"sh\", \"main.sh\"NAMED])\n  }";

/// `main.sh` says that it has run.
fn tells() -> Place {
    let place = place();
    place.put("main.sh", format!("{EVIL}\n"));
    place
}

fn remove(path: &'static str) -> impl Fn(&Place) {
    move |place| {
        let at = place.ws().join(path);
        if at.is_dir() { fs::remove_dir_all(at).unwrap() } else { fs::remove_file(at).unwrap() }
    }
}

fn mode(place: &Place, path: &str, mode: u32) {
    fs::set_permissions(place.ws().join(path), fs::Permissions::from_mode(mode)).unwrap();
}

fn folders(place: &Place, path: &str) {
    fs::create_dir_all(place.ws().join(path)).unwrap();
}

/// What git makes for a moment is passed over, and not the folders that it would be in, nor that a file is gone.
#[test]
fn a_folder_in_which_nothing_is_told_is_told() {
    let acts: [(Changes, &str); 4] = [
        (|place| folders(place, "lib/ready/.git/refs/x"), "lib/ready/.git/refs/x: directory"),
        (
            |place| {
                remove("lib/keep")(place);
                folders(place, "lib/keep/.git/refs/x");
            },
            "lib/keep: directory",
        ),
        (
            |place| {
                remove("sub/.git")(place);
                folders(place, "sub/.git/refs/x");
            },
            "sub/.git: directory",
        ),
        (
            |place| {
                remove(".git/refs/heads/main")(place);
                folders(place, ".git/refs/heads/main/x");
            },
            ".git/refs/heads/main: directory",
        ),
    ];
    for (act, says) in acts {
        let place = tells();
        place.put("sub/.git", "gitdir: ../.git/modules/sub\n").put(".git/refs/heads/main", "0\n");
        let digest = place.put("p.pl", plan(MAIN)).digest("p.pl");
        act(&place);
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says(says);
        assert_eq!(log(&place), "", "{says}");
    }
    // Those of git itself come and go.
    let place = tells();
    place.put(".git/refs/heads/main", "0\n").put(".git/objects/x", "");
    let digest = place.put("p.pl", plan(MAIN)).digest("p.pl");
    folders(&place, ".git/refs/heads/x");
    folders(&place, ".git/objects/ab");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
    assert_eq!(log(&place), "evil\n");
}

/// What a command line names is passed over only where the plan is bound to what is there.
#[test]
fn what_is_named_and_not_bound_is_told() {
    let folder: Changes = |place| remove("lib")(place);
    let acts: [(&str, Changes, &str); 7] = [
        ("lib", folder, "lib: absent"),
        ("--rules=lib", folder, "lib: absent"),
        ("lib", |place| remove("lib/keep")(place), "lib/keep: absent"),
        ("lnk", folder, "lib: absent"),
        ("dist", |place| place.link("lib", "dist"), "content of dist for programs in the open"),
        ("dist", |place| place.link("nowhere", "dist"), "content of dist for programs in the open"),
        ("dist", |place| place.link("main.sh", "dist"), "content of dist for programs in the open"),
    ];
    for (named, act, says) in acts {
        let named = format!(", \"{named}\"");
        // Behind a step that is done, and a question that nobody was there for.
        let place = tells();
        place.link("lib", "lnk");
        let main = MAIN.replace("\"main.sh\"", &format!("\"main.sh\"{named}"));
        let steps = format!("step w = fs.write(path: \"y\", text: \"y\")\n  {main}");
        let digest = place.put("p.pl", plan(&steps)).digest("p.pl");
        place.put("new", "");
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says("content of new");
        remove("new")(&place);
        act(&place);
        place.planc(&["resume", &place.last_run()]).exits(3).says(says);
        assert_eq!(log(&place), "", "{says}");

        let place = tells();
        place.link("lib", "lnk");
        place.put("p.pl", plan(&format!("step m = {}", TAKEN_BACK.replace("NAMED", &named)))).run("p.pl").exits(0);
        act(&place);
        place.planc(&["undo", &place.last_run()]).exits(4).says(says);
        assert_eq!(log(&place), "", "{says}");
    }
    // What is bound may be written again as it was.
    let place = tells();
    let main = MAIN.replace("\"main.sh\"", "\"main.sh\", \"lib/keep\"");
    let digest = place.put("p.pl", plan(&main)).digest("p.pl");
    place.put("lib/new", "");
    fs::rename(place.ws().join("lib/new"), place.ws().join("lib/keep")).unwrap();
    fs::set_permissions(place.ws().join("lib/keep"), fs::metadata(place.ws().join("main.sh")).unwrap().permissions())
        .unwrap();
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
    assert_eq!(log(&place), "evil\n");
}

/// An undo finds what it names as the run has left it last, and not as at any time before.
#[test]
fn an_earlier_state_of_the_run_is_none_that_it_left() {
    let write = |name: &str, text: &str| format!("step {name} = fs.write(path: \"lib/u.sh\", text: \"{text}\\n\")\n  ");
    let taken_back = format!("step m = {}", TAKEN_BACK.replace("\"main.sh\"NAMED", "\"lib/u.sh\""));
    for (text, code) in [(EVIL, 4), ("true", 0)] {
        let place = place();
        place.put("planc.toml", "[programs]\nopen = [\"sh lib/u.sh\"]\n");
        let steps = format!("{}{}{taken_back}", write("a", EVIL), write("b", "true"));
        place.put("p.pl", plan(&steps)).run("p.pl").exits(0);
        place.put("lib/u.sh", format!("{text}\n"));
        place.planc(&["undo", &place.last_run()]).exits(code);
        assert_eq!(log(&place), "");
    }

    // Nor that it was gone, also where a program in the open may have done it.
    for before in ["step d = fs.delete(path: \"lib/keep\")\n  step e = fs.write(path: \"lib/keep\", text: \"\")", MAIN]
    {
        let place = self::place();
        let undo = format!("step w = {}", TAKEN_BACK.replace("NAMED", ", \"lib/keep\""));
        place.put("main.sh", "[ -e lib/keep ] || echo evil >> ../out/log\n");
        place.put("p.pl", plan(&format!("{before}\n  {undo}"))).run("p.pl").exits(0);
        remove("lib/keep")(&place);
        place.planc(&["undo", &place.last_run()]).exits(4);
        assert_eq!(log(&place), "", "{before}");
    }
}

/// Several cards say the same, and nobody knows which of them a person has read.
#[test]
fn what_was_another_one_at_any_card_is_told() {
    let moved: Changes = |place| fs::rename(place.ws().join("lib/a.sh"), place.at("out/a.sh")).unwrap();
    let back: Changes = |place| fs::rename(place.at("out/a.sh"), place.ws().join("lib/a.sh")).unwrap();
    let acts: [(Changes, Changes, &str); 4] = [
        // What forbids it was not there at the first card.
        (|place| _ = place.put("lib/deny", ""), |place| remove("lib/deny")(place), "lib/deny: absent"),
        (moved, back, "content of lib/a.sh"),
        (
            |place| mode(place, "lib", 0o711),
            |place| {
                mode(place, "lib", 0o755);
                place.put("lib/new", "");
            },
            "lib: directory 0755",
        ),
        (
            |place| {
                fs::rename(place.ws().join("lib"), place.at("out/lib")).map(|()| _ = place.put("lib/a.sh", "")).unwrap()
            },
            |place| {
                remove("lib")(place);
                fs::rename(place.at("out/lib"), place.ws().join("lib")).unwrap();
            },
            "content of lib/a.sh",
        ),
    ];
    for (away, back, says) in acts {
        let place = place();
        place.put("lib/a.sh", EVIL).put("p.pl", plan(MAIN));
        mode(&place, "lib", 0o755);
        let first = place.digest("p.pl");
        away(&place);
        let digest = place.digest("p.pl");
        assert_eq!(first, digest);
        back(&place);
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says(says);
        assert_eq!(log(&place), "", "{says}");
    }
    // Who names a digest has read a card before: what comes and goes while the run begins was on none.
    let place = tells();
    let digest = place.put("p.pl", plan(MAIN)).digest("p.pl");
    assert_eq!(place.digest("p.pl"), digest);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
    let (code, shown) = on_terminal(&place, &["run", "--approve", "p.pl"], QUESTION, &Act::Type(b"yes\n"));
    assert_eq!((code, log(&place).as_str()), (0, "evil\nevil\n"), "{shown}");
}

/// A submodule may be called like any folder of a repository, and an object can be run.
#[test]
fn what_a_repository_runs_is_no_data_of_it() {
    for file in [
        ".git/modules/x/logs/config",
        ".git/modules/logs/HEAD",
        ".git/modules/x/objects/info/config",
        ".git/modules/x/objects/pack/config",
        ".git/modules/x/logs/packed-refs",
        ".git/modules/logs/refs/heads/index",
        ".git/objects/info/alternates",
        ".git/objects/ab/c0",
    ] {
        let place = place();
        place.put(file, "\n");
        let digest = place.put("p.pl", plan(MAIN)).digest("p.pl");
        place.put(file, EVIL);
        if file.ends_with("c0") {
            mode(&place, file, 0o755);
        }
        let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3);
        said.says(&format!("content of {file}")).says(EVIL);
    }
    for file in [".git/modules/x/objects/ab/c0", ".git/modules/x/objects/pack/pack-ab.idx", ".git/modules/x/index"] {
        let place = place();
        let digest = place.put("p.pl", plan(MAIN)).digest("p.pl");
        place.put(file, "x");
        let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3);
        said.says("data of repositories").says(file);
    }
}

/// Of a folder that was there, a program may go by the mode.
#[test]
fn a_changed_mode_of_a_folder_on_the_way_is_told() {
    let place = place();
    place.put("prep.sh", "chmod 700 lib; mkdir lib/sub; echo x > lib/sub/x\n");
    mode(&place, "lib", 0o755);
    place.put("main.sh", "[ \"$(stat -c %a lib)\" = 755 ] || echo evil >> ../out/log\n");
    let steps = format!("step s = process.run(argv: [\"sh\", \"prep.sh\"])\n  {MAIN}");
    let said =
        place.put("p.pl", plan(&steps)).run("p.pl").exits(3).says("content of lib/sub/x").says("lib: directory 0700");
    assert!(!said.err.contains("lib/sub: "), "{}", said.short());
    assert_eq!(log(&place), "");
}

/// A content that is too long is one all the same.
#[test]
fn what_cannot_be_shown_is_told_as_a_content() {
    let place = place();
    let digest = place.put("p.pl", plan(MAIN)).digest("p.pl");
    place.put("lib/a.sh", format!("{EVIL}\nexit\n"));
    fs::File::options().write(true).open(place.ws().join("lib/a.sh")).unwrap().set_len(65 << 20).unwrap();
    let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3);
    said.says("contents that cannot be shown").says("lib/a.sh: other, sha256:");
    let (code, shown) = on_terminal(&place, &["resume", &place.last_run()], ASKS, &Act::Type(b"no\n"));
    assert_eq!((code, log(&place).as_str()), (6, ""), "{shown}");
}

/// Who serves what is mounted says what is in it, also where the run itself has made the folder.
#[test]
fn what_is_mounted_where_the_run_made_a_folder_is_told() {
    let name = "what_is_mounted_where_the_run_made_a_folder_is_told";
    if !can_mount() {
        return skipped(name, "nothing can be mounted");
    }
    let place = place();
    place.put("main.sh", "[ ! -e gen/evil.sh ] || . ./gen/evil.sh\n");
    let steps = format!("step w = fs.write(path: \"gen/a\", text: \"a\")\n  {MAIN}");
    let digest = place.put("p.pl", plan(&steps)).digest("p.pl");
    place.put("new", "");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says("content of new");
    remove("new")(&place);
    let planc = place.command(&["resume", &place.last_run()]);
    let script = format!(
        "mode=$(stat -c %a gen); mount -t tmpfs -o mode=$mode none gen; echo '{EVIL}' > gen/evil.sh; printf a > gen/a"
    );
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-ec", &format!("{script}; exec \"$@\""), "sh"]);
    command.arg(planc.get_program()).args(planc.get_args()).current_dir(place.ws());
    command.env_clear().envs(planc.get_envs().filter_map(|(name, value)| Some((name, value?))));
    said(command).exits(3).says("gen: directory");
    assert_eq!(log(&place), "");
}

/// That the run has moved a folder says nothing of what somebody took out of it before.
#[test]
fn what_is_gone_from_a_folder_that_the_run_moves_is_told() {
    for taken in [false, true] {
        let place = tells();
        place.put("src/a.sh", "true\n").put("src/deny/x", "no\n").put("prep.sh", "true\n");
        let steps = format!(
            "step s = process.run(argv: [\"sh\", \"prep.sh\"])\n  step t = fs.move(from: \"src\", to: \"lib/d\") {{\n    after s\n  }}\n  {MAIN}"
        );
        let digest = place.put("p.pl", plan(&steps)).digest("p.pl");
        if taken {
            fs::remove_dir_all(place.ws().join("src/deny")).unwrap();
        }
        let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]);
        match taken {
            true => said.exits_with(&[3, 5]),
            false => said.exits_with(&[0, 3]),
        };
        assert!(!taken || log(&place).is_empty(), "{}", log(&place));
    }
}
