//! The events of a run, one by one, against what was approved: what was done without it, and what has no foundation.

use crate::config::{Network, is_open};
use crate::coverage::unallowed;
use crate::event::{Event, StandingAnswer};
use crate::prediction::Prediction;
use crate::report::{PlanReport, StepReport};
use crate::schedule::is_repeatable;
use crate::seal::Sealer;
use crate::state::{RunState, StepRecord, StepState, UndoCall, UndoState};
use crate::tool::process::NAME;
use crate::veil::{Veil, is_unknown};
use crate::workspace::{Change, Observation};
use planc_lang::compile::Compiled;
use planc_lang::conform::check_value;
use planc_lang::digest::Digest;
use planc_lang::effects::CriticalVerb;
use planc_lang::grants::Grants;
use planc_lang::plan::{Call, CriticalScope, Plan, Step, StepId, base_name};
use planc_lang::secrets::{Secrets, hidden};
use planc_lang::value::Value;
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::Arc;

/// As much of what an approval binds as is held against what was done.
#[derive(Deserialize)]
pub(super) struct BoundPart {
    pub(super) plan: Digest,
    pub(super) time: u32,
    inputs: Vec<(String, Value)>,
    /// Of a plan with secrets, a commitment to what was found.
    #[serde(default)]
    pub(super) found: Option<Digest>,
    /// What was found; none: it is sealed.
    #[serde(flatten)]
    pub(super) findings: Option<Findings>,
    #[serde(default)]
    critical: Vec<Value>,
    /// What confined programs.
    #[serde(default)]
    programs: Option<ProgramsPart>,
}

/// What a dry run found, as far as it is held against what was done.
#[derive(Deserialize)]
pub(super) struct Findings {
    observations: Vec<Observation>,
    /// A step, whether it runs, and the arguments of its call and of its `undo`.
    calls: Vec<(String, Option<bool>, Value, Value)>,
    /// What programs had to change exactly.
    #[serde(default)]
    reproduced: Vec<(String, Vec<Change>)>,
}

impl BoundPart {
    /// What of a report is other than what was approved: inputs, steps, arguments and what was looked at. What is secret is bound
    /// as commitments, and shown as nothing; it is nowhere else shown so.
    pub(super) fn unlike(&self, report: &PlanReport, plan: &Plan) -> Vec<String> {
        let secrets = Secrets::of(plan);
        let mut faults = Vec::new();
        for input in &report.inputs {
            let is_secret = plan.inputs.iter().any(|declared| declared.name == input.name && declared.secret);
            let bound = self.inputs.iter().find(|(name, _)| *name == input.name).map(|(_, value)| value);
            let is_same = if is_secret { input.value == hidden() } else { bound == Some(&input.value) };
            if !is_same {
                faults.push(format!("it shows the input `{}` as another value than was approved", input.name));
            }
        }
        let Some(findings) = &self.findings else { return faults };
        let mut shown: HashMap<&str, &StepReport> = report.all_steps().map(|step| (step.name.as_str(), step)).collect();
        for (name, _, args, undo) in &findings.calls {
            let Some(step) = shown.remove(name.as_str()) else {
                // How many elements a secret gives is not told.
                let is_told = self.found.is_none();
                faults.extend(is_told.then(|| format!("it does not show the step `{name}`, which was approved")));
                continue;
            };
            let declared = of_name(plan, name).map(|id| plan.get(id));
            let undoing = step.undoing.as_ref().map(|undoing| (undo, &undoing.args, "the undo call of "));
            for (bound, shown, of) in [(args, &step.args, "")].into_iter().chain(undoing) {
                let call =
                    declared.and_then(|step| if of.is_empty() { Some(&step.call) } else { step.undo.as_deref() });
                let bound =
                    call.map_or_else(|| bound.clone(), |call| secrets.shown_args(plan, call, &given(call, bound)));
                faults.extend(
                    self.differing(&bound, shown)
                        .map(|arg| format!("it shows `{arg}` of {of}`{name}` as another value than was approved")),
                );
            }
        }
        let more = shown.into_keys().map(|name| format!("it shows the step `{name}`, which was not approved"));
        faults.extend(more.filter(|_| self.found.is_none()));
        let mut seen: Vec<&Observation> = report.observations.iter().collect();
        seen.sort_by(|a, b| a.look.cmp(&b.look));
        // What was looked at because of a secret is bound, and not shown.
        let is_all = match self.found {
            Some(_) => seen.iter().all(|seen| findings.observations.contains(seen)),
            None => seen.into_iter().eq(&findings.observations),
        };
        if !is_all {
            faults.push("it shows something else that was looked at than was approved".to_owned());
        }
        faults
    }

    /// The name of an argument that is shown as another value than it is bound. In a plan with secrets not all is shown that is known.
    fn differing(&self, bound: &Value, shown: &Value) -> Option<String> {
        let (Value::Record(bound), Value::Record(given)) = (bound, shown) else {
            return (bound != shown && (self.found.is_none() || !is_unknown(shown))).then(|| "arguments".to_owned());
        };
        let is_same = |name: &str, bound: &Value| match given.get(name) {
            Some(shown) => shown == bound || self.found.is_some() && is_unknown(shown),
            None => false,
        };
        let other = bound.iter().find(|(name, bound)| !is_same(name, bound)).map(|(name, _)| name);
        other
            .or_else(|| given.iter().map(|(name, _)| name).find(|name| bound.get(name).is_none()))
            .map(|name| name.to_string())
    }
}

/// The arguments that a call gives: defaults are the catalogue's, and a report leaves them out.
fn given(call: &Call, args: &Value) -> Value {
    let is_given =
        |name: &str| call.tool.param(name).is_none_or(|index| call.args.get(index).is_some_and(Option::is_some));
    match args {
        Value::Record(record) => Value::record(
            record.iter().filter(|(name, _)| is_given(name)).map(|(name, value)| (name.to_owned(), value.clone())),
        ),
        other => other.clone(),
    }
}

/// The step that a name like `flag` or `flag[3]` stands for.
fn of_name(plan: &Plan, name: &str) -> Option<StepId> {
    plan.step(base_name(name))
}

/// What confined programs, as far as it says whether one that was cut off can have done anything.
#[derive(Deserialize)]
struct ProgramsPart {
    open: Vec<String>,
    network: Network,
    holds: bool,
}

impl ProgramsPart {
    /// Whether a program with these arguments reached nothing but its copy of the workspace.
    fn sealed(&self, plan: &Plan, argv: &[&str]) -> bool {
        let contacts = plan.critical.iter().any(|line| line.verb == CriticalVerb::Contact);
        self.holds && !is_open(&self.open, argv) && (self.network == Network::Off || !contacts)
    }
}

/// Whether events are what was recorded, or only how that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// As they were recorded.
    Recorded,
    /// What is secret is left out.
    Shown,
}

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
    /// What may be changed; none: a line of it was not known when it was approved.
    grants: Option<Grants<'a>>,
    standing: Standing,
    /// What is secret: it is bound as commitments.
    veil: Option<Veil>,
    programs: Option<&'a ProgramsPart>,
    reproduced: HashMap<&'a str, &'a [Change]>,
}

impl History {
    pub(super) fn walk(
        compiled: &Arc<Compiled>,
        bound: &BoundPart,
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
        let calls = findings.iter().flat_map(|found| &found.calls).map(|call| (call.0.as_str(), prediction(call)));
        let veil = sealer.map(|sealer| Veil::new(compiled.clone(), Secrets::of(plan), &[], sealer));
        let reproduced = findings.iter().flat_map(|found| &found.reproduced);
        let ground = Ground {
            plan,
            digest,
            deed,
            calls: calls.collect(),
            grants: grants(plan, &bound.critical),
            standing,
            veil,
            programs: bound.programs.as_ref(),
            reproduced: reproduced.map(|(step, changes)| (step.as_str(), changes.as_slice())).collect(),
        };
        let mut history = History { unapproved: Vec::new(), unfounded: Vec::new(), state: RunState::of(plan) };
        for event in events {
            history.unapproved.extend(ground.unapproved(event, &history.state));
            history.unfounded.extend(ground.unfounded(event, &history.state));
            history.state.apply(event);
        }
        history
    }
}

/// What the lines of `critical` allow, with the values that were bound; none where one was not known then.
fn grants<'p>(plan: &'p Plan, bound: &[Value]) -> Option<Grants<'p>> {
    let mut bound = bound.iter();
    let mut values = Vec::new();
    for line in &plan.critical {
        match &line.scope {
            CriticalScope::Text(_) => values.push(None),
            CriticalScope::Value(_) => values.push(Some(bound.next().filter(|value| value.is_known())?.clone())),
        }
    }
    Some(Grants::new(plan, &values).known())
}

impl<'a> Ground<'a> {
    /// The step that a name like `flag` or `flag[3]` stands for.
    fn step(&self, name: &str) -> Option<&'a Step> {
        of_name(self.plan, name).map(|id| self.plan.get(id))
    }

    fn call(&self, name: &str) -> Option<&Prediction> {
        self.calls.get(name).or_else(|| self.calls.get(base_name(name))).filter(|_| self.standing == Standing::Recorded)
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

    fn unapproved(&self, event: &Event, state: &RunState) -> Vec<String> {
        if let Event::Approved { approval } = event
            && let Some(other) = approval.all().find(|yes| !yes.is_for(self.digest, self.deed))
        {
            return vec![format!("the yes is to {}, not to {}", other.digest, self.digest)];
        }
        if let Event::CallAnswered { step: name, standing: Some(standing), .. } = event {
            return self.answered(name, standing);
        }
        if let Event::StepStarted { step: name, args, changes, .. } = event {
            let mut faults = self.started(name, args, state);
            faults.extend(self.uncovered(name, changes));
            return faults;
        }
        if let Event::StepObserved { step: name, changes, .. } = event {
            return self.observed(name, changes, state);
        }
        if let Event::UndoCallStarted { step: name, args, .. } = event {
            return self.undone(name, args);
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
        faults.extend(self.uncovered(name, changes));
        faults
    }

    /// What an undo call changed, which is made once this is recorded.
    fn undo_observed(&self, name: &str, changes: &[Change], state: &RunState) -> Vec<String> {
        let began = state.step(name).is_some_and(|record| record.undo_call == UndoCall::Started);
        let unbegun = (!began).then(|| format!("the undo call of step `{name}` has changes, and it had not begun"));
        unbegun.into_iter().chain(self.uncovered(name, changes)).collect()
    }

    /// The changes that no line of `critical` allows.
    fn uncovered(&self, name: &str, changes: &[Change]) -> Vec<String> {
        let uncovered = self.grants.as_ref().map(|grants| unallowed(grants, changes, |_| false)).unwrap_or_default();
        uncovered.iter().map(|uncovered| format!("step `{name}`: {uncovered}")).collect()
    }

    fn undone(&self, name: &str, args: &Value) -> Vec<String> {
        if self.step(name).is_none_or(|step| step.undo.is_none()) {
            return vec![format!("step `{name}` has no undo call")];
        }
        let of_call = |call: &Prediction| call.another_undo(&self.bound_args(&call.step, args, true));
        let other = self.call(name).map(of_call).unwrap_or_default();
        let fault = |(_, found): (_, String)| format!("the undo call of step `{name}` was made with {found}");
        other.into_iter().map(fault).collect()
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
            // A probe told that it had not taken effect.
            StepState::Failed { effect_done: false, .. } => step.retry.is_some() && step.call.tool.probe.is_some(),
            StepState::Running { .. }
            | StepState::Succeeded { .. }
            | StepState::Failed { effect_done: true, .. }
            | StepState::Skipped { .. }
            | StepState::InDoubt { .. }
            | StepState::Undone => false,
        };
        if !cut_off && !is_repeatable(step) && before.is_some_and(|state| !may_begin(state)) {
            faults.push(format!("step `{name}` began again, and it may act twice"));
        }
        let open = step.uses.iter().map(|used| self.plan.get(*used)).find(|used| {
            used.each.is_none() && state.step(&used.name).is_none_or(|record| is_unfinished(&record.state))
        });
        if let Some(open) = open {
            faults.push(format!("step `{name}` began before `{}` had ended, which it uses", open.name));
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
            return faults;
        }
        if !record.is_some_and(|record| matches!(record.state, StepState::Running { .. })) {
            faults.push(format!("step `{name}` has a result, and no call of it had begun"));
        }
        if let (Standing::Recorded, Err(misfit)) = (self.standing, check_value(result, &step.call.tool.result)) {
            faults.push(format!("the result of step `{name}` is not of its type: {}", self.misfit(name, misfit)));
        }
        faults
    }
}

fn is_unfinished(state: &StepState) -> bool {
    match state {
        StepState::Waiting | StepState::Running { .. } | StepState::InDoubt { .. } => true,
        StepState::Succeeded { .. } | StepState::Failed { .. } | StepState::Skipped { .. } | StepState::Undone => false,
    }
}
