//! `planc completions` and `planc man`: both follow from the definition of the command line.

use super::Cli;
use super::exit::Exit;
use super::fault::Fault;
use super::output::Output;
use clap::CommandFactory;

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

pub(super) fn man(out: Output) -> Result<Exit, Fault> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Fault::usage(format!("cannot draw the manual page: {error}")))?;
    out.print(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Success)
}
