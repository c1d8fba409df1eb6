//! Taking back: bytes of before, conflicts, declared calls, programs, crashes.

use crate::support::{Break, Process, World, ok};
use planc::event::{End, Event, Resolution};
use planc::journal::RunLock;
use planc::report::PlanStatus;
use planc::run::{RunError, RunSetup};
use planc::tool::ToolError;

const FILES: &[(&str, &str)] = &[("a.txt", "one"), ("old/x.txt", "x"), ("keep.txt", "k")];

const PLAN: &str = r#"
plan "Files" {
  critical {
    modify "a.txt"
    create "made/**"
    delete "old"
    delete "old/**"
    modify "keep.txt"
  }
  step a = fs.append(path: "a.txt", text: "two")
  step b = fs.write(path: "made/deep/b.txt", text: "b")
  step c = fs.append(path: "a.txt", text: "three")
  step d = fs.delete(path: "old", recursive: true)
  step e = fs.write(path: "keep.txt", text: "changed", executable: true)
}
"#;

fn done() -> World {
    let world = World::new(FILES, PLAN);
    assert_eq!(world.execute(), End::Done);
    world
}

#[test]
fn everything_is_as_before() {
    let world = World::new(FILES, PLAN);
    let before = world.tree();
    assert_eq!(world.execute(), End::Done);
    assert_ne!(world.tree(), before);
    let report = world.undo();
    assert!(report.complete, "{report:?}");
    assert_eq!(report.undone, ["e", "d", "c", "b", "a"]);
    assert_eq!(world.tree(), before);
    assert_eq!(world.state().status, PlanStatus::Undone);
    assert!(world.undo().complete, "once more changes nothing");
    assert_eq!(world.tree(), before);
}

#[test]
fn what_somebody_changed_since_is_left_and_earlier_changes_of_it_too() {
    let world = done();
    world.write("a.txt", "somebody else");
    let report = world.undo();
    assert!(!report.complete);
    let conflicts: Vec<(&str, &str)> =
        report.conflicts.iter().map(|(step, conflict)| (step.as_str(), conflict.path.as_str())).collect();
    assert_eq!(conflicts, [("c", "a.txt"), ("a", "a.txt")]);
    assert_eq!(world.read("a.txt"), "somebody else");
    assert_eq!(world.read("keep.txt"), "k");
    // Once it is as the run left it, the rest is taken back.
    world.write("a.txt", "onetwothree");
    let report = world.undo();
    assert!(report.complete, "{report:?}");
    assert_eq!(world.read("a.txt"), "one");
}

#[test]
fn a_made_directory_with_other_files_is_left_and_they_are_named() {
    let world = done();
    world.write("made/mine.txt", "mine");
    let report = world.undo();
    let conflict = &report.conflicts.iter().find(|(_, conflict)| conflict.path == "made").unwrap().1;
    assert!(conflict.why.contains("`mine.txt`"), "{}", conflict.why);
    assert_eq!(world.read("made/mine.txt"), "mine");
    assert!(!world.root.join("made/deep").exists());
}

#[test]
fn a_crash_at_any_record_of_taking_back_changes_nothing() {
    let before = World::new(FILES, PLAN).tree();
    let total = {
        let world = done();
        let ran = world.events.lock().unwrap().len();
        world.undo();
        world.events.lock().unwrap().len() - ran
    };
    for breaks in (0..total).flat_map(|at| [Break::CrashBefore(at), Break::CrashAfter(at)]) {
        let world = done();
        assert!(world.undo_with(breaks).is_none(), "{breaks:?}");
        let report = world.undo();
        assert!(report.complete, "{breaks:?}: {report:?}");
        assert_eq!(world.tree(), before, "{breaks:?}");
    }
}

#[test]
fn a_crashed_run_is_taken_back() {
    let before = World::new(FILES, PLAN).tree();
    let total = {
        let world = done();
        world.events.lock().unwrap().len()
    };
    for breaks in (0..total).flat_map(|at| [Break::CrashBefore(at), Break::CrashAfter(at)]) {
        let world = World::new(FILES, PLAN);
        assert!(matches!(world.process(breaks), Process::Crashed));
        let report = world.undo();
        assert!(report.complete, "{breaks:?}: {report:?}");
        assert_eq!(world.tree(), before, "{breaks:?}");
    }
}

#[test]
fn a_run_that_did_nothing_stays_as_it_is() {
    let world = World::new(FILES, PLAN);
    assert!(world.undo().complete);
    assert!(world.events.lock().unwrap().is_empty());
    assert_eq!(world.execute(), End::Done);
}

#[test]
fn a_run_at_work_is_not_taken_back() {
    let world = done();
    let _lock = RunLock::take(&world.state_dir, "0123abcd").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let setup: RunSetup = world.setup.clone();
    let refused = runtime.block_on(planc::undo::undo(setup));
    assert!(matches!(refused, Err(RunError::Lock(_))));
}

const CALLS: &str = r#"
plan "Calls" {
  critical {
    modify "table:*"
    delete "table:*"
    create "a.txt"
  }
  step one = fake.put(name: "one") { undo fake.remove(name: "one ${one.id}") }
  step a = fs.write(path: "a.txt", text: "a")
  step two = fake.put(name: "two") { undo fake.remove(name: "two ${two.id}") }
  step three = fake.put(name: "three")
}
"#;

#[test]
fn declared_calls_are_made_in_reverse() {
    let world = World::new(&[], CALLS);
    assert_eq!(world.execute(), End::Done);
    let report = world.undo();
    assert_eq!(report.left, ["three"]);
    assert!(report.complete, "{report:?}");
    assert_eq!(world.outside.log()[3..], ["fake.remove two 7", "fake.remove one 7"]);
    assert!(world.tree().is_empty());
}

#[test]
fn the_first_call_that_fails_stops_it_and_it_can_go_on() {
    let world = World::new(&[], CALLS);
    assert_eq!(world.execute(), End::Done);
    world.outside.act(|made| match (made.tool.as_str(), made.before) {
        ("fake.remove", 0) => Err(ToolError::before("not now")),
        _ => ok(7),
    });
    let report = world.undo();
    assert!(!report.complete && report.stopped.as_deref().is_some_and(|why| why.contains("not now")), "{report:?}");
    assert_eq!(world.read("a.txt"), "a");
    assert_ne!(world.state().status, PlanStatus::Undone);
    let count = |world: &World| world.outside.log().iter().filter(|call| call.starts_with("fake.remove")).count();
    assert_eq!(count(&world), 1);
    world.outside.act(|_| ok(7));
    assert!(world.undo().complete);
    assert_eq!(count(&world), 3);
}

#[test]
fn a_call_cut_off_by_a_crash_is_not_made_again_unasked() {
    let world = World::new(&[], CALLS);
    assert_eq!(world.execute(), End::Done);
    let crashed = (0..10).find(|at| {
        let events = world.events.lock().unwrap().clone();
        let crashed = world.undo_with(Break::CrashAfter(*at)).is_none();
        let open = matches!(world.events.lock().unwrap().last(), Some(Event::UndoCallStarted { .. }));
        if !open {
            *world.events.lock().unwrap() = events;
        }
        crashed && open
    });
    assert!(crashed.is_some());
    let calls = world.outside.calls.lock().unwrap().len();
    let report = world.undo();
    assert!(report.stopped.as_deref().is_some_and(|why| why.contains("`two`")), "{report:?}");
    assert_eq!(world.state().undo_doubts().collect::<Vec<_>>(), ["two"]);
    assert_eq!(world.outside.calls.lock().unwrap().len(), calls);
    let resolved = Event::DoubtResolved {
        step: "two".into(),
        resolution: Resolution::Redo,
        result: None,
        channel: "argument".into(),
    };
    world.events.lock().unwrap().push(resolved);
    assert!(world.undo().complete);
}

#[test]
fn what_a_program_did_to_the_runs_own_files_is_taken_back_too() {
    let plan = r#"
plan "Program" {
  critical {
    modify "a.txt"
    create "b.txt"
    run "fmt"
  }
  step a = fs.append(path: "a.txt", text: "two")
  step b = fs.write(path: "b.txt", text: "b")
  step fmt = fake.scribble(argv: ["fmt"])
}
"#;
    let world = World::new(&[("a.txt", "one"), ("other.txt", "o")], plan);
    let before = world.tree();
    let root = world.root.clone();
    world.outside.act(move |_| {
        std::fs::write(root.join("a.txt"), "formatted").unwrap();
        std::fs::remove_file(root.join("b.txt")).unwrap();
        Err(ToolError::done("it failed in the end"))
    });
    assert_eq!(world.execute(), End::Failed);
    assert_eq!(world.read("a.txt"), "formatted");
    let report = world.undo();
    assert!(report.complete, "{report:?}");
    assert_eq!(report.left, ["fmt"]);
    assert_eq!(world.tree(), before);
}

#[test]
fn taking_back_on_failure_goes_on_after_a_crash() {
    let plan = r#"
plan "Back" {
  critical {
    create "*.txt"
    modify "table:*"
  }
  step a = fs.write(path: "a.txt", text: "a")
  step b = fs.write(path: "b.txt", text: "b")
  step bad = fake.put(name: "x") { on failure undo }
}
"#;
    let make = || {
        let world = World::new(&[], plan);
        world.outside.act(|_| Err(ToolError::before("no")));
        world
    };
    let whole = make();
    assert_eq!(whole.execute(), End::Failed);
    assert!(whole.tree().is_empty());
    let total = whole.events.lock().unwrap().len();
    for at in 0..total - 1 {
        let world = make();
        assert!(matches!(world.process(Break::CrashAfter(at)), Process::Crashed));
        let mut end = world.execute();
        if end == End::InDoubt {
            let (step, resolution) = ("bad".into(), Resolution::Fail);
            world.events.lock().unwrap().push(Event::DoubtResolved {
                step,
                resolution,
                result: None,
                channel: "argument".into(),
            });
            end = world.execute();
        }
        assert_eq!(end, End::Failed, "{at}");
        assert!(world.tree().is_empty(), "{at}");
        assert!(world.outside.count("bad") <= 1, "{at}");
    }
}

#[test]
fn taking_back_what_a_refusal_ended_goes_on_after_a_crash() {
    let plan = r#"
plan "Back" {
  critical {
    create "*.txt"
    modify "table:*"
    delete "table:*"
  }
  step a = fs.write(path: "a.txt", text: "a")
  step b = fake.put(name: "x") {
    undo fake.remove(name: "x")
    on failure undo
  }
}
"#;
    let world = World::new(&[], plan);
    world.outside.act(|made| match made.tool.as_str() {
        "fake.put" => Err(ToolError::done("no")),
        _ => ok(7),
    });
    // The end is told as a refusal, whatever failed beside it.
    let refused = |world: &World| {
        let mut events = world.events.lock().unwrap();
        let end = events.iter().position(|event| matches!(event, Event::Ended { .. })).expect("it ended");
        events.truncate(end);
        events.push(Event::Ended { end: End::Refused, outputs: planc_lang::value::Value::Null });
    };
    assert_eq!(world.execute(), End::Failed);
    refused(&world);
    world.write("a.txt", "a");
    assert_eq!(world.execute(), End::Refused);
    assert!(world.tree().is_empty());
    assert_eq!(world.state().status, PlanStatus::Undone);
    let over = |world: &World| match world.process(Break::Never) {
        Process::Ended(Err(RunError::Over { how, .. })) => how,
        other => panic!("{other:?}"),
    };
    assert_eq!(over(&world), "it was taken back");
    world.events.lock().unwrap().push(Event::UndoEnded { complete: false });
    assert_eq!(over(&world), "taking it back has begun and is not finished");
}
