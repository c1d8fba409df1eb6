//! The clients' own plan modes: the plan comes back with the diagnostics until it has no mistakes, and only then the client's person
//! sees it as one to say yes to. Here the person is whoever started the client: Claude Code asks them on its standard output, Codex
//! tells an editor, and Gemini CLI asks nobody where nobody is there.

use crate::client::Client;
use crate::model::{Model, Turn, own, tell};
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
    let expected = [
        ("Write", false),
        ("Write", true),
        ("ExitPlanMode", false),
        ("Write", true),
        ("ExitPlanMode", true),
        ("ExitPlanMode", true),
    ];
    assert_eq!(verdicts(&place), expected.map(|(tool, allowed)| (tool.to_owned(), allowed)));
}

/// The verdicts on what came through the hook, in order.
fn verdicts(place: &Place) -> Vec<(String, bool)> {
    let judged = audit(place, "hook");
    judged.iter().map(|call| (call["tool"].as_str().unwrap().to_owned(), call["allowed"] == true)).collect()
}

#[test]
fn gemini_cli_leaves_its_plan_mode_only_with_a_plan_without_mistakes() {
    let client = Client::Gemini;
    let Some(place) = client.place("plan mode", "") else { return };
    // It names the folder wholly in one place, and from where it works in another.
    let file = |asked: &Asked| found(&asked.whole, r"plans directory: (/[^ `]*/plans)/") + "/plan.md";
    let turns = vec![
        own("write_file", move |asked| json!({ "file_path": file(asked), "content": MISTAKEN })),
        own("exit_plan_mode", |_| json!({ "plan_filename": "plan.md" })),
        own(
            "write_file",
            move |asked| json!({ "file_path": file(asked), "content": mended(MISTAKEN, &asked.results[1]) }),
        ),
        own("exit_plan_mode", move |asked| json!({ "plan_filename": file(asked) })),
        Turn::Say("It is done."),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let model = Model::new(turns, |_| ());
    client.plans(&place, runtime.block_on(model.serve()), "Make a file.").exits(0);
    let seen = model.seen();

    assert!(seen.results[1].contains("P0302") && seen.results[1].contains("use `text`"), "{}", seen.results[1]);
    // Without a person it says yes itself: what it leaves its plan mode with is what counts.
    assert!(seen.results[3].contains("Plan approved"), "{}", seen.results[3]);
    assert!(seen.last().contains("This is the plan that the client showed"), "{}", seen.last());
    assert!(!place.has("b.txt"));
    let expected = [
        ("write_file", true),
        ("exit_plan_mode", false),
        ("write_file", true),
        ("exit_plan_mode", true),
        ("exit_plan_mode", true),
    ];
    assert_eq!(verdicts(&place), expected.map(|(tool, allowed)| (tool.to_owned(), allowed)));
}

/// A plan as Codex wants it said.
fn proposed(text: &str) -> String {
    format!("<proposed_plan>\n{text}</proposed_plan>\n")
}

#[test]
fn codex_hands_its_plan_to_its_person_only_without_mistakes() {
    let client = Client::Codex;
    let Some(place) = client.place("plan mode", "") else { return };
    // What the hook said stands behind the code of the mistake.
    let told = |asked: &Asked| asked.whole.split("P0302").nth(1).expect("the plan came back").to_owned();
    let turns = vec![
        own("exec_command", |_| json!({ "cmd": "echo x > c.txt" })),
        tell(|_| proposed(MISTAKEN)),
        tell(|_| proposed(&MISTAKEN.replace("path:", "pfad:"))),
        tell(move |asked| proposed(&mended(MISTAKEN, &told(asked)))),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let model = Model::new(turns, |_| ());
    let told = codex_in_plan_mode(&place, runtime.block_on(model.serve()));
    let seen = model.seen();

    assert!(seen.results[0].contains(DENIED) && !place.has("c.txt"), "{}", seen.results[0]);
    let plans: Vec<&str> = told
        .iter()
        .filter(|event| event["method"] == "item/completed" && event["params"]["item"]["type"] == "plan")
        .map(|event| event["params"]["item"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(plans.len(), 3, "{told:#?}");
    assert!(plans[2].contains("text: \"x") && !plans[2].contains("content:"), "{}", plans[2]);
    let expected = [("Bash", false), ("Stop", false), ("Stop", false)];
    assert_eq!(verdicts(&place), expected.map(|(tool, allowed)| (tool.to_owned(), allowed)));
    assert!(!place.has("b.txt"));
}

/// Runs a turn of Codex in its plan mode, as an editor does that shows it; gives all that the editor was told.
fn codex_in_plan_mode(place: &Place, model: SocketAddr) -> Vec<Value> {
    let mut command = Client::Codex.codex_server(place, model);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the client can be started");
    let mut input = child.stdin.take().expect("it is piped");
    let mut told = Vec::new();
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut until = |is_it: &dyn Fn(&Value) -> bool| -> Value {
        loop {
            let line = lines.next().expect("it goes on").expect("it is text");
            let event: Value = serde_json::from_str(&line).expect("a line is a message");
            told.push(event.clone());
            if is_it(&event) {
                return event;
            }
        }
    };
    let mut say = |message: Value| writeln!(input, "{message}").expect("the client reads");
    let own = json!({ "name": "planc-test", "title": "test", "version": "1" });
    let hello = json!({ "clientInfo": own, "capabilities": { "experimentalApi": true } });
    say(json!({ "id": 1, "method": "initialize", "params": hello }));
    until(&|event| event["id"] == 1);
    say(json!({ "method": "initialized" }));
    // A person has reviewed the hooks.
    let thread = json!({
        "cwd": place.ws(), "sandbox": "danger-full-access", "approvalPolicy": "never", "config": { "bypass_hook_trust": true },
    });
    say(json!({ "id": 2, "method": "thread/start", "params": thread }));
    let thread = until(&|event| event["id"] == 2)["result"]["thread"]["id"].clone();
    let mode = json!({ "mode": "plan", "settings": { "model": "scripted" } });
    let input = json!([{ "type": "text", "text": "Make a file." }]);
    let turn = json!({ "threadId": thread, "input": input, "collaborationMode": mode });
    say(json!({ "id": 3, "method": "turn/start", "params": turn }));
    until(&|event| event["method"] == "turn/completed");
    child.kill().expect("it runs");
    child.wait().expect("it was started");
    told
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
