//! Nothing leads out of the workspace or to what is planc's own.

use crate::support::{Place, call, text};
use planc::workspace::{ApplyError, Change, FileError, FileState, Look};
use std::fs;
use std::os::unix::ffi::OsStrExt;

#[test]
fn paths_that_are_not_of_the_workspace_are_refused() {
    let place = Place::new();
    for path in ["../out/secret", "/etc/passwd", "a/../../out/secret", "~/x", "a\0b", "a\nb", "", "a//b", "C:\\x"] {
        let refused = place.workspace.resolve(path);
        assert!(matches!(refused, Err(FileError::Form(_))), "{path:?}: {refused:?}");
    }
}

#[test]
fn links_stay_inside() {
    let place = Place::new();
    place.put("real/file", "x");
    place.link("real", "inner");
    place.link(place.root().join("real"), "absolute");
    place.link("inner/../real/./file", "long");
    place.link(place.out(), "outer");
    place.link("../out/secret", "relative");
    place.link("real/../../out", "climbs");
    place.link(format!("{}-other", place.root().display()), "sibling");
    assert_eq!(place.workspace.resolve("inner/file"), Ok("real/file".into()));
    assert_eq!(place.workspace.resolve("absolute/new/deep"), Ok("real/new/deep".into()));
    assert_eq!(place.workspace.resolve("long"), Ok("real/file".into()));
    assert_eq!(place.workspace.resolve_link("long"), Ok("long".into()));
    for path in ["outer/secret", "outer", "relative", "climbs/secret", "sibling", "outer/new"] {
        let refused = place.workspace.resolve(path);
        assert!(matches!(refused, Err(FileError::Escapes { .. })), "{path}: {refused:?}");
    }
}

#[test]
fn a_link_to_the_root_does_not_climb_past_it() {
    let place = Place::new();
    place.link(".", "here");
    place.link("here/../out", "climbs");
    assert!(matches!(place.workspace.resolve("climbs/secret"), Err(FileError::Escapes { .. })));
}

#[test]
fn circles_of_links_are_an_error() {
    let place = Place::new();
    place.link("b", "a");
    place.link("a", "b");
    place.link("self", "self");
    for path in ["a", "b/c", "self"] {
        assert!(matches!(place.workspace.resolve(path), Err(FileError::Loop { .. })), "{path}");
    }
}

#[test]
fn what_is_swapped_for_a_link_after_resolving_is_not_followed() {
    let place = Place::new();
    place.put("dir/secret", "mine");
    place.put("file", "mine");
    let (inner, file) = (place.workspace.resolve("dir/secret").unwrap(), place.workspace.resolve("file").unwrap());
    fs::rename(place.root().join("dir"), place.root().join("dir2")).unwrap();
    fs::remove_file(place.root().join("file")).unwrap();
    place.link(place.out(), "dir");
    place.link(place.out().join("secret"), "file");
    assert!(place.workspace.read(&inner, 100).is_err());
    assert!(place.workspace.read(&file, 100).is_err());
    assert!(place.workspace.entries("dir").is_err());
    assert_eq!(place.workspace.observe(&Look::At { path: inner.clone() }), Ok("behind a link".into()));
    let digest = place.contents.put(b"overwritten").unwrap();
    let change = Change::new("dir/new", FileState::Absent, FileState::File { digest, bytes: 11, mode: 0o644 });
    assert!(place.workspace.apply(&change, &place.contents).is_err());
    assert_eq!(fs::read_dir(place.out()).unwrap().count(), 1);
}

#[test]
fn planc_is_out_of_reach_of_every_tool() {
    let place = Place::new();
    place.put("sub/planc.toml", "");
    place.put(".planc/state", "");
    place.put("ordinary", "");
    fs::hard_link(place.root().join("planc.toml"), place.root().join("hard")).unwrap();
    place.link("planc.toml", "soft");
    for path in ["planc.toml", "PLANC.toml", "sub/planc.toml", ".planc/state", ".planc", "hard", "soft", ".planc-x"] {
        for tool in ["fs.read", "fs.stat", "fs.delete", "fs.make_dir"] {
            let mut overlay = place.overlay();
            if (path, tool) == ("soft", "fs.stat") || (path, tool) == ("soft", "fs.delete") {
                // The link itself is nobody's.
                continue;
            }
            let error = call(&mut overlay, tool, &[("path", text(path))]).unwrap_err();
            assert!(error.message.contains("planc's own"), "{tool} {path}: {error}");
        }
        for tool in ["fs.write", "fs.append"] {
            let error = call(&mut place.overlay(), tool, &[("path", text(path)), ("text", text("x"))]).unwrap_err();
            assert!(error.message.contains("planc's own"), "{tool} {path}: {error}");
        }
        for (from, to) in [(path, "copy"), ("ordinary", path)] {
            if from == "soft" {
                continue;
            }
            for tool in ["fs.copy", "fs.move"] {
                let args = [("from", text(from)), ("to", text(to))];
                let error = call(&mut place.overlay(), tool, &args).unwrap_err();
                let expected = ["planc's own", "exists already"];
                assert!(expected.iter().any(|e| error.message.contains(e)), "{tool} {from} {to}: {error}");
            }
        }
    }
    for path in ["sub", "."] {
        let args = [("path", text(path)), ("recursive", planc_lang::value::Value::Bool(true))];
        assert!(call(&mut place.overlay(), "fs.delete", &args).is_err(), "{path}");
    }
    let mut overlay = place.overlay();
    let listed = call(&mut overlay, "fs.list", &[]).unwrap().to_string();
    assert!(!listed.contains("planc.toml"), "{listed}");
    let found = call(&mut overlay, "fs.glob", &[("pattern", text("**"))]).unwrap().to_string();
    assert!(!found.contains("planc") && !found.contains("hard"), "{found}");
    assert!(call(&mut overlay, "fs.search", &[("pattern", text("x"))]).is_ok());
}

#[test]
fn a_protected_directory_is_out_of_reach_under_any_name() {
    let place = Place::new();
    place.put("state/journal", "x");
    place.link("state", "other");
    let protected = vec![place.root().join("state")];
    let workspace = planc::workspace::Workspace::open(place.root(), protected).unwrap();
    for path in ["state", "state/journal", "State/journal", "other/journal", "other"] {
        assert!(matches!(workspace.resolve(path), Err(FileError::Protected { .. })), "{path}");
    }
}

#[test]
fn pipes_and_sockets_are_refused_without_waiting() {
    let place = Place::new();
    rustix::fs::mknodat(rustix::fs::CWD, place.root().join("pipe"), rustix::fs::FileType::Fifo, 0o644.into(), 0)
        .unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(place.root().join("socket")).unwrap();
    for path in ["pipe", "socket"] {
        for tool in ["fs.read", "fs.edit", "fs.append", "fs.write", "fs.delete"] {
            let mut args = vec![("path", text(path))];
            match tool {
                "fs.edit" => args.push(("edits", planc_lang::value::Value::list([]))),
                "fs.append" | "fs.write" => args.push(("text", text("x"))),
                _ => {}
            }
            let error = call(&mut place.overlay(), tool, &args).unwrap_err();
            assert!(error.message.contains("a pipe, socket or device"), "{tool}: {error}");
        }
        let args = [("from", text(path)), ("to", text("copy"))];
        assert!(call(&mut place.overlay(), "fs.copy", &args).is_err());
        assert_eq!(place.workspace.state(path), Ok(FileState::Other));
    }
    assert!(call(&mut place.overlay(), "fs.search", &[("pattern", text("x"))]).is_ok());
}

#[test]
fn names_that_no_plan_can_write_are_neither_listed_nor_lost() {
    let place = Place::new();
    place.put("dir/good", "x");
    fs::write(place.root().join("dir").join(std::ffi::OsStr::from_bytes(b"b\xffd")), "x").unwrap();
    fs::write(place.root().join("dir/new\nline"), "x").unwrap();
    let mut overlay = place.overlay();
    let listed = call(&mut overlay, "fs.list", &[("path", text("dir"))]).unwrap();
    assert_eq!(listed.get("entries").and_then(|entries| entries.as_list()).map(<[_]>::len), Some(1));
    let recursive = ("recursive", planc_lang::value::Value::Bool(true));
    let error = call(&mut overlay, "fs.delete", &[("path", text("dir")), recursive]).unwrap_err();
    assert_eq!(error.message, "`dir` holds a name that no plan can write: b\\xffd");
    let before = place.workspace.observe(&Look::Entries { path: "dir".into() }).unwrap();
    fs::remove_file(place.root().join("dir/new\nline")).unwrap();
    assert_ne!(before, place.workspace.observe(&Look::Entries { path: "dir".into() }).unwrap());
}

#[test]
fn what_is_there_must_be_what_was_expected() {
    let place = Place::new();
    place.put("file", "one");
    let mut overlay = place.overlay();
    call(&mut overlay, "fs.write", &[("path", text("file")), ("text", text("two"))]).unwrap();
    let change = overlay.take_changes().remove(0);
    place.contents.put(b"two").unwrap();
    place.put("file", "changed meanwhile");
    let refused = place.workspace.apply(&change, &place.contents);
    assert!(matches!(refused, Err(ApplyError::Conflict { .. })), "{refused:?}");
    assert_eq!(fs::read(place.root().join("file")).unwrap(), b"changed meanwhile");
}

#[test]
fn a_content_that_is_not_in_the_store_changes_nothing() {
    let place = Place::new();
    let mut overlay = place.overlay();
    call(&mut overlay, "fs.write", &[("path", text("file")), ("text", text("two"))]).unwrap();
    let change = overlay.take_changes().remove(0);
    let error = place.workspace.apply(&change, &place.contents).unwrap_err();
    assert!(error.to_string().starts_with("could not create `file`: "), "{error}");
    assert!(!place.root().join("file").exists());
}

#[test]
fn a_damaged_content_is_never_given_out() {
    let place = Place::new();
    let digest = place.contents.put(b"good").unwrap();
    let hex = digest.hex();
    let file = place.dir.path().join("store").join(&hex[..2]).join(&hex[2..]);
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&file.metadata().unwrap()) & 0o777, 0o600);
    fs::write(&file, "evil").unwrap();
    assert_eq!(place.contents.get(&digest).unwrap_err().kind(), std::io::ErrorKind::InvalidData);
}

#[test]
fn temporary_files_are_unseen_and_swept() {
    let place = Place::new();
    let left = format!(".planc-{}", "0".repeat(32));
    place.put(&format!("dir/{left}"), "half");
    place.put("dir/file", "x");
    fs::create_dir(place.root().join(".planc-11111111111111111111111111111111")).unwrap();
    let mut overlay = place.overlay();
    assert!(!call(&mut overlay, "fs.list", &[("path", text("dir"))]).unwrap().to_string().contains(".planc-"));
    let found = call(&mut overlay, "fs.glob", &[("pattern", text("**"))]).unwrap();
    assert_eq!(found.to_string(), r#"{ paths: ["dir/file"] }"#);
    let mut swept = place.workspace.sweep(["dir", ".", "absent"]);
    swept.sort();
    assert_eq!(swept, [".planc-11111111111111111111111111111111".to_owned(), format!("dir/{left}")]);
    assert_eq!(fs::read_dir(place.root().join("dir")).unwrap().count(), 1);
}

#[test]
fn a_directory_that_may_not_be_written_in_fails_the_simulation_already() {
    let place = Place::new();
    fs::create_dir(place.root().join("closed")).unwrap();
    place.mode("closed", 0o555);
    let result = call(&mut place.overlay(), "fs.write", &[("path", text("closed/x")), ("text", text("x"))]);
    match rustix::process::geteuid().is_root() {
        true => assert!(result.is_ok()),
        false => assert_eq!(result.unwrap_err().message, "could not write in `closed`: permission denied"),
    }
    place.mode("closed", 0o755);
}
