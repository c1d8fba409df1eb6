//! `[approval]`: what the operator wants an approval to be, and for plans with which effects more than for others.

use super::ConfigError;
use super::nested::check_reach;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What an approval must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Require {
    /// Whatever the kind of plan asks for.
    #[default]
    Any,
    /// A yes on the controlling terminal.
    Terminal,
    /// A yes that is signed by a key of the operator's file of signers.
    Signed,
    /// Two such, by different people.
    Two,
}

/// What an approval must be, all in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// Of what kind.
    pub require: Require,
    /// By how many.
    pub approvers: u32,
    /// By none of those who wrote the plan.
    pub not_author: bool,
}

impl Default for Rule {
    fn default() -> Rule {
        Rule { require: Require::Any, approvers: 1, not_author: false }
    }
}

impl Rule {
    /// What satisfies both.
    pub fn and(self, other: Rule) -> Rule {
        Rule {
            require: self.require.max(other.require),
            approvers: self.approvers().max(other.approvers()),
            not_author: self.not_author || other.not_author,
        }
    }

    /// By how many.
    pub fn approvers(self) -> u32 {
        let least = if self.require == Require::Two { 2 } else { 1 };
        self.approvers.max(least)
    }

    /// Whether only signatures count: that two people agree, one account cannot tell.
    pub fn is_signed(self) -> bool {
        self.require >= Require::Signed || self.approvers() > 1
    }

    /// In words.
    pub fn told(self) -> String {
        let mut parts = Vec::new();
        match (self.approvers(), self.is_signed()) {
            (1, true) => parts.push("a signature".to_owned()),
            (1, false) if self.require == Require::Terminal => parts.push("a yes on a terminal".to_owned()),
            (1, false) => {}
            (count, _) => parts.push(format!("signatures of {count} different people")),
        }
        if self.not_author {
            parts.push("not by who wrote the plan".to_owned());
        }
        parts.join(", ")
    }
}

/// A kind of effect that may need more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Something is deleted.
    Destructive,
    /// planc cannot take it back by itself.
    NotUndoable,
    /// Somebody outside is told something.
    Contacts,
}

impl Effect {
    /// All of them.
    pub const ALL: [Effect; 3] = [Effect::Destructive, Effect::NotUndoable, Effect::Contacts];
}

/// `[approval]`: what the operator wants. It is read again from what an approval binds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Approvals {
    /// For every plan.
    pub rule: Rule,
    /// For plans with certain effects, in addition.
    pub by_effect: BTreeMap<Effect, Rule>,
    /// Whose signatures count: a file as OpenSSH has it, outside the workspace.
    pub signers: Option<PathBuf>,
    /// Which account of this machine belongs to whom among the signers.
    pub accounts: BTreeMap<String, String>,
    /// The accounts that agents run as.
    pub agents: Vec<String>,
    /// For which plans an accepted question in an agent's client is an approval.
    pub elicitation: Elicitation,
    /// Why no plan is approved where nobody is, whatever it does; none: some are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
}

/// Why no plan is approved where nobody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Closed {
    /// No operator has said anything.
    Unsaid,
    /// What is started in the workspace around this one may load what is here.
    Around,
    /// What is started in a workspace within this one may load what is here.
    Within,
}

impl Closed {
    /// In a sentence.
    pub fn told(self) -> &'static str {
        match self {
            Closed::Unsaid => "no `planc.toml` is here",
            Closed::Around => {
                "the workspace around this one has programs as servers or model, which may load what is here"
            }
            Closed::Within => {
                "a workspace within this one has programs as servers or model, which may load what is here"
            }
        }
    }
}

/// For which plans an accepted question in an agent's client is an approval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Elicitation {
    /// For none: clients answer such questions by themselves.
    #[default]
    Never,
    /// For plans whose every effect planc can undo.
    Undoable,
    /// For all.
    Any,
}

impl Approvals {
    /// The file of signers lies where no plan reaches it: what it says counts at once.
    pub(super) fn check_place(&self, workspace: &Path) -> Result<(), ConfigError> {
        let help = "keep it in a folder of no workspace, and name it in `[approval] signers`";
        self.signers.iter().try_for_each(|path| check_reach(("the file of signers", path), workspace, help))
    }

    /// Whether nobody may approve what they wrote, be it only of plans with certain effects.
    pub fn wants_another(&self) -> bool {
        std::iter::once(&self.rule).chain(self.by_effect.values()).any(|rule| rule.not_author)
    }

    /// Whether a yes on a terminal, or more, is wanted of plans or of some of them: then also of what became of a call, of a
    /// deadline and of taking back.
    pub fn wants_terminal(&self) -> bool {
        let mut rules = std::iter::once(&self.rule).chain(self.by_effect.values());
        rules.any(|rule| rule.require >= Require::Terminal)
    }
}
