//! `planc verify-approval`: what was signed, in a file or in a run ⟶ whether the signature holds, whose it is, and for what.

use super::carry;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::sign;
use crate::approval::{Signed, Signers, StatementError, Verified, verify};
use crate::render::text::inline;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `planc verify-approval`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A signed file with its signature in FILE.sig, a run, or the digest of a plan
    #[arg(value_name = "FILE|RUN|DIGEST", value_hint = clap::ValueHint::FilePath)]
    target: String,
    /// The file of signers, as OpenSSH has it, instead of the one of the configuration
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    signers: Option<PathBuf>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let path = args.signers.as_ref().map(|path| session.path(path)).or_else(|| session.config.approval.signers.clone());
    let path = path.ok_or_else(|| {
        Fault::usage("no file of signers says whose signatures count")
            .help("name it with `--signers FILE`, or in `[approval] signers`")
    })?;
    let signers = Signers::read(&path).map_err(|error| Fault::usage(error.to_string()))?;
    let all = match carry::file(session, &args.target)? {
        Some(file) => vec![sign::read(&file)?],
        None => recorded(session, &args.target)?,
    };
    let now = jiff::Timestamp::now();
    let checked: Vec<Result<Verified, StatementError>> =
        all.iter().map(|signed| verify(signed, &signers, now)).collect();
    match session.out.is_json() {
        true => session.out.json(&checked.iter().map(data).collect::<Vec<_>>())?,
        false => session.out.show(&checked.iter().map(told).collect::<String>())?,
    }
    Ok(if checked.iter().all(Result::is_ok) { Exit::Success } else { Exit::Refused })
}

/// The signed yeses of a run.
fn recorded(session: &Session, target: &str) -> Result<Vec<Signed>, Fault> {
    let (desk, plan, _) = carry::find(session, target)?;
    let all = desk.store.approvals()?;
    let of_plan = all.into_iter().filter(|kept| kept.yes.digest == plan.digest);
    let signed: Vec<Signed> = of_plan.filter_map(|kept| kept.yes.signed).collect();
    match signed.is_empty() {
        true => Err(Fault::new(Exit::Refused, format!("no yes to {} is signed", plan.digest))),
        false => Ok(signed),
    }
}

fn data(checked: &Result<Verified, StatementError>) -> serde_json::Value {
    match checked {
        Ok(verified) => {
            let statement = &verified.statement;
            let lapsed = statement.terms.lapsed(jiff::Timestamp::now());
            json!({ "holds": true, "by": verified.by, "lapsed": lapsed, "statement": statement })
        }
        Err(error) => json!({ "holds": false, "why": error.to_string() }),
    }
}

fn told(checked: &Result<Verified, StatementError>) -> String {
    let Verified { statement, by } = match checked {
        Ok(verified) => verified,
        Err(error) => return format!("✗ {}\n", inline(&error.to_string())),
    };
    let mut text = format!(
        "✓ signed by {}\n  {} (rev {}), time {}\n  {}\n  in {}, at {}\n",
        inline(&by.to_string()),
        inline(&statement.title),
        statement.rev,
        statement.time,
        statement.digest,
        inline(&statement.workspace),
        inline(&statement.at),
    );
    let terms = statement.terms.told();
    if !terms.is_empty() {
        text.push_str(&format!("  {}\n", inline(&terms)));
    }
    if let Some(why) = statement.terms.lapsed(jiff::Timestamp::now()) {
        text.push_str(&format!("  does not count now: {}\n", inline(&why)));
    }
    if let Some(comment) = &statement.comment {
        text.push_str(&format!("  says: {}\n", inline(comment)));
    }
    text
}
