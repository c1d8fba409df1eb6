//! What the commands that carry out plans have in common: finding a plan or a run, and a yes for it.

use super::core;
use super::exit::Exit;
use super::fault::Fault;
use super::inputs;
use super::session::Session;
use super::terminal::{Terminal, Typed, account, confirm};
use crate::config::Require;
use crate::event::Approved;
use crate::journal::{Store, StoredPlan, StoredRun, now};
use crate::render::card::{Card, Folded, card};
use crate::render::summary::{names, totals};
use crate::render::text::Look;
use crate::report::{PlanReport, PlanStatus};
use planc_lang::digest::Digest;

/// Compiles a plan file, makes its dry run, and keeps it.
pub fn prepare(session: &Session, name: &str, given: &[String]) -> Result<StoredPlan, Fault> {
    let plan = session.compile(name)?;
    let inputs = inputs::parse(&plan.compiled.plan, given)?;
    core::dry_run(session, plan, inputs)
}

/// The exit code of a plan that something stands against: policy alone, or anything else.
pub fn blocked(report: &PlanReport) -> Option<Exit> {
    match report.status {
        PlanStatus::Blocked if report.problems.iter().all(|problem| problem.policy) => Some(Exit::Refused),
        PlanStatus::Blocked => Some(Exit::PlanErrors),
        PlanStatus::NeedsApproval
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
pub fn find(session: &Session, name: &str) -> Result<(Store, StoredPlan, StoredRun), Fault> {
    let store = session.existing_store()?.ok_or_else(|| no_runs(name))?;
    let digest = name.starts_with("sha256:") || name.len() > 16;
    let run = match digest {
        true => store.open_run(&store.plan(name)?.digest)?,
        false => store.run(name)?,
    };
    let plan = store.plan(&run.plan.to_string())?;
    Ok((store, plan, run))
}

fn no_runs(name: &str) -> Fault {
    Fault::usage(format!("there is no run `{name}`: no runs yet in this workspace"))
        .help("`planc plan FILE` makes one")
}

/// Shows the card on the controlling terminal and asks. A yes is recorded; the fault says why there is none.
pub fn ask(session: &Session, terminal: &Terminal, store: &Store, plan: &StoredPlan, name: Option<&str>) -> Result<(), Fault> {
    let look = Look::new(terminal.columns(), session.out.err_paint());
    let lost = |error: std::io::Error| waiting(plan, &format!("the terminal cannot be used: {error}"));
    terminal.write(&card(&plan.report, Card { look, plan: name, folded: Folded::Yes })).map_err(lost)?;
    let totals = totals(&plan.report);
    let question = format!("\nApprove and run exactly this: {} — {}?", totals.numbers(), totals.undo());
    match confirm(terminal, &question).map_err(lost)? {
        Typed::Line(line) if line == "yes" => record(store, plan, "terminal"),
        Typed::Line(_) | Typed::End => Err(waiting(plan, "that was not a yes")),
        Typed::Interrupted => Err(Fault { exit: Exit::Interrupted, ..waiting(plan, "interrupted") }),
    }
}

/// Records a yes for a plan, durably.
pub fn record(store: &Store, plan: &StoredPlan, channel: &str) -> Result<(), Fault> {
    let approval = Approved { digest: plan.digest, by: account(), channel: channel.to_owned(), at: now() };
    Ok(store.record_approval(&approval)?)
}

/// A plan that waits for a person.
pub fn waiting(plan: &StoredPlan, why: &str) -> Fault {
    Fault::new(Exit::Waiting, format!("{why}; the plan waits for approval, and nothing has been changed"))
        .help(format!("a person approves with `planc approve {}`", plan.digest.short_name()))
}

/// A yes that no person gives: only where planc can take back every effect, and the operator demands no more.
pub fn unattended(session: &Session, store: &Store, plan: &StoredPlan) -> Result<(), Fault> {
    if session.config.require == Require::Terminal {
        return Err(waiting(plan, "this workspace demands a yes on a terminal, and there is none"));
    }
    if !plan.report.is_undoable() {
        let totals = totals(&plan.report);
        let steps: Vec<String> = totals.irreversible.into_iter().chain(totals.declared).collect();
        let why = format!("there is no terminal to ask on, and planc cannot take back {}", names(&steps));
        return Err(waiting(plan, &why));
    }
    record(store, plan, "unattended")
}

/// A yes that names what was reviewed.
pub fn named(session: &Session, store: &Store, plan: &StoredPlan, digest: Digest) -> Result<(), Fault> {
    if digest != plan.digest {
        return Err(other_digest(store, plan, digest));
    }
    if session.config.require == Require::Terminal {
        return Err(waiting(plan, "this workspace demands a yes on a terminal, not a digest"));
    }
    record(store, plan, "argument")
}

/// What is different between the plan that was reviewed and the present one.
fn other_digest(store: &Store, plan: &StoredPlan, digest: Digest) -> Fault {
    let mut message = format!("{digest} is not what this plan does now; nothing has been changed");
    if let Ok(reviewed) = store.plan(&digest.to_string()) {
        for line in differences(&reviewed, plan) {
            message.push_str(&format!("\n  {line}"));
        }
    }
    Fault::new(Exit::Stale, message).help(format!("the present dry run is {}", plan.digest))
}

fn differences(reviewed: &StoredPlan, present: &StoredPlan) -> Vec<String> {
    let mut lines = Vec::new();
    if reviewed.plan_digest != present.plan_digest {
        lines.push("the text of the plan, or the definition of a tool, is another one".to_owned());
    }
    if reviewed.inputs != present.inputs {
        lines.push(format!("inputs: approved with {}, now {}", reviewed.inputs, present.inputs));
    }
    for seen in &present.report.observations {
        let before = reviewed.report.observations.iter().find(|other| other.look == seen.look);
        match before {
            Some(before) if before.seen != seen.seen => {
                let expected = before.clone();
                let difference = crate::event::Difference { expected, found: seen.seen.clone() };
                lines.push(crate::render::checklist::difference_text(&difference));
            }
            Some(_) | None => {}
        }
    }
    if lines.is_empty() {
        lines.push("the policy, the workspace, or what it would look at is another one".to_owned());
    }
    lines
}

/// Digests as commands take them.
trait ShortName {
    fn short_name(&self) -> String;
}

impl ShortName for Digest {
    fn short_name(&self) -> String {
        format!("sha256:{}", self.short())
    }
}
