//! Expressions and heads of lines in the manner of other languages, each with the form that it has here.

use super::{Failure, Place, Slip, unexpected, unquoted};
use crate::diagnostic::{CONDITION_FIRST, NO_OPERATOR, NO_SIGN, NO_TUPLES};
use crate::lexer::{KEYWORDS, Kind, Token, is_name};
use crate::source::Span;

pub(super) fn foreign(failure: Failure<'_>) -> Option<Slip> {
    None.or_else(|| superfluous_word(failure))
        .or_else(|| quoted_name(failure))
        .or_else(|| ternary(failure))
        .or_else(|| if_behind(failure))
        .or_else(|| is_null(failure))
        .or_else(|| not_in(failure))
        .or_else(|| other_word(failure))
        .or_else(|| unit(failure))
        .or_else(|| power(failure))
        .or_else(|| optional_input(failure))
        .or_else(|| slice(failure))
        .or_else(|| tuple(failure))
        .or_else(|| spread(failure))
        .or_else(|| keyword_as_name(failure))
}

/// `let mut a = 1`, `step a = await fs.read(…)`
fn superfluous_word(failure: Failure<'_>) -> Option<Slip> {
    failure.found().filter(|token| token.kind == Kind::Ident)?;
    let word = failure.before(1).filter(|token| token.kind == Kind::Ident)?;
    let is_known = match failure.at {
        2 => failure.place.declares() && matches!(failure.text(word), "mut" | "const" | "var" | "let" | "async"),
        _ => matches!(failure.text(word), "await" | "new" | "async" | "return" | "yield" | "call"),
    };
    if !is_known {
        return None;
    }
    let text = failure.text(word);
    let span = Span::new(word.start, failure.found()?.start);
    let diagnostic = unexpected(word.span(), format!("there is no `{text}` here")).label("one word too many").edit(
        "remove it",
        span,
        "",
    );
    Some(failure.without(diagnostic, failure.at - 1))
}

/// `{ "a": 1 }`, `f("a": 1)`, `step "a" = …`
fn quoted_name(failure: Failure<'_>) -> Option<Slip> {
    let kind = failure.kind()?;
    let at = match kind {
        Kind::Colon => failure.at.checked_sub(1)?,
        _ => failure.at,
    };
    let token = failure.line.get(at).filter(|token| token.kind == Kind::Str)?;
    let next = failure.line.get(at + 1)?.kind;
    let fits = match failure.bracket() {
        Some(Kind::LParen | Kind::LBrace) => next == Kind::Colon,
        _ => at == 1 && failure.place.declares() && next == Kind::Assign,
    };
    if !fits {
        return None;
    }
    let inside = unquoted(failure.written, *token);
    let name = failure.text(inside);
    let is_valid = is_name(name);
    let diagnostic = unexpected(token.span(), "a name stands without quotes").label("a string");
    let declares = next == Kind::Assign;
    if is_valid && !(declares && KEYWORDS.contains(&name)) {
        let diagnostic = diagnostic.edit(format!("write `{name}`"), token.span(), name);
        return Some(failure.meant(diagnostic, at..at + 1, [inside]));
    }
    let help = "Names are letters, digits and `_`, and begin with no digit.";
    let Some(made) = made_name(name).filter(|_| declares) else { return Some(diagnostic.help(help).into()) };
    // Where the plan uses the name that is made of it, the token is taken from there: what uses it finds it.
    let here = (token.start - failure.written.base) as usize;
    let uses = words(failure.written.text, here, &made).collect::<Vec<_>>();
    let is_declared = uses.iter().any(|at| {
        let before = failure.written.text[..*at].trim_end();
        ["step", "let", "input", "output", "each", "type"].iter().any(|word| before.ends_with(word))
    });
    if is_declared {
        return Some(diagnostic.help(help).into());
    }
    let diagnostic = diagnostic.help(help).edit(format!("call it `{made}`"), token.span(), &*made);
    let start = uses.first().map(|at| failure.written.base + *at as u32);
    let named = start.map_or(inside, |start| Token { kind: Kind::Ident, start, end: start + made.len() as u32 });
    Some(failure.meant(diagnostic, at..at + 1, [named]))
}

/// A name made of the words of a text.
fn made_name(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let name = words.join("_");
    let name = if KEYWORDS.contains(&name.as_str()) { format!("{name}_") } else { name };
    (text.is_ascii() && is_name(&name)).then_some(name)
}

/// How far from a name its uses are looked for.
const MAX_DISTANCE: usize = 16 << 10;

/// Where a text holds a word, not far from a place.
fn words<'t>(text: &'t str, place: usize, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let from = text.floor_char_boundary(place.saturating_sub(MAX_DISTANCE));
    let to = text.floor_char_boundary((place + MAX_DISTANCE).min(text.len()));
    text[from..to]
        .match_indices(word)
        .map(move |(at, _)| from + at)
        .filter(move |at| !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

/// What divides operands that no choice reaches over.
pub(super) fn divides(kind: Kind) -> bool {
    use Kind::*;
    matches!(kind, Comma | Colon | Assign | If | Then | Else | For | Newline)
}

/// A word in place of a sign, with spaces where the sign had none.
fn word_for(failure: Failure<'_>, at: usize, word: &str) -> (Span, String) {
    let token = failure.line[at];
    let before = if at.checked_sub(1).is_some_and(|at| failure.line[at].end == token.start) { " " } else { "" };
    let after = if failure.line.get(at + 1).is_some_and(|next| next.start == token.end) { " " } else { "" };
    (token.span(), format!("{before}{word}{after}"))
}

/// `c ? a : b`
fn ternary(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind == Kind::Question && !failure.place.has_types())?;
    if let Some(slip) = null_index(failure, found) {
        return Some(slip);
    }
    let diagnostic = unexpected(found.span(), "a choice is written `if … then … else …`")
        .label(NO_OPERATOR)
        .help("A field of what may be null is `a?.b`, a default for it `a ?? b`.");
    let colon = failure.end_of(failure.at + 1, |kind| matches!(kind, Kind::Colon | Kind::Comma));
    if failure.line.get(colon).is_none_or(|token| token.kind != Kind::Colon) || colon == failure.at + 1 {
        return Some(diagnostic.into());
    }
    let start = failure.operand_of(failure.at, divides);
    let begin = failure.line[start].span().before();
    let replacements =
        vec![(begin, "if ".to_owned()), word_for(failure, failure.at, "then"), word_for(failure, colon, "else")];
    let diagnostic = diagnostic.edits("write `if … then … else …`", replacements);
    let mut line = failure.line.to_vec();
    line[failure.at].kind = Kind::Then;
    line[colon].kind = Kind::Else;
    // A word before a colon was taken for a name.
    line[colon - 1].kind = match failure.text(line[colon - 1]) {
        "true" => Kind::True,
        "false" => Kind::False,
        "null" => Kind::Null,
        _ => line[colon - 1].kind,
    };
    line.insert(start, Token { kind: Kind::If, start: begin.start, end: begin.start });
    Some(Slip { diagnostic, meant: Some(line) })
}

/// `list?[0]`
fn null_index(failure: Failure<'_>, found: Token) -> Option<Slip> {
    let open = failure.token(1).filter(|open| open.kind == Kind::LBracket && open.start == found.end)?;
    let before = failure.before(1).filter(|before| before.kind.ends_value() && before.end == found.start)?;
    let close = failure.end_of(failure.at + 2, |_| false);
    let end = failure.line.get(close).filter(|end| end.kind == Kind::RBracket)?;
    // With a colon behind it, it is a choice that gives a list.
    if failure.line.get(close + 1).is_some_and(|next| next.kind == Kind::Colon) {
        return None;
    }
    let diagnostic = unexpected(found.span().to(open.span()), "what may be null has no index")
        .label(NO_OPERATOR)
        .help("The first item is `list?.first()`, another one `(list ?? [])[1]`.");
    let index: Vec<&str> = failure.line[failure.at + 2..close].iter().map(|token| failure.text(*token)).collect();
    let method = match index.as_slice() {
        ["0"] => "first",
        ["-", "1"] => "last",
        _ => return Some(diagnostic.into()),
    };
    let whole = Span::new(before.end, end.end);
    let text = format!("?.{method}()");
    Some(failure.meant(diagnostic.edit(format!("write `{text}`"), whole, text), failure.at..close + 1, []))
}

/// `a if c else b`
fn if_behind(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind == Kind::If)?;
    failure.before(1).filter(|token| token.kind.ends_value())?;
    let otherwise = failure.end_of(failure.at + 1, |kind| matches!(kind, Kind::Else | Kind::Comma));
    let start = failure.operand_of(failure.at, divides);
    let is_choice = failure.line.get(otherwise).is_some_and(|token| token.kind == Kind::Else);
    if !is_choice || otherwise == failure.at + 1 || start >= failure.at {
        return None;
    }
    let condition = &failure.line[failure.at + 1..otherwise];
    let text = failure.text_of(condition[0], condition[condition.len() - 1]);
    let diagnostic = unexpected(found.span(), "a choice is written `if … then … else …`").label(CONDITION_FIRST).edits(
        "write `if … then … else …`",
        vec![
            (failure.line[start].span().before(), format!("if {text} then ")),
            (Span::new(found.start, failure.line[otherwise].start), String::new()),
        ],
    );
    let value = &failure.line[start..failure.at];
    let then = Token { kind: Kind::Then, ..found };
    let tokens = [&[found], condition, &[then], value].concat();
    Some(failure.meant(diagnostic, start..otherwise, tokens))
}

/// `a is null`, `a is not None`
fn is_null(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind == Kind::Ident && failure.text(*token) == "is")?;
    failure.before(1).filter(|token| token.kind.ends_value())?;
    let negated = failure.token(1).filter(|token| token.kind == Kind::Not);
    let (kind, ours) = match negated {
        Some(_) => (Kind::NotEqual, "!="),
        None => (Kind::Equal, "=="),
    };
    let span = found.span().to(negated.unwrap_or(found).span());
    let theirs = if negated.is_some() { "is not" } else { "is" };
    let diagnostic = unexpected(span, format!("`{theirs}` is written `{ours}`")).label(NO_SIGN).edit(
        format!("write `{ours}`"),
        span,
        ours,
    );
    let count = if negated.is_some() { 2 } else { 1 };
    let token = Token { kind, start: span.start, end: span.end };
    Some(failure.meant(diagnostic, failure.at..failure.at + count, [token]))
}

/// `a not in list`
fn not_in(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind == Kind::Not)?;
    let next = failure.token(1).filter(|token| token.kind == Kind::In)?;
    failure.before(1).filter(|token| token.kind.ends_value())?;
    let start = failure.operand_of(failure.at, |kind| {
        divides(kind) || matches!(kind, Kind::And | Kind::Or | Kind::Not | Kind::Coalesce)
    });
    let begin = failure.line[start].span().before();
    let diagnostic =
        unexpected(found.span().to(next.span()), "`not` stands before the comparison").label(NO_SIGN).edits(
            "write `not … in …`",
            vec![(begin, "not ".to_owned()), (Span::new(found.start, next.start), String::new())],
        );
    let mut line = failure.line.to_vec();
    let not = Token { kind: Kind::Not, start: begin.start, end: begin.start };
    line.remove(failure.at);
    line.insert(start, not);
    Some(Slip { diagnostic, meant: Some(line) })
}

/// `elif` in a choice, `where` and `order by` in a comprehension.
fn other_word(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind == Kind::Ident)?;
    let next = failure.token(1);
    let is_by = next.is_some_and(|next| failure.text(next) == "by");
    let token = |kind: Kind| Token { kind, ..found };
    let (span, ours, tokens, count) = match failure.found_text() {
        "elif" | "elsif" | "elseif" if failure.expects("`else`") => {
            (found.span(), "else if", vec![token(Kind::Else), token(Kind::If)], 1)
        }
        "where" | "when" if failure.expects("`if`") => (found.span(), "if", vec![token(Kind::If)], 1),
        "order" | "sort" | "sorted" if is_by && failure.expects("`by`") => {
            (found.span().to(next?.span()), "by", next.into_iter().collect(), 2)
        }
        _ => return None,
    };
    let text = failure.written.slice(span);
    let diagnostic = unexpected(span, format!("`{text}` is written `{ours}`"))
        .label("a word of another language")
        .edit(format!("write `{ours}`"), span, ours);
    Some(failure.meant(diagnostic, failure.at..failure.at + count, tokens))
}

/// `14 days`, `2.5 mg`
fn unit(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind == Kind::Ident)?;
    let number = failure.before(1).filter(|token| matches!(token.kind, Kind::Int | Kind::Float))?;
    let ours = match failure.found_text() {
        "ms" | "millis" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "week" | "weeks" | "month" | "months" | "year" | "years" => {
            let diagnostic =
                unexpected(found.span(), "durations have `ms`, `s`, `m`, `h` or `d`").label("no unit here");
            return Some(diagnostic.help("A week is `7d`; months are added by `day.add_months(1)`.").into());
        }
        _ if failure.expects("an operator") && failure.bracket().is_none() && failure.line.len() == failure.at + 1 => {
            let diagnostic = unexpected(found.span(), "a number has no unit").label("one word too many");
            return Some(diagnostic.help("What it counts says the name of the value: `dose_mg`.").into());
        }
        _ => return None,
    };
    if number.kind == Kind::Float {
        return None;
    }
    let span = number.span().to(found.span());
    let text = format!("{}{ours}", failure.text(number));
    let diagnostic = unexpected(span, "the unit of a duration stands right behind its number")
        .label("in short, without a blank")
        .edit(format!("write `{text}`"), span, text);
    let token = Token { kind: Kind::Duration, ..number };
    Some(failure.meant(diagnostic, failure.at - 1..failure.at + 1, [token]))
}

/// `a ** 2`
fn power(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind == Kind::Star)?;
    let before = failure.before(1).filter(|before| before.kind == Kind::Star && before.end == found.start)?;
    let diagnostic = unexpected(before.span().to(found.span()), "no operator raises to a power").label(NO_SIGN);
    Some(diagnostic.help("Write it out, `x * x`; the root is `x.sqrt()`.").into())
}

/// `input a?: string`
fn optional_input(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind == Kind::Question && failure.at == 2)?;
    let is_typed = failure.token(1).is_some_and(|next| next.kind == Kind::Colon);
    if failure.place != Place::Input || !is_typed {
        return None;
    }
    let has_default = failure.line.iter().any(|token| token.kind == Kind::Assign);
    let end = failure.line.last()?.span().after();
    let mut edits = vec![(found.span(), String::new())];
    if !has_default {
        edits.push((end, "? = null".to_owned()));
    }
    let diagnostic = unexpected(found.span(), "no `?` stands behind the name of an input")
        .label("one sign too many")
        .help("An input with a default may be left out; one that may be null is `input name: T? = null`.")
        .edits("write it so", edits)
        .maybe();
    Some(failure.without(diagnostic, failure.at))
}

/// `list[0:3]`, `list[1:]`, `list[:3]`
fn slice(failure: Failure<'_>) -> Option<Slip> {
    let colon = failure.found().filter(|token| token.kind == Kind::Colon)?;
    let start = failure.start_of(failure.at, |_| false);
    let open = failure.line.get(start.checked_sub(1)?).filter(|token| token.kind == Kind::LBracket)?;
    failure.line.get(start.checked_sub(2)?).filter(|token| token.kind.ends_value())?;
    let end = failure.end_of(failure.at + 1, |_| false);
    let close = failure.line.get(end).filter(|token| token.kind == Kind::RBracket)?;
    let diagnostic =
        unexpected(colon.span(), "a part of a list or text is taken with `.slice(0, 2)`").label("no index");
    let [from, to] = [&failure.line[start..failure.at], &failure.line[failure.at + 1..end]];
    let counts_back = |bound: &[Token]| bound.first().is_some_and(|token| token.kind == Kind::Minus);
    if counts_back(from) || counts_back(to) || to.iter().any(|token| token.kind == Kind::Colon) {
        let help = "All but the last are `list.take(list.length() - 1)`, the last two `list.drop(list.length() - 2)`.";
        return Some(diagnostic.help(help).into());
    }
    let replacements = match (from, to) {
        ([], []) => return Some(diagnostic.into()),
        ([], _) => vec![(open.span().to(colon.span()), ".slice(0, ".to_owned()), (close.span(), ")".to_owned())],
        (_, []) => vec![(open.span(), ".slice(".to_owned()), (colon.span().to(close.span()), ")".to_owned())],
        _ => {
            vec![(open.span(), ".slice(".to_owned()), (colon.span(), ", ".to_owned()), (close.span(), ")".to_owned())]
        }
    };
    Some(diagnostic.edits("write `.slice(…)`", replacements).maybe().into())
}

/// `(1, 2)`
fn tuple(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind == Kind::Comma)?;
    let start = failure.start_of(failure.at, |_| false);
    let open = failure.line.get(start.checked_sub(1)?).filter(|token| token.kind == Kind::LParen)?;
    if start.checked_sub(2).is_some_and(|at| failure.line[at].kind.ends_value() && at > 0) {
        return None;
    }
    let end = failure.end_of(failure.at, |_| false);
    let close = failure.line.get(end).filter(|token| token.kind == Kind::RParen)?;
    let diagnostic = unexpected(found.span(), "a list stands in brackets, `[…]`")
        .label(NO_TUPLES)
        .edits("write a list", vec![(open.span(), "[".to_owned()), (close.span(), "]".to_owned())]);
    let mut line = failure.line.to_vec();
    line[start - 1].kind = Kind::LBracket;
    line[end].kind = Kind::RBracket;
    Some(Slip { diagnostic, meant: Some(line) })
}

/// `{ ...a, b: 1 }`, `[...a, 1]`
fn spread(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind == Kind::Ellipsis && !failure.place.has_types())?;
    let help = match failure.bracket() {
        Some(Kind::LBracket) => "Lists are joined with `.concat`: `a.concat([b])`.",
        _ => "A record names all its fields: `{ name: a.name, size: a.size }`.",
    };
    Some(unexpected(found.span(), "nothing is spread here").label("no `...` in values").help(help).into())
}

/// `step in = …`
fn keyword_as_name(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind.is_word())?;
    let declares = failure.place.declares() || failure.place == Place::Input;
    if !declares || failure.at != 1 {
        return None;
    }
    let text = failure.text(found);
    let diagnostic = unexpected(found.span(), format!("`{text}` is a keyword and cannot be a name"))
        .label("no expression could refer to it")
        .edit(format!("call it `{text}_`"), found.span(), format!("{text}_"))
        .maybe();
    Some(failure.taken_for(diagnostic, failure.at, Kind::Ident))
}
