//! What a client says to a hook: the words of each ⟶ one payload.

use crate::session::MAX_PLAN_BYTES;
use serde::Deserialize;
use serde_json::Value;
use std::io::Read;

/// The largest payload.
pub const MAX_PAYLOAD_BYTES: u64 = 16 * 1024 * 1024;

/// When it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A tool is about to be called.
    Before,
    /// A tool was called.
    After,
    /// The agent ends its turn.
    Ends,
    /// Something that is not judged.
    Other,
}

/// Why a payload cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Too much.
    #[error("the payload has more than {MAX_PAYLOAD_BYTES} bytes")]
    TooLong,
    /// No JSON, or not that of a hook.
    #[error("the payload is none of a hook: {0}")]
    Malformed(String),
}

/// What a client says.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// When it is.
    pub event: Event,
    /// What the client calls the event.
    pub event_name: String,
    /// The tool; empty: none.
    pub tool: String,
    /// Its arguments.
    pub input: Value,
    /// What it answered.
    pub response: Value,
    /// The client's session.
    pub session: String,
    /// Whether the client says that it is planning.
    pub is_planning: bool,
    /// What the agent said last.
    pub said: Option<String>,
    /// Whether the end of this turn was refused before.
    pub was_stopped: bool,
}

#[derive(Deserialize)]
struct Raw {
    hook_event_name: String,
    #[serde(default)]
    session_id: String,
    #[serde(default)]
    tool_name: String,
    #[serde(default)]
    tool_input: Value,
    #[serde(default)]
    tool_response: Value,
    #[serde(default)]
    permission_mode: String,
    #[serde(default, alias = "prompt_response")]
    last_assistant_message: Option<String>,
    #[serde(default)]
    stop_hook_active: bool,
}

impl Payload {
    /// Reads one from a text.
    pub fn read(text: &[u8]) -> Result<Payload, Unreadable> {
        if text.len() as u64 > MAX_PAYLOAD_BYTES {
            return Err(Unreadable::TooLong);
        }
        let raw: Raw = serde_json::from_slice(text).map_err(|error| Unreadable::Malformed(error.to_string()))?;
        let event = match raw.hook_event_name.as_str() {
            "PreToolUse" | "BeforeTool" => Event::Before,
            "PostToolUse" | "AfterTool" => Event::After,
            "Stop" | "AfterAgent" => Event::Ends,
            _ => Event::Other,
        };
        if raw.tool_name.is_empty() && matches!(event, Event::Before | Event::After) {
            return Err(Unreadable::Malformed("it names no tool".into()));
        }
        Ok(Payload {
            event,
            event_name: raw.hook_event_name,
            tool: raw.tool_name,
            input: raw.tool_input,
            response: raw.tool_response,
            session: raw.session_id,
            is_planning: raw.permission_mode == "plan",
            said: raw.last_assistant_message,
            was_stopped: raw.stop_hook_active,
        })
    }

    fn text_of(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.input.get(name)?.as_str())
    }

    /// The file that a tool writes.
    pub(super) fn file(&self) -> Option<&str> {
        self.text_of(&["file_path"])
    }

    /// The client's plan: as it is said, or from the file that is named.
    pub(super) fn plan(&self) -> Option<String> {
        let said = self.text_of(&["plan"]).map(str::to_owned);
        said.or_else(|| read_plan(self.text_of(&["planFilePath", "plan_path"])?))
    }

    /// The plan that was agreed on: a person may have changed it.
    pub(super) fn agreed(&self) -> Option<String> {
        self.response.get("plan").and_then(Value::as_str).map(str::to_owned).or_else(|| self.plan())
    }
}

/// Reads the file in which a client keeps its plan.
fn read_plan(path: &str) -> Option<String> {
    let file = std::fs::File::open(path).ok()?;
    if !file.metadata().ok()?.is_file() || !path.ends_with(".md") {
        return None;
    }
    let mut text = String::new();
    file.take(MAX_PLAN_BYTES as u64 + 1).read_to_string(&mut text).ok()?;
    Some(text)
}
