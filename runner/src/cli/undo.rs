//! `planc undo`: a run ⟶ what it has done is taken back, where nobody changed it since.

use super::carry;
use super::core;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::terminal;
use crate::desk::{Desk, Planned};
use crate::event::Event;
use crate::render::text::inline;
use crate::report::PlanStatus;
use crate::state::{RunState, UndoState};

/// Arguments of `planc undo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run; the beginning of its name is enough
    run: String,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let (desk, plan, run) = carry::find(session, &args.run)?;
    desk.require_execute()?;
    let events: Vec<Event> = desk.store.events(&run.id)?.into_iter().map(|stored| stored.event).collect();
    if events.is_empty() {
        let fault = Fault::usage(format!("nothing to take back: run `{}` has not begun", run.id));
        return Err(match plan.status {
            PlanStatus::Aborted => fault,
            PlanStatus::NeedsApproval
            | PlanStatus::Reported
            | PlanStatus::ChangesRequested
            | PlanStatus::Approved
            | PlanStatus::Blocked
            | PlanStatus::Executing
            | PlanStatus::Verifying
            | PlanStatus::Done
            | PlanStatus::Failed
            | PlanStatus::Paused
            | PlanStatus::InDoubt
            | PlanStatus::Undone
            | PlanStatus::Stale => fault.help(format!("`planc abort {}` withdraws it", run.id)),
        });
    }
    let (planned, _) = desk.reopen(plan)?;
    let state = RunState::fold(&planned.compiled.plan, &events);
    agreed(session, &desk, &planned, &state)?;
    if state.undo == UndoState::Complete {
        session.out.progress(&format!("· run {} was taken back already\n", run.id));
    }
    core::take_back(session, &desk, &planned, &run)
}

/// Where a person says yes to what is done, a person says yes to its being taken back; and where the yes to the run is none to that.
pub(super) fn agreed(session: &Session, desk: &Desk, planned: &Planned, state: &RunState) -> Result<(), Fault> {
    let question = format!("\nTake back all that planc can take back of `{}`?", inline(&planned.plan.title));
    if let Some(why) = desk.beyond_undo(planned, state)? {
        let why = inline(&why);
        return terminal::agreed(&format!("\n{why}{question}")).map_err(|no| no.refused(&why));
    }
    if session.config.approval.wants_terminal() {
        let message = "taking back is said on a terminal here: `[approval] require = \"terminal\"`";
        return terminal::agreed(&question).map_err(|no| no.refused(message));
    }
    Ok(())
}
