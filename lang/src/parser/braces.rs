//! Which braces hold a value in the manner of other languages: `if c { a } else { b }`, `match x { … }`.
//!
//! For the structure pass, to which every other brace behind a value begins a block. What such braces are here is told by
//! [`super::faults`].

use crate::lexer::{Kind, Token};
use crate::source::Source;

/// Words with which other languages begin a choice among values.
pub(super) const CHOICES: [&str; 4] = ["match", "switch", "case", "when"];

/// Words with which other languages begin a further condition.
pub(super) const FURTHER: [&str; 3] = ["elif", "elseif", "elsif"];

/// A value in braces that is longer is none.
const MAX_TOKENS: usize = 500;

/// Whether the brace at `index` of the tokens holds a value of the line that `out` ends with.
pub(super) fn holds_value(source: &Source, tokens: &[Token], out: &[Token], index: usize) -> bool {
    follows_condition(source, out) && !holds_items(source, tokens, index)
}

/// Whether the line goes on with a choice whose condition ends here.
fn follows_condition(source: &Source, out: &[Token]) -> bool {
    let mut depth = 0_usize;
    for (at, token) in out.iter().enumerate().rev() {
        match token.kind {
            Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => depth += 1,
            Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen if depth == 0 => return false,
            Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => depth -= 1,
            Kind::Newline | Kind::BlockOpen | Kind::BlockClose => return false,
            _ if depth > 0 => {}
            Kind::Then | Kind::Else => return false,
            Kind::If => return at + 1 < out.len() && begins_value(source, &out[..at]),
            Kind::Ident if at + 1 < out.len() => {
                let word = source.slice(token.span());
                let behind_brace = at.checked_sub(1).is_some_and(|before| out[before].kind == Kind::RBrace);
                if FURTHER.contains(&word) && behind_brace {
                    return true;
                }
                let behind_sign = at.checked_sub(1).is_some_and(|before| {
                    matches!(out[before].kind, Kind::Assign | Kind::Colon | Kind::Comma | Kind::Then | Kind::Else)
                });
                if CHOICES.contains(&word) && behind_sign {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// Whether a value may begin behind these tokens, within a line that has begun.
fn begins_value(source: &Source, out: &[Token]) -> bool {
    let Some(previous) = out.last() else { return false };
    let begins_line = || {
        let before = out.len().checked_sub(2).map(|at| out[at].kind);
        matches!(before, None | Some(Kind::Newline | Kind::BlockOpen))
    };
    match previous.kind {
        Kind::Newline | Kind::BlockOpen | Kind::BlockClose | Kind::Doc => false,
        Kind::Ident => {
            begins_line() && matches!(source.slice(previous.span()), "expect" | "when" | "result" | "return" | "until")
        }
        kind => !kind.ends_value(),
    }
}

/// Whether an item begins on a line within the braces at `index`; a `let` may lead to the value.
fn holds_items(source: &Source, tokens: &[Token], index: usize) -> bool {
    let begins_item = |at: usize| item_start(source, tokens, at).is_some_and(|word| word != "let");
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(index).take(MAX_TOKENS) {
        match token.kind {
            Kind::LBrace => depth += 1,
            Kind::RBrace if depth == 1 => return false,
            Kind::RBrace => depth -= 1,
            Kind::Newline if begins_item(at + 1) => return true,
            _ => {}
        }
        if at == index && begins_item(at + 1) {
            return true;
        }
    }
    true
}

/// The word with which an item begins at `index`, if the tokens after it fit too.
pub(super) fn item_start<'s>(source: &'s Source, tokens: &[Token], mut index: usize) -> Option<&'s str> {
    while tokens.get(index).is_some_and(|token| matches!(token.kind, Kind::Doc | Kind::Newline)) {
        index += 1;
    }
    let first = tokens.get(index).filter(|token| token.kind == Kind::Ident)?;
    let kind = |ahead: usize| tokens.get(index + ahead).map_or(Kind::Newline, |token| token.kind);
    let word = source.slice(first.span());
    let fits = match word {
        // Two names in a row stand nowhere else.
        "step" | "let" | "each" | "output" | "type" | "input" => kind(1) == Kind::Ident,
        "rationale" | "context" | "assume" | "verify" | "reuse" | "gate" | "plan" => {
            kind(1).is_text() || kind(1) == Kind::StrOpen
        }
        "critical" | "together" => kind(1) == Kind::LBrace,
        "catalogue" => kind(1) == Kind::Ident && kind(2) == Kind::LBrace,
        "tool" => matches!(kind(1), Kind::Ident | Kind::LParen),
        _ => false,
    };
    fits.then_some(word)
}
