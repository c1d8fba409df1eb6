//! A call that an agent's client makes of a transparent server ⟶ the same call on a connection for that client, with what the
//! server says and asks in the meantime handed to the client, and its answer kept as it is.
//!
//! Decides nothing: whether a call is made, and whether its answer is passed on, is the session's to say.
#![expect(deprecated, reason = "logging, sampling and roots are what servers of the era with sessions ask for")]

use super::{Connection, Server, ServerError};
use crate::config::ServerConfig;
use crate::tool::{Args, CallContext, Future_, LiveTool, ToolError};
use planc_lang::diagnostic::visible;
use planc_lang::value::Value;
use rmcp::model::{
    CallToolResponse, ClientCapabilities, ClientResult, ElicitRequestParams, ErrorData, InputRequest, InputResponses,
    LoggingLevel, LoggingMessageNotificationParam, ProgressNotificationParam, ProgressToken, RequestId,
    RequestMetaObject, ServerRequest,
};
use rmcp::service::{Peer, RoleServer};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// How many conversations of agents' clients have a connection of their own to a server; a further one ends the oldest.
pub const MAX_LINES: usize = 64;

/// How many questions a server may ask during a call.
pub const MAX_QUESTIONS: usize = 16;

/// How much that a server says during a call waits for the client; what is more is left out.
pub const MAX_WAITING: usize = 256;

/// What the keys begin with under which planc says something of an answer.
const OWN_META: &str = "planc/";

/// What stands for a run where an agent's client asks a server directly.
pub(super) const RUN: &str = "relay";

/// What a server answered: a result, the wish for another round, or an error of the protocol.
pub type Answer = Result<CallToolResponse, ErrorData>;

/// What a server says during a call.
#[derive(Debug)]
pub enum Said {
    /// How far it is.
    Progress(ProgressNotificationParam),
    /// A line of its log.
    Log(LoggingMessageNotificationParam),
    /// A question, and where the answer goes.
    Asked(Box<ServerRequest>, oneshot::Sender<Result<ClientResult, ErrorData>>),
}

/// An agent's client, as its server may know it.
#[derive(Clone, Debug)]
pub struct Agent {
    /// What it can be asked.
    pub capabilities: ClientCapabilities,
    /// To tell it what belongs to no call; none: requests that are alone are told nothing.
    pub peer: Option<Peer<RoleServer>>,
}

impl Agent {
    /// A client that has no more capabilities for servers than to be asked.
    pub fn new(capabilities: ClientCapabilities, peer: Option<Peer<RoleServer>>) -> Agent {
        let mut asked = ClientCapabilities::default();
        (asked.roots, asked.sampling, asked.elicitation) =
            (capabilities.roots, capabilities.sampling, capabilities.elicitation);
        Agent { capabilities: asked, peer }
    }

    /// What goes with each request, so that the server knows which client it is for.
    pub fn meta(&self, log_level: Option<LoggingLevel>) -> RequestMetaObject {
        let mut meta = RequestMetaObject::default();
        if self.peer.is_none() {
            meta.set_client_capabilities(self.capabilities.clone());
            if let Some(level) = log_level {
                meta.set_log_level(level);
            }
        }
        meta
    }
}

/// The connection of one conversation with an agent's client to the transparent server, once it is needed.
#[derive(Default)]
pub struct Line {
    slot: tokio::sync::Mutex<Option<Open>>,
    /// The conversation is over.
    over: CancellationToken,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.over.cancel();
    }
}

struct Open {
    /// What the server was then.
    config: ServerConfig,
    connection: Arc<Connection>,
}

/// The conversations that have a connection, the oldest first.
pub(super) type Lines = Mutex<VecDeque<Weak<Line>>>;

impl Line {
    /// Tells when the conversation is over.
    pub fn over(&self) -> CancellationToken {
        self.over.clone()
    }

    /// The connection that there is, or a new one: in the era with sessions where the client is of it, so that the server can
    /// ask.
    pub async fn connection(self: &Arc<Line>, server: &Server, agent: &Agent) -> Result<Arc<Connection>, ServerError> {
        let mut slot = self.slot.lock().await;
        if let Some(open) = &*slot
            && open.config == server.config
            && !open.connection.is_lost()
        {
            return Ok(open.connection.clone());
        }
        *slot = None;
        self.make_room(&server.lines);
        let connection = Arc::new(Connection::for_agent(server, agent).await?);
        *slot = Some(Open { config: server.config.clone(), connection: connection.clone() });
        Ok(connection)
    }

    /// The connection that there is.
    pub async fn opened(&self) -> Option<Arc<Connection>> {
        let slot = self.slot.lock().await;
        slot.as_ref().map(|open| open.connection.clone()).filter(|connection| !connection.is_lost())
    }

    /// Takes a place among the conversations, and ends the oldest connection where they are too many. A call that is being
    /// made on it goes on.
    fn make_room(self: &Arc<Line>, lines: &Lines) {
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|other| other.upgrade().is_some_and(|other| !Arc::ptr_eq(&other, self)));
        while lines.len() >= MAX_LINES {
            let oldest = lines.pop_front().and_then(|oldest| oldest.upgrade());
            // One that is just being opened is no old one.
            if let Some(mut slot) = oldest.as_ref().and_then(|oldest| oldest.slot.try_lock().ok()) {
                *slot = None;
            }
        }
        lines.push_back(Arc::downgrade(self));
    }

    /// Ends the connection, if it is this one.
    pub(super) async fn forget(&self, lost: &Arc<Connection>) {
        let mut slot = self.slot.lock().await;
        if slot.as_ref().is_some_and(|open| Arc::ptr_eq(&open.connection, lost)) {
            *slot = None;
        }
    }
}

/// What a client sent with a call besides the arguments.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Who it is.
    pub agent: Agent,
    /// How the client knows what is said of progress.
    pub progress: Option<ProgressToken>,
    /// Which lines of the log it wants.
    pub log_level: Option<LoggingLevel>,
    /// What it answers to questions of an earlier round.
    pub responses: Option<InputResponses>,
    /// What the earlier round gave it, sealed.
    pub state: Option<String>,
}

/// A call that may be passed on.
pub struct Relay {
    sent: Sent,
    line: Arc<Line>,
    said: mpsc::Sender<Said>,
    /// The full name of the tool, once the call is judged.
    name: OnceLock<String>,
    /// What the earlier round gave, as the server wrote it.
    opened: OnceLock<String>,
    questions: AtomicUsize,
    /// Whether anybody may be asked anything: not in plan mode, and not before the call is judged.
    may_ask: AtomicBool,
    kept: Mutex<Kept>,
}

/// What was answered so far.
#[derive(Debug, Default)]
enum Kept {
    #[default]
    Nothing,
    One(Box<Answer>),
    /// A tool whose results are several pages: none of them is its result.
    Several,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("sent", &self.sent).finish_non_exhaustive()
    }
}

impl Relay {
    /// A call that was sent on a line, and what its server says meanwhile.
    pub fn new(sent: Sent, line: Arc<Line>) -> (Arc<Relay>, mpsc::Receiver<Said>) {
        let (said, heard) = mpsc::channel(MAX_WAITING);
        let (name, opened, questions) = (OnceLock::new(), OnceLock::new(), AtomicUsize::new(0));
        let may_ask = AtomicBool::new(false);
        (Arc::new(Relay { sent, line, said, name, opened, questions, may_ask, kept: Mutex::default() }), heard)
    }

    /// What an earlier round gave the client, sealed.
    pub fn sealed(&self) -> Option<&str> {
        self.sent.state.as_deref()
    }

    /// Says which tool is called, what the earlier round gave as the server wrote it, and whether anybody may be asked anything.
    pub fn judged(&self, tool: &str, state: Option<String>, may_ask: bool) {
        // A call is judged once.
        let _ = self.name.set(tool.to_owned());
        self.may_ask.store(may_ask, Ordering::Relaxed);
        if let Some(state) = state {
            let _ = self.opened.set(state);
        }
    }

    /// The full name of the tool; empty before the call is judged.
    pub fn name(&self) -> &str {
        self.name.get().map_or("", String::as_str)
    }

    /// Seals what the answer gives the client for a further round.
    pub fn seal<E>(&self, seal: impl FnOnce(&str) -> Result<String, E>) -> Result<(), E> {
        if let Kept::One(answer) = &mut *self.kept()
            && let Ok(CallToolResponse::InputRequired(required)) = answer.as_mut()
            && let Some(state) = &mut required.request_state
        {
            *state = seal(state)?;
        }
        Ok(())
    }

    /// Whether there is one answer, and it is a result that the call has, or, where it failed, none.
    pub fn has(&self, made: bool) -> bool {
        match &*self.kept() {
            Kept::One(answer) => {
                let is_result =
                    matches!(answer.as_ref(), Ok(CallToolResponse::Complete(result)) if result.is_error != Some(true));
                is_result == made
            }
            Kept::Nothing | Kept::Several => false,
        }
    }

    /// The answer.
    pub fn take(&self) -> Option<Answer> {
        match std::mem::take(&mut *self.kept()) {
            Kept::One(answer) => Some(*answer),
            Kept::Nothing | Kept::Several => None,
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an answer as it is.
    pub(super) fn keep(&self, server: &str, mut answer: Answer) {
        match &mut answer {
            Ok(CallToolResponse::InputRequired(_)) if !self.may_ask.load(Ordering::Relaxed) => {
                answer = Err(nobody_is_asked());
            }
            Ok(CallToolResponse::InputRequired(required)) => {
                required.input_requests.iter_mut().flatten().for_each(|(_, request)| name_question(server, request));
            }
            // What planc says of a call is said by planc alone.
            Ok(CallToolResponse::Complete(result)) => {
                result.meta.iter_mut().for_each(|meta| meta.0.retain(|key, _| !key.starts_with(OWN_META)));
            }
            Ok(_) | Err(_) => {}
        }
        let mut kept = self.kept();
        *kept = match &*kept {
            Kept::Nothing => Kept::One(Box::new(answer)),
            Kept::One(_) | Kept::Several => Kept::Several,
        };
    }

    pub(super) fn responses(&self) -> Option<InputResponses> {
        self.sent.responses.clone()
    }

    pub(super) fn state(&self) -> Option<String> {
        self.opened.get().cloned()
    }

    /// Ends the connection that the call was made on.
    pub(super) async fn forget(&self, connection: &Arc<Connection>) {
        self.line.forget(connection).await;
    }

    pub(super) fn meta(&self) -> RequestMetaObject {
        self.sent.agent.meta(self.sent.log_level)
    }

    /// Whether the call is one of a conversation, in which there is more than one.
    fn is_conversation(&self) -> bool {
        self.sent.agent.peer.is_some()
    }

    /// Hands on a line of the log, where the client wants it. A conversation said at its server how much it wants; a request that
    /// is alone says it itself, and one that says nothing wants nothing.
    fn log(&self, line: LoggingMessageNotificationParam) {
        let is_wanted = match self.sent.log_level {
            _ if self.is_conversation() => true,
            Some(least) => line.level as u8 >= least as u8,
            None => false,
        };
        if is_wanted {
            // A client that does not listen is told less.
            let _ = self.said.try_send(Said::Log(line));
        }
    }
}

/// What a server is told that asks in plan mode.
pub fn nobody_is_asked() -> ErrorData {
    ErrorData::invalid_request("nobody is asked anything: plan mode is active", None)
}

/// Says in each line of a question of a server whose it is, so that nobody takes it for one of planc's; nothing in it moves a cursor or
/// hides.
pub fn name_question(server: &str, request: &mut InputRequest) {
    if let InputRequest::Elicitation(elicit) = request {
        name_message(server, &mut elicit.params);
    }
}

fn name_message(server: &str, params: &mut ElicitRequestParams) {
    match params {
        ElicitRequestParams::FormElicitationParams { message, .. }
        | ElicitRequestParams::UrlElicitationParams { message, .. } => {
            let lines = message.lines().map(|line| format!("{server}: {}", visible(line)));
            *message = lines.collect::<Vec<_>>().join("\n");
        }
        _ => {}
    }
}

/// The calls that a connection carries for clients, the newest last.
#[derive(Default)]
pub(super) struct Calls {
    open: tokio::sync::Mutex<Vec<Carried>>,
}

/// A call as its connection knows it.
struct Carried {
    request: RequestId,
    token: ProgressToken,
    relay: Arc<Relay>,
    /// Whether no other call was ever made beside it: what was said of one that has just ended may be heard after that.
    alone: bool,
}

impl Calls {
    /// Sends a request, and knows whose it is before anything that is said of it is heard.
    pub(super) async fn begin<T, E>(
        &self,
        relay: &Arc<Relay>,
        send: impl Future<Output = Result<T, E>>,
        known: impl FnOnce(&T) -> (RequestId, ProgressToken),
    ) -> Result<T, E> {
        let mut open = self.open.lock().await;
        let handle = send.await?;
        let (request, token) = known(&handle);
        let alone = open.is_empty();
        open.iter_mut().for_each(|call| call.alone = false);
        open.push(Carried { request, token, relay: relay.clone(), alone });
        Ok(handle)
    }

    /// Forgets a call that is over.
    pub(super) async fn end(&self, relay: &Arc<Relay>) {
        self.open.lock().await.retain(|call| !Arc::ptr_eq(&call.relay, relay));
    }

    /// Hands on how far a call is; whether it is one of these.
    pub(super) async fn progress(&self, mut told: ProgressNotificationParam) -> bool {
        let open = self.open.lock().await;
        let Some(call) = open.iter().find(|call| call.token == told.progress_token) else { return false };
        if let Some(token) = &call.relay.sent.progress {
            told.progress_token = token.clone();
            // A client that does not listen is told less.
            let _ = call.relay.said.try_send(Said::Progress(told));
        }
        true
    }

    /// Hands on a line of the log that came with the answer to this request; whether it is one of these calls.
    pub(super) async fn log_of(&self, request: &RequestId, line: LoggingMessageNotificationParam) -> bool {
        let open = self.open.lock().await;
        let call = open.iter().find(|call| call.request == *request);
        call.inspect(|call| call.relay.log(line)).is_some()
    }

    /// Hands on a line of the log of which nothing says where it belongs, to the call that it can only belong to: the newest of
    /// a conversation, or, of requests that are alone, the one that is being made.
    pub(super) async fn log(&self, line: LoggingMessageNotificationParam) {
        let open = self.open.lock().await;
        match open.as_slice() {
            [.., newest] if newest.alone || newest.relay.is_conversation() => newest.relay.log(line),
            [] | [..] => {}
        }
    }

    /// Hands on a question to the client whose call is being made; none: there is no such call.
    pub(super) async fn ask(
        &self,
        server: &str,
        mut request: ServerRequest,
    ) -> Option<Result<ClientResult, ErrorData>> {
        let said = {
            let open = self.open.lock().await;
            let relay = &open.last().filter(|call| call.relay.is_conversation())?.relay;
            if !relay.may_ask.load(Ordering::Relaxed) {
                return Some(Err(nobody_is_asked()));
            }
            if relay.questions.fetch_add(1, Ordering::Relaxed) >= MAX_QUESTIONS {
                let why = format!("a call asks at most {MAX_QUESTIONS} questions");
                return Some(Err(ErrorData::invalid_request(why, None)));
            }
            relay.said.clone()
        };
        if let ServerRequest::ElicitRequest(elicit) = &mut request {
            name_message(server, &mut elicit.params);
        }
        let (answer, answered) = oneshot::channel();
        said.send(Said::Asked(Box::new(request), answer)).await.ok()?;
        answered.await.ok()
    }
}

/// A server as it carries out one call of a client.
pub(super) struct Relayed {
    pub(super) server: Arc<Server>,
    pub(super) relay: Arc<Relay>,
}

impl LiveTool for Relayed {
    fn call<'a>(&'a self, args: &'a Args, context: &'a CallContext) -> Future_<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let (line, agent) = (&self.relay.line, &self.relay.sent.agent);
            let connection = line.connection(&self.server, agent).await;
            let connection = connection.map_err(|error| ToolError::before(error.message))?;
            let outcome = self.server.make(&connection, args, context, Some(&self.relay)).await;
            if connection.is_lost() {
                line.forget(&connection).await;
            }
            outcome
        })
    }
}

impl Server {
    /// The same server for one call of a client.
    pub fn relayed(self: &Arc<Server>, relay: Arc<Relay>) -> Arc<dyn LiveTool> {
        Arc::new(Relayed { server: self.clone(), relay })
    }
}
