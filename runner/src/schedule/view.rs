//! Everything that one decision looks at.

use super::frontier::Frontier;
use super::standing::{Standing, standing, unchecked};
use super::{Action, Order, Situation};
use crate::event::End;
use crate::state::{BlockState, RunState};
use planc_lang::plan::{EachId, Instance, Plan, StepId, Unit};

/// How many steps and blocks of a plan are looked at at the same time, from the first that has not ended: one that could
/// start starts only when all but so many before it have ended. Keeps each decision short, however long the plan is.
pub const MAX_AHEAD: usize = 256;

/// Everything that one decision looks at.
pub(super) struct View<'a> {
    plan: &'a Plan,
    order: &'a Order,
    state: &'a RunState,
    situation: &'a Situation<'a>,
    frontier: Frontier,
    /// By unit, from the first that has not ended to the last of which anything is recorded. All before have ended, all behind
    /// wait.
    standings: Vec<Standing>,
    /// The first unit that has not ended well.
    first_unended: usize,
}

impl<'a> View<'a> {
    pub(super) fn new(plan: &'a Plan, order: &'a Order, state: &'a RunState, situation: &'a Situation<'a>) -> View<'a> {
        let mut frontier = situation.frontier.clone();
        frontier.advance(plan, order, state, situation.running);
        let first_unended = frontier.units();
        let mut view = View { plan, order, state, situation, frontier, standings: Vec::new(), first_unended };
        let reached = state.reached().checked_sub(1).map_or(0, |last| order.unit_of[last] + 1);
        let recorded = order.units.get(first_unended..reached).unwrap_or_default();
        view.standings = recorded.iter().map(|unit| view.stands_now(*unit)).collect();
        view
    }

    /// How the unit at this place stands.
    fn stands_at(&self, unit: usize) -> Standing {
        match unit.checked_sub(self.first_unended) {
            None => Standing::Ended,
            Some(index) => self.standings.get(index).copied().unwrap_or(Standing::Open),
        }
    }

    fn stands_now(&self, unit: Unit) -> Standing {
        match unit {
            Unit::Step(step) => self.instance(Instance { step, element: None }),
            Unit::Each(each) => self.block(each),
        }
    }

    fn instance(&self, instance: Instance) -> Standing {
        match self.situation.running.contains(&instance) {
            true => Standing::Open,
            false => standing(self.plan.get(instance.step), self.state.get(instance)),
        }
    }

    /// A block stands as the worst of its elements does, and is open until it has its value.
    fn block(&self, each: EachId) -> Standing {
        match self.state.block(each) {
            None | Some(BlockState::Waiting) => Standing::Open,
            Some(BlockState::Ended { .. } | BlockState::Skipped { .. }) => Standing::Ended,
            Some(BlockState::Failed { .. }) => Standing::Failed,
            Some(BlockState::Open { .. }) => {
                let worst = self.instances(each).map(|instance| self.instance(instance)).max();
                worst.map_or(Standing::Open, |worst| worst.max(Standing::Open))
            }
        }
    }

    /// The steps of an open block, for each element that may be worked on.
    fn instances(&self, each: EachId) -> impl Iterator<Item = Instance> {
        let of =
            move |element: u32| self.plan.steps_of(each).map(move |step| Instance { step, element: Some(element) });
        self.frontier.window(self.state, each).flat_map(of)
    }

    /// How the unit of a step stands.
    fn stands(&self, step: StepId) -> Standing {
        self.stands_at(self.order.unit_of[step.index()])
    }

    fn verification(&self, unit: Unit) -> Option<usize> {
        match unit {
            Unit::Step(step) => self.plan.get(step).verification,
            Unit::Each(_) => None,
        }
    }

    /// How the units of the plan itself stand that have not all ended, verifications left out.
    fn own(&self) -> impl Iterator<Item = Standing> {
        let units = self.order.units.iter().enumerate().skip(self.first_unended);
        units.filter(|(_, unit)| self.verification(**unit).is_none()).map(|(index, _)| self.stands_at(index))
    }

    /// Why nothing new may start, the weightiest reason first.
    pub(super) fn blocked(&self) -> Option<End> {
        if self.standings.contains(&Standing::InDoubt) {
            return Some(End::InDoubt);
        }
        if let Some(end @ (End::Stale | End::Refused)) = self.situation.halt {
            return Some(end);
        }
        if self.standings.contains(&Standing::Failed) && self.own().any(|standing| standing == Standing::Failed) {
            return Some(End::Failed);
        }
        self.situation.halt
    }

    /// What may be done, in the order of the text: steps to start, at most so many, and blocks to open and to close.
    pub(super) fn ready(&self, room: usize) -> Vec<Action> {
        let end = self.first_unended.saturating_add(MAX_AHEAD).min(self.order.units.len());
        self.ready_among(self.first_unended..end, room)
    }

    /// The same of what stands before the first failure.
    pub(super) fn ready_before_failure(&self, room: usize) -> Vec<Action> {
        let failed = self.standings.iter().take(MAX_AHEAD).position(|standing| *standing == Standing::Failed);
        let end = failed.unwrap_or(0);
        self.ready_among(self.first_unended..self.first_unended + end, room)
    }

    fn ready_among(&self, units: std::ops::Range<usize>, room: usize) -> Vec<Action> {
        let mut ready = Vec::new();
        let mut left = room;
        for index in units {
            if left == 0 {
                break;
            }
            match self.order.units[index] {
                Unit::Step(step) => {
                    let instance = Instance { step, element: None };
                    if self.is_ready(instance) {
                        ready.push(Action::Start(instance));
                        left -= 1;
                    }
                }
                Unit::Each(each) => self.ready_in(each, index, &mut left, &mut ready),
            }
        }
        ready
    }

    fn ready_in(&self, each: EachId, unit: usize, left: &mut usize, ready: &mut Vec<Action>) {
        match self.state.block(each) {
            None | Some(BlockState::Waiting) => ready.extend(self.may_open(each, unit).then_some(Action::Open(each))),
            Some(BlockState::Ended { .. } | BlockState::Skipped { .. } | BlockState::Failed { .. }) => {}
            Some(BlockState::Open { .. }) if self.frontier.window(self.state, each).is_empty() => {
                ready.push(Action::Close(each));
            }
            Some(BlockState::Open { .. }) => {
                let starts = self.instances(each).filter(|instance| self.is_ready(*instance)).take(*left);
                let before = ready.len();
                ready.extend(starts.map(Action::Start));
                *left -= ready.len() - before;
            }
        }
    }

    /// Whether the list of a block is known: all that it uses has ended, and no gate is closed before it.
    fn may_open(&self, each: EachId, unit: usize) -> bool {
        let block = self.plan.each(each);
        let holds_up = |unit: Unit| matches!(unit, Unit::Step(step) if self.plan.get(step).holds_up());
        block.uses.iter().all(|step| self.stands(*step) == Standing::Ended)
            && block.uses_each.iter().all(|each| self.has_value(*each))
            && (self.first_unended..unit)
                .all(|before| self.stands_at(before) == Standing::Ended || !holds_up(self.order.units[before]))
    }

    fn has_value(&self, each: EachId) -> bool {
        matches!(self.state.block(each), Some(BlockState::Ended { .. } | BlockState::Skipped { .. }))
    }

    fn is_ready(&self, instance: Instance) -> bool {
        let step = self.plan.get(instance.step);
        if self.situation.running.contains(&instance) || self.instance(instance) != Standing::Open {
            return false;
        }
        self.order.waits_for(instance.step).iter().all(|before| self.has_given(instance, *before))
            && step.uses_each.iter().all(|each| self.has_value(*each))
            && (self.first_unended..self.order.unit_of[instance.step.index()])
                .all(|before| self.may_pass_unit(instance, self.order.units[before]))
            && step.each.is_none_or(|each| self.may_start_within(instance, each))
    }

    /// Whether a step that this one waits for has ended: of its own block, for the same element; of another, for all.
    fn has_given(&self, instance: Instance, before: StepId) -> bool {
        let (own, other) = (self.plan.get(instance.step).each, self.plan.get(before).each);
        match other {
            Some(_) if own == other => {
                self.instance(Instance { step: before, element: instance.element }) == Standing::Ended
            }
            Some(_) => self.stands(before) == Standing::Ended,
            None => self.lets_go_on(instance.step, before),
        }
    }

    /// Whether a unit before the one of this step does not keep it waiting.
    fn may_pass_unit(&self, instance: Instance, unit: Unit) -> bool {
        match unit {
            Unit::Step(before) => {
                self.lets_go_on(instance.step, before)
                    || self.stands(before) == Standing::Open
                        && self.may_pass(instance, Instance { step: before, element: None })
            }
            Unit::Each(each) => match self.block(each) {
                Standing::Ended => true,
                Standing::Failed | Standing::InDoubt => false,
                Standing::Open => {
                    let of_any = |step: StepId| Instance { step, element: None };
                    self.plan.steps_of(each).all(|before| self.may_pass(instance, of_any(before)))
                }
            },
        }
    }

    /// Whether neither an earlier step of the same element nor one of an earlier element keeps a step waiting. Elements
    /// have no order but for conflicts.
    fn may_start_within(&self, instance: Instance, each: EachId) -> bool {
        let is_before = |other: &Instance| (other.element, other.step) < (instance.element, instance.step);
        let open = |other: &Instance| self.instance(*other) != Standing::Ended;
        self.instances(each).take_while(is_before).filter(open).all(|before| match before.element == instance.element {
            true => self.may_pass(instance, before),
            false => self.both_read(instance, before) || !(self.situation.may_conflict)(instance, before),
        })
    }

    /// Whether an earlier step no longer keeps this one waiting.
    fn lets_go_on(&self, id: StepId, before: StepId) -> bool {
        let (own, other) = (self.plan.get(id).verification, self.plan.get(before).verification);
        match self.stands(before) {
            Standing::Ended => true,
            // A verification that has failed does not keep the others from being checked.
            Standing::Failed => other.is_some() && other != own,
            Standing::Open => {
                !self.situation.running.contains(&Instance { step: before, element: None })
                    && other != own
                    && other.is_some_and(|verification| self.has_failed(verification))
            }
            Standing::InDoubt => false,
        }
    }

    /// Whether a step of a verification has failed, so that the rest of it does not run.
    fn has_failed(&self, verification: usize) -> bool {
        let of_it = |id: &StepId| self.plan.get(*id).verification == Some(verification);
        self.plan.step_ids().filter(of_it).any(|id| self.stands(id) == Standing::Failed)
    }

    /// Whether a step may start although an earlier one has not ended: both only read, or the later one only reads, or
    /// both stand in one `together` block, and they cannot conflict. Nothing passes a gate or, from outside of its block, a
    /// poll, and a gate passes nothing.
    /// Verifications look at a finished plan.
    fn may_pass(&self, instance: Instance, before: Instance) -> bool {
        let (step, other) = (self.plan.get(instance.step), self.plan.get(before.step));
        let same_part = step.verification.is_some() == other.verification.is_some();
        let together = step.together.is_some() && step.together == other.together;
        same_part
            && !step.is_gate
            && (!other.holds_up() || together && !other.is_gate)
            && (self.both_read(instance, before)
                || (step.is_read_only() || together) && !(self.situation.may_conflict)(instance, before))
    }

    fn both_read(&self, one: Instance, other: Instance) -> bool {
        self.plan.get(one.step).is_read_only() && self.plan.get(other.step).is_read_only()
    }

    /// What comes when no step is left: the next verification, then the end.
    pub(super) fn closing(&self) -> Action {
        if !self.own().all(|standing| standing == Standing::Ended) {
            // Only a graph with a circle leads here: it must not pass for success.
            return Action::End(End::Failed);
        }
        match unchecked(self.plan, self.state) {
            Some(index) => Action::Check(index),
            None if self.state.verifications.iter().any(|(_, why)| why.is_some()) => Action::End(End::Failed),
            None => Action::End(End::Done),
        }
    }
}
