//! A check of the operator's file ⟶ whether it holds now: compiled and evaluated as an assumption of a plan is, by calls
//! of read-only tools and nothing else.

use crate::config::{Config, MAX_CATALOGUE_BYTES};
use crate::dry_run::{DryRun, Early, Purpose, Sight};
use crate::stop::Stop;
use crate::tool::registry::Registry;
use crate::workspace::Workspace;
use planc_lang::catalogue::Catalogue;
use planc_lang::compile::{add_builtin, compile, load_catalogue};
use planc_lang::source::Sources;
use std::io::Read;
use std::sync::Arc;

/// Makes the checks that force plan mode.
pub trait Checks: Send + Sync {
    /// Whether a check holds; an error says why that cannot be told, which counts as if it did.
    fn holds(&self, check: &str) -> Result<bool, String>;
}

/// The tools of the workspace, read anew.
pub(crate) fn catalogue(config: &Config) -> Result<Catalogue, String> {
    read(config, &mut Sources::default())
}

fn read(config: &Config, sources: &mut Sources) -> Result<Catalogue, String> {
    let mut catalogues = vec![add_builtin(sources)];
    for path in &config.catalogues {
        let failed = |error: std::io::Error| format!("cannot read the catalogue `{}`: {error}", path.display());
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(failed)?;
        file.take(MAX_CATALOGUE_BYTES).read_to_string(&mut text).map_err(failed)?;
        catalogues.push(sources.add(config.shown(path), text));
    }
    let catalogue = load_catalogue(sources, &catalogues).0;
    config.check_given(&catalogue, sources).map_err(|error| error.to_string())?;
    Ok(catalogue)
}

/// Checks in the workspace itself.
pub struct InWorkspace {
    /// What the operator decided.
    pub config: Arc<Config>,
    /// The files.
    pub workspace: Arc<Workspace>,
    /// The tools.
    pub registry: Arc<Registry>,
}

impl Checks for InWorkspace {
    fn holds(&self, check: &str) -> Result<bool, String> {
        let mut sources = Sources::default();
        let catalogue = read(&self.config, &mut sources)?;
        let text = format!(
            "plan \"What forces plan mode\" {{\n  assume \"it holds\" {{\n{check}\n  }}\n  step look = fs.stat(path: \".\")\n}}\n"
        );
        let index = sources.add("planc.toml", text);
        let compilation = compile(&sources, index, &catalogue);
        let first = || compilation.diagnostics.first().map_or_else(String::new, |found| found.message.clone());
        let compiled = compilation.compiled.as_ref().ok_or_else(first)?;
        let [assumption] = compiled.plan.assumptions.as_slice() else { return Err("it is not one condition".into()) };
        let condition = assumption.check.as_ref().filter(|_| compiled.plan.steps.len() == 1);
        let condition = condition.ok_or("it is not one condition")?;
        let runtime = tokio::runtime::Handle::try_current().ok();
        let dry_run = DryRun {
            purpose: Purpose::Look,
            compiled,
            inputs: &[],
            config: &self.config,
            workspace: &self.workspace,
            registry: &self.registry,
            time: 1,
            standing: &[],
            sight: Sight::All,
            veil: None,
            site: None,
            early: Early::Off,
            runtime: runtime.as_ref(),
            recall: &|_| None,
            stop: &Stop::new(),
        };
        dry_run.holds(condition)
    }
}
