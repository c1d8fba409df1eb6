//! Pure values in the order of their dependence; circles are reported.

use super::{Checker, Early, Meaning, Parts, Pure, PureKind, Symbol};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::Step;
use crate::syntax::{Expr, ExprKind, StringPart};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// The most members of a circle, after the first, that a message shows.
const MAX_SHOWN: usize = 8;

impl<'a> Checker<'a> {
    /// Types all lets, each after those it uses. From here on they stand in that order.
    pub(super) fn lets(&mut self, parts: &mut Parts<'a>) {
        let typed = self.sort_lets(parts);
        for (index, pure) in parts.lets[..typed].iter().enumerate() {
            let (value, uses) = self.pure(pure);
            let release = match pure.kind {
                PureKind::Let(declared) => self.release(&declared.value),
                PureKind::List(..) | PureKind::Result(..) => None,
            };
            let typed = &mut self.lets[index];
            typed.release = release;
            typed.value = Some(value);
            typed.uses = uses.steps;
            typed.uses_each = uses.eaches;
        }
    }

    /// Puts each `let` behind those it uses and keeps the order of the text otherwise; those in circles come last and are
    /// reported. Gives how many are in no circle.
    fn sort_lets(&mut self, parts: &mut Parts<'a>) -> usize {
        let used: Vec<Vec<usize>> = parts.lets.iter().map(|pure| self.lets_in(pure)).collect();
        let circular = self.circles(parts, &used);
        let mut order = depth_first(&used);
        order.sort_by_key(|index| circular[*index]);
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(to, from)| place[*from] = to);
        parts.lets = order.iter().map(|index| parts.lets[*index]).collect();
        let mut rank = 0;
        for (index, pure) in parts.lets.iter().enumerate() {
            let PureKind::Let(declared) = pure.kind else { continue };
            self.lets[index].rank = rank;
            rank += 1;
            if let Some(Symbol { meaning: Meaning::Let(index), span, .. }) = self.names.get_mut(&declared.name.name)
                && *span == declared.name.span
            {
                *index = place[*index];
            }
        }
        for block in &mut self.blocks {
            block.list = place[block.list];
            block.result = place[block.result];
        }
        circular.iter().filter(|circular| !**circular).count()
    }

    /// The lets, lists and results of blocks that a pure value uses.
    fn lets_in(&self, pure: &Pure<'_>) -> Vec<usize> {
        let mut used = Vec::new();
        let Some(value) = pure.written() else { return used };
        names_in(value, &mut Vec::new(), &mut |name| {
            if let Some(block) = self.block_around(pure.scope, name) {
                used.push(block.list);
                return;
            }
            match self.names.get(name).map(|symbol| symbol.meaning) {
                Some(Meaning::Let(index)) => used.push(index),
                Some(Meaning::Each(each)) => used.push(self.blocks[each.index()].result),
                Some(Meaning::Input(_) | Meaning::Step(_)) | None => {}
            }
        });
        used
    }

    /// Reports lets that are defined by each other; gives for each whether it is one of them.
    fn circles(&self, parts: &Parts<'_>, used: &[Vec<usize>]) -> Vec<bool> {
        let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(used.len(), used.len());
        let nodes: Vec<NodeIndex> = used.iter().map(|_| graph.add_node(())).collect();
        for (user, used) in used.iter().enumerate() {
            used.iter().for_each(|used| {
                graph.add_edge(nodes[user], nodes[*used], ());
            });
        }
        let mut circular = vec![false; used.len()];
        for component in kosaraju_scc(&graph) {
            let single = component[0];
            if component.len() == 1 && graph.find_edge(single, single).is_none() {
                continue;
            }
            let mut members: Vec<usize> = component.iter().map(|node| node.index()).collect();
            members.sort_unstable();
            members.iter().for_each(|index| circular[*index] = true);
            self.circle(parts, &members);
        }
        circular
    }

    fn circle(&self, parts: &Parts<'_>, members: &[usize]) {
        let names: Vec<&str> = members.iter().map(|index| parts.lets[*index].name().name.as_str()).collect();
        let first = parts.lets[members[0]].name();
        let mut diagnostic = Diagnostic::new(
            Code::Cycle,
            first.span,
            match names.as_slice() {
                [one] => format!("`{one}` is defined by itself"),
                [first, rest @ ..] if rest.len() > MAX_SHOWN => {
                    format!("`{first}` and {} others are defined by each other", rest.len())
                }
                many => format!("{} are defined by each other", crate::resolve::list_of(many)),
            },
        )
        .label("needs its own value");
        for index in members[1..].iter().take(MAX_SHOWN) {
            diagnostic = diagnostic.related(parts.lets[*index].name().span, "part of the circle");
        }
        self.report.push(diagnostic.help("a `let` is a value, not a variable: define it by other names"));
    }

    /// Reports uses of steps that have not run by then: those in a circle once for the circle, the others one by one.
    pub(super) fn early_uses(&mut self, steps: &[Step]) {
        if self.early.is_empty() {
            return;
        }
        let early = std::mem::take(&mut self.early);
        let mut graph: DiGraph<(), ()> = DiGraph::new();
        for _ in &self.heads {
            graph.add_node(());
        }
        for Early { user, used, .. } in &early {
            graph.add_edge(NodeIndex::new(user.index()), NodeIndex::new(used.index()), ());
        }
        for (user, step) in steps.iter().enumerate() {
            for used in &step.uses {
                graph.add_edge(NodeIndex::new(user), NodeIndex::new(used.index()), ());
            }
        }
        let mut component = vec![0usize; self.heads.len()];
        for (number, members) in kosaraju_scc(&graph).into_iter().enumerate() {
            members.iter().for_each(|member| component[member.index()] = number);
        }
        let mut reported: Vec<usize> = Vec::new();
        for early in early {
            let number = component[early.user.index()];
            match number == component[early.used.index()] {
                true if reported.contains(&number) => {}
                true => {
                    reported.push(number);
                    self.report_step_circle(&early);
                }
                false => self.report_early(&early),
            }
        }
    }

    fn report_step_circle(&self, early: &Early) {
        let (user, used) = (self.step_name(early.user), self.step_name(early.used));
        let diagnostic = match early.user == early.used {
            true => Diagnostic::new(
                Code::Cycle,
                early.span,
                match early.by_after {
                    true => format!("the step `{user}` waits for itself"),
                    false => format!("the step `{user}` needs its own result"),
                },
            )
            .label(match &early.through {
                Some(through) => format!("`{through}` is not there before the step has run"),
                None => "not there before the step has run".to_owned(),
            })
            .help(match early.by_after {
                true => "take the name out",
                false => "only `expect` and `undo` of a step may use its result",
            }),
            false => {
                Diagnostic::new(Code::Cycle, early.span, format!("the steps `{user}` and `{used}` wait for each other"))
                    .label(format!("`{user}` waits for `{used}` here"))
                    .related(super::declare::span_of(self, early.used), "which in turn waits for it")
                    .help("take one of the two references out")
            }
        };
        self.report.push(diagnostic);
    }

    fn report_early(&self, early: &Early) {
        let (user, used) = (self.step_name(early.user), self.step_name(early.used));
        let in_verification = self.heads[early.used.index()].verification.is_some();
        let diagnostic = Diagnostic::new(
            Code::UsedBeforeDefined,
            early.span,
            match early.by_after {
                true => format!("`{user}` is to run after `{used}`, which stands below it"),
                false => format!("`{user}` uses the result of `{used}`, which runs later"),
            },
        )
        .label(match &early.through {
            Some(through) => format!("`{through}` is made from `{used}`"),
            None => "not there yet".to_owned(),
        })
        .related(super::declare::span_of(self, early.used), "runs only here");
        self.report.push(match in_verification {
            true => diagnostic.help("the steps of a verification run after all steps of the plan"),
            false => diagnostic.help(format!("steps run from top to bottom: move `{used}` above `{user}`")),
        });
    }
}

/// All indices, each behind those it uses, otherwise from the first to the last. Chains may be long: no recursion.
fn depth_first(used: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(used.len());
    let mut seen = vec![false; used.len()];
    for start in 0..used.len() {
        let mut open: Vec<(usize, usize)> = Vec::new();
        if !std::mem::replace(&mut seen[start], true) {
            open.push((start, 0));
        }
        while let Some((index, next)) = open.last_mut() {
            match used[*index].get(*next) {
                Some(deeper) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[*deeper], true) {
                        open.push((*deeper, 0));
                    }
                }
                None => {
                    order.push(*index);
                    open.pop();
                }
            }
        }
    }
    order
}

/// Every name that an expression mentions, but for the variables of comprehensions (`bound`).
fn names_in<'e>(expr: &'e Expr, bound: &mut Vec<&'e str>, found: &mut dyn FnMut(&str)) {
    match &expr.kind {
        ExprKind::Name(name) if bound.contains(&name.as_str()) => {}
        ExprKind::Name(name) => found(name),
        ExprKind::String(literal) => {
            for part in &literal.parts {
                if let StringPart::Expr(inner) = part {
                    names_in(inner, bound, found);
                }
            }
        }
        ExprKind::Field(field) => names_in(&field.base, bound, found),
        ExprKind::Index { base, index } => {
            names_in(base, bound, found);
            names_in(index, bound, found);
        }
        ExprKind::Call(call) => {
            names_in(&call.callee, bound, found);
            call.args.iter().for_each(|arg| names_in(&arg.value, bound, found));
        }
        ExprKind::List(items) => items.iter().for_each(|item| names_in(item, bound, found)),
        ExprKind::Record(fields) => fields.iter().for_each(|field| names_in(&field.value, bound, found)),
        ExprKind::Unary { operand, .. } => names_in(operand, bound, found),
        ExprKind::Binary { operands, .. } => {
            names_in(&operands.0, bound, found);
            names_in(&operands.1, bound, found);
        }
        ExprKind::If(parts) => {
            names_in(&parts.0, bound, found);
            names_in(&parts.1, bound, found);
            names_in(&parts.2, bound, found);
        }
        ExprKind::Comprehension(inner) => {
            names_in(&inner.list, bound, found);
            bound.push(&inner.variable.name);
            names_in(&inner.element, bound, found);
            inner.condition.iter().for_each(|condition| names_in(condition, bound, found));
            inner.order.iter().for_each(|key| names_in(&key.value, bound, found));
            bound.pop();
        }
        ExprKind::Paren(inner) | ExprKind::As(inner, _) => names_in(inner, bound, found),
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Duration(_)
        | ExprKind::Type(_)
        | ExprKind::Error => {}
    }
}
