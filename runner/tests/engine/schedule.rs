//! What runs next, decided from states made by hand.

use crate::support::compiled;
use planc::event::{End, Event};
use planc::schedule::{Action, Frontier, MAX_OPEN_ELEMENTS, Order, Situation, next};
use planc::state::RunState;
use planc_lang::compile::Compiled;
use planc_lang::plan::Instance;
use planc_lang::value::Value;
use std::collections::BTreeSet;

struct Case {
    compiled: Compiled,
    state: RunState,
    running: BTreeSet<Instance>,
    halt: Option<End>,
    parallel: usize,
    conflict: bool,
}

impl Case {
    fn new(plan: &str) -> Case {
        let compiled = compiled(plan);
        let state = RunState::of(&compiled.plan);
        Case { compiled, state, running: BTreeSet::new(), halt: None, parallel: 8, conflict: false }
    }

    fn succeeded(&mut self, step: &str) {
        let result = Value::record([("id", Value::Int(7))]);
        self.state.apply(&Event::StepSucceeded { step: step.into(), attempt: 1, result, changes: Vec::new() });
    }

    fn failed(&mut self, step: &str) {
        self.state.apply(&Event::StepFailed {
            step: step.into(),
            attempt: 1,
            error: "e".into(),
            effect_done: false,
            result: None,
            changes: Vec::new(),
        });
    }

    fn runs(&mut self, step: &str) {
        let step = self.compiled.plan.step(step).unwrap();
        self.running.insert(Instance { step, element: None });
    }

    /// The names of steps to start, or how it ends.
    fn next(&self) -> String {
        let plan = &self.compiled.plan;
        let situation = Situation {
            running: &self.running,
            halt: self.halt,
            parallel: self.parallel,
            may_conflict: &|_, _| self.conflict,
            frontier: &Frontier::default(),
        };
        let actions = next(plan, &Order::of(plan, &self.compiled.graph), &self.state, &situation);
        let shown = |action: &Action| match action {
            Action::Start(instance) => plan.name_of(*instance).to_string(),
            Action::Open(each) => format!("open {}", plan.each(*each).name),
            Action::Close(each) => format!("close {}", plan.each(*each).name),
            Action::Check(index) => format!("check {index}"),
            Action::End(end) => format!("{end:?}"),
        };
        actions.iter().map(shown).collect::<Vec<_>>().join(" ")
    }
}

const PLAN: &str = r#"
plan "Order" {
  critical { modify "table:*" }
  step a = fake.look(name: "a")
  step b = fake.put(name: "b")
  step c = fake.look(name: "c")
  step d = fake.put(name: "d") { on failure continue }
  step e = fake.put(name: "e ${d?.id ?? 0}")
  verify "v" {
    step f = fake.look(name: "f")
    f.id == 7
  }
}
"#;

#[test]
fn reads_start_early_and_effects_wait_for_all_before() {
    let mut case = Case::new(PLAN);
    assert_eq!(case.next(), "a c");
    case.parallel = 1;
    assert_eq!(case.next(), "a");
    case.parallel = 8;
    case.conflict = true;
    assert_eq!(case.next(), "a", "what may conflict waits");
    case.conflict = false;
    case.runs("a");
    assert_eq!(case.next(), "c");
    case.running.clear();
    case.succeeded("a");
    assert_eq!(case.next(), "b c");
    case.succeeded("b");
    assert_eq!(case.next(), "c", "an effect waits for reads before it");
    case.succeeded("c");
    assert_eq!(case.next(), "d");
    case.failed("d");
    assert_eq!(case.next(), "e", "a failure that may be lets others go on");
    case.runs("e");
    assert_eq!(case.next(), "", "verifications wait for all steps");
    case.running.clear();
    case.succeeded("e");
    assert_eq!(case.next(), "f");
    case.succeeded("f");
    assert_eq!(case.next(), "check 0");
    case.state.apply(&Event::VerificationHeld { text: "v".into() });
    assert_eq!(case.next(), "Done");
}

#[test]
fn after_a_failure_nothing_starts_and_what_runs_is_waited_for() {
    let mut case = Case::new(PLAN);
    case.succeeded("a");
    case.failed("b");
    case.runs("c");
    assert_eq!(case.next(), "");
    case.running.clear();
    assert_eq!(case.next(), "Failed");
}

#[test]
fn a_doubt_outweighs_all_other_reasons_to_stop() {
    let mut case = Case::new(PLAN);
    case.succeeded("a");
    case.halt = Some(End::Interrupted);
    assert_eq!(case.next(), "Interrupted");
    case.failed("b");
    assert_eq!(case.next(), "Failed");
    case.halt = Some(End::Refused);
    assert_eq!(case.next(), "Refused");
    case.state.apply(&Event::StepInDoubt { step: "d".into(), attempt: 1, reason: "r".into(), changes: Vec::new() });
    assert_eq!(case.next(), "InDoubt");
}

#[test]
fn who_asks_to_stop_when_all_is_over_gets_what_there_is() {
    let mut case = Case::new(PLAN);
    ["a", "b", "c", "d", "e", "f"].into_iter().for_each(|step| case.succeeded(step));
    case.halt = Some(End::Interrupted);
    assert_eq!(case.next(), "Interrupted", "the verification is not checked");
    case.state.apply(&Event::VerificationHeld { text: "v".into() });
    assert_eq!(case.next(), "Done");
}

#[test]
fn a_failed_verification_does_not_keep_the_others_from_running() {
    let plan = r#"
plan "Verify" {
  critical { modify "table:*" }
  step a = fake.put(name: "a")
  verify "one" {
    step b = fake.put(name: "b")
    step c = fake.put(name: "c ${b.id}")
    c.id == 7
  }
  verify "two" {
    step d = fake.put(name: "d")
    d.id == 7
  }
}
"#;
    let mut case = Case::new(plan);
    case.succeeded("a");
    assert_eq!(case.next(), "b");
    case.failed("b");
    assert_eq!(case.next(), "d");
    case.succeeded("d");
    assert_eq!(case.next(), "check 0");
    case.state.apply(&Event::VerificationFailed { text: "one".into(), why: "w".into() });
    assert_eq!(case.next(), "check 1");
    case.state.apply(&Event::VerificationHeld { text: "two".into() });
    assert_eq!(case.next(), "Failed");
}

const BLOCKS: &str = r#"
plan "Blocks" {
  critical { modify "table:*" }
  step names = fake.names(from: "x")
  each puts = name in names.names {
    step one = fake.put(name: name)
    step two = fake.put(name: "2 ${name}")
  }
  step early = fs.stat(path: "early")
  together {
    step left = fake.put(name: "left")
    step right = fake.put(name: "right")
  }
  gate "Go on?"
  step late = fake.look(name: "late")
}
"#;

fn each_started(case: &mut Case, elements: u32) {
    case.state.apply(&Event::EachStarted { each: "puts".into(), elements });
}

#[test]
fn a_block_opens_when_its_list_is_known_and_closes_when_all_elements_are_over() {
    let mut case = Case::new(BLOCKS);
    assert_eq!(case.next(), "names early", "what only reads starts early, though not past a gate");
    case.succeeded("names");
    case.succeeded("early");
    assert_eq!(case.next(), "open puts");
    each_started(&mut case, 3);
    assert_eq!(case.next(), "one[0] one[1] one[2]", "elements have no order, their steps have");
    case.conflict = true;
    assert_eq!(case.next(), "one[0]");
    case.succeeded("one[0]");
    assert_eq!(case.next(), "two[0]");
    case.conflict = false;
    case.succeeded("two[0]");
    case.succeeded("one[2]");
    assert_eq!(case.next(), "one[1] two[2]");
    ["two[2]", "one[1]", "two[1]"].into_iter().for_each(|step| case.succeeded(step));
    assert_eq!(case.next(), "close puts");
    case.state.apply(&Event::EachEnded { each: "puts".into() });
    assert_eq!(case.next(), "left right", "steps of a together overlap");
    case.conflict = true;
    assert_eq!(case.next(), "left");
    case.conflict = false;
    case.succeeded("left");
    assert_eq!(case.next(), "right", "a gate waits for all");
    case.succeeded("right");
    assert_eq!(case.next(), "gate 1");
    case.state.apply(&Event::StepSucceeded {
        step: "gate 1".into(),
        attempt: 1,
        result: Value::Null,
        changes: Vec::new(),
    });
    assert_eq!(case.next(), "late");
}

#[test]
fn a_long_list_is_worked_on_from_its_beginning() {
    let mut case = Case::new(BLOCKS);
    case.succeeded("names");
    case.succeeded("early");
    each_started(&mut case, 100_000);
    case.parallel = 1_000_000;
    let begun = case.next();
    assert_eq!(begun.split(' ').count(), MAX_OPEN_ELEMENTS as usize);
    assert!(begun.ends_with(" one[63]"), "{begun}");
    (0..2).for_each(|element| {
        case.succeeded(&format!("one[{element}]"));
        case.succeeded(&format!("two[{element}]"));
    });
    assert!(case.next().ends_with(" one[65]"), "two more when two are over");
    case.failed("one[5]");
    assert_eq!(case.next(), "Failed");
}
