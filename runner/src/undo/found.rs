//! What a declared `undo` call would find ⟶ what of it is neither as it was approved nor as the run itself left it.

use crate::dry_run::unknown_args;
use crate::event::{Conflict, Difference};
use crate::run::{
    Naming, OwnChanges, Recorder, RunSetup, Unapproved, as_found, changes_files, critical_values, implementation,
    is_unrecorded, look_again, marked, of_contents, of_named, one_by_one, own, said_to_change, simulate,
};
use crate::state::{RunState, StepRecord, UndoCall};
use crate::tool::Args;
use crate::tool::process::may_be_open;
use crate::tool::registry::Implementation;
use crate::workspace::{Change, FOLDER_SEEN, FileState, Look, Observation};
use planc_lang::effects::{CriticalVerb, Resource, overlap};
use planc_lang::grants::Grants;
use planc_lang::paths::within;
use planc_lang::plan::Call;
use planc_lang::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the call names, as it was found; with why the call is not made: the programs and files of it that somebody else has changed.
pub(super) async fn changed(
    setup: &Arc<RunSetup>,
    recorder: &Recorder,
    record: &StepRecord,
) -> (Vec<Observation>, Vec<Conflict>) {
    let expected = expected(setup, record);
    let mut different = look_again(setup, expected.clone()).await;
    let seen = as_found(expected, &different);
    different.retain(|difference| !is_gone_folder(difference));
    if !different.is_empty() {
        let own = Own::of(setup, recorder);
        different.retain(|difference| !own.explains(setup, &recorder.state(), difference));
    }
    (seen, different.into_iter().map(conflict).collect())
}

/// What the call names of which nobody has approved what is in it: in the open that the run itself has left it, or may have, is
/// not enough. So it is with what is not trusted and that it may find. Blocks while it reads, when nothing else of the run is at work.
pub(super) fn unapproved(
    setup: &RunSetup,
    recorder: &Recorder,
    record: &StepRecord,
    call: &Call,
    values: &[Value],
) -> Unapproved {
    let Some(instance) = record.instance else { return Unapproved::default() };
    let name = format!("the undo of {}", record.name);
    let named = of_named(setup, recorder, Naming { name: &name, instance, call, values, is_undo: true });
    // What steps have written since then is there, too.
    named.with_found(of_contents(setup, recorder, (&name, instance.step, call), setup.labels.writers()))
}

/// Why the call is not made, right before it is: nobody has looked at what it would run.
pub(super) fn unseen(
    setup: &RunSetup,
    recorder: &Recorder,
    record: &StepRecord,
    call: &Call,
    values: &[Value],
) -> Vec<Conflict> {
    let unapproved = unapproved(setup, recorder, record, call, values);
    let unseen = unapproved.in_the_way(&recorder.state()).into_iter().map(conflict);
    let overwritten = match implementation(setup, &call.tool.name) {
        Ok(Implementation::Files(tool)) => {
            let args = Args { tool: call.tool.clone(), values: values.to_vec() };
            // A call that fails here fails again when it is made, and changes nothing.
            let changes = simulate(setup, *tool, &args).map_or_else(|_| Vec::new(), |simulated| simulated.changes);
            overwritten(setup, recorder, record, changes)
        }
        Ok(Implementation::Live(_)) | Err(_) => Vec::new(),
    };
    unseen.chain(overwritten).collect()
}

/// What others have put where a file tool would put something else, or take it away: neither the approval nor the run knows it. Blocks while it
/// looks.
pub(super) fn overwritten(
    setup: &RunSetup,
    recorder: &Recorder,
    record: &StepRecord,
    changes: Vec<Change>,
) -> Vec<Conflict> {
    let lost: Vec<Change> = changes.into_iter().filter(|change| change.before != FileState::Absent).collect();
    if lost.is_empty() {
        return Vec::new();
    }
    let by_run = own(&recorder.state());
    let lost = marked(setup, &by_run, lost);
    // With an inventory it is told what others have put there; without one nobody can tell it from what a program has left.
    let own = if setup.around.is_some() { Own::of(setup, recorder) } else { Own::told(setup, recorder) };
    let expected = expected(setup, record);
    let state = recorder.state();
    let is_theirs = |change: &&Change| {
        let look = Look::At { path: change.path.clone() };
        let absent = || Observation { look: look.clone(), seen: FileState::Absent.to_string() };
        let expected = expected.iter().find(|seen| seen.look == look).cloned().unwrap_or_else(absent);
        let found = Difference { expected, found: change.before.to_string() };
        change.of_others || found.expected.seen != found.found && !own.explains(setup, &state, &found)
    };
    let why = |change: &Change| format!("the undo call is not made: others have put there {}", change.before);
    let theirs = lost.iter().filter(is_theirs);
    theirs.map(|change| Conflict { path: change.path.clone(), why: why(change), diff: None }).collect()
}

/// Whether nothing is there where a folder was: nothing that could be run.
fn is_gone_folder(Difference { expected, found }: &Difference) -> bool {
    expected.seen == FOLDER_SEEN && *found == FileState::Absent.to_string()
}

/// What the call was approved with.
fn expected(setup: &RunSetup, record: &StepRecord) -> Vec<Observation> {
    let predicted = record.instance.and_then(|instance| setup.predictions.of(&setup.compiled.plan, instance));
    predicted.map_or_else(Vec::new, |prediction| one_by_one(setup, &prediction.undo_observations))
}

fn conflict(Difference { expected, found }: Difference) -> Conflict {
    let path = match expected.look {
        Look::At { path } | Look::Entries { path } | Look::Called { path, .. } => path,
        Look::Matches { glob, .. } => glob,
        Look::Program { name } => name,
        Look::Call { part, .. } => part,
        Look::Tool { tool } => tool,
    };
    let why = format!("the undo call, which names it, is not made: approved with {}, found {found}", expected.seen);
    Conflict { path, why, diff: None }
}

/// How a path was by all that the dry run says of it.
fn seen(setup: &RunSetup, expected: &Observation) -> Vec<String> {
    let looked = setup.observations.iter().filter(|seen| seen.look == expected.look);
    let predicted = setup.predictions.all().iter().flat_map(|prediction| {
        let changes = prediction.changes.iter().filter(|change| expected.look.at() == Some(&change.path));
        let seen = prediction.named.iter().chain(&prediction.observations).filter(|seen| seen.look == expected.look);
        let made = changes.flat_map(|change| [change.before.to_string(), change.after.to_string()]);
        made.chain(seen.map(|seen| seen.seen.clone()))
    });
    [expected.seen.clone()].into_iter().chain(looked.map(|seen| seen.seen.clone())).chain(predicted).collect()
}

/// What the run itself made of files.
struct Own {
    /// By path how the run has left it last, as it is recorded.
    recorded: BTreeMap<String, Vec<FileState>>,
    /// What else it may have changed.
    unrecorded: Unrecorded,
}

/// What calls may have changed of which nobody records it.
enum Unrecorded {
    /// There were none.
    Nothing,
    /// What `critical` allows.
    Allowed(Vec<Option<Value>>),
    /// What they said of it.
    Said(Vec<Resource>),
}

impl Unrecorded {
    /// Whether they may have changed a path.
    fn may_change(&self, setup: &RunSetup, path: &str) -> bool {
        match self {
            Unrecorded::Nothing => false,
            Unrecorded::Allowed(values) => {
                let grants = Grants::new(&setup.compiled.plan, values).known();
                let verbs = [CriticalVerb::Create, CriticalVerb::Modify, CriticalVerb::Delete];
                verbs.iter().any(|verb| grants.iter().any(|grant| grant.allows_path(*verb, path)))
            }
            Unrecorded::Said(said) => said.iter().any(|said| overlap(said, &Resource::Path(path.into()))),
        }
    }
}

impl Own {
    /// With all that may be its own.
    fn of(setup: &RunSetup, recorder: &Recorder) -> Own {
        let (recorded, is_any) = {
            let state = recorder.state();
            (own(&state), state.steps().iter().any(|record| has_unrecorded(setup, record)))
        };
        let unrecorded = match is_any {
            true => Unrecorded::Allowed(critical_values(setup, recorder)),
            false => Unrecorded::Nothing,
        };
        Own { recorded, unrecorded }
    }

    /// With what its calls say of it.
    fn told(setup: &RunSetup, recorder: &Recorder) -> Own {
        let state = recorder.state();
        let said = state.steps().iter().flat_map(|record| said_to_change(setup, record)).collect();
        Own { recorded: own(&state), unrecorded: Unrecorded::Said(said) }
    }

    fn explains(&self, setup: &RunSetup, state: &RunState, Difference { expected, found }: &Difference) -> bool {
        let Some(path) = expected.look.at() else { return false };
        if self.recorded.get(path).is_some_and(|states| states.iter().any(|state| state.to_string() == *found)) {
            return matches!(self.unrecorded, Unrecorded::Allowed(_))
                || OwnChanges::of(state).made_of(path, seen(setup, expected)).contains(found);
        }
        setup.config.programs.scratch.iter().any(|folder| within(path, folder))
            || self.unrecorded.may_change(setup, path)
    }
}

/// Whether a step, or the call that took it back, changed what is not recorded, or may have.
fn has_unrecorded(setup: &RunSetup, record: &StepRecord) -> bool {
    let instance = record.instance.filter(|_| record.undo_call != UndoCall::None);
    let undo = instance.and_then(|instance| setup.compiled.plan.get(instance.step).undo.as_deref());
    is_unrecorded(setup, record) || undo.is_some_and(|call| leaves_unrecorded(setup, call))
}

/// Whether an undo call that was made changes what is not recorded, or may have, with whichever arguments.
fn leaves_unrecorded(setup: &RunSetup, call: &Call) -> bool {
    match implementation(setup, &call.tool.name) {
        Ok(Implementation::Files(_)) => false,
        Ok(Implementation::Live(tool)) if tool.as_program().is_some() => {
            may_be_open(&setup.config, &setup.compiled.plan)
        }
        Ok(Implementation::Live(_)) => changes_files(&call.tool, &unknown_args(call)),
        Err(_) => true,
    }
}
