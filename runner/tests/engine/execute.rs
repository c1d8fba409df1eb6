//! Runs that nothing cuts off: order, failures, retries, policy, staleness, stopping.

use crate::support::{Break, Hang, Memory, Process, Says, SaysAlways, World, ok, standing};
use planc::config::Config;
use planc::event::{End, Event, Resolution};
use planc::journal::{LockError, RunLock};
use planc::report::PlanStatus;
use planc::run::{Answer, RunError};
use planc::standing::{Bound, Terms};
use planc::state::{Mark, StepState};
use planc::stop::Stop;
use planc::tool::ToolError;
use planc_lang::value::Value;
use std::sync::Arc;

const WRITES: &str = r#"
plan "Write" {
  assume "a is there" { fs.stat(path: "a.txt").kind == "file" }
  critical {
    read "*.txt"
    create "b.txt"
    modify "a.txt"
    create "sub/**"
  }
  step a = fs.read(path: "a.txt")
  step b = fs.write(path: "b.txt", text: "${a.text}!")
  step c = fs.append(path: "a.txt", text: "more")
  step d = fs.write(path: "sub/dir/d.txt", text: b.path) {
    expect d.created
  }
  verify "b holds a" {
    step shown = fs.read(path: "b.txt")
    shown.text == "one!"
  }
  output written = [b.path, d.path]
}
"#;

#[test]
fn a_plan_runs_to_its_end() {
    let world = World::new(&[("a.txt", "one")], WRITES);
    assert_eq!(world.execute(), End::Done);
    assert_eq!(world.read("b.txt"), "one!");
    assert_eq!(world.read("a.txt"), "onemore");
    assert_eq!(world.read("sub/dir/d.txt"), "b.txt");
    let state = world.state();
    assert_eq!(state.status, PlanStatus::Done);
    assert_eq!(state.outputs.to_string(), r#"{ written: ["b.txt", "sub/dir/d.txt"] }"#);
    assert!(state.checklist().iter().all(|item| item.mark == Mark::Done));
    assert!(matches!(world.process(Break::Never), Process::Ended(Err(RunError::Over { .. }))));
}

#[test]
fn intent_is_recorded_before_and_the_result_after() {
    let world = World::new(&[("a.txt", "one")], WRITES);
    world.execute();
    let events = world.events.lock().unwrap().clone();
    let at = |wanted: &dyn Fn(&Event) -> bool| events.iter().position(wanted).unwrap();
    let started = |name: &'static str| at(&move |e| matches!(e, Event::StepStarted { step, .. } if step == name));
    let succeeded = |name: &'static str| at(&move |e| matches!(e, Event::StepSucceeded { step, .. } if step == name));
    assert!(at(&|e| matches!(e, Event::Approved { .. })) < at(&|e| matches!(e, Event::Started { .. })));
    assert!(started("b") < succeeded("b") && succeeded("b") < started("c") && succeeded("c") < started("d"));
    assert!(matches!(events.last(), Some(Event::Ended { end: End::Done, .. })));
}

#[test]
fn a_changed_world_is_stale_before_the_first_step() {
    let world = World::new(&[("a.txt", "one")], WRITES);
    world.write("a.txt", "two");
    assert_eq!(world.execute(), End::Stale);
    assert!(!world.root.join("b.txt").exists());
    assert!(world.has(|event| matches!(event, Event::Stale { step: None, differences } if !differences.is_empty())));
}

#[test]
fn an_assumption_that_fails_starts_nothing() {
    let mut world = World::new(&[("a.txt", "one")], WRITES);
    world.setup.observations.clear();
    std::fs::remove_file(world.root.join("a.txt")).unwrap();
    assert_eq!(world.execute(), End::Failed);
    assert!(!world.has(|event| matches!(event, Event::StepStarted { .. })));
    assert!(
        world.has(|event| matches!(event, Event::AssumptionFailed { why, .. } if why.contains("nothing was started")))
    );
}

#[test]
fn a_step_that_finds_another_world_is_stale() {
    let plan = r#"
plan "Mixed" {
  critical {
    modify "table:*"
    modify "a.txt"
  }
  step put = fake.put(name: "x")
  step add = fs.append(path: "a.txt", text: "!")
}
"#;
    let world = World::new(&[("a.txt", "one")], plan);
    let file = world.root.join("a.txt");
    world.outside.act(move |_| {
        std::fs::write(&file, "somebody else").unwrap();
        ok(1)
    });
    assert_eq!(world.execute(), End::Stale);
    assert_eq!(world.read("a.txt"), "somebody else");
    assert!(world.has(|event| matches!(event, Event::Stale { step: Some(step), .. } if step == "add")));
}

#[test]
fn nobody_said_yes() {
    let world = World::new(&[("a.txt", "one")], WRITES);
    let process = world.process_with(Break::Never, |setup| setup.approval = None);
    assert!(matches!(process, Process::Ended(Err(RunError::NotApproved { .. }))));
    let process = world.process_with(Break::Never, |setup| {
        setup.digest = planc_lang::digest::Digest::of("another plan");
    });
    assert!(matches!(process, Process::Ended(Err(RunError::OtherApproval { .. }))));
    assert!(world.events.lock().unwrap().is_empty());
}

#[test]
fn one_run_at_a_time() {
    let world = World::new(&[("a.txt", "one")], WRITES);
    let _lock = RunLock::take(&world.state_dir, "ffffffff").unwrap();
    match world.process(Break::Never) {
        Process::Ended(Err(RunError::Lock(LockError::Held { pid, run }))) => {
            assert_eq!((pid, run.as_str()), (std::process::id().to_string(), "ffffffff"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_disk_stops_before_the_effect() {
    let total = {
        let world = World::new(&[("a.txt", "one")], WRITES);
        world.execute();
        world.events.lock().unwrap().len()
    };
    for at in 0..total {
        let world = World::new(&[("a.txt", "one")], WRITES);
        match world.process(Break::Full(at)) {
            Process::Ended(Err(RunError::Store(error))) => assert!(error.to_string().contains("disk is full")),
            other => panic!("{other:?}"),
        }
        let state = world.state();
        let touched = world.root.join("b.txt").exists();
        assert!(!touched || state.step("b").unwrap().has_begun(), "an effect without a record at {at}");
        assert_eq!(world.execute(), End::Done, "after {at} records");
        assert_eq!(world.read("a.txt"), "onemore");
    }
}

const TABLE: &str = r#"
plan "Table" {
  critical { modify "table:*" }
  step one = fake.ensure(name: "a") { retry 2 every 1ms }
  step two = fake.put(name: "b")
}
"#;

#[test]
fn an_idempotent_call_is_retried_and_each_attempt_recorded() {
    let world = World::new(&[], TABLE);
    world.outside.act(|made| match (made.step.as_str(), made.before) {
        ("one", 0) => Err(ToolError::before("not now")),
        ("one", 1) => Err(ToolError::in_doubt("no answer")),
        _ => ok(3),
    });
    assert_eq!(world.execute(), End::Done);
    assert_eq!(world.outside.log(), ["fake.ensure a", "fake.ensure a", "fake.ensure a", "fake.put b"]);
    assert_eq!(world.state().step("one").unwrap().attempt, 3);
}

#[test]
fn retries_are_counted() {
    let world = World::new(&[], TABLE);
    world.outside.act(|_| Err(ToolError::before("never")));
    assert_eq!(world.execute(), End::Failed);
    assert_eq!(world.outside.count("one"), 3);
    assert_eq!(world.outside.count("two"), 0);
}

#[test]
fn a_call_in_doubt_stops_everything_until_a_person_says() {
    for (resolution, end, calls) in [(Resolution::Redo, End::Done, 2), (Resolution::Fail, End::Failed, 1)] {
        let world = World::new(&[], TABLE);
        world.outside.act(|made| match (made.step.as_str(), made.before) {
            ("two", 0) => Err(ToolError::in_doubt("no answer")),
            _ => ok(3),
        });
        assert_eq!(world.execute(), End::InDoubt);
        assert_eq!(world.state().doubts().collect::<Vec<_>>(), [("two", "no answer")]);
        assert_eq!(world.execute(), End::InDoubt, "it stays in doubt");
        let resolved =
            Event::DoubtResolved { step: "two".into(), resolution, result: None, channel: "argument".into() };
        world.events.lock().unwrap().push(resolved);
        assert_eq!(world.execute(), end);
        assert_eq!(world.outside.count("two"), calls);
        assert_eq!(world.outside.count("one"), 1);
    }
}

#[test]
fn a_result_of_another_type_is_done_and_rejected() {
    let world = World::new(&[], TABLE);
    world.outside.act(|made| match made.step.as_str() {
        "two" => Ok(Value::string("a lie")),
        _ => ok(1),
    });
    assert_eq!(world.execute(), End::Failed);
    assert!(world.has(
        |event| matches!(event, Event::StepFailed { effect_done: true, error, .. } if error.contains("not of its type"))
    ));
}

#[test]
fn a_tool_that_never_answers_is_given_up_in_doubt() {
    let plan = r#"
plan "Slow" {
  critical { modify "table:*" }
  step slow = fake.put(name: "a") { timeout 10ms }
}
"#;
    let world = World::new(&[], plan);
    *world.outside.hang.lock().unwrap() = Some(Hang::Always);
    assert_eq!(world.execute(), End::InDoubt);
}

#[test]
fn failures_that_may_be_and_failures_that_take_back() {
    let plan = |on_failure: &str| {
        format!(
            r#"
plan "Failures" {{
  critical {{
    modify "table:*"
    create "*.txt"
  }}
  step first = fs.write(path: "first.txt", text: "1")
  step bad = fake.put(name: "a") {{ on failure {on_failure} }}
  step last = fs.write(path: "last.txt", text: "2")
}}
"#
        )
    };
    let run = |on_failure: &str| {
        let world = World::new(&[], &plan(on_failure));
        world.outside.act(|_| Err(ToolError::before("no")));
        let end = world.execute();
        (end, world.root.join("first.txt").exists(), world.root.join("last.txt").exists(), world.state().status)
    };
    assert_eq!(run("stop"), (End::Failed, true, false, PlanStatus::Failed));
    assert_eq!(run("continue"), (End::Done, true, true, PlanStatus::Done));
    assert_eq!(run("undo"), (End::Failed, false, false, PlanStatus::Undone));
}

const ASKED: &str = r#"
plan "Ask" {
  critical { modify "table:*" }
  step one = fake.asked(name: "a")
  step two = fake.asked(name: "b")
}
"#;

#[test]
fn a_call_that_policy_asks_about_waits_durably() {
    let world = World::new(&[], ASKED);
    assert_eq!(world.execute(), End::Waiting);
    assert_eq!(world.state().status, PlanStatus::Paused);
    let says = |answer| move |setup: &mut planc::run::RunSetup| setup.ask = Arc::new(Says(answer));
    assert_eq!(world.process_with(Break::Never, says(Answer::CannotAsk)).end(), End::Waiting);
    assert!(world.outside.log().is_empty());
    assert_eq!(world.process_with(Break::Never, |setup| setup.ask = Arc::new(SaysAlways)).end(), End::Done);
    let answers = world.events.lock().unwrap().iter().filter(|e| matches!(e, Event::CallAnswered { .. })).count();
    // The second call is about another name.
    assert_eq!((answers, world.outside.log().len()), (2, 2));
}

#[test]
fn a_no_and_a_denial_are_refusals() {
    let world = World::new(&[], ASKED);
    let end = world.process_with(Break::Never, |setup| setup.ask = Arc::new(Says(Answer::No))).end();
    assert_eq!((end, world.outside.log().len()), (End::Refused, 0));
    let world = World::new(&[], ASKED);
    let rules = planc::config::parse("planc.toml", "[policy]\n\"fake.*\" = \"deny\"\n").unwrap().policy;
    let policy = planc::policy::Policy::load(&rules, None, None).unwrap();
    let deny = |config: &Config| Config { policy: policy.clone(), ..config.clone() };
    let end = world.process_with(Break::Never, |setup| setup.config = Arc::new(deny(&setup.config))).end();
    assert_eq!((end, world.outside.log().len()), (End::Refused, 0));
}

#[test]
fn a_standing_answer_is_enough() {
    let world = World::new(&[], ASKED);
    let call = |world: &World| {
        let plan = &world.setup.compiled.plan;
        plan.steps.iter().find(|step| step.call.tool.name == "fake.asked").unwrap().call.tool.clone()
    };
    assert_eq!(world.execute(), End::Waiting);
    let with = |change: fn(&mut Terms)| {
        let world = World::new(&[], ASKED);
        let mut terms = Terms::of(&call(&world), None);
        terms.bounds.insert("name".into(), Bound::Any);
        change(&mut terms);
        let memory = Memory::on(world.events.clone(), Break::Never);
        memory.standing.lock().unwrap().push(standing(1, terms, "somebody"));
        let end = world.process_with(Break::Never, |setup| setup.journal = Arc::new(memory.clone())).end();
        (end, world.outside.log().len())
    };
    assert_eq!(with(|_| {}), (End::Done, 2));
    // One that is about less, or about another tool of this name, answers for nothing.
    assert_eq!(with(|terms| terms.bounds.clear()), (End::Waiting, 0));
    assert_eq!(with(|terms| terms.uses = 0), (End::Waiting, 0));
    assert_eq!(with(|terms| terms.uses = 1), (End::Waiting, 1));
    assert_eq!(with(|terms| terms.until = "2026-01-01T00:00:00Z".parse().unwrap()), (End::Waiting, 0));
    assert_eq!(with(|terms| terms.definition = planc_lang::digest::Digest::of(b"another")), (End::Waiting, 0));
    assert_eq!(with(|terms| terms.scope = Some("acme".parse().unwrap())), (End::Waiting, 0));
}

#[test]
fn a_condition_skips() {
    let plan = r#"
plan "When" {
  critical { modify "table:*" }
  step seen = fake.look(name: "a")
  step put = fake.put(name: "a") { when seen.id > 7 }
  output id = put?.id ?? 0
}
"#;
    let world = World::new(&[], plan);
    assert_eq!(world.execute(), End::Done);
    assert!(matches!(world.state().step("put").unwrap().state, StepState::Skipped { .. }));
    assert_eq!(world.state().outputs.to_string(), "{ id: 0 }");
}

#[test]
fn a_failed_verification_fails_the_run_and_the_others_are_checked() {
    let plan = r#"
plan "Verify" {
  critical { create "a.txt" }
  step a = fs.write(path: "a.txt", text: "x")
  verify "it is y" {
    step shown = fs.read(path: "a.txt")
    shown.text == "y"
  }
  verify "nothing is nowhere" {
    step gone = fs.read(path: "nowhere.txt")
    gone.text == ""
  }
  verify "it is x" {
    fs.read(path: "a.txt").text == "x"
  }
  verify "A person looks."
}
"#;
    let world = World::new(&[], plan);
    assert_eq!(world.execute(), End::Failed);
    let state = world.state();
    let outcomes: Vec<(&str, bool)> = state.verifications.iter().map(|(t, why)| (t.as_str(), why.is_none())).collect();
    assert_eq!(outcomes, [("it is y", false), ("nothing is nowhere", false), ("it is x", true)]);
}

#[test]
fn reads_run_together_and_effects_one_after_the_other() {
    let plan = r#"
plan "Together" {
  critical { modify "table:*" }
  step a = fake.look(name: "a")
  step b = fake.look(name: "b")
  step c = fake.put(name: "c")
  step d = fake.look(name: "d")
  step e = fake.look(name: "c")
}
"#;
    let world = World::new(&[], plan);
    // `d` waits for nobody: it is called while the others still are.
    world.outside.meet("fake.look", 3);
    assert_eq!(world.execute(), End::Done);
    let events = world.events.lock().unwrap().clone();
    let started: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            Event::StepStarted { step, .. } => Some(step.as_str()),
            _ => None,
        })
        .collect();
    let at = |name: &str| started.iter().position(|step| *step == name).unwrap();
    assert!(at("c") > at("a") && at("c") > at("b") && at("d") < at("c") && at("e") > at("c"), "{started:?}");
}

#[test]
fn links_are_seen_through_before_a_read_starts_early() {
    let plan = r#"
plan "Links" {
  critical { modify "real/**" }
  step slow = fake.look(name: "a")
  step write = fs.write(path: "real/a.txt", text: "new")
  step read = fs.read(path: "link/a.txt")
  output text = read.text
}
"#;
    let world = World::new(&[("real/a.txt", "old")], plan);
    std::os::unix::fs::symlink("real", world.root.join("link")).unwrap();
    let mut setup = world.setup.clone();
    setup.predictions = Default::default();
    setup.observations.clear();
    let end = world.process_with(Break::Never, |own| {
        own.predictions = Default::default();
        own.observations.clear();
    });
    assert_eq!(end.end(), End::Done);
    assert_eq!(world.state().outputs.to_string(), r#"{ text: "new" }"#);
}

#[test]
fn the_first_request_waits_and_the_second_kills() {
    for (requests, end) in [(1, End::Interrupted), (2, End::InDoubt)] {
        let world = World::new(&[], TABLE);
        let outside = world.outside.clone();
        *outside.hang.lock().unwrap() = (requests == 2).then_some(Hang::UntilKilled);
        let stop = Stop::new();
        let asked = stop.clone();
        // The first call to be made asks to stop.
        outside.act(move |_| {
            asked.request();
            ok(1)
        });
        let plan_two = r#"
plan "Kill" {
  critical { modify "table:*" }
  step two = fake.put(name: "b")
  step three = fake.put(name: "c")
}
"#;
        let world = match requests {
            1 => world,
            _ => World::new(&[], plan_two),
        };
        let process = match requests {
            1 => world.process_with(Break::Never, |setup| setup.stop = stop),
            _ => {
                *world.outside.hang.lock().unwrap() = Some(Hang::UntilKilled);
                let called = world.outside.called.clone();
                let other = stop.clone();
                let thread = std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    runtime.block_on(called.notified());
                    other.request();
                    other.request();
                });
                let process = world.process_with(Break::Never, |setup| setup.stop = stop);
                thread.join().unwrap();
                process
            }
        };
        assert_eq!(process.end(), end);
        assert_eq!(world.outside.calls.lock().unwrap().len(), 1);
        let killed = requests == 2;
        assert!(world.has(|event| *event == Event::Interrupted { killed }));
        if !killed {
            assert_eq!(world.execute(), End::Done, "it goes on where it stopped");
            assert_eq!(world.outside.log(), ["fake.ensure a", "fake.put b"]);
        }
    }
}

#[test]
fn what_was_killed_and_may_be_repeated_is_made_again() {
    let plan = r#"
plan "Look" {
  step a = fake.look(name: "a")
  verify "it is seven" {
    fake.look(name: "v").id == 7
  }
}
"#;
    for (at, calls) in [(1, 3), (2, 3)] {
        let world = World::new(&[], plan);
        let stop = Stop::new();
        let (called, hang) = (world.outside.called.clone(), world.outside.hang.clone());
        if at == 1 {
            *hang.lock().unwrap() = Some(Hang::UntilKilled);
        }
        let asked = stop.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(called.notified());
            if at == 2 {
                runtime.block_on(called.notified());
            }
            asked.request();
            asked.request();
        });
        let killing = stop.clone();
        world.outside.act(move |made| match made.step.as_str() {
            // A check that waits to be killed.
            "check" if made.before == 0 && at == 2 => {
                while !killing.is_killing() {
                    std::thread::yield_now();
                }
                Err(ToolError::in_doubt("it was killed"))
            }
            _ => ok(7),
        });
        let end = world.process_with(Break::Never, |setup| setup.stop = stop).end();
        thread.join().unwrap();
        assert_eq!(end, End::Interrupted, "at call {at}");
        *hang.lock().unwrap() = None;
        assert_eq!(world.execute(), End::Done, "at call {at}");
        assert_eq!(world.outside.log().len(), calls, "at call {at}");
    }
}

#[test]
fn events_are_shown_only_once_they_are_durable() {
    let world = World::new(&[("a.txt", "one")], WRITES);
    let durable = world.events.clone();
    let shown = Arc::new(std::sync::Mutex::new(0));
    let count = shown.clone();
    let end = world.process_with(Break::Never, |setup| {
        setup.watch = Some(Arc::new(move |event: &Event| {
            assert!(durable.lock().unwrap().contains(event));
            *count.lock().unwrap() += 1;
        }));
    });
    assert_eq!(end.end(), End::Done);
    assert_eq!(*shown.lock().unwrap(), world.events.lock().unwrap().len());
}

#[test]
fn what_critical_does_not_cover_is_refused_at_run() {
    let plan = r#"
plan "Late" {
  critical { create "out/*.txt" }
  step seen = fake.look(name: "a")
  step write = fs.write(path: "out/${seen.id}.log", text: "x")
}
"#;
    let world = World::new(&[], plan);
    assert_eq!(world.execute(), End::Refused);
    assert!(world.tree().is_empty());
}

#[test]
fn what_does_not_hold_is_numbered_only_among_several() {
    let plan = |more: &str| {
        let call = "fake.put(name: \"x\")";
        format!(
            "plan \"Expect\" {{\n  critical {{ modify \"table:*\" }}\n  step a = {call} {{\n{more}    expect a.id == 8\n  }}\n}}"
        )
    };
    let fails = |plan: &str, wanted: &str| {
        let world = World::new(&[], plan);
        assert_eq!(world.execute(), End::Failed);
        assert!(world.has(|event| matches!(event, Event::StepFailed { error, .. } if error == wanted)), "{wanted}");
    };
    fails(&plan(""), "what it expects does not hold: it is false");
    fails(&plan("    expect a.id == 7\n"), "what it expects, 2 of 2, does not hold: it is false");
}

#[test]
fn a_call_is_known_by_one_key_at_every_attempt_and_no_other_call_has_it() {
    let text = r#"
plan "Keys" {
  critical { modify "table:*" }
  step seen = fake.look(name: "s")
  step got = fake.call(name: "g", method: "get")
  step set = fake.call(name: "g", method: "put")
  step sure = fake.ensure(name: "e") { retry 2 every 1ms }
  step put = fake.put(name: "p") { undo fake.ensure(name: "p") }
  each many = name in ["x", "y"] {
    step of = fake.ensure(name: name)
  }
}
"#;
    let world = World::new(&[], text);
    world.outside.act(|made| match (made.step.as_str(), made.before) {
        ("sure", 0 | 1) => Err(ToolError::in_doubt("cut off")),
        _ => ok(1),
    });
    assert_eq!(world.execute(), End::Done);
    assert!(world.undo().conflicts.is_empty());
    let calls = world.outside.calls.lock().unwrap().clone();
    let keys =
        |step: &str| calls.iter().filter(|made| made.step == step).map(|made| made.key.clone()).collect::<Vec<_>>();
    assert_eq!((keys("seen"), keys("got")), (vec![None], vec![None]), "who only reads looks anew");
    let sure = keys("sure");
    assert!(sure.len() == 3 && sure[0].is_some() && sure.iter().all(|key| *key == sure[0]), "{sure:?}");
    let with_key: Vec<String> = calls.iter().filter_map(|made| made.key.clone()).collect();
    let different: std::collections::BTreeSet<&String> = with_key.iter().collect();
    assert_eq!(different.len(), with_key.len() - 2, "{calls:?}");
    assert_eq!(keys("put").len(), 2, "its undo is another call");
    let other = World::new(&[], text);
    assert_eq!(other.execute(), End::Done);
    let others = other.outside.calls.lock().unwrap().clone();
    assert!(others.iter().filter_map(|made| made.key.as_ref()).all(|key| !different.contains(key)), "another run");
}
