//! A call with known arguments ⟶ whether it may be made: by `critical`, by policy, and where that asks by what a person says, or has said before.

use super::call::{nowhere, place_of};
use super::judged::{judged, read_as};
use super::lines::grants;
use super::others::{astray_in, uncovered_in};
use super::simulate::simulate;
use super::{Answer, Question, Recorder, RunSetup, values};
use crate::coverage::{self, Uncovered, changed};
use crate::event::{Event, StandingAnswer};
use crate::journal::StoreError;
use crate::standing::{Here, Terms};
use crate::tool::Args;
use crate::tool::process::Place;
use crate::tool::registry::Implementation;
use crate::veil::{Veil, WHY};
use crate::workspace::Change;
use planc_lang::catalogue::Tool;
use planc_lang::digest::Digest;
use planc_lang::plan::{Call, Step};
use planc_lang::syntax::Approval;
use planc_lang::value::Value;

/// Whether a call may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Permit {
    /// It may.
    Yes,
    /// Never; says why.
    Refused(String),
    /// Somebody must be asked who is not here.
    Waits,
}

/// A call that is about to be made.
#[derive(Clone, Copy)]
pub(crate) struct Made<'a> {
    /// The name of the step, with the element in a block.
    pub(crate) name: &'a str,
    /// The step.
    pub(crate) step: &'a Step,
    /// Its call, or the one that takes it back.
    pub(crate) call: &'a Call,
}

/// Judges a call with known arguments by policy, `critical` and, where policy says so, a person. `answer` is what was
/// answered for this call before.
pub(crate) async fn permit(
    setup: &RunSetup,
    recorder: &Recorder,
    made: Made<'_>,
    args: &[Value],
    answer: Option<&str>,
) -> Result<Permit, StoreError> {
    let tool = &made.call.tool;
    if let Some(uncovered) = coverage::uncovered_touches(&grants(setup, recorder), &tool.touches(args)).first() {
        return Ok(Permit::Refused(uncovered.to_string()));
    }
    if let Some(why) = astray_in(setup, tool, args, None) {
        return Ok(Permit::Refused(why));
    }
    if let Some(uncovered) = uncovered_in(setup, recorder, tool, args, None) {
        return Ok(Permit::Refused(uncovered.to_string()));
    }
    let is_own = std::ptr::eq(made.call, &made.step.call);
    if is_own && let Some(uncovered) = unread(setup, recorder, made, args) {
        return Ok(Permit::Refused(format!("outside text decides what is read here, and {uncovered}")));
    }
    let placed = match setup.registry.get(&tool.name) {
        Some(Implementation::Live(live)) => {
            place_of(setup, live.as_ref(), &Args { tool: tool.clone(), values: args.to_vec() })
        }
        Some(Implementation::Files(_)) | None => None,
    };
    let changes = match setup.config.policy.is_empty() {
        true => Vec::new(),
        false => would_change(setup, made.call, args).await,
    };
    let verdict = judged(setup, tool, args, changed(&changes));
    let decision = match &placed {
        Some(Place::Nowhere(why)) => return Ok(Permit::Refused(nowhere(why))),
        Some(Place::Asked(_)) => stricter(verdict.decision),
        Some(Place::Cell | Place::Open) | None => verdict.decision,
    };
    match decision {
        Approval::Auto => Ok(Permit::Yes),
        Approval::Ask => {
            let asked = Asked {
                effects: values::touches(&tool.touches(&open_args(setup, made.call, args))),
                why: verdict.told(),
                changes: None,
                // A yes that was given for a cell is none for the open.
                may_stand: !matches!(placed, Some(Place::Asked(_))),
            };
            ask(setup, recorder, made, args, answer, asked).await
        }
        Approval::Deny => Ok(Permit::Refused(verdict.phrase(&tool.name))),
    }
}

/// What a step reads that `critical` does not cover, where outside text decides what that is.
fn unread(setup: &RunSetup, recorder: &Recorder, made: Made<'_>, args: &[Value]) -> Option<Uncovered> {
    let plan = &setup.compiled.plan;
    let step = plan.step(&made.step.name)?;
    if !setup.labels.step(step).confined {
        return None;
    }
    let grants = grants(setup, recorder);
    coverage::uncovered_reads(&grants, &made.call.tool.touches(args), |path| read_as(setup, path)).into_iter().next()
}

/// Judges by policy what a program has changed in its copy, before any of it is kept; `critical` was asked already. That it runs
/// was asked before: here somebody asks because of what it has changed, and no yes to the call is one to that. `answer` is
/// what was answered for changes of this call before, with their digest.
pub(crate) async fn permit_changes(
    setup: &RunSetup,
    recorder: &Recorder,
    made: Made<'_>,
    args: &[Value],
    answer: Option<&(Digest, String)>,
    changes: &[Change],
) -> Result<Permit, StoreError> {
    let tool = &made.call.tool;
    let verdict = judged(setup, tool, args, changed(changes));
    if verdict.decision == Approval::Deny {
        return Ok(Permit::Refused(verdict.phrase(&tool.name)));
    }
    let verdict = verdict.asks_beyond(&judged(setup, tool, args, Vec::new()));
    if verdict.decision == Approval::Auto {
        return Ok(Permit::Yes);
    }
    let digest = Digest::of_json(&changes);
    // Another run of the same program may have changed something else.
    let answer = answer.filter(|(of, _)| *of == digest).map(|(_, answer)| answer.as_str());
    let asked = Asked {
        effects: values::touches(&changed(changes)),
        why: verdict.told(),
        changes: Some(digest),
        may_stand: false,
    };
    ask(setup, recorder, made, args, answer, asked).await
}

/// What a question is about.
struct Asked {
    /// What is touched, one phrase each.
    effects: Vec<String>,
    /// Why policy asks.
    why: Vec<String>,
    /// What a program has changed, where it is about that.
    changes: Option<Digest>,
    /// Whether what was approved always answers, and this may be approved so.
    may_stand: bool,
}

/// What a file tool would change now; nothing where that cannot be told, or for any other tool.
async fn would_change(setup: &RunSetup, call: &Call, args: &[Value]) -> Vec<Change> {
    let Some(Implementation::Files(tool)) = setup.registry.get(&call.tool.name) else { return Vec::new() };
    if call.is_read_only() {
        return Vec::new();
    }
    let (setup, tool, args) = (setup.clone(), *tool, Args { tool: call.tool.clone(), values: args.to_vec() });
    let simulated = tokio::task::spawn_blocking(move || simulate(&setup, tool, &args)).await;
    // A call that fails here fails again when it is made, and changes nothing.
    simulated.ok().and_then(Result::ok).map_or_else(Vec::new, |simulated| simulated.changes)
}

async fn ask(
    setup: &RunSetup,
    recorder: &Recorder,
    made: Made<'_>,
    args: &[Value],
    answer: Option<&str>,
    asked: Asked,
) -> Result<Permit, StoreError> {
    let Made { name, step, call } = made;
    let Asked { effects, why, changes, may_stand: may } = asked;
    let tool = call.tool.name.as_str();
    let refused = || match changes {
        Some(_) => Permit::Refused(format!("a person said no to what `{tool}` changed, and none of it was kept")),
        None => Permit::Refused(format!("a person said no to the call of `{tool}`")),
    };
    match answer {
        Some("once" | "always" | STANDING) => return Ok(Permit::Yes),
        Some("no") => return Ok(refused()),
        Some(_) | None => {}
    }
    if may && let Some(standing) = standing(setup, recorder, made, args).await? {
        let answered = Event::CallAnswered {
            step: name.to_owned(),
            answer: STANDING.into(),
            standing: Some(standing),
            changes: None,
        };
        return recorder.record(answered).await.map(|()| Permit::Yes);
    }
    let question = Question {
        step: name.to_owned(),
        tool: tool.to_owned(),
        args: shown_args(setup, made, args),
        effects,
        because: step.because.clone(),
        why: if hides_touches(setup, call, args) { vec![WHY.to_owned()] } else { why },
        definition: call.tool.clone(),
        always: if may { always(setup, made, args) } else { None },
        is_about_changes: changes.is_some(),
    };
    let answered = |answer: &str| Event::CallAnswered {
        step: name.to_owned(),
        answer: answer.to_owned(),
        standing: None,
        changes,
    };
    let mut said = setup.ask.ask(&question).await;
    if let Answer::Always(terms) = &mut said {
        terms.tie(&call.tool, &here(setup));
    }
    match said {
        Answer::Once => recorder.record(answered("once")).await.map(|()| Permit::Yes),
        Answer::Always(terms) if may_stand(setup, made, args, &question, &terms) => {
            let number = recorder.journal().stand(&terms, &setup.by).await?;
            recorder.journal().use_standing(number, &used_by(made)).await?;
            let standing = Some(StandingAnswer {
                number,
                tool: tool.to_owned(),
                terms: terms.to_string(),
                by: setup.by.clone(),
                at: None,
            });
            let answered =
                Event::CallAnswered { step: name.to_owned(), answer: "always".to_owned(), standing, changes };
            recorder.record(answered).await.map(|()| Permit::Yes)
        }
        // It says yes to something else than what was asked.
        Answer::Always(_) => recorder.record(Event::CallWaits { step: name.to_owned() }).await.map(|()| Permit::Waits),
        Answer::No => recorder.record(answered("no")).await.map(|()| refused()),
        Answer::CannotAsk => recorder.record(Event::CallWaits { step: name.to_owned() }).await.map(|()| Permit::Waits),
    }
}

/// The arguments of a call as a person may see them.
fn shown_args(setup: &RunSetup, made: Made<'_>, args: &[Value]) -> Value {
    let named = made.call.tool.named(args);
    let is_undo = !std::ptr::eq(made.call, &made.step.call);
    setup.veil.as_ref().map_or_else(|| named.clone(), |veil| veil.args(made.name, &named, is_undo))
}

/// The arguments of a call without those that a secret decides.
fn open_args(setup: &RunSetup, call: &Call, args: &[Value]) -> Vec<Value> {
    setup.veil.as_ref().map_or_else(|| args.to_vec(), |veil| veil.open_args(call, args))
}

/// Whether a secret decides what a call touches.
fn hides_touches(setup: &RunSetup, call: &Call, args: &[Value]) -> bool {
    call.tool.touches(args) != call.tool.touches(&open_args(setup, call, args))
}

/// The answer that an earlier `always` gives, as it is recorded.
const STANDING: &str = "standing";

/// The standing answer that answers for a call, used up by it.
async fn standing(
    setup: &RunSetup,
    recorder: &Recorder,
    made: Made<'_>,
    args: &[Value],
) -> Result<Option<StandingAnswer>, StoreError> {
    for standing in recorder.journal().standing().await? {
        let covers = standing.revoked.is_none() && covers(setup, &standing.terms, &made.call.tool, args);
        if covers && recorder.journal().use_standing(standing.number, &used_by(made)).await? {
            return Ok(Some(StandingAnswer {
                number: standing.number,
                tool: standing.terms.tool.clone(),
                terms: standing.terms.to_string(),
                by: standing.by,
                at: Some(standing.at),
            }));
        }
    }
    Ok(None)
}

fn covers(setup: &RunSetup, terms: &Terms, tool: &Tool, args: &[Value]) -> bool {
    terms.cover(tool, args, setup.config.policy.scope(), &here(setup))
}

fn here(setup: &RunSetup) -> Here<'_> {
    Here { workspace: &setup.workspace, config: &setup.config }
}

/// The call, as a standing answer remembers its use.
fn used_by(made: Made<'_>) -> String {
    match std::ptr::eq(made.call, &made.step.call) {
        true => made.name.to_owned(),
        false => format!("{} taken back", made.name),
    }
}

/// What `always` means for a call; none where a secret would have to be remembered, or what a file holds with one in it.
fn always(setup: &RunSetup, made: Made<'_>, args: &[Value]) -> Option<Terms> {
    let reaches = |veil: &Veil| veil.reaches_undoing(&made.step.name);
    let is_open =
        shown_args(setup, made, args) == made.call.tool.named(args) && !setup.veil.as_ref().is_some_and(reaches);
    let tool = &made.call.tool;
    let mut terms = Terms::exactly(tool, args, setup.config.policy.scope().cloned());
    terms.tie(tool, &here(setup));
    // A path that ends in a link leads to two places, of which a bound names one.
    (is_open && covers(setup, &terms, tool, args)).then_some(terms)
}

/// Whether terms are about the call that was asked about, and no wider than they may be.
fn may_stand(setup: &RunSetup, made: Made<'_>, args: &[Value], question: &Question, terms: &Terms) -> bool {
    // What it is tied to is what was there when the question was asked.
    let is_asked = question
        .always
        .as_ref()
        .is_some_and(|asked| asked.tool == terms.tool && asked.scope == terms.scope && terms.is_tied_as(asked));
    is_asked && covers(setup, terms, &made.call.tool, args)
}

/// At least a question.
fn stricter(decision: Approval) -> Approval {
    match decision {
        Approval::Auto | Approval::Ask => Approval::Ask,
        Approval::Deny => Approval::Deny,
    }
}
