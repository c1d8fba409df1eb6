//! `planc request-changes`: a plan that waits ⟶ a recorded no, with what is to be different, as a whole and step by step.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::render::text::{count, inline};
use crate::report::StepComment;
use serde_json::json;

/// Arguments of `planc request-changes`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The author reads it with `planc show --format json`, as `changes_requested`. Until a person says yes to the \
    same text on a terminal, or signs it, nothing else approves it."
)]
pub struct Args {
    /// A run that waits, or the digest of its plan; the beginning is enough
    #[arg(value_name = "RUN|DIGEST")]
    target: String,
    /// What is to be different about a step; may be given several times
    #[arg(long = "step", value_name = "STEP=TEXT")]
    steps: Vec<String>,
    /// What is to be different about the whole plan
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    // Whoever may look may say no: that only tightens.
    let (desk, plan) = carry::find_plan(session, &args.target)?;
    let steps = args.steps.iter().map(|text| step(text)).collect::<Result<Vec<_>, _>>()?;
    let request = desk.request_changes(&plan, args.comment.clone(), steps)?;
    match session.out.is_json() {
        true => session.out.json(&json!({ "changes_requested": request }))?,
        false => {
            let comments = count(request.steps.len() + usize::from(request.comment.is_some()), "comment");
            session
                .out
                .print(&format!("changes are requested, with {comments}; nothing has run, nothing has changed\n"))?;
        }
    }
    Ok(Exit::Success)
}

fn step(text: &str) -> Result<StepComment, Fault> {
    match text.split_once('=') {
        Some((step, comment)) if !step.trim().is_empty() && !comment.trim().is_empty() => {
            Ok(StepComment { step: step.trim().to_owned(), comment: comment.trim().to_owned() })
        }
        _ => Err(Fault::usage(format!("`--step {}` names no step and text", inline(text)))
            .help("write `--step \"the step=what is to be different\"`")),
    }
}
