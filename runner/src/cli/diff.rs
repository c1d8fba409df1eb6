//! `planc diff`: a run ⟶ where it did something else than was planned.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::event::Event;
use crate::render::final_report::{draw_differences, fold};

/// Arguments of `planc diff`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run; the beginning of its name is enough
    run: String,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let (desk, plan, run) = carry::find(session, &args.run)?;
    let events: Vec<Event> = desk.store.events(&run.id)?.into_iter().map(|stored| stored.event).collect();
    let report = fold(&run.id, &plan.report, &events);
    match session.out.is_json() {
        true => session.out.json(&serde_json::json!({ "run": run.id, "differences": report.differences }))?,
        false => session.out.print(&draw_differences(&report, session.out.look()))?,
    }
    Ok(Exit::Success)
}
