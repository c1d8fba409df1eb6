//! The state of a run ⟶ what names stand for in its expressions.

use super::RunSetup;
use crate::state::{RunState, StepState};
use crate::workspace::{Change, FileError, FileState, Workspace};
use planc_lang::effects::Resource;
use planc_lang::eval::Env;
use planc_lang::grants::{Grants, value_of};
use planc_lang::plan::{CriticalScope, Plan};
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;
use std::collections::BTreeMap;

/// What is known after what is recorded: results as they were, null for what was skipped or failed.
pub(crate) fn environment<'p>(plan: &'p Plan, inputs: &[Value], state: &RunState) -> Env<'p> {
    let mut env = Env::new(plan, inputs.to_vec());
    for id in plan.step_ids() {
        let Some(record) = state.of_step(plan, id) else { continue };
        match &record.state {
            StepState::Succeeded { result } => env.set_step(id, result.clone()),
            StepState::Skipped { .. } | StepState::Failed { .. } => env.set_step(id, Value::Null),
            StepState::Undone => env.set_step(id, record.result.clone().unwrap_or(Value::Null)),
            StepState::Waiting | StepState::Running { .. } | StepState::InDoubt { .. } => {}
        }
    }
    env
}

/// What the lines of `critical` allow now: the values that the approver saw, else those that are known by now. What is
/// not known yet allows nothing.
pub(crate) fn grants<'s>(setup: &'s RunSetup, state: &RunState) -> Grants<'s> {
    let plan = &setup.compiled.plan;
    let mut env = None;
    let shown = |index: usize| setup.critical.get(index).and_then(Option::as_ref).filter(|value| value.is_known());
    let lines = plan.critical.iter().enumerate();
    let values: Vec<Option<Value>> =
        lines
            .map(|(index, line)| match &line.scope {
                CriticalScope::Text(_) => None,
                CriticalScope::Value(expr) => Some(shown(index).cloned().unwrap_or_else(|| {
                    value_of(expr, env.get_or_insert_with(|| environment(plan, &setup.inputs, state)))
                })),
            })
            .collect();
    Grants::new(plan, &values).known()
}

/// What a call touches, one phrase each.
pub(crate) fn touches(touches: &[(EffectVerb, Resource)]) -> Vec<String> {
    touches.iter().map(|(verb, resource)| format!("{} {resource}", verb.as_str())).collect()
}

/// What is at the paths of some changes.
pub(crate) fn present_states(
    workspace: &Workspace,
    changes: &[Change],
) -> Result<BTreeMap<String, FileState>, FileError> {
    changes.iter().map(|change| Ok((change.path.clone(), workspace.state(&change.path)?))).collect()
}
