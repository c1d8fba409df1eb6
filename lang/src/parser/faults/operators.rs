//! Operators of other languages: `a & b`, `a | b`, `a | upper`, `a contains b`.

use super::foreign::divides;
use super::{Failure, Slip, lambdas, unexpected};
use crate::codes::Code;
use crate::diagnostic::{Applicability, Diagnostic, NO_SIGN};
use crate::lexer::{Kind, Token, set_apart};
use crate::source::Span;

pub(super) fn foreign(failure: Failure<'_>) -> Option<Slip> {
    reference(failure).or_else(|| filter(failure)).or_else(|| of_bits(failure)).or_else(|| word(failure))
}

/// What ends an operand of `and` and `or`.
fn joins(kind: Kind) -> bool {
    divides(kind) || matches!(kind, Kind::And | Kind::Or | Kind::Coalesce | Kind::In)
}

/// `&name`
fn reference(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|found| found.kind == Kind::Ampersand)?;
    let next = failure
        .token(1)
        .filter(|next| next.kind == Kind::Ident || next.kind == Kind::StrOpen || next.kind.is_text())?;
    if failure.before(1).is_some_and(|before| before.kind.ends_value() && failure.at > 1) || !failure.expects("a value")
    {
        return None;
    }
    let diagnostic = Diagnostic::new(Code::UnexpectedCharacter, found.span(), "no `&` stands before a value")
        .label("one sign too many")
        .edit("remove it", Span::new(found.start, next.start), "");
    Some(failure.without(diagnostic, failure.at))
}

/// What templates pipe values through, where no parentheses follow.
const FILTERS: [&str; 16] = [
    "capitalize",
    "first",
    "flatten",
    "join",
    "keys",
    "last",
    "length",
    "lines",
    "lower",
    "reverse",
    "sort",
    "title",
    "trim",
    "unique",
    "upper",
    "values",
];

/// `text | upper`, `list | join(", ")`
fn filter(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|found| found.kind == Kind::Pipe && !failure.place.has_types())?;
    let before = failure.before(1).filter(|before| before.kind.ends_value())?;
    let name = failure.token(1).filter(|next| next.kind == Kind::Ident)?;
    let next = failure.token(2);
    let is_called = next.is_some_and(|next| next.kind == Kind::LParen && next.start == name.end);
    let goes_on = next.is_some_and(|next| matches!(next.kind, Kind::Dot | Kind::LBracket));
    if !is_called && (goes_on || !FILTERS.contains(&failure.text(name))) {
        return None;
    }
    let text = failure.text(name);
    let [call, parens] = if is_called { ["", "(…)"] } else { ["()", "()"] };
    let diagnostic = Diagnostic::new(Code::UnexpectedCharacter, found.span(), "values go through no `|`")
        .label(NO_SIGN)
        .edit(format!("call the method: `.{text}{parens}`"), Span::new(before.end, name.end), format!(".{text}{call}"));
    let dot = Token { kind: Kind::Dot, ..found };
    let at = |kind| Token { kind, start: name.end, end: name.end };
    let call = [at(Kind::LParen), at(Kind::RParen)].into_iter().filter(|_| !is_called);
    Some(failure.meant(diagnostic, failure.at..failure.at + 2, [dot, name].into_iter().chain(call)))
}

/// `a & b`, `a | b` between conditions.
fn of_bits(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found()?;
    let (kind, ours) = match found.kind {
        Kind::Ampersand => (Kind::And, "and"),
        Kind::Pipe if !failure.place.has_types() => (Kind::Or, "or"),
        _ => return None,
    };
    failure.before(1).filter(|before| before.kind.ends_value())?;
    let theirs = failure.text(found);
    let from = failure.start_of(failure.at, joins);
    let to = failure.end_of(failure.at + 1, |kind| joins(kind) || matches!(kind, Kind::Ampersand | Kind::Pipe));
    let sides = [&failure.line[from..failure.at], failure.line.get(failure.at + 1..to)?];
    let diagnostic =
        Diagnostic::new(Code::UnexpectedCharacter, found.span(), format!("`{theirs}` is written `{ours}`"))
            .label(NO_SIGN);
    let is_number = |side: &[Token]| matches!(side, [only] if matches!(only.kind, Kind::Int | Kind::Float));
    if sides.iter().any(|side| side.is_empty() || is_number(side)) {
        let message = format!("`{theirs}` is no operator here");
        let diagnostic = Diagnostic { message, ..diagnostic }.label("there are none on bits");
        return Some(diagnostic.help("Conditions are joined with `and` and `or`.").into());
    }
    let sure = match sides.iter().all(|side| is_condition(failure, side)) && !binds_otherwise(failure) {
        true => Applicability::Sure,
        false => Applicability::Maybe,
    };
    let base = failure.written.base;
    let (start, end) = ((found.start - base) as usize, (found.end - base) as usize);
    let text = set_apart(failure.written.text, start, end, ours);
    let diagnostic = diagnostic.edit(format!("write `{ours}`"), found.span(), text).applicability(sure);
    Some(failure.taken_for(diagnostic, failure.at, kind))
}

/// Whether a word stands beside the sign at the place that binds weaker than the sign elsewhere, and stronger than the word
/// that takes its place: `a and b | c`, `not a & b`.
fn binds_otherwise(failure: Failure<'_>) -> bool {
    let is_end = |kind: Kind| divides(kind) || kind == Kind::Coalesce;
    let from = failure.operand_of(failure.at, is_end);
    let to = failure.end_of(failure.at, is_end);
    let (mut has_and, mut has_bar, mut has_not) = (false, false, false);
    for token in failure.level(from..to) {
        match (token.kind, failure.text(token)) {
            // Signs that were read as words before are still signs.
            (Kind::And, text) => has_and |= text != "&",
            (Kind::Pipe, _) | (Kind::Or, "|") => has_bar = true,
            // `!` binds stronger than all of them wherever it is written.
            (Kind::Not, text) => has_not |= text != "!",
            _ => {}
        }
    }
    has_not || (has_and && has_bar)
}

/// Whether an operand looks like what is true or false.
fn is_condition(failure: Failure<'_>, side: &[Token]) -> bool {
    let is_test = |token: &Token| {
        matches!(
            token.kind,
            Kind::Equal
                | Kind::NotEqual
                | Kind::Less
                | Kind::LessEqual
                | Kind::Greater
                | Kind::GreaterEqual
                | Kind::Not
                | Kind::And
                | Kind::Or
                | Kind::True
                | Kind::False
        )
    };
    let gives_truth = |token: &Token| {
        let tests = ["is_empty", "contains", "starts_with", "ends_with", "matches", "has"];
        token.kind == Kind::Ident && tests.contains(&failure.text(*token))
    };
    side.iter().any(|token| is_test(token) || gives_truth(token))
}

/// `text contains "x"`
fn word(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|found| found.kind == Kind::Ident && !failure.place.has_types())?;
    let word = failure.text(found);
    let ours = match word {
        "contains" | "includes" => "contains",
        "starts_with" | "startswith" | "startsWith" => "starts_with",
        "ends_with" | "endswith" | "endsWith" => "ends_with",
        "matches" => "matches",
        _ => return None,
    };
    let next = failure.token(1)?;
    let before = failure.before(1).filter(|before| before.kind.ends_value())?;
    let is_end = |kind: Kind| {
        use Kind::*;
        let compares = matches!(kind, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual);
        joins(kind) || compares || matches!(kind, Ampersand | Pipe | Question)
    };
    let from = failure.start_of(failure.at, |kind| is_end(kind) || kind == Kind::Not);
    let to = value_end(failure, failure.at + 1, is_end);
    // What does not end a value is no part that could be looked for.
    let part = failure.line.get(failure.at + 1..to)?;
    part.last().filter(|last| last.kind.ends_value())?;
    let is_name = failure.at == from + 1 && failure.line[from].kind == Kind::Str;
    let diagnostic = unexpected(found.span(), format!("`{word}` is no operator")).label("a method here");
    let is_tight = is_name || lambdas::receiver(failure.line, failure.at) == Some(from);
    if !is_tight || next.start == found.end {
        return Some(diagnostic.help(format!("The form is `text.{ours}(part)`.")).into());
    }
    let last = part[part.len() - 1];
    let edits = vec![(Span::new(before.end, next.start), format!(".{ours}(")), (last.span().after(), ")".to_owned())];
    let diagnostic = diagnostic.edits(format!("write `.{ours}(…)`"), edits);
    if ours != word {
        return Some(diagnostic.into());
    }
    let mark = |kind: Kind, at: u32| Token { kind, start: at, end: at };
    let head = [mark(Kind::Dot, before.end), found, mark(Kind::LParen, next.start)];
    let tokens = [&head, part, &[mark(Kind::RParen, last.end)]].concat();
    Some(failure.meant(diagnostic, failure.at..to, tokens))
}

/// Where the value that begins at `from` ends: before `is_end`, the end of the bracket around it, or a word or a value that no
/// operator joins to it.
fn value_end(failure: Failure<'_>, from: usize, is_end: impl Fn(Kind) -> bool) -> usize {
    let mut at = from;
    while let Some(token) = failure.line.get(at) {
        let behind_value = at > from && failure.line[at - 1].kind.ends_value();
        if is_end(token.kind) || (behind_value && begins_value(token.kind)) {
            return at;
        }
        at = match token.kind {
            Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => return at,
            Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => failure.end_of(at + 1, |_| false) + 1,
            _ => at + 1,
        };
    }
    failure.line.len()
}

/// Whether a token begins a value and never goes on with one.
fn begins_value(kind: Kind) -> bool {
    use Kind::*;
    let is_constant = matches!(kind, Int | Float | Duration | BadSuffix | True | False | Null);
    is_constant || kind.is_text() || matches!(kind, Ident | StrOpen | LBrace | Not)
}
