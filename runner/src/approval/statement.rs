//! What an approver signs: one canonical text that says what is approved, where, and within which bounds.
//!
//! The text is what counts: it is read strictly, and one that planc would have written otherwise is refused.

use super::credential::Credential;
use super::record::{Approved, Override, Signed};
use super::signature::{MAX_STATEMENT_BYTES, Signature};
use super::signers::Signers;
use super::terms::{MAX_USES, Terms};
use super::written;
use jiff::{SignedDuration, Timestamp};
use planc_lang::digest::Digest;
use serde::{Deserialize, Serialize};

/// The version of the form.
pub const STATEMENT_FORMAT: u32 = 1;

/// How far the clock of another machine may be ahead.
pub const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What is approved, where, and within which bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// [`STATEMENT_FORMAT`]
    pub statement: u32,
    /// What it says: `approval`.
    pub kind: String,
    /// The title of the plan.
    pub title: String,
    /// Which text of this plan it is, from 1.
    pub rev: u32,
    /// Which time it would run, from 1.
    pub time: u32,
    /// What is approved: everything that decides what the run does, and all that was shown.
    pub digest: Digest,
    /// The same but for which time it would run.
    pub deed: Digest,
    /// The compiled plan.
    pub plan: Digest,
    /// The definitions of the tools that it calls.
    pub catalogue: Digest,
    /// The operator's policy, and what an approval must be.
    pub policy: Digest,
    /// Its inputs; secret ones as commitments.
    pub inputs: Digest,
    /// What was looked at outside the plan.
    pub observations: Digest,
    /// The requests for changes of its text that there were, which the approver could see; none: there were none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub requests: Option<Digest>,
    /// The workspace.
    pub workspace: String,
    /// The workspace and its state directory, which no copy of them is.
    pub site: Digest,
    /// When it was said, RFC 3339 in UTC.
    pub at: String,
    /// The bounds.
    pub terms: Terms,
    /// Assumptions that fail, and are taken as given all the same.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub overrides: Vec<Override>,
    /// What the approver says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub comment: Option<String>,
    /// Drawn at random, so that no two statements are one.
    pub nonce: String,
}

/// A statement whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What was signed.
    pub statement: Statement,
    /// By whom.
    pub by: Credential,
}

/// Why a signed approval does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The text is none.
    #[error("what is signed is no statement of an approval: {0}")]
    Unreadable(String),
    /// The signature does not hold.
    #[error("the signature does not hold: {0}")]
    Signature(String),
    /// Nobody vouches for the key.
    #[error("{0}")]
    Signer(String),
    /// It says something that cannot be.
    #[error("{0}")]
    Senseless(String),
    /// It is not what planc writes for the plan.
    #[error("what is signed is not what planc writes for this plan: its `{member}` is another one")]
    Unlike {
        /// The first member that is other.
        member: String,
    },
}

impl Statement {
    /// The text that is signed: JSON in a fixed order of members, indented, with a line end.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("a statement is always representable as JSON") + "\n"
    }

    /// Reads the text again; only the canonical text is one.
    pub fn parse(text: &str) -> Result<Statement, StatementError> {
        let unreadable = |why: String| StatementError::Unreadable(why);
        if text.len() > MAX_STATEMENT_BYTES {
            return Err(unreadable(format!("it has more than {MAX_STATEMENT_BYTES} bytes")));
        }
        let statement: Statement = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
        if statement.statement != STATEMENT_FORMAT || statement.kind != "approval" {
            return Err(unreadable("it has another form".to_owned()));
        }
        let is_time = statement.at.parse().is_ok_and(|at| written(at) == statement.at);
        let is_drawn =
            statement.nonce.parse::<uuid::Uuid>().is_ok_and(|nonce| nonce.simple().to_string() == statement.nonce);
        if statement.text() != text || !is_time || !is_drawn {
            return Err(unreadable("it is not written canonically".to_owned()));
        }
        match statement.terms.uses {
            1..=MAX_USES => Ok(statement),
            uses => Err(StatementError::Senseless(format!("it is for {uses} runs"))),
        }
    }

    /// Whether it is what planc writes for a plan, but for what the approver says with it: when, within which bounds, what they take
    /// as given, a comment, and which requests for changes there were.
    pub fn check(&self, written: &Statement) -> Result<(), StatementError> {
        let said = self.clone();
        let Statement { at, terms, overrides, comment, nonce, requests, .. } = said;
        let written = Statement { at, terms, overrides, comment, nonce, requests, ..written.clone() };
        if written == *self {
            return Ok(());
        }
        let members = |statement: &Statement| match serde_json::to_value(statement) {
            Ok(serde_json::Value::Object(members)) => members,
            _ => serde_json::Map::new(),
        };
        let (said, written) = (members(self), members(&written));
        let other = said.iter().find(|(name, value)| written.get(*name) != Some(*value));
        let other = other.or_else(|| written.iter().find(|(name, _)| !said.contains_key(*name)));
        Err(StatementError::Unlike { member: other.map(|(name, _)| name.clone()).unwrap_or_default() })
    }

    /// The yes that it is, once its signature holds.
    pub fn approved(&self, by: &Credential, channel: &str, signed: Signed) -> Approved {
        Approved {
            digest: self.digest,
            by: by.name().to_owned(),
            channel: channel.to_owned(),
            at: self.at.clone(),
            id: Digest::of(&signed.statement).to_string(),
            deed: Some(self.deed),
            credential: Some(by.clone()),
            terms: self.terms.clone(),
            site: Some(self.site),
            comment: self.comment.clone(),
            overrides: self.overrides.clone(),
            signed: Some(signed),
            with: Vec::new(),
        }
    }
}

/// Checks a statement and its signature against whom the operator lets sign, at a point in time. Bounds, digest and place are
/// for the caller to compare.
pub fn verify(signed: &Signed, signers: &Signers, now: Timestamp) -> Result<Verified, StatementError> {
    let statement = Statement::parse(&signed.statement)?;
    let signature =
        Signature::parse(&signed.signature).map_err(|error| StatementError::Signature(error.to_string()))?;
    signature.check(signed.statement.as_bytes()).map_err(|error| StatementError::Signature(error.to_string()))?;
    let said = statement.at.parse::<Timestamp>();
    let said = said.map_err(|_| StatementError::Senseless(format!("`{}` is no time", statement.at)))?;
    if said.duration_since(now) > SKEW {
        return Err(StatementError::Senseless(format!("it is dated {}, which is to come", statement.at)));
    }
    // A key that is not valid any more has signed nothing, whatever date stands in what it signed.
    let by = [said, now].into_iter().map(|at| signers.find(&signature, at)).collect::<Result<Vec<_>, _>>();
    let by = by.map_err(|error| StatementError::Signer(error.to_string()))?;
    let principal = by.last().map(|signer| signer.principals.clone()).unwrap_or_default();
    Ok(Verified { statement, by: Credential::Key { fingerprint: signature.fingerprint(), principal } })
}
