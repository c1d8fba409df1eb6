//! The walk over structured tokens: lines, blocks, and how a rule is run over a line.

use super::PLAN_BEGINS;
use super::items::{Built, Rules};
use super::leaf::{Fault, In, Written};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Kind, Token};
use crate::source::Span;
use crate::syntax::Text;
use chumsky::Parser as _;
use chumsky::error::{EmptyErr, Rich};
use chumsky::extra::SimpleState;
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// The tokens of a line up to its block, or up to its end.
#[derive(Clone, Copy)]
pub(super) struct Line<'s> {
    /// The `///` lines before it.
    pub(super) doc: &'s [Token],
    /// The first word and all behind it; never empty.
    pub(super) tokens: &'s [Token],
}

impl<'s> Line<'s> {
    pub(super) fn head(self) -> Token {
        self.tokens[0]
    }

    pub(super) fn span(self) -> Span {
        let last = self.tokens[self.tokens.len() - 1];
        self.head().span().to(last.span())
    }
}

pub(super) struct Walk<'s> {
    pub(super) written: Written<'s>,
    pub(super) tokens: &'s [Token],
    pub(super) at: usize,
    pub(super) report: &'s Diagnostics,
    /// Where the last block that was passed over ends.
    skipped: u32,
    /// Whether an item outside of a plan was told.
    pub(super) told_outside: bool,
    /// The names that the text declares, and those that were made, each with the last number that was put behind it; empty
    /// before the first is made.
    names: BTreeMap<String, usize>,
    pub(super) fast: Rules<'s, EmptyErr>,
    pub(super) rich: OnceCell<Box<Rules<'s, Rich<'s, Token>>>>,
}

/// Runs one rule, named by its field, over the tokens behind the first `$skip` of a line.
macro_rules! run {
    ($walk:expr, $rule:ident, $line:expr, $skip:expr, $place:expr) => {{
        let walk = &*$walk;
        let tokens = &$line.tokens[$skip..];
        match walk.attempt(&walk.fast.$rule, tokens) {
            Ok(value) => Some(value),
            Err(_) => {
                let rich = walk.rich.get_or_init(|| Box::new($crate::parser::items::Rules::new()));
                let errors = walk.attempt(&rich.$rule, tokens).err().unwrap_or_default();
                let error = errors.into_iter().next();
                let mut meant =
                    $crate::parser::faults::report(walk.report, walk.written, $line.tokens, $skip, error, $place);
                let mut value = None;
                // What the line was most likely meant to be is read for its further mistakes, and taken for it.
                for _ in 0..$crate::parser::faults::MAX_SLIPS {
                    let Some(line) = meant.take() else { break };
                    let rules = $crate::parser::items::Rules::new();
                    let state = &mut chumsky::extra::SimpleState(walk.written);
                    match chumsky::Parser::parse_with_state(&rules.$rule, &line[$skip..], state).into_result() {
                        Ok(read) => value = Some(read),
                        Err(errors) => {
                            let error: Option<chumsky::error::Rich<'_, $crate::lexer::Token>> =
                                errors.into_iter().next();
                            meant =
                                $crate::parser::faults::report(walk.report, walk.written, &line, $skip, error, $place);
                        }
                    }
                }
                value
            }
        }
    }};
}

impl<'s> Walk<'s> {
    pub(super) fn new(written: Written<'s>, tokens: &'s [Token], report: &'s Diagnostics) -> Walk<'s> {
        Walk {
            written,
            tokens,
            at: 0,
            report,
            skipped: 0,
            told_outside: false,
            names: BTreeMap::new(),
            fast: Rules::new(),
            rich: OnceCell::new(),
        }
    }

    pub(super) fn attempt<O, R: Fault<'s>>(&self, rule: &Built<'s, O, R>, tokens: In<'s>) -> Result<O, Vec<R>> {
        rule.parse_with_state(tokens, &mut SimpleState(self.written)).into_result()
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    /// The next line of the current block; `None` at its end.
    pub(super) fn line(&mut self) -> Option<Line<'s>> {
        loop {
            while self.kind() == Some(Kind::Newline) {
                self.at += 1;
            }
            let docs = self.at;
            while matches!(self.kind(), Some(Kind::Doc | Kind::Newline)) {
                self.at += 1;
            }
            let start = self.at;
            let tokens = self.tokens;
            let boundary = |token: &Token| matches!(token.kind, Kind::Newline | Kind::BlockOpen | Kind::BlockClose);
            let length = tokens[start..].iter().position(boundary).unwrap_or(tokens.len() - start);
            self.at += length;
            if length > 0 {
                return Some(Line { doc: &tokens[docs..start], tokens: &tokens[start..self.at] });
            }
            self.no_doc(&tokens[docs..start]);
            match self.kind() {
                Some(Kind::BlockOpen) => {
                    let is_first = self.at == 0;
                    let found = self.unexpected_block("no item stands before this block");
                    self.report.push(if is_first { found.help(PLAN_BEGINS) } else { found });
                }
                _ => return None,
            }
        }
    }

    /// After an item: only a new line or the end of the block may follow.
    pub(super) fn line_end(&mut self) {
        let Some(token) = self.tokens.get(self.at) else { return };
        match token.kind {
            Kind::Newline => self.at += 1,
            Kind::BlockClose => {}
            Kind::BlockOpen => {
                let found = self.unexpected_block("this takes no block");
                self.report.push(found);
            }
            _ if self.is_branch() => self.branch(),
            _ => {
                self.report.push(
                    Diagnostic::new(Code::UnexpectedToken, token.span(), "expected a new line after `}`")
                        .label("begins on the line of the block before it")
                        .edit("begin a new line", token.span().before(), "\n"),
                );
            }
        }
    }

    /// Whether what stands behind a block goes on with it in other languages: `else`, `catch`.
    fn is_branch(&self) -> bool {
        let Some(token) = self.tokens.get(self.at) else { return false };
        let behind_block = self.at.checked_sub(1).is_some_and(|at| self.tokens[at].kind == Kind::BlockClose);
        let word = self.word(*token);
        behind_block
            && (token.kind == Kind::Else
                || matches!(word, "elif" | "elseif" | "elsif" | "catch" | "except" | "finally"))
    }

    /// Passes over a further branch. Where the first one was reported, it is part of that mistake.
    fn branch(&mut self) {
        let token = self.tokens[self.at];
        let reported = self.at.checked_sub(1).is_some_and(|at| self.tokens[at].end == self.skipped);
        if !reported {
            let word = self.word(token);
            self.report.push(
                Diagnostic::new(Code::UnexpectedToken, token.span(), format!("a block has no `{word}`"))
                    .label("nothing goes on here")
                    .help("Steps for the other case stand in a block of their own: `when not (condition)`."),
            );
        }
        while self.is_branch() {
            while !matches!(self.kind(), None | Some(Kind::Newline | Kind::BlockOpen | Kind::BlockClose)) {
                self.at += 1;
            }
            if self.kind() == Some(Kind::BlockOpen) {
                self.skip_block();
            }
        }
        self.line_end();
    }

    fn unexpected_block(&mut self, message: &str) -> Diagnostic {
        let span = self.skip_block();
        Diagnostic::new(Code::UnexpectedToken, Span::new(span.start, span.start + 1), message).label("begins here")
    }

    /// Skips a block, from its `{` to its `}`.
    pub(super) fn skip_block(&mut self) -> Span {
        let start = self.tokens[self.at].span();
        let mut depth = 0_usize;
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            match token.kind {
                Kind::BlockOpen => depth += 1,
                Kind::BlockClose => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.skipped = token.end;
                return start.to(token.span());
            }
        }
        start
    }

    /// Whether a block follows the line; one on the next line is reported and taken.
    pub(super) fn has_block(&mut self) -> bool {
        if self.kind() == Some(Kind::BlockOpen) {
            return true;
        }
        let next = self.tokens.get(self.at + 1);
        let misplaced = self.kind() == Some(Kind::Newline) && next.is_some_and(|next| next.kind == Kind::BlockOpen);
        if misplaced {
            let brace = self.tokens[self.at + 1].span();
            let end = self.tokens[self.at - 1].end;
            self.report.push(
                Diagnostic::new(Code::UnexpectedToken, brace, "a block opens on the line that it belongs to")
                    .label("on a line of its own")
                    .edit("move it to the end of the line above", Span::new(end, brace.end), " {"),
            );
            self.at += 1;
        }
        misplaced
    }

    /// Walks a block line by line; gives its braces with all between them.
    pub(super) fn block(&mut self, mut each: impl FnMut(&mut Self, Line<'s>)) -> Span {
        let open = self.tokens[self.at].span();
        self.at += 1;
        while let Some(line) = self.line() {
            each(self, line);
            self.line_end();
        }
        let close = self.tokens.get(self.at).map_or(open, |token| token.span());
        self.at += 1;
        open.to(close)
    }

    pub(super) fn need_block(&mut self, line: Line<'s>, message: &str) -> bool {
        if self.has_block() {
            return true;
        }
        if !line.tokens.iter().any(|token| token.kind == Kind::Error) {
            let end = line.span().after();
            self.report.push(Diagnostic::new(Code::UnexpectedToken, end, message).label("expected `{`"));
        }
        false
    }

    /// A name that nothing else in the text has, with a number behind it where one has it already.
    pub(super) fn free_name(&mut self, wanted: String) -> String {
        if self.names.is_empty() {
            let written = self.written;
            let declares = |word| matches!(written.token(word), "step" | "let" | "input" | "output" | "each");
            for pair in self.tokens.windows(2) {
                match (pair[0].kind, pair[1].kind) {
                    (Kind::Ident, Kind::Ident) if declares(pair[0]) => {
                        self.names.insert(written.token(pair[1]).to_owned(), 1)
                    }
                    // The variable of a block or of a comprehension.
                    (Kind::Ident, Kind::In) => self.names.insert(written.token(pair[0]).to_owned(), 1),
                    _ => None,
                };
            }
        }
        let Some(mut number) = self.names.get(&wanted).copied() else {
            self.names.insert(wanted.clone(), 1);
            return wanted;
        };
        loop {
            number += 1;
            let name = format!("{wanted}_{number}");
            if !self.names.contains_key(&name) {
                self.names.insert(name.clone(), 1);
                self.names.insert(wanted, number);
                return name;
            }
        }
    }

    pub(super) fn word(&self, token: Token) -> &'s str {
        self.written.token(token)
    }

    pub(super) fn no_doc(&self, doc: &[Token]) {
        if let Some(first) = doc.iter().find(|token| token.kind == Kind::Doc) {
            let span = Span::new(first.start, first.start + 3);
            self.report.push(
                Diagnostic::new(Code::UnexpectedToken, span, "a `///` comment that documents nothing")
                    .label("only types, tools and catalogues, and parameters, are documented")
                    .edit("make it an ordinary comment", span, "//"),
            );
        }
    }

    pub(super) fn doc(&self, line: Line<'s>) -> Option<Text> {
        let docs: Vec<&Token> = line.doc.iter().filter(|token| token.kind == Kind::Doc).collect();
        let span = docs.first()?.span().to(docs.last()?.span());
        let lines: Vec<&str> = docs
            .iter()
            .map(|token| self.word(**token).strip_prefix("///").unwrap_or_default())
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        Some(Text { value: lines.join("\n"), span })
    }
}

pub(super) use run;
