//! Who may say yes, and how: which channel is good enough for which plan.
//!
//! An approval is never an argument that widens anything: without a terminal only plans whose every effect planc itself can
//! take back run unnamed; all others must be named by their digest, or wait.

use crate::config::{Config, Elicitation, Require};
use crate::event::Approved;
use crate::journal::now;
use crate::report::{PlanReport, PlanStatus, UndoKind};
use planc_lang::digest::Digest;

/// How a yes arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Typed on the controlling terminal after the card was shown there.
    Terminal,
    /// The digest was named.
    Argument,
    /// Nobody was there, and every effect can be undone.
    Unattended,
    /// Accepted in an agent's client, which asked a person, or says so.
    Elicitation,
}

impl Channel {
    /// As the journal names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Terminal => "terminal",
            Channel::Argument => "argument",
            Channel::Unattended => "unattended",
            Channel::Elicitation => "elicitation",
        }
    }
}

/// Why a yes does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something stands against approval.
    #[error("the plan cannot be approved: {}", .problems.join("; "))]
    Blocked {
        /// What.
        problems: Vec<String>,
        /// Whether all of it is the operator's policy.
        policy: bool,
    },
    /// The operator wants a terminal.
    #[error("approvals are given on a terminal here: `[approval] require = \"terminal\"`")]
    TerminalRequired,
    /// The operator lets no client of an agent say yes.
    #[error("an answer in an agent's client is no approval here")]
    NoElicitation,
    /// Without a terminal such a plan must be named.
    #[error("planc cannot undo {}", .steps.join(", "))]
    NotUndoable {
        /// The steps that cannot be undone, each with its tool.
        steps: Vec<String>,
    },
}

/// Whether a yes through a channel counts for a plan.
pub fn judge(report: &PlanReport, config: &Config, channel: Channel) -> Result<(), Refusal> {
    if report.status == PlanStatus::Blocked || !report.problems.is_empty() {
        return Err(Refusal::Blocked {
            problems: report.problems.iter().map(|problem| problem.message.clone()).collect(),
            policy: report.problems.iter().all(|problem| problem.policy),
        });
    }
    match (config.require, channel) {
        (Require::Any, Channel::Elicitation) => match (config.elicitation, not_undoable(report)) {
            (Elicitation::Any, _) => Ok(()),
            (Elicitation::Undoable, steps) if steps.is_empty() => Ok(()),
            (Elicitation::Undoable, steps) => Err(Refusal::NotUndoable { steps }),
            (Elicitation::Never, _) => Err(Refusal::NoElicitation),
        },
        (_, Channel::Terminal) => Ok(()),
        (Require::Terminal, Channel::Argument | Channel::Unattended | Channel::Elicitation) => {
            Err(Refusal::TerminalRequired)
        }
        (Require::Any, Channel::Argument) => Ok(()),
        (Require::Any, Channel::Unattended) => match not_undoable(report) {
            steps if steps.is_empty() => Ok(()),
            steps => Err(Refusal::NotUndoable { steps }),
        },
    }
}

/// The steps whose effect planc cannot take back by itself, each with its tool.
pub fn not_undoable(report: &PlanReport) -> Vec<String> {
    let steps = report.all_steps().filter(|step| match step.undo {
        UndoKind::Nothing | UndoKind::Automatic => false,
        // A declared `undo` is a call like any other: it may fail.
        UndoKind::Declared | UndoKind::Impossible => true,
    });
    steps.map(|step| format!("`{}` ({})", step.name, step.tool)).collect()
}

/// The record of a yes, by the account that this process runs as.
pub fn approved(digest: Digest, channel: Channel) -> Approved {
    Approved { digest, by: account(), channel: channel.as_str().into(), at: now() }
}

/// The account that this process runs as: from the kernel, never from the environment.
pub fn account() -> String {
    let uid = nix::unistd::getuid();
    match nix::unistd::User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => format!("uid {uid}"),
    }
}
