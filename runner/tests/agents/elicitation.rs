//! A question in the agent's client: what it may mean, and what it never means.

use super::support::{Place, writing};
use serde_json::{Value, json};

const ASKING: &str = "[approval]\nelicitation = \"undoable\"\n";
/// A program that reaches the network does what planc cannot undo.
const NETWORK: &str = "\n[programs]\nnetwork = \"contact\"\n";
const RUNS: &str = "plan \"Run\" {\n  critical {\n    run \"true\"\n    contact \"a.example\"\n  }\n  step r = process.run(argv: [\"true\"])\n}\n";

fn retry(state: &Value, action: &str) -> Value {
    json!({
        "name": "plan_exit", "arguments": {}, "requestState": state,
        "inputResponses": { "approval": { "action": action, "content": {} } },
    })
}

#[test]
fn an_accept_counts_only_where_the_operator_lets_it() {
    let reaching = |config: &str| format!("{config}{NETWORK}");
    for (config, text, asks) in [
        (String::new(), writing("b.txt"), false),
        (ASKING.to_owned(), writing("b.txt"), true),
        (reaching(ASKING), RUNS.to_owned(), false),
        (reaching("[approval]\nelicitation = \"any\"\n"), RUNS.to_owned(), true),
        ("[approval]\nelicitation = \"any\"\nrequire = \"terminal\"\n".to_owned(), writing("b.txt"), false),
    ] {
        let place = Place::new(&config);
        let mut agent = place.stateless(&[]);
        agent.done("plan_write", json!({ "text": text }));
        let answer = agent.raw("plan_exit", json!({}));
        let asked = answer["result"]["resultType"] == "input_required";
        assert_eq!(asked, asks, "{config}: {answer}");
        if !asked {
            assert_eq!(answer["result"]["_meta"]["planc/answer"]["phase"], "waiting", "{answer}");
            continue;
        }
        let form = &answer["result"]["inputRequests"]["approval"]["params"];
        assert_eq!(form["message"].as_str().unwrap().lines().count(), 3, "{form}");
        assert_eq!(form["requestedSchema"]["properties"], json!({}), "no field can be filled in by default");
        let yes = agent.request("tools/call", retry(&answer["result"]["requestState"], "accept"));
        assert_eq!(yes["result"]["_meta"]["planc/answer"]["phase"], "approved", "{yes}");
        let plan = yes["result"]["_meta"]["planc/answer"]["plan_id"].clone();
        let report = agent.done("plan_run", json!({ "plan_id": plan }));
        assert!(
            report.data["report"]["approval"].is_null(),
            "the record of a yes is not for an agent: {}",
            report.data
        );
        let shown = place.prints(&["--format", "json", "show", plan.as_str().unwrap()]);
        assert!(shown.contains("\"channel\": \"elicitation\""), "{shown}");
    }
}

#[test]
fn all_else_leaves_the_plan_waiting() {
    let place = Place::new(ASKING);
    let mut agent = place.stateless(&[]);
    agent.done("plan_write", json!({ "text": writing("b.txt") }));
    let ask = |agent: &mut super::support::Client| agent.raw("plan_exit", json!({}))["result"]["requestState"].clone();
    for action in ["decline", "cancel", "yes", ""] {
        let state = ask(&mut agent);
        let answer = agent.request("tools/call", retry(&state, action));
        assert_eq!(answer["result"]["_meta"]["planc/answer"]["phase"], "waiting", "{action}: {answer}");
        let late = agent.request("tools/call", retry(&state, "accept"));
        assert_eq!(late["result"]["isError"], true, "a question is answered once: {late}");
    }
    let state = ask(&mut agent).as_str().unwrap().to_owned();
    let mut other = state.clone().into_bytes();
    let last = other.len() - 3;
    other[last] = if other[last] == b'A' { b'B' } else { b'A' };
    let huge = "sealed:1:".to_owned() + &"A".repeat(100_000);
    for forged in [String::from_utf8(other).unwrap(), "x".into(), "sealed:1:".into(), "{}".into(), huge] {
        let answer = agent.request("tools/call", retry(&json!(forged), "accept"));
        assert_eq!(answer["result"]["isError"], true, "{answer}");
    }
    assert_eq!(agent.done("plan_status", json!({})).data["phase"], "waiting");
    // A later revision makes the question one about a plan that was withdrawn.
    agent.done("plan_write", json!({ "text": writing("c.txt") }));
    let newer = ask(&mut agent);
    let answer = agent.request("tools/call", retry(&json!(state), "accept"));
    assert_eq!(answer["result"]["_meta"]["planc/answer"]["phase"], "aborted", "{answer}");
    let yes = agent.request("tools/call", retry(&newer, "accept"));
    assert_eq!(yes["result"]["_meta"]["planc/answer"]["phase"], "approved", "{yes}");
    let again = agent.request("tools/call", retry(&newer, "accept"));
    assert_eq!(again["result"]["isError"], true, "{again}");
}

#[test]
fn in_the_era_of_sessions_the_server_asks() {
    let place = Place::new(ASKING);
    let mut agent = place.stateless(&[]);
    let meta = agent.without_meta();
    assert!(!meta.is_null());
    let hello = json!({
        "protocolVersion": "2025-06-18", "capabilities": { "elicitation": {} },
        "clientInfo": { "name": "test", "version": "1" },
    });
    agent.request("initialize", hello);
    agent.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    agent.done("plan_write", json!({ "text": writing("b.txt") }));
    for (action, phase) in [("decline", "waiting"), ("accept", "approved")] {
        agent.send(&json!({
            "jsonrpc": "2.0", "id": action, "method": "tools/call", "params": { "name": "plan_exit", "arguments": {} },
        }));
        let question = agent.receive();
        assert_eq!(question["method"], "elicitation/create", "{question}");
        agent.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": action, "content": {} } }));
        let answer = agent.receive();
        assert_eq!(answer["result"]["_meta"]["planc/answer"]["phase"], phase, "{answer}");
    }
}
