//! What the file tools give and refuse.

use crate::support::{Place, call, strings, text};
use planc_lang::value::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn mode(place: &Place, path: &str) -> u32 {
    fs::symlink_metadata(place.root().join(path)).unwrap().permissions().mode() & 0o7777
}

fn fails(place: &Place, tool: &str, args: &[(&str, Value)]) -> String {
    call(&mut place.overlay(), tool, args).unwrap_err().message
}

#[test]
fn a_file_is_read_within_its_limits() {
    let place = Place::new();
    place.put("text", "höchst");
    fs::write(place.root().join("binary"), b"a\xff").unwrap();
    fs::create_dir(place.root().join("dir")).unwrap();
    let (result, changes) = place.act("fs.read", &[("path", text("text"))]);
    assert_eq!(result.to_string(), r#"{ path: "text", text: "höchst", bytes: 7 }"#);
    assert_eq!(changes, []);
    let with_max = |max| [("path", text("text")), ("max_bytes", Value::Int(max))];
    assert_eq!(fails(&place, "fs.read", &with_max(6)), "`text` has 7 bytes, more than 6");
    assert_eq!(fails(&place, "fs.read", &with_max(-1)), "`max_bytes` must not be negative, it is -1");
    assert_eq!(
        fails(&place, "fs.read", &[("path", text("binary"))]),
        "`binary` is not UTF-8: the byte at 1 begins no character"
    );
    assert_eq!(fails(&place, "fs.read", &[("path", text("dir"))]), "`dir` is a directory, not a file");
    assert_eq!(fails(&place, "fs.read", &[("path", text("no"))]), "`no` does not exist");
    assert_eq!(fails(&place, "fs.read", &[("path", text("text/x"))]), "`text` is a file, not a directory");
}

#[test]
fn modes_are_set_and_kept() {
    let place = Place::new();
    place.put("kept", "1");
    place.mode("kept", 0o4640);
    let write = |path: &str, executable: bool| {
        let args = [("path", text(path)), ("text", text("x")), ("executable", Value::Bool(executable))];
        place.act("fs.write", &args)
    };
    write("plain", false);
    write("dir/tool", true);
    write("kept", false);
    let mode_of = |path| mode(&place, path);
    assert_eq!(["plain", "dir/tool", "dir", "kept"].map(mode_of), [0o644, 0o755, 0o755, 0o640]);
    write("kept", true);
    assert_eq!(mode_of("kept"), 0o750);
    write("kept", false);
    assert_eq!(mode_of("kept"), 0o750);
}

#[test]
fn appending_creates_or_extends() {
    let place = Place::new();
    let append = |content: &str| place.act("fs.append", &[("path", text("log")), ("text", text(content))]).0;
    assert_eq!(append("a").to_string(), r#"{ path: "log", bytes: 1, created: true }"#);
    assert_eq!(append("b").to_string(), r#"{ path: "log", bytes: 2, created: false }"#);
    assert_eq!(fs::read(place.root().join("log")).unwrap(), b"ab");
}

#[test]
fn an_edit_counts_before_it_replaces() {
    let place = Place::new();
    place.put("f", "one two\ntwo\n");
    let edit = |find: &str, count: Option<i64>| {
        let count = ("count", count.map_or(Value::Null, Value::Int));
        let edit = Value::record([("find", text(find)), ("replace", text("2")), count]);
        [("path", text("f")), ("edits", Value::list([edit]))]
    };
    assert_eq!(
        fails(&place, "fs.edit", &edit("two", None)),
        "could not make edit 1 of `f`: the text to find occurs 2 times, not once"
    );
    assert_eq!(fails(&place, "fs.edit", &edit("", None)), "could not make edit 1 of `f`: the text to find is empty");
    assert!(fails(&place, "fs.edit", &edit("three", None)).ends_with("the text to find does not occur"));
    assert!(fails(&place, "fs.edit", &edit("one  two", None)).contains("line 1 differs"));
    assert!(fails(&place, "fs.edit", &edit("two", Some(0))).contains("at least 1"));
    let (result, _) = place.act("fs.edit", &edit("two", Some(2)));
    assert_eq!(result.to_string(), r#"{ path: "f", replaced: 2, bytes: 8 }"#);
    assert_eq!(fs::read(place.root().join("f")).unwrap(), b"one 2\n2\n");
}

#[test]
fn trees_are_copied_moved_and_deleted_whole() {
    let place = Place::new();
    place.put("tree/a", "1");
    place.put("tree/sub/b", "2");
    place.mode("tree/sub/b", 0o700);
    place.mode("tree/sub", 0o750);
    place.link("../nowhere", "tree/link");
    let args = |from: &str, to: &str| [("from", text(from)), ("to", text(to))];
    assert_eq!(place.act("fs.copy", &args("tree", "deep/copy")).0.to_string(), r#"{ path: "deep/copy", files: 3 }"#);
    assert_eq!((mode(&place, "deep/copy/sub"), mode(&place, "deep/copy/sub/b")), (0o750, 0o700));
    assert_eq!(fs::read_link(place.root().join("deep/copy/link")).unwrap().to_str(), Some("../nowhere"));
    assert_eq!(place.act("fs.move", &args("tree", "moved")).0.get("files"), Some(&Value::Int(3)));
    assert!(!place.root().join("tree").exists() && place.root().join("moved/sub/b").exists());
    assert_eq!(fails(&place, "fs.copy", &args("moved", "deep")), "`deep` exists already");
    assert_eq!(
        fails(&place, "fs.copy", &args("moved", "moved/in")),
        "could not copy `moved`: `moved/in` is the same or lies in it"
    );
    assert_eq!(fails(&place, "fs.move", &args("tree", "x")), "`tree` does not exist");
    assert_eq!(
        fails(&place, "fs.delete", &[("path", text("moved"))]),
        "could not delete `moved`: it is a directory, which needs `recursive: true`"
    );
    let (result, changes) = place.act("fs.delete", &[("path", text("moved")), ("recursive", Value::Bool(true))]);
    assert_eq!(result.to_string(), r#"{ path: "moved", files: 3 }"#);
    let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(paths, ["moved/sub/b", "moved/sub", "moved/link", "moved/a", "moved"]);
    assert_eq!(fails(&place, "fs.delete", &[("path", text("moved"))]), "`moved` does not exist");
    assert_eq!(fails(&place, "fs.delete", &[("path", text("."))]), "could not delete `.`: it is the workspace itself");
}

#[test]
fn a_link_itself_is_moved_and_deleted_and_its_target_is_copied() {
    let place = Place::new();
    place.put("real", "1");
    place.link("real", "link");
    place.act("fs.copy", &[("from", text("link")), ("to", text("copy"))]);
    assert!(place.root().join("copy").symlink_metadata().unwrap().is_file());
    place.act("fs.move", &[("from", text("link")), ("to", text("other"))]);
    assert!(place.root().join("other").is_symlink());
    let stat = place.act("fs.stat", &[("path", text("other"))]).0;
    assert_eq!(stat.to_string(), r#"{ path: "other", kind: "link", bytes: 0, mode: "0777" }"#);
    place.act("fs.delete", &[("path", text("other"))]);
    assert_eq!(fs::read(place.root().join("real")).unwrap(), b"1");
}

#[test]
fn a_file_is_replaced_by_a_copy_only_on_request() {
    let place = Place::new();
    place.put("a", "new");
    place.put("b", "old");
    place.mode("a", 0o600);
    let args = |replace| [("from", text("a")), ("to", text("b")), ("replace", Value::Bool(replace))];
    assert_eq!(fails(&place, "fs.copy", &args(false)), "`b` exists already");
    place.act("fs.copy", &args(true));
    assert_eq!((fs::read(place.root().join("b")).unwrap(), mode(&place, "b")), (b"new".to_vec(), 0o600));
    place.put("dir/x", "");
    let onto_dir = [("from", text("a")), ("to", text("dir")), ("replace", Value::Bool(true))];
    assert_eq!(fails(&place, "fs.copy", &onto_dir), "`dir` exists already");
}

#[test]
fn searching_passes_over_what_is_no_text() {
    let place = Place::new();
    place.put("a.txt", "no\nfound it\r\n");
    place.put("b/c.txt", format!("found {}", "x".repeat(1000)));
    place.put("binary", "found\0");
    fs::write(place.root().join("latin"), b"found \xe4").unwrap();
    let (result, _) = place.act("fs.search", &[("pattern", text("^found"))]);
    assert_eq!(result.get("files"), Some(&Value::Int(2)));
    let matches = result.get("matches").unwrap().as_list().unwrap();
    assert_eq!(matches[0].to_string(), r#"{ path: "a.txt", line: 2, text: "found it" }"#);
    let clipped = matches[1].get("text").and_then(Value::as_str).unwrap();
    assert!(clipped.chars().count() == 501 && clipped.ends_with('…'));
    let limited = [("pattern", text("found")), ("max_matches", Value::Int(1))];
    assert_eq!(fails(&place, "fs.search", &limited), "`found` matches more than 1 lines in `**`");
    let wrong = fails(&place, "fs.search", &[("pattern", text("("))]);
    assert_eq!(wrong, "`(` is not a regular expression: unclosed group");
}

#[test]
fn a_glob_keeps_to_its_parts() {
    let place = Place::new();
    for path in ["a.rs", "src/b.rs", "src/deep/c.rs", "src/deep/d.txt"] {
        place.put(path, "");
    }
    place.link("src", "link");
    let glob = |pattern: &str| place.act("fs.glob", &[("pattern", text(pattern))]).0.get("paths").cloned().unwrap();
    assert_eq!(glob("*.rs"), strings(&["a.rs"]));
    assert_eq!(glob("src/*.rs"), strings(&["src/b.rs"]));
    assert_eq!(glob("**/*.rs"), strings(&["a.rs", "src/b.rs", "src/deep/c.rs"]));
    assert_eq!(glob("src/**"), strings(&["src/b.rs", "src/deep/c.rs", "src/deep/d.txt"]));
    assert_eq!(glob("src/{b,deep/c}.rs"), strings(&["src/b.rs", "src/deep/c.rs"]));
    assert_eq!(glob("link/**"), strings(&[]));
    assert_eq!(glob("absent/**"), strings(&[]));
}

#[test]
fn one_call_changes_only_so_much() {
    let place = Place::new();
    for index in 0..5 {
        let file = fs::File::create(place.root().join(format!("tree{index}"))).unwrap();
        file.set_len(if index == 0 { 65 << 20 } else { 1 }).unwrap();
    }
    let args = [("from", text("tree0")), ("to", text("copy"))];
    assert_eq!(fails(&place, "fs.copy", &args), "`tree0` is larger than 67108864 bytes");
    let stat = place.act("fs.stat", &[("path", text("tree0"))]).0;
    assert_eq!(stat.get("bytes"), Some(&Value::Int(65 << 20)));
}
