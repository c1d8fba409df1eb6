//! What is recorded of a step ⟶ how it stands for those that wait for it; and which verification comes next.

use crate::state::{RunState, StepRecord, StepState};
use planc_lang::plan::{Plan, Step};
use planc_lang::syntax::OnFailure;

/// How a step, or a whole block, stands for those that wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// It is over, and the run goes on.
    Ended,
    /// It may be worked on when its turn comes, or is being worked on.
    Open,
    /// It is over, and nothing goes on.
    Failed,
    /// It cannot be told.
    InDoubt,
}

/// How a step stands that nobody is working on.
pub(super) fn standing(step: &Step, record: Option<&StepRecord>) -> Standing {
    let Some(record) = record else { return Standing::Open };
    match &record.state {
        StepState::Waiting | StepState::Running { .. } => Standing::Open,
        StepState::Succeeded { .. } | StepState::Skipped { .. } => Standing::Ended,
        StepState::InDoubt { .. } => Standing::InDoubt,
        StepState::Undone => Standing::Failed,
        StepState::Failed { settled, .. } => match step.on_failure {
            _ if !settled && tries_again(step, record) && record.has_begun() => Standing::Open,
            OnFailure::Continue => Standing::Ended,
            OnFailure::Stop | OnFailure::Undo => Standing::Failed,
        },
    }
}

/// Whether a step that nobody is working on is over, and what stands behind it may begin.
pub fn is_over(step: &Step, record: Option<&StepRecord>) -> bool {
    standing(step, record) == Standing::Ended
}

/// Whether a step that nobody is working on has failed, and nothing goes on.
pub fn has_failed(step: &Step, record: &StepRecord) -> bool {
    standing(step, Some(record)) == Standing::Failed
}

/// Whether a step is tried again that has failed so often. Attempts that a crash cut off do not count.
pub fn may_retry(step: &Step, failures: u32) -> bool {
    is_repeatable(step) && step.retry.is_some_and(|retry| failures <= retry.times)
}

/// Whether a step that has failed is tried again: where repeating its call cannot act twice, or where the call did not take
/// effect and its tool has a probe, so that this is known of every call.
pub fn tries_again(step: &Step, record: &StepRecord) -> bool {
    let StepState::Failed { effect_done, .. } = &record.state else { return false };
    let allowed = step.retry.is_some_and(|retry| record.failures <= retry.times);
    allowed && (is_repeatable(step) || step.call.tool.probe.is_some() && !effect_done)
}

/// Whether repeating the call cannot act twice.
pub fn is_repeatable(step: &Step) -> bool {
    step.call.is_read_only() || step.call.tool.idempotent
}

/// The verification that is checked next: the first that planc can check and that has no outcome. Texts may occur twice: the n-th outcome
/// belongs to the n-th verification with that text.
pub fn unchecked(plan: &Plan, state: &RunState) -> Option<usize> {
    let checkable = |index: &usize| {
        plan.verifications[*index].check.is_some() || plan.steps.iter().any(|step| step.verification == Some(*index))
    };
    let is_unchecked = |index: &usize| {
        let text = &plan.verifications[*index].text;
        let same = |other: &usize| plan.verifications[*other].text == *text;
        let before = (0..*index).filter(same).filter(checkable).count();
        state.verifications.iter().filter(|(other, _)| other == text).count() <= before
    };
    (0..plan.verifications.len()).filter(checkable).find(is_unchecked)
}
