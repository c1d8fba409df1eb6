//! An event ⟶ durable, then part of the state, then shown: in this order, always.

use super::values::{Derived, Recorded};
use crate::approval::{Approved, Claim, Lack};
use crate::event::Event;
use crate::journal::{Journal, StoreError};
use crate::state::RunState;
use crate::veil::Veil;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Is told of every event once it is durable. Must return soon.
pub type Watch = Arc<dyn Fn(&Event) + Send + Sync>;

/// The one place through which a run speaks.
pub struct Recorder {
    journal: Arc<dyn Journal>,
    watch: Option<Watch>,
    state: Mutex<RunState>,
    derived: Derived,
    veil: Option<Veil>,
    /// Held while a person looks at late values.
    asking: tokio::sync::Mutex<()>,
}

impl Recorder {
    /// A recorder that goes on from a state.
    pub fn new(journal: Arc<dyn Journal>, watch: Option<Watch>, veil: Option<Veil>, state: RunState) -> Recorder {
        let (derived, asking) = (Derived::default(), tokio::sync::Mutex::default());
        Recorder { journal, watch, state: Mutex::new(state), derived, veil, asking }
    }

    /// Records one event: without secrets in the words of errors, and shown without secrets at all.
    pub async fn record(&self, event: Event) -> Result<(), StoreError> {
        let event = match &self.veil {
            Some(veil) => {
                veil.learn(&event);
                veil.recorded(event)
            }
            None => event,
        };
        self.journal.record(event.clone()).await?;
        self.take_in(&event);
        Ok(())
    }

    /// Uses up the yeses that the run needs, which is its first record, or one more where it has others; or says what is lacking.
    pub(crate) async fn begin(
        &self,
        claim: &Claim,
        recorded: Option<&Approved>,
    ) -> Result<Result<Approved, Lack>, StoreError> {
        let taken = self.journal.take_approval(claim, recorded).await?;
        if let Ok(approval) = &taken
            && recorded != Some(approval)
        {
            self.take_in(&Event::Approved { approval: approval.clone().into() });
        }
        Ok(taken)
    }

    /// What is durable becomes part of the state, and is shown.
    fn take_in(&self, event: &Event) {
        self.state().apply(event);
        if let Some(watch) = &self.watch {
            match &self.veil {
                Some(veil) => watch(&veil.event(event)),
                None => watch(event),
            }
        }
    }

    /// The turn to ask a person about late values.
    pub(crate) async fn asking(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.asking.lock().await
    }

    /// Where everything is recorded.
    pub(crate) fn journal(&self) -> &dyn Journal {
        self.journal.as_ref()
    }

    /// A state of this recorder with what follows from it.
    pub(crate) fn recorded<'r>(&'r self, state: &'r RunState) -> Recorded<'r> {
        Recorded { state, derived: &self.derived }
    }

    /// The state as recorded; not to be held while anything is waited for.
    pub fn state(&self) -> MutexGuard<'_, RunState> {
        // `apply` does not panic, so a poisoned state is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
