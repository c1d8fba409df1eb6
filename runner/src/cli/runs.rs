//! `planc runs`: the store ⟶ the runs of this workspace, newest first.

use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::event::Event;
use crate::journal::{Store, StoreError};
use crate::render::final_report::status;
use crate::render::run_report::fold;
use crate::render::summary::badge;
use crate::render::text::{Tone, inline};
use crate::report::PlanStatus;
use serde::Serialize;

/// Arguments of `planc runs`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The most runs that are listed
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

/// The status of a run whose journal is not as it was written.
const BROKEN: &str = "broken journal";

/// A run as `planc runs --format json` lists it.
#[derive(Serialize)]
struct Row {
    run: String,
    status: &'static str,
    title: String,
    rev: u32,
    digest: planc_lang::digest::Digest,
    created_at: String,
    #[serde(skip)]
    tone: Tone,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let (rows, all) = match session.existing_store()? {
        Some(store) => rows(&store, args.limit)?,
        None => (Vec::new(), 0),
    };
    if session.out.is_json() {
        session.out.json(&serde_json::json!({ "runs": rows, "total": all }))?;
        return Ok(Exit::Success);
    }
    if rows.is_empty() {
        session.out.show("no runs yet in this workspace; `planc plan FILE` makes one\n")?;
        return Ok(Exit::Success);
    }
    let width = rows.iter().map(|row| row.status.len()).max().unwrap_or(0);
    let mut text = String::new();
    for row in &rows {
        let day = row.created_at.get(..16).unwrap_or(&row.created_at).replace('T', " ");
        let status = session.out.paint.tone(row.tone, format!("{:width$}", row.status));
        text.push_str(&format!("{}  {status}  {day}  {} (rev {})\n", inline(&row.run), inline(&row.title), row.rev));
    }
    if all > rows.len() {
        text.push_str(&format!("… {} older, `planc runs --limit {all}`\n", all - rows.len()));
    }
    session.out.show(&text)?;
    Ok(Exit::Success)
}

fn rows(store: &Store, limit: usize) -> Result<(Vec<Row>, usize), Fault> {
    let runs = store.runs()?;
    let all = runs.len();
    let mut rows = Vec::new();
    for run in runs.into_iter().take(limit) {
        let plan = store.plan(&run.plan.to_string())?;
        let (status, tone) = match store.events(&run.id) {
            Ok(events) if events.is_empty() => {
                let status = plan.status.before_run();
                (badge(status), waiting_tone(status))
            }
            Ok(events) => {
                let events: Vec<Event> = events.into_iter().map(|stored| stored.event).collect();
                status(&fold(&run.id, &plan.report, &events))
            }
            Err(StoreError::Broken { .. }) => (BROKEN, Tone::Bad),
            Err(error) => return Err(error.into()),
        };
        rows.push(Row {
            run: run.id,
            status,
            title: plan.title,
            rev: plan.rev,
            digest: plan.digest,
            created_at: run.created_at,
            tone,
        });
    }
    Ok((rows, all))
}

/// The tone of a plan whose run has not begun.
fn waiting_tone(status: PlanStatus) -> Tone {
    match status {
        PlanStatus::NeedsApproval
        | PlanStatus::ChangesRequested
        | PlanStatus::Reported
        | PlanStatus::Approved
        | PlanStatus::Paused => Tone::Careful,
        PlanStatus::Blocked | PlanStatus::Failed | PlanStatus::InDoubt | PlanStatus::Stale => Tone::Bad,
        PlanStatus::Executing | PlanStatus::Verifying | PlanStatus::Done => Tone::Good,
        PlanStatus::Undone | PlanStatus::Aborted => Tone::Dim,
    }
}
