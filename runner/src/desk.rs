//! The one way in: what commands, servers and pages do with plans and runs.
//!
//! A compiled text becomes a stored plan that waits for a yes; a yes is judged and recorded; an approved plan becomes a run
//! that is carried out, resumed, undone. Nothing here parses arguments or draws.

use crate::approval::{account, own_account};
use crate::clock::SystemClock;
use crate::config::{Config, EarlyPrograms, Mode, ModelWiring, ways};
use crate::dry_run::{DryRun, Early, InputValue, Outcome, Purpose, Sight};
use crate::event::Event;
use crate::inventory::Inventory;
use crate::journal::{Grant, Role, Store, StoredPlan, StoredRun, StoredSource, now};
use crate::mode::{InWorkspace, ModeWatch, Modes, Standing};
use crate::report::{Chosen, PlanReport, PlanStatus};
use crate::run::{Ask, GRACE, RunSetup, Surroundings, Watch};
use crate::sandbox::probe;
use crate::schedule::MAX_PARALLEL;
use crate::seal::Sealer;
use crate::stop::Stop;
use crate::tool::mcp::Server;
use crate::tool::pace::Pace;
use crate::tool::process::is_watched;
use crate::tool::registry::Registry;
use crate::veil::Veil;
use crate::workspace::{Contents, FileError, Workspace};
use planc_lang::catalogue::Catalogue;
use planc_lang::compile::{Compiled, add_builtin, compile, load_catalogue};
use planc_lang::digest::Digest;
use planc_lang::labels::Labels;
use planc_lang::plan::Plan;
use planc_lang::revision::revision;
use planc_lang::secrets::Secrets;
use planc_lang::source::Sources;
use planc_lang::value::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod inputs;
mod error;
mod bound;
mod again;
mod approve;
mod asked;
mod mark;
mod part;
mod collect;
mod undo;

pub use again::{Unlike, has_secret_inputs, shown_inputs};
pub use asked::Open;
pub use bound::found_place;
pub use collect::Collected;
pub use error::DeskError;
pub use inputs::{Given, InputError, inputs, value_of};
pub use mark::MAX_EARLIER;

/// The folder of earlier contents in the state directory.
const CONTENTS: &str = "contents";

/// A compiled text with everything it was compiled from.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What its revisions have in common: the path of its file, or its title where it has none.
    pub key: String,
    /// The plan.
    pub compiled: Arc<Compiled>,
    /// The texts, as the compiler saw them.
    pub sources: Sources,
    /// The texts, as they are stored: catalogues in order, then the plan. The built-in catalogue is not among them.
    pub stored: Vec<StoredSource>,
    /// Which part of the text that was named it is; none: all of it.
    pub part: Option<Chosen>,
}

/// A plan that was dry-run and stored.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What is stored.
    pub plan: StoredPlan,
    /// The plan.
    pub compiled: Arc<Compiled>,
    /// Values of its inputs, by index.
    pub inputs: Vec<Value>,
}

/// What every surface works with.
#[derive(Clone)]
pub struct Desk {
    /// What the operator decided.
    pub config: Arc<Config>,
    /// Plans, runs, approvals and events.
    pub store: Store,
    /// The files.
    pub workspace: Arc<Workspace>,
    /// Earlier and later contents of files.
    pub contents: Contents,
    /// The tools.
    pub registry: Arc<Registry>,
    /// What of that which models have said before is used.
    pub recall: Recall,
    /// Whether programs run in dry runs.
    pub early: Early,
    /// For whom it works: what the mode is asked for. The scope comes from the operator's file, or from a credential.
    pub standing: Standing,
    /// Stops its dry runs.
    pub stop: Stop,
}

/// What of that which models have said before is used in a dry run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recall {
    /// All of it: a model is asked what it was not asked before.
    #[default]
    All,
    /// Nothing: models are asked again, and what they say now counts from here on.
    Nothing,
}

impl Desk {
    /// Opens the workspace and its state; makes the state directory where it is missing.
    pub fn open(config: Arc<Config>, store: Store) -> Result<Desk, DeskError> {
        let folder = config.state.join(CONTENTS);
        let contents = Contents::open(&folder)
            .map_err(|error| DeskError::Contents { path: folder.display().to_string(), why: error.to_string() })?
            .within(config.contents_bytes);
        let workspace = Arc::new(opened(&config)?);
        let pace = Pace::new(Arc::new(SystemClock::new()), Arc::new(store.clone()));
        let registry = Arc::new(registry(&config, pace));
        let standing = Standing { scope: config.mode.scope.clone(), session: None, is_vouched: false };
        Ok(Desk {
            config,
            store,
            workspace,
            contents,
            registry,
            recall: Recall::All,
            early: Early::Off,
            standing,
            stop: Stop::new(),
        })
    }

    /// The modes of the workspace.
    pub fn modes(&self) -> Modes {
        let checks = InWorkspace {
            config: self.config.clone(),
            workspace: self.workspace.clone(),
            registry: self.registry.clone(),
        };
        Modes::new(self.config.clone(), Some(self.store.clone()), Arc::new(checks))
    }

    /// Refuses in plan mode: nothing is asked, begun, gone on with or taken back there.
    pub fn require_execute(&self) -> Result<(), DeskError> {
        match self.modes().effective(&self.standing)?.refuses() {
            Some(refusal) => Err(DeskError::PlanMode(refusal)),
            None => Ok(()),
        }
    }

    /// The same to carry a run out, for itself and for the sessions that handed it in: nobody does that for them elsewhere.
    fn require_execute_of(&self, run: &StoredRun) -> Result<(), DeskError> {
        match self.modes().refuses(&self.standing, &run.id)? {
            Some(refusal) => Err(DeskError::PlanMode(refusal)),
            None => Ok(()),
        }
    }

    /// The same desk under another configuration of the same workspace and state. Servers go on where nothing else is said of
    /// how they are reached.
    pub fn with_config(&self, config: Arc<Config>) -> Result<Desk, DeskError> {
        let workspace = Arc::new(opened(&config)?);
        let same = config.servers == self.config.servers && config.model == self.config.model;
        let registry =
            if same { self.registry.clone() } else { Arc::new(registry(&config, self.registry.pace().clone())) };
        let contents = self.contents.clone().within(config.contents_bytes);
        Ok(Desk { config, workspace, registry, contents, ..self.clone() })
    }

    /// Dry-runs a draft and stores it as a plan that waits for a yes, or as a blocked one. In plan mode no plan is stored, for
    /// none waits there: [`crate::delivery`] tells it. Blocks while it reads.
    ///
    /// Where a plan has secrets, each dry run is another plan to approve, also when all is the same: whoever changes a file and
    /// plans again does not learn whether a secret chose to look at it.
    pub fn plan(&self, draft: &Draft, inputs: &[InputValue]) -> Result<Planned, DeskError> {
        let outcome = self.dry_run(draft, inputs)?;
        self.keep(draft, inputs, (outcome, None))
    }

    /// The same to carry it out: a plan with secrets that somebody has approved, or approves now as it is `named`, is that plan
    /// again where it still is. Not where inputs are secret: who gives others would learn whether these were meant.
    pub fn plan_to_run(
        &self,
        draft: &Draft,
        inputs: &[InputValue],
        named: Option<Digest>,
    ) -> Result<Planned, DeskError> {
        let outcome = self.dry_run(draft, inputs)?;
        let outcome = match outcome.once {
            Some(_) if !has_secret_inputs(&draft.compiled.plan) => self.as_approved(draft, inputs, named, outcome)?,
            Some(_) | None => outcome,
        };
        self.keep(draft, inputs, (outcome, named))
    }

    /// The card of what is `named` has been read before.
    fn keep(
        &self,
        draft: &Draft,
        inputs: &[InputValue],
        (outcome, named): (Outcome, Option<Digest>),
    ) -> Result<Planned, DeskError> {
        let Outcome { mut report, predictions, untold, once, bound } = outcome;
        report.part.clone_from(&draft.part);
        let effective = self.modes().effective(&self.standing)?;
        if effective.mode == Mode::Plan {
            report.plan_mode = Some(effective.why());
            if report.status == PlanStatus::NeedsApproval {
                report.status = PlanStatus::Reported;
            }
        }
        let before = self.store.latest_rev(&draft.key)?;
        if let Some(before) = before {
            // The same text keeps its number; the dry run may see another world.
            let same = before.plan_digest == report.plan_digest;
            report.rev = if same { before.rev } else { before.rev + 1 };
            report.revision = match same {
                true => before.report.revision.clone(),
                false => rebuild(&before).ok().map(|old| revision(&old.compiled.plan, &draft.compiled.plan)),
            };
        }
        let mut plan = StoredPlan {
            digest: report.digest,
            plan_digest: report.plan_digest,
            key: draft.key.clone(),
            rev: report.rev,
            title: report.title.clone(),
            status: report.status,
            sources: draft.stored.clone(),
            secret: Secrets::of(&draft.compiled.plan).any(),
            inputs: self::named(&draft.compiled.plan, inputs),
            report,
            predictions,
            untold,
            once,
            created_at: now(),
            heard: None,
            inventory: None,
        };
        for pinned in plan.predictions.iter().filter_map(|prediction| prediction.pinned.as_ref()) {
            self.store.save_extraction(&pinned.asked, &pinned.value)?;
        }
        let is_kept = plan.report.plan_mode.is_none();
        if is_kept {
            self.store.save_bound(&plan, &String::from_utf8_lossy(&bound))?;
            self.store.add_author(&plan.digest, &own_account())?;
        }
        self.mark(&mut plan, &draft.compiled)?;
        if is_kept {
            self.store.save_plan(&plan)?;
        }
        if let Some(inventory) = self.inventory(&draft.compiled.plan) {
            self.store.keep_inventory(&plan, &inventory)?;
            if named != Some(plan.digest) {
                self.store.note_inventory(&plan, &inventory)?;
            }
            plan.inventory = Some(inventory);
        }
        if plan.status == PlanStatus::NeedsApproval && !plan.report.changes_requested.is_empty() {
            plan.status = PlanStatus::ChangesRequested;
            plan.report.status = plan.status;
            self.store.set_plan_status(&plan.digest, plan.status)?;
        }
        let inputs = inputs.iter().map(|input| input.value.clone()).collect();
        Ok(Planned { plan, compiled: draft.compiled.clone(), inputs })
    }

    /// Dry-runs a draft and stores nothing.
    pub fn dry_run(&self, draft: &Draft, inputs: &[InputValue]) -> Result<Outcome, DeskError> {
        self.dry_run_for(Purpose::Approval, draft, inputs)
    }

    /// The same to see what would happen: what comes out cannot be approved.
    pub fn look(&self, draft: &Draft, inputs: &[InputValue]) -> Result<PlanReport, DeskError> {
        Ok(self.dry_run_for(Purpose::Look, draft, inputs)?.report)
    }

    fn dry_run_for(&self, purpose: Purpose, draft: &Draft, inputs: &[InputValue]) -> Result<Outcome, DeskError> {
        if self.early == Early::Sealed {
            self.may_run_programs()?;
        }
        let runtime = tokio::runtime::Handle::try_current().ok();
        let veil = self.veil(&draft.compiled, inputs.iter().map(|input| input.value.clone()).collect())?;
        let time = self.store.begun_runs(&draft.compiled.digest)?.len() as u32 + 1;
        let standing = self.store.standing()?.into_iter().filter(Grant::holds);
        let standing: Vec<crate::standing::Terms> = standing.map(|standing| standing.terms).collect();
        let outcome = DryRun {
            purpose,
            compiled: &draft.compiled,
            inputs,
            config: &self.config,
            workspace: &self.workspace,
            registry: &self.registry,
            time,
            standing: &standing,
            site: Some(self.site()?),
            veil: veil.as_ref(),
            sight: Sight::All,
            early: self.early,
            runtime: runtime.as_ref(),
            // A store that does not answer is a model that was not asked before: it is asked, and what it says is kept.
            recall: &|asked| match self.recall {
                Recall::All => self.store.extraction(asked).ok().flatten(),
                Recall::Nothing => None,
            },
            stop: &self.stop,
        }
        .run();
        // What was cut off in a call is no outcome either.
        outcome.filter(|_| !self.stop.is_stopping()).ok_or(DeskError::Interrupted)
    }

    /// Whether programs may run before approval: the operator says so, and this machine confines them.
    fn may_run_programs(&self) -> Result<(), DeskError> {
        match (self.config.programs.dry_run, probe(&self.config.programs.launcher, &self.config.state).missing) {
            (EarlyPrograms::Off, _) => Err(DeskError::ProgramsOff),
            (EarlyPrograms::Sealed, Some(why)) => Err(DeskError::NoSandbox(why)),
            (EarlyPrograms::Sealed, None) => Ok(()),
        }
    }

    /// A stored plan, compiled again from its stored texts.
    pub fn reopen(&self, plan: StoredPlan) -> Result<(Planned, Draft), DeskError> {
        let (draft, mut plan) = (rebuild(&plan)?, plan);
        self.mark(&mut plan, &draft.compiled)?;
        let inputs = draft.compiled.plan.inputs.iter().map(|input| {
            plan.inputs.get(&input.name).cloned().or_else(|| input.default.clone()).unwrap_or(Value::Null)
        });
        let planned = Planned { compiled: draft.compiled.clone(), inputs: inputs.collect(), plan };
        Ok((planned, draft))
    }

    /// What is secret in a plan with these inputs, by index; none: nothing.
    fn veil(&self, compiled: &Arc<Compiled>, inputs: Vec<Value>) -> Result<Option<Veil>, DeskError> {
        let secrets = Secrets::of(&compiled.plan);
        match secrets.any() {
            true => Ok(Some(Veil::new(compiled.clone(), secrets, &inputs, self.sealer()?))),
            false => Ok(None),
        }
    }

    fn sealer(&self) -> Result<&Sealer, DeskError> {
        self.store.keys().sealer().map_err(DeskError::from)
    }

    /// What happened in a run, in order, as it may be shown.
    pub fn shown_events(&self, plan: &StoredPlan, run: &str) -> Result<Vec<Event>, DeskError> {
        let events: Vec<Event> = self.store.events(run)?.into_iter().map(|stored| stored.event).collect();
        if !plan.secret {
            return Ok(events);
        }
        let (planned, _) = self.reopen(plan.clone())?;
        let Some(veil) = self.veil(&planned.compiled, planned.inputs)? else { return Ok(events) };
        let veil = veil.telling(&plan.report);
        events.iter().for_each(|event| veil.learn(event));
        Ok(events.iter().map(|event| veil.event(event)).collect())
    }

    /// What is in the workspace, where what others change in it is to be shown. Blocks while it walks.
    fn inventory(&self, plan: &Plan) -> Option<Inventory> {
        let root = self.workspace.root();
        is_watched(&self.config, plan).then(|| Inventory::of(root, &self.config.programs.scratch).to_compare(root))
    }

    /// The card of a stored plan is about to be shown: what is another one than when it was shown before is not known. Blocks while it
    /// walks.
    pub fn note_shown(&self, planned: &Planned) -> Result<(), DeskError> {
        match self.inventory(&planned.compiled.plan) {
            Some(inventory) => Ok(self.store.note_inventory(&planned.plan, &inventory)?),
            None => Ok(()),
        }
    }

    /// What is known of the workspace of a run, where what others change in it is to be shown.
    fn around(&self, run: &StoredRun, planned: &Planned) -> Result<Option<Arc<Surroundings>>, DeskError> {
        if !is_watched(&self.config, &planned.compiled.plan) {
            return Ok(None);
        }
        let (store, of) = (self.store.clone(), run.id.clone());
        // What cannot be read says nothing, so that everything is shown.
        let known = Box::new(move || store.inventory(&of).ok().flatten());
        let (store, of) = (self.store.clone(), run.id.clone());
        let keep = Box::new(move |known: &Inventory| drop(store.keep_inventory_of_run(&of, known)));
        let root = self.workspace.root().to_owned();
        Ok(Some(Arc::new(Surroundings::new(root, &self.config, known, keep))))
    }

    /// What carrying out a run, or taking it back, needs.
    pub fn setup(
        &self,
        run: &StoredRun,
        planned: &Planned,
        ask: Arc<dyn Ask>,
        stop: Stop,
        watch: Option<Watch>,
    ) -> Result<RunSetup, DeskError> {
        self.require_execute_of(run)?;
        let predictions = planned.plan.predictions.clone().into();
        let veil = self.veil(&planned.compiled, planned.inputs.clone())?.map(|veil| veil.telling(&planned.plan.report));
        let (journal, contents) = match &veil {
            Some(_) => (self.store.journal(&run.id).sealed(), self.contents.sealed(self.sealer()?)),
            None => (self.store.journal(&run.id), self.contents.clone()),
        };
        let observations = planned.plan.looked();
        let labels = match &veil {
            Some(veil) => veil.secrets().labels().clone(),
            None => Labels::of(&planned.compiled.plan),
        };
        Ok(RunSetup {
            run: run.id.clone(),
            config: self.config.clone(),
            compiled: planned.compiled.clone(),
            inputs: planned.inputs.clone(),
            predictions,
            critical: planned.plan.report.critical.iter().map(|line| line.value.clone()).collect(),
            releases: Arc::new(known_releases(&planned.plan.report)),
            labels: Arc::new(labels),
            observations,
            workspace: self.workspace.clone(),
            contents,
            registry: self.registry.clone(),
            journal: Arc::new(journal),
            around: self.around(run, planned)?,
            veil,
            digest: planned.plan.digest,
            claim: self.claim(&planned.plan)?,
            approval: None,
            mode: Some(Arc::new(ModeWatch::new(
                self.modes(),
                self.store.mode_counter()?,
                self.standing.clone(),
                &run.id,
            ))),
            ask,
            by: account(),
            stop,
            deadline: None,
            watch,
            clock: Arc::new(SystemClock::new()),
            parallel: MAX_PARALLEL,
            grace: GRACE,
        })
    }
}

/// The values of releases that the approver saw, or of which they saw that they are there.
pub fn known_releases(report: &PlanReport) -> BTreeMap<String, Value> {
    let known = report.releases.iter().filter(|release| release.is_known());
    known.map(|release| (release.id(), release.value.clone())).collect()
}

/// The tools that planc brings, and those of the servers that the operator wired up, called at this pace. Nothing is started.
pub fn registry(config: &Config, pace: Pace) -> Registry {
    let mut registry = Registry::builtin().with_model(config.model.clone()).with_pace(pace);
    registry = registry.with_policy(config.policy.clone());
    for (name, server) in &config.servers {
        registry.insert_server(Arc::new(Server::new(name, server.clone(), Some(&config.state))));
    }
    registry
}

/// The workspace, without what no tool may touch, whatever `critical` says.
pub fn opened(config: &Config) -> Result<Workspace, FileError> {
    let reach = config.reach();
    let mut paths = vec![config.state.clone()];
    paths.extend(config.approval.signers.clone());
    paths.extend(config.agent_credentials.clone());
    paths.extend(config.file.clone());
    paths.extend(config.given.iter().cloned());
    paths.extend(config.model.iter().flat_map(ModelWiring::files));
    paths.extend(std::env::current_exe().ok());
    paths = paths.iter().flat_map(|path| ways(path)).chain(reach.own.iter().cloned()).collect();
    let real: Vec<PathBuf> = paths.iter().filter_map(|path| path.canonicalize().ok()).collect();
    paths.extend(real);
    let workspace = Workspace::open(&config.workspace, paths)?;
    // What is open is what has the rules that were read.
    if config.root.identity().ok() != workspace.identity().ok() {
        let error = std::io::Error::other("it is another folder than when its rules were read");
        return Err(FileError::io("open the workspace", &config.workspace.display().to_string(), error));
    }
    Ok(workspace.guarding(&config.catalogue_globs).guarding_programs(&reach.run, &reach.ways, &reach.links))
}

/// What the revisions of a plan file have in common: its path, relative to the workspace where it lies inside.
pub fn key_of(config: &Config, path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    path.strip_prefix(&config.workspace).unwrap_or(&path).to_string_lossy().into_owned()
}

/// Compiles a stored plan again, from its stored texts alone.
fn rebuild(plan: &StoredPlan) -> Result<Draft, DeskError> {
    match recompile(&plan.sources) {
        Some((sources, compiled)) if compiled.digest == plan.plan_digest => {
            let (key, stored, part) = (plan.key.clone(), plan.sources.clone(), plan.report.part.clone());
            Ok(Draft { key, compiled: Arc::new(compiled), sources, stored, part })
        }
        Some(_) | None => Err(DeskError::OtherVersion(plan.digest)),
    }
}

/// Compiles a plan from its texts and those of its catalogues; none where they have mistakes.
pub(crate) fn recompile(texts: &[StoredSource]) -> Option<(Sources, Compiled)> {
    let Loaded { sources, catalogue, plan } = load(texts)?;
    let compiled = compile(&sources, plan, &catalogue).compiled?;
    Some((sources, compiled))
}

/// The texts of a plan and its catalogues, read again.
struct Loaded {
    sources: Sources,
    catalogue: Catalogue,
    /// Which of the texts is the plan.
    plan: usize,
}

/// Reads stored texts; none where there is no plan among them.
fn load(texts: &[StoredSource]) -> Option<Loaded> {
    let mut sources = Sources::default();
    let mut catalogues = vec![add_builtin(&mut sources)];
    let mut plan = None;
    for source in texts {
        let at = sources.add(source.name.clone(), source.text.as_str());
        match source.role {
            Role::Catalogue => catalogues.push(at),
            Role::Plan => plan = Some(at),
        }
    }
    let (catalogue, _) = load_catalogue(&sources, &catalogues);
    Some(Loaded { sources, catalogue, plan: plan? })
}

fn named(plan: &Plan, inputs: &[InputValue]) -> Value {
    Value::record(plan.inputs.iter().zip(inputs).map(|(input, given)| (input.name.clone(), given.value.clone())))
}
