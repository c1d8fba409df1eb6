//! What is over for good: the first steps and blocks of the plan, and the first elements of `each` blocks, so that long plans
//! and lists are not looked at from the beginning each time.

use super::Order;
use super::standing::{Standing, standing};
use crate::state::{BlockState, RunState};
use planc_lang::plan::{EachId, Instance, Plan, Unit};
use std::collections::BTreeSet;
use std::ops::Range;

/// How many elements of a block are looked at at the same time: an element starts only when all but so many before it are
/// over. Keeps each decision short, however long the list is.
pub const MAX_OPEN_ELEMENTS: u32 = 64;

/// How many steps and blocks of the plan, from the top, have ended, and how many elements of each block, from its beginning,
/// are over. Follows from the state; kept only because a state is long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    units: usize,
    over: Vec<u32>,
}

impl Frontier {
    /// Moves past everything that is over by now.
    pub fn advance(&mut self, plan: &Plan, order: &Order, state: &RunState, running: &BTreeSet<Instance>) {
        while order.units.get(self.units).is_some_and(|unit| has_ended(plan, state, running, *unit)) {
            self.units += 1;
        }
        self.over.resize(plan.eaches.len(), 0);
        for (index, over) in self.over.iter_mut().enumerate() {
            let each = EachId::new(index);
            let is_over = |element: u32| {
                plan.steps_of(each).all(|step| {
                    let instance = Instance { step, element: Some(element) };
                    !running.contains(&instance) && standing(plan.get(step), state.get(instance)) == Standing::Ended
                })
            };
            while *over < elements(state, each) && is_over(*over) {
                *over += 1;
            }
        }
    }

    /// How many steps and blocks have ended, from the top.
    pub(super) fn units(&self) -> usize {
        self.units
    }

    /// The elements of an open block that may be worked on.
    pub(super) fn window(&self, state: &RunState, each: EachId) -> Range<u32> {
        let over = self.over.get(each.index()).copied().unwrap_or(0);
        over..elements(state, each).min(over.saturating_add(MAX_OPEN_ELEMENTS))
    }
}

fn has_ended(plan: &Plan, state: &RunState, running: &BTreeSet<Instance>, unit: Unit) -> bool {
    match unit {
        Unit::Step(step) => {
            let instance = Instance { step, element: None };
            !running.contains(&instance) && standing(plan.get(step), state.get(instance)) == Standing::Ended
        }
        Unit::Each(each) => matches!(state.block(each), Some(BlockState::Ended { .. } | BlockState::Skipped { .. })),
    }
}

/// How many elements an open block has; none while it is not open.
fn elements(state: &RunState, each: EachId) -> u32 {
    match state.block(each) {
        Some(BlockState::Open { elements }) => *elements,
        Some(
            BlockState::Waiting | BlockState::Ended { .. } | BlockState::Skipped { .. } | BlockState::Failed { .. },
        )
        | None => 0,
    }
}
