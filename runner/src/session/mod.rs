//! Agents: a call of one ⟶ whose session it is, whether it is let through, what it is answered, and a line in the audit log.
//!
//! A session is durable and belongs to whoever opened it. Effects are always locked: what only reads passes, within policy
//! and read scope; every other call is refused and kept as a proposed step; a plan that a person approved is the only key.
//! Nothing that an agent can say is a yes, and no answer says how one is given. Knows no wire: servers translate.

mod at_once;
mod call;
mod entry;
mod exit;
mod literal;
mod pass;
mod plan;
mod run;
mod show;
mod tools;
mod world;

pub use call::{DENIED, gives_content};
pub use entry::{Asked, Entry, Grounding, Proposal, Revision, SessionState, Todo, TodoStatus};
pub use exit::{ANSWER_SECONDS, Question};
pub use literal::{Arguments, Unwritable, Written, plan_of, step_of, write};
pub use pass::{MAX_STATE_BYTES, Offer, Passed};
pub use plan::foreseen;
pub use run::Progress;
pub use show::{Phase, SessionReport, Shown};
pub use tools::{Kind, LONG_NAME, Named, OWN, Own, OwnTool, names};
pub use world::{Checked, OpenWorld, PLAN_NAME, World};

use crate::config::Setting;
use crate::desk::DeskError;
use crate::journal::{AuditRow, StoreError, StoredSession, now};
use crate::mode::{ModeError, Standing};
use crate::scope::Scope;
use crate::stop::Stop;
use crate::tool::mcp::relay::Relay;
use planc_lang::digest::Digest;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The longest text of a plan that an agent may write.
pub const MAX_PLAN_BYTES: usize = 1024 * 1024;

/// The longest arguments of one call, as the language writes them.
pub const MAX_ARGUMENT_BYTES: usize = 1024 * 1024;

/// How deep arguments may be nested.
pub const MAX_ARGUMENT_DEPTH: usize = 64;

/// The longest result that a read gives an agent, as JSON.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// The longest text of a proposed step that is kept whole.
pub const MAX_KEPT_BYTES: usize = 64 * 1024;

/// The most entries of one session.
pub const MAX_ENTRIES: u64 = 10_000;

/// What the principals begin with that are known by a credential of the file that `planc.toml` names: it vouches for their scope.
pub const VOUCHED: &str = "agent ";

/// What a credential is called that has no name: it is in the scope of the workspace.
pub const UNNAMED: &str = "agent";

/// How many generations of children a session may have.
pub const MAX_GENERATIONS: usize = 8;

/// The most to-dos, and the longest text of one in characters.
pub const MAX_TODOS: usize = 200;

/// The longest text of a to-do, or of a goal, in characters.
pub const MAX_WORDS: usize = 2000;

/// The most globs over tools of one session.
pub const MAX_GLOBS: usize = 100;

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// By credential: the account that started a server on standard input, or the name of a bearer credential.
    pub principal: String,
    /// The client or project whose rules count, as the operator named it.
    pub scope: String,
    /// Through what: `stdio`, `http` or `admin`.
    pub channel: &'static str,
    /// What the client says it is called; proves nothing.
    pub client: Option<String>,
    /// The session that counts where none is named.
    pub current: Arc<Mutex<Option<String>>>,
    /// The session that the first one of this caller is a child of.
    pub parent: Option<String>,
}

impl Caller {
    fn current(&self) -> MutexGuard<'_, Option<String>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an agent is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// For reading.
    pub text: String,
    /// For programs.
    pub data: serde_json::Value,
    /// Whether the call did not do what it was asked for.
    pub is_error: bool,
    /// Whether it was let through.
    pub allowed: bool,
    /// Why, or why not: for the audit log.
    pub why: String,
    /// What a person may be asked in the client, where the operator allows that.
    pub question: Option<Question>,
    /// What a server answered, block by block, where its tool is declared to give just that; in place of text and data.
    pub content: Option<Vec<serde_json::Value>>,
    /// Whether what a transparent server answered may be passed on as it is, in place of all this.
    pub passes: bool,
}

impl Reply {
    /// An answer to a call that was let through.
    fn done(text: impl Into<String>, data: impl Serialize, why: &str) -> Reply {
        let data = serde_json::to_value(data).unwrap_or_default();
        Reply {
            text: text.into(),
            data,
            is_error: false,
            allowed: true,
            why: why.into(),
            question: None,
            content: None,
            passes: false,
        }
    }

    /// An answer to a call that was let through and did not do what it was asked for.
    fn failed(text: impl Into<String>, data: impl Serialize, why: &str) -> Reply {
        Reply { is_error: true, ..Reply::done(text, data, why) }
    }

    /// A call that was not let through.
    fn denied(text: impl Into<String>, data: impl Serialize, why: impl Into<String>) -> Reply {
        Reply { allowed: false, why: why.into(), ..Reply::failed(text, data, "") }
    }
}

/// Why a call has no answer of its own.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Nothing has this name.
    #[error("there is no tool `{0}`")]
    NoTool(String),
    /// The session is not there, or is somebody else's: the words are the same.
    #[error("there is no such session")]
    NoSession,
    /// The plan is not one of this session.
    #[error("this session has no plan `{0}`")]
    NoPlan(String),
    /// A state of an earlier round that was not given out here, to this caller.
    #[error("the state of the request was not given out here for this call")]
    State,
    /// Something that agents are not given, besides tools.
    #[error("{0}")]
    NotGiven(String),
    /// Arguments that are not what the tool takes.
    #[error("{0}")]
    Arguments(String),
    /// The session is full.
    #[error("a session has at most {MAX_ENTRIES} entries: enter another one")]
    Full,
    /// Children of children.
    #[error("sessions have at most {MAX_GENERATIONS} generations of children")]
    TooDeep,
    /// The catalogues or the configuration cannot be used.
    #[error("{0}")]
    World(String),
    /// The mode does not let it.
    #[error(transparent)]
    Mode(#[from] ModeError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The desk refuses.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// All sessions of one state directory. Clones share what runs.
#[derive(Clone)]
pub struct Sessions {
    open: OpenWorld,
    running: Arc<Mutex<BTreeMap<String, Stop>>>,
}

/// A session with everything that a call in it needs.
struct Open<'s> {
    sessions: &'s Sessions,
    world: World,
    session: StoredSession,
    state: SessionState,
}

impl Sessions {
    /// Sessions over a world that is opened anew for each call.
    pub fn new(open: OpenWorld) -> Sessions {
        Sessions { open, running: Arc::default() }
    }

    /// The world as it is now.
    pub fn world(&self) -> Result<World, SessionError> {
        (self.open)().map_err(SessionError::World)
    }

    /// Answers a call by the name that the wire has for the tool, and writes it into the audit log. Blocks; must be called
    /// where blocking is allowed, on a tokio runtime.
    pub fn call(
        &self,
        caller: &Caller,
        session: Option<&str>,
        tool: &str,
        arguments: &Arguments,
        progress: Option<Progress>,
        relay: Option<Arc<Relay>>,
    ) -> Result<Reply, SessionError> {
        let world = self.world()?;
        let desk = world.desk.clone();
        let mut known = None;
        let full = full_name(&world, tool);
        let outcome = self.answer(caller, session, tool, arguments, (progress, relay), world, &mut known);
        let (allowed, why) = match &outcome {
            Ok(reply) => (reply.allowed, reply.why.clone()),
            Err(error) => (false, error.to_string()),
        };
        let digest = Digest::of_json(arguments).to_string();
        let (tool, why) = (short(&full), short(&why));
        desk.store.audit(&AuditRow {
            at: now(),
            session: known,
            principal: caller.principal.clone(),
            channel: caller.channel.into(),
            client: caller.client.as_deref().map(short),
            tool,
            args: digest,
            allowed,
            why,
        })?;
        outcome
    }

    #[allow(clippy::too_many_arguments, reason = "one call, with everything that is known of it")]
    fn answer(
        &self,
        caller: &Caller,
        named: Option<&str>,
        tool: &str,
        arguments: &Arguments,
        (progress, relay): (Option<Progress>, Option<Arc<Relay>>),
        world: World,
        known: &mut Option<String>,
    ) -> Result<Reply, SessionError> {
        let kind = tools::find(&world, tool).ok_or_else(|| SessionError::NoTool(short(tool)))?;
        let mut arguments = arguments.clone();
        let own = match &kind {
            Kind::Own(own) => Some(*own),
            Kind::Catalogue(_) => None,
        };
        if own == Some(Own::Enter) {
            let reply = self.enter(caller, &world, arguments, known)?;
            return Ok(reply);
        }
        // Tools of planc take the session as an argument; those of catalogues have their own arguments only.
        let given = own.and_then(|_| arguments.remove("session"));
        let given = match given {
            Some(serde_json::Value::String(id)) => Some(id),
            Some(serde_json::Value::Null) | None => named.map(str::to_owned),
            Some(_) => return Err(SessionError::Arguments("`session` is a string".into())),
        };
        let session = self.session(caller, &world, given.as_deref())?;
        *known = Some(session.id.clone());
        let state = SessionState::fold(world.desk.store.session_entries(&session.id)?);
        let mut open = Open::new(self, world, session, state);
        match kind {
            Kind::Catalogue(tool) => open.call_tool(&tool, &arguments, relay),
            Kind::Own(Own::Enter) => unreachable!("entering has been answered"),
            Kind::Own(Own::Write) => open.write(arguments),
            Kind::Own(Own::Check) => open.check(arguments),
            Kind::Own(Own::Status) => open.status(arguments),
            Kind::Own(Own::Exit) => open.exit(arguments),
            Kind::Own(Own::Run) => open.run(arguments, progress),
            Kind::Own(Own::Abort) => open.abort(arguments),
            Kind::Own(Own::Todo) => open.todos(arguments),
        }
    }

    /// The session that counts for a call: the one that is named, if it is the caller's; else the current one.
    fn session(&self, caller: &Caller, world: &World, named: Option<&str>) -> Result<StoredSession, SessionError> {
        if let Some(id) = named {
            return own_session(caller, world, id);
        }
        let current = caller.current().clone();
        if let Some(id) = current {
            return own_session(caller, world, &id);
        }
        let entered = Entry::Entered { goal: None, tools: None, explicit: false };
        let session = new_session(caller, world, caller.parent.as_deref(), &entered)?;
        *caller.current() = Some(session.id.clone());
        Ok(session)
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Stop>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a run is being carried out here.
    pub fn is_running(&self) -> bool {
        !self.running().is_empty()
    }

    /// Asks everything that runs to stop: nothing new is started.
    pub fn stop(&self) {
        self.running().values().for_each(Stop::request);
    }
}

/// What the audit log calls a tool: by its full name where the wire has one without the server's.
fn full_name(world: &World, wire: &str) -> String {
    // All names with a prefix have this in them, and say whose tool it is.
    if wire.contains("__") {
        return wire.to_owned();
    }
    match tools::find(world, wire) {
        Some(Kind::Catalogue(tool)) => tool.name.to_string(),
        Some(Kind::Own(_)) | None => wire.to_owned(),
    }
}

/// A session by its whole id, if it is the caller's.
fn own_session(caller: &Caller, world: &World, id: &str) -> Result<StoredSession, SessionError> {
    let session = world.desk.store.session(id)?.ok_or(SessionError::NoSession)?;
    match session.principal == caller.principal {
        true => Ok(session),
        false => Err(SessionError::NoSession),
    }
}

/// Opens a session: a child where a parent of the same caller is named.
fn new_session(
    caller: &Caller,
    world: &World,
    parent: Option<&str>,
    entered: &Entry,
) -> Result<StoredSession, SessionError> {
    let parent = parent.map(|id| own_session(caller, world, id)).transpose()?;
    if let Some(parent) = &parent
        && lineage(world, parent)?.len() >= MAX_GENERATIONS
    {
        return Err(SessionError::TooDeep);
    }
    let scope = parent.as_ref().map_or_else(|| caller.scope.clone(), |parent| parent.scope.clone());
    let parent = parent.map(|parent| parent.id);
    // Its place in the tree of modes has the same name: it is in plan mode whenever what is above it is.
    let above = Standing { session: parent.clone(), ..standing(world, &scope, &caller.principal) };
    let session = StoredSession {
        id: world.desk.modes().open_session(&above, Setting::Inherit, &caller.principal)?,
        scope,
        parent,
        principal: caller.principal.clone(),
        created_at: now(),
    };
    world.desk.store.add_session(&session)?;
    world.desk.store.add_entry(&session.id, None, entered, MAX_ENTRIES)?;
    Ok(session)
}

/// For whom the mode is asked. A scope that a credential vouches for stays what it is, declared or not. Every other one was said by
/// whoever started the server: it counts where it is declared and within that of the workspace, and the mode of the workspace
/// counts as well.
fn standing(world: &World, scope: &str, principal: &str) -> Standing {
    let config = &world.desk.config.mode;
    let is_vouched = principal.starts_with(VOUCHED) && scope != UNNAMED;
    let counts = |scope: &Scope| {
        let is_within = config.scope.as_ref().is_none_or(|own| scope.is_within(own));
        is_vouched || config.scopes.contains_key(scope) && is_within
    };
    let said = scope.parse::<Scope>().ok().filter(counts);
    Standing { scope: said.or_else(|| config.scope.clone()), session: None, is_vouched }
}

/// A session and those above it, itself first.
fn lineage(world: &World, session: &StoredSession) -> Result<Vec<StoredSession>, SessionError> {
    let mut line = vec![session.clone()];
    while let Some(parent) = line.last().and_then(|last| last.parent.clone()) {
        match world.desk.store.session(&parent)? {
            Some(parent) if line.len() <= MAX_GENERATIONS => line.push(parent),
            Some(_) | None => break,
        }
    }
    Ok(line)
}

impl<'s> Open<'s> {
    /// A session whose mode counts from here on.
    fn new(sessions: &'s Sessions, mut world: World, session: StoredSession, state: SessionState) -> Open<'s> {
        let standing = standing(&world, &session.scope, &session.principal);
        // The rules that count are those for the session's scope.
        let mut config = (*world.desk.config).clone();
        config.policy = config.policy.for_scope(standing.scope.clone());
        world.desk.registry = Arc::new((*world.desk.registry).clone().with_policy(config.policy.clone()));
        world.desk.config = Arc::new(config);
        world.desk.standing = Standing { session: Some(session.id.clone()), ..standing };
        Open { sessions, world, session, state }
    }

    /// Adds an entry, and knows it from here on.
    fn add(&mut self, key: Option<&str>, entry: &Entry) -> Result<bool, SessionError> {
        let store = &self.world.desk.store;
        let added = store.add_entry(&self.session.id, key, entry, MAX_ENTRIES)?;
        if !added && self.state.entries + 1 >= MAX_ENTRIES {
            return Err(SessionError::Full);
        }
        self.state.go_on(store.session_entries_after(&self.session.id, self.state.entries)?);
        Ok(added)
    }

    /// The first reason why a tool may not be used here at all: a session above it leaves it out.
    fn left_out(&self, tool: &str) -> Result<Option<String>, SessionError> {
        for session in lineage(&self.world, &self.session)? {
            let tools = match session.id == self.session.id {
                true => self.state.tools.clone(),
                false => SessionState::fold(self.world.desk.store.session_entries(&session.id)?).tools,
            };
            let Some(globs) = tools else { continue };
            let matches =
                |glob: &String| globset::Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(tool));
            if !globs.iter().any(matches) {
                return Ok(Some(format!("`{tool}` is not among the tools of this session")));
            }
        }
        Ok(None)
    }
}

/// The beginning of a text from outside, for a line of the log.
fn short(text: &str) -> String {
    let mut short: String = text.chars().take(500).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
