//! What an approval binds, as far as it is held against a report and a history; and where a report shows something else.

use crate::config::{Approvals, Network, is_open};
use crate::prediction::Elements;
use crate::report::{PlanReport, StepReport};
use crate::veil::is_unknown;
use crate::workspace::{Change, Observation};
use planc_lang::digest::Digest;
use planc_lang::effects::CriticalVerb;
use planc_lang::plan::{Call, Input, Instance, Plan, StepId, base_name};
use planc_lang::secrets::{Secrets, hidden};
use planc_lang::value::Value;
use serde::Deserialize;
use std::collections::HashMap;

/// Whether events are what was recorded, or only how that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// As they were recorded.
    Recorded,
    /// What is secret is left out.
    Shown,
}

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
    pub(super) critical: Vec<Value>,
    /// What the plan endorses and reveals, as far as that was known.
    #[serde(default)]
    pub(super) releases: Vec<(String, Value)>,
    /// What the operator wants an approval to be.
    #[serde(default)]
    pub(super) approval: Approvals,
    /// What confined programs.
    #[serde(default)]
    pub(super) programs: Option<ProgramsPart>,
}

/// What a dry run found, as far as it is held against what was done.
#[derive(Deserialize)]
pub(super) struct Findings {
    pub(super) observations: Vec<Observation>,
    /// A step, whether it runs, and the arguments of its call and of its `undo`.
    pub(super) calls: Vec<(String, Option<bool>, Value, Value)>,
    /// A block, whether it runs, and how many elements it has.
    #[serde(default)]
    pub(super) blocks: Vec<(String, Option<bool>, Elements)>,
    /// What programs had to change exactly.
    #[serde(default)]
    pub(super) reproduced: Vec<(String, Vec<Change>)>,
}

impl BoundPart {
    /// The inputs of a plan by index; what is secret is not known.
    pub(super) fn open_inputs(&self, plan: &Plan) -> Vec<Value> {
        let input = |input: &Input| {
            let given = self.inputs.iter().find(|(name, _)| *name == input.name).filter(|_| !input.secret);
            given.map_or_else(|| Value::Unknown(input.ty.clone()), |(_, value)| value.clone())
        };
        plan.inputs.iter().map(input).collect()
    }

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
pub(super) fn given(call: &Call, args: &Value) -> Value {
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
pub(super) fn of_name(plan: &Plan, name: &str) -> Option<StepId> {
    plan.step(base_name(name))
}

/// What a name like `flag` stands for, or like `flag[3]` for a step of a block; written otherwise it stands for nothing.
pub(super) fn instance_of(plan: &Plan, name: &str) -> Option<Instance> {
    let step = of_name(plan, name)?;
    let written = name.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']')?.parse().ok());
    let instance = Instance { step, element: written.filter(|_| plan.get(step).each.is_some()) };
    let is_whole = instance.element.is_some() == plan.get(step).each.is_some();
    (is_whole && plan.name_of(instance) == name).then_some(instance)
}

/// What confined programs, as far as it says whether one that was cut off can have done anything.
#[derive(Deserialize)]
pub(super) struct ProgramsPart {
    open: Vec<String>,
    network: Network,
    holds: bool,
}

impl ProgramsPart {
    /// Whether a program with these arguments reached nothing but its copy of the workspace.
    pub(super) fn sealed(&self, plan: &Plan, argv: &[&str]) -> bool {
        let contacts = plan.critical.iter().any(|line| line.verb == CriticalVerb::Contact);
        self.holds && !is_open(&self.open, argv) && (self.network == Network::Off || !contacts)
    }
}
