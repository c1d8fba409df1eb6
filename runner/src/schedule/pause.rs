//! How often a step has failed ⟶ how long until it is tried again: longer each time, and not at the same moment as others.

use planc_lang::digest::Digest;
use planc_lang::plan::Retry;
use std::time::Duration;

/// How long a pause gets by failures alone; one that the plan asks for may be longer.
pub const MAX_PAUSE: Duration = Duration::from_secs(300);

/// Up to one part in so many of a pause is left out.
const JITTER_PARTS: u64 = 5;

/// The pause after so many failures of a step, from 1: what the plan says, doubled with each failure, and then up to a fifth
/// less, drawn from the run, the step and the number, so that it is the same however often it is asked for.
pub fn pause(retry: &Retry, run: &str, step: &str, failures: u32) -> Duration {
    let first = Duration::from_millis(retry.every_ms);
    let doubled = first.saturating_mul(1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
    let longest = doubled.min(MAX_PAUSE).max(first);
    let drawn = Digest::of_json(&(run, step, failures)).hex();
    let part = u64::from_str_radix(&drawn[..8], 16).expect("a digest has hexadecimal digits");
    let most = longest.as_millis() as u64 / JITTER_PARTS;
    longest - Duration::from_millis(most * part / u64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(every_ms: u64, run: &str, failures: u32) -> u64 {
        pause(&Retry { times: 100, every_ms }, run, "s", failures).as_millis() as u64
    }

    #[test]
    fn pauses_grow_within_their_bounds_and_are_drawn_from_the_run() {
        for failures in 1..=100u32 {
            let longest = (2000u64 << (failures - 1).min(20)).min(300_000);
            let pause = of(2000, "a", failures);
            assert!(pause <= longest && pause >= longest * 4 / 5, "{failures}: {pause}");
            assert_eq!(pause, of(2000, "a", failures));
        }
        let of_runs: std::collections::BTreeSet<u64> = (0..50).map(|run| of(60_000, &run.to_string(), 1)).collect();
        assert!(of_runs.len() > 40, "{of_runs:?}");
    }

    #[test]
    fn a_plan_that_asks_for_longer_gets_longer_and_nothing_stays_nothing() {
        assert!(of(600_000, "a", 5) >= 480_000);
        assert_eq!(of(0, "a", 40), 0);
    }
}
