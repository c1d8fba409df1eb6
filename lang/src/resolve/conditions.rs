//! The condition behind an effect ⟶ a condition over the tool's parameters.

use super::{literal, nearest_literal};
use crate::catalogue::Tool;
use crate::codes::Code;
use crate::conform::check_value;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::effects::{Compare, Condition};
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::types::Type;
use crate::value::Value;

/// The condition that an expression states; none where it is no such condition, which is reported.
pub(super) fn condition(expr: &Expr, tool: &Tool, report: &Diagnostics) -> Option<Condition> {
    match &expr.kind {
        ExprKind::Paren(inner) => condition(inner, tool, report),
        ExprKind::Unary { op: UnaryOp::Not, operand } => {
            condition(operand, tool, report).map(|inner| Condition::Not(Box::new(inner)))
        }
        ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), operands, .. } => {
            let both = (condition(&operands.0, tool, report), condition(&operands.1, tool, report));
            let both = Box::new((both.0?, both.1?));
            Some(if *op == BinaryOp::And { Condition::And(both) } else { Condition::Or(both) })
        }
        ExprKind::Name(name) => flag(name, expr.span, tool, report),
        ExprKind::Binary { op, operands, .. } => match comparison(*op) {
            Some(form) => compared(form, &operands.0, &operands.1, tool, report),
            None => refuse(expr.span, report),
        },
        // It has been reported.
        ExprKind::Error => None,
        _ => refuse(expr.span, report),
    }
}

/// A comparison by what it stands for: which one, whether its sides change places, whether it is the opposite.
struct Form {
    op: Compare,
    swapped: bool,
    negated: bool,
}

fn comparison(op: BinaryOp) -> Option<Form> {
    let form = |op, swapped, negated| Some(Form { op, swapped, negated });
    match op {
        BinaryOp::Equal => form(Compare::Equal, false, false),
        BinaryOp::NotEqual => form(Compare::Equal, false, true),
        BinaryOp::Less => form(Compare::Less, false, false),
        BinaryOp::LessEqual => form(Compare::LessEqual, false, false),
        BinaryOp::Greater => form(Compare::LessEqual, false, true),
        BinaryOp::GreaterEqual => form(Compare::Less, false, true),
        BinaryOp::In => form(Compare::In, false, false),
        _ => None,
    }
}

fn compared(form: Form, left: &Expr, right: &Expr, tool: &Tool, report: &Diagnostics) -> Option<Condition> {
    let form = match (name_of(left), name_of(right)) {
        (Some(_), _) => form,
        (None, Some(_)) if form.op != Compare::In => turned(form),
        _ => return refuse(left.span.to(right.span), report),
    };
    let (named, constant) = if form.swapped { (right, left) } else { (left, right) };
    let param = param(name_of(named)?, named.span, tool, report)?;
    let Some(value) = literal(constant) else { return refuse(constant.span, report) };
    let ty = match tool.params[param].required() || tool.params[param].default.is_some() {
        true => tool.params[param].ty.clone(),
        false => tool.params[param].ty.clone().optional(),
    };
    let is_order = matches!(form.op, Compare::Less | Compare::LessEqual);
    if is_order && !(ty.is_subtype(&Type::Float) || ty.is_subtype(&Type::Int)) {
        report.push(
            Diagnostic::new(Code::EffectCondition, named.span, "only numbers have an order here")
                .label(format!("this is {}", ty.brief()))
                .help("compare it with `==`, `!=` or `in`"),
        );
        return None;
    }
    let wanted = if is_order { Type::Float } else { ty };
    match (form.op, value.as_list()) {
        (Compare::In, None) => return refuse(constant.span, report),
        (Compare::In, Some(items)) => items.iter().try_for_each(|item| fits(item, &wanted, constant.span, report))?,
        (Compare::Equal | Compare::Less | Compare::LessEqual, _) => fits(&value, &wanted, constant.span, report)?,
    }
    let condition = Condition::Compare { param, op: form.op, value };
    Some(if form.negated { Condition::Not(Box::new(condition)) } else { condition })
}

/// The same comparison with its sides in the other order.
fn turned(form: Form) -> Form {
    match form.op {
        Compare::Equal | Compare::In => Form { swapped: true, ..form },
        // `3 < x` is `not (x <= 3)`.
        Compare::Less => Form { op: Compare::LessEqual, swapped: true, negated: !form.negated },
        Compare::LessEqual => Form { op: Compare::Less, swapped: true, negated: !form.negated },
    }
}

fn name_of(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Paren(inner) => name_of(inner),
        _ => None,
    }
}

/// A Boolean parameter by itself.
fn flag(name: &str, span: Span, tool: &Tool, report: &Diagnostics) -> Option<Condition> {
    let param = param(name, span, tool, report)?;
    let ty = &tool.params[param].ty;
    if !ty.is_subtype(&Type::Bool) {
        report.push(
            Diagnostic::new(Code::EffectCondition, span, "a condition must be true or false")
                .label(format!("this is {}", ty.brief()))
                .help("compare it with a constant: `method == \"get\"`"),
        );
        return None;
    }
    Some(Condition::Compare { param, op: Compare::Equal, value: Value::Bool(true) })
}

fn param(name: &str, span: Span, tool: &Tool, report: &Diagnostics) -> Option<usize> {
    let index = tool.param(name);
    if index.is_none() {
        let message = format!("`{}` has no parameter `{name}`", tool.name);
        let diagnostic = Diagnostic::new(Code::EffectCondition, span, message).label("unknown parameter");
        report.push(match nearest(name, tool.params.iter().map(|param| param.name.as_str())) {
            Some(near) => diagnostic.edit(format!("use `{near}`"), span, near).maybe(),
            None => diagnostic.help("the condition of an effect is about the tool's own parameters"),
        });
    }
    index
}

fn fits(value: &Value, ty: &Type, span: Span, report: &Diagnostics) -> Option<()> {
    let Err(misfit) = check_value(value, ty) else { return Some(()) };
    let message = format!("the parameter never has this value: {misfit}");
    let diagnostic = Diagnostic::new(Code::EffectCondition, span, message);
    report.push(match value.as_str().and_then(|text| nearest_literal(text, ty)) {
        Some(meant) => diagnostic.label("not one of them").edit(format!("use `{meant}`"), span, meant).maybe(),
        None => diagnostic.label(format!("expected {}", ty.brief())),
    });
    None
}

fn refuse(span: Span, report: &Diagnostics) -> Option<Condition> {
    report.push(
        Diagnostic::new(Code::EffectCondition, span, "an effect depends on nothing but parameters and constants")
            .label("cannot be judged before a call")
            .help("compare parameters with constants, as in `method == \"get\"` or `method in [\"get\", \"head\"]`"),
    );
    None
}
