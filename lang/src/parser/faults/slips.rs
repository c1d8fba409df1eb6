//! The slips that are made most, each told apart by the tokens around the place, each with its repair.

use super::{
    Failure, Place, Slip, choices, clauses, comprehensions, conversions, critical, foreign, lambdas, operators,
    prefixes, texts, unexpected,
};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Kind, Token};
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

/// The words that begin a clause of a step.
pub const CLAUSES: [&str; 10] =
    ["because", "after", "when", "timeout", "retry", "poll", "expect", "undo", "on", "reproduce"];

/// The diagnostic for a known slip.
pub(super) fn slip(failure: Failure<'_>) -> Option<Slip> {
    None.or_else(|| clauses::several(failure))
        .or_else(|| secret_first(failure))
        .or_else(|| conversions::foreign(failure))
        .or_else(|| clauses::value(failure))
        .or_else(|| critical::line(failure))
        .or_else(|| after_keyword(failure))
        .or_else(|| lambdas::lambda(failure))
        .or_else(|| lambdas::named(failure))
        .or_else(|| lambdas::of_several(failure))
        .or_else(|| comprehensions::generator(failure))
        .or_else(|| choices::foreign(failure))
        .or_else(|| texts::foreign(failure))
        .or_else(|| foreign::foreign(failure))
        .or_else(|| operators::foreign(failure))
        .or_else(|| missing_assign(failure))
        .or_else(|| assign(failure))
        .or_else(|| prefixes::prefixed(failure))
        .or_else(|| bare_resource(failure))
        .or_else(|| comparison(failure))
        .or_else(|| not_constant(failure))
        .or_else(|| clause_on_line(failure))
        .or_else(|| clauses::condition_behind(failure))
        .or_else(|| new_line(failure))
        .or_else(|| missing_colon(failure))
        .or_else(|| missing_comma(failure))
}

/// `timeout: 5m`, `because = "…"`
fn after_keyword(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| matches!(token.kind, Kind::Colon | Kind::Assign))?;
    // `step: a = …` has its name behind the colon, `step = …` has none.
    let named = matches!((failure.token(1), failure.token(2)), (Some(name), Some(assign))
        if name.kind == Kind::Ident && matches!(assign.kind, Kind::Assign | Kind::Colon));
    let keyword = failure.before(1).filter(|_| failure.at == 1 && (!failure.place.declares() || named))?;
    if failure.place == Place::Input || matches!(failure.place, Place::AssumeCheck | Place::VerifyCheck) {
        return None;
    }
    let text = failure.found_text();
    let message = format!("no `{text}` stands after `{}`", failure.text(keyword));
    let spaced = failure.token(1).is_none_or(|next| next.start > found.end);
    let span = Span::new(keyword.end, found.end);
    let diagnostic =
        unexpected(found.span(), message).label("one too many").edit("remove it", span, if spaced { "" } else { " " });
    Some(failure.without(diagnostic, failure.at))
}

/// `input secret token: string`, `input token: secret string`, `{ user: string, token: string secret }`
fn secret_first(failure: Failure<'_>) -> Option<Slip> {
    let is_secret = |token: &Token| token.kind == Kind::Ident && failure.text(*token) == "secret";
    if failure.place != Place::Input {
        let found = failure.found().filter(|found| failure.place == Place::Type && is_secret(found))?;
        let diagnostic = unexpected(found.span(), "no type is secret: an input is").label("marks nothing here");
        return Some(diagnostic.help("The form is `input name: type secret`.").into());
    }
    let message = "`secret` stands behind the type of an input";
    let inside = failure.found().filter(|found| is_secret(found) && failure.bracket() == Some(Kind::LBrace));
    if let (Some(secret), Some(previous)) = (inside, failure.before(1)) {
        let mut without = failure.line.to_vec();
        without.remove(failure.at);
        let end = type_end(&without)?;
        let diagnostic = unexpected(secret.span(), message)
            .label("no field is secret by itself")
            .help("All of an input is secret, or nothing of it.")
            .edits(
                "let all of it be secret",
                vec![
                    (Span::new(previous.end, secret.end), String::new()),
                    (without[end].span().after(), " secret".to_owned()),
                ],
            )
            .maybe();
        return Some(failure.without(diagnostic, failure.at));
    }
    let secret = failure.before(1).filter(is_secret)?;
    let next = failure.found()?;
    let (label, ok) = match failure.at {
        2 => ("before its name", next.kind == Kind::Ident),
        4 => ("before the type", matches!(next.kind, Kind::Ident | Kind::LBracket | Kind::LBrace)),
        _ => return None,
    };
    let mut line = failure.line.to_vec();
    line.remove(failure.at - 1);
    let diagnostic = unexpected(secret.span(), message).label(label);
    let end = type_end(&line).filter(|_| ok)?;
    let spot = line[end].span().after();
    let edits = vec![(Span::new(secret.start, next.start), String::new()), (spot, " secret".to_owned())];
    line.insert(end + 1, secret);
    Some(Slip { diagnostic: diagnostic.edits("write it behind the type", edits), meant: Some(line) })
}

/// The last token of the type in the line of an input.
fn type_end(line: &[Token]) -> Option<usize> {
    let colon = line.iter().position(|token| token.kind == Kind::Colon)?;
    let assign = line.iter().position(|token| token.kind == Kind::Assign).unwrap_or(line.len());
    (colon + 1 < assign).then(|| assign - 1)
}

/// `step a fs.read(…)`, `let x: int = 3`, `step fs.read(…)`
fn missing_assign(failure: Failure<'_>) -> Option<Slip> {
    if !failure.place.declares() || failure.at != 2 {
        return None;
    }
    let keyword = failure.line.first().map(|token| failure.text(*token))?;
    let name = failure.before(1).filter(|token| token.kind == Kind::Ident)?;
    let found = failure.found()?;
    match found.kind {
        // `let a.b = 3` is another mistake.
        Kind::Dot if failure.line.iter().all(|token| token.kind != Kind::Assign) => {
            let tool = failure.token(1).filter(|token| token.kind == Kind::Ident);
            let chosen = tool.map_or("name", |token| failure.text(token));
            Some(
                unexpected(name.span(), format!("this `{keyword}` has no name"))
                    .label("expected a name and `=` before this")
                    .edit("give it a name", name.span().before(), format!("{chosen} = "))
                    .into(),
            )
        }
        Kind::Colon => {
            let assign = failure.line.iter().position(|token| token.kind == Kind::Assign);
            let article = if keyword.starts_with(['o', 'e']) { "an" } else { "a" };
            let message = format!("{article} `{keyword}` takes no `:`");
            Some(match assign {
                Some(assign) => {
                    let ty = Span::new(name.end, failure.line[assign].start);
                    let diagnostic = unexpected(found.span(), message).label("its type follows from its value").edit(
                        "remove the type",
                        ty,
                        " ",
                    );
                    failure.meant(diagnostic, failure.at..assign, [])
                }
                None => {
                    let diagnostic =
                        unexpected(found.span(), message).label("expected `=`").edit("write `=`", found.span(), " =");
                    failure.taken_for(diagnostic, failure.at, Kind::Assign)
                }
            })
        }
        Kind::Equal | Kind::Dot => None,
        Kind::Arrow | Kind::FatArrow => {
            let text = failure.found_text();
            let diagnostic = unexpected(found.span(), format!("a name is given with `=`, not with `{text}`"))
                .label("expected `=`")
                .edit("write `=`", found.span(), "=");
            Some(failure.taken_for(diagnostic, failure.at, Kind::Assign))
        }
        _ => {
            let diagnostic = unexpected(found.span(), format!("expected `=` after `{}`", failure.text(name)))
                .label("the `=` is missing before this")
                .edit("add it", name.span().after(), " =");
            Some(failure.inserted(diagnostic, Kind::Assign))
        }
    }
}

/// `=`, `=>` and `->` for `:` in arguments and records, `=` for `==` in conditions.
fn assign(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| matches!(token.kind, Kind::Assign | Kind::FatArrow | Kind::Arrow))?;
    let name = failure.before(1).filter(|token| token.kind == Kind::Ident);
    let opens = failure.before(2).is_some_and(|token| matches!(token.kind, Kind::LParen | Kind::LBrace | Kind::Comma));
    let text = failure.found_text();
    match (failure.bracket(), name) {
        (Some(Kind::LParen | Kind::LBrace), Some(name)) if opens && lambdas::lambda(failure).is_none() => {
            let spaced = failure.token(1).is_some_and(|next| next.start == found.end);
            let diagnostic =
                unexpected(found.span(), format!("`{}` is followed by `:`, not by `{text}`", failure.text(name)))
                    .label("expected `:`")
                    .edit("write `:`", Span::new(name.end, found.end), if spaced { ": " } else { ":" });
            Some(failure.taken_for(diagnostic, failure.at, Kind::Colon))
        }
        _ if found.kind == Kind::Assign && (failure.place.is_condition() || failure.bracket().is_some()) => {
            let diagnostic = unexpected(found.span(), "`=` compares nothing").label("expected `==`").edit(
                "write `==`",
                found.span(),
                "==",
            );
            Some(failure.taken_for(diagnostic, failure.at, Kind::Equal))
        }
        _ => None,
    }
}

/// `run cargo test`, `modify src/*.rs`
fn bare_resource(failure: Failure<'_>) -> Option<Slip> {
    let is_line = failure.place == Place::CriticalLine && failure.line.first()?.kind == Kind::Ident;
    let resource: &[_] = match failure.line.get(1..).filter(|_| is_line)? {
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
    // What goes on over lines holds something that was taken for a comment.
    let text = Some(failure.written.slice(span)).filter(|text| !text.contains('\n'))?;
    Some(
        unexpected(span, "a resource that is a text stands in quotes")
            .label("no value of the plan")
            .edit("quote it", span, format!("\"{text}\""))
            .maybe()
            .into(),
    )
}

/// `1 < 2 < 3`, `a == b == c`
fn comparison(failure: Failure<'_>) -> Option<Slip> {
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
    let at = failure.line[..failure.at].iter().rposition(|token| is_comparison(token.kind))?;
    let first = failure.line[at];
    let diagnostic = unexpected(found.span(), "comparisons do not chain")
        .label("a second comparison")
        .related(first.span(), "the first one");
    let middle = &failure.line[at + 1..failure.at];
    let ways = [first.kind, found.kind].map(|kind| match kind {
        Kind::Less | Kind::LessEqual => Some(true),
        Kind::Greater | Kind::GreaterEqual => Some(false),
        _ => None,
    });
    let text = middle.first().zip(middle.last()).map(|(first, last)| failure.text_of(*first, *last));
    let is_whole = failure.start_of(failure.at, is_comparison) == at + 1;
    let text = text.filter(|text| ways[0].is_some() && ways[0] == ways[1] && is_whole && !text.contains('\n'));
    let Some(text) = text else {
        return Some(diagnostic.help("Write `a < b and b < c`, or use parentheses.").into());
    };
    let spot = middle[middle.len() - 1].span().after();
    let diagnostic = diagnostic.edit("compare twice", spot, format!(" and {text}"));
    let and = Token { kind: Kind::And, start: spot.start, end: spot.start };
    Some(failure.meant(diagnostic, failure.at..failure.at, [&[and], middle].concat()))
}

/// Interpolation or a name where the text must be constant.
fn not_constant(failure: Failure<'_>) -> Option<Slip> {
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
    let diagnostic = match found.kind {
        Kind::StrOpen => diagnostic.help("It is approved as it is written; for a literal `${` write `\\${`."),
        _ => {
            let word = failure.text(found);
            let alone = span == found.span();
            let diagnostic = diagnostic.help("Texts stand in quotes.");
            if alone { diagnostic.edit("quote it", span, format!("\"{word}\"")).maybe() } else { diagnostic }
        }
    };
    Some(diagnostic.into())
}

/// `step a = fs.read(…) after b`, `step a = fs.read(…), timeout: 3s`
fn clause_on_line(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|_| failure.place == Place::Step && failure.bracket().is_none())?;
    let comma = found.kind == Kind::Comma;
    let word = if comma { failure.token(1)? } else { found };
    let is_clause = word.kind == Kind::Ident && CLAUSES.contains(&failure.text(word));
    let previous = failure.before(1).filter(|token| token.kind == Kind::RParen && is_clause)?;
    let last = failure.line.last().filter(|last| last.start > word.start)?;
    // A block that follows on the line begins behind its last token, and its clauses belong together.
    let behind = &failure.written.text[(last.end - failure.written.base) as usize..];
    let diagnostic = unexpected(word.span(), format!("the clause `{}` stands in braces", failure.text(word)))
        .label("expected `{` before this");
    let clause = &failure.line[failure.at + usize::from(comma)..];
    let value = match clause.get(1) {
        Some(colon) if matches!(colon.kind, Kind::Colon | Kind::Assign) => clause.get(2)?,
        _ => clause.get(1)?,
    };
    let text = match clauses::normal(failure.text(word), failure.written, clause) {
        Some(normal) => normal.text,
        None => format!("{} {}", failure.text(word), failure.text_of(*value, *last)),
    };
    let span = Span::new(previous.end, last.end);
    let is_free = !behind.trim_start_matches([' ', '\t']).starts_with('{');
    let diagnostic =
        if is_free { diagnostic.edit("put it in braces", span, format!(" {{ {text} }}")) } else { diagnostic };
    Some(failure.meant(diagnostic, failure.at..failure.line.len(), []))
}

/// Two items on one line.
fn new_line(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind == Kind::Ident)?;
    let word = failure.found_text();
    let next = failure.token(1)?;
    let begins = ITEMS.contains(&word) && matches!(next.kind, Kind::Ident | Kind::Str | Kind::StrBlock);
    (begins && failure.bracket().is_none() && failure.at > 1).then(|| {
        unexpected(found.span(), format!("expected a new line before `{word}`"))
            .label("a second item on one line")
            .edit("begin a new line", found.span().before(), "\n")
            .into()
    })
}

/// `fs.read(path "a")`
fn missing_colon(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found()?;
    let name = failure.before(1).filter(|token| token.kind == Kind::Ident)?;
    let opens = failure.before(2).is_some_and(|token| matches!(token.kind, Kind::LParen | Kind::LBrace | Kind::Comma));
    let value = found.kind.is_text()
        || matches!(found.kind, Kind::StrOpen | Kind::Int | Kind::Float | Kind::True | Kind::False | Kind::Null)
        || (found.kind == Kind::Ident && failure.expects("`:`"));
    if !opens || !value || !matches!(failure.bracket(), Some(Kind::LParen | Kind::LBrace)) {
        return None;
    }
    let diagnostic = unexpected(found.span(), format!("expected `:` after `{}`", failure.text(name)))
        .label("the `:` is missing before this")
        .edit("add it", name.span().after(), ":");
    Some(failure.inserted(diagnostic, Kind::Colon))
}

/// Two values side by side in brackets.
fn missing_comma(failure: Failure<'_>) -> Option<Slip> {
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
    let diagnostic = Diagnostic::new(Code::MissingComma, spot, format!("a comma is missing between two {between}"))
        .label("expected `,`")
        .edit("add it", spot, ",");
    Some(failure.inserted(diagnostic, Kind::Comma))
}
