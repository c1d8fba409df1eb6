//! Types in the manner of other languages: `string[]`, `List<string>`, `"a" or "b"`, inputs without a type or a colon.

use super::{Failure, Place, Slip, unexpected};
use crate::lexer::{Kind, Token};
use crate::source::Span;

pub(super) fn foreign(failure: Failure<'_>) -> Option<Slip> {
    if !failure.place.has_types() {
        return None;
    }
    None.or_else(|| input(failure))
        .or_else(|| list_suffix(failure))
        .or_else(|| generic(failure))
        .or_else(|| alternatives(failure))
}

/// `input name string`, `input name = 3`
fn input(failure: Failure<'_>) -> Option<Slip> {
    let name = failure.before(1).filter(|_| failure.place == Place::Input && failure.at == 2)?;
    let Some(found) = failure.found() else {
        let diagnostic = unexpected(name.span().after(), "an input needs a type")
            .label("expected `:` and a type")
            .edit("let it be a string", name.span().after(), ": string")
            .maybe();
        return Some(diagnostic.into());
    };
    let next = failure.token(1);
    match found.kind {
        Kind::Ident | Kind::LBracket | Kind::LBrace => {
            let diagnostic = unexpected(found.span(), format!("expected `:` after `{}`", failure.text(name)))
                .label("the `:` is missing before this")
                .edit("add it", name.span().after(), ":");
            Some(failure.inserted(diagnostic, Kind::Colon))
        }
        Kind::Assign => {
            let ty = match next?.kind {
                kind if kind.is_text() => "string",
                Kind::Int => "int",
                Kind::Float => "float",
                Kind::True | Kind::False => "bool",
                Kind::Ident => {
                    let diagnostic = unexpected(found.span(), "a type stands behind `:`, a default behind `=`")
                        .label("expected `:`")
                        .edit("write `:`", Span::new(name.end, found.end), ":");
                    return Some(failure.taken_for(diagnostic, failure.at, Kind::Colon));
                }
                _ => return None,
            };
            let diagnostic = unexpected(found.span(), "an input needs a type")
                .label("expected `:` and a type before this")
                .edit(format!("let it be `{ty}`"), name.span().after(), format!(": {ty}"))
                .maybe();
            Some(diagnostic.into())
        }
        _ => None,
    }
}

/// `string[]`
fn list_suffix(failure: Failure<'_>) -> Option<Slip> {
    let open = failure.found().filter(|token| token.kind == Kind::LBracket)?;
    let close = failure.token(1).filter(|token| token.kind == Kind::RBracket)?;
    let name = failure.before(1).filter(|token| token.kind == Kind::Ident)?;
    let diagnostic = unexpected(open.span().to(close.span()), "a list type stands in brackets")
        .label("no type ends like this")
        .edits(
            format!("write `[{}]`", failure.text(name)),
            vec![(name.span().before(), "[".to_owned()), (open.span().to(close.span()), "]".to_owned())],
        );
    let before = Token { kind: Kind::LBracket, start: name.start, end: name.start };
    Some(failure.meant(diagnostic, failure.at - 1..failure.at + 2, [before, name, close]))
}

/// `List<string>`, `Optional<string>`, `List[string]`
fn generic(failure: Failure<'_>) -> Option<Slip> {
    let open = failure.found().filter(|token| matches!(token.kind, Kind::Less | Kind::LBracket))?;
    let name = failure.before(1).filter(|token| token.kind == Kind::Ident)?;
    let close = match open.kind {
        Kind::Less => failure.line[failure.at..].iter().position(|token| token.kind == Kind::Greater)? + failure.at,
        _ => failure.end_of(failure.at + 1, |_| false),
    };
    let end = failure.line.get(close)?;
    let inner = Span::new(open.end, end.start);
    let text = failure.written.slice(inner);
    let list = matches!(failure.text(name), "List" | "list" | "Array" | "array" | "Vec" | "Sequence" | "Set" | "set");
    let maybe = matches!(failure.text(name), "Optional" | "optional" | "Option" | "Maybe");
    let (ours, message) = match (list, maybe) {
        (true, _) => (format!("[{text}]"), "a list type stands in brackets"),
        (_, true) => (format!("{text}?"), "what may be null ends with `?`"),
        _ => return None,
    };
    let diagnostic = unexpected(name.span().to(end.span()), message).label("a type of another language").edit(
        format!("write `{ours}`"),
        name.span().to(end.span()),
        ours,
    );
    let inside = failure.line[failure.at + 1..close].to_vec();
    let mark = |kind: Kind, token: Token| Token { kind, ..token };
    let tokens: Vec<Token> = match list {
        true => [vec![mark(Kind::LBracket, open)], inside, vec![mark(Kind::RBracket, *end)]].concat(),
        false => [inside, vec![mark(Kind::Question, *end)]].concat(),
    };
    Some(failure.meant(diagnostic, failure.at - 1..close + 1, tokens))
}

/// `"a" or "b"`, `"a", "b"`
fn alternatives(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| matches!(token.kind, Kind::Or | Kind::Comma | Kind::Slash))?;
    let literal = |token: Option<Token>| token.is_some_and(|token| token.kind.is_text());
    if failure.bracket().is_some() || !literal(failure.before(1)) || !literal(failure.token(1)) {
        return None;
    }
    let diagnostic = unexpected(found.span(), "alternatives of a type are divided by `|`").label("expected `|`").edit(
        "write `|`",
        found.span(),
        if found.kind == Kind::Comma { " |" } else { "|" },
    );
    Some(failure.taken_for(diagnostic, failure.at, Kind::Pipe))
}
