//! `planc evidence`: a run ⟶ one file that tells what was approved and what was done.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::evidence::{self, ExportError};
use crate::render::text::{count, inline};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `planc evidence`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run; the beginning of its name is enough
    run: String,
    /// Where the bundle is written: a new file whose name ends in `.json`. Without it, to standard output
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let (desk, plan, run) = carry::find(session, &args.run)?;
    let bundle = evidence::export(&desk, &plan, &run).map_err(|error| match error {
        ExportError::Desk(error) => error.into(),
        ExportError::NotBegun(_) | ExportError::NotKept(_) => Fault::usage(error.to_string()),
    })?;
    let Some(output) = &args.output else {
        session.out.json(&bundle)?;
        return Ok(Exit::Success);
    };
    let place = session.output(output, "json")?;
    let failed = |error: std::io::Error| {
        let fault = Fault::usage(format!("cannot write `{}`: {error}", output.display()));
        match error.kind() {
            std::io::ErrorKind::AlreadyExists => fault.help("a file that is there already is left: name another"),
            _ => fault.help("see that this account may write there and that there is room, or name another place"),
        }
    };
    let mut text = serde_json::to_vec(&bundle).map_err(|error| failed(error.into()))?;
    text.push(b'\n');
    place.create(&text, 0o600).map_err(failed)?;
    let head = bundle.records.last().map(|record| record.link.as_str()).unwrap_or_default();
    if session.out.is_json() {
        let (records, digest) = (bundle.records.len(), bundle.digest);
        session.out.json(&json!({ "run": run.id, "digest": digest, "records": records, "head": head }))?;
        return Ok(Exit::Success);
    }
    let records = count(bundle.records.len(), "record");
    let file = inline(&output.display().to_string());
    session.out.show(&format!("{file}: run {}, {records}, the last {head}\n", inline(&run.id)))?;
    Ok(Exit::Success)
}
