//! `planc.toml` and the command line ⟶ one [`Config`]: where the workspace and the state are, and what the operator allows.
//!
//! The nearest `planc.toml` above the current directory makes its folder the workspace; without one the current directory
//! is. Nothing is allowed before approval but reading files of the workspace, unless the operator says so.

mod approval;
mod beside;
mod catalogues;
mod error;
mod file;
mod goes_by;
mod loaded;
mod model;
mod mode;
mod nested;
mod places;
mod programs;
mod report;
mod root;
mod run;
mod servers;
mod shown;
mod texts;
mod variables;
mod window;
mod wired;

pub use approval::{Approvals, Closed, Effect, Elicitation, Require, Rule};
pub use error::{ConfigError, Place};
pub use file::{DEFAULT_CONTENTS_MB, MAX_APPROVERS, MAX_CONFIG_BYTES, MAX_CONTENTS_MB, Settings, TEMPLATE, parse};
pub use goes_by::Reach;
pub use loaded::Loaders;
pub use mode::{Force, MAX_FORCES, MAX_SCOPES, Mode, ModeConfig, ModeSettings, Setting, When};
pub use model::ModelWiring;
pub use nested::{above, within_reach};
pub use places::{OF_CLIENTS, OF_GIT, Places, account_home, is_hidden_in_home, lies_in, named_from, unfit};
pub use programs::{Changed, EarlyPrograms, Limits, MAX_SCRATCH, Network, Programs, Unconfined, is_open};
pub use report::{ReportConfig, ReportForm, ReportPlace, touch};
pub use root::Root;
pub use run::{MAX_DEADLINE_DAYS, run_time};
pub use servers::{DEFAULT_RESULT_BYTES, DEFAULT_START_MS, MAX_RESULT_BYTES, ServerConfig, ServerIdentity, Wiring};
pub use shown::Shown;
pub use variables::{
    HOME, MAX_LOOKED_AT, PATH, Variables, confined, decides, deciding_path, in_the_open, is_listed, names_what_counts,
    open_path, program,
};
pub use window::{Window, WindowFault};
pub(crate) use wired::ways;

use crate::policy::Policy;
use planc_lang::suggest::nearest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of the configuration file.
pub const CONFIG_NAME: &str = "planc.toml";

/// The name of the database in a state directory: what has one is such a directory.
pub const STATE_NAME: &str = "planc.db";

/// The name that the file of Cedar usually has: one that lies beside `planc.toml` and is not named there is a mistake.
pub const CEDAR_NAME: &str = "policy.cedar";

/// The most catalogue files that one workspace may name.
pub const MAX_CATALOGUES: usize = 1000;

/// The most of a catalogue that is read, in bytes.
pub const MAX_CATALOGUE_BYTES: u64 = planc_lang::source::MAX_SOURCE_BYTES as u64 + 1;

/// What the operator decided.
#[derive(Clone, Debug)]
pub struct Config {
    /// The directory that plans work in: where `planc.toml` was found, else the current directory. Canonical.
    pub workspace: PathBuf,
    /// The same as it was found, before anything in it was read.
    pub root: Root,
    /// Why it is no folder for plans, though what is there can be looked at; none: it is one.
    pub unfit: Option<&'static str>,
    /// Where runs, approvals and earlier contents are kept; outside the workspace. Links resolved as far as it exists.
    pub state: PathBuf,
    /// The same as it is named, links and all.
    pub state_name: PathBuf,
    /// The configuration file, if there is one. Canonical.
    pub file: Option<PathBuf>,
    /// Catalogue files besides the built-in one: from `planc.toml`, then `--catalogue`.
    pub catalogues: Vec<PathBuf>,
    /// Those of them that come from the command line: nobody but whoever typed it answers for them.
    pub given: Vec<PathBuf>,
    /// The globs that name the others in `planc.toml`, also as their folders are called behind links: what they match is the operator's,
    /// also what is not there yet.
    pub catalogue_globs: Vec<String>,
    /// Globs over what may be read before approval.
    pub read: Vec<String>,
    /// The operator's word on calls. The strictest rule that matches counts, so that their order means nothing.
    pub policy: Policy,
    /// The globs over tools that its rules name.
    pub policy_tools: Vec<String>,
    /// The file with policies in the language of Cedar, if there is one.
    pub cedar: Option<PathBuf>,
    /// Hosts that `http.get` may contact before approval.
    pub hosts: Vec<String>,
    /// Environment variables that programs get besides the usual few.
    pub pass_env: Vec<String>,
    /// What programs may do besides.
    pub programs: Programs,
    /// What an approval must be.
    pub approval: Approvals,
    /// The size of the store of earlier contents, in bytes.
    pub contents_bytes: u64,
    /// How long a run may take where nobody says; none: as long as it takes.
    pub deadline: Option<Duration>,
    /// How the tools of catalogues are reached, by the names of the catalogues.
    pub servers: BTreeMap<String, ServerConfig>,
    /// What an agent needs a plan for.
    pub plan_for: PlanFor,
    /// When a hook refuses tools of the agent's client.
    pub agent_hook: HookFor,
    /// Globs over tools of the agent's client that only read.
    pub agent_reads: Vec<String>,
    /// The file with credentials of agents that say in which scope they are; none: no credential says that.
    pub agent_credentials: Option<PathBuf>,
    /// How a model is reached; none: plans that extract are refused.
    pub model: Option<ModelWiring>,
    /// Scopes, their modes, and what forces plan mode.
    pub mode: ModeConfig,
    /// Where the report of plan mode goes.
    pub report: ReportConfig,
}

/// When a hook refuses those tools of an agent's client that do more than read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HookFor {
    /// Never.
    Never,
    /// While a plan is being made, in the client or here.
    #[default]
    Plan,
    /// Always: effects take the way through planc.
    Always,
}

/// What an agent needs a plan for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanFor {
    /// For nothing that planc can undo: such a call is carried out at once.
    Never,
    /// For every effect; what only reads passes.
    #[default]
    Effects,
    /// For more than one call, too.
    Calls,
}

/// What the command line says about configuration.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Start here instead of in the current directory.
    pub directory: Option<PathBuf>,
    /// Keep state here, relative to the directory.
    pub state: Option<PathBuf>,
    /// Further catalogue files, relative to the directory.
    pub catalogues: Vec<PathBuf>,
    /// What a file of `[catalogues]` means that is not there.
    pub missing: Missing,
}

/// What a file of `[catalogues]` means that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// A mistake: what a plan means would depend on it.
    #[default]
    Mistake,
    /// It is written by what is asked for, or by a command like it: no plan is made.
    Awaited,
}

impl Config {
    /// Finds and reads the configuration.
    ///
    /// Reads `planc.toml` and looks for catalogue files; creates nothing.
    pub fn load(overrides: &Overrides, places: &Places) -> Result<Config, ConfigError> {
        let start = places::start(overrides.directory.as_deref(), &places.current)?;
        let found = places::find_upwards(&start, CONFIG_NAME);
        let workspace = found.as_ref().and_then(|path| path.parent()).unwrap_or(&start).to_owned();
        let root = Root::hold(&workspace).map_err(|error| {
            ConfigError::world(format!("cannot open the directory `{}`: {error}", workspace.display()))
        })?;
        let settings = found.as_ref().map_or_else(|| Ok(Settings::default()), |path| file::read(path))?;
        let unfit = places::unfit(&workspace, found.is_some(), places);
        if let Some(found) = &found {
            nested::check(found)?;
        }
        let mut catalogues = beside::catalogue_files(&settings, &workspace, found.as_deref(), overrides.missing)?;
        // As with `git -C`, all names are relative to the chosen directory.
        let base = overrides.directory.as_ref().map_or_else(|| places.current.clone(), |dir| places.current.join(dir));
        let given: Vec<PathBuf> = overrides.catalogues.iter().map(|path| base.join(path)).collect();
        catalogues.extend(given.iter().cloned());
        let within = nested::within(&workspace, &settings)?;
        let approval = Approvals {
            closed: nested::closed(found.as_deref(), &within)?,
            ..settings.approval.read(found.as_deref())
        };
        approval.check_place(&workspace)?;
        let agent_credentials = settings.agents.credentials.as_ref().map(|path| workspace.join(path));
        let help = "keep it in a folder of no workspace, and name it in `[agents] credentials`";
        let held = |path| nested::check_reach(("the file of credentials", path), &workspace, help);
        agent_credentials.iter().try_for_each(|path| held(path))?;
        // It was read once before, so that nothing is wrong with it.
        let mode = settings.mode.read().map_err(|(_, error)| error)?;
        let report = settings.report.read(&workspace).map_err(|(_, error)| error)?;
        let (policy, cedar) = beside::policy(&settings, &workspace, found.as_deref(), mode.scope.clone())?;
        let pass_env: Vec<String> = settings.programs.pass_env.iter().map(|name| name.get_ref().clone()).collect();
        let home = match is_listed(&pass_env, &variables::HOME.into()) {
            true => places.home.clone(),
            false => account_home(),
        };
        let programs = Programs::new(&settings.programs, home.as_deref());
        let catalogue_globs: Vec<String> =
            settings.catalogues.files.iter().map(|glob| glob.get_ref().clone()).collect();
        let catalogue_globs = catalogues::everywhere(&workspace, &catalogue_globs);
        catalogues::check_scratch(&catalogue_globs, &programs.scratch)?;
        nested::check_scratch(&settings, &programs.scratch)?;
        let chosen = overrides.state.as_deref().map(|path| places::named_from(&base, path));
        let state_name = places::state((chosen, settings.workspace.state(&workspace)), places, &workspace)?;
        let config = Config {
            unfit,
            state: places::resolve(&state_name),
            state_name,
            servers: settings
                .servers
                .iter()
                .map(|(name, server)| (name.get_ref().clone(), server.config(&workspace)))
                .collect(),
            file: found.map(|path| path.canonicalize().unwrap_or(path)),
            model: settings.model.wiring(&workspace),
            workspace,
            root,
            catalogues,
            given,
            catalogue_globs,
            read: settings.workspace.read(),
            policy,
            policy_tools: settings.policy.globs().map(str::to_owned).collect(),
            cedar,
            hosts: settings.http.hosts.iter().map(|host| host.get_ref().clone()).collect(),
            pass_env,
            programs,
            approval,
            contents_bytes: settings.contents.max_mb.get_ref() << 20,
            deadline: settings.run.read(),
            plan_for: settings.agents.plan,
            agent_hook: settings.agents.hook,
            agent_reads: settings.agents.reads.iter().map(|glob| glob.get_ref().clone()).collect(),
            agent_credentials,
            mode,
            report,
        };
        goes_by::check_scratch(&config)?;
        nested::check_parts(&config, &within)?;
        config.check_root()?;
        Ok(config)
    }

    /// Refuses where another folder has taken the place of the one whose rules were read.
    pub fn check_root(&self) -> Result<(), ConfigError> {
        match self.root.is_at(&self.workspace) {
            true => Ok(()),
            false => {
                let message = format!("`{}` is another folder than when its rules were read", self.workspace.display());
                Err(ConfigError::world(message).help("see who moves folders there, and begin again"))
            }
        }
    }

    /// Compares the rules of `[policy]` with the names of all tools. Gives the globs that match none; a name without wildcard
    /// that is no tool is an error, for what it was meant for would silently go without a rule.
    pub fn idle_policies(&self, tools: &[&str]) -> Result<Vec<&str>, ConfigError> {
        let mut idle = Vec::new();
        for rule in &self.policy_tools {
            let matcher = globset::Glob::new(rule).ok().map(|glob| glob.compile_matcher());
            if tools.iter().any(|tool| matcher.as_ref().is_some_and(|matcher| matcher.is_match(tool))) {
                continue;
            }
            if rule.contains(['*', '?', '[', '{']) {
                idle.push(rule.as_str());
                continue;
            }
            let file = self.file.as_ref().map_or_else(|| CONFIG_NAME.to_owned(), |path| path.display().to_string());
            let error = ConfigError::world(format!("`{rule}` is no tool, in `[policy]` of `{file}`"));
            return Err(match nearest(rule, tools.iter().copied()) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("`planc tools` lists all tools"),
            });
        }
        Ok(idle)
    }

    /// Refuses where the folder is none for plans: nothing is planned, carried out or started there.
    pub fn check_fit(&self) -> Result<(), ConfigError> {
        let Some(why) = self.unfit else { return Ok(()) };
        let message = format!("`{}` cannot be a workspace: {why}", self.workspace.display());
        Err(ConfigError::world(message).help("work in the folder of a project, with `cd` or `-C DIR`"))
    }

    /// Makes the state directory, private to this account and out of reach of plans, and checks one that exists. Refuses where the
    /// folder is none for plans: nothing is planned or carried out without state.
    pub fn prepare_state(&self) -> Result<(), ConfigError> {
        self.check_fit()?;
        self.check_root()?;
        let help = "choose one in a folder of no workspace with `--state-dir DIR`, or in `[workspace] state`";
        nested::check_reach(("the state directory", &self.state_name), &self.workspace, help)?;
        places::outside(&self.state, &self.workspace)?;
        places::make_private(&self.state)
    }

    /// A path as a person in the workspace would write it.
    pub fn shown<'p>(&self, path: &'p Path) -> std::borrow::Cow<'p, str> {
        path.strip_prefix(&self.workspace).unwrap_or(path).to_string_lossy()
    }
}
