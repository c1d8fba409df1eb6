//! What cannot be done with a plan or a run: the faults of the desk.

use super::asked::Open;
use super::inputs::InputError;
use crate::approval::{Refusal, RequestError, SignersError, StatementError};
use crate::event::Difference;
use crate::journal::{LockError, StoreError};
use crate::seal::SealError;
use crate::workspace::FileError;
use planc_lang::digest::Digest;
use planc_lang::part::PartError;

/// What cannot be done with a plan or a run.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Somebody stopped the dry run.
    #[error("interrupted: the dry run was not finished, and nothing was changed or kept of it")]
    Interrupted,
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The workspace cannot be used.
    #[error(transparent)]
    Workspace(#[from] FileError),
    /// The content store cannot be used.
    #[error("cannot open the store of earlier contents in `{path}`: {why}")]
    Contents {
        /// Where.
        path: String,
        /// Why.
        why: String,
    },
    /// What the run would change does not fit into the store of earlier contents.
    #[error(
        "what this run changes needs {needed} bytes of the store of earlier contents, which holds {held} of {most}; \
         nothing has been changed"
    )]
    NoRoom {
        /// What is missing in it of what the run is known to change.
        needed: u64,
        /// What it holds.
        held: u64,
        /// What it may hold.
        most: u64,
        /// What no run needs of that.
        removable: u64,
    },
    /// Somebody is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The key cannot be used.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Inputs that do not fit.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A yes that does not count.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A stored plan that meant something else when it was stored.
    #[error("{0} was planned under another policy, in another workspace, or for another environment of programs")]
    OtherPolicy(Digest),
    /// A stored plan of which variables had other values when it was stored.
    #[error("{digest} was planned with another value of {}", listed(.names))]
    OtherVariables {
        /// The digest of the plan.
        digest: Digest,
        /// The variables.
        names: Vec<String>,
    },
    /// A stored plan whose server had another file when it was stored.
    #[error("`{file}`, which an argument of the server `{server}` names, is not what it was when {digest} was planned")]
    OtherFile {
        /// The digest of the plan.
        digest: Digest,
        /// The server.
        server: String,
        /// The argument.
        file: String,
    },
    /// The digest was used up: an approval is for one run.
    #[error("what was approved as {digest} has run already, as run `{run}`")]
    UsedUp {
        /// The digest.
        digest: Digest,
        /// The run that used it up.
        run: String,
    },
    /// An earlier run of the same plan is not over.
    #[error("run `{run}` of the same plan {open}")]
    Unfinished {
        /// That run.
        run: String,
        /// Where it stands.
        open: Open,
    },
    /// The world is another one by now than the card shows.
    #[error(
        "{digest} is not what this plan would do now, so that nothing would run by a yes to it; nothing has been changed"
    )]
    OtherWorld {
        /// The digest of the plan.
        digest: Digest,
        /// What is another one.
        differences: Vec<Difference>,
    },
    /// Plan mode is active: what is told to who asked.
    #[error("{0}")]
    PlanMode(String),
    /// Programs shall run before approval, and the operator does not let them.
    #[error("programs do not run before approval in this workspace")]
    ProgramsOff,
    /// Programs shall run before approval, and this machine cannot confine them.
    #[error("programs cannot run before approval, because they cannot be confined here: {0}")]
    NoSandbox(String),
    /// The operator names no file of signers.
    #[error("no signature counts here: `[approval] signers` names no file")]
    NoSigners,
    /// The file of signers cannot be used.
    #[error(transparent)]
    Signers(#[from] SignersError),
    /// What was signed does not count.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A yes that was given in another place.
    #[error("what was signed is for the workspace `{workspace}` with its state, not for this place, nor for a copy")]
    Elsewhere {
        /// Its workspace.
        workspace: String,
    },
    /// A yes to something else.
    #[error("what was approved is {said}, and this plan is {plan}")]
    OtherDigest {
        /// What was approved.
        said: Digest,
        /// What waits.
        plan: Digest,
    },
    /// A request for changes that says nothing, or too much.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A request for changes of what has run.
    #[error("what is {0} has begun to run: nothing of it can be different any more")]
    Begun(Digest),
    /// A part of a plan that is none.
    #[error(transparent)]
    Part(#[from] PartError),
    /// A person said no.
    #[error("this plan was aborted")]
    Aborted,
    /// The same yes again.
    #[error("this approval is recorded already: it counts once")]
    KnownAlready,
    /// A stored plan that this planc reads differently.
    #[error("the stored plan {0} was compiled by another version of planc: plan it anew")]
    OtherVersion(Digest),
}

/// Names as a person reads them.
fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", name.escape_debug())).collect();
    names.join(", ")
}
