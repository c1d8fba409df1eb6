//! `planc approve`: a plan that waits ⟶ a recorded yes, which one run uses up. Only on a controlling terminal.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::terminal::Terminal;
use serde_json::json;

/// Arguments of `planc approve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run that waits, or the digest of its plan; the beginning is enough
    #[arg(value_name = "RUN|DIGEST")]
    target: String,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let (desk, plan, run) = carry::find(session, &args.target)?;
    desk.require_execute()?;
    if let Some(exit) = carry::blocked(&plan.report) {
        return Err(Fault::new(exit, format!("run `{}` cannot be approved: it is blocked", run.id)));
    }
    let Some(terminal) = Terminal::open() else {
        return Err(carry::waiting(&plan, "`planc approve` asks on a terminal, and there is none"));
    };
    carry::ask(session, &terminal, &desk, &plan, None)?;
    match session.out.is_json() {
        true => session.out.json(&json!({ "approved": plan.digest, "run": run.id }))?,
        false => session.out.print(&format!("approved; `planc run {}` carries it out\n", run.id))?,
    }
    Ok(Exit::Success)
}
