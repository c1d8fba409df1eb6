//! What planc is to a server: it has no capability that a server could use, but those of the agent's client that it stands in for,
//! to whom it hands on what the server says and asks.
#![expect(deprecated, reason = "sampling and roots are what servers of the era with sessions ask for")]

use super::Server;
use super::heard::Heard;
use super::relay::{Agent, Calls};
use super::stdio::Shared;
use rmcp::model::{
    ClientConfig, ClientResult, CreateMessageRequest, CreateMessageRequestMethod, CreateMessageRequestParams,
    CreateMessageResult, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ErrorData,
    Implementation, ListRootsRequest, ListRootsResult, LoggingMessageNotificationParam, ProgressNotificationParam,
    ResourceUpdatedNotificationParam, ServerRequest,
};
use rmcp::service::{NotificationContext, Peer, RequestContext, RoleServer};
use rmcp::{ClientHandler, RoleClient};
use std::sync::Arc;

/// What answers a server.
pub(super) struct Client {
    /// The server's name.
    name: String,
    /// That the server said that its tools changed.
    heard: Heard,
    shared: Arc<Shared>,
    /// For whom the connection is, and the calls that are being made for it.
    agent: Option<Agent>,
    pub(super) calls: Arc<Calls>,
}

impl Client {
    /// What planc is to a server, for this client of an agent, if for one.
    pub(super) fn new(server: &Server, agent: Option<Agent>, shared: Arc<Shared>) -> Client {
        Client { name: server.name.clone(), heard: server.heard().clone(), shared, agent, calls: Arc::default() }
    }

    /// To tell an agent's client what belongs to no call.
    fn told(&self) -> Option<&Peer<RoleServer>> {
        self.agent.as_ref().and_then(|agent| agent.peer.as_ref())
    }

    /// The answer of the agent's client to a question.
    async fn ask(&self, request: ServerRequest) -> Result<ClientResult, ErrorData> {
        let nobody = || Err(ErrorData::invalid_request("nobody can be asked: no call is being made", None));
        self.calls.ask(&self.name, request).await.unwrap_or_else(nobody)
    }
}

fn no_answer<T>(_: ClientResult) -> Result<T, ErrorData> {
    Err(ErrorData::internal_error("the answer of the client is none to this question", None))
}

impl ClientHandler for Client {
    fn get_info(&self) -> ClientConfig {
        // Where requests are alone, each says for itself which client it is for.
        let capabilities =
            self.agent.as_ref().filter(|agent| agent.peer.is_some()).map(|agent| agent.capabilities.clone());
        ClientConfig::new(capabilities.unwrap_or_default(), Implementation::new("planc", env!("CARGO_PKG_VERSION")))
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.heard.change();
    }

    async fn on_progress(&self, told: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.shared.stray();
        self.calls.progress(told).await;
    }

    async fn on_logging_message(&self, line: LoggingMessageNotificationParam, _: NotificationContext<RoleClient>) {
        self.calls.log(line).await;
    }

    async fn on_resource_updated(&self, told: ResourceUpdatedNotificationParam, _: NotificationContext<RoleClient>) {
        if let Some(peer) = self.told() {
            // A client that went away is told nothing.
            let _ = peer.notify_resource_updated(told).await;
        }
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        if let Some(peer) = self.told() {
            let _ = peer.notify_resource_list_changed().await;
        }
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        if let Some(peer) = self.told() {
            let _ = peer.notify_prompt_list_changed().await;
        }
    }

    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        if self.told().is_none() {
            return Err(ErrorData::method_not_found::<CreateMessageRequestMethod>());
        }
        match self.ask(ServerRequest::CreateMessageRequest(CreateMessageRequest::new(params))).await? {
            ClientResult::CreateMessageResult(result) => Ok(*result),
            other => no_answer(other),
        }
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        if self.told().is_none() {
            return Ok(ListRootsResult::default());
        }
        match self.ask(ServerRequest::ListRootsRequest(ListRootsRequest::default())).await? {
            ClientResult::ListRootsResult(result) => Ok(result),
            other => no_answer(other),
        }
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        if self.told().is_none() {
            return Ok(ElicitResult::new(ElicitationAction::Decline));
        }
        match self.ask(ServerRequest::ElicitRequest(ElicitRequest::new(params))).await? {
            ClientResult::ElicitResult(result) => Ok(result),
            other => no_answer(other),
        }
    }
}
