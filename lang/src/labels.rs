//! The typed plan ⟶ where each of its values comes from and whether it is secret; and what may therefore not go where it goes.
//!
//! Values have labels: how far they can be trusted, and whether they may be shown. An expression joins the labels of its
//! parts; what is only chosen by outside text is told apart from what is outside text. The rules are those of
//! `spec/19-information-flow.md`, by name in [`Rule`]. Order matters here as in a run: what a step reads has the labels of what
//! steps above it wrote. Takes time in proportion to the plan.

mod explain;
mod flow;
mod results;
mod rules;
mod sinks;
mod tree;
mod undoing;
mod values;
mod written;

pub use explain::Path;
pub use rules::{Rule, Rules};
pub use tree::MAX_PLACES;

use crate::diagnostic::Diagnostics;
use crate::plan::{Call, EachId, Expr, Plan, ReleaseKind, StepId};
use crate::source::Source;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use tree::Tree;
use undoing::Undoing;
use values::Values;

/// How far a value can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Integrity {
    /// The plan's text, inputs, what was in the workspace before, what servers vouch for.
    #[default]
    Trusted,
    /// Outside text decides which of several trusted values it is.
    Chosen,
    /// Outside text.
    Untrusted,
}

impl Integrity {
    /// As a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Integrity::Trusted => "trusted",
            Integrity::Chosen => "chosen",
            Integrity::Untrusted => "untrusted",
        }
    }
}

/// Whether a value may be shown, and may go out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Secrecy {
    /// Anybody may see it.
    #[default]
    Public,
    /// A secret that the plan lets go where it is used, and that nobody is shown all the same.
    Revealed,
    /// Nobody is shown it, and it stays.
    Secret,
}

/// What is known of a value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Label {
    /// How far it can be trusted.
    pub integrity: Integrity,
    /// Whether it is secret.
    pub secrecy: Secrecy,
    /// Why it is not trusted.
    from: HopId,
    /// Why it is secret.
    secret_from: HopId,
}

impl Label {
    /// That of a value that depends on two others.
    fn join(self, other: Label) -> Label {
        let (integrity, from) = match other.integrity > self.integrity {
            true => (other.integrity, other.from),
            false => (self.integrity, self.from),
        };
        let (secrecy, secret_from) = match other.secrecy > self.secrecy {
            true => (other.secrecy, other.secret_from),
            false => (self.secrecy, self.secret_from),
        };
        Label { integrity, secrecy, from, secret_from }
    }

    fn is_bottom(self) -> bool {
        self.integrity == Integrity::Trusted && self.secrecy == Secrecy::Public
    }

    /// Whether two labels say the same, for whatever reasons.
    fn is_as(&self, other: &Label) -> bool {
        self.integrity == other.integrity && self.secrecy == other.secrecy
    }

    /// That of a value which is chosen by one with this label.
    fn as_choice(self) -> Label {
        Label { integrity: self.integrity.min(Integrity::Chosen), ..self }
    }

    fn untrusted(from: HopId) -> Label {
        Label { integrity: Integrity::Untrusted, from, ..Label::default() }
    }

    fn secret(secret_from: HopId) -> Label {
        Label { secrecy: Secrecy::Secret, secret_from, ..Label::default() }
    }

    /// How far it can be trusted, alone.
    fn of_integrity(self) -> Label {
        Label { integrity: self.integrity, from: self.from, ..Label::default() }
    }

    /// Whether it is secret, alone.
    fn of_secrecy(self) -> Label {
        Label { secrecy: self.secrecy, secret_from: self.secret_from, ..Label::default() }
    }

    fn trusted(self) -> Label {
        self.of_secrecy()
    }

    fn revealed(self) -> Label {
        Label { secrecy: self.secrecy.min(Secrecy::Revealed), ..self }
    }
}

/// A place that a label went through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct HopId(u32);

impl Default for HopId {
    fn default() -> HopId {
        HopId(u32::MAX)
    }
}

/// A place that a label went through, after another.
#[derive(Clone, Copy, Debug)]
struct Hop {
    kind: HopKind,
    before: HopId,
}

/// What happened there.
#[derive(Clone, Copy, Debug, PartialEq)]
enum HopKind {
    /// A tool gives outside text.
    Outside(StepId),
    /// A tool in a check gives outside text, or something secret.
    Check(crate::source::Span),
    /// A program that may talk to others may have written anything.
    Program(StepId),
    /// A tool gives something secret.
    SecretResult(StepId),
    /// An input is secret.
    Input(usize),
    /// A name was given to it.
    Let(usize),
    /// A call was given it, and its result depends on that.
    Result(StepId),
    /// A step wrote it.
    Written(StepId),
    /// Whether a step has a result depends on it.
    Absent(StepId),
}

/// What the analysis says of a step.
#[derive(Clone, Debug, Default)]
pub struct StepLabels {
    /// Of everything that the call is given or made because of.
    given: Label,
    /// Of what it may find in what it touches.
    found: Label,
    /// Of what it writes.
    written: Label,
    /// Of the secrets that the call that takes it back is given, or may find.
    undo: Label,
    /// Whether what it reads is decided by outside text, so that it must lie within a line of `critical`.
    pub confined: bool,
    /// How many of [`Labels::writers`] stand before it, for a step that runs a program.
    pub writers: usize,
}

/// The labels of a plan.
#[derive(Clone, Debug)]
pub struct Labels {
    values: Values,
    hops: Vec<Hop>,
    steps: Vec<StepLabels>,
    /// Steps that wrote something that is not trusted, in the order of the text.
    writers: Vec<StepId>,
    /// Calls in checks of which outside text decides what they read, by where they stand.
    confined_calls: BTreeSet<u32>,
    /// Of what calls in checks are given and may find, by where they stand.
    check_calls: BTreeMap<u32, Label>,
    has_secrets: bool,
    /// Whether any step writes what is not simply trusted and public.
    taints: bool,
    /// What the calls that take back may find and leave of secrets.
    undoing: Undoing,
}

impl Labels {
    /// Finds the labels of a plan without a mistake.
    pub fn of(plan: &Plan) -> Labels {
        flow::run(plan, Rules::ALL).0
    }

    /// Of the value of an expression of the plan.
    pub fn of_expr(&self, plan: &Plan, expr: &Expr) -> Label {
        self.values.tree(plan, expr, &mut Vec::new()).all
    }

    /// Of what a call is given, or made because of.
    pub fn given(&self, step: StepId) -> Label {
        self.step(step).given
    }

    /// Of what a call may find in what it touches.
    pub fn found(&self, step: StepId) -> Label {
        self.step(step).found
    }

    /// Of what a call writes, wherever that lies.
    pub fn written(&self, step: StepId) -> Label {
        self.step(step).written
    }

    /// Whether any step writes what is not simply trusted and public.
    pub fn taints(&self) -> bool {
        self.taints
    }

    /// Of everything that a call's result and what it writes depend on, as far as paths tell: what it is given, and what it may
    /// find.
    pub fn reached(&self, step: StepId) -> Label {
        self.given(step).join(self.found(step))
    }

    /// Of the secrets that the call that takes a step back is given, or may find as far as paths tell.
    pub fn reached_by_undo(&self, step: StepId) -> Label {
        self.step(step).undo
    }

    /// Of the secrets that may become known while a step is taken back. Where one such call reaches a secret, all do: links may lead
    /// from what one has left to what another finds.
    pub fn reached_undoing(&self, step: StepId) -> Label {
        self.reached(step).of_secrecy().join(self.undoing.reached)
    }

    /// Of the secrets that may stand at a path once steps have run and were taken back.
    pub fn left_at(&self, path: &str) -> Label {
        self.undoing.left.at_path(path)
    }

    /// The same of a call in a check.
    pub fn reached_in_check(&self, call: &Call) -> Label {
        self.check_calls.get(&call.span.start).copied().unwrap_or_default()
    }

    /// What else is known of a step.
    pub fn step(&self, step: StepId) -> &StepLabels {
        &self.steps[step.index()]
    }

    /// All steps that write what is not trusted.
    pub fn writers(&self) -> &[StepId] {
        &self.writers
    }

    /// The steps above a step that runs a program which wrote what is not trusted.
    pub fn writers_before(&self, step: StepId) -> &[StepId] {
        &self.writers[..self.step(step).writers]
    }

    /// Whether outside text decides what a call in a check reads, so that it must lie within a line of `critical`.
    pub fn is_confined(&self, call: &Call) -> bool {
        self.confined_calls.contains(&call.span.start)
    }

    /// Whether the plan has any secret at all.
    pub fn has_secrets(&self) -> bool {
        self.has_secrets
    }

    /// Of the whole result of a step: of everything in it.
    pub fn of_result(&self, step: StepId) -> Label {
        self.values.steps[step.index()].all
    }

    /// Of whether an element of a block is there, and how many there are.
    pub fn of_count(&self, plan: &Plan, each: EachId) -> Label {
        self.values.tree(plan, &plan.each(each).list, &mut Vec::new()).own
    }

    /// Of what a release releases: where it comes from.
    pub fn of_released(&self, plan: &Plan, index: usize) -> Label {
        self.of_expr(plan, &plan.lets[index].value)
    }

    /// The way that a value took which is not trusted, from its source on; empty for others.
    pub fn path(&self, label: Label) -> Vec<Path> {
        explain::path(&self.hops, label.from)
    }

    /// The way that a secret took; empty for what is none.
    pub fn secret_path(&self, label: Label) -> Vec<Path> {
        explain::path(&self.hops, label.secret_from)
    }
}

/// Reports what may not go where it goes, and releases that release nothing.
pub fn check(plan: &Plan, source: &Source, report: &Diagnostics) -> Labels {
    check_by(plan, Rules::ALL, Some(source), report)
}

/// The same by these rules only. With a source edits are offered.
pub fn check_by(plan: &Plan, rules: Rules, source: Option<&Source>, report: &Diagnostics) -> Labels {
    let (labels, findings) = flow::run(plan, rules);
    explain::report(plan, &labels, findings, source, report);
    for (index, defined) in plan.lets.iter().enumerate() {
        let Some(release) = &defined.release else { continue };
        let label = labels.of_released(plan, index);
        let useless = match release.kind {
            ReleaseKind::Endorse => label.integrity == Integrity::Trusted,
            ReleaseKind::Reveal => label.secrecy == Secrecy::Public,
        };
        if useless || (release.kind == ReleaseKind::Endorse && label.secrecy == Secrecy::Secret) {
            report.push(explain::release(release, useless));
        }
    }
    labels
}
