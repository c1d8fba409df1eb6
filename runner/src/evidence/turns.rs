//! What is recorded of a step or a block ⟶ whether that can be said of it where it stands: once, after what it uses, and of what had begun.

use super::bound::of_name;
use crate::event::Event;
use crate::state::{BlockState, RunState, StepState};
use planc_lang::plan::{EachId, Instance, Plan, StepId};

/// What is wrong with it.
pub(super) fn faults(plan: &Plan, event: &Event, state: &RunState) -> Vec<String> {
    match event {
        Event::StepStarted { step, .. } => early(plan, step, "began", state),
        Event::StepSkipped { step, .. } => {
            let is_first = matches!(step_state(state, step), None | Some(StepState::Waiting));
            let mut faults = told(!is_first, || format!("step `{step}` was left out, and it had begun"));
            faults.extend(early(plan, step, "was left out", state));
            faults
        }
        Event::StepFailed { step, effect_done, changes, .. } => {
            let before = step_state(state, step);
            let is_running = matches!(before, Some(StepState::Running { .. }));
            // One that cannot be made has not begun.
            let is_open = matches!(before, None | Some(StepState::Waiting | StepState::Failed { .. }));
            let is_so = is_running || is_open && !effect_done && changes.is_empty();
            told(!is_so, || format!("step `{step}` failed, and no call of it had begun"))
        }
        Event::StepInDoubt { step, .. } => {
            let is_running = matches!(step_state(state, step), Some(StepState::Running { .. }));
            told(!is_running, || format!("step `{step}` is in doubt, and no call of it had begun"))
        }
        Event::EachStarted { each, .. } => block_faults(plan, each, "began", state),
        Event::EachSkipped { each, .. } => block_faults(plan, each, "was left out", state),
        Event::EachFailed { each, .. } => {
            let is_over =
                matches!(block_state(plan, each, state), Some(BlockState::Ended { .. } | BlockState::Skipped { .. }));
            told(is_over, || format!("block `{each}` failed, and it was over"))
        }
        _ => Vec::new(),
    }
}

fn block_faults(plan: &Plan, name: &str, done: &str, state: &RunState) -> Vec<String> {
    let Some(each) = block(plan, name) else { return vec![format!("the plan has no block `{name}`")] };
    let is_first = matches!(state.block(each), None | Some(BlockState::Waiting));
    let mut faults = told(!is_first, || format!("block `{name}` {done}, and it had begun"));
    let block = plan.each(each);
    let open = open(plan, &block.uses, &block.uses_each, state);
    faults.extend(open.map(|open| format!("block `{name}` {done} before `{open}` had ended, which it uses")));
    faults
}

/// That something has not ended which a step uses.
fn early(plan: &Plan, name: &str, done: &str, state: &RunState) -> Vec<String> {
    let Some(step) = of_name(plan, name).map(|id| plan.get(id)) else { return Vec::new() };
    let open = open(plan, &step.uses, &step.uses_each, state);
    open.map(|open| format!("step `{name}` {done} before `{open}` had ended, which it uses")).into_iter().collect()
}

/// The first of these that has not ended; of those within a block it is told by what follows from them.
fn open<'p>(plan: &'p Plan, steps: &[StepId], blocks: &[EachId], state: &RunState) -> Option<&'p str> {
    let is_open = |step: &&StepId| {
        let record = state.get(Instance { step: **step, element: None });
        plan.get(**step).each.is_none() && record.is_none_or(|record| is_unfinished(&record.state))
    };
    let is_open_block =
        |each: &&EachId| !matches!(state.block(**each), Some(BlockState::Ended { .. } | BlockState::Skipped { .. }));
    let step = steps.iter().find(is_open).map(|step| plan.get(*step).name.as_str());
    step.or_else(|| blocks.iter().find(is_open_block).map(|each| plan.each(*each).name.as_str()))
}

fn is_unfinished(state: &StepState) -> bool {
    match state {
        StepState::Waiting | StepState::Running { .. } | StepState::InDoubt { .. } => true,
        StepState::Succeeded { .. } | StepState::Failed { .. } | StepState::Skipped { .. } | StepState::Undone => false,
    }
}

fn step_state<'s>(state: &'s RunState, name: &str) -> Option<&'s StepState> {
    state.step(name).map(|record| &record.state)
}

fn block(plan: &Plan, name: &str) -> Option<EachId> {
    plan.eaches.iter().position(|each| each.name == name).map(EachId::new)
}

fn block_state<'s>(plan: &Plan, name: &str, state: &'s RunState) -> Option<&'s BlockState> {
    block(plan, name).and_then(|each| state.block(each))
}

fn told(applies: bool, fault: impl FnOnce() -> String) -> Vec<String> {
    if applies { vec![fault()] } else { Vec::new() }
}
