//! One call: whether it is allowed, and making it, with its limits.

use super::lines::grants;
use super::others::{astray_in, uncovered_in};
use super::surroundings::{Own, at_work, marked, of_others};
use super::{Answer, Question, Recorder, RunSetup, values};
use crate::coverage::{self, Held, Uncovered, changed};
use crate::event::{Event, StandingAnswer};
use crate::journal::StoreError;
use crate::policy::{Moment, Verdict};
use crate::standing::Terms;
use crate::stop::raised;
use crate::tool::pages::{Turn, follow};
use crate::tool::process::{Bound, Place, Ran, Run, Walls, place};
use crate::tool::registry::Implementation;
use crate::tool::{Args, CallContext, FileTool, Future_, LiveTool, ToolError};
use crate::veil::{Veil, WHY};
use crate::workspace::{Change, Observation, Overlay};
use planc_lang::catalogue::Tool;
use planc_lang::conform::check_value;
use planc_lang::digest::Digest;
use planc_lang::effects::Resource;
use planc_lang::plan::{Call, Step};
use planc_lang::syntax::{Approval, EffectVerb};
use planc_lang::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How deep a result may be nested: deeper JSON is not read back from the journal.
pub const MAX_DEPTH: usize = 100;

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

/// The paths that a path stands for: where it leads, and itself where it ends in a link.
pub(crate) fn read_as(setup: &RunSetup, path: &str) -> Vec<String> {
    match setup.workspace.resolve(path) {
        Ok(followed) => vec![followed],
        Err(_) => vec![path.to_owned()],
    }
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

/// What policy says of a call right before it is made: of what it touches as it is written and as links lead now, and of
/// what else is known.
pub(crate) fn judged(setup: &RunSetup, tool: &Tool, args: &[Value], more: Vec<(EffectVerb, Resource)>) -> Verdict {
    let mut touches = touched(setup, held(setup, tool, args));
    touches.extend(more);
    setup.config.policy.decide(tool, args, &touches, Moment::Now)
}

/// A call as policy is held against it.
fn held<'h>(setup: &'h RunSetup, tool: &'h Tool, values: &'h [Value]) -> Held<'h> {
    let is_of_files = matches!(setup.registry.get(&tool.name), Some(Implementation::Files(_)));
    Held { policy: &setup.config.policy, tool, values, is_of_files, workspace: &setup.workspace }
}

fn touched(setup: &RunSetup, held: Held<'_>) -> Vec<(EffectVerb, Resource)> {
    let workspace = &setup.workspace;
    held.touched(|path| vec![workspace.resolve(path).ok(), workspace.resolve_link(path).ok()])
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
        terms.tie(&call.tool, setup.workspace.as_ref());
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
    terms.cover(tool, args, setup.config.mode.scope.as_ref(), setup.workspace.as_ref())
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
    let mut terms = Terms::exactly(tool, args, setup.config.mode.scope.clone());
    terms.tie(tool, setup.workspace.as_ref());
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

/// What carries a tool out.
pub(crate) fn implementation<'s>(setup: &'s RunSetup, tool: &str) -> Result<&'s Implementation, ToolError> {
    setup.registry.get(tool).ok_or_else(|| ToolError::before(format!("nothing here carries out the tool `{tool}`")))
}

/// What a file tool would do to the tree as it is.
#[derive(Debug)]
pub(crate) struct Simulated {
    /// Its result, once the changes are made.
    pub(crate) result: Value,
    /// What it changes.
    pub(crate) changes: Vec<Change>,
    /// Contents before and after.
    pub(crate) contents: BTreeMap<Digest, Arc<[u8]>>,
    /// The paths that it looked at.
    looked: BTreeSet<String>,
}

/// Runs a file tool over the real tree without changing it.
pub(crate) fn simulate(setup: &RunSetup, tool: FileTool, args: &Args) -> Result<Simulated, ToolError> {
    let mut overlay = Overlay::new(setup.workspace.clone());
    let result = tool(args, &mut overlay);
    let held = held(setup, &args.tool, &args.values);
    if let Some(all) = held.beneath(touched(setup, held), overlay.observed()) {
        let verdict = setup.config.policy.decide(&args.tool, &args.values, &all, Moment::Now);
        return Err(ToolError::before(format!("what it reads beneath that: {}", verdict.phrase(&args.tool.name))));
    }
    let result = result?;
    if !result.is_known() {
        return Err(ToolError::before(format!("the result of `{}` is not known", args.tool.name)));
    }
    let looked = overlay.observed().iter().filter_map(|seen| Some(seen.look.at()?.to_owned())).collect();
    let changes = overlay.take_changes();
    Ok(Simulated { result: acceptable(args, result)?, changes, contents: overlay.contents().clone(), looked })
}

/// The same, with whether its changes are made of what others have put there: where it reads any of that, all of them are. What it reads is
/// looked at before and afterwards.
pub(crate) fn simulate_marked(
    setup: &RunSetup,
    own: &Own,
    tool: FileTool,
    args: &Args,
) -> Result<Simulated, ToolError> {
    let first = simulate(setup, tool, args)?;
    if setup.around.is_none() || first.changes.is_empty() {
        return Ok(first);
    }
    let is_content = |path: &String| !setup.workspace.root().join(path).is_dir();
    let reads_others = || {
        let looked = first.looked.iter().filter(|path| is_content(path));
        !of_others(setup, own, looked).is_empty()
    };
    let before = reads_others();
    let Simulated { result, changes, contents, looked } = simulate(setup, tool, args)?;
    let is_of_others = before || looked != first.looked || reads_others();
    let mut changes = marked(setup, own, changes);
    changes.iter_mut().for_each(|change| change.of_others |= is_of_others);
    Ok(Simulated { result, changes, contents, looked })
}

/// What stands against a program that cannot be confined.
fn nowhere(why: &str) -> String {
    format!("programs cannot be confined here, and the operator does not let them run unconfined: {why}")
}

/// At least a question.
fn stricter(decision: Approval) -> Approval {
    match decision {
        Approval::Auto | Approval::Ask => Approval::Ask,
        Approval::Deny => Approval::Deny,
    }
}

/// Where a program runs; none: the tool is no program, or what it runs is not known.
pub(crate) fn place_of(setup: &RunSetup, tool: &dyn LiveTool, args: &Args) -> Option<Place> {
    tool.as_program()?;
    let argv = args.get("argv").as_list()?;
    let argv: Option<Vec<&str>> = argv.iter().map(Value::as_str).collect();
    Some(place(&setup.config, &argv?))
}

/// Runs a program in a cell within its time limit, with what its call is bound to. What it changed there is not in the workspace yet.
pub(crate) async fn call_program(
    setup: &RunSetup,
    tool: &Run,
    walls: &Walls,
    args: &Args,
    given: Vec<Observation>,
    (purpose, timeout_ms): (Purpose<'_>, Option<u64>),
) -> Result<Ran, ToolError> {
    let context = context(setup, args, purpose, timeout_ms);
    let bound = Bound { workspace: setup.workspace.identity()?, given };
    let ran = within_limits(setup, args, &context, Box::pin(tool.sealed(args, &context, walls, bound))).await?;
    Ok(Ran { value: acceptable(args, ran.value)?, observed: ran.observed })
}

/// What a live call is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose<'a> {
    /// To carry out the step of this name.
    Step(&'a str),
    /// To take it back.
    Undo(&'a str),
    /// To look what became of the call of this step.
    Probe(&'a str),
    /// To look, for an assumption or a verification.
    Check,
}

/// A call inside a check stands in no step: what it is known as to the tool.
const IN_CHECK: &str = "check";

impl Purpose<'_> {
    fn step(&self) -> &str {
        match self {
            Purpose::Step(step) | Purpose::Undo(step) | Purpose::Probe(step) => step,
            Purpose::Check => IN_CHECK,
        }
    }

    /// Stands for this call and no other, at every attempt to make it; nothing where the call only reads.
    fn key(self, setup: &RunSetup, args: &Args) -> Option<String> {
        let (step, role) = match self {
            Purpose::Step(step) => (step, "do"),
            Purpose::Undo(step) => (step, "undo"),
            Purpose::Probe(_) | Purpose::Check => return None,
        };
        let touches = args.tool.touches(&args.values);
        let only_reads = touches.iter().all(|(verb, _)| *verb == EffectVerb::Reads);
        if only_reads && !args.tool.effects.tell_by_result() {
            return None;
        }
        let of = Digest::of_json(&(&setup.digest, &setup.run, step, role)).hex();
        Some(format!("planc-{}", &of[..32]))
    }
}

/// Makes a live call within its time limit. A tool that neither answers nor ends in time is given up, in doubt.
pub(crate) async fn call_live(
    setup: &RunSetup,
    tool: &dyn LiveTool,
    args: &Args,
    purpose: Purpose<'_>,
    timeout_ms: Option<u64>,
) -> Result<Value, ToolError> {
    match place_of(setup, tool, args) {
        // Whoever calls a program has to look at what it changed.
        Some(Place::Cell) => return Err(ToolError::before("a program that is confined is run in a cell")),
        Some(Place::Nowhere(why)) => return Err(ToolError::before(nowhere(&why))),
        Some(Place::Open | Place::Asked(_)) | None => {}
    }
    let context = &context(setup, args, purpose, timeout_ms);
    let one = |args: Args, turn: Turn| -> Future_<'_, Result<Value, ToolError>> {
        Box::pin(async move {
            if turn == Turn::Further && !paced(setup, &args.tool).await? {
                return Err(ToolError::before(format!("`{}` was ended between two pages", args.tool.name)));
            }
            // A program of the plan may have made a link since the call was permitted, and so may anybody else.
            if let Some(why) = astray_in(setup, &args.tool, &args.values, None) {
                return Err(ToolError::before(why));
            }
            within_limits(setup, &args, context, tool.call(&args, context)).await
        })
    };
    at_work(setup, tool, args, follow(args, &one)).await.and_then(|value| acceptable(args, value))
}

/// Waits until a call of the tool may be made; whether nobody has asked to stop meanwhile.
pub(crate) async fn paced(setup: &RunSetup, tool: &Tool) -> Result<bool, ToolError> {
    if tool.limit.is_none() {
        return Ok(true);
    }
    tokio::select! {
        waited = setup.registry.pace().wait(tool) => waited.map(|()| true),
        () = raised(setup.stop.stopping()) => Ok(false),
    }
}

fn context(setup: &RunSetup, args: &Args, purpose: Purpose<'_>, timeout_ms: Option<u64>) -> CallContext {
    CallContext {
        workspace: setup.workspace.root().to_owned(),
        timeout: timeout_ms.map_or(super::DEFAULT_TIMEOUT, Duration::from_millis),
        kill: setup.stop.kill(),
        run: setup.run.clone(),
        step: purpose.step().to_owned(),
        idempotency_key: purpose.key(setup, args),
        pass_env: setup.config.pass_env.clone(),
    }
}

/// Waits for a call; one that neither answers nor ends in time is given up, in doubt.
async fn within_limits<T>(
    setup: &RunSetup,
    args: &Args,
    context: &CallContext,
    call: Future_<'_, Result<T, ToolError>>,
) -> Result<T, ToolError> {
    let killed = async {
        raised(setup.stop.kill()).await;
        setup.clock.sleep(setup.grace).await;
    };
    let gave_up = |why: String| Err(ToolError::in_doubt(format!("`{}` {why}", args.tool.name)));
    tokio::select! {
        outcome = call => outcome,
        () = setup.clock.sleep(context.timeout + setup.grace) => gave_up(format!("did not end within {:?}", context.timeout)),
        () = killed => gave_up("did not end when it was told to".into()),
    }
}

/// A result that has the declared type, and that the journal can give back.
pub(crate) fn acceptable(args: &Args, value: Value) -> Result<Value, ToolError> {
    let tool = &args.tool.name;
    if depth(&value) > MAX_DEPTH {
        return Err(ToolError::done(format!("the result of `{tool}` is nested deeper than {MAX_DEPTH} levels")));
    }
    match check_value(&value, &args.tool.result) {
        Ok(()) => Ok(value),
        Err(misfit) => Err(ToolError::done(format!("the result of `{tool}` is not of its type: {misfit}"))),
    }
}

/// How many lists and records lie within each other.
fn depth(value: &Value) -> usize {
    let mut deepest = 0;
    let mut open = vec![(value, 0)];
    while let Some((value, level)) = open.pop() {
        deepest = deepest.max(level);
        match value {
            Value::List(items) => open.extend(items.iter().map(|item| (item, level + 1))),
            Value::Record(record) => open.extend(record.iter().map(|(_, item)| (item, level + 1))),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Formed(_)
            | Value::Unknown(_) => {}
        }
    }
    deepest
}

/// The time limit of a step's call, in milliseconds.
pub(crate) fn timeout_of(step: &Step) -> Option<u64> {
    step.timeout_ms.or(step.call.tool.timeout_ms)
}
