//! The slips that are made most, each told apart by the tokens around the place, each with its repair.

use super::{Failure, Place};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Kind, literal};
use crate::source::Span;

/// The words that begin an item of a plan.
pub const ITEMS: [&str; 15] = [
    "rationale",
    "context",
    "input",
    "assume",
    "critical",
    "reuse",
    "let",
    "step",
    "each",
    "together",
    "when",
    "gate",
    "verify",
    "output",
    "type",
];

/// The diagnostic for a known slip.
pub(super) fn slip(failure: Failure<'_>) -> Option<Diagnostic> {
    None.or_else(|| after_keyword(failure))
        .or_else(|| missing_assign(failure))
        .or_else(|| assign(failure))
        .or_else(|| prefixed_string(failure))
        .or_else(|| bare_resource(failure))
        .or_else(|| comparison(failure))
        .or_else(|| ternary(failure))
        .or_else(|| not_constant(failure))
        .or_else(|| duration(failure))
        .or_else(|| new_line(failure))
        .or_else(|| missing_colon(failure))
        .or_else(|| missing_comma(failure))
}

fn unexpected(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, span, message)
}

/// `timeout: 5m`, `because = "…"`
fn after_keyword(failure: Failure<'_>) -> Option<Diagnostic> {
    let found = failure.found().filter(|token| matches!(token.kind, Kind::Colon | Kind::Assign))?;
    let keyword = failure.before(1).filter(|_| failure.at == 1 && !failure.place.declares())?;
    if failure.place == Place::Input || matches!(failure.place, Place::AssumeCheck | Place::VerifyCheck) {
        return None;
    }
    let text = failure.found_text();
    let message = format!("no `{text}` stands after `{}`", failure.text(keyword));
    Some(unexpected(found.span(), message).label("one too many").edit("remove it", found.span(), ""))
}

/// `step a fs.read(…)`, `let x: int = 3`, `step fs.read(…)`
fn missing_assign(failure: Failure<'_>) -> Option<Diagnostic> {
    if !failure.place.declares() || failure.at != 2 {
        return None;
    }
    let keyword = failure.line.first().map(|token| failure.text(*token))?;
    let name = failure.before(1).filter(|token| token.kind == Kind::Ident)?;
    let found = failure.found()?;
    match found.kind {
        Kind::In if failure.place == Place::Each => {
            let element = failure.text(name);
            Some(
                unexpected(name.span(), "this `each` has no name")
                    .label("expected a name and `=` before this")
                    .help("its name stands for the list of results")
                    .edit("give it a name", name.span().before(), format!("{element}_results = ")),
            )
        }
        Kind::Dot => {
            let tool = failure.token(1).filter(|token| token.kind == Kind::Ident);
            let chosen = tool.map_or("name", |token| failure.text(token));
            Some(
                unexpected(name.span(), format!("this `{keyword}` has no name"))
                    .label("expected a name and `=` before this")
                    .edit("give it a name", name.span().before(), format!("{chosen} = ")),
            )
        }
        Kind::Colon => {
            let assign = failure.line[failure.at..].iter().find(|token| token.kind == Kind::Assign);
            let message = format!("a `{keyword}` takes no `:`");
            Some(match assign {
                Some(assign) => {
                    let ty = Span::new(name.end, assign.start);
                    unexpected(found.span(), message).label("its type follows from its value").edit(
                        "remove the type",
                        ty,
                        " ",
                    )
                }
                None => unexpected(found.span(), message).label("expected `=`").edit("write `=`", found.span(), " ="),
            })
        }
        Kind::Equal => None,
        _ => Some(
            unexpected(found.span(), format!("expected `=` after `{}`", failure.text(name)))
                .label("the `=` is missing before this")
                .edit("add it", name.span().after(), " ="),
        ),
    }
}

/// `=` for `:` in arguments and records, for `==` in conditions; `=>`.
fn assign(failure: Failure<'_>) -> Option<Diagnostic> {
    let found = failure.found().filter(|token| token.kind == Kind::Assign)?;
    if failure.token(1).is_some_and(|next| next.kind == Kind::Greater && next.start == found.end) {
        return Some(
            unexpected(Span::new(found.start, found.end + 1), "there are no functions to write here")
                .label("no expression goes on like this")
                .help("Use a comprehension: `[x.name for x in list if x.size > 0]`."),
        );
    }
    let named = failure.before(1).is_some_and(|token| token.kind == Kind::Ident);
    let opens = failure.before(2).is_some_and(|token| matches!(token.kind, Kind::LParen | Kind::LBrace | Kind::Comma));
    match failure.bracket() {
        Some(Kind::LParen | Kind::LBrace) if named && opens => {
            let name = failure.before(1).map_or("", |token| failure.text(token));
            let spaced = failure.before(1).is_some_and(|token| token.end < found.start);
            let from = failure.before(1).map_or(found.start, |token| token.end);
            let space = failure.token(1).is_some_and(|next| next.start == found.end);
            let to = Span::new(if spaced { from } else { found.start }, found.end);
            Some(
                unexpected(found.span(), format!("`{name}` is followed by `:`, not by `=`"))
                    .label("expected `:`")
                    .edit("write `:`", to, if space { ": " } else { ":" }),
            )
        }
        _ if failure.place.is_condition() || failure.bracket().is_some() => {
            Some(unexpected(found.span(), "`=` compares nothing").label("expected `==`").edit(
                "write `==`",
                found.span(),
                "==",
            ))
        }
        _ => None,
    }
}

/// `f"…"`
fn prefixed_string(failure: Failure<'_>) -> Option<Diagnostic> {
    let found = failure.found().filter(|token| token.kind.is_text() || token.kind == Kind::StrOpen)?;
    let prefix = failure.before(1).filter(|token| {
        token.end == found.start && matches!(failure.text(*token), "f" | "F" | "b" | "R" | "u" | "rb" | "fr")
    })?;
    Some(
        unexpected(prefix.span(), format!("no `{}` stands before a string", failure.text(prefix)))
            .label("one letter too many")
            .help("Every string may hold `${expression}`; `r\"…\"` is raw.")
            .edit("remove it", prefix.span(), ""),
    )
}

/// `run cargo test`, `modify src/*.rs`
fn bare_resource(failure: Failure<'_>) -> Option<Diagnostic> {
    let resource: &[_] = match failure.line.get(1..).filter(|_| failure.place == Place::CriticalLine)? {
        [resource @ .., why] if why.kind.is_text() => resource,
        resource => resource,
    };
    let is_word = |kind: Kind| {
        !kind.is_text() && !matches!(kind, Kind::StrOpen | Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::Comma)
    };
    let (first, last) = (resource.first()?, resource.last()?);
    if !resource.iter().all(|token| is_word(token.kind)) || matches!(first.kind, Kind::Colon | Kind::Assign) {
        return None;
    }
    let span = first.span().to(last.span());
    let text = failure.written.slice(span);
    Some(
        unexpected(span, "a resource that is a text stands in quotes")
            .label("no value of the plan")
            .edit("quote it", span, format!("\"{text}\""))
            .maybe(),
    )
}

/// `1 < 2 < 3`, `a == b == c`
fn comparison(failure: Failure<'_>) -> Option<Diagnostic> {
    let is_comparison = |kind: Kind| {
        matches!(
            kind,
            Kind::Equal | Kind::NotEqual | Kind::Less | Kind::LessEqual | Kind::Greater | Kind::GreaterEqual | Kind::In
        )
    };
    let found = failure.found().filter(|token| is_comparison(token.kind))?;
    if !failure.before(1).is_some_and(|token| token.kind.ends_value()) {
        return None;
    }
    let first = failure.line[..failure.at].iter().rev().find(|token| is_comparison(token.kind))?;
    Some(
        unexpected(found.span(), "comparisons do not chain")
            .label("a second comparison")
            .related(first.span(), "the first one")
            .help("Write `a < b and b < c`, or use parentheses."),
    )
}

/// `c ? a : b`
fn ternary(failure: Failure<'_>) -> Option<Diagnostic> {
    let found = failure.found().filter(|token| token.kind == Kind::Question && !failure.place.has_types())?;
    Some(
        unexpected(found.span(), "there is no `? :` here")
            .label("no operator")
            .help("A choice is written `if condition then a else b`; a field of what may be null `a?.b`."),
    )
}

/// Interpolation or a name where the text must be constant.
fn not_constant(failure: Failure<'_>) -> Option<Diagnostic> {
    let constant = ["a text", "a resource", "a reason"].iter().find(|label| failure.expects(label))?;
    let found = failure.found()?;
    let span = match found.kind {
        Kind::StrOpen => {
            let end = failure.line.iter().rev().find(|token| token.kind == Kind::StrClose);
            found.span().to(end.map_or(found.span(), |token| token.span()))
        }
        // A name in place of an optional reason is more likely the start of something else.
        Kind::Ident if *constant != "a reason" => {
            let end = failure.line[failure.at..].iter().rev().find(|token| !token.kind.is_text());
            found.span().to(end.map_or(found.span(), |token| token.span()))
        }
        _ => return None,
    };
    let what = match failure.place {
        Place::CriticalLine => "a resource in `critical`",
        _ => "this text",
    };
    let label = if found.kind == Kind::StrOpen { "has an interpolation" } else { "expected a string" };
    let diagnostic = Diagnostic::new(Code::NotConstant, span, format!("{what} must be constant")).label(label);
    Some(match found.kind {
        Kind::StrOpen => diagnostic.help("It is approved as it is written; for a literal `${` write `\\${`."),
        _ => {
            let word = failure.text(found);
            let alone = span == found.span();
            let diagnostic = diagnostic.help("Texts stand in quotes.");
            if alone { diagnostic.edit("quote it", span, format!("\"{word}\"")) } else { diagnostic }
        }
    })
}

/// `timeout 30`, `timeout "30s"`
fn duration(failure: Failure<'_>) -> Option<Diagnostic> {
    let found = failure.found().filter(|_| failure.expects("a duration"))?;
    let text = failure.found_text();
    let unquoted = text.trim_matches('"').replace(' ', "");
    match found.kind {
        Kind::Int => {
            Some(
                unexpected(found.span(), "a duration needs a unit")
                    .label("`ms`, `s`, `m`, `h` or `d` is missing")
                    .edit("say seconds", found.span(), format!("{text}s")),
            )
        }
        Kind::Str if literal::duration_ms(&unquoted).is_some() => {
            Some(unexpected(found.span(), "a duration stands without quotes").label("found a string").edit(
                "remove the quotes",
                found.span(),
                unquoted,
            ))
        }
        _ => None,
    }
}

/// Two items on one line.
fn new_line(failure: Failure<'_>) -> Option<Diagnostic> {
    let found = failure.found().filter(|token| token.kind == Kind::Ident)?;
    let word = failure.found_text();
    let next = failure.token(1)?;
    let begins = ITEMS.contains(&word) && matches!(next.kind, Kind::Ident | Kind::Str | Kind::StrBlock);
    (begins && failure.bracket().is_none() && failure.at > 1).then(|| {
        unexpected(found.span(), format!("expected a new line before `{word}`"))
            .label("a second item on one line")
            .edit("begin a new line", found.span().before(), "\n")
    })
}

/// `fs.read(path "a")`
fn missing_colon(failure: Failure<'_>) -> Option<Diagnostic> {
    let found = failure.found()?;
    let name = failure.before(1).filter(|token| token.kind == Kind::Ident)?;
    let opens = failure.before(2).is_some_and(|token| matches!(token.kind, Kind::LParen | Kind::LBrace | Kind::Comma));
    let value = found.kind.is_text()
        || matches!(found.kind, Kind::StrOpen | Kind::Int | Kind::Float | Kind::True | Kind::False | Kind::Null)
        || (found.kind == Kind::Ident && failure.expects("`:`"));
    if !opens || !value || !matches!(failure.bracket(), Some(Kind::LParen | Kind::LBrace)) {
        return None;
    }
    Some(
        unexpected(found.span(), format!("expected `:` after `{}`", failure.text(name)))
            .label("the `:` is missing before this")
            .edit("add it", name.span().after(), ":"),
    )
}

/// Two values side by side in brackets.
fn missing_comma(failure: Failure<'_>) -> Option<Diagnostic> {
    let found = failure.found()?;
    let previous = failure.before(1).filter(|token| token.kind.ends_value())?;
    let bracket = failure.bracket()?;
    let begins = matches!(
        found.kind,
        Kind::Ident
            | Kind::Int
            | Kind::Float
            | Kind::Str
            | Kind::StrEscaped
            | Kind::StrBlock
            | Kind::StrRaw
            | Kind::StrOpen
            | Kind::True
            | Kind::False
            | Kind::Null
            | Kind::LBrace
            | Kind::LBracket
            | Kind::Not
            | Kind::Doc
    );
    if !begins || !failure.expects("`,`") {
        return None;
    }
    let between = match bracket {
        Kind::LParen if failure.place == Place::Tool => "parameters",
        Kind::LParen => "arguments",
        Kind::LBrace => "fields",
        _ => "elements",
    };
    let spot = previous.span().after();
    Some(
        Diagnostic::new(Code::MissingComma, spot, format!("a comma is missing between two {between}"))
            .label("expected `,`")
            .edit("add it", spot, ","),
    )
}
