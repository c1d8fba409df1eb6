//! A direct call with an effect, where the operator wants no plan for it ⟶ a plan of one step that is carried out at once.
//!
//! It takes the same way as every other plan: dry run, a recorded yes of the channel `unattended`, the journal. So it counts
//! only where planc can undo all that it does; every other call is refused as always.

use super::call::{does_more, given};
use super::literal::Written;
use super::{Asked, Entry, MAX_ANSWER_BYTES, Open, Reply, SessionError};
use crate::approval::Channel;
use crate::config::Mode;
use crate::desk::Draft;
use crate::event::{End, Event};
use crate::report::PlanStatus;
use planc_lang::catalogue::Tool;
use planc_lang::syntax::Approval;
use planc_lang::value::Value;
use serde_json::json;

/// Why it was let through.
const WHY: &str = "the operator wants no plan for what can be undone";

impl Open<'_> {
    /// Makes a call with an effect, if that can be undone.
    pub(super) fn at_once(&mut self, tool: &Tool, written: &Written, draft: Draft) -> Result<Reply, SessionError> {
        let desk = self.world.desk.clone();
        let effective = desk.modes().effective(&desk.standing)?;
        if effective.mode == Mode::Plan {
            return self.deny(tool, written, &effective.why());
        }
        let draft = Draft { key: format!("{}: a call", draft.key), ..draft };
        let plan = desk.plan(&draft, &[])?.plan;
        if let Some(why) = &plan.report.plan_mode {
            return self.deny(tool, written, why);
        }
        if plan.status == PlanStatus::Blocked {
            let problems: Vec<String> = plan.report.problems.iter().map(|problem| problem.message.clone()).collect();
            return self.deny(tool, written, &problems.join("; "));
        }
        if plan.report.all_steps().any(|step| step.policy != Approval::Auto) {
            return self.deny(tool, written, &format!("{}, and a person is asked about it", does_more(tool)));
        }
        let why = format!("{}, which a person decides about", does_more(tool));
        let yes = desk.yes(&plan, Channel::Unattended)?;
        if desk.judge(&plan, Channel::Unattended).is_err() || desk.approve(&plan, &yes)?.is_some() {
            return self.deny(tool, written, &why);
        }
        let run = desk.store.run_of(&plan.digest)?.id;
        let asked = Asked { digest: plan.digest, run, rev: 0, at: String::new() };
        self.add(None, &Entry::Called { call: written.call.clone(), run: asked.run.clone() })?;
        let carried_out = self.carried_out(&asked, None, WHY);
        let events: Vec<Event> = desk.store.events(&asked.run)?.into_iter().map(|stored| stored.event).collect();
        // Nothing has begun, since another call is being made: it is to be called again, and this yes is for nothing.
        if events.is_empty() {
            desk.unsay(&plan, &yes.id)?;
        }
        let (end, reply) = carried_out?;
        Self::called(tool, &asked, &events, end, reply)
    }

    fn called(
        tool: &Tool,
        asked: &Asked,
        events: &[Event],
        end: Option<End>,
        reply: Reply,
    ) -> Result<Reply, SessionError> {
        let result = events.iter().rev().find_map(|event| match event {
            Event::StepSucceeded { result, .. } => Some(result.clone()),
            _ => None,
        });
        match (end, result) {
            (Some(End::Done), Some(result)) => {
                let text = serde_json::to_string(&result).unwrap_or_default();
                match text.len() > MAX_ANSWER_BYTES {
                    false => Ok(given(tool, &result, text, WHY)),
                    true => {
                        Ok(given(tool, &Value::Null, "it was done; its result is too long to be given".into(), WHY))
                    }
                }
            }
            (Some(_) | None, _) => Ok(Reply { data: json!({ "run": asked.run }), ..reply }),
        }
    }
}
