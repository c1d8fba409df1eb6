//! `planc abort`: a plan that waits ⟶ a recorded no. Nothing has run, nothing has changed.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use serde_json::json;

/// Arguments of `planc abort`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run that waits, or the digest of its plan
    #[arg(value_name = "RUN|DIGEST")]
    target: String,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let (desk, plan, run) = carry::find(session, &args.target)?;
    if !desk.store.events(&run.id)?.is_empty() {
        return Err(Fault::usage(format!("run `{}` has begun, so it cannot be aborted", run.id))
            .help(format!("`planc undo {}` takes back what it has done", run.id)));
    }
    desk.abort(&plan)?;
    match session.out.is_json() {
        true => session.out.json(&json!({ "aborted": plan.digest, "run": run.id }))?,
        false => session.out.show("aborted: nothing has run, nothing has changed\n")?,
    }
    Ok(Exit::Success)
}
