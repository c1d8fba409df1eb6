//! Structured tokens ⟶ items: runs the rule that each line's first word names.
//!
//! What of a faulty line can be understood stays in the tree (a step's name, its clauses), with [`ExprKind::Error`] in the
//! place of the rest, so that later phases do not report its absence as well.

use super::faults::{self, Place};
use super::leaf::Written;
use super::walk::{Line, Walk, run};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{KEYWORDS, Kind, Token, literal};
use crate::source::Span;
use crate::syntax::*;

const CRITICAL_NEEDS: &str = "`critical` needs its lines in braces";

/// The items of a file.
pub(super) fn file(written: Written<'_>, tokens: &[Token], report: &Diagnostics) -> Vec<TopItem> {
    let mut walk = Walk::new(written, tokens, report);
    let mut items = Vec::new();
    while let Some(line) = walk.line() {
        walk.top_item(line, &mut items);
        walk.line_end();
    }
    items
}

impl<'s> Walk<'s> {
    fn top_item(&mut self, line: Line<'s>, items: &mut Vec<TopItem>) {
        self.top_item_of(self.word(line.head()), line, items);
    }

    fn top_item_of(&mut self, word: &str, line: Line<'s>, items: &mut Vec<TopItem>) {
        match word {
            "plan" => {
                self.no_doc(line.doc);
                items.extend(self.plan(line).map(TopItem::Plan));
            }
            "catalogue" => items.extend(self.catalogue(line).map(TopItem::Catalogue)),
            "type" => items.extend(self.type_def(line).map(TopItem::Type)),
            // One mistake, however many items there are.
            _ if self.told_outside && faults::is_item(word) => {
                if self.has_block() {
                    self.skip_block();
                }
            }
            _ => match faults::unknown_item(self.report, self.written, line.tokens, Place::File) {
                Some(meant) => self.top_item_of(meant, line, items),
                None => {
                    self.told_outside |= faults::is_item(word);
                    if self.has_block() {
                        self.skip_block();
                    }
                }
            },
        }
    }

    fn plan(&mut self, line: Line<'s>) -> Option<Plan> {
        let mut items = Vec::new();
        if !self.has_block() {
            return self.bare_plan(line);
        }
        let title = run!(self, text, line, 1, Place::Plan);
        let body = self.block(|walk, line| walk.item(line, &mut items));
        let title = title.unwrap_or(Text { value: String::new(), span: line.head().span().after() });
        Some(Plan { title, items, span: line.span().to(body), body })
    }

    /// A plan without braces: all that follows are its items.
    fn bare_plan(&mut self, line: Line<'s>) -> Option<Plan> {
        let kinds: Vec<Kind> = line.tokens[1..].iter().map(|token| token.kind).collect();
        let is_head = match kinds.as_slice() {
            [text] | [Kind::Colon, text] | [text, Kind::Colon] => text.is_text(),
            _ => false,
        };
        if !is_head || self.at >= self.tokens.len() {
            run!(self, text, line, 1, Place::Plan)?;
            self.need_block(line, "a plan needs its items in braces");
            return None;
        }
        let title = line
            .tokens
            .iter()
            .find(|token| token.kind.is_text())
            .map(|token| Text { value: literal::text(*token, self.word(*token)), span: token.span() })?;
        let head = Span::new(line.head().end, line.span().end);
        let end = self.written.base + self.written.text.trim_end().len() as u32;
        let edits =
            vec![(head, format!(" {} {{", self.written.slice(title.span))), (Span::new(end, end), "\n}".to_owned())];
        self.report.push(
            Diagnostic::new(Code::UnexpectedToken, line.span().after(), "a plan needs its items in braces")
                .label("expected `{`")
                .edits("put them in braces", edits),
        );
        let mut items = Vec::new();
        self.line_end();
        while let Some(next) = self.line() {
            self.item(next, &mut items);
            self.line_end();
        }
        Some(Plan { title, items, span: line.span(), body: line.span().after() })
    }

    fn item(&mut self, line: Line<'s>, items: &mut Vec<Item>) {
        let word = self.word(line.head());
        if word != "type" {
            self.no_doc(line.doc);
        }
        if self.indented(word, line, items) {
            return;
        }
        if word == "when" && self.kind() == Some(Kind::BlockOpen) && self.branched(line, Place::WhenItem, items) {
            return;
        }
        if let Some(item) = self.known_item(word, line) {
            items.extend(item);
            return;
        }
        if self.foreign_item(line, Place::WhenItem, items) {
            return;
        }
        if self.section(word, line, items) {
            return;
        }
        // A misspelt keyword is taken for the one that was meant, so that the name it declares is known.
        let meant = faults::unknown_item(self.report, self.written, line.tokens, Place::Item);
        match meant.and_then(|meant| self.known_item(meant, line)) {
            Some(item) => items.extend(item),
            None if self.kind() == Some(Kind::BlockOpen) => {
                self.skip_block();
            }
            None => {}
        }
    }

    /// The item that begins with `word`; the outer `None`: no item does.
    pub(super) fn known_item(&mut self, word: &str, line: Line<'s>) -> Option<Option<Item>> {
        let span = line.span();
        Some(match word {
            "rationale" => {
                run!(self, text, line, 1, Place::Rationale).map(|text| Item::Rationale(TextItem { text, span }))
            }
            "context" => run!(self, text, line, 1, Place::Context).map(|text| Item::Context(TextItem { text, span })),
            "input" => self.input(line).map(|input| Item::Input(Box::new(input))),
            "assume" => self.assume(line).map(Item::Assume),
            "critical" => self.critical(line).map(Item::Critical),
            "reuse" => {
                run!(self, reuse, line, 1, Place::Reuse).map(|(target, why)| Item::Reuse(Reuse { target, why, span }))
            }
            "let" => self.value(line, Place::Let).map(|(name, value)| Item::Let(Let { name, value, span })),
            "step" => self.step(line).map(Item::Step),
            "each" => self.each(line).map(|each| Item::Each(Box::new(each))),
            "together" => self.together(line).map(Item::Together),
            "when" => self.when_group(line, Place::WhenItem).map(Item::When),
            "gate" => self.gate(line).map(Item::Gate),
            "verify" => self.verify(line).map(|verify| Item::Verify(Box::new(verify))),
            "output" => self.value(line, Place::Output).map(|(name, value)| Item::Output(Output { name, value, span })),
            "type" => self.type_def(line).map(Item::Type),
            _ => return None,
        })
    }

    /// What a line declares although the rest of it is faulty.
    pub(super) fn declared(&self, line: Line<'s>) -> Option<Ident> {
        line.tokens.get(1).filter(|token| token.kind == Kind::Ident).map(|token| self.written.ident(*token))
    }

    /// `name = expression` behind the keyword.
    fn value(&mut self, line: Line<'s>, place: Place) -> Option<(Ident, Expr)> {
        self.value_behind(line, 1, place)
    }

    /// `name = expression` behind the first `skip` tokens.
    pub(super) fn value_behind(&mut self, line: Line<'s>, skip: usize, place: Place) -> Option<(Ident, Expr)> {
        run!(self, value, line, skip, place).or_else(|| {
            let name = line.tokens.get(skip).filter(|token| token.kind == Kind::Ident)?;
            let name = match line.tokens.get(skip + 1..skip + 3) {
                // `step fs.read(…)`: the name that it is given is that of its tool.
                Some([dot, tool]) if dot.kind == Kind::Dot && tool.kind == Kind::Ident => tool,
                _ => name,
            };
            let name = self.written.ident(*name);
            let span = name.span.after().to(line.span().after());
            Some((name, Expr { kind: ExprKind::Error, span }))
        })
    }

    fn input(&mut self, line: Line<'s>) -> Option<Input> {
        self.input_behind(line, 1)
    }

    /// An input behind the first `skip` tokens.
    pub(super) fn input_behind(&mut self, line: Line<'s>, skip: usize) -> Option<Input> {
        let span = line.span();
        let parts = run!(self, input, line, skip, Place::Input).or_else(|| {
            let name = line.tokens.get(skip).filter(|token| token.kind == Kind::Ident)?;
            let name = self.written.ident(*name);
            let ty = TypeExpr { kind: TypeExprKind::Error, span: name.span.after() };
            Some((((name, ty), None), None))
        });
        let (((name, ty), secret), default) = parts?;
        if KEYWORDS.contains(&name.name.as_str()) {
            let message = format!("`{}` is a keyword and cannot be a name", name.name);
            self.report.push(
                Diagnostic::new(Code::UnexpectedToken, name.span, message).label("no expression could refer to it"),
            );
        }
        Some(Input { name, ty, secret: secret.map(Token::span), default, span })
    }

    pub(super) fn type_def(&mut self, line: Line<'s>) -> Option<TypeDef> {
        let span = line.span();
        let parts = run!(self, ty, line, 1, Place::Type).or_else(|| {
            let name = self.declared(line)?;
            let ty = TypeExpr { kind: TypeExprKind::Error, span: name.span.after() };
            Some((name, ty))
        });
        let doc = self.doc(line);
        parts.map(|(name, ty)| TypeDef { doc, name, ty, span })
    }

    fn assume(&mut self, line: Line<'s>) -> Option<Assume> {
        let text = run!(self, text, line, 1, Place::Assume);
        let mut check = None;
        let mut span = line.span();
        if self.has_block() {
            let mut lines = 0;
            let mut steps = Vec::new();
            let body = self.block(|walk, line| {
                lines += 1;
                walk.no_doc(line.doc);
                if !steps.is_empty() || (lines == 1 && walk.is_declaration(line)) {
                    steps.push(line);
                    if walk.kind() == Some(Kind::BlockOpen) {
                        walk.skip_block();
                    }
                    return;
                }
                match lines {
                    1 => check = Some(walk.expression(line, Place::AssumeCheck)),
                    _ => walk.one_expression(line, "`assume`"),
                }
                walk.no_inner_block(line);
            });
            self.assumed_steps(&steps);
            if lines == 0 {
                self.empty_check(body, "`assume`");
            }
            if check.is_none() {
                check = Some(Expr { kind: ExprKind::Error, span: body });
            }
            span = span.to(body);
        }
        text.map(|text| Assume { text, check, span })
    }

    /// Whether a line begins with `step` or `let` and a name.
    fn is_declaration(&self, line: Line<'s>) -> bool {
        let declares = line.tokens.get(1).is_some_and(|token| token.kind == Kind::Ident);
        declares && matches!(self.word(line.head()), "step" | "let")
    }

    fn expression(&mut self, line: Line<'s>, place: Place) -> Expr {
        run!(self, expr, line, 0, place).unwrap_or(Expr { kind: ExprKind::Error, span: line.span() })
    }

    fn one_expression(&self, line: Line<'s>, what: &str) {
        self.report.push(
            Diagnostic::new(Code::UnexpectedToken, line.span(), format!("{what} has one expression"))
                .label("a second one")
                .help("Join conditions with `and`."),
        );
    }

    fn empty_check(&self, body: Span, what: &str) {
        self.report.push(
            Diagnostic::new(Code::UnexpectedToken, body, format!("the block of this {what} is empty"))
                .label("expected a condition")
                .help("Without a block a person confirms it."),
        );
    }

    /// Reports a block inside a block that holds lines only.
    pub(super) fn no_inner_block(&mut self, line: Line<'s>) {
        if self.kind() != Some(Kind::BlockOpen) {
            return;
        }
        let brace = self.tokens[self.at].span();
        self.skip_block();
        self.report.push(
            Diagnostic::new(Code::UnexpectedToken, brace, "no block may stand here")
                .label("begins here")
                .related(line.span(), "this takes none"),
        );
    }

    fn critical(&mut self, line: Line<'s>) -> Option<Critical> {
        let head = run!(self, nothing, line, 1, Place::CriticalHead);
        let is_followed = self.has_block() || (head.is_some() && self.need_block(line, CRITICAL_NEEDS));
        if !is_followed {
            return None;
        }
        let mut lines = Vec::new();
        let body = self.block(|walk, line| {
            walk.no_doc(line.doc);
            let parts = run!(walk, critical, line, 0, Place::CriticalLine);
            lines.extend(parts.map(|((verb, resource), why)| CriticalLine { verb, resource, why, span: line.span() }));
            walk.no_inner_block(line);
        });
        Some(Critical { lines, span: line.span().to(body), body })
    }

    fn step(&mut self, line: Line<'s>) -> Option<Step> {
        if let Some(step) = self.step_named_behind(line) {
            return Some(step);
        }
        match self.step_as_block(line).or_else(|| self.step_with_braces(line)) {
            Some(step) => step,
            None => self.step_behind(line, 1),
        }
    }

    /// `step fs.read(…) -> a`: reported; the name remains.
    pub(super) fn step_named_behind(&mut self, line: Line<'s>) -> Option<Step> {
        let name = self.written.ident(faults::named_behind(self.report, self.written, line.tokens)?);
        let call = Expr { kind: ExprKind::Error, span: line.span() };
        Some(self.step_of(name, call, line))
    }

    /// `step a = fs.read { path: "a" }`: the arguments stand in braces. Reported once; the name remains.
    fn step_with_braces(&mut self, line: Line<'s>) -> Option<Option<Step>> {
        let kinds: Vec<Kind> = line.tokens.iter().map(|token| token.kind).collect();
        let [_, Kind::Ident, Kind::Assign, Kind::Ident, Kind::Dot, Kind::Ident] = kinds.as_slice() else { return None };
        let open = self.at;
        let mut inside = self.tokens.get(open + 1..)?.iter().filter(|token| token.kind != Kind::Newline);
        let (first, colon) = (inside.next()?, inside.next()?);
        let is_clause = faults::CLAUSES.contains(&self.word(*first));
        if self.kind() != Some(Kind::BlockOpen) || first.kind != Kind::Ident || colon.kind != Kind::Colon || is_clause {
            return None;
        }
        let body = self.skip_block();
        let inside = &self.tokens[open + 1..self.at.saturating_sub(1).max(open + 1)];
        self.report.push(faults::arguments_in_braces(line.span(), body, inside));
        let name = self.written.ident(line.tokens[1]);
        let call = Expr { kind: ExprKind::Error, span: body };
        Some(Some(Step { name, call, clauses: Vec::new(), span: line.span().to(body), block: Some(body) }))
    }

    /// A step behind the first `skip` tokens.
    pub(super) fn step_behind(&mut self, line: Line<'s>, skip: usize) -> Option<Step> {
        match self.value_behind(line, skip, Place::Step) {
            Some((name, call)) => Some(self.step_of(name, call, line)),
            None => {
                if self.has_block() {
                    self.skip_block();
                }
                None
            }
        }
    }

    /// A step with the clauses of the block behind its line.
    fn step_of(&mut self, name: Ident, call: Expr, line: Line<'s>) -> Step {
        let mut clauses = Vec::new();
        let mut block = None;
        if self.has_block() {
            block = Some(self.block(|walk, line| {
                walk.no_doc(line.doc);
                let wrapped = walk.wrapped_failure(line);
                let kind = wrapped.unwrap_or_else(|| walk.clause(walk.word(line.head()), line));
                clauses.extend(kind.map(|kind| Clause { kind, span: line.span() }));
                walk.no_inner_block(line);
            }));
        }
        let span = block.map_or(line.span(), |block| line.span().to(block));
        Step { name, call, clauses, span, block }
    }

    /// `step a { … }`, `step("a") { tool: … }`: the call stands in the block. Reported once; the name remains.
    fn step_as_block(&mut self, line: Line<'s>) -> Option<Option<Step>> {
        let second = line.tokens.get(1)?.kind;
        let has_call = line.tokens.iter().skip(2).any(|token| matches!(token.kind, Kind::Assign | Kind::Dot));
        let is_head = second == Kind::LParen || (line.tokens.len() == 2 && matches!(second, Kind::Ident | Kind::Str));
        if has_call || !is_head || self.kind() != Some(Kind::BlockOpen) {
            return None;
        }
        let first = self.at;
        let body = self.skip_block();
        let inside = &self.tokens[first + 1..self.at.saturating_sub(1).max(first + 1)];
        let (diagnostic, name) = faults::step_as_block(self.written, line.tokens, body, inside);
        self.report.push(diagnostic);
        let call = Expr { kind: ExprKind::Error, span: body };
        let span = line.span().to(body);
        Some(name.map(|name| Step { name, call, clauses: Vec::new(), span, block: Some(body) }))
    }

    fn clause(&mut self, word: &str, line: Line<'s>) -> Option<ClauseKind> {
        match word {
            "because" => run!(self, text, line, 1, Place::Because).map(ClauseKind::Because),
            "after" => run!(self, names, line, 1, Place::After).map(ClauseKind::After),
            "when" => run!(self, expr, line, 1, Place::When).map(ClauseKind::When),
            "expect" => run!(self, expr, line, 1, Place::Expect).map(ClauseKind::Expect),
            "undo" => run!(self, expr, line, 1, Place::Undo).map(ClauseKind::Undo),
            "timeout" => run!(self, duration, line, 1, Place::Timeout).map(ClauseKind::Timeout),
            "retry" => run!(self, retry, line, 1, Place::Retry).map(|((times, times_span), every)| ClauseKind::Retry {
                times,
                times_span,
                every,
            }),
            "poll" => run!(self, poll, line, 1, Place::Poll).map(|((every, total), until)| ClauseKind::Poll {
                every,
                total,
                until,
            }),
            "on" => run!(self, on, line, 1, Place::On).map(ClauseKind::OnFailure),
            "reproduce" => run!(self, nothing, line, 1, Place::Word).map(|()| ClauseKind::Reproduce),
            _ => {
                let meant = faults::unknown_clause(self.report, self.written, line.tokens, Place::Clause)?;
                self.clause(meant, line)
            }
        }
    }

    fn verify(&mut self, line: Line<'s>) -> Option<Verify> {
        let text = run!(self, text, line, 1, Place::Verify);
        let block = if self.has_block() { Some(self.verify_block()) } else { None };
        let span = block.as_ref().map_or(line.span(), |block| line.span().to(block.span));
        text.map(|text| Verify { text, block, span })
    }

    fn verify_block(&mut self) -> VerifyBlock {
        let (mut steps, mut lets, mut check): (Vec<Step>, Vec<Let>, Option<Expr>) = (Vec::new(), Vec::new(), None);
        let span = self.block(|walk, line| {
            walk.no_doc(line.doc);
            let declares = walk.is_declaration(line);
            match walk.word(line.head()) {
                _ if check.is_some() => {
                    walk.report.push(
                        Diagnostic::new(Code::UnexpectedToken, line.span(), "nothing may follow the condition")
                            .label("the condition is the last line of `verify`")
                            .help("Put steps before it, and join conditions with `and`."),
                    );
                    if walk.kind() == Some(Kind::BlockOpen) {
                        walk.skip_block();
                    }
                }
                "step" if declares => steps.extend(walk.step(line)),
                "let" if declares => lets.extend(walk.value(line, Place::Let).map(|(name, value)| Let {
                    name,
                    value,
                    span: line.span(),
                })),
                _ => {
                    check = Some(walk.expression(line, Place::VerifyCheck));
                    walk.no_inner_block(line);
                }
            }
        });
        let check = check.unwrap_or_else(|| {
            let end = Span::new(span.end.saturating_sub(1), span.end);
            if steps.is_empty() && lets.is_empty() {
                self.empty_check(span, "`verify`");
            } else {
                self.report.push(
                    Diagnostic::new(Code::UnexpectedToken, end, "this `verify` has no condition")
                        .label("expected a condition before this")
                        .help("The last line of the block is an expression that must be true."),
                );
            }
            Expr { kind: ExprKind::Error, span: end }
        });
        VerifyBlock { steps, lets, check, span }
    }
}
