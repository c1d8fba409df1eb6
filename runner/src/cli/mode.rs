//! `planc mode`: the tree of modes with what forces what ⟶ shown; or one place of it set, with who and why.
//!
//! Anybody may make it stricter. Who makes it laxer types `yes` on the controlling terminal.

use super::core;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::terminal::{NoYes, agreed};
use crate::approval::account;
use crate::config::{Mode, Setting};
use crate::journal::{ModeChange, Place};
use crate::mode::{Authority, Effective, ModeError};
use crate::render::text::{Tone, inline};
use crate::scope::Scope;
use serde_json::json;

/// The most changes that are listed.
const MAX_LISTED: u32 = 1000;

/// Arguments of `planc mode`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

/// What to do with modes.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// Say what is so in a scope from the next request on
    Set(Set),
    /// List who set what, when and why, newest first
    Log,
}

/// Arguments of `planc mode set`.
#[derive(Debug, clap::Args)]
struct Set {
    /// What is so; `inherit` says nothing, so that what is above decides
    #[arg(value_enum)]
    setting: Said,
    /// In this scope, which `[mode.scopes]` declares; without it: everywhere
    #[arg(long, conflicts_with = "session")]
    scope: Option<Scope>,
    /// In this session
    #[arg(long)]
    session: Option<String>,
    /// Why
    #[arg(long)]
    why: String,
}

/// A setting on the command line.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Said {
    /// Nothing happens but reading, and one report
    Plan,
    /// Plans that are approved run
    Execute,
    /// What is above decides
    Inherit,
}

impl From<Said> for Setting {
    fn from(said: Said) -> Setting {
        match said {
            Said::Plan => Setting::Plan,
            Said::Execute => Setting::Execute,
            Said::Inherit => Setting::Inherit,
        }
    }
}

impl From<ModeError> for Fault {
    fn from(error: ModeError) -> Fault {
        let message = error.to_string();
        match error {
            ModeError::Store(error) => error.into(),
            ModeError::UnknownScope(scope) => Fault::usage(message)
                .help(format!("add `\"{scope}\" = \"inherit\"` to `[mode.scopes]` of `planc.toml`")),
            ModeError::UnknownSession | ModeError::NoReason => Fault::usage(message),
            ModeError::Laxer(_) | ModeError::NeedsPerson => Fault::new(Exit::Refused, message),
        }
    }
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    match &args.what {
        None => show(session),
        Some(What::Log) => log(session),
        Some(What::Set(args)) => set(session, args),
    }
}

fn show(session: &Session) -> Result<Exit, Fault> {
    let modes = session.modes()?;
    let runtime = core::runtime()?;
    let _inside = runtime.enter();
    let own = modes.effective(&modes.own())?;
    let tree = modes.tree()?;
    if session.out.is_json() {
        let row = |(place, effective): &(Place, Effective)| {
            let mut row = json!(place);
            row["mode"] = json!(effective.mode);
            row["causes"] = json!(effective.causes);
            row
        };
        let rows: Vec<_> = tree.iter().map(row).collect();
        let workspace = json!({ "scope": modes.own().scope, "mode": own.mode, "causes": own.causes });
        session.out.json(&json!({ "workspace": workspace, "tree": rows }))?;
        return Ok(Exit::Success);
    }
    let name = |place: &Place| match place {
        Place::Everything => "everything".to_owned(),
        Place::Scope(name) => format!("{}{}", "  ".repeat(name.matches('/').count() + 1), inline(name)),
        Place::Session(id) => id.clone(),
    };
    let width = tree.iter().map(|(place, _)| name(place).len()).max().unwrap_or(0);
    let mut text = String::new();
    for (place, effective) in &tree {
        text.push_str(&format!("{:width$}  {}\n", name(place), word(session, effective.mode)));
        let own = effective.causes.iter().filter(|cause| cause.place == *place);
        own.for_each(|cause| text.push_str(&format!("{:width$}    {}\n", "", inline(&cause.text))));
    }
    let scope = modes.own().scope.map_or_else(|| "in no scope".to_owned(), |scope| format!("in `{scope}`"));
    text.push_str(&format!("this workspace is {scope}: {}\n", word(session, own.mode)));
    session.out.show(&text)?;
    Ok(Exit::Success)
}

fn word(session: &Session, mode: Mode) -> String {
    let tone = if mode == Mode::Plan { Tone::Careful } else { Tone::Good };
    session.out.paint.tone(tone, mode.to_string())
}

fn set(session: &Session, args: &Set) -> Result<Exit, Fault> {
    let place = match (&args.scope, &args.session) {
        (Some(scope), _) => Place::Scope(scope.to_string()),
        (None, Some(id)) => Place::Session(id.clone()),
        (None, None) => Place::Everything,
    };
    let setting = Setting::from(args.setting);
    // What is set counts in every process that uses this state directory.
    let modes = session.desk()?.modes();
    let authority = match setting {
        Setting::Plan => Authority::Anybody,
        Setting::Execute | Setting::Inherit => on_terminal(&place, setting)?,
    };
    let change = modes.set(&place, setting, &account(), &args.why, &authority)?;
    match session.out.is_json() {
        true => session.out.json(&change)?,
        false => session.out.show(&format!("{}\n", line(&change)))?,
    }
    Ok(Exit::Success)
}

/// Asks whether it shall become laxer.
fn on_terminal(place: &Place, setting: Setting) -> Result<Authority, Fault> {
    let question = format!("\nSet {} to `{}`: what is approved there may then run?", named(place), setting.as_str());
    match agreed(&question) {
        Ok(()) => Ok(Authority::Terminal),
        Err(NoYes::Nobody) => Err(ModeError::NeedsPerson.into()),
        Err(no) => Err(no.fault("", "nothing was set")),
    }
}

fn log(session: &Session) -> Result<Exit, Fault> {
    let changes = match session.existing_store()? {
        Some(store) => store.mode_changes(MAX_LISTED)?,
        None => Vec::new(),
    };
    if session.out.is_json() {
        session.out.json(&json!({ "changes": changes }))?;
        return Ok(Exit::Success);
    }
    if changes.is_empty() {
        session.out.progress("nobody has set a mode here; `planc mode set plan --why …` does\n");
    }
    session.out.show(&changes.iter().map(|change| line(change) + "\n").collect::<String>())?;
    Ok(Exit::Success)
}

fn line(change: &ModeChange) -> String {
    let what = format!("{} ⟶ {}", named(&change.place), change.setting.as_str());
    // Anybody may make it stricter, whoever they say they are.
    let how = if change.channel == Authority::Anybody.channel() { "not checked" } else { &change.channel };
    format!("{}  {what}  by {} ({how}): {}", change.at, inline(&change.by), inline(&change.why))
}

fn named(place: &Place) -> String {
    match place {
        Place::Everything => "everything".to_owned(),
        Place::Scope(name) => format!("scope {}", inline(name)),
        Place::Session(id) => format!("session {}", inline(id)),
    }
}
