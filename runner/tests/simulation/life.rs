//! A plan that was approved ⟶ carried out by processes that are killed, gone on with by others, until it is over; and what must
//! hold of all of it. Everything is real but what is outside: desk, store, workspace, executor.

use crate::generate::Dice;
use crate::journal::{Break, Breaking, Disk};
use crate::outside::{Cell, Outside, Simulated, Watched};
use planc::approval::Channel;
use planc::config::{Config, Overrides, Places};
use planc::desk::{self, Desk, Draft, Given, Planned, registry};
use planc::event::{End, Event, Resolution};
use planc::evidence::{Expected, ExportError, export, verify};
use planc::executor::execute;
use planc::journal::{Role, Store, StoredRun, StoredSource};
use planc::run::{Agreement, Answer, Ask, GateQuestion, LateQuestion, Question, RunError, RunSetup};
use planc::schedule::is_repeatable;
use planc::seal::Keys;
use planc::state::{RunState, StepRecord, StepState, UndoState};
use planc::stop::Stop;
use planc::tool::Future_;
use planc::tool::pace::Pace;
use planc::tool::registry::{Implementation, Registry};
use planc::undo::{UndoReport, undo};
use planc_lang::compile::{add_builtin, compile, load_catalogue};
use planc_lang::diagnostic::{Colour, render};
use planc_lang::source::Sources;
use planc_lang::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// More processes than any run needs.
const MAX_PROCESSES: usize = 60;

/// Everything by path: mode, and the bytes of a file, the target of a link, or nothing.
pub type Tree = BTreeMap<String, (u32, Option<Vec<u8>>)>;

/// Says yes to everything: who is asked is not what is tried here.
struct Agrees;

impl Ask for Agrees {
    fn ask<'a>(&'a self, _: &'a Question) -> Future_<'a, Answer> {
        Box::pin(async { Answer::Once })
    }

    fn agree<'a>(&'a self, _: &'a GateQuestion) -> Future_<'a, Agreement> {
        Box::pin(async { Agreement::Yes })
    }

    fn look<'a>(&'a self, _: &'a LateQuestion) -> Future_<'a, Agreement> {
        Box::pin(async { Agreement::Yes })
    }
}

/// A workspace with a plan that was approved, before its first process.
pub struct Life {
    dir: TempDir,
    pub planned: Planned,
    run: StoredRun,
    /// The workspace and the state as they were before the first process.
    before: PathBuf,
    pub config: Arc<Config>,
    /// Whether tools are those of a simulation.
    cells: bool,
    pub outside: Outside,
    pub text: String,
    seed: Option<u64>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    pub end: End,
    pub tree: Tree,
    pub state: RunState,
    pub cells: BTreeMap<String, i64>,
    pub effects: BTreeMap<String, usize>,
}

/// How a process ended.
enum Ended<T> {
    ByItself(T),
    Killed(Disk),
}

/// What a simulation is about.
pub struct World<'a> {
    /// Fills the workspace.
    pub fill: &'a dyn Fn(&Path),
    pub plan: &'a str,
    pub catalogues: &'a [(&'a str, &'a str)],
    pub inputs: &'a [Given],
    /// Tools over cells, which behave as a seed says; none: real tools, watched.
    pub cells: bool,
    pub seed: Option<u64>,
}

impl Life {
    /// None where the plan does not compile or cannot be approved.
    pub fn new(world: &World<'_>) -> Option<Life> {
        let dir = scratch();
        let root = dir.path().canonicalize().expect("it is there");
        let live = root.join("live");
        let (workspace, state) = (live.join("work"), live.join("state"));
        std::fs::create_dir_all(&workspace).expect("a directory can be made");
        (world.fill)(&workspace);
        let places = Places { current: workspace.clone(), state_home: Some(state.clone()), home: None };
        let overrides = Overrides { directory: Some(workspace), state: Some(state.clone()), ..Overrides::default() };
        let config = Arc::new(Config::load(&overrides, &places).expect("the configuration can be read"));
        config.prepare_state().expect("a state directory can be made");
        let outside = Outside::new(world.seed);
        let draft = draft(world)?;
        // A dry run looks with tools that do what they should.
        let open =
            || open(&config, Registry::clone(&tools(&config, world.cells, &Outside::new(None), &draft.compiled)));
        let planned = plan(&open(), &draft, world.inputs)?;
        let run = open().store.open_run(&planned.plan.digest).expect("a run can be listed");
        let before = root.join("before");
        copy(&live, &before);
        let (cells, seed, text) = (world.cells, world.seed, world.plan.to_owned());
        Some(Life { dir, planned, run, before, config, cells, outside, text, seed })
    }

    fn live(&self) -> PathBuf {
        self.dir.path().canonicalize().expect("it is there").join("live")
    }

    pub fn run(&self) -> &str {
        &self.run.id
    }

    pub fn state_dir(&self) -> PathBuf {
        self.config.state.clone()
    }

    /// As it was before the first process.
    pub fn reset(&mut self) {
        let live = self.live();
        for part in ["work", "state"] {
            empty(&live.join(part));
        }
        copy(&self.before, &live);
        self.outside = Outside::new(self.seed);
    }

    pub fn events(&self) -> Vec<Event> {
        let store = Store::open(&self.config.state, &self.config.workspace).expect("the store can be opened");
        // Reading checks the chain.
        let events = store.events(&self.run.id).expect("the journal is as it was written");
        events.into_iter().map(|stored| stored.event).collect()
    }

    pub fn state(&self) -> RunState {
        RunState::fold(&self.planned.compiled.plan, self.events().iter())
    }

    pub fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        collect(&self.live().join("work"), "", &mut tree);
        tree
    }

    /// The store, and everything that a process needs of it.
    fn process<T: Send + 'static, F: Future<Output = Result<T, RunError>> + Send + 'static>(
        &self,
        at: Break,
        work: impl FnOnce(RunSetup) -> F,
    ) -> (Ended<Result<T, RunError>>, usize) {
        let registry = tools(&self.config, self.cells, &self.outside, &self.planned.compiled);
        let desk = open(&self.config, Registry::clone(&registry));
        let stored = desk.store.plan(&self.planned.plan.digest.to_string()).expect("the plan is stored");
        let (planned, _) = desk.reopen(stored).expect("it can be compiled again");
        desk.check_bound(&self.run, &planned).expect("nothing has been decided since");
        let mut setup = desk.setup(&self.run, &planned, Arc::new(Agrees), Stop::new(), None).expect("it can be set up");
        let journal = desk.store.journal(&self.run.id);
        let journal = if planned.plan.secret { journal.sealed() } else { journal };
        let journal = Arc::new(Breaking::new(journal, &self.config.state, at));
        setup.journal = journal.clone();
        if self.cells {
            setup.clock = Arc::new(registry.clock.clone());
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("threads can be started");
        let broken = journal.broken.clone();
        let running = runtime.spawn(work(setup));
        let ended = runtime.block_on(async {
            let abort = running.abort_handle();
            tokio::select! {
                biased;
                () = broken.notified() => { abort.abort(); None }
                ended = running => Some(ended.expect("no panic")),
            }
        });
        let left = ended.is_none().then(|| journal.left());
        drop(runtime);
        self.outside.quiet();
        let ended = match (ended, left) {
            (Some(ended), _) => Ended::ByItself(ended),
            (None, left) => Ended::Killed(left.expect("it was killed")),
        };
        (ended, journal.written())
    }

    /// Carries the run out or on in a process of its own; none: it was killed. And how many records it asked for.
    pub fn carry(&self, at: Break) -> (Option<Result<End, RunError>>, usize) {
        let (ended, written) = self.process(at, execute);
        (self.settled(ended), written)
    }

    /// Takes it back.
    pub fn take_back(&self, at: Break) -> Option<Result<UndoReport, RunError>> {
        let (ended, _) = self.process(at, undo);
        self.settled(ended)
    }

    fn settled<T>(&self, ended: Ended<T>) -> Option<T> {
        match ended {
            Ended::ByItself(ended) => Some(ended),
            Ended::Killed(disk) => {
                disk.restore(&self.config.state);
                None
            }
        }
    }

    /// Of a file call that was cut off right before its first change, some of the changes made: what a process does that is
    /// killed between two of them.
    pub fn change_some(&self, dice: &mut Dice) {
        let desk = open(&self.config, Registry::builtin());
        let planned = &self.planned;
        let setup = desk.setup(&self.run, planned, Arc::new(Agrees), Stop::new(), None).expect("it can be set up");
        for record in self.state().steps() {
            let StepState::Running { changes, result: Some(_) } = &record.state else { continue };
            let untouched =
                changes.iter().all(|change| setup.workspace.state(&change.path) == Ok(change.before.clone()));
            let distinct: BTreeSet<&str> = changes.iter().map(|change| change.path.as_str()).collect();
            if !untouched || distinct.len() < changes.len() {
                continue;
            }
            for change in &changes[..dice.below(changes.len() + 1)] {
                setup.workspace.apply(change, &setup.contents).expect("it can be changed");
            }
        }
    }

    /// A person looks what became of each call in doubt, and says so truthfully.
    fn answer(&self, state: &RunState) {
        let plan = &self.planned.compiled.plan;
        let undo: Vec<&str> = state.undo_doubts().collect();
        let mut said = Vec::new();
        for (step, _) in state.doubts().filter(|(step, _)| !undo.contains(step)) {
            let became = self.outside.became(step);
            let record = state.step(step).expect("a step in doubt has a record");
            let resolution = match (state.undo, became.effects, &became.result) {
                (UndoState::No, 0, None) => Resolution::Redo,
                (UndoState::No, _, Some(result)) if self.fits(state, record, result) => Resolution::Done,
                (UndoState::No | UndoState::Started | UndoState::Partial | UndoState::Complete, ..) => Resolution::Fail,
            };
            let result = became.result.filter(|_| resolution == Resolution::Done);
            said.push(Event::DoubtResolved { step: step.to_owned(), resolution, result, channel: "argument".into() });
        }
        let again = |step: &str| {
            let instance = state.step(step).and_then(|record| record.instance).expect("it is of the plan");
            plan.get(instance.step).undo.as_ref().is_some_and(|call| call.tool.idempotent)
        };
        for step in undo.into_iter().filter(|step| !again(step)) {
            let (step, resolution) = (step.to_owned(), Resolution::Fail);
            said.push(Event::DoubtResolved { step, resolution, result: None, channel: "argument".into() });
        }
        let store = Store::open(&self.config.state, &self.config.workspace).expect("the store can be opened");
        let journal = store.journal(&self.run.id);
        let journal = if self.planned.plan.secret { journal.sealed() } else { journal };
        journal.append(&said).expect("answers can be recorded");
    }

    fn fits(&self, state: &RunState, record: &StepRecord, result: &Value) -> bool {
        let desk = open(&self.config, Registry::builtin());
        let setup =
            desk.setup(&self.run, &self.planned, Arc::new(Agrees), Stop::new(), None).expect("it can be set up");
        planc::executor::unfit(setup, state.clone(), &record.name, result).is_none()
    }

    /// Goes on until the run is over, the first processes being killed at these places.
    pub fn live_through(&self, breaks: &[Break], dice: &mut Dice) -> Outcome {
        let mut breaks = breaks.iter().copied();
        for _ in 0..MAX_PROCESSES {
            let before = self.state();
            if before.end.is_some()
                && !before.can_resume()
                && before.undo != UndoState::Started
                && !self.wants_undo(&before)
            {
                return self.outcome(before);
            }
            if before.doubts().next().is_some() || before.undo_doubts().next().is_some() {
                self.answer(&before);
            }
            let (open, made) = (self.open_calls(), self.outside.made().len());
            let at = breaks.next().unwrap_or(Break::Never);
            let (ended, _) = self.carry(at);
            let state = self.state();
            self.check_doubts(&open, made, &state, ended.is_some());
            self.check_effects();
            match ended {
                None => self.change_some(dice),
                Some(Ok(_)) => {}
                Some(Err(error)) => panic!("{error}\n{}", self.text),
            }
        }
        panic!("it is never over: {:?}\n{}", self.events(), self.text)
    }

    fn wants_undo(&self, state: &RunState) -> bool {
        state.undo == UndoState::No
            && state.end == Some(End::Failed)
            && planc::schedule::wants_undo(&self.planned.compiled.plan, state)
    }

    fn outcome(&self, state: RunState) -> Outcome {
        let end = state.end.expect("it is over");
        Outcome { end, tree: self.tree(), cells: self.outside.cells(), effects: self.outside.effects(), state }
    }

    /// Calls that may not be made twice, of which the journal knows that they were about to be made and nothing more.
    fn open_calls(&self) -> BTreeSet<String> {
        let state = self.state();
        let plan = &self.planned.compiled.plan;
        let open = |record: &&StepRecord| {
            matches!(record.state, StepState::Running { result: None, .. })
                && record.instance.map(|instance| plan.get(instance.step)).is_some_and(|step| {
                    // Of a call with a probe it is known what became of it.
                    !is_repeatable(step) && step.call.tool.probe.is_none()
                })
        };
        state.steps().iter().filter(open).map(|record| record.name.clone()).collect()
    }

    /// In doubt is never guessed: a process that finds such calls says so of each, makes no call, and ends in doubt.
    fn check_doubts(&self, open: &BTreeSet<String>, made: usize, state: &RunState, by_itself: bool) {
        if open.is_empty() {
            return;
        }
        let calls = &self.outside.made()[made..];
        assert!(calls.is_empty(), "calls while `{open:?}` is in doubt: {calls:?}\n{}", self.text);
        if by_itself {
            let doubts: BTreeSet<String> = state.doubts().map(|(step, _)| step.to_owned()).collect();
            assert!(open.is_subset(&doubts), "{open:?} is in doubt, not {doubts:?}\n{}", self.text);
            assert!(state.end == Some(End::InDoubt) || state.undo != UndoState::No, "{:?}\n{}", state.end, self.text);
        }
    }

    /// Evidence of the run holds together: no history is refused that planc itself has made.
    pub fn check_evidence(&self) {
        let desk = open(&self.config, Registry::builtin());
        let stored = desk.store.plan(&self.planned.plan.digest.to_string()).expect("the plan is stored");
        let bundle = match export(&desk, &stored, &self.run) {
            Ok(bundle) => serde_json::to_vec(&bundle).expect("a bundle is JSON"),
            Err(ExportError::NotBegun(_)) => return,
            Err(error) => panic!("{error}\n{}", self.text),
        };
        let keys = Keys::of(&self.config.state);
        let verdict = verify(&bundle, Expected::default(), Some(&keys)).expect("it is a bundle");
        let faults: Vec<&String> = verdict.checks.iter().flat_map(|check| &check.faults).collect();
        let events = || self.events().iter().map(|event| format!("  {event:?}\n")).collect::<String>();
        assert!(verdict.valid, "{faults:?}\n{}\n{}", self.text, events());
    }

    /// Nothing takes effect twice, and a call is known by the same key each time.
    fn check_effects(&self) {
        let mut keys: BTreeMap<String, Option<String>> = BTreeMap::new();
        for made in self.outside.made() {
            let key = keys.entry(made.step.clone()).or_insert_with(|| made.key.clone());
            assert!(*key == made.key, "`{}` of {} has another key\n{}", made.step, made.tool, self.text);
        }
        for (step, effects) in self.outside.effects() {
            assert!(effects <= 1, "`{step}` took effect {effects} times\n{}", self.text);
        }
    }
}

/// A place in memory where there is one: a crash of planc, unlike one of the machine, loses nothing that was written.
fn scratch() -> TempDir {
    let in_memory = tempfile::Builder::new().prefix("planc-").tempdir_in("/dev/shm");
    in_memory.or_else(|_| tempfile::tempdir()).expect("a temporary directory can be made")
}

/// The tools, with the clock that slow ones move.
struct Tools {
    registry: Registry,
    clock: Simulated,
}

impl std::ops::Deref for Tools {
    type Target = Registry;

    fn deref(&self) -> &Registry {
        &self.registry
    }
}

impl Clone for Tools {
    fn clone(&self) -> Tools {
        Tools { registry: self.registry.clone(), clock: self.clock.clone() }
    }
}

fn tools(config: &Config, cells: bool, outside: &Outside, compiled: &planc_lang::compile::Compiled) -> Tools {
    let mut registry = registry(config, Pace::default());
    let clock = Simulated::new();
    let plan = &compiled.plan;
    let retried: Vec<String> =
        plan.steps.iter().filter(|step| step.retry.is_some()).map(|step| step.name.to_string()).collect();
    if cells {
        for step in &plan.steps {
            let name = step.call.tool.name.as_str();
            if name.starts_with("cell.") || name.starts_with("sim.") {
                let cell = Cell { outside: outside.clone(), clock: clock.clone(), retried: retried.clone() };
                registry.insert(name, Implementation::Live(Arc::new(cell)));
            }
        }
    } else if let Some(Implementation::Live(tool)) = registry.get("process.run").cloned() {
        let watched = Watched { outside: outside.clone(), tool };
        registry.insert("process.run", Implementation::Live(Arc::new(watched)));
    }
    Tools { registry, clock }
}

fn open(config: &Arc<Config>, registry: Registry) -> Desk {
    let store = Store::open(&config.state, &config.workspace).expect("the store can be opened");
    Desk { registry: Arc::new(registry), ..Desk::open(config.clone(), store).expect("a desk can be opened") }
}

fn draft(world: &World<'_>) -> Option<Draft> {
    let mut sources = Sources::default();
    let mut catalogues = vec![add_builtin(&mut sources)];
    let mut stored = Vec::new();
    for (name, text) in world.catalogues {
        catalogues.push(sources.add(*name, *text));
        stored.push(StoredSource { name: (*name).to_owned(), text: (*text).to_owned(), role: Role::Catalogue });
    }
    let index = sources.add("plan.pl", world.plan);
    stored.push(StoredSource { name: "plan.pl".into(), text: world.plan.to_owned(), role: Role::Plan });
    let (catalogue, _) = load_catalogue(&sources, &catalogues);
    let compilation = compile(&sources, index, &catalogue);
    if compilation.compiled.is_none() && !compilation.diagnostics.iter().any(|d| d.code.to_string() == "P0506") {
        let texts = compilation.diagnostics.iter().map(|diagnostic| render(diagnostic, &sources, Colour::Never));
        panic!("the plan has mistakes:\n{}\n{}", texts.collect::<String>(), world.plan);
    }
    Some(Draft { key: "plan.pl".into(), compiled: Arc::new(compilation.compiled?), sources, stored, part: None })
}

/// The plan, dry-run and approved; none where it cannot be.
fn plan(desk: &Desk, draft: &Draft, inputs: &[Given]) -> Option<Planned> {
    let inputs = desk::inputs(&draft.compiled.plan, inputs).expect("the inputs fit");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("threads can be started");
    let _inside = runtime.enter();
    let planned = desk.plan(draft, &inputs).expect("it can be dry-run");
    let yes = desk.yes(&planned.plan, Channel::Argument).ok()?;
    let lack = desk.approve(&planned.plan, &yes).ok()?;
    lack.is_none().then_some(planned)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory can be made");
    for entry in std::fs::read_dir(from).expect("a directory can be read") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("it has a name"));
        let metadata = path.symlink_metadata().expect("it was listed");
        match (metadata.is_dir(), metadata.is_symlink()) {
            (true, _) => copy(&path, &target),
            (_, true) => {
                std::os::unix::fs::symlink(std::fs::read_link(&path).expect("a link"), &target).expect("a link")
            }
            (false, false) => drop(std::fs::copy(&path, &target).expect("a file can be copied")),
        }
    }
    let mode = from.symlink_metadata().expect("it is there").permissions();
    std::fs::set_permissions(to, mode).expect("a mode can be set");
}

fn empty(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a directory can be read") {
        let path = entry.expect("an entry").path();
        match path.symlink_metadata().expect("it was listed").is_dir() {
            true => std::fs::remove_dir_all(&path).expect("a directory can be removed"),
            false => std::fs::remove_file(&path).expect("a file can be removed"),
        }
    }
}

fn collect(folder: &Path, prefix: &str, tree: &mut Tree) {
    use std::os::unix::fs::PermissionsExt;
    for entry in std::fs::read_dir(folder).expect("a directory can be read") {
        let entry = entry.expect("an entry");
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let metadata = entry.path().symlink_metadata().expect("it was listed");
        let content = match (metadata.is_dir(), metadata.is_symlink()) {
            (true, _) => None,
            (_, true) => Some(std::fs::read_link(entry.path()).expect("a link").into_os_string().into_encoded_bytes()),
            (false, false) => Some(std::fs::read(entry.path()).expect("a file can be read")),
        };
        tree.insert(path.clone(), (metadata.permissions().mode() & 0o7777, content));
        if metadata.is_dir() {
            collect(&entry.path(), &format!("{path}/"), tree);
        }
    }
}
