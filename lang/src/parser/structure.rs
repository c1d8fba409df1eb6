//! Raw tokens ⟶ tokens whose brackets match, whose blocks are told from records, and whose line breaks all matter.
//!
//! One pass without recursion. It reports brackets without their partners and nesting past the limits, so that all later
//! passes may recurse. Where it repairs the brackets it leaves a [`Kind::Error`] token, which no rule accepts: what stands
//! there has been reported.

mod foreign;

use super::braces::{Braces, Choice, item_start};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Kind, Token};
use crate::source::{Source, Span};
use crate::syntax::Mark;
use std::cell::OnceCell;

/// How deep brackets, `not`, `-` and `if` may nest.
pub const MAX_NESTING: usize = 128;

/// How many names with dashes are told apart.
const MAX_DASHED: usize = 100;

/// How high the tree of one expression or type may grow: operators in a chain count as well as brackets.
pub const MAX_HEIGHT: u32 = 500;

/// Gives the tokens their structure; `None`: nested past the limit, which has been reported.
pub(super) fn structure(source: &Source, tokens: &[Token], report: &Diagnostics) -> Option<Vec<Token>> {
    let mut pass = Pass {
        source,
        tokens,
        report,
        out: Vec::with_capacity(tokens.len()),
        frames: vec![Frame::new(Kind::BlockOpen, Span::default(), Holds::Top)],
        prefixes: 0,
        dashed: Vec::new(),
        passed: 0,
        value_end: 0,
        braces: OnceCell::new(),
    };
    pass.run()?;
    Some(pass.out)
}

/// What items a block may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Top,
    Plan,
    Catalogue,
    Verify,
    /// `each`, `together`, and a group `when`.
    Steps,
    /// The block of an unknown or reserved item.
    Anything,
    Nothing,
    /// A value, in braces of another language.
    Value,
}

struct Frame {
    /// The kind of the opening token.
    open: Kind,
    span: Span,
    holds: Holds,
    /// Operators since the last separator.
    ops: u32,
    /// The highest bracket since the last separator.
    child: u32,
    /// The highest of the parts between separators.
    height: u32,
    /// Open `not` and `-`, and open `if`.
    prefixes: usize,
    ifs: usize,
    /// Whether a `;` among its parts was reported.
    semicolons: bool,
    /// Of a block: what its line goes on with.
    choice: Choice,
}

impl Frame {
    fn new(open: Kind, span: Span, holds: Holds) -> Frame {
        let choice = Choice::default();
        Frame { open, span, holds, ops: 0, child: 0, height: 0, prefixes: 0, ifs: 0, semicolons: false, choice }
    }

    fn is_block(&self) -> bool {
        self.open == Kind::BlockOpen
    }

    fn close_kind(&self) -> Kind {
        match self.open {
            Kind::LParen => Kind::RParen,
            Kind::LBracket => Kind::RBracket,
            Kind::LBrace => Kind::RBrace,
            Kind::InterpOpen => Kind::InterpClose,
            _ => Kind::BlockClose,
        }
    }

    fn spelling(&self) -> (&'static str, &'static str) {
        match self.open {
            Kind::LParen => ("(", ")"),
            Kind::LBracket => ("[", "]"),
            Kind::InterpOpen => ("${", "}"),
            _ => ("{", "}"),
        }
    }
}

struct Pass<'a> {
    source: &'a Source,
    tokens: &'a [Token],
    report: &'a Diagnostics,
    out: Vec<Token>,
    frames: Vec<Frame>,
    /// Open prefix operators of all frames together.
    prefixes: usize,
    /// Names with dashes that were declared, and reported.
    dashed: Vec<&'a str>,
    /// Tokens that begin before this offset are part of one that was read already.
    passed: u32,
    /// Where the last value in braces of another language ends.
    value_end: u32,
    /// What the braces of the text hold.
    braces: OnceCell<Braces>,
}

impl Pass<'_> {
    fn run(&mut self) -> Option<()> {
        let mut line_break: Option<Token> = None;
        for (index, token) in self.tokens.iter().enumerate() {
            let mut token = *token;
            if token.start < self.passed {
                continue;
            }
            if token.kind == Kind::Newline {
                line_break = Some(token);
                continue;
            }
            if let Some(newline) = line_break.take() {
                self.line_start(index, newline);
            }
            if token.kind == Kind::Semicolon {
                let Some(kind) = self.semicolon(index) else { continue };
                if kind == Kind::Newline {
                    line_break = Some(Token { kind, ..token });
                    continue;
                }
                token.kind = kind;
            }
            if token.kind == Kind::OrOr {
                let Some(kind) = self.foreign_or(index) else { continue };
                token.kind = kind;
            }
            if token.kind == Kind::Ident {
                token.kind = self.foreign_constant(index);
                if self.declares_dashed(index) || !self.dashed.is_empty() {
                    token.end = self.dashed_end(token);
                    self.passed = token.end;
                }
            }
            self.measure(token)?;
            self.place(token, index)?;
        }
        self.end();
        Some(())
    }

    /// Whether a name with dashes is declared at `index`, as in `step read-a = …`: reported once for all its uses, which are
    /// then read as that name.
    fn declares_dashed(&mut self, index: usize) -> bool {
        let dash = match self.tokens.get(index + 1) {
            Some(next) if next.kind == Kind::Minus && next.start == self.tokens[index].end => index + 1,
            _ => return false,
        };
        let is_declared = self.out.last().is_some_and(|word| {
            word.kind == Kind::Ident
                && matches!(self.source.slice(word.span()), "step" | "let" | "input" | "output" | "each")
        });
        if !is_declared {
            return false;
        }
        let name = dashed_name(self.tokens, index);
        let end = name.end;
        let text = self.source.slice(name);
        let follows = self.tokens.iter().skip(dash).find(|token| token.start >= end).map(|token| token.kind);
        if !matches!(follows, Some(Kind::Assign | Kind::Colon)) || self.dashed.len() >= MAX_DASHED {
            return false;
        }
        if !self.dashed.contains(&text) {
            let uses = self.tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Ident);
            let uses = uses.map(|(index, _)| dashed_name(self.tokens, index));
            let uses: Vec<Span> = uses.filter(|span| self.source.slice(*span) == text).collect();
            let ours = text.replace('-', "_");
            let edits = uses.into_iter().map(|span| (span, ours.clone())).collect();
            self.report.push(
                Diagnostic::new(Code::UnexpectedToken, name, "a name has no dashes")
                    .label("names are letters, digits and `_`")
                    .edits(format!("write `{ours}` everywhere"), edits),
            );
            self.dashed.push(text);
        }
        true
    }

    /// Where a name ends that may be one of those with dashes.
    fn dashed_end(&self, token: Token) -> u32 {
        let from = self.source.range(token.span()).start;
        let rest = &self.source.text[from..];
        let is_whole = |name: &&&str| {
            rest.starts_with(**name)
                && !rest[name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        };
        self.dashed.iter().find(is_whole).map_or(token.end, |name| token.start + name.len() as u32)
    }

    fn top(&mut self) -> &mut Frame {
        // The bottom frame is never popped.
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn previous(&self) -> Kind {
        self.out.last().map_or(Kind::Newline, |token| token.kind)
    }

    /// Whether a value or a type ends with the last token: one such as `map<T>` ends with what is an operator elsewhere.
    fn after_value(&self) -> bool {
        match self.previous() {
            Kind::Greater => self.closes_map(),
            previous => previous.ends_value(),
        }
    }

    /// Whether the last token, a `>`, closes a `map<`. Comparisons do not chain, so no expression looks like this.
    fn closes_map(&self) -> bool {
        let mut open = 0_usize;
        for (at, token) in self.out.iter().enumerate().rev() {
            match token.kind {
                Kind::Greater => open += 1,
                Kind::Less => open -= 1,
                Kind::Newline | Kind::BlockOpen | Kind::BlockClose | Kind::Assign => return false,
                _ => {}
            }
            if open == 0 {
                let before = at.checked_sub(1).map(|at| self.out[at]);
                return before.is_some_and(|before| self.source.slice(before.span()) == "map");
            }
        }
        false
    }

    /// A line begins at `index`: does the one before it end here?
    fn line_start(&mut self, index: usize, newline: Token) {
        let first = self.tokens[index];
        // Of the lines that document an item the first stands for all.
        if first.kind == Kind::Ident || (first.kind == Kind::Doc && self.previous() != Kind::Doc) {
            self.recover_unclosed(index);
        }
        if !self.top().is_block() {
            return;
        }
        let ends = match self.previous() {
            Kind::Newline | Kind::BlockOpen | Kind::Doc => false,
            _ if self.after_value() => !first.kind.continues_line() && first.kind != Kind::RBrace,
            // An item never goes on with the next one, even where it is not finished.
            _ => {
                first.kind == Kind::RBrace
                    || item_start(self.source, self.tokens, index).is_some()
                    || (self.previous() == Kind::Colon && self.after_plan())
            }
        };
        if ends {
            self.out.push(newline);
            self.top().choice = Choice::default();
            self.reset_segment();
        }
    }

    fn reset_segment(&mut self) {
        let frame = self.top();
        let spent = frame.prefixes + frame.ifs;
        frame.height = if frame.is_block() { 0 } else { frame.height.max(frame.ops + frame.child + 1) };
        (frame.ops, frame.child, frame.prefixes, frame.ifs) = (0, 0, 0, 0);
        self.prefixes -= spent;
    }

    /// Counts what makes the tree higher, and stops past the limit.
    fn measure(&mut self, token: Token) -> Option<()> {
        let asks = matches!(token.kind, Kind::Minus | Kind::LParen | Kind::LBracket);
        let after_value = asks && self.previous().ends_value();
        let frame = self.top();
        match token.kind {
            Kind::Not => frame.prefixes += 1,
            Kind::Minus if !after_value => frame.prefixes += 1,
            Kind::If => frame.ifs += 1,
            Kind::And | Kind::Or | Kind::Coalesce => {
                let spent = std::mem::take(&mut frame.prefixes);
                frame.ops += 1;
                self.prefixes -= spent;
                return self.check_height(token);
            }
            Kind::LParen | Kind::LBracket if after_value => {
                frame.ops += 1;
                return self.check_height(token);
            }
            Kind::Question | Kind::Then | Kind::Else => {
                frame.ops += 1;
                return self.check_height(token);
            }
            kind if kind == Kind::Minus || kind.continues_line() => {
                frame.ops += 1;
                return self.check_height(token);
            }
            _ => return Some(()),
        }
        frame.ops += 1;
        self.prefixes += 1;
        self.check_nesting(token)?;
        self.check_height(token)
    }

    fn check_height(&mut self, token: Token) -> Option<()> {
        let frame = self.top();
        if frame.ops + frame.child < MAX_HEIGHT {
            return Some(());
        }
        self.report.push(
            Diagnostic::new(Code::NestingTooDeep, token.span(), "this expression is too long")
                .label(format!("more than {MAX_HEIGHT} operators and brackets on one path"))
                .help("Give its parts names with `let`."),
        );
        None
    }

    fn check_nesting(&mut self, token: Token) -> Option<()> {
        if self.frames.len() + self.prefixes <= MAX_NESTING {
            return Some(());
        }
        // What most of it is.
        let blocks = self.frames.iter().filter(|frame| frame.is_block()).count();
        let name_parts = "Give inner parts names with `let`.";
        let (what, help) = match (blocks > MAX_NESTING / 2, self.prefixes > MAX_NESTING / 2) {
            (true, _) => ("blocks", "Write inner blocks side by side."),
            (false, true) => ("`not`, `-`, `if` and brackets", name_parts),
            (false, false) => ("brackets", name_parts),
        };
        self.report.push(
            Diagnostic::new(Code::NestingTooDeep, token.span(), "nested too deep")
                .label(format!("more than {MAX_NESTING} {what} within each other"))
                .help(help),
        );
        None
    }

    /// Whether the brace at `index` holds a value of the line before it, in the manner of other languages.
    fn holds_value(&self, choice: Choice, index: usize) -> bool {
        let braces = || self.braces.get_or_init(|| Braces::of(self.source, self.tokens));
        choice.is_open() && !braces().hold_items(index)
    }

    fn place(&mut self, mut token: Token, index: usize) -> Option<()> {
        let choice = self.top().choice;
        self.top().choice = choice.with(self.source, &self.out, &self.tokens[index..], token);
        match token.kind {
            Kind::LParen | Kind::LBracket | Kind::InterpOpen => {
                self.frames.push(Frame::new(token.kind, token.span(), Holds::Nothing));
            }
            Kind::LBrace => {
                let previous = self.previous();
                let block = self.top().is_block()
                    && (self.after_value() || previous == Kind::Newline || self.after_branch_word())
                    && !self.after_condition_word()
                    && !self.after_marks();
                let value = block && self.holds_value(choice, index);
                let block = block && !value;
                token.kind = if block { Kind::BlockOpen } else { Kind::LBrace };
                let holds = match block {
                    true => self.holds(),
                    false if value || self.after_braced_value() => Holds::Value,
                    false => Holds::Nothing,
                };
                if block {
                    self.reset_segment();
                }
                self.frames.push(Frame::new(token.kind, token.span(), holds));
            }
            Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::InterpClose => {
                self.close(token);
                return Some(());
            }
            Kind::Comma => self.reset_segment(),
            _ => {
                self.out.push(token);
                return Some(());
            }
        }
        self.out.push(token);
        self.check_nesting(token)
    }

    /// Whether the line is `plan "…":`, behind which other languages indent.
    fn after_plan(&self) -> bool {
        match self.out.as_slice() {
            [.., word, text, _] if text.kind.is_text() => self.source.slice(word.span()) == "plan",
            _ => false,
        }
    }

    /// Whether the word before is the `else` of another language, which goes on after a block.
    fn after_branch_word(&self) -> bool {
        let [.., before, word] = self.out.as_slice() else { return false };
        before.kind == Kind::BlockClose && word.kind == Kind::Else
    }

    /// Whether the `else` before goes on after a value in braces, which is reported.
    fn after_braced_value(&self) -> bool {
        let [.., before, word] = self.out.as_slice() else { return false };
        word.kind == Kind::Else && before.kind == Kind::RBrace && before.end == self.value_end
    }

    /// Whether a line has begun with a word behind which an expression stands.
    fn after_condition_word(&self) -> bool {
        let [.., before, word] = self.out.as_slice() else { return false };
        matches!(before.kind, Kind::Newline | Kind::BlockOpen)
            && word.kind == Kind::Ident
            && matches!(self.source.slice(word.span()), "expect" | "when" | "undo" | "result")
    }

    /// Whether only marks stand since `->`, as in `-> trusted { … }`: the type of a result begins here.
    fn after_marks(&self) -> bool {
        let is_mark =
            |token: &&Token| token.kind == Kind::Ident && Mark::parse(self.source.slice(token.span())).is_some();
        let mut before = self.out.iter().rev().skip_while(is_mark);
        before.next().is_some_and(|token| token.kind == Kind::Arrow)
    }

    /// What the block that opens now may hold, by the word at the start of its line.
    fn holds(&self) -> Holds {
        let boundary = |token: &Token| matches!(token.kind, Kind::Newline | Kind::BlockOpen | Kind::BlockClose);
        let from = self.out.iter().rposition(boundary).map_or(0, |at| at + 1);
        let head = self.out[from..].iter().find(|token| token.kind != Kind::Doc);
        match head.map(|token| self.source.slice(token.span())) {
            Some("plan") => Holds::Plan,
            Some("catalogue") => Holds::Catalogue,
            Some("verify") => Holds::Verify,
            Some("each" | "together" | "when") => Holds::Steps,
            Some("step" | "critical" | "assume" | "tool") | None => Holds::Nothing,
            Some(_) => Holds::Anything,
        }
    }

    fn close(&mut self, mut token: Token) {
        let fits = |frame: &Frame| match token.kind {
            Kind::RBrace => matches!(frame.open, Kind::LBrace | Kind::BlockOpen),
            kind => frame.close_kind() == kind,
        };
        // What stands inside `${…}` never closes what stands outside.
        let barrier = match token.kind {
            Kind::InterpClose => 0,
            _ => self.frames.iter().rposition(|frame| frame.open == Kind::InterpOpen).unwrap_or(0),
        };
        let Some(at) = self.frames.iter().rposition(fits).filter(|at| *at > barrier || token.kind == Kind::InterpClose)
        else {
            self.stray(token);
            return;
        };
        if at == 0 {
            self.stray(token);
            return;
        }
        while self.frames.len() > at + 1 {
            self.report_unclosed(token.span());
            self.pop_frame(token.start);
        }
        token.kind = self.top().close_kind();
        if self.top().holds == Holds::Value {
            self.value_end = token.end;
        }
        self.pop();
        self.out.push(token);
    }

    fn stray(&mut self, token: Token) {
        let text = self.source.slice(token.span());
        self.report.push(
            Diagnostic::new(Code::UnclosedBracket, token.span(), format!("this `{text}` closes nothing"))
                .label("no bracket is open here")
                .edit("remove it", token.span(), "")
                .maybe(),
        );
    }

    /// The innermost bracket should have been closed before `found`.
    fn report_unclosed(&self, found: Span) {
        let Some(frame) = self.frames.last() else { return };
        let (open, close) = frame.spelling();
        let end = self.out.last().map_or(found.before(), |token| token.span().after());
        self.report.push(
            Diagnostic::new(Code::UnclosedBracket, found, format!("`{open}` is not closed before this"))
                .label(format!("expected `{close}` before this"))
                .related(frame.span, "opened here")
                .edit(format!("close it with `{close}`"), end, close)
                .maybe(),
        );
    }

    /// Pops the innermost frame.
    fn pop(&mut self) {
        self.reset_segment();
        let Some(frame) = self.frames.pop() else { return };
        let top = self.top();
        match frame.is_block() {
            true => top.choice = Choice::default(),
            false => top.child = top.child.max(frame.height),
        }
    }

    /// Pops a frame that was never closed and leaves a token in place of its bracket.
    fn pop_frame(&mut self, at: u32) {
        let close = self.top().close_kind();
        if close != Kind::BlockClose {
            self.out.push(Token { kind: Kind::Error, start: at, end: at });
        }
        self.out.push(Token { kind: close, start: at, end: at });
        self.pop();
    }

    /// Where a line begins like an item that no open bracket may hold, the brackets were meant to be closed before it.
    fn recover_unclosed(&mut self, index: usize) {
        let Some(word) = item_start(self.source, self.tokens, index) else { return };
        let holder = self.frames.iter().rposition(|frame| match frame.holds {
            Holds::Top => matches!(word, "plan" | "catalogue" | "type"),
            Holds::Plan => !matches!(word, "plan" | "catalogue" | "tool"),
            Holds::Catalogue => matches!(word, "tool" | "type"),
            Holds::Verify => matches!(word, "step" | "let"),
            Holds::Steps => matches!(word, "step" | "let" | "each" | "together" | "gate"),
            Holds::Anything => !matches!(word, "plan" | "catalogue"),
            Holds::Nothing | Holds::Value => false,
        });
        let Some(holder) = holder.filter(|holder| self.frames.len() > holder + 1) else { return };
        // An item that is indented deeper than the block it stands in was meant to stand in it.
        let column = self.indentation(self.tokens[index].span());
        let inside =
            |frame: &Frame| (frame.is_block() || frame.holds == Holds::Value) && self.indentation(frame.span) < column;
        if self.frames.iter().skip(holder + 1).any(inside) {
            return;
        }
        while self.frames.len() > holder + 1 {
            let end = self.out.last().map_or(0, |token| token.end);
            let (open, close) = self.top().spelling();
            let opener = self.top().span;
            let block = self.top().is_block();
            let next = self.tokens[index].span();
            let diagnostic = Diagnostic::new(Code::UnclosedBracket, opener, format!("this `{open}` is never closed"))
                .label("opened here")
                .related(next, format!("`{word}` begins a new item here"));
            let spot = Span::new(end, end);
            let text = if block { format!("\n{close}") } else { close.to_owned() };
            self.report.push(diagnostic.edit(format!("close it with `{close}`"), spot, text).maybe());
            self.pop_frame(end);
        }
    }

    /// How far the line of `span` is indented.
    fn indentation(&self, span: Span) -> usize {
        let before = &self.source.text[..self.source.range(span).start];
        let line = &self.source.text[before.rfind('\n').map_or(0, |at| at + 1)..];
        line.len() - line.trim_start_matches([' ', '\t']).len()
    }

    fn end(&mut self) {
        // A string without its end swallows the brackets behind it.
        let swallowed = self.out.last().is_some_and(|token| token.kind == Kind::Error)
            || self.out.iter().rev().take(3).any(|token| token.kind == Kind::StrClose && token.start == token.end);
        let end = self.source.base + self.source.text.len() as u32;
        while self.frames.len() > 1 {
            if !swallowed {
                let (open, close) = self.top().spelling();
                let opener = self.top().span;
                let written = self.source.base + self.source.text.trim_end().len() as u32;
                let block = self.top().is_block();
                self.report.push(
                    Diagnostic::new(Code::UnclosedBracket, opener, format!("this `{open}` is never closed"))
                        .label("opened here")
                        .edit(
                            format!("close it with `{close}`"),
                            Span::new(written, written),
                            if block { format!("\n{close}") } else { close.to_owned() },
                        )
                        .maybe(),
                );
            }
            self.pop_frame(end);
        }
    }
}

/// The name at `index` with all parts that dashes join to it without a space.
fn dashed_name(tokens: &[Token], index: usize) -> Span {
    let mut span = tokens[index].span();
    for pair in tokens[index + 1..].chunks(2) {
        let [dash, part] = pair else { break };
        let joins = dash.kind == Kind::Minus && dash.start == span.end && part.start == dash.end;
        if !joins || !(part.kind == Kind::Ident || part.kind == Kind::Int || part.kind.is_word()) {
            break;
        }
        span.end = part.end;
    }
    span
}
