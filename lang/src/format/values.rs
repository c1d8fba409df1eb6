//! Expressions and types: on one line where they fit, otherwise one part a line.

use super::lines::{last_column, push_indent};
use super::{Printer, WIDTH};
use crate::lexer::{KEYWORDS, is_name};
use crate::source::Span;
use crate::syntax::*;

/// A part of a bracket that stands on a line of its own when the bracket is broken.
#[derive(Clone, Copy)]
enum Part<'t> {
    Expr(&'t Expr),
    Arg(&'t Arg),
    Field(&'t FieldInit),
    FieldType(&'t FieldType),
    /// The `...` of an open record.
    Rest(Span),
    Param(&'t Param),
}

impl Part<'_> {
    fn span(&self) -> Span {
        match self {
            Part::Expr(expr) => expr.span,
            Part::Arg(arg) => arg.name.as_ref().map_or(arg.value.span, |name| name.span.to(arg.value.span)),
            Part::Field(field) => field.name.span.to(field.value.span),
            Part::FieldType(field) => field.marks.first().map_or(field.name.span, |mark| mark.span).to(field.ty.span),
            Part::Rest(span) => *span,
            Part::Param(param) => param.span,
        }
    }
}

/// A bracket: its text before and behind, and whether blanks stand inside when it is not broken.
struct Bracket {
    open: &'static str,
    close: &'static str,
    pad: &'static str,
    span: Span,
}

impl<'a> Printer<'a> {
    /// The expression, begun at `column`, with `tail` more columns needed behind it; further lines are indented deeper
    /// than `indent`.
    pub(super) fn expr(&self, expr: &Expr, indent: usize, column: usize, tail: usize) -> String {
        match self.flat(expr) {
            Some(flat) if fits(&flat, column, tail) => flat,
            _ => self.broken(expr, indent, column, tail),
        }
    }

    fn broken(&self, expr: &Expr, indent: usize, column: usize, tail: usize) -> String {
        match &expr.kind {
            ExprKind::Call(call) => {
                let mut out = self.expr(&call.callee, indent, column, 1);
                let column = last_column(&out, column);
                let parts: Vec<Part<'_>> = call.args.iter().map(Part::Arg).collect();
                out.push_str(&self.bracket(paren(call.parens), &parts, indent, column, tail));
                out
            }
            ExprKind::List(items) => {
                let parts: Vec<Part<'_>> = items.iter().map(Part::Expr).collect();
                self.bracket(square(expr.span), &parts, indent, column, tail)
            }
            ExprKind::Record(fields) => {
                let parts: Vec<Part<'_>> = fields.iter().map(Part::Field).collect();
                self.bracket(braces(expr.span), &parts, indent, column, tail)
            }
            ExprKind::Field(field) => {
                let name = &field.name.name;
                let mut out = self.expr(&field.base, indent, column, 1 + name.len());
                out.push_str(if field.optional { "?." } else { "." });
                out.push_str(name);
                out
            }
            ExprKind::Index { base, index } => {
                let mut out = self.expr(base, indent, column, 2);
                out.push('[');
                let column = last_column(&out, column);
                out.push_str(&self.expr(index, indent, column, tail + 1));
                out.push(']');
                out
            }
            ExprKind::As(value, ty) => {
                let mut out = self.expr(value, indent, column, 0);
                out.push_str(" as ");
                let column = last_column(&out, column);
                out.push_str(&self.ty(ty, indent, column, tail));
                out
            }
            ExprKind::Type(ty) => self.ty(ty, indent, column, tail),
            ExprKind::Paren(inner) => format!("({})", self.expr(inner, indent, column + 1, tail + 1)),
            ExprKind::Unary { op, operand } => {
                let sign = unary(*op);
                format!("{sign}{}", self.expr(operand, indent, column + sign.len(), tail))
            }
            ExprKind::Binary { op, operands, .. } => self.broken_binary(*op, operands, indent, column, tail),
            ExprKind::If(parts) => self.broken_if(parts, indent, column, tail),
            ExprKind::Comprehension(of) => self.broken_comprehension(of, indent),
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Duration(_)
            | ExprKind::String(_)
            | ExprKind::Name(_)
            | ExprKind::Error => self.literal(expr.span),
        }
    }

    /// `if condition then value` on one line where that fits; each `else` begins a line, those of a chain flush.
    fn broken_if(&self, parts: &(Expr, Expr, Expr), indent: usize, column: usize, tail: usize) -> String {
        let (condition, then, otherwise) = parts;
        let mut out = format!("if {}", self.expr(condition, indent, column + 3, 0));
        let head = self.flat(then).map(|then| format!("{out} then {then}"));
        match head.filter(|head| !head.contains('\n') && column + head.chars().count() <= WIDTH) {
            Some(head) => out = head,
            None => {
                self.new_line(&mut out, indent + 4);
                out.push_str("then ");
                out.push_str(&self.expr(then, indent + 4, indent + 9, 0));
            }
        }
        self.new_line(&mut out, indent + 4);
        out.push_str("else ");
        let deeper = if matches!(otherwise.kind, ExprKind::If(_)) { indent } else { indent + 4 };
        out.push_str(&self.expr(otherwise, deeper, indent + 9, tail));
        out
    }

    fn new_line(&self, out: &mut String, indent: usize) {
        out.push('\n');
        push_indent(out, indent);
    }

    fn broken_binary(
        &self,
        op: BinaryOp,
        operands: &(Expr, Expr),
        indent: usize,
        column: usize,
        tail: usize,
    ) -> String {
        let (left, right) = operands;
        let mut out = self.expr(left, indent, column, 0);
        // A line that begins with `-` would begin a new item.
        if op == BinaryOp::Subtract {
            out.push_str(" -");
            self.new_line(&mut out, indent + 4);
        } else {
            self.new_line(&mut out, indent + 4);
            out.push_str(op.as_str());
            out.push(' ');
        }
        let column = last_column(&out, column);
        out.push_str(&self.expr(right, indent + 4, column, tail));
        out
    }

    fn broken_comprehension(&self, of: &Comprehension, indent: usize) -> String {
        let inner = indent + 2;
        let mut out = "[".to_owned();
        self.new_line(&mut out, inner);
        out.push_str(&self.expr(&of.element, inner, inner, 0));
        self.new_line(&mut out, inner);
        let head = format!("for {} in ", of.variable.name);
        out.push_str(&head);
        out.push_str(&self.expr(&of.list, inner, inner + head.len(), 0));
        if let Some(condition) = &of.condition {
            self.new_line(&mut out, inner);
            out.push_str("if ");
            out.push_str(&self.expr(condition, inner, inner + 3, 0));
        }
        for (index, key) in of.order.iter().enumerate() {
            self.new_line(&mut out, if index == 0 { inner } else { inner + 3 });
            let head = if index == 0 { "by " } else { "" };
            let is_last = index + 1 == of.order.len();
            let tail = format!("{}{}", direction(key.direction), if is_last { "" } else { "," });
            out.push_str(head);
            out.push_str(&self.expr(&key.value, inner + 3, inner + 3, tail.len()));
            out.push_str(&tail);
        }
        self.new_line(&mut out, indent);
        out.push(']');
        out
    }

    /// The name of a field, without quotes where it needs none.
    fn field_name<'n>(&'n self, name: &'n Ident) -> &'n str {
        if is_name(&name.name) && !KEYWORDS.contains(&name.name.as_str()) {
            &name.name
        } else {
            self.written(name.span)
        }
    }

    /// A literal or name as written; comments inside its interpolations are part of it.
    fn literal(&self, span: Span) -> String {
        if self.has_comments(span) {
            let _ = self.take_comments(span.start, span.end);
        }
        self.written(span).replace("\r\n", "\n")
    }

    /// The expression on one line, if nothing in it wants to be broken. Only literals may hold line breaks.
    fn flat(&self, expr: &Expr) -> Option<String> {
        Some(match &expr.kind {
            ExprKind::Call(call) => {
                let callee = self.flat(&call.callee)?;
                let parts: Vec<Part<'_>> = call.args.iter().map(Part::Arg).collect();
                format!("{callee}{}", self.flat_bracket(&paren(call.parens), &parts)?)
            }
            ExprKind::List(items) => {
                let parts: Vec<Part<'_>> = items.iter().map(Part::Expr).collect();
                self.flat_bracket(&square(expr.span), &parts)?
            }
            ExprKind::Record(fields) => {
                let parts: Vec<Part<'_>> = fields.iter().map(Part::Field).collect();
                self.flat_bracket(&braces(expr.span), &parts)?
            }
            ExprKind::Field(field) => {
                format!("{}{}{}", self.flat(&field.base)?, if field.optional { "?." } else { "." }, field.name.name)
            }
            ExprKind::Index { base, index } => format!("{}[{}]", self.flat(base)?, self.flat(index)?),
            ExprKind::As(value, ty) => format!("{} as {}", self.flat(value)?, self.flat_ty(ty)?),
            ExprKind::Type(ty) => self.flat_ty(ty)?,
            ExprKind::Paren(inner) => format!("({})", self.flat(inner)?),
            ExprKind::Unary { op, operand } => format!("{}{}", unary(*op), self.flat(operand)?),
            ExprKind::Binary { op, operands, .. } => {
                format!("{} {} {}", self.flat(&operands.0)?, op.as_str(), self.flat(&operands.1)?)
            }
            ExprKind::If(parts) => {
                let (condition, then, otherwise) = parts.as_ref();
                let (condition, then) = (self.flat(condition)?, self.flat(then)?);
                format!("if {condition} then {then} else {}", self.flat(otherwise)?)
            }
            ExprKind::Comprehension(of) => {
                let mut out =
                    format!("[{} for {} in {}", self.flat(&of.element)?, of.variable.name, self.flat(&of.list)?);
                if let Some(condition) = &of.condition {
                    out.push_str(&format!(" if {}", self.flat(condition)?));
                }
                for (index, key) in of.order.iter().enumerate() {
                    out.push_str(if index == 0 { " by " } else { ", " });
                    out.push_str(&self.flat(&key.value)?);
                    out.push_str(direction(key.direction));
                }
                out + "]"
            }
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Duration(_)
            | ExprKind::String(_)
            | ExprKind::Name(_)
            | ExprKind::Error => self.literal(expr.span),
        })
    }

    fn flat_bracket(&self, bracket: &Bracket, parts: &[Part<'_>]) -> Option<String> {
        let Some(last) = parts.last() else {
            return (!self.has_comments(bracket.span)).then(|| format!("{}{}", bracket.open, bracket.close));
        };
        if self.wants_break(bracket, parts, last.span()) {
            return None;
        }
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            let text = self.flat_part(part)?;
            // A text of several lines among other parts is easily overlooked.
            if parts.len() > 1 && text.contains('\n') {
                return None;
            }
            texts.push(text);
        }
        Some(format!("{}{pad}{}{pad}{}", bracket.open, texts.join(", "), bracket.close, pad = bracket.pad))
    }

    /// Whether a bracket was written with a trailing comma, or holds comments between its parts.
    fn wants_break(&self, bracket: &Bracket, parts: &[Part<'_>], last: Span) -> bool {
        let documented = |part: &Part<'_>| matches!(part, Part::Param(param) if param.doc.is_some());
        if parts.iter().any(documented) {
            return true;
        }
        let mut from = bracket.span.start;
        for part in parts {
            if self.has_comments(Span::new(from, part.span().start)) {
                return true;
            }
            from = part.span().end;
        }
        let rest = Span::new(last.end, bracket.span.end);
        self.has_comments(rest) || self.written(rest).contains(',')
    }

    fn flat_part(&self, part: &Part<'_>) -> Option<String> {
        Some(match part {
            Part::Expr(expr) => self.flat(expr)?,
            Part::Arg(Arg { name: Some(name), value }) => format!("{}: {}", name.name, self.flat(value)?),
            Part::Arg(Arg { name: None, value }) => self.flat(value)?,
            Part::Field(field) => format!("{}: {}", self.field_name(&field.name), self.flat(&field.value)?),
            Part::FieldType(field) => {
                let head =
                    format!("{}{}{}", words(&field.marks), self.field_name(&field.name), question(field.optional));
                format!("{head}: {}", self.flat_ty(&field.ty)?)
            }
            Part::Rest(_) => "...".to_owned(),
            Part::Param(param) => {
                let ty = self.flat_ty(&param.ty)?;
                let head = format!("{}{}{}: {ty}", words(&param.marks), param.name.name, question(param.optional));
                match &param.default {
                    Some(default) => format!("{head} = {}", self.flat(default)?),
                    None => head,
                }
            }
        })
    }

    /// A part on a line of its own, which begins at `indent`.
    fn part(&self, part: &Part<'_>, indent: usize) -> String {
        let named = |name: &str, value: &Expr| {
            format!("{name}: {}", self.expr(value, indent, indent + name.chars().count() + 2, 1))
        };
        match part {
            Part::Expr(expr) => self.expr(expr, indent, indent, 1),
            Part::Arg(Arg { name: Some(name), value }) => named(&name.name, value),
            Part::Arg(Arg { name: None, value }) => self.expr(value, indent, indent, 1),
            Part::Field(field) => named(self.field_name(&field.name), &field.value),
            Part::FieldType(field) => {
                let name = self.field_name(&field.name);
                let head = format!("{}{name}{}: ", words(&field.marks), question(field.optional));
                let column = indent + head.chars().count();
                head + &self.ty(&field.ty, indent, column, 1)
            }
            Part::Rest(_) => "...".to_owned(),
            Part::Param(param) => self.param(param, indent),
        }
    }

    fn param(&self, param: &Param, indent: usize) -> String {
        let mut out = String::new();
        for line in param.doc.iter().flat_map(|doc| doc.value.split('\n')) {
            out.push_str(if line.is_empty() { "///" } else { "/// " });
            out.push_str(line);
            self.new_line(&mut out, indent);
        }
        out.push_str(&format!("{}{}{}: ", words(&param.marks), param.name.name, question(param.optional)));
        let column = last_column(&out, indent);
        out.push_str(&self.ty(&param.ty, indent, column, 1));
        if let Some(default) = &param.default {
            out.push_str(" = ");
            let column = last_column(&out, indent);
            out.push_str(&self.expr(default, indent, column, 1));
        }
        out
    }

    /// A bracket, broken unless its only part can be broken instead.
    fn bracket(&self, bracket: Bracket, parts: &[Part<'_>], indent: usize, column: usize, tail: usize) -> String {
        if let Some(flat) = self.flat_bracket(&bracket, parts).filter(|flat| fits(flat, column, tail)) {
            return flat;
        }
        if let [only] = parts
            && bracket.pad.is_empty()
            && self.can_hug(only)
            && !self.wants_break(&bracket, parts, only.span())
        {
            let head = match only {
                Part::Arg(Arg { name: Some(name), .. }) => name.name.len() + 2,
                _ => 0,
            };
            let inner = match *only {
                Part::Expr(expr) | Part::Arg(Arg { value: expr, .. }) => {
                    self.expr(expr, indent, column + 1 + head, tail + 1)
                }
                Part::Field(_) | Part::FieldType(_) | Part::Rest(_) | Part::Param(_) => self.part(only, indent),
            };
            let name = match only {
                Part::Arg(Arg { name: Some(name), .. }) => format!("{}: ", name.name),
                _ => String::new(),
            };
            return format!("{}{name}{inner}{}", bracket.open, bracket.close);
        }
        let inner = indent + 2;
        let mut out = bracket.open.to_owned();
        let mut from = bracket.span.start;
        for (at, part) in parts.iter().enumerate() {
            let span = part.span();
            let limit = parts.get(at + 1).map_or(bracket.span.end, |next| next.span().start);
            for comment in self.take_comments(from, span.start) {
                self.new_line(&mut out, inner);
                out.push_str(self.written(comment.span));
            }
            self.new_line(&mut out, inner);
            out.push_str(&self.part(part, inner));
            out.push(',');
            for comment in self.take_trailing(span.end, limit) {
                out.push_str("  ");
                out.push_str(self.written(comment.span));
            }
            from = span.end;
        }
        for comment in self.take_comments(from, bracket.span.end) {
            self.new_line(&mut out, inner);
            out.push_str(self.written(comment.span));
        }
        self.new_line(&mut out, indent);
        out.push_str(bracket.close);
        out
    }

    /// Whether a lone part may begin on the line of the bracket around it.
    fn can_hug(&self, part: &Part<'_>) -> bool {
        match *part {
            Part::Expr(expr) | Part::Arg(Arg { value: expr, .. }) => {
                matches!(expr.kind, ExprKind::List(_) | ExprKind::Record(_) | ExprKind::String(_))
            }
            Part::Field(_) | Part::FieldType(_) | Part::Rest(_) | Part::Param(_) => false,
        }
    }

    /// The type, begun at `column`.
    pub(super) fn ty(&self, ty: &TypeExpr, indent: usize, column: usize, tail: usize) -> String {
        if let Some(flat) = self.flat_ty(ty).filter(|flat| fits(flat, column, tail)) {
            return flat;
        }
        match &ty.kind {
            TypeExprKind::Record { fields, rest } => {
                self.bracket(braces(ty.span), &record_parts(fields, *rest), indent, column, tail)
            }
            TypeExprKind::Refined { base, args, parens } => {
                let mut out = self.ty(base, indent, column, 1);
                let column = last_column(&out, column);
                let parts: Vec<Part<'_>> = args.iter().map(Part::Arg).collect();
                out.push_str(&self.bracket(paren(*parens), &parts, indent, column, tail));
                out
            }
            TypeExprKind::Map(inner) => format!("map<{}>", self.ty(inner, indent, column + 4, tail + 1)),
            TypeExprKind::List(inner) => format!("[{}]", self.ty(inner, indent, column + 1, tail + 1)),
            TypeExprKind::Paren(inner) => format!("({})", self.ty(inner, indent, column + 1, tail + 1)),
            TypeExprKind::Optional(inner) => format!("{}?", self.ty(inner, indent, column, tail + 1)),
            TypeExprKind::Union(members) => {
                let mut out = String::new();
                for (at, member) in members.iter().enumerate() {
                    if at > 0 {
                        self.new_line(&mut out, indent + 4);
                        out.push_str("| ");
                    }
                    let column = last_column(&out, column);
                    out.push_str(&self.ty(member, indent + 4, column, tail));
                }
                out
            }
            TypeExprKind::Name(_)
            | TypeExprKind::String(_)
            | TypeExprKind::Int(_)
            | TypeExprKind::Bool(_)
            | TypeExprKind::Null
            | TypeExprKind::Error => self.literal(ty.span),
        }
    }

    fn flat_ty(&self, ty: &TypeExpr) -> Option<String> {
        Some(match &ty.kind {
            TypeExprKind::Record { fields, rest } => {
                self.flat_bracket(&braces(ty.span), &record_parts(fields, *rest))?
            }
            TypeExprKind::Refined { base, args, parens } => {
                let parts: Vec<Part<'_>> = args.iter().map(Part::Arg).collect();
                format!("{}{}", self.flat_ty(base)?, self.flat_bracket(&paren(*parens), &parts)?)
            }
            TypeExprKind::Map(inner) => format!("map<{}>", self.flat_ty(inner)?),
            TypeExprKind::List(inner) => format!("[{}]", self.flat_ty(inner)?),
            TypeExprKind::Paren(inner) => format!("({})", self.flat_ty(inner)?),
            TypeExprKind::Optional(inner) => format!("{}?", self.flat_ty(inner)?),
            TypeExprKind::Union(members) => {
                let members = members.iter().map(|member| self.flat_ty(member)).collect::<Option<Vec<_>>>()?;
                members.join(" | ")
            }
            TypeExprKind::Int(value) => {
                let text = self.written(ty.span);
                if *value < 0 { format!("-{}", text.trim_start_matches('-').trim_start()) } else { text.to_owned() }
            }
            TypeExprKind::Name(_)
            | TypeExprKind::String(_)
            | TypeExprKind::Bool(_)
            | TypeExprKind::Null
            | TypeExprKind::Error => self.literal(ty.span),
        })
    }

    /// Parameters and result of a tool, begun at `column`.
    pub(super) fn signature(&self, tool: &Tool, indent: usize, column: usize, tail: usize) -> String {
        let parts: Vec<Part<'_>> = tool.params.iter().map(Part::Param).collect();
        let end =
            tool.result.as_ref().map_or(tool.block.map_or(tool.span.end, |block| block.start), |ty| ty.span.start);
        let span = self.params_span(tool, end);
        let result = tool.result.as_ref().and_then(|ty| self.flat_ty(ty));
        let marks = words(&tool.result_marks);
        let more = result.as_ref().map_or(0, |text| text.chars().count() + marks.len() + 4);
        // Without parameters there is nothing to break: the result does.
        let behind = if parts.is_empty() { 0 } else { tail + more };
        let mut out = self.bracket(paren(span), &parts, indent, column, behind);
        if let Some(ty) = &tool.result {
            out.push_str(&format!(" -> {marks}"));
            let column = last_column(&out, column);
            out.push_str(&self.ty(ty, indent, column, tail));
        }
        out
    }

    /// The parentheses of a tool, which the tree does not keep: from behind its name to the last `)` before `end`.
    fn params_span(&self, tool: &Tool, end: u32) -> Span {
        let from = tool.params.last().map_or(tool.name.span.end, |param| param.span.end);
        let mut at = from;
        let in_comment = |at: u32| self.comments.iter().find(|c| c.span.start <= at && at < c.span.end);
        while at < end {
            let Some(found) = self.written(Span::new(at, end)).find(')') else { break };
            let found = at + found as u32;
            match in_comment(found) {
                Some(comment) => at = comment.span.end,
                None => return Span::new(tool.name.span.end, found + 1),
            }
        }
        Span::new(tool.name.span.end, end)
    }
}

fn record_parts(fields: &[FieldType], rest: Option<Span>) -> Vec<Part<'_>> {
    fields.iter().map(Part::FieldType).chain(rest.map(Part::Rest)).collect()
}

fn paren(span: Span) -> Bracket {
    Bracket { open: "(", close: ")", pad: "", span }
}

fn square(span: Span) -> Bracket {
    Bracket { open: "[", close: "]", pad: "", span }
}

fn braces(span: Span) -> Bracket {
    Bracket { open: "{", close: "}", pad: " ", span }
}

/// What stands behind a key.
fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "",
        Direction::Descending => " desc",
    }
}

fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Not => "not ",
        UnaryOp::Negate => "-",
    }
}

/// Marks, each with a blank behind it.
fn words(marks: &[Marked]) -> String {
    marks.iter().map(|marked| format!("{} ", marked.mark.as_str())).collect()
}

fn question(optional: bool) -> &'static str {
    if optional { "?" } else { "" }
}

/// Whether a text begun at `column` stays within the width: its first line, and its last with what follows.
fn fits(text: &str, column: usize, tail: usize) -> bool {
    match text.split_once('\n') {
        None => column + text.chars().count() + tail <= WIDTH,
        Some((first, _)) => column + first.chars().count() <= WIDTH,
    }
}
