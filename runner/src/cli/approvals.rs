//! `planc approvals`: the yeses of this workspace ⟶ listed, or one taken back.

use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::journal::KeptApproval;
use crate::render::text::inline;
use serde_json::json;

/// Arguments of `planc approvals`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Take this one back, by its number
    #[arg(long, value_name = "NUMBER")]
    revoke: Option<i64>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let store = session.existing_store()?;
    if let Some(id) = args.revoke {
        let taken = match &store {
            Some(store) => store.revoke_approval(id)?,
            None => false,
        };
        if !taken {
            return Err(Fault::usage(format!("there is no approval {id} that could be used"))
                .help("`planc approvals` lists those there are"));
        }
    }
    let (kept, now) = match &store {
        Some(store) => (store.approvals()?, store.time()?),
        None => (Vec::new(), jiff::Timestamp::now()),
    };
    let rows: Vec<(&KeptApproval, String)> = kept.iter().map(|kept| (kept, standing(kept, now))).collect();
    if session.out.is_json() {
        let rows = rows.iter().map(|(kept, standing)| {
            json!({ "number": kept.id, "standing": standing, "used": kept.used, "revoked": kept.revoked, "approval": kept.yes })
        });
        session.out.json(&json!({ "approvals": rows.collect::<Vec<_>>() }))?;
        return Ok(Exit::Success);
    }
    if rows.is_empty() {
        session.out.progress("no approvals in this workspace; `planc approve RUN` makes one\n");
    }
    let mut text = String::new();
    for (kept, standing) in rows {
        let yes = &kept.yes;
        text.push_str(&format!("{}  {standing}  sha256:{}", kept.id, yes.digest.short()));
        text.push_str(&format!("  by {} ({}) at {}", inline(&yes.by), inline(&yes.channel), inline(&yes.at)));
        let terms = yes.terms.told();
        text.push_str(&if terms.is_empty() { "\n".to_owned() } else { format!(", {}\n", inline(&terms)) });
        if let Some(comment) = &yes.comment {
            text.push_str(&format!("    {}\n", inline(comment)));
        }
    }
    session.out.print(&text)?;
    Ok(Exit::Success)
}

/// What can still be done with one.
fn standing(kept: &KeptApproval, now: jiff::Timestamp) -> String {
    if kept.revoked.is_some() {
        return "taken back".into();
    }
    match (kept.used, kept.yes.terms.uses, kept.yes.terms.lapsed(now)) {
        (used, uses, _) if used >= uses => "used up".into(),
        (_, _, Some(why)) => why,
        (used, uses, None) if uses > 1 => format!("used {used} of {uses}"),
        (_, _, None) => "unused".into(),
    }
}
