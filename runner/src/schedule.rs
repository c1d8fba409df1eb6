//! Plan, order and state ⟶ what to do next. Pure: it looks at no file and calls no tool.
//!
//! The order of the text rules: a step with an effect starts only after every earlier step has ended well; a read-only step
//! may start before earlier steps that it cannot conflict with. Steps of one `together` block, and the elements of an
//! `each` block, may overlap where they cannot conflict; a gate stands alone. After a failure nothing starts but what stands
//! before it in the text.

mod frontier;
mod pause;
mod standing;
mod view;

pub use frontier::{Frontier, MAX_OPEN_ELEMENTS};
pub use pause::{MAX_PAUSE, pause};
pub use standing::{has_failed, is_over, is_repeatable, may_retry, tries_again, unchecked};
pub use view::MAX_AHEAD;

use crate::event::End;
use crate::state::{RunState, StepState};
use planc_lang::graph::StepGraph;
use planc_lang::plan::{EachId, Instance, Plan, StepId, Unit};
use planc_lang::syntax::OnFailure;
use std::collections::BTreeSet;
use view::View;

/// How many calls run at the same time at most.
pub const MAX_PARALLEL: usize = 8;

/// What each step waits for, and what a plan consists of from top to bottom.
#[derive(Clone, Debug, Default)]
pub struct Order {
    waits: Vec<Vec<StepId>>,
    units: Vec<Unit>,
    /// The unit of each step.
    unit_of: Vec<usize>,
}

impl Order {
    /// From the graph of a compiled plan.
    pub fn of(plan: &Plan, graph: &StepGraph) -> Order {
        let waits = |step: StepId| graph.dependencies(step).map(|(before, _)| before);
        let units = plan.units();
        let mut unit_of: Vec<usize> = vec![0; plan.steps.len()];
        for (index, unit) in units.iter().enumerate() {
            match unit {
                Unit::Step(step) => unit_of[step.index()] = index,
                Unit::Each(each) => plan.steps_of(*each).for_each(|step| unit_of[step.index()] = index),
            }
        }
        let of = |step: StepId| waits(step).chain(plan.get(step).after.iter().copied()).collect();
        Order { waits: plan.step_ids().map(of).collect(), units, unit_of }
    }

    fn waits_for(&self, step: StepId) -> &[StepId] {
        self.waits.get(step.index()).map_or(&[], Vec::as_slice)
    }
}

/// What else the decision depends on.
pub struct Situation<'a> {
    /// Steps that somebody is working on right now.
    pub running: &'a BTreeSet<Instance>,
    /// Why nothing new may start: somebody asked to stop, a call waits, the world is stale, policy refuses.
    pub halt: Option<End>,
    /// How many calls may run at the same time.
    pub parallel: usize,
    /// Whether two steps could meet, the second the earlier one and not ended, as far as that is known now. Asked only where
    /// the graph sees no conflict, and of steps that would otherwise overlap. A step of an `each` block without element
    /// stands for that of any element.
    pub may_conflict: &'a dyn Fn(Instance, Instance) -> bool,
    /// Which elements are known to be over, so that they need not be looked at again; the empty one is always right.
    pub frontier: &'a Frontier,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Work on a step.
    Start(Instance),
    /// Find out the list of an `each` block, or that it is skipped: what it uses has ended.
    Open(EachId),
    /// Compute the value of an `each` block: every element is over.
    Close(EachId),
    /// Check a verification: its steps have ended.
    Check(usize),
    /// Nothing is left to do, or nothing may be done.
    End(End),
}

/// What to do next; nothing: wait for a running step.
pub fn next(plan: &Plan, order: &Order, state: &RunState, situation: &Situation<'_>) -> Vec<Action> {
    let view = View::new(plan, order, state, situation);
    let busy = !situation.running.is_empty();
    let room = situation.parallel.max(1).saturating_sub(situation.running.len());
    match view.blocked() {
        // A step that only reads may have failed early: what stands before it in the text happens all the same.
        Some(End::Failed) if situation.halt.is_none() => match view.ready_before_failure(room) {
            starts if starts.is_empty() && !busy => vec![Action::End(End::Failed)],
            starts => starts,
        },
        Some(_) if busy => Vec::new(),
        // Who asked to stop when everything was over gets what there is.
        Some(End::Interrupted | End::Overdue)
            if view.ready(1).is_empty() && matches!(view.closing(), Action::End(_)) =>
        {
            vec![view.closing()]
        }
        Some(end) => vec![Action::End(end)],
        None => {
            let starts = view.ready(room);
            match starts.is_empty() && !busy {
                true => vec![view.closing()],
                false => starts,
            }
        }
    }
}

/// Whether a failure asks for taking back what the run has done.
pub fn wants_undo(plan: &Plan, state: &RunState) -> bool {
    let asks = |step: StepId| plan.get(step).on_failure == OnFailure::Undo;
    state.steps().iter().any(|record| {
        matches!(record.state, StepState::Failed { .. }) && record.instance.is_some_and(|instance| asks(instance.step))
    })
}
