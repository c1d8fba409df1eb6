//! A call ⟶ what it touches as far as the text tells. Only the arguments that effects speak of are evaluated.

use crate::effects::{Effects, Resource, Target, TemplatePart};
use crate::eval::{Env, NoCalls, eval};
use crate::plan::{Call, Expr, ExprKind};
use crate::syntax::EffectVerb;
use crate::value::Value;

/// What a call touches; none where an argument that decides it always fails, which is reported elsewhere.
pub fn reach(call: &Call, env: &mut Env<'_>) -> Option<Vec<(EffectVerb, Resource)>> {
    let tool = &call.tool;
    let mut args: Vec<Value> = vec![Value::Null; tool.params.len()];
    if let Effects::Declared(list) = &tool.effects {
        for effect in list {
            match &effect.target {
                Target::Param(index) => args[*index] = argument(call, *index, env)?,
                Target::Template(parts) => {
                    for part in parts {
                        if let TemplatePart::Param(index) = part {
                            args[*index] = argument(call, *index, env)?;
                        }
                    }
                }
            }
        }
    }
    Some(tool.touches(&args))
}

fn argument(call: &Call, index: usize, env: &mut Env<'_>) -> Option<Value> {
    let param = &call.tool.params[index];
    match call.args.get(index)? {
        Some(Expr { kind: ExprKind::Constant(value), .. }) => Some(value.clone()),
        Some(arg) => eval(arg, env, &mut NoCalls).ok(),
        None => Some(param.default.clone().unwrap_or(Value::Null)),
    }
}
