//! `[servers.NAME]` of `planc.toml`: how the tools of the catalogue NAME are reached.
//!
//! What the tools may do is reviewed in their catalogue; here is only wiring. It is part of what an approval is bound to,
//! with the program behind it.

use super::variables::program;
use super::wired::{Wired, matches_any};
use planc_lang::digest::Digest;
use planc_lang::names::{is_straight, split_space};
use planc_lang::paths::{compile_glob, literal_prefix};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The largest result that is taken where nothing else is said, in bytes.
pub const DEFAULT_RESULT_BYTES: u64 = 1 << 20;
/// The largest `max_result_bytes`: no message of a server is larger than this.
pub const MAX_RESULT_BYTES: u64 = 16 << 20;
/// How long a server may take to start where nothing else is said, in milliseconds.
pub const DEFAULT_START_MS: u64 = 30_000;
/// A path that no file has.
const ANY_BENEATH: &str = "\0/\0";
/// The largest program of a server whose content is part of what is approved.
const MAX_PROGRAM_BYTES: u64 = 512 << 20;

/// `[servers.NAME]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    /// The program, on the PATH or with its path.
    pub command: Option<Spanned<String>>,
    /// Its arguments.
    pub args: Vec<String>,
    /// Where it runs, relative to the workspace.
    pub cwd: Option<String>,
    /// Variables that it gets, with their values.
    pub env: BTreeMap<String, String>,
    /// Variables that are passed on to it.
    pub pass_env: Vec<String>,
    /// Globs over arguments that name what the program works on, and not a part of it.
    pub data: Vec<Spanned<String>>,
    /// The address of a server that runs already.
    pub url: Option<Spanned<String>>,
    /// Headers, and the variables that hold their values.
    pub headers_from_env: BTreeMap<String, String>,
    /// How long it may take to start.
    pub start_timeout_ms: Option<u64>,
    /// How long a call may take where neither step nor tool says so.
    pub timeout_ms: Option<u64>,
    /// The largest result that is taken.
    pub max_result_bytes: Option<u64>,
    /// Globs over the resources that its tools may read before a plan is approved.
    pub read: Vec<Spanned<String>>,
    /// Whether agents know its tools as `NAME__tool`; they do where nothing else is said.
    pub prefix: Option<bool>,
    /// Whether agents get all else that it offers, says and asks; they do not where nothing else is said.
    pub transparent: Option<Spanned<bool>>,
}

/// How a server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wiring {
    /// It is started, and spoken to through its input and output.
    Program {
        /// The program.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// Where it runs.
        cwd: PathBuf,
        /// Variables with their values.
        env: BTreeMap<String, String>,
        /// Variables that are passed on.
        pass_env: Vec<String>,
        /// Globs over arguments that name what it works on, and not a part of it.
        data: Vec<String>,
    },
    /// It runs already.
    Url {
        /// Its address.
        url: String,
        /// Headers, and the variables that hold their values.
        headers_from_env: BTreeMap<String, String>,
    },
}

/// A server, and what it is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// How it is reached.
    pub wiring: Wiring,
    /// How long it may take to start.
    pub start_timeout_ms: u64,
    /// How long a call may take where neither step nor tool says so.
    pub timeout_ms: Option<u64>,
    /// The largest result that is taken.
    pub max_result_bytes: u64,
    /// Globs over the resources that its tools may read before a plan is approved.
    pub read: Vec<String>,
    /// Whether agents know its tools as `NAME__tool`, and not by the names that it gave.
    pub prefix: bool,
    /// Whether its answers are passed on as they are, with all else that it offers, says and asks.
    pub transparent: bool,
    /// Where no program is looked for by its bare name: plans write there.
    pub workspace: PathBuf,
}

impl ServerSettings {
    /// Whether it is started.
    pub(super) fn is_program(&self) -> bool {
        self.command.is_some()
    }

    /// What is wrong with it, if anything: a phrase, and where.
    pub(super) fn mistake(&self, name: &Spanned<String>) -> Option<(usize, String)> {
        let at = name.span().start;
        let named = name.get_ref();
        let is_name = planc_lang::lexer::is_name(named) && !planc_lang::builtin::CATALOGUES.contains(&named.as_str());
        if !is_name {
            return Some((at, format!("`{named}` cannot be the name of a catalogue")));
        }
        match (&self.command, &self.url) {
            (None, None) => return Some((at, format!("the server `{named}` has neither `command` nor `url`"))),
            (Some(_), Some(url)) => {
                return Some((url.span().start, format!("the server `{named}` has both `command` and `url`")));
            }
            (Some(command), None) if command.get_ref().is_empty() || command.get_ref().contains('\0') => {
                return Some((command.span().start, "a command is the name of a program".to_owned()));
            }
            (None, Some(url)) if !url.get_ref().starts_with("http://") && !url.get_ref().starts_with("https://") => {
                return Some((
                    url.span().start,
                    format!("`{}` is no address: `http://…` or `https://…`", url.get_ref()),
                ));
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
        if self.max_result_bytes.is_some_and(|bytes| bytes == 0 || bytes > MAX_RESULT_BYTES) {
            return Some((at, format!("`max_result_bytes` is between 1 and {MAX_RESULT_BYTES}")));
        }
        let bad = self.read.iter().chain(&self.data).find(|glob| globset::Glob::new(glob.get_ref()).is_err());
        bad.map(|glob| (glob.span().start, format!("the glob `{}` is not valid", glob.get_ref())))
    }

    /// With all defaults.
    pub(super) fn config(&self, workspace: &Path) -> ServerConfig {
        let wiring = match &self.url {
            Some(url) => Wiring::Url { url: url.get_ref().clone(), headers_from_env: self.headers_from_env.clone() },
            None => Wiring::Program {
                command: self.command.as_ref().map(|command| command.get_ref().clone()).unwrap_or_default(),
                args: self.args.clone(),
                cwd: self.cwd.as_ref().map_or_else(|| workspace.to_owned(), |cwd| workspace.join(cwd)),
                env: self.env.clone(),
                pass_env: self.pass_env.clone(),
                data: self.data.iter().map(|glob| glob.get_ref().clone()).collect(),
            },
        };
        ServerConfig {
            start_timeout_ms: self.start_timeout_ms.unwrap_or(DEFAULT_START_MS),
            timeout_ms: self.timeout_ms,
            max_result_bytes: self.max_result_bytes.unwrap_or(DEFAULT_RESULT_BYTES),
            read: self.read.iter().map(|glob| spelled(glob.get_ref())).collect(),
            prefix: self.prefix.unwrap_or(true),
            transparent: self.transparent.as_ref().is_some_and(|word| *word.get_ref()),
            workspace: workspace.to_owned(),
            wiring,
        }
    }
}

impl ServerConfig {
    /// One with defaults for what is not wiring.
    pub fn new(wiring: Wiring, workspace: PathBuf) -> ServerConfig {
        ServerConfig {
            wiring,
            start_timeout_ms: DEFAULT_START_MS,
            timeout_ms: None,
            max_result_bytes: DEFAULT_RESULT_BYTES,
            read: Vec::new(),
            prefix: true,
            transparent: false,
            workspace,
        }
    }

    /// What its wiring says; none: it runs already.
    pub(super) fn wired(&self) -> Option<Wired<'_>> {
        match &self.wiring {
            Wiring::Program { command, args, cwd, env, pass_env, data } => {
                Some(Wired { workspace: &self.workspace, cwd, command, args, env: Some(env), data, pass_env })
            }
            Wiring::Url { .. } => None,
        }
    }

    /// The executable that is started.
    pub fn program(&self) -> Option<PathBuf> {
        match &self.wiring {
            Wiring::Program { command, cwd, pass_env, .. } => program(command, cwd, &self.workspace, pass_env),
            Wiring::Url { .. } => None,
        }
    }

    /// Whether a resource of its tools may be read before approval.
    pub fn may_read(&self, resource: &str) -> bool {
        let name = resource.split_once(':').map_or(resource, |(_, name)| name);
        let is_exactly = || self.read.iter().any(|line| line == resource);
        self.may_read_text(resource) && (is_straight(name) || is_exactly())
    }

    /// The same as it is written: what may be made of it is for the caller to know.
    pub fn may_read_text(&self, resource: &str) -> bool {
        matches_any(&self.read, resource)
    }

    /// Whether a path that its tools are given may be read before approval: a file, or what may be a folder with all it may hold.
    pub fn may_read_path(&self, path: &str, is_file: bool) -> bool {
        // No file has these names: only a glob over all that lies beneath matches.
        let any = if path == "." { ANY_BENEATH.to_owned() } else { format!("{path}/{ANY_BENEATH}") };
        let read = |path: &str| self.read.iter().any(|glob| compile_glob(glob).is_ok_and(|glob| glob.is_match(path)));
        read(&any) || is_file && read(path)
    }

    /// Whether what a glob matches may be read before approval: by the same glob, or by one over its folder.
    pub fn may_read_glob(&self, glob: &str) -> bool {
        let folder = literal_prefix(glob);
        self.read.iter().any(|line| line == glob)
            || self.may_read_path(if folder.is_empty() { "." } else { folder }, false)
    }

    /// What an approval is bound to: the wiring, the program behind it, and the files and folders that it names as parts of it.
    pub fn identity(&self) -> ServerIdentity {
        let file = |path: &Path| {
            let metadata = path.metadata().ok()?;
            let is_fit = metadata.is_file() && metadata.len() <= MAX_PROGRAM_BYTES;
            let content = is_fit.then(|| std::fs::read(path).ok()).flatten()?;
            Some(Digest::of(content))
        };
        let limits = (self.max_result_bytes, self.timeout_ms);
        match &self.wiring {
            Wiring::Program { command, args, cwd, env, pass_env, data } => {
                let program = self.program();
                let wiring = Digest::of_json(&(
                    ("program", command, args, cwd.to_string_lossy(), env, pass_env, data),
                    program.as_ref().map(|program| program.to_string_lossy().into_owned()),
                    program.as_deref().and_then(file),
                    limits,
                ));
                ServerIdentity { wiring, files: self.wired().map(|wired| wired.contents()).unwrap_or_default() }
            }
            Wiring::Url { url, headers_from_env } => ServerIdentity {
                wiring: Digest::of_json(&(("url", url, headers_from_env), limits)),
                files: BTreeMap::new(),
            },
        }
    }

    /// What a standing answer is tied to: how it is reached, without limits and without what is in files.
    pub fn reached(&self) -> Digest {
        match &self.wiring {
            Wiring::Program { command, args, cwd, env, pass_env, .. } => Digest::of_json(&(
                ("program", command, args, cwd.to_string_lossy(), env, pass_env),
                self.program().map(|program| program.to_string_lossy().into_owned()),
            )),
            Wiring::Url { url, headers_from_env } => Digest::of_json(&("url", url, headers_from_env)),
        }
    }
}

/// What an approval is bound to of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerIdentity {
    /// How it is reached, and the program behind it.
    pub wiring: Digest,
    /// What is in the files and folders that its wiring names, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, Digest>,
}

impl ServerIdentity {
    /// The file or folder that has another content now, where nothing else is different.
    pub fn other_file<'a>(&'a self, now: &'a ServerIdentity) -> Option<&'a str> {
        if self.wiring != now.wiring {
            return None;
        }
        let names = self.files.keys().chain(now.files.keys());
        names.map(String::as_str).find(|name| self.files.get(*name) != now.files.get(*name))
    }
}

/// A glob over resources with its space as it is compared.
fn spelled(glob: &str) -> String {
    match split_space(glob) {
        Some((space, name)) if !space.contains('/') => format!("{space}:{name}"),
        Some(_) | None => glob.to_owned(),
    }
}
