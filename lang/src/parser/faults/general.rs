//! The general form: what was expected here, and what was found.

use super::{Failure, Place};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::Kind;

/// What continues an expression or a type that could end here: true, but no help.
const CONTINUATIONS: [&str; 7] = ["an operator", "`.`", "`(`", "`[`", "`?`", "`|`", "an argument"];

pub(super) fn general(failure: Failure<'_>) -> Diagnostic {
    let expected = expected(failure);
    let mut diagnostic =
        Diagnostic::new(Code::UnexpectedToken, failure.span(), format!("expected {expected}")).label(found(failure));
    if failure.kind().is_some_and(Kind::is_word) && failure.expected.iter().any(|label| label.contains("name")) {
        diagnostic = diagnostic.help(format!("`{}` is a keyword and cannot be a name.", failure.found_text()));
    }
    match failure.place.form() {
        Some(form) if failure.bracket().is_none() => diagnostic.help(format!("The form is `{form}`.")),
        _ => diagnostic,
    }
}

/// What was expected, in words.
fn expected(failure: Failure<'_>) -> String {
    if failure.expects("a value") {
        return value(failure);
    }
    if failure.expects("`else`") {
        return "`else`: an `if` gives a value in every case".to_owned();
    }
    let mut labels: Vec<&str> =
        failure.expected.iter().copied().filter(|label| !CONTINUATIONS.contains(label)).collect();
    labels.dedup();
    // Optional parts before the end of a line are named by the form.
    if labels.len() > 2 && labels.contains(&"the end of the line") {
        labels.retain(|label| *label == "the end of the line");
    }
    match labels.as_slice() {
        [] if failure.place == Place::Word => "the end of the line".to_owned(),
        [] => "something else".to_owned(),
        [only] => (*only).to_owned(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

/// Which value was expected.
fn value(failure: Failure<'_>) -> String {
    let Some(previous) = failure.before(1) else { return "a value".to_owned() };
    let named = failure.before(2).filter(|token| token.kind == Kind::Ident);
    match (previous.kind, named) {
        (Kind::Colon | Kind::Assign, Some(name)) => format!("a value for `{}`", failure.text(name)),
        (Kind::InterpOpen, _) => "an expression in `${…}`".to_owned(),
        (Kind::LBracket, _) if failure.kind() == Some(Kind::RBracket) => "an index".to_owned(),
        _ if failure.at <= 1 && failure.place == Place::CriticalLine => "a resource".to_owned(),
        _ if failure.at <= 1 && failure.place.is_condition() => "a condition".to_owned(),
        (kind, _) if kind.continues_line() || matches!(kind, Kind::Minus | Kind::Not | Kind::If) => {
            format!("a value after `{}`", failure.text(previous))
        }
        _ => "a value".to_owned(),
    }
}

/// What was found instead.
fn found(failure: Failure<'_>) -> String {
    let Some(kind) = failure.kind() else { return "the line ends here".to_owned() };
    match kind {
        Kind::Doc => "a `///` comment stands here".to_owned(),
        Kind::Str | Kind::StrEscaped | Kind::StrBlock | Kind::StrRaw | Kind::StrOpen => "found a string".to_owned(),
        Kind::StrText | Kind::StrClose | Kind::InterpClose => "the string goes on here".to_owned(),
        _ => format!("found `{}`", failure.found_text()),
    }
}
