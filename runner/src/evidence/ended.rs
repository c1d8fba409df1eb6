//! The end of a run, and what was left out on the way to it ⟶ whether planc would have ended it there, or left that out.

use crate::event::{End, Event};
use crate::schedule::is_over;
use crate::state::{BlockState, RunState};
use planc_lang::plan::{Instance, Plan, Unit, base_name};

/// What is wrong with an event that ends or leaves out.
pub(super) fn faults(plan: &Plan, event: &Event, state: &RunState) -> Vec<String> {
    match event {
        Event::Ended { end: End::Done, .. } => open(plan, state),
        Event::StepSkipped { step, .. } => {
            let named = plan.steps.iter().find(|known| known.name.as_str() == base_name(step));
            let always = named.is_some_and(|step| step.when.is_none());
            always.then(|| format!("step `{step}` was left out, and it has no condition")).into_iter().collect()
        }
        Event::EachSkipped { each, .. } => {
            let named = plan.eaches.iter().find(|known| known.name.as_str() == each);
            let always = named.is_some_and(|block| block.when.is_none());
            always.then(|| format!("block `{each}` was left out, and it has no condition")).into_iter().collect()
        }
        _ => Vec::new(),
    }
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
