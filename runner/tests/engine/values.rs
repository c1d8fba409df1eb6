//! Lines of `critical` over values, effects that depend on an argument or on the result: judged when the call is made.

use super::support::{World, ok};
use planc::event::{End, Event};
use planc_lang::value::Value;

fn refusal(world: &World) -> String {
    let events = world.events.lock().unwrap();
    let failed = events.iter().find_map(|event| match event {
        Event::StepFailed { error, .. } => Some(error.clone()),
        _ => None,
    });
    failed.unwrap_or_default()
}

const NAMED: &str = r#"plan "p" {
  critical {
    modify "table:list"
    modify ["table:a${first.id}", "table:b*"]
  }
  step first = fake.put(name: "list")
  step second = fake.put(name: "a7")
}"#;

#[test]
fn a_line_over_a_late_value_covers_what_the_value_is() {
    let world = World::new(&[], NAMED);
    assert_eq!(world.execute(), End::Done);
    assert_eq!(world.outside.log(), ["fake.put list", "fake.put a7"]);
}

#[test]
fn a_line_over_a_late_value_covers_nothing_else() {
    let world = World::new(&[], NAMED);
    world.outside.act(|made| ok(if made.arg == "list" { 8 } else { 7 }));
    assert_eq!(world.execute(), End::Refused);
    assert_eq!(world.outside.log(), ["fake.put list"], "the second call is not made");
    assert!(refusal(&world).contains("table:a7"), "{}", refusal(&world));
}

#[test]
fn wildcards_in_a_value_stand_for_themselves() {
    let plan = r#"plan "p" {
  critical {
    create [names.text]
  }
  step names = fs.read(path: "names")
  step out = fs.write(path: names.text.replace("*", "x"), text: "")
}"#;
    let world = World::new(&[("names", "out*")], plan);
    assert_eq!(world.execute(), End::Refused);
    assert!(!world.tree().contains_key("outx"));
}

#[test]
fn the_value_that_was_shown_is_what_is_allowed() {
    let plan = r#"plan "p" {
  critical {
    create names.text.lines()
  }
  step names = fs.read(path: "names")
  step out = fs.write(path: "out", text: "")
}"#;
    let world = World::new(&[("names", "out\n")], plan);
    assert_eq!(world.setup.critical, [Some(Value::list([Value::string("out")]))]);
    assert_eq!(world.execute(), End::Done);
}

#[test]
fn a_line_over_a_step_that_has_not_run_allows_nothing_yet() {
    let plan = r#"plan "p" {
  critical {
    modify ["table:list", "table:a${last.id}"]
    modify "table:x"
  }
  step first = fake.put(name: "a7")
  step last = fake.put(name: "x")
}"#;
    let world = World::new(&[], plan);
    assert_eq!(world.execute(), End::Refused);
    assert!(world.outside.log().is_empty());
}

#[test]
fn what_only_the_result_tells_is_judged_after_the_call() {
    let plan = r#"plan "p" {
  critical {
    create "drive:7"
  }
  step first = fake.make(name: "a")
  step second = fake.make(name: "b")
}"#;
    let world = World::new(&[], plan);
    world.outside.act(|made| ok(if made.arg == "a" { 7 } else { 8 }));
    assert_eq!(world.execute(), End::Failed);
    assert!(refusal(&world).contains("drive:8"), "{}", refusal(&world));
    let done =
        world.has(|event| matches!(event, Event::StepFailed { step, effect_done: true, .. } if step == "second"));
    assert!(done, "the call was made, and it is recorded so");
}

#[test]
fn an_effect_under_a_condition_counts_where_it_holds() {
    let plan = |method: &str| {
        format!(
            r#"plan "p" {{
  critical {{
    modify "table:*"
  }}
  step put = fake.put(name: "a")
  step called = fake.call(name: "a", method: "{method}")
}}"#
        )
    };
    let read_only = |method: &str| World::new(&[], &plan(method)).setup.compiled.plan.steps[1].is_read_only();
    assert!(read_only("get"));
    assert!(!read_only("put"));
}
