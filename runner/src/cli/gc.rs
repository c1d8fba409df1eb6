//! `planc gc`: the store of earlier contents ⟶ without what no run needs any more.

use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::desk::Collected;
use crate::render::text::count;
use serde_json::json;

/// Arguments of `planc gc`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only tell what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let collected = match session.existing_store()? {
        None => Collected::default(),
        Some(_) if args.dry_run => session.desk()?.collectable()?,
        Some(_) => session.desk()?.collect()?,
    };
    let Collected { kept, kept_bytes, removed, removed_bytes } = collected;
    if session.out.is_json() {
        session.out.json(&json!({
            "kept": kept, "kept_bytes": kept_bytes, "removed": removed, "removed_bytes": removed_bytes,
            "dry_run": args.dry_run,
        }))?;
        return Ok(Exit::Success);
    }
    let verb = if args.dry_run { "would be removed" } else { "removed" };
    session.out.print(&format!(
        "{} {verb}, {removed_bytes} bytes; {} kept, {kept_bytes} bytes\n",
        count(removed, "content"),
        kept
    ))?;
    Ok(Exit::Success)
}
