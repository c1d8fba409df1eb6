//! `[report]` ⟶ the one place that the report of plan mode goes to, and in which form.
//!
//! How it gets there exactly once is the business of [`crate::delivery`].

use super::error::{ConfigError, Misplaced};
use super::model::is_private;
use planc_lang::effects::{CriticalVerb, Grant};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// `[report]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportSettings {
    file: Option<Spanned<String>>,
    webhook: Option<Spanned<String>>,
    tool: Option<Spanned<String>>,
    format: Option<ReportForm>,
    token_env: Option<Spanned<String>>,
    idempotent: Option<Spanned<bool>>,
    arguments: BTreeMap<String, toml::Value>,
    text: Option<Spanned<String>>,
    touches: Vec<Spanned<String>>,
}

/// In which form a report is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportForm {
    /// For people.
    #[default]
    Markdown,
    /// For programs.
    Json,
}

/// Where the report of plan mode goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum ReportPlace {
    /// To whoever asked, on standard output.
    #[default]
    StandardOutput,
    /// To the end of a file.
    File {
        /// Which, with the links on the way.
        path: PathBuf,
    },
    /// Posted to an address.
    Webhook {
        /// `https://…`, or `http://` on this machine.
        url: String,
        /// The variable that holds the token which is sent along.
        token_env: Option<String>,
        /// Whether what answers there takes a report once, however often it is sent with the same key.
        idempotent: bool,
    },
    /// By one call of a tool.
    Tool {
        /// Its full name.
        tool: String,
        /// Its other arguments.
        arguments: BTreeMap<String, serde_json::Value>,
        /// The parameter that takes the report.
        text: String,
        /// All that the call may touch, as lines of `critical` are written.
        touches: Vec<String>,
    },
}

/// `[report]` as it was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportConfig {
    /// Where it goes.
    pub place: ReportPlace,
    /// In which form.
    pub form: ReportForm,
}

impl ReportPlace {
    /// As a phrase.
    pub fn words(&self) -> String {
        match self {
            ReportPlace::StandardOutput => "standard output".to_owned(),
            ReportPlace::File { path } => format!("the file `{}`", plain(path).display()),
            ReportPlace::Webhook { url, .. } => format!("`{url}`"),
            ReportPlace::Tool { tool, .. } => format!("a call of `{tool}`"),
        }
    }
}

/// The path with its folder as it is, where that is there.
fn plain(path: &Path) -> PathBuf {
    match (path.parent().and_then(|folder| folder.canonicalize().ok()), path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// A line of `touches`, as `critical` has it.
pub fn touch(line: &str) -> Result<Grant, String> {
    let misfit =
        || format!("`{line}` is no line of `critical`, such as `modify ticket:7` or `contact mail.example.org`");
    let (verb, resource) = line.trim().split_once(' ').ok_or_else(misfit)?;
    match CriticalVerb::parse(verb) {
        Some(CriticalVerb::Run | CriticalVerb::Delete) => Err("a report runs nothing and deletes nothing".to_owned()),
        Some(verb) => Grant::new(verb, resource.trim()),
        None => Err(misfit()),
    }
}

impl ReportSettings {
    /// Reads what stands in the texts; files are relative to the workspace.
    pub(super) fn read(&self, workspace: &Path) -> Result<ReportConfig, Misplaced> {
        let at = |offset: usize, message: &str| (offset, ConfigError::world(message));
        let places = [&self.file, &self.webhook, &self.tool];
        if let Some(second) = places.into_iter().flatten().nth(1) {
            let (offset, error) = at(second.span().start, "there is one report, and this is a second place for it");
            return Err((offset, error.help("keep one of `file`, `webhook` and `tool`")));
        }
        self.check_fit()?;
        let place = match (&self.file, &self.webhook, &self.tool) {
            (Some(file), ..) if file.get_ref().is_empty() => return Err(at(file.span().start, "`file` names no file")),
            (Some(file), ..) => ReportPlace::File { path: workspace.join(file.get_ref()) },
            (None, Some(url), _) if !is_private(url.get_ref()) => {
                let message = format!("`{}` is neither `https://` nor on this machine", url.get_ref());
                return Err((url.span().start, ConfigError::world(message)));
            }
            (None, Some(url), _) => ReportPlace::Webhook {
                url: url.get_ref().clone(),
                token_env: self.token_env.as_ref().map(|name| name.get_ref().clone()),
                idempotent: self.idempotent.as_ref().is_some_and(|idempotent| *idempotent.get_ref()),
            },
            (None, None, Some(tool)) => self.call(tool)?,
            (None, None, None) => ReportPlace::StandardOutput,
        };
        let usual = match place {
            ReportPlace::Webhook { .. } => ReportForm::Json,
            ReportPlace::StandardOutput | ReportPlace::File { .. } | ReportPlace::Tool { .. } => ReportForm::Markdown,
        };
        Ok(ReportConfig { place, form: self.format.unwrap_or(usual) })
    }

    /// What belongs to another place than the one that is named means nothing.
    fn check_fit(&self) -> Result<(), Misplaced> {
        let idle = |offset: usize, what: &str| {
            Err((offset, ConfigError::world(format!("it means nothing here: it is about a `{what}`"))))
        };
        match (&self.token_env, &self.idempotent) {
            (Some(name), _) if self.webhook.is_none() => return idle(name.span().start, "webhook"),
            (_, Some(said)) if self.webhook.is_none() => return idle(said.span().start, "webhook"),
            _ => {}
        }
        match (&self.text, self.touches.first()) {
            (Some(name), _) if self.tool.is_none() => idle(name.span().start, "tool"),
            (_, Some(line)) if self.tool.is_none() => idle(line.span().start, "tool"),
            _ if self.tool.is_none() && !self.arguments.is_empty() => idle(0, "tool"),
            _ => Ok(()),
        }
    }

    fn call(&self, tool: &Spanned<String>) -> Result<ReportPlace, Misplaced> {
        let Some(text) = &self.text else {
            let error = ConfigError::world("nothing says which parameter of the tool takes the report");
            return Err((tool.span().start, error.help("add `text = \"…\"`, the name of the parameter")));
        };
        for line in &self.touches {
            touch(line.get_ref()).map_err(|why| (line.span().start, ConfigError::world(why)))?;
        }
        let mut arguments = BTreeMap::new();
        for (name, value) in &self.arguments {
            let value = serde_json::to_value(value)
                .map_err(|error| (tool.span().start, ConfigError::world(format!("the argument `{name}`: {error}"))))?;
            arguments.insert(name.clone(), value);
        }
        Ok(ReportPlace::Tool {
            tool: tool.get_ref().clone(),
            arguments,
            text: text.get_ref().clone(),
            touches: self.touches.iter().map(|line| line.get_ref().clone()).collect(),
        })
    }
}
