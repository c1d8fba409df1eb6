//! The vocabulary of events: the published schema is that of the types, and what runs print is of its form.

#[path = "world/mod.rs"]
mod world;

use planc::event::{End, Event};
use planc::render::stream;
use serde_json::Value;
use std::path::PathBuf;
use world::World;

/// The lines that a command printed.
fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The words of a stream, in order.
fn words(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["event"].as_str().unwrap_or("none")).collect()
}

fn validator() -> jsonschema::Validator {
    let schema = stream::schema();
    jsonschema::meta::validate(&schema).expect("the schema is one");
    jsonschema::validator_for(&schema).expect("the schema can be used")
}

#[track_caller]
fn all_valid(lines: &[Value]) {
    let validator = validator();
    for line in lines {
        let wrong: Vec<String> = validator.iter_errors(line).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?}\n{line:#}");
    }
}

/// `EVENTS_UPDATE=1` writes it anew.
#[test]
fn the_published_schema_is_that_of_the_types() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../spec/schemas/events.schema.json");
    let text = serde_json::to_string_pretty(&stream::schema()).unwrap() + "\n";
    if std::env::var_os("EVENTS_UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == text, "`EVENTS_UPDATE=1 cargo test -p planc --test events` writes {}", path.display());
}

#[test]
fn a_run_prints_what_happens_line_by_line_and_what_came_of_it_last() {
    let world = World::new();
    world.write(
        "plan.pl",
        "plan \"Two\" {\n  critical {\n    create \"*.txt\"\n  }\n  step a = fs.write(path: \"a.txt\", text: \"a\")\n  \
         step b = fs.write(path: \"b.txt\", text: \"b\") {\n    when a.bytes > 5\n  }\n  verify \"it is there\" {\n    \
         fs.stat(path: \"a.txt\").kind == \"file\"\n  }\n}\n"
            .as_bytes(),
    );
    let said = world.planc(&["run", "--approve", "plan.pl", "--format", "json"]);
    let lines_of_run = lines(&said.out);
    all_valid(&lines_of_run);
    let expected = [
        "approved",
        "started",
        "step_started",
        "step_succeeded",
        "step_skipped",
        "verification_held",
        "ended",
        "report",
    ];
    assert_eq!(words(&lines_of_run), expected);
    let report = lines_of_run.last().unwrap();
    assert_eq!(report["report"]["end"], "done");
    assert!(
        lines_of_run.iter().all(|line| line["run"] == report["run"] && line["format"] == 1 && line["at"].is_string())
    );
    let undone = world.planc(&["undo", report["run"].as_str().unwrap(), "--format", "json"]);
    let undone = lines(&undone.out);
    all_valid(&undone);
    assert_eq!(words(&undone), ["undo_started", "step_undone", "undo_ended", "report"]);
}

#[test]
fn a_run_that_may_not_begin_is_one_line() {
    let world = World::new();
    world.write(
        "plan.pl",
        "plan \"P\" {\n  critical {\n    create \"a\"\n  }\n  step a = fs.write(path: \"a\", text: \"a\")\n}\n"
            .as_bytes(),
    );
    let said = world.planc(&["run", "plan.pl", "--format", "json"]);
    let said = lines(&said.out);
    assert_eq!((said.len(), &said[0]["error"]["exit"]), (1, &serde_json::json!(3)));
}

/// The schema refuses what is not of the vocabulary.
#[test]
fn an_unknown_event_is_refused() {
    let validator = validator();
    let event = Event::Ended { end: End::Done, outputs: planc_lang::value::Value::Null };
    let good = serde_json::to_value(stream::Line::event("r", &event)).unwrap();
    assert!(validator.is_valid(&good), "{good}");
    for (member, value) in [("event", "exploded"), ("end", "perhaps")] {
        let mut bad = good.clone();
        bad[member] = value.into();
        assert!(!validator.is_valid(&bad), "{bad}");
    }
    let mut without = good;
    without.as_object_mut().unwrap().remove("format");
    assert!(!validator.is_valid(&without));
}
