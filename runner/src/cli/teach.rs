//! `planc teach`: the catalogues ⟶ the language card, within a budget.

use super::exit::Exit;
use super::fault::Fault;
use super::output::Format;
use super::session::Session;
use planc_lang::teach::{TooSmall, teach};
use serde_json::json;

/// Arguments of `planc teach`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The card is Markdown; with `--format json` its sections stand apart. Tokens are estimated: three bytes \
                        count as one, which is more than tokenizers make of it."
)]
pub struct Args {
    /// At most so many tokens; details and examples are left out first
    #[arg(long, value_name = "TOKENS")]
    budget: Option<usize>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_grammar()?;
    let base = session.catalogues()?;
    let card = teach(&base.catalogue, args.budget).map_err(too_small)?;
    match session.out.format {
        Format::Json => session.out.json(&json!({
            "tokens": card.tokens,
            "budget": args.budget,
            "left_out": card.left_out,
            "sections": card.sections,
        }))?,
        Format::Text | Format::Markdown => session.out.print(&card.to_markdown())?,
        Format::Html => session.out.without_page()?,
        Format::Gbnf | Format::Lark => session.out.without_grammar()?,
    }
    Ok(Exit::Success)
}

fn too_small(TooSmall { least }: TooSmall) -> Fault {
    Fault::usage("the budget is too small for a card that teaches anything")
        .help(format!("`--budget {least}` is the least here"))
}
