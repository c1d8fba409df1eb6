//! A tool that is called so often at most ⟶ when its next call may be made, and waiting until then.
//!
//! A call takes the next free moment before it is made, and moments that were taken are remembered: where that is in a
//! store, a limit holds across runs, processes and crashes. A moment that was taken in vain is not given back.

use super::ToolError;
use crate::clock::{Clock, SystemClock};
use planc_lang::catalogue::{Limit, Tool};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Moments further ahead than so many times of a limit are those of a clock that went wrong, and count for nothing.
pub const MAX_AHEAD: u64 = 1_000;

/// Remembers the moments that were taken.
pub trait Moments: Send + Sync {
    /// Takes the next free moment for a call of this tool, at `now_ms` or later, with [`free`]. An error is a phrase.
    fn take(&self, tool: &str, limit: Limit, now_ms: u64) -> Result<u64, String>;
}

/// Moments for as long as this lives.
#[derive(Debug, Default)]
pub struct Remembered {
    taken: Mutex<BTreeMap<String, Vec<u64>>>,
}

impl Moments for Remembered {
    fn take(&self, tool: &str, limit: Limit, now_ms: u64) -> Result<u64, String> {
        // What was taken is whole whatever panicked.
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_tool = taken.entry(tool.to_owned()).or_default();
        let moment = free(of_tool, limit, now_ms);
        of_tool.retain(|earlier| counts(*earlier, limit, now_ms));
        of_tool.push(moment);
        Ok(moment)
    }
}

/// The first moment, at `now_ms` or later, at which no more calls than the limit allows fall into its time: neither those
/// before the moment nor those that have taken a later one.
pub fn free(taken: &[u64], limit: Limit, now_ms: u64) -> u64 {
    let mut counting: Vec<u64> = taken.iter().copied().filter(|moment| counts(*moment, limit, now_ms)).collect();
    counting.sort_unstable();
    match counting.len().checked_sub(limit.calls.max(1) as usize) {
        Some(oldest) => now_ms.max(counting[oldest].saturating_add(limit.per_ms)),
        None => now_ms,
    }
}

/// Whether a moment that was taken still counts.
pub fn counts(moment: u64, limit: Limit, now_ms: u64) -> bool {
    let ahead = now_ms.saturating_add(limit.per_ms.saturating_mul(MAX_AHEAD));
    moment.saturating_add(limit.per_ms) > now_ms && moment <= ahead
}

/// What delays calls.
#[derive(Clone)]
pub struct Pace {
    clock: Arc<dyn Clock>,
    moments: Arc<dyn Moments>,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace::new(Arc::new(SystemClock::new()), Arc::new(Remembered::default()))
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pace")
    }
}

impl Pace {
    /// By this clock, with moments that are remembered there.
    pub fn new(clock: Arc<dyn Clock>, moments: Arc<dyn Moments>) -> Pace {
        Pace { clock, moments }
    }

    /// Waits until a call of the tool may be made.
    pub async fn wait(&self, tool: &Tool) -> Result<(), ToolError> {
        let Some(limit) = tool.limit else { return Ok(()) };
        // Before 1970 it is 1970.
        let now_ms = u64::try_from(self.clock.now().as_millisecond()).unwrap_or(0);
        let moment = self
            .moments
            .take(&tool.name, limit, now_ms)
            .map_err(|why| ToolError::before(format!("it cannot be told when `{}` may be called: {why}", tool.name)))?;
        if moment > now_ms {
            self.clock.sleep(Duration::from_millis(moment - now_ms)).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_has_more_calls_than_the_limit() {
        let limit = Limit { calls: 3, per_ms: 1_000 };
        let mut taken = Vec::new();
        // Now and then the clock stands still, or jumps.
        for step in 0..500_u64 {
            let now = step * 97 + (step / 50) * 3_000;
            let moment = free(&taken, limit, now);
            assert!(moment >= now);
            taken.push(moment);
        }
        taken.sort_unstable();
        for window in taken.windows(4) {
            assert!(window[3] - window[0] >= 1_000, "{window:?}");
        }
    }

    #[test]
    fn what_is_over_or_of_a_wrong_clock_does_not_count() {
        let limit = Limit { calls: 1, per_ms: 1_000 };
        assert_eq!(free(&[1, 2_000], limit, 5_000), 5_000);
        assert_eq!(free(&[4_500], limit, 5_000), 5_500);
        assert_eq!(free(&[u64::MAX], limit, 5_000), 5_000);
    }
}
