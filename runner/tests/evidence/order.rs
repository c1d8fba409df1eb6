//! What must not come after what in a history, and what may: a no, a failed assumption, a stale world and the end stop what is behind
//! them, and a process that goes on asks anew.

use super::{Place, export, faults, link_again, verify_json, with, world};
use planc::workspace::Change;
use planc_lang::digest::Digest;
use serde_json::{Value as Json, json};

/// Where the first record stands that has a part.
pub(super) fn place_of(bundle: &Json, part: &str) -> usize {
    let has = |record: &Json| record["kept"].as_str().unwrap().contains(part);
    bundle["records"].as_array().unwrap().iter().position(has).expect(part)
}

pub(super) fn told(bundle: &Json, at: usize) -> Json {
    serde_json::from_str(bundle["records"][at]["kept"].as_str().unwrap()).unwrap()
}

pub(super) fn without(whole: &Json, part: &str) -> Json {
    let mut bundle = whole.clone();
    let at = place_of(whole, part);
    bundle["records"].as_array_mut().unwrap().remove(at);
    link_again(&mut bundle);
    bundle
}

pub(super) fn refused(bundle: &Json, why: &str) {
    let said = verify_json(bundle, &[]);
    assert!(said.code == Some(4) && faults(&said).contains(why), "{why}: {}", said.short());
}

const FLAG: &str = "\"step_started\",\"step\":\"flag\"";

fn late(kind: &str, agreed: Option<bool>) -> Json {
    let value = json!({ "id": "argument argv[2] of flag", "kind": kind, "value": "x", "from": [], "to": [] });
    match agreed {
        Some(agreed) => {
            json!({ "event": "values_answered", "of": "flag", "agreed": agreed, "by": "ann", "values": [value] })
        }
        None => json!({ "event": "values_wait", "of": "flag", "values": [value] }),
    }
}

fn started() -> Json {
    json!({ "event": "started", "pid": 1, "resumed": true })
}

fn ended(end: &str) -> Json {
    json!({ "event": "ended", "end": end, "outputs": null })
}

#[test]
fn nothing_begins_behind_a_no() {
    let whole = export(&world());
    let at = place_of(&whole, FLAG);
    let answered = |answer: &str| json!({ "event": "call_answered", "step": "flag", "answer": answer });
    let waits = json!({ "event": "call_waits", "step": "flag" });
    let stale = |step: Json| json!({ "event": "stale", "step": step, "differences": [] });
    let failed = json!({ "event": "assumption_failed", "text": "x", "why": "y" });
    let held = json!({ "event": "assumption_held", "text": "x" });
    for (events, why) in [
        (vec![answered("no")], "a person had said no to its call"),
        (vec![answered("no"), started()], "a person had said no to its call"),
        (vec![waits.clone()], "it waited for a yes"),
        (vec![late("argument", None)], "it waited for a yes"),
        (vec![late("argument", Some(false))], "said no to what it would use"),
        (vec![late("argument", Some(false)), started()], "said no to what it would use"),
        (vec![late("content", Some(false))], "said no to what it would use"),
        (vec![stale(json!("flag"))], "not as approved before it"),
        (vec![stale(Json::Null)], "the world was not as approved"),
        (vec![failed.clone()], "although `x` did not hold"),
        (vec![failed.clone(), started()], "although `x` did not hold"),
        (vec![ended("refused")], "the run had ended"),
        (vec![ended("waiting")], "the run had ended"),
        (vec![ended("refused"), started()], "the run went on although it was over"),
        (vec![ended("stale"), started()], "the run went on although it was over"),
        (
            vec![json!({ "event": "assumption_overridden", "text": "x", "why": "y", "by": "z", "reason": "" })],
            "nobody who",
        ),
    ] {
        refused(&with(&whole, at, &events), why);
    }
    // What planc does: it is killed or waits, goes on, and asks again.
    for events in [
        vec![waits, ended("waiting"), started(), answered("once")],
        vec![late("argument", None), ended("waiting"), started(), late("argument", Some(true))],
        vec![late("argument", Some(false)), started(), late("argument", Some(true))],
        vec![late("content", Some(false)), started()],
        vec![stale(json!("flag")), started()],
        vec![failed, started(), held],
    ] {
        let said = verify_json(&with(&whole, at, &events), &[]);
        assert_eq!(said.code, Some(0), "{events:?}: {}", said.short());
    }
}

#[test]
fn what_acts_begins_when_all_before_it_has_ended_well() {
    let whole = export(&world());
    refused(&without(&whole, "\"started\""), "began before the run had");
    let mut bundle = whole.clone();
    let at = place_of(&whole, "\"step_succeeded\",\"step\":\"gone\"");
    let failed = json!({ "event": "step_failed", "step": "gone", "attempt": 1, "error": "x", "effect_done": true, "changes": [] });
    bundle["records"][at]["kept"] = json!(failed.to_string());
    link_again(&mut bundle);
    refused(&bundle, "step `flag` began although `gone` before it had not ended well");
    refused(&without(&whole, "\"each_ended\""), "step `log` began although `copies` before it");
    // One that failed before it began is not tried again, though it only reads.
    let never = json!({ "event": "step_failed", "step": "found", "attempt": 0, "error": "x", "effect_done": false, "changes": [] });
    let at = place_of(&whole, "\"step_started\",\"step\":\"found\"");
    refused(&with(&whole, at, &[never]), "although it had failed for good");
}

const ASSUMED: &str = r#"plan "assumed" {
  critical { create "*" }
  assume "there is no such file" { fs.glob(pattern: "none").paths.length() == 0 }
  step a = fs.write(path: "a", text: "a")
  gate "look" show a.path
  step b = fs.write(path: "b", text: "b")
}
"#;

#[test]
fn assumptions_are_looked_at_and_gates_open_with_a_yes() {
    let place = Place::new();
    place.put("p.pl", ASSUMED);
    let digest = place.digest("p.pl");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3);
    let whole = export(&place);
    verify_json(&whole, &[]).exits(0);
    refused(&without(&whole, "\"assumption_held\""), "before it was looked whether `there is no such file` holds");
    let gate = told(&whole, place_of(&whole, "\"call_waits\""))["step"].clone();
    let end = whole["records"].as_array().unwrap().len();
    let answered = |agreed: bool| json!({ "event": "gate_answered", "step": gate, "agreed": agreed, "by": "x", "shown": { "a.path": "a" } });
    let opened = json!({ "event": "step_succeeded", "step": gate, "attempt": 1, "result": null, "changes": [] });
    let yes = with(&whole, end, &[started(), answered(true), opened.clone()]);
    verify_json(&yes, &[]).exits(0);
    let both = with(&whole, end, &[started(), answered(false), answered(true), opened.clone()]);
    refused(&both, "opened although a person had said no");
    let early = with(&whole, place_of(&whole, "\"step_started\",\"step\":\"a\""), &[answered(true), opened]);
    refused(&early, "opened although `a` before it");
    let a = told(&whole, place_of(&whole, "\"step_started\",\"step\":\"a\""));
    let b: Json = serde_json::from_str(&a.to_string().replace("\"a\"", "\"b\"")).unwrap();
    refused(&with(&whole, end, &[started(), b]), "step `b` began although");
}

#[test]
fn what_was_done_is_taken_back_once() {
    let place = world();
    place.planc(&["undo", &place.last_run()]).exits(0);
    let whole = export(&place);
    verify_json(&whole, &[]).exits(0);
    let (from, to) = (place_of(&whole, "\"undo_call_started\""), place_of(&whole, "\"undo_call_ended\""));
    let call: Vec<Json> = (from..=to).map(|at| told(&whole, at)).collect();
    refused(&with(&whole, to + 1, &call), "began again, and it may act twice");
    let early = place_of(&whole, "\"step_started\",\"step\":\"found\"");
    refused(&with(&whole, early, &call), "there was nothing to take back");
    refused(&without(&whole, "\"undo_started\""), "nobody was taking back");
    refused(&without(&whole, "\"undo_call_started\""), "has ended, and it had not begun");
    let no = json!({ "event": "call_answered", "step": "flag", "answer": "no" });
    refused(&with(&whole, from, std::slice::from_ref(&no)), "without the yes that it wanted");
    // Who takes back again is asked again.
    let again = [no, json!({ "event": "undo_ended", "complete": false }), json!({ "event": "undo_started", "pid": 1 })];
    verify_json(&with(&whole, from, &again), &[]).exits(0);
    let mut bundle = whole.clone();
    let at = place_of(&whole, "\"step_undone\",\"step\":\"gone\"");
    let kept = bundle["records"][at]["kept"].as_str().unwrap().replace("gone.txt", "in/a.txt");
    bundle["records"][at]["kept"] = json!(kept);
    link_again(&mut bundle);
    refused(&bundle, "had not changed it so");
}

#[test]
fn changes_are_those_that_may_be_and_that_nobody_refused() {
    let whole = export(&world());
    let change = json!({
        "path": "secret/keys",
        "before": { "kind": "file", "digest": Digest::of("x").to_string(), "bytes": 1, "mode": 420 },
        "after": { "kind": "absent" },
    });
    for kind in ["step_succeeded", "step_failed", "step_in_doubt"] {
        let at = place_of(&whole, "\"step_succeeded\",\"step\":\"flag\"");
        let (mut bundle, mut event) = (whole.clone(), told(&whole, at));
        event["changes"] = json!([change]);
        if kind != "step_succeeded" {
            event = json!({ "event": kind, "step": "flag", "attempt": 1, "reason": "x", "error": "x", "effect_done": true, "changes": [change] });
        }
        bundle["records"][at]["kept"] = json!(event.to_string());
        let contents = bundle["contents"].as_array_mut().unwrap();
        contents.push(json!(Digest::of("x").to_string()));
        link_again(&mut bundle);
        refused(&bundle, "has changed `secret/keys`, of which nothing is recorded before");
    }
    let at = place_of(&whole, "\"step_observed\",\"step\":\"flag\"");
    let changes: Vec<Change> = serde_json::from_value(told(&whole, at)["changes"].clone()).unwrap();
    let answered = |answer: &str| {
        let changes = Digest::of_json(&changes).to_string();
        json!({ "event": "call_answered", "step": "flag", "answer": answer, "changes": changes })
    };
    refused(&with(&whole, at, &[answered("no")]), "to which a person had said no");
    verify_json(&with(&whole, at, &[answered("no"), answered("once")]), &[]).exits(0);
}

const LATE: &str = r#"plan "Late" {
  critical {
    run "cat"
    create "out/**"
  }
  step a = process.run(argv: ["cat", "n.txt"])
  let name = endorse(a.stdout.trim(), "the name")
  step b = fs.write(path: "out/${name}", text: "hello")
}
"#;

/// What a call is made with follows from what is recorded, and from what a person has agreed to where nobody could know it before.
#[test]
fn what_became_known_is_used_as_a_person_agreed_to_it() {
    let place = Place::new();
    place.put("p.pl", LATE).put("n.txt", "harmless\n");
    let digest = place.digest("p.pl");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3);
    let whole = export(&place);
    verify_json(&whole, &[]).exits(0);
    let (end, shown) = (whole["records"].as_array().unwrap().len(), told(&whole, place_of(&whole, "\"values_wait\"")));
    let answered = |value: &str| {
        let values = json!([shown["values"][0]]).to_string().replace("\"harmless\"", &format!("\"{value}\""));
        let values: Json = serde_json::from_str(&values).unwrap();
        json!({ "event": "values_answered", "of": "b", "agreed": true, "by": "ann", "values": values })
    };
    let bound: Json = serde_json::from_str(whole["bound"].as_str().unwrap()).unwrap();
    let args = bound["calls"].as_array().unwrap().iter().find(|call| call[0] == "b").unwrap()[2].clone();
    let began = |name: &str| {
        let mut args = args.clone();
        args["path"] = json!(format!("out/{name}"));
        json!({ "event": "step_started", "step": "b", "attempt": 1, "args": args, "changes": [] })
    };
    let after = |events: &[Json]| with(&whole, end, &[&[started()], events].concat());
    verify_json(&after(&[answered("harmless"), began("harmless")]), &[]).exits(0);
    refused(&after(&[began("harmless")]), "for which nobody had answered");
    refused(&after(&[answered("evil"), began("evil")]), "for which nobody had answered");
    refused(&after(&[answered("harmless"), began("evil")]), "another one than follows from what is recorded");
    refused(&after(&[began("evil")]), "what nobody had agreed to: `argument path of b`");
}

const LINE: &str = "plan \"p\" {\n  critical {\n    create \"n.txt\"\n    modify r.text\n    run \"sh\"\n  }\n  step g = process.run(argv: [\"sh\", \"gen.sh\"])\n  step r = fs.read(path: \"n.txt\")\n  step q = fs.write(path: \"precious\", text: \"evil\\n\") {\n    after r\n  }\n}\n";

/// What a line stands for that nobody could know before allows what a person has agreed to.
#[test]
fn a_line_that_became_known_allows_what_was_agreed_to() {
    let place = Place::new();
    place.put("gen.sh", "printf precious > n.txt\n").put("precious", "mine\n").put("p.pl", LINE);
    let digest = place.digest("p.pl");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3);
    let whole = export(&place);
    let (end, shown) = (whole["records"].as_array().unwrap().len(), told(&whole, place_of(&whole, "\"values_wait\"")));
    let bound: Json = serde_json::from_str(whole["bound"].as_str().unwrap()).unwrap();
    let args = bound["calls"].as_array().unwrap().iter().find(|call| call[0] == "q").unwrap()[2].clone();
    let file = |text: &str| json!({ "kind": "file", "digest": Digest::of(text).to_string(), "bytes": 5, "mode": 420 });
    let change = json!({ "path": "precious", "before": file("mine\n"), "after": file("evil\n") });
    let began = json!({ "event": "step_started", "step": "q", "attempt": 1, "args": args, "changes": [change] });
    let answered =
        json!({ "event": "values_answered", "of": "q", "agreed": true, "by": "ann", "values": shown["values"] });
    let mut contents = vec![Digest::of("mine\n").to_string(), Digest::of("evil\n").to_string()];
    contents.extend(whole["contents"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()));
    contents.sort();
    let after = |events: &[Json]| {
        let mut bundle = with(&whole, end, &[&[started()], events].concat());
        bundle["contents"] = json!(contents);
        bundle
    };
    verify_json(&after(&[answered.clone(), began.clone()]), &[]).exits(0);
    refused(&after(&[began]), "no `critical` line allows `modify \\\"precious\\\"`");
}
