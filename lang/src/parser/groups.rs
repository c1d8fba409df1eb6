//! Blocks of steps: `each`, `together`, `when`, and the line of a `gate`.
//!
//! What may stand in which block is decided here and nowhere else; what does not belong is reported where it stands and
//! left out of the tree.

use super::faults::{self, Place};
use super::walk::{Line, Walk, run};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::Kind;
use crate::syntax::*;

impl<'s> Walk<'s> {
    pub(super) fn each(&mut self, line: Line<'s>) -> Option<Each> {
        let unnamed = self.unnamed_each(line);
        let read = if unnamed.is_some() { unnamed } else { run!(self, each, line, 1, Place::Each) };
        let parts = read.or_else(|| {
            let name = self.declared(line)?;
            let span = name.span.after().to(line.span().after());
            let variable = self.variable(line).unwrap_or_else(|| Ident { name: "_".into(), span });
            Some(((name, variable), Expr { kind: ExprKind::Error, span }))
        });
        if !self.need_block(line, "`each` needs its steps in braces") {
            return None;
        }
        let (mut items, mut result) = (Vec::new(), None);
        let body = self.block(|walk, line| {
            walk.no_doc(line.doc);
            match walk.word(line.head()) {
                "result" if !walk.is_assigned(line) || walk.is_last_value(line) => walk.result(line, &mut result),
                _ if result.is_some() => walk.behind_result(line),
                _ => walk.group_item(line, Place::EachItem, &mut items),
            }
        });
        let span = line.span().to(body);
        parts.map(|((name, variable), list)| Each { name, variable, list, items, result, span, body })
    }

    pub(super) fn together(&mut self, line: Line<'s>) -> Option<Together> {
        let _ = run!(self, nothing, line, 1, Place::TogetherHead);
        if !self.need_block(line, "`together` needs its steps in braces") {
            return None;
        }
        let mut items = Vec::new();
        let body = self.block(|walk, line| {
            walk.no_doc(line.doc);
            walk.group_item(line, Place::TogetherItem, &mut items);
        });
        Some(Together { items, span: line.span().to(body), body })
    }

    /// `place` says what may stand in it: a `when` inside an `each` holds what that may hold.
    pub(super) fn when_group(&mut self, line: Line<'s>, place: Place) -> Option<When> {
        let condition =
            run!(self, expr, line, 1, Place::WhenGroup).unwrap_or(Expr { kind: ExprKind::Error, span: line.span() });
        if !self.need_block(line, "a `when` outside a step needs its steps in braces") {
            return None;
        }
        let mut items = Vec::new();
        let body = self.block(|walk, line| {
            walk.no_doc(line.doc);
            walk.group_item(line, place, &mut items);
        });
        Some(When { condition, items, span: line.span().to(body), body })
    }

    pub(super) fn gate(&mut self, line: Line<'s>) -> Option<Gate> {
        let span = line.span();
        let gate = run!(self, gate, line, 1, Place::Gate).map(|(text, shown)| Gate { text, shown, span });
        if self.kind() != Some(Kind::BlockOpen) {
            return gate;
        }
        let wrapped = self.wrapped_gate(line);
        gate.map(|gate| Gate { shown: if gate.shown.is_empty() { wrapped } else { gate.shown }, ..gate })
    }

    /// `each x in list {`: reported, and read with the name that its results are given.
    fn unnamed_each(&self, line: Line<'s>) -> Option<((Ident, Ident), Expr)> {
        let [_, element, leads, _, ..] = line.tokens else { return None };
        if element.kind != Kind::Ident || leads.kind != Kind::In {
            return None;
        }
        let variable = self.written.ident(*element);
        let name = format!("{}_results", variable.name);
        self.report.push(
            Diagnostic::new(Code::UnexpectedToken, element.span(), "this `each` has no name")
                .label("expected a name and `=` before this")
                .help("its name stands for the list of results")
                .edit("give it a name", element.span().before(), format!("{name} = ")),
        );
        let list = run!(self, expr, line, 3, Place::Each);
        let list = list.unwrap_or(Expr { kind: ExprKind::Error, span: line.span().after() });
        Some(((Ident { name: name.into(), span: variable.span }, variable), list))
    }

    /// Whether a line `result = …` ends its block, and calls no tool: then it is the result of the block.
    fn is_last_value(&self, line: Line<'s>) -> bool {
        let kinds: Vec<Kind> = line.tokens.iter().skip(2).map(|token| token.kind).collect();
        let is_call = matches!(
            kinds.as_slice(),
            [Kind::Ident, Kind::Dot, Kind::Ident, Kind::LParen, Kind::Ident, Kind::Colon, ..]
        );
        let next = self.tokens[self.at..].iter().find(|token| token.kind != Kind::Newline);
        !is_call && !kinds.is_empty() && next.is_some_and(|token| token.kind == Kind::BlockClose)
    }

    /// The second name of an `each` line whose rest is faulty.
    fn variable(&self, line: Line<'s>) -> Option<Ident> {
        line.tokens.get(3).filter(|token| token.kind == Kind::Ident).map(|token| self.written.ident(*token))
    }

    fn is_assigned(&self, line: Line<'s>) -> bool {
        line.tokens.get(1).is_some_and(|token| token.kind == Kind::Assign)
    }

    pub(super) fn group_item(&mut self, line: Line<'s>, place: Place, items: &mut Vec<Item>) {
        let word = self.word(line.head());
        if faults::words_of(place).contains(&word) && word != "result" {
            items.extend(match word {
                "when" => self.when_group(line, place).map(Item::When),
                _ => self.known_item(word, line).flatten(),
            });
            return;
        }
        match self.is_item(word) {
            true => self.misplaced(line, word, place),
            false if self.foreign_item(line, place, items) => {}
            false => {
                let meant = faults::unknown_item(self.report, self.written, line.tokens, place);
                let item = meant
                    .filter(|meant| faults::words_of(place).contains(meant))
                    .and_then(|m| self.known_item(m, line));
                match item {
                    Some(item) => items.extend(item),
                    None if self.kind() == Some(Kind::BlockOpen) => drop(self.skip_block()),
                    None => {}
                }
            }
        }
    }

    /// An item that may stand in a plan, and not in this block.
    fn misplaced(&mut self, line: Line<'s>, word: &str, place: Place) {
        let block = match place {
            Place::EachItem => "each",
            Place::TogetherItem => "together",
            _ => "when",
        };
        let help = match (word, place) {
            ("each", Place::EachItem) => {
                "run over one list of pairs: `let pairs = [{ a: a, b: b } for …].flatten()`, or put the inner block behind this one"
            }
            ("gate", Place::EachItem) => "put the gate before or behind the block: one yes is for all elements",
            (_, Place::TogetherItem) => "a `together` holds single steps: put this before or behind it",
            _ => "put it into the plan itself",
        };
        let head = line.head().span();
        let message = format!("`{word}` cannot stand in a block of `{block}`");
        self.report.push(Diagnostic::new(Code::UnknownItem, head, message).label("not here").help(help));
        if self.kind() == Some(Kind::BlockOpen) {
            self.skip_block();
        }
    }

    fn result(&mut self, line: Line<'s>, result: &mut Option<ResultLine>) {
        let span = line.span();
        let value =
            run!(self, expr, line, 1, Place::Result).unwrap_or(Expr { kind: ExprKind::Error, span: span.after() });
        self.no_inner_block(line);
        match result {
            Some(first) => {
                let diagnostic = Diagnostic::new(Code::DuplicateSection, span, "a block has one `result`")
                    .label("a second one")
                    .related(first.span, "the first one");
                self.report.push(diagnostic);
            }
            None => *result = Some(ResultLine { value, span }),
        }
    }

    fn behind_result(&mut self, line: Line<'s>) {
        self.report.push(
            Diagnostic::new(Code::UnexpectedToken, line.span(), "nothing may follow the `result`")
                .label("`result` is the last line of `each`")
                .help("Put steps and lets before it."),
        );
        if self.kind() == Some(Kind::BlockOpen) {
            self.skip_block();
        }
    }

    /// Whether a line with this word is an item somewhere in a plan.
    fn is_item(&self, word: &str) -> bool {
        faults::ITEMS.contains(&word)
    }
}
