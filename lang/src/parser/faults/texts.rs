//! Items that begin with a text, in the manner of other languages: `plan("p")`, `verify a == 1`, `read "a", "b"`.

use super::{Failure, Place, Slip, unexpected};
use crate::lexer::Kind;
use crate::source::Span;

pub(super) fn foreign(failure: Failure<'_>) -> Option<Slip> {
    None.or_else(|| parenthesised(failure))
        .or_else(|| condition_behind(failure))
        .or_else(|| condition_alone(failure))
        .or_else(|| word_before_condition(failure))
        .or_else(|| several_resources(failure))
        .or_else(|| dash_before(failure))
}

/// `plan("p") {`, `rationale("x")`, `read("a")`
fn parenthesised(failure: Failure<'_>) -> Option<Slip> {
    let open = failure.found().filter(|token| token.kind == Kind::LParen && failure.at == 1)?;
    let wants_text = ["a text", "a resource"].iter().any(|label| failure.expects(label));
    let text = failure.token(1).filter(|token| token.kind.is_text() && wants_text)?;
    let close = failure.token(2).filter(|token| token.kind == Kind::RParen)?;
    let word = failure.before(1)?;
    let diagnostic = unexpected(open.span(), format!("`{}` is followed by its text", failure.text(word)))
        .label("no parentheses")
        .edits(
            "remove the parentheses",
            vec![(Span::new(word.end, text.start), " ".to_owned()), (close.span(), String::new())],
        );
    Some(failure.meant(diagnostic, failure.at..failure.at + 3, [text]))
}

/// `verify "x" a == 1`, `assume "x": a == 1`
fn condition_behind(failure: Failure<'_>) -> Option<Slip> {
    let found =
        failure.found().filter(|_| matches!(failure.place, Place::Verify | Place::Assume) && failure.at == 2)?;
    let from = if matches!(found.kind, Kind::Colon | Kind::Comma) { failure.at + 1 } else { failure.at };
    let [first, .., last] = failure.line.get(from..)? else { return None };
    let text = failure.before(1)?;
    let condition = failure.text_of(*first, *last);
    let diagnostic = unexpected(found.span(), "the condition stands in braces").label("expected `{`").edit(
        "put it in braces",
        Span::new(text.end, last.end),
        format!(" {{ {condition} }}"),
    );
    Some(failure.meant(diagnostic, failure.at..failure.line.len(), []))
}

/// `verify a == 1`
fn condition_alone(failure: Failure<'_>) -> Option<Slip> {
    let is_check = matches!(failure.place, Place::Verify | Place::Assume) && failure.at == 1;
    let word = failure.before(1).filter(|_| is_check)?;
    let message = format!("`{}` says in a text what must hold", failure.text(word));
    let Some(found) = failure.found() else {
        let spot = word.span().after();
        let edit = " \"all is as it should be\"";
        let diagnostic = unexpected(spot, message).label("expected a text").edit("give it a text", spot, edit);
        return Some(diagnostic.maybe().into());
    };
    let last = failure.line.last().filter(|last| last.start > found.start)?;
    if !matches!(found.kind, Kind::Ident | Kind::Not) {
        return None;
    }
    let condition = failure.text_of(found, *last);
    let text = condition.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "\\${");
    let diagnostic =
        unexpected(found.span().to(last.span()), message).label("a condition, which stands in braces behind the text");
    let is_short = !condition.contains('\n') && condition.len() <= 80;
    let edit = format!("\"{text}\" {{ {condition} }}");
    Some(
        if is_short {
            diagnostic.edit("give it a text", found.span().to(last.span()), edit).maybe()
        } else {
            diagnostic
        }
        .into(),
    )
}

/// `expect a == 1` as a condition of a verification.
fn word_before_condition(failure: Failure<'_>) -> Option<Slip> {
    let is_check = matches!(failure.place, Place::VerifyCheck | Place::AssumeCheck) && failure.at == 1;
    let word = failure.before(1).filter(|word| is_check && word.kind == Kind::Ident)?;
    let found = failure.found()?;
    if !matches!(failure.text(word), "expect" | "assert" | "check" | "return" | "ensure" | "require" | "when") {
        return None;
    }
    let diagnostic = unexpected(word.span(), format!("no `{}` stands before this condition", failure.text(word)))
        .label("one word too many")
        .edit("remove it", Span::new(word.start, found.start), "");
    Some(failure.without(diagnostic, 0))
}

/// `- read "a"`
fn dash_before(failure: Failure<'_>) -> Option<Slip> {
    let is_first = failure.place == Place::CriticalLine && failure.at == 0;
    let dash = failure.found().filter(|token| is_first && token.kind == Kind::Minus)?;
    let next = failure.token(1)?;
    let diagnostic = unexpected(dash.span(), "no `-` stands before a line").label("one too many").edit(
        "remove it",
        Span::new(dash.start, next.start),
        "",
    );
    Some(failure.without(diagnostic, 0))
}

/// `read "a", "b"`
fn several_resources(failure: Failure<'_>) -> Option<Slip> {
    let comma = failure.found().filter(|token| token.kind == Kind::Comma && failure.place == Place::CriticalLine)?;
    let next = failure.token(1).filter(|token| token.kind.is_text())?;
    let verb = failure.text(failure.line[0]);
    let before = &failure.written.text[..(failure.line[0].start - failure.written.base) as usize];
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let indent = if line.trim().is_empty() { line } else { "    " };
    let diagnostic = unexpected(comma.span(), "each resource has a line of its own").label("a second resource").edit(
        format!("write a second line `{verb} …`"),
        Span::new(comma.start, next.start),
        format!("\n{indent}{verb} "),
    );
    // What follows is another line: read for its own mistakes.
    let mut rest = vec![failure.line[0]];
    rest.extend_from_slice(&failure.line[failure.at + 1..]);
    Some(Slip { diagnostic, meant: Some(rest) })
}
