//! The bounds of a yes: until when, how often, in which hours.

use super::window::Window;
use super::written;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most runs that one yes is for.
pub const MAX_USES: u32 = 1000;

/// The longest time that a yes may count, in days.
pub const MAX_EXPIRY_DAYS: i64 = 366;

/// The bounds of a yes. By default it is for one run, whenever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// When it ends, RFC 3339 in UTC; none: it does not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires: Option<String>,
    /// How many runs it is for.
    pub uses: u32,
    /// The hours in which it counts; none: all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub window: Option<Window>,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms { expires: None, uses: 1, window: None }
    }
}

impl Terms {
    /// Whether they are those of a plain yes.
    pub fn is_plain(&self) -> bool {
        *self == Terms::default()
    }

    /// Why they do not hold at a point in time; none: they do.
    pub fn lapsed(&self, now: Timestamp) -> Option<String> {
        if !(1..=MAX_USES).contains(&self.uses) {
            return Some(format!("it is for {} runs", self.uses));
        }
        if let Some(expires) = &self.expires {
            match expires.parse::<Timestamp>() {
                Ok(end) if now < end => {}
                Ok(_) => return Some(format!("it ended at {expires}")),
                Err(_) => return Some(format!("`{expires}` is no time at which it ends")),
            }
        }
        match &self.window {
            Some(window) if !window.contains(now) => Some(format!("it counts only {window}")),
            Some(_) | None => None,
        }
    }

    /// In words, for people; empty for a plain yes.
    pub fn told(&self) -> String {
        let mut parts = Vec::new();
        if self.uses > 1 {
            parts.push(format!("for {} runs", self.uses));
        }
        parts.extend(self.expires.iter().map(|end| format!("until {end}")));
        parts.extend(self.window.iter().map(|window| format!("only {window}")));
        parts.join(", ")
    }
}

/// When a yes ends: a time from now on such as `2h` or `3 days`, or a point in time, RFC 3339 with its offset.
pub fn expiry(text: &str, now: Timestamp) -> Result<String, String> {
    let end = match text.parse::<Timestamp>() {
        Ok(end) => end,
        Err(_) => {
            let span: Span = text.parse().map_err(|_| {
                format!("`{text}` is no time: write `2h`, `3 days`, or a point in time such as `2026-12-01T18:00:00Z`")
            })?;
            let end = now.to_zoned(TimeZone::UTC).checked_add(span);
            end.map_err(|error| format!("`{text}` is no time from now on: {error}"))?.timestamp()
        }
    };
    if end <= now {
        return Err(format!("`{text}` is over already"));
    }
    if end.duration_since(now).as_hours() > MAX_EXPIRY_DAYS * 24 {
        return Err(format!("`{text}` is more than {MAX_EXPIRY_DAYS} days from now"));
    }
    Ok(written(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_time_from_now_on_or_a_point_in_time() {
        let now: Timestamp = "2026-11-28T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2h", Some("2026-11-28T14:00:00.000Z")),
            ("1h 30m", Some("2026-11-28T13:30:00.000Z")),
            ("3 days", Some("2026-12-01T12:00:00.000Z")),
            ("2026-11-28T14:00:00+01:00", Some("2026-11-28T13:00:00.000Z")),
            ("2026-11-28T12:00:00Z", None),
            ("-2h", None),
            ("0s", None),
            ("2 years", None),
            ("soon", None),
            ("", None),
            ("2026-11-29", None),
        ] {
            assert_eq!(expiry(text, now).ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn an_end_that_is_no_time_has_come() {
        let now: Timestamp = "2026-11-28T12:00:00Z".parse().unwrap();
        let ending = |end: &str| Terms { expires: Some(end.into()), ..Terms::default() }.lapsed(now).is_none();
        assert!(ending("2026-11-28T12:00:00.001Z"));
        assert!(!ending("2026-11-28T12:00:00Z") && !ending("never") && !ending(""));
    }
}
