//! Calls of a tool that has a limit, by a clock that the tests turn.

use super::support::{Break, World};
use planc::clock::{Clock, Wait};
use planc::event::{End, Event};
use planc::journal::Store;
use planc::stop::Stop;
use planc::tool::pace::{Moments, Pace, Remembered};
use planc_lang::catalogue::Limit;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Time passes only where somebody waits, and then at once.
#[derive(Default)]
struct Turned {
    now_ms: Mutex<u64>,
    waits: Mutex<Vec<u64>>,
    /// Raised when somebody waits, whose wait then never ends.
    stop: Option<Stop>,
}

impl Clock for Turned {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(*self.now_ms.lock().unwrap() as i64).unwrap()
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(*self.now_ms.lock().unwrap())
    }

    fn sleep(&self, time: Duration) -> Wait<'_> {
        let ms = time.as_millis() as u64;
        self.waits.lock().unwrap().push(ms);
        *self.now_ms.lock().unwrap() += ms;
        match &self.stop {
            None => Box::pin(async {}),
            Some(stop) => {
                stop.request();
                Box::pin(std::future::pending())
            }
        }
    }
}

const FIVE: &str = r#"plan "p" {
  critical {
    modify "table:list"
  }
  step a = fake.slow(name: "list")
  step b = fake.slow(name: "list")
  step c = fake.slow(name: "list")
  step d = fake.slow(name: "list")
  step e = fake.slow(name: "list")
}"#;

fn paced(world: &mut World, clock: &Arc<Turned>, moments: Arc<dyn Moments>) {
    let registry = (*world.setup.registry).clone().with_pace(Pace::new(clock.clone(), moments));
    world.setup.registry = Arc::new(registry);
}

#[test]
fn calls_past_the_limit_wait_for_their_turn() {
    let mut world = World::new(&[], FIVE);
    let clock = Arc::new(Turned::default());
    paced(&mut world, &clock, Arc::new(Remembered::default()));
    assert_eq!(world.execute(), End::Done);
    assert_eq!(world.outside.log().len(), 5);
    assert_eq!(*clock.waits.lock().unwrap(), [60_000, 60_000], "two now, two after a minute, one after another");
}

#[test]
fn who_waits_for_a_turn_has_not_begun_and_can_be_stopped() {
    let mut world = World::new(&[], FIVE);
    let stop = Stop::new();
    let clock = Arc::new(Turned { stop: Some(stop.clone()), ..Turned::default() });
    let moments = Arc::new(Remembered::default());
    paced(&mut world, &clock, moments.clone());
    let stopped = world.process_with(Break::Never, |setup| setup.stop = stop);
    assert_eq!(stopped.end(), End::Interrupted);
    assert_eq!(world.outside.log().len(), 2);
    let begun = |name: &str| {
        let events = world.events.lock().unwrap();
        events.iter().any(|event| matches!(event, Event::StepStarted { step, .. } if step == name))
    };
    assert!(begun("b") && !begun("c"));
    // Going on, the turns that were taken by then still count.
    let clock = Arc::new(Turned::default());
    paced(&mut world, &clock, moments);
    assert_eq!(world.execute(), End::Done);
    assert_eq!(world.outside.log().len(), 5);
    assert!(clock.waits.lock().unwrap().iter().sum::<u64>() >= 120_000, "{:?}", clock.waits);
}

#[test]
fn a_limit_holds_for_all_who_have_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let limit = Limit { calls: 2, per_ms: 1_000 };
    let first = Store::open(folder.path(), folder.path()).unwrap();
    assert_eq!(first.take("a.b", limit, 10_000), Ok(10_000));
    assert_eq!(first.take("a.b", limit, 10_100), Ok(10_100));
    assert_eq!(first.take("a.c", limit, 10_100), Ok(10_100), "another tool has turns of its own");
    drop(first);
    let second = Store::open(folder.path(), folder.path()).unwrap();
    assert_eq!(second.take("a.b", limit, 10_200), Ok(11_000));
    assert_eq!(second.take("a.b", limit, 10_200), Ok(11_100));
    assert_eq!(second.take("a.b", limit, 20_000), Ok(20_000), "what is over does not count");
}
