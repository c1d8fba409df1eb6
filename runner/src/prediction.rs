//! What the dry run expects of each step, kept with the plan so that a run can tell when the world is another one.

use crate::workspace::{Change, Observation};
use serde::{Deserialize, Serialize};

/// What the dry run expects of one step, where it could know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prediction {
    /// The name of the step.
    pub step: String,
    /// What the step will see, earlier steps' simulated changes included. Looks at what may have been changed by a call
    /// with unknown outcome are left out.
    pub observations: Vec<Observation>,
    /// What it will change; empty where that is known only after the run.
    pub changes: Vec<Change>,
}
