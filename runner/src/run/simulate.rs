//! A call of a file tool ⟶ what it changes in the tree as it is, which stays as it is.

use super::RunSetup;
use super::call::acceptable;
use super::judged::{held, touched};
use super::surroundings::{Own, marked, of_others};
use crate::policy::Moment;
use crate::tool::{Args, FileTool, ToolError};
use crate::workspace::{Change, Overlay};
use planc_lang::digest::Digest;
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
    /// The paths that it looked at.
    looked: BTreeSet<String>,
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
    let looked = overlay.observed().iter().filter_map(|seen| Some(seen.look.at()?.to_owned())).collect();
    let changes = overlay.take_changes();
    Ok(Simulated { result: acceptable(args, result)?, changes, contents: overlay.contents().clone(), looked })
}

/// The same, with whether its changes are made of what others have put there: where it reads any of that, all of them are. What it reads is
/// looked at before and afterwards.
pub(crate) fn simulate_marked(
    setup: &RunSetup,
    own: &Own,
    tool: FileTool,
    args: &Args,
) -> Result<Simulated, ToolError> {
    let first = simulate(setup, tool, args)?;
    if setup.around.is_none() || first.changes.is_empty() {
        return Ok(first);
    }
    let is_content = |path: &String| !setup.workspace.root().join(path).is_dir();
    let reads_others = || {
        let looked = first.looked.iter().filter(|path| is_content(path));
        !of_others(setup, own, looked).is_empty()
    };
    let before = reads_others();
    let Simulated { result, changes, contents, looked } = simulate(setup, tool, args)?;
    let is_of_others = before || looked != first.looked || reads_others();
    let mut changes = marked(setup, own, changes);
    changes.iter_mut().for_each(|change| change.of_others |= is_of_others);
    Ok(Simulated { result, changes, contents, looked })
}
