//! Items in the manner of other languages that are read as what they stand for: a name without its keyword, loops over a
//! list, branches.

use super::faults::{self, Place};
use super::walk::{Line, Walk, run};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Kind, Token};
use crate::source::Span;
use crate::syntax::*;

impl<'s> Walk<'s> {
    /// Reads a line that begins like no item, and is one all the same; `place` says what its blocks may hold.
    pub(super) fn foreign_item(&mut self, line: Line<'s>, place: Place, items: &mut Vec<Item>) -> bool {
        if let Some((word, line)) = self.superfluous(line) {
            items.extend(self.known_item(word, line).flatten());
            return true;
        }
        let before = &self.tokens[..self.at.saturating_sub(line.tokens.len())];
        if faults::changed(self.report, self.written, before, line.tokens) {
            return true;
        }
        if let Some(step) = self.step_named_behind(line) {
            items.push(Item::Step(step));
            return true;
        }
        if let Some(keyword) = faults::bare(self.report, self.written, line.tokens) {
            let span = line.span();
            items.extend(match keyword {
                "step" => self.step_behind(line, 0).map(Item::Step),
                _ => self.value_behind(line, 0, Place::Let).map(|(name, value)| Item::Let(Let { name, value, span })),
            });
            return true;
        }
        if self.looped_by_indentation(line, items) {
            return true;
        }
        self.kind() == Some(Kind::BlockOpen) && (self.looped(line, items) || self.branched(line, place, items))
    }

    /// `async step …`, `- step …`: reported, and taken for the item behind it.
    fn superfluous(&mut self, line: Line<'s>) -> Option<(&'s str, Line<'s>)> {
        let (head, next) = (line.head(), line.tokens.get(1)?);
        let word = self.word(*next);
        let secret = self.word(head) == "secret" && word == "input";
        let known = head.kind == Kind::Minus || matches!(self.word(head), "async" | "export" | "public" | "pub");
        if !(known || secret) || next.kind != Kind::Ident || !faults::is_item(word) {
            return None;
        }
        if secret {
            let assign = line.tokens.iter().position(|token| token.kind == Kind::Assign).unwrap_or(line.tokens.len());
            let spot = line.tokens[assign - 1].span().after();
            let edits = vec![(Span::new(head.start, next.start), String::new()), (spot, " secret".to_owned())];
            self.report.push(
                Diagnostic::new(Code::UnexpectedToken, head.span(), "`secret` stands behind the type of an input")
                    .label("before the input")
                    .edits("write it behind the type", edits),
            );
            return Some((word, Line { doc: line.doc, tokens: &line.tokens[1..] }));
        }
        let text = self.word(head);
        let diagnostic =
            Diagnostic::new(Code::UnexpectedToken, head.span(), format!("no `{text}` stands before `{word}`"))
                .label("one too many")
                .edit("remove it", Span::new(head.start, next.start), "");
        self.report.push(diagnostic);
        Some((word, Line { doc: line.doc, tokens: &line.tokens[1..] }))
    }

    /// `for x in list { … }`, `for (const x of list) { … }`: an `each`.
    fn looped(&mut self, line: Line<'s>, items: &mut Vec<Item>) -> bool {
        let Some(head) = LoopHead::of(self, line) else { return false };
        let list = Line { doc: line.doc, tokens: &line.tokens[..head.to] };
        let variable = self.written.ident(head.variable);
        let name = self.free_name(format!("{}_results", variable.name));
        let start = Span::new(line.head().start, line.tokens[head.from].start);
        let end = Span::new(list.span().end, line.span().end);
        let replacements = vec![(start, format!("each {name} = {} in ", variable.name)), (end, String::new())];
        self.report.push(
            Diagnostic::new(Code::UnknownItem, line.head().span(), "a block for each element is an `each`")
                .label("a loop of another language")
                .help("its name stands for the list of results, one for each element")
                .edits(format!("write `each {name} = {} in …`", variable.name), replacements),
        );
        let elements = run!(self, expr, list, head.from, Place::Each);
        let elements = elements.unwrap_or(Expr { kind: ExprKind::Error, span: list.span().after() });
        let mut inner = Vec::new();
        let body = self.block(|walk, line| walk.group_item(line, Place::EachItem, &mut inner));
        let each = Each {
            name: Ident { name: name.into(), span: variable.span },
            variable,
            list: elements,
            items: inner,
            result: None,
            span: line.span().to(body),
            body,
        };
        items.push(Item::Each(Box::new(each)));
        true
    }

    /// `if c { … } else if d { … } else { … }`, `unless c { … }`: groups with `when`, all together one mistake.
    pub(super) fn branched(&mut self, line: Line<'s>, place: Place, items: &mut Vec<Item>) -> bool {
        let head = line.head();
        let unless = head.kind == Kind::Ident && self.word(head) == "unless";
        let own = head.kind == Kind::Ident && self.word(head) == "when";
        if line.tokens.len() < 2 || !(head.kind == Kind::If || unless || own) {
            return false;
        }
        let rest = Line { doc: &[], tokens: &line.tokens[1..] };
        let first = self.written.slice(rest.span());
        let mut replacements = match unless {
            true => vec![(head.span().to(rest.span()), format!("when not {}", faults::grouped(first)))],
            false if own => Vec::new(),
            false => vec![(head.span(), "when".to_owned())],
        };
        let mut excluded = vec![if unless { first.to_owned() } else { format!("not {}", faults::grouped(first)) }];
        items.extend(self.when_group(line, place).map(Item::When));
        while let Some((behind, branch)) = self.next_branch() {
            let condition = branch.tokens.iter().position(|token| token.kind == Kind::If || token.kind == Kind::Ident);
            let condition = condition.and_then(|at| branch.tokens.get(at + 1..)).filter(|tokens| !tokens.is_empty());
            let condition = condition.map(|tokens| self.written.slice(tokens[0].span().to(branch.span().after())));
            let all: Vec<String> = excluded.iter().cloned().chain(condition.map(faults::grouped)).collect();
            let indent = self.indent(head);
            let text = format!("\n{indent}when {}", all.join(" and "));
            replacements.push((Span::new(behind, branch.span().end), text));
            excluded.extend(condition.map(|text| format!("not {}", faults::grouped(text))));
            let mut inner = Vec::new();
            let body = self.block(|walk, line| walk.group_item(line, place, &mut inner));
            let condition = Expr { kind: ExprKind::Error, span: branch.span() };
            items.push(Item::When(When { condition, items: inner, span: branch.span().to(body), body }));
        }
        if own {
            if !replacements.is_empty() {
                self.report.push(
                    Diagnostic::new(Code::UnexpectedToken, replacements[0].0, "a block has no `else`")
                        .label("nothing goes on here")
                        .help("Steps for the other case stand in a block of their own: `when not (condition)`.")
                        .edits("write a block for the other case", replacements),
                );
            }
            return true;
        }
        let what = self.word(head);
        self.report.push(
            Diagnostic::new(Code::UnknownItem, head.span(), "steps that run on a condition stand in a group `when`")
                .label(format!("`{what}` stands only in expressions"))
                .edits("write `when condition { … }`", replacements),
        );
        true
    }

    /// The line of an `else` with its block that follows a block, and where that block ends.
    fn next_branch(&mut self) -> Option<(u32, Line<'s>)> {
        let behind = self.at.checked_sub(1).map(|at| self.tokens[at])?;
        let tokens = self.tokens;
        let length = tokens[self.at..].iter().position(|token| token.kind == Kind::BlockOpen)?;
        let line = Line { doc: &[], tokens: &tokens[self.at..self.at + length] };
        let first = line.tokens.first()?;
        let goes_on = first.kind == Kind::Else || matches!(self.word(*first), "elif" | "elseif" | "elsif");
        let is_line = line.tokens.iter().all(|token| !matches!(token.kind, Kind::Newline | Kind::BlockClose));
        if behind.kind != Kind::BlockClose || !goes_on || !is_line {
            return None;
        }
        self.at += length;
        Some((behind.end, line))
    }

    /// The blanks before the first word of a line.
    pub(super) fn indent(&self, head: Token) -> &'s str {
        let before = &self.written.text[..(head.start - self.written.base) as usize];
        let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
        if line.trim().is_empty() { line } else { "  " }
    }
}

/// The parts of a loop's first line, by their places among its tokens.
pub(super) struct LoopHead {
    pub variable: Token,
    /// The list.
    pub from: usize,
    pub to: usize,
}

impl LoopHead {
    pub(super) fn of(walk: &Walk<'_>, line: Line<'_>) -> Option<LoopHead> {
        let is_word = |at: usize, words: &[&str]| {
            line.tokens.get(at).is_some_and(|token| token.kind == Kind::Ident && words.contains(&walk.word(*token)))
        };
        if line.head().kind != Kind::For && !is_word(0, &["foreach", "for_each"]) {
            return None;
        }
        let mut at = 1;
        let wrapped = line.tokens.get(at)?.kind == Kind::LParen;
        at += usize::from(wrapped);
        at += usize::from(is_word(at, &["const", "let", "var", "each", "auto"]));
        let variable = *line.tokens.get(at).filter(|token| token.kind == Kind::Ident)?;
        let leads = line.tokens.get(at + 1)?.kind == Kind::In || is_word(at + 1, &["of"]);
        let (from, to) = (at + 2, line.tokens.len() - usize::from(wrapped));
        let closed = !wrapped || line.tokens.last()?.kind == Kind::RParen;
        (leads && closed && from < to).then_some(LoopHead { variable, from, to })
    }
}
