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

const WORDS: &str = r#"plan "Words" {
  rationale "It is needed."
  reuse "in.txt" "it is there"
  input times: int = 3
  critical {
    create "*.txt" "they are made"
    create name
    delete "*.txt"
    run "sh -c"
  }
  assume "in is there" { fs.stat(path: "in.txt").kind == "file" }
  step n = fs.read(path: "in.txt")
  let name = endorse(n.text.trim(), "the name of a file")
  step made = fs.write(path: name, text: "x") {
    because "it is asked for"
  }
  step p = process.run(argv: ["sh", "-c", "echo hi"]) {
    when times > 2
    timeout 5s
    undo process.run(argv: ["sh", "-c", "true"])
  }
  each all = path in ["1.txt", "2.txt"] {
    step one = fs.write(path: path, text: "1")
    step two = fs.delete(path: path)
  }
  verify "it is made" {
    step v = fs.stat(path: name)
    v.kind == "file"
  }
  output said = p?.stdout
}
"#;

/// What follows from the text and from what was approved is shown so.
#[test]
fn the_report_shows_what_the_plan_says() {
    let place = Place::new();
    place.put("in.txt", "made.txt\n").put("p.pl", WORDS);
    place.run("p.pl").exits(0);
    let whole = export(&place);
    let said = verify_json(&whole, &[]).exits(0);
    assert!(
        said.json()["unchecked"].to_string().contains("status, rev, assurance, problems, policy"),
        "{}",
        said.short()
    );
    type Change = (&'static str, fn(&mut Json));
    let changes: &[Change] = &[
        ("`title`", |r| r["title"] = json!("Harmless")),
        ("`rationale`", |r| r["rationale"] = json!("None is needed.")),
        ("`context`", |r| r["context"] = json!("Agreed with the board.")),
        ("`time`", |r| r["time"] = json!(7)),
        ("`deed`", |r| r["deed"] = r["digest"].clone()),
        ("`secret`", |r| r["secret"] = json!(true)),
        ("`waves`", |r| drop(r["waves"].as_array_mut().unwrap().pop())),
        ("`names`", |r| r["names"] = json!([{ "name": "name", "value": "harmless" }])),
        ("`inputs`", |r| drop(r["inputs"].as_array_mut().unwrap().pop())),
        ("`inputs`", |r| r["inputs"][0]["secret"] = json!(true)),
        ("`critical`", |r| drop(r["critical"].as_array_mut().unwrap().pop())),
        ("`critical`", |r| r["critical"][0]["resource"] = json!("none/**")),
        ("`critical`", |r| r["critical"][1]["resource"] = json!("other")),
        ("`critical`", |r| r["critical"][0]["why"] = json!("as agreed")),
        ("other values", |r| r["critical"][1]["value"] = json!("other.txt")),
        ("`assumptions`", |r| r["assumptions"] = json!([])),
        ("`assumptions`", |r| r["assumptions"][0]["check"] = json!("true")),
        ("`reuse`", |r| r["reuse"][0]["target"] = json!("other.txt")),
        ("`blocks`", |r| r["blocks"][0]["list"] = json!("[]")),
        ("`blocks`", |r| r["blocks"] = json!([])),
        ("`blocks`", |r| r["blocks"][0]["at"] = json!(0)),
        ("`blocks`", |r| r["blocks"][0]["outcome"]["count"] = json!(200)),
        ("`critical`", |r| {
            let lines = r["critical"].as_array_mut().unwrap();
            let line = lines.iter_mut().find(|line| line["verb"] == "run").unwrap();
            line["touched"] = json!(["sh harmless.sh"]);
        }),
        ("`verifications`", |r| r["verifications"][0]["text"] = json!("all is well")),
        ("`outputs`", |r| r["outputs"][0]["name"] = json!("other")),
        ("other releases", |r| drop(r.as_object_mut().unwrap().remove("releases"))),
        ("other releases", |r| r["releases"][0]["value"] = json!("other.txt")),
        ("the release `name`", |r| r["releases"][0]["reason"] = json!("no reason")),
        ("the release `name`", |r| r["releases"][0]["to"] = json!([])),
        ("`tool` of step `made`", |r| r["steps"][1]["tool"] = json!("fs.read")),
        ("`because` of step `made`", |r| r["steps"][1]["because"] = json!("it is harmless")),
        ("`effects` of step `made`", |r| r["steps"][1]["effects"] = json!([])),
        ("`effects` of step `p`", |r| r["steps"][2]["effects"] = json!([])),
        ("`read_only` of step `p`", |r| r["steps"][2]["read_only"] = json!(true)),
        ("`timeout_ms` of step `p`", |r| r["steps"][2]["timeout_ms"] = json!(18_000_000)),
        ("`when` of step `p`", |r| r["steps"][2]["when"] = json!("false")),
        ("`undo` of step `p`", |r| r["steps"][2]["undo"] = json!("automatic")),
        ("`undo_call` of step `p`", |r| r["steps"][2]["undo_call"] = json!("fs.delete(path: \"x\")")),
        ("`undoing` of step `p`", |r| r["steps"][2]["undoing"]["effects"] = json!([])),
        ("`undoing` of step `p`", |r| drop(r["steps"][2].as_object_mut().unwrap().remove("undoing"))),
        ("`waits_for` of step `p`", |r| r["steps"][2]["waits_for"] = json!(["v"])),
        ("`destructive` of step `two[1]`", |r| r["steps"][6]["destructive"] = json!(false)),
        ("`element` of step `two[1]`", |r| r["steps"][6]["element"] = json!(0)),
        ("the step `v` where the plan has none", |r| {
            let moved = r["verifications"][0]["steps"].as_array_mut().unwrap().remove(0);
            r["steps"].as_array_mut().unwrap().push(moved);
        }),
    ];
    for (what, change) in changes {
        let mut bundle = whole.clone();
        change(&mut bundle["report"]);
        assert_ne!(bundle, whole, "{what}");
        let said = verify_json(&bundle, &[]).exits(4);
        assert!(faults(&said).contains(what) && said.json()["title"] == "Words", "{what}: {}", said.short());
    }
}

/// A part that planc passes over could be taken for what was shown.
#[test]
fn a_report_with_parts_that_no_report_has_is_none() {
    let place = Place::new();
    place.put("in.txt", "made.txt\n").put("p.pl", WORDS);
    place.run("p.pl").exits(0);
    let whole = export(&place);
    type Change = fn(&mut Json);
    let changes: [Change; 3] = [
        |r| r["reviewed"] = json!("by the board"),
        |r| r["steps"][1]["reviewed"] = json!(true),
        |r| r["blocks"][0]["outcome"]["reviewed"] = json!(true),
    ];
    for change in changes {
        let mut bundle = whole.clone();
        change(&mut bundle["report"]);
        let said = verify_json(&bundle, &[]).exits(4);
        assert!(faults(&said).contains("parts that no report has"), "{}", said.short());
    }
}

/// The same of a plan with a secret, as far as it goes without the key.
#[test]
fn the_report_of_a_plan_with_secrets_shows_what_it_says() {
    let place = Place::new();
    fs::write(place.at("token"), "hunter2-hunter2").unwrap();
    let text = "plan \"s\" {\n  input token: string secret\n  critical { run \"sh -c\" }\n  step b = process.run(argv: [\"sh\", \"-c\", \"cat\"], stdin: token) {\n    timeout 5s\n  }\n}\n";
    place.put("p.pl", text);
    let input = format!("token={}", place.at("token").display());
    let digest = place.digest_with(&["plan", "p.pl", "--input-file", &input]);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl", "--input-file", &input]).exits(0);
    let whole = export(&place);
    verify_json(&whole, &[]).exits(0);
    type Change = (&'static str, fn(&mut Json));
    let changes: &[Change] = &[
        ("`timeout_ms` of step `b`", |r| r["steps"][0]["timeout_ms"] = json!(1)),
        ("`written` of step `b`", |r| r["steps"][0]["written"] = json!([])),
        ("`secret`", |r| r["secret"] = json!(false)),
        ("the step `c` where the plan has none", |r| r["steps"][0]["name"] = json!("c")),
    ];
    for (what, change) in changes {
        let mut bundle = whole.clone();
        change(&mut bundle["report"]);
        let said = verify_json(&bundle, &[]).exits(4);
        assert!(faults(&said).contains(what), "{what}: {}", said.short());
    }
}
