//! A step ⟶ what it changes, or may change, that others execute or go by meanwhile: no yes that nobody has read is one to that,
//! and an operator may want more.

use super::steps::{At, Steps};
use crate::coverage::{There, changed_for_others, is_for_others, naming_lines};
use crate::report::{Confinement, Loadable, StepOutcome};
use crate::workspace::{Change, Sight};
use planc_lang::effects::{CriticalVerb, Grant};

impl Steps<'_, '_> {
    /// What a step changes that others execute or go by: paths, and where its changes are not known exactly the lines of
    /// `critical` that name such places. `unsure` are paths that it changes of which it is not known what is there before.
    pub(super) fn for_others(
        &mut self,
        at: &At<'_>,
        outcome: &StepOutcome,
        changes: &[Change],
        unsure: &[String],
    ) -> Vec<String> {
        let Some(known) = known(at, outcome) else { return Vec::new() };
        let grants = self.grants();
        // What a step before may have made of a repository, a line names: that is told of that step.
        let look = |path: &str| {
            let info = self.overlay.stat_unseen(path).ok().and_then(Sight::known);
            info.map_or(There::Nothing, |info| There::of(Some(&info)))
        };
        let mut found = changed_for_others(changes, look);
        found.extend(unsure.iter().filter(|path| is_for_others(path, look)).cloned());
        if known == Known::Partly {
            found.extend(naming_lines(&grants, look));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// What a step changes that something may load by itself that is started before a yes: paths, and where its changes are not known
    /// exactly the lines of `critical` about such, and folders that programs really write.
    pub(super) fn loadable(
        &mut self,
        at: &At<'_>,
        outcome: &StepOutcome,
        changes: &[Change],
        unsure: &[String],
        confined: Option<&Confinement>,
    ) -> Vec<Loadable> {
        let Some(known) = known(at, outcome) else { return Vec::new() };
        let loaders = self.dry.config.loaders();
        let changed = changes.iter().filter(|change| change.before != change.after);
        let paths = changed.map(|change| &change.path).chain(unsure);
        let mut found: Vec<Loadable> =
            paths.filter_map(|path| Some(Loadable { place: path.clone(), by: loaders.by(path)?.to_owned() })).collect();
        if let Some(Confinement::Cell { scratch, .. } | Confinement::Late { scratch }) = confined {
            // Whatever may come to lie in it.
            let by = |folder: &String| loaders.by_line(&format!("{folder}/**")).map(str::to_owned);
            found.extend(scratch.iter().filter_map(|folder| Some(Loadable { place: folder.clone(), by: by(folder)? })));
        }
        if known == Known::Partly {
            let grants = self.grants();
            let changes = |grant: &&Grant| {
                matches!(grant.verb, CriticalVerb::Create | CriticalVerb::Modify | CriticalVerb::Delete)
            };
            let lines = grants.iter().filter(changes).filter(|grant| grant.is_resolved() && grant.paths().is_some());
            found.extend(lines.filter_map(|grant| {
                let by = loaders.by_line(grant.resource.strip_prefix("file:").unwrap_or(&grant.resource))?;
                Some(Loadable { place: format!("{} {:?}", grant.verb.as_str(), grant.resource), by: by.to_owned() })
            }));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// How much is known of what a step changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// All of it.
    Exactly,
    /// What its lines of `critical` say.
    Partly,
}

/// How much is known of what a step changes; none: it changes nothing.
fn known(at: &At<'_>, outcome: &StepOutcome) -> Option<Known> {
    match outcome {
        _ if at.step.call.is_read_only() => None,
        StepOutcome::Skipped | StepOutcome::NotReached | StepOutcome::Gate => None,
        StepOutcome::Simulated { .. } => Some(Known::Exactly),
        // A program may do something else in the run, unless it must not.
        StepOutcome::Ran { .. } if at.step.reproduce => Some(Known::Exactly),
        StepOutcome::Ran { .. }
        | StepOutcome::Read { .. }
        | StepOutcome::Extracted { .. }
        | StepOutcome::Foretold { .. }
        | StepOutcome::KnownAfterRun { .. }
        | StepOutcome::Fails { .. } => Some(Known::Partly),
    }
}
