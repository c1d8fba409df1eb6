//! What is recorded of a run ⟶ what names stand for in its expressions, in a block those of an element too, as a run finds them. What is secret
//! is not known.

use super::bound::BoundPart;
use crate::event::LateValue;
use crate::run::{list_id, release_id, value_of};
use crate::state::{BlockState, RunState};
use planc_lang::eval::{Env, NoCalls, eval};
use planc_lang::plan::{EachId, Instance, Plan, ReleaseKind, StepId};
use planc_lang::releases;
use planc_lang::value::{Value, is_wholly_known};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What names stand for.
pub(super) struct Names<'a> {
    plan: &'a Plan,
    /// By index; what is secret is not known.
    inputs: Vec<Value>,
    /// What people answer for with their approval, by name.
    releases: &'a [(String, Value)],
    /// The blocks that have begun: they keep what they began with.
    begun: RefCell<BTreeMap<EachId, Begun>>,
}

/// What a block stands for.
struct Begun {
    /// Its elements, as they follow from what is recorded.
    list: Value,
    /// The same as far as a person has seen them.
    seen: Value,
    /// Its results, once it has ended.
    results: Option<Value>,
}

impl<'a> Names<'a> {
    pub(super) fn new(plan: &'a Plan, bound: &'a BoundPart) -> Names<'a> {
        let begun = RefCell::default();
        Names { plan, inputs: bound.open_inputs(plan), releases: &bound.releases, begun }
    }

    /// As far as somebody has answered for it: no result is known. Of an element, as far as its list was seen.
    pub(super) fn seen(&self, state: &RunState, instance: Option<Instance>) -> Env<'a> {
        let mut env = Env::new(self.plan, self.inputs.clone());
        self.pin(&mut env, state, None);
        if let Some((each, element)) = instance.and_then(|instance| self.place(instance)) {
            let item = self.item(each, element, |begun| &begun.seen);
            self.enter(&mut env, state, instance, each, item);
        }
        env
    }

    /// With the results of all that has ended.
    pub(super) fn ended(&self, state: &RunState) -> Env<'a> {
        let all: Vec<EachId> = (0..self.plan.eaches.len()).map(EachId::new).collect();
        self.with_results(state, self.plan.step_ids(), all.iter())
    }

    /// With the results that a step uses: in a block those of its element too.
    pub(super) fn recorded(&self, instance: Instance, state: &RunState) -> Env<'a> {
        let step = self.plan.get(instance.step);
        let Some((each, element)) = self.place(instance) else {
            return self.with_results(state, step.uses.iter().copied(), step.uses_each.iter());
        };
        let block = self.plan.each(each);
        let mut env = self.with_results(state, block.uses.iter().copied(), block.uses_each.iter());
        let item = self.item(each, element, |begun| &begun.list);
        self.enter(&mut env, state, Some(instance), each, item);
        self.set_results_of(&mut env, state, each, element);
        env
    }

    /// A block begins with this list.
    pub(super) fn begin(&self, each: EachId, list: Value, state: &RunState) {
        let agreed = state.agreed.get(&list_id(&self.plan.each(each).name)).filter(|late| late.commitment.is_none());
        let seen = match agreed {
            Some(late) => late.value.clone(),
            None => self.list(each, &mut self.seen(state, None)),
        };
        self.begun.borrow_mut().entry(each).or_insert(Begun { list, seen, results: None });
    }

    /// A block ends: its results are what they are by now.
    pub(super) fn end(&self, each: EachId, state: &RunState) {
        let block = self.plan.each(each);
        let open = |begun: &&Begun| begun.results.is_none();
        let count = self.begun.borrow().get(&each).filter(open).and_then(|begun| Some(begun.list.as_list()?.len()));
        let Some(count) = count else { return };
        let (mut env, mut results) = (self.ended(state), Vec::new());
        for element in 0..count as u32 {
            let instance = Instance { step: block.steps.start, element: Some(element) };
            let item = self.item(each, element, |begun| &begun.list);
            self.enter(&mut env, state, Some(instance), each, item);
            self.set_results_of(&mut env, state, each, element);
            let result = eval(&block.result, &mut env, &mut NoCalls);
            results.push(result.unwrap_or_else(|_| Value::Unknown(block.result.ty.clone())));
        }
        if let Some(begun) = self.begun.borrow_mut().get_mut(&each) {
            begun.results = Some(Value::list(results));
        }
    }

    /// The elements of a block by what names stand for.
    pub(super) fn list(&self, each: EachId, env: &mut Env<'_>) -> Value {
        let list = &self.plan.each(each).list;
        eval(list, env, &mut NoCalls).unwrap_or_else(|_| Value::Unknown(list.ty.clone()))
    }

    /// What a person has answered for with the approval, by what it is told apart.
    pub(super) fn approved(&self, id: &str) -> Option<&'a Value> {
        let name = id.strip_prefix("let ")?;
        let found = self.releases.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value).filter(|value| is_wholly_known(value))
    }

    fn place(&self, instance: Instance) -> Option<(EachId, u32)> {
        Some((self.plan.get(instance.step).each?, instance.element?))
    }

    fn item(&self, each: EachId, element: u32, list: impl Fn(&Begun) -> &Value) -> Value {
        let begun = self.begun.borrow();
        let item = begun.get(&each).and_then(|begun| list(begun).as_list()?.get(element as usize).cloned());
        item.unwrap_or_else(|| Value::Unknown(self.plan.each(each).element_type()))
    }

    fn with_results<'e>(
        &self,
        state: &RunState,
        steps: impl Iterator<Item = StepId>,
        blocks: impl Iterator<Item = &'e EachId>,
    ) -> Env<'a> {
        let mut env = self.seen(state, None);
        for step in steps.filter(|step| self.plan.get(*step).each.is_none()) {
            if let Some(value) = state.get(Instance { step, element: None }).and_then(value_of) {
                env.set_step(step, value);
            }
        }
        for each in blocks {
            let value = match state.block(*each) {
                Some(BlockState::Skipped { .. }) => Some(Value::Null),
                Some(BlockState::Ended { .. }) => self.begun.borrow().get(each).and_then(|begun| begun.results.clone()),
                None | Some(BlockState::Waiting | BlockState::Open { .. } | BlockState::Failed { .. }) => None,
            };
            value.into_iter().for_each(|value| env.set_each(*each, value));
        }
        env
    }

    fn enter(&self, env: &mut Env<'_>, state: &RunState, instance: Option<Instance>, each: EachId, item: Value) {
        env.enter(each, item);
        self.pin(env, state, instance.map(|instance| (each, instance)));
    }

    fn set_results_of(&self, env: &mut Env<'_>, state: &RunState, each: EachId, element: u32) {
        for step in self.plan.steps_of(each) {
            if let Some(value) = state.get(Instance { step, element: Some(element) }).and_then(value_of) {
                env.set_step(step, value);
            }
        }
    }

    /// What the releases of the plan, or of an element of a block, stand for: what was approved or agreed to.
    fn pin(&self, env: &mut Env<'_>, state: &RunState, element: Option<(EachId, Instance)>) {
        let each = element.map(|(each, _)| each);
        for (index, release) in releases::all(self.plan).filter(|(index, _)| self.plan.lets[*index].each == each) {
            let id = release_id(self.plan, index, element.map(|(_, instance)| instance));
            let agreed = |late: &LateValue| late.value.clone();
            let value = match release.kind {
                ReleaseKind::Endorse => self.approved(&id).cloned().or_else(|| state.agreed.get(&id).map(agreed)),
                ReleaseKind::Reveal => None,
            };
            env.pin_let(index, value.unwrap_or_else(|| Value::Unknown(self.plan.lets[index].value.ty.clone())));
        }
    }
}
