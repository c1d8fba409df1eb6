//! What every call of an agent is judged by: the desk, and the catalogues as they are now; and a text ⟶ a plan that may be
//! dry-run, or every mistake in it.

use crate::desk::{Desk, DeskError, Draft};
use crate::dry_run::InputValue;
use crate::journal::{Role, StoredSource};
use crate::report::PlanReport;
use planc_lang::catalogue::Catalogue;
use planc_lang::codes::Severity;
use planc_lang::compile::compile;
use planc_lang::diagnostic::{Colour, Diagnostic, DiagnosticJson, render_all, to_json};
use planc_lang::source::Sources;
use std::sync::Arc;

/// What diagnostics call the text of an agent.
pub const PLAN_NAME: &str = "plan.pl";

/// The desk and the catalogues at one time.
#[derive(Clone)]
pub struct World {
    /// Plans and runs.
    pub desk: Desk,
    /// The texts of the catalogues; the built-in one is the first.
    pub sources: Arc<Sources>,
    /// Their tools.
    pub catalogue: Arc<Catalogue>,
}

/// Opens the world anew for each call, so that what the operator changes counts for the next one. Says why it cannot.
pub type OpenWorld = Arc<dyn Fn() -> Result<World, String> + Send + Sync>;

/// A text and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The plan, when there is no mistake.
    pub draft: Option<Draft>,
    /// Everything that is wrong, as data.
    pub diagnostics: Vec<DiagnosticJson>,
    /// The same, drawn for reading.
    pub drawn: String,
    /// How many of them refuse the plan.
    pub errors: usize,
}

impl World {
    /// Compiles a text of an agent. Its revisions are known by `key`.
    pub fn check(&self, key: &str, text: &str) -> Checked {
        let mut sources = (*self.sources).clone();
        let index = sources.add(PLAN_NAME, text);
        let compilation = compile(&sources, index, &self.catalogue);
        let diagnostics: &[Diagnostic] = &compilation.diagnostics;
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity() == Severity::Error).count();
        let drawn = match diagnostics {
            [] => String::new(),
            some => render_all(some, &sources, Colour::Never) + "\n",
        };
        let catalogues = self.sources.iter().skip(1);
        let mut stored: Vec<StoredSource> = catalogues
            .map(|source| StoredSource {
                name: source.name.clone(),
                text: source.text.to_string(),
                role: Role::Catalogue,
            })
            .collect();
        stored.push(StoredSource { name: PLAN_NAME.into(), text: text.into(), role: Role::Plan });
        let data = diagnostics.iter().map(|diagnostic| to_json(diagnostic, &sources)).collect();
        let draft = compilation.compiled.map(|compiled| Draft {
            key: key.to_owned(),
            compiled: Arc::new(compiled),
            sources,
            stored,
            part: None,
        });
        Checked { draft, diagnostics: data, drawn, errors }
    }

    /// Dry-runs a draft to see what would happen, and stores nothing. Blocks while it reads.
    pub fn look(&self, draft: &Draft, inputs: &[InputValue]) -> Result<PlanReport, DeskError> {
        self.desk.look(draft, inputs)
    }
}
