//! A claim to read only ⟶ whether it held: the tool of a server is called once in a copy of the workspace, which is looked at
//! before and after.
//!
//! What comes out is a hint to whoever reviews the catalogue. It proves nothing: a tool may write on the next call, to the
//! network, or wherever this does not look. No decision of planc's ever reads it.

mod scratch;

pub use scratch::{MAX_COPIED_BYTES, MAX_COPIED_ENTRIES};

use crate::config::{Config, ServerConfig, Wiring};
use crate::tool::mcp::Server;
use crate::tool::{Args, CallContext, LiveTool};
use planc_lang::catalogue::Tool;
use planc_lang::conform::check_value;
use planc_lang::value::Value;
use scratch::{Picture, Scratch};
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long the call may take where the tool does not say.
pub const OBSERVE_TIMEOUT: Duration = Duration::from_secs(60);
/// The name that the server is started under.
const OBSERVING: &str = "observe";

/// Why nothing could be observed.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// The server is no program that could be started in a copy.
    #[error("the server `{0}` runs elsewhere: only one that planc starts can be watched in a copy of the workspace")]
    Elsewhere(String),
    /// The workspace cannot be copied.
    #[error("cannot copy the workspace: {0}")]
    Copy(String),
    /// The server cannot be used.
    #[error(transparent)]
    Server(#[from] crate::tool::mcp::ServerError),
}

/// Whether a claim held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The call was made, and nothing in the copy is different.
    Held,
    /// Something in the copy is different.
    Broken,
    /// The call failed and nothing is different, which says little.
    Failed,
}

/// What is different in the copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `created`, `changed` or `deleted`.
    pub what: &'static str,
    /// Relative to the workspace; what the server wrote to its home or temporary folder begins with `~/` or `$TMPDIR/`.
    pub path: String,
}

/// What was seen.
#[derive(Clone, Debug, Serialize)]
pub struct Observed {
    /// The tool.
    pub tool: String,
    /// What the server says of it: `readOnlyHint`, where it says anything.
    pub server_claims: Option<bool>,
    /// Whether the catalogue declares that it only reads.
    pub catalogue_claims: bool,
    /// Whether the claim held.
    pub verdict: Verdict,
    /// Why the call failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What was different once the server had started, before the call.
    pub at_start: Vec<Difference>,
    /// What was different after the call.
    pub by_call: Vec<Difference>,
}

/// Calls a tool once in a copy of the workspace. The values of the arguments are by parameter.
pub async fn observe(config: &Config, tool: &Arc<Tool>, values: &[Value]) -> Result<Observed, ObserveError> {
    let name = tool.catalogue();
    let Some(server) = config.servers.get(name).filter(|server| matches!(server.wiring, Wiring::Program { .. })) else {
        return Err(ObserveError::Elsewhere(name.to_owned()));
    };
    let scratch = Scratch::of(&config.workspace).map_err(ObserveError::Copy)?;
    let picture = || scratch.picture().map_err(ObserveError::Copy);
    let moved = in_copy(server, &config.workspace, &scratch);
    let args = Args { tool: tool.clone(), values: values.iter().map(|value| scratch.moved_value(value)).collect() };
    let before = picture()?;
    let server = Arc::new(Server::new(name, moved, None));
    let connection = server.connection(OBSERVING).await?;
    let definitions = connection.definitions().await?;
    let claim = definitions.get(tool.wire_name()).and_then(|tool| tool.pointer("/annotations/readOnlyHint")?.as_bool());
    let started = picture()?;
    let (_keep, kill) = tokio::sync::watch::channel(false);
    let context = CallContext {
        workspace: scratch.root().to_owned(),
        // It is thrown away with what it holds.
        identity: None,
        timeout: tool.timeout_ms.map_or(OBSERVE_TIMEOUT, Duration::from_millis),
        kill,
        run: OBSERVING.into(),
        step: OBSERVING.into(),
        idempotency_key: None,
        pass_env: Vec::new(),
    };
    let outcome = server.call(&args, &context).await.map_err(|error| error.message).and_then(|value| {
        check_value(&value, &tool.result).map_err(|misfit| format!("its result is not of its type: {misfit}"))
    });
    // What it still holds back it writes when it ends.
    drop((connection, definitions, server));
    let by_call = started.differences(&settled(&scratch).await?);
    let error = outcome.err().map(|error| scratch.shown(&error));
    Ok(Observed {
        tool: tool.name.to_string(),
        server_claims: claim,
        catalogue_claims: tool.is_read_only(),
        verdict: match (by_call.is_empty(), &error) {
            (false, _) => Verdict::Broken,
            (true, None) => Verdict::Held,
            (true, Some(_)) => Verdict::Failed,
        },
        error,
        at_start: before.differences(&started),
        by_call,
    })
}

/// The copy once nothing changes there any more, or has changed for long enough.
async fn settled(scratch: &Scratch) -> Result<Picture, ObserveError> {
    let mut last = scratch.picture().map_err(ObserveError::Copy)?;
    for _ in 0..SETTLING_LOOKS {
        tokio::time::sleep(SETTLING_PAUSE).await;
        let now = scratch.picture().map_err(ObserveError::Copy)?;
        if now == last {
            break;
        }
        last = now;
    }
    Ok(last)
}

/// How often the copy is looked at until nothing changes there.
const SETTLING_LOOKS: usize = 20;
/// The pause between two looks.
const SETTLING_PAUSE: Duration = Duration::from_millis(100);

/// The wiring with the copy in place of the workspace, and a home and a temporary folder of its own.
fn in_copy(server: &ServerConfig, workspace: &Path, scratch: &Scratch) -> ServerConfig {
    let mut moved = server.clone();
    if let Wiring::Program { args, cwd, env, .. } = &mut moved.wiring {
        args.iter_mut().for_each(|arg| *arg = scratch.moved(arg));
        env.values_mut().for_each(|value| *value = scratch.moved(value));
        if let Ok(within) = cwd.strip_prefix(workspace) {
            *cwd = scratch.root().join(within);
        }
        for (name, folder) in [("HOME", scratch.home()), ("TMPDIR", scratch.temporary())] {
            env.entry(name.to_owned()).or_insert_with(|| folder.display().to_string());
        }
    }
    moved
}
