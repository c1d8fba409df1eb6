//! What the commands that carry out plans have in common: finding a plan or a run, and a yes for it.

use super::choice::ChoiceArgs;
use super::core;
use super::differences::other_files;
use super::exit::Exit;
use super::fault::Fault;
use super::inputs::InputArgs;
use super::session::Session;
use super::terminal::{Terminal, Typed, confirm};
use crate::approval::{Approved, Channel};
use crate::desk::{Desk, DeskError, Draft, Planned, Recall, Unlike, has_secret_inputs, inputs, shown_inputs};
use crate::dry_run::{Early, other_variables};
use crate::journal::{StoreError, StoredPlan, StoredRun};
use crate::render::card::{Card, Folded, card};
use crate::render::fold::is_whole;
use crate::render::summary::totals;
use crate::render::text::{Look, inline};
use crate::report::{PlanReport, PlanStatus};
use planc_lang::digest::Digest;
use planc_lang::value::Value;
use std::path::PathBuf;

/// What a plan file is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// To be shown.
    Show,
    /// To be carried out: a yes that was given to exactly this counts, or that to this digest which is given now.
    Run(Option<Digest>),
}

/// Makes the dry run of a compiled plan, and keeps it.
pub fn prepare(
    session: &Session,
    purpose: For,
    draft: Draft,
    given: &InputArgs,
    choice: &ChoiceArgs,
    (recall, early): (Recall, Early),
) -> Result<(Desk, Planned), Fault> {
    let given = given.given(session, &draft.compiled.plan)?;
    let values = inputs(&draft.compiled.plan, &given).map_err(crate::desk::DeskError::from)?;
    let desk = Desk { recall, early, ..session.desk()? };
    let draft = choice.part(session, &desk, draft)?;
    if matches!(purpose, For::Run(_)) {
        // No dry run of it would lead to anything, and none is kept.
        desk.check_over(&draft.compiled.digest)?;
    }
    let planned = core::interruptible(&desk.stop, || match purpose {
        For::Show => desk.plan(&draft, &values),
        For::Run(named) => desk.plan_to_run(&draft, &values, named),
    })??;
    Ok((desk, planned))
}

/// The plan that a digest names, of a text with secret inputs: these are as they were planned, whatever is given for them now.
pub fn as_planned(
    session: &Session,
    draft: Draft,
    given: &InputArgs,
    choice: &ChoiceArgs,
    digest: Digest,
) -> Result<(Desk, Planned), Fault> {
    let desk = session.desk()?;
    let draft = choice.part(session, &desk, draft)?;
    let given = given.given_openly(session, &draft.compiled.plan)?;
    let planned = desk.as_planned(&draft, &given, digest)?.map_err(|unlike| {
        let line = match unlike {
            Unlike::Unknown => "no dry run had this digest".to_owned(),
            Unlike::Text => OTHER_TEXT.to_owned(),
            Unlike::Inputs { approved, now } => other_inputs(&approved, &now),
        };
        Fault::new(Exit::Stale, not_now(digest))
            .row(format!("  {line}"))
            .help("`planc plan FILE` shows what it would do now")
    })?;
    session.out.progress("· what is secret is as it was planned: it is not read again\n");
    Ok((desk, planned))
}

/// The exit code of a plan that something stands against: policy alone, or anything else.
pub fn blocked(report: &PlanReport) -> Option<Exit> {
    match report.status {
        PlanStatus::Blocked if report.problems.iter().all(|problem| problem.policy) => Some(Exit::Refused),
        PlanStatus::Blocked => Some(Exit::PlanErrors),
        PlanStatus::NeedsApproval
        | PlanStatus::Reported
        | PlanStatus::ChangesRequested
        | PlanStatus::Approved
        | PlanStatus::Executing
        | PlanStatus::Verifying
        | PlanStatus::Done
        | PlanStatus::Failed
        | PlanStatus::Paused
        | PlanStatus::InDoubt
        | PlanStatus::Undone
        | PlanStatus::Aborted
        | PlanStatus::Stale => None,
    }
}

/// A run by name, or the waiting run of a plan by digest.
pub fn find(session: &Session, name: &str) -> Result<(Desk, StoredPlan, StoredRun), Fault> {
    // Looking creates nothing.
    session.existing_store()?.ok_or_else(|| no_runs(name))?;
    let desk = session.desk()?;
    let run = match is_digest(name) {
        true => desk.store.run_of(&desk.store.plan(name)?.digest)?,
        false => desk.store.run(name)?,
    };
    let plan = desk.store.plan(&run.plan.to_string())?;
    Ok((desk, plan, run))
}

/// The file that a word names that may also name a run, or the plan of a run; none: it is the name of one, or of nothing. A run and a
/// file of one name are never taken for each other: a file may be called as somebody wants.
pub fn file(session: &Session, word: &str) -> Result<Option<PathBuf>, Fault> {
    let file = session.path(word);
    if !file.is_file() {
        return Ok(None);
    }
    let Some(store) = is_name(word).then(|| session.existing_store()).transpose()?.flatten() else {
        return Ok(Some(file));
    };
    let found = if is_digest(word) { store.plan(word).map(|_| ()) } else { store.run(word).map(|_| ()) };
    match found {
        Err(StoreError::Unknown { .. }) => Ok(Some(file)),
        Ok(()) | Err(StoreError::Ambiguous { .. }) => {
            let word = inline(word);
            let fault = Fault::usage(format!("`{word}` is the name of a run and of a file"));
            Err(fault.help(format!("`./{word}` is the file; where the run is meant, move the file")))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a run or a digest may be called so.
pub fn is_name(word: &str) -> bool {
    word.strip_prefix("sha256:").unwrap_or(word).bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A plan by digest, also one that something stands against, or that of a run.
pub fn find_plan(session: &Session, name: &str) -> Result<(Desk, StoredPlan), Fault> {
    session.existing_store()?.ok_or_else(|| no_runs(name))?;
    let desk = session.desk()?;
    let plan = match is_digest(name) {
        true => desk.store.plan(name)?,
        false => desk.store.plan(&desk.store.run(name)?.plan.to_string())?,
    };
    Ok((desk, plan))
}

/// Whether a digest is meant, and not a run.
fn is_digest(name: &str) -> bool {
    name.starts_with("sha256:") || name.len() > 16
}

fn no_runs(name: &str) -> Fault {
    Fault::usage(format!("there is no run `{name}`: no runs yet in this workspace")).help("`planc plan FILE` makes one")
}

/// Shows the card on the controlling terminal and asks. A yes is recorded; the fault says why there is none.
pub fn ask(
    session: &Session,
    terminal: &Terminal,
    desk: &Desk,
    plan: &StoredPlan,
    (name, folded): (Option<&str>, Folded),
) -> Result<String, Fault> {
    agree(session, terminal, plan, (name, folded), "")?;
    yes(desk, plan, Channel::Terminal)
}

/// Shows the card on the controlling terminal and asks, with what else is said with the yes; records nothing.
pub fn agree(
    session: &Session,
    terminal: &Terminal,
    plan: &StoredPlan,
    (name, folded): (Option<&str>, Folded),
    said: &str,
) -> Result<(), Fault> {
    if folded == Folded::Yes && !is_whole(&plan.report) {
        let fault = waiting(plan, "its card is not whole, so many paths change, and nobody is asked about half of it");
        return Err(fault.help("`--full` shows all of it, and asks then"));
    }
    let look = Look::new(Some(terminal.columns()), session.out.err_paint());
    let lost = |error: std::io::Error| waiting(plan, &format!("the terminal cannot be used: {error}"));
    terminal.write(&card(&plan.report, Card { look, plan: name, folded })).map_err(lost)?;
    let totals = totals(&plan.report);
    let said = if said.is_empty() { String::new() } else { format!("\n{}", inline(said)) };
    let question = format!("\nApprove and run exactly this: {} — {}?{said}", totals.numbers(), totals.undo());
    match confirm(terminal, &question).map_err(lost)? {
        Typed::Line(line) if line == "yes" => Ok(()),
        Typed::Line(_) | Typed::End => Err(waiting(plan, "that was not a yes")),
        Typed::Interrupted => Err(Fault { exit: Exit::Interrupted, ..waiting(plan, "interrupted") }),
    }
}

/// Records a yes, if its channel is good enough, and gives what it is known by; otherwise the plan waits.
pub fn yes(desk: &Desk, plan: &StoredPlan, channel: Channel) -> Result<String, Fault> {
    let yes = desk.yes(plan, channel)?;
    record(desk, plan, &yes).map(|()| yes.id)
}

/// Records a yes; where it is not enough, or none, the plan waits.
pub fn record(desk: &Desk, plan: &StoredPlan, yes: &Approved) -> Result<(), Fault> {
    let approved = match desk.approve(plan, yes) {
        Err(DeskError::KnownAlready) => return Err(known_already(desk, plan)?),
        approved => approved,
    };
    match approved.map_err(Fault::from) {
        Ok(None) => Ok(()),
        Ok(Some(lack)) => Err(waiting(plan, &lack.told())),
        Err(fault) if fault.exit == Exit::Waiting => {
            Err(fault.help.iter().fold(waiting(plan, &fault.message), |told, help| told.help(help)))
        }
        Err(fault) => Err(fault),
    }
}

/// The same yes once more: it changes nothing, and what is lacking is something else.
fn known_already(desk: &Desk, plan: &StoredPlan) -> Result<Fault, Fault> {
    let run = desk.store.open_run(&plan.digest)?;
    let fault = Fault::new(Exit::Waiting, DeskError::KnownAlready.to_string());
    Ok(match desk.store.judge_approval(&desk.claim(plan)?, &run.id)? {
        Ok(_) => fault.help(format!("the plan is approved: `planc run {}` carries it out", run.id)),
        Err(lack) => fault.help(format!("{}: `planc approvals` lists what was approved", lack.told())),
    })
}

/// A plan that waits for a person.
pub fn waiting(plan: &StoredPlan, why: &str) -> Fault {
    let fault = Fault::new(Exit::Waiting, format!("{why}; the plan waits for approval, and nothing has been changed"))
        .help(format!("a person approves it on a terminal with `planc approve sha256:{}`", plan.digest.short()));
    let mut loadable = plan.report.all_steps().flat_map(|step| &step.loadable);
    match loadable.find(|loadable| why.contains(&loadable.to_string())) {
        Some(loadable) => fault.help(inline(&loadable.data())),
        None => fault,
    }
}

/// The same of a plan that a text was just made into: with secret inputs it is no plan that anybody knows.
pub fn waiting_anew(planned: &Planned, why: &str) -> Fault {
    let fault = waiting(&planned.plan, why);
    match has_secret_inputs(&planned.compiled.plan) {
        true => {
            fault.help("what was approved before is run by its digest, with the inputs that it has: `planc run DIGEST`")
        }
        false => fault,
    }
}

/// A yes that names what was reviewed.
pub fn named(desk: &Desk, plan: &StoredPlan, digest: Digest) -> Result<String, Fault> {
    match digest == plan.digest {
        true => yes(desk, plan, Channel::Argument),
        // Nobody is told whether it is the same still for a yes that is none.
        false if plan.secret => match desk.judge(plan, Channel::Argument) {
            Ok(()) => Err(other_digest(desk, plan, digest)),
            Err(DeskError::Refused(refusal)) => Err(waiting(plan, &refusal.to_string())),
            Err(error) => Err(error.into()),
        },
        false => Err(other_digest(desk, plan, digest)),
    }
}

const OTHER_TEXT: &str = "the text of the plan, or the definition of a tool, is another one";

fn other_inputs(approved: &Value, now: &Value) -> String {
    format!("inputs: approved with {approved}, now {now}")
}

fn not_now(digest: Digest) -> String {
    format!("{digest} is not what this plan does now; nothing has been changed")
}

/// What is different between the plan that was reviewed and the present one.
fn other_digest(desk: &Desk, plan: &StoredPlan, digest: Digest) -> Fault {
    let mut fault = Fault::new(Exit::Stale, not_now(digest));
    if let Ok(reviewed) = desk.store.plan(&digest.to_string()) {
        let bound = |digest: &Digest| desk.store.bound(digest).ok().flatten().unwrap_or_default();
        let variables = other_variables(&bound(&digest), &bound(&plan.digest));
        for line in differences(&reviewed, plan, &variables) {
            fault = fault.row(format!("  {line}"));
        }
    }
    fault.help(format!("`planc show {}` shows what it would do now", plan.digest))
}

fn differences(reviewed: &StoredPlan, present: &StoredPlan, variables: &[String]) -> Vec<String> {
    let other = |name: &String| format!("the variable `{name}` has another value");
    let mut lines: Vec<String> = variables.iter().map(other).collect();
    if reviewed.plan_digest != present.plan_digest {
        lines.push(OTHER_TEXT.to_owned());
    }
    // As they are shown: whoever tries values for what is secret in the one would learn otherwise which was meant.
    let (approved, now) = (shown_inputs(&reviewed.report), shown_inputs(&present.report));
    if approved != now {
        lines.push(other_inputs(&approved, &now));
    }
    for difference in other_files(reviewed, present) {
        let line = crate::render::checklist::difference_text(&difference);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        lines.push("the policy, the workspace, or what it would look at is another one".to_owned());
    }
    lines
}
