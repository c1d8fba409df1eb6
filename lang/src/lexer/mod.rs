//! Source text ⟶ compact tokens, and the comments beside them.
//!
//! Every line break is a token here; which of them end an item is decided by the parser's structure pass. The lexer
//! reports what is wrong with single characters and literals, repairs it where the intent is plain (`&&` becomes `and`) and
//! goes on. It knows nothing of brackets, except those inside `${…}`.

mod around;
pub mod literal;
mod strings;
mod token;

pub(crate) use strings::{is_prefix, requoted};
pub use token::{KEYWORDS, Kind, Token, is_name};

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, NO_SIGN};
use crate::forms::{Duration, MAX_DURATION_DAYS};
use crate::source::{Source, Span};
use crate::syntax::Comment;
use logos::{Lexer as Logos, Logos as _};

/// What the lexer makes of one source.
#[derive(Debug, Default)]
pub struct Lexed {
    /// In the order of the text.
    pub tokens: Vec<Token>,
    /// Comments, without doc comments.
    pub comments: Vec<Comment>,
}

/// Splits a source into tokens. Never fails: what cannot be read is reported and left out or marked.
pub fn lex(source: &Source, report: &Diagnostics) -> Lexed {
    let (part, diagnostic) = around::part(source);
    diagnostic.into_iter().for_each(|diagnostic| report.push(diagnostic));
    let mut lexer = Lexer {
        text: &source.text[..part.end],
        base: source.base,
        report,
        out: Lexed { tokens: Vec::with_capacity(source.text.len() / 4 + 8), comments: Vec::new() },
        open: Vec::new(),
        at_line_start: true,
    };
    lexer.run(part.start);
    lexer.out
}

/// Whether a text is a number of one or two digits.
fn is_digits(text: &str) -> bool {
    (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `1.5h` ⟶ `90m`
fn in_smaller_unit(digits: &str, unit: &str) -> Option<String> {
    let (whole, part) = digits.split_once('.')?;
    let (count, smaller) = match unit {
        "d" => (24, "h"),
        "h" => (60, "m"),
        "m" => (60, "s"),
        "s" => (1000, "ms"),
        _ => return None,
    };
    let (scale, part) = (10_u64.checked_pow(u32::try_from(part.len()).ok()?)?, part.parse::<u64>().ok()?);
    let sum = whole.parse::<u64>().ok()?.checked_mul(count)?;
    let rest = part.checked_mul(count)?;
    let total = sum.checked_add(rest / scale)?;
    (rest % scale == 0).then(|| format!("{total}{smaller}"))
}

/// `1MB` ⟶ `1000000`
fn in_bytes(digits: &str, unit: &str) -> Option<u64> {
    let factor: u64 = match unit {
        "kB" | "KB" | "K" | "k" => 1_000,
        "MB" | "M" => 1_000_000,
        "GB" | "G" => 1_000_000_000,
        "KiB" | "Ki" => 1 << 10,
        "MiB" | "Mi" => 1 << 20,
        "GiB" | "Gi" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// A word in place of the sign at `start..end`, with blanks where the sign has none: `a&&b`.
pub(crate) fn set_apart(text: &str, start: usize, end: usize, word: &str) -> String {
    let (before, after) = (&text[..start], &text[end..]);
    let stands_free = before.is_empty() || before.ends_with(|c: char| c.is_whitespace() || "([{".contains(c));
    let goes_on = !after.is_empty() && !after.starts_with(char::is_whitespace);
    format!("{}{word}{}", if stands_free { "" } else { " " }, if goes_on { " " } else { "" })
}

/// A string whose `${` is open.
struct Interpolation {
    /// Braces opened inside it and not yet closed.
    braces: u32,
    /// Whether the string is a `"""` block, which may span lines.
    block: bool,
    /// Where the string begins.
    start: usize,
}

struct Lexer<'s, 'r> {
    text: &'s str,
    base: u32,
    report: &'r Diagnostics,
    out: Lexed,
    open: Vec<Interpolation>,
    at_line_start: bool,
}

impl<'s> Lexer<'s, '_> {
    /// Reads the text behind its first bytes.
    fn run(&mut self, from: usize) {
        let mut logos = Kind::lexer(self.text);
        if from > 0 {
            logos.bump(from);
        } else if self.text.starts_with('\u{feff}') {
            logos.bump('\u{feff}'.len_utf8());
        }
        while let Some(found) = logos.next() {
            let (start, end) = (logos.span().start, logos.span().end);
            match found {
                Ok(Kind::Newline) => self.newline(start, end),
                Ok(Kind::Comment) => self.comment(start, end),
                Ok(Kind::Hash) => self.hash(start, end),
                Ok(Kind::Doc) => self.doc(start, end),
                Ok(Kind::Quote) => self.string(&mut logos, start),
                Ok(Kind::RawQuote) => self.raw_string(&mut logos, start),
                Ok(Kind::Apostrophe) => self.apostrophe(&mut logos, start),
                Ok(Kind::ForeignQuote) => self.foreign_quote(&mut logos, start),
                Ok(Kind::Fence) => self.fence(start, end),
                Ok(Kind::LBrace) => {
                    if let Some(open) = self.open.last_mut() {
                        open.braces += 1;
                    }
                    self.push(Kind::LBrace, start, end);
                }
                Ok(Kind::RBrace) => self.closing_brace(&mut logos, start, end),
                Ok(Kind::Int) => self.int(start, end),
                Ok(Kind::Duration) => self.duration(start, end),
                Ok(Kind::BadSuffix) => self.bad_suffix(start, end),
                Ok(Kind::AndAnd) => self.foreign(start, end, Kind::And, "and"),
                Ok(Kind::EqualEqual) => self.foreign(start, end, Kind::Equal, "=="),
                Ok(Kind::ForeignNotEqual) => self.foreign(start, end, Kind::NotEqual, "!="),
                Ok(Kind::ColonAssign) => self.foreign(start, end, Kind::Assign, "="),
                Ok(Kind::BlockComment) => self.block_comment(&mut logos, start),
                Ok(Kind::Bang) => self.foreign(start, end, Kind::Not, "not"),
                Ok(Kind::Colon) => self.colon(start, end),
                Ok(kind) => self.push(kind, start, end),
                Err(()) => self.unexpected(&mut logos, start),
            }
        }
        if let Some(open) = self.open.first() {
            let (start, end) = (open.start, self.text.len());
            self.unterminated(start, end, "this string is never closed");
            self.close_interpolations(end);
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        self.at_line_start = false;
        let token = Token { kind, start: self.base + start as u32, end: self.base + end as u32 };
        self.out.tokens.push(token);
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.base + start as u32, self.base + end as u32)
    }

    fn newline(&mut self, start: usize, end: usize) {
        if self.open.iter().any(|open| !open.block) {
            let begin = self.open.iter().find(|open| !open.block).map_or(start, |open| open.start);
            self.unterminated(begin, start, "the line ends inside `${…}` of this string");
            self.close_interpolations(start);
        }
        if self.out.tokens.last().is_some_and(|last| last.kind != Kind::Newline) {
            self.push(Kind::Newline, start, end);
        }
        self.at_line_start = true;
    }

    fn comment(&mut self, start: usize, end: usize) {
        let end = start + self.text[start..end].trim_end().len();
        self.out.comments.push(Comment { span: self.span(start, end), own_line: self.at_line_start });
    }

    fn hash(&mut self, start: usize, end: usize) {
        self.report.push(
            Diagnostic::new(Code::UnexpectedCharacter, self.span(start, start + 1), "`#` begins no comment")
                .label("comments begin with `//`")
                .edit("write `//`", self.span(start, start + 1), "//"),
        );
        self.comment(start, end);
    }

    /// `/* … */`: reported, and taken for a comment; the lines of a longer one each get their `//`.
    fn block_comment(&mut self, logos: &mut Logos<'s, Kind>, start: usize) {
        let end = self.text[start..].find("*/").map_or(self.text.len(), |length| start + length + 2);
        let inner = self.text[start + 2..end].trim_end_matches("*/");
        let rest = self.text[end..].split('\n').next().unwrap_or_default();
        let diagnostic = Diagnostic::new(
            Code::UnexpectedCharacter,
            self.span(start, start + 2),
            "a comment goes from `//` to the end of its line",
        )
        .label("comments begin with `//`");
        let lines = inner.trim().lines().map(|line| format!("// {}", line.trim().trim_start_matches('*').trim_start()));
        let lines: Vec<String> = lines.map(|line| line.trim_end().to_owned()).collect();
        let indent = start - self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let indent = if self.at_line_start { " ".repeat(indent) } else { String::new() };
        self.report.push(match rest.trim().is_empty() && (self.at_line_start || lines.len() < 2) {
            true => diagnostic.edit("write `//`", self.span(start, end), lines.join(&format!("\n{indent}"))),
            false => diagnostic.edit("remove it", self.span(start, end), "").maybe(),
        });
        logos.bump(end - logos.span().end);
    }

    fn doc(&mut self, start: usize, end: usize) {
        if !self.at_line_start {
            self.report.push(
                Diagnostic::new(
                    Code::UnexpectedToken,
                    self.span(start, start + 3),
                    "a `///` comment must stand on a line of its own",
                )
                .label("documents nothing here")
                .edit("make it an ordinary comment", self.span(start, start + 3), "//"),
            );
            return;
        }
        self.push(Kind::Doc, start, start + self.text[start..end].trim_end().len());
    }

    fn fence(&mut self, start: usize, end: usize) {
        if !self.at_line_start {
            // What stands behind it on its line may be part of the plan.
            self.report.push(
                Diagnostic::new(
                    Code::UnexpectedCharacter,
                    self.span(start, start + 3),
                    "``` is not part of the language",
                )
                .label("no token begins like this")
                .help("Strings over lines stand in `\"\"\"…\"\"\"`."),
            );
            self.push(Kind::Error, start, end);
            return;
        }
        self.report.push(
            Diagnostic::new(Code::UnexpectedCharacter, self.span(start, end), "a Markdown fence around the plan")
                .label("not part of the language")
                .help("A source holds the plan alone; leave out the lines with ```.")
                .edit("remove the fence", self.span(start, end), ""),
        );
    }

    /// An operator of other languages: reported, and taken for ours.
    fn foreign(&mut self, start: usize, end: usize, kind: Kind, ours: &str) {
        let theirs = &self.text[start..end];
        let text = if kind.is_word() { set_apart(self.text, start, end, ours) } else { ours.to_owned() };
        self.report.push(
            Diagnostic::new(
                Code::UnexpectedCharacter,
                self.span(start, end),
                format!("`{theirs}` is written `{ours}`"),
            )
            .label(NO_SIGN)
            .edit(format!("write `{ours}`"), self.span(start, end), text),
        );
        self.push(kind, start, end);
    }

    /// A word before `:` is a name, whatever else it means.
    fn colon(&mut self, start: usize, end: usize) {
        if let Some(last) = self.out.tokens.last_mut()
            && last.kind.is_word()
        {
            last.kind = Kind::Ident;
        }
        self.push(Kind::Colon, start, end);
    }

    fn closing_brace(&mut self, logos: &mut Logos<'s, Kind>, start: usize, end: usize) {
        match self.open.last_mut() {
            Some(open) if open.braces == 0 => {
                let Some(open) = self.open.pop() else { return };
                self.push(Kind::InterpClose, start, end);
                self.string_rest(logos, open.start, end, open.block);
            }
            Some(open) => {
                open.braces -= 1;
                self.push(Kind::RBrace, start, end);
            }
            None => self.push(Kind::RBrace, start, end),
        }
    }

    fn int(&mut self, start: usize, end: usize) {
        if literal::int(&self.text[start..end]).is_none() {
            self.report.push(
                Diagnostic::new(Code::BadNumber, self.span(start, end), "this integer does not fit into 64 bits")
                    .label(format!("the largest is {}", i64::MAX)),
            );
        }
        self.push(Kind::Int, start, end);
    }

    fn duration(&mut self, start: usize, end: usize) {
        if literal::duration_ms(&self.text[start..end]).is_none() {
            self.report.push(
                Diagnostic::new(Code::BadNumber, self.span(start, end), "this duration is too long")
                    .label(format!("the longest is {MAX_DURATION_DAYS} days")),
            );
        }
        self.push(Kind::Duration, start, end);
    }

    fn bad_suffix(&mut self, start: usize, end: usize) {
        if self.format_of_python(start, end) {
            return;
        }
        let text = &self.text[start..end];
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric() && !c.is_ascii_digit());
        let unit = &text[digits.len()..];
        let diagnostic =
            Diagnostic::new(Code::BadNumber, self.span(start, end), format!("`{}` is no number", text.escape_debug()))
                .label("neither a number nor a duration")
                .help("Durations are whole numbers with `ms`, `s`, `m`, `h` or `d`: `500ms`, `30s`, `5m`, `2h`, `3d`.");
        let ours = match unit {
            "sec" | "secs" | "second" | "seconds" => Some("s"),
            "min" | "mins" | "minute" | "minutes" => Some("m"),
            "hr" | "hrs" | "hour" | "hours" => Some("h"),
            "day" | "days" => Some("d"),
            "msec" | "millis" => Some("ms"),
            _ => None,
        };
        if let Some(whole) = Duration::read_literal(text).and_then(Duration::literal) {
            self.report.push(diagnostic.edit("write it in one unit", self.span(start, end), whole));
            self.push(Kind::Duration, start, end);
            return;
        }
        if let Some(shorter) = in_smaller_unit(digits, ours.unwrap_or(unit)) {
            self.report.push(diagnostic.edit("write it in a smaller unit", self.span(start, end), shorter));
            self.push(Kind::Duration, start, end);
            return;
        }
        if let Some(bytes) = in_bytes(digits, unit) {
            let message = format!("`{}` is no number", text.escape_debug());
            self.report.push(
                Diagnostic::new(Code::BadNumber, self.span(start, end), message)
                    .label("a size is a number of bytes")
                    .edit(format!("write `{bytes}`"), self.span(start, end), bytes.to_string())
                    .maybe(),
            );
            self.push(Kind::Int, start, start + digits.len());
            return;
        }
        self.report.push(match ours {
            Some(ours) if !digits.contains('.') => {
                diagnostic.edit("write the unit in short", self.span(start + digits.len(), end), ours)
            }
            _ => diagnostic,
        });
        // What is no number at all spoils its item.
        self.push(if ours.is_some() { Kind::Duration } else { Kind::Error }, start, end);
    }

    /// `${amount:.2f}`: reported, and left out.
    fn format_of_python(&mut self, start: usize, end: usize) -> bool {
        let Some(digits) = self.text[start..end].strip_suffix('f').filter(|digits| is_digits(digits)) else {
            return false;
        };
        let tokens = &self.out.tokens;
        let [.., value, colon, dot] = tokens.as_slice() else { return false };
        let fits = colon.kind == Kind::Colon && dot.kind == Kind::Dot && value.kind.ends_value();
        if self.open.is_empty() || !fits || !self.text[end..].starts_with('}') {
            return false;
        }
        let Some(open) = tokens.iter().rposition(|token| token.kind == Kind::InterpOpen) else { return false };
        let is_single = |token: &Token| {
            matches!(token.kind, Kind::Ident | Kind::Dot | Kind::QuestionDot | Kind::LParen | Kind::RParen | Kind::Int)
        };
        let is_single = tokens[open + 1..tokens.len() - 2].iter().all(is_single);
        let (spec, from) = (Span::new(colon.start, self.base + end as u32), tokens[open].end);
        let call = format!(".format({digits})");
        let edits = match is_single {
            true => vec![(spec, call.clone())],
            false => vec![(Span::new(from, from), "(".to_owned()), (spec, format!("){call}"))],
        };
        self.report.push(
            Diagnostic::new(Code::UnexpectedToken, spec, "a number is written with its decimals by `.format(…)`")
                .label("no form stands behind `:`")
                .edits(format!("write `{call}`"), edits),
        );
        let kept = tokens.len() - 2;
        self.out.tokens.truncate(kept);
        true
    }

    /// A run of characters that begin no token is one mistake.
    fn unexpected(&mut self, logos: &mut Logos<'s, Kind>, start: usize) {
        let rest = &self.text[start..];
        let foreign = |c: char| !(c.is_ascii_graphic() || c.is_ascii_whitespace());
        let length = match rest.find(|c| !foreign(c)) {
            Some(0) => rest.chars().next().map_or(1, char::len_utf8),
            Some(length) => length,
            None => rest.len(),
        };
        let end = (start + length).max(logos.span().end);
        if rest.starts_with("@secret") {
            self.report.push(
                Diagnostic::new(Code::UnexpectedCharacter, self.span(start, end), "`secret` is a word without `@`")
                    .label("one sign too many")
                    .edit("write `secret`", self.span(start, end), ""),
            );
            return;
        }
        let shown: String = rest[..length].chars().take(12).flat_map(char::escape_debug).collect();
        let diagnostic = Diagnostic::new(
            Code::UnexpectedCharacter,
            self.span(start, end),
            format!("`{shown}` is not part of the language"),
        )
        .label("no token begins like this");
        self.report.push(match rest.chars().next() {
            Some('\0') => diagnostic.help("Is this a text file?"),
            Some('\u{a0}' | '\u{2000}'..='\u{200f}' | '\u{feff}') => {
                diagnostic.edit("write an ordinary space", self.span(start, end), " ")
            }
            _ => diagnostic,
        });
        logos.bump(end - logos.span().end);
        // White space of any kind divides tokens; everything else spoils the item it stands in.
        if !rest[..length].chars().all(|c| c.is_whitespace() || crate::diagnostic::is_hidden(c)) {
            self.push(Kind::Error, start, end);
        }
    }
}
