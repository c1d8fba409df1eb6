//! A program that was cut off ⟶ whether it can have changed anything: one in a cell without a network cannot.

use super::{RunSetup, implementation};
use crate::config::Network;
use crate::state::StepRecord;
use crate::tool::process::{Place, place};
use crate::tool::registry::Implementation;
use planc_lang::effects::CriticalVerb;
use planc_lang::plan::Step;
use planc_lang::value::Value;

/// Whether the call of a step leaves nothing when it is cut off: a program of which nothing was kept yet. What the operator
/// decided is as it was: another decision would have voided the approval.
pub(crate) fn leaves_nothing(setup: &RunSetup, step: &Step, record: &StepRecord) -> bool {
    let contacts = setup.compiled.plan.critical.iter().any(|line| line.verb == CriticalVerb::Contact);
    let is_closed = setup.config.programs.network == Network::Off || !contacts;
    is_closed && is_in_cell(setup, step, record)
}

/// Whether the call of a step, with the arguments of its last attempt, runs a program in a cell.
pub(crate) fn is_in_cell(setup: &RunSetup, step: &Step, record: &StepRecord) -> bool {
    let Ok(Implementation::Live(tool)) = implementation(setup, &step.call.tool.name) else { return false };
    if tool.as_program().is_none() {
        return false;
    }
    let argv = record.args.as_ref().and_then(|args| args.get("argv")).and_then(Value::as_list);
    let argv: Option<Vec<&str>> = argv.and_then(|argv| argv.iter().map(Value::as_str).collect());
    argv.is_some_and(|argv| place(&setup.config, &argv) == Place::Cell)
}
