//! The canonical form of a plan: its identity as JSON, versioned, without spans, formatting or comments.
//!
//! Everything the approver is shown is part of it, and so are the digests of the tools it calls. Fields stand in a fixed
//! order and absent ones are left out, so that the same plan gives the same bytes on every machine.

use crate::catalogue::Tool;
use crate::digest::Digest;
use crate::plan::{Call, CriticalLine, CriticalScope, Each, EachId, Expr, ExprKind, Plan, ReuseTarget, Step, StepId};
use crate::syntax::{OnFailure, UnaryOp};
use crate::types::Type;
use crate::value::Value;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// The version of the canonical form.
pub const COMPILED_FORMAT: u32 = 1;

/// The canonical form, ready to be serialised.
pub fn form(plan: &Plan) -> impl Serialize + '_ {
    Form {
        planc: COMPILED_FORMAT,
        title: &plan.title,
        rationale: plan.rationale.as_deref(),
        context: plan.context.as_deref(),
        inputs: plan
            .inputs
            .iter()
            .map(|i| InputForm { name: &i.name, ty: &i.ty, default: i.default.as_ref() })
            .collect(),
        assumptions: plan
            .assumptions
            .iter()
            .map(|a| CheckForm { text: &a.text, check: a.check.as_ref().map(|check| E(plan, check)) })
            .collect(),
        critical: plan.critical.iter().map(|line| critical_form(plan, line)).collect(),
        reuse: plan.reuse.iter().map(reuse_form).collect(),
        lets: plan
            .lets
            .iter()
            .map(|l| LetForm { name: &l.name, value: E(plan, &l.value), within: within(plan, l.each) })
            .collect(),
        steps: plan.steps.iter().map(|step| step_form(plan, step)).collect(),
        eaches: plan.eaches.iter().map(|each| each_form(plan, each)).collect(),
        verifications: plan
            .verifications
            .iter()
            .map(|v| CheckForm { text: &v.text, check: v.check.as_ref().map(|check| E(plan, check)) })
            .collect(),
        outputs: plan
            .outputs
            .iter()
            .map(|o| LetForm { name: &o.name, value: E(plan, &o.value), within: None })
            .collect(),
        tools: tools(plan),
    }
}

/// The digest of the canonical form.
pub fn digest(plan: &Plan) -> Digest {
    Digest::of_json(&form(plan))
}

/// The canonical form of one step, to compare it with that of another revision.
pub fn step(plan: &Plan, id: StepId) -> serde_json::Value {
    serde_json::to_value(step_form(plan, plan.get(id))).expect("a step is always representable as JSON")
}

#[derive(Serialize)]
struct Form<'p> {
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
    steps: Vec<StepForm<'p>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    eaches: Vec<EachForm<'p>>,
    verifications: Vec<CheckForm<'p>>,
    outputs: Vec<LetForm<'p>>,
    tools: BTreeMap<&'p str, Digest>,
}

#[derive(Serialize)]
struct InputForm<'p> {
    name: &'p str,
    #[serde(rename = "type")]
    ty: &'p Type,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'p Value>,
}

#[derive(Serialize)]
struct CheckForm<'p> {
    text: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<E<'p>>,
}

#[derive(Serialize)]
struct CriticalForm<'p> {
    verb: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<E<'p>>,
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
    value: E<'p>,
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<&'p str>,
}

#[derive(Serialize)]
struct EachForm<'p> {
    name: &'p str,
    list: E<'p>,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<E<'p>>,
    result: E<'p>,
}

#[derive(Serialize)]
struct StepForm<'p> {
    name: &'p str,
    call: C<'p>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'p str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    after: Vec<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<E<'p>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry: Option<RetryForm>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    expect: Vec<E<'p>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<C<'p>>,
    #[serde(skip_serializing_if = "is_stop")]
    on_failure: OnFailure,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    poll: Option<PollForm<'p>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    together: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    gate: bool,
}

#[derive(Serialize)]
struct PollForm<'p> {
    every_ms: u64,
    for_ms: u64,
    until: E<'p>,
}

#[derive(Serialize)]
struct RetryForm {
    times: u32,
    every_ms: u64,
}

fn is_stop(on_failure: &OnFailure) -> bool {
    *on_failure == OnFailure::Stop
}

fn reuse_form(reuse: &crate::plan::Reuse) -> ReuseForm<'_> {
    let (path, tool) = match &reuse.target {
        ReuseTarget::Path(path) => (Some(path.as_str()), None),
        ReuseTarget::Tool(tool) => (None, Some(tool.name.as_str())),
    };
    ReuseForm { path, tool, why: reuse.why.as_deref() }
}

fn critical_form<'p>(plan: &'p Plan, line: &'p CriticalLine) -> CriticalForm<'p> {
    let (resource, value) = match &line.scope {
        CriticalScope::Text(grant) => (Some(grant.resource.as_str()), None),
        CriticalScope::Value(expr) => (None, Some(E(plan, expr))),
    };
    CriticalForm { verb: line.verb.as_str(), resource, value, why: line.why.as_deref() }
}

fn step_form<'p>(plan: &'p Plan, step: &'p Step) -> StepForm<'p> {
    StepForm {
        name: &step.name,
        call: C(plan, &step.call),
        because: step.because.as_deref(),
        after: step.after.iter().map(|id| plan.get(*id).name.as_str()).collect(),
        when: step.when.as_ref().map(|when| E(plan, when)),
        timeout_ms: step.timeout_ms,
        retry: step.retry.map(|retry| RetryForm { times: retry.times, every_ms: retry.every_ms }),
        expect: step.expect.iter().map(|expect| E(plan, expect)).collect(),
        undo: step.undo.as_ref().map(|undo| C(plan, undo)),
        on_failure: step.on_failure,
        verification: step.verification,
        poll: step.poll.as_ref().map(|poll| PollForm {
            every_ms: poll.every_ms,
            for_ms: poll.for_ms,
            until: E(plan, &poll.until),
        }),
        within: within(plan, step.each),
        together: step.together,
        gate: step.is_gate,
    }
}

fn each_form<'p>(plan: &'p Plan, each: &'p Each) -> EachForm<'p> {
    EachForm {
        name: &each.name,
        list: E(plan, &each.list),
        when: each.when.as_ref().map(|when| E(plan, when)),
        result: E(plan, &each.result),
    }
}

/// The name of the block that something stands in.
fn within(plan: &Plan, each: Option<EachId>) -> Option<&str> {
    each.map(|each| plan.each(each).name.as_str())
}

/// The digest of each tool that the plan calls, by name.
fn tools(plan: &Plan) -> BTreeMap<&str, Digest> {
    let mut tools: BTreeMap<&str, &Tool> = BTreeMap::new();
    for step in &plan.steps {
        tools.insert(&step.call.tool.name, &step.call.tool);
        step.undo.iter().for_each(|undo| {
            tools.insert(&undo.tool.name, &undo.tool);
        });
    }
    let checks = plan.assumptions.iter().filter_map(|a| a.check.as_ref());
    for check in checks.chain(plan.verifications.iter().filter_map(|v| v.check.as_ref())) {
        crate::check::calls_in(check, &mut |call| {
            tools.insert(&call.tool.name, &call.tool);
        });
    }
    for reuse in &plan.reuse {
        if let ReuseTarget::Tool(tool) = &reuse.target {
            tools.insert(&tool.name, tool);
        }
    }
    tools.into_iter().map(|(name, tool)| (name, Digest::of_json(tool))).collect()
}

/// A call: the tool and its arguments in the order of its parameters, so that the order of writing does not matter.
struct C<'p>(&'p Plan, &'p Call);

impl Serialize for C<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("tool", &self.1.tool.name)?;
        map.serialize_entry("args", &CallArgs(self.0, self.1))?;
        map.end()
    }
}

struct CallArgs<'p>(&'p Plan, &'p Call);

impl Serialize for CallArgs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (param, arg) in self.1.tool.params.iter().zip(&self.1.args) {
            if let Some(arg) = arg {
                map.serialize_entry(param.name.as_str(), &E(self.0, arg))?;
            }
        }
        map.end()
    }
}

/// An expression: a map with one key that says what it is.
struct E<'p>(&'p Plan, &'p Expr);

impl Serialize for E<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let E(plan, expr) = *self;
        let e = |expr| E(plan, expr);
        let mut map = serializer.serialize_map(None)?;
        match &expr.kind {
            ExprKind::Constant(value) => map.serialize_entry("const", value)?,
            ExprKind::Interpolate(parts) => map.serialize_entry("text", &All(plan, parts))?,
            ExprKind::Input(index) => map.serialize_entry("input", &plan.inputs[*index].name)?,
            ExprKind::Let(index) => map.serialize_entry("let", &plan.lets[*index].name)?,
            ExprKind::Step(step) => map.serialize_entry("step", &plan.get(*step).name)?,
            ExprKind::Each(each) => map.serialize_entry("each", &plan.each(*each).name)?,
            ExprKind::Element(each) => map.serialize_entry("element", &plan.each(*each).name)?,
            ExprKind::Local(slot) => map.serialize_entry("local", slot)?,
            ExprKind::Field { base, name, optional } => {
                map.serialize_entry(if *optional { "field_or_null" } else { "field" }, name)?;
                map.serialize_entry("of", &e(base))?;
            }
            ExprKind::Index { base, index } => {
                map.serialize_entry("index", &e(index))?;
                map.serialize_entry("of", &e(base))?;
            }
            ExprKind::Method { function, args, optional } => {
                map.serialize_entry(if *optional { "method_or_null" } else { "method" }, function.name)?;
                map.serialize_entry("args", &All(plan, args))?;
            }
            ExprKind::Call(call) => map.serialize_entry("call", &C(plan, call))?,
            ExprKind::List(items) => map.serialize_entry("list", &All(plan, items))?,
            ExprKind::Record(fields) => map.serialize_entry("record", &Fields(plan, fields))?,
            ExprKind::Unary(UnaryOp::Not, operand) => map.serialize_entry("not", &e(operand))?,
            ExprKind::Unary(UnaryOp::Negate, operand) => map.serialize_entry("negate", &e(operand))?,
            ExprKind::Binary(op, operands) => {
                map.serialize_entry("op", op)?;
                map.serialize_entry("args", &[e(&operands.0), e(&operands.1)])?;
            }
            ExprKind::If(parts) => map.serialize_entry("if", &[e(&parts.0), e(&parts.1), e(&parts.2)])?,
            ExprKind::Comprehension(inner) => {
                map.serialize_entry("for", &inner.slot)?;
                map.serialize_entry("in", &e(&inner.list))?;
                if let Some(condition) = &inner.condition {
                    map.serialize_entry("where", &e(condition))?;
                }
                map.serialize_entry("each", &e(&inner.element))?;
            }
        }
        map.end()
    }
}

struct All<'p>(&'p Plan, &'p [Expr]);

impl Serialize for All<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.1.len()))?;
        for item in self.1 {
            seq.serialize_element(&E(self.0, item))?;
        }
        seq.end()
    }
}

struct Fields<'p>(&'p Plan, &'p [(smol_str::SmolStr, Expr)]);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.1.len()))?;
        for (name, value) in self.1 {
            map.serialize_entry(name.as_str(), &E(self.0, value))?;
        }
        map.end()
    }
}
