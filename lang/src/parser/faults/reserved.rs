//! What a later version will mean by it: one clear error instead of half a meaning.

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// The error for syntax that a later version will have.
pub(super) fn is_reserved(span: Span, what: &str, instead: &str) -> Diagnostic {
    Diagnostic::new(Code::ReservedSyntax, span, format!("{what} is reserved for a later version"))
        .label("not in this version")
        .help(instead)
}
