//! The plan language, pure: source text ⟶ tokens ⟶ syntax tree ⟶ resolved and typed plan ⟶ graph ⟶ compiled plan.
//!
//! Modules are listed in the order the data flows; each imports only from those above it.

pub mod source;
pub mod codes;
pub mod diagnostic;
pub mod digest;
pub mod suggest;
pub mod forms;
pub mod syntax;
pub mod lexer;
pub mod parser;
pub mod format;
pub mod paths;
pub mod hosts;
pub mod pattern;
pub mod types;
pub mod marks;
pub mod value;
pub mod conform;
pub mod schema;
pub mod effects;
pub mod catalogue;
pub mod stdlib;
pub mod builtin;
pub mod plan;
pub mod releases;
pub mod written;
pub mod eval;
pub mod grants;
pub mod resolve;
pub mod check;
pub mod reach;
pub mod labels;
pub mod secrets;
pub mod cover;
pub mod graph;
pub mod order;
pub mod depend;
pub mod compiled;
mod rewrite;
pub mod revision;
pub mod compile;
pub mod part;
pub mod fix;
pub mod import;
pub mod grammar;
pub mod teach;
