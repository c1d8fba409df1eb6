//! The calls of steps ⟶ what stands against them: lines of `critical` that are missing, policy, tools that nothing carries out.

use super::Early;
use super::call::leads;
use super::steps::{At, Steps};
use super::told::{unbound, unknown_args};
use crate::coverage::{changed, uncovered_by_others, uncovered_paths, uncovered_reads, uncovered_touches};
use crate::laid::unforeseen;
use crate::policy::{Moment, Verdict};
use crate::report::{Problem, StepOutcome};
use crate::tool::model::NOT_WIRED;
use crate::tool::registry::Implementation;
use crate::workspace::{Change, Kind};
use planc_lang::catalogue::Tool;
use planc_lang::effects::{CriticalVerb, Resource};
use planc_lang::plan::Call;
use planc_lang::syntax::{Approval, EffectVerb};
use planc_lang::value::Value;

impl Steps<'_, '_> {
    /// Programs, hosts and names that a call touches.
    pub(super) fn judge_touches(&mut self, at: &At<'_>, touches: &[(EffectVerb, Resource)]) {
        for uncovered in uncovered_touches(&self.grants(), touches) {
            self.problem(at, uncovered.to_string());
        }
    }

    /// What a call reads of which outside text decides what that is; it is judged again at the run.
    pub(super) fn judge_reads(&mut self, at: &At<'_>, touches: &[(EffectVerb, Resource)]) {
        if !self.labels.step(at.instance.step).confined {
            return;
        }
        let grants = self.grants();
        let overlay = &mut self.overlay;
        let led = |path: &str| vec![overlay.resolve(path).unwrap_or_else(|_| path.to_owned())];
        let known: Vec<_> = touches.iter().filter(|(_, resource)| *resource != Resource::AnyPath).cloned().collect();
        for uncovered in uncovered_reads(&grants, &known, led) {
            self.problem(at, format!("outside text decides what is read here, and {uncovered}"));
        }
    }

    /// Why a call is not made: it would find something that its labels do not know of.
    pub(super) fn unforeseen(&self, at: &At<'_>, touches: &[(EffectVerb, Resource)]) -> Option<String> {
        let reached = self.labels.reached(at.instance.step);
        unforeseen(&self.labels, reached, touches, |path| self.overlay.leads(path), &self.laid)
    }

    /// The paths that a call would change which is not made here: a line must stand that may allow each.
    pub(super) fn judge_paths(&mut self, at: &At<'_>, values: &[Value], touches: &[(EffectVerb, Resource)]) {
        if self.is_of_others(&at.step.call.tool) {
            return self.judge_others(at, &at.step.call, values);
        }
        let grants = self.grants();
        let overlay = &mut self.overlay;
        // Where links lead decides, as it does when the call is made; a tool may also mean the link itself.
        let led = |path: &str| match (overlay.resolve(path), overlay.resolve_link(path)) {
            (Ok(followed), Ok(link)) => vec![followed, link],
            (Ok(one), Err(_)) | (Err(_), Ok(one)) => vec![one],
            (Err(_), Err(_)) => vec![path.to_owned()],
        };
        for uncovered in uncovered_paths(&grants, touches, led) {
            self.problem(at, uncovered.to_string());
        }
    }

    /// Whether a tool is carried out by somebody else than planc, who opens paths by himself.
    fn is_of_others(&self, tool: &Tool) -> bool {
        let implementation = self.dry.registry.get(&tool.name);
        matches!(implementation, Some(Implementation::Live(live)) if live.as_program().is_none())
    }

    /// The paths that somebody else would change: lines must stand that surely allow them, but for what is known later.
    fn judge_others(&mut self, at: &At<'_>, call: &Call, values: &[Value]) {
        let is_open = call.tool.effects.tell_by_result() || !values.iter().all(Value::is_known);
        let grants = self.grants();
        let overlay = &self.overlay;
        let is_folder = |path: &str| overlay.kind(path).is_ok_and(|kind| kind == Kind::Directory);
        let touches = call.tool.touches(values);
        for uncovered in uncovered_by_others(&grants, &touches, is_open, is_folder, overlay.workspace()) {
            self.problem(at, uncovered.to_string());
        }
    }

    /// What stands against a call of somebody else that is not made here.
    pub(super) fn judge_astray(&mut self, at: &At<'_>, call: &Call, values: &[Value]) {
        if let Some(why) = self.dry.astray(&call.tool, values, &self.overlay) {
            self.problem(at, why);
        }
    }

    /// Paths that are written while it is not known what is there before: a line for either case must stand.
    pub(super) fn judge_unknown(&mut self, at: &At<'_>) {
        let grants = self.grants();
        for change in self.overlay.unknown_changes() {
            self.unsure.push(change.path.clone());
            let verbs = [CriticalVerb::Create, CriticalVerb::Modify, CriticalVerb::Delete];
            let covered = verbs.iter().any(|verb| grants.iter().any(|grant| grant.allows_path(*verb, &change.path)));
            if !covered {
                self.problem(at, format!("no `critical` line allows to change `{}`", change.path));
            }
        }
    }

    /// Why a file tool should not have looked at something beneath what it names, of which policy says more than of that.
    pub(super) fn judge_beneath(&mut self, at: &At<'_>, values: &[Value]) -> Option<String> {
        let tool = &at.step.call.tool;
        if !self.is_of_files(at.step) {
            return None;
        }
        let verdict = self.dry.beneath(tool, values, &mut self.overlay)?;
        let message = format!("what it reads beneath that: {}", verdict.phrase(&tool.name));
        self.problems.push(Problem {
            step: Some(at.name.clone()),
            message: message.clone(),
            policy: true,
            assumption: None,
        });
        Some(message)
    }

    /// What policy says of the call of a step, with these arguments and what it would change, and of the one that takes it
    /// back; a gate calls nothing.
    pub(super) fn policy(&mut self, at: &At<'_>, values: &[Value], changes: &[Change]) -> Verdict {
        let call = &at.step.call;
        if at.step.is_gate {
            return Verdict { decision: call.tool.approval, reasons: Vec::new(), later: Vec::new() };
        }
        let mut touches = self.dry.held(&call.tool, values).touched(leads(&mut self.overlay));
        touches.extend(changed(changes));
        let policy = &self.dry.config.policy;
        let verdict = policy.decide(&call.tool, values, &touches, Moment::Planned);
        self.judged(at, &call.tool, &verdict);
        self.placed(at, call, values);
        self.searched_by_name(at, call, values);
        if let Some(undo) = &at.step.undo {
            let verdict = policy.of_tool(&undo.tool);
            self.judged(at, &undo.tool, &verdict);
            // Which program would take it back may not be known yet.
            let values = self.undo_values(at.step).map_or_else(|| unknown_args(undo), |(_, values)| values);
            self.placed(at, undo, &values);
            self.searched_by_name(at, undo, &values);
            for (word, why) in self.dry.workspace.unread(&undo.tool, &values) {
                self.problem(at, unbound(&word, " of its undo", why));
            }
            if self.is_of_others(&undo.tool) {
                self.judge_astray(at, undo, &values);
                self.judge_others(at, undo, &values);
            }
        }
        verdict
    }

    /// What stands against a program that would find others where nobody can bind them.
    fn searched_by_name(&mut self, at: &At<'_>, call: &Call, values: &[Value]) {
        for (name, folder) in self.dry.workspace.searched_by_name(&call.tool, values) {
            let where_ = match folder.as_str() {
                "" => "where the program runs".to_owned(),
                folder => format!("in `{folder}`"),
            };
            self.problem(
                at,
                format!(
                    "planc cannot bind what is found by `{name}` {where_}: any program may look for any name there, and would run \
                     what has come to lie there by then; leave that folder away, and name what is to run by its own path, as \
                     `./node_modules/.bin/eslint`"
                ),
            );
        }
    }

    /// What stands against a program that cannot be confined.
    fn placed(&mut self, at: &At<'_>, call: &Call, values: &[Value]) {
        if let Some(message) = self.dry.unconfined(call, values) {
            self.problems.push(Problem { step: Some(at.name.clone()), message, policy: true, assumption: None });
        }
    }

    fn judged(&mut self, at: &At<'_>, tool: &Tool, verdict: &Verdict) {
        if verdict.decision == Approval::Deny {
            let message = verdict.phrase(&tool.name);
            self.problems.push(Problem { step: Some(at.name.clone()), message, policy: true, assumption: None });
        }
        if self.dry.registry.get(&tool.name).is_none() {
            self.problem(at, format!("nothing here carries out the tool `{}`", tool.name));
        }
        if tool.extracts() && self.dry.shows_secret(at.instance.step) {
            self.problem(at, "a model would be shown a secret".to_owned());
        }
        if tool.extracts() && self.dry.config.model.is_none() {
            self.problem(at, NOT_WIRED.to_owned());
        }
    }

    /// A step that must do what it did here has to have run here.
    pub(super) fn reproducible(&mut self, at: &At<'_>, outcome: &StepOutcome) {
        let StepOutcome::KnownAfterRun { why } = outcome else { return };
        if at.step.reproduce {
            let how = match self.dry.early {
                Early::Off => "; `planc plan --run-programs` runs it on a throwaway copy",
                Early::Sealed => "",
            };
            self.problem(at, format!("`reproduce` needs a dry run in which the program has run: {why}{how}"));
        }
    }
}
