//! The command line: arguments ⟶ one call of the core ⟶ text or JSON, and an exit code. One file per command; none decides
//! anything itself.

pub mod exit;
pub mod fault;
pub mod output;
mod caller;
mod texts;
mod told;
mod session;
mod terminal;
mod outputs;
mod rewrite;
mod core;
mod deadline;
mod repair;
mod check;
mod fmt;
mod explain;
mod schema;
mod graph;
mod grants;
mod mode;
mod compile;
mod tools_mcp;
mod tools_observe;
mod tools;
mod teach;
mod grammar;
mod plan;
mod choice;
mod differences;
mod carry;
mod run;
mod sign;
mod approve;
mod approvals;
mod request_changes;
mod verify_approval;
mod abort;
mod resume;
mod undo;
mod runs;
mod reports;
mod show;
mod diff;
mod verify;
mod evidence;
mod gc;
mod init;
mod sessions;
mod mcp;
mod hook;
pub mod inputs;
mod demo;
mod shell;

use crate::render::text::inline;
use clap::{CommandFactory, Parser, Subcommand};
use exit::Exit;
use fault::Fault;
use output::{Colours, Format, Output, Quiet};
pub use session::Global;
use session::Session;
use std::ffi::OsString;
use std::process::ExitCode;

/// The compiler and runner for the plans of AI agents: what is approved is exactly what can run.
///
/// `planc check` tells what is wrong with a plan, `planc plan` shows what it would do and changes nothing, and `planc run --approve` asks
/// for a yes and carries it out. `planc help COMMAND` says what a command takes.
#[derive(Debug, Parser)]
#[command(name = "planc", version, max_term_width = 100, after_help = Exit::table(), disable_help_subcommand = true)]
pub struct Cli {
    /// Everywhere.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell what is wrong with plans and catalogues
    Check(check::Args),
    /// Bring plans and catalogues into the one form
    Fmt(fmt::Args),
    /// Explain a diagnostic code
    Explain(explain::Args),
    /// Print the JSON Schema of what a command prints, or list the schemas
    Schema(schema::Args),
    /// Draw which step waits for which
    Graph(graph::Args),
    /// Print the canonical form of a plan, which its digest covers
    Compile(compile::Args),
    /// List the tools that plans may call
    Tools(tools::Args),
    /// Print what a model must know to write a plan over these tools
    Teach(teach::Args),
    /// Print a grammar of plans over these tools, for constrained decoding
    Grammar(grammar::Args),
    /// Make a dry run and show what a plan would do; nothing is changed
    Plan(plan::Args),
    /// Carry out a plan that is approved
    Run(run::Args),
    /// Say yes to a plan that waits, on the controlling terminal
    Approve(approve::Args),
    /// Say what is to be different about a plan that waits, as a whole and step by step
    RequestChanges(request_changes::Args),
    /// List approvals, or take one back
    Approvals(approvals::Args),
    /// Check the signature of an approval
    VerifyApproval(verify_approval::Args),
    /// Say no to a plan that waits: nothing has run, nothing has changed
    Abort(abort::Args),
    /// Go on with a run that was interrupted, waits, or is in doubt
    Resume(resume::Args),
    /// Take back what a run has done
    Undo(undo::Args),
    /// List the runs of this workspace
    Runs(runs::Args),
    /// Show what was told in plan mode, and send what has not arrived
    Reports(reports::Args),
    /// List the standing answers to calls that policy asks about, or take one back
    Grants(grants::Args),
    /// Show in which mode plans are, what forces it, or set it
    Mode(mode::Args),
    /// Show a plan that waits, or what came of a run
    Show(show::Args),
    /// Compare two plans, or what was planned with what a run did
    Diff(diff::Args),
    /// Remove earlier contents of files that no run needs any more
    Gc(gc::Args),
    /// Write what was approved for a run and what it did into one file
    Evidence(evidence::Args),
    /// Tell whether the journal of a run, or a file of evidence, is as it was written
    Verify(verify::Args),
    /// Serve agents: tools that only read, and plans for everything else
    Mcp(mcp::Args),
    /// Judge what an agent's client is about to do, for its hooks
    Hook(hook::Args),
    /// List the sessions of agents, or show one
    Sessions(sessions::Args),
    /// Write a configuration and a first plan
    Init(init::Args),
    /// Try an example in a scratch folder
    Demo(demo::Args),
    /// Print a script that completes commands in a shell
    Completions(shell::CompletionArgs),
    /// Print a manual page, or write those of all commands
    Man(shell::ManArgs),
    /// Print this, or what a command takes
    Help(shell::HelpArgs),
}

/// Runs one command line, program name first, and gives its exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    caller::let_go();
    let alone = write_alone();
    let args: Vec<OsString> = args.into_iter().collect();
    let exit = match Cli::try_parse_from(&args) {
        Ok(cli) => run(cli, alone),
        Err(error) => misparsed(&harmless(error, &args), &args),
    };
    ExitCode::from(exit as u8)
}

/// Says why planc could not begin with the variables that it reads alone, see [`crate::environment`].
pub fn not_begun(error: &std::io::Error) -> ExitCode {
    let fault = Fault::usage(format!("cannot begin again without the variables that planc does not read: {error}"))
        .help("call it without them: `env -i PATH=\"$PATH\" HOME=\"$HOME\" planc …`");
    Output::new(Format::Text, Colours::Auto, Quiet::No).say(&fault);
    ExitCode::from(fault.exit as u8)
}

/// What planc starts writes nothing that others may write too, whatever the caller of planc would let them. A caller that takes
/// from this account itself what it makes is refused: planc would leave folders that nobody can open.
fn write_alone() -> Result<(), Fault> {
    use rustix::{fs::Mode, process::umask};
    let others = Mode::WGRP | Mode::WOTH;
    let given = umask(others);
    umask(given | others);
    match given.intersects(Mode::RWXU) {
        false => Ok(()),
        true => Err(Fault::usage(format!(
            "the umask {:04o} takes from this account itself what it makes, so that planc could not open it again",
            given.bits()
        ))
        .help("`umask 077` takes from others alone")),
    }
}

fn run(cli: Cli, alone: Result<(), Fault>) -> Exit {
    let quiet = if cli.global.quiet { Quiet::Yes } else { Quiet::No };
    let out = Output::new(cli.global.format, cli.global.color, quiet);
    let out = match &cli.command {
        Some(Command::Run(_) | Command::Resume(_) | Command::Undo(_)) => out.in_lines(),
        Some(_) | None => out,
    };
    match alone.and_then(|()| dispatch(cli, out)) {
        Ok(exit) => exit,
        Err(fault) => {
            out.say(&fault);
            fault.exit
        }
    }
}

fn dispatch(cli: Cli, out: Output) -> Result<Exit, Fault> {
    let session = || Session::open(&cli.global, out);
    let Some(command) = cli.command else { return start_page(out) };
    match command {
        Command::Check(args) => check::run(&session()?, &args),
        Command::Fmt(args) => fmt::run(&session()?, &args),
        Command::Explain(args) => explain::run(out, &args),
        Command::Schema(args) => schema::run(out, &args),
        Command::Graph(args) => graph::run(&session()?, &args),
        Command::Compile(args) => compile::run(&session()?, &args),
        Command::Tools(args) => tools::run(&Session::open_with(&cli.global, out, args.missing())?, &args),
        Command::Teach(args) => teach::run(&session()?, &args),
        Command::Grammar(args) => grammar::run(&session()?, &args),
        Command::Plan(args) => plan::run(&session()?, &args),
        Command::Run(args) => run::run(&session()?, &args),
        Command::Approve(args) => approve::run(&session()?, &args),
        Command::RequestChanges(args) => request_changes::run(&session()?, &args),
        Command::Approvals(args) => approvals::run(&session()?, &args),
        Command::VerifyApproval(args) => verify_approval::run(&session()?, &args),
        Command::Abort(args) => abort::run(&session()?, &args),
        Command::Resume(args) => resume::run(&session()?, &args),
        Command::Undo(args) => undo::run(&session()?, &args),
        Command::Runs(args) => runs::run(&session()?, &args),
        Command::Reports(args) => reports::run(&session()?, &args),
        Command::Grants(args) => grants::run(&session()?, &args),
        Command::Mode(args) => mode::run(&session()?, &args),
        Command::Show(args) => show::run(&session()?, &args),
        Command::Diff(args) => diff::run(&session()?, &args),
        Command::Gc(args) => gc::run(&session()?, &args),
        Command::Mcp(args) => mcp::run(&session()?, &cli.global, &args),
        Command::Hook(args) => hook::run(&session()?, &args),
        Command::Sessions(args) => sessions::run(&session()?, &args),
        Command::Evidence(args) => evidence::run(&session()?, &args),
        Command::Verify(args) => verify::run(&session()?, &args),
        Command::Init(args) => init::run(&session()?, &args),
        Command::Demo(args) => demo::run(out, &args),
        Command::Completions(args) => shell::completions(out, &args),
        Command::Man(args) => shell::man(out, &args, session),
        Command::Help(args) => shell::help(out, &args),
    }
}

/// The mistake, in which what was typed stands as it is shown everywhere: it draws no lines of its own.
fn harmless(error: clap::Error, args: &[OsString]) -> clap::Error {
    if !error.use_stderr() {
        return error;
    }
    match Cli::try_parse_from(args.iter().map(|arg| inline(&arg.to_string_lossy()))) {
        Err(again) if again.use_stderr() => again,
        Err(_) | Ok(_) => clap::Error::raw(error.kind(), format!("{}\n", inline(&first_line(&error)))),
    }
}

fn first_line(error: &clap::Error) -> String {
    error.render().to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// What clap has to say: help and version are results, everything else is a mistake.
fn misparsed(error: &clap::Error, args: &[OsString]) -> Exit {
    let wants_json = args.iter().any(|arg| arg == "--format=json")
        || args.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json");
    if !error.use_stderr() || !wants_json {
        // A reader that went away is no error.
        let _ = error.print();
        if let (true, Some(hint)) = (error.use_stderr(), hint(args)) {
            Output::new(Format::Text, Colours::Auto, Quiet::No).note(&format!("help: {hint}\n"));
        }
        return if error.use_stderr() { Exit::Usage } else { Exit::Success };
    }
    let fault = Fault::usage(first_line(error)).help(hint(args).unwrap_or("`planc --help` lists what there is"));
    Output::new(Format::Json, Colours::Never, Quiet::Yes).say(&fault);
    Exit::Usage
}

/// What was meant, where that is known.
fn hint(args: &[OsString]) -> Option<&'static str> {
    let pairs = args.windows(2).filter_map(|pair| Some((pair[0].to_str()?, pair[1].to_str()?)));
    pairs.into_iter().find_map(|pair| match pair {
        ("--approve", digest) if digest.starts_with("sha256:") => {
            Some("the digest stands behind a `=`, without a blank: `--approve=DIGEST`")
        }
        ("mode", "plan" | "execute" | "inherit") => {
            Some("`planc mode set plan --why …` sets a mode, and `planc mode` shows which one is set")
        }
        _ => None,
    })
}

fn start_page(out: Output) -> Result<Exit, Fault> {
    out.without_markdown()?;
    if out.is_json() {
        let commands: Vec<String> =
            Cli::command().get_subcommands().filter(|c| !c.is_hide_set()).map(|c| c.get_name().to_owned()).collect();
        out.json(&serde_json::json!({ "version": env!("CARGO_PKG_VERSION"), "commands": commands }))?;
        return Ok(Exit::Success);
    }
    let rows = [
        ("planc demo", "a guided example in a scratch folder"),
        ("planc init", "a configuration and a first plan here"),
        ("planc check FILE", "what is wrong with a plan"),
        ("planc plan FILE", "what it would do; nothing is changed"),
        ("planc run --approve FILE", "approve it and carry it out"),
    ];
    let rows = rows.map(|(command, what)| {
        let command = out.paint.tone(crate::render::text::Tone::Name, format!("{command:<24}"));
        format!("  {command}  {what}\n")
    });
    out.show(&format!(
        "planc {}: what is approved is exactly what can run.\n\n{}\n`planc --help` lists all commands.\n",
        env!("CARGO_PKG_VERSION"),
        rows.concat(),
    ))?;
    Ok(Exit::Success)
}
