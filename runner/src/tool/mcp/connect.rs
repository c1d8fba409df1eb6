//! A server's wiring ⟶ a connection, in whichever era of the protocol it speaks, with the definitions of its tools.

use super::client::Client;
use super::heard::{self, Definitions, Heard};
use super::relay::{Agent, Calls, RUN};
use super::stdio::{MAX_MESSAGE_BYTES, Pipes, Shared, Stderr};
use super::streams::Asking;
use super::{Server, stderr_file};
use crate::config::{ServerConfig, Wiring, in_the_open};
use crate::environment;
use crate::tool::process::{Group, RUN_VARIABLE};
use reqwest::header::{HeaderName, HeaderValue};
use rmcp::RoleClient;
use rmcp::model::{PaginatedRequestParams, ProtocolVersion, ServerCapabilities};
use rmcp::service::{ClientInitializeError, ClientLifecycleMode, Peer, RunningService, serve_client_with_lifecycle};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The most pages of a list of tools.
pub const MAX_PAGES: usize = 100;
/// How often a server is started without a call that went well in between.
pub const MAX_STARTS: u32 = 5;
/// Within which time that counts.
pub const STARTS_WITHIN: Duration = Duration::from_secs(300);

/// Why a server cannot be used: a phrase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ServerError {
    /// What was attempted on which server, and why it failed.
    pub message: String,
}

impl ServerError {
    pub(super) fn new(message: impl Into<String>) -> ServerError {
        ServerError { message: message.into() }
    }
}

/// What a server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ServerInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The revision of the protocol that is spoken.
    pub protocol: String,
}

/// A connection. Dropping it ends the process behind it.
pub struct Connection {
    name: String,
    service: RunningService<RoleClient, Client>,
    shared: Arc<Shared>,
    process: Option<Process>,
    heard: Heard,
    /// The definitions of the tools, and how often it had been said before that they changed.
    listed: tokio::sync::Mutex<Option<(u64, Arc<Definitions>)>>,
    /// Ends listening with the connection.
    listening: Option<DropGuard>,
}

/// Why a connection could not be opened.
struct Unopened {
    error: ServerError,
    /// How it may be opened all the same.
    again: Option<ClientLifecycleMode>,
}

impl Unopened {
    fn of(message: String) -> Unopened {
        Unopened { error: ServerError::new(message), again: None }
    }

    /// Because of this.
    fn after(self, error: &ClientInitializeError) -> Unopened {
        let again = match error {
            // Some servers of the era before answer what they do not know, and no refusal says which era they are of.
            ClientInitializeError::ExpectedInitResult(_) | ClientInitializeError::ExpectedInitResponse(_) => {
                Some(ClientLifecycleMode::Initialize)
            }
            // It was so slow to say of which era it is that it was taken for one of the era before.
            ClientInitializeError::ConflictInitResponseId(..) => Some(lifecycle()),
            _ => None,
        };
        Unopened { again, ..self }
    }
}

/// A server that planc started.
struct Process {
    stderr: Stderr,
    /// Before the child, so that what it started is ended while it can still be found.
    _group: Group,
    _child: Child,
}

impl Connection {
    /// Starts the server, or reaches it, and lists its tools.
    pub(super) async fn open(server: &Server, run: &str) -> Result<Connection, ServerError> {
        Connection::open_in(server, run, lifecycle(), None).await
    }

    /// A connection that stands in for an agent's client: in its era, where the server knows that.
    pub(super) async fn for_agent(server: &Server, agent: &Agent) -> Result<Connection, ServerError> {
        let open = |lifecycle| Connection::open_in(server, RUN, lifecycle, Some(agent.clone()));
        match agent.peer {
            None => open(lifecycle()).await,
            Some(_) => match open(ClientLifecycleMode::Initialize).await {
                Ok(connection) => Ok(connection),
                Err(_) => open(lifecycle()).await,
            },
        }
    }

    async fn open_in(
        server: &Server,
        run: &str,
        lifecycle: ClientLifecycleMode,
        agent: Option<Agent>,
    ) -> Result<Connection, ServerError> {
        let limit = Duration::from_millis(server.config.start_timeout_ms);
        let opened = async {
            let begin = |lifecycle| Connection::begin(server, run, lifecycle, agent.clone());
            let connection = match begin(lifecycle).await {
                Err(Unopened { again: Some(lifecycle), .. }) => begin(lifecycle).await,
                begun => begun,
            };
            let mut connection = connection.map_err(|unopened| unopened.error)?;
            connection.definitions().await?;
            connection.listen();
            Ok(connection)
        };
        let late = || ServerError::new(format!("the server `{}` was not ready within {limit:?}", server.name));
        tokio::time::timeout(limit, opened).await.map_err(|_| late())?
    }

    async fn begin(
        server: &Server,
        run: &str,
        lifecycle: ClientLifecycleMode,
        agent: Option<Agent>,
    ) -> Result<Connection, Unopened> {
        match &server.config.wiring {
            Wiring::Program { .. } => Connection::start(server, run, lifecycle, agent).await,
            Wiring::Url { url, headers_from_env } => {
                Connection::reach(server, url, headers_from_env, lifecycle, agent).await
            }
        }
    }

    async fn start(
        server: &Server,
        run: &str,
        lifecycle: ClientLifecycleMode,
        agent: Option<Agent>,
    ) -> Result<Connection, Unopened> {
        let failed = |why: String| Unopened::of(format!("could not start the server `{}`: {why}", server.name));
        let mut child =
            command(&server.config, run).map_err(failed)?.spawn().map_err(|error| failed(error.to_string()))?;
        let group = Group::led_by(&child);
        let (Some(stdout), Some(stdin), Some(err)) = (child.stdout.take(), child.stdin.take(), child.stderr.take())
        else {
            return Err(failed("it has no pipes".to_owned()));
        };
        let file = server.state.as_deref().map(|state| stderr_file(state, run, &server.name));
        let process = Process { stderr: Stderr::drain(err, file), _group: group, _child: child };
        let shared = Arc::new(Shared::default());
        let pipes = Pipes::new(stdout, stdin, shared.clone());
        let client = Client::new(server, agent, shared.clone());
        match serve_client_with_lifecycle(client, pipes, lifecycle).await {
            Ok(service) => Ok(Connection::of(server, service, shared, Some(process))),
            Err(error) => {
                // What it says last is often why; it is being read.
                tokio::time::sleep(LAST_WORDS).await;
                let why = shared.fault().unwrap_or_else(|| error.to_string());
                let said = process.stderr.last_line().map_or(String::new(), |line| format!("; it said: {line}"));
                Err(failed(format!("{why}{said}")).after(&error))
            }
        }
    }

    async fn reach(
        server: &Server,
        url: &str,
        from_env: &BTreeMap<String, String>,
        lifecycle: ClientLifecycleMode,
        agent: Option<Agent>,
    ) -> Result<Connection, Unopened> {
        let failed =
            |why: String| Unopened::of(format!("could not reach the server `{}` at `{url}`: {why}", server.name));
        let config = StreamableHttpClientTransportConfig::with_uri(url)
            .custom_headers(headers(from_env).map_err(failed)?)
            .max_sse_event_size(MAX_MESSAGE_BYTES)
            .max_json_response_size(MAX_MESSAGE_BYTES);
        // A redirect would lead to another party than the one that was approved, and so would a proxy.
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        let http = http.map_err(|error| failed(error.to_string()))?;
        let shared = Arc::new(Shared::default());
        let client = Client::new(server, agent, shared.clone());
        let asking = Asking::new(http, client.calls.clone());
        let transport = StreamableHttpClientTransport::with_client(asking, config);
        match serve_client_with_lifecycle(client, transport, lifecycle).await {
            Ok(service) => Ok(Connection::of(server, service, shared, None)),
            Err(error) => Err(failed(error.to_string()).after(&error)),
        }
    }

    fn of(
        server: &Server,
        service: RunningService<RoleClient, Client>,
        shared: Arc<Shared>,
        process: Option<Process>,
    ) -> Connection {
        Connection {
            name: server.name.clone(),
            service,
            shared,
            process,
            heard: server.heard().clone(),
            listed: tokio::sync::Mutex::default(),
            listening: None,
        }
    }

    /// Hears of changes of its tools, where that is for who listens only.
    fn listen(&mut self) {
        let is_stateless =
            self.peer().peer_info().is_some_and(|info| info.protocol_version >= ProtocolVersion::V_2026_07_28);
        let tells = self.capabilities().tools.is_some_and(|tools| tools.list_changed == Some(true));
        if is_stateless && tells {
            let (ends, peer, heard) = (CancellationToken::new(), self.peer().clone(), self.heard.clone());
            self.listening = Some(ends.clone().drop_guard());
            tokio::spawn(async move { ends.run_until_cancelled(heard::listen(peer, heard)).await });
        }
    }

    /// Whether nothing can be asked any more.
    pub(super) fn is_lost(&self) -> bool {
        self.shared.is_lost() || self.service.is_closed() || self.service.peer().is_transport_closed()
    }

    /// Why it was lost, in words: what planc ended it for, or what the server said last.
    pub(super) fn last_words(&self) -> Option<String> {
        let said = || self.process.as_ref()?.stderr.last_line().map(|line| format!("it said: {line}"));
        self.shared.fault().or_else(said)
    }

    /// To ask it.
    pub fn peer(&self) -> &Peer<RoleClient> {
        self.service.peer()
    }

    /// What it offers.
    pub fn capabilities(&self) -> ServerCapabilities {
        self.peer().peer_info().map(|info| info.capabilities.clone()).unwrap_or_default()
    }

    /// What it says to those that use it, in its own words.
    pub fn instructions(&self) -> Option<String> {
        self.peer().peer_info()?.instructions.clone()
    }

    /// The calls that it carries for agents' clients.
    pub(super) fn calls(&self) -> &Calls {
        &self.service.service().calls
    }

    /// What the server says of itself.
    pub fn info(&self) -> ServerInfo {
        let Some(info) = self.peer().peer_info() else { return ServerInfo::default() };
        let whole = serde_json::to_value(&*info).unwrap_or_default();
        let text = |pointer: &str| whole.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        ServerInfo {
            name: text("/serverInfo/name"),
            version: text("/serverInfo/version"),
            protocol: text("/protocolVersion"),
        }
    }

    /// The definitions of its tools, as it gave them last; asked for again when it said that they changed.
    pub async fn definitions(&self) -> Result<Arc<Definitions>, ServerError> {
        let mut listed = self.listed.lock().await;
        let changes = self.heard.changes();
        if let Some((after, definitions)) = &*listed
            && *after == changes
        {
            return Ok(definitions.clone());
        }
        let definitions = Arc::new(self.list().await?);
        *listed = Some((changes, definitions.clone()));
        self.heard.keep(changes, &definitions);
        Ok(definitions)
    }

    async fn list(&self) -> Result<Definitions, ServerError> {
        let failed =
            |why: String| ServerError::new(format!("could not list the tools of the server `{}`: {why}", self.name));
        self.shared.take_definitions();
        let (mut all, mut cursor) = (Vec::new(), None);
        for page in 0.. {
            if page >= MAX_PAGES {
                return Err(failed(format!("the list has more than {MAX_PAGES} pages")));
            }
            let params = PaginatedRequestParams::default().with_cursor(cursor.take());
            let listed = self
                .peer()
                .list_tools(Some(params))
                .await
                .map_err(|error| failed(self.shared.fault().unwrap_or_else(|| error.to_string())))?;
            let typed = listed.tools.iter().filter_map(|tool| serde_json::to_value(tool).ok());
            // As the server wrote them, where that is known.
            let raw = self.shared.take_definitions();
            all.extend(if raw.len() == listed.tools.len() { raw } else { typed.collect() });
            if all.len() > planc_lang::import::MAX_TOOLS {
                return Err(failed(format!("it has more than {} tools", planc_lang::import::MAX_TOOLS)));
            }
            cursor = listed.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        let mut by_name = BTreeMap::new();
        for definition in all {
            let Some(name) = definition.get("name").and_then(Value::as_str).map(str::to_owned) else { continue };
            if by_name.insert(name.clone(), definition).is_some() {
                return Err(failed(format!("it has two tools with the name `{}`", name.escape_debug())));
            }
        }
        Ok(by_name)
    }
}

/// How long what a server says last is waited for.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// The newest era of the protocol, and the one before where the server knows no other.
fn lifecycle() -> ClientLifecycleMode {
    ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::V_2025_11_25),
    }
}

/// The program with a clean environment, in a group of its own.
fn command(config: &ServerConfig, run: &str) -> Result<Command, String> {
    let Wiring::Program { command, args, cwd, env, pass_env, data: _ } = &config.wiring else {
        return Err("it is no program".to_owned());
    };
    let path = config.program().ok_or_else(|| {
        let command = command.escape_debug();
        match command.to_string().contains('/') {
            true => format!("there is no program `{command}`"),
            // What else is on `PATH` anybody may have put there.
            false => format!(
                "there is no program `{command}` in a folder of the system or one that the home hides, as `~/.local/bin`; \
                 with `pass_env = [\"PATH\"]` in its settings it may lie in any folder of `PATH` outside of the workspace"
            ),
        }
    })?;
    let mut started = Command::new(path);
    started
        .args(args)
        .current_dir(cwd)
        .env_clear()
        .envs(in_the_open(pass_env, &config.workspace))
        .envs(env)
        .env(RUN_VARIABLE, run)
        .process_group(0)
        .kill_on_drop(true)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(started)
}

fn headers(from_env: &BTreeMap<String, String>) -> Result<HashMap<HeaderName, HeaderValue>, String> {
    let header = |(name, variable): (&String, &String)| {
        let value = environment::variable(variable).and_then(|value| value.into_string().ok());
        let value = value.ok_or_else(|| format!("the variable `{variable}` is not set"))?;
        let name = name.parse::<HeaderName>().map_err(|_| format!("`{name}` is no header"))?;
        let mut value =
            HeaderValue::from_str(&value).map_err(|_| format!("`{variable}` holds no value of a header"))?;
        value.set_sensitive(true);
        Ok((name, value))
    };
    from_env.iter().map(header).collect()
}
