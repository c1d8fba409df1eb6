//! `planc grants`: the standing answers to calls that policy asks about ⟶ listed, one given by a person, or one taken back.

use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::terminal::agreed;
use crate::approval::account;
use crate::desk::{DeskError, opened};
use crate::journal::Grant;
use crate::render::text::{Tone, inline};
use crate::scope::Scope;
use crate::standing::{Here, NoTerms, Terms};
use planc_lang::suggest::nearest;
use serde_json::json;

/// Arguments of `planc grants`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    list: List,
}

/// What to do with standing answers.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// List them
    List(List),
    /// Give one, on the controlling terminal
    Add(Add),
    /// Take one back; everybody may
    Revoke(Revoke),
}

/// Arguments of `planc grants list`.
#[derive(Debug, clap::Args)]
struct List {
    /// Those that hold no more as well
    #[arg(long)]
    all: bool,
}

/// Arguments of `planc grants add`.
#[derive(Debug, clap::Args)]
struct Add {
    /// The full name of the tool
    #[arg(value_name = "TOOL")]
    tool: String,
    /// What an argument may be: `path=docs/**`, `amount<=100`; may be given several times
    #[arg(long = "where", value_name = "BOUND")]
    bounds: Vec<String>,
    /// An argument that may be anything
    #[arg(long, value_name = "NAME")]
    any: Vec<String>,
    /// How long it holds; seven days where nothing is said
    #[arg(long = "for", value_name = "TIME")]
    last: Option<String>,
    /// How often it answers; a hundred times where nothing is said
    #[arg(long, value_name = "N")]
    uses: Option<String>,
    /// For plans in this scope and in what lies in it; that of the workspace where nothing is said
    #[arg(long)]
    scope: Option<Scope>,
    /// Why
    #[arg(long)]
    why: String,
}

/// Arguments of `planc grants revoke`.
#[derive(Debug, clap::Args)]
struct Revoke {
    /// Its number
    #[arg(value_name = "N")]
    number: i64,
}

impl From<NoTerms> for Fault {
    fn from(error: NoTerms) -> Fault {
        Fault::usage(error.to_string())
    }
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    match &args.what {
        None => list(session, &args.list),
        Some(What::List(args)) => list(session, args),
        Some(What::Add(args)) => add(session, args),
        Some(What::Revoke(args)) => revoke(session, args),
    }
}

fn list(session: &Session, args: &List) -> Result<Exit, Fault> {
    let mut grants = match session.existing_store()? {
        Some(store) => store.standing()?,
        None => Vec::new(),
    };
    grants.retain(|grant| args.all || grant.holds());
    if session.out.is_json() {
        session.out.json(&json!({ "grants": grants }))?;
        return Ok(Exit::Success);
    }
    if grants.is_empty() {
        session.out.progress("no standing answers in this workspace; `always` at a question about a call makes one\n");
    }
    session.out.show(&grants.iter().map(|grant| line(session, grant)).collect::<String>())?;
    Ok(Exit::Success)
}

fn line(session: &Session, grant: &Grant) -> String {
    let mut text = format!("{}  {}\n", grant.number, inline(&grant.terms.to_string()));
    text.push_str(&format!(
        "     used {}, by {} at {}: {}\n",
        times(grant.used),
        inline(&grant.by),
        grant.at,
        inline(&grant.why)
    ));
    if let Some(revoked) = &grant.revoked {
        let said = format!("taken back by {} at {}", inline(&revoked.by), revoked.at);
        text.push_str(&format!("     {}\n", session.out.paint.tone(Tone::Dim, said)));
    }
    text
}

fn times(used: u32) -> String {
    match used {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        more => format!("{more} times"),
    }
}

fn add(session: &Session, args: &Add) -> Result<Exit, Fault> {
    let base = session.catalogues_of_plans()?;
    let Some(tool) = base.catalogue.tool(&args.tool) else {
        let fault = Fault::usage(format!("there is no tool `{}`", args.tool));
        return Err(match nearest(&args.tool, base.catalogue.tools().map(|tool| tool.name.as_str())) {
            Some(name) => fault.help(format!("did you mean `{name}`?")),
            None => fault.help("`planc tools` lists all of them"),
        });
    };
    if args.why.trim().is_empty() {
        return Err(Fault::usage("a standing answer needs a reason"));
    }
    let mut terms = Terms::of(tool, args.scope.clone().or_else(|| session.config.mode.scope.clone()));
    args.bounds.iter().try_for_each(|line| terms.bound(tool, line))?;
    args.any.iter().try_for_each(|name| terms.free(tool, name))?;
    args.last.iter().try_for_each(|text| terms.last(text))?;
    args.uses.iter().try_for_each(|text| terms.often(text))?;
    let workspace = opened(&session.config).map_err(DeskError::from)?;
    // The key that variables are committed to with lies in the state directory.
    let store = session.store()?;
    let here = Here { workspace: &workspace, config: &session.config };
    terms.tie(tool, &here);
    terms.check(tool, &here)?;
    let question = format!("\nApprove always, without being asked again:\n  {}", inline(&terms.to_string()));
    let nobody = "a standing answer is given by a person on a terminal";
    agreed(&question).map_err(|no| no.fault(nobody, "nothing is approved"))?;
    let number = store.add_standing(&terms, &account(), args.why.trim())?;
    match session.out.is_json() {
        true => session.out.json(&json!({ "number": number, "terms": terms }))?,
        false => session.out.show(&format!("{number}  {}\n", inline(&terms.to_string())))?,
    }
    Ok(Exit::Success)
}

fn revoke(session: &Session, args: &Revoke) -> Result<Exit, Fault> {
    let removed = match session.existing_store()? {
        Some(store) => store.revoke_standing(args.number, &account())?,
        None => false,
    };
    match removed {
        true => list(session, &List { all: false }),
        false => Err(Fault::usage(format!("there is no standing answer {} that holds", args.number))
            .help("`planc grants` lists those there are")),
    }
}
