//! A line that fails ⟶ the diagnostic that says why.
//!
//! First come the slips that people and models make most, each with its repair ([`slips`]), then the general form: what was
//! expected, in words of the language, and what stands there.
//! Lines that begin with no known word are in [`words`].

mod choices;
mod clauses;
mod comprehensions;
mod conversions;
mod critical;
mod foreign;
mod general;
mod lambdas;
mod operators;
mod prefixes;
mod slips;
mod steps;
mod texts;
mod types;
mod words;

pub use slips::{CLAUSES, ITEMS};

pub(super) use clauses::end_of_failure;
pub(super) use steps::{arguments_in_braces, call_of_pairs, step_as_block};
pub(super) use words::{bare, changed, is_item, named_behind, unknown_clause, unknown_item, words_of};

use super::leaf::Written;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Kind, Token, lex};
use crate::source::{Source, Span};
use chumsky::error::{Rich, RichPattern};
use std::ops::Range;

/// What was being parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File,
    Plan,
    Item,
    Rationale,
    Context,
    Input,
    Assume,
    AssumeCheck,
    CriticalHead,
    CriticalLine,
    Reuse,
    Let,
    Step,
    Each,
    EachItem,
    Result,
    TogetherHead,
    TogetherItem,
    WhenGroup,
    WhenItem,
    Gate,
    Clause,
    Because,
    After,
    When,
    Expect,
    Undo,
    Timeout,
    Retry,
    Poll,
    On,
    Verify,
    VerifyCheck,
    Output,
    Type,
    Catalogue,
    CatalogueItem,
    Tool,
    ToolClause,
    Effect,
    Word,
    Approval,
    Probe,
    Category,
    Named,
    Pinned,
    Simulate,
    Limit,
    Paged,
}

impl Place {
    /// The form of what stands here, where it has one of its own.
    fn form(self) -> Option<&'static str> {
        Some(match self {
            Place::Plan => "plan \"title\" { … }",
            Place::Rationale => "rationale \"text\"",
            Place::Context => "context \"text\"",
            Place::Input => "input name: type = default",
            Place::Assume => "assume \"text\" { condition }",
            Place::CriticalHead => "critical { … }",
            Place::CriticalLine => "verb \"resource\" \"why\"",
            Place::Reuse => "reuse \"path\" \"why\"",
            Place::Let => "let name = expression",
            Place::Step => "step name = tool(argument: value)",
            Place::Each => "each name = element in list { … }",
            Place::Result => "result expression",
            Place::TogetherHead => "together { … }",
            Place::WhenGroup => "when condition { … }",
            Place::Gate => "gate \"text\" show name, name",
            Place::Because => "because \"text\"",
            Place::After => "after step, step",
            Place::When => "when condition",
            Place::Expect => "expect condition",
            Place::Undo => "undo tool(argument: value)",
            Place::Timeout => "timeout 30s",
            Place::Retry => "retry 3 every 2s",
            Place::Poll => "poll every 30s for 20m until condition",
            Place::On => "on failure stop | continue | undo",
            Place::Verify => "verify \"text\" { … }",
            Place::Output => "output name = expression",
            Place::Type => "type Name = type",
            Place::Catalogue => "catalogue name { … }",
            Place::Tool => "tool name(parameter: type) -> type { … }",
            Place::Effect => "reads parameter when condition",
            Place::Approval => "approval auto | ask | deny",
            Place::Probe => "probe tool",
            Place::Category => "category name",
            Place::Named => "named \"name\"",
            Place::Pinned => "pinned \"sha256:…\"",
            Place::Simulate => "simulate catalogue.tool(parameter: parameter)",
            Place::Limit => "limit 10 per minute",
            Place::Paged => "paged cursor from result.next, at most 20",
            Place::File
            | Place::Item
            | Place::EachItem
            | Place::TogetherItem
            | Place::WhenItem
            | Place::AssumeCheck
            | Place::VerifyCheck
            | Place::Clause
            | Place::CatalogueItem
            | Place::ToolClause
            | Place::Word => return None,
        })
    }

    /// Whether it is a condition on a line of its own.
    fn is_condition(self) -> bool {
        matches!(
            self,
            Place::When | Place::WhenGroup | Place::Expect | Place::Poll | Place::AssumeCheck | Place::VerifyCheck
        )
    }

    /// Whether types stand here.
    fn has_types(self) -> bool {
        matches!(self, Place::Input | Place::Type | Place::Tool)
    }

    /// Whether a name and `=` stand behind the keyword.
    fn declares(self) -> bool {
        matches!(self, Place::Let | Place::Step | Place::Each | Place::Output | Place::Type)
    }
}

/// Something that does not go on as the rule wants.
fn unexpected(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, span, message)
}

/// What stands between the quotes of a string, as the name that it may have been meant to be.
fn unquoted(written: Written<'_>, token: Token) -> Token {
    let text = written.token(token);
    let width = |quote: Option<char>| quote.map_or(0, char::len_utf8) as u32;
    let start = token.start + width(text.chars().next());
    Token { kind: Kind::Ident, start, end: start.max(token.end - width(text.chars().next_back())) }
}

/// A condition in parentheses, unless it stands in one pair already. A bracket in a string or a comment is none.
pub(super) fn grouped(text: &str) -> String {
    let is_around = || {
        let source = Source { name: String::new(), text: text.into(), base: 0 };
        let tokens = lex(&source, &Diagnostics::default()).tokens;
        let mut depth = 0_usize;
        let closes = tokens.iter().position(|token| {
            match token.kind {
                Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => depth += 1,
                Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        });
        let (Some(first), Some(close)) = (tokens.first(), closes.map(|at| tokens[at])) else { return false };
        (first.kind, first.start) == (Kind::LParen, 0) && close.end as usize == text.len()
    };
    match text.starts_with('(') && text.ends_with(')') && is_around() {
        true => text.to_owned(),
        false => format!("({text})"),
    }
}

/// How many slips of one line are told apart.
pub(super) const MAX_SLIPS: usize = 20;

/// A mistake in a line, and the line as it was most likely meant.
struct Slip {
    diagnostic: Diagnostic,
    /// All tokens of the line; none: it cannot be told.
    meant: Option<Vec<Token>>,
}

impl From<Diagnostic> for Slip {
    fn from(diagnostic: Diagnostic) -> Slip {
        Slip { diagnostic, meant: None }
    }
}

/// A line and the place in it where no rule went on.
#[derive(Clone, Copy)]
struct Failure<'a> {
    written: Written<'a>,
    line: &'a [Token],
    at: usize,
    place: Place,
    expected: &'a [&'a str],
}

impl<'a> Failure<'a> {
    /// What stands `ahead` tokens behind the place.
    fn token(&self, ahead: usize) -> Option<Token> {
        self.line.get(self.at + ahead).copied()
    }

    fn found(&self) -> Option<Token> {
        self.token(0)
    }

    fn kind(&self) -> Option<Kind> {
        self.found().map(|token| token.kind)
    }

    /// The text between two tokens, both included.
    fn text_of(&self, first: Token, last: Token) -> &'a str {
        self.written.slice(first.span().to(last.span()))
    }

    /// The end of the bracket at `open`, or of what stands there up to a separator or the end of the bracket around it.
    fn end_of(&self, mut at: usize, is_end: impl Fn(Kind) -> bool) -> usize {
        let mut depth = 0_usize;
        while let Some(token) = self.line.get(at) {
            match token.kind {
                Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => depth += 1,
                Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose if depth == 0 => return at,
                Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => depth -= 1,
                kind if depth == 0 && is_end(kind) => return at,
                _ => {}
            }
            at += 1;
        }
        at
    }

    /// Where what ends before `at` begins: behind a separator, behind the start of the bracket around it, or behind the
    /// keyword of the line.
    fn start_of(&self, at: usize, is_start: impl Fn(Kind) -> bool) -> usize {
        self.start_where(at, |index| is_start(self.line[index].kind))
    }

    /// The same for an operand, which begins behind the `in` of a comprehension as well; `in` between operands is no start.
    fn operand_of(&self, at: usize, is_start: impl Fn(Kind) -> bool) -> usize {
        self.start_where(at, |index| {
            let before = |back: usize| index.checked_sub(back).map(|at| self.line[at].kind);
            let kind = self.line[index].kind;
            let draws = kind == Kind::In && before(1) == Some(Kind::Ident) && before(2) == Some(Kind::For);
            draws || is_start(kind)
        })
    }

    fn start_where(&self, at: usize, is_start: impl Fn(usize) -> bool) -> usize {
        let mut depth = 0_usize;
        for (index, token) in self.line[..at].iter().enumerate().rev() {
            match token.kind {
                Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => depth += 1,
                Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen if depth == 0 => return index + 1,
                Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => depth -= 1,
                _ if depth == 0 && is_start(index) => return index + 1,
                _ => {}
            }
        }
        let has_keyword = !matches!(self.place, Place::AssumeCheck | Place::VerifyCheck);
        usize::from(has_keyword).min(at)
    }

    /// The tokens of a part of the line that stand in none of its brackets.
    fn level(&self, part: Range<usize>) -> impl Iterator<Item = Token> {
        let mut depth = 0_usize;
        self.line[part].iter().copied().filter(move |token| {
            match token.kind {
                Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => depth += 1,
                Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => depth = depth.saturating_sub(1),
                _ => return depth == 0,
            }
            false
        })
    }

    /// What stands `back` tokens before the place.
    fn before(&self, back: usize) -> Option<Token> {
        self.at.checked_sub(back).map(|at| self.line[at])
    }

    fn text(&self, token: Token) -> &'a str {
        self.written.token(token)
    }

    fn found_text(&self) -> &'a str {
        self.found().map_or("", |token| self.text(token))
    }

    /// Where it is; past the line, just behind its last token.
    fn span(&self) -> Span {
        match (self.found(), self.line.last()) {
            (Some(token), _) => token.span(),
            (None, Some(last)) => last.span().after(),
            (None, None) => Span::default(),
        }
    }

    /// The mistake, and the line with other tokens in place of some; what is new has the span that it stands for.
    fn meant(&self, diagnostic: Diagnostic, at: Range<usize>, tokens: impl IntoIterator<Item = Token>) -> Slip {
        let mut line = self.line.to_vec();
        line.splice(at, tokens);
        Slip { diagnostic, meant: Some(line) }
    }

    /// The mistake, and the line without a token.
    fn without(&self, diagnostic: Diagnostic, at: usize) -> Slip {
        self.meant(diagnostic, at..at + 1, [])
    }

    /// The mistake, and the line with a token of another kind.
    fn taken_for(&self, diagnostic: Diagnostic, at: usize, kind: Kind) -> Slip {
        self.meant(diagnostic, at..at + 1, [Token { kind, ..self.line[at] }])
    }

    /// The mistake, and the line with a token before the place.
    fn inserted(&self, diagnostic: Diagnostic, kind: Kind) -> Slip {
        let spot = self.before(1).map_or(self.span().start, |token| token.end);
        self.meant(diagnostic, self.at..self.at, [Token { kind, start: spot, end: spot }])
    }

    fn expects(&self, label: &str) -> bool {
        self.expected.contains(&label)
    }

    /// The innermost bracket that is open at the place.
    fn bracket(&self) -> Option<Kind> {
        let mut closed = 0_usize;
        for token in self.line[..self.at.min(self.line.len())].iter().rev() {
            match token.kind {
                Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => closed += 1,
                Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen if closed > 0 => closed -= 1,
                kind @ (Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen) => return Some(kind),
                _ => {}
            }
        }
        None
    }
}

/// Reports why the rule of `place` failed on the tokens behind the first `skip` of `line`. Gives the line as it was most
/// likely meant, where that can be told.
pub(super) fn report<'s>(
    report: &Diagnostics,
    written: Written<'s>,
    line: &'s [Token],
    skip: usize,
    error: Option<Rich<'s, Token>>,
    place: Place,
) -> Option<Vec<Token>> {
    // What was left out there has been reported.
    if line.iter().any(|token| token.kind == Kind::Error) {
        return None;
    }
    let at = error.as_ref().map_or(skip, |error| error.span().start + skip).min(line.len());
    let expected: Vec<&str> = error.iter().flat_map(Rich::expected).filter_map(label).collect();
    let failure = Failure { written, line, at, place, expected: &expected };
    let Slip { diagnostic, meant } = slips::slip(failure).unwrap_or_else(|| general::general(failure).into());
    report.push(diagnostic);
    meant
}

fn label<'a>(pattern: &'a RichPattern<'_, Token>) -> Option<&'a str> {
    match pattern {
        RichPattern::Label(label) => Some(label.as_ref()),
        RichPattern::EndOfInput => Some("the end of the line"),
        _ => None,
    }
}
