//! Lengths of time: exact to the nanosecond, of days that have 24 hours.

use super::{Digits, Fraction};
use std::fmt;

/// The longest duration in either direction, in days: all that lies between two dates fits.
pub const MAX_DURATION_DAYS: i128 = 3_660_000;

/// A length of time in nanoseconds, at most [`MAX_DURATION_DAYS`] in size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(i128);

/// What a duration is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A thousandth of a second.
    Millisecond,
    /// A second.
    Second,
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
}

impl Unit {
    /// From the longest, with the letters that a literal has behind its number.
    pub const ALL: [(Unit, &'static str); 5] =
        [(Unit::Day, "d"), (Unit::Hour, "h"), (Unit::Minute, "m"), (Unit::Second, "s"), (Unit::Millisecond, "ms")];

    /// How long it is, in nanoseconds.
    const fn nanos(self) -> i128 {
        match self {
            Unit::Millisecond => 1_000_000,
            Unit::Second => 1_000_000_000,
            Unit::Minute => 60 * Unit::Second.nanos(),
            Unit::Hour => 60 * Unit::Minute.nanos(),
            Unit::Day => 24 * Unit::Hour.nanos(),
        }
    }
}

impl Duration {
    /// So many nanoseconds; none past the limit.
    pub fn of_nanos(nanos: i128) -> Option<Duration> {
        (nanos.unsigned_abs() <= (MAX_DURATION_DAYS * Unit::Day.nanos()).unsigned_abs()).then_some(Duration(nanos))
    }

    /// So many of a unit; none past the limit.
    pub fn of(count: i64, unit: Unit) -> Option<Duration> {
        Duration::of_nanos(i128::from(count) * unit.nanos())
    }

    /// So many milliseconds, as a literal has them; what is past the limit is reported there and counts as the limit.
    pub fn of_ms(ms: u64) -> Duration {
        Duration((i128::from(ms) * Unit::Millisecond.nanos()).min(MAX_DURATION_DAYS * Unit::Day.nanos()))
    }

    /// In nanoseconds.
    pub fn nanos(self) -> i128 {
        self.0
    }

    /// In days, if it is a whole number of them.
    pub fn whole_days(self) -> Option<i64> {
        (self.0 % Unit::Day.nanos() == 0).then_some((self.0 / Unit::Day.nanos()) as i64)
    }

    /// In minutes, if it is a whole number of them.
    pub fn whole_minutes(self) -> Option<i64> {
        (self.0 % Unit::Minute.nanos() == 0).then_some((self.0 / Unit::Minute.nanos()) as i64)
    }

    /// The sum; none past the limit.
    pub fn plus(self, other: Duration) -> Option<Duration> {
        Duration::of_nanos(self.0 + other.0)
    }

    /// The difference; none past the limit.
    pub fn minus(self, other: Duration) -> Option<Duration> {
        Duration::of_nanos(self.0 - other.0)
    }

    /// So many times over; none past the limit.
    pub fn times(self, count: i64) -> Option<Duration> {
        self.0.checked_mul(i128::from(count)).and_then(Duration::of_nanos)
    }

    /// In the other direction.
    pub fn negated(self) -> Duration {
        Duration(-self.0)
    }

    /// Without its direction.
    pub fn abs(self) -> Duration {
        Duration(self.0.abs())
    }

    /// How often `other`, which is not zero, goes into it: exact where that is a whole number of at most 2⁵³, the nearest
    /// float of whole and rest otherwise.
    pub fn ratio(self, other: Duration) -> f64 {
        (self.0 / other.0) as f64 + (self.0 % other.0) as f64 / other.0 as f64
    }

    /// From ISO 8601: `-P1W2DT3H4M5.678S`, each part at most once and in this order, a fraction only of the seconds.
    pub(super) fn read_iso(text: &str) -> Option<Duration> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let text = text.strip_prefix('P')?;
        let (days, times) = text.split_once('T').map_or((text, None), |(days, times)| (days, Some(times)));
        let mut nanos = parts(days, &[('W', 7 * Unit::Day.nanos()), ('D', Unit::Day.nanos())])?;
        if let Some(times) = times {
            let units = [('H', Unit::Hour), ('M', Unit::Minute), ('S', Unit::Second)];
            nanos += parts(times, &units.map(|(letter, unit)| (letter, unit.nanos())))?;
        }
        let is_empty = days.is_empty() && times.is_none_or(str::is_empty);
        match is_empty || times == Some("") {
            true => None,
            false => Duration::of_nanos(if negative { -nanos } else { nanos }),
        }
    }

    /// From what a literal of the language is, or several with falling units: `90m`, `1h30m`, `-500ms`.
    pub fn read_literal(text: &str) -> Option<Duration> {
        let (negative, mut rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let mut units = Unit::ALL.iter();
        let mut nanos: i128 = 0;
        loop {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let letters = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
            let (count, unit) = (&rest[..digits], &rest[digits..digits + letters]);
            // What was already taken cannot come again, nor anything longer.
            let unit = units.by_ref().find(|(_, name)| *name == unit)?.0;
            nanos += i128::from(count.parse::<i64>().ok()?) * unit.nanos();
            rest = &rest[digits + letters..];
            if rest.is_empty() {
                return Duration::of_nanos(if negative { -nanos } else { nanos });
            }
        }
    }

    /// As the language writes it, in the longest unit of which it is a whole number; none below a millisecond.
    pub fn literal(self) -> Option<String> {
        if self.0 == 0 {
            return Some("0s".into());
        }
        let (unit, name) = Unit::ALL.iter().find(|(unit, _)| self.0 % unit.nanos() == 0)?;
        Some(format!("{}{name}", self.0 / unit.nanos()))
    }
}

/// The sum of numbers with letters behind them, in the order of the letters, in nanoseconds.
fn parts(text: &str, letters: &[(char, i128)]) -> Option<i128> {
    let mut digits = Digits(text.as_bytes());
    let mut nanos: i128 = 0;
    let mut open = letters.iter();
    while !digits.is_done() {
        let count = digits.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // More digits than these are past the limit in any unit.
        let whole = match count {
            0 | 16.. => return None,
            _ => {
                let (number, rest) = digits.0.split_at(count);
                digits.0 = rest;
                std::str::from_utf8(number).ok()?.parse::<i128>().ok()?
            }
        };
        let has_fraction = digits.0.first() == Some(&b'.');
        let fraction = digits.fraction()?;
        let (letter, size) = open.find(|(letter, _)| digits.take(*letter as u8))?;
        if has_fraction && *letter != 'S' {
            return None;
        }
        nanos += whole * size + i128::from(fraction);
    }
    Some(nanos)
}

/// ISO 8601: days, hours, minutes and seconds, as many of each as fit, `PT0S` for none.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("PT0S");
        }
        f.write_str(if self.0 < 0 { "-P" } else { "P" })?;
        let nanos = self.0.abs();
        let within = |unit: Unit, longer: Unit| nanos % longer.nanos() / unit.nanos();
        let days = nanos / Unit::Day.nanos();
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if nanos % Unit::Day.nanos() == 0 {
            return Ok(());
        }
        f.write_str("T")?;
        for (unit, longer, letter) in [(Unit::Hour, Unit::Day, 'H'), (Unit::Minute, Unit::Hour, 'M')] {
            match within(unit, longer) {
                0 => {}
                count => write!(f, "{count}{letter}")?,
            }
        }
        match (within(Unit::Second, Unit::Minute), (nanos % Unit::Second.nanos()) as u32) {
            (0, 0) => Ok(()),
            (seconds, fraction) => write!(f, "{seconds}{}S", Fraction(fraction)),
        }
    }
}
