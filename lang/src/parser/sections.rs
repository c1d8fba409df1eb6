//! Sections in the manner of other languages, each of which is one mistake: a block of inputs or outputs, and lines that are
//! held together by their indentation.

use super::faults::{self, Place};
use super::walk::{Line, Walk};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Kind, Token};
use crate::source::Span;
use crate::syntax::*;

impl<'s> Walk<'s> {
    /// `inputs { name: type }`, `outputs { name = value }`: reported once, and each line taken for the item that it is.
    pub(super) fn section(&mut self, word: &str, line: Line<'s>, items: &mut Vec<Item>) -> bool {
        let item = match word {
            "inputs" | "input" | "parameters" | "params" | "variables" => "input",
            "outputs" | "output" | "results" => "output",
            _ => return false,
        };
        if line.tokens.len() != 1 || self.kind() != Some(Kind::BlockOpen) {
            return false;
        }
        let open = self.tokens[self.at];
        let mut edits = vec![(Span::new(line.head().start, open.end), String::new())];
        let body = self.block(|walk, line| {
            walk.no_doc(line.doc);
            for part in divided(line.tokens) {
                let end = part[part.len() - 1];
                let (own, comma) =
                    if end.kind == Kind::Comma { part.split_at(part.len() - 1) } else { (part, &[][..]) };
                let Some(head) = own.first() else { continue };
                edits.push((head.span().before(), format!("{item} ")));
                edits.extend(comma.iter().map(|comma| {
                    // What follows on the same line begins one of its own.
                    let rest =
                        walk.written.text[(comma.end - walk.written.base) as usize..].trim_start_matches([' ', '\t']);
                    let is_last = rest.is_empty() || rest.starts_with(['\n', '\r', '}']) || rest.starts_with("//");
                    (comma.span(), if is_last { String::new() } else { "\n".to_owned() })
                }));
                let line = Line { doc: &[], tokens: own };
                if item == "input" {
                    items.extend(walk.input_behind(line, 0).map(|input| Item::Input(Box::new(input))));
                } else {
                    let value = walk.value_behind(line, 0, Place::Let);
                    items.extend(value.map(|(name, value)| Item::Output(Output { name, value, span: line.span() })));
                }
            }
            walk.no_inner_block(line);
        });
        edits.push((Span::new(body.end - 1, body.end), String::new()));
        self.report.push(
            Diagnostic::new(Code::UnknownItem, line.span(), format!("there is no block of {item}s"))
                .label("each has a line of its own")
                .help(match item {
                    "input" => "The form is `input name: type = default`.",
                    _ => "The form is `output name = expression`.",
                })
                .edits(format!("begin each line with `{item}`"), edits),
        );
        true
    }

    /// `step a:` or `critical:` with further lines that only their indentation holds together: reported once. What they
    /// declare is known to the rest of the plan.
    pub(super) fn indented(&mut self, word: &str, line: Line<'s>, items: &mut Vec<Item>) -> bool {
        let (name, colon) = match line.tokens {
            [_, colon, ..] if colon.kind == Kind::Colon => (None, 1),
            [_, name, colon, ..] if name.kind == Kind::Ident && colon.kind == Kind::Colon => (Some(*name), 2),
            _ => return false,
        };
        let is_section = faults::is_item(word) || matches!(word, "inputs" | "outputs" | "steps" | "params" | "tasks");
        // A text may stand on the line below.
        let first = line.tokens.get(colon + 1).filter(|first| !first.kind.is_text() && first.kind != Kind::StrOpen);
        let breaks = |first: &Token| self.written.slice(Span::new(line.tokens[colon].end, first.start)).contains('\n');
        let Some(first) = first.filter(|first| is_section && breaks(first)) else { return false };
        let outside = self.column(line.head());
        if self.column(*first) <= outside {
            return false;
        }
        let mut lines = vec![&line.tokens[colon + 1..]];
        if self.kind() == Some(Kind::BlockOpen) {
            self.skip_block();
        }
        while let Some(next) = self.line_within(outside) {
            lines.push(next.tokens);
            if self.kind() == Some(Kind::BlockOpen) {
                self.skip_block();
            }
        }
        let whole = line.head().span().to(self.tokens[self.at - 1].span());
        let diagnostic = Diagnostic::new(
            Code::UnknownItem,
            line.head().span().to(line.tokens[colon].span()),
            format!("no lines belong to `{word}` by their indentation"),
        )
        .label("a plan is no YAML");
        let diagnostic = diagnostic.help(match word {
            "step" | "steps" | "tasks" => "The form is `step name = tool(argument: value)`.",
            "input" | "inputs" | "params" => "Each input has a line of its own: `input name: type = default`.",
            "output" | "outputs" => "Each output has a line of its own: `output name = expression`.",
            _ => "Items begin with a word, and stand in braces where they hold others.",
        });
        let call = name.filter(|_| word == "step").and_then(|_| faults::call_of_pairs(self.written, &lines));
        self.report.push(match (call, name) {
            (Some(call), Some(name)) => {
                let text = format!("step {} = {call}", self.word(name));
                diagnostic.edit("call the tool on the line of the step", whole, text)
            }
            _ => diagnostic,
        });
        let error = |span: Span| Expr { kind: ExprKind::Error, span };
        match (word, name) {
            ("step", Some(name)) => items.push(Item::Step(Step {
                name: self.written.ident(name),
                call: error(whole),
                clauses: Vec::new(),
                span: whole,
                block: None,
            })),
            ("input" | "inputs" | "params", None) => {
                let names = lines.iter().filter_map(|line| match line {
                    [name, colon, ..] if name.kind == Kind::Ident && colon.kind == Kind::Colon => Some(*name),
                    _ => None,
                });
                items.extend(names.map(|name| {
                    let ty = TypeExpr { kind: TypeExprKind::Error, span: name.span().after() };
                    let name = self.written.ident(name);
                    Item::Input(Box::new(Input { name, ty, secret: None, default: None, span: whole }))
                }));
            }
            _ => {}
        }
        true
    }

    /// The next line of the block, if it stands further to the right than a column.
    pub(super) fn line_within(&mut self, outside: usize) -> Option<Line<'s>> {
        let at = self.tokens[self.at..].iter().position(|token| token.kind != Kind::Newline)? + self.at;
        let first = self.tokens[at];
        if matches!(first.kind, Kind::BlockClose | Kind::BlockOpen) || self.column(first) <= outside {
            return None;
        }
        self.line()
    }

    /// How far from the start of its line a token stands.
    pub(super) fn column(&self, token: Token) -> usize {
        let before = &self.written.text[..(token.start - self.written.base) as usize];
        before.len() - before.rfind('\n').map_or(0, |at| at + 1)
    }
}

/// The parts of a line that end with a comma outside of all brackets, each with its comma.
fn divided(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let mut depth = 0_usize;
    tokens.split_inclusive(move |token| {
        match token.kind {
            Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => depth += 1,
            Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.kind == Kind::Comma
    })
}
