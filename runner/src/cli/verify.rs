//! `planc verify`: the journal of a run ⟶ whether it is as it was written; a bundle of evidence ⟶ whether it holds together.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::approval::Signers;
use crate::evidence::{self, Expected, MAX_BUNDLE_BYTES, Verdict};
use crate::journal::StoreError;
use crate::render::text::{Tone, count, inline};
use crate::seal::Keys;
use planc_lang::digest::Digest;
use serde_json::json;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Arguments of `planc verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run, whose beginning is enough, or the file of a bundle
    #[arg(value_name = "RUN|BUNDLE")]
    target: String,
    /// The bundle must be of this approval
    #[arg(long)]
    digest: Option<Digest>,
    /// The bundle must end with this record
    #[arg(long)]
    head: Option<Digest>,
    /// The bundle must be approved with signatures of these: a file of signers, as OpenSSH has it
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    signers: Option<PathBuf>,
    /// The folder with the key that sealed records of the bundle were sealed with: a state directory
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    key: Option<PathBuf>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    if let Some(file) = carry::file(session, &args.target)? {
        return bundle(session, args, &file);
    }
    if !carry::is_name(&args.target) {
        let message = format!("there is neither a file nor a run `{}`", inline(&args.target));
        return Err(Fault::usage(message)
            .help("`planc runs` lists the runs, and `planc evidence RUN -o FILE.json` writes a bundle of one"));
    }
    let (desk, plan, run) = carry::find(session, &args.target)?;
    let (records, adopted) = match desk.store.records(&run.id) {
        Ok(found) => found,
        Err(error @ StoreError::Broken { .. }) => return broken(session, &run.id, &error),
        Err(error) => return Err(error.into()),
    };
    let head = records.last().map(|record| record.link.clone());
    if session.out.is_json() {
        let (digest, count) = (plan.digest, records.len());
        session.out.json(&json!({
            "run": run.id, "digest": digest, "intact": true, "records": count, "linked_afterwards": adopted, "head": head,
        }))?;
        return Ok(Exit::Success);
    }
    let paint = session.out.paint;
    let mut text = paint.tone(Tone::Good, format!("the journal of run {} is as it was written\n", inline(&run.id)));
    text.push_str(&format!("  {}", count(records.len(), "record")));
    match head {
        Some(head) => text.push_str(&format!(", the last {head}\n")),
        None => text.push_str(": it has not begun\n"),
    }
    if adopted > 0 {
        let first = count(adopted as usize, "record");
        text.push_str(&format!("  the first {first} were written by a planc without chains, and linked afterwards\n"));
    }
    session.out.show(&text)?;
    Ok(Exit::Success)
}

fn broken(session: &Session, run: &str, error: &StoreError) -> Result<Exit, Fault> {
    let fault = Fault { exit: Exit::Failed, ..Fault::from(error.clone()) };
    match session.out.is_json() {
        true => {
            session.out.json(&json!({ "run": run, "intact": false, "why": error.to_string() }))?;
            Ok(Exit::Failed)
        }
        false => Err(fault),
    }
}

fn bundle(session: &Session, args: &Args, file: &Path) -> Result<Exit, Fault> {
    let shown = inline(&args.target);
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(MAX_BUNDLE_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| Fault::usage(format!("cannot read `{shown}`: {error}")))?;
    let signers = args.signers.as_ref().map(|path| Signers::read(&session.path(path))).transpose();
    let signers = signers.map_err(|error| Fault::usage(error.to_string()))?;
    let expected = Expected { digest: args.digest, head: args.head, signers: signers.as_ref() };
    let keys = args.key.as_ref().map(|folder| key(&session.path(folder))).transpose()?;
    let verdict = evidence::verify(&bytes, expected, keys.as_ref())
        .map_err(|error| Fault::usage(format!("cannot verify `{shown}`: {error}")))?;
    match session.out.is_json() {
        true => session.out.json(&verdict)?,
        false => session.out.show(&draw(session, &verdict))?,
    }
    Ok(if verdict.valid { Exit::Success } else { Exit::Failed })
}

/// The key in a folder, which must be there: none is made to verify with.
fn key(folder: &Path) -> Result<Keys, Fault> {
    match Keys::are_in(folder) {
        true => Ok(Keys::of(folder)),
        false => Err(Fault::usage(format!("there is no key in `{}`", inline(&folder.display().to_string())))),
    }
}

fn draw(session: &Session, verdict: &Verdict) -> String {
    let paint = session.out.paint;
    let head = match verdict.valid {
        true => paint.tone(Tone::Good, "the evidence holds together"),
        false => paint.tone(Tone::Bad, "the evidence does not hold together"),
    };
    let records = count(verdict.records, "record");
    let title = inline(&verdict.title);
    let mut text = format!("{head}\nrun {} of {title}\napproved as {}\n", inline(&verdict.run), verdict.digest);
    text.push_str(&format!("{records}, the last {}\n\n", inline(verdict.head.as_deref().unwrap_or("none"))));
    for check in &verdict.checks {
        let (sign, tone) = if check.faults.is_empty() { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
        text.push_str(&format!("  {} {}\n", paint.tone(tone, sign), check.what));
        check.faults.iter().for_each(|fault| text.push_str(&format!("      {}\n", inline(fault))));
    }
    text.push_str("\nNot told by the file:\n");
    verdict.unchecked.iter().for_each(|what| text.push_str(&format!("  ? {what}\n")));
    text
}
