//! Lines of `critical` in the manner of other languages: `create "a": "why"`, `modify("a", "why")`, `run "a" because "why"`,
//! several on one line.

use super::{Failure, Place, Slip, unexpected};
use crate::lexer::{Kind, Token};
use crate::source::Span;

pub(super) fn line(failure: Failure<'_>) -> Option<Slip> {
    if failure.place != Place::CriticalLine {
        return None;
    }
    next_line(failure).or_else(|| sign(failure)).or_else(|| called(failure))
}

/// The verbs, of which later phases know what they mean.
const VERBS: [&str; 6] = ["read", "create", "modify", "delete", "run", "contact"];

fn is_verb(failure: Failure<'_>, token: Token) -> bool {
    token.kind == Kind::Ident && VERBS.contains(&failure.text(token))
}

/// `create "a", modify "b"`, on one line or on two.
fn next_line(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found()?;
    let next = match found.kind {
        Kind::Comma => failure.token(1).filter(|next| is_verb(failure, *next)),
        _ => Some(found).filter(|next| failure.at > 1 && is_verb(failure, *next)),
    }?;
    let behind = failure.line.get(failure.at + usize::from(found.kind == Kind::Comma) + 1)?;
    if !behind.kind.is_text() {
        return None;
    }
    let before = failure.before(1)?;
    let between = failure.written.slice(Span::new(before.end, next.start));
    let text = if between.contains('\n') { "" } else { "\n    " };
    let span = if between.contains('\n') { found.span() } else { Span::new(before.end, next.start) };
    let (label, title) = match text.is_empty() {
        true => ("no comma divides them", "leave the comma out"),
        false => ("a second line begins here", "begin a new line"),
    };
    let diagnostic = unexpected(found.span(), "each resource has a line of its own").label(label);
    Some(failure.meant(diagnostic.edit(title, span, text), failure.at..failure.line.len(), []))
}

/// `create "a": "why"`, `create "a" because "why"`
fn sign(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found()?;
    let is_word =
        found.kind == Kind::Ident && matches!(failure.text(found), "because" | "why" | "reason" | "for" | "to");
    let is_sign = matches!(found.kind, Kind::Colon | Kind::Assign | Kind::Arrow | Kind::FatArrow | Kind::For);
    let reason = failure.token(1).filter(|next| next.kind.is_text() && (is_word || is_sign))?;
    if failure.at < 2 || failure.line.len() != failure.at + 2 {
        return None;
    }
    let text = failure.found_text();
    let before = failure.before(1)?;
    let diagnostic = unexpected(found.span(), format!("no `{text}` stands before the reason of a line"))
        .label("one too many")
        .edit("remove it", Span::new(before.end, reason.start), "  ");
    Some(failure.without(diagnostic, failure.at))
}

/// `modify("a", "why")`
fn called(failure: Failure<'_>) -> Option<Slip> {
    let open = failure.found().filter(|found| found.kind == Kind::LParen && failure.at == 1)?;
    let end = failure.end_of(failure.at + 1, |_| false);
    let close = failure.line.get(end).filter(|close| close.kind == Kind::RParen && end + 1 == failure.line.len())?;
    let inside = &failure.line[failure.at + 1..end];
    let comma = inside.iter().find(|token| token.kind == Kind::Comma);
    let is_plain = matches!(inside, [resource] if resource.kind.is_text())
        || matches!(inside, [resource, _, why] if resource.kind.is_text() && why.kind.is_text() && comma.is_some());
    if !is_plain {
        return None;
    }
    let mut edits = vec![(open.span(), " ".to_owned()), (close.span(), String::new())];
    edits.extend(comma.map(|comma| (comma.span(), " ".to_owned())));
    let diagnostic = unexpected(open.span(), "a line of `critical` is no call")
        .label("no parentheses")
        .help("The form is `verb \"resource\" \"why\"`.")
        .edits("leave the parentheses out", edits);
    let tokens: Vec<Token> = inside.iter().filter(|token| token.kind != Kind::Comma).copied().collect();
    Some(failure.meant(diagnostic, failure.at..failure.line.len(), tokens))
}
