//! Blocks, typed: lists and results of `each`, the conditions of groups, polls, and the calls that gates stand for.

use super::groups::{Block, Guard, PLAN, Pure, PureKind, ScopeId, ScopeKind, Uses};
use super::release::released;
use super::{Checker, Early, Place, error};
use crate::builtin;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::{Call, Each, EachId, Expr, ExprKind, Poll, Step, StepId};
use crate::source::Span;
use crate::syntax::{self, BinaryOp, DurationLit};
use crate::types::Type;
use crate::value::Value;
use smol_str::SmolStr;
use std::sync::Arc;

impl<'a> Checker<'a> {
    /// Types a pure value; gives what it uses, too.
    pub(super) fn pure(&mut self, pure: &Pure<'a>) -> (Expr, Uses) {
        self.place = pure.verification.map_or(Place::Let(pure.scope), Place::Verification);
        self.forget_uses();
        let proven = self.not_null.len();
        self.prove(pure.scope);
        let typed = match (pure.kind, pure.written()) {
            (PureKind::List(each, _), Some(list)) => self.list_of_each(each, list),
            (PureKind::Let(_), Some(value)) => self.expr(released(value)),
            (PureKind::Result(..), Some(value)) => self.expr(value),
            (PureKind::Result(each, declared), None) => self.record_of_steps(each, declared.span),
            (PureKind::Let(_) | PureKind::List(..), None) => error(Span::default()),
        };
        self.not_null.truncate(proven);
        (typed, self.take_uses())
    }

    pub(super) fn forget_uses(&mut self) {
        self.uses.clear();
        self.uses_each.clear();
    }

    /// What was used since it was forgotten.
    pub(super) fn take_uses(&mut self) -> Uses {
        Uses { steps: std::mem::take(&mut self.uses), eaches: std::mem::take(&mut self.uses_each) }.sorted()
    }

    /// What the conditions of the groups around a place prove.
    pub(super) fn prove(&mut self, scope: ScopeId) {
        let conditions: Vec<&syntax::Expr> = self
            .chain(scope)
            .filter_map(|(_, scope)| match scope.kind {
                ScopeKind::When { condition, .. } => Some(condition),
                ScopeKind::Plan | ScopeKind::Each(_) => None,
            })
            .collect();
        conditions.into_iter().rev().for_each(|condition| self.assume_true(condition));
    }

    fn list_of_each(&mut self, each: EachId, list: &syntax::Expr) -> Expr {
        let typed = self.expr(list);
        match self.element(&typed, "`each` goes over a list", "each name = x in (list ?? []) { … }") {
            Some(element) => {
                self.blocks[each.index()].element = element;
                typed
            }
            None => error(typed.span),
        }
    }

    /// What an element gives where no `result` is written: the values of its steps by name.
    fn record_of_steps(&mut self, each: EachId, span: Span) -> Expr {
        let range = self.blocks[each.index()].steps.clone();
        let mut fields = Vec::new();
        for step in (range.start.index()..range.end.index()).map(StepId::new) {
            self.uses.push(step);
            let name = self.heads[step.index()].name.clone();
            fields.push((name, Expr { kind: ExprKind::Step(step), ty: self.type_of_step(step), span }));
        }
        if fields.iter().any(|(_, value)| matches!(value.ty, Type::Error)) {
            return error(span);
        }
        let ty = Type::record(fields.iter().map(|(name, value)| (name.clone(), value.ty.clone())));
        Expr { kind: ExprKind::Record(fields), ty, span }
    }

    /// The conditions of the groups around a step up to its `each` block or the plan, outermost first, each typed once; notes
    /// what they use.
    pub(super) fn guards(&mut self, scope: ScopeId, step: StepId) -> Vec<Expr> {
        let groups: Vec<ScopeId> = self
            .chain(scope)
            .take_while(|(_, scope)| !matches!(scope.kind, ScopeKind::Each(_)))
            .map(|(at, _)| at)
            .collect();
        let mut conditions = Vec::new();
        for at in groups.into_iter().rev() {
            let ScopeKind::When { condition, typed } = self.scopes[at].kind.clone() else { continue };
            let guard = match typed {
                Some(guard) => guard,
                None => self.guard(at, condition, step),
            };
            self.uses.extend(&guard.uses);
            self.uses_each.extend(&guard.uses_each);
            conditions.push(guard.condition);
        }
        conditions
    }

    fn guard(&mut self, at: ScopeId, condition: &'a syntax::Expr, step: StepId) -> Guard {
        let (uses, uses_each) = (std::mem::take(&mut self.uses), std::mem::take(&mut self.uses_each));
        let proven = self.not_null.len();
        // The condition itself stands outside of its group.
        let outside = self.scopes[at].parent;
        self.prove(outside);
        let scope = std::mem::replace(&mut self.heads[step.index()].scope, outside);
        self.place = Place::Step(step);
        let condition = self.expr(condition);
        self.want_bool(&condition);
        self.heads[step.index()].scope = scope;
        self.not_null.truncate(proven);
        let guard = Guard {
            condition,
            uses: std::mem::replace(&mut self.uses, uses),
            uses_each: std::mem::replace(&mut self.uses_each, uses_each),
        };
        if let ScopeKind::When { typed, .. } = &mut self.scopes[at].kind {
            *typed = Some(guard.clone());
        }
        guard
    }

    /// What a step waits for since it stands in an `each` block: the list, and the conditions around the block.
    pub(super) fn use_block(&mut self, each: EachId, step: StepId) {
        let &Block { declared, list, .. } = &self.blocks[each.index()];
        let typed = self.lets[list].clone();
        for used in typed.uses {
            match used < step {
                true => self.uses.push(used),
                false => {
                    let through = Some(declared.name.name.clone());
                    self.early.push(Early { user: step, used, span: declared.list.span, through, by_after: false });
                }
            }
        }
        self.place = Place::Step(step);
        for used in typed.uses_each {
            let name = self.blocks[used.index()].declared.name.name.clone();
            self.note_each(used, declared.list.span, &name);
        }
    }

    /// The `each` blocks, typed, when all steps are.
    pub(super) fn eaches(&mut self, steps: &[Step]) -> Vec<Each> {
        let blocks = self.blocks.clone();
        blocks.iter().enumerate().map(|(index, block)| self.each(EachId::new(index), block, steps)).collect()
    }

    fn each(&mut self, id: EachId, block: &Block<'a>, steps: &[Step]) -> Each {
        let inside = &steps[block.steps.start.index()..block.steps.end.index()];
        let value = |index: usize, span: Span| self.lets[index].value.clone().unwrap_or_else(|| error(span));
        let list = value(block.list, block.declared.list.span);
        let result = value(block.result, block.declared.span);
        let ty = match result.ty {
            Type::Error => Type::Error,
            ref ty => Type::list(ty.clone()),
        };
        let ty = if self.may_be_skipped(block.outer, PLAN) { ty.optional() } else { ty };
        let mut uses: Vec<StepId> = self.lets[block.list].uses.clone();
        let mut uses_each = self.lets[block.list].uses_each.clone();
        uses.extend(self.lets[block.result].uses.iter().chain(inside.iter().flat_map(|step| &step.uses)));
        let later = self.lets[block.result].uses_each.iter().chain(inside.iter().flat_map(|step| &step.uses_each));
        uses_each.extend(later.filter(|used| **used < id));
        let mut uses = Uses { steps: uses, eaches: uses_each };
        self.forget_uses();
        // A block without steps was reported, and there is no step from which its conditions could be seen.
        let guards = match block.steps.is_empty() {
            true => Vec::new(),
            false => self.guards(block.outer, block.steps.start),
        };
        uses.extend(self.take_uses());
        let uses = uses.before(block.steps.start);
        Each {
            name: block.declared.name.name.clone(),
            variable: block.declared.variable.name.clone(),
            list,
            element: block.element.clone(),
            steps: block.steps.clone(),
            result,
            ty,
            when: all_of(guards),
            uses: uses.steps,
            uses_each: uses.eaches,
            span: block.declared.span,
        }
    }

    /// The call that a gate stands for.
    pub(super) fn gate_call(&mut self, id: StepId, gate: &syntax::Gate) -> Call {
        self.place = Place::Step(id);
        let mut fields: Vec<(SmolStr, Expr)> = Vec::new();
        for shown in &gate.shown {
            let value = self.expr(shown);
            match path(shown) {
                Some(name) if fields.iter().all(|(other, _)| *other != name) => fields.push((name, value)),
                Some(name) => self.report.push(
                    Diagnostic::new(Code::DuplicateArgument, shown.span, format!("`{name}` is shown twice"))
                        .label("again"),
                ),
                None => self.report.push(
                    Diagnostic::new(Code::NotConstant, shown.span, "a gate shows values by their names")
                        .label("no name and no field of one")
                        .help("name it before: `let shown = …`"),
                ),
            }
        }
        let ty = Type::record(fields.iter().map(|(name, value)| (name.clone(), value.ty.clone())));
        let text = Expr {
            kind: ExprKind::Constant(Value::string(gate.text.value.as_str())),
            ty: Type::String,
            span: gate.text.span,
        };
        let record = Expr { kind: ExprKind::Record(fields), ty, span: gate.span };
        Call { tool: Arc::new(builtin::gate()), args: vec![Some(text), Some(record)], span: gate.span }
    }

    /// `poll every 30s for 20m until condition`, whose condition is typed already.
    pub(super) fn poll(&self, call: &Call, times: (DurationLit, DurationLit), until: Expr, span: Span) -> Poll {
        let (every, total) = times;
        crate::resolve::check_timeout(&every, self.report);
        crate::resolve::check_timeout(&total, self.report);
        if every.ms > total.ms {
            self.report.push(
                Diagnostic::new(Code::InvalidValue, every.span, "a poll looks more than once")
                    .label("longer than all the time it has")
                    .related(total.span, "the time it has"),
            );
        }
        if !call.tool.is_read_only() && !call.tool.name.is_empty() {
            let message = format!("`{}` may change something, and `poll` makes it again and again", call.tool.name);
            self.report.push(
                Diagnostic::new(Code::NotReadOnly, span, message)
                    .label("only read-only tools can be polled")
                    .related(call.span, "this call has effects")
                    .help("act once in a step of its own, and poll in the next one with a tool that only looks"),
            );
        }
        if call.tool.extracts() {
            self.report.push(
                Diagnostic::new(Code::NotReadOnly, span, "a model is asked once, and `poll` asks again and again")
                    .label("asks until an answer is liked")
                    .related(call.span, "this call asks a model")
                    .help("what the answer must be is its type: `float(min: 0.01)`, `string(pattern: …)`"),
            );
        }
        Poll { every_ms: every.ms, for_ms: total.ms, until }
    }
}

/// Conditions joined by `and`; none: nothing is asked.
pub(super) fn all_of(conditions: Vec<Expr>) -> Option<Expr> {
    conditions.into_iter().reduce(|all, next| {
        let span = next.span;
        Expr { kind: ExprKind::Binary(BinaryOp::And, Box::new((all, next))), ty: Type::Bool, span }
    })
}

/// `a.b.c` for a name or a chain of fields of one.
fn path(expr: &syntax::Expr) -> Option<SmolStr> {
    match &expr.kind {
        syntax::ExprKind::Name(name) => Some(name.clone()),
        syntax::ExprKind::Field(field) => {
            let base = path(&field.base)?;
            Some(smol_str::format_smolstr!("{base}.{}", field.name.name))
        }
        _ => None,
    }
}
