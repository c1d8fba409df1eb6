//! Clauses whose value is written in the manner of other languages: `after: [a, b]`, `timeout "30s"`, `retry 3 times`,
//! `on_error: ignore`.

use super::{Failure, Place, Slip, Written, unexpected, unquoted};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lexer::{Kind, Token, literal};
use crate::source::Span;

/// A clause as it is written here.
pub(super) struct Normal {
    pub text: String,
    pub sure: Applicability,
    /// The tokens that remain of it, where they say all of it.
    pub tokens: Option<Vec<Token>>,
}

/// `when a, timeout 3s`: two clauses on one line.
pub(super) fn several(failure: Failure<'_>) -> Option<Slip> {
    use Place::*;
    if !matches!(failure.place, Because | After | When | Expect | Undo | Timeout | Retry | Poll | On | Word) {
        return None;
    }
    let mut comma = failure.end_of(1, |kind| kind == Kind::Comma);
    let (sign, word) = loop {
        let [sign, word, _, ..] = failure.line.get(comma..)? else { return None };
        let is_clause = word.kind == Kind::Ident && super::CLAUSES.contains(&failure.text(*word));
        if sign.kind == Kind::Comma && is_clause && comma > 1 {
            break (sign, word);
        }
        comma = failure.end_of(comma + 1, |kind| kind == Kind::Comma);
    };
    let diagnostic = unexpected(sign.span(), "each clause has a line of its own").label("a second clause").edit(
        "begin a new line, without a comma",
        Span::new(sign.start, word.start),
        "\n",
    );
    Some(failure.meant(diagnostic, comma..failure.line.len(), []))
}

/// The slip of a clause whose word is right.
pub(super) fn value(failure: Failure<'_>) -> Option<Slip> {
    let (word, message) = match failure.place {
        Place::After => ("after", "`after` takes the names of steps, divided by commas"),
        Place::On => ("on", "a failure has one of three ends"),
        Place::Retry if !failure.expects("a duration") => ("retry", "`retry` takes a number"),
        Place::Timeout => ("timeout", "a duration is a number with its unit"),
        _ => return single_duration(failure),
    };
    // A colon or `=` alone is told by itself.
    let found = failure.found()?;
    let lone = matches!(found.kind, Kind::Colon | Kind::Assign) && failure.line.len() == 3 && failure.at == 1;
    if lone && matches!(failure.token(1)?.kind, Kind::Duration | Kind::Int | Kind::Ident) && word != "on" {
        return None;
    }
    let normal = normal(word, failure.written, failure.line)?;
    let line = failure.line[0].span().to(failure.line.last()?.span());
    let message = match (word, found.kind) {
        ("timeout", Kind::Int) => "a duration needs a unit",
        ("timeout", kind) if kind.is_text() => "a duration stands without quotes",
        _ => message,
    };
    let diagnostic = unexpected(found.span(), message)
        .label(label(failure, found))
        .edit(format!("write `{}`", normal.text), line, &normal.text)
        .applicability(normal.sure);
    Some(Slip { diagnostic, meant: normal.tokens })
}

/// `step a = fs.read(…) if b`, `step a = fs.read(…) unless b`
pub(super) fn condition_behind(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|_| failure.place == Place::Step && failure.bracket().is_none())?;
    let call = failure.before(1).filter(|call| call.kind == Kind::RParen)?;
    let negated = found.kind == Kind::Ident && failure.text(found) == "unless";
    if !(found.kind == Kind::If || negated) {
        return None;
    }
    let condition = failure.line.get(failure.at + 1..).filter(|condition| !condition.is_empty())?;
    let last = condition[condition.len() - 1];
    let text = failure.text_of(condition[0], last);
    let clause = if negated { format!("when not {}", super::grouped(text)) } else { format!("when {text}") };
    let diagnostic = unexpected(found.span(), "the condition of a step is its clause `when`")
        .label("behind the call")
        .help("The form is `step name = tool(argument: value) { when condition }`.");
    let from = (last.end - failure.written.base) as usize;
    let behind = failure.written.text[from..].trim_start_matches([' ', '\t']);
    let block = failure.written.text.len() - behind.len();
    // A block that follows takes the clause in.
    let diagnostic = match behind.starts_with('{') {
        true => {
            let end = failure.written.base + block as u32 + 1;
            let breaks = behind[1..].trim_start_matches([' ', '\t', '\r']).starts_with('\n');
            let text = format!(" {{\n    {clause}{}", if breaks { "" } else { "\n   " });
            diagnostic.edit("make it a clause", Span::new(call.end, end), text)
        }
        false => diagnostic.edit("make it a clause", Span::new(call.end, last.end), format!(" {{ {clause} }}")),
    };
    let is_known = !text.contains('\n');
    let diagnostic = if is_known { diagnostic } else { diagnostic.maybe() };
    Some(failure.meant(diagnostic, failure.at..failure.line.len(), []))
}

fn label(failure: Failure<'_>, found: Token) -> String {
    match found.kind {
        Kind::Int => "`ms`, `s`, `m`, `h` or `d` is missing".to_owned(),
        kind if kind.is_text() => "found a string".to_owned(),
        _ => format!("found `{}`", failure.text(found)),
    }
}

/// The clause `word` with the value that stands in a line of whatever form; none where it is not plain.
pub(super) fn normal(word: &str, written: Written<'_>, line: &[Token]) -> Option<Normal> {
    match word {
        "after" => after(written, line),
        "on" => on(written, line),
        "retry" => retry(written, line),
        "timeout" => timeout(written, line),
        _ => None,
    }
}

/// What only groups or divides values.
fn is_wrapping(kind: Kind) -> bool {
    use Kind::*;
    matches!(kind, Colon | Assign | Comma | And | LParen | RParen | LBracket | RBracket | LBrace | RBrace | Arrow)
}

/// The values of a line without what wraps them; a string stands for its text.
fn values<'l>(written: Written<'l>, line: &'l [Token]) -> impl Iterator<Item = Token> + 'l {
    line[1..].iter().filter(|token| !is_wrapping(token.kind)).map(move |token| match token.kind {
        Kind::Str => unquoted(written, *token),
        _ => *token,
    })
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn after(written: Written<'_>, line: &[Token]) -> Option<Normal> {
    let names: Vec<Token> = values(written, line).collect();
    if names.is_empty() || !names.iter().all(|name| name.kind == Kind::Ident && is_name(written.token(*name))) {
        return None;
    }
    let text: Vec<&str> = names.iter().map(|name| written.token(*name)).collect();
    let mut tokens = vec![line[0]];
    for name in names {
        if tokens.len() > 1 {
            tokens.push(Token { kind: Kind::Comma, start: name.start, end: name.start });
        }
        tokens.push(name);
    }
    Some(Normal { text: format!("after {}", text.join(", ")), sure: Applicability::Sure, tokens: Some(tokens) })
}

fn on(written: Written<'_>, line: &[Token]) -> Option<Normal> {
    let words: Vec<&str> = values(written, line).map(|word| written.token(word)).collect();
    // The head may be one word, as in `on_error: fail`; what stands behind it is the end.
    let ends = match words.as_slice() {
        ["failure" | "error" | "fail", ends @ ..] if written.token(line[0]) == "on" => ends,
        ends => ends,
    };
    let [end] = ends else { return None };
    let (end, sure) = match *end {
        "stop" | "continue" | "undo" => (*end, Applicability::Sure),
        "ignore" | "skip" | "proceed" => ("continue", Applicability::Maybe),
        "abort" | "fail" | "halt" | "raise" | "throw" => ("stop", Applicability::Maybe),
        "rollback" | "revert" => ("undo", Applicability::Maybe),
        _ => return None,
    };
    Some(Normal { text: format!("on failure {end}"), sure, tokens: None })
}

/// The clause `on failure` with the end that stands in a line of whatever form.
pub(in super::super) fn end_of_failure(written: Written<'_>, line: &[Token]) -> Option<(String, Applicability)> {
    on(written, line).map(|normal| (normal.text, normal.sure))
}

fn retry(written: Written<'_>, line: &[Token]) -> Option<Normal> {
    let is_filler = |token: &Token| matches!(written.token(*token), "times" | "time" | "every" | "delay" | "attempts");
    let values: Vec<Token> = values(written, line).filter(|token| !is_filler(token)).collect();
    match values.as_slice() {
        [times] if times.kind == Kind::Int => Some(Normal {
            text: format!("retry {}", written.token(*times)),
            sure: Applicability::Sure,
            tokens: Some(vec![line[0], *times]),
        }),
        [times, pause] if times.kind == Kind::Int && pause.kind == Kind::Duration => Some(Normal {
            text: format!("retry {} every {}", written.token(*times), written.token(*pause)),
            sure: Applicability::Sure,
            tokens: None,
        }),
        _ => None,
    }
}

fn timeout(written: Written<'_>, line: &[Token]) -> Option<Normal> {
    let values: Vec<Token> = values(written, line).collect();
    let text: Vec<&str> = values.iter().map(|value| written.token(*value)).collect();
    let (duration, sure) = duration(&text.join(" "))?;
    let token = Token { kind: Kind::Duration, ..*values.first()? };
    Some(Normal { text: format!("timeout {duration}"), sure, tokens: Some(vec![line[0], token]) })
}

/// `30 seconds` ⟶ `30s`.
fn duration(text: &str) -> Option<(String, Applicability)> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let (unit, sure) = match unit.trim() {
        "" if number.len() < 4 => ("s", Applicability::Maybe),
        "" => ("ms", Applicability::Maybe),
        "s" | "sec" | "secs" | "second" | "seconds" => ("s", Applicability::Sure),
        "ms" | "msec" | "millis" | "milliseconds" => ("ms", Applicability::Sure),
        "m" | "min" | "mins" | "minute" | "minutes" => ("m", Applicability::Sure),
        "h" | "hr" | "hrs" | "hour" | "hours" => ("h", Applicability::Sure),
        "d" | "day" | "days" => ("d", Applicability::Sure),
        _ => return None,
    };
    let written = format!("{number}{unit}");
    literal::duration_ms(&written).map(|_| (written, sure))
}

/// `every 30`, `every "2s"`.
fn single_duration(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found()?;
    if !failure.expects("a duration") {
        return None;
    }
    let (message, label) = match found.kind {
        Kind::Int => ("a duration needs a unit", "`ms`, `s`, `m`, `h` or `d` is missing"),
        Kind::Str => ("a duration stands without quotes", "found a string"),
        _ => return None,
    };
    let (text, sure) = duration(failure.found_text().trim_matches('"'))?;
    let diagnostic: Diagnostic = unexpected(found.span(), message).label(label);
    let diagnostic = diagnostic.edit(format!("write `{text}`"), found.span(), text).applicability(sure);
    Some(failure.taken_for(diagnostic, failure.at, Kind::Duration))
}
