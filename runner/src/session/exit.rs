//! Handing a plan in ⟶ it waits for a person, durably; and what a question in the client may mean where the operator lets it
//! mean anything.

use super::plan::{arguments, foreseen, input_values};
use super::show::{for_agents, nothing_written, phase_of};
use super::{Arguments, Asked, Caller, Entry, Open, Phase, Reply, SessionError, SessionState, Sessions, own_session};
use crate::approval::Channel;
use crate::desk::DeskError;
use crate::journal::StoredPlan;
use crate::render::summary::totals;
use crate::render::text::inline;
use crate::report::PlanStatus;
use planc_lang::catalogue::Tool;
use planc_lang::digest::Digest;
use planc_lang::plan::{Expr, ExprKind, Plan};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

/// How long an answer to a question in the client counts, in seconds.
pub const ANSWER_SECONDS: u64 = 600;

/// What a person may be asked in the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Title, totals, digest: one line each, since some clients show no more.
    pub message: String,
    /// What the answer is bound to, sealed: whose session, which plan, until when. Used once.
    pub sealed: String,
}

/// What is sealed into a question.
#[derive(Debug, Deserialize, Serialize)]
struct Bound {
    session: String,
    digest: Digest,
    run: String,
    nonce: String,
    until: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExitArguments {
    #[serde(default)]
    inputs: Arguments,
}

/// The place for which questions to a caller are sealed.
fn place(principal: &str) -> String {
    format!("question to {principal}")
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(u64::MAX, |since| since.as_secs())
}

impl Open<'_> {
    /// Hands the newest revision in.
    pub(super) fn exit(&mut self, given: Arguments) -> Result<Reply, SessionError> {
        let ExitArguments { inputs } = arguments(given)?;
        // In plan mode nobody is asked for anything.
        if let Err(DeskError::PlanMode(refusal)) = self.world.desk.require_execute() {
            return Ok(Reply::denied(refusal.clone(), json!({ "why": refusal }), "plan mode is active"));
        }
        let Some(latest) = self.state.latest().cloned() else { return Ok(nothing_written()) };
        let checked = self.world.check(&self.key(), &latest.text);
        let Some(draft) = checked.draft else {
            let text = format!("the plan has mistakes, and nobody is asked\n\n{}", checked.drawn);
            let data = json!({ "errors": checked.errors, "diagnostics": checked.diagnostics });
            return Ok(Reply::failed(text, data, "the plan has mistakes"));
        };
        if let Some(why) = self.leaves_out(&draft.compiled.plan)? {
            return Ok(Reply::denied(format!("{why}, and nobody is asked"), json!({ "why": why }), why));
        }
        let values = match input_values(&draft, &inputs) {
            Ok(values) => values,
            Err(why) => return Ok(Reply::failed(why.clone(), json!({ "why": why }), "the inputs do not fit")),
        };
        let plan = self.world.desk.plan(&draft, &values)?.plan;
        if let Some(why) = &plan.report.plan_mode {
            let text = format!("{why}: nobody is asked");
            return Ok(Reply::denied(text, json!({ "why": why }), "plan mode is active"));
        }
        if plan.status == PlanStatus::Blocked {
            let text = format!("the plan cannot be approved, and nobody is asked\n\n{}", foreseen(&plan.report));
            return Ok(Reply::failed(
                text,
                json!({ "dry_run": for_agents(&plan.report) }),
                "something stands against it",
            ));
        }
        self.withdraw_others(&plan)?;
        let run = self.world.desk.store.run_of(&plan.digest)?;
        let asked = Entry::Asked { digest: plan.digest, run: run.id.clone(), rev: latest.rev };
        if self.state.asked.last().is_none_or(|last| last.digest != plan.digest) {
            self.add(None, &asked)?;
        }
        let asked = Asked { digest: plan.digest, run: run.id, rev: latest.rev, at: String::new() };
        self.answer_asked(&plan, &asked)
    }

    /// Why a plan calls a tool that is not for this session: it is neither handed in nor dry-run here.
    pub(super) fn leaves_out(&self, plan: &Plan) -> Result<Option<String>, SessionError> {
        for tool in tools_of(plan) {
            if let Some(why) = self.left_out(&tool)? {
                return Ok(Some(why));
            }
        }
        Ok(None)
    }

    /// A plan that was handed in before and has not begun gives way to the newer one.
    fn withdraw_others(&mut self, plan: &StoredPlan) -> Result<(), SessionError> {
        for asked in self.state.asked.clone() {
            let waits = matches!(
                phase_of(&self.world.desk.store, &asked)?,
                Phase::Waiting | Phase::ChangesRequested | Phase::Approved
            );
            if asked.digest != plan.digest && waits {
                self.world.desk.abort(&self.world.desk.store.plan(&asked.digest.to_string())?)?;
                self.add(None, &Entry::Aborted { run: asked.run })?;
            }
        }
        Ok(())
    }

    fn answer_asked(&self, plan: &StoredPlan, asked: &Asked) -> Result<Reply, SessionError> {
        let phase = phase_of(&self.world.desk.store, asked)?;
        let data = json!({
            "session": self.session.id, "plan_id": asked.run, "rev": asked.rev, "phase": phase,
            "dry_run": for_agents(&plan.report),
        });
        let head = format!("{}: plan_id {}, rev {}", phase.word(), asked.run, asked.rev);
        let text = match phase {
            Phase::Waiting => format!(
                "{head}\n\n{}\nNothing has run. A person decides; plan_status tells whether they have. Until then go on reading, \
                 or end the turn.",
                foreseen(&plan.report)
            ),
            Phase::Approved => format!("{head}\n\nplan_run carries it out."),
            Phase::ChangesRequested => format!(
                "{head}\n\nNothing has run. A person wants changes, which plan_status tells; write a further revision with them."
            ),
            Phase::Planning | Phase::Aborted | Phase::Running | Phase::Paused | Phase::Done | Phase::Failed => head,
        };
        let mut reply = Reply::done(text, data, "it hands in, and a person decides");
        if phase == Phase::Waiting && self.may_ask(plan) {
            let (planned, _) = self.world.desk.reopen(plan.clone())?;
            self.world.desk.note_shown(&planned)?;
            reply.question = Some(self.question(plan, asked)?);
        }
        Ok(reply)
    }

    /// Whether an answer in the client would count.
    fn may_ask(&self, plan: &StoredPlan) -> bool {
        self.world.desk.judge(plan, Channel::Elicitation).is_ok()
    }

    fn question(&self, plan: &StoredPlan, asked: &Asked) -> Result<Question, SessionError> {
        let totals = totals(&plan.report);
        let bound = Bound {
            session: self.session.id.clone(),
            digest: plan.digest,
            run: asked.run.clone(),
            nonce: uuid::Uuid::new_v4().simple().to_string(),
            until: seconds().saturating_add(ANSWER_SECONDS),
        };
        let text = serde_json::to_string(&bound).unwrap_or_default();
        let sealer = self.world.desk.store.keys().sealer().map_err(DeskError::from)?;
        let sealed = sealer.seal(&place(&self.session.principal), &text).map_err(DeskError::from)?;
        let steps = plan.report.all_steps().count();
        let noun = if steps == 1 { "step" } else { "steps" };
        let message = format!(
            "{}\n{steps} {noun}: {} — {}\n{}",
            inline(&plan.title),
            totals.numbers(),
            totals.undo(),
            plan.digest.short()
        );
        Ok(Question { message, sealed })
    }
}

/// The names of all tools that a plan can call: in steps, to take them back, in checks, and those that a catalogue names to tell what a
/// call would give, or has done.
fn tools_of(plan: &Plan) -> BTreeSet<String> {
    fn of_tool(tool: &Tool, found: &mut BTreeSet<String>) {
        let telling = [tool.simulate.as_ref().and_then(|simulation| simulation.by.as_ref()), tool.probe.as_ref()];
        found.extend(telling.into_iter().flatten().map(|tool| tool.name.to_string()));
        found.insert(tool.name.to_string());
    }
    fn of(expr: &Expr, found: &mut BTreeSet<String>) {
        if let ExprKind::Call(call) = &expr.kind {
            of_tool(&call.tool, found);
        }
        expr.parts(&mut |part| of(part, found));
    }
    // A gate calls nothing.
    let steps = plan.steps.iter().filter(|step| !step.is_gate);
    let calls = steps.flat_map(|step| [Some(&step.call), step.undo.as_deref()]).flatten();
    let mut found = BTreeSet::new();
    calls.for_each(|call| of_tool(&call.tool, &mut found));
    let checks = plan.assumptions.iter().map(|one| &one.check).chain(plan.verifications.iter().map(|one| &one.check));
    checks.flatten().for_each(|check| of(check, &mut found));
    found
}

impl Sessions {
    /// Takes what was answered to a question in the client. `answer` is what the client says: `accept` is evidence with the
    /// name of its channel, and counts only where the operator lets it. An answer that was used, is for somebody else, is too
    /// old or was tampered with is no answer.
    pub fn answered(&self, caller: &Caller, sealed: &str, answer: &str) -> Result<Reply, SessionError> {
        let world = self.world()?;
        let refused =
            |why: &str| Reply::denied(format!("that is no answer to a question that was asked: {why}"), json!({}), why);
        let opened = match sealed.len() > 4096 || !crate::seal::Keys::is_sealed(sealed) {
            true => None,
            false => world.desk.store.keys().open(&place(&caller.principal), sealed.to_owned()).ok(),
        };
        let Some(bound) = opened.and_then(|text| serde_json::from_str::<Bound>(&text).ok()) else {
            return Ok(refused("it was not sealed here for this caller"));
        };
        if seconds() > bound.until {
            return Ok(refused("it came too late"));
        }
        let session = own_session(caller, &world, &bound.session)?;
        let state = SessionState::fold(world.desk.store.session_entries(&session.id)?);
        let mut open = Open::new(self, world, session, state);
        let answered = Entry::Answered { digest: bound.digest, answer: answer.to_owned() };
        if !open.add(Some(&bound.nonce), &answered)? {
            return Ok(refused("it was given before"));
        }
        let plan = open.world.desk.store.plan(&bound.digest.to_string())?;
        let asked = Asked { digest: bound.digest, run: bound.run, rev: plan.rev, at: String::new() };
        if answer == "accept" && phase_of(&open.world.desk.store, &asked)? == Phase::Waiting {
            let yes = open.world.desk.yes(&plan, Channel::Elicitation)?;
            match open.world.desk.approve(&plan, &yes) {
                Ok(_) | Err(DeskError::Refused(_) | DeskError::KnownAlready) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let reply = open.answer_asked(&plan, &asked)?;
        // One question for one call: who says neither yes nor no is not asked again at once.
        Ok(Reply { question: None, ..reply })
    }
}
