//! What the overlay knows, does not know, and says it looked at.

use crate::support::{Place, call, exact_picture, strings, text};
use planc::workspace::{FileState, Look, Overlay};
use planc_lang::effects::Resource;
use planc_lang::types::Type;
use planc_lang::value::Value;

fn write(overlay: &mut Overlay, path: &str, content: &str) -> Value {
    call(overlay, "fs.write", &[("path", text(path)), ("text", text(content))]).unwrap()
}

fn read(overlay: &mut Overlay, path: &str) -> Option<String> {
    let result = call(overlay, "fs.read", &[("path", text(path))]).unwrap();
    result.get("text").and_then(Value::as_str).map(str::to_owned)
}

fn program() -> Resource {
    Resource::Program(vec!["make".into()])
}

#[test]
fn a_dry_run_leaves_the_tree_as_it_is_to_the_nanosecond() {
    let place = Place::new();
    place.put("a/one", "1");
    place.put("a/two", "2");
    place.mode("a/two", 0o600);
    place.link("a", "link");
    let before = exact_picture(place.root());
    let mut overlay = place.overlay();
    write(&mut overlay, "link/one", "changed");
    write(&mut overlay, "new/deep/file", "x");
    call(&mut overlay, "fs.move", &[("from", text("a")), ("to", text("b"))]).unwrap();
    call(&mut overlay, "fs.delete", &[("path", text("b/two"))]).unwrap();
    call(&mut overlay, "fs.search", &[("pattern", text("c"))]).unwrap();
    assert_eq!(read(&mut overlay, "b/one").as_deref(), Some("changed"));
    assert!(!overlay.take_changes().is_empty());
    assert_eq!(before, exact_picture(place.root()));
}

#[test]
fn later_looks_see_simulated_changes() {
    let place = Place::new();
    place.put("src/a.rs", "fn a() {}");
    place.put("src/b.rs", "fn b() {}");
    let mut overlay = place.overlay();
    write(&mut overlay, "src/c.rs", "fn c() {}");
    call(&mut overlay, "fs.delete", &[("path", text("src/a.rs"))]).unwrap();
    let found = call(&mut overlay, "fs.glob", &[("pattern", text("src/*.rs"))]).unwrap();
    assert_eq!(found.get("paths"), Some(&strings(&["src/b.rs", "src/c.rs"])));
    let listed = call(&mut overlay, "fs.list", &[("path", text("src"))]).unwrap();
    let first = &listed.get("entries").unwrap().as_list().unwrap()[0];
    assert_eq!(first.get("path").and_then(Value::as_str), Some("src/b.rs"));
    let missing = call(&mut overlay, "fs.stat", &[("path", text("src/a.rs"))]).unwrap();
    assert_eq!(missing.get("kind").and_then(Value::as_str), Some("missing"));
    assert!(call(&mut overlay, "fs.read", &[("path", text("src/a.rs"))]).is_err());
}

#[test]
fn simulated_ignore_files_count() {
    let place = Place::new();
    place.put(".gitignore", "target/\n*.log\n!keep.log\n");
    place.put("target/x", "");
    place.put("a.log", "");
    place.put("keep.log", "");
    place.put("sub/b.tmp", "");
    place.put("sub/.hidden", "");
    place.put(".git/config", "");
    place.put(".git/info/exclude", "excluded\n");
    place.put("excluded", "");
    let mut overlay = place.overlay();
    let glob = |overlay: &mut Overlay, pattern: &str, ignored: bool| {
        let args = [("pattern", text(pattern)), ("ignored", Value::Bool(ignored))];
        call(overlay, "fs.glob", &args).unwrap().get("paths").cloned().unwrap()
    };
    let visible = [".gitignore", "keep.log", "sub/.hidden", "sub/b.tmp"];
    assert_eq!(glob(&mut overlay, "**", false), strings(&visible));
    assert_eq!(glob(&mut overlay, "target/*", false), strings(&[]));
    assert_eq!(glob(&mut overlay, "target/*", true), strings(&["target/x"]));
    assert_eq!(glob(&mut overlay, "*", true), strings(&[".gitignore", "a.log", "excluded", "keep.log"]));
    assert_eq!(glob(&mut overlay, "sub/b.tmp", false), strings(&["sub/b.tmp"]));
    write(&mut overlay, "sub/.gitignore", "*.tmp\n");
    assert_eq!(glob(&mut overlay, "sub/*", false), strings(&["sub/.gitignore", "sub/.hidden"]));
}

#[test]
fn after_a_program_nothing_is_known_until_it_is_written() {
    let place = Place::new();
    place.put("a", "1");
    let mut overlay = place.overlay();
    assert_eq!(read(&mut overlay, "a").as_deref(), Some("1"));
    overlay.mark_unknown(&program(), "build");
    overlay.take_observations();
    assert_eq!(read(&mut overlay, "a"), None);
    let listed = call(&mut overlay, "fs.list", &[]).unwrap();
    assert!(matches!(listed.get("entries"), Some(Value::Unknown(Type::List(_)))));
    let written = write(&mut overlay, "a", "2");
    assert_eq!(written.get("bytes"), Some(&Value::Int(1)));
    assert_eq!(written.get("created"), Some(&Value::Unknown(Type::Bool)));
    assert_eq!(read(&mut overlay, "a").as_deref(), Some("2"));
    assert_eq!(overlay.unknown_changes()[0].by, "build");
    assert_eq!(overlay.take_changes(), []);
    assert_eq!(overlay.take_observations(), []);
    let stat = call(&mut overlay, "fs.stat", &[("path", text("a"))]).unwrap();
    assert_eq!((stat.get("bytes"), stat.get("mode")), (Some(&Value::Int(1)), Some(&Value::Unknown(Type::String))));
    call(&mut overlay, "fs.copy", &[("from", text("a")), ("to", text("a2"))]).unwrap();
    call(&mut overlay, "fs.delete", &[("path", text("a"))]).unwrap();
    assert_eq!(overlay.unknown_changes().len(), 1);
    assert_eq!(overlay.take_changes(), []);
    overlay.mark_unknown(&program(), "again");
    assert_eq!(read(&mut overlay, "a"), None);
}

#[test]
fn a_path_with_unknown_content_leaves_the_rest_known() {
    let place = Place::new();
    place.put("a", "1");
    place.put("dir/b", "1");
    let mut overlay = place.overlay();
    overlay.begin("first");
    let result =
        call(&mut overlay, "fs.write", &[("path", text("dir/c")), ("text", Value::Unknown(Type::String))]).unwrap();
    assert_eq!(result.get("path").and_then(Value::as_str), Some("dir/c"));
    assert_eq!(result.get("created"), Some(&Value::Bool(true)));
    assert_eq!(result.get("bytes"), Some(&Value::Unknown(Type::Int)));
    assert_eq!(read(&mut overlay, "a").as_deref(), Some("1"));
    assert_eq!(read(&mut overlay, "dir/b").as_deref(), Some("1"));
    assert_eq!(read(&mut overlay, "dir/c"), None);
    let found = call(&mut overlay, "fs.glob", &[("pattern", text("dir/*"))]).unwrap();
    assert!(matches!(found.get("paths"), Some(Value::Unknown(_))));
    let edits = Value::list([Value::record([("find", text("1")), ("replace", text("2"))])]);
    let edited = call(&mut overlay, "fs.edit", &[("path", text("dir/c")), ("edits", edits)]).unwrap();
    assert_eq!(edited.get("replaced"), Some(&Value::Unknown(Type::Int)));
    for (tool, args) in [
        ("fs.copy", vec![("from", text("dir")), ("to", text("copy"))]),
        ("fs.move", vec![("from", text("dir")), ("to", text("copy"))]),
        ("fs.delete", vec![("path", text("dir")), ("recursive", Value::Bool(true))]),
    ] {
        let result = call(&mut overlay, tool, &args).unwrap();
        assert!(matches!(result.get("files"), Some(Value::Unknown(_))), "{tool}");
        assert_eq!(overlay.take_changes(), []);
    }
}

#[test]
fn an_unknown_path_makes_every_path_unknown() {
    let place = Place::new();
    place.put("a", "1");
    for (tool, name) in [("fs.write", "text"), ("fs.append", "text"), ("fs.copy", "from"), ("fs.move", "from")] {
        let mut overlay = place.overlay();
        let target = if name == "text" { "path" } else { "to" };
        let args = [(target, Value::Unknown(Type::Path)), (name, text("a"))];
        assert!(matches!(call(&mut overlay, tool, &args), Ok(Value::Unknown(_))));
        assert_eq!(read(&mut overlay, "a"), None, "{tool}");
    }
    let mut overlay = place.overlay();
    assert!(matches!(call(&mut overlay, "fs.read", &[("path", Value::Unknown(Type::Path))]), Ok(Value::Unknown(_))));
    assert_eq!(read(&mut overlay, "a").as_deref(), Some("1"));
}

#[test]
fn a_host_makes_no_file_unknown() {
    let place = Place::new();
    place.put("a", "1");
    let mut overlay = place.overlay();
    overlay.mark_unknown(&Resource::Host("example.org".into()), "send");
    assert_eq!(read(&mut overlay, "a").as_deref(), Some("1"));
    overlay.mark_unknown(&Resource::Glob("*.txt".into()), "convert");
    assert_eq!(read(&mut overlay, "a").as_deref(), Some("1"));
    overlay.mark_unknown(&Resource::Everything, "anything");
    assert_eq!(read(&mut overlay, "a"), None);
}

#[test]
fn a_call_that_fails_leaves_nothing_behind() {
    let place = Place::new();
    place.put("tree/a", "1");
    place.put("tree/policy.cedar", "1");
    let mut overlay = place.overlay();
    assert!(call(&mut overlay, "fs.move", &[("from", text("tree")), ("to", text("new/place"))]).is_err());
    assert_eq!(overlay.take_changes(), []);
    assert_eq!(read(&mut overlay, "tree/a").as_deref(), Some("1"));
    assert!(call(&mut overlay, "fs.read", &[("path", text("new/place/a"))]).is_err());
}

#[test]
fn looks_are_told_apart_by_what_was_there_and_what_is_simulated() {
    let place = Place::new();
    place.put("a", "1");
    place.link("a", "link");
    let mut overlay = place.overlay();
    read(&mut overlay, "link");
    write(&mut overlay, "link", "2");
    let first = overlay.take_observations();
    let seen: Vec<(&Look, &str)> = first.iter().map(|o| (&o.look, o.seen.as_str())).collect();
    let one = "file 0644 sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
    let two = "file 0644 sha256:d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35";
    let (link, at) = (Look::At { path: "link".into() }, Look::At { path: "a".into() });
    assert_eq!(seen, [(&link, "link → a"), (&at, one)]);
    overlay.take_changes();
    read(&mut overlay, "a");
    assert_eq!(overlay.take_observations()[0].seen, two);
    assert_eq!(overlay.base_observations().len(), 2);
    for observation in overlay.base_observations() {
        assert_eq!(place.workspace.observe(&observation.look), Ok(observation.seen.clone()));
    }
}

#[test]
fn simulated_looks_read_as_real_ones_do_afterwards() {
    let place = Place::new();
    place.put("dir/a", "1");
    place.put("dir/.gitignore", "ignored\n");
    place.put("dir/ignored", "1");
    let mut overlay = place.overlay();
    write(&mut overlay, "dir/b", "22");
    call(&mut overlay, "fs.copy", &[("from", text("dir")), ("to", text("twin"))]).unwrap();
    call(&mut overlay, "fs.delete", &[("path", text("dir/a"))]).unwrap();
    overlay.take_observations();
    for path in ["dir", "twin", "."] {
        call(&mut overlay, "fs.list", &[("path", text(path))]).unwrap();
        call(&mut overlay, "fs.stat", &[("path", text(path))]).unwrap();
    }
    call(&mut overlay, "fs.search", &[("pattern", text("2"))]).unwrap();
    call(&mut overlay, "fs.stat", &[("path", text("dir/a"))]).unwrap();
    let simulated = overlay.take_observations();
    place.apply(&mut overlay);
    for observation in simulated {
        assert_eq!(place.workspace.observe(&observation.look), Ok(observation.seen.clone()), "{:?}", observation.look);
    }
}

#[test]
fn what_a_look_saw_differs_when_anything_that_counts_does() {
    let place = Place::new();
    place.put("dir/a", "1");
    let at = Look::At { path: "dir/a".into() };
    let entries = Look::Entries { path: "dir".into() };
    let matches = Look::Matches { glob: "**".into(), ignored: false };
    let look = || [&at, &entries, &matches].map(|look| place.workspace.observe(look).unwrap());
    let first = look();
    assert!(first[1].starts_with("1 entries sha256:") && first[2].starts_with("1 paths sha256:"), "{first:?}");
    place.mode("dir/a", 0o755);
    let second = look();
    assert!(first[0] != second[0] && first[1..] == second[1..]);
    place.put("dir/b", "");
    let third = look();
    assert!(second[0] == third[0] && second[1] != third[1] && second[2] != third[2]);
    let program = place.workspace.observe(&Look::Program { name: "sh".into() }).unwrap();
    assert!(program.starts_with('/') && program.contains("/sh sha256:"), "{program}");
    assert_eq!(place.workspace.observe(&Look::Program { name: "no-such-program".into() }), Ok("absent".into()));
    assert!(place.workspace.observe(&Look::Program { name: "../out/secret".into() }).is_err());
}

#[test]
fn changes_are_net_and_their_contents_are_at_hand() {
    let place = Place::new();
    place.put("a", "1");
    let mut overlay = place.overlay();
    write(&mut overlay, "a", "2");
    write(&mut overlay, "a", "1");
    write(&mut overlay, "b", "3");
    call(&mut overlay, "fs.delete", &[("path", text("b"))]).unwrap();
    write(&mut overlay, "c", "4");
    let changes = overlay.take_changes();
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].path.as_str(), &changes[0].before), ("c", &FileState::Absent));
    call(&mut overlay, "fs.delete", &[("path", text("a"))]).unwrap();
    let changes = overlay.take_changes();
    let digest = changes[0].before.digest().unwrap();
    assert_eq!(&*overlay.contents()[digest], b"1");
}

#[test]
fn a_directory_can_give_way_to_a_file_and_back() {
    let place = Place::new();
    place.put("a/x/y", "1");
    let before = crate::support::picture(place.root());
    let mut overlay = place.overlay();
    call(&mut overlay, "fs.delete", &[("path", text("a")), ("recursive", Value::Bool(true))]).unwrap();
    write(&mut overlay, "a", "file");
    let changes = place.apply(&mut overlay);
    assert_eq!(std::fs::read(place.root().join("a")).unwrap(), b"file");
    for change in changes.iter().rev() {
        place.workspace.restore(change, &place.contents).unwrap();
    }
    assert_eq!(before, crate::support::picture(place.root()));
}
