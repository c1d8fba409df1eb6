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
    let found = failure.found().filter(|_| failure.place.has_types())?;
    reserved_type(failure, found)
}

fn reserved_type(failure: Failure<'_>, found: Token) -> Option<Diagnostic> {
    let previous = failure.before(1);
    match found.kind {
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
