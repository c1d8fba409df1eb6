//! `planc resume`: a run that stopped ⟶ carried on. What is in doubt is resolved by a person first.

use super::carry;
use super::core::{self, Terms};
use super::deadline::DeadlineArgs;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::terminal::{Terminal, Typed, line};
use super::undo::agreed;
use crate::approval::{Channel, no_yes_overrides};
use crate::event::{End, Event, Resolution};
use crate::executor;
use crate::render::text::{inline, shell_word};
use crate::run::{CannotAsk, Deadline};
use crate::state::{RunState, UndoState};
use crate::stop::Stop;
use planc_lang::plan::Plan;
use planc_lang::value::Value;
use std::sync::Arc;

/// Arguments of `planc resume`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run; the beginning of its name is enough
    run: String,
    /// What became of a call in doubt: `redo` makes it again, `fail` counts it as failed, `done:JSON` goes on with this result
    #[arg(long, value_name = "STEP=redo|fail|done:JSON")]
    resolve: Vec<String>,
    #[command(flatten)]
    deadline: DeadlineArgs,
}

/// A call of which a person has to say what became of it.
struct Doubt<'s> {
    step: &'s str,
    /// Why it is not known.
    why: &'s str,
    /// What may be said, and what that means.
    choices: &'static [Choice],
}

/// What a person says of a call.
#[derive(Clone)]
struct Said {
    resolution: Resolution,
    /// With `done`: what it gave.
    result: Option<Value>,
}

/// An answer and what follows from it.
type Choice = (Resolution, &'static str, &'static str);

/// A step of a run that goes on.
const STEP: &[Choice] = &[
    (Resolution::Redo, "redo", "makes the call again"),
    (Resolution::Fail, "fail", "counts it as failed"),
    (Resolution::Done, DONE, "goes on with this result of it"),
];

/// The word for a call that took effect, before its result.
const DONE: &str = "done:JSON";

/// A step of a run that is being taken back: nothing is made again.
const STEP_TAKEN_BACK: &[Choice] = &[(Resolution::Fail, "fail", "counts it as failed with its effect done")];

/// A call that takes a step back.
const UNDO_CALL: &[Choice] = &[
    (Resolution::Redo, "redo", "makes the undo call again"),
    (Resolution::Fail, "fail", "does not, and takes back the rest"),
];

/// Who is asked first what became of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    /// The probe of its tool, where it has one.
    Probe,
    /// A person: the probe did not tell.
    Person,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let resolutions = args.resolve.iter().map(|text| resolution(text)).collect::<Result<Vec<_>, Fault>>()?;
    let deadline = args.deadline.read(session)?;
    go_on(session, &args.run, (&resolutions, First::Probe), deadline)
}

fn go_on(
    session: &Session,
    run: &str,
    (resolutions, first): (&[(String, Said)], First),
    deadline: Option<Deadline>,
) -> Result<Exit, Fault> {
    let (desk, plan, run) = carry::find(session, run)?;
    desk.require_execute()?;
    let (planned, _) = desk.reopen(plan)?;
    let plan = &planned.compiled.plan;
    let events: Vec<Event> = desk.store.events(&run.id)?.into_iter().map(|stored| stored.event).collect();
    let state = RunState::fold(plan, &events);
    let report = &planned.plan.report;
    let against: Vec<String> = no_yes_overrides(report).map(|problem| inline(&problem.message)).collect();
    if !state.has_begun() && !against.is_empty() {
        let why = against.join("; ");
        let exit = carry::blocked(report).unwrap_or(Exit::PlanErrors);
        let fault = Fault::new(exit, format!("run `{}` cannot begin, and nobody can approve it: {why}", run.id));
        return Err(fault.help("once that is mended, `planc plan FILE` looks at the world anew"));
    }
    let doubts = doubts(plan, &state);
    for (step, Said { resolution, .. }) in resolutions {
        let Some(doubt) = doubts.iter().find(|doubt| doubt.step == step) else {
            return Err(Fault::usage(format!("step `{step}` of run `{}` is not in doubt", run.id)));
        };
        if !doubt.choices.iter().any(|(choice, _, _)| choice == resolution) {
            let message = format!("step `{step}` is not made again: taking back run `{}` has begun", run.id);
            return Err(Fault::usage(message).help(format!("say `--resolve {step}=fail`: {}", doubt.follows())));
        }
    }
    if session.config.approval.wants_terminal() && !resolutions.is_empty() {
        let message = "what became of a call is said on a terminal here: `[approval] require = \"terminal\"`";
        return Err(Fault::new(Exit::Refused, message).help("leave `--resolve` out and answer the question"));
    }
    let mut resolved = Vec::new();
    let mut left_to_probes = false;
    for doubt in &doubts {
        let named = resolutions.iter().find(|(resolved, _)| resolved == doubt.step);
        let (said, channel) = match named {
            Some((_, said)) => (said.clone(), Channel::Argument),
            None if first == First::Probe && has_probe(plan, &state, doubt.step) => {
                left_to_probes = true;
                continue;
            }
            None => (ask(doubt)?, Channel::Terminal),
        };
        let Said { resolution, result } = said;
        if let Some(result) = &result {
            let setup = desk.setup(&run, &planned, Arc::new(CannotAsk), Stop::new(), None)?;
            if let Some(why) = executor::unfit(setup, state.clone(), doubt.step, result) {
                let message = format!("the run cannot go on with this result of step `{}`: {why}", doubt.step);
                return Err(Fault::usage(message).help(doubt.follows()));
            }
        }
        let (step, channel) = (doubt.step.to_owned(), channel.as_str().to_owned());
        resolved.push(Event::DoubtResolved { step, resolution, result, channel });
    }
    let journal = desk.store.journal(&run.id);
    let journal = if planned.plan.secret { journal.sealed() } else { journal };
    journal.append(&resolved)?;
    match state.undo {
        // What a failure asked for keeps the end of the run.
        UndoState::Started if doubts.is_empty() && matches!(state.end, Some(End::Failed | End::Refused)) => {
            core::execute(session, &desk, &planned, &run, Terms { deadline, yes: None })
        }
        UndoState::Started | UndoState::Partial => {
            agreed(session, &desk, &planned, &state)?;
            core::take_back(session, &desk, &planned, &run)
        }
        UndoState::No | UndoState::Complete => {
            match core::execute(session, &desk, &planned, &run, Terms { deadline, yes: None })? {
                // Somebody is here who may know what the probes did not tell.
                Exit::InDoubt if left_to_probes && Terminal::open().is_some() => {
                    go_on(session, &run.id, (&[], First::Person), None)
                }
                exit => Ok(exit),
            }
        }
    }
}

/// Whether a step in doubt has something else to ask than a person, now that it is not being taken back.
fn has_probe(plan: &Plan, state: &RunState, step: &str) -> bool {
    let instance = state.step(step).and_then(|record| record.instance);
    state.undo == UndoState::No && instance.is_some_and(|instance| plan.get(instance.step).call.tool.probe.is_some())
}

/// Everything in doubt. An undo call that may be made twice simply is made again.
fn doubts<'s>(plan: &Plan, state: &'s RunState) -> Vec<Doubt<'s>> {
    let idempotent = |step: &str| {
        let instance = state.step(step).and_then(|record| record.instance);
        let call = instance.and_then(|instance| plan.get(instance.step).undo.as_deref());
        call.is_some_and(|call| call.tool.idempotent)
    };
    let choices = match state.undo {
        UndoState::No => STEP,
        UndoState::Started | UndoState::Partial | UndoState::Complete => STEP_TAKEN_BACK,
    };
    // An answer belongs to the undo call where both are open.
    let undo: Vec<&str> = state.undo_doubts().filter(|step| !idempotent(step)).collect();
    let of_steps = state.doubts().filter(|(step, _)| !undo.contains(step));
    let of_steps = of_steps.map(|(step, why)| Doubt { step, why, choices });
    let why = "its undo call was cut off, and it is not known whether that took effect";
    let of_undo = undo.iter().map(|step| Doubt { step, why, choices: UNDO_CALL });
    of_steps.chain(of_undo).collect()
}

impl Doubt<'_> {
    /// What each answer does, as a sentence goes on.
    fn follows(&self) -> String {
        let each: Vec<String> = self.choices.iter().map(|(_, word, does)| format!("`{word}` {does}")).collect();
        each.join(", ")
    }
}

/// Asks a person what became of a call, where there is a terminal.
fn ask(doubt: &Doubt<'_>) -> Result<Said, Fault> {
    let Doubt { step, why, choices } = doubt;
    let open = || {
        Fault::new(Exit::InDoubt, format!("it cannot be told what became of `{step}`: {why}")).help(format!(
            "look, then say `--resolve {}=ANSWER`: {}",
            shell_word(step),
            doubt.follows()
        ))
    };
    let terminal = Terminal::open().ok_or_else(open)?;
    let prompt = format!("? {}: {}\n  Look whether it took effect. {}: ", inline(step), inline(why), doubt.follows());
    match line(&terminal, &prompt) {
        Ok(Typed::Line(typed)) => {
            let said = said(&typed).filter(|said| choices.iter().any(|(choice, _, _)| *choice == said.resolution));
            said.ok_or_else(open)
        }
        Ok(Typed::Interrupted) => Err(Fault { exit: Exit::Interrupted, ..open() }),
        Ok(Typed::End) | Err(_) => Err(open()),
    }
}

fn resolution(text: &str) -> Result<(String, Said), Fault> {
    let wrong = || {
        let message = format!("`--resolve {text}` is not `STEP=redo`, `STEP=fail` or `STEP=done:JSON`");
        Fault::usage(message)
            .help("the JSON of `done` is the whole result of the call, as `planc tools TOOL` describes it")
    };
    let (step, word) = text.split_once('=').ok_or_else(wrong)?;
    Ok((step.to_owned(), said(word).ok_or_else(wrong)?))
}

/// What is said with a word, and the result behind `done:`.
fn said(word: &str) -> Option<Said> {
    let (resolution, result) = match word.split_once(':') {
        Some(("done", json)) => (Resolution::Done, Some(serde_json::from_str(json).ok()?)),
        Some(_) => return None,
        None if word == "redo" => (Resolution::Redo, None),
        None if word == "fail" => (Resolution::Fail, None),
        None => return None,
    };
    Some(Said { resolution, result })
}
