//! A short cut for the commonest values: names with fields, literals, strings with such values in them, and calls with
//! such arguments.
//!
//! It reads the tokens one by one, and gives up on everything else. The grammar is in [`super::expr`] and only there: what
//! is read here is read there as well, to the same tree, at several times the cost. Most plans consist of little else.

use super::leaf::{Ex, Fault, In, Rule, Written};
use crate::lexer::{Kind, Token, literal};
use crate::source::Span;
use crate::syntax::{Arg, Call, EXTRACT, Expr, ExprKind, FieldAccess, Ident, StringLit, StringPart};
use chumsky::input::InputRef;
use chumsky::prelude::*;
use smol_str::SmolStr;

/// How deep values may lie in each other: a call, its argument, what stands inside that. What lies deeper is read again
/// by the rules, so that this bounds how often a token is looked at.
const MAX_DEPTH: usize = 3;

/// A whole expression, if it is of the common kind.
pub(super) fn shortcut<'s, R: Fault<'s>>() -> impl Rule<'s, Expr, R> {
    custom(|input: &mut InputRef<'s, '_, In<'s>, Ex<'s, R>>| {
        let before = input.cursor();
        let mut reader = Reader { tokens: input.slice_from(&before..), at: 0, written: input.state().0 };
        match reader.expression(0) {
            Some(expr) => {
                (0..reader.at).for_each(|_| input.skip());
                Ok(expr)
            }
            None => Err(R::expected_found([] as [&str; 0], None, input.span_since(&before))),
        }
    })
}

struct Reader<'s> {
    tokens: In<'s>,
    at: usize,
    written: Written<'s>,
}

impl<'s> Reader<'s> {
    fn kind(&self) -> Option<Kind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(*token)
    }

    fn take(&mut self, kind: Kind) -> Option<Token> {
        self.next().filter(|token| token.kind == kind)
    }

    /// A value and all that belongs to it; none where an operator follows.
    fn expression(&mut self, depth: usize) -> Option<Expr> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut expr = self.atom(depth)?;
        loop {
            expr = match self.kind() {
                None | Some(Kind::Comma | Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose) => {
                    return Some(expr);
                }
                Some(Kind::Dot) => self.field(expr)?,
                Some(Kind::LParen) => self.call(expr, depth)?,
                Some(_) => return None,
            };
        }
    }

    fn atom(&mut self, depth: usize) -> Option<Expr> {
        let token = self.next()?;
        match token.kind {
            Kind::StrOpen => self.string(token, depth),
            _ => plain(token, self.written),
        }
    }

    fn field(&mut self, base: Expr) -> Option<Expr> {
        self.at += 1;
        let word = self.next().filter(|word| word.kind == Kind::Ident || word.kind.is_word())?;
        let span = base.span.to(word.span());
        Some(Expr {
            kind: ExprKind::Field(Box::new(FieldAccess { base, name: self.written.ident(word), optional: false })),
            span,
        })
    }

    fn call(&mut self, callee: Expr, depth: usize) -> Option<Expr> {
        let open = self.take(Kind::LParen)?;
        if self.written.is_behind(open, EXTRACT) {
            return None;
        }
        let mut args = Vec::new();
        while self.kind()? != Kind::RParen {
            if args.is_empty() {
                // Most calls have no more; the least that a vector takes by itself is four.
                args.reserve_exact(3);
            }
            args.push(Arg { name: self.argument_name(), value: self.expression(depth + 1)? });
            if self.kind()? != Kind::RParen {
                self.take(Kind::Comma)?;
            }
        }
        let parens = open.span().to(self.take(Kind::RParen)?.span());
        let span = callee.span.to(parens);
        Some(Expr { kind: ExprKind::Call(Box::new(Call { callee, args, parens })), span })
    }

    fn argument_name(&mut self) -> Option<Ident> {
        let [name, colon, ..] = &self.tokens[self.at..] else { return None };
        if name.kind != Kind::Ident || colon.kind != Kind::Colon {
            return None;
        }
        self.at += 2;
        Some(self.written.ident(*name))
    }

    /// The rest of `"… ${value} …"`; not of a `"""` block, whose texts are decoded together.
    fn string(&mut self, open: Token, depth: usize) -> Option<Expr> {
        if open.end - open.start != 1 {
            return None;
        }
        let mut parts = Vec::with_capacity(4);
        loop {
            let token = self.next()?;
            match token.kind {
                Kind::StrText => parts.push(StringPart::Text(literal::line_part(self.written.token(token)))),
                Kind::InterpOpen => {
                    parts.push(StringPart::Expr(self.expression(depth + 1)?));
                    self.take(Kind::InterpClose)?;
                }
                Kind::StrClose => {
                    let span: Span = open.span().to(token.span());
                    return Some(Expr { kind: ExprKind::String(StringLit { parts }), span });
                }
                _ => return None,
            }
        }
    }
}

/// The value that one token is.
pub(super) fn plain(token: Token, written: Written<'_>) -> Option<Expr> {
    let text = || written.token(token);
    let kind = match token.kind {
        Kind::Ident => ExprKind::Name(SmolStr::new(text())),
        Kind::Str | Kind::StrEscaped | Kind::StrBlock | Kind::StrRaw => {
            let value = literal::whole_part(token, text());
            let parts = if value.is_empty() { Vec::new() } else { vec![StringPart::Text(value)] };
            ExprKind::String(StringLit { parts })
        }
        Kind::Int => ExprKind::Int(literal::int(text()).unwrap_or(i64::MAX)),
        Kind::Float => ExprKind::Float(literal::float(text())),
        Kind::Duration => ExprKind::Duration(literal::duration_ms(text()).unwrap_or(u64::MAX)),
        Kind::True => ExprKind::Bool(true),
        Kind::False => ExprKind::Bool(false),
        Kind::Null => ExprKind::Null,
        _ => return None,
    };
    Some(Expr { kind, span: token.span() })
}

#[cfg(test)]
mod tests {
    use super::super::items::Rules;
    use super::super::structure::structure;
    use super::super::walk::Walk;
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::lexer::lex;
    use crate::source::Sources;
    use chumsky::error::Rich;

    const VALUES: [&str; 28] = [
        "null",
        "1_000",
        "90m",
        "1.5",
        "a.b.in",
        "a?.b",
        "a[0].b",
        "\"\"",
        "\"a\\n\\u{e9}\"",
        "r\"a\\n\"",
        "\"a long text that is kept outside of its node\"",
        "\"${a}\"",
        "\"x${a.b}${\"y\"}\\t\"",
        "\"\"\"\n  x ${a}\n    y\n  \"\"\"",
        "f()",
        "f(,)",
        "f(a, b: 1,)",
        "f(a b)",
        "f(in: true, x: f.g(\"${h(1)}\"))",
        "f(f(f(f(f(f(1))))))",
        "f(1 + 2, -1, not true)",
        "a + f(1)",
        "[f(1), { a: b.c }]",
        "if a then f(1) else \"${b}\"",
        "(a).b(c)",
        "model.extract(from: a.b, type: T)",
        "model . extract(type: { a?: int(min: 1), b: [\"x\" | null] }, from: \"${a}\")",
        "model.extracts(type: T)",
    ];

    /// What the rules make of a text with the short cut and without.
    fn read(text: &str) -> (Option<Expr>, Option<Expr>) {
        let mut sources = Sources::default();
        let index = sources.add("a.pl", text);
        let (source, report) = (sources.get(index), Diagnostics::default());
        let tokens = structure(source, &lex(source, &report).tokens, &report).expect("nothing is nested too deep");
        let walk = Walk::new(Written { text: &source.text, base: source.base }, &tokens, &report);
        let general = Rules::<Rich<'_, Token>>::new();
        (walk.attempt(&walk.fast.expr, &tokens).ok(), walk.attempt(&general.expr, &tokens).ok())
    }

    #[test]
    fn the_short_cut_reads_what_the_rules_read() {
        for value in VALUES {
            for text in
                [value.to_owned(), format!("t.u(a: {value}, b: \"${{{value}}}\")"), format!("{value} ?? {value}")]
            {
                let (short, general) = read(&text);
                assert_eq!(short, general, "{text}");
            }
        }
    }
}
