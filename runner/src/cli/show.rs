//! `planc show`: a run ⟶ its plan while it waits, and what came of it afterwards.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::output::Format;
use super::plan;
use super::session::Session;
use crate::journal::RunLock;
use crate::render::card::Folded;
use crate::render::final_report;
use crate::render::markdown::markdown;
use crate::render::page::page;

/// Arguments of `planc show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run, or the digest of its plan; the beginning is enough
    #[arg(value_name = "RUN|DIGEST")]
    target: String,
    /// Show the plan, also after it has run
    #[arg(long)]
    plan: bool,
    /// Fold nothing
    #[arg(long)]
    full: bool,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    let (desk, mut stored, run) = carry::find(session, &args.target)?;
    stored.report.status = stored.status;
    let events = desk.shown_events(&stored, &run.id)?;
    let mut report = final_report::fold(&run.id, &stored.report, &events);
    report.gone = report.is_open() && !RunLock::is_held(&session.config.state, &run.id);
    let folded = if args.full { Folded::No } else { Folded::Yes };
    match session.out.format {
        Format::Json => {
            session.out.json(
                &serde_json::json!({ "run": run.id, "plan": stored.report, "result": report, "events": events }),
            )?;
        }
        Format::Markdown => session.out.print(&markdown(&stored.report, None))?,
        Format::Html => session.out.print(&page(&stored.report, None))?,
        Format::Gbnf | Format::Lark => session.out.without_grammar()?,
        Format::Text if args.plan || events.is_empty() => plan::show(session, &stored, None, folded)?,
        Format::Text => session.out.print(&final_report::draw(&report, session.out.look()))?,
    }
    Ok(Exit::Success)
}
