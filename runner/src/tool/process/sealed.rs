//! A program in a cell ⟶ its result, and what it changed in its copy of the workspace. Nothing of that is in the workspace
//! yet; a program that fails, or is ended, has changed nothing at all.

use super::group::Group;
use super::output::Collected;
use super::walls::Walls;
use super::{Args, CallContext, DRAIN, Ended, Request, Run, ToolError, ended, feed, plain};
use crate::named::{Named, Role};
use crate::sandbox::{self, Cell, NOT_KEPT, Observed};
use crate::tool::EffectKnown;
use crate::workspace::{Found, Observation, Workspace};
use planc_lang::value::Value;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;

/// What a program in a cell gives.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The result of the call.
    pub value: Value,
    /// What it changed.
    pub observed: Observed,
}

impl Run {
    /// Runs a program in a cell, which finds what is given: what its call is bound to, as it was right before.
    pub async fn sealed(
        &self,
        args: &Args,
        context: &CallContext,
        walls: &Walls,
        given: Vec<Observation>,
    ) -> Result<Ran, ToolError> {
        let request = Arc::new(Request::new(args, context, walls.sees())?);
        let before = |why: String| ToolError::before(format!("could not run `{}`: {why}", request.shown));
        let spec = walls.spec(&request)?;
        let making = tokio::task::spawn_blocking({
            let (request, args, is_simulated) = (request.clone(), args.clone(), walls.shown().is_some());
            move || {
                let mut cell = Cell::make(spec).map_err(|error| error.to_string())?;
                let absent = if is_simulated { Vec::new() } else { unwatched(&request.workspace, &args)? };
                let given = cell.give(&request.workspace, &given, &absent);
                given.map(|()| cell).map_err(|error| error.to_string())
            }
        });
        let cell = match making.await {
            Ok(made) => made.map_err(before)?,
            Err(error) => return Err(before(error.to_string())),
        };
        let value = request.run_in(&cell, context).await.map_err(|error| {
            // It ended by itself, and whoever reads why may look for something that its cell did not have.
            let error = match error.effect {
                EffectKnown::Done => ToolError::done(format!("{}\nplanc: {}", error.message, walls.withheld(&request))),
                EffectKnown::None | EffectKnown::InDoubt => error,
            };
            match walls.is_closed() {
                // It has reached nothing but its copy, and that is thrown away.
                true => ToolError::before(error.message),
                false => error,
            }
        })?;
        let looking = tokio::task::spawn_blocking({
            let (request, keep_apart) = (request.clone(), walls.shown().cloned());
            move || match keep_apart {
                None => cell.changes(&request.workspace),
                Some(shown) => cell.changes_from(&request.workspace, &shown),
            }
        });
        let observed = looking.await.map_err(|error| before(error.to_string()))?;
        let observed = observed.map_err(|error| ToolError {
            message: format!("nothing of what `{}` did was kept: {error}", request.shown),
            effect: if walls.is_closed() { EffectKnown::None } else { EffectKnown::Done },
        })?;
        Ok(Ran { value: with_dropped(value, &observed.dropped), observed })
    }
}

impl Request {
    async fn run_in(&self, cell: &Cell, context: &CallContext) -> Result<Value, ToolError> {
        let mut command = cell.command();
        // So that it is found when planc ends before it; a plan has no say in this.
        command.env(super::RUN_VARIABLE, &context.run);
        let mut child = self.start(command)?;
        let group = Group::led_by(&child);
        let stdout = Collected::drain(child.stdout.take(), self.max_output);
        let stderr = Collected::drain(child.stderr.take(), self.max_output);
        tokio::spawn(feed(child.stdin.take(), self.stdin.clone()));
        let mut ended = ended(&mut child, context).await;
        let mut left = Vec::new();
        match &ended {
            Ended::Exit(_) => {
                let report = cell.report();
                let report = report.map_err(|error| ToolError::in_doubt(self.lost(&plain(&error))))?;
                left = report.left;
                ended = match report.ended {
                    // As wait(2) tells it.
                    sandbox::Ended::Exit(code) => Ended::Exit(ExitStatus::from_raw(code << 8)),
                    sandbox::Ended::Signal(signal) => Ended::Exit(ExitStatus::from_raw(signal)),
                    sandbox::Ended::Unstarted(why) | sandbox::Ended::NoCell(why) => {
                        return Err(ToolError::before(format!("could not run `{}`: {why}", self.shown)));
                    }
                };
            }
            Ended::Timeout | Ended::Killed | Ended::Lost(_) => {
                group.end().await;
                // All that is in the cell ends with the launcher, wherever it went.
                let _ = child.start_kill();
                let _ = tokio::time::timeout(DRAIN, child.wait()).await;
            }
        }
        let (stdout, stderr) = tokio::join!(stdout.finish(DRAIN), stderr.finish(DRAIN));
        self.judge(&ended, context, stdout, stderr, &left)
    }

    fn lost(&self, why: &str) -> String {
        format!("could not tell how `{}` ended: {why}", self.shown)
    }
}

/// Where a call names what is not there, or an interpreter would look for it, and planc would not see it come. An error: something is there
/// by now.
fn unwatched(workspace: &Workspace, args: &Args) -> Result<Vec<String>, String> {
    let named = workspace.named_by(&args.tool, &args.values);
    let called = workspace.looked_for_unseen(&named).into_iter().map(|path| Named { path, role: Role::Perhaps });
    let found =
        named.iter().cloned().chain(called).map(|Named { path, role }| match workspace.found(&path, role.is_run()) {
            Found::Seen => Ok(None),
            Found::Unwatched(at) => Ok(Some(at)),
            Found::Hidden(why) => Err(format!("planc cannot look at `{}`: {why}", path.escape_debug())),
        });
    found.filter_map(Result::transpose).collect()
}

/// A result that says what was not kept.
fn with_dropped(value: Value, dropped: &[String]) -> Value {
    let (Value::Record(record), false) = (&value, dropped.is_empty()) else { return value };
    let note = format!("planc: {NOT_KEPT}: {}\n", dropped.join(", "));
    Value::record(record.iter().map(|(name, value)| match value.as_str() {
        Some(text) if name == "stderr" => (name.clone(), Value::string(format!("{text}{note}"))),
        Some(_) | None => (name.clone(), value.clone()),
    }))
}
