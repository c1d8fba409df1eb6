//! The pipeline on one screen: sources ⟶ diagnostics and, when there is no error, a compiled plan.

use crate::catalogue::Catalogue;
use crate::check::check;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::digest::Digest;
use crate::graph::StepGraph;
use crate::order::order;
use crate::parser::parse;
use crate::plan::Plan;
use crate::source::{Source, Sources};
use crate::syntax::{File, TopItem};
use crate::{builtin, compiled, cover, labels, resolve, rewrite};

/// What compiling gives.
#[derive(Debug)]
pub struct Compilation {
    /// All mistakes, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The plan, when there is no error.
    pub compiled: Option<Compiled>,
}

/// A plan that may be dry-run.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Typed.
    pub plan: Plan,
    /// Its order.
    pub graph: StepGraph,
    /// Its identity: the digest of its canonical form.
    pub digest: Digest,
}

impl Compiled {
    /// The canonical form as JSON, in its fixed order of fields.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&compiled::form(&self.plan)).expect("a plan is always representable as JSON")
    }
}

/// Adds the built-in catalogue's text to `sources` and gives its index.
pub fn add_builtin(sources: &mut Sources) -> usize {
    sources.add("<built-in catalogue>", builtin::TEXT)
}

/// Builds the catalogue from catalogue sources; the built-in one is added with [`add_builtin`].
pub fn load_catalogue(sources: &Sources, indices: &[usize]) -> (Catalogue, Vec<Diagnostic>) {
    let report = Diagnostics::default();
    let files: Vec<File> = indices.iter().map(|index| parse(sources, *index, &report)).collect();
    let catalogue = resolve::catalogue(&files.iter().collect::<Vec<_>>(), &report);
    (catalogue, report.into_sorted())
}

/// Checks the source `index`: a plan against the catalogue, or a catalogue file by itself.
pub fn check_source(sources: &Sources, index: usize, catalogue: &Catalogue) -> Vec<Diagnostic> {
    let report = Diagnostics::default();
    let file = parse(sources, index, &report);
    match is_catalogue(&file) {
        true => resolve::catalogue_alone(&file, &report),
        false => drop(checked(&file, sources.get(index), catalogue, &report)),
    }
    rewrite::complete(sources.get(index), &file, report.into_sorted())
}

/// Compiles the plan in the source `index` against a catalogue.
pub fn compile(sources: &Sources, index: usize, catalogue: &Catalogue) -> Compilation {
    let report = Diagnostics::default();
    let file = parse(sources, index, &report);
    let checked = checked(&file, sources.get(index), catalogue, &report);
    let diagnostics = rewrite::complete(sources.get(index), &file, report.into_sorted());
    let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error);
    let compiled = checked.filter(|_| !failed).map(|(plan, graph)| {
        let digest = compiled::digest(&plan);
        Compiled { plan, graph, digest }
    });
    Compilation { diagnostics, compiled }
}

/// Whether a file declares catalogues and no plan.
pub fn is_catalogue(file: &File) -> bool {
    let has = |wanted: fn(&TopItem) -> bool| file.items.iter().any(wanted);
    has(|item| matches!(item, TopItem::Catalogue(_))) && !has(|item| matches!(item, TopItem::Plan(_)))
}

fn checked(file: &File, source: &Source, catalogue: &Catalogue, report: &Diagnostics) -> Option<(Plan, StepGraph)> {
    let before = report.has_errors();
    let plan = check(file, catalogue, report)?;
    rewrite::divisions(source, file, &plan, report);
    // Where values go is told of a plan in which it is clear what they are.
    if !report.has_errors() {
        labels::check(&plan, source, report);
    }
    // Coverage of a plan that could not be read would be noise: the missing line may stand in what was not understood.
    if !before {
        cover::check(&plan, file, report);
    }
    let graph = order(&plan, report);
    Some((plan, graph))
}
