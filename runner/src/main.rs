//! The planc binary: arguments ⟶ [`planc::cli::main`] ⟶ an exit code.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    planc::cli::main(std::env::args_os())
}
