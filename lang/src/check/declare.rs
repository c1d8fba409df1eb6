//! Names first: which there are, which are taken twice, and what type each step's result has.

use super::{Checker, Head, Meaning, PLAN, Part, Parts, Pure, PureKind, ScopeId, StepSource, Symbol};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Input, StepId};
use crate::resolve::{self, duplicate};
use crate::source::Span;
use crate::syntax::{self, ClauseKind, Ident, Item, OnFailure, TopItem};
use crate::types::Type;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

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
    // What could not be read may have been the plan.
    if let (None, [TopItem::Type(ty), ..], false) = (first, file.items.as_slice(), report.has_errors()) {
        report.push(
            Diagnostic::new(Code::EmptySource, ty.name.span, "this file holds types and no plan")
                .label("used by nothing")
                .help("A plan begins with `plan \"what it does\" {`; types of tools stand in the file of their catalogue."),
        );
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

impl<'a> Checker<'a> {
    /// Declares every name of the plan and sorts its items by kind.
    pub(super) fn declare(&mut self, plan: &'a syntax::Plan) -> Parts<'a> {
        let mut parts = Parts::default();
        for item in &plan.items {
            match item {
                Item::Rationale(text) => self.once(&mut parts.rationale, text, "rationale"),
                Item::Context(text) => self.once(&mut parts.context, text, "context"),
                Item::Input(input) => self.input(input),
                Item::Assume(assume) => parts.assumes.push(assume),
                Item::Critical(critical) => parts.criticals.push(critical),
                Item::Reuse(reuse) => parts.reuses.push(reuse),
                Item::Let(_) | Item::Step(_) | Item::Each(_) | Item::Together(_) | Item::When(_) | Item::Gate(_) => {
                    self.group_item(item, PLAN, None, &mut parts)
                }
                Item::Verify(verify) => parts.verifies.push(verify),
                Item::Output(output) => parts.outputs.push(output),
                Item::Type(_) => {}
            }
        }
        for (index, verify) in parts.verifies.iter().enumerate() {
            let Some(block) = &verify.block else { continue };
            parts.lets.extend(block.lets.iter().map(|declared| Pure::of_verification(declared, index)));
            parts.steps.extend(block.steps.iter().map(|step| Part::of_verification(step, index)));
        }
        for (index, pure) in parts.lets.iter().enumerate() {
            match pure.kind {
                PureKind::Let(declared) => {
                    self.name(&declared.name, Meaning::Let(index), pure.verification, pure.scope);
                }
                PureKind::List(..) | PureKind::Result(..) => {}
            }
        }
        self.lets.resize_with(parts.lets.len(), Default::default);
        self.declare_blocks();
        self.heads.reserve(parts.steps.len());
        for (index, part) in parts.steps.iter().enumerate() {
            let head = self.head(part, index);
            self.heads.push(head);
        }
        let has_blocks = self.scopes.len() > 1 || parts.togethers > 0;
        if !has_blocks && !parts.steps.iter().any(|part| part.verification.is_none()) {
            self.no_steps(plan);
        }
        self.outputs_once(&parts);
        parts
    }

    /// Declares the name of a step; a gate has none.
    fn head(&mut self, part: &Part<'_>, index: usize) -> Head {
        let (name, ty, result, span) = match part.source {
            StepSource::Step(step) => {
                self.name(&step.name, Meaning::Step(StepId::new(index)), part.verification, part.scope);
                let result = self.result_of(&step.call);
                let ty = if may_be_null(step) { result.clone().optional() } else { result.clone() };
                (step.name.name.clone(), ty, result, step.name.span)
            }
            StepSource::Gate(gate, number) => {
                (smol_str::format_smolstr!("gate {number}"), Type::Null, Type::Null, gate.text.span)
            }
        };
        Head { name, ty, result, span, verification: part.verification, scope: part.scope }
    }

    fn no_steps(&self, plan: &syntax::Plan) {
        // A step that could not be parsed is reported as such; the plan is not empty then.
        if self.understood {
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
        let mut first = BTreeMap::new();
        for output in &parts.outputs {
            match first.entry(output.name.name.as_str()) {
                Entry::Vacant(slot) => drop(slot.insert(output.name.span)),
                Entry::Occupied(first) => self.report.push(duplicate("output", &output.name, *first.get())),
            }
        }
    }

    fn input(&mut self, input: &syntax::Input) {
        let ty = self.types.resolve(&input.ty);
        let default = input.default.as_ref().and_then(|default| resolve::constant(default, &ty, self.report));
        self.name(&input.name, Meaning::Input(self.inputs.len()), None, PLAN);
        self.input_used.push(false);
        if let (Some(secret), Some(default)) = (input.secret, &input.default) {
            self.report.push(
                Diagnostic::new(Code::BadMark, default.span, "a secret input has no default")
                    .label("everybody who reads the plan would know it")
                    .related(secret, "said to be secret here")
                    .help(format!(
                        "leave the default out: the value is given from a file, `--input-file {}=PATH`",
                        input.name.name
                    )),
            );
        }
        let secret = input.secret.is_some();
        self.inputs.push(Input { name: input.name.name.clone(), ty, default, secret, span: input.span });
    }

    pub(super) fn name(&mut self, name: &Ident, meaning: Meaning, verification: Option<usize>, scope: ScopeId) {
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
                self.names.insert(name.name.clone(), Symbol { meaning, span: name.span, verification, scope });
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
