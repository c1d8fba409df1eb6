//! Diagnostics ⟶ text for people, drawn by ariadne with the lines they are about. Nothing of a hostile source can move the
//! cursor, hide a line or bury a message.

use super::{Diagnostic, Edit, Severity};
use crate::source::{Sources, Span};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

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
    let mut cache = ariadne::sources(used.map(|s| (on_one_line(&s.name), drawable(&s.text))));
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
        let name = on_one_line(&sources.of(label.span).name);
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
        (on_one_line(&source.name), source.range(span))
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

/// The same for the name of a file, which begins no line.
fn on_one_line(name: &str) -> String {
    visible(name).replace('\n', "\\n").replace('\t', "\\t")
}

/// Signs that are drawn as a blank or as nothing, though Unicode counts them among those that are seen.
const EMPTY: [char; 5] = ['\u{2800}', '\u{13441}', '\u{13442}', '\u{16fe4}', '\u{1d159}'];

/// Whether a character is not seen as itself, or could change how the text around it is shown: controls, direction marks,
/// separators of lines, blanks other than the plain one, tags, and what nobody has given a look.
pub fn is_hidden(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, SpaceSeparator, Unassigned};
    if c.is_ascii() {
        return c.is_ascii_control() && c != '\n' && c != '\t';
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    matches!(category, Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | SpaceSeparator | Unassigned)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || EMPTY.contains(&c)
}
