//! What can be known from the text alone: arguments that are constant are checked as values, expressions that always fail
//! are reported.

use super::argv::is_program;
use crate::codes::Code;
use crate::conform::check_value;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Env, NoCalls, eval};
use crate::plan::{Call, Expr, ExprKind, Plan};
use crate::types::{Quoted, Type};
use crate::value::Value;

/// Checks the constants of a plan.
pub(super) fn check(plan: &Plan, report: &Diagnostics) {
    let mut env = Env::of_text(plan);
    for (index, declared) in plan.lets.iter().enumerate() {
        // By its name, so that its value is there for those that use it.
        let name = Expr { kind: ExprKind::Let(index), ty: declared.value.ty.clone(), span: declared.value.span };
        evaluate(&name, &mut env, report);
    }
    for each in &plan.eaches {
        each.when.iter().for_each(|condition| drop(evaluate(condition, &mut env, report)));
        evaluate(&each.list, &mut env, report);
        evaluate(&each.result, &mut env, report);
    }
    for step in &plan.steps {
        let runs = step.when.as_ref().map(|condition| evaluate(condition, &mut env, report));
        if runs == Some(Some(Value::Bool(false))) {
            continue;
        }
        call(&step.call, &mut env, report);
        step.undo.iter().for_each(|undo| call(undo, &mut env, report));
        step.expect.iter().for_each(|condition| drop(evaluate(condition, &mut env, report)));
        step.poll.iter().for_each(|poll| drop(evaluate(&poll.until, &mut env, report)));
    }
    let checks = plan.assumptions.iter().filter_map(|assumption| assumption.check.as_ref());
    let checks = checks.chain(plan.verifications.iter().filter_map(|verification| verification.check.as_ref()));
    for expr in checks {
        evaluate(expr, &mut env, report);
        calls_in(expr, &mut |inner| call(inner, &mut env, report));
    }
    for output in &plan.outputs {
        evaluate(&output.value, &mut env, report);
    }
}

fn call(call: &Call, env: &mut Env<'_>, report: &Diagnostics) {
    for (index, (param, arg)) in call.tool.params.iter().zip(&call.args).enumerate() {
        let Some(arg) = arg else { continue };
        let is_program = is_program(&call.tool, index);
        let evaluated;
        let value = match &arg.kind {
            // A literal of a type that has no rule of form was judged by its type already.
            ExprKind::Constant(_) if !has_form(&param.ty) && !is_program => continue,
            _ if is_open(arg) => continue,
            ExprKind::Constant(value) => value,
            _ => {
                evaluated = evaluate(arg, env, report);
                let Some(value) = &evaluated else { continue };
                value
            }
        };
        if matches!(arg.ty, Type::Error) || (param.optional && *value == Value::Null) {
            continue;
        }
        if is_program && value.as_list().is_some_and(|words| words.is_empty()) {
            report.push(
                Diagnostic::new(
                    Code::InvalidValue,
                    arg.span,
                    format!("`{}` has no words, and runs nothing", param.name),
                )
                .label("an empty list")
                .help("the first word is the program, such as `[\"cargo\", \"test\"]`"),
            );
            continue;
        }
        if let (true, Err(misfit)) = (arg.ty.is_accepted_as(&param.ty), check_value(value, &param.ty)) {
            let diagnostic = Diagnostic::new(Code::InvalidValue, arg.span, misfit.to_string())
                .label(format!("not a valid {}", param.ty.brief()));
            report.push(match (value, &arg.kind) {
                (Value::String(path), kind) if matches!(param.ty, Type::Path | Type::Glob) => {
                    let is_written = matches!(kind, ExprKind::Constant(_));
                    with_path(diagnostic, path, is_written)
                }
                _ => diagnostic,
            });
        }
    }
}

/// The mistake of a path with the path that was meant; `is_written`: the text stands where the mistake is.
fn with_path(diagnostic: Diagnostic, path: &str, is_written: bool) -> Diagnostic {
    match crate::paths::meant(path) {
        // Something else is wrong with it.
        Ok(meant) if meant == path => diagnostic,
        Ok(meant) if is_written => {
            let (span, meant) = (diagnostic.primary.span, Quoted(&meant).to_string());
            diagnostic.edit(format!("write `{meant}`"), span, meant)
        }
        Ok(meant) => diagnostic.help(format!("write it as `{meant}`")),
        Err(help) => diagnostic.help(help),
    }
}

/// Whether only results of steps decide an expression, so that it cannot fail before they are there and all that is
/// known of it is its type: a field of a result, or a text with such a value in it.
fn is_open(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Step(_) | ExprKind::Each(_) | ExprKind::Element(_) => true,
        ExprKind::Field { base, .. } => is_open(base),
        ExprKind::Interpolate(parts) => {
            let is_text = |part: &Expr| matches!(part.kind, ExprKind::Constant(Value::String(_)));
            parts.iter().any(is_open) && parts.iter().all(|part| is_text(part) || is_open(part))
        }
        _ => false,
    }
}

fn has_form(ty: &Type) -> bool {
    match ty {
        // What a name stands for is looked at when its values are.
        Type::Path | Type::Glob | Type::Refined(_) | Type::Named(_) | Type::Within(_) => true,
        Type::List(element) | Type::Map(element) => has_form(element),
        Type::Record(record) => record.fields.iter().any(|field| has_form(&field.ty)),
        Type::Union(members) => members.iter().any(has_form),
        Type::Any
        | Type::Null
        | Type::Bool
        | Type::Int
        | Type::Float
        | Type::String
        | Type::Form(_)
        | Type::Literal(_)
        | Type::Error => false,
    }
}

/// The value as far as the text tells; none when the expression always fails, which is reported.
fn evaluate(expr: &Expr, env: &mut Env<'_>, report: &Diagnostics) -> Option<Value> {
    if matches!(expr.ty, Type::Error) {
        return None;
    }
    match eval(expr, env, &mut NoCalls) {
        Ok(value) => Some(value),
        Err(failure) => {
            report.push(
                Diagnostic::new(Code::EvaluationFails, failure.span, failure.message)
                    .label("always fails, whatever happens at run time"),
            );
            None
        }
    }
}

/// Every call of a tool inside an expression.
pub(crate) fn calls_in<'e>(expr: &'e Expr, found: &mut dyn FnMut(&'e Call)) {
    if let ExprKind::Call(call) = &expr.kind {
        found(call);
    }
    expr.parts(&mut |part| calls_in(part, found));
}
