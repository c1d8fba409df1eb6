//! The engine: journal, schedule, execution, resuming and taking back, with injected crashes and failures.

mod blocks;
mod chain;
#[path = "../clock/mod.rs"]
mod clock;
mod crash;
mod deadline;
mod execute;
mod late;
mod pace;
mod probes;
mod programs;
mod property;
mod schedule;
mod store;
mod support;
mod undo;
mod values;
