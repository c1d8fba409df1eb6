//! A server that is reached once ⟶ a catalogue file with the lock beside it, or what has changed since they were written.
//!
//! What a server says now counts only after a person has seen how it differs from what was reviewed.

use crate::config::{Config, ServerConfig};
use crate::tool::mcp::{Lock, LockError, MAX_LOCK_BYTES, Server, ServerError, ServerInfo};
use crate::writing::{Held, Place};
use planc_lang::catalogue::Tool;
use planc_lang::diagnostic::Diagnostic;
use planc_lang::import::{Standing, catalogue, merge, pin};
use planc_lang::source::MAX_SOURCE_BYTES;
use serde::Serialize;
use serde_json::Value;
use similar::TextDiff;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name that a server is started under where it is only looked at.
const LOOKING: &str = "tools";

/// What a server says: of itself, and of its tools.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Of itself.
    pub server: ServerInfo,
    /// Of its tools, by their names.
    pub definitions: Vec<Value>,
}

/// Why something could not be imported or compared.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The server cannot be used.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The lock cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file cannot be read or written.
    #[error("cannot {what} `{path}`: {why}")]
    File {
        /// `read` or `write`.
        what: &'static str,
        /// Which.
        path: String,
        /// Why.
        why: String,
    },
    /// The catalogue that there is has mistakes.
    #[error("`{path}` has mistakes, so that nothing can be merged into it: {first}")]
    Broken {
        /// The file.
        path: String,
        /// The first of them.
        first: String,
    },
    /// The file is something else, and so is the lock beside it.
    #[error("`{path}` is there, and has no catalogue `{name}`")]
    Other {
        /// The file.
        path: String,
        /// The catalogue.
        name: String,
    },
    /// Together with the other catalogues it would be one that no plan can be made with.
    #[error("nothing was written, since no plan could be made with `{path}` as it would be: {first}")]
    Clash {
        /// The file.
        path: String,
        /// The first of the mistakes.
        first: String,
    },
    /// The recorded answer is none.
    #[error("`{path}` is no answer to `tools/list`: {why}")]
    NoAnswer {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
}

/// How a tool differs from what was reviewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its name at the server.
    pub tool: String,
    /// How.
    pub kind: ChangeKind,
    /// The lines that differ, where both are known; else empty.
    pub diff: String,
}

/// How a tool differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It was not there.
    New,
    /// It is not there any more.
    Gone,
    /// Its definition is another one.
    Changed,
}

/// What importing did.
#[derive(Clone, Debug)]
pub enum Imported {
    /// The files were written.
    Written {
        /// What is different from before.
        changes: Vec<Change>,
        /// How many tools the server has.
        tools: usize,
    },
    /// Everything was as it is.
    Unchanged,
    /// What stands in the catalogue would be different: nothing was written.
    ToReview(Vec<Change>),
}

/// Whether changes of reviewed tools are taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review {
    /// A person has seen them.
    Seen,
    /// Nobody has.
    Unseen,
}

/// Asks a server.
pub async fn ask(name: &str, config: &ServerConfig) -> Result<Answer, ImportError> {
    let server = Server::new(name, config.clone(), None);
    let connection = server.connection(LOOKING).await?;
    let definitions = connection.definitions().await?;
    Ok(Answer { server: connection.info(), definitions: definitions.values().cloned().collect() })
}

/// Reads a recorded answer to `tools/list`: the answer, its result, or the list itself.
pub fn recorded(path: &Path) -> Result<Answer, ImportError> {
    let failed = |why: String| ImportError::NoAnswer { path: path.display().to_string(), why };
    let text = text_of(path, MAX_LOCK_BYTES).map_err(|error| failed(error.to_string()))?;
    let whole: Value = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    let list = ["/result/tools", "/tools", ""].into_iter().find_map(|at| whole.pointer(at)?.as_array());
    let definitions = list.ok_or_else(|| failed("it has no list of tools".to_owned()))?.clone();
    let name = whole.get("server").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Answer { server: ServerInfo { name, ..ServerInfo::default() }, definitions })
}

/// The file of a catalogue: the one that declares it, else one of its name that the configuration waits for, else
/// `catalogues/NAME.pl`.
pub fn catalogue_file(config: &Config, name: &str) -> PathBuf {
    file_among(config, &config.catalogues, name)
}

/// The same, of those that the command line does not name.
pub fn own_catalogue_file(config: &Config, name: &str) -> PathBuf {
    let own: Vec<PathBuf> = config.catalogues.iter().filter(|path| !config.given.contains(path)).cloned().collect();
    file_among(config, &own, name)
}

fn file_among(config: &Config, catalogues: &[PathBuf], name: &str) -> PathBuf {
    let declares = |path: &&PathBuf| {
        text_of(path, MAX_SOURCE_BYTES).is_ok_and(|text| {
            text.lines().any(|line| {
                line.trim().strip_prefix("catalogue ").is_some_and(|rest| rest.split([' ', '{']).next() == Some(name))
            })
        })
    };
    let is_awaited = |path: &&PathBuf| !path.exists() && path.file_stem().is_some_and(|stem| stem == name);
    let found = catalogues.iter().find(declares).or_else(|| catalogues.iter().find(is_awaited));
    found.cloned().unwrap_or_else(|| config.workspace.join("catalogues").join(format!("{name}.pl")))
}

/// A text of no more than so many bytes.
fn text_of(path: &Path, most: usize) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(most as u64 + 1).read_to_string(&mut text)?;
    match text.len() > most {
        true => Err(io::Error::new(ErrorKind::FileTooLarge, format!("it has more than {most} bytes"))),
        false => Ok(text),
    }
}

/// A catalogue file and its lock, read once: what comes of them is written in their place, and of nothing else.
#[derive(Debug)]
pub struct Files {
    file: (Place, Option<Held>),
    lock: (Place, Option<Held>),
    text: Option<String>,
}

impl Files {
    /// Reads them; either may be missing.
    pub fn read(file: Place, lock: Place) -> Result<Files, ImportError> {
        let held = file.read(MAX_SOURCE_BYTES).map_err(|error| file_error("read", file.path(), &error))?;
        let text = held.as_ref().map(|held| String::from_utf8(held.bytes.clone())).transpose();
        let text = text.map_err(|error| file_error("read", file.path(), &io::Error::other(error)))?;
        let locked = lock.read(MAX_LOCK_BYTES).map_err(|error| file_error("read", lock.path(), &error))?;
        Ok(Files { file: (file, held), lock: (lock, locked), text })
    }

    /// Where the catalogue lies, or will.
    pub fn path(&self) -> &Path {
        self.file.0.path()
    }

    /// What the catalogue says; none: it is not there.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

/// Brings a catalogue file and its lock up to what a server says. Whatever stands in the catalogue counts as reviewed, and what the
/// lock says of it only shows how it is different now: the lock is written with every answer. `mistake`: the first that the catalogues
/// would have with this text, and do not have now.
pub fn import(
    files: &Files,
    (name, answer): (&str, &Answer),
    review: Review,
    mistake: impl Fn(&str) -> Option<String>,
) -> Result<Imported, ImportError> {
    let (lock_file, locked) = &files.lock;
    let lock = locked.as_ref().map(|held| Lock::of_text(lock_file.path(), &held.bytes)).transpose()?;
    let before = lock.as_ref().map(Lock::definitions).unwrap_or_default();
    let shown = files.path().display().to_string();
    let is_new = |name: &str| Change { tool: name.to_owned(), kind: ChangeKind::New, diff: String::new() };
    let (text, mut changes, new): (String, Vec<Change>, Vec<Change>) = match files.text() {
        None => {
            let new = answer.definitions.iter().filter_map(|one| one.get("name")?.as_str()).map(is_new).collect();
            (catalogue(name, &answer.server.name, &answer.definitions), Vec::new(), new)
        }
        Some(text) => {
            let broken = |list: Vec<Diagnostic>| ImportError::Broken {
                path: shown.clone(),
                first: list.first().map(|one| one.message.clone()).unwrap_or_default(),
            };
            let merged = merge(text, name, &before, &answer.definitions).map_err(broken)?;
            let merged = merged.ok_or(ImportError::Other { path: shown.clone(), name: name.to_owned() })?;
            let changes = merged.changed.iter().map(|standing| change(standing, &before, &answer.definitions));
            (merged.text, changes.collect(), merged.new.iter().map(|name| is_new(name)).collect())
        }
    };
    if !changes.is_empty() && review == Review::Unseen {
        changes.extend(new);
        return Ok(Imported::ToReview(changes));
    }
    let new_lock = Lock::new(name, answer.server.clone(), &answer.definitions);
    if files.text() == Some(&text) && lock.as_ref() == Some(&new_lock) {
        return Ok(Imported::Unchanged);
    }
    if let Some(first) = mistake(&text) {
        return Err(ImportError::Clash { path: shown, first });
    }
    changes.extend(new);
    write(&files.file, &text)?;
    write(&files.lock, &new_lock.to_text())?;
    Ok(Imported::Written { changes, tools: answer.definitions.len() })
}

/// How what stood in a catalogue is different. Where nobody knows what it was pinned to, all that is said now is shown.
fn change(standing: &Standing, before: &[Value], now: &[Value]) -> Change {
    let named = |one: &&Value| one.get("name").and_then(Value::as_str) == Some(standing.name.as_str());
    let is_it = |one: &&Value| named(one) && standing.pinned == Some(pin(one).to_string());
    let now = now.iter().find(named);
    let kind = if standing.is_gone { ChangeKind::Gone } else { ChangeKind::Changed };
    let diff = now.map_or(String::new(), |now| diff(before.iter().find(is_it), now));
    Change { tool: standing.name.clone(), kind, diff }
}

/// How what a server says differs from what its catalogue pins. `lock` says what the pins stand for.
pub fn compare(tools: &[Arc<Tool>], lock: Option<&Lock>, now: &[Value]) -> Vec<Change> {
    let locked = lock.map(Lock::definitions).unwrap_or_default();
    let name_of = |definition: &Value| definition.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for tool in tools {
        let definition = now.iter().find(|definition| name_of(definition) == tool.wire_name());
        let kind = match definition {
            None => ChangeKind::Gone,
            Some(definition) if tool.pinned.is_some_and(|pinned| pinned != pin(definition)) => ChangeKind::Changed,
            Some(_) => continue,
        };
        let before = locked.iter().find(|before| tool.pinned == Some(pin(before)));
        let diff = before.zip(definition).map_or(String::new(), |(before, now)| diff(Some(before), now));
        found.push(Change { tool: tool.wire_name().to_owned(), kind, diff });
    }
    for definition in now.iter().filter(|now| !tools.iter().any(|tool| tool.wire_name() == name_of(now))) {
        found.push(Change { tool: name_of(definition), kind: ChangeKind::New, diff: String::new() });
    }
    found
}

/// The lines in which two definitions differ.
fn diff(before: Option<&Value>, now: &Value) -> String {
    let text = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
    let (before, now) = (before.map_or(String::new(), text), text(now));
    let diff = TextDiff::from_lines(&before, &now);
    diff.unified_diff().context_radius(2).to_string()
}

fn write((place, held): &(Place, Option<Held>), text: &str) -> Result<(), ImportError> {
    place.rewrite(held.as_ref(), text.as_bytes()).map_err(|error| file_error("write", place.path(), &error))
}

fn file_error(what: &'static str, path: &Path, error: &io::Error) -> ImportError {
    ImportError::File { what, path: path.display().to_string(), why: error.to_string() }
}
