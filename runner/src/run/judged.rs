//! A call with known arguments ⟶ what policy says of it right before it is made.

use super::RunSetup;
use crate::coverage::Held;
use crate::policy::{Moment, Verdict};
use crate::tool::registry::Implementation;
use planc_lang::catalogue::Tool;
use planc_lang::effects::Resource;
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;

/// What policy says of a call right before it is made: of what it touches as it is written and as links lead now, and of
/// what else is known.
pub(crate) fn judged(setup: &RunSetup, tool: &Tool, args: &[Value], more: Vec<(EffectVerb, Resource)>) -> Verdict {
    let mut touches = touched(setup, held(setup, tool, args));
    touches.extend(more);
    setup.config.policy.decide(tool, args, &touches, Moment::Now)
}

/// A call as policy is held against it.
pub(super) fn held<'h>(setup: &'h RunSetup, tool: &'h Tool, values: &'h [Value]) -> Held<'h> {
    let is_of_files = matches!(setup.registry.get(&tool.name), Some(Implementation::Files(_)));
    Held { policy: &setup.config.policy, tool, values, is_of_files, workspace: &setup.workspace }
}

/// What a call touches as it is written and as links lead now.
pub(super) fn touched(setup: &RunSetup, held: Held<'_>) -> Vec<(EffectVerb, Resource)> {
    let workspace = &setup.workspace;
    held.touched(|path| vec![workspace.resolve(path).ok(), workspace.resolve_link(path).ok()])
}

/// The paths that a path stands for: where it leads, and itself where it ends in a link.
pub(super) fn read_as(setup: &RunSetup, path: &str) -> Vec<String> {
    match setup.workspace.resolve(path) {
        Ok(followed) => vec![followed],
        Err(_) => vec![path.to_owned()],
    }
}
