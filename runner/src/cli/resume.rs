//! `planc resume`: a run that stopped ⟶ carried on. What is in doubt is resolved by a person first.

use super::carry;
use super::core;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::terminal::{Terminal, Typed, line};
use crate::approval::Channel;
use crate::config::Require;
use crate::event::{Event, Resolution};
use crate::render::text::inline;
use crate::state::RunState;

/// Arguments of `planc resume`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run; the beginning of its name is enough
    run: String,
    /// What became of a call in doubt: `redo` makes it again, `fail` counts it as failed
    #[arg(long, value_name = "STEP=redo|fail")]
    resolve: Vec<String>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let resolutions = args.resolve.iter().map(|text| resolution(text)).collect::<Result<Vec<_>, Fault>>()?;
    let (desk, plan, run) = carry::find(session, &args.run)?;
    let (planned, _) = desk.reopen(plan)?;
    let events: Vec<Event> = desk.store.events(&run.id)?.into_iter().map(|stored| stored.event).collect();
    let state = RunState::fold(&planned.compiled.plan, &events);
    let doubts: Vec<(&str, &str)> = state.doubts().collect();
    for (step, _) in &resolutions {
        if !doubts.iter().any(|(doubtful, _)| doubtful == step) {
            return Err(Fault::usage(format!("step `{step}` of run `{}` is not in doubt", run.id)));
        }
    }
    if session.config.require == Require::Terminal && !resolutions.is_empty() {
        let message = "what became of a call is said on a terminal here: `[approval] require = \"terminal\"`";
        return Err(Fault::new(Exit::Refused, message).help("leave `--resolve` out and answer the question"));
    }
    let mut resolved = Vec::new();
    for (step, why) in doubts {
        let named = resolutions.iter().find(|(resolved, _)| resolved == step);
        let (resolution, channel) = match named {
            Some((_, resolution)) => (*resolution, Channel::Argument),
            None => (ask(step, why)?, Channel::Terminal),
        };
        let channel = channel.as_str().to_owned();
        resolved.push(Event::DoubtResolved { step: step.to_owned(), resolution, channel });
    }
    desk.store.append(&run.id, &resolved)?;
    core::execute(session, &desk, &planned, &run)
}

/// Asks a person what became of a call, where there is a terminal.
fn ask(step: &str, why: &str) -> Result<Resolution, Fault> {
    let open = || {
        Fault::new(Exit::InDoubt, format!("it cannot be told whether `{step}` took effect: {why}"))
            .help("look, then say `--resolve STEP=redo` to make the call again, or `--resolve STEP=fail`")
    };
    let terminal = Terminal::open().ok_or_else(open)?;
    let prompt = format!(
        "? {}: {}\n  Look whether it took effect. `redo` makes the call again, `fail` counts it as failed: ",
        inline(step),
        inline(why)
    );
    match line(&terminal, &prompt) {
        Ok(Typed::Line(word)) => match word.as_str() {
            "redo" => Ok(Resolution::Redo),
            "fail" => Ok(Resolution::Fail),
            _ => Err(open()),
        },
        Ok(Typed::Interrupted) => Err(Fault { exit: Exit::Interrupted, ..open() }),
        Ok(Typed::End) | Err(_) => Err(open()),
    }
}

fn resolution(text: &str) -> Result<(String, Resolution), Fault> {
    let wrong = || Fault::usage(format!("`--resolve {text}` is not `STEP=redo` or `STEP=fail`"));
    let (step, word) = text.split_once('=').ok_or_else(wrong)?;
    let resolution = match word {
        "redo" => Resolution::Redo,
        "fail" => Resolution::Fail,
        _ => return Err(wrong()),
    };
    Ok((step.to_owned(), resolution))
}
