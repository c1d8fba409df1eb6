//! What a transparent server offers besides tools ⟶ whether an agent is given it, and the server; a line in the audit log.
//!
//! Nothing of it has an effect that a plan could be about. It is given where the operator named the server transparent, what
//! is read lies in its `read`, and the session leaves nothing of the server out.

use super::tools::{Named, names};
use super::{Caller, Open, SessionError, SessionState, Sessions, World, short};
use crate::desk::{Desk, DeskError};
use crate::journal::{AuditRow, now};
use crate::seal::Keys;
use crate::tool::mcp::Server;
use crate::tool::mcp::relay::Relay;
use crate::workspace::Workspace;
use planc_lang::catalogue::Tool;
use planc_lang::digest::Digest;
use planc_lang::effects::Resource;
use planc_lang::names::{is_file, is_straight_path};
use std::sync::Arc;

/// The longest state of a round that is taken back, sealed.
pub const MAX_STATE_BYTES: usize = 64 * 1024;

/// What is asked of a server besides calls of its tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The method of the protocol.
    pub method: &'static str,
    /// What is looked at, as the globs of `read` know it, without the server's name; nothing: only what there is.
    pub resources: Vec<String>,
    /// The state of an earlier round, sealed.
    pub state: Option<String>,
}

/// A request that may be passed on.
pub struct Passed {
    /// To whom.
    pub server: Arc<Server>,
    /// The state of the earlier round, as the server wrote it.
    pub state: Option<String>,
    /// Whether anybody may be asked anything.
    pub may_ask: bool,
    keys: Keys,
    place: String,
}

impl Passed {
    /// Seals the state of a further round.
    pub fn seal(&self, state: &str) -> Result<String, SessionError> {
        seal(&self.keys, &self.place, state)
    }
}

/// The place for which the states of rounds are sealed.
fn place(principal: &str, what: &str) -> String {
    format!("round of {what} with {principal}")
}

fn seal(keys: &Keys, place: &str, state: &str) -> Result<String, SessionError> {
    let sealed = keys.sealer().and_then(|sealer| sealer.seal(place, state));
    Ok(sealed.map_err(DeskError::from)?)
}

fn open(keys: &Keys, place: &str, sealed: &str) -> Result<String, SessionError> {
    match sealed.len() > MAX_STATE_BYTES || !Keys::is_sealed(sealed) {
        true => Err(SessionError::State),
        false => keys.open(place, sealed.to_owned()).map_err(|_| SessionError::State),
    }
}

/// Whether nothing says that it is plan mode, in which nobody is asked anything.
fn is_executing(desk: &Desk) -> Result<bool, SessionError> {
    match desk.require_execute() {
        Ok(()) => Ok(true),
        Err(DeskError::PlanMode(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl Open<'_> {
    /// Lets the call of a tool of a transparent server be passed on; what comes of an earlier round is opened first.
    pub(super) fn relaying(
        &mut self,
        tool: &Tool,
        relay: Option<Arc<Relay>>,
    ) -> Result<Option<Arc<Relay>>, SessionError> {
        let Some(relay) = relay else { return Ok(None) };
        let desk = &self.world.desk;
        let config = desk.config.servers.get(tool.catalogue());
        let server = config.filter(|config| config.transparent).and_then(|_| desk.registry.server(tool.catalogue()));
        match (server, relay.sealed()) {
            (None, Some(_)) => Err(SessionError::State),
            (None, None) => Ok(None),
            (Some(server), sealed) => {
                let place = place(&self.session.principal, &tool.name);
                let state = sealed.map(|sealed| open(desk.store.keys(), &place, sealed)).transpose()?;
                relay.judged(&tool.name, state, is_executing(desk)?);
                self.world.desk.registry = Arc::new(desk.registry.relaying(&tool.name, server, relay.clone()));
                Ok(Some(relay))
            }
        }
    }

    /// Seals the state that a server gives for a further round of a call.
    pub(super) fn seal_state(&self, tool: &str, state: &str) -> Result<String, SessionError> {
        seal(self.world.desk.store.keys(), &place(&self.session.principal, tool), state)
    }
}

impl Sessions {
    /// The transparent server, where there is one.
    pub fn transparent(&self) -> Result<Option<Arc<Server>>, SessionError> {
        let desk = self.world()?.desk;
        let mut servers = desk.config.servers.iter();
        let name = servers.find(|(_, server)| server.transparent).map(|(name, _)| name);
        Ok(name.and_then(|name| desk.registry.server(name)).cloned())
    }

    /// The tools that keep their prefix although their server's tools have none, with the reason.
    pub fn kept_prefixes(&self) -> Result<Vec<(String, &'static str)>, SessionError> {
        let world = self.world()?;
        let kept = |named: Named<'_>| Some((named.tool.name.to_string(), named.kept?));
        Ok(names(&world).into_iter().filter_map(kept).collect())
    }

    /// Judges whether something besides a tool is given to a caller, and writes that into the audit log.
    pub fn pass(&self, caller: &Caller, named: Option<&str>, offer: &Offer) -> Result<Passed, SessionError> {
        let mut known = None;
        let mut name = offer.method.to_owned();
        let world = self.world()?;
        let store = world.desk.store.clone();
        let outcome = self.passing(caller, named, offer, world, (&mut known, &mut name));
        let (allowed, why) = match &outcome {
            Ok(_) => (true, "its server is transparent".to_owned()),
            Err(error) => (false, error.to_string()),
        };
        store.audit(&line(caller, known, &name, (&offer.resources.join("\n"), allowed, &why)))?;
        outcome
    }

    fn passing(
        &self,
        caller: &Caller,
        named: Option<&str>,
        offer: &Offer,
        world: World,
        (known, name): (&mut Option<String>, &mut String),
    ) -> Result<Passed, SessionError> {
        let none = || SessionError::NoTool(offer.method.to_owned());
        let (keys, config) = (world.desk.store.keys().clone(), world.desk.config.clone());
        let (of, rules) = config.servers.iter().find(|(_, server)| server.transparent).ok_or_else(none)?;
        let server = world.desk.registry.server(of).cloned().ok_or_else(none)?;
        *name = format!("{of}.{}", offer.method);
        let session = self.session(caller, &world, named)?;
        *known = Some(session.id.clone());
        let state = SessionState::fold(world.desk.store.session_entries(&session.id)?);
        let open = Open::new(self, world, session, state);
        if let Some(why) = open.left_out(name)? {
            return Err(SessionError::NotGiven(why));
        }
        if let Some(why) = open.wants_plan().filter(|_| !offer.resources.is_empty()) {
            return Err(SessionError::NotGiven(why));
        }
        let workspace = &open.world.desk.workspace;
        let may_read = |resource: &&String| match is_file(resource) {
            true => rules.may_read_text(&format!("{of}:{resource}")) && lies_in(workspace, resource),
            false => rules.may_read(&format!("{of}:{resource}")),
        };
        if let Some(resource) = offer.resources.iter().find(|resource| !may_read(resource)) {
            let resource = short(&format!("{of}:{resource}"));
            return Err(SessionError::NotGiven(format!("`{resource}` is not among what may be read of `{of}`")));
        }
        let what = format!("{name} {}", offer.resources.join("\n"));
        let place = place(&caller.principal, &what);
        let state = offer.state.as_deref().map(|sealed| self::open(&keys, &place, sealed)).transpose()?;
        let may_ask = is_executing(&open.world.desk)?;
        Ok(Passed { server, state, may_ask, keys, place })
    }

    /// Writes into the audit log that a server asks something during a call of a tool.
    pub fn note(&self, caller: &Caller, name: &str, why: &str) -> Result<(), SessionError> {
        self.world()?.desk.store.audit(&line(caller, None, name, ("", true, why)))?;
        Ok(())
    }
}

/// Whether the address of a file is a path of the workspace that lies where it is written.
fn lies_in(workspace: &Workspace, address: &str) -> bool {
    let root = workspace.root().to_str().map(|root| format!("file://{}/", root.trim_end_matches('/')));
    let Some(path) = root.and_then(|root| address.strip_prefix(&root)) else { return false };
    is_straight_path(path) && workspace.check_direct(&Resource::Path(path.into()), false).is_ok()
}

/// A line of the audit log: of what, about what, whether it was let through, and why.
fn line(caller: &Caller, session: Option<String>, name: &str, (about, allowed, why): (&str, bool, &str)) -> AuditRow {
    AuditRow {
        at: now(),
        session,
        principal: caller.principal.clone(),
        channel: caller.channel.into(),
        client: caller.client.as_deref().map(short),
        tool: short(name),
        args: if about.is_empty() { String::new() } else { Digest::of(about.as_bytes()).to_string() },
        allowed,
        why: short(why),
    }
}
