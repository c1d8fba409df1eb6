//! What is different in the sections of a plan besides its steps.

use super::parts::{Item, Recognised, Said, Side, Sides, compare};
use super::{Change, Entry, Reach};
use crate::catalogue::Tool;
use crate::digest::Digest;
use crate::effects::Resource;
use crate::eval::Env;
use crate::plan::{CriticalScope, Expr, Let, Plan, ReuseTarget};
use crate::reach;
use crate::syntax::EffectVerb;
use crate::types::Quoted;
use crate::written;
use std::collections::BTreeSet;

/// What the steps of the one plan touch and those of the other do not.
pub(super) fn reach(before: &Plan, after: &Plan) -> Reach {
    let (was, is) = (touched(before), touched(after));
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect();
    Reach { added: only(&is, &was), removed: only(&was, &is) }
}

fn touched(plan: &Plan) -> BTreeSet<String> {
    let mut env = Env::of_text(plan);
    let calls = plan.steps.iter().flat_map(|step| std::iter::once(&step.call).chain(step.undo.as_deref()));
    let touches = calls.flat_map(|call| {
        reach::reach(call, &mut env).unwrap_or_else(|| vec![(EffectVerb::Writes, Resource::Everything)])
    });
    touches.map(|(verb, resource)| format!("{} {resource}", verb.as_str())).collect()
}

pub(super) fn critical(before: &Plan, after: &Plan) -> Vec<Entry> {
    let items = |plan: &'_ Plan| -> Vec<Item<'static>> {
        let lines = plan.critical.iter();
        lines
            .map(|line| {
                let resource = match &line.scope {
                    CriticalScope::Text(grant) => Quoted(&grant.resource).to_string(),
                    CriticalScope::Value(value) => written::expr(plan, value),
                };
                let name = format!("{} {resource}", line.verb.as_str());
                let says = line.why.iter().map(|why| Said::text("why", Quoted(why).to_string())).collect();
                Item { name, says }
            })
            .collect()
    };
    compare(None, Recognised::ByName, &items(before), &items(after))
}

pub(super) fn reuse(before: &Plan, after: &Plan) -> Vec<Entry> {
    let items = |plan: &Plan| -> Vec<Item<'static>> {
        let reuse = plan.reuse.iter();
        reuse
            .map(|reuse| {
                let name = match &reuse.target {
                    ReuseTarget::Path(path) => Quoted(path).to_string(),
                    ReuseTarget::Tool(tool) => tool.name.to_string(),
                };
                let says = reuse.why.iter().map(|why| Said::text("why", Quoted(why).to_string())).collect();
                Item { name, says }
            })
            .collect()
    };
    compare(None, Recognised::ByName, &items(before), &items(after))
}

pub(super) fn inputs(before: &Plan, after: &Plan) -> Vec<Entry> {
    let items = |plan: &Plan| -> Vec<Item<'static>> {
        let inputs = plan.inputs.iter();
        inputs
            .map(|input| {
                let mut says = vec![Said::text("type", input.ty.to_string())];
                // Types of one name may be different.
                says[0].means = Digest::of_json(&input.ty);
                says.extend(input.default.iter().map(|default| Said::text("default", default.to_string())));
                Item { name: input.name.to_string(), says }
            })
            .collect()
    };
    compare(None, Recognised::ByName, &items(before), &items(after))
}

pub(super) fn tools(before: &Plan, after: &Plan) -> Vec<Entry> {
    let items = |plan: &Plan| -> Vec<Item<'static>> { crate::compiled::tools(plan).into_values().map(tool).collect() };
    let mut entries = compare(None, Recognised::ByName, &items(before), &items(after));
    // The definition of a tool that is newly used is not news.
    entries.iter_mut().filter(|entry| entry.change != Change::Changed).for_each(|entry| entry.parts.clear());
    entries
}

/// The members of a tool's canonical form, each as JSON, its parameters as a signature.
fn tool(tool: &Tool) -> Item<'static> {
    let form = serde_json::to_value(tool).unwrap_or_default();
    let members = form.as_object().into_iter().flatten().filter(|(name, _)| *name != "name");
    let says = members.map(|(name, value)| match name.as_str() {
        "params" => {
            let means = Digest::of_json(&tool.params);
            Said { means, ..Said::text(name, tool.signature()) }
        }
        "result" => {
            let means = Digest::of_json(&tool.result);
            Said { means, ..Said::text(name, tool.result.to_string()) }
        }
        _ => Said::text(name, value.to_string()),
    });
    Item { name: tool.name.to_string(), says: says.collect() }
}

pub(super) fn assumptions(sides: &Sides<'_>) -> Vec<Entry> {
    let before =
        checks(&sides.before, |plan| plan.assumptions.iter().map(|a| (a.text.as_str(), a.check.as_ref())).collect());
    let after =
        checks(&sides.after, |plan| plan.assumptions.iter().map(|a| (a.text.as_str(), a.check.as_ref())).collect());
    compare(Some(sides), Recognised::ByNameOrMeaning, &before, &after)
}

pub(super) fn verifications(sides: &Sides<'_>) -> Vec<Entry> {
    let before =
        checks(&sides.before, |plan| plan.verifications.iter().map(|v| (v.text.as_str(), v.check.as_ref())).collect());
    let after =
        checks(&sides.after, |plan| plan.verifications.iter().map(|v| (v.text.as_str(), v.check.as_ref())).collect());
    compare(Some(sides), Recognised::ByNameOrMeaning, &before, &after)
}

type Check<'p> = (&'p str, Option<&'p Expr>);

fn checks<'p>(side: &Side<'p>, of: impl Fn(&'p Plan) -> Vec<Check<'p>>) -> Vec<Item<'p>> {
    let item = |(text, check): Check<'p>| {
        let says = match check {
            Some(check) => vec![Said::expr("check", side, None, check)],
            None => vec![Said { means: Digest::of(text), ..Said::text("check", "a person confirms it") }],
        };
        Item { name: Quoted(text).to_string(), says }
    };
    of(side.plan).into_iter().map(item).collect()
}

pub(super) fn lets(sides: &Sides<'_>) -> Vec<Entry> {
    let before = lets_of(&sides.before);
    let after = lets_of(&sides.after);
    let mut entries = compare(Some(sides), Recognised::ByNameOrMeaning, &before, &after);
    // A `let` that reads the same has another value only through others, which are named themselves.
    for entry in &mut entries {
        if entry.change == Change::Changed {
            entry.parts.retain(|part| part.before != part.after);
            if entry.parts.is_empty() {
                entry.change = Change::Affected;
            }
        }
    }
    entries
}

fn lets_of<'p>(side: &Side<'p>) -> Vec<Item<'p>> {
    let item = |item: &'p Let| {
        let mut says = vec![Said::expr("value", side, None, &item.value)];
        let within = item.each.map(|each| side.plan.each(each).name.as_str());
        says.extend(within.map(|name| Said::text("each", name)));
        Item { name: item.name.to_string(), says }
    };
    side.plan.lets.iter().map(item).collect()
}

pub(super) fn outputs(sides: &Sides<'_>) -> Vec<Entry> {
    fn items<'p>(side: &Side<'p>) -> Vec<Item<'p>> {
        let outputs = side.plan.outputs.iter();
        outputs
            .map(|output| {
                let name = output.name.to_string();
                Item { name, says: vec![Said::expr("value", side, None, &output.value)] }
            })
            .collect()
    }
    compare(Some(sides), Recognised::ByNameOrMeaning, &items(&sides.before), &items(&sides.after))
}

pub(super) fn texts(before: &Plan, after: &Plan) -> Vec<Entry> {
    let items = |plan: &Plan| -> Vec<Item<'static>> {
        let texts =
            [("title", Some(&plan.title)), ("rationale", plan.rationale.as_ref()), ("context", plan.context.as_ref())];
        let item = |(name, text): (&str, Option<&String>)| {
            let says = vec![Said::text("text", Quoted(text?).to_string())];
            Some(Item { name: name.to_owned(), says })
        };
        texts.into_iter().filter_map(item).collect()
    };
    compare(None, Recognised::ByName, &items(before), &items(after))
}
