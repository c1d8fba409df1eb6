//! Planning: entering, the plan document, its checks, the to-dos. Nothing here has an effect outside the session.

use super::literal::Arguments;
use super::show::{for_agents, nothing_written, reminder};
use super::{
    Caller, Checked, Entry, MAX_ENTRIES, MAX_GLOBS, MAX_PLAN_BYTES, MAX_TODOS, MAX_WORDS, Open, Reply, SessionError,
    SessionState, Sessions, Todo, TodoStatus, World, new_session, own_session,
};
use crate::desk::{Draft, Given, inputs};
use crate::dry_run::InputValue;
use crate::journal::StoredSession;
use crate::report::PlanReport;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnterArguments {
    goal: Option<String>,
    parent: Option<String>,
    tools: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteArguments {
    text: String,
    #[serde(default)]
    inputs: Arguments,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckArguments {
    text: Option<String>,
    #[serde(default)]
    inputs: Arguments,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TodoArguments {
    todos: Vec<Todo>,
}

/// Arguments of a tool of planc itself.
pub(super) fn arguments<T: DeserializeOwned>(arguments: Arguments) -> Result<T, SessionError> {
    serde_json::from_value(serde_json::Value::Object(arguments))
        .map_err(|error| SessionError::Arguments(error.to_string()))
}

impl Sessions {
    /// Begins to plan: in the session that an earlier call began by itself, else in one of its own.
    pub(super) fn enter(
        &self,
        caller: &Caller,
        world: &World,
        given: Arguments,
        known: &mut Option<String>,
    ) -> Result<Reply, SessionError> {
        let EnterArguments { goal, parent, tools } = arguments(given)?;
        words("the goal", goal.as_deref().unwrap_or_default())?;
        let globs = tools.as_deref().unwrap_or_default();
        if globs.len() > MAX_GLOBS {
            return Err(SessionError::Arguments(format!("`tools` has more than {MAX_GLOBS} globs")));
        }
        for glob in globs {
            globset::Glob::new(glob).map_err(|error| {
                SessionError::Arguments(format!("the glob `{glob}` is not valid: {}", error.kind()))
            })?;
        }
        let entered = Entry::Entered { goal, tools, explicit: true };
        let begun = match parent {
            Some(_) => None,
            None => self.begun(caller, world, &entered)?,
        };
        let kept = begun.is_some();
        let parent = parent.as_deref().or(caller.parent.as_deref());
        let session = begun.map_or_else(|| new_session(caller, world, parent, &entered), Ok)?;
        *known = Some(session.id.clone());
        // The newest counts where none is named, a child like any other: a call without an id has never more than it.
        *caller.current() = Some(session.id.clone());
        let before = if kept { " What was read and proposed before is kept with it." } else { "" };
        let text = format!(
            "planning; session {}\n\nA call that names no session belongs to this one from here on.{before} Tools that only \
             read work now, and what they give is kept with the plan. Every other call is refused and kept as a proposed \
             step. Write the whole plan with plan_write: it answers with every mistake. Then hand it in with plan_exit.",
            session.id
        );
        Ok(Reply::done(
            text,
            json!({ "session": session.id, "parent": session.parent }),
            "planning may begin at any time",
        ))
    }

    /// The session that began by itself with an earlier call, entered now: what was grounded in it belongs to the plan. None
    /// where there is none, or where its plan was handed in already: what is planned next is another plan.
    fn begun(&self, caller: &Caller, world: &World, entered: &Entry) -> Result<Option<StoredSession>, SessionError> {
        let Some(id) = caller.current().clone() else { return Ok(None) };
        let session = own_session(caller, world, &id)?;
        let state = SessionState::fold(world.desk.store.session_entries(&id)?);
        if state.explicit || !state.asked.is_empty() {
            return Ok(None);
        }
        // Of two that enter at once one gets it, and a full session none.
        let is_entered = world.desk.store.add_entry(&id, Some("entered"), entered, MAX_ENTRIES)?;
        Ok(is_entered.then_some(session))
    }
}

impl Open<'_> {
    /// What the revisions of this session's plan have in common.
    pub(super) fn key(&self) -> String {
        format!("session {}", self.session.id)
    }

    /// Writes a revision, and says what is wrong with it.
    pub(super) fn write(&mut self, given: Arguments) -> Result<Reply, SessionError> {
        let WriteArguments { text, inputs } = arguments(given)?;
        size(&text)?;
        let checked = self.world.check(&self.key(), &text);
        let warnings = checked.diagnostics.len() - checked.errors;
        let unchanged = self.state.latest().is_some_and(|latest| latest.text == text);
        if !unchanged {
            self.add(None, &Entry::Written { text, errors: checked.errors, warnings })?;
        }
        let rev = self.state.revisions.len();
        self.judged(checked, &inputs, Some(rev))
    }

    /// Says what is wrong with a text, and keeps nothing.
    pub(super) fn check(&mut self, given: Arguments) -> Result<Reply, SessionError> {
        let CheckArguments { text, inputs } = arguments(given)?;
        let text = match (text, self.state.latest()) {
            (Some(text), _) => text,
            (None, Some(latest)) => latest.text.clone(),
            (None, None) => return Ok(nothing_written()),
        };
        size(&text)?;
        let checked = self.world.check(&self.key(), &text);
        self.judged(checked, &inputs, None)
    }

    /// Every mistake; without one, what a dry run says.
    fn judged(&self, checked: Checked, given: &Arguments, rev: Option<usize>) -> Result<Reply, SessionError> {
        let Checked { draft, diagnostics, drawn, errors } = checked;
        let head = rev.map_or_else(String::new, |rev| format!("rev {rev}: "));
        let mut data = json!({ "session": self.session.id, "rev": rev, "errors": errors, "diagnostics": diagnostics });
        let Some(draft) = draft else {
            let noun = if errors == 1 { "mistake" } else { "mistakes" };
            let text = format!("{head}{errors} {noun}; write the whole plan again without them\n\n{drawn}");
            return Ok(Reply::failed(text, data, "it writes nothing but the plan"));
        };
        // A dry run reads, and tells what it has read.
        let values = match self.leaves_out(&draft.compiled.plan)? {
            None => input_values(&draft, given),
            Some(why) => Err(why),
        };
        let values = match values {
            Ok(values) => values,
            Err(why) => {
                let text = format!("{head}no mistakes. There was no dry run: {why}\n\n{drawn}");
                return Ok(Reply::done(text.trim_end(), data, "it writes nothing but the plan"));
            }
        };
        let report = self.world.look(&draft, &values)?;
        data["dry_run"] = for_agents(&report);
        let text = format!("{head}no mistakes\n\n{drawn}{}", foreseen(&report));
        Ok(Reply::done(text.trim_end(), data, "it writes nothing but the plan"))
    }

    /// Replaces the to-dos.
    pub(super) fn todos(&mut self, given: Arguments) -> Result<Reply, SessionError> {
        let TodoArguments { todos } = arguments(given)?;
        if todos.len() > MAX_TODOS {
            return Err(SessionError::Arguments(format!("there are at most {MAX_TODOS} to-dos")));
        }
        todos.iter().try_for_each(|todo| words("a to-do", &todo.text))?;
        let open = todos.iter().filter(|todo| todo.status != TodoStatus::Completed).count();
        let at_work = todos.iter().filter(|todo| todo.status == TodoStatus::InProgress).count();
        if open > 0 && at_work != 1 {
            let message = format!("while any to-do is open, exactly one is `in_progress`; here {at_work} are");
            return Err(SessionError::Arguments(message));
        }
        self.add(None, &Entry::Todos { todos })?;
        let text = reminder(&self.state.todos).unwrap_or_else(|| "no to-dos".into());
        Ok(Reply::done(
            text,
            json!({ "session": self.session.id, "todos": self.state.todos }),
            "it writes nothing but the to-dos",
        ))
    }
}

/// The values of a plan's inputs. Secrets are not an agent's to give.
pub(super) fn input_values(draft: &Draft, given: &Arguments) -> Result<Vec<InputValue>, String> {
    let plan = &draft.compiled.plan;
    if let Some(secret) = plan.inputs.iter().find(|input| input.secret) {
        return Err(format!("the input `{}` is secret, and a secret is not for an agent to give", secret.name));
    }
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let given: Vec<Given> =
        given.iter().map(|(name, value)| Given { name: name.clone(), text: text(value), exposed: false }).collect();
    inputs(plan, &given).map_err(|error| error.to_string())
}

/// What a dry run says, in a few lines.
pub fn foreseen(report: &PlanReport) -> String {
    use crate::render::text::inline;
    let totals = crate::render::summary::totals(report);
    let mut text = format!("The dry run: {} — {}\n", totals.numbers(), totals.undo());
    for problem in &report.problems {
        let step = problem.step.as_ref().map_or_else(String::new, |step| format!("`{}`: ", inline(step)));
        text.push_str(&format!("  ✗ {step}{}\n", inline(&problem.message)));
    }
    if !report.problems.is_empty() {
        text.push_str("It cannot be approved so.\n");
    }
    text
}

fn size(text: &str) -> Result<(), SessionError> {
    match text.len() > MAX_PLAN_BYTES {
        true => Err(SessionError::Arguments(format!("the plan has more than {MAX_PLAN_BYTES} bytes"))),
        false => Ok(()),
    }
}

fn words(what: &str, text: &str) -> Result<(), SessionError> {
    match text.chars().count() > MAX_WORDS {
        true => Err(SessionError::Arguments(format!("{what} has more than {MAX_WORDS} characters"))),
        false => Ok(()),
    }
}

impl SessionState {
    /// Whether anything was planned here.
    pub fn is_empty(&self) -> bool {
        self.revisions.is_empty() && self.grounding.is_empty() && self.proposals.is_empty() && self.todos.is_empty()
    }
}
