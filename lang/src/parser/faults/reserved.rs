//! What a later version will mean by it: one clear error instead of half a meaning.

use super::Failure;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Kind, Token};
use crate::source::Span;

/// The error for syntax that a later version will have.
pub(super) fn is_reserved(span: Span, what: &str, instead: &str) -> Diagnostic {
    Diagnostic::new(Code::ReservedSyntax, span, format!("{what} is reserved for a later version"))
        .label("not in this version")
        .help(instead)
}

/// Reserved syntax within a line.
pub(super) fn reserved(failure: Failure<'_>) -> Option<Diagnostic> {
    let found = failure.found()?;
    let previous = failure.before(1);
    if failure.place.has_types()
        && let Some(diagnostic) = reserved_type(failure, found)
    {
        return Some(diagnostic);
    }
    let text = failure.found_text();
    match found.kind {
        Kind::Ident if text == "as" && previous.is_some_and(|token| token.kind.ends_value()) => {
            Some(is_reserved(found.span(), "conversion with `as`", "Declare the type where the value comes from."))
        }
        _ => None,
    }
}

fn reserved_type(failure: Failure<'_>, found: Token) -> Option<Diagnostic> {
    let previous = failure.before(1);
    match found.kind {
        Kind::Less if previous.is_some_and(|token| token.kind == Kind::Ident) => Some(is_reserved(
            previous?.span().to(found.span()),
            "a type with parameters such as `map<T>`",
            "Use `any` where the keys are not known.",
        )),
        Kind::LParen if previous.is_some_and(|token| matches!(token.kind, Kind::Ident | Kind::RBracket)) => {
            Some(is_reserved(
                found.span(),
                "a refinement such as `int(min: 1)`",
                "State the plain type and check the value with `expect`.",
            ))
        }
        Kind::Ellipsis => {
            Some(is_reserved(found.span(), "an open record type (`...`)", "Name all fields, or use `any`."))
        }
        Kind::Ident if failure.found_text() == "secret" && failure.expects("the end of the line") => {
            Some(is_reserved(found.span(), "`secret`", "Leave it out."))
        }
        Kind::Ident => {
            let modifier =
                previous.filter(|token| matches!(failure.text(*token), "data" | "exact" | "secret" | "trusted"))?;
            Some(is_reserved(modifier.span(), &format!("the modifier `{}`", failure.text(modifier)), "Leave it out."))
        }
        _ => None,
    }
}
