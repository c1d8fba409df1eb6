//! Blocks: the elements of `each`, the steps of `together`, gates and polls; overlapping, failing, cut off, taken back.

use crate::support::{Break, Process, Says, SaysAlways, World, ok};
use planc::event::{End, Event, Resolution};
use planc::prediction::{Elements, Prediction};
use planc::run::{Agreement, Answer, Ask, GateQuestion, Question};
use planc::state::{BlockState, StepState};
use planc::stop::Stop;
use planc::tool::{Future_, ToolError};
use planc_lang::plan::EachId;
use planc_lang::value::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const PUTS: &str = r#"
plan "Put" {
  critical { modify "table:*" }
  each puts = name in ["a", "b", "c", "d"] {
    step put = fake.put(name: name)
    step seen = fake.look(name: name)
    result "${name} ${put.id} ${seen.id}"
  }
  output all = puts
}
"#;

/// The names of the steps of which something is recorded, in the order in which it happened.
fn steps(world: &World, of: impl Fn(&Event) -> Option<&String>) -> Vec<String> {
    world.events.lock().unwrap().iter().filter_map(|event| of(event).cloned()).collect()
}

fn started(world: &World) -> Vec<String> {
    steps(world, |event| match event {
        Event::StepStarted { step, .. } => Some(step),
        _ => None,
    })
}

/// Where an event is recorded.
fn at(world: &World, wanted: impl Fn(&Event) -> bool) -> usize {
    world.events.lock().unwrap().iter().position(wanted).expect("it happened")
}

fn starts(world: &World, name: &str) -> usize {
    at(world, |event| matches!(event, Event::StepStarted { step, .. } if step == name))
}

fn ends(world: &World, name: &str) -> usize {
    at(world, |event| matches!(event, Event::StepSucceeded { step, .. } if step == name))
}

fn outputs(world: &World) -> String {
    world.state().outputs.to_string()
}

#[test]
fn a_block_runs_for_each_element_and_gives_the_results_in_the_order_of_the_list() {
    let world = World::new(&[], PUTS);
    world.outside.act(|made| ok(if made.tool == "fake.put" { 3 } else { 2 }));
    assert_eq!(world.execute(), End::Done);
    assert_eq!(outputs(&world), r#"{ all: ["a 3 2", "b 3 2", "c 3 2", "d 3 2"] }"#);
    assert_eq!(world.state().block(EachId::new(0)), Some(&BlockState::Ended { elements: 4 }));
    let mut names = started(&world);
    names.sort();
    assert_eq!(
        names,
        ["put[0]", "put[1]", "put[2]", "put[3]", "seen[0]", "seen[1]", "seen[2]", "seen[3]"],
        "each step of each element once"
    );
    for element in 0..4 {
        assert!(ends(&world, &format!("put[{element}]")) < starts(&world, &format!("seen[{element}]")));
    }
}

#[test]
fn an_empty_list_gives_an_empty_list_and_a_false_condition_gives_null() {
    let plan = r#"
plan "Nothing" {
  critical { modify "table:*" }
  step no = fs.stat(path: "nowhere")
  let none = [name for name in ["a"] if name == "b"]
  each empty = name in none {
    step put = fake.put(name: name)
  }
  when no.kind == "file" {
    each skipped = name in ["a"] {
      step other = fake.put(name: name)
    }
  }
  output empty = empty
  output skipped = skipped
}
"#;
    let world = World::new(&[], plan);
    assert_eq!(world.execute(), End::Done);
    assert_eq!(outputs(&world), "{ empty: [], skipped: null }");
    assert!(world.outside.log().is_empty());
}

#[test]
fn elements_that_do_not_conflict_overlap() {
    let world = World::new(&[], PUTS);
    // Nobody goes on before all four have come.
    world.outside.meet("fake.put", 4);
    assert_eq!(world.execute(), End::Done);
}

#[test]
fn of_elements_that_conflict_the_later_waits() {
    let plan = PUTS.replace(r#"["a", "b", "c", "d"]"#, r#"["x", "a", "x", "b", "x"]"#);
    let world = World::new(&[], &plan);
    assert_eq!(world.execute(), End::Done);
    for (earlier, later) in [("put[0]", "put[2]"), ("put[2]", "put[4]")] {
        assert!(ends(&world, earlier) < starts(&world, later), "{:?}", started(&world));
    }
    let world = World::new(&[], &plan);
    // The three that differ meet, although one that must wait stands between them.
    world.outside.meet("fake.put", 3);
    assert_eq!(world.execute(), End::Done);
}

#[test]
fn an_element_waits_for_what_an_earlier_one_may_still_touch() {
    let plan = r#"
plan "Unknown" {
  critical { modify "table:*" }
  each puts = name in ["a", "b"] {
    step first = fake.put(name: name)
    step second = fake.put(name: "${first.id}")
  }
}
"#;
    let world = World::new(&[], plan);
    world.outside.act(|made| ok(if made.arg == "a" { 1 } else { 2 }));
    assert_eq!(world.execute(), End::Done);
    // What `second[0]` puts is known only after `first[0]`, so `first[1]` waits for that.
    assert!(ends(&world, "first[0]") < starts(&world, "first[1]"), "{:?}", started(&world));
}

#[test]
fn files_in_a_folder_that_is_missing_are_made_without_a_race() {
    let names: Vec<String> = (0..40).map(|n| format!("\"{n}\"")).collect();
    let plan = format!(
        r#"
plan "Files" {{
  critical {{
    create "out/**"
    modify "out/**"
  }}
  each files = name in [{}] {{
    step file = fs.write(path: "out/deep/${{name}}.txt", text: name)
    step again = fs.append(path: file.path, text: "!")
    result again.bytes
  }}
  output bytes = files.sum()
}}
"#,
        names.join(", ")
    );
    for _ in 0..5 {
        let world = World::new(&[], &plan);
        assert_eq!(world.execute(), End::Done, "{:?}", world.events.lock().unwrap().last());
        assert_eq!(world.read("out/deep/39.txt"), "39!");
        assert_eq!(world.tree().len(), 42);
        let report = world.undo();
        assert!(report.complete, "{report:?}");
        assert!(world.tree().is_empty());
    }
}

#[test]
fn steps_before_and_behind_a_block_keep_their_order() {
    let plan = r#"
plan "Around" {
  critical { modify "table:*" }
  step before = fake.put(name: "before")
  each puts = name in ["a", "b"] {
    step look = fake.look(name: "other ${name}")
    step put = fake.put(name: name)
  }
  step early = fake.look(name: "elsewhere")
  step after = fake.put(name: "after")
  step sees = fake.look(name: "a")
}
"#;
    let world = World::new(&[], plan);
    assert_eq!(world.execute(), End::Done);
    for element in ["put[0]", "put[1]"] {
        assert!(ends(&world, "before") < starts(&world, element));
        assert!(ends(&world, element) < starts(&world, "after"));
        assert!(ends(&world, element) < starts(&world, "sees"));
    }
}

#[test]
fn after_a_failure_no_further_element_starts() {
    let world = World::new(&[], PUTS);
    world.outside.act(|made| match made.arg.as_str() {
        "b" => Err(ToolError::before("no room")),
        _ => ok(1),
    });
    let end = world.process_with(Break::Never, |setup| setup.parallel = 1).end();
    assert_eq!(end, End::Failed);
    assert_eq!(world.outside.count("put[0]") + world.outside.count("seen[0]"), 2);
    assert_eq!(world.outside.count("put[1]"), 1);
    assert_eq!(world.outside.count("put[2]"), 0, "{:?}", world.outside.log());
}

#[test]
fn a_failure_under_continue_is_null_and_the_others_go_on() {
    let plan = r#"
plan "Go on" {
  critical { modify "table:*" }
  each puts = name in ["a", "b", "c"] {
    step put = fake.put(name: name) {
      on failure continue
    }
    result put?.id ?? 0
  }
  output ids = puts
}
"#;
    let world = World::new(&[], plan);
    world.outside.act(|made| match made.arg.as_str() {
        "b" => Err(ToolError::before("no room")),
        _ => ok(1),
    });
    assert_eq!(world.execute(), End::Done);
    assert_eq!(outputs(&world), "{ ids: [1, 0, 1] }");
}

#[test]
fn a_result_that_cannot_be_computed_fails_the_run() {
    let plan = r#"
plan "No result" {
  critical { modify "table:*" }
  each puts = name in ["a", "b"] {
    step put = fake.put(name: name)
    result ["one"][put.id]
  }
}
"#;
    let world = World::new(&[], plan);
    world.outside.act(|made| ok(if made.arg == "a" { 0 } else { 1 }));
    assert_eq!(world.execute(), End::Failed);
    assert!(world.has(|event| matches!(event, Event::EachFailed { error, .. } if error.contains("element 1"))));
}

#[test]
fn retries_and_waits_are_of_single_elements() {
    let plan = r#"
plan "Try" {
  critical { modify "table:*" }
  each tries = name in ["a", "b"] {
    step ensure = fake.ensure(name: name) {
      retry 2 every 1ms
    }
  }
}
"#;
    let world = World::new(&[], plan);
    world.outside.act(|made| match (made.arg.as_str(), made.before) {
        ("b", 0 | 1) => Err(ToolError::before("not yet")),
        _ => ok(1),
    });
    assert_eq!(world.execute(), End::Done);
    assert_eq!((world.outside.count("ensure[0]"), world.outside.count("ensure[1]")), (1, 3));
}

#[test]
fn a_call_of_one_element_is_asked_about_and_in_doubt_by_its_own_name() {
    let plan = r#"
plan "Ask" {
  critical { modify "table:*" }
  each asks = name in ["a", "b"] {
    step asked = fake.asked(name: name)
  }
}
"#;
    let world = World::new(&[], plan);
    assert_eq!(world.execute(), End::Waiting);
    assert!(world.has(|event| matches!(event, Event::CallWaits { step } if step == "asked[0]")));
    world.outside.act(|made| match (made.arg.as_str(), made.before) {
        ("b", 0) => Err(ToolError::in_doubt("no answer")),
        _ => ok(1),
    });
    let end = world.process_with(Break::Never, |setup| setup.ask = Arc::new(Says(Answer::Once))).end();
    assert_eq!(end, End::InDoubt);
    let state = world.state();
    assert_eq!(state.doubts().map(|(step, _)| step).collect::<Vec<_>>(), ["asked[1]"]);
    let (step, resolution, channel) = ("asked[1]".to_owned(), Resolution::Redo, "argument".to_owned());
    world.events.lock().unwrap().push(Event::DoubtResolved { step, resolution, result: None, channel });
    assert_eq!(world.execute(), End::Done);
    assert_eq!((world.outside.count("asked[0]"), world.outside.count("asked[1]")), (1, 2));
}

#[test]
fn elements_are_taken_back_in_the_reverse_order_in_which_they_ended() {
    let plan = r#"
plan "Back" {
  critical { modify "table:*" delete "table:*" }
  each puts = name in ["a", "b", "c"] {
    step put = fake.put(name: name) {
      undo fake.remove(name: "${name}${put.id}")
    }
  }
}
"#
    .replace(r#"{ modify "table:*" delete "table:*" }"#, "{\n modify \"table:*\"\n delete \"table:*\"\n }");
    let world = World::new(&[], &plan);
    world.outside.act(|_| ok(7));
    assert_eq!(world.execute(), End::Done);
    let ended = steps(&world, |event| match event {
        Event::StepSucceeded { step, .. } => Some(step),
        _ => None,
    });
    let report = world.undo();
    assert!(report.complete, "{report:?}");
    let expected: Vec<String> = ended.into_iter().rev().collect();
    assert_eq!(report.undone, expected);
    let mut log = world.outside.log();
    let mut removed = log.split_off(3);
    removed.sort();
    assert_eq!(removed, ["fake.remove a7", "fake.remove b7", "fake.remove c7"]);
}

#[test]
fn the_number_of_elements_is_part_of_what_was_approved() {
    let mut world = World::new(&[], PUTS);
    let known = |prediction: &&Prediction| prediction.each == Some(Elements::Known(4));
    assert_eq!(world.setup.predictions.all().iter().filter(known).count(), 1);
    let mut predictions = world.setup.predictions.all().to_vec();
    predictions.iter_mut().for_each(|prediction| {
        if prediction.each.is_some() {
            prediction.each = Some(Elements::Known(3));
        }
    });
    world.setup.predictions = predictions.into();
    assert_eq!(world.execute(), End::Stale);
    assert!(world.outside.log().is_empty());
    let shown = |event: &Event| match event {
        Event::Stale { step, differences } => {
            step.as_deref() == Some("puts") && differences[0].expected.seen == "3" && differences[0].found == "4"
        }
        _ => false,
    };
    assert!(world.has(shown));
}

#[test]
fn a_list_that_was_unknown_runs_when_it_is_known() {
    let plan = r#"
plan "Later" {
  critical { modify "table:*" }
  step found = fake.names(from: "list")
  each puts = name in found.names {
    step put = fake.put(name: name)
    result put.id
  }
  output ids = puts
}
"#;
    let world = World::new(&[], plan);
    let predictions = world.setup.predictions.all();
    assert!(predictions.iter().any(|prediction| prediction.each == Some(Elements::AfterRun)));
    assert!(predictions.iter().any(|prediction| prediction.step == "put"), "one that stands for any");
    world.outside.act(|made| match made.tool.as_str() {
        "fake.names" => Ok(Value::record([("names", Value::list(["a", "b"].map(Value::string).to_vec()))])),
        _ => ok(5),
    });
    assert_eq!(world.execute(), End::Done);
    assert_eq!(outputs(&world), "{ ids: [5, 5] }");
}

const FILES: &[(&str, &str)] = &[("in/a.txt", "a"), ("in/b.txt", "b"), ("in/c.txt", "c")];

const MANY: &str = r#"
plan "Many records" {
  critical {
    read "in/*"
    create "out/**"
    modify "out/**"
    modify "table:*"
  }
  step found = fs.glob(pattern: "in/*.txt")
  each copies = path in found.paths {
    step text = fs.read(path: path)
    step copy = fs.write(path: "out/${path.name()}", text: text.text)
    step ensured = fake.ensure(name: path.name())
    step more = fs.append(path: copy.path, text: "${ensured.id}")
    result "${more.path} ${more.bytes}"
  }
  together {
    step one = fs.write(path: "out/one", text: "1")
    step two = fake.put(name: "two")
  }
  output all = copies
}
"#;

fn states(world: &World) -> BTreeMap<String, StepState> {
    world.state().steps().iter().map(|step| (step.name.clone(), step.state.clone())).collect()
}

#[test]
fn a_crash_at_any_record_of_a_block_changes_nothing() {
    let whole = World::new(FILES, MANY);
    assert_eq!(whole.execute(), End::Done);
    let total = whole.events.lock().unwrap().len();
    assert!(total > 30);
    for breaks in (0..total).flat_map(|at| [Break::CrashBefore(at), Break::CrashAfter(at)]) {
        let world = World::new(FILES, MANY);
        assert!(matches!(world.process(breaks), Process::Crashed), "{breaks:?}");
        if world.state().end.is_some() {
            continue;
        }
        let mut end = world.execute();
        if end == End::InDoubt {
            assert_eq!(world.state().doubts().map(|(step, _)| step).collect::<Vec<_>>(), ["two"], "{breaks:?}");
            let resolution = if world.outside.count("two") == 0 { Resolution::Redo } else { Resolution::Fail };
            let (step, channel) = ("two".to_owned(), "argument".to_owned());
            world.events.lock().unwrap().push(Event::DoubtResolved { step, resolution, result: None, channel });
            end = world.execute();
        }
        assert_eq!(world.outside.count("two"), 1, "{breaks:?}");
        if end == End::Done {
            assert_eq!(world.tree(), whole.tree(), "{breaks:?}");
            assert_eq!(states(&world), states(&whole), "{breaks:?}");
            assert_eq!(world.state().outputs, whole.state().outputs, "{breaks:?}");
        }
        let report = world.undo();
        assert!(report.conflicts.is_empty(), "{breaks:?}: {report:?}");
        assert_eq!(world.tree(), World::new(FILES, MANY).tree(), "{breaks:?}");
    }
}

#[test]
fn steps_of_a_together_overlap_unless_they_turn_out_to_conflict() {
    let plan = r#"
plan "Together" {
  critical { modify "table:*" }
  step a = fake.look(name: "a")
  step b = fake.look(name: "b")
  together {
    step one = fake.put(name: "${a.id}")
    step two = fake.put(name: "${b.id}")
  }
  step after = fake.put(name: "after")
}
"#;
    let world = World::new(&[], plan);
    world.outside.act(|made| ok(if made.arg == "a" { 1 } else { 2 }));
    world.outside.meet("fake.put", 2);
    assert_eq!(world.execute(), End::Done);
    assert!(ends(&world, "one") < starts(&world, "after") && ends(&world, "two") < starts(&world, "after"));
    let world = World::new(&[], plan);
    world.outside.act(|_| ok(1));
    assert_eq!(world.execute(), End::Done);
    assert!(ends(&world, "one") < starts(&world, "two"), "{:?}", started(&world));
}

/// Says the same at every gate, and remembers what was shown. Every call is answered `always`.
struct Agrees(Agreement, Arc<Mutex<Vec<GateQuestion>>>);

impl Ask for Agrees {
    fn ask<'a>(&'a self, question: &'a Question) -> Future_<'a, Answer> {
        SaysAlways.ask(question)
    }

    fn agree<'a>(&'a self, question: &'a GateQuestion) -> Future_<'a, Agreement> {
        self.1.lock().unwrap().push(question.clone());
        Box::pin(async { self.0 })
    }
}

const GATE: &str = r#"
plan "Gate" {
  critical {
    modify "table:*"
    modify "b.txt"
  }
  step put = fake.put(name: "x")
  gate "The number is right." show put.id
  step looked = fake.look(name: "elsewhere")
  step b = fs.append(path: "b.txt", text: "more")
}
"#;

fn answer(world: &World, agreement: Agreement) -> (End, Vec<GateQuestion>) {
    let asked: Arc<Mutex<Vec<GateQuestion>>> = Arc::default();
    let ask = Arc::new(Agrees(agreement, asked.clone()));
    let end = world.process_with(Break::Never, |setup| setup.ask = ask).end();
    let asked = asked.lock().unwrap().clone();
    (end, asked)
}

#[test]
fn a_gate_waits_for_a_person_and_nothing_passes_it() {
    let world = World::new(&[("b.txt", "b")], GATE);
    let (end, asked) = answer(&world, Agreement::CannotAsk);
    assert_eq!((end, asked.len()), (End::Waiting, 1));
    assert!(asked[0].shown.to_string().contains('7'), "{}", asked[0].shown);
    assert_eq!(started(&world), ["put"]);
    // A yes to every call is none to a gate.
    assert_eq!(world.process_with(Break::Never, |s| s.ask = Arc::new(SaysAlways)).end(), End::Waiting);
    let (end, asked) = answer(&world, Agreement::Yes);
    assert_eq!((end, asked.len()), (End::Done, 1));
    assert_eq!(world.read("b.txt"), "bmore");
    assert_eq!(world.outside.count("put"), 1);
    let agreed = |event: &Event| match event {
        Event::GateAnswered { agreed: true, by, shown, .. } => by == "tester" && shown.to_string().contains('7'),
        _ => false,
    };
    assert!(world.has(agreed));
}

#[test]
fn a_no_at_a_gate_ends_the_run_as_refused() {
    let world = World::new(&[("b.txt", "b")], GATE);
    assert_eq!(answer(&world, Agreement::No).0, End::Refused);
    assert_eq!(started(&world), ["put"]);
    assert_eq!(world.read("b.txt"), "b");
    assert!(!world.state().can_resume());
}

#[test]
fn what_stands_behind_a_gate_is_looked_at_again_when_it_opens() {
    let world = World::new(&[("b.txt", "b")], GATE);
    assert_eq!(answer(&world, Agreement::CannotAsk).0, End::Waiting);
    world.write("b.txt", "somebody else");
    assert_eq!(answer(&world, Agreement::Yes).0, End::Stale);
    assert_eq!(started(&world), ["put"], "not even what only reads");
}

#[test]
fn a_crash_at_any_record_around_a_gate_asks_at_most_once_more() {
    let whole = World::new(&[("b.txt", "b")], GATE);
    assert_eq!(answer(&whole, Agreement::Yes).0, End::Done);
    let total = whole.events.lock().unwrap().len();
    for breaks in (0..total).flat_map(|at| [Break::CrashBefore(at), Break::CrashAfter(at)]) {
        let world = World::new(&[("b.txt", "b")], GATE);
        let asked: Arc<Mutex<Vec<GateQuestion>>> = Arc::default();
        let ask = Arc::new(Agrees(Agreement::Yes, asked.clone()));
        assert!(matches!(world.process_with(breaks, |setup| setup.ask = ask), Process::Crashed), "{breaks:?}");
        if world.state().end.is_some() {
            continue;
        }
        let answered = world.has(|event| matches!(event, Event::GateAnswered { .. }));
        let (end, asked) = answer(&world, Agreement::Yes);
        if end == End::InDoubt {
            continue;
        }
        assert_eq!((end, asked.len()), (End::Done, usize::from(!answered)), "{breaks:?}");
        assert_eq!(world.tree(), whole.tree(), "{breaks:?}");
    }
}

fn poll(every: &str, for_: &str) -> String {
    format!(
        r#"
plan "Poll" {{
  critical {{ modify "table:*" }}
  step ready = fake.look(name: "x") {{
    poll every {every} for {for_} until ready.id > 2
  }}
  step put = fake.put(name: "y ${{ready.id}}")
}}
"#
    )
}

#[test]
fn a_poll_looks_until_it_is_so() {
    let world = World::new(&[], &poll("1ms", "1h"));
    world.outside.act(|made| ok(made.before as i64));
    assert_eq!(world.execute(), End::Done);
    assert_eq!(world.outside.count("ready"), 4);
    assert_eq!(world.outside.log().last().map(String::as_str), Some("fake.put y 3"));
    let looked = world.events.lock().unwrap().iter().filter(|e| matches!(e, Event::Looked { .. })).count();
    assert_eq!(looked, 3, "one short record for each look that did not see it");
    assert_eq!(started(&world), ["ready", "put"]);
}

#[test]
fn a_poll_whose_time_is_over_fails_with_what_it_saw_last() {
    let world = World::new(&[], &poll("1ms", "5ms"));
    world.outside.act(|_| ok(1));
    assert_eq!(world.execute(), End::Failed);
    assert!(world.outside.count("ready") > 1);
    let failed = |event: &Event| match event {
        Event::StepFailed { error, result, .. } => error.contains("in 5ms") && *result == Some(ok(1).unwrap()),
        _ => false,
    };
    assert!(world.has(failed));
    assert_eq!(world.outside.count("put"), 0);
}

#[test]
fn a_request_to_stop_ends_the_waiting_and_the_time_that_was_spent_counts() {
    let world = World::new(&[], &poll("1h", "2h"));
    world.outside.act(|_| ok(1));
    let stop = Stop::new();
    let asked = stop.clone();
    let end = world
        .process_with(Break::Never, |setup| {
            setup.stop = stop;
            setup.watch = Some(Arc::new(move |event: &Event| {
                if matches!(event, Event::Looked { .. }) {
                    asked.request();
                }
            }));
        })
        .end();
    assert_eq!((end, world.outside.count("ready")), (End::Interrupted, 1));
    // As if it had looked for all its time before it was stopped.
    world.events.lock().unwrap().push(Event::Looked { step: "ready".into(), attempt: 2, spent_ms: 7_200_000 });
    assert_eq!(world.execute(), End::Failed);
    assert_eq!(world.outside.count("ready"), 2, "once more, and no more");
}

#[test]
fn a_list_much_longer_than_what_is_looked_at_at_once_is_carried_out() {
    let run = |count: usize| {
        let plan = r#"
plan "Long" {
  critical { modify "table:*" }
  step text = fs.read(path: "list.txt")
  each puts = name in text.text.lines() {
    let long = "name ${name}"
    step put = fake.ensure(name: long)
    step seen = fake.look(name: long) {
      expect put.id == 1
    }
    result seen.id
  }
  output sum = puts.sum()
}
"#;
        let list: String = (0..count).map(|n| format!("{n}\n")).collect();
        let began = std::time::Instant::now();
        let world = World::new(&[("list.txt", &list)], plan);
        let planned = began.elapsed();
        world.outside.act(|_| ok(1));
        assert_eq!(world.execute(), End::Done);
        let ran = began.elapsed();
        assert_eq!(outputs(&world), format!("{{ sum: {count} }}"));
        eprintln!("{count} elements: dry run {planned:?}, run {:?}", ran - planned);
    };
    run(200);
    run(2_000);
}
