//! Durable steps beside what the store itself can do, and programs beside bare ones, in one run, so that what is told is a ratio.
//!
//! `cargo bench -p planc --bench durable`; the directory for temporary files decides on which disk.

use planc::approval::Channel;
use planc::config::{Config, Overrides, Places};
use planc::desk::{Desk, Draft, registry};
use planc::event::{End, Event};
use planc::executor::execute;
use planc::journal::{Journal, Role, RunJournal, Store, StoredSource};
use planc::run::CannotAsk;
use planc::stop::Stop;
use planc::tool::pace::Pace;
use planc::tool::registry::Implementation;
use planc::tool::{Args, CallContext, Future_, LiveTool, ToolError};
use planc_lang::compile::{add_builtin, compile, load_catalogue};
use planc_lang::source::Sources;
use planc_lang::value::Value;
use std::fmt::Write as _;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How often each figure is taken; the median is told.
const TIMES: usize = 5;

/// About what a record is in the store.
const ROW_BYTES: usize = 400;

const TOOLS: &str = r#"
catalogue row {
  tool look(n: int) -> int {
    reads "row:${n}"
    independent
  }
  tool put(n: int) -> int {
    writes "row:${n}"
    idempotent
    independent
  }
}
"#;

/// A tool that does nothing: what is measured is what stands around it.
struct Nothing;

impl LiveTool for Nothing {
    fn call<'a>(&'a self, args: &'a Args, _: &'a CallContext) -> Future_<'a, Result<Value, ToolError>> {
        Box::pin(async { Ok(args.values[0].clone()) })
    }
}

struct Bench {
    _dir: TempDir,
    config: Arc<Config>,
}

impl Bench {
    fn new() -> Bench {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = dir.path().canonicalize().expect("it is there");
        let (workspace, state) = (root.join("work"), root.join("state"));
        std::fs::create_dir(&workspace).expect("a directory can be made");
        let places = Places { current: workspace.clone(), state_home: Some(state.clone()), home: None };
        let overrides = Overrides { directory: Some(workspace), state: Some(state), ..Overrides::default() };
        let config = Arc::new(Config::load(&overrides, &places).expect("a configuration"));
        config.prepare_state().expect("a state directory");
        Bench { _dir: dir, config }
    }

    fn desk(&self) -> Desk {
        let store = Store::open(&self.config.state, &self.config.workspace).expect("a store");
        let mut registry = registry(&self.config, Pace::default());
        for tool in ["row.look", "row.put"] {
            registry.insert(tool, Implementation::Live(Arc::new(Nothing)));
        }
        Desk { registry: Arc::new(registry), ..Desk::open(self.config.clone(), store).expect("a desk") }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads")
}

/// How long a plan takes once it is approved.
fn carry(plan: &str) -> Duration {
    let bench = Bench::new();
    let desk = bench.desk();
    let runtime = runtime();
    let _inside = runtime.enter();
    let mut sources = Sources::default();
    let catalogues = [add_builtin(&mut sources), sources.add("row.pl", TOOLS)];
    let index = sources.add("plan.pl", plan);
    let (catalogue, _) = load_catalogue(&sources, &catalogues);
    let compiled = compile(&sources, index, &catalogue).compiled.expect("a plan without mistakes");
    let stored = |name: &str, text: &str, role| StoredSource { name: name.into(), text: text.into(), role };
    let stored = vec![stored("row.pl", TOOLS, Role::Catalogue), stored("plan.pl", plan, Role::Plan)];
    let draft = Draft { key: "plan.pl".into(), compiled: Arc::new(compiled), sources, stored, part: None };
    let planned = desk.plan(&draft, &[]).expect("a dry run");
    let yes = desk.yes(&planned.plan, Channel::Argument).expect("the store answers");
    assert!(desk.approve(&planned.plan, &yes).expect("a yes").is_none());
    let run = desk.store.open_run(&planned.plan.digest).expect("a run");
    let setup = desk.setup(&run, &planned, Arc::new(CannotAsk), Stop::new(), None).expect("a setup");
    let began = Instant::now();
    let end = runtime.block_on(execute(setup)).expect("it can be carried out");
    assert_eq!(end, End::Done);
    began.elapsed()
}

/// How long so many records take, so many at the same time.
fn record(records: usize, at_once: usize) -> Duration {
    let bench = Bench::new();
    let desk = bench.desk();
    let journal = desk.store.journal("bench");
    let one = |n: usize| {
        let (step, result) = (format!("s{n}"), Value::Int(n as i64));
        Event::StepSucceeded { step, attempt: 1, result, changes: Vec::new() }
    };
    let writer = |journal: RunJournal, numbers: std::ops::Range<usize>| async move {
        for n in numbers {
            journal.record(one(n)).await.expect("it is recorded");
        }
    };
    let each = records / at_once;
    let began = Instant::now();
    runtime().block_on(async {
        let mut writers = tokio::task::JoinSet::new();
        for n in 0..at_once {
            writers.spawn(writer(journal.clone(), n * each..(n + 1) * each));
        }
        writers.join_all().await;
    });
    began.elapsed()
}

/// How long SQLite alone takes for so many rows of the size of a record, so many in one transaction, as durable as the store.
fn rows(count: usize, at_once: usize) -> Duration {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut raw = rusqlite::Connection::open(dir.path().join("raw.db")).expect("a database");
    raw.pragma_update(None, "journal_mode", "WAL").expect("a pragma");
    raw.pragma_update(None, "synchronous", "FULL").expect("a pragma");
    raw.execute("CREATE TABLE rows (n INTEGER PRIMARY KEY, text TEXT NOT NULL)", []).expect("a table");
    let text = "x".repeat(ROW_BYTES);
    let began = Instant::now();
    for first in (0..count).step_by(at_once) {
        let transaction = raw.transaction().expect("a transaction");
        {
            let mut insert = transaction.prepare_cached("INSERT INTO rows VALUES (?1, ?2)").expect("a statement");
            for n in first..first + at_once {
                insert.execute((n as i64, &text)).expect("a row");
            }
        }
        transaction.commit().expect("a commit");
    }
    began.elapsed()
}

fn programs(count: usize) -> Duration {
    let began = Instant::now();
    for _ in 0..count {
        let status = Command::new("true").env_clear().current_dir("/").status().expect("a program");
        assert!(status.success());
    }
    began.elapsed()
}

fn plan(steps: usize, critical: &str, call: impl Fn(usize) -> String) -> String {
    let mut text = format!("plan \"many\" {{\n  critical {{\n    {critical}\n  }}\n");
    for n in 0..steps {
        writeln!(text, "  step s{n} = {}", call(n)).expect("a text takes all");
    }
    text + "}\n"
}

/// Takes each figure in turn, so that a disk or a neighbour that is slow for a while is so for all of them.
fn medians<const N: usize>(measure: [&dyn Fn() -> Duration; N]) -> [Duration; N] {
    let rounds: Vec<[Duration; N]> = (0..TIMES).map(|_| measure.map(|measure| measure())).collect();
    std::array::from_fn(|which| {
        let mut times: Vec<Duration> = rounds.iter().map(|round| round[which]).collect();
        times.sort_unstable();
        times[TIMES / 2]
    })
}

fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

fn main() -> ExitCode {
    // The cells of programs are laid out by this same program, started again.
    let args: Vec<_> = std::env::args_os().collect();
    planc::sandbox::launched(&args).unwrap_or_else(measured)
}

fn measured() -> ExitCode {
    let steps = 1000;
    let overlapping = plan(steps, "read \"row:*\"", |n| format!("row.look(n: {n})"));
    let in_order = plan(steps, "modify \"row:*\"", |n| format!("row.put(n: {n})"));
    println!(
        "{steps} steps, two records each, against as many records of the same store and rows of SQLite (median of {TIMES})"
    );
    for (what, text, at_once) in [("eight at a time", &overlapping, 8), ("one after the other", &in_order, 1)] {
        let [run, store, raw] =
            medians([&|| carry(text), &|| record(2 * steps, at_once), &|| rows(2 * steps, at_once)]);
        println!(
            "  {what:<20} {:>8.0} steps/s; the store alone {:>8.0}: {:.2} of it; SQLite alone {:>8.0}: {:.2} of it",
            rate(steps, run),
            rate(steps, store),
            store.as_secs_f64() / run.as_secs_f64(),
            rate(steps, raw),
            raw.as_secs_f64() / run.as_secs_f64()
        );
    }
    let count = 200;
    let programs_plan = plan(count, "run \"true\"", |_| "process.run(argv: [\"true\"])".to_owned());
    let [run, raw] = medians([&|| carry(&programs_plan), &|| programs(count)]);
    let each = |time: Duration| time.as_secs_f64() * 1000.0 / count as f64;
    println!("{count} programs, one after the other (median of {TIMES})");
    println!(
        "  {:.2} ms each, bare {:.2} ms each: {:.2} ms more, {:.1} times",
        each(run),
        each(raw),
        each(run) - each(raw),
        run.as_secs_f64() / raw.as_secs_f64()
    );
    ExitCode::SUCCESS
}
