//! The rules of types.

use super::leaf::{Fault, Rule, Written, argument_name, field_name, leaf, marks, token, word};
use super::shortcut::plain;
use crate::lexer::{Kind, Token, literal};
use crate::source::Span;
use crate::syntax::{Arg, Expr, ExprKind, FieldType, TypeExpr, TypeExprKind, UnaryOp};
use chumsky::prelude::*;
use smol_str::SmolStr;

/// The fields of a record, and where the `...` of an open one stands.
type Fields = (Vec<FieldType>, Option<Span>);

/// Any type.
pub(super) fn ty<'s, R: Fault<'s>>() -> impl Rule<'s, TypeExpr, R> {
    recursive(|ty| {
        optional(primary(ty).boxed())
            .separated_by(token(Kind::Pipe, "`|`"))
            .at_least(1)
            .collect::<Vec<_>>()
            .map(|mut parts| match (parts.pop(), parts.is_empty()) {
                (Some(only), true) => only,
                (last, _) => {
                    parts.extend(last);
                    let start = parts.first().map(|part| part.span).unwrap_or_default();
                    let end = parts.last().map(|part| part.span).unwrap_or_default();
                    TypeExpr { kind: TypeExprKind::Union(parts), span: start.to(end) }
                }
            })
            .boxed()
    })
}

/// `T?`
fn optional<'s, R: Fault<'s>>(primary: impl Rule<'s, TypeExpr, R>) -> impl Rule<'s, TypeExpr, R> {
    primary.foldl(token(Kind::Question, "`?`").repeated(), |inner: TypeExpr, question: Token| {
        let span = inner.span.to(question.span());
        TypeExpr { kind: TypeExprKind::Optional(Box::new(inner)), span }
    })
}

fn primary<'s, R: Fault<'s>>(ty: impl Rule<'s, TypeExpr, R> + 's) -> impl Rule<'s, TypeExpr, R> {
    choice((map(ty.clone()), simple(), negative(), list(ty.clone()), record(ty.clone()), paren(ty)))
        .then(refinement().or_not())
        .map(|(base, refinement)| match refinement {
            None => base,
            Some((args, open, close)) => {
                let span = base.span.to(close.span());
                let parens = open.span().to(close.span());
                TypeExpr { kind: TypeExprKind::Refined { base: Box::new(base), args, parens }, span }
            }
        })
}

/// The type behind `as`: a name, or any type in parentheses, so that it is clear where it ends.
pub(super) fn conversion<'s, R: Fault<'s>>(ty: impl Rule<'s, TypeExpr, R> + 's) -> impl Rule<'s, TypeExpr, R> {
    let named = leaf("a type", |token, written: Written<'s>| {
        let kind = match token.kind {
            Kind::Ident => TypeExprKind::Name(SmolStr::new(written.token(token))),
            Kind::Null => TypeExprKind::Null,
            _ => return None,
        };
        Some(TypeExpr { kind, span: token.span() })
    });
    named.or(paren(ty))
}

/// `map<T>`
fn map<'s, R: Fault<'s>>(ty: impl Rule<'s, TypeExpr, R>) -> impl Rule<'s, TypeExpr, R> {
    word("map", "a type").then_ignore(token(Kind::Less, "`<`")).then(ty).then(token(Kind::Greater, "`>`")).map(
        |((open, value), close): ((Token, _), Token)| TypeExpr {
            kind: TypeExprKind::Map(Box::new(value)),
            span: open.span().to(close.span()),
        },
    )
}

/// `(min: 1, max: 5)`
fn refinement<'s, R: Fault<'s>>() -> impl Rule<'s, (Vec<Arg>, Token, Token), R> {
    let value = leaf("a literal", |token, written| match token.kind {
        Kind::Ident => None,
        _ => plain(token, written),
    });
    let negated = token(Kind::Minus, "a literal").then(value.clone()).map(|(minus, operand): (Token, Expr)| {
        let span = minus.span().to(operand.span);
        Expr { kind: ExprKind::Unary { op: UnaryOp::Negate, operand: Box::new(operand) }, span }
    });
    let arg = argument_name().or_not().then(value.or(negated)).map(|(name, value)| Arg { name, value });
    token(Kind::LParen, "`(`")
        .then(arg.separated_by(token(Kind::Comma, "`,`")).allow_trailing().collect::<Vec<_>>())
        .then(token(Kind::RParen, "`)`"))
        .map(|((open, args), close)| (args, open, close))
}

fn simple<'s, R: Fault<'s>>() -> impl Rule<'s, TypeExpr, R> {
    leaf("a type", |token, written: Written<'s>| {
        let text = || written.token(token);
        let kind = match token.kind {
            Kind::Ident => TypeExprKind::Name(SmolStr::new(text())),
            kind if kind.is_text() => TypeExprKind::String(literal::text(token, text())),
            Kind::Int => TypeExprKind::Int(literal::int(text()).unwrap_or(i64::MAX)),
            Kind::True => TypeExprKind::Bool(true),
            Kind::False => TypeExprKind::Bool(false),
            Kind::Null => TypeExprKind::Null,
            _ => return None,
        };
        Some(TypeExpr { kind, span: token.span() })
    })
}

fn negative<'s, R: Fault<'s>>() -> impl Rule<'s, TypeExpr, R> {
    let number = leaf("a number", |token, written: Written<'s>| {
        (token.kind == Kind::Int).then(|| (literal::int(written.token(token)).unwrap_or(i64::MAX), token.span()))
    });
    token(Kind::Minus, "a type").then(number).map(|(minus, (value, span)): (Token, _)| TypeExpr {
        kind: TypeExprKind::Int(-value),
        span: minus.span().to(span),
    })
}

fn list<'s, R: Fault<'s>>(ty: impl Rule<'s, TypeExpr, R>) -> impl Rule<'s, TypeExpr, R> {
    token(Kind::LBracket, "a type").then(ty).then(token(Kind::RBracket, "`]`")).map(
        |((open, inner), close): ((Token, _), Token)| TypeExpr {
            kind: TypeExprKind::List(Box::new(inner)),
            span: open.span().to(close.span()),
        },
    )
}

/// What a field may begin with, behind its marks.
static FIELD_BEGINS: [Kind; 5] = [Kind::Ident, Kind::Str, Kind::StrEscaped, Kind::StrBlock, Kind::StrRaw];

fn record<'s, R: Fault<'s>>(ty: impl Rule<'s, TypeExpr, R>) -> impl Rule<'s, TypeExpr, R> {
    let field = marks(&FIELD_BEGINS)
        .then(field_name())
        .then(token(Kind::Question, "`?`").or_not())
        .then_ignore(token(Kind::Colon, "`:`"))
        .then(ty)
        .map(|(((marks, name), question), ty)| FieldType { marks, name, optional: question.is_some(), ty });
    let comma = || token(Kind::Comma, "`,`");
    let rest = token(Kind::Ellipsis, "`...`").then_ignore(comma().or_not()).map(|rest: Token| Some(rest.span()));
    let tail = choice((comma().ignore_then(rest.clone()), comma().to(None))).or_not().map(Option::flatten);
    let fields = field.separated_by(comma()).at_least(1).collect::<Vec<_>>().then(tail);
    let open = rest.map(|rest| (Vec::new(), rest));
    token(Kind::LBrace, "a type").then(choice((fields, open)).or_not()).then(token(Kind::RBrace, "`}`")).map(
        |((open, parts), close): ((Token, Option<Fields>), Token)| {
            let (fields, rest) = parts.unwrap_or_default();
            TypeExpr { kind: TypeExprKind::Record { fields, rest }, span: open.span().to(close.span()) }
        },
    )
}

fn paren<'s, R: Fault<'s>>(ty: impl Rule<'s, TypeExpr, R>) -> impl Rule<'s, TypeExpr, R> {
    token(Kind::LParen, "a type").then(ty).then(token(Kind::RParen, "`)`")).map(
        |((open, inner), close): ((Token, _), Token)| TypeExpr {
            kind: TypeExprKind::Paren(Box::new(inner)),
            span: open.span().to(close.span()),
        },
    )
}
