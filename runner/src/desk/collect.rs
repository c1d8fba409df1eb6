//! The store of earlier contents ⟶ whether there is room in it; what of it no run needs any more, removed.

use super::{CONTENTS, Desk, DeskError};
use crate::event::Event;
use crate::journal::{RunLock, StoredPlan};
use crate::sandbox;
use crate::state::{RunState, UndoState};
use crate::workspace::{FileState, Held};
use planc_lang::digest::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What came of removing contents that nobody needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// How many are kept.
    pub kept: usize,
    /// Their bytes.
    pub kept_bytes: u64,
    /// How many are removed.
    pub removed: usize,
    /// Their bytes.
    pub removed_bytes: u64,
}

impl Desk {
    /// Removes earlier contents that no run needs: those of runs that were taken back whole, and those of calls that were cut
    /// off before anything was recorded; also what cells of a planc that was killed have left. Whatever a run may go on with or
    /// take back is kept. Nobody may be at work meanwhile.
    pub fn collect(&self) -> Result<Collected, DeskError> {
        let _lock = RunLock::take(&self.config.state, "gc")?;
        let (collected, needless, halves) = self.needless()?;
        let failed = |error: std::io::Error| self.unusable(&error);
        needless.iter().try_for_each(|name| self.contents.remove(name)).map_err(failed)?;
        halves.iter().try_for_each(std::fs::remove_file).map_err(failed)?;
        sandbox::sweep(&self.config.state);
        Ok(collected)
    }

    /// What that would remove.
    pub fn collectable(&self) -> Result<Collected, DeskError> {
        self.needless().map(|(collected, ..)| collected)
    }

    fn needless(&self) -> Result<(Collected, Vec<Digest>, Vec<PathBuf>), DeskError> {
        let needed = self.needed()?;
        let Held { contents: all, halves } = self.contents.all().map_err(|error| self.unusable(&error))?;
        let (kept, removed): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| needed.contains(name));
        let bytes = |contents: &[(Digest, u64)]| contents.iter().map(|(_, bytes)| bytes).sum();
        let collected = Collected {
            kept: kept.len(),
            kept_bytes: bytes(&kept),
            removed: removed.len(),
            removed_bytes: bytes(&removed),
        };
        Ok((collected, removed.into_iter().map(|(name, _)| name).collect(), halves))
    }

    /// The names of all contents that a run may go on with or take back. A journal that is not as it was written stops all
    /// of it: nobody can tell what it needs.
    fn needed(&self) -> Result<BTreeSet<Digest>, DeskError> {
        let mut needed = BTreeSet::new();
        for run in self.store.runs()? {
            let events: Vec<Event> = self.store.events(&run.id)?.into_iter().map(|stored| stored.event).collect();
            if events.is_empty() {
                continue;
            }
            let mut state = RunState::default();
            events.iter().for_each(|event| state.apply(event));
            if state.undo == UndoState::Complete {
                continue;
            }
            let contents = match self.store.plan(&run.plan.to_string())?.secret {
                true => self.contents.sealed(self.sealer()?),
                false => self.contents.clone(),
            };
            let changes = state.steps().iter().flat_map(|step| &step.changes);
            let states = changes.flat_map(|change| [&change.before, &change.after]);
            needed.extend(states.filter_map(|state| state.digest()).map(|digest| contents.name_of(digest)));
        }
        Ok(needed)
    }

    /// Whether there is room for what the plan is known to change, before anything is changed.
    pub(super) fn check_room(&self, plan: &StoredPlan) -> Result<(), DeskError> {
        let contents = match plan.secret {
            true => self.contents.sealed(self.sealer()?),
            false => self.contents.clone(),
        };
        let changes = plan.predictions.iter().flat_map(|prediction| &prediction.changes);
        let files = changes.flat_map(|change| [&change.before, &change.after]).filter_map(|state| match state {
            FileState::File { digest, bytes, .. } => Some((*digest, *bytes)),
            FileState::Absent | FileState::Directory { .. } | FileState::Link { .. } | FileState::Other => None,
        });
        let missing: BTreeMap<Digest, u64> = files.filter(|(digest, _)| !contents.has(digest)).collect();
        let needed: u64 = missing.values().sum();
        if needed == 0 {
            return Ok(());
        }
        let (held, most) = contents.room().map_err(|error| self.unusable(&error))?;
        match held.saturating_add(needed) > most {
            true => Err(DeskError::NoRoom { needed, held, most, removable: self.collectable()?.removed_bytes }),
            false => Ok(()),
        }
    }

    fn unusable(&self, error: &std::io::Error) -> DeskError {
        let path = self.config.state.join(CONTENTS).display().to_string();
        DeskError::Contents { path, why: error.to_string() }
    }
}
