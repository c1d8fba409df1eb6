//! Claude Code's own plan mode: its plan comes back with the diagnostics until it has no mistakes, and only then a person is
//! asked, in the client. Here the person is whoever started it: it asks them on its standard output.

use crate::client::Client;
use crate::model::{Model, Turn, own};
use crate::place::Place;
use crate::wire::Asked;
use crate::{DENIED, audit, found, mended};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::Stdio;

/// A plan as Claude Code keeps it, with a mistake in it.
const MISTAKEN: &str = "The file is missing.\n\n```planc\nplan \"Write b\" {\n  critical {\n    create \"b.txt\"\n  }\n  \
                        step w = fs.write(path: \"b.txt\", content: \"x\\n\")\n}\n```\n";

#[test]
fn claude_code_asks_its_person_only_for_a_plan_without_mistakes() {
    let Some(place) = Client::Claude.place("plan mode", "") else { return };
    let path = place.ws().canonicalize().unwrap().join("c.txt");
    let turns = vec![
        own("Write", move |_| json!({ "file_path": path, "content": "x\n" })),
        own("Write", |asked| json!({ "file_path": plan_file(asked), "content": MISTAKEN })),
        own("ExitPlanMode", |_| json!({})),
        own("Write", |asked| json!({ "file_path": plan_file(asked), "content": mended(MISTAKEN, &asked.results[2]) })),
        own("ExitPlanMode", |_| json!({})),
        Turn::Say("It is done."),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let model = Model::new(turns, |_| ());
    let told = in_plan_mode(&place, runtime.block_on(model.serve()));
    let seen = model.seen();

    assert!(seen.results[0].contains(DENIED) && !place.has("c.txt"), "{}", seen.results[0]);
    assert!(seen.results[2].contains("P0302") && seen.results[2].contains("use `text`"), "{}", seen.results[2]);
    let asked: Vec<&Value> = told.iter().filter(|event| event["type"] == "control_request").collect();
    assert_eq!(asked.len(), 1, "{asked:#?}");
    let shown = asked[0]["request"]["input"]["plan"].as_str().unwrap();
    assert!(shown.contains("text: \"x") && !shown.contains("content:"), "{shown}");
    assert!(
        told.iter().any(|event| event.to_string().contains("planc: no mistakes")),
        "the person is told so: {told:#?}"
    );
    // The yes in the client is none of planc's: the agent is told to hand in what the person saw.
    assert!(seen.last().contains("This is the plan that the client showed"), "{}", seen.last());
    assert!(!place.has("b.txt"));
    let verdicts: Vec<(String, bool)> = audit(&place, "hook")
        .iter()
        .map(|call| (call["tool"].as_str().unwrap().to_owned(), call["allowed"] == true))
        .collect();
    let verdicts: Vec<(&str, bool)> = verdicts.iter().map(|(tool, allowed)| (tool.as_str(), *allowed)).collect();
    let expected = [
        ("Write", false),
        ("Write", true),
        ("ExitPlanMode", false),
        ("Write", true),
        ("ExitPlanMode", true),
        ("ExitPlanMode", true),
    ];
    assert_eq!(verdicts, expected);
}

/// The file in which Claude Code wants the plan, as it tells its model.
fn plan_file(asked: &Asked) -> String {
    found(&asked.whole, r"(/\S*/\.claude/plans/[\w-]+\.md)")
}

/// Runs a conversation in plan mode, with a person who says yes to whatever they are asked; gives all that they were told.
fn in_plan_mode(place: &Place, model: SocketAddr) -> Vec<Value> {
    let mut command = Client::Claude.claude(place, model);
    command.args(["-p", "--verbose", "--input-format", "stream-json", "--output-format", "stream-json"]);
    command.args(["--permission-prompt-tool", "stdio", "--permission-mode", "plan"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the client can be started");
    let mut input = child.stdin.take().expect("it is piped");
    let mut say = |message: Value| writeln!(input, "{message}").expect("the client reads");
    say(json!({ "type": "user", "message": { "role": "user", "content": "Make a file." } }));
    let mut told = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("it is piped")).lines() {
        let event: Value = serde_json::from_str(&line.expect("it is text")).expect("a line is an event");
        if event["type"] == "control_request" {
            let yes = json!({ "behavior": "allow", "updatedInput": event["request"]["input"] });
            let answer = json!({ "subtype": "success", "request_id": event["request_id"], "response": yes });
            say(json!({ "type": "control_response", "response": answer }));
        }
        let is_over = event["type"] == "result";
        told.push(event);
        if is_over {
            break;
        }
    }
    drop(input);
    assert!(child.wait().expect("it was started").success(), "{told:#?}");
    told
}
