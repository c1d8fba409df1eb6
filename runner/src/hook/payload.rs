//! What a client says to a hook: the words of each ⟶ one payload.

use crate::session::MAX_PLAN_BYTES;
use serde::Deserialize;
use serde_json::Value;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// The events about tools of the clients that are none of those that are judged: nothing is about to happen there that is not before.
const KNOWN_OTHERS: [&str; 3] = ["PermissionRequest", "PermissionDenied", "PostToolUseFailure"];

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
    /// The turn.
    pub turn: String,
    /// Where the client keeps what happened in the session.
    pub record: Option<String>,
    /// How many plans were proposed in this turn, as far as that is known.
    pub plans: usize,
    /// Where the client works.
    pub folder: String,
    /// The folder in which the client keeps its plans, where it names them without it.
    pub plans_folder: Option<PathBuf>,
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
    #[serde(default)]
    turn_id: String,
    #[serde(default)]
    transcript_path: Option<String>,
    #[serde(default)]
    cwd: String,
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
        match event {
            Event::Before | Event::After if raw.tool_name.is_empty() => {
                return Err(Unreadable::Malformed("it names no tool".into()));
            }
            // One that is about a tool may be before it: nobody knows.
            Event::Other if !raw.tool_name.is_empty() && !KNOWN_OTHERS.contains(&raw.hook_event_name.as_str()) => {
                let name = planc_lang::diagnostic::visible(&raw.hook_event_name);
                return Err(Unreadable::Malformed(format!(
                    "`{name}` is about a tool, and none of the events that are known"
                )));
            }
            Event::Before | Event::After | Event::Ends | Event::Other => {}
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
            turn: raw.turn_id,
            record: raw.transcript_path,
            plans: 0,
            folder: raw.cwd,
            plans_folder: None,
        })
    }

    fn text_of(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.input.get(name)?.as_str())
    }

    /// The file that a tool writes. Where it is named from the folder in which the client works, that is what it means.
    pub(super) fn file(&self) -> Option<PathBuf> {
        let named = Path::new(self.text_of(&["file_path"])?);
        match named.is_absolute() || self.folder.is_empty() {
            true => Some(named.to_owned()),
            false => Some(plain(&Path::new(&self.folder).join(named))),
        }
    }

    /// The client's plan: as it is said, or from the file that is named.
    pub(super) fn plan(&self) -> Option<String> {
        let said = self.text_of(&["plan"]).map(str::to_owned);
        said.or_else(|| read_plan(&self.plan_file()?))
    }

    /// The file of the client's plan: named wholly, from where the client works, or in its folder of plans.
    fn plan_file(&self) -> Option<PathBuf> {
        if let Some(whole) = self.text_of(&["planFilePath", "plan_path"]) {
            return Some(whole.into());
        }
        let (named, plans) = (Path::new(self.text_of(&["plan_filename"])?.trim()), self.plans_folder.as_ref()?);
        let from_folder = plain(&Path::new(&self.folder).join(named));
        match from_folder.starts_with(plans) {
            true => Some(from_folder),
            false => Some(plain(&plans.join(named))).filter(|file| file.starts_with(plans)),
        }
    }

    /// The plan that was agreed on: a person may have changed it.
    pub(super) fn agreed(&self) -> Option<String> {
        self.response.get("plan").and_then(Value::as_str).map(str::to_owned).or_else(|| self.plan())
    }
}

/// A path without `.` and `..`, as clients read them.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
        plain
    })
}

/// Reads the file in which a client keeps its plan.
fn read_plan(path: &Path) -> Option<String> {
    let file = std::fs::File::open(path).ok()?;
    if !file.metadata().ok()?.is_file() || path.extension().is_none_or(|extension| extension != "md") {
        return None;
    }
    let mut text = String::new();
    file.take(MAX_PLAN_BYTES as u64 + 1).read_to_string(&mut text).ok()?;
    Some(text)
}
