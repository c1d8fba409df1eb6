//! What stands behind `as`, and in angle brackets behind other names than `map`.

use super::{Failure, Slip, unexpected};
use crate::lexer::{Kind, Token};
use crate::source::Span;

pub(super) fn foreign(failure: Failure<'_>) -> Option<Slip> {
    conversion(failure).or_else(|| super::types::foreign(failure)).or_else(|| type_arguments(failure))
}

/// `x as [T]`, `x as T?`, `x as int(min: 1)`, `x as map<T>`
fn conversion(failure: Failure<'_>) -> Option<Slip> {
    let from = failure.line[..failure.at.min(failure.line.len())].iter().rposition(|token| token.kind == Kind::As)? + 1;
    let kind = |at: usize| failure.line.get(at).map(|token| token.kind);
    let is_named = kind(from) == Some(Kind::Ident);
    let whole = match (kind(from)?, kind(from + 1)) {
        (Kind::LBracket | Kind::LBrace, _) => type_end(&failure.line[from..])?,
        (Kind::Ident, Some(Kind::Question | Kind::LParen | Kind::Pipe)) => type_end(&failure.line[from..])?,
        (Kind::Ident, Some(Kind::Less)) if failure.text(failure.line[from]) == "map" => {
            type_end(&failure.line[from..])?
        }
        _ if from == failure.at && !is_named => {
            let diagnostic = unexpected(failure.span(), "a type stands behind `as`").label("names no type");
            let help = "A name, as in `x as Bill`, or any type in parentheses, `x as ([string])`.";
            return Some(diagnostic.help(help).into());
        }
        _ => return None,
    };
    let text = failure.written.slice(whole);
    Some(
        unexpected(whole, "behind `as` a type that is more than a name stands in parentheses")
            .label("where does it end?")
            .edit("put it in parentheses", whole, format!("({text})"))
            .into(),
    )
}

/// The type that the tokens begin with, in brackets or not, with all that may follow on it; none where it has no end.
fn type_end(tokens: &[Token]) -> Option<Span> {
    let mut depth = 0_usize;
    let mut end = None;
    let mut after_pipe = true;
    for token in tokens {
        match token.kind {
            Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::Less => depth += 1,
            Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::Greater if depth > 0 => {
                depth -= 1;
                end = Some(token.span());
            }
            _ if depth > 0 => {}
            Kind::Question => end = Some(token.span()),
            Kind::Pipe => {}
            _ if after_pipe => end = Some(token.span()),
            _ => break,
        }
        after_pipe = token.kind == Kind::Pipe;
    }
    Some(tokens.first()?.span().to(end.filter(|_| depth == 0)?))
}

/// `dict<T>`, `Result<T>`
fn type_arguments(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind == Kind::Less && failure.place.has_types())?;
    let name = failure.before(1).filter(|token| token.kind == Kind::Ident)?;
    let text = failure.text(name);
    let diagnostic = unexpected(name.span().to(found.span()), format!("`{text}` takes no type in `<…>`"))
        .label("only `map` does: `map<T>`, from strings to values of one type");
    let is_map = matches!(text, "Map" | "dict" | "Dict" | "record" | "Record" | "object" | "HashMap");
    Some(if is_map { diagnostic.edit("write `map`", name.span(), "map") } else { diagnostic }.into())
}
