//! `planc compile`: a plan ⟶ its canonical form, which its digest covers, and what its steps are.

use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::render::text::inline;
use planc_lang::compile::Compiled;
use planc_lang::compiled;
use serde_json::json;

/// Arguments of `planc compile`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The plan; `-` is standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: String,
    /// Print only the digest
    #[arg(long, group = "what")]
    digest: bool,
    /// Print the bytes that the digest covers, and nothing else
    #[arg(long, group = "what")]
    canonical: bool,
    /// Print the digest of each step: over what it does and what it depends on, and not over its name
    #[arg(long, group = "what")]
    steps: bool,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let plan = session.compile(&args.file)?.compiled;
    match args {
        Args { digest: true, .. } => digest(session, &plan)?,
        Args { steps: true, .. } => steps(session, &plan)?,
        Args { canonical: true, .. } => {
            session.out.print(&String::from_utf8_lossy(&compiled::bytes(&plan.plan)))?;
        }
        Args { .. } => session.out.print(&(plan.to_json() + "\n"))?,
    }
    Ok(Exit::Success)
}

fn digest(session: &Session, plan: &Compiled) -> Result<(), Fault> {
    match session.out.is_json() {
        true => session.out.json(&json!({ "digest": plan.digest })),
        false => session.out.print(&format!("{}\n", plan.digest)),
    }
}

fn steps(session: &Session, plan: &Compiled) -> Result<(), Fault> {
    let identities = compiled::identities(&plan.plan);
    let steps = plan.plan.steps.iter().zip(identities);
    if session.out.is_json() {
        let steps: Vec<_> = steps.map(|(step, digest)| json!({ "name": step.name, "digest": digest })).collect();
        return session.out.json(&json!({ "digest": plan.digest, "steps": steps }));
    }
    session.out.show(&steps.map(|(step, digest)| format!("{digest}  {}\n", inline(&step.name))).collect::<String>())
}
