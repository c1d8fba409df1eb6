//! The name of a scope: a client, or a project of a client, for which modes, policy and standing answers are decided.
//!
//! Where a scope comes from is not known here. It is never what an agent says of itself: it comes from the operator's
//! configuration, or hangs on a credential.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The longest name of a scope, in bytes.
pub const MAX_SCOPE_BYTES: usize = 200;

/// A scope, such as `acme` or `acme/website`: what stands before a `/` holds what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(String);

impl Scope {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scopes that hold it, widest first, and last the scope itself.
    pub fn chain(&self) -> impl Iterator<Item = Scope> {
        let ends = self.0.match_indices('/').map(|(at, _)| at).chain([self.0.len()]);
        ends.map(|end| Scope(self.0[..end].to_owned()))
    }

    /// Whether it is `other`, or lies in it.
    pub fn is_within(&self, other: &Scope) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Scope, String> {
        if text.len() > MAX_SCOPE_BYTES {
            return Err(format!("a scope has at most {MAX_SCOPE_BYTES} bytes, this one has {}", text.len()));
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        match text.split('/').all(|part| !part.is_empty() && part.chars().all(fits)) {
            true => Ok(Scope(text.to_owned())),
            false => Err(format!(
                "`{}` is no scope: names of ASCII letters, digits, `-`, `_` and `.`, with `/` between them",
                text.escape_debug()
            )),
        }
    }
}

impl TryFrom<String> for Scope {
    type Error = String;

    fn try_from(text: String) -> Result<Scope, String> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> String {
        scope.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_lies_in_those_above_it_and_in_no_other() {
        let scope: Scope = "acme/web/shop".parse().unwrap();
        let chain: Vec<String> = scope.chain().map(|scope| scope.to_string()).collect();
        assert_eq!(chain, ["acme", "acme/web", "acme/web/shop"]);
        assert!(scope.is_within(&"acme/web".parse().unwrap()));
        assert!(!scope.is_within(&"acme/we".parse().unwrap()));
        for wrong in ["", "/", "acme/", "/acme", "a//b", "a b", "é", "a\n"] {
            assert!(wrong.parse::<Scope>().is_err(), "{wrong:?}");
        }
    }
}
