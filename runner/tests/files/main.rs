//! Files, the overlay and the built-in tools, on real directories and real processes.

mod support;
mod confinement;
mod overlay;
mod round_trip;
mod tools;
mod process;
mod http;
