//! A request for changes: a no to a plan with what is to be different, as a whole and step by step, which its author reads.

use super::credential::own_account;
use super::now;
use crate::report::{ChangeRequest, StepComment};
use planc_lang::digest::Digest;
use planc_lang::plan::Plan;
use planc_lang::suggest::nearest;

/// The most bytes of one comment.
pub const MAX_COMMENT_BYTES: usize = 16 * 1024;

/// The most comments of one request.
pub const MAX_COMMENTS: usize = 1000;

/// Why a request is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It says nothing.
    #[error("a request for changes says what is to be different")]
    Empty,
    /// It says too much.
    #[error("a request has at most {MAX_COMMENTS} comments of at most {MAX_COMMENT_BYTES} bytes")]
    TooLong,
    /// It is about a step that is not there.
    #[error("the plan has no step `{name}`")]
    NoStep {
        /// What was named.
        name: String,
        /// What may have been meant.
        near: Option<String>,
    },
}

/// A request by the account that this process runs as.
pub fn request(
    digest: Digest,
    plan: &Plan,
    comment: Option<String>,
    steps: Vec<StepComment>,
) -> Result<ChangeRequest, RequestError> {
    if comment.is_none() && steps.is_empty() {
        return Err(RequestError::Empty);
    }
    let texts = comment.iter().chain(steps.iter().map(|step| &step.comment));
    if texts.clone().any(|text| text.len() > MAX_COMMENT_BYTES) || texts.count() > MAX_COMMENTS {
        return Err(RequestError::TooLong);
    }
    let known = plan.steps.iter().map(|step| step.name.as_str());
    let known: Vec<&str> = known.chain(plan.eaches.iter().map(|each| each.name.as_str())).collect();
    if let Some(StepComment { step, .. }) = steps.iter().find(|step| !known.contains(&step.step.as_str())) {
        let near = nearest(step, known).map(str::to_owned);
        return Err(RequestError::NoStep { name: step.clone(), near });
    }
    Ok(ChangeRequest { digest, by: own_account().name().to_owned(), at: now(), comment, steps })
}
