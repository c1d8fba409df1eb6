//! What planc would not have ended, left out or said so, and a yes that did not count when it was used.

use super::{Place, export, faults, forge, link_again, verify_json, with, world};
use serde_json::{Value as Json, json};

fn refused(bundle: &Json, why: &str) {
    let said = verify_json(bundle, &[]);
    assert!(said.code == Some(4) && faults(&said).contains(why), "{why}: {}", said.short());
}

fn kept(record: &Json) -> Json {
    serde_json::from_str(record["kept"].as_str().unwrap()).unwrap()
}

/// Without the records of some events, all of it linked again.
fn without(whole: &Json, is_gone: impl Fn(&Json) -> bool) -> Json {
    let mut bundle = whole.clone();
    let records = bundle["records"].as_array_mut().unwrap();
    let before = records.len();
    records.retain(|record| !is_gone(&kept(record)));
    assert!(records.len() < before);
    link_again(&mut bundle);
    bundle
}

#[test]
fn a_run_is_done_when_nothing_is_open() {
    let whole = export(&world());
    let is_of = |event: &Json, step: &str| event["step"] == step;
    refused(&without(&whole, |event| is_of(event, "flag")), "the run was done, and step `flag` had not ended well");
    let each =
        |event: &Json| event["each"] == "copies" || event["step"].as_str().is_some_and(|step| step.contains('['));
    refused(&without(&whole, each), "the run was done, and block `copies` had not ended well");
    let held = |event: &Json| event["event"] == "verification_held";
    refused(&without(&whole, held), "nothing says that `it is there` held");
    // One that has failed is none that held.
    let mut bundle = whole.clone();
    forge(&mut bundle, "verification_held", "verification_held\",", "verification_failed\",\"why\":\"x\",");
    refused(&bundle, "nothing says that `it is there` held");
}

#[test]
fn a_run_ends_as_it_does_for_a_reason() {
    let whole = export(&world());
    let at = whole["records"].as_array().unwrap().len() - 1;
    for end in ["failed", "refused", "in_doubt", "stale", "interrupted", "overdue", "held", "waiting"] {
        let mut bundle = whole.clone();
        forge(&mut bundle, "\"event\":\"ended\"", "\"end\":\"done\"", &format!("\"end\":\"{end}\""));
        refused(&bundle, "and nothing is recorded that ends it so");
        // A reason of an earlier process is none.
        let started = json!({ "event": "started", "pid": 1, "resumed": true });
        let earlier = [json!({ "event": "interrupted", "killed": false }), started];
        refused(&with(&bundle, at, &earlier), "and nothing is recorded that ends it so");
    }
    let ended = |end: &str| json!({ "event": "ended", "end": end, "outputs": null });
    let mut open = whole.clone();
    open["records"].as_array_mut().unwrap().pop();
    for (event, end) in [
        (json!({ "event": "interrupted", "killed": false }), "interrupted"),
        (json!({ "event": "deadline_passed", "at": "2020-01-01T00:00:00Z" }), "overdue"),
        (json!({ "event": "held", "why": "x" }), "held"),
        (json!({ "event": "stale", "step": null, "differences": [] }), "stale"),
    ] {
        let said = verify_json(&with(&open, at, &[event, ended(end)]), &[]);
        assert_eq!(said.code, Some(0), "{end}: {}", said.short());
    }
    // A reason that is made up is none either.
    let failed = |text: &str| json!({ "event": "verification_failed", "text": text, "why": "x" });
    for (text, why) in [
        ("it is there", "it was not to be checked"),
        ("the output `bytes` has a value", "and by what is recorded it holds"),
        ("something else", "it was not to be checked"),
    ] {
        let place = Place::new();
        place.put("p.pl", "plan \"p\" {\n  step r = fs.stat(path: \"p.pl\")\n  output bytes = r.bytes\n}\n");
        place.run("p.pl").exits(0);
        let mut bundle = export(&place);
        let at = bundle["records"].as_array().unwrap().len() - 1;
        bundle["records"].as_array_mut().unwrap().pop();
        refused(&with(&bundle, at, &[failed(text), ended("failed")]), why);
    }
    refused(&with(&whole, at + 1, &[ended("done")]), "nobody went on with it");
}

/// What a verification comes to follows from the results of its steps.
#[test]
fn a_verification_is_said_to_hold_as_its_results_do() {
    let place = Place::new();
    place.put(
        "p.pl",
        "plan \"p\" {\n  critical { create \"b\" }\n  step b = fs.write(path: \"b\", text: \"b\")\n  verify \"b is there\" {\n    \
         step v = fs.stat(path: \"b\")\n    v.kind == \"file\"\n  }\n}\n",
    );
    place.run("p.pl").exits(0);
    let whole = export(&place);
    verify_json(&whole, &[]).exits(0);
    let mut bundle = whole.clone();
    forge(&mut bundle, "\"step_succeeded\",\"step\":\"v\"", "\"kind\":\"file\"", "\"kind\":\"directory\"");
    refused(&bundle, "it is said that `b is there` holds, and by what is recorded it does not hold");
    let mut bundle = whole.clone();
    forge(&mut bundle, "verification_held", "verification_held\",", "verification_failed\",\"why\":\"x\",");
    forge(&mut bundle, "\"event\":\"ended\"", "\"end\":\"done\"", "\"end\":\"failed\"");
    refused(&bundle, "it is said that `b is there` does not hold, and by what is recorded it holds");
    // It is looked at once, and when the steps of the plan and its own have ended.
    let held = json!({ "event": "verification_held", "text": "b is there" });
    let at = whole["records"].as_array().unwrap().len() - 1;
    refused(&with(&whole, at, std::slice::from_ref(&held)), "it was not to be checked");
    let early = without(&whole, |event| event["event"] == "verification_held");
    let at = early["records"].as_array().unwrap().iter().position(|record| kept(record)["step"] == "b").unwrap();
    refused(&with(&early, at, &[held]), "`b is there` is said to hold, and step `b` had not ended well");
}

/// All is taken back when all that was changed was put back, and each call was made.
#[test]
fn what_is_said_to_be_taken_back_was() {
    let place = world();
    place.planc(&["undo", &place.last_run()]).exits(0);
    let whole = export(&place);
    verify_json(&whole, &[]).exits(0);
    let is_of = |event: &Json, kind: &str, step: &str| event["event"] == kind && event["step"] == step;
    let mut bundle = whole.clone();
    let change = |event: &mut Json| event["restored"] = json!([]);
    let records = bundle["records"].as_array_mut().unwrap();
    let record = records.iter_mut().find(|record| is_of(&kept(record), "step_undone", "gone")).unwrap();
    let mut event = kept(record);
    change(&mut event);
    record["kept"] = json!(event.to_string());
    link_again(&mut bundle);
    refused(&bundle, "step `gone` was taken back, and `gone.txt` was not put back");
    for step in ["gone", "log", "copy[1]", "flag"] {
        let left = format!("all was taken back, and step `{step}` was not");
        refused(&without(&whole, |event| is_of(event, "step_undone", step)), &left);
    }
    let call = |event: &Json| event["event"].as_str().unwrap().starts_with("undo_call");
    refused(&without(&whole, call), "step `flag` was taken back, and its undo call had not been made");
    let mut bundle = without(&whole, |event| event["event"] == "step_undone");
    refused(&bundle, "all was taken back");
    // Who says that something is left may leave it.
    forge(&mut bundle, "\"undo_ended\"", "\"complete\":true", "\"complete\":false");
    verify_json(&bundle, &[]).exits(0);
    refused(&without(&whole, |event| event["event"] == "undo_started"), "nobody was taking back");
}

#[test]
fn nothing_is_left_out_without_a_condition_that_is_false() {
    let whole = export(&world());
    let mut bundle = without(&whole, |event| event["step"] == "gone" && event["event"] == "step_started");
    forge(&mut bundle, "\"step_succeeded\",\"step\":\"gone\"", "step_succeeded\"", "step_skipped\",\"reason\":\"x\"");
    refused(&bundle, "step `gone` was left out, and it has no condition");
    let place = Place::new();
    place.put("in", "yes").put(
        "p.pl",
        "plan \"p\" {\n  critical { create \"*\" }\n  step r = fs.read(path: \"in\")\n  step w = fs.write(path: \"w\", text: \"w\") {\n    \
         when r.text == \"yes\"\n  }\n  step v = fs.write(path: \"v\", text: \"v\") {\n    when r.text == \"no\"\n  }\n}\n",
    );
    place.run("p.pl").exits(0);
    let whole = export(&place);
    verify_json(&whole, &[]).exits(0);
    let mut bundle = without(&whole, |event| event["step"] == "w" && event["event"] == "step_started");
    forge(&mut bundle, "\"step_succeeded\",\"step\":\"w\"", "step_succeeded\"", "step_skipped\",\"reason\":\"x\"");
    refused(&bundle, "step `w` was left out, and its condition is true");
}

#[test]
fn what_a_run_returns_and_a_file_holds_follows_from_the_records() {
    let whole = export(&world());
    let place = Place::new();
    place.put("in", "yes").put("p.pl", "plan \"p\" {\n  step r = fs.read(path: \"in\")\n  output said = r.text\n}\n");
    place.run("p.pl").exits(0);
    let mut bundle = export(&place);
    forge(&mut bundle, "\"event\":\"ended\"", "\"said\":\"yes\"", "\"said\":\"no\"");
    refused(&bundle, "the output `said` is another one than follows");
    // What came of a call is recorded with what it changes.
    let mut bundle = whole.clone();
    forge(&mut bundle, "\"step_succeeded\",\"step\":\"log\"", "log.txt", "other");
    refused(&bundle, "the result of step `log` is another one than was recorded with its changes");
    let mut bundle = whole.clone();
    let written = whole["records"].as_array().unwrap().iter().map(kept);
    let written = written.filter(|event| event["event"] == "step_started" && event["step"] == "copy[0]");
    let change = written.map(|event| event["changes"].as_array().unwrap().last().unwrap().clone()).next().unwrap();
    let digest = change["after"]["digest"].as_str().unwrap();
    let other = bundle["contents"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned());
    let other = other.into_iter().find(|one| one != digest).unwrap();
    forge(&mut bundle, "\"step_started\",\"step\":\"copy[0]\"", digest, &other);
    refused(&bundle, "step `copy[0]` changed `out/a.txt` as its call does not");
    // Nor has it another length, or another mode than a new file has.
    for (from, to) in [("\"mode\":420", "\"mode\":493"), ("\"bytes\":", "\"bytes\":1")] {
        let mut bundle = whole.clone();
        forge(&mut bundle, "\"step_started\",\"step\":\"copy[0]\"", from, to);
        refused(&bundle, "step `copy[0]` changed `out/a.txt` as its call does not");
    }
    let mut bundle = whole.clone();
    forge(&mut bundle, "\"step_started\",\"step\":\"found\"", "\"changes\":[]", &format!("\"changes\":[{change}]"));
    refused(&bundle, "step `found` changed `out/a.txt` as its call does not");
}

#[test]
fn a_yes_counts_once_and_when_it_counts() {
    let whole = export(&world());
    let records = whole["records"].as_array().unwrap();
    let first = kept(&records[0]);
    // Said years after it was used, or ended before it was.
    for (from, to, why) in [
        ("\"at\":\"20", "\"at\":\"21", "and used at"),
        ("\"at\":\"20", "\"terms\":{\"uses\":0},\"at\":\"20", "it is for 0 runs"),
        ("\"at\":\"20", "\"terms\":{\"uses\":4000000},\"at\":\"20", "it is for 4000000 runs"),
        ("\"at\":\"20", "\"terms\":{\"uses\":1,\"expires\":\"2001-01-01T00:00:00Z\"},\"at\":\"20", "it ended at 2001"),
    ] {
        let mut bundle = whole.clone();
        forge(&mut bundle, "\"event\":\"approved\"", from, to);
        refused(&bundle, why);
    }
    let mut bundle = whole.clone();
    let mut again = records[0].clone();
    again["kept"] = json!(first.to_string());
    bundle["records"].as_array_mut().unwrap().push(again);
    link_again(&mut bundle);
    refused(&bundle, "a further yes was used up");
}

#[test]
fn a_block_has_the_elements_that_were_approved_and_ends_with_them() {
    let place = Place::new();
    place.put("keep.txt", "keep\n").put(
        "p.pl",
        "plan \"p\" {\n  critical {\n    create \"*.txt\"\n    modify \"*.txt\"\n  }\n  each x = name in [\"1.txt\", \"2.txt\", \"3.txt\"] {\n    \
         step c = fs.write(path: name, text: \"c\\n\")\n  }\n  step b = fs.write(path: \"b.txt\", text: \"b\\n\")\n}\n",
    );
    place.run("p.pl").exits(0);
    let whole = export(&place);
    verify_json(&whole, &[]).exits(0);
    let is_of = |event: &Json, step: &str| event["step"] == step;
    let left_out = "block `x` ended, and step `c[1]` had not ended well";
    refused(&without(&whole, |event| is_of(event, "c[1]")), left_out);
    let all = |event: &Json| event["step"].as_str().is_some_and(|step| step.starts_with("c["));
    refused(&without(&whole, all), "block `x` ended, and step `c[0]` had not ended well");
    // Another element, which writes what it likes.
    for name in ["c[7]", "c[3]", "c[01]", "c", "b[0]"] {
        let mut bundle = whole.clone();
        let records = bundle["records"].as_array_mut().unwrap();
        let own: Vec<Json> = records.iter().filter(|record| is_of(&kept(record), "c[2]")).cloned().collect();
        let at = records.iter().rposition(|record| is_of(&kept(record), "c[2]")).unwrap() + 1;
        let other = |mut record: Json| {
            let text = record["kept"].as_str().unwrap().replace("c[2]", name).replace("3.txt", "keep.txt");
            record["kept"] = json!(text);
            record
        };
        records.splice(at..at, own.into_iter().map(other));
        link_again(&mut bundle);
        refused(&bundle, &format!("step `{name}` is of no element that is worked on"));
    }
    let mut bundle = without(&whole, |event| is_of(event, "c[1]") || is_of(event, "c[2]"));
    forge(&mut bundle, "\"each_started\"", "\"elements\":3", "\"elements\":1");
    refused(&bundle, "block `x` was approved with elements 3, and recorded with 1");
    refused(&without(&whole, |event| event["event"] == "each_started"), "block `x` ended, and it had not begun");
    let mut bundle = whole.clone();
    forge(
        &mut bundle,
        "\"step_started\",\"step\":\"b\"",
        "\"path\":\"b.txt\",\"before\"",
        "\"path\":\"keep.txt\",\"before\"",
    );
    refused(&bundle, "step `b` changed `keep.txt` as its call does not");
}

/// Links lead a call to another path than it names, also those that the run has made.
#[test]
fn what_is_written_is_where_the_links_lead() {
    let place = Place::new();
    place.put("real/old", "").link("real", "led");
    place.put(
        "p.pl",
        "plan \"p\" {\n  critical {\n    create \"**\"\n    run \"sh\"\n  }\n  step a = fs.write(path: \"led/a.txt\", text: \"a\")\n  \
         step l = process.run(argv: [\"sh\", \"-c\", \"ln -s real/deep more\"])\n  step b = fs.write(path: \"more/b.txt\", text: \"b\")\n  \
         step c = fs.write(path: \"x/y/z.txt\", text: \"c\")\n}\n",
    );
    place.put("real/deep/old", "");
    place.run("p.pl").exits(0);
    assert_eq!((place.get("real/a.txt").as_str(), place.get("real/deep/b.txt").as_str()), ("a", "b"));
    let whole = export(&place);
    verify_json(&whole, &[]).exits(0);
    for (step, from) in [("a", "real/a.txt"), ("b", "real/deep/b.txt"), ("c", "x/y/z.txt")] {
        let mut bundle = whole.clone();
        let has = format!("\"step_started\",\"step\":\"{step}\"");
        forge(&mut bundle, &has, &format!("\"path\":\"{from}\",\"before\""), "\"path\":\"real/other\",\"before\"");
        refused(&bundle, &format!("step `{step}` changed `real/other` as its call does not"));
    }
}
