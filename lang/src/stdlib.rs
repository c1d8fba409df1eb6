//! The standard library: each pure function once, with signature, documentation and evaluation.

/// A pure function that is called as a method.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
}
