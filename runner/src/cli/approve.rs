//! `planc approve`: a plan that waits ⟶ a recorded yes, within bounds. On a controlling terminal, or with a signature that was
//! made elsewhere.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::sign;
use super::terminal::Terminal;
use crate::approval::{Approved, Channel, Override, Signed, Terms, expiry};
use crate::desk::{Desk, Planned};
use crate::render::card::Folded;
use crate::render::text::{Look, Word, command};
use crate::writing::Place;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `planc approve`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The plan is shown and asked about on the controlling terminal. `--sign` signs the yes with an Ed25519 key \
    of OpenSSH, held by the agent of keys or in a file; `[approval] signers` says whose signatures count.\n\
    To sign on another machine: `--statement FILE.json` writes what is to be signed, `ssh-keygen -Y sign -n planc-approval -f KEY \
    FILE.json` signs it there, and `--signed FILE.json` takes it in."
)]
pub struct Args {
    /// A run that waits, or the digest of its plan; the beginning is enough
    #[arg(value_name = "RUN|DIGEST")]
    target: String,
    /// For how many runs of exactly this
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(crate::approval::MAX_USES)))]
    uses: u32,
    /// Until when: `2h`, `3 days`, or a point in time such as `2026-12-01T18:00:00Z`
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    /// In which hours: `Mon-Fri 09:00-17:00 Europe/Berlin`
    #[arg(long, value_name = "HOURS")]
    window: Option<String>,
    /// Take an assumption as given that fails, for a reason; may be given several times
    #[arg(long = "override", value_name = "ASSUMPTION=REASON")]
    overrides: Vec<String>,
    /// What is to be kept with the yes
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// Show all of the plan before the question, nothing folded
    #[arg(long)]
    full: bool,
    /// Sign it
    #[arg(long)]
    sign: bool,
    /// The private key to sign with; without it, the agent of keys is asked
    #[arg(long, value_name = "FILE", requires = "sign", value_hint = clap::ValueHint::FilePath)]
    key: Option<PathBuf>,
    /// Write what was signed into FILE, whose name ends in `.json`, and the signature into FILE.sig
    #[arg(long, value_name = "FILE", requires = "sign", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Write what would be signed into FILE, whose name ends in `.json`, and approve nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sign", "signed"], value_hint = clap::ValueHint::FilePath)]
    statement: Option<PathBuf>,
    /// Take in what was signed elsewhere: FILE, and FILE.sig
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sign", "uses", "expires", "window", "overrides", "comment"], value_hint = clap::ValueHint::FilePath)]
    signed: Option<PathBuf>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let (desk, plan) = carry::find_plan(session, &args.target)?;
    desk.require_execute()?;
    let (planned, _) = desk.reopen(plan)?;
    if let Some(path) = &args.signed {
        let signed = sign::read(&session.path(path))?;
        desk.check_asked(&planned)?;
        let yes = taken_in(&desk, &planned, signed)?;
        carry::record(&desk, &planned.plan, &yes)?;
        return told(session, &desk, &planned, &yes);
    }
    let terms = terms(&desk, args)?;
    let overrides = overrides(args)?;
    if let (Some(exit), true) = (carry::blocked(&planned.plan.report), overrides.is_empty()) {
        let fault = Fault::new(exit, format!("{} cannot be approved: it is blocked", planned.plan.digest));
        let fails = planned.plan.report.problems.iter().any(|problem| problem.assumption.is_some());
        return Err(if fails {
            fault.help("an assumption that fails can be taken as given: `--override TEXT=REASON`")
        } else {
            fault
        });
    }
    let written = args.statement.as_ref().map(|path| session.output(path, "json")).transpose()?;
    let files = args.output.as_ref().map(|path| signed_files(session, path)).transpose()?;
    desk.check_asked(&planned)?;
    desk.note_shown(&planned)?;
    let statement = desk.statement(&planned, terms.clone(), overrides.clone(), args.comment.clone())?;
    if let (Some(path), Some(written)) = (&args.statement, written) {
        sign::write(&written, &statement.text())?;
        let mut text = "nothing is approved; sign it with\n".to_owned();
        let look = Look { paint: session.out.err_paint(), ..session.out.look() };
        let file = Word::of(&path.display().to_string(), "FILE");
        command(&mut text, look, "ssh-keygen -Y sign -n planc-approval -f KEY", &[file]);
        session.out.progress(&text);
        return Ok(Exit::Success);
    }
    let Some(terminal) = Terminal::open() else {
        return Err(carry::waiting(&planned.plan, "`planc approve` asks on a terminal, and there is none"));
    };
    let folded = if args.full { Folded::No } else { Folded::Yes };
    carry::agree(session, &terminal, &planned.plan, (None, folded), &said(&terms, &overrides))?;
    let yes = match args.sign {
        true => {
            let signature = sign::sign(session, &terminal, &desk, args.key.as_deref(), statement.text().as_bytes())?;
            let signed = Signed { statement: statement.text(), signature: signature.text() };
            if let Some((statement, signature)) = files {
                sign::write(&statement, &signed.statement)?;
                sign::write(&signature, &signed.signature)?;
            }
            taken_in(&desk, &planned, signed)?
        }
        false => {
            Approved { terms, overrides, comment: args.comment.clone(), ..desk.yes(&planned.plan, Channel::Terminal)? }
        }
    };
    carry::record(&desk, &planned.plan, &yes)?;
    told(session, &desk, &planned, &yes)
}

/// Where a statement is written, and its signature.
fn signed_files(session: &Session, path: &Path) -> Result<(Place, Place), Fault> {
    Ok((session.output(path, "json")?, session.output(sign::beside(path), "sig")?))
}

/// The yes that a signed statement is.
fn taken_in(desk: &Desk, planned: &Planned, signed: Signed) -> Result<Approved, Fault> {
    let verified = desk.signed(planned, signed.clone())?;
    Ok(verified.statement.approved(&verified.by, Channel::Signed.as_str(), signed))
}

fn told(session: &Session, desk: &Desk, planned: &Planned, yes: &Approved) -> Result<Exit, Fault> {
    let run = desk.store.open_run(&planned.plan.digest)?.id;
    match session.out.is_json() {
        true => session.out.json(&json!({ "approved": planned.plan.digest, "run": run, "approval": yes }))?,
        false => session.out.show(&format!("approved; `planc run {run}` carries it out\n"))?,
    }
    Ok(Exit::Success)
}

fn terms(desk: &Desk, args: &Args) -> Result<Terms, Fault> {
    let now = desk.store.time()?;
    let expires = args.expires.as_deref().map(|text| expiry(text, now)).transpose();
    let expires = expires.map_err(|why| Fault::usage(format!("`--expires`: {why}")))?;
    let window = args.window.as_deref().map(str::parse).transpose();
    let window = window.map_err(|why| Fault::usage(format!("`--window`: {why}")))?;
    Ok(Terms { expires, uses: args.uses, window })
}

fn overrides(args: &Args) -> Result<Vec<Override>, Fault> {
    let split = |text: &String| match text.rsplit_once('=') {
        Some((assumption, reason)) if !assumption.trim().is_empty() && !reason.trim().is_empty() => {
            Ok(Override { assumption: assumption.trim().to_owned(), reason: reason.trim().to_owned() })
        }
        _ => Err(Fault::usage(format!("`--override {text}` names no assumption and reason"))
            .help("write `--override \"the assumption=why it may be taken as given\"`")),
    };
    args.overrides.iter().map(split).collect()
}

/// What is said with the yes, as it is asked about.
fn said(terms: &Terms, overrides: &[Override]) -> String {
    let mut parts: Vec<String> = Some(terms.told()).filter(|told| !told.is_empty()).into_iter().collect();
    parts.extend(overrides.iter().map(|over| format!("taking \"{}\" as given: {}", over.assumption, over.reason)));
    parts.join("; ")
}
