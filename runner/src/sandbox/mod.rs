//! A program ⟶ the same program in a cell: a process that reaches nothing but a copy of the workspace, and of which only
//! what it changed there comes out.
//!
//! A cell is made of namespaces (user, mount, process, IPC, network), an overlay over the workspace, Landlock, a filter of
//! system calls and limits. The overlay takes every change; the workspace itself is never written. What to do with the
//! [changes](Cell::changes) is the caller's business: whoever puts them in place judges each against `critical` first.
//!
//! No code of a running planc enters a cell. planc starts itself as a launcher, see [`launched`], which makes the cell
//! around itself and then starts the program in it.

mod beneath;
mod cell;
mod clear;
mod filter;
mod given;
mod inside;
mod kernel;
mod launch;
mod limits;
mod notes;
mod probe;
mod puts;
mod root;
mod seen;
mod spec;
mod upper;
mod vouch;

pub use cell::{Cell, sweep};
pub use inside::{Ended, Report};
pub use launch::launched;
pub use limits::{LOCKED, STACK};
pub use probe::{Enforced, probe};
pub use seen::Seen;
pub use spec::{CellError, Inside, LAUNCH, Put, Spec};
pub use upper::{MAX_CHANGED_BYTES, MAX_DEEP, MAX_UPPER, NOT_KEPT, Observed};
