//! Two schedules as cron writes them, and a time zone ⟶ whether a window is open at a point in time.
//!
//! The wall clock of the zone counts: a window from 22:00 to 6:00 is an hour shorter in the night in which clocks go
//! forward, and an hour longer in that in which they go back.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// A window that opens and closes again and again.
#[derive(Clone, Debug)]
pub struct Window {
    from: Box<Cron>,
    to: Box<Cron>,
    zone: TimeZone,
    text: String,
}

/// What of a window is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowFault {
    /// The schedule that opens it.
    From(String),
    /// The schedule that closes it.
    To(String),
    /// The time zone.
    Zone(String),
}

impl Window {
    /// A window that opens when `from` says so and closes when `to` says so: five fields each, in a zone of the time zone
    /// database.
    pub fn new(from: &str, to: &str, zone: &str) -> Result<Window, WindowFault> {
        let found = crate::clock::zone(zone)
            .map_err(|error| WindowFault::Zone(format!("`{zone}` is no time zone: {error}")))?;
        let from_cron = schedule(from).map_err(WindowFault::From)?;
        let to_cron = schedule(to).map_err(WindowFault::To)?;
        Ok(Window {
            from: Box::new(from_cron),
            to: Box::new(to_cron),
            zone: found,
            text: format!("from `{from}` to `{to}` in {zone}"),
        })
    }

    /// Whether it is open. A point at which it opens and closes at once is within it: when in doubt, it holds.
    pub fn is_open(&self, now: Timestamp) -> Result<bool, String> {
        let now = now.to_zoned(self.zone.clone());
        let opened = last(&self.from, &now)?;
        let closed = last(&self.to, &now)?;
        Ok(match (opened, closed) {
            (Some(opened), Some(closed)) => opened >= closed,
            (Some(_), None) => true,
            // It was open before anything that is known, unless it never opens.
            (None, Some(_)) => false,
            (None, None) => true,
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Window {
    fn eq(&self, other: &Window) -> bool {
        self.text == other.text
    }
}

fn schedule(text: &str) -> Result<Cron, String> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(text).map_err(|error| format!("`{text}` is no schedule: {error}"))
}

/// When the schedule was due last; none: never in the years that are looked through.
fn last(schedule: &Cron, now: &Zoned) -> Result<Option<Timestamp>, String> {
    match schedule.find_previous_occurrence(now, true) {
        Ok(found) => Ok(Some(found.timestamp())),
        Err(croner::errors::CronError::TimeSearchLimitExceeded) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(window: &Window, at: &str) -> bool {
        window.is_open(at.parse().unwrap()).unwrap()
    }

    #[test]
    fn the_wall_clock_of_the_zone_counts() {
        let window = Window::new("0 18 * * FRI", "0 8 * * MON", "Europe/Berlin").unwrap();
        assert!(!open(&window, "2026-11-27T16:59:59Z"));
        assert!(open(&window, "2026-11-27T17:00:00Z"), "Friday, 18:00 in Berlin");
        assert!(open(&window, "2026-11-29T12:00:00Z"));
        assert!(open(&window, "2026-11-30T06:59:59Z"));
        assert!(!open(&window, "2026-11-30T07:00:00Z"), "Monday, 8:00 in Berlin");
        // In summer the same wall clock is another hour of the world.
        assert!(open(&window, "2026-07-03T16:00:00Z"));
        assert!(!open(&window, "2026-07-06T06:00:00Z"));
    }

    #[test]
    fn a_window_over_a_change_of_clocks_opens_and_closes_once() {
        // In Berlin the clocks go from 2:00 to 3:00 on 29 March 2026, and from 3:00 to 2:00 on 25 October.
        let night = Window::new("0 22 * * *", "0 6 * * *", "Europe/Berlin").unwrap();
        assert!(open(&night, "2026-03-28T21:00:00Z"));
        assert!(open(&night, "2026-03-29T03:59:59Z"));
        assert!(!open(&night, "2026-03-29T04:00:00Z"), "6:00 in summer time: seven hours later");
        assert!(open(&night, "2026-10-24T20:00:00Z"));
        assert!(open(&night, "2026-10-25T04:59:59Z"));
        assert!(!open(&night, "2026-10-25T05:00:00Z"), "6:00 in winter time: nine hours later");
        // One that opens in the hour that does not exist, or in the one that comes twice.
        let early = Window::new("30 2 * * *", "0 4 * * *", "Europe/Berlin").unwrap();
        assert!(open(&early, "2026-03-29T01:30:00Z"), "3:30, past the gap");
        assert!(!open(&early, "2026-03-29T02:00:00Z"), "4:00");
        assert!(open(&early, "2026-10-25T00:30:00Z"), "2:30 for the first time");
        assert!(open(&early, "2026-10-25T01:30:00Z"), "2:30 for the second time");
        assert!(!open(&early, "2026-10-25T03:00:00Z"), "4:00");
    }

    #[test]
    fn what_is_no_window_is_told_by_its_part() {
        assert!(matches!(Window::new("0 25 * * *", "0 8 * * *", "UTC"), Err(WindowFault::From(_))));
        assert!(matches!(Window::new("0 18 * * *", "soon", "UTC"), Err(WindowFault::To(_))));
        assert!(matches!(Window::new("0 18 * * *", "0 8 * * *", "Mars/Base"), Err(WindowFault::Zone(_))));
        assert!(matches!(Window::new("0 0 18 * * *", "0 8 * * *", "UTC"), Err(WindowFault::From(_))), "no seconds");
    }
}
