//! `planc resume`: a run that stopped ⟶ carried on. What is in doubt is resolved by a person first.

use super::carry;
use super::core;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::event::{Event, Resolution};
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
    let doubts: Vec<&str> = state.doubts().map(|(step, _)| step).collect();
    for (step, _) in &resolutions {
        if !doubts.contains(&step.as_str()) {
            return Err(Fault::usage(format!("step `{step}` of run `{}` is not in doubt", run.id)));
        }
    }
    let open = doubts.iter().find(|step| !resolutions.iter().any(|(resolved, _)| resolved == *step));
    if let Some(step) = open {
        return Err(Fault::new(Exit::InDoubt, format!("it cannot be told whether `{step}` took effect"))
            .help("look, then say `--resolve STEP=redo` to make the call again, or `--resolve STEP=fail`"));
    }
    let resolved: Vec<Event> = resolutions
        .into_iter()
        .map(|(step, resolution)| Event::DoubtResolved { step, resolution, channel: "argument".to_owned() })
        .collect();
    desk.store.append(&run.id, &resolved)?;
    core::execute(session, &desk, &planned, &run)
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
