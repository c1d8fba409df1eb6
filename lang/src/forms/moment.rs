//! Dates, times of day and points in time, of the years 0000 to 9999 of the Gregorian calendar.

use super::{Digits, Duration, Fraction, Unit};
use jiff::{SignedDuration, Span, civil};
use std::fmt;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(civil::Date);

/// A time of day to the nanosecond; there are no leap seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(civil::Time);

/// A point in time: what calendar and clock show, and how many minutes they are ahead of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datetime {
    shown: civil::DateTime,
    offset_minutes: i16,
}

/// The most minutes that clocks are ahead of UTC or behind it.
const MAX_OFFSET_MINUTES: i64 = 23 * 60 + 59;

impl Date {
    fn of(date: civil::Date) -> Option<Date> {
        (0..=9999).contains(&date.year()).then_some(Date(date))
    }

    /// `2026-05-01`
    pub(super) fn read(text: &str) -> Option<Date> {
        let mut digits = Digits(text.as_bytes());
        Date::digits(&mut digits).filter(|_| digits.is_done())
    }

    fn digits(digits: &mut Digits<'_>) -> Option<Date> {
        let year = digits.number(4)?;
        let month = digits.take(b'-').then(|| digits.number(2))??;
        let day = digits.take(b'-').then(|| digits.number(2))??;
        civil::Date::new(year as i16, month as i8, day as i8).ok().map(Date)
    }

    /// The year, 0 to 9999.
    pub fn year(self) -> i64 {
        self.0.year().into()
    }

    /// The month, 1 to 12.
    pub fn month(self) -> i64 {
        self.0.month().into()
    }

    /// The day of the month, from 1.
    pub fn day(self) -> i64 {
        self.0.day().into()
    }

    /// The day of the week in lower case.
    pub fn weekday(self) -> &'static str {
        match self.0.weekday() {
            civil::Weekday::Monday => "monday",
            civil::Weekday::Tuesday => "tuesday",
            civil::Weekday::Wednesday => "wednesday",
            civil::Weekday::Thursday => "thursday",
            civil::Weekday::Friday => "friday",
            civil::Weekday::Saturday => "saturday",
            civil::Weekday::Sunday => "sunday",
        }
    }

    /// So many days later; none outside the calendar.
    pub fn plus_days(self, days: i64) -> Option<Date> {
        let span = Span::new().try_days(days).ok()?;
        self.0.checked_add(span).ok().and_then(Date::of)
    }

    /// The same day so many months later, the last of the month where it has no such day; none outside the calendar.
    pub fn plus_months(self, months: i64) -> Option<Date> {
        let span = Span::new().try_months(months).ok()?;
        self.0.checked_add(span).ok().and_then(Date::of)
    }

    /// The time from another date to this one, in whole days.
    pub fn since(self, other: Date) -> Option<Duration> {
        Duration::of_nanos(self.0.duration_since(other.0).as_nanos())
    }

    /// The point in time at which calendar and clock show this, so far ahead of UTC; none where the offset is not a whole
    /// number of minutes, or a day and more.
    pub fn at(self, time: Time, offset: Duration) -> Option<Datetime> {
        Some(Datetime { shown: civil::DateTime::from_parts(self.0, time.0), offset_minutes: offset_minutes(offset)? })
    }
}

impl Time {
    /// `09:30:00`, `09:30:00.25`
    pub(super) fn read(text: &str) -> Option<Time> {
        let mut digits = Digits(text.as_bytes());
        Time::digits(&mut digits).filter(|_| digits.is_done())
    }

    fn digits(digits: &mut Digits<'_>) -> Option<Time> {
        let hour = digits.number(2)?;
        let minute = digits.take(b':').then(|| digits.number(2))??;
        let second = digits.take(b':').then(|| digits.number(2))??;
        let fraction = digits.fraction()?;
        civil::Time::new(hour as i8, minute as i8, second as i8, fraction as i32).ok().map(Time)
    }

    /// The hour, 0 to 23.
    pub fn hour(self) -> i64 {
        self.0.hour().into()
    }

    /// The minute, 0 to 59.
    pub fn minute(self) -> i64 {
        self.0.minute().into()
    }

    /// The second, 0 to 59.
    pub fn second(self) -> i64 {
        self.0.second().into()
    }
}

impl Datetime {
    /// RFC 3339: `2026-05-01T09:30:00.25+02:00`, with `Z` for UTC; `t` and `z` as well.
    pub(super) fn read(text: &str) -> Option<Datetime> {
        let mut digits = Digits(text.as_bytes());
        let date = Date::digits(&mut digits)?;
        if !digits.take(b'T') && !digits.take(b't') {
            return None;
        }
        let time = Time::digits(&mut digits)?;
        let offset_minutes = if digits.take(b'Z') || digits.take(b'z') {
            0
        } else {
            let sign = if digits.take(b'-') { -1 } else { digits.take(b'+').then_some(1)? };
            let hours = digits.number(2).filter(|hours| *hours < 24)?;
            let minutes = digits.take(b':').then(|| digits.number(2))??;
            sign * (hours * 60 + Some(minutes).filter(|minutes| *minutes < 60)?) as i16
        };
        let shown = civil::DateTime::from_parts(date.0, time.0);
        digits.is_done().then_some(Datetime { shown, offset_minutes })
    }

    /// What the calendar shows.
    pub fn date(self) -> Date {
        Date(self.shown.date())
    }

    /// What the clock shows.
    pub fn time(self) -> Time {
        Time(self.shown.time())
    }

    /// How far calendar and clock are ahead of UTC.
    pub fn offset(self) -> Duration {
        Duration::of(self.offset_minutes.into(), Unit::Minute).expect("an offset is shorter than a day")
    }

    /// The time since 1970 began in UTC, in nanoseconds. Of two points in time the earlier one has less.
    pub fn instant(self) -> i128 {
        const EPOCH: civil::DateTime = civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
        self.shown.duration_since(EPOCH).as_nanos() - self.offset().nanos()
    }

    /// The point in time so much later, shown with the same offset; none outside the calendar.
    pub fn plus(self, duration: Duration) -> Option<Datetime> {
        let span =
            SignedDuration::new((duration.nanos() / 1_000_000_000) as i64, (duration.nanos() % 1_000_000_000) as i32);
        let shown = self.shown.checked_add(span).ok()?;
        Date::of(shown.date())?;
        Some(Datetime { shown, ..self })
    }

    /// The time from another point in time to this one.
    pub fn since(self, other: Datetime) -> Option<Duration> {
        Duration::of_nanos(self.instant() - other.instant())
    }

    /// The same point in time, shown so far ahead of UTC; none outside the calendar, or where the offset is none.
    pub fn in_offset(self, offset: Duration) -> Option<Datetime> {
        let shown = self.plus(offset.minus(self.offset())?)?.shown;
        Some(Datetime { shown, offset_minutes: offset_minutes(offset)? })
    }
}

fn offset_minutes(offset: Duration) -> Option<i16> {
    offset.whole_minutes().filter(|minutes| minutes.abs() <= MAX_OFFSET_MINUTES).map(|minutes| minutes as i16)
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = Fraction(self.0.subsec_nanosecond().unsigned_abs());
        write!(f, "{:02}:{:02}:{:02}{fraction}", self.hour(), self.minute(), self.second())
    }
}

impl fmt::Display for Datetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{}", self.date(), self.time())?;
        let (sign, minutes) = (if self.offset_minutes < 0 { '-' } else { '+' }, self.offset_minutes.abs());
        match minutes {
            0 => f.write_str("Z"),
            _ => write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60),
        }
    }
}
