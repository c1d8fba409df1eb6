//! A compiled plan ⟶ what it comes to: read naively from top to bottom, and as the scheduler lets it be carried out, with calls
//! that take effect at any moment between their start and their end.

use crate::generate::Dice;
use planc::event::{End, Event};
use planc::schedule::{Action, Frontier, Order, Situation, next};
use planc::state::{RunState, StepState};
use planc_lang::compile::Compiled;
use planc_lang::effects::{Resource, overlap};
use planc_lang::eval::{Env, NoCalls, eval, eval_args};
use planc_lang::plan::{EachId, Instance, Plan, Step, StepId, Unit};
use planc_lang::syntax::{EffectVerb, OnFailure};
use planc_lang::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The world: cells by name; an absent one is 0.
pub type Cells = BTreeMap<String, i64>;

/// What a plan came to.
#[derive(Debug)]
pub struct Outcome {
    pub end: End,
    pub cells: Cells,
    /// What each instance that ran gave; none: it failed.
    pub results: BTreeMap<String, Option<Value>>,
    /// Whether a step of a block, whose steps have no order, has failed the run.
    pub failed_in_block: bool,
    effects: BTreeSet<String>,
    /// Names of instances of the block that has failed.
    failed_block: BTreeSet<String>,
}

impl Outcome {
    pub fn has_effect(&self, name: &str) -> bool {
        self.effects.contains(name.split('[').next().unwrap_or(name))
    }

    /// Whether an instance belongs to the block in which the run has failed.
    pub fn in_failed_block(&self, name: &str) -> bool {
        self.failed_block.contains(name.split('[').next().unwrap_or(name))
    }
}

/// Which rules of order the scheduler is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// All of them.
    AsItIs,
    /// Without those that come from what calls touch in the end.
    NoConflicts,
}

/// Makes a call.
pub fn perform(cells: &mut Cells, tool: &str, args: &[Value]) -> Option<Value> {
    let text = |at: usize| args[at].as_str().unwrap_or_default().to_owned();
    let read = |cells: &Cells, name: &str| cells.get(name).copied().unwrap_or_default();
    let n = match tool {
        "cell.get" => read(cells, &text(0)),
        "cell.both" => read(cells, &text(0)) * 10 + read(cells, &text(1)),
        "cell.need" if read(cells, &text(0)) % 3 == 2 => return None,
        "cell.need" => read(cells, &text(0)),
        "cell.put" => {
            cells.insert(text(0), args[1].as_int().unwrap_or_default());
            args[1].as_int().unwrap_or_default()
        }
        "cell.add" => {
            let sum = (read(cells, &text(0)) + args[1].as_int().unwrap_or_default()) % 1000;
            cells.insert(text(0), sum);
            sum
        }
        "cell.move" => {
            let moved = cells.remove(&text(0)).unwrap_or_default();
            cells.insert(text(1), moved + 1);
            moved
        }
        // Fails without an effect where the cell is odd.
        "cell.take" if read(cells, &text(0)) % 2 == 1 => return None,
        "cell.take" => {
            let taken = read(cells, &text(0)) + 3;
            cells.insert(text(0), taken);
            taken
        }
        _ => 0,
    };
    let name = ["a", "b", "c", "d"][n.unsigned_abs() as usize % 4];
    Some(Value::record([("n", Value::Int(n)), ("name", Value::string(name))]))
}

/// What names stand for while a plan runs.
struct Known<'p> {
    plan: &'p Plan,
    steps: BTreeMap<Instance, Value>,
    lists: BTreeMap<EachId, Vec<Value>>,
}

impl<'p> Known<'p> {
    fn new(plan: &'p Plan) -> Known<'p> {
        Known { plan, steps: BTreeMap::new(), lists: BTreeMap::new() }
    }

    fn env(&self, instance: Instance) -> Env<'p> {
        let mut env = Env::new(self.plan, Vec::new());
        for (known, value) in self.steps.iter().filter(|(known, _)| known.element.is_none()) {
            env.set_step(known.step, value.clone());
        }
        if let (Some(each), Some(element)) = (self.plan.get(instance.step).each, instance.element) {
            env.enter(each, self.lists[&each][element as usize].clone());
            for (known, value) in self.steps.iter().filter(|(known, _)| known.element == Some(element)) {
                if self.plan.get(known.step).each == Some(each) {
                    env.set_step(known.step, value.clone());
                }
            }
        }
        env
    }

    /// Whether a step runs, and with which arguments.
    fn call(&self, instance: Instance) -> Option<Vec<Value>> {
        let step = self.plan.get(instance.step);
        let mut env = self.env(instance);
        let runs = step.when.as_ref().map(|when| eval(when, &mut env, &mut NoCalls).expect("a condition has a value"));
        match runs {
            Some(Value::Bool(false)) => None,
            None | Some(Value::Bool(true)) => {
                Some(eval_args(&step.call, &mut env, &mut NoCalls).expect("arguments have values"))
            }
            Some(other) => panic!("the condition of `{}` is {other}", step.name),
        }
    }

    fn open(&mut self, each: EachId) -> usize {
        let block = self.plan.each(each);
        let mut env = self.env(Instance { step: block.steps.start, element: None });
        let list = eval(&block.list, &mut env, &mut NoCalls).expect("a list has a value");
        let list = list.as_list().expect("a list").to_vec();
        self.lists.insert(each, list);
        self.lists[&each].len()
    }
}

/// The plan read from top to bottom, one step after the other.
pub fn in_order(compiled: &Compiled) -> Outcome {
    let plan = &compiled.plan;
    let mut known = Known::new(plan);
    let mut outcome = Outcome::new(plan);
    for unit in plan.units() {
        let instances: Vec<Instance> = match unit {
            Unit::Step(step) => vec![Instance { step, element: None }],
            Unit::Each(each) => {
                let count = known.open(each) as u32;
                let of = |element: u32| {
                    plan.steps_of(each).map(move |step| Instance { step, element: Some(element) }).collect::<Vec<_>>()
                };
                (0..count).flat_map(of).collect()
            }
        };
        for instance in instances {
            let step = plan.get(instance.step);
            let Some(args) = known.call(instance) else {
                known.steps.insert(instance, Value::Null);
                continue;
            };
            let given =
                if step.is_gate { Some(Value::Null) } else { perform(&mut outcome.cells, &step.call.tool.name, &args) };
            outcome.results.insert(plan.name_of(instance).to_string(), given.clone());
            if given.is_none() && step.on_failure != OnFailure::Continue {
                outcome.fail(plan, instance.step);
                return outcome;
            }
            known.steps.insert(instance, given.unwrap_or(Value::Null));
        }
    }
    outcome
}

impl Outcome {
    fn new(plan: &Plan) -> Outcome {
        let effects = plan.steps.iter().filter(|step| !step.is_read_only()).map(|step| step.name.to_string());
        Outcome {
            end: End::Done,
            cells: Cells::new(),
            results: BTreeMap::new(),
            failed_in_block: false,
            effects: effects.collect(),
            failed_block: BTreeSet::new(),
        }
    }

    fn fail(&mut self, plan: &Plan, step: StepId) {
        self.end = End::Failed;
        let failed = plan.get(step);
        let same = |other: &&Step| {
            (failed.each.is_some() && other.each == failed.each)
                || (failed.together.is_some() && other.together == failed.together)
        };
        self.failed_block = plan.steps.iter().filter(same).map(|step| step.name.to_string()).collect();
        self.failed_in_block = !self.failed_block.is_empty();
    }
}

/// A call under way.
struct Call {
    args: Vec<Value>,
    /// What it gave, where it has taken effect already.
    done: Option<Option<Value>>,
}

struct Simulation<'p> {
    plan: &'p Plan,
    known: Known<'p>,
    state: RunState,
    running: BTreeSet<Instance>,
    calls: BTreeMap<Instance, Call>,
    outcome: Outcome,
}

/// The plan as the scheduler lets it be carried out: which of the ready steps starts, which of the running ones ends, and when
/// a call takes effect is random.
pub fn scheduled(compiled: &Compiled, dice: &mut Dice, rule: Rule) -> Outcome {
    let plan = &compiled.plan;
    let order = Order::of(plan, &compiled.graph);
    let mut simulation = Simulation {
        plan,
        known: Known::new(plan),
        state: RunState::of(plan),
        running: BTreeSet::new(),
        calls: BTreeMap::new(),
        outcome: Outcome::new(plan),
    };
    let mut frontier = Frontier::default();
    loop {
        frontier.advance(plan, &order, &simulation.state, &simulation.running);
        let actions = {
            let may_conflict = |later: Instance, earlier: Instance| match rule {
                Rule::NoConflicts => false,
                Rule::AsItIs => simulation.may_conflict(later, earlier),
            };
            let situation = Situation {
                running: &simulation.running,
                halt: None,
                parallel: 8,
                may_conflict: &may_conflict,
                frontier: &frontier,
            };
            next(plan, &order, &simulation.state, &situation)
        };
        let end_one = !simulation.running.is_empty() && (actions.is_empty() || dice.one_in(2));
        if end_one {
            simulation.end_one(dice);
            continue;
        }
        match actions.get(dice.below(actions.len().max(1))) {
            Some(Action::Start(instance)) => simulation.start(*instance, dice),
            Some(Action::Open(each)) => simulation.open(*each),
            Some(Action::Close(each)) => {
                let each = plan.each(*each).name.to_string();
                simulation.state.apply(&Event::EachEnded { each });
            }
            Some(Action::Check(index)) => panic!("there is no verification {index}"),
            Some(Action::End(end)) => {
                simulation.outcome.end = *end;
                return simulation.outcome;
            }
            None => panic!("nothing runs and nothing can start"),
        }
    }
}

impl Simulation<'_> {
    fn may_conflict(&self, later: Instance, earlier: Instance) -> bool {
        let touches = |instance: Instance| -> Vec<(EffectVerb, Resource)> {
            let call = &self.plan.get(instance.step).call;
            let is_of_any = instance.element.is_none() && self.plan.get(instance.step).each.is_some();
            let mut env = match is_of_any {
                true => Env::of_text(self.plan),
                false => self.known.env(instance),
            };
            let args = eval_args(call, &mut env, &mut NoCalls).expect("arguments have values");
            call.tool.touches(&args)
        };
        let (later, earlier) = (touches(later), touches(earlier));
        let meet = |(verb, resource): &(EffectVerb, Resource), (other_verb, other): &(EffectVerb, Resource)| {
            (*verb != EffectVerb::Reads || *other_verb != EffectVerb::Reads) && overlap(resource, other)
        };
        later.iter().any(|one| earlier.iter().any(|other| meet(one, other)))
    }

    fn open(&mut self, each: EachId) {
        let elements = self.known.open(each) as u32;
        self.state.apply(&Event::EachStarted { each: self.plan.each(each).name.to_string(), elements });
    }

    fn start(&mut self, instance: Instance, dice: &mut Dice) {
        let step = self.plan.get(instance.step);
        let name = self.plan.name_of(instance).to_string();
        let Some(args) = self.known.call(instance) else {
            self.known.steps.insert(instance, Value::Null);
            self.state.apply(&Event::StepSkipped { step: name, reason: "its condition is false".into() });
            return;
        };
        let at_once = dice.one_in(2);
        let done = at_once.then(|| self.perform(step, &args));
        self.running.insert(instance);
        self.calls.insert(instance, Call { args, done });
    }

    fn perform(&mut self, step: &Step, args: &[Value]) -> Option<Value> {
        match step.is_gate {
            true => Some(Value::Null),
            false => perform(&mut self.outcome.cells, &step.call.tool.name, args),
        }
    }

    fn end_one(&mut self, dice: &mut Dice) {
        let at = dice.below(self.running.len());
        let instance = *self.running.iter().nth(at).expect("one of those that run");
        self.running.remove(&instance);
        let Call { args, done } = self.calls.remove(&instance).expect("its call");
        let step = self.plan.get(instance.step);
        let given = match done {
            Some(given) => given,
            None => self.perform(step, &args),
        };
        let name = self.plan.name_of(instance).to_string();
        self.outcome.results.insert(name.clone(), given.clone());
        if given.is_none() && step.on_failure != OnFailure::Continue {
            self.outcome.fail(self.plan, instance.step);
        }
        self.known.steps.insert(instance, given.clone().unwrap_or(Value::Null));
        self.state.apply(&match given {
            Some(result) => Event::StepSucceeded { step: name, attempt: 1, result, changes: Vec::new() },
            None => Event::StepFailed {
                step: name,
                attempt: 1,
                error: "it fails".into(),
                effect_done: false,
                result: None,
                changes: Vec::new(),
            },
        });
        debug_assert!(self.state.get(instance).is_some_and(|record| !matches!(record.state, StepState::Waiting)));
    }
}
