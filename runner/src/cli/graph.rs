//! `planc graph`: a plan ⟶ which step waits for which, and why.

use super::exit::Exit;
use super::fault::Fault;
use super::output::Format;
use super::session::Session;
use crate::render::graph::{self, Drawing};

/// Arguments of `planc graph`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The plan; `-` is standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: String,
    /// The form of the drawing
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<Drawing>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let form = args.form.unwrap_or(match session.out.format {
        Format::Json => Drawing::Json,
        Format::Text | Format::Markdown | Format::Html | Format::Gbnf | Format::Lark => Drawing::Text,
    });
    let plan = session.compile(&args.file)?;
    let drawn = graph::draw(&plan.compiled, form);
    match form {
        Drawing::Text => session.out.show(&drawn)?,
        Drawing::Dot | Drawing::Mermaid | Drawing::Json => session.out.print(&drawn)?,
    }
    Ok(Exit::Success)
}
