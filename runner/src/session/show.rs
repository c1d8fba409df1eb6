//! A session ⟶ what an agent, or a person who may see all of them, is shown of it.

use super::{
    Arguments, Asked, Grounding, Open, Proposal, Reply, Revision, SessionError, SessionState, Todo, TodoStatus,
};
use crate::journal::{Store, StoreError, StoredSession};
use crate::render::text::inline;
use crate::report::{ChangeRequest, PlanReport, PlanStatus, StepOutcome};
use serde::Serialize;
use serde_json::{Value, json};

/// Where the plan of a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// No plan was handed in.
    Planning,
    /// A person has not decided.
    Waiting,
    /// A person wants something to be different: a further revision answers that.
    ChangesRequested,
    /// It may be carried out.
    Approved,
    /// A person said no, or the agent withdrew it.
    Aborted,
    /// It has begun.
    Running,
    /// It stopped, and waits for a person.
    Paused,
    /// It is over, and everything is as planned.
    Done,
    /// It is over, and something is not.
    Failed,
}

impl Phase {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Planning => "planning",
            Phase::Waiting => "waiting for a person",
            Phase::ChangesRequested => "changes requested",
            Phase::Approved => "approved",
            Phase::Aborted => "aborted",
            Phase::Running => "running",
            Phase::Paused => "paused: waiting for a person",
            Phase::Done => "done",
            Phase::Failed => "failed",
        }
    }
}

/// What a person wants to be different, as an agent is shown it: without the digest that it was said of.
#[derive(Clone, Debug, Serialize)]
pub struct Wanted {
    /// Who.
    pub by: String,
    /// In which step; none: in the plan as a whole.
    pub step: Option<String>,
    /// What.
    pub comment: String,
}

impl Wanted {
    fn told(&self) -> String {
        let about = self.step.as_ref().map_or_else(String::new, |step| format!(", about {}", inline(step)));
        format!("{}{about}: {}", inline(&self.by), inline(&self.comment))
    }
}

/// What people want to be different in a plan.
fn wanted(store: &Store, asked: &Asked) -> Result<Vec<Wanted>, StoreError> {
    let requests = store.requests(&store.plan(&asked.digest.to_string())?.plan_digest)?;
    let of = |request: ChangeRequest| {
        let ChangeRequest { by, comment, steps, .. } = request;
        let whole = comment.map(|comment| Wanted { by: by.clone(), step: None, comment });
        let steps =
            steps.into_iter().map(move |step| Wanted { by: by.clone(), step: Some(step.step), comment: step.comment });
        whole.into_iter().chain(steps).collect::<Vec<_>>()
    };
    Ok(requests.into_iter().flat_map(of).collect())
}

/// A session as an agent is shown it.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Its id.
    pub session: String,
    /// Its parent.
    pub parent: Option<String>,
    /// Where its plan stands.
    pub phase: Phase,
    /// The plan that was handed in last, by the name that plan_run takes.
    pub plan_id: Option<String>,
    /// The newest revision; 0: none.
    pub rev: usize,
    /// Its text.
    pub text: Option<String>,
    /// What people want to be different in the plan that was handed in last.
    pub changes_requested: Vec<Wanted>,
    /// Calls that were refused since.
    pub proposed: Vec<Proposal>,
    /// How many reads are kept with the plan.
    pub grounding: usize,
    /// The to-dos.
    pub todos: Vec<Todo>,
    /// Runs that were begun here.
    pub runs: Vec<String>,
}

/// A session with everything, for a person.
#[derive(Clone, Debug, Serialize)]
pub struct SessionReport {
    /// Its id.
    pub session: String,
    /// Its parent.
    pub parent: Option<String>,
    /// Whose it is.
    pub principal: String,
    /// The client or project whose rules count.
    pub scope: String,
    /// RFC 3339 in UTC.
    pub created_at: String,
    /// What for, in the agent's words.
    pub goal: Option<String>,
    /// Where its plan stands.
    pub phase: Phase,
    /// All revisions.
    pub revisions: Vec<Revision>,
    /// What was read for it.
    pub grounding: Vec<Grounding>,
    /// Calls that were refused.
    pub proposed: Vec<Proposal>,
    /// The to-dos.
    pub todos: Vec<Todo>,
    /// Plans that a person was asked about.
    pub asked: Vec<Asked>,
    /// Runs that were begun here.
    pub runs: Vec<String>,
}

impl SessionReport {
    /// Reads a session.
    pub fn of(store: &Store, session: StoredSession) -> Result<SessionReport, StoreError> {
        let state = SessionState::fold(store.session_entries(&session.id)?);
        let phase = phase(store, &state)?;
        Ok(SessionReport {
            session: session.id,
            parent: session.parent,
            principal: session.principal,
            scope: session.scope,
            created_at: session.created_at,
            goal: state.goal,
            phase,
            revisions: state.revisions,
            grounding: state.grounding,
            proposed: state.proposals,
            todos: state.todos,
            asked: state.asked,
            runs: state.runs,
        })
    }
}

/// Where the plan of a session stands: by the store, never by what the session says of itself.
pub(super) fn phase(store: &Store, state: &SessionState) -> Result<Phase, StoreError> {
    let Some(asked) = state.asked.last() else { return Ok(Phase::Planning) };
    phase_of(store, asked)
}

/// Where one plan stands.
pub(super) fn phase_of(store: &Store, asked: &Asked) -> Result<Phase, StoreError> {
    let status = store.plan(&asked.digest.to_string())?.status;
    let begun = !store.events(&asked.run)?.is_empty();
    Ok(match status {
        PlanStatus::Aborted => Phase::Aborted,
        PlanStatus::Blocked | PlanStatus::Reported => Phase::Planning,
        PlanStatus::ChangesRequested => Phase::ChangesRequested,
        PlanStatus::Approved if !begun => Phase::Approved,
        PlanStatus::NeedsApproval if !begun => Phase::Waiting,
        PlanStatus::NeedsApproval | PlanStatus::Approved | PlanStatus::Executing | PlanStatus::Verifying => {
            Phase::Running
        }
        PlanStatus::Done => Phase::Done,
        PlanStatus::Paused | PlanStatus::InDoubt => Phase::Paused,
        PlanStatus::Failed | PlanStatus::Undone | PlanStatus::Stale => Phase::Failed,
    })
}

/// The to-dos in a line.
pub(super) fn reminder(todos: &[Todo]) -> Option<String> {
    let done = todos.iter().filter(|todo| todo.status == TodoStatus::Completed).count();
    let at_work = todos.iter().find(|todo| todo.status == TodoStatus::InProgress);
    let now = at_work.map_or_else(String::new, |todo| format!("; now: {}", inline(&todo.text)));
    (!todos.is_empty()).then(|| format!("to-dos: {done} of {} done{now}", todos.len()))
}

/// What a dry run says, without anything that a yes could be given with.
pub(super) fn for_agents(report: &PlanReport) -> Value {
    let steps = report.all_steps().map(|step| {
        let (word, why) = match &step.outcome {
            StepOutcome::Read { .. } => ("read", None),
            StepOutcome::Extracted { .. } => ("extracted", None),
            StepOutcome::Simulated { .. } => ("simulated", None),
            StepOutcome::Ran { .. } => ("ran_on_a_copy", None),
            StepOutcome::Foretold { by, .. } => ("foretold", Some(format!("`{by}` tells what it would give"))),
            StepOutcome::KnownAfterRun { why } => ("known_after_run", Some(why.clone())),
            StepOutcome::Skipped => ("skipped", None),
            StepOutcome::Fails { why } => ("fails", Some(why.clone())),
            StepOutcome::NotReached => ("not_reached", None),
            StepOutcome::Gate => ("gate", None),
        };
        let changes = step
            .changes
            .iter()
            .map(|change| json!({ "path": change.path, "added": change.added, "removed": change.removed }));
        json!({
            "name": step.name,
            "tool": step.tool,
            "outcome": word,
            "why": why,
            "changes": changes.collect::<Vec<_>>(),
        })
    });
    json!({
        "title": report.title,
        "can_be_approved": report.problems.is_empty(),
        "problems": report.problems,
        "steps": steps.collect::<Vec<_>>(),
    })
}

/// What is said where no plan is there.
pub(super) fn nothing_written() -> Reply {
    Reply::failed("there is no plan yet: write one with plan_write", json!({ "rev": 0 }), "it writes nothing")
}

impl Open<'_> {
    /// What the agent is shown of its session.
    pub(super) fn shown(&self) -> Result<Shown, SessionError> {
        let latest = self.state.latest();
        let store = &self.world.desk.store;
        Ok(Shown {
            session: self.session.id.clone(),
            parent: self.session.parent.clone(),
            phase: phase(store, &self.state)?,
            changes_requested: self.state.asked.last().map_or(Ok(Vec::new()), |asked| wanted(store, asked))?,
            plan_id: self.state.asked.last().map(|asked| asked.run.clone()),
            rev: self.state.revisions.len(),
            text: latest.map(|latest| latest.text.clone()),
            proposed: self.state.open_proposals().cloned().collect(),
            grounding: self.state.grounding.len(),
            todos: self.state.todos.clone(),
            runs: self.state.runs.clone(),
        })
    }

    /// Tells where everything stands.
    pub(super) fn status(&mut self, given: Arguments) -> Result<Reply, SessionError> {
        if let Some((name, _)) = given.iter().next() {
            return Err(SessionError::Arguments(format!("unknown field `{name}`, expected `session`")));
        }
        let shown = self.shown()?;
        let mut text = format!("{}; session {}\n", shown.phase.word(), shown.session);
        if let Some(plan) = &shown.plan_id {
            text.push_str(&format!("plan_id {plan}\n"));
        }
        if let Some(reminder) = reminder(&shown.todos) {
            text.push_str(&format!("{reminder}\n"));
        }
        text.push_str(&format!("{} reads are kept with the plan\n", shown.grounding));
        match &shown.text {
            Some(plan) => text.push_str(&format!("\nrev {}:\n\n{plan}\n", shown.rev)),
            None => text.push_str(&format!("\n{}\n", nothing_written().text)),
        }
        if !shown.changes_requested.is_empty() {
            text.push_str("\nA person wants the plan that was handed in to be different:\n\n");
            shown.changes_requested.iter().for_each(|wanted| text.push_str(&format!("  {}\n", wanted.told())));
        }
        if !shown.proposed.is_empty() {
            text.push_str("\nProposed steps, from calls that were refused since:\n\n");
            for proposal in &shown.proposed {
                text.push_str(&format!("  {}\n", proposal.step));
                proposal.critical.iter().for_each(|line| text.push_str(&format!("    critical: {line}\n")));
            }
        }
        Ok(Reply::done(text.trim_end(), &shown, "it only reads"))
    }
}
