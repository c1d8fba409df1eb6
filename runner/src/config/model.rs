//! `[model]` ⟶ how a model is reached: by a program or at an address, never both.
//!
//! Knows nothing of what is said to it.

use super::ConfigError;
use super::wired::{Wired, ways};
use planc_lang::digest::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// `[model]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelSettings {
    command: Option<Spanned<Vec<String>>>,
    endpoint: Option<Spanned<String>>,
    pass_env: Vec<Spanned<String>>,
    data: Vec<Spanned<String>>,
}

/// How a model is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelWiring {
    /// A program that reads a request on its standard input and prints the answer.
    Command {
        /// The program and its arguments. A program with a slash in its name is relative to `folder`.
        argv: Vec<String>,
        /// The folder of `planc.toml`, in which it runs.
        folder: PathBuf,
        /// Environment variables that it gets besides the usual few.
        pass_env: Vec<String>,
        /// Globs over what it works on: neither a part of it, nor loaded by it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        data: Vec<String>,
    },
    /// An address that requests are sent to.
    Endpoint {
        /// `https://…`, or `http://` on this machine.
        url: String,
    },
}

/// A mistake, with the offset at which it stands.
pub(super) type Mistake = (usize, ConfigError);

impl ModelSettings {
    pub(super) fn check(&self) -> Result<(), Mistake> {
        let at = |offset: usize, message: String| (offset, ConfigError::world(message));
        if let (Some(_), Some(endpoint)) = (&self.command, &self.endpoint) {
            let (offset, error) = at(endpoint.span().start, "a model has one wiring, and this is a second".into());
            return Err((offset, error.help("keep `command` or `endpoint`")));
        }
        if let Some(command) = &self.command {
            let argv = command.get_ref();
            if argv.first().is_none_or(String::is_empty) || argv.iter().any(|word| word.contains('\0')) {
                return Err(at(command.span().start, "`command` names no program".into()));
            }
        }
        if let Some(endpoint) = &self.endpoint {
            let url = endpoint.get_ref();
            if !is_private(url) {
                let message = format!("`{url}` is neither `https://` nor on this machine");
                let (offset, error) = at(endpoint.span().start, message);
                return Err((
                    offset,
                    error.help("others would read along: `http://` is for `127.0.0.1` and `localhost`"),
                ));
            }
        }
        for name in &self.pass_env {
            if name.get_ref().is_empty() || name.get_ref().contains(['=', '\0', ' ']) {
                let message = format!("`{}` is not the name of an environment variable", name.get_ref());
                return Err(at(name.span().start, message));
            }
        }
        for glob in &self.data {
            if let Err(error) = globset::Glob::new(glob.get_ref()) {
                let message = format!("`{}` in `data` is no glob: {}", glob.get_ref(), error.kind());
                return Err(at(glob.span().start, message));
            }
        }
        Ok(())
    }

    /// Whether it is a program.
    pub(super) fn is_program(&self) -> bool {
        self.command.is_some()
    }

    pub(super) fn wiring(&self, folder: &Path) -> Option<ModelWiring> {
        match (&self.command, &self.endpoint) {
            (Some(command), _) => Some(ModelWiring::Command {
                argv: command.get_ref().clone(),
                folder: folder.to_owned(),
                pass_env: self.pass_env.iter().map(|name| name.get_ref().clone()).collect(),
                data: self.data.iter().map(|glob| glob.get_ref().clone()).collect(),
            }),
            (None, Some(endpoint)) => Some(ModelWiring::Endpoint { url: endpoint.get_ref().clone() }),
            (None, None) => None,
        }
    }
}

impl ModelWiring {
    /// The files that the wiring names, of those that are there.
    pub fn files(&self) -> Vec<PathBuf> {
        let named = self.wired().map(|wired| wired.named()).unwrap_or_default();
        named.iter().flat_map(|path| ways(path)).filter(|path| path.is_file()).collect()
    }

    /// What is in the files and folders that the wiring names, by path.
    pub fn contents(&self) -> BTreeMap<String, Digest> {
        self.wired().map(|wired| wired.contents()).unwrap_or_default()
    }

    /// What the wiring says; none: it is an address.
    pub(super) fn wired(&self) -> Option<Wired<'_>> {
        match self {
            ModelWiring::Command { argv, folder, pass_env, data } => {
                let (command, args) = argv.split_first()?;
                Some(Wired { workspace: folder, cwd: folder, command, args, env: None, data, pass_env })
            }
            ModelWiring::Endpoint { .. } => None,
        }
    }
}

/// Whether nobody reads along on the way.
pub(super) fn is_private(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let is_local = match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    };
    let is_plain = url.username().is_empty() && url.password().is_none();
    is_plain && (url.scheme() == "https" || (url.scheme() == "http" && is_local))
}
