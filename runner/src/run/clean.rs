//! What a process that ended in the middle leaves behind: programs that still run, temporary files.

use super::{Recorder, RunSetup};
use crate::state::StepRecord;
use crate::tool::process;
use crate::workspace::Change;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Kills what still runs in the run's name and removes temporary files beside what it changed.
pub(crate) async fn clean(setup: &Arc<RunSetup>, recorder: &Recorder) {
    let run = setup.run.clone();
    // What could not be killed is found again by whoever comes next.
    let _ = tokio::task::spawn_blocking(move || process::kill_survivors(&run)).await;
    sweep(setup, recorder).await;
}

/// Removes temporary files beside what the run changed.
pub(crate) async fn sweep(setup: &Arc<RunSetup>, recorder: &Recorder) {
    let setup = setup.clone();
    let changes: Vec<Change> = recorder.state().steps().iter().flat_map(StepRecord::all_changes).cloned().collect();
    let cleaned = tokio::task::spawn_blocking(move || {
        let dirs: BTreeSet<&str> = changes.iter().map(|change| parent(&change.path)).collect();
        setup.workspace.sweep(dirs);
    });
    // What cannot be cleaned up disturbs nothing that follows: every path is looked at again before it is changed.
    let _ = cleaned.await;
}

fn parent(path: &str) -> &str {
    path.rfind('/').map_or(".", |slash| &path[..slash])
}
