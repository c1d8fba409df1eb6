//! `planc verify-approval`: a signed statement in a file, or the approvals of a digest here ⟶ whether they hold, and whose they
//! are. Needs nothing but the file, its signature and a file of signers.

use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::sign;
use crate::approval::{Signed, Signers, verify};
use crate::render::text::inline;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `planc verify-approval`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file with a statement, whose signature lies beside it, or a digest that was approved here
    #[arg(value_name = "FILE|DIGEST", value_hint = clap::ValueHint::FilePath)]
    target: String,
    /// Whose signatures count; the operator's file by default
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    signers: Option<PathBuf>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let path = args.signers.as_ref().map(|path| session.path(path));
    let path = path.or_else(|| session.config.approval.signers.clone());
    let path =
        path.ok_or_else(|| Fault::usage("whose signatures count is not known").help("name a `--signers FILE`"))?;
    let signers = Signers::read(&path).map_err(|error| Fault::usage(error.to_string()))?;
    let file = session.path(&args.target);
    let (found, now) = match file.exists() {
        true => (vec![sign::read_signed(&file)?], jiff::Timestamp::now()),
        false => of_digest(session, &args.target)?,
    };
    if found.is_empty() {
        return Err(Fault::new(Exit::Failed, format!("nothing that is signed approves `{}` here", args.target)));
    }
    let rows: Vec<(bool, String, Value)> = found.iter().map(|signed| judged(signed, &signers, now)).collect();
    let all_hold = rows.iter().all(|(holds, _, _)| *holds);
    match session.out.is_json() {
        true => {
            let rows: Vec<&Value> = rows.iter().map(|(_, _, row)| row).collect();
            session.out.json(&json!({ "holds": all_hold, "approvals": rows }))?;
        }
        false => session.out.print(&rows.iter().map(|(_, text, _)| text.as_str()).collect::<String>())?,
    }
    Ok(if all_hold { Exit::Success } else { Exit::Failed })
}

fn of_digest(session: &Session, name: &str) -> Result<(Vec<Signed>, jiff::Timestamp), Fault> {
    let store = session.existing_store()?.ok_or_else(|| Fault::usage(format!("there is no file `{name}`")))?;
    let digest = store.plan(name)?.digest;
    let kept = store.approvals()?.into_iter().filter(|kept| kept.yes.digest == digest);
    Ok((kept.filter_map(|kept| kept.yes.signed).collect(), store.time()?))
}

fn judged(signed: &Signed, signers: &Signers, now: jiff::Timestamp) -> (bool, String, Value) {
    match verify(signed, signers, now) {
        Err(error) => (
            false,
            format!("does not hold: {}\n", inline(&error.to_string())),
            json!({ "holds": false, "why": error.to_string() }),
        ),
        Ok(verified) => {
            let statement = &verified.statement;
            let lapsed = statement.terms.lapsed(now);
            let mut text = format!("signed by {}\n", inline(&verified.by.to_string()));
            let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:<9} {}\n", inline(value)));
            line("plan", &format!("{} (rev {})", statement.title, statement.rev));
            line("digest", &statement.digest.to_string());
            line("workspace", &statement.workspace);
            line("at", &statement.at);
            let terms = statement.terms.told();
            line("bounds", if terms.is_empty() { "for one run" } else { &terms });
            statement.comment.iter().for_each(|comment| line("comment", comment));
            for over in &statement.overrides {
                line("override", &format!("{} — {}", over.assumption, over.reason));
            }
            lapsed.iter().for_each(|why| line("lapsed", why));
            (true, text, json!({ "holds": true, "by": verified.by, "statement": statement, "lapsed": lapsed }))
        }
    }
}
