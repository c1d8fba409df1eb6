//! Functions where the language has none: `list.map(x => x.a)`, `list.filter(|x| x.ok)`, `map(lambda x: x.a, list)`. Where the
//! method is one of the common ones, the comprehension that does the same is proposed.

use super::{Failure, Slip, unexpected};
use crate::lexer::{Kind, Token};
use crate::source::Span;

/// Methods of other languages that take functions.
const METHODS: [&str; 24] = [
    "map", "collect", "pluck", "filter", "where", "select", "find_all", "find", "some", "any", "every", "all",
    "reduce", "fold", "sort", "sortBy", "sort_by", "sorted", "forEach", "for_each", "each", "flatMap", "flat_map",
    "groupBy",
];

/// A longer body of a function is not repeated in advice.
const MAX_SHOWN: usize = 60;

/// A function that is given to a method, by its places in the line.
struct Lambda {
    /// The parenthesis before it.
    open: usize,
    variable: Token,
    /// The body.
    from: usize,
    to: usize,
}

/// The diagnostic for a function that is written out.
pub(super) fn lambda(failure: Failure<'_>) -> Option<Slip> {
    let lambda = find(failure)?;
    let sign = failure.line[lambda.open + 1].span().to(failure.line[lambda.from - 1].span());
    let diagnostic = unexpected(sign, "there are no functions to write here").label("a function");
    let Some((text, span, tokens)) = comprehension(failure, &lambda) else {
        return Some(diagnostic.help("Use a comprehension: `[x.name for x in list if x.size > 0]`.").into());
    };
    let diagnostic = diagnostic.help("A comprehension does the same: `[x.name for x in list if x.size > 0]`.");
    let diagnostic = diagnostic.edit("write a comprehension", span, text);
    let (at, tokens) = tokens;
    Some(failure.meant(diagnostic, at..lambda.to + 1, tokens))
}

/// `(a, b) => …`, `lambda a, b: …`, `|a, b| …`: a function of several values, for which there is no comprehension.
pub(super) fn of_several(failure: Failure<'_>) -> Option<Slip> {
    let kind = |at: usize| failure.line.get(at).map(|token| token.kind);
    let is_lambda = |at: usize| kind(at) == Some(Kind::Ident) && failure.text(failure.line[at]) == "lambda";
    let is_arrow = |at: usize| matches!(kind(at), Some(Kind::FatArrow | Kind::Arrow));
    // The place is somewhere within the head of the function.
    let from = failure.at.saturating_sub(3);
    let starts = (from..failure.line.len().min(failure.at + 1)).rev();
    let (start, sign) = starts.into_iter().find_map(|start| {
        let names = failure.line[start + 1..].iter();
        let end = start + 1 + names.take_while(|name| matches!(name.kind, Kind::Ident | Kind::Comma)).count();
        let sign = match (kind(start)?, kind(end)?) {
            (Kind::LParen, Kind::RParen) if is_arrow(end + 1) => end + 1,
            (Kind::Pipe, Kind::Pipe) => end,
            (Kind::Ident, Kind::Colon) if is_lambda(start) => end,
            _ => return None,
        };
        (end > start + 3).then_some((start, sign))
    })?;
    let span = failure.line[start].span().to(failure.line[sign].span());
    let diagnostic = unexpected(span, "there are no functions to write here").label("a function");
    Some(diagnostic.help("What adds up a list is a method: `.sum()`, `.join(…)`, `.max()`.").into())
}

/// `sorted(list, key=lambda x: x.a)`: a function that is given by name. What it stands for is only hinted at.
pub(super) fn named(failure: Failure<'_>) -> Option<Slip> {
    let kind = |at: usize| failure.line.get(at).map(|token| token.kind);
    let is_lambda = |at: &usize| {
        failure.text(failure.line[*at]) == "lambda"
            && kind(at + 1) == Some(Kind::Ident)
            && kind(at + 2) == Some(Kind::Colon)
    };
    let end = failure.line.len().min(failure.at + 2);
    let at = (failure.at.saturating_sub(3)..end).find(is_lambda)?;
    let to = failure.end_of(at + 3, |kind| kind == Kind::Comma);
    let body = failure.line.get(at + 3..to).filter(|body| !body.is_empty())?;
    let [variable, body] = [failure.text(failure.line[at + 1]), failure.text_of(body[0], body[body.len() - 1])];
    let span = failure.line[at].span().to(failure.line[to - 1].span());
    let diagnostic = unexpected(span, "there are no functions to write here").label("a function");
    let sorts = at.checked_sub(2).is_some_and(|name| failure.text(failure.line[name]) == "key");
    Some(match sorts && body.len() <= MAX_SHOWN {
        true => diagnostic.help(format!(
            "A comprehension sorts: `[{variable} for {variable} in list by {body}]`, downwards with `desc` behind it."
        )),
        false => diagnostic.help("Use a comprehension: `[x.name for x in list if x.size > 0 by x.size desc]`."),
    }
    .into())
}

/// The function that the place of the failure belongs to: `x => …`, `(x) => …`, `x -> …`, `|x| …`, `lambda x: …`.
fn find(failure: Failure<'_>) -> Option<Lambda> {
    let kind = |at: usize| failure.line.get(at).map(|token| token.kind);
    // The place is somewhere within the head of the function.
    let open = (failure.at.saturating_sub(4)..failure.at).rev().find(|at| {
        kind(*at) == Some(Kind::LParen) && !(kind(at + 2) == Some(Kind::RParen) && kind(at + 1) == Some(Kind::Ident))
    })?;
    let is_arrow = |at: usize| matches!(kind(at), Some(Kind::FatArrow | Kind::Arrow));
    // `f(a -> 1)` gives an argument, `list.map(a -> 1)` a function.
    let takes_function = || {
        let method = open.checked_sub(1).map(|at| failure.text(failure.line[at]));
        method.is_some_and(|method| METHODS.contains(&method))
    };
    let (variable, from) = match (kind(open + 1)?, kind(open + 2)?) {
        (Kind::Ident, _) if is_arrow(open + 2) && takes_function() => (open + 1, open + 3),
        (Kind::LParen, Kind::Ident) if kind(open + 3) == Some(Kind::RParen) && is_arrow(open + 4) => {
            (open + 2, open + 5)
        }
        (Kind::Pipe, Kind::Ident) if kind(open + 3) == Some(Kind::Pipe) => (open + 2, open + 4),
        (Kind::Ident, Kind::Ident)
            if failure.text(failure.line[open + 1]) == "lambda" && kind(open + 3) == Some(Kind::Colon) =>
        {
            (open + 2, open + 4)
        }
        _ => return None,
    };
    let to = failure.end_of(from, |kind| kind == Kind::Comma);
    (from < to).then(|| Lambda { open, variable: failure.line[variable], from, to })
}

/// The comprehension for `receiver.method(lambda)`: its text, what it replaces, and its tokens with their place.
fn comprehension(failure: Failure<'_>, lambda: &Lambda) -> Option<(String, Span, (usize, Vec<Token>))> {
    let line = failure.line;
    let close = line.get(lambda.to).filter(|token| token.kind == Kind::RParen)?;
    let [.., dot, method] = &line[..lambda.open] else { return None };
    if dot.kind != Kind::Dot || line[lambda.from].kind == Kind::LBrace {
        return None;
    }
    let start = receiver(line, lambda.open - 2)?;
    let body = failure.text_of(line[lambda.from], line[lambda.to - 1]);
    let list = failure.text_of(line[start], line[lambda.open - 3]);
    let variable = failure.text(lambda.variable);
    let [list_tokens, body_tokens] = [&line[start..lambda.open - 2], &line[lambda.from..lambda.to]];
    let mark = |kind: Kind, at: u32| Token { kind, start: at, end: at };
    let (begin, end) = (line[start].start, close.end);
    let head = |element: &[Token]| {
        let walk = [mark(Kind::For, begin), lambda.variable, mark(Kind::In, begin)];
        [&[mark(Kind::LBracket, begin)], element, &walk, list_tokens].concat()
    };
    let (text, tokens) = match failure.text(*method) {
        "map" | "collect" | "pluck" => (format!("[{body} for {variable} in {list}]"), head(body_tokens)),
        "filter" | "where" | "select" | "find_all" => (
            format!("[{variable} for {variable} in {list} if {body}]"),
            [head(&[lambda.variable]), vec![mark(Kind::If, begin)], body_tokens.to_vec()].concat(),
        ),
        _ => return None,
    };
    let tokens = [tokens, vec![mark(Kind::RBracket, end)]].concat();
    Some((text, Span::new(begin, end), (start, tokens)))
}

/// Where the value before the dot at `dot` begins: names, fields, indexes and calls.
fn receiver(line: &[Token], dot: usize) -> Option<usize> {
    let (mut depth, mut start) = (0_usize, None);
    for (index, token) in line[..dot].iter().enumerate().rev() {
        match token.kind {
            Kind::RParen | Kind::RBracket | Kind::RBrace => depth += 1,
            Kind::LParen | Kind::LBracket | Kind::LBrace if depth == 0 => break,
            Kind::LParen | Kind::LBracket | Kind::LBrace => depth -= 1,
            Kind::Ident | Kind::Dot | Kind::QuestionDot => {}
            _ if depth > 0 => {}
            _ => break,
        }
        if depth == 0 {
            start = Some(index);
        }
    }
    start
}
