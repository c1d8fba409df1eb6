//! A value that became known only during a run, as a person is shown it and as the journal keeps what they said.

use planc_lang::digest::Digest;
use planc_lang::value::Value;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value of which the approver could not know what it would be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LateValue {
    /// What it is, and by what it is told apart from every other: `let to`, `argument path of copy[3]`.
    pub id: String,
    /// What is done with it.
    pub kind: LateKind,
    /// The value, whole; `(secret)` for what nobody is shown.
    #[schemars(with = "serde_json::Value")]
    pub value: Value,
    /// For what nobody is shown: stands for the value, so that another one is told apart.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commitment: Option<String>,
    /// Why it may be used so, in the words of the plan's author.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Where it comes from, from its source on, one phrase each.
    pub from: Vec<String>,
    /// Where it goes, one phrase each.
    pub to: Vec<String>,
}

/// What is done with a late value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LateKind {
    /// A person takes responsibility for it.
    Endorse,
    /// A secret goes where it is used.
    Reveal,
    /// It decides what a call does, or is sent or destroyed with one.
    Argument,
    /// It decides whether something is done.
    Condition,
    /// It decides how often something is done.
    Count,
    /// A program may find it.
    Content,
    /// It decides what the plan may touch: a line of `critical` is about it.
    Line,
}

impl LateValue {
    /// Whether a yes to the one is a yes to the other: the same value for the same use.
    pub fn is_as(&self, other: &LateValue) -> bool {
        let same = |a: &Value, b: &Value| Digest::of_json(a) == Digest::of_json(b);
        self.id == other.id
            && self.kind == other.kind
            && self.commitment == other.commitment
            && same(&self.value, &other.value)
    }
}
