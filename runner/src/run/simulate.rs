//! A call of a file tool ⟶ what it changes in the tree as it is, which stays as it is.

use super::RunSetup;
use super::call::acceptable;
use super::judged::{held, touched};
use super::known::OwnChanges;
use super::surroundings::{Own, known_in, marked, of_others, own};
use super::unseen::Unseen;
use crate::policy::Moment;
use crate::state::RunState;
use crate::tool::process::may_be_open;
use crate::tool::{Args, FileTool, ToolError};
use crate::workspace::{Change, FileState, Look, Observation, Overlay};
use planc_lang::digest::Digest;
use planc_lang::paths::within;
use planc_lang::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a file tool would do to the tree as it is.
#[derive(Debug)]
pub(crate) struct Simulated {
    /// Its result, once the changes are made.
    pub(crate) result: Value,
    /// What it changes.
    pub(crate) changes: Vec<Change>,
    /// Contents before and after.
    pub(crate) contents: BTreeMap<Digest, Arc<[u8]>>,
    /// What it looked at.
    pub(crate) seen: Vec<Observation>,
}

/// Runs a file tool over the real tree without changing it.
pub(crate) fn simulate(setup: &RunSetup, tool: FileTool, args: &Args) -> Result<Simulated, ToolError> {
    let mut overlay = Overlay::new(setup.workspace.clone());
    let result = tool(args, &mut overlay);
    let held = held(setup, &args.tool, &args.values);
    if let Some(all) = held.beneath(touched(setup, held), overlay.observed()) {
        let verdict = setup.config.policy.decide(&args.tool, &args.values, &all, Moment::Now);
        return Err(ToolError::before(format!("what it reads beneath that: {}", verdict.phrase(&args.tool.name))));
    }
    let result = result?;
    if !result.is_known() {
        return Err(ToolError::before(format!("the result of `{}` is not known", args.tool.name)));
    }
    let (seen, changes) = (overlay.take_observations(), overlay.take_changes());
    Ok(Simulated { result: acceptable(args, result)?, changes, contents: overlay.contents().clone(), seen })
}

/// What the run has left in the workspace so far.
pub(crate) struct ByRun {
    own: Own,
    /// Where what is there, or no more there, may be what nobody has seen.
    unseen: BTreeSet<String>,
}

impl ByRun {
    /// As it is recorded; empty where nobody goes by it, since nothing runs in the open.
    pub(crate) fn of(setup: &RunSetup, state: &RunState) -> ByRun {
        if !is_looked_at(setup) {
            return ByRun { own: Own::new(), unseen: BTreeSet::new() };
        }
        let changes = OwnChanges::of(state);
        let unseen = Unseen::of(setup, state);
        let last = unseen.puts.iter().map(|put| put.change).filter(|change| changes.last(&change.path) == Some(change));
        ByRun { own: own(state), unseen: last.map(|change| change.path.clone()).collect() }
    }
}

/// Whether somebody goes by whose what a file tool leaves is.
fn is_looked_at(setup: &RunSetup) -> bool {
    setup.around.is_some() || may_be_open(&setup.config, &setup.compiled.plan)
}

/// The same, with whether its changes are made of what others have put there, or of what nobody has seen: where it reads any of that, all of them
/// are. What it reads is looked at before and afterwards.
pub(crate) fn simulate_marked(
    setup: &RunSetup,
    by_run: &ByRun,
    tool: FileTool,
    args: &Args,
) -> Result<Simulated, ToolError> {
    let first = simulate(setup, tool, args)?;
    if first.changes.is_empty() || !is_looked_at(setup) {
        return Ok(first);
    }
    let own = &by_run.own;
    let paths: BTreeSet<String> = first.paths().cloned().collect();
    let is_folder = |path: &str| setup.workspace.root().join(path).symlink_metadata().is_ok_and(|found| found.is_dir());
    let reads_others = || !of_others(setup, own, paths.iter().filter(|path| !is_folder(path))).is_empty();
    let before = reads_others();
    let mut second = simulate(setup, tool, args)?;
    let is_other = || !second.paths().all(|path| paths.contains(path)) || second.paths().count() != paths.len();
    let of_others = before || is_other() || lacks(setup, own, &second) || reads_others();
    let of_unseen = reads_unseen(setup, &by_run.unseen, &second);
    second.changes = marked(setup, own, second.changes);
    for change in &mut second.changes {
        change.of_others |= of_others;
        change.of_unseen |= of_unseen;
    }
    Ok(second)
}

/// Whether a call has read what nobody may have seen, or was led by it, or has looked through a folder from which that is gone; or what lies in
/// `scratch`, of which nothing is recorded. Of what it puts somewhere it has read nothing but the mode of a file that was there.
fn reads_unseen(setup: &RunSetup, unseen: &BTreeSet<String>, simulated: &Simulated) -> bool {
    let left: Vec<&Change> = simulated.changes.iter().filter(|change| change.after != FileState::Absent).collect();
    let is_new = |change: &Change| !matches!(change.before, FileState::File { .. });
    let is_target =
        |path: &str| left.iter().any(|left| within(&left.path, path) && (left.path != path || is_new(left)));
    let is_scratch = |path: &str| setup.config.programs.scratch.iter().any(|folder| within(path, folder));
    simulated.seen.iter().any(|seen| match &seen.look {
        Look::At { path } => (unseen.contains(path) || is_scratch(path)) && !is_target(path),
        Look::Entries { path } => {
            let inside = if path == "." { String::new() } else { format!("{path}/") };
            let mut beneath = unseen.range(inside.clone()..).take_while(|path| path.starts_with(&inside));
            beneath.any(|path| !path[inside.len()..].contains('/'))
        }
        _ => false,
    })
}

/// Whether something was not in a folder that was looked through, and is known to have been: others have taken it away, if only for the
/// moment.
fn lacks(setup: &RunSetup, own: &Own, simulated: &Simulated) -> bool {
    let found: BTreeSet<&String> = simulated.paths().collect();
    let folders = simulated.seen.iter().filter_map(|seen| match &seen.look {
        Look::Entries { path } => Some(path),
        _ => None,
    });
    let mut missing = folders.flat_map(|folder| known_in(setup, folder)).filter(|path| !found.contains(path));
    missing.any(|path| !own.get(&path).is_some_and(|states| states.contains(&FileState::Absent)))
}

impl Simulated {
    /// The paths that it looked at.
    fn paths(&self) -> impl Iterator<Item = &String> {
        self.seen.iter().filter_map(|seen| match &seen.look {
            Look::At { path } => Some(path),
            _ => None,
        })
    }
}

/// Whether the same is changed, whoever has put there what it is made of.
pub(crate) fn are_same(predicted: &[Change], changes: &[Change]) -> bool {
    let is_same = |(one, other): (&Change, &Change)| {
        Change { of_others: one.of_others, of_unseen: one.of_unseen, ..other.clone() } == *one
    };
    predicted.len() == changes.len() && predicted.iter().zip(changes).all(is_same)
}
