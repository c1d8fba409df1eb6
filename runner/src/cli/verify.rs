//! `planc verify`: the journal of a run ⟶ whether it is as it was written.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::journal::StoreError;
use crate::render::text::{Tone, count, inline};
use serde_json::json;

/// Arguments of `planc verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run; the beginning of its name is enough
    #[arg(value_name = "RUN")]
    target: String,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let (desk, plan, run) = carry::find(session, &args.target)?;
    let (records, adopted) = match desk.store.records(&run.id) {
        Ok(found) => found,
        Err(error @ StoreError::Broken { .. }) => return broken(session, &run.id, &error),
        Err(error) => return Err(error.into()),
    };
    let head = records.last().map(|record| record.link.clone());
    if session.out.is_json() {
        let (digest, count) = (plan.digest, records.len());
        session.out.json(&json!({
            "run": run.id, "digest": digest, "intact": true, "records": count, "linked_afterwards": adopted, "head": head,
        }))?;
        return Ok(Exit::Success);
    }
    let paint = session.out.paint;
    let mut text = paint.tone(Tone::Good, format!("the journal of run {} is as it was written\n", inline(&run.id)));
    text.push_str(&format!("  {}", count(records.len(), "record")));
    match head {
        Some(head) => text.push_str(&format!(", the last {head}\n")),
        None => text.push_str(": it has not begun\n"),
    }
    if adopted > 0 {
        let first = count(adopted as usize, "record");
        text.push_str(&format!("  the first {first} were written by a planc without chains, and linked afterwards\n"));
    }
    session.out.print(&text)?;
    Ok(Exit::Success)
}

fn broken(session: &Session, run: &str, error: &StoreError) -> Result<Exit, Fault> {
    let fault = Fault { exit: Exit::Failed, ..Fault::from(error.clone()) };
    match session.out.is_json() {
        true => {
            session.out.json(&json!({ "run": run, "intact": false, "why": error.to_string() }))?;
            Ok(Exit::Failed)
        }
        false => Err(fault),
    }
}
