//! The time ⟶ asked for in one place, so that a test decides how it passes.
//!
//! What a run waits for, how long a call may take and when an attempt comes next goes by this clock. Programs and connections
//! have clocks of their own.

use jiff::Timestamp;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

/// A wait.
pub type Wait<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Tells the time and waits.
pub trait Clock: Send + Sync {
    /// The time of day; people may set it.
    fn now(&self) -> Timestamp;

    /// How long it has been since a moment that is the same for as long as this clock is there; never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits.
    fn sleep(&self, time: Duration) -> Wait<'_>;
}

/// The clock of the system. Waits need a tokio runtime.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    began: Instant,
}

impl SystemClock {
    /// A clock that counts from now.
    pub fn new() -> SystemClock {
        SystemClock { began: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn sleep(&self, time: Duration) -> Wait<'_> {
        Box::pin(tokio::time::sleep(time))
    }
}
