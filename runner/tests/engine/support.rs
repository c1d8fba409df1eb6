//! A workspace in a temporary directory, a plan compiled and dry-run over it, fake tools whose world outlives crashes, and
//! a journal that crashes or fails where it is told to.

use planc::approval::{Approved, Channel, Claim, Lack};
use planc::config::{Approvals, Config, Programs, Rule};
use planc::dry_run::{DryRun, InputValue};
use planc::event::{End, Event};
use planc::executor::execute;
use planc::journal::{Grant, Journal, StoreError};
use planc::run::{Agreement, Answer, Ask, LateQuestion, Question, RunError, RunSetup};
use planc::standing::Terms;
use planc::state::RunState;
use planc::stop::Stop;
use planc::tool::registry::{Implementation, Registry};
use planc::tool::{Args, CallContext, Future_, LiveTool, ToolError};
use planc::undo::{UndoReport, undo};
use planc::workspace::{Contents, Workspace};
use planc_lang::compile::{Compiled, add_builtin, compile, load_catalogue};
use planc_lang::diagnostic::{Colour, render};
use planc_lang::digest::Digest;
use planc_lang::source::Sources;
use planc_lang::value::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{Barrier, Notify};

pub const CATALOGUE: &str = r#"
/// Tools of the tests.
catalogue fake {
  /// Sends.
  tool send(to: string) -> { trusted id: int } {
    contacts to
    independent
  }
  /// Sends a text.
  tool tell(to: string, data text: string) -> { trusted id: int } {
    contacts to
    independent
  }
  /// Keeps a text.
  tool keep(name: string, data text: string) -> { trusted id: int } {
    writes "table:${name}"
    independent
  }
  /// Puts a name into a table.
  tool put(name: string) -> { trusted id: int } {
    writes "table:${name}"
    independent
  }
  /// Removes it.
  tool remove(name: string) -> { trusted id: int } {
    deletes "table:${name}"
    independent
  }
  /// The same, however often.
  tool ensure(name: string) -> { trusted id: int } {
    writes "table:${name}"
    idempotent
    independent
  }
  /// Pays, once.
  tool pay(name: string) -> { id: int } {
    writes "table:${name}"
    probe paid
    independent
  }
  /// What became of that.
  tool paid(name: string) -> { id: int }? {
    reads "table:${name}"
    independent
  }
  /// Looks.
  tool look(name: string) -> { trusted id: int } {
    reads "table:${name}"
    independent
  }
  /// Finds names.
  tool names(from: string) -> { trusted names: [string], others?: [string] } {
    reads "table:${from}"
    independent
  }
  /// Runs something that changes files.
  tool scribble(argv: [string]) -> { trusted id: int } {
    runs argv
    independent
  }
  /// Asked about.
  tool asked(name: string) -> { trusted id: int } {
    writes "table:${name}"
    approval ask
    independent
  }
  /// Called now and then.
  tool slow(name: string) -> { id: int } {
    writes "table:${name}"
    limit 2 per minute
  }
  /// Makes a drive, whose number the server chooses.
  tool make(name: string) -> { trusted id: int } { creates "drive:${result.id}" }
  /// Looks at a table or changes it.
  tool call(name: string, method: "get" | "put") -> { trusted id: int, note?: string } {
    reads "table:${name}" when method == "get"
    writes "table:${name}" when method != "get"
    independent
  }
}
"#;

/// What a fake tool does at a call: given its name, the step, and how often it was called before.
pub type Act = Arc<dyn Fn(&Made) -> Result<Value, ToolError> + Send + Sync>;

/// A call of a fake tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    pub tool: String,
    pub step: String,
    /// The first argument.
    pub arg: String,
    /// How often this tool was called by this step before.
    pub before: usize,
    /// What the call is known by to a server that makes no call twice.
    pub key: Option<String>,
}

/// The world outside, which no crash forgets.
#[derive(Clone, Default)]
pub struct Outside {
    pub calls: Arc<Mutex<Vec<Made>>>,
    /// How often each tool was called by each step.
    made: Arc<Mutex<HashMap<(String, String), usize>>>,
    act: Arc<Mutex<Option<Act>>>,
    /// Calls never answer until they are told to end, or at all.
    pub hang: Arc<Mutex<Option<Hang>>>,
    pub called: Arc<Notify>,
    meeting: Arc<Mutex<Option<Meeting>>>,
}

/// Calls of a tool that wait for each other: the first so many go on when all of them have come.
#[derive(Clone)]
struct Meeting {
    tool: String,
    left: usize,
    barrier: Arc<Barrier>,
}

/// How long one waits for the others: past it they did not overlap.
const MEETING: Duration = Duration::from_secs(60);

/// What takes longer hangs.
const FOR_EVER: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, PartialEq)]
pub enum Hang {
    UntilKilled,
    Always,
}

impl Outside {
    pub fn act(&self, act: impl Fn(&Made) -> Result<Value, ToolError> + Send + Sync + 'static) {
        *self.act.lock().unwrap() = Some(Arc::new(act));
    }

    /// The first so many calls of a tool go on only when all of them have come, and fail where they do not.
    pub fn meet(&self, tool: &str, count: usize) {
        let meeting = Meeting { tool: tool.to_owned(), left: count, barrier: Arc::new(Barrier::new(count)) };
        *self.meeting.lock().unwrap() = Some(meeting);
    }

    fn barrier(&self, tool: &str) -> Option<Arc<Barrier>> {
        let mut meeting = self.meeting.lock().unwrap();
        let meeting = meeting.as_mut().filter(|meeting| meeting.tool == tool && meeting.left > 0)?;
        meeting.left -= 1;
        Some(meeting.barrier.clone())
    }

    pub fn count(&self, step: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|made| made.step == step).count()
    }

    pub fn log(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|made| format!("{} {}", made.tool, made.arg)).collect()
    }
}

pub fn ok(id: i64) -> Result<Value, ToolError> {
    Ok(Value::record([("id", Value::Int(id))]))
}

struct Fake(Outside);

impl LiveTool for Fake {
    fn call<'a>(&'a self, args: &'a Args, context: &'a CallContext) -> Future_<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let made = {
                let mut calls = self.0.calls.lock().unwrap();
                let tool = args.tool.name.to_string();
                let mut made = self.0.made.lock().unwrap();
                let count = made.entry((tool.clone(), context.step.clone())).or_default();
                let before = std::mem::replace(count, *count + 1);
                let arg = args.values[0].as_str().map_or_else(|| args.values[0].to_string(), str::to_owned);
                let key = context.idempotency_key.clone();
                let made = Made { tool, step: context.step.clone(), arg, before, key };
                calls.push(made.clone());
                made
            };
            self.0.called.notify_one();
            if let Some(barrier) = self.0.barrier(&made.tool)
                && tokio::time::timeout(MEETING, barrier.wait()).await.is_err()
            {
                return Err(ToolError::before("the others did not come"));
            }
            let hang = *self.0.hang.lock().unwrap();
            match hang {
                Some(Hang::Always) => std::future::pending().await,
                Some(Hang::UntilKilled) => {
                    let mut kill = context.kill.clone();
                    kill.wait_for(|killed| *killed).await.expect("the run holds the handle");
                    return Err(ToolError::in_doubt("it was killed"));
                }
                None => {}
            }
            let act = self.0.act.lock().unwrap().clone();
            act.map_or_else(|| ok(7), |act| act(&made))
        })
    }
}

/// When a journal breaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Break {
    Never,
    /// The process ends right before the n-th record of this process is written.
    CrashBefore(usize),
    /// The process ends right after it.
    CrashAfter(usize),
    /// The disk is full from the n-th record on.
    Full(usize),
}

/// A journal in memory.
#[derive(Clone)]
pub struct Memory {
    pub events: Arc<Mutex<Vec<Event>>>,
    pub standing: Arc<Mutex<Vec<Grant>>>,
    pub breaks: Break,
    written: Arc<Mutex<usize>>,
    crashed: Arc<Notify>,
}

/// Where the yeses of these tests count.
fn site() -> Digest {
    Digest::of("site")
}

/// A plain yes.
pub fn yes(digest: Digest, channel: Channel) -> Approved {
    Approved::by_account(digest, digest, site(), channel)
}

/// What a plain yes is enough for.
pub fn claim(digest: Digest) -> Claim {
    Claim {
        digest,
        deed: digest,
        site: site(),
        written: Vec::new(),
        rule: Rule::default(),
        approvals: Approvals::default(),
        authors: Vec::new(),
        not_undoable: Vec::new(),
        failing: Vec::new(),
        blocked: Vec::new(),
    }
}

impl Memory {
    pub fn on(events: Arc<Mutex<Vec<Event>>>, breaks: Break) -> Memory {
        Memory { events, standing: Arc::default(), breaks, written: Arc::default(), crashed: Arc::default() }
    }
}

impl Journal for Memory {
    fn take_approval<'a>(
        &'a self,
        claim: &'a Claim,
        _: Option<&'a Approved>,
    ) -> Future_<'a, Result<Result<Approved, Lack>, StoreError>> {
        Box::pin(async { Ok(Err(Lack { rule: claim.rule, have: 0, void: Vec::new() })) })
    }

    fn record(&self, event: Event) -> Future_<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let number = {
                let mut written = self.written.lock().unwrap();
                *written += 1;
                *written - 1
            };
            let crash = match self.breaks {
                Break::CrashBefore(at) if number >= at => true,
                Break::CrashAfter(at) if number > at => true,
                Break::Full(at) if number >= at => {
                    return Err(StoreError::Full { attempt: "record what happened".into(), path: "memory".into() });
                }
                _ => false,
            };
            if !crash {
                // As a journal on disk would read it back.
                let json = serde_json::to_string(&event).expect("an event is JSON");
                self.events.lock().unwrap().push(serde_json::from_str(&json).expect("it is read back"));
            }
            if crash || self.breaks == Break::CrashAfter(number) {
                self.crashed.notify_one();
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }

    fn events(&self) -> Future_<'_, Result<Vec<Event>, StoreError>> {
        Box::pin(async { Ok(self.events.lock().unwrap().clone()) })
    }

    fn standing(&self) -> Future_<'_, Result<Vec<Grant>, StoreError>> {
        Box::pin(async { Ok(self.standing.lock().unwrap().clone()) })
    }

    fn use_standing<'a>(&'a self, number: i64, _: &'a str) -> Future_<'a, Result<bool, StoreError>> {
        let mut all = self.standing.lock().unwrap();
        let found = all.iter_mut().find(|standing| standing.number == number).filter(|standing| standing.holds());
        let holds = found.is_some();
        found.into_iter().for_each(|standing| standing.used += 1);
        Box::pin(async move { Ok(holds) })
    }

    fn stand<'a>(&'a self, terms: &'a Terms, by: &'a str) -> Future_<'a, Result<i64, StoreError>> {
        let mut all = self.standing.lock().unwrap();
        let number = all.len() as i64 + 1;
        all.push(standing(number, terms.clone(), by));
        Box::pin(async move { Ok(number) })
    }
}

/// A standing answer as somebody has just given it.
pub fn standing(number: i64, terms: Terms, by: &str) -> Grant {
    let at = "2026-01-01T00:00:00Z".to_owned();
    Grant { number, terms, used: 0, by: by.to_owned(), why: "a test".to_owned(), at, revoked: None }
}

/// Answers every question alike.
pub struct Says(pub Answer);

impl Ask for Says {
    fn ask<'a>(&'a self, _: &'a Question) -> Future_<'a, Answer> {
        Box::pin(async { self.0.clone() })
    }
}

/// Takes whatever is offered to be approved always.
pub struct SaysAlways;

impl Ask for SaysAlways {
    fn ask<'a>(&'a self, question: &'a Question) -> Future_<'a, Answer> {
        let terms = question.always.clone().expect("it can be approved always");
        Box::pin(async { Answer::Always(Box::new(terms)) })
    }

    fn look<'a>(&'a self, _: &'a LateQuestion) -> Future_<'a, Agreement> {
        Box::pin(async { Agreement::Yes })
    }
}

/// Agrees to every late value.
pub struct Looks;

impl Ask for Looks {
    fn ask<'a>(&'a self, _: &'a Question) -> Future_<'a, Answer> {
        Box::pin(async { Answer::CannotAsk })
    }

    fn look<'a>(&'a self, _: &'a LateQuestion) -> Future_<'a, Agreement> {
        Box::pin(async { Agreement::Yes })
    }
}

/// How a process ended.
#[derive(Debug)]
pub enum Process {
    Ended(Result<End, RunError>),
    Crashed,
}

impl Process {
    pub fn end(self) -> End {
        match self {
            Process::Ended(end) => end.expect("the run could be carried on"),
            Process::Crashed => panic!("the process crashed"),
        }
    }
}

pub struct World {
    _dir: TempDir,
    pub root: PathBuf,
    pub state_dir: PathBuf,
    pub outside: Outside,
    pub events: Arc<Mutex<Vec<Event>>>,
    pub setup: RunSetup,
}

impl World {
    /// A plan over these files, dry-run and approved.
    pub fn new(files: &[(&str, &str)], plan: &str) -> World {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = dir.path().canonicalize().unwrap().join("work");
        let state_dir = root.parent().unwrap().join("state");
        std::fs::create_dir_all(&root).unwrap();
        std::fs::create_dir_all(&state_dir).unwrap();
        for (path, text) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let outside = Outside::default();
        let events = Arc::new(Mutex::new(Vec::new()));
        let setup = setup(&root, &state_dir, plan, &outside, &events);
        World { _dir: dir, root, state_dir, outside, events, setup }
    }

    /// Carries the run out or on, in a process of its own.
    pub fn process(&self, breaks: Break) -> Process {
        self.process_with(breaks, |_| {})
    }

    pub fn process_with(&self, breaks: Break, change: impl FnOnce(&mut RunSetup)) -> Process {
        let journal = Memory::on(self.events.clone(), breaks);
        let mut setup = self.setup.clone();
        setup.stop = Stop::new();
        setup.journal = Arc::new(journal.clone());
        change(&mut setup);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let running = tokio::spawn(execute(setup));
            let abort = running.abort_handle();
            tokio::select! {
                end = running => Process::Ended(end.expect("no panic")),
                () = journal.crashed.notified() => { abort.abort(); Process::Crashed }
                () = tokio::time::sleep(FOR_EVER) => panic!("it neither ends nor crashes"),
            }
        })
    }

    pub fn execute(&self) -> End {
        self.process(Break::Never).end()
    }

    pub fn undo(&self) -> UndoReport {
        self.undo_with(Break::Never).expect("no crash")
    }

    pub fn undo_with(&self, breaks: Break) -> Option<UndoReport> {
        let journal = Memory::on(self.events.clone(), breaks);
        let setup = RunSetup { journal: Arc::new(journal.clone()), stop: Stop::new(), ..self.setup.clone() };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let running = tokio::spawn(undo(setup));
            let abort = running.abort_handle();
            tokio::select! {
                report = running => Some(report.expect("no panic").expect("it can be taken back")),
                () = journal.crashed.notified() => { abort.abort(); None }
            }
        })
    }

    pub fn state(&self) -> RunState {
        RunState::fold(&self.setup.compiled.plan, self.events.lock().unwrap().iter())
    }

    pub fn has(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events.lock().unwrap().iter().any(wanted)
    }

    /// All files with their contents, directories with a slash.
    pub fn tree(&self) -> BTreeMap<String, String> {
        let mut tree = BTreeMap::new();
        read_tree(&self.root, &self.root, &mut tree);
        tree
    }

    pub fn write(&self, path: &str, text: &str) {
        std::fs::write(self.root.join(path), text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).unwrap()
    }
}

fn read_tree(root: &Path, dir: &Path, tree: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            tree.insert(format!("{name}/"), String::new());
            read_tree(root, &path, tree);
        } else {
            tree.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

pub fn compiled(plan: &str) -> Compiled {
    let mut sources = Sources::default();
    let builtin = add_builtin(&mut sources);
    let fakes = sources.add("fake.pl", CATALOGUE);
    let index = sources.add("plan.pl", plan);
    let (catalogue, diagnostics) = load_catalogue(&sources, &[builtin, fakes]);
    let compilation = compile(&sources, index, &catalogue);
    let all = diagnostics.iter().chain(&compilation.diagnostics);
    let text: String = all.map(|diagnostic| render(diagnostic, &sources, Colour::Never)).collect();
    compilation.compiled.unwrap_or_else(|| panic!("the plan has mistakes:\n{text}"))
}

fn setup(root: &Path, state: &Path, plan: &str, outside: &Outside, events: &Arc<Mutex<Vec<Event>>>) -> RunSetup {
    let compiled = compiled(plan);
    let config = Config {
        workspace: root.to_owned(),
        root: planc::config::Root::hold(root).unwrap(),
        unfit: None,
        state: state.to_owned(),
        state_name: state.to_owned(),
        file: None,
        catalogues: Vec::new(),
        given: Vec::new(),
        catalogue_globs: Vec::new(),
        read: vec!["**".into()],
        policy: planc::policy::Policy::default(),
        policy_tools: Vec::new(),
        cedar: None,
        hosts: Vec::new(),
        pass_env: Vec::new(),
        // What these tests are about is a program of which nobody knows what it did.
        programs: Programs { open: vec!["sh".into()], ..Programs::default() },
        approval: Approvals::default(),
        contents_bytes: u64::MAX,
        deadline: None,
        servers: BTreeMap::new(),
        plan_for: Default::default(),
        agent_hook: Default::default(),
        agent_reads: Vec::new(),
        agent_credentials: None,
        model: None,
        mode: planc::config::ModeConfig::default(),
        report: planc::config::ReportConfig::default(),
    };
    let workspace = Arc::new(Workspace::open(root, vec![state.to_owned()]).unwrap());
    let mut registry = Registry::builtin();
    for tool in [
        "send", "put", "remove", "ensure", "look", "names", "scribble", "asked", "make", "call", "tell", "keep",
        "slow", "pay", "paid",
    ] {
        registry.insert(&format!("fake.{tool}"), Implementation::Live(Arc::new(Fake(outside.clone()))));
    }
    let inputs: Vec<InputValue> = Vec::new();
    let dry = DryRun {
        purpose: Default::default(),
        compiled: &compiled,
        inputs: &inputs,
        config: &config,
        workspace: &workspace,
        registry: &registry,
        time: 1,
        standing: &[],
        sight: planc::dry_run::Sight::All,
        veil: None,
        site: None,
        early: planc::dry_run::Early::Off,
        runtime: None,
        recall: &|_| None,
        stop: &Stop::new(),
    };
    let outcome = dry.run().expect("nobody stops it");
    let digest = outcome.report.digest;
    let approval = yes(digest, Channel::Argument);
    RunSetup {
        run: run_name(),
        config: Arc::new(config),
        releases: Arc::new(planc::desk::known_releases(&outcome.report)),
        labels: Arc::new(planc_lang::labels::Labels::of(&compiled.plan)),
        compiled: Arc::new(compiled),
        inputs: Vec::new(),
        predictions: outcome.predictions.into(),
        critical: outcome.report.critical.into_iter().map(|line| line.value).collect(),
        observations: outcome.report.observations,
        workspace,
        contents: Contents::open(&state.join("contents")).unwrap(),
        registry: Arc::new(registry),
        journal: Arc::new(Memory::on(events.clone(), Break::Never)),
        digest,
        around: None,
        claim: claim(digest),
        approval: Some(approval),
        veil: None,
        mode: None,
        ask: Arc::new(Looks),
        by: "tester".into(),
        stop: Stop::new(),
        deadline: None,
        watch: None,
        clock: Arc::new(planc::clock::SystemClock::new()),
        parallel: planc::schedule::MAX_PARALLEL,
        grace: Duration::from_millis(50),
    }
}

/// A name that no other test has: survivors are looked for by it.
fn run_name() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{:04x}{:04x}", std::process::id() & 0xffff, NEXT.fetch_add(1, Ordering::Relaxed) & 0xffff)
}
