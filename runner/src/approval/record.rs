//! A yes as it is recorded: who, by which credential, through which channel, for which digest, within which bounds.
//!
//! This form stands in the journal and in bundles of evidence; members are added, never changed.

use super::credential::{Credential, own_account};
use super::terms::Terms;
use super::{Channel, now};
use planc_lang::digest::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Approved {
    /// The digest that was approved.
    #[schemars(with = "String")]
    pub digest: Digest,
    /// Who, by name: the account that the approving process ran as, or whom the operator's file of signers says.
    pub by: String,
    /// Through which channel: `terminal`, `argument` (the digest was named), `unattended` (every effect can be undone), or
    /// `signed`.
    pub channel: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What it is known by: the digest of what was signed, or drawn at random.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub id: String,
    /// What was approved but for which time it would run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<String>")]
    pub deed: Option<Digest>,
    /// What the approver is known by.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credential: Option<Credential>,
    /// Its bounds.
    #[serde(skip_serializing_if = "Terms::is_plain", default)]
    pub terms: Terms,
    /// The workspace and the state directory that it was given in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<String>")]
    pub site: Option<Digest>,
    /// What the approver says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub comment: Option<String>,
    /// Assumptions that fail, and are taken as given all the same.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub overrides: Vec<Override>,
    /// What was signed, and the signature.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signed: Option<Signed>,
    /// The further yeses that were needed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub with: Vec<Approved>,
}

/// An assumption that fails, and is taken as given all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// The text of the assumption.
    pub assumption: String,
    /// Why.
    pub reason: String,
}

/// What was signed, and the signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signed {
    /// The exact text.
    pub statement: String,
    /// The signature as `ssh-keygen -Y sign` writes it.
    pub signature: String,
}

impl Approved {
    /// A plain yes of the account that this process runs as, for what has this digest, and but for the time, this deed.
    pub fn by_account(digest: Digest, deed: Digest, site: Digest, channel: Channel) -> Approved {
        let credential = own_account();
        Approved {
            digest,
            by: credential.name().to_owned(),
            channel: channel.as_str().into(),
            at: now(),
            id: uuid::Uuid::new_v4().simple().to_string(),
            deed: Some(deed),
            credential: Some(credential),
            terms: Terms::default(),
            site: Some(site),
            comment: None,
            overrides: Vec::new(),
            signed: None,
            with: Vec::new(),
        }
    }

    /// All yeses that stand in it: itself and those it was needed with.
    pub fn all(&self) -> impl Iterator<Item = &Approved> {
        std::iter::once(self).chain(&self.with)
    }

    /// Whether it is for what has this digest, or for several times of the same deed.
    pub fn is_for(&self, digest: Digest, deed: Digest) -> bool {
        self.digest == digest || self.terms.uses > 1 && self.deed == Some(deed)
    }

    /// Why an assumption that fails is taken as given: who says so, and their reason.
    pub fn overrides(&self, assumption: &str) -> Option<(&str, &str)> {
        self.all().find_map(|yes| {
            let over = yes.overrides.iter().find(|over| over.assumption == assumption)?;
            Some((yes.by.as_str(), over.reason.as_str()))
        })
    }
}
