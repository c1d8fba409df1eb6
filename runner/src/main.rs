//! The planc binary: arguments ⟶ [`planc::cli::main`] ⟶ an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    planc::cli::main(std::env::args_os())
}
