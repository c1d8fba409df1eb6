//! Clients of agents from npm, as people install them, with planc's folder of `plugins/` loaded and a scripted model on
//! loopback in the place of one: from a refused call to the report, and what the hooks refuse.
//!
//! `install.sh` installs them; where it has not, or could not, these tests say so and are passed over.

mod client;
mod model;
mod person;
#[path = "../place/mod.rs"]
mod place;
mod plan_mode;
mod wire;

use client::{Client, Hooks};
use model::{Model, Seen, Turn, own, planc};
use place::{Place, Said};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use wire::Asked;

/// The beginning of every refusal.
const DENIED: &str = "[Tool denied — plan mode is active]";
/// What a model must never be sent: how a yes is given, and what it would be given to.
const NEVER_SENT: [&str; 4] = ["planc approve", "--approve", "sha256:", "Only `yes` is a yes"];

#[test]
fn claude_code_goes_from_a_refused_call_to_the_report() {
    from_a_refused_call_to_the_report(Client::Claude);
}

#[test]
fn codex_goes_from_a_refused_call_to_the_report() {
    from_a_refused_call_to_the_report(Client::Codex);
}

#[test]
fn gemini_cli_goes_from_a_refused_call_to_the_report() {
    from_a_refused_call_to_the_report(Client::Gemini);
}

/// A plan with a mistake that its diagnostic says how to mend.
const MISTAKEN: &str = "plan \"Write b\" {\n  critical {\n    create \"b.txt\"\n  }\n  \
                        step w = fs.write(path: \"b.txt\", content: \"by a plan\\n\")\n}\n";

fn from_a_refused_call_to_the_report(client: Client) {
    let Some(place) = client.place("the loop", "") else { return };
    let place = Arc::new(place);
    let turns = vec![
        planc("fs__write", |_| json!({ "path": "b.txt", "text": "at once\n" })),
        planc("plan_enter", |_| json!({ "goal": "a file" })),
        planc("plan_write", |_| json!({ "text": MISTAKEN })),
        planc("plan_write", |asked| json!({ "text": mended(MISTAKEN, &asked.results[2]) })),
        planc("plan_exit", |_| json!({})),
        planc("plan_run", |asked| json!({ "plan_id": plan_id(asked) })),
        planc("plan_status", |_| json!({})),
        planc("plan_run", |asked| json!({ "plan_id": plan_id(asked) })),
        Turn::Say("It is done."),
    ];
    let (outside, approved) = (place.clone(), Arc::new(Mutex::new(String::new())));
    let digest = approved.clone();
    let (said, seen) = conversation(client, &place, "Make a file.", Hooks::Reviewed, turns, move |turn| {
        assert_eq!(outside.has("b.txt"), turn >= 8, "before turn {turn}");
        // The model is asked for turn 6 and does not answer: meanwhile a person decides.
        if turn == 6 {
            *digest.lock().unwrap() = person::sees_what_waits(&outside);
            let screen = person::approves(&outside, &digest.lock().unwrap());
            assert!(screen.contains("Write b") && screen.contains("b.txt"), "{screen}");
        }
    });
    assert!(said.out.contains("It is done."), "{}", said.short());
    assert_eq!(place.get("b.txt"), "by a plan\n");

    let told = |turn: usize, parts: &[&str]| {
        let result = &seen.results[turn];
        parts.iter().for_each(|part| assert!(result.contains(part), "turn {turn}: no `{part}` in {result}"));
    };
    told(0, &[DENIED, "step write_1 = fs.write(path:"]);
    told(2, &["P0302", "has no parameter `content`", "use `text`"]);
    told(3, &["no mistakes", "1 to create"]);
    // What to do now stands in the text: a client must not show its model data in the place of it.
    told(4, &["waiting for a person", "A person decides; plan_status tells"]);
    told(5, &["nobody has approved this plan yet"]);
    told(6, &["approved; session"]);
    told(7, &["Write b: done", "✓ w"]);
    let digest = approved.lock().unwrap().clone();
    let digest = digest.trim_start_matches("sha256:");
    for request in &seen.requests {
        for word in NEVER_SENT.iter().chain([&digest, &&digest[..12]]) {
            assert!(!request.contains(word), "the model was sent `{word}`: {request}");
        }
    }

    let sessions = person::prints(&place, &["--format", "json", "sessions"]);
    assert!(sessions["sessions"].as_array().unwrap().iter().any(|one| one["phase"] == "done"), "{sessions}");
    let calls = audit(&place, "stdio");
    let verdicts = |tool: &str| -> Vec<bool> {
        calls.iter().filter(|call| call["tool"] == tool).map(|call| call["allowed"] == true).collect()
    };
    assert_eq!(verdicts("fs__write"), [false], "{calls:#?}");
    assert_eq!(verdicts("plan_write"), [true, true], "{calls:#?}");
    assert_eq!(verdicts("plan_run"), [false, true], "{calls:#?}");
    for call in &calls {
        assert!(call["client"].as_str().unwrap().starts_with(client.introduces_itself_as()), "{call}");
    }
}

#[test]
fn the_hook_refuses_what_claude_code_would_write_itself() {
    the_hook_refuses_what_a_client_would_write_itself(Client::Claude);
}

#[test]
fn the_hook_refuses_what_codex_would_write_itself() {
    the_hook_refuses_what_a_client_would_write_itself(Client::Codex);
}

#[test]
fn the_hook_refuses_the_patches_of_codex() {
    the_hook_refuses_what_a_client_would_write_itself(Client::PatchingCodex);
}

#[test]
fn the_hook_refuses_what_gemini_cli_would_write_itself() {
    the_hook_refuses_what_a_client_would_write_itself(Client::Gemini);
}

fn the_hook_refuses_what_a_client_would_write_itself(client: Client) {
    for (rule, is_refused) in [("always", true), ("never", false)] {
        let config = format!("[agents]\nhook = \"{rule}\"\n");
        let Some(place) = client.place("the hook", &config) else { return };
        let seen = writes_itself(client, &place, Hooks::Reviewed);
        assert_eq!(seen.results[0].contains(DENIED), is_refused, "{rule}: {}", seen.results[0]);
        assert_eq!(place.has("c.txt"), !is_refused, "{rule}: {}", seen.results[0]);
        let judged = audit(&place, "hook");
        assert!(judged.iter().any(|call| (call["allowed"] == false) == is_refused), "{judged:#?}");
    }
}

#[test]
fn codex_passes_over_hooks_that_nobody_reviewed_in_it() {
    let client = Client::Codex;
    let Some(place) = client.place("unreviewed hooks", "[agents]\nhook = \"always\"\n") else { return };
    writes_itself(client, &place, Hooks::Unreviewed);
    assert!(place.has("c.txt"), "where this changes, plugins/README.md says too much");
    assert_eq!(audit(&place, "hook").len(), 0);
}

/// A conversation in which the model calls a tool of the client that writes `c.txt`.
fn writes_itself(client: Client, place: &Place, hooks: Hooks) -> Seen {
    let (tool, arguments) = client.writes(place, "c.txt");
    let turns = vec![own(tool, move |_| arguments.clone()), Turn::Say("It is done.")];
    conversation(client, place, "Make a file.", hooks, turns, |_| ()).1
}

#[test]
fn claude_code_loads_the_skill() {
    let client = Client::Claude;
    let Some(place) = client.place("the skill", "") else { return };
    let turns = vec![own("Skill", |_| json!({ "skill": "planc:planc" })), Turn::Say("It is done.")];
    is_taught(&conversation(client, &place, "Make a file.", Hooks::Reviewed, turns, |_| ()).1);
}

#[test]
fn codex_loads_the_skill() {
    let client = Client::Codex;
    let Some(place) = client.place("the skill", "") else { return };
    let turns = vec![Turn::Say("It is done.")];
    is_taught(&conversation(client, &place, "Make a file with $planc.", Hooks::Reviewed, turns, |_| ()).1);
}

#[test]
fn codex_loads_the_folder_as_a_plugin() {
    let client = Client::PluggedCodex;
    let Some(place) = client.place("the plugin", "[agents]\nhook = \"always\"\n") else { return };
    let (tool, arguments) = client.writes(&place, "c.txt");
    let turns = vec![
        own(tool, move |_| arguments.clone()),
        planc("fs__write", |_| json!({ "path": "b.txt", "text": "x\n" })),
        Turn::Say("It is done."),
    ];
    let seen = conversation(client, &place, "Make a file with $planc:planc.", Hooks::Reviewed, turns, |_| ()).1;
    is_taught(&seen);
    seen.results.iter().for_each(|result| assert!(result.contains(DENIED), "{result}"));
    assert!(!place.has("b.txt") && !place.has("c.txt"));
    let refused = |channel: &str| audit(&place, channel).iter().filter(|call| call["allowed"] == false).count();
    assert_eq!((refused("hook"), refused("stdio")), (1, 1));
}

#[test]
fn gemini_cli_loads_the_skill() {
    let client = Client::Gemini;
    let Some(place) = client.place("the skill", "") else { return };
    let turns = vec![own("activate_skill", |_| json!({ "name": "planc" })), Turn::Say("It is done.")];
    is_taught(&conversation(client, &place, "Make a file.", Hooks::Reviewed, turns, |_| ()).1);
}

fn is_taught(seen: &Seen) {
    let (first, last) = (&seen.requests[0], seen.last());
    assert!(first.contains("Write and run plans with planc"), "the skill is not offered: {first}");
    assert!(last.contains("# How to write a plan"), "the skill was not loaded: {last}");
}

/// A conversation from its beginning to its end; what the client printed, and what the model was sent.
#[track_caller]
fn conversation(
    client: Client,
    place: &Place,
    prompt: &str,
    hooks: Hooks,
    turns: Vec<Turn>,
    between: impl Fn(usize) + Send + Sync + 'static,
) -> (Said, Seen) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let model = Model::new(turns, between);
    let address = runtime.block_on(model.serve());
    let said = client.converses(place, address, prompt, hooks);
    let seen = model.seen();
    (said.exits(0), seen)
}

fn found(text: &str, pattern: &str) -> String {
    let pattern = regex::Regex::new(pattern).unwrap();
    pattern.captures(text).unwrap_or_else(|| panic!("no {pattern} in {text}"))[1].to_owned()
}

/// The text of a plan, mended as its diagnostic advises.
fn mended(text: &str, told: &str) -> String {
    text.replace("content", &found(told, r"use `(\w+)`"))
}

/// The id that `plan_exit` gave.
fn plan_id(asked: &Asked) -> String {
    found(&asked.results[4], r#"plan_id[\\": ]+([0-9a-f]{8})"#)
}

/// The audit log of a channel.
fn audit(place: &Place, channel: &str) -> Vec<Value> {
    let log = person::prints(place, &["--format", "json", "sessions", "audit"]);
    log["audit"].as_array().unwrap().iter().filter(|call| call["channel"] == channel).cloned().collect()
}
