//! Signs and words of other languages ⟶ reported, and taken for ours.

use super::{Holds, Pass};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, NO_SIGN};
use crate::lexer::{Kind, Token, set_apart};
use crate::source::Span;

/// In how many tokens of a bracket `;` is looked for.
const MAX_DIVIDED: usize = 300;

impl Pass<'_> {
    /// `;`: reported, and taken for what divides there; none where it divides nothing.
    pub(super) fn semicolon(&mut self, index: usize) -> Option<Kind> {
        let token = self.tokens[index];
        let (span, range) = (token.span(), self.source.range(token.span()));
        let diagnostic = Diagnostic::new(Code::UnexpectedCharacter, span, "`;` is not part of the language");
        let what = match (self.top().open, self.top().holds) {
            // The braces around it are reported.
            (_, Holds::Value) => return None,
            (Kind::LParen, _) => Some("arguments"),
            (Kind::LBracket, _) => Some("elements"),
            (Kind::LBrace, _) => Some("fields"),
            _ => None,
        };
        if let Some(what) = what {
            // All of one bracket are one mistake.
            if !std::mem::replace(&mut self.top().semicolons, true) {
                let edits = self.semicolons_from(index).map(|token| (token.span(), ",".to_owned())).collect();
                let label = format!("{what} are divided by `,`");
                self.report.push(diagnostic.label(label).edits("write `,`", edits));
            }
            return Some(Kind::Comma);
        }
        let diagnostic = diagnostic.label("the end of the line ends an item");
        let rest = self.source.text[range.end..].trim_start_matches([' ', '\t', '\r', ';']);
        let last = rest.is_empty() || rest.starts_with(['\n', '}']) || rest.starts_with("//");
        self.report.push(match last {
            true => diagnostic.edit("remove it", span, ""),
            false => diagnostic.edit("begin a new line", span, "\n"),
        });
        // Where it divides two items on one line, it shall still do so.
        (!last).then_some(Kind::Newline)
    }

    /// The `;` at `index`, and those behind it in the same bracket.
    fn semicolons_from(&self, index: usize) -> impl Iterator<Item = Token> {
        let mut depth = 0_usize;
        let inside = self.tokens[index..].iter().take(MAX_DIVIDED).take_while(move |token| {
            match token.kind {
                Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => depth += 1,
                Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose if depth == 0 => return false,
                Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => depth -= 1,
                _ => {}
            }
            true
        });
        let mut depth = 0_usize;
        let level = inside.filter(move |token| {
            match token.kind {
                Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::InterpOpen => depth += 1,
                Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && token.kind == Kind::Semicolon
        });
        level.copied()
    }

    /// `||`: reported, and taken for `or`; none where it is left out with what follows.
    pub(super) fn foreign_or(&mut self, index: usize) -> Option<Kind> {
        let sign = self.tokens[index].span();
        if let Some((ignored, clause)) = self.ignored_failure(index) {
            let diagnostic = Diagnostic::new(Code::UnexpectedToken, ignored, "no `|| true` stands behind a step")
                .label("ignores a failure in a shell only")
                .help("A step that may fail has the clause `on failure continue`; its result may then be null.");
            self.report.push(match clause {
                Some(span) => diagnostic.edit("write the clause", span, " { on failure continue }"),
                None => diagnostic,
            });
            self.passed = ignored.end;
            return None;
        }
        if self.is_default(index + 1) {
            self.report.push(
                Diagnostic::new(Code::UnexpectedCharacter, sign, "a default for null is written `??`")
                    .label(NO_SIGN)
                    .help("`??` takes its right side only for null, not for an empty text or 0.")
                    .edit("write `??`", sign, "??")
                    .maybe(),
            );
            return Some(Kind::Coalesce);
        }
        let range = self.source.range(sign);
        let word = set_apart(&self.source.text, range.start, range.end, "or");
        self.report.push(Diagnostic::new(Code::UnexpectedCharacter, sign, "`||` is written `or`").label(NO_SIGN).edit(
            "write `or`",
            sign,
            word,
        ));
        Some(Kind::Or)
    }

    /// Whether a text, a number or a list begins at `index`, which no condition is: all of the right side of a `||`.
    fn is_default(&self, index: usize) -> bool {
        let Some(first) = self.tokens.get(index) else { return false };
        let is_text = matches!(first.kind, Kind::Str | Kind::StrEscaped | Kind::StrRaw | Kind::StrBlock);
        let end = match first.kind {
            Kind::StrOpen | Kind::LBracket | Kind::LBrace => return true,
            Kind::Int | Kind::Float => self.tokens.get(index + 1),
            _ if is_text => self.tokens.get(index + 1),
            _ => return false,
        };
        end.is_none_or(|end| {
            let closes = matches!(end.kind, Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose);
            closes || matches!(end.kind, Kind::Newline | Kind::Comma)
        })
    }

    /// The `|| true` behind the call of a step, and what a clause takes the place of; no clause where a block follows.
    fn ignored_failure(&mut self, index: usize) -> Option<(Span, Option<Span>)> {
        let word = self.tokens.get(index + 1).filter(|next| next.kind == Kind::True)?;
        let next = self.tokens.get(index + 2).map_or(Kind::Newline, |token| token.kind);
        let ends = matches!(next, Kind::Newline | Kind::LBrace | Kind::RBrace);
        let close = self.out.last().copied().filter(|last| ends && last.kind == Kind::RParen)?;
        if !self.top().is_block() {
            return None;
        }
        let first = self.out.iter().rposition(|token| matches!(token.kind, Kind::Newline | Kind::BlockOpen))? + 1;
        let is_step = self.out.get(first).is_some_and(|token| self.source.slice(token.span()) == "step");
        let clause = (next == Kind::Newline).then(|| Span::new(close.end, word.end));
        is_step.then(|| (self.tokens[index].span().to(word.span()), clause))
    }

    /// `None`, `True` and their like: reported where they stand for a value, and taken for ours.
    pub(super) fn foreign_constant(&mut self, index: usize) -> Kind {
        let token = self.tokens[index];
        if !matches!(token.end - token.start, 3..=9) {
            return Kind::Ident;
        }
        let text = self.source.slice(token.span());
        if !text.starts_with(['N', 'n', 'u', 'T', 'F']) {
            return Kind::Ident;
        }
        let (ours, kind) = match text {
            "None" | "nil" | "undefined" | "NULL" | "Null" => ("null", Kind::Null),
            "True" | "TRUE" => ("true", Kind::True),
            "False" | "FALSE" => ("false", Kind::False),
            _ => return Kind::Ident,
        };
        let next = self.tokens.get(index + 1).map_or(Kind::Newline, |token| token.kind);
        let is_name = matches!(self.previous(), Kind::Dot | Kind::QuestionDot | Kind::Ident)
            || matches!(next, Kind::Colon | Kind::Assign | Kind::LParen);
        if is_name {
            return Kind::Ident;
        }
        self.report.push(
            Diagnostic::new(Code::UnexpectedToken, token.span(), format!("`{text}` is written `{ours}`"))
                .label("unknown word")
                .edit(format!("write `{ours}`"), token.span(), ours),
        );
        kind
    }
}
