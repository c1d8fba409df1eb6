//! Values that become known during a run: asked about once, before they are used, for exactly what they are, whatever
//! crashes in between.

use crate::support::{Break, Process, World, ok};
use planc::event::{End, Event, LateKind};
use planc::run::{Agreement, Answer, Ask, LateQuestion, Question};
use planc::tool::Future_;
use planc_lang::value::Value;
use std::sync::{Arc, Mutex};

/// Says the same of all late values, and remembers what was shown.
struct Looked {
    says: Agreement,
    seen: Arc<Mutex<Vec<LateQuestion>>>,
}

impl Ask for Looked {
    fn ask<'a>(&'a self, _: &'a Question) -> Future_<'a, Answer> {
        Box::pin(async { Answer::Once })
    }

    fn look<'a>(&'a self, question: &'a LateQuestion) -> Future_<'a, Agreement> {
        self.seen.lock().unwrap().push(question.clone());
        Box::pin(async { self.says })
    }
}

/// Goes on with a run; gives how it ended and what a person was shown.
fn goes_on(world: &World, breaks: Break, says: Agreement) -> (Process, Vec<LateQuestion>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let ask = Arc::new(Looked { says, seen: seen.clone() });
    let process = world.process_with(breaks, |setup| setup.ask = ask);
    let seen = seen.lock().unwrap().clone();
    (process, seen)
}

fn shown(questions: &[LateQuestion]) -> Vec<(String, LateKind, String)> {
    let values = questions.iter().flat_map(|question| &question.values);
    values.map(|late| (late.id.clone(), late.kind, late.value.to_string())).collect()
}

const USED: &str = r#"
plan "A number that a server chooses" {
  critical {
    modify "table:*"
    modify "drive:*"
  }
  step made = fake.call(name: "a", method: "get")
  step one = fake.put(name: "n${made.id}")
  step two = fake.put(name: "m${made.id}")
  step known = fake.put(name: "known")
}
"#;

#[test]
fn a_control_argument_that_becomes_known_is_shown_before_the_call() {
    let world = World::new(&[], USED);
    let (process, seen) = goes_on(&world, Break::Never, Agreement::Yes);
    assert_eq!(process.end(), End::Done);
    let expected = [("argument name of one", "\"n7\""), ("argument name of two", "\"m7\"")];
    let expected = expected.map(|(id, value)| (id.to_owned(), LateKind::Argument, value.to_owned()));
    assert_eq!(shown(&seen), expected);
    assert!(seen[0].values[0].from.iter().any(|from| from.contains("fake.call")), "{seen:#?}");
    let log = world.outside.log();
    assert_eq!(log, ["fake.call a", "fake.put n7", "fake.put m7", "fake.put known"]);
}

#[test]
fn nothing_is_called_without_a_yes() {
    for (says, end) in [(Agreement::CannotAsk, End::Waiting), (Agreement::No, End::Refused)] {
        let world = World::new(&[], USED);
        let (process, _) = goes_on(&world, Break::Never, says);
        assert_eq!(process.end(), end);
        assert_eq!(world.outside.log(), ["fake.call a"]);
        assert!(world.has(|event| match (says, event) {
            (Agreement::CannotAsk, Event::ValuesWait { of, values }) => of == "one" && values.len() == 1,
            (_, Event::ValuesAnswered { agreed, values, .. }) => !agreed && values.len() == 1,
            _ => false,
        }));
    }
}

#[test]
fn an_answer_counts_for_these_values_and_for_no_others() {
    // The process ends right after the answer is recorded, and before anything is done with it.
    let world = World::new(&[], USED);
    let answered = (1..40).find(|at| {
        let world = World::new(&[], USED);
        let (_, _) = goes_on(&world, Break::CrashAfter(*at), Agreement::Yes);
        world.has(|event| matches!(event, Event::ValuesAnswered { .. }))
    });
    let at = answered.expect("it is answered at some time");
    let (process, _) = goes_on(&world, Break::CrashAfter(at), Agreement::Yes);
    assert!(matches!(process, Process::Crashed));
    assert!(world.has(|event| matches!(event, Event::ValuesAnswered { agreed: true, .. })));
    // What was agreed to is not asked again.
    let (process, seen) = goes_on(&world, Break::CrashBefore(1), Agreement::Yes);
    assert!(matches!(process, Process::Crashed));
    assert_eq!(seen.len(), 0, "{seen:#?}");

    // Somebody who can write the journal makes the result another one: that is asked anew, and not done unseen.
    for event in world.events.lock().unwrap().iter_mut() {
        if let Event::StepSucceeded { step, result, .. } = event
            && step == "made"
        {
            *result = Value::record([("id", Value::Int(666))]);
        }
    }
    let (process, seen) = goes_on(&world, Break::Never, Agreement::CannotAsk);
    assert_eq!(process.end(), End::Waiting);
    assert_eq!(shown(&seen)[0].2, "\"n666\"");
    assert_eq!(world.outside.log(), ["fake.call a"]);
}

#[test]
fn a_crash_anywhere_around_the_pause_does_nothing_unseen_and_nothing_twice() {
    for crash in (0..30).flat_map(|at| [Break::CrashBefore(at), Break::CrashAfter(at)]) {
        let world = World::new(&[], USED);
        let (process, before) = goes_on(&world, crash, Agreement::Yes);
        if matches!(process, Process::Ended(_)) {
            continue;
        }
        // Every call of which the argument was late has its yes in the journal.
        let calls = world.outside.log();
        for (call, of) in [("fake.put n7", "one"), ("fake.put m7", "two")] {
            let agreed =
                world.has(|event| matches!(event, Event::ValuesAnswered { of: step, agreed: true, .. } if step == of));
            assert!(agreed || !calls.contains(&call.to_owned()), "{crash:?}: {calls:?}");
        }
        // What ended before the crash, or needs an answer of another kind, is no matter of this test.
        if world.state().doubts().next().is_some() || !world.state().can_resume() {
            continue;
        }
        let (process, after) = goes_on(&world, Break::Never, Agreement::Yes);
        match process.end() {
            End::Done => {
                let calls = world.outside.log();
                let puts: Vec<_> = calls.iter().filter(|call| call.starts_with("fake.put")).collect();
                assert_eq!(puts, ["fake.put n7", "fake.put m7", "fake.put known"], "{crash:?}");
                let asked = before.len() + after.len();
                assert!((2..=3).contains(&asked), "{crash:?}: asked {asked} times");
            }
            End::InDoubt => {}
            other => panic!("{crash:?}: {other:?}"),
        }
    }
}

#[test]
fn a_release_is_asked_once_and_what_follows_from_it_is_not() {
    let world = World::new(
        &[],
        r#"
plan "Names" {
  critical { modify "table:*" }
  step found = fake.names(from: "a")
  let names = endorse(found.others ?? [], "the names that it lists")
  each puts = name in names {
    step put = fake.put(name: "x-${name}")
  }
  step last = fake.put(name: names.last("none"))
  output all = names
}
"#,
    );
    let names = || Value::list(["b", "c"].map(Value::string));
    world.outside.act(move |made| match made.tool.as_str() {
        "fake.names" => Ok(Value::record([("names", names()), ("others", names())])),
        _ => ok(1),
    });
    let (process, seen) = goes_on(&world, Break::Never, Agreement::Yes);
    assert_eq!(process.end(), End::Done);
    assert_eq!(shown(&seen), [("let names".into(), LateKind::Endorse, "[\"b\", \"c\"]".into())]);
    let mut log = world.outside.log();
    log.sort();
    assert_eq!(log, ["fake.names a", "fake.put c", "fake.put x-b", "fake.put x-c"]);
}

#[test]
fn a_no_to_an_output_is_recorded_as_what_does_not_hold() {
    let plan = "plan \"p\" {\n  step made = fake.call(name: \"a\", method: \"get\")\n  let id = endorse(made.id, \"its number\")\n  output id = id\n}\n";
    let world = World::new(&[], plan);
    let (process, seen) = goes_on(&world, Break::Never, Agreement::No);
    assert_eq!((process.end(), seen[0].of.as_str()), (End::Refused, "an output"));
    let text = "the outputs may be given";
    assert!(world.has(|event| matches!(event, Event::VerificationFailed { text: of, .. } if of == text)));
}

#[test]
fn a_list_is_shown_whole_before_its_first_element() {
    let world = World::new(
        &[],
        r#"
plan "Names" {
  critical { modify "table:*" }
  step found = fake.names(from: "a")
  each puts = name in found.names {
    step put = fake.put(name: name)
  }
}
"#,
    );
    world.outside.act(|made| match made.tool.as_str() {
        "fake.names" => Ok(Value::record([
            ("names", Value::list(["b", "c"].map(Value::string))),
            ("others", Value::list(Vec::new())),
        ])),
        _ => ok(1),
    });
    let (process, seen) = goes_on(&world, Break::Never, Agreement::CannotAsk);
    assert_eq!(process.end(), End::Waiting);
    assert_eq!(shown(&seen), [("elements of puts".into(), LateKind::Count, "[\"b\", \"c\"]".into())]);
    assert_eq!(world.outside.log(), ["fake.names a"]);
    let (process, seen) = goes_on(&world, Break::Never, Agreement::Yes);
    assert_eq!((process.end(), seen.len()), (End::Done, 1), "{seen:#?}");
}

#[test]
fn a_condition_is_shown_where_it_lets_something_happen_and_where_outside_text_prevents_it() {
    let plan = |when: &str| {
        format!(
            "plan \"p\" {{\n  critical {{ modify \"table:*\" }}\n  step made = fake.call(name: \"a\", method: \"get\")\n  step put = fake.put(name: \"b\") {{\n    when {when}\n  }}\n}}\n"
        )
    };
    for (when, ids) in [
        ("made.id == 7", vec!["condition of put"]),
        ("made.id == 8", vec![]),
        ("if made.note == \"go\" then true else false", vec!["condition of put"]),
        ("if made.note == \"go\" then false else true", vec!["condition of put"]),
    ] {
        let world = World::new(&[], &plan(when));
        world.outside.act(|made| match made.tool.as_str() {
            "fake.call" => Ok(Value::record([("id", Value::Int(7)), ("note", Value::string("go"))])),
            _ => ok(1),
        });
        let (process, seen) = goes_on(&world, Break::Never, Agreement::Yes);
        assert_eq!(process.end(), End::Done, "{when}");
        let shown: Vec<String> = shown(&seen).into_iter().map(|(id, ..)| id).collect();
        assert_eq!(shown, ids, "{when}");
    }
}

#[test]
fn what_is_sent_or_destroyed_is_shown_whole_content_too() {
    let world = World::new(
        &[],
        r#"
plan "Send" {
  critical {
    contact "a.example"
    modify  "table:*"
  }
  step made = fake.call(name: "a", method: "get")
  step sent = fake.tell(to: "a.example", text: made.note ?? "")
  step kept = fake.keep(name: "b", text: made.note ?? "")
}
"#,
    );
    world.outside.act(|made| match made.tool.as_str() {
        "fake.call" => Ok(Value::record([("id", Value::Int(7)), ("note", Value::string("a note"))])),
        _ => ok(1),
    });
    let (process, seen) = goes_on(&world, Break::Never, Agreement::Yes);
    assert_eq!(process.end(), End::Done);
    assert_eq!(shown(&seen), [("argument text of sent".into(), LateKind::Argument, "\"a note\"".into())]);
}
