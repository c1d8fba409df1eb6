//! Pure values in the order of their dependence; circles are reported.

use super::{Checker, Meaning, Parts, Place};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::StepId;
use crate::syntax::{Expr, ExprKind, StringPart};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

impl Checker<'_> {
    /// Types all lets, each after those it uses.
    pub(super) fn lets(&mut self, parts: &Parts<'_>) {
        for index in self.order(parts) {
            let (declared, verification) = parts.lets[index];
            let place = verification.map_or(Place::Let, Place::Verification);
            let (value, uses) = self.at(place, &declared.value);
            self.lets[index].value = Some(value);
            self.lets[index].uses = uses;
        }
    }

    /// The indices of all lets that are in no circle, each after those it uses.
    fn order(&mut self, parts: &Parts<'_>) -> Vec<usize> {
        let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(parts.lets.len(), 0);
        let nodes: Vec<NodeIndex> = parts.lets.iter().map(|_| graph.add_node(())).collect();
        for (index, (declared, _)) in parts.lets.iter().enumerate() {
            names_in(&declared.value, &mut |name| {
                if let Some(Meaning::Let(used)) = self.names.get(name).map(|symbol| symbol.meaning) {
                    graph.update_edge(nodes[index], nodes[used], ());
                }
            });
        }
        let mut order = Vec::with_capacity(parts.lets.len());
        // Components come so that none uses a later one.
        for mut component in kosaraju_scc(&graph) {
            let single = component[0];
            if component.len() == 1 && graph.find_edge(single, single).is_none() {
                order.push(single.index());
                continue;
            }
            component.sort_unstable();
            self.circle(parts, &component.iter().map(|node| node.index()).collect::<Vec<_>>());
        }
        order
    }

    fn circle(&self, parts: &Parts<'_>, members: &[usize]) {
        let names: Vec<&str> = members.iter().map(|index| parts.lets[*index].0.name.name.as_str()).collect();
        let first = parts.lets[members[0]].0;
        let mut diagnostic = Diagnostic::new(
            Code::Cycle,
            first.name.span,
            match names.as_slice() {
                [one] => format!("`{one}` is defined by itself"),
                many => format!("{} are defined by each other", crate::resolve::list_of(many)),
            },
        )
        .label("needs its own value");
        for index in &members[1..] {
            diagnostic = diagnostic.related(parts.lets[*index].0.name.span, "part of the circle");
        }
        self.report.push(diagnostic.help("a `let` is a value, not a variable: define it by other names"));
    }

    /// Reports uses of steps that have not run by then: those in a circle once for the circle, the others one by one.
    pub(super) fn early_uses(&mut self) {
        if self.early.is_empty() {
            return;
        }
        let early = std::mem::take(&mut self.early);
        let mut graph: DiGraph<(), ()> = DiGraph::new();
        for _ in &self.heads {
            graph.add_node(());
        }
        for (user, used, _) in &early {
            graph.update_edge(NodeIndex::new(user.index()), NodeIndex::new(used.index()), ());
        }
        for (user, used) in self.step_uses.iter().flat_map(|(user, uses)| uses.iter().map(move |used| (user, used))) {
            graph.update_edge(NodeIndex::new(user.index()), NodeIndex::new(used.index()), ());
        }
        let mut component = vec![0usize; self.heads.len()];
        for (number, members) in kosaraju_scc(&graph).into_iter().enumerate() {
            members.iter().for_each(|member| component[member.index()] = number);
        }
        let mut reported: Vec<usize> = Vec::new();
        for (user, used, span) in early {
            let number = component[user.index()];
            match number == component[used.index()] {
                true if reported.contains(&number) => {}
                true => {
                    reported.push(number);
                    self.report_step_circle(user, used, span);
                }
                false => self.report_early(user, used, span),
            }
        }
    }

    fn report_step_circle(&self, user: StepId, used: StepId, span: crate::source::Span) {
        let (user_name, used_name) = (self.step_name(user), self.step_name(used));
        let diagnostic = match user == used {
            true => Diagnostic::new(Code::Cycle, span, format!("the step `{user_name}` needs its own result"))
                .label("used before it is there"),
            false => Diagnostic::new(
                Code::Cycle,
                span,
                format!("the steps `{user_name}` and `{used_name}` wait for each other"),
            )
            .label(format!("`{user_name}` waits for `{used_name}` here"))
            .related(super::declare::span_of(self, used), "which in turn waits for it"),
        };
        self.report.push(diagnostic.help("take one of the two references out"));
    }

    fn report_early(&self, user: StepId, used: StepId, span: crate::source::Span) {
        let (user_name, used_name) = (self.step_name(user), self.step_name(used));
        let in_verification = self.heads[used.index()].verification.is_some();
        let diagnostic = Diagnostic::new(
            Code::UsedBeforeDefined,
            span,
            format!("`{user_name}` uses the result of `{used_name}`, which runs later"),
        )
        .label("not there yet")
        .related(super::declare::span_of(self, used), "runs only here");
        self.report.push(match in_verification {
            true => diagnostic.help("the steps of a verification run after all steps of the plan"),
            false => diagnostic.help(format!("steps run from top to bottom: move `{used_name}` above `{user_name}`")),
        });
    }
}

/// Every name that an expression mentions, variables of comprehensions included.
fn names_in(expr: &Expr, found: &mut dyn FnMut(&str)) {
    match &expr.kind {
        ExprKind::Name(name) => found(name),
        ExprKind::String(literal) => {
            for part in &literal.parts {
                if let StringPart::Expr(inner) = part {
                    names_in(inner, found);
                }
            }
        }
        ExprKind::Field { base, .. } => names_in(base, found),
        ExprKind::Index { base, index } => {
            names_in(base, found);
            names_in(index, found);
        }
        ExprKind::Call { callee, args, .. } => {
            names_in(callee, found);
            args.iter().for_each(|arg| names_in(&arg.value, found));
        }
        ExprKind::List(items) => items.iter().for_each(|item| names_in(item, found)),
        ExprKind::Record(fields) => fields.iter().for_each(|field| names_in(&field.value, found)),
        ExprKind::Unary { operand, .. } => names_in(operand, found),
        ExprKind::Binary { operands, .. } => {
            names_in(&operands.0, found);
            names_in(&operands.1, found);
        }
        ExprKind::If(parts) => {
            names_in(&parts.0, found);
            names_in(&parts.1, found);
            names_in(&parts.2, found);
        }
        ExprKind::Comprehension(inner) => {
            names_in(&inner.element, found);
            names_in(&inner.list, found);
            inner.condition.iter().for_each(|condition| names_in(condition, found));
        }
        ExprKind::Paren(inner) => names_in(inner, found),
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Error => {}
    }
}
