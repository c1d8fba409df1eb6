//! A direct call of a tool ⟶ its result where it only reads, else a refusal and a proposed step.
//!
//! A read is made as the dry run of a plan of one step, so that policy, read scope and hosts are judged where they always
//! are.

use super::literal::{self, Arguments, ONE, Written};
use super::{Entry, MAX_ANSWER_BYTES, MAX_KEPT_BYTES, Open, Reply, SessionError};
use crate::config::PlanFor;
use crate::render::text::inline;
use crate::report::{PlanReport, StepOutcome, StepReport};
use crate::tool::mcp::relay::Relay;
use planc_lang::catalogue::Tool;
use planc_lang::digest::Digest;
use planc_lang::secrets::Secrets;
use planc_lang::syntax::EffectVerb;
use planc_lang::types::Type;
use planc_lang::value::Value;
use serde_json::json;
use std::sync::Arc;

/// What every refusal begins with.
pub const DENIED: &str = "[Tool denied — plan mode is active]";

/// What works in plan mode.
const ALLOWED: &str = "Allowed now: tools that only read, plan_write, plan_check, plan_status, plan_exit, todo_write.";

impl Open<'_> {
    /// Answers a direct call of a tool of a catalogue.
    pub(super) fn call_tool(
        &mut self,
        tool: &Tool,
        arguments: &Arguments,
        relay: Option<Arc<Relay>>,
    ) -> Result<Reply, SessionError> {
        // What a model says is pinned to the plan that asks it, and a type is no value that JSON could have.
        if tool.extracts() {
            let why = format!("`{}` asks a model, as a step of a plan only", tool.name);
            let text = format!("{DENIED}\n{why}. Nothing was done.\n\n{ALLOWED}");
            return Ok(Reply::denied(text, json!({ "denied": true, "tool": tool.name, "why": why }), why));
        }
        let written = match literal::write(tool, arguments, &self.world.desk.workspace) {
            Ok(written) => written,
            Err(why) => return Ok(misfit(tool, &why.to_string(), "the arguments do not fit")),
        };
        if let Some(why) = self.left_out(&tool.name)? {
            return self.deny(tool, &written, &why);
        }
        let text = literal::plan_of(&written);
        let checked = self.world.check(&self.key(), &text);
        let Some(draft) = checked.draft else {
            return Ok(misfit(tool, checked.drawn.trim_end(), "the call has mistakes"));
        };
        let looks = |step: &planc_lang::plan::Step| step.call.is_read_only() || only_looks(&step.call.tool);
        if !draft.compiled.plan.steps.iter().all(looks) {
            return match self.world.desk.config.plan_for {
                PlanFor::Never => self.at_once(tool, &written, draft),
                PlanFor::Effects | PlanFor::Calls => self.deny(tool, &written, &does_more(tool)),
            };
        }
        if let Some(why) = self.wants_plan() {
            return self.deny(tool, &written, &why);
        }
        // What is secret in a result is hidden from agents, and it stands in what the server says as well.
        let relay = self.relaying(tool, relay.filter(|_| !Secrets::of(&draft.compiled.plan).any()))?;
        let report = self.world.look(&draft, &[])?;
        let Some(step) = report.steps.iter().find(|step| step.name == ONE) else {
            return self.deny(tool, &written, "it was not made");
        };
        match &step.outcome {
            StepOutcome::Read { result } | StepOutcome::Simulated { result } if step.changes.is_empty() => {
                let reply = self.read(tool, &written, step, &report, result)?;
                let relay = relay.filter(|relay| !reply.is_error && relay.has(true));
                self.passing(tool, relay.as_deref(), reply)
            }
            StepOutcome::Fails { .. } if report.problems.iter().any(|problem| problem.policy) => {
                let problem = report.problems.iter().find(|problem| problem.policy);
                self.deny(tool, &written, problem.map_or("policy refuses it", |problem| &problem.message))
            }
            StepOutcome::Fails { why } => {
                let relay = relay.filter(|relay| relay.has(false));
                self.passing(tool, relay.as_deref(), failed(tool, why))
            }
            StepOutcome::Foretold { .. } | StepOutcome::Ran { .. } => self.deny(tool, &written, &does_more(tool)),
            StepOutcome::KnownAfterRun { why } => self.deny(tool, &written, why),
            StepOutcome::Read { .. }
            | StepOutcome::Extracted { .. }
            | StepOutcome::Simulated { .. }
            | StepOutcome::Skipped
            | StepOutcome::NotReached
            | StepOutcome::Gate => {
                let problems = report.problems.iter().map(|problem| problem.message.clone());
                let why = problems.collect::<Vec<_>>().join("; ");
                self.deny(tool, &written, if why.is_empty() { "it was not made" } else { &why })
            }
        }
    }

    /// Lets what the server answered stand in place of a reply, where there is a relay that may.
    fn passing(&self, tool: &Tool, relay: Option<&Relay>, reply: Reply) -> Result<Reply, SessionError> {
        if let Some(relay) = relay {
            relay.seal(|state| self.seal_state(&tool.name, state))?;
        }
        Ok(Reply { passes: relay.is_some(), ..reply })
    }

    /// Why a plan comes first even for a read, where the operator wants it so.
    pub(super) fn wants_plan(&self) -> Option<String> {
        let planning = self.state.explicit || self.state.latest().is_some();
        match self.world.desk.config.plan_for {
            PlanFor::Never | PlanFor::Effects => None,
            PlanFor::Calls if planning || self.state.grounding.is_empty() => None,
            PlanFor::Calls => Some("more than one call needs a plan here: begin with plan_enter".into()),
        }
    }

    fn read(
        &mut self,
        tool: &Tool,
        written: &Written,
        step: &StepReport,
        report: &PlanReport,
        result: &Value,
    ) -> Result<Reply, SessionError> {
        if !result.is_known() {
            return self.deny(tool, written, "its result is not known before a plan runs");
        }
        // A refusal of the operator is found as a problem of the plan, also where the read itself was possible.
        if let Some(problem) = report.problems.iter().find(|problem| problem.policy) {
            return self.deny(tool, written, &problem.message);
        }
        let text = serde_json::to_string(result).unwrap_or_default();
        if text.len() > MAX_ANSWER_BYTES {
            let why = format!("its result has {} bytes, and at most {MAX_ANSWER_BYTES} are handed out", text.len());
            return Ok(failed(tool, &why));
        }
        let observations = report.observations.clone();
        self.add(
            None,
            &Entry::Read {
                tool: step.tool.clone(),
                call: kept(&written.call),
                result: Digest::of(text.as_bytes()),
                observations,
            },
        )?;
        Ok(given(tool, result, text, "it only reads"))
    }

    /// Refuses, and keeps the call as a step that the plan could have.
    pub(super) fn deny(&mut self, tool: &Tool, written: &Written, why: &str) -> Result<Reply, SessionError> {
        let number = self.state.proposals.len() + 1;
        let step = literal::step_of(written, tool, number);
        let entry = Entry::Proposed {
            tool: tool.name.to_string(),
            step: kept(&step),
            critical: written.critical.clone(),
            why: why.to_owned(),
        };
        self.add(None, &entry)?;
        let mut text = format!("{DENIED}\n{why}. Nothing was done.\n\n{ALLOWED}\n\n");
        text.push_str(&format!("The call is kept with the plan as a proposed step:\n\n  {}\n", kept(&step)));
        if !written.critical.is_empty() {
            text.push_str("\nIt needs in `critical`:\n\n");
            written.critical.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
        }
        text.push_str("\nWrite the whole plan with plan_write, hand it in with plan_exit; once it is approved, plan_run carries it out.");
        let data = json!({
            "denied": true,
            "session": self.session.id,
            "tool": tool.name,
            "why": why,
            "step": kept(&step),
            "critical": written.critical,
        });
        Ok(Reply::denied(text, data, why))
    }
}

/// What an effect is refused with.
pub(super) fn does_more(tool: &Tool) -> String {
    match tool.effect_words().join(", ") {
        words if words.is_empty() => format!("what `{}` does is not declared", tool.name),
        words => format!("`{}` does more than read: {words}", tool.name),
    }
}

/// The result of a call as an agent is given it; `text` is its JSON. A text is given as it is, where nothing in it could move
/// the cursor of a terminal or hide.
pub(super) fn given(tool: &Tool, result: &Value, text: String, why: &str) -> Reply {
    let data = serde_json::to_value(result).unwrap_or_default();
    let content = match gives_content(tool) {
        true => data.get("content").and_then(|content| content.as_array().cloned()),
        false => None,
    };
    let is_plain = |plain: &str| plain.lines().all(|line| inline(&line.replace('\t', " ")) == line.replace('\t', " "));
    let text = result.as_str().filter(|plain| is_plain(plain)).map_or(text, str::to_owned);
    Reply { content, ..Reply::done(text, data, why) }
}

/// Whether a tool is declared to give all content of its server's answer, whatever its form.
pub fn gives_content(tool: &Tool) -> bool {
    matches!(&tool.result, Type::Record(record) if record.fields.len() == 1 && record.fields[0].name == "content")
}

/// Whether a tool only looks, be it at a host: the operator's list of hosts decides about those.
fn only_looks(tool: &Tool) -> bool {
    match &tool.effects {
        planc_lang::effects::Effects::Declared(effects) => {
            !effects.is_empty()
                && effects.iter().any(|effect| effect.verb == EffectVerb::Reads)
                && effects.iter().all(|effect| matches!(effect.verb, EffectVerb::Reads | EffectVerb::Contacts))
        }
        planc_lang::effects::Effects::Undeclared => false,
    }
}

fn misfit(tool: &Tool, text: &str, why: &str) -> Reply {
    let data = json!({ "tool": tool.name, "mistakes": text });
    Reply::failed(format!("{text}\n\nIt takes: {}", tool.signature()), data, why)
}

fn failed(tool: &Tool, why: &str) -> Reply {
    Reply::failed(format!("`{}` failed: {why}", tool.name), json!({ "tool": tool.name, "error": why }), "it only reads")
}

/// A text as it is kept: whole up to a limit.
fn kept(text: &str) -> String {
    if text.len() <= MAX_KEPT_BYTES {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(MAX_KEPT_BYTES);
    format!("{} // … {} bytes more", &text[..end], text.len() - end)
}
