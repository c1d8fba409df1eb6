//! `[run]` of `planc.toml` ⟶ how long a run may take.

use super::error::{ConfigError, Misplaced};
use jiff::SignedDuration;
use serde::Deserialize;
use std::time::Duration;
use toml::Spanned;

/// The longest time that a run may be given, in days.
pub const MAX_DEADLINE_DAYS: u64 = 366;

/// `[run]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunSettings {
    deadline: Option<Spanned<String>>,
}

impl RunSettings {
    /// How long a run may take where nobody says; none: as long as it takes.
    pub fn read(&self) -> Option<Duration> {
        run_time(self.deadline.as_ref()?.get_ref())
    }

    pub(super) fn check(&self) -> Result<(), Misplaced> {
        let Some(deadline) = self.deadline.as_ref().filter(|deadline| run_time(deadline.get_ref()).is_none()) else {
            return Ok(());
        };
        let message = format!("`{}` is no time that a run may take", deadline.get_ref());
        let help = format!("write `30m` or `2h 30m`, at most {MAX_DEADLINE_DAYS} days");
        Err((deadline.span().start, ConfigError::world(message).help(help)))
    }
}

/// How long a run may take, from a text such as `2h 30m`.
pub fn run_time(text: &str) -> Option<Duration> {
    let time = Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()?;
    (!time.is_zero() && time.as_secs() <= MAX_DEADLINE_DAYS * 24 * 3600).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::run_time;
    use std::time::Duration;

    #[test]
    fn a_time_is_some_time_and_not_too_long() {
        let hours = |hours: u64| Some(Duration::from_secs(hours * 3600));
        for (text, expected) in [
            ("2h", hours(2)),
            ("1h 60m", hours(2)),
            ("8784h", hours(8784)),
            ("8785h", None),
            ("-2h", None),
            ("0s", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(run_time(text), expected, "{text}");
        }
    }
}
