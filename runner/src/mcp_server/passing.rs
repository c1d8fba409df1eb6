//! What a transparent server offers, says and asks besides the results of its tools ⟶ the same for the agent's client.
//!
//! Each conversation of the era with sessions has a connection of its own, so that what the server says reaches who it is
//! meant for; requests that are alone share one, on which a server cannot ask. Whether something is given is judged in the session.
#![expect(deprecated, reason = "clients of the era with sessions set the level of logs and subscribe to resources")]

use super::listening::Listing;
use super::offers::Offers;
use super::{Gate, broke_down, definitions, is_stateless, unanswered};
use crate::session::{Caller, Offer, Passed, SessionError};
use crate::tool::mcp::Connection;
use crate::tool::mcp::relay::{Agent, Line, Relay, Said, Sent, name_question, nobody_is_asked};
use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, ClientRequest, ClientResult, CompleteRequest, CompleteRequestParams, CompleteResult,
    ErrorCode, GetPromptRequest, GetPromptRequestParams, GetPromptResponse, InputRequiredResult, ListPromptsRequest,
    ListPromptsResult, ListResourceTemplatesRequest, ListResourceTemplatesResult, ListResourcesRequest,
    ListResourcesResult, PaginatedRequestParams, ReadResourceRequest, ReadResourceRequestParams, ReadResourceResponse,
    Reference, ServerCapabilities, ServerRequest, ServerResult, SetLevelRequest, SetLevelRequestParams,
    SubscribeRequest, SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequest, UnsubscribeRequestParams,
};
use rmcp::service::{PeerRequestOptions, RequestContext, RoleServer};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How long a server may take to answer what is asked of it besides calls, where the operator does not say.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client that greets waits until it is known what the transparent server offers; what comes later is not announced.
pub const OFFERS_WAIT: Duration = Duration::from_secs(10);

/// How long it is known which arguments of tools clients say in headers, too.
pub const HEADERS_FOR: Duration = Duration::from_secs(10);

/// How the schema of an argument says so.
const HEADER_KEY: &str = "\"x-mcp-header\"";

/// Tools with arguments that are said in headers, and since when they are known.
type Headers = Option<(Instant, Vec<Tool>)>;

/// The connections to the transparent server, and what it offers.
#[derive(Clone, Default)]
pub(super) struct Lines {
    /// That of this conversation.
    pub(super) own: Arc<Line>,
    /// That of all requests that are alone.
    shared: Arc<Line>,
    /// What the server offered when it was looked at last.
    offers: Arc<Mutex<Option<Offers>>>,
    /// The tools with arguments that are said in headers, too, and since when that is known.
    headers: Arc<Mutex<Headers>>,
    /// The list of tools after the last change of the server.
    pub(super) listing: Arc<Listing>,
}

impl Lines {
    /// Those of another conversation.
    pub(super) fn another(&self) -> Lines {
        Lines { own: Arc::default(), ..self.clone() }
    }

    fn offers(&self) -> std::sync::MutexGuard<'_, Option<Offers>> {
        self.offers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what the server offers besides tools; gives its own words as a quotation.
    pub(super) fn offer(&self, capabilities: &mut ServerCapabilities) -> String {
        let offers = self.offers();
        offers.iter().for_each(|offers| offers.add_to(capabilities));
        offers.as_ref().map(Offers::quoted).unwrap_or_default()
    }

    /// What a client is told of that wants to hear of changes; none: there is nothing of which it could hear.
    pub(super) fn listened(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.offers().as_ref().map(|offers| offers.listened(requested))
    }
}

/// The session that a request names.
pub(super) fn named_session(context: &RequestContext<RoleServer>) -> Option<String> {
    context.meta.get(super::SESSION_META).and_then(Value::as_str).map(str::to_owned)
}

fn strange<T>() -> Result<T, ErrorData> {
    Err(ErrorData::internal_error("the answer of the server is none to this request", None))
}

impl Gate {
    /// The connection for a request, and who it is for.
    pub(super) fn line(&self, context: &RequestContext<RoleServer>) -> (Arc<Line>, Agent) {
        let capabilities = context.client_capabilities().unwrap_or_default();
        match is_stateless(context) {
            true => (self.lines.shared.clone(), Agent::new(capabilities, None)),
            false => (self.lines.own.clone(), Agent::new(capabilities, Some(context.peer.clone()))),
        }
    }

    /// A call as it may be passed on.
    pub(super) fn relay(
        &self,
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> (Arc<Relay>, mpsc::Receiver<Said>) {
        let (line, agent) = self.line(context);
        let sent = Sent {
            agent,
            progress: context.meta.get_progress_token(),
            log_level: context.meta.log_level(),
            responses: request.input_responses.clone(),
            state: request.request_state.clone(),
        };
        Relay::new(sent, line)
    }

    /// Waits for an answer, and hands the client what its server says and asks until then.
    pub(super) async fn while_asked<T>(
        &self,
        caller: &Caller,
        relay: &Relay,
        context: &RequestContext<RoleServer>,
        mut said: mpsc::Receiver<Said>,
        work: impl Future<Output = T>,
    ) -> T {
        tokio::pin!(work);
        loop {
            let said = tokio::select! {
                biased;
                Some(said) = said.recv() => said,
                done = &mut work => return done,
            };
            match said {
                // A client that went away is told nothing.
                Said::Progress(param) => drop(context.peer.notify_progress(param).await),
                Said::Log(line) => drop(context.peer.notify_logging_message(line).await),
                Said::Asked(request, answer) => {
                    let asked = self.ask(caller, relay.name(), context, *request);
                    let answered = tokio::select! {
                        answered = asked => answered,
                        done = &mut work => return done,
                    };
                    // A server that does not wait any more gets none.
                    let _ = answer.send(answered);
                }
            }
        }
    }

    /// Puts a question of a server to the client, and writes that it was put.
    async fn ask(
        &self,
        caller: &Caller,
        tool: &str,
        context: &RequestContext<RoleServer>,
        request: ServerRequest,
    ) -> Result<ClientResult, ErrorData> {
        let method = match &request {
            ServerRequest::ElicitRequest(_) => "elicitation/create",
            ServerRequest::CreateMessageRequest(_) => "sampling/createMessage",
            ServerRequest::ListRootsRequest(_) => "roots/list",
            _ => return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "this is not passed on", None)),
        };
        let (sessions, caller, what) = (self.sessions.clone(), caller.clone(), format!("{tool} asks: {method}"));
        let note = move || sessions.note(&caller, &what, "its server is transparent");
        // What is not written down is not asked.
        let noted = tokio::task::spawn_blocking(note).await.map_err(broke_down)?;
        noted.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        context.peer.send_request(request).await.map_err(unanswered)
    }

    /// Finds out what the transparent server offers; nothing, where there is none or it cannot be reached.
    pub(super) async fn look_at_offers(&self, line: &Arc<Line>, agent: &Agent) {
        let sessions = self.sessions.clone();
        let server = tokio::task::spawn_blocking(move || sessions.transparent()).await;
        let offered = match server {
            Ok(Ok(Some(server))) => {
                let reached = tokio::time::timeout(OFFERS_WAIT, line.connection(&server, agent)).await;
                let offers = reached.ok().and_then(Result::ok).map(|open| Offers {
                    server: server.name.clone(),
                    capabilities: open.capabilities(),
                    instructions: open.instructions(),
                });
                if let Some(peer) = agent.peer.clone().filter(|_| offers.as_ref().is_some_and(Offers::tells_of_tools)) {
                    self.tell_changes(&server, line, peer).await;
                }
                offers
            }
            Ok(Ok(None) | Err(_)) | Err(_) => None,
        };
        *self.lines.offers() = offered;
    }

    /// The definition of a tool whose arguments a client also says in headers, so that these are held against each other. It is
    /// asked for with every call, and so not looked up each time.
    pub(super) fn with_headers(&self, name: &str) -> Option<Tool> {
        let mut known = self.lines.headers.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_none_or(|(since, _)| since.elapsed() > HEADERS_FOR) {
            let all = definitions::tools(&self.sessions.world().ok()?).into_iter();
            let named = |tool: &Tool| Value::Object((*tool.input_schema).clone()).to_string().contains(HEADER_KEY);
            *known = Some((Instant::now(), all.filter(named).collect()));
        }
        known.as_ref().and_then(|(_, tools)| tools.iter().find(|tool| tool.name == name).cloned())
    }

    /// Judges whether something is given.
    pub(super) async fn judge(&self, context: &RequestContext<RoleServer>, offer: Offer) -> Result<Passed, ErrorData> {
        let caller = self.caller(context)?;
        let (sessions, named, method) = (self.sessions.clone(), named_session(context), offer.method);
        let judged = tokio::task::spawn_blocking(move || sessions.pass(&caller, named.as_deref(), &offer)).await;
        judged.map_err(broke_down)?.map_err(|error| match error {
            SessionError::NoTool(_) => ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method, None),
            error @ (SessionError::NotGiven(_) | SessionError::State | SessionError::NoSession) => {
                ErrorData::invalid_params(error.to_string(), None)
            }
            other => ErrorData::internal_error(other.to_string(), None),
        })
    }

    /// The connection on which a request is passed on, and who it is for.
    pub(super) async fn connected(
        &self,
        context: &RequestContext<RoleServer>,
        passed: &Passed,
    ) -> Result<(Arc<Connection>, Agent), ErrorData> {
        let (line, agent) = self.line(context);
        let connection = line.connection(&passed.server, &agent).await;
        Ok((connection.map_err(|error| ErrorData::internal_error(error.message, None))?, agent))
    }

    /// Asks the server what may be asked of it.
    async fn pass(
        &self,
        context: &RequestContext<RoleServer>,
        offer: Offer,
        request: impl FnOnce(&Passed) -> ClientRequest,
    ) -> Result<(ServerResult, Passed), ErrorData> {
        let method = offer.method;
        let passed = self.judge(context, offer).await?;
        let (connection, agent) = self.connected(context, &passed).await?;
        let config = &passed.server.config;
        let timeout = config.timeout_ms.map_or(TIMEOUT, |ms| TIMEOUT.min(Duration::from_millis(ms)));
        let options = PeerRequestOptions::with_timeout(timeout).with_meta(agent.meta(None));
        let sent = connection.peer().send_cancellable_request(request(&passed), options).await.map_err(unanswered)?;
        let result = sent.await_response().await.map_err(unanswered)?;
        let bytes = serde_json::to_vec(&result).map_or(u64::MAX, |bytes| bytes.len() as u64);
        match bytes > config.max_result_bytes {
            false => Ok((result, passed)),
            true => {
                let why = format!(
                    "the answer to `{method}` has {bytes} bytes, and at most {} are taken",
                    config.max_result_bytes
                );
                Err(ErrorData::internal_error(why, None))
            }
        }
    }

    async fn plainly(
        &self,
        context: &RequestContext<RoleServer>,
        (method, resources): (&'static str, Vec<String>),
        request: ClientRequest,
    ) -> Result<ServerResult, ErrorData> {
        let offer = Offer { method, resources, state: None };
        self.pass(context, offer, |_| request).await.map(|(result, _)| result)
    }

    pub(super) async fn resources(
        &self,
        params: Option<PaginatedRequestParams>,
        context: &RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let request = ClientRequest::ListResourcesRequest(ListResourcesRequest::with_param(params.unwrap_or_default()));
        match self.plainly(context, ("resources/list", Vec::new()), request).await? {
            ServerResult::ListResourcesResult(result) => Ok(result),
            _ => strange(),
        }
    }

    pub(super) async fn templates(
        &self,
        params: Option<PaginatedRequestParams>,
        context: &RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let request = ListResourceTemplatesRequest::with_param(params.unwrap_or_default());
        let request = ClientRequest::ListResourceTemplatesRequest(request);
        match self.plainly(context, ("resources/templates/list", Vec::new()), request).await? {
            ServerResult::ListResourceTemplatesResult(result) => Ok(result),
            _ => strange(),
        }
    }

    pub(super) async fn resource(
        &self,
        params: ReadResourceRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (resources, state) = (vec![params.uri.clone()], params.request_state.clone());
        let offer = Offer { method: "resources/read", resources, state };
        let request = |passed: &Passed| {
            let mut params = params;
            params.request_state.clone_from(&passed.state);
            ClientRequest::ReadResourceRequest(ReadResourceRequest::new(params))
        };
        match self.pass(context, offer, request).await? {
            (ServerResult::ReadResourceResult(result), _) => Ok(result.into()),
            (ServerResult::InputRequiredResult(required), passed) => Ok(further(&passed, required)?.into()),
            _ => strange(),
        }
    }

    pub(super) async fn subscribed(
        &self,
        params: SubscribeRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let resource = vec![params.uri.clone()];
        let request = ClientRequest::SubscribeRequest(SubscribeRequest::new(params));
        self.plainly(context, ("resources/subscribe", resource), request).await.map(drop)
    }

    pub(super) async fn unsubscribed(
        &self,
        params: UnsubscribeRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let resource = vec![params.uri.clone()];
        let request = ClientRequest::UnsubscribeRequest(UnsubscribeRequest::new(params));
        self.plainly(context, ("resources/unsubscribe", resource), request).await.map(drop)
    }

    pub(super) async fn prompts(
        &self,
        params: Option<PaginatedRequestParams>,
        context: &RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let request = ClientRequest::ListPromptsRequest(ListPromptsRequest::with_param(params.unwrap_or_default()));
        match self.plainly(context, ("prompts/list", Vec::new()), request).await? {
            ServerResult::ListPromptsResult(result) => Ok(result),
            _ => strange(),
        }
    }

    pub(super) async fn prompt(
        &self,
        params: GetPromptRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let (resources, state) = (vec![prompt_resource(&params.name)], params.request_state.clone());
        let offer = Offer { method: "prompts/get", resources, state };
        let request = |passed: &Passed| {
            let mut params = params;
            params.request_state.clone_from(&passed.state);
            ClientRequest::GetPromptRequest(GetPromptRequest::new(params))
        };
        match self.pass(context, offer, request).await? {
            (ServerResult::GetPromptResult(result), _) => Ok(result.into()),
            (ServerResult::InputRequiredResult(required), passed) => Ok(further(&passed, required)?.into()),
            _ => strange(),
        }
    }

    pub(super) async fn completed(
        &self,
        params: CompleteRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let resource = match &params.r#ref {
            Reference::Resource(resource) => vec![resource.uri.clone()],
            Reference::Prompt(prompt) => vec![prompt_resource(&prompt.name)],
            _ => return Err(ErrorData::invalid_params("only prompts and resources are completed", None)),
        };
        let request = ClientRequest::CompleteRequest(CompleteRequest::new(params));
        match self.plainly(context, ("completion/complete", resource), request).await? {
            ServerResult::CompleteResult(result) => Ok(result),
            _ => strange(),
        }
    }

    pub(super) async fn level(
        &self,
        params: SetLevelRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let request = ClientRequest::SetLevelRequest(SetLevelRequest::new(params));
        self.plainly(context, ("logging/setLevel", Vec::new()), request).await.map(drop)
    }
}

/// A prompt as the globs of `read` know it.
fn prompt_resource(name: &str) -> String {
    format!("prompts/{name}")
}

/// The wish of a server for another round, as the client gets it: with its state sealed, and its questions named.
fn further(passed: &Passed, mut required: InputRequiredResult) -> Result<InputRequiredResult, ErrorData> {
    if !passed.may_ask {
        return Err(nobody_is_asked());
    }
    required.input_requests.iter_mut().flatten().for_each(|(_, request)| name_question(&passed.server.name, request));
    if let Some(state) = &mut required.request_state {
        *state = passed.seal(state).map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    }
    Ok(required)
}
