//! The one place where commands reach the parts of the core that carry out plans.

use super::exit::Exit;
use super::fault::Fault;
use super::session::{PlanText, Session};
use crate::journal::{Role, Store, StoredPlan, StoredRun};
use planc_lang::compile::{Compiled, add_builtin, compile, load_catalogue};
use planc_lang::source::Sources;
use planc_lang::value::Value;

/// Makes a dry run of a plan and stores it: as needing approval, or as blocked.
pub fn dry_run(session: &Session, plan: PlanText, inputs: Value) -> Result<StoredPlan, Fault> {
    let _ = (session, inputs);
    Err(missing(&format!("`{}` compiles; the dry run", plan.name)))
}

/// Carries out a run that has its yes, or goes on with it.
pub fn execute(session: &Session, store: &Store, plan: &StoredPlan, run: &StoredRun) -> Result<Exit, Fault> {
    let _ = (session, store, plan);
    Err(missing(&format!("the execution of run `{}`", run.id)))
}

/// Takes back what a run has done.
pub fn undo(session: &Session, store: &Store, plan: &StoredPlan, run: &StoredRun) -> Result<Exit, Fault> {
    let _ = (session, store, plan);
    Err(missing(&format!("taking back run `{}`", run.id)))
}

/// A source in its one form.
pub fn formatted(_sources: &Sources, _index: usize) -> Result<String, Fault> {
    Err(missing("the formatter"))
}

fn missing(what: &str) -> Fault {
    Fault::usage(format!("{what} is not part of this build"))
}

/// Compiles a stored plan again, from the texts that were stored with it.
pub fn recompile(plan: &StoredPlan) -> Result<Compiled, Fault> {
    let mut sources = Sources::default();
    let mut catalogues = vec![add_builtin(&mut sources)];
    let mut text = None;
    for source in &plan.sources {
        let index = sources.add(source.name.clone(), source.text.clone());
        match source.role {
            Role::Plan => text = Some(index),
            Role::Catalogue => catalogues.push(index),
        }
    }
    let (catalogue, _) = load_catalogue(&sources, &catalogues);
    let compiled = text.and_then(|index| compile(&sources, index, &catalogue).compiled);
    let stale = |why: &str| {
        Fault::new(Exit::Stale, format!("the stored plan `{}` {why}", plan.digest.short()))
            .help("make a new dry run with `planc plan FILE`")
    };
    match compiled {
        None => Err(stale("does not compile with this version of planc")),
        Some(compiled) if compiled.digest != plan.plan_digest => Err(stale("means something else in this version")),
        Some(compiled) => Ok(compiled),
    }
}
