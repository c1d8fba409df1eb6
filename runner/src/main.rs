//! The planc binary: arguments ⟶ [`planc::cli::main`] ⟶ an exit code; or the launcher of a cell, see [`planc::sandbox`].

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    planc::sandbox::launched(&args).unwrap_or_else(|| match planc::environment::begin(&args) {
        Ok(()) => planc::cli::main(args),
        Err(error) => planc::cli::not_begun(&error),
    })
}
