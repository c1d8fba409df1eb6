//! The one way in: what commands, servers and pages do with plans and runs.
//!
//! A compiled text becomes a stored plan that waits for a yes; a yes is judged and recorded; an approved plan becomes a run
//! that is carried out, resumed, undone. Nothing here parses arguments or draws.

use crate::approval::{
    Approved, Channel, Claim, Lack, Override, Refusal, RequestError, STATEMENT_FORMAT, Signed, Signers, SignersError,
    Statement, StatementError, Terms, Verified, account, judge, no_yes_overrides, not_undoable, own_account, request,
    rule_for, site, verify,
};
use crate::clock::SystemClock;
use crate::config::{Config, EarlyPrograms, Mode, ModelWiring, ReportPlace};
use crate::dry_run::{Bound, DryRun, Early, InputValue, Outcome, approval_digest, other_file};
use crate::event::Event;
use crate::journal::{Grant, LockError, Role, RunLock, Store, StoreError, StoredPlan, StoredRun, StoredSource, now};
use crate::mode::{InWorkspace, ModeWatch, Modes, Standing};
use crate::report::{ChangeRequest, PlanReport, PlanStatus, StepComment};
use crate::run::{Ask, GRACE, RunSetup, Stop, Watch};
use crate::sandbox::probe;
use crate::schedule::MAX_PARALLEL;
use crate::seal::{SealError, Sealer};
use crate::state::{RunState, UndoState};
use crate::tool::mcp::Server;
use crate::tool::pace::Pace;
use crate::tool::registry::Registry;
use crate::veil::Veil;
use crate::workspace::{Contents, FileError, FileState, Held, Observation, Workspace};
use planc_lang::catalogue::{Catalogue, Tool};
use planc_lang::compile::{Compiled, add_builtin, compile, load_catalogue};
use planc_lang::conform::check_value;
use planc_lang::digest::Digest;
use planc_lang::labels::Labels;
use planc_lang::part::PartError;
use planc_lang::plan::Plan;
use planc_lang::revision::revision;
use planc_lang::secrets::Secrets;
use planc_lang::source::Sources;
use planc_lang::types::Type;
use planc_lang::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod mark;
mod part;

pub use mark::MAX_EARLIER;

/// The folder of earlier contents in the state directory.
const CONTENTS: &str = "contents";

/// What cannot be done with a plan or a run.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The workspace cannot be used.
    #[error(transparent)]
    Workspace(#[from] FileError),
    /// The content store cannot be used.
    #[error("cannot open the store of earlier contents in `{path}`: {why}")]
    Contents {
        /// Where.
        path: String,
        /// Why.
        why: String,
    },
    /// What the run would change does not fit into the store of earlier contents.
    #[error(
        "what this run changes needs {needed} bytes of the store of earlier contents, which holds {held} of {most}; \
         nothing has been changed"
    )]
    NoRoom {
        /// What is missing in it of what the run is known to change.
        needed: u64,
        /// What it holds.
        held: u64,
        /// What it may hold.
        most: u64,
        /// What no run needs of that.
        removable: u64,
    },
    /// Somebody is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The key cannot be used.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Inputs that do not fit.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A yes that does not count.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A stored plan that meant something else when it was stored.
    #[error("{0} was planned under another policy, in another workspace, or for another environment of programs")]
    OtherPolicy(Digest),
    /// A stored plan whose server had another file when it was stored.
    #[error("`{file}`, which an argument of the server `{server}` names, is not what it was when {digest} was planned")]
    OtherFile {
        /// The digest of the plan.
        digest: Digest,
        /// The server.
        server: String,
        /// The argument.
        file: String,
    },
    /// The digest was used up: an approval is for one run.
    #[error("what was approved as {digest} has run already, as run `{run}`")]
    UsedUp {
        /// The digest.
        digest: Digest,
        /// The run that used it up.
        run: String,
    },
    /// An earlier run of the same plan is not over.
    #[error("run `{run}` of the same plan is not over")]
    Unfinished {
        /// That run.
        run: String,
        /// Whether a call of it is in doubt.
        in_doubt: bool,
    },
    /// Plan mode is active: what is told to who asked.
    #[error("{0}")]
    PlanMode(String),
    /// Programs shall run before approval, and the operator does not let them.
    #[error("programs do not run before approval in this workspace")]
    ProgramsOff,
    /// Programs shall run before approval, and this machine cannot confine them.
    #[error("programs cannot run before approval, because they cannot be confined here: {0}")]
    NoSandbox(String),
    /// The operator names no file of signers.
    #[error("no signature counts here: `[approval] signers` names no file")]
    NoSigners,
    /// The file of signers cannot be used.
    #[error(transparent)]
    Signers(#[from] SignersError),
    /// What was signed does not count.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A yes that was given in another place.
    #[error("what was signed is for the workspace `{workspace}` with its state, not for this place, nor for a copy")]
    Elsewhere {
        /// Its workspace.
        workspace: String,
    },
    /// A yes to something else.
    #[error("what was approved is {said}, and this plan is {plan}")]
    OtherDigest {
        /// What was approved.
        said: Digest,
        /// What waits.
        plan: Digest,
    },
    /// A request for changes that says nothing, or too much.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A request for changes of what has run.
    #[error("what is {0} has begun to run: nothing of it can be different any more")]
    Begun(Digest),
    /// A part of a plan that is none.
    #[error(transparent)]
    Part(#[from] PartError),
    /// A person said no.
    #[error("this plan was aborted")]
    Aborted,
    /// The same yes again.
    #[error("this approval is recorded already: it counts once")]
    KnownAlready,
    /// A stored plan that this planc reads differently.
    #[error("the stored plan {0} was compiled by another version of planc: plan it anew")]
    OtherVersion(Digest),
}

/// Inputs that do not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The plan has no such input.
    #[error("the plan has no input `{name}`")]
    Unknown {
        /// What was given.
        name: String,
        /// The inputs it has.
        known: Vec<String>,
    },
    /// It was given twice.
    #[error("the input `{name}` is given twice")]
    Twice {
        /// Which.
        name: String,
    },
    /// It is secret, and was given where others can see it.
    #[error("the input `{name}` is secret, and other processes can see the arguments of this one")]
    Exposed {
        /// Which.
        name: String,
    },
    /// It has no default and was not given.
    #[error("the input `{name}` is not given and has no default")]
    Missing {
        /// Which.
        name: String,
        /// Its type.
        ty: String,
        /// Whether it is secret.
        secret: bool,
    },
    /// It is not of its type.
    #[error("the input `{name}` does not fit: {why}")]
    Misfit {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
}

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
        let workspace = Arc::new(Workspace::open(&config.workspace, protected(&config))?);
        let pace = Pace::new(Arc::new(SystemClock::new()), Arc::new(store.clone()));
        let registry = Arc::new(registry(&config).with_pace(pace));
        let standing = Standing { scope: config.mode.scope.clone(), session: None };
        Ok(Desk { config, store, workspace, contents, registry, recall: Recall::All, early: Early::Off, standing })
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

    /// The same desk under another configuration of the same workspace and state. Servers go on where nothing else is said of
    /// how they are reached.
    pub fn with_config(&self, config: Arc<Config>) -> Result<Desk, DeskError> {
        let workspace = Arc::new(Workspace::open(&config.workspace, protected(&config))?);
        let same = config.servers == self.config.servers && config.model == self.config.model;
        let registry = if same { self.registry.clone() } else { Arc::new(registry(&config)) };
        Ok(Desk { config, workspace, registry, ..self.clone() })
    }

    /// Dry-runs a draft and stores it as a plan that waits for a yes, or as a blocked one. In plan mode no plan is stored, for
    /// none waits there: [`crate::delivery`] tells it. Blocks while it reads.
    pub fn plan(&self, draft: &Draft, inputs: &[InputValue]) -> Result<Planned, DeskError> {
        let outcome = self.dry_run(draft, inputs)?;
        let (mut report, predictions, bound) = (outcome.report, outcome.predictions, outcome.bound);
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
            inputs: named(&draft.compiled.plan, inputs),
            report,
            predictions,
            created_at: now(),
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
        if self.early == Early::Sealed {
            self.may_run_programs()?;
        }
        let runtime = tokio::runtime::Handle::try_current().ok();
        let veil = self.veil(&draft.compiled, inputs.iter().map(|input| input.value.clone()).collect())?;
        let time = self.store.begun_runs(&draft.compiled.digest)?.len() as u32 + 1;
        let standing = self.store.standing()?.into_iter().filter(Grant::holds);
        let standing: Vec<crate::standing::Terms> = standing.map(|standing| standing.terms).collect();
        let outcome = DryRun {
            compiled: &draft.compiled,
            sources: &draft.sources,
            inputs,
            config: &self.config,
            workspace: &self.workspace,
            registry: &self.registry,
            time,
            standing: &standing,
            veil: veil.as_ref(),
            early: self.early,
            runtime: runtime.as_ref(),
            // A store that does not answer is a model that was not asked before: it is asked, and what it says is kept.
            recall: &|asked| match self.recall {
                Recall::All => self.store.extraction(asked).ok().flatten(),
                Recall::Nothing => None,
            },
        }
        .run();
        Ok(outcome)
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

    /// What a run of a plan needs a yes for.
    pub fn claim(&self, plan: &StoredPlan) -> Result<Claim, DeskError> {
        Ok(Claim {
            digest: plan.digest,
            deed: plan.report.deed.unwrap_or(plan.digest),
            site: self.site(),
            rule: rule_for(&self.config.approval, &plan.report),
            approvals: self.config.approval.clone(),
            authors: self.store.authors(&plan.digest)?,
            not_undoable: not_undoable(&plan.report),
            failing: plan.report.problems.iter().filter_map(|problem| problem.assumption.clone()).collect(),
            blocked: no_yes_overrides(&plan.report).map(|problem| problem.message.clone()).collect(),
        })
    }

    /// The workspace and the state directory, which no copy of them is.
    pub fn site(&self) -> Digest {
        site(&self.config.workspace, &self.config.state)
    }

    /// A plain yes of this account to a plan, which counts once it is recorded.
    pub fn yes(&self, plan: &StoredPlan, channel: Channel) -> Approved {
        Approved::by_account(plan.digest, plan.report.deed.unwrap_or(plan.digest), self.site(), channel)
    }

    /// What an approver signs for a plan.
    pub fn statement(
        &self,
        planned: &Planned,
        terms: Terms,
        overrides: Vec<Override>,
        comment: Option<String>,
    ) -> Statement {
        let (plan, report) = (&planned.plan, &planned.plan.report);
        let tools: BTreeMap<&str, &Tool> = planned
            .compiled
            .plan
            .steps
            .iter()
            .flat_map(|step| std::iter::once(&step.call).chain(&step.undo))
            .map(|call| (call.tool.name.as_str(), &*call.tool))
            .collect();
        let mut observations: Vec<&Observation> = report.observations.iter().collect();
        observations.sort_by(|a, b| a.look.cmp(&b.look));
        Statement {
            statement: STATEMENT_FORMAT,
            kind: "approval".to_owned(),
            title: plan.title.clone(),
            rev: plan.rev,
            time: report.time,
            digest: plan.digest,
            deed: report.deed.unwrap_or(plan.digest),
            plan: plan.plan_digest,
            catalogue: Digest::of_json(&tools),
            policy: Digest::of_json(&(self.config.policy.digest(), &self.config.approval)),
            // As the report shows them: what is secret is not in it.
            inputs: Digest::of_json(&report.inputs),
            observations: Digest::of_json(&observations),
            workspace: self.config.workspace.to_string_lossy().into_owned(),
            site: self.site(),
            at: crate::journal::now(),
            terms,
            overrides,
            comment,
            nonce: uuid::Uuid::new_v4().simple().to_string(),
        }
    }

    /// The yes that a signed statement is, if its signature holds by the operator's file of signers.
    pub fn signed(&self, signed: Signed) -> Result<Verified, DeskError> {
        let path = self.config.approval.signers.as_deref().ok_or(DeskError::NoSigners)?;
        let signers = Signers::read(path)?;
        let verified = verify(&signed, &signers, self.store.time()?)?;
        match verified.statement.site == self.site() {
            true => Ok(verified),
            false => Err(DeskError::Elsewhere { workspace: verified.statement.workspace }),
        }
    }

    /// Records a yes to a plan, if it may be one; and what is lacking still, where more are wanted.
    pub fn approve(&self, plan: &StoredPlan, yes: &Approved) -> Result<Option<Lack>, DeskError> {
        self.require_execute()?;
        if self.store.plan(&plan.digest.to_string())?.status == PlanStatus::Aborted {
            return Err(DeskError::Aborted);
        }
        if yes.digest != plan.digest {
            return Err(DeskError::OtherDigest { said: yes.digest, plan: plan.digest });
        }
        self.check_unused(plan, None)?;
        judge(&plan.report, &self.config.approval, yes)?;
        let requests = self.store.requests(&plan.plan_digest)?;
        let is_seen = yes.signed.is_some() || yes.channel == Channel::Terminal.as_str();
        if let (Some(request), false) = (requests.first(), is_seen) {
            return Err(Refusal::ChangesRequested { by: request.by.clone() }.into());
        }
        if !self.store.record_approval(yes)? {
            return Err(DeskError::KnownAlready);
        }
        if !requests.is_empty() {
            self.store.withdraw_requests(&plan.plan_digest)?;
        }
        let run = self.store.open_run(&plan.digest)?;
        match self.store.judge_approval(&self.claim(plan)?, &run.id)? {
            Ok(_) => {
                self.store.set_plan_status(&plan.digest, PlanStatus::Approved)?;
                Ok(None)
            }
            Err(lack) => Ok(Some(lack)),
        }
    }

    /// Records a no with what is to be different; every unused yes is taken back. Until a person who sees it says yes to the same
    /// text, nothing else approves that.
    pub fn request_changes(
        &self,
        plan: &StoredPlan,
        comment: Option<String>,
        steps: Vec<StepComment>,
    ) -> Result<ChangeRequest, DeskError> {
        if self.store.begun_runs(&plan.plan_digest)?.iter().any(|run| run.plan == plan.digest) {
            return Err(DeskError::Begun(plan.digest));
        }
        let (planned, _) = self.reopen(plan.clone())?;
        let request = request(plan.digest, &planned.compiled.plan, comment, steps)?;
        self.store.record_request(&request, &plan.report.deed.unwrap_or(plan.digest), &plan.plan_digest)?;
        if plan.status != PlanStatus::Blocked {
            self.store.set_plan_status(&plan.digest, PlanStatus::ChangesRequested)?;
        }
        Ok(request)
    }

    /// Records a no: nothing has run, nothing will, and every unused yes is taken back.
    pub fn abort(&self, plan: &StoredPlan) -> Result<(), DeskError> {
        self.store.revoke_approvals(&plan.digest)?;
        self.store.set_plan_status(&plan.digest, PlanStatus::Aborted)?;
        Ok(())
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
        events.iter().for_each(|event| veil.learn(event));
        Ok(events.iter().map(|event| veil.event(event)).collect())
    }

    /// Whether a run may begin or go on: what the operator decided since the plan was stored makes it another plan, an
    /// approval is for one run, and an earlier run of the same plan that is not over comes first.
    pub fn check_bound(&self, run: &StoredRun, planned: &Planned) -> Result<(), DeskError> {
        let inputs: Vec<InputValue> =
            planned.inputs.iter().map(|value| InputValue { value: value.clone(), default: false }).collect();
        let veil = self.veil(&planned.compiled, planned.inputs.clone())?;
        let bound = Bound {
            compiled: &planned.compiled,
            inputs: &inputs,
            config: &self.config,
            observations: &planned.plan.report.observations,
            time: planned.plan.report.time,
            predictions: &planned.plan.predictions,
            critical: planned.plan.report.critical.iter().filter_map(|line| line.value.as_ref()).collect(),
            releases: &planned.plan.report.releases,
            veil: veil.as_ref(),
        };
        if approval_digest(&bound) != planned.plan.digest {
            let digest = planned.plan.digest;
            let stored = self.store.bound(&digest)?;
            return Err(match stored.and_then(|stored| other_file(&stored, &bound)) {
                Some((server, file)) => DeskError::OtherFile { digest, server, file },
                None => DeskError::OtherPolicy(digest),
            });
        }
        match self.store.events(&run.id)?.is_empty() {
            true => {
                self.check_unused(&planned.plan, Some(&run.id))?;
                self.check_room(&planned.plan)
            }
            false => Ok(()),
        }
    }

    /// Whether there is room for what the plan is known to change, before anything is changed.
    fn check_room(&self, plan: &StoredPlan) -> Result<(), DeskError> {
        let contents = match plan.secret {
            true => self.contents.sealed(self.sealer()?),
            false => self.contents.clone(),
        };
        let changes = plan.predictions.iter().flat_map(|prediction| &prediction.changes);
        let files = changes.flat_map(|change| [&change.before, &change.after]).filter_map(|state| match state {
            FileState::File { digest, bytes, .. } => Some((*digest, *bytes)),
            FileState::Absent | FileState::Directory { .. } | FileState::Link { .. } | FileState::Other => None,
        });
        let missing: BTreeMap<Digest, u64> = files.filter(|(digest, _)| !contents.has(digest)).collect();
        let needed: u64 = missing.values().sum();
        if needed == 0 {
            return Ok(());
        }
        let (held, most) = contents.room().map_err(|error| self.unusable(&error))?;
        match held.saturating_add(needed) > most {
            true => Err(DeskError::NoRoom { needed, held, most, removable: self.collectable()?.removed_bytes }),
            false => Ok(()),
        }
    }

    /// Whether the digest of a plan may still be approved and used, by `run` if that is known already.
    fn check_unused(&self, plan: &StoredPlan, run: Option<&str>) -> Result<(), DeskError> {
        for other in self.store.begun_runs(&plan.plan_digest)? {
            if run == Some(other.id.as_str()) {
                continue;
            }
            let stored = self.store.plan(&other.plan.to_string())?;
            let Ok(draft) = rebuild(&stored) else { continue };
            let events: Vec<Event> = self.store.events(&other.id)?.into_iter().map(|stored| stored.event).collect();
            let state = RunState::fold(&draft.compiled.plan, &events);
            if state.can_resume() {
                let in_doubt = state.doubts().next().is_some();
                return Err(DeskError::Unfinished { run: other.id, in_doubt });
            }
            if other.plan == plan.digest {
                return Err(DeskError::UsedUp { digest: plan.digest, run: other.id });
            }
        }
        Ok(())
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
        self.require_execute()?;
        let predictions = planned.plan.predictions.clone().into();
        let veil = self.veil(&planned.compiled, planned.inputs.clone())?;
        let (journal, contents) = match &veil {
            Some(_) => (self.store.journal(&run.id).sealed(), self.contents.sealed(self.sealer()?)),
            None => (self.store.journal(&run.id), self.contents.clone()),
        };
        let observations: Vec<Observation> = planned.plan.report.observations.clone();
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
            veil,
            digest: planned.plan.digest,
            claim: self.claim(&planned.plan)?,
            approval: None,
            mode: Some(Arc::new(ModeWatch::new(self.modes(), self.store.mode_counter()?, self.standing.clone()))),
            ask,
            by: account(),
            stop,
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

/// The tools that planc brings, and those of the servers that the operator wired up. Nothing is started.
pub fn registry(config: &Config) -> Registry {
    let mut registry = Registry::builtin().with_model(config.model.clone());
    for (name, server) in &config.servers {
        registry.insert_server(Arc::new(Server::new(name, server.clone(), Some(&config.state))));
    }
    registry
}

/// What came of removing contents that nobody needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// How many are kept.
    pub kept: usize,
    /// Their bytes.
    pub kept_bytes: u64,
    /// How many are removed.
    pub removed: usize,
    /// Their bytes.
    pub removed_bytes: u64,
}

impl Desk {
    /// Removes earlier contents that no run needs: those of runs that were taken back whole, and those of calls that were cut
    /// off before anything was recorded. Whatever a run may go on with or take back is kept. Nobody may be at work meanwhile.
    pub fn collect(&self) -> Result<Collected, DeskError> {
        let _lock = RunLock::take(&self.config.state, "gc")?;
        let (collected, needless, halves) = self.needless()?;
        let failed = |error: std::io::Error| self.unusable(&error);
        needless.iter().try_for_each(|name| self.contents.remove(name)).map_err(failed)?;
        halves.iter().try_for_each(std::fs::remove_file).map_err(failed)?;
        Ok(collected)
    }

    /// What that would remove.
    pub fn collectable(&self) -> Result<Collected, DeskError> {
        self.needless().map(|(collected, ..)| collected)
    }

    fn needless(&self) -> Result<(Collected, Vec<Digest>, Vec<PathBuf>), DeskError> {
        let needed = self.needed()?;
        let Held { contents: all, halves } = self.contents.all().map_err(|error| self.unusable(&error))?;
        let (kept, removed): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| needed.contains(name));
        let bytes = |contents: &[(Digest, u64)]| contents.iter().map(|(_, bytes)| bytes).sum();
        let collected = Collected {
            kept: kept.len(),
            kept_bytes: bytes(&kept),
            removed: removed.len(),
            removed_bytes: bytes(&removed),
        };
        Ok((collected, removed.into_iter().map(|(name, _)| name).collect(), halves))
    }

    /// The names of all contents that a run may go on with or take back. A journal that is not as it was written stops all
    /// of it: nobody can tell what it needs.
    fn needed(&self) -> Result<BTreeSet<Digest>, DeskError> {
        let mut needed = BTreeSet::new();
        for run in self.store.runs()? {
            let events: Vec<Event> = self.store.events(&run.id)?.into_iter().map(|stored| stored.event).collect();
            if events.is_empty() {
                continue;
            }
            let mut state = RunState::default();
            events.iter().for_each(|event| state.apply(event));
            if state.undo == UndoState::Complete {
                continue;
            }
            let contents = match self.store.plan(&run.plan.to_string())?.secret {
                true => self.contents.sealed(self.sealer()?),
                false => self.contents.clone(),
            };
            let changes = state.steps().iter().flat_map(|step| &step.changes);
            let states = changes.flat_map(|change| [&change.before, &change.after]);
            needed.extend(states.filter_map(|state| state.digest()).map(|digest| contents.name_of(digest)));
        }
        Ok(needed)
    }

    fn unusable(&self, error: &std::io::Error) -> DeskError {
        let path = self.config.state.join(CONTENTS).display().to_string();
        DeskError::Contents { path, why: error.to_string() }
    }
}

/// What no tool may touch, whatever `critical` says.
pub fn protected(config: &Config) -> Vec<PathBuf> {
    let mut paths = vec![config.state.clone()];
    paths.extend(config.approval.signers.clone());
    paths.extend(config.file.clone());
    paths.extend(config.cedar.clone());
    if let ReportPlace::File { path } = &config.report.place {
        paths.push(path.clone());
    }
    paths.extend(config.catalogues.iter().cloned());
    paths.extend(config.model.iter().flat_map(ModelWiring::files));
    paths.extend(std::env::current_exe().ok());
    paths.iter().map(|path| path.canonicalize().unwrap_or_else(|_| path.clone())).collect()
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
            Ok(Draft { key: plan.key.clone(), compiled: Arc::new(compiled), sources, stored: plan.sources.clone() })
        }
        Some(_) | None => Err(DeskError::OtherVersion(plan.digest)),
    }
}

/// Compiles a plan from its texts and those of its catalogues; none where they have mistakes.
pub(crate) fn recompile(texts: &[StoredSource]) -> Option<(Sources, Compiled)> {
    let mut sources = Sources::default();
    let mut catalogues = vec![add_builtin(&mut sources)];
    let mut index = None;
    for source in texts {
        let at = sources.add(source.name.clone(), source.text.as_str());
        match source.role {
            Role::Catalogue => catalogues.push(at),
            Role::Plan => index = Some(at),
        }
    }
    let (catalogue, _): (Catalogue, _) = load_catalogue(&sources, &catalogues);
    let compiled = compile(&sources, index?, &catalogue).compiled?;
    Some((sources, compiled))
}

/// The text of an input, and how it came here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The input.
    pub name: String,
    /// What was given.
    pub text: String,
    /// Whether other processes could see it on its way.
    pub exposed: bool,
}

/// The values of a plan's inputs from texts: a string is taken as it is, everything else is JSON.
pub fn inputs(plan: &Plan, given: &[Given]) -> Result<Vec<InputValue>, InputError> {
    for (index, Given { name, exposed, .. }) in given.iter().enumerate() {
        let Some(input) = plan.inputs.iter().find(|input| input.name == *name) else {
            let known = plan.inputs.iter().map(|input| input.name.to_string()).collect();
            return Err(InputError::Unknown { name: name.clone(), known });
        };
        if input.secret && *exposed {
            return Err(InputError::Exposed { name: name.clone() });
        }
        if given[..index].iter().any(|other| other.name == *name) {
            return Err(InputError::Twice { name: name.clone() });
        }
    }
    let one = |input: &planc_lang::plan::Input| {
        let name = input.name.to_string();
        let Some(Given { text, .. }) = given.iter().find(|other| other.name == name) else {
            return match &input.default {
                Some(default) => Ok(InputValue { value: default.clone(), default: true }),
                None => Err(InputError::Missing { name, ty: input.ty.to_string(), secret: input.secret }),
            };
        };
        let value = value_of(text, &input.ty).map_err(|why| match input.secret {
            // The reason would show what was given.
            true => InputError::Misfit { name, why: format!("it is no {}", input.ty.brief()) },
            false => InputError::Misfit { name, why },
        })?;
        Ok(InputValue { value, default: false })
    };
    plan.inputs.iter().map(one).collect()
}

/// A text as a value of a type: as a string where the type takes it so, else as JSON.
pub fn value_of(text: &str, ty: &Type) -> Result<Value, String> {
    let string = Value::string(text);
    let as_string = check_value(&string, ty);
    if as_string.is_ok() {
        return Ok(string);
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) => check_value(&value, ty).map(|()| value).map_err(|misfit| misfit.to_string()),
        Err(_) => Err(as_string.err().map(|misfit| misfit.to_string()).unwrap_or_default()),
    }
}

fn named(plan: &Plan, inputs: &[InputValue]) -> Value {
    Value::record(plan.inputs.iter().zip(inputs).map(|(input, given)| (input.name.clone(), given.value.clone())))
}
