//! The end of a run, and what was left out on the way to it ⟶ whether planc would have ended it there, or left that out.

use crate::event::{End, Event};
use crate::schedule::is_over;
use crate::state::{BlockState, RunState};
use planc_lang::plan::{Instance, Plan, Unit, base_name};

/// What is wrong with an event that ends or leaves out.
pub(super) fn faults(plan: &Plan, event: &Event, state: &RunState) -> Vec<String> {
    match event {
        Event::Ended { end: End::Done, .. } => open(plan, state),
        Event::StepStarted { step, .. } => beyond(plan, step, state),
        Event::EachEnded { each } => open_elements(plan, each, state),
        Event::StepSkipped { step, .. } => {
            let mut faults = beyond(plan, step, state);
            let named = plan.steps.iter().find(|known| known.name.as_str() == base_name(step));
            let always = named.is_some_and(|step| step.when.is_none());
            faults.extend(always.then(|| format!("step `{step}` was left out, and it has no condition")));
            faults
        }
        Event::EachSkipped { each, .. } => {
            let named = plan.eaches.iter().find(|known| known.name.as_str() == each);
            let always = named.is_some_and(|block| block.when.is_none());
            always.then(|| format!("block `{each}` was left out, and it has no condition")).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// That a block has no such element, or not now; a step that stands in none has none.
fn beyond(plan: &Plan, name: &str, state: &RunState) -> Vec<String> {
    let Some(id) = plan.step(base_name(name)) else { return Vec::new() };
    let elements = plan.get(id).each.map(|each| match state.block(each) {
        Some(BlockState::Open { elements }) => *elements,
        _ => 0,
    });
    let written = name.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']')?.parse::<u32>().ok());
    let is_there = match (elements, written) {
        (None, None) => !name.contains('['),
        (Some(elements), Some(element)) => {
            element < elements && *name == plan.name_of(Instance { step: id, element: Some(element) })
        }
        (None, Some(_)) | (Some(_), None) => false,
    };
    (!is_there).then(|| format!("step `{name}` is of no element that is worked on")).into_iter().collect()
}

/// The steps of a block's elements that have not ended well.
fn open_elements(plan: &Plan, name: &str, state: &RunState) -> Vec<String> {
    let units = plan.units();
    let named = units.iter().find_map(|unit| match *unit {
        Unit::Each(each) if plan.each(each).name == name => Some(each),
        Unit::Each(_) | Unit::Step(_) => None,
    });
    let Some(each) = named else { return Vec::new() };
    let Some(BlockState::Open { elements }) = state.block(each) else {
        return vec![format!("block `{name}` ended, and it had not begun")];
    };
    let instances = (0..*elements).flat_map(|element| plan.steps_of(each).map(move |step| (step, Some(element))));
    let open = instances.map(|(step, element)| Instance { step, element });
    let open = open.filter(|instance| !is_over(plan.get(instance.step), state.get(*instance)));
    // One is enough: a list may be long.
    open.take(1)
        .map(|open| format!("block `{name}` ended, and step `{}` had not ended well", plan.name_of(open)))
        .collect()
}

/// What a run that is done has left open.
fn open(plan: &Plan, state: &RunState) -> Vec<String> {
    let mut faults = Vec::new();
    for unit in plan.units() {
        let open = match unit {
            Unit::Step(id) => {
                let step = plan.get(id);
                let record = state.get(Instance { step: id, element: None });
                (!is_over(step, record)).then(|| format!("step `{}`", step.name))
            }
            Unit::Each(id) => {
                let is_over = matches!(state.block(id), Some(BlockState::Ended { .. } | BlockState::Skipped { .. }));
                (!is_over).then(|| format!("block `{}`", plan.each(id).name))
            }
        };
        faults.extend(open.map(|open| format!("the run was done, and {open} had not ended well")));
    }
    for (index, verification) in plan.verifications.iter().enumerate() {
        // One of words alone is for a person.
        if verification.check.is_none() && !plan.steps.iter().any(|step| step.verification == Some(index)) {
            continue;
        }
        let last = state.verifications.iter().rfind(|(text, _)| *text == verification.text);
        if !matches!(last, Some((_, None))) {
            faults.push(format!("the run was done, and nothing says that `{}` held", verification.text));
        }
    }
    faults
}
