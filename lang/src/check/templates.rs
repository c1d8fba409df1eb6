//! Texts with places for values in the manner of Python: `"{} of {}".format(a, b)`, `"%s: %d" % [a, b]`, and
//! `", ".join(list)`, whose receiver is the separator.

use crate::diagnostic::{Applicability, Diagnostic, quote};
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::{self, Arg, Ident};
use crate::types::Type;
use crate::value::Value;

/// Whether a call is `"{n}".format(n=n)`, of which the names of arguments are names of places.
pub(super) fn is_template(base: &Expr, name: &Ident) -> bool {
    name.name == "format" && base.ty.without_null().is_subtype(&Type::String)
}

/// The diagnostic of an unknown method of a text, where what is meant is clear.
pub(super) fn foreign_method(
    diagnostic: &Diagnostic,
    base: &Expr,
    name: &Ident,
    args: &[Arg],
    typed: &[Expr],
    span: Span,
) -> Option<Diagnostic> {
    if !base.ty.without_null().is_subtype(&Type::String) {
        return None;
    }
    let diagnostic = Diagnostic { help: Vec::new(), ..diagnostic.clone() };
    match (name.name.as_str(), args, typed) {
        ("join", [list], [found]) => {
            let is_list = found.ty == Type::Error || found.ty.without_null().element().is_some();
            let value = quote(found.span);
            let value = if super::is_tight(&list.value) { value } else { format!("({value})") };
            let text = format!("{value}.join({})", quote(base.span));
            let diagnostic = diagnostic.label("a method of lists, which takes the separator");
            is_list.then(|| diagnostic.edit(format!("write `{text}`"), span, text))
        }
        ("format", _, _) => {
            let diagnostic = diagnostic.label("values stand in the text itself");
            let diagnostic = diagnostic.help("a string holds values as `${value}`");
            let text = constant(base).and_then(|text| braces(&text, args));
            Some(match text {
                Some(text) => diagnostic.edit("write the values into the text", span, text),
                None => diagnostic,
            })
        }
        _ => None,
    }
}

/// The text of `"%s: %d" % value` with the values in it, and whether it is the same text.
pub(super) fn percent(left: &Expr, right: &Expr, operand: &syntax::Expr) -> Option<(String, Applicability)> {
    let text = constant(left)?;
    let mut values = match &operand.kind {
        syntax::ExprKind::List(items) => items.iter().map(|item| item.span).collect::<Vec<_>>(),
        _ if right.ty.element().is_some() => return None,
        _ => vec![operand.span],
    }
    .into_iter();
    let mut out = "\"".to_owned();
    let mut rest = text.as_str();
    let mut sure = Applicability::Sure;
    while let Some((before, behind)) = rest.split_once('%') {
        out.push_str(before);
        let (sign, behind) = (behind.chars().next()?, behind.get(1..)?);
        match sign {
            // Of a number with a fraction this leaves it out.
            'd' | 'i' if !right.ty.is_subtype(&Type::Int) => {
                sure = Applicability::Maybe;
                out.push_str(&format!("${{{}}}", quote(values.next()?)));
            }
            's' | 'd' | 'i' => out.push_str(&format!("${{{}}}", quote(values.next()?))),
            '%' => out.push('%'),
            _ => return None,
        }
        rest = behind;
    }
    out.push_str(rest);
    out.push('"');
    (values.next().is_none() && out.contains('$')).then_some((out, sure))
}

/// The constant text of an expression, where it stands on one line between two double quotes as it is.
fn constant(expr: &Expr) -> Option<String> {
    let ExprKind::Constant(Value::String(text)) = &expr.kind else { return None };
    let is_plain = text.len() + 2 == (expr.span.end - expr.span.start) as usize
        && !text.contains(['"', '\\', '\n', '$', crate::diagnostic::QUOTED.0, crate::diagnostic::QUOTED.1]);
    is_plain.then(|| text.to_string())
}

/// A text with the arguments in the place of its braces.
fn braces(text: &str, args: &[Arg]) -> Option<String> {
    let mut out = "\"".to_owned();
    let (mut rest, mut next) = (text, 0_usize);
    let mut used = vec![false; args.len()];
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(behind) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
            out.push_str(&rest[..1]);
            rest = behind;
            continue;
        }
        let (inside, behind) = rest.strip_prefix('{')?.split_once('}')?;
        let (name, form) = inside.split_once(':').unwrap_or((inside, ""));
        let index = match name {
            "" => {
                next += 1;
                next - 1
            }
            number if number.starts_with(|c: char| c.is_ascii_digit()) => number.parse().ok()?,
            name => args.iter().position(|arg| arg.name.as_ref().is_some_and(|own| own.name == name))?,
        };
        let arg = args.get(index)?;
        used[index] = true;
        let value = quote(arg.value.span);
        match form {
            "" | "s" | "d" => out.push_str(&format!("${{{value}}}")),
            form => {
                let digits: u8 = form.strip_prefix('.')?.strip_suffix('f')?.parse().ok()?;
                let value = if super::is_tight(&arg.value) { value } else { format!("({value})") };
                out.push_str(&format!("${{{value}.format({digits})}}"));
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    out.push('"');
    used.iter().all(|used| *used).then_some(out)
}
