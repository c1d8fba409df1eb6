//! What is kept: runs taken up, taken back and taken back again; files that somebody changed meanwhile; rows that nobody
//! of planc wrote. planc loses nothing and never breaks down.

use crate::place::{Place, exact_picture, picture};
use std::fs;

const THREE: &str = r#"plan "three" {
  critical {
    modify "a.txt"
    create "dir/b.txt"
    delete "c.txt"
  }
  step a = fs.write(path: "a.txt", text: "a2")
  step b = fs.write(path: "dir/b.txt", text: "b2")
  step c = fs.delete(path: "c.txt")
}
"#;

fn done() -> (Place, String) {
    let place = Place::new();
    place.put("a.txt", "a").put("c.txt", "c").put("p.pl", THREE);
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
    let run = place.last_run();
    (place, run)
}

#[test]
fn taking_back_leaves_what_somebody_changed() {
    type Change = fn(&Place);
    let changes: [(&str, Change); 6] = [
        ("a.txt", |place| drop(fs::write(place.ws().join("a.txt"), "mine"))),
        ("dir/b.txt", |place| drop(fs::write(place.ws().join("dir/b.txt"), "mine"))),
        ("c.txt", |place| drop(fs::write(place.ws().join("c.txt"), "mine"))),
        ("dir", |place| drop(fs::write(place.ws().join("dir/more"), "mine"))),
        ("a.txt", |place| {
            fs::remove_file(place.ws().join("a.txt")).unwrap();
            fs::write(place.at("out/precious"), "precious").unwrap();
            place.link(place.at("out/precious"), "a.txt");
        }),
        ("dir", |place| {
            fs::rename(place.ws().join("dir"), place.at("out/dir")).unwrap();
            place.link(place.at("out/dir"), "dir");
        }),
    ];
    for (path, change) in changes {
        let (place, run) = done();
        change(&place);
        let outside = picture(&place.at("out"));
        let said = place.planc(&["undo", &run]).exits(4);
        assert!(said.out.contains(path) || said.err.contains(path), "{path} {}", said.short());
        assert_eq!(picture(&place.at("out")), outside, "{path}: nothing outside was touched");
        let after = picture(&place.ws());
        let mine = after.values().filter(|what| what.contains("mine") || what.contains("link")).count();
        assert_eq!(mine, 1, "{path}: {after:?}");
        // Once more does no harm.
        place.planc(&["undo", &run]);
        assert_eq!(picture(&place.ws()), after, "{path}");
    }
}

#[test]
fn a_run_that_is_over_stays_over() {
    let (place, run) = done();
    let after = exact_picture(&place.ws());
    for args in [["resume", &run], ["run", &run], ["abort", &run], ["approve", &run]] {
        let said = place.planc(&args);
        assert_ne!(said.code, Some(0), "{args:?} {}", said.short());
        assert_eq!(exact_picture(&place.ws()), after, "{args:?}");
    }
    place.planc(&["undo", &run]).exits(0);
    let back = exact_picture(&place.ws());
    for args in [["resume", &run], ["run", &run], ["abort", &run], ["undo", &run]] {
        let said = place.planc(&args);
        assert!(said.code.is_some_and(|code| code != 101), "{args:?} {}", said.short());
        assert_eq!(exact_picture(&place.ws()), back, "{args:?}");
    }
    // One that was aborted runs neither by its name nor with an old yes.
    let digest = place.digest("p.pl");
    place.yes(&digest);
    let run = place.last_run();
    place.planc(&["abort", &run]).exits(0);
    for args in [vec!["run", &run], vec!["resume", &run], vec!["run", "p.pl"]] {
        let said = place.planc(&args);
        assert_ne!(said.code, Some(0), "{args:?} {}", said.short());
    }
    assert_eq!(exact_picture(&place.ws()), back);
}

/// Whoever may write the state is beyond what is promised; but nothing breaks down, and nothing happens outside of the
/// workspace.
#[test]
fn rows_that_planc_never_wrote_break_nothing() {
    let rows = [
        "UPDATE events SET json = '' ",
        "UPDATE events SET json = '{}' ",
        "UPDATE events SET json = 'null' ",
        "UPDATE events SET json = '[' || hex(zeroblob(100000)) ",
        "UPDATE events SET json = '{\"event\":\"unheard_of\"}' WHERE seq = 2",
        "UPDATE events SET json = replace(json, 'a.txt', '../out/evil')",
        "UPDATE events SET json = replace(json, 'a.txt', '/etc/hostname')",
        "UPDATE events SET json = replace(json, 'a.txt', 'planc.toml')",
        "UPDATE events SET json = replace(json, 'sha256:', 'sha256:00')",
        "UPDATE events SET json = replace(json, '\"a\"', '\"nobody\"')",
        "UPDATE events SET json = replace(json, '\"attempt\":1', '\"attempt\":4294967295')",
        "DELETE FROM events WHERE seq = 1",
        "DELETE FROM events WHERE seq % 2 = 0",
        "INSERT INTO events SELECT run, seq + 1000, at, json FROM events",
        "UPDATE runs SET plan = 'sha256:zz'",
        "UPDATE runs SET plan = 'sha256:' || hex(zeroblob(32))",
        "UPDATE runs SET id = '../../etc'",
        "UPDATE plans SET report = '{}'",
        "UPDATE plans SET report = replace(report, 'a.txt', char(27) || '[2Ja.txt')",
        "UPDATE plans SET sources = '[]'",
        "UPDATE plans SET sources = replace(sources, 'a2', 'evil')",
        "UPDATE plans SET predictions = '[]'",
        "UPDATE plans SET inputs = '3'",
        "UPDATE plans SET status = 'splendid'",
        "UPDATE plans SET rev = 99999999999",
        "DELETE FROM plans",
        "DROP TABLE events",
    ];
    for row in rows {
        let (place, run) = done();
        place.put("planc.toml", "");
        let outside = picture(&place.at("out"));
        let database = place.database();
        let _ = database.pragma_update(None, "foreign_keys", false);
        let _ = database.execute_batch(row);
        drop(database);
        for args in [
            vec!["runs"],
            vec!["show", &run],
            vec!["--format", "json", "show", &run],
            vec!["diff", &run],
            vec!["resume", &run],
            vec!["run", &run],
            vec!["undo", &run],
            vec!["undo", &run],
            vec!["plan", "p.pl"],
        ] {
            let said = place.planc(&args);
            assert!(said.code.is_some_and(|code| code != 101), "{row} {args:?} {}", said.short());
            assert!(!said.err.contains("panicked"), "{row} {args:?} {}", said.short());
            assert!(!said.err.contains('\u{1b}'), "{row} {args:?} {}", said.short());
        }
        assert_eq!(picture(&place.at("out")), outside, "{row}");
        assert_eq!(place.get("planc.toml"), "", "{row}");
        assert!(["a", "a2"].contains(&place.get("a.txt").as_str()), "{row}");
    }
}

#[test]
fn contents_that_were_tampered_with_are_not_given_back() {
    let (place, run) = done();
    let mut pending = vec![place.state().join("contents")];
    while let Some(path) = pending.pop() {
        match path.is_dir() {
            true => pending.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path())),
            false => fs::write(path, "evil").unwrap(),
        }
    }
    let said = place.planc(&["undo", &run]);
    assert_eq!(said.code, Some(4), "{}", said.short());
    assert_eq!((place.get("a.txt").as_str(), place.has("c.txt")), ("a2", false));
}

/// Many at once on a state directory that none of them has made yet.
#[test]
fn the_first_to_come_makes_the_store_and_the_others_use_it() {
    for _ in 0..6 {
        let place = Place::new();
        place.put("a.txt", "a").put("c.txt", "c").put("p.pl", THREE);
        let start = || {
            let mut command = place.command(&["plan", "p.pl"]);
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).spawn().unwrap()
        };
        let children: Vec<_> = (0..8).map(|_| start()).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", crate::place::text(&output.stderr));
        }
    }
}

/// A list of access that lets the owner and another account read and write, and nobody else.
fn list_for(account: u32) -> Vec<u8> {
    let entry =
        |tag: u16, rights: u16, id: u32| [&tag.to_le_bytes()[..], &rights.to_le_bytes(), &id.to_le_bytes()].concat();
    let none = u32::MAX;
    let entries = [entry(1, 6, none), entry(2, 6, account), entry(4, 0, none), entry(16, 6, none), entry(32, 0, none)];
    [&2_u32.to_le_bytes()[..], &entries.concat()].concat()
}

/// Who may read a file is also a matter of its group and of its list of access: what planc puts in the place of a file has those of the
/// file, after the run and when it is taken back. A list that a folder gives to what is new is none of a file that did not have it.
#[test]
fn who_may_read_a_file_may_and_nobody_else() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    use std::os::unix::fs::{MetadataExt, chown};
    const ACL: &str = "system.posix_acl_access";
    let place = Place::new();
    let is_root = rustix::process::geteuid().is_root();
    for file in ["by-group", "by-list", "noted", "plain/file"] {
        place.put(file, "salaries\n");
    }
    if is_root {
        chown(place.ws().join("by-group"), Some(1234), Some(1234)).unwrap();
    }
    let list = list_for(4321);
    let set = |file: &str, name: &str, value: &[u8]| setxattr(place.ws().join(file), name, value, XattrFlags::empty());
    if set("by-list", ACL, &list).is_err() || set("plain", "system.posix_acl_default", &list).is_err() {
        return crate::place::skipped("who_may_read_a_file_may", "the file system has no lists of access");
    }
    let has_notes = set("noted", "user.note", b"of a program").is_ok();
    let get = |file: &str, name: &str| {
        let mut value = Vec::with_capacity(1024);
        getxattr(place.ws().join(file), name, rustix::buffer::spare_capacity(&mut value)).ok().map(|_| value)
    };
    let picture = || {
        ["by-group", "by-list", "noted", "plain/file"].map(|file| {
            let stat = place.ws().join(file).metadata().unwrap();
            (stat.uid(), stat.gid(), stat.mode(), get(file, ACL), get(file, "user.note"))
        })
    };
    let before = picture();
    assert!(before[1].3.is_some() && before[3].3.is_none() && before[2].4.is_some() == has_notes);
    for step in [
        "each all = n in [\"by-group\", \"by-list\", \"noted\", \"plain/file\"] {\n    step a = fs.append(path: n, text: \"b\")\n  }",
        "step a = process.run(argv: [\"sh\", \"-c\", \"for f in by-* noted plain/file; do echo b >> $f; done\"])",
    ] {
        place.put(
            "p.pl",
            format!("plan \"Note\" {{\n  critical {{\n    modify \"**\"\n    run \"sh\"\n  }}\n  {step}\n}}\n"),
        );
        place.run("p.pl").exits(0);
        assert_eq!(place.get("by-list").lines().count(), 2, "{step}");
        assert_eq!(picture(), before, "{step}");
        place.planc(&["undo", &place.last_run()]).exits(0);
        assert_eq!(place.get("by-list"), "salaries\n");
        assert_eq!(picture(), before, "the undo of {step}");
    }
}

/// What is made new has the group and the list of access that its folder gives it: the mode of what it is made of gives others no more there.
/// Nor does what an undo makes again, also where an earlier change of it is taken back.
#[test]
fn who_could_not_read_a_file_cannot_when_it_is_moved() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    const ACL: &str = "system.posix_acl_access";
    let place = Place::new();
    let list = list_for(4321);
    let mode = |file: &str| place.ws().join(file).metadata().unwrap().mode() & 0o777;
    let give = |file: &str, mode: u32| {
        fs::set_permissions(place.ws().join(file), fs::Permissions::from_mode(mode)).unwrap();
    };
    for file in
        ["list.txt", "copy.txt", "group.txt", "open.txt", "plain.txt", "over.txt", "folder/deep.txt", "given/x.txt"]
    {
        place.put(file, "salaries\n");
        give(file, 0o640);
    }
    for file in ["list.txt", "copy.txt"] {
        if setxattr(place.ws().join(file), ACL, &list, XattrFlags::empty()).is_err() {
            return crate::place::skipped("who_could_not_read_a_file", "the file system has no lists of access");
        }
    }
    setxattr(place.ws().join("given"), "system.posix_acl_default", &list, XattrFlags::empty()).unwrap();
    assert_eq!(mode("list.txt"), 0o660, "the mask");
    give("open.txt", 0o664);
    let is_root = rustix::process::geteuid().is_root();
    if is_root {
        for file in ["group.txt", "open.txt", "folder/deep.txt", "folder", "over.txt"] {
            chown(place.ws().join(file), None, Some(1234)).unwrap();
        }
        give("folder", 0o750);
    }
    let plan = "plan \"Tidy\" {\n  critical {\n    delete \"**\"\n    create \"**\"\n    modify \"**\"\n    run \"sh\"\n  }\n  \
                step z = fs.append(path: \"group.txt\", text: \"more\\n\")\n  \
                step a = fs.move(from: \"group.txt\", to: \"kept/group.txt\")\n  \
                step b = fs.move(from: \"list.txt\", to: \"kept/list.txt\")\n  \
                step c = fs.copy(from: \"copy.txt\", to: \"kept/copy.txt\")\n  \
                step d = fs.move(from: \"open.txt\", to: \"kept/open.txt\")\n  \
                step e = fs.move(from: \"folder\", to: \"kept/folder\")\n  \
                step f = fs.copy(from: \"plain.txt\", to: \"given/plain.txt\")\n  \
                step g = fs.copy(from: \"plain.txt\", to: \"kept/plain.txt\")\n  \
                step h = process.run(argv: [\"sh\", \"-c\", \"rm given/x.txt over.txt\"])\n}\n";
    place.put("p.pl", plan).run("p.pl").exits(0);
    let expected = [
        ("kept/list.txt", 0o600),
        ("kept/copy.txt", 0o600),
        ("kept/group.txt", if is_root { 0o600 } else { 0o640 }),
        ("kept/open.txt", if is_root { 0o644 } else { 0o664 }),
        ("kept/folder/deep.txt", if is_root { 0o600 } else { 0o640 }),
        ("given/plain.txt", 0o600),
        ("kept/plain.txt", 0o640),
    ];
    for (file, is) in expected {
        assert_eq!(mode(file), is, "{file}");
    }
    if is_root {
        assert_eq!(mode("kept/folder"), 0o700);
    }
    place.planc(&["undo", &place.last_run()]).exits(0);
    let expected = [
        ("list.txt", 0o600),
        ("group.txt", if is_root { 0o600 } else { 0o640 }),
        ("open.txt", if is_root { 0o644 } else { 0o664 }),
        ("folder/deep.txt", if is_root { 0o600 } else { 0o640 }),
        ("over.txt", if is_root { 0o600 } else { 0o640 }),
        ("given/x.txt", 0o600),
        ("plain.txt", 0o640),
    ];
    for (file, is) in expected {
        assert_eq!((mode(file), place.get(file).as_str()), (is, "salaries\n"), "{file}");
    }
    assert!(
        getxattr(place.ws().join("copy.txt"), ACL, rustix::buffer::spare_capacity(&mut Vec::with_capacity(64))).is_ok()
    );
}
