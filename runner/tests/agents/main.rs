//! `planc mcp` as agents see it: the loop from a refused call to a report, and what an agent that wants out gets. The server
//! behind the gateway is this same program, started again with `MOCK` in its environment.

mod attacks;
mod elicitation;
#[path = "../conformance_server/fixture/server.rs"]
mod fixture;
mod gateway;
mod held;
mod http;
#[path = "../servers/mock.rs"]
mod mock;
mod never;
mod said;
mod scopes;
mod support;
mod transparent;

use serde_json::json;
use support::{Place, writing};

#[test]
fn from_a_refused_call_to_the_report() {
    let place = Place::new("");
    place.write("a.txt", "hello\n");
    let mut agent = place.server(&[]);
    let read = agent.done("fs__read", json!({ "path": "a.txt" }));
    assert_eq!(read.data["text"], "hello\n");
    let refused = agent.call("fs__write", json!({ "path": "b.txt", "text": "x\n" }));
    assert!(refused.is_error && refused.text.starts_with("[Tool denied — plan mode is active]"), "{}", refused.text);
    assert!(refused.text.contains("step write_1 = fs.write(path: \"b.txt\", text: \"x\\n\")"), "{}", refused.text);
    assert!(refused.text.contains("create \"b.txt\"") && !place.has("b.txt"), "{}", refused.text);

    let wrong = writing("b.txt").replace("text:", "content:");
    let wrong = agent.call("plan_write", json!({ "text": wrong }));
    assert!(wrong.is_error && wrong.text.contains("P0302"), "{}", wrong.text);
    assert_eq!(wrong.data["diagnostics"][0]["edit"]["replacements"][0]["text"], "text", "{}", wrong.data);
    let right = agent.done("plan_write", json!({ "text": writing("b.txt") }));
    assert_eq!(right.data["rev"], 2);

    let waiting = agent.done("plan_exit", json!({}));
    assert_eq!(waiting.data["phase"], "waiting");
    let plan = waiting.data["plan_id"].as_str().unwrap().to_owned();
    let early = agent.call("plan_run", json!({ "plan_id": plan }));
    assert!(early.is_error && !place.has("b.txt"), "{}", early.text);
    assert_eq!(agent.done("plan_exit", json!({})).data["plan_id"], plan.as_str(), "asking again asks the same");

    place.approve(&plan);
    assert_eq!(agent.done("plan_status", json!({})).data["phase"], "approved");
    let report = agent.done("plan_run", json!({ "plan_id": plan }));
    assert!(place.has("b.txt") && report.text.contains("✓ w"), "{}", report.text);
    assert_eq!(report.data["report"]["end"], "done");
    assert!(!report.data.to_string().contains("sha256:"), "what was said yes to is not for an agent: {}", report.data);
    let again = agent.call("plan_run", json!({ "plan_id": plan }));
    assert!(again.is_error, "an approval is for one run: {}", again.text);

    let shown = place.prints(&["sessions"]);
    assert!(shown.contains("done"), "{shown}");
    let id = agent.done("plan_status", json!({})).data["session"].as_str().unwrap().to_owned();
    let shown = place.prints(&["sessions", "show", &id[..8]]);
    for part in [
        "fs.read(path: \"a.txt\")",
        "step write_1",
        "Handed in",
        "denied   stdio  fs__write",
        "allowed  stdio  plan_run",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let (code, _) = agent.hang_up();
    assert_eq!(code, Some(0));
}

#[test]
fn an_agent_reads_what_a_person_wants_to_be_different() {
    let place = Place::new("");
    let mut agent = place.server(&[]);
    agent.done("plan_write", json!({ "text": writing("b.txt") }));
    let plan = agent.done("plan_exit", json!({})).data["plan_id"].as_str().unwrap().to_owned();
    place.prints(&["request-changes", &plan, "--step", "w=into `docs`, please", "--comment", "Nearly."]);

    let seen = agent.done("plan_status", json!({}));
    assert_eq!(seen.data["phase"], "changes_requested");
    let comment = |step: Option<&str>, text: &str| {
        let wanted = seen.data["changes_requested"].as_array().unwrap();
        wanted.iter().any(|wanted| wanted["step"] == json!(step) && wanted["comment"] == text)
    };
    assert!(comment(None, "Nearly.") && comment(Some("w"), "into `docs`, please"), "{}", seen.data);
    assert!(seen.text.contains(", about w: into `docs`, please"), "{}", seen.text);
    assert!(!seen.data.to_string().contains("sha256:"), "what a yes could be given with: {}", seen.data);
    let run = agent.call("plan_run", json!({ "plan_id": plan }));
    assert!(run.is_error && !place.has("b.txt"), "{}", run.text);

    // A further revision is another plan, and waits for a person anew.
    agent.done("plan_write", json!({ "text": writing("c.txt") }));
    let next = agent.done("plan_exit", json!({}));
    assert_eq!(next.data["phase"], "waiting");
    assert_ne!(next.data["plan_id"], plan.as_str());
    assert_eq!(agent.done("plan_status", json!({})).data["changes_requested"], json!([]));
    agent.hang_up();
}

#[test]
fn what_was_grounded_before_entering_belongs_to_the_plan() {
    let place = Place::new("");
    place.write("a.txt", "hello\n");
    let mut agent = place.server(&[]);
    agent.done("fs__read", json!({ "path": "a.txt" }));
    agent.call("fs__write", json!({ "path": "b.txt", "text": "x\n" }));
    let before = agent.done("plan_status", json!({})).data["session"].clone();
    let entered = agent.done("plan_enter", json!({ "goal": "a file", "tools": ["fs.read", "fs.write"] }));
    assert_eq!(entered.data["session"], before, "{}", entered.data);
    let seen = agent.done("plan_status", json!({}));
    assert_eq!((&seen.data["session"], &seen.data["grounding"]), (&before, &json!(1)), "{}", seen.data);
    assert_eq!(seen.data["proposed"][0]["tool"], "fs.write", "{}", seen.data);
    let listing = agent.call("fs__list", json!({}));
    assert!(listing.is_error && listing.text.contains("Allowed now: tools of this session"), "{}", listing.text);

    // A plan that was written before is kept, too; and once entered, or handed in, the next one is another plan.
    let mut other = place.server(&[]);
    other.done("plan_write", json!({ "text": writing("b.txt") }));
    let first = other.done("plan_enter", json!({})).data["session"].clone();
    assert_eq!(other.done("plan_status", json!({})).data["rev"], 1);
    assert_ne!(other.done("plan_enter", json!({})).data["session"], first);
    let mut third = place.server(&[]);
    third.done("plan_write", json!({ "text": writing("c.txt") }));
    let handed = third.done("plan_exit", json!({})).data["session"].clone();
    assert_ne!(third.done("plan_enter", json!({})).data["session"], handed);
    assert_eq!(third.done("plan_status", json!({})).data["rev"], 0);
}

#[test]
fn nothing_that_an_agent_is_answered_says_how_a_yes_is_given() {
    let place = Place::new("");
    let mut agent = place.server(&[]);
    let mut said = String::new();
    for (tool, arguments) in [
        ("plan_enter", json!({ "goal": "a file" })),
        ("fs__write", json!({ "path": "b.txt", "text": "x\n" })),
        ("process__run", json!({ "argv": ["true"] })),
        ("plan_exit", json!({})),
        ("plan_write", json!({ "text": writing("b.txt") })),
        ("plan_check", json!({})),
        ("plan_exit", json!({})),
        ("plan_status", json!({})),
        ("plan_run", json!({ "plan_id": "00000000" })),
        ("plan_abort", json!({})),
        ("plan_status", json!({})),
    ] {
        said.push_str(&agent.raw(tool, arguments).to_string());
    }
    assert!(!said.contains("planc.toml"), "where the operator's word stands: {said}");
    // A tool's own text may say where it is wired.
    said.push_str(&agent.request("tools/list", json!({})).to_string());
    for word in ["planc approve", "planc run", "--approve", "sha256:", "terminal"] {
        assert!(!said.contains(word), "`{word}` in {said}");
    }
}

#[test]
fn sessions_survive_the_server_and_are_seen_by_another_one() {
    let place = Place::new("");
    let mut first = place.server(&[]);
    let session = first.done("plan_enter", json!({ "goal": "a file" })).data["session"].as_str().unwrap().to_owned();
    first.done("plan_write", json!({ "text": writing("b.txt") }));
    first.done(
        "todo_write",
        json!({ "todos": [{ "text": "write", "status": "in_progress" }, { "text": "look", "status": "pending" }] }),
    );
    let plan = first.done("plan_exit", json!({})).data["plan_id"].as_str().unwrap().to_owned();
    let mut second = place.server(&["--session", &session]);
    let seen = second.done("plan_status", json!({}));
    assert_eq!((&seen.data["plan_id"], &seen.data["phase"]), (&json!(plan), &json!("waiting")));
    assert!(seen.text.contains("to-dos: 0 of 2 done; now: write"), "{}", seen.text);
    first.hang_up();
    place.approve(&plan);
    second.done("plan_run", json!({ "plan_id": plan }));
    let mut third = place.server(&[]);
    assert_eq!(third.done("plan_status", json!({ "session": session })).data["phase"], "done");
    assert_eq!(third.done("plan_status", json!({})).data["phase"], "planning", "it begins with a session of its own");
}

#[test]
fn two_servers_carry_one_approval_out_once() {
    let place = Place::new("");
    let mut first = place.server(&[]);
    let session = first.done("plan_enter", json!({})).data["session"].as_str().unwrap().to_owned();
    let text = "plan \"Append\" {\n  critical {\n    modify \"log\"\n  }\n  step w = fs.append(path: \"log\", text: \"once\\n\")\n}\n";
    place.write("log", "");
    first.done("plan_write", json!({ "text": text }));
    let plan = first.done("plan_exit", json!({})).data["plan_id"].as_str().unwrap().to_owned();
    place.approve(&plan);
    let mut second = place.server(&["--session", &session]);
    let runs = std::thread::scope(|scope| {
        let one = scope.spawn(|| first.call("plan_run", json!({ "plan_id": plan })));
        let two = scope.spawn(|| second.call("plan_run", json!({ "plan_id": plan })));
        [one.join().unwrap(), two.join().unwrap()]
    });
    assert!(runs.iter().any(|run| !run.is_error), "{runs:?}");
    assert_eq!(std::fs::read_to_string(place.workspace().join("log")).unwrap(), "once\n", "{runs:?}");
}

#[test]
fn tools_are_the_same_for_everybody_at_any_time() {
    let place = Place::new("[catalogues]\nfiles = [\"tools.pl\"]\n");
    place.write(
        "tools.pl",
        "catalogue plan {\n  tool exit(text: string) -> string {\n    writes \"plan:${text}\"\n  }\n}\ncatalogue a__b {\n  tool c() -> string {\n    pure\n  }\n}\ncatalogue a {\n  tool b__c() -> string {\n    pure\n  }\n}\n",
    );
    let mut agent = place.server(&[]);
    let names = |answer: &serde_json::Value| -> Vec<String> {
        let tools = answer["result"]["tools"].as_array().unwrap();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    };
    let before = agent.request("tools/list", json!({}));
    agent.done("plan_enter", json!({ "tools": ["fs.*"] }));
    agent.done("plan_write", json!({ "text": writing("b.txt") }));
    agent.done("plan_exit", json!({}));
    assert_eq!(before["result"], agent.request("tools/list", json!({}))["result"]);
    let listed = names(&before);
    let mut unique = listed.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), listed.len(), "{listed:?}");
    assert_eq!(listed.iter().filter(|name| *name == "plan_exit").count(), 1);
    assert!(listed.contains(&"plan__exit".into()) && listed.contains(&"fs__read".into()), "{listed:?}");
    // The tool of a catalogue that is called like one of planc's is that of the catalogue, and refused.
    let refused = agent.call("plan__exit", json!({ "text": "x" }));
    assert!(refused.is_error && refused.text.contains("plan.exit"), "{}", refused.text);
    for tool in before["result"]["tools"].as_array().unwrap() {
        let read_only = tool["annotations"]["readOnlyHint"] == true;
        let reads = ["plan_check", "plan_status", "fs__read", "fs__list", "fs__glob", "fs__stat", "fs__search"];
        let name = tool["name"].as_str().unwrap();
        assert_eq!(read_only, reads.contains(&name) || name.starts_with("a__b__c"), "{tool}");
    }
}

#[test]
fn reads_keep_to_policy_scope_and_what_the_operator_wants_planned() {
    let place = Place::new(
        "[workspace]\nread = [\"docs/**\"]\n\n[policy]\n\"fs.search\" = \"deny\"\n\n[agents]\nplan = \"calls\"\n",
    );
    std::fs::create_dir(place.workspace().join("docs")).unwrap();
    place.write("docs/a.txt", "a\n");
    place.write("secret.txt", "s3cret\n");
    let mut agent = place.server(&[]);
    for (tool, arguments) in [
        ("fs__read", json!({ "path": "secret.txt" })),
        ("fs__read", json!({ "path": "../state/planc.db" })),
        ("fs__read", json!({ "path": "planc.toml" })),
        ("fs__search", json!({ "pattern": "s3cret" })),
        ("http__get", json!({ "url": "http://127.0.0.1:1/" })),
    ] {
        let refused = agent.call(tool, arguments.clone());
        assert!(refused.is_error && !refused.text.contains("s3cret\n"), "{tool} {arguments}: {}", refused.text);
    }
    agent.done("fs__read", json!({ "path": "docs/a.txt" }));
    let second = agent.call("fs__read", json!({ "path": "docs/a.txt" }));
    assert!(second.is_error && second.text.contains("more than one call needs a plan"), "{}", second.text);
    agent.done("plan_enter", json!({}));
    agent.done("fs__read", json!({ "path": "docs/a.txt" }));
    agent.done("fs__read", json!({ "path": "docs/a.txt" }));
    // What the operator changes counts for the next call.
    place.write("planc.toml", "[policy]\n\"fs.*\" = \"deny\"\n");
    assert!(agent.call("fs__read", json!({ "path": "docs/a.txt" })).is_error);
}

#[test]
fn a_run_tells_how_far_it_is() {
    let place = Place::new("");
    let mut agent = place.server(&[]);
    agent.done("plan_write", json!({ "text": writing("b.txt") }));
    let plan = agent.done("plan_exit", json!({})).data["plan_id"].as_str().unwrap().to_owned();
    place.approve(&plan);
    let params = json!({ "name": "plan_run", "arguments": { "plan_id": plan }, "_meta": { "progressToken": "p" } });
    agent.send(&json!({ "jsonrpc": "2.0", "id": 99, "method": "tools/call", "params": params }));
    let told = agent.receive();
    assert_eq!(told["method"], "notifications/progress", "{told}");
    assert_eq!((&told["params"]["progress"], &told["params"]["total"]), (&json!(1.0), &json!(1.0)), "{told}");
    assert_eq!(agent.receive()["id"], 99);
}

#[test]
fn in_plan_mode_nobody_is_asked_and_nothing_runs() {
    let place = Place::new("");
    place.write("a.txt", "a\n");
    let mut agent = place.server(&[]);
    agent.done("plan_write", json!({ "text": writing("b.txt") }));
    let plan = agent.done("plan_exit", json!({})).data["plan_id"].as_str().unwrap().to_owned();
    place.approve(&plan);
    place.write("planc.toml", "[mode]\ndefault = \"plan\"\n");
    agent.done("fs__read", json!({ "path": "a.txt" }));
    for (tool, arguments) in [("plan_exit", json!({})), ("plan_run", json!({ "plan_id": plan }))] {
        let refused = agent.call(tool, arguments);
        assert!(refused.is_error && refused.text.contains("plan mode is active"), "{tool}: {}", refused.text);
    }
    assert!(!place.has("b.txt"));
    place.write("planc.toml", "");
    agent.done("plan_run", json!({ "plan_id": plan }));
    assert!(place.has("b.txt"));
}
