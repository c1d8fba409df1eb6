//! Lines that begin with no known word: what was most likely meant.

use super::slips::{CLAUSES, ITEMS};
use super::{Place, Written, clauses};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Kind, Token};
use crate::source::Span;

const TOP: [&str; 3] = ["plan", "catalogue", "type"];
const CATALOGUE: [&str; 2] = ["tool", "type"];
const TOOL_CLAUSES: [&str; 18] = [
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
    "probe",
    "category",
    "named",
    "pinned",
    "simulate",
    "limit",
    "paged",
];

/// Words of other languages, with ours.
const SYNONYMS: [(&str, &str); 60] = [
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
    ("onfailure", "on"),
    ("on_fail", "on"),
    ("on_error", "on"),
    ("onerror", "on"),
    ("requires", "after"),
    ("require", "after"),
    ("dependencies", "after"),
    ("dependson", "after"),
    ("wait_for", "after"),
    ("description", "because"),
    ("comment", "because"),
    ("note", "because"),
    ("purpose", "because"),
    ("max_retries", "retry"),
    ("retry_count", "retry"),
    ("attempts", "retry"),
    ("timeout_seconds", "timeout"),
    ("timeout_s", "timeout"),
    ("objective", "rationale"),
    ("title", "rationale"),
    ("assumptions", "assume"),
    ("variable", "let"),
    ("job", "step"),
    ("parallel", "together"),
    ("concurrently", "together"),
];

/// Words of other languages for which there is nothing here, each with what is there instead.
const NOTHING: [(&[&str], &str); 8] = [
    (
        &["def", "fn", "func", "function", "class", "macro", "proc", "sub"],
        "There are no functions: a `let` names a value, a `step` calls a tool.",
    ),
    (
        &["print", "println", "echo", "puts", "log", "printf", "say", "console"],
        "Nothing is printed: what a run gives is `output name = expression`.",
    ),
    (
        &["try", "catch", "finally", "except"],
        "A step that may fail has the clause `on failure continue`; its result may then be null.",
    ),
    (
        &["loop", "repeat", "until"],
        "There are no open loops: a step with a read-only tool waits with `poll`, one may `retry`.",
    ),
    (
        &["switch", "match", "case"],
        "A choice among values is `if … then … else …`, among steps the clause `when condition`.",
    ),
    (
        &["assert", "expect"],
        "A check at the end is `verify \"what must hold\" { condition }`, one of a step the clause `expect condition`.",
    ),
    (&["end", "done", "fi", "pass"], "Blocks begin with `{` and end with `}`."),
    (&["del", "delete", "unset", "set", "export"], "A value is named once, by `let`, and never changes."),
];

/// Past so many diagnostics it is not looked for what a name was before.
const MAX_LOOKS: usize = 200;

/// What takes names in from elsewhere in other languages.
const IMPORTS: [&str; 8] = ["import", "from", "use", "using", "include", "package", "module", "load"];

/// Whether an item of a plan begins with this word.
pub(in super::super) fn is_item(word: &str) -> bool {
    ITEMS.contains(&word)
}

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
    if head.kind == Kind::Minus && line.get(1).is_some_and(|next| next.kind == Kind::Minus && next.start == head.end) {
        let sign = head.span().to(line[1].span());
        report.push(
            Diagnostic::new(Code::UnknownItem, sign, "`--` begins no comment").label("comments begin with `//`").edit(
                "write `//`",
                sign,
                "//",
            ),
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
        && let Some(diagnostic) = without_counterpart(&base, word, line, place)
    {
        report.push(diagnostic);
        return None;
    }
    if head.kind == Kind::Ident
        && in_plan
        && let Some(diagnostic) = bare_call(&base, written, line)
    {
        report.push(diagnostic);
        return None;
    }
    let base = base.label("unknown item");
    if in_plan && word == "variable" && line.get(1).is_some_and(|token| token.kind.is_text()) {
        report.push(base.help("A value from outside is one line: `input name: type = default`."));
        return None;
    }
    let meant = if head.kind == Kind::Ident { nearest(word, known) } else { None };
    let colon = line.get(1).filter(|token| token.kind == Kind::Colon);
    if place == Place::Item && colon.is_some() && line.len() == 2 {
        report.push(base.help("Items begin with a word and stand in braces: a plan is no YAML."));
        return None;
    }
    if let (Some(meant @ ("rationale" | "context")), Some(colon)) = (meant, colon) {
        report.push(base.edit(format!("write `{meant}`"), head.span().to(colon.span()), meant));
        return None;
    }
    report.push(match meant {
        Some(meant) => base.edit(format!("write `{meant}`"), head.span(), meant),
        None => base.help(format!("Items are {}.", listed(known))),
    });
    meant
}

/// A line of another language that has no counterpart here.
fn without_counterpart(base: &Diagnostic, word: &str, line: &[Token], place: Place) -> Option<Diagnostic> {
    // `log = …` is a name without its keyword, `log.append(…)` may be a tool.
    let next = line.get(1).map(|token| token.kind);
    if matches!(next, Some(Kind::Assign | Kind::Colon)) || (next == Some(Kind::Dot) && word != "console") {
        return None;
    }
    if IMPORTS.contains(&word) {
        let span = line[0].span().to(line[line.len() - 1].span());
        let diagnostic = base.clone().label("nothing is imported");
        return Some(diagnostic.help("The tools of all catalogues are known.").edit("remove the line", span, ""));
    }
    if word == "return" && line.len() > 1 {
        let value = Span::new(line[0].start, line[1].start);
        let diagnostic = base.clone().label("nothing is returned");
        return Some(match place {
            Place::EachItem => diagnostic.edit("make it the result of the element", value, "result "),
            Place::Item => diagnostic.edit("make it an output", value, "output result = "),
            _ => diagnostic.help("What a run gives is `output name = expression`, outside of all blocks."),
        });
    }
    let (_, help) = NOTHING.iter().find(|(words, _)| words.contains(&word))?;
    Some(base.clone().label("a word of other languages").help(*help))
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

/// Reports a value that is given another time, as in `n = 2` or `n += 1` below `let n = 1`.
pub(in super::super) fn changed(report: &Diagnostics, written: Written<'_>, before: &[Token], line: &[Token]) -> bool {
    let kind = |at: usize| line.get(at).map(|token| token.kind);
    let is_sign = matches!(kind(1), Some(Kind::Plus | Kind::Minus | Kind::Star | Kind::Slash));
    let is_changed = kind(1) == Some(Kind::Assign) || (is_sign && kind(2) == Some(Kind::Assign));
    // Each look goes through all that stands before.
    if line[0].kind != Kind::Ident || !is_changed || report.len() > MAX_LOOKS {
        return false;
    }
    let name = written.token(line[0]);
    let declares = |pair: &[Token]| {
        pair[0].kind == Kind::Ident
            && matches!(written.token(pair[0]), "let" | "input" | "step" | "each")
            && pair[1].kind == Kind::Ident
            && written.token(pair[1]) == name
    };
    let Some(first) = before.windows(2).find(|pair| declares(pair)) else { return false };
    report.push(
        Diagnostic::new(Code::UnknownItem, line[0].span(), format!("`{name}` has its value already"))
            .label("a value never changes")
            .related(first[1].span(), "given here")
            .help("Give the new value a name of its own: `let other = …`."),
    );
    true
}

/// Reports a name that is given without its keyword, as in `a = fs.read(…)`; gives the keyword.
pub(in super::super) fn bare(report: &Diagnostics, written: Written<'_>, line: &[Token]) -> Option<&'static str> {
    let is_name = line[0].kind == Kind::Ident && line.get(1).is_some_and(|token| token.kind == Kind::Assign);
    if !is_name || ITEMS.contains(&written.token(line[0])) || line.iter().any(|token| token.kind == Kind::Error) {
        return None;
    }
    let value: Vec<Kind> = line[2..].iter().filter(|token| !is_superfluous(written, **token)).map(|t| t.kind).collect();
    let is_call = matches!(value.as_slice(), [Kind::Ident, Kind::LParen, ..])
        || matches!(value.as_slice(), [Kind::Ident, Kind::Dot, Kind::Ident, Kind::LParen, ..]);
    let keyword = if is_call { "step" } else { "let" };
    report.push(
        Diagnostic::new(Code::UnknownItem, line[0].span(), "a name is given without a keyword")
            .label("expected `step` or `let` before this")
            .help("A `step` calls a tool, a `let` names a value.")
            .edit(format!("write `{keyword}`"), line[0].span().before(), format!("{keyword} ")),
    );
    Some(keyword)
}

fn is_superfluous(written: Written<'_>, token: Token) -> bool {
    token.kind == Kind::Ident && matches!(written.token(token), "await" | "new")
}

/// Reports a call whose name stands behind it, as in `fs.read(…) -> a` or `step fs.read(…) -> a`; gives the name.
pub(in super::super) fn named_behind(report: &Diagnostics, written: Written<'_>, line: &[Token]) -> Option<Token> {
    let has_keyword = written.token(line[0]) == "step";
    let call = &line[usize::from(has_keyword)..];
    let [first, dot, tool, open, .., close, arrow, name] = call else { return None };
    let is_call = first.kind == Kind::Ident && dot.kind == Kind::Dot && tool.kind == Kind::Ident;
    let is_named = matches!(arrow.kind, Kind::Arrow | Kind::FatArrow) && name.kind == Kind::Ident;
    if !is_call || !is_named || open.kind != Kind::LParen || line.iter().any(|token| token.kind == Kind::Error) {
        return None;
    }
    let step = format!("{}{} = ", if has_keyword { "" } else { "step " }, written.token(*name));
    let replacements = vec![(first.span().before(), step), (Span::new(close.end, name.end), String::new())];
    let code = if has_keyword { Code::UnexpectedToken } else { Code::UnknownItem };
    report.push(
        Diagnostic::new(code, arrow.span().to(name.span()), "the name of a step stands before its call")
            .label("behind the call")
            .edits(format!("write `step {} = …`", written.token(*name)), replacements),
    );
    Some(*name)
}

/// A call without its keyword and name.
fn bare_call(base: &Diagnostic, written: Written<'_>, line: &[Token]) -> Option<Diagnostic> {
    let kind = |at: usize| line.get(at).map(|token| token.kind);
    let has_call = line.iter().any(|token| token.kind == Kind::LParen);
    if kind(1)? != Kind::Dot || kind(2)? != Kind::Ident || !has_call {
        return None;
    }
    let before = line[0].span().before();
    let diagnostic = Diagnostic { message: "a call without `step`".to_owned(), ..base.clone() };
    let name = written.token(line[2]);
    Some(diagnostic.label("every call is a step and has a name").edit(
        "make it a step",
        before,
        format!("step {name} = "),
    ))
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
    let base = Diagnostic::new(Code::UnknownClause, head.span(), format!("`{}` is no clause", shown(word)));
    if place == Place::Clause && ITEMS.contains(&word) && word != "rationale" {
        report.push(base.label("an item, not a clause").help("Close the block of the step with `}` before it."));
        return None;
    }
    let meant = if head.kind == Kind::If {
        // Only of what is known: a word that no clause begins with would be unknown again.
        known.contains(&"when").then_some("when")
    } else if head.kind == Kind::Ident {
        nearest(word, known)
    } else {
        None
    };
    let base = base.label("unknown clause");
    if word == "unless" && place == Place::Clause && line.len() > 1 {
        let rest = Span::new(line[1].start, line[line.len() - 1].end);
        let text = format!("when not {}", super::grouped(written.slice(rest)));
        report.push(base.edit(format!("write `{text}`"), head.span().to(rest), text));
        return None;
    }
    if let Some(meant) = meant
        && let Some(diagnostic) = whole(&base, written, meant, line)
    {
        report.push(diagnostic);
        return None;
    }
    if meant == Some("after") && word != "after" {
        // No names of steps: a condition.
        report.push(base.help(
            "a step runs only where its clause `when condition` is true; what its result must be is told by `expect condition`",
        ));
        return None;
    }
    let holds_arguments =
        matches!(word, "args" | "arguments" | "params" | "parameters" | "with" | "inputs" | "tool" | "uses");
    if place == Place::Clause && holds_arguments {
        report
            .push(base.help("Tool and arguments stand on the line of the step: `step name = tool(argument: value)`."));
        return None;
    }
    report.push(match meant {
        Some(meant) => base.edit(format!("write `{meant}`"), head.span(), meant),
        None => base.help(format!("Clauses are {}.", listed(known))),
    });
    meant
}

/// A clause of another language with its value: one mistake with one edit, of which nothing remains to be read.
fn whole(base: &Diagnostic, written: Written<'_>, meant: &str, line: &[Token]) -> Option<Diagnostic> {
    let end = line.last()?.span();
    if let Some(normal) = clauses::normal(meant, written, line) {
        let title = format!("write `{}`", normal.text);
        return Some(base.clone().edit(title, line[0].span().to(end), normal.text).applicability(normal.sure));
    }
    let colon = line.get(1).filter(|token| matches!(token.kind, Kind::Colon | Kind::Assign))?;
    Some(base.clone().edit(format!("write `{meant}`"), line[0].span().to(colon.span()), meant))
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
