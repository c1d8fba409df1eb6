//! Import, check, dry run, run: with a server that behaves.

use super::typed::typed;
use super::{log, plan, review, reviewed, run, wire, wired};

#[test]
fn an_imported_tool_is_called_once_and_its_result_is_typed() {
    let place = reviewed();
    let text = place.get("catalogues/mock.pl");
    let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(squeezed.contains("tool put( key: string, value: string, ) -> { stored: int, ... } {"), "{text}");
    assert!(squeezed.contains("tool get_all( Odd_Name?: string, ) -> string {"), "{text}");
    assert!(text.contains("named \"get-all\"") && text.contains("named Odd_Name \"Odd-Name\""), "{text}");
    let lock = place.get("catalogues/mock.mcp.json");
    assert!(lock.contains("unknownToTypes"), "the definition is kept as the server wrote it\n{lock}");
    let steps = "  step put = mock.put(key: \"a\", value: \"b\")\n  step all = mock.get_all(Odd_Name: \"x\") {\n    \
                 expect all.lines().length() == 2\n  }\n  output stored = put.stored\n";
    let said = run(&place, &plan(steps)).exits(0).says("stored = 1");
    drop(said);
    let log = log(&place);
    assert_eq!(log.len(), 2, "{log:?}");
    assert!(log[0].starts_with("put {\"key\":\"a\",\"value\":\"b\"} ") && !log[0].ends_with(" -"), "{log:?}");
    assert_eq!(log[1], "get-all {\"Odd-Name\":\"x\"} -");
}

#[test]
fn nothing_is_started_before_approval_unless_the_operator_says_so() {
    let place = reviewed();
    place.put("p.pl", "plan \"P\" {\n  step all = mock.get_all()\n}\n");
    place.planc(&["plan", "p.pl"]).exits(0).says("its server is not asked before approval");
    assert_eq!(log(&place).len(), 0);
    wire(&place, "good", "read = [\"mock:*\"]\n");
    place.planc(&["plan", "p.pl"]).exits(0);
    assert_eq!(log(&place).len(), 1);
    // Behind a call that changes what it reads, it is not known.
    place.put("p.pl", plan("  step put = mock.put(key: \"a\", value: \"b\")\n  step all = mock.get_all()\n"));
    place.planc(&["plan", "p.pl"]).exits(0);
    assert_eq!(log(&place).len(), 1);
    // Nor is one asked whose catalogue says nothing of effects.
    place.put("catalogues/mock.pl", place.get("catalogues/mock.pl").replace("    reads \"mock:store\"\n", ""));
    place.put("p.pl", "plan \"P\" {\n  step all = mock.get_all()\n}\n");
    place.planc(&["plan", "p.pl"]);
    assert_eq!(log(&place).len(), 1);
}

#[test]
fn arguments_are_held_against_the_schema_of_the_server() {
    let place = reviewed();
    run(&place, &plan("  step put = mock.put(key: \"a\", value: \"forbidden\")\n"))
        .exits(4)
        .says("do not fit the schema of its server");
    assert_eq!(log(&place).len(), 0);
}

#[test]
fn another_definition_is_stale_until_it_is_reviewed() {
    let place = reviewed();
    place.planc(&["tools", "check"]).exits(0).says("2 tools as reviewed");
    wire(&place, "changed", "");
    place.planc(&["tools", "check", "mock"]).exits(5).says("mails it to its author");
    let steps = plan("  step put = mock.put(key: \"a\", value: \"b\")\n");
    run(&place, &steps).exits(5).says("is not what was reviewed");
    assert_eq!(log(&place).len(), 0);
    let before = place.get("catalogues/mock.pl");
    place.planc(&["tools", "import", "--mcp", "mock"]).exits(5).says("nothing was written");
    assert_eq!(place.get("catalogues/mock.pl"), before);
    let accept = ["tools", "import", "--mcp", "mock", "--accept"];
    place.planc(&accept).exits(6).says("nobody is here who has looked");
    let (screen, code) = typed(&place, &accept, &[("Only `yes` is a yes:", "no")]);
    assert!(code == 3 && screen.contains("mails it to its author"), "{screen}");
    assert_eq!(place.get("catalogues/mock.pl"), before);
    let (screen, code) = typed(&place, &accept, &[("Only `yes` is a yes:", "yes")]);
    assert_eq!(code, 0, "{screen}");
    let after = place.get("catalogues/mock.pl");
    assert!(after.contains("writes \"mock:store\"") && after.contains("mails it"), "{after}");
    place.planc(&["tools", "check"]).exits(0);
    run(&place, &steps).exits(0);
    assert_eq!(log(&place).len(), 1);
}

/// Whoever may call planc can write an answer, and the lock with it.
#[test]
fn what_stands_in_a_catalogue_is_another_thing_only_with_a_person() {
    let place = reviewed();
    let (before, lock) = (place.get("catalogues/mock.pl"), place.get("catalogues/mock.mcp.json"));
    let import = |more: &[&str]| place.planc(&[&["tools", "import"], more].concat());
    let none = r#"{ "tools": [] }"#;
    place
        .put("none.json", none)
        .put("other.json", r#"{ "tools": [{ "name": "a", "inputSchema": { "type": "object" } }] }"#);
    import(&["--mcp", "mock", "--from", "none.json"]).exits(5).says("put is gone");
    import(&["--mcp", "other", "--from", "other.json", "--to", "catalogues/mock.pl"]).exits(2).says("planc's own");
    assert_eq!(
        (place.get("catalogues/mock.pl"), place.get("catalogues/mock.mcp.json")),
        (before.clone(), lock.clone())
    );
    // Without what was said then, all that is said now is shown.
    wire(&place, "changed", "");
    for other in [None, Some(lock.replace("unknownToTypes", "other"))] {
        std::fs::remove_file(place.ws().join("catalogues/mock.mcp.json")).unwrap();
        if let Some(text) = other {
            place.put("catalogues/mock.mcp.json", text);
        }
        import(&["--mcp", "mock"]).exits(5).says("mails it to its author").says("nothing was written");
        assert_eq!(place.get("catalogues/mock.pl"), before);
        place.put("catalogues/mock.mcp.json", &lock);
    }
    // What is only more changes nothing of it.
    let mut said: serde_json::Value = serde_json::from_str(&lock).unwrap();
    let mut tools: Vec<_> = said["tools"].as_array().unwrap().iter().map(|tool| tool["definition"].clone()).collect();
    tools.push(serde_json::json!({ "name": "a", "inputSchema": { "type": "object" } }));
    said["tools"] = tools.into();
    place.put("more.json", said.to_string());
    import(&["--mcp", "mock", "--from", "more.json"]).exits(0).says("3 tools");
    let after = place.get("catalogues/mock.pl");
    assert!(after.starts_with(before.trim_end_matches(&['}', '\n'][..])) && after.contains("tool a()"), "{after}");
}

#[test]
fn an_approval_is_for_the_wiring_that_it_saw() {
    let place = reviewed();
    place.put("p.pl", plan("  step put = mock.put(key: \"a\", value: \"b\")\n"));
    let digest =
        place.planc(&["plan", "--format", "json", "p.pl"]).exits(0).json()["digest"].as_str().unwrap().to_owned();
    wire(&place, "other", "");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5);
    assert_eq!(log(&place).len(), 0);
}

#[test]
fn what_a_server_works_on_is_no_part_of_it_where_the_operator_says_so() {
    let place = reviewed();
    let wiring = place.get("planc.toml");
    let named = wiring.replace("\"-q\"]", "\"-q\", \"--skip\", \"notes.db\"]");
    place.put("p.pl", plan("  step put = mock.put(key: \"a\", value: \"b\")\n")).put("notes.db", "before");
    place.put("planc.toml", &named);
    let digest = place.digest("p.pl");
    place.yes(&digest);
    place.put("notes.db", "after");
    let said = place.planc(&["run", &digest]);
    assert_eq!(said.code, Some(5), "{}", said.short());
    assert!(said.err.contains("`notes.db`, which an argument of the server `mock` names"), "{}", said.short());
    assert!(said.err.contains("`data = [\"notes.db\"]` in `[servers.mock]`"), "{}", said.short());
    assert_eq!(log(&place).len(), 0);
    place.put("planc.toml", format!("{named}data = [\"*.db\"]\n"));
    let digest = place.digest("p.pl");
    place.yes(&digest);
    place.put("notes.db", "again");
    place.planc(&["run", &digest]).exits(0);
    assert_eq!(log(&place).len(), 1);
}

#[test]
fn a_server_that_agrees_to_what_it_does_not_know_is_of_the_era_before() {
    let place = wired("agreeable");
    place.planc(&["tools", "import", "--mcp", "mock"]).exits(0).says("2 tools");
    review(&place);
    run(&place, &plan("  step put = mock.put(key: \"a\", value: \"b\")\n")).exits(0);
    assert_eq!(log(&place).len(), 1);
}

#[test]
fn a_recorded_answer_is_imported_without_a_server() {
    let place = wired("good");
    place.put("answer.json", r#"{ "result": { "tools": [{ "name": "a", "inputSchema": { "type": "object" } }] } }"#);
    place.planc(&["tools", "import", "--mcp", "other", "--from", "answer.json"]).exits(0).says("1 tool");
    // What the configuration names as told, and nobody has written yet: a fresh clone, say.
    let toml = std::fs::read_to_string(place.ws().join("planc.toml")).unwrap_or_default();
    place.put("planc.toml", "[catalogues]\nfiles = [\"reviewed/further.pl\", \"catalogues/more.pl\"]\n");
    place.planc(&["tools"]).exits(2).says("`planc tools import --mcp NAME` writes");
    for (name, file) in [("further", "reviewed/further.pl"), ("more", "catalogues/more.pl")] {
        place.planc(&["tools", "import", "--mcp", name, "--from", "answer.json"]).exits(0).says(file);
        assert!(place.has(file), "{file}");
    }
    place.planc(&["tools"]).exits(0).says("further.");
    place.put("planc.toml", toml);
    assert!(place.get("catalogues/other.pl").contains("tool a() -> string"));
    place.planc(&["check"]).exits(0);
    place.planc(&["tools", "import", "--mcp", "fs", "--from", "answer.json"]).exits(2);
    place.put("answer.json", "[1, {\"name\": 3}, {");
    place.planc(&["tools", "import", "--mcp", "other", "--from", "answer.json"]).exits(2);
}

/// Whatever runs in the open could find what a server writes into files, of which nobody records anything.
#[test]
fn what_a_server_may_write_into_files_is_looked_at() {
    for (effect, code) in [("writes \"mock:store\"", 0), ("writes key", 3)] {
        let place = reviewed();
        let text = place
            .get("catalogues/mock.pl")
            .replace("key: string", "key: path")
            .replace("value: string", "data value: string");
        place.put("catalogues/mock.pl", text.replace("writes \"mock:store\"", effect));
        let steps =
            "  step o = process.run(argv: [\"echo\", \"x\"])\n  step w = mock.put(key: \"f\", value: o.stdout)\n";
        let lines = "modify \"**\"\n    create \"**\"\n    modify \"mock:store\"\n    run \"echo\"";
        let said = run(&place, &plan(steps).replace("modify \"mock:store\"", lines)).exits(code);
        if code == 3 {
            said.says("argument value of w");
            assert_eq!(log(&place).len(), 0);
        }
    }
}
