//! Who may say yes, how, for how long, and for what: a yes as data, what makes it count, and how it is signed and checked.
//!
//! An approval is never an argument that widens anything: without a terminal only plans whose every effect planc itself can
//! take back run unnamed; all others must be named by their digest, or wait. Knows nothing of the store.

mod channel;
mod window;
mod terms;
mod credential;
mod site;
mod record;
mod signature;
mod signers;
mod statement;
mod rule;
mod request;
mod assurance;
mod judge;

pub use assurance::{Footing, assess};
pub use channel::Channel;
pub use credential::{Credential, account, own_account};
pub use judge::{Candidate, Claim, Lack, Refusal, judge, no_yes_overrides};
pub use record::{Approved, Override, Signed};
pub use request::{MAX_COMMENT_BYTES, MAX_COMMENTS, RequestError, request};
pub use rule::{not_undoable, rule_for};
pub use signature::{
    MAX_KEY_BYTES, MAX_STATEMENT_BYTES, NAMESPACE, Signature, SignatureError, agent_keys, sign_with_agent,
    sign_with_key,
};
pub use signers::{MAX_SIGNERS_BYTES, Signer, Signers, SignersError};
pub use site::site;
pub use statement::{SKEW, STATEMENT_FORMAT, Statement, StatementError, Verified, verify};
pub use terms::{MAX_EXPIRY_DAYS, MAX_USES, Terms, expiry};
pub use window::{MAX_WINDOW_BYTES, Window};

/// The present time, RFC 3339 in UTC.
pub fn now() -> String {
    written(jiff::Timestamp::now())
}

/// A point in time as it is written everywhere here: RFC 3339 in UTC, to the millisecond.
pub(crate) fn written(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
