//! Until when a run may go on, by a clock that the tests turn.

use super::clock::Turned;
use super::support::{Break, Hang, Process, World, ok};
use planc::event::{End, Event};
use planc::run::{Deadline, RunError, RunSetup};
use planc::state::StepState;
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const ONE: &str = "1970-01-01T01:00:00.000Z";
const THREE: &str = "1970-01-01T03:00:00.000Z";

/// A call may take as long as it likes, so that nothing but the deadline ends it.
fn plan(tool: &str) -> String {
    format!(
        r#"
plan "p" {{
  critical {{ modify "table:*" }}
  step a = fake.put(name: "a")
  step b = fake.{tool}(name: "b") {{ timeout 100h }}
  step c = fake.put(name: "c")
}}
"#
    )
}

/// Carries on by this clock, with this deadline.
fn carry(world: &World, clock: &Turned, deadline: Option<Deadline>) -> Result<End, RunError> {
    let change = |setup: &mut RunSetup| {
        setup.clock = Arc::new(clock.clone());
        setup.deadline = deadline;
    };
    match world.process_with(Break::Never, change) {
        Process::Ended(end) => end,
        Process::Crashed => panic!("it crashed"),
    }
}

/// The deadline passes while step `b` is called, which then answers only when it is killed.
fn passes_in_b(world: &World, clock: &Turned) {
    let (hang, clock) = (world.outside.hang.clone(), clock.clone());
    world.outside.act(move |made| {
        // Whoever is called next hangs.
        if made.step == "a" {
            *hang.lock().unwrap() = Some(Hang::UntilKilled);
        }
        ok(1)
    });
    let called = world.outside.called.clone();
    let calls = world.outside.calls.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            while calls.lock().unwrap().len() < 2 {
                called.notified().await;
            }
        });
        clock.pass(2 * HOUR);
    });
}

fn until(at: &str) -> Option<Deadline> {
    Some(Deadline::Until(at.parse().unwrap()))
}

#[test]
fn a_call_that_may_be_made_again_is_killed_and_nothing_further_starts() {
    let (world, clock) = (World::new(&[], &plan("ensure")), Turned::new());
    passes_in_b(&world, &clock);
    assert_eq!(carry(&world, &clock, until(ONE)), Ok(End::Overdue));
    assert_eq!(world.outside.log(), ["fake.put a", "fake.ensure b"]);
    assert!(world.has(|event| matches!(event, Event::DeadlineSet { at: Some(at), by: Some(_) } if at == ONE)));
    assert!(world.has(|event| *event == Event::DeadlinePassed { at: ONE.into() }));
    assert!(!world.has(|event| matches!(event, Event::Interrupted { .. })), "nobody interrupted it");
    assert!(world.state().can_resume());

    // It stays past its deadline until somebody says another, and nothing is done before.
    *world.outside.hang.lock().unwrap() = None;
    let before = world.events.lock().unwrap().len();
    let overdue = RunError::Overdue { run: world.setup.run.clone(), at: ONE.into() };
    assert_eq!(carry(&world, &clock, None), Err(overdue.clone()));
    assert_eq!(carry(&world, &clock, None), Err(overdue));
    assert_eq!(world.events.lock().unwrap().len(), before);
    assert_eq!(carry(&world, &clock, Some(Deadline::For(HOUR))), Ok(End::Done));
    assert!(world.has(|event| matches!(event, Event::DeadlineSet { at: Some(at), .. } if at == THREE)));
    assert_eq!(world.outside.log(), ["fake.put a", "fake.ensure b", "fake.ensure b", "fake.put c"]);
}

#[test]
fn a_call_that_may_have_acted_is_in_doubt() {
    let (world, clock) = (World::new(&[], &plan("put")), Turned::new());
    passes_in_b(&world, &clock);
    assert_eq!(carry(&world, &clock, until(ONE)), Ok(End::InDoubt));
    assert!(matches!(world.state().step("b").unwrap().state, StepState::InDoubt { .. }));
    assert_eq!(world.outside.log().len(), 2);
}

#[test]
fn what_the_operator_wants_is_counted_from_the_beginning_and_kept() {
    let (mut world, clock) = (World::new(&[], &plan("ensure")), Turned::new());
    world.setup.config =
        Arc::new(planc::config::Config { deadline: Some(HOUR), ..planc::config::Config::clone(&world.setup.config) });
    let by_clock = |setup: &mut RunSetup| setup.clock = Arc::new(clock.clone());
    // The process ends after the first step has begun.
    assert!(matches!(world.process_with(Break::CrashAfter(4), by_clock), Process::Crashed));
    let set = || {
        let events = world.events.lock().unwrap();
        events.iter().filter(|event| matches!(event, Event::DeadlineSet { .. })).cloned().collect::<Vec<Event>>()
    };
    assert_eq!(set(), [Event::DeadlineSet { at: Some(ONE.into()), by: None }]);
    clock.pass(HOUR);
    assert!(matches!(carry(&world, &clock, None), Err(RunError::Overdue { at, .. }) if at == ONE));
    assert_eq!(set().len(), 1, "it is not counted anew");
    // A person lets it take as long as it takes.
    assert!(matches!(carry(&world, &clock, Some(Deadline::Never)), Ok(End::Done | End::InDoubt)));
    assert_eq!(set().last(), Some(&Event::DeadlineSet { at: None, by: Some(world.setup.by.clone()) }));
}

#[test]
fn a_run_that_is_done_in_time_is_done() {
    let (world, clock) = (World::new(&[], &plan("ensure")), Turned::new());
    assert_eq!(carry(&world, &clock, until(ONE)), Ok(End::Done));
    assert!(!world.has(|event| matches!(event, Event::DeadlinePassed { .. })));
}

#[test]
fn a_run_past_its_deadline_can_be_taken_back() {
    let plan = r#"
plan "p" {
  critical { create "a.txt" }
  step a = fs.write(path: "a.txt", text: "a")
  step b = fake.look(name: "b") {
    timeout 100h
    after a
  }
}
"#;
    let (world, clock) = (World::new(&[], plan), Turned::new());
    *world.outside.hang.lock().unwrap() = Some(Hang::UntilKilled);
    let (called, turned) = (world.outside.called.clone(), clock.clone());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(called.notified());
        turned.pass(2 * HOUR);
    });
    assert_eq!(carry(&world, &clock, until(ONE)), Ok(End::Overdue));
    assert!(world.root.join("a.txt").exists());
    assert!(world.undo().complete);
    assert!(!world.root.join("a.txt").exists());
}

#[test]
fn a_check_before_the_first_step_is_cut_off_too() {
    let plan = r#"
plan "p" {
  assume "it is seven" {
    fake.look(name: "v").id == 7
  }
  step a = fake.look(name: "a")
}
"#;
    let (world, clock) = (World::new(&[], plan), Turned::new());
    let turned = clock.clone();
    *world.outside.hang.lock().unwrap() = Some(Hang::UntilKilled);
    let called = world.outside.called.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(called.notified());
        turned.pass(2 * HOUR);
    });
    assert_eq!(carry(&world, &clock, until(ONE)), Ok(End::Overdue));
    assert!(!world.state().has_begun());
    *world.outside.hang.lock().unwrap() = None;
    assert_eq!(carry(&world, &clock, until(THREE)), Ok(End::Done));
}
