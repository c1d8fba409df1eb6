//! Attempts and answers in a history: each attempt began once and has its number, and a call about which policy asks has a yes.

use super::order::{place_of, refused, told, without};
use super::{Place, export, forge, link_again, verify_json, with, world};
use serde_json::{Value as Json, json};

/// One that fails, and a gate that nobody opens here.
const TRIED: &str = r#"plan "tried" {
  critical {
    run "sh"
    create "made"
  }
  step bad = process.run(argv: ["sh", "bad.sh"]) {
    on failure continue
  }
  step made = fs.write(path: "made", text: "x")
  gate "look" show made.path
}
"#;

/// The bundle as it is where planc ended while the program of `flag` was in its cell, and went on.
pub(super) fn cut_off(whole: &Json) -> Json {
    let at = place_of(whole, "\"step_started\",\"step\":\"flag\"");
    let started = json!({ "event": "started", "pid": 1, "resumed": true });
    let mut bundle = with(whole, at + 1, &[started, told(whole, at)]);
    for record in &mut bundle["records"].as_array_mut().unwrap()[at + 2..] {
        let kept = record["kept"].as_str().unwrap();
        if kept.contains("\"step\":\"flag\",\"attempt\":1") {
            record["kept"] = json!(kept.replace("\"attempt\":1", "\"attempt\":2"));
        }
    }
    // `with` writes the parts of an event in the order of their names.
    let again = bundle["records"][at + 2]["kept"].as_str().unwrap().replace("\"attempt\":1", "\"attempt\":2");
    bundle["records"][at + 2]["kept"] = json!(again);
    link_again(&mut bundle);
    bundle
}

#[test]
fn attempts_begin_once_and_have_their_numbers() {
    let place = world();
    place.planc(&["undo", &place.last_run()]).exits(0);
    let whole = export(&place);
    verify_json(&whole, &[]).exits(0);
    for event in ["step_started", "step_observed", "step_succeeded"] {
        let mut bundle = whole.clone();
        forge(&mut bundle, &format!("\"{event}\",\"step\":\"flag\""), "\"attempt\":1", "\"attempt\":2");
        refused(&bundle, "of step `flag` is recorded where attempt");
    }
    let at = place_of(&whole, "\"step_started\",\"step\":\"flag\"");
    let mut again = told(&whole, at);
    refused(&with(&whole, at, &[again.clone()]), "step `flag` began again, and it had not ended");
    again["attempt"] = json!(2);
    refused(&with(&whole, at + 1, &[again.clone()]), "step `flag` began again, and it had not ended");
    // A process that was killed makes it again.
    verify_json(&cut_off(&whole), &[]).exits(0);
    let mut bundle = whole.clone();
    forge(&mut bundle, "undo_call_started", "\"process.run\"", "\"fs.delete\"");
    refused(&bundle, "the undo call of step `flag` was made of `fs.delete`, not of `process.run`");
    let mut bundle = whole.clone();
    forge(&mut bundle, "\"approved\"", "\"channel\":\"argument\"", "\"channel\":\"nobody\"");
    refused(&bundle, "the yes came by `nobody`, by which none comes");
}

#[test]
fn no_attempt_that_failed_is_hidden() {
    let place = Place::new();
    place.put("bad.sh", "exit 3\n").put("p.pl", TRIED);
    let digest = place.digest("p.pl");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3);
    let whole = export(&place);
    verify_json(&whole, &[]).exits(0);
    refused(&without(&whole, "\"step_started\",\"step\":\"bad\""), "which had not begun");
    let mut bundle = whole.clone();
    forge(&mut bundle, "\"step_failed\",\"step\":\"bad\"", "\"attempt\":1", "\"attempt\":0");
    refused(&bundle, "attempt 0 of step `bad`");
    let gate = told(&whole, place_of(&whole, "\"call_waits\""))["step"].clone();
    let end = whole["records"].as_array().unwrap().len();
    let opened = |result: Json| {
        let opened = json!({ "event": "step_succeeded", "step": gate, "attempt": 1, "result": result, "changes": [] });
        let answered = json!({ "event": "gate_answered", "step": gate, "agreed": true, "by": "x", "shown": { "made.path": "made" } });
        with(&whole, end, &[json!({ "event": "started", "pid": 1, "resumed": true }), answered, opened])
    };
    verify_json(&opened(json!(null)), &[]).exits(0);
    refused(&opened(json!("x")), "has a result");
}

#[test]
fn a_call_about_which_policy_asks_has_a_yes() {
    let place = Place::new();
    place.put("planc.toml", "[policy]\n\"fs.delete\" = \"ask\"\n").put("old/a", "a").put("old/b", "b").put(
        "p.pl",
        "plan \"asked\" {\n  critical { delete \"old/*\" }\n  step found = fs.glob(pattern: \"old/*\")\n  each gone = path in found.paths \
         {\n    step d = fs.delete(path: path)\n  }\n}\n",
    );
    let digest = place.digest("p.pl");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3);
    let whole = export(&place);
    let waits = told(&whole, place_of(&whole, "\"call_waits\""));
    let step = waits["step"].as_str().unwrap();
    let path = format!("old/{}", if step == "d[0]" { "a" } else { "b" });
    let digest = planc_lang::digest::Digest::of(&path.as_bytes()[4..]).to_string();
    let change = json!({ "path": path, "before": { "kind": "file", "digest": digest, "bytes": 1, "mode": 0o644 }, "after": { "kind": "absent" } });
    let result = json!({ "path": path, "files": 1 });
    let goes_on = |answers: &[&str]| {
        let mut events = vec![json!({ "event": "started", "pid": 1, "resumed": true })];
        events.extend(answers.iter().map(|answer| json!({ "event": "call_answered", "step": step, "answer": answer })));
        events.push(json!({ "event": "step_started", "step": step, "attempt": 1, "args": { "path": path, "recursive": false }, "changes": [change], "result": result }));
        with(&whole, whole["records"].as_array().unwrap().len(), &events)
    };
    let mut contents = whole["contents"].as_array().unwrap().clone();
    contents.push(json!(digest));
    for (answers, why) in [
        (&["once"][..], None),
        (&["standing"], None),
        (&[], Some("policy asks about its call, and nobody has said yes to it")),
        (&["oncex"], Some("`oncex` is no answer to the call")),
        (&["no"], Some("policy asks about its call, and nobody has said yes to it")),
    ] {
        let mut bundle = goes_on(answers);
        bundle["contents"] = json!(contents);
        match why {
            Some(why) => refused(&bundle, why),
            None => drop(verify_json(&bundle, &[]).exits(0)),
        }
    }
}
