//! `planc approve`: a plan that waits ⟶ a recorded yes, within its bounds. On a controlling terminal, or signed.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::sign;
use super::terminal::Terminal;
use crate::approval::{Approved, Channel, MAX_USES, Override, Signed, Terms, expiry};
use crate::desk::Desk;
use crate::journal::{StoredPlan, StoredRun};
use planc_lang::digest::Digest;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `planc approve`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "`--sign` signs with a key of the operator's file of signers, as `ssh-keygen -Y sign` does. A statement that\n\
    `--output` writes may be signed elsewhere, by `ssh-keygen -Y sign -n planc-approval -f KEY FILE`, and is brought\n\
    back with `--import`."
)]
pub struct Args {
    /// A run that waits, or the digest of its plan; the beginning is enough
    #[arg(value_name = "RUN|DIGEST", required_unless_present = "import")]
    target: Option<String>,
    /// When the yes ends: `2h`, `3 days`, or a point in time
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    /// How many runs it is for, of exactly this in exactly this state of the world
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_USES)))]
    uses: u32,
    /// The hours in which it counts: `Mon-Fri 09:00-17:00 Europe/Berlin`
    #[arg(long, value_name = "HOURS")]
    window: Option<String>,
    /// What you say to it
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// Take this assumption as given although it fails
    #[arg(long = "override", value_name = "ASSUMPTION", requires = "reason")]
    overrides: Vec<String>,
    /// Why; once for each assumption
    #[arg(long, value_name = "TEXT", requires = "overrides")]
    reason: Vec<String>,
    /// Sign it
    #[arg(long)]
    sign: bool,
    /// The key, or the public one of a key that an agent holds
    #[arg(long, value_name = "FILE", requires = "sign", value_hint = clap::ValueHint::FilePath)]
    key: Option<PathBuf>,
    /// Write the statement here, and its signature to FILE.sig
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Take a statement from here that was signed elsewhere, and its signature from FILE.sig
    #[arg(long, value_name = "FILE", conflicts_with_all = ["target", "sign", "output", "expires", "uses", "window", "comment", "overrides"], value_hint = clap::ValueHint::FilePath)]
    import: Option<PathBuf>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    if let Some(path) = &args.import {
        return import(session, path);
    }
    let target = args.target.as_deref().unwrap_or_default();
    let (desk, plan) = found(session, args, target)?;
    let run = desk.store.open_run(&plan.digest)?;
    if let Some(exit) = carry::blocked(&plan.report).filter(|_| args.overrides.is_empty()) {
        return Err(Fault::new(exit, format!("run `{}` cannot be approved: it is blocked", run.id)));
    }
    let (terms, overrides) = (terms(&desk, args)?, overrides(args)?);
    if let (Some(path), false) = (&args.output, args.sign) {
        let statement = desk.statement(&plan, terms, overrides, args.comment.clone())?;
        sign::write(&session.path(path), &Signed { statement: statement.text(), signature: String::new() })?;
        session.out.print(&format!("written; nothing is approved by that, until `{}` is signed\n", path.display()))?;
        return Ok(Exit::Success);
    }
    let terminal = Terminal::open();
    let channel = match (&terminal, args.sign) {
        (Some(_), _) => Channel::Terminal,
        (None, true) if target.parse::<Digest>() == Ok(plan.digest) => Channel::Signed,
        (None, true) => return Err(carry::waiting(&plan, "without a terminal a signature names the whole digest")),
        (None, false) => return Err(carry::waiting(&plan, "`planc approve` asks on a terminal, and there is none")),
    };
    let give = || {
        let yes = match args.sign {
            false => {
                let plain = desk.yes(&plan, channel);
                Approved { terms: terms.clone(), overrides: overrides.clone(), comment: args.comment.clone(), ..plain }
            }
            true => {
                let statement = desk.statement(&plan, terms.clone(), overrides.clone(), args.comment.clone())?;
                let signed = sign::sign(session, args.key.as_deref(), &desk.signers()?, &statement)?;
                desk.signed(signed, channel.as_str())?
            }
        };
        if let (Some(path), Some(signed)) = (&args.output, &yes.signed) {
            sign::write(&session.path(path), signed)?;
        }
        carry::record(&desk, &plan, &yes)
    };
    match &terminal {
        Some(terminal) => carry::ask(session, terminal, &plan, None, give)?,
        None => give()?,
    }
    told(session, &plan, &run)
}

/// The plan that is meant. One that is blocked has no run that waits, and is named by its digest.
fn found(session: &Session, args: &Args, target: &str) -> Result<(Desk, StoredPlan), Fault> {
    match args.overrides.is_empty() {
        true => carry::find(session, target).map(|(desk, plan, _)| (desk, plan)),
        false => {
            let desk = session.desk()?;
            let plan = desk.store.plan(target)?;
            Ok((desk, plan))
        }
    }
}

fn terms(desk: &Desk, args: &Args) -> Result<Terms, Fault> {
    let expires = args.expires.as_ref().map(|text| expiry(text, desk.store.time()?).map_err(Fault::usage));
    let window = args.window.as_ref().map(|text| text.parse().map_err(|why: String| Fault::usage(why)));
    Ok(Terms { expires: expires.transpose()?, uses: args.uses, window: window.transpose()? })
}

fn overrides(args: &Args) -> Result<Vec<Override>, Fault> {
    if args.overrides.len() != args.reason.len() || args.reason.iter().any(|reason| reason.trim().is_empty()) {
        return Err(Fault::usage("each `--override` has a `--reason`"));
    }
    let pairs = args.overrides.iter().zip(&args.reason);
    Ok(pairs.map(|(text, reason)| Override { assumption: text.clone(), reason: reason.clone() }).collect())
}

/// Takes a signed statement in.
fn import(session: &Session, path: &std::path::Path) -> Result<Exit, Fault> {
    let signed = sign::read_signed(&session.path(path))?;
    let desk = session.desk()?;
    let yes = desk.signed(signed, Channel::Signed.as_str())?;
    let plan = desk.store.plan(&yes.digest.to_string())?;
    let run = desk.store.open_run(&plan.digest)?;
    carry::record(&desk, &plan, &yes)?;
    told(session, &plan, &run)
}

fn told(session: &Session, plan: &StoredPlan, run: &StoredRun) -> Result<Exit, Fault> {
    match session.out.is_json() {
        true => session.out.json(&json!({ "approved": plan.digest, "run": run.id }))?,
        false => session.out.print(&format!("approved; `planc run {}` carries it out\n", run.id))?,
    }
    Ok(Exit::Success)
}
