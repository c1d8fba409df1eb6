//! What others have changed in the workspace since the card was made ⟶ shown before a program runs in the open, which may find any of it.
//!
//! What is known of the workspace is an [`Inventory`]: the one that was made with the card, and made anew after each call of which nobody
//! records what it changes, so that what was changed while one was at work counts as known. What the run itself has done is in its
//! journal.

use super::known::{changes_files, is_unrecorded};
use super::{Recorder, RunSetup};
use crate::config::Config;
use crate::inventory::{Inventory, made_for_a_moment_in, shown};
use crate::state::{RunState, StepRecord, StepState};
use crate::tool::{Args, LiveTool};
use crate::workspace::{Change, FileState, is_own_temporary};
use jiff::Timestamp;
use planc_lang::paths::within;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What it is said to have come from.
pub(super) const SOMEBODY: &str = "it was changed since the card was made";

/// How long a file is waited for that is about to be put in place, and how often.
const MOMENT: Duration = Duration::from_millis(10);
const MOMENTS: usize = 20;

/// Keeps what is known of the workspace for the next process of the run. Where that fails, more is shown there.
pub type Keep = Box<dyn Fn(&Inventory) + Send + Sync>;

/// Reads what is known of the workspace in the run, once that has begun; none: nobody knows what was there when the card was made.
pub type Begun = Box<dyn FnOnce() -> Option<Inventory> + Send>;

/// The same, to be replaced as more is known.
type Read = Box<dyn FnOnce() -> Mutex<Option<Inventory>> + Send>;

/// What is known of the workspace around a run.
pub struct Surroundings {
    root: PathBuf,
    scratch: Vec<String>,
    /// Read when something is to be told, which is after the run has begun: until then other cards of the plan may be shown.
    known: LazyLock<Mutex<Option<Inventory>>, Read>,
    keep: Keep,
    /// When this process came to it.
    begun: Timestamp,
}

impl Surroundings {
    /// Around a run of the workspace at `root`, of which this is known.
    pub fn new(root: PathBuf, config: &Config, known: Begun, keep: Keep) -> Surroundings {
        let (scratch, begun) = (config.programs.scratch.clone(), Timestamp::now());
        let known = LazyLock::new(Box::new(|| Mutex::new(known())) as Read);
        Surroundings { root, scratch, known, keep, begun }
    }

    /// Blocks while it walks.
    fn look(&self) -> Inventory {
        Inventory::of(&self.root, &self.scratch)
    }

    fn known(&self) -> MutexGuard<'_, Option<Inventory>> {
        // What is in it is replaced as a whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is said of something of which nobody can say which it is, so that a yes to it is one for this call, in this process.
    fn for_once(&self, name: &str) -> String {
        format!("nobody can say which, for `{name}` at {}", self.begun)
    }

    /// Whether something was known to be at a path.
    fn knew(&self, path: &str) -> bool {
        self.known().as_ref().is_some_and(|known| known.holds(path))
    }

    /// Whether a file that is called like one that planc is about to put in place is one: it is soon gone. Blocks while it waits.
    fn is_moment(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_gone = || {
            let gone = self.root.join(path).symlink_metadata().is_err();
            if !gone {
                std::thread::sleep(MOMENT);
            }
            gone
        };
        is_own_temporary(name) && !self.knew(path) && (0..MOMENTS).any(|_| is_gone())
    }

    /// Whether git makes a folder at a path for a moment, in a repository that was known.
    fn is_of_git(&self, path: &str) -> bool {
        let known = self.known();
        let knew = |folder: &str| known.as_ref().is_some_and(|known| known.is_folder(folder));
        made_for_a_moment_in(path).is_some_and(knew)
    }

    /// What of the paths that are to be told says all that is to be said; none: nobody knows what was there.
    fn to_tell(&self, now: &Inventory, told: &BTreeSet<String>) -> Option<BTreeSet<String>> {
        let known = self.known();
        let known = known.as_ref().filter(|known| now.is_comparable(known))?;
        Some(now.to_tell(known, told).cloned().collect())
    }

    /// What there is now, and what of it is another one than known. Blocks while it walks.
    fn compare(&self) -> (Inventory, BTreeSet<String>) {
        let now = self.look();
        let known = self.known();
        let comparable = known.as_ref().filter(|known| now.is_comparable(known));
        let other = comparable.map(|known| now.other_than(known, &self.root)).unwrap_or_default();
        drop(known);
        (now, other)
    }

    /// A call has ended that nobody records; none: what there was at its beginning was shown to a person. Blocks while it walks.
    fn take_in(&self, begin: Option<(Inventory, BTreeSet<String>)>) {
        let now = self.look().to_compare(&self.root);
        let mut known = self.known();
        let then = match (begin, known.take()) {
            (None, _) => Some(now),
            (Some((begin, others)), Some(known)) if now.is_comparable(&known) => {
                Some(now.after_call(&begin, &others, &known))
            }
            (Some(_), known) => known,
        };
        then.iter().for_each(&self.keep);
        *known = then;
    }
}

/// Makes a call, and takes what it has changed as known where nobody records that. A program in the open was shown what it could find; a
/// server was not.
pub(super) async fn at_work<T>(setup: &RunSetup, tool: &dyn LiveTool, args: &Args, call: impl Future<Output = T>) -> T {
    let changes = changes_files(&args.tool, &args.values);
    let Some(around) = setup.around.as_ref().filter(|_| changes) else { return call.await };
    let begin = match tool.as_program() {
        Some(_) => Ok(None),
        None => {
            let around = around.clone();
            tokio::task::spawn_blocking(move || Some(around.compare())).await
        }
    };
    let outcome = call.await;
    // A look that broke down tells nothing, so that more is shown.
    if let Ok(begin) = begin {
        let around = around.clone();
        let _ = tokio::task::spawn_blocking(move || around.take_in(begin)).await;
    }
    outcome
}

/// By path what a call is held to, as it is there, or what a person is shown of it: it need not be told once more.
pub(super) type Held = BTreeMap<String, Vec<String>>;

/// What was changed by others, and is not as the run itself has left it.
#[derive(Default)]
pub(super) struct Others {
    /// Files and links.
    pub(super) contents: Vec<(String, FileState)>,
    /// Folders, what is gone, and what is there and cannot be shown; with which one that is, so that a yes is none to another.
    pub(super) marks: Vec<(String, FileState, Option<String>)>,
    /// Whether a call has begun that may have done it all the same: one that was cut off, and that nobody records.
    pub(super) may_be_own: bool,
}

/// What a call that is called so may find. Blocks while it walks the workspace.
pub(super) fn by_others(setup: &RunSetup, recorder: &Recorder, name: &str, held: &Held) -> Others {
    let Some(around) = &setup.around else { return Others::default() };
    let (own, may_be_own) = {
        let state = recorder.state();
        (own(&state), state.steps().iter().any(|record| is_unrecorded(setup, record)))
    };
    let mut found = Others { may_be_own, ..Others::default() };
    let (now, other) = around.compare();
    // Others find it, though planc cannot look at it.
    let state = |path: &String| setup.workspace.state(path).unwrap_or(FileState::Other);
    let is_passed_over = |path: &String, present: &FileState| {
        let is_unknown = now.is_unknown(path);
        let is_own = own.get(path).is_some_and(|states| states.contains(present));
        // What planc itself is about to put in place.
        let is_moment = *present == FileState::Absent && !around.knew(path) || around.is_moment(path);
        let is_of_git = now.is_folder(path) && !around.knew(path) && around.is_of_git(path);
        is_own && !is_unknown || is_moment || is_of_git
    };
    let is_held = |path: &String, present: &FileState| {
        // Of a pipe that is named the card says that it is one.
        let is_known = !now.is_unknown(path) || *present == FileState::Other;
        is_known && held.get(path).is_some_and(|seen| seen.contains(&present.to_string()))
    };
    // What is passed over stands for nothing else.
    let states = other.iter().map(|path| (path.clone(), state(path)));
    let mut states: BTreeMap<String, FileState> = states.filter(|(path, state)| !is_passed_over(path, state)).collect();
    let Some(told) = around.to_tell(&now, &states.keys().cloned().collect()) else {
        let root = ".".to_owned();
        let state = state(&root);
        let all = now.to_compare(&around.root).digest();
        found.marks.push((root, state, Some(format!("all of it {all}, {}", around.for_once(name)))));
        return found;
    };
    for path in told {
        let Some(present) = states.remove(&path).filter(|present| !is_held(&path, present)) else { continue };
        match present {
            // A pipe, and what is mounted there, says to each who asks another content.
            _ if now.is_unknown(&path) => {
                let is_folder = matches!(present, FileState::Directory { .. });
                let present = if is_folder { present } else { FileState::Other };
                found.marks.push((shown(&path).to_owned(), present, Some(around.for_once(name))));
            }
            FileState::File { .. } | FileState::Link { .. } => found.contents.push((path, present)),
            FileState::Other => {
                let which = now.which(&path, &around.root).map(|digest| digest.to_string());
                let which = which.unwrap_or_else(|| around.for_once(name));
                found.marks.push((shown(&path).to_owned(), present, Some(which)));
            }
            FileState::Directory { .. } | FileState::Absent => found.marks.push((path, present, None)),
        }
    }
    found
}

/// Which of these paths hold what others have put there, or from which they have taken it: it is neither as it was known, nor as the run itself has
/// left it, nor as the approval says. Blocks while it looks.
pub(crate) fn of_others<'p>(setup: &RunSetup, own: &Own, paths: impl Iterator<Item = &'p String>) -> BTreeSet<String> {
    let Some(around) = &setup.around else { return BTreeSet::new() };
    let is_of_others = |path: &&String| {
        if around.scratch.iter().any(|folder| within(path, folder)) {
            return false;
        }
        let is_known = match around.known().as_ref() {
            Some(known) => known.is_still(path, &around.root),
            None => around.root.join(path).symlink_metadata().is_err(),
        };
        let Ok(present) = setup.workspace.state(path) else { return !is_known };
        let is_own = || own.get(*path).is_some_and(|states| states.contains(&present));
        let seen = present.to_string();
        let is_seen = || setup.observations.iter().any(|saw| saw.look.at() == Some(path) && saw.seen == seen);
        !(is_known || is_own() || is_seen())
    };
    paths.filter(is_of_others).cloned().collect()
}

/// What is known to be right in a folder.
pub(super) fn known_in(setup: &RunSetup, folder: &str) -> Vec<String> {
    let Some(around) = &setup.around else { return Vec::new() };
    around.known().as_ref().map_or_else(Vec::new, |known| known.right_in(folder))
}

/// The changes, each with whether it is of what others have put there. Blocks while it looks.
pub(crate) fn marked(setup: &RunSetup, own: &Own, mut changes: Vec<Change>) -> Vec<Change> {
    let others = of_others(setup, own, changes.iter().map(|change| &change.path));
    changes.iter_mut().for_each(|change| change.of_others |= others.contains(&change.path));
    changes
}

/// By path how the run itself may have left it.
pub(crate) type Own = BTreeMap<String, Vec<FileState>>;

/// By path how the run itself may have left it: as it did last, or put back last; before and after where that was cut off. Nothing of that is the
/// run's own where others had changed the path before: a mode is put on what they have put there, and what is put back is theirs.
pub(crate) fn own(state: &RunState) -> Own {
    let mut own = Own::new();
    let mut left = |change: &Change, states: Vec<FileState>| {
        own.insert(change.path.clone(), if change.of_others { Vec::new() } else { states });
    };
    let mut records: Vec<&StepRecord> = state.steps().iter().collect();
    records.sort_by_key(|record| record.clock);
    for record in &records {
        let is_cut_off = matches!(record.state, StepState::Running { .. });
        for change in &record.changes {
            let before = is_cut_off.then(|| change.before.clone());
            left(change, before.into_iter().chain([change.after.clone()]).collect());
        }
    }
    // What was done last is taken back first.
    for record in records.iter().rev() {
        for change in &record.undo_changes {
            left(change, vec![change.after.clone()]);
        }
        for change in &record.undo_pending {
            left(change, vec![change.before.clone(), change.after.clone()]);
        }
        for change in &record.restored {
            left(change, vec![change.before.clone(), change.reversed().after]);
        }
    }
    own
}
