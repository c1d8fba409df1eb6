//! Strings with a letter before them, as other languages have them: `f"{name}: {size:.2f}"`, `b"…"`, `R"…"`.
//!
//! An edit says the same as what was written, braces, doubled braces and quotes; where that is not clear there is none.

use super::{Failure, Slip, unexpected};
use crate::lexer::{Kind, Token, is_prefix, requoted};
use crate::source::Span;

/// `f"…"`
pub(super) fn prefixed(failure: Failure<'_>) -> Option<Slip> {
    let found = failure.found().filter(|token| token.kind.is_text() || token.kind == Kind::StrOpen)?;
    let prefix = failure.before(1).filter(|token| token.end == found.start)?;
    let letters = failure.text(prefix).to_ascii_lowercase();
    if !is_prefix(&letters) {
        return None;
    }
    let diagnostic = unexpected(prefix.span(), format!("no `{}` stands before a string", failure.text(prefix)))
        .label("one letter too many")
        .help("Every string may hold `${expression}`; `r\"…\"` is raw.");
    let place = failure.at - 1..failure.at + 1;
    let text = failure.text(found);
    let is_raw = letters.contains('r');
    let has_values = letters.contains('f');
    let string = Formatted::of(found, text, has_values).filter(|_| !is_raw || !text.contains('\\'));
    if let Some(string) = string.filter(|_| has_values || !is_raw) {
        let mut replacements = vec![(prefix.span(), String::new())];
        replacements.extend(string.edits());
        let title = if string.pieces.is_empty() { "remove it" } else { "write `${…}` and remove the letter" };
        return Some(failure.meant(diagnostic.edits(title, replacements), place, string.tokens(failure)));
    }
    let diagnostic = match has_values {
        // What is in the braces is a value already, if that is what they stand for.
        true if found.kind == Kind::StrOpen => diagnostic.edit("remove it", prefix.span(), "").maybe(),
        true => diagnostic,
        false if found.kind == Kind::StrOpen && !is_raw => diagnostic.edit("remove it", prefix.span(), ""),
        false => match raw(failure, found, text) {
            Some(raw) => diagnostic.edit("write `r` and double quotes", prefix.span().to(found.span()), raw),
            None => diagnostic,
        },
    };
    Some(failure.meant(diagnostic, place, [found]))
}

/// `R"…"`, `rb'…'` on one line as a raw string.
fn raw(failure: Failure<'_>, found: Token, text: &str) -> Option<String> {
    if found.kind == Kind::StrOpen {
        let end = failure.line[failure.at..].iter().find(|token| token.kind == Kind::StrClose)?;
        let whole = failure.written.slice(found.span().to(end.span()));
        // What follows is replaced by nothing: the letter alone changes.
        return Some(format!("r{}", &whole[..(found.end - found.start) as usize]));
    }
    let inner = text.get(1..text.len().checked_sub(1)?).filter(|_| found.kind != Kind::StrBlock)?;
    Some(if inner.contains('"') { format!("r#\"{inner}\"#") } else { format!("r\"{inner}\"") })
}

/// A string with values in braces.
struct Formatted<'s> {
    token: Token,
    text: &'s str,
    /// How long each of its ends is.
    quotes: usize,
    pieces: Vec<Piece>,
}

/// What braces in it hold, by offsets in its text.
enum Piece {
    /// `{{` or `}}`: one brace.
    Doubled(usize),
    /// `{value}` or `{value:.2f}`.
    Value {
        open: usize,
        /// Where the value ends.
        end: usize,
        close: usize,
        decimals: Option<u8>,
        /// Whether it is a name with fields.
        is_path: bool,
    },
}

impl<'s> Formatted<'s> {
    /// None where a part of it has no form here that is sure.
    fn of(token: Token, text: &'s str, has_values: bool) -> Option<Formatted<'s>> {
        let quotes = match token.kind {
            Kind::Str | Kind::StrEscaped => 1,
            Kind::StrBlock => 3,
            _ => return None,
        };
        let inner = text.get(quotes..text.len().checked_sub(quotes)?)?;
        if quotes == 3 && text.starts_with('\'') && inner.contains('"') {
            return None;
        }
        let (mut pieces, mut at) = (Vec::new(), if has_values { 0 } else { inner.len() });
        while let Some(brace) = inner[at..].find(['{', '}']).map(|offset| at + offset) {
            let doubled = inner[brace..].starts_with("{{") || inner[brace..].starts_with("}}");
            let (piece, next) = match doubled {
                true => (Piece::Doubled(quotes + brace), brace + 2),
                false => {
                    let close = inner[brace..].starts_with('{').then(|| inner[brace..].find('}'))?? + brace;
                    (value(&inner[brace + 1..close], quotes + brace)?, close + 1)
                }
            };
            pieces.push(piece);
            at = next;
        }
        Some(Formatted { token, text, quotes, pieces })
    }

    fn span(&self, from: usize, to: usize) -> Span {
        Span::new(self.token.start + from as u32, self.token.start + to as u32)
    }

    fn edits(&self) -> Vec<(Span, String)> {
        let mut edits = Vec::new();
        if self.text.starts_with('\'') {
            let end = self.text.len();
            let ends = [(0, self.quotes), (end - self.quotes, end)];
            edits.extend(ends.map(|(from, to)| (self.span(from, to), "\"".repeat(self.quotes))));
            let inner = &self.text[self.quotes..end - self.quotes];
            let changes = requoted(inner).filter(|_| self.quotes == 1);
            edits.extend(
                changes.map(|(at, text)| (self.span(self.quotes + at.start, self.quotes + at.end), text.to_owned())),
            );
        }
        for piece in &self.pieces {
            match piece {
                Piece::Doubled(at) => edits.push((self.span(*at, at + 1), String::new())),
                Piece::Value { open, end, close, decimals, is_path } => {
                    let wrapped = decimals.is_some() && !is_path;
                    edits.push((self.span(*open, open + 1), if wrapped { "${(" } else { "${" }.to_owned()));
                    if let Some(decimals) = decimals {
                        let bracket = if wrapped { ")" } else { "" };
                        edits.push((self.span(*end, *close), format!("{bracket}.format({decimals})")));
                    }
                }
            }
        }
        edits
    }

    /// The tokens of the string, with the values that are names.
    fn tokens(&self, failure: Failure<'_>) -> Vec<Token> {
        let paths = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value { open, end, close, is_path: true, .. } => Some((*open, *end, *close)),
            _ => None,
        });
        let start = self.token.start;
        let token =
            |kind: Kind, from: usize, to: usize| Token { kind, start: start + from as u32, end: start + to as u32 };
        let mut tokens = vec![token(Kind::StrOpen, 0, self.quotes)];
        let mut at = self.quotes;
        for (open, end, close) in paths {
            if at < open {
                tokens.push(token(Kind::StrText, at, open));
            }
            tokens.push(token(Kind::InterpOpen, open, open + 1));
            let mut part_at = open + 1;
            for (index, part) in failure.written.slice(self.span(part_at, end)).split('.').enumerate() {
                if index > 0 {
                    tokens.push(token(Kind::Dot, part_at, part_at + 1));
                    part_at += 1;
                }
                tokens.push(token(Kind::Ident, part_at, part_at + part.len()));
                part_at += part.len();
            }
            tokens.push(token(Kind::InterpClose, close, close + 1));
            at = close + 1;
        }
        if self.pieces.is_empty() {
            return vec![self.token];
        }
        let end = self.text.len() - self.quotes;
        if at < end && tokens.len() > 1 {
            tokens.push(token(Kind::StrText, at, end));
        }
        tokens.push(token(Kind::StrClose, end, end + self.quotes));
        tokens
    }
}

/// What stands between the brace at `open` and the next: a value, perhaps with its decimals.
fn value(inside: &str, open: usize) -> Option<Piece> {
    let (value, spec) = inside.split_once(':').map_or((inside, None), |(value, spec)| (value, Some(spec)));
    let decimals = match spec {
        Some(spec) => Some(spec.strip_prefix('.')?.strip_suffix('f')?.parse().ok()?),
        None => None,
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " _.,()[]+-*/%<>=".contains(c);
    // `//`, `**` and a last `=` mean something else, or nothing, here.
    let foreign = value.contains("//") || value.contains("**") || value.trim_end().ends_with('=');
    if value.trim().is_empty() || !value.chars().all(is_plain) || foreign {
        return None;
    }
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let is_path = value.split('.').all(is_name);
    let (end, close) = (open + 1 + value.len(), open + 1 + inside.len());
    Some(Piece::Value { open, end, close, decimals, is_path })
}
