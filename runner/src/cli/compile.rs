//! `planc compile`: a plan ⟶ its canonical form, which its digest covers.

use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;

/// Arguments of `planc compile`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The plan; `-` is standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: String,
    /// Print only the digest
    #[arg(long)]
    digest: bool,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let plan = session.compile(&args.file)?;
    match (args.digest, session.out.is_json()) {
        (true, true) => session.out.json(&serde_json::json!({ "digest": plan.compiled.digest }))?,
        (true, false) => session.out.print(&format!("{}\n", plan.compiled.digest))?,
        (false, _) => session.out.print(&(plan.compiled.to_json() + "\n"))?,
    }
    Ok(Exit::Success)
}
