//! The events of a run, one by one, against what was approved: what was done without it, and what has no foundation.

use super::attempts::{Attempts, FILES};
use super::bound::{BoundPart, ProgramsPart, Standing, of_name};
use super::ended;
use super::order::{Order, YES};
use super::turns;
use super::unseen::{Given, Met};
use crate::approval::Channel;
use crate::coverage::{There, unallowed};
use crate::event::{Event, StandingAnswer};
use crate::prediction::{Elements, Prediction};
use crate::report::{PlanReport, StepReport};
use crate::schedule::is_repeatable;
use crate::seal::Sealer;
use crate::state::{RunState, StepRecord, StepState, UndoCall, UndoState};
use crate::tool::process::NAME;
use crate::veil::Veil;
use crate::workspace::{Change, FileState, Look, Observation};
use planc_lang::compile::Compiled;
use planc_lang::conform::check_value;
use planc_lang::digest::Digest;
use planc_lang::eval::{Env, NoCalls, eval_args};
use planc_lang::grants::Grants;
use planc_lang::paths::within;
use planc_lang::plan::{Call, Plan, Step, StepId, base_name};
use planc_lang::releases;
use planc_lang::secrets::Secrets;
use planc_lang::syntax::{Approval, EffectVerb};
use planc_lang::value::{Value, is_wholly_known};
use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Display;
use std::sync::Arc;

/// The tool whose call says all that is in a file, and the parameters that do, and whether a new one may be executed.
const WRITTEN: (&str, &str, &str) = ("fs.write", "text", "executable");

/// How many links a path goes by, as the workspace follows them.
const MAX_LINKS: usize = 40;

/// What was found.
pub(super) struct History {
    /// What was done that was not approved.
    pub(super) unapproved: Vec<String>,
    /// Results that are not of their type, or come from no call.
    pub(super) unfounded: Vec<String>,
    /// Where the run stands in the end.
    pub(super) state: RunState,
}

/// What events are held against.
struct Ground<'a> {
    plan: &'a Plan,
    digest: Digest,
    deed: Digest,
    calls: HashMap<&'a str, Prediction>,
    given: Given<'a>,
    /// What may be changed, where all lines were known when it was approved.
    grants: Option<Grants<'a>>,
    standing: Standing,
    /// What is secret: it is bound as commitments.
    veil: Option<Veil>,
    programs: Option<&'a ProgramsPart>,
    /// The steps of which the report says that policy asks about their calls.
    asked: HashSet<&'a str>,
    reproduced: HashMap<&'a str, &'a [Change]>,
    /// Whether blocks run and how many elements they have, where that was known.
    blocks: HashMap<&'a str, Prediction>,
    /// What was seen at paths.
    seen: HashMap<&'a str, &'a str>,
    /// The links among it, and where they lead.
    links: HashMap<&'a str, &'a str>,
}

impl History {
    pub(super) fn walk(
        compiled: &Arc<Compiled>,
        (bound, report): (&BoundPart, &PlanReport),
        (digest, deed): (Digest, Digest),
        (events, standing): (&[Event], Standing),
        sealer: Option<&Sealer>,
    ) -> History {
        let plan = &compiled.plan;
        let prediction = |(step, when, args, undo): &(String, Option<bool>, Value, Value)| Prediction {
            when: *when,
            args: args.clone(),
            undo: undo.clone(),
            ..Prediction::of_step(step)
        };
        let findings = bound.findings.as_ref();
        let found = findings.iter().flat_map(|found| &found.calls).map(|call| (call.0.as_str(), prediction(call)));
        let calls = match standing {
            Standing::Recorded => found.collect(),
            Standing::Shown => of_text(plan, bound),
        };
        let veil = sealer.map(|sealer| Veil::new(compiled.clone(), Secrets::of(plan), &[], sealer));
        let reproduced = findings.iter().flat_map(|found| &found.reproduced);
        let given = Given::new(plan, bound);
        let are_known = bound.critical.iter().all(is_wholly_known);
        let ground = Ground {
            plan,
            digest,
            deed,
            calls,
            grants: given.grants(&RunState::of(plan)).filter(|_| are_known),
            given,
            standing,
            veil,
            programs: bound.programs.as_ref(),
            // Which arguments were known is told of no plan with secrets.
            asked: report.all_steps().filter(|_| bound.found.is_none()).filter_map(asked).collect(),
            reproduced: reproduced.map(|(step, changes)| (step.as_str(), changes.as_slice())).collect(),
            blocks: findings.iter().flat_map(|found| &found.blocks).map(block).collect(),
            seen: findings.iter().flat_map(|found| &found.observations).filter_map(at).collect(),
            links: findings.iter().flat_map(|found| &found.observations).filter_map(link).collect(),
        };
        let mut history = History { unapproved: Vec::new(), unfounded: Vec::new(), state: RunState::of(plan) };
        let (mut order, mut attempts) = (Order::default(), Attempts::default());
        for event in events {
            if standing == Standing::Recorded {
                let (unapproved, unfounded) = ground.unlike_records(event, &history.state);
                history.unapproved.extend(unapproved);
                history.unfounded.extend(unfounded);
            }
            history.unapproved.extend(ground.unapproved(event, &history.state));
            history.unapproved.extend(ended::faults(plan, event, &history.state, &order));
            history.unapproved.extend(turns::faults(plan, event, &history.state));
            history.unapproved.extend(attempts.take(plan, event, &history.state));
            history.unapproved.extend(order.take(plan, event, &history.state, standing));
            history.unfounded.extend(ground.unfounded(event, &history.state));
            history.state.apply(event);
        }
        history
    }
}

/// What is known of each call from the text and the inputs that are no secrets, as it may be shown: who does not open what was found
/// knows no more.
fn of_text<'p>(plan: &'p Plan, bound: &BoundPart) -> HashMap<&'p str, Prediction> {
    let mut env = Env::new(plan, bound.open_inputs(plan));
    for (index, _) in releases::all(plan) {
        env.pin_let(index, Value::Unknown(plan.lets[index].value.ty.clone()));
    }
    let secrets = Secrets::of(plan);
    let mut args = |call: &Call| {
        let values = eval_args(call, &mut env, &mut NoCalls).ok()?;
        Some(secrets.shown_args(plan, call, &call.tool.named(&values)))
    };
    let call = |step: &'p Step| {
        let nothing = Prediction::of_step(&step.name);
        let undo = step.undo.as_deref().and_then(&mut args).unwrap_or(nothing.undo);
        (
            step.name.as_str(),
            Prediction { args: args(&step.call).unwrap_or(nothing.args), undo, ..Prediction::of_step(&step.name) },
        )
    };
    plan.steps.iter().map(call).collect()
}

impl<'a> Ground<'a> {
    /// The step that a name like `flag` or `flag[3]` stands for.
    fn step(&self, name: &str) -> Option<&'a Step> {
        of_name(self.plan, name).map(|id| self.plan.get(id))
    }

    fn call(&self, name: &str) -> Option<&Prediction> {
        self.calls.get(name).or_else(|| self.calls.get(base_name(name)))
    }

    /// Arguments as they are bound.
    fn bound_args(&self, step: &str, args: &Value, undo: bool) -> Value {
        self.veil.as_ref().map_or_else(|| args.clone(), |veil| veil.bound_args(step, args, undo))
    }

    /// How a result is not of its type, where that may be told.
    fn misfit(&self, name: &str, misfit: impl Display) -> String {
        let mut words = misfit.to_string();
        self.veil.iter().for_each(|veil| veil.hide_why(name, &mut words));
        words
    }

    /// What does not follow from what is recorded: what was done, and what is said to have come of it.
    fn unlike_records(&self, event: &Event, state: &RunState) -> (Vec<String>, Vec<String>) {
        let given = &self.given;
        let met = |name| Met { name, expected: self.call(name), state };
        let met_block = |name| Met { name, expected: self.blocks.get(name), state };
        match event {
            Event::StepStarted { step, args, .. } => (given.began(&met(step), args), Vec::new()),
            Event::StepSkipped { step, .. } => (given.left_out(&met(step)), Vec::new()),
            Event::EachStarted { each, elements } => (given.opened(&met_block(each), Some(*elements)), Vec::new()),
            Event::EachSkipped { each, .. } => (given.opened(&met_block(each), None), Vec::new()),
            Event::EachEnded { each } => {
                given.closed(each, state);
                (Vec::new(), Vec::new())
            }
            Event::UndoCallStarted { step, args, .. } => (given.undo_began(&met(step), args), Vec::new()),
            Event::GateAnswered { step, shown, .. } => {
                (given.not_shown(step, shown, state).into_iter().collect(), Vec::new())
            }
            Event::StepSucceeded { step, result, .. } | Event::DoubtResolved { step, result: Some(result), .. } => {
                (Vec::new(), given.unmet(step, result, state))
            }
            Event::VerificationHeld { text } => {
                (Vec::new(), given.other_outcome(text, true, state).into_iter().collect())
            }
            Event::VerificationFailed { text, .. } => {
                (Vec::new(), given.other_outcome(text, false, state).into_iter().collect())
            }
            Event::Ended { end, outputs } => (Vec::new(), given.other_outputs(*end, outputs, state)),
            _ => (Vec::new(), Vec::new()),
        }
    }

    fn unapproved(&self, event: &Event, state: &RunState) -> Vec<String> {
        if let Event::Approved { approval } = event
            && let Some(other) = approval.all().find(|yes| !yes.is_for(self.digest, self.deed))
        {
            return vec![format!("the yes is to {}, not to {}", other.digest, self.digest)];
        }
        if let Event::Approved { approval } = event {
            let other = approval.all().filter(|yes| Channel::parse(&yes.channel).is_none());
            return other.map(|yes| format!("the yes came by `{}`, by which none comes", yes.channel)).collect();
        }
        if let Event::CallAnswered { step: name, standing: Some(standing), .. } = event {
            return self.answered(name, standing);
        }
        if let Event::StepStarted { step: name, args, changes, .. } = event {
            let mut faults = self.started(name, args, state);
            faults.extend(self.unanswered(name, state));
            faults.extend(self.uncovered(name, changes, state));
            faults.extend(self.unlike_call(name, args, changes));
            faults.extend(self.unmade(name, args, changes, state));
            faults.extend(self.elsewhere(name, args, changes, state));
            return faults;
        }
        if let Event::EachStarted { each, .. } | Event::EachSkipped { each, .. } = event {
            let elements =
                if let Event::EachStarted { elements, .. } = event { Some(*elements as usize) } else { None };
            let of_block = |block: &Prediction| block.another_block(elements.is_some(), elements);
            let other = self.blocks.get(each.as_str()).map(of_block).unwrap_or_default();
            let what = format!("block `{each}`");
            return other.into_iter().map(|(expected, found)| differs(&what, &expected, &found)).collect();
        }
        if let Event::StepSkipped { step: name, .. } = event {
            let other = self.call(name).map(|call| call.another_call(false, None)).unwrap_or_default();
            let what = format!("step `{name}`");
            return other.into_iter().map(|(expected, found)| differs(&what, &expected, &found)).collect();
        }
        if let Event::StepObserved { step: name, changes, .. } = event {
            return self.observed(name, changes, state);
        }
        if let Event::UndoCallStarted { step: name, tool, args } = event {
            return self.undone(name, tool, args);
        }
        if let Event::UndoCallObserved { step: name, changes } = event {
            return self.undo_observed(name, changes, state);
        }
        Vec::new()
    }

    /// A standing answer is about a tool, and answers for calls of that alone.
    fn answered(&self, name: &str, standing: &StandingAnswer) -> Vec<String> {
        let tools =
            |step: &Step| [Some(&step.call), step.undo.as_deref()].map(|call| call.map(|call| call.tool.name.clone()));
        let is_own = self.step(name).is_some_and(|step| tools(step).contains(&Some(standing.tool.as_str().into())));
        let StandingAnswer { number, tool, .. } = standing;
        (!is_own)
            .then(|| format!("standing answer {number} is about `{tool}`, not about step `{name}`"))
            .into_iter()
            .collect()
    }

    /// Whether a call is one of a program that reached nothing but its copy of the workspace.
    fn sealed(&self, step: &Step, args: &Value) -> bool {
        let argv = args.get("argv").and_then(Value::as_list);
        let argv: Option<Vec<&str>> = argv.and_then(|words| words.iter().map(Value::as_str).collect());
        let programs = self.programs.filter(|_| step.call.tool.name == NAME);
        programs.zip(argv).is_some_and(|(programs, argv)| programs.sealed(self.plan, &argv))
    }

    /// What a program changed, which is made once this is recorded.
    fn observed(&self, name: &str, changes: &[Change], state: &RunState) -> Vec<String> {
        let is_running = |record: &StepRecord| matches!(record.state, StepState::Running { result: None, .. });
        let began = state.step(name).is_some_and(is_running);
        let mut faults: Vec<String> =
            (!began).then(|| format!("step `{name}` has changes, and no call of it had begun")).into_iter().collect();
        if self.reproduced.get(name).is_some_and(|bound| *bound != changes) {
            faults.push(format!("step `{name}` changed something else than it had to"));
        }
        faults.extend(self.uncovered(name, changes, state));
        faults
    }

    /// What an undo call changed, which is made once this is recorded.
    fn undo_observed(&self, name: &str, changes: &[Change], state: &RunState) -> Vec<String> {
        let began = state.step(name).is_some_and(|record| record.undo_call == UndoCall::Started);
        let unbegun = (!began).then(|| format!("the undo call of step `{name}` has changes, and it had not begun"));
        unbegun.into_iter().chain(self.uncovered(name, changes, state)).collect()
    }

    /// The changes that no line of `critical` allows.
    fn uncovered(&self, name: &str, changes: &[Change], state: &RunState) -> Vec<String> {
        if changes.is_empty() {
            return Vec::new();
        }
        let now = if self.grants.is_some() { None } else { self.given.grants(state) };
        let grants = self.grants.as_ref().or(now.as_ref());
        let uncovered = grants.map(|grants| unallowed(grants, changes, |_| There::Nothing)).unwrap_or_default();
        uncovered.iter().map(|uncovered| format!("step `{name}`: {uncovered}")).collect()
    }

    /// Changes that no such call makes: of one that only reads any, and of one that says all that is in a file other contents, or a new
    /// file with another mode.
    fn unlike_call(&self, name: &str, args: &Value, changes: &[Change]) -> Vec<String> {
        let Some(step) = self.step(name).filter(|_| self.standing == Standing::Recorded) else { return Vec::new() };
        let text = args.get(WRITTEN.1).and_then(Value::as_str).filter(|_| step.call.tool.name == WRITTEN.0);
        let written = text.map(|text| (Digest::of(text.as_bytes()), text.len() as u64));
        let is_executable = args.get(WRITTEN.2).is_some_and(|executable| *executable == Value::Bool(true));
        let new = if is_executable { 0o755 } else { 0o644 };
        let is_other = |change: &&Change| match (&change.after, written) {
            _ if step.call.is_read_only() => true,
            (FileState::File { digest, bytes, mode }, Some(written)) => {
                (*digest, *bytes) != written || change.before == FileState::Absent && *mode != new
            }
            (FileState::Absent | FileState::Link { .. } | FileState::Other, Some(_)) => true,
            (FileState::Directory { .. }, Some(_)) | (_, None) => false,
        };
        let other = changes.iter().filter(is_other);
        other.map(|change| format!("step `{name}` changed `{}` as its call does not", change.path)).collect()
    }

    /// That `fs.write` left a file as it was which did not hold its text, where planc has looked right before that it was as it is recorded.
    fn unmade(&self, name: &str, args: &Value, changes: &[Change], state: &RunState) -> Option<String> {
        let id = of_name(self.plan, name).filter(|id| self.plan.get(*id).call.tool.name == WRITTEN.0)?;
        let (path, text) = (args.get("path")?.as_str()?, args.get(WRITTEN.1)?.as_str()?);
        let bound = self.call(name).and_then(|call| call.args.get("path")?.as_str());
        let is_made = changes.iter().any(|change| matches!(change.after, FileState::File { .. }));
        if is_made || bound != Some(path) || self.standing == Standing::Shown || !self.is_foreseen_before(id) {
            return None;
        }
        let left = state.left_at(path).map(|(_, change)| change.after.to_string());
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        let nothing = FileState::Absent.to_string();
        let is_below_nothing = above.filter_map(|above| self.seen.get(above)).any(|seen| *seen == nothing);
        let there = left.as_deref().or_else(|| self.seen.get(path).copied());
        let there = there.or(is_below_nothing.then_some(nothing.as_str()))?;
        let is_link = there.starts_with("link");
        let holds = there.ends_with(&Digest::of(text.as_bytes()).to_string());
        (!is_link && !holds).then(|| format!("step `{name}` wrote `{path}`, and no change of it is recorded"))
    }

    /// Whether the dry run knew what all that may come before a step does to files, so that it said what the step finds.
    fn is_foreseen_before(&self, id: StepId) -> bool {
        let each = self.plan.get(id).each;
        let is_before = |other: &StepId| *other < id || each.is_some() && self.plan.get(*other).each == each;
        self.plan.step_ids().filter(is_before).map(|other| self.plan.get(other)).all(|step| {
            let mut calls = self.calls.iter().filter(|(name, _)| base_name(name) == step.name).map(|(_, call)| call);
            step.is_read_only()
                || step.is_gate
                || step.call.tool.catalogue() == FILES
                    && calls.all(|call| call.when.is_some() && is_wholly_known(&call.args))
        })
    }

    /// Changes at another path than the one that `fs.write` names, or to which the links lead that were seen or that the run made. Where
    /// nobody has recorded which links there are, because the path was not known or something acted in the open, it is not told.
    fn elsewhere(&self, name: &str, args: &Value, changes: &[Change], state: &RunState) -> Vec<String> {
        let is_written = self.step(name).is_some_and(|step| step.call.tool.name == WRITTEN.0);
        let bound = self.call(name).and_then(|call| call.args.get("path")?.as_str());
        let path = args.get("path").and_then(Value::as_str).filter(|path| is_written && bound == Some(path));
        let Some(path) = path.filter(|_| self.standing == Standing::Recorded && self.is_all_recorded()) else {
            return Vec::new();
        };
        let is_at = |path: &str, change: &Change| match change.after {
            FileState::Directory { .. } => within(path, &change.path),
            FileState::Absent | FileState::File { .. } | FileState::Link { .. } | FileState::Other => {
                change.path == path
            }
        };
        // What the run has made is looked for only where it matters.
        if self.links.is_empty() && changes.iter().all(|change| is_at(path, change)) {
            return Vec::new();
        }
        let path = led(path, |at| match state.left_at(at).map(|(_, change)| &change.after) {
            Some(FileState::Link { target }) => Some(target.clone()),
            Some(_) => None,
            None => self.links.get(at).map(|target| (*target).to_owned()),
        });
        let other = changes.iter().filter(|change| !is_at(&path, change));
        other.map(|change| format!("step `{name}` changed `{}` as its call does not", change.path)).collect()
    }

    /// Whether all that the steps of the plan change in the workspace is recorded.
    fn is_all_recorded(&self) -> bool {
        self.plan.steps.iter().all(|step| {
            let args = self.call(&step.name).map(|call| &call.args);
            step.call.is_read_only()
                || step.is_gate
                || step.call.tool.catalogue() == FILES
                || args.is_some_and(|args| self.sealed(step, args))
        })
    }

    fn undone(&self, name: &str, tool: &str, args: &Value) -> Vec<String> {
        let Some(undo) = self.step(name).and_then(|step| step.undo.as_deref()) else {
            return vec![format!("step `{name}` has no undo call")];
        };
        if *undo.tool.name != *tool {
            return vec![format!("the undo call of step `{name}` was made of `{tool}`, not of `{}`", undo.tool.name)];
        }
        let of_call = |call: &Prediction| call.another_undo(&self.bound_args(&call.step, args, true));
        let other = self.call(name).map(of_call).unwrap_or_default();
        let fault = |(_, found): (_, String)| format!("the undo call of step `{name}` was made with {found}");
        other.into_iter().map(fault).collect()
    }

    /// That policy asks about a call, and nobody has said yes to it before it began. What was not known before may be a call about which it
    /// does not ask.
    fn unanswered(&self, name: &str, state: &RunState) -> Option<String> {
        let is_asked = self.asked.contains(name) || self.asked.contains(base_name(name));
        let is_known = self.call(name).is_some_and(|call| is_wholly_known(&call.args));
        let answer = state.step(name).and_then(|record| record.answer.as_deref());
        let is_said = answer.is_some_and(|answer| YES.contains(&answer));
        (is_asked && is_known && !is_said)
            .then(|| format!("step `{name}` began, policy asks about its call, and nobody has said yes to it"))
    }

    fn started(&self, name: &str, args: &Value, state: &RunState) -> Vec<String> {
        let mut faults = Vec::new();
        if state.approved.is_none() {
            faults.push(format!("step `{name}` began before there was a yes"));
        }
        if state.undo != UndoState::No {
            faults.push(format!("step `{name}` began when taking back had begun"));
        }
        let Some(step) = self.step(name) else {
            faults.push(format!("the plan has no step `{name}`"));
            return faults;
        };
        let before = state.step(name).map(|record| &record.state);
        // One that was cut off in its cell has done nothing, and is made again.
        let cut_off = matches!(before, Some(StepState::Running { result: None, .. })) && self.sealed(step, args);
        let may_begin = |state: &StepState| match state {
            StepState::Waiting => true,
            StepState::Running { result: None, .. } => is_repeatable(step),
            // A probe told that it had not taken effect.
            StepState::Failed { effect_done, .. } => {
                is_repeatable(step) || !effect_done && step.retry.is_some() && step.call.tool.probe.is_some()
            }
            StepState::Running { result: Some(_), .. }
            | StepState::Succeeded { .. }
            | StepState::Skipped { .. }
            | StepState::InDoubt { .. }
            | StepState::Undone => false,
        };
        if !cut_off && before.is_some_and(|state| !may_begin(state)) {
            let why = if is_repeatable(step) { "it was over" } else { "it may act twice" };
            faults.push(format!("step `{name}` began again, and {why}"));
        }
        let of_call = |call: &Prediction| call.another_call(true, Some(&self.bound_args(&call.step, args, false)));
        let other = self.call(name).map(of_call).unwrap_or_default();
        let called = |(expected, found): (crate::workspace::Observation, String)| {
            format!("step `{name}` was approved with {}, and called with {found}", expected.seen)
        };
        faults.extend(other.into_iter().map(called));
        faults
    }

    fn unfounded(&self, event: &Event, state: &RunState) -> Vec<String> {
        if let Event::DoubtResolved { step: name, result: Some(result), .. } = event {
            let Some(step) = self.step(name) else { return vec![format!("the plan has no step `{name}`")] };
            let misfit =
                check_value(result, &step.call.tool.result).err().filter(|_| self.standing == Standing::Recorded);
            let fault = |misfit| {
                let misfit = self.misfit(name, misfit);
                format!("the result that was given for step `{name}` is not of its type: {misfit}")
            };
            return misfit.map(fault).into_iter().collect();
        }
        let Event::StepSucceeded { step: name, result, .. } = event else { return Vec::new() };
        let Some(step) = self.step(name) else { return vec![format!("the plan has no step `{name}`")] };
        let record = state.step(name);
        let mut faults = Vec::new();
        if step.is_gate {
            let agreed = record.is_some_and(|record| record.answer.as_deref() == Some("yes"));
            faults.extend((!agreed).then(|| format!("the gate `{name}` opened without a yes")));
            faults.extend((*result != Value::Null).then(|| format!("the gate `{name}` has a result")));
            return faults;
        }
        match record.map(|record| &record.state) {
            // It was recorded before the changes were made.
            Some(StepState::Running { result: Some(recorded), .. }) if self.standing == Standing::Recorded => {
                let other = || format!("the result of step `{name}` is another one than was recorded with its changes");
                faults.extend((recorded != result).then(other));
            }
            Some(StepState::Running { .. }) => {
                let must_change = self.reproduced.get(name.as_str()).is_some_and(|bound| !bound.is_empty());
                faults.extend(must_change.then(|| format!("nothing is recorded of what step `{name}` had to change")));
            }
            _ => faults.push(format!("step `{name}` has a result, and no call of it had begun")),
        }
        if let (Standing::Recorded, Err(misfit)) = (self.standing, check_value(result, &step.call.tool.result)) {
            faults.push(format!("the result of step `{name}` is not of its type: {}", self.misfit(name, misfit)));
        }
        faults
    }
}

/// The name of a step about whose call policy asks. It may as well be about what a program changes that ran early, which is asked when it has.
fn asked(step: &StepReport) -> Option<&str> {
    let is_about_changes =
        !step.changes.is_empty() && step.effects.iter().any(|effect| effect.verb == EffectVerb::Runs);
    (step.policy == Approval::Ask && !step.is_gate() && !is_about_changes).then_some(step.name.as_str())
}

fn block((block, when, elements): &(String, Option<bool>, Elements)) -> (&str, Prediction) {
    (block, Prediction::of_block(block, *when, *elements))
}

/// How something is another than was approved.
fn differs(what: &str, expected: &Observation, found: &str) -> String {
    let part = match &expected.look {
        Look::Call { part, .. } => part.as_str(),
        _ => "call",
    };
    format!("{what} was approved with {part} {}, and recorded with {found}", expected.seen)
}

/// A path that was looked at, and what was there.
fn at(seen: &Observation) -> Option<(&str, &str)> {
    match &seen.look {
        Look::At { path } => Some((path, &seen.seen)),
        _ => None,
    }
}

/// A link that was seen, and where it leads.
fn link(seen: &Observation) -> Option<(&str, &str)> {
    Some((seen.look.at()?, seen.seen.strip_prefix("link → ")?))
}

/// Where a path leads by links.
fn led(path: &str, lead: impl Fn(&str) -> Option<String>) -> String {
    let parts = |path: &str| -> VecDeque<String> {
        path.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
    };
    let (mut pending, mut done) = (parts(path), Vec::new());
    let mut links = 0;
    while let Some(part) = pending.pop_front() {
        if part == ".." {
            done.pop();
            continue;
        }
        done.push(part);
        if let Some(target) = lead(&done.join("/")).filter(|_| links < MAX_LINKS) {
            links += 1;
            done.pop();
            let mut all = parts(&target);
            all.append(&mut pending);
            pending = all;
        }
    }
    done.join("/")
}
