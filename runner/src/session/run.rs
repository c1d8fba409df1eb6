//! An approved plan of a session ⟶ carried out, exactly; withdrawn; stopped.

use super::plan::arguments;
use super::show::phase_of;
use super::{Arguments, Asked, Entry, Open, Phase, Reply, SessionError, SessionState, Sessions};
use crate::config::Setting;
use crate::desk::DeskError;
use crate::event::{End, Event};
use crate::executor;
use crate::journal::{Place, StoredSession};
use crate::mode::Authority;
use crate::render::final_report::status;
use crate::render::run_report::{RunReport, StepEnd, fold};
use crate::render::text::inline;
use crate::report::PlanStatus;
use crate::run::{CannotAsk, Watch};
use crate::state::RunState;
use crate::stop::Stop;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Told how far a run is: steps that are over, all steps, and the step that ended last.
pub type Progress = Arc<dyn Fn(u32, u32, &str) + Send + Sync>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunArguments {
    plan_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AbortArguments {
    plan_id: Option<String>,
}

impl Sessions {
    /// Puts a session into plan mode, and withdraws every plan of it that has not begun: for an approver. What has begun starts
    /// nothing further, whoever carries it out. Gives the names of the runs that were withdrawn or are held.
    pub fn withdraw(&self, session: &StoredSession, approver: &str) -> Result<Vec<String>, SessionError> {
        let world = self.world()?;
        let (place, authority) = (Place::Session(session.id.clone()), Authority::Credential(approver.to_owned()));
        world.desk.modes().set(&place, Setting::Plan, approver, "an approver put it back into planning", &authority)?;
        let state = SessionState::fold(world.desk.store.session_entries(&session.id)?);
        let mut open = Open::new(self, world, session.clone(), state);
        let mut withdrawn = Vec::new();
        for asked in open.state.asked.clone() {
            match phase_of(&open.world.desk.store, &asked)? {
                Phase::Waiting | Phase::ChangesRequested | Phase::Approved => {
                    open.world.desk.abort(&open.world.desk.store.plan(&asked.digest.to_string())?)?;
                    open.add(None, &Entry::Aborted { run: asked.run.clone() })?;
                    withdrawn.push(asked.run);
                }
                Phase::Running | Phase::Paused => withdrawn.push(asked.run),
                Phase::Planning | Phase::Aborted | Phase::Done | Phase::Failed => {}
            }
        }
        Ok(withdrawn)
    }
}

impl Open<'_> {
    /// The plan of this session with this name.
    fn asked(&self, plan: &str) -> Result<Asked, SessionError> {
        let named = self.state.asked.iter().find(|asked| asked.run == plan);
        named.cloned().ok_or_else(|| SessionError::NoPlan(plan.chars().take(64).collect()))
    }

    /// Carries an approved plan out, or goes on with it.
    pub(super) fn run(&mut self, given: Arguments, progress: Option<Progress>) -> Result<Reply, SessionError> {
        let RunArguments { plan_id } = arguments(given)?;
        let asked = self.asked(&plan_id)?;
        let phase = phase_of(&self.world.desk.store, &asked)?;
        let data = json!({ "session": self.session.id, "plan_id": asked.run, "phase": phase });
        match phase {
            Phase::Approved | Phase::Running | Phase::Paused => {}
            Phase::Waiting | Phase::ChangesRequested | Phase::Planning => {
                let text = "nobody has approved this plan yet; nothing has run. plan_status tells whether a person has decided";
                return Ok(Reply::denied(text, data, "nobody has approved it"));
            }
            Phase::Aborted | Phase::Done | Phase::Failed => {
                let why = format!("this plan is {}: an approval is for one run", phase.word());
                return Ok(Reply::denied(why.clone(), data, why));
            }
        }
        if let Err(DeskError::PlanMode(refusal)) = self.world.desk.require_execute() {
            return Ok(Reply::denied(refusal.clone(), json!({ "why": refusal }), "plan mode is active"));
        }
        self.carried_out(&asked, progress, "a person approved exactly this").map(|(_, reply)| reply)
    }

    /// Carries out a plan that has its yes: how it ended, and what the agent is answered. `why` it may.
    pub(super) fn carried_out(
        &mut self,
        asked: &Asked,
        progress: Option<Progress>,
        why: &str,
    ) -> Result<(Option<End>, Reply), SessionError> {
        let desk = self.world.desk.clone();
        let (planned, _) = desk.reopen(desk.store.plan(&asked.digest.to_string())?)?;
        let run = desk.store.run(&asked.run)?;
        desk.check_bound(&run, &planned)?;
        let stop = Stop::new();
        let steps = planned.plan.report.all_steps().count() as u32;
        let watch = progress.map(|progress| watch(progress, steps));
        let setup = desk.setup(&run, &planned, Arc::new(CannotAsk), stop.clone(), watch)?;
        self.add(None, &Entry::Ran { run: run.id.clone() })?;
        self.sessions.running().insert(run.id.clone(), stop);
        let outcome = tokio::runtime::Handle::current().block_on(executor::execute(setup));
        self.sessions.running().remove(&run.id);
        let events: Vec<Event> = desk.store.events(&run.id)?.into_iter().map(|stored| stored.event).collect();
        if !events.is_empty() {
            let status: PlanStatus = RunState::fold(&planned.compiled.plan, &events).status;
            desk.store.set_plan_status(&planned.plan.digest, status)?;
        }
        let report = fold(&run.id, &planned.plan.report, &desk.shown_events(&planned.plan, &run.id)?);
        let failed = outcome.as_ref().err().map(ToString::to_string);
        let mut data = json!({ "session": self.session.id, "plan_id": run.id, "report": report, "error": failed });
        // Who said yes, through which channel and to which digest is not for an agent.
        data["report"]["approval"].take();
        let text = told(&report, failed.as_deref());
        let reply = match outcome {
            Ok(End::Done) => Reply::done(text, data, why),
            Ok(
                End::Failed
                | End::Stale
                | End::InDoubt
                | End::Interrupted
                | End::Overdue
                | End::Waiting
                | End::Refused
                | End::Held,
            )
            | Err(_) => Reply::failed(text, data, why),
        };
        Ok((outcome.ok(), reply))
    }

    /// Withdraws a plan that has not begun, or stops one that runs.
    pub(super) fn abort(&mut self, given: Arguments) -> Result<Reply, SessionError> {
        let AbortArguments { plan_id } = arguments(given)?;
        let asked = match (plan_id, self.state.asked.last()) {
            (Some(plan), _) => self.asked(&plan)?,
            (None, Some(last)) => last.clone(),
            (None, None) => {
                return Ok(Reply::failed("no plan was handed in", json!({}), "there is nothing to withdraw"));
            }
        };
        let data = json!({ "session": self.session.id, "plan_id": asked.run });
        if let Some(stop) = self.sessions.running().get(&asked.run) {
            stop.request();
            return Ok(Reply::done(
                "stopping: what runs is waited for, and nothing further is started",
                data,
                "stopping is always allowed",
            ));
        }
        match phase_of(&self.world.desk.store, &asked)? {
            Phase::Waiting | Phase::ChangesRequested | Phase::Approved | Phase::Planning | Phase::Aborted => {
                self.world.desk.abort(&self.world.desk.store.plan(&asked.digest.to_string())?)?;
                self.add(None, &Entry::Aborted { run: asked.run })?;
                Ok(Reply::done(
                    "withdrawn: nothing has run, nothing has changed",
                    data,
                    "withdrawing is always allowed",
                ))
            }
            Phase::Running | Phase::Paused | Phase::Done | Phase::Failed => {
                Ok(Reply::failed("the plan has begun, so it cannot be withdrawn", data, "it has begun"))
            }
        }
    }
}

fn watch(progress: Progress, steps: u32) -> Watch {
    let over = AtomicU32::new(0);
    Arc::new(move |event: &Event| {
        let (Event::StepSucceeded { step, .. } | Event::StepFailed { step, .. } | Event::StepSkipped { step, .. }) =
            event
        else {
            return;
        };
        let over = over.fetch_add(1, Ordering::Relaxed) + 1;
        progress(over, steps.max(over), &inline(step));
    })
}

/// What came of a run, for an agent: without what a person could do about it.
fn told(report: &RunReport, error: Option<&str>) -> String {
    let (word, _) = status(report);
    let mut text = format!("{}: {word} (run {})\n", inline(&report.title), inline(&report.run));
    if let Some(error) = error {
        text.push_str(&format!("\nit could not be carried on: {}\n", inline(error)));
    }
    for row in &report.steps {
        let (sign, _) = crate::render::final_report::sign(row.outcome);
        let why = row.why.as_ref().map_or_else(String::new, |why| format!(" — {}", inline(why)));
        text.push_str(&format!("  {sign} {}{why}\n", inline(&row.step)));
    }
    for (what, why) in &report.broken {
        text.push_str(&format!("  ✗ {}: {}\n", inline(what), inline(why)));
    }
    report.verified.iter().for_each(|what| text.push_str(&format!("  ✓ {}\n", inline(what))));
    for difference in &report.stale {
        text.push_str(&format!("  ≠ {}\n", crate::render::checklist::difference_text(difference)));
    }
    if report.steps.iter().any(|row| matches!(row.outcome, StepEnd::InDoubt)) {
        text.push_str("\nA person has to say what became of the step in doubt.\n");
    }
    match report.end {
        Some(End::Waiting) => text.push_str("\nA call waits for a person's yes.\n"),
        Some(End::Stale) => text.push_str("\nThe world is not what was approved: nothing was done. Plan anew.\n"),
        Some(End::Held) => text.push_str("\nPlan mode is active: nothing further is started until it ends.\n"),
        Some(End::Overdue) => {
            text.push_str("\nIts deadline has passed: nothing further is started unless a person says so.\n")
        }
        Some(End::Done | End::Failed | End::InDoubt | End::Interrupted | End::Refused) | None => {}
    }
    if report.outputs != planc_lang::value::Value::Null {
        text.push_str(&format!("\noutputs: {}\n", serde_json::to_string(&report.outputs).unwrap_or_default()));
    }
    text.trim_end().to_owned()
}
