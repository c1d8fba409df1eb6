//! `planc plan`: a plan ⟶ a dry run, shown as a card and kept for approval.

use super::carry;
use super::choice::ChoiceArgs;
use super::core;
use super::exit::Exit;
use super::fault::Fault;
use super::inputs::InputArgs;
use super::output::Format;
use super::session::Session;
use super::texts;
use super::told::{exit, outcome};
use crate::config::ReportPlace;
use crate::delivery::{DeliveryError, tell, words};
use crate::desk::{Desk, Planned, Recall};
use crate::dry_run::Early;
use crate::journal::StoredPlan;
use crate::render::card::{Card, Folded, card};
use crate::render::markdown::markdown;
use crate::render::page::page;
use crate::report::PlanReport;

/// Arguments of `planc plan`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The plan; `-` is standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: String,
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Fold nothing
    #[arg(long)]
    full: bool,
    /// Ask models again for what they have said before
    #[arg(long)]
    ask_again: bool,
    /// Run programs on a copy of the workspace that is thrown away; the operator must have allowed it
    #[arg(long)]
    run_programs: bool,
    /// In plan mode: what the one report is about, such as a ticket or a day
    #[arg(long, value_name = "NAME")]
    occasion: Option<String>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_grammar()?;
    let recall = if args.ask_again { Recall::Nothing } else { Recall::All };
    let early = if args.run_programs { Early::Sealed } else { Early::Off };
    let draft = session.compile(&args.file)?;
    let (desk, planned) =
        carry::prepare(session, carry::For::Show, draft, &args.inputs, &args.choice, (recall, early))?;
    let folded = if args.full { Folded::No } else { Folded::Yes };
    let name = Some(texts::shown(&args.file));
    if planned.plan.report.plan_mode.is_some() {
        return told(
            session,
            &desk,
            &planned,
            args.occasion.as_deref(),
            &draw(session, &planned.plan.report, name, folded)?,
        );
    }
    if args.occasion.is_some() {
        return Err(DeliveryError::NotInPlanMode.into());
    }
    show(session, &planned.plan, name, folded)?;
    Ok(carry::blocked(&planned.plan.report).unwrap_or(Exit::Success))
}

/// In plan mode: the one report goes to its place, and whoever asked sees the dry run.
fn told(session: &Session, desk: &Desk, planned: &Planned, occasion: Option<&str>, said: &str) -> Result<Exit, Fault> {
    let runtime = core::runtime()?;
    let _inside = runtime.enter();
    let told = tell(desk, planned, occasion, said, &mut |text| session.out.deliver(text))?;
    if desk.config.report.place != ReportPlace::StandardOutput {
        put(session, said)?;
    }
    match told.is_new {
        true => outcome(session, &told.report),
        false => {
            let (number, how) = (told.report.number, words(told.report.delivery));
            session.out.note(&format!("this occasion has its report already: report {number}, {how}\n"));
        }
    }
    match exit(std::slice::from_ref(&told.report)) {
        Exit::Success => Ok(carry::blocked(&planned.plan.report).unwrap_or(Exit::Success)),
        other => Ok(other),
    }
}

/// Shows a plan report in the form that was asked for.
pub(super) fn show(session: &Session, plan: &StoredPlan, name: Option<&str>, folded: Folded) -> Result<(), Fault> {
    put(session, &draw(session, &plan.report, name, folded)?)
}

/// Writes a plan report in the form that was asked for.
pub(super) fn put(session: &Session, drawn: &str) -> Result<(), Fault> {
    match session.out.format {
        Format::Text => session.out.show(drawn),
        Format::Json | Format::Markdown | Format::Html | Format::Gbnf | Format::Lark => session.out.print(drawn),
    }
}

/// A plan report in the form that was asked for.
pub(super) fn draw(
    session: &Session,
    report: &PlanReport,
    name: Option<&str>,
    folded: Folded,
) -> Result<String, Fault> {
    match session.out.format {
        Format::Text => Ok(card(report, Card { look: session.out.look(), plan: name, folded })),
        Format::Json => session.out.json_text(report),
        Format::Markdown => Ok(markdown(report, name)),
        Format::Html => Ok(page(report, name)),
        Format::Gbnf | Format::Lark => session.out.without_grammar().map(|()| String::new()),
    }
}
