//! `planc grants`: the standing answers to calls that policy asks about ⟶ listed, or one taken back.

use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::render::text::inline;
use serde_json::json;

/// Arguments of `planc grants`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Take the standing yes to every call of this tool back
    #[arg(long, value_name = "TOOL")]
    revoke: Option<String>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let store = session.existing_store()?;
    if let Some(tool) = &args.revoke {
        let removed = match &store {
            Some(store) => store.remove_grant(tool)?,
            None => false,
        };
        if !removed {
            return Err(Fault::usage(format!("there is no standing yes to `{tool}`"))
                .help("`planc grants` lists those there are"));
        }
    }
    let grants = match &store {
        Some(store) => store.grants()?,
        None => Vec::new(),
    };
    if session.out.is_json() {
        let rows: Vec<_> = grants.iter().map(|g| json!({ "tool": g.tool, "by": g.by, "at": g.at })).collect();
        session.out.json(&json!({ "grants": rows }))?;
        return Ok(Exit::Success);
    }
    if grants.is_empty() {
        session.out.progress("no standing answers in this workspace; `always` at a question about a call makes one\n");
    }
    let lines =
        grants.iter().map(|grant| format!("{}  by {} at {}\n", inline(&grant.tool), inline(&grant.by), grant.at));
    session.out.print(&lines.collect::<String>())?;
    Ok(Exit::Success)
}
