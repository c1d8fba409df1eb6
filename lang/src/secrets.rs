//! The typed plan ⟶ which of its values a secret decides, as far as the text tells: what nobody is shown.
//!
//! Whatever is computed from a secret is secret, and so is what a call gives that was given one, but for the fields that
//! the server itself issues. Errs on the safe side. Letting a secret go where it may not otherwise go changes nothing
//! here: that it goes to one place does not show it to everybody.

use crate::marks::{Given, Origin};
use crate::plan::{Call, EachId, Expr, ExprKind, Plan, StepId};
use crate::value::Value;
use smol_str::SmolStr;

/// What stands in the place of a value that nobody is shown.
pub const HIDDEN: &str = "(secret)";

/// Which values of a plan are secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    lets: Vec<bool>,
    /// Whether a call is given a secret, or made because of one.
    given: Vec<bool>,
    /// Whether the elements of a block are secret.
    elements: Vec<bool>,
    /// Whether the results of a block are.
    results: Vec<bool>,
    any: bool,
}

/// A part of a plan that may be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    Let(usize),
    Step(StepId),
    Elements(EachId),
    Results(EachId),
}

impl Secrets {
    /// Finds out. Takes time in proportion to the plan.
    pub fn of(plan: &Plan) -> Secrets {
        let gives = |id: &StepId| tells_secret(plan, *id);
        let any = plan.inputs.iter().any(|input| input.secret) || plan.step_ids().any(|id| gives(&id));
        let mut secrets = Secrets {
            lets: vec![false; plan.lets.len()],
            given: vec![false; plan.steps.len()],
            elements: vec![false; plan.eaches.len()],
            results: vec![false; plan.eaches.len()],
            any,
        };
        if any {
            secrets.spread(plan);
        }
        secrets
    }

    /// Whether the plan has any secret at all.
    pub fn any(&self) -> bool {
        self.any
    }

    /// Whether a secret decides the value of an expression of the plan.
    pub fn decide(&self, plan: &Plan, expr: &Expr) -> bool {
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            let is_secret = match &expr.kind {
                ExprKind::Input(index) => plan.inputs[*index].secret,
                ExprKind::Let(index) => self.lets[*index],
                ExprKind::Step(step) => self.result_is_secret(plan, *step, None),
                ExprKind::Each(each) => self.results[each.index()],
                ExprKind::Element(each) => self.elements[each.index()],
                ExprKind::Field { base, name, .. } => match &base.kind {
                    ExprKind::Step(step) => self.result_is_secret(plan, *step, Some(name)),
                    _ => {
                        open.push(base);
                        false
                    }
                },
                _ => {
                    expr.parts(&mut |part| open.push(part));
                    false
                }
            };
            if is_secret {
                return true;
            }
        }
        false
    }

    /// Whether a call is given a secret, or made because of one.
    pub fn given(&self, step: StepId) -> bool {
        self.given[step.index()]
    }

    /// The arguments of a call by name as they may be shown.
    pub fn shown_args(&self, plan: &Plan, call: &Call, args: &Value) -> Value {
        let Value::Record(record) = args else { return args.clone() };
        let is_secret = |name: &str| {
            let index = call.tool.param(name);
            index.and_then(|index| call.args.get(index)?.as_ref()).is_some_and(|arg| self.decide(plan, arg))
        };
        Value::record(record.iter().map(|(name, value)| {
            let shown = if self.any && is_secret(name) { hidden(value) } else { value.clone() };
            (SmolStr::new(name), shown)
        }))
    }

    /// The result of a step as it may be shown.
    pub fn shown_result(&self, plan: &Plan, step: StepId, result: &Value) -> Value {
        match self.any {
            true => shown(result, Given::whole(&plan.get(step).call.tool.result_marks), self.given(step)),
            false => result.clone(),
        }
    }

    fn result_is_secret(&self, plan: &Plan, step: StepId, field: Option<&str>) -> bool {
        let whole = Given::whole(&plan.get(step).call.tool.result_marks);
        match field {
            Some(field) => is_secret(whole.field(field), self.given(step)),
            None => is_secret(whole, self.given(step)) || tells_secret(plan, step),
        }
    }

    /// Marks everything that a secret reaches: whatever uses something is looked at again once that is known to be secret.
    fn spread(&mut self, plan: &Plan) {
        let users = users(plan);
        let mut open: Vec<Node> = users.nodes(plan).collect();
        while let Some(node) = open.pop() {
            if !self.is_marked(node) && self.should_be(plan, node) {
                *self.mark(node) = true;
                open.extend(users.of(node));
            }
        }
    }

    fn should_be(&self, plan: &Plan, node: Node) -> bool {
        exprs(plan, node).into_iter().any(|expr| self.decide(plan, expr))
    }

    fn is_marked(&self, node: Node) -> bool {
        match node {
            Node::Let(index) => self.lets[index],
            Node::Step(step) => self.given[step.index()],
            Node::Elements(each) => self.elements[each.index()],
            Node::Results(each) => self.results[each.index()],
        }
    }

    fn mark(&mut self, node: Node) -> &mut bool {
        match node {
            Node::Let(index) => &mut self.lets[index],
            Node::Step(step) => &mut self.given[step.index()],
            Node::Elements(each) => &mut self.elements[each.index()],
            Node::Results(each) => &mut self.results[each.index()],
        }
    }
}

/// What stands for a value that nobody is shown; that it is not known may be seen.
pub fn hidden(value: &Value) -> Value {
    match value {
        Value::Unknown(_) => value.clone(),
        _ => Value::string(HIDDEN),
    }
}

/// Whether a place of a result is secret, where the call was given a secret or not.
fn is_secret(place: Given<'_>, given: bool) -> bool {
    place.is_secret || (given && place.origin != Origin::Server)
}

/// Whether the tool says of something in a step's result that it is secret.
fn tells_secret(plan: &Plan, step: StepId) -> bool {
    plan.get(step).call.tool.result_marks.mention(crate::syntax::Mark::Secret)
}

fn shown(value: &Value, place: Given<'_>, given: bool) -> Value {
    match value {
        Value::Record(record) if place.tells_fields_apart() => Value::record(
            record.iter().map(|(name, value)| (SmolStr::new(name), shown(value, place.field(name), given))),
        ),
        Value::List(items) if place.tells_fields_apart() => {
            Value::list(items.iter().map(|item| shown(item, place, given)).collect::<Vec<_>>())
        }
        value if is_secret(place, given) => hidden(value),
        value => value.clone(),
    }
}

/// The expressions that decide a part of the plan.
fn exprs(plan: &Plan, node: Node) -> Vec<&Expr> {
    match node {
        Node::Let(index) => vec![&plan.lets[index].value],
        Node::Step(id) => {
            let step = plan.get(id);
            let each = step.each.map(|each| plan.each(each));
            let around = each.into_iter().flat_map(|each| std::iter::once(&each.list).chain(&each.when));
            step.call.args.iter().flatten().chain(&step.when).chain(around).collect()
        }
        Node::Elements(each) => vec![&plan.each(each).list],
        Node::Results(each) => {
            let each = plan.each(each);
            [&each.list, &each.result].into_iter().chain(&each.when).collect()
        }
    }
}

/// Who uses what.
struct Users {
    lets: Vec<Vec<Node>>,
    steps: Vec<Vec<Node>>,
    elements: Vec<Vec<Node>>,
    results: Vec<Vec<Node>>,
}

impl Users {
    fn nodes<'p>(&self, plan: &'p Plan) -> impl Iterator<Item = Node> + use<'p> {
        let eaches = || (0..plan.eaches.len()).map(EachId::new);
        let lets = (0..plan.lets.len()).map(Node::Let);
        let blocks = eaches().map(Node::Elements).chain(eaches().map(Node::Results));
        lets.chain(plan.step_ids().map(Node::Step)).chain(blocks)
    }

    fn of(&self, node: Node) -> Vec<Node> {
        match node {
            Node::Let(index) => self.lets[index].clone(),
            Node::Step(step) => self.steps[step.index()].clone(),
            Node::Elements(each) => self.elements[each.index()].clone(),
            Node::Results(each) => self.results[each.index()].clone(),
        }
    }
}

fn users(plan: &Plan) -> Users {
    let mut users = Users {
        lets: vec![Vec::new(); plan.lets.len()],
        steps: vec![Vec::new(); plan.steps.len()],
        elements: vec![Vec::new(); plan.eaches.len()],
        results: vec![Vec::new(); plan.eaches.len()],
    };
    let nodes: Vec<Node> = users.nodes(plan).collect();
    for node in nodes {
        let mut open = exprs(plan, node);
        while let Some(expr) = open.pop() {
            match &expr.kind {
                ExprKind::Let(index) => users.lets[*index].push(node),
                ExprKind::Step(step) => users.steps[step.index()].push(node),
                ExprKind::Each(each) => users.results[each.index()].push(node),
                ExprKind::Element(each) => users.elements[each.index()].push(node),
                _ => expr.parts(&mut |part| open.push(part)),
            }
        }
    }
    users
}
