//! Steps whose call stands in their block: `step a { fs.read(…) }`, `step("a") { tool: fs.read, args: { … } }`.

use super::{Written, unexpected, unquoted};
use crate::diagnostic::Diagnostic;
use crate::lexer::{Kind, Token};
use crate::source::Span;
use crate::syntax::Ident;

/// The mistake, and the name of the step.
pub(in super::super) fn step_as_block(
    written: Written<'_>,
    line: &[Token],
    body: Span,
    inside: &[Token],
) -> (Diagnostic, Option<Ident>) {
    let name = line[1..].iter().find_map(|token| match token.kind {
        Kind::Ident => Some(*token),
        Kind::Str => Some(unquoted(written, *token)),
        _ => None,
    });
    let is_name = |token: &Token| written.token(*token).chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let name = name.filter(|token| token.start < token.end && is_name(token));
    let head = line[0].span().to(line[line.len() - 1].span());
    let diagnostic = unexpected(head.after(), "this step calls no tool")
        .label("expected `=` and a call")
        .help("The form is `step name = tool(argument: value)`; only clauses stand in its block.");
    let call = call(written, inside);
    let diagnostic = match (&name, call) {
        (Some(name), Some(call)) => {
            let text = format!("step {} = {call}", written.token(*name));
            diagnostic.edit("call the tool on the line of the step", head.to(body), text)
        }
        _ => diagnostic,
    };
    (diagnostic, name.map(|name| written.ident(name)))
}

/// `step a = fs.read { path: "a" }`
pub(in super::super) fn arguments_in_braces(head: Span, body: Span, inside: &[Token]) -> Diagnostic {
    let open = Span::new(body.start, body.start + 1);
    let diagnostic = unexpected(open, "the arguments of a call stand in parentheses")
        .label("expected `(`")
        .help("Only clauses stand in the braces of a step.");
    if inside.iter().any(|token| matches!(token.kind, Kind::BlockOpen | Kind::Error)) {
        return diagnostic;
    }
    let mut edits = vec![(Span::new(head.end, open.end), "(".to_owned())];
    for (index, token) in inside.iter().enumerate().filter(|(_, token)| token.kind == Kind::Newline) {
        let previous = index.checked_sub(1).map(|at| inside[at]);
        let divides = previous.is_some_and(|previous| !matches!(previous.kind, Kind::Comma | Kind::Newline));
        if divides && index + 1 < inside.len() {
            let end = previous.map_or(token.start, |previous| previous.end);
            edits.push((Span::new(end, end), ",".to_owned()));
        }
    }
    edits.push((Span::new(body.end - 1, body.end), ")".to_owned()));
    diagnostic.edits("put them in parentheses", edits)
}

/// The call that a block holds, in one of the usual forms.
fn call(written: Written<'_>, inside: &[Token]) -> Option<String> {
    let tokens: Vec<Token> = inside.iter().filter(|token| token.kind != Kind::Newline).copied().collect();
    let kinds: Vec<Kind> = tokens.iter().map(|token| token.kind).collect();
    if tokens.iter().any(|token| matches!(token.kind, Kind::BlockOpen | Kind::Error)) {
        return None;
    }
    match kinds.as_slice() {
        // The call itself.
        [Kind::Ident, Kind::Dot, Kind::Ident, Kind::LParen, .., Kind::RParen] => {
            let lines = inside.iter().filter(|token| token.kind == Kind::Newline).count();
            (lines <= 2).then(|| text(written, &tokens).to_owned())
        }
        [Kind::Ident, Kind::Colon, ..] => pairs(written, &tokens),
        _ => None,
    }
}

/// `tool: fs.read, path: "a"` or `tool: "fs.read", args: { path: "a" }`.
fn pairs(written: Written<'_>, tokens: &[Token]) -> Option<String> {
    if !matches!(written.token(tokens[0]), "tool" | "uses" | "action" | "call" | "run") {
        return None;
    }
    let (tool, rest) = match tokens.get(2..)? {
        [tool, rest @ ..] if tool.kind == Kind::Str => (written.token(*tool).trim_matches('"'), rest),
        [catalogue, dot, tool, rest @ ..] if catalogue.kind == Kind::Ident && dot.kind == Kind::Dot => {
            (text(written, &[*catalogue, *tool]), rest)
        }
        _ => return None,
    };
    let is_tool = tool.split('.').count() == 2 && tool.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c));
    let rest = match rest {
        [comma, rest @ ..] if comma.kind == Kind::Comma => rest,
        rest => rest,
    };
    let arguments = match rest {
        [] => String::new(),
        [name, colon, open, inner @ .., close]
            if matches!(written.token(*name), "args" | "arguments" | "params" | "parameters" | "with" | "input")
                && colon.kind == Kind::Colon
                && open.kind == Kind::LBrace
                && close.kind == Kind::RBrace =>
        {
            if inner.is_empty() {
                String::new()
            } else {
                text(written, inner).to_owned()
            }
        }
        rest if rest.iter().filter(|token| token.kind == Kind::Colon).count() == 1 || divided(rest) => {
            text(written, rest).to_owned()
        }
        _ => return None,
    };
    is_tool.then(|| format!("{tool}({arguments})"))
}

/// The call that lines of the form `name: value` describe: `tool: fs.read`, then its arguments.
pub(in super::super) fn call_of_pairs(written: Written<'_>, lines: &[&[Token]]) -> Option<String> {
    let [tool, arguments @ ..] = lines else { return None };
    let is_pair = |line: &&[Token]| {
        matches!(line, [name, colon, _, ..] if name.kind == Kind::Ident && colon.kind == Kind::Colon)
            && !super::CLAUSES.contains(&written.token(line[0]))
            && line.iter().all(|token| !matches!(token.kind, Kind::BlockOpen | Kind::Error | Kind::Newline))
            && !text(written, line).contains('\n')
    };
    if !lines.iter().all(is_pair) {
        return None;
    }
    let call = pairs(written, tool)?;
    let tool = call.strip_suffix("()")?;
    let arguments: Vec<&str> = arguments.iter().map(|line| text(written, line).trim_end_matches(',')).collect();
    Some(format!("{tool}({})", arguments.join(", ")))
}

/// Whether between two names with colons there is a comma.
fn divided(tokens: &[Token]) -> bool {
    let colons = tokens.iter().filter(|token| token.kind == Kind::Colon).count();
    tokens.iter().filter(|token| token.kind == Kind::Comma).count() + 1 >= colons
}

fn text<'s>(written: Written<'s>, tokens: &[Token]) -> &'s str {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => written.slice(first.span().to(last.span())),
        _ => "",
    }
}
