//! Programs before approval: one that may run in plan mode ⟶ run on a throwaway copy of the workspace as the steps before leave
//! it ⟶ its result, and what it changed there taken over into the simulation.
//!
//! Only where it is asked for, the operator lets it, and this machine confines it. Such a program has no network and no
//! variables of the operator, sees what programs see, and writes nothing that stays.

use super::Early;
use super::call::Called;
use super::steps::{At, Steps};
use crate::config::{HOME, Network};
use crate::coverage::uncovered_touches;
use crate::policy::Moment;
use crate::sandbox::Seen;
use crate::tool::process::{Place, Run, Walls};
use crate::tool::registry::Implementation;
use crate::tool::{Args, CallContext, ToolError};
use planc_lang::conform::check_value;
use planc_lang::effects::{CriticalVerb, Resource};
use planc_lang::syntax::{Approval, EffectVerb};
use planc_lang::value::Value;
use std::sync::Arc;
use std::time::Duration;

/// How long a program may take before approval where neither its step nor its tool says.
pub const EARLY_TIMEOUT: Duration = Duration::from_secs(600);

impl Steps<'_, '_> {
    /// Runs the program of a step, where that was asked for; none: nobody asked, or it is no program.
    pub(super) fn early(
        &mut self,
        at: &At<'_>,
        values: &[Value],
        touches: &[(EffectVerb, Resource)],
    ) -> Option<Result<Called, ToolError>> {
        let dry = self.dry;
        let Some(Implementation::Live(tool)) = dry.registry.get(&at.step.call.tool.name) else { return None };
        let run = tool.as_program().filter(|_| dry.early == Early::Sealed)?;
        Some(match self.against(at, values, touches) {
            Some(why) => {
                let args = Args { tool: at.step.call.tool.clone(), values: values.to_vec() };
                let looked = dry.look_at_programs(&args, touches, &mut self.overlay);
                looked.map(|()| {
                    let why = dry.with_files(&args, &mut self.overlay, &why);
                    dry.later(touches, &mut self.overlay, why)
                })
            }
            None => self.run_early(at, run, values, touches),
        })
    }

    /// Why a program does not run before approval; none: it does.
    fn against(&mut self, at: &At<'_>, values: &[Value], touches: &[(EffectVerb, Resource)]) -> Option<String> {
        let dry = self.dry;
        let tool = &at.step.call.tool;
        let contacts = dry.compiled.plan.critical.iter().any(|line| line.verb == CriticalVerb::Contact);
        let why = match dry.place(&at.step.call, values) {
            Some(Place::Cell) if dry.veil.is_some() => "the plan has secrets, and a program could show them",
            Some(Place::Cell) if !values.iter().all(Value::is_known) => "its arguments are known only after the run",
            Some(Place::Cell) if dry.config.programs.network == Network::Contact && contacts => {
                "it may reach the network, and no dry run does"
            }
            Some(Place::Cell)
                if dry.config.policy.decide(tool, values, touches, Moment::Planned).decision == Approval::Deny =>
            {
                "policy denies it"
            }
            Some(Place::Cell) if !uncovered_touches(&self.grants(), touches).is_empty() => {
                "no line of `critical` allows to run it"
            }
            Some(Place::Cell) if !dry.all_in_scope("") => "it could read what may not be read before approval",
            Some(Place::Cell) if !dry.config.policy.reads_freely(&tool.name) => {
                "it could read what policy denies or asks about"
            }
            Some(Place::Cell) if dry.runtime.is_none() => "it is not made here",
            Some(Place::Cell) => {
                let before = self.overlay.anything_unknown().map(str::to_owned);
                return before.map(|step| format!("what `{step}` leaves is known only after the run"));
            }
            Some(Place::Open | Place::Asked(_) | Place::Nowhere(_)) | None => "it does not run in the sandbox",
        };
        Some(why.to_owned())
    }

    fn run_early(
        &mut self,
        at: &At<'_>,
        run: &Run,
        values: &[Value],
        touches: &[(EffectVerb, Resource)],
    ) -> Result<Called, ToolError> {
        let dry = self.dry;
        let args = Args { tool: at.step.call.tool.clone(), values: values.to_vec() };
        dry.look_at_programs(&args, touches, &mut self.overlay)?;
        let (Some(runtime), Some(states)) = (dry.runtime, self.overlay.differing()) else {
            return Ok(dry.later(touches, &mut self.overlay, "what it would see is known only after the run".into()));
        };
        let seen = Seen { states, contents: self.overlay.contents().clone() };
        let walls = Walls::new(dry.config, &self.grants().known()).simulated(Arc::new(seen));
        let limit = at.step.timeout_ms.or(args.tool.timeout_ms);
        let context = CallContext {
            workspace: dry.workspace.root().to_owned(),
            identity: Some(dry.workspace.identity()?),
            timeout: limit.map_or(EARLY_TIMEOUT, Duration::from_millis),
            kill: dry.stop.stopping(),
            // As a run is called: a program shall do here what it does then.
            run: uuid::Uuid::new_v4().simple().to_string()[..8].to_owned(),
            step: at.name.clone(),
            idempotency_key: None,
            // Before approval nobody is given what the operator keeps for approved programs, but where the cell has its home.
            pass_env: dry.config.pass_env.iter().filter(|name| *name == HOME).cloned().collect(),
        };
        // What it sees is put there whole.
        let ran = runtime.block_on(run.sealed(&args, &context, &walls, Vec::new()))?;
        check_value(&ran.value, &args.tool.result).map_err(|misfit| {
            ToolError::before(format!("the result of `{}` is not of its type: {misfit}", args.tool.name))
        })?;
        self.overlay.adopt(&ran.observed.changes, &ran.observed.contents)?;
        Ok(Called::Ran(ran.value))
    }
}
