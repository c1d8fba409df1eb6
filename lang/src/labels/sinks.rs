//! Where values go ⟶ those that may not go there.

use super::tree::Inner;
use super::values::{Slots, Values};
use super::{Integrity, Label, Rule, Rules, Secrecy, Tree};
use crate::effects::{Effects, Target, TemplatePart};
use crate::marks::{Taken, Use};
use crate::plan::{Call, CriticalScope, Expr, ExprKind, Plan, StepId};
use crate::source::Span;
use crate::syntax::{EffectVerb, OnFailure};
use crate::types::Type;

/// Something that goes where it may not.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    /// What it is.
    pub(super) kind: Wrong,
    /// The value.
    pub(super) span: Span,
    /// Its label.
    pub(super) label: Label,
    /// The parameter or clause where it arrives, and the tool.
    pub(super) place: String,
    /// The call.
    pub(super) tool: String,
    /// The name that the value is given by, where it is one: the index of the `let`.
    pub(super) defined: Option<usize>,
    /// The step in which an edit may put a name before it.
    pub(super) step: Option<StepId>,
}

/// What may not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Outside text in a control parameter.
    Control,
    /// What outside text chose, or outside text, in an `exact` parameter.
    Exact,
    /// Outside text decides whether an effect happens.
    When,
    /// It decides how often.
    Count,
    /// It decides whether the run is taken back.
    Undo,
    /// It decides what `critical` allows.
    Critical,
    /// A secret in a parameter that is not marked.
    Secret,
    /// A secret that is sent.
    Sent,
    /// A secret that decides whether something is sent.
    SentBecause,
}

/// Which call of a step, or that of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    /// That of the step.
    Step(StepId),
    /// That of its `undo`.
    Undo(StepId),
    /// A call in a check.
    Check,
}

pub(super) struct Sinks<'f, 'p> {
    pub(super) plan: &'p Plan,
    pub(super) rules: Rules,
    pub(super) values: &'f Values,
    pub(super) bounds_reads: bool,
    pub(super) findings: &'f mut Vec<Finding>,
    /// Whether a line of `critical` must bound what is read.
    pub(super) confined: bool,
    /// The variables of comprehensions around the call.
    pub(super) around: Slots,
}

/// An argument on its way.
struct Arrival<'a> {
    call: &'a Call,
    site: Site,
    param: &'a str,
    /// What it may be here.
    bound: Bound,
    contacts: bool,
}

/// How far a control parameter asks for trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    /// As it says.
    Said,
    /// The call cannot act by it.
    Exempt,
    /// It says what is read, which `critical` bounds.
    Confined,
}

impl Sinks<'_, '_> {
    /// All that goes into a step.
    pub(super) fn step(&mut self, id: StepId, failure: Label) {
        let step = self.plan.get(id);
        self.call(&step.call, Site::Step(id));
        step.undo.iter().for_each(|undo| self.call(undo, Site::Undo(id)));
        if !step.is_read_only() {
            self.decisions(id, failure);
        }
        if contacts(&step.call) {
            self.sent_because(id);
        }
    }

    /// What decides whether and how often an effect happens.
    fn decisions(&mut self, id: StepId, failure: Label) {
        let step = self.plan.get(id);
        let tool = step.call.tool.name.as_str();
        for when in step.when.iter() {
            self.decision(id, when, self.label(when), Wrong::When, Integrity::Chosen, "when", tool);
        }
        if let Some(each) = step.each {
            let each = self.plan.each(each);
            // Once for each block: at its first step with an effect.
            let steps = self.plan.steps_of(step.each.expect("it stands in a block"));
            let first = steps.into_iter().find(|step| !self.plan.get(*step).is_read_only());
            if first == Some(id) {
                let own = self.tree(&each.list).own;
                self.decision(id, &each.list, own, Wrong::Count, Integrity::Trusted, "each", tool);
                for when in each.when.iter() {
                    self.decision(id, when, self.label(when), Wrong::When, Integrity::Chosen, "when", tool);
                }
            }
        }
        let fails_by_outside = step.on_failure == OnFailure::Undo
            && failure.integrity == Integrity::Untrusted
            && self.rules.has(Rule::Undo);
        match step.on_failure {
            OnFailure::Stop => {}
            // The call itself is told, whatever else it is asked.
            OnFailure::Undo if fails_by_outside => {}
            OnFailure::Continue | OnFailure::Undo => {
                for expect in &step.expect {
                    self.decision(id, expect, self.label(expect), Wrong::Undo, Integrity::Chosen, "expect", tool);
                }
            }
        }
        if fails_by_outside {
            self.findings.push(Finding {
                kind: Wrong::Undo,
                span: step.call.span,
                label: failure,
                place: "on failure undo".into(),
                tool: tool.into(),
                defined: None,
                step: None,
            });
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a place has that many sides")]
    fn decision(
        &mut self,
        id: StepId,
        expr: &Expr,
        label: Label,
        kind: Wrong,
        most: Integrity,
        clause: &str,
        tool: &str,
    ) {
        let rule = match kind {
            Wrong::When => Rule::When,
            Wrong::Count => Rule::Count,
            Wrong::Control
            | Wrong::Exact
            | Wrong::Undo
            | Wrong::Critical
            | Wrong::Secret
            | Wrong::Sent
            | Wrong::SentBecause => Rule::Undo,
        };
        if label.integrity <= most || !self.rules.has(rule) {
            return;
        }
        let (span, defined) = self.named(expr);
        // The conditions of a group are those of all its steps: one mistake.
        if self.findings.iter().rev().take(MAX_LOOKED_BACK).any(|found| found.span == span && found.kind == kind) {
            return;
        }
        let place = clause.to_owned();
        self.findings.push(Finding { kind, span, label, place, tool: tool.into(), defined, step: Some(id) });
    }

    /// What decides whether something is sent must not be secret.
    fn sent_because(&mut self, id: StepId) {
        if !self.rules.has(Rule::SentBecause) {
            return;
        }
        let step = self.plan.get(id);
        let block = step.each.map(|each| self.plan.each(each));
        let whens = step.when.as_deref().into_iter().chain(block.and_then(|block| block.when.as_ref()));
        let mut deciding: Vec<(&Expr, Label, &str)> = whens.map(|when| (when, self.label(when), "when")).collect();
        deciding.extend(block.map(|block| (&block.list, self.tree(&block.list).own, "each")));
        deciding.extend(step.expect.iter().map(|expect| (expect, self.label(expect), "expect")));
        for (expr, label, clause) in deciding {
            if label.secrecy == Secrecy::Secret {
                let (span, defined) = self.named(expr);
                let place = clause.to_owned();
                let tool = step.call.tool.name.to_string();
                self.findings.push(Finding {
                    kind: Wrong::SentBecause,
                    span,
                    label,
                    place,
                    tool,
                    defined,
                    step: Some(id),
                });
            }
        }
    }

    /// All that goes into a call.
    pub(super) fn call(&mut self, call: &Call, site: Site) {
        let contacts = contacts(call);
        let acts = !call.is_read_only();
        for (index, (param, arg)) in call.tool.params.iter().zip(&call.args).enumerate() {
            let Some(arg) = arg else { continue };
            let bound = match acts {
                true => Bound::Said,
                false if !names_resource(call, index) => Bound::Exempt,
                false if self.bounds_reads && matches!(param.ty.without_null(), Type::Path | Type::Glob) => {
                    Bound::Confined
                }
                false => Bound::Said,
            };
            let arrival = Arrival { call, site, param: &param.name, bound, contacts };
            self.arrives(arg, Taken::whole(&param.marks), &arrival);
        }
    }

    /// An argument, or a part of it that is written by itself.
    fn arrives(&mut self, arg: &Expr, taken: Taken<'_>, arrival: &Arrival<'_>) {
        match &arg.kind {
            ExprKind::Record(fields) => {
                fields.iter().for_each(|(name, value)| self.arrives(value, taken.field(name), arrival));
            }
            ExprKind::List(items) => items.iter().for_each(|item| self.arrives(item, taken, arrival)),
            _ => {
                let tree = self.tree(arg);
                let mut worst = Worst::default();
                worst.add(&tree, taken);
                self.judge(arg, worst, arrival);
            }
        }
    }

    fn judge(&mut self, arg: &Expr, worst: Worst, arrival: &Arrival<'_>) {
        let Worst { control, exact, unmarked, all } = worst;
        let asks = match arrival.bound {
            Bound::Said => true,
            Bound::Exempt => false,
            Bound::Confined => {
                self.confined |= control.join(exact).integrity == Integrity::Untrusted;
                false
            }
        };
        let wrong = if asks && exact.integrity > Integrity::Trusted && self.rules.has(Rule::Exact) {
            Some((Wrong::Exact, exact))
        } else if asks && control.join(exact).integrity == Integrity::Untrusted && self.rules.has(Rule::Control) {
            Some((Wrong::Control, control.join(exact)))
        } else if arrival.contacts && all.secrecy == Secrecy::Secret && self.rules.has(Rule::Sent) {
            Some((Wrong::Sent, all))
        } else if unmarked.secrecy == Secrecy::Secret && self.rules.has(Rule::Secret) && !arrival.is_gate() {
            Some((Wrong::Secret, unmarked))
        } else {
            None
        };
        let Some((kind, label)) = wrong else { return };
        let (span, defined) = self.named(self.narrowed(arg, label));
        let step = match arrival.site {
            Site::Step(step) => Some(step),
            Site::Undo(_) | Site::Check => None,
        };
        let place = arrival.param.to_owned();
        self.findings.push(Finding {
            kind,
            span,
            label,
            place,
            tool: arrival.call.tool.name.to_string(),
            defined,
            step,
        });
    }

    /// What the lines of `critical` that are about values may be.
    pub(super) fn critical(&mut self) {
        if !self.rules.has(Rule::Critical) {
            return;
        }
        for line in &self.plan.critical {
            let CriticalScope::Value(expr) = &line.scope else { continue };
            let label = self.label(expr);
            if label.integrity == Integrity::Untrusted {
                let (span, defined) = self.named(expr);
                let place = line.verb.as_str().to_owned();
                let tool = String::new();
                self.findings.push(Finding { kind: Wrong::Critical, span, label, place, tool, defined, step: None });
            }
        }
    }

    fn tree(&self, expr: &Expr) -> Tree {
        self.values.tree(self.plan, expr, &mut self.around.clone())
    }

    fn label(&self, expr: &Expr) -> Label {
        self.tree(expr).all
    }

    /// Of a text that is put together the part that is to blame.
    fn narrowed<'e>(&self, expr: &'e Expr, label: Label) -> &'e Expr {
        let ExprKind::Interpolate(parts) = &expr.kind else { return expr };
        let is_to_blame = |part: &&Expr| {
            let part = self.label(part);
            part.integrity >= label.integrity && part.secrecy >= label.secrecy
        };
        parts.iter().find(is_to_blame).unwrap_or(expr)
    }

    fn named(&self, expr: &Expr) -> (Span, Option<usize>) {
        let defined = match &expr.kind {
            ExprKind::Let(index) if self.plan.lets[*index].release.is_none() => Some(*index),
            _ => None,
        };
        (expr.span, defined)
    }
}

impl Arrival<'_> {
    /// A gate shows no secret to anybody, and sends nothing.
    fn is_gate(&self) -> bool {
        matches!(self.site, Site::Step(_)) && self.call.tool.name == "gate"
    }
}

/// How far back a mistake that was found already is looked for.
const MAX_LOOKED_BACK: usize = 32;

/// The worst labels of an argument by what they go to.
#[derive(Clone, Copy, Debug, Default)]
struct Worst {
    control: Label,
    exact: Label,
    /// Of what goes where no secret may.
    unmarked: Label,
    all: Label,
}

impl Worst {
    fn add(&mut self, tree: &Tree, taken: Taken<'_>) {
        let apart = taken.tells_fields_apart();
        match &tree.inner {
            Inner::Record(fields, _) if apart => {
                self.place(tree.own, taken);
                fields.iter().for_each(|(name, field)| self.add(field, taken.field(name)));
            }
            Inner::List(items) if apart => {
                self.place(tree.own, taken);
                // Content may hold places that decide: who says how many items there are has chosen what stands in them.
                self.add(&Tree::item_by(items, tree.own), taken);
            }
            // Some of it may be for control.
            Inner::Leaf if apart => {
                self.control = self.control.join(tree.all);
                self.unmarked = self.unmarked.join(tree.all);
                self.all = self.all.join(tree.all);
            }
            Inner::Leaf | Inner::Record(..) | Inner::List(_) => self.place(tree.all, taken),
        }
    }

    fn place(&mut self, label: Label, taken: Taken<'_>) {
        match taken.for_use {
            Use::Control => self.control = self.control.join(label),
            Use::Exact => self.exact = self.exact.join(label),
            Use::Data => {}
        }
        if !taken.may_be_secret {
            self.unmarked = self.unmarked.join(label);
        }
        self.all = self.all.join(label);
    }
}

/// Whether a call may tell somebody something.
pub(super) fn contacts(call: &Call) -> bool {
    match &call.tool.effects {
        Effects::Undeclared => true,
        Effects::Declared(effects) => effects.iter().any(|effect| effect.verb == EffectVerb::Contacts),
    }
}

/// Whether an argument says what a call reads.
fn names_resource(call: &Call, index: usize) -> bool {
    call.tool.effects.declared().iter().any(|effect| {
        let by_target = match &effect.target {
            Target::Param(param) => *param == index,
            Target::Template(parts) => {
                parts.iter().any(|part| matches!(part, TemplatePart::Param(param) if *param == index))
            }
        };
        let mut by_condition = false;
        effect.when.iter().for_each(|when| when.params(&mut |param| by_condition |= param == index));
        by_target || by_condition
    })
}
