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
    /// As the skill of an agent's client: what the tools of `planc mcp` are for, then the card
    #[arg(long)]
    skill: bool,
}

/// What stands before the card in a skill.
const SKILL: &str = r#"---
name: planc
description: Write and run plans with planc. Use it whenever a task changes files, runs programs, or calls tools with effects, and whenever a tool was refused with "plan mode is active".
---

# Planning with planc

Tools of planc's server that only read can be called at any time. Everything else needs a plan: a text in the plan language, which
is checked at once, approved by a person, and then carried out exactly.

1. `plan_enter` opens a session and gives its id. Read what you need; what you read is kept with the plan.
2. `plan_write` takes the whole plan as text, and answers with every mistake and its edit; without mistakes, with what a dry run
   says. Write the whole plan again until nothing is wrong.
3. `plan_exit` hands it in. A person decides, elsewhere. Until then go on reading, or end the turn; `plan_status` tells.
4. `plan_run` carries the approved plan out and gives the report. Anything that was not in it needs another plan.

A call that is refused says which step the plan could have, and which lines of `critical` it needs. Keep the list of work with
`todo_write`. A subagent enters with the id of its parent's session as `parent`.

In the client's own plan mode, put the plan into the client's plan between ```planc and ```, with a sentence on the why around it.

"#;

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
        Format::Text | Format::Markdown if args.skill => {
            session.out.print(&format!("{SKILL}{}", card.to_markdown()))?
        }
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
