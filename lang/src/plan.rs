//! The typed plan: every name resolved, every expression typed, nothing left to ask. What the rest of planc works on.
//!
//! Spans are kept for messages at run time and are no part of a plan's identity.

use crate::catalogue::Tool;
use crate::effects::{CriticalVerb, Effects, Grant};
use crate::source::Span;
use crate::stdlib::Function;
use crate::syntax::{BinaryOp, Direction, EffectVerb, OnFailure, UnaryOp};
use crate::types::Type;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A checked plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The title.
    pub title: String,
    /// The headline.
    pub rationale: Option<String>,
    /// The why, Markdown.
    pub context: Option<String>,
    /// What is supplied from outside.
    pub inputs: Vec<Input>,
    /// What is taken as given.
    pub assumptions: Vec<Assumption>,
    /// All that the plan may touch.
    pub critical: Vec<CriticalLine>,
    /// What it leans on.
    pub reuse: Vec<Reuse>,
    /// Pure values; a `let` refers only to lets before it in this list.
    pub lets: Vec<Let>,
    /// All steps: those of the plan from top to bottom, gates and steps inside blocks among them, then those of the
    /// verifications in order.
    pub steps: Vec<Step>,
    /// The `each` blocks, from top to bottom.
    pub eaches: Vec<Each>,
    /// What must hold in the end.
    pub verifications: Vec<Verification>,
    /// What the run returns.
    pub outputs: Vec<Output>,
    /// The `plan` item in its source.
    pub span: Span,
}

impl Plan {
    /// The step with this name.
    pub fn step(&self, name: &str) -> Option<StepId> {
        self.steps.iter().position(|step| step.name == name).map(StepId::new)
    }

    /// The ids of all steps in order.
    pub fn step_ids(&self) -> impl DoubleEndedIterator<Item = StepId> + use<> {
        (0..self.steps.len()).map(StepId::new)
    }

    /// The step with this id.
    pub fn get(&self, id: StepId) -> &Step {
        &self.steps[id.index()]
    }

    /// The `each` block with this id.
    pub fn each(&self, id: EachId) -> &Each {
        &self.eaches[id.index()]
    }

    /// The steps of an `each` block in order.
    pub fn steps_of(&self, each: EachId) -> impl DoubleEndedIterator<Item = StepId> + use<> {
        let range = &self.each(each).steps;
        (range.start.index()..range.end.index()).map(StepId::new)
    }

    /// Whether the call of a step, or how often it is made, depends on results of other steps.
    pub fn depends_on_results(&self, step: &Step) -> bool {
        let block = step.each.map(|each| self.each(each));
        !step.uses.is_empty()
            || !step.uses_each.is_empty()
            || block.is_some_and(|each| !each.uses.is_empty() || !each.uses_each.is_empty())
    }

    /// What the plan consists of from top to bottom: steps on their own, and whole `each` blocks.
    pub fn units(&self) -> Vec<Unit> {
        let mut units = Vec::new();
        let mut eaches = (0..self.eaches.len()).map(EachId::new).peekable();
        for id in self.step_ids() {
            while let Some(each) = eaches.next_if(|each| self.each(*each).steps.start <= id) {
                units.push(Unit::Each(each));
            }
            if self.get(id).each.is_none() {
                units.push(Unit::Step(id));
            }
        }
        units.extend(eaches.map(Unit::Each));
        units
    }

    /// These expressions and all of which they consist, the values of the `let`s that they name included, each of these once. In
    /// no order.
    pub fn within<'p>(&'p self, exprs: impl IntoIterator<Item = &'p Expr>) -> impl Iterator<Item = &'p Expr> {
        let mut pending: Vec<&Expr> = exprs.into_iter().collect();
        let mut seen = BTreeSet::new();
        std::iter::from_fn(move || {
            let expr = pending.pop()?;
            if let ExprKind::Let(index) = &expr.kind
                && seen.insert(*index)
            {
                pending.push(&self.lets[*index].value);
            }
            expr.parts(&mut |part| pending.push(part));
            Some(expr)
        })
    }

    /// How an instance of a step is named in reports and journals: `flag`, or `flag[3]` for that of the fourth element.
    pub fn name_of(&self, instance: Instance) -> SmolStr {
        let name = &self.get(instance.step).name;
        match instance.element {
            None => name.clone(),
            Some(element) => smol_str::format_smolstr!("{name}[{element}]"),
        }
    }
}

/// The name of the step that an instance is of, by how that is named: `flag` for `flag[3]`.
pub fn base_name(instance: &str) -> &str {
    instance.split_once('[').map_or(instance, |(step, _)| step)
}

/// Index of a step in [`Plan::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepId(pub u32);

impl StepId {
    /// From an index.
    pub fn new(index: usize) -> StepId {
        StepId(index as u32)
    }

    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A step on its own, or a whole `each` block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A step that is carried out once.
    Step(StepId),
    /// A block that is carried out once for each element.
    Each(EachId),
}

/// Index of an `each` block in [`Plan::eaches`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EachId(pub u32);

impl EachId {
    /// From an index.
    pub fn new(index: usize) -> EachId {
        EachId(index as u32)
    }

    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A step as it is carried out: itself, or inside an `each` block once for each element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instance {
    /// The step.
    pub step: StepId,
    /// The element's position in the list, from 0, for a step of an `each` block.
    pub element: Option<u32>,
}

/// `each name = variable in list { … }`: its steps, once for each element. Elements have no order among each other but for
/// conflicts. No `each` stands in another.
#[derive(Clone, Debug)]
pub struct Each {
    /// Its name: stands for the list of results.
    pub name: SmolStr,
    /// The name of an element.
    pub variable: SmolStr,
    /// The elements.
    pub list: Expr,
    /// The type of an element.
    pub element: Type,
    /// Its steps, which follow each other in [`Plan::steps`].
    pub steps: std::ops::Range<StepId>,
    /// What an element gives; in its place, where none is written, stands the record of the values of its steps.
    pub result: Expr,
    /// The type of the list of results, or of that or null where the block may be skipped.
    pub ty: Type,
    /// Whether the block runs: the condition of a `when` group around it.
    pub when: Option<Expr>,
    /// Steps before the block that its list, its condition or anything in it uses; sorted.
    pub uses: Vec<StepId>,
    /// Blocks before it whose results it uses in the same way; sorted.
    pub uses_each: Vec<EachId>,
    /// The whole item.
    pub span: Span,
}

impl Each {
    /// The type of an element.
    pub fn element_type(&self) -> Type {
        self.element.clone()
    }
}

/// An input.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub name: SmolStr,
    /// Its type.
    pub ty: Type,
    /// What it is when nothing is supplied; none: it must be supplied.
    pub default: Option<Value>,
    /// Whether nobody is shown what is supplied; there is no default then.
    pub secret: bool,
    /// Where it is declared.
    pub span: Span,
}

/// An assumption.
#[derive(Clone, Debug)]
pub struct Assumption {
    /// What is taken as given.
    pub text: String,
    /// The check over read-only tools; none: a person confirms it.
    pub check: Option<Expr>,
    /// The whole item.
    pub span: Span,
}

/// A line of `critical`.
#[derive(Clone, Debug)]
pub struct CriticalLine {
    /// What may be done.
    pub verb: CriticalVerb,
    /// To what.
    pub scope: CriticalScope,
    /// Why the plan needs it.
    pub why: Option<String>,
    /// The whole line.
    pub span: Span,
}

/// What a line of `critical` is about.
#[derive(Clone, Debug)]
pub enum CriticalScope {
    /// A glob, a program with leading arguments, or a host: known from the text.
    Text(Grant),
    /// A value of the plan: a text or a list of texts, of which each names one resource.
    Value(Expr),
}

/// Something the plan leans on.
#[derive(Clone, Debug)]
pub struct Reuse {
    /// A path or the name of a tool.
    pub target: ReuseTarget,
    /// Why.
    pub why: Option<String>,
    /// The whole item.
    pub span: Span,
}

/// What a plan leans on.
#[derive(Clone, Debug)]
pub enum ReuseTarget {
    /// A path in the workspace; the dry run checks that it exists.
    Path(String),
    /// A tool of the catalogue.
    Tool(Arc<Tool>),
}

/// A pure value.
#[derive(Clone, Debug)]
pub struct Let {
    /// Its name.
    pub name: SmolStr,
    /// Its value; of a release, what is released.
    pub value: Expr,
    /// What is changed about where the value comes from or may go.
    pub release: Option<Release>,
    /// The block it stands in: it has a value for each element then.
    pub each: Option<EachId>,
    /// Where its name stands.
    pub named_at: Span,
    /// The whole item.
    pub span: Span,
}

/// `endorse(value, "reason")` or `reveal(value, "reason")`, the whole of a `let`. The value stays what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// Which of the two.
    pub kind: ReleaseKind,
    /// Why, in the words of the plan's author.
    pub reason: String,
    /// The whole call.
    pub span: Span,
}

/// What a release does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReleaseKind {
    /// A person takes responsibility for a value that outside text could have chosen: it counts as trusted.
    Endorse,
    /// A person lets a secret go where it is used: it counts as public.
    Reveal,
}

impl ReleaseKind {
    /// Both, with their spelling.
    pub const ALL: [(ReleaseKind, &'static str); 2] =
        [(ReleaseKind::Endorse, "endorse"), (ReleaseKind::Reveal, "reveal")];

    /// The one that is spelled so.
    pub fn parse(text: &str) -> Option<ReleaseKind> {
        ReleaseKind::ALL.iter().find(|(_, spelling)| *spelling == text).map(|(kind, _)| *kind)
    }

    /// Its spelling.
    pub fn as_str(self) -> &'static str {
        ReleaseKind::ALL[self as usize].1
    }
}

/// One tool call with its clauses.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name, unique in the plan.
    pub name: SmolStr,
    /// The call.
    pub call: Call,
    /// Why, for the approver.
    pub because: Option<String>,
    /// Steps that must have ended before.
    pub after: Vec<StepId>,
    /// Earlier steps whose results its call and its conditions use, also through lets; sorted.
    pub uses: Vec<StepId>,
    /// Earlier `each` blocks whose results its call and its conditions use, also through lets; sorted.
    pub uses_each: Vec<EachId>,
    /// Whether it runs: its own condition and those of the groups around it.
    pub when: Option<Box<Expr>>,
    /// How long one attempt may take, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Further attempts after a failure.
    pub retry: Option<Retry>,
    /// Looking again until a condition holds.
    pub poll: Option<Box<Poll>>,
    /// What must be true of the result; refers to the step itself.
    pub expect: Vec<Expr>,
    /// What takes the effect back.
    pub undo: Option<Box<Call>>,
    /// What its failure does to the run.
    pub on_failure: OnFailure,
    /// Whether the program that it runs must change exactly what it changed in the dry run.
    pub reproduce: bool,
    /// The type of its value: the tool's result, or that or null where it may be skipped or fail.
    pub ty: Type,
    /// The verification it belongs to; none: the plan itself.
    pub verification: Option<usize>,
    /// The `each` block it belongs to; none: it is carried out once.
    pub each: Option<EachId>,
    /// Which `together` block it belongs to, by number: steps of one block may overlap unless they conflict.
    pub together: Option<u32>,
    /// Whether it is a gate: a full barrier at which a person agrees to the arguments of its call, which does nothing.
    pub is_gate: bool,
    /// The whole item.
    pub span: Span,
}

impl Step {
    /// Whether it changes nothing, contacts nobody and stops nobody.
    pub fn is_read_only(&self) -> bool {
        self.call.is_read_only() && !self.is_gate
    }

    /// Whether nothing behind it begins before it has ended, reading included: a gate, and a poll, which waits for the world
    /// to be ready for what comes.
    pub fn holds_up(&self) -> bool {
        self.is_gate || self.poll.is_some()
    }
}

/// Looking again and again: `poll every 30s for 20m until condition`.
#[derive(Clone, Debug)]
pub struct Poll {
    /// How long to wait between two looks, in milliseconds.
    pub every_ms: u64,
    /// How long to look in all, in milliseconds.
    pub for_ms: u64,
    /// What must be true of the result; refers to the step itself.
    pub until: Expr,
}

/// Further attempts after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How many.
    pub times: u32,
    /// How long to wait before each, in milliseconds.
    pub every_ms: u64,
}

/// A verification.
#[derive(Clone, Debug)]
pub struct Verification {
    /// What must hold.
    pub text: String,
    /// The Boolean over its steps and the plan's; none: a person follows it.
    pub check: Option<Expr>,
    /// The whole item.
    pub span: Span,
}

/// A value that the run returns.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its name.
    pub name: SmolStr,
    /// Its value.
    pub value: Expr,
    /// The whole item.
    pub span: Span,
}

/// A call of a tool.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is called.
    pub tool: Arc<Tool>,
    /// By parameter index; none: left out.
    pub args: Vec<Option<Expr>>,
    /// The whole call.
    pub span: Span,
}

impl Call {
    /// Whether it changes nothing and contacts nobody: by its tool, and by those arguments that are constants.
    pub fn is_read_only(&self) -> bool {
        let Effects::Declared(effects) = &self.tool.effects else { return false };
        let constant = |index: usize| match self.args.get(index)? {
            Some(Expr { kind: ExprKind::Constant(value), .. }) => Some(value),
            Some(_) => None,
            None => Some(self.tool.params[index].default.as_ref().unwrap_or(&Value::Null)),
        };
        effects.iter().all(|effect| {
            effect.verb == EffectVerb::Reads
                || effect.when.as_ref().is_some_and(|when| when.holds(&constant) == Some(false))
        })
    }
}

/// A typed expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Which.
    pub kind: ExprKind,
    /// The type of its value.
    pub ty: Type,
    /// Where it stands.
    pub span: Span,
}

impl Expr {
    /// Shows every expression that this one directly consists of, in the order in which they are written.
    pub fn parts<'e>(&'e self, found: &mut dyn FnMut(&'e Expr)) {
        match &self.kind {
            ExprKind::Interpolate(items) | ExprKind::List(items) | ExprKind::Method { args: items, .. } => {
                items.iter().for_each(found);
            }
            ExprKind::Record(fields) => fields.iter().for_each(|(_, value)| found(value)),
            ExprKind::Field { base, .. } => found(base),
            ExprKind::Index { base, index } => {
                found(base);
                found(index);
            }
            ExprKind::Call(call) => call.args.iter().flatten().for_each(found),
            ExprKind::Unary(_, operand) | ExprKind::As(operand, _) => found(operand),
            ExprKind::Binary(_, operands) => {
                found(&operands.0);
                found(&operands.1);
            }
            ExprKind::If(parts) => {
                found(&parts.0);
                found(&parts.1);
                found(&parts.2);
            }
            ExprKind::Comprehension(inner) => {
                found(&inner.element);
                found(&inner.list);
                inner.condition.iter().chain(inner.order.iter().map(|(key, _)| key)).for_each(found);
            }
            ExprKind::Constant(_)
            | ExprKind::Input(_)
            | ExprKind::Let(_)
            | ExprKind::Step(_)
            | ExprKind::Each(_)
            | ExprKind::Element(_)
            | ExprKind::Local(_) => {}
        }
    }
}

/// The forms of typed expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A literal.
    Constant(Value),
    /// A string with interpolated values.
    Interpolate(Vec<Expr>),
    /// The value of an input, by index.
    Input(usize),
    /// The value of a `let`, by index.
    Let(usize),
    /// The result of a step; inside an `each` block, for a step of that block, that of the element at hand.
    Step(StepId),
    /// The results of an `each` block.
    Each(EachId),
    /// The element at hand, inside an `each` block.
    Element(EachId),
    /// The variable of a comprehension, by slot.
    Local(usize),
    /// A field of a record. `null?.f` is null when `optional`.
    Field {
        /// The record.
        base: Box<Expr>,
        /// The field.
        name: SmolStr,
        /// Whether null gives null.
        optional: bool,
    },
    /// An item of a list, the value of a key of a map, or a field of `any` by name.
    Index {
        /// The list or map.
        base: Box<Expr>,
        /// The position, from 0, or the key.
        index: Box<Expr>,
    },
    /// A function of the standard library on a receiver.
    Method {
        /// Which.
        function: &'static Function,
        /// The receiver, then the arguments.
        args: Vec<Expr>,
        /// Whether a null receiver gives null (`?.`).
        optional: bool,
    },
    /// A call of a read-only tool, in checks of assumptions and verifications only.
    Call(Box<Call>),
    /// A list.
    List(Vec<Expr>),
    /// A record.
    Record(Vec<(SmolStr, Expr)>),
    /// An operator with one operand.
    Unary(UnaryOp, Box<Expr>),
    /// An operator with two operands.
    Binary(BinaryOp, Box<(Expr, Expr)>),
    /// Condition, then, else.
    If(Box<(Expr, Expr, Expr)>),
    /// A comprehension.
    Comprehension(Box<Comprehension>),
    /// A value that must be of a type, as it was declared.
    As(Box<Expr>, Type),
}

/// `[element for slot in list if condition by key]`
#[derive(Clone, Debug)]
pub struct Comprehension {
    /// Where an element is stored while it is looked at.
    pub slot: usize,
    /// What an element is called, to be shown.
    pub variable: SmolStr,
    /// What each element becomes.
    pub element: Expr,
    /// Where the elements come from.
    pub list: Expr,
    /// Which of them are taken.
    pub condition: Option<Expr>,
    /// What they are ordered by, the first key first, each a number, a text, a Boolean or a time.
    pub order: Vec<(Expr, Direction)>,
}
