//! `planc tools`: the catalogues ⟶ what plans may call.

use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::tools_mcp::{CheckArgs, ImportArgs, check_tools, import_tools};
use super::tools_observe::{ObserveArgs, observe_tool};
use crate::config::Missing;
use crate::render::tools;
use planc_lang::catalogue::Tool;
use std::sync::Arc;

/// Arguments of `planc tools`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// A tool, or a catalogue for all of its tools; without one, all tools are listed
    name: Option<String>,
}

/// What else can be done with catalogues.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write the catalogue of a server, or bring it up to what the server says
    Import(ImportArgs),
    /// Ask servers whether their tools are as they were reviewed
    Check(CheckArgs),
    /// Call a tool once in a copy of the workspace, and look whether it only reads
    Observe(ObserveArgs),
}

impl Args {
    /// What a catalogue means that is not there: an import writes it.
    pub(super) fn missing(&self) -> Missing {
        match &self.command {
            Some(Command::Import(_)) => Missing::Awaited,
            Some(Command::Check(_) | Command::Observe(_)) | None => Missing::Mistake,
        }
    }
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    match &args.command {
        Some(Command::Import(args)) => return import_tools(session, args),
        Some(Command::Check(args)) => return check_tools(session, args),
        Some(Command::Observe(args)) => return observe_tool(session, args),
        None => {}
    }
    session.out.without_markdown()?;
    let base = session.catalogues()?;
    let wanted: Vec<&Arc<Tool>> = match &args.name {
        None => base.catalogue.tools().collect(),
        Some(name) => {
            let of = |tool: &Tool| tool.name == *name || tool.name.split('.').next() == Some(name);
            base.catalogue.tools().filter(|tool| of(tool)).collect()
        }
    };
    if let (Some(name), true) = (&args.name, wanted.is_empty()) {
        let fault = Fault::usage(format!("there is no tool `{name}`"));
        let nearest = planc_lang::suggest::nearest(name, base.catalogue.tools().map(|tool| tool.name.as_str()));
        return Err(match nearest {
            Some(nearest) => fault.help(format!("did you mean `{nearest}`?")),
            None => fault.help("`planc tools` lists all of them"),
        });
    }
    let decision = |tool: &Tool| session.config.policy.of_tool(tool).decision;
    if session.out.is_json() {
        session.out.json(&wanted.iter().map(|tool| tools::data(tool, decision(tool))).collect::<Vec<_>>())?;
        return Ok(Exit::Success);
    }
    let look = session.out.look();
    let drawn: Vec<String> = match args.name {
        None => wanted.iter().map(|tool| tools::line(tool, look)).collect(),
        Some(_) => wanted.iter().map(|tool| tools::page(tool, decision(tool), look)).collect(),
    };
    session.out.show(&drawn.join(if args.name.is_some() { "\n" } else { "" }))?;
    Ok(Exit::Success)
}
