//! The end of a run and of taking back, what was left out on the way to it, and what is said of it ⟶ whether planc would have ended it
//! there, left that out, or said so.

use super::bound::{instance_of, of_name};
use super::order::Order;
use crate::event::{End, Event};
use crate::executor::{GIVEN, has_value};
use crate::schedule::{has_failed, is_over, unchecked};
use crate::state::{BlockState, RunState, StepState, UndoState};
use crate::undo;
use planc_lang::plan::{Instance, Plan, Unit, base_name};

/// What is wrong with an event that ends, leaves out, or says how it went.
pub(super) fn faults(plan: &Plan, event: &Event, state: &RunState, order: &Order) -> Vec<String> {
    match event {
        Event::Ended { end, .. } => ended(plan, *end, state, order),
        Event::VerificationHeld { text } => {
            let Some(next) = next_is(plan, state, text) else {
                return vec![format!("`{text}` is said to hold, and it was not to be checked")];
            };
            let open = unfinished(plan, state, None).chain(unfinished(plan, state, Some(next)));
            open.map(|open| format!("`{text}` is said to hold, and {open} had not ended well")).collect()
        }
        Event::VerificationFailed { text, .. } => {
            let is_known = text == GIVEN
                || next_is(plan, state, text).is_some()
                || plan.outputs.iter().any(|output| has_value(&output.name) == *text);
            if !is_known {
                return vec![format!("`{text}` is said not to hold, and it was not to be checked")];
            }
            let open = unfinished(plan, state, None);
            open.map(|open| format!("`{text}` is said not to hold, and {open} had not ended well")).collect()
        }
        Event::UndoEnded { complete } => taken_back(plan, *complete, state),
        Event::StepUndone { step, conflicts, .. } if conflicts.is_empty() => {
            let is_open = state.step(step).is_some_and(|record| undo::wants_call(plan, record));
            let fault = || format!("step `{step}` was taken back, and its undo call had not been made");
            is_open.then(fault).into_iter().collect()
        }
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

/// The verification that is checked next, if that is its text.
fn next_is(plan: &Plan, state: &RunState, text: &str) -> Option<usize> {
    unchecked(plan, state).filter(|next| plan.verifications[*next].text == text)
}

/// Why a run does not end so: each end has its reason among the records.
fn ended(plan: &Plan, end: End, state: &RunState, order: &Order) -> Vec<String> {
    let is_reason = match end {
        End::Done => return open(plan, state),
        End::Failed => {
            let mut own = state.steps().iter().filter_map(|record| Some((record, plan.get(record.instance?.step))));
            let step = own.any(|(record, step)| step.verification.is_none() && has_failed(step, record));
            step || is_refuted(state) || order.has_reason(end)
        }
        // Who says no, or what refuses, fails what it is about.
        End::Refused => {
            let failed = |state: &StepState| matches!(state, StepState::Failed { .. });
            state.steps().iter().any(|record| failed(&record.state)) || is_refuted(state)
        }
        End::InDoubt => state.doubts().next().is_some(),
        End::Stale | End::Interrupted | End::Overdue | End::Held | End::Waiting => order.has_reason(end),
    };
    match is_reason {
        true => Vec::new(),
        false => vec![format!("the run ended as {}, and nothing is recorded that ends it so", serde_json::json!(end))],
    }
}

/// Whether a block has failed, or what was to hold in the end does not.
fn is_refuted(state: &RunState) -> bool {
    state.blocks.iter().any(|block| matches!(block.state, BlockState::Failed { .. }))
        || state.verifications.iter().any(|(_, why)| why.is_some())
}

/// What had not been taken back when that ended.
fn taken_back(plan: &Plan, complete: bool, state: &RunState) -> Vec<String> {
    if state.undo != UndoState::Started {
        return vec!["taking back ended, and nobody was taking back".to_owned()];
    }
    let open = state.steps().iter().filter(|record| complete && undo::is_left(plan, record));
    open.map(|record| format!("all was taken back, and step `{}` was not", record.name)).collect()
}

/// That a block has no such element, or not now; a step that stands in none has none.
fn beyond(plan: &Plan, name: &str, state: &RunState) -> Vec<String> {
    let Some(id) = of_name(plan, name) else { return Vec::new() };
    let is_open = |element: u32| match plan.get(id).each.and_then(|each| state.block(each)) {
        Some(BlockState::Open { elements }) => element < *elements,
        _ => false,
    };
    let is_there = instance_of(plan, name).is_some_and(|instance| instance.element.is_none_or(is_open));
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

/// What of the plan itself, or of a verification, has not ended well.
fn unfinished(plan: &Plan, state: &RunState, verification: Option<usize>) -> impl Iterator<Item = String> {
    plan.units().into_iter().filter_map(move |unit| match unit {
        Unit::Step(id) => {
            let step = plan.get(id);
            let record = state.get(Instance { step: id, element: None });
            (step.verification == verification && !is_over(step, record)).then(|| format!("step `{}`", step.name))
        }
        Unit::Each(id) => {
            let is_over = matches!(state.block(id), Some(BlockState::Ended { .. } | BlockState::Skipped { .. }));
            (verification.is_none() && !is_over).then(|| format!("block `{}`", plan.each(id).name))
        }
    })
}

/// What a run that is done has left open.
fn open(plan: &Plan, state: &RunState) -> Vec<String> {
    let parts = std::iter::once(None).chain((0..plan.verifications.len()).map(Some));
    let open = parts.flat_map(|part| unfinished(plan, state, part));
    let mut faults: Vec<String> = open.map(|open| format!("the run was done, and {open} had not ended well")).collect();
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
