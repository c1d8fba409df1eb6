//! The state of a run ⟶ what names stand for in its expressions.

use super::RunSetup;
use crate::prediction::MAX_ELEMENTS;
use crate::state::{BlockState, RunState, StepRecord, StepState};
use crate::workspace::{Change, FileError, FileState, Workspace};
use planc_lang::effects::Resource;
use planc_lang::eval::{Env, NoCalls, eval};
use planc_lang::plan::{EachId, Instance, Plan, ReleaseKind, StepId};
use planc_lang::releases;
use planc_lang::secrets::without_secrets;
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Long values that follow from what is recorded: computed when they are first needed, and kept.
#[derive(Debug, Default)]
pub(crate) struct Derived {
    /// The elements of `each` blocks.
    lists: Mutex<BTreeMap<EachId, Value>>,
    /// Their results.
    results: Mutex<BTreeMap<EachId, Value>>,
}

/// What is recorded of a run, and what follows from it.
#[derive(Clone, Copy)]
pub(crate) struct Recorded<'r> {
    pub(crate) state: &'r RunState,
    pub(crate) derived: &'r Derived,
}

/// What names outside of `each` blocks stand for, owned: it outlives the look at the record.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    steps: Vec<(StepId, Value)>,
    eaches: Vec<(EachId, Value)>,
    /// What releases stand for that a person answers for, by index.
    pins: Vec<(usize, Value)>,
}

impl Known {
    /// No results at all, but what people answer for.
    pub(crate) fn nothing(setup: &RunSetup, state: &RunState) -> Known {
        Known { steps: Vec::new(), eaches: Vec::new(), pins: pins(setup, state, None) }
    }

    /// What is known after what is recorded: results as they were, null for what was skipped or failed.
    pub(crate) fn of(setup: &RunSetup, recorded: Recorded<'_>) -> Known {
        let plan = &setup.compiled.plan;
        let once = plan.step_ids().filter(|step| plan.get(*step).each.is_none());
        let value = |step: StepId| value_of(recorded.state.get(Instance { step, element: None })?);
        let steps = once.filter_map(|step| Some((step, value(step)?))).collect();
        let mut known = Known { steps, ..Known::nothing(setup, recorded.state) };
        // A block uses only those before it.
        for index in 0..plan.eaches.len() {
            let each = EachId::new(index);
            let value = match recorded.state.block(each) {
                Some(BlockState::Skipped { .. }) => Some(Value::Null),
                // It had a value when its end was recorded.
                Some(BlockState::Ended { .. }) => results(setup, recorded, &known, each).ok(),
                None | Some(BlockState::Waiting | BlockState::Open { .. } | BlockState::Failed { .. }) => None,
            };
            known.eaches.extend(value.map(|value| (each, value)));
        }
        known
    }

    /// What a step may name, and nothing else: in a block everything that the block uses before itself. Long runs have many
    /// results, and a step needs few.
    fn used_by(setup: &RunSetup, recorded: Recorded<'_>, step: StepId) -> Known {
        let plan = &setup.compiled.plan;
        let step = plan.get(step);
        let (uses, uses_each) = match step.each {
            Some(each) => (&plan.each(each).uses, &plan.each(each).uses_each),
            None => (&step.uses, &step.uses_each),
        };
        let once = uses.iter().filter(|step| plan.get(**step).each.is_none());
        let value =
            |step: &StepId| Some((*step, value_of(recorded.state.get(Instance { step: *step, element: None })?)?));
        let mut known = Known { steps: once.filter_map(value).collect(), ..Known::nothing(setup, recorded.state) };
        for each in uses_each {
            let value = match recorded.state.block(*each) {
                Some(BlockState::Skipped { .. }) => Some(Value::Null),
                // What is not computed yet needs what the block needed.
                Some(BlockState::Ended { .. }) => match there(&recorded.derived.results, *each) {
                    Some(value) => Some(value),
                    None => return Known::of(setup, recorded),
                },
                None | Some(BlockState::Waiting | BlockState::Open { .. } | BlockState::Failed { .. }) => None,
            };
            known.eaches.extend(value.map(|value| (*each, value)));
        }
        known
    }

    /// As names in expressions.
    pub(crate) fn env<'p>(&self, setup: &'p RunSetup) -> Env<'p> {
        self.env_with(setup, setup.inputs.clone())
    }

    /// As names in expressions, to whom no secret is shown.
    pub(crate) fn shown<'p>(&self, setup: &'p RunSetup) -> Env<'p> {
        self.env_with(setup, without_secrets(&setup.compiled.plan, &setup.inputs))
    }

    fn env_with<'p>(&self, setup: &'p RunSetup, inputs: Vec<Value>) -> Env<'p> {
        let mut env = Env::new(&setup.compiled.plan, inputs);
        setup.veil.iter().for_each(|veil| env.hide(veil.hides()));
        self.steps.iter().for_each(|(step, value)| env.set_step(*step, value.clone()));
        self.eaches.iter().for_each(|(each, value)| env.set_each(*each, value.clone()));
        self.pins.iter().for_each(|(index, value)| env.pin_let(*index, value.clone()));
        env
    }
}

/// What names outside of `each` blocks stand for.
pub(crate) fn environment<'p>(setup: &'p RunSetup, recorded: Recorded<'_>) -> Env<'p> {
    Known::of(setup, recorded).env(setup)
}

/// What names stand for in a step: in a block those of its element too.
pub(crate) fn environment_of<'p>(setup: &'p RunSetup, recorded: Recorded<'_>, instance: Instance) -> Env<'p> {
    let known = Known::used_by(setup, recorded, instance.step);
    let mut env = known.env(setup);
    if let (Some(each), Some(element)) = (setup.compiled.plan.get(instance.step).each, instance.element)
        && let Ok(list) = elements(setup, recorded, &known, each)
        && let Some(item) = list.get(element as usize)
    {
        enter(setup, &mut env, recorded.state, each, element, item.clone());
    }
    env
}

/// Turns to an element, with the results of its steps as far as they are recorded.
fn enter(setup: &RunSetup, env: &mut Env<'_>, state: &RunState, each: EachId, element: u32, item: Value) {
    enter_seen(setup, env, state, each, element, item);
    for step in env.plan().steps_of(each) {
        let record = state.get(Instance { step, element: Some(element) });
        if let Some(value) = record.and_then(value_of) {
            env.set_step(step, value);
        }
    }
}

/// Turns to an element, of which no step has a result.
pub(crate) fn enter_seen(
    setup: &RunSetup,
    env: &mut Env<'_>,
    state: &RunState,
    each: EachId,
    element: u32,
    item: Value,
) {
    env.enter(each, item);
    pins(setup, state, Some((each, element))).into_iter().for_each(|(index, value)| env.pin_let(index, value));
}

/// By what a release is told apart: in a block with the position of the element.
pub(crate) fn release_id(plan: &Plan, index: usize, instance: Option<Instance>) -> String {
    let defined = &plan.lets[index];
    match (defined.each, instance.and_then(|instance| instance.element)) {
        (Some(_), Some(element)) => format!("let {}[{element}]", defined.name),
        _ => format!("let {}", defined.name),
    }
}

/// What the releases of the plan, or of an element of a block, stand for: exactly what was approved or agreed to; nothing
/// that is known while nobody has. What a secret is nobody was shown, so that it is computed once it may be used.
fn pins(setup: &RunSetup, state: &RunState, element: Option<(EachId, u32)>) -> Vec<(usize, Value)> {
    let plan = &setup.compiled.plan;
    let each = element.map(|(each, _)| each);
    let here = releases::all(plan).filter(|(index, _)| plan.lets[*index].each == each);
    here.filter_map(|(index, release)| {
        let element =
            element.map(|(each, element)| Instance { step: plan.each(each).steps.start, element: Some(element) });
        let id = release_id(plan, index, element);
        let approved = setup.releases.get(&id);
        let agreed = || state.agreed.get(&id);
        let unknown = || Value::Unknown(plan.lets[index].value.ty.clone());
        match release.kind {
            ReleaseKind::Endorse => {
                let value = approved.or_else(|| agreed().map(|late| &late.value));
                Some((index, value.cloned().unwrap_or_else(unknown)))
            }
            ReleaseKind::Reveal if approved.is_some() || agreed().is_some() => None,
            ReleaseKind::Reveal => Some((index, unknown())),
        }
    })
    .collect()
}

/// What a step stands for, once that is known.
pub(crate) fn value_of(record: &StepRecord) -> Option<Value> {
    match &record.state {
        StepState::Succeeded { result } => Some(result.clone()),
        StepState::Skipped { .. } | StepState::Failed { .. } => Some(Value::Null),
        StepState::Undone => Some(record.result.clone().unwrap_or(Value::Null)),
        StepState::Waiting | StepState::Running { .. } | StepState::InDoubt { .. } => None,
    }
}

/// The list of an `each` block, all that it uses being known.
pub(crate) fn elements(
    setup: &RunSetup,
    recorded: Recorded<'_>,
    known: &Known,
    each: EachId,
) -> Result<Arc<[Value]>, String> {
    let list = kept(&recorded.derived.lists, each, || {
        let list = &setup.compiled.plan.each(each).list;
        eval(list, &mut known.env(setup), &mut NoCalls)
            .map_err(|failure| format!("its list cannot be computed: {}", failure.message))
    })?;
    match list {
        Value::List(items) if items.len() > MAX_ELEMENTS => {
            Err(format!("its list has {} elements, and at most {MAX_ELEMENTS} are allowed", items.len()))
        }
        Value::List(items) => Ok(items),
        other => Err(format!("its list is {}", other.describe())),
    }
}

/// The value of an `each` block of which every element is over.
pub(crate) fn results(setup: &RunSetup, recorded: Recorded<'_>, known: &Known, each: EachId) -> Result<Value, String> {
    kept(&recorded.derived.results, each, || {
        let result = &setup.compiled.plan.each(each).result;
        let mut env = known.env(setup);
        let one = |(element, item): (u32, &Value)| {
            enter(setup, &mut env, recorded.state, each, element, item.clone());
            eval(result, &mut env, &mut NoCalls)
                .map_err(|failure| format!("the result of element {element} cannot be computed: {}", failure.message))
        };
        let list = elements(setup, recorded, known, each)?;
        let results: Result<Vec<Value>, String> = (0u32..).zip(list.iter()).map(one).collect();
        results.map(Value::list)
    })
}

/// The value for a block, computed where it is not there yet.
fn kept(
    values: &Mutex<BTreeMap<EachId, Value>>,
    each: EachId,
    compute: impl FnOnce() -> Result<Value, String>,
) -> Result<Value, String> {
    match there(values, each) {
        Some(value) => Ok(value),
        None => {
            let value = compute()?;
            values.lock().unwrap_or_else(PoisonError::into_inner).insert(each, value.clone());
            Ok(value)
        }
    }
}

fn there(values: &Mutex<BTreeMap<EachId, Value>>, each: EachId) -> Option<Value> {
    values.lock().unwrap_or_else(PoisonError::into_inner).get(&each).cloned()
}

/// What a call touches, one phrase each.
pub(crate) fn touches(touches: &[(EffectVerb, Resource)]) -> Vec<String> {
    touches.iter().map(|(verb, resource)| format!("{} {resource}", verb.as_str())).collect()
}

/// What is at the paths of some changes.
pub(crate) fn present_states(
    workspace: &Workspace,
    changes: &[Change],
) -> Result<BTreeMap<String, FileState>, FileError> {
    changes.iter().map(|change| Ok((change.path.clone(), workspace.state(&change.path)?))).collect()
}
