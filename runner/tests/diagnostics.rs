//! Mistakes from outside: `check --fix` on files, catalogues and standard input, and the published form of what is printed.

#[path = "world/mod.rs"]
mod world;

use serde_json::Value;
use std::path::{Path, PathBuf};
use world::World;

const HABITS: &str = "plan 'p' {\n  # why\n  step a = fs.read(path=\"a\");\n}\n";
const PLAIN: &str = "plan \"p\" {\n  // why\n  step a = fs.read(path: \"a\")\n}\n";

fn read(world: &World, name: &str) -> String {
    std::fs::read_to_string(world.workspace().join(name)).expect("the file is there")
}

#[test]
fn fix_rewrites_what_is_sure_and_nothing_else() {
    let world = World::new();
    world.write("habits.pl", HABITS.as_bytes());
    world.write("plain.pl", PLAIN.as_bytes());
    world.write("near.pl", b"plan \"p\" {\n  step a = fs.raed(path: \"a\")\n}\n");
    let before = world.tree();
    let said = world.planc(&["check", "--fix", "."]);
    assert_eq!(said.exit, 1, "{}{}", said.out, said.err);
    assert!(said.out.contains("use `fs.read`") && said.err.contains("1 error in 3 files"), "{}{}", said.out, said.err);
    assert!(said.err.contains("./habits.pl:2: write `//` (P0101)"), "{}", said.err);
    assert_eq!(read(&world, "habits.pl"), PLAIN);
    let after = world.tree();
    assert_eq!(before["plain.pl"], after["plain.pl"]);
    assert_eq!(before["near.pl"], after["near.pl"]);
    assert_eq!(before["habits.pl"].mode, after["habits.pl"].mode);
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "nothing is left behind");
}

#[test]
fn a_dry_run_changes_nothing_and_exits_as_the_repair_would() {
    let world = World::new();
    world.write("habits.pl", HABITS.as_bytes());
    for flags in [&["--fix", "--diff"][..], &["--diff"], &["--fix", "--dry-run"]] {
        let said = world.planc(&[&["check"], flags, &["habits.pl"]].concat());
        assert_eq!(said.exit, 0, "{}{}", said.out, said.err);
        assert!(said.out.starts_with("--- a/habits.pl\n+++ b/habits.pl\n"), "{}", said.out);
        assert!(said.out.contains("+  // why\n") && said.err.contains("would be applied"), "{}{}", said.out, said.err);
        assert_eq!(read(&world, "habits.pl"), HABITS);
    }
}

#[test]
fn standard_input_is_repaired_to_standard_output() {
    let world = World::new();
    let planc = env!("CARGO_BIN_EXE_planc");
    let said = world.command(&[planc, "check", "--fix", "-"], HABITS);
    assert_eq!((said.exit, said.out.as_str()), (0, PLAIN));
    let said = world.command(&[planc, "check", "--fix", "-"], "plan 'p' {\n  step a = fs.raed(path: 'a')\n}\n");
    assert_eq!(said.out, "plan \"p\" {\n  step a = fs.raed(path: \"a\")\n}\n");
    assert!(said.exit == 1 && said.err.contains("P0202"), "{}", said.err);
    // A text without mistakes comes out as it went in.
    let said = world.command(&[planc, "check", "--fix", "-"], PLAIN);
    assert_eq!((said.exit, said.out.as_str()), (0, PLAIN));
}

#[test]
fn a_repaired_catalogue_is_known_to_the_plans() {
    let world = World::new();
    world.write("tools.pl", b"catalogue c {\n  # Looks.\n  tool look(p: path) -> { kind: string } { reads p; }\n}\n");
    world.write("plan.pl", b"plan \"p\" {\n  step a = c.look(p: 'a')\n}\n");
    let said = world.planc(&["check", "--diff", "--catalogue=tools.pl", "tools.pl", "plan.pl"]);
    assert_eq!(said.exit, 0, "{}{}", said.out, said.err);
    let said = world.planc(&["check", "--fix", "--catalogue=tools.pl", "tools.pl", "plan.pl"]);
    assert_eq!(said.exit, 0, "{}{}", said.out, said.err);
    assert!(read(&world, "tools.pl").contains("// Looks.") && read(&world, "plan.pl").contains("\"a\""));
    assert_eq!(world.planc(&["check", "--catalogue=tools.pl", "tools.pl", "plan.pl"]).exit, 0);
}

#[test]
fn plans_of_other_languages_are_repaired() {
    let world = World::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lang/tests/broken");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of broken plans") {
        let path = entry.expect("an entry of the folder").path();
        let text = std::fs::read_to_string(&path).expect("a readable test file");
        // What needs one edit more is repaired in the tests of the language.
        if !text.starts_with("// one edit more") {
            world.write(&path.file_name().expect("a name").to_string_lossy(), text.as_bytes());
            count += 1;
        }
    }
    assert!(count >= 9, "found {count}");
    assert_eq!(world.planc(&["check", "."]).exit, 1);
    let said = world.planc(&["check", "--fix", "."]);
    assert_eq!(said.exit, 0, "{}{}", said.out, said.err);
    assert_eq!(world.planc(&["check", "."]).exit, 0);
}

#[test]
fn what_cannot_be_read_or_written_is_told() {
    let world = World::new();
    world.write("binary.pl", &[0xff, 0xfe]);
    let said = world.planc(&["check", "--fix", "binary.pl"]);
    assert!(said.exit == 1 && said.out.contains("P0002"), "{}{}", said.out, said.err);
    assert_eq!(world.planc(&["check", "--fix", "nowhere.pl"]).exit, 2);
}

/// Every text of the corpora of mistakes, each a file.
fn corpus() -> Vec<String> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lang/tests");
    let mut texts = Vec::new();
    let mut open: Vec<PathBuf> = vec![tests];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the tests") {
            let path = entry.expect("an entry of the folder").path();
            match path.extension().and_then(|extension| extension.to_str()) {
                _ if path.is_dir() => open.push(path),
                Some("pl" | "txt") => {
                    let text = std::fs::read_to_string(&path).expect("a readable test file");
                    let mark = if text.contains("// ==== ") { "// ==== " } else { "--- " };
                    let cases = text.split(mark).filter_map(|case| case.split_once('\n'));
                    texts.extend(cases.map(|(_, text)| text.to_owned()));
                }
                _ => {}
            }
        }
    }
    texts.sort();
    texts
}

#[test]
fn everything_that_is_printed_has_the_published_form() {
    let world = World::new();
    let schema = world.planc(&["schema", "diagnostics"]);
    let schema: Value = serde_json::from_str(&schema.out).expect("the schema is JSON");
    jsonschema::meta::validate(&schema).expect("the schema is one");
    let validator = jsonschema::validator_for(&schema).expect("the schema can be used");
    let valid = |args: &[&str], stdin: &str| {
        let said = world.command(&[&[env!("CARGO_BIN_EXE_planc"), "--format", "json", "check"], args].concat(), stdin);
        let report: Value = serde_json::from_str(&said.out).expect("the report is JSON");
        let faults: Vec<String> =
            validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(faults.is_empty(), "{args:?}: {faults:#?}");
        report
    };
    let texts = corpus();
    assert!(texts.len() > 100, "the corpus is there: {}", texts.len());
    for (index, text) in texts.iter().enumerate() {
        world.write(&format!("cases/{index}.pl"), text.as_bytes());
    }
    world.write("binary.pl", &[0xff]);
    let report = valid(&["."], "");
    assert_eq!(report["files"].as_array().map(Vec::len), Some(texts.len() + 1));
    let places = report["diagnostics"].as_array().expect("a list").iter().filter(|d| d.get("edit").is_some()).count();
    assert!(places > 100, "many have edits: {places}");
    valid(&["nowhere.pl"], "");
    valid(&["--diff", "cases"], "");
    let report = valid(&["--fix", "-"], HABITS);
    assert_eq!(report["files"][0]["text"], PLAIN);
    let report = valid(&["--fix", "cases"], "");
    assert!(report["files"].as_array().expect("a list").iter().any(|file| file.get("fixed").is_some()));
}

#[test]
fn the_schema_refuses_what_is_not_of_its_form() {
    let world = World::new();
    let schema: Value = serde_json::from_str(&world.planc(&["schema", "diagnostics"]).out).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema can be used");
    world.write("habits.pl", HABITS.as_bytes());
    let report: Value =
        serde_json::from_str(&world.planc(&["check", "--format", "json", "habits.pl"]).out).expect("JSON");
    assert!(validator.is_valid(&report));
    for (pointer, value) in [
        ("/version", Value::from(2)),
        ("/diagnostics/0/code", Value::from("E1")),
        ("/diagnostics/0/severity", Value::from("note")),
        ("/diagnostics/0/primary/line", Value::from(0)),
        ("/diagnostics/0/edit/applicability", Value::from("perhaps")),
        ("/diagnostics/0/edit/replacements", Value::from(Vec::<Value>::new())),
    ] {
        let mut wrong = report.clone();
        *wrong.pointer_mut(pointer).expect("the field is there") = value;
        assert!(!validator.is_valid(&wrong), "{pointer}");
    }
}
