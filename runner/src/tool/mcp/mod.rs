//! Tools of MCP servers: a typed call ⟶ a request to the server that the operator wired up ⟶ a checked result.
//!
//! Servers are started on demand, kept while a run lasts, and started again when they die. Nothing that a server says is
//! believed: its definitions must be those that were reviewed, its messages are bounded, its results are checked against
//! the declared type and against its own schema. [`stdio`] and [`streams`] move messages, [`connect`] starts and lists, [`heard`] knows that they changed, [`client`] answers them, [`result`] maps
//! what comes back, [`lock`] keeps what was reviewed, [`relay`] passes on what a transparent server says to an agent's client.

mod call;
mod client;
pub mod connect;
mod heard;
pub mod lock;
pub mod relay;
mod result;
mod stdio;
mod streams;

pub use call::{KEY, unlike};
pub use connect::{Connection, MAX_PAGES, MAX_STARTS, STARTS_WITHIN, ServerError, ServerInfo};
pub use heard::{Definitions, Heard};
pub use lock::{Lock, LockError, Locked, MAX_LOCK_BYTES};
pub use relay::{MAX_LINES, MAX_QUESTIONS, MAX_WAITING};
pub use stdio::{MAX_MESSAGE_BYTES, MAX_STDERR_BYTES, MAX_STRAY};

use crate::config::ServerConfig;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Mutex;

/// The folder of what servers say of themselves in the state directory, by run.
const STDERR_FOLDER: &str = "servers";

/// A server, with its connection once it is needed.
pub struct Server {
    /// The name of its catalogue.
    pub name: String,
    /// How it is reached, and what it is allowed.
    pub config: ServerConfig,
    /// Where what it says on its error output is kept; none: nowhere.
    state: Option<PathBuf>,
    slot: Mutex<Slot>,
    /// The conversations of agents' clients that have a connection of their own.
    lines: relay::Lines,
    heard: Heard,
}

#[derive(Default)]
struct Slot {
    open: Option<(String, Arc<Connection>)>,
    starts: u32,
    since: Option<Instant>,
}

impl Server {
    /// A server that is not started yet.
    pub fn new(name: impl Into<String>, config: ServerConfig, state: Option<&Path>) -> Server {
        Server {
            name: name.into(),
            config,
            state: state.map(Path::to_owned),
            slot: Mutex::default(),
            lines: Default::default(),
            heard: Heard::default(),
        }
    }

    /// The connection for a run: the one that there is, or a new one where there is none or it is lost.
    pub async fn connection(&self, run: &str) -> Result<Arc<Connection>, ServerError> {
        let mut slot = self.slot.lock().await;
        if let Some((of, open)) = &slot.open
            && of == run
            && !open.is_lost()
        {
            return Ok(open.clone());
        }
        slot.open = None;
        // Whoever serves agents for days asks again later.
        if slot.since.is_none_or(|since| since.elapsed() > STARTS_WITHIN) {
            (slot.since, slot.starts) = (Some(Instant::now()), 0);
        }
        if slot.starts >= MAX_STARTS {
            return Err(ServerError::new(format!(
                "the server `{}` was started {MAX_STARTS} times, and died each time",
                self.name
            )));
        }
        slot.starts += 1;
        let connection = Arc::new(Connection::open(self, run).await?);
        slot.open = Some((run.to_owned(), connection.clone()));
        Ok(connection)
    }

    /// What all connections to it know together of its tools.
    pub fn heard(&self) -> &Heard {
        &self.heard
    }

    /// Ends the connection, if it is this one: what it is asked next begins anew.
    async fn forget(&self, lost: &Arc<Connection>) {
        let mut slot = self.slot.lock().await;
        if slot.open.as_ref().is_some_and(|(_, open)| Arc::ptr_eq(open, lost)) {
            slot.open = None;
        }
    }

    /// A call that went well ends the count of starts.
    async fn is_well(&self) {
        self.slot.lock().await.starts = 0;
    }
}

/// Where what a server said on its error output during a run is kept.
pub fn stderr_file(state: &Path, run: &str, server: &str) -> PathBuf {
    state.join(STDERR_FOLDER).join(run).join(format!("{server}.stderr"))
}

/// What servers said on their error output during a run, by server; as much as was kept.
pub fn kept_stderr(state: &Path, run: &str) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(state.join(STDERR_FOLDER).join(run)) else { return Vec::new() };
    let mut found: Vec<(String, String)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().to_str()?.strip_suffix(".stderr")?.to_owned();
            Some((name, String::from_utf8_lossy(&std::fs::read(entry.path()).ok()?).into_owned()))
        })
        .collect();
    found.sort();
    found
}
