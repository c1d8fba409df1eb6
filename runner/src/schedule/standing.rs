//! What is recorded of a step ⟶ how it stands for those that wait for it.

use crate::state::{StepRecord, StepState};
use planc_lang::plan::Step;
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
