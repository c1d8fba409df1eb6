//! Where the operator wants no plan for what can be undone.

use super::support::Place;
use serde_json::json;

const NEVER: &str = "[agents]\nplan = \"never\"\n";

#[test]
fn what_can_be_undone_is_done_at_once_and_can_be_undone() {
    let place = Place::new(NEVER);
    let mut agent = place.server(&[]);
    for text in ["one\n", "two\n", "two\n"] {
        agent.done("fs__write", json!({ "path": "b.txt", "text": text }));
        assert_eq!(std::fs::read_to_string(place.workspace().join("b.txt")).unwrap(), text);
    }
    let read = agent.done("fs__read", json!({ "path": "b.txt" }));
    assert_eq!(read.data["text"], "two\n");
    let audit = place.prints(&["sessions", "audit"]);
    assert!(audit.contains("allowed  stdio  fs__write — the operator wants no plan for what can be undone"), "{audit}");
    let runs: serde_json::Value = serde_json::from_str(&place.prints(&["--format", "json", "runs"])).unwrap();
    let runs = runs["runs"].as_array().unwrap().clone();
    assert_eq!(runs.len(), 3, "{runs:?}");
    place.prints(&["undo", runs[0]["run"].as_str().unwrap()]);
    place.prints(&["undo", runs[1]["run"].as_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(place.workspace().join("b.txt")).unwrap(), "one\n");
}

#[test]
fn what_cannot_be_undone_needs_a_plan_all_the_same() {
    let place = Place::new(&format!("{NEVER}\n[policy]\n\"fs.delete\" = \"ask\"\n\"fs.append\" = \"deny\"\n"));
    place.write("a.txt", "a\n");
    let mut agent = place.server(&[]);
    for (tool, arguments) in [
        ("process__run", json!({ "argv": ["touch", "b.txt"] })),
        ("fs__delete", json!({ "path": "a.txt" })),
        ("fs__append", json!({ "path": "a.txt", "text": "b\n" })),
        ("fs__write", json!({ "path": "planc.toml", "text": "" })),
        ("fs__write", json!({ "path": "../b.txt", "text": "" })),
    ] {
        let refused = agent.call(tool, arguments);
        assert!(refused.is_error, "{tool}: {}", refused.text);
        assert!(!refused.text.contains("terminal") && !refused.text.contains("planc approve"), "{}", refused.text);
    }
    assert_eq!(std::fs::read_to_string(place.workspace().join("a.txt")).unwrap(), "a\n");
    assert!(!place.has("b.txt"));
    // A person who wants to be asked is asked.
    place.write("planc.toml", &format!("{NEVER}\n[approval]\nrequire = \"terminal\"\n"));
    assert!(agent.call("fs__write", json!({ "path": "b.txt", "text": "x" })).is_error);
    place.write("planc.toml", &format!("{NEVER}\n[mode]\ndefault = \"plan\"\n"));
    assert!(agent.call("fs__write", json!({ "path": "b.txt", "text": "x" })).is_error);
    assert!(!place.has("b.txt"));
}

/// Of many calls at once one is made, or more one after the other; the others are told so, and leave no yes behind.
#[test]
fn calls_at_once_leave_no_yes_behind() {
    let place = Place::new(NEVER);
    let mut agent = place.server(&[]);
    let meta = agent.without_meta();
    agent.with_meta(meta.clone());
    let names = (0..6).map(|n| format!("{n}.txt"));
    for (at, name) in names.clone().enumerate() {
        let mut params = json!({ "name": "fs__write", "arguments": { "path": name, "text": "x\n" } });
        if !meta.is_null() {
            params["_meta"] = meta.clone();
        }
        agent.send(&json!({ "jsonrpc": "2.0", "id": 1000 + at, "method": "tools/call", "params": params }));
    }
    let mut made = 0;
    let mut answered = 0;
    while answered < names.clone().count() {
        let message = agent.receive();
        if message["id"].as_u64().is_some_and(|id| id >= 1000) {
            answered += 1;
            made += usize::from(message["result"]["isError"] != true);
        }
    }
    assert!(made > 0);
    assert_eq!(names.clone().filter(|name| place.has(name)).count(), made);
    let kept: serde_json::Value = serde_json::from_str(&place.prints(&["--format", "json", "approvals"])).unwrap();
    let kept = kept["approvals"].as_array().unwrap();
    let is_open = |yes: &&serde_json::Value| yes["revoked"].is_null() && yes["used"] == 0;
    assert_eq!(kept.iter().filter(is_open).count(), 0, "{kept:?}");
    let runs = place.prints(&["runs"]);
    assert!(!runs.contains("  approved"), "{runs}");
    // Each can be made again.
    for name in names {
        agent.done("fs__write", json!({ "path": name, "text": "again\n" }));
    }
}
