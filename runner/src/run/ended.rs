//! When the card of a run was made, and when its calls ended.

use crate::event::Event;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Since when what is in the workspace is not what it was on the card.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// When the card was made.
    pub at: Timestamp,
    /// When an earlier process of the run recorded something last; else as `at`.
    pub last: Timestamp,
    /// When calls ended that earlier processes of this run have made, by step.
    pub ended: Ended,
}

/// When calls ended, by the step, or by what takes it back.
pub type Ended = BTreeMap<String, Timestamp>;

/// Takes note of a call that has ended.
pub fn note(ended: &mut Ended, event: &Event, at: Timestamp) {
    let of = match event {
        Event::StepSucceeded { step, .. } | Event::StepFailed { step, .. } | Event::Looked { step, .. } => step.clone(),
        // What such a call has changed in a cell is recorded, so that its end tells nothing of others.
        Event::UndoCallObserved { step, .. } => observed(step),
        Event::UndoCallStarted { step, .. } => {
            ended.remove(&observed(step));
            return;
        }
        Event::UndoCallEnded { step, .. } if !ended.contains_key(&observed(step)) => undo_of(step),
        _ => return,
    };
    ended.insert(of, at);
}

fn observed(step: &str) -> String {
    format!("what was observed of the undo of {step}")
}

pub(super) fn undo_of(step: &str) -> String {
    format!("the undo of {step}")
}
