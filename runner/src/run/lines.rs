//! The lines of `critical` that are about a value ⟶ what they allow now.
//!
//! That is what stood on the card, what follows from inputs and from what people have agreed to, and what a person has agreed to
//! as what a line stands for. What has become known otherwise allows nothing until somebody has looked at it.

use super::provenance::{provenance, veiled};
use super::values::{Known, environment};
use super::{Recorder, RunSetup};
use crate::event::{LateKind, LateValue};
use planc_lang::effects::{CriticalVerb, Resource};
use planc_lang::grants::{self, Grants};
use planc_lang::plan::{Call, CriticalLine, CriticalScope, Expr, ExprKind, Step};
use planc_lang::syntax::EffectVerb;
use planc_lang::value::{Value, is_known, is_wholly_known};
use planc_lang::written;

/// What a line stands for.
struct Meant<'p> {
    line: &'p CriticalLine,
    expr: &'p Expr,
    /// What is known of it by now.
    now: Value,
    /// What of that anybody has seen before the run, or it follows from that.
    seen: Vec<Value>,
}

/// The values of the lines of `critical` that are about one, by index of the line: what they allow by now.
pub(crate) fn critical_values(setup: &RunSetup, recorder: &Recorder) -> Vec<Option<Value>> {
    let meant = meant(setup, recorder);
    meant.into_iter().map(|meant| meant.map(|meant| meant.allowed(setup, recorder))).collect()
}

/// What the lines of `critical` allow now; what is not known yet allows nothing.
pub(crate) fn grants<'s>(setup: &'s RunSetup, recorder: &Recorder) -> Grants<'s> {
    Grants::new(&setup.compiled.plan, &critical_values(setup, recorder)).known()
}

/// The lines that a call of a step, or the one that takes it back, leans on of which somebody has to look at what they stand for.
pub(super) fn of_lines(
    setup: &RunSetup,
    recorder: &Recorder,
    step: &Step,
    call: &Call,
    values: &[Value],
) -> Vec<LateValue> {
    let is_own = std::ptr::eq(call, &step.call);
    let id = setup.compiled.plan.step(&step.name).filter(|_| is_own);
    let is_confined = id.is_some_and(|id| setup.labels.step(id).confined);
    if call.is_read_only() && !is_confined {
        return Vec::new();
    }
    let touches = call.tool.touches(values);
    late(setup, recorder, |verb| leans(&touches, is_confined, verb))
}

/// The same for a check, in which outside text may decide what is read.
pub(crate) fn of_check(setup: &RunSetup, recorder: &Recorder, check: &Expr) -> Vec<LateValue> {
    let mut open = vec![check];
    while let Some(expr) = open.pop() {
        if matches!(&expr.kind, ExprKind::Call(call) if setup.labels.is_confined(call)) {
            return late(setup, recorder, |verb| leans(&[], true, verb));
        }
        expr.parts(&mut |part| open.push(part));
    }
    Vec::new()
}

/// Whether a line with a verb may be what allows a call.
fn leans(touches: &[(EffectVerb, Resource)], is_confined: bool, verb: CriticalVerb) -> bool {
    let touches = |wanted: &[EffectVerb]| {
        touches.iter().any(|(verb, resource)| wanted.contains(verb) || *resource == Resource::Everything)
    };
    // What a program changes and reaches is judged by all lines.
    match verb {
        CriticalVerb::Read => is_confined,
        CriticalVerb::Create => touches(&[EffectVerb::Creates, EffectVerb::Writes, EffectVerb::Runs]),
        CriticalVerb::Modify | CriticalVerb::Delete => {
            let changing = [EffectVerb::Creates, EffectVerb::Writes, EffectVerb::Deletes, EffectVerb::Runs];
            // They allow to read, too.
            is_confined || touches(&changing)
        }
        CriticalVerb::Run => touches(&[EffectVerb::Runs]),
        CriticalVerb::Contact => touches(&[EffectVerb::Contacts, EffectVerb::Runs]),
    }
}

fn late(setup: &RunSetup, recorder: &Recorder, is_wanted: impl Fn(CriticalVerb) -> bool) -> Vec<LateValue> {
    let meant = meant(setup, recorder).into_iter().flatten().filter(|meant| is_wanted(meant.line.verb));
    meant.filter(|meant| !meant.unseen().is_empty()).map(|meant| meant.late(setup)).collect()
}

fn meant<'p>(setup: &'p RunSetup, recorder: &Recorder) -> Vec<Option<Meant<'p>>> {
    let plan = &setup.compiled.plan;
    if !plan.critical.iter().any(|line| matches!(line.scope, CriticalScope::Value(_))) {
        return plan.critical.iter().map(|_| None).collect();
    }
    let state = recorder.state();
    let mut now = environment(setup, recorder.recorded(&state));
    let mut given = Known::nothing(setup, &state).env(setup);
    let mut of_line = |(index, line): (usize, &'p CriticalLine)| {
        let CriticalScope::Value(expr) = &line.scope else { return None };
        let shown = setup.critical.get(index).and_then(Option::as_ref);
        if let Some(shown) = shown.filter(|value| is_wholly_known(value)) {
            return Some(Meant { line, expr, now: shown.clone(), seen: items(shown) });
        }
        let mut seen = shown.map_or_else(Vec::new, items);
        seen.extend(items(&grants::value_of(expr, &mut given)));
        Some(Meant { line, expr, now: grants::value_of(expr, &mut now), seen })
    };
    plan.critical.iter().enumerate().map(&mut of_line).collect()
}

impl Meant<'_> {
    /// What has become known and nobody has seen.
    fn unseen(&self) -> Vec<Value> {
        items(&self.now).into_iter().filter(|item| !self.seen.contains(item)).collect()
    }

    fn allowed(self, setup: &RunSetup, recorder: &Recorder) -> Value {
        if self.unseen().is_empty() {
            return self.now;
        }
        let late = self.late(setup);
        let agreed = recorder.state().agreed.get(&late.id).cloned();
        let Some(agreed) = agreed else { return Value::list(self.seen) };
        if agreed.is_as(&late) {
            return self.now;
        }
        // Of what nobody is shown, a yes is to all of it.
        let more = if agreed.commitment.is_none() { items(&agreed.value) } else { Vec::new() };
        let is_agreed = |item: &Value| self.seen.contains(item) || more.contains(item);
        Value::list(items(&self.now).into_iter().filter(is_agreed))
    }

    /// The line, as a person looks at it.
    fn late(&self, setup: &RunSetup) -> LateValue {
        let plan = &setup.compiled.plan;
        let line = format!("{} {}", self.line.verb.as_str(), written::expr(plan, self.expr));
        let value = match is_wholly_known(&self.now) {
            true => self.now.clone(),
            false => Value::list(items(&self.now)),
        };
        let late = LateValue {
            id: format!("critical {line}"),
            kind: LateKind::Line,
            value,
            commitment: None,
            reason: self.line.why.as_ref().map(ToString::to_string),
            from: provenance(setup, self.expr),
            to: vec![format!("what the plan may {}", self.line.verb.as_str())],
        };
        veiled(setup, late, self.expr, false)
    }
}

/// What a value names, as far as it is known.
fn items(value: &Value) -> Vec<Value> {
    match value {
        Value::List(items) => items.iter().filter(|item| is_known(item)).cloned().collect(),
        value if is_known(value) => vec![value.clone()],
        _ => Vec::new(),
    }
}
