//! Configuration, what was set since, the clock and read-only checks ⟶ `plan` or `execute`, with the reasons.
//!
//! How to call it, from a surface such as a server:
//!
//! 1. Find out the **scope** of the caller from its credential or from the operator's configuration, never from what the
//!    caller says. No scope means the workspace as such; a scope that is not declared in `[mode.scopes]` is in plan mode.
//! 2. Where the caller names a **session**, hand it on in [`Standing`]. A name that was not given out by
//!    [`Modes::open_session`], or that was given out in another scope, is in plan mode.
//! 3. Ask [`Modes::effective`] at every request; never keep the answer. [`Effective::refuses`] gives the denial that an
//!    agent is told, where there is one.
//! 4. Open the session of a child with the session of its parent: it inherits, and can only be stricter.
//! 5. [`Modes::set`] changes what is said of a place. Who is a person at a terminal, or holds an approver's credential, is for
//!    the surface to know; everybody else can only make it stricter.
//!
//! The tree is: everything ⟶ scope ⟶ scope within it ⟶ session ⟶ session opened by it. The strictest of all that is said on
//! the way counts. `[mode] default` is no parent: it stands in where nothing on the way says anything.

mod check;
mod watch;

pub(crate) use check::catalogue;
pub use check::{Checks, InWorkspace};
pub use watch::ModeWatch;

use crate::config::{Config, Mode, Setting, When};
use crate::journal::{ModeChange, ModeSession, Place, Store, StoreError, now};
use crate::scope::Scope;
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;

/// What an agent is told of a call that plan mode does not allow, before what is allowed instead.
pub const DENIAL: &str = "[Tool denied — plan mode is active]";

/// What is allowed in plan mode.
pub const INSTEAD: &str = "read what you need with read-only tools, write the plan, and end with it: it is reported once, and then nothing further happens";

/// The longest reason for a change, in bytes.
pub const MAX_WHY_BYTES: usize = 2000;

/// For whom the mode is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// From a credential or the operator's configuration; none: the workspace as such.
    pub scope: Option<Scope>,
    /// A session that the caller names.
    pub session: Option<String>,
    /// Whether the scope hangs on a credential. Where it does not, the mode of the workspace counts as well.
    pub is_vouched: bool,
}

/// The mode that counts for a standing, and all that was said on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effective {
    /// The mode.
    pub mode: Mode,
    /// What was said, from the widest place to the narrowest.
    pub causes: Vec<Cause>,
}

/// Something that was said of the mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Of which place.
    #[serde(flatten)]
    pub place: Place,
    /// What kind of word it is.
    pub kind: CauseKind,
    /// The mode that it says.
    pub mode: Mode,
    /// As a phrase.
    pub text: String,
}

/// What kind of word says a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// `[mode] default`, where nothing else was said.
    Default,
    /// `[mode.scopes]`.
    Configured,
    /// Somebody set it.
    Set,
    /// A window of time is open.
    Window,
    /// A check is true, or could not be made.
    Check,
    /// The scope or the session is not known here.
    Unknown,
}

impl Effective {
    /// What forces plan mode: empty in `execute`.
    pub fn forced_by(&self) -> impl Iterator<Item = &Cause> {
        let plan = self.mode == Mode::Plan;
        self.causes.iter().filter(move |cause| plan && cause.mode == Mode::Plan)
    }

    /// What somebody is told whose request plan mode does not allow; none: it is not forbidden.
    pub fn refuses(&self) -> Option<String> {
        (self.mode == Mode::Plan).then(|| format!("{DENIAL} {}. Allowed instead: {INSTEAD}.", self.why()))
    }

    /// What forces it, as one phrase.
    pub fn why(&self) -> String {
        let mut words: Vec<&str> = self.forced_by().map(|cause| cause.text.as_str()).collect();
        words.dedup();
        words.join("; ")
    }
}

/// Who wants a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// A person who typed `yes` on the controlling terminal.
    Terminal,
    /// A credential of an approver was checked; whose it is.
    Credential(String),
    /// Whoever it may be: can only make it stricter.
    Anybody,
}

impl Authority {
    /// The word that is kept for how it was said.
    pub fn channel(&self) -> &'static str {
        match self {
            Authority::Terminal => "terminal",
            Authority::Credential(_) => "credential",
            Authority::Anybody => "anybody",
        }
    }
}

/// Why a mode was not changed, or a session not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModeError {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No configuration declares it.
    #[error("the scope `{0}` is not declared")]
    UnknownScope(Scope),
    /// It was not given out here.
    #[error("there is no such session here")]
    UnknownSession,
    /// A child would be laxer than its parent.
    #[error("a session is never laxer than what opens it: plan mode is active there: {0}")]
    Laxer(String),
    /// Only a person may do that.
    #[error("leaving plan mode needs a person at a terminal, or an approver's credential")]
    NeedsPerson,
    /// It says not why.
    #[error("a change of mode needs a reason of 1 to {MAX_WHY_BYTES} bytes")]
    NoReason,
}

/// The modes of a workspace.
#[derive(Clone)]
pub struct Modes {
    config: Arc<Config>,
    /// None: nothing was ever set.
    store: Option<Store>,
    checks: Arc<dyn Checks>,
}

impl Modes {
    /// The modes of a workspace. `checks` makes the checks that force plan mode.
    pub fn new(config: Arc<Config>, store: Option<Store>, checks: Arc<dyn Checks>) -> Modes {
        Modes { config, store, checks }
    }

    /// The mode that counts now.
    pub fn effective(&self, standing: &Standing) -> Result<Effective, StoreError> {
        self.effective_at(standing, Timestamp::now())
    }

    /// The mode of a session, whoever asks.
    pub fn of_session(&self, id: &str) -> Result<Effective, StoreError> {
        let chain = self.store.as_ref().map_or_else(|| Ok(Vec::new()), |store| store.mode_session(id))?;
        // One that is none any more fits no session.
        let scope = chain.first().and_then(|session| session.scope.as_deref()?.parse().ok());
        self.effective(&Standing { scope, session: Some(id.to_owned()), is_vouched: true })
    }

    /// Why a run may not go on for a standing, which may carry it out for the sessions that handed it in: what is set of these
    /// holds whoever does. None: it may.
    pub fn refuses(&self, standing: &Standing, run: &str) -> Result<Option<String>, StoreError> {
        if let Some(refusal) = self.effective(standing)?.refuses() {
            return Ok(Some(refusal));
        }
        let sessions = self.store.as_ref().map_or_else(|| Ok(Vec::new()), |store| store.sessions_of_run(run))?;
        for session in sessions {
            if let Some(refusal) = self.of_session(&session)?.refuses() {
                return Ok(Some(refusal));
            }
        }
        Ok(None)
    }

    /// The mode that counts at a point in time.
    pub fn effective_at(&self, standing: &Standing, at: Timestamp) -> Result<Effective, StoreError> {
        let sessions = match (&standing.session, &self.store) {
            (Some(id), Some(store)) => store.mode_session(id)?,
            (None, _) | (Some(_), None) => Vec::new(),
        };
        let mut causes = Vec::new();
        self.everything(at, &mut causes)?;
        if let Some(scope) = &standing.scope {
            self.scope(scope, at, &mut causes)?;
        }
        if standing.session.is_some() {
            self.sessions(standing, &sessions, &mut causes)?;
        }
        // Windows and checks only ever force plan mode: they say nothing of what is so otherwise.
        if causes.is_empty() || !causes.iter().any(|cause| says(cause.kind)) {
            let default = self.config.mode.default;
            let text = format!("the default is `{default}`");
            causes.insert(0, Cause { place: Place::Everything, kind: CauseKind::Default, mode: default, text });
        }
        if !standing.is_vouched && standing.scope != self.config.mode.scope {
            causes.extend(self.effective_at(&self.own(), at)?.forced_by().cloned());
        }
        let mode = causes.iter().map(|cause| cause.mode).max().unwrap_or_default();
        Ok(Effective { mode, causes })
    }

    /// Says something of a place, from the next request on.
    pub fn set(
        &self,
        place: &Place,
        setting: Setting,
        by: &str,
        why: &str,
        authority: &Authority,
    ) -> Result<ModeChange, ModeError> {
        let store = self.store.as_ref().ok_or(ModeError::UnknownSession)?;
        match place {
            Place::Everything => {}
            Place::Scope(name) => self.known(name)?,
            Place::Session(id) if store.mode_session(id)?.is_empty() => return Err(ModeError::UnknownSession),
            Place::Session(_) => {}
        }
        match (setting, authority) {
            (Setting::Plan, _) | (_, Authority::Terminal | Authority::Credential(_)) => {}
            (Setting::Execute | Setting::Inherit, Authority::Anybody) => return Err(ModeError::NeedsPerson),
        }
        let why = why.trim();
        if why.is_empty() || why.len() > MAX_WHY_BYTES {
            return Err(ModeError::NoReason);
        }
        let change = change(place.clone(), setting, by, why, authority);
        store.record_mode(&change)?;
        Ok(change)
    }

    /// Opens a session for a standing, within its session if it has one, and gives its name. It stays in the scope of the
    /// standing and inherits; with [`Setting::Plan`] it is in plan mode whatever is above, and one that asks for `execute`
    /// where plan mode is active gets nothing.
    pub fn open_session(&self, parent: &Standing, setting: Setting, by: &str) -> Result<String, ModeError> {
        let store = self.store.as_ref().ok_or(ModeError::UnknownSession)?;
        if let Some(id) = &parent.session {
            let chain = store.mode_session(id)?;
            if chain.is_empty() || !fits(parent, &chain) {
                return Err(ModeError::UnknownSession);
            }
        }
        let here = self.effective(parent)?;
        if here.mode == Mode::Plan && setting == Setting::Execute {
            return Err(ModeError::Laxer(here.why()));
        }
        let id = uuid::Uuid::new_v4().simple().to_string();
        let session = ModeSession {
            id: id.clone(),
            scope: parent.scope.as_ref().map(Scope::to_string),
            parent: parent.session.clone(),
            by: by.to_owned(),
            at: now(),
        };
        let first = change(Place::Session(id.clone()), setting, by, "it was opened so", &Authority::Anybody);
        store.open_mode_session(&session, &first)?;
        Ok(id)
    }

    /// The scopes that there are, each with its mode, after that of everything.
    pub fn tree(&self) -> Result<Vec<(Place, Effective)>, StoreError> {
        let mut tree = vec![(Place::Everything, self.effective(&Standing::default())?)];
        for scope in self.config.mode.scopes.keys() {
            let standing = Standing { scope: Some(scope.clone()), session: None, is_vouched: true };
            tree.push((Place::Scope(scope.to_string()), self.effective(&standing)?));
        }
        Ok(tree)
    }

    /// The standing of the workspace: the scope that the operator's file gives it.
    pub fn own(&self) -> Standing {
        Standing { scope: self.config.mode.scope.clone(), session: None, is_vouched: false }
    }

    fn known(&self, name: &str) -> Result<(), ModeError> {
        let scope: Option<Scope> = name.parse().ok();
        match scope {
            Some(scope) if self.config.mode.scopes.contains_key(&scope) => Ok(()),
            Some(scope) => Err(ModeError::UnknownScope(scope)),
            None => Err(ModeError::UnknownSession),
        }
    }

    fn last(&self, place: &Place) -> Result<Option<ModeChange>, StoreError> {
        match &self.store {
            Some(store) => store.mode_of(place),
            None => Ok(None),
        }
    }

    fn everything(&self, at: Timestamp, causes: &mut Vec<Cause>) -> Result<(), StoreError> {
        causes.extend(self.last(&Place::Everything)?.and_then(|change| {
            let mode = change.setting.mode()?;
            // What everybody may do unless something else is said is a default like that of the file.
            let kind = if mode == Mode::Plan { CauseKind::Set } else { CauseKind::Default };
            Some(Cause { kind, ..set(change, mode, "everything") })
        }));
        self.forces(None, at, causes);
        Ok(())
    }

    fn scope(&self, scope: &Scope, at: Timestamp, causes: &mut Vec<Cause>) -> Result<(), StoreError> {
        let scopes = &self.config.mode.scopes;
        if !scopes.contains_key(scope) {
            causes.push(Cause {
                place: Place::Scope(scope.to_string()),
                kind: CauseKind::Unknown,
                mode: Mode::Plan,
                text: format!("the scope `{scope}` is not declared"),
            });
        }
        for above in scope.chain() {
            let place = Place::Scope(above.to_string());
            if let Some(mode) = scopes.get(&above).and_then(|setting| setting.mode()) {
                let text = format!("`planc.toml` says `{mode}` of `{above}`");
                causes.push(Cause { place: place.clone(), kind: CauseKind::Configured, mode, text });
            }
            let what = format!("`{above}`");
            let said = self.last(&place)?;
            causes.extend(said.and_then(|change| Some(set(change.clone(), change.setting.mode()?, &what))));
            self.forces(Some(&above), at, causes);
        }
        Ok(())
    }

    fn sessions(&self, standing: &Standing, chain: &[ModeSession], causes: &mut Vec<Cause>) -> Result<(), StoreError> {
        if chain.is_empty() || !fits(standing, chain) {
            causes.push(Cause {
                place: Place::Session(standing.session.clone().unwrap_or_default()),
                kind: CauseKind::Unknown,
                mode: Mode::Plan,
                text: "there is no such session here".to_owned(),
            });
            return Ok(());
        }
        for (depth, session) in chain.iter().rev().enumerate() {
            let what = if depth + 1 == chain.len() { "this session" } else { "a session above this one" };
            let said = self.last(&Place::Session(session.id.clone()))?;
            causes.extend(said.and_then(|change| Some(set(change.clone(), change.setting.mode()?, what))));
        }
        Ok(())
    }

    /// The windows that are open, and the checks that are true or cannot be made, for exactly this scope.
    fn forces(&self, scope: Option<&Scope>, at: Timestamp, causes: &mut Vec<Cause>) {
        let place = scope.map_or(Place::Everything, |scope| Place::Scope(scope.to_string()));
        for force in self.config.mode.forces.iter().filter(|force| force.scope.as_ref() == scope) {
            let why = force.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            let found = match &force.when {
                When::Window(window) => match window.is_open(at) {
                    Ok(true) => Some((CauseKind::Window, format!("it is plan time {}{why}", window.text()))),
                    Ok(false) => None,
                    Err(error) => Some((
                        CauseKind::Window,
                        format!("whether it is plan time {} cannot be told: {error}{why}", window.text()),
                    )),
                },
                When::Check(check) => match self.checks.holds(check) {
                    Ok(true) => Some((CauseKind::Check, format!("`{check}` holds{why}"))),
                    Ok(false) => None,
                    Err(error) => Some((CauseKind::Check, format!("`{check}` cannot be checked: {error}{why}"))),
                },
            };
            causes.extend(found.map(|(kind, text)| Cause { place: place.clone(), kind, mode: Mode::Plan, text }));
        }
    }
}

/// Whether a kind of word says what is so in any case, so that the default is not asked.
fn says(kind: CauseKind) -> bool {
    match kind {
        CauseKind::Default | CauseKind::Configured | CauseKind::Set | CauseKind::Unknown => true,
        CauseKind::Window | CauseKind::Check => false,
    }
}

/// Whether a session belongs to the scope of who names it.
fn fits(standing: &Standing, sessions: &[ModeSession]) -> bool {
    let own = sessions.first().and_then(|session| session.scope.as_deref());
    own == standing.scope.as_ref().map(Scope::as_str)
}

fn set(change: ModeChange, mode: Mode, what: &str) -> Cause {
    let ModeChange { place, by, why, at, .. } = change;
    let text = format!("{by} set {what} to `{mode}` at {at}: {why}");
    Cause { place, kind: CauseKind::Set, mode, text }
}

fn change(place: Place, setting: Setting, by: &str, why: &str, authority: &Authority) -> ModeChange {
    let by = match authority {
        Authority::Credential(whose) => whose.clone(),
        Authority::Terminal | Authority::Anybody => by.to_owned(),
    };
    ModeChange { place, setting, by, channel: authority.channel().to_owned(), why: why.to_owned(), at: now() }
}
