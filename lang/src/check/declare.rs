//! Names first: which there are, which are taken twice, and what type each step's result has.

use super::{Checker, Head, Meaning, Parts, Symbol};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Input, StepId};
use crate::resolve::{self, Types, duplicate};
use crate::source::Span;
use crate::syntax::{self, ClauseKind, Ident, Item, OnFailure, TopItem};
use crate::types::Type;

/// The one plan of a file.
pub(super) fn the_plan<'s>(file: &'s syntax::File, report: &Diagnostics) -> Option<&'s syntax::Plan> {
    let mut first: Option<&syntax::Plan> = None;
    for item in &file.items {
        match item {
            TopItem::Plan(plan) => match first {
                None => first = Some(plan),
                Some(first) => report.push(
                    Diagnostic::new(Code::MixedFile, plan.title.span, "a file holds one plan")
                        .label("a second one")
                        .related(first.title.span, "the first one"),
                ),
            },
            TopItem::Catalogue(catalogue) => report.push(
                Diagnostic::new(Code::MixedFile, catalogue.name.span, "a plan file holds no catalogue")
                    .label("this catalogue")
                    .help("catalogues are grants, reviewed apart from plans: move it to a file of its own"),
            ),
            TopItem::Type(_) => {}
        }
    }
    first
}

/// The names of the catalogues in a file.
pub(super) fn catalogues(file: &syntax::File) -> impl Iterator<Item = &str> {
    file.items.iter().filter_map(|item| match item {
        TopItem::Catalogue(catalogue) => Some(catalogue.name.name.as_str()),
        TopItem::Plan(_) | TopItem::Type(_) => None,
    })
}

/// The types that a plan declares inside its braces.
pub(super) fn types(plan: &syntax::Plan) -> impl Iterator<Item = &syntax::TypeDef> {
    plan.items.iter().filter_map(|item| match item {
        Item::Type(definition) => Some(definition),
        _ => None,
    })
}

impl Checker<'_> {
    /// Declares every name of the plan and sorts its items by kind.
    pub(super) fn declare<'s>(&mut self, plan: &'s syntax::Plan, types: &mut Types<'_>) -> Parts<'s> {
        let mut parts = Parts::default();
        for item in &plan.items {
            match item {
                Item::Rationale(text) => self.once(&mut parts.rationale, text, "rationale"),
                Item::Context(text) => self.once(&mut parts.context, text, "context"),
                Item::Input(input) => self.input(input, types),
                Item::Assume(assume) => parts.assumes.push(assume),
                Item::Critical(critical) => parts.criticals.push(critical),
                Item::Reuse(reuse) => parts.reuses.push(reuse),
                Item::Let(declared) => parts.lets.push((declared, None)),
                Item::Step(step) => parts.steps.push((step, None)),
                Item::Verify(verify) => parts.verifies.push(verify),
                Item::Output(output) => parts.outputs.push(output),
                Item::Type(_) => {}
            }
        }
        for (index, verify) in parts.verifies.iter().enumerate() {
            let Some(block) = &verify.block else { continue };
            parts.lets.extend(block.lets.iter().map(|declared| (declared, Some(index))));
            parts.steps.extend(block.steps.iter().map(|step| (step, Some(index))));
        }
        self.heads.reserve(parts.steps.len());
        for (index, (declared, verification)) in parts.lets.iter().enumerate() {
            self.name(&declared.name, Meaning::Let(index), *verification);
        }
        self.lets.resize_with(parts.lets.len(), Default::default);
        for (index, (step, verification)) in parts.steps.iter().enumerate() {
            self.name(&step.name, Meaning::Step(StepId::new(index)), *verification);
            let result = self.callee(&step.call).map_or(Type::Error, |tool| tool.result.clone());
            let ty = if may_be_null(step) { result.clone().optional() } else { result.clone() };
            let name = step.name.name.clone();
            self.heads.push(Head { name, ty, result, span: step.name.span, verification: *verification });
        }
        if !parts.steps.iter().any(|(_, verification)| verification.is_none()) {
            self.no_steps(plan);
        }
        self.outputs_once(&parts);
        parts
    }

    fn no_steps(&self, plan: &syntax::Plan) {
        // A step that could not be parsed is reported as such; the plan is not empty then.
        if !self.report.has_errors() {
            self.report.push(
                Diagnostic::new(Code::NoSteps, plan.title.span, "this plan does nothing")
                    .label("has no step")
                    .help("a plan has at least one step: `step name = tool(argument: value)`"),
            );
        }
    }

    fn once<'s>(&self, slot: &mut Option<&'s syntax::TextItem>, item: &'s syntax::TextItem, what: &str) {
        match slot {
            None => *slot = Some(item),
            Some(first) => self.report.push(
                Diagnostic::new(Code::DuplicateSection, item.span, format!("a plan has one `{what}`"))
                    .label("a second one")
                    .related(first.span, "the first one"),
            ),
        }
    }

    fn outputs_once(&self, parts: &Parts<'_>) {
        for (index, output) in parts.outputs.iter().enumerate() {
            if let Some(first) = parts.outputs[..index].iter().find(|other| other.name.name == output.name.name) {
                self.report.push(duplicate("output", &output.name, first.name.span));
            }
        }
    }

    fn input(&mut self, input: &syntax::Input, types: &mut Types<'_>) {
        let ty = types.resolve(&input.ty);
        let default = input.default.as_ref().and_then(|default| resolve::constant(default, &ty, self.report));
        self.name(&input.name, Meaning::Input(self.inputs.len()), None);
        self.input_used.push(false);
        if let (Some(secret), Some(default)) = (input.secret, &input.default) {
            self.report.push(
                Diagnostic::new(Code::BadMark, default.span, "a secret input has no default")
                    .label("everybody who reads the plan would know it")
                    .related(secret, "said to be secret here")
                    .help("leave the default out: the value is supplied with `--input`"),
            );
        }
        let secret = input.secret.is_some();
        self.inputs.push(Input { name: input.name.name.clone(), ty, default, secret, span: input.span });
    }

    fn name(&mut self, name: &Ident, meaning: Meaning, verification: Option<usize>) {
        if self.catalogue.has_catalogue(&name.name) {
            self.report.push(
                Diagnostic::new(Code::ReservedName, name.span, format!("`{}` is the name of a catalogue", name.name))
                    .label("tools are called by this name")
                    .help("choose another name"),
            );
        }
        match self.names.get(&name.name) {
            Some(first) => self.report.push(duplicate("name", name, first.span)),
            None => {
                self.names.insert(name.name.clone(), Symbol { meaning, span: name.span, verification });
                self.declared.push(name.name.clone());
            }
        }
    }
}

/// Whether a step's value is its tool's result or null, since it may be skipped or may fail.
fn may_be_null(step: &syntax::Step) -> bool {
    step.clauses
        .iter()
        .any(|clause| matches!(clause.kind, ClauseKind::When(_) | ClauseKind::OnFailure(OnFailure::Continue)))
}

/// The span of a name, for messages about it.
pub(super) fn span_of(checker: &Checker<'_>, step: StepId) -> Span {
    checker.heads[step.index()].span
}
