//! Functions where the language has none: `list.map(x => x.a)`, `list.filter(|x| x.ok)`, `map(lambda x: x.a, list)`. Where the
//! method is one of the common ones, the comprehension that does the same is proposed, see [`super::comprehensions`].

use super::comprehensions::{Chain, Function, sorted, summed};
use super::{Failure, Slip, unexpected};
use crate::lexer::{Kind, Token};
use crate::source::Span;
use std::ops::Range;

/// Methods of other languages that take functions.
const METHODS: [&str; 27] = [
    "map", "collect", "pluck", "filter", "where", "select", "find_all", "find", "some", "any", "every", "all",
    "reduce", "fold", "sort", "sortBy", "sort_by", "sorted", "forEach", "for_each", "each", "flatMap", "flat_map",
    "groupBy", "count", "sum", "none",
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
    let lambda = find(failure, failure.at.saturating_sub(4)..failure.at)?;
    let sign = failure.line[lambda.open + 1].span().to(failure.line[lambda.from - 1].span());
    let diagnostic = unexpected(sign, "there are no functions to write here").label("a function");
    let Some((chain, span, at)) = comprehension(failure, &lambda) else {
        let method = lambda.open.checked_sub(1).map(|at| failure.text(failure.line[at]));
        return Some(
            diagnostic
                .help(match method {
                    Some("forEach" | "for_each" | "each") => {
                        "Steps for each element stand in a block: `each name = element in list { … }`."
                    }
                    _ => "Use a comprehension: `[x.name for x in list if x.size > 0]`.",
                })
                .into(),
        );
    };
    let Chain { text, tokens, .. } = chain;
    let diagnostic = diagnostic.help("A comprehension does the same: `[x.name for x in list if x.size > 0]`.");
    let diagnostic = diagnostic.edit("write a comprehension", span, text);
    Some(match tokens {
        Some(tokens) => failure.meant(diagnostic, at, tokens),
        None => diagnostic.into(),
    })
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
    let diagnostic = diagnostic.help("What adds up a list is a method: `.sum()`, `.join(…)`, `.max()`.");
    Some(match added(failure, start, sign) {
        Some((text, span)) => diagnostic.edit("add up with `.sum()`", span, text).into(),
        None => diagnostic.into(),
    })
}

/// `list.reduce((s, x) => s + x.size, 0)`, whose function begins at `start`, as a sum.
fn added(failure: Failure<'_>, start: usize, sign: usize) -> Option<(String, Span)> {
    let names: Vec<&str> = failure.line[start..sign]
        .iter()
        .filter(|name| name.kind == Kind::Ident && failure.text(**name) != "lambda")
        .map(|name| failure.text(*name))
        .collect();
    let [sum, variable] = names.as_slice() else { return None };
    let open = start.checked_sub(1).filter(|open| failure.line[*open].kind == Kind::LParen)?;
    let to = failure.end_of(sign + 1, |kind| kind == Kind::Comma);
    let [first, plus, added @ ..] = failure.line.get(sign + 1..to)? else { return None };
    let [comma, zero, close, ..] = failure.line.get(to..)? else { return None };
    let is_zero = zero.kind == Kind::Int && failure.text(*zero) == "0";
    let fits = failure.text(*first) == *sum && plus.kind == Kind::Plus && comma.kind == Kind::Comma && is_zero;
    // A weaker operator, or the sum itself, would make it something else.
    let is_term = added.iter().all(|token| {
        matches!(
            token.kind,
            Kind::Ident | Kind::Dot | Kind::LParen | Kind::RParen | Kind::Star | Kind::Int | Kind::Float
        ) && !(token.kind == Kind::Ident && failure.text(*token) == *sum)
    });
    let method = failure.line[..open].last()?;
    if !fits || !is_term || added.is_empty() || close.kind != Kind::RParen {
        return None;
    }
    if !matches!(failure.text(*method), "reduce" | "fold") {
        return None;
    }
    let dot = open.checked_sub(2).filter(|dot| failure.line[*dot].kind == Kind::Dot)?;
    let from = receiver(failure.line, dot)?;
    let list = failure.text_of(failure.line[from], failure.line[dot - 1]);
    let body = failure.text_of(added[0], added[added.len() - 1]);
    Some((summed(variable, body, list), failure.line[from].span().to(close.span())))
}

/// `sorted(list, key=lambda x: x.a)`, `list.sort(key=lambda x: x.a)`: a function that is given by name.
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
    if let Some((text, span)) = by_key(failure, at, to).filter(|_| sorts) {
        let diagnostic = diagnostic.help("A comprehension sorts: `[x for x in list by x.size desc]`.");
        return Some(diagnostic.edit("write a comprehension", span, text).into());
    }
    Some(match sorts && body.len() <= MAX_SHOWN {
        true => diagnostic.help(format!(
            "A comprehension sorts: `[{variable} for {variable} in list by {body}]`, downwards with `desc` behind it."
        )),
        false => diagnostic.help("Use a comprehension: `[x.name for x in list if x.size > 0 by x.size desc]`."),
    }
    .into())
}

/// What sorts by the function `lambda` at `at`, which ends before `to`: the comprehension, and what it stands for.
fn by_key(failure: Failure<'_>, at: usize, to: usize) -> Option<(String, Span)> {
    let body = failure.line.get(at + 3..to)?;
    // Before it stand `key` and `=`, and the list or the parenthesis.
    let before = at.checked_sub(3)?;
    let (descending, close) = match failure.line.get(to..)? {
        [close, ..] if close.kind == Kind::RParen => (false, close),
        [comma, name, assign, value, close, ..]
            if comma.kind == Kind::Comma
                && failure.text(*name) == "reverse"
                && matches!(assign.kind, Kind::Assign | Kind::Colon)
                && matches!(value.kind, Kind::True | Kind::False)
                && close.kind == Kind::RParen =>
        {
            (value.kind == Kind::True, close)
        }
        _ => return None,
    };
    let (from, list) = match failure.line[before].kind {
        // `list.sort(key=…)`
        Kind::LParen => {
            let dot = before.checked_sub(2).filter(|dot| failure.line[*dot].kind == Kind::Dot)?;
            let from = receiver(failure.line, dot)?;
            let sorts = matches!(failure.text(failure.line[before - 1]), "sort" | "sorted");
            (from, failure.line.get(from..dot).filter(|_| sorts)?)
        }
        // `sorted(list, key=…)`
        Kind::Comma => {
            let from = failure.start_of(before, |kind| kind == Kind::Comma);
            let sorts = from.checked_sub(2).is_some_and(|name| failure.text(failure.line[name]) == "sorted");
            // `natsort.sorted(…)` is another one.
            if from.checked_sub(3).is_some_and(|at| matches!(failure.line[at].kind, Kind::Dot | Kind::QuestionDot)) {
                return None;
            }
            let opens = from.checked_sub(1).is_some_and(|open| failure.line[open].kind == Kind::LParen);
            (from.checked_sub(2)?, failure.line.get(from..before).filter(|_| sorts && opens)?)
        }
        _ => return None,
    };
    let [first, .., last] = [list.first()?, list.last()?];
    let variable = failure.text(failure.line[at + 1]);
    let text = sorted(failure, variable, body, failure.text_of(*first, *last), descending)?;
    Some((text, failure.line[from].span().to(close.span())))
}

/// The function that the place of the failure belongs to: `x => …`, `(x) => …`, `x -> …`, `|x| …`, `lambda x: …`.
fn find(failure: Failure<'_>, places: Range<usize>) -> Option<Lambda> {
    let kind = |at: usize| failure.line.get(at).map(|token| token.kind);
    // The place is somewhere within the head of the function.
    let open = places.rev().find(|at| {
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

/// The comprehension for `receiver.method(lambda)` and all such methods that follow on it: what it is, what it replaces, and
/// the place of its tokens.
fn comprehension(failure: Failure<'_>, lambda: &Lambda) -> Option<(Chain, Span, Range<usize>)> {
    let line = failure.line;
    let [.., dot, _] = &line[..lambda.open] else { return None };
    if dot.kind != Kind::Dot {
        return None;
    }
    let start = receiver(line, lambda.open - 2)?;
    let list = &line[start..lambda.open - 2];
    let text = failure.text_of(*list.first()?, *list.last()?);
    let mut chain = Chain::of(text, list).with(failure, &function(failure, lambda)?)?;
    let mut close = lambda.to;
    // What follows is read on as long as it is a function of the same kind.
    while let [dot, method, open, ..] = line.get(close + 1..).unwrap_or_default() {
        if dot.kind != Kind::Dot || method.kind != Kind::Ident || open.kind != Kind::LParen {
            break;
        }
        let next = find(failure, close + 3..close + 4);
        let further = next.as_ref().and_then(|next| function(failure, next));
        let Some(longer) = further.and_then(|further| chain.clone().with(failure, &further)) else { break };
        close = next.map_or(close, |next| next.to);
        chain = longer;
    }
    let is_alone = super::comprehensions::stands_alone(failure, start, close);
    let chain = chain.finished(is_alone);
    Some((chain, line[start].span().to(line[close].span()), start..close + 1))
}

/// The method and the function that it is given.
fn function<'a>(failure: Failure<'a>, lambda: &Lambda) -> Option<Function<'a>> {
    let body = failure.line.get(lambda.from..lambda.to)?;
    let closes = failure.line.get(lambda.to).is_some_and(|token| token.kind == Kind::RParen);
    let method = failure.text(failure.line[lambda.open - 1]);
    (closes && body.first()?.kind != Kind::LBrace).then_some(Function { method, variable: lambda.variable, body })
}

/// Where the value before the dot at `dot` begins: names, fields, indexes and calls.
pub(super) fn receiver(line: &[Token], dot: usize) -> Option<usize> {
    let is_apart = |index: usize| {
        let next = line[..dot].get(index + 1);
        next.is_some_and(|next| next.kind == Kind::Ident || (next.kind == Kind::LParen && line[index].end < next.start))
    };
    let (mut depth, mut start) = (0_usize, None);
    for (index, token) in line[..dot].iter().enumerate().rev() {
        match token.kind {
            Kind::RParen | Kind::RBracket | Kind::RBrace => depth += 1,
            Kind::LParen | Kind::LBracket | Kind::LBrace if depth == 0 => break,
            Kind::LParen | Kind::LBracket | Kind::LBrace => depth -= 1,
            // A word with a blank behind it, as in `when a.b` and `expect (a)`, is no part of the value.
            Kind::Ident if depth == 0 && is_apart(index) => break,
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
