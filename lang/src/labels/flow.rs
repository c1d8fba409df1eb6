//! The walk over a plan in the order in which a run comes by its values.

use super::results::{Brought, Words};
use super::sinks::{Finding, Sinks, Site};
use super::values::{Slots, Values, bind};
use super::written::Written;
use super::{Hop, HopId, HopKind, Label, Labels, Rule, Rules, StepLabels, Tree};
use crate::effects::{CriticalVerb, Effects, Resource};
use crate::eval::Env;
use crate::marks::Taken;
use crate::plan::{Call, CriticalScope, EachId, Expr, ExprKind, Plan, ReleaseKind, StepId};
use crate::reach::{probed, reach};
use crate::syntax::{EffectVerb, Mark, OnFailure};
use crate::types::Type;
use std::collections::{BTreeMap, BTreeSet};

/// How often a block is walked until what its elements write for each other is known; then anything may be.
pub(super) const MAX_ROUNDS: usize = 4;

/// Finds all labels, and what may not go where it goes.
pub(super) fn run(plan: &Plan, rules: Rules) -> (Labels, Vec<Finding>) {
    let mut flow = Flow::new(plan, rules);
    let order = Order::of(plan);
    let mut step = 0;
    while step < plan.steps.len() {
        let id = StepId::new(step);
        match plan.get(id).each {
            Some(each) => {
                flow.each(each, &order);
                step = plan.each(each).steps.end.index();
            }
            None => {
                flow.before(id, None, &order);
                flow.step(id, &order);
                step += 1;
            }
        }
    }
    let undoing = flow.undoing();
    flow.checks();
    let has_secrets = plan.inputs.iter().any(|input| input.secret)
        || plan.steps.iter().any(|step| step.call.tool.result_marks.mention(Mark::Secret))
        || !flow.secret_calls.is_empty();
    let taints = flow.labels.iter().any(|step| !step.written.is_bottom());
    let labels = Labels {
        values: flow.values,
        hops: flow.hops,
        steps: flow.labels,
        writers: flow.writers,
        confined_calls: flow.confined_calls,
        check_calls: flow.check_calls,
        has_secrets,
        taints,
        undoing,
    };
    (labels, flow.findings)
}

/// When the value of each `let` is known.
struct Order {
    /// By time, see [`Order::before`] and the two below it.
    lets: Vec<Vec<usize>>,
}

impl Order {
    /// The time before a step begins.
    fn before(step: StepId) -> usize {
        3 * step.index()
    }

    /// The time when a step has ended.
    fn after(step: StepId) -> usize {
        3 * step.index() + 1
    }

    /// The time when a block has its results.
    fn results(plan: &Plan, each: EachId) -> usize {
        3 * plan.each(each).steps.end.index().saturating_sub(1) + 2
    }

    fn of(plan: &Plan) -> Order {
        let mut times: Vec<usize> = Vec::with_capacity(plan.lets.len());
        let mut lets = vec![Vec::new(); 3 * plan.steps.len() + 1];
        for (index, defined) in plan.lets.iter().enumerate() {
            let mut time = defined.each.map_or(0, |each| Order::before(plan.each(each).steps.start));
            let mut open = vec![&defined.value];
            while let Some(expr) = open.pop() {
                time = time.max(match &expr.kind {
                    ExprKind::Let(index) => times.get(*index).copied().unwrap_or(0),
                    ExprKind::Step(step) => Order::after(*step),
                    ExprKind::Each(each) => Order::results(plan, *each),
                    _ => 0,
                });
                expr.parts(&mut |part| open.push(part));
            }
            times.push(time);
            lets[time].push(index);
        }
        Order { lets }
    }
}

pub(super) struct Flow<'p> {
    pub(super) plan: &'p Plan,
    rules: Rules,
    values: Values,
    hops: Vec<Hop>,
    pub(super) labels: Vec<StepLabels>,
    writers: Vec<StepId>,
    pub(super) written: Written,
    findings: Vec<Finding>,
    pub(super) env: Env<'p>,
    /// Calls in checks that give something secret.
    secret_calls: Vec<u32>,
    /// Calls in checks of which outside text decides what they read.
    confined_calls: BTreeSet<u32>,
    /// Of what calls in checks are given and may find.
    check_calls: BTreeMap<u32, Label>,
    /// What a program may write: what `critical` lets the plan change.
    pub(super) changeable: Vec<Resource>,
    /// Whether `critical` lets the plan contact anybody.
    contacts: bool,
    /// Whether a line of `critical` is about files that are read.
    bounds_reads: bool,
}

impl<'p> Flow<'p> {
    fn new(plan: &'p Plan, rules: Rules) -> Flow<'p> {
        let mut hops = Vec::new();
        let inputs = plan.inputs.iter().enumerate().map(|(index, input)| match input.secret {
            true => {
                hops.push(Hop { kind: HopKind::Input(index), before: HopId::default() });
                Tree::leaf(Label::secret(HopId(hops.len() as u32 - 1)))
            }
            false => Tree::leaf(Label::default()),
        });
        let inputs = inputs.collect();
        let nothing = || Tree::leaf(Label::default());
        let values = Values {
            rules,
            inputs,
            lets: vec![nothing(); plan.lets.len()],
            steps: vec![nothing(); plan.steps.len()],
            eaches: vec![nothing(); plan.eaches.len()],
            elements: vec![nothing(); plan.eaches.len()],
            calls: Default::default(),
        };
        let is_read = |verb| matches!(verb, CriticalVerb::Read | CriticalVerb::Modify | CriticalVerb::Delete);
        Flow {
            plan,
            rules,
            values,
            hops,
            labels: vec![StepLabels::default(); plan.steps.len()],
            writers: Vec::new(),
            written: Written::default(),
            findings: Vec::new(),
            env: Env::of_text(plan),
            secret_calls: Vec::new(),
            confined_calls: BTreeSet::new(),
            check_calls: BTreeMap::new(),
            changeable: changeable(plan),
            contacts: plan.critical.iter().any(|line| line.verb == CriticalVerb::Contact),
            bounds_reads: plan.critical.iter().any(|line| is_read(line.verb)),
        }
    }

    fn hop(&mut self, kind: HopKind, before: HopId) -> HopId {
        self.hops.push(Hop { kind, before });
        HopId(self.hops.len() as u32 - 1)
    }

    /// The same label with one more place on its way.
    fn through(&mut self, label: Label, kind: HopKind) -> Label {
        let mut label = label;
        if label.integrity > super::Integrity::Trusted {
            label.from = self.hop(kind, label.from);
        }
        if label.secrecy > super::Secrecy::Public {
            label.secret_from = self.hop(kind, label.secret_from);
        }
        label
    }

    fn tree(&self, expr: &Expr) -> Tree {
        self.values.tree(self.plan, expr, &mut Vec::new())
    }

    pub(super) fn label(&self, expr: &Expr) -> Label {
        self.tree(expr).all
    }

    /// The values that are known at a time: those of the plan, or those of a block.
    fn lets(&mut self, order: &Order, time: usize, each: Option<EachId>) {
        for index in &order.lets[time] {
            if self.plan.lets[*index].each == each {
                self.defined(*index);
            }
        }
    }

    fn defined(&mut self, index: usize) {
        let plan = self.plan;
        let defined = &plan.lets[index];
        let tree = self.tree(&defined.value);
        let tree = match &defined.release {
            Some(release) => match release.kind {
                ReleaseKind::Endorse if self.rules.has(Rule::Endorsed) => tree.endorsed(),
                ReleaseKind::Endorse => tree.map(&|place, _| place.trusted()),
                ReleaseKind::Reveal => tree.map(&|place, _| place.revealed()),
            },
            None => tree,
        };
        self.values.lets[index] = match tree.all.is_bottom() {
            true => tree,
            // The places of a value have few sources; each gets this name once.
            false => {
                let mut named: Vec<(HopId, HopId)> = Vec::new();
                let hops = std::cell::RefCell::new((&mut self.hops, &mut named));
                let rename = |from: HopId| {
                    let (hops, named) = &mut *hops.borrow_mut();
                    if let Some((_, to)) = named.iter().find(|(before, _)| *before == from) {
                        return *to;
                    }
                    hops.push(Hop { kind: HopKind::Let(index), before: from });
                    let to = HopId(hops.len() as u32 - 1);
                    named.push((from, to));
                    to
                };
                tree.map(&|mut place, _| {
                    if place.integrity > super::Integrity::Trusted {
                        place.from = rename(place.from);
                    }
                    if place.secrecy > super::Secrecy::Public {
                        place.secret_from = rename(place.secret_from);
                    }
                    place
                })
            }
        };
    }

    fn before(&mut self, id: StepId, each: Option<EachId>, order: &Order) {
        self.lets(order, Order::before(id), each);
    }

    /// A block: again until nothing is written in it that a step above in another element would read.
    fn each(&mut self, each: EachId, order: &Order) {
        let plan = self.plan;
        let block = plan.each(each);
        self.lets(order, Order::before(block.steps.start), None);
        let list = self.tree(&block.list);
        self.values.elements[each.index()] = self.elements(&list, &block.list.ty);
        let found = self.findings.len();
        for round in 0.. {
            let version = self.written.version;
            self.findings.truncate(found);
            for id in plan.steps_of(each) {
                self.before(id, Some(each), order);
                self.step(id, order);
            }
            if self.written.version == version {
                break;
            }
            if round >= MAX_ROUNDS {
                let all = self.written.all();
                self.written.add(&Resource::Everything, all);
            }
        }
        let around = block.when.as_ref().map_or(Label::default(), |when| self.label(when));
        let around = self.absent(around, block.steps.start);
        let own = if self.rules.has(Rule::Length) { list.own } else { Label::default() };
        self.values.eaches[each.index()] = Tree::list(own.join(around), self.tree(&block.result));
        if let Some(last) = block.steps.end.index().checked_sub(1).map(StepId::new) {
            self.lets(order, Order::after(last), None);
            self.lets(order, Order::results(plan, each), None);
            self.lets(order, Order::results(plan, each), Some(each));
        }
    }

    /// The labels of what the elements of a list are, for each of which something is called.
    fn elements(&self, list: &Tree, ty: &Type) -> Tree {
        let element = ty.without_null().element().map_or(Type::Any, Type::head);
        self.values.standing(Rule::Element, list, &element)
    }

    fn absent(&mut self, label: Label, step: StepId) -> Label {
        match self.rules.has(Rule::Absent) {
            true => self.through(label, HopKind::Absent(step)),
            false => Label::default(),
        }
    }

    fn step(&mut self, id: StepId, order: &Order) {
        let plan = self.plan;
        let step = plan.get(id);
        let mut brought = self.brought(&step.call, &mut Slots::new());
        let when = step.when.as_ref().map_or(Label::default(), |when| self.label(when));
        let block = step.each.map(|each| plan.each(each));
        let count = block.map_or(Label::default(), |block| self.tree(&block.list).own);
        let around = block.and_then(|block| block.when.as_ref()).map_or(Label::default(), |when| self.label(when));
        let because = when.join(count).join(around);
        let touched =
            reach(&step.call, &mut self.env).unwrap_or_else(|| vec![(EffectVerb::Writes, Resource::Everything)]);
        let mut found = self.found(&touched);
        // What the call gave may be told by its probe.
        let looked =
            probed(&step.call, &mut self.env).unwrap_or_else(|| vec![(EffectVerb::Reads, Resource::Everything)]);
        found = found.join(self.found(&looked));
        if !self.rules.has(Rule::Arguments) {
            brought.all = Label::default();
        }
        if !self.rules.has(Rule::Vouched) {
            brought.control = Label::default();
        }
        // Secrets that decide whether a call is made are in what it gives.
        let because_secret = because.of_secrecy();
        let given = brought.all.join(because_secret);
        self.labels[id.index()].given = given;
        self.labels[id.index()].found = found;
        self.labels[id.index()].writers = self.writers.len();
        // How a program ends that may talk to others is their word.
        let talks = match touched.iter().any(|(verb, _)| *verb == EffectVerb::Runs) {
            true => self.talks(id),
            false => Label::default(),
        };
        let words = self.words(id, brought, because_secret, found.join(talks));
        let mut result = words.tree(&step.call.tool.result, &step.call.tool.result_marks);
        let failure = self.failure(id, brought, words);
        let present = self.absent(when.join(around), id);
        result = result.own_over(present);
        if step.on_failure == OnFailure::Continue {
            let failing = self.absent(failure, id);
            result = result.own_over(failing);
        }
        self.values.steps[id.index()] = result;
        self.lets(order, Order::after(id), step.each);
        let expected = step.expect.iter().fold(Label::default(), |all, expect| all.join(self.label(expect)));
        if step.on_failure == OnFailure::Continue && !expected.is_bottom() && self.rules.has(Rule::Absent) {
            let expected = self.through(expected, HopKind::Absent(id));
            let result = self.values.steps[id.index()].clone().own_over(expected);
            self.values.steps[id.index()] = result;
            self.lets(order, Order::after(id), step.each);
        }
        let result = std::mem::replace(&mut self.values.steps[id.index()], Tree::leaf(Label::default()));
        self.values.steps[id.index()] = result.settled(&step.call.tool.result);
        self.sinks(id, failure);
        let written = brought.all.join(because).join(found);
        self.writes(id, &touched, written);
    }

    /// What the arguments of a call bring.
    fn brought(&self, call: &Call, around: &mut Slots) -> Brought {
        let mut brought = Brought::default();
        for (param, arg) in call.tool.params.iter().zip(&call.args) {
            if let Some(arg) = arg {
                brought.add(&self.values.tree(self.plan, arg, around), Taken::whole(&param.marks));
            }
        }
        brought
    }

    /// The label of what a call may find in what it touches.
    fn found(&mut self, touched: &[(EffectVerb, Resource)]) -> Label {
        if !self.rules.has(Rule::Resource) || self.written.is_empty() {
            return Label::default();
        }
        touched.iter().fold(Label::default(), |found, (_, resource)| found.join(self.written.at(resource)))
    }

    fn words(&mut self, id: StepId, brought: Brought, because: Label, found: Label) -> Words {
        let tool = &self.plan.get(id).call.tool;
        let all = self.through(brought.all, HopKind::Result(id)).join(because);
        let control = self.through(brought.control.of_integrity(), HopKind::Result(id));
        let outside = match self.rules.has(Rule::Outside) && tool.result != Type::Null {
            true => Label::untrusted(self.hop(HopKind::Outside(id), HopId::default())),
            false => Label::default(),
        };
        let secret = match tool.result_marks.mention(Mark::Secret) {
            true => Label::secret(self.hop(HopKind::SecretResult(id), HopId::default())),
            false => Label::default(),
        };
        let found = self.through(found, HopKind::Result(id));
        Words { outside: outside.join(all).join(found), stored: all.join(found), server: control, secret }
    }

    /// Who decides whether a call succeeds: what it is given, and whoever's word its result is where none of it is better.
    fn failure(&self, id: StepId, brought: Brought, words: Words) -> Label {
        let marks = &self.plan.get(id).call.tool.result_marks;
        match (marks.mention(Mark::Trusted), marks.mention(Mark::Stored)) {
            (_, true) => brought.all.join(words.stored),
            (true, false) => brought.all.join(words.server),
            (false, false) => brought.all.join(words.outside),
        }
    }

    /// Notes what a call writes that is not trusted.
    fn writes(&mut self, id: StepId, touched: &[(EffectVerb, Resource)], label: Label) {
        let tool = &self.plan.get(id).call.tool;
        let undeclared = tool.effects == Effects::Undeclared;
        let contacts = touched.iter().any(|(verb, _)| *verb == EffectVerb::Contacts);
        let mut wrote = false;
        let mut all = label;
        for (verb, resource) in touched {
            let changes = match verb {
                EffectVerb::Writes | EffectVerb::Creates | EffectVerb::Deletes => true,
                EffectVerb::Runs => {
                    all = all.join(self.program(id, label));
                    false
                }
                EffectVerb::Reads | EffectVerb::Contacts => false,
            };
            if !changes {
                continue;
            }
            // What a call fetches elsewhere and puts here comes from outside.
            let fetches = touched.iter().any(|(other, from)| {
                *other == EffectVerb::Reads
                    && from != resource
                    && !matches!(from, Resource::Path(_) | Resource::Glob(_) | Resource::AnyPath)
            });
            let fetched = match (undeclared || contacts || fetches)
                && self.rules.has(Rule::Outside)
                && *verb != EffectVerb::Deletes
            {
                true => Label::untrusted(self.hop(HopKind::Outside(id), HopId::default())),
                false => Label::default(),
            };
            let label = label.join(fetched);
            all = all.join(label);
            if !label.is_bottom() && self.rules.has(Rule::Resource) {
                let label = self.through(label, HopKind::Written(id));
                self.written.add(resource, label);
                wrote |= label.integrity > super::Integrity::Trusted;
            }
        }
        if wrote && self.writers.last() != Some(&id) {
            self.writers.push(id);
        }
        let labels = &mut self.labels[id.index()];
        labels.written = labels.written.join(all);
    }

    /// Of what a program has from others, where `critical` lets it contact anybody.
    fn talks(&mut self, id: StepId) -> Label {
        match self.contacts && self.rules.has(Rule::Outside) {
            true => Label::untrusted(self.hop(HopKind::Program(id), HopId::default())),
            false => Label::default(),
        }
    }

    /// Programs write what they are given, what they find and, where they may talk to others, anything. Gives its label.
    fn program(&mut self, id: StepId, label: Label) -> Label {
        if !self.rules.has(Rule::Program) {
            return Label::default();
        }
        let label = label.join(self.talks(id));
        if label.is_bottom() {
            return label;
        }
        let label = self.through(label, HopKind::Written(id));
        for resource in self.changeable.clone() {
            self.written.add(&resource, label);
        }
        label
    }

    fn sinks(&mut self, id: StepId, failure: Label) {
        let plan = self.plan;
        let mut sinks = Sinks {
            plan,
            rules: self.rules,
            values: &self.values,
            bounds_reads: self.bounds_reads,
            findings: &mut self.findings,
            confined: false,
            around: Slots::new(),
        };
        sinks.step(id, failure);
        self.labels[id.index()].confined |= sinks.confined;
    }

    /// The checks of assumptions and verifications, with what they call, and the lines of `critical`.
    fn checks(&mut self) {
        let plan = self.plan;
        // An assumption sees the world before the plan; nothing goes from it to anywhere else.
        let before = std::mem::take(&mut self.written);
        for check in plan.assumptions.iter().filter_map(|assumption| assumption.check.as_ref()) {
            self.check(check, &mut Slots::new());
        }
        self.written = before;
        for check in plan.verifications.iter().filter_map(|verification| verification.check.as_ref()) {
            self.check(check, &mut Slots::new());
        }
        let mut sinks = Sinks {
            plan,
            rules: self.rules,
            values: &self.values,
            bounds_reads: self.bounds_reads,
            findings: &mut self.findings,
            confined: false,
            around: Slots::new(),
        };
        sinks.critical();
    }

    /// The calls of a check, inner ones first; those within a comprehension with what its elements are.
    fn check(&mut self, expr: &'p Expr, around: &mut Slots) {
        match &expr.kind {
            ExprKind::Comprehension(inner) => {
                self.check(&inner.list, around);
                let list = self.values.tree(self.plan, &inner.list, around);
                let items = self.elements(&list, &inner.list.ty);
                let outer = bind(around, inner.slot, Some(items));
                let keys = inner.order.iter().map(|(key, _)| key);
                [&inner.element]
                    .into_iter()
                    .chain(&inner.condition)
                    .chain(keys)
                    .for_each(|part| self.check(part, around));
                bind(around, inner.slot, outer);
            }
            _ => expr.parts(&mut |part| self.check(part, around)),
        }
        if let ExprKind::Call(call) = &expr.kind {
            let brought = self.brought(call, around);
            let touched = reach(call, &mut self.env).unwrap_or_else(|| vec![(EffectVerb::Reads, Resource::Everything)]);
            let found = self.found(&touched);
            self.check_calls.insert(call.span.start, brought.all.join(found));
            let from = self.hop(HopKind::Check(call.span), HopId::default());
            let is_secret = call.tool.result_marks.mention(Mark::Secret);
            if is_secret {
                self.secret_calls.push(call.span.start);
            }
            let words = Words {
                outside: Label::untrusted(from).join(brought.all).join(found),
                stored: brought.all.join(found),
                server: brought.control.of_integrity(),
                secret: if is_secret { Label::secret(from) } else { Label::default() },
            };
            let tree = words.tree(&call.tool.result, &call.tool.result_marks);
            self.values.calls.insert(call.span.start, tree);
            let mut sinks = Sinks {
                plan: self.plan,
                rules: self.rules,
                values: &self.values,
                bounds_reads: self.bounds_reads,
                findings: &mut self.findings,
                confined: false,
                around: around.clone(),
            };
            sinks.call(call, Site::Check);
            if sinks.confined {
                self.confined_calls.insert(call.span.start);
            }
        }
    }
}

/// What `critical` lets the plan change in the workspace.
fn changeable(plan: &Plan) -> Vec<Resource> {
    let lines = plan
        .critical
        .iter()
        .filter(|line| matches!(line.verb, CriticalVerb::Create | CriticalVerb::Modify | CriticalVerb::Delete));
    let mut found: Vec<Resource> = lines
        .filter_map(|line| match &line.scope {
            CriticalScope::Text(grant) => grant.paths(),
            CriticalScope::Value(_) => Some(Resource::AnyPath),
        })
        .collect();
    // Each of many programs writes all of them.
    if found.len() > MAX_CHANGEABLE {
        found = vec![Resource::AnyPath];
    }
    found
}

/// The most lines of `critical` that are told apart as what a program may write.
const MAX_CHANGEABLE: usize = 16;
