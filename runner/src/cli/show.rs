//! `planc show`: a run ⟶ its plan while it waits, and what came of it afterwards.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::output::Format;
use super::plan;
use super::session::Session;
use super::terminal::{Terminal, agreed};
use crate::desk::{Desk, DeskError};
use crate::event::Event;
use crate::journal::{RunLock, StoredRun};
use crate::render::card::Folded;
use crate::render::final_report;
use crate::render::markdown::markdown;
use crate::render::page::page;
use crate::render::run_report;
use crate::render::text::inline;
use crate::tool::mcp::kept_stderr;

/// Arguments of `planc show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run, or the digest of its plan; the beginning is enough
    #[arg(value_name = "RUN|DIGEST")]
    target: String,
    /// Show the plan, also after it has run
    #[arg(long)]
    plan: bool,
    /// Show what servers said on their error output
    #[arg(long)]
    stderr: bool,
    /// On a terminal, tell why calls failed that had a secret at hand
    #[arg(long, conflicts_with_all = ["plan", "stderr"])]
    failures: bool,
    /// Fold nothing
    #[arg(long)]
    full: bool,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    let (desk, mut stored, run) = carry::find(session, &args.target)?;
    if args.stderr {
        return stderr(session, &run.id);
    }
    if args.failures {
        return failures(&desk, &run);
    }
    let events = desk.shown_events(&stored, &run.id)?;
    if let Ok((planned, _)) = desk.reopen(stored.clone()) {
        if events.is_empty() {
            desk.note_shown(&planned)?;
        }
        stored = planned.plan;
    }
    stored.report.status = if events.is_empty() { stored.status.before_run() } else { stored.status };
    let mut report = run_report::fold(&run.id, &stored.report, &events);
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
        Format::Text => session.out.show(&final_report::draw(&report, session.out.look()))?,
    }
    Ok(Exit::Success)
}

/// What failed in a run and why, in the words that are kept: on the controlling terminal alone, to a person who wants it.
fn failures(desk: &Desk, run: &StoredRun) -> Result<Exit, Fault> {
    let question = "\nParts of secrets may stand in the words that say why calls failed. Show them on this terminal?";
    let nobody = "why a call failed that had a secret at hand is told to a person on a terminal";
    agreed(question).map_err(|no| no.fault(nobody, "nothing is shown"))?;
    let terminal = Terminal::open().ok_or_else(|| Fault::new(Exit::Refused, nobody))?;
    let mut text = String::new();
    for stored in desk.store.events(&run.id).map_err(DeskError::from)? {
        let (of, why) = match &stored.event {
            Event::StepFailed { step, error, .. } => (step, error),
            Event::StepInDoubt { step, reason, .. } => (step, reason),
            Event::UndoCallEnded { step, error: Some(error) } => (step, error),
            Event::EachFailed { each, error } => (each, error),
            Event::AssumptionFailed { text, why } | Event::VerificationFailed { text, why } => (text, why),
            _ => continue,
        };
        text.push_str(&format!("✗ {}\n", inline(of)));
        why.lines().for_each(|line| text.push_str(&format!("    {}\n", inline(line))));
    }
    if text.is_empty() {
        text.push_str("nothing has failed in this run\n");
    }
    let lost = |error: std::io::Error| Fault::new(Exit::Waiting, format!("the terminal cannot be used: {error}"));
    terminal.write(&text).map_err(lost)?;
    Ok(Exit::Success)
}

/// What the servers of a run said on their error output, as much as was kept.
fn stderr(session: &Session, run: &str) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let kept = kept_stderr(&session.config.state, run);
    if session.out.is_json() {
        let list: Vec<_> =
            kept.iter().map(|(server, text)| serde_json::json!({ "server": server, "stderr": text })).collect();
        session.out.json(&list)?;
        return Ok(Exit::Success);
    }
    let mut text = String::new();
    for (server, said) in &kept {
        text.push_str(&format!("{}\n", inline(server)));
        said.lines().for_each(|line| text.push_str(&format!("  {}\n", inline(line))));
    }
    if kept.is_empty() {
        text.push_str("no server said anything on its error output in this run\n");
    }
    session.out.show(&text)?;
    Ok(Exit::Success)
}
