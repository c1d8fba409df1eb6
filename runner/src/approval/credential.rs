//! What somebody is known by: an account of this machine, from the kernel, or a key that signed. Never a name that was said.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What somebody is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Credential {
    /// The account that a process ran as.
    Account {
        /// Its number.
        uid: u32,
        /// Its name when it was looked up.
        name: String,
    },
    /// A key.
    Key {
        /// Its fingerprint, `SHA256:…`.
        fingerprint: String,
        /// Whom the operator's file of signers says it belongs to.
        principal: String,
    },
}

impl Credential {
    /// The name that people know it by.
    pub fn name(&self) -> &str {
        match self {
            Credential::Account { name, .. } => name,
            Credential::Key { principal, .. } => principal,
        }
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credential::Account { uid, name } => write!(f, "account {name} ({uid})"),
            Credential::Key { fingerprint, principal } => write!(f, "{principal} (key {fingerprint})"),
        }
    }
}

/// The account that this process runs as: from the kernel, never from the environment.
pub fn own_account() -> Credential {
    let uid = nix::unistd::getuid();
    let name = match nix::unistd::User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => format!("uid {uid}"),
    };
    Credential::Account { uid: uid.as_raw(), name }
}

/// The name of that account.
pub fn account() -> String {
    own_account().name().to_owned()
}
