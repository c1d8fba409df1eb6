//! Diagnostics ⟶ data for programs: self-contained, with lines and columns. `spec/schemas/diagnostics.schema.json` tells
//! its form.

use super::{Applicability, Diagnostic, Label, Severity};
use crate::source::Sources;
use serde::Serialize;

/// The version of this form: it rises with every change that a reader of the form before could stumble over.
pub const JSON_VERSION: u32 = 1;

/// A diagnostic as the JSON form shows it.
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
    /// Whether it may be applied without asking: `sure` or `maybe`.
    pub applicability: Applicability,
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
            applicability: edit.applicability,
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
