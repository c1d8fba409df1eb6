//! The state is a fold: every prefix, and every sequence, of events is accepted.

use crate::support::yes;
use planc::approval::Channel;
use planc::event::{Conflict, End, Event, Resolution};
use planc::state::RunState;
use planc::workspace::{Change, FileState};
use planc_lang::digest::Digest;
use planc_lang::value::Value;
use proptest::prelude::*;

const PLAN: &str = r#"
plan "Fold" {
  critical { modify "table:*" }
  step a = fake.put(name: "a")
  each e = name in ["x"] {
    step b = fake.put(name: name)
  }
}
"#;

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b[0]", "b[7]", "b[99999999999]", "unknown step"]).prop_map(str::to_owned)
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let state = prop_oneof![
        Just(FileState::Absent),
        Just(FileState::Directory { mode: 0o755 }),
        (0..3u8).prop_map(|n| FileState::File { digest: Digest::of([n]), bytes: 1, mode: 0o644 }),
    ];
    let change = (prop::sample::select(vec!["x", "y/z"]), state.clone(), state)
        .prop_map(|(path, before, after)| Change::new(path, before, after));
    prop::collection::vec(change, 0..3)
}

fn end() -> impl Strategy<Value = End> {
    prop::sample::select(vec![
        End::Done,
        End::Failed,
        End::Stale,
        End::InDoubt,
        End::Interrupted,
        End::Overdue,
        End::Waiting,
        End::Refused,
    ])
}

fn of_step() -> impl Strategy<Value = Event> {
    (name(), 0..4u32, changes(), any::<bool>(), 0..13u8).prop_map(|(step, attempt, changes, flag, kind)| match kind {
        0 => Event::StepStarted { step, attempt, args: Value::Null, changes, result: flag.then_some(Value::Int(1)) },
        1 => Event::StepSucceeded { step, attempt, result: Value::Int(1), changes },
        2 => Event::StepFailed { step, attempt, error: "e".into(), effect_done: flag, result: None, changes },
        3 => Event::StepSkipped { step, reason: "r".into() },
        4 => Event::StepInDoubt { step, attempt, reason: "r".into(), changes },
        5 => Event::DoubtResolved {
            result: None,
            step,
            resolution: if flag { Resolution::Redo } else { Resolution::Fail },
            channel: "argument".into(),
        },
        6 => Event::CallAnswered { step, answer: "once".into(), standing: None, changes: None },
        7 => Event::CallWaits { step },
        8 => Event::UndoCallStarted { step, tool: "t".into(), args: Value::Null },
        9 => Event::UndoCallEnded { step, error: flag.then(|| "e".into()) },
        10 => Event::Looked { step, attempt, spent_ms: u64::from(attempt) },
        11 => Event::GateAnswered { step, agreed: flag, by: "b".into(), shown: Value::Null },
        _ => Event::StepUndone {
            step,
            restored: changes,
            conflicts: flag.then(|| Conflict { path: "x".into(), why: "w".into(), diff: None }).into_iter().collect(),
        },
    })
}

fn of_run() -> impl Strategy<Value = Event> {
    let approval = yes(Digest::of("p"), Channel::Terminal);
    prop_oneof![
        Just(Event::Approved { approval: approval.into() }),
        any::<bool>().prop_map(|resumed| Event::Started { pid: 1, resumed }),
        Just(Event::AssumptionHeld { text: "t".into() }),
        Just(Event::AssumptionFailed { text: "t".into(), why: "w".into() }),
        Just(Event::Stale { step: None, differences: Vec::new() }),
        (0..9u32).prop_map(|elements| Event::EachStarted { each: "e".into(), elements }),
        Just(Event::EachSkipped { each: "e".into(), reason: "r".into() }),
        Just(Event::EachEnded { each: "e".into() }),
        Just(Event::EachFailed { each: "e".into(), error: "e".into() }),
        Just(Event::VerificationHeld { text: "t".into() }),
        Just(Event::VerificationFailed { text: "t".into(), why: "w".into() }),
        any::<bool>().prop_map(|killed| Event::Interrupted { killed }),
        any::<bool>().prop_map(|some| Event::DeadlineSet { at: some.then(|| "t".into()), by: None }),
        Just(Event::DeadlinePassed { at: "t".into() }),
        end().prop_map(|end| Event::Ended { end, outputs: Value::Null }),
        Just(Event::UndoStarted { pid: 1 }),
        any::<bool>().prop_map(|complete| Event::UndoEnded { complete }),
    ]
}

proptest! {
    #[test]
    fn any_prefix_folds(events in prop::collection::vec(prop_oneof![of_step(), of_run()], 0..40)) {
        let compiled = crate::support::compiled(PLAN);
        let mut state = RunState::of(&compiled.plan);
        for event in &events {
            state.apply(event);
            prop_assert_eq!(state.checklist().len(), state.steps().len());
            let _ = (state.written(), state.can_resume(), state.doubts().count());
        }
        let json = serde_json::to_string(&events).unwrap();
        let read: Vec<Event> = serde_json::from_str(&json).unwrap();
        let mut again = RunState::of(&compiled.plan);
        read.iter().for_each(|event| again.apply(event));
        prop_assert_eq!(state, again);
    }
}
