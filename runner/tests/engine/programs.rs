//! Real programs: signals, survivors of a crash, files that programs change.

use crate::support::{Break, Process, World};
use planc::event::{End, Event};
use planc::stop::Stop;

#[test]
fn a_program_that_changes_the_runs_own_files_is_taken_back() {
    let plan = r#"
plan "Format" {
  critical {
    modify "a.txt"
    run "sh"
  }
  step a = fs.append(path: "a.txt", text: "two")
  step fmt = process.run(argv: ["sh", "-c", "echo formatted > a.txt"])
  verify "it is formatted" {
    fs.read(path: "a.txt").text == "formatted\n"
  }
}
"#;
    let world = World::new(&[("a.txt", "one")], plan);
    assert_eq!(world.execute(), End::Done);
    let report = world.undo();
    assert!(report.complete, "{report:?}");
    assert_eq!(world.read("a.txt"), "one");
}

#[test]
fn what_a_crash_left_running_is_ended_and_the_call_is_in_doubt() {
    let plan = r#"
plan "Survive" {
  critical {
    run "sh"
    create "*.txt"
  }
  step long = process.run(argv: ["sh", "-c", "setsid sleep 300 & sleep 300"])
}
"#;
    let world = World::new(&[], plan);
    // The process ends without a word while the program runs: its place is taken by a program of the same run.
    assert!(matches!(world.process(Break::CrashAfter(2)), Process::Crashed));
    assert!(world.has(|event| matches!(event, Event::StepStarted { .. })));
    let mut left = std::process::Command::new("sleep").arg("300").env("PLANC_RUN", &world.setup.run).spawn().unwrap();
    assert_eq!(world.execute(), End::InDoubt);
    let status = left.wait().unwrap();
    assert!(!status.success(), "it was ended");
    assert!(planc::tool::process::survivors(&world.setup.run).is_empty());
}

#[test]
fn a_signal_asks_to_stop_and_a_second_one_kills() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let stop = Stop::new();
        let listening = stop.listen().unwrap();
        let own = rustix::process::getpid();
        rustix::process::kill_process(own, rustix::process::Signal::TERM).unwrap();
        stop.stopping().wait_for(|asked| *asked).await.unwrap();
        assert!(!stop.is_killing());
        rustix::process::kill_process(own, rustix::process::Signal::INT).unwrap();
        stop.kill().wait_for(|asked| *asked).await.unwrap();
        drop(listening);
    });
}

#[test]
fn what_an_approved_program_left_running_outlives_taking_back() {
    let plan = r#"
plan "Serve" {
  critical {
    create "a.txt"
  }
  step a = fs.write(path: "a.txt", text: "a")
}
"#;
    let world = World::new(&[], plan);
    assert_eq!(world.execute(), End::Done);
    let mut server = std::process::Command::new("sleep").arg("300").env("PLANC_RUN", &world.setup.run).spawn().unwrap();
    assert!(world.undo().complete);
    assert_eq!(server.try_wait().unwrap(), None, "it still runs");
    // Where a call was cut off, what still runs may be at work.
    let args = planc_lang::value::Value::Null;
    let event = Event::StepStarted { step: "a".into(), attempt: 2, args, changes: Vec::new(), result: None };
    world.events.lock().unwrap().extend([event, Event::UndoStarted { pid: 1 }]);
    world.undo();
    assert!(!server.wait().unwrap().success(), "it was ended");
}
