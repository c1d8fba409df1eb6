//! Lines that begin with no known word: what was most likely meant.

use super::reserved::is_reserved;
use super::slips::ITEMS;
use super::{Place, Written};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Kind, Token};

const TOP: [&str; 3] = ["plan", "catalogue", "type"];
const CATALOGUE: [&str; 2] = ["tool", "type"];
/// The words that begin a clause of a step.
pub const CLAUSES: [&str; 9] = ["because", "after", "when", "timeout", "retry", "poll", "expect", "undo", "on"];
const TOOL_CLAUSES: [&str; 12] = [
    "reads",
    "writes",
    "creates",
    "deletes",
    "runs",
    "contacts",
    "pure",
    "approval",
    "idempotent",
    "independent",
    "timeout",
    "category",
];

/// Words of other languages, with ours.
const SYNONYMS: [(&str, &str); 36] = [
    ("summary", "rationale"),
    ("goal", "rationale"),
    ("description", "context"),
    ("background", "context"),
    ("inputs", "input"),
    ("param", "input"),
    ("parameter", "input"),
    ("assumption", "assume"),
    ("require", "assume"),
    ("requires", "assume"),
    ("permissions", "critical"),
    ("resources", "critical"),
    ("var", "let"),
    ("const", "let"),
    ("task", "step"),
    ("action", "step"),
    ("check", "verify"),
    ("test", "verify"),
    ("verification", "verify"),
    ("outputs", "output"),
    ("return", "output"),
    ("result", "output"),
    ("reason", "because"),
    ("why", "because"),
    ("rationale", "because"),
    ("depends_on", "after"),
    ("depends", "after"),
    ("needs", "after"),
    ("unless", "when"),
    ("condition", "when"),
    ("retries", "retry"),
    ("assert", "expect"),
    ("ensure", "expect"),
    ("rollback", "undo"),
    ("revert", "undo"),
    ("on_failure", "on"),
];

/// The words that may begin a line of a block.
pub(in super::super) fn words_of(place: Place) -> &'static [&'static str] {
    match place {
        Place::CatalogueItem => &CATALOGUE,
        Place::File => &TOP,
        Place::EachItem => &["step", "let", "together", "when", "result"],
        Place::TogetherItem => &["step", "let"],
        Place::WhenItem => &["step", "let", "each", "together", "when", "gate"],
        _ => &ITEMS,
    }
}

/// Reports a line that begins no item; gives the word that was meant, if one is near.
pub(in super::super) fn unknown_item(
    report: &Diagnostics,
    written: Written<'_>,
    line: &[Token],
    place: Place,
) -> Option<&'static str> {
    if line.iter().any(|token| token.kind == Kind::Error) {
        return None;
    }
    let head = line[0];
    let word = written.token(head);
    let known = words_of(place);
    let base = Diagnostic::new(Code::UnknownItem, head.span(), format!("`{}` begins no item", shown(word)));
    if place == Place::File && (ITEMS.contains(&word) || word == "tool") {
        let holder = if word == "tool" { "catalogue" } else { "plan" };
        report.push(
            Diagnostic::new(Code::UnknownItem, head.span(), format!("`{word}` stands outside a {holder}"))
                .label(format!("belongs into a {holder}"))
                .help("A plan is `plan \"title\" { … }`; was its brace closed too early?"),
        );
        return None;
    }
    let in_plan = matches!(place, Place::Item | Place::EachItem | Place::TogetherItem | Place::WhenItem);
    if let Some(help) = foreign_item(head, word).filter(|_| in_plan) {
        report.push(base.label("unknown item").help(help));
        return None;
    }
    if head.kind == Kind::Ident
        && in_plan
        && let Some(diagnostic) = bare(&base, written, line)
    {
        report.push(diagnostic);
        return None;
    }
    let meant = if head.kind == Kind::Ident { nearest(word, known) } else { None };
    let base = base.label("unknown item");
    report.push(match meant {
        Some(meant) => base.edit(format!("write `{meant}`"), head.span(), meant),
        None => base.help(format!("Items are {}.", listed(known))),
    });
    meant
}

/// Advice for a line that is right elsewhere: a clause, or control flow of other languages.
fn foreign_item(head: Token, word: &str) -> Option<&'static str> {
    match head.kind {
        Kind::If => Some("Steps that run on a condition stand in a group: `when condition { … }`."),
        Kind::For => Some("A block for each element of a list has a name: `each name = element in list { … }`."),
        _ if word == "while" => Some("A step that waits for something has a clause `poll every 30s for 20m until …`."),
        _ if CLAUSES.contains(&word) && !ITEMS.contains(&word) => {
            Some("A clause stands in braces behind the call of its step.")
        }
        _ => None,
    }
}

/// A call or an assignment without its keyword.
fn bare(base: &Diagnostic, written: Written<'_>, line: &[Token]) -> Option<Diagnostic> {
    let kind = |at: usize| line.get(at).map(|token| token.kind);
    let has_call = line.iter().any(|token| token.kind == Kind::LParen);
    let before = line[0].span().before();
    match (kind(1)?, kind(2)) {
        (Kind::Assign, _) => {
            let keyword = if has_call { "step" } else { "let" };
            let diagnostic = Diagnostic { message: "a name is given without a keyword".to_owned(), ..base.clone() };
            Some(
                diagnostic
                    .label("expected `step` or `let` before this")
                    .help("A `step` calls a tool, a `let` names a value.")
                    .edit(format!("write `{keyword}`"), before, format!("{keyword} ")),
            )
        }
        (Kind::Dot, Some(Kind::Ident)) if has_call => {
            let name = written.token(line[2]);
            let diagnostic = Diagnostic { message: "a call without `step`".to_owned(), ..base.clone() };
            Some(diagnostic.label("every call is a step and has a name").edit(
                "make it a step",
                before,
                format!("step {name} = "),
            ))
        }
        _ => None,
    }
}

/// Reports a line that begins no clause; gives the word that was meant, if one is near.
pub(in super::super) fn unknown_clause(
    report: &Diagnostics,
    written: Written<'_>,
    line: &[Token],
    place: Place,
) -> Option<&'static str> {
    if line.iter().any(|token| token.kind == Kind::Error) {
        return None;
    }
    let head = line[0];
    let word = written.token(head);
    let known: &[&'static str] = if place == Place::ToolClause { &TOOL_CLAUSES } else { &CLAUSES };
    let reserved = match (place, word) {
        (Place::ToolClause, "simulate" | "limit" | "paged" | "pinned") => Some("Leave it out."),
        _ => None,
    };
    if let Some(instead) = reserved {
        report.push(is_reserved(head.span(), &format!("the clause `{word}`"), instead));
        return None;
    }
    let base = Diagnostic::new(Code::UnknownClause, head.span(), format!("`{}` is no clause", shown(word)));
    if place == Place::Clause && ITEMS.contains(&word) && word != "rationale" {
        report.push(base.label("an item, not a clause").help("Close the block of the step with `}` before it."));
        return None;
    }
    let meant = if head.kind == Kind::If {
        Some("when")
    } else if head.kind == Kind::Ident {
        nearest(word, known)
    } else {
        None
    };
    let base = base.label("unknown clause");
    report.push(match meant {
        Some(meant) => base.edit(format!("write `{meant}`"), head.span(), meant),
        None => base.help(format!("Clauses are {}.", listed(known))),
    });
    meant.filter(|_| word != "on_failure")
}

/// The known word that was most likely meant.
fn nearest(word: &str, known: &[&'static str]) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase();
    let synonym = SYNONYMS.iter().find(|(theirs, ours)| *theirs == lower && known.contains(ours));
    if let Some((_, ours)) = synonym {
        return Some(ours);
    }
    crate::suggest::nearest(word, known.iter().copied())
        .and_then(|near| known.iter().copied().find(|known| *known == near))
}

/// The start of what stands there, fit for one line.
fn shown(word: &str) -> String {
    let first = word.lines().next().unwrap_or_default();
    if first.chars().count() > 24 { first.chars().take(24).chain(['…']).collect() } else { first.to_owned() }
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
