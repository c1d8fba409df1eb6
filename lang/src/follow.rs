//! Diagnostics ⟶ those without what only follows from another: where an expression of another language is told and read
//! as ours, what is wrong with its operands is told once it is written so.

use crate::codes::Code;
use crate::diagnostic::{CONDITION_FIRST, Diagnostic, NO_OPERATOR, NO_SIGN, NO_TUPLES};
use crate::source::{Source, Span};

/// Of how many foreign operators it is looked for what follows from them.
const MAX_SIGNS: usize = 200;

/// What stands between an operator and its operand is not longer than this.
const MAX_GAP: u32 = 100;

/// Leaves out what only follows from another.
pub(crate) fn alone(source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    operators(source, diagnostics);
    taken_away(source, diagnostics);
}

/// Leaves out what is about nothing but a text that the edit of another mistake takes away.
fn taken_away(source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let edits = diagnostics.iter().filter_map(|found| Some((found.primary.span, found.edit.as_ref()?)));
    let replaced = edits.flat_map(|(of, edit)| edit.replacements.iter().map(move |(span, text)| (of, *span, text)));
    let wide = replaced.filter(|(_, span, _)| span.end - span.start > 1).take(MAX_SIGNS);
    let wide: Vec<(Span, Span, String)> = wide.map(|(of, span, text)| (of, span, text.clone())).collect();
    let end = source.base + source.text.len() as u32;
    diagnostics.retain(|found| {
        let own = found.primary.span;
        let is_here = source.base <= own.start && own.start < own.end && own.end <= end;
        !is_here
            || !wide.iter().any(|(of, span, text)| {
                let is_within = span.start <= own.start && own.end <= span.end && own != *span && own != *of;
                is_within && !text.contains(source.slice(own))
            })
    });
}

/// Leaves out what follows from a foreign operator.
fn operators(source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    // What tells how a whole text is written tells how its tuple is, too.
    let texts = diagnostics.iter().filter(|found| found.code == Code::BadOperand);
    let texts: Vec<Span> =
        texts.filter_map(|found| found.edit.as_ref()?.replacements.first().map(|(span, _)| *span)).collect();
    let is_in_text = |span: Span| texts.iter().any(|text| text.start < span.start && span.end <= text.end);
    diagnostics.retain(|found| !(found.primary.text == NO_TUPLES && is_in_text(found.primary.span)));
    let signs = diagnostics.iter().filter(|found| is_operator(found)).map(|found| found.primary.span);
    let signs: Vec<Span> = signs.take(MAX_SIGNS).collect();
    if signs.is_empty() {
        return;
    }
    diagnostics.retain(|found| {
        let follows = matches!(
            found.code,
            Code::NotBoolean | Code::NeverEqual | Code::NotAList | Code::BadOperand | Code::MaybeNull
        );
        !(follows && signs.iter().any(|sign| is_about(source, found, *sign)))
    });
}

/// Whether a mistake is an operator of another language, or brackets, that were read as ours.
fn is_operator(found: &Diagnostic) -> bool {
    let is_read = found.edit.is_some() && found.code.is_syntax();
    is_read && matches!(found.primary.text.as_str(), NO_SIGN | NO_OPERATOR | CONDITION_FIRST | NO_TUPLES)
}

/// Whether a mistake is about an operator or one of its operands.
fn is_about(source: &Source, found: &Diagnostic, sign: Span) -> bool {
    let holds = |span: Span| span.start <= sign.start && sign.end <= span.end;
    let is_within = |span: Span| sign.start <= span.start && span.end <= sign.end;
    let joins =
        |from: u32, to: u32| from <= to && to - from <= MAX_GAP && source.slice(Span::new(from, to)).trim().is_empty();
    let beside = |span: Span| joins(span.end, sign.start) || joins(sign.end, span.start);
    let end = source.base + source.text.len() as u32;
    let is_here = |span: &Span| source.base <= span.start && span.end <= end;
    let mut places = std::iter::once(&found.primary).chain(&found.related).map(|label| label.span).filter(is_here);
    let own = Some(found.primary.span).filter(is_here);
    places.any(|span| holds(span) || is_within(span)) || own.is_some_and(beside)
}
