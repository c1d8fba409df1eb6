//! The server on HTTP: loopback, `Host` and `Origin` checked, a bearer credential for each request ⟶ who calls.
//!
//! `/mcp` is for agents. The routes under `/sessions` are the operator's, with another credential: they see every session,
//! and an agent's credential does not open them.

use super::Gate;
use super::credentials::Credentials;
use crate::journal::{AuditRow, Store, now};
use crate::session::{Caller, SessionReport, Sessions, VOUCHED};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Extension, Json, Router};
use rmcp::transport::common::http_header::HEADER_SESSION_ID;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The largest request, on every transport.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// How many conversations of one caller are told apart.
pub const MAX_CONVERSATIONS: usize = 1000;

/// How long a conversation of the protocol may be silent: a person may take their time to decide.
pub const IDLE: Duration = Duration::from_secs(12 * 60 * 60);

/// What the HTTP side is given.
pub struct Http {
    /// All sessions.
    pub sessions: Sessions,
    /// Credentials of agents; none: whoever reaches the port is `anyone`.
    pub agents: Option<Credentials>,
    /// Their file, where `planc.toml` does not name it: who they are hangs on it, and it vouches for no scope.
    pub unvouched: Option<PathBuf>,
    /// Credentials of approvers; none: the operator's routes are not there.
    pub approvers: Option<Credentials>,
    /// Where sessions are looked up.
    pub store: Store,
    /// Further names that this server is reached under.
    pub names: Vec<String>,
    /// Ends the server.
    pub stop: CancellationToken,
}

/// The session that counts where none is named.
type Current = Arc<Mutex<Option<String>>>;

/// By principal, and by the session of the protocol where there is one.
type Conversations = BTreeMap<String, BTreeMap<Option<String>, Current>>;

/// What the routes share.
#[derive(Clone)]
struct Shared {
    http: Arc<Http>,
    current: Arc<Mutex<Conversations>>,
    hosts: Arc<Vec<String>>,
}

/// Whose credential opened the operator's routes.
#[derive(Clone)]
struct Approver(String);

/// Serves until it is stopped.
pub async fn serve_http(listener: TcpListener, http: Http) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    let mut hosts = names_of(address);
    hosts.extend(http.names.iter().cloned());
    let (sessions, stop) = (http.sessions.clone(), http.stop.clone());
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(hosts.clone())
        .with_allowed_origins(hosts.iter().map(|host| format!("http://{host}")))
        .enforce_origin_validation()
        .with_max_request_body_bytes(MAX_BODY_BYTES)
        .with_cancellation_token(stop.child_token());
    let gate = Gate::by_request(sessions.clone());
    let make = move || Ok(gate.another());
    let mut conversations = LocalSessionManager::default();
    conversations.session_config.keep_alive = Some(IDLE);
    let service = StreamableHttpService::new(make, Arc::new(conversations), config);
    let shared = Shared { http: Arc::new(http), current: Arc::default(), hosts: Arc::new(hosts) };
    let agents = Router::new().route_service("/mcp", service).layer(from_fn_with_state(shared.clone(), agent));
    let operator = Router::new()
        .route("/sessions", get(list))
        .route("/sessions/{id}", get(show))
        .route("/sessions/{id}/enter", post(enter))
        .route("/sessions/{id}/abort", post(enter))
        .layer(from_fn_with_state(shared.clone(), approver))
        .with_state(shared);
    // An answer is several small writes: held back until the client has said that it got the first, each waits 40 ms and more.
    let at_once = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let served = axum::serve(at_once, agents.merge(operator));
    let ended = served.with_graceful_shutdown(async move { stop.cancelled_owned().await }).await;
    sessions.stop();
    ended
}

/// What a client may call this address: a page of another name that leads here is not answered.
fn names_of(address: SocketAddr) -> Vec<String> {
    let port = address.port();
    let mut names = vec![address.to_string()];
    if address.ip().is_loopback() {
        names.extend(["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}")));
    }
    names
}

fn refuse(status: StatusCode, why: &str) -> Response {
    let mut response = (status, Json(json!({ "error": why }))).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
    }
    response
}

fn bearer(request: &Request) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// Whether a request came under a name of this server, and from no page of another one.
fn is_at_home(shared: &Shared, request: &Request) -> bool {
    let is_own = |name: &str| shared.hosts.iter().any(|host| host.eq_ignore_ascii_case(name));
    let text = |name| request.headers().get(name).map(|value: &header::HeaderValue| value.to_str().unwrap_or("?"));
    let host = text(header::HOST).is_some_and(is_own);
    let origin = text(header::ORIGIN).is_none_or(|origin| origin.strip_prefix("http://").is_some_and(is_own));
    host && origin
}

/// Finds out which agent calls.
async fn agent(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let name = match &shared.http.agents {
        None => "anyone",
        Some(agents) => match bearer(&request).and_then(|secret| agents.name_of(secret)) {
            Some(name) => name,
            None => return refuse(StatusCode::UNAUTHORIZED, "this server wants the credential of an agent"),
        },
    };
    let principal = match (&shared.http.agents, &shared.http.unvouched) {
        (None, _) => name.to_owned(),
        (Some(_), None) => format!("{VOUCHED}{name}"),
        (Some(_), Some(file)) => format!("bearer {name} of {}", file.display()),
    };
    let named = conversation(request.headers());
    if named.is_some() && !owns(&shared, &principal, &named) {
        return refuse(StatusCode::NOT_FOUND, "there is no such conversation");
    }
    let current = current(&shared, &principal, named);
    let (scope, own) = (name.to_owned(), principal.clone());
    request.extensions_mut().insert(Caller { principal, scope, channel: "http", client: None, current, parent: None });
    let response = next.run(request).await;
    if let Some(begun) = conversation(response.headers()) {
        self::current(&shared, &own, Some(begun));
    }
    response
}

/// The conversation of the protocol that headers name.
fn conversation(headers: &HeaderMap) -> Option<String> {
    headers.get(HEADER_SESSION_ID).and_then(|id| id.to_str().ok()).map(str::to_owned)
}

/// Whether a conversation was begun with this credential: who has another one and learns its id neither listens to it nor speaks
/// in it.
fn owns(shared: &Shared, principal: &str, conversation: &Option<String>) -> bool {
    let all = shared.current.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(principal).is_some_and(|of_caller| of_caller.contains_key(conversation))
}

/// The session that counts where a request names none. A conversation has one of its own, from its beginning, where the protocol
/// tells it apart from others; all requests that are alone share one, which goes on after a restart.
fn current(shared: &Shared, principal: &str, conversation: Option<String>) -> Current {
    let mut all = shared.current.lock().unwrap_or_else(PoisonError::into_inner);
    let of_caller = all.entry(principal.to_owned()).or_default();
    if !of_caller.contains_key(&conversation) && of_caller.len() >= MAX_CONVERSATIONS {
        // Who is forgotten here begins anew.
        of_caller.clear();
    }
    let begin = || if conversation.is_none() { newest(shared, principal) } else { None };
    let begun = || Arc::new(Mutex::new(begin()));
    of_caller.entry(conversation.clone()).or_insert_with(begun).clone()
}

/// After a restart, and with another server on the same state, the newest session goes on.
fn newest(shared: &Shared, principal: &str) -> Option<String> {
    shared.http.store.newest_session(principal).ok().flatten().map(|session| session.id)
}

/// Lets approvers in.
async fn approver(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    if !is_at_home(&shared, &request) {
        return refuse(StatusCode::FORBIDDEN, "this server is reached under its own name only");
    }
    let Some(approvers) = &shared.http.approvers else {
        return refuse(StatusCode::NOT_FOUND, "there is nothing here");
    };
    let name = bearer(&request).and_then(|secret| approvers.name_of(secret)).map(str::to_owned);
    let Some(name) = name else {
        return refuse(StatusCode::UNAUTHORIZED, "these routes want the credential of an approver");
    };
    let call = format!("{} {}", request.method(), request.uri().path());
    let row = AuditRow {
        at: now(),
        session: None,
        principal: format!("approver {name}"),
        channel: "admin".into(),
        client: None,
        tool: call.chars().take(200).collect(),
        args: String::new(),
        allowed: true,
        why: "by the credential of an approver".into(),
    };
    request.extensions_mut().insert(Approver(row.principal.clone()));
    let store = shared.http.store.clone();
    match tokio::task::spawn_blocking(move || store.audit(&row)).await {
        Ok(Ok(())) => next.run(request).await,
        Ok(Err(_)) | Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "the audit log cannot be written"),
    }
}

/// Work on the store, with its fault as an answer.
async fn answered<T: serde::Serialize + Send + 'static>(
    work: impl FnOnce() -> Result<T, crate::journal::StoreError> + Send + 'static,
) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(value)) => Json(value).into_response(),
        Ok(Err(error @ crate::journal::StoreError::Unknown { .. })) => {
            refuse(StatusCode::NOT_FOUND, &error.to_string())
        }
        Ok(Err(error)) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "the request broke down"),
    }
}

async fn list(State(shared): State<Shared>) -> Response {
    let store = shared.http.store.clone();
    answered(move || {
        let sessions = store.sessions()?.into_iter();
        let rows = sessions.take(super::PAGE).map(|session| {
            json!({
                "session": session.id, "parent": session.parent, "principal": session.principal,
                "scope": session.scope, "created_at": session.created_at,
            })
        });
        Ok(json!({ "sessions": rows.collect::<Vec<_>>() }))
    })
    .await
}

async fn show(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let store = shared.http.store.clone();
    answered(move || SessionReport::of(&store, store.session_named(&id)?)).await
}

/// Back to planning: the session is in plan mode until a person lifts that. What waits or is approved is withdrawn, and what has
/// begun is held, wherever it is carried out.
async fn enter(
    State(shared): State<Shared>,
    Extension(approver): Extension<Approver>,
    Path(id): Path<String>,
) -> Response {
    let (store, sessions) = (shared.http.store.clone(), shared.http.sessions.clone());
    answered(move || {
        let session = store.session_named(&id)?;
        let withdrawn = sessions.withdraw(&session, &approver.0).map_err(|error| match error {
            crate::session::SessionError::Store(error) => error,
            other => crate::journal::StoreError::Io {
                attempt: "withdraw the plans of the session".into(),
                path: store.path().to_owned(),
                why: other.to_string(),
            },
        })?;
        Ok(json!({ "session": session.id, "withdrawn": withdrawn }))
    })
    .await
}
