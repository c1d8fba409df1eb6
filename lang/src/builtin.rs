//! The text of the built-in catalogue, in the catalogue language.

/// The catalogues of tools that planc itself brings.
pub const TEXT: &str = include_str!("../catalogue/builtin.pl");

/// Their names, which no other catalogue may have.
pub const CATALOGUES: [&str; 3] = ["fs", "process", "http"];
