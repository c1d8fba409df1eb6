//! The canonical form of a plan: its identity as JSON, versioned, without spans, formatting or comments.
//!
//! Everything the approver is shown is part of it, and so are the definitions of the tools it calls. Members stand in a fixed
//! order and absent ones are left out, so that the same plan gives the same bytes on every machine. Beside it each step has
//! an identity of its own, which tells what it does and what it depends on, and not what it is called.
//!
//! `spec/13-compiled-form.md` states both exactly, `spec/schemas/plan.schema.json` describes the form.

mod expr;
mod form;
mod identity;

pub use form::tools;
pub use identity::{Identities, identities};

use crate::digest::{Digest, canonical};
use crate::plan::Plan;
use serde::Serialize;

/// The version of the canonical form.
pub const COMPILED_FORMAT: u32 = 2;

/// The version of the identity of steps.
pub const IDENTITY_FORMAT: u32 = 1;

/// The canonical form, ready to be serialised.
pub fn form(plan: &Plan) -> impl Serialize + '_ {
    form::plan(plan)
}

/// The bytes that the digest covers.
pub fn bytes(plan: &Plan) -> Vec<u8> {
    canonical(&form(plan))
}

/// The digest of the canonical form.
pub fn digest(plan: &Plan) -> Digest {
    Digest::of_json(&form(plan))
}
