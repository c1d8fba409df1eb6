//! The time ⟶ asked for in one place, so that a test decides how it passes.
//!
//! What a run waits for, how long a call may take and when an attempt comes next goes by this clock. Programs and connections
//! have clocks of their own.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Where systems keep the time zone database.
const ZONES: [&str; 4] =
    ["/usr/share/zoneinfo", "/etc/zoneinfo", "/usr/share/lib/zoneinfo", "/var/db/timezone/zoneinfo"];

/// A time zone by name, from the database of the system: no variable says where that lies, since whoever starts planc could then
/// say what time it is somewhere.
pub fn zone(name: &str) -> Result<TimeZone, jiff::Error> {
    static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(|| {
        let of_system = ZONES.iter().find_map(|folder| TimeZoneDatabase::from_dir(folder).ok());
        of_system.unwrap_or_else(TimeZoneDatabase::bundled)
    });
    DATABASE.get(name)
}

/// How long the time of day is not looked at while something waits for one: people may set it, and a machine may sleep.
const LOOK: Duration = Duration::from_secs(60);

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

    /// Waits until a time of day, also where that is set meanwhile.
    fn until(&self, at: Timestamp) -> Wait<'_> {
        Box::pin(async move {
            while let Ok(left) = Duration::try_from(at.duration_since(self.now()))
                && !left.is_zero()
            {
                self.sleep(left.min(LOOK)).await;
            }
        })
    }
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
