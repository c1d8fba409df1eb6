//! Steps, lets, blocks and inputs ⟶ what they are: digests over what they do and what they depend on, like the hashes of a
//! tree, so that equal parts of two plans are recognised whatever they are called and wherever they stand.
//!
//! An expression's identity is the digest of its form in which each part is replaced by its identity; a `let` is what its
//! expression is. Knows nothing of names but those of inputs, parameters, fields and functions.

use super::IDENTITY_FORMAT;
use super::expr::{ExprForm, Scope, View};
use super::form::{self, StepForm};
use crate::catalogue::Tool;
use crate::digest::Digest;
use crate::plan::{Each, EachId, Expr, ExprKind, Plan, Release, ReleaseKind, Step, StepId};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Serialize, Serializer};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::rc::Rc;

/// The identity of each step, by index.
pub fn identities(plan: &Plan) -> Vec<Digest> {
    let identities = Identities::of(plan);
    plan.step_ids().map(|id| identities.step(id)).collect()
}

/// What the parts of a plan are.
pub struct Identities<'p> {
    plan: &'p Plan,
    known: Known,
    through: Rc<Through>,
    tools: RefCell<FxHashMap<SmolStr, Digest>>,
}

/// What is known so far, by index.
#[derive(Default)]
struct Known {
    inputs: Vec<Digest>,
    lets: Vec<Option<Digest>>,
    steps: Vec<Option<Digest>>,
    heads: Vec<Option<Digest>>,
    blocks: Vec<Option<Digest>>,
}

/// Something that has an identity and may be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Let(usize),
    Step(StepId),
    /// The list and the condition of an `each` block: all that its steps know of it.
    Head(EachId),
    /// A whole `each` block.
    Block(EachId),
}

impl<'p> Identities<'p> {
    /// Those of a plan.
    pub fn of(plan: &'p Plan) -> Identities<'p> {
        Identities::with(plan, |_| None, |_| None)
    }

    /// Those of a plan in which these steps and blocks are taken as what the functions say, whatever they do: whoever
    /// depends on them then differs only by what it does itself.
    pub fn with(
        plan: &'p Plan,
        step: impl Fn(StepId) -> Option<Digest>,
        block: impl Fn(EachId) -> Option<Digest>,
    ) -> Identities<'p> {
        let eaches = (0..plan.eaches.len()).map(EachId::new);
        let known = Known {
            inputs: plan.inputs.iter().map(|input| Digest::of_json(&form::input(input))).collect(),
            lets: vec![None; plan.lets.len()],
            steps: plan.step_ids().map(step).collect(),
            heads: eaches.clone().map(|id| block(id).map(|digest| Digest::of_json(&("head", digest)))).collect(),
            blocks: eaches.map(block).collect(),
        };
        let through = Rc::new(Through::new(plan));
        let mut identities = Identities { plan, known, through: through.clone(), tools: RefCell::default() };
        let lets = (0..plan.lets.len()).map(Part::Let);
        let parts = plan.step_ids().map(Part::Step).chain(lets);
        for part in parts.chain((0..plan.eaches.len()).map(|each| Part::Block(EachId::new(each)))) {
            identities.resolve(part, &through);
        }
        identities
    }

    /// What a step is.
    pub fn step(&self, id: StepId) -> Digest {
        self.known.steps[id.index()].unwrap_or_else(of_own)
    }

    /// What a step is by itself, whatever it is taken as.
    pub fn own(&self, id: StepId) -> Digest {
        self.of_step(id)
    }

    /// What a `let` is, by index.
    pub fn pure(&self, index: usize) -> Digest {
        self.known.lets[index].unwrap_or_else(of_own)
    }

    /// What an `each` block is.
    pub fn block(&self, id: EachId) -> Digest {
        self.known.blocks[id.index()].unwrap_or_else(of_own)
    }

    /// What an expression is that stands in a step, or outside all of them.
    pub fn expr(&self, expr: &Expr, own: Option<StepId>) -> Digest {
        let lets = FxHashMap::default();
        Merkle { all: self, own, own_lets: &lets }.identity(None, expr)
    }

    /// What a tool is: the digest of its definition.
    pub fn tool(&self, tool: &Tool) -> Digest {
        *self.tools.borrow_mut().entry(tool.name.clone()).or_insert_with(|| Digest::of_json(tool.declared()))
    }

    fn is_known(&self, part: Part) -> bool {
        match part {
            Part::Let(index) => self.known.lets[index].is_some(),
            Part::Step(id) => self.known.steps[id.index()].is_some(),
            Part::Head(id) => self.known.heads[id.index()].is_some(),
            Part::Block(id) => self.known.blocks[id.index()].is_some(),
        }
    }

    /// Finds out what a part is, after all that it names. Chains may be long: no recursion.
    fn resolve(&mut self, part: Part, through: &Through) {
        let mut open = vec![(part, false)];
        let mut begun: FxHashSet<Part> = FxHashSet::default();
        while let Some((part, is_ready)) = open.pop() {
            if self.is_known(part) {
                continue;
            }
            if is_ready {
                self.find(part);
            } else if begun.insert(part) {
                open.push((part, true));
                open.extend(through.needs(self.plan, part).into_iter().map(|needed| (needed, false)));
            }
        }
    }

    fn find(&mut self, part: Part) {
        let plan = self.plan;
        match part {
            Part::Let(index) => {
                self.known.lets[index] = Some(self.released(index, self.expr(&plan.lets[index].value, None)));
            }
            Part::Step(id) => self.known.steps[id.index()] = Some(self.of_step(id)),
            Part::Head(id) => self.known.heads[id.index()] = Some(self.of_head(plan.each(id))),
            Part::Block(id) => self.known.blocks[id.index()] = Some(self.of_block(id)),
        }
    }

    fn of_step(&self, id: StepId) -> Digest {
        let own_lets = self.own_lets(id);
        let view = Merkle { all: self, own: Some(id), own_lets: &own_lets };
        let whole = form::step(view, self.plan.get(id));
        let mut after = whole.after;
        after.sort_unstable();
        after.dedup();
        Digest::of_json(&StepIdentity {
            identity: IDENTITY_FORMAT,
            step: StepForm {
                name: None,
                because: None,
                after,
                // That it verifies, or may overlap, is part of what it is; in which block of this kind, is not.
                verification: whole.verification.map(|_| 0),
                together: whole.together.map(|_| 0),
                ..whole
            },
        })
    }

    /// What a `let` is, of which this is the expression: that it is released is part of it, the reason is not.
    fn released(&self, index: usize, value: Digest) -> Digest {
        match &self.plan.lets[index].release {
            None => value,
            Some(Release { kind, reason: _, span: _ }) => Digest::of_json(&ReleaseIdentity { release: *kind, value }),
        }
    }

    /// The lets that are made from the result of a step, as the step itself sees them.
    fn own_lets(&self, id: StepId) -> FxHashMap<usize, Digest> {
        let mut lets = FxHashMap::default();
        for index in self.through.own_lets(self.plan, id) {
            let view = Merkle { all: self, own: Some(id), own_lets: &lets };
            let digest = view.identity(None, &self.plan.lets[index].value);
            lets.insert(index, self.released(index, digest));
        }
        lets
    }

    fn of_head(&self, each: &Each) -> Digest {
        Digest::of_json(&HeadIdentity {
            list: self.expr(&each.list, None),
            when: each.when.as_ref().map(|when| self.expr(when, None)),
        })
    }

    fn of_block(&self, id: EachId) -> Digest {
        let mut steps: Vec<Digest> = self.plan.steps_of(id).map(|step| self.step(step)).collect();
        steps.sort_unstable();
        let each = self.plan.each(id);
        Digest::of_json(&BlockIdentity {
            head: self.known.heads[id.index()].unwrap_or_else(of_own),
            steps,
            result: self.expr(&each.result, None),
        })
    }
}

/// What stands for a step inside itself.
fn of_own() -> Digest {
    Digest::of_json(&"self")
}

#[derive(Serialize)]
struct StepIdentity<'p> {
    identity: u32,
    #[serde(flatten)]
    step: StepForm<'p, Merkle<'p>>,
}

#[derive(Serialize)]
struct ReleaseIdentity {
    release: ReleaseKind,
    value: Digest,
}

#[derive(Serialize)]
struct HeadIdentity {
    list: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<Digest>,
}

#[derive(Serialize)]
struct BlockIdentity {
    head: Digest,
    steps: Vec<Digest>,
    result: Digest,
}

/// Everything by what it is.
#[derive(Clone, Copy)]
struct Merkle<'a> {
    all: &'a Identities<'a>,
    /// The step that is looked at.
    own: Option<StepId>,
    /// The lets that are made from its own result.
    own_lets: &'a FxHashMap<usize, Digest>,
}

impl Merkle<'_> {
    fn identity(self, scope: Scope<'_>, expr: &Expr) -> Digest {
        if let ExprKind::Let(index) = &expr.kind {
            return self.pure(*index);
        }
        Digest::of_json(&ExprForm(self, scope, expr))
    }
}

impl View for Merkle<'_> {
    type Name = Digest;
    type Tool = Digest;

    fn part<S: Serializer>(self, scope: Scope<'_>, expr: &Expr, to: S) -> Result<S::Ok, S::Error> {
        self.identity(scope, expr).serialize(to)
    }

    fn tool(self, tool: &Tool) -> Digest {
        self.all.tool(tool)
    }

    fn input(self, index: usize) -> Digest {
        self.all.known.inputs[index]
    }

    fn pure(self, index: usize) -> Digest {
        self.own_lets.get(&index).copied().unwrap_or_else(|| self.all.pure(index))
    }

    fn step(self, id: StepId) -> Digest {
        if self.own == Some(id) { of_own() } else { self.all.step(id) }
    }

    fn each(self, id: EachId) -> Digest {
        self.all.block(id)
    }

    fn element(self, id: EachId) -> Digest {
        self.all.known.heads[id.index()].unwrap_or_else(of_own)
    }
}

/// Through which lets a step may see its own result: those whose latest step it is.
struct Through {
    latest: Vec<Option<StepId>>,
}

impl Through {
    fn new(plan: &Plan) -> Through {
        let mut latest: Vec<Option<StepId>> = Vec::with_capacity(plan.lets.len());
        for item in &plan.lets {
            let mut step = None;
            names_in(&item.value, &mut |named| {
                step = step.max(match named {
                    Part::Let(index) => latest.get(index).copied().flatten(),
                    Part::Step(id) => Some(id),
                    Part::Block(id) => plan.steps_of(id).next_back(),
                    Part::Head(_) => None,
                });
            });
            latest.push(step);
        }
        Through { latest }
    }

    fn is_own(&self, index: usize, step: StepId) -> bool {
        self.latest[index] == Some(step)
    }

    /// What must be known before a part.
    fn needs(&self, plan: &Plan, part: Part) -> Vec<Part> {
        let mut needed = Vec::new();
        match part {
            Part::Let(index) => names_in(&plan.lets[index].value, &mut |named| needed.push(named)),
            Part::Head(id) => {
                let each = plan.each(id);
                names_in(&each.list, &mut |named| needed.push(named));
                each.when.iter().for_each(|when| names_in(when, &mut |named| needed.push(named)));
            }
            Part::Block(id) => {
                needed.push(Part::Head(id));
                needed.extend(plan.steps_of(id).map(Part::Step));
                names_in(&plan.each(id).result, &mut |named| needed.push(named));
            }
            Part::Step(id) => {
                let step = plan.get(id);
                needed.extend(step.each.map(Part::Head));
                needed.extend(step.after.iter().map(|before| Part::Step(*before)));
                exprs_of(step, &mut |expr| names_in(expr, &mut |named| needed.push(named)));
                for index in self.own_lets(plan, id) {
                    names_in(&plan.lets[index].value, &mut |named| needed.push(named));
                }
                needed.retain(|named| match named {
                    Part::Step(other) => *other != id,
                    Part::Let(index) => !self.is_own(*index, id),
                    Part::Head(_) | Part::Block(_) => true,
                });
            }
        }
        needed
    }

    /// The lets between a step and its own result, each after those it uses.
    fn own_lets(&self, plan: &Plan, id: StepId) -> Vec<usize> {
        let mut found: FxHashSet<usize> = FxHashSet::default();
        let mut open: Vec<usize> = Vec::new();
        let mut note = |named, open: &mut Vec<usize>| {
            if let Part::Let(index) = named
                && self.is_own(index, id)
                && found.insert(index)
            {
                open.push(index);
            }
        };
        exprs_of(plan.get(id), &mut |expr| names_in(expr, &mut |named| note(named, &mut open)));
        while let Some(index) = open.pop() {
            names_in(&plan.lets[index].value, &mut |named| note(named, &mut open));
        }
        let mut lets: Vec<usize> = found.into_iter().collect();
        // They stand in the order of their dependence.
        lets.sort_unstable();
        lets
    }
}

/// Every expression of a step.
fn exprs_of<'p>(step: &'p Step, found: &mut dyn FnMut(&'p Expr)) {
    step.call.args.iter().flatten().for_each(&mut *found);
    step.when.as_deref().into_iter().for_each(&mut *found);
    step.poll.iter().for_each(|poll| found(&poll.until));
    step.expect.iter().for_each(&mut *found);
    step.undo.iter().flat_map(|undo| undo.args.iter().flatten()).for_each(found);
}

/// Everything that an expression names and that has an identity of its own.
fn names_in(expr: &Expr, found: &mut dyn FnMut(Part)) {
    match &expr.kind {
        ExprKind::Let(index) => found(Part::Let(*index)),
        ExprKind::Step(id) => found(Part::Step(*id)),
        ExprKind::Each(id) => found(Part::Block(*id)),
        ExprKind::Element(id) => found(Part::Head(*id)),
        ExprKind::Constant(_)
        | ExprKind::Interpolate(_)
        | ExprKind::Input(_)
        | ExprKind::Local(_)
        | ExprKind::Field { .. }
        | ExprKind::Index { .. }
        | ExprKind::Method { .. }
        | ExprKind::Call(_)
        | ExprKind::List(_)
        | ExprKind::Record(_)
        | ExprKind::Unary(..)
        | ExprKind::Binary(..)
        | ExprKind::If(_)
        | ExprKind::Comprehension(_)
        | ExprKind::As(..) => {}
    }
    expr.parts(&mut |part| names_in(part, found));
}
