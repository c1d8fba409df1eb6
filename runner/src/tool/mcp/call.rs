//! One call of a tool: only one that is defined as it was reviewed, with arguments that its own schema takes.

use super::relay::Relay;
use super::result::{arguments, misfit, texts, value};
use super::stdio::MALFORMED;
use super::{Connection, Server};
use crate::tool::{Args, CallContext, Future_, LiveTool, ToolError};
use planc_lang::import::pin;
use planc_lang::value::Value;
use rmcp::RoleClient;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, CancelledNotificationParam, ClientRequest, ErrorCode,
    ErrorData, RequestMetaObject, ServerResult, TASKS_EXTENSION_ID,
};
use rmcp::service::{PeerRequestOptions, RequestHandle, ServiceError};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use std::time::Duration;

/// The member of `_meta` that holds the key of a call with effects.
pub const KEY: &str = "planc.dev/idempotencyKey";
/// How much of what a server says of a failure is kept.
const SHOWN_CHARS: usize = 2000;

impl LiveTool for Server {
    fn call<'a>(&'a self, args: &'a Args, context: &'a CallContext) -> Future_<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let connection = self.connection(&context.run).await.map_err(|error| ToolError::before(error.message))?;
            let outcome = self.make(&connection, args, context, None).await;
            match &outcome {
                Ok(_) => self.is_well().await,
                Err(_) if connection.is_lost() => self.forget(&connection).await,
                Err(_) => {}
            }
            outcome
        })
    }
}

impl Server {
    /// Makes a call; where it is passed on for a client, keeps the answer for it.
    pub(super) async fn make(
        &self,
        connection: &Arc<Connection>,
        args: &Args,
        context: &CallContext,
        relay: Option<&Arc<Relay>>,
    ) -> Result<Value, ToolError> {
        let tool = &args.tool;
        let definitions = connection.definitions().await.map_err(|error| ToolError::before(error.message))?;
        let definition = definitions.get(tool.wire_name());
        if let Some(why) = super::unlike(tool, definition) {
            return Err(ToolError::before(why));
        }
        let nothing = Json::Null;
        let definition = definition.unwrap_or(&nothing);
        let sent = arguments(args)?;
        let whole = Json::Object(sent.clone());
        if let Some(why) = definition.get("inputSchema").and_then(|schema| misfit(schema, &whole)) {
            return Err(ToolError::before(format!(
                "the arguments of `{}` do not fit the schema of its server: {why}",
                tool.name
            )));
        }
        let answered = self.ask(connection, args, context, sent, relay).await;
        if let Some(relay) = relay {
            connection.calls().end(relay).await;
        }
        let result = answered?;
        let bytes = serde_json::to_vec(&result).map_or(u64::MAX, |bytes| bytes.len() as u64);
        let is_short = bytes <= self.config.max_result_bytes;
        let keep = |result: CallToolResult| {
            if let Some(relay) = relay.filter(|_| is_short) {
                relay.keep(&self.name, Ok(result.into()));
            }
        };
        if result.is_error == Some(true) {
            let said: String = texts(&result).chars().take(SHOWN_CHARS).collect();
            keep(result);
            // It may have acted before it failed, and nothing tells.
            return Err(ToolError::in_doubt(format!("`{}` answered with an error: {}", tool.name, said.trim())));
        }
        if !is_short {
            let limit = self.config.max_result_bytes;
            return Err(ToolError::done(format!(
                "the result of `{}` has {bytes} bytes, and at most {limit} are taken",
                tool.name
            )));
        }
        if let (Some(schema), Some(structured)) = (definition.get("outputSchema"), &result.structured_content)
            && let Some(why) = misfit(schema, structured)
        {
            return Err(ToolError::done(format!("the result of `{}` does not fit its own schema: {why}", tool.name)));
        }
        let value = value(&result, &tool.result, &tool.name)?;
        keep(result);
        Ok(value)
    }

    async fn ask(
        &self,
        connection: &Arc<Connection>,
        args: &Args,
        context: &CallContext,
        sent: Map<String, Json>,
        relay: Option<&Arc<Relay>>,
    ) -> Result<CallToolResult, ToolError> {
        let tool = &args.tool.name;
        let mut params = CallToolRequestParams::new(args.tool.wire_name().to_owned());
        params.arguments = Some(sent);
        if let Some(key) = &context.idempotency_key {
            let meta = Map::from_iter([(KEY.to_owned(), Json::String(key.clone()))]);
            params.meta = Some(RequestMetaObject::from(meta));
        }
        if let Some(relay) = relay {
            (params.input_responses, params.request_state) = (relay.responses(), relay.state());
        }
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let timeout =
            self.config.timeout_ms.map_or(context.timeout, |ms| context.timeout.min(Duration::from_millis(ms)));
        let lost = || {
            let words = connection.last_words().map_or(String::new(), |words| format!("; {words}"));
            ToolError::in_doubt(format!("the server `{}` was lost during the call of `{tool}`{words}", self.name))
        };
        let options = PeerRequestOptions::with_timeout(timeout);
        let handle = match relay {
            None => connection.peer().send_cancellable_request(request, options).await,
            Some(relay) => {
                let sending = connection.peer().send_cancellable_request(request, options.with_meta(relay.meta()));
                let known = |handle: &RequestHandle<RoleClient>| (handle.id.clone(), handle.progress_token.clone());
                connection.calls().begin(relay, sending, known).await
            }
        };
        let handle = handle.map_err(|_| lost())?;
        let id = handle.id.clone();
        let mut kill = context.kill.clone();
        let killed = async {
            if kill.wait_for(|kill| *kill).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let answered = tokio::select! {
            biased;
            () = killed => {
                let cancelled: CancelledNotificationParam = serde_json::from_value(serde_json::json!({
                    "requestId": id, "reason": "a person ended the run",
                })).map_err(|_| lost())?;
                let told = tokio::time::timeout(TOLD, connection.peer().notify_cancelled(cancelled)).await;
                drop(told);
                self.forget(connection).await;
                return Err(ToolError::in_doubt(format!("the call of `{tool}` was ended on request")));
            }
            answered = handle.await_response() => answered,
        };
        match answered {
            Ok(ServerResult::CallToolResult(result)) => Ok(result),
            Ok(ServerResult::InputRequiredResult(required)) => {
                if let Some(relay) = relay {
                    relay.keep(&self.name, Ok(required.into()));
                }
                Err(ToolError::in_doubt(format!(
                    "`{tool}` asks for more than was approved: a server cannot ask anybody during a run"
                )))
            }
            // planc offers no server to follow tasks; one that begins a task all the same has begun something.
            Ok(ServerResult::CreateTaskResult(_)) => {
                Err(ToolError::in_doubt(format!("`{tool}` was begun as a task; {NO_TASKS}")))
            }
            Ok(_) => Err(ToolError::in_doubt(format!("the answer to the call of `{tool}` is none"))),
            Err(ServiceError::McpError(error)) if wants_tasks(&error) => {
                Err(ToolError::before(format!("`{tool}` is carried out as a task only; {NO_TASKS}")))
            }
            Err(ServiceError::McpError(error)) => {
                let said: String = error.message.chars().take(SHOWN_CHARS).collect();
                let message = format!("the server refused the call of `{tool}`: {said}");
                if let Some(relay) = relay.filter(|_| error.code.0 != MALFORMED) {
                    relay.keep(&self.name, Err(error.clone()));
                }
                // These say that nothing was begun.
                let is_before = error.code == ErrorCode::METHOD_NOT_FOUND || error.code == ErrorCode::INVALID_PARAMS;
                Err(match error.code.0 == MALFORMED {
                    true => ToolError::in_doubt(format!("the answer to the call of `{tool}` is malformed")),
                    false if is_before => ToolError::before(message),
                    false => ToolError::in_doubt(message),
                })
            }
            Err(ServiceError::Timeout { timeout }) => {
                // What does not answer is ended: it is not known what it still does.
                self.forget(connection).await;
                if let Some(relay) = relay {
                    relay.forget(connection).await;
                }
                Err(ToolError::in_doubt(format!("`{tool}` took longer than {timeout:?}; its server was ended")))
            }
            Err(_) => Err(lost()),
        }
    }
}

/// Why a call that becomes a task has no result.
const NO_TASKS: &str = "planc follows no tasks: the result of a call comes with its answer";

/// Whether a server refuses a call because the client does not follow tasks.
fn wants_tasks(error: &ErrorData) -> bool {
    let needed = error.data.as_ref().and_then(|data| data.pointer("/requiredCapabilities/extensions"));
    error.code == ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
        && needed.is_some_and(|needed| needed.get(TASKS_EXTENSION_ID).is_some())
}

/// How long telling a server to stop may take.
const TOLD: Duration = Duration::from_secs(1);

/// Why a tool must not be called: its server does not have it, or says something else of it than was reviewed.
pub fn unlike(tool: &planc_lang::catalogue::Tool, definition: Option<&Json>) -> Option<String> {
    let Some(definition) = definition else {
        return Some(format!("the server has no tool `{}` any more", tool.name));
    };
    let found = pin(definition);
    let pinned = tool.pinned.filter(|pinned| *pinned != found)?;
    Some(format!(
        "what the server says of `{}` is not what was reviewed: {} then, {} now",
        tool.name,
        pinned.short(),
        found.short()
    ))
}
