//! Calls of read-only tools inside the checks of assumptions and verifications.
//!
//! Checks are evaluated on a thread that may block; live tools are waited for there.

use super::call::{Purpose, call_live, implementation, paced};
use super::found::laid;
use super::judged::{judged, read_as};
use super::lines::critical_values;
use super::simulate::simulate;
use super::{Known, Recorder, RunSetup};
use crate::coverage::uncovered_reads;
use crate::laid::{Laid, unforeseen};
use crate::tool::registry::Implementation;
use crate::tool::{Args, ToolError};
use planc_lang::eval::{Caller, Failure, eval};
use planc_lang::grants::Grants;
use planc_lang::labels::Label;
use planc_lang::plan::{Call, Expr};
use planc_lang::syntax::Approval;
use planc_lang::value::Value;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Calls read-only tools and refuses all others.
struct RunCaller<'s> {
    setup: &'s RunSetup,
    grants: Grants<'s>,
    /// What steps have put where.
    laid: Vec<Laid>,
    handle: Handle,
}

impl Caller for RunCaller<'_> {
    fn call(&mut self, call: &Call, args: Vec<Value>) -> Result<Value, Failure> {
        let failure = |message: String| Failure::new(call.span, message);
        if !call.is_read_only() {
            return Err(failure(format!("`{}` does not only read", call.tool.name)));
        }
        let verdict = judged(self.setup, &call.tool, &args, Vec::new());
        match verdict.decision {
            Approval::Auto => {}
            Approval::Ask => {
                let phrase = verdict.phrase(&call.tool.name);
                return Err(failure(format!("{phrase}, and in a check nobody is asked: make the call a step")));
            }
            Approval::Deny => return Err(failure(verdict.phrase(&call.tool.name))),
        }
        if self.setup.labels.is_confined(call) {
            let touches = call.tool.touches(&args);
            let uncovered = uncovered_reads(&self.grants, &touches, |path| read_as(self.setup, path));
            if let Some(uncovered) = uncovered.first() {
                return Err(failure(format!("outside text decides what is read here, and {uncovered}")));
            }
        }
        let (labels, workspace) = (&self.setup.labels, &self.setup.workspace);
        let (reached, touches) = (labels.reached_in_check(call), call.tool.touches(&args));
        if let Some(why) = unforeseen(labels, reached, &touches, |path| workspace.leads(path), &self.laid) {
            return Err(failure(why));
        }
        self.make(call, args).map_err(|error| failure(error.message))
    }
}

impl RunCaller<'_> {
    fn make(&self, call: &Call, values: Vec<Value>) -> Result<Value, ToolError> {
        let args = Args { tool: call.tool.clone(), values };
        match implementation(self.setup, &call.tool.name)? {
            Implementation::Files(tool) => simulate(self.setup, *tool, &args).map(|simulated| simulated.result),
            Implementation::Live(tool) => {
                if !self.handle.block_on(paced(self.setup, &call.tool))? {
                    return Err(ToolError::before(format!(
                        "`{}` was not called: somebody asked to stop",
                        call.tool.name
                    )));
                }
                self.handle.block_on(call_live(self.setup, tool.as_ref(), &args, Purpose::Check, call.tool.timeout_ms))
            }
        }
    }
}

/// Evaluates a check: nothing: it holds; else why not.
pub(crate) async fn check(setup: &Arc<RunSetup>, recorder: &Recorder, expr: &Expr) -> Option<String> {
    let (setup, expr) = (setup.clone(), expr.clone());
    let known = Known::of(&setup, recorder.recorded(&recorder.state()));
    let critical = critical_values(&setup, recorder);
    let laid = laid(&setup, recorder, Label::default());
    let handle = Handle::current();
    let evaluated = tokio::task::spawn_blocking(move || {
        let mut env = known.env(&setup);
        let grants = Grants::new(&setup.compiled.plan, &critical).known();
        eval(&expr, &mut env, &mut RunCaller { setup: &setup, grants, laid, handle })
    });
    match evaluated.await {
        Ok(Ok(value)) => not_true(&value),
        Ok(Err(failure)) => Some(failure.message),
        Err(error) => Some(format!("the check broke down: {error}")),
    }
}

/// Why a value is no yes; nothing: it is `true`.
pub(crate) fn not_true(value: &Value) -> Option<String> {
    match value {
        Value::Bool(true) => None,
        Value::Bool(false) => Some("it is false".into()),
        Value::Unknown(_) => Some("it cannot be known".into()),
        other => Some(format!("it is {}, neither true nor false", other.describe())),
    }
}
