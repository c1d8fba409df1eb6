//! Choices among values in braces: `if c { a } else { b }`, `match x { "a" => 1, _ => 2 }`. Here they are written
//! `if c then a else b`.

use super::super::braces::{CHOICES, FURTHER};
use super::foreign::divides;
use super::{Failure, Slip, unexpected};
use crate::lexer::{Kind, Token};
use crate::source::Span;
use std::ops::Range;

const FORM: &str = "The form is `if condition then value else value`.";

pub(super) fn foreign(failure: Failure<'_>) -> Option<Slip> {
    braced(failure).or_else(|| matched(failure))
}

/// A condition with its value, by their places in the line.
struct Branch {
    condition: Range<usize>,
    /// Between the braces.
    value: Range<usize>,
}

/// `if c { a } else if d { b } else { e }`
fn braced(failure: Failure<'_>) -> Option<Slip> {
    let open = failure.found().filter(|found| found.kind == Kind::LBrace && failure.expects("`then`"))?;
    let start = failure.start_of(failure.at, |kind| kind == Kind::If).checked_sub(1)?;
    let start = if failure.line[start].kind == Kind::If { start } else { start + 1 };
    if failure.line.get(start).is_none_or(|token| token.kind != Kind::If) {
        return None;
    }
    let diagnostic =
        unexpected(open.span(), "a choice is written `if … then … else …`").label("no braces here").help(FORM);
    let Some((branches, otherwise)) = chain(failure, start) else { return Some(diagnostic.into()) };
    let Some(last) = otherwise else {
        let spot = failure.line[branches.last()?.value.end].span().after();
        let message = "expected `else`: an `if` gives a value in every case";
        return Some(unexpected(spot, message).label("no value for the other case").help(FORM).into());
    };
    let values = branches.iter().map(|branch| &branch.value).chain([&last]);
    if !values.clone().all(|value| is_single(failure, value)) {
        return Some(
            diagnostic.help("Each value is one expression; what leads to it stands in a `let` before.").into(),
        );
    }
    let mark = |kind: Kind, at: u32| Token { kind, start: at, end: at };
    let (mut edits, mut tokens) = (Vec::new(), Vec::new());
    for branch in &branches {
        let condition = &failure.line[branch.condition.clone()];
        let sign = failure.line[branch.condition.start - 1];
        if sign.kind != Kind::If {
            edits.push((sign.span(), "else if".to_owned()));
        }
        if !tokens.is_empty() {
            tokens.push(mark(Kind::Else, sign.start));
        }
        tokens.push(mark(Kind::If, sign.start));
        tokens.extend_from_slice(condition);
        let (value, ends) = without_braces(failure, &branch.value, condition[condition.len() - 1].end, "then");
        tokens.push(mark(Kind::Then, sign.end));
        tokens.extend_from_slice(value);
        edits.extend(ends);
    }
    let word = failure.line[last.start - 2];
    let (value, ends) = without_braces(failure, &last, word.end, "");
    tokens.push(mark(Kind::Else, word.start));
    tokens.extend_from_slice(value);
    edits.extend(ends);
    if goes_on(failure, last.end) {
        let (begin, end) = (failure.line[start].start, failure.line[last.end].end);
        tokens = in_parentheses(tokens, begin, end);
        edits.push((Span::new(begin, begin), "(".to_owned()));
        // The edit that takes the last brace away ends there as well.
        match edits.iter_mut().find(|(span, _)| span.end == end) {
            Some((_, text)) => *text = ")".to_owned(),
            None => edits.push((Span::new(end, end), ")".to_owned())),
        }
    }
    Some(failure.meant(diagnostic.edits("write `if … then … else …`", edits), start..last.end + 1, tokens))
}

/// Whether what stands behind the brace at `close` would become a part of the last value, were it not for parentheses.
fn goes_on(failure: Failure<'_>, close: usize) -> bool {
    use Kind::*;
    let next = failure.line.get(close + 1).map(|next| next.kind);
    !matches!(next, None | Some(RParen | RBracket | RBrace | InterpClose | Comma | Colon | Then | Else | For | Newline))
}

fn in_parentheses(tokens: Vec<Token>, begin: u32, end: u32) -> Vec<Token> {
    let mark = |kind: Kind, at: u32| Token { kind, start: at, end: at };
    [&[mark(Kind::LParen, begin)], &tokens[..], &[mark(Kind::RParen, end)]].concat()
}

/// The branches that begin with the `if` at `start`, and the value of the last `else`; none where they have another form.
fn chain(failure: Failure<'_>, start: usize) -> Option<(Vec<Branch>, Option<Range<usize>>)> {
    let kind = |at: usize| failure.line.get(at).map(|token| token.kind);
    let is_further = |at: usize| kind(at) == Some(Kind::Ident) && FURTHER.contains(&failure.text(failure.line[at]));
    let (mut branches, mut at) = (Vec::new(), start);
    loop {
        let open = opens(failure, at + 1)?;
        let close = closes(failure, open)?;
        branches.push(Branch { condition: at + 1..open, value: open + 1..close });
        at = match (kind(close + 1), kind(close + 2)) {
            (Some(Kind::Else), Some(Kind::If)) => close + 2,
            (Some(Kind::Else), Some(Kind::LBrace)) => {
                let end = closes(failure, close + 2)?;
                return Some((branches, Some(close + 3..end)));
            }
            (Some(Kind::Ident), _) if is_further(close + 1) => close + 1,
            (Some(Kind::Else), _) => return None,
            _ => return Some((branches, None)),
        };
    }
}

/// The brace that opens behind the value at `from`.
fn opens(failure: Failure<'_>, from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(token) = failure.line.get(at) {
        let behind_value = at > from && failure.line[at - 1].kind.ends_value();
        at = match token.kind {
            Kind::LBrace if behind_value => return Some(at),
            Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => failure.end_of(at + 1, |_| false) + 1,
            Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose | Kind::Comma => return None,
            _ => at + 1,
        };
    }
    None
}

/// The brace that closes the one at `open`.
fn closes(failure: Failure<'_>, open: usize) -> Option<usize> {
    let end = failure.end_of(open + 1, |_| false);
    failure.line.get(end).filter(|end| end.kind == Kind::RBrace).map(|_| end)
}

/// Whether one expression stands there, and nothing besides that an edit would lose.
fn is_single(failure: Failure<'_>, value: &Range<usize>) -> bool {
    let inside = &failure.line[value.clone()];
    let Some(first) = inside.first() else { return false };
    let is_word =
        |token: &Token| token.kind == Kind::Ident && matches!(failure.text(*token), "return" | "let" | "const");
    let (mut depth, mut previous) = (0_usize, failure.line[value.start - 1]);
    for token in &failure.line[value.start..value.end + 1] {
        let gap = failure.written.slice(Span::new(previous.end, token.start));
        let at_edge = previous.end == failure.line[value.start - 1].end || token.end == failure.line[value.end].end;
        let goes_on = depth > 0 || at_edge || token.kind.continues_line();
        if gap.contains("//") || (!at_edge && gap.contains(';')) || (!goes_on && gap.contains('\n')) {
            return false;
        }
        match token.kind {
            Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => depth += 1,
            Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => depth = depth.saturating_sub(1),
            Kind::Assign | Kind::Comma if depth == 0 && !is_record(inside) => return false,
            _ => {}
        }
        previous = *token;
    }
    !is_word(first)
}

/// Whether the braces around these tokens are those of a record.
fn is_record(inside: &[Token]) -> bool {
    matches!(inside, [name, colon, ..] if colon.kind == Kind::Colon && (name.kind == Kind::Ident || name.kind == Kind::Str))
}

/// The tokens of a value in braces that are none of its own, and the edits that put `word` in their place; `from` is the end
/// of what stands before.
fn without_braces<'a>(
    failure: Failure<'a>,
    value: &Range<usize>,
    from: u32,
    word: &str,
) -> (&'a [Token], Vec<(Span, String)>) {
    let inside = &failure.line[value.clone()];
    let (open, close) = (failure.line[value.start - 1], failure.line[value.end]);
    let before = if word.is_empty() { " ".to_owned() } else { format!(" {word} ") };
    if is_record(inside) {
        let edits = if word.is_empty() { Vec::new() } else { vec![(Span::new(from, open.start), before)] };
        return (&failure.line[value.start - 1..value.end + 1], edits);
    }
    let is_word = |kind: Kind| kind == Kind::Ident || kind.is_word();
    let goes_on = failure.line.get(value.end + 1).is_some_and(|next| next.start == close.end && is_word(next.kind));
    let behind = Span::new(inside[inside.len() - 1].end, close.end);
    let edits = vec![
        (Span::new(from, inside[0].start), before),
        (behind, if goes_on { " ".to_owned() } else { String::new() }),
    ];
    (inside, edits)
}

/// `match x { "a" => 1, _ => 2 }`, `switch (x) { … }`
fn matched(failure: Failure<'_>) -> Option<Slip> {
    let from = failure.operand_of(failure.at, divides);
    let is_word = |at: &usize| {
        let begins = *at == from || !failure.line[*at - 1].kind.ends_value();
        begins && failure.line[*at].kind == Kind::Ident && CHOICES.contains(&failure.text(failure.line[*at]))
    };
    let start = (from..failure.at).rev().find(is_word)?;
    let word = &failure.line[start];
    let name = failure.text(*word);
    let open = opens(failure, start + 1).filter(|open| *open >= failure.at)?;
    let close = closes(failure, open)?;
    let diagnostic = unexpected(word.span(), format!("there is no `{name}` among values"))
        .label("a word of other languages")
        .help("A choice is `if x == \"a\" then 1 else if x == \"b\" then 2 else 3`.");
    let Some((text, tokens)) = written_out(failure, start + 1..open, open + 1..close) else {
        return Some(diagnostic.into());
    };
    let whole = word.span().to(failure.line[close].span());
    let (text, tokens) = match goes_on(failure, close) {
        true => (format!("({text})"), in_parentheses(tokens, whole.start, whole.end)),
        false => (text, tokens),
    };
    let diagnostic = diagnostic.edit("write `if … then … else …`", whole, text);
    Some(failure.meant(diagnostic, start..close + 1, tokens))
}

/// The choice with its conditions, where all arms but the last have constants.
fn written_out(failure: Failure<'_>, of: Range<usize>, arms: Range<usize>) -> Option<(String, Vec<Token>)> {
    let of = match (failure.line[of.start].kind, failure.line[of.end - 1].kind) {
        // `switch (x)`
        (Kind::LParen, Kind::RParen) if failure.end_of(of.start + 1, |_| false) == of.end - 1 && of.len() > 2 => {
            of.start + 1..of.end - 1
        }
        _ => of,
    };
    let subject = &failure.line[of.clone()];
    // A comment within would be lost.
    let gaps = failure.line[arms.start - 1..arms.end + 1].windows(2);
    if gaps.into_iter().any(|pair| failure.written.slice(Span::new(pair[0].end, pair[1].start)).contains("//")) {
        return None;
    }
    let mark = |kind: Kind, at: u32| Token { kind, start: at, end: at };
    let text = |tokens: &[Token]| failure.text_of(tokens[0], tokens[tokens.len() - 1]);
    let is_tight =
        subject.len() == 1 || super::lambdas::receiver(failure.line, of.end).is_some_and(|from| from <= of.start);
    let at = subject[0].start;
    let (name, name_tokens) = match is_tight {
        true => (text(subject).to_owned(), subject.to_vec()),
        false => {
            (super::grouped(text(subject)), [&[mark(Kind::LParen, at)], subject, &[mark(Kind::RParen, at)]].concat())
        }
    };
    let (mut out, mut tokens) = (String::new(), Vec::new());
    let arms = pieces(failure, arms);
    let (last, others) = arms.split_last()?;
    let is_sign = |token: &Token| matches!(token.kind, Kind::FatArrow | Kind::Arrow);
    for arm in others {
        let sign = arm.start + failure.line[arm.clone()].iter().position(is_sign)?;
        let (patterns, value) = (&failure.line[arm.start..sign], value_of(failure, sign + 1..arm.end)?);
        let mut conditions = Vec::new();
        tokens.push(mark(Kind::If, at));
        for (index, pattern) in patterns.split(|token| token.kind == Kind::Pipe).enumerate() {
            let [pattern] = pattern else { return None };
            let is_constant = pattern.kind.is_text()
                || matches!(
                    pattern.kind,
                    Kind::Int | Kind::Float | Kind::Duration | Kind::True | Kind::False | Kind::Null
                );
            if !is_constant {
                return None;
            }
            conditions.push(format!("{name} == {}", failure.text(*pattern)));
            tokens.extend((index > 0).then(|| mark(Kind::Or, at)));
            tokens.extend_from_slice(&name_tokens);
            tokens.extend([mark(Kind::Equal, at), *pattern]);
        }
        tokens.push(mark(Kind::Then, at));
        tokens.extend_from_slice(value);
        tokens.push(mark(Kind::Else, at));
        out.push_str(&format!("if {} then {} else ", conditions.join(" or "), text(value)));
    }
    let [other, sign, ..] = &failure.line[last.clone()] else { return None };
    let is_other = other.kind == Kind::Else || matches!(failure.text(*other), "_" | "default" | "else");
    if others.is_empty() || !is_other || !is_sign(sign) {
        return None;
    }
    let value = value_of(failure, last.start + 2..last.end)?;
    out.push_str(text(value));
    tokens.extend_from_slice(value);
    let is_plain = !out.contains(['\n', ';']) && !tokens.iter().any(|token| token.kind == Kind::Error);
    is_plain.then_some((out, tokens))
}

/// The tokens of the value of an arm, without braces around it; none where it is no single value.
fn value_of(failure: Failure<'_>, value: Range<usize>) -> Option<&[Token]> {
    let tokens = failure.line.get(value.clone()).filter(|tokens| !tokens.is_empty())?;
    let inside = value.start + 1..closes(failure, value.start).filter(|_| tokens[0].kind == Kind::LBrace).unwrap_or(0);
    if inside.end == 0 || is_record(&failure.line[inside.clone()]) {
        return Some(tokens);
    }
    let is_bare = inside.end + 1 == value.end && is_single(failure, &inside);
    is_bare.then(|| &failure.line[inside])
}

/// The parts of what stands in braces, divided by commas or by lines.
fn pieces(failure: Failure<'_>, inside: Range<usize>) -> Vec<Range<usize>> {
    let (mut parts, mut from, mut depth) = (Vec::new(), inside.start, 0_usize);
    for at in inside.clone() {
        let token = failure.line[at];
        // Signs that divide nothing here are left out of the line.
        let new_line = at > from
            && failure.written.slice(Span::new(failure.line[at - 1].end, token.start)).contains(['\n', ';'])
            && (token.kind == Kind::Else || !token.kind.continues_line());
        match token.kind {
            Kind::Comma if depth == 0 => {
                parts.push(from..at);
                from = at + 1;
            }
            _ if depth == 0 && new_line => {
                parts.push(from..at);
                from = at;
            }
            _ => {}
        }
        match token.kind {
            Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => depth += 1,
            Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    parts.push(from..inside.end);
    parts.retain(|part| !part.is_empty());
    parts
}
