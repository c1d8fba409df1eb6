//! `planc completions`, `planc man` and `planc help`: all follow from the definition of the command line.

use super::Cli;
use super::exit::Exit;
use super::fault::Fault;
use super::output::Output;
use super::session::Session;
use crate::writing::{Held, Place};
use clap::CommandFactory;
use planc_lang::suggest::nearest;
use std::path::{Path, PathBuf};

/// Arguments of `planc completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionArgs {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(super) fn completions(out: Output, args: &CompletionArgs) -> Result<Exit, Fault> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "planc", &mut script);
    out.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}

/// What the name of a manual page ends in.
const SECTION: &str = "1";
/// How the line begins that says what a manual page is about.
const HEAD: &[u8] = b".TH planc";
/// The longest manual page that is looked at.
const MAX_PAGE_BYTES: usize = 1 << 20;

/// Arguments of `planc man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// The command, such as `plan`; without one, the page of planc itself
    command: Vec<String>,
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "command", value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

pub(super) fn man(
    out: Output,
    args: &ManArgs,
    session: impl FnOnce() -> Result<Session, Fault>,
) -> Result<Exit, Fault> {
    // With names as a person types them: `planc-plan`.
    let mut root = Cli::command();
    root.build();
    if let Some(dir) = &args.dir {
        let mut root = Cli::command().disable_help_subcommand(true);
        root.build();
        let failed = |error| Fault::usage(format!("cannot write manual pages into `{}`: {error}", dir.display()));
        let (session, mut all) = (session()?, Vec::new());
        pages(&root, dir, &mut all).map_err(failed)?;
        let led = |(path, text)| Ok((place_of_page(&session, path)?, text));
        let all = all.into_iter().map(led).collect::<Result<Vec<((Place, Option<Held>), Vec<u8>)>, Fault>>()?;
        all.iter().try_for_each(|((place, held), text)| place.rewrite(held.as_ref(), text)).map_err(failed)?;
        return Ok(Exit::Success);
    }
    let command = named(&root, &args.command)?;
    let mut page = Vec::new();
    let drawn = page_of(command).render(&mut page);
    drawn.map_err(|error| Fault::usage(format!("cannot draw the manual page: {error}")))?;
    out.print(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Success)
}

/// The manual page of a command: a page of planc, which has no version of its own.
fn page_of(command: &clap::Command) -> clap_mangen::Man {
    // As `--help` has it: the crate lists all options there, without their values.
    let usage = command.clone().render_usage().to_string();
    let command = command.clone().override_usage(usage.trim_start_matches("Usage: ").to_owned());
    clap_mangen::Man::new(command).source(concat!("planc ", env!("CARGO_PKG_VERSION"))).manual("Manual of planc")
}

/// The pages of a command, and of those within it.
fn pages(command: &clap::Command, dir: &Path, all: &mut Vec<(PathBuf, Vec<u8>)>) -> std::io::Result<()> {
    let mut within = command.get_subcommands().filter(|command| !command.is_hide_set());
    within.try_for_each(|command| pages(command, dir, all))?;
    let (page, mut text) = (page_of(command), Vec::new());
    page.render(&mut text)?;
    all.push((dir.join(page.get_filename()), text));
    Ok(())
}

/// Where a page lies that is written, and the one that is there: nothing that others execute or go by, and no file of anybody else.
fn place_of_page(session: &Session, path: PathBuf) -> Result<(Place, Option<Held>), Fault> {
    let place = session.placed(&path, SECTION)?;
    session.is_in_reach(place.path())?;
    let is_page = |held: &Held| held.bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(HEAD));
    match place.read(MAX_PAGE_BYTES) {
        Ok(held) if held.as_ref().is_none_or(is_page) => Ok((place, held)),
        Ok(_) | Err(_) => {
            let message = format!("`{}` is there, and no manual page of planc", path.display());
            Err(Fault::usage(message).help("name a folder for manual pages"))
        }
    }
}

/// Arguments of `planc help`.
#[derive(Debug, clap::Args)]
pub struct HelpArgs {
    /// The command, such as `plan` or `tools import`; without one, all of them
    command: Vec<String>,
}

pub(super) fn help(out: Output, args: &HelpArgs) -> Result<Exit, Fault> {
    out.without_markdown()?;
    let mut root = Cli::command();
    root.build();
    let mut command = named(&root, &args.command)?.clone();
    let text = command.render_long_help().to_string();
    match out.is_json() {
        true => out.json(&serde_json::json!({ "command": args.command, "help": text }))?,
        false => out.print(&text)?,
    }
    Ok(Exit::Success)
}

/// The command that these names lead to.
fn named<'c>(root: &'c clap::Command, names: &[String]) -> Result<&'c clap::Command, Fault> {
    names.iter().try_fold(root, |command, name| command.find_subcommand(name).ok_or_else(|| unknown(command, name)))
}

fn unknown(command: &clap::Command, name: &str) -> Fault {
    let fault = Fault::usage(format!("`{}` has no command `{name}`", command.get_bin_name().unwrap_or("planc")));
    match nearest(name, command.get_subcommands().map(clap::Command::get_name)) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help("`planc --help` lists all commands"),
    }
}
