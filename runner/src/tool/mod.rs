//! Tools: from a typed call to its result. File tools work on an overlay only, so that simulating and executing are the
//! same code; live tools act on the world outside.

pub mod fs;
pub mod process;
pub mod http;
pub mod mcp;
pub mod model;
pub mod pace;
pub mod pages;
pub mod registry;

use crate::workspace::{FileError, Overlay};
use planc_lang::catalogue::Tool as Definition;
use planc_lang::types::Type;
use planc_lang::value::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// The arguments of a call, by name.
#[derive(Clone, Debug)]
pub struct Args {
    /// The tool's definition.
    pub tool: Arc<Definition>,
    /// By parameter index, defaults filled in, absent optional ones null. Values may be unknown in a dry run.
    pub values: Vec<Value>,
}

impl Args {
    /// The argument for a parameter that the catalogue declares.
    ///
    /// # Panics
    ///
    /// If the catalogue does not declare it: the built-in tools and their catalogue ship together.
    pub fn get(&self, name: &str) -> &Value {
        let index =
            self.tool.param(name).unwrap_or_else(|| panic!("`{}` declares no parameter `{name}`", self.tool.name));
        &self.values[index]
    }

    /// The text of an argument; none while it is unknown.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).as_str()
    }

    /// The Boolean of an argument; none while it is unknown.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).as_bool()
    }

    /// A number that must not be negative; none while it is unknown.
    pub fn size(&self, name: &str) -> Result<Option<u64>, ToolError> {
        let negative = |int| ToolError::before(format!("`{name}` must not be negative, it is {int}"));
        self.get(name).as_int().map(|int| u64::try_from(int).map_err(|_| negative(int))).transpose()
    }

    /// A result of which only some fields are known; those that are not are unknown of their type.
    pub fn result_with<'a>(&self, known: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
        let Type::Record(result) = &self.tool.result else { return Value::Unknown(self.tool.result.clone()) };
        let known: Vec<(&str, Value)> = known.into_iter().collect();
        Value::record(result.fields.iter().map(|field| {
            let value = known.iter().find(|(name, _)| field.name == *name).map(|(_, value)| value.clone());
            (field.name.clone(), value.unwrap_or_else(|| Value::Unknown(field.ty.clone())))
        }))
    }

    /// A result of which nothing is known.
    pub fn unknown_result(&self) -> Value {
        Value::Unknown(self.tool.result.clone())
    }
}

impl From<FileError> for ToolError {
    fn from(error: FileError) -> ToolError {
        ToolError::before(error.to_string())
    }
}

/// A tool that works on the files of the workspace: on what the overlay shows, and changing nothing but the overlay. A
/// call that fails leaves the overlay as it was.
pub type FileTool = fn(&Args, &mut Overlay) -> Result<Value, ToolError>;

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ToolError {
    /// A lower-case phrase that says what was attempted on what.
    pub message: String,
    /// What is known about the effect.
    pub effect: EffectKnown,
}

/// What is known about the effect of a call that has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectKnown {
    /// Nothing was changed.
    None,
    /// The effect took place, but its result is not acceptable.
    Done,
    /// It cannot be told.
    InDoubt,
}

impl ToolError {
    /// A failure before anything was changed.
    pub fn before(message: impl Into<String>) -> ToolError {
        ToolError { message: message.into(), effect: EffectKnown::None }
    }

    /// An effect that took place, with a result that is not acceptable.
    pub fn done(message: impl Into<String>) -> ToolError {
        ToolError { message: message.into(), effect: EffectKnown::Done }
    }

    /// A call whose effect cannot be told.
    pub fn in_doubt(message: impl Into<String>) -> ToolError {
        ToolError { message: message.into(), effect: EffectKnown::InDoubt }
    }
}

/// What a live tool is told besides its arguments.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// The root of the workspace.
    pub workspace: std::path::PathBuf,
    /// Which folder that is, by device and number: nothing is started in another one. None: it is made for this call alone.
    pub identity: Option<(u64, u64)>,
    /// How long the call may take.
    pub timeout: Duration,
    /// Becomes true when the call must end now: the second Ctrl-C.
    pub kill: tokio::sync::watch::Receiver<bool>,
    /// Name of the run, given to programs as `PLANC_RUN` so that survivors of a crash can be found.
    pub run: String,
    /// Name of the step, with the element in a block.
    pub step: String,
    /// For a call with effects: the same at every attempt to make this call, also after a crash, and of no other call, so that
    /// a server that honours it makes the call once. None for a call that only reads: each looks anew.
    pub idempotency_key: Option<String>,
    /// Environment variables that programs get besides the usual few.
    pub pass_env: Vec<String>,
}

/// A result that arrives later.
pub type Future_<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A tool that acts on the world outside the overlay.
pub trait LiveTool: Send + Sync {
    /// Makes the call.
    fn call<'a>(&'a self, args: &'a Args, context: &'a CallContext) -> Future_<'a, Result<Value, ToolError>>;

    /// The tool as one that runs programs, which are confined; none: it is another.
    fn as_program(&self) -> Option<&process::Run> {
        None
    }
}
