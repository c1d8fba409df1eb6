//! Blocks of other languages around what takes none, each of which is one mistake: `on failure { undo }`,
//! `gate "…" { show a }`, the steps of an assumption, and the body of a loop that only its indentation holds together.

use super::faults::{self, Place};
use super::habits::LoopHead;
use super::walk::{Line, Walk, run};
use crate::codes::Code;
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lexer::{Kind, Token};
use crate::source::Span;
use crate::syntax::*;
use std::collections::BTreeMap;

impl<'s> Walk<'s> {
    /// `on failure { undo }`, `on_error { … }`; the outer `None`: something else stands there.
    pub(super) fn wrapped_failure(&mut self, line: Line<'s>) -> Option<Option<ClauseKind>> {
        let words: Vec<&str> = line.tokens.iter().map(|token| self.word(*token)).collect();
        let is_head = match words.as_slice() {
            ["on", word] => matches!(*word, "failure" | "error" | "fail"),
            [word] => matches!(*word, "on_failure" | "onFailure" | "on_error" | "onError" | "on_fail"),
            _ => false,
        };
        if !is_head || self.kind() != Some(Kind::BlockOpen) {
            return None;
        }
        let (open, body, inside) = self.passed_block();
        let whole = line.span().to(body);
        let tokens: Vec<Token> = [line.head()].into_iter().chain(inside).collect();
        let end = faults::end_of_failure(self.written, &tokens);
        let diagnostic =
            Diagnostic::new(Code::UnexpectedToken, open, "a failure has one of three ends, without braces")
                .label("begins here");
        let Some((text, sure)) = end else {
            let help = "The form is `on failure stop | continue | undo`; what undoes a step is its clause \
                        `undo tool(argument: value)`.";
            self.report.push(diagnostic.help(help));
            return Some(None);
        };
        self.report.push(diagnostic.edit(format!("write `{text}`"), whole, &*text).applicability(sure));
        let end = match text.rsplit(' ').next() {
            Some("continue") => OnFailure::Continue,
            Some("undo") => OnFailure::Undo,
            _ => OnFailure::Stop,
        };
        Some((sure == Applicability::Sure).then_some(ClauseKind::OnFailure(end)))
    }

    /// Passes over the block that begins here: its brace, all of it, and the tokens in it without the ends of lines.
    fn passed_block(&mut self) -> (Span, Span, Vec<Token>) {
        let first = self.at;
        let open = self.tokens[first].span();
        let body = self.skip_block();
        let inside = &self.tokens[first + 1..self.at.saturating_sub(1).max(first + 1)];
        (open, body, inside.iter().filter(|token| token.kind != Kind::Newline).copied().collect())
    }

    /// `gate "…" { show a, b }`: what is shown.
    pub(super) fn wrapped_gate(&mut self, line: Line<'s>) -> Vec<Expr> {
        let first = self.at;
        let (open, body, inside) = self.passed_block();
        let diagnostic = Diagnostic::new(Code::UnexpectedToken, open, "a gate takes no block")
            .label("begins here")
            .help("The form is `gate \"text\" show name, name`.");
        let all = &self.tokens[first + 1..self.at.saturating_sub(1).max(first + 1)];
        let from = all.iter().position(|token| token.kind != Kind::Newline).unwrap_or(0);
        let shown = all.get(from..from + inside.len()).filter(|shown| {
            shown.len() > 1
                && self.word(shown[0]) == "show"
                && shown.iter().all(|token| !matches!(token.kind, Kind::Newline | Kind::BlockOpen | Kind::Error))
        });
        let Some([show, shown @ ..]) = shown.filter(|_| line.tokens.len() == 2) else {
            self.report.push(diagnostic);
            return Vec::new();
        };
        let end = shown.last().map_or(show.end, |last| last.end);
        let edits =
            vec![(Span::new(line.span().end, show.start), " ".to_owned()), (Span::new(end, body.end), String::new())];
        self.report.push(diagnostic.edits("write `show` on the line of the gate", edits));
        let mut parts = Vec::new();
        let mut depth = 0_usize;
        for part in shown.split(|token| {
            match token.kind {
                Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => depth += 1,
                Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && token.kind == Kind::Comma
        }) {
            if !part.is_empty() {
                let line = Line { doc: &[], tokens: part };
                parts.extend(run!(self, expr, line, 0, Place::Gate));
            }
        }
        parts
    }

    /// Reports the steps and lets of an assumption, whose lines these are.
    pub(super) fn assumed_steps(&self, lines: &[Line<'s>]) {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return };
        let diagnostic =
            Diagnostic::new(Code::UnexpectedToken, first.span(), "`assume` has one expression and no steps")
                .label("a line of its own")
                .help("Calls of tools that only read may stand in it: `fs.read(path: \"a\").text != \"\"`.");
        self.report.push(match self.inlined(lines) {
            Some(edits) => {
                let removed = (Span::new(first.span().start, last.span().start), String::new());
                let edits = [removed].into_iter().chain(edits).collect();
                diagnostic.edits("write the call in its place", edits).maybe()
            }
            None => diagnostic,
        });
    }

    /// The last of the lines with the values of the others in place of their names; none where that is not plain.
    fn inlined(&self, lines: &[Line<'s>]) -> Option<Vec<(Span, String)>> {
        let (_, others) = lines.split_last().filter(|(_, others)| !others.is_empty())?;
        let uses = self.uses(lines);
        let mut edits = Vec::new();
        for (index, line) in others.iter().enumerate() {
            let [word, name, assign, value @ ..] = line.tokens else { return None };
            let (first, end) = (value.first()?, value.last()?);
            let is_step = self.word(*word) == "step";
            let fits = name.kind == Kind::Ident && assign.kind == Kind::Assign;
            if !fits || !(is_step || self.word(*word) == "let") {
                return None;
            }
            let text = self.written.slice(first.span().to(end.span()));
            let uses = uses.get(self.word(*name)).map_or(&[][..], Vec::as_slice);
            // What another line needs would have to be put in there first.
            let is_elsewhere = |(line, _): &(usize, Token)| *line != index && *line != others.len();
            if uses.iter().any(is_elsewhere) || text.contains('\n') {
                return None;
            }
            let uses: Vec<Token> = uses.iter().filter(|(line, _)| *line != index).map(|(_, token)| *token).collect();
            let text = if is_step { text.to_owned() } else { faults::grouped(text) };
            if uses.is_empty() || (is_step && uses.len() > 1) {
                return None;
            }
            edits.extend(uses.into_iter().map(|token| (token.span(), text.clone())));
        }
        Some(edits)
    }

    /// Where names are used in lines, each with the index of its line, once for all of them.
    fn uses(&self, lines: &[Line<'s>]) -> BTreeMap<&'s str, Vec<(usize, Token)>> {
        let mut uses: BTreeMap<&'s str, Vec<(usize, Token)>> = BTreeMap::new();
        for (index, line) in lines.iter().enumerate() {
            // What a line declares stands before its value.
            let from = if index + 1 == lines.len() { 0 } else { 2 };
            for (at, token) in line.tokens.iter().enumerate().skip(from) {
                let before = at.checked_sub(1).map(|before| line.tokens[before].kind);
                let is_use = token.kind == Kind::Ident
                    && !matches!(before, Some(Kind::Dot | Kind::QuestionDot | Kind::For))
                    && line.tokens.get(at + 1).is_none_or(|next| !matches!(next.kind, Kind::Colon | Kind::LParen));
                if is_use {
                    uses.entry(self.word(*token)).or_default().push((index, *token));
                }
            }
        }
        uses
    }

    /// `for x in list:` with the lines that stand deeper: an `each`.
    pub(super) fn looped_by_indentation(&mut self, line: Line<'s>, items: &mut Vec<Item>) -> bool {
        if line.head().kind != Kind::For && !matches!(self.word(line.head()), "foreach" | "for_each") {
            return false;
        }
        let Some(colon) = line.tokens.iter().position(|token| token.kind == Kind::Colon) else { return false };
        let head = Line { doc: line.doc, tokens: &line.tokens[..colon] };
        let Some(LoopHead { variable, from, to }) = LoopHead::of(self, head) else { return false };
        let outside = self.column(line.head());
        let rest = Line { doc: &[], tokens: &line.tokens[colon + 1..] };
        let first = match rest.tokens.first() {
            Some(first) if self.column(*first) > outside && self.is_below(line.tokens[colon], *first) => Some(rest),
            Some(_) => return false,
            None => self.line_within(outside),
        };
        let Some(mut next) = first else { return false };
        let variable = self.written.ident(variable);
        let list = Line { doc: line.doc, tokens: &line.tokens[..to] };
        let elements = run!(self, expr, list, from, Place::Each);
        let elements = elements.unwrap_or(Expr { kind: ExprKind::Error, span: list.span().after() });
        let mut inner = Vec::new();
        loop {
            self.group_item(next, Place::EachItem, &mut inner);
            if self.kind() == Some(Kind::BlockOpen) {
                self.skip_block();
            }
            match self.line_within(outside) {
                Some(further) => next = further,
                None => break,
            }
        }
        let end = self.tokens[self.at - 1].span().after();
        let name = self.free_name(format!("{}_results", variable.name));
        let behind = &self.written.text[(end.start - self.written.base) as usize..];
        let line_end = end.start + behind.find('\n').unwrap_or(behind.len()) as u32;
        let edits = vec![
            (Span::new(line.head().start, line.tokens[from].start), format!("each {name} = {} in ", variable.name)),
            (Span::new(list.span().end, line.tokens[colon].end), " {".to_owned()),
            (Span::new(line_end, line_end), format!("\n{}}}", self.indent(line.head()))),
        ];
        let diagnostic =
            Diagnostic::new(Code::UnknownItem, line.head().span(), "a block for each element is an `each`")
                .label("a loop of another language")
                .help("its name stands for the list of results, one for each element")
                .edits(format!("write `each {name} = {} in …`", variable.name), edits);
        self.report.push(diagnostic);
        let span = line.head().span().to(end);
        let name = Ident { name: name.into(), span: variable.span };
        let each = Each { name, variable, list: elements, items: inner, result: None, span, body: span };
        items.push(Item::Each(Box::new(each)));
        true
    }

    /// Whether a token stands on a line below another.
    fn is_below(&self, above: Token, token: Token) -> bool {
        self.written.slice(Span::new(above.end, token.start)).contains('\n')
    }
}
