//! The server for agents: MCP requests, of both eras, ⟶ calls of [`crate::session`] ⟶ MCP results.
//!
//! A connection is not a conversation: it has no plan mode, hides no tool and holds no right. Everything that decides is in
//! the session and in the store.
#![expect(deprecated, reason = "clients of the era with sessions set the level of logs and subscribe to resources")]

mod credentials;
mod definitions;
mod http;
mod listening;
mod offers;
mod passing;
mod schema;

pub use credentials::{CredentialError, Credentials, MAX_CREDENTIAL_BYTES, MIN_CREDENTIAL, make_credentials};
pub use http::{Http, IDLE, MAX_BODY_BYTES, MAX_CONVERSATIONS, serve_http};

pub use listening::{CHANGES_PAUSE, MAX_LISTENED};
pub use offers::MAX_INSTRUCTIONS;
pub use passing::{HEADERS_FOR, OFFERS_WAIT};
use passing::{Lines, named_session};

use crate::session::{Arguments, Caller, LONG_NAME, OWN, Progress, Question, Reply, SessionError, Sessions};
use crate::tool::mcp::relay::Agent;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, CompleteRequestParams, CompleteResult,
    ContentBlock, DiscoverResult, ElicitRequest, ElicitRequestParams, ElicitationAction, ErrorData,
    GetPromptRequestParams, GetPromptResponse, Implementation, InitializeRequestParams, InitializeResult, InputRequest,
    InputRequests, InputRequiredResult, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, MetaObject, PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig, SetLevelRequestParams,
    SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, RoleServer, ServiceError, SubscriptionContext};
use rmcp::{ServerHandler, ServiceExt};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// How many tools one page of `tools/list` has.
pub const PAGE: usize = 500;

/// The key in `_meta` by which a call of a catalogue's tool names its session.
pub const SESSION_META: &str = "planc/session";

/// The key in `_meta` under which the answer to a refused or failed call of a catalogue's tool is there as data.
pub const ANSWER_META: &str = "planc/answer";

/// The one question of a `plan_exit`.
const APPROVAL: &str = "approval";

/// What a client is told that connects.
const INSTRUCTIONS: &str = "Effects need a plan that a person approved. Tools that only read can be called at any time. \
For everything else: plan_enter, then write the whole plan in the plan language with plan_write, which answers with every \
mistake; hand it in with plan_exit; when plan_status says that it is approved, plan_run carries it out. A call that is \
refused says which step to put into the plan.";

/// Who speaks on a connection: fixed, or by the credential of each request.
#[derive(Clone)]
enum Who {
    /// The account that started this process.
    Fixed(Caller),
    /// By what the HTTP side found out.
    ByRequest,
}

/// The handler of one connection, or of one request.
#[derive(Clone)]
pub struct Gate {
    sessions: Sessions,
    who: Who,
    lines: Lines,
}

impl Gate {
    /// A handler for the account that started this process.
    pub fn fixed(sessions: Sessions, caller: Caller) -> Gate {
        Gate { sessions, who: Who::Fixed(caller), lines: Lines::default() }
    }

    /// A handler that finds who calls in each request.
    pub(crate) fn by_request(sessions: Sessions) -> Gate {
        Gate { sessions, who: Who::ByRequest, lines: Lines::default() }
    }

    /// The same for another conversation.
    pub(crate) fn another(&self) -> Gate {
        Gate { lines: self.lines.another(), ..self.clone() }
    }

    fn caller(&self, context: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
        let mut caller = match &self.who {
            Who::Fixed(caller) => caller.clone(),
            Who::ByRequest => {
                let parts = context.extensions.get::<axum::http::request::Parts>();
                let caller = parts.and_then(|parts| parts.extensions.get::<Caller>().cloned());
                caller.ok_or_else(|| ErrorData::invalid_request("this request has no caller", None))?
            }
        };
        caller.client = context.client_info().map(|client| format!("{} {}", client.name, client.version));
        Ok(caller)
    }

    /// Answers a call on a thread where blocking is allowed.
    async fn call(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = self.caller(&context)?;
        let can_ask = can_ask(&context);
        let has_retry = is_stateless(&context);
        let is_of_catalogue = OWN.iter().all(|own| own.name != request.name);
        if let Some(sealed) = request.request_state.clone().filter(|_| !is_of_catalogue) {
            let answer = answer_of(&request);
            let (sessions, who) = (self.sessions.clone(), caller.clone());
            let reply = blocking(move || sessions.answered(&who, &sealed, &answer)).await?;
            return Ok(result(reply, false).into());
        }
        let progress = context.meta.get_progress_token().map(|token| progress(token, context.peer.clone()));
        let named = named_session(&context);
        let (relay, said) = self.relay(&request, &context);
        let (name, arguments) = (request.name.to_string(), request.arguments.unwrap_or_default());
        let (sessions, who) = (self.sessions.clone(), caller.clone());
        let (passed, relay) = (relay.clone(), Some(relay).filter(|_| is_of_catalogue));
        let work = move || sessions.call(&who, named.as_deref(), &name, &Arguments::from(arguments), progress, relay);
        let reply = self.while_asked(&caller, &passed, &context, said, blocking(work)).await?;
        if reply.as_ref().is_ok_and(|reply| reply.passes)
            && let Some(answer) = passed.take()
        {
            return answer;
        }
        let Some(question) = reply.as_ref().ok().and_then(|reply| reply.question.clone()).filter(|_| can_ask) else {
            return Ok(result(reply, is_of_catalogue).into());
        };
        if has_retry {
            return Ok(required(&question).into());
        }
        let answer = match context.peer.create_elicitation(form(&question)).await {
            Ok(answer) => action(&answer.action).to_owned(),
            // Who cannot be asked has said nothing, and the plan waits.
            Err(_) => return Ok(result(reply, false).into()),
        };
        let sessions = self.sessions.clone();
        let reply = blocking(move || sessions.answered(&caller, &question.sealed, &answer)).await?;
        Ok(result(reply, false).into())
    }

    /// Serves one client on standard input and output until it hangs up.
    pub async fn serve_stdio(self) -> Result<(), String> {
        let sessions = self.sessions.clone();
        let (input, output) = rmcp::transport::stdio();
        let transport = rmcp::transport::async_rw::AsyncRwTransport::new_server(input, output);
        let service = self.serve(transport.with_max_line_length(MAX_BODY_BYTES)).await;
        let service = match service {
            Ok(service) => service,
            // A client that goes away before it has begun is none.
            Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        let ended = service.waiting().await;
        sessions.stop();
        ended.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// Names of tools that are so long that some clients cut them off.
pub fn long_names(sessions: &Sessions) -> Result<Vec<String>, SessionError> {
    let tools = definitions::tools(&sessions.world()?);
    Ok(tools.into_iter().map(|tool| tool.name.to_string()).filter(|name| name.len() > LONG_NAME).collect())
}

impl ServerHandler for Gate {
    fn get_info(&self) -> ServerConfig {
        let mut capabilities = ServerCapabilities::builder().enable_tools().build();
        let quoted = self.lines.offer(&mut capabilities);
        let implementation = Implementation::new("planc", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(capabilities)
            .with_server_info(implementation)
            .with_instructions(INSTRUCTIONS.to_owned() + &quoted)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let sessions = self.sessions.clone();
        let world = tokio::task::spawn_blocking(move || sessions.world()).await.map_err(broke_down)?;
        let tools = definitions::tools(&world.map_err(|error| ErrorData::internal_error(error.to_string(), None))?);
        page(tools, request.and_then(|request| request.cursor))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.call(request, context).await
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.with_headers(name)
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        let agent = Agent::new(request.capabilities.clone(), Some(context.peer.clone()));
        self.look_at_offers(&self.lines.own, &agent).await;
        self.negotiate_initialize(&request)
    }

    async fn discover(&self, context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let (line, agent) = self.line(&context);
        self.look_at_offers(&line, &agent).await;
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info()))
    }

    async fn list_resources(
        &self,
        params: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.resources(params, &context).await
    }

    async fn list_resource_templates(
        &self,
        params: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        self.templates(params, &context).await
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.resource(params, &context).await
    }

    async fn subscribe(
        &self,
        params: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.subscribed(params, &context).await
    }

    async fn unsubscribe(
        &self,
        params: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.unsubscribed(params, &context).await
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.lines.listened(requested)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.listening(context).await
    }

    async fn list_prompts(
        &self,
        params: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.prompts(params, &context).await
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.prompt(params, &context).await
    }

    async fn complete(
        &self,
        params: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        self.completed(params, &context).await
    }

    async fn set_level(
        &self,
        params: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.level(params, &context).await
    }
}

fn page(tools: Vec<Tool>, cursor: Option<String>) -> Result<ListToolsResult, ErrorData> {
    let start = match cursor {
        None => 0,
        Some(cursor) => match cursor.parse::<usize>() {
            Ok(start) if start < tools.len() => start,
            Ok(_) | Err(_) => return Err(ErrorData::invalid_params("this cursor was not given out here", None)),
        },
    };
    let end = (start + PAGE).min(tools.len());
    let next = (end < tools.len()).then(|| end.to_string());
    let mut result = ListToolsResult::with_all_items(tools[start..end].to_vec());
    result.next_cursor = next;
    Ok(result)
}

/// Does blocking work. A tool that is not there is an error of the protocol; everything else is said in the result.
async fn blocking(
    work: impl FnOnce() -> Result<Reply, SessionError> + Send + 'static,
) -> Result<Result<Reply, SessionError>, ErrorData> {
    match tokio::task::spawn_blocking(work).await.map_err(broke_down)? {
        Err(SessionError::NoTool(name)) => Err(ErrorData::invalid_params(format!("there is no tool `{name}`"), None)),
        Err(error @ SessionError::State) => Err(ErrorData::invalid_params(error.to_string(), None)),
        other => Ok(other),
    }
}

fn broke_down(error: tokio::task::JoinError) -> ErrorData {
    ErrorData::internal_error(format!("the call broke down: {error}"), None)
}

/// What is told to the client of a request that its server did not answer.
fn unanswered(error: ServiceError) -> ErrorData {
    match error {
        ServiceError::McpError(error) => error,
        other => ErrorData::internal_error(format!("the server did not answer: {other}"), None),
    }
}

/// A reply as the protocol has it: a text for reading, and data.
fn result(reply: Result<Reply, SessionError>, is_of_catalogue: bool) -> CallToolResult {
    let (text, data, is_error, content) = match reply {
        Ok(reply) => (reply.text, reply.data, reply.is_error, reply.content),
        Err(error) => (error.to_string(), json!({ "error": error.to_string() }), true, None),
    };
    // What a server answered is passed on block by block.
    let blocks = content.map(|blocks| blocks.into_iter().filter_map(|block| serde_json::from_value(block).ok()));
    if let Some(blocks) = blocks {
        return CallToolResult::success(blocks.collect());
    }
    let content = vec![ContentBlock::text(text)];
    let mut result = if is_error { CallToolResult::error(content) } else { CallToolResult::success(content) };
    // Clients show their model structured content in the place of the text, and hold it against the schema of the tool's
    // results, also in an error: neither what a text advises nor a refusal would be seen by the model.
    match (is_of_catalogue && !is_error, data.is_object()) {
        (true, true) => result.structured_content = Some(data),
        (false, true) => result.meta = Some(MetaObject(Map::from_iter([(ANSWER_META.to_owned(), data)]))),
        (_, false) => {}
    }
    result
}

/// Whether a client says that it can ask a person in a form.
fn can_ask(context: &RequestContext<RoleServer>) -> bool {
    let capabilities: Option<ClientCapabilities> = context.client_capabilities();
    capabilities
        .and_then(|capabilities| capabilities.elicitation)
        .is_some_and(|elicitation| elicitation.form.is_some() || elicitation.url.is_none())
}

/// Whether the request is of the era in which a server cannot ask, and answers that it needs an answer.
fn is_stateless(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

/// A question without fields, which clients show as yes and no; nothing is filled in.
fn form(question: &Question) -> ElicitRequestParams {
    let schema = json!({ "type": "object", "properties": {} });
    let requested_schema = serde_json::from_value(schema).expect("an object without properties is a schema");
    ElicitRequestParams::FormElicitationParams { meta: None, message: question.message.clone(), requested_schema }
}

fn required(question: &Question) -> InputRequiredResult {
    let mut requests = InputRequests::new();
    requests.insert(APPROVAL.into(), InputRequest::Elicitation(ElicitRequest::new(form(question))));
    InputRequiredResult::new(Some(requests), Some(question.sealed.clone()))
}

/// What a retry answers to the one question; anything but an accept is none.
fn answer_of(request: &CallToolRequestParams) -> String {
    let response = request.input_responses.as_ref().and_then(|responses| responses.get(APPROVAL));
    match response.and_then(|response| response.get("action")).and_then(Value::as_str) {
        Some("accept") => "accept".into(),
        Some("decline") => "decline".into(),
        Some(_) | None => "cancel".into(),
    }
}

fn action(action: &ElicitationAction) -> &'static str {
    match action {
        ElicitationAction::Accept => "accept",
        ElicitationAction::Decline => "decline",
        _ => "cancel",
    }
}

/// Tells the client how far a run is. A client that went away is told nothing.
fn progress(token: rmcp::model::ProgressToken, peer: rmcp::service::Peer<RoleServer>) -> Progress {
    let handle = tokio::runtime::Handle::current();
    Arc::new(move |over, steps, step: &str| {
        let mut param = ProgressNotificationParam::new(token.clone(), f64::from(over));
        param.total = Some(f64::from(steps));
        param.message = Some(step.to_owned());
        let peer = peer.clone();
        handle.spawn(async move {
            let _ = peer.notify_progress(param).await;
        });
    })
}

/// Stops what serves when this process is asked to end.
pub fn on_signals(sessions: &Sessions) -> std::io::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (token, sessions) = (CancellationToken::new(), sessions.clone());
    let cancel = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        sessions.stop();
        cancel.cancel();
    });
    Ok(token)
}
