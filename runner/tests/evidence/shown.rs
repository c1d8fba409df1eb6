//! What stands beside the records in a bundle, sealed or not: it must be what they and the plan say.

use super::{Place, export, faults, link_again, verify_json, world};
use serde_json::{Value as Json, json};
use std::fs;

const SEALED: &str = r#"plan "Clean" {
  input pin: string secret
  critical {
    run "sh -c"
    delete "keep.txt"
    create "k.txt"
    run "tee"
  }
  step b = process.run(argv: ["tee", "k.txt"], stdin: pin)
  step a = process.run(argv: ["sh", "-c", "rm keep.txt"])
}
"#;

fn sealed() -> (Place, Json) {
    let place = Place::new();
    fs::write(place.at("pin"), "471147").unwrap();
    place.put("p.pl", SEALED).put("keep.txt", "important\n");
    let input = format!("pin={}", place.at("pin").display());
    let digest = place.digest_with(&["plan", "p.pl", "--input-file", &input]);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl", "--input-file", &input]).exits(0);
    let bundle = export(&place);
    (place, bundle)
}

fn event<'b>(bundle: &'b mut Json, kind: &str, step: &str) -> &'b mut Json {
    let shown = bundle["shown"].as_array_mut().unwrap();
    let is_it = |event: &&mut Json| event["event"] == kind && (step.is_empty() || event["step"] == step);
    shown.iter_mut().find(is_it).expect(kind)
}

#[test]
fn what_is_shown_of_sealed_records_is_what_they_say() {
    let (place, whole) = sealed();
    let key = place.state().display().to_string();
    let said = verify_json(&whole, &["--key", &key]).exits(0);
    assert!(said.json()["checks"].to_string().contains("shown as what they say"), "{}", said.short());
    type Change = (&'static str, fn(&mut Json));
    let changes: &[Change] = &[
        ("arguments", |b| event(b, "step_started", "a")["args"]["argv"] = json!(["true"])),
        ("changes", |b| {
            event(b, "step_observed", "a")["changes"] = json!([]);
            let contents = b["contents"].as_array_mut().unwrap();
            contents.clear();
        }),
        ("who said yes", |b| event(b, "approved", "")["approval"]["by"] = json!("the chief")),
        ("a result", |b| event(b, "step_succeeded", "a")["result"]["stdout"] = json!("nothing was done")),
        ("a result of one that was given a secret", |b| {
            event(b, "step_succeeded", "b")["result"]["exit_code"] = json!(1)
        }),
        ("how it ended", |b| event(b, "ended", "")["end"] = json!("failed")),
        ("another event", |b| *event(b, "started", "") = json!({ "event": "held", "why": "x" })),
    ];
    for (what, change) in changes {
        let mut bundle = whole.clone();
        change(&mut bundle);
        assert_ne!(bundle, whole, "{what}");
        let said = verify_json(&bundle, &["--key", &key]).exits(4);
        assert!(faults(&said).contains("is shown as something else than it says"), "{what}: {}", said.short());
    }
    // Without the key the text of the plan tells as much as nobody hides.
    let mut bundle = whole.clone();
    event(&mut bundle, "step_started", "a")["args"]["argv"] = json!(["true"]);
    let said = verify_json(&bundle, &[]).exits(4);
    assert!(faults(&said).contains("step `a` was approved with"), "{}", said.short());
}

/// Who adds one record that looks sealed would have all others believed as they are shown.
#[test]
fn only_sealed_records_are_shown_and_all_are_or_none() {
    let whole = export(&world());
    let mut bundle = whole.clone();
    bundle["shown"] = json!([{ "event": "started", "pid": 1, "resumed": false }]);
    bundle["contents"] = json!([]);
    let said = verify_json(&bundle, &[]).exits(4);
    let told = faults(&said);
    assert!(told.contains("no record is sealed") && told.contains("those that the records name"), "{told}");
    let mut bundle = whole.clone();
    let records = bundle["records"].as_array_mut().unwrap();
    let mut shown: Vec<Json> =
        records.iter().map(|record| serde_json::from_str(record["kept"].as_str().unwrap()).unwrap()).collect();
    shown.push(json!({ "event": "held", "why": "x" }));
    records.push(json!({ "seq": 1, "at": records[0]["at"], "kept": "sealed:1:AAAA", "link": "" }));
    bundle["shown"] = json!(shown);
    link_again(&mut bundle);
    let said = verify_json(&bundle, &[]).exits(4);
    assert!(faults(&said).contains("others are not"), "{}", said.short());
    let mut bundle = whole;
    bundle["contents"] = json!([]);
    verify_json(&bundle, &[]).exits(4).says("those that the records name");
}

#[test]
fn the_report_shows_the_title_and_the_lines_of_the_plan() {
    let whole = export(&world());
    type Change = (&'static str, fn(&mut Json));
    let changes: &[Change] = &[
        ("another title", |b| b["report"]["title"] = json!("Harmless")),
        ("lines of `critical`", |b| drop(b["report"]["critical"].as_array_mut().unwrap().pop())),
        ("lines of `critical`", |b| b["report"]["critical"][1]["resource"] = json!("none/**")),
        ("lines of `critical`", |b| b["report"]["critical"][0]["why"] = json!("as agreed")),
    ];
    for (what, change) in changes {
        let mut bundle = whole.clone();
        change(&mut bundle);
        assert_ne!(bundle, whole);
        let said = verify_json(&bundle, &[]).exits(4);
        assert!(faults(&said).contains(what) && said.json()["title"] == "Evidence", "{what}: {}", said.short());
    }
}
