//! The plan language, pure: source text ⟶ tokens ⟶ syntax tree ⟶ resolved and typed plan ⟶ graph ⟶ compiled plan.
//!
//! Modules are listed in the order the data flows; each imports only from those above it.

pub mod catalogue;
pub mod codes;
pub mod conform;
pub mod diagnostic;
pub mod effects;
pub mod paths;
pub mod plan;
pub mod source;
pub mod stdlib;
pub mod syntax;
pub mod types;
pub mod value;
