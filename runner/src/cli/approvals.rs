//! `planc approvals`: the yeses that were recorded ⟶ a list; one of them ⟶ taken back.

use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::journal::KeptApproval;
use crate::render::text::inline;
use serde_json::json;

/// Arguments of `planc approvals`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Take back the yes with this number, as far as it is not used up
    #[arg(long, value_name = "NUMBER")]
    revoke: Option<i64>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let store = session.existing_store()?;
    if let Some(id) = args.revoke {
        // Taking back a yes only tightens: nobody is asked who does it.
        let revoked = match &store {
            Some(store) => store.revoke_approval(id)?,
            None => false,
        };
        if !revoked {
            return Err(Fault::usage(format!("there is no approval {id} that is not used up"))
                .help("`planc approvals` lists all of them"));
        }
        return match session.out.is_json() {
            true => session.out.json(&json!({ "revoked": id })),
            false => session.out.show(&format!("approval {id} is taken back\n")),
        }
        .map(|()| Exit::Success);
    }
    let all = store.map(|store| store.approvals()).transpose()?.unwrap_or_default();
    match session.out.is_json() {
        true => session.out.json(&json!({ "approvals": all.iter().map(data).collect::<Vec<_>>() }))?,
        false if all.is_empty() => session.out.show("nothing was approved yet; `planc run --approve FILE` asks\n")?,
        false => session.out.show(&all.iter().map(row).collect::<String>())?,
    }
    Ok(Exit::Success)
}

/// What became of a yes, in a word.
fn state(kept: &KeptApproval) -> String {
    match &kept.revoked {
        Some(_) => "taken back".to_owned(),
        None if kept.used >= kept.yes.terms.uses => "used up".to_owned(),
        None => match kept.yes.terms.lapsed(jiff::Timestamp::now()) {
            Some(_) => "lapsed".to_owned(),
            None if kept.used > 0 => format!("used {} of {} times", kept.used, kept.yes.terms.uses),
            None => "open".to_owned(),
        },
    }
}

fn data(kept: &KeptApproval) -> serde_json::Value {
    json!({ "number": kept.id, "state": state(kept), "used": kept.used, "revoked": kept.revoked, "approval": kept.yes })
}

fn row(kept: &KeptApproval) -> String {
    let yes = &kept.yes;
    let terms = yes.terms.told();
    let terms = if terms.is_empty() { String::new() } else { format!(", {}", inline(&terms)) };
    format!(
        "{}  {}  {}  by {} ({}) at {}{terms}\n",
        kept.id,
        state(kept),
        yes.digest.short(),
        inline(&yes.by),
        inline(&yes.channel),
        inline(&yes.at)
    )
}
