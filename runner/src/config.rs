//! `planc.toml` and the command line ⟶ one [`Config`]: where the workspace and the state are, and what the operator allows.
//!
//! Defaults are closed: what is not listed is not allowed before approval.

use planc_lang::syntax::Approval;
use std::path::PathBuf;

/// The name of the configuration file.
pub const CONFIG_NAME: &str = "planc.toml";

/// What the operator decided.
#[derive(Clone, Debug)]
pub struct Config {
    /// The directory that plans work in: where `planc.toml` was found, else the current directory. Canonical.
    pub workspace: PathBuf,
    /// Where runs, approvals and earlier contents are kept; outside the workspace. Canonical.
    pub state: PathBuf,
    /// The configuration file, if there is one. Canonical.
    pub file: Option<PathBuf>,
    /// Catalogue files besides the built-in one: from `planc.toml`, then `--catalogue`.
    pub catalogues: Vec<PathBuf>,
    /// Globs over what may be read before approval.
    pub read: Vec<String>,
    /// The operator's word on tools, first match wins: a glob over tool names, a decision.
    pub policy: Vec<(String, Approval)>,
    /// Hosts that `http.get` may contact before approval.
    pub hosts: Vec<String>,
    /// Environment variables that programs get besides the usual few.
    pub pass_env: Vec<String>,
    /// What an approval must be.
    pub require: Require,
}

/// What an approval must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Require {
    /// Whatever the kind of plan asks for.
    #[default]
    Any,
    /// A yes on the controlling terminal.
    Terminal,
}

impl Config {
    /// The operator's decision on a tool: the first rule that matches, else what the catalogue says. A rule can only be
    /// as strict as the catalogue or stricter.
    pub fn decision(&self, tool: &str, catalogue: Approval) -> Approval {
        let rank = |approval: Approval| match approval {
            Approval::Auto => 0,
            Approval::Ask => 1,
            Approval::Deny => 2,
        };
        let rule = self
            .policy
            .iter()
            .find(|(glob, _)| globset::Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(tool)));
        match rule {
            Some((_, decision)) if rank(*decision) > rank(catalogue) => *decision,
            _ => catalogue,
        }
    }
}
