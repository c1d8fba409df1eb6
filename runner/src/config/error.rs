//! Why there is no configuration: a phrase, advice, and where it stands in which file.

use crate::policy::Mistake;
use std::fmt;

/// Why there is no configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// A phrase.
    pub message: String,
    /// Advice.
    pub help: Vec<String>,
    /// Where in which file.
    pub place: Option<Place>,
}

/// A place in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The text of the line.
    pub text: String,
}

/// A mistake, and where it stands in the text.
pub(super) type Misplaced = (usize, ConfigError);

impl ConfigError {
    /// A mistake of the world around the file.
    pub fn world(message: impl Into<String>) -> ConfigError {
        ConfigError { message: message.into(), help: Vec::new(), place: None }
    }

    /// A sentence of advice.
    pub fn help(mut self, text: impl Into<String>) -> ConfigError {
        self.help.push(text.into());
        self
    }

    /// What is wrong with the rules of policy.
    pub(super) fn of(mistake: Mistake) -> ConfigError {
        ConfigError { help: mistake.help.into_iter().collect(), ..ConfigError::world(mistake.message) }
    }

    pub(super) fn at(mut self, file: &str, text: &str, offset: usize) -> ConfigError {
        let before = &text[..text.floor_char_boundary(offset)];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        self.place = Some(Place {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            text: text[start..].lines().next().unwrap_or("").to_owned(),
        });
        self
    }

    /// The lines beneath the message: where it stands.
    pub fn rows(&self) -> Vec<String> {
        let Some(place) = &self.place else { return Vec::new() };
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        let caret = " ".repeat(place.column.saturating_sub(1));
        vec![
            format!("{margin}--> {}:{}:{}", place.file, place.line, place.column),
            format!("{margin} |"),
            format!("{number} | {}", place.text),
            format!("{margin} | {caret}^"),
        ]
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.rows().iter().try_for_each(|row| write!(f, "\n{row}"))
    }
}
