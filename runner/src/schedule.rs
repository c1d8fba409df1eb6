//! Plan, order and state ⟶ what to do next. Pure: it looks at no file and calls no tool.
//!
//! The order of the text rules: a step with an effect starts only after every earlier step has ended well; a read-only step
//! may start before earlier steps that it cannot conflict with. After a failure nothing starts.

use crate::event::End;
use crate::state::{RunState, StepRecord, StepState};
use planc_lang::graph::StepGraph;
use planc_lang::plan::{Plan, Step, StepId};
use planc_lang::syntax::OnFailure;
use std::collections::BTreeSet;

/// How many calls run at the same time at most.
pub const MAX_PARALLEL: usize = 8;

/// What each step waits for.
#[derive(Clone, Debug, Default)]
pub struct Order {
    waits: Vec<Vec<StepId>>,
}

impl Order {
    /// From the graph of a compiled plan.
    pub fn of(plan: &Plan, graph: &StepGraph) -> Order {
        let waits = |step: StepId| graph.dependencies(step).map(|(before, _)| before);
        Order {
            waits: plan
                .step_ids()
                .map(|step| waits(step).chain(plan.get(step).after.iter().copied()).collect())
                .collect(),
        }
    }

    fn waits_for(&self, step: StepId) -> &[StepId] {
        self.waits.get(step.index()).map_or(&[], Vec::as_slice)
    }
}

/// What else the decision depends on.
pub struct Situation<'a> {
    /// Steps that somebody is working on right now.
    pub running: &'a BTreeSet<StepId>,
    /// Why nothing new may start: somebody asked to stop, a call waits, the world is stale, policy refuses.
    pub halt: Option<End>,
    /// How many calls may run at the same time.
    pub parallel: usize,
    /// Whether a read-only step that may start early could meet an earlier step with an effect that has not ended,
    /// as far as that is known now: the first is the read-only step. Asked only where the graph sees no conflict.
    pub may_conflict: &'a dyn Fn(StepId, StepId) -> bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Work on a step.
    Start(StepId),
    /// Check a verification: its steps have ended.
    Check(usize),
    /// Nothing is left to do, or nothing may be done.
    End(End),
}

/// What to do next; nothing: wait for a running step.
pub fn next(plan: &Plan, order: &Order, state: &RunState, situation: &Situation<'_>) -> Vec<Action> {
    let view = View::new(plan, order, state, situation);
    let busy = !situation.running.is_empty();
    let ready = || view.ready();
    match view.blocked() {
        Some(_) if busy => Vec::new(),
        // Who asked to stop when everything was over gets what there is.
        Some(End::Interrupted) if ready().next().is_none() && matches!(view.closing(), Action::End(_)) => {
            vec![view.closing()]
        }
        Some(end) => vec![Action::End(end)],
        None => {
            let room = situation.parallel.max(1).saturating_sub(situation.running.len());
            let starts: Vec<Action> = ready().take(room).map(Action::Start).collect();
            match starts.is_empty() && !busy {
                true => vec![view.closing()],
                false => starts,
            }
        }
    }
}

/// Whether a step that failed at this attempt is tried again.
pub fn may_retry(step: &Step, attempt: u32) -> bool {
    is_repeatable(step) && step.retry.is_some_and(|retry| attempt <= retry.times)
}

/// Whether repeating the call cannot act twice.
pub fn is_repeatable(step: &Step) -> bool {
    step.call.is_read_only() || step.call.tool.idempotent
}

/// Whether a failure asks for taking back what the run has done.
pub fn wants_undo(plan: &Plan, state: &RunState) -> bool {
    plan.steps.iter().any(|step| {
        step.on_failure == OnFailure::Undo
            && state.step(&step.name).is_some_and(|record| matches!(record.state, StepState::Failed { .. }))
    })
}

/// How a step stands for those that wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It may be worked on when its turn comes, or is being worked on.
    Open,
    /// It is over, and the run goes on.
    Ended,
    /// It is over, and nothing goes on.
    Failed,
    /// It cannot be told.
    InDoubt,
}

fn standing(step: &Step, record: Option<&StepRecord>) -> Standing {
    let Some(record) = record else { return Standing::Open };
    match &record.state {
        StepState::Waiting | StepState::Running { .. } => Standing::Open,
        StepState::Succeeded { .. } | StepState::Skipped { .. } => Standing::Ended,
        StepState::InDoubt { .. } => Standing::InDoubt,
        StepState::Undone => Standing::Failed,
        StepState::Failed { settled, .. } => match step.on_failure {
            _ if !settled && may_retry(step, record.attempt) && record.has_begun() => Standing::Open,
            OnFailure::Continue => Standing::Ended,
            OnFailure::Stop | OnFailure::Undo => Standing::Failed,
        },
    }
}

/// Everything that one decision looks at.
struct View<'a> {
    plan: &'a Plan,
    order: &'a Order,
    state: &'a RunState,
    situation: &'a Situation<'a>,
    standings: Vec<Standing>,
    /// The first step that has not ended well.
    first_unended: usize,
}

impl<'a> View<'a> {
    fn new(plan: &'a Plan, order: &'a Order, state: &'a RunState, situation: &'a Situation<'a>) -> View<'a> {
        let stands = |id: StepId| match situation.running.contains(&id) {
            true => Standing::Open,
            false => standing(plan.get(id), state.of_step(plan, id)),
        };
        let standings: Vec<Standing> = plan.step_ids().map(stands).collect();
        let first_unended = standings.iter().position(|s| *s != Standing::Ended).unwrap_or(standings.len());
        View { plan, order, state, situation, standings, first_unended }
    }

    fn stands(&self, id: StepId) -> Standing {
        self.standings[id.index()]
    }

    /// Why nothing new may start, the weightiest reason first.
    fn blocked(&self) -> Option<End> {
        if self.standings.contains(&Standing::InDoubt) {
            return Some(End::InDoubt);
        }
        if let Some(end @ (End::Stale | End::Refused)) = self.situation.halt {
            return Some(end);
        }
        let own = |id: &StepId| self.plan.get(*id).verification.is_none();
        if self.plan.step_ids().filter(own).any(|id| self.stands(id) == Standing::Failed) {
            return Some(End::Failed);
        }
        self.situation.halt
    }

    /// Steps that may start, in the order of the text.
    fn ready(&self) -> impl Iterator<Item = StepId> {
        self.plan.step_ids().filter(|id| self.is_ready(*id))
    }

    fn is_ready(&self, id: StepId) -> bool {
        if self.situation.running.contains(&id) || self.stands(id) != Standing::Open {
            return false;
        }
        self.order.waits_for(id).iter().all(|before| self.lets_go_on(id, *before))
            && (self.first_unended..id.index())
                .map(StepId::new)
                .all(|before| self.lets_go_on(id, before) || self.may_pass(id, before))
    }

    /// Whether an earlier step no longer keeps this one waiting.
    fn lets_go_on(&self, id: StepId, before: StepId) -> bool {
        let (own, other) = (self.plan.get(id).verification, self.plan.get(before).verification);
        match self.stands(before) {
            Standing::Ended => true,
            // A verification that has failed does not keep the others from being checked.
            Standing::Failed => other.is_some() && other != own,
            Standing::Open => {
                !self.situation.running.contains(&before)
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

    /// Whether a step may start although an earlier one has not ended: both only read, or the later one only reads what
    /// the earlier one cannot change. Verifications look at a finished plan.
    fn may_pass(&self, id: StepId, before: StepId) -> bool {
        let (step, other) = (self.plan.get(id), self.plan.get(before));
        let same_part = step.verification.is_some() == other.verification.is_some();
        self.stands(before) == Standing::Open
            && same_part
            && step.call.is_read_only()
            && (other.call.is_read_only() || !(self.situation.may_conflict)(id, before))
    }

    /// What comes when no step is left: the next verification, then the end.
    fn closing(&self) -> Action {
        let own = |id: &StepId| self.plan.get(*id).verification.is_none();
        if !self.plan.step_ids().filter(own).all(|id| self.stands(id) == Standing::Ended) {
            // Only a graph with a circle leads here: it must not pass for success.
            return Action::End(End::Failed);
        }
        match (0..self.plan.verifications.len()).find(|index| self.is_unchecked(*index)) {
            Some(index) => Action::Check(index),
            None if self.state.verifications.iter().any(|(_, why)| why.is_some()) => Action::End(End::Failed),
            None => Action::End(End::Done),
        }
    }

    /// Whether a verification that planc can check has no outcome. Texts may occur twice: the n-th outcome belongs to the
    /// n-th verification with that text.
    fn is_unchecked(&self, index: usize) -> bool {
        let checkable = |index: &usize| {
            self.plan.verifications[*index].check.is_some()
                || self.plan.steps.iter().any(|step| step.verification == Some(*index))
        };
        let text = &self.plan.verifications[index].text;
        let same = |other: &usize| self.plan.verifications[*other].text == *text;
        let before = (0..index).filter(same).filter(checkable).count();
        checkable(&index) && self.state.verifications.iter().filter(|(other, _)| other == text).count() <= before
    }
}
