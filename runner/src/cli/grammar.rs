//! `planc grammar`: the catalogues ⟶ a grammar of the plans over their tools.

use super::exit::Exit;
use super::fault::Fault;
use super::output::Format;
use super::session::Session;
use planc_lang::grammar::grammar;

/// Arguments of `planc grammar`.
#[derive(Debug, clap::Args)]
#[command(after_help = "`--format gbnf` is for llama.cpp and what reads its grammars, `--format lark` for llguidance.")]
pub struct Args {}

pub(super) fn run(session: &Session, _: &Args) -> Result<Exit, Fault> {
    let print: fn(&planc_lang::grammar::Grammar) -> String = match session.out.format {
        Format::Gbnf => |grammar| grammar.to_gbnf(),
        Format::Lark => |grammar| grammar.to_lark(),
        Format::Text | Format::Json | Format::Markdown | Format::Html => {
            return Err(Fault::usage("a grammar has a format of its own")
                .help("`--format gbnf` is for llama.cpp and what reads its grammars, `--format lark` for llguidance"));
        }
    };
    let base = session.catalogues()?;
    session.out.print(&print(&grammar(&base.catalogue)))?;
    Ok(Exit::Success)
}
