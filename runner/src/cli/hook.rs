//! `planc hook`: what an agent's client says before it calls a tool ⟶ whether planc lets it, in the client's own words.
//!
//! What cannot be judged is refused: every client takes exit code 2 as a no.

use super::core;
use super::exit::Exit;
use super::fault::Fault;
use super::mcp::world;
use super::session::Session;
use crate::approval::account;
use crate::hook::{Client, MAX_PAYLOAD_BYTES, Payload, judge};
use crate::journal::{AuditRow, now};
use crate::render::text::inline;
use planc_lang::digest::Digest;
use std::io::Read;
use std::path::PathBuf;

/// Where Gemini CLI tells its hooks in which folder its plans are.
const PLANS_FOLDER: &str = "GEMINI_PLANS_DIR";

/// Arguments of `planc hook`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Reads one event of the client on standard input. A plan that the client hands in must have a block in the \
    plan language without mistakes; tools of the client with effects are refused as `[agents] hook` says. Without a \
    `planc.toml` nothing is refused. Exit code 2 is a no to every client: what cannot be judged is refused."
)]
pub struct Args {
    /// Whose event it is
    #[arg(long, value_enum)]
    client: Client,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    judged(session, args).map_err(|fault| Fault { exit: Exit::Usage, ..fault })
}

fn judged(session: &Session, args: &Args) -> Result<Exit, Fault> {
    let mut text = Vec::new();
    let read = std::io::stdin().lock().take(MAX_PAYLOAD_BYTES + 1).read_to_end(&mut text);
    read.map_err(|error| Fault::usage(format!("cannot read the event: {error}")))?;
    if session.config.file.is_none() {
        return Ok(Exit::Success);
    }
    let mut payload = Payload::read(&text).map_err(|error| Fault::usage(error.to_string()))?;
    payload.plans_folder = std::env::var_os(PLANS_FOLDER).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let desk = session.desk()?;
    let runtime = core::runtime()?;
    let inside = runtime.enter();
    let world = world(session, &desk).map_err(Fault::usage)?;
    let judgement = judge(&world, args.client, &payload)?;
    drop(inside);
    if !payload.tool.is_empty() || !judgement.allowed() {
        let short = |text: &str| text.chars().take(200).collect::<String>();
        desk.store.audit(&AuditRow {
            at: now(),
            session: None,
            principal: format!("account {}", account()),
            channel: "hook".into(),
            client: Some(inline(&short(&format!("{} {}", args.client.name(), payload.session)))),
            tool: short(if payload.tool.is_empty() { &payload.event_name } else { &payload.tool }),
            args: Digest::of_json(&payload.input).to_string(),
            allowed: judgement.allowed(),
            why: judgement.why().to_owned(),
        })?;
    }
    if let Some(answer) = judgement.answer(args.client, &payload) {
        session.out.json(&answer)?;
    }
    runtime.shutdown_background();
    Ok(Exit::Success)
}
