//! Cells: what a program can do there, what comes out, and attempts to get out. Each is tried against the real binary.

#[path = "../place/mod.rs"]
mod place;

mod alone;
mod early;
mod escape;
mod given;
mod kept;
mod ports;
mod left;
mod links;
