//! What became of a call in doubt, as its probe tells.

use crate::support::{Break, Process, World, ok};
use planc::event::{End, Event, Resolution};
use planc::state::StepState;
use planc::stop::Stop;
use planc::tool::ToolError;
use planc_lang::value::Value;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

fn plan(clause: &str) -> String {
    format!(
        r#"
plan "Pay" {{
  critical {{ modify "table:*" }}
  step paid = fake.pay(name: "x") {{
    because "It is due."
    {clause}
  }}
  output id = paid?.id
}}
"#
    )
}

/// A world in which paying does what `pay` says, at each call; the probe tells what is so.
fn world(clause: &str, pay: impl Fn(usize) -> (bool, bool) + Send + Sync + 'static) -> (World, Arc<AtomicUsize>) {
    let world = World::new(&[], &plan(clause));
    let effects = Arc::new(AtomicUsize::new(0));
    let counted = effects.clone();
    world.outside.act(move |made| match made.tool.as_str() {
        "fake.paid" if counted.load(Ordering::SeqCst) > 0 => ok(9),
        "fake.paid" => Ok(Value::Null),
        _ => {
            let (acts, answers) = pay(made.before);
            counted.fetch_add(usize::from(acts), Ordering::SeqCst);
            if answers { ok(9) } else { Err(ToolError::in_doubt("no answer")) }
        }
    });
    (world, effects)
}

fn calls(world: &World, tool: &str) -> usize {
    world.outside.log().iter().filter(|call| call.starts_with(tool)).count()
}

fn answers(world: &World) -> Vec<Resolution> {
    let events = world.events.lock().unwrap();
    let answer = |event: &Event| match event {
        Event::DoubtResolved { resolution, channel, .. } if channel == "probe" => Some(*resolution),
        _ => None,
    };
    events.iter().filter_map(answer).collect()
}

/// Killed right after the intent is recorded.
fn cut_off(world: &World) {
    assert!(matches!(world.process(Break::CrashAfter(2)), Process::Crashed));
    assert!(world.has(|event| matches!(event, Event::StepStarted { .. })));
}

#[test]
fn a_call_that_was_cut_off_before_it_was_made_is_made() {
    let (world, effects) = world("", |_| (true, true));
    cut_off(&world);
    assert_eq!(world.execute(), End::Done);
    assert_eq!((effects.load(Ordering::SeqCst), calls(&world, "fake.pay ")), (1, 1));
    assert_eq!(answers(&world), [Resolution::Redo]);
}

#[test]
fn a_call_whose_answer_was_lost_has_the_result_that_its_probe_gives() {
    let (world, effects) = world("expect paid.id == 9", |_| (true, true));
    // The result is the fourth record.
    assert!(matches!(world.process(Break::CrashBefore(3)), Process::Crashed));
    assert_eq!(effects.load(Ordering::SeqCst), 1);
    assert_eq!(world.execute(), End::Done);
    assert_eq!((effects.load(Ordering::SeqCst), calls(&world, "fake.pay ")), (1, 1));
    assert_eq!(answers(&world), [Resolution::Done]);
    assert_eq!(world.state().outputs, Value::record([("id", Value::Int(9))]));
}

#[test]
fn what_a_probe_gives_is_judged_like_any_result() {
    let (world, effects) = world("expect paid.id == 10", |_| (true, false));
    assert_eq!(world.execute(), End::Failed);
    assert_eq!(effects.load(Ordering::SeqCst), 1);
    let state = world.state();
    assert!(matches!(state.step("paid").unwrap().state, StepState::Failed { effect_done: true, .. }));
}

#[test]
fn a_call_without_an_answer_that_took_effect_is_done() {
    let (world, effects) = world("retry 3 every 1ms", |_| (true, false));
    assert_eq!(world.execute(), End::Done);
    assert_eq!((effects.load(Ordering::SeqCst), calls(&world, "fake.pay ")), (1, 1));
    assert_eq!(answers(&world), [Resolution::Done]);
}

#[test]
fn a_call_without_an_answer_that_did_not_take_effect_is_tried_again_as_the_step_says() {
    let (once, effects) = world("", |_| (false, false));
    assert_eq!(once.execute(), End::Failed);
    let state = once.state();
    let StepState::Failed { error, effect_done: false, .. } = &state.step("paid").unwrap().state else {
        panic!("{state:?}")
    };
    assert_eq!(error, "no answer; `fake.paid` tells that it did not take effect");
    assert_eq!((effects.load(Ordering::SeqCst), calls(&once, "fake.pay ")), (0, 1));

    let (again, effects) = world("retry 3 every 1ms", |before| (before == 2, before == 2));
    assert_eq!(again.execute(), End::Done);
    assert_eq!((effects.load(Ordering::SeqCst), calls(&again, "fake.pay ")), (1, 3));

    let (never, effects) = world("retry 3 every 1ms", |_| (false, false));
    assert_eq!(never.execute(), End::Failed);
    assert_eq!((effects.load(Ordering::SeqCst), calls(&never, "fake.pay ")), (0, 4));
}

/// A call that is known to have failed late is not tried again, probe or not.
#[test]
fn a_call_that_took_effect_and_failed_is_not_tried_again() {
    let world = World::new(&[], &plan("retry 3 every 1ms"));
    world.outside.act(|made| match made.tool.as_str() {
        "fake.pay" => Err(ToolError::done("too late")),
        _ => Ok(Value::Null),
    });
    assert_eq!(world.execute(), End::Failed);
    assert_eq!(calls(&world, "fake.pay "), 1);
}

#[test]
fn a_probe_that_does_not_tell_leaves_the_call_in_doubt_and_is_asked_again() {
    let world = World::new(&[], &plan("retry 3 every 1ms"));
    let reachable = Arc::new(AtomicBool::new(false));
    let there = reachable.clone();
    world.outside.act(move |made| match made.tool.as_str() {
        "fake.pay" => Err(ToolError::in_doubt("no answer")),
        _ if there.load(Ordering::SeqCst) => ok(9),
        _ => Err(ToolError::before("nobody is there")),
    });
    assert_eq!(world.execute(), End::InDoubt);
    let state = world.state();
    let (_, reason) = state.doubts().next().unwrap();
    assert_eq!(reason, "no answer; its probe `fake.paid` does not tell: nobody is there");
    assert_eq!(world.execute(), End::InDoubt);
    reachable.store(true, Ordering::SeqCst);
    assert_eq!(world.execute(), End::Done);
    assert_eq!(calls(&world, "fake.pay "), 1);
}

#[test]
fn a_probe_that_policy_denies_is_not_asked() {
    let (world, _) = world("", |_| (true, false));
    let rules = planc::config::parse("planc.toml", "[policy]\n\"fake.paid\" = \"deny\"\n").unwrap().policy;
    let policy = planc::policy::Policy::load(&rules, None, None).unwrap();
    let denied = |setup: &mut planc::run::RunSetup| {
        let config = planc::config::Config::clone(&setup.config);
        setup.config = Arc::new(planc::config::Config { policy: policy.clone(), ..config });
    };
    assert_eq!(world.process_with(Break::Never, denied).end(), End::InDoubt);
    assert_eq!(calls(&world, "fake.paid "), 0);
}

/// A server that honours keys would give the call's own answer, or take the question for the call.
#[test]
fn a_probe_is_asked_under_no_key() {
    let world = World::new(&[], &plan(""));
    let keys = Arc::new(Mutex::new(Vec::new()));
    let seen = keys.clone();
    world.outside.act(move |made| {
        seen.lock().unwrap().push((made.tool.clone(), made.key.is_some()));
        match made.tool.as_str() {
            "fake.pay" => Err(ToolError::in_doubt("no answer")),
            _ => ok(9),
        }
    });
    assert_eq!(world.execute(), End::Done);
    assert_eq!(*keys.lock().unwrap(), [("fake.pay".to_owned(), true), ("fake.paid".to_owned(), false)]);
}

#[test]
fn a_run_that_is_being_stopped_asks_no_probe_and_asks_it_later() {
    let world = World::new(&[], &plan(""));
    let (stop, stopped) = (Stop::new(), Arc::new(AtomicBool::new(true)));
    let (kill, first) = (stop.clone(), stopped.clone());
    world.outside.act(move |made| match made.tool.as_str() {
        "fake.pay" => {
            kill.request();
            kill.request();
            Err(ToolError::in_doubt("no answer"))
        }
        _ if first.load(Ordering::SeqCst) => panic!("it is asked while everything is being ended"),
        _ => ok(9),
    });
    let with = stop.clone();
    assert_eq!(world.process_with(Break::Never, move |setup| setup.stop = with).end(), End::InDoubt);
    stopped.store(false, Ordering::SeqCst);
    assert_eq!(world.execute(), End::Done);
}
