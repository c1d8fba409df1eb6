//! Operators: which types they take and what they give.

use super::{Checker, error, templates, unknown};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, quote};
use crate::forms::Form;
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::{self, BinaryOp, UnaryOp};
use crate::types::Type;
use crate::value::Value;

/// What is said of a `+` between texts.
pub(crate) const ADDS_NUMBERS: &str = "adds numbers";

/// What is said of a `+` between lists.
pub(crate) const JOINS_NO_LISTS: &str = "lists are joined with `.concat(…)`";

impl Checker<'_> {
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &syntax::Expr, span: Span) -> Expr {
        let operand = self.expr(operand);
        let ty = match op {
            UnaryOp::Not if !self.want_bool(&operand) => return unknown(Type::Bool, span),
            UnaryOp::Not => Type::Bool,
            UnaryOp::Negate => match number(&operand.ty) {
                Some(ty) => ty,
                None if form(&operand.ty) == Some(Form::Duration) => Type::Form(Form::Duration),
                None => return self.bad_operand(&operand, "`-` takes a number or a duration"),
            },
        };
        Expr { kind: ExprKind::Unary(op, Box::new(operand)), ty, span }
    }

    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        operands: &(syntax::Expr, syntax::Expr),
        span: Span,
    ) -> Expr {
        let left = self.expr(&operands.0);
        // What the left side proves holds on the right: `a != null and a.b`.
        let proven = self.not_null.len();
        match op {
            BinaryOp::And => self.assume_true(&operands.0),
            BinaryOp::Or => self.assume_false(&operands.0),
            _ => {}
        }
        let right = self.expr(&operands.1);
        self.not_null.truncate(proven);
        let (left, right) = of_one_form(left, right);
        let ty = match op {
            BinaryOp::Or if is_default(&left.ty, &right.ty) => {
                self.report.push(default_meant(op_span, &left, &right));
                return unknown(Type::union([left.ty.without_null(), right.ty.clone()]), span);
            }
            BinaryOp::And | BinaryOp::Or => {
                if !(self.want_bool(&left) & self.want_bool(&right)) {
                    return unknown(Type::Bool, span);
                }
                Type::Bool
            }
            BinaryOp::Equal | BinaryOp::NotEqual => {
                self.want_comparable(op, &left, &right, span);
                Type::Bool
            }
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                if !ordered(&left.ty, &right.ty) {
                    let wanted = "two numbers, two strings, or two times of one kind";
                    return self.bad_operands(op, op_span, &left, &right, wanted);
                }
                Type::Bool
            }
            BinaryOp::In => {
                if !self.check_in(&left, &right, op_span, operands, span) {
                    return error(span);
                }
                Type::Bool
            }
            BinaryOp::Coalesce if left.ty == Type::Null => right.ty.clone(),
            BinaryOp::Coalesce => Type::union([left.ty.without_null(), right.ty.clone()]),
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => {
                match arithmetic(op, &left.ty, &right.ty) {
                    Some(ty) => ty,
                    None if op == BinaryOp::Add && text(&left.ty) && text(&right.ty) => {
                        self.report.push(
                            Diagnostic::new(Code::BadOperand, op_span, "strings are not joined with `+`")
                                .label(ADDS_NUMBERS)
                                .help("write one string with the values in it: `\"${a}${b}\"`; lists join with `.join(…)`"),
                        );
                        return error(span);
                    }
                    None if op == BinaryOp::Remainder && text(&left.ty) => {
                        self.report.push(percent(op_span, &left, &right, &operands.1, span));
                        return error(span);
                    }
                    None => {
                        let formed = form(&left.ty).or(form(&right.ty));
                        let wanted = formed.map_or("two numbers", |form| wanted_beside(op, form));
                        return self.bad_operands(op, op_span, &left, &right, wanted);
                    }
                }
            }
        };
        Expr { kind: ExprKind::Binary(op, Box::new((left, right))), ty, span }
    }

    fn want_comparable(&self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) {
        if left.ty.meets(&right.ty) {
            return;
        }
        let outcome = if op == BinaryOp::Equal { "false" } else { "true" };
        let message = format!("this comparison is always {outcome}");
        let diagnostic = Diagnostic::new(Code::NeverEqual, span, message);
        let diagnostic = match (&left.ty, &right.ty) {
            (never, Type::Null) | (Type::Null, never) => {
                diagnostic.label(format!("{} is never null", never.brief())).help("leave the test out")
            }
            (left, right) => {
                diagnostic.label(format!("{} and {} have no value in common", left.brief(), right.brief()))
            }
        };
        self.report.push(match meant_literal(right, &left.ty).or_else(|| meant_literal(left, &right.ty)) {
            Some((at, meant)) => diagnostic.edit(format!("use `{meant}`"), at, meant).maybe(),
            None => diagnostic,
        });
    }

    fn check_in(
        &self,
        left: &Expr,
        right: &Expr,
        op_span: Span,
        operands: &(syntax::Expr, syntax::Expr),
        span: Span,
    ) -> bool {
        match &right.ty.plain() {
            Type::List(element) => {
                if !left.ty.meets(element) {
                    let label = match element.members() {
                        [] => "nothing is in an empty list".to_owned(),
                        _ => format!("{} in {}", left.ty.brief(), right.ty.brief()),
                    };
                    let message = "the list can never hold this value";
                    self.report.push(Diagnostic::new(Code::NeverEqual, span, message).label(label));
                }
                true
            }
            Type::Any | Type::Error => true,
            other if other.has_null() && other.without_null().element().is_some() => {
                self.report.push(
                    Diagnostic::new(Code::MaybeNull, right.span, "`in` looks into a list, and this may be null")
                        .label(format!("this is {}", other.brief()))
                        .help("say what null means: `x in (list ?? [])`"),
                );
                false
            }
            other => {
                let diagnostic = Diagnostic::new(Code::NotAList, right.span, "`in` looks into a list")
                    .label(format!("this is {}", other.brief()))
                    .related(op_span, "looks here");
                self.report.push(match other {
                    Type::Map(_) => diagnostic.help("whether a map has a key says `.has(…)`"),
                    other if text(other) => {
                        let [part, whole] = [operands.0.span, operands.1.span];
                        match text(&left.ty) && is_tight(&operands.1) {
                            true => diagnostic.edits(
                                "look into the text",
                                vec![
                                    (part.before(), format!("{}.contains(", quote(whole))),
                                    (Span::new(part.end, whole.end), ")".to_owned()),
                                ],
                            ),
                            false => diagnostic.help("for a part of a string use `.contains(…)`"),
                        }
                    }
                    _ => diagnostic,
                });
                false
            }
        }
    }

    fn bad_operand(&self, operand: &Expr, message: &str) -> Expr {
        if operand.ty != Type::Error {
            let code = match operand.ty.has_null() && number(&operand.ty.without_null()).is_some() {
                true => Code::MaybeNull,
                false => Code::BadOperand,
            };
            let label = format!("this is {}", operand.ty.brief());
            let diagnostic = Diagnostic::new(code, operand.span, message).label(label);
            self.report.push(match code {
                Code::MaybeNull => diagnostic.help("say what null means: `-(x ?? 0)`"),
                _ if operand.ty == Type::Any => {
                    diagnostic.help("nothing is known of this value: have it checked first, `-(x as int)`")
                }
                _ => diagnostic,
            });
        }
        error(operand.span)
    }

    fn bad_operands(&self, op: BinaryOp, op_span: Span, left: &Expr, right: &Expr, wanted: &str) -> Expr {
        let span = left.span.to(right.span);
        let null = [left, right].into_iter().find(|side| side.ty.has_null());
        let diagnostic = match null {
            Some(side) => Diagnostic::new(Code::MaybeNull, side.span, format!("`{}` takes no null", op.as_str()))
                .label(format!("this is {}", side.ty.brief()))
                .help("say what null means with `??`, or test for it first: `if x != null then … else …`"),
            None => Diagnostic::new(Code::BadOperand, op_span, format!("`{}` takes {wanted}", op.as_str()))
                .label("takes something else here")
                .related(left.span, format!("this is {}", left.ty.brief()))
                .related(right.span, format!("this is {}", right.ty.brief())),
        };
        let joins = op == BinaryOp::Add && null.is_none() && (text(&left.ty) || text(&right.ty));
        let lists = op == BinaryOp::Add && [left, right].iter().all(|side| side.ty.element().is_some());
        let is_any = null.is_none() && [left, right].iter().any(|side| side.ty == Type::Any);
        self.report.push(match (joins, lists) {
            _ if is_any => diagnostic.help("of `any` nothing is known: have it checked first, `x as int`"),
            (true, _) => diagnostic.help("a number becomes part of a text inside it: `\"${a}${b}\"`"),
            (_, true) => diagnostic.label(JOINS_NO_LISTS),
            _ if null.is_none() => match without_unit(op, left, right) {
                Some((at, text)) => diagnostic
                    .help(format!("a number of days, hours or minutes has its unit: `{text}d`, `{text}h`, `{text}m`"))
                    .edit(format!("take them for days: `{text}d`"), at, format!("{text}d"))
                    .maybe(),
                None => diagnostic,
            },
            _ => diagnostic,
        });
        error(span)
    }
}

/// `"%s" % value`
fn percent(op_span: Span, left: &Expr, right: &Expr, operand: &syntax::Expr, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::BadOperand, op_span, "`%` puts no values into a text")
        .label("gives the rest of a division")
        .related(right.span, "not put into the text")
        .help("a string holds values as `${value}`");
    match templates::percent(left, right, operand) {
        Some((text, sure)) => diagnostic.edit("write the values into the text", span, text).applicability(sure),
        None => diagnostic,
    }
}

/// Whether an `or` between values that are no Booleans is meant to give the second for want of the first.
fn is_default(left: &Type, right: &Type) -> bool {
    let is_other = |ty: &Type| !matches!(ty, Type::Error | Type::Null | Type::Any) && !ty.meets(&Type::Bool);
    is_other(left) && is_other(right)
}

fn default_meant(op_span: Span, left: &Expr, right: &Expr) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::NotBoolean, op_span, "`or` joins conditions, and these are none")
        .label("is a default meant?")
        .related(left.span, format!("this is {}", left.ty.brief()))
        .related(right.span, format!("this is {}", right.ty.brief()));
    match left.ty.has_null() {
        true => diagnostic
            .help("`??` takes its right side only for null, not for an empty text or 0")
            .edit("write `??`", op_span, "??")
            .maybe(),
        false => {
            let left = quote(left.span);
            diagnostic
                .help(format!("the left side is never null: `if {left} != … then {left} else {}`", quote(right.span)))
        }
    }
}

/// Whether a method may stand right behind an expression.
pub(crate) fn is_tight(expr: &syntax::Expr) -> bool {
    use syntax::ExprKind::*;
    matches!(
        expr.kind,
        Name(_) | Field { .. } | Call { .. } | Index { .. } | List(_) | Comprehension(_) | String(_) | Paren(_)
    )
}

/// A constant number beside a date or a duration, where a duration is wanted.
fn without_unit(op: BinaryOp, left: &Expr, right: &Expr) -> Option<(Span, i64)> {
    let takes_duration = !matches!(op, BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder);
    let number = |of: &Expr| match of.kind {
        ExprKind::Constant(Value::Int(number)) => Some((of.span, number)),
        _ => None,
    };
    match (form(&left.ty), form(&right.ty)) {
        (Some(Form::Date | Form::Datetime | Form::Duration), None) => number(right),
        (None, Some(Form::Duration)) => number(left),
        _ => None,
    }
    .filter(|(_, number)| takes_duration && *number >= 0)
}

fn is_int(ty: &Type) -> bool {
    ty.is_subtype(&Type::Int)
}

fn text(ty: &Type) -> bool {
    *ty != Type::Error && ty.is_subtype(&Type::String)
}

/// The type of a number of this type: `int` or `float`; none: no number.
fn number(ty: &Type) -> Option<Type> {
    match ty {
        Type::Error => Some(Type::Error),
        _ if is_int(ty) => Some(Type::Int),
        _ if ty.is_subtype(&Type::Float) => Some(Type::Float),
        _ => None,
    }
}

/// The form that all values of a type have.
fn form(ty: &Type) -> Option<Form> {
    match ty {
        Type::Form(form) => Some(*form),
        _ => None,
    }
}

/// Two operands, of which a constant text beside a value of a form is read in that form.
pub(super) fn of_one_form(left: Expr, right: Expr) -> (Expr, Expr) {
    let of_left = left.ty.without_null();
    let of_right = right.ty.without_null();
    match (form(&of_left), form(&of_right)) {
        (Some(form), None) => (left, read_as(right, form)),
        (None, Some(form)) => (read_as(left, form), right),
        (None, None) | (Some(_), Some(_)) => (left, right),
    }
}

fn read_as(expr: Expr, form: Form) -> Expr {
    match &expr.kind {
        ExprKind::Constant(Value::String(text)) => match form.read(text) {
            Some(formed) => Expr { kind: ExprKind::Constant(Value::formed(formed)), ty: Type::Form(form), ..expr },
            None => expr,
        },
        _ => expr,
    }
}

/// What an operator takes where one operand has a form.
fn wanted_beside(op: BinaryOp, form: Form) -> &'static str {
    match (op, form) {
        (BinaryOp::Add, Form::Date | Form::Datetime) => "a duration on its right",
        (BinaryOp::Subtract, Form::Date) => "a duration or a date on its right",
        (BinaryOp::Subtract, Form::Datetime) => "a duration or a datetime on its right",
        (BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Divide, Form::Duration) => "two durations",
        (BinaryOp::Multiply, Form::Duration) => "a duration and an integer",
        _ => "two numbers",
    }
}

/// What arithmetic with durations, dates and points in time gives.
fn formed_arithmetic(op: BinaryOp, left: &Type, right: &Type) -> Option<Type> {
    use Form::{Date, Datetime, Duration};
    let ty = match (op, form(left), form(right)) {
        (BinaryOp::Add | BinaryOp::Subtract, Some(form @ (Date | Datetime | Duration)), Some(Duration)) => form,
        (BinaryOp::Subtract, Some(Date), Some(Date)) | (BinaryOp::Subtract, Some(Datetime), Some(Datetime)) => Duration,
        (BinaryOp::Multiply, Some(Duration), None) if is_int(right) => Duration,
        (BinaryOp::Multiply, None, Some(Duration)) if is_int(left) => Duration,
        (BinaryOp::Divide, Some(Duration), Some(Duration)) => return Some(Type::Float),
        _ => return None,
    };
    Some(Type::Form(ty))
}

/// Two integers give an integer, other numbers a float; durations, dates and points in time see [`formed_arithmetic`].
fn arithmetic(op: BinaryOp, left: &Type, right: &Type) -> Option<Type> {
    if *left == Type::Error || *right == Type::Error {
        return Some(Type::Error);
    }
    if form(left).or(form(right)).is_some() {
        return formed_arithmetic(op, left, right);
    }
    match (number(left)?, number(right)?) {
        (Type::Int, Type::Int) => Some(Type::Int),
        _ => Some(Type::Float),
    }
}

fn ordered(left: &Type, right: &Type) -> bool {
    if *left == Type::Error || *right == Type::Error {
        return true;
    }
    let numbers = number(left).is_some() && number(right).is_some();
    let times = form(left).is_some_and(|of_left| of_left != Form::Bytes && form(right) == Some(of_left));
    numbers || times || (left.is_subtype(&Type::String) && right.is_subtype(&Type::String))
}

/// The text that a misspelt one most likely stands for, as a literal, where only certain texts can be.
fn meant_literal(written: &Expr, possible: &Type) -> Option<(Span, String)> {
    match &written.kind {
        ExprKind::Constant(Value::String(text)) => {
            crate::resolve::nearest_literal(text, possible).map(|meant| (written.span, meant))
        }
        _ => None,
    }
}
