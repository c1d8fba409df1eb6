//! The text of the built-in catalogue, in the catalogue language.

/// The catalogue of tools that planc itself brings.
pub const TEXT: &str = include_str!("../catalogue/builtin.pl");
