//! `planc undo`: a run ⟶ what it has done is taken back, where nobody changed it since.

use super::carry;
use super::core;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;

/// Arguments of `planc undo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run; the beginning of its name is enough
    run: String,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let (desk, plan, run) = carry::find(session, &args.run)?;
    let (planned, _) = desk.reopen(plan)?;
    core::take_back(session, &desk, &planned, &run)
}
