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

/// Whether a line goes on with a choice in the manner of other languages, whose condition may end here.
#[derive(Clone, Copy, Default)]
pub(super) struct Choice {
    /// Without its last token, where that is the word of a choice: behind it a condition is still to come.
    is_open: bool,
    with_last: bool,
}

impl Choice {
    pub(super) fn is_open(self) -> bool {
        self.is_open
    }

    /// With one token more, which is the first of `rest` and stands behind `out`.
    pub(super) fn with(self, source: &Source, out: &[Token], rest: &[Token], token: Token) -> Choice {
        let all = |is_open: bool| Choice { is_open, with_last: is_open };
        match token.kind {
            Kind::Then | Kind::Else => all(false),
            Kind::If => all(begins_value(source, out)),
            Kind::Ident if begins_choice(source, out, rest, token) => {
                Choice { is_open: self.with_last, with_last: true }
            }
            _ => all(self.with_last),
        }
    }
}

/// Whether a word begins a choice, or goes on with one.
fn begins_choice(source: &Source, out: &[Token], rest: &[Token], token: Token) -> bool {
    let word = source.slice(token.span());
    if FURTHER.contains(&word) {
        return out.last().is_some_and(|before| before.kind == Kind::RBrace);
    }
    // Anything else may be called so: `case.n`, `case in list`.
    let follows = rest.get(1).is_some_and(|next| {
        use Kind::*;
        next.kind.is_text()
            || matches!(
                next.kind,
                Ident | Int | Float | Duration | StrOpen | True | False | Null | LParen | Not | Minus
            )
    });
    CHOICES.contains(&word) && follows && begins_value(source, out)
}

/// Whether a value may begin behind these tokens, within a line that has begun.
fn begins_value(source: &Source, out: &[Token]) -> bool {
    let Some(previous) = out.last() else { return false };
    let before = out.len().checked_sub(2).map(|at| out[at].kind);
    match previous.kind {
        Kind::Newline | Kind::BlockOpen | Kind::BlockClose | Kind::Doc => false,
        Kind::Ident => match source.slice(previous.span()) {
            "expect" | "when" | "result" | "return" => matches!(before, None | Some(Kind::Newline | Kind::BlockOpen)),
            // `poll every 2s for 1m until …`
            "until" => before == Some(Kind::Duration),
            _ => false,
        },
        kind => !kind.ends_value(),
    }
}

/// What the braces of a text hold; found once for all of them.
pub(super) struct Braces {
    /// Of each token that opens a brace, the one that closes it; none: itself.
    closes: Vec<u32>,
    /// How many items begin before each token; a `let` may lead to a value.
    items: Vec<u32>,
}

impl Braces {
    pub(super) fn of(source: &Source, tokens: &[Token]) -> Braces {
        let mut braces = Braces { closes: vec![0; tokens.len()], items: Vec::with_capacity(tokens.len()) };
        let (mut open, mut items) = (Vec::new(), 0);
        for (index, token) in tokens.iter().enumerate() {
            // An item begins on a line, or right behind a brace.
            let may_begin =
                index.checked_sub(1).is_some_and(|at| matches!(tokens[at].kind, Kind::Newline | Kind::LBrace));
            let begins = may_begin && token.kind == Kind::Ident;
            items += u32::from(begins && item_start(source, tokens, index).is_some_and(|word| word != "let"));
            braces.items.push(items);
            braces.closes[index] = index as u32;
            match token.kind {
                Kind::LBrace => open.push(index),
                Kind::RBrace => open.pop().into_iter().for_each(|at| braces.closes[at] = index as u32),
                _ => {}
            }
        }
        braces
    }

    /// Whether an item begins within the braces at `index`, or they are never closed.
    pub(super) fn hold_items(&self, index: usize) -> bool {
        let close = self.closes[index] as usize;
        close == index || self.items[index] < self.items[close]
    }
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
