//! A plan ⟶ what each step depends on in meaning: what it uses, what it says it comes after, gates and polls before it, and
//! what it touches of that which an earlier step changes.
//!
//! The graph of [`crate::order`] says when a step may start, with as few edges as that takes. This says what a step would
//! miss if an earlier one were not there, completely.

use crate::effects::{Resource, meet};
use crate::eval::Env;
use crate::plan::{Call, Expr, ExprKind, Plan, StepId};
use crate::reach::{reach, server};
use crate::syntax::EffectVerb;
use std::collections::BTreeSet;

/// The most steps of a plan whose dependencies are told: each is compared with all before it.
pub const MAX_DEPENDING: usize = 2000;

type Touches = Vec<(EffectVerb, Resource)>;

/// What the steps of a plan depend on.
pub struct Dependencies<'p> {
    plan: &'p Plan,
    touches: Vec<Touches>,
}

impl<'p> Dependencies<'p> {
    /// Of a plan; none: it has more than [`MAX_DEPENDING`] steps.
    pub fn of(plan: &'p Plan) -> Option<Dependencies<'p>> {
        if plan.steps.len() > MAX_DEPENDING {
            return None;
        }
        let mut env = Env::of_text(plan);
        let touches = plan.steps.iter().map(|step| touched(&step.call, &mut env)).collect();
        Some(Dependencies { plan, touches })
    }

    /// The earlier steps that a step depends on directly.
    pub fn step(&self, id: StepId) -> BTreeSet<StepId> {
        let step = self.plan.get(id);
        let block = step.each.map(|each| self.plan.each(each));
        let mut found: BTreeSet<StepId> = step.uses.iter().chain(&step.after).copied().collect();
        found.extend(block.iter().flat_map(|each| &each.uses));
        let blocks = step.uses_each.iter().chain(block.iter().flat_map(|each| &each.uses_each));
        found.extend(blocks.flat_map(|each| self.plan.steps_of(*each)));
        // A gate is a question: what it shows it uses, and it touches nothing.
        let own = if step.is_gate { &[][..] } else { &self.touches[id.index()] };
        found.extend((0..id.index()).map(StepId::new).filter(|before| {
            let other = self.plan.get(*before);
            other.holds_up() || meet(&self.touches[before.index()], own)
        }));
        found.remove(&id);
        found
    }

    /// The steps that an expression depends on: those whose results it uses, also through lets, and those that change what its
    /// calls look at.
    pub fn expr(&self, expr: &'p Expr) -> BTreeSet<StepId> {
        let mut found = BTreeSet::new();
        let mut lets = BTreeSet::new();
        let mut env = Env::of_text(self.plan);
        self.collect(expr, &mut env, &mut found, &mut lets);
        found
    }

    fn collect(&self, expr: &'p Expr, env: &mut Env<'p>, found: &mut BTreeSet<StepId>, lets: &mut BTreeSet<usize>) {
        match &expr.kind {
            ExprKind::Step(step) => {
                found.insert(*step);
            }
            ExprKind::Each(each) | ExprKind::Element(each) => found.extend(self.plan.steps_of(*each)),
            ExprKind::Let(index) if lets.insert(*index) => {
                self.collect(&self.plan.lets[*index].value, env, found, lets);
            }
            ExprKind::Call(call) => {
                let own = touched(call, env);
                let all = self.plan.step_ids().filter(|id| meet(&self.touches[id.index()], &own));
                found.extend(all);
            }
            _ => {}
        }
        let mut parts = Vec::new();
        expr.parts(&mut |part| parts.push(part));
        parts.into_iter().for_each(|part| self.collect(part, env, found, lets));
    }
}

/// What a call touches; one whose arguments cannot be computed may touch anything.
fn touched(call: &Call, env: &mut Env<'_>) -> Touches {
    let own = reach(call, env).unwrap_or_else(|| vec![(EffectVerb::Writes, Resource::Everything)]);
    own.into_iter().chain(server(call)).collect()
}
