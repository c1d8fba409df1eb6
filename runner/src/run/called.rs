//! What a call was approved with ⟶ the same, with each path by itself at which an interpreter may find something by a name without an
//! ending: it is held to what is there like any other.

use super::RunSetup;
use crate::workspace::{FileState, Found, Look, Observation};
use planc_lang::paths::within;

/// What was seen, path by path. What was there when the card was made is named by itself; of the rest there was nothing. Blocks while it
/// looks.
pub(crate) fn one_by_one(setup: &RunSetup, seen: &[Observation]) -> Vec<Observation> {
    let is_scratch = |path: &str| setup.config.programs.scratch.iter().any(|folder| within(path, folder));
    let (called, mut found): (Vec<_>, Vec<_>) =
        seen.iter().cloned().partition(|seen| matches!(seen.look, Look::Called { .. }));
    for Observation { look, seen } in called {
        let Look::Called { path, endings } = look else { continue };
        // Nobody records what programs leave there.
        if is_scratch(&path) {
            continue;
        }
        let was_there: Vec<&str> = seen.split(", ").collect();
        for path in setup.workspace.looked_for(&path, endings) {
            let name = path.rsplit_once('/').map_or(path.as_str(), |(_, name)| name);
            let is_known = || found.iter().any(|known| known.look.at() == Some(&path));
            // At what planc cannot look there is nothing to compare; that something has come there is seen.
            if setup.workspace.kind(&path).is_err() && !matches!(setup.workspace.found(&path, true), Found::Hidden(_)) {
                continue;
            }
            if !was_there.contains(&name) && !is_known() {
                found.push(Observation { look: Look::At { path }, seen: FileState::Absent.to_string() });
            }
        }
    }
    found
}
