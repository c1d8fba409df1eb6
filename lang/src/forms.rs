//! Values that JSON has no kind of its own for: bytes, durations, dates, times of day, points in time.
//!
//! In JSON each is a text of a fixed form, and each value has exactly one text that it is written as. A calendar is
//! known here, no clock and no time zone: UTC and fixed offsets from it are all there is. The calendar is jiff's.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

mod duration;
mod moment;
#[cfg(test)]
mod tests;

pub use duration::{Duration, MAX_DURATION_DAYS, Unit};
pub use moment::{Date, Datetime, Time};

/// A kind of value that JSON writes as a text of a fixed form; also the type of these values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Bytes: base64 with padding, RFC 4648.
    Bytes,
    /// A length of time: ISO 8601 without years and months, `PT1H30M`.
    Duration,
    /// A day of the calendar: `2026-05-01`.
    Date,
    /// A time of day, nowhere in particular: `09:30:00`.
    Time,
    /// A point in time with an offset from UTC: RFC 3339, `2026-05-01T09:30:00+02:00`.
    Datetime,
}

/// A value of a form.
#[derive(Clone, Debug, PartialEq)]
pub enum Formed {
    /// Of [`Form::Bytes`].
    Bytes(Arc<[u8]>),
    /// Of [`Form::Duration`].
    Duration(Duration),
    /// Of [`Form::Date`].
    Date(Date),
    /// Of [`Form::Time`].
    Time(Time),
    /// Of [`Form::Datetime`].
    Datetime(Datetime),
}

impl Form {
    /// All of them.
    pub const ALL: [Form; 5] = [Form::Bytes, Form::Duration, Form::Date, Form::Time, Form::Datetime];

    /// The name of the type.
    pub const fn name(self) -> &'static str {
        match self {
            Form::Bytes => "bytes",
            Form::Duration => "duration",
            Form::Date => "date",
            Form::Time => "time",
            Form::Datetime => "datetime",
        }
    }

    /// The value that a text stands for; none where it has not the form.
    pub fn read(self, text: &str) -> Option<Formed> {
        match self {
            Form::Bytes => STANDARD.decode(text).ok().map(|bytes| Formed::Bytes(bytes.into())),
            Form::Duration => Duration::read_iso(text).or_else(|| Duration::read_literal(text)).map(Formed::Duration),
            Form::Date => Date::read(text).map(Formed::Date),
            Form::Time => Time::read(text).map(Formed::Time),
            Form::Datetime => Datetime::read(text).map(Formed::Datetime),
        }
    }

    /// A text of the form, for messages.
    pub const fn example(self) -> &'static str {
        match self {
            Form::Bytes => "aGk=",
            Form::Duration => "PT1H30M",
            Form::Date => "2026-05-01",
            Form::Time => "09:30:00",
            Form::Datetime => "2026-05-01T09:30:00Z",
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Formed {
    /// Its kind.
    pub fn form(&self) -> Form {
        match self {
            Formed::Bytes(_) => Form::Bytes,
            Formed::Duration(_) => Form::Duration,
            Formed::Date(_) => Form::Date,
            Formed::Time(_) => Form::Time,
            Formed::Datetime(_) => Form::Datetime,
        }
    }

    /// The bytes that the value takes beside what every value takes.
    pub fn size(&self) -> usize {
        match self {
            Formed::Bytes(bytes) => bytes.len(),
            Formed::Duration(_) | Formed::Date(_) | Formed::Time(_) | Formed::Datetime(_) => 16,
        }
    }

    /// As a literal of the language; most have none.
    pub fn literal(&self) -> Option<String> {
        match self {
            Formed::Duration(duration) => duration.literal(),
            Formed::Bytes(_) | Formed::Date(_) | Formed::Time(_) | Formed::Datetime(_) => None,
        }
    }

    /// A total order in which equal values are the same: by kind, within a kind by length, time or content. Of two points
    /// in time only which is earlier counts, not their offsets.
    pub fn order(&self, other: &Formed) -> Ordering {
        match (self, other) {
            (Formed::Bytes(a), Formed::Bytes(b)) => a.cmp(b),
            (Formed::Duration(a), Formed::Duration(b)) => a.cmp(b),
            (Formed::Date(a), Formed::Date(b)) => a.cmp(b),
            (Formed::Time(a), Formed::Time(b)) => a.cmp(b),
            (Formed::Datetime(a), Formed::Datetime(b)) => a.instant().cmp(&b.instant()),
            (a, b) => (a.form() as u8).cmp(&(b.form() as u8)),
        }
    }
}

/// The one text that JSON has for the value.
impl fmt::Display for Formed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Formed::Bytes(bytes) => f.write_str(&STANDARD.encode(bytes)),
            Formed::Duration(duration) => write!(f, "{duration}"),
            Formed::Date(date) => write!(f, "{date}"),
            Formed::Time(time) => write!(f, "{time}"),
            Formed::Datetime(datetime) => write!(f, "{datetime}"),
        }
    }
}

/// Digits from both ends of a text: `2026` of `2026-05-01`.
struct Digits<'t>(&'t [u8]);

impl Digits<'_> {
    /// The number that the next `count` digits are; none where there are fewer.
    fn number(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let number = digits.iter().try_fold(0_u32, |number, digit| match digit {
            b'0'..=b'9' => Some(number * 10 + u32::from(digit - b'0')),
            _ => None,
        })?;
        self.0 = rest;
        Some(number)
    }

    /// Whether the next byte is this one, which is taken then.
    fn take(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// The fraction behind a point as billionths, of one to nine digits; zero where no point is next.
    fn fraction(&mut self) -> Option<u32> {
        if !self.take(b'.') {
            return Some(0);
        }
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        match count {
            1..=9 => Some(self.number(count)? * 10_u32.pow(9 - count as u32)),
            _ => None,
        }
    }

    fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

/// Billionths as a fraction with its point and no zeros at its end; nothing for zero.
struct Fraction(u32);

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            nanos => write!(f, ".{}", format!("{nanos:09}").trim_end_matches('0')),
        }
    }
}
