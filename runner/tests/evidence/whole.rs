//! What the approval, or earlier records, say must happen, and how often: it is held against what is said to have been done, in blocks too.

use super::{Place, export, faults, link_again, verify_json, with, world};
use serde_json::{Value as Json, json};

fn refused(bundle: &Json, why: &str) {
    let said = verify_json(bundle, &[]);
    assert!(said.code == Some(4) && faults(&said).contains(why), "{why}: {}", faults(&said));
}

fn holds(bundle: &Json) {
    let said = verify_json(bundle, &[]);
    assert_eq!(said.code, Some(0), "{}", faults(&said));
}

fn kept(record: &Json) -> Json {
    serde_json::from_str(record["kept"].as_str().unwrap()).unwrap()
}

fn events(bundle: &Json) -> Vec<Json> {
    bundle["records"].as_array().unwrap().iter().map(kept).collect()
}

/// The bundle with its events changed one by one, nothing: left out; with the contents that they name, all of it linked again.
fn changed(whole: &Json, change: impl Fn(Json) -> Vec<Json>) -> Json {
    let mut bundle = whole.clone();
    let mut records = Vec::new();
    for record in whole["records"].as_array().unwrap() {
        records.extend(change(kept(record)).iter().map(|event| {
            let mut record = record.clone();
            record["kept"] = json!(event.to_string());
            record
        }));
    }
    assert_ne!(whole["records"], json!(records));
    bundle["records"] = json!(records);
    let named = events(&bundle).iter().map(Json::to_string).collect::<String>();
    let contents = bundle["contents"].as_array_mut().unwrap();
    contents.retain(|digest| named.contains(digest.as_str().unwrap()));
    link_again(&mut bundle);
    bundle
}

/// What a step did, replaced by this.
fn instead(whole: &Json, step: &str, event: &Json) -> Json {
    let first = events(whole).iter().find(|event| event["step"] == step).unwrap().clone();
    changed(whole, |old| match old["step"] == step {
        true if old == first => vec![event.clone()],
        true => Vec::new(),
        false => vec![old],
    })
}

fn skipped(step: &str) -> Json {
    json!({ "event": "step_skipped", "step": step, "reason": "its condition is false" })
}

/// The place of the first event that has this, behind it.
fn behind(whole: &Json, kind: &str, name: &str) -> usize {
    let is_it = |event: &Json| event["event"] == kind && (event["step"] == name || event["each"] == name);
    events(whole).iter().position(is_it).expect(name) + 1
}

const PLAN: &str = r#"plan "p" {
  critical {
    create "out/**"
    create "in/*"
    run "sh -c"
  }
  each all = x in ["a", "b", "z"] {
    step w = fs.write(path: "out/${x}", text: x) { when x != "z" }
  }
  step none = fs.glob(pattern: "none/*")
  each empty = x in none.paths {
    step d = fs.write(path: "out/${x.name()}", text: "d")
  }
  step s = process.run(argv: ["sh", "-c", "true"])
  step g = fs.glob(pattern: "in/*") { after s }
  each late = x in g.paths {
    step t = fs.stat(path: x) { when x.name() == "yes" }
    result x.length()
  }
  when s.stdout.length() > 100 {
    each never = x in ["a"] {
      step n = fs.stat(path: "in/${x}")
    }
  }
  step e = fs.stat(path: "in/yes") { expect e.kind == "file" }
  step f = fs.read(path: "in/nothing") { on failure continue }
  output count = late
}
"#;

fn of_plan() -> Place {
    let place = Place::new();
    place.put("in/yes", "yes").put("in/no", "no").put("p.pl", PLAN);
    place.run("p.pl").exits(0);
    place
}

#[test]
fn nothing_in_a_block_is_left_out_without_a_reason() {
    let place = of_plan();
    let whole = export(&place);
    holds(&whole);
    // The approval binds the condition of the element.
    refused(
        &instead(&whole, "w[1]", &skipped("w[1]")),
        "step `w[1]` was approved with when true, and recorded with false",
    );
    refused(&instead(&whole, "w[1]", &skipped("w[1]")), "step `w[1]` was left out, and its condition is true");
    // Nobody could know it, and it follows from the results.
    refused(&instead(&whole, "t[1]", &skipped("t[1]")), "step `t[1]` was left out, and its condition is true");
    let began = |from: &str, to: &str| {
        let all = events(&whole).into_iter().filter(|event| event["step"] == from);
        all.map(|event| serde_json::from_str(&event.to_string().replace(from, to)).unwrap()).collect::<Vec<Json>>()
    };
    let other = changed(&whole, |old| if old["step"] == "t[0]" { began("t[1]", "t[0]") } else { vec![old] });
    refused(&other, "step `t[0]` began, and its condition is false");
    refused(&other, "`path` of step `t[0]` is another one than follows from what is recorded");
    // Each block, too.
    let left_out = |each: &str| {
        let of_it =
            |event: &Json| event["each"] == each || event["step"].as_str().is_some_and(|step| step.starts_with("w["));
        changed(&whole, |old| match of_it(&old) {
            true if old["event"] == "each_started" => {
                vec![json!({ "event": "each_skipped", "each": each, "reason": "x" })]
            }
            true => Vec::new(),
            false => vec![old],
        })
    };
    refused(&left_out("all"), "block `all` was approved with when true, and recorded with false");
    let opened = changed(&whole, |old| match old["event"] == "each_skipped" {
        true => vec![
            json!({ "event": "each_started", "each": "never", "elements": 0 }),
            json!({ "event": "each_ended", "each": "never" }),
        ],
        false => vec![old],
    });
    refused(&opened, "block `never` began, and its condition is false");
    refused(&opened, "block `never` began with 0 elements, and its list has 1");
    // What was done is not left out afterwards.
    let at = behind(&whole, "step_succeeded", "w[1]");
    refused(&with(&whole, at, &[skipped("w[1]")]), "step `w[1]` was left out, and it had begun");
    let at = behind(&whole, "each_ended", "all");
    let again = json!({ "event": "each_started", "each": "all", "elements": 3 });
    refused(&with(&whole, at, &[again]), "block `all` began, and it had begun");
}

#[test]
fn a_block_has_as_many_elements_as_its_list() {
    let whole = export(&of_plan());
    let count = |each: &str, elements: u32, gone: &str| {
        changed(&whole, |mut old| {
            if old["event"] == "each_started" && old["each"] == each {
                old["elements"] = json!(elements);
            }
            if old["step"] == gone { Vec::new() } else { vec![old] }
        })
    };
    refused(&count("late", 1, "t[0]"), "block `late` began with 1 elements, and its list has 2");
    refused(&count("late", 3, ""), "block `late` began with 3 elements, and its list has 2");
    refused(&count("empty", 1, ""), "block `empty` began with 1 elements, and");
    let early = events(&whole).iter().position(|event| event["event"] == "started").unwrap() + 1;
    let mut moved =
        changed(
            &whole,
            |old| if old["event"] == "each_started" && old["each"] == "late" { Vec::new() } else { vec![old] },
        );
    moved = with(&moved, early, &[json!({ "event": "each_started", "each": "late", "elements": 2 })]);
    refused(&moved, "block `late` began before `g` had ended, which it uses");
    // What it gives follows from its elements.
    let other = changed(&whole, |mut old| {
        if old["event"] == "ended" {
            old["outputs"]["count"] = json!([3, 3]);
        }
        vec![old]
    });
    refused(&other, "the output `count` is another one than follows from what is recorded");
    let nothing = changed(&whole, |mut old| {
        if old["event"] == "ended" {
            old["outputs"] = Json::Null;
        }
        vec![old]
    });
    refused(&nothing, "the output `count` is another one than follows from what is recorded");
    let more = changed(&whole, |mut old| {
        if old["event"] == "ended" {
            old["outputs"]["more"] = json!(1);
        }
        vec![old]
    });
    refused(&more, "the plan has no output `more`");
}

#[test]
fn what_is_over_is_over_and_what_came_of_it_is_as_the_plan_expects() {
    let whole = export(&of_plan());
    let own: Vec<Json> = events(&whole).into_iter().filter(|event| event["step"] == "e").collect();
    let at = behind(&whole, "step_succeeded", "e");
    refused(&with(&whole, at, &own), "step `e` began again, and it was over");
    let failed = |step: &str, attempt: u32| json!({ "event": "step_failed", "step": step, "attempt": attempt, "error": "x", "effect_done": true, "changes": [] });
    refused(&with(&whole, at, &[failed("e", 1)]), "step `e` failed, and no call of it had begun");
    refused(&instead(&whole, "f", &failed("f", 1)), "step `f` failed, and no call of it had begun");
    let doubt = json!({ "event": "step_in_doubt", "step": "f", "attempt": 1, "reason": "x" });
    refused(&instead(&whole, "f", &doubt), "step `f` is in doubt, and no call of it had begun");
    let other = changed(&whole, |mut old| {
        if old["step"] == "e" && (old["event"] == "step_succeeded" || old["event"] == "step_started") {
            old["result"]["kind"] = json!("directory");
        }
        vec![old]
    });
    refused(&other, "step `e` succeeded, and what it expects does not hold of its result");
    // A file that was not there is made.
    let unmade = changed(&whole, |mut old| {
        if old["event"] == "step_started" && old["step"] == "w[1]" {
            old["changes"] = json!([]);
        }
        vec![old]
    });
    refused(&unmade, "step `w[1]` wrote `out/b`, and no change of it is recorded");
    let told = |bundle: &Json| verify_json(bundle, &[]).exits(0).json()["unchecked"].to_string();
    assert!(told(&whole).contains("why something failed or stopped"), "{}", told(&whole));
    assert!(
        told(&whole).contains("what programs found in files") || told(&whole).contains("whether programs found"),
        "{}",
        told(&whole)
    );
}

const LATE: &str = r#"plan "Late" {
  critical {
    run "cat"
    create "words/*"
  }
  step s = process.run(argv: ["cat", "p.pl"])
  step g = fs.glob(pattern: "words/*") { after s }
  each all = x in g.paths {
    step w = process.run(argv: ["cat", x]) { when x.name() != "z" }
  }
  let go = endorse(s.stdout == "a", "it says so")
  step c = process.run(argv: ["cat", "p.pl"]) { when go }
  step k = process.run(argv: ["cat", "p.pl"]) { when g.paths.length() == 3 }
}
"#;

/// What decides how often, whether and with what something is done, and became known during the run, is what a person agreed to.
#[test]
fn elements_and_conditions_are_those_to_which_a_person_agreed() {
    let place = Place::new();
    place.put("p.pl", LATE).put("words/a", "").put("words/b", "").put("words/z", "");
    let digest = place.digest("p.pl");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3);
    let whole = export(&place);
    holds(&whole);
    let all = events(&whole);
    let shown = all.iter().find(|event| event["event"] == "values_wait").unwrap()["values"].clone();
    assert_eq!(shown[0]["id"], "elements of all");
    let of = |kind: &str| all.iter().find(|event| event["event"] == kind && event["step"] == "s").unwrap();
    let result = of("step_succeeded")["result"].clone();
    let args = of("step_started")["args"].clone();
    let end = whole["records"].as_array().unwrap().len();
    let answered = |of: &str, id: &str, kind: &str, value: Json| {
        let value = json!({ "id": id, "kind": kind, "value": value, "from": [], "to": [] });
        json!({ "event": "values_answered", "of": of, "agreed": true, "by": "ann", "values": [value] })
    };
    let list = |words: &[&str]| vec![answered("all", "elements of all", "count", json!(words))];
    let begins = |elements: u32| vec![json!({ "event": "each_started", "each": "all", "elements": elements })];
    let call = |step: &str, word: &str| {
        let mut args = args.clone();
        args["argv"][1] = json!(word);
        vec![
            json!({ "event": "step_started", "step": step, "attempt": 1, "args": args, "changes": [] }),
            json!({ "event": "step_succeeded", "step": step, "attempt": 1, "result": result, "changes": [] }),
        ]
    };
    let over = || vec![json!({ "event": "each_ended", "each": "all" })];
    let no_c = || vec![answered("c", "let go", "endorse", json!(false)), skipped("c")];
    let agreed = || vec![answered("k", "condition of k", "condition", json!(true))];
    let k = || call("k", "p.pl");
    let done = || vec![json!({ "event": "ended", "end": "done", "outputs": {} })];
    let gone_on = |parts: &[Vec<Json>]| {
        let started = vec![json!({ "event": "started", "pid": 1, "resumed": true })];
        with(&whole, end, &[&[started], parts].concat().concat())
    };
    let (w0, w1) = (|| call("w[0]", "words/a"), || call("w[1]", "words/b"));
    let left = |element: u32| {
        let step = format!("w[{element}]");
        vec![skipped(&step)]
    };
    let words = &["words/a", "words/b", "words/z"];
    let honest = [list(words), begins(3), w0(), w1(), left(2), over(), no_c(), agreed(), k(), done()];
    holds(&gone_on(&honest));
    holds(&gone_on(&honest[..4]));
    let but = |at: usize, other: Vec<Json>| {
        let mut parts = honest.clone();
        parts[at] = other;
        gone_on(&parts)
    };
    for (at, other, why) in [
        (0, Vec::new(), "block `all` began with elements to which nobody had agreed"),
        (0, list(&["words/a", "words/b"]), "block `all` began with elements to which nobody had agreed"),
        (1, begins(2), "block `all` began with 2 elements, and its list has 3"),
        (2, call("w[0]", "words/b"), "`argv` of step `w[0]` is another one than follows from what is recorded"),
        (2, left(0), "step `w[0]` was left out, and its condition is true"),
        (4, call("w[2]", "words/z"), "step `w[2]` began, and its condition is false"),
        (6, call("c", "p.pl"), "step `c` began, and its condition does not follow from what is recorded"),
        (6, vec![skipped("c")], "step `c` was left out, and its condition does not follow from what is recorded"),
        (6, vec![skipped("c")], "step `c` used `go`, for which nobody had answered"),
        (7, Vec::new(), "step `k` began by a condition to which nobody had agreed"),
        (8, vec![skipped("k")], "step `k` was left out, and its condition is true"),
    ] {
        refused(&but(at, other), why);
    }
    // The same list, taken from what another run would have given.
    let other = changed(&gone_on(&honest), |mut old| {
        if old["event"] == "step_succeeded" && old["step"] == "g" {
            old["result"]["paths"] = json!(["words/a"]);
        }
        vec![old]
    });
    refused(&other, "block `all` began with 3 elements, and its list has 1");
}

/// A call that takes back is the one that the plan says, with what a person has seen.
#[test]
fn what_takes_back_follows_from_what_is_recorded() {
    let place = Place::new();
    place.put("name", "made").put(
        "p.pl",
        "plan \"p\" {\n  critical {\n    create \"made\"\n    delete \"made\"\n    run \"sh -c\"\n    run \"rm\"\n    run \"cat\"\n  }\n  \
         step n = process.run(argv: [\"cat\", \"name\"])\n  let name = endorse(n.stdout.trim(), \"it is that\")\n  step w = process.run(argv: [\"sh\", \"-c\", \"touch made\"]) {\n    undo process.run(argv: [\"rm\", name])\n  }\n}\n",
    );
    place.run("p.pl").exits(0);
    holds(&export(&place));
    place.planc(&["undo", &place.last_run()]).exits(4);
    let whole = export(&place);
    holds(&whole);
    let all = events(&whole);
    let values = all.iter().find(|event| event["event"] == "values_wait").unwrap()["values"].clone();
    let args = all.iter().find(|event| event["event"] == "step_started").unwrap()["args"].clone();
    let call = |name: &str| {
        let mut args = args.clone();
        args["argv"] = json!(["rm", name]);
        json!({ "event": "undo_call_started", "step": "w", "tool": "process.run", "args": args })
    };
    let answered = json!({ "event": "values_answered", "of": "w", "agreed": true, "by": "ann", "values": values });
    let again = json!({ "event": "undo_started", "pid": 1 });
    let ended = json!({ "event": "undo_call_ended", "step": "w", "error": null });
    let end = whole["records"].as_array().unwrap().len();
    let after =
        |events: &[Json]| with(&whole, end, &[vec![again.clone()], events.to_vec(), vec![ended.clone()]].concat());
    holds(&after(&[answered.clone(), call("made")]));
    refused(&after(&[call("made")]), "the undo call of step `w` used `name`, for which nobody had answered");
    refused(&after(&[answered, call("name")]), "`argv` of the undo call of step `w` is another one than follows");
}

/// What a person sees at a gate is what is recorded.
#[test]
fn a_gate_shows_what_follows_from_what_is_recorded() {
    let place = Place::new();
    place.put(
        "p.pl",
        "plan \"p\" {\n  critical { create \"*\" }\n  step a = fs.write(path: \"a\", text: \"a\")\n  gate \"look\" show a.path\n  \
         step b = fs.write(path: \"b\", text: \"b\")\n}\n",
    );
    let digest = place.digest("p.pl");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3);
    let whole = export(&place);
    let gate = events(&whole).iter().find(|event| event["event"] == "call_waits").unwrap()["step"].clone();
    let end = whole["records"].as_array().unwrap().len();
    let answered = |shown: &str| {
        let started = json!({ "event": "started", "pid": 1, "resumed": true });
        let shown = json!({ "a.path": shown });
        with(
            &whole,
            end,
            &[started, json!({ "event": "gate_answered", "step": gate, "agreed": true, "by": "x", "shown": shown })],
        )
    };
    holds(&answered("a"));
    refused(&answered("harmless"), "showed something else than follows from what is recorded");
}

/// Runs of which something was left out, failed, is a part, was cut off or was taken back are as honest as others.
#[test]
fn honest_runs_go_on_to_hold() {
    let place = of_plan();
    place.planc(&["undo", &place.last_run()]).exits(0);
    holds(&export(&place));
    let place = world();
    place.planc(&["undo", &place.last_run()]).exits(0);
    holds(&export(&place));
    let place = Place::new();
    place.put("in/yes", "yes").put("in/no", "no").put("p.pl", PLAN);
    let only = ["--only", "all"];
    let digest = place.digest_with(&[&["plan", "p.pl"][..], &only].concat());
    place.planc(&[&["run", &format!("--approve={digest}"), "p.pl"][..], &only].concat()).exits(0);
    assert!(place.has("out/b") && !place.has("out/z"));
    holds(&export(&place));
    // One that fails in a block, and one behind which nothing begins.
    for (failure, code) in [("continue", 0), ("stop", 4), ("undo", 4)] {
        let place = Place::new();
        place.put(
            "p.pl",
            format!(
                "plan \"p\" {{\n  critical {{\n    create \"*\"\n    run \"sh -c\"\n  }}\n  step w = fs.write(path: \"w\", text: \"w\")\n  each all = x in [\"b\", \"a\"] {{\n    \
                 step r = process.run(argv: [\"sh\", \"-c\", \"test $0 = a\", x]) {{\n      on failure {failure}\n    }}\n    step c = fs.write(path: x, text: \"x\")\n  }}\n  \
                 step v = fs.write(path: \"v\", text: \"v\")\n}}\n"
            ),
        );
        place.run("p.pl").exits(code);
        holds(&export(&place));
    }
    // What a secret decides is passed over, with the key too.
    let place = Place::new();
    std::fs::write(place.at("words"), "b").unwrap();
    place.put(
        "p.pl",
        "plan \"p\" {\n  input word: string secret\n  critical {\n    create \"*.txt\"\n    run \"sh -c\"\n  }\n  each all = x in [\"a\", \"b\"] {\n    \
         step w = fs.write(path: \"${x}.txt\", text: x) { when x != word }\n    \
         step r = process.run(argv: [\"sh\", \"-c\", \"cat\"], stdin: word)\n  }\n}\n",
    );
    let input = format!("word={}", place.at("words").display());
    let digest = place.digest_with(&["plan", "p.pl", "--input-file", &input]);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl", "--input-file", &input]).exits(0);
    assert!(place.has("a.txt") && !place.has("b.txt"));
    let sealed = export(&place);
    holds(&sealed);
    let said = verify_json(&sealed, &["--key", &place.state().display().to_string()]).exits(0);
    assert!(said.json()["unchecked"].to_string().contains("what a secret decides"), "{}", said.short());
}
