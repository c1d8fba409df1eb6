//! What is wrong with a text, as plain data: code, severity, labelled spans, help, and an edit where one repair is sensible.
//!
//! Phases push into [`Diagnostics`] and go on. [`draw`] shows them to people, [`json`] to programs. The table of codes is in
//! [`crate::codes`].

mod draw;
mod json;

pub use draw::{Colour, MAX_DRAWN_LINE, is_hidden, render, render_all, visible};
pub use json::{DiagnosticJson, EditJson, JSON_VERSION, LabelJson, ReplacementJson, to_json};

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

/// Whether an edit may be applied without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// The text can mean nothing else: `planc check --fix` applies it.
    Sure,
    /// Likely what was meant, or more than a matter of form (a name that is only near, a wider grant): a person or a model
    /// decides.
    Maybe,
}

/// A repair that a tool may apply: all replacements together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What it does, as an imperative phrase.
    pub title: String,
    /// Whether it may be applied without asking.
    pub applicability: Applicability,
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
    pub fn edit(self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.edits(title, vec![(span, replacement.into())])
    }

    /// The repair that replaces several spans.
    pub fn edits(mut self, title: impl Into<String>, replacements: Vec<(Span, String)>) -> Diagnostic {
        self.edit = Some(Edit { title: title.into(), applicability: Applicability::Sure, replacements });
        self
    }

    /// Says of the repair that it is not sure.
    pub fn maybe(self) -> Diagnostic {
        self.applicability(Applicability::Maybe)
    }

    /// Says how sure the repair is.
    pub fn applicability(mut self, applicability: Applicability) -> Diagnostic {
        if let Some(edit) = &mut self.edit {
            edit.applicability = applicability;
        }
        self
    }

    /// The severity of the code.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// What is said of a sign of another language where an operator of ours stands.
pub(crate) const NO_SIGN: &str = "not an operator here";

/// What is said of a `?` between values.
pub(crate) const NO_OPERATOR: &str = "no operator";

/// What is said of an `if` behind its value.
pub(crate) const CONDITION_FIRST: &str = "the condition comes first";

/// What is said of values in parentheses.
pub(crate) const NO_TUPLES: &str = "no tuples here";

/// What stands between these two in advice and in edits is a span, in whose place the text at it is put before anybody
/// reads it.
pub(crate) const QUOTED: (char, char) = ('\u{e000}', '\u{e001}');

/// Stands for the text at a span: the checker knows no text, and advice that names what stands there is the better one.
pub(crate) fn quote(span: Span) -> String {
    format!("{}{}:{}{}", QUOTED.0, span.start, span.end, QUOTED.1)
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

    /// Whether one of those past the first `before` is an error.
    pub fn has_errors_since(&self, before: usize) -> bool {
        self.list.borrow().iter().skip(before).any(|d| d.severity() == Severity::Error)
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
    let (text, applied) = apply_each(sources, source, edits);
    (text, applied.len())
}

/// Applies edits to one text. Edits that overlap or touch an earlier one, and those of other texts, are left out.
///
/// Gives the new text and the indices of the edits that were applied.
pub fn apply_each<'e>(
    sources: &Sources,
    source: usize,
    edits: impl IntoIterator<Item = &'e Edit>,
) -> (String, Vec<usize>) {
    let source = sources.get(source);
    let inside = |span: Span| span.start >= source.base && span.end <= source.base + source.text.len() as u32;
    let mut chosen: Vec<(Span, &str)> = Vec::new();
    let mut applied = Vec::new();
    for (index, edit) in edits.into_iter().enumerate() {
        let is_free = |span: Span| {
            let at = chosen.partition_point(|(other, _)| other.end < span.start);
            chosen.get(at).is_none_or(|(other, _)| span.end < other.start)
        };
        if edit.replacements.is_empty() || !edit.replacements.iter().all(|(span, _)| inside(*span) && is_free(*span)) {
            continue;
        }
        for (span, text) in &edit.replacements {
            let at = chosen.partition_point(|(other, _)| (other.start, other.end) <= (span.start, span.end));
            chosen.insert(at, (*span, text));
        }
        applied.push(index);
    }
    let mut text = String::with_capacity(source.text.len());
    let mut from = 0;
    for (span, replacement) in chosen {
        let range = source.range(span);
        text.push_str(&source.text[from..range.start]);
        text.push_str(replacement);
        from = range.end;
    }
    text.push_str(&source.text[from..]);
    (text, applied)
}
