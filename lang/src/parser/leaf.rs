//! The leaves of the grammar: parsers of single tokens, and what all rules share.
//!
//! All rules are generic over the error: [`chumsky::error::EmptyErr`] while nothing is wrong, [`chumsky::error::Rich`] to
//! find out what is.

use crate::lexer::{Kind, Token, literal};
use crate::source::Span;
use crate::syntax::{DurationLit, Ident, Mark, Marked, Text};
use chumsky::error::{EmptyErr, Error, LabelError, Rich};
use chumsky::extra::{Full, SimpleState};
use chumsky::input::InputRef;
use chumsky::prelude::*;
use smol_str::SmolStr;

/// The tokens of one item.
pub(super) type In<'s> = &'s [Token];

/// The text behind the tokens, as state of the parse.
#[derive(Clone, Copy)]
pub(super) struct Written<'s> {
    pub text: &'s str,
    pub base: u32,
}

impl<'s> Written<'s> {
    pub fn slice(self, span: Span) -> &'s str {
        &self.text[(span.start - self.base) as usize..(span.end - self.base) as usize]
    }

    /// Whether a token stands behind the name of this tool.
    pub fn is_behind(self, token: Token, tool: &str) -> bool {
        let mut rest = self.text[..(token.start - self.base) as usize].trim_end();
        for (at, word) in tool.rsplit('.').enumerate() {
            let dot = if at == 0 { Some(rest) } else { rest.strip_suffix('.').map(str::trim_end) };
            let Some(shorter) = dot.and_then(|rest| rest.strip_suffix(word)) else { return false };
            rest = shorter.trim_end();
            if rest.len() == shorter.len() && rest.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                return false;
            }
        }
        !rest.ends_with('.')
    }

    pub fn token(self, token: Token) -> &'s str {
        self.slice(token.span())
    }

    pub fn ident(self, token: Token) -> Ident {
        Ident { name: SmolStr::new(self.token(token)), span: token.span() }
    }
}

/// What a parser carries besides its input.
pub(super) type Ex<'s, R> = Full<R, SimpleState<Written<'s>>, ()>;

/// An error that the rules can make.
pub(super) trait Fault<'s>: Error<'s, In<'s>> + LabelError<'s, In<'s>, &'static str> + 's {
    /// Whether it tells nothing of what was expected, so that rules may leave out what only serves to tell.
    const IS_EMPTY: bool;
}

impl<'s> Fault<'s> for EmptyErr {
    const IS_EMPTY: bool = true;
}

impl<'s> Fault<'s> for Rich<'s, Token> {
    const IS_EMPTY: bool = false;
}

/// A rule.
pub(super) trait Rule<'s, O, R: Fault<'s>>: Parser<'s, In<'s>, O, Ex<'s, R>> + Clone {}

impl<'s, O, R: Fault<'s>, P: Parser<'s, In<'s>, O, Ex<'s, R>> + Clone> Rule<'s, O, R> for P {}

/// One token for which `take` gives a value; `label` says what was expected otherwise.
pub(super) fn leaf<'s, O, R: Fault<'s>>(
    label: &'static str,
    take: impl Fn(Token, Written<'s>) -> Option<O> + Copy + 's,
) -> impl Rule<'s, O, R> {
    custom(move |input: &mut InputRef<'s, '_, In<'s>, Ex<'s, R>>| {
        let before = input.cursor();
        let found = input.peek_ref();
        if let Some(token) = found
            && let Some(value) = take(*token, input.state().0)
        {
            input.skip();
            return Ok(value);
        }
        let span = input.span_since(&before);
        Err(R::expected_found([label], found.map(Into::into), span))
    })
}

/// A token of one kind.
pub(super) fn token<'s, R: Fault<'s>>(kind: Kind, label: &'static str) -> impl Rule<'s, Token, R> {
    leaf(label, move |token, _| (token.kind == kind).then_some(token))
}

/// A word that is a keyword only here.
pub(super) fn word<'s, R: Fault<'s>>(word: &'static str, label: &'static str) -> impl Rule<'s, Token, R> {
    leaf(label, move |token, written: Written<'s>| {
        (token.kind == Kind::Ident && written.token(token) == word).then_some(token)
    })
}

/// Any name.
pub(super) fn name<'s, R: Fault<'s>>(label: &'static str) -> impl Rule<'s, Ident, R> {
    leaf(label, |token, written: Written<'s>| (token.kind == Kind::Ident).then(|| written.ident(token)))
}

/// `name:`, both tokens or neither.
pub(super) fn argument_name<'s, R: Fault<'s>>() -> impl Rule<'s, Ident, R> {
    argument_with(|_| true)
}

/// `name:` with one of these names, both tokens or neither.
pub(super) fn argument_of<'s, R: Fault<'s>>(wanted: &'static [&'static str]) -> impl Rule<'s, Ident, R> {
    argument_with(move |name| wanted.contains(&name))
}

fn argument_with<'s, R: Fault<'s>>(fits: impl Fn(&str) -> bool + Copy + 's) -> impl Rule<'s, Ident, R> {
    custom(move |input: &mut InputRef<'s, '_, In<'s>, Ex<'s, R>>| {
        let before = input.cursor();
        let found = input.peek_ref();
        let tokens: &[Token] = input.slice_from(&before..);
        if let [name, colon, ..] = tokens
            && name.kind == Kind::Ident
            && colon.kind == Kind::Colon
            && fits(input.state().0.token(*name))
        {
            let written = input.state().0;
            input.skip();
            input.skip();
            return Ok(written.ident(*name));
        }
        let span = input.span_since(&before);
        Err(R::expected_found(["an argument"], found.map(Into::into), span))
    })
}

/// The name of a field: one that is none stands in quotes.
pub(super) fn field_name<'s, R: Fault<'s>>() -> impl Rule<'s, Ident, R> {
    leaf("the name of a field", |token, written: Written<'s>| match token.kind {
        Kind::Ident => Some(written.ident(token)),
        kind if kind.is_text() => {
            Some(Ident { name: literal::text(token, written.token(token)).into(), span: token.span() })
        }
        _ => None,
    })
}

/// A constant text.
pub(super) fn text<'s, R: Fault<'s>>(label: &'static str) -> impl Rule<'s, Text, R> {
    leaf(label, |token, written: Written<'s>| {
        token.kind.is_text().then(|| Text { value: literal::text(token, written.token(token)), span: token.span() })
    })
}

/// `30s`
pub(super) fn duration<'s, R: Fault<'s>>(label: &'static str) -> impl Rule<'s, DurationLit, R> {
    leaf(label, |token, written: Written<'s>| {
        (token.kind == Kind::Duration).then(|| DurationLit {
            ms: literal::duration_ms(written.token(token)).unwrap_or(u64::MAX),
            span: token.span(),
        })
    })
}

/// Words such as `data` before what they are said of, which begins with one of `kinds`. Without it the word is a name.
pub(super) fn marks<'s, R: Fault<'s>>(kinds: &'static [Kind]) -> impl Rule<'s, Vec<Marked>, R> {
    custom(move |input: &mut InputRef<'s, '_, In<'s>, Ex<'s, R>>| {
        let mut marks = Vec::new();
        loop {
            let at = input.cursor();
            let tokens: &[Token] = input.slice_from(&at..);
            let [word, next, ..] = tokens else { return Ok(marks) };
            let mark = (word.kind == Kind::Ident).then(|| Mark::parse(input.state().0.token(*word))).flatten();
            let (Some(mark), true) = (mark, kinds.contains(&next.kind)) else { return Ok(marks) };
            marks.push(Marked { mark, span: word.span() });
            input.skip();
        }
    })
}

/// The `///` lines before a declaration.
pub(super) fn doc<'s, R: Fault<'s>>() -> impl Rule<'s, Option<Text>, R> {
    custom(move |input: &mut InputRef<'s, '_, In<'s>, Ex<'s, R>>| {
        let mut doc: Option<Text> = None;
        while let Some(token) = input.peek_ref().filter(|token| token.kind == Kind::Doc) {
            let line = &input.state().0.token(*token)[3..];
            let line = line.strip_prefix(' ').unwrap_or(line);
            match &mut doc {
                Some(doc) => {
                    doc.value.push('\n');
                    doc.value.push_str(line);
                    doc.span = doc.span.to(token.span());
                }
                None => doc = Some(Text { value: line.to_owned(), span: token.span() }),
            }
            input.skip();
        }
        Ok(doc)
    })
}
