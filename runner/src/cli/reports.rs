//! `planc reports`: what was told in plan mode ⟶ listed, shown, or sent where it has not arrived.

use super::core;
use super::exit::Exit;
use super::fault::Fault;
use super::output::Format;
use super::plan;
use super::session::Session;
use super::terminal::agreed;
use super::told::{exit, note, outcome};
use crate::delivery::{DeliveryError, Settled, send, settle, words};
use crate::journal::{Delivery, StoredReport};
use crate::render::card::Folded;
use crate::render::text::{Tone, inline};
use crate::scope::Scope;
use serde_json::json;

/// Arguments of `planc reports`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    list: List,
}

/// What to do with reports.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// List them, newest first
    List(List),
    /// Show one
    Show(Show),
    /// Send what has not arrived
    Send(Send),
    /// Say what became of one that is in doubt, on the controlling terminal
    Settle(Settle),
}

/// Arguments of `planc reports list`.
#[derive(Debug, clap::Args)]
struct List {
    /// Only those of this scope and of what lies in it
    #[arg(long)]
    scope: Option<Scope>,
    /// The most that are listed
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

/// Arguments of `planc reports show`.
#[derive(Debug, clap::Args)]
struct Show {
    /// The number of the report
    #[arg(value_name = "N")]
    number: i64,
    /// Fold nothing
    #[arg(long)]
    full: bool,
}

/// Arguments of `planc reports send`.
#[derive(Debug, clap::Args)]
struct Send {
    /// The number of a report; without it, all that are due
    #[arg(value_name = "N")]
    number: Option<i64>,
}

/// Arguments of `planc reports settle`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("how").required(true))]
struct Settle {
    /// The number of the report
    #[arg(value_name = "N")]
    number: i64,
    /// It arrived
    #[arg(long, group = "how")]
    arrived: bool,
    /// It did not: send it again
    #[arg(long, group = "how")]
    again: bool,
}

impl From<DeliveryError> for Fault {
    fn from(error: DeliveryError) -> Fault {
        let message = error.to_string();
        match error {
            DeliveryError::Desk(error) => error.into(),
            DeliveryError::NotInPlanMode | DeliveryError::NoOccasion | DeliveryError::TooLarge(_) => {
                Fault::usage(message)
            }
            DeliveryError::Unknown(_) | DeliveryError::NotInDoubt { .. } => {
                Fault::usage(message).help("`planc reports` lists those there are")
            }
        }
    }
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    match &args.what {
        None => list(session, &args.list),
        Some(What::List(args)) => list(session, args),
        Some(What::Show(args)) => show(session, args),
        Some(What::Send(args)) => sent(session, args.number),
        Some(What::Settle(args)) => settled(session, args),
    }
}

fn list(session: &Session, args: &List) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let reports = match session.existing_store()? {
        Some(store) => store.reports(args.scope.as_ref().map(Scope::as_str), args.limit)?,
        None => Vec::new(),
    };
    if session.out.is_json() {
        session.out.json(&json!({ "reports": reports }))?;
        return Ok(Exit::Success);
    }
    if reports.is_empty() {
        session.out.progress("no reports here; `planc plan FILE` makes one in plan mode\n");
    }
    session.out.show(&reports.iter().map(|report| line(session, report)).collect::<String>())?;
    Ok(Exit::Success)
}

fn line(session: &Session, report: &StoredReport) -> String {
    let day = report.at.get(..16).unwrap_or(&report.at).replace('T', " ");
    let scope = report.scope.as_deref().unwrap_or("no scope");
    let how = session.out.paint.tone(tone(report.delivery), words(report.delivery));
    let mut text = format!("{}  {day}  {}  {}  {how}\n", report.number, inline(scope), inline(&report.title));
    if let (Delivery::Due | Delivery::InDoubt, Some(note)) = (report.delivery, note(report)) {
        text.push_str(&format!("     {}\n", inline(note)));
    }
    text
}

fn tone(delivery: Delivery) -> Tone {
    match delivery {
        Delivery::Sent => Tone::Good,
        Delivery::Due | Delivery::Sending => Tone::Careful,
        Delivery::InDoubt => Tone::Bad,
    }
}

fn show(session: &Session, args: &Show) -> Result<Exit, Fault> {
    session.out.without_grammar()?;
    let store = session.existing_store()?.ok_or_else(|| Fault::from(DeliveryError::Unknown(args.number)))?;
    let stored = store.report(args.number)?.ok_or_else(|| Fault::from(DeliveryError::Unknown(args.number)))?;
    let (report, _) = store.report_content(args.number)?;
    if session.out.format == Format::Json {
        session.out.json(&json!({ "told": stored, "report": report }))?;
        return Ok(Exit::Success);
    }
    if session.out.format == Format::Text {
        let scope = stored.scope.as_deref().unwrap_or("no scope");
        let mut head =
            format!("Report {} · by {} at {} · {}\n", stored.number, inline(&stored.by), stored.at, inline(scope));
        for step in stored.history.iter().skip(1) {
            let note = step.note.as_ref().map_or_else(String::new, |note| format!(": {}", inline(note)));
            head.push_str(&format!("  {} {}{note}\n", step.at, words(step.delivery)));
        }
        session.out.show(&format!("{head}\n"))?;
    }
    let folded = if args.full { Folded::No } else { Folded::Yes };
    plan::draw(session, &report, None, folded).and_then(|text| plan::put(session, &text))?;
    Ok(Exit::Success)
}

fn sent(session: &Session, number: Option<i64>) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let desk = session.desk()?;
    let runtime = core::runtime()?;
    let _inside = runtime.enter();
    let reports = send(&desk, number, &mut |text| session.out.deliver(text))?;
    for report in &reports {
        outcome(session, report);
    }
    if session.out.is_json() && !reports.is_empty() {
        session.out.json(&json!({ "reports": reports }))?;
    }
    if reports.is_empty() {
        session.out.progress("nothing is due\n");
    }
    Ok(exit(&reports))
}

fn settled(session: &Session, args: &Settle) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let desk = session.desk()?;
    let (how, question) = match args.arrived {
        true => (Settled::Arrived, format!("\nReport {} arrived?", args.number)),
        false => (Settled::Again, format!("\nSend report {} again, although it may have arrived?", args.number)),
    };
    let nobody = "what became of a report is said by a person on a terminal";
    agreed(&question).map_err(|no| no.fault(nobody, "nothing was settled"))?;
    settle(&desk, args.number, how)?;
    match how {
        Settled::Arrived => Ok(Exit::Success),
        Settled::Again => sent(session, Some(args.number)),
    }
}
