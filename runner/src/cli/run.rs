//! `planc run`: a plan file, or a run that waits ⟶ execution, when there is a yes for exactly this.

use super::carry;
use super::choice::ChoiceArgs;
use super::core::{self, Terms};
use super::deadline::DeadlineArgs;
use super::exit::Exit;
use super::fault::Fault;
use super::inputs::InputArgs;
use super::session::Session;
use super::terminal::Terminal;
use super::{plan, texts};
use crate::approval::{Channel, Lack};
use crate::desk::{Desk, DeskError, Planned, Recall, has_secret_inputs};
use crate::dry_run::Early;
use crate::render::card::Folded;
use crate::report::PlanStatus;
use planc_lang::digest::Digest;

/// Arguments of `planc run`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without `--approve` the plan is kept, waiting, unless a person has approved exactly this before.\n\
    `--approve` shows the plan and asks on the controlling terminal.\n\
    Without a terminal `--approve` is enough for a plan whose every effect planc can undo.\n\
    `--approve=DIGEST` approves what was reviewed under this digest."
)]
pub struct Args {
    /// A plan file, `-` for standard input, or a run that waits
    #[arg(value_name = "FILE|RUN", value_hint = clap::ValueHint::FilePath)]
    target: String,
    /// Approve: after a question on the terminal, or exactly this digest
    #[arg(long, value_name = "DIGEST", num_args = 0..=1, require_equals = true)]
    approve: Option<Option<String>>,
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Run programs in the dry run before, as `planc plan --run-programs` does
    #[arg(long)]
    run_programs: bool,
    /// Show all of the plan before the question, nothing folded
    #[arg(long, requires = "approve")]
    full: bool,
    #[command(flatten)]
    deadline: DeadlineArgs,
}

/// What was said on the command line.
enum Yes {
    /// Nothing.
    Unsaid,
    /// A yes to whatever is shown.
    Bare,
    /// A yes to one digest.
    To(Digest),
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let yes = yes(args)?;
    let deadline = args.deadline.read(session)?;
    let (desk, planned) = target(session, args, &yes)?;
    desk.require_execute()?;
    // What has run waits for nothing more.
    desk.check_unused(&planned.plan, None)?;
    let run = desk.store.open_run(&planned.plan.digest)?;
    let mut yes_given = None;
    if let Err(lack) = desk.store.judge_approval(&desk.claim(&planned.plan)?, &run.id)? {
        if let Some(exit) = carry::blocked(&planned.plan.report) {
            plan::show(session, &planned.plan, Some(texts::shown(&args.target)), Folded::Yes)?;
            return Ok(exit);
        }
        let folded = if args.full { Folded::No } else { Folded::Yes };
        yes_given = Some(approve(session, &desk, &planned, (&args.target, folded), yes, &lack)?);
    }
    core::execute(session, &desk, &planned, &run, Terms { deadline, yes: yes_given })
}

fn yes(args: &Args) -> Result<Yes, Fault> {
    match &args.approve {
        None => Ok(Yes::Unsaid),
        Some(None) => Ok(Yes::Bare),
        Some(Some(text)) => text.parse().map(Yes::To).map_err(|reason| {
            Fault::usage(format!("`--approve={text}` names no digest: {reason}")).help(
                "all of it stands at the end of the card: `planc show DIGEST` takes the beginning, and shows the card",
            )
        }),
    }
}

/// Whether the text of a plan is meant: standard input, or a file, there or not; an error where a run is called so as well.
fn is_text(session: &Session, target: &str) -> Result<bool, Fault> {
    let is_meant = target == "-" || target.ends_with(".pl") || carry::file(session, target)?.is_some();
    Ok(is_meant || (!carry::is_name(target) && session.path(target).exists()))
}

/// The plan that shall run: from a file, with a dry run of its own, or one that waits.
fn target(session: &Session, args: &Args, yes: &Yes) -> Result<(Desk, Planned), Fault> {
    if is_text(session, &args.target)? {
        // What cannot be read or has mistakes leaves no trace, and nothing is looked at where nothing may run.
        let draft = session.compile(&args.target)?;
        let desk = session.desk()?;
        desk.require_execute()?;
        // A no to a digest is one to it by whatever way it is named, until it is planned again.
        if let Yes::To(digest) = yes
            && desk.store.plan(&digest.to_string()).is_ok_and(|plan| plan.status == PlanStatus::Aborted)
        {
            return Err(DeskError::Aborted.into());
        }
        let early = if args.run_programs { Early::Sealed } else { Early::Off };
        let named = match yes {
            Yes::To(digest) if has_secret_inputs(&draft.compiled.plan) => {
                return carry::as_planned(session, draft, &args.inputs, &args.choice, *digest);
            }
            Yes::To(digest) => Some(*digest),
            Yes::Unsaid | Yes::Bare => None,
        };
        return carry::prepare(
            session,
            carry::For::Run(named),
            draft,
            &args.inputs,
            &args.choice,
            (Recall::All, early),
        );
    }
    if args.run_programs {
        return Err(Fault::usage("a run that waits has had its dry run").help("name the file of the plan"));
    }
    if !args.inputs.is_empty() {
        return Err(Fault::usage("a run that waits has its inputs already").help("name the file of the plan"));
    }
    if !args.choice.is_all() {
        return Err(Fault::usage("a run that waits is a whole plan").help("name the file of the plan"));
    }
    let (desk, stored, _) = carry::find(session, &args.target)?;
    let planned = desk.reopened_to_run(stored)?;
    Ok((desk, planned))
}

fn approve(
    session: &Session,
    desk: &Desk,
    planned: &Planned,
    (name, folded): (&str, Folded),
    yes: Yes,
    lack: &Lack,
) -> Result<String, Fault> {
    let plan = &planned.plan;
    // A yes that leads to nothing is not asked for, and no way to one is named.
    match (&yes, Terminal::open().is_some()) {
        (Yes::To(digest), _) if *digest != plan.digest => {}
        (Yes::Bare, true) | (Yes::Unsaid, _) => desk.check_asked(planned)?,
        (Yes::Bare, false) | (Yes::To(_), _) => {}
    }
    match yes {
        Yes::Unsaid if is_text(session, name)? => Err(carry::waiting_anew(planned, &lack.told())),
        Yes::Unsaid => Err(carry::waiting(plan, &lack.told())),
        Yes::To(digest) => carry::named(desk, plan, digest),
        Yes::Bare => match Terminal::open() {
            Some(terminal) => {
                if plan.inventory.is_none() {
                    desk.note_shown(planned)?;
                }
                carry::ask(session, &terminal, desk, plan, (Some(name), folded))
            }
            None => carry::yes(desk, plan, Channel::Unattended),
        },
    }
}
