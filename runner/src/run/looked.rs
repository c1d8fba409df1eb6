//! What was observed ⟶ looked at again.

use super::RunSetup;
use crate::event::Difference;
use crate::workspace::{Observation, is_as_seen};
use std::sync::Arc;

/// What is not as it was observed.
pub(crate) async fn look_again(setup: &Arc<RunSetup>, observations: Vec<Observation>) -> Vec<Difference> {
    if observations.is_empty() {
        return Vec::new();
    }
    let setup = setup.clone();
    let expected = observations.clone();
    let looked = tokio::task::spawn_blocking(move || differences(&setup, observations)).await;
    // Looking that broke down has seen nothing as expected.
    looked.unwrap_or_else(|error| {
        let unseen = |expected| Difference { expected, found: format!("looking broke down: {error}") };
        expected.into_iter().map(unseen).collect()
    })
}

/// What was looked at, as it was found. `differences` are all that look_again gave of it.
pub(crate) fn as_found(mut expected: Vec<Observation>, differences: &[Difference]) -> Vec<Observation> {
    for observation in &mut expected {
        if let Some(different) = differences.iter().find(|different| different.expected.look == observation.look) {
            observation.seen.clone_from(&different.found);
        }
    }
    expected
}

fn differences(setup: &RunSetup, observations: Vec<Observation>) -> Vec<Difference> {
    let difference = |expected: Observation| {
        let found = match setup.workspace.observe(&expected.look) {
            Ok(seen) if is_as_seen(&seen, &expected.seen) => return None,
            Ok(seen) => seen,
            Err(error) => error.to_string(),
        };
        Some(Difference { expected, found })
    };
    observations.into_iter().filter_map(difference).collect()
}
