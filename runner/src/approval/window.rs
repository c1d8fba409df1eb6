//! The hours of the week in which a yes counts: `Mon-Fri 09:00-17:00 Europe/Berlin` ⟶ whether a point in time lies in them.
//!
//! The time zone is always named: nothing here depends on where the machine believes to be.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The longest text that is read as a window.
pub const MAX_WINDOW_BYTES: usize = 200;

/// The days of a week, as they are written.
const DAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];

/// Days of the week, the hours of them, and the time zone in which they are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Window {
    text: String,
    /// By [`DAYS`].
    days: [bool; 7],
    from: Time,
    to: Time,
    zone: String,
}

impl Window {
    /// Whether a point in time lies in it. Hours that end before they begin belong to the day on which they begin. A zone that
    /// this machine does not know has no hours.
    pub fn contains(&self, at: Timestamp) -> bool {
        let Ok(zone) = crate::clock::zone(&self.zone) else { return false };
        let local = at.to_zoned(zone);
        let (day, time) = (local.weekday(), local.time());
        let on = |day: Weekday| DAYS.iter().position(|(_, other)| *other == day).is_some_and(|index| self.days[index]);
        match self.from < self.to {
            true => on(day) && self.from <= time && time < self.to,
            false => on(day) && self.from <= time || on(day.previous()) && time < self.to,
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Window> for String {
    fn from(window: Window) -> String {
        window.text
    }
}

impl TryFrom<String> for Window {
    type Error = String;

    fn try_from(text: String) -> Result<Window, String> {
        text.parse()
    }
}

impl FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Window, String> {
        let form = "a window is written `Mon-Fri 09:00-17:00 Europe/Berlin`, the days may be left out";
        if text.len() > MAX_WINDOW_BYTES {
            return Err(form.to_owned());
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let (days, hours, zone) = match words.as_slice() {
            [hours, zone] => (None, *hours, *zone),
            [days, hours, zone] => (Some(*days), *hours, *zone),
            _ => return Err(form.to_owned()),
        };
        let (from, to) = hours.split_once('-').ok_or(form)?;
        let (from, to) = (hour(from)?, hour(to)?);
        if from == to {
            return Err(format!("the hours `{hours}` begin where they end"));
        }
        crate::clock::zone(zone).map_err(|_| format!("there is no time zone `{zone}` here"))?;
        Ok(Window {
            text: words.join(" "),
            days: days.map_or(Ok([true; 7]), set_of_days)?,
            from,
            to,
            zone: zone.into(),
        })
    }
}

fn hour(text: &str) -> Result<Time, String> {
    let wrong = || format!("`{text}` is no time of a day: it is written `09:00`");
    let (hour, minute) = text.split_once(':').filter(|_| text.len() == 5).ok_or_else(wrong)?;
    let number = |digits: &str| digits.parse::<i8>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let (hour, minute) = number(hour).zip(number(minute)).ok_or_else(wrong)?;
    Time::new(hour, minute, 0, 0).map_err(|_| wrong())
}

fn set_of_days(text: &str) -> Result<[bool; 7], String> {
    let day = |name: &str| {
        let found = DAYS.iter().position(|(spelling, _)| *spelling == name);
        found.ok_or_else(|| {
            format!("`{name}` is no day: they are written `Mon`, `Tue`, `Wed`, `Thu`, `Fri`, `Sat`, `Sun`")
        })
    };
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut index, last) = (day(first)?, day(last)?);
        days[index] = true;
        while index != last {
            index = (index + 1) % 7;
            days[index] = true;
        }
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(window: &str, at: &str) -> bool {
        window.parse::<Window>().unwrap().contains(at.parse().unwrap())
    }

    #[test]
    fn hours_are_those_of_the_zone() {
        let window = "Mon-Fri 09:00-17:00 Europe/Berlin";
        // A Friday in winter, and one in summer.
        for (at, expected) in [
            ("2026-11-27T07:59:59Z", false),
            ("2026-11-27T08:00:00Z", true),
            ("2026-11-27T15:59:59Z", true),
            ("2026-11-27T16:00:00Z", false),
            ("2026-07-03T07:00:00Z", true),
            ("2026-07-03T15:00:00Z", false),
            ("2026-11-28T10:00:00Z", false),
        ] {
            assert_eq!(is_in(window, at), expected, "{at}");
        }
    }

    #[test]
    fn hours_may_go_past_midnight() {
        let window = "Fri 22:00-04:00 UTC";
        for (at, expected) in [
            ("2026-11-27T21:59:00Z", false),
            ("2026-11-27T22:00:00Z", true),
            ("2026-11-28T03:59:00Z", true),
            ("2026-11-28T04:00:00Z", false),
            ("2026-11-28T23:00:00Z", false),
            ("2026-11-27T03:00:00Z", false),
        ] {
            assert_eq!(is_in(window, at), expected, "{at}");
        }
        assert!(is_in("Sat-Mon 00:00-23:59 UTC", "2026-11-29T12:00:00Z"));
        assert!(is_in("09:00-17:00 UTC", "2026-11-29T12:00:00Z"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for text in [
            "",
            "09:00-17:00",
            "09:00-17:00 Mars/Base",
            "9:00-17:00 UTC",
            "09:00-25:00 UTC",
            "09:00-09:00 UTC",
            "Mo 09:00-17:00 UTC",
            "Mon- 09:00-17:00 UTC",
            "Mon 09:00 UTC",
            "Mon 09:00-17:00 UTC please",
            "-1:00-17:00 UTC",
        ] {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
    }
}
