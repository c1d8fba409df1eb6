//! The rules of expressions.

use super::leaf::{Fault, Rule, Written, argument_name, argument_of, field_name, leaf, name, token, word};
use super::shortcut::{plain, shortcut};
use super::types::conversion;
use crate::lexer::{Kind, Token, literal};
use crate::source::Span;
use crate::syntax::{
    Arg, BinaryOp, Call, Comprehension, Direction, EXTRACT, EXTRACT_TYPE, Expr, ExprKind, FieldAccess, FieldInit,
    Ident, Key, StringLit, StringPart, TypeExpr, UnaryOp,
};
use chumsky::pratt::{infix, left, none, postfix as suffix, prefix};
use chumsky::prelude::*;

/// What may follow a value directly.
enum Postfix {
    Field(Ident, bool),
    Index(Expr, Span),
    Call(Vec<Arg>, Span),
}

/// Any expression.
pub(super) fn expr<'s, R: Fault<'s>>(ty: impl Rule<'s, TypeExpr, R> + 's) -> impl Rule<'s, Expr, R> {
    recursive(move |expr| {
        let general = operators(operand(expr, ty.clone()).boxed(), ty.clone());
        match R::IS_EMPTY {
            true => shortcut().or(general).boxed(),
            false => general.boxed(),
        }
    })
}

fn operators<'s, R: Fault<'s>>(
    operand: impl Rule<'s, Expr, R>,
    ty: impl Rule<'s, TypeExpr, R> + 's,
) -> impl Rule<'s, Expr, R> {
    let conversion = token(Kind::As, "an operator").ignore_then(conversion(ty));
    operand.pratt((
        prefix(9, token(Kind::Minus, "`-`"), |op: Token, operand, _: &mut _| unary(UnaryOp::Negate, op, operand)),
        prefix(4, token(Kind::Not, "`not`"), |op: Token, operand, _: &mut _| unary(UnaryOp::Not, op, operand)),
        suffix(8, conversion, |value: Expr, ty: TypeExpr, _: &mut _| {
            let span = value.span.to(ty.span);
            Expr { kind: ExprKind::As(Box::new(value), Box::new(ty)), span }
        }),
        infix(none(5), operator(comparison), |a, op, b, _: &mut _| binary(a, op, b)),
        infix(left(6), operator(sum), |a, op, b, _: &mut _| binary(a, op, b)),
        infix(left(7), operator(product), |a, op, b, _: &mut _| binary(a, op, b)),
        infix(left(3), operator(and), |a, op, b, _: &mut _| binary(a, op, b)),
        infix(left(2), operator(or), |a, op, b, _: &mut _| binary(a, op, b)),
        infix(left(1), operator(coalesce), |a, op, b, _: &mut _| binary(a, op, b)),
    ))
}

fn operator<'s, R: Fault<'s>>(of: fn(Kind) -> Option<BinaryOp>) -> impl Rule<'s, (BinaryOp, Span), R> {
    leaf("an operator", move |token, _| of(token.kind).map(|op| (op, token.span())))
}

fn comparison(kind: Kind) -> Option<BinaryOp> {
    match kind {
        Kind::Equal => Some(BinaryOp::Equal),
        Kind::NotEqual => Some(BinaryOp::NotEqual),
        Kind::Less => Some(BinaryOp::Less),
        Kind::LessEqual => Some(BinaryOp::LessEqual),
        Kind::Greater => Some(BinaryOp::Greater),
        Kind::GreaterEqual => Some(BinaryOp::GreaterEqual),
        Kind::In => Some(BinaryOp::In),
        _ => None,
    }
}

fn sum(kind: Kind) -> Option<BinaryOp> {
    match kind {
        Kind::Plus => Some(BinaryOp::Add),
        Kind::Minus => Some(BinaryOp::Subtract),
        _ => None,
    }
}

fn product(kind: Kind) -> Option<BinaryOp> {
    match kind {
        Kind::Star => Some(BinaryOp::Multiply),
        Kind::Slash => Some(BinaryOp::Divide),
        Kind::Percent => Some(BinaryOp::Remainder),
        _ => None,
    }
}

fn and(kind: Kind) -> Option<BinaryOp> {
    (kind == Kind::And).then_some(BinaryOp::And)
}

fn or(kind: Kind) -> Option<BinaryOp> {
    (kind == Kind::Or).then_some(BinaryOp::Or)
}

fn coalesce(kind: Kind) -> Option<BinaryOp> {
    (kind == Kind::Coalesce).then_some(BinaryOp::Coalesce)
}

fn unary(op: UnaryOp, token: Token, operand: Expr) -> Expr {
    let span = token.span().to(operand.span);
    Expr { kind: ExprKind::Unary { op, operand: Box::new(operand) }, span }
}

fn binary(a: Expr, (op, op_span): (BinaryOp, Span), b: Expr) -> Expr {
    let span = a.span.to(b.span);
    Expr { kind: ExprKind::Binary { op, op_span, operands: Box::new((a, b)) }, span }
}

/// A value with its fields, indexes and calls.
fn operand<'s, R: Fault<'s>>(
    expr: impl Rule<'s, Expr, R> + 's,
    ty: impl Rule<'s, TypeExpr, R> + 's,
) -> impl Rule<'s, Expr, R> {
    let atom = choice((
        literal(),
        interpolated(expr.clone()),
        list(expr.clone()),
        record(expr.clone()),
        paren(expr.clone()),
        conditional(expr.clone()),
    ))
    .boxed();
    atom.foldl(postfix(expr, ty).repeated(), |base: Expr, postfix| {
        let start = base.span;
        match postfix {
            Postfix::Field(name, optional) => {
                let span = start.to(name.span);
                Expr { kind: ExprKind::Field(Box::new(FieldAccess { base, name, optional })), span }
            }
            Postfix::Index(index, end) => {
                Expr { kind: ExprKind::Index { base: Box::new(base), index: Box::new(index) }, span: start.to(end) }
            }
            Postfix::Call(args, parens) => {
                Expr { kind: ExprKind::Call(Box::new(Call { callee: base, args, parens })), span: start.to(parens) }
            }
        }
    })
}

fn postfix<'s, R: Fault<'s>>(
    expr: impl Rule<'s, Expr, R> + 's,
    ty: impl Rule<'s, TypeExpr, R> + 's,
) -> impl Rule<'s, Postfix, R> {
    let field = leaf("`.`", |token, _| match token.kind {
        Kind::Dot => Some(false),
        Kind::QuestionDot => Some(true),
        _ => None,
    })
    .then(any_word("the name of a field"))
    .map(|(optional, name)| Postfix::Field(name, optional));
    let open = |extracts: bool| {
        leaf("`(`", move |token, written: Written<'s>| {
            (token.kind == Kind::LParen && written.is_behind(token, EXTRACT) == extracts).then_some(token)
        })
    };
    let call = arguments(open(false), argument(expr.clone())).boxed();
    let extraction = arguments(open(true), type_argument(ty).boxed().or(argument(expr.clone()).boxed())).boxed();
    let index = token(Kind::LBracket, "`[`")
        .ignore_then(expr)
        .then(token(Kind::RBracket, "`]`"))
        .map(|(index, close): (_, Token)| Postfix::Index(index, close.span()));
    choice((field, extraction, call, index)).boxed()
}

/// The arguments of a call in their parentheses.
fn arguments<'s, R: Fault<'s>>(
    open: impl Rule<'s, Token, R>,
    argument: impl Rule<'s, Arg, R>,
) -> impl Rule<'s, Postfix, R> {
    open.then(argument.separated_by(token(Kind::Comma, "`,`")).allow_trailing().collect::<Vec<_>>())
        .then(token(Kind::RParen, "`)`"))
        .map(|((open, args), close): ((Token, _), Token)| Postfix::Call(args, open.span().to(close.span())))
}

/// What the parameter for a type is called by habit.
const TYPE_HABITS: [&str; 9] =
    [EXTRACT_TYPE, "typ", "ty", "types", "schema", "into", "returns", "response_format", "output_schema"];

/// `type: T`
fn type_argument<'s, R: Fault<'s>>(ty: impl Rule<'s, TypeExpr, R>) -> impl Rule<'s, Arg, R> {
    argument_of(&TYPE_HABITS).then(ty).map(|(name, ty)| {
        let span = ty.span;
        Arg { name: Some(name), value: Expr { kind: ExprKind::Type(Box::new(ty)), span } }
    })
}

/// `name: value` or `value`.
fn argument<'s, R: Fault<'s>>(expr: impl Rule<'s, Expr, R>) -> impl Rule<'s, Arg, R> {
    argument_name().or_not().then(expr).map(|(name, value)| Arg { name, value })
}

/// A name where any word may stand.
pub(super) fn any_word<'s, R: Fault<'s>>(label: &'static str) -> impl Rule<'s, Ident, R> {
    leaf(label, |token, written: Written<'s>| {
        (token.kind == Kind::Ident || token.kind.is_word()).then(|| written.ident(token))
    })
}

fn literal<'s, R: Fault<'s>>() -> impl Rule<'s, Expr, R> {
    leaf("a value", plain)
}

/// `"… ${expression} …"`
fn interpolated<'s, R: Fault<'s>>(expr: impl Rule<'s, Expr, R>) -> impl Rule<'s, Expr, R> {
    let text = leaf("the end of the string", |token, _| (token.kind == Kind::StrText).then_some(Err(token)));
    let inner = token(Kind::InterpOpen, "`${`").ignore_then(expr).then_ignore(token(Kind::InterpClose, "`}`")).map(Ok);
    token(Kind::StrOpen, "a value")
        .then(text.or(inner).repeated().collect::<Vec<Result<Expr, Token>>>())
        .then(token(Kind::StrClose, "the end of the string"))
        .map_with(|((open, parts), close): ((Token, _), Token), extra| {
            let written = extra.state().0;
            let parts = string_parts(written, open, parts);
            let span = open.span().to(close.span());
            Expr { kind: ExprKind::String(StringLit { parts }), span }
        })
}

/// Decodes the texts of a string together, for the indentation of a block is common to all.
fn string_parts(written: Written<'_>, open: Token, parts: Vec<Result<Expr, Token>>) -> Vec<StringPart> {
    let block = open.end - open.start == 3;
    // An interpolation begins and ends a text, empty or not: a line is only stripped where it begins.
    let mut texts: Vec<&str> = Vec::with_capacity(parts.len() + 1);
    let mut after_text = false;
    for part in &parts {
        match part {
            Err(token) => {
                texts.push(written.token(*token));
                after_text = true;
            }
            Ok(_) => {
                if !after_text {
                    texts.push("");
                }
                after_text = false;
            }
        }
    }
    if !after_text {
        texts.push("");
    }
    let mut texts = literal::text_parts(&texts, block).into_iter();
    let mut out = Vec::with_capacity(parts.len());
    let mut push_text = |out: &mut Vec<StringPart>| {
        if let Some(text) = texts.next().filter(|text| !text.is_empty()) {
            out.push(StringPart::Text(text.into()));
        }
    };
    let exprs = parts.into_iter().filter_map(Result::ok);
    for expr in exprs {
        push_text(&mut out);
        out.push(StringPart::Expr(expr));
    }
    push_text(&mut out);
    out
}

/// `by key desc, key`
fn order<'s, R: Fault<'s>>(expr: impl Rule<'s, Expr, R> + 's) -> impl Rule<'s, Vec<Key>, R> {
    let key = expr.then(word("desc", "`desc`").or_not()).map(|(value, desc)| {
        let direction = if desc.is_some() { Direction::Descending } else { Direction::Ascending };
        Key { value, direction }
    });
    word("by", "`by`").ignore_then(key.separated_by(token(Kind::Comma, "`,`")).at_least(1).collect::<Vec<_>>())
}

/// `[a, b]` or `[element for variable in list if condition by key]`
fn list<'s, R: Fault<'s>>(expr: impl Rule<'s, Expr, R> + 's) -> impl Rule<'s, Expr, R> {
    enum Tail {
        For { variable: Ident, list: Expr, condition: Option<Expr>, order: Vec<Key> },
        More(Vec<Expr>),
    }
    let rest = token(Kind::For, "`for`")
        .ignore_then(name("a name for the element"))
        .then_ignore(token(Kind::In, "`in`"))
        .then(expr.clone())
        .then(token(Kind::If, "`if`").ignore_then(expr.clone()).or_not())
        .then(order(expr.clone()).or_not().map(Option::unwrap_or_default))
        .map(|(((variable, list), condition), order)| Tail::For { variable, list, condition, order });
    let more = token(Kind::Comma, "`,`")
        .ignore_then(expr.clone().separated_by(token(Kind::Comma, "`,`")).allow_trailing().collect::<Vec<_>>());
    let tail = choice((more.map(Tail::More), rest));
    let kind = expr.then(tail.or_not()).map(|(first, tail)| match tail {
        None => ExprKind::List(vec![first]),
        Some(Tail::More(more)) => {
            let mut all = Vec::with_capacity(more.len() + 1);
            all.push(first);
            all.extend(more);
            ExprKind::List(all)
        }
        Some(Tail::For { variable, list, condition, order }) => {
            ExprKind::Comprehension(Box::new(Comprehension { element: first, variable, list, condition, order }))
        }
    });
    token(Kind::LBracket, "a value")
        .then(kind.or_not())
        .then(token(Kind::RBracket, "`]`"))
        .map(|((open, kind), close): ((Token, _), Token)| Expr {
            kind: kind.unwrap_or(ExprKind::List(Vec::new())),
            span: open.span().to(close.span()),
        })
        .boxed()
}

/// `{ name: value }`
fn record<'s, R: Fault<'s>>(expr: impl Rule<'s, Expr, R> + 's) -> impl Rule<'s, Expr, R> {
    let field =
        field_name().then_ignore(token(Kind::Colon, "`:`")).then(expr).map(|(name, value)| FieldInit { name, value });
    token(Kind::LBrace, "a value")
        .then(field.separated_by(token(Kind::Comma, "`,`")).allow_trailing().collect::<Vec<_>>())
        .then(token(Kind::RBrace, "`}`"))
        .map(|((open, fields), close): ((Token, _), Token)| Expr {
            kind: ExprKind::Record(fields),
            span: open.span().to(close.span()),
        })
        .boxed()
}

/// `(expression)`
fn paren<'s, R: Fault<'s>>(expr: impl Rule<'s, Expr, R> + 's) -> impl Rule<'s, Expr, R> {
    token(Kind::LParen, "a value")
        .then(expr)
        .then(token(Kind::RParen, "`)`"))
        .map(|((open, inner), close): ((Token, _), Token)| Expr {
            kind: ExprKind::Paren(Box::new(inner)),
            span: open.span().to(close.span()),
        })
        .boxed()
}

/// `if c then a else b`
fn conditional<'s, R: Fault<'s>>(expr: impl Rule<'s, Expr, R> + 's) -> impl Rule<'s, Expr, R> {
    token(Kind::If, "a value")
        .then(expr.clone())
        .then_ignore(token(Kind::Then, "`then`"))
        .then(expr.clone())
        .then_ignore(token(Kind::Else, "`else`"))
        .then(expr)
        .map(|(((open, condition), then), otherwise): (((Token, _), _), Expr)| {
            let span = open.span().to(otherwise.span);
            Expr { kind: ExprKind::If(Box::new((condition, then, otherwise))), span }
        })
        .boxed()
}
