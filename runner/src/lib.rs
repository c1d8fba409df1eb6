//! planc, the runner: configuration ⟶ dry run ⟶ report ⟶ approval ⟶ journal ⟶ execution ⟶ undo; everything that touches
//! the world.
//!
//! Modules are listed in the order the data flows; each imports only from those above it.

pub mod environment;
pub mod clock;
pub mod stop;
mod writing;
pub mod scope;
pub mod policy;
mod named;
pub mod config;
pub mod seal;
pub mod mask;
pub mod workspace;
pub mod coverage;
mod direct;
pub mod inventory;
pub mod sandbox;
pub mod tool;
pub mod import;
pub mod observe;
pub mod report;
pub mod approval;
mod passed;
pub mod standing;
pub mod event;
pub mod veil;
pub mod prediction;
pub mod late;
mod laid;
pub mod dry_run;
pub mod state;
pub mod journal;
pub mod mode;
pub mod schedule;
pub mod run;
pub mod undo;
pub mod executor;
pub mod desk;
pub mod evidence;
pub mod render;
pub mod delivery;
pub mod session;
pub mod hook;
pub mod mcp_server;
pub mod cli;
