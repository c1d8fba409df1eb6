//! The files that a program is bound to ⟶ whether somebody has touched them while it ran. Its copy shows the workspace as it
//! is at each moment: what was changed and changed back is not to be seen in what is there afterwards.
//!
//! A file is told by which one it is and by when it was last changed in any way, a time that nobody can set. So are the
//! directories on the way to it, which could be swapped with all that they hold.

use super::RunSetup;
use crate::event::Difference;
use crate::state::{RunState, StepState};
use crate::workspace::{Look, Observation, Stamp};
use planc_lang::paths::within;
use planc_lang::plan::Instance;
use std::collections::BTreeMap;

/// What is said of a bound file that was touched.
const TOUCHED: &str = "changed by somebody else while the program ran";
/// What is expected of a directory.
const SAME: &str = "as it was when the program began";

/// The bound files of a call, as they are when its cell is made.
#[derive(Debug)]
pub(crate) struct Held(BTreeMap<Look, (String, Option<Stamp>)>);

impl Held {
    /// Must be taken before the files are compared with what is expected of them.
    pub(crate) fn of(setup: &RunSetup, expected: Vec<Observation>) -> Held {
        let mut held = BTreeMap::new();
        for path in expected.iter().filter_map(|Observation { look, .. }| look.at()) {
            let above = path.match_indices('/').map(|(at, _)| Look::At { path: path[..at].to_owned() });
            held.extend(above.map(|above| (above, SAME.to_owned())));
        }
        held.extend(expected.into_iter().map(|Observation { look, seen }| (look, seen)));
        let is_written = |path: &str| setup.config.programs.scratch.iter().any(|folder| within(path, folder));
        // What programs really write is not only as it was.
        held.retain(|look, _| look.at().is_none_or(|path| !is_written(path)));
        let stamped = held.into_iter().map(|(look, seen)| {
            let stamp = setup.workspace.stamp(&look);
            (look, (seen, stamp))
        });
        Held(stamped.collect())
    }

    /// What is not as it was, but for what another step of the run has changed while this one ran.
    pub(crate) fn touched(self, setup: &RunSetup, state: &RunState, by: Option<Instance>) -> Vec<Difference> {
        let touched = |(look, (seen, stamp)): (Look, (String, Option<Stamp>))| {
            let is_by_run = || by.is_some_and(|own| is_by_another(state, own, &look));
            if setup.workspace.stamp(&look) == stamp || is_by_run() {
                return None;
            }
            Some(Difference { expected: Observation { look, seen }, found: TOUCHED.to_owned() })
        };
        self.0.into_iter().filter_map(touched).collect()
    }
}

/// Whether another step that ran at the same time has changed a path, or something right beneath it.
fn is_by_another(state: &RunState, own: Instance, look: &Look) -> bool {
    let Some(path) = look.at() else { return false };
    let began = state.get(own).map_or(0, |record| record.clock);
    let is_there = |other: &str| other == path || other.rsplit_once('/').is_some_and(|(above, _)| above == path);
    state.steps().iter().filter(|record| record.instance != Some(own)).any(|record| {
        let is_meanwhile = record.clock > began || matches!(record.state, StepState::Running { .. });
        is_meanwhile && record.changes.iter().any(|change| is_there(&change.path))
    })
}
