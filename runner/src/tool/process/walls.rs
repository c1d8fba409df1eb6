//! What the operator and the plan say of programs ⟶ whether one runs in a cell, in the open, or not at all; and what its
//! cell is made of.

use super::author::{commits, may_name_author};
use super::second_names::second_name;
use super::{NAME, QUIETENED, Request, Sees, ToolError};
use crate::config::{Changed, Config, Limits, Network, Shown, Unconfined, lies_in, open_path};
use crate::sandbox::{Enforced, Seen, Spec, probe};
use crate::workspace::{find_program, is_in_work_tree};
use planc_lang::catalogue::Tool;
use planc_lang::effects::{CriticalVerb, Grant};
use planc_lang::grants::Grants;
use planc_lang::plan::Plan;
use planc_lang::value::Value;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The ports that a `contact` line means which names none.
const USUAL_PORTS: [u16; 2] = [80, 443];

/// Where a program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a cell.
    Cell,
    /// Unconfined, as the operator says.
    Open,
    /// Unconfined, and only after a yes to the very call: this machine cannot confine it.
    Asked(String),
    /// Nowhere: this machine cannot confine it, and the operator wants that.
    Nowhere(String),
}

/// Where a program with these arguments runs. Blocks the first time, see [`probe`].
pub fn place(config: &Config, argv: &[impl AsRef<str>]) -> Place {
    if config.programs.is_open(argv) && !is_of_somebody(config, argv) {
        return Place::Open;
    }
    let enforced = probe(&config.programs.launcher, &config.state);
    match (enforced.missing, config.programs.unconfined) {
        (None, _) => Place::Cell,
        (Some(why), Unconfined::Deny) => Place::Nowhere(why),
        (Some(why), Unconfined::Ask) => Place::Asked(why),
        (Some(_), Unconfined::Allow) => Place::Open,
    }
}

/// Whether a bare name leads to a program where `PATH` [does not count](open_path), or into the workspace: what the operator opens by
/// its name is not what a plan, or whoever calls planc, could have put there.
fn is_of_somebody(config: &Config, argv: &[impl AsRef<str>]) -> bool {
    let Some(program) = argv.first().and_then(|name| find_program(name.as_ref())) else { return false };
    let open = open_path(&config.pass_env, &config.workspace);
    let counts = std::env::split_paths(&open).any(|folder| Some(folder.as_path()) == program.parent());
    !counts || lies_in(&program, &config.workspace)
}

/// What this machine enforces on the programs of a plan; none: it runs none. Blocks the first time, see [`probe`].
pub fn enforced(config: &Config, plan: &Plan) -> Option<Enforced> {
    let calls = plan.steps.iter().flat_map(|step| std::iter::once(&step.call).chain(step.undo.as_deref()));
    let runs = calls.into_iter().any(|call| call.tool.name == NAME);
    runs.then(|| probe(&config.programs.launcher, &config.state))
}

/// Whether the operator wants to see what others change in the workspace while a plan waits and runs: where something of it may run in
/// the open, or anything at all.
pub fn is_watched(config: &Config, plan: &Plan) -> bool {
    match config.programs.changed {
        Changed::Allow => false,
        Changed::Ask => may_be_open(config, plan),
        Changed::Everywhere => enforced(config, plan).is_some(),
    }
}

/// Whether something of a plan may run in the open.
pub fn may_be_open(config: &Config, plan: &Plan) -> bool {
    let programs = &config.programs;
    let unconfined = programs.unconfined != Unconfined::Deny;
    let is_meant = !programs.open.is_empty() || unconfined;
    let is_open = |enforced: Enforced| !programs.open.is_empty() || !enforced.holds();
    is_meant && enforced(config, plan).is_some_and(is_open)
}

/// Why a cell has no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Closed {
    /// The operator keeps it closed.
    operator: bool,
    /// The plan has no `contact` line.
    plan: bool,
}

/// What the cells of a plan's programs are made of.
#[derive(Clone, Debug)]
pub struct Walls {
    launcher: PathBuf,
    state: PathBuf,
    home: Option<PathBuf>,
    scratch: Vec<String>,
    untold: Vec<String>,
    read: Vec<Shown>,
    hidden: Vec<PathBuf>,
    shut: Vec<PathBuf>,
    ports: Option<Vec<u16>>,
    closed: Closed,
    limits: Limits,
    /// The workspace as a simulation shows it, where the program shall see that.
    before: Option<Arc<Seen>>,
}

impl Walls {
    /// As the operator and the lines of `critical` say.
    pub fn new(config: &Config, grants: &Grants<'_>) -> Walls {
        let kept = [config.state.clone(), config.workspace.clone()];
        let read = config.programs.readable(&kept);
        let own: Vec<PathBuf> = config.file.iter().cloned().collect();
        // To git an emptied file is a change, which a program would commit.
        let (shut, own) = if is_in_work_tree(&config.workspace) { (own, Vec::new()) } else { (Vec::new(), own) };
        let hidden = config.programs.hidden(&read, own.into_iter().chain([config.state.clone()]).collect());
        Walls {
            launcher: config.programs.launcher.clone(),
            state: config.state.clone(),
            home: config.programs.home.clone(),
            scratch: config.programs.scratch.clone(),
            untold: config.programs.scratch.clone(),
            read,
            hidden,
            shut,
            ports: ports(config, grants),
            closed: Closed {
                operator: config.programs.network == Network::Off,
                plan: contacts(grants).next().is_none(),
            },
            limits: config.programs.limits,
            before: None,
        }
    }

    /// For a program that sees a simulated workspace, of which nothing is kept, and no network. The folders that programs
    /// really write are part of the copy.
    pub fn simulated(mut self, before: Arc<Seen>) -> Walls {
        self.before = Some(before);
        self.ports = None;
        self.scratch.clear();
        self
    }

    /// The simulated workspace that the program sees; none: the workspace as it is.
    pub(super) fn shown(&self) -> Option<&Arc<Seen>> {
        self.before.as_ref()
    }

    /// What a program sees.
    pub(super) fn sees(&self) -> Sees {
        match &self.before {
            Some(_) => Sees::Simulated,
            None => Sees::Copy,
        }
    }

    /// Whether a program reaches nothing but its copy of the workspace and the folders that may be scribbled on.
    pub fn is_closed(&self) -> bool {
        self.ports.is_none()
    }

    /// The TCP ports that a program may connect to; none: it has no network.
    pub fn ports(&self) -> Option<&[u16]> {
        self.ports.as_deref()
    }

    /// What a program does not have in its cell, and which line of the plan or setting of the operator would give it: for one
    /// that failed, and of which nobody knows whether that is why.
    pub(super) fn withheld(&self, request: &Request) -> String {
        let network = match (&self.ports, self.closed) {
            (Some(ports), _) => {
                let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
                format!("of the network TCP to {} and UDP, by the plan's `contact` lines", ports.join(", "))
            }
            (None, _) if self.before.is_some() => "no network, as before every approval".to_owned(),
            (None, Closed { operator: false, .. }) => "no network: the plan has no `contact` line".to_owned(),
            (None, Closed { operator: true, plan: false }) => "no network: `[programs] network` is \"off\"".to_owned(),
            (None, Closed { operator: true, plan: true }) => {
                "no network: the plan has no `contact` line, and `[programs] network` is \"off\"".to_owned()
            }
        };
        let scratch: String = self.scratch.iter().map(|folder| format!(", `{folder}`")).collect();
        let unseen = self.unseen_settings(request);
        let proc = match probe(&self.launcher, &self.state).proc {
            true => "",
            false => ", and an empty `/proc`, since this machine lets nobody mount one",
        };
        format!(
            "its cell had {network}{proc}; it could write its copy of the workspace{scratch} and `/tmp` only, and saw besides only \
             the system, what `PATH` names and what `[programs] read` lists{unseen}"
        )
    }

    /// What git goes by in the home of the account and did not see, where that is there.
    fn unseen_settings(&self, request: &Request) -> &'static str {
        let is_git = request.program.file_name().is_some_and(|name| name == "git");
        let Some(file) = self.home.as_ref().map(|home| home.join(".gitconfig")).filter(|file| is_git && file.is_file())
        else {
            return "";
        };
        match self.shows(&file) {
            true => "",
            false => {
                "; `~/.gitconfig` was not there for it, with the author of a commit: `read = [\"~/.gitconfig\"]` in `[programs]` of \
                 `planc.toml` shows it to programs, with all that is in it"
            }
        }
    }

    /// Whether a call is a git that makes a commit, and nothing that it sees names an author: neither its words, nor a variable, nor
    /// settings of the system, of the account or of the repository. Where that cannot be known, it does.
    pub fn knows_no_author(&self, config: &Config, tool: &Tool, values: &[Value]) -> bool {
        let given = |name: &str| tool.param(name).and_then(|index| values.get(index));
        let argv = given("argv").and_then(|argv| argv.as_list()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        let has_variables = config.pass_env.iter().any(|name| name.starts_with("GIT_"))
            || given("env").is_none_or(|env| env.as_list().is_none_or(|env| !env.is_empty()));
        let of_account = |name: &str| self.home.as_ref().map(|home| home.join(name)).filter(|file| self.shows(file));
        let settings = [
            Some("/etc/gitconfig".into()),
            of_account(".gitconfig"),
            of_account(".config/git/config"),
            Some(config.workspace.join(".git/config")),
        ];
        argv.is_some_and(|argv| commits(&argv))
            && !has_variables
            && !settings.iter().flatten().any(|file: &PathBuf| may_name_author(file))
    }

    /// Whether programs see a file outside the workspace because the operator lists it.
    fn shows(&self, file: &Path) -> bool {
        self.read.iter().any(|shown| file.starts_with(&shown.place))
    }

    /// What the cell of a call is made of. Makes the folders that programs really write, where they are missing.
    pub(super) fn spec(&self, request: &Request) -> Result<Spec, ToolError> {
        let workspace = request.workspace.identity()?;
        for folder in &self.scratch {
            let resolved = request.workspace.resolve(folder)?;
            // A link would lead what is written there past everything that was approved.
            if resolved != *folder {
                return Err(ToolError::before(format!("the scratch folder `{folder}` is a link, or lies behind one")));
            }
            request.workspace.make_dirs(folder)?;
        }
        self.check_names(request.workspace.root())?;
        Ok(Spec {
            launcher: self.launcher.clone(),
            state: self.state.clone(),
            workspace: request.workspace.root().to_owned(),
            identity: workspace,
            program: request.program.clone(),
            argv: request.argv.clone(),
            directory: request.directory.clone(),
            env: quietened(&request.env),
            home: self.home.clone(),
            scratch: self.scratch.clone(),
            untold: self.untold.clone(),
            read: self.read.clone(),
            hidden: self.hidden.clone(),
            shut: self.shut.clone(),
            ports: self.ports.clone(),
            limits: self.limits,
            before: self.before.as_ref().map_or_else(Vec::new, |seen| seen.puts()),
        })
    }

    /// A file that has another name elsewhere would be written there too.
    fn check_names(&self, root: &Path) -> Result<(), ToolError> {
        let folders: Vec<PathBuf> = self.scratch.iter().map(|folder| root.join(folder)).collect();
        let found = second_name(&folders).map_err(|why| ToolError::before(format!("folders of `scratch`: {why}")))?;
        let Some(path) = found else { return Ok(()) };
        Err(ToolError::before(format!(
            "`{}` has another name outside of the folders of `scratch` (it is a hard link), and a program that really writes here \
             would write there: make it a file of its own",
            path.strip_prefix(root).unwrap_or(&path).display()
        )))
    }
}

fn quietened(given: &[(OsString, OsString)]) -> Vec<(OsString, OsString)> {
    let known = |name: &str| given.iter().any(|(known, _)| known == name);
    let more = QUIETENED.iter().filter(|(name, _)| !known(name)).map(|(name, value)| (name.into(), value.into()));
    // Where temporary files go is the cell's own.
    let kept = given.iter().filter(|(name, _)| name != "TMPDIR").cloned();
    kept.chain(more).chain([("TMPDIR".into(), "/tmp".into())]).collect()
}

/// The ports that the lines of `critical` name; none: no line, or the operator keeps the network closed.
fn ports(config: &Config, grants: &Grants<'_>) -> Option<Vec<u16>> {
    if config.programs.network == Network::Off {
        return None;
    }
    let mut ports: Vec<u16> = Vec::new();
    let mut any = false;
    for grant in contacts(grants) {
        any = true;
        match grant.resource.rsplit_once(':').and_then(|(_, port)| port.parse().ok()) {
            Some(port) => ports.push(port),
            None => ports.extend(USUAL_PORTS),
        }
    }
    ports.sort_unstable();
    ports.dedup();
    any.then_some(ports)
}

/// The lines that let a program reach the network.
fn contacts<'g>(grants: &'g Grants<'_>) -> impl Iterator<Item = &'g Grant> {
    grants.iter().filter(|grant| grant.verb == CriticalVerb::Contact && grant.is_resolved())
}
