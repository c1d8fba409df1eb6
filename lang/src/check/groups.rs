//! Blocks of steps: which there are, and which names are seen where.
//!
//! A `when` group is a condition on each of its steps; inside, their results are there, outside they may be null. The names
//! of an `each` block are seen only inside; outside its own name stands for the list of results. A `together` hides nothing.

use super::{Checker, Early, Meaning, Parts, Place, error};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::{EachId, Expr, ExprKind, StepId};
use crate::source::Span;
use crate::syntax::{self, Item};
use crate::types::Type;
use smol_str::SmolStr;

/// Index of a block.
pub(super) type ScopeId = usize;

/// What stands in no block.
pub(super) const PLAN: ScopeId = 0;

/// A block that names may stand in.
#[derive(Clone, Debug)]
pub(super) struct Scope<'s> {
    /// The block around it.
    pub(super) parent: ScopeId,
    pub(super) kind: ScopeKind<'s>,
}

#[derive(Clone, Debug)]
pub(super) enum ScopeKind<'s> {
    Plan,
    Each(EachId),
    When {
        condition: &'s syntax::Expr,
        /// Once the first step behind it is typed: the condition and what it uses.
        typed: Option<Guard>,
    },
}

/// The condition of a group with what it uses.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    pub(super) condition: Expr,
    pub(super) uses: Vec<StepId>,
    pub(super) uses_each: Vec<EachId>,
}

impl Scope<'_> {
    pub(super) fn plan() -> Self {
        Scope { parent: PLAN, kind: ScopeKind::Plan }
    }
}

/// An `each` block before it is typed.
#[derive(Clone, Debug)]
pub(super) struct Block<'s> {
    pub(super) declared: &'s syntax::Each,
    /// The block around it.
    pub(super) outer: ScopeId,
    /// The type of an element, once its list is typed.
    pub(super) element: Type,
    /// The block that it is.
    inner: ScopeId,
    /// Where its list and its result stand among the pure values.
    pub(super) list: usize,
    pub(super) result: usize,
    /// Its steps.
    pub(super) steps: std::ops::Range<StepId>,
}

/// A pure value.
#[derive(Clone, Copy)]
pub(super) struct Pure<'s> {
    pub(super) kind: PureKind<'s>,
    pub(super) verification: Option<usize>,
    pub(super) scope: ScopeId,
    pub(super) each: Option<EachId>,
}

#[derive(Clone, Copy)]
pub(super) enum PureKind<'s> {
    Let(&'s syntax::Let),
    /// The list of an `each`.
    List(EachId, &'s syntax::Each),
    /// What an element of an `each` gives.
    Result(EachId, &'s syntax::Each),
}

impl<'s> Pure<'s> {
    pub(super) fn of_verification(declared: &'s syntax::Let, verification: usize) -> Pure<'s> {
        Pure { kind: PureKind::Let(declared), verification: Some(verification), scope: PLAN, each: None }
    }

    /// The expression, if one is written.
    pub(super) fn written(&self) -> Option<&'s syntax::Expr> {
        match self.kind {
            PureKind::Let(declared) => Some(&declared.value),
            PureKind::List(_, each) => Some(&each.list),
            PureKind::Result(_, each) => each.result.as_ref().map(|line| &line.value),
        }
    }

    /// The name it is known by.
    pub(super) fn name(&self) -> &'s syntax::Ident {
        match self.kind {
            PureKind::Let(declared) => &declared.name,
            PureKind::List(_, each) | PureKind::Result(_, each) => &each.name,
        }
    }
}

/// A step before it is typed.
pub(super) struct Part<'s> {
    pub(super) source: StepSource<'s>,
    pub(super) verification: Option<usize>,
    pub(super) scope: ScopeId,
    pub(super) each: Option<EachId>,
    pub(super) together: Option<u32>,
}

#[derive(Clone, Copy)]
pub(super) enum StepSource<'s> {
    Step(&'s syntax::Step),
    /// A gate with its number in the plan, from 1.
    Gate(&'s syntax::Gate, usize),
}

impl<'s> Part<'s> {
    pub(super) fn of_verification(step: &'s syntax::Step, verification: usize) -> Part<'s> {
        let source = StepSource::Step(step);
        Part { source, verification: Some(verification), scope: PLAN, each: None, together: None }
    }
}

/// What an expression uses.
#[derive(Default)]
pub(super) struct Uses {
    pub(super) steps: Vec<StepId>,
    pub(super) eaches: Vec<EachId>,
}

impl Uses {
    pub(super) fn extend(&mut self, other: Uses) {
        self.steps.extend(other.steps);
        self.eaches.extend(other.eaches);
    }

    /// Sorted, each once.
    pub(super) fn sorted(mut self) -> Uses {
        self.steps.sort_unstable();
        self.steps.dedup();
        self.eaches.sort_unstable();
        self.eaches.dedup();
        self
    }

    /// The same without what is not before a step.
    pub(super) fn before(self, step: StepId) -> Uses {
        let mut uses = self.sorted();
        uses.steps.retain(|used| *used < step);
        uses
    }
}

/// Where an item stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Within {
    each: Option<EachId>,
    together: Option<u32>,
}

// Declaring.
impl<'a> Checker<'a> {
    /// Sorts an item of a plan or of a block, and all within it.
    pub(super) fn group_item(&mut self, item: &'a Item, scope: ScopeId, within: Option<Within>, parts: &mut Parts<'a>) {
        let within = within.unwrap_or_default();
        let Within { each, together } = within;
        match item {
            Item::Let(declared) => {
                parts.lets.push(Pure { kind: PureKind::Let(declared), verification: None, scope, each });
            }
            Item::Step(step) => {
                let source = StepSource::Step(step);
                parts.steps.push(Part { source, verification: None, scope, each, together });
            }
            Item::Gate(gate) => {
                parts.gates += 1;
                let source = StepSource::Gate(gate, parts.gates);
                parts.steps.push(Part { source, verification: None, scope, each, together });
            }
            Item::Together(block) => {
                let together = Some(parts.togethers);
                parts.togethers += 1;
                self.items(&block.items, block.body, scope, Within { together, ..within }, parts);
            }
            Item::When(group) => {
                let inner = self.scope(scope, ScopeKind::When { condition: &group.condition, typed: None });
                self.items(&group.items, group.body, inner, within, parts);
            }
            Item::Each(declared) => self.declare_each(declared, scope, within, parts),
            Item::Rationale(_)
            | Item::Context(_)
            | Item::Input(_)
            | Item::Assume(_)
            | Item::Critical(_)
            | Item::Reuse(_)
            | Item::Verify(_)
            | Item::Output(_)
            | Item::Type(_) => {}
        }
    }

    fn items(&mut self, items: &'a [Item], body: Span, scope: ScopeId, within: Within, parts: &mut Parts<'a>) {
        let before = parts.steps.len();
        items.iter().for_each(|item| self.group_item(item, scope, Some(within), parts));
        // Of a block within this one that has no step either, the same was said.
        let is_said = items.iter().any(|item| matches!(item, Item::Together(_) | Item::When(_) | Item::Each(_)));
        if parts.steps.len() == before && !is_said && self.understood {
            let brace = Span::new(body.start, body.start + 1);
            self.report.push(
                Diagnostic::new(Code::NoSteps, brace, "this block does nothing")
                    .label("has no step")
                    .help("a block has at least one step: `step name = tool(argument: value)`"),
            );
        }
    }

    fn declare_each(&mut self, declared: &'a syntax::Each, outer: ScopeId, within: Within, parts: &mut Parts<'a>) {
        let id = EachId::new(self.blocks.len());
        let inner = self.scope(outer, ScopeKind::Each(id));
        let (list, result) = (parts.lets.len(), parts.lets.len() + 1);
        let kinds = [(PureKind::List(id, declared), outer), (PureKind::Result(id, declared), inner)];
        parts.lets.extend(kinds.map(|(kind, scope)| Pure { kind, verification: None, scope, each: None }));
        let first = StepId::new(parts.steps.len());
        self.blocks.push(Block { declared, outer, element: Type::Error, inner, list, result, steps: first..first });
        self.items(&declared.items, declared.body, inner, Within { each: Some(id), ..within }, parts);
        self.blocks[id.index()].steps.end = StepId::new(parts.steps.len());
    }

    fn scope(&mut self, parent: ScopeId, kind: ScopeKind<'a>) -> ScopeId {
        self.scopes.push(Scope { parent, kind });
        self.scopes.len() - 1
    }

    /// Declares the names of the blocks, and looks at those of their elements.
    pub(super) fn declare_blocks(&mut self) {
        for index in 0..self.blocks.len() {
            let &Block { declared, outer, .. } = &self.blocks[index];
            self.name(&declared.name, Meaning::Each(EachId::new(index)), None, outer);
        }
    }

    /// The variables of the blocks must not hide a name.
    pub(super) fn check_variables(&mut self) {
        for index in 0..self.blocks.len() {
            let &Block { declared, outer, .. } = &self.blocks[index];
            self.place = Place::Let(outer);
            self.report_shadowing(&declared.variable);
        }
    }
}

// Seeing.
impl<'a> Checker<'a> {
    /// The blocks around a place, from the inside out, without the plan itself.
    pub(super) fn chain(&self, scope: ScopeId) -> impl Iterator<Item = (ScopeId, &Scope<'a>)> {
        let next = |at: &ScopeId| (*at != PLAN).then(|| self.scopes[*at].parent);
        std::iter::successors(Some(scope), next).filter(|at| *at != PLAN).map(|at| (at, &self.scopes[at]))
    }

    /// The block that the expression at hand stands in.
    fn here(&self) -> ScopeId {
        match self.place {
            Place::Let(scope) => scope,
            Place::Step(step) | Place::OwnResult(step) => self.heads[step.index()].scope,
            Place::Assumption | Place::Verification(_) | Place::Output => PLAN,
        }
    }

    /// The `each` block around a place whose element has this name.
    pub(super) fn block_around(&self, scope: ScopeId, name: &str) -> Option<&Block<'a>> {
        self.chain(scope).find_map(|(_, scope)| match scope.kind {
            ScopeKind::Each(each) => {
                Some(&self.blocks[each.index()]).filter(|block| block.declared.variable.name == name)
            }
            ScopeKind::Plan | ScopeKind::When { .. } => None,
        })
    }

    /// The `each` block around the expression at hand whose element has this name.
    pub(super) fn block_of(&self, name: &str) -> Option<&Block<'a>> {
        self.block_around(self.here(), name)
    }

    /// What the name of an element stands for inside its block.
    pub(super) fn element_named(&mut self, name: &SmolStr, span: Span) -> Option<Expr> {
        let block = self.block_of(name)?.clone();
        let ScopeKind::Each(each) = self.scopes[block.inner].kind else { return None };
        let typed = &self.lets[block.list];
        self.uses.extend(&typed.uses);
        self.uses_each.extend(&typed.uses_each);
        let ty = block.element.clone();
        Some(match ty {
            Type::Error => error(span),
            ty => Expr { kind: ExprKind::Element(each), ty, span },
        })
    }

    /// Whether what stands in a block is seen from the expression at hand: from within all `each` blocks around it.
    pub(super) fn is_seen(&self, scope: ScopeId) -> bool {
        let here = self.here();
        let mut blocks = self.chain(scope).filter(|(_, scope)| matches!(scope.kind, ScopeKind::Each(_)));
        blocks.all(|(block, _)| self.chain(here).any(|(at, _)| at == block))
    }

    /// The outermost block that hides a `let` declared in `scope` from the expression at hand.
    pub(super) fn hidden_scope(&self, scope: ScopeId) -> Option<ScopeId> {
        let here: Vec<ScopeId> = self.chain(self.here()).map(|(at, _)| at).collect();
        self.chain(scope).map(|(at, _)| at).filter(|at| !here.contains(at)).last()
    }

    /// The `each` block that hides a step from the expression at hand.
    pub(super) fn hidden_block(&self, step: StepId) -> Option<ScopeId> {
        let scope = self.heads[step.index()].scope;
        if scope == PLAN {
            return None;
        }
        let here = self.here();
        let is_around = |wanted: ScopeId| self.chain(here).any(|(at, _)| at == wanted);
        let is_each = |scope: &Scope<'_>| matches!(scope.kind, ScopeKind::Each(_));
        self.chain(scope).find(|(at, scope)| is_each(scope) && !is_around(*at)).map(|(at, _)| at)
    }

    /// The diagnostic for a name that is used outside its block.
    pub(super) fn out_of_block(&self, name: &str, span: Span, scope: ScopeId) -> Diagnostic {
        match &self.scopes[scope].kind {
            ScopeKind::Each(each) => {
                let block = &self.blocks[each.index()].declared.name.name;
                let message = format!("`{name}` has a value for each element of `{block}`");
                Diagnostic::new(Code::NameNotAllowedHere, span, message)
                    .label("outside its block it is no single value")
                    .help(format!("use the list of results, `{block}`; `result` says what it holds of each element"))
            }
            ScopeKind::Plan | ScopeKind::When { .. } => {
                Diagnostic::new(Code::NameNotAllowedHere, span, format!("`{name}` belongs to a `when` group"))
                    .label("not there where the group does not run")
                    .help("put the `let` before the group")
            }
        }
    }

    /// The type of a step's result as the expression at hand sees it: groups that it does not stand in may be skipped.
    pub(super) fn type_of_step(&self, step: StepId) -> Type {
        let head = &self.heads[step.index()];
        match self.may_be_skipped(head.scope, self.here()) {
            true => head.ty.clone().optional(),
            false => head.ty.clone(),
        }
    }

    /// Whether a `when` group around `scope`, up to the block that is seen from `here`, need not run.
    pub(super) fn may_be_skipped(&self, scope: ScopeId, here: ScopeId) -> bool {
        if scope == PLAN {
            return false;
        }
        let around: Vec<ScopeId> = self.chain(here).map(|(at, _)| at).collect();
        self.chain(scope)
            .take_while(|(_, scope)| !matches!(scope.kind, ScopeKind::Each(_)))
            .any(|(at, scope)| matches!(scope.kind, ScopeKind::When { .. }) && !around.contains(&at))
    }

    /// The type of a step's result where it is seen from outside of all groups.
    pub(super) fn type_of_step_outside(&self, step: StepId) -> Type {
        let head = &self.heads[step.index()];
        match self.may_be_skipped(head.scope, PLAN) {
            true => head.ty.clone().optional(),
            false => head.ty.clone(),
        }
    }

    /// The steps of an `each` block.
    pub(super) fn steps_of(&self, each: EachId) -> std::ops::Range<StepId> {
        self.blocks[each.index()].steps.clone()
    }

    /// The results of an `each` block, by its name.
    pub(super) fn use_each(&mut self, each: EachId, name: &str, span: Span) -> Expr {
        let &Block { outer, result, .. } = &self.blocks[each.index()];
        if !self.note_each(each, span, name) {
            return error(span);
        }
        let ty = match self.lets[result].value.as_ref().map(|result| &result.ty) {
            None | Some(Type::Error) => return error(span),
            Some(ty) => Type::list(ty.clone()),
        };
        let ty = if self.may_be_skipped(outer, self.here()) { ty.optional() } else { ty };
        Expr { kind: ExprKind::Each(each), ty, span }
    }

    /// Notes that the expression at hand uses the results of a block; false when it may not, which is reported.
    pub(super) fn note_each(&mut self, each: EachId, span: Span, name: &str) -> bool {
        let last = self.blocks[each.index()].steps.end.index().checked_sub(1).map(StepId::new);
        match self.place {
            Place::Assumption => {
                self.report.push(
                    Diagnostic::new(
                        Code::NameNotAllowedHere,
                        span,
                        "an assumption is about the world before the plan: it can use no step",
                    )
                    .label(format!("`{name}` is made by steps")),
                );
                false
            }
            Place::Step(user) | Place::OwnResult(user) if self.steps_of(each).contains(&user) => {
                let block = self.blocks[each.index()].declared;
                self.report.push(
                    Diagnostic::new(
                        Code::Cycle,
                        span,
                        format!("the block `{}` needs its own results", block.name.name),
                    )
                    .label("not there before every element is done")
                    .related(block.name.span, "the block that this stands in")
                    .help("elements know nothing of each other: put what needs all results behind the block"),
                );
                false
            }
            Place::Step(user) | Place::OwnResult(user) => match last {
                Some(used) if used >= user => {
                    let through = Some(SmolStr::new(name));
                    self.early.push(Early { user, used, span, through, by_after: false });
                    false
                }
                Some(_) | None => {
                    self.uses_each.push(each);
                    true
                }
            },
            Place::Let(_) | Place::Output | Place::Verification(_) => {
                self.uses_each.push(each);
                true
            }
        }
    }
}
