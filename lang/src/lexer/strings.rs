//! The strings of the lexer: where each ends, which have escapes, where interpolation begins.

use super::{Interpolation, Kind, Lexer};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use logos::Lexer as Logos;
use std::ops::Range;

/// What stopped the scan of a string's text.
enum Stop {
    Closed,
    Interpolation,
    LineEnd,
    SourceEnd,
}

impl<'s> Lexer<'s, '_> {
    /// A string whose opening `"` has been read.
    pub(super) fn string(&mut self, logos: &mut Logos<'s, Kind>, start: usize) {
        let block = self.text[start..].starts_with("\"\"\"");
        let quotes = if block { 3 } else { 1 };
        let (at, escaped, stop) = self.scan(start + quotes, block);
        let end = match stop {
            Stop::Closed => {
                let kind = match (block, escaped) {
                    (true, _) => Kind::StrBlock,
                    (false, true) => Kind::StrEscaped,
                    (false, false) => Kind::Str,
                };
                self.push(kind, start, at + quotes);
                at + quotes
            }
            Stop::Interpolation => {
                self.push(Kind::StrOpen, start, start + quotes);
                self.interpolation(start, start + quotes, at, block);
                at + 2
            }
            Stop::LineEnd | Stop::SourceEnd if self.open.last().is_some_and(|open| !open.block) && !block => {
                self.broken_interpolation(start);
                at
            }
            Stop::LineEnd | Stop::SourceEnd => self.broken(start, at, block),
        };
        logos.bump(end - logos.span().end);
    }

    /// The rest of a string after the `}` of an interpolation.
    pub(super) fn string_rest(&mut self, logos: &mut Logos<'s, Kind>, start: usize, from: usize, block: bool) {
        let quotes = if block { 3 } else { 1 };
        let (at, _, stop) = self.scan(from, block);
        let end = match stop {
            Stop::Interpolation => {
                self.interpolation(start, from, at, block);
                at + 2
            }
            Stop::Closed => {
                self.text_part(from, at);
                self.push(Kind::StrClose, at, at + quotes);
                at + quotes
            }
            Stop::LineEnd | Stop::SourceEnd => {
                self.unterminated(start, at, "this string is never closed");
                self.text_part(from, at);
                self.push(Kind::StrClose, at, at);
                at
            }
        };
        logos.bump(end - logos.span().end);
    }

    fn interpolation(&mut self, start: usize, from: usize, at: usize, block: bool) {
        self.text_part(from, at);
        self.push(Kind::InterpOpen, at, at + 2);
        self.open.push(Interpolation { braces: 0, block, start });
    }

    fn text_part(&mut self, from: usize, to: usize) {
        if from < to {
            self.push(Kind::StrText, from, to);
        }
    }

    /// Finds the end of a string's text from `at`; checks escapes on the way.
    fn scan(&mut self, mut at: usize, block: bool) -> (usize, bool, Stop) {
        let bytes = self.text.as_bytes();
        let mut escaped = false;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'"' if !block => return (at, escaped, Stop::Closed),
                b'"' if self.text[at..].starts_with("\"\"\"") => {
                    // `""""` ends with a quote of its own: the last three close.
                    let run = bytes[at..].iter().take_while(|b| **b == b'"').count();
                    return (at + (run - 3).min(2), escaped, Stop::Closed);
                }
                b'\n' if !block => {
                    let at = if at > 0 && bytes[at - 1] == b'\r' { at - 1 } else { at };
                    return (at, escaped, Stop::LineEnd);
                }
                b'$' if bytes.get(at + 1) == Some(&b'{') => match expansion(&self.text[at..]) {
                    Some(length) => {
                        self.foreign_expansion(at, length);
                        at += length;
                    }
                    None => return (at, escaped, Stop::Interpolation),
                },
                b'\\' => {
                    escaped = true;
                    at += self.escape(at);
                }
                _ => at += 1,
            }
        }
        (bytes.len(), escaped, Stop::SourceEnd)
    }

    /// `${name:-text}` of a shell: reported, and taken for text.
    fn foreign_expansion(&mut self, at: usize, length: usize) {
        let written = &self.text[at..at + length];
        self.report.push(
            Diagnostic::new(
                Code::BadEscape,
                self.span(at, at + length),
                format!("`{}` is no value of the plan", written.escape_debug()),
            )
            .label("a form of shells")
            .help("In a string `${…}` holds an expression; `\\${` is the text `${`.")
            .edit("leave it to the shell", self.span(at, at + 2), "\\${"),
        );
    }

    /// Checks the escape at `at` and gives its length.
    fn escape(&mut self, at: usize) -> usize {
        let rest = &self.text[at + 1..];
        let Some(next) = rest.chars().next() else { return 1 };
        match next {
            'n' | 't' | 'r' | '"' | '\\' | '$' => 2,
            '\n' | '\r' => {
                self.bad_escape(at, 1, "a `\\` at the end of a line", Some("\\\\"));
                1
            }
            'u' => {
                let close = rest.find(['}', '"', '\n']).filter(|close| rest[*close..].starts_with('}'));
                let digits = close.and_then(|close| rest[1..close].strip_prefix('{'));
                let valid = digits.is_some_and(|digits| {
                    (1..=6).contains(&digits.len())
                        && digits.bytes().all(|b| b.is_ascii_hexdigit())
                        && u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).is_some()
                });
                match close {
                    Some(close) if valid => close + 2,
                    _ => {
                        self.bad_escape(at, 2, "`\\u` without a code point: write `\\u{1f600}`", None);
                        2
                    }
                }
            }
            other => {
                let length = 1 + other.len_utf8();
                let fix = format!("\\{}", &self.text[at..at + length]);
                self.bad_escape(at, length, &format!("unknown escape `\\{}`", other.escape_debug()), Some(&fix));
                length
            }
        }
    }

    fn bad_escape(&mut self, at: usize, length: usize, message: &str, fix: Option<&str>) {
        let span = self.span(at, at + length);
        let diagnostic = Diagnostic::new(Code::BadEscape, span, message)
            .label("not an escape")
            .help("Escapes are `\\n \\t \\r \\\" \\\\ \\$ \\u{…}`; a raw string `r\"…\"` has none.");
        self.report.push(match fix {
            Some(fix) => diagnostic.edit("for a backslash, write it twice", span, fix).maybe(),
            None => diagnostic,
        });
    }

    /// A string without its closing quotes, stopped at `at`: reported, and ended where it was most likely meant to end.
    fn broken(&mut self, start: usize, at: usize, block: bool) -> usize {
        if block {
            self.unterminated(start, at, "this `\"\"\"` is never closed");
            self.push(Kind::Error, start, at);
            return at;
        }
        let end = start + 1 + meant_end(&self.text[start + 1..at]);
        self.report.push(
            Diagnostic::new(Code::UnterminatedString, self.span(start, end), "this string is never closed")
                .label("the closing `\"` is missing")
                .help("A string ends on its line; a `\"\"\"` block may span lines.")
                .edit("add the quote", self.span(end, end), "\"")
                .maybe(),
        );
        self.push(Kind::Str, start, end);
        end
    }

    /// A quote inside `${…}` that no other follows on its line: it was meant to end the string around it.
    fn broken_interpolation(&mut self, quote: usize) {
        let open = self.open.last().map_or(quote, |open| open.start);
        self.report.push(
            Diagnostic::new(
                Code::UnterminatedString,
                self.span(open, quote + 1),
                "a `${` of this string is not closed",
            )
            .label("expected `}` before the closing quote")
            .edit("add it", self.span(quote, quote), "}")
            .maybe(),
        );
        self.close_interpolations(quote + 1);
    }

    pub(super) fn unterminated(&mut self, start: usize, end: usize, message: &str) {
        let first_line = self.text[start..end].find('\n').map_or(end, |length| start + length);
        self.report.push(
            Diagnostic::new(Code::UnterminatedString, self.span(start, first_line), message).label("begins here"),
        );
    }

    /// Closes the strings whose `${` is open, so that the parser sees them whole.
    pub(super) fn close_interpolations(&mut self, at: usize) {
        while self.open.pop().is_some() {
            self.push(Kind::Error, at, at);
            self.push(Kind::InterpClose, at, at);
            self.push(Kind::StrClose, at, at);
        }
    }

    /// `r"…"`, `r"""…"""`, `r#"…"#`: no escapes, no interpolation.
    pub(super) fn raw_string(&mut self, logos: &mut Logos<'s, Kind>, start: usize) {
        let hashes = logos.span().end - start - 2;
        let body = logos.span().end;
        let block = hashes == 0 && self.text[body..].starts_with("\"\"");
        let close = if block { "\"\"\"".to_owned() } else { format!("\"{}", "#".repeat(hashes)) };
        let from = if block { body + 2 } else { body };
        let one_line = !block && hashes == 0;
        let found = self.text[from..].find(&close).map(|length| from + length);
        let line_end = self.text[from..].find('\n').map_or(self.text.len(), |length| from + length);
        let end = match found {
            Some(at) if !one_line || at < line_end => {
                let at = if block { at + extra_quotes(&self.text[at..]) } else { at };
                self.push(Kind::StrRaw, start, at + close.len());
                at + close.len()
            }
            _ if one_line => {
                let end = from + meant_end(self.text[from..line_end].trim_end_matches('\r'));
                self.report.push(
                    Diagnostic::new(Code::UnterminatedString, self.span(start, end), "this string is never closed")
                        .label("the closing `\"` is missing")
                        .edit("add the quote", self.span(end, end), "\"")
                        .maybe(),
                );
                self.push(Kind::Str, start, end);
                end
            }
            _ => {
                self.unterminated(start, self.text.len(), &format!("this string is never closed with `{close}`"));
                self.push(Kind::Error, start, self.text.len());
                self.text.len()
            }
        };
        logos.bump(end - logos.span().end);
    }

    /// `“…”` or `` `…` ``: reported, and taken for a string; a quote alone spoils its item.
    pub(super) fn foreign_quote(&mut self, logos: &mut Logos<'s, Kind>, start: usize) {
        let body = logos.span().end;
        let quote = &self.text[start..body];
        let closing: &[char] = match quote {
            "`" => &['`'],
            "‘" | "’" => &['’', '‘', '\''],
            "«" => &['»'],
            _ => &['”', '“', '"'],
        };
        let line = self.text[body..].split('\n').next().unwrap_or_default();
        let Some((length, close)) = line.match_indices(closing).next() else {
            self.report.push(
                Diagnostic::new(
                    Code::UnexpectedCharacter,
                    self.span(start, body),
                    format!("`{quote}` is not part of the language"),
                )
                .label("no token begins like this")
                .help("Strings stand in straight quotes: `\"…\"`."),
            );
            self.push(Kind::Error, start, body);
            return;
        };
        let end = body + length + close.len();
        let inner = line[..length].replace('"', "\\\"");
        let what = if quote == "`" { "a string in backticks" } else { "a string in typographic quotes" };
        self.report.push(
            Diagnostic::new(Code::UnexpectedCharacter, self.span(start, end), what)
                .label("strings stand in `\"…\"`")
                .edit("write double quotes", self.span(start, end), format!("\"{inner}\"")),
        );
        self.push(Kind::Str, start, end);
        logos.bump(end - logos.span().end);
    }

    /// `'…'`: reported, and taken for a string; a lone `'` spoils its item.
    pub(super) fn apostrophe(&mut self, logos: &mut Logos<'s, Kind>, start: usize) {
        if self.apostrophes(logos, start) {
            return;
        }
        let line = self.text[start + 1..].split('\n').next().unwrap_or_default();
        let Some(length) = closing_apostrophe(line) else {
            self.report.push(
                Diagnostic::new(Code::UnexpectedCharacter, self.span(start, start + 1), "`'` begins no token")
                    .label("strings stand in `\"…\"`"),
            );
            self.push(Kind::Error, start, start + 1);
            return;
        };
        let end = start + length + 2;
        let inner = &line[..length];
        let edits = requoted(inner).map(|(at, text)| {
            let from = start + 1 + at.start;
            (self.span(from, from + at.len()), text.to_owned())
        });
        let quotes = [self.span(start, start + 1), self.span(end - 1, end)].map(|span| (span, "\"".to_owned()));
        let diagnostic = Diagnostic::new(Code::UnexpectedCharacter, self.span(start, end), "a string in single quotes")
            .label("strings stand in `\"…\"`")
            .edits("write double quotes", edits.chain(quotes).collect());
        // Elsewhere `${` is mere text in single quotes, and `''` may stand for one quote or for none.
        let unsure = inner.contains("${") || inner.contains("''");
        if !self.has_prefix(start) {
            self.report.push(if unsure { diagnostic.maybe() } else { diagnostic });
        }
        self.push(Kind::Str, start, end);
        logos.bump(end - logos.span().end);
    }

    /// `'''…'''`: reported, and taken for a string over lines.
    fn apostrophes(&mut self, logos: &mut Logos<'s, Kind>, start: usize) -> bool {
        let quotes = "'''";
        let Some(body) = self.text[start..].strip_prefix(quotes) else { return false };
        let Some(length) = body.find(quotes) else { return false };
        let end = start + length + 2 * quotes.len();
        let diagnostic = Diagnostic::new(
            Code::UnexpectedCharacter,
            self.span(start, start + quotes.len()),
            "a string in single quotes",
        )
        .label("strings stand in `\"…\"`, those over lines in `\"\"\"`");
        let ends = [(start, start + quotes.len()), (end - quotes.len(), end)];
        let edits = ends.map(|(from, to)| (self.span(from, to), "\"\"\"".to_owned()));
        if !self.has_prefix(start) {
            self.report.push(match body[..length].contains('"') {
                true => diagnostic,
                false => diagnostic.edits("write double quotes", edits.to_vec()).maybe(),
            });
        }
        self.push(Kind::StrBlock, start, end);
        logos.bump(end - logos.span().end);
        true
    }

    /// Whether a letter as in `f'…'` stands right before: then the parser reports the string as a whole.
    fn has_prefix(&self, start: usize) -> bool {
        let at = self.base + start as u32;
        self.out.tokens.last().is_some_and(|last| {
            last.kind == Kind::Ident
                && last.end == at
                && is_prefix(&self.text[(last.start - self.base) as usize..start])
        })
    }
}

/// The longest form of a shell that is told as one.
const MAX_EXPANSION: usize = 200;

/// The length of what a text begins with, where it is a form of shells that cannot be an expression: `${a:-b}`, `${#a}`,
/// `${a%.md}`, `${a##*/}`, `${a^^}`.
fn expansion(text: &str) -> Option<usize> {
    let body = text.strip_prefix("${")?;
    let length = body.bytes().take(MAX_EXPANSION).position(|byte| matches!(byte, b'}' | b'"' | b'\n' | b'{'))?;
    let (inner, end) = body.split_at(length);
    if !end.starts_with('}') {
        return None;
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let rest = inner.trim_start_matches(is_part);
    let has_name = rest.len() < inner.len();
    let signs = |from: &str, next: &[char]| rest.strip_prefix(from).is_some_and(|rest| rest.starts_with(next));
    let is_foreign = match has_name {
        true => {
            signs(":", &['-', '=', '?', '+'])
                || rest.starts_with(['#', '^'])
                || rest.starts_with("%%")
                || signs("%", &['.', '*', '/', '?', '['])
                || signs(",", &[','])
                || rest == ","
        }
        false => inner.strip_prefix('#').is_some_and(|name| !name.is_empty() && name.chars().all(is_part)),
    };
    is_foreign.then_some("${".len() + length + "}".len())
}

/// Whether letters stand before strings in other languages.
pub(crate) fn is_prefix(letters: &str) -> bool {
    let known = ["f", "b", "r", "u", "rb", "br", "fr", "rf"];
    known.iter().any(|known| known.eq_ignore_ascii_case(letters))
}

/// Where a text in single quotes ends: at the first quote that is neither escaped nor doubled, else at the first.
fn closing_apostrophe(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'\\' => 2,
            b'\'' if at > 0 && bytes.get(at + 1) == Some(&b'\'') => 2,
            b'\'' => return Some(at),
            _ => 1,
        };
    }
    line.find('\'')
}

/// What changes in a text from single quotes when it stands in double ones, by its place.
pub(crate) fn requoted(inner: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    let bytes = inner.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let (from, next) = (at, bytes.get(at + 1));
            match (bytes.get(at)?, next) {
                (b'\\', Some(b'\'')) | (b'\'', Some(b'\'')) => {
                    at += 2;
                    return Some((from..at, "'"));
                }
                (b'\\', _) => at += 2,
                (b'"', _) => {
                    at += 1;
                    return Some((from..at, "\\\""));
                }
                _ => at += 1,
            }
        }
    })
}

/// How many quotes before the closing three belong to the text.
fn extra_quotes(text: &str) -> usize {
    let run = text.bytes().take_while(|b| *b == b'"').count();
    run.saturating_sub(3).min(2)
}

/// Where a string without its closing quote was most likely meant to end: before the closing brackets and commas at the
/// end of its line, save those that its own text opened.
fn meant_end(line: &str) -> usize {
    let closers = |c: char| matches!(c, ')' | ']' | '}' | ',' | '{' | ' ' | '\t');
    let mut end = line.trim_end_matches(closers).len();
    let opened = line[..end].matches(['(', '[', '{']).count();
    let mut own = opened.saturating_sub(line[..end].matches([')', ']', '}']).count());
    for (offset, c) in line[end..].char_indices() {
        if own == 0 || !matches!(c, ')' | ']' | '}') {
            end += offset;
            return if line[end..].trim().is_empty() { line.trim_end().len() } else { end };
        }
        own -= 1;
    }
    line.trim_end().len()
}
