//! The rules of types.

use super::leaf::{Fault, Rule, Written, leaf, marks, name, token};
use crate::lexer::{Kind, Token, literal};
use crate::syntax::{FieldType, TypeExpr, TypeExprKind};
use chumsky::prelude::*;
use smol_str::SmolStr;

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
    choice((simple(), negative(), list(ty.clone()), record(ty.clone()), paren(ty)))
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

fn record<'s, R: Fault<'s>>(ty: impl Rule<'s, TypeExpr, R>) -> impl Rule<'s, TypeExpr, R> {
    let field = marks(&[Kind::Ident])
        .then(name("the name of a field"))
        .then(token(Kind::Question, "`?`").or_not())
        .then_ignore(token(Kind::Colon, "`:`"))
        .then(ty)
        .map(|(((marks, name), question), ty)| FieldType { marks, name, optional: question.is_some(), ty });
    token(Kind::LBrace, "a type")
        .then(field.separated_by(token(Kind::Comma, "`,`")).allow_trailing().collect::<Vec<_>>())
        .then(token(Kind::RBrace, "`}`"))
        .map(|((open, fields), close): ((Token, _), Token)| TypeExpr {
            kind: TypeExprKind::Record(fields),
            span: open.span().to(close.span()),
        })
}

fn paren<'s, R: Fault<'s>>(ty: impl Rule<'s, TypeExpr, R>) -> impl Rule<'s, TypeExpr, R> {
    token(Kind::LParen, "a type").then(ty).then(token(Kind::RParen, "`)`")).map(
        |((open, inner), close): ((Token, _), Token)| TypeExpr {
            kind: TypeExprKind::Paren(Box::new(inner)),
            span: open.span().to(close.span()),
        },
    )
}
