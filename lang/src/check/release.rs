//! `endorse` and `reveal`: the whole value of a `let`, with a constant reason.

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::{Release, ReleaseKind};
use crate::source::Span;
use crate::syntax::{Arg, Expr, ExprKind, StringPart};

impl Checker<'_> {
    /// What the value of a `let` releases and how, if it is a release.
    pub(super) fn release<'s>(&mut self, value: &'s Expr) -> Option<(&'s Expr, Release)> {
        let ExprKind::Call { callee, args, parens } = &value.kind else { return None };
        let ExprKind::Name(name) = &callee.kind else { return None };
        let kind = ReleaseKind::parse(name)?;
        let [Arg { name: None, value: released }, Arg { name: None, value: reason }] = args.as_slice() else {
            // Of its arguments one is what it was meant for.
            let released = args.first()?;
            self.report.push(bad_form(kind, *parens));
            return Some((&released.value, Release { kind, reason: String::new(), span: value.span }));
        };
        let reason = match constant(reason) {
            Some(text) if !text.trim().is_empty() => text,
            Some(_) => {
                self.report.push(
                    Diagnostic::new(Code::BadRelease, reason.span, "the reason is empty")
                        .label("who approves it reads this")
                        .help("say why the value may be trusted, or where the secret goes"),
                );
                String::new()
            }
            None => {
                self.report.push(
                    Diagnostic::new(Code::BadRelease, reason.span, "the reason must be a constant text")
                        .label("outside text could speak for itself here"),
                );
                String::new()
            }
        };
        Some((released, Release { kind, reason, span: value.span }))
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
