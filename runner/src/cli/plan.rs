//! `planc plan`: a plan ⟶ a dry run, shown as a card and kept for approval.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::inputs::InputArgs;
use super::output::Format;
use super::session::Session;
use super::texts;
use crate::desk::Recall;
use crate::dry_run::Early;
use crate::journal::StoredPlan;
use crate::render::card::{Card, Folded, card};
use crate::render::markdown::markdown;
use crate::render::page::page;

/// Arguments of `planc plan`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The plan; `-` is standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: String,
    #[command(flatten)]
    inputs: InputArgs,
    /// Fold nothing
    #[arg(long)]
    full: bool,
    /// Ask models again for what they have said before
    #[arg(long)]
    ask_again: bool,
    /// Run programs on a copy of the workspace that is thrown away; the operator must have allowed it
    #[arg(long)]
    run_programs: bool,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_grammar()?;
    let recall = if args.ask_again { Recall::Nothing } else { Recall::All };
    let early = if args.run_programs { Early::Sealed } else { Early::Off };
    let (_, planned) = carry::prepare(session, &args.file, &args.inputs, (recall, early))?;
    let folded = if args.full { Folded::No } else { Folded::Yes };
    show(session, &planned.plan, Some(texts::shown(&args.file)), folded)?;
    Ok(carry::blocked(&planned.plan.report).unwrap_or(Exit::Success))
}

/// Shows a plan report in the form that was asked for.
pub(super) fn show(session: &Session, plan: &StoredPlan, name: Option<&str>, folded: Folded) -> Result<(), Fault> {
    match session.out.format {
        Format::Text => session.out.print(&card(&plan.report, Card { look: session.out.look(), plan: name, folded })),
        Format::Json => session.out.json(&plan.report),
        Format::Markdown => session.out.print(&markdown(&plan.report, name)),
        Format::Html => session.out.print(&page(&plan.report, name)),
        Format::Gbnf | Format::Lark => session.out.without_grammar(),
    }
}
