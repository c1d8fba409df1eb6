//! A call that somebody else than planc carries out ⟶ what stands against it: paths that do not lie where they are written, and
//! such as no line of `critical` covers. A server opens paths by itself, and nobody records what it changes.

use super::lines::grants;
use super::{Recorder, RunSetup};
use crate::coverage::{Uncovered, uncovered_by_others};
use crate::direct::astray;
use crate::tool::registry::Implementation;
use crate::workspace::Kind;
use planc_lang::catalogue::Tool;
use planc_lang::value::Value;

/// Why somebody else than planc must not carry a call out, or has gone astray in it as its result tells.
pub(crate) fn astray_in(setup: &RunSetup, tool: &Tool, args: &[Value], result: Option<&Value>) -> Option<String> {
    is_of_others(setup, tool)
        .then(|| astray(&setup.config, tool, args, result, |path, changes| setup.workspace.check_direct(path, changes)))
        .flatten()
}

/// The first path that somebody else would change, or has as the result tells, and that `critical` does not cover.
pub(crate) fn uncovered_in(
    setup: &RunSetup,
    recorder: &Recorder,
    tool: &Tool,
    args: &[Value],
    result: Option<&Value>,
) -> Option<Uncovered> {
    if !is_of_others(setup, tool) {
        return None;
    }
    let is_open = tool.effects.tell_by_result() && result.is_none();
    let is_folder = |path: &str| setup.workspace.kind(path).is_ok_and(|kind| kind == Kind::Directory);
    let grants = grants(setup, recorder);
    let touched = tool.touched(args, result);
    uncovered_by_others(&grants, &touched, is_open, is_folder, &setup.workspace).into_iter().next()
}

/// Whether a tool is carried out by somebody else than planc, who opens paths by himself. Programs have rules of their own.
fn is_of_others(setup: &RunSetup, tool: &Tool) -> bool {
    let implementation = setup.registry.get(&tool.name);
    matches!(implementation, Some(Implementation::Live(live)) if live.as_program().is_none())
}
