//! A call ⟶ what it touches as far as the text tells. Only the arguments that effects speak of are evaluated.

use crate::effects::{Effect, Effects, Resource, Target, TemplatePart, from_value, resource};
use crate::eval::{Env, NoCalls, eval};
use crate::plan::{Call, Expr, ExprKind};
use crate::syntax::EffectVerb;
use crate::value::Value;
use std::borrow::Cow;

/// What a call touches; none where an argument that decides it always fails, which is reported elsewhere.
pub fn reach(call: &Call, env: &mut Env<'_>) -> Option<Vec<(EffectVerb, Resource)>> {
    let Effects::Declared(list) = &call.tool.effects else { return Some(call.tool.touches(&[])) };
    let mut touched = Vec::with_capacity(list.len());
    for effect in list {
        touched.push((effect.verb, touches(effect, call, env)?));
    }
    Some(touched)
}

fn touches(effect: &Effect, call: &Call, env: &mut Env<'_>) -> Option<Resource> {
    let params = &call.tool.params;
    match &effect.target {
        Target::Param(index) => Some(from_value(effect.verb, &*argument(call, *index, env)?, &params[*index].ty)),
        Target::Template(parts) => {
            let mut args: Vec<Value> = vec![Value::Null; params.len()];
            for part in parts {
                if let TemplatePart::Param(index) = part {
                    args[*index] = argument(call, *index, env)?.into_owned();
                }
            }
            Some(resource(effect, &args, |index| &params[index].ty))
        }
    }
}

fn argument<'c>(call: &'c Call, index: usize, env: &mut Env<'_>) -> Option<Cow<'c, Value>> {
    match call.args.get(index)? {
        Some(Expr { kind: ExprKind::Constant(value), .. }) => Some(Cow::Borrowed(value)),
        Some(arg) => eval(arg, env, &mut NoCalls).ok().map(Cow::Owned),
        None => Some(call.tool.params[index].default.as_ref().map_or(Cow::Owned(Value::Null), Cow::Borrowed)),
    }
}
