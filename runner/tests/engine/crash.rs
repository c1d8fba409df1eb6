//! A crash after, and right before, every record: going on gives the same tree and the same results, and no effect twice.

use crate::support::{Break, Process, World, ok};
use planc::event::{End, Event, Resolution};
use planc::state::StepState;
use planc::workspace::Change;
use std::collections::BTreeMap;

const FILES: &[(&str, &str)] =
    &[("a.txt", "one"), ("old/x.txt", "x"), ("old/deep/y.txt", "y"), ("old/deep/z.txt", "z")];

const PLAN: &str = r#"
plan "Everything" {
  critical {
    read "**"
    create "b.txt"
    modify "a.txt"
    create "new/**"
    delete "old/**"
    create "copy/**"
    modify "table:*"
  }
  step a = fs.read(path: "a.txt")
  step seen = fake.look(name: "s")
  step b = fs.write(path: "b.txt", text: "${a.text} ${seen.id}")
  step moved = fs.move(from: "old/deep", to: "new")
  step ensured = fake.ensure(name: "e")
  step sent = fake.put(name: "p")
  step c = fs.append(path: "a.txt", text: "+${sent.id}")
  step copied = fs.copy(from: "new", to: "copy")
  step gone = fs.delete(path: "old/x.txt")
  verify "it is all there" {
    fs.read(path: "copy/y.txt").text == "y"
  }
  output all = [b.path, moved.path, c.path, copied.path, gone.path]
}
"#;

fn world() -> World {
    let world = World::new(FILES, PLAN);
    world.outside.act(|_| ok(7));
    world
}

fn results(world: &World) -> BTreeMap<String, StepState> {
    world.state().steps().iter().map(|step| (step.name.clone(), step.state.clone())).collect()
}

/// Goes on until the run ends; a person answers doubts truthfully: what was not made is made again.
fn go_on(world: &World) -> End {
    for _ in 0..5 {
        let end = world.execute();
        if end != End::InDoubt {
            return end;
        }
        let doubts: Vec<String> = world.state().doubts().map(|(step, _)| step.to_owned()).collect();
        for step in doubts {
            let resolution = match world.outside.count(&step) {
                0 => Resolution::Redo,
                _ => Resolution::Fail,
            };
            let channel = "argument".into();
            world.events.lock().unwrap().push(Event::DoubtResolved { step, resolution, result: None, channel });
        }
    }
    panic!("it does not come to an end");
}

#[test]
fn a_crash_at_any_record_changes_nothing() {
    let whole = world();
    assert_eq!(whole.execute(), End::Done);
    let total = whole.events.lock().unwrap().len();
    assert!(total > 20);
    let breaks = (0..total).flat_map(|at| [Break::CrashBefore(at), Break::CrashAfter(at)]);
    for breaks in breaks {
        let world = world();
        assert!(matches!(world.process(breaks), Process::Crashed), "{breaks:?}");
        let ended = world.state().end.is_some();
        if ended {
            continue;
        }
        let end = go_on(&world);
        assert_eq!(world.outside.count("sent"), 1, "{breaks:?}");
        match end {
            End::Done => {
                assert_eq!(world.tree(), whole.tree(), "{breaks:?}");
                assert_eq!(results(&world), results(&whole), "{breaks:?}");
                assert_eq!(world.state().outputs, whole.state().outputs, "{breaks:?}");
            }
            // Made, but its result was lost: a person said so, and nothing was made again.
            End::Failed => assert!(matches!(results(&world)["sent"], StepState::Failed { .. }), "{breaks:?}"),
            other => panic!("{breaks:?}: {other:?}"),
        }
    }
}

#[test]
fn crashes_of_the_process_that_goes_on_change_nothing_either() {
    let whole = world();
    assert_eq!(whole.execute(), End::Done);
    for seed in 0..12usize {
        let world = world();
        let mut at = seed % 7 + 2;
        for _ in 0..60 {
            match world.process(Break::CrashAfter(at)) {
                Process::Crashed => at = (at * 5 + seed) % 6 + 1,
                Process::Ended(_) => break,
            }
            if world.state().end.is_some() || world.state().doubts().next().is_some() {
                break;
            }
        }
        if world.state().end != Some(End::Done) && world.state().can_resume() {
            let end = go_on(&world);
            assert!(matches!(end, End::Done | End::Failed), "{seed}: {end:?}");
        }
        assert_eq!(world.outside.count("sent"), 1, "{seed}");
        if world.state().end == Some(End::Done) {
            assert_eq!(world.tree(), whole.tree(), "{seed}");
        }
    }
}

/// A run that ended right after the intent of a step was recorded, and after how many records.
fn cut_off(step: &str, hint: usize) -> (World, Vec<Change>, usize) {
    let is_start = |event: &Event| matches!(event, Event::StepStarted { step: other, .. } if other == step);
    // Records of steps that run at the same time may come in another order: look for the place each time.
    for at in (hint..40).chain(0..hint) {
        let world = world();
        if !matches!(world.process(Break::CrashAfter(at)), Process::Crashed) {
            continue;
        }
        let last = world.events.lock().unwrap().last().cloned();
        if let Some(event @ Event::StepStarted { .. }) = &last
            && is_start(event)
            && let Event::StepStarted { changes, .. } = event
        {
            return (world, changes.clone(), at);
        }
    }
    panic!("step `{step}` never started");
}

#[test]
fn a_crash_between_the_changes_of_a_step_is_finished_forward() {
    let whole = world();
    whole.execute();
    for step in ["moved", "copied"] {
        let (_, changes, at) = cut_off(step, 8);
        assert!(changes.len() > 2);
        for made in 0..=changes.len() {
            let (world, changes, _) = cut_off(step, at);
            for change in &changes[..made] {
                world.setup.workspace.apply(change, &world.setup.contents).unwrap();
            }
            assert_eq!(world.execute(), End::Done, "{step} after {made} changes");
            assert_eq!(world.tree(), whole.tree(), "{step} after {made} changes");
            let undone = world.undo();
            assert!(undone.conflicts.is_empty(), "{undone:?}");
        }
    }
}

#[test]
fn a_crash_between_the_changes_of_a_step_is_taken_back() {
    for step in ["moved", "copied"] {
        let (_, changes, at) = cut_off(step, 8);
        for made in 0..=changes.len() {
            let (world, changes, _) = cut_off(step, at);
            for change in &changes[..made] {
                world.setup.workspace.apply(change, &world.setup.contents).unwrap();
            }
            let report = world.undo();
            assert!(report.complete, "{step} after {made} changes: {report:?}");
            assert_eq!(world.tree(), World::new(FILES, PLAN).tree(), "{step} after {made} changes");
        }
    }
}

#[test]
fn a_file_that_somebody_changed_meanwhile_is_in_doubt_and_named() {
    let (world, ..) = cut_off("c", 14);
    world.write("a.txt", "somebody else");
    assert_eq!(world.execute(), End::InDoubt);
    let state = world.state();
    let (step, reason) = state.doubts().next().unwrap();
    assert_eq!(step, "c");
    assert!(reason.contains("`a.txt`"), "{reason}");
    assert_eq!(world.read("a.txt"), "somebody else");
}

#[test]
fn a_live_effect_without_a_result_is_in_doubt_and_named() {
    let (world, ..) = cut_off("sent", 12);
    assert_eq!(world.execute(), End::InDoubt);
    let state = world.state();
    let (step, reason) = state.doubts().next().unwrap();
    assert_eq!(step, "sent");
    assert!(reason.contains("`fake.put`"), "{reason}");
}

#[test]
fn an_attempt_that_a_crash_cut_off_is_none_of_the_failures_that_retry_allows() {
    let plan = r#"
plan "Try twice" {
  critical { modify "table:*" }
  step sure = fake.ensure(name: "e") {
    retry 1 every 1ms
  }
}
"#;
    let world = World::new(&[], plan);
    world.outside.act(|made| if made.before == 0 { Err(planc::tool::ToolError::before("not yet")) } else { ok(7) });
    // The intent is the third record: the call itself was never made.
    assert!(matches!(world.process(Break::CrashAfter(2)), Process::Crashed));
    assert_eq!(world.outside.count("sure"), 0);
    assert_eq!(world.execute(), End::Done);
    assert_eq!(world.outside.count("sure"), 2);
}
