//! The world outside, which no crash forgets: cells that tools change, every call that reached it, and tools that work, fail, are
//! slow or lie, as a seed says. A call that has begun goes on when planc ends.

use crate::clock::Turned;
use crate::generate::Dice;
use crate::simulate::{Cells, perform};
use planc::clock::{Clock, Wait};
use planc::tool::{Args, CallContext, EffectKnown, Future_, LiveTool, ToolError};
use planc_lang::value::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Where calls go on that planc has made.
static ELSEWHERE: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads can be started")
});

/// Waits that are shorter than this are over at once; longer ones when a slow tool says so.
const SOON: Duration = Duration::from_secs(60);

/// A clock that a simulation moves.
#[derive(Clone, Debug)]
pub struct Simulated(Turned);

impl Simulated {
    pub fn new() -> Simulated {
        Simulated(Turned::new())
    }

    fn pass(&self, time: Duration) {
        self.0.pass(time);
    }
}

impl Clock for Simulated {
    fn now(&self) -> jiff::Timestamp {
        self.0.now()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) -> Wait<'_> {
        match time < SOON {
            true => Box::pin(async move { self.pass(time) }),
            false => self.0.sleep(time),
        }
    }
}

/// What a tool does at its calls for one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    Well,
    /// Says that nothing was changed, and that is so.
    Fails,
    /// Says that it failed when it was done, and that is so.
    FailsLate,
    /// Does it, and gives something of another type.
    Rambles,
    /// Does not know.
    Doubts {
        acted: bool,
    },
    /// Does not answer at all.
    Hangs {
        acted: bool,
    },
    /// Does it, and says that nothing was changed.
    Lies,
}

/// How often a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Once,
    /// It only reads, or its server honours keys.
    Repeatable,
    /// As often as its probe says that it was not made.
    Probed,
}

/// A call that has reached the world.
#[derive(Clone, Debug)]
pub struct Made {
    pub tool: String,
    pub step: String,
    pub key: Option<String>,
}

/// What became of a step outside.
#[derive(Clone, Debug, Default)]
pub struct Became {
    /// How often something changed.
    pub effects: usize,
    /// The last result that was given, or would have been; none: nothing usable.
    pub result: Option<Value>,
}

#[derive(Default)]
struct Inner {
    cells: Cells,
    made: Vec<Made>,
    became: BTreeMap<String, Became>,
    /// What calls with a key have given: a server that honours keys gives it again.
    by_key: BTreeMap<String, Option<Value>>,
    under_way: usize,
}

/// The world outside. Clones are the same world.
#[derive(Clone)]
pub struct Outside {
    inner: Arc<(Mutex<Inner>, Condvar)>,
    /// How tools behave; none: always well.
    seed: Option<u64>,
}

impl Outside {
    pub fn new(seed: Option<u64>) -> Outside {
        Outside { inner: Arc::default(), seed }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        look(&mut self.inner.0.lock().expect("no panic"))
    }

    pub fn cells(&self) -> Cells {
        self.with(|inner| inner.cells.clone())
    }

    pub fn made(&self) -> Vec<Made> {
        self.with(|inner| inner.made.clone())
    }

    pub fn became(&self, step: &str) -> Became {
        self.with(|inner| inner.became.get(step).cloned().unwrap_or_default())
    }

    /// All steps with how often something changed.
    pub fn effects(&self) -> BTreeMap<String, usize> {
        self.with(|inner| inner.became.iter().map(|(step, became)| (step.clone(), became.effects)).collect())
    }

    /// Waits until no call is under way.
    pub fn quiet(&self) {
        let guard = self.inner.0.lock().expect("no panic");
        drop(self.inner.1.wait_while(guard, |inner| inner.under_way > 0).expect("no panic"));
    }

    /// What the tool of a step does at a call that may be repeated or not, `before` others having been made.
    fn conduct(&self, step: &str, kind: Kind, retried: bool, before: usize) -> Conduct {
        let Some(seed) = self.seed else { return Conduct::Well };
        let hash = step.bytes().fold(seed, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        let mut dice = Dice::new(hash);
        let acted = dice.one_in(2);
        let conduct = match dice.below(24) {
            0 => Conduct::Fails,
            1 => Conduct::FailsLate,
            2 => Conduct::Rambles,
            3 => Conduct::Doubts { acted },
            4 => Conduct::Hangs { acted },
            5 => Conduct::Lies,
            _ => Conduct::Well,
        };
        let repeatable = match (kind, conduct) {
            // What its tool says of a call that has a probe is true, or nothing.
            (Kind::Probed, Conduct::FailsLate | Conduct::Rambles | Conduct::Lies) => return Conduct::Well,
            (Kind::Probed, conduct) if !retried || before == 0 => return conduct,
            (Kind::Probed | Kind::Repeatable, _) => true,
            (Kind::Once, _) => false,
        };
        match (repeatable, conduct) {
            // What planc repeats by itself gets better when the step says that it is tried again, else never, so that an
            // undisturbed run and one that was cut off see the same.
            (true, _) if retried && before > 0 => Conduct::Well,
            (true, Conduct::Doubts { .. }) if !retried => Conduct::Doubts { acted: true },
            (true, Conduct::Hangs { .. }) if !retried => Conduct::Hangs { acted: true },
            (true, conduct) => conduct,
            // What a person repeats succeeds: they have looked into it.
            (false, _) if before > 0 => Conduct::Well,
            (false, conduct) => conduct,
        }
    }

    /// Makes a call of a tool over cells.
    fn act(&self, args: &Args, context: &CallContext, conduct: Conduct) -> Result<Value, ToolError> {
        self.with(|inner| {
            let done = inner.once(args, context);
            if matches!(conduct, Conduct::Rambles | Conduct::FailsLate | Conduct::Lies) {
                inner.became.entry(context.step.clone()).or_default().result = None;
            }
            match (conduct, done) {
                (Conduct::Well, Some(result)) => Ok(result),
                (Conduct::Well, None) => Err(ToolError::before("the cell is not as it should be")),
                (Conduct::Rambles, _) => Ok(Value::string("what was the question?")),
                (Conduct::FailsLate, _) => Err(ToolError::done("it was done, but not well")),
                (Conduct::Lies, _) => Err(ToolError::before("nothing was done, really")),
                (Conduct::Fails | Conduct::Doubts { .. } | Conduct::Hangs { .. }, _) => {
                    Err(ToolError::in_doubt("who knows"))
                }
            }
        })
    }
}

impl Inner {
    /// Does it, once for a key of a tool that honours keys; none: it cannot be done, and nothing was changed.
    fn once(&mut self, args: &Args, context: &CallContext) -> Option<Value> {
        let key = context.idempotency_key.clone().filter(|_| args.tool.idempotent);
        if let Some(given) = key.as_ref().and_then(|key| self.by_key.get(key)) {
            return given.clone();
        }
        let as_cell = match args.tool.name.as_str() {
            "sim.put" | "sim.ensure" | "sim.send" => "cell.put",
            "sim.add" => "cell.add",
            "sim.look" => "cell.get",
            other => other,
        };
        let done = perform(&mut self.cells, as_cell, &args.values);
        let became = self.became.entry(context.step.clone()).or_default();
        let reads = args.tool.touches(&args.values).iter().all(|(verb, _)| verb.as_str() == "reads");
        became.effects += usize::from(!reads && done.is_some());
        became.result = done.clone();
        if let Some(key) = key {
            self.by_key.insert(key, done.clone());
        }
        done
    }
}

/// A tool over cells.
pub struct Cell {
    pub outside: Outside,
    pub clock: Simulated,
    /// Steps that are tried again after a failure.
    pub retried: Vec<String>,
}

impl LiveTool for Cell {
    fn call<'a>(&'a self, args: &'a Args, context: &'a CallContext) -> Future_<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            if args.tool.name == "sim.sent" {
                let became = self.outside.became(args.values[0].as_str().unwrap_or_default());
                return Ok(became.result.filter(|_| became.effects > 0).unwrap_or(Value::Null));
            }
            let reads = args.tool.touches(&args.values).iter().all(|(verb, _)| verb.as_str() == "reads");
            let plain = context.step.split('[').next().unwrap_or_default().to_owned();
            let before = self.outside.with(|inner| {
                let before = inner.made.iter().filter(|made| made.step == context.step).count();
                inner.made.push(Made {
                    tool: args.tool.name.to_string(),
                    step: context.step.clone(),
                    key: context.idempotency_key.clone(),
                });
                before
            });
            let kind = match &args.tool.probe {
                Some(_) => Kind::Probed,
                None if reads || args.tool.idempotent => Kind::Repeatable,
                None => Kind::Once,
            };
            let conduct = self.outside.conduct(&context.step, kind, self.retried.contains(&plain), before);
            match conduct {
                Conduct::Fails => Err(ToolError::before("it does not work")),
                Conduct::Doubts { acted: false } => Err(ToolError::in_doubt("who knows")),
                Conduct::Hangs { acted } => {
                    if acted {
                        drop(self.outside.act(args, context, conduct));
                    }
                    self.clock.pass(context.timeout + SOON);
                    std::future::pending().await
                }
                Conduct::Well
                | Conduct::FailsLate
                | Conduct::Rambles
                | Conduct::Doubts { acted: true }
                | Conduct::Lies => self.outside.act(args, context, conduct),
            }
        })
    }
}

/// A real tool whose calls are watched, and go on when planc ends.
pub struct Watched {
    pub outside: Outside,
    pub tool: Arc<dyn LiveTool>,
}

impl LiveTool for Watched {
    fn call<'a>(&'a self, args: &'a Args, context: &'a CallContext) -> Future_<'a, Result<Value, ToolError>> {
        let (outside, tool) = (self.outside.clone(), self.tool.clone());
        let (args, context) = (args.clone(), context.clone());
        outside.with(|inner| {
            inner.under_way += 1;
            let (tool, step) = (args.tool.name.to_string(), context.step.clone());
            inner.made.push(Made { tool, step, key: context.idempotency_key.clone() });
        });
        let going_on = ELSEWHERE.spawn(async move {
            let outcome = tool.call(&args, &context).await;
            outside.with(|inner| {
                inner.under_way -= 1;
                let became = inner.became.entry(context.step.clone()).or_default();
                let acted = !matches!(&outcome, Err(error) if error.effect == EffectKnown::None);
                became.effects += usize::from(acted);
                became.result = outcome.as_ref().ok().cloned();
            });
            outside.inner.1.notify_all();
            outcome
        });
        Box::pin(async move { going_on.await.expect("a call does not panic") })
    }
}
