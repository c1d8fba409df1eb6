//! What is wrong with a text, as plain data: code, severity, labelled spans, help, and an edit where one repair is sensible.
//!
//! Phases push into [`Diagnostics`] and go on. Two renderers stand at the end of the file: one for people (ariadne), one
//! for programs (serde). The table of codes is in [`crate::codes`].

use crate::codes::Code;
pub use crate::codes::Severity;
use crate::source::{Sources, Span};
use serde::Serialize;
use std::cell::RefCell;

/// A span with a few words about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is to be seen there; may be empty.
    pub text: String,
}

/// A repair that a tool may apply: all replacements together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What it does, as an imperative phrase.
    pub title: String,
    /// Disjoint spans, each with the text that takes its place.
    pub replacements: Vec<(Span, String)>,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable code; decides the severity.
    pub code: Code,
    /// One lower-case phrase without a full stop.
    pub message: String,
    /// Where it is.
    pub primary: Label,
    /// Other places that explain it.
    pub related: Vec<Label>,
    /// Advice, one sentence each.
    pub help: Vec<String>,
    /// The one sensible repair, if there is one.
    pub edit: Option<Edit>,
}

impl Diagnostic {
    /// A mistake with a code at a place; add the rest with the methods below.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            message: message.into(),
            primary: Label { span, text: String::new() },
            related: Vec::new(),
            help: Vec::new(),
            edit: None,
        }
    }

    /// Words at the primary span.
    pub fn label(mut self, text: impl Into<String>) -> Diagnostic {
        self.primary.text = text.into();
        self
    }

    /// Another place that explains the mistake.
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// A sentence of advice.
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help.push(text.into());
        self
    }

    /// The repair that replaces one span.
    pub fn edit(mut self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.edit = Some(Edit { title: title.into(), replacements: vec![(span, replacement.into())] });
        self
    }

    /// The severity of the code.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// The place where phases report. Shared by reference, so that a phase can report while it borrows its input.
#[derive(Debug, Default)]
pub struct Diagnostics {
    list: RefCell<Vec<Diagnostic>>,
}

impl Diagnostics {
    /// Reports one mistake.
    pub fn push(&self, diagnostic: Diagnostic) {
        self.list.borrow_mut().push(diagnostic);
    }

    /// Whether an error, not only warnings, was reported.
    pub fn has_errors(&self) -> bool {
        self.list.borrow().iter().any(|d| d.severity() == Severity::Error)
    }

    /// How many were reported so far.
    pub fn len(&self) -> usize {
        self.list.borrow().len()
    }

    /// Whether nothing was reported so far.
    pub fn is_empty(&self) -> bool {
        self.list.borrow().is_empty()
    }

    /// Everything that was reported, in the order of the text, each once.
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        let mut list = self.list.into_inner();
        list.sort_by(|a, b| (a.primary.span, a.code, &a.message).cmp(&(b.primary.span, b.code, &b.message)));
        list.dedup();
        list
    }
}

/// Applies edits to one text. Overlapping edits after the first are left out.
///
/// Gives the new text and how many edits were applied.
pub fn apply_edits(sources: &Sources, source: usize, edits: &[Edit]) -> (String, usize) {
    let source = sources.get(source);
    let inside = |span: &Span| span.start >= source.base && span.end <= source.base + source.text.len() as u32;
    let mut chosen: Vec<&(Span, String)> = Vec::new();
    let mut applied = 0;
    for edit in edits {
        let free = edit.replacements.iter().all(|(span, _)| {
            inside(span) && chosen.iter().all(|(other, _)| span.end < other.start || other.end < span.start)
        });
        if free && !edit.replacements.is_empty() {
            chosen.extend(&edit.replacements);
            applied += 1;
        }
    }
    chosen.sort_by_key(|(span, _)| *span);
    let mut text = source.text.to_string();
    for (span, replacement) in chosen.into_iter().rev() {
        text.replace_range(source.range(*span), replacement);
    }
    (text, applied)
}

/// Whether a rendering may use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// ANSI styles.
    Always,
}

/// Lines longer than this are not drawn, in bytes; the place is given in words.
pub const MAX_DRAWN_LINE: usize = 2000;

/// Draws one diagnostic as rustc does, with its source lines.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, colour: Colour) -> String {
    render_all(std::slice::from_ref(diagnostic), sources, colour)
}

/// Draws diagnostics one below the other, each followed by an empty line where there are several.
pub fn render_all(diagnostics: &[Diagnostic], sources: &Sources, colour: Colour) -> String {
    // Only the texts that something is wrong with are taken apart into lines, and those once.
    let spans = diagnostics.iter().flat_map(|d| std::iter::once(&d.primary).chain(&d.related)).map(|label| label.span);
    let mut bases: Vec<u32> = spans.map(|span| sources.of(span).base).collect();
    bases.sort_unstable();
    bases.dedup();
    let used = sources.iter().filter(|source| bases.binary_search(&source.base).is_ok());
    let mut cache = ariadne::sources(used.map(|s| (visible(&s.name), drawable(&s.text))));
    let mut out = String::new();
    for (index, diagnostic) in diagnostics.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push_str(&match has_long_line(diagnostic, sources) {
            true => in_words(diagnostic, sources),
            false => draw(diagnostic, sources, colour, &mut cache),
        });
    }
    out
}

/// Whether a line to be drawn is so long that it would bury the message.
fn has_long_line(diagnostic: &Diagnostic, sources: &Sources) -> bool {
    std::iter::once(&diagnostic.primary).chain(&diagnostic.related).any(|label| {
        let source = sources.of(label.span);
        let range = source.range(label.span);
        let bytes = source.text.as_bytes();
        let near = |at: &u8| *at == b'\n';
        let before = bytes[..range.start].iter().rev().take(MAX_DRAWN_LINE).position(near);
        let after = bytes[range.start..].iter().take(MAX_DRAWN_LINE).position(near);
        let length = before.unwrap_or(range.start.min(MAX_DRAWN_LINE))
            + after.unwrap_or((bytes.len() - range.start).min(MAX_DRAWN_LINE));
        length >= MAX_DRAWN_LINE
    })
}

/// A diagnostic without its source lines.
fn in_words(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let severity = match diagnostic.severity() {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
    };
    let mut out = format!("[{}] {severity}: {}\n", diagnostic.code, visible(&diagnostic.message));
    let labels = std::iter::once(&diagnostic.primary).chain(&diagnostic.related);
    for label in labels {
        let (line, column) = sources.line_column(label.span.start);
        let name = visible(&sources.of(label.span).name);
        out.push_str(format!("   at {name}:{line}:{column} {}", visible(&label.text)).trim_end());
        out.push('\n');
    }
    let edit = diagnostic.edit.as_ref().map(|edit| edit_text(edit, sources));
    for help in diagnostic.help.iter().chain(&edit) {
        out.push_str(&format!("   Help: {}\n", visible(help)));
    }
    out
}

fn draw(diagnostic: &Diagnostic, sources: &Sources, colour: Colour, cache: &mut impl ariadne::Cache<String>) -> String {
    use ariadne::{Color, Config, IndexType, Label as Drawn, Report, ReportKind};
    let kind = match diagnostic.severity() {
        Severity::Error => ReportKind::Error,
        Severity::Warning => ReportKind::Warning,
    };
    let tint = match diagnostic.severity() {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
    };
    let place = |span: Span| {
        let source = sources.of(span);
        (visible(&source.name), source.range(span))
    };
    let config =
        Config::default().with_index_type(IndexType::Byte).with_color(colour == Colour::Always).with_compact(false);
    let mut report = Report::build(kind, place(diagnostic.primary.span))
        .with_config(config)
        .with_code(diagnostic.code)
        .with_message(visible(&diagnostic.message));
    // A label without words is not drawn.
    let words = if diagnostic.primary.text.is_empty() { "here" } else { &diagnostic.primary.text };
    let primary = Drawn::new(place(diagnostic.primary.span)).with_message(visible(words));
    report = report.with_label(primary.with_color(tint).with_order(-1));
    for label in &diagnostic.related {
        report =
            report.with_label(Drawn::new(place(label.span)).with_color(Color::Blue).with_message(visible(&label.text)));
    }
    for help in &diagnostic.help {
        report = report.with_help(visible(help));
    }
    if let Some(edit) = &diagnostic.edit {
        report = report.with_help(visible(&edit_text(edit, sources)));
    }
    let mut out = Vec::new();
    match report.finish().write(cache, &mut out) {
        Ok(()) => {
            let text = String::from_utf8_lossy(&out);
            // Trailing blanks would make snapshots and pasted messages noisy.
            text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
        }
        Err(_) => format!("[{}] {}\n", diagnostic.code, diagnostic.message),
    }
}

/// The edit as a sentence: its title and, where the title does not say it, what to write.
fn edit_text(edit: &Edit, sources: &Sources) -> String {
    let [(span, text)] = edit.replacements.as_slice() else { return edit.title.clone() };
    let (old, new) = (sources.slice(*span).trim(), text.trim());
    let short = |text: &str| !text.contains('\n') && text.len() <= 60;
    if new.is_empty() || edit.title.contains(new) || !short(new) {
        return edit.title.clone();
    }
    match short(old) && !old.is_empty() {
        true => format!("{}: `{old}` ⟶ `{new}`", edit.title),
        false => format!("{}: `{new}`", edit.title),
    }
}

/// A source of the same length in bytes, so that spans stay true, with a stand-in for every character that could move the
/// cursor, start a line of its own, or hide or reorder what stands around it.
fn drawable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let ends_line = c == '\n' || c == '\r' && rest.peek() == Some(&'\n');
        match c.len_utf8() {
            _ if ends_line || c == '\t' || !is_hidden(c) => out.push(c),
            1 => out.push('?'),
            2 => out.push('¿'),
            3 => out.push('\u{fffd}'),
            _ => out.push('\u{1f6ab}'),
        }
    }
    out
}

/// Control characters made visible, so that a hostile text cannot move the cursor or hide a line.
pub fn visible(text: &str) -> String {
    if !text.chars().any(is_hidden) {
        return text.to_owned();
    }
    text.chars().map(|c| if is_hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

/// Whether a character could change how the text around it is shown: controls, direction marks, separators of lines, tags.
pub fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A diagnostic as the JSON form shows it: self-contained, with lines and columns.
#[derive(Clone, Debug, Serialize)]
pub struct DiagnosticJson {
    /// `P0312`.
    pub code: String,
    /// `error` or `warning`.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where it is.
    pub primary: LabelJson,
    /// Other places that explain it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<LabelJson>,
    /// Advice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub help: Vec<String>,
    /// The one sensible repair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit: Option<EditJson>,
}

/// A place as the JSON form shows it.
#[derive(Clone, Debug, Serialize)]
pub struct LabelJson {
    /// Name of the source.
    pub file: String,
    /// Offset of the first byte in that source.
    pub start: usize,
    /// Offset just past the last byte.
    pub end: usize,
    /// Line of the first byte, from 1.
    pub line: usize,
    /// Column of the first byte in characters, from 1.
    pub column: usize,
    /// What is to be seen there.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// A repair as the JSON form shows it.
#[derive(Clone, Debug, Serialize)]
pub struct EditJson {
    /// What it does.
    pub title: String,
    /// What to replace by what.
    pub replacements: Vec<ReplacementJson>,
}

/// One replacement of an [`EditJson`].
#[derive(Clone, Debug, Serialize)]
pub struct ReplacementJson {
    /// The text to be replaced.
    pub at: LabelJson,
    /// What takes its place.
    pub text: String,
}

/// The JSON form of a diagnostic.
pub fn to_json(diagnostic: &Diagnostic, sources: &Sources) -> DiagnosticJson {
    let label = |label: &Label| label_json(label, sources);
    DiagnosticJson {
        code: diagnostic.code.to_string(),
        severity: diagnostic.severity(),
        message: diagnostic.message.clone(),
        primary: label(&diagnostic.primary),
        related: diagnostic.related.iter().map(label).collect(),
        help: diagnostic.help.clone(),
        edit: diagnostic.edit.as_ref().map(|edit| EditJson {
            title: edit.title.clone(),
            replacements: edit
                .replacements
                .iter()
                .map(|(span, text)| ReplacementJson {
                    at: label_json(&Label { span: *span, text: String::new() }, sources),
                    text: text.clone(),
                })
                .collect(),
        }),
    }
}

fn label_json(label: &Label, sources: &Sources) -> LabelJson {
    let source = sources.of(label.span);
    let range = source.range(label.span);
    let (line, column) = sources.line_column(label.span.start);
    LabelJson { file: source.name.clone(), start: range.start, end: range.end, line, column, text: label.text.clone() }
}
