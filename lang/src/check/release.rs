//! `endorse` and `reveal`: the whole value of a `let`, with a constant reason.

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::{Release, ReleaseKind};
use crate::source::Span;
use crate::syntax::{Arg, Expr, ExprKind, StringPart};

/// The release that is the whole of a value, with its arguments and their parentheses.
fn form(value: &Expr) -> Option<(ReleaseKind, &[Arg], Span)> {
    let ExprKind::Call(call) = &value.kind else { return None };
    let ExprKind::Name(name) = &call.callee.kind else { return None };
    // Without arguments there is nothing that it could be meant for.
    let kind = ReleaseKind::parse(name).filter(|_| !call.args.is_empty())?;
    Some((kind, &call.args, call.parens))
}

/// Of a release what is released, of any other value the value.
pub(super) fn released(value: &Expr) -> &Expr {
    match form(value) {
        Some((_, [Arg { value: released, .. }, ..], _)) => released,
        _ => value,
    }
}

impl Checker<'_> {
    /// The release that the value of a `let` is, if it is one.
    pub(super) fn release(&self, value: &Expr) -> Option<Release> {
        let (kind, args, parens) = form(value)?;
        let [Arg { name: None, .. }, Arg { name: None, value: reason }] = args else {
            let named = args.iter().filter_map(|arg| Some((arg.name.as_ref()?, arg.value.span)));
            let edits: Vec<_> =
                named.map(|(name, value)| (Span::new(name.span.start, value.start), String::new())).collect();
            let diagnostic = bad_form(kind, parens);
            self.report.push(match args.len() == 2 && constant(&args[1].value).is_some() {
                true => diagnostic.edits("leave the names out", edits),
                false => diagnostic,
            });
            return None;
        };
        let text = constant(reason);
        if text.as_ref().is_none_or(|text| text.trim().is_empty()) {
            self.report.push(bad_reason(reason.span, text.as_deref()));
        }
        Some(Release { kind, reason: text.unwrap_or_default(), span: value.span })
    }

    /// Reports a release that is not the whole value of a `let`.
    pub(super) fn misplaced_release(&mut self, name: &str, span: Span, args: &[Arg]) {
        args.iter().for_each(|arg| drop(self.expr(&arg.value)));
        self.report.push(
            Diagnostic::new(Code::BadRelease, span, format!("`{name}` must be the whole value of a `let`"))
                .label("a part of something else here")
                .help(format!("give it a name of its own, `let x = {name}(value, \"why\")`, and use `x` here")),
        );
    }
}

fn bad_reason(span: Span, reason: Option<&str>) -> Diagnostic {
    match reason {
        Some(_) => Diagnostic::new(Code::BadRelease, span, "the reason is empty")
            .label("who approves it reads this")
            .help("say why the value may be trusted, or where the secret goes"),
        None => Diagnostic::new(Code::BadRelease, span, "the reason must be a constant text")
            .label("outside text could speak for itself here")
            .help("it says why the value may be trusted, whatever the value is: the value itself is shown beside it"),
    }
}

fn bad_form(kind: ReleaseKind, parens: Span) -> Diagnostic {
    let word = kind.as_str();
    Diagnostic::new(Code::BadRelease, parens, format!("`{word}` takes a value and a reason"))
        .label("something else is given here")
        .help(format!("write it as `let x = {word}(value, \"why\")`"))
}

/// The text of a constant string.
fn constant(expr: &Expr) -> Option<String> {
    let ExprKind::String(literal) = &expr.kind else { return None };
    match literal.parts.as_slice() {
        [] => Some(String::new()),
        [StringPart::Text(text)] => Some(text.to_string()),
        _ => None,
    }
}
