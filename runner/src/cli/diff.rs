//! `planc diff`: two plans ⟶ what is different between them; or a run ⟶ where it did something else than was planned.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::event::Event;
use crate::render::final_report::draw_differences;
use crate::render::revision;
use crate::render::run_report::fold;
use crate::render::text::inline;
use planc_lang::compile::Compiled;
use planc_lang::revision::Revision;
use std::sync::Arc;

/// Arguments of `planc diff`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The older plan: a file, `-` for standard input, or the digest or the run of a plan that was planned before. By itself
    /// a run; the beginning of its name is enough
    #[arg(value_name = "OLD|RUN", value_hint = clap::ValueHint::FilePath)]
    old: String,
    /// The newer plan; without it a run is compared with its plan
    #[arg(value_name = "NEW", value_hint = clap::ValueHint::FilePath)]
    new: Option<String>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    match &args.new {
        Some(new) => plans(session, &args.old, new),
        None if !carry::is_name(&args.old) => Err(no_run(session, &args.old)),
        None => one_run(session, &args.old),
    }
}

/// One word that names no run.
fn no_run(session: &Session, word: &str) -> Fault {
    let shown = inline(word);
    let message = match session.path(word).is_file() {
        true => format!("`{shown}` is a file, and the plan that it is to be compared with is missing"),
        false => format!("there is neither a run nor a file `{shown}`"),
    };
    Fault::usage(message)
        .help("`planc diff OLD NEW` compares two plans, `planc diff RUN` what was planned with what a run did")
}

/// As `diff` does: 0 for the same plan, 1 for another one, 2 where one of them is none.
fn plans(session: &Session, old: &str, new: &str) -> Result<Exit, Fault> {
    if (old, new) == ("-", "-") {
        return Err(Fault::usage("standard input can be only one of the two plans"));
    }
    let trouble = |fault: Fault| Fault { exit: Exit::Usage, ..fault };
    let before = plan(session, old).map_err(trouble)?;
    let after = plan(session, new).map_err(trouble)?;
    let found = planc_lang::revision::revision(&before.plan, &after.plan);
    match session.out.is_json() {
        true => session.out.json(&Form { version: 1, same: found.is_same(), revision: &found })?,
        false if found.is_same() => session.out.show("the plans are the same\n")?,
        false => {
            session.out.show(&revision::draw(&found, session.out.look()))?;
            session.out.progress(&format!("\n{}\n", revision::summary(&found)));
        }
    }
    Ok(if found.is_same() { Exit::Success } else { Exit::PlanErrors })
}

/// What `planc diff OLD NEW --format json` prints: `spec/schemas/diff.schema.json`.
#[derive(serde::Serialize)]
struct Form<'r> {
    version: u32,
    same: bool,
    #[serde(flatten)]
    revision: &'r Revision,
}

/// A plan from a file, or as it was when it was planned.
fn plan(session: &Session, name: &str) -> Result<Arc<Compiled>, Fault> {
    let is_file = name == "-" || carry::file(session, name)?.is_some();
    if is_file || !is_stored(name) {
        return Ok(session.compile(name)?.compiled);
    }
    let (desk, plan, _) = carry::find(session, name)?;
    let (planned, _) = desk.reopen(plan)?;
    Ok(planned.compiled)
}

/// Whether a name can be that of a run or a digest.
fn is_stored(name: &str) -> bool {
    let hex = name.strip_prefix("sha256:").unwrap_or(name);
    hex.len() >= 4 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn one_run(session: &Session, run: &str) -> Result<Exit, Fault> {
    let (desk, plan, run) = carry::find(session, run)?;
    let events: Vec<Event> = desk.shown_events(&plan, &run.id)?;
    let report = fold(&run.id, &plan.report, &events);
    match session.out.is_json() {
        true => session.out.json(&serde_json::json!({ "run": run.id, "differences": report.differences }))?,
        false => session.out.show(&draw_differences(&report, session.out.look()))?,
    }
    Ok(Exit::Success)
}
