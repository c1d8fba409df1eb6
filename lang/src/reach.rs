//! A call ⟶ what it touches as far as the text tells. Only the arguments that effects speak of are evaluated.

use crate::builtin;
use crate::effects::{Condition, Effect, Effects, Resource, Target, TemplatePart, from_value, resource};
use crate::eval::{Env, NoCalls, eval};
use crate::paths::check_path;
use crate::plan::{Call, Expr, ExprKind, Plan};
use crate::syntax::EffectVerb;
use crate::types::Type;
use crate::value::Value;
use std::borrow::Cow;

/// The space of what the tools of one catalogue have in common.
const SERVER: &str = "server";

/// How many names of a value are followed to what they stand for.
const MAX_LETS: usize = 8;

/// What a call touches; none where an argument that decides it always fails, which is reported elsewhere.
pub fn reach(call: &Call, env: &mut Env<'_>) -> Option<Vec<(EffectVerb, Resource)>> {
    let Effects::Declared(list) = &call.tool.effects else { return Some(call.tool.touches(&[])) };
    let mut touched = Vec::with_capacity(list.len());
    for effect in list {
        if effect.when.as_ref().map_or(Some(true), |when| may_hold(when, call, env))? {
            touched.push((effect.verb, touches(effect, call, env)?));
        }
    }
    Some(touched)
}

/// What the path begins with that a call touches so, where it is known only later and its beginning is not: a text with
/// values in it. None where the tool names more than one path, or the beginning is not whole parts and more.
pub fn beginning(call: &Call, verb: EffectVerb, plan: &Plan, env: &mut Env<'_>) -> Option<String> {
    let mut effects = call.tool.effects.declared().iter().filter(|effect| effect.verb == verb);
    let (effect, None) = (effects.next()?, effects.next()) else { return None };
    let Target::Param(index) = &effect.target else { return None };
    let mut arg = call.args.get(*index)?.as_ref()?;
    for _ in 0..MAX_LETS {
        match &arg.kind {
            ExprKind::Let(defined) => arg = &plan.lets.get(*defined)?.value,
            _ => break,
        }
    }
    let ExprKind::Interpolate(parts) = &arg.kind else { return None };
    let mut text = String::new();
    for part in parts {
        match eval(part, env, &mut NoCalls) {
            Ok(Value::String(known)) => text.push_str(&known),
            _ => break,
        }
    }
    let whole = text.rfind('/').map(|slash| &text[..slash])?;
    check_path(whole).is_ok().then_some(text).filter(|_| call.tool.params[*index].ty.without_null() == Type::Path)
}

/// Whether a call runs a program of no words, as far as the text tells.
pub fn runs_nothing(call: &Call, env: &mut Env<'_>) -> bool {
    let runs = call.tool.effects.declared().iter().filter(|effect| effect.verb == EffectVerb::Runs);
    runs.into_iter().any(|effect| match &effect.target {
        Target::Param(index) => {
            argument(call, *index, env).is_some_and(|argv| argv.as_list().is_some_and(|words| words.is_empty()))
        }
        Target::Template(_) => false,
    })
}

/// What the probe of a call looks at when it tells what the call gave; nothing where its tool has none.
pub fn probed(call: &Call, env: &mut Env<'_>) -> Option<Vec<(EffectVerb, Resource)>> {
    let Some(probe) = &call.tool.probe else { return Some(Vec::new()) };
    let arg = |name: &str| call.args[call.tool.param(name)?].clone();
    let args = probe.params.iter().map(|param| arg(&param.name)).collect();
    reach(&Call { tool: probe.clone(), args, span: call.span }, env)
}

/// What the tools of a catalogue have in common, for the order of calls: the server behind them may remember anything.
/// None for built-in tools, those without effects, and those that are declared independent.
pub fn server(call: &Call) -> Option<(EffectVerb, Resource)> {
    let tool = &call.tool;
    let (catalogue, _) = tool.name.split_once('.')?;
    let is_free = tool.independent || tool.effects.declared().is_empty() || builtin::CATALOGUES.contains(&catalogue);
    let verb = if call.is_read_only() { EffectVerb::Reads } else { EffectVerb::Writes };
    (!is_free).then(|| (verb, Resource::Named(SERVER.into(), catalogue.into())))
}

/// Whether the condition of an effect may hold for a call.
fn may_hold(when: &Condition, call: &Call, env: &mut Env<'_>) -> Option<bool> {
    let args = arguments(call, env, |found| when.params(found))?;
    Some(when.holds(&|index| args.get(index)) != Some(false))
}

fn touches(effect: &Effect, call: &Call, env: &mut Env<'_>) -> Option<Resource> {
    let params = &call.tool.params;
    match &effect.target {
        Target::Param(index) => Some(from_value(effect.verb, &*argument(call, *index, env)?, &params[*index].ty)),
        Target::Template(parts) => {
            let args = arguments(call, env, |found| {
                parts.iter().for_each(|part| match part {
                    TemplatePart::Param(index) => found(*index),
                    TemplatePart::Text(_) | TemplatePart::Result(_) => {}
                });
            })?;
            Some(resource(effect, &args, None, |index| &params[index].ty))
        }
    }
}

/// The arguments by parameter index, of which only those are looked at that `wanted` names.
fn arguments(call: &Call, env: &mut Env<'_>, wanted: impl FnOnce(&mut dyn FnMut(usize))) -> Option<Vec<Value>> {
    let mut indices = Vec::new();
    wanted(&mut |index| indices.push(index));
    let mut args: Vec<Value> = vec![Value::Null; call.tool.params.len()];
    for index in indices {
        args[index] = argument(call, index, env)?.into_owned();
    }
    Some(args)
}

fn argument<'c>(call: &'c Call, index: usize, env: &mut Env<'_>) -> Option<Cow<'c, Value>> {
    match call.args.get(index)? {
        Some(Expr { kind: ExprKind::Constant(value), .. }) => Some(Cow::Borrowed(value)),
        Some(arg) => eval(arg, env, &mut NoCalls).ok().map(Cow::Owned),
        None => Some(call.tool.params[index].default.as_ref().map_or(Cow::Owned(Value::Null), Cow::Borrowed)),
    }
}
