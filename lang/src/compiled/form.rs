//! A plan and its parts ⟶ the structs of the canonical form.

use super::COMPILED_FORMAT;
use super::expr::{CallForm, ExprForm, Part, Scope, ValueForm, View};
use crate::catalogue::Tool;
use crate::plan::{
    Assumption, CriticalLine, CriticalScope, Each, EachId, Expr, Input, Let, Output, Plan, Release, ReleaseKind, Reuse,
    ReuseTarget, Step, StepId, Verification,
};
use crate::syntax::OnFailure;
use crate::types::Type;
use serde::{Serialize, Serializer};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// A whole plan.
pub(super) fn plan(plan: &Plan) -> impl Serialize + '_ {
    let whole = Whole(plan);
    PlanForm {
        planc: COMPILED_FORMAT,
        title: &plan.title,
        rationale: plan.rationale.as_deref(),
        context: plan.context.as_deref(),
        inputs: plan.inputs.iter().map(input).collect(),
        assumptions: plan.assumptions.iter().map(|assumption| whole.assumption(assumption)).collect(),
        critical: plan.critical.iter().map(|line| whole.critical(line)).collect(),
        reuse: plan.reuse.iter().map(reuse).collect(),
        lets: plan.lets.iter().map(|item| whole.pure_value(item)).collect(),
        steps: plan.steps.iter().map(|item| step(whole, item)).collect(),
        eaches: plan.eaches.iter().map(|item| whole.block(item)).collect(),
        verifications: plan.verifications.iter().map(|item| whole.verification(item)).collect(),
        outputs: plan.outputs.iter().map(|item| whole.output(item)).collect(),
        tools: tools(plan),
    }
}

#[derive(Serialize)]
struct PlanForm<'p> {
    planc: u32,
    title: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rationale: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'p str>,
    inputs: Vec<InputForm<'p>>,
    assumptions: Vec<CheckForm<'p>>,
    critical: Vec<CriticalForm<'p>>,
    reuse: Vec<ReuseForm<'p>>,
    lets: Vec<LetForm<'p>>,
    steps: Vec<StepForm<'p, Whole<'p>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    eaches: Vec<EachForm<'p>>,
    verifications: Vec<CheckForm<'p>>,
    outputs: Vec<LetForm<'p>>,
    tools: BTreeMap<&'p str, &'p Tool>,
}

/// An input.
#[derive(Serialize)]
pub(super) struct InputForm<'p> {
    name: &'p str,
    #[serde(rename = "type")]
    ty: &'p Type,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<ValueForm<'p>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    secret: bool,
}

#[derive(Serialize)]
struct CheckForm<'p> {
    text: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<Part<'p, Whole<'p>>>,
}

#[derive(Serialize)]
struct CriticalForm<'p> {
    verb: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Part<'p, Whole<'p>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'p str>,
}

#[derive(Serialize)]
struct ReuseForm<'p> {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'p str>,
}

#[derive(Serialize)]
struct LetForm<'p> {
    name: &'p str,
    value: Part<'p, Whole<'p>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<ReleaseForm<'p>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<&'p str>,
}

#[derive(Serialize)]
struct ReleaseForm<'p> {
    kind: ReleaseKind,
    why: &'p str,
}

#[derive(Serialize)]
struct EachForm<'p> {
    name: &'p str,
    list: Part<'p, Whole<'p>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<Part<'p, Whole<'p>>>,
    result: Part<'p, Whole<'p>>,
}

/// A step, from one point of view or the other.
#[derive(Serialize)]
#[serde(bound = "V: View")]
pub(super) struct StepForm<'p, V: View> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'p str>,
    pub call: CallForm<'p, V>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<&'p str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<V::Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Part<'p, V>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<PollForm<'p, V>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Part<'p, V>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<CallForm<'p, V>>,
    #[serde(skip_serializing_if = "is_stop")]
    pub on_failure: OnFailure,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reproduce: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<V::Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub together: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gate: bool,
}

#[derive(Serialize)]
#[serde(bound = "V: View")]
pub(super) struct PollForm<'p, V: View> {
    every_ms: u64,
    for_ms: u64,
    until: Part<'p, V>,
}

#[derive(Serialize)]
pub(super) struct RetryForm {
    times: u32,
    every_ms: u64,
}

fn is_stop(on_failure: &OnFailure) -> bool {
    *on_failure == OnFailure::Stop
}

/// An input.
pub(super) fn input(input: &Input) -> InputForm<'_> {
    let Input { name, ty, default, secret, span: _ } = input;
    InputForm { name, ty, default: default.as_ref().map(ValueForm), secret: *secret }
}

fn reuse(reuse: &Reuse) -> ReuseForm<'_> {
    let Reuse { target, why, span: _ } = reuse;
    let (path, tool) = match target {
        ReuseTarget::Path(path) => (Some(path.as_str()), None),
        ReuseTarget::Tool(tool) => (None, Some(tool.name.as_str())),
    };
    ReuseForm { path, tool, why: why.as_deref() }
}

/// A step as this point of view shows it.
pub(super) fn step<V: View>(view: V, step: &Step) -> StepForm<'_, V> {
    // Every field is looked at: a clause that is forgotten here would not be part of what is approved.
    let Step {
        name,
        call,
        because,
        after,
        uses: _,
        uses_each: _,
        when,
        timeout_ms,
        retry,
        poll,
        expect,
        undo,
        on_failure,
        reproduce,
        ty: _,
        verification,
        each,
        together,
        is_gate,
        span: _,
    } = step;
    let part = |expr| Part(view, None, expr);
    StepForm {
        name: Some(name),
        call: CallForm(view, None, call),
        because: because.as_deref(),
        after: after.iter().map(|id| view.step(*id)).collect(),
        when: when.as_deref().map(part),
        timeout_ms: *timeout_ms,
        retry: retry.map(|retry| RetryForm { times: retry.times, every_ms: retry.every_ms }),
        poll: poll.as_ref().map(|poll| PollForm {
            every_ms: poll.every_ms,
            for_ms: poll.for_ms,
            until: part(&poll.until),
        }),
        expect: expect.iter().map(part).collect(),
        undo: undo.as_ref().map(|undo| CallForm(view, None, undo)),
        on_failure: *on_failure,
        reproduce: *reproduce,
        verification: *verification,
        within: each.map(|each| view.element(each)),
        together: *together,
        gate: *is_gate,
    }
}

/// Every tool that the plan calls or leans on, by name.
pub fn tools(plan: &Plan) -> BTreeMap<&str, &Tool> {
    let mut tools: BTreeMap<&str, &Tool> = BTreeMap::new();
    for step in &plan.steps {
        tools.insert(&step.call.tool.name, step.call.tool.declared());
        step.call.tool.probe.iter().for_each(|probe| {
            tools.insert(&probe.name, probe);
        });
        step.undo.iter().for_each(|undo| {
            tools.insert(&undo.tool.name, undo.tool.declared());
        });
    }
    let checks = plan.assumptions.iter().filter_map(|a| a.check.as_ref());
    for check in checks.chain(plan.verifications.iter().filter_map(|v| v.check.as_ref())) {
        crate::check::calls_in(check, &mut |call| {
            tools.insert(&call.tool.name, call.tool.declared());
        });
    }
    for reuse in &plan.reuse {
        if let ReuseTarget::Tool(tool) = &reuse.target {
            tools.insert(&tool.name, tool);
        }
    }
    tools
}

/// Everything as it is written, by its name.
#[derive(Clone, Copy)]
pub(super) struct Whole<'p>(&'p Plan);

impl<'p> Whole<'p> {
    fn part(self, expr: &'p Expr) -> Part<'p, Self> {
        Part(self, None, expr)
    }

    fn assumption(self, assumption: &'p Assumption) -> CheckForm<'p> {
        let Assumption { text, check, span: _ } = assumption;
        CheckForm { text, check: check.as_ref().map(|check| self.part(check)) }
    }

    fn critical(self, line: &'p CriticalLine) -> CriticalForm<'p> {
        let CriticalLine { verb, scope, why, span: _ } = line;
        let (resource, value) = match scope {
            CriticalScope::Text(grant) => (Some(grant.resource.as_str()), None),
            CriticalScope::Value(expr) => (None, Some(self.part(expr))),
        };
        CriticalForm { verb: verb.as_str(), resource, value, why: why.as_deref() }
    }

    fn pure_value(self, item: &'p Let) -> LetForm<'p> {
        let Let { name, value, release, each, named_at: _, span: _ } = item;
        let release =
            release.as_ref().map(|Release { kind, reason, span: _ }| ReleaseForm { kind: *kind, why: reason });
        LetForm { name, value: self.part(value), release, within: each.map(|each| self.element(each)) }
    }

    fn block(self, each: &'p Each) -> EachForm<'p> {
        // The steps say themselves which block they belong to; an element's name does not count.
        let Each { name, variable: _, list, element: _, steps: _, result, ty: _, when, uses: _, uses_each: _, span: _ } =
            each;
        let when = when.as_ref().map(|when| self.part(when));
        EachForm { name, list: self.part(list), when, result: self.part(result) }
    }

    fn verification(self, verification: &'p Verification) -> CheckForm<'p> {
        let Verification { text, check, span: _ } = verification;
        CheckForm { text, check: check.as_ref().map(|check| self.part(check)) }
    }

    fn output(self, output: &'p Output) -> LetForm<'p> {
        let Output { name, value, span: _ } = output;
        LetForm { name, value: self.part(value), release: None, within: None }
    }
}

impl<'p> View for Whole<'p> {
    type Name = &'p str;
    type Tool = SmolStr;

    fn part<S: Serializer>(self, scope: Scope<'_>, expr: &Expr, to: S) -> Result<S::Ok, S::Error> {
        ExprForm(self, scope, expr).serialize(to)
    }

    fn tool(self, tool: &Tool) -> SmolStr {
        tool.name.clone()
    }

    fn input(self, index: usize) -> &'p str {
        &self.0.inputs[index].name
    }

    fn pure(self, index: usize) -> &'p str {
        &self.0.lets[index].name
    }

    fn step(self, id: StepId) -> &'p str {
        &self.0.get(id).name
    }

    fn each(self, id: EachId) -> &'p str {
        &self.0.each(id).name
    }

    fn element(self, id: EachId) -> &'p str {
        &self.0.each(id).name
    }
}
