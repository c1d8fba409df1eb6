//! `each` blocks in the dry run: every element simulated in order where the list is known, any one element where it is not.

use super::steps::Steps;
use crate::prediction::{Elements, MAX_ELEMENTS, Prediction};
use crate::report::{BlockOutcome, BlockReport, Problem};
use planc_lang::eval::NoCalls;
use planc_lang::plan::{Each, EachId, Expr, Instance};
use planc_lang::value::Value;
use std::sync::Arc;

/// What is known of a block before its first element.
enum Before {
    Elements(Arc<[Value]>),
    /// The list, or whether the block runs, is known only after the run, or not told before.
    Unknown(Option<bool>),
    Skipped,
    Fails(String),
    NotReached,
}

impl Steps<'_, '_> {
    /// Goes through a whole block.
    pub(super) fn block(&mut self, id: EachId) {
        let each = self.dry.compiled.plan.each(id);
        let before = self.before(each);
        let (elements, when) = match &before {
            Before::Elements(list) => (Elements::Known(list.len()), Some(true)),
            Before::Unknown(when) => (Elements::AfterRun, *when),
            Before::Skipped => (Elements::AfterRun, Some(false)),
            Before::Fails(_) | Before::NotReached => (Elements::AfterRun, None),
        };
        self.predictions.push(Prediction::of_block(&each.name, when, elements));
        let at = self.reports.len();
        let (outcome, value) = match before {
            Before::Elements(list) => {
                let results = self.elements(id, &list);
                (BlockOutcome::Elements { count: list.len() }, results)
            }
            Before::Unknown(_) => {
                self.any_element(id);
                (BlockOutcome::KnownAfterRun, None)
            }
            Before::Skipped => (BlockOutcome::Skipped, Some(Value::Null)),
            Before::Fails(why) => {
                self.block_problem(each, format!("it would fail: {why}"));
                self.stopped = true;
                self.any_element(id);
                (BlockOutcome::Fails { why }, None)
            }
            Before::NotReached => {
                self.any_element(id);
                (BlockOutcome::NotReached, None)
            }
        };
        self.env.leave(id);
        self.env.set_each(id, value.unwrap_or_else(|| Value::Unknown(each.ty.clone())));
        let report = self.block_report(id, at, outcome);
        self.blocks.push(report);
    }

    fn before(&mut self, each: &Each) -> Before {
        if self.stopped {
            return Before::NotReached;
        }
        let when = match each.when.as_ref().map(|when| self.value(when)) {
            None => Some(true),
            Some(Ok(Value::Bool(false))) => return Before::Skipped,
            Some(Ok(value)) => value.as_bool(),
            Some(Err(why)) => return Before::Fails(why),
        };
        match (when, self.value(&each.list)) {
            (Some(_), Err(why)) => Before::Fails(why),
            (Some(_), Ok(Value::List(list))) if list.len() > MAX_ELEMENTS => {
                let count = list.len();
                Before::Fails(format!("its list has {count} elements, and at most {MAX_ELEMENTS} are allowed"))
            }
            (Some(_), Ok(Value::List(list))) => Before::Elements(list),
            (when, _) => Before::Unknown(when),
        }
    }

    fn value(&mut self, expr: &Expr) -> Result<Value, String> {
        self.dry.decided(expr, &mut self.env, &mut NoCalls).map_err(|failure| failure.message)
    }

    /// Every element in order; gives the list of their results, unless a step would fail.
    fn elements(&mut self, id: EachId, list: &[Value]) -> Option<Value> {
        let plan = &self.dry.compiled.plan;
        let each = plan.each(id);
        let mut results = Vec::with_capacity(list.len());
        for (element, item) in (0u32..).zip(list) {
            self.env.enter(id, item.clone());
            plan.steps_of(id).for_each(|step| self.step(Instance { step, element: Some(element) }));
            if self.stopped {
                // What comes after it is not reached.
                return None;
            }
            self.released.extend(self.dry.released(id, Some(element), &mut self.env));
            match self.dry.computed(&each.result, &mut self.env, &mut NoCalls).map_err(|failure| failure.message) {
                Ok(result) => results.push(result),
                Err(why) => {
                    self.block_problem(each, format!("the result of element {element} cannot be computed: {why}"));
                    self.stopped = true;
                    return None;
                }
            }
        }
        Some(Value::list(results))
    }

    /// One element that stands for any.
    fn any_element(&mut self, id: EachId) {
        self.env.leave(id);
        self.dry.compiled.plan.steps_of(id).for_each(|step| self.step(Instance { step, element: None }));
        self.released.extend(self.dry.released(id, None, &mut self.env));
    }

    fn block_problem(&mut self, each: &Each, message: String) {
        self.problems.push(Problem { step: Some(each.name.to_string()), message, policy: false, assumption: None });
    }

    fn block_report(&self, id: EachId, at: usize, outcome: BlockOutcome) -> BlockReport {
        let plan = &self.dry.compiled.plan;
        let each = plan.each(id);
        let decides = || each.when.iter().chain([&each.list]);
        // What a secret decides and the run finds as it was bound is not asked about.
        let is_foreseen =
            decides().any(|expr| self.dry.is_kept(expr)) && decides().all(|expr| self.dry.is_foreseen(expr, &self.env));
        let acts = plan.steps_of(id).any(|step| !plan.get(step).is_read_only());
        BlockReport {
            late: acts && outcome == BlockOutcome::KnownAfterRun && !is_foreseen,
            at,
            outcome,
            ..self.dry.meaning().block(id)
        }
    }
}
