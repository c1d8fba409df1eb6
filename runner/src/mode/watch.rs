//! The mode while a run goes on ⟶ whether it may start anything further.
//!
//! What somebody sets counts before the next step; windows and checks are looked at again once a second, so that many short
//! steps do not pay for them.

use super::{DENIAL, Modes, Standing};
use crate::journal::ModeCounter;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long what was found out may be used while nobody sets anything.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Whether a run may start anything further.
pub struct ModeWatch {
    modes: Modes,
    counter: ModeCounter,
    standing: Standing,
    run: String,
    last: Mutex<Option<Looked>>,
}

struct Looked {
    at: Instant,
    counter: i64,
    refusal: Option<String>,
}

impl ModeWatch {
    /// A watch for a run that is carried out for a standing.
    pub fn new(modes: Modes, counter: ModeCounter, standing: Standing, run: &str) -> ModeWatch {
        ModeWatch { modes, counter, standing, run: run.to_owned(), last: Mutex::new(None) }
    }

    /// Why nothing further may start; none: it may. A mode that cannot be found out is plan mode.
    pub async fn refuses(self: Arc<ModeWatch>) -> Option<String> {
        let counter = match self.counter.read() {
            Ok(counter) => counter,
            Err(error) => return Some(unknown(&error.to_string())),
        };
        match self.looked(counter) {
            Some(refusal) => refusal,
            // Checks call tools, which may take their time.
            None => match tokio::task::spawn_blocking(move || self.look(counter)).await {
                Ok(refusal) => refusal,
                Err(error) => Some(unknown(&error.to_string())),
            },
        }
    }

    /// What was found out a moment ago, if nobody has set anything since.
    fn looked(&self, counter: i64) -> Option<Option<String>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |looked: &&Looked| looked.counter == counter && looked.at.elapsed() < LOOK_EVERY;
        last.as_ref().filter(fresh).map(|looked| looked.refusal.clone())
    }

    fn look(&self, counter: i64) -> Option<String> {
        let refusal =
            self.modes.refuses(&self.standing, &self.run).unwrap_or_else(|error| Some(unknown(&error.to_string())));
        let looked = Looked { at: Instant::now(), counter, refusal: refusal.clone() };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(looked);
        refusal
    }
}

fn unknown(why: &str) -> String {
    format!("{DENIAL} the mode cannot be found out: {why}")
}
