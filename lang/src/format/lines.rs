//! Blocks and their lines: order, blank lines, comments.

use super::Printer;
use crate::source::Span;
use crate::syntax::*;

/// What stands on lines of its own.
#[derive(Clone, Copy)]
pub(super) enum Node<'t> {
    Top(&'t TopItem),
    Item(&'t Item),
    Critical(&'t CriticalLine, Columns),
    Step(&'t Step),
    Let(&'t Let),
    Clause(&'t Clause),
    Check(&'t Expr),
    Result(&'t ResultLine),
    Type(&'t TypeDef),
    Tool(&'t Tool),
    ToolClause(&'t ToolClause),
}

/// Widths of the columns of a `critical` block.
#[derive(Clone, Copy, Default)]
pub(super) struct Columns {
    verb: usize,
    resource: usize,
}

impl Node<'_> {
    fn span(&self) -> Span {
        let with_doc = |doc: &Option<Text>, span: Span| doc.as_ref().map_or(span, |doc| doc.span.to(span));
        match *self {
            Node::Top(TopItem::Plan(plan)) => plan.span,
            Node::Top(TopItem::Catalogue(catalogue)) => with_doc(&catalogue.doc, catalogue.span),
            Node::Top(TopItem::Type(def)) | Node::Item(Item::Type(def)) | Node::Type(def) => {
                with_doc(&def.doc, def.span)
            }
            Node::Item(item) => item.span(),
            Node::Critical(line, _) => line.span,
            Node::Step(step) => step.span,
            Node::Let(item) => item.span,
            Node::Clause(clause) => clause.span,
            Node::Check(expr) => expr.span,
            Node::Result(line) => line.span,
            Node::Tool(tool) => with_doc(&tool.doc, tool.span),
            Node::ToolClause(clause) => clause.span,
        }
    }

    /// The place of a section in the canonical order; everything else keeps its own.
    fn rank(&self) -> u8 {
        let item = match self {
            Node::Item(item) => item,
            Node::Result(_) => return 10,
            _ => return 0,
        };
        match item {
            Item::Rationale(_) => 0,
            Item::Context(_) => 1,
            Item::Type(_) => 2,
            Item::Input(_) => 3,
            Item::Assume(_) => 4,
            Item::Critical(_) => 5,
            Item::Reuse(_) => 6,
            Item::Let(_) | Item::Step(_) | Item::Each(_) | Item::Together(_) | Item::When(_) | Item::Gate(_) => 7,
            Item::Verify(_) => 8,
            Item::Output(_) => 9,
        }
    }
}

/// A line with the comments that belong to it.
struct Placed<'t, 'a> {
    node: Node<'t>,
    before: Vec<&'a Comment>,
    behind: Vec<&'a Comment>,
}

pub(super) fn push_indent(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

impl<'a> Printer<'a> {
    /// Prints lines, each with its indentation and line end.
    pub(super) fn lines(&self, out: &mut String, body: Span, nodes: Vec<Node<'_>>, indent: usize) {
        let mut from = body.start;
        let mut placed = Vec::with_capacity(nodes.len());
        for (at, node) in nodes.iter().enumerate() {
            let span = node.span();
            let limit = nodes.get(at + 1).map_or(body.end, |next| next.span().start);
            let before = self.take_comments(from, span.start);
            let behind = self.take_trailing(span.end, limit);
            from = behind.last().map_or(span.end, |last| last.span.end);
            placed.push(Placed { node: *node, before, behind });
        }
        let rest = self.take_comments(from, body.end);
        placed.sort_by_key(|placed| placed.node.rank());
        let start = out.len();
        for line in placed {
            for comment in line.before {
                self.comment_line(out, comment, start, indent);
            }
            self.node_line(out, line.node, start, indent);
            for comment in line.behind {
                // The line end that `node_line` wrote moves behind the comment.
                out.truncate(out.trim_end_matches('\n').len());
                out.push_str("  ");
                out.push_str(self.written(comment.span));
                out.push('\n');
            }
        }
        for comment in rest {
            self.comment_line(out, comment, start, indent);
        }
    }

    fn comment_line(&self, out: &mut String, comment: &Comment, start: usize, indent: usize) {
        if out.len() > start && comment.own_line && self.blank_before(comment.span.start) {
            out.push('\n');
        }
        push_indent(out, indent);
        out.push_str(self.written(comment.span));
        out.push('\n');
    }

    fn node_line(&self, out: &mut String, node: Node<'_>, start: usize, indent: usize) {
        let span = node.span();
        if out.len() > start && self.blank_before(span.start) {
            out.push('\n');
        }
        let text = self.node(node, indent);
        // Comments for which the layout has no place of their own stand above.
        for comment in self.take_comments(span.start, span.end) {
            push_indent(out, indent);
            out.push_str(self.written(comment.span));
            out.push('\n');
        }
        push_indent(out, indent);
        out.push_str(&text);
        out.push('\n');
    }

    fn block(&self, out: &mut String, body: Span, nodes: Vec<Node<'_>>, indent: usize) {
        out.push_str("{\n");
        let inner = Span::new((body.start + 1).min(body.end), body.end.saturating_sub(1).max(body.start));
        self.lines(out, inner, nodes, indent + 2);
        push_indent(out, indent);
        out.push('}');
    }

    fn node(&self, node: Node<'_>, indent: usize) -> String {
        match node {
            Node::Top(TopItem::Plan(plan)) => {
                let mut out = format!("plan {} ", self.text(&plan.title));
                self.block(&mut out, plan.body, plan.items.iter().map(Node::Item).collect(), indent);
                out
            }
            Node::Top(TopItem::Catalogue(catalogue)) => self.catalogue(catalogue, indent),
            Node::Top(TopItem::Type(def)) | Node::Type(def) => self.type_def(def, indent),
            Node::Item(item) => self.item(item, indent),
            Node::Critical(line, columns) => self.critical_line(line, columns),
            Node::Step(step) => self.step(step, indent),
            Node::Let(item) => self.named("let", &item.name, &item.value, indent),
            Node::Clause(clause) => self.clause(clause, indent),
            Node::Check(expr) => self.expr(expr, indent, indent, 0),
            Node::Result(line) => self.worded("result", &line.value, indent),
            Node::Tool(tool) => self.tool(tool, indent),
            Node::ToolClause(clause) => self.tool_clause(clause),
        }
    }

    fn text(&self, text: &Text) -> &'a str {
        self.written(text.span)
    }

    fn doc(&self, doc: Option<&Text>, indent: usize) -> String {
        let mut out = String::new();
        for line in doc.iter().flat_map(|doc| doc.value.split('\n')) {
            out.push_str(if line.is_empty() { "///" } else { "/// " });
            out.push_str(line);
            out.push('\n');
            push_indent(&mut out, indent);
        }
        out
    }

    fn named(&self, keyword: &str, name: &Ident, value: &Expr, indent: usize) -> String {
        let mut out = format!("{keyword} {} = ", name.name);
        let column = indent + out.len();
        out.push_str(&self.expr(value, indent, column, 0));
        out
    }

    fn item(&self, item: &Item, indent: usize) -> String {
        match item {
            Item::Rationale(item) => format!("rationale {}", self.text(&item.text)),
            Item::Context(item) => format!("context {}", self.text(&item.text)),
            Item::Input(input) => self.input(input, indent),
            Item::Assume(assume) => {
                let mut out = format!("assume {}", self.text(&assume.text));
                if let Some(check) = &assume.check {
                    let body = Span::new(assume.text.span.end, assume.span.end);
                    self.check_block(&mut out, body, vec![Node::Check(check)], indent);
                }
                out
            }
            Item::Critical(critical) => self.critical(critical, indent),
            Item::Reuse(reuse) => {
                let target = match &reuse.target {
                    ReuseTarget::Path(path) => self.text(path).to_owned(),
                    ReuseTarget::Tool(catalogue, tool) => format!("{}.{}", catalogue.name, tool.name),
                };
                let why = reuse.why.iter().map(|why| format!(" {}", self.text(why))).collect::<String>();
                format!("reuse {target}{why}")
            }
            Item::Let(item) => self.named("let", &item.name, &item.value, indent),
            Item::Step(step) => self.step(step, indent),
            Item::Each(each) => self.each(each, indent),
            Item::Together(together) => {
                let mut out = "together ".to_owned();
                self.block(&mut out, together.body, together.items.iter().map(Node::Item).collect(), indent);
                out
            }
            Item::When(when) => {
                let mut out = format!("when {} ", self.expr(&when.condition, indent, indent + 5, 2));
                self.block(&mut out, when.body, when.items.iter().map(Node::Item).collect(), indent);
                out
            }
            Item::Gate(gate) => self.gate(gate, indent),
            Item::Verify(verify) => self.verify(verify, indent),
            Item::Output(item) => self.named("output", &item.name, &item.value, indent),
            Item::Type(def) => self.type_def(def, indent),
        }
    }

    /// A block of which only the place of its text is known: finds its brace.
    fn check_block(&self, out: &mut String, after: Span, nodes: Vec<Node<'_>>, indent: usize) {
        let mut from = after.start;
        // A comment between text and brace may hold a brace of its own.
        let outside = |at: u32| !self.comments.iter().any(|c| c.span.start <= at && at < c.span.end);
        while let Some(found) = self.written(Span::new(from, after.end)).find('{') {
            from += found as u32;
            if outside(from) {
                break;
            }
            from += 1;
        }
        out.push(' ');
        self.block(out, Span::new(from, after.end), nodes, indent);
    }

    fn input(&self, input: &Input, indent: usize) -> String {
        let mut out = format!("input {}: ", input.name.name);
        let tail = if input.default.is_some() || input.secret.is_some() { 4 } else { 0 };
        let column = indent + out.len();
        out.push_str(&self.ty(&input.ty, indent, column, tail));
        if input.secret.is_some() {
            out.push_str(" secret");
        }
        if let Some(default) = &input.default {
            out.push_str(" = ");
            let column = last_column(&out, indent);
            out.push_str(&self.expr(default, indent, column, 0));
        }
        out
    }

    fn critical(&self, critical: &Critical, indent: usize) -> String {
        let one_line = |text: &str| if text.contains('\n') { 0 } else { text.chars().count() };
        let columns = Columns {
            verb: critical.lines.iter().map(|line| line.verb.name.len()).max().unwrap_or(0),
            resource: critical
                .lines
                .iter()
                .filter(|line| line.why.is_some())
                .map(|line| one_line(&self.resource(&line.resource)))
                .max()
                .unwrap_or(0),
        };
        let mut out = "critical ".to_owned();
        let nodes = critical.lines.iter().map(|line| Node::Critical(line, columns)).collect();
        self.block(&mut out, critical.body, nodes, indent);
        out
    }

    fn critical_line(&self, line: &CriticalLine, columns: Columns) -> String {
        let (verb, resource) = (&line.verb.name, self.resource(&line.resource));
        match &line.why {
            None => format!("{verb:<width$} {resource}", width = columns.verb),
            Some(why) => format!(
                "{verb:<verb_width$} {resource:<resource_width$}  {}",
                self.text(why),
                verb_width = columns.verb,
                resource_width = columns.resource
            ),
        }
    }

    fn resource(&self, resource: &CriticalResource) -> String {
        match resource {
            CriticalResource::Text(text) => self.text(text).to_owned(),
            CriticalResource::Value(expr) => self.flat_or_broken(expr),
        }
    }

    fn step(&self, step: &Step, indent: usize) -> String {
        let mut out = format!("step {} = ", step.name.name);
        let column = indent + out.len();
        let tail = if step.block.is_some() { 2 } else { 0 };
        out.push_str(&self.expr(&step.call, indent, column, tail));
        if let Some(block) = step.block {
            out.push(' ');
            self.block(&mut out, block, step.clauses.iter().map(Node::Clause).collect(), indent);
        }
        out
    }

    fn each(&self, each: &Each, indent: usize) -> String {
        let mut out = format!("each {} = {} in ", each.name.name, each.variable.name);
        let column = indent + out.len();
        out.push_str(&self.expr(&each.list, indent, column, 2));
        out.push(' ');
        let nodes = each.items.iter().map(Node::Item).chain(each.result.iter().map(Node::Result)).collect();
        self.block(&mut out, each.body, nodes, indent);
        out
    }

    fn gate(&self, gate: &Gate, indent: usize) -> String {
        let mut out = format!("gate {}", self.text(&gate.text));
        for (index, shown) in gate.shown.iter().enumerate() {
            out.push_str(if index == 0 { " show " } else { ", " });
            let column = last_column(&out, indent);
            out.push_str(&self.expr(shown, indent, column, 0));
        }
        out
    }

    fn worded(&self, word: &str, expr: &Expr, indent: usize) -> String {
        format!("{word} {}", self.expr(expr, indent, indent + word.len() + 1, 0))
    }

    fn clause(&self, clause: &Clause, indent: usize) -> String {
        let with_expr = |word: &str, expr: &Expr| self.worded(word, expr, indent);
        match &clause.kind {
            ClauseKind::Because(text) => format!("because {}", self.text(text)),
            ClauseKind::After(names) => {
                let names: Vec<&str> = names.iter().map(|name| name.name.as_str()).collect();
                format!("after {}", names.join(", "))
            }
            ClauseKind::When(expr) => with_expr("when", expr),
            ClauseKind::Expect(expr) => with_expr("expect", expr),
            ClauseKind::Undo(expr) => with_expr("undo", expr),
            ClauseKind::Timeout(duration) => format!("timeout {}", self.written(duration.span)),
            ClauseKind::Retry { times_span, every, .. } => {
                let every =
                    every.iter().map(|every| format!(" every {}", self.written(every.span))).collect::<String>();
                format!("retry {}{every}", self.written(*times_span))
            }
            ClauseKind::Poll { every, total, until } => {
                let (every, total) = (self.written(every.span), self.written(total.span));
                with_expr(&format!("poll every {every} for {total} until"), until)
            }
            ClauseKind::OnFailure(OnFailure::Stop) => "on failure stop".to_owned(),
            ClauseKind::OnFailure(OnFailure::Continue) => "on failure continue".to_owned(),
            ClauseKind::OnFailure(OnFailure::Undo) => "on failure undo".to_owned(),
            ClauseKind::Reproduce => "reproduce".to_owned(),
        }
    }

    fn verify(&self, verify: &Verify, indent: usize) -> String {
        let mut out = format!("verify {}", self.text(&verify.text));
        if let Some(block) = &verify.block {
            let mut nodes: Vec<Node<'_>> = block.steps.iter().map(Node::Step).collect();
            nodes.extend(block.lets.iter().map(Node::Let));
            nodes.push(Node::Check(&block.check));
            nodes.sort_by_key(|node| node.span());
            out.push(' ');
            self.block(&mut out, block.span, nodes, indent);
        }
        out
    }

    fn type_def(&self, def: &TypeDef, indent: usize) -> String {
        let mut out = self.doc(def.doc.as_ref(), indent);
        let head = format!("type {} = ", def.name.name);
        let column = indent + head.len();
        out.push_str(&head);
        out.push_str(&self.ty(&def.ty, indent, column, 0));
        out
    }

    fn catalogue(&self, catalogue: &Catalogue, indent: usize) -> String {
        let mut out = self.doc(catalogue.doc.as_ref(), indent);
        out.push_str(&format!("catalogue {} ", catalogue.name.name));
        let mut nodes: Vec<Node<'_>> = catalogue.types.iter().map(Node::Type).collect();
        nodes.extend(catalogue.tools.iter().map(Node::Tool));
        nodes.sort_by_key(|node| node.span());
        self.block(&mut out, catalogue.body, nodes, indent);
        out
    }

    fn tool(&self, tool: &Tool, indent: usize) -> String {
        let mut out = self.doc(tool.doc.as_ref(), indent);
        out.push_str(&format!("tool {}", tool.name.name));
        let tail = if tool.block.is_some() { 2 } else { 0 };
        out.push_str(&self.signature(tool, indent, last_column(&out, indent), tail));
        if let Some(block) = tool.block {
            out.push(' ');
            self.block(&mut out, block, tool.clauses.iter().map(Node::ToolClause).collect(), indent);
        }
        out
    }

    fn tool_clause(&self, clause: &ToolClause) -> String {
        match &clause.kind {
            ToolClauseKind::Pure => "pure".to_owned(),
            ToolClauseKind::Effect(verb, target, when) => {
                let target = match target {
                    EffectTarget::Param(name) => name.name.to_string(),
                    EffectTarget::Template(expr) => self.flat_or_broken(expr),
                };
                let when = when.as_ref().map(|when| format!(" when {}", self.flat_or_broken(when)));
                format!("{} {target}{}", verb.as_str(), when.unwrap_or_default())
            }
            ToolClauseKind::Approval(Approval::Auto) => "approval auto".to_owned(),
            ToolClauseKind::Approval(Approval::Ask) => "approval ask".to_owned(),
            ToolClauseKind::Approval(Approval::Deny) => "approval deny".to_owned(),
            ToolClauseKind::Idempotent => "idempotent".to_owned(),
            ToolClauseKind::Independent => "independent".to_owned(),
            ToolClauseKind::Timeout(duration) => format!("timeout {}", self.written(duration.span)),
            ToolClauseKind::Probe(name) => format!("probe {}", name.name),
            ToolClauseKind::Category(name) => format!("category {}", name.name),
            ToolClauseKind::Named(None, name) => format!("named {}", self.text(name)),
            ToolClauseKind::Named(Some(of), name) => format!("named {} {}", of.name, self.text(name)),
            ToolClauseKind::Pinned(digest) => format!("pinned {}", self.text(digest)),
            ToolClauseKind::Simulate(call) => format!("simulate {}", self.flat_or_broken(call)),
            ToolClauseKind::Limit(calls, unit) => format!("limit {} per {}", self.written(calls.span), unit.name),
            ToolClauseKind::Paged(cursor, from, most) => {
                format!("paged {} from {}, at most {}", cursor.name, self.flat_or_broken(from), self.written(most.span))
            }
        }
    }

    fn flat_or_broken(&self, expr: &Expr) -> String {
        self.expr(expr, 4, 4, 0)
    }
}

/// The column behind the last character of `out`, whose first line is indented by `indent`.
pub(super) fn last_column(out: &str, indent: usize) -> usize {
    match out.rfind('\n') {
        Some(at) => out[at + 1..].chars().count(),
        None => indent + out.chars().count(),
    }
}
