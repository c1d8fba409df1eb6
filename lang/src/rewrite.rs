//! Diagnostics ⟶ the same with edits for which the text itself is needed: a call in the middle of an expression becomes a
//! step before it, strings joined with `+` become one string with the values in it.
//!
//! The checker knows no text, and this file no types: it looks only where something was reported.

use crate::check::{ADDS_NUMBERS, JOINS_NO_LISTS, SHELLS, is_tight};
use crate::codes::Code;
use crate::diagnostic::{Applicability, Diagnostic, Diagnostics, QUOTED};
use crate::plan::{Plan, ReleaseKind};
use crate::source::{Source, Span};
use crate::syntax::{Arg, BinaryOp, Clause, ClauseKind, Expr, ExprKind, File, Item, StringPart, TopItem};
use crate::types::Type;
use std::collections::BTreeSet;

/// The most calls that are offered steps of their own at once.
const MAX_HOISTED: usize = 100;

/// Warns of `n // 2`: what follows a value as a comment is a lone number, or the name of something.
pub(crate) fn divisions(source: &Source, file: &File, plan: &Plan, report: &Diagnostics) {
    let mut known = None;
    for comment in file.comments.iter().filter(|comment| !comment.own_line) {
        // A comment may begin otherwise, which is told by itself.
        let Some(inside) = source.slice(comment.span).strip_prefix("//") else { continue };
        let divisor = inside.trim().trim_end_matches([',', ')', ']', '}']);
        let number = divisor.parse::<f64>().is_ok() && divisor.starts_with(|c: char| c.is_ascii_digit());
        let name = divisor.split('.').next().unwrap_or_default();
        let before = &source.text[..source.range(comment.span).start];
        let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
        let word = line.trim_start().split([' ', ':']).next().unwrap_or_default();
        let takes_value = matches!(word, "let" | "output" | "result" | "expect" | "when")
            || line.trim_start()[word.len()..].starts_with(':');
        let ends_value = line.trim_end().ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ')' | ']'));
        let is_path = divisor.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        if !takes_value || !ends_value || !(number || (is_path && !name.is_empty())) {
            continue;
        }
        if !number && !known.get_or_insert_with(|| names(file)).contains(name) {
            continue;
        }
        // What is no number is divided by nothing.
        if !may_be_number(source, plan, comment.span) {
            continue;
        }
        let sign = Span::new(comment.span.start, comment.span.start + 2);
        report.push(
            Diagnostic::new(
                Code::CommentedOut,
                comment.span,
                format!("`// {divisor}` is a comment, and divides nothing"),
            )
            .label("goes to the end of the line")
            .help("`/` between two integers gives an integer: `7 / 2` is 3")
            .edit("divide with `/`", sign, "/")
            .maybe(),
        );
    }
}

/// Whether the value that ends before a comment may be a number, as far as the plan tells.
fn may_be_number(source: &Source, plan: &Plan, comment: Span) -> bool {
    let lets = plan.lets.iter().map(|defined| &defined.value);
    let mut values = lets.chain(plan.outputs.iter().map(|output| &output.value));
    let before =
        |span: Span| span.end <= comment.start && source.slice(Span::new(span.end, comment.start)).trim().is_empty();
    values.find(|value| before(value.span)).is_none_or(|value| value.ty.is_subtype(&Type::Float))
}

/// The longest text that is repeated in advice.
const MAX_QUOTED: usize = 60;

/// Puts the texts in the place of the spans that stand for them, see [`crate::diagnostic::quote`]. Advice and edits in which
/// one of them has no text, or none that may stand there, are left out.
fn quoted(source: &Source, diagnostics: &mut [Diagnostic]) {
    let short = |_: &str, text: &str| match text.contains('\n') || text.chars().count() > MAX_QUOTED {
        true => Some("…".to_owned()),
        false => Some(text.to_owned()),
    };
    // A value inside a text stands on one line.
    let whole = |before: &str, text: &str| match text.contains('\n') && is_in_text(before) {
        true => None,
        false => Some(text.to_owned()),
    };
    for diagnostic in diagnostics {
        diagnostic.help.retain_mut(|help| put(source, help, short).is_some());
        let Some(edit) = &mut diagnostic.edit else { continue };
        let title = put(source, &mut edit.title, short);
        let texts = edit.replacements.iter_mut().map(|(_, text)| put(source, text, whole));
        if title.and(texts.collect::<Option<()>>()).is_none() {
            diagnostic.edit = None;
        }
    }
}

/// Whether a `${` is open at the end of what is to be written.
fn is_in_text(before: &str) -> bool {
    before.rfind("${").is_some_and(|open| !before[open..].contains('}'))
}

/// Puts what is shown of each quoted text in its place, with what stands before it at hand; none where one has no text.
fn put(source: &Source, text: &mut String, shown: impl Fn(&str, &str) -> Option<String>) -> Option<()> {
    if !text.contains([QUOTED.0, QUOTED.1]) {
        return Some(());
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while let Some((before, behind)) = rest.split_once(QUOTED.0) {
        let (span, behind) = behind.split_once(QUOTED.1)?;
        let (start, end) = span.split_once(':')?;
        let offset = |at: &str| Some(at.parse::<u32>().ok()?.checked_sub(source.base)? as usize);
        let inside = source.text.get(offset(start)?..offset(end)?)?;
        let inside = shown(before, inside).filter(|inside| !inside.contains([QUOTED.0, QUOTED.1]))?;
        out.push_str(before);
        out.push_str(&inside);
        rest = behind;
    }
    out.push_str(rest);
    *text = out;
    Some(())
}

/// An edit that takes a comment away is not sure, unless the comment is what it is about or stands in the new text.
fn lost_comments(source: &Source, file: &File, diagnostics: &mut [Diagnostic]) {
    for diagnostic in diagnostics {
        let own = diagnostic.primary.span;
        let Some(edit) = diagnostic.edit.as_mut().filter(|edit| edit.applicability == Applicability::Sure) else {
            continue;
        };
        let loses = |(span, text): &(Span, String)| {
            let first = file.comments.partition_point(|comment| comment.span.start < span.start);
            let within = file.comments[first..].iter().take_while(|comment| comment.span.end <= span.end);
            let mut others = within.filter(|comment| own.end <= comment.span.start || comment.span.end <= own.start);
            // Those that are kept stand in the new text in their order.
            let mut rest = text.as_str();
            others.any(|comment| match rest.split_once(source.slice(comment.span)) {
                Some((_, behind)) => {
                    rest = behind;
                    false
                }
                None => true,
            })
        };
        if edit.replacements.iter().any(loses) {
            edit.applicability = Applicability::Maybe;
        }
    }
}

/// Completes the diagnostics of a file.
pub(crate) fn complete(source: &Source, file: &File, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    quoted(source, &mut diagnostics);
    lost_comments(source, file, &mut diagnostics);
    crate::follow::alone(source, &mut diagnostics);
    // What does nothing but for a call in the wrong place does something once that is mended.
    if diagnostics.iter().any(|diagnostic| diagnostic.code == Code::ToolInExpression) {
        diagnostics.retain(|diagnostic| diagnostic.code != Code::NoSteps);
    }
    shell_names(source, &mut diagnostics);
    let is_open = |diagnostic: &Diagnostic| {
        diagnostic.edit.is_none()
            && matches!(diagnostic.code, Code::ToolInExpression | Code::BadOperand | Code::BadRelease)
    };
    if !diagnostics.iter().any(is_open) {
        return diagnostics;
    }
    let mut search = Search { taken: names(file), calls: Vec::new(), sums: Vec::new() };
    search.file(file);
    let Search { calls, sums, taken: mut names } = search;
    for diagnostic in diagnostics.iter_mut().filter(|diagnostic| is_open(diagnostic)).take(MAX_HOISTED) {
        let span = diagnostic.primary.span;
        let edited = match diagnostic.code {
            Code::BadRelease => calls
                .iter()
                .find(|call| call.is_release && call.span.start == span.start && call.span.end > span.end)
                .map(|call| hoisted(source, &mut names, call, diagnostic)),
            Code::ToolInExpression => {
                calls.iter().find(|call| call.span == span).map(|call| hoisted(source, &mut names, call, diagnostic))
            }
            _ => {
                let sum = sums.iter().find(|sum| sum.signs.contains(&span));
                if diagnostic.primary.text == JOINS_NO_LISTS {
                    if let Some(edited) = sum.and_then(|sum| concatenated(diagnostic, sum)) {
                        *diagnostic = edited;
                    }
                    continue;
                }
                // Of which kind the operands are, only the checker knows.
                let are_texts = diagnostic.primary.text == ADDS_NUMBERS;
                let sure = if are_texts { Applicability::Sure } else { Applicability::Maybe };
                let sum = sum.filter(|sum| are_texts || sum.operands.iter().any(|operand| is_text(operand)));
                sum.and_then(|sum| Some((sum, joined(source, sum, span)?))).map(|(sum, text)| {
                    diagnostic.clone().edit(format!("write `{text}`"), sum.span, text).applicability(sure)
                })
            }
        };
        if let Some(edited) = edited {
            *diagnostic = edited;
        }
    }
    diagnostics
}

/// A name that no plan declares in the text for a shell is one of the shell: `["sh", "-c", "echo ${HOME}"]`.
fn shell_names(source: &Source, diagnostics: &mut [Diagnostic]) {
    for diagnostic in diagnostics.iter_mut().filter(|found| found.code == Code::UnknownName && found.edit.is_none()) {
        let range = source.range(diagnostic.primary.span);
        let (before, after) = (&source.text[..range.start], &source.text[range.end..]);
        let Some(head) = before.strip_suffix("${").filter(|_| after.starts_with('}')) else { continue };
        let from = head.len() - head.len().min(MAX_SHELL_TEXT);
        let near = head.get(from..).unwrap_or_default();
        let calls = near.rfind("argv:").map_or("", |at| &near[at..]);
        let is_shell = SHELLS.iter().any(|shell| {
            let list = calls.trim_start_matches("argv:").trim_start().trim_start_matches('[').trim_start();
            list.strip_prefix(&format!("\"{shell}\"")).is_some_and(|rest| rest.split('"').nth(1) == Some("-c"))
        });
        if !is_shell {
            continue;
        }
        let sign = Span::new(diagnostic.primary.span.start - 2, diagnostic.primary.span.start);
        diagnostic.help = vec!["in a string `${…}` holds a value of the plan; `\\${` is left to the shell".to_owned()];
        *diagnostic = diagnostic.clone().edit("leave it to the shell", sign, "\\${").maybe();
    }
}

/// How far before a name in a text for a shell its program is looked for.
const MAX_SHELL_TEXT: usize = 4096;

/// A call inside an expression.
struct Call {
    span: Span,
    /// The word `step` where it begins the item, which is a value once the call stands before it.
    keyword: Option<Span>,
    /// The tool without its catalogue.
    name: String,
    /// Where the item begins that it stands in.
    item: u32,
    sure: Applicability,
    /// Whether it is `endorse(…)` or `reveal(…)`, which becomes a `let`.
    is_release: bool,
}

/// Operands between `+`.
struct Sum<'t> {
    span: Span,
    signs: Vec<Span>,
    operands: Vec<&'t Expr>,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
struct At {
    /// The start of its item; none: no step can be put before it.
    item: Option<u32>,
    sure: Applicability,
}

struct Search<'t> {
    taken: BTreeSet<String>,
    calls: Vec<Call>,
    sums: Vec<Sum<'t>>,
}

impl<'t> Search<'t> {
    fn file(&mut self, file: &'t File) {
        let plans = file.items.iter().filter_map(|item| match item {
            TopItem::Plan(plan) => Some(plan),
            TopItem::Catalogue(_) | TopItem::Type(_) => None,
        });
        for item in plans.flat_map(|plan| &plan.items) {
            self.item(item);
        }
    }

    fn item(&mut self, item: &'t Item) {
        let before = |start: u32| At { item: Some(start), sure: Applicability::Sure };
        let nowhere = At { item: None, sure: Applicability::Maybe };
        match item {
            Item::Let(item) => self.expr(&item.value, before(item.span.start)),
            Item::Output(item) => self.expr(&item.value, before(item.span.start)),
            Item::Step(step) => {
                // Under a condition, after others or again, a step runs otherwise than one before it would.
                let is_told = |clause: &Clause| matches!(clause.kind, ClauseKind::Because(_) | ClauseKind::Expect(_));
                let sure = match step.clauses.iter().all(is_told) {
                    true => Applicability::Sure,
                    false => Applicability::Maybe,
                };
                let at = At { sure, ..before(step.span.start) };
                match &step.call.kind {
                    ExprKind::Call(call) if is_name(&call.callee) => self.call_of_step(&step.call, at),
                    ExprKind::Call(_) | ExprKind::Field(_) | ExprKind::Index { .. } => {
                        let from = self.calls.len();
                        // Clauses are those of the call: they cannot stay where they are.
                        let at = if step.block.is_none() { at } else { At { item: None, sure: Applicability::Maybe } };
                        self.expr(&step.call, at);
                        let word = Span::new(step.span.start, step.span.start + "step".len() as u32);
                        self.calls[from..].iter_mut().for_each(|call| call.keyword = Some(word));
                    }
                    _ => self.call_of_step(&step.call, at),
                }
                for clause in &step.clauses {
                    match &clause.kind {
                        // A condition may look at the world as the step left it.
                        ClauseKind::When(expr)
                        | ClauseKind::Expect(expr)
                        | ClauseKind::Undo(expr)
                        | ClauseKind::Poll { until: expr, .. } => self.expr(expr, nowhere),
                        ClauseKind::Because(_)
                        | ClauseKind::After(_)
                        | ClauseKind::Timeout(_)
                        | ClauseKind::Retry { .. }
                        | ClauseKind::OnFailure(_)
                        | ClauseKind::Reproduce => {}
                    }
                }
            }
            Item::Each(each) => {
                self.expr(&each.list, before(each.span.start));
                each.items.iter().for_each(|item| self.item(item));
                each.result.iter().for_each(|result| self.expr(&result.value, before(result.span.start)));
            }
            Item::Together(together) => together.items.iter().for_each(|item| self.item(item)),
            Item::When(when) => {
                self.expr(&when.condition, before(when.span.start));
                when.items.iter().for_each(|item| self.item(item));
            }
            Item::Gate(gate) => gate.shown.iter().for_each(|shown| self.expr(shown, nowhere)),
            Item::Verify(verify) => {
                let block = verify.block.iter();
                for expr in block.flat_map(|block| block.lets.iter().map(|item| &item.value).chain([&block.check])) {
                    self.expr(expr, nowhere);
                }
            }
            Item::Assume(assume) => assume.check.iter().for_each(|check| self.expr(check, nowhere)),
            Item::Input(input) => input.default.iter().for_each(|default| self.expr(default, nowhere)),
            Item::Rationale(_) | Item::Context(_) | Item::Critical(_) | Item::Reuse(_) | Item::Type(_) => {}
        }
    }

    /// The call that a step makes is where it belongs; its arguments are looked at.
    fn call_of_step(&mut self, expr: &'t Expr, at: At) {
        match &expr.kind {
            ExprKind::Call(call) => call.args.iter().for_each(|arg| self.expr(&arg.value, at)),
            _ => self.expr(expr, at),
        }
    }

    fn expr(&mut self, expr: &'t Expr, at: At) {
        let unsure = At { sure: Applicability::Maybe, ..at };
        match &expr.kind {
            ExprKind::Call(call) => self.call(expr, &call.callee, &call.args, at),
            ExprKind::Binary { op, operands, .. } => {
                if *op == BinaryOp::Add {
                    return self.sum(expr, at);
                }
                self.expr(&operands.0, at);
                // The right side of some runs only where the left one asks for it; a step before the item always would.
                let right = match op {
                    BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce => unsure,
                    BinaryOp::Add
                    | BinaryOp::Subtract
                    | BinaryOp::Multiply
                    | BinaryOp::Divide
                    | BinaryOp::Remainder
                    | BinaryOp::Equal
                    | BinaryOp::NotEqual
                    | BinaryOp::Less
                    | BinaryOp::LessEqual
                    | BinaryOp::Greater
                    | BinaryOp::GreaterEqual
                    | BinaryOp::In => at,
                };
                self.expr(&operands.1, right);
            }
            ExprKind::If(parts) => {
                self.expr(&parts.0, at);
                // A step before it would run in either case.
                self.expr(&parts.1, unsure);
                self.expr(&parts.2, unsure);
            }
            ExprKind::Comprehension(inner) => {
                let inside = At { item: None, ..unsure };
                self.expr(&inner.list, at);
                self.expr(&inner.element, inside);
                inner.condition.iter().for_each(|condition| self.expr(condition, inside));
                inner.order.iter().for_each(|key| self.expr(&key.value, inside));
            }
            ExprKind::String(string) => {
                for part in &string.parts {
                    match part {
                        StringPart::Expr(expr) => self.expr(expr, at),
                        StringPart::Text(_) => {}
                    }
                }
            }
            ExprKind::Field(field) => self.expr(&field.base, at),
            ExprKind::Index { base, index } => {
                self.expr(base, at);
                self.expr(index, at);
            }
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(item, at)),
            ExprKind::Record(fields) => fields.iter().for_each(|field| self.expr(&field.value, at)),
            ExprKind::Unary { operand, .. } => self.expr(operand, at),
            ExprKind::Paren(inner) | ExprKind::As(inner, _) => self.expr(inner, at),
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Duration(_)
            | ExprKind::Name(_)
            | ExprKind::Type(_)
            | ExprKind::Error => {}
        }
    }

    fn call(&mut self, expr: &'t Expr, callee: &'t Expr, args: &'t [Arg], at: At) {
        if let (ExprKind::Field(field), Some(item)) = (&callee.kind, at.item) {
            let name = field.name.name.to_string();
            self.calls.push(Call { span: expr.span, keyword: None, name, item, sure: at.sure, is_release: false });
        }
        if let (ExprKind::Name(name), Some(item), [_, _]) = (&callee.kind, at.item, args)
            && let Some(kind) = ReleaseKind::parse(name)
        {
            let name = match kind {
                ReleaseKind::Endorse => "endorsed".to_owned(),
                ReleaseKind::Reveal => "revealed".to_owned(),
            };
            self.calls.push(Call { span: expr.span, keyword: None, name, item, sure: at.sure, is_release: true });
        }
        let mut of_args = at;
        if let ExprKind::Field(field) = &callee.kind {
            self.expr(&field.base, at);
            // Of null no method is called, and its arguments are not asked for.
            if field.optional {
                of_args.sure = Applicability::Maybe;
            }
        }
        args.iter().for_each(|arg| self.expr(&arg.value, of_args));
    }

    /// Operands from left to right, however many.
    fn sum(&mut self, expr: &'t Expr, at: At) {
        let mut sum = Sum { span: expr.span, signs: Vec::new(), operands: Vec::new() };
        let mut rest = expr;
        while let ExprKind::Binary { op: BinaryOp::Add, op_span, operands } = &rest.kind {
            sum.signs.push(*op_span);
            sum.operands.push(&operands.1);
            rest = &operands.0;
        }
        sum.operands.push(rest);
        sum.operands.reverse();
        sum.operands.clone().into_iter().for_each(|operand| self.expr(operand, at));
        self.sums.push(sum);
    }
}

/// Every name that the plan declares.
fn names(file: &File) -> BTreeSet<String> {
    let plans = file.items.iter().filter_map(|item| match item {
        TopItem::Plan(plan) => Some(plan),
        TopItem::Catalogue(_) | TopItem::Type(_) => None,
    });
    let mut names = BTreeSet::new();
    plans.flat_map(|plan| &plan.items).for_each(|item| declared(item, &mut names));
    names
}

fn declared(item: &Item, names: &mut BTreeSet<String>) {
    let name = match item {
        Item::Let(item) => &item.name,
        Item::Step(item) => &item.name,
        Item::Input(item) => &item.name,
        Item::Each(each) => {
            names.insert(each.variable.name.to_string());
            each.items.iter().for_each(|item| declared(item, names));
            &each.name
        }
        Item::Together(together) => return together.items.iter().for_each(|item| declared(item, names)),
        Item::When(when) => return when.items.iter().for_each(|item| declared(item, names)),
        Item::Rationale(_)
        | Item::Context(_)
        | Item::Assume(_)
        | Item::Critical(_)
        | Item::Reuse(_)
        | Item::Verify(_)
        | Item::Output(_)
        | Item::Gate(_)
        | Item::Type(_) => return,
    };
    names.insert(name.name.to_string());
}

/// The diagnostic with an edit that makes the call a step before the item.
fn hoisted(source: &Source, names: &mut BTreeSet<String>, call: &Call, diagnostic: &Diagnostic) -> Diagnostic {
    let mut name = call.name.clone();
    let mut number = 2;
    while names.contains(&name) {
        name = format!("{}_{number}", call.name);
        number += 1;
    }
    names.insert(name.clone());
    let text = source.slice(call.span);
    let before = &source.text[..(call.item - source.base) as usize];
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let indent = if line.trim().is_empty() { line } else { "  " };
    let word = if call.is_release { "let" } else { "step" };
    let step = format!("{word} {name} = {text}\n{indent}");
    let replacements = match call.keyword.filter(|keyword| source.slice(*keyword) == "step") {
        // What is left of the step is a value.
        Some(keyword) => vec![(keyword, format!("{step}let")), (call.span, name.clone())],
        None => vec![(Span::new(call.item, call.item), step), (call.span, name.clone())],
    };
    let what = if call.is_release { "give it the name" } else { "make it the step" };
    let mut diagnostic = diagnostic.clone();
    if call.is_release {
        diagnostic.help.clear();
    }
    diagnostic.edits(format!("{what} `{name}`"), replacements).applicability(call.sure)
}

/// `a + b` of lists as `a.concat(b)`; of more than two the further ones are most likely lists as well.
fn concatenated(diagnostic: &Diagnostic, sum: &Sum<'_>) -> Option<Diagnostic> {
    let [first, rest @ ..] = sum.operands.as_slice() else { return None };
    let mut from = first.span.end;
    let mut edits = Vec::new();
    for (index, operand) in rest.iter().enumerate() {
        let close = if index == 0 { "" } else { ")" };
        edits.push((Span::new(from, operand.span.start), format!("{close}.concat(")));
        from = operand.span.end;
    }
    edits.push((Span::new(from, from), ")".to_owned()));
    let sure = if rest.len() == 1 { Applicability::Sure } else { Applicability::Maybe };
    let edited = diagnostic.clone().edits("write `.concat(…)`", edits).applicability(sure);
    is_tight(first).then_some(edited)
}

/// Whether an expression is `catalogue.tool`.
fn is_name(callee: &Expr) -> bool {
    match &callee.kind {
        ExprKind::Field(field) => matches!(field.base.kind, ExprKind::Name(_)),
        kind => matches!(kind, ExprKind::Name(_)),
    }
}

fn is_text(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::String(_))
}

/// One string with all operands in it, where each is on one line and no string of another form. What stands before the sign
/// is added up as it was.
fn joined(source: &Source, sum: &Sum<'_>, sign: Span) -> Option<String> {
    let before = sum.operands.iter().take_while(|operand| operand.span.end <= sign.start).count();
    let (before, behind) = sum.operands.split_at(before);
    let mut out = "\"".to_owned();
    match before {
        [only] => put_in(source, &mut out, only)?,
        [first, .., last] => put_value(&mut out, source.slice(first.span.to(last.span)))?,
        [] => return None,
    }
    for operand in behind {
        put_in(source, &mut out, operand)?;
    }
    out.push('"');
    Some(out)
}

/// Puts an operand at the end of a text.
fn put_in(source: &Source, out: &mut String, operand: &Expr) -> Option<()> {
    let text = source.slice(operand.span);
    match &operand.kind {
        ExprKind::String(_) => {
            let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'))?;
            if text.starts_with("\"\"\"") {
                return None;
            }
            // `$` and `{` that come to stand side by side are no place for a value.
            if inner.starts_with('{') && ends_with_sign(out) {
                out.insert(out.len() - 1, '\\');
            }
            out.push_str(inner);
        }
        ExprKind::Int(number) => out.push_str(&number.to_string()),
        ExprKind::Bool(_) => out.push_str(text),
        _ => put_value(out, text)?,
    }
    Some(())
}

fn put_value(out: &mut String, text: &str) -> Option<()> {
    if text.contains('\n') {
        return None;
    }
    out.push_str(&format!("${{{text}}}"));
    Some(())
}

/// Whether a text as it is written ends with a `$` that no `\` stands before.
fn ends_with_sign(text: &str) -> bool {
    text.strip_suffix('$').is_some_and(|before| (before.len() - before.trim_end_matches('\\').len()).is_multiple_of(2))
}
