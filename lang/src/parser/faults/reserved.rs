//! What a later version will mean by it: one clear error instead of half a meaning.

use super::{Failure, Place};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::Kind;
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
    let text = failure.found_text();
    match found.kind {
        Kind::Ident if text == "when" && failure.place == Place::Effect => Some(is_reserved(
            found.span(),
            "an effect that depends on an argument",
            "Declare the effect for every call, or two tools.",
        )),
        _ => None,
    }
}
