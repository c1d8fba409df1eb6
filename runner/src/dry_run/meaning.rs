//! The text of a plan ⟶ what a report says by it, whatever the world is: what it declares, and its conditions as a person reads them,
//! without comments and layout of the plan's author, and with what their names stand for.
//!
//! A dry run makes its report with this, and who has a report and the text can tell that it is of that.

use super::DryRun;
use crate::report::{
    AssumptionReport, Assurance, BlockOutcome, BlockReport, CheckOutcome, CriticalReport, NameReport, PlanReport,
    PlanStatus, REPORT_FORMAT, ReleaseReport, ReuseReport, StepOutcome, StepReport, UndoKind, VerificationReport,
};
use planc_lang::compile::Compiled;
use planc_lang::digest::Digest;
use planc_lang::labels::Labels;
use planc_lang::plan::{
    Assumption, Call, CriticalLine, CriticalScope, EachId, Expr, ExprKind, Instance, ReleaseKind, Reuse, ReuseTarget,
    Step, StepId, Verification,
};
use planc_lang::releases;
use planc_lang::secrets::Secrets;
use planc_lang::syntax::Approval;
use planc_lang::value::Value;
use planc_lang::written;
use std::collections::{BTreeMap, BTreeSet};

/// The most places that a value is said to go to.
const MAX_DESTINATIONS: usize = 8;

/// What the text of a plan says. What is found out besides stands as if nothing had been.
pub(crate) struct Meaning<'a> {
    compiled: &'a Compiled,
    /// None: the plan has none.
    secrets: Option<&'a Secrets>,
}

impl DryRun<'_> {
    /// What the text of the plan says.
    pub(super) fn meaning(&self) -> Meaning<'_> {
        Meaning::of(self.compiled, self.veil.map(|veil| veil.secrets()))
    }

    /// An expression as the language writes it.
    pub(super) fn written(&self, expr: &Expr) -> String {
        self.meaning().written(expr)
    }
}

impl<'a> Meaning<'a> {
    pub(crate) fn of(compiled: &'a Compiled, secrets: Option<&'a Secrets>) -> Meaning<'a> {
        Meaning { compiled, secrets: secrets.filter(|secrets| secrets.any()) }
    }

    /// What a report says of the plan itself, but for its parts.
    pub(crate) fn plan(&self) -> PlanReport {
        let Compiled { plan, digest, .. } = self.compiled;
        PlanReport {
            format: REPORT_FORMAT,
            status: PlanStatus::NeedsApproval,
            title: plan.title.clone(),
            rev: 1,
            time: 1,
            digest: Digest::of([]),
            deed: None,
            plan_digest: *digest,
            assurance: Assurance::Advisory,
            grounds: Vec::new(),
            problems: Vec::new(),
            plan_mode: None,
            catalogues: Vec::new(),
            scratch: Vec::new(),
            part: None,
            rationale: plan.rationale.clone(),
            context: plan.context.clone(),
            inputs: Vec::new(),
            names: self.names(),
            assumptions: Vec::new(),
            critical: Vec::new(),
            releases: Vec::new(),
            secret: self.secrets.is_some(),
            disclosures: Vec::new(),
            reuse: Vec::new(),
            steps: Vec::new(),
            blocks: Vec::new(),
            waves: self.waves(),
            verifications: Vec::new(),
            outputs: Vec::new(),
            observations: Vec::new(),
            revision: None,
            changes_requested: Vec::new(),
        }
    }

    /// An assumption, with what its check said.
    pub(crate) fn assumption(&self, assumption: &Assumption, outcome: CheckOutcome) -> AssumptionReport {
        let check = assumption.check.as_ref().map(|check| self.written(check));
        AssumptionReport { text: assumption.text.clone(), outcome, check }
    }

    /// A verification, with its steps and what its check said.
    pub(crate) fn verification(
        &self,
        verification: &Verification,
        steps: Vec<StepReport>,
        outcome: CheckOutcome,
    ) -> VerificationReport {
        let check = verification.check.as_ref().map(|check| self.written(check));
        VerificationReport { text: verification.text.clone(), steps, outcome, check }
    }

    /// A line of `critical`, with its value where it is about one, and with what was touched of it.
    pub(crate) fn critical(&self, line: &CriticalLine, value: Option<Value>, touched: Vec<String>) -> CriticalReport {
        let resource = match &line.scope {
            CriticalScope::Text(grant) => grant.resource.to_string(),
            CriticalScope::Value(expr) => self.written(expr),
        };
        CriticalReport { verb: line.verb.as_str().into(), resource, value, why: line.why.clone(), touched }
    }

    /// What the plan leans on, and whether it is there.
    pub(crate) fn reuse(&self, reuse: &Reuse, exists: bool) -> ReuseReport {
        let target = match &reuse.target {
            ReuseTarget::Tool(tool) => tool.name.to_string(),
            ReuseTarget::Path(path) => path.clone(),
        };
        ReuseReport { target, why: reuse.why.clone(), exists }
    }

    /// The release that a `let` is, for an element of its block, with its value; none: it is none.
    pub(crate) fn release(
        &self,
        labels: &Labels,
        (index, element): (usize, Option<u32>),
        value: Value,
    ) -> Option<ReleaseReport> {
        let plan = &self.compiled.plan;
        let defined = plan.lets.get(index)?;
        let release = defined.release.as_ref()?;
        let label = labels.of_released(plan, index);
        let way = match release.kind {
            ReleaseKind::Endorse => labels.path(label),
            ReleaseKind::Reveal => labels.secret_path(label),
        };
        Some(ReleaseReport {
            name: element.map_or_else(|| defined.name.to_string(), |element| format!("{}[{element}]", defined.name)),
            kind: release.kind,
            reason: release.reason.clone(),
            value,
            from: way.iter().map(|hop| hop.phrase(plan)).collect(),
            to: releases::destinations(plan, index, MAX_DESTINATIONS),
        })
    }

    /// A block, but for what is known of its elements.
    pub(crate) fn block(&self, id: EachId) -> BlockReport {
        let plan = &self.compiled.plan;
        let each = plan.each(id);
        BlockReport {
            name: each.name.to_string(),
            variable: each.variable.to_string(),
            list: self.written(&each.list),
            when: each.when.as_ref().map(|when| self.written(when)),
            steps: plan.steps_of(id).map(|step| plan.get(step).name.to_string()).collect(),
            late: false,
            at: 0,
            outcome: BlockOutcome::NotReached,
        }
    }

    /// A step, but for its arguments and what follows from them.
    pub(crate) fn step(&self, instance: Instance) -> StepReport {
        let Compiled { plan, graph, .. } = self.compiled;
        let step = plan.get(instance.step);
        let mut waits_for: Vec<StepId> = graph.dependencies(instance.step).map(|(before, _)| before).collect();
        waits_for.sort_unstable();
        let seconds = |ms: u64| ms as f64 / 1000.0;
        StepReport {
            name: plan.name_of(instance).to_string(),
            tool: step.call.tool.name.to_string(),
            because: step.because.clone(),
            args: Value::Null,
            effects: Vec::new(),
            read_only: step.call.is_read_only(),
            destructive: false,
            policy: Approval::Auto,
            policy_why: Vec::new(),
            standing_yes: false,
            confined: None,
            reproduce: step.reproduce,
            undo: undo(step).unwrap_or(UndoKind::Impossible),
            on_failure: step.on_failure,
            outcome: StepOutcome::NotReached,
            changes: Vec::new(),
            for_others: Vec::new(),
            loadable: Vec::new(),
            each: step.each.map(|each| plan.each(each).name.to_string()),
            element: instance.element.map(|element| element as usize),
            poll: step.poll.as_ref().map(|poll| {
                let until = self.written(&poll.until);
                format!("every {} s for {} s until {until}", seconds(poll.every_ms), seconds(poll.for_ms))
            }),
            waits_for: waits_for.into_iter().map(|before| plan.get(before).name.to_string()).collect(),
            timeout_ms: step.timeout_ms.or(step.call.tool.timeout_ms),
            own_timeout: step.timeout_ms.is_some(),
            when: step.when.as_ref().map(|when| self.written(when)),
            retry: step.retry.map(|retry| format!("{} every {} s", retry.times, seconds(retry.every_ms))),
            written: self.written_args(step),
            late: Vec::new(),
            expects: step.expect.iter().map(|expect| self.written(expect)).collect(),
            undo_call: step.undo.as_ref().map(|call| written::call(plan, call)),
            undoing: None,
            approved_before: None,
        }
    }

    fn written(&self, expr: &Expr) -> String {
        written::expr(&self.compiled.plan, expr)
    }

    /// What runs at the same time.
    fn waves(&self) -> Vec<Vec<String>> {
        let plan = &self.compiled.plan;
        let waves = self.compiled.graph.waves().into_iter().map(|wave| {
            let own = wave.into_iter().filter(|id| plan.get(*id).verification.is_none());
            own.map(|id| plan.get(id).name.to_string()).collect::<Vec<_>>()
        });
        waves.filter(|wave| !wave.is_empty()).collect()
    }

    /// The arguments of a step and of its `undo` that a secret decides, as the language writes them.
    fn written_args(&self, step: &Step) -> Vec<NameReport> {
        let own = self.kept_args(&step.call).map(|(name, arg)| (name.to_owned(), arg));
        let undo = step.undo.iter().flat_map(|call| self.kept_args(call));
        let undo = undo.map(|(name, arg)| (format!("undo {name}"), arg));
        own.chain(undo).map(|(name, arg)| NameReport { name, value: self.written(arg) }).collect()
    }

    fn kept_args<'c>(&self, call: &'c Call) -> impl Iterator<Item = (&'c str, &'c Expr)> {
        let is_kept = |arg: &Expr| self.secrets.is_some_and(|secrets| secrets.decide(&self.compiled.plan, arg));
        let args = call.tool.params.iter().zip(&call.args);
        args.filter_map(move |(param, arg)| Some((param.name.as_str(), arg.as_ref().filter(|arg| is_kept(arg))?)))
    }

    /// What the names stand for that conditions, lists of blocks, lines of `critical`, and arguments with secrets are written with: a `let` may be called
    /// anything. In the order of the plan.
    fn names(&self) -> Vec<NameReport> {
        let plan = &self.compiled.plan;
        let checks = plan.assumptions.iter().filter_map(|assumption| assumption.check.as_ref());
        let checks = checks.chain(plan.verifications.iter().filter_map(|verification| verification.check.as_ref()));
        let of_blocks = plan.eaches.iter().flat_map(|each| each.when.as_ref().into_iter().chain([&each.list]));
        let of_steps = plan.steps.iter().flat_map(|step| {
            let until = step.poll.iter().map(|poll| &poll.until);
            let calls = std::iter::once(&step.call).chain(step.undo.as_deref());
            let kept = calls.flat_map(|call| self.kept_args(call)).map(|(_, arg)| arg);
            step.when.as_deref().into_iter().chain(&step.expect).chain(until).chain(kept)
        });
        let of_lines = plan.critical.iter().filter_map(|line| match &line.scope {
            CriticalScope::Value(expr) => Some(expr),
            CriticalScope::Text(_) => None,
        });
        let shown = checks.chain(of_blocks).chain(of_steps).chain(of_lines);
        let (mut named, mut types) = (BTreeSet::new(), BTreeMap::new());
        for part in plan.within(shown) {
            match &part.kind {
                ExprKind::Let(index) => {
                    named.insert(*index);
                }
                ExprKind::As(_, ty) => types.extend(ty.names()),
                _ => {}
            }
        }
        let report = |index: usize| {
            let defined = &plan.lets[index];
            NameReport { name: defined.name.to_string(), value: self.written(&defined.value) }
        };
        let types = types.into_iter().map(|(name, value)| NameReport { name: format!("type {name}"), value });
        named.into_iter().map(report).chain(types).collect()
    }
}

/// How the effect of a step can be taken back, where its text says so.
pub(crate) fn undo(step: &Step) -> Option<UndoKind> {
    match &step.undo {
        Some(_) => Some(UndoKind::Declared),
        None => step.call.is_read_only().then_some(UndoKind::Nothing),
    }
}
